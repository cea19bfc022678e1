/* The files of a run: tracks, reports, witnesses, receivers, alerts, ASTERIX, archive. Hop 9 for
 * files. */
#ifndef AP_APP_OUTPUTS_H
#define AP_APP_OUTPUTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "app/archive.h"
#include "app/command.h"
#include "app/pipeline.h"
#include "io/output.h"
#include "publish/asterix062_writer.h"

/* NULL: that output is not wanted. "-": standard output. */
typedef struct ap_output_paths {
    const char *tracks; /* JSON lines, or CSV by its ending */
    const char *reports;
    const char *witnesses, *receivers;
    const char *alerts;
    const char *asterix; /* pcap */
    const char *archive; /* GeoPackage; no "-" */
    uint8_t sac, sic;    /* source of the ASTERIX output */
} ap_output_paths;

/* True when one of them is standard output, so that people must be told elsewhere. */
bool ap_output_paths_use_stdout(const ap_output_paths *paths);

typedef struct ap_outputs {
    const ap_command *command;
    ap_output_paths paths;
    const ap_sensor_table *sensors;
    const ap_pipeline *pipeline;
    ap_output tracks, reports, witnesses, receivers, alerts, asterix;
    ap_archive archive;
    ap_asterix062_writer system;
    bool has_reference;    /* the ASTERIX output has Cartesian positions */
    ap_geodetic reference; /* that they count from */
    bool tracks_csv;
    bool failed; /* a write failed; commit says which */
    uint64_t track_line_count, witness_line_count;
    uint64_t asterix_record_count, asterix_datagram_count, asterix_refused_count;
    uint64_t asterix_made_count; /* records up to the last datagram, wanted or not */
    uint8_t *text;               /* one line */
    void *system_mem;
    char message[AP_IO_MESSAGE_SIZE];
} ap_outputs;

/* Opens what is wanted. What the pipeline does not want (ap_pipeline_wants: reports by their
 * receive time, the rest by the pipeline's clock) is left out of every file. Returns an exit status
 * after a line on standard error. */
int ap_outputs_open(ap_outputs *outputs, const ap_command *command, const ap_output_paths *paths,
                    const ap_pipeline *pipeline);

void ap_outputs_report(ap_outputs *outputs, const ap_report *report);
void ap_outputs_witness(ap_outputs *outputs, const ap_witness *witness);
void ap_outputs_track(ap_outputs *outputs, const ap_track_event *event, const ap_track *track);
void ap_outputs_alert(ap_outputs *outputs, const ap_alert *alert);
void ap_outputs_time(ap_outputs *outputs, ap_utc_ns now);

/* The engine began anew at an earlier time. */
void ap_outputs_restart(ap_outputs *outputs);

/* A write failed: the run may end. */
bool ap_outputs_failed(const ap_outputs *outputs);

/* Ends, syncs and renames every file. Returns an exit status after a line for each that failed. */
int ap_outputs_commit(ap_outputs *outputs);

/* Lists the files written and their counts. */
void ap_outputs_tell(const ap_outputs *outputs, FILE *out);

/* Removes what was not committed; safe twice. */
void ap_outputs_close(ap_outputs *outputs);

#endif

/* The live archive: what the service's engine tells, as rows to every sink that is configured.
 *
 * The engine's thread makes a row of each update of a confirmed track and of each of its reasons,
 * of each track when it is confirmed, gains or changes its identity, every AP_RUN_ARCHIVE_REFRESH
 * updates and when it ends, and of each alert when it begins and ends; of the sensors once a
 * minute. A sink is one line in the table of run_archive.c: see io/archive_sink.h for what it does.
 *
 * Rows are numbered. The numbers lie in the engine's region, so that a restarted engine, which
 * works again through what was recorded behind its checkpoint, gives each row the number that it
 * had: a store takes what it lacks and nothing twice. A checkpoint counts only when all rows before
 * it are in the stores: see ap_run_archive_has_settled. */
#ifndef AP_APP_RUN_ARCHIVE_H
#define AP_APP_RUN_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/alert.h"
#include "airpicture/sensor.h"
#include "airpicture/track.h"
#include "app/archive_reasons.h"
#include "app/command.h"
#include "app/run_config.h"
#include "io/archive_feed.h"
#include "io/log.h"

#define AP_RUN_ARCHIVE_SINKS 2u /* at most */
#define AP_RUN_ARCHIVE_REFRESH                                                                     \
    64 /* updates of a track between two rows of it, when nothing else                             \
        * calls for one */

/* Of the engine's region. */
typedef struct ap_run_archive_book {
    ap_row_mark mark;           /* of the newest row */
    int64_t minute;             /* since 1970, of the newest rows of sensors */
    ap_archive_reasons reasons; /* those that were told */
} ap_run_archive_book;

typedef struct ap_run_archive {
    ap_run_archive_book *book;
    const ap_sensor_table *sensors;
    bool again; /* until ap_run_archive_go_live */
    ap_archive_sink sinks[AP_RUN_ARCHIVE_SINKS];
    ap_archive_feed feeds[AP_RUN_ARCHIVE_SINKS];
    void (*unmake[AP_RUN_ARCHIVE_SINKS])(ap_archive_sink *sink, bool is_end);
    size_t count; /* of these; 0: nothing is archived */
} ap_run_archive;

/* Opens what is configured. Returns an exit status after a line on standard error. */
int ap_run_archive_open(ap_run_archive *archive, const ap_command *command,
                        const ap_run_config *config, const ap_log *log);

/* --- the engine's thread --- */

/* The book of an engine that begins, before a checkpoint is read. entries: of
 * ap_archive_reasons_entries, of the region. */
void ap_run_archive_begin(ap_run_archive_book *book, uint32_t track_cap, ap_id_entry *entries);

/* The engine is there, restored from a checkpoint or new; what it tells from now on was told by an
 * earlier process, perhaps. Book and sensors outlive the archive. */
void ap_run_archive_bind(ap_run_archive *archive, ap_run_archive_book *book,
                         const ap_sensor_table *sensors);

/* What it tells from now on is new. */
void ap_run_archive_go_live(ap_run_archive *archive);

/* received: the engine's time, as the newest chunk has it. */
void ap_run_archive_track(ap_run_archive *archive, ap_utc_ns received, const ap_track_event *event,
                          const ap_track *track);
void ap_run_archive_alert(ap_run_archive *archive, ap_utc_ns received, const ap_alert *alert);
void ap_run_archive_time(ap_run_archive *archive, ap_utc_ns received);

/* Where each queue ends now, and whether what was before is in the stores or given up. */
typedef struct ap_run_archive_ends {
    uint64_t end[AP_RUN_ARCHIVE_SINKS];
} ap_run_archive_ends;
ap_run_archive_ends ap_run_archive_ends_of(const ap_run_archive *archive);
bool ap_run_archive_has_settled(const ap_run_archive *archive, const ap_run_archive_ends *ends);

/* Gives the sinks what waits, and closes them; with `is_end` a server is waited for, else its spool
 * goes on in a moment. False: some could not be stored; an older checkpoint makes it again. Safe
 * twice. */
bool ap_run_archive_close(ap_run_archive *archive, bool is_end);

#endif

/* What the service sends out, one entry of its configuration each, in the thread of the engine:
 * elements go to UDP at once, or wait for the loop that serves the TCP ports. */
#ifndef AP_APP_RUN_OUTPUTS_H
#define AP_APP_RUN_OUTPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "app/command.h"
#include "app/engine.h"
#include "app/live_figures.h"
#include "app/run_config.h"
#include "app/run_ways.h"

struct ap_run_output_row;

typedef struct ap_run_outputs {
    struct ap_run_output_row *rows; /* [count] */
    uint32_t count;
    uint8_t *element; /* one is made here */
} ap_run_outputs;

/* Whether there is an output of the kind, so that the engine need not tell what nobody takes. */
bool ap_run_outputs_have(const ap_run_config *config, ap_run_output_kind kind);

/* On the thread of the loop. Begins with the tracks that the engine has. `ways` are those of the
 * configuration. Returns an exit status after a line on standard error. *config, *ways and *engine
 * outlive it. */
int ap_run_outputs_open(ap_run_outputs *outputs, const ap_command *command,
                        const ap_run_config *config, const ap_run_ways *ways,
                        const ap_engine *engine);

/* --- the thread of the engine --- */

void ap_run_outputs_track(ap_run_outputs *outputs, const ap_track_event *event,
                          const ap_track *track);
void ap_run_outputs_report(ap_run_outputs *outputs, const ap_report *report);
void ap_run_outputs_heard(ap_run_outputs *outputs, const ap_sense_heard *heard);
void ap_run_outputs_asterix(ap_run_outputs *outputs, uint16_t input, ap_utc_ns receive_utc,
                            const uint8_t *data, size_t size);

/* The time of the picture. */
void ap_run_outputs_time(ap_run_outputs *outputs, ap_utc_ns now);

/* What there is may go: at the end of a batch. */
void ap_run_outputs_flush(ap_run_outputs *outputs);

/* --- the thread of the loop --- */

/* One row an output, [count], while the engine stands still. */
void ap_run_outputs_figures(const ap_run_outputs *outputs, ap_live_output *figures);

/* When the engine has ended. What waits goes when the ways are closed. Safe twice. */
void ap_run_outputs_close(ap_run_outputs *outputs);

#endif

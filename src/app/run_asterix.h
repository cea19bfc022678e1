/* System tracks of the service as ASTERIX over UDP, one output a destination, in the thread of the
 * engine. */
#ifndef AP_APP_RUN_ASTERIX_H
#define AP_APP_RUN_ASTERIX_H

#include <stdbool.h>
#include <stdint.h>

#include "app/command.h"
#include "app/engine.h"
#include "app/run_config.h"
#include "io/udp_out.h"
#include "publish/asterix062_writer.h"

struct ap_run_asterix_output;

typedef struct ap_run_asterix_outputs {
    struct ap_run_asterix_output *outputs; /* [count] */
    uint32_t count;
} ap_run_asterix_outputs;

/* Begins with the tracks that the engine has. Returns an exit status after a line on standard
 * error. */
int ap_run_asterix_open(ap_run_asterix_outputs *outputs, const ap_command *command,
                        const ap_run_config *config, const ap_engine *engine);

void ap_run_asterix_track(ap_run_asterix_outputs *outputs, const ap_track_event *event,
                          const ap_track *track);

/* The time of the picture. */
void ap_run_asterix_time(ap_run_asterix_outputs *outputs, ap_utc_ns now);

void ap_run_asterix_count(const ap_run_asterix_outputs *outputs, uint64_t *sent_count,
                          uint64_t *refused_count);

/* Safe twice. */
void ap_run_asterix_close(ap_run_asterix_outputs *outputs);

#endif

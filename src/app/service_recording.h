/* What the recorder of the service kept, read as one recording: several files, in the order given,
 * through the same live engine as when it was received. */
#ifndef AP_APP_SERVICE_RECORDING_H
#define AP_APP_SERVICE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/live_engine.h"
#include "io/input.h"

/* Of the service's tables, so that what found no room then finds none again. */
typedef struct ap_service_caps {
    bool is_told; /* older recordings do not */
    uint32_t track_cap, aircraft_cap, receiver_cap, connection_cap;
} ap_service_caps;

typedef struct ap_service_recording {
    const char *const *paths; /* [path_count] */
    size_t path_count, paths_done;
    ap_live_source *sources; /* [source_count], as the first file describes them */
    uint16_t source_count;
    ap_service_caps caps; /* as the first file tells them */
    ap_live_engine live;
    bool is_live; /* live was opened */
    char message[AP_IO_MESSAGE_SIZE];
} ap_service_recording;

/* AP_OK with *is_one: the first of the paths is a file of the recorder; then all have to be, and
 * its inputs are known. AP_ERR_NO_INPUT, AP_ERR_MALFORMED (a recording beside other files, or one
 * of other inputs), AP_ERR_MEMORY with `message`. */
ap_err ap_service_recording_open(ap_service_recording *recording, const char *const *paths,
                                 size_t path_count, bool *is_one);

/* Prepares an engine, made for source_count sources and open. on_time may be NULL. */
ap_err ap_service_recording_start(ap_service_recording *recording, ap_engine *engine,
                                  void (*on_time)(void *context, ap_utc_ns now), void *context);

/* Gives the engine every chunk received before to_utc, while `goes_on` says so. Of a file that is
 * damaged all before the damage; AP_ERR_TRUNCATED with `message` then, after all others. */
ap_err ap_service_recording_run(ap_service_recording *recording, ap_utc_ns to_utc,
                                bool (*goes_on)(void *context), void *context);

/* Safe twice. */
void ap_service_recording_close(ap_service_recording *recording);

#endif

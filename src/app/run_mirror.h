/* The mirror: the picture as the outputs see it, in the thread of the loop. It follows the engine's
 * picture by what changed, under a short lock, so that no output ever holds the engine up. */
#ifndef AP_APP_RUN_MIRROR_H
#define AP_APP_RUN_MIRROR_H

#include <stdbool.h>
#include <stdint.h>

#include "app/engine.h"
#include "picture/history.h"
#include "picture/picture.h"
#include "picture/sensor_meter.h"

typedef struct ap_run_mirror {
    ap_picture picture;
    ap_history history;
    ap_sensor_table sensors; /* copies of the engine's rows, with figures */
    ap_sensor_meter *meters; /* [sensors.cap] */
    ap_utc_ns *compared_utc; /* [track_cap] by id: newest report whose residual was taken */
    ap_receiver_table receivers;
    ap_utc_ns now;          /* of the picture; AP_UTC_UNKNOWN before anything was received */
    uint64_t since;         /* the engine's sequence number that it is up to date with */
    uint64_t history_since; /* its own that the history is */
    void *picture_mem, *history_mem;
    size_t picture_size, history_size;
    uint32_t track_cap;
} ap_run_mirror;

/* in : point_cap of the history. AP_ERR_MEMORY. */
ap_err ap_run_mirror_open(ap_run_mirror *mirror, const ap_engine *engine, uint32_t point_cap);

/* Takes in what changed; under the lock of the engine. */
void ap_run_mirror_pull(ap_run_mirror *mirror, const ap_engine *engine);

/* The same for sensors and receivers, which count with every frame. */
void ap_run_mirror_pull_sensors(ap_run_mirror *mirror, const ap_engine *engine);

/* Brings the history and the residuals of the sensors up to date with the mirror; not under the
 * lock. */
void ap_run_mirror_follow(ap_run_mirror *mirror);

/* Safe twice. */
void ap_run_mirror_close(ap_run_mirror *mirror);

#endif

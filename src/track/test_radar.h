/* One radar and its tracker, for tests. */
#ifndef AP_TRACK_TEST_RADAR_H
#define AP_TRACK_TEST_RADAR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airpicture/tracker.h"

#define START_UTC (INT64_C(1700000000) * AP_NS_PER_S)
#define TURN_S 4.0

typedef struct world {
    ap_sensor sensor; /* may be changed before the first report */
    ap_sensor_stats stats;
    ap_sensor_table table;
    ap_tracker_config config;
    ap_tracker tracker;
    void *mem;
    uint64_t seed; /* of the test's own noise */
} world;

/* The tracker anew, as w->config is now. */
static inline void world_begin(world *w)
{
    free(w->mem);
    size_t size = ap_tracker_size(&w->config);
    w->mem = malloc(size);
    assert_non_null(w->mem);
    assert_int_equal(ap_tracker_init(&w->tracker, &w->config, w->mem, size), AP_OK);
}

static inline world *world_new(ap_sensor_kind kind)
{
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    ap_sensor_defaults(&w->sensor, kind);
    w->sensor.turn_s = TURN_S;
    ap_geodetic site = { 50.0 * AP_RAD_PER_DEG, 8.0 * AP_RAD_PER_DEG, 100.0 };
    assert_int_equal(ap_sensor_place(&w->sensor, site), AP_OK);
    w->table = (ap_sensor_table){ .sensor = &w->sensor, .stats = &w->stats, .count = 1, .cap = 1 };
    w->config = ap_tracker_config_default();
    w->config.track_cap = 256;
    w->config.group_report_cap = 256;
    w->config.sensors = &w->table;
    world_begin(w);
    return w;
}

static inline void world_free(world *w)
{
    free(w->mem);
    free(w);
}

#endif

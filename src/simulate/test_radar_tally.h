/* Plots counted, by kind and by flight, for tests of radars. */
#ifndef AP_SIMULATE_TEST_RADAR_TALLY_H
#define AP_SIMULATE_TEST_RADAR_TALLY_H

#include "simulate/test_radar.h"

/* Flights that stand still, so that the time of a look does not matter. */
static inline void bench_ring(bench *b, ap_equipment equipment)
{
    for (int i = 0; i < 36; i++)
        (void)bench_fly(b, equipment, 10.0 * i + 3.0, 60e3 + 2e3 * i, 9000.0, 0.0, 0.0);
}

static inline void bench_take_by_flight(const bench *of, const seen *record, void *to)
{
    int *count = to;
    if (record->message != 0)
        return;
    /* Flights stand 5 degrees and more apart. */
    for (uint32_t i = 0; i < of->world.flight_count; i++) {
        ap_sight sight = bench_sight(of, i, 0.0);
        count[i] += fabs(ap_wrap_pi(sight.azimuth_rad - record->azimuth_rad)) < 1.0 * DEG &&
                    fabs(sight.range_m - record->range_m) < 3000.0;
    }
}

/* Turns in which flights that stand still were seen, of `turns`. */
static inline void bench_count_by_flight(bench *b, double turns, int *count)
{
    bench_run(b, turns * b->sensor.told.turn_s, bench_take_by_flight, count);
}

typedef struct bench_tally {
    int primary, secondary, combined, garbled, unsure, north, status, overloaded, in_area, height;
    int left, codes[2];
    double first_s, last_s;
} bench_tally;

static inline void bench_take_tally(const bench *of, const seen *record, void *to)
{
    bench_tally *t = to;
    (void)of;
    if (record->message != 0) {
        t->north += record->message == 1;
        t->status += record->message == 3;
        t->overloaded += record->is_overloaded;
        return;
    }
    t->primary += record->primary && !record->secondary;
    t->secondary += record->secondary && !record->primary;
    t->combined += record->secondary && record->primary;
    t->garbled += record->is_garbled;
    t->unsure += record->is_unsure;
    t->height += record->has_height;
    t->left += record->azimuth_rad >= AP_PI;
    t->codes[0] += record->mode_3a == 01000;
    t->codes[1] += record->mode_3a == 01001;
    t->first_s = t->first_s > 0.0 ? t->first_s : record->time_s;
    t->last_s = record->time_s;
}

static inline bench_tally bench_tally_of(bench *b, double duration_s)
{
    bench_tally t = { 0 };
    bench_run(b, duration_s, bench_take_tally, &t);
    return t;
}

#endif

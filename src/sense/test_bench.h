/* What the tests of the sense stage share: a stage with its table, and what came out of it. */
#ifndef AP_SENSE_TEST_BENCH_H
#define AP_SENSE_TEST_BENCH_H

#include "sense/sense.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define BENCH_SENSOR_CAP 8
#define BENCH_REPORT_CAP 4096
#define BENCH_RECEIVER_CAP 6

/* In double: cmocka compares floats. */
#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((double)(value) - (double)(expected)) <= (tolerance))

typedef struct bench {
    ap_sensor sensors[BENCH_SENSOR_CAP];
    ap_sensor_stats stats[BENCH_SENSOR_CAP];
    ap_sensor_table table;
    ap_receiver_table receivers;
    void *receiver_mem;
    ap_asterix_editions editions;
    ap_sense_config config;
    ap_sense sense;
    void *mem;
    ap_report reports[BENCH_REPORT_CAP];
    size_t report_count;
    void *witnesses; /* of the test */
} bench;

static inline void bench_take(void *context, const ap_report *report)
{
    bench *on = context;
    assert_true(ap_report_is_sound(report));
    assert_true(on->report_count < BENCH_REPORT_CAP);
    if (on->report_count > 0)
        assert_true(report->receive_utc >= on->reports[on->report_count - 1].receive_utc);
    on->reports[on->report_count++] = *report;
}

/* A stage for two inputs. Sensors may be added to the table before the first bytes. */
static inline bench *bench_open_with(uint32_t aircraft_cap, ap_witness_fn on_witness,
                                     void *witnesses)
{
    bench *on = calloc(1, sizeof *on);
    on->witnesses = witnesses;
    on->table =
        (ap_sensor_table){ .sensor = on->sensors, .stats = on->stats, .cap = BENCH_SENSOR_CAP };
    ap_asterix_editions_default(&on->editions);
    on->config = (ap_sense_config){ .sensors = &on->table,
                                    .receivers = &on->receivers,
                                    .input_cap = 2,
                                    .aircraft_cap = aircraft_cap,
                                    .editions = &on->editions,
                                    .on_report = bench_take,
                                    .on_witness = on_witness,
                                    .context = on };
    size_t receiver_size = ap_receiver_table_size(2, BENCH_RECEIVER_CAP);
    on->receiver_mem = malloc(receiver_size);
    assert_int_equal(ap_receiver_table_init(&on->receivers, &on->table, 2, BENCH_RECEIVER_CAP,
                                            on->receiver_mem, receiver_size),
                     AP_OK);
    size_t size = ap_sense_size(&on->config);
    on->mem = malloc(size);
    assert_int_equal(ap_sense_init(&on->sense, &on->config, on->mem, size), AP_OK);
    return on;
}

static inline bench *bench_open(uint32_t aircraft_cap)
{
    return bench_open_with(aircraft_cap, NULL, NULL);
}

static inline void bench_close(bench *on)
{
    free(on->mem);
    free(on->receiver_mem);
    free(on);
}

/* A described sensor with site at 50 N 8 E, 100 m; sac = 25, sic as given. */
static inline ap_sensor *bench_add(bench *on, ap_sensor_kind kind, uint8_t sic)
{
    ap_sensor sensor = {
        .described = true, .has_sac_sic = true, .sac = 25, .sic = sic, .input = AP_INPUT_NONE
    };
    uint16_t index;
    snprintf(sensor.name, sizeof sensor.name, "sensor %u", sic);
    ap_sensor_defaults(&sensor, kind);
    assert_int_equal(
        ap_sensor_place(&sensor, (ap_geodetic){ 50 * AP_RAD_PER_DEG, 8 * AP_RAD_PER_DEG, 100 }),
        AP_OK);
    assert_int_equal(ap_sensor_add(&on->table, &sensor, &index), AP_OK);
    return &on->sensors[index];
}

static inline const ap_report *bench_last(const bench *on)
{
    assert_true(on->report_count > 0);
    return &on->reports[on->report_count - 1];
}

static inline ap_utc_ns utc(const char *text)
{
    ap_utc_ns time;
    assert_int_equal(ap_utc_parse(text, &time), AP_OK);
    return time;
}

#endif

/* What the lines of a whole run do to the packets of its sensors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "simulate/demo_scenario.h"
#include "simulate/simulate.h"

#define PACKET_CAP 40000
#define DURATION_S 40.0

typedef struct arrival {
    uint16_t sensor;
    ap_utc_ns utc;
    uint64_t hash;
} arrival;

typedef struct run {
    ap_demo_scenario demo;
    ap_simulate sim;
    void *mem;
    arrival *arrivals; /* in the order of the simulator */
    size_t count;
} run;

static uint64_t hash_of(const uint8_t *data, size_t size)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ data[i]) * UINT64_C(1099511628211);
    return hash;
}

static void make_run(run *r)
{
    ap_demo_scenario_config config = ap_demo_scenario_config_default();
    config.duration_s = DURATION_S;
    ap_demo_scenario_make(&r->demo, &config);
}

static void play(run *r)
{
    size_t size = ap_simulate_size(&r->demo.scenario);
    r->mem = malloc(size);
    r->arrivals = malloc(PACKET_CAP * sizeof *r->arrivals);
    assert_int_equal(ap_simulate_init(&r->sim, &r->demo.scenario, r->mem, size), AP_OK);
    ap_packet packet;
    for (r->count = 0; ap_simulate_next(&r->sim, &packet) == AP_OK; r->count++) {
        assert_true(r->count < PACKET_CAP);
        assert_true(r->count == 0 || packet.utc >= r->arrivals[r->count - 1].utc);
        r->arrivals[r->count] =
            (arrival){ packet.sensor, packet.utc, hash_of(packet.data, packet.size) };
    }
}

static void close_run(run *r)
{
    free(r->arrivals);
    free(r->mem);
}

/* The arrivals of one sensor, in order. */
static size_t of_sensor(const run *r, uint16_t sensor, const arrival **list)
{
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++)
        if (r->arrivals[i].sensor == sensor)
            list[count++] = &r->arrivals[i];
    return count;
}

/* Each line has its own delay: every packet comes, later by that, whatever the others do. */
static void test_arrivals_delayed(void **state)
{
    (void)state;
    static run plain, late;
    make_run(&plain);
    make_run(&late);
    for (unsigned i = 0; i < AP_DEMO_SENSOR_COUNT; i++)
        late.demo.sensors[i].delay_s = 0.3 * i;
    play(&plain);
    play(&late);
    const arrival **from = malloc(2 * PACKET_CAP * sizeof *from), **to = from + PACKET_CAP;
    for (uint16_t i = 0; i < AP_DEMO_SENSOR_COUNT; i++) {
        size_t sent = of_sensor(&plain, i, from), count = of_sensor(&late, i, to);
        assert_true(count > 50 && count <= sent);
        for (size_t k = 0; k < count; k++) {
            assert_int_equal(from[k]->hash, to[k]->hash);
            assert_true(fabs(ap_seconds_between(from[k]->utc, to[k]->utc) - 0.3 * i) < 1e-6);
        }
        for (size_t k = count; k < sent; k++) /* it arrives after the end of the run */
            assert_true(ap_seconds_between(late.demo.scenario.start_utc, from[k]->utc) + 0.3 * i >=
                        DURATION_S);
    }
    free(from);
    close_run(&plain);
    close_run(&late);
}

/* Loss on one line changes nothing on the others. */
static void test_arrivals_lost(void **state)
{
    (void)state;
    static run plain, poor;
    make_run(&plain);
    make_run(&poor);
    poor.demo.sensors[AP_DEMO_RECEIVER].loss = 0.2;
    play(&plain);
    play(&poor);
    const arrival **from = malloc(2 * PACKET_CAP * sizeof *from), **to = from + PACKET_CAP;
    for (uint16_t i = 0; i < AP_DEMO_SENSOR_COUNT; i++) {
        size_t sent = of_sensor(&plain, i, from), count = of_sensor(&poor, i, to);
        double lost = (double)(sent - count), mean = i == AP_DEMO_RECEIVER ? 0.2 * (double)sent : 0;
        assert_true(fabs(lost - mean) <= 4.0 * sqrt(mean * 0.8));
        assert_int_equal(ap_simulate_line_counts(&poor.sim, i)->lost_count, sent - count);
        assert_int_equal(ap_simulate_line_counts(&poor.sim, i)->packet_count, sent);
    }
    free(from);
    close_run(&plain);
    close_run(&poor);
}

/* A line that cannot be is refused. */
static void test_arrivals_bad_line(void **state)
{
    (void)state;
    static run r;
    make_run(&r);
    r.demo.sensors[0].loss = 1.5;
    assert_int_equal(ap_simulate_size(&r.demo.scenario), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrivals_delayed),
        cmocka_unit_test(test_arrivals_lost),
        cmocka_unit_test(test_arrivals_bad_line),
    };
    return cmocka_run_group_tests_name("arrival", tests, NULL, NULL);
}

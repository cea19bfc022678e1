/* Simulated sensors through sense and track, scored against the truth: the engine as a whole, in
 * memory, by kinds of sensors. The bounds are the limits of EUROCONTROL-SPEC-0147 for 3 NM where
 * there is one, else what a sensor's own noise allows, with room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/tracker.h"
#include "score/score.h"
#include "sense/sense.h"
#include "app/source.h"
#include "simulate/demo_scenario.h"
#include "simulate/simulate.h"
#include "wire/framer.h"

enum { SENSOR_CAP = 8, REPORT_CAP = 4096, TRUTH_CAP = 256, TRACK_CAP = 2048 };

#define RADARS 0x07u
#define MLAT 0x08u
#define ADSB 0x10u
#define ALL 0x1Fu
#define SETTLE_S 40 /* a few turns of the slowest radar */

typedef struct engine {
    ap_simulate simulate;
    ap_demo_scenario_config config;
    ap_demo_scenario demo;
    ap_asterix_editions editions;
    ap_sensor sensor[SENSOR_CAP];
    ap_sensor_stats stats[SENSOR_CAP];
    ap_sensor_table sensors;
    ap_sense sense;
    ap_tracker tracker;
    ap_framer framer;
    ap_score score;
    ap_report reports[REPORT_CAP];
    size_t report_count;
    ap_truth truths[TRUTH_CAP];
    ap_track tracks[TRACK_CAP];
    void *memory[6];
    ap_receiver_table receivers;
} engine;

static void on_report(void *context, const ap_report *report)
{
    engine *e = context;
    assert_true(ap_report_is_sound(report));
    assert_true(e->report_count < REPORT_CAP);
    e->reports[e->report_count++] = *report;
}

static void *take(engine *e, int slot, size_t size)
{
    assert_true(size > 0);
    e->memory[slot] = malloc(size);
    assert_non_null(e->memory[slot]);
    return e->memory[slot];
}

static void open_stages(engine *e)
{
    e->sensors = (ap_sensor_table){ .sensor = e->sensor, .stats = e->stats, .cap = SENSOR_CAP };
    for (uint32_t i = 0; i < AP_DEMO_SENSOR_COUNT; i++) {
        uint16_t index;
        assert_int_equal(ap_sensor_add(&e->sensors, ap_simulate_sensor(&e->simulate, i), &index),
                         AP_OK);
    }
    size_t size = ap_receiver_table_size(2, 0);
    assert_int_equal(
        ap_receiver_table_init(&e->receivers, &e->sensors, 2, 0, take(e, 5, size), size), AP_OK);
    ap_sense_config sense = { .sensors = &e->sensors,
                              .receivers = &e->receivers,
                              .input_cap = 2,
                              .aircraft_cap = 1024,
                              .editions = &e->editions,
                              .on_report = on_report,
                              .context = e };
    size = ap_sense_size(&sense);
    assert_int_equal(ap_sense_init(&e->sense, &sense, take(e, 1, size), size), AP_OK);
    ap_tracker_config tracker = ap_tracker_config_default();
    tracker.track_cap = TRACK_CAP;
    tracker.sensors = &e->sensors;
    size = ap_tracker_size(&tracker);
    assert_int_equal(ap_tracker_init(&e->tracker, &tracker, take(e, 2, size), size), AP_OK);
}

static void open_engine(engine *e, const ap_demo_scenario_config *config)
{
    memset(e, 0, sizeof *e);
    e->config = *config;
    ap_demo_scenario_make(&e->demo, config);
    size_t size = ap_simulate_size(&e->demo.scenario);
    assert_int_equal(ap_simulate_init(&e->simulate, &e->demo.scenario, take(e, 0, size), size),
                     AP_OK);
    ap_asterix_editions_default(&e->editions);
    open_stages(e);
    ap_score_config score = ap_score_config_default();
    score.track_cap = TRACK_CAP;
    size = ap_score_size(&score);
    assert_int_equal(ap_score_init(&e->score, &score, take(e, 3, size), size), AP_OK);
    assert_int_equal(ap_framer_init(&e->framer, AP_FORMAT_BEAST, &e->editions,
                                    take(e, 4, AP_FRAMER_SIZE), AP_FRAMER_SIZE),
                     AP_OK);
}

static void close_engine(engine *e)
{
    for (size_t i = 0; i < sizeof e->memory / sizeof e->memory[0]; i++)
        free(e->memory[i]);
}

static void sense_beast(engine *e, const ap_packet *packet)
{
    uint8_t *space;
    assert_true(ap_framer_space(&e->framer, &space) >= packet->size);
    memcpy(space, packet->data, packet->size);
    ap_framer_commit(&e->framer, packet->size);
    ap_frame frame;
    while (ap_framer_next(&e->framer, &frame) == AP_OK) {
        ap_sense_heard heard = ap_source_heard(&frame, AP_DEMO_INPUT_BEAST, packet->utc);
        ap_sense_modes(&e->sense, &heard);
    }
}

static void score_at(engine *e, ap_utc_ns time)
{
    size_t count = ap_simulate_truth(&e->simulate, time, e->truths, TRUTH_CAP), seen = 0;
    assert_true(count <= TRUTH_CAP);
    for (size_t i = 0; i < count; i++)
        if (ap_simulate_covers(&e->simulate, &e->truths[i]))
            e->truths[seen++] = e->truths[i];
    size_t track_count = ap_tracker_tracks(&e->tracker, false, e->tracks, TRACK_CAP);
    assert_true(track_count <= TRACK_CAP);
    ap_score_instant(&e->score, time, e->truths, seen, e->tracks, track_count, NULL);
}

static void step(engine *e, ap_utc_ns now)
{
    ap_tracker_step(&e->tracker, now, e->reports, e->report_count);
    e->report_count = 0;
}

/* Reports go to the tracker when `batch` packets are through, and before each score. */
static ap_score_result run(const ap_demo_scenario_config *config, unsigned batch)
{
    static engine e;
    open_engine(&e, config);
    ap_utc_ns next = config->start_utc + SETTLE_S * AP_NS_PER_S;
    ap_utc_ns now = config->start_utc;
    unsigned packet_count = 0;
    ap_packet packet;
    while (ap_simulate_next(&e.simulate, &packet) == AP_OK) {
        for (; next <= packet.utc; next += AP_NS_PER_S) {
            step(&e, now);
            score_at(&e, next);
        }
        now = packet.utc;
        if (packet.kind == AP_PACKET_BEAST)
            sense_beast(&e, &packet);
        else
            ap_sense_asterix(&e.sense, AP_DEMO_INPUT_ASTERIX, packet.utc, packet.data, packet.size);
        if (++packet_count % batch == 0)
            step(&e, now);
    }
    ap_score_result result = ap_score_result_of(&e.score);
    print_message(
        "seen %.4f worst %.3f; position %.1f m, 95 %% %.1f m; velocity %.2f m/s; "
        "altitude %.1f m; NEES %.2f %.2f; false %llu, stale %llu, second %llu, "
        "switches %llu\n",
        result.completeness, result.worst_completeness, result.position_rms_m, result.position_95_m,
        result.velocity_rms_mps, result.altitude_rms_m, result.nees_position, result.nees_state,
        (unsigned long long)result.false_count, (unsigned long long)result.stale_count,
        (unsigned long long)result.redundant_count, (unsigned long long)result.switch_count);
    close_engine(&e);
    return result;
}

static ap_demo_scenario_config scenario(uint32_t sensors)
{
    ap_demo_scenario_config config = ap_demo_scenario_config_default();
    config.sensors = sensors;
    config.duration_s = 360.0;
    return config;
}

typedef struct bounds {
    uint32_t sensors;
    bool registers; /* radars learn speed and turn from the aircraft */
    double completeness, position_rms_m, velocity_rms_mps, altitude_rms_m;
    double nees_low, nees_high; /* of the position: 2 is honest */
    uint64_t false_seconds, second_seconds, switches;
} bounds;

static void check(const ap_score_result *result, const bounds *bound)
{
    assert_true(result->completeness >= bound->completeness);
    assert_true(result->position_rms_m <= bound->position_rms_m);
    assert_true(result->velocity_rms_mps <= bound->velocity_rms_mps);
    assert_true(result->altitude_rms_m <= bound->altitude_rms_m);
    assert_true(result->nees_position >= bound->nees_low);
    assert_true(result->nees_position <= bound->nees_high);
    assert_true(result->false_count <= bound->false_seconds);
    assert_true(result->redundant_count <= bound->second_seconds);
    assert_true(result->switch_count <= bound->switches);
    assert_int_equal(result->truth_refused_count + result->track_refused_count +
                         result->edge_refused_count + result->target_refused_count +
                         result->covariance_refused_count,
                     0);
}

/* To the last bit: every sum of the run. */
static void check_equal(const ap_score_result *a, const ap_score_result *b)
{
    assert_true(a->pair_count == b->pair_count && a->track_count == b->track_count);
    assert_true(a->switch_count == b->switch_count && a->stale_count == b->stale_count);
    assert_true(a->position_rms_m == b->position_rms_m);
    assert_true(a->velocity_rms_mps == b->velocity_rms_mps);
    assert_true(a->altitude_rms_m == b->altitude_rms_m);
    assert_true(a->nees_state == b->nees_state);
}

/* ADS-B alone: its errors are nearly the same from one message to the next; a filter that took them
 * for independent would be too sure of itself (NEES 6). */
static void test_scenario_by_sensors(void **state)
{
    (void)state;
    static const bounds rows[] = {
        { ALL, true, 0.99, 20.0, 8.0, 15.0, 0.5, 4.0, 30, 400, 20 },
        { RADARS, true, 0.97, 60.0, 5.0, 15.0, 1.0, 3.0, 60, 400, 5 },
        { RADARS, false, 0.97, 120.0, 12.0, 15.0, 1.0, 3.0, 60, 400, 5 },
        { MLAT, true, 0.97, 30.0, 8.0, 15.0, 0.5, 3.0, 30, 400, 5 },
        { ADSB, true, 0.97, 40.0, 8.0, 15.0, 1.0, 3.0, 30, 60, 3 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ap_demo_scenario_config config = scenario(rows[i].sensors);
        config.registers = rows[i].registers;
        ap_score_result result = run(&config, 1);
        check(&result, &rows[i]);
    }
}

/* False plots three hundred to a turn of each radar: the picture stays. */
static void test_scenario_in_clutter(void **state)
{
    (void)state;
    ap_demo_scenario_config config = scenario(RADARS);
    config.clutter_per_turn = 300.0;
    config.registers = false;
    ap_score_result result = run(&config, 1);
    static const bounds bound = { RADARS, false, 0.97, 120.0, 14.0, 20.0, 1.0, 3.5, 300, 600, 8 };
    check(&result, &bound);
}

/* Midnight is an hour like any other: the times of day wrap, and the picture is the same. Both runs
 * begin at the same phase of every turn (4, 5.2 and 8.1 s divide 4,212 s), should anyone count. */
static void test_scenario_across_midnight(void **state)
{
    (void)state;
    ap_demo_scenario_config noon = scenario(ALL), midnight;
    noon.duration_s = 180.0;
    noon.start_utc += 990 * AP_NS_PER_S;
    midnight = noon;
    midnight.start_utc += 10 * 4212 * AP_NS_PER_S; /* 23:58:30 */
    ap_score_result a = run(&noon, 1), b = run(&midnight, 1);
    check_equal(&a, &b);
}

/* How the input is cut is nobody's business: one packet at a time, or up to a hundred. */
static void test_scenario_in_other_batches(void **state)
{
    (void)state;
    ap_demo_scenario_config config = scenario(ALL);
    config.duration_s = 120.0;
    ap_score_result one = run(&config, 1), seven = run(&config, 7), many = run(&config, 100);
    check_equal(&one, &seven);
    check_equal(&one, &many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenario_by_sensors),
        cmocka_unit_test(test_scenario_in_clutter),
        cmocka_unit_test(test_scenario_across_midnight),
        cmocka_unit_test(test_scenario_in_other_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "score/score.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/geo.h"
#include "score/gospa.h"

#define NOON (INT64_C(1709294400) * AP_NS_PER_S) /* 2024-03-01T12:00:00Z */

static void *mem;
static ap_score score;
static ap_enu_frame frame;

static void start(ap_score_config config)
{
    free(mem);
    size_t size = ap_score_size(&config);
    assert_true(size > 0);
    mem = malloc(size);
    assert_int_equal(ap_score_init(&score, &config, mem, size), AP_OK);
    frame = ap_enu_frame_at((ap_geodetic){ 56.0 * AP_RAD_PER_DEG, 3.5 * AP_RAD_PER_DEG, 0.0 });
}

static void start_with(double cutoff_m, int power)
{
    ap_score_config config = ap_score_config_default();
    config.cutoff_m = cutoff_m;
    config.power = power;
    start(config);
}

static int tear_down(void **state)
{
    (void)state;
    free(mem);
    mem = NULL;
    return 0;
}

static ap_geodetic place(double east_m, double north_m, double height_m)
{
    ap_geodetic position =
        ap_geodetic_from_ecef(ap_ecef_from_enu(&frame, (ap_vec3){ east_m, north_m, 0.0 }));
    position.height_m = height_m;
    return position;
}

static ap_truth truth(uint32_t id, double east_m, double north_m)
{
    return (ap_truth){ .time_utc = NOON,
                       .id = id,
                       .position = place(east_m, north_m, 0.0),
                       .has_pressure_altitude = true,
                       .pressure_altitude_m = 1000.0,
                       .east_mps = 200.0 };
}

static ap_track track(uint32_t id, double east_m, double north_m)
{
    ap_track out = { .id = id,
                     .state = AP_TRACK_FIRM,
                     .updated_utc = NOON,
                     .time_utc = NOON,
                     .position = place(east_m, north_m, 0.0),
                     .east_mps = 200.0,
                     .has_pressure_altitude = true,
                     .pressure_altitude_m = 1000.0 };
    for (int i = 0; i < 4; i++)
        out.P_enu[i][i] = i < 2 ? 25.0 : 4.0;
    return out;
}

typedef struct fixture {
    double cutoff;
    int power;
    size_t truth_count, track_count;
    double truths[4][2], tracks[4][2];
    double localisation, missed, spurious, gospa, ospa; /* parts to the power */
} fixture;

#define FIRST_PAIR                                                                                 \
    .truth_count = 3, .track_count = 4, .truths = { { 0, 0 }, { 100, 0 }, { 200, 50 } },           \
    .tracks = { { 3, 4 }, { 100, 11 }, { 205, 50 }, { 300, 300 } }

/* Worked by hand: pairs at 5, 11, 5 m and one stray; the 11 m pair counts only below the cutoff. */
static const fixture fixtures[] = {
    { .cutoff = 10,
      .power = 2,
      FIRST_PAIR,
      .localisation = 50,
      .missed = 50,
      .spurious = 100,
      .gospa = 14.142136,
      .ospa = 7.905694 },
    { .cutoff = 20,
      .power = 1,
      FIRST_PAIR,
      .localisation = 21,
      .missed = 0,
      .spurious = 10,
      .gospa = 31.0,
      .ospa = 10.25 },
    { .cutoff = 10,
      .power = 2,
      .truth_count = 2,
      .track_count = 1,
      .truths = { { 0, 0 }, { 100, 0 } },
      .tracks = { { 3, 4 } },
      .localisation = 25,
      .missed = 50,
      .spurious = 0,
      .gospa = 8.660254,
      .ospa = 7.905694 },
    { .cutoff = 10,
      .power = 2,
      .truth_count = 0,
      .track_count = 2,
      .tracks = { { 3, 4 }, { 50, 50 } },
      .spurious = 100,
      .gospa = 10.0,
      .ospa = 10.0 },
    { .cutoff = 10, .power = 2 },
};

static void test_score_instant_known_gospa_and_ospa(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof fixtures / sizeof fixtures[0]; f++) {
        const fixture *x = &fixtures[f];
        start_with(x->cutoff, x->power);
        ap_truth truths[4];
        ap_track tracks[4];
        for (uint32_t i = 0; i < 4; i++) {
            truths[i] = truth(i + 1, x->truths[i][0], x->truths[i][1]);
            tracks[i] = track(i + 1, x->tracks[i][0], x->tracks[i][1]);
        }
        ap_score_sample sample;
        ap_score_instant(&score, NOON, truths, x->truth_count, tracks, x->track_count, &sample);
        double root = 1.0 / x->power;
        assert_true(fabs(sample.gospa_m - x->gospa) < 1e-5);
        assert_true(fabs(sample.ospa_m - x->ospa) < 1e-5);
        assert_true(fabs(sample.localisation_m - pow(x->localisation, root)) < 1e-5);
        assert_true(fabs(sample.missed_m - pow(x->missed, root)) < 1e-5);
        assert_true(fabs(sample.spurious_m - pow(x->spurious, root)) < 1e-5);
        ap_score_result result = ap_score_result_of(&score);
        assert_true(fabs(result.gospa_rms_m - x->gospa) < 1e-5);
        assert_true(fabs(result.missed_m - pow(x->missed, root)) < 1e-5);
    }
}

static void test_gospa_from_pairs_exact(void **state)
{
    (void)state;
    ap_gospa gospa = ap_gospa_from_pairs(3, 4, 2, 50.0, 10.0, 2);
    assert_true(gospa.missed == 50.0 && gospa.spurious == 100.0);
    assert_true(gospa.gospa == sqrt(200.0) && gospa.ospa == sqrt(62.5));
    gospa = ap_gospa_from_pairs(0, 0, 0, 0.0, 10.0, 2);
    assert_true(gospa.gospa == 0.0 && gospa.ospa == 0.0);
}

static void test_score_instant_errors_and_nees(void **state)
{
    (void)state;
    start_with(1000.0, 2);
    ap_truth truths[] = { truth(1, 0, 0), truth(2, 5000, 0) };
    ap_track tracks[] = { track(10, 30, 40), track(11, 5010, 0) };
    tracks[0].east_mps += 3.0;
    tracks[0].north_mps += 4.0;
    tracks[0].up_mps = 2.0;
    tracks[0].pressure_altitude_m += 7.0;
    tracks[1].has_pressure_altitude = false;
    tracks[1].has_height = true;
    tracks[1].position.height_m = 1.0;
    tracks[0].P_enu[0][1] = tracks[0].P_enu[1][0] = 15.0;
    ap_score_sample sample;
    ap_score_instant(&score, NOON, truths, 2, tracks, 2, &sample);
    ap_score_result r = ap_score_result_of(&score);
    assert_true(fabs(r.position_rms_m - sqrt((2500.0 + 100.0) / 2)) < 1e-4);
    assert_true(fabs(r.velocity_rms_mps - sqrt(25.0 / 2)) < 1e-6);
    assert_true(fabs(r.altitude_rms_m - sqrt((49.0 + 1.0) / 2)) < 1e-6);
    assert_true(fabs(r.vertical_rate_rms_mps - sqrt(4.0 / 2)) < 1e-6);
    /* (30 40) [25 15; 15 25]^-1 (30 40)' = (25*900 - 2*15*1200 + 25*1600) / 400 */
    double first = 66.25, second = 100.0 / 25.0;
    assert_int_equal(r.nees_count, 2);
    assert_true(fabs(r.nees_position - (first + second) / 2) < 1e-4);
    assert_true(fabs(r.nees_state - (first + second + 25.0 / 4.0) / 2) < 1e-4);
    assert_true(r.position_95_m >= 50.0 && r.position_95_m < 50.0 * exp2(1.0 / 16));
    assert_int_equal(ap_score_track_of(&score, 0), 10);
    assert_int_equal(ap_score_track_of(&score, 1), 11);
    assert_int_equal(ap_score_track_of(&score, 2), 0);
    assert_true(fabs(sample.position_rms_m - r.position_rms_m) < 1e-12);
}

static void test_score_instant_counts(void **state)
{
    (void)state;
    start_with(1000.0, 2);
    ap_truth truths[] = { truth(1, 0, 0), truth(2, 50000, 0) };
    ap_track tracks[] = { track(1, 10, 0),    track(2, 200, 0),   track(3, 90000, 0),
                          track(4, 50000, 0), track(5, 50000, 0), track(6, 0, 0) };
    tracks[3].state = AP_TRACK_TENTATIVE;
    tracks[4].state = AP_TRACK_DEAD;
    tracks[5].position.latitude_rad = NAN;
    ap_score_instant(&score, NOON, truths, 2, tracks, 6, NULL);
    ap_score_result r = ap_score_result_of(&score);
    assert_int_equal(r.pair_count, 1);
    assert_int_equal(r.redundant_count, 1);
    assert_int_equal(r.false_count, 1);
    assert_int_equal(r.unpublished_count, 2);
    assert_int_equal(r.track_refused_count, 1);
    assert_true(r.completeness == 0.5);
    assert_true(r.ambiguity == 2.0);
    assert_true(fabs(r.spuriousness - 1.0 / 3.0) < 1e-12);
}

/* Tracks are moved to the instant: 200 m/s east for 4 s. */
static void test_score_instant_moves_tracks(void **state)
{
    (void)state;
    start_with(1000.0, 2);
    ap_truth truths[] = { truth(1, 800, 0) };
    ap_track tracks[] = { track(1, 0, 0) };
    ap_score_sample sample;
    ap_score_instant(&score, NOON + 4 * AP_NS_PER_S, truths, 1, tracks, 1, &sample);
    assert_int_equal(sample.pair_count, 1);
    assert_true(sample.position_rms_m < 0.2);
}

static void test_score_instant_switches(void **state)
{
    (void)state;
    start_with(1000.0, 2);
    ap_truth truths[] = { truth(1, 0, 0), truth(2, 600, 0) };
    ap_track a[] = { track(1, 0, 0), track(2, 600, 0) };
    ap_score_instant(&score, NOON, truths, 2, a, 2, NULL);
    /* Crossed, but both still near both: the best pairing changes, the kept one does not. */
    ap_track crossed[] = { track(1, 600, 0), track(2, 0, 0) };
    ap_score_sample sample;
    ap_score_instant(&score, NOON, truths, 2, crossed, 2, &sample);
    assert_int_equal(ap_score_result_of(&score).switch_count, 0);
    assert_true(sample.gospa_m < 1e-3);
    assert_true(fabs(sample.position_rms_m - 600.0) < 1e-3);
    assert_int_equal(ap_score_track_of(&score, 0), 1);
    /* Apart again, and swapped for good. */
    ap_truth apart[] = { truth(1, 0, 0), truth(2, 6000, 0) };
    ap_track swapped[] = { track(1, 6000, 0), track(2, 0, 0) };
    ap_score_instant(&score, NOON, apart, 2, swapped, 2, NULL);
    assert_int_equal(ap_score_result_of(&score).switch_count, 2);
    /* Lost, and found under a new number: one more. */
    ap_score_instant(&score, NOON, apart, 2, &swapped[1], 1, NULL);
    ap_track again[] = { track(3, 6000, 0), track(2, 0, 0) };
    ap_score_instant(&score, NOON, apart, 2, again, 2, NULL);
    assert_int_equal(ap_score_result_of(&score).switch_count, 3);
    assert_int_equal(ap_score_result_of(&score).target_count, 2);
}

/* A track that goes on after its aircraft's end is stale, one that left its aircraft is false. */
static void test_score_instant_stale_tracks(void **state)
{
    (void)state;
    start_with(1000.0, 2);
    ap_truth truths[] = { truth(1, 0, 0), truth(2, 50000, 0) };
    ap_track tracks[] = { track(7, 0, 0), track(8, 50000, 0) };
    ap_score_instant(&score, NOON, truths, 2, tracks, 2, NULL);
    ap_track gone[] = { track(7, 0, 0), track(8, 60000, 0), track(9, 90000, 0) };
    ap_score_instant(&score, NOON, &truths[1], 1, gone, 3, NULL);
    ap_score_result r = ap_score_result_of(&score);
    assert_int_equal(r.stale_count, 1);
    assert_int_equal(r.false_count, 2);
    assert_true(r.spuriousness == 3.0 / 5.0);
}

static void test_score_instant_full_tables_are_counted(void **state)
{
    (void)state;
    ap_score_config config = ap_score_config_default();
    config.truth_cap = 2;
    config.track_cap = 3;
    config.target_cap = 1;
    config.edge_cap = 1;
    start(config);
    ap_truth truths[] = { truth(1, 0, 0), truth(2, 5000, 0), truth(3, 9000, 0) };
    ap_track tracks[] = { track(1, 0, 0), track(2, 5000, 0), track(3, 9000, 0), track(4, 9900, 0) };
    ap_score_instant(&score, NOON, truths, 3, tracks, 4, NULL);
    ap_score_result r = ap_score_result_of(&score);
    assert_int_equal(r.truth_refused_count, 1);
    assert_int_equal(r.track_refused_count, 1);
    assert_int_equal(r.target_refused_count, 1);
    assert_int_equal(r.edge_refused_count, 1);
    assert_int_equal(r.pair_count, 1);
    assert_int_equal(ap_score_track_of(&score, 2), 0);
}

static void test_score_instant_bad_covariance_is_counted(void **state)
{
    (void)state;
    start_with(1000.0, 2);
    ap_truth truths[] = { truth(1, 0, 0), truth(2, 5000, 0) };
    ap_track tracks[] = { track(1, 0, 0), track(2, 5000, 0) };
    tracks[0].P_enu[1][1] = -1.0;
    tracks[1].P_enu[3][3] = NAN;
    ap_score_instant(&score, NOON, truths, 2, tracks, 2, NULL);
    ap_score_result r = ap_score_result_of(&score);
    assert_int_equal(r.nees_count, 0);
    assert_int_equal(r.covariance_refused_count, 2);
    assert_true(r.nees_state == 0.0);
}

/* Pairs across the date line and at the pole are as near as they are. */
static void test_score_instant_date_line_and_pole(void **state)
{
    (void)state;
    static const double degrees[][4] = { { 10.0, 179.9999, 10.0, -179.9999 },
                                         { 89.9999, 0.0, 89.9999, 180.0 } };
    for (size_t i = 0; i < 2; i++) {
        start_with(1000.0, 2);
        ap_truth t = truth(1, 0, 0);
        ap_track k = track(1, 0, 0);
        t.position =
            (ap_geodetic){ degrees[i][0] * AP_RAD_PER_DEG, degrees[i][1] * AP_RAD_PER_DEG, 0.0 };
        k.position =
            (ap_geodetic){ degrees[i][2] * AP_RAD_PER_DEG, degrees[i][3] * AP_RAD_PER_DEG, 0.0 };
        k.east_mps = 0.0;
        ap_score_sample sample;
        ap_score_instant(&score, NOON, &t, 1, &k, 1, &sample);
        assert_int_equal(sample.pair_count, 1);
        /* 0.0002 degrees: 21.9 m along the parallel of 10 N, 22.3 m along the meridian. */
        assert_true(fabs(sample.position_rms_m - (i == 0 ? 21.93 : 22.34)) < 0.02);
    }
}

static void test_score_result_worst_aircraft(void **state)
{
    (void)state;
    start_with(1000.0, 2);
    ap_truth truths[] = { truth(1, 0, 0), truth(2, 50000, 0) };
    ap_track tracks[] = { track(1, 0, 0), track(2, 50000, 0) };
    for (int i = 0; i < 80; i++)
        ap_score_instant(&score, NOON, truths, 2, tracks, i < 60 ? 2 : 1, NULL);
    ap_score_result r = ap_score_result_of(&score);
    assert_true(r.worst_completeness == 0.75);
    assert_true(r.completeness == 0.875);
}

static void test_score_size_refuses(void **state)
{
    (void)state;
    ap_score_config good = ap_score_config_default(), bad;
    ap_score unused;
    bad = good, bad.cutoff_m = 0.0;
    assert_int_equal(ap_score_size(&bad), 0);
    bad = good, bad.cutoff_m = NAN;
    assert_int_equal(ap_score_size(&bad), 0);
    bad = good, bad.power = 3;
    assert_int_equal(ap_score_size(&bad), 0);
    bad = good, bad.track_cap = 0;
    assert_int_equal(ap_score_size(&bad), 0);
    bad = good, bad.edge_cap = 0;
    assert_int_equal(ap_score_size(&bad), 0);
    char small[64];
    assert_int_equal(ap_score_init(&unused, &bad, small, sizeof small), AP_ERR_ARGUMENT);
    assert_int_equal(ap_score_init(&unused, &good, small, sizeof small), AP_ERR_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_score_instant_known_gospa_and_ospa),
        cmocka_unit_test(test_gospa_from_pairs_exact),
        cmocka_unit_test(test_score_instant_errors_and_nees),
        cmocka_unit_test(test_score_instant_counts),
        cmocka_unit_test(test_score_instant_moves_tracks),
        cmocka_unit_test(test_score_instant_switches),
        cmocka_unit_test(test_score_instant_stale_tracks),
        cmocka_unit_test(test_score_instant_full_tables_are_counted),
        cmocka_unit_test(test_score_instant_bad_covariance_is_counted),
        cmocka_unit_test(test_score_instant_date_line_and_pole),
        cmocka_unit_test(test_score_result_worst_aircraft),
        cmocka_unit_test(test_score_size_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}

#include "score/evaluation.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/geo.h"
#include "score/motion.h"
#include "score/test_evaluation.h"

#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((value) - (expected)) <= (tolerance))

static test_evaluation test;

static int begin(void **state)
{
    (void)state;
    test_evaluation_begin(&test, AP_TRAJECTORY_PLANE);
    return 0;
}

static int end(void **state)
{
    (void)state;
    test_evaluation_end(&test);
    return 0;
}

static void add_points(bool is_truth, const double (*points)[2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ap_trajectory_state s = test_state(0.0, points[i][0], points[i][1], 0.0, 0.0);
        if (is_truth)
            test_truth(&test, i, s);
        else
            test_track(&test, i, s);
    }
}

static const double four[][2] = { { 3, 4 }, { 100, 11 }, { 205, 50 }, { 300, 300 } };
static const double three[][2] = { { 0, 0 }, { 100, 0 }, { 200, 50 } };

/* Known sets: 25 + 25 of distance, one pair at 11 m that is none, so one missed and two false. */
static void test_instant_known_sets(void **state)
{
    (void)state;
    add_points(true, three, 3);
    add_points(false, four, 4);
    ap_evaluation_config config = test_config();
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_int_equal(r->instant_count, 1);
    assert_near(r->gospa_rms_m, 14.142136, 1e-6);
    assert_near(r->ospa_mean_m, 7.905694, 1e-6);
    assert_near(r->localisation_m * r->localisation_m, 50.0, 1e-9);
    assert_near(r->missed_m * r->missed_m, 50.0, 1e-9);
    assert_near(r->spurious_m * r->spurious_m, 100.0, 1e-9);
    assert_near(r->tgospa.tgospa_m, 14.142136, 1e-6); /* one instant: the same */
    config.cutoff_m = 20.0;
    config.power = 1;
    r = test_evaluate(&test, &config);
    assert_near(r->gospa_rms_m, 31.0, 1e-9);
    assert_near(r->ospa_mean_m, 10.25, 1e-9);
    assert_near(r->localisation_m, 21.0, 1e-9);
}

static void test_instant_one_of_two(void **state)
{
    (void)state;
    add_points(true, three, 2);
    add_points(false, four, 1);
    ap_evaluation_config config = test_config();
    assert_near(test_evaluate(&test, &config)->gospa_rms_m, 8.660254, 1e-6);
}

/* Two targets further apart than c, no error, labels exchanged once for good. */
static void test_tgospa_exchanged_labels(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++)
        for (uint64_t i = 0; i < 2; i++) {
            ap_trajectory_state s = test_state(t, 0.0, 50.0 * (double)i, 0.0, 0.0);
            test_truth(&test, i, s);
            test_track(&test, t < 6 ? i : 1 - i, s);
        }
    ap_evaluation_config config = test_config();
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_true(r->tgospa.computed);
    assert_near(r->tgospa.tgospa_m, 1.414214, 1e-6); /* 2 gamma^p, p = 2 */
    assert_near(r->tgospa.switch_count, 2.0, 0.0);
    assert_near(r->tgospa.gap_share, 0.0, 1e-9);
    assert_int_equal(r->kept_switch_count, 2);
    assert_int_equal(r->report_count, 20); /* each against the truth it followed then */
    assert_near(r->errors[AP_PHASE_ALL][AP_EVALUATION_POSITION].max, 0.0, 0.0);
    assert_int_equal(r->tgospa.cluster_count, 1);
    assert_int_equal(r->tgospa.cluster_size_max, 4);
    config.switch_m = 3.0;
    assert_near(test_evaluate(&test, &config)->tgospa.tgospa_m, sqrt(18.0), 1e-6);
}

/* One of two tracks ends after instant 4 of 10: the misses, and half a switch where ending is
 * one. */
static void test_tgospa_dropped_track(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++)
        for (uint64_t i = 0; i < 2; i++) {
            ap_trajectory_state s = test_state(t, 0.0, 50.0 * (double)i, 0.0, 0.0);
            test_truth(&test, i, s);
            if (i == 0 || t < 4)
                test_track(&test, i, s);
        }
    ap_evaluation_config config = test_config();
    config.max_age_s = 0.5;
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_near(r->tgospa.tgospa_m, sqrt(6.0 * 50.0), 1e-6);
    config.absence_switches = true;
    r = test_evaluate(&test, &config);
    assert_near(r->tgospa.tgospa_m, sqrt(0.5 + 6.0 * 50.0), 1e-6);
    assert_near(r->tgospa.switch_count, 0.5, 0.0);
}

static void add_hand_truth(void)
{
    for (int t = 0; t <= 60; t += 2) {
        test_truth(&test, 1, test_state(t, 1000 + 100 * t, 0, 100, 0));
        test_truth(&test, 2, test_state(t, 1000 + 100 * t, 3000 - 50 * t, 100, -50));
        if (t >= 20)
            test_truth(&test, 3, test_state(t, 20000, 5000 + 80 * t, 0, 80));
    }
}

static void add_hand_track(uint64_t id, ap_trajectory_state s, double xx, double xy, double yy)
{
    ap_trajectory_covariance c = { .east_m2 = xx, .east_north_m2 = xy, .north_m2 = yy };
    assert_int_equal(ap_trajectory_add(&test.tracks, id, &s, &c, NULL), AP_OK);
}

/* Two that cross and exchange numbers, a late one, a false one, an outage. */
static void add_hand_tracks(void)
{
    for (int t = 1; t < 60; t += 3) {
        if (t >= 28 && t <= 33)
            continue;
        uint64_t a = t < 40 ? 7 : 8, b = t < 40 ? 8 : 7;
        add_hand_track(a, test_state(t, 1030 + 100 * t, 20, 101, 1), 900, 10, 400);
        add_hand_track(b, test_state(t, 960 + 100 * t, 3060 - 50 * t, 99, -52), 1600, -100, 900);
        if (t >= 31)
            add_hand_track(12, test_state(t, 20090, 4930 + 80 * t, 2, 78), 2500, 0, 2500);
        if (t >= 10 && t <= 22)
            add_hand_track(99, test_state(t, 40000, 40000, 0, 0), 100, 0, 100);
    }
}

/* Values of the bench for trackers (an independent program, numpy and scipy) on the same rows. */
static void test_bench_hand_data(void **state)
{
    (void)state;
    add_hand_truth();
    add_hand_tracks();
    ap_evaluation_config config = ap_evaluation_config_bench();
    config.warmup_s = 4.0;
    config.edge_cap = 1000;
    config.segment_cap = 1000;
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_int_equal(r->instant_count, 15);
    assert_int_equal(r->target_count, 3);
    assert_near(r->gospa_rms_m, 1101.2982036366595, 1e-6);
    assert_near(r->gospa_mean_m, 760.6549910406131, 1e-6);
    assert_near(r->gospa_per_sqrt_n_m, 666.1294461472111, 1e-6);
    assert_near(r->ospa_mean_m, 508.120234513214, 1e-6);
    assert_near(r->position_rms_m, 72.19830049658091, 1e-6);
    assert_near(r->position_95_m, 119.63277142990545, 1e-6);
    assert_near(r->velocity_rms_mps, 2.0859892979954022, 1e-6);
    assert_near(r->nees_instant.mean, 3.7066055256219195, 1e-6);
    assert_near(r->completeness, 0.9024390243902439, 1e-9);
    assert_near(r->missed_per_instant, 0.26666666666666666, 1e-9);
    assert_near(r->false_per_instant, 0.3333333333333333, 1e-9);
    assert_int_equal(r->used_track_count, 4);
    assert_int_equal(r->false_track_count, 1);
    assert_near(r->switches_per_target, 0.6666666666666666, 1e-9);
    assert_near(r->kept_switches_per_target, 0.0, 1e-9);
    assert_near(r->breaks_per_target, 0.0, 1e-9);
    assert_near(r->longest_share, 0.7333333333333334, 1e-9);
    assert_near(r->late_birth_delay_s, 16.0, 1e-9);
}

/* One target for 10 instants with two tracks on it for 4 of them, and a false one for 2. */
static void test_siap_by_hand(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++) {
        test_truth(&test, 1, test_state(t, 0.0, 0.0, 0.0, 0.0));
        if (t >= 2)
            test_track(&test, 5, test_state(t, 3.0, 4.0, 0.0, 1.0));
        if (t >= 2 && t < 6)
            test_track(&test, 6, test_state(t, 0.0, 6.0, 0.0, 0.0));
        if (t < 2)
            test_track(&test, 9, test_state(t, 500.0, 0.0, 0.0, 0.0));
    }
    ap_evaluation_config config = test_config();
    config.max_age_s = 0.5;
    const ap_siap *siap = &test_evaluate(&test, &config)->siap;
    assert_near(siap->completeness, 8.0 / 10.0, 1e-12);
    assert_near(siap->ambiguity, 12.0 / 8.0, 1e-12);
    assert_near(siap->spuriousness, 2.0 / 14.0, 1e-12);
    assert_near(siap->position_m, (8 * 5.0 + 4 * 6.0) / 12.0, 1e-12);
    assert_near(siap->velocity_mps, 8.0 / 12.0, 1e-12);
    assert_near(siap->longest_segment, 0.8, 1e-12);
    assert_near(siap->rate_of_number_change_hz, 0.0, 0.0);
    assert_false(siap->has_identity);
    const ap_evaluation_result *r = ap_evaluation_result_of(&test.evaluation);
    assert_int_equal(r->report_count, 12);
    assert_int_equal(r->redundant_count, 4);
    assert_int_equal(r->false_count, 2);
}

static void test_siap_identity(void **state)
{
    (void)state;
    ap_trajectory_identity right = { .address = 1, .flags = AP_IDENTITY_HAS_ADDRESS };
    ap_trajectory_identity wrong = { .address = 2, .flags = AP_IDENTITY_HAS_ADDRESS };
    for (int t = 0; t < 10; t++) {
        ap_trajectory_state s = test_state(t, 0.0, 0.0, 0.0, 0.0);
        ap_trajectory_add(&test.truth, 1, &s, NULL, &right);
        ap_trajectory_add(&test.tracks, 1, &s, NULL, t < 2 ? NULL : t < 9 ? &right : &wrong);
    }
    ap_evaluation_config config = test_config();
    const ap_siap *siap = &test_evaluate(&test, &config)->siap;
    assert_true(siap->has_identity);
    assert_near(siap->identity_completeness, 0.8, 1e-12);
    assert_near(siap->identity_correctness, 0.7, 1e-12);
    assert_near(siap->identity_ambiguity, 0.0, 1e-12);
}

/* A clock 2 s late at 100 m/s: 200 m behind along the track, none across. */
static void test_errors_of_a_late_clock(void **state)
{
    (void)state;
    for (int t = 0; t < 120; t++) {
        test_truth(&test, 1, test_state(t, 60.0 * t, 80.0 * t, 60.0, 80.0));
        if (t >= 2)
            test_track(&test, 1, test_state(t, 60.0 * (t - 2) + 8.0, 80.0 * (t - 2) - 6.0, 60, 80));
    }
    ap_evaluation_config config = test_config();
    config.cutoff_m = config.hold_m = 1000.0;
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_near(r->errors[AP_PHASE_ALL][AP_EVALUATION_ALONG].mean, -200.0, 1e-3);
    assert_near(r->errors[AP_PHASE_ALL][AP_EVALUATION_ACROSS].mean, 10.0, 1e-3); /* to the right */
    assert_near(r->errors[AP_PHASE_ALL][AP_EVALUATION_LATENCY].median, 2.0, 1e-5);
    assert_int_equal(r->errors[AP_PHASE_TURNING][AP_EVALUATION_ALONG].count, 0);
    assert_int_equal(r->errors[AP_PHASE_STRAIGHT][AP_EVALUATION_ALONG].count, 118);
    assert_true(r->notes[AP_EVALUATION_NOTE_CLOCK_OFFSET]);
    assert_false(r->notes[AP_EVALUATION_NOTE_NO_NEIGHBOUR]);
}

/* A second track that passes near is extra; its errors are nobody's. */
static void test_errors_without_second_tracks(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++) {
        test_truth(&test, 1, test_state(t, 0.0, 20.0 * t, 0.0, 20.0));
        test_track(&test, 1, test_state(t, 1.0, 20.0 * t, 0.0, 20.0));
        test_track(&test, 2, test_state(t, 40.0 - 10.0 * t, 80.0, -10.0, 0.0));
    }
    ap_evaluation_config config = test_config();
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_true(r->redundant_count > 0);
    assert_int_equal(r->errors[AP_PHASE_ALL][AP_EVALUATION_POSITION].count, 10);
    assert_near(r->errors[AP_PHASE_ALL][AP_EVALUATION_POSITION].max, 1.0, 1e-6);
    assert_near(r->errors[AP_PHASE_ALL][AP_EVALUATION_VELOCITY].max, 0.0, 1e-6);
    size_t count;
    const ap_evaluation_target *target = ap_evaluation_targets(&test.evaluation, &count);
    assert_int_equal(count, 1);
    assert_near(target[0].position_rms_m, 1.0, 1e-6);
}

/* Half the flight in a turn of 3 degrees a second. */
static void test_errors_by_phase(void **state)
{
    (void)state;
    double x = 0.0, y = 0.0, heading = 0.0;
    for (int t = 0; t < 60; t++) {
        bool turns = t >= 30;
        ap_trajectory_state s = test_state(t, x, y, 100.0 * sin(heading), 100.0 * cos(heading));
        test_truth(&test, 1, s);
        s.y_m += turns ? 4.0 : 2.0;
        test_track(&test, 1, s);
        heading += turns ? 3.0 * AP_RAD_PER_DEG : 0.0;
        x += 100.0 * sin(heading);
        y += 100.0 * cos(heading);
    }
    ap_evaluation_config config = test_config();
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    const ap_error_summary *turning = &r->errors[AP_PHASE_TURNING][AP_EVALUATION_POSITION];
    assert_true(turning->count >= 30 && turning->count <= 36); /* the window looks 5 s ahead */
    assert_near(turning->q95, 4.0, 1e-6);
    assert_near(r->errors[AP_PHASE_STRAIGHT][AP_EVALUATION_POSITION].rms, 2.0, 1e-6);
}

static void test_errors_by_range(void **state)
{
    (void)state;
    for (int t = 0; t < 20; t++) {
        test_truth(&test, 1, test_state(t, 100.0 * t, 0.0, 100.0, 0.0));
        test_track(&test, 1, test_state(t, 100.0 * t, t <= 10 ? 1.0 : 3.0, 100.0, 0.0));
    }
    ap_evaluation_config config = test_config();
    config.has_reference = true;
    config.range_count = 1;
    config.range_edge_m[0] = 1000.0;
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_int_equal(r->range_bucket_count, 2);
    assert_int_equal(r->by_range[0][AP_EVALUATION_ACROSS].count, 11);
    assert_near(r->by_range[1][AP_EVALUATION_ACROSS].rms, 3.0, 1e-6);
}

/* The same errors over the date line at 60 degrees north as in a plane. */
static void test_geodetic_as_in_plane(void **state)
{
    (void)state;
    test_evaluation_end(&test);
    test_evaluation_begin(&test, AP_TRAJECTORY_GEODETIC);
    ap_enu_frame frame = ap_enu_frame_at((ap_geodetic){ 60.0 * AP_RAD_PER_DEG, AP_PI - 1e-9, 0.0 });
    for (int t = -20; t <= 20; t++) {
        ap_geodetic a =
            ap_geodetic_from_ecef(ap_ecef_from_enu(&frame, (ap_vec3){ 200.0 * t, 0.0, 0.0 }));
        ap_geodetic b = ap_geodetic_from_ecef(
            ap_ecef_from_enu(&frame, (ap_vec3){ 200.0 * t + 300.0, 400.0, 0.0 }));
        ap_trajectory_state s = test_state(t + 20, 0.0, 0.0, 200.0, 0.0);
        s.latitude_rad = a.latitude_rad;
        s.longitude_rad = a.longitude_rad;
        test_truth(&test, 1, s);
        s.latitude_rad = b.latitude_rad;
        s.longitude_rad = b.longitude_rad;
        s.time_utc += 0;
        if (t % 4 == 0)
            test_track(&test, 1, s);
    }
    ap_evaluation_config config = test_config();
    config.cutoff_m = config.hold_m = 2000.0;
    config.has_coverage = true;
    config.coverage_centre.latitude_rad = 60.0 * AP_RAD_PER_DEG;
    config.coverage_centre.longitude_rad = -AP_PI;
    config.coverage_range_m = 20000.0;
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_int_equal(r->pair_count, 41);
    assert_near(r->position_rms_m, 500.0, 0.02); /* a plane and a round Earth over 4 km */
    assert_near(r->errors[AP_PHASE_ALL][AP_EVALUATION_ALONG].mean, 300.0, 0.5);
    config.coverage_centre.longitude_rad = 0.0; /* all of it is elsewhere */
    r = test_evaluate(&test, &config);
    assert_int_equal(r->truth_count, 0);
    assert_int_equal(r->outside_truth_count, 41);
    assert_int_equal(r->track_count, 0);
}

/* A landing, the track that goes on over its end, and a track without height: what is lower than
 * the floor does not count, what tells no height does. */
static void test_floor(void **state)
{
    (void)state;
    for (int t = 0; t <= 40; t++) {
        ap_trajectory_state s = test_state(t, 100.0 * t, 0.0, 100.0, 0.0);
        s.flags |= AP_STATE_HAS_HEIGHT;
        s.height_m = (float)(300 - 10 * t);
        if (t <= 30)
            test_truth(&test, 1, s);
        s.flags &= ~(uint32_t)AP_STATE_HAS_HEIGHT;
        s.flags |= AP_STATE_HAS_PRESSURE_ALTITUDE;
        s.pressure_altitude_m = s.height_m;
        test_track(&test, 1, s);
        test_track(&test, 2, test_state(t, 0.0, 50e3, 0.0, 0.0));
    }
    test_truth(&test, 2, test_state(0, 0.0, 50e3, 0.0, 0.0));
    test_truth(&test, 2, test_state(40, 0.0, 50e3, 0.0, 0.0));
    ap_evaluation_config config = test_config();
    config.truth_gap_s = 60.0;
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_int_equal(r->pair_count, 31 + 41);
    assert_int_equal(r->false_count, 10);
    config.has_floor = true;
    config.floor_m = 100.0;
    r = test_evaluate(&test, &config);
    assert_int_equal(r->pair_count, 21 + 41); /* 300 to 100 m */
    assert_int_equal(r->false_count, 0);
    assert_int_equal(r->outside_truth_count, 10);
    assert_int_equal(r->outside_track_count, 20);
}

/* Truth every 10 s on a circle: Hermite between, so that the error stays small. */
static void test_truth_between_samples(void **state)
{
    (void)state;
    double omega = 0.02, radius_m = 5000.0;
    for (int t = 0; t <= 100; t++) {
        double a = omega * t;
        ap_trajectory_state s = test_state(t, radius_m * cos(a), radius_m * sin(a),
                                           -radius_m * omega * sin(a), radius_m * omega * cos(a));
        if (t % 10 == 0)
            test_truth(&test, 1, s);
        test_track(&test, 1, s);
    }
    ap_evaluation_config config = test_config();
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_int_equal(r->pair_count, 101);
    /* h^4 / 384 * radius * omega^4 */
    assert_true(r->errors[AP_PHASE_ALL][AP_EVALUATION_POSITION].max < 1.1 * 1e4 / 384 * 8e-4);
    assert_true(r->errors[AP_PHASE_ALL][AP_EVALUATION_POSITION].max > 0.5 * 1e4 / 384 * 8e-4);
    config.truth_gap_s = 5.0; /* then there is truth at its samples alone */
    assert_int_equal(test_evaluate(&test, &config)->truth_count, 11);
}

/* Straight ahead in the tangent plane, against the exact change of frames. */
static void test_motion_ahead_geodetic(void **state)
{
    (void)state;
    ap_geodetic origin = { 60.0 * AP_RAD_PER_DEG, 0.3, 0.0 };
    ap_trajectory_state s = test_state(0.0, 0.0, 0.0, 200.0, 150.0);
    s.latitude_rad = origin.latitude_rad;
    s.longitude_rad = origin.longitude_rad;
    ap_motion_point ahead = ap_motion_ahead(AP_TRAJECTORY_GEODETIC, &s, 8.0);
    ap_enu_frame frame = ap_enu_frame_at(origin);
    ap_geodetic exact =
        ap_geodetic_from_ecef(ap_ecef_from_enu(&frame, (ap_vec3){ 1600.0, 1200.0, 0.0 }));
    assert_near(ahead.x, exact.longitude_rad, 0.002 / 3.2e6); /* 2 mm */
    assert_near(ahead.y, exact.latitude_rad, 0.002 / 6.4e6);
}

static void test_motion_derive(void **state)
{
    (void)state;
    for (int t = 0; t < 5; t++) {
        ap_trajectory_state s = test_state(t < 4 ? t : 100, 10.0 * t * t, 30.0 * t, 0.0, 0.0);
        s.flags = 0;
        test_truth(&test, 1, s);
    }
    ap_trajectory_set_sort(&test.truth);
    assert_int_equal(ap_motion_derive(&test.truth, 30.0), 4); /* the last one is far away */
    assert_near(test.truth.states[0].east_mps, 10.0, 1e-9);
    assert_near(test.truth.states[2].east_mps, 40.0, 1e-9); /* of 10 t^2 at 2 s */
    assert_near(test.truth.states[3].north_mps, 30.0, 1e-9);
    assert_int_equal(test.truth.states[4].flags, 0);
}

/* States of trajectory 2 at 0, 2, 4 ... 18 s, behind those of another. */
static void test_motion_after(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++) {
        test_truth(&test, 1, test_state(t, 0.0, 0.0, 0.0, 0.0));
        test_truth(&test, 2, test_state(2.0 * t, 0.0, 0.0, 0.0, 0.0));
    }
    ap_trajectory_set_sort(&test.truth);
    const ap_trajectory *trajectory = &test.truth.trajectories[1];
    for (int ms = -500; ms <= 20000; ms += 500) {
        uint32_t later = 0; /* by counting */
        while (later < 10 && (int)later * 2000 <= ms)
            later++;
        assert_int_equal(ap_motion_after(&test.truth, trajectory, ms * AP_NS_PER_MS), 10 + later);
    }
}

static void test_delays(void **state)
{
    (void)state;
    for (int t = 0; t <= 60; t++) {
        test_truth(&test, 1, test_state(t, 0.0, 0.0, 0.0, 0.0));
        test_track(&test, 1, test_state(t, 0.0, 0.0, 0.0, 0.0));
        if (t >= 10 && t <= 40)
            test_truth(&test, 2, test_state(t, 500.0, 0.0, 0.0, 0.0));
        if (t >= 17 && t <= 46)
            test_track(&test, 2, test_state(t, 500.0, 0.0, 0.0, 0.0));
    }
    ap_evaluation_config config = test_config();
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_int_equal(r->birth_delay.count, 1);
    assert_near(r->birth_delay.mean, 7.0, 1e-6);
    assert_int_equal(r->drop_delay.count, 1);
    assert_near(r->drop_delay.mean, 6.0, 1e-6);
    size_t count;
    const ap_evaluation_target *targets = ap_evaluation_targets(&test.evaluation, &count);
    assert_int_equal(count, 2);
    assert_int_equal(targets[1].id, 2);
    assert_int_equal(targets[1].report_count, 24);
    assert_true(isnan(targets[0].birth_delay_s));
    const ap_evaluation_sample *samples = ap_evaluation_samples(&test.evaluation, &count);
    assert_int_equal(count, 61);
    assert_int_equal(samples[15].truth_count, 2);
    assert_int_equal(samples[15].track_count, 1);
}

static void test_nothing_to_score(void **state)
{
    (void)state;
    ap_evaluation_config config = test_config();
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_true(r->notes[AP_EVALUATION_NOTE_TRUTH_EMPTY]);
    assert_true(r->notes[AP_EVALUATION_NOTE_TRACKS_EMPTY]);
    assert_int_equal(r->instant_count, 0);
    test_truth(&test, 1, test_state(1.0, 0.0, 0.0, 0.0, 0.0));
    test_track(&test, 1, test_state(100.0, 0.0, 0.0, 0.0, 0.0));
    r = test_evaluate(&test, &config);
    assert_true(r->notes[AP_EVALUATION_NOTE_NO_OVERLAP]);
    assert_int_equal(r->track_count, 0);
    config.warmup_s = 50.0;
    assert_true(test_evaluate(&test, &config)->notes[AP_EVALUATION_NOTE_NO_INSTANT]);
}

/* Tracks in feet beside truth in metres: said, not scored as zero in silence. */
static void test_never_near(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++) {
        test_truth(&test, 1, test_state(t, 10000.0, 0.0, 0.0, 0.0));
        test_track(&test, 1, test_state(t, 32808.0, 0.0, 0.0, 0.0));
    }
    ap_evaluation_config config = test_config();
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_true(r->notes[AP_EVALUATION_NOTE_NO_NEIGHBOUR]);
    assert_int_equal(r->false_track_count, 1);
}

static void test_config_refused(void **state)
{
    (void)state;
    ap_evaluation_config config = test_config();
    test.truth.sorted = test.tracks.sorted = true;
    assert_true(ap_evaluation_size(&config, &test.truth, &test.tracks) > 0);
    test.tracks.sorted = false;
    assert_int_equal(ap_evaluation_size(&config, &test.truth, &test.tracks), 0);
    test.tracks.sorted = true;
    test.tracks.frame = AP_TRAJECTORY_GEODETIC;
    assert_int_equal(ap_evaluation_size(&config, &test.truth, &test.tracks), 0);
    config.hold_m = 11.0;
    assert_non_null(strstr(ap_evaluation_config_fault(&config), "hold_m"));
    config = test_config();
    config.step_s = NAN;
    assert_non_null(strstr(ap_evaluation_config_fault(&config), "step_s"));
    config = test_config();
    config.sensor_count = 1;
    assert_non_null(ap_evaluation_config_fault(&config));
}

/* Too few stretches and pairs: counted, and the rest still scored. */
static void test_full(void **state)
{
    (void)state;
    for (int t = 0; t < 10; t++)
        for (uint64_t i = 0; i < 2; i++) {
            test_truth(&test, i, test_state(t, 100.0 * (double)i, 0.0, 0.0, 0.0));
            test_track(&test, i, test_state(t, 100.0 * (double)i, 0.0, 0.0, 0.0));
        }
    ap_evaluation_config config = test_config();
    config.edge_cap = 3;
    config.segment_cap = 1;
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_true(r->notes[AP_EVALUATION_NOTE_EDGES_FULL]);
    assert_true(r->notes[AP_EVALUATION_NOTE_SEGMENTS_FULL]);
    assert_false(r->tgospa.computed);
    assert_int_equal(r->pair_count, 20);
    assert_int_equal(r->report_count, 10);
}

static void test_keys(void **state)
{
    (void)state;
    assert_string_equal(ap_evaluation_error_key(AP_EVALUATION_TRACK_ANGLE), "track_angle");
    assert_string_equal(ap_evaluation_error_unit(AP_EVALUATION_LATENCY), "s");
    assert_string_equal(ap_evaluation_note_key(AP_EVALUATION_NOTE_NO_OVERLAP), "no_overlap");
    assert_null(ap_evaluation_note_text(AP_EVALUATION_NOTE_COUNT));
}

/* 300 truths and 300 tracks in one place are 90,000 near pairs, more than there is room for. */
static void test_evaluation_notes_near_full(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 300; id++) {
        test_truth(&test, id, test_state(0.0, 0.0, 0.0, 0.0, 0.0));
        if (id <= 10)
            test_track(&test, id, test_state(0.0, 1.0, 0.0, 0.0, 0.0));
    }
    ap_evaluation_config config = test_config();
    assert_false(test_evaluate(&test, &config)->notes[AP_EVALUATION_NOTE_NEAR_FULL]);
    for (uint64_t id = 11; id <= 300; id++)
        test_track(&test, id, test_state(0.0, 1.0, 0.0, 0.0, 0.0));
    assert_true(test_evaluate(&test, &config)->notes[AP_EVALUATION_NOTE_NEAR_FULL]);
}

/* Two truths 4 m apart whose tracks change places at 20 s: kept to their own for 10 s, or for good
 * where nothing is released. Between 5 s and 14 s they do so too, which is too short. */
static void test_release_of_kept_pairs(void **state)
{
    (void)state;
    for (int t = 0; t <= 60; t++) {
        bool swapped = (t >= 5 && t < 14) || t >= 20;
        for (uint64_t id = 0; id < 2; id++) {
            double x_m = 4.0 * (double)id;
            test_truth(&test, id, test_state(t, x_m, 0.0, 0.0, 0.0));
            test_track(&test, id, test_state(t, swapped ? 4.0 - x_m : x_m, 0.0, 0.0, 0.0));
        }
    }
    ap_evaluation_config config = test_config();
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_int_equal(r->kept_switch_count, 2);
    /* 9 s and 10 s of 61 with 4 m, of both. */
    assert_near(r->errors[AP_PHASE_ALL][AP_EVALUATION_POSITION].rms, 4.0 * sqrt(19.0 / 61.0), 1e-5);
    assert_int_equal(r->report_count, 122);
    config.release_s = INFINITY;
    r = test_evaluate(&test, &config);
    assert_int_equal(r->kept_switch_count, 0);
    assert_near(r->errors[AP_PHASE_ALL][AP_EVALUATION_POSITION].rms, 4.0 * sqrt(50.0 / 61.0), 1e-5);
    config.release_s = 0.0;
    assert_non_null(strstr(ap_evaluation_config_fault(&config), "release_s"));
}

/* Two truths 4 m apart and one track, which moves from truth `first` to the other at 5 s and, if it
 * does, back at 40 s. How many reports `first` has of 61. */
static uint32_t reports_of_first(uint64_t first, bool comes_back)
{
    test_evaluation_end(&test);
    test_evaluation_begin(&test, AP_TRAJECTORY_PLANE);
    for (int t = 0; t <= 60; t++) {
        bool moved = t >= 5 && !(comes_back && t >= 40);
        test_truth(&test, first, test_state(t, 0.0, 0.0, 0.0, 0.0));
        test_truth(&test, 1 - first, test_state(t, 4.0, 0.0, 0.0, 0.0));
        test_track(&test, 7, test_state(t, moved ? 4.0 : 0.0, 0.0, 0.0, 0.0));
    }
    ap_evaluation_config config = test_config();
    assert_int_equal(test_evaluate(&test, &config)->report_count, 61);
    size_t count;
    const ap_evaluation_target *targets = ap_evaluation_targets(&test.evaluation, &count);
    assert_int_equal(count, 2);
    assert_int_equal(targets[0].report_count + targets[1].report_count, 61);
    return targets[first].report_count;
}

/* A pair that was released is not taken back while its track is another's, whichever of the two
 * truths comes first. */
static void test_release_is_for_good(void **state)
{
    (void)state;
    for (uint64_t first = 0; first < 2; first++) {
        assert_int_equal(reports_of_first(first, false), 15);     /* to 14 s */
        assert_int_equal(reports_of_first(first, true), 15 + 11); /* and from 50 s on */
    }
}

/* Tracks change places at 20 s, both truths are away from 23 s to 49 s: that does not count as time
 * in which another was the best, so they are released at 60 s. */
static void test_release_not_by_absence(void **state)
{
    (void)state;
    for (int t = 0; t <= 80; t++)
        for (uint64_t id = 0; id < 2; id++) {
            double x_m = 4.0 * (double)id;
            if (t < 23 || t >= 50)
                test_truth(&test, id, test_state(t, x_m, 0.0, 0.0, 0.0));
            test_track(&test, id, test_state(t, t >= 20 ? 4.0 - x_m : x_m, 0.0, 0.0, 0.0));
        }
    ap_evaluation_config config = test_config();
    config.truth_gap_s = 5.0;
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_int_equal(r->kept_switch_count, 2);
    /* Of 23 s and 31 s with a truth, 3 s and 10 s with 4 m. */
    assert_near(r->errors[AP_PHASE_ALL][AP_EVALUATION_POSITION].rms, 4.0 * sqrt(13.0 / 54.0), 1e-5);
}

/* Flight 1 comes into the coverage at 20 s and its track is known since 5 s: no delay. Flight 2,
 * there at 10 s, is reported from 30 s on; flight 3, from 40 s to 55 s, never. */
static void test_birth_delay_from_entry(void **state)
{
    (void)state;
    for (int t = 0; t <= 60; t++) {
        test_truth(&test, 1, test_state(t, 0.0, 3000.0 - 100.0 * t, 0.0, -100.0));
        if (t >= 5)
            test_track(&test, 1, test_state(t, 0.0, 3000.0 - 100.0 * t, 0.0, -100.0));
        if (t >= 10)
            test_truth(&test, 2, test_state(t, 300.0, 0.0, 0.0, 0.0));
        if (t >= 30)
            test_track(&test, 2, test_state(t, 300.0, 0.0, 0.0, 0.0));
        if (t >= 40 && t <= 55)
            test_truth(&test, 3, test_state(t, 600.0, 0.0, 0.0, 0.0));
    }
    ap_evaluation_config config = test_config();
    config.has_coverage = true;
    config.coverage_range_m = 1000.0;
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    size_t count;
    const ap_evaluation_target *targets = ap_evaluation_targets(&test.evaluation, &count);
    assert_int_equal(count, 3);
    assert_near(targets[0].birth_delay_s, 0.0, 1e-9);
    assert_near(targets[1].birth_delay_s, 20.0, 1e-9);
    assert_true(isinf(targets[2].birth_delay_s));
    assert_true(isnan(targets[2].drop_delay_s));
    assert_int_equal(r->birth_delay.count, 2); /* of those seen */
    assert_near(r->birth_delay.mean, 10.0, 1e-9);
    assert_int_equal(r->unseen_count, 1);
    ap_requirement row = { .quantity = AP_QUANTITY_BIRTH_DELAY,
                           .statistic = AP_STATISTIC_MAX,
                           .scope = AP_SCOPE_FLIGHT,
                           .sample_min = 1,
                           .limit = 14.0 };
    ap_requirement_result answer = ap_evaluation_require(&test.evaluation, &row);
    assert_int_equal(answer.flight_fail_count, 2); /* flight 3 cannot pass by not being seen */
    assert_int_equal(answer.worst_truth, 3);
    assert_true(isinf(answer.value));
    row.limit = 16.0; /* flight 3 was not there for so long */
    answer = ap_evaluation_require(&test.evaluation, &row);
    assert_int_equal(answer.flight_count, 2);
    assert_int_equal(answer.flight_fail_count, 1);
    assert_int_equal(answer.worst_truth, 2);
    assert_near(answer.value, 20.0, 1e-9);
}

static ap_evaluation_config config_of_one_radar(void)
{
    ap_evaluation_config config = test_config();
    config.sensor_count = 1;
    config.sensors[0] = (ap_evaluation_sensor){ .interval_s = 4.0,
                                                .range_max_m = 1e5,
                                                .range_sigma_m = 50.0,
                                                .azimuth_sigma_rad = 1e-3,
                                                .detection_probability = 0.9 };
    return config;
}

/* What a sensor told before the first instant is known there, as it is to the tracker; the ratio is
 * the error of 5 m over the bound at the same instants. */
static void test_bound_knows_the_warm_up(void **state)
{
    (void)state;
    for (int t = 0; t <= 60; t++) {
        test_truth(&test, 1, test_state(t, 1e4, 100.0 * t, 0.0, 100.0));
        test_track(&test, 1, test_state(t, 1e4 + 3.0, 100.0 * t + 4.0, 0.0, 100.0));
    }
    ap_evaluation_config config = config_of_one_radar();
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    size_t count;
    float at_30_m = ap_evaluation_samples(&test.evaluation, &count)[30].bound_rms_m;
    assert_int_equal(r->pcrb.count, 61);
    assert_near(r->pcrb.ratio, 5.0 / r->pcrb.bound_rms_m, 1e-12);
    assert_true(at_30_m > 5.0f && at_30_m < 50.0f);
    config.warmup_s = 30.0;
    r = test_evaluate(&test, &config);
    assert_int_equal(r->pcrb.count, 31);
    assert_near(ap_evaluation_samples(&test.evaluation, &count)[0].bound_rms_m, at_30_m, 1e-6);
}

/* Out to 80 km and back, at `t`; beyond 50 km from 100 s to 700 s, which are 150 turns. */
static ap_trajectory_state out_and_back(int t)
{
    double y_m = 80e3 - 100.0 * abs(t - 400), speed_mps = t < 400 ? 100.0 : -100.0;
    return test_state(t, 0.0, y_m, 0.0, speed_mps);
}

/* A flight that comes back into the coverage has the bound that it has without coverage, for the
 * radar saw it all the while. */
static void test_bound_outside_the_coverage(void **state)
{
    (void)state;
    for (int t = 0; t <= 800; t++) {
        test_truth(&test, 1, out_and_back(t));
        test_track(&test, 1, out_and_back(t));
    }
    ap_evaluation_config config = config_of_one_radar();
    size_t count;
    assert_int_equal(test_evaluate(&test, &config)->pcrb.count, 801);
    const ap_evaluation_sample *samples = ap_evaluation_samples(&test.evaluation, &count);
    float at_99_m = samples[99].bound_rms_m, at_702_m = samples[702].bound_rms_m;
    config.has_coverage = true;
    config.coverage_range_m = 50e3;
    const ap_evaluation_result *r = test_evaluate(&test, &config);
    assert_int_equal(r->pcrb.count, 801 - r->outside_truth_count);
    assert_in_range(r->outside_truth_count, 598, 600);
    samples = ap_evaluation_samples(&test.evaluation, &count);
    assert_near(samples[99].bound_rms_m, at_99_m, 1e-4);
    assert_near(samples[702].bound_rms_m, at_702_m, 1e-4);
    assert_true(samples[400].bound_rms_m == 0.0f);
}

/* After 600 s without a truth one look counts at most, not the 150 of all that time: the bound is
 * no better than that of one who had looked before. */
static void test_bound_after_a_gap(void **state)
{
    (void)state;
    for (int t = 0; t <= 800; t++)
        if (t <= 100 || t >= 700) {
            test_truth(&test, 1, out_and_back(t));
            test_track(&test, 1, out_and_back(t));
        }
    ap_evaluation_config config = config_of_one_radar();
    size_t count;
    (void)test_evaluate(&test, &config);
    const ap_evaluation_sample *samples = ap_evaluation_samples(&test.evaluation, &count);
    assert_true(samples[400].bound_rms_m == 0.0f);
    assert_true(samples[700].bound_rms_m > samples[100].bound_rms_m);
    assert_true(samples[700].bound_rms_m > 40.0f); /* one look: 50 m along, 50 m across */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_instant_known_sets),
        CASE(test_instant_one_of_two),
        CASE(test_tgospa_exchanged_labels),
        CASE(test_tgospa_dropped_track),
        CASE(test_bench_hand_data),
        CASE(test_siap_by_hand),
        CASE(test_siap_identity),
        CASE(test_errors_of_a_late_clock),
        CASE(test_errors_without_second_tracks),
        CASE(test_errors_by_phase),
        CASE(test_errors_by_range),
        CASE(test_geodetic_as_in_plane),
        CASE(test_floor),
        CASE(test_truth_between_samples),
        CASE(test_motion_ahead_geodetic),
        CASE(test_motion_derive),
        CASE(test_motion_after),
        CASE(test_delays),
        CASE(test_nothing_to_score),
        CASE(test_never_near),
        CASE(test_config_refused),
        CASE(test_full),
        CASE(test_evaluation_notes_near_full),
        CASE(test_keys),
        CASE(test_bound_knows_the_warm_up),
        CASE(test_bound_outside_the_coverage),
        CASE(test_bound_after_a_gap),
        CASE(test_birth_delay_from_entry),
        CASE(test_release_of_kept_pairs),
        CASE(test_release_is_for_good),
        CASE(test_release_not_by_absence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "track/formation.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "airpicture/tracker.h"
#include "track/test_noise.h"
#include "track/test_radar.h"

/* A case of one model at (east, north), 30 m and 2 m/s on each axis. */
static ap_case case_at(double east_m, double north_m, double mass0, double mass1)
{
    ap_case c = { .mass = { mass0, mass1 } };
    c.models.probability[0] = 1.0F;
    c.models.x[0][0] = (float)east_m;
    c.models.x[1][0] = (float)north_m;
    for (int l = 0; l < AP_LANES; l++) {
        c.models.A[0][l] = c.models.A[2][l] = 900.0F;
        c.models.C[0][l] = c.models.C[2][l] = 4.0F;
    }
    ap_kernels_best()->combine(&c.models, &c.mean);
    return c;
}

static void assert_masses(const ap_case *cases, size_t count, const double *whole)
{
    double sum[2] = { 0.0, 0.0 };
    for (size_t s = 0; s < count; s++) {
        assert_true(cases[s].mass[0] >= 0.0 && cases[s].mass[1] >= 0.0);
        assert_true(fabs(cases[s].mass[0] + cases[s].mass[1] - whole[s]) < 1e-12);
        sum[0] += cases[s].mass[0];
        sum[1] += cases[s].mass[1];
    }
    assert_true(fabs(sum[0] - 1.0) < 1e-12 && fabs(sum[1] - 1.0) < 1e-12);
}

/* Each track may be at either of two places 400 m apart, nobody knows which: one is at the one, the
 * other at the other. By themselves both were in the middle, give or take 200 m. */
static void test_project_parts_what_was_drawn_together(void **state)
{
    (void)state;
    ap_case cases[4] = { case_at(-200, 0, 0.5, 0), case_at(200, 0, 0.5, 0),
                         case_at(-200, 0, 0, 0.5), case_at(200, 0, 0, 0.5) };
    static const double whole[4] = { 0.5, 0.5, 0.5, 0.5 };
    ap_mixture models;
    ap_gauss mean[2];
    ap_formation_member(4, cases, 0, &models, &mean[0]);
    assert_true(fabs(mean[0].x[0]) < 1e-3 && fabs(mean[0].A.ee - 40900.0) < 0.1);
    assert_true(ap_formation_project(4, cases));
    assert_masses(cases, 4, whole);
    for (int k = 0; k < 2; k++)
        ap_formation_member(4, cases, k, &models, &mean[k]);
    assert_true(fabs(fabs(mean[0].x[0]) - 200.0) < 1e-3 && fabs(mean[0].A.ee - 900.0) < 0.1);
    assert_true(fabs(mean[0].x[0] + mean[1].x[0]) < 1e-3 && fabs(mean[1].A.ee - 900.0) < 0.1);
    assert_true(ap_kernels_best()->is_sound(&models));
}

/* Who is where it more probably is keeps its name. */
static void test_project_keeps_the_likelier_name(void **state)
{
    (void)state;
    ap_case cases[4] = { case_at(-200, 0, 0.7, 0), case_at(200, 0, 0.3, 0),
                         case_at(-200, 50, 0, 0.3), case_at(200, 50, 0, 0.7) };
    static const double whole[4] = { 0.7, 0.3, 0.3, 0.7 };
    assert_true(ap_formation_project(4, cases));
    assert_masses(cases, 4, whole);
    assert_true(cases[0].mass[1] < 1e-12 && cases[2].mass[1] < 1e-12);
    assert_true(cases[1].mass[0] < 1e-12 && cases[3].mass[0] < 1e-12);
}

/* Three plots and misses: masses are split where they must be, to the last bit of one. */
static void test_project_splits_what_does_not_come_out_even(void **state)
{
    (void)state;
    ap_case cases[6] = { case_at(-300, 0, 0.4, 0), case_at(0, 0, 0.3, 0), case_at(300, 0, 0.3, 0),
                         case_at(-300, 0, 0, 0.2), case_at(0, 0, 0, 0.5), case_at(300, 0, 0, 0.3) };
    static const double whole[6] = { 0.4, 0.3, 0.3, 0.2, 0.5, 0.3 };
    assert_true(ap_formation_project(6, cases));
    assert_masses(cases, 6, whole);
    assert_true(cases[0].mass[1] == 0.0 && cases[3].mass[1] == 0.0); /* the left is one's, whole */
    assert_true(cases[2].mass[0] == 0.0 && cases[5].mass[0] == 0.0);
}

static void test_project_leaves_what_is_clear(void **state)
{
    (void)state;
    ap_case clear[4] = { case_at(-200, 0, 0.999, 0), case_at(200, 0, 0.001, 0),
                         case_at(-200, 0, 0, 0.001), case_at(200, 0, 0, 0.999) };
    ap_case one_place[4] = { case_at(-1, 0, 0.5, 0), case_at(1, 0, 0.5, 0), case_at(-1, 0, 0, 0.5),
                             case_at(1, 0, 0, 0.5) };
    assert_false(ap_formation_project(4, one_place)); /* nothing to be gained */
    assert_true(one_place[0].mass[0] == 0.5 && one_place[0].mass[1] == 0.0);
    ap_case none[4] = { clear[0], clear[1], clear[2], clear[3] };
    none[1].mean.A.ee = -5.0;
    none[0].mean.A.ee = NAN;
    assert_false(ap_formation_project(4, none)); /* no covariance */
    assert_true(none[0].mass[0] == 0.999);
}

/* The product of the volumes of two that are drawn to the middle of two places 2 d apart falls,
 * when they are parted, to 900 / (900 + d2) of what it was: that must be less than 0.95. */
static void test_project_asks_for_a_twentieth(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        double d = i == 0 ? 6.7 : 7.1; /* 0.9525, 0.9470 */
        ap_case cases[4] = { case_at(-d, 0, 0.5, 0), case_at(d, 0, 0.5, 0), case_at(-d, 0, 0, 0.5),
                             case_at(d, 0, 0, 0.5) };
        assert_int_equal(ap_formation_project(4, cases), i == 1);
    }
}

/* Two cases are at one place, as far from the first member as from the second, the one known to
 * 300 m and the other to 30 m: by their covariances alone, each belongs with its like. */
static void test_project_parts_by_covariance(void **state)
{
    (void)state;
    ap_case cases[4] = { case_at(-200, 0, 0.5, 0), case_at(0, 0, 0.5, 0), case_at(200, 0, 0, 0.5),
                         case_at(0, 0, 0, 0.5) };
    for (int s = 1; s < 3; s++) {
        for (int l = 0; l < AP_LANES; l++)
            cases[s].models.A[0][l] = cases[s].models.A[2][l] = 90000.0F;
        ap_kernels_best()->combine(&cases[s].models, &cases[s].mean);
    }
    assert_true(ap_formation_project(4, cases));
    assert_true(cases[0].mass[0] == 0.5 && cases[3].mass[0] == 0.5);
    assert_true(cases[1].mass[1] == 0.5 && cases[2].mass[1] == 0.5);
}

/* A deal that every turn improves, and the seventh still would: after six the fifth case is all of
 * the second, the eighth still of the first, and the tenth makes up what it lacks of one. */
static void test_project_takes_six_turns(void **state)
{
    (void)state;
    static const int at[12][3] = { { 8, 150, 50 },   { 9, -150, -200 }, { 3, -200, -200 },
                                   { 3, 50, -100 },  { 1, -50, 0 },     { 5, -150, 200 },
                                   { 5, -50, 100 },  { 2, 0, -50 },     { 2, 100, 100 },
                                   { 4, 150, -100 }, { 7, 0, -150 },    { 5, -50, 200 } };
    ap_case cases[12];
    for (int s = 0; s < 12; s++)
        cases[s] = case_at(at[s][1], at[s][2], s < 6 ? at[s][0] / 29.0 : 0.0,
                           s < 6 ? 0.0 : at[s][0] / 25.0);
    assert_true(ap_formation_project(12, cases));
    assert_true(cases[4].mass[0] < 1e-12);
    assert_true(fabs(cases[7].mass[0] - 2.0 / 25.0) < 1e-12);
    assert_true(fabs(cases[9].mass[0] - (1.0 - 15.0 / 29.0 - 9.0 / 25.0)) < 1e-12);
}

/* Model by model, a member is the mixture of its cases: against sums in double. */
static void test_member_keeps_the_moments(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int round = 0; round < 200; round++) {
        ap_case cases[3];
        double mass[3] = { 0.2, 0.5, 0.3 }, x = 0.0, xx = 0.0, p = 0.0;
        for (int s = 0; s < 3; s++) {
            cases[s] =
                case_at(500.0 * test_normal(&seed), 500.0 * test_normal(&seed), mass[s], 0.0);
            cases[s].models.probability[0] = (float)(0.2 + 0.6 * test_uniform(&seed));
            cases[s].models.probability[3] = 1.0F - cases[s].models.probability[0];
            cases[s].models.x[0][3] = (float)(500.0 * test_normal(&seed));
            double w = mass[s] * (double)cases[s].models.probability[3];
            double at = (double)cases[s].models.x[0][3];
            p += w;
            x += w * at;
            xx += w * (at * at + 900.0);
        }
        ap_mixture models;
        ap_gauss mean;
        ap_formation_member(3, cases, 0, &models, &mean);
        assert_true(fabs((double)models.probability[3] - p) < 1e-6);
        assert_true(fabs((double)models.x[0][3] - x / p) < 2e-3);
        assert_true(fabs((double)models.A[0][3] - (xx / p - x / p * x / p)) < 0.5);
        assert_true(models.probability[5] == 0.0F);
    }
}

#define APART_MOST_OFF_M 36.0 /* 41 when each is updated by itself */

/* Two aircraft fly 400 m beside each other for four minutes, seen by a radar that errs by 50 m in
 * range and 150 m across: their tracks stay two, and as far apart. */
static double flown_apart_m(uint64_t seed, int *counted, uint64_t *paired)
{
    world *w = world_new(AP_SENSOR_PSR);
    w->sensor.detection_probability = 0.95;
    w->sensor.clutter_per_turn = 5.0;
    w->sensor.range_resolution_m = 30.0;
    w->sensor.azimuth_resolution_rad = 0.002;
    double sum_m = 0.0;
    for (int turn = 0; turn < 60; turn++) {
        ap_report r[2];
        size_t count = 0;
        for (int i = 0; i < 2; i++) {
            double range_m = 60e3 + turn * TURN_S * 200.0 + 50.0 * test_normal(&seed);
            double across_m = (i ? 200.0 : -200.0) + 150.0 * test_normal(&seed);
            ap_utc_ns time_utc = START_UTC + turn * 4 * AP_NS_PER_S + AP_NS_PER_S / 2;
            if (test_uniform(&seed) > 0.95)
                continue;
            r[count++] = (ap_report){ .time_utc = time_utc,
                                      .receive_utc = time_utc,
                                      .kind = AP_REPORT_TARGET,
                                      .present = AP_HAS_POLAR,
                                      .flags = AP_FLAG_PRIMARY,
                                      .range_m = range_m,
                                      .azimuth_rad = 0.7 + across_m / range_m,
                                      .range_sigma_m = 50.0,
                                      .azimuth_sigma_rad = 150.0 / range_m };
        }
        ap_tracker_step(&w->tracker, START_UTC + (turn + 1) * 4 * AP_NS_PER_S, r, count);
        ap_track tracks[4];
        if (turn < 15 || ap_tracker_tracks(&w->tracker, false, tracks, 4) != 2)
            continue;
        ap_vec3 a = ap_ecef_from_geodetic(tracks[0].position);
        ap_vec3 b = ap_ecef_from_geodetic(tracks[1].position);
        double dx = a.x_m - b.x_m, dy = a.y_m - b.y_m, dz = a.z_m - b.z_m;
        sum_m += sqrt(dx * dx + dy * dy + dz * dz);
        ++*counted;
    }
    *paired += ap_tracker_stats_of(&w->tracker)->paired_count;
    world_free(w);
    return sum_m;
}

static void test_tracks_of_a_formation_stay_apart(void **state)
{
    (void)state;
    double sum_m = 0.0;
    int counted = 0;
    uint64_t paired = 0;
    for (uint64_t seed = 1; seed <= 40; seed++)
        sum_m += flown_apart_m(seed, &counted, &paired);
    print_message("%.1f m apart in %d pictures, %d pairs\n", sum_m / counted, counted, (int)paired);
    assert_true(counted > 40 * 45 * 8 / 10);
    assert_true(paired > 100);
    assert_true(fabs(sum_m / counted - 400.0) < APART_MOST_OFF_M);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_project_parts_what_was_drawn_together),
        cmocka_unit_test(test_project_keeps_the_likelier_name),
        cmocka_unit_test(test_project_splits_what_does_not_come_out_even),
        cmocka_unit_test(test_project_leaves_what_is_clear),
        cmocka_unit_test(test_project_asks_for_a_twentieth),
        cmocka_unit_test(test_project_parts_by_covariance),
        cmocka_unit_test(test_project_takes_six_turns),
        cmocka_unit_test(test_member_keeps_the_moments),
        cmocka_unit_test(test_tracks_of_a_formation_stay_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "track/fall.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "track/test_noise.h"

#define N AP_STATE_CAP
#define START_UTC (INT64_C(1700000000) * AP_NS_PER_S)
#define SIGMA_M 30.0

/* At 48 N 11 E: position and velocity east, north, up. */
static void state_at(double height_m, double e_mps, double n_mps, double u_mps, double x[N])
{
    ap_geodetic place = { 48.0 * AP_RAD_PER_DEG, 11.0 * AP_RAD_PER_DEG, height_m };
    ap_enu_frame f = ap_enu_frame_at(place);
    ap_vec3 v = ap_ecef_rotate(&f, (ap_vec3){ e_mps, n_mps, u_mps });
    const double all[N] = {
        f.origin_ecef.x_m, f.origin_ecef.y_m, f.origin_ecef.z_m, v.x_m, v.y_m, v.z_m, -6.0
    };
    memcpy(x, all, sizeof all);
}

static ap_ballistic_fix fix_of(const double x[N], double t_s, uint64_t *seed)
{
    double var = SIGMA_M * SIGMA_M;
    return (ap_ballistic_fix){ .time_utc = ap_utc_add_s(START_UTC, t_s),
                               .ecef = { x[0] + SIGMA_M * test_normal(seed),
                                         x[1] + SIGMA_M * test_normal(seed),
                                         x[2] + SIGMA_M * test_normal(seed) },
                               .R_ecef_m2 = { var, 0.0, 0.0, var, 0.0, var } };
}

/* Takes in what falls, or keeps its velocity, for so many fixes 2 s apart; x moves along. */
static void feed(ap_fall *fall, double x[N], bool falls, int count, uint64_t *seed)
{
    const ap_fall_step step = { .world = ap_fall_earth(), .dt_s = 2.0, .step_s = 0.1 };
    ap_ballistic_fix fix = fix_of(x, 0.0, seed);
    ap_fall_start(fall, &fix);
    for (int k = 1; k < count; k++) {
        if (falls)
            ap_fall_move(&step, x, NULL);
        for (int i = 0; !falls && i < 3; i++)
            x[i] += 2.0 * x[3 + i];
        fix = fix_of(x, 2.0 * k, seed);
        (void)ap_fall_take(fall, &fix); /* what flies may be refused */
    }
}

static double sum_of(const ap_fall *fall)
{
    double sum = 0.0;
    for (int m = 0; m < AP_FALL_MODES; m++)
        sum += fall->probability[m];
    return sum;
}

/* Free fall from 20 km against the same start without forces. */
static void test_fall_take_weighs(void **state)
{
    (void)state;
    unsigned fell = 0, flew = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        ap_fall fall;
        double x[N];
        uint64_t noise = seed;
        state_at(20e3, 100.0, 50.0, -60.0, x);
        feed(&fall, x, true, 16, &noise);
        fell += fall.probability[AP_MODE_FALLS] > 0.98 && fall.refused_count == 0;
        assert_true(fabs(sum_of(&fall) - 1.0) < 1e-12);
        state_at(20e3, 100.0, 50.0, -60.0, x);
        feed(&fall, x, false, 16, &noise);
        flew += fall.probability[AP_MODE_FALLS] < 0.01 || fall.refused_count > 0;
        assert_true(fabs(sum_of(&fall) - 1.0) < 1e-12);
    }
    assert_int_equal(fell, 10);
    assert_int_equal(flew, 10);
}

/* An outlier counts, and leaves the fall as it was; the next that fits ends the count. */
static void test_fall_take_refuses(void **state)
{
    (void)state;
    ap_fall fall, before;
    double x[N];
    uint64_t seed = 3;
    state_at(20e3, 100.0, 50.0, -60.0, x);
    feed(&fall, x, true, 10, &seed);
    before = fall;
    const ap_fall_step step = { .world = ap_fall_earth(), .dt_s = 2.0, .step_s = 0.1 };
    ap_fall_move(&step, x, NULL);
    ap_ballistic_fix fix = fix_of(x, 20.0, &seed);
    fix.ecef.z_m += 3000.0;
    assert_int_equal(ap_fall_take(&fall, &fix), AP_ERR_RANGE);
    assert_int_equal(fall.refused_count, 1);
    assert_int_equal(fall.fix_count, before.fix_count);
    assert_memory_equal(&fall.ballistic, &before.ballistic, sizeof before.ballistic);
    assert_memory_equal(fall.probability, before.probability, sizeof before.probability);
    ap_fall_move(&step, x, NULL);
    fix = fix_of(x, 22.0, &seed);
    assert_int_equal(ap_fall_take(&fall, &fix), AP_OK);
    assert_int_equal(fall.refused_count, 0);
}

/* Times out of order or too far apart change nothing. */
static void test_fall_take_times(void **state)
{
    (void)state;
    ap_fall fall;
    double x[N];
    uint64_t seed = 4;
    state_at(20e3, 100.0, 50.0, -60.0, x);
    ap_ballistic_fix fix = fix_of(x, 0.0, &seed);
    ap_fall_start(&fall, &fix);
    assert_int_equal(ap_fall_take(&fall, &fix), AP_ERR_ARGUMENT);
    assert_int_equal(fall.fix_count, 1);
    feed(&fall, x, true, 5, &seed);
    ap_fall before = fall;
    fix.time_utc = ap_utc_add_s(START_UTC, 7.0);
    assert_int_equal(ap_fall_take(&fall, &fix), AP_ERR_ARGUMENT);
    fix.time_utc = ap_utc_add_s(START_UTC, 100.0);
    assert_int_equal(ap_fall_take(&fall, &fix), AP_ERR_ARGUMENT);
    assert_memory_equal(&fall, &before, sizeof before);
}

/* The filter of the plane has the moments of the fall: against a rotation in long double. */
static void test_fall_imm_moments(void **state)
{
    (void)state;
    ap_fall fall;
    double x[N], P[N][N];
    uint64_t seed = 5;
    state_at(15e3, 300.0, -200.0, -400.0, x);
    feed(&fall, x, true, 12, &seed);
    ap_normal all;
    ap_ballistic_moments(&fall.ballistic, &all);
    ap_normal_covariance(&all, P);
    ap_imm imm;
    ap_fall_imm(&fall.ballistic, &imm);
    assert_true(ap_imm_is_sound(&imm) && imm.is_single);
    ap_geodetic at;
    ap_gauss own;
    ap_imm_own(&imm, &at, &own);
    ap_geodetic expected = ap_geodetic_from_ecef((ap_vec3){ all.x[0], all.x[1], all.x[2] });
    assert_true(fabs(at.latitude_rad - expected.latitude_rad) < 1e-9);
    assert_true(fabs(at.height_m - expected.height_m) < 1e-2);
    long double lat = expected.latitude_rad, lon = expected.longitude_rad;
    const long double axis[3][3] = {
        { -sinl(lon), cosl(lon), 0.0L },
        { -sinl(lat) * cosl(lon), -sinl(lat) * sinl(lon), cosl(lat) },
        { cosl(lat) * cosl(lon), cosl(lat) * sinl(lon), sinl(lat) },
    };
    long double cov[6][6] = { { 0 } }, v[3] = { 0 };
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < 6; b++)
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++)
                    cov[a][b] += axis[a % 3][i] * P[a / 3 * 3 + i][b / 3 * 3 + j] * axis[b % 3][j];
    for (int a = 0; a < 3; a++)
        for (int i = 0; i < 3; i++)
            v[a] += axis[a][i] * all.x[3 + i];
    const double got[][2] = {
        { own.x[2], (double)v[0] },
        { own.x[3], (double)v[1] },
        { imm.vertical.up_mps, (double)v[2] },
        { own.A.ee, (double)cov[0][0] },
        { own.A.en, (double)cov[0][1] },
        { own.A.nn, (double)cov[1][1] },
        { own.B[0][1], (double)cov[0][4] },
        { own.B[1][0], (double)cov[1][3] },
        { own.C.ee, (double)cov[3][3] },
        { own.C.nn, (double)cov[4][4] },
        { imm.vertical.P[0], (double)cov[2][2] },
        { imm.vertical.P[1], (double)cov[2][5] },
        { imm.vertical.P[2], (double)cov[5][5] },
    };
    for (size_t i = 0; i < sizeof got / sizeof got[0]; i++)
        assert_true(fabs(got[i][0] - got[i][1]) < 1e-3 + 1e-5 * fabs(got[i][1]));
    double var;
    assert_true(fabs(ap_fall_up_mps(&fall, &var) - (double)v[2]) < 1e-4);
    assert_true(fabs(var - (double)cov[5][5]) < 1e-5 * var);
    ap_track_fall shown;
    ap_fall_show(&fall, &shown);
    assert_true(shown.P_ecef[0] == P[0][0] && shown.P_ecef[5] == P[0][5] &&
                shown.P_ecef[6] == P[1][1] && shown.P_ecef[20] == P[5][5]);
    assert_int_equal(shown.time_utc, fall.ballistic.time_utc);
}

/* A plot without a height moves flight alone. */
static void test_fall_take_flat(void **state)
{
    (void)state;
    ap_fall fall;
    double x[N];
    uint64_t seed = 6;
    state_at(15e3, 100.0, 50.0, -100.0, x);
    feed(&fall, x, true, 8, &seed);
    ap_sensor radar = { 0 };
    ap_sensor_defaults(&radar, AP_SENSOR_PSR);
    ap_geodetic site = { 48.2 * AP_RAD_PER_DEG, 11.0 * AP_RAD_PER_DEG, 500.0 };
    assert_int_equal(ap_sensor_place(&radar, site), AP_OK);
    ap_vec3 enu = ap_enu_from_ecef(&radar.frame, (ap_vec3){ x[0], x[1], x[2] });
    ap_report report = { .time_utc = ap_utc_add_s(START_UTC, 14.5),
                         .present = AP_HAS_POLAR,
                         .range_m = sqrt(enu.x_m * enu.x_m + enu.y_m * enu.y_m + enu.z_m * enu.z_m),
                         .azimuth_rad = atan2(enu.x_m, enu.y_m),
                         .range_sigma_m = 50.0,
                         .azimuth_sigma_rad = 0.002 };
    ap_fall before = fall;
    ap_fall_take_flat(&fall, &report, &radar);
    assert_int_equal(fall.flies.time_utc, report.time_utc);
    assert_memory_equal(&fall.ballistic, &before.ballistic, sizeof before.ballistic);
    before = fall;
    report.time_utc = ap_utc_add_s(START_UTC, 14.0);
    ap_fall_take_flat(&fall, &report, &radar); /* older than flight is */
    assert_memory_equal(&fall, &before, sizeof before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fall_take_weighs), cmocka_unit_test(test_fall_take_refuses),
        cmocka_unit_test(test_fall_take_times),  cmocka_unit_test(test_fall_imm_moments),
        cmocka_unit_test(test_fall_take_flat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

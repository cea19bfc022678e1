#include "track/clue.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "track/filter.h"
#include "track/measure.h"
#include "track/test_noise.h"

#define RUNS 40
#define TURN_S 4.0
#define LEG_S 120.0 /* straight, then a turn, then straight */
#define SPEED_MPS 200.0
#define BANK_RAD 0.45 /* 26 degrees: 1.4 degrees a second */
#define DOPPLER_SIGMA_MPS 2.0

/* ---- one update ---- */

static const double x0[4] = { 100, 200, 150, -80 };
static const double P0[4][4] = {
    { 400, 50, 60, 10 }, { 50, 300, -20, 40 }, { 60, -20, 90, 15 }, { 10, 40, 15, 70 }
};

/* As near as single precision, in which models are kept, goes. */
static void assert_near(double value, double expected)
{
    assert_true(fabs(value - expected) <= 2e-7 * fmax(1.0, fabs(expected)));
}

/* Model 0 alone has x0 and P0; model 1 the same with the speed half, as likely. */
static ap_mixture two_models(void)
{
    ap_mixture m = { .probability = { 0.5, 0.5 } };
    for (int l = 0; l < AP_LANES; l++) {
        for (int i = 0; i < 4; i++)
            m.x[i][l] = (float)(x0[i] * (l == 1 && i >= 2 ? 0.5 : 1.0));
        const double A[3] = { P0[0][0], P0[0][1], P0[1][1] };
        const double B[4] = { P0[0][2], P0[0][3], P0[1][2], P0[1][3] };
        const double C[3] = { P0[2][2], P0[2][3], P0[3][3] };
        for (int i = 0; i < 3; i++) {
            m.A[i][l] = (float)A[i];
            m.C[i][l] = (float)C[i];
        }
        for (int i = 0; i < 4; i++)
            m.B[i][l] = (float)B[i];
    }
    return m;
}

/* Against the textbook's K = P h' / (h P h' + R) on whole matrices. */
static void test_radial_is_a_kalman_update(void **state)
{
    (void)state;
    const double h[4] = { 0, 0, 0.6, 0.8 }, R = 9.0, z = 40.0;
    double Ph[4] = { 0 }, s = R, d = z;
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            Ph[i] += P0[i][j] * h[j];
    for (int i = 0; i < 4; i++) {
        s += h[i] * Ph[i];
        d -= h[i] * x0[i];
    }
    ap_mixture m = two_models();
    ap_gauss mean;
    ap_kernels_best()->combine(&m, &mean);
    ap_radial radial = { 0.6, 0.8, z, R, 0.0 };
    assert_true(ap_clue_radial(&m, &mean, &radial));
    for (int i = 0; i < 4; i++)
        assert_near((double)m.x[i][0], x0[i] + Ph[i] / s * d);
    assert_near((double)m.A[1][0], P0[0][1] - Ph[0] * Ph[1] / s);
    assert_near((double)m.B[1][0], P0[0][3] - Ph[0] * Ph[3] / s);
    assert_near((double)m.B[2][0], P0[1][2] - Ph[1] * Ph[2] / s);
    assert_near((double)m.C[1][0], P0[2][3] - Ph[2] * Ph[3] / s);
    double off = z - 0.5 * (0.6 * x0[2] + 0.8 * x0[3]); /* of the other model */
    double ratio = exp(-0.5 * (d * d - off * off) / s);
    assert_near((double)m.probability[0] / (double)m.probability[1], ratio);
    assert_true(ap_kernels_best()->is_sound(&m));
}

static void test_radial_unfolds(void **state)
{
    (void)state;
    for (int k = -3; k <= 3; k++) {
        ap_mixture plain = two_models(), folded = plain;
        ap_gauss mean, same;
        ap_kernels_best()->combine(&plain, &mean);
        same = mean;
        assert_true(ap_clue_radial(&plain, &mean, &(ap_radial){ 0.6, 0.8, 30.0, 9.0, 0.0 }));
        double told = 30.0 + 300.0 * k;
        assert_true(ap_clue_radial(&folded, &same, &(ap_radial){ 0.6, 0.8, told, 9.0, 300.0 }));
        assert_true(fabs(mean.x[2] - same.x[2]) < 1e-9 && fabs(mean.C.ee - same.C.ee) < 1e-9);
    }
    /* Which multiple it is remains open: nothing is taken. */
    ap_mixture m = two_models();
    ap_gauss mean, before;
    ap_kernels_best()->combine(&m, &mean);
    before = mean;
    assert_false(ap_clue_radial(&m, &mean, &(ap_radial){ 0.6, 0.8, 30.0, 9.0, 50.0 }));
    assert_false(ap_clue_radial(&m, &mean, &(ap_radial){ 0.6, 0.8, 900.0, 9.0, 0.0 }));
    assert_true(mean.x[2] == before.x[2] && mean.C.ee == before.C.ee);
}

/* ---- through a turn ---- */

typedef struct errors {
    double begin2, after2; /* velocity: in the first part of the turn, and after its end */
    double turning;        /* probability of the right turns at the second look of the turn */
} errors;

typedef struct flight {
    double e, n, course;
} flight;

static void fly(flight *f, double from_s, double to_s)
{
    double rate = 9.80665 * tan(BANK_RAD) / SPEED_MPS;
    for (double t = from_s; t < to_s - 1e-9; t += 0.05) {
        bool turns = t >= LEG_S && t < LEG_S + AP_PI / 2.0 / rate;
        f->course += turns ? 0.05 * rate : 0.0;
        f->e += 0.05 * SPEED_MPS * sin(f->course);
        f->n += 0.05 * SPEED_MPS * cos(f->course);
    }
}

static ap_report plot_of(const flight *f, const ap_sensor *radar, double t_s, bool turns,
                         bool has_doppler, bool has_roll, uint64_t *seed)
{
    ap_utc_ns now = ap_utc_add_s(0, t_s);
    double range = hypot(f->e, f->n);
    double radial = SPEED_MPS * (f->e * sin(f->course) + f->n * cos(f->course)) / range;
    ap_report r = { .time_utc = now, .present = AP_HAS_POLAR | AP_HAS_GEOMETRIC_HEIGHT };
    r.range_sigma_m = radar->range_sigma_m;
    r.azimuth_sigma_rad = radar->azimuth_sigma_rad;
    r.range_m = range + r.range_sigma_m * test_normal(seed);
    r.azimuth_rad = atan2(f->e, f->n) + r.azimuth_sigma_rad * test_normal(seed);
    r.geometric_height_m = radar->site.height_m;
    r.geometric_height_sigma_m = 50.0;
    r.doppler_mps = radial + DOPPLER_SIGMA_MPS * test_normal(seed);
    r.doppler_sigma_mps = DOPPLER_SIGMA_MPS;
    r.roll_rad = (turns ? BANK_RAD : 0.0) + 0.02 * test_normal(seed);
    r.present |= has_doppler ? (uint32_t)AP_HAS_DOPPLER : 0;
    r.present |= has_roll ? (uint32_t)AP_HAS_ROLL : 0;
    return r;
}

/* A right turn of 90 degrees, 60 km from the radar. */
static void run(uint64_t seed, bool has_doppler, bool has_roll, errors *sum)
{
    ap_sensor radar = { 0 };
    ap_sensor_defaults(&radar, AP_SENSOR_PSR);
    assert_int_equal(ap_sensor_place(&radar, (ap_geodetic){ 0.9, 0.1, 100.0 }), AP_OK);
    flight f = { 40e3, 45e3, -0.3 };
    double rate = 9.80665 * tan(BANK_RAD) / SPEED_MPS, end_s = LEG_S + AP_PI / 2.0 / rate;
    ap_imm imm;
    double before = 0.0;
    for (int k = 0; TURN_S * k < end_s + 24.0; k++) {
        double t = TURN_S * k;
        fly(&f, before, t);
        before = t;
        bool turns = t > LEG_S && t < end_s;
        ap_report r = plot_of(&f, &radar, t, turns, has_doppler, has_roll, &seed);
        ap_measure m;
        ap_measure_from_report(&r, &radar, k > 0 ? &imm : NULL, &m);
        if (k == 0)
            ap_imm_start(&imm, &m, 140.0);
        else
            ap_imm_apply(&imm, &m);
        assert_true(ap_imm_is_sound(&imm));
        ap_geodetic at;
        ap_gauss own;
        ap_imm_own(&imm, &at, &own);
        double ve = own.x[2] - SPEED_MPS * sin(f.course), vn = own.x[3] - SPEED_MPS * cos(f.course);
        if (t > LEG_S && t <= LEG_S + 16.0)
            sum->begin2 += (ve * ve + vn * vn) / 4.0;
        if (t > end_s && t <= end_s + 20.0)
            sum->after2 += (ve * ve + vn * vn) / 5.0;
        if (t > LEG_S + TURN_S && t <= LEG_S + 2.0 * TURN_S)
            sum->turning += imm.models.probability[2] + imm.models.probability[4];
    }
}

static errors run_all(bool has_doppler, bool has_roll)
{
    errors sum = { 0 };
    for (uint64_t seed = 1; seed <= RUNS; seed++)
        run(seed, has_doppler, has_roll, &sum);
    return (errors){ sqrt(sum.begin2 / RUNS), sqrt(sum.after2 / RUNS), sum.turning / RUNS };
}

static void test_radial_helps_in_turns(void **state)
{
    (void)state;
    errors without = run_all(false, false), with = run_all(true, false);
    print_message("velocity, m/s: turn begins %.1f -> %.1f, turn over %.1f -> %.1f\n",
                  without.begin2, with.begin2, without.after2, with.after2);
    assert_true(with.begin2 < 0.8 * without.begin2);
    assert_true(with.after2 < 0.8 * without.after2);
}

static void test_roll_shortens_the_lag(void **state)
{
    (void)state;
    errors without = run_all(false, false), with = run_all(false, true);
    print_message("velocity, m/s: turn begins %.1f -> %.1f, turn over %.1f -> %.1f; turn models at "
                  "the second look %.2f -> %.2f\n",
                  without.begin2, with.begin2, without.after2, with.after2, without.turning,
                  with.turning);
    assert_true(with.begin2 < 0.85 * without.begin2);
    assert_true(with.turning > 0.6 && with.turning > 2.0 * without.turning);
    assert_true(with.after2 < 0.9 * without.after2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_radial_is_a_kalman_update),
        cmocka_unit_test(test_radial_unfolds),
        cmocka_unit_test(test_radial_helps_in_turns),
        cmocka_unit_test(test_roll_shortens_the_lag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

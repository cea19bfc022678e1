#include "track/ballistic.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "track/test_noise.h"

#define N AP_STATE_CAP
#define DEG AP_RAD_PER_DEG
#define START_UTC (INT64_C(1700000000) * AP_NS_PER_S)

static void assert_near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.17g is not %.17g within %g", a, b, tolerance);
}

/* A state at a place, its velocity east, north, up. */
static void state_at(double lat_deg, double lon_deg, double height_m, const double enu_mps[3],
                     double drag_ln, double x[N])
{
    ap_enu_frame f = ap_enu_frame_at((ap_geodetic){ lat_deg * DEG, lon_deg * DEG, height_m });
    ap_vec3 v = ap_ecef_rotate(&f, (ap_vec3){ enu_mps[0], enu_mps[1], enu_mps[2] });
    const double all[N] = {
        f.origin_ecef.x_m, f.origin_ecef.y_m, f.origin_ecef.z_m, v.x_m, v.y_m, v.z_m, drag_ln
    };
    memcpy(x, all, sizeof all);
}

static const struct {
    double lat_deg, lon_deg, height_m, enu_mps[3], drag_ln;
} states[] = {
    { 48, 11, 82000, { 4500, -3100, -700 }, -7.5 }, { 0, 180, 30000, { -900, 400, -600 }, -6.0 },
    { -90, 0, 12000, { 30, -20, -300 }, -3.0 },     { 71, -120, 2000, { 5, 7, -90 }, -2.0 },
    { 15, 77, 300000, { 0, 7000, 0 }, -5.0 },       { -33, 151, -1500, { 1, 0, -40 }, -1.0 },
};

#define STATES (sizeof states / sizeof states[0])

static void state_of(size_t i, double x[N])
{
    state_at(states[i].lat_deg, states[i].lon_deg, states[i].height_m, states[i].enu_mps,
             states[i].drag_ln, x);
}

/* Potential of gravity with J2, and of the rotation, in long double: m2/s2. */
static long double potential(const ap_fall_world *w, const long double p[3])
{
    long double r = sqrtl(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]), sine = p[2] / r;
    long double a = AP_WGS84_A_M, omega = w->rotation_radps;
    return w->mu_m3ps2 / r * (1.0L - w->j2 * a * a / (r * r) * (1.5L * sine * sine - 0.5L)) +
           0.5L * omega * omega * (p[0] * p[0] + p[1] * p[1]);
}

/* The forces against the gradient of a potential, the cross product of the rotation, and drag along
 * the height of the geodetic solution. */
static void test_forces_against_their_definitions(void **state)
{
    (void)state;
    ap_fall_world earth = ap_fall_earth();
    for (size_t i = 0; i < STATES; i++) {
        double x[N], rate[N];
        state_of(i, x);
        ap_fall_rate(&earth, x, rate, NULL);
        double height = ap_geodetic_from_ecef((ap_vec3){ x[0], x[1], x[2] }).height_m;
        double speed = sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5]);
        double hard = exp(x[6]) * ap_air_density(height, NULL) * speed;
        double cross[3] = { -earth.rotation_radps * x[4], earth.rotation_radps * x[3], 0.0 };
        for (int k = 0; k < 3; k++) {
            static const long double at[4] = { -2.0L, -1.0L, 1.0L, 2.0L };
            static const long double share[4] = { 1.0L, -8.0L, 8.0L, -1.0L };
            long double pull = 0.0L, h = 1000.0L;
            for (int s = 0; s < 4; s++) {
                long double p[3] = { x[0], x[1], x[2] };
                p[k] += at[s] * h;
                pull += share[s] * potential(&earth, p) / (12.0L * h);
            }
            assert_near(rate[k], x[3 + k], 0.0);
            assert_near(rate[3 + k], (double)pull - 2.0 * cross[k] - hard * x[3 + k],
                        1e-10 + 1e-7 * hard * speed);
        }
        assert_near(rate[6], 0.0, 0.0);
    }
    double slope;
    assert_near(ap_air_density(0.0, &slope), 1.227, 0.0);
    assert_near(slope, -1.227 * 1.093e-4, 1e-18);
    assert_near(ap_air_density(20000.0, NULL), 1.754 * exp(-2.98), 1e-15);
    assert_near(ap_air_density(-5000.0, &slope), ap_air_density(-1000.0, NULL), 0.0);
    assert_near(slope, 0.0, 0.0);
}

/* The Jacobian against a difference of sixth order. */
static void test_jacobian_against_differences(void **state)
{
    (void)state;
    static const double at[6] = { -3, -2, -1, 1, 2, 3 };
    static const double share[6] = { -1, 9, -45, 45, -9, 1 };
    ap_fall_world earth = ap_fall_earth();
    for (size_t i = 0; i < STATES; i++) {
        double A[N][N], rate[N], x[N];
        state_of(i, x);
        ap_fall_rate(&earth, x, rate, A);
        for (int j = 0; j < N; j++) {
            double h = j < 3 ? 30.0 : j < 6 ? 1.0 : 0.01, d[N] = { 0 };
            for (int s = 0; s < 6; s++) {
                double y[N];
                memcpy(y, x, sizeof y);
                y[j] += at[s] * h;
                ap_fall_rate(&earth, y, rate, NULL);
                for (int k = 0; k < N; k++)
                    d[k] += share[s] * rate[k] / (60.0 * h);
            }
            double hard = fabs(A[3][6]) + fabs(A[4][6]) + fabs(A[5][6]);
            for (int k = 0; k < N; k++)
                assert_near(A[k][j], d[k],
                            1e-14 * (1.0 + fabs(rate[k])) / h + (j < 3 ? 1e-10 : 1e-7) * hard);
        }
    }
}

/* At no speed there is no drag, and nothing is divided by it. */
static void test_jacobian_at_rest(void **state)
{
    (void)state;
    ap_fall_world earth = ap_fall_earth(), vacuum = earth;
    vacuum.air = 0.0;
    double x[N], a[N], b[N], A[N][N], B[N][N];
    state_at(40, 5, 25000, (double[3]){ 0, 0, 0 }, -4.0, x);
    ap_fall_rate(&earth, x, a, A);
    ap_fall_rate(&vacuum, x, b, B);
    assert_memory_equal(a, b, sizeof a);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            assert_near(A[i][j], B[i][j], 0.0);
}

/* Energy in the rotating frame (Jacobi's integral) of twenty minutes without air. */
static void test_energy_in_vacuum(void **state)
{
    (void)state;
    ap_fall_step step = { .world = ap_fall_earth(), .dt_s = 1200.0, .step_s = 1.0 };
    step.world.air = 0.0;
    double x[N], energy[2];
    state_at(51, 4, 400000, (double[3]){ 6100, 3000, 200 }, -5.0, x);
    for (int end = 0; end < 2; end++) {
        long double p[3] = { x[0], x[1], x[2] };
        energy[end] =
            (double)(0.5L * (x[3] * x[3] + x[4] * x[4] + x[5] * x[5]) - potential(&step.world, p));
        ap_fall_move(&step, x, NULL);
    }
    assert_near(energy[1] / energy[0], 1.0, 1e-11);
}

/* Five minutes of an arc without drag, of a round Earth that rotates, against Kepler: from the
 * apogee (M = pi), in the plane of the equator's normal and the x axis. */
static void test_arc_without_drag_against_kepler(void **state)
{
    (void)state;
    ap_fall_world world = ap_fall_earth();
    world.air = world.j2 = 0.0;
    const double apogee = 6.9e6, speed = 6000.0, t = 300.0, mu = world.mu_m3ps2;
    const double lean = 0.7; /* of the plane, rad */
    double a = 1.0 / (2.0 / apogee - speed * speed / mu), e = apogee / a - 1.0;
    double mean = AP_PI + sqrt(mu / (a * a * a)) * t, E = mean;
    for (int k = 0; k < 50; k++)
        E -= (E - e * sin(E) - mean) / (1.0 - e * cos(E));
    double b = a * sqrt(1.0 - e * e), rate = sqrt(mu / (a * a * a)) / (1.0 - e * cos(E));
    double plane[4] = { -a * (cos(E) - e), -b * sin(E), a * sin(E) * rate, -b * cos(E) * rate };
    double turn = world.rotation_radps * t, c = cos(turn), s = sin(turn);
    double p[3] = { plane[0], plane[1] * cos(lean), plane[1] * sin(lean) };
    double v[3] = { plane[2], plane[3] * cos(lean), plane[3] * sin(lean) };
    double expected[6] = { c * p[0] + s * p[1], c * p[1] - s * p[0], p[2],
                           c * v[0] + s * v[1], c * v[1] - s * v[0], v[2] };
    expected[3] += world.rotation_radps * expected[1];
    expected[4] -= world.rotation_radps * expected[0];
    double x[N] = {
        apogee, 0, 0, 0, speed * cos(lean) - world.rotation_radps * apogee, speed * sin(lean), -5.0
    };
    ap_fall_step step = { .world = world, .dt_s = t, .step_s = 0.25 };
    ap_fall_move(&step, x, NULL);
    for (int i = 0; i < 6; i++)
        assert_near(x[i], expected[i], i < 3 ? 1e-5 : 1e-7);
}

/* A body that has long fallen falls at the speed where drag equals weight, in few and many steps.
 */
static void test_terminal_speed(void **state)
{
    (void)state;
    ap_fall_step step = { .world = ap_fall_earth(), .dt_s = 60.0, .step_s = 0.25 };
    double x[N], rate[N];
    state_at(45, 9, 9000, (double[3]){ 0, 0, -400 }, -1.0, x);
    ap_fall_move(&step, x, NULL);
    ap_geodetic at = ap_geodetic_from_ecef((ap_vec3){ x[0], x[1], x[2] });
    double speed = sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5]);
    assert_near(speed, sqrt(9.79 / (exp(-1.0) * ap_air_density(at.height_m, NULL))), 0.05 * speed);
    ap_fall_rate(&step.world, x, rate, NULL);
    assert_true(fabs(rate[3]) + fabs(rate[4]) + fabs(rate[5]) < 0.2);
}

/* Steps of 0.25 s against steps of 0.01 s, through the hardest braking. */
static void test_steps_are_short_enough(void **state)
{
    (void)state;
    for (size_t i = 0; i < STATES; i++) {
        ap_fall_step coarse = { .world = ap_fall_earth(), .dt_s = 10.0, .step_s = 0.25 };
        ap_fall_step fine = coarse;
        fine.step_s = 0.02;
        double x[N], y[N];
        state_of(i, x);
        state_of(i, y);
        ap_fall_move(&coarse, x, NULL);
        ap_fall_move(&fine, y, NULL);
        for (int k = 0; k < 6; k++)
            assert_near(x[k], y[k], 0.5);
    }
}

/* ---- the filter ---- */

/* Never 0. */
static double open_uniform(uint64_t *state)
{
    return test_uniform(state) + 0x1p-54;
}

static double gauss(uint64_t *state)
{
    double r = sqrt(-2.0 * log(open_uniform(state)));
    return r * cos(2.0 * AP_PI * open_uniform(state));
}

static ap_sensor radar_at(double lat_deg, double lon_deg)
{
    ap_sensor s = { 0 };
    ap_sensor_defaults(&s, AP_SENSOR_PSR);
    assert_int_equal(ap_sensor_place(&s, (ap_geodetic){ lat_deg * DEG, lon_deg * DEG, 500.0 }),
                     AP_OK);
    return s;
}

static ap_sensor radar(void)
{
    return radar_at(48, 11);
}

static ap_report seen(const ap_sensor *s, const double x[N], double t_s, uint64_t *g)
{
    ap_report r = { .present = AP_HAS_POLAR | AP_HAS_ELEVATION,
                    .time_utc = ap_utc_add_s(START_UTC, t_s),
                    .range_sigma_m = 30.0,
                    .azimuth_sigma_rad = 1e-3,
                    .elevation_sigma_rad = 1e-3 };
    ap_polar_from_ecef(&s->frame, (ap_vec3){ x[0], x[1], x[2] }, &r.range_m, &r.azimuth_rad,
                       &r.elevation_rad);
    if (g) {
        r.range_m += 30.0 * gauss(g);
        r.azimuth_rad += 1e-3 * gauss(g);
        r.elevation_rad += 1e-3 * gauss(g);
    }
    return r;
}

static void assert_is_sound(const ap_ballistic *b)
{
    double sum = 0.0;
    for (size_t i = 0; i < b->normals.count; i++) {
        const ap_normal *p = &b->normals.part[i];
        double P[N][N];
        ap_normal_covariance(p, P);
        sum += b->normals.weight[i];
        for (int r = 0; r < N; r++) {
            assert_true(isfinite(p->x[r]) && p->S[r][r] > 0.0 && P[r][r] > 0.0);
            for (int c = 0; c < N; c++)
                assert_true(isfinite(P[r][c]) && P[r][c] == P[c][r]);
        }
    }
    assert_near(sum, 1.0, 1e-12);
}

static void start(ap_ballistic *b, const ap_sensor *s, const ap_ballistic_config *config,
                  const ap_report *first, const ap_report *second)
{
    ap_ballistic_fix fix[2];
    assert_int_equal(ap_ballistic_fix_from_report(first, s, &fix[0]), AP_OK);
    assert_int_equal(ap_ballistic_fix_from_report(second, s, &fix[1]), AP_OK);
    assert_int_equal(ap_ballistic_start(b, config, &fix[0], &fix[1]), AP_OK);
}

/* Where the falls of the tests begin: 80 km high, north of the radar, fast and shallow. */
static void entry(const ap_sensor *s, double drag_ln, double x[N])
{
    ap_vec3 p = ap_ecef_from_enu(&s->frame, (ap_vec3){ -70e3, 167e3, 77e3 });
    ap_vec3 v = ap_ecef_rotate(&s->frame, (ap_vec3){ 2500.0, -500.0, -900.0 });
    const double all[N] = { p.x_m, p.y_m, p.z_m, v.x_m, v.y_m, v.z_m, drag_ln };
    memcpy(x, all, sizeof all);
}

/* Objects from light to heavy, over poles and the date line too: found in place, speed and drag,
 * with an honest covariance. */
static void test_falls_are_followed(void **state)
{
    (void)state;
    static const double sites[][2] = { { 48, 11 }, { 90, 0 }, { -89.9, 120 }, { 0.1, 180 } };
    ap_ballistic_config config = ap_ballistic_defaults();
    double honest = 0.0;
    int count = 0;
    for (uint64_t run = 1; run <= 24; run++) {
        uint64_t g = run;
        ap_sensor s = radar_at(sites[run % 4][0], sites[run % 4][1]);
        double drag_ln = -10.0 + 6.0 * open_uniform(&g), x[N];
        ap_fall_step step = { .world = config.world, .dt_s = 1.0, .step_s = 0.1 };
        ap_report first, now;
        ap_ballistic b;
        ap_normal m;
        entry(&s, drag_ln, x);
        first = seen(&s, x, 0.0, &g);
        for (int k = 1; k <= 50; k++) {
            ap_fall_move(&step, x, NULL);
            now = seen(&s, x, k, &g);
            if (k == 1)
                start(&b, &s, &config, &first, &now);
            else
                assert_int_equal(ap_ballistic_take(&b, &now, &s, NULL), AP_OK);
            assert_is_sound(&b);
            ap_ballistic_moments(&b, &m);
            honest += ap_normal_distance2(&m, x) / N;
            count++;
        }
        assert_near(m.x[6], drag_ln, 0.5);
        double place = 0.0, speed = 0.0;
        for (int i = 0; i < 3; i++) {
            place += pow(m.x[i] - x[i], 2);
            speed += pow(m.x[3 + i] - x[3 + i], 2);
        }
        assert_true(sqrt(place) < 250.0 && sqrt(speed) < 60.0);
    }
    assert_true(honest / count > 0.6 && honest / count < 1.3);
}

/* The same by points with a full covariance: nearly the same answer. */
static void test_fixes_and_sights_agree(void **state)
{
    (void)state;
    ap_sensor s = radar();
    ap_ballistic_config config = ap_ballistic_defaults();
    uint64_t g = 7;
    double x[N];
    ap_ballistic a, b;
    ap_fall_step step = { .world = config.world, .dt_s = 1.0, .step_s = 0.1 };
    entry(&s, -7.0, x);
    ap_report first = seen(&s, x, 0.0, &g);
    for (int k = 1; k <= 40; k++) {
        ap_fall_move(&step, x, NULL);
        ap_report now = seen(&s, x, k, &g);
        ap_ballistic_fix fix;
        if (k == 1) {
            start(&a, &s, &config, &first, &now);
            b = a;
            continue;
        }
        assert_int_equal(ap_ballistic_fix_from_report(&now, &s, &fix), AP_OK);
        assert_int_equal(ap_ballistic_take(&a, &now, &s, NULL), AP_OK);
        assert_int_equal(ap_ballistic_predict(&b, now.time_utc), AP_OK);
        assert_int_equal(ap_ballistic_update_fix(&b, &fix, NULL), AP_OK);
    }
    ap_normal m, n;
    ap_ballistic_moments(&a, &m);
    ap_ballistic_moments(&b, &n);
    assert_true(ap_normal_distance2(&m, n.x) < 0.1);
}

/* Jacobians and points move a sure state alike. */
static void test_points_and_jacobian_agree(void **state)
{
    (void)state;
    ap_fall_step step = { .world = ap_fall_earth(), .dt_s = 2.0, .step_s = 0.25 };
    ap_motion motion = { .move = ap_fall_move, .context = &step };
    for (size_t i = 0; i < STATES; i++) {
        ap_normal a = { .n = N }, b;
        state_of(i, a.x);
        for (int k = 0; k < N; k++)
            a.S[k][k] = k < 3 ? 0.1 : k < 6 ? 0.01 : 1e-4;
        b = a;
        assert_int_equal(ap_normal_predict_linear(&a, &motion), AP_OK);
        assert_int_equal(ap_normal_predict_points(&b, &motion), AP_OK);
        double P[N][N], Q[N][N];
        ap_normal_covariance(&a, P);
        ap_normal_covariance(&b, Q);
        for (int k = 0; k < N; k++) {
            assert_near(a.x[k], b.x[k], 1e-3 * sqrt(P[k][k]));
            assert_near(P[k][k] / Q[k][k], 1.0, 1e-5);
        }
    }
}

/* Straight overhead, where the azimuth is any; and at rest: a payload that has just been let go. */
static void test_overhead_and_at_rest(void **state)
{
    (void)state;
    ap_sensor s = radar();
    ap_ballistic_config config = ap_ballistic_defaults();
    config.drag_ln = -1.0;
    double x[N];
    state_at(48, 11, 30500, (double[3]){ 0, 0, 0 }, -0.5, x);
    ap_fall_step step = { .world = config.world, .dt_s = 1.0, .step_s = 0.05 };
    ap_report first = seen(&s, x, 0.0, NULL), second = first;
    second.time_utc = ap_utc_add_s(START_UTC, 1.0);
    second.azimuth_rad = 2.0;
    ap_ballistic b;
    start(&b, &s, &config, &first, &second);
    assert_is_sound(&b);
    ap_normal m;
    for (int k = 2; k <= 60; k++) {
        ap_fall_move(&step, x, NULL);
        ap_report now = seen(&s, x, k, NULL);
        now.azimuth_rad = 0.1 * k;
        assert_int_equal(ap_ballistic_take(&b, &now, &s, NULL), AP_OK);
        assert_is_sound(&b);
    }
    ap_ballistic_moments(&b, &m);
    assert_true(ap_normal_distance2(&m, x) < 30.0);
    for (int i = 0; i < 3; i++) {
        assert_near(m.x[i], x[i], 100.0);
        assert_near(m.x[3 + i], x[3 + i], 20.0);
    }
}

static void test_bad_measurements_change_nothing(void **state)
{
    (void)state;
    ap_sensor s = radar();
    ap_ballistic_config config = ap_ballistic_defaults();
    double x[N], d2;
    entry(&s, -7.0, x);
    ap_fall_step step = { .world = config.world, .dt_s = 1.0, .step_s = 0.1 };
    ap_report first = seen(&s, x, 0.0, NULL);
    ap_fall_move(&step, x, NULL);
    ap_report second = seen(&s, x, 1.0, NULL), good;
    ap_ballistic b, before;
    start(&b, &s, &config, &first, &second);
    ap_fall_move(&step, x, NULL);
    good = seen(&s, x, 2.0, NULL);
    before = b;
    static const double bad[] = { NAN, INFINITY, -INFINITY };
    for (size_t i = 0; i < 3; i++)
        for (size_t field = 0; field < 6; field++) {
            ap_report r = good;
            double *const fields[6] = { &r.range_m,           &r.azimuth_rad,
                                        &r.elevation_rad,     &r.range_sigma_m,
                                        &r.azimuth_sigma_rad, &r.elevation_sigma_rad };
            *fields[field] = bad[i];
            assert_int_equal(ap_ballistic_take(&b, &r, &s, NULL), AP_ERR_RANGE);
        }
    ap_report r = good;
    r.range_m = 0.0;
    assert_int_equal(ap_ballistic_take(&b, &r, &s, NULL), AP_ERR_RANGE);
    r = good;
    r.range_m += 50000.0; /* behind the gate */
    assert_int_equal(ap_ballistic_take(&b, &r, &s, &d2), AP_ERR_RANGE);
    assert_true(d2 > config.gate2);
    r = good;
    r.azimuth_rad += AP_PI; /* as far as an angle goes */
    assert_int_equal(ap_ballistic_take(&b, &r, &s, NULL), AP_ERR_RANGE);
    r = good;
    r.present = AP_HAS_POLAR;
    assert_int_equal(ap_ballistic_take(&b, &r, &s, NULL), AP_ERR_UNKNOWN);
    r = good;
    r.time_utc = first.time_utc;
    assert_int_equal(ap_ballistic_take(&b, &r, &s, NULL), AP_ERR_ARGUMENT);
    r.time_utc = ap_utc_add_s(START_UTC, 62.0);
    assert_int_equal(ap_ballistic_take(&b, &r, &s, NULL), AP_ERR_ARGUMENT);
    ap_ballistic_fix fix = { .time_utc = second.time_utc };
    assert_int_equal(ap_ballistic_fix_from_report(&second, &s, &fix), AP_OK);
    double kept = fix.R_ecef_m2[0];
    fix.R_ecef_m2[0] = -1.0;
    assert_int_equal(ap_ballistic_update_fix(&b, &fix, NULL), AP_ERR_SINGULAR);
    fix.R_ecef_m2[0] = kept;
    fix.ecef.x_m = NAN;
    assert_int_equal(ap_ballistic_update_fix(&b, &fix, NULL), AP_ERR_RANGE);
    assert_memory_equal(&b, &before, sizeof b);
    assert_int_equal(ap_ballistic_take(&b, &good, &s, &d2), AP_OK);
    assert_true(d2 < 1.0);
    before = b;
    assert_int_equal(ap_ballistic_predict(&b, b.time_utc), AP_OK); /* no time, no change */
    assert_memory_equal(&b, &before, sizeof b);
    ap_line_of_sight nowhere = { .range_m = NAN };
    assert_int_equal(ap_ballistic_update_sight(&b, &s.frame, &nowhere, NULL), AP_ERR_RANGE);
    assert_memory_equal(&b, &before, sizeof b);
}

static double any_of(uint64_t *g, double low, double high)
{
    return low + (high - low) * open_uniform(g);
}

/* Measurements of anything, sharp and blunt, near and far, early and late: some are taken in, and
 * what is left is a state with a covariance. */
static void test_garbage_leaves_a_covariance(void **state)
{
    (void)state;
    ap_sensor s = radar();
    ap_ballistic_config config = ap_ballistic_defaults();
    int taken = 0, refused = 0;
    for (uint64_t run = 1; run <= 60; run++) {
        uint64_t g = run;
        double x[N], t_s = 1.0;
        config.gate2 = run % 2 ? 30.0 : 1e12;
        config.parts = run % 3 ? AP_NORMALS_CAP : 1;
        entry(&s, -7.0, x);
        ap_report first = seen(&s, x, 0.0, &g), second = seen(&s, x, t_s, &g);
        ap_ballistic b;
        start(&b, &s, &config, &first, &second);
        for (int k = 0; k < 12; k++) {
            ap_report r = second;
            double sharp = pow(10.0, any_of(&g, -6.0, 2.0));
            t_s += any_of(&g, -0.2, 4.0);
            r.time_utc = ap_utc_add_s(START_UTC, t_s);
            r.range_m += any_of(&g, -1.0, 1.0) * (k % 3 ? 500.0 : 1e5);
            r.azimuth_rad += any_of(&g, -1.0, 1.0) * (k % 3 ? 0.01 : 3.0);
            r.elevation_rad = any_of(&g, -0.2, 1.5);
            r.range_sigma_m *= sharp;
            r.azimuth_sigma_rad *= sharp;
            r.elevation_sigma_rad *= sharp;
            if (ap_ballistic_take(&b, &r, &s, NULL))
                refused++;
            else
                taken++;
            assert_is_sound(&b);
        }
    }
    assert_true(taken > 50 && refused > 50);
}

static void test_start_refuses(void **state)
{
    (void)state;
    ap_sensor s = radar();
    double x[N];
    entry(&s, -7.0, x);
    ap_report report = seen(&s, x, 0.0, NULL);
    ap_ballistic_fix a, c;
    assert_int_equal(ap_ballistic_fix_from_report(&report, &s, &a), AP_OK);
    c = a;
    c.time_utc = ap_utc_add_s(START_UTC, 1.0);
    ap_ballistic b;
    ap_ballistic_config config = ap_ballistic_defaults();
    assert_int_equal(ap_ballistic_start(&b, &config, &a, &c), AP_OK);
    assert_int_equal(ap_ballistic_start(&b, &config, &c, &a), AP_ERR_ARGUMENT);
    assert_int_equal(ap_ballistic_start(&b, &config, &a, &a), AP_ERR_ARGUMENT);
    ap_ballistic_fix fast = c;
    fast.ecef.x_m += 13000.0;
    assert_int_equal(ap_ballistic_start(&b, &config, &a, &fast), AP_ERR_RANGE);
    fast.ecef.x_m = NAN;
    assert_int_equal(ap_ballistic_start(&b, &config, &a, &fast), AP_ERR_RANGE);
    ap_ballistic_fix far = { .ecef = { 9e6, 0, 0 }, .R_ecef_m2 = { 1, 0, 0, 1, 0, 1 } };
    far.time_utc = c.time_utc;
    assert_int_equal(ap_ballistic_start(&b, &config, &a, &far), AP_ERR_RANGE);
    ap_ballistic_fix odd = c;
    odd.R_ecef_m2[3] = -5.0;
    assert_int_equal(ap_ballistic_start(&b, &config, &a, &odd), AP_ERR_SINGULAR);
    double *const fields[] = { &config.step_s,  &config.acceleration_m2ps3, &config.drag_per_s,
                               &config.drag_ln, &config.drag_sigma,         &config.gate2 };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        double kept = *fields[i];
        *fields[i] = NAN;
        assert_int_equal(ap_ballistic_start(&b, &config, &a, &c), AP_ERR_ARGUMENT);
        *fields[i] = kept;
    }
    for (size_t parts = 0; parts <= AP_NORMALS_CAP + 1; parts++) {
        config.parts = parts;
        bool good = parts == 1 || (parts >= AP_NORMALS_ROW_MIN && parts <= AP_NORMALS_CAP);
        assert_int_equal(ap_ballistic_start(&b, &config, &a, &c), good ? AP_OK : AP_ERR_ARGUMENT);
    }
}

/* A stated position with a geometric height comes by way of ap_measure_from_report. */
static void test_fix_from_a_stated_position(void **state)
{
    (void)state;
    ap_sensor s = { 0 };
    ap_sensor_defaults(&s, AP_SENSOR_MLAT);
    ap_report r = { .present = AP_HAS_POSITION | AP_HAS_GEOMETRIC_HEIGHT,
                    .latitude_rad = 60 * DEG,
                    .longitude_rad = 20 * DEG,
                    .position_var_ee_m2 = 400.0,
                    .position_var_nn_m2 = 900.0,
                    .geometric_height_m = 31000.0,
                    .geometric_height_sigma_m = 50.0 };
    ap_geodetic at = { r.latitude_rad, r.longitude_rad, 31000.0 };
    ap_enu_frame f = ap_enu_frame_at(at);
    ap_ballistic_fix fix;
    assert_int_equal(ap_ballistic_fix_from_report(&r, &s, &fix), AP_OK);
    assert_near(fix.ecef.x_m, f.origin_ecef.x_m, 1e-6);
    assert_near(fix.ecef.z_m, f.origin_ecef.z_m, 1e-6);
    static const double var[3] = { 401.0, 901.0, 2500.0 };
    int k = 0;
    for (int i = 0; i < 3; i++)
        for (int j = i; j < 3; j++) {
            double sum = 0.0;
            for (int axis = 0; axis < 3; axis++)
                sum += var[axis] * f.rotation[axis][i] * f.rotation[axis][j];
            assert_near(fix.R_ecef_m2[k++], sum, 1e-3);
        }
    r.present = AP_HAS_POSITION;
    assert_int_equal(ap_ballistic_fix_from_report(&r, &s, &fix), AP_ERR_UNKNOWN);
}

static void test_coefficient(void **state)
{
    (void)state;
    assert_near(ap_ballistic_coefficient(log(0.5 * 9.80665 / 4e4)), 4e4, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forces_against_their_definitions),
        cmocka_unit_test(test_jacobian_against_differences),
        cmocka_unit_test(test_jacobian_at_rest),
        cmocka_unit_test(test_energy_in_vacuum),
        cmocka_unit_test(test_arc_without_drag_against_kepler),
        cmocka_unit_test(test_terminal_speed),
        cmocka_unit_test(test_steps_are_short_enough),
        cmocka_unit_test(test_falls_are_followed),
        cmocka_unit_test(test_fixes_and_sights_agree),
        cmocka_unit_test(test_points_and_jacobian_agree),
        cmocka_unit_test(test_overhead_and_at_rest),
        cmocka_unit_test(test_bad_measurements_change_nothing),
        cmocka_unit_test(test_garbage_leaves_a_covariance),
        cmocka_unit_test(test_start_refuses),
        cmocka_unit_test(test_fix_from_a_stated_position),
        cmocka_unit_test(test_coefficient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

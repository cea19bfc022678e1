#include "score/pcrb.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "airpicture/geo.h"

#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((value) - (expected)) <= (tolerance))

#define SPEED_PRIOR_MPS 300.0

/* T = 1 s, q = 0.02, R = 1, per axis, steady: the bound with Pd 0.9 and 0.5. */
static void test_pcrb_steady(void **state)
{
    (void)state;
    static const double expected[][3] = { { 0.9, 0.670232, 0.260931 },
                                          { 0.5, 0.849225, 0.283178 } };
    for (int i = 0; i < 2; i++) {
        double P[16] = { 0.0 };
        for (int k = 0; k < 4; k++)
            P[5 * k] = 1e4;
        ap_pcrb_fix look = { .R = { 1.0 / expected[i][0], 0.0, 1.0 / expected[i][0] } };
        for (int k = 0; k < 500; k++) {
            ap_pcrb_predict(P, NULL, 1.0, 0.02);
            ap_pcrb_update(P, 4, &look);
        }
        assert_near(sqrt(P[0]), expected[i][1], 1e-6);
        assert_near(sqrt(P[5]), expected[i][1], 1e-6);
        assert_near(sqrt(P[10]), expected[i][2], 1e-6);
    }
}

/* A look from the west at 100 km: sigma of range along east, of azimuth along north. */
static void test_pcrb_step_first_look(void **state)
{
    (void)state;
    ap_evaluation_config config = ap_evaluation_config_default();
    config.acceleration_psd_m2ps3 = 1.0;
    config.sensor_count = 1;
    config.sensors[0] = (ap_evaluation_sensor){ .interval_s = 4.0,
                                                .range_max_m = 2e5,
                                                .range_sigma_m = 50.0,
                                                .azimuth_sigma_rad = 1e-3,
                                                .detection_probability = 1.0 };
    ap_trajectory_state at = { .x_m = 1e5 };
    ap_motion_point point = ap_motion_at(AP_TRAJECTORY_PLANE, &at);
    double P[16];
    ap_pcrb_state bound = { .P = P, .time = AP_UTC_UNKNOWN };
    assert_near(ap_pcrb_step(&bound, &config, AP_TRAJECTORY_PLANE, 0, 3 * AP_NS_PER_S, &point), 0.0,
                0.0);
    double variance_m2 =
        ap_pcrb_step(&bound, &config, AP_TRAJECTORY_PLANE, 0, 4 * AP_NS_PER_S, &point);
    assert_near(variance_m2, 50.0 * 50.0 + 100.0 * 100.0, 1e-6);
    assert_near(P[0], 2500.0, 1e-6);
    variance_m2 = ap_pcrb_step(&bound, &config, AP_TRAJECTORY_PLANE, 0, 5 * AP_NS_PER_S, &point);
    assert_near(variance_m2, 12500.0 + 2 * 300.0 * 300.0 + 2.0 / 3.0, 1e-6); /* no look: grows */
}

/* A look by position is its variance, twice; of a truth that keeps its velocity nothing is added by
 * time but what the velocity's own error makes of it; one that changes by (3, 4) m/s in 2 s counts
 * as white acceleration of 25 / (2 x 2) m2/s3. */
static void test_pcrb_step_own_motion(void **state)
{
    (void)state;
    ap_evaluation_config config = ap_evaluation_config_default();
    config.sensor_count = 1;
    config.sensors[0] = (ap_evaluation_sensor){ .interval_s = 100.0,
                                                .range_max_m = 2e5,
                                                .range_sigma_m = 1.0,
                                                .azimuth_sigma_rad = 1.0,
                                                .position_sigma_m = 30.0,
                                                .detection_probability = 0.5 };
    assert_null(ap_evaluation_config_fault(&config));
    ap_trajectory_state at = { .flags = AP_STATE_HAS_VELOCITY, .east_mps = 100.0f };
    ap_motion_point point = ap_motion_at(AP_TRAJECTORY_PLANE, &at);
    double P[16];
    ap_pcrb_state bound = { .P = P, .time = 99 * AP_NS_PER_S };
    double first_m2 =
        ap_pcrb_step(&bound, &config, AP_TRAJECTORY_PLANE, 0, 100 * AP_NS_PER_S, &point);
    assert_near(first_m2, 2 * 30.0 * 30.0 / 0.5, 1e-9);
    double second_m2 =
        ap_pcrb_step(&bound, &config, AP_TRAJECTORY_PLANE, 0, 102 * AP_NS_PER_S, &point);
    assert_near(second_m2 - first_m2, 2 * 300.0 * 300.0 * 4.0, 1e-6);
    double speed_m2ps2 = P[10];
    point.east_mps += 3.0;
    point.north_mps += 4.0;
    ap_pcrb_step(&bound, &config, AP_TRAJECTORY_PLANE, 0, 104 * AP_NS_PER_S, &point);
    assert_near(P[10] - speed_m2ps2, 2.0 * 25.0 / (2.0 * 2.0), 1e-9);
    config.sensors[0].position_sigma_m = -1.0;
    assert_non_null(ap_evaluation_config_fault(&config));
}

/* ---- looks of a recording ---- */

enum { LOOK_CAP = 96 };

static ap_look rows[LOOK_CAP];
static uint32_t first[2];
static ap_looks looks;

/* A source of that noise, number `source`; slots follow the order of the calls. */
static void add_source(uint16_t source, ap_look_part part, double white, double slow, double time_s)
{
    looks.source[source].slot[part] = -1;
    for (int i = 0; i < AP_LOOKS_LEVEL_CAP; i++)
        looks.source[source].noise[part][i] = (ap_look_noise){ white, slow };
    if (slow <= 0.0)
        return;
    looks.slot_time_s[looks.slot_count] = time_s;
    looks.source[source].slot[part] = looks.slot_count++;
}

static void add_part(uint16_t source, double time_s, ap_look_part part, float variance)
{
    if (variance <= 0.0f)
        return;
    rows[looks.count++] = (ap_look){ .time_utc = (ap_utc_ns)(time_s * 1e9),
                                     .source = source,
                                     .part = (uint8_t)part,
                                     .east2 = variance,
                                     .north2 = variance };
    first[1] = looks.count;
}

static void add_look(uint16_t source, double time_s, float position_m2, float velocity_m2ps2)
{
    add_part(source, time_s, AP_LOOK_POSITION, position_m2);
    add_part(source, time_s, AP_LOOK_VELOCITY, velocity_m2ps2);
}

static int begin_looks(void **state)
{
    (void)state;
    looks = (ap_looks){ .look = rows, .first = first, .truth_count = 1 };
    return 0;
}

/* The bound at the time of the last look, of a truth that flies straight: two axes. */
static double bound_of(void)
{
    double P[AP_PCRB_DIMENSION_CAP * AP_PCRB_DIMENSION_CAP];
    ap_evaluation_config config = ap_evaluation_config_default();
    config.looks = &looks;
    ap_trajectory_state at = { .flags = AP_STATE_HAS_VELOCITY, .east_mps = 100.0f };
    ap_motion_point point = ap_motion_at(AP_TRAJECTORY_PLANE, &at);
    ap_pcrb_state bound = { .P = P, .time = AP_UTC_UNKNOWN };
    ap_utc_ns end = rows[looks.count - 1].time_utc;
    for (ap_utc_ns time = 0; time < end; time += AP_NS_PER_S)
        (void)ap_pcrb_step(&bound, &config, AP_TRAJECTORY_PLANE, 0, time, &point);
    return ap_pcrb_step(&bound, &config, AP_TRAJECTORY_PLANE, 0, end, &point);
}

/* A line through n positions of variance 900 m2, one every 4 s: at its end 2 (2n - 1) / (n (n + 1))
 * of the variance, by the textbook. */
static void test_pcrb_line(void **state)
{
    (void)state;
    add_source(0, AP_LOOK_POSITION, 1.0, 0.0, 1.0);
    for (int n = 1; n <= 30; n++) {
        add_look(0, 4.0 * n, 900.0f, 0.0f);
        double share = 2.0 * (2.0 * n - 1.0) / (n * (n + 1.0));
        assert_near(bound_of(), 2.0 * 900.0 * share,
                    n == 1 ? 1e-9 : 2.0); /* the speed is not wholly free */
    }
}

/* What errs all the while is not averaged away: the line's variance of the white part, and the slow
 * part whole. */
static void test_pcrb_constant_error(void **state)
{
    (void)state;
    add_source(0, AP_LOOK_POSITION, 0.25, 0.5, 1e9);
    for (int n = 1; n <= 30; n++)
        add_look(0, 4.0 * n, 900.0f, 0.0f);
    double share = 2.0 * 59.0 / (30.0 * 31.0);
    assert_near(bound_of(), 2.0 * 900.0 * (0.25 * share + 0.5), 0.5);
}

/* Looks without end of white acceleration q, noise density r = R T: the steady variance of Kalman
 * and Bucy, sqrt 2 q^1/4 r^3/4 an axis. */
static void test_pcrb_dense(void **state)
{
    (void)state;
    double P[16] = { 100.0, 0, 0, 0, 0, 100.0, 0, 0, 0, 0, 100.0, 0, 0, 0, 0, 100.0 };
    ap_pcrb_fix fix = { .R = { 9.0, 0.0, 9.0 } };
    for (int i = 0; i < 100000; i++) {
        ap_pcrb_predict(P, NULL, 1e-3, 2.0);
        ap_pcrb_update(P, 4, &fix);
    }
    double expected = sqrt(2.0) * pow(2.0, 0.25) * pow(9.0 * 1e-3, 0.75);
    assert_near(P[0], expected, 0.005 * expected);
    assert_near(P[10], sqrt(2.0) * pow(2.0, 0.75) * pow(9.0 * 1e-3, 0.25), 0.01);
}

/* Least squares over all looks at once, one axis: what is left of the position's variance at the
 * end, with the full covariance of the errors. */
static double batch(void)
{
    int n = (int)looks.count;
    static double C[LOOK_CAP][LOOK_CAP], A[LOOK_CAP][2];
    double end_s = (double)rows[n - 1].time_utc / 1e9;
    for (int i = 0; i < n; i++) {
        const ap_look *a = &rows[i];
        const ap_look_source *source = &looks.source[a->source];
        const ap_look_noise *noise = &source->noise[a->part][0];
        int slot = source->slot[a->part];
        A[i][0] = a->part == AP_LOOK_POSITION ? 1.0 : 0.0;
        A[i][1] = a->part == AP_LOOK_POSITION ? (double)a->time_utc / 1e9 - end_s : 1.0;
        for (int k = 0; k < n; k++) {
            const ap_look *b = &rows[k];
            double stated = sqrt((double)a->east2 * (double)b->east2);
            double age_s = fabs((double)(a->time_utc - b->time_utc)) / 1e9;
            bool is_same = slot >= 0 && a->source == b->source && a->part == b->part;
            C[i][k] = i == k ? noise->white * stated : 0.0;
            C[i][k] += is_same ? noise->slow * stated * exp(-age_s / looks.slot_time_s[slot]) : 0.0;
        }
    }
    double info[2][2] = { { 0.0, 0.0 }, { 0.0, 1.0 / (SPEED_PRIOR_MPS * SPEED_PRIOR_MPS) } };
    static double B[LOOK_CAP][2]; /* C^-1 A, by Gauss */
    for (int i = 0; i < n; i++)
        B[i][0] = A[i][0], B[i][1] = A[i][1];
    for (int p = 0; p < n; p++)
        for (int i = 0; i < n; i++) {
            double share = i == p ? 0.0 : C[i][p] / C[p][p];
            for (int k = 0; k < n; k++)
                C[i][k] -= share * C[p][k];
            B[i][0] -= share * B[p][0];
            B[i][1] -= share * B[p][1];
        }
    for (int i = 0; i < n; i++)
        for (int r = 0; r < 2; r++)
            for (int c = 0; c < 2; c++)
                info[r][c] += A[i][r] * B[i][c] / C[i][i];
    return info[1][1] / (info[0][0] * info[1][1] - info[0][1] * info[1][0]);
}

/* Two sources with slow errors, one of them of velocities too, and a white one: as least squares
 * over all of it at once. */
static void test_pcrb_as_batch(void **state)
{
    (void)state;
    add_source(AP_LOOKS_ADSB, AP_LOOK_POSITION, 0.1, 0.4, 40.0);
    add_source(AP_LOOKS_ADSB, AP_LOOK_VELOCITY, 0.3, 0.6, 100.0);
    add_source(1, AP_LOOK_POSITION, 0.01, 1.0, 12.0);
    add_source(2, AP_LOOK_POSITION, 1.0, 0.0, 1.0);
    for (int i = 0; i < 48; i++) {
        double time_s = 1.3 * i;
        if (i % 3 == 0)
            add_look(AP_LOOKS_ADSB, time_s, i % 2 ? 400.0f : 100.0f, i % 4 ? 9.0f : 0.0f);
        else
            add_look(i % 3 == 1 ? 1 : 2, time_s, 2500.0f, 0.0f);
        double expected = 2.0 * batch();
        assert_near(bound_of(), expected, 1e-6 * expected);
    }
}

/* A covariance that is turned gives a bound that is turned: the same trace. */
static void test_pcrb_turned(void **state)
{
    (void)state;
    double trace[2];
    for (int turned = 0; turned < 2; turned++) {
        (void)begin_looks(NULL);
        add_source(1, AP_LOOK_POSITION, 0.2, 0.8, 30.0);
        double c = cos(turned * 0.5), s = sin(turned * 0.5), a = 100.0, b = 2500.0;
        for (int i = 0; i < 20; i++) {
            add_look(1, 2.0 * i, 1.0f, 0.0f);
            rows[i].east2 = (float)(a * c * c + b * s * s);
            rows[i].both2 = (float)((a - b) * s * c);
            rows[i].north2 = (float)(a * s * s + b * c * c);
        }
        trace[turned] = bound_of();
    }
    assert_near(trace[0], trace[1], 1e-4 * trace[0]);
}

/* Those after an instant do not count yet; a velocity alone places nothing, but what it told is
 * known when the first position comes. */
static void test_pcrb_looks_in_time(void **state)
{
    (void)state;
    double P[16];
    ap_evaluation_config config = ap_evaluation_config_default();
    config.looks = &looks;
    add_source(0, AP_LOOK_POSITION, 1.0, 0.0, 1.0);
    add_source(0, AP_LOOK_VELOCITY, 1.0, 0.0, 1.0);
    add_look(0, 1.0, 0.0f, 4.0f);
    add_look(0, 2.5, 100.0f, 0.0f);
    ap_trajectory_state at = { .flags = AP_STATE_HAS_VELOCITY };
    ap_motion_point point = ap_motion_at(AP_TRAJECTORY_PLANE, &at);
    ap_pcrb_state bound = { .P = P, .time = AP_UTC_UNKNOWN };
    assert_near(ap_pcrb_step(&bound, &config, AP_TRAJECTORY_PLANE, 0, 2 * AP_NS_PER_S, &point), 0.0,
                0.0);
    double variance_m2 =
        ap_pcrb_step(&bound, &config, AP_TRAJECTORY_PLANE, 0, 3 * AP_NS_PER_S, &point);
    double speed_m2ps2 = 1.0 / (1.0 / 4.0 + 1.0 / (SPEED_PRIOR_MPS * SPEED_PRIOR_MPS));
    assert_near(variance_m2, 2.0 * (100.0 + 0.25 * speed_m2ps2), 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pcrb_steady),
        cmocka_unit_test(test_pcrb_step_first_look),
        cmocka_unit_test(test_pcrb_step_own_motion),
        cmocka_unit_test(test_pcrb_dense),
        cmocka_unit_test_setup(test_pcrb_line, begin_looks),
        cmocka_unit_test_setup(test_pcrb_constant_error, begin_looks),
        cmocka_unit_test_setup(test_pcrb_as_batch, begin_looks),
        cmocka_unit_test_setup(test_pcrb_turned, begin_looks),
        cmocka_unit_test_setup(test_pcrb_looks_in_time, begin_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

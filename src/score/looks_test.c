#include "score/looks.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "airpicture/geo.h"

#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((value) - (expected)) <= (tolerance))

enum { CAP = 40000 };

static ap_looks looks;
static void *memory;
static ap_sensor adsb, radar;
static uint64_t drawn;

static int begin(void **state)
{
    (void)state;
    size_t size = ap_looks_size(3, CAP);
    memory = malloc(size);
    drawn = 1;
    ap_sensor_defaults(&adsb, AP_SENSOR_ADSB);
    ap_sensor_defaults(&radar, AP_SENSOR_SSR);
    return ap_looks_init(&looks, 3, CAP, memory, size);
}

static int end(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

/* Sum of twelve uniform numbers: of variance 1. */
static double normal(void)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++) {
        drawn = drawn * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        sum += (double)(drawn >> 33) / 2147483648.0;
    }
    return sum;
}

static ap_report position(double time_s, uint16_t sensor, double sigma_m)
{
    return (ap_report){ .time_utc = (ap_utc_ns)(time_s * 1e9),
                        .sensor = sensor,
                        .present = AP_HAS_POSITION,
                        .position_var_ee_m2 = sigma_m * sigma_m,
                        .position_var_nn_m2 = sigma_m * sigma_m };
}

static void add(const ap_sensor *sensor, ap_report report, uint32_t truth, double east,
                double north)
{
    ap_plot_match match = { .truth = truth,
                            .error = { east, north },
                            .point.flags = AP_STATE_HAS_VELOCITY };
    assert_int_equal(ap_looks_add(&looks, sensor, &report, &match), AP_OK);
}

/* Errors of known parts: white 0.2 and slow 0.3 of the variance that is stated, 50 s; velocities
 * white alone. 3 x 6,000 s at 1 s are some 180 independent slow errors an axis: deviations of the
 * estimates are about a tenth. */
static void test_looks_noise(void **state)
{
    (void)state;
    double keep = exp(-1.0 / 50.0), fresh = sqrt(1.0 - keep * keep);
    for (uint32_t truth = 0; truth < 3; truth++) {
        double slow[2] = { normal(), normal() };
        for (int t = 0; t < 6000; t++) {
            double sigma_m = t % 2 ? 30.0 : 10.0, error[2];
            for (int i = 0; i < 2; i++) {
                slow[i] = keep * slow[i] + fresh * normal();
                error[i] = sigma_m * (sqrt(0.3) * slow[i] + sqrt(0.2) * normal());
            }
            ap_report r = position(t, 4, sigma_m);
            r.present |= AP_HAS_VELOCITY;
            r.velocity_sigma_mps = 2.0;
            r.east_mps = normal();
            r.north_mps = normal();
            add(&adsb, r, truth, error[0], error[1]);
        }
    }
    ap_looks_finish(&looks);
    const ap_look_source *source = &looks.source[AP_LOOKS_ADSB];
    ap_look fine = { .east2 = 100.0f, .north2 = 100.0f }, slow = { .east2 = 4.0f, .north2 = 4.0f };
    const ap_look_noise *place = &source->noise[AP_LOOK_POSITION][ap_look_level(&fine)];
    const ap_look_noise *velocity = &source->noise[AP_LOOK_VELOCITY][ap_look_level(&slow)];
    assert_int_equal(source->count, 36000);
    assert_near(place->white, 0.2 + 0.3 * (1.0 - keep), 0.01);
    assert_near(place->slow, 0.3, 0.06);
    assert_near(looks.slot_time_s[0], 50.0, 15.0);
    assert_int_equal(source->slot[AP_LOOK_POSITION], 0);
    assert_near(velocity->white, 0.25, 0.01); /* 1 m/s where 2 are stated */
    assert_near(velocity->slow, 0.0, 0.0);
    assert_int_equal(source->slot[AP_LOOK_VELOCITY], -1);
    assert_int_equal(looks.slot_count, 1);
    assert_true(looks.lie_count == 0 && looks.copy_count == 0);
}

/* By truth, then by time, however they come; a second receiver's copies, lies, what is extrapolated
 * and what has no covariance are left out. */
static void test_looks_kept(void **state)
{
    (void)state;
    for (int t = 9; t >= 0; t--)
        for (uint32_t truth = 0; truth < 3; truth += 2) {
            add(&adsb, position(t, 1, 10.0), truth, 0.0, 0.0);
            add(&adsb, position(t + 0.01, 2, 10.0), truth, 0.0, 0.0);
            add(&radar, position(t + 0.02, 3, 10.0), truth, 0.0, 0.0); /* another source */
        }
    add(&adsb, position(20, 1, 10.0), 1, 42.0, 0.0);
    add(&adsb, position(21, 1, 10.0), 1, 44.0, 0.0); /* 4.4 sigma */
    ap_report coasted = position(22, 3, 10.0), none = position(23, 3, 10.0);
    coasted.flags = AP_FLAG_EXTRAPOLATED;
    none.position_var_en_m2 = 200.0;
    add(&radar, coasted, 1, 0.0, 0.0);
    add(&radar, none, 1, 0.0, 0.0);
    ap_looks_finish(&looks);
    assert_int_equal(looks.count, 41);
    assert_int_equal(looks.copy_count, 20);
    assert_int_equal(looks.lie_count, 1);
    assert_int_equal(looks.first[1], 20);
    assert_int_equal(looks.first[2], 21);
    assert_int_equal(looks.first[3], 41);
    for (uint32_t i = 1; i < looks.count; i++)
        assert_true(looks.look[i].truth > looks.look[i - 1].truth ||
                    looks.look[i].time_utc > looks.look[i - 1].time_utc);
}

/* A radar's errors lie along and across the line of sight. From a radar at 60 degrees north to 4
 * degrees of longitude farther east, that arrives at 90 + atan(sin 60 tan 2) = 91.732 degrees. */
static void test_looks_polar(void **state)
{
    (void)state;
    double lat = 60.0 * AP_RAD_PER_DEG, dlon = 4.0 * AP_RAD_PER_DEG;
    ap_plot_match match = { .point = { .x = dlon, .y = lat, .height_m = 10000.0 },
                            .error = { 50.0, 0.0 } };
    assert_int_equal(ap_sensor_place(&radar, (ap_geodetic){ lat, 0.0, 0.0 }), AP_OK);
    ap_polar_from_ecef(&radar.frame, ap_ecef_from_geodetic((ap_geodetic){ lat, dlon, 10000.0 }),
                       &match.range_m, &match.azimuth_rad, &match.elevation_rad);
    ap_report r = { .time_utc = 1,
                    .present = AP_HAS_POLAR,
                    .range_m = match.range_m,
                    .range_sigma_m = 50.0,
                    .azimuth_sigma_rad = 1e-3 };
    assert_int_equal(ap_looks_add(&looks, &radar, &r, &match), AP_OK);
    ap_look fix = looks.look[0];
    double east_m = (double)fix.error_east, north_m = (double)fix.error_north;
    assert_near(hypot(east_m, north_m), 50.0, 0.1); /* 1 degree up */
    assert_near(atan2(east_m, north_m) / AP_RAD_PER_DEG, 91.732, 0.01);
    double u = sin(91.732 * AP_RAD_PER_DEG), v = cos(91.732 * AP_RAD_PER_DEG);
    double east2 = (double)fix.east2, both2 = (double)fix.both2, north2 = (double)fix.north2;
    assert_near(sqrt(east2 * u * u + 2.0 * both2 * u * v + north2 * v * v), 50.0, 0.1);
    assert_near(sqrt(east2 * v * v - 2.0 * both2 * u * v + north2 * u * u), match.range_m * 1e-3,
                0.1);
    match.error[1] = 1e-3; /* clockwise: southward here */
    match.error[0] = 0.0;
    assert_int_equal(ap_looks_add(&looks, &radar, &r, &match), AP_OK);
    fix = looks.look[1];
    assert_near((double)fix.error_north, -match.range_m * 1e-3, 1.0);
    match.elevation_rad = 1.5; /* overhead a range tells no place */
    assert_int_equal(ap_looks_add(&looks, &radar, &r, &match), AP_OK);
    assert_int_equal(looks.count, 2);
}

/* Full is said, and more room mends it. */
static void test_looks_move(void **state)
{
    (void)state;
    size_t small = ap_looks_size(3, 3), large = ap_looks_size(3, 8);
    void *one = malloc(small), *two = malloc(large);
    assert_int_equal(ap_looks_init(&looks, 3, 3, one, small), AP_OK);
    add(&adsb, position(1, 1, 10.0), 0, 0.0, 0.0);
    add(&adsb, position(0, 1, 10.0), 2, 100.0, 0.0);
    add(&adsb, position(0, 1, 10.0), 2, 1.0, 0.0);
    ap_report r = position(3, 1, 10.0);
    ap_plot_match match = { .truth = 1 };
    assert_int_equal(ap_looks_add(&looks, &adsb, &r, &match), AP_ERR_FULL);
    assert_int_equal(ap_looks_move(&looks, 1, two, large), AP_ERR_ARGUMENT);
    assert_int_equal(ap_looks_move(&looks, 8, two, small), AP_ERR_MEMORY);
    assert_int_equal(ap_looks_move(&looks, 8, two, large), AP_OK);
    free(one);
    assert_int_equal(ap_looks_add(&looks, &adsb, &r, &match), AP_OK);
    ap_looks_finish(&looks);
    assert_int_equal(looks.count, 3);
    assert_int_equal(looks.lie_count, 1);
    assert_true(looks.look[1].truth == 1 && looks.look[2].truth == 2);
    assert_int_equal(ap_looks_size(3, 0), 0);
    free(two);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_looks_noise),
        CASE(test_looks_kept),
        CASE(test_looks_polar),
        CASE(test_looks_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

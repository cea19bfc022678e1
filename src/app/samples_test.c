#include "app/samples.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "airpicture/geo.h"
#include "app/samples_row.h"

static bool set(ap_sample_row *row, const char *name, const char *text)
{
    const ap_sample_field *field = ap_sample_field_of(name, strlen(name));
    assert_non_null(field);
    return ap_sample_row_set(row, field, text, strlen(text));
}

static void test_sample_number_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = { { "0", 0.0 },
                 { "-12.5", -12.5 },
                 { "+3", 3.0 },
                 { ".5", 0.5 },
                 { "56.083148555", 56.083148555 },
                 { "1709294400.023437", 1709294400.023437 },
                 { "0.1", 0.1 },
                 { "123456789012345678", 123456789012345678.0 },
                 { "1e-3", 1e-3 },
                 { "-1.25E2", -125.0 } };
    static const char *const bad[] = { "", "-", ".", "1x", "nan", "inf", "0x10", "1e999", "1 2" };
    double value;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(ap_sample_number(good[i].text, strlen(good[i].text), &value));
        assert_memory_equal(&value, &good[i].value, sizeof value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(ap_sample_number(bad[i], strlen(bad[i]), &value));
}

/* Nothing is read behind a text, and a NUL in it is no end. */
static void test_sample_text_bounds(void **state)
{
    (void)state;
    static const char name[] = "time_s\0\0\0", digits[] = { '1', 'e', '2', '3', '4' };
    double value;
    assert_non_null(ap_sample_field_of(name, 6));
    assert_null(ap_sample_field_of(name, 7));
    assert_null(ap_sample_field_of(name, 9));
    assert_null(ap_sample_field_of(name, 3));
    assert_true(ap_sample_number(digits, 3, &value));
    assert_true(value == 100.0);
    assert_false(ap_sample_number("1e2\0", 4, &value));
}

static void test_samples_id_of_names(void **state)
{
    (void)state;
    ap_samples samples;
    uint64_t a, b, c;
    char name[AP_SAMPLES_NAME_SIZE];
    ap_samples_init(&samples);
    assert_int_equal(ap_samples_id_of(&samples, "42", 2, &a), AP_OK);
    assert_int_equal(a, 42);
    assert_int_equal(ap_samples_id_of(&samples, "042", 3, &b), AP_OK); /* another name */
    assert_true(b >= AP_SAMPLES_NAMED);
    for (int i = 0; i < 5000; i++) { /* the tables grow */
        int size = snprintf(name, sizeof name, "t%d", i);
        assert_int_equal(ap_samples_id_of(&samples, name, (size_t)size, &c), AP_OK);
        assert_int_equal(c, AP_SAMPLES_NAMED + 1 + (uint64_t)i);
    }
    assert_int_equal(ap_samples_id_of(&samples, "042", 3, &c), AP_OK);
    assert_int_equal(c, b);
    ap_samples_name_of(&samples, b, name);
    assert_string_equal(name, "042");
    ap_samples_name_of(&samples, 42, name);
    assert_string_equal(name, "42");
    ap_samples_close(&samples);
}

static void test_sample_row_add_units(void **state)
{
    (void)state;
    ap_samples samples;
    ap_sample_row row = { 0 };
    ap_samples_init(&samples);
    set(&row, "time_s", "1709294400.023437");
    set(&row, "track_id", "7");
    set(&row, "latitude_deg", "56.5");
    set(&row, "longitude_deg", "3.25");
    set(&row, "ground_speed_kt", "360");
    set(&row, "track_deg", "90");
    set(&row, "vertical_rate_fpm", "-600");
    set(&row, "pressure_altitude_ft", "1000");
    set(&row, "position_sigma_m", "30");
    set(&row, "position_sigma_minor_m", "10");
    set(&row, "position_sigma_axis_deg", "90");
    set(&row, "icao24", "F0A001");
    set(&row, "squawk", "7700");
    set(&row, "sensor", "East radar");
    assert_int_equal(ap_sample_row_add(&samples, &row, "f", 2), AP_OK);
    assert_int_equal(samples.set.state_count, 1);
    assert_true(samples.is_utc);
    const ap_trajectory_state *s = &samples.set.states[0];
    assert_true(s->time_utc == INT64_C(1709294400023437000));
    assert_true(fabs(s->latitude_rad - 56.5 * AP_RAD_PER_DEG) < 1e-15);
    assert_float_equal(s->east_mps, 185.2, 1e-9); /* 360 kt */
    assert_float_equal(s->north_mps, 0.0, 1e-9);
    assert_float_equal(s->up_mps, -3.048, 1e-6);
    assert_float_equal(s->pressure_altitude_m, 304.8, 1e-3);
    assert_int_equal(s->flags >> AP_SAMPLES_SENSOR_SHIFT, 1);
    assert_string_equal(samples.sensor[0], "East radar");
    const ap_trajectory_covariance *c = &samples.set.covariances[0];
    assert_float_equal(c->east_m2, 900.0, 1e-9); /* the major axis lies east */
    assert_float_equal(c->north_m2, 100.0, 1e-9);
    assert_float_equal(c->east_north_m2, 0.0, 1e-9);
    assert_int_equal(samples.set.identities[s->identity].address, 0xF0A001);
    assert_int_equal(samples.set.identities[s->identity].mode_3a, 07700);
    ap_samples_close(&samples);
}

static void add(ap_samples *samples, const char *time, const char *age, const char *status)
{
    ap_sample_row row = { 0 };
    set(&row, "time_s", time);
    set(&row, "track_id", "1");
    set(&row, "x", "10");
    set(&row, "y", "20");
    set(&row, "update_age_s", age);
    set(&row, "state", status);
    assert_int_equal(ap_sample_row_add(samples, &row, "f", 2), AP_OK);
}

static void test_sample_row_add_refuses(void **state)
{
    (void)state;
    ap_samples samples;
    ap_sample_row row = { 0 };
    ap_samples_init(&samples);
    add(&samples, "4", "1", "firm");
    add(&samples, "8", "5", "firm"); /* updated at 3: nothing new since the state before */
    add(&samples, "12", "3.9", "firm");
    add(&samples, "16", "0", "tentative");
    add(&samples, "noon", "0", "firm");
    set(&row, "time_s", "20");
    set(&row, "track_id", "1");
    assert_int_equal(ap_sample_row_add(&samples, &row, "f", 9), AP_OK); /* no place */
    set(&row, "lat", "95");
    set(&row, "lon", "8");
    assert_int_equal(ap_sample_row_add(&samples, &row, "f", 10), AP_OK);
    assert_int_equal(samples.set.state_count, 3);
    assert_false(samples.set.states[0].flags & AP_STATE_COASTING);
    assert_true(samples.set.states[1].flags & AP_STATE_COASTING);
    assert_false(samples.set.states[2].flags & AP_STATE_COASTING);
    assert_int_equal(samples.unpublished_count, 1);
    assert_int_equal(samples.place_count, 1);
    assert_int_equal(samples.refused_count, 2);
    assert_non_null(strstr(samples.first_refusal, "f:2: no time"));
    ap_samples_close(&samples);
}

/* The first row says which clock a file has; 1.7e9 s are in 2023. */
static void test_sample_row_add_other_clock(void **state)
{
    (void)state;
    ap_samples samples;
    ap_samples_init(&samples);
    add(&samples, "4", "1", "firm");
    add(&samples, "1700000000", "1", "firm");
    assert_int_equal(samples.set.state_count, 1);
    assert_non_null(strstr(samples.first_refusal, "a UTC time among times from a beginning"));
    ap_samples_close(&samples);
    ap_samples_init(&samples);
    add(&samples, "1700000000", "1", "firm");
    add(&samples, "4", "1", "firm");
    assert_int_equal(samples.set.state_count, 1);
    assert_non_null(strstr(samples.first_refusal, "of its own among UTC times"));
    ap_samples_close(&samples);
}

static void test_samples_add_grows(void **state)
{
    (void)state;
    ap_samples samples;
    ap_samples_init(&samples);
    ap_trajectory_covariance c = { .east_m2 = 1.0, .north_m2 = 1.0 };
    for (uint64_t i = 0; i < 200000; i++) { /* covariances come late, more rows than foreseen */
        ap_trajectory_state s = { .time_utc = (ap_utc_ns)i * AP_NS_PER_S };
        s.x_m = (double)i;
        assert_int_equal(ap_samples_add(&samples, AP_TRAJECTORY_PLANE, i % 70000, &s,
                                        i > 100000 ? &c : NULL, NULL, -1.0),
                         AP_OK);
    }
    assert_int_equal(samples.set.state_count, 200000);
    assert_int_equal(samples.set.trajectory_count, 70000);
    assert_true(fabs(samples.set.states[150000].x_m - 150000.0) < 1e-9);
    ap_trajectory_state s = { .time_utc = 5 };
    assert_int_equal(ap_samples_add(&samples, AP_TRAJECTORY_GEODETIC, 1, &s, NULL, NULL, -1.0),
                     AP_ERR_ARGUMENT);
    ap_samples_close(&samples);
}

/* A flight that tells its call sign now and then changes what it tells with each row. */
static void test_samples_add_many_identities(void **state)
{
    (void)state;
    ap_samples samples;
    ap_samples_init(&samples);
    enum { ROWS = 100000 };
    for (uint32_t i = 0; i < ROWS; i++) {
        ap_trajectory_state s = { .time_utc = (ap_utc_ns)i * AP_NS_PER_S };
        ap_trajectory_identity told = { .address = i % 2, .flags = AP_IDENTITY_HAS_ADDRESS };
        assert_int_equal(ap_samples_add(&samples, AP_TRAJECTORY_PLANE, 1, &s, NULL, &told, -1.0),
                         AP_OK);
    }
    assert_int_equal(samples.set.state_count, ROWS);
    const ap_trajectory_state *last = &samples.set.states[ROWS - 1];
    assert_true(last->identity != AP_TRAJECTORY_NONE);
    assert_int_equal(samples.set.identities[last->identity].address, 1);
    ap_samples_close(&samples);
}

static void test_sample_row_add_nis(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        /* sensor, nis, its dimensions */
        { "a", "1.5", "2" }, { "a", "2.5", "2" }, { "b", "3", "1" },
        { "", "7", "3" },    { "a", "-1", "2" },  { "a", "1", "4" },
        { "a", "1", "1.5" }, { "a", "1", "" },    { "a", "", "2" }
    };
    ap_samples samples;
    ap_samples_init(&samples);
    assert_int_equal(ap_samples_nis_of(&samples, 1, 2).count, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ap_sample_row row = { 0 };
        char time[24];
        snprintf(time, sizeof time, "%zu", i);
        set(&row, "time_s", time);
        set(&row, "track_id", "1");
        set(&row, "x", "0");
        set(&row, "y", "0");
        set(&row, "sensor", rows[i][0]);
        set(&row, "nis", rows[i][1]);
        set(&row, "nis_dimensions", rows[i][2]);
        assert_int_equal(ap_sample_row_add(&samples, &row, "f", i + 1), AP_OK);
    }
    assert_int_equal(ap_samples_nis_of(&samples, 1, 2).count, 2);
    assert_true(fabs(ap_samples_nis_of(&samples, 1, 2).sum - 4.0) < 1e-12);
    assert_int_equal(ap_samples_nis_of(&samples, 2, 1).count, 1);
    assert_int_equal(ap_samples_nis_of(&samples, 0, 3).count, 1);
    assert_int_equal(samples.nis_refused_count, 4);
    assert_int_equal(samples.set.state_count, 9);
    ap_samples_close(&samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample_number_exact),
        cmocka_unit_test(test_sample_text_bounds),
        cmocka_unit_test(test_samples_id_of_names),
        cmocka_unit_test(test_sample_row_add_units),
        cmocka_unit_test(test_sample_row_add_refuses),
        cmocka_unit_test(test_sample_row_add_other_clock),
        cmocka_unit_test(test_sample_row_add_nis),
        cmocka_unit_test(test_samples_add_grows),
        cmocka_unit_test(test_samples_add_many_identities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

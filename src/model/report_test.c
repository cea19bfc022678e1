#include "airpicture/report.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* A report with every field present and sound. */
static ap_report full(void)
{
    return (ap_report){
        .time_utc = 1,
        .receive_utc = 2,
        .present = 0x3FFFFF,
        .address = 0xABCDEF,
        .mode_3a = 07777,
        .callsign = "KLM123",
        .range_m = 1e5,
        .azimuth_rad = 1,
        .range_sigma_m = 70,
        .azimuth_sigma_rad = 1e-3,
        .elevation_sigma_rad = 1e-3,
        .latitude_rad = 1,
        .longitude_rad = -3,
        .position_var_ee_m2 = 4,
        .position_var_en_m2 = 3,
        .position_var_nn_m2 = 4,
        .pressure_altitude_sigma_m = 8,
        .geometric_height_sigma_m = 8,
        .doppler_sigma_mps = 2,
        .velocity_sigma_mps = 1,
        .up_sigma_mps = 1,
        .mach = 0.8,
    };
}

static void test_report_is_sound(void **state)
{
    (void)state;
    ap_report report = full();
    assert_true(ap_report_is_sound(&report));
    assert_true(ap_report_is_sound(&(ap_report){ .time_utc = 1, .receive_utc = 1 }));
}

#define AT(field) offsetof(ap_report, field)

/* Each number of each field turned bad in turn; the same value is no matter when absent. */
static void test_report_is_sound_refuses(void **state)
{
    (void)state;
    static const struct {
        uint32_t has;
        size_t offset;
        double bad;
    } cases[] = {
        { AP_HAS_POLAR, AT(range_m), -1 },
        { AP_HAS_POLAR, AT(range_m), NAN },
        { AP_HAS_POLAR, AT(azimuth_rad), INFINITY },
        { AP_HAS_POLAR, AT(range_sigma_m), 0 },
        { AP_HAS_POLAR, AT(azimuth_sigma_rad), -1 },
        { AP_HAS_ELEVATION, AT(elevation_rad), 2 },
        { AP_HAS_ELEVATION, AT(elevation_sigma_rad), NAN },
        { AP_HAS_POSITION, AT(latitude_rad), 1.58 },
        { AP_HAS_POSITION, AT(longitude_rad), -3.15 },
        { AP_HAS_POSITION, AT(longitude_rad), NAN },
        { AP_HAS_POSITION, AT(position_var_ee_m2), 0 },
        { AP_HAS_POSITION, AT(position_var_nn_m2), -4 },
        { AP_HAS_POSITION, AT(position_var_en_m2), 4 },
        { AP_HAS_POSITION, AT(position_var_en_m2), -4.1 },
        { AP_HAS_PRESSURE_ALTITUDE, AT(pressure_altitude_m), NAN },
        { AP_HAS_PRESSURE_ALTITUDE, AT(pressure_altitude_sigma_m), 0 },
        { AP_HAS_GEOMETRIC_HEIGHT, AT(geometric_height_m), -INFINITY },
        { AP_HAS_GEOMETRIC_HEIGHT, AT(geometric_height_sigma_m), 0 },
        { AP_HAS_VELOCITY, AT(east_mps), NAN },
        { AP_HAS_VELOCITY, AT(north_mps), INFINITY },
        { AP_HAS_VELOCITY, AT(velocity_sigma_mps), 0 },
        { AP_HAS_VERTICAL_RATE, AT(up_mps), NAN },
        { AP_HAS_VERTICAL_RATE, AT(up_sigma_mps), 0 },
        { AP_HAS_ROLL, AT(roll_rad), 4 },
        { AP_HAS_TRACK_RATE, AT(track_rate_radps), NAN },
        { AP_HAS_HEADING, AT(heading_rad), NAN },
        { AP_HAS_TRUE_AIRSPEED, AT(true_airspeed_mps), -1 },
        { AP_HAS_INDICATED_AIRSPEED, AT(indicated_airspeed_mps), NAN },
        { AP_HAS_MACH, AT(mach), NAN },
        { AP_HAS_SELECTED_ALTITUDE, AT(selected_altitude_m), NAN },
        { AP_HAS_DOPPLER, AT(doppler_mps), NAN },
        { AP_HAS_DOPPLER, AT(doppler_sigma_mps), 0 },
        { AP_HAS_DOPPLER, AT(doppler_ambiguity_mps), -1 },
        { AP_HAS_ALTITUDE_AGE, AT(pressure_altitude_age_s), -1 },
        { AP_HAS_PRESSURE_ALTITUDE, AT(pressure_altitude_step_m), -1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_report report = full();
        memcpy((char *)&report + cases[i].offset, &cases[i].bad, sizeof(double));
        assert_false(ap_report_is_sound(&report));
        report.present &= ~cases[i].has;
        assert_true(ap_report_is_sound(&report));
    }
}

static void test_report_is_sound_identity(void **state)
{
    (void)state;
    ap_report report = full();
    report.address = 0x1000000;
    assert_false(ap_report_is_sound(&report));
    report = full();
    report.address_kind = AP_ADDRESS_KIND_COUNT;
    assert_false(ap_report_is_sound(&report));
    report = full();
    report.mode_3a = 010000;
    assert_false(ap_report_is_sound(&report));
    report = full();
    report.time_utc = AP_UTC_UNKNOWN;
    assert_false(ap_report_is_sound(&report));
    report = full();
    report.kind = AP_REPORT_KIND_COUNT;
    assert_false(ap_report_is_sound(&report));
}

static void test_callsign_copy(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        const char *expected;
    } cases[] = {
        { "KLM1023 ", 8, "KLM1023" },
        { "        ", 8, "" },
        { "AB CD   ", 8, "AB CD" },
        { "klm#1", 5,
          "???"
          "?1" },
        { "ABCDEFGHIJ", 10, "ABCDEFGH" },
        { "AB\0CD", 5, "AB" },
        { "", 0, "" },
        { "A\xC3", 2, "A?" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char callsign[AP_CALLSIGN_SIZE];
        memset(callsign, 'x', sizeof callsign);
        ap_callsign_copy(callsign, cases[i].text, cases[i].size);
        assert_string_equal(callsign, cases[i].expected);
        assert_int_equal(callsign[AP_CALLSIGN_SIZE - 1], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_is_sound),
        cmocka_unit_test(test_report_is_sound_refuses),
        cmocka_unit_test(test_report_is_sound_identity),
        cmocka_unit_test(test_callsign_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

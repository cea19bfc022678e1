#include "app/detections.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/geo.h"

static ap_csv csv;
static ap_detection_columns columns;
static ap_detection detection;
static char why[AP_DETECTION_WHY_SIZE];

static void take_line(const char *line)
{
    bool whole;
    ap_csv_init(&csv);
    (void)ap_csv_take(&csv, line, strlen(line), &whole);
    if (!whole)
        assert_true(ap_csv_end(&csv));
}

static bool head(const char *line)
{
    take_line(line);
    return ap_detections_head(&columns, &csv, why);
}

static ap_detection_refusal row(const char *line)
{
    take_line(line);
    return ap_detections_row(&columns, &csv, &detection, why);
}

static void assert_value(ap_detection_value value, double expected)
{
    assert_true(ap_detection_has(&detection, value));
    assert_true(fabs(detection.value[value] - expected) <= 1e-12 * fmax(1.0, fabs(expected)));
}

static void test_row_polar(void **state)
{
    (void)state;
    assert_true(head("det_id,time_s,scan,sensor_id,range_m,azimuth_rad,sigma_range_m,"
                     "sigma_azimuth_rad"));
    assert_true(columns.has_sensor && !columns.has_identity);
    assert_string_equal(columns.unused, "");
    assert_int_equal(row("0,1.5,3,west,1000,0.25,50,0.0014"), AP_DETECTION_TAKEN);
    assert_true(ap_detection_is_polar(&detection) && !ap_detection_is_plane(&detection));
    assert_int_equal(detection.time_utc, 1500000000);
    assert_string_equal(detection.sensor, "west");
    assert_value(AP_DETECTION_RANGE_M, 1000.0);
    assert_value(AP_DETECTION_AZIMUTH_RAD, 0.25);
    assert_value(AP_DETECTION_AZIMUTH_SIGMA_RAD, 0.0014);
    assert_value(AP_DETECTION_SCAN, 3.0);
    assert_int_equal(row("0,1.5,3,west,1000,6.2832,50,0.0014"), AP_DETECTION_TAKEN); /* rounded */
    assert_value(AP_DETECTION_AZIMUTH_RAD, 6.2832);
    assert_int_equal(row("0,1.5,3,west,1000,-6.3,50,0.0014"), AP_DETECTION_TAKEN);
    assert_int_equal(row("0,1.5,3,west,1000,6.5,50,0.0014"), AP_DETECTION_RANGE);
}

static void test_row_units_and_identity(void **state)
{
    (void)state;
    assert_true(head("Time_UTC,range_nmi,azimuth_deg,altitude_ft,address,squawk,callsign,colour"));
    assert_true(columns.has_identity);
    assert_string_equal(columns.unused, "colour");
    assert_int_equal(row("1970-01-01T00:01:00Z,2,90,1000,4B1234,7000,\"SWR 1 \",red"),
                     AP_DETECTION_TAKEN);
    assert_int_equal(detection.time_utc, 60 * AP_NS_PER_S);
    assert_value(AP_DETECTION_RANGE_M, 3704.0);
    assert_value(AP_DETECTION_AZIMUTH_RAD, AP_PI / 2.0);
    assert_value(AP_DETECTION_ALTITUDE_M, 304.8);
    assert_int_equal(detection.identity, AP_HAS_ADDRESS | AP_HAS_MODE_3A | AP_HAS_CALLSIGN);
    assert_int_equal(detection.address, 0x4B1234);
    assert_int_equal(detection.mode_3a, 07000);
    assert_string_equal(detection.callsign, "SWR 1");
    assert_int_equal(row("1970-01-01T00:01:00Z,2,90,,,,,"), AP_DETECTION_TAKEN);
    assert_int_equal(detection.identity, 0);
    assert_false(ap_detection_has(&detection, AP_DETECTION_ALTITUDE_M));
}

static void test_row_any_whole_position(void **state)
{
    (void)state;
    assert_true(head("time_s,x_km,y_km,lat,lon"));
    assert_int_equal(row("0,1,2,,"), AP_DETECTION_TAKEN);
    assert_true(ap_detection_is_plane(&detection) && !ap_detection_is_geodetic(&detection));
    assert_value(AP_DETECTION_Y_M, 2000.0);
    assert_int_equal(row("0,,,50,8"), AP_DETECTION_TAKEN);
    assert_true(ap_detection_is_geodetic(&detection));
    assert_value(AP_DETECTION_LATITUDE_RAD, 50.0 * AP_RAD_PER_DEG);
}

static void test_row_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        ap_detection_refusal refusal;
        const char *part; /* of what is said */
    } cases[] = {
        { "1,abc,0,1,1,0,", AP_DETECTION_NOT_A_NUMBER, "column 'range_m': 'abc'" },
        { "1,10x,0,1,1,0,", AP_DETECTION_NOT_A_NUMBER, "'10x'" },
        { "1,nan,0,1,1,0,", AP_DETECTION_NOT_FINITE, "column 'range_m': 'nan'" },
        { "1,1e999,0,1,1,0,", AP_DETECTION_NOT_FINITE, "'1e999'" },
        { "1,-inf,0,1,1,0,", AP_DETECTION_NOT_FINITE, "'-inf'" },
        { "1,-1,0,1,1,0,", AP_DETECTION_RANGE, "expected 0 to" },
        { "1,1,7,1,1,0,", AP_DETECTION_RANGE, "column 'azimuth_rad': '7'" },
        { "1,1,0,-1,1,0,", AP_DETECTION_RANGE, "column 'sxx'" },
        { "1,1,0,1,1,2,", AP_DETECTION_COVARIANCE, "sxx" },
        { "1,,0,1,1,0,", AP_DETECTION_MISSING, "column 'range_m': nothing" },
        { "1,1,,1,1,0,", AP_DETECTION_MISSING, "column 'azimuth_rad': nothing" },
        { ",1,0,1,1,0,", AP_DETECTION_MISSING, "column 'time_s': nothing" },
        { "5e9,1,0,1,1,0,", AP_DETECTION_RANGE, "column 'time_s'" },
        { "nan,1,0,1,1,0,", AP_DETECTION_NOT_FINITE, "column 'time_s'" },
        { "1,1,0,1,1,0,12345678", AP_DETECTION_NOT_A_NUMBER, "column 'address'" },
        { "1,1,0,1,1,0", AP_DETECTION_FIELD_COUNT, "6 fields; expected 7" },
        { "1,1,0,1,1,0,,", AP_DETECTION_FIELD_COUNT, "8 fields" },
        { "1,\"1,0,1,1,0", AP_DETECTION_SYNTAX, "quote" },
        { "1,\x01,0,1,1,0,", AP_DETECTION_NOT_A_NUMBER, "'?'" },
    };
    assert_true(head("time_s,range_m,azimuth_rad,sxx,syy,sxy,address"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(row(cases[i].line), cases[i].refusal);
        assert_non_null(strstr(why, cases[i].part));
        assert_int_equal(detection.line, 1);
    }
}

static void test_row_times_and_codes(void **state)
{
    (void)state;
    assert_true(head("time_utc,x,y,mode_3a,sensor"));
    assert_int_equal(row("yesterday,1,2,,"), AP_DETECTION_NOT_A_NUMBER);
    assert_int_equal(row("2150-01-01,1,2,,"), AP_DETECTION_NOT_A_NUMBER); /* beyond the tracker */
    assert_int_equal(row("2024-06-06,1,2,8888,"), AP_DETECTION_NOT_A_NUMBER);
    assert_int_equal(row("2024-06-06,1,2,7777,a name of more than 31 characters"),
                     AP_DETECTION_RANGE);
    assert_int_equal(row("2024-06-06,1,2,7777,a"), AP_DETECTION_TAKEN);
}

static void test_head_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *line, *part;
    } cases[] = {
        { "range_m,azimuth_rad", "no column of times" },
        { "time_s,callsign", "no columns of positions" },
        { "time_s,range_m", "range_m goes with azimuth_rad" },
        { "time_s,y_m", "x_m goes with y_m" },
        { "time_s,x,y,sxx", "sxx goes with syy" },
        { "time_s,x,y,x_m", "'x' and 'x_m' state the same" },
        { "time_s,time_utc,x,y", "'time_s' and 'time_utc'" },
        { "time_s,\"x,y", "quote" },
        { "1.0,2.0,3.0", "no column of times" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_false(head(cases[i].line));
        assert_non_null(strstr(why, cases[i].part));
    }
}

static void test_refusal_texts(void **state)
{
    (void)state;
    for (int i = 0; i < AP_DETECTION_REFUSAL_COUNT; i++) {
        assert_true(strlen(ap_detection_refusal_key((ap_detection_refusal)i)) > 4);
        assert_true(strlen(ap_detection_refusal_text((ap_detection_refusal)i)) > 4);
    }
    assert_string_equal(ap_detection_refusal_key(AP_DETECTION_TAKEN), "unlisted");
    assert_string_equal(ap_detection_refusal_text(AP_DETECTION_TAKEN), "unlisted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_row_polar),
        cmocka_unit_test(test_row_units_and_identity),
        cmocka_unit_test(test_row_any_whole_position),
        cmocka_unit_test(test_row_refusals),
        cmocka_unit_test(test_row_times_and_codes),
        cmocka_unit_test(test_head_refusals),
        cmocka_unit_test(test_refusal_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

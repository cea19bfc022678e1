#include "app/plane.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "app/plane_columns.h"

static ap_sensor radar_at(const ap_enu_frame *plane, double x_m, double y_m)
{
    ap_sensor radar = { .name = "r" };
    ap_sensor_defaults(&radar, AP_SENSOR_PSR);
    ap_vec3 at = { x_m, y_m, 0.0 };
    radar.site = ap_geodetic_from_ecef(ap_ecef_from_enu(plane, at));
    radar.frame = ap_enu_frame_at(radar.site);
    radar.has_site = true;
    return radar;
}

static void put(ap_detection *d, ap_detection_value value, double number)
{
    d->value[value] = number;
    d->has |= 1u << value;
}

static void assert_near(double a, double b, double tolerance)
{
    assert_true(fabs(a - b) <= tolerance);
}

/* In a flat world with the radar at the origin, what was stated is what is reported. */
static void test_report_flat_polar(void **state)
{
    (void)state;
    ap_enu_frame plane = ap_plane_default();
    ap_sensor radar = radar_at(&plane, 0.0, 0.0);
    ap_detection d = { .time_utc = 5 };
    put(&d, AP_DETECTION_RANGE_M, 200e3);
    put(&d, AP_DETECTION_AZIMUTH_RAD, 1.0);
    put(&d, AP_DETECTION_RANGE_SIGMA_M, 33.0);
    ap_report r;
    ap_plane_report(&plane, true, &radar, &d, &r);
    assert_int_equal(r.present, AP_HAS_POLAR | AP_HAS_GEOMETRIC_HEIGHT);
    assert_int_equal(r.flags, AP_FLAG_PRIMARY);
    assert_near(r.range_m, 200e3, 1e-6);
    assert_near(r.azimuth_rad, 1.0, 1e-12);
    assert_true(r.range_sigma_m == 33.0 && r.azimuth_sigma_rad == radar.azimuth_sigma_rad);
    assert_near(r.geometric_height_m, 200e3 * 200e3 / 2.0 / 6.37e6, 30.0); /* of a tangent */
}

/* The same point by range, by x and y from another site, and by latitude and longitude. */
static void test_report_same_point(void **state)
{
    (void)state;
    ap_enu_frame plane = ap_enu_frame_at((ap_geodetic){ 0.9, 0.1, 0.0 });
    ap_sensor radar = radar_at(&plane, 50e3, -20e3);
    ap_vec3 p = { 80e3, 20e3, 5000.0 };
    ap_vec3 ecef = ap_ecef_from_enu(&plane, p);
    ap_geodetic at = ap_geodetic_from_ecef(ecef);
    double range_m, azimuth_rad, elevation_rad;
    ap_polar_from_ecef(&radar.frame, ecef, &range_m, &azimuth_rad, &elevation_rad);
    ap_detection polar = { 0 }, flat = { 0 }, geodetic = { 0 };
    put(&polar, AP_DETECTION_RANGE_M, hypot(30e3, 40e3));
    put(&polar, AP_DETECTION_AZIMUTH_RAD, atan2(30e3, 40e3));
    put(&polar, AP_DETECTION_Z_M, 5000.0);
    put(&polar, AP_DETECTION_SITE_X_M, 50e3);
    put(&polar, AP_DETECTION_SITE_Y_M, -20e3);
    put(&flat, AP_DETECTION_X_M, p.x_m);
    put(&flat, AP_DETECTION_Y_M, p.y_m);
    put(&flat, AP_DETECTION_Z_M, p.z_m);
    put(&flat, AP_DETECTION_X_SIGMA_M, 100.0);
    put(&flat, AP_DETECTION_Y_SIGMA_M, 10.0);
    put(&geodetic, AP_DETECTION_LATITUDE_RAD, at.latitude_rad);
    put(&geodetic, AP_DETECTION_LONGITUDE_RAD, at.longitude_rad);
    put(&geodetic, AP_DETECTION_HEIGHT_M, at.height_m);
    ap_report r;
    ap_plane_report(&plane, true, &radar, &polar, &r);
    assert_near(r.range_m, range_m, 1e-6);
    assert_near(r.azimuth_rad, azimuth_rad, 1e-12);
    assert_near(r.geometric_height_m, at.height_m, 1e-6);
    ap_plane_report(&plane, true, &radar, &flat, &r);
    assert_int_equal(r.present, AP_HAS_POSITION | AP_HAS_GEOMETRIC_HEIGHT);
    assert_near(r.latitude_rad, at.latitude_rad, 1e-13);
    assert_near(r.longitude_rad, at.longitude_rad, 1e-13);
    assert_near(r.range_m, range_m, 1e-6);
    assert_true(ap_report_is_sound(&(ap_report){ .present = r.present,
                                                 .latitude_rad = r.latitude_rad,
                                                 .longitude_rad = r.longitude_rad,
                                                 .position_var_ee_m2 = r.position_var_ee_m2,
                                                 .position_var_en_m2 = r.position_var_en_m2,
                                                 .position_var_nn_m2 = r.position_var_nn_m2,
                                                 .geometric_height_sigma_m = 1.0 }));
    /* Meridians meet: the axes of the plane are turned there. */
    assert_near(r.position_var_ee_m2 + r.position_var_nn_m2, 100.0 * 100.0 + 100.0, 5.0);
    assert_true(fabs(r.position_var_en_m2) > 1.0);
    ap_plane_report(&plane, true, &radar, &geodetic, &r);
    assert_near(r.latitude_rad, at.latitude_rad, 0.0);
    assert_near(r.geometric_height_m, at.height_m, 0.0);
    assert_near(r.range_m, range_m, 1e-6);
}

/* On the round Earth ranges are slant and the sensor's biases are taken off. */
static void test_report_round(void **state)
{
    (void)state;
    ap_enu_frame plane = ap_plane_default();
    ap_sensor radar = radar_at(&plane, 0.0, 0.0);
    radar.range_bias_m = 30.0;
    radar.azimuth_bias_rad = 0.5;
    radar.latency_s = 0.25;
    ap_detection d = { .time_utc = AP_NS_PER_S,
                       .identity = AP_HAS_MODE_3A | AP_HAS_CALLSIGN,
                       .mode_3a = 01234,
                       .callsign = "ABC" };
    put(&d, AP_DETECTION_RANGE_M, 1030.0);
    put(&d, AP_DETECTION_AZIMUTH_RAD, 0.25);
    put(&d, AP_DETECTION_ELEVATION_RAD, 0.1);
    put(&d, AP_DETECTION_ALTITUDE_M, 300.0);
    put(&d, AP_DETECTION_VX_MPS, 3.0);
    put(&d, AP_DETECTION_VY_MPS, 4.0);
    ap_report r;
    ap_plane_report(&plane, false, &radar, &d, &r);
    assert_int_equal(r.present, AP_HAS_POLAR | AP_HAS_ELEVATION | AP_HAS_PRESSURE_ALTITUDE |
                                    AP_HAS_VELOCITY | AP_HAS_MODE_3A | AP_HAS_CALLSIGN);
    assert_int_equal(r.flags, AP_FLAG_SECONDARY);
    assert_int_equal(r.time_utc, 750000000);
    assert_true(r.range_m == 1000.0);
    assert_near(r.azimuth_rad, 2.0 * AP_PI - 0.25, 1e-12);
    assert_near(r.east_mps, 3.0, 1e-3);
    assert_int_equal(r.mode_3a, 01234);
    assert_string_equal(r.callsign, "ABC");
}

static void test_track_and_columns(void **state)
{
    (void)state;
    ap_enu_frame plane = ap_plane_default();
    ap_vec3 at = { 120e3, -70e3, 0.0 };
    ap_track track = { .id = 7,
                       .state = AP_TRACK_FIRM,
                       .existence = 1.0,
                       .has_height = true,
                       .time_utc = 2 * AP_NS_PER_S,
                       .updated_utc = AP_NS_PER_S,
                       .east_mps = 100.0,
                       .north_mps = 50.0,
                       .track_rate_radps = 0.5 * AP_RAD_PER_DEG,
                       .has_acceleration = true,
                       .acceleration_mps2 = -0.25,
                       .mode_probability = { 0.75, 0.25 },
                       .vertical_probability = { 0.5, 0.5 },
                       .source_count = 1 };
    track.position = ap_geodetic_from_ecef(ap_ecef_from_enu(&plane, at));
    for (int i = 0; i < 4; i++)
        track.P_enu[i][i] = i < 2 ? 100.0 : 4.0;
    ap_sensor sensor = { .name = "a,b" };
    ap_sensor_table table = { .sensor = &sensor, .count = 1, .cap = 1 };
    ap_plane_track row = ap_plane_track_of(&plane, &table, &track);
    assert_near(row.x_m, at.x_m, 1e-6);
    assert_near(row.y_m, at.y_m, 1e-6);
    assert_near(row.z_m, 0.0, 1e-6);
    assert_near(hypot(row.vx_mps, row.vy_mps), hypot(100.0, 50.0), 0.1);
    assert_near(row.P[0][0], 100.0, 0.1);
    assert_near(row.P[3][3], 4.0, 0.01);
    assert_near(row.P[0][1], row.P[1][0], 1e-12);
    uint8_t bytes[4096];
    ap_writer text = ap_writer_of(bytes, sizeof bytes);
    ap_plane_csv_head(&text);
    ap_plane_csv(&text, &row);
    ap_plane_json(&text, &row);
    ap_write_u8(&text, 0);
    assert_false(text.bad);
    assert_memory_equal(bytes, "time_s,track_id,x,y,vx,vy,sxx,sxy,syy,", 38);
    assert_non_null(strstr((const char *)bytes, "2.000000,7,120000,-70000,"));
    assert_non_null(strstr((const char *)bytes, ",,,,\"a,b\",,,0.5,-0.25,0.75;0.25;0;0;0;0;0;0,"
                                                "0.5;0.5;0;0\r\n{\"time_s\":2.000000"));
    assert_non_null(strstr((const char *)bytes, "\"update_age_s\":1,"));
    assert_non_null(strstr((const char *)bytes, "\"sensors\":[\"a,b\"],\"track_rate_degps\":0.5,"));
    assert_non_null(strstr((const char *)bytes, "\"vertical_probability\":[0.5,0.5,0,0]}\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_flat_polar),
        cmocka_unit_test(test_report_same_point),
        cmocka_unit_test(test_report_round),
        cmocka_unit_test(test_track_and_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "airpicture/track.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/alert.h"

#define S AP_NS_PER_S

static ap_track at(double latitude_deg, double longitude_deg, double east_mps, double north_mps)
{
    ap_track track = { .id = 1,
                       .number = 1,
                       .state = AP_TRACK_FIRM,
                       .time_utc = 100 * S,
                       .updated_utc = 100 * S,
                       .has_height = true,
                       .has_pressure_altitude = true,
                       .position = { latitude_deg * AP_RAD_PER_DEG, longitude_deg * AP_RAD_PER_DEG,
                                     10000 },
                       .pressure_altitude_m = 9900,
                       .east_mps = east_mps,
                       .north_mps = north_mps };
    for (int i = 0; i < 4; i++)
        track.P_enu[i][i] = i < 2 ? 400 : 25;
    track.vertical_P[0][0] = 100;
    track.vertical_P[1][1] = 4;
    return track;
}

static void test_track_at_same_time_is_a_copy(void **state)
{
    (void)state;
    ap_track track = at(50, 8, 200, 100), copy = ap_track_at(&track, track.time_utc);
    assert_memory_equal(&track, &copy, sizeof track);
    copy = ap_track_at(&track, AP_UTC_UNKNOWN);
    assert_memory_equal(&track, &copy, sizeof track);
}

/* Level flight for a minute: the distance flown and the height held, over the date line, close to
 * a pole and on the equator. Reference: the geodesic distance, scaled to the flight's height. */
static void test_track_at_flies_straight(void **state)
{
    (void)state;
    static const double from[][2] = { { 0, 0 }, { 50, 179.99 }, { -89.95, 10 }, { 70, -179.9 } };
    for (size_t i = 0; i < 4; i++) {
        ap_track track = at(from[i][0], from[i][1], 200, 150);
        ap_track moved = ap_track_at(&track, 160 * S);
        double flown_m = ap_distance_m(track.position, moved.position) * (1 + 10000 / 6371000.0);
        assert_true(fabs(flown_m - 15000) < 15);
        assert_true(fabs(moved.position.height_m - 10000) < 1e-6);
        assert_true(fabs(ap_track_speed_mps(&moved) - 250) < 1e-9);
        assert_true(moved.flags & AP_FLAG_EXTRAPOLATED);
        assert_int_equal(moved.time_utc, 160 * S);
    }
}

/* Over the pole north turns into south: the velocity keeps its direction in space. */
static void test_track_at_crosses_the_pole(void **state)
{
    (void)state;
    ap_track track = at(89.95, 30, 0, 250);
    ap_track moved = ap_track_at(&track, 160 * S);
    assert_true(fabs(ap_wrap_pi(moved.position.longitude_rad + 150 * AP_RAD_PER_DEG)) < 1e-6);
    assert_true(fabs(moved.north_mps + 250) < 1e-3 && fabs(moved.east_mps) < 1e-3);
    assert_true(moved.position.latitude_rad < 90 * AP_RAD_PER_DEG);
}

/* A quarter turn right, then back in time to where it was. */
static void test_track_at_turns_and_returns(void **state)
{
    (void)state;
    ap_track track = at(45, 10, 0, 200);
    track.track_rate_radps = AP_PI / 2 / 30;
    ap_track moved = ap_track_at(&track, 130 * S);
    assert_true(fabs(ap_track_course_rad(&moved) - AP_PI / 2) < 2e-3);
    ap_enu_frame frame = ap_enu_frame_at(track.position);
    ap_vec3 enu = ap_enu_from_ecef(&frame, ap_ecef_from_geodetic(moved.position));
    double radius_m = 200 / track.track_rate_radps;
    assert_true(fabs(enu.x_m - radius_m) < 10 && fabs(enu.y_m - radius_m) < 10);
    ap_track back = ap_track_at(&moved, 100 * S);
    assert_true(ap_distance_m(back.position, track.position) < 0.1);
    assert_true(fabs(back.north_mps - 200) < 0.1);
}

static void test_track_at_climbs(void **state)
{
    (void)state;
    ap_track track = at(45, 10, 0, 200);
    track.up_mps = 10;
    ap_track moved = ap_track_at(&track, 110 * S);
    assert_true(fabs(moved.position.height_m - 10100) < 1e-6);
    assert_true(fabs(moved.pressure_altitude_m - 10000) < 1e-6);
    /* 100 + 10^2 * 4 + q t^3 / 3, q = 0.25 */
    assert_true(fabs(moved.vertical_P[0][0] - (500 + 0.25 * 1000 / 3)) < 1e-9);
    track.has_height = false;
    moved = ap_track_at(&track, 110 * S);
    assert_true(moved.position.height_m == 10000.0);
}

/* Growth: P(t) = P0 + t^2 Pv + t^3 / 3 on each axis, symmetric, the same on both axes. */
static void test_track_at_grows_covariance(void **state)
{
    (void)state;
    ap_track track = at(0, 0, 100, 0), moved = ap_track_at(&track, 104 * S);
    double expected = 400 + 16 * 25 + 64 / 3.0;
    for (int axis = 0; axis < 2; axis++) {
        assert_true(fabs(moved.P_enu[axis][axis] - expected) < 1e-6);
        assert_true(fabs(moved.P_enu[axis][axis + 2] - (4 * 25 + 16 / 2.0)) < 1e-6);
        assert_true(fabs(moved.P_enu[axis + 2][axis + 2] - 29) < 1e-6);
    }
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            assert_true(moved.P_enu[i][j] == moved.P_enu[j][i]);
}

/* The turn's transition tends to the straight one: no jump where the series takes over. */
static void test_track_at_turn_limit(void **state)
{
    (void)state;
    ap_track track = at(45, 10, 100, 200);
    track.track_rate_radps = 0.99e-6;
    ap_track below = ap_track_at(&track, 101 * S);
    track.track_rate_radps = 1.01e-6;
    ap_track above = ap_track_at(&track, 101 * S);
    assert_true(ap_distance_m(below.position, above.position) < 1e-5);
    assert_true(fabs(below.P_enu[0][3] - above.P_enu[0][3]) < 1e-5);
}

static void test_track_speed_and_course(void **state)
{
    (void)state;
    ap_track track = at(0, 0, -30, 40);
    assert_true(fabs(ap_track_speed_mps(&track) - 50) < 1e-12);
    assert_true(fabs(ap_track_course_rad(&track) - (2 * AP_PI - atan2(30, 40))) < 1e-12);
    track = at(0, 0, -0.0, -0.0);
    assert_true(ap_track_course_rad(&track) == 0.0);
}

static void test_keys(void **state)
{
    (void)state;
    assert_string_equal(ap_track_state_key(AP_TRACK_COASTING), "coasting");
    assert_string_equal(ap_track_state_key(AP_TRACK_STATE_COUNT), "unlisted");
    assert_string_equal(ap_track_event_key(AP_EVENT_DROPPED), "dropped");
    assert_string_equal(ap_track_event_key((ap_track_event_kind)-1), "unlisted");
    assert_string_equal(ap_reason_key(AP_REASON_MERGED), "merged");
    assert_string_equal(ap_reason_text(AP_REASON_COUNT), "unlisted");
    assert_string_equal(ap_alert_kind_key(AP_ALERT_EMERGENCY_CODE), "emergency_code");
    assert_string_equal(ap_alert_kind_text(AP_ALERT_KIND_COUNT), "unlisted");
    for (int i = 0; i < AP_TRACK_STATE_COUNT; i++)
        assert_non_null(ap_track_state_key((ap_track_state)i));
    for (int i = 0; i < AP_EVENT_KIND_COUNT; i++)
        assert_non_null(ap_track_event_key((ap_track_event_kind)i));
}

/* 12 m/s for three seconds; after ten it is not known any more, nor is it without a report. */
static void test_track_geometric_height(void **state)
{
    (void)state;
    ap_track track = at(50, 8, 200, 100);
    double height_m = -1.0;
    assert_false(ap_track_geometric_height(&track, &height_m));
    track.has_geometric_height = true;
    track.geometric_height_m = 9950.0;
    track.geometric_height_utc = AP_UTC_UNKNOWN;
    assert_false(ap_track_geometric_height(&track, &height_m));
    assert_true(height_m == -1.0);
    track.geometric_height_utc = 97 * S;
    track.up_mps = 12.0;
    assert_true(ap_track_geometric_height(&track, &height_m));
    assert_true(fabs(height_m - 9986.0) < 1e-9);
    track.has_height = false; /* the rate means nothing */
    assert_true(ap_track_geometric_height(&track, &height_m));
    assert_true(height_m == 9950.0);
    track.geometric_height_utc = 90 * S;
    assert_true(ap_track_geometric_height(&track, &height_m));
    track.geometric_height_utc = 90 * S - 1;
    assert_false(ap_track_geometric_height(&track, &height_m));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_track_at_same_time_is_a_copy),
        cmocka_unit_test(test_track_at_flies_straight),
        cmocka_unit_test(test_track_at_crosses_the_pole),
        cmocka_unit_test(test_track_at_turns_and_returns),
        cmocka_unit_test(test_track_at_climbs),
        cmocka_unit_test(test_track_at_grows_covariance),
        cmocka_unit_test(test_track_at_turn_limit),
        cmocka_unit_test(test_track_speed_and_course),
        cmocka_unit_test(test_track_geometric_height),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

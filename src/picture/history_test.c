#include "picture/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define START INT64_C(1700000000000000000)
#define TOLERANCE_M 5.0

static void *memory; /* of the one history that a test holds */

static int release(void **state)
{
    (void)state;
    free(memory);
    memory = NULL;
    return 0;
}

static ap_history make(uint32_t trail_cap, uint32_t point_cap)
{
    ap_history_config config = ap_history_config_default();
    config.trail_cap = trail_cap;
    config.point_cap = point_cap;
    config.position_tolerance_m = TOLERANCE_M;
    size_t size = ap_history_size(&config);
    ap_history history;
    memory = malloc(size);
    assert_int_equal(ap_history_init(&history, &config, memory, size), AP_OK);
    return history;
}

static ap_track track_at(uint32_t id, double time_s, double latitude_deg, double longitude_deg)
{
    ap_track track = { .id = id,
                       .number = (uint16_t)id,
                       .state = AP_TRACK_FIRM,
                       .has_pressure_altitude = true,
                       .pressure_altitude_m = 10000,
                       .psr_utc = AP_UTC_UNKNOWN,
                       .ssr_utc = AP_UTC_UNKNOWN,
                       .mode_s_utc = AP_UTC_UNKNOWN,
                       .mlat_utc = AP_UTC_UNKNOWN,
                       .adsb_utc = AP_UTC_UNKNOWN };
    track.time_utc = track.updated_utc = START + (ap_utc_ns)llround(time_s * 1e9);
    track.position.latitude_rad = latitude_deg * AP_RAD_PER_DEG;
    track.position.longitude_rad = longitude_deg * AP_RAD_PER_DEG;
    return track;
}

static void put(ap_history *history, const ap_track *track)
{
    ap_history_track(history, track, track->time_utc);
}

static size_t count_walked(const ap_history *history, uint32_t id)
{
    const ap_trail *trail = ap_history_find(history, id);
    ap_trail_walk walk = ap_trail_walk_of(history, trail);
    ap_point point;
    ap_utc_ns before = 0;
    size_t count = 0;
    for (; ap_trail_walk_next(&walk, &point); count++, before = point.time_utc)
        assert_true(point.time_utc > before);
    assert_int_equal(count, trail->point_count);
    return count;
}

static void test_history_init_refuses(void **state)
{
    (void)state;
    ap_history history;
    uint8_t small[64];
    for (int i = 0; i < 6; i++) {
        ap_history_config bad = ap_history_config_default();
        switch (i) {
        case 0:
            bad.trail_cap = 15;
            break;
        case 1:
            bad.point_cap = 255;
            break;
        case 2:
            bad.position_tolerance_m = NAN;
            break;
        case 3:
            bad.altitude_tolerance_m = -1;
            break;
        case 4:
            bad.gap_max_s = 0.5;
            break;
        default:
            bad.keep_s = 86401;
            break;
        }
        assert_int_equal(ap_history_size(&bad), 0);
        assert_int_equal(ap_history_init(&history, &bad, NULL, 0), AP_ERR_ARGUMENT);
    }
    ap_history_config good = ap_history_config_default();
    assert_int_equal(ap_history_init(&history, &good, small, sizeof small), AP_ERR_MEMORY);
}

/* Two hours: straight legs at 240 m/s, turns of 3 degrees a second, a climb and a level-off. Every
 * state that was fed lies within the tolerance of what the trail tells for its time. */
static void fly(double time_s, double *latitude_deg, double *longitude_deg, double *altitude_m)
{
    static double course_rad, latitude, longitude, at_s;
    if (time_s == 0.0) {
        latitude = 50.0;
        longitude = 8.0;
        course_rad = at_s = 0.0;
    }
    for (; at_s < time_s; at_s += 1.0) {
        double leg_s = fmod(at_s, 600.0);
        if (leg_s < 40.0)
            course_rad += 3.0 * AP_RAD_PER_DEG;
        latitude += 240.0 * cos(course_rad) / 111320.0;
        longitude += 240.0 * sin(course_rad) / 111320.0 / cos(latitude * AP_RAD_PER_DEG);
    }
    *latitude_deg = latitude;
    *longitude_deg = longitude;
    *altitude_m = time_s < 900 ? 1000 + 10 * time_s : time_s < 6000 ? 10000 : 16000 - time_s;
}

static void test_history_thinning_is_bounded(void **state)
{
    (void)state;
    enum { SECONDS = 7200 };
    ap_history history = make(16, 4096);
    static ap_track fed[SECONDS];
    for (int i = 0; i < SECONDS; i++) {
        double latitude, longitude, altitude_m;
        fly(i, &latitude, &longitude, &altitude_m);
        fed[i] = track_at(1, i, latitude, longitude);
        fed[i].pressure_altitude_m = altitude_m;
        put(&history, &fed[i]);
    }
    const ap_trail *trail = ap_history_find(&history, 1);
    double worst_m = 0, worst_altitude_m = 0;
    for (int i = 0; i < SECONDS; i++) {
        ap_point point, exact = ap_point_of(&fed[i]);
        assert_true(ap_trail_at(&history, trail, fed[i].time_utc, 0, &point));
        double north_m = (point.latitude_e7deg - exact.latitude_e7deg) * 1e-7 * 111320;
        double east_m = (point.longitude_e7deg - exact.longitude_e7deg) * 1e-7 * 111320 *
                        cos(fed[i].position.latitude_rad);
        worst_m = fmax(worst_m, fmax(fabs(north_m), fabs(east_m)));
        worst_altitude_m =
            fmax(worst_altitude_m, abs(point.altitude_dm - exact.altitude_dm) / 10.0);
    }
    assert_true(worst_m < TOLERANCE_M * 1.02); /* its cosine is the anchor's, not the state's */
    assert_true(worst_altitude_m < 8.1);
    /* 120 for the gaps; a turn's radius is 4.6 km, so a chord that is 5 m off its middle lasts
     * less than 2 s: about 25 in each of 12 turns; the rest for bends and the cosine. */
    assert_true(trail->point_count > 400 && trail->point_count < 600);
    assert_int_equal(trail->state_count, SECONDS);
    count_walked(&history, 1);
}

static void test_history_level_flight_is_gaps(void **state)
{
    (void)state;
    ap_history history = make(16, 4096);
    for (int i = 0; i <= 3600; i++) {
        ap_track track = track_at(1, i, 50.0 + i * 0.002, 8.0);
        put(&history, &track);
    }
    /* The first, one a minute of 60 s at most, the newest. */
    size_t count = count_walked(&history, 1);
    assert_true(count >= 61 && count <= 63);
}

/* Over the date line the line is the short one. */
static void test_history_date_line(void **state)
{
    (void)state;
    ap_history history = make(16, 256);
    for (int i = 0; i <= 50; i++) {
        double longitude = 179.9 + i * 0.004;
        ap_track track = track_at(1, i, 0.0, longitude > 180.0 ? longitude - 360.0 : longitude);
        put(&history, &track);
    }
    assert_int_equal(count_walked(&history, 1), 2);
    ap_point point;
    const ap_trail *trail = ap_history_find(&history, 1);
    assert_true(ap_trail_at(&history, trail, START + 30 * AP_NS_PER_S, 0, &point));
    assert_in_range(point.longitude_e7deg + 1799800000, 0, 20); /* 180.02 E is 179.98 W */
}

/* What is told anew is kept, before and after. */
static void test_history_flags_are_kept(void **state)
{
    (void)state;
    ap_history history = make(16, 256);
    for (int i = 0; i < 30; i++) {
        ap_track track = track_at(1, i, 50.0 + i * 0.002, 8.0);
        if (i >= 10 && i < 20)
            track.flags |= AP_FLAG_ON_GROUND;
        put(&history, &track);
    }
    ap_trail_walk walk = ap_trail_walk_of(&history, ap_history_find(&history, 1));
    ap_point point;
    static const int times_s[] = { 0, 9, 10, 19, 20, 29 };
    for (size_t i = 0; i < 6; i++) {
        assert_true(ap_trail_walk_next(&walk, &point));
        assert_int_equal((point.time_utc - START) / AP_NS_PER_S, times_s[i]);
        assert_int_equal(point.bits & AP_POINT_ON_GROUND,
                         i == 2 || i == 3 ? AP_POINT_ON_GROUND : 0);
    }
    assert_false(ap_trail_walk_next(&walk, &point));
}

/* A full ring cuts everybody's oldest; the newest states stay. */
static void test_history_ring_is_shared(void **state)
{
    (void)state;
    ap_history history = make(16, 256);
    for (int i = 0; i < 1000; i++)
        for (uint32_t id = 1; id <= 4; id++) {
            ap_track track = track_at(id, i, 50.0 + (i & 1) * 0.1, id); /* no line fits */
            put(&history, &track);
        }
    ap_history_stats stats = ap_history_stats_of(&history);
    assert_int_equal(stats.point_count, 256);
    assert_int_equal(stats.trail_count, 4);
    assert_true(stats.overwritten_count > 3000);
    for (uint32_t id = 1; id <= 4; id++) {
        size_t count = count_walked(&history, id);
        assert_in_range(count, 64, 65);
    }
    /* One that floods: the others keep their newest. */
    for (int i = 1000; i < 3000; i++) {
        ap_track track = track_at(1, i, 50.0 + (i & 1) * 0.1, 1);
        put(&history, &track);
    }
    for (uint32_t id = 2; id <= 4; id++)
        assert_int_equal(count_walked(&history, id), 1);
}

static void end_of(ap_history *history, uint32_t id, double time_s)
{
    ap_track track = track_at(id, time_s, 50, 8);
    track.state = AP_TRACK_DEAD;
    put(history, &track);
}

static void test_history_ends_and_forgets(void **state)
{
    (void)state;
    ap_history history = make(16, 256);
    ap_point point;
    for (uint32_t id = 1; id <= 16; id++) {
        ap_track track = track_at(id, 0, 50, id);
        track.state = id == 16 ? AP_TRACK_TENTATIVE : AP_TRACK_FIRM;
        put(&history, &track);
    }
    assert_null(ap_history_find(&history, 16)); /* not shown, no trail */
    end_of(&history, 3, 10);
    const ap_trail *trail = ap_history_find(&history, 3);
    assert_true(trail->ended_utc == START + 10 * AP_NS_PER_S);
    assert_true(ap_trail_at(&history, trail, START + 9 * AP_NS_PER_S, 30, &point));
    assert_false(ap_trail_at(&history, trail, START + 11 * AP_NS_PER_S, 30, &point));
    assert_false(ap_trail_at(&history, trail, START - 1, 30, &point));
    ap_history_forget(&history, START + 310 * AP_NS_PER_S);
    assert_non_null(ap_history_find(&history, 3)); /* 300 s are kept */
    ap_history_forget(&history, START + 311 * AP_NS_PER_S);
    assert_null(ap_history_find(&history, 3));
    assert_int_equal(ap_history_stats_of(&history).trail_count, 14);
}

/* All places taken: that of the track that ended first is given, and without any the new track has
 * no trail, which is counted. */
static void test_history_trails_full(void **state)
{
    (void)state;
    ap_history history = make(16, 256);
    for (uint32_t id = 1; id <= 17; id++) {
        ap_track track = track_at(id, 0, 50, id);
        put(&history, &track);
    }
    assert_null(ap_history_find(&history, 17));
    assert_int_equal(ap_history_stats_of(&history).refused_count, 1);
    end_of(&history, 7, 1);
    end_of(&history, 2, 2);
    for (uint32_t id = 18; id <= 20; id++) {
        ap_track track = track_at(id, 3, 50, id);
        put(&history, &track);
    }
    assert_null(ap_history_find(&history, 7));
    assert_null(ap_history_find(&history, 2));
    assert_non_null(ap_history_find(&history, 18));
    assert_non_null(ap_history_find(&history, 19));
    assert_null(ap_history_find(&history, 20));
    size_t count = 0;
    for (const ap_trail *t = NULL; (t = ap_history_next(&history, t)); count++)
        ;
    assert_int_equal(count, 16);
}

/* What is older than the newest adds nothing: a trail runs forward. */
static void test_history_time_back(void **state)
{
    (void)state;
    ap_history history = make(16, 256);
    for (int i = 0; i < 3; i++) {
        ap_track track = track_at(1, 10 - i, 50, 8);
        put(&history, &track);
    }
    assert_int_equal(count_walked(&history, 1), 1);
}

static void test_point_of_track(void **state)
{
    (void)state;
    ap_track track = track_at(1, 0, -33.9461, -180.0);
    track.pressure_altitude_m = -30.48;
    track.east_mps = -100.0;
    track.has_height = true;
    track.up_mps = -12.34;
    track.adsb_utc = track.updated_utc - 15 * AP_NS_PER_S;
    track.psr_utc = track.updated_utc - 16 * AP_NS_PER_S;
    ap_point point = ap_point_of(&track);
    assert_int_equal(point.latitude_e7deg, -339461000);
    assert_int_equal(point.longitude_e7deg, -1800000000);
    assert_int_equal(point.altitude_dm, -305);
    assert_int_equal(point.geometric_dm, AP_POINT_UNKNOWN);
    assert_int_equal(point.speed_dmps, 1000);
    assert_int_equal(point.course_turn16, 49152); /* 270 degrees */
    assert_int_equal(point.vertical_dmps, -123);
    assert_int_equal(point.bits, AP_POINT_ADSB);
    track.has_pressure_altitude = false;
    track.position.height_m = 70000.06;
    track.up_mps = -7000;
    track.state = AP_TRACK_COASTING;
    track.fall.probability = 0.9;
    point = ap_point_of(&track);
    assert_int_equal(point.altitude_dm, 700001);
    assert_int_equal(point.vertical_dmps, INT16_MIN);
    assert_int_equal(point.bits,
                     AP_POINT_ADSB | AP_POINT_GEOMETRIC | AP_POINT_COASTING | AP_POINT_FALLING);
    track.east_mps = NAN;
    assert_int_equal(ap_point_of(&track).speed_dmps, 0);
    assert_string_equal(ap_point_bit_key(14), "geometric");
    assert_null(ap_point_bit_key(15));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_history_init_refuses, release),
        cmocka_unit_test_teardown(test_history_thinning_is_bounded, release),
        cmocka_unit_test_teardown(test_history_level_flight_is_gaps, release),
        cmocka_unit_test_teardown(test_history_date_line, release),
        cmocka_unit_test_teardown(test_history_flags_are_kept, release),
        cmocka_unit_test_teardown(test_history_ring_is_shared, release),
        cmocka_unit_test_teardown(test_history_ends_and_forgets, release),
        cmocka_unit_test_teardown(test_history_trails_full, release),
        cmocka_unit_test_teardown(test_history_time_back, release),
        cmocka_unit_test(test_point_of_track),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

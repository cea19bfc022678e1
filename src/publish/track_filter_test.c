#include "publish/track_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "publish/test_fixture.h"

#define RAD(deg) ((deg)*AP_RAD_PER_DEG)
#define FL(level) ((level)*100.0 * AP_M_PER_FT)

static void test_filter_of_nothing(void **state)
{
    (void)state;
    const ap_track_filter filter = { .has_box = false };
    ap_track track = fixture_track();
    assert_true(ap_track_filter_passes(&filter, &track));
    track.has_pressure_altitude = false;
    track.source_count = 0;
    assert_true(ap_track_filter_passes(&filter, &track));
}

/* South, west, north, east; a place; whether it is inside. Edges are. */
static void test_filter_box(void **state)
{
    (void)state;
    static const struct {
        double box[4], latitude_deg, longitude_deg;
        bool passes;
    } cases[] = {
        { { 50, 3, 53, 7 }, 51, 5, true },
        { { 50, 3, 53, 7 }, 50, 3, true },
        { { 50, 3, 53, 7 }, 53, 7, true },
        { { 50, 3, 53, 7 }, 49.999, 5, false },
        { { 50, 3, 53, 7 }, 53.001, 5, false },
        { { 50, 3, 53, 7 }, 51, 2.999, false },
        { { 50, 3, 53, 7 }, 51, 7.001, false },
        { { 50, 3, 53, 7 }, -51, 5, false },
        /* across the antimeridian */
        { { -20, 170, 10, -160 }, 0, 175, true },
        { { -20, 170, 10, -160 }, 0, 180, true },
        { { -20, 170, 10, -160 }, 0, -180, true },
        { { -20, 170, 10, -160 }, 0, -165, true },
        { { -20, 170, 10, -160 }, 0, 169.9, false },
        { { -20, 170, 10, -160 }, 0, -159.9, false },
        { { -20, 170, 10, -160 }, 0, 0, false },
        { { -20, 170, 10, -160 }, 11, 175, false },
        /* the whole globe, and a pole */
        { { -90, -180, 90, 180 }, 0, 180, true },
        { { 80, -180, 90, 180 }, 90, 17, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const double *box = cases[i].box;
        const ap_track_filter filter = { .has_box = true,
                                         .south_rad = RAD(box[0]),
                                         .west_rad = RAD(box[1]),
                                         .north_rad = RAD(box[2]),
                                         .east_rad = RAD(box[3]) };
        ap_track track = fixture_track();
        track.position.latitude_rad = RAD(cases[i].latitude_deg);
        track.position.longitude_rad = RAD(cases[i].longitude_deg);
        if (ap_track_filter_passes(&filter, &track) != cases[i].passes)
            fail_msg("case %zu", i);
    }
}

static void test_filter_levels(void **state)
{
    (void)state;
    static const struct {
        bool has_min, has_max;
        double level;
        bool passes;
    } cases[] = {
        { true, true, 100, true },    { true, true, 245, true },   { true, true, 99.9, false },
        { true, true, 245.1, false }, { true, false, 99, false },  { true, false, 600, true },
        { false, true, -5, true },    { false, true, 300, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const ap_track_filter filter = { .has_level_min = cases[i].has_min,
                                         .level_min_m = FL(100),
                                         .has_level_max = cases[i].has_max,
                                         .level_max_m = FL(245) };
        ap_track track = fixture_track();
        track.pressure_altitude_m = FL(cases[i].level);
        if (ap_track_filter_passes(&filter, &track) != cases[i].passes)
            fail_msg("case %zu", i);
        track.has_pressure_altitude = false; /* it may be within the band */
        assert_true(ap_track_filter_passes(&filter, &track));
    }
}

/* Of every class one track, and of all others none. Source of the categories: DO-260B,
 * 2.2.3.2.5.2. */
static void test_filter_classes(void **state)
{
    (void)state;
    static const struct {
        int category; /* -1: none is stated */
        bool on_ground, falls;
        ap_track_class of;
    } cases[] = {
        { -1, false, false, AP_TRACK_CLASS_AIRCRAFT },
        { 0xA3, false, false, AP_TRACK_CLASS_AIRCRAFT },
        { 0xA7, false, false, AP_TRACK_CLASS_AIRCRAFT },
        { 0xA3, true, false, AP_TRACK_CLASS_GROUND },
        { -1, true, false, AP_TRACK_CLASS_GROUND },
        { 0xB1, false, false, AP_TRACK_CLASS_LIGHT },
        { 0xB4, true, false, AP_TRACK_CLASS_LIGHT },
        { 0xB5, false, false, AP_TRACK_CLASS_AIRCRAFT }, /* reserved */
        { 0xB6, false, false, AP_TRACK_CLASS_DRONE },
        { 0xB7, false, false, AP_TRACK_CLASS_AIRCRAFT }, /* a space vehicle */
        { 0xC0, true, false, AP_TRACK_CLASS_GROUND },
        { 0xC1, true, false, AP_TRACK_CLASS_VEHICLE },
        { 0xC2, true, false, AP_TRACK_CLASS_VEHICLE },
        { 0xC3, false, false, AP_TRACK_CLASS_OBSTACLE }, /* a tethered balloon is one */
        { 0xC4, true, false, AP_TRACK_CLASS_OBSTACLE },
        { 0xC7, false, false, AP_TRACK_CLASS_OBSTACLE },
        { 0xD0, false, false, AP_TRACK_CLASS_AIRCRAFT },
        { 0xA3, true, true, AP_TRACK_CLASS_FALLING },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_track track = fixture_track();
        track.present &= ~(uint32_t)AP_HAS_EMITTER_CATEGORY;
        if (cases[i].category >= 0)
            track.present |= AP_HAS_EMITTER_CATEGORY;
        track.emitter_category = cases[i].category >= 0 ? (uint8_t)cases[i].category : 0xB6;
        track.flags = cases[i].on_ground ? AP_FLAG_ON_GROUND : 0;
        track.fall.probability = cases[i].falls ? 0.9 : 0.0;
        assert_int_equal(ap_track_class_of(&track), cases[i].of);
        for (unsigned of = 0; of < AP_TRACK_CLASS_COUNT; of++) {
            const ap_track_filter one = { .classes = 1u << of };
            assert_int_equal(ap_track_filter_passes(&one, &track), of == (unsigned)cases[i].of);
            const ap_track_filter others = { .classes = 0x7Fu & ~(1u << of) };
            assert_int_equal(ap_track_filter_passes(&others, &track), of != (unsigned)cases[i].of);
        }
    }
}

static void test_filter_class_keys(void **state)
{
    (void)state;
    assert_string_equal(ap_track_class_key(AP_TRACK_CLASS_AIRCRAFT), "aircraft");
    assert_string_equal(ap_track_class_key(AP_TRACK_CLASS_FALLING), "falling");
    assert_null(ap_track_class_key(AP_TRACK_CLASS_COUNT));
}

/* Who has seen it within half a minute of the track's time: "receiver" then, the radar 5 s before.
 */
static void test_filter_sensors(void **state)
{
    (void)state;
    fixture f;
    ap_track track = fixture_track();
    ap_track_filter filter = { .sensor_names = { "wam", "receiver" },
                               .sensor_count = 2,
                               .sensors = fixture_table(&f) };
    assert_true(ap_track_filter_passes(&filter, &track));
    filter.sensor_count = 1; /* the one that has not */
    assert_false(ap_track_filter_passes(&filter, &track));
    filter.sensor_names[0] = "radar, \"north\"";
    assert_true(ap_track_filter_passes(&filter, &track));
    track.time_utc += 25 * AP_NS_PER_S;
    assert_true(ap_track_filter_passes(&filter, &track));
    track.time_utc += 1;
    assert_false(ap_track_filter_passes(&filter, &track));
    filter.sensor_names[0] = "receiver";
    assert_true(ap_track_filter_passes(&filter, &track));
    track.source[0].sensor = AP_SENSOR_NONE; /* not in the table */
    assert_false(ap_track_filter_passes(&filter, &track));
}

/* All that is given must hold. */
static void test_filter_all_must_hold(void **state)
{
    (void)state;
    fixture f;
    const ap_track track = fixture_track(); /* 51 N 4.7 W, FL350 */
    const ap_track_filter good = { .has_box = true,
                                   .south_rad = RAD(50),
                                   .west_rad = RAD(-6),
                                   .north_rad = RAD(52),
                                   .east_rad = RAD(-4),
                                   .has_level_min = true,
                                   .level_min_m = FL(300),
                                   .classes = 1u << AP_TRACK_CLASS_AIRCRAFT,
                                   .sensor_names = { "receiver" },
                                   .sensor_count = 1,
                                   .sensors = fixture_table(&f) };
    ap_track_filter bad;
    assert_true(ap_track_filter_passes(&good, &track));
    bad = good, bad.north_rad = RAD(50.5);
    assert_false(ap_track_filter_passes(&bad, &track));
    bad = good, bad.level_min_m = FL(360);
    assert_false(ap_track_filter_passes(&bad, &track));
    bad = good, bad.classes = 1u << AP_TRACK_CLASS_DRONE;
    assert_false(ap_track_filter_passes(&bad, &track));
    bad = good, bad.sensor_names[0] = "wam";
    assert_false(ap_track_filter_passes(&bad, &track));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filter_of_nothing),    cmocka_unit_test(test_filter_box),
        cmocka_unit_test(test_filter_levels),        cmocka_unit_test(test_filter_classes),
        cmocka_unit_test(test_filter_class_keys),    cmocka_unit_test(test_filter_sensors),
        cmocka_unit_test(test_filter_all_must_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

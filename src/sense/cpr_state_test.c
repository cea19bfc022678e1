#include "sense/cpr_state.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "airpicture/geo.h"

#define START (INT64_C(1700000000) * AP_NS_PER_S)

static const ap_cpr_reference nowhere = { false, 0, 0 };

static ap_cpr_frame frame_of(double latitude_deg, double longitude_deg, bool odd, bool surface,
                             double at_s)
{
    return (ap_cpr_frame){ .cpr = ap_cpr_encode(latitude_deg, longitude_deg, odd, surface),
                           .utc = START + (int64_t)(at_s * 1e9),
                           .speed_kt = -1.0f };
}

static double error_m(double latitude_deg, double longitude_deg, double true_latitude_deg,
                      double true_longitude_deg)
{
    return ap_distance_m(
        (ap_geodetic){ latitude_deg * AP_RAD_PER_DEG, longitude_deg * AP_RAD_PER_DEG, 0 },
        (ap_geodetic){ true_latitude_deg * AP_RAD_PER_DEG,
                       ap_wrap_pi(true_longitude_deg * AP_RAD_PER_DEG), 0 });
}

/* Places a frame; its error must stay within the rounding of the code when it is placed. */
static ap_cpr_answer place(ap_cpr_state *state, double latitude_deg, double longitude_deg, bool odd,
                           bool surface, double at_s, const ap_cpr_reference *reference)
{
    ap_cpr_frame frame = frame_of(latitude_deg, longitude_deg, odd, surface, at_s);
    double latitude_out_deg = NAN, longitude_out_deg = NAN;
    ap_cpr_answer answer =
        ap_cpr_state_place(state, &frame, reference, &latitude_out_deg, &longitude_out_deg);
    if (answer == AP_CPR_PLACED)
        assert_true(error_m(latitude_out_deg, longitude_out_deg, latitude_deg, longitude_deg) < 10);
    return answer;
}

static void test_place_pair_then_local(void **state)
{
    (void)state;
    ap_cpr_state of;
    ap_cpr_state_reset(&of);
    assert_int_equal(place(&of, 50, 8, false, false, 0, &nowhere), AP_CPR_PENDING);
    assert_int_equal(place(&of, 50, 8, true, false, 0.5, &nowhere), AP_CPR_PLACED);
    assert_int_equal(place(&of, 50.01, 8, true, false, 30, &nowhere), AP_CPR_PLACED);
    /* The last position is too old for one frame, and one frame is no pair. */
    assert_int_equal(place(&of, 50.1, 8, true, false, 120, &nowhere), AP_CPR_PENDING);
    assert_int_equal(place(&of, 50.1, 8, false, false, 121, &nowhere), AP_CPR_PLACED);
}

/* Ages that a pair may have, by the words of the standard. */
static void test_place_pair_ages(void **state)
{
    (void)state;
    static const struct {
        bool surface;
        float speed_kt;
        double age_s;
        ap_cpr_answer expected;
    } cases[] = {
        { false, -1, 9.9, AP_CPR_PLACED },  { false, -1, 10.1, AP_CPR_PENDING },
        { true, -1, 24.9, AP_CPR_PLACED },  { true, -1, 25.1, AP_CPR_PENDING },
        { true, 26, 25.1, AP_CPR_PENDING }, { true, 25, 49.9, AP_CPR_PLACED },
        { true, 25, 50.1, AP_CPR_PENDING },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_cpr_state of;
        ap_cpr_state_reset(&of);
        ap_cpr_reference near = { true, 50.2, 8.1 };
        double latitude_deg, longitude_deg;
        ap_cpr_frame even = frame_of(50, 8, false, cases[i].surface, 0);
        ap_cpr_frame odd = frame_of(50, 8, true, cases[i].surface, cases[i].age_s);
        even.speed_kt = odd.speed_kt = cases[i].speed_kt;
        /* Only the second frame has the reference, so that only the pair can use it. */
        (void)ap_cpr_state_place(&of, &even, &nowhere, &latitude_deg, &longitude_deg);
        of.loose.fix_utc = cases[i].surface ? odd.utc : AP_UTC_UNKNOWN;
        of.loose.latitude_deg = near.latitude_deg;
        of.loose.longitude_deg = near.longitude_deg;
        assert_int_equal(ap_cpr_state_place(&of, &odd, &nowhere, &latitude_deg, &longitude_deg),
                         cases[i].expected);
    }
}

static void test_place_surface_needs_reference(void **state)
{
    (void)state;
    ap_cpr_state of;
    ap_cpr_reference near = { true, 50.3, 8.4 };
    ap_cpr_state_reset(&of);
    assert_int_equal(place(&of, 50, 8, false, true, 0, &nowhere), AP_CPR_PENDING);
    assert_int_equal(place(&of, 50, 8, true, true, 1, &nowhere), AP_CPR_PENDING);
    assert_int_equal(place(&of, 50, 8, false, true, 2, &near), AP_CPR_PLACED);
    /* From now on its own position serves: also in the air, and back. */
    assert_int_equal(place(&of, 50.001, 8, true, true, 3, &nowhere), AP_CPR_PLACED);
    assert_int_equal(place(&of, 50.002, 8, true, false, 4, &nowhere), AP_CPR_PLACED);
    assert_int_equal(place(&of, 50.003, 8, false, true, 5, &nowhere), AP_CPR_PLACED);
}

/* A frame that nothing on wings can have sent is refused; several that agree are a second place. */
static void test_place_jump(void **state)
{
    (void)state;
    ap_cpr_state of;
    ap_cpr_state_reset(&of);
    (void)place(&of, 50, 8, false, false, 0, &nowhere);
    assert_int_equal(place(&of, 50, 8, true, false, 0.5, &nowhere), AP_CPR_PLACED);
    ap_cpr_answer answers[6];
    for (int i = 0; i < 6; i++)
        answers[i] = place(&of, 50.5, 8, i % 2, false, 1.0 + i * 0.5, &nowhere);
    for (int i = 0; i < 3; i++) /* one half, two fixes */
        assert_int_equal(answers[i], AP_CPR_INCONSISTENT);
    for (int i = 3; i < 6; i++)
        assert_int_equal(answers[i], AP_CPR_PLACED);
    /* The first is still there. */
    assert_int_equal(place(&of, 50.001, 8, false, false, 4.2, &nowhere), AP_CPR_PLACED);
}

/* F16: two aircraft under one address, 5 to 200 NM apart: both are followed, no frame of one is
 * placed with the other. */
static void test_place_two_aircraft(void **state)
{
    (void)state;
    static const double apart_deg[] = { 0.09, 0.5, 3.3 };
    for (size_t k = 0; k < 3; k++) {
        ap_cpr_state of;
        ap_cpr_state_reset(&of);
        size_t placed_count = 0;
        for (int i = 0; i < 400; i++) {
            bool second = i % 2, odd = i / 2 % 2;
            double at_s = i * 0.25, flown_deg = at_s * 0.002;
            double latitude_deg = 47 + flown_deg + second * apart_deg[k];
            placed_count += place(&of, latitude_deg, 11 - flown_deg * second, odd, false, at_s,
                                  &nowhere) == AP_CPR_PLACED;
        }
        assert_true(placed_count >= 385);
    }
}

/* A wrong first position (a pair that was none) is given up for the right one. */
static void test_place_recovers_from_wrong_start(void **state)
{
    (void)state;
    ap_cpr_state of;
    ap_cpr_state_reset(&of);
    double latitude_deg, longitude_deg;
    /* An even frame of one aircraft and an odd one of another. */
    ap_cpr_frame even = frame_of(50, 8, false, false, 0);
    ap_cpr_frame odd = frame_of(50.03, 8.02, true, false, 4.9);
    (void)ap_cpr_state_place(&of, &even, &nowhere, &latitude_deg, &longitude_deg);
    (void)ap_cpr_state_place(&of, &odd, &nowhere, &latitude_deg, &longitude_deg);
    /* Poison it beyond doubt: three cells north. */
    of.place[0].latitude_deg = 68;
    of.place[0].longitude_deg = 8;
    of.place[0].fix_utc = odd.utc;
    size_t wrong_count = 0, placed_count = 0;
    for (int i = 0; i < 40; i++) {
        ap_cpr_frame frame = frame_of(50.03, 8.02, i % 2, false, 5.5 + i * 0.5);
        if (ap_cpr_state_place(&of, &frame, &nowhere, &latitude_deg, &longitude_deg) !=
            AP_CPR_PLACED)
            continue;
        placed_count++;
        wrong_count += error_m(latitude_deg, longitude_deg, 50.03, 8.02) > 10;
    }
    assert_true(placed_count >= 30);
    assert_true(wrong_count <= 1);
}

/* Uniform in [0, 1), the same on every machine. */
static double draw(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*seed >> 11) / 9007199254740992.0;
}

/* F20: flights anywhere, through zone borders, over the poles' zones and the date line, with
 * frames lost and gaps: `place` itself asserts that no position is wrong. */
/* Two aircraft of one address, and first a half of each, which make a pair in a wrong cell: the one
 * that is placed there comes back as soon as its own halves have said so three times. */
static void test_place_recovers_from_mixed_pair(void **state)
{
    (void)state;
    static const double latitude_deg[2] = { 47.08, 47.18 }; /* nearly a cell's 11.3 km */
    ap_cpr_state of;
    ap_cpr_state_reset(&of);
    size_t wrong_count = 0, placed_count[2] = { 0, 0 };
    for (int i = 0; i < 60; i++) {
        int which = i & 1;
        bool odd = i == 1 || (i > 1 && (i >> 1 & 1));
        double at_s = i == 0 ? 0.0 : 2.5 + 0.7 * i, latitude_out_deg, longitude_out_deg;
        ap_cpr_frame frame = frame_of(latitude_deg[which], 7.59, odd, false, at_s);
        if (ap_cpr_state_place(&of, &frame, &nowhere, &latitude_out_deg, &longitude_out_deg) !=
            AP_CPR_PLACED)
            continue;
        bool wrong = error_m(latitude_out_deg, longitude_out_deg, latitude_deg[which], 7.59) > 10;
        wrong_count += wrong;
        assert_false(wrong && i >= 24);
        placed_count[which] += i >= 30;
    }
    assert_in_range(wrong_count, 1, 12); /* the pair itself cannot be told from a good one */
    assert_int_equal(placed_count[0], 15);
    assert_int_equal(placed_count[1], 15);
}

static void test_place_flights_anywhere(void **state)
{
    (void)state;
    uint64_t seed = 20;
    size_t placed_count = 0, frame_count = 0;
    for (int flight = 0; flight < 300; flight++) {
        ap_cpr_state of;
        ap_cpr_state_reset(&of);
        double latitude_deg = draw(&seed) * 172 - 86, longitude_deg = draw(&seed) * 360 - 180;
        double course_rad = draw(&seed) * 2 * AP_PI, speed_mps = 50 + draw(&seed) * 550;
        double at_s = 0;
        for (int i = 0; i < 300; i++) {
            double dt_s = 0.4 + draw(&seed) * 0.2 + (draw(&seed) < 0.02 ? 200 * draw(&seed) : 0);
            at_s += dt_s;
            latitude_deg += speed_mps * dt_s * cos(course_rad) / 111320;
            longitude_deg +=
                speed_mps * dt_s * sin(course_rad) / (111320 * cos(latitude_deg * AP_RAD_PER_DEG));
            if (fabs(latitude_deg) > 87)
                course_rad = AP_PI - course_rad;
            longitude_deg = ap_wrap_pi(longitude_deg * AP_RAD_PER_DEG) / AP_RAD_PER_DEG;
            if (draw(&seed) < 0.5)
                continue;
            frame_count++;
            placed_count += place(&of, latitude_deg, longitude_deg, draw(&seed) < 0.5, false, at_s,
                                  &nowhere) == AP_CPR_PLACED;
        }
    }
    assert_true(placed_count > frame_count * 9 / 10);
}

/* F20: a replay that runs ahead of its time stamps, 100 times too fast: pairs and steps that no
 * aircraft can have flown. Few are placed, none in a wrong cell. */
static void test_place_too_fast_replay(void **state)
{
    (void)state;
    uint64_t seed = 100;
    size_t far_count = 0, refused_count = 0;
    for (int flight = 0; flight < 1000; flight++) {
        ap_cpr_state of;
        ap_cpr_state_reset(&of);
        double latitude_deg = draw(&seed) * 120 - 60, longitude_deg = draw(&seed) * 360 - 180;
        double course_rad = draw(&seed) * 2 * AP_PI, speed_mps = 150 + draw(&seed) * 120;
        for (int i = 0; i < 400; i++) {
            double dt_s = 0.5;
            latitude_deg += speed_mps * dt_s * cos(course_rad) / 111320;
            longitude_deg +=
                speed_mps * dt_s * sin(course_rad) / (111320 * cos(latitude_deg * AP_RAD_PER_DEG));
            longitude_deg = ap_wrap_pi(longitude_deg * AP_RAD_PER_DEG) / AP_RAD_PER_DEG;
            if (draw(&seed) < 0.5)
                continue;
            ap_cpr_frame frame =
                frame_of(latitude_deg, longitude_deg, draw(&seed) < 0.5, false, i * dt_s / 100);
            double latitude_out_deg, longitude_out_deg;
            ap_cpr_answer answer =
                ap_cpr_state_place(&of, &frame, &nowhere, &latitude_out_deg, &longitude_out_deg);
            refused_count += answer != AP_CPR_PLACED;
            if (answer != AP_CPR_PLACED)
                continue;
            far_count += error_m(latitude_out_deg, longitude_out_deg, latitude_deg, longitude_deg) >
                         100 * AP_M_PER_NMI;
        }
    }
    assert_int_equal(far_count, 0);
    assert_true(refused_count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_place_pair_then_local),
        cmocka_unit_test(test_place_pair_ages),
        cmocka_unit_test(test_place_surface_needs_reference),
        cmocka_unit_test(test_place_jump),
        cmocka_unit_test(test_place_two_aircraft),
        cmocka_unit_test(test_place_recovers_from_wrong_start),
        cmocka_unit_test(test_place_recovers_from_mixed_pair),
        cmocka_unit_test(test_place_flights_anywhere),
        cmocka_unit_test(test_place_too_fast_replay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

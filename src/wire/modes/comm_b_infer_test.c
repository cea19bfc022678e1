#include "airpicture/comm_b.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const ap_comm_b_clue none = { 0 };

#define MOVING(speed, track) .has_velocity = true, .speed_kt = (speed), .track_deg = (track)
#define HIGH(feet) .has_altitude = true, .altitude_ft = (feet)

/* Candidates are best first, scores are probabilities, and what is named is clear. */
static ap_comm_b_inference infer(uint64_t mb, const ap_comm_b_clue *clue)
{
    ap_comm_b_inference out;
    ap_comm_b_infer(mb, clue, &out);
    double sum = 0.0;
    assert_true(out.count <= AP_COMM_B_CANDIDATE_CAP);
    for (size_t i = 0; i < out.count; i++) {
        assert_true(out.candidate[i].score >= (float)AP_COMM_B_LEAST);
        assert_true(out.candidate[i].score <= 1.0f);
        assert_true(i == 0 || out.candidate[i].score <= out.candidate[i - 1].score);
        assert_true(ap_comm_b_is_sound(out.candidate[i].bds, mb));
        sum += (double)out.candidate[i].score;
    }
    assert_true(sum <= 1.000001);
    if (out.bds != 0) {
        assert_int_equal(out.bds, out.candidate[0].bds);
        assert_true((double)out.candidate[0].score >= AP_COMM_B_CLEAR);
    }
    return out;
}

/* Published frames, frames of the recordings, and the same with clues that contradict. */
static void test_infer_examples(void **state)
{
    (void)state;
    static const struct {
        uint64_t mb;
        ap_comm_b_clue clue;
        uint8_t expected;
    } cases[] = {
        { UINT64_C(0x10030A80F10000), { 0 }, 0x10 },
        { UINT64_C(0xFA81C100000000), { 0 }, 0x17 },
        { UINT64_C(0xFF81C300000000), { 0 }, 0x17 },
        { UINT64_C(0x00800189C083F0), { 0 }, 0x18 },
        { UINT64_C(0x00000081C081F0), { 0 }, 0x18 },
        { UINT64_C(0x202CC371C31DE0), { 0 }, 0x20 },
        { UINT64_C(0x20E2F6777688DB), { 0 }, 0 },
        { UINT64_C(0x85E42F31300000), { 0 }, 0x40 },
        { UINT64_C(0xCA380030A80000), { 0 }, 0x40 },
        { UINT64_C(0x81951536E024D4), { 0 }, 0x50 },
        { UINT64_C(0x81951536E024D4), { MOVING(440, 115) }, 0x50 },
        { UINT64_C(0x81951536E024D4), { MOVING(300, 200) }, 0 },
        { UINT64_C(0x907337FD9B9097), { HIGH(34000) }, 0x51 },
        { UINT64_C(0x907337FD9B9097), { HIGH(10000) }, 0 },
        { UINT64_C(0x8F39F91A7E27C4), { HIGH(5500) }, 0x60 },
        { UINT64_C(0x8F39F91A7E27C4), { HIGH(30000) }, 0 },
        { UINT64_C(0xF899EB30A02FFF), { HIGH(38000), MOVING(460, 351) }, 0x60 },
        { UINT64_C(0x5813A10F54560F), { HIGH(2850) }, 0x05 },
        { UINT64_C(0xE1128500000000), { 0 }, 0x61 },
        { UINT64_C(0x99440994083817), { MOVING(159, 183) }, 0x09 },
        { UINT64_C(0x99440994083817), { MOVING(400, 10) }, 0 },
        { UINT64_C(0xF8230002004AB8), { 0 }, 0x65 },
        { UINT64_C(0xEB4A676C115D6F), { HIGH(3000) }, 0 }, /* damaged frames of the recording */
        { UINT64_C(0xA88AA4096AF9B2), { HIGH(34000), MOVING(400, 350) }, 0 },
        { 0, { 0 }, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_comm_b_inference out = infer(cases[i].mb, &cases[i].clue);
        if (out.bds != cases[i].expected)
            fail_msg("case %zu: %02x, score %.3f", i, out.bds,
                     out.count > 0 ? (double)out.candidate[0].score : 0.0);
    }
}

/* More agreement, more score; a contradiction takes it away. */
static void test_infer_weighs_each_clue(void **state)
{
    (void)state;
    uint64_t mb = UINT64_C(0x8F39F91A7E27C4); /* heading 42.7, 252 kt, Mach 0.42, -1,920 ft/min */
    ap_comm_b_clue clue = { .has_heading = true,
                            .heading_deg = 43,
                            .has_vertical_rate = true,
                            .vertical_rate_fpm = -1800 };
    assert_int_equal(infer(mb, &clue).bds, 0x60);
    double with = (double)infer(mb, &clue).candidate[0].score;
    double without = (double)infer(mb, &none).candidate[0].score;
    assert_true(with > without);
    clue.heading_deg = 200;
    clue.vertical_rate_fpm = 2000;
    ap_comm_b_inference against = infer(mb, &clue);
    assert_true(against.count == 0 || (double)against.candidate[0].score < without);
}

/* What the aircraft says it does not have is not sent; registers without a bit are not touched. */
static void test_infer_is_pruned_by_1_7(void **state)
{
    (void)state;
    uint64_t mb = UINT64_C(0x81951536E024D4);
    ap_comm_b_clue clue = { MOVING(440, 115) };
    clue.supported = (uint32_t)(UINT64_C(0xFF81C300000000) >> 28);
    assert_int_equal(infer(mb, &clue).bds, 0x50);
    clue.supported &= ~(1u << (28 - 16));
    ap_comm_b_inference out = infer(mb, &clue);
    for (size_t i = 0; i < out.count; i++)
        assert_int_not_equal(out.candidate[i].bds, 0x50);
    assert_int_equal(infer(UINT64_C(0x10030A80F10000), &clue).bds, 0x10);
}

/* Between two that fit, the one that held the same bits before. */
static void test_infer_uses_what_was_confirmed(void **state)
{
    (void)state;
    uint64_t mb = UINT64_C(0x907337FD9B9097);
    ap_comm_b_clue clue = { 0 };
    double without = (double)infer(mb, &clue).candidate[0].score;
    clue.confirmed = 0x51;
    ap_comm_b_inference out = infer(mb, &clue);
    assert_int_equal(out.bds, 0x51);
    assert_true((double)out.candidate[0].score > without);
}

/* Weather is named after two replies that agree with this one, however well it fits. */
static void test_infer_weather_needs_agreement(void **state)
{
    (void)state;
    uint64_t mb = UINT64_C(0x185BD5CF400000);
    ap_comm_b_clue clue = { HIGH(34000) };
    ap_comm_b_inference out = infer(mb, &clue);
    assert_int_equal(out.bds, 0);
    assert_int_equal(out.candidate[0].bds, 0x44);
    assert_true(out.candidate[0].score <= 0.5f);
    clue.weak = 0x44;
    clue.weak_count = 1;
    assert_int_equal(infer(mb, &clue).bds, 0);
    clue.weak_count = 2;
    assert_int_equal(infer(mb, &clue).bds, 0x44);
    clue.altitude_ft = 1000; /* -48.75 degrees there */
    clue.weak_count = 0;
    clue.weak = 0;
    ap_comm_b_inference low = infer(mb, &clue);
    assert_true(low.count == 0 || low.candidate[0].bds != 0x44 ||
                low.candidate[0].score < out.candidate[0].score + 1e-6f);
}

/* Noise is hardly ever taken for what goes into the picture, and seldom for anything. */
static void test_infer_noise(void **state)
{
    (void)state;
    ap_comm_b_clue clue = { MOVING(440, 115), HIGH(33000) };
    uint64_t seed = 5;
    size_t named_count = 0, used_count = 0;
    for (int i = 0; i < 1000000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint8_t bds = infer(seed >> 8, &clue).bds;
        named_count += bds != 0;
        used_count += bds == 0x40 || bds == 0x50 || bds == 0x60;
    }
    print_message("noise: %zu of 1,000,000 named, %zu as 4,0 5,0 6,0\n", named_count, used_count);
    assert_true(named_count <= 10000);
    assert_true(used_count <= 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_infer_examples),
        cmocka_unit_test(test_infer_weighs_each_clue),
        cmocka_unit_test(test_infer_is_pruned_by_1_7),
        cmocka_unit_test(test_infer_uses_what_was_confirmed),
        cmocka_unit_test(test_infer_weather_needs_agreement),
        cmocka_unit_test(test_infer_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "simulate/squitter.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "simulate/test_world.h"
#include "wire/modes/encode.h"

/* What a receiver reads of a content. */
static ap_modes_frame heard(const ap_modes_frame *content)
{
    uint8_t bytes[AP_MODES_LONG_SIZE];
    size_t size;
    ap_modes_frame out;
    assert_int_equal(ap_modes_encode(content, bytes, &size), AP_OK);
    assert_int_equal(ap_modes_decode(bytes, size, &out), AP_OK);
    return out;
}

static ap_modes_frame heard_squitter(ap_squitter kind, const ap_broadcast *told)
{
    ap_random random = ap_random_of(1, AP_STREAM_TRANSPONDER, 0, 0);
    ap_modes_frame content;
    assert_true(ap_squitter_make(kind, told, 0, &random, &content));
    return heard(&content);
}

/* DO-260B: type codes 4, 3, 2 and 1 are the sets A, B, C and D. */
static void test_squitter_make_category(void **state)
{
    (void)state;
    const struct {
        uint8_t category, type_code, heard;
    } rows[] = { { 0xA1, 4, 0xA1 }, { 0xA3, 4, 0xA3 }, { 0xA7, 4, 0xA7 }, { 0xB2, 3, 0xB2 },
                 { 0xB6, 3, 0xB6 }, { 0xC2, 2, 0xC2 }, { 0x00, 4, 0xA0 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ap_broadcast told = { .address = TEST_ADDRESS, .emitter_category = rows[i].category };
        ap_modes_frame frame = heard_squitter(AP_SQUITTER_IDENT, &told);
        assert_int_equal(frame.type_code, rows[i].type_code);
        assert_int_equal(frame.emitter_category, rows[i].heard);
    }
}

/* Steps of 25 ft to 50,175 ft, of 100 ft above: in squitters and in replies. */
static void test_squitter_altitude(void **state)
{
    (void)state;
    const struct {
        double told_ft;
        int heard_ft;
    } rows[] = { { -512.0, -500 },   { 30000.0, 30000 }, { 30013.0, 30025 },
                 { 50175.0, 50175 }, { 50187.0, 50175 }, { 50188.0, 50200 },
                 { 59049.0, 59000 }, { 59055.0, 59100 }, { 114829.0, 114800 } };
    static test_world w;
    test_world_make(&w, 1);
    ap_truth truth = test_world_truth(&w, 0, 0.0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ap_broadcast told = { .address = TEST_ADDRESS,
                              .has_altitude = true,
                              .pressure_altitude_m = rows[i].told_ft * AP_M_PER_FT };
        ap_modes_frame content, frame = heard_squitter(AP_SQUITTER_POSITION, &told);
        assert_true(frame.present & AP_MODES_HAS_ALTITUDE);
        assert_int_equal(frame.altitude_ft, rows[i].heard_ft);
        ap_squitter_reply(&w.world, &told, &w.flights[0], &truth, 0.0, 0, &content);
        frame = heard(&content);
        assert_int_equal(frame.df, 20);
        assert_int_equal(frame.altitude_ft, rows[i].heard_ft);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_squitter_make_category),
        cmocka_unit_test(test_squitter_altitude),
    };
    return cmocka_run_group_tests_name("squitter", tests, NULL, NULL);
}

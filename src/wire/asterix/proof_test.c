#include "wire/asterix/proof.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Two north markers of 25/201. */
static const uint8_t block[] = { 34,   0,    17, 0xE0, 25, 201,  1,    0x07, 0x08,
                                 0x00, 0xE0, 25, 201,  1,  0x07, 0x08, 0x00 };

/* A record costs one unit, and one for each 16 octets: two short ones cost two. */
static void test_proof_spends_its_effort(void **state)
{
    (void)state;
    static const struct {
        int64_t effort, left;
        bool proves;
    } cases[] = { { 0, 0, false }, { 1, 0, false }, { 2, 0, true }, { 10, 8, true } };
    ap_asterix_editions editions;
    ap_asterix_editions_default(&editions);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        int64_t effort = cases[k].effort;
        assert_int_equal(ap_asterix_block_proves_within(&editions, block, sizeof block, &effort),
                         cases[k].proves);
        assert_int_equal(effort, cases[k].left);
    }
    assert_true(ap_asterix_block_proves(&editions, block, sizeof block));
}

/* CAT034 and CAT048 name the source first; a field specification of two octets moves it. */
static void test_source_of_a_block(void **state)
{
    (void)state;
    static const struct {
        uint8_t data[8];
        size_t size;
        int32_t source;
    } cases[] = {
        { { 34, 0, 17, 0xE0, 25, 201 }, 6, 25 << 8 | 201 },
        { { 48, 0, 9, 0x81, 0x80, 25, 201 }, 7, 25 << 8 | 201 },
        { { 34, 0, 17, 0xE0, 0, 0 }, 6, 0 },
        { { 34, 0, 17, 0x60, 25, 201 }, 6, -1 },  /* no source */
        { { 200, 0, 17, 0xE0, 25, 201 }, 6, -1 }, /* no such category */
        { { 34, 0, 17, 0xE0, 25 }, 5, -1 },
        { { 34, 0, 17, 0xFF, 0xFF, 0xFF }, 6, -1 },
        { { 34, 0, 17 }, 3, -1 },
    };
    ap_asterix_editions editions;
    ap_asterix_editions_default(&editions);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
        assert_int_equal(ap_asterix_block_source(&editions, cases[k].data, cases[k].size),
                         cases[k].source);
}

static void test_effort_has_an_upper_limit(void **state)
{
    (void)state;
    int64_t effort = 0;
    ap_asterix_effort_earn(&effort, 3);
    assert_int_equal(effort, 3 * AP_ASTERIX_EFFORT_PER_BYTE);
    ap_asterix_effort_earn(&effort, SIZE_MAX);
    assert_int_equal(effort, AP_ASTERIX_EFFORT_MAX);
    ap_asterix_effort_earn(&effort, 1);
    assert_int_equal(effort, AP_ASTERIX_EFFORT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proof_spends_its_effort),
        cmocka_unit_test(test_source_of_a_block),
        cmocka_unit_test(test_effort_has_an_upper_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

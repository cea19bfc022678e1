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
        cmocka_unit_test(test_effort_has_an_upper_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

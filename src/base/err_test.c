#include "airpicture/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/refusal.h"

static const ap_err codes[] = {
#define CODE(name, code, text) AP_ERR_##name,
    AP_ERR_MAP(CODE)
#undef CODE
};
#define CODE_COUNT (sizeof codes / sizeof codes[0])

static void test_err_list(void **state)
{
    (void)state;
    assert_int_equal(AP_OK, 0);
    for (size_t i = 0; i < CODE_COUNT; i++) {
        assert_int_equal((int)codes[i], -(int)i); /* dense: none used twice */
        assert_true(strlen(ap_err_text(codes[i])) > 3);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(ap_err_name(codes[i]), ap_err_name(codes[k]));
    }
    assert_string_equal(ap_err_name(AP_ERR_TRUNCATED), "TRUNCATED");
    assert_string_equal(ap_err_text(AP_ERR_END), "end of input");
    assert_string_equal(ap_err_name((ap_err)-999), "UNLISTED");
    assert_string_equal(ap_err_text((ap_err)1), "unlisted error");
}

static void test_refusal_keys(void **state)
{
    (void)state;
    for (int i = 0; i < AP_REFUSAL_COUNT; i++) {
        const char *key = ap_refusal_key((ap_refusal)i);
        assert_true(strspn(key, "abcdefghijklmnopqrstuvwxyz_0123456789") == strlen(key));
        assert_true(strlen(ap_refusal_text((ap_refusal)i)) > 3);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(key, ap_refusal_key((ap_refusal)k));
    }
    assert_string_equal(ap_refusal_key(AP_REFUSED_PARITY), "parity");
    assert_string_equal(ap_refusal_key(AP_REFUSAL_COUNT), "unlisted");
    assert_string_equal(ap_refusal_text((ap_refusal)-1), "unlisted");
}

static void test_refusal_counts(void **state)
{
    (void)state;
    ap_refusals a = { 0 }, b = { 0 };
    ap_refuse(&a, AP_REFUSED_PARITY);
    ap_refuse_many(&a, AP_REFUSED_GARBAGE_BYTES, 500);
    ap_refuse_many(&a, AP_REFUSED_CPR_PENDING, 20);
    ap_refuse_many(&a, AP_REFUSED_LATE, 3);
    ap_refuse(&a, AP_REFUSAL_COUNT);
    ap_refuse(&a, (ap_refusal)-1);
    assert_true(ap_refusals_total(&a) == 24);
    ap_refusals_add(&b, &a);
    ap_refusals_add(&b, &a);
    assert_true(ap_refusals_total(&b) == 48);
    assert_true(b.count[AP_REFUSED_GARBAGE_BYTES] == 1000);
}

static void test_refusal_saturates(void **state)
{
    (void)state;
    ap_refusals a = { 0 };
    ap_refuse_many(&a, AP_REFUSED_LATE, UINT64_MAX - 1);
    ap_refuse(&a, AP_REFUSED_LATE);
    ap_refuse(&a, AP_REFUSED_LATE);
    assert_true(a.count[AP_REFUSED_LATE] == UINT64_MAX);
    ap_refusals_add(&a, &a);
    assert_true(a.count[AP_REFUSED_LATE] == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err_list),
        cmocka_unit_test(test_refusal_keys),
        cmocka_unit_test(test_refusal_counts),
        cmocka_unit_test(test_refusal_saturates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

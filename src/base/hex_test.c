#include "base/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_hex_digit_of_every_octet(void **state)
{
    (void)state;
    static const char digits[] = "0123456789ABCDEF0123456789abcdef";
    unsigned count = 0;
    for (int c = 0; c < 256; c++) {
        const char *at = memchr(digits, c, 32);
        assert_int_equal(ap_hex_digit((uint8_t)c), at ? (at - digits) % 16 : -1);
        count += at != NULL;
    }
    assert_int_equal(count, 22);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hex_digit_of_every_octet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "io/disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_disk_of(void **state)
{
    (void)state;
    ap_disk disk = ap_disk_of("/tmp");
    assert_true(disk.size > 0);
    assert_true(disk.free_size <= disk.size);
    assert_int_equal(ap_disk_of("/tmp/airpicture-no-such-folder").size, 0);
    disk = ap_disk_of("/proc"); /* has no room, and says so */
    assert_int_equal(disk.free_size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_disk_of) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "track/order.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "track/test_noise.h"

#define COUNT 1000u

/* Fields differ one at a time: each is looked at, and both ways round. */
static void test_compare_sees_each_field(void **state)
{
    (void)state;
    const ap_report none = { .time_utc = 5 };
    ap_report r[10];
    for (size_t i = 0; i < sizeof r / sizeof r[0]; i++)
        r[i] = none;
    r[0].time_utc = 6;
    r[1].range_m = 1.0;
    r[2].doppler_ambiguity_mps = NAN;
    r[3].present = AP_HAS_POLAR;
    r[4].flags = 1;
    r[5].address = 7;
    r[6].mode_3a = 01200;
    r[7].track_number = 3;
    r[8].sil = 1;
    memcpy(r[9].callsign, "A", 1);
    assert_int_equal(ap_reports_compare(&none, &none), 0);
    for (size_t i = 0; i < sizeof r / sizeof r[0]; i++) {
        assert_int_equal(ap_reports_compare(&r[i], &r[i]), 0);
        assert_true(ap_reports_compare(&none, &r[i]) < 0);
        assert_true(ap_reports_compare(&r[i], &none) > 0);
    }
}

/* Any permutation of the same reports comes out the same, in order of time. */
static void test_sort_forgets_the_order(void **state)
{
    (void)state;
    static ap_report report[COUNT];
    uint32_t first[COUNT], place[COUNT], work[COUNT];
    uint64_t seed = 3;
    for (uint32_t i = 0; i < COUNT; i++) {
        report[i].time_utc = (ap_utc_ns)(10.0 * test_uniform(&seed));
        report[i].range_m = floor(50.0 * test_uniform(&seed));
        report[i].azimuth_rad = i == 17 ? NAN : test_uniform(&seed);
    }
    for (uint32_t count = 1; count <= COUNT; count = 3 * count / 2 + 1)
        for (int round = 0; round < 5; round++) {
            for (uint32_t i = 0; i < count; i++)
                place[i] = i;
            for (uint32_t i = count - 1; round > 0 && i > 0; i--) {
                uint32_t j = (uint32_t)(test_uniform(&seed) * (i + 1)), swap = place[i];
                place[i] = place[j];
                place[j] = swap;
            }
            ap_reports_sort(report, count, place, work);
            for (uint32_t i = 0; i + 1 < count; i++)
                assert_true(ap_reports_compare(&report[place[i]], &report[place[i + 1]]) <= 0);
            if (round == 0)
                memcpy(first, place, sizeof first);
            assert_memory_equal(first, place, count * sizeof *place);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare_sees_each_field),
        cmocka_unit_test(test_sort_forgets_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

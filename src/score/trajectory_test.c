#include "score/trajectory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "score/order.h"

static void *mem;
static ap_trajectory_set set;

static const ap_trajectory_config small = {
    .trajectory_cap = 4, .state_cap = 16, .identity_cap = 4, .has_covariances = true
};

static void start(ap_trajectory_frame frame, const ap_trajectory_config *caps)
{
    free(mem);
    size_t size = ap_trajectory_set_size(caps);
    assert_true(size > 0);
    mem = malloc(size);
    assert_int_equal(ap_trajectory_set_init(&set, frame, caps, mem, size), AP_OK);
}

static int tear_down(void **state)
{
    (void)state;
    free(mem);
    mem = NULL;
    return 0;
}

static ap_trajectory_state at(double time_s, double x_m)
{
    return (ap_trajectory_state){ .time_utc = (ap_utc_ns)(time_s * 1e9), .x_m = x_m };
}

static ap_err add(uint64_t id, double time_s, double x_m)
{
    ap_trajectory_state state = at(time_s, x_m);
    ap_trajectory_covariance covariance = { .east_m2 = x_m + 1.0, .north_m2 = 1.0 };
    return ap_trajectory_add(&set, id, &state, &covariance, NULL);
}

static void test_sort_interleaved(void **state)
{
    (void)state;
    start(AP_TRAJECTORY_PLANE, &small);
    assert_int_equal(add(7, 2.0, 72.0), AP_OK);
    assert_int_equal(add(3, 1.0, 31.0), AP_OK);
    assert_int_equal(add(7, 1.0, 71.0), AP_OK); /* out of order */
    assert_int_equal(add(3, 2.0, 32.0), AP_OK);
    assert_int_equal(add(3, 1.0, 39.0), AP_OK); /* that time again: the last one stays */
    assert_int_equal(add(UINT64_MAX, 1.0, 99.0), AP_OK);
    ap_trajectory_set_sort(&set);
    assert_int_equal(set.trajectory_count, 3);
    assert_int_equal(set.state_count, 5);
    assert_int_equal(set.trajectories[0].id, 3);
    assert_int_equal(set.trajectories[1].id, 7);
    assert_true(set.trajectories[2].id == UINT64_MAX);
    static const double expected_m[] = { 39.0, 32.0, 71.0, 72.0, 99.0 };
    for (int i = 0; i < 5; i++) {
        assert_true(set.states[i].x_m == expected_m[i]);
        assert_true(set.covariances[i].east_m2 == expected_m[i] + 1.0);
    }
    assert_int_equal(set.states[3].trajectory, 1);
    assert_int_equal(set.unsorted_count, 2);
    assert_int_equal(set.refused[AP_TRAJECTORY_REFUSAL_DUPLICATE], 1);
}

static void test_sort_again_after_more(void **state)
{
    (void)state;
    start(AP_TRAJECTORY_PLANE, &small);
    add(2, 5.0, 25.0);
    ap_trajectory_set_sort(&set);
    add(1, 5.0, 15.0);
    add(2, 4.0, 24.0);
    ap_trajectory_set_sort(&set);
    ap_utc_ns first, last;
    ap_trajectory_set_span(&set, &first, &last);
    assert_true(set.states[0].x_m == 15.0 && set.states[1].x_m == 24.0);
    assert_int_equal(first, 4 * AP_NS_PER_S);
    assert_int_equal(last, 5 * AP_NS_PER_S);
}

static void test_add_refused(void **state)
{
    (void)state;
    start(AP_TRAJECTORY_GEODETIC, &small);
    ap_trajectory_state bad = at(1.0, 0.0);
    bad.latitude_rad = NAN;
    assert_int_equal(ap_trajectory_add(&set, 1, &bad, NULL, NULL), AP_ERR_RANGE);
    bad.latitude_rad = 2.0; /* beyond the pole: degrees, most likely */
    assert_int_equal(ap_trajectory_add(&set, 1, &bad, NULL, NULL), AP_ERR_RANGE);
    bad.latitude_rad = 1.0;
    bad.flags = AP_STATE_HAS_VELOCITY;
    bad.east_mps = INFINITY;
    assert_int_equal(ap_trajectory_add(&set, 1, &bad, NULL, NULL), AP_ERR_RANGE);
    bad.flags = 0; /* what is said not to be there is not looked at, and is 0 afterwards */
    assert_int_equal(ap_trajectory_add(&set, 1, &bad, NULL, NULL), AP_OK);
    assert_true(set.states[0].east_mps == 0.0);
    bad.time_utc = AP_UTC_UNKNOWN;
    assert_int_equal(ap_trajectory_add(&set, 1, &bad, NULL, NULL), AP_ERR_RANGE);
    assert_int_equal(set.refused[AP_TRAJECTORY_REFUSAL_NUMBER], 3);
    assert_int_equal(set.refused[AP_TRAJECTORY_REFUSAL_TIME], 1);
    assert_int_equal(set.trajectory_count, 1);
}

static void test_add_covariance_clipped(void **state)
{
    (void)state;
    start(AP_TRAJECTORY_PLANE, &small);
    ap_trajectory_state s = at(1.0, 0.0);
    ap_trajectory_covariance bad = { .east_m2 = 1.0, .east_north_m2 = 2.0, .north_m2 = 1.0 };
    assert_int_equal(ap_trajectory_add(&set, 1, &s, &bad, NULL), AP_OK);
    bad.north_m2 = NAN;
    s.time_utc++;
    assert_int_equal(ap_trajectory_add(&set, 1, &s, &bad, NULL), AP_OK);
    assert_int_equal(set.clipped_count, 2);
    assert_true(set.covariances[0].east_m2 == 0.0 && set.covariances[1].north_m2 == 0.0);
}

static void test_add_full_then_moved(void **state)
{
    (void)state;
    ap_trajectory_config one = { .trajectory_cap = 1, .state_cap = 2, .identity_cap = 1 };
    start(AP_TRAJECTORY_PLANE, &one);
    assert_int_equal(add(1, 1.0, 1.0), AP_OK);
    assert_int_equal(add(2, 1.0, 1.0), AP_ERR_FULL);
    assert_int_equal(add(1, 2.0, 2.0), AP_OK);
    assert_int_equal(add(1, 3.0, 3.0), AP_ERR_FULL);
    assert_int_equal(ap_trajectory_set_move(&set, &one, mem, 10), AP_ERR_MEMORY);
    size_t size = ap_trajectory_set_size(&small);
    void *larger = malloc(size);
    assert_int_equal(ap_trajectory_set_move(&set, &small, larger, size), AP_OK);
    free(mem);
    mem = larger;
    assert_int_equal(add(2, 1.0, 21.0), AP_OK);
    assert_int_equal(add(1, 3.0, 3.0), AP_OK);
    ap_trajectory_set_sort(&set);
    assert_int_equal(set.trajectory_count, 2);
    assert_int_equal(set.trajectories[0].count, 3);
    assert_true(set.states[3].x_m == 21.0);
    assert_true(set.covariances[0].east_m2 == 0.0); /* had none before the move */
    assert_int_equal(ap_trajectory_set_move(&set, &one, mem, size), AP_ERR_ARGUMENT);
}

static void test_add_identity_kept(void **state)
{
    (void)state;
    start(AP_TRAJECTORY_PLANE, &small);
    ap_trajectory_identity told = { .address = 0xABCDEF, .flags = AP_IDENTITY_HAS_ADDRESS };
    ap_trajectory_state s = at(1.0, 0.0);
    ap_trajectory_add(&set, 1, &s, NULL, NULL);
    s.time_utc++;
    ap_trajectory_add(&set, 1, &s, NULL, &told);
    s.time_utc++;
    ap_trajectory_add(&set, 1, &s, NULL, NULL);
    s.time_utc++;
    ap_trajectory_add(&set, 1, &s, NULL, &told);
    assert_true(set.states[0].identity == AP_TRAJECTORY_NONE);
    assert_int_equal(set.states[1].identity, 0);
    assert_int_equal(set.states[2].identity, 0);
    assert_int_equal(set.states[3].identity, 0);
    assert_int_equal(set.identity_count, 1);
}

/* An identity without room changes nothing; the same one told again needs none. */
static void test_add_identity_full(void **state)
{
    (void)state;
    ap_trajectory_config one = { .trajectory_cap = 2, .state_cap = 8, .identity_cap = 1 };
    start(AP_TRAJECTORY_PLANE, &one);
    ap_trajectory_identity told = { .address = 1, .flags = AP_IDENTITY_HAS_ADDRESS };
    ap_trajectory_state s = at(1.0, 0.0);
    assert_int_equal(ap_trajectory_add(&set, 1, &s, NULL, &told), AP_OK);
    s.time_utc++;
    assert_int_equal(ap_trajectory_add(&set, 1, &s, NULL, &told), AP_OK);
    told.address = 2;
    s.time_utc++;
    assert_int_equal(ap_trajectory_add(&set, 1, &s, NULL, &told), AP_ERR_FULL);
    assert_int_equal(ap_trajectory_add(&set, 2, &s, NULL, &told), AP_ERR_FULL);
    assert_int_equal(set.trajectory_count, 1);
    assert_int_equal(set.state_count, 2);
    assert_int_equal(ap_trajectory_add(&set, 1, &s, NULL, NULL), AP_OK);
    assert_int_equal(set.states[2].identity, 0);
}

static void test_set_empty(void **state)
{
    (void)state;
    start(AP_TRAJECTORY_PLANE, &small);
    ap_trajectory_set_sort(&set);
    ap_utc_ns first, last;
    ap_trajectory_set_span(&set, &first, &last);
    assert_true(first == AP_UTC_UNKNOWN && last == AP_UTC_UNKNOWN);
    ap_trajectory_config none = { 0 };
    assert_int_equal(ap_trajectory_set_size(&none), 0);
}

static void test_order_sort_stable(void **state)
{
    (void)state;
    int64_t keys[7] = { 5, 3, 5, 1, 3, 9, 1 };
    uint32_t order[7] = { 0, 1, 2, 3, 4, 5, 6 }, scratch[7];
    ap_order_sort(order, scratch, 7, keys, sizeof *keys);
    static const uint32_t expected[] = { 3, 6, 1, 4, 0, 2, 5 };
    assert_memory_equal(order, expected, sizeof expected);
    int64_t row;
    ap_order_apply(order, 7, keys, sizeof *keys, &row);
    static const int64_t sorted[] = { 1, 1, 3, 3, 5, 5, 9 };
    assert_memory_equal(keys, sorted, sizeof sorted);
    assert_memory_equal(order, expected, sizeof expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_sort_interleaved, tear_down),
        cmocka_unit_test_teardown(test_sort_again_after_more, tear_down),
        cmocka_unit_test_teardown(test_add_refused, tear_down),
        cmocka_unit_test_teardown(test_add_covariance_clipped, tear_down),
        cmocka_unit_test_teardown(test_add_full_then_moved, tear_down),
        cmocka_unit_test_teardown(test_add_identity_kept, tear_down),
        cmocka_unit_test_teardown(test_add_identity_full, tear_down),
        cmocka_unit_test_teardown(test_set_empty, tear_down),
        cmocka_unit_test(test_order_sort_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

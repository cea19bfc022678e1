#include "track/detection_rate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "track/test_noise.h"

#define TURN_S 4.0

static ap_sensor radar_of(double probability)
{
    return (ap_sensor){ .kind = AP_SENSOR_PSR, .detection_probability = probability };
}

static void seen(ap_detection_rate *rate, double gap_s)
{
    bool is_hit;
    int looks = ap_detection_rate_looks(gap_s, TURN_S, &is_hit);
    ap_detection_rate_learn(rate, looks, is_hit);
}

/* So many hits of one aircraft that is seen with a probability; its turns are a little uneven. */
static ap_detection_rate seen_with(double probability, int hits, uint64_t seed)
{
    ap_detection_rate rate = { 0 };
    for (int k = 0; k < hits; k++) {
        int turns = 1;
        while (test_uniform(&seed) >= probability)
            turns++;
        seen(&rate, TURN_S * turns + 0.3 * (test_uniform(&seed) - 0.5));
    }
    return rate;
}

/* Of 1,000 independent looks the share errs by sqrt(p (1 - p) / 1000), at most 0.016; what fades is
 * worth as many. Rows of misses that are cut do not draw it away. */
static void test_rate_is_that_of_the_looks(void **state)
{
    (void)state;
    static const double probabilities[] = { 0.4, 0.5, 0.7, 0.9, 0.97 };
    for (size_t i = 0; i < sizeof probabilities / sizeof probabilities[0]; i++) {
        double mean = 0.0, p = probabilities[i];
        const ap_sensor radar = radar_of(0.9);
        for (uint64_t seed = 1; seed <= 20; seed++) {
            ap_detection_rate rate = seen_with(p, 5000, seed);
            double learnt = ap_detection_rate_of(&rate, &radar);
            assert_true(fabs(learnt - p) < 0.06);
            mean += learnt / 20.0;
        }
        assert_true(fabs(mean - (p * 2000.0 + 0.9 * 50.0) / 2050.0) < 0.006);
    }
}

/* The sensor's own value is where it begins, counts for 50 looks, and all when it is fixed. */
static void test_rate_starts_as_stated(void **state)
{
    (void)state;
    ap_sensor radar = radar_of(0.995);
    ap_detection_rate rate = { 0 };
    assert_true(ap_detection_rate_of(&rate, &radar) == 0.995);
    for (int k = 0; k < 50; k++)
        seen(&rate, 2.0 * TURN_S);
    radar.detection_probability = 0.8;
    /* 100 looks, 50 hits, of which little has faded; and 50 looks with 40 hits */
    assert_true(fabs(ap_detection_rate_of(&rate, &radar) - 0.6) < 2e-3);
    radar.detection_fixed = true;
    assert_true(ap_detection_rate_of(&rate, &radar) == 0.8);
}

static void test_rate_counts_each_turn_once(void **state)
{
    (void)state;
    ap_detection_rate rate = { 0 };
    const double no_look_s[] = { 0.0, 0.1, 1.9, -8.0, NAN };
    for (size_t i = 0; i < sizeof no_look_s / sizeof no_look_s[0]; i++)
        seen(&rate, no_look_s[i]);
    assert_true(rate.look_count == 0.0 && rate.hit_count == 0.0);
    seen(&rate, 3.9);
    assert_true(rate.look_count == 1.0 && rate.hit_count == 1.0);
    seen(&rate, 1e6);
    assert_true(fabs(rate.look_count - 4.0) < 0.01 && fabs(rate.hit_count - 1.0) < 0.01);
}

/* Of many looks together the old ones fade as by one after another; and of hits there are never
 * more than looks. */
static void test_rate_learns_many_at_once(void **state)
{
    (void)state;
    ap_detection_rate one = { 0 }, many = { 0 };
    for (int k = 0; k < 1000; k++) {
        ap_detection_rate_learn(&one, 1.0, k % 10 != 0);
        if (k % 100 == 0)
            ap_detection_rate_learn(&many, 100.0, 90.0);
    }
    assert_true(fabs(one.look_count / many.look_count - 1.0) < 0.05);
    assert_true(fabs(one.hit_count / one.look_count - 0.9) < 1e-3);
    assert_true(fabs(many.hit_count / many.look_count - 0.9) < 1e-12);
    ap_detection_rate_learn(&many, 0.0, 1e6);
    assert_true(many.hit_count == many.look_count);
    ap_detection_rate_learn(&many, 1e9, 5e8);
    assert_true(many.look_count >= 1e9 && many.hit_count / many.look_count < 0.51);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate_is_that_of_the_looks),
        cmocka_unit_test(test_rate_starts_as_stated),
        cmocka_unit_test(test_rate_counts_each_turn_once),
        cmocka_unit_test(test_rate_learns_many_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

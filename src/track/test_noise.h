/* Random numbers of tests and benchmarks: the same everywhere and for ever, for figures and limits
 * rest on them. */
#ifndef AP_TRACK_TEST_NOISE_H
#define AP_TRACK_TEST_NOISE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "airpicture/geo.h"

/* [0, 1): SplitMix64. */
static inline double test_uniform(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = *state;
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

/* Mean 0, variance 1: Box and Muller, the cosine alone. */
static inline double test_normal(uint64_t *state)
{
    double a = 1.0 - test_uniform(state), b = test_uniform(state);
    return sqrt(-2.0 * log(a)) * cos(2.0 * AP_PI * b);
}

/* The same with the sine as every second number. */
typedef struct test_pairs {
    uint64_t state;
    double kept;
    bool has_kept;
} test_pairs;

static inline double test_paired_normal(test_pairs *pairs)
{
    pairs->has_kept = !pairs->has_kept;
    if (!pairs->has_kept)
        return pairs->kept;
    double a = 1.0 - test_uniform(&pairs->state), b = test_uniform(&pairs->state);
    double r = sqrt(-2.0 * log(a));
    pairs->kept = r * sin(2.0 * AP_PI * b);
    return r * cos(2.0 * AP_PI * b);
}

#endif

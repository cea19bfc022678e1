/* What the lanes of kernels are written with: loops over them, and elementary functions that give
 * the same bits whatever the vector width and the compiler. */
#ifndef AP_TRACK_LANE_H
#define AP_TRACK_LANE_H

#include <stdint.h>
#include <string.h>

#include "track/filter_kernel.h"

#if defined(__GNUC__)
#define AP_LANE static inline __attribute__((always_inline))
#else
#define AP_LANE static inline
#endif

/* A loop whose rounds do not depend on each other, though the compiler cannot see it. */
#if defined(__clang__)
#define AP_EACH(l, count)                                                                          \
    _Pragma("clang loop vectorize(assume_safety)") for (int l = 0; l < (count); l++)
#else
#define AP_EACH(l, count) _Pragma("GCC ivdep") for (int l = 0; l < (count); l++)
#endif

/* ---- elementary functions ---- */

#define LANE_ROUND 6755399441055744.0 /* 1.5 * 2^52: added, the low bits hold the integer */

AP_LANE uint64_t lane_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

AP_LANE double lane_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Polynomials are summed in pairs, pairs of pairs and so on: a third of the time that one term
 * after the other takes.
 * x = k ln 2 + r, |r| <= 0.35; e^r by its series: the first term left out is 4e-18 of it. */
AP_LANE double lane_exp(double x)
{
    double t = x * 1.4426950408889634 + LANE_ROUND, k = t - LANE_ROUND;
    double r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
    double r2 = r * r, r4 = r2 * r2;
    double a = (0.5 + r * (1.0 / 6.0)) + r2 * (1.0 / 24.0 + r * (1.0 / 120.0));
    double b = (1.0 / 720.0 + r * (1.0 / 5040.0)) + r2 * (1.0 / 40320.0 + r * (1.0 / 362880.0));
    double c = (1.0 / 3628800.0 + r * (1.0 / 39916800.0)) +
               r2 * (1.0 / 479001600.0 + r * (1.0 / 6227020800.0));
    double s = r + r2 * (a + r4 * (b + r4 * c));
    return (1.0 + s) * lane_double((lane_bits(t) + 1023u) << 52);
}

/* sin h, cos h and sin(h) / h: reduced by quarter turns, then series on |r| <= pi / 4. */
AP_LANE void lane_turn(double h, double *sine, double *cosine, double *sinc)
{
    double t = h * 0.63661977236758134 + LANE_ROUND, k = t - LANE_ROUND;
    double r = (h - k * 1.57079632673412561417) - k * 6.07710050650619224932e-11;
    double z = r * r, z2 = z * z, z4 = z2 * z2;
    double s = (z * (-1.0 / 6.0) + z2 * (1.0 / 120.0 - z * (1.0 / 5040.0))) +
               z4 * ((1.0 / 362880.0 - z * (1.0 / 39916800.0)) +
                     z2 * ((1.0 / 6227020800.0 - z * (1.0 / 1307674368000.0)) +
                           z2 * (1.0 / 355687428096000.0)));
    double c = (z * -0.5 + z2 * (1.0 / 24.0 - z * (1.0 / 720.0))) +
               z4 * ((1.0 / 40320.0 - z * (1.0 / 3628800.0)) +
                     z2 * ((1.0 / 479001600.0 - z * (1.0 / 87178291200.0)) +
                           z2 * (1.0 / 20922789888000.0)));
    s += 1.0;
    c += 1.0;
    uint64_t quarter = lane_bits(t), odd = 0u - (quarter & 1), even = ~odd;
    uint64_t q = lane_bits(r * s), p = lane_bits(c);
    *sine = lane_double(((p & odd) | (q & even)) ^ ((quarter & 2) << 62));
    *cosine = lane_double(((q & odd) | (p & even)) ^ (((quarter + 1) & 2) << 62));
    double far = *sine / (k == 0.0 ? 1.0 : h);
    *sinc = k == 0.0 ? s : far;
}

/* In one order, and in pairs: as a vector unit of any width would. */
AP_LANE double lane_sum(const double v[AP_LANES])
{
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

/* ---- the same in single precision ---- */

AP_LANE float lane_sum_single(const float v[AP_LANES])
{
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

/* The same of four columns at once. */
#if defined(__GNUC__)
typedef float lane_four __attribute__((vector_size(16)));

AP_LANE lane_four lane_halves(const float v[AP_LANES])
{
    lane_four low, high;
    memcpy(&low, v, sizeof low);
    memcpy(&high, v + 4, sizeof high);
    return low + high;
}

AP_LANE lane_four lane_quarters(lane_four a, lane_four b)
{
    return __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
}

AP_LANE void lane_sum_four(float v[4][AP_LANES], float sum[4])
{
    lane_four a = lane_quarters(lane_halves(v[0]), lane_halves(v[1]));
    lane_four b = lane_quarters(lane_halves(v[2]), lane_halves(v[3]));
    lane_four all =
        __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7);
    memcpy(sum, &all, sizeof all);
}
#else
AP_LANE void lane_sum_four(float v[4][AP_LANES], float sum[4])
{
    for (int i = 0; i < 4; i++)
        sum[i] = lane_sum_single(v[i]);
}
#endif

#define LANE_ROUND_SINGLE 12582912.0F /* 1.5 * 2^23 */

AP_LANE uint32_t lane_bits_single(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

AP_LANE float lane_single(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* For x in [-87, 88]; the first term left out is 1e-8 of it. */
AP_LANE float lane_exp_single(float x)
{
    float t = x * 1.44269504F + LANE_ROUND_SINGLE, k = t - LANE_ROUND_SINGLE;
    float r = (x - k * 0.693359375F) - k * -2.12194440e-4F;
    float r2 = r * r;
    float a = 0.5F + r * (1.0F / 6.0F), b = 1.0F / 24.0F + r * (1.0F / 120.0F);
    float s = r + r2 * (a + r2 * (b + r2 * (1.0F / 720.0F + r * (1.0F / 5040.0F))));
    return (1.0F + s) * lane_single((lane_bits_single(t) + 127u) << 23);
}

/* Of angles up to some hundred quarter turns. */
AP_LANE void lane_turn_single(float h, float *sine, float *cosine, float *sinc)
{
    float t = h * 0.636619772F + LANE_ROUND_SINGLE, k = t - LANE_ROUND_SINGLE;
    float r = ((h - k * 1.5703125F) - k * 4.837512969970703125e-4F) - k * 7.549789954891882e-8F;
    float z = r * r, z2 = z * z;
    float s = 1.0F + (z * (-1.0F / 6.0F) + z2 * (1.0F / 120.0F - z * (1.0F / 5040.0F)) +
                      z2 * z2 * (1.0F / 362880.0F));
    float c = 1.0F +
              (z * -0.5F + z2 * (1.0F / 24.0F - z * (1.0F / 720.0F)) + z2 * z2 * (1.0F / 40320.0F));
    uint32_t quarter = lane_bits_single(t), odd = 0u - (quarter & 1), even = ~odd;
    uint32_t q = lane_bits_single(r * s), p = lane_bits_single(c);
    *sine = lane_single(((p & odd) | (q & even)) ^ ((quarter & 2) << 30));
    *cosine = lane_single(((q & odd) | (p & even)) ^ (((quarter + 1) & 2) << 30));
    float far = *sine / (k == 0.0F ? 1.0F : h);
    *sinc = k == 0.0F ? s : far;
}

#endif

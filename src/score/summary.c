#include "score/summary.h"

#include <math.h>
#include <string.h>

#include "airpicture/geo.h"

#define LOW_BITS 15 /* of the 31 that a magnitude has, the rest chooses the bin */

static uint32_t bits_of(float magnitude)
{
    uint32_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    return bits & 0x7FFFFFFFu; /* the order of the bits is that of the magnitudes */
}

static float magnitude_of(uint32_t bits)
{
    float magnitude;
    memcpy(&magnitude, &bits, sizeof magnitude);
    return magnitude;
}

/* Bin of the element at `rank`, and how many are in the bins before it. */
static uint32_t bin_at(const uint32_t *bins, uint64_t rank, uint64_t *before)
{
    uint64_t sum = 0;
    for (uint32_t i = 0;; i++) {
        if (sum + bins[i] > rank) {
            *before = sum;
            return i;
        }
        sum += bins[i];
    }
}

static double element_at(size_t count, const float *magnitude, uint64_t rank, uint32_t *bins)
{
    memset(bins, 0, AP_SUMMARY_BINS * sizeof *bins);
    for (size_t i = 0; i < count; i++)
        bins[bits_of(magnitude[i]) >> LOW_BITS]++;
    uint64_t before;
    uint32_t high = bin_at(bins, rank, &before);
    memset(bins, 0, AP_SUMMARY_BINS * sizeof *bins);
    for (size_t i = 0; i < count; i++)
        if (bits_of(magnitude[i]) >> LOW_BITS == high)
            bins[bits_of(magnitude[i]) & ((1u << LOW_BITS) - 1u)]++;
    uint32_t low = bin_at(bins, rank - before, &before);
    return (double)magnitude_of(high << LOW_BITS | low);
}

static uint64_t wide_bits(double magnitude)
{
    uint64_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    return bits & INT64_MAX;
}

double ap_summary_quantile(size_t count, const double *magnitude, double fraction, uint32_t *bins)
{
    if (count == 0)
        return 0.0;
    double place = fraction * (double)(count - 1);
    uint64_t rank = (uint64_t)place, left = rank, prefix = 0;
    for (int shift = 48; shift >= 0; shift -= 16) { /* 16 bits more of the element each time */
        memset(bins, 0, AP_SUMMARY_BINS * sizeof *bins);
        for (size_t i = 0; i < count; i++) {
            uint64_t bits = wide_bits(magnitude[i]) >> shift;
            if (bits >> 16 == prefix)
                bins[bits & 0xFFFFu]++;
        }
        uint64_t before;
        prefix = prefix << 16 | bin_at(bins, left, &before);
        left -= before;
    }
    double element, above = INFINITY;
    memcpy(&element, &prefix, sizeof element);
    uint64_t not_above = 0;
    for (size_t i = 0; i < count; i++) {
        not_above += magnitude[i] <= element;
        if (magnitude[i] > element)
            above = fmin(above, magnitude[i]);
    }
    if (not_above > rank + 1 || rank + 1 >= count)
        return element;
    return element + (place - (double)rank) * (above - element);
}

/* The smallest element above `value`, or `value` when more than `rank` are not above it. */
static double next_element(size_t count, const float *magnitude, uint64_t rank, double value)
{
    uint64_t not_above = 0;
    double above = INFINITY;
    for (size_t i = 0; i < count; i++) {
        double at = (double)magnitude[i];
        not_above += at <= value;
        if (at > value && at < above)
            above = at;
    }
    return not_above > rank ? value : above;
}

void ap_summary_quantiles(size_t count, const float *magnitude, size_t fraction_count,
                          const double *fraction, double *quantile, uint32_t *bins)
{
    for (size_t f = 0; f < fraction_count; f++) {
        quantile[f] = 0.0;
        if (count == 0)
            continue;
        double place = fraction[f] * (double)(count - 1);
        uint64_t rank = (uint64_t)place;
        quantile[f] = element_at(count, magnitude, rank, bins);
        double rest = place - (double)rank;
        if (rest > 0.0 && rank + 1 < count)
            quantile[f] +=
                rest * (next_element(count, magnitude, rank + 1, quantile[f]) - quantile[f]);
    }
}

ap_error_summary ap_summary_of(size_t count, float *error, uint32_t *bins)
{
    ap_error_summary summary = { .count = count };
    if (count == 0)
        return summary;
    double sum = 0.0, square = 0.0;
    for (size_t i = 0; i < count; i++) {
        double value = (double)error[i];
        sum += value;
        square += value * value;
        error[i] = (float)fabs(value);
        summary.max = fmax(summary.max, fabs(value));
    }
    summary.mean = sum / (double)count;
    summary.rms = sqrt(square / (double)count);
    static const double fractions[3] = { 0.5, 0.95, 0.99 };
    double quantile[3];
    ap_summary_quantiles(count, error, 3, fractions, quantile, bins);
    summary.median = quantile[0];
    summary.q95 = quantile[1];
    summary.q99 = quantile[2];
    return summary;
}

/* log Gamma(a), a >= 0.5: Stirling's series, from 16 on good to 1e-16. */
static double log_gamma(double a)
{
    double shift = 0.0;
    for (; a < 16.0; a += 1.0)
        shift += log(a);
    double r = 1.0 / a, r2 = r * r;
    double series = r * (1.0 / 12.0 - r2 * (1.0 / 360.0 - r2 * (1.0 / 1260.0 - r2 / 1680.0)));
    return (a - 0.5) * log(a) - a + 0.5 * log(2.0 * AP_PI) + series - shift;
}

/* Density of the gamma distribution of shape a and scale 1. */
static double gamma_density(double a, double x)
{
    return exp((a - 1.0) * log(x) - x - log_gamma(a));
}

/* Its lower tail: series below the mean, Lentz's continued fraction above it. */
static double gamma_tail(double a, double x)
{
    double density = gamma_density(a, x);
    if (x < a + 1.0) {
        double term = 1.0 / a, sum = term;
        for (double n = a + 1.0; term > sum * 1e-17; n += 1.0) {
            term *= x / n;
            sum += term;
        }
        return density * x * sum;
    }
    double b = x + 1.0 - a, c = 1e300, d = 1.0 / b, h = d;
    for (int i = 1; i < 1000000; i++) {
        double n = -(double)i * ((double)i - a);
        b += 2.0;
        d = n * d + b;
        d = 1.0 / (fabs(d) < 1e-300 ? 1e-300 : d);
        c = b + n / c;
        c = fabs(c) < 1e-300 ? 1e-300 : c;
        double step = c * d;
        h *= step;
        if (fabs(step - 1.0) < 1e-16)
            break;
    }
    return 1.0 - density * x * h;
}

/* The normal quantile: Abramowitz and Stegun 26.2.23, good to 5e-4, then Newton. */
static double normal_quantile(double probability)
{
    double tail = probability < 0.5 ? probability : 1.0 - probability;
    double t = sqrt(-2.0 * log(tail));
    double z = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                       (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    z = probability < 0.5 ? -z : z;
    for (int i = 0; i < 4; i++)
        z -= (0.5 * erfc(-z / sqrt(2.0)) - probability) * sqrt(2.0 * AP_PI) * exp(z * z / 2.0);
    return z;
}

double ap_chi_square_quantile(double dof, double probability)
{
    double a = dof / 2.0, c = 2.0 / (9.0 * dof);
    double root = 1.0 - c + normal_quantile(probability) * sqrt(c); /* Wilson and Hilferty */
    double x = fmax(a * root * root * root, 1e-8 * a);
    if (dof > 1e6) /* the start is good to 1e-10 by now */
        return 2.0 * x;
    for (int i = 0; i < 50; i++) {
        double step = (gamma_tail(a, x) - probability) / gamma_density(a, x);
        step = fmin(fmax(step, -x), x / 2.0); /* x may not leave (0, infinity) */
        x -= step;
        if (fabs(step) < 1e-12 * x)
            break;
    }
    return 2.0 * x;
}

ap_nees_summary ap_nees_of(uint64_t count, uint32_t dimension, double sum)
{
    ap_nees_summary summary = { .count = count, .dimension = dimension };
    if (count == 0)
        return summary;
    double n = (double)count, dof = n * (double)dimension;
    summary.mean = sum / n;
    summary.lower = ap_chi_square_quantile(dof, 0.025) / n;
    summary.upper = ap_chi_square_quantile(dof, 0.975) / n;
    return summary;
}

/* Whether numbers are what chance makes of them. Bounds are those of a chance of 1e-3 (3.3 standard
 * errors of a mean, of a count or, by the normal approximation, of a chi-square), with fixed
 * seeds. */
#ifndef AP_SIMULATE_TEST_CHANCE_H
#define AP_SIMULATE_TEST_CHANCE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define BOUND 3.3

static inline void check_count(double found, double n, double p)
{
    assert_true(fabs(found - n * p) <= BOUND * sqrt(n * p * (1.0 - p)) + 1e-6);
}

static inline void check_poisson(double found, double mean)
{
    assert_true(fabs(found - mean) <= BOUND * sqrt(mean));
}

typedef struct moments {
    double n, sum, square;
} moments;

static inline void add(moments *m, double value)
{
    m->n++;
    m->sum += value;
    m->square += value * value;
}

/* Of a normal with this mean and deviation: the sum, and the chi-square of the residuals. */
static inline void check_moments(const moments *m, double mean, double sigma)
{
    double found = m->sum / m->n;
    double chi2 = (m->square - 2.0 * mean * m->sum + m->n * mean * mean) / (sigma * sigma);
    assert_true(m->n > 100.0);
    assert_true(fabs(found - mean) <= BOUND * sigma / sqrt(m->n));
    assert_true(fabs(chi2 - m->n) <= BOUND * sqrt(2.0 * m->n));
}

#endif

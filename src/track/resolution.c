#include "track/resolution.h"

#include <math.h>
#include <string.h>

#include "track/associate.h"
#include "track/filter_kernel.h"

#define LN2 0.69314718055994530942
#define EXPONENT_MAX 700.0 /* of ap_exp; beyond it nothing is left */

/* ---- pairs and chains ---- */

double ap_unresolved(const ap_gap *range, const ap_gap *across)
{
    double r2 = range->cell_m * range->cell_m / (2.0 * LN2);
    double a2 = across->cell_m * across->cell_m / (2.0 * LN2);
    double r_sum = r2 + range->var_m2, a_sum = a2 + across->var_m2;
    double exponent =
        0.5 * (range->gap_m * range->gap_m / r_sum + across->gap_m * across->gap_m / a_sum);
    if (!(exponent < EXPONENT_MAX))
        return 0.0;
    return sqrt(r2 / r_sum * (a2 / a_sum)) * ap_exp(-exponent);
}

/* Product over pairs of one from each set of the probability that they do not run together. */
static double separate(uint32_t a, uint32_t b, size_t count, const double *pair, size_t stride)
{
    double product = 1.0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            if (((a >> i & b >> j) | (a >> j & b >> i)) & 1u)
                product *= 1.0 - pair[i * stride + j];
    return product;
}

/* Of each set with the first of it: 1 less the ways in which the first hangs together with fewer.
 */
double ap_connected(size_t count, const double *pair, size_t stride)
{
    double connected[1u << AP_RUN_CAP];
    for (uint32_t set = 1; set < 1u << count; set++) {
        uint32_t first = set & (0u - set);
        connected[set] = 1.0;
        for (uint32_t part = (set - 1) & set; part; part = (part - 1) & set)
            if (part & first)
                connected[set] -=
                    connected[part] * separate(part, set & ~part, count, pair, stride);
    }
    return fmax(connected[(1u << count) - 1], 0.0);
}

/* ---- marginals ---- */

/* Memory of one solution: cross[row * sets + S] is the product of apart over row and the rows in S;
 * forward[c * sets + S] the sum over choices among the columns before c that use exactly S. */
typedef struct sums {
    size_t rows, sets;
    double *cross, *forward, *after, *before;
} sums;

static double cross_of(const sums *s, uint32_t rows, size_t set)
{
    double product = 1.0;
    for (size_t i = 0; i < s->rows; i++)
        if (rows >> i & 1u)
            product *= s->cross[i * s->sets + set];
    return product;
}

static void fill_cross(sums *s, const double *apart)
{
    for (size_t i = 0; i < s->rows; i++) {
        double *cross = s->cross + i * s->sets;
        cross[0] = 1.0;
        for (size_t set = 1; set < s->sets; set++) {
            size_t j = 0;
            while (!(set >> j & 1u))
                j++;
            size_t low = i < j ? i : j, high = i < j ? j : i;
            double one = i == j ? 1.0 : apart[low * s->rows + high];
            cross[set] = cross[set & (set - 1)] * one;
        }
    }
}

static void step_forward(const sums *s, const ap_share *share, const double *from, double *to)
{
    for (size_t set = 0; set < s->sets; set++)
        if (!(set & share->rows) && from[set] > 0.0)
            to[set | share->rows] += from[set] * share->psi * cross_of(s, share->rows, set);
}

static void step_backward(const sums *s, ap_share *share, const double *forward)
{
    for (size_t set = 0; set < s->sets; set++) {
        if (set & share->rows)
            continue;
        double weight = share->psi * cross_of(s, share->rows, set) * s->after[set | share->rows];
        s->before[set] += weight;
        share->p += forward[set] * weight;
    }
}

bool ap_marginals_shared(size_t row_count, size_t column_count, ap_share *share, size_t share_count,
                         const double *apart, double *work)
{
    if (row_count > AP_SHARED_ROWS_MAX)
        return false;
    size_t sets = (size_t)1 << row_count;
    if (column_count > AP_EXACT_WORK || (row_count + column_count + 3) * sets > AP_EXACT_WORK)
        return false;
    sums s = { row_count, sets, work, work + row_count * sets, NULL, NULL };
    s.after = s.forward + (column_count + 1) * sets;
    s.before = s.after + sets;
    fill_cross(&s, apart);
    memset(s.forward, 0, sets * sizeof *s.forward);
    s.forward[0] = 1.0;
    for (size_t c = 0; c < column_count; c++) {
        const double *from = s.forward + c * sets;
        memcpy(s.forward + (c + 1) * sets, from, sets * sizeof *from);
        for (size_t k = 0; k < share_count; k++)
            if (share[k].column == c)
                step_forward(&s, &share[k], from, s.forward + (c + 1) * sets);
    }
    for (size_t set = 0; set < sets; set++)
        s.after[set] = 1.0;
    for (size_t c = column_count; c-- > 0;) {
        memcpy(s.before, s.after, sets * sizeof *s.before);
        for (size_t k = 0; k < share_count; k++)
            if (share[k].column == c) {
                share[k].p = 0.0;
                step_backward(&s, &share[k], s.forward + c * sets);
            }
        double *swap = s.after;
        s.after = s.before;
        s.before = swap;
    }
    double total = s.after[0];
    if (!(total > 0.0 && total < 1e300))
        return false;
    for (size_t k = 0; k < share_count; k++)
        share[k].p /= total;
    return true;
}

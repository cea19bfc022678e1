#include "track/resolution.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "track/associate.h"

static double uniform(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*seed >> 11) * 0x1p-53;
}

/* ---- pairs ---- */

static void test_unresolved_known_places(void **state)
{
    (void)state;
    static const struct {
        double range_m, across_m, p;
    } cases[] = {
        { 0, 0, 1.0 },       { 150, 0, 0.5 },    { 0, 900, 0.5 },
        { -150, 900, 0.25 }, { 300, 0, 0.0625 }, { 1e6, 0, 0.0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_gap range = { cases[i].range_m, 0.0, 150.0 };
        ap_gap across = { cases[i].across_m, 0.0, 900.0 };
        assert_true(fabs(ap_unresolved(&range, &across) - cases[i].p) < 1e-12);
    }
    ap_gap nowhere = { NAN, 1.0, 150.0 }, across = { 0.0, 1.0, 900.0 };
    assert_true(ap_unresolved(&nowhere, &across) == 0.0);
}

/* Uncertain places: against the integral over them. */
static void test_unresolved_is_the_mean_over_places(void **state)
{
    (void)state;
    const double sigma = 120.0, gap = 200.0, cell = 150.0, step = 0.5;
    double sum = 0.0;
    for (double x = gap - 8.0 * sigma; x <= gap + 8.0 * sigma; x += step)
        sum += step * exp(-0.5 * pow((x - gap) / sigma, 2.0) - log(2.0) * x * x / (cell * cell)) /
               (sigma * sqrt(2.0 * acos(-1.0)));
    ap_gap range = { gap, sigma * sigma, cell }, across = { 0.0, 0.0, 900.0 };
    assert_true(fabs(ap_unresolved(&range, &across) - sum) < 1e-6);
}

/* ---- chains ---- */

static bool hang_together(uint32_t links, size_t count)
{
    uint32_t reached = 1;
    for (size_t round = 0; round < count; round++) {
        uint32_t link = 0;
        for (size_t i = 0; i < count; i++)
            for (size_t j = i + 1; j < count; j++, link++)
                if ((links >> link & 1u) && ((reached >> i | reached >> j) & 1u))
                    reached |= 1u << i | 1u << j;
    }
    return reached == (1u << count) - 1;
}

/* Against the sum over all ways in which pairs can be linked. */
static void test_connected_counts_every_chain(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int round = 0; round < 40; round++)
        for (size_t count = 1; count <= AP_RUN_CAP; count++) {
            double pair[AP_RUN_CAP * AP_RUN_CAP] = { 0.0 }, sum = 0.0;
            for (size_t i = 0; i < AP_RUN_CAP * AP_RUN_CAP; i++)
                pair[i] = uniform(&seed);
            uint32_t pairs = (uint32_t)(count * (count - 1) / 2);
            for (uint32_t links = 0; links < 1u << pairs; links++) {
                double weight = 1.0;
                uint32_t link = 0;
                for (size_t i = 0; i < count; i++)
                    for (size_t j = i + 1; j < count; j++, link++) {
                        double p = pair[i * AP_RUN_CAP + j];
                        weight *= links >> link & 1u ? p : 1.0 - p;
                    }
                sum += hang_together(links, count) ? weight : 0.0;
            }
            assert_true(fabs(ap_connected(count, pair, AP_RUN_CAP) - sum) < 1e-12);
        }
}

/* ---- marginals ---- */

enum { ROWS = 4, COLUMNS = 3, SHARES = 16 };

/* Every choice of shares in turn, each taken or not. */
static void brute(const ap_share *share, size_t count, const double *apart, double *p)
{
    double total = 0.0;
    memset(p, 0, count * sizeof *p);
    for (uint32_t taken = 0; taken < 1u << count; taken++) {
        uint32_t rows = 0, columns = 0, of[ROWS];
        double weight = 1.0;
        for (uint32_t k = 0; k < count && weight > 0.0; k++) {
            if (!(taken >> k & 1u))
                continue;
            if ((rows & share[k].rows) || (columns >> share[k].column & 1u))
                weight = 0.0;
            rows |= share[k].rows;
            columns |= 1u << share[k].column;
            weight *= share[k].psi;
            for (uint32_t i = 0; i < ROWS; i++)
                if (share[k].rows >> i & 1u)
                    of[i] = k;
        }
        for (uint32_t i = 0; i < ROWS; i++)
            for (uint32_t j = i + 1; j < ROWS; j++)
                if ((rows >> i & rows >> j & 1u) && weight > 0.0 && of[i] != of[j])
                    weight *= apart[i * ROWS + j];
        total += weight;
        for (uint32_t k = 0; k < count; k++)
            p[k] += taken >> k & 1u ? weight : 0.0;
    }
    for (size_t k = 0; k < count; k++)
        p[k] /= total;
}

static void test_marginals_shared_against_all_choices(void **state)
{
    (void)state;
    static double work[AP_EXACT_WORK];
    uint64_t seed = 11;
    for (int round = 0; round < 30; round++) {
        ap_share share[SHARES];
        double apart[ROWS * ROWS], p[SHARES];
        size_t count = 0;
        for (int i = 0; i < ROWS * ROWS; i++)
            apart[i] = uniform(&seed);
        for (uint32_t column = 0; column < COLUMNS; column++)
            for (uint32_t rows = 1; rows < 1u << ROWS && count < 14; rows++)
                if (uniform(&seed) < 0.4)
                    share[count++] =
                        (ap_share){ rows, column, exp(8.0 * uniform(&seed) - 3.0), 0.0 };
        assert_true(ap_marginals_shared(ROWS, COLUMNS, share, count, apart, work));
        brute(share, count, apart, p);
        for (size_t k = 0; k < count; k++)
            assert_true(fabs(share[k].p - p[k]) < 1e-12);
    }
}

/* No plot is of several and nothing runs together: the marginals of associate.h. */
static void test_marginals_shared_alone_is_exact(void **state)
{
    (void)state;
    static double work[AP_EXACT_WORK];
    static const uint32_t start[] = { 0, 2, 4 }, column[] = { 0, 1, 0, 1 };
    const double psi[] = { 180, 120, 120, 180 }, apart[4] = { 1, 1, 1, 1 };
    double p[4];
    ap_cluster cluster = { 2, 2, start, column, psi };
    assert_true(ap_marginals_exact(&cluster, work, p));
    ap_share share[4];
    for (uint32_t e = 0; e < 4; e++)
        share[e] = (ap_share){ 1u << e / 2, column[e], psi[e], 0.0 };
    assert_true(ap_marginals_shared(2, 2, share, 4, apart, work));
    for (int e = 0; e < 4; e++)
        assert_true(fabs(share[e].p - p[e]) < 1e-12);
}

static void test_marginals_shared_refuses_what_is_too_large(void **state)
{
    (void)state;
    static double work[AP_EXACT_WORK], apart[64 * 64];
    ap_share share = { 1, 0, 1.0, -1.0 };
    assert_false(ap_marginals_shared(AP_SHARED_ROWS_MAX + 1, 1, &share, 1, apart, work));
    assert_false(ap_marginals_shared(AP_SHARED_ROWS_MAX, 1000, &share, 1, apart, work));
    assert_true(share.p == -1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unresolved_known_places),
        cmocka_unit_test(test_unresolved_is_the_mean_over_places),
        cmocka_unit_test(test_connected_counts_every_chain),
        cmocka_unit_test(test_marginals_shared_against_all_choices),
        cmocka_unit_test(test_marginals_shared_alone_is_exact),
        cmocka_unit_test(test_marginals_shared_refuses_what_is_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

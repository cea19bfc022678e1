#include "track/associate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define MISS 0.1
#define NEW 0.05

/* Two tracks, two plots: weights w over miss and new, in full rows. */
static ap_cluster two_by_two(const double w[4], double psi[4])
{
    static const uint32_t start[] = { 0, 2, 4 }, column[] = { 0, 1, 0, 1 };
    for (int e = 0; e < 4; e++)
        psi[e] = w[e] / (MISS * NEW);
    return (ap_cluster){ 2, 2, start, column, psi };
}

/* Fixtures: matchings of two tracks and two plots counted by hand; loopy belief propagation of the
 * same, to its fixed point. */
static const struct {
    double w[4], exact[4], belief[4], exact_tolerance, belief_tolerance;
} fixtures[] = {
    { { 0.9, 0.6, 0.6, 0.9 },
      { 0.687327, 0.306323, 0.306323, 0.687327 },
      { 0.955141, 0.029431, 0.029431, 0.955141 },
      1e-6,
      2e-3 },
    { { 0.9, 0.0, 0.6, 0.9 },
      { 0.990846, 0.0, 0.003650, 0.990846 },
      { 0.990846, 0.0, 0.003650, 0.990846 },
      1e-6,
      2e-4 },
    { { 0.9, 0.9, 0.9, 0.9 },
      { 0.497245, 0.497245, 0.497245, 0.497245 },
      { 0.481379, 0.481379, 0.481379, 0.481379 },
      1e-6,
      1e-3 },
};

static void test_marginals_fixtures(void **state)
{
    (void)state;
    static double work[AP_EXACT_WORK];
    for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
        double psi[4], p[4];
        ap_cluster cluster = two_by_two(fixtures[i].w, psi);
        assert_true(ap_marginals_exact(&cluster, work, p));
        for (int e = 0; e < 4; e++)
            assert_true(fabs(p[e] - fixtures[i].exact[e]) < fixtures[i].exact_tolerance);
        ap_marginals_belief(&cluster, work, p);
        for (int e = 0; e < 4; e++)
            assert_true(fabs(p[e] - fixtures[i].belief[e]) < fixtures[i].belief_tolerance);
    }
}

static double uniform(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*seed >> 11) * 0x1p-53;
}

/* Sum of all matchings, by counting through the choices of every row in turn. */
static void brute(const ap_cluster *c, double *p)
{
    size_t edges = c->start[c->row_count];
    uint32_t choice[8] = { 0 }; /* 0: none, else edge start + choice - 1 */
    double total = 0.0;
    memset(p, 0, edges * sizeof *p);
    for (;;) {
        double weight = 1.0;
        unsigned used = 0;
        for (size_t i = 0; i < c->row_count; i++) {
            if (choice[i] == 0)
                continue;
            uint32_t e = c->start[i] + choice[i] - 1;
            unsigned bit = 1u << c->column[e];
            weight *= used & bit ? 0.0 : c->psi[e];
            used |= bit;
        }
        total += weight;
        for (size_t i = 0; i < c->row_count; i++)
            if (choice[i] != 0)
                p[c->start[i] + choice[i] - 1] += weight;
        size_t i = 0;
        while (i < c->row_count && ++choice[i] > c->start[i + 1] - c->start[i])
            choice[i++] = 0;
        if (i == c->row_count)
            break;
    }
    for (size_t e = 0; e < edges; e++)
        p[e] /= total;
}

static void test_marginals_exact_equals_brute(void **state)
{
    (void)state;
    static double work[AP_EXACT_WORK];
    uint64_t seed = 7;
    for (int run = 0; run < 200; run++) {
        uint32_t start[7] = { 0 }, column[36];
        double psi[36], p[36], expected[36];
        size_t rows = 1 + (size_t)(uniform(&seed) * 6), columns = 1 + (size_t)(uniform(&seed) * 6);
        for (size_t i = 0; i < rows; i++) {
            uint32_t e = start[i];
            for (uint32_t j = 0; j < columns; j++)
                if (uniform(&seed) < 0.6) {
                    column[e] = j;
                    psi[e++] = exp(12.0 * uniform(&seed) - 6.0);
                }
            start[i + 1] = e;
        }
        ap_cluster cluster = { rows, columns, start, column, psi };
        assert_true(ap_marginals_exact(&cluster, work, p));
        brute(&cluster, expected);
        for (uint32_t e = 0; e < start[rows]; e++)
            assert_true(fabs(p[e] - expected[e]) < 1e-12);
    }
}

static void test_marginals_exact_refuses_the_large(void **state)
{
    (void)state;
    static double work[AP_EXACT_WORK], psi[11 * 11], p[11 * 11];
    uint32_t start[12] = { 0 }, column[11 * 11], order[11 * 11];
    uint8_t used[22];
    for (uint32_t i = 0; i < 11; i++) {
        for (uint32_t j = 0; j < 11; j++) {
            column[11 * i + j] = j;
            psi[11 * i + j] = i == j ? 1000.0 : 1.0;
        }
        start[i + 1] = 11 * (i + 1);
    }
    ap_cluster cluster = { 11, 11, start, column, psi };
    assert_false(ap_marginals_exact(&cluster, work, p));
    assert_true(ap_marginals_belief(&cluster, work, p) <= AP_BELIEF_SWEEPS);
    for (uint32_t i = 0; i < 11; i++)
        assert_true(p[12 * i] > 0.98);
    ap_marginals_nearest(&cluster, order, used, p);
    for (uint32_t e = 0; e < 121; e++)
        assert_true(fabs(p[e] - (e % 12 == 0 ? 1000.0 / 1001.0 : 0.0)) < 1e-12);
}

static void test_sets_join(void **state)
{
    (void)state;
    uint32_t parent[6];
    ap_sets_init(parent, 6);
    ap_sets_join(parent, 5, 3);
    ap_sets_join(parent, 1, 4);
    ap_sets_join(parent, 4, 5);
    const uint32_t root[] = { 0, 1, 2, 1, 1, 1 };
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(ap_sets_find(parent, i), root[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marginals_fixtures),
        cmocka_unit_test(test_marginals_exact_equals_brute),
        cmocka_unit_test(test_marginals_exact_refuses_the_large),
        cmocka_unit_test(test_sets_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

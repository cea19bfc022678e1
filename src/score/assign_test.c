#include "score/assign.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

enum { SIDE = 6, BIG = 40 };

typedef struct matrix {
    uint32_t row_start[BIG + 1], column[BIG * BIG];
    double cost[BIG * BIG];
} matrix;

static void *mem;
static ap_assign assign;

static int set_up(void **state)
{
    (void)state;
    ap_arena measure = ap_arena_measure();
    ap_assign_init(&assign, &measure, BIG, BIG);
    size_t size = ap_arena_need(&measure);
    mem = malloc(size);
    ap_arena arena = ap_arena_over(mem, size);
    ap_assign_init(&assign, &arena, BIG, BIG);
    return ap_arena_need(&arena) == 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(mem);
    return 0;
}

/* Knuth's MMIX generator: only the test's own. */
static double next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*seed >> 40) / (double)(1 << 24);
}

static matrix make_random(uint64_t *seed, size_t rows, size_t columns, double density, bool whole)
{
    matrix out = { .row_start = { 0 } };
    uint32_t count = 0;
    for (size_t i = 0; i < rows; i++) {
        out.row_start[i] = count;
        for (uint32_t j = 0; j < columns; j++) {
            if (next(seed) >= density)
                continue;
            double cost = 10.0 * next(seed);
            out.column[count] = j;
            out.cost[count++] = whole ? floor(cost) : cost;
        }
    }
    out.row_start[rows] = count;
    return out;
}

static ap_assign_edges edges_of(const matrix *m)
{
    return (ap_assign_edges){ m->row_start, m->column, m->cost };
}

/* Best sum by trying everything: rows in turn, digits of `choice` pick an edge or none. */
static double best_by_trying(const matrix *m, size_t rows, double alone)
{
    double best = INFINITY;
    uint32_t pick[SIDE] = { 0 };
    for (;;) {
        double sum = 0.0;
        uint32_t used = 0;
        bool legal = true;
        for (size_t i = 0; i < rows && legal; i++) {
            uint32_t e = m->row_start[i] + pick[i];
            if (e == m->row_start[i + 1]) {
                sum += alone;
                continue;
            }
            legal = !(used >> m->column[e] & 1);
            used |= 1u << m->column[e];
            sum += m->cost[e];
        }
        if (legal && sum < best)
            best = sum;
        size_t at = 0;
        while (at < rows && ++pick[at] > m->row_start[at + 1] - m->row_start[at])
            pick[at++] = 0;
        if (at == rows)
            return best;
    }
}

static double cost_of_answer(const matrix *m, size_t rows, size_t columns, double alone)
{
    double sum = 0.0;
    bool used[BIG] = { false };
    for (size_t i = 0; i < rows; i++) {
        uint32_t column = assign.column_of_row[i];
        if (column == AP_ASSIGN_NONE) {
            sum += alone;
            continue;
        }
        assert_true(column < columns);
        assert_false(used[column]);
        used[column] = true;
        bool found = false;
        for (uint32_t e = m->row_start[i]; e < m->row_start[i + 1]; e++) {
            if (m->column[e] == column) {
                sum += m->cost[e];
                found = true;
            }
        }
        assert_true(found);
    }
    return sum;
}

static void test_assign_solve_equals_trying_everything(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int run = 0; run < 2000; run++) {
        size_t rows = 1 + (size_t)(next(&seed) * SIDE), columns = 1 + (size_t)(next(&seed) * SIDE);
        double alone = 12.0 * next(&seed);
        matrix m = make_random(&seed, rows, columns, 0.2 + 0.8 * next(&seed), run % 2);
        ap_assign_edges edges = edges_of(&m);
        ap_assign_solve(&assign, rows, columns, &edges, alone);
        assert_true(fabs(cost_of_answer(&m, rows, columns, alone) -
                         best_by_trying(&m, rows, alone)) < 1e-9);
    }
}

/* Duality proves a large answer: prices with no edge cheaper than its ends, whose sum is the cost.
 */
static void test_assign_solve_large_has_equal_dual(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int run = 0; run < 50; run++) {
        matrix m = make_random(&seed, BIG, BIG, run < 25 ? 1.0 : 0.2, false);
        ap_assign_edges edges = edges_of(&m);
        double alone = run % 3 ? 1e6 : 2.0;
        ap_assign_solve(&assign, BIG, BIG, &edges, alone);
        double dual = 0.0;
        for (size_t i = 0; i < BIG; i++) {
            assert_true(assign.row_price[i] <= alone + 1e-9);
            assert_true(assign.column_price[i] <= 0.0);
            dual += assign.row_price[i] + assign.column_price[i];
            for (uint32_t e = m.row_start[i]; e < m.row_start[i + 1]; e++)
                assert_true(m.cost[e] - assign.row_price[i] - assign.column_price[m.column[e]] >
                            -1e-6);
        }
        assert_true(fabs(dual - cost_of_answer(&m, BIG, BIG, alone)) < 1e-6);
    }
}

static void test_assign_solve_empty(void **state)
{
    (void)state;
    matrix m = { .row_start = { 0 } };
    ap_assign_edges edges = edges_of(&m);
    assert_int_equal(ap_assign_solve(&assign, 0, 0, &edges, 1.0), 0);
    assert_int_equal(ap_assign_solve(&assign, 3, 0, &edges, 1.0), 0);
    assert_int_equal(assign.column_of_row[2], AP_ASSIGN_NONE);
}

/* A chain that must be shifted along its whole length when the last row comes. */
static void test_assign_solve_shifts_a_chain(void **state)
{
    (void)state;
    matrix m = { .row_start = { 0 } };
    uint32_t count = 0;
    for (uint32_t i = 0; i < BIG - 1; i++) {
        m.column[count] = i;
        m.cost[count++] = 0.0;
        m.column[count] = i + 1;
        m.cost[count++] = 1.0;
        m.row_start[i + 1] = count;
    }
    m.column[count] = 0;
    m.cost[count++] = 0.0;
    m.row_start[BIG] = count;
    ap_assign_edges edges = edges_of(&m);
    assert_int_equal(ap_assign_solve(&assign, BIG, BIG, &edges, 1000.0), BIG);
    assert_int_equal(assign.column_of_row[BIG - 1], 0);
    for (uint32_t i = 0; i < BIG - 1; i++)
        assert_int_equal(assign.column_of_row[i], i + 1);
    assert_int_equal(ap_assign_solve(&assign, BIG, BIG, &edges, 10.0), BIG - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_assign_solve_equals_trying_everything),
        cmocka_unit_test(test_assign_solve_large_has_equal_dual),
        cmocka_unit_test(test_assign_solve_empty),
        cmocka_unit_test(test_assign_solve_shifts_a_chain),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

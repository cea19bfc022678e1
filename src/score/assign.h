/* Optimal assignment on a sparse matrix.
 *
 * Rows choose columns, each column at most once; a row may also stay without one at a price. The
 * sum of the prices is the smallest possible. Shortest augmenting paths with dual prices (Jonker
 * and Volgenant's way, on adjacency lists). The answer depends on the input alone, ties included.
 */
#ifndef AP_SCORE_ASSIGN_H
#define AP_SCORE_ASSIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define AP_ASSIGN_NONE UINT32_MAX

/* The edges of row i are entries row_start[i] .. row_start[i + 1] - 1 of the two columns. */
typedef struct ap_assign_edges {
    const uint32_t *row_start; /* [row_count + 1] */
    const uint32_t *column;    /* of the edge, < column_count, each at most once a row */
    const double *cost;        /* finite, >= 0 */
} ap_assign_edges;

typedef struct ap_assign {
    size_t row_cap, column_cap;
    uint32_t *column_of_row; /* the answer: [row_count], AP_ASSIGN_NONE where a row stays alone */
    uint32_t *row_of_column;
    double *row_price, *column_price, *distance;
    uint32_t *reached_from, *reached, *stamp;
} ap_assign;

/* Takes the working memory from the arena (measuring or real). */
void ap_assign_init(ap_assign *assign, ap_arena *arena, size_t row_cap, size_t column_cap);

/* Solves for row_count <= row_cap rows and column_count <= column_cap columns.
 * in : alone_cost >= 0, the price of a row without a column.
 * out: assign->column_of_row; returns the number of rows that have a column.
 * Cost: each row walks the columns its shortest path reaches, k of them in O(k^2 + edges). */
size_t ap_assign_solve(ap_assign *assign, size_t row_count, size_t column_count,
                       const ap_assign_edges *edges, double alone_cost);

#endif

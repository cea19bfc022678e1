#include "score/assign.h"

#include <assert.h>
#include <math.h>

/* Where a shortest path ended: at a free column, or at a row that stays alone. */
typedef struct path_end {
    uint32_t column; /* AP_ASSIGN_NONE: `row` stays alone */
    uint32_t row;
    double distance;
} path_end;

void ap_assign_init(ap_assign *assign, ap_arena *arena, size_t row_cap, size_t column_cap)
{
    *assign = (ap_assign){
        .row_cap = row_cap,
        .column_cap = column_cap,
        .column_of_row = ap_arena_take(arena, row_cap, sizeof(uint32_t)),
        .row_of_column = ap_arena_take(arena, column_cap, sizeof(uint32_t)),
        .row_price = ap_arena_take(arena, row_cap, sizeof(double)),
        .column_price = ap_arena_take(arena, column_cap, sizeof(double)),
        .distance = ap_arena_take(arena, column_cap, sizeof(double)),
        .reached_from = ap_arena_take(arena, column_cap, sizeof(uint32_t)),
        .reached = ap_arena_take(arena, column_cap, sizeof(uint32_t)),
        .stamp = ap_arena_take(arena, column_cap, sizeof(uint32_t)),
    };
}

static void clear(ap_assign *assign, size_t row_count, size_t column_count)
{
    for (size_t i = 0; i < row_count; i++) {
        assign->column_of_row[i] = AP_ASSIGN_NONE;
        assign->row_price[i] = 0.0;
    }
    for (size_t j = 0; j < column_count; j++) {
        assign->row_of_column[j] = AP_ASSIGN_NONE;
        assign->column_price[j] = 0.0;
        assign->stamp[j] = AP_ASSIGN_NONE;
    }
}

/* Offers every column of `row`, itself `base` away from the root, a path through it.
 * `stamp` equal to the root marks a column of this search. Returns the new count of reached. */
static size_t relax(ap_assign *assign, const ap_assign_edges *edges, uint32_t root, uint32_t row,
                    double base, size_t reached_count)
{
    for (uint32_t e = edges->row_start[row]; e < edges->row_start[row + 1]; e++) {
        uint32_t column = edges->column[e];
        /* Rounding must not make an edge cheaper than none: scanned columns would reopen. */
        double reduced = edges->cost[e] - assign->row_price[row] - assign->column_price[column];
        double distance = base + fmax(reduced, 0.0);
        if (assign->stamp[column] != root) {
            assign->stamp[column] = root;
            assign->reached[reached_count++] = column;
        } else if (distance >= assign->distance[column]) {
            continue;
        }
        assign->distance[column] = distance;
        assign->reached_from[column] = row;
    }
    return reached_count;
}

/* The nearest column of reached[scanned ..], moved to reached[scanned]. */
static uint32_t take_nearest(ap_assign *assign, size_t scanned, size_t reached_count)
{
    size_t best = scanned;
    for (size_t k = scanned + 1; k < reached_count; k++)
        if (assign->distance[assign->reached[k]] < assign->distance[assign->reached[best]])
            best = k;
    uint32_t column = assign->reached[best];
    assign->reached[best] = assign->reached[scanned];
    assign->reached[scanned] = column;
    return column;
}

static path_end search(ap_assign *assign, const ap_assign_edges *edges, uint32_t root,
                       double alone_cost, size_t *scanned_count)
{
    path_end end = { AP_ASSIGN_NONE, root, alone_cost - assign->row_price[root] };
    size_t scanned = 0;
    size_t reached_count = relax(assign, edges, root, root, 0.0, 0);
    while (scanned < reached_count) {
        uint32_t column = take_nearest(assign, scanned, reached_count);
        double distance = assign->distance[column];
        if (distance >= end.distance)
            break;
        uint32_t row = assign->row_of_column[column];
        if (row == AP_ASSIGN_NONE) {
            end = (path_end){ column, AP_ASSIGN_NONE, distance };
            break;
        }
        scanned++;
        double alone = distance + alone_cost - assign->row_price[row];
        if (alone < end.distance)
            end = (path_end){ AP_ASSIGN_NONE, row, alone };
        reached_count = relax(assign, edges, root, row, distance, reached_count);
    }
    *scanned_count = scanned;
    return end;
}

/* Keeps every reduced cost >= 0 and that of chosen edges 0. */
static void reprice(ap_assign *assign, uint32_t root, size_t scanned, double end_distance)
{
    assign->row_price[root] += end_distance;
    for (size_t k = 0; k < scanned; k++) {
        uint32_t column = assign->reached[k];
        double slack = end_distance - assign->distance[column];
        if (slack <= 0.0)
            continue;
        assign->column_price[column] -= slack;
        assign->row_price[assign->row_of_column[column]] += slack;
    }
}

/* Shifts the choices along the path, from its end back to the root. */
static void augment(ap_assign *assign, uint32_t root, path_end end)
{
    uint32_t column = end.column;
    if (column == AP_ASSIGN_NONE) {
        if (end.row == root)
            return;
        column = assign->column_of_row[end.row];
        assign->column_of_row[end.row] = AP_ASSIGN_NONE;
    }
    for (;;) {
        uint32_t row = assign->reached_from[column];
        uint32_t next = assign->column_of_row[row];
        assign->row_of_column[column] = row;
        assign->column_of_row[row] = column;
        if (row == root)
            return;
        column = next;
    }
}

size_t ap_assign_solve(ap_assign *assign, size_t row_count, size_t column_count,
                       const ap_assign_edges *edges, double alone_cost)
{
    assert(row_count <= assign->row_cap && column_count <= assign->column_cap);
    clear(assign, row_count, column_count);
    for (uint32_t root = 0; root < row_count; root++) {
        size_t scanned;
        path_end end = search(assign, edges, root, alone_cost, &scanned);
        reprice(assign, root, scanned, end.distance);
        augment(assign, root, end);
    }
    size_t paired = 0;
    for (size_t i = 0; i < row_count; i++)
        paired += assign->column_of_row[i] != AP_ASSIGN_NONE;
    return paired;
}

/* The probabilities of what is whose, cluster by cluster. */
#include "track/state.h"

#include <string.h>

/* Stable counting sort of edge numbers by key[edge], each below key_count; from: all in order when
 * NULL. */
static void sort_edges(ap_bench *b, const uint32_t *key, uint32_t key_count, const uint32_t *from,
                       uint32_t *to)
{
    uint32_t *count = b->count, edges = b->edge_count;
    memset(count, 0, ((size_t)key_count + 1) * sizeof *count);
    for (uint32_t k = 0; k < edges; k++)
        count[key[k] + 1]++;
    for (uint32_t k = 0; k < key_count; k++)
        count[k + 1] += count[k];
    for (uint32_t k = 0; k < edges; k++) {
        uint32_t edge = from ? from[k] : k;
        to[count[key[edge]]++] = edge;
    }
}

/* Lists all edges in b->order, by cluster and row. Afterwards the parent of a row is its cluster:
 * its first row. */
static void sort_by_cluster(ap_bench *b)
{
    uint32_t *key = b->column;
    ap_sets_init(b->parent, (size_t)b->look_count + b->plot_count);
    for (uint32_t k = 0; k < b->edge_count; k++) {
        key[k] = b->edge[k].row;
        ap_sets_join(b->parent, key[k], b->look_count + b->edge[k].plot);
    }
    sort_edges(b, key, b->look_count, NULL, b->order2);
    for (uint32_t row = 0; row < b->look_count; row++)
        b->parent[row] = ap_sets_find(b->parent, row);
    for (uint32_t k = 0; k < b->edge_count; k++)
        key[k] = b->parent[key[k]];
    sort_edges(b, key, b->look_count, b->order2, b->order);
}

/* Numbers the plots of a cluster in bench.local; returns how many there are. */
static uint32_t number_plots(ap_bench *b, const uint32_t *order, uint32_t count)
{
    uint32_t columns = 0;
    for (uint32_t k = 0; k < count; k++)
        b->local[b->edge[order[k]].plot] = AP_SLOT_NONE;
    for (uint32_t k = 0; k < count; k++)
        if (b->local[b->edge[order[k]].plot] == AP_SLOT_NONE)
            b->local[b->edge[order[k]].plot] = columns++;
    return columns;
}

static bool has_runs(const ap_bench *b, const uint32_t *order, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++)
        if (b->edge[order[k]].run != AP_SLOT_NONE)
            return true;
    return false;
}

/* Marginals of the cluster whose edges are order[0..count), by row. */
static void solve_cluster(ap_state *state, const uint32_t *order, uint32_t count)
{
    ap_bench *b = &state->bench;
    state->stats.cluster_count++;
    if (count == 1) {
        ap_edge *edge = &b->edge[order[0]];
        edge->p = edge->psi / (1.0 + edge->psi);
        edge->is_sole = edge->run == AP_SLOT_NONE;
        state->stats.single_count++;
        return;
    }
    uint32_t rows = 0, columns = number_plots(b, order, count), last = AP_SLOT_NONE, single = 0;
    if (has_runs(b, order, count)) {
        if (ap_shares_solve(state, order, count, columns)) {
            state->stats.shared_count++;
            return;
        }
    }
    for (uint32_t k = 0; k < count; k++) {
        const ap_edge *edge = &b->edge[order[k]];
        if (edge->row != last)
            b->start[rows++] = single;
        last = edge->row;
        if (edge->run != AP_SLOT_NONE)
            continue;
        b->column[single] = b->local[edge->plot];
        b->psi[single++] = edge->psi;
    }
    b->start[rows] = single;
    ap_cluster cluster = { rows, columns, b->start, b->column, b->psi };
    if (ap_marginals_exact(&cluster, b->work, b->p)) {
        state->stats.exact_count++;
    } else if (ap_marginals_belief(&cluster, b->work, b->p) < AP_BELIEF_SWEEPS) {
        state->stats.belief_count++;
    } else {
        ap_marginals_nearest(&cluster, b->order2 + (order - b->order), b->used, b->p);
        state->stats.nearest_count++;
    }
    single = 0;
    for (uint32_t k = 0; k < count; k++)
        b->edge[order[k]].p = b->edge[order[k]].run == AP_SLOT_NONE ? b->p[single++] : 0.0;
}

void ap_clusters_solve(ap_state *state)
{
    ap_bench *b = &state->bench;
    if (b->edge_count == 0)
        return;
    sort_by_cluster(b);
    for (uint32_t from = 0, to; from < b->edge_count; from = to) {
        uint32_t cluster = b->parent[b->edge[b->order[from]].row];
        to = from + 1;
        while (to < b->edge_count && b->parent[b->edge[b->order[to]].row] == cluster)
            to++;
        solve_cluster(state, b->order + from, to - from);
    }
    for (uint32_t k = 0; k < b->edge_count; k++)
        b->plot[b->edge[k].plot].unused -= b->edge[k].p / b->edge[k].run_size;
}

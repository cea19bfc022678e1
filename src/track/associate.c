#include "track/associate.h"

#include <math.h>
#include <string.h>

#define EXACT_COLUMNS_MAX 10
#define BELIEF_ENOUGH 1e-4

/* ---- exact ---- */

/* A cluster turned so that columns are the fewer, dense: psi[row * columns + column]. */
typedef struct dense {
    size_t rows, columns;
    double *psi;
} dense;

static dense dense_of(const ap_cluster *c, bool turned, double *psi)
{
    dense d = { turned ? c->column_count : c->row_count, turned ? c->row_count : c->column_count,
                psi };
    memset(psi, 0, d.rows * d.columns * sizeof *psi);
    for (size_t i = 0; i < c->row_count; i++)
        for (uint32_t e = c->start[i]; e < c->start[i + 1]; e++) {
            size_t j = c->column[e];
            psi[turned ? j * d.columns + i : i * d.columns + j] = c->psi[e];
        }
    return d;
}

/* after[S] = sum over matchings of the rows so far that use exactly the columns S. */
static void step_forward(const double *psi, size_t columns, const double *before, double *after)
{
    size_t sets = (size_t)1 << columns;
    memcpy(after, before, sets * sizeof *after);
    for (size_t j = 0; j < columns; j++) {
        if (psi[j] == 0.0)
            continue;
        size_t bit = (size_t)1 << j;
        for (size_t s = 0; s < sets; s++)
            if (s & bit)
                after[s] += psi[j] * before[s ^ bit];
    }
}

/* before[S] = sum over matchings of the rows yet to come that use no column of S. Also the
 * marginals of this row. */
static void step_backward(const double *psi, size_t columns, const double *forward,
                          const double *after, double *before, double *p)
{
    size_t sets = (size_t)1 << columns;
    memcpy(before, after, sets * sizeof *before);
    for (size_t j = 0; j < columns; j++) {
        p[j] = 0.0;
        if (psi[j] == 0.0)
            continue;
        size_t bit = (size_t)1 << j;
        for (size_t s = 0; s < sets; s++) {
            if (s & bit)
                continue;
            before[s] += psi[j] * after[s | bit];
            p[j] += forward[s] * psi[j] * after[s | bit];
        }
    }
}

bool ap_marginals_exact(const ap_cluster *cluster, double *work, double *p)
{
    bool turned = cluster->row_count < cluster->column_count;
    size_t rows = turned ? cluster->column_count : cluster->row_count;
    size_t columns = turned ? cluster->row_count : cluster->column_count;
    if (columns > EXACT_COLUMNS_MAX)
        return false;
    size_t sets = (size_t)1 << columns;
    if (rows > AP_EXACT_WORK || 2 * rows * columns + (rows + 3) * sets > AP_EXACT_WORK)
        return false;
    double *psi = work, *marginal = psi + rows * columns;
    double *forward = marginal + rows * columns, *after = forward + (rows + 1) * sets;
    double *before = after + sets;
    dense d = dense_of(cluster, turned, psi);
    memset(forward, 0, sets * sizeof *forward);
    forward[0] = 1.0;
    for (size_t i = 0; i < rows; i++)
        step_forward(d.psi + i * columns, columns, forward + i * sets, forward + (i + 1) * sets);
    for (size_t s = 0; s < sets; s++)
        after[s] = 1.0;
    for (size_t i = rows; i-- > 0;) {
        step_backward(d.psi + i * columns, columns, forward + i * sets, after, before,
                      marginal + i * columns);
        double *swap = after;
        after = before;
        before = swap;
    }
    double total = after[0];
    if (!(total > 0.0 && total < 1e300))
        return false;
    for (size_t i = 0; i < cluster->row_count; i++)
        for (uint32_t e = cluster->start[i]; e < cluster->start[i + 1]; e++) {
            size_t j = cluster->column[e];
            p[e] = marginal[turned ? j * columns + i : i * columns + j] / total;
        }
    return true;
}

/* ---- belief propagation ---- */

int ap_marginals_belief(const ap_cluster *cluster, double *work, double *p)
{
    size_t edges = cluster->start[cluster->row_count];
    double *nu = work, *sum = work + edges; /* messages to rows; sums of those to columns */
    for (size_t e = 0; e < edges; e++)
        nu[e] = 1.0;
    int sweep = 0;
    double change = 1.0;
    while (sweep < AP_BELIEF_SWEEPS && change > BELIEF_ENOUGH) {
        sweep++;
        for (size_t j = 0; j < cluster->column_count; j++)
            sum[j] = 1.0;
        for (size_t i = 0; i < cluster->row_count; i++) {
            double row = 1.0;
            for (uint32_t e = cluster->start[i]; e < cluster->start[i + 1]; e++)
                row += cluster->psi[e] * nu[e];
            for (uint32_t e = cluster->start[i]; e < cluster->start[i + 1]; e++) {
                double rest = fmax(row - cluster->psi[e] * nu[e], 1.0);
                p[e] = cluster->psi[e] / rest; /* message to the column */
                sum[cluster->column[e]] += p[e];
            }
        }
        change = 0.0;
        for (size_t e = 0; e < edges; e++) {
            double next = 1.0 / fmax(sum[cluster->column[e]] - p[e], 1.0);
            change = fmax(change, fabs(next - nu[e]) / nu[e]);
            nu[e] = next;
        }
    }
    for (size_t i = 0; i < cluster->row_count; i++) {
        double row = 1.0;
        for (uint32_t e = cluster->start[i]; e < cluster->start[i + 1]; e++)
            row += cluster->psi[e] * nu[e];
        for (uint32_t e = cluster->start[i]; e < cluster->start[i + 1]; e++)
            p[e] = cluster->psi[e] * nu[e] / row;
    }
    return sweep;
}

/* ---- greedy ---- */

static void sift_down(uint32_t *order, const double *psi, size_t root, size_t count)
{
    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        bool right =
            child + 1 < count &&
            (psi[order[child + 1]] < psi[order[child]] ||
             (psi[order[child + 1]] == psi[order[child]] && order[child + 1] > order[child]));
        child += right ? 1 : 0;
        bool in_place = psi[order[root]] < psi[order[child]] ||
                        (psi[order[root]] == psi[order[child]] && order[root] > order[child]);
        if (in_place)
            return;
        uint32_t swap = order[root];
        order[root] = order[child];
        order[child] = swap;
        root = child;
    }
}

/* A heap sort, for qsort has neither a bound nor one answer. */
void ap_sort_heaviest(uint32_t *order, const double *psi, size_t count)
{
    for (size_t e = 0; e < count; e++)
        order[e] = (uint32_t)e;
    for (size_t root = count / 2; root-- > 0;)
        sift_down(order, psi, root, count);
    for (size_t end = count; end-- > 1;) {
        uint32_t swap = order[0];
        order[0] = order[end];
        order[end] = swap;
        sift_down(order, psi, 0, end);
    }
}

static size_t row_of(const ap_cluster *cluster, uint32_t edge)
{
    size_t low = 0, high = cluster->row_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (cluster->start[middle] <= edge)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void ap_marginals_nearest(const ap_cluster *cluster, uint32_t *order, uint8_t *used, double *p)
{
    size_t edges = cluster->start[cluster->row_count];
    ap_sort_heaviest(order, cluster->psi, edges);
    memset(used, 0, cluster->row_count + cluster->column_count);
    for (size_t k = 0; k < edges; k++) {
        uint32_t e = order[k];
        uint8_t *row = &used[row_of(cluster, e)];
        uint8_t *column = &used[cluster->row_count + cluster->column[e]];
        bool free = !*row && !*column;
        p[e] = free ? cluster->psi[e] / (1.0 + cluster->psi[e]) : 0.0;
        if (free)
            *row = *column = 1;
    }
}

/* ---- sets ---- */

void ap_sets_init(uint32_t *parent, size_t n)
{
    for (size_t i = 0; i < n; i++)
        parent[i] = (uint32_t)i;
}

uint32_t ap_sets_find(uint32_t *parent, uint32_t element)
{
    while (parent[element] != element) {
        parent[element] = parent[parent[element]];
        element = parent[element];
    }
    return element;
}

void ap_sets_join(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = ap_sets_find(parent, a);
    b = ap_sets_find(parent, b);
    /* The smaller number leads, so that the answer does not depend on the order of joins. */
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

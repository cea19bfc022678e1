/* The golden run: four targets that meet amid false plots (Williams's scenario), and what the
 * library's own pieces make of it: its kernels as the filter, ap_marginals_exact and ap_assign as
 * the association, GOSPA (p 2, cutoff 10) as the score.
 *
 *     bench.golden [RUNS]      default 100; run N has the seed N
 *
 * T = 1, white acceleration noise 0.02, unit position noise, detection 0.9, survival 0.99, ten
 * false plots on a square of 300; births are a Poisson process about (100, 100) of spread 150. All
 * four are near (150, 150) at step 41, where the first ends. Filters on the same plots, one line
 * each: PMB   Poisson + multi-Bernoulli: one Bernoulli a track, exact marginals (Williams 2015)
 *   PMBM  a mixture of so many global hypotheses at most, grown by the k best assignments
 *         (Garcia-Fernandez et al. 2018)
 * The first five runs of the PMB have known errors; it returns 1 when one is off by 1e-4.
 *
 * A program of its own and no mode of the tracker: the scenario has a plane, a birth intensity and
 * a sensor that sees all at one instant, none of which the tracker has. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "score/assign.h"
#include "score/gospa.h"
#include "track/associate.h"
#include "track/filter.h"
#include "track/lifecycle.h"
#include "track/test_noise.h"

#define STEPS 81
#define MEET 41
#define TARGETS 4
#define NOISE 0.02
#define DETECTION 0.9
#define SURVIVAL 0.99
#define FALSE_PLOTS 10.0
#define SIDE 300.0
#define BIRTHS 0.005
#define BIRTHS_FIRST 3.0
#define GATE2 20.0
#define LEAST 1e-5 /* existence, and weight of a Poisson component, that is kept */
#define REPORT 0.4
#define CUTOFF 10.0

#define PLOT_CAP 64
#define TRACK_CAP 512
#define POISSON_CAP 32
#define EDGE_CAP (TRACK_CAP * 16)

/* ---- scenario ---- */

typedef struct scene {
    size_t truth_count[STEPS], plot_count[STEPS];
    double truth[STEPS][TARGETS][2];
    ap_fix plot[STEPS][PLOT_CAP];
} scene;

static size_t poisson(test_pairs *g, double mean)
{
    size_t count = 0;
    for (double p = test_uniform(&g->state), least = exp(-mean); p > least;
         p *= test_uniform(&g->state))
        count++;
    return count;
}

/* Adds the noise of one step: Cholesky factor of NOISE [1/3 1/2; 1/2 1], each axis for itself. */
static void shake(test_pairs *g, double x[4])
{
    double l00 = sqrt(NOISE / 3.0), l10 = NOISE / 2.0 / l00, l11 = sqrt(NOISE - l10 * l10);
    for (int axis = 0; axis < 2; axis++) {
        double a = test_paired_normal(g), b = test_paired_normal(g);
        x[2 * axis] += l00 * a;
        x[2 * axis + 1] += l10 * a + l11 * b;
    }
}

/* State of a target: x, vx, y, vy. */
static void move(double x[4], double dt)
{
    x[0] += dt * x[1];
    x[2] += dt * x[3];
}

static void make_truth(test_pairs *g, double at[STEPS][TARGETS][4])
{
    for (int i = 0; i < TARGETS; i++)
        for (int k = 0; k < 4; k++)
            at[MEET - 1][i][k] = (k % 2 ? 0.0 : SIDE / 2.0) + sqrt(0.1) * test_paired_normal(g);
    for (int s = 1; s < MEET; s++) {
        for (int i = 0; i < TARGETS; i++) {
            double *next = at[MEET - 1 + s][i];
            memcpy(next, at[MEET - 2 + s][i], 4 * sizeof *next);
            move(next, 1.0);
            shake(g, next);
        }
        for (int i = 0; i < TARGETS; i++) {
            double *before = at[MEET - 1 - s][i];
            memcpy(before, at[MEET - s][i], 4 * sizeof *before);
            shake(g, before);
            move(before, -1.0);
        }
    }
}

static void make_plots(test_pairs *g, double at[STEPS][TARGETS][4], scene *s)
{
    memset(s, 0, sizeof *s);
    for (int k = 0; k < STEPS; k++) {
        ap_fix *plot = s->plot[k];
        for (int i = k >= MEET - 1 ? 1 : 0; i < TARGETS; i++) {
            double *truth = s->truth[k][s->truth_count[k]++];
            truth[0] = at[k][i][0];
            truth[1] = at[k][i][2];
            if (test_uniform(&g->state) >= DETECTION)
                continue;
            double a = test_paired_normal(g), b = test_paired_normal(g);
            plot[s->plot_count[k]++] = (ap_fix){ truth[0] + a, truth[1] + b, { 1.0, 0.0, 1.0 } };
        }
        for (size_t n = poisson(g, FALSE_PLOTS); n > 0 && s->plot_count[k] < PLOT_CAP; n--) {
            double a = SIDE * test_uniform(&g->state), b = SIDE * test_uniform(&g->state);
            plot[s->plot_count[k]++] = (ap_fix){ a, b, { 1.0, 0.0, 1.0 } };
        }
    }
}

static void make_scene(uint64_t run, scene *s)
{
    test_pairs g = { .state = run };
    static double at[STEPS][TARGETS][4];
    make_truth(&g, at);
    make_plots(&g, at, s);
}

/* ---- Gaussians ---- */

/* The tracker's own filter keeps its models in single precision; known to ten digits, these steps
 * of one second are plain Kalman ones. */
static void gauss_predict(ap_gauss *g)
{
    const double q = NOISE;
    const ap_gauss p = *g;
    g->x[0] += p.x[2];
    g->x[1] += p.x[3];
    g->A.ee += 2.0 * p.B[0][0] + p.C.ee + q / 3.0;
    g->A.en += p.B[0][1] + p.B[1][0] + p.C.en;
    g->A.nn += 2.0 * p.B[1][1] + p.C.nn + q / 3.0;
    g->B[0][0] += p.C.ee + q / 2.0;
    g->B[0][1] += p.C.en;
    g->B[1][0] += p.C.en;
    g->B[1][1] += p.C.nn + q / 2.0;
    g->C.ee += q;
    g->C.nn += q;
}

static void gauss_update(ap_gauss *g, const ap_fix *z)
{
    const ap_gauss p = *g;
    const double P[4][2] = {
        { p.A.ee, p.A.en }, { p.A.en, p.A.nn }, { p.B[0][0], p.B[1][0] }, { p.B[0][1], p.B[1][1] }
    };
    double See = p.A.ee + z->R.ee, Sen = p.A.en + z->R.en, Snn = p.A.nn + z->R.nn;
    double det = See * Snn - Sen * Sen, e = z->east_m - p.x[0], n = z->north_m - p.x[1];
    double K[4][2];
    for (int i = 0; i < 4; i++) {
        K[i][0] = (P[i][0] * Snn - P[i][1] * Sen) / det;
        K[i][1] = (P[i][1] * See - P[i][0] * Sen) / det;
        g->x[i] += K[i][0] * e + K[i][1] * n;
    }
    g->A.ee -= K[0][0] * P[0][0] + K[0][1] * P[0][1];
    g->A.en -= K[0][0] * P[1][0] + K[0][1] * P[1][1];
    g->A.nn -= K[1][0] * P[1][0] + K[1][1] * P[1][1];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            g->B[i][j] -= K[i][0] * P[2 + j][0] + K[i][1] * P[2 + j][1];
    g->C.ee -= K[2][0] * P[2][0] + K[2][1] * P[2][1];
    g->C.en -= K[2][0] * P[3][0] + K[2][1] * P[3][1];
    g->C.nn -= K[3][0] * P[3][0] + K[3][1] * P[3][1];
}

typedef struct part {
    double weight;
    ap_gauss gauss;
} part;

/* Mean and covariance of a mixture; returns its weight. */
static double merge(const part *parts, size_t count, ap_gauss *out)
{
    double total = 0.0;
    *out = (ap_gauss){ 0 };
    for (size_t k = 0; k < count; k++)
        total += parts[k].weight;
    for (size_t k = 0; k < count; k++)
        for (int i = 0; i < 4; i++)
            out->x[i] += parts[k].weight / total * parts[k].gauss.x[i];
    for (size_t k = 0; k < count; k++) {
        const ap_gauss *g = &parts[k].gauss;
        double w = parts[k].weight / total, d[4];
        for (int i = 0; i < 4; i++)
            d[i] = g->x[i] - out->x[i];
        out->A.ee += w * (g->A.ee + d[0] * d[0]);
        out->A.en += w * (g->A.en + d[0] * d[1]);
        out->A.nn += w * (g->A.nn + d[1] * d[1]);
        out->C.ee += w * (g->C.ee + d[2] * d[2]);
        out->C.en += w * (g->C.en + d[2] * d[3]);
        out->C.nn += w * (g->C.nn + d[3] * d[3]);
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 2; j++)
                out->B[i][j] += w * (g->B[i][j] + d[i] * d[2 + j]);
    }
    return total;
}

/* Density of a plot under a target's prediction; 0 outside the gate. */
static double density(const ap_gauss *g, const ap_fix *z)
{
    double d2 = ap_gauss_distance2(g, z);
    double ee = g->A.ee + z->R.ee, nn = g->A.nn + z->R.nn, en = g->A.en + z->R.en;
    return d2 < GATE2 ? exp(-0.5 * d2) / (2.0 * AP_PI * sqrt(ee * nn - en * en)) : 0.0;
}

/* ---- targets never seen: a Poisson process ---- */

typedef struct unseen {
    size_t count;
    part part[POISSON_CAP];
} unseen;

/* A target that one plot may be the first of. */
typedef struct born {
    double background; /* intensity of false and new plots there */
    double existence;
    ap_gauss gauss;
} born;

static void unseen_predict(unseen *u, double births)
{
    for (size_t k = 0; k < u->count; k++) {
        u->part[k].weight *= SURVIVAL;
        gauss_predict(&u->part[k].gauss);
    }
    double var = SIDE * SIDE / 4.0;
    u->part[u->count++] =
        (part){ births, { .x = { 100.0, 100.0 }, .A = { var, 0.0, var }, .C = { 1.0, 0.0, 1.0 } } };
}

static born unseen_born(const unseen *u, const ap_fix *z)
{
    part parts[POISSON_CAP];
    size_t count = 0;
    born b = { 0 };
    for (size_t k = 0; k < u->count; k++) {
        double w = u->part[k].weight * DETECTION * density(&u->part[k].gauss, z);
        if (w == 0.0)
            continue;
        parts[count] = (part){ w, u->part[k].gauss };
        gauss_update(&parts[count++].gauss, z);
    }
    double fresh = count > 0 ? merge(parts, count, &b.gauss) : 0.0;
    b.background = FALSE_PLOTS / (SIDE * SIDE) + fresh;
    b.existence = fresh / b.background;
    return b;
}

static void unseen_miss(unseen *u)
{
    size_t kept = 0;
    for (size_t k = 0; k < u->count; k++) {
        u->part[k].weight *= 1.0 - DETECTION;
        if (u->part[k].weight > LEAST)
            u->part[kept++] = u->part[k];
    }
    u->count = kept;
}

/* ---- score ---- */

typedef struct sums {
    double total, localisation, missed, spurious;
} sums;

static void score_step(ap_assign *assign, const scene *s, int k, const part *track, size_t count,
                       sums *sum)
{
    uint32_t start[TARGETS + 1] = { 0 }, column[TARGETS * TRACK_CAP];
    double cost[TARGETS * TRACK_CAP], pair_sum = 0.0;
    for (size_t i = 0; i < s->truth_count[k]; i++) {
        uint32_t e = start[i];
        for (uint32_t j = 0; j < count; j++) {
            double dx = track[j].gauss.x[0] - s->truth[k][i][0];
            double dy = track[j].gauss.x[1] - s->truth[k][i][1];
            if (dx * dx + dy * dy >= CUTOFF * CUTOFF)
                continue;
            column[e] = j;
            cost[e++] = dx * dx + dy * dy;
        }
        start[i + 1] = e;
    }
    ap_assign_edges edges = { start, column, cost };
    size_t pairs = ap_assign_solve(assign, s->truth_count[k], count, &edges, CUTOFF * CUTOFF);
    for (size_t i = 0; i < s->truth_count[k]; i++)
        for (uint32_t e = start[i]; e < start[i + 1]; e++)
            if (assign->column_of_row[i] == column[e])
                pair_sum += cost[e];
    ap_gospa g = ap_gospa_from_pairs(s->truth_count[k], count, pairs, pair_sum, CUTOFF, 2);
    sum->total += g.localisation + g.missed + g.spurious;
    sum->localisation += g.localisation;
    sum->missed += g.missed;
    sum->spurious += g.spurious;
}

/* ---- PMB ---- */

typedef struct edge {
    uint32_t row, column;
    double psi, p;
} edge;

typedef struct pmb {
    unseen unseen;
    size_t count;
    part track[TRACK_CAP]; /* weight: existence */
    size_t edge_count;
    edge edge[EDGE_CAP];
    double work[AP_EXACT_WORK];
    uint64_t exact_count, belief_count; /* clusters solved */
} pmb;

static double missed_weight(double existence)
{
    return 1.0 - existence * DETECTION;
}

static void find_edges(pmb *f, const ap_fix *plot, const born *fresh, size_t plot_count)
{
    f->edge_count = 0;
    for (uint32_t i = 0; i < f->count; i++)
        for (uint32_t j = 0; j < plot_count && f->edge_count < EDGE_CAP; j++) {
            double l = density(&f->track[i].gauss, &plot[j]), r = f->track[i].weight;
            double psi = r * DETECTION * l / (missed_weight(r) * fresh[j].background);
            if (psi > 0.0)
                f->edge[f->edge_count++] = (edge){ .row = i, .column = j, .psi = psi };
        }
}

/* Marginals of the cluster of a root; its edges stand in the order of rows. */
static void solve_cluster(pmb *f, uint32_t *parent, uint32_t root)
{
    static uint32_t start[TRACK_CAP + 1], column[EDGE_CAP], edge_of[EDGE_CAP];
    static double psi[EDGE_CAP], p[EDGE_CAP], work[EDGE_CAP + PLOT_CAP];
    uint32_t local[PLOT_CAP], rows = 0, columns = 0, count = 0, last = UINT32_MAX;
    memset(local, 0xFF, sizeof local);
    for (uint32_t e = 0; e < f->edge_count; e++) {
        const edge *from = &f->edge[e];
        if (ap_sets_find(parent, from->row) != root)
            continue;
        if (from->row != last)
            start[rows++] = count;
        last = from->row;
        if (local[from->column] == UINT32_MAX)
            local[from->column] = columns++;
        column[count] = local[from->column];
        psi[count] = from->psi;
        edge_of[count++] = e;
    }
    start[rows] = count;
    ap_cluster cluster = { rows, columns, start, column, psi };
    if (count == 0)
        return;
    if (ap_marginals_exact(&cluster, f->work, p)) {
        f->exact_count++;
    } else {
        ap_marginals_belief(&cluster, work, p);
        f->belief_count++;
    }
    for (uint32_t k = 0; k < count; k++)
        f->edge[edge_of[k]].p = p[k];
}

static void solve(pmb *f, size_t plot_count)
{
    static uint32_t parent[TRACK_CAP + PLOT_CAP];
    ap_sets_init(parent, f->count + plot_count);
    for (size_t e = 0; e < f->edge_count; e++)
        ap_sets_join(parent, f->edge[e].row, (uint32_t)f->count + f->edge[e].column);
    for (uint32_t i = 0; i < f->count; i++)
        if (ap_sets_find(parent, i) == i)
            solve_cluster(f, parent, i);
}

/* Track i as the mixture of what it may be, into `out`; its existence is the weight. */
static double merge_track(const pmb *f, uint32_t i, const ap_fix *plot, ap_gauss *out)
{
    part parts[PLOT_CAP + 1];
    size_t count = 1;
    double hit = 0.0;
    for (size_t e = 0; e < f->edge_count; e++) {
        if (f->edge[e].row != i)
            continue;
        parts[count] = (part){ f->edge[e].p, f->track[i].gauss };
        gauss_update(&parts[count++].gauss, &plot[f->edge[e].column]);
        hit += f->edge[e].p;
    }
    double missed = fmax(1.0 - hit, 0.0) * ap_existence_missed(f->track[i].weight, DETECTION);
    parts[0] = (part){ missed, f->track[i].gauss };
    return merge(parts, count, out);
}

static void pmb_step(pmb *f, const ap_fix *plot, size_t plot_count, bool first)
{
    born fresh[PLOT_CAP];
    double unused[PLOT_CAP];
    for (size_t i = 0; i < f->count; i++) {
        f->track[i].weight *= SURVIVAL;
        gauss_predict(&f->track[i].gauss);
    }
    unseen_predict(&f->unseen, first ? BIRTHS_FIRST : BIRTHS);
    for (size_t j = 0; j < plot_count; j++) {
        fresh[j] = unseen_born(&f->unseen, &plot[j]);
        unused[j] = 1.0;
    }
    find_edges(f, plot, fresh, plot_count);
    solve(f, plot_count);
    for (size_t e = 0; e < f->edge_count; e++)
        unused[f->edge[e].column] -= f->edge[e].p;
    static part next[TRACK_CAP + 1];
    size_t count = 0;
    for (uint32_t i = 0; i < f->count; i++) {
        double existence = merge_track(f, i, plot, &next[count].gauss);
        next[count].weight = fmin(existence, 1.0);
        count += existence >= LEAST ? 1 : 0;
    }
    for (size_t j = 0; j < plot_count && count < TRACK_CAP; j++) {
        next[count] = (part){ fmax(unused[j], 0.0) * fresh[j].existence, fresh[j].gauss };
        count += next[count].weight > LEAST ? 1 : 0;
    }
    memcpy(f->track, next, count * sizeof *next);
    f->count = count;
    unseen_miss(&f->unseen);
}

static size_t pmb_report(const pmb *f, part *out)
{
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++)
        if (f->track[i].weight > REPORT)
            out[count++] = f->track[i];
    return count;
}

/* ---- PMBM ---- */

#define GLOBAL_CAP 1000
#define GLOBAL_LEAST 1e-5 /* weight of a hypothesis that is kept */
#define LOCAL_CAP 16384   /* different tracks of all hypotheses */
#define LOCAL_EDGE_CAP (LOCAL_CAP * 8)
#define MEMBER_CAP 128 /* tracks of one hypothesis */
#define ROW_CAP 48     /* of those, with a plot in the gate */
#define CHOICE_CAP 63  /* plots in the gate of one track */
#define NODE_CAP 4096
#define NO_LOCAL UINT32_MAX
#define IMPOSSIBLE 1e6 /* a cost */
#define ALIKE 0.04     /* squared distance, in variances per axis, of states taken for one */
#define SLOT_CAP 48
#define SLOT_LEAST 0.05

typedef struct local_edge {
    uint32_t plot, child;
    double log_psi;
} local_edge;

/* One way that one target may have gone. */
typedef struct local {
    double existence, log_missed;
    ap_gauss gauss;
    uint32_t first, count; /* its edges */
    uint32_t child;        /* when missed */
} local;

typedef struct global {
    double log_weight;
    uint32_t count, member[MEMBER_CAP]; /* ascending */
} global;

/* What becomes of one hypothesis: of each row the number of its edge, or the number of its edges
 * for none. */
typedef struct candidate {
    double log_weight;
    uint32_t parent;
    uint8_t choice[ROW_CAP];
} candidate;

/* A set of assignments: rows below `fixed` have their choice, row `fixed` may not make those in
 * `forbidden`; and the best of them. */
typedef struct node {
    double cost;
    uint64_t forbidden;
    uint32_t fixed;
    uint8_t choice[ROW_CAP];
} node;

typedef struct pmbm {
    unseen unseen;
    size_t global_cap, global_count, local_count, next_count, edge_count, candidate_count;
    size_t node_count;
    global global[GLOBAL_CAP], next_global[GLOBAL_CAP];
    local local[LOCAL_CAP], next_local[LOCAL_CAP];
    local_edge edge[LOCAL_EDGE_CAP];
    candidate candidate[2 * GLOBAL_CAP];
    node node[NODE_CAP];
    uint32_t row[ROW_CAP], row_count; /* locals of the hypothesis in hand that have edges */
    double top[ROW_CAP];              /* largest log psi of the row, at least 0 (none) */
    uint32_t born[PLOT_CAP];
} pmbm;

static void local_predict(pmbm *f, local *l, const ap_fix *plot, const born *fresh,
                          size_t plot_count)
{
    l->existence *= SURVIVAL;
    gauss_predict(&l->gauss);
    l->log_missed = log(missed_weight(l->existence));
    l->first = (uint32_t)f->edge_count;
    l->child = NO_LOCAL;
    for (uint32_t j = 0; j < plot_count && f->edge_count < LOCAL_EDGE_CAP; j++) {
        double psi = l->existence * DETECTION * density(&l->gauss, &plot[j]) / fresh[j].background;
        if (psi > 0.0 && f->edge_count - l->first < CHOICE_CAP)
            f->edge[f->edge_count++] = (local_edge){ j, NO_LOCAL, log(psi) - l->log_missed };
    }
    l->count = (uint32_t)f->edge_count - l->first;
}

static const local_edge *edge_of(const pmbm *f, uint32_t row, uint32_t choice)
{
    const local *l = &f->local[f->row[row]];
    return choice < l->count ? &f->edge[l->first + choice] : NULL;
}

static double cost_of(const pmbm *f, uint32_t row, const local_edge *e)
{
    return f->top[row] - (e ? e->log_psi : 0.0);
}

/* The best assignment that a node holds; false when there is none. Each row has a column of its own
 * for none, so that it too can be forbidden. */
static bool node_solve(const pmbm *f, ap_assign *assign, node *n)
{
    static uint32_t start[ROW_CAP + 1], column[ROW_CAP * (CHOICE_CAP + 1)];
    static double cost[ROW_CAP * (CHOICE_CAP + 1)];
    static uint8_t choice[ROW_CAP * (CHOICE_CAP + 1)];
    uint64_t taken = 0;
    uint32_t count = 0, rows = f->row_count - n->fixed;
    n->cost = 0.0;
    for (uint32_t i = 0; i < n->fixed; i++) {
        const local_edge *e = edge_of(f, i, n->choice[i]);
        n->cost += cost_of(f, i, e);
        taken |= e ? UINT64_C(1) << e->plot : 0;
    }
    for (uint32_t i = n->fixed; i < f->row_count; i++) {
        start[i - n->fixed] = count;
        for (uint32_t k = 0; k <= f->local[f->row[i]].count; k++) {
            const local_edge *e = edge_of(f, i, k);
            if ((i == n->fixed && n->forbidden >> k & 1) || (e && taken >> e->plot & 1))
                continue;
            column[count] = e ? e->plot : PLOT_CAP + i;
            cost[count] = cost_of(f, i, e);
            choice[count++] = (uint8_t)k;
        }
    }
    start[rows] = count;
    ap_assign_edges edges = { start, column, cost };
    if (ap_assign_solve(assign, rows, PLOT_CAP + ROW_CAP, &edges, IMPOSSIBLE) < rows)
        return false;
    for (uint32_t i = 0; i < rows; i++)
        for (uint32_t k = start[i]; k < start[i + 1]; k++)
            if (assign->column_of_row[i] == column[k]) {
                n->choice[n->fixed + i] = choice[k];
                n->cost += cost[k];
            }
    return true;
}

/* What a node holds beside its best, as nodes: Murty's partition. */
static void node_split(pmbm *f, ap_assign *assign, const node *best, double worst_cost)
{
    for (uint32_t i = best->fixed; i < f->row_count && f->node_count < NODE_CAP; i++) {
        node *n = &f->node[f->node_count];
        *n = *best;
        n->fixed = i;
        n->forbidden = (i == best->fixed ? best->forbidden : 0) | UINT64_C(1) << best->choice[i];
        if (node_solve(f, assign, n) && n->cost <= worst_cost)
            f->node_count++;
    }
}

/* The rows of a hypothesis; returns its log weight with an assignment of cost 0. */
static double take_rows(pmbm *f, const global *g)
{
    double log_weight = g->log_weight;
    f->row_count = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        const local *l = &f->local[g->member[i]];
        double top = 0.0;
        log_weight += l->log_missed;
        if (l->count == 0 || f->row_count == ROW_CAP)
            continue;
        for (uint32_t k = 0; k < l->count; k++)
            top = fmax(top, f->edge[l->first + k].log_psi);
        log_weight += top;
        f->top[f->row_count] = top;
        f->row[f->row_count++] = g->member[i];
    }
    return log_weight;
}

/* The children of a hypothesis, best first, as many as its weight allows. */
static void grow(pmbm *f, ap_assign *assign, uint32_t parent)
{
    double weight = exp(f->global[parent].log_weight);
    double log_weight = take_rows(f, &f->global[parent]);
    size_t wanted = (size_t)ceil((double)f->global_cap * fmin(weight, 1.0));
    node root = { 0 };
    if (!node_solve(f, assign, &root))
        return;
    /* Less likely than this, no child is kept; e^3 for the siblings that share the weight. */
    double worst_cost = root.cost + log(weight / GLOBAL_LEAST) + 3.0;
    f->node[0] = root;
    f->node_count = 1;
    for (size_t k = 0; k < wanted && f->node_count > 0; k++) {
        size_t best = 0;
        for (size_t i = 1; i < f->node_count; i++)
            best = f->node[i].cost < f->node[best].cost ? i : best;
        node taken = f->node[best];
        f->node[best] = f->node[--f->node_count];
        candidate *c = &f->candidate[f->candidate_count++];
        *c = (candidate){ .parent = parent, .log_weight = log_weight - taken.cost };
        memcpy(c->choice, taken.choice, sizeof c->choice);
        if (k + 1 < wanted)
            node_split(f, assign, &taken, worst_cost);
    }
}

static int by_weight(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->log_weight != y->log_weight)
        return x->log_weight < y->log_weight ? 1 : -1;
    if (x->parent != y->parent)
        return x->parent < y->parent ? -1 : 1;
    return memcmp(x->choice, y->choice, sizeof x->choice);
}

static bool is_alike(const local *l, double existence, const ap_gauss *g)
{
    double d[4];
    for (int i = 0; i < 4; i++)
        d[i] = (l->gauss.x[i] - g->x[i]) * (l->gauss.x[i] - g->x[i]);
    return d[0] <= ALIKE * g->A.ee && d[1] <= ALIKE * g->A.nn && d[2] <= ALIKE * g->C.ee &&
           d[3] <= ALIKE * g->C.nn && fabs(l->existence - existence) < 0.02 * existence &&
           fabs(l->gauss.A.ee - g->A.ee) < 0.05 * g->A.ee &&
           fabs(l->gauss.C.ee - g->C.ee) < 0.05 * g->C.ee;
}

/* A track of the next step, or the one that says nearly the same: they come by weight of their
 * hypotheses, so the likelier stays. Hypotheses that differ in what is long past become one so. */
static uint32_t add_local(pmbm *f, double existence, const ap_gauss *gauss)
{
    if (existence < LEAST)
        return NO_LOCAL;
    for (size_t i = 0; i < f->next_count; i++)
        if (is_alike(&f->next_local[i], existence, gauss))
            return (uint32_t)i;
    if (f->next_count == LOCAL_CAP)
        return NO_LOCAL;
    f->next_local[f->next_count] = (local){ .existence = existence, .gauss = *gauss };
    return (uint32_t)f->next_count++;
}

static void add_member(global *g, uint32_t member)
{
    if (member == NO_LOCAL || g->count == MEMBER_CAP)
        return;
    uint32_t i = g->count++;
    for (; i > 0 && g->member[i - 1] > member; i--)
        g->member[i] = g->member[i - 1];
    g->member[i] = member;
}

static uint32_t detected(pmbm *f, local_edge *e, const ap_gauss *prior, const ap_fix *plot)
{
    if (e->child == NO_LOCAL) {
        ap_gauss gauss = *prior;
        gauss_update(&gauss, &plot[e->plot]);
        e->child = add_local(f, 1.0, &gauss);
    }
    return e->child;
}

static uint32_t missed(pmbm *f, local *l)
{
    if (l->child == NO_LOCAL)
        l->child = add_local(f, ap_existence_missed(l->existence, DETECTION), &l->gauss);
    return l->child;
}

/* A candidate as a hypothesis. */
static void make_global(pmbm *f, const candidate *c, const ap_fix *plot, const born *fresh,
                        size_t plot_count, global *out)
{
    uint64_t taken = 0;
    const global *parent = &f->global[c->parent];
    *out = (global){ .log_weight = c->log_weight };
    for (uint32_t i = 0, row = 0; i < parent->count; i++) {
        local *l = &f->local[parent->member[i]];
        uint32_t choice = l->count > 0 && row < ROW_CAP ? c->choice[row++] : l->count;
        local_edge *e = choice < l->count ? &f->edge[l->first + choice] : NULL;
        taken |= e ? UINT64_C(1) << e->plot : 0;
        add_member(out, e ? detected(f, e, &l->gauss, plot) : missed(f, l));
    }
    for (size_t j = 0; j < plot_count; j++) {
        if (taken >> j & 1)
            continue;
        if (f->born[j] == NO_LOCAL)
            f->born[j] = add_local(f, fresh[j].existence, &fresh[j].gauss);
        add_member(out, f->born[j]);
    }
}

/* Keeps next_global[count]; one that says the same as another adds its weight to that. */
static size_t keep_global(pmbm *f, size_t count)
{
    const global *fresh = &f->next_global[count];
    for (size_t h = 0; h < count; h++) {
        global *g = &f->next_global[h];
        if (g->count != fresh->count ||
            memcmp(g->member, fresh->member, g->count * sizeof *g->member) != 0)
            continue;
        double larger = fmax(g->log_weight, fresh->log_weight);
        g->log_weight = larger + log(exp(g->log_weight - larger) + exp(fresh->log_weight - larger));
        return count;
    }
    return count + 1;
}

/* The candidates that are likely enough become the hypotheses. */
static void select_globals(pmbm *f, const ap_fix *plot, const born *fresh, size_t plot_count)
{
    double sum = 0.0;
    size_t count = 0;
    qsort(f->candidate, f->candidate_count, sizeof *f->candidate, by_weight);
    double top = f->candidate[0].log_weight;
    for (size_t k = 0; k < f->candidate_count; k++)
        sum += exp(f->candidate[k].log_weight - top);
    double least = top + log(GLOBAL_LEAST * sum);
    f->next_count = 0;
    for (size_t k = 0; k < f->candidate_count && count < f->global_cap; k++) {
        if (f->candidate[k].log_weight < least)
            break;
        make_global(f, &f->candidate[k], plot, fresh, plot_count, &f->next_global[count]);
        count = keep_global(f, count);
    }
    memcpy(f->local, f->next_local, f->next_count * sizeof *f->local);
    f->local_count = f->next_count;
    memcpy(f->global, f->next_global, count * sizeof *f->global);
    f->global_count = count;
    sum = 0.0;
    for (size_t h = 0; h < count; h++)
        sum += exp(f->global[h].log_weight - top);
    for (size_t h = 0; h < count; h++)
        f->global[h].log_weight -= top + log(sum);
}

static void pmbm_step(pmbm *f, ap_assign *assign, const ap_fix *plot, size_t plot_count, bool first)
{
    born fresh[PLOT_CAP];
    unseen_predict(&f->unseen, first ? BIRTHS_FIRST : BIRTHS);
    for (size_t j = 0; j < plot_count; j++) {
        fresh[j] = unseen_born(&f->unseen, &plot[j]);
        f->born[j] = NO_LOCAL;
    }
    f->edge_count = f->candidate_count = 0;
    for (size_t i = 0; i < f->local_count; i++)
        local_predict(f, &f->local[i], plot, fresh, plot_count);
    for (uint32_t h = 0; h < f->global_count; h++)
        grow(f, assign, h);
    select_globals(f, plot, fresh, plot_count);
    unseen_miss(&f->unseen);
}

/* ---- what a PMBM reports ---- */

/* A target that the hypotheses agree on, whichever of their tracks it is: mean over them, the
 * tracks of each matched with the slots so that the squares are least. */
typedef struct slot {
    double x, y;
    double weight, sum_x, sum_y;
} slot;

static void slot_add(slot *s, double weight, const local *l)
{
    s->weight += weight * l->existence;
    s->sum_x += weight * l->existence * l->gauss.x[0];
    s->sum_y += weight * l->existence * l->gauss.x[1];
}

/* Adds the tracks of a hypothesis to the slots; those that fit none found slots of their own. */
static size_t slots_fill(const pmbm *f, ap_assign *assign, const global *g, slot *slots,
                         size_t count, bool found)
{
    static uint32_t start[SLOT_CAP + 1], column[SLOT_CAP * MEMBER_CAP];
    static double cost[SLOT_CAP * MEMBER_CAP];
    const local *member[MEMBER_CAP];
    bool used[MEMBER_CAP] = { false };
    uint32_t members = 0, e = 0;
    for (uint32_t i = 0; i < g->count; i++)
        if (f->local[g->member[i]].existence > SLOT_LEAST)
            member[members++] = &f->local[g->member[i]];
    for (size_t i = 0; i < count; i++) {
        start[i] = e;
        for (uint32_t j = 0; j < members; j++) {
            double dx = member[j]->gauss.x[0] - slots[i].x, dy = member[j]->gauss.x[1] - slots[i].y;
            if (dx * dx + dy * dy >= CUTOFF * CUTOFF)
                continue;
            column[e] = j;
            cost[e++] = dx * dx + dy * dy;
        }
    }
    start[count] = e;
    ap_assign_edges edges = { start, column, cost };
    ap_assign_solve(assign, count, members, &edges, CUTOFF * CUTOFF);
    double weight = exp(g->log_weight);
    for (size_t i = 0; i < count; i++) {
        uint32_t j = assign->column_of_row[i];
        if (j == AP_ASSIGN_NONE)
            continue;
        used[j] = true;
        slot_add(&slots[i], weight, member[j]);
    }
    for (uint32_t j = 0; found && j < members && count < SLOT_CAP; j++)
        if (!used[j]) {
            slots[count] = (slot){ .x = member[j]->gauss.x[0], .y = member[j]->gauss.x[1] };
            slot_add(&slots[count++], weight, member[j]);
        }
    return count;
}

/* The likeliest number of targets that a hypothesis would report. */
static size_t likeliest_count(const pmbm *f)
{
    double weight[MEMBER_CAP + 1] = { 0.0 };
    size_t best = 0;
    for (size_t h = 0; h < f->global_count; h++) {
        const global *g = &f->global[h];
        size_t n = 0;
        for (uint32_t i = 0; i < g->count; i++)
            n += f->local[g->member[i]].existence > REPORT ? 1 : 0;
        weight[n] += exp(g->log_weight);
    }
    for (size_t n = 1; n <= MEMBER_CAP; n++)
        best = weight[n] > weight[best] ? n : best;
    return best;
}

static size_t pmbm_report(const pmbm *f, ap_assign *assign, part *out)
{
    slot slots[SLOT_CAP];
    size_t count = 0, reported = 0;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < count; i++)
            slots[i].weight = slots[i].sum_x = slots[i].sum_y = 0.0;
        for (size_t h = 0; h < f->global_count; h++)
            count = slots_fill(f, assign, &f->global[h], slots, count, round == 0);
        for (size_t i = 0; i < count; i++)
            if (slots[i].weight > 0.0) {
                slots[i].x = slots[i].sum_x / slots[i].weight;
                slots[i].y = slots[i].sum_y / slots[i].weight;
            }
    }
    for (size_t wanted = likeliest_count(f); reported < wanted && reported < count; reported++) {
        slot *best = slots;
        for (size_t i = 1; i < count; i++)
            best = slots[i].weight > best->weight ? &slots[i] : best;
        out[reported] = (part){ best->weight, { .x = { best->x, best->y } } };
        best->weight = 0.0;
    }
    return reported;
}

/* ---- runs ---- */

typedef struct bench {
    ap_assign assign;
    void *mem;
    scene scene;
    pmb pmb;
    pmbm pmbm;
} bench;

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One run of the PMB (globals 0) or the PMBM; sums over its steps. Returns the CPU time taken. */
static double run_one(bench *b, size_t globals, sums *sum)
{
    static part out[TRACK_CAP];
    double spent_s = 0.0;
    b->pmb.count = b->pmb.unseen.count = b->pmbm.unseen.count = b->pmbm.local_count = 0;
    b->pmbm.global_cap = globals;
    b->pmbm.global_count = 1;
    b->pmbm.global[0] = (global){ 0 };
    for (int k = 0; k < STEPS; k++) {
        const ap_fix *plot = b->scene.plot[k];
        size_t plots = b->scene.plot_count[k], count;
        double begin_s = cpu_s();
        if (globals == 0) {
            pmb_step(&b->pmb, plot, plots, k == 0);
            count = pmb_report(&b->pmb, out);
        } else {
            pmbm_step(&b->pmbm, &b->assign, plot, plots, k == 0);
            count = pmbm_report(&b->pmbm, &b->assign, out);
        }
        spent_s += cpu_s() - begin_s;
        score_step(&b->assign, &b->scene, k, out, count, sum);
    }
    return spent_s;
}

/* Mean squared GOSPA of the exact PMB in the first runs, from an independent program. */
static const double known[] = { 9.401310, 10.573792, 10.862869, 15.867806, 8.911473 };
#define KNOWN_COUNT (sizeof known / sizeof known[0])

/* All runs of one filter, as a line of JSON; returns the largest distance to what is known. */
static double run_all(bench *b, int runs, size_t globals)
{
    sums all = { 0 };
    double spent_s = 0.0, worst = 0.0;
    for (int run = 1; run <= runs; run++) {
        double before = all.total;
        make_scene((uint64_t)run, &b->scene);
        spent_s += run_one(b, globals, &all);
        if (globals == 0 && (size_t)run <= KNOWN_COUNT)
            worst = fmax(worst, fabs((all.total - before) / STEPS - known[run - 1]));
    }
    double steps = (double)runs * STEPS;
    printf("{\"filter\": \"%s\", \"hypotheses\": %zu, \"runs\": %d, \"gospa_rms\": %.4f, "
           "\"localisation\": %.4f, \"missed\": %.4f, \"false\": %.4f, \"cpu_ms_per_step\": %.4f",
           globals == 0 ? "PMB" : "PMBM", globals == 0 ? 1 : globals, runs, sqrt(all.total / steps),
           sqrt(all.localisation / steps), sqrt(all.missed / steps), sqrt(all.spurious / steps),
           1e3 * spent_s / steps);
    if (globals == 0)
        printf(", \"clusters_exact\": %" PRIu64 ", \"clusters_belief\": %" PRIu64
               ", \"off_known\": %.1e",
               b->pmb.exact_count, b->pmb.belief_count, worst);
    puts("}");
    return worst;
}

int main(int argc, char **argv)
{
    static const size_t globals[] = { 0, 5, 20, 200, GLOBAL_CAP };
    int runs = argc > 1 ? atoi(argv[1]) : 100;
    bench *b = calloc(1, sizeof *b);
    ap_arena arena = ap_arena_measure();
    ap_assign_init(&(ap_assign){ 0 }, &arena, TRACK_CAP, TRACK_CAP);
    size_t size = ap_arena_need(&arena);
    if (runs < 1 || !b || !(b->mem = malloc(size)))
        return 2;
    arena = ap_arena_over(b->mem, size);
    ap_assign_init(&b->assign, &arena, TRACK_CAP, TRACK_CAP);
    double worst = 0.0;
    for (size_t i = 0; i < sizeof globals / sizeof globals[0]; i++) {
        worst = fmax(worst, run_all(b, runs, globals[i]));
        fflush(stdout);
    }
    free(b->mem);
    free(b);
    return worst <= 1e-4 ? 0 : 1;
}

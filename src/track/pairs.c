/* Tracks that fly together, updated two by two. */
#include "track/state.h"

#include <math.h>

#include "track/formation.h"
#include "track/frame.h"

#define NEXT_ROWS 6        /* of a cluster, among which a partner is sought */
#define MIXED 0.05         /* probability of plots that either may have given, from which on ... */
#define LOST_MOST 0.01     /* of a member, to plots that are not about its own track */
#define CASE_LEAST 1e-3    /* less probable ones are left to the likelier */
#define PAIR_EXISTENCE 0.9 /* of both: who is not there has no place in a pair */

/* The edges of one look, in the order by rows. */
typedef struct span {
    uint32_t first, last;
} span;

static span span_at(const ap_bench *b, uint32_t first)
{
    span s = { first, first + 1 };
    while (s.last < b->edge_count && b->edge[b->order[s.last]].row == b->edge[b->order[first]].row)
        s.last++;
    return s;
}

static ap_look *look_of(const ap_bench *b, span s)
{
    return &b->look[b->edge[b->order[s.first]].row];
}

/* One of its edges, by probability that it is there. */
static double part_of(const ap_bench *b, const ap_look *look, uint32_t k)
{
    return fmin(b->edge[b->order[k]].p / look->exists, 1.0);
}

static bool may_pair(const ap_state *state, span s)
{
    const ap_bench *b = &state->bench;
    const ap_look *look = look_of(b, s);
    const ap_pulse *pulse = &state->store.pulse[look->slot];
    if (look->is_late || look->falls || look->is_paired || pulse->state == AP_TRACK_TENTATIVE ||
        pulse->existence < PAIR_EXISTENCE)
        return false;
    for (uint32_t k = s.first; k < s.last; k++)
        if (b->edge[b->order[k]].run != AP_SLOT_NONE)
            return false;
    return true;
}

/* How far the two may have given each other's plots: the lesser probability, summed over plots. */
static double mixed(const ap_bench *b, span one, span other)
{
    double sum = 0.0;
    for (uint32_t k = one.first; k < one.last; k++)
        for (uint32_t l = other.first; l < other.last; l++)
            if (b->edge[b->order[k]].plot == b->edge[b->order[l]].plot)
                sum += fmin(part_of(b, look_of(b, one), k), part_of(b, look_of(b, other), l));
    return sum;
}

typedef struct pair {
    ap_case cases[AP_CASES_MAX];
    uint32_t plot[AP_CASES_MAX]; /* of each; AP_SLOT_NONE: missed */
    size_t count;
} pair;

static void add_case(pair *p, const ap_look *look, int member, uint32_t plot, double mass,
                     const ap_shift *shift)
{
    ap_case *c = &p->cases[p->count];
    p->plot[p->count++] = plot;
    c->mass[member] = mass;
    c->mass[1 - member] = 0.0;
    if (plot == AP_SLOT_NONE) {
        c->models = look->imm.models;
        c->mean = look->imm.mean;
    }
    if (shift) {
        ap_kernels_best()->reframe(&c->models, shift);
        ap_gauss_reframe(&c->mean, shift);
    }
}

/* The cases of one look, in the plane of the first; false when there are too many. */
static bool add_cases(const ap_bench *b, pair *p, span s, int member, const ap_shift *shift)
{
    static const double sure = 1.0;
    const ap_look *look = look_of(b, s);
    double rest = 1.0, kept = 0.0;
    size_t first = p->count;
    for (uint32_t k = s.first; k < s.last; k++) {
        const ap_edge *edge = &b->edge[b->order[k]];
        double mass = part_of(b, look, k);
        rest -= mass;
        if (mass < CASE_LEAST)
            continue;
        if (p->count == AP_CASES_MAX)
            return false;
        ap_case *c = &p->cases[p->count];
        ap_kernels_best()->update(&look->imm.models, 1, &edge->fix, &edge->likelihood, &sure,
                                  &c->models, &c->mean);
        add_case(p, look, member, edge->plot, mass, shift);
        kept += mass;
    }
    if (rest >= CASE_LEAST) {
        if (p->count == AP_CASES_MAX)
            return false;
        add_case(p, look, member, AP_SLOT_NONE, rest, shift);
        kept += rest;
    }
    for (size_t i = first; i < p->count; i++)
        p->cases[i].mass[member] /= kept;
    return p->count > first;
}

/* True when nearly all of a member's plots are about its own track, too: else part of what is dealt
 * to it would be no plot of its. */
static bool has_plots(const ap_bench *b, const pair *p, span s, int member)
{
    double lost = 0.0;
    for (size_t i = 0; i < p->count; i++) {
        bool found = p->plot[i] == AP_SLOT_NONE;
        for (uint32_t k = s.first; k < s.last && !found; k++)
            found = b->edge[b->order[k]].plot == p->plot[i];
        lost += found ? 0.0 : p->cases[i].mass[member];
    }
    return lost <= LOST_MOST;
}

/* What the pair makes of one look: its filter, and whose plot is whose. */
static void take_member(ap_bench *b, const pair *p, span s, int member, const ap_enu_frame *plane)
{
    ap_look *look = look_of(b, s);
    look->is_paired = true;
    look->alone = look->imm.mean;
    look->imm.frame = *plane;
    ap_formation_member(p->count, p->cases, member, &look->imm.models, &look->imm.mean);
    for (uint32_t k = s.first; k < s.last; k++) {
        ap_edge *edge = &b->edge[b->order[k]];
        edge->p = 0.0;
        for (size_t i = 0; i < p->count; i++)
            if (p->plot[i] == edge->plot)
                edge->p += p->cases[i].mass[member] * look->exists;
    }
}

/* Once, as long as nothing else happens to them. */
static void tell_dealt(const ap_state *state, const ap_look *look, const ap_edge *edge,
                       uint32_t other)
{
    ap_row *row = &state->store.row[look->slot];
    const ap_reason *newest = &row->reason[(row->reason_count - 1u) % AP_TRACK_REASON_CAP];
    if (row->reason_count == 0 || newest->code != AP_REASON_MAY_BE_SWAPPED ||
        newest->other != other)
        ap_store_reason(row, look->time_utc, AP_REASON_MAY_BE_SWAPPED,
                        state->bench.plot[edge->plot].measure.sensor, other);
}

static void tell_both(const ap_state *state, span one, span other)
{
    const ap_bench *b = &state->bench;
    const ap_look *a = look_of(b, one), *c = look_of(b, other);
    tell_dealt(state, a, &b->edge[b->order[one.first]], state->store.row[c->slot].id);
    tell_dealt(state, c, &b->edge[b->order[other.first]], state->store.row[a->slot].id);
}

/* Both in the plane of the one, each at its own height. */
static void update_pair(ap_state *state, span one, span other)
{
    ap_bench *b = &state->bench;
    pair p = { .count = 0 };
    const ap_enu_frame plane = look_of(b, one)->imm.frame;
    ap_enu_frame beside = plane;
    ap_frame_raise(&beside, look_of(b, other)->imm.frame.origin.height_m);
    ap_shift shift = ap_imm_shift(&look_of(b, other)->imm, &beside);
    if (!add_cases(b, &p, one, 0, NULL) || !add_cases(b, &p, other, 1, &shift) ||
        !ap_formation_project(p.count, p.cases) || !has_plots(b, &p, one, 0) ||
        !has_plots(b, &p, other, 1))
        return;
    take_member(b, &p, one, 0, &plane);
    take_member(b, &p, other, 1, &beside);
    tell_both(state, one, other);
    state->stats.paired_count++;
}

/* True when the edge after a span is of the same cluster: few are. */
static bool goes_on(ap_bench *b, span s)
{
    return s.last < b->edge_count && ap_sets_find(b->parent, b->edge[b->order[s.last]].row) ==
                                         ap_sets_find(b->parent, b->edge[b->order[s.first]].row);
}

static void weigh(const ap_state *state, span s)
{
    const ap_bench *b = &state->bench;
    ap_look_weigh(state, look_of(b, s), b->order + s.first, s.last - s.first);
}

/* The likeliest partner among the next rows of the cluster. */
static bool find_partner(ap_state *state, span one, span *partner)
{
    ap_bench *b = &state->bench;
    double most = MIXED;
    bool found = false;
    span next = one;
    weigh(state, one);
    for (int i = 0; i < NEXT_ROWS && goes_on(b, next); i++) {
        next = span_at(b, next.last);
        if (!may_pair(state, next))
            continue;
        weigh(state, next);
        double sum = mixed(b, one, next);
        if (sum <= most)
            continue;
        most = sum;
        *partner = next;
        found = true;
    }
    return found;
}

void ap_pairs_update(ap_state *state)
{
    ap_bench *b = &state->bench;
    span partner, one;
    for (uint32_t from = 0; from < b->edge_count; from = one.last) {
        one = span_at(b, from);
        if (goes_on(b, one) && may_pair(state, one) && find_partner(state, one, &partner))
            update_pair(state, one, partner);
    }
}

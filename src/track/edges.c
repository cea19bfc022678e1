/* Which plot may be of which track, and how much likelier it is of it than of none. */
#include "track/state.h"

#include <assert.h>
#include <math.h>

#include "track/measure.h"

#define REACH_M 3000.0 /* tracks are sought this far from a plot, and further for slow turns */
#define REACH_MPS 400.0
#define SECOND_LOOK 0.02 /* a sensor that saw it this turn sees it again this often */
#define SECOND_LOOK_TURNS 0.4
#define OUTLIER_IDENTITY 100.0 /* identity factor of an equal discrete code */
#define OUTLIER_SIGMAS 5.0
#define OUTLIER_SHARE 0.02
#define FETCH_HOT 32u
#define LOOKS_AHEAD 3 /* whose filters are asked for */

/* Of a plot, what is asked of every track about it. */
typedef struct probe {
    ap_vec3 ecef;
    double square_m2; /* of its distance from the centre of the Earth */
    double var_m2, gate2;
    ap_utc_ns time_utc;
} probe;

static probe probe_of(const ap_measure *measure, double gate2)
{
    const ap_vec3 *p = &measure->ecef;
    const double *R = measure->R_ecef_m2;
    return (probe){ .ecef = *p,
                    .square_m2 = p->x_m * p->x_m + p->y_m * p->y_m + p->z_m * p->z_m,
                    .var_m2 = R[0] + R[3] + R[5],
                    .gate2 = gate2,
                    .time_utc = measure->time_utc };
}

/* Whether the track could have given the plot: from its hot line only, and without a branch.
 * Heights do not count: a plot without one was placed at a guess. */
static inline bool within_reach(const ap_hot *hot, const probe *plot)
{
    double dt_s = (double)(plot->time_utc - hot->time_utc) * 1e-9; /* without a division */
    double dx = plot->ecef.x_m - hot->ecef.x_m - dt_s * (double)hot->velocity_mps[0];
    double dy = plot->ecef.y_m - hot->ecef.y_m - dt_s * (double)hot->velocity_mps[1];
    double dz = plot->ecef.z_m - hot->ecef.z_m - dt_s * (double)hot->velocity_mps[2];
    double t2 = dt_s * dt_s, turn_m = 20.0 * t2; /* half of four g */
    double var = (double)hot->position_var_m2 + t2 * (double)hot->velocity_var + plot->var_m2;
    double aside_m = turn_m < 20000.0 ? turn_m : 20000.0;
    double reach_m = sqrt(plot->gate2 * var) + aside_m;
    double up = dx * plot->ecef.x_m + dy * plot->ecef.y_m + dz * plot->ecef.z_m;
    double far_m4 = (dx * dx + dy * dy + dz * dz) * plot->square_m2 - up * up;
    return far_m4 <= reach_m * reach_m * plot->square_m2;
}

/* True when the sensor of a plot has shown the track already, in this pass of its beam. */
static bool is_seen_again(const ap_state *state, uint32_t slot, const ap_measure *plot)
{
    const ap_row *row = &state->store.row[slot];
    const ap_sensor *sensor = ap_sensor_of(state, plot->sensor);
    if (!ap_sensor_rotates(sensor))
        return false;
    for (int i = 0; i < row->source_count; i++)
        if (row->source[i].sensor == plot->sensor) {
            double since_s = fabs(ap_seconds_between(row->source[i].last_utc, plot->time_utc));
            return since_s < SECOND_LOOK_TURNS * sensor->turn_s;
        }
    return false;
}

static void note_beside(ap_bench *b, uint32_t plot_index)
{
    if (b->plot[plot_index].is_beside)
        return;
    b->plot[plot_index].is_beside = true;
    b->beside[b->beside_count++] = plot_index;
}

/* Another plot about a track than its first, or any after an earlier one in this pass of the beam:
 * beside a firm track it may be a half, and so may the first. */
static void note_second(ap_state *state, uint32_t row, uint32_t plot_index)
{
    ap_bench *b = &state->bench;
    if (state->store.pulse[b->look[row].slot].state == AP_TRACK_TENTATIVE)
        return;
    b->two[row].is_twice = true;
    b->two[row].are_more = b->two[row].second != AP_SLOT_NONE || b->look[row].is_second;
    b->two[row].second = plot_index;
    note_beside(b, b->two[row].first);
    note_beside(b, plot_index);
}

/* The look at a track in this group, at the time of the first plot near it; NULL when it cannot be.
 * Its filter is not filled yet. */
static ap_look *look_at(ap_state *state, uint32_t slot, uint32_t plot_index)
{
    ap_bench *b = &state->bench;
    const ap_measure *measure = &b->plot[plot_index].measure;
    if (b->look_stamp[slot] == b->stamp) {
        if (b->look_of[slot] == AP_SLOT_NONE)
            return NULL;
        note_second(state, b->look_of[slot], plot_index);
        return &b->look[b->look_of[slot]];
    }
    b->look_stamp[slot] = b->stamp;
    b->look_of[slot] = AP_SLOT_NONE;
    if (b->look_count >= b->look_cap)
        return NULL;
    uint32_t row = b->look_count++;
    ap_look *look = &b->look[row];
    look->slot = slot;
    look->time_utc = measure->time_utc;
    look->hidden = 0.0;
    look->is_paired = look->is_eclipsed = false;
    look->is_second = is_seen_again(state, slot, measure);
    look->detection = look->is_second ? SECOND_LOOK : b->detection;
    b->two[row] = (ap_two){ .first = plot_index, .second = AP_SLOT_NONE };
    if (look->is_second)
        note_second(state, row, plot_index);
    b->look_of[slot] = row;
    return look;
}

/* The filters of some looks, at their times. */
static void predict_looks(ap_state *state, size_t first, size_t last)
{
    const ap_bench *b = &state->bench;
    for (size_t i = first; i < last; i++) {
        ap_look *look = &b->look[i];
        if (i + LOOKS_AHEAD < last)
            ap_store_fetch_filter(&state->store, b->look[i + LOOKS_AHEAD].slot);
        const ap_row *row = &state->store.row[look->slot];
        look->is_late = look->time_utc < row->imm.time_utc;
        look->is_too_late = look->is_late && !ap_history_at(&row->history, &state->store.pool,
                                                            state->config.sensors->sensor,
                                                            look->time_utc, &look->imm);
        if (!look->is_late || look->is_too_late) /* backwards, if too late */
            ap_imm_predict(&row->imm, look->time_utc, &look->imm);
        look->falls = ap_falling_is(&state->falling, look->slot);
        look->falls_on = false;
        if (look->falls && !look->is_late)
            ap_falling_predict(state, look->slot, look->time_utc, &look->imm);
    }
}

double ap_altitude_factor(const ap_imm *imm, const ap_measure *measure, const ap_report *report)
{
    if ((report->flags & (AP_FLAG_PRIMARY | AP_FLAG_SECONDARY)) == AP_FLAG_PRIMARY)
        return 1.0;
    return imm->vertical.has ? ap_imm_altitude_factor(imm, measure) : 1.0;
}

/* Some plots err more than their sensor says: reflections, garbling, split targets. One whose code
 * names the track is taken for such, with errors to match, before it is taken for another. */
static void widen(ap_fix *fix)
{
    double more = OUTLIER_SIGMAS * OUTLIER_SIGMAS;
    fix->R = (ap_sym2){ fix->R.ee * more, fix->R.en * more, fix->R.nn * more };
}

/* What the plot measured if it is of this track: one without a height is placed at the track's, in
 * `placed`. */
static const ap_measure *measure_for(const ap_state *state, const ap_plot *plot,
                                     const ap_look *look, ap_measure *placed)
{
    const ap_report *report = &state->waiting[plot->report];
    if (!plot->needs_height || !look->imm.vertical.has)
        return &plot->measure;
    *placed = plot->measure;
    ap_measure_from_report(report, ap_sensor_of(state, report->sensor), &look->imm, placed);
    return placed;
}

/* An edge that is not weighed yet: psi is what identity says. */
static void list_edge(ap_state *state, uint32_t plot_index, uint32_t slot)
{
    ap_bench *b = &state->bench;
    ap_plot *plot = &b->plot[plot_index];
    double identity =
        ap_identity_factor(&state->store.row[slot].identity, &state->waiting[plot->report]);
    if (identity == 0.0)
        return;
    const ap_look *look = look_at(state, slot, plot_index);
    plot->crowded = plot->crowded || !look;
    if (!look)
        return;
    ap_edge *edge = &b->edge[b->edge_count];
    edge->row = (uint32_t)(look - b->look);
    edge->plot = plot_index;
    edge->run = AP_SLOT_NONE;
    edge->run_size = 1;
    edge->is_sole = false;
    edge->psi = identity;
    b->listed[b->edge_count++] = edge->row;
}

/* Where a plot lies for a track, and how much likelier it is of it than of none; 0 outside the
 * gate. */
static double weight_of(const ap_state *state, ap_edge *edge)
{
    const ap_bench *b = &state->bench;
    const ap_plot *plot = &b->plot[edge->plot];
    const ap_look *look = &b->look[edge->row];
    ap_measure placed;
    const ap_measure *measure = measure_for(state, plot, look, &placed);
    double identity = edge->psi, gate2 = state->config.gate_chi2;
    edge->identity = identity;
    if (look->falls && !ap_falling_reaches(&look->imm, measure))
        return 0.0;
    edge->fix = ap_imm_fix(&look->imm, measure, look->imm.mean.x[2], look->imm.mean.x[3]);
    double dt_s = ap_seconds_between(look->imm.time_utc, measure->time_utc);
    edge->fix.east_m -= dt_s * look->imm.mean.x[2];
    edge->fix.north_m -= dt_s * look->imm.mean.x[3];
    ap_fix seen_at = ap_imm_leaning(&look->imm, &edge->fix);
    if (ap_gauss_distance2(&look->imm.mean, &seen_at) > gate2) {
        if (identity < OUTLIER_IDENTITY)
            return 0.0;
        widen(&edge->fix);
        identity *= OUTLIER_SHARE;
        edge->identity = 0.0;
        seen_at = ap_imm_leaning(&look->imm, &edge->fix);
        if (ap_gauss_distance2(&look->imm.mean, &seen_at) > gate2)
            return 0.0;
    }
    ap_imm_likelihood(&look->imm, &seen_at, &edge->likelihood);
    double seen = state->store.pulse[look->slot].existence * look->detection;
    return seen * edge->likelihood.all * identity *
           ap_altitude_factor(&look->imm, measure, &state->waiting[plot->report]) /
           ((1.0 - seen) * plot->background);
}

static void weigh_edges(ap_state *state, size_t first, size_t last)
{
    for (size_t k = first; k < last; k++) {
        ap_edge *edge = &state->bench.edge[k];
        double psi = weight_of(state, edge);
        edge->psi = psi > AP_PSI_LEAST ? ap_smaller(psi, AP_PSI_MAX) : 0.0;
    }
}

static size_t keep_within_reach(const ap_state *state, const ap_measure *measure, size_t count,
                                uint32_t *slots)
{
    if (count == 0)
        return 0;
    const probe plot = probe_of(measure, state->config.gate_chi2);
    const ap_hot *hot = state->store.hot;
    size_t kept = 0;
    for (size_t k = 0; k < count; k++) { /* which way it goes, no processor can guess */
        uint32_t slot = slots[k];
        slots[kept] = slot;
        kept += within_reach(&hot[slot], &plot);
    }
    for (size_t k = 0; k < kept; k++)
        ap_store_fetch_head(&state->store, slots[k]);
    return kept;
}

/* Lists the tracks about a plot, and asks for what within_reach reads of them. */
static size_t seek_tracks(const ap_state *state, uint32_t plot_index, uint32_t *slots)
{
    const ap_bench *b = &state->bench;
    if (plot_index >= b->plot_count)
        return 0;
    const ap_plot *plot = &b->plot[plot_index];
    double turn_s = ap_sensor_of(state, plot->measure.sensor)->turn_s;
    size_t count = ap_grid_near(&state->store.grid, plot->measure.ecef,
                                REACH_M + REACH_MPS * turn_s, slots, b->near_cap);
    for (size_t k = 0; k < count && k < FETCH_HOT; k++)
        __builtin_prefetch(&state->store.hot[slots[k]]);
    return count;
}

/* Leaves those that may have given it, and asks for their memory. */
static size_t sift_tracks(ap_state *state, uint32_t plot_index, uint32_t *slots, size_t count)
{
    const ap_bench *b = &state->bench;
    if (plot_index >= b->plot_count)
        return 0;
    ap_plot *plot = &b->plot[plot_index];
    plot->crowded = count > b->near_cap;
    if (!plot->crowded)
        count = keep_within_reach(state, &plot->measure, count, slots);
    if (b->is_full && count > AP_EDGES_PER_PLOT)
        plot->crowded = true;
    if (plot->crowded)
        count = keep_within_reach(state, &plot->measure,
                                  ap_crowd_seek(state, &plot->measure, slots), slots);
    if (state->falling.falls_count > 0)
        count = ap_falling_near(state, &plot->measure, slots, count,
                                b->is_full ? AP_EDGES_PER_PLOT : b->near_cap);
    return count;
}

/* The tracks of a plot are sought while those of the plot before it are sifted and those of the one
 * before that are listed. False when there is no room for them all. */
static bool list_tracks(ap_state *state)
{
    ap_bench *b = &state->bench;
    uint32_t *slots = b->near, *next = slots + b->near_cap, *after = next + b->near_cap;
    size_t count = sift_tracks(state, 0, slots, seek_tracks(state, 0, slots));
    size_t next_count = seek_tracks(state, 1, next), after_count;
    for (uint32_t i = 0; i < b->plot_count; i++) {
        if (count > b->edge_cap - b->edge_count)
            return false;
        after_count = seek_tracks(state, i + 2, after);
        next_count = sift_tracks(state, i + 1, next, next_count);
        b->listed_from[i] = b->edge_count;
        for (size_t k = 0; k < count; k++)
            list_edge(state, i, slots[k]);
        uint32_t *done = slots;
        slots = next;
        next = after;
        after = done;
        count = next_count;
        next_count = after_count;
    }
    b->listed_from[b->plot_count] = b->edge_count;
    return true;
}

static void list_edges(ap_state *state)
{
    ap_bench *b = &state->bench;
    b->is_full = false;
    if (!list_tracks(state)) { /* anew: no plot is to have less because it is the last */
        b->is_full = true;
        b->edge_count = b->look_count = 0;
        while (b->beside_count > 0)
            b->plot[b->beside[--b->beside_count]].is_beside = false;
        b->stamp++;
        bool has_room = list_tracks(state);
        assert(has_room);
        (void)has_room;
    }
    for (uint32_t i = 0; i < b->plot_count; i++)
        state->stats.crowded_count += b->plot[i].crowded;
}

static void drop_weightless(ap_bench *b)
{
    uint32_t kept = 0;
    for (uint32_t k = 0; k < b->edge_count; k++) {
        if (b->edge[k].psi == 0.0)
            continue;
        if (kept != k)
            b->edge[kept] = b->edge[k];
        kept++;
    }
    b->edge_count = kept;
}

void ap_edges_add(ap_state *state)
{
    ap_bench *b = &state->bench;
    if (b->plot_count == 0)
        return;
    list_edges(state);
    ap_in_parts(state, b->look_count, predict_looks);
    ap_in_parts(state, b->edge_count, weigh_edges);
    drop_weightless(b);
    for (uint32_t i = 0; i < b->plot_count; i++)
        ap_shares_add(state, i, b->listed + b->listed_from[i],
                      b->listed_from[i + 1] - b->listed_from[i]);
}

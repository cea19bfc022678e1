/* Plots that are the second half of one: a radar now and then makes two of one aircraft's echo,
 * beside each other in range or in azimuth. Such a half is one more thing that a plot may be,
 * beside clutter and a new aircraft: as probable as the sensor splits, near a track that has
 * another plot in the same pass of the beam. So it neither starts nor feeds a track of its own with
 * full weight, and what comes turn after turn is an aircraft all the same. */
#include "track/state.h"

#include <math.h>

#include "track/aspect.h"
#include "track/resolution.h"

#define LN2 0.69314718055994530942
#define RATE_LEAST 1e-5 /* of plots that are split: so many may be, whatever was learnt */
#define RATE_MAX 0.5
#define RATE_TAUGHT 0.01  /* at least, where it is weighed whether a plot was a half */
#define RATE_OTHER 0.02   /* of plots, beside which something begins and comes to nothing anyway */
#define RATE_WEIGHT 100.0 /* plots, without a half, that the learning begins with */
#define RATE_MEMORY 2000.0
#define APART_CELLS 4.0 /* in range: no two halves lie farther from each other */
#define SEEN_LEAST 1e-3 /* tracks that less probably have another plot make no halves */

static double rate_of(const ap_splits *known)
{
    double rate = known->half_count / (RATE_WEIGHT + known->hit_count) - RATE_OTHER;
    return ap_smaller(ap_larger(rate, RATE_LEAST), RATE_MAX);
}

/* Density, 1/m2, of second halves where the plot is, of an aircraft that is split. They lie about
 * it as far apart as the sensor can hardly tell two. */
static double density_at(const ap_sensor *sensor, const ap_report *report, const ap_plot *plot,
                         const ap_look *look)
{
    ap_cell cell = ap_cell_of(sensor, report);
    ap_aspect there = ap_aspect_of(sensor, &look->imm);
    ap_aspect here = ap_aspect_of_plot(sensor, report, &plot->measure);
    double cell_m = ap_larger(cell.azimuth_rad * 0.5 * (here.ground_m + there.ground_m), 1.0);
    ap_gap range = { here.slant_m - there.slant_m, there.along_var_m2, cell.range_m };
    ap_gap across = { ap_aspect_across_m(&here, &there), there.across_var_m2, cell_m };
    return ap_unresolved(&range, &across) * LN2 / (AP_PI * cell.range_m * cell_m);
}

/* Sums up in b->work what the plots of each look weigh that has two of them. */
static void sum_weights(ap_bench *b)
{
    for (uint32_t i = 0; i < b->look_count; i++)
        b->work[i] = 0.0;
    for (uint32_t k = 0; k < b->edge_count && b->edge[k].run == AP_SLOT_NONE; k++)
        if (b->two[b->edge[k].row].is_twice)
            b->work[b->edge[k].row] += b->edge[k].psi;
    b->is_summed = true;
}

/* The first edge of a plot, of those of one track; they lie in the order of the plots, and those of
 * several tracks come after them. */
static uint32_t first_edge(const ap_bench *b, uint32_t plot_index)
{
    uint32_t low = 0, high = b->edge_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const ap_edge *edge = &b->edge[middle];
        if (edge->run == AP_SLOT_NONE && edge->plot < plot_index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* True of the edges from the first one on that are a plot's. */
static bool is_of(const ap_bench *b, uint32_t edge, uint32_t plot_index)
{
    return edge < b->edge_count && b->edge[edge].plot == plot_index &&
           b->edge[edge].run == AP_SLOT_NONE;
}

/* Probability that the track of a look has another plot than this one, should this one not be its.
 */
static double seen_otherwise(const ap_bench *b, uint32_t row, uint32_t plot_index)
{
    double others = b->work[row];
    if (b->look[row].is_second)
        return 1.0;
    for (uint32_t k = first_edge(b, plot_index); is_of(b, k, plot_index); k++)
        if (b->edge[k].row == row)
            others -= b->edge[k].psi;
    return others > 0.0 ? others / (1.0 + others) : 0.0;
}

/* True when the one other plot about a track is too far off in range to be the other half. */
static bool is_far_off(const ap_state *state, uint32_t plot_index, uint32_t row)
{
    const ap_bench *b = &state->bench;
    const ap_two *two = &b->two[row];
    if (two->are_more)
        return false;
    const ap_plot *plot = &b->plot[plot_index];
    const ap_plot *other = &b->plot[two->first == plot_index ? two->second : two->first];
    ap_cell cell =
        ap_cell_of(ap_sensor_of(state, plot->measure.sensor), &state->waiting[plot->report]);
    return fabs(plot->range_m - other->range_m) > APART_CELLS * cell.range_m;
}

/* Density, 1/m2, of halves where a plot is, of one track. */
static double halves_of(const ap_state *state, uint32_t plot_index, uint32_t row)
{
    const ap_bench *b = &state->bench;
    const ap_plot *plot = &b->plot[plot_index];
    const ap_look *look = &b->look[row];
    const ap_report *report = &state->waiting[plot->report];
    double seen = seen_otherwise(b, row, plot_index);
    if (seen < SEEN_LEAST)
        return 0.0;
    return b->split_rate * seen *
           density_at(ap_sensor_of(state, report->sensor), report, plot, look) *
           ap_identity_factor(&state->store.row[look->slot].identity, report) *
           ap_altitude_factor(&look->imm, &plot->measure, report);
}

/* What the edges of a plot weigh against halves as well. */
static void add_halves(ap_bench *b, uint32_t plot_index)
{
    ap_plot *plot = &b->plot[plot_index];
    double left = plot->background / (plot->background + plot->halves);
    for (uint32_t k = first_edge(b, plot_index); is_of(b, k, plot_index); k++)
        b->edge[k].psi *= left;
    plot->birth *= left;
    plot->background += plot->halves;
    b->has_halves = true;
}

/* The halves of one that lies about a track which another plot lies about, too. */
static void weigh_plot(ap_state *state, uint32_t plot_index)
{
    ap_bench *b = &state->bench;
    ap_plot *plot = &b->plot[plot_index];
    if ((state->waiting[plot->report].present & (AP_HAS_POLAR | AP_HAS_ADDRESS)) != AP_HAS_POLAR)
        return;
    for (uint32_t k = b->listed_from[plot_index]; k < b->listed_from[plot_index + 1]; k++) {
        uint32_t row = b->listed[k];
        if (!b->two[row].is_twice || is_far_off(state, plot_index, row))
            continue;
        if (!b->is_summed)
            sum_weights(b);
        plot->halves += halves_of(state, plot_index, row);
    }
    if (plot->halves > 0.0)
        add_halves(b, plot_index);
}

/* The same for the edges of several tracks. */
static void weigh_runs(ap_bench *b)
{
    for (uint32_t k = first_edge(b, b->plot_count); k < b->edge_count; k++) {
        const ap_plot *plot = &b->plot[b->edge[k].plot];
        if (k == 0 || b->edge[k].run != b->edge[k - 1].run)
            b->run_psi[b->edge[k].run] *= 1.0 - plot->halves / plot->background;
    }
}

void ap_splits_weigh(ap_state *state, uint16_t sensor)
{
    ap_bench *b = &state->bench;
    b->split_rate = rate_of(&state->group[sensor].splits);
    b->firm_hits = 0.0;
    b->has_halves = b->is_summed = false;
    if (!ap_sensor_rotates(ap_sensor_of(state, sensor)))
        return;
    for (uint32_t i = 0; i < b->beside_count; i++)
        weigh_plot(state, b->beside[i]);
    if (b->has_halves)
        weigh_runs(b);
}

void ap_splits_learn(ap_state *state, uint16_t sensor)
{
    const ap_bench *b = &state->bench;
    ap_splits *known = &state->group[sensor].splits;
    known->hit_count += b->firm_hits;
    for (uint32_t i = 0; b->has_halves && i < b->beside_count; i++) {
        const ap_plot *plot = &b->plot[b->beside[i]];
        state->stats.half_count +=
            plot->halves > 0.0 && plot->unused * plot->halves > AP_HIT * plot->background;
    }
    if (known->hit_count <= RATE_MEMORY)
        return;
    known->half_count *= RATE_MEMORY / known->hit_count;
    known->hit_count = RATE_MEMORY;
}

void ap_split_count(ap_state *state, uint16_t sensor, double halves)
{
    double *count = &state->group[sensor].splits.half_count;
    *count = ap_larger(*count + halves, 0.0);
}

double ap_split_likely(const ap_state *state, const ap_plot *plot)
{
    const double rate = state->bench.split_rate;
    double halves = plot->halves * ap_larger(rate, RATE_TAUGHT) / rate;
    return halves / (plot->background - plot->halves + halves);
}

void ap_split_follow(ap_state *state, const ap_look *look)
{
    const ap_bench *b = &state->bench;
    const ap_edge *best = &b->edge[look->best];
    const ap_plot *plot = &b->plot[best->plot];
    ap_row *row = &state->store.row[look->slot];
    if (row->strays.sensor != plot->measure.sensor)
        return;
    if (best->run == AP_SLOT_NONE && look->hit - look->shared >= AP_HIT) {
        if (plot->halves > 0.0)
            row->half_count += (float)ap_split_share(state, plot);
        return;
    }
    if (!(row->half_count > 0.0F))
        return;
    ap_split_count(state, row->strays.sensor, (double)row->half_count);
    row->half_taught += row->half_count;
    row->half_count = 0.0F;
}

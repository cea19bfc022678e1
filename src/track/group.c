#include "track/state.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "track/lifecycle.h"
#include "track/measure.h"
#include "track/order.h"

#define WINDOWS_PER_TURN 16.0 /* fewer or more when those would be too short or too long */
#define WINDOW_MIN_S 0.02
#define WINDOW_MAX_S 1.0
#define WINDOW_STILL_S 0.5 /* of sensors that do not turn */
#define WAIT_EXTRA_NS (AP_NS_PER_S / 5)
#define REACH_M 3000.0 /* tracks are sought this far from a plot, and further for slow turns */
#define REACH_MPS 400.0
#define NEAR_CAP 512u /* where more tracks are about a plot, the nearest are taken */
#define LOOK_CAP 16384u
#define CLUTTER_CAP 32u  /* maps of clutter; the sensors that come after have one density each */
#define SECOND_LOOK 0.02 /* a sensor that saw it this turn sees it again this often */
#define SECOND_LOOK_TURNS 0.4
#define ALTITUDE_SPAN_M 10000.0 /* where clutter's altitudes lie, evenly */
#define ALTITUDE_FLOOR 0.01     /* a wrong altitude in a right plot */
#define ALTITUDE_EXTRA_M 30.0
#define OUTLIER_IDENTITY 100.0 /* identity factor of an equal discrete code */
#define OUTLIER_SIGMAS 5.0
#define OUTLIER_SHARE 0.02
#define M2_PER_KM2 1e6
#define SHARED_EXISTENCE_MAX 0.9 /* of a new track, as far as plots of several can prove it */
#define NEGLIGIBLE 1e-3
#define VAGUE_M 1e3   /* where errors are so large, a hit without a likely plot proves nothing */
#define LOOKS_AHEAD 3 /* whose filters are asked for */

/* ---- waiting ---- */

void ap_groups_init(ap_state *state, ap_arena *arena)
{
    const ap_tracker_config *config = &state->config;
    uint32_t plots = config->group_report_cap, looks = config->track_cap;
    ap_bench *b = &state->bench;
    looks = looks < LOOK_CAP ? looks : LOOK_CAP;
    state->waiting_cap = plots;
    state->waiting = ap_arena_take(arena, plots, sizeof *state->waiting);
    state->waiting_next = ap_arena_take(arena, plots, sizeof *state->waiting_next);
    state->group_cap = config->sensors->cap;
    state->group = ap_arena_take(arena, state->group_cap, sizeof *state->group);
    state->clutter_cap = state->group_cap < CLUTTER_CAP ? state->group_cap : CLUTTER_CAP;
    state->clutter = ap_arena_take(arena, state->clutter_cap, sizeof *state->clutter);
    state->open = ap_arena_take(arena, state->group_cap, sizeof *state->open);
    *b = (ap_bench){ .plot_cap = plots,
                     .look_cap = looks,
                     .edge_cap = plots * AP_EDGES_PER_PLOT,
                     .near_cap = NEAR_CAP };
    b->plot = ap_arena_take(arena, plots, sizeof *b->plot);
    b->look = ap_arena_take(arena, looks, sizeof *b->look);
    b->edge = ap_arena_take(arena, b->edge_cap, sizeof *b->edge);
    b->near = ap_arena_take(arena, 2 * NEAR_CAP, sizeof *b->near);
    b->listed = ap_arena_take(arena, b->edge_cap, sizeof *b->listed);
    b->listed_from = ap_arena_take(arena, (size_t)plots + 1, sizeof *b->listed_from);
    b->look_of = ap_arena_take(arena, config->track_cap, sizeof *b->look_of);
    b->look_stamp = ap_arena_take(arena, config->track_cap, sizeof *b->look_stamp);
    b->parent = ap_arena_take(arena, (size_t)looks + plots, sizeof *b->parent);
    b->count = ap_arena_take(arena, (size_t)looks + plots + 1, sizeof *b->count);
    b->order = ap_arena_take(arena, b->edge_cap, sizeof *b->order);
    b->order2 = ap_arena_take(arena, b->edge_cap, sizeof *b->order2);
    b->local = ap_arena_take(arena, plots, sizeof *b->local);
    b->start = ap_arena_take(arena, (size_t)looks + 1, sizeof *b->start);
    b->column = ap_arena_take(arena, b->edge_cap, sizeof *b->column);
    b->psi = ap_arena_take(arena, b->edge_cap, sizeof *b->psi);
    b->p = ap_arena_take(arena, b->edge_cap, sizeof *b->p);
    size_t work = (size_t)b->edge_cap + plots;
    b->work = ap_arena_take(arena, work > AP_EXACT_WORK ? work : AP_EXACT_WORK, sizeof *b->work);
    b->used = ap_arena_take(arena, (size_t)looks + plots, sizeof *b->used);
    ap_crowd_init(state, arena);
    b->run_psi = ap_arena_take(arena, plots, sizeof *b->run_psi);
    b->run_share = ap_arena_take(arena, plots, sizeof *b->run_share);
    b->share = ap_arena_take(arena, b->edge_cap, sizeof *b->share);
    b->run_of_share = ap_arena_take(arena, b->edge_cap, sizeof *b->run_of_share);
}

void ap_groups_reset(ap_state *state)
{
    for (uint32_t i = 0; i < state->waiting_cap; i++)
        state->waiting_next[i] = i + 1 < state->waiting_cap ? i + 1 : AP_SLOT_NONE;
    state->waiting_free = 0;
    state->open_count = 0;
    state->open_due_utc = INT64_MAX;
    state->clutter_count = 0;
    for (uint32_t i = 0; i < state->group_cap; i++)
        state->group[i] = (ap_group){ .first = AP_SLOT_NONE, .last = AP_SLOT_NONE };
    memset(state->bench.look_stamp, 0, state->config.track_cap * sizeof *state->bench.look_stamp);
    state->bench.stamp = 0;
}

void ap_groups_restart(ap_state *state)
{
    for (uint32_t i = 0; i < state->group_cap; i++)
        ap_background_restart(&state->group[i].background);
}

static double window_s(const ap_sensor *sensor)
{
    if (!ap_sensor_rotates(sensor))
        return WINDOW_STILL_S;
    return fmin(fmax(sensor->turn_s / WINDOWS_PER_TURN, WINDOW_MIN_S), WINDOW_MAX_S);
}

static int64_t windows_per_turn(const ap_sensor *sensor)
{
    return (int64_t)fmax(sensor->turn_s / window_s(sensor) + 0.5, 1.0);
}

static int64_t window_of(const ap_sensor *sensor, ap_utc_ns time_utc)
{
    int64_t width_ns = ap_utc_add_s(0, window_s(sensor));
    int64_t window = time_utc / width_ns;
    return time_utc % width_ns < 0 ? window - 1 : window;
}

static void open_group(ap_state *state, uint16_t sensor, int64_t window)
{
    ap_group *group = &state->group[sensor];
    group->window = window;
    group->due_utc =
        ap_utc_add_s(state->clock_utc, 1.5 * window_s(ap_sensor_of(state, sensor))) + WAIT_EXTRA_NS;
    if (group->due_utc < state->open_due_utc)
        state->open_due_utc = group->due_utc;
    group->open_place = state->open_count;
    state->open[state->open_count++] = sensor;
}

static void shut_group(ap_state *state, uint16_t sensor)
{
    ap_group *group = &state->group[sensor];
    uint16_t last = state->open[--state->open_count];
    state->open[group->open_place] = last;
    state->group[last].open_place = group->open_place;
    group->first = group->last = AP_SLOT_NONE;
}

void ap_group_passed(ap_state *state, uint16_t sensor, ap_utc_ns time_utc)
{
    const ap_group *group = &state->group[sensor];
    if (group->first != AP_SLOT_NONE &&
        window_of(ap_sensor_of(state, sensor), time_utc) > group->window)
        ap_group_close(state, sensor);
}

void ap_group_add(ap_state *state, const ap_report *report)
{
    uint16_t sensor = report->sensor;
    ap_group_passed(state, sensor, report->time_utc);
    uint32_t place = state->waiting_free;
    if (place == AP_SLOT_NONE) {
        ap_refuse(&state->stats.refused, AP_REFUSED_QUEUE_FULL);
        return;
    }
    ap_group *group = &state->group[sensor];
    if (group->first == AP_SLOT_NONE)
        open_group(state, sensor, window_of(ap_sensor_of(state, sensor), report->time_utc));
    state->waiting_free = state->waiting_next[place];
    state->waiting[place] = *report;
    state->waiting_next[place] = AP_SLOT_NONE;
    if (group->first == AP_SLOT_NONE)
        group->first = place;
    else
        state->waiting_next[group->last] = place;
    group->last = place;
}

/* ---- plots ---- */

static void begin_background(ap_state *state, ap_group *group, const ap_sensor *sensor)
{
    if (!ap_sensor_rotates(sensor))
        return;
    if (!group->background.map && state->clutter_count < state->clutter_cap) {
        group->background.map = &state->clutter[state->clutter_count++];
        group->background.map->ring_m = 0.0;
    }
    ap_background_begin(&group->background, sensor, group->window, windows_per_turn(sensor));
}

static void polar_of(const ap_report *report, const ap_sensor *sensor, ap_plot *plot,
                     double *azimuth_rad)
{
    double elevation_rad;
    plot->range_m = report->range_m;
    *azimuth_rad = report->azimuth_rad;
    if (!(report->present & AP_HAS_POLAR))
        ap_polar_from_ecef(&sensor->frame, plot->measure.ecef, &plot->range_m, azimuth_rad,
                           &elevation_rad);
}

/* Densities, per m2 and look, of what is no track: clutter, and aircraft not yet seen. */
static void set_background(const ap_state *state, const ap_sensor *sensor, double whole,
                           double born, ap_plot *plot)
{
    const ap_report *report = &state->waiting[plot->report];
    const ap_background *background = &state->group[report->sensor].background;
    double azimuth_rad;
    polar_of(report, sensor, plot, &azimuth_rad);
    plot->part = ap_background_part(background, plot->range_m, azimuth_rad);
    double clutter = ap_background_clutter(background, plot->part, whole);
    plot->share = whole / clutter;
    plot->background = clutter + born;
    plot->birth = born / plot->background;
}

/* A plot that no track has by its address. */
static void add_plot(ap_state *state, uint32_t place)
{
    ap_bench *b = &state->bench;
    const ap_report *report = &state->waiting[place];
    if ((report->present & AP_HAS_ADDRESS) && ap_direct_take(state, report))
        return;
    ap_plot *plot = &b->plot[b->plot_count++];
    plot->report = place;
    plot->unused = 1.0;
    plot->crowded = false;
    plot->company = AP_SLOT_NONE;
    plot->needs_height = ap_measure_needs_height(report);
}

static void measure_plots(ap_state *state, const ap_sensor *sensor)
{
    ap_bench *b = &state->bench;
    const ap_report *reports[AP_LANES];
    ap_measure *measures[AP_LANES];
    size_t count = 0;
    for (uint32_t i = 0; i < b->plot_count; i++) {
        reports[count] = &state->waiting[b->plot[i].report];
        measures[count++] = &b->plot[i].measure;
        if (count == AP_LANES || i + 1 == b->plot_count) {
            ap_measure_from_reports(count, reports, sensor, measures);
            count = 0;
        }
    }
}

/* Lists and places what waits, in an order that is not that of its coming; what cannot be placed is
 * left out. */
static void add_plots(ap_state *state, uint16_t index)
{
    ap_bench *b = &state->bench;
    const ap_sensor *sensor = ap_sensor_of(state, index);
    ap_group *group = &state->group[index];
    uint32_t place = group->first, count = 0, kept = 0;
    begin_background(state, group, sensor);
    double whole = ap_background_whole(&group->background, sensor);
    double born = sensor->detection_probability * state->config.birth_per_turn_km2 / M2_PER_KM2;
    for (; place != AP_SLOT_NONE; place = state->waiting_next[place])
        b->order[count++] = place;
    ap_reports_sort(state->waiting, count, b->order, b->order2);
    for (uint32_t i = 0; i < count; i++)
        add_plot(state, b->order[i]);
    measure_plots(state, sensor);
    for (uint32_t i = 0; i < b->plot_count; i++) {
        if (!(b->plot[i].measure.has & AP_MEASURE_POSITION)) {
            ap_refuse(&state->stats.refused, AP_REFUSED_POSITION_RANGE);
            continue;
        }
        if (kept != i)
            b->plot[kept] = b->plot[i];
        set_background(state, sensor, whole, born, &b->plot[kept++]);
    }
    b->plot_count = kept;
}

/* The clutter of a radar changes with weather, sea and wind. */
static void learn_strays(ap_state *state, uint16_t sensor)
{
    const ap_bench *b = &state->bench;
    if (!ap_sensor_rotates(ap_sensor_of(state, sensor)))
        return;
    for (uint32_t i = 0; i < b->plot_count; i++) {
        const ap_plot *plot = &b->plot[i];
        const ap_report *report = &state->waiting[plot->report];
        if (!(report->present & AP_HAS_ADDRESS))
            ap_background_stray(&state->group[sensor].background, fmax(plot->unused, 0.0),
                                plot->range_m, plot->share);
    }
}

/* ---- edges ---- */

/* Whether the track could have given the plot, from its hot line only. Heights do not count: a plot
 * without one was placed at a guess. */
static bool within_reach(const ap_hot *hot, const ap_measure *measure, double gate2)
{
    double dt_s = ap_seconds_between(hot->time_utc, measure->time_utc);
    double dx = measure->ecef.x_m - hot->ecef.x_m - dt_s * hot->velocity_mps[0];
    double dy = measure->ecef.y_m - hot->ecef.y_m - dt_s * hot->velocity_mps[1];
    double dz = measure->ecef.z_m - hot->ecef.z_m - dt_s * hot->velocity_mps[2];
    double t = fabs(dt_s), turn_m = 20.0 * t * t; /* half of four g */
    double var = hot->position_var_m2 + t * t * hot->velocity_var + measure->R_ecef_m2[0] +
                 measure->R_ecef_m2[3] + measure->R_ecef_m2[5];
    double spread_m2 = gate2 * var, aside_m = turn_m < 20000.0 ? turn_m : 20000.0;
    const ap_vec3 *p = &measure->ecef;
    double up = dx * p->x_m + dy * p->y_m + dz * p->z_m;
    double p2_m2 = p->x_m * p->x_m + p->y_m * p->y_m + p->z_m * p->z_m;
    double far_m4 = (dx * dx + dy * dy + dz * dz) * p2_m2 - up * up; /* distance2 * p2 */
    /* Most are far off or very near: (a + b)2 is at most 2 (a2 + b2), and at least a2. */
    if (far_m4 > 2.0 * (spread_m2 + aside_m * aside_m) * p2_m2)
        return false;
    if (far_m4 <= spread_m2 * p2_m2)
        return true;
    double reach_m = sqrt(spread_m2) + aside_m;
    return far_m4 <= reach_m * reach_m * p2_m2;
}

/* Probability that the sensor sees the track now: a turning antenna shows it once a turn. */
static double detection_of(const ap_row *row, const ap_sensor *sensor, uint16_t index,
                           ap_utc_ns time_utc)
{
    if (!ap_sensor_rotates(sensor))
        return sensor->detection_probability;
    for (int i = 0; i < row->source_count; i++)
        if (row->source[i].sensor == index) {
            double since_s = fabs(ap_seconds_between(row->source[i].last_utc, time_utc));
            if (since_s < SECOND_LOOK_TURNS * sensor->turn_s)
                return SECOND_LOOK;
        }
    return sensor->detection_probability;
}

/* The look at a track in this group, at the time of the first plot near it; NULL when it cannot be.
 * Its filter is not filled yet. */
static ap_look *look_at(ap_state *state, uint32_t slot, const ap_measure *measure)
{
    ap_bench *b = &state->bench;
    if (b->look_stamp[slot] == b->stamp)
        return b->look_of[slot] == AP_SLOT_NONE ? NULL : &b->look[b->look_of[slot]];
    b->look_stamp[slot] = b->stamp;
    b->look_of[slot] = AP_SLOT_NONE;
    if (b->look_count >= b->look_cap)
        return NULL;
    ap_look *look = &b->look[b->look_count];
    look->slot = slot;
    look->time_utc = measure->time_utc;
    look->hidden = 0.0;
    look->is_paired = false;
    look->detection = detection_of(&state->store.row[slot], ap_sensor_of(state, measure->sensor),
                                   measure->sensor, measure->time_utc);
    b->look_of[slot] = b->look_count++;
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
        look->is_too_late =
            look->is_late && !ap_history_at(&row->history, look->time_utc, &look->imm);
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
    const ap_vertical *v = &imm->vertical;
    bool is_pressure = (measure->has & AP_MEASURE_PRESSURE) != 0;
    if (!v->has || !(measure->has & (AP_MEASURE_PRESSURE | AP_MEASURE_HEIGHT)) ||
        v->is_pressure != is_pressure)
        return 1.0;
    double var = v->P[0] + measure->altitude_var_m2 + ALTITUDE_EXTRA_M * ALTITUDE_EXTRA_M;
    double d = measure->altitude_m - v->altitude_m;
    double density = exp(-0.5 * d * d / var) / sqrt(2.0 * AP_PI * var);
    return ALTITUDE_FLOOR + (1.0 - ALTITUDE_FLOOR) * density * ALTITUDE_SPAN_M;
}

/* Some plots err more than their sensor says: reflections, garbling, split targets. One whose code
 * names the track is taken for such, with errors to match, before it is taken for another. */
static void widen(ap_fix *fix)
{
    double more = OUTLIER_SIGMAS * OUTLIER_SIGMAS;
    fix->R = (ap_sym2){ fix->R.ee * more, fix->R.en * more, fix->R.nn * more };
}

/* The fix as the track would see it, which may err as a whole. Only to compare: a better fix is to
 * pull the more. */
static ap_fix leaning(const ap_imm *imm, const ap_fix *fix)
{
    double lean_m2 = imm->lean_m * imm->lean_m;
    ap_fix wide = *fix;
    wide.R.ee += lean_m2;
    wide.R.nn += lean_m2;
    return wide;
}

/* What the plot measured if it is of this track: one without a height is placed at the track's,
 * in `placed`. */
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
    const ap_look *look = look_at(state, slot, &plot->measure);
    plot->crowded = plot->crowded || !look;
    if (!look)
        return;
    ap_edge *edge = &b->edge[b->edge_count];
    edge->row = (uint32_t)(look - b->look);
    edge->plot = plot_index;
    edge->run = AP_SLOT_NONE;
    edge->run_size = 1;
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
    if (look->falls && !ap_falling_reaches(&look->imm, measure))
        return 0.0;
    edge->fix = ap_imm_fix(&look->imm, measure, look->imm.mean.x[2], look->imm.mean.x[3]);
    double dt_s = ap_seconds_between(look->imm.time_utc, measure->time_utc);
    edge->fix.east_m -= dt_s * look->imm.mean.x[2];
    edge->fix.north_m -= dt_s * look->imm.mean.x[3];
    ap_fix seen_at = leaning(&look->imm, &edge->fix);
    if (ap_gauss_distance2(&look->imm.mean, &seen_at) > gate2) {
        if (identity < OUTLIER_IDENTITY)
            return 0.0;
        widen(&edge->fix);
        identity *= OUTLIER_SHARE;
        seen_at = leaning(&look->imm, &edge->fix);
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
        edge->psi = psi > AP_PSI_LEAST ? fmin(psi, AP_PSI_MAX) : 0.0;
    }
}

static size_t keep_within_reach(const ap_state *state, const ap_measure *measure, size_t count,
                                uint32_t *slots)
{
    size_t kept = 0;
    for (size_t k = 0; k < count; k++) {
        if (!within_reach(&state->store.hot[slots[k]], measure, state->config.gate_chi2))
            continue;
        ap_store_fetch_head(&state->store, slots[k]);
        slots[kept++] = slots[k];
    }
    return kept;
}

/* Lists the tracks that may have given a plot, and asks for their memory. */
static size_t seek_tracks(ap_state *state, uint32_t plot_index, uint32_t *slots)
{
    const ap_bench *b = &state->bench;
    ap_plot *plot = &state->bench.plot[plot_index];
    double turn_s = ap_sensor_of(state, plot->measure.sensor)->turn_s;
    size_t count = ap_grid_near(&state->store.grid, plot->measure.ecef,
                                REACH_M + REACH_MPS * turn_s, slots, b->near_cap);
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

/* The tracks of each plot are sought while those of the plot before it are listed. False when there
 * is no room for them all. */
static bool list_tracks(ap_state *state)
{
    ap_bench *b = &state->bench;
    size_t next = b->plot_count > 0 ? seek_tracks(state, 0, b->near) : 0;
    for (uint32_t i = 0; i < b->plot_count; i++) {
        const uint32_t *slots = b->near + (i % 2) * b->near_cap;
        size_t count = next;
        if (count > b->edge_cap - b->edge_count)
            return false;
        if (i + 1 < b->plot_count)
            next = seek_tracks(state, i + 1, b->near + ((i + 1) % 2) * b->near_cap);
        b->listed_from[i] = b->edge_count;
        for (size_t k = 0; k < count; k++)
            list_edge(state, i, slots[k]);
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

/* First which plot may be of which track; then all that takes arithmetic, in parts that do not
 * depend on each other. */
static void add_edges(ap_state *state)
{
    ap_bench *b = &state->bench;
    list_edges(state);
    ap_in_parts(state, b->look_count, predict_looks);
    ap_in_parts(state, b->edge_count, weigh_edges);
    drop_weightless(b);
    for (uint32_t i = 0; i < b->plot_count; i++)
        ap_shares_add(state, i, b->listed + b->listed_from[i],
                      b->listed_from[i + 1] - b->listed_from[i]);
}

/* ---- clusters ---- */

/* Stable counting sort of edge numbers by a key below key_count. */
static void sort_edges(ap_bench *b, const uint32_t *from, uint32_t *to, uint32_t key_count,
                       bool by_row)
{
    memset(b->count, 0, ((size_t)key_count + 1) * sizeof *b->count);
    for (uint32_t k = 0; k < b->edge_count; k++) {
        uint32_t row = b->edge[from[k]].row;
        b->count[(by_row ? row : ap_sets_find(b->parent, row)) + 1]++;
    }
    for (uint32_t key = 0; key < key_count; key++)
        b->count[key + 1] += b->count[key];
    for (uint32_t k = 0; k < b->edge_count; k++) {
        uint32_t row = b->edge[from[k]].row;
        to[b->count[by_row ? row : ap_sets_find(b->parent, row)]++] = from[k];
    }
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

static void solve(ap_state *state)
{
    ap_bench *b = &state->bench;
    if (b->edge_count == 0)
        return;
    ap_sets_init(b->parent, (size_t)b->look_count + b->plot_count);
    for (uint32_t k = 0; k < b->edge_count; k++)
        ap_sets_join(b->parent, b->edge[k].row, b->look_count + b->edge[k].plot);
    for (uint32_t k = 0; k < b->edge_count; k++)
        b->order2[k] = k;
    sort_edges(b, b->order2, b->order, b->look_count, true);
    sort_edges(b, b->order, b->order2, b->look_count, false);
    memcpy(b->order, b->order2, b->edge_count * sizeof *b->order);
    for (uint32_t from = 0, to; from < b->edge_count; from = to) {
        uint32_t root = ap_sets_find(b->parent, b->edge[b->order[from]].row);
        to = from + 1;
        while (to < b->edge_count && ap_sets_find(b->parent, b->edge[b->order[to]].row) == root)
            to++;
        solve_cluster(state, b->order + from, to - from);
    }
    for (uint32_t k = 0; k < b->edge_count; k++)
        b->plot[b->edge[k].plot].unused -= b->edge[k].p / b->edge[k].run_size;
}

/* ---- updates ---- */

/* The edges that one update takes: the likeliest, when they are too many. */
static size_t list_likeliest(const ap_bench *b, const uint32_t *order, uint32_t count,
                             uint32_t likeliest[AP_FIX_CAP])
{
    size_t used = 0;
    for (uint32_t k = 0; k < count; k++) {
        double p = b->edge[order[k]].p;
        if (p < NEGLIGIBLE * NEGLIGIBLE)
            continue;
        size_t place = used, least = 0;
        if (used < AP_FIX_CAP) {
            used++;
        } else {
            for (size_t i = 1; i < AP_FIX_CAP; i++)
                if (b->edge[likeliest[i]].p < b->edge[likeliest[least]].p)
                    least = i;
            if (p <= b->edge[likeliest[least]].p)
                continue;
            place = least;
        }
        likeliest[place] = order[k];
    }
    return used;
}

/* Takes the plots into the filter of one track. False, and nothing changed, when they are older
 * than what can be undone. */
static bool update_filter(ap_state *state, ap_look *look, const uint32_t *order, uint32_t count,
                          uint32_t best)
{
    const double exists = look->exists;
    ap_bench *b = &state->bench;
    ap_row *row = &state->store.row[look->slot];
    const ap_plot *plot = &b->plot[b->edge[best].plot];
    bool shared = b->edge[best].run != AP_SLOT_NONE;
    ap_measure measure, placed;
    measure = shared ? ap_share_measure(look, &b->edge[best].fix, &plot->measure)
                     : *measure_for(state, plot, look, &placed);
    measure.weight = fmin(b->edge[best].p / exists, 1.0);
    bool sure = measure.weight > AP_HIT;
    if (!sure)
        measure.has = AP_MEASURE_POSITION;
    if (look->is_late)
        return !look->is_too_late && ap_history_insert(&row->history, &row->imm, &measure);
    if (look->falls) { /* its filter is not in its row: finish_look */
        look->falls_on = sure && !shared;
        return true;
    }
    ap_fix fix[AP_FIX_CAP];
    ap_likelihood likelihood[AP_FIX_CAP];
    double weight[AP_FIX_CAP];
    uint32_t likeliest[AP_FIX_CAP];
    size_t used = list_likeliest(b, order, count, likeliest);
    for (size_t k = 0; k < used; k++) {
        const ap_edge *edge = &b->edge[likeliest[k]];
        fix[k] = edge->fix;
        likelihood[k] = edge->likelihood;
        weight[k] = fmin(edge->p / exists, 1.0);
    }
    measure.time_utc = look->imm.time_utc;
    ap_history_append(&row->history, &row->imm, &measure);
    if (look->is_paired)
        ap_imm_copy(&row->imm, &look->imm);
    else
        ap_imm_update(&look->imm, used, fix, likelihood, weight, &row->imm);
    ap_imm_lean(&row->imm, look->is_paired ? &look->alone : &look->imm.mean, &b->edge[best].fix,
                measure.weight, measure.shared_m);
    ap_imm_update_rest(&row->imm, &measure);
    ap_imm_recentre(&row->imm);
    return true;
}

void ap_look_weigh(const ap_state *state, ap_look *look, const uint32_t *order, uint32_t count)
{
    const ap_bench *b = &state->bench;
    const ap_pulse *pulse = &state->store.pulse[look->slot];
    double hit = 0.0, shared = 0.0;
    look->best = order[0];
    for (uint32_t k = 0; k < count; k++) {
        hit += b->edge[order[k]].p;
        if (b->edge[order[k]].run != AP_SLOT_NONE)
            shared += b->edge[order[k]].p;
        if (b->edge[order[k]].p > b->edge[look->best].p)
            look->best = order[k];
    }
    look->hit = fmin(hit, 1.0);
    look->shared = shared;
    double missed =
        ap_existence_missed(pulse->existence, look->detection * (1.0 - fmin(look->hidden, 1.0)));
    look->exists = fmin(look->hit + (1.0 - look->hit) * missed, 1.0 - 1e-9);
    bool is_tentative = pulse->state == AP_TRACK_TENTATIVE;
    const ap_sym2 *A = &look->imm.mean.A;
    look->is_vague =
        A->ee + A->nn > VAGUE_M * VAGUE_M && b->edge[look->best].p < AP_HIT * look->hit;
    if (is_tentative && (look->is_vague || shared > AP_HIT * look->hit))
        look->exists = fmin(look->exists, fmax(pulse->existence, SHARED_EXISTENCE_MAX));
    else if (look->is_vague) /* some plot of many always hits: it would feed on clutter for ever */
        look->exists = fmin(look->exists, pulse->existence);
}

/* The filters of the tracks whose edges are a part of those in order: from the first row that
 * begins in it to the last. */
static void update_filters(ap_state *state, size_t first, size_t last)
{
    ap_bench *b = &state->bench;
    for (size_t from = first, to; from < last; from = to) {
        uint32_t row = b->edge[b->order[from]].row;
        to = from + 1;
        while (to < b->edge_count && b->edge[b->order[to]].row == row)
            to++;
        if (from > 0 && b->edge[b->order[from - 1]].row == row)
            continue;
        if (to < last) /* beyond, it is another thread's */
            ap_history_fetch(&state->store.row[b->look[b->edge[b->order[to]].row].slot].history);
        ap_look *look = &b->look[row];
        uint32_t count = (uint32_t)(to - from);
        ap_look_weigh(state, look, b->order + from, count);
        look->is_taken = look->hit < NEGLIGIBLE ||
                         update_filter(state, look, b->order + from, count, look->best);
    }
}

/* The rest of what follows from a look, in order of the tracks: it is told. */
static void finish_look(ap_state *state, const ap_look *look)
{
    ap_bench *b = &state->bench;
    ap_pulse *pulse = &state->store.pulse[look->slot];
    const ap_edge *best = &b->edge[look->best];
    const ap_report *report = &state->waiting[b->plot[best->plot].report];
    if (!look->is_taken) {
        if (look->hit >= AP_HIT)
            ap_refuse(&state->stats.refused, AP_REFUSED_LATE);
        return;
    }
    if (pulse->state == AP_TRACK_TENTATIVE && look->hit >= AP_HIT)
        ap_track_stray(state, look->slot, &b->plot[best->plot]);
    /* likelier for a plot that no other track explains */
    bool speaks_for_it = look->exists > pulse->existence && b->plot[best->plot].unused > AP_HIT;
    pulse->existence = look->exists;
    if (look->hit < NEGLIGIBLE)
        return;
    if (look->falls_on)
        ap_falling_take(state, look->slot, report);
    bool is_tentative = pulse->state == AP_TRACK_TENTATIVE;
    if (look->hit < AP_HIT || (look->is_vague && !is_tentative)) {
        if (speaks_for_it && is_tentative) { /* it has not fallen silent */
            state->store.row[look->slot].hit_count++;
            pulse->received_utc = state->clock_utc;
        }
        ap_track_repair(state, look->slot);
        ap_store_refresh(&state->store, look->slot);
        if (look->shared > AP_HIT * look->exists) /* if it is there at all, it was in that plot */
            pulse->received_utc = state->clock_utc;
        ap_track_looked(state, look->slot, report->sensor, report->time_utc, false);
        return;
    }
    ap_taken taken = look->shared > AP_HIT * look->hit ? AP_TAKEN_SHARED : AP_TAKEN_POSITION;
    if (best->p >= AP_HIT && best->run == AP_SLOT_NONE) {
        ap_track_taken(state, look->slot, report, taken);
        return;
    }
    ap_report anonymous = *report; /* whose it is remains open */
    anonymous.present &= ~(uint32_t)(AP_HAS_ADDRESS | AP_HAS_MODE_3A | AP_HAS_CALLSIGN);
    ap_track_taken(state, look->slot, &anonymous, taken);
}

static void update_all(ap_state *state)
{
    const ap_bench *b = &state->bench;
    ap_in_parts(state, b->edge_count, update_filters);
    for (uint32_t from = 0; from < b->edge_count; from++) {
        uint32_t row = b->edge[b->order[from]].row;
        if (from == 0 || b->edge[b->order[from - 1]].row != row)
            finish_look(state, &b->look[row]);
    }
}

void ap_group_close(ap_state *state, uint16_t sensor)
{
    ap_bench *b = &state->bench;
    uint32_t first = state->group[sensor].first;
    b->plot_count = b->look_count = b->edge_count = 0;
    b->stamp++;
    state->stats.group_count++;
    add_plots(state, sensor);
    ap_shares_begin(state, sensor);
    add_edges(state);
    solve(state);
    ap_shares_end(state, sensor);
    ap_pairs_update(state);
    update_all(state);
    ap_births_leave_ghosts_out(state);
    learn_strays(state, sensor);
    ap_births_give(state);
    for (uint32_t place = first, next; place != AP_SLOT_NONE; place = next) {
        next = state->waiting_next[place];
        state->waiting_next[place] = state->waiting_free;
        state->waiting_free = place;
    }
    shut_group(state, sensor);
}

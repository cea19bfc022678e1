#include "track/state.h"

#include <math.h>
#include <string.h>

#include "track/measure.h"
#include "track/order.h"

#define WINDOWS_PER_TURN 16.0 /* fewer or more when those would be too short or too long */
#define WINDOW_MIN_S 0.02
#define WINDOW_MAX_S 1.0
#define WINDOW_STILL_S 0.5 /* of sensors that do not turn */
#define LATE_WINDOWS 2 /* an older plot is not to stand beside a newer one of the same aircraft */
#define WAIT_WINDOWS 1.5
#define WAIT_EXTRA_NS (AP_NS_PER_S / 5)
#define NEAR_CAP 512u /* where more tracks are about a plot, the nearest are taken */
#define LOOK_CAP 16384u
#define CLUTTER_CAP 32u /* maps of clutter; the sensors that come after have one density each */
#define M2_PER_KM2 1e6
/* What starts a track is known for false this long after its time, if it was not late: the next
 * turn has passed by, a group waited, the round of a second came. */
#define DEATH_TURNS 1.1
#define DEATH_EXTRA_S 2.5
#define STRAY_LEAST 1e-3 /* of a plot: less teaches nothing, and starts nothing */
#define STRETCH_MAX 64.0 /* turns: an endless lag is not to end all learning */

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
    state->clutter = ap_arena_take(arena, 3 * (size_t)state->clutter_cap, sizeof *state->clutter);
    state->place = ap_arena_take(arena, (size_t)state->clutter_cap * AP_BACKGROUND_COUNTS,
                                 sizeof *state->place);
    state->open = ap_arena_take(arena, state->group_cap, sizeof *state->open);
    *b = (ap_bench){ .plot_cap = plots,
                     .look_cap = looks,
                     .edge_cap = plots * AP_EDGES_PER_PLOT,
                     .near_cap = NEAR_CAP };
    b->plot = ap_arena_take(arena, plots, sizeof *b->plot);
    b->look = ap_arena_take(arena, looks, sizeof *b->look);
    b->edge = ap_arena_take(arena, b->edge_cap, sizeof *b->edge);
    b->near = ap_arena_take(arena, 3 * NEAR_CAP, sizeof *b->near);
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
    b->two = ap_arena_take(arena, looks, sizeof *b->two);
    b->beside = ap_arena_take(arena, plots, sizeof *b->beside);
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
        state->group[i] =
            (ap_group){ .first = AP_SLOT_NONE, .last = AP_SLOT_NONE, .late_utc = INT64_MIN };
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

static int64_t width_of(const ap_sensor *sensor)
{
    return ap_utc_add_s(0, window_s(sensor));
}

static int64_t window_of(ap_utc_ns time_utc, int64_t width_ns)
{
    return time_utc / width_ns - (time_utc % width_ns < 0);
}

static int64_t window_at(const ap_state *state, uint16_t sensor, ap_utc_ns time_utc)
{
    int64_t width_ns = state->group[sensor].width_ns;
    return window_of(time_utc, width_ns > 0 ? width_ns : width_of(ap_sensor_of(state, sensor)));
}

static bool is_within(const ap_group *group, ap_utc_ns time_utc)
{
    return time_utc < group->end_utc && time_utc >= group->end_utc - group->width_ns;
}

static int64_t turns_in(double time_s, const ap_sensor *sensor)
{
    return (int64_t)fmin(ceil(time_s / sensor->turn_s), STRETCH_MAX);
}

static void open_group(ap_state *state, uint16_t sensor, ap_utc_ns time_utc)
{
    ap_group *group = &state->group[sensor];
    int64_t width_ns = width_of(ap_sensor_of(state, sensor));
    group->width_ns = width_ns;
    group->window = window_of(time_utc, width_ns);
    group->end_utc = (group->window + 1) * width_ns;
    group->late_utc = (group->window - LATE_WINDOWS) * width_ns;
    group->due_utc =
        ap_utc_add_s(state->clock_utc, WAIT_WINDOWS * window_s(ap_sensor_of(state, sensor))) +
        WAIT_EXTRA_NS;
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
    group->lessons = NULL;
    group->late_utc = INT64_MIN;
}

ap_utc_ns ap_group_oldest(const ap_state *state)
{
    double back_s = state->config.lag_s + WAIT_WINDOWS * WINDOW_MAX_S;
    return ap_utc_add_s(state->clock_utc, -back_s) - WAIT_EXTRA_NS;
}

void ap_group_passed(ap_state *state, uint16_t sensor, ap_utc_ns time_utc)
{
    const ap_group *group = &state->group[sensor];
    if (group->first != AP_SLOT_NONE && time_utc >= group->end_utc)
        ap_group_close(state, sensor);
}

void ap_group_add(ap_state *state, const ap_report *report)
{
    uint16_t sensor = report->sensor;
    ap_group_passed(state, sensor, report->time_utc);
    if (report->time_utc < state->group[sensor].late_utc)
        ap_group_close(state, sensor);
    uint32_t place = state->waiting_free;
    if (place == AP_SLOT_NONE) {
        ap_refuse(&state->stats.refused, AP_REFUSED_QUEUE_FULL);
        return;
    }
    ap_group *group = &state->group[sensor];
    if (group->first == AP_SLOT_NONE)
        open_group(state, sensor, report->time_utc);
    state->waiting_free = state->waiting_next[place];
    state->waiting[place] = *report;
    state->waiting_next[place] = AP_SLOT_NONE;
    if (group->first == AP_SLOT_NONE)
        group->first = place;
    else
        state->waiting_next[group->last] = place;
    group->last = place;
}

/* ---- what is learnt ---- */

static void give_map(ap_state *state, const ap_sensor *sensor, ap_background *background)
{
    if (background->now.map || state->clutter_count == state->clutter_cap)
        return;
    size_t number = state->clutter_count++;
    ap_background_map(background, sensor, &state->clutter[3 * number],
                      &state->place[AP_BACKGROUND_COUNTS * number]);
}

/* The time has come to a window of the sensor. */
static void reach(ap_state *state, uint16_t index, int64_t window)
{
    const ap_sensor *sensor = ap_sensor_of(state, index);
    double late_s = state->config.lag_s, death_s = DEATH_TURNS * sensor->turn_s + DEATH_EXTRA_S;
    ap_background_reach(&state->group[index].background, sensor, window, windows_per_turn(sensor),
                        turns_in(late_s, sensor), turns_in(late_s + death_s, sensor));
}

void ap_group_looked(ap_state *state, uint16_t sensor, ap_utc_ns time_utc, int looks, double hits)
{
    ap_group *group = &state->group[sensor];
    ap_background *b = &group->background;
    ap_lessons *lessons = group->lessons;
    int64_t window = group->window;
    if (!lessons || !is_within(group, time_utc)) {
        window = window_at(state, sensor, time_utc);
        if (!b->is_begun || window - b->turn_window >= b->windows_per_turn)
            reach(state, sensor, window);
        lessons = ap_background_lessons(b, window);
    }
    lessons->look_count += looks > 0 ? 1.0 : 0.0;
    lessons->hit_count += hits;
    b->newest.look_count += looks;
    b->newest.hit_count += hits;
    for (int k = 1; k < looks; k++)
        ap_background_lessons(b, window - k * b->windows_per_turn)->look_count += 1.0;
}

void ap_group_strays(ap_state *state, uint16_t sensor, ap_utc_ns time_utc, uint16_t part,
                     double plots)
{
    ap_background *background = &state->group[sensor].background;
    ap_background_count(background, window_at(state, sensor, time_utc), plots, part);
}

/* What counts for the plots of a group. */
static const ap_learnt *learnt_for(ap_state *state, uint16_t index)
{
    const ap_sensor *sensor = ap_sensor_of(state, index);
    ap_background *background = &state->group[index].background;
    int64_t window = state->group[index].window;
    if (!ap_sensor_rotates(sensor))
        return &background->now;
    give_map(state, sensor, background);
    reach(state, index, window);
    state->group[index].lessons = ap_background_attend(background, window);
    return ap_background_at(background, window);
}

/* ---- plots ---- */

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
static void set_background(const ap_state *state, const ap_learnt *learnt, double whole,
                           ap_plot *plot)
{
    const ap_report *report = &state->waiting[plot->report];
    double azimuth_rad;
    polar_of(report, ap_sensor_of(state, report->sensor), plot, &azimuth_rad);
    plot->part = ap_background_part(learnt, plot->range_m, azimuth_rad);
    double clutter = ap_background_clutter(learnt, plot->part, whole);
    plot->share = whole / clutter;
    plot->background = clutter + state->bench.born;
    plot->birth = state->bench.born / plot->background;
    plot->halves = 0.0;
    plot->news = 1.0;
}

double ap_plot_news(const ap_state *state, const ap_plot *plot)
{
    const ap_bench *b = &state->bench;
    return plot->background /
           (ap_background_clutter(b->fresh, plot->part, b->fresh_whole) + b->born + plot->halves);
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
    plot->crowded = plot->is_beside = false;
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
    const ap_learnt *learnt = learnt_for(state, index);
    b->detection = ap_detection_rate_of(&learnt->detection, sensor);
    double whole = ap_background_whole(learnt, sensor);
    b->fresh = &group->background.fresh;
    b->fresh_whole = ap_background_whole(b->fresh, sensor);
    b->born = b->detection * state->config.birth_per_turn_km2 / M2_PER_KM2;
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
        set_background(state, learnt, whole, &b->plot[kept++]);
    }
    b->plot_count = kept;
}

/* The clutter of a radar changes with weather, sea and wind. */
static void learn_strays(ap_state *state, ap_group *group)
{
    const ap_bench *b = &state->bench;
    for (uint32_t i = 0; i < b->plot_count; i++) {
        ap_plot *plot = &b->plot[i];
        double stray = ap_plot_stray(plot);
        if (state->waiting[plot->report].present & AP_HAS_ADDRESS)
            continue;
        ap_background_stray(group->lessons, stray * plot->share, plot->range_m);
        if (stray < STRAY_LEAST)
            continue;
        plot->news = ap_plot_news(state, plot);
        double known = plot->background / plot->news - b->born - plot->halves;
        ap_background_stray(&group->background.newest, stray * b->fresh_whole / known,
                            plot->range_m);
    }
}

void ap_group_close(ap_state *state, uint16_t sensor)
{
    ap_bench *b = &state->bench;
    uint32_t first = state->group[sensor].first;
    b->plot_count = b->look_count = b->edge_count = b->beside_count = 0;
    b->stamp++;
    state->stats.group_count++;
    add_plots(state, sensor);
    ap_shares_begin(state, sensor);
    ap_edges_add(state);
    ap_splits_weigh(state, sensor);
    ap_clusters_solve(state);
    ap_shares_end(state, sensor);
    ap_pairs_update(state);
    ap_updates_make(state);
    ap_births_leave_ghosts_out(state);
    ap_splits_learn(state, sensor);
    if (state->group[sensor].lessons)
        learn_strays(state, &state->group[sensor]);
    ap_births_give(state);
    for (uint32_t place = first, next; place != AP_SLOT_NONE; place = next) {
        next = state->waiting_next[place];
        state->waiting_next[place] = state->waiting_free;
        state->waiting_free = place;
    }
    shut_group(state, sensor);
}

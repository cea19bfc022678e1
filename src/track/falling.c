#include "track/falling.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "track/frame.h"
#include "track/state.h"

#define DOWN_MPS 40.0 /* what goes down so fast may fall, ... */
#define DOWN_LEAST_MPS 10.0
#define DOWN_STEEP 0.3 /* ... and slower, by so much of its speed over ground */
#define DOWN_SIGMAS 3.0
#define LEVEL_MPS 5.0F
#define FALLS_FROM 0.98 /* probabilities */
#define FALLS_UNTIL 0.1
#define TRIAL_UNTIL 1e-5
#define FALLS_DOWN_MPS 20.0 /* slower, straight down, what flies cannot be told from it */
#define FALLS_DOWN_SIGMAS 2.0
#define SLOW_MPS 15.0 /* and so slow, it is taken for falling no longer */
#define FALLS_FIXES 5
#define REFUSED_MAX 3
#define BEGIN_PER_S 8 /* trials, each of a dozen steps at first */
#define BACK_MOST 8   /* positions that a trial may begin before its cause */
#define SILENT_S 30.0
#define SEED_HEIGHT_M 15000.0
#define SEED_SPEED_MPS 400.0 /* from here on plots are too far apart for the usual search */
#define SEED_SPEED_MAX_MPS 1.2e4
#define SEED_DOWN_MPS 20.0
#define SEED_GAP_MIN_S 0.3
#define SEED_GAP_MIN_NS (AP_NS_PER_S * 3 / 10)
#define SEED_GAP_TURNS 3.5
#define SEED_FIXES 4
#define SEED_FALLS 0.9
#define SEED_GAP_MAX_S 30.0
#define SEED_EXISTENCE 0.99
#define SEED_PATIENCE 2.5   /* times between its first two */
#define SEED_REACH_M 3000.0 /* from a straight line on, at first sight */
#define WAKE_MPS2 10.0      /* what falls is found again when it begins to fly, ... */
#define WAKE_MAX_S 10.0     /* ... for so long */
#define REACH_MPS2 400.0    /* as hard as debris is held back, and more */
#define REACH_SIGMAS 6.0

void ap_falling_init(ap_state *state, ap_arena *arena)
{
    ap_falling *f = &state->falling;
    f->cap = state->config.falling_cap;
    f->slot = ap_arena_take(arena, f->cap, sizeof *f->slot);
    f->phase = ap_arena_take(arena, f->cap, sizeof *f->phase);
    f->fall = ap_arena_take_raw(arena, f->cap, sizeof *f->fall);
}

void ap_falling_reset(ap_state *state)
{
    ap_falling *f = &state->falling;
    for (uint32_t i = 0; i < f->cap; i++)
        f->phase[i] = AP_FALL_FREE;
    f->used_count = f->seed_count = f->falls_count = f->recent_count = f->begun_count = 0;
    f->begun_s = 0;
}

uint32_t ap_falling_find(const ap_falling *f, uint32_t slot, ap_fall_phase phase)
{
    uint32_t place = 0;
    while (place < f->cap && (f->phase[place] != phase || f->slot[place] != slot))
        place++;
    return place;
}

/* Its place, falling or on trial: it has no more than one. */
static uint32_t find_any(const ap_falling *f, uint32_t slot)
{
    uint32_t place = f->used_count == f->seed_count ? f->cap : 0;
    while (place < f->cap && (f->slot[place] != slot || (f->phase[place] != AP_FALL_FALLS &&
                                                         f->phase[place] != AP_FALL_TRIAL)))
        place++;
    return place;
}

/* A place with its first position; cap, and counted, when there is none. */
static uint32_t occupy(ap_state *state, ap_fall_phase phase, uint32_t slot,
                       const ap_ballistic_fix *first)
{
    ap_falling *f = &state->falling;
    uint32_t place = 0;
    while (place < f->cap && f->phase[place] != AP_FALL_FREE)
        place++;
    if (place == f->cap) {
        state->stats.falling_full_count++;
        return place;
    }
    f->used_count++;
    f->seed_count += phase == AP_FALL_SEED;
    f->phase[place] = (uint8_t)phase;
    f->slot[place] = slot;
    ap_fall *fall = &f->fall[place];
    ap_fall_start(fall, first);
    fall->until_utc = ap_utc_add_s(state->clock_utc, SILENT_S);
    return place;
}

static void leave(ap_falling *f, uint32_t place)
{
    f->falls_count -= f->phase[place] == AP_FALL_FALLS;
    f->seed_count -= f->phase[place] == AP_FALL_SEED;
    f->used_count--;
    f->phase[place] = AP_FALL_FREE;
}

void ap_falling_forget(ap_state *state, uint32_t slot)
{
    uint32_t place = find_any(&state->falling, slot);
    if (place != state->falling.cap)
        leave(&state->falling, place);
}

/* ---- the track of a falling object ---- */

/* The row's filter becomes what is known of the fall. */
static void show_row(ap_state *state, uint32_t place)
{
    const ap_falling *f = &state->falling;
    ap_row *row = &state->store.row[f->slot[place]];
    ap_fall_imm(&f->fall[place].ballistic, &row->imm);
}

static void begin_fall(ap_state *state, uint32_t place, ap_utc_ns time_utc, uint16_t sensor)
{
    ap_falling *f = &state->falling;
    ap_row *row = &state->store.row[f->slot[place]];
    f->phase[place] = AP_FALL_FALLS;
    f->falls_count++;
    state->stats.fall_count++;
    ap_history_clear(&row->history, &state->store.pool);
    show_row(state, place);
    ap_store_reason(row, time_utc, AP_REASON_FALL_BEGAN, sensor, 0);
}

static void end_fall(ap_state *state, uint32_t place, ap_utc_ns time_utc, uint16_t sensor)
{
    ap_falling *f = &state->falling;
    uint32_t slot = f->slot[place];
    ap_row *row = &state->store.row[slot];
    ap_imm_copy(&row->imm, &f->fall[place].flies);
    ap_history_clear(&row->history, &state->store.pool);
    leave(f, place);
    ap_store_reason(row, time_utc, AP_REASON_FALL_ENDED, sensor, 0);
    ap_track_repair(state, slot);
    ap_store_refresh(&state->store, slot);
}

void ap_falling_predict(const ap_state *state, uint32_t slot, ap_utc_ns time_utc, ap_imm *imm)
{
    const ap_falling *f = &state->falling;
    ap_ballistic moved = f->fall[ap_falling_find(f, slot, AP_FALL_FALLS)].ballistic;
    if (ap_ballistic_predict(&moved, time_utc))
        return;
    ap_fall_imm(&moved, imm);
    double dt_s =
        fmin(ap_seconds_between(state->store.row[slot].imm.time_utc, time_utc), WAKE_MAX_S);
    double wake_m = 0.5 * WAKE_MPS2 * dt_s * dt_s;
    imm->mean.A.ee += wake_m * wake_m;
    imm->mean.A.nn += wake_m * wake_m;
    imm->vertical.P[0] += (float)(wake_m * wake_m);
    ap_imm_fill(imm);
}

bool ap_falling_reaches(const ap_imm *imm, const ap_measure *measure)
{
    if (!(measure->has & AP_MEASURE_HEIGHT) || !imm->vertical.has)
        return true;
    double off_m = measure->altitude_m - imm->vertical.altitude_m;
    double var_m2 = (double)imm->vertical.P[0] + measure->altitude_var_m2;
    return off_m * off_m <= REACH_SIGMAS * REACH_SIGMAS * var_m2;
}

void ap_falling_take(ap_state *state, uint32_t slot, const ap_report *report)
{
    ap_falling *f = &state->falling;
    uint32_t place = ap_falling_find(f, slot, AP_FALL_FALLS);
    assert(place < f->cap);
    ap_fall *fall = &f->fall[place];
    ap_ballistic_fix fix;
    if (ap_ballistic_fix_from_report(report, ap_sensor_of(state, report->sensor), &fix)) {
        ap_fall_take_flat(fall, report, ap_sensor_of(state, report->sensor));
        return;
    }
    if (ap_fall_take(fall, &fix) == AP_OK)
        fall->until_utc = ap_utc_add_s(state->clock_utc, SILENT_S);
    double var;
    if (fall->refused_count >= REFUSED_MAX || fall->probability[AP_MODE_FALLS] < FALLS_UNTIL ||
        ap_fall_up_mps(fall, &var) > -SLOW_MPS)
        end_fall(state, place, report->time_utc, report->sensor);
    else if (fall->refused_count == 0)
        show_row(state, place);
}

size_t ap_falling_near(const ap_state *state, const ap_measure *measure, uint32_t *slots,
                       size_t count, size_t cap)
{
    const ap_falling *f = &state->falling;
    for (uint32_t place = 0; place < f->cap; place++) {
        if (f->phase[place] != AP_FALL_FALLS)
            continue;
        const ap_hot *hot = &state->store.hot[f->slot[place]];
        const double *v = f->fall[place].ballistic.normals.part[0].x + AP_FALL_VELOCITY;
        double dt_s = ap_seconds_between(hot->time_utc, measure->time_utc);
        double dx = measure->ecef.x_m - hot->ecef.x_m - dt_s * v[0];
        double dy = measure->ecef.y_m - hot->ecef.y_m - dt_s * v[1];
        double dz = measure->ecef.z_m - hot->ecef.z_m - dt_s * v[2];
        double var_m2 = hot->position_var_m2 + dt_s * dt_s * hot->velocity_var +
                        measure->R_ecef_m2[0] + measure->R_ecef_m2[3] + measure->R_ecef_m2[5] +
                        measure->altitude_var_m2;
        double reach_m =
            SEED_REACH_M + 0.5 * REACH_MPS2 * dt_s * dt_s + REACH_SIGMAS * sqrt(var_m2);
        size_t k = 0;
        while (k < count && slots[k] != f->slot[place])
            k++;
        if (k == count && count < cap && dx * dx + dy * dy + dz * dz <= reach_m * reach_m)
            slots[count++] = f->slot[place];
    }
    return count;
}

/* ---- trials ---- */

/* A place in space, as far as a report's flags tell. */
static bool is_in_space(const ap_report *report)
{
    if ((report->present & AP_HAS_POLAR) && (report->present & AP_HAS_ELEVATION))
        return true;
    return (report->present & (AP_HAS_POLAR | AP_HAS_POSITION)) &&
           (report->present & (AP_HAS_GEOMETRIC_HEIGHT | AP_HAS_PRESSURE_ALTITUDE)) ==
               AP_HAS_GEOMETRIC_HEIGHT;
}

/* dh_m was lost in dt_s, with a variance. */
static bool is_down(double dh_m, double var_m2, double dt_s, double over_ground_mps)
{
    if (dh_m >= -DOWN_LEAST_MPS * dt_s) /* nearly always */
        return false;
    double least_mps = fmin(fmax(DOWN_STEEP * over_ground_mps, DOWN_LEAST_MPS), DOWN_MPS);
    return dh_m + DOWN_SIGMAS * sqrt(var_m2) < -least_mps * dt_s;
}

/* The k-th newest of the positions that can be undone. */
static const ap_measure *position_before(const ap_history *history, const ap_history_pool *pool,
                                         unsigned k)
{
    return ap_history_measure(history, pool, history->count - 1u - k);
}

/* The vertical filter knows its rate, which is none. */
static bool keeps_level(const ap_vertical *v)
{
    return v->refused_count == 0 && v->up_mps > -LEVEL_MPS && v->P[2] < LEVEL_MPS * LEVEL_MPS;
}

/* The vertical filter took in all heights, and has it going down less than half as fast as what
 * falls: what the track lost before says no more. */
static bool goes_gently(const ap_vertical *v, double over_ground_mps)
{
    double down_mps = ap_smaller(DOWN_MPS, ap_larger(DOWN_LEAST_MPS, DOWN_STEEP * over_ground_mps));
    double least_mps = (double)v->up_mps + 0.5 * down_mps;
    return v->refused_count == 0 && least_mps > 0.0 &&
           least_mps * least_mps > DOWN_SIGMAS * DOWN_SIGMAS * (double)v->P[2];
}

/* By its vertical filter; or, as that does not follow all that falls, by the height it lost since
 * some positions ago. */
static bool goes_down(const ap_row *row, const ap_history_pool *pool)
{
    const ap_history *history = &row->history;
    const ap_vertical *v = &row->imm.vertical;
    if (!v->has || history->count < 2 || keeps_level(v))
        return false;
    const double *x = row->imm.mean.x;
    double speed_mps = sqrt(x[2] * x[2] + x[3] * x[3]);
    if (is_down(v->up_mps, v->P[2], 1.0, speed_mps))
        return true;
    if (goes_gently(v, speed_mps))
        return false;
    const ap_measure *now = position_before(history, pool, 0);
    for (unsigned k = 1; k < history->count && (now->has & AP_MEASURE_HEIGHT); k *= 2) {
        const ap_measure *then = position_before(history, pool, k);
        double dt_s = ap_seconds_between(then->time_utc, now->time_utc);
        if ((then->has & AP_MEASURE_HEIGHT) && dt_s > 0.0 &&
            is_down(now->altitude_m - then->altitude_m,
                    (double)now->altitude_var_m2 + (double)then->altitude_var_m2, dt_s, speed_mps))
            return true;
    }
    return false;
}

static bool fix_of(const ap_measure *measure, ap_ballistic_fix *fix)
{
    const uint16_t both = AP_MEASURE_POSITION | AP_MEASURE_HEIGHT;
    if ((measure->has & both) != both ||
        (!(measure->has & AP_MEASURE_ODDS) && measure->weight <= AP_HIT))
        return false;
    *fix = (ap_ballistic_fix){ .time_utc = measure->time_utc, .ecef = measure->ecef };
    memcpy(fix->R_ecef_m2, measure->R_ecef_m2, sizeof fix->R_ecef_m2);
    const double *up = ap_frame_at(measure->ecef).rotation[2];
    int at = 0;
    for (int i = 0; i < 3; i++)
        for (int j = i; j < 3; j++)
            fix->R_ecef_m2[at++] += (double)measure->altitude_var_m2 * up[i] * up[j];
    return true;
}

/* False when it does not fall. */
static bool goes_on(ap_fall *fall, const ap_ballistic_fix *fix)
{
    return fix->time_utc <= fall->newest.time_utc ||
           (ap_fall_take(fall, fix) == AP_OK && fall->probability[AP_MODE_FALLS] >= TRIAL_UNTIL);
}

/* Tries it with the positions from the k-th newest on, but for the newest. */
static bool goes_since(ap_fall *fall, const ap_history *history, const ap_history_pool *pool,
                       unsigned k)
{
    ap_ballistic_fix fix;
    if (k >= history->count || !fix_of(position_before(history, pool, k), &fix))
        return false;
    ap_fall_start(fall, &fix);
    while (--k > 0)
        if (fix_of(position_before(history, pool, k), &fix) && !goes_on(fall, &fix))
            return false;
    return true;
}

static void try_place(ap_state *state, uint32_t place, const ap_ballistic_fix *fix, uint16_t sensor)
{
    ap_falling *f = &state->falling;
    ap_fall *fall = &f->fall[place];
    double var = 0.0;
    bool goes = goes_on(fall, fix);
    double up_mps = goes && fall->fix_count > 2 ? ap_fall_up_mps(fall, &var) : -INFINITY;
    if (!goes || up_mps > -DOWN_LEAST_MPS) {
        leave(f, place);
        return;
    }
    fall->until_utc = ap_utc_add_s(state->clock_utc, SILENT_S);
    if (fall->fix_count >= FALLS_FIXES && fall->probability[AP_MODE_FALLS] >= FALLS_FROM &&
        up_mps + FALLS_DOWN_SIGMAS * sqrt(var) < -FALLS_DOWN_MPS)
        begin_fall(state, place, fix->time_utc, sensor);
}

/* When it began to fall is open: the longest row of positions that a fall explains is taken. */
static void begin_trial(ap_state *state, uint32_t slot, const ap_ballistic_fix *fix,
                        uint16_t sensor)
{
    ap_falling *f = &state->falling;
    const ap_history *history = &state->store.row[slot].history;
    int64_t second = state->clock_utc / AP_NS_PER_S;
    f->begun_count = second == f->begun_s ? f->begun_count + 1 : 1;
    f->begun_s = second;
    if (f->begun_count > BEGIN_PER_S) {
        state->stats.falling_full_count++;
        return;
    }
    uint32_t place = occupy(state, AP_FALL_TRIAL, slot, fix);
    if (place == f->cap)
        return;
    for (unsigned k = BACK_MOST; k > 1; k /= 2)
        if (goes_since(&f->fall[place], history, &state->store.pool, k)) {
            try_place(state, place, fix, sensor);
            return;
        }
    ap_fall_start(&f->fall[place], fix);
}

void ap_falling_watch(ap_state *state, uint32_t slot, const ap_report *report)
{
    const ap_falling *f = &state->falling;
    if (f->cap == 0 || !is_in_space(report))
        return;
    uint32_t place = find_any(f, slot);
    bool is_new = place == f->cap;
    if (is_new ? !goes_down(&state->store.row[slot], &state->store.pool)
               : f->phase[place] == AP_FALL_FALLS)
        return;
    ap_ballistic_fix fix;
    if (ap_ballistic_fix_from_report(report, ap_sensor_of(state, report->sensor), &fix))
        return;
    if (is_new)
        begin_trial(state, slot, &fix, report->sensor);
    else
        try_place(state, place, &fix, report->sensor);
}

/* ---- what is too fast to be linked otherwise ---- */

static double height_of(const ap_ballistic_fix *fix)
{
    return ap_frame_at(fix->ecef).origin.height_m;
}

static double apart_m(ap_vec3 a, ap_vec3 b)
{
    double dx = a.x_m - b.x_m, dy = a.y_m - b.y_m, dz = a.z_m - b.z_m;
    return sqrt(dx * dx + dy * dy + dz * dz);
}

/* Whether a seed may have moved to a position, at first sight. */
static bool seed_reaches(const ap_fall *fall, const ap_ballistic_fix *fix)
{
    double dt_s = ap_seconds_between(fall->newest.time_utc, fix->time_utc);
    if (dt_s < SEED_GAP_MIN_S)
        return false;
    const double *v = fall->ballistic.normals.part[0].x + AP_FALL_VELOCITY;
    ap_vec3 at = fall->newest.ecef;
    at = (ap_vec3){ at.x_m + dt_s * v[0], at.y_m + dt_s * v[1], at.z_m + dt_s * v[2] };
    return apart_m(at, fix->ecef) <= SEED_REACH_M + 0.5 * REACH_MPS2 * dt_s * dt_s;
}

/* The seed that takes a position in; cap if none does. */
static uint32_t seed_of(ap_falling *f, const ap_ballistic_fix *fix)
{
    uint32_t place = f->seed_count > 0 ? 0 : f->cap;
    while (place < f->cap &&
           (f->phase[place] != AP_FALL_SEED || !seed_reaches(&f->fall[place], fix) ||
            ap_fall_take(&f->fall[place], fix)))
        place++;
    return place;
}

static bool may_pair(const ap_ballistic_fix *a, const ap_ballistic_fix *b, double gap_s)
{
    double dt_s = ap_seconds_between(a->time_utc, b->time_utc);
    if (dt_s < SEED_GAP_MIN_S || dt_s > gap_s)
        return false;
    double speed_mps = apart_m(a->ecef, b->ecef) / dt_s;
    return speed_mps >= SEED_SPEED_MPS && speed_mps <= SEED_SPEED_MAX_MPS &&
           (height_of(b) - height_of(a)) / dt_s <= -SEED_DOWN_MPS;
}

static void sow(ap_state *state, const ap_ballistic_fix *fix, double gap_s)
{
    ap_falling *f = &state->falling;
    uint32_t kept = f->recent_count < AP_FALL_RECENT_CAP ? f->recent_count : AP_FALL_RECENT_CAP;
    for (uint32_t k = 1; k <= kept; k++) {
        uint32_t at = (f->recent_count - k) % AP_FALL_RECENT_CAP;
        const ap_ballistic_fix *first = &f->recent[at];
        if (fix->time_utc - f->recent_utc[at] < SEED_GAP_MIN_NS) /* nearly always */
            continue;
        if (!may_pair(first, fix, gap_s))
            continue;
        if (f->seed_count > f->cap / 2) { /* trials need places, too */
            state->stats.falling_full_count++;
            break;
        }
        uint32_t place = occupy(state, AP_FALL_SEED, AP_SLOT_NONE, first);
        if (place == f->cap)
            break;
        ap_fall *fall = &f->fall[place];
        if (ap_fall_take(fall, fix)) {
            leave(f, place);
            continue;
        }
        fall->until_utc = ap_utc_add_s(state->clock_utc, gap_s);
        fall->probability[AP_MODE_FALLS] = SEED_FALLS; /* little else is so fast there */
        fall->probability[AP_MODE_FLIES] = fall->probability[AP_MODE_WILD] =
            0.5 * (1.0 - SEED_FALLS);
    }
    f->recent_utc[f->recent_count % AP_FALL_RECENT_CAP] = fix->time_utc;
    f->recent[f->recent_count++ % AP_FALL_RECENT_CAP] = *fix;
}

bool ap_falling_seed(ap_state *state, const ap_report *report, const ap_measure *measure)
{
    ap_falling *f = &state->falling;
    ap_ballistic_fix fix;
    if (f->cap == 0 || !(measure->has & AP_MEASURE_HEIGHT) || measure->altitude_m < SEED_HEIGHT_M ||
        !is_in_space(report) ||
        ap_ballistic_fix_of_plot(report, ap_sensor_of(state, report->sensor), measure, &fix))
        return false;
    uint32_t place = seed_of(f, &fix);
    double gap_s = SEED_GAP_TURNS * ap_sensor_of(state, report->sensor)->turn_s;
    if (place == f->cap) {
        sow(state, &fix, fmin(gap_s, SEED_GAP_MAX_S));
        return false;
    }
    ap_fall *fall = &f->fall[place];
    if (fall->fix_count < SEED_FIXES || fall->probability[AP_MODE_FALLS] < FALLS_UNTIL)
        return false;
    uint32_t slot = ap_track_birth(state, report, measure, SEED_EXISTENCE, AP_REASON_BORN_PLOT, 0);
    if (slot == AP_SLOT_NONE)
        return false;
    f->slot[place] = slot;
    f->seed_count--;
    fall->until_utc = ap_utc_add_s(state->clock_utc, SILENT_S);
    state->store.row[slot].hit_count = fall->fix_count;
    begin_fall(state, place, report->time_utc, report->sensor);
    ap_store_refresh(&state->store, slot);
    return true;
}

void ap_falling_tick(ap_state *state)
{
    ap_falling *f = &state->falling;
    for (uint32_t place = 0; f->used_count > 0 && place < f->cap; place++) {
        if (f->phase[place] == AP_FALL_FREE || f->fall[place].until_utc >= state->clock_utc)
            continue;
        if (f->phase[place] == AP_FALL_FALLS)
            end_fall(state, place, state->clock_utc, AP_SENSOR_NONE);
        else
            leave(f, place);
    }
}

void ap_falling_show(const ap_state *state, uint32_t slot, ap_track *track)
{
    const ap_falling *f = &state->falling;
    if (!ap_falling_is(f, slot))
        return;
    const ap_fall *fall = &f->fall[ap_falling_find(f, slot, AP_FALL_FALLS)];
    ap_fall_show(fall, &track->fall);
    track->has_acceleration = false;
    track->acceleration_mps2 = 0.0;
    memset(track->mode_probability, 0, sizeof track->mode_probability);
    memset(track->vertical_probability, 0, sizeof track->vertical_probability);
}

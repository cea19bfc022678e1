#include "app/evaluate_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "airpicture/geo.h"

enum { HISTOGRAM = 1200, WORST_ERRORS = 6 };

#define HISTOGRAM_S 0.1
#define APART_S 60.0 /* two worst moments are at least so far from each other */

/* ---- places ---- */

static void place_of(const ap_trajectory_set *set, const ap_evaluation_place *origin,
                     const ap_trajectory_state *s, double *x_m, double *y_m)
{
    if (set->frame == AP_TRAJECTORY_PLANE) {
        *x_m = s->x_m;
        *y_m = s->y_m;
        return;
    }
    double k = cos(origin->latitude_rad);
    *y_m = (s->latitude_rad - origin->latitude_rad) * AP_WGS84_A_M;
    *x_m = ap_wrap_pi(s->longitude_rad - origin->longitude_rad) * AP_WGS84_A_M * k;
}

void ap_view_place(const ap_view *view, const ap_trajectory_state *state, double *x_m, double *y_m)
{
    place_of(&view->run->truth.set, &view->run->config.reference, state, x_m, y_m);
}

void ap_view_target_name(const ap_view *view, uint32_t truth, char name[AP_VIEW_NAME_SIZE])
{
    const ap_trajectory_set *set = &view->run->truth.set;
    const ap_trajectory *t = &set->trajectories[truth];
    char id[AP_SAMPLES_NAME_SIZE];
    ap_samples_name_of(&view->run->truth, t->id, id);
    const ap_trajectory_identity *who =
        t->identity != AP_TRAJECTORY_NONE ? &set->identities[t->identity] : NULL;
    if (who && (who->flags & AP_IDENTITY_HAS_CALLSIGN))
        snprintf(name, AP_VIEW_NAME_SIZE, "%s %s", id, who->callsign);
    else if (who && (who->flags & AP_IDENTITY_HAS_ADDRESS))
        snprintf(name, AP_VIEW_NAME_SIZE, "%s %06x", id, (unsigned)who->address);
    else
        snprintf(name, AP_VIEW_NAME_SIZE, "%s", id);
}

/* Square cells over all of the truth; tracks beyond count in the cell at the border. */
static void lay_cells(ap_view *view)
{
    const ap_trajectory_set *truth = &view->run->truth.set;
    double x0 = INFINITY, x1 = -INFINITY, y0 = INFINITY, y1 = -INFINITY, x, y;
    for (uint32_t i = 0; i < truth->state_count; i++) {
        ap_view_place(view, &truth->states[i], &x, &y);
        x0 = fmin(x0, x);
        x1 = fmax(x1, x);
        y0 = fmin(y0, y);
        y1 = fmax(y1, y);
    }
    view->x0_m = x0;
    view->y0_m = y0;
    view->cell_m = fmax(fmax(x1 - x0, y1 - y0) / AP_VIEW_CELLS, 1.0) * (1.0 + 1e-9);
}

static uint32_t cell_of(const ap_view *view, const ap_trajectory_state *state)
{
    double x, y;
    ap_view_place(view, state, &x, &y);
    double i = fmin(fmax(floor((x - view->x0_m) / view->cell_m), 0.0), AP_VIEW_CELLS - 1);
    double j = fmin(fmax(floor((y - view->y0_m) / view->cell_m), 0.0), AP_VIEW_CELLS - 1);
    return (uint32_t)j * AP_VIEW_CELLS + (uint32_t)i;
}

static size_t bucket_of(const ap_view *view, const ap_trajectory_state *state)
{
    const ap_evaluation_config *c = &view->run->config;
    double range_m;
    if (view->run->truth.set.frame == AP_TRAJECTORY_PLANE)
        range_m = hypot(state->x_m - c->reference.x_m, state->y_m - c->reference.y_m);
    else
        range_m = ap_distance_m(
            (ap_geodetic){ c->reference.latitude_rad, c->reference.longitude_rad, 0.0 },
            (ap_geodetic){ state->latitude_rad, state->longitude_rad, 0.0 });
    size_t i = 0;
    while (i < c->range_count && range_m >= c->range_edge_m[i])
        i++;
    return i;
}

/* ---- over time ---- */

static ap_view_bin *bin_at(ap_view *view, ap_utc_ns time)
{
    const ap_evaluation_result *r = ap_evaluation_result_of(&view->side->evaluation);
    double at = ap_seconds_between(r->first_instant, time) / view->bin_s;
    if (at < 0.0)
        at = 0.0;
    size_t i = (size_t)at;
    return &view->bin[i < view->bin_count ? i : view->bin_count - 1];
}

static void bin_instants(ap_view *view)
{
    size_t count;
    const ap_evaluation_sample *sample = ap_evaluation_samples(&view->side->evaluation, &count);
    size_t each = (count + AP_VIEW_BIN_CAP - 1) / AP_VIEW_BIN_CAP;
    each = each ? each : 1;
    view->bin_s = view->run->config.step_s * (double)each;
    view->bin_count = (count + each - 1) / each;
    for (size_t i = 0; i < count; i++) {
        const ap_evaluation_sample *s = &sample[i];
        ap_view_bin *bin = &view->bin[i / each];
        bin->instant_count++;
        bin->gospa2 += (double)s->gospa_m * s->gospa_m;
        bin->localisation2 += (double)s->localisation_m * s->localisation_m;
        bin->missed2 += (double)s->missed_m * s->missed_m;
        bin->spurious2 += (double)s->spurious_m * s->spurious_m;
        bin->missed_count += s->truth_count - s->pair_count;
        bin->false_count += s->track_count - s->pair_count;
    }
}

/* ---- reports ---- */

static double error_of(const ap_evaluation_report *r)
{
    return hypot((double)r->east_m, (double)r->north_m);
}

static void take_report(ap_view *view, const ap_evaluation_report *r, ap_view_target *target)
{
    double error_m = error_of(r);
    ap_view_bin *bin = bin_at(view, r->time_utc);
    if (r->flags & AP_REPORT_REDUNDANT)
        return;
    bin->error_count++;
    bin->error2_m2 += error_m * error_m;
    bin->error_max_m = fmax(bin->error_max_m, error_m);
    if (!isnan(r->nees_position)) {
        bin->nees_count++;
        bin->nees += r->nees_position;
        target->nees_count++;
        target->nees += r->nees_position;
    }
    if (r->flags & AP_REPORT_HAS_VELOCITY) {
        target->velocity_count++;
        target->velocity2 += (double)r->velocity_mps * r->velocity_mps;
    }
    if (r->flags & AP_REPORT_HAS_ALTITUDE) {
        target->altitude_count++;
        target->altitude2 += (double)r->altitude_m * r->altitude_m;
    }
}

/* Where each truth's reports begin: reports are in the order of the truths. */
static uint64_t *report_starts(const ap_view *view, const ap_evaluation_report *report,
                               size_t count)
{
    uint32_t truths = view->run->truth.set.trajectory_count;
    uint64_t *start = calloc((size_t)truths + 1, sizeof *start);
    if (!start)
        return NULL;
    size_t at = 0;
    for (uint32_t k = 0; k < truths; k++) {
        start[k] = at;
        while (at < count && report[at].truth == k)
            at++;
    }
    start[truths] = at;
    return start;
}

/* Which intervals of a flight had a report: missed ones go to their range and cell. */
static void take_intervals(ap_view *view, uint32_t truth, const ap_evaluation_report *report,
                           size_t count, ap_view_target *target)
{
    const ap_trajectory_set *set = &view->run->truth.set;
    const ap_evaluation_result *result = ap_evaluation_result_of(&view->side->evaluation);
    const ap_trajectory *t = &set->trajectories[truth];
    double gap_s = fmax(view->run->config.truth_gap_s, view->interval_s);
    size_t next = 0;
    for (uint32_t i = t->first; i < t->first + t->count;) {
        const ap_trajectory_state *s = &set->states[i];
        ap_utc_ns end = ap_utc_add_s(s->time_utc, view->interval_s);
        uint32_t j = i + 1;
        while (j < t->first + t->count && set->states[j].time_utc < end)
            j++;
        bool whole = j < t->first + t->count &&
                     ap_seconds_between(s->time_utc, set->states[j].time_utc) <= gap_s;
        if (whole && s->time_utc >= result->first_instant && end <= result->last_instant) {
            bool updated = false;
            while (next < count && report[next].time_utc < s->time_utc)
                next++;
            for (size_t k = next; k < count && report[k].time_utc < end && !updated; k++)
                updated = !(report[k].flags & AP_REPORT_COASTING);
            size_t bucket = bucket_of(view, s);
            target->expected++;
            target->updated += updated;
            view->range_expected[bucket]++;
            view->range_updated[bucket] += updated;
            if (!updated)
                view->missed[cell_of(view, s)]++;
        }
        i = j;
    }
}

static void take_false(ap_view *view, const ap_evaluation_report *report, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (report[i].truth == AP_TRAJECTORY_NONE)
            view->spurious[cell_of(view, &view->side->tracks.set.states[report[i].state])]++;
}

/* ---- sensors ---- */

typedef struct sensor_work {
    ap_utc_ns last[AP_VIEW_SENSOR_CAP];
    uint32_t histogram[AP_VIEW_SENSOR_CAP][HISTOGRAM];
} sensor_work;

static void take_sensor(ap_view *view, sensor_work *work, const ap_evaluation_report *r)
{
    uint32_t flags = view->side->tracks.set.states[r->state].flags;
    uint32_t i = flags >> AP_SAMPLES_SENSOR_SHIFT;
    if (i == 0 || i > AP_VIEW_SENSOR_CAP || (r->flags & (AP_REPORT_COASTING | AP_REPORT_REDUNDANT)))
        return;
    ap_view_sensor *s = &view->sensor[--i];
    double error_m = error_of(r);
    s->update_count++;
    s->error_count++;
    s->error2_m2 += error_m * error_m;
    s->east_m += r->east_m;
    s->north_m += r->north_m;
    if (r->flags & AP_REPORT_HAS_DIRECTION) {
        s->direction_count++;
        s->along_m += r->along_m;
        s->across_m += r->across_m;
    }
    if (work->last[i] != AP_UTC_UNKNOWN) {
        double span_s = ap_seconds_between(work->last[i], r->time_utc);
        double bin = span_s / HISTOGRAM_S;
        s->interval_count++;
        s->span_s += span_s;
        work->histogram[i][bin < HISTOGRAM ? (size_t)bin : HISTOGRAM - 1]++;
    }
    work->last[i] = r->time_utc;
}

/* The typical interval between two updates of an aircraft: the median. */
static void finish_sensors(ap_view *view, const sensor_work *work)
{
    for (size_t i = 0; i < AP_VIEW_SENSOR_CAP; i++) {
        uint64_t seen = 0;
        size_t bin = 0;
        while (bin < HISTOGRAM &&
               (seen += work->histogram[i][bin]) * 2 < view->sensor[i].interval_count)
            bin++;
        view->sensor[i].interval_s = ((double)bin + 0.5) * HISTOGRAM_S;
    }
}

static ap_err take_sensors(ap_view *view, const ap_evaluation_report *report, const uint64_t *start)
{
    sensor_work *work = calloc(1, sizeof *work);
    if (!work)
        return AP_ERR_MEMORY;
    for (uint32_t k = 0; k < view->run->truth.set.trajectory_count; k++) {
        for (size_t i = 0; i < AP_VIEW_SENSOR_CAP; i++)
            work->last[i] = AP_UTC_UNKNOWN;
        for (uint64_t i = start[k]; i < start[k + 1]; i++)
            take_sensor(view, work, &report[i]);
    }
    finish_sensors(view, work);
    free(work);
    return AP_OK;
}

/* ---- worst moments ---- */

static bool is_apart(const ap_view *view, ap_utc_ns time, uint32_t truth)
{
    for (size_t i = 0; i < view->worst_count; i++)
        if (view->worst[i].truth == truth &&
            fabs(ap_seconds_between(view->worst[i].time_utc, time)) < APART_S)
            return false;
    return true;
}

static void worst_errors(ap_view *view, const ap_evaluation_report *report, const uint64_t *start)
{
    size_t count;
    const ap_evaluation_target *target = ap_evaluation_targets(&view->side->evaluation, &count);
    while (view->worst_count < WORST_ERRORS) {
        const ap_evaluation_target *best = NULL;
        for (size_t i = 0; i < count; i++)
            if (target[i].report_count > 0 &&
                (!best || target[i].position_max_m > best->position_max_m) &&
                is_apart(view, target[i].position_max_time, target[i].truth))
                best = &target[i];
        if (!best)
            return;
        ap_view_worst *w = &view->worst[view->worst_count++];
        *w = (ap_view_worst){ best->position_max_time,
                              "largest error of a report",
                              best->position_max_m,
                              best->truth,
                              NAN,
                              NAN };
        for (uint64_t i = start[best->truth]; i < start[best->truth + 1]; i++)
            if (report[i].time_utc == w->time_utc)
                ap_view_place(view, &view->side->tracks.set.states[report[i].state], &w->x_m,
                              &w->y_m);
    }
}

static void worst_instants(ap_view *view)
{
    size_t count;
    const ap_evaluation_sample *sample = ap_evaluation_samples(&view->side->evaluation, &count);
    while (view->worst_count < AP_VIEW_WORST) {
        const ap_evaluation_sample *best = NULL;
        for (size_t i = 0; i < count; i++)
            if ((!best || sample[i].gospa_m > best->gospa_m) &&
                is_apart(view, sample[i].time_utc, AP_TRAJECTORY_NONE))
                best = &sample[i];
        if (!best || !(best->gospa_m > 0.0f))
            return;
        const char *text =
            best->missed_m >= best->spurious_m && best->missed_m >= best->localisation_m
                ? "largest GOSPA, most of it missed targets"
            : best->spurious_m >= best->localisation_m ? "largest GOSPA, most of it false tracks"
                                                       : "largest GOSPA, most of it errors";
        view->worst[view->worst_count++] =
            (ap_view_worst){ best->time_utc, text, best->gospa_m, AP_TRAJECTORY_NONE, NAN, NAN };
    }
}

/* ---- the whole ---- */

static ap_err take_all(ap_view *view)
{
    size_t report_count, target_count;
    const ap_evaluation_report *report =
        ap_evaluation_reports(&view->side->evaluation, &report_count);
    const ap_evaluation_target *target =
        ap_evaluation_targets(&view->side->evaluation, &target_count);
    uint64_t *start = report_starts(view, report, report_count);
    view->target = calloc(target_count ? target_count : 1, sizeof *view->target);
    if (!start || !view->target) {
        free(start);
        return AP_ERR_MEMORY;
    }
    for (size_t k = 0; k < target_count; k++) {
        uint64_t from = start[target[k].truth], to = start[target[k].truth + 1];
        for (uint64_t i = from; i < to; i++)
            take_report(view, &report[i], &view->target[k]);
        take_intervals(view, target[k].truth, report + from, to - from, &view->target[k]);
    }
    take_false(view, report + start[view->run->truth.set.trajectory_count],
               report_count - start[view->run->truth.set.trajectory_count]);
    worst_errors(view, report, start);
    worst_instants(view);
    ap_err err = take_sensors(view, report, start);
    free(start);
    return err;
}

ap_err ap_view_init(ap_view *view, const ap_evaluate_run *run, const ap_evaluate_side *side)
{
    *view = (ap_view){ .run = run, .side = side, .interval_s = run->config.max_age_s };
    lay_cells(view);
    bin_instants(view);
    ap_err err = view->bin_count ? take_all(view) : AP_OK;
    if (err)
        ap_view_close(view);
    return err;
}

void ap_view_close(ap_view *view)
{
    free(view->target);
    view->target = NULL;
}

#include "app/evaluate_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "airpicture/geo.h"
#include "app/evaluate_plots.h"
#include "score/summary.h"
#include "wire/json.h"

enum { ROOM = 1 << 16, POINTS = 120000 };

#define GAP_S 30.0 /* of a line on the map that is not drawn through */

/* ---- text that grows ---- */

void ap_long_text_room(ap_long_text *text, size_t size)
{
    ap_writer *w = &text->text;
    if (w->cap - w->size >= size || text->is_lost)
        return;
    size_t cap = w->cap * 2 > w->size + size ? w->cap * 2 : w->size + size;
    uint8_t *grown = realloc(w->data, cap);
    if (!grown) {
        text->is_lost = true;
        return;
    }
    w->data = grown;
    w->cap = cap;
}

static void number(ap_json_object *object, const char *key, double value, int decimals)
{
    if (isfinite(value))
        ap_json_member_fixed(object, key, value, decimals);
    else
        ap_json_member_null(object, key);
}

/* The next value of an array. */
static void item(ap_writer *w, bool first, double value, int decimals)
{
    if (!first)
        ap_text_str(w, ",");
    if (isfinite(value))
        ap_text_fixed(w, value, decimals);
    else
        ap_text_str(w, "null");
}

static double ratio(double over, double under)
{
    return under > 0.0 ? over / under : NAN;
}

static double root_mean(double sum, uint64_t count)
{
    return count > 0 ? sqrt(sum / (double)count) : NAN;
}

static double since_start(const ap_evaluate_report *report, ap_utc_ns time)
{
    const ap_evaluation_result *r = ap_evaluation_result_of(&report->side->evaluation);
    return ap_seconds_between(r->first_instant, time);
}

/* ---- inputs ---- */

static void put_input(ap_writer *w, const char *path, const ap_samples *samples)
{
    ap_utc_ns first, last;
    ap_trajectory_set_span(&samples->set, &first, &last);
    ap_json_object o = ap_json_open(w);
    ap_json_member_str(&o, "path", path);
    ap_json_member_str(&o, "format", samples->format);
    ap_json_member_str(&o, "frame",
                       samples->set.frame == AP_TRAJECTORY_PLANE ? "plane" : "geodetic");
    ap_json_member_u64(&o, "sample_count", samples->set.state_count);
    ap_json_member_u64(&o, "trajectory_count", samples->set.trajectory_count);
    ap_json_member_u64(&o, "refused_count", samples->refused_count);
    ap_json_member_u64(&o, "duplicate_count",
                       samples->set.refused[AP_TRAJECTORY_REFUSAL_DUPLICATE]);
    ap_json_member_u64(&o, "bad_covariance_count", samples->set.clipped_count);
    ap_json_member_u64(&o, "unpublished_count", samples->unpublished_count);
    ap_json_member_u64(&o, "without_position_count", samples->place_count);
    ap_json_member_fixed(&o, "first_s", (double)first / 1e9, 6);
    ap_json_member_fixed(&o, "last_s", (double)last / 1e9, 6);
    ap_json_close(&o);
}

static void put_window(ap_writer *w, const ap_evaluate_report *report)
{
    const ap_evaluation_result *r = ap_evaluation_result_of(&report->side->evaluation);
    ap_json_object o = ap_json_open(w);
    ap_json_member_bool(&o, "is_utc", report->run->truth.is_utc);
    ap_json_member_fixed(&o, "first_s", (double)r->first_instant / 1e9, 6);
    ap_json_member_fixed(&o, "last_s", (double)r->last_instant / 1e9, 6);
    ap_json_member_fixed(&o, "step_s", report->run->config.step_s, 6);
    ap_json_member_u64(&o, "instant_count", r->instant_count);
    ap_json_member_u64(&o, "unused_state_count", r->states_unused_count);
    ap_json_member_u64(&o, "refused_covariance_count", r->covariance_refused_count);
    ap_json_close(&o);
}

static void put_settings(ap_writer *w, const ap_evaluation_config *c)
{
    ap_json_object o = ap_json_open(w);
    ap_json_member_fixed(&o, "cutoff_m", c->cutoff_m, 3);
    ap_json_member_u64(&o, "power", (uint64_t)c->power);
    ap_json_member_fixed(&o, "hold_m", c->hold_m, 3);
    ap_json_member_fixed(&o, "max_age_s", c->max_age_s, 6);
    ap_json_member_fixed(&o, "truth_gap_s", c->truth_gap_s, 6);
    ap_json_member_fixed(&o, "switch_m", c->switch_m, 3);
    ap_json_member_fixed(&o, "siap_gate_m", c->siap_gate_m, 3);
    ap_json_member_fixed(&o, "warmup_s", c->warmup_s, 6);
    number(&o, "coverage_range_m", c->has_coverage ? c->coverage_range_m : NAN, 3);
    number(&o, "floor_m", c->has_floor ? c->floor_m : NAN, 3);
    ap_json_close(&o);
}

/* ---- figures and requirements ---- */

static void put_figures(ap_long_text *text, const ap_evaluate_report *report)
{
    ap_writer *w = &text->text;
    const char *group = NULL;
    ap_text_str(w, "[");
    for (size_t i = 0; i < report->figure_count; i++) {
        const ap_figure *f = &report->figure[i];
        ap_long_text_room(text, ROOM);
        if (!group || strcmp(group, f->group) != 0) {
            ap_text_str(w, group ? "]},{\"group\":" : "{\"group\":");
            ap_json_string(w, f->group, strlen(f->group));
            ap_text_str(w, ",\"rows\":[");
        } else {
            ap_text_str(w, ",");
        }
        group = f->group;
        ap_json_object o = ap_json_open(w);
        ap_json_member_str(&o, "key", f->key);
        ap_json_member_str(&o, "text", f->text);
        ap_json_member_str(&o, "unit", f->unit);
        number(&o, "value", f->value, 9);
        ap_json_member_u64(&o, "count", f->count);
        ap_json_close(&o);
    }
    ap_text_str(w, group ? "]}]" : "]");
}

size_t ap_judged_unmet(const ap_judged_table *judged)
{
    size_t count = 0;
    for (size_t i = 0; i < judged->table.row_count; i++) {
        const ap_requirement_row *row = &judged->table.row[i];
        ap_requirement_status status = judged->result[i].status;
        bool is_short = status == AP_REQUIREMENT_NOT_ENOUGH &&
                        row->requirement.quantity != AP_QUANTITY_NOT_MEASURED;
        count +=
            row->is_mandatory && (status == AP_REQUIREMENT_FAIL || (is_short && judged->is_strict));
    }
    return count;
}

static void put_row(ap_writer *w, const ap_evaluate_report *report, const ap_requirement_row *row,
                    const ap_requirement_result *result)
{
    static const char *const words[] = { [AP_REQUIREMENT_PASS] = "pass",
                                         [AP_REQUIREMENT_FAIL] = "fail",
                                         [AP_REQUIREMENT_NOT_ENOUGH] = "few" };
    bool is_measured = row->requirement.quantity != AP_QUANTITY_NOT_MEASURED;
    char name[AP_SAMPLES_NAME_SIZE], confidence[2] = { row->confidence, '\0' };
    const char *unit = strcmp(row->unit, "%") == 0 ? "ratio" : row->unit;
    double si = strcmp(unit, "ratio") == 0 ? 1.0 : row->unit_si;
    ap_json_object o = ap_json_open(w);
    ap_json_member_str(&o, "name", row->name);
    ap_json_member_str(&o, "text", row->text);
    ap_json_member_str(&o, "quantity", ap_quantity_key(row->requirement.quantity));
    number(&o, "interval_s", row->requirement.interval_s, 6);
    ap_json_member_str(&o, "unit", unit);
    number(&o, "limit", row->requirement.limit / si, 12);
    ap_json_member_bool(&o, "is_max", !row->requirement.at_least);
    number(&o, "value", is_measured ? result->value / si : NAN, 9);
    ap_json_member_str(&o, "result", is_measured ? words[result->status] : "not_measured");
    ap_json_member_u64(&o, "count", is_measured ? result->sample_count : 0);
    ap_json_member_u64(&o, "hit_count", is_measured ? result->hit_count : 0);
    ap_json_member_u64(&o, "count_min", is_measured ? result->sample_min : 0);
    if (ap_quantity_is_of_plots(row->requirement.quantity)) {
        ap_json_member_u64(&o, "sensor_count", result->flight_count);
        ap_json_member_u64(&o, "sensor_fail_count", result->flight_fail_count);
        ap_json_member_u64(&o, "sensor_short_count", result->flight_short_count);
        if (result->flight_count > 0)
            ap_json_member_str(&o, "worst_sensor",
                               ap_evaluate_plots_name(report->plots, result->worst_sensor));
    } else if (is_measured && row->requirement.scope == AP_SCOPE_FLIGHT) {
        ap_samples_name_of(&report->run->truth, result->worst_truth, name);
        ap_json_member_u64(&o, "flight_count", result->flight_count);
        ap_json_member_u64(&o, "flight_fail_count", result->flight_fail_count);
        ap_json_member_u64(&o, "flight_short_count", result->flight_short_count);
        ap_json_member_str(&o, "worst_target", name);
    }
    ap_json_member_str(&o, "level", row->is_mandatory ? "mandatory" : "recommended");
    ap_json_member_str(&o, "confidence", confidence);
    ap_json_member_str(&o, "source", row->source);
    ap_json_member_str(&o, "note", row->note);
    ap_json_close(&o);
}

static void put_requirements(ap_long_text *text, const ap_evaluate_report *report)
{
    ap_writer *w = &text->text;
    ap_text_str(w, "[");
    for (size_t k = 0; k < report->judged_count; k++) {
        const ap_judged_table *judged = &report->judged[k];
        size_t unmet = ap_judged_unmet(judged);
        ap_long_text_room(text, ROOM);
        ap_text_str(w, k ? "," : "");
        ap_json_object o = ap_json_open(w);
        ap_json_member_str(&o, "table", judged->table.name);
        ap_json_member_str(&o, "title", judged->table.title);
        ap_json_member_str(&o, "source", judged->table.source);
        ap_json_member_bool(&o, "is_required", judged->is_required);
        ap_json_member_bool(&o, "is_met", unmet == 0);
        ap_json_member_u64(&o, "mandatory_failed", unmet);
        ap_json_key(&o, "rows");
        ap_text_str(w, "[");
        for (size_t i = 0; i < judged->table.row_count; i++) {
            ap_long_text_room(text, ROOM);
            ap_text_str(w, i ? "," : "");
            put_row(w, report, &judged->table.row[i], &judged->result[i]);
        }
        ap_text_str(w, "]");
        ap_json_close(&o);
    }
    ap_text_str(w, "]");
}

/* ---- series ---- */

typedef double (*bin_value)(const ap_view *view, size_t i);

static double bin_time(const ap_view *view, size_t i)
{
    return (double)i * view->bin_s;
}

#define BIN_ROOT(name, field, count)                                                               \
    static double bin_##name(const ap_view *view, size_t i)                                        \
    {                                                                                              \
        return root_mean(view->bin[i].field, view->bin[i].count);                                  \
    }
#define BIN_MEAN(name, field, count)                                                               \
    static double bin_##name(const ap_view *view, size_t i)                                        \
    {                                                                                              \
        return ratio(view->bin[i].field, (double)view->bin[i].count);                              \
    }
BIN_ROOT(gospa, gospa2, instant_count)
BIN_ROOT(localisation, localisation2, instant_count)
BIN_ROOT(missed, missed2, instant_count)
BIN_ROOT(spurious, spurious2, instant_count)
BIN_ROOT(error, error2_m2, error_count)
BIN_MEAN(missed_count, missed_count, instant_count)
BIN_MEAN(false_count, false_count, instant_count)
BIN_MEAN(nees, nees, nees_count)

static double bin_error_max(const ap_view *view, size_t i)
{
    return view->bin[i].error_count ? view->bin[i].error_max_m : NAN;
}

static double bin_nees_low(const ap_view *view, size_t i)
{
    uint64_t n = view->bin[i].nees_count;
    return n > 0 ? ap_nees_of(n, 2, view->bin[i].nees).lower : NAN;
}

static double bin_nees_high(const ap_view *view, size_t i)
{
    uint64_t n = view->bin[i].nees_count;
    return n > 0 ? ap_nees_of(n, 2, view->bin[i].nees).upper : NAN;
}

static void put_series(ap_long_text *text, const ap_evaluate_report *report)
{
    static const struct {
        const char *key;
        bin_value value;
        int decimals;
    } rows[] = {
        { "t_s", bin_time, 3 },
        { "gospa_m", bin_gospa, 2 },
        { "localisation_m", bin_localisation, 2 },
        { "missed_m", bin_missed, 2 },
        { "false_m", bin_spurious, 2 },
        { "position_rms_m", bin_error, 2 },
        { "position_max_m", bin_error_max, 2 },
        { "missed_count", bin_missed_count, 3 },
        { "false_count", bin_false_count, 3 },
        { "nees", bin_nees, 3 },
        { "nees_low", bin_nees_low, 3 },
        { "nees_high", bin_nees_high, 3 },
    };
    ap_json_object o = ap_json_open(&text->text);
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        ap_long_text_room(text, ROOM + 32 * report->view->bin_count);
        ap_json_key(&o, rows[k].key);
        ap_text_str(&text->text, "[");
        for (size_t i = 0; i < report->view->bin_count; i++)
            item(&text->text, i == 0, rows[k].value(report->view, i), rows[k].decimals);
        ap_text_str(&text->text, "]");
    }
    ap_json_close(&o);
}

/* ---- range, density, sensors ---- */

static void put_origin(ap_json_object *o, const ap_evaluate_report *report)
{
    const ap_evaluation_config *c = &report->run->config;
    const char *who = report->run->options->has_place ? "" : "the middle of the truth, ";
    char text[120];
    if (report->run->truth.set.frame == AP_TRAJECTORY_PLANE)
        snprintf(text, sizeof text, "%sx %.0f m, y %.0f m", who, c->reference.x_m,
                 c->reference.y_m);
    else
        snprintf(text, sizeof text, "%slatitude %.5f, longitude %.5f", who,
                 c->reference.latitude_rad / AP_RAD_PER_DEG,
                 c->reference.longitude_rad / AP_RAD_PER_DEG);
    ap_json_member_str(o, "origin", text);
}

static double range_value(const ap_evaluate_report *report, int column, size_t i)
{
    const ap_evaluation_result *r = ap_evaluation_result_of(&report->side->evaluation);
    const ap_evaluation_config *c = &report->run->config;
    const ap_error_summary *e = &r->by_range[i][AP_EVALUATION_POSITION];
    double expected = (double)report->view->range_expected[i];
    switch (column) {
    case 0:
        return i ? c->range_edge_m[i - 1] : 0.0;
    case 1:
        return i < c->range_count ? c->range_edge_m[i] : c->range_edge_m[i - 1] * 1.25;
    case 2:
        return (double)e->count;
    case 3:
        return e->count ? e->rms : NAN;
    case 4:
        return expected;
    default:
        return ratio((double)report->view->range_updated[i], expected);
    }
}

static void put_ranges(ap_long_text *text, const ap_evaluate_report *report)
{
    static const char *const keys[] = { "from_m",         "to_m",        "pair_count",
                                        "position_rms_m", "truth_count", "completeness" };
    const ap_evaluation_result *r = ap_evaluation_result_of(&report->side->evaluation);
    size_t count = r->range_bucket_count;
    ap_long_text_room(text, ROOM);
    ap_json_object o = ap_json_open(&text->text);
    put_origin(&o, report);
    ap_json_member_fixed(&o, "interval_s", report->view->interval_s, 3);
    while (count > 0 && range_value(report, 2, count - 1) + range_value(report, 4, count - 1) <= 0)
        count--;
    for (int k = 0; k < 6; k++) {
        ap_json_key(&o, keys[k]);
        ap_text_str(&text->text, "[");
        for (size_t i = 0; i < count; i++)
            item(&text->text, i == 0, range_value(report, k, i), 6);
        ap_text_str(&text->text, "]");
    }
    ap_json_close(&o);
}

static void put_cells(ap_long_text *text, const uint32_t *cell)
{
    bool first = true;
    ap_text_str(&text->text, "[");
    for (uint32_t i = 0; i < AP_VIEW_CELLS * AP_VIEW_CELLS; i++) {
        if (!cell[i])
            continue;
        ap_long_text_room(text, ROOM);
        ap_text_str(&text->text, first ? "[" : ",[");
        ap_text_u64(&text->text, i);
        ap_text_str(&text->text, ",");
        ap_text_u64(&text->text, cell[i]);
        ap_text_str(&text->text, "]");
        first = false;
    }
    ap_text_str(&text->text, "]");
}

static void put_density(ap_long_text *text, const ap_evaluate_report *report)
{
    const ap_view *view = report->view;
    ap_json_object o = ap_json_open(&text->text);
    ap_json_member_fixed(&o, "x0_m", view->x0_m, 1);
    ap_json_member_fixed(&o, "y0_m", view->y0_m, 1);
    ap_json_member_fixed(&o, "cell_m", view->cell_m, 3);
    ap_json_member_u64(&o, "nx", AP_VIEW_CELLS);
    ap_json_key(&o, "missed");
    put_cells(text, view->missed);
    ap_json_key(&o, "false");
    put_cells(text, view->spurious);
    ap_json_close(&o);
}

static void put_sensors(ap_long_text *text, const ap_evaluate_report *report)
{
    bool first = true;
    ap_text_str(&text->text, "[");
    for (size_t i = 0; i < report->side->tracks.sensor_count && i < AP_VIEW_SENSOR_CAP; i++) {
        const ap_view_sensor *s = &report->view->sensor[i];
        double n = (double)s->error_count, d = (double)s->direction_count;
        if (s->update_count == 0)
            continue;
        ap_long_text_room(text, ROOM);
        ap_text_str(&text->text, first ? "" : ",");
        first = false;
        ap_json_object o = ap_json_open(&text->text);
        ap_json_member_str(&o, "name", report->side->tracks.sensor[i]);
        ap_json_member_u64(&o, "update_count", s->update_count);
        double expected = s->interval_s > 0.0 ? s->span_s / s->interval_s : 0.0;
        number(&o, "update_ratio", fmin(ratio((double)s->interval_count, expected), 1.0), 6);
        number(&o, "interval_s", ratio(s->span_s, (double)s->interval_count), 3);
        number(&o, "interval_median_s", s->interval_count ? s->interval_s : NAN, 3);
        number(&o, "position_rms_m", root_mean(s->error2_m2, s->error_count), 3);
        number(&o, "along_mean_m", ratio(s->along_m, d), 3);
        number(&o, "across_mean_m", ratio(s->across_m, d), 3);
        number(&o, "east_mean_m", ratio(s->east_m, n), 3);
        number(&o, "north_mean_m", ratio(s->north_m, n), 3);
        ap_json_close(&o);
    }
    ap_text_str(&text->text, "]");
}

/* ---- targets and moments ---- */

/* Its id, and the call sign or address that it told. */
static void target_name(const ap_evaluate_report *report, uint32_t truth, char name[64])
{
    const ap_trajectory_set *set = &report->run->truth.set;
    const ap_trajectory *t = &set->trajectories[truth];
    char id[AP_SAMPLES_NAME_SIZE];
    ap_samples_name_of(&report->run->truth, t->id, id);
    const ap_trajectory_identity *who =
        t->identity != AP_TRAJECTORY_NONE ? &set->identities[t->identity] : NULL;
    if (who && (who->flags & AP_IDENTITY_HAS_CALLSIGN))
        snprintf(name, 64, "%s %s", id, who->callsign);
    else if (who && (who->flags & AP_IDENTITY_HAS_ADDRESS))
        snprintf(name, 64, "%s %06x", id, (unsigned)who->address);
    else
        snprintf(name, 64, "%s", id);
}

static void put_target(ap_writer *w, const ap_evaluate_report *report,
                       const ap_evaluation_target *t, const ap_view_target *v)
{
    char name[64];
    target_name(report, t->truth, name);
    ap_json_object o = ap_json_open(w);
    ap_json_member_u64(&o, "id", t->truth);
    ap_json_member_str(&o, "name", name);
    number(&o, "first_s", since_start(report, t->first), 3);
    number(&o, "duration_s", ap_seconds_between(t->first, t->last), 3);
    number(&o, "completeness", ratio(t->pair_count, t->instant_count), 6);
    number(&o, "update_ratio", ratio(v->updated, v->expected), 6);
    ap_json_member_u64(&o, "report_count", t->report_count);
    number(&o, "position_rms_m", t->report_count ? t->position_rms_m : NAN, 3);
    number(&o, "position_max_m", t->report_count ? t->position_max_m : NAN, 3);
    number(&o, "velocity_rms_mps", root_mean(v->velocity2, v->velocity_count), 3);
    number(&o, "altitude_rms_m", root_mean(v->altitude2, v->altitude_count), 3);
    number(&o, "nees", ratio(v->nees, (double)v->nees_count), 3);
    ap_json_member_u64(&o, "track_count", t->number_count);
    ap_json_member_u64(&o, "switch_count", t->kept_switch_count);
    number(&o, "longest_gap_s", t->gap_max_s, 3);
    number(&o, "birth_delay_s", t->birth_delay_s, 3);
    ap_json_close(&o);
}

static void put_targets(ap_long_text *text, const ap_evaluate_report *report)
{
    size_t count;
    const ap_evaluation_target *target = ap_evaluation_targets(&report->side->evaluation, &count);
    ap_text_str(&text->text, "[");
    for (size_t i = 0; i < count; i++) {
        ap_long_text_room(text, ROOM);
        ap_text_str(&text->text, i ? "," : "");
        put_target(&text->text, report, &target[i], &report->view->target[i]);
    }
    ap_text_str(&text->text, "]");
}

static void put_worst(ap_long_text *text, const ap_evaluate_report *report)
{
    ap_text_str(&text->text, "[");
    for (size_t i = 0; i < report->view->worst_count; i++) {
        const ap_view_worst *w = &report->view->worst[i];
        char from[AP_UTC_TEXT_SIZE], to[AP_UTC_TEXT_SIZE], name[64];
        ap_long_text_room(text, ROOM);
        ap_text_str(&text->text, i ? "," : "");
        ap_json_object o = ap_json_open(&text->text);
        number(&o, "t_s", since_start(report, w->time_utc), 3);
        ap_json_member_str(&o, "text", w->text);
        number(&o, "value_m", w->value_m, 3);
        number(&o, "x_m", w->x_m, 1);
        number(&o, "y_m", w->y_m, 1);
        if (w->truth != AP_TRAJECTORY_NONE) {
            target_name(report, w->truth, name);
            ap_json_member_str(&o, "target", name);
        }
        if (report->run->truth.is_utc) {
            ap_utc_text(ap_utc_add_s(w->time_utc, -30.0), from);
            ap_utc_text(ap_utc_add_s(w->time_utc, 30.0), to);
            ap_json_member_str(&o, "from_utc", from);
            ap_json_member_str(&o, "to_utc", to);
        }
        ap_json_close(&o);
    }
    ap_text_str(&text->text, "]");
}

/* ---- map ---- */

/* States so far apart in time that all lines together have some POINTS. */
static double stride_of(const ap_trajectory_set *set)
{
    double span_s = 0.0;
    for (uint32_t k = 0; k < set->trajectory_count; k++) {
        const ap_trajectory *t = &set->trajectories[k];
        if (t->count > 1)
            span_s += ap_seconds_between(set->states[t->first].time_utc,
                                         set->states[t->first + t->count - 1].time_utc);
    }
    return set->state_count > POINTS ? span_s / POINTS : 0.0;
}

static void put_line(ap_long_text *text, const ap_evaluate_report *report,
                     const ap_trajectory_set *set, const ap_trajectory *t, double stride_s)
{
    ap_utc_ns last = AP_UTC_UNKNOWN;
    ap_text_str(&text->text, "[");
    for (uint32_t i = t->first; i < t->first + t->count; i++) {
        const ap_trajectory_state *s = &set->states[i];
        double x_m, y_m;
        if (last != AP_UTC_UNKNOWN && i + 1 < t->first + t->count &&
            ap_seconds_between(last, s->time_utc) < stride_s)
            continue;
        ap_long_text_room(text, ROOM);
        ap_view_place(report->view, s, &x_m, &y_m);
        item(&text->text, last == AP_UTC_UNKNOWN, since_start(report, s->time_utc), 1);
        item(&text->text, false, x_m, 0);
        item(&text->text, false, y_m, 0);
        last = s->time_utc;
    }
    ap_text_str(&text->text, "]");
}

static void put_lines(ap_long_text *text, const ap_evaluate_report *report, bool is_truth)
{
    const ap_samples *samples = is_truth ? &report->run->truth : &report->side->tracks;
    const ap_trajectory_set *set = &samples->set;
    size_t count;
    const ap_evaluation_track *track = ap_evaluation_tracks(&report->side->evaluation, &count);
    double stride_s = stride_of(set);
    bool *is_false = calloc(set->trajectory_count ? set->trajectory_count : 1, sizeof *is_false);
    char name[64];
    if (!is_false) {
        text->is_lost = true;
        return;
    }
    for (size_t i = 0; i < count && !is_truth; i++)
        is_false[track[i].track] = track[i].is_false;
    ap_text_str(&text->text, "[");
    for (uint32_t k = 0; k < set->trajectory_count; k++) {
        ap_long_text_room(text, ROOM);
        ap_text_str(&text->text, k ? "," : "");
        ap_json_object o = ap_json_open(&text->text);
        if (is_truth)
            target_name(report, k, name);
        else
            ap_samples_name_of(samples, set->trajectories[k].id, name);
        ap_json_member_u64(&o, "id", k);
        ap_json_member_str(&o, "name", name);
        if (is_false[k])
            ap_json_member_bool(&o, "is_false", true);
        ap_json_key(&o, "p");
        put_line(text, report, set, &set->trajectories[k], stride_s);
        ap_json_close(&o);
    }
    ap_text_str(&text->text, "]");
    free(is_false);
}

static void put_map(ap_long_text *text, const ap_evaluate_report *report)
{
    double stride_s =
        fmax(stride_of(&report->run->truth.set), stride_of(&report->side->tracks.set));
    ap_json_object o = ap_json_open(&text->text);
    ap_json_member_fixed(&o, "gap_s", fmax(GAP_S, 3.0 * stride_s), 1);
    ap_json_key(&o, "truth");
    put_lines(text, report, true);
    ap_json_key(&o, "tracks");
    put_lines(text, report, false);
    ap_json_close(&o);
}

/* ---- the whole ---- */

static void put_notes(ap_writer *w, const ap_evaluate_report *report)
{
    const ap_evaluation_result *r = ap_evaluation_result_of(&report->side->evaluation);
    bool first = true;
    ap_text_str(w, "[");
    const char *own[] = { report->run->reference_note, report->run->bound_note };
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (!own[i][0])
            continue;
        ap_text_str(w, first ? "" : ",");
        ap_json_string(w, own[i], strlen(own[i]));
        first = false;
    }
    for (int i = 0; i < AP_EVALUATION_NOTE_COUNT; i++) {
        const char *text = ap_evaluation_note_text((ap_evaluation_note)i);
        if (!r->notes[i])
            continue;
        ap_text_str(w, first ? "" : ",");
        ap_json_string(w, text, strlen(text));
        first = false;
    }
    ap_text_str(w, "]");
}

void ap_evaluate_json(ap_long_text *text, const ap_evaluate_report *report)
{
    ap_writer *w = &text->text;
    ap_long_text_room(text, ROOM);
    ap_json_object o = ap_json_open(w);
    ap_json_member_str(&o, "program", "airpicture " AP_VERSION);
    ap_json_key(&o, "truth");
    put_input(w, report->run->options->truth_path, &report->run->truth);
    ap_json_key(&o, "tracks");
    put_input(w, report->side->path, &report->side->tracks);
    ap_json_key(&o, "window");
    put_window(w, report);
    ap_json_key(&o, "settings");
    put_settings(w, &report->run->config);
    ap_json_key(&o, "notes");
    put_notes(w, report);
    ap_json_key(&o, "cards");
    ap_text_str(w, "[\"gospa_rms_m\",\"completeness\",\"position_rms_m\",\"position_95_m\","
                   "\"velocity_rms_mps\",\"altitude_rms_m\",\"nees_position\","
                   "\"kept_switches_per_target\",\"false_track_count\",\"birth_delay_s\"]");
    ap_json_key(&o, "metrics");
    put_figures(text, report);
    ap_json_key(&o, "requirements");
    put_requirements(text, report);
    ap_json_key(&o, "series");
    put_series(text, report);
    ap_json_key(&o, "by_range");
    put_ranges(text, report);
    ap_json_key(&o, "density");
    put_density(text, report);
    ap_json_key(&o, "sensors");
    put_sensors(text, report);
    ap_json_key(&o, "plots");
    ap_evaluate_plots_json(text, report->plots);
    ap_json_key(&o, "worst");
    put_worst(text, report);
    ap_json_key(&o, "targets");
    put_targets(text, report);
    ap_json_key(&o, "map");
    put_map(text, report);
    ap_json_close(&o);
    ap_text_str(w, "\n");
    text->is_lost |= w->bad;
}

#include "app/evaluate_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/evaluate_json_parts.h"
#include "app/evaluate_nis.h"
#include "app/evaluate_plots.h"

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

void ap_part_number(ap_json_object *object, const char *key, double value, int decimals)
{
    if (isfinite(value))
        ap_json_member_fixed(object, key, value, decimals);
    else
        ap_json_member_null(object, key);
}

void ap_part_item(ap_writer *w, bool first, double value, int decimals)
{
    if (!first)
        ap_text_str(w, ",");
    if (isfinite(value))
        ap_text_fixed(w, value, decimals);
    else
        ap_text_str(w, "null");
}

double ap_part_ratio(double over, double under)
{
    return under > 0.0 ? over / under : NAN;
}

double ap_part_root_mean(double sum, uint64_t count)
{
    return count > 0 ? sqrt(sum / (double)count) : NAN;
}

double ap_part_since_start(const ap_evaluate_report *report, ap_utc_ns time)
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
    ap_part_number(&o, "release_s", c->release_s, 3);
    ap_json_member_fixed(&o, "max_age_s", c->max_age_s, 6);
    ap_json_member_fixed(&o, "truth_gap_s", c->truth_gap_s, 6);
    ap_json_member_fixed(&o, "switch_m", c->switch_m, 3);
    ap_json_member_fixed(&o, "siap_gate_m", c->siap_gate_m, 3);
    ap_json_member_fixed(&o, "warmup_s", c->warmup_s, 6);
    ap_part_number(&o, "coverage_range_m", c->has_coverage ? c->coverage_range_m : NAN, 3);
    ap_part_number(&o, "floor_m", c->has_floor ? c->floor_m : NAN, 3);
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
    ap_long_text_room(text, AP_PART_ROOM);
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
    ap_part_figures(text, report);
    ap_json_key(&o, "requirements");
    ap_part_requirements(text, report);
    ap_json_key(&o, "series");
    ap_part_series(text, report);
    ap_json_key(&o, "by_range");
    ap_part_ranges(text, report);
    ap_json_key(&o, "density");
    ap_part_density(text, report);
    ap_json_key(&o, "sensors");
    ap_part_sensors(text, report);
    ap_json_key(&o, "nis");
    ap_evaluate_nis_json(text, &report->side->tracks);
    ap_json_key(&o, "plots");
    ap_evaluate_plots_json(text, report->plots);
    ap_json_key(&o, "worst");
    ap_part_worst(text, report);
    ap_json_key(&o, "targets");
    ap_part_targets(text, report);
    ap_json_key(&o, "map");
    ap_part_map(text, report);
    ap_json_close(&o);
    ap_text_str(w, "\n");
    text->is_lost |= w->bad;
}

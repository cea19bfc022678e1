/* Targets, worst moments and the map of a report. */
#include "app/evaluate_json_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/evaluate_moment.h"

enum { POINTS = 120000 };

#define GAP_S 30.0 /* of a line on the map that is not drawn through */

/* ---- targets and moments ---- */

static void put_target(ap_writer *w, const ap_evaluate_report *report,
                       const ap_evaluation_target *t, const ap_view_target *v)
{
    char name[AP_VIEW_NAME_SIZE];
    ap_view_target_name(report->view, t->truth, name);
    ap_json_object o = ap_json_open(w);
    ap_json_member_u64(&o, "id", t->truth);
    ap_json_member_str(&o, "name", name);
    ap_part_number(&o, "first_s", ap_part_since_start(report, t->first), 3);
    ap_part_number(&o, "duration_s", ap_seconds_between(t->first, t->last), 3);
    ap_part_number(&o, "completeness", ap_part_ratio(t->pair_count, t->instant_count), 6);
    ap_part_number(&o, "update_ratio", ap_part_ratio(v->updated, v->expected), 6);
    ap_json_member_u64(&o, "report_count", t->report_count);
    ap_part_number(&o, "position_rms_m", t->report_count ? t->position_rms_m : NAN, 3);
    ap_part_number(&o, "position_max_m", t->report_count ? t->position_max_m : NAN, 3);
    ap_part_number(&o, "velocity_rms_mps", ap_part_root_mean(v->velocity2, v->velocity_count), 3);
    ap_part_number(&o, "altitude_rms_m", ap_part_root_mean(v->altitude2, v->altitude_count), 3);
    ap_part_number(&o, "nees", ap_part_ratio(v->nees, (double)v->nees_count), 3);
    ap_json_member_u64(&o, "track_count", t->number_count);
    ap_json_member_u64(&o, "switch_count", t->kept_switch_count);
    ap_part_number(&o, "longest_gap_s", t->gap_max_s, 3);
    ap_part_number(&o, "birth_delay_s", t->birth_delay_s, 3);
    ap_json_close(&o);
}

void ap_part_targets(ap_long_text *text, const ap_evaluate_report *report)
{
    size_t count;
    const ap_evaluation_target *target = ap_evaluation_targets(&report->side->evaluation, &count);
    ap_text_str(&text->text, "[");
    for (size_t i = 0; i < count; i++) {
        ap_long_text_room(text, AP_PART_ROOM);
        ap_text_str(&text->text, i ? "," : "");
        put_target(&text->text, report, &target[i], &report->view->target[i]);
    }
    ap_text_str(&text->text, "]");
}

/* The command line that replays a moment, where one can. */
static void put_replay(ap_long_text *text, ap_json_object *object, const ap_evaluate_report *report,
                       size_t index)
{
    ap_long_text command = { 0 };
    if (ap_moment_command(&command, report, index)) {
        ap_long_text_room(text, 6 * command.text.size + AP_PART_ROOM);
        ap_json_key(object, "replay");
        ap_json_string(&text->text, (const char *)command.text.data, command.text.size);
    }
    text->is_lost |= command.is_lost;
    free(command.text.data);
}

void ap_part_worst(ap_long_text *text, const ap_evaluate_report *report)
{
    ap_text_str(&text->text, "[");
    for (size_t i = 0; i < report->view->worst_count; i++) {
        const ap_view_worst *w = &report->view->worst[i];
        char name[AP_VIEW_NAME_SIZE];
        ap_long_text_room(text, AP_PART_ROOM);
        ap_text_str(&text->text, i ? "," : "");
        ap_json_object o = ap_json_open(&text->text);
        ap_part_number(&o, "t_s", ap_part_since_start(report, w->time_utc), 3);
        ap_json_member_str(&o, "text", w->text);
        ap_part_number(&o, "value_m", w->value_m, 3);
        ap_part_number(&o, "x_m", w->x_m, 1);
        ap_part_number(&o, "y_m", w->y_m, 1);
        if (w->truth != AP_TRAJECTORY_NONE) {
            ap_view_target_name(report->view, w->truth, name);
            ap_json_member_str(&o, "target", name);
        }
        ap_json_key(&o, "link");
        ap_text_str(&text->text, "\"index.html#t=");
        ap_text_fixed(&text->text, ap_part_since_start(report, w->time_utc), 1);
        ap_text_str(&text->text, "\"");
        put_replay(text, &o, report, i);
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
        ap_long_text_room(text, AP_PART_ROOM);
        ap_view_place(report->view, s, &x_m, &y_m);
        ap_part_item(&text->text, last == AP_UTC_UNKNOWN, ap_part_since_start(report, s->time_utc),
                     1);
        ap_part_item(&text->text, false, x_m, 0);
        ap_part_item(&text->text, false, y_m, 0);
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
    char name[AP_VIEW_NAME_SIZE];
    if (!is_false) {
        text->is_lost = true;
        return;
    }
    for (size_t i = 0; i < count && !is_truth; i++)
        is_false[track[i].track] = track[i].is_false;
    ap_text_str(&text->text, "[");
    for (uint32_t k = 0; k < set->trajectory_count; k++) {
        ap_long_text_room(text, AP_PART_ROOM);
        ap_text_str(&text->text, k ? "," : "");
        ap_json_object o = ap_json_open(&text->text);
        if (is_truth)
            ap_view_target_name(report->view, k, name);
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

void ap_part_map(ap_long_text *text, const ap_evaluate_report *report)
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

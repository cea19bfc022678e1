/* Figures and requirements of a report. */
#include "app/evaluate_json_parts.h"

#include <math.h>
#include <string.h>

#include "app/evaluate_plots.h"

void ap_part_figures(ap_long_text *text, const ap_evaluate_report *report)
{
    ap_writer *w = &text->text;
    const char *group = NULL;
    ap_text_str(w, "[");
    for (size_t i = 0; i < report->figure_count; i++) {
        const ap_figure *f = &report->figure[i];
        ap_long_text_room(text, AP_PART_ROOM);
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
        ap_part_number(&o, "value", f->value, 9);
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
    ap_part_number(&o, "interval_s", row->requirement.interval_s, 6);
    ap_json_member_str(&o, "unit", unit);
    ap_part_number(&o, "limit", row->requirement.limit / si, 12);
    ap_json_member_bool(&o, "is_max", !row->requirement.at_least);
    ap_part_number(&o, "value", is_measured ? result->value / si : NAN, 9);
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

void ap_part_requirements(ap_long_text *text, const ap_evaluate_report *report)
{
    ap_writer *w = &text->text;
    ap_text_str(w, "[");
    for (size_t k = 0; k < report->judged_count; k++) {
        const ap_judged_table *judged = &report->judged[k];
        size_t unmet = ap_judged_unmet(judged);
        ap_long_text_room(text, AP_PART_ROOM);
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
            ap_long_text_room(text, AP_PART_ROOM);
            ap_text_str(w, i ? "," : "");
            put_row(w, report, &judged->table.row[i], &judged->result[i]);
        }
        ap_text_str(w, "]");
        ap_json_close(&o);
    }
    ap_text_str(w, "]");
}

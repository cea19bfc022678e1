/* What a report shows over time, range, place and sensor. */
#include "app/evaluate_json_parts.h"

#include <math.h>
#include <stdio.h>

#include "airpicture/geo.h"
#include "score/summary.h"

/* ---- over time ---- */

typedef double (*bin_value)(const ap_view *view, size_t i);

static double bin_time(const ap_view *view, size_t i)
{
    return (double)i * view->bin_s;
}

#define BIN_ROOT(name, field, count)                                                               \
    static double bin_##name(const ap_view *view, size_t i)                                        \
    {                                                                                              \
        return ap_part_root_mean(view->bin[i].field, view->bin[i].count);                          \
    }
#define BIN_MEAN(name, field, count)                                                               \
    static double bin_##name(const ap_view *view, size_t i)                                        \
    {                                                                                              \
        return ap_part_ratio(view->bin[i].field, (double)view->bin[i].count);                      \
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

void ap_part_series(ap_long_text *text, const ap_evaluate_report *report)
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
        ap_long_text_room(text, AP_PART_ROOM + 32 * report->view->bin_count);
        ap_json_key(&o, rows[k].key);
        ap_text_str(&text->text, "[");
        for (size_t i = 0; i < report->view->bin_count; i++)
            ap_part_item(&text->text, i == 0, rows[k].value(report->view, i), rows[k].decimals);
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
        return ap_part_ratio((double)report->view->range_updated[i], expected);
    }
}

void ap_part_ranges(ap_long_text *text, const ap_evaluate_report *report)
{
    static const char *const keys[] = { "from_m",         "to_m",        "pair_count",
                                        "position_rms_m", "truth_count", "completeness" };
    const ap_evaluation_result *r = ap_evaluation_result_of(&report->side->evaluation);
    size_t count = r->range_bucket_count;
    ap_long_text_room(text, AP_PART_ROOM);
    ap_json_object o = ap_json_open(&text->text);
    put_origin(&o, report);
    ap_json_member_fixed(&o, "interval_s", report->view->interval_s, 3);
    while (count > 0 && range_value(report, 2, count - 1) + range_value(report, 4, count - 1) <= 0)
        count--;
    for (int k = 0; k < 6; k++) {
        ap_json_key(&o, keys[k]);
        ap_text_str(&text->text, "[");
        for (size_t i = 0; i < count; i++)
            ap_part_item(&text->text, i == 0, range_value(report, k, i), 6);
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
        ap_long_text_room(text, AP_PART_ROOM);
        ap_text_str(&text->text, first ? "[" : ",[");
        ap_text_u64(&text->text, i);
        ap_text_str(&text->text, ",");
        ap_text_u64(&text->text, cell[i]);
        ap_text_str(&text->text, "]");
        first = false;
    }
    ap_text_str(&text->text, "]");
}

void ap_part_density(ap_long_text *text, const ap_evaluate_report *report)
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

void ap_part_sensors(ap_long_text *text, const ap_evaluate_report *report)
{
    bool first = true;
    ap_text_str(&text->text, "[");
    for (size_t i = 0; i < report->side->tracks.sensor_count && i < AP_VIEW_SENSOR_CAP; i++) {
        const ap_view_sensor *s = &report->view->sensor[i];
        double n = (double)s->error_count, d = (double)s->direction_count;
        if (s->update_count == 0)
            continue;
        ap_long_text_room(text, AP_PART_ROOM);
        ap_text_str(&text->text, first ? "" : ",");
        first = false;
        ap_json_object o = ap_json_open(&text->text);
        ap_json_member_str(&o, "name", report->side->tracks.sensor[i]);
        ap_json_member_u64(&o, "update_count", s->update_count);
        double expected = s->interval_s > 0.0 ? s->span_s / s->interval_s : 0.0;
        ap_part_number(&o, "update_ratio",
                       fmin(ap_part_ratio((double)s->interval_count, expected), 1.0), 6);
        ap_part_number(&o, "interval_s", ap_part_ratio(s->span_s, (double)s->interval_count), 3);
        ap_part_number(&o, "interval_median_s", s->interval_count ? s->interval_s : NAN, 3);
        ap_part_number(&o, "position_rms_m", ap_part_root_mean(s->error2_m2, s->error_count), 3);
        ap_part_number(&o, "along_mean_m", ap_part_ratio(s->along_m, d), 3);
        ap_part_number(&o, "across_mean_m", ap_part_ratio(s->across_m, d), 3);
        ap_part_number(&o, "east_mean_m", ap_part_ratio(s->east_m, n), 3);
        ap_part_number(&o, "north_mean_m", ap_part_ratio(s->north_m, n), 3);
        ap_json_close(&o);
    }
    ap_text_str(&text->text, "]");
}

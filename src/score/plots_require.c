/* Answers to requirements of plots. */
#include <math.h>

#include "score/plots.h"

typedef struct sample {
    double value;
    uint64_t count, hits;
} sample;

ap_plot_part ap_plots_part(ap_sensor_class sensors, ap_sensor_kind kind)
{
    bool has_echo = kind == AP_SENSOR_PSR || kind == AP_SENSOR_COMBINED;
    bool has_reply =
        kind == AP_SENSOR_SSR || kind == AP_SENSOR_MODE_S || kind == AP_SENSOR_COMBINED;
    if (sensors == AP_SENSOR_CLASS_PRIMARY)
        return has_echo ? AP_PLOT_ECHO : AP_PLOT_PART_COUNT;
    if (sensors == AP_SENSOR_CLASS_SECONDARY)
        return has_reply ? AP_PLOT_REPLY : AP_PLOT_PART_COUNT;
    return AP_PLOT_ANY;
}

static sample share_of(uint64_t hits, uint64_t count)
{
    return (sample){ count > 0 ? (double)hits / (double)count : NAN, count, hits };
}

static sample error_of(const ap_plot_part_figures *f, double value)
{
    return (sample){ fabs(value), isfinite(value) ? f->error_count : 0, 0 };
}

static sample axis_of(const ap_plot_part_figures *f, int axis, ap_statistic statistic)
{
    const ap_plot_axis *a = &f->axis[axis];
    if (!f->is_polar)
        return (sample){ .value = NAN };
    return error_of(f, statistic == AP_STATISTIC_RMS    ? a->rms
                       : statistic == AP_STATISTIC_BIAS ? a->bias
                                                        : a->random);
}

static sample sample_of(const ap_plot_figures *all, ap_plot_part part, const ap_requirement *row)
{
    const ap_plot_part_figures *f = &all->part[part];
    switch (row->quantity) {
    case AP_QUANTITY_PLOT_DETECTION:
        return share_of(f->hit_count, f->hit_count + f->miss_count);
    case AP_QUANTITY_PLOT_RANGE_ERROR:
        return axis_of(f, 0, row->statistic);
    case AP_QUANTITY_PLOT_AZIMUTH_ERROR:
        return axis_of(f, 1, row->statistic);
    case AP_QUANTITY_PLOT_RANGE_GAIN:
        return error_of(f, f->range_gain);
    case AP_QUANTITY_PLOT_TIME_ERROR:
        return error_of(f, f->time_bias_s);
    case AP_QUANTITY_PLOT_FALSE:
        return share_of(f->false_count, f->report_count);
    case AP_QUANTITY_PLOT_SECOND:
        return share_of(f->second_count, f->report_count);
    case AP_QUANTITY_PLOT_MODE_3A_CORRECT:
        return share_of(all->mode_3a_right_count, all->mode_3a_due_count);
    case AP_QUANTITY_PLOT_MODE_3A_WRONG:
        return share_of(all->mode_3a_count - all->mode_3a_right_count, all->mode_3a_count);
    case AP_QUANTITY_PLOT_ALTITUDE_CORRECT:
        return share_of(all->altitude_near_count, all->altitude_due_count);
    default:
        return (sample){ .value = NAN };
    }
}

ap_requirement_result ap_plots_require(const ap_plots *plots, const ap_requirement *row)
{
    ap_requirement_result result = { .status = AP_REQUIREMENT_NOT_ENOUGH, .value = NAN };
    if (ap_requirement_fault(row) != NULL || !ap_quantity_is_of_plots(row->quantity))
        return result;
    result.sample_min = ap_requirement_least(row);
    const ap_sensor_table *sensors = ap_plots_sensors(plots);
    for (uint16_t i = 0; i < sensors->count && i < AP_PLOTS_SENSOR_CAP; i++) {
        const ap_plot_figures *f = ap_plots_of(plots, i);
        ap_plot_part part = ap_plots_part(row->sensors, sensors->sensor[i].kind);
        if (part == AP_PLOT_PART_COUNT)
            continue;
        sample s = sample_of(f, part, row);
        ap_requirement_status status =
            ap_requirement_judge(row, s.value, s.count, s.hits, result.sample_min);
        result.flight_short_count += s.count > 0 && status == AP_REQUIREMENT_NOT_ENOUGH;
        if (status == AP_REQUIREMENT_NOT_ENOUGH)
            continue;
        result.flight_count++;
        result.flight_fail_count += status == AP_REQUIREMENT_FAIL;
        if (!ap_requirement_is_worse(row, s.value, result.value))
            continue;
        result.value = s.value;
        result.sample_count = s.count;
        result.hit_count = s.hits;
        result.worst_sensor = i;
    }
    if (result.flight_count > 0)
        result.status = result.flight_fail_count > 0 ? AP_REQUIREMENT_FAIL : AP_REQUIREMENT_PASS;
    return result;
}

/* Answers to requirements of plots. */
#include <math.h>

#include "score/plots.h"

typedef struct sample {
    double value;
    uint64_t count, hits;
} sample;

static bool is_of_class(ap_sensor_class wanted, ap_sensor_kind kind)
{
    if (wanted == AP_SENSOR_CLASS_PRIMARY)
        return kind == AP_SENSOR_PSR;
    return wanted == AP_SENSOR_CLASS_ANY || kind == AP_SENSOR_SSR || kind == AP_SENSOR_MODE_S ||
           kind == AP_SENSOR_COMBINED;
}

static sample share_of(uint64_t hits, uint64_t count)
{
    return (sample){ count > 0 ? (double)hits / (double)count : NAN, count, hits };
}

static sample error_of(const ap_plot_figures *f, double value)
{
    return (sample){ fabs(value), isfinite(value) ? f->error_count : 0, 0 };
}

static sample axis_of(const ap_plot_figures *f, int axis, ap_statistic statistic)
{
    const ap_plot_axis *a = &f->axis[axis];
    if (!f->is_polar)
        return (sample){ .value = NAN };
    return error_of(f, statistic == AP_STATISTIC_RMS    ? a->rms
                       : statistic == AP_STATISTIC_BIAS ? a->bias
                                                        : a->random);
}

static sample sample_of(const ap_plot_figures *f, const ap_requirement *row)
{
    bool of_replies = row->sensors == AP_SENSOR_CLASS_SECONDARY;
    uint64_t plots = of_replies ? f->reply_count : f->report_count;
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
        return share_of(of_replies ? f->reply_false_count : f->false_count, plots);
    case AP_QUANTITY_PLOT_SECOND:
        return share_of(of_replies ? f->reply_second_count : f->second_count, plots);
    case AP_QUANTITY_PLOT_MODE_3A_CORRECT:
        return share_of(f->mode_3a_right_count, f->mode_3a_due_count);
    case AP_QUANTITY_PLOT_MODE_3A_WRONG:
        return share_of(f->mode_3a_count - f->mode_3a_right_count, f->mode_3a_count);
    case AP_QUANTITY_PLOT_ALTITUDE_CORRECT:
        return share_of(f->altitude_near_count, f->altitude_due_count);
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
        if (f->report_count == 0 || !is_of_class(row->sensors, sensors->sensor[i].kind))
            continue;
        sample s = sample_of(f, row);
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

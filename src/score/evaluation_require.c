#include <math.h>

#include "score/evaluation_tally.h"
#include "score/summary.h"

static double value_of(struct ap_evaluation_state *state, const ap_requirement *row,
                       const ap_tally *t)
{
    double n = (double)t->count;
    if (t->count == 0)
        return NAN;
    if (ap_requirement_is_share(row))
        return (double)t->hits / n;
    double quantile;
    switch (row->statistic) {
    case AP_STATISTIC_RMS:
        return sqrt(t->square / n);
    case AP_STATISTIC_BIAS:
        return fabs(t->sum / n);
    case AP_STATISTIC_DEVIATION:
        if (isinf(t->most))
            return INFINITY;
        return sqrt(fmax(t->square / n - t->sum / n * (t->sum / n), 0.0));
    case AP_STATISTIC_MAX:
        return t->most;
    case AP_STATISTIC_QUANTILE:
        ap_summary_quantiles(t->count < state->column_cap ? t->count : state->column_cap,
                             state->column, 1, &row->fraction, &quantile, state->bins);
        return isnan(quantile) ? INFINITY : quantile; /* between two that never came */
    case AP_STATISTIC_MEAN:
    case AP_STATISTIC_BEYOND:
    case AP_STATISTIC_WITHIN:
    case AP_STATISTIC_COUNT:
        break;
    }
    return t->magnitude_sum / n;
}

void ap_tally_add(struct ap_evaluation_state *state, const ap_requirement *row, ap_tally *tally,
                  double value)
{
    double magnitude = fabs(value);
    if (row->statistic == AP_STATISTIC_BEYOND)
        tally->hits += magnitude > row->threshold;
    else if (row->statistic == AP_STATISTIC_WITHIN)
        tally->hits += magnitude <= row->threshold;
    if (tally->count < state->column_cap)
        state->column[tally->count] = (float)magnitude;
    tally->magnitude_sum += magnitude;
    tally->sum += value;
    tally->square += value * value;
    tally->most = fmax(tally->most, magnitude);
    tally->count++;
}

void ap_tally_conclude(struct ap_evaluation_state *state, const ap_requirement *row,
                       const ap_tally *tally, ap_requirement_result *result)
{
    result->value = value_of(state, row, tally);
    result->sample_count = tally->count;
    result->hit_count = tally->hits;
    result->flight_count = 1;
    result->status =
        ap_requirement_judge(row, result->value, tally->count, tally->hits, result->sample_min);
}

static void require_all(struct ap_evaluation_state *state, const ap_requirement *row,
                        ap_requirement_result *result)
{
    ap_tally t = { 0 };
    for (size_t i = 0; i < state->target_row_count; i++)
        ap_tally_flight(state, row, state->target_rows[i].truth, &t);
    ap_tally_conclude(state, row, &t, result);
}

static void require_each(struct ap_evaluation_state *state, const ap_requirement *row,
                         ap_requirement_result *result)
{
    for (size_t i = 0; i < state->target_row_count; i++) {
        ap_tally t = { 0 };
        ap_tally_flight(state, row, state->target_rows[i].truth, &t);
        double value = value_of(state, row, &t);
        ap_requirement_status status =
            ap_requirement_judge(row, value, t.count, t.hits, result->sample_min);
        if (status == AP_REQUIREMENT_NOT_ENOUGH) {
            result->flight_short_count++;
            continue;
        }
        result->flight_count++;
        result->flight_fail_count += status == AP_REQUIREMENT_FAIL;
        if (!ap_requirement_is_worse(row, value, result->value))
            continue;
        result->value = value;
        result->sample_count = t.count;
        result->hit_count = t.hits;
        result->worst_truth = state->target_rows[i].id;
    }
    if (result->flight_count > 0)
        result->status = result->flight_fail_count > 0 ? AP_REQUIREMENT_FAIL : AP_REQUIREMENT_PASS;
}

ap_requirement_result ap_evaluation_require(ap_evaluation *evaluation, const ap_requirement *row)
{
    struct ap_evaluation_state *state = evaluation->state;
    ap_requirement_result result = { .status = AP_REQUIREMENT_NOT_ENOUGH, .value = NAN };
    if (ap_requirement_fault(row) != NULL || row->quantity == AP_QUANTITY_NOT_MEASURED ||
        ap_quantity_is_of_plots(row->quantity) || state->stage != AP_STAGE_DONE)
        return result;
    result.sample_min = ap_requirement_least(row);
    if (ap_evaluation_require_whole(state, row, &result))
        return result;
    if (row->scope == AP_SCOPE_FLIGHT)
        require_each(state, row, &result);
    else
        require_all(state, row, &result);
    return result;
}

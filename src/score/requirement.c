#include "score/requirement.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define INTERVAL_MIN_S 1e-3 /* a flight of a day is then 86 million of them */
#define SAMPLE_MIN 30u      /* for means: where the normal distribution begins to fit */
#define RULE_OF_THREE 3.0   /* none among n: below 3 / n with 95 % confidence */
#define SHARE_MIN_MOST 1e12 /* a limit of 0 or 1 cannot be shown by any number of samples */

typedef struct quantity_row {
    const char *key, *unit, *text;
    ap_quantity_shape shape;
} quantity_row;

static const quantity_row quantities[AP_QUANTITY_COUNT] = {
#define AP_X(name, key, shape, unit, text) { key, unit, text, AP_QUANTITY_SHAPE_##shape },
    AP_QUANTITY_MAP(AP_X)
#undef AP_X
};

#define AP_X(name, key, text) key,
static const char *const statistics[AP_STATISTIC_COUNT] = { AP_STATISTIC_MAP(AP_X) };
static const char *const scopes[AP_SCOPE_COUNT] = { AP_SCOPE_MAP(AP_X) };
static const char *const phases[AP_PHASE_COUNT] = { AP_PHASE_MAP(AP_X) };
static const char *const identity_kinds[AP_IDENTITY_KIND_COUNT] = { AP_IDENTITY_KIND_MAP(AP_X) };
static const char *const sensor_classes[AP_SENSOR_CLASS_COUNT] = { AP_SENSOR_CLASS_MAP(AP_X) };
static const char *const statuses[AP_REQUIREMENT_STATUS_COUNT] = { AP_REQUIREMENT_STATUS_MAP(
    AP_X) };
#undef AP_X

static const char *key_of(const char *const *keys, size_t count, size_t index)
{
    return index < count ? keys[index] : NULL;
}

static int index_of(const char *const *keys, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i], key) == 0)
            return (int)i;
    return -1;
}

const char *ap_quantity_key(ap_quantity quantity)
{
    return (size_t)quantity < AP_QUANTITY_COUNT ? quantities[quantity].key : NULL;
}

const char *ap_quantity_unit(ap_quantity quantity)
{
    return (size_t)quantity < AP_QUANTITY_COUNT ? quantities[quantity].unit : NULL;
}

const char *ap_quantity_text(ap_quantity quantity)
{
    return (size_t)quantity < AP_QUANTITY_COUNT ? quantities[quantity].text : NULL;
}

ap_quantity_shape ap_quantity_shape_of(ap_quantity quantity)
{
    return (size_t)quantity < AP_QUANTITY_COUNT ? quantities[quantity].shape
                                                : AP_QUANTITY_SHAPE_RATIO;
}

const char *ap_statistic_key(ap_statistic statistic)
{
    return key_of(statistics, AP_STATISTIC_COUNT, (size_t)statistic);
}

const char *ap_scope_key(ap_scope scope)
{
    return key_of(scopes, AP_SCOPE_COUNT, (size_t)scope);
}

const char *ap_phase_key(ap_phase phase)
{
    return key_of(phases, AP_PHASE_COUNT, (size_t)phase);
}

const char *ap_identity_kind_key(ap_identity_kind kind)
{
    return key_of(identity_kinds, AP_IDENTITY_KIND_COUNT, (size_t)kind);
}

const char *ap_sensor_class_key(ap_sensor_class sensors)
{
    return key_of(sensor_classes, AP_SENSOR_CLASS_COUNT, (size_t)sensors);
}

const char *ap_requirement_status_key(ap_requirement_status status)
{
    return key_of(statuses, AP_REQUIREMENT_STATUS_COUNT, (size_t)status);
}

int ap_quantity_from_key(const char *key)
{
    for (size_t i = 0; i < AP_QUANTITY_COUNT; i++)
        if (strcmp(quantities[i].key, key) == 0)
            return (int)i;
    return -1;
}

int ap_statistic_from_key(const char *key)
{
    return index_of(statistics, AP_STATISTIC_COUNT, key);
}

int ap_scope_from_key(const char *key)
{
    return index_of(scopes, AP_SCOPE_COUNT, key);
}

int ap_phase_from_key(const char *key)
{
    return index_of(phases, AP_PHASE_COUNT, key);
}

int ap_identity_kind_from_key(const char *key)
{
    return index_of(identity_kinds, AP_IDENTITY_KIND_COUNT, key);
}

int ap_sensor_class_from_key(const char *key)
{
    return index_of(sensor_classes, AP_SENSOR_CLASS_COUNT, key);
}

bool ap_quantity_is_of_plots(ap_quantity quantity)
{
    return quantity >= AP_QUANTITY_PLOT_DETECTION && quantity <= AP_QUANTITY_PLOT_ALTITUDE_CORRECT;
}

bool ap_requirement_is_share(const ap_requirement *row)
{
    ap_quantity_shape shape = ap_quantity_shape_of(row->quantity);
    return shape == AP_QUANTITY_SHAPE_RATIO ||
           (shape == AP_QUANTITY_SHAPE_ERROR &&
            (row->statistic == AP_STATISTIC_BEYOND || row->statistic == AP_STATISTIC_WITHIN));
}

const char *ap_requirement_unit(const ap_requirement *row)
{
    return ap_requirement_is_share(row) ? "1" : ap_quantity_unit(row->quantity);
}

static bool is_positive(double value)
{
    return value > 0.0 && isfinite(value);
}

static const char *list_fault(const ap_requirement *row)
{
    if ((size_t)row->quantity >= AP_QUANTITY_COUNT)
        return "quantity is none of the list";
    if ((size_t)row->statistic >= AP_STATISTIC_COUNT)
        return "statistic is none of the list";
    if ((size_t)row->scope >= AP_SCOPE_COUNT)
        return "scope is none of the list";
    if ((size_t)row->phase >= AP_PHASE_COUNT)
        return "phase is none of the list";
    if ((size_t)row->identity >= AP_IDENTITY_KIND_COUNT)
        return "identity is none of the list";
    if ((size_t)row->sensors >= AP_SENSOR_CLASS_COUNT)
        return "sensors is none of the list";
    return NULL;
}

static bool needs_interval(ap_quantity quantity)
{
    return quantity == AP_QUANTITY_UPDATE || quantity == AP_QUANTITY_LONG_GAP ||
           quantity == AP_QUANTITY_GAP || quantity == AP_QUANTITY_IDENTITY_UPDATE;
}

static bool needs_threshold(const ap_requirement *row)
{
    bool is_error = ap_quantity_shape_of(row->quantity) == AP_QUANTITY_SHAPE_ERROR;
    return (is_error && ap_requirement_is_share(row)) || row->quantity == AP_QUANTITY_LONG_GAP ||
           row->quantity == AP_QUANTITY_GAP || row->quantity == AP_QUANTITY_CORRELATED_ERROR ||
           row->quantity == AP_QUANTITY_ALTITUDE_CORRECT ||
           row->quantity == AP_QUANTITY_FALSE_TRACK_NEAR ||
           row->quantity == AP_QUANTITY_PROXIMATE_TIME;
}

/* Of plots there are sums only. */
static const char *plot_fault(const ap_requirement *row)
{
    if (!ap_quantity_is_of_plots(row->quantity) ||
        ap_quantity_shape_of(row->quantity) != AP_QUANTITY_SHAPE_ERROR ||
        row->statistic == AP_STATISTIC_BIAS)
        return NULL;
    if (row->quantity == AP_QUANTITY_PLOT_TIME_ERROR ||
        row->quantity == AP_QUANTITY_PLOT_RANGE_GAIN)
        return "statistic must be bias for plot_time_error and plot_range_gain";
    if (row->statistic != AP_STATISTIC_RMS && row->statistic != AP_STATISTIC_DEVIATION)
        return "statistic must be rms, bias or deviation for errors of plots";
    return NULL;
}

const char *ap_requirement_fault(const ap_requirement *row)
{
    const char *fault = list_fault(row);
    if (fault != NULL)
        return fault;
    if (!isfinite(row->limit))
        return "limit is missing or no number";
    if (needs_interval(row->quantity) &&
        !(row->interval_s >= INTERVAL_MIN_S && isfinite(row->interval_s)))
        return "interval_s must be 0.001 or more";
    if (needs_threshold(row) && !is_positive(row->threshold))
        return "threshold must be above 0";
    if (row->quantity == AP_QUANTITY_GAP && row->threshold_2 != 0.0 &&
        !(row->threshold_2 > row->threshold))
        return "threshold_2 must be above threshold, or 0";
    if (row->quantity == AP_QUANTITY_PROXIMATE_TIME && row->statistic >= AP_STATISTIC_BEYOND)
        return "proximate_time uses threshold as a distance: no beyond, no within";
    if (row->quantity == AP_QUANTITY_CORRELATED_ERROR && row->run_length < 1)
        return "run_length must be 1 or more";
    if (row->quantity == AP_QUANTITY_FALSE_REPORT_DENSITY &&
        (!is_positive(row->area_m2) || !is_positive(row->window_s)))
        return "area_m2 and window_s must be above 0";
    if (ap_quantity_shape_of(row->quantity) == AP_QUANTITY_SHAPE_ERROR &&
        row->statistic == AP_STATISTIC_QUANTILE && !(row->fraction > 0.0 && row->fraction < 1.0))
        return "fraction must be above 0 and below 1";
    if (!(row->speed_min_mps >= 0.0 && isfinite(row->speed_min_mps)))
        return "speed_min_mps must be 0 or more";
    return plot_fault(row);
}

uint64_t ap_requirement_least(const ap_requirement *row)
{
    if (row->sample_min > 0)
        return row->sample_min;
    if (ap_quantity_shape_of(row->quantity) == AP_QUANTITY_SHAPE_RATE)
        return 0;
    double room = 1.0;
    if (ap_requirement_is_share(row))
        room = row->at_least ? 1.0 - row->limit : row->limit;
    else if (row->statistic == AP_STATISTIC_QUANTILE)
        room = 1.0 - row->fraction;
    else
        return SAMPLE_MIN;
    if (!(room > RULE_OF_THREE / SHARE_MIN_MOST))
        return SAMPLE_MIN;
    return (uint64_t)ceil(RULE_OF_THREE / fmin(room, 1.0) - 1e-9);
}

ap_requirement_status ap_requirement_compare(const ap_requirement *row, double value)
{
    bool keeps = row->at_least ? value >= row->limit : value <= row->limit;
    return keeps ? AP_REQUIREMENT_PASS : AP_REQUIREMENT_FAIL;
}

ap_requirement_status ap_requirement_judge(const ap_requirement *row, double value, uint64_t count,
                                           uint64_t hits, uint64_t least)
{
    if (count == 0)
        return AP_REQUIREMENT_NOT_ENOUGH;
    if (count < least) {
        double bad = (double)(row->at_least ? count - hits : hits);
        double room = row->at_least ? 1.0 - row->limit : row->limit;
        bool is_lost = ap_requirement_is_share(row) && bad > room * (double)least;
        return is_lost ? AP_REQUIREMENT_FAIL : AP_REQUIREMENT_NOT_ENOUGH;
    }
    return ap_requirement_compare(row, value);
}

bool ap_requirement_is_worse(const ap_requirement *row, double value, double than)
{
    return isnan(than) || (row->at_least ? value < than : value > than);
}

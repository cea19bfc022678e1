/* Requirements: one row of a standard's table, as data, and its answer.
 *
 * A row names a quantity (what is counted or measured), how the samples become one number, for
 * which flights and which part of them, and the limit. ap_evaluation_require (evaluation.h) gives
 * pass, fail or "not enough data", the value, and how many samples are behind it.
 *
 * Samples of most quantities are the reports: the tracks' own states, each at its own time, held
 * against the truth that the track followed then. Quantities of plots are what each sensor itself
 * saw, sensor by sensor, and the worst one counts: ap_plots_require (plots.h) answers them; scope,
 * phase and speeds do not apply. Units are SI: the table's reader turns feet,
 * degrees and minutes into them, and ap_quantity_unit tells what a quantity's values are in. */
#ifndef AP_SCORE_REQUIREMENT_H
#define AP_SCORE_REQUIREMENT_H

#include <stdbool.h>
#include <stdint.h>

/* NAME, key in a table, shape of its samples, unit of value and limit, what it is.
 * ERROR: a number a sample; the row's statistic makes one of them. `threshold` is in the unit.
 * RATIO: hits among samples, 0 to 1; statistic is ignored.
 * RATE:  a count over time or area; statistic is ignored, scope is the whole. */
/* clang-format off */
#define AP_QUANTITY_MAP(X)                                                                        \
    X(NOT_MEASURED, "not_measured", RATIO, "1",                                                   \
      "nothing in the data tells of it: always not enough data")                                  \
    X(POSITION_ERROR, "position_error", ERROR, "m", "horizontal error of a report")               \
    X(ALONG_ERROR, "along_error", ERROR, "m", "its part along the truth's velocity")              \
    X(ACROSS_ERROR, "across_error", ERROR, "m", "its part across, to the right")                  \
    X(ALTITUDE_ERROR, "altitude_error", ERROR, "m",                                               \
      "pressure altitude, or height where one side has none")                                     \
    X(VELOCITY_ERROR, "velocity_error", ERROR, "m/s", "length of the horizontal vector error")    \
    X(SPEED_ERROR, "speed_error", ERROR, "m/s", "ground speed")                                   \
    X(SPEED_RATIO_ERROR, "speed_ratio_error", ERROR, "1", "speed error over the truth's speed")   \
    X(TRACK_ANGLE_ERROR, "track_angle_error", ERROR, "rad", "angle of the velocity, [-pi, pi]")   \
    X(CLIMB_RATE_ERROR, "climb_rate_error", ERROR, "m/s", "vertical rate")                        \
    X(LATENCY, "latency", ERROR, "s", "minus the along-track error over the speed")               \
    X(ALTITUDE_AGE, "altitude_age", ERROR, "s", "age of the forwarded pressure altitude")         \
    X(IDENTITY_DELAY, "identity_delay", ERROR, "s",                                               \
      "from a change of the truth's identity, each kind by itself, to the first report that tells" \
      " the new one while it is there; never: beyond any limit")                                   \
    X(BIRTH_DELAY, "birth_delay", ERROR, "s",                                                     \
      "from a flight's begin, or its coming into the coverage, to its first report; never:"       \
      " beyond any limit")                                                                        \
    X(DROP_DELAY, "drop_delay", ERROR, "s", "from a flight's end to its track's last state")      \
    X(PROXIMATE_TIME, "proximate_time", ERROR, "s",                                               \
      "between the times of applicability of the latest reports of two aircraft within"           \
      " `threshold` metres of each other")                                                        \
    X(UPDATE, "update", RATIO, "1",                                                               \
      "intervals of `interval_s` of a flight with a report that is not coasted")                  \
    X(LONG_GAP, "long_gap", RATIO, "1",                                                           \
      "updates missed inside gaps longer than `threshold` seconds, of the updates expected, one"  \
      " each `interval_s`")                                                                       \
    X(GAP, "gap", RATIO, "1",                                                                     \
      "gaps longer than `threshold` and not than `threshold_2` (0: any) seconds, of the updates"  \
      " expected, one each `interval_s`")                                                         \
    X(CORRELATED_ERROR, "correlated_error", RATIO, "1",                                           \
      "reports in runs of `run_length` or more in a row with a position error beyond `threshold`" \
      " metres to the same side, each within 90 degrees of the one before")                       \
    X(IDENTITY_UPDATE, "identity_update", RATIO, "1",                                             \
      "intervals of `interval_s` of a flight with a report that tells the right identity, of"     \
      " those in which the truth has one")                                                        \
    X(ALTITUDE_CORRECT, "altitude_correct", RATIO, "1",                                           \
      "reports of a pressure altitude within `threshold` metres of the truth's, of all whose"     \
      " truth has one")                                                                           \
    X(IDENTITY_CORRECT, "identity_correct", RATIO, "1",                                           \
      "reports that tell the right identity, of those whose truth has one")                       \
    X(IDENTITY_WRONG, "identity_wrong", RATIO, "1", "wrong ones of the identities told")          \
    X(FALSE_REPORT, "false_report", RATIO, "1", "reports with no truth near, of all reports")     \
    X(FALSE_REPORT_DENSITY, "false_report_density", RATE, "1",                                    \
      "most reports with no truth near in one square of `area_m2` within `window_s` seconds")     \
    X(FALSE_TRACK_NEAR, "false_track_near", RATE, "1/h",                                          \
      "false tracks that came within `threshold` metres of a true one")                           \
    X(FALSE_TRACK, "false_track", RATE, "1/h", "false tracks")                                    \
    X(EXTRA_REPORT, "extra_report", RATIO, "1",                                                   \
      "reports of a flight while another track follows it, of its reports")                       \
    X(TRACK_SWITCH, "track_switch", RATE, "1/h", "changes of track number, per hour of flight")   \
    X(EMERGENCY_DELAY, "emergency_delay", ERROR, "s",                                             \
      "from a change of the truth's Mode 3/A code to 7500, 7600 or 7700 to the first report that" \
      " tells it while it is there; never: beyond any limit")                                      \
    X(PLOT_DETECTION, "plot_detection", RATIO, "1",                                               \
      "turns of an aircraft in coverage with a plot")                                             \
    X(PLOT_RANGE_ERROR, "plot_range_error", ERROR, "m", "slant range of plots")                   \
    X(PLOT_RANGE_GAIN, "plot_range_gain", ERROR, "1", "its growth with the range")                \
    X(PLOT_AZIMUTH_ERROR, "plot_azimuth_error", ERROR, "rad", "azimuth of plots")                 \
    X(PLOT_TIME_ERROR, "plot_time_error", ERROR, "s", "times of plots, as errors of places tell") \
    X(PLOT_FALSE, "plot_false", RATIO, "1", "plots with no truth near, of all")                   \
    X(PLOT_SECOND, "plot_second", RATIO, "1",                                                     \
      "plots of an aircraft that had one in that turn, of all")                                   \
    X(PLOT_MODE_3A_CORRECT, "plot_mode_3a_correct", RATIO, "1",                                   \
      "right codes, of the plots with a reply whose truth has one")                               \
    X(PLOT_MODE_3A_WRONG, "plot_mode_3a_wrong", RATIO, "1", "wrong codes of those told")          \
    X(PLOT_ALTITUDE_CORRECT, "plot_altitude_correct", RATIO, "1",                                 \
      "pressure altitudes within 300 ft, of the plots with a reply whose truth has one")

/* NAME, key, how samples of a shape ERROR become the value. */
#define AP_STATISTIC_MAP(X)                                                            \
    X(RMS, "rms", "root of the mean square")                                           \
    X(MEAN, "mean", "mean of the magnitudes")                                          \
    X(BIAS, "bias", "magnitude of the mean")                                           \
    X(MAX, "max", "largest magnitude")                                                 \
    X(DEVIATION, "deviation", "standard deviation about the mean")                     \
    X(QUANTILE, "quantile", "magnitude that the share `fraction` does not exceed")     \
    X(BEYOND, "beyond", "share of the magnitudes above `threshold`, 0 to 1")           \
    X(WITHIN, "within", "share of the magnitudes not above `threshold`, 0 to 1")

/* NAME, key, text. A flight's value for FLIGHT; the worst flight's is the row's. */
#define AP_SCOPE_MAP(X)                                       \
    X(ALL, "all", "all flights together")                     \
    X(FLIGHT, "flight", "each flight, the worst one counts")

/* NAME, key, text: which part of the truth, by its motion. */
#define AP_PHASE_MAP(X)                                              \
    X(ALL, "all", "whatever it does")                                \
    X(STRAIGHT, "straight", "not turning")                           \
    X(TURNING, "turning", "turning")                                 \
    X(LEVEL, "level", "neither climbing nor descending")             \
    X(CLIMBING, "climbing", "climbing or descending")                \
    X(GROUND, "ground", "on the ground")

/* NAME, key: which identity a row is about. */
#define AP_IDENTITY_KIND_MAP(X)                                       \
    X(ANY, "any", "any of them right, and none wrong")                \
    X(ADDRESS, "address", "24-bit address")                           \
    X(MODE_3A, "mode_3a", "Mode 3/A code")                            \
    X(CALLSIGN, "callsign", "aircraft identification")

/* NAME, key, text: the sensors that a row of plots is about. */
#define AP_SENSOR_CLASS_MAP(X)                                                             \
    X(ANY, "any", "every sensor")                                                          \
    X(PRIMARY, "primary", "echoes of primary and combined radars")                         \
    X(SECONDARY, "secondary", "replies of secondary, Mode S and combined radars")

#define AP_REQUIREMENT_STATUS_MAP(X)                                          \
    X(PASS, "pass", "within the limit")                                       \
    X(FAIL, "fail", "beyond the limit")                                       \
    X(NOT_ENOUGH, "not_enough_data", "too few samples to tell")
/* clang-format on */

#define AP_REQUIREMENT_ENUM_(prefix, name) AP_##prefix##_##name
typedef enum ap_quantity {
#define AP_X(name, key, shape, unit, text) AP_QUANTITY_##name,
    AP_QUANTITY_MAP(AP_X)
#undef AP_X
        AP_QUANTITY_COUNT
} ap_quantity;

typedef enum ap_quantity_shape {
    AP_QUANTITY_SHAPE_ERROR,
    AP_QUANTITY_SHAPE_RATIO,
    AP_QUANTITY_SHAPE_RATE,
} ap_quantity_shape;

#define AP_X(name, key, text) AP_REQUIREMENT_ENUM_(STATISTIC, name),
typedef enum ap_statistic { AP_STATISTIC_MAP(AP_X) AP_STATISTIC_COUNT } ap_statistic;
#undef AP_X
#define AP_X(name, key, text) AP_REQUIREMENT_ENUM_(SCOPE, name),
typedef enum ap_scope { AP_SCOPE_MAP(AP_X) AP_SCOPE_COUNT } ap_scope;
#undef AP_X
#define AP_X(name, key, text) AP_REQUIREMENT_ENUM_(PHASE, name),
typedef enum ap_phase { AP_PHASE_MAP(AP_X) AP_PHASE_COUNT } ap_phase;
#undef AP_X
#define AP_X(name, key, text) AP_REQUIREMENT_ENUM_(IDENTITY_KIND, name),
typedef enum ap_identity_kind {
    AP_IDENTITY_KIND_MAP(AP_X) AP_IDENTITY_KIND_COUNT
} ap_identity_kind;
#undef AP_X
#define AP_X(name, key, text) AP_REQUIREMENT_ENUM_(SENSOR_CLASS, name),
typedef enum ap_sensor_class { AP_SENSOR_CLASS_MAP(AP_X) AP_SENSOR_CLASS_COUNT } ap_sensor_class;
#undef AP_X
#define AP_X(name, key, text) AP_REQUIREMENT_ENUM_(REQUIREMENT, name),
typedef enum ap_requirement_status {
    AP_REQUIREMENT_STATUS_MAP(AP_X) AP_REQUIREMENT_STATUS_COUNT
} ap_requirement_status;
#undef AP_X
#undef AP_REQUIREMENT_ENUM_

/* One row. What a quantity or statistic does not use is ignored. */
typedef struct ap_requirement {
    ap_quantity quantity;
    ap_statistic statistic;
    ap_scope scope;
    ap_phase phase;
    ap_identity_kind identity;
    ap_sensor_class sensors;
    double interval_s; /* 0.001 or more where used */
    double threshold, threshold_2;
    double fraction; /* of the quantile, (0, 1) */
    double area_m2, window_s;
    double speed_min_mps; /* samples of slower truths are left out */
    uint32_t run_length;  /* >= 1 where used */
    bool at_least;        /* the value must reach the limit; else it must not exceed it */
    double limit;
    /* Samples below which a value tells nothing (for scope FLIGHT: of a flight). 0: the rule of
     * three for shares, 3 / limit or 3 / (1 - limit) rounded up (with none among n, the share is
     * below 3 / n with 95 % confidence), 1 / (1 - fraction) * 3 for quantiles, 30 otherwise; rates
     * need an hour of observation. */
    uint32_t sample_min;
} ap_requirement;

typedef struct ap_requirement_result {
    ap_requirement_status status;
    double value;          /* NAN when there is no sample at all */
    uint64_t sample_count; /* behind the value; for scope FLIGHT of the worst flight's */
    uint64_t hit_count;    /* of shape RATIO, BEYOND and WITHIN; the events of a rate */
    uint64_t sample_min;   /* the one used */
    uint32_t flight_count; /* flights judged; 1 for scope ALL */
    uint32_t flight_fail_count;
    uint32_t flight_short_count; /* flights with too few samples */
    uint64_t worst_truth;        /* id of the worst flight, for scope FLIGHT */
    uint16_t worst_sensor;       /* of plots, whose counts of flights are counts of sensors */
} ap_requirement_result;

/* Keys and texts; NULL for a number that is none of the list's. */
const char *ap_quantity_key(ap_quantity quantity);
const char *ap_quantity_unit(ap_quantity quantity);
const char *ap_quantity_text(ap_quantity quantity);
ap_quantity_shape ap_quantity_shape_of(ap_quantity quantity);
const char *ap_statistic_key(ap_statistic statistic);
const char *ap_scope_key(ap_scope scope);
const char *ap_phase_key(ap_phase phase);
const char *ap_identity_kind_key(ap_identity_kind kind);
const char *ap_sensor_class_key(ap_sensor_class sensors);
const char *ap_requirement_status_key(ap_requirement_status status);

/* Whether plots answer it, not tracks. */
bool ap_quantity_is_of_plots(ap_quantity quantity);

/* Whether a row's value is a share of its samples, 0 to 1. */
bool ap_requirement_is_share(const ap_requirement *row);

/* Unit of a row's value: that of the quantity, or "1" for shares. */
const char *ap_requirement_unit(const ap_requirement *row);

/* The number of a key, -1 for a word that is none. */
int ap_quantity_from_key(const char *key);
int ap_statistic_from_key(const char *key);
int ap_scope_from_key(const char *key);
int ap_phase_from_key(const char *key);
int ap_identity_kind_from_key(const char *key);
int ap_sensor_class_from_key(const char *key);

/* What is wrong with a row, in words that name the field; NULL: nothing. */
const char *ap_requirement_fault(const ap_requirement *row);

/* Samples that a row asks for: its sample_min, or by the rule beside that. */
uint64_t ap_requirement_least(const ap_requirement *row);

/* Pass or fail, however many samples there are. */
ap_requirement_status ap_requirement_compare(const ap_requirement *row, double value);

/* The same with its samples, hits of a share: fewer than `least` tell nothing, unless no better
 * ones could mend it (more bad ones already than the least number allows). */
ap_requirement_status ap_requirement_judge(const ap_requirement *row, double value, uint64_t count,
                                           uint64_t hits, uint64_t least);

/* Whether a value is farther from keeping the limit than another one; any is than NAN. */
bool ap_requirement_is_worse(const ap_requirement *row, double value, double than);

#endif

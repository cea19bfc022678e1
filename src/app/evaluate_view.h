/* What a report shows beside the figures: series over time, shares by range, densities, targets,
 * sensors and the worst moments, made of the reports of an evaluation. */
#ifndef AP_APP_EVALUATE_VIEW_H
#define AP_APP_EVALUATE_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "app/evaluate_run.h"

#define AP_VIEW_BIN_CAP 2000
#define AP_VIEW_CELLS 64 /* a side of the map, in cells */
#define AP_VIEW_WORST 10
#define AP_VIEW_SENSOR_CAP 256
#define AP_VIEW_NAME_SIZE 64

/* A stretch of the run. */
typedef struct ap_view_bin {
    uint32_t instant_count;
    double gospa2, localisation2, missed2, spurious2; /* sums of squares */
    double missed_count, false_count;                 /* sums over the instants */
    uint64_t error_count, nees_count;
    double error2_m2, error_max_m, nees;
} ap_view_bin;

typedef struct ap_view_target {
    uint32_t expected, updated; /* intervals, and those with a report */
    uint64_t velocity_count, altitude_count, nees_count;
    double velocity2, altitude2, nees;
} ap_view_target;

typedef struct ap_view_sensor {
    uint64_t update_count, error_count, interval_count, direction_count;
    double error2_m2, along_m, across_m, east_m, north_m; /* sums */
    double span_s, interval_s;                            /* of its updates; typical interval */
} ap_view_sensor;

typedef struct ap_view_worst {
    ap_utc_ns time_utc;
    const char *text;
    double value_m;
    uint32_t truth; /* or AP_TRAJECTORY_NONE */
    double x_m, y_m;
} ap_view_worst;

typedef struct ap_view {
    const ap_evaluate_run *run;
    const ap_evaluate_side *side;
    double interval_s; /* of updates expected, for shares and densities */
    size_t bin_count;
    ap_view_bin bin[AP_VIEW_BIN_CAP];
    double bin_s;
    uint64_t range_expected[AP_EVALUATION_RANGE_CAP + 1];
    uint64_t range_updated[AP_EVALUATION_RANGE_CAP + 1];
    double x0_m, y0_m, cell_m;
    uint32_t missed[AP_VIEW_CELLS * AP_VIEW_CELLS], spurious[AP_VIEW_CELLS * AP_VIEW_CELLS];
    ap_view_target *target; /* beside ap_evaluation_targets */
    ap_view_sensor sensor[AP_VIEW_SENSOR_CAP];
    size_t worst_count;
    ap_view_worst worst[AP_VIEW_WORST];
} ap_view;

/* AP_ERR_MEMORY. */
ap_err ap_view_init(ap_view *view, const ap_evaluate_run *run, const ap_evaluate_side *side);

/* A state on the map: metres east and north of the reference place, by scale at its latitude. */
void ap_view_place(const ap_view *view, const ap_trajectory_state *state, double *x_m, double *y_m);

/* A target's id, and the call sign or address that it told. */
void ap_view_target_name(const ap_view *view, uint32_t truth, char name[AP_VIEW_NAME_SIZE]);

void ap_view_close(ap_view *view);

#endif

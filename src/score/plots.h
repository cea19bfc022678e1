/* Plots against truth: what each sensor itself saw, before any tracker.
 *
 * A report with an address belongs to the truth that told this address; one without to the nearest
 * truth inside its gate. From one report of an aircraft to the next the whole turns that passed in
 * coverage are counted, so a turn without a report is a miss however the antenna's time and the
 * aircraft's way shift. Coverage is the sensor's range, above the horizon of an Earth of 4/3 its
 * radius, from the sensor's first report to its last; without a site it is from an aircraft's first
 * report to its last. A described sensor that sent nothing at all has missed every turn from the
 * first report of any sensor to the last. */
#ifndef AP_SCORE_PLOTS_H
#define AP_SCORE_PLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/report.h"
#include "airpicture/sensor.h"
#include "score/motion.h"
#include "score/requirement.h"
#include "score/trajectory.h"

#define AP_PLOTS_SENSOR_CAP 64u /* indices beyond are counted, not scored */
#define AP_PLOTS_RANGE_CAP 50u
#define AP_PLOTS_RANGE_M 10e3 /* of a bucket of the range; the last one is open */

/* Errors along one axis: of a polar report range in m or azimuth in rad, else east or north in m.
 */
typedef struct ap_plot_axis {
    double mean;   /* measured less true */
    double rms;    /* about 0 */
    double bias;   /* the part that does not move with the aircraft */
    double random; /* deviation of what bias and time bias leave */
} ap_plot_axis;

/* A radar may be two: plots with an echo are its primary part's, those with a reply its secondary
 * one's. A plot that says neither is of what its sensor has, where that has one alone. */
typedef enum ap_plot_part {
    AP_PLOT_ANY,
    AP_PLOT_ECHO,  /* errors: of plots without a reply, which would place them */
    AP_PLOT_REPLY, /* turns: where the truth answers, as far as truths tell that */
    AP_PLOT_PART_COUNT
} ap_plot_part;

typedef struct ap_plot_part_figures {
    uint64_t report_count;          /* with a place */
    uint64_t false_count;           /* without a truth */
    uint64_t hit_count, miss_count; /* turns in coverage with and without one */
    uint64_t second_count;          /* of an aircraft that had one in this turn */
    uint64_t error_count;           /* of a sensor that tells addresses, reports with one */
    bool is_polar;
    ap_plot_axis axis[2];
    double range_gain;  /* growth of the range's error with the range; NAN: one range only */
    double time_bias_s; /* > 0: its times are too late; NAN: nothing moved */
} ap_plot_part_figures;

typedef struct ap_plot_figures {
    ap_plot_part_figures part[AP_PLOT_PART_COUNT];
    uint64_t placeless_count;
    uint64_t matched_count;      /* with a truth */
    uint64_t beyond_count;       /* matched outside of coverage: in the errors, no turns */
    bool is_silent;              /* described, and nothing of it in the recordings */
    double turn_count;           /* from its first report to its last */
    uint64_t mode_3a_due_count;  /* matched plots with a reply whose truth has a code */
    uint64_t altitude_due_count; /* the same, a pressure altitude */
    uint64_t mode_3a_count, mode_3a_right_count;
    uint64_t altitude_count, altitude_near_count; /* within 300 ft */
    uint64_t range_hit[AP_PLOTS_RANGE_CAP], range_miss[AP_PLOTS_RANGE_CAP];
    uint64_t range_false[AP_PLOTS_RANGE_CAP]; /* of sensors with a site, as hits and misses */
} ap_plot_figures;

/* A report held against the truth that it is of. */
typedef struct ap_plot_match {
    uint32_t truth;        /* index in the set */
    bool is_placeless;     /* a report of an address without a place: no error, rate or cost */
    ap_motion_point point; /* where it was then */
    double error[2];       /* measured less true: range in m and azimuth in rad of a polar report,
                            * else east and north in m */
    double rate[2];        /* of what is measured, a second */
    double range_m, azimuth_rad, elevation_rad; /* of the truth, for a polar report */
    double cost;                                /* square of the distance in gates */
} ap_plot_match;

struct ap_plots_state;

typedef struct ap_plots {
    struct ap_plots_state *state;
} ap_plots;

/* Bytes for init; 0 for a truth that is not geodetic. */
size_t ap_plots_size(const ap_trajectory_set *truth);

/* `truth` is sorted, with velocities, and outlives the plots, as do `sensors` (whose rows may
 * grow). Truth is known between two of its states at most gap_s apart. AP_ERR_ARGUMENT,
 * AP_ERR_MEMORY. */
ap_err ap_plots_init(ap_plots *plots, const ap_trajectory_set *truth,
                     const ap_sensor_table *sensors, double gap_s, void *mem, size_t mem_size);

/* A report in the order of coming. True when it is of a truth: *match is filled then. Without a
 * match (NULL) it is not asked whose a report without a place is.
 * O(log truths) with an address that is known, else O(truths). */
bool ap_plots_add(ap_plots *plots, const ap_report *report, ap_plot_match *match);

/* Once, after the last report: turns up to the end, means. */
void ap_plots_finish(ap_plots *plots);

/* What a sensor's came to; all zero for one without reports or turns. `sensor` <
 * AP_PLOTS_SENSOR_CAP. */
const ap_plot_figures *ap_plots_of(const ap_plots *plots, uint16_t sensor);

const ap_sensor_table *ap_plots_sensors(const ap_plots *plots);

/* The part of a sensor of that kind that rows of a class are about; AP_PLOT_PART_COUNT: none. */
ap_plot_part ap_plots_part(ap_sensor_class sensors, ap_sensor_kind kind);

/* The answer to a row of plots (ap_quantity_is_of_plots): each sensor of the row's class that has
 * enough plots by itself, the worst one's value. Not enough data for any other row, and for one
 * with a fault. */
ap_requirement_result ap_plots_require(const ap_plots *plots, const ap_requirement *row);

#endif

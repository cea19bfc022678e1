/* Tracks and plots as a sensor sees them: slant range and azimuth, and what it can tell apart. */
#ifndef AP_TRACK_ASPECT_H
#define AP_TRACK_ASPECT_H

#include "airpicture/report.h"
#include "airpicture/sensor.h"
#include "track/filter.h"

typedef struct ap_aspect {
    double slant_m, east_m, north_m, ground_m; /* from the sensor; ground_m >= 1 */
    double along_var_m2, across_var_m2;        /* of range, and across it */
} ap_aspect;

/* Two aircraft so far apart in one of them, and not at all in the other, are one plot every second
 * time; > 0. */
typedef struct ap_cell {
    double range_m, azimuth_rad;
} ap_cell;

/* Mean position of a filter, ECEF. */
ap_vec3 ap_aspect_place(const ap_imm *imm);

/* A track, at the filter's time; a plot, with the errors that its report states. Both need a sensor
 * with a site. */
ap_aspect ap_aspect_of(const ap_sensor *sensor, const ap_imm *imm);
ap_aspect ap_aspect_of_plot(const ap_sensor *sensor, const ap_report *report,
                            const ap_measure *measure);

/* How far `a` lies to the right of `b`, across the line of sight half way between them; huge when
 * they lie to opposite sides of the sensor. */
double ap_aspect_across_m(const ap_aspect *a, const ap_aspect *b);

/* As the sensor's description says, or as follows from the noise in its report. */
ap_cell ap_cell_of(const ap_sensor *sensor, const ap_report *report);

#endif

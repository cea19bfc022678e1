/* The plane of a scenario, and the Earth that the tracker knows: a tangent plane at an origin, x
 * east and y north. Detections become reports, tracks become states in the plane. */
#ifndef AP_APP_PLANE_H
#define AP_APP_PLANE_H

#include <stdbool.h>

#include "airpicture/report.h"
#include "airpicture/sensor.h"
#include "airpicture/track.h"
#include "app/detections.h"

/* Where a scenario lies that says nothing of the Earth: 0 N 0 E, on the ellipsoid. There x and y go
 * along the parallels and meridians as nearly as anywhere. */
ap_enu_frame ap_plane_default(void);

/* Position in the plane; of a detection with range and azimuth about the sensor's site in it.
 * z is 0 where no height is known. */
ap_vec3 ap_plane_position(const ap_enu_frame *plane, const ap_detection *detection);

/* What the sensor reports.
 * in : flat: the world is the plane. Ranges lie in it (with an elevation they are slant), and what
 *      has no height lies in it too; the height above the ellipsoid goes with the report, so the
 *      tracker's round Earth gives the flat one back. Else ranges are slant, the sensor's biases
 *      are taken off, and heights are those of the row.
 *      sensor has a site. Accuracies that the row has not are the sensor's.
 * out: *report but for receive_utc and sensor. */
void ap_plane_report(const ap_enu_frame *plane, bool flat, const ap_sensor *sensor,
                     const ap_detection *detection, ap_report *report);

/* A track in the plane. */
typedef struct ap_plane_track {
    const ap_track *track;
    const ap_track_event *update; /* that it tells of; NULL: it is of a picture */
    const ap_sensor_table *sensors;
    double x_m, y_m, z_m;
    double vx_mps, vy_mps, vz_mps;
    double P[4][4]; /* of x, y, vx, vy */
} ap_plane_track;

ap_plane_track ap_plane_track_of(const ap_enu_frame *plane, const ap_sensor_table *sensors,
                                 const ap_track *track);

#endif

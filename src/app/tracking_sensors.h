/* The sensors of a run of `airpicture track`: found by name, made and estimated. */
#ifndef AP_APP_TRACKING_SENSORS_H
#define AP_APP_TRACKING_SENSORS_H

#include "app/tracking.h"

/* Index of the sensor of a detection; a name not seen yet makes a radar, unless the sensors are
 * those of a file. AP_SENSOR_NONE with *refusal and `why`. */
uint16_t ap_tracking_sensor_of(ap_tracking *tracking, const ap_detection *detection,
                               ap_detection_refusal *refusal, char why[AP_DETECTION_WHY_SIZE]);

/* Whether the next call for this detection would make a radar. */
bool ap_tracking_is_new(ap_tracking *tracking, const ap_detection *detection);

/* The plane's origin, by what is held. */
void ap_tracking_place(ap_tracking *tracking);

/* Widens the coverage of a made radar to hold a plot at this range. */
void ap_tracking_cover(ap_tracking *tracking, uint16_t sensor, double range_m);

/* Turn time, extent and a first guess at the clutter of the made radars from index `first` on, from
 * what is held. AP_ERR_MEMORY. */
ap_err ap_tracking_estimate(ap_tracking *tracking, uint16_t first);

#endif

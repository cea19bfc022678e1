/* How a sensor keeps time: how late its reports come, and where its antenna is. Learnt from what it
 * sends, for people to look at; no report changes by it. */
#ifndef AP_SENSE_PACE_H
#define AP_SENSE_PACE_H

#include "airpicture/report.h"
#include "airpicture/sensor.h"

/* A report with a time of its own, target or marker, in the order of reception. */
void ap_pace_take(ap_sensor_pace *pace, ap_sensor_kind kind, const ap_report *report);

#endif

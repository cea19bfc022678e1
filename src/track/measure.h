/* Reports to measurements in ECEF. */
#ifndef AP_TRACK_MEASURE_H
#define AP_TRACK_MEASURE_H

#include "airpicture/report.h"
#include "airpicture/sensor.h"
#include "track/filter.h"

/* What `report` measured; `has` is 0 when nothing in it is kinematic. Numbers beyond what flies are
 * left out. What depends on the track that it may belong to is left open (ap_measure_has). */
void ap_measure_read(const ap_report *report, const ap_sensor *sensor, ap_measure *measure);

/* Completes what is open, at the filter's own time. track: its height serves positions that have
 * none, its frame turns velocities that come without a position, its speed makes rates of turn
 * accelerations. NULL: a position is placed at a usual height with an error to match, the rest is
 * left out. */
void ap_measure_place(ap_measure *measure, const ap_sensor *sensor, const ap_imm *track);

/* Both. */
void ap_measure_from_report(const ap_report *report, const ap_sensor *sensor, const ap_imm *track,
                            ap_measure *measure);

/* Predicts to the time of the measurement, completes it there, and takes it in. sensors: those that
 * measure->sensor numbers; NULL for one that is not open. */
void ap_measure_apply(const ap_measure *measure, const ap_sensor *sensors, ap_imm *imm);

/* ap_measure_from_report of reports of one sensor without a track; several slant ranges at once
 * cost less. */
void ap_measure_from_reports(size_t count, const ap_report *const *reports, const ap_sensor *sensor,
                             ap_measure *const *measures);

/* True when the report's position needs a height that it does not have itself. */
bool ap_measure_needs_height(const ap_report *report);

#endif

/* Reports to measurements in ECEF. */
#ifndef AP_TRACK_MEASURE_H
#define AP_TRACK_MEASURE_H

#include "airpicture/report.h"
#include "airpicture/sensor.h"
#include "track/filter.h"

/* What `report` measured.
 * in : track = the filter that it may belong to, or NULL: its height serves plots that have none,
 *      its frame turns velocities that come without a position.
 * out: *measure; has = 0 when nothing in the report is kinematic.
 * A slant range without any height is placed at a usual one with an error to match. Numbers beyond
 * what flies are left out. */
void ap_measure_from_report(const ap_report *report, const ap_sensor *sensor, const ap_imm *track,
                            ap_measure *measure);

/* The same of reports of one sensor without a track; several slant ranges at once cost less. */
void ap_measure_from_reports(size_t count, const ap_report *const *reports, const ap_sensor *sensor,
                             ap_measure *const *measures);

/* True when the report's position needs a height that it does not have itself. */
bool ap_measure_needs_height(const ap_report *report);

#endif

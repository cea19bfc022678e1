/* Reports as aircraft rows: what SBS, aircraft.json and GDL90 can say of them.
 *
 * Lost: covariances and sigmas, radar measurements, doppler, track numbers, flags of validation and
 * garbling. A row is in the air when its ADS-B report has a position or velocity and is not on the
 * ground; other reports that are not on the ground say nothing of it. Of emergency states a row has
 * that of its squawk. */
#ifndef AP_PUBLISH_REPORT_ROW_H
#define AP_PUBLISH_REPORT_ROW_H

#include "airpicture/aircraft_row.h"
#include "airpicture/report.h"
#include "airpicture/sensor.h"

/* `kind` of the report's sensor tells the source: positions of anything but an ADS-B receiver are
 * mlat, tisb or other. Numbers are rounded as the row has them. */
void ap_row_of_report(const ap_report *report, ap_sensor_kind kind, ap_aircraft_row *row);

#endif

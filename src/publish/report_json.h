/* Reports as JSON lines: what each sensor said, as the tracker gets it. Units are in the keys; what
 * is not present is absent. Documented key by key in doc/formats.md, Report lines. */
#ifndef AP_PUBLISH_REPORT_JSON_H
#define AP_PUBLISH_REPORT_JSON_H

#include "airpicture/bytes.h"
#include "airpicture/err.h"
#include "airpicture/report.h"
#include "airpicture/sensor.h"

#define AP_REPORT_JSON_SIZE 4096 /* room for any line */

/* Appends one object and a line feed. AP_ERR_FULL when it does not fit; the writer is then as
 * before, but for `bad`. */
ap_err ap_report_json(ap_writer *text, const ap_sensor_table *sensors, const ap_report *report);

#endif

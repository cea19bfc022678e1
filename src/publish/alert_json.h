/* Alerts as JSON lines: one object at the begin and one at the end of each, and one when somebody
 * acknowledges it. */
#ifndef AP_PUBLISH_ALERT_JSON_H
#define AP_PUBLISH_ALERT_JSON_H

#include "airpicture/alert.h"
#include "airpicture/bytes.h"
#include "airpicture/err.h"

#define AP_ALERT_JSON_SIZE 768 /* room for any line */

/* Appends {"alert_id", "alert", "text", "track_id", the detail under a key of its own ("squawk",
 * "icao24", "nic"), "since_s", "since_utc", once it ended "until_s", "until_utc", once it
 * was seen "acknowledged_by", "acknowledged_s", "acknowledged_utc"} and a line feed. AP_ERR_FULL
 * when it does not fit; the writer is then as before, but for `bad`. */
ap_err ap_alert_json(ap_writer *text, const ap_alert *alert);

#endif

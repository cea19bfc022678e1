/* Tracks as CSV (RFC 4180): a header, one row per event, the keys of the JSON lines as columns.
 * Lists (sources, reasons) are parted by ';'. */
#ifndef AP_PUBLISH_TRACK_CSV_H
#define AP_PUBLISH_TRACK_CSV_H

#include "airpicture/bytes.h"
#include "airpicture/err.h"
#include "airpicture/sensor.h"
#include "airpicture/track.h"

#define AP_TRACK_CSV_SIZE 16384 /* room for any row */

/* AP_ERR_FULL when it does not fit; the writer is then as before, but for `bad`. */
ap_err ap_track_csv_head(ap_writer *text);
ap_err ap_track_csv(ap_writer *text, const ap_sensor_table *sensors, const ap_track_event *event,
                    const ap_track *track);

#endif

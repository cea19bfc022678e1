/* Tracks as JSON lines: one object per event. Units are in the keys; what is not known is absent.
 *
 * time_s and time_utc are those of the state (position, speed); event_time_s is that of the event
 * when it differs (a late report, a tick that dropped the track). Documented key by key in
 * doc/formats.md, Track lines. */
#ifndef AP_PUBLISH_TRACK_JSON_H
#define AP_PUBLISH_TRACK_JSON_H

#include "airpicture/bytes.h"
#include "airpicture/err.h"
#include "airpicture/sensor.h"
#include "airpicture/track.h"

#define AP_TRACK_JSON_SIZE 16384 /* room for any line */

/* Appends one object and a line feed. `sensors` gives the names of sources. AP_ERR_FULL when it
 * does not fit; the writer is then as before, but for `bad`. */
ap_err ap_track_json(ap_writer *text, const ap_sensor_table *sensors, const ap_track_event *event,
                     const ap_track *track);

#endif

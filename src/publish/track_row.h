/* Tracks and trails as aircraft rows: what formats of the ADS-B world can tell of them. */
#ifndef AP_PUBLISH_TRACK_ROW_H
#define AP_PUBLISH_TRACK_ROW_H

#include "airpicture/aircraft_row.h"
#include "airpicture/track.h"
#include "picture/history.h"

/* The state as it stands, with its times. Its source is the best technique of the last 15 s: ADS-B,
 * multilateration, Mode S; "other" for what has been seen by primary radar and Mode A/C only. Its
 * address is that of its key (publish/aircraft_key.h). Lost: covariances, sources, reasons. */
ap_aircraft_row ap_row_of_track(const ap_track *track, bool by_number);

/* One point of a trail. */
ap_aircraft_row ap_row_of_point(const ap_trail *trail, const ap_point *point, bool by_number);

#endif

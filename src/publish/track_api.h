/* Tracks as the service answers for them: JSON objects, GeoJSON features (RFC 7946), one track with
 * all that is known of it, and the sensors.
 *
 * Objects have the keys of track lines (doc/formats.md, Track lines), without an event; ages are
 * those at `now`. Each call appends; AP_ERR_FULL, with the writer as before but for `bad`, when it
 * does not fit. */
#ifndef AP_PUBLISH_TRACK_API_H
#define AP_PUBLISH_TRACK_API_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/err.h"
#include "airpicture/sensor.h"
#include "airpicture/track.h"
#include "picture/history.h"
#include "picture/picture.h"

/* Room for any one track as object or feature, for any one point of a history. */
#define AP_TRACK_API_SIZE 6144
#define AP_TRACK_API_POINT_SIZE 512

/* One object and a line feed. `sensors` gives names and may be NULL, here and below. */
ap_err ap_track_api_json(ap_writer *text, const ap_sensor_table *sensors, const ap_track *track,
                         ap_utc_ns now);

/* One Feature and a line feed: a Point of longitude, latitude and, when it is known, height above
 * the ellipsoid. */
ap_err ap_track_api_feature(ap_writer *text, const ap_sensor_table *sensors, const ap_track *track,
                            ap_utc_ns now);

/* `,"reasons":[...]`: why it is what it is, oldest first, with texts; and `,"contributions":[...]`:
 * what each sensor gave. */
ap_err ap_track_api_why(ap_writer *text, const ap_sensor_table *sensors, const ap_track *track,
                        ap_utc_ns now);

/* `,"history":[...]`: the newest `cap` points of its trail, oldest first. */
ap_err ap_track_api_history(ap_writer *text, const ap_history *history, const ap_trail *trail,
                            uint32_t cap);

/* Bounds of positions, as RFC 7946 5 wants them: over the date line west is greater than east. */
typedef struct ap_bbox {
    uint64_t count;
    double west_deg, east_deg;                   /* of what lies in [-180, 180] */
    double west_positive_deg, east_positive_deg; /* the same of longitudes in [0, 360) */
    double south_deg, north_deg;
} ap_bbox;

void ap_bbox_add(ap_bbox *bbox, double latitude_rad, double longitude_rad);

/* `"bbox":[west,south,east,north],`; nothing without any position. */
void ap_bbox_json(ap_writer *text, const ap_bbox *bbox);

/* `{...}`: what a sensor is, where, and what it has delivered and lost by reason. */
ap_err ap_sensor_json(ap_writer *text, const ap_sensor_table *sensors, uint16_t sensor,
                      ap_utc_ns now);

#endif

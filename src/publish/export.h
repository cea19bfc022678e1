/* Archived tracks as text for other programs: GeoJSON (RFC 7946), KML 2.2 with gx:Track, CZML, CSV.
 *
 * A format is three functions: what stands before all tracks, one track with all its points, what
 * stands behind. Text goes in pieces to whoever takes it; only the points of one track are ever
 * needed at once. Call signs and names come from the air: whatever they hold, the text stays well
 * formed (octets that are no UTF-8 and controls become U+FFFD or are escaped). */
#ifndef AP_PUBLISH_EXPORT_H
#define AP_PUBLISH_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/time.h"

/* Texts may be NULL or empty, numbers NaN, times AP_UTC_UNKNOWN: not known, and left out. */
typedef struct ap_export_point {
    ap_utc_ns time;                        /* known */
    double latitude_deg, longitude_deg;    /* known; [-90, 90], [-180, 180] */
    double height_m, pressure_altitude_ft; /* above the ellipsoid; at 1013.25 hPa */
    double ground_speed_kt, track_deg, vertical_rate_fpm, position_sigma_m;
    const char *state, *sensor;
    bool gap; /* what lay between this one and the one before is left out */
} ap_export_point;

typedef struct ap_export_track {
    uint32_t track_id, track_number; /* 0: no number */
    const char *icao24, *address_kind, *callsign, *squawk, *emitter_category;
    ap_utc_ns born, confirmed, updated;
    uint32_t update_count;
    const char *end_reason, *sources;
} ap_export_track;

/* No piece of text is longer. */
#define AP_EXPORT_ROOM 16384

/* Where text goes: `send` takes what has come together. False ends the writing. */
typedef struct ap_export_sink {
    uint8_t bytes[2 * AP_EXPORT_ROOM];
    ap_writer text; /* over `bytes` */
    bool (*send)(void *context, const uint8_t *bytes, size_t size);
    void *context;
    bool failed; /* `send` said no, or a piece was too long; nothing is sent any more */
} ap_export_sink;

/* What a whole file is told of itself. */
typedef struct ap_export_head {
    ap_utc_ns first, last; /* times of all points; AP_UTC_UNKNOWN: there are none */
} ap_export_head;

/* Bounds of what a GeoJSON file holds, kept from its begin to its end. */
typedef struct ap_export_bounds {
    uint64_t count;
    double west_deg, east_deg;                   /* of what lies in [-180, 180] */
    double west_positive_deg, east_positive_deg; /* the same of longitudes in [0, 360) */
    double south_deg, north_deg, low_m, high_m;
    bool is_flat; /* a height is not known: no bounds of heights */
} ap_export_bounds;

typedef struct ap_export {
    ap_export_sink *sink;
    ap_export_bounds bounds;
    uint64_t track_count;
    uint32_t last_id, same_id_count; /* an archive of several lives has an id more than once */
} ap_export;

typedef struct ap_export_format {
    const char *key, *ending; /* "geojson", ".geojson" */
    bool wants_span;          /* `begin` uses head->first and last */
    void (*begin)(ap_export *out, const ap_export_head *head);
    void (*track)(ap_export *out, const ap_export_track *track, const ap_export_point *points,
                  size_t count);
    void (*end)(ap_export *out);
} ap_export_format;

/* Ends with a NULL key. */
extern const ap_export_format ap_export_formats[];

/* The one with this key; NULL: there is none. */
const ap_export_format *ap_export_format_of(const char *key);

/* Empties the sink; `send` and `context` are kept. */
void ap_export_sink_reset(ap_export_sink *sink);

/* Sends what is left. False when the sink has failed. */
bool ap_export_sink_flush(ap_export_sink *sink);

#endif

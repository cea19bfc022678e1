/* Rows of an archive: what is kept of tracks, alerts and sensors, whatever the store. Written by a
 * GeoPackage (io/geopackage.h), by sinks of the live archive (io/archive_sink.h).
 *
 * Angles are degrees of WGS 84, heights metres above the ellipsoid. A NaN, an empty or absent text
 * and AP_UTC_UNKNOWN are what is not known: NULL in a database. */
#ifndef AP_IO_ARCHIVE_ROW_H
#define AP_IO_ARCHIVE_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/time.h"

/* A track behind an update. Of one track, times may run back: a late report comes late. */
typedef struct ap_row_point {
    uint32_t track_id; /* > 0 */
    int32_t flags;     /* AP_POINT_* of picture/point.h; negative: not known */
    ap_utc_ns time;
    double latitude_deg, longitude_deg, height_m;
    const char *state, *sensor;
    double pressure_altitude_ft, ground_speed_kt, track_deg, vertical_rate_fpm;
    double position_sigma_m;
} ap_row_point;

/* A track as it is known so far, or at its end. */
typedef struct ap_row_track {
    uint32_t track_id;     /* > 0 */
    uint32_t track_number; /* 0 = none */
    char icao24[8];        /* or another kind of address, see address_kind */
    char address_kind[16];
    char callsign[16];
    char squawk[8];
    char emitter_category[4];
    ap_utc_ns born, confirmed, updated;
    uint32_t update_count;
    char end_reason[24]; /* empty: alive so far, or when the input ended */
    char sources[256];   /* names parted by ';' */
    bool needs_points;   /* of a whole file: left out when none of its points was added */
} ap_row_track;

/* What a sensor delivered so far; its name is unique. */
typedef struct ap_row_sensor {
    const char *name, *kind;
    bool has_sac_sic, has_site;
    uint8_t sac, sic;
    double latitude_deg, longitude_deg, height_m;
    uint64_t byte_count, record_count, report_count, service_count, refused_count;
    ap_utc_ns first, last;
} ap_row_sensor;

/* An alert, when it begins, and once more, under the same number, when it is over. */
typedef struct ap_row_alert {
    uint32_t alert_id; /* > 0 */
    uint32_t track_id; /* whom it concerns */
    const char *kind;  /* key of ap_alert_kind */
    uint32_t detail;   /* see airpicture/alert.h */
    ap_utc_ns since, until;
} ap_row_alert;

/* Why something became of a track. */
typedef struct ap_row_reason {
    uint32_t track_id;
    uint32_t number; /* of the track's reasons, from 1; what is missing between was not kept */
    ap_utc_ns time;
    const char *reason, *text, *sensor; /* key, and what it means */
    uint32_t other_track_id;            /* 0 = none */
    /* The track behind it; unknown when the row was made after a later report. */
    double existence;
    char identity[64]; /* "icao24=3c6dd2 callsign=DLH9LF squawk=1000", what is known of it */
} ap_row_reason;

typedef enum ap_row_kind {
    AP_ROW_POINT,
    AP_ROW_TRACK,
    AP_ROW_ALERT,
    AP_ROW_REASON,
    AP_ROW_SENSOR,
    AP_ROW_KIND_COUNT
} ap_row_kind;

/* Where a row stands among all that an engine ever gave. */
typedef struct ap_row_mark {
    int64_t run;  /* a life of the engine's memory, however many processes: when it began, UTC in
                   * ns. Track and alert numbers are unique in a run. */
    uint64_t row; /* from 1 in a run: the same input gives a row the same number again */
    ap_utc_ns received; /* of the newest that was received before the row was made; never runs back
                         * for long */
} ap_row_mark;

/* A row on its way to a store. */
typedef struct ap_row {
    ap_row_kind kind;
    bool again; /* made from a recording behind a restart: a store may have it already */
    ap_row_mark mark;
    union { /* by kind */
        ap_row_point point;
        ap_row_track track;
        ap_row_alert alert;
        ap_row_reason reason;
        ap_row_sensor sensor;
    };
} ap_row;

#endif

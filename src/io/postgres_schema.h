/* SQL of the PostgreSQL archive. The schema of the configuration stands first in the search path,
 * so no name but its own is ever put into a statement. */
#ifndef AP_IO_POSTGRES_SCHEMA_H
#define AP_IO_POSTGRES_SCHEMA_H

#define AP_POSTGRES_LAYOUT "1" /* of the tables: another is refused */

/* Columns in the order of io/postgres_row.c. */
#define AP_POSTGRES_POINT_COLUMNS                                                                  \
    "run, track_id, time, geom, state, sensor, height_m, pressure_altitude_ft, ground_speed_kt, "  \
    "track_deg, vertical_rate_fpm, position_sigma_m"
#define AP_POSTGRES_REASON_COLUMNS                                                                 \
    "run, track_id, number, time, reason, text, sensor, other_track_id, existence, identity"
#define AP_POSTGRES_TRACK_COLUMNS                                                                  \
    "run, track_id, track_number, icao24, address_kind, callsign, squawk, emitter_category, "      \
    "born, confirmed, updated, update_count, end_reason, sources"
#define AP_POSTGRES_ALERT_COLUMNS "run, alert_id, track_id, kind, detail, since, until"
#define AP_POSTGRES_SENSOR_COLUMNS                                                                 \
    "run, name, geom, kind, sac, sic, height_m, byte_count, record_count, report_count, "          \
    "service_count, refused_count, first, last"

/* One transaction. What has no partition goes to the default one. */
#define AP_POSTGRES_TABLES                                                                         \
    "CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public;"                                        \
    "CREATE TABLE track_points (run timestamptz NOT NULL, track_id bigint NOT NULL, "              \
    "time timestamptz, geom geometry(PointZ,4326), state text, sensor text, height_m real, "       \
    "pressure_altitude_ft real, ground_speed_kt real, track_deg real, vertical_rate_fpm real, "    \
    "position_sigma_m real) PARTITION BY RANGE (time);"                                            \
    "CREATE TABLE track_points_else PARTITION OF track_points DEFAULT;"                            \
    "CREATE INDEX track_points_time ON track_points USING brin (time) WITH (pages_per_range=32);"  \
    "CREATE TABLE track_reasons (run timestamptz NOT NULL, track_id bigint NOT NULL, "             \
    "number bigint NOT NULL, time timestamptz, reason text, text text, sensor text, "              \
    "other_track_id bigint, existence real, identity text) PARTITION BY RANGE (time);"             \
    "CREATE TABLE track_reasons_else PARTITION OF track_reasons DEFAULT;"                          \
    "CREATE INDEX track_reasons_time ON track_reasons USING brin (time);"                          \
    "CREATE TABLE tracks (run timestamptz, track_id bigint, track_number bigint, icao24 text, "    \
    "address_kind text, callsign text, squawk text, emitter_category text, born timestamptz, "     \
    "confirmed timestamptz, updated timestamptz, update_count bigint, end_reason text, "           \
    "sources text, PRIMARY KEY (run, track_id));"                                                  \
    "CREATE INDEX tracks_icao24 ON tracks (icao24);"                                               \
    "CREATE TABLE alerts (run timestamptz, alert_id bigint, track_id bigint, kind text, "          \
    "detail bigint, since timestamptz, until timestamptz, PRIMARY KEY (run, alert_id));"           \
    "CREATE TABLE sensors (run timestamptz, name text, geom geometry(PointZ,4326), kind text, "    \
    "sac bigint, sic bigint, height_m real, byte_count bigint, record_count bigint, "              \
    "report_count bigint, service_count bigint, refused_count bigint, first timestamptz, "         \
    "last timestamptz, PRIMARY KEY (run, name));"                                                  \
    "CREATE TABLE spools (spool text PRIMARY KEY, stored bigint NOT NULL, "                        \
    "stored_at timestamptz NOT NULL DEFAULT now());"                                               \
    "CREATE TABLE layout (version bigint NOT NULL);"                                               \
    "INSERT INTO layout VALUES (" AP_POSTGRES_LAYOUT ")"

/* Rows that replace those of the same number come by a table of the connection; `at` is their
 * order. */
#define AP_POSTGRES_STAGES                                                                         \
    "CREATE TEMP TABLE new_tracks (LIKE tracks, at bigint GENERATED ALWAYS AS IDENTITY) "          \
    "ON COMMIT DELETE ROWS;"                                                                       \
    "CREATE TEMP TABLE new_alerts (LIKE alerts, at bigint GENERATED ALWAYS AS IDENTITY) "          \
    "ON COMMIT DELETE ROWS;"                                                                       \
    "CREATE TEMP TABLE new_sensors (LIKE sensors, at bigint GENERATED ALWAYS AS IDENTITY) "        \
    "ON COMMIT DELETE ROWS"

#define AP_POSTGRES_COPY(table, columns) "COPY " table " (" columns ") FROM STDIN (FORMAT binary)"
#define AP_POSTGRES_NEWEST(table, key, columns)                                                    \
    "INSERT INTO " table " (" columns ") SELECT DISTINCT ON (run, " key ") " columns               \
    " FROM new_" table " ORDER BY run, " key ", at DESC ON CONFLICT (run, " key ") DO UPDATE SET "

#define AP_POSTGRES_MERGE_TRACKS                                                                   \
    AP_POSTGRES_NEWEST("tracks", "track_id", AP_POSTGRES_TRACK_COLUMNS)                            \
    "track_number = excluded.track_number, icao24 = excluded.icao24, "                             \
    "address_kind = excluded.address_kind, callsign = excluded.callsign, "                         \
    "squawk = excluded.squawk, emitter_category = excluded.emitter_category, "                     \
    "born = excluded.born, confirmed = excluded.confirmed, updated = excluded.updated, "           \
    "update_count = excluded.update_count, end_reason = excluded.end_reason, "                     \
    "sources = excluded.sources"
#define AP_POSTGRES_MERGE_ALERTS                                                                   \
    AP_POSTGRES_NEWEST("alerts", "alert_id", AP_POSTGRES_ALERT_COLUMNS)                            \
    "track_id = excluded.track_id, kind = excluded.kind, detail = excluded.detail, "               \
    "since = excluded.since, until = excluded.until"
#define AP_POSTGRES_MERGE_SENSORS                                                                  \
    AP_POSTGRES_NEWEST("sensors", "name", AP_POSTGRES_SENSOR_COLUMNS)                              \
    "geom = excluded.geom, kind = excluded.kind, sac = excluded.sac, sic = excluded.sic, "         \
    "height_m = excluded.height_m, byte_count = excluded.byte_count, "                             \
    "record_count = excluded.record_count, report_count = excluded.report_count, "                 \
    "service_count = excluded.service_count, refused_count = excluded.refused_count, "             \
    "first = excluded.first, last = excluded.last"

#endif

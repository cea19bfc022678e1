/* SQL of the archive's reader. `main` is a temporary database on disk, `src` one archive. */
#ifndef AP_IO_ARCHIVE_READ_SQL_H
#define AP_IO_ARCHIVE_READ_SQL_H

#include "io/archive_columns.h"

#define AP_READ_SETUP                                                                              \
    "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE;"                     \
    "PRAGMA cache_size=-8192;"                                                                     \
    "CREATE TABLE tracks (file INTEGER, track_id INTEGER, track_number INTEGER, icao24 TEXT, "     \
    "address_kind TEXT, callsign TEXT, squawk TEXT, emitter_category TEXT, born TEXT, "            \
    "confirmed TEXT, updated TEXT, update_count INTEGER, end_reason TEXT, sources TEXT, "          \
    "wanted INTEGER DEFAULT 0);"                                                                   \
    "CREATE TABLE points (track_id INTEGER, file INTEGER, geom BLOB, time_s REAL, state TEXT, "    \
    "sensor TEXT, height_m REAL, pressure_altitude_ft REAL, ground_speed_kt REAL, "                \
    "track_deg REAL, vertical_rate_fpm REAL, position_sigma_m REAL, flags INTEGER);"               \
    "CREATE TABLE reasons (track_id INTEGER, file INTEGER, number INTEGER, time_s REAL, "          \
    "reason TEXT, text TEXT, sensor TEXT, other_track_id INTEGER, existence REAL, "                \
    "identity TEXT);"                                                                              \
    "CREATE TABLE sensors (name TEXT PRIMARY KEY, kind TEXT, sac INTEGER, sic INTEGER, "           \
    "geom BLOB, height_m REAL, byte_count INTEGER, record_count INTEGER, report_count INTEGER, "   \
    "service_count INTEGER, refused_count INTEGER, first TEXT, last TEXT);"                        \
    "CREATE TABLE wanted (track_id INTEGER PRIMARY KEY);"

#define AP_READ_STAGE_TRACKS                                                                       \
    "INSERT INTO main.tracks SELECT ?, fid, track_number, icao24, address_kind, callsign, "        \
    "squawk, emitter_category, born, confirmed, updated, update_count, end_reason, sources, 0 "    \
    "FROM src.tracks"
#define AP_READ_INDEX_TRACKS "CREATE INDEX main.tracks_by_id ON tracks(track_id)"

/* Of the files that have a sensor the newest counts. */
#define AP_READ_STAGE_SENSORS                                                                      \
    "INSERT INTO main.sensors SELECT name, kind, sac, sic, geom, height_m, byte_count, "           \
    "record_count, report_count, service_count, refused_count, first, last FROM src.sensors s "    \
    "WHERE name IS NOT NULL ON CONFLICT(name) DO UPDATE SET kind=excluded.kind, "                  \
    "geom=excluded.geom, height_m=excluded.height_m, byte_count=excluded.byte_count, "             \
    "record_count=excluded.record_count, report_count=excluded.report_count, "                     \
    "service_count=excluded.service_count, refused_count=excluded.refused_count, "                 \
    "first=ifnull(min(first, excluded.first), ifnull(first, excluded.first)), last=excluded.last " \
    "WHERE ifnull(excluded.last,'') >= ifnull(last,'')"

#define AP_READ_IN_TIME "time_s >= ?2 AND time_s < ?3"
#define AP_READ_WANTED " AND track_id IN (SELECT track_id FROM main.wanted)"
/* "%s" as in AP_ARCHIVE_POINT_COLUMNS. */
#define AP_READ_POINTS_OF_FILE                                                                     \
    "SELECT track_id, ?1, " AP_ARCHIVE_POINT_COLUMNS                                               \
    " FROM src.track_points WHERE " AP_READ_IN_TIME
#define AP_READ_STAGE_POINTS "INSERT INTO main.points " AP_READ_POINTS_OF_FILE
#define AP_READ_POINTS_OF_ALL                                                                      \
    "SELECT track_id, file, " AP_ARCHIVE_POINT_COLUMNS " FROM main.points ORDER BY track_id, "     \
    "time_s, rowid"
#define AP_READ_SPAN_OF_FILE                                                                       \
    "SELECT min(time_s), max(time_s) FROM src.track_points WHERE " AP_READ_IN_TIME
#define AP_READ_SPAN_OF_ALL "SELECT min(time_s), max(time_s) FROM main.points"

#define AP_READ_LAST_ID_OF_FILE                                                                    \
    "SELECT max((SELECT ifnull(max(track_id),0) FROM main.tracks), "                               \
    "(SELECT ifnull(max(track_id),0) FROM src.track_points))"
#define AP_READ_LAST_ID_OF_ALL                                                                     \
    "SELECT max((SELECT ifnull(max(track_id),0) FROM main.tracks), "                               \
    "(SELECT ifnull(max(track_id),0) FROM main.points))"

/* Columns that a release lacked are NULL. */
#define AP_READ_STAGE_REASONS                                                                      \
    "INSERT INTO main.reasons SELECT track_id, ?1, %s, time_s, reason, %s, sensor, %s, %s, %s "    \
    "FROM src.track_reasons WHERE 1"
#define AP_READ_INDEX_REASONS "CREATE INDEX main.reasons_by_id ON reasons(track_id)"
#define AP_READ_REASONS                                                                            \
    "SELECT DISTINCT number, time_s, reason, text, sensor, other_track_id, existence, identity, "  \
    "file FROM main.reasons WHERE track_id=? ORDER BY time_s, number"

#define AP_READ_TRACKS                                                                             \
    "SELECT file, wanted, " AP_ARCHIVE_TRACK_COLUMNS                                               \
    " FROM main.tracks WHERE track_id=? ORDER BY updated"

#define AP_READ_SENSORS                                                                            \
    "SELECT name, kind, sac, sic, geom, height_m, byte_count, record_count, report_count, "        \
    "service_count, refused_count, first, last FROM main.sensors ORDER BY name"

#define AP_READ_TRACKS_OF_REASONS                                                                  \
    "SELECT track_id, file, NULL, time_s FROM main.reasons ORDER BY track_id, time_s"

/* What a word may mean, in this order. */
#define AP_READ_WANT_ICAO                                                                          \
    "UPDATE main.tracks SET wanted=1 WHERE lower(icao24)=lower(?1) AND "                           \
    "ifnull(address_kind,'icao')='icao'"
#define AP_READ_WANT_OTHER                                                                         \
    "UPDATE main.tracks SET wanted=1 WHERE lower(icao24)=lower(?1) AND address_kind<>'icao'"
#define AP_READ_WANT_NUMBER "UPDATE main.tracks SET wanted=1 WHERE track_number=CAST(?1 AS INTEGER)"
#define AP_READ_WANT_ID "UPDATE main.tracks SET wanted=1 WHERE track_id=CAST(?1 AS INTEGER)"
#define AP_READ_WANT_CALLSIGN                                                                      \
    "UPDATE main.tracks SET wanted=1 WHERE upper(trim(callsign))=upper(trim(?1))"
#define AP_READ_KEEP_WANTED                                                                        \
    "INSERT OR IGNORE INTO main.wanted SELECT track_id FROM main.tracks WHERE wanted"
#define AP_READ_WANT_POINTS                                                                        \
    "INSERT OR IGNORE INTO main.wanted SELECT track_id FROM src.track_points "                     \
    "WHERE track_id=CAST(?1 AS INTEGER) LIMIT 1"

#endif

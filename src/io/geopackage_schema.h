/* SQL of the archive. */
#ifndef AP_IO_GEOPACKAGE_SCHEMA_H
#define AP_IO_GEOPACKAGE_SCHEMA_H

/* 0x47504B47 = "GPKG"; 10300 = version 1.3. No journal: a file that was not committed is removed.
 */
#define AP_GEOPACKAGE_PRAGMAS                                                                      \
    "PRAGMA page_size=4096;"                                                                       \
    "PRAGMA auto_vacuum=NONE;"                                                                     \
    "PRAGMA encoding='UTF-8';"                                                                     \
    "PRAGMA journal_mode=OFF;"                                                                     \
    "PRAGMA synchronous=OFF;"                                                                      \
    "PRAGMA locking_mode=EXCLUSIVE;"                                                               \
    "PRAGMA cache_size=-16384;"                                                                    \
    "PRAGMA application_id=1196444487;"                                                            \
    "PRAGMA user_version=10300;"

#define AP_GEOPACKAGE_CORE                                                                         \
    "CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, "      \
    "organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, "                      \
    "definition TEXT NOT NULL, description TEXT);"                                                 \
    "CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, "  \
    "identifier TEXT UNIQUE, description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT "  \
    "(strftime('%Y-%m-%dT%H:%M:%fZ','now')), min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, "           \
    "max_y DOUBLE, srs_id INTEGER, CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES "     \
    "gpkg_spatial_ref_sys(srs_id));"                                                               \
    "CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, "    \
    "geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, "              \
    "m TINYINT NOT NULL, CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), "          \
    "CONSTRAINT uk_gc_table_name UNIQUE (table_name), CONSTRAINT fk_gc_tn FOREIGN KEY "            \
    "(table_name) REFERENCES gpkg_contents(table_name), CONSTRAINT fk_gc_srs FOREIGN KEY "         \
    "(srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));"                                          \
    "INSERT INTO gpkg_spatial_ref_sys VALUES "                                                     \
    "('Undefined cartesian SRS', -1, 'NONE', -1, 'undefined', "                                    \
    "'undefined cartesian coordinate reference system'),"                                          \
    "('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', "                                     \
    "'undefined geographic coordinate reference system'),"                                         \
    "('WGS 84 geodetic', 4326, 'EPSG', 4326, 'GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID["      \
    "\"WGS 84\",6378137,298.257223563,AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]]" \
    ",PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,"    \
    "AUTHORITY[\"EPSG\",\"9122\"]],AUTHORITY[\"EPSG\",\"4326\"]]', "                               \
    "'longitude/latitude coordinates in decimal degrees on the WGS 84 spheroid');"

#define AP_GEOPACKAGE_TABLES                                                                       \
    "CREATE TABLE track_points (fid INTEGER PRIMARY KEY NOT NULL, geom POINT, "                    \
    "track_id INTEGER, time DATETIME, time_s REAL, state TEXT, sensor TEXT, height_m REAL, "       \
    "pressure_altitude_ft REAL, ground_speed_kt REAL, track_deg REAL, vertical_rate_fpm REAL, "    \
    "position_sigma_m REAL, flags INTEGER);"                                                       \
    "CREATE TABLE tracks (fid INTEGER PRIMARY KEY NOT NULL, geom LINESTRING, "                     \
    "track_number INTEGER, icao24 TEXT, address_kind TEXT, callsign TEXT, squawk TEXT, "           \
    "emitter_category TEXT, born DATETIME, confirmed DATETIME, updated DATETIME, "                 \
    "update_count INTEGER, end_reason TEXT, sources TEXT, point_count INTEGER);"                   \
    "CREATE TABLE track_reasons (fid INTEGER PRIMARY KEY NOT NULL, track_id INTEGER, "             \
    "number INTEGER, time DATETIME, time_s REAL, reason TEXT, text TEXT, sensor TEXT, "            \
    "other_track_id INTEGER, existence REAL, identity TEXT);"                                      \
    "CREATE TABLE sensors (fid INTEGER PRIMARY KEY NOT NULL, geom POINT, name TEXT, kind TEXT, "   \
    "sac INTEGER, sic INTEGER, height_m REAL, byte_count INTEGER, record_count INTEGER, "          \
    "report_count INTEGER, service_count INTEGER, refused_count INTEGER, first DATETIME, "         \
    "last DATETIME);"                                                                              \
    "CREATE TABLE counters (fid INTEGER PRIMARY KEY NOT NULL, sensor TEXT, reason TEXT, "          \
    "text TEXT, count INTEGER);"                                                                   \
    "CREATE TABLE meta (fid INTEGER PRIMARY KEY NOT NULL, key TEXT, value TEXT);"

#define AP_GEOPACKAGE_ADD_POINT "INSERT INTO track_points VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?,?)"
#define AP_GEOPACKAGE_ADD_TRACK                                                                    \
    "INSERT OR REPLACE INTO tracks VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
#define AP_GEOPACKAGE_ADD_REASON "INSERT INTO track_reasons VALUES (NULL,?,?,?,?,?,?,?,?,?,?)"
#define AP_GEOPACKAGE_ADD_SENSOR "INSERT INTO sensors VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?,?)"
#define AP_GEOPACKAGE_ADD_COUNTER "INSERT INTO counters VALUES (NULL,?,?,?,?)"
#define AP_GEOPACKAGE_ADD_META "INSERT INTO meta VALUES (NULL,?,?)"
#define AP_GEOPACKAGE_ADD_CONTENTS "INSERT INTO gpkg_contents VALUES (?,?,?,?,?,?,?,?,?,?)"
#define AP_GEOPACKAGE_ADD_GEOMETRY "INSERT INTO gpkg_geometry_columns VALUES (?,'geom',?,4326,1,?)"

/* The points of each track behind each other, in order of arrival. */
#define AP_GEOPACKAGE_POINTS_BY_TRACK                                                              \
    "SELECT track_id, geom, time_s FROM track_points ORDER BY track_id, fid"

#endif

/* What the formats of exports share. */
#ifndef AP_PUBLISH_EXPORT_PARTS_H
#define AP_PUBLISH_EXPORT_PARTS_H

#include "publish/columns.h"
#include "publish/export.h"

/* A writer with room for a piece of AP_EXPORT_ROOM. */
ap_writer *ap_export_room(ap_export_sink *sink);

typedef struct ap_export_row {
    const ap_export_track *track;
    const ap_export_point *point;
} ap_export_row;

/* Of ap_export_row: first what a track is, behind that what a point is. */
extern const ap_column ap_export_columns[];
extern const size_t ap_export_track_column_count, ap_export_column_count;

/* "YYYY-MM-DDThh:mm:ss.sssZ". */
void ap_export_utc(ap_writer *text, ap_utc_ns time);

/* For people: the call sign, else the address, else "track 12". */
const char *ap_export_name(const ap_export_track *track, char name[32]);

/* "track-12", of the next track of that id "track-12-2": unique in a file. Once a track. */
void ap_export_put_id(ap_writer *text, ap_export *out, uint32_t track_id);

/* Heights for formats that must have one: the point's own, else the newest known before it, else
 * the first known behind it, else 0. `before` is the height of the point before; of the first that
 * is asked for, of ap_export_height_before. */
double ap_export_height_before(const ap_export_point *points, size_t count, size_t at);
double ap_export_height(double before, const ap_export_point *point);

bool ap_export_has_height(const ap_export_point *points, size_t count);

void ap_geojson_begin(ap_export *out, const ap_export_head *head);
void ap_geojson_track(ap_export *out, const ap_export_track *track, const ap_export_point *points,
                      size_t count);
void ap_geojson_end(ap_export *out);
void ap_kml_begin(ap_export *out, const ap_export_head *head);
void ap_kml_track(ap_export *out, const ap_export_track *track, const ap_export_point *points,
                  size_t count);
void ap_kml_end(ap_export *out);
void ap_czml_begin(ap_export *out, const ap_export_head *head);
void ap_czml_track(ap_export *out, const ap_export_track *track, const ap_export_point *points,
                   size_t count);
void ap_czml_end(ap_export *out);

#endif

/* What `airpicture track` writes of a track: one table of columns for CSV and JSON lines. */
#ifndef AP_APP_PLANE_COLUMNS_H
#define AP_APP_PLANE_COLUMNS_H

#include "airpicture/bytes.h"
#include "app/plane.h"

/* The names of the columns, or one track; CR LF or LF at the end as RFC 4180 and JSON lines have
 * it. JSON lines tell the innovation of an update, too. text->bad when it does not fit. */
void ap_plane_csv_head(ap_writer *text);
void ap_plane_csv(ap_writer *text, const ap_plane_track *row);
void ap_plane_json(ap_writer *text, const ap_plane_track *row);

#endif

/* Rows of an archive as what displays are told: the state of a track, and who it is. */
#ifndef AP_APP_ARCHIVE_STATE_H
#define AP_APP_ARCHIVE_STATE_H

#include "io/archive_row.h"
#include "picture/point.h"
#include "publish/delta.h"

/* Steps are those of ap_point. Rows of a release that lacked flags have no techniques; the altitude
 * is the pressure altitude, or the height above the ellipsoid where only that is known. */
ap_point ap_archive_state_point(const ap_row_point *row);

ap_delta_identity ap_archive_state_identity(const ap_row_track *row);

#endif

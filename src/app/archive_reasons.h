/* Which of a track's reasons are new since its last event: the ring of a track holds its newest
 * AP_TRACK_REASON_CAP, an archive holds all. */
#ifndef AP_APP_ARCHIVE_REASONS_H
#define AP_APP_ARCHIVE_REASONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "airpicture/sensor.h"
#include "airpicture/track.h"
#include "io/geopackage.h"
#include "picture/id_table.h"

typedef struct ap_archive_reasons {
    ap_id_table told; /* id of a track, and its reason_count at its last event */
    uint32_t count, cap;
} ap_archive_reasons;

/* Entries of the table for so many tracks alive at once, and the reasons of it in memory of the
 * caller's, whose they stay: not to be closed. */
size_t ap_archive_reasons_entries(uint32_t track_cap);
void ap_archive_reasons_place(ap_archive_reasons *reasons, uint32_t track_cap,
                              ap_id_entry *entries);

/* The same in memory of its own. AP_ERR_MEMORY. */
ap_err ap_archive_reasons_init(ap_archive_reasons *reasons, uint32_t track_cap);

/* The reasons of an archived track (ap_archive_holds) that were not given before, oldest first;
 * all that its ring holds the first time. A dead track is forgotten. Those of more tracks than the
 * capacity are given again each time. The rows point into `sensors`. */
size_t ap_archive_reasons_take(ap_archive_reasons *reasons, const ap_sensor_table *sensors,
                               const ap_track *track, ap_row_reason rows[AP_TRACK_REASON_CAP]);

/* True between a track's first and last. */
bool ap_archive_reasons_has(const ap_archive_reasons *reasons, uint32_t track_id);

/* Safe twice. */
void ap_archive_reasons_close(ap_archive_reasons *reasons);

#endif

/* A segment: a GeoPackage that is appended to while others read it. A valid one from the first
 * moment, without indexes and lines of tracks until it is finished. Its journal is a write-ahead
 * log: readers see what was committed, and a killed process leaves what it had committed.
 *
 * The tables are those of io/geopackage.h and `alerts`. `meta` holds the mark of the newest row. */
#ifndef AP_IO_GEOPACKAGE_SEGMENT_H
#define AP_IO_GEOPACKAGE_SEGMENT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "airpicture/err.h"
#include "io/archive_row.h"
#include "io/geopackage_db.h"

typedef struct ap_geopackage_segment {
    ap_geopackage_db to;
    sqlite3_stmt *add_alert, *drop_sensor, *set_mark;
    bool is_open, is_changed; /* changed: since the last commit */
    uint64_t row_count;       /* taken by this process */
} ap_geopackage_segment;

/* Makes the file, which is not there yet, with the tracks of `before`, a segment's path, that had
 * not ended; NULL: without. `mark`: of the newest row in earlier segments. */
ap_err ap_geopackage_segment_create(ap_geopackage_segment *segment, const char *path,
                                    const char *before, const ap_row_mark *mark);

/* Goes on with one that was not finished. *mark: of its newest row. */
ap_err ap_geopackage_segment_open(ap_geopackage_segment *segment, const char *path,
                                  ap_row_mark *mark);

/* What one that is not open holds, and whether it was finished. AP_ERR_MALFORMED: it is none, or
 * damaged. AP_ERR_IO: it could not be read now, with `message`. */
ap_err ap_geopackage_segment_look(const char *path, ap_row_mark *mark, bool *is_finished,
                                  char message[AP_IO_MESSAGE_SIZE]);

/* A row; of a track, alert or sensor it takes the place of the one before. AP_ERR_RANGE: it cannot
 * be stored. After any other error segment->to.failure tells, and only close works. */
ap_err ap_geopackage_segment_take(ap_geopackage_segment *segment, const ap_row *row);

/* What was taken is there for every reader, and after a kill. */
ap_err ap_geopackage_segment_commit(ap_geopackage_segment *segment, const ap_row_mark *mark);

/* Forgets what was not committed. Safe twice. */
void ap_geopackage_segment_close(ap_geopackage_segment *segment);

/* Makes the lines and indexes of a segment that nobody writes, and folds its log in. On an error
 * nothing has changed and `message` tells why; it may be tried again. It gives up soon after
 * *is_ending is true. */
ap_err ap_geopackage_segment_finish(const char *path, const atomic_bool *is_ending,
                                    char message[AP_IO_MESSAGE_SIZE]);

#endif

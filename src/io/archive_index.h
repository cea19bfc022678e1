/* What a live archive has: the segments of a folder (io/geopackage_segments.h), those that are
 * being written too. For who answers questions about moments of the past; io/archive_read.h reads
 * whole tracks. */
#ifndef AP_IO_ARCHIVE_INDEX_H
#define AP_IO_ARCHIVE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "airpicture/time.h"
#include "io/input.h"

/* Rows of a segment are in order of arrival. A report's time is at most so far before or after
 * that: of one segment, times run back by less. */
#define AP_ARCHIVE_DISORDER_NS (30 * AP_NS_PER_S)

typedef struct ap_archive_segment {
    char *path;
    ap_utc_ns begin, end; /* times of points lie in [begin, end], but for those that came late */
    int64_t run;          /* a life of the engine: track ids are unique in it */
    uint64_t point_count;
    bool is_finished;
    int64_t size, changed_ns; /* of the file, when it was looked at */
} ap_archive_segment;

/* Segments with points, in order of their names, which is that of time. */
typedef struct ap_archive_index {
    char folder[1024];
    ap_archive_segment *segments;
    size_t count;
} ap_archive_index;

/* Nothing is read. AP_ERR_RANGE: the folder's name is too long. */
ap_err ap_archive_index_init(ap_archive_index *index, const char *folder);

/* Lists the folder, and looks into what it has not seen, or what is still written: some tenths of a
 * millisecond each. Files that are no segments are left out; of one that cannot be read just now
 * stays what was known. AP_ERR_MEMORY with `message`; a folder that is not there or empty has no
 * segments. */
ap_err ap_archive_index_refresh(ap_archive_index *index, char message[AP_IO_MESSAGE_SIZE]);

/* The place of the segment that holds what was at `time`: the last that begins before or then; the
 * first of all, if `time` is before. The index is not empty. */
size_t ap_archive_index_at(const ap_archive_index *index, ap_utc_ns time);

/* Where the life of that segment ends: the place behind its last one. */
size_t ap_archive_index_end_of_run(const ap_archive_index *index, size_t at);

/* Safe twice. */
void ap_archive_index_close(ap_archive_index *index);

#endif

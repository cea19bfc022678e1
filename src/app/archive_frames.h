/* The past as the stream told it: what an archive holds of some seconds, as messages of
 * publish/delta.h, the first a snapshot, the others changes a step later each. The picture of a
 * moment T are the tracks with a point at or before T that is not older than `age`, each with the
 * newest, less those that had ended by then; it depends on T and the archive alone, not on where
 * the answer begins. */
#ifndef AP_APP_ARCHIVE_FRAMES_H
#define AP_APP_ARCHIVE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/archive_index.h"
#include "io/archive_window.h"

#define AP_ARCHIVE_FRAMES_MAX 3600 /* in one answer */

typedef struct ap_archive_frames_ask {
    ap_utc_ns from, until; /* until >= from; the first frame is at `from` */
    int64_t step_ns;       /* [0.1 s, 3600 s] */
    int64_t age_ns;        /* [1 s, 600 s] */
    bool json;
} ap_archive_frames_ask;

/* Text that grows. */
typedef struct ap_archive_text {
    uint8_t *data; /* free it */
    size_t size, cap;
} ap_archive_text;

/* Room for `size` more behind `text->size`. */
ap_err ap_archive_text_room(ap_archive_text *text, size_t size);

/* Writes the frames, of which there is at least one; fewer than asked for when the archive, or the
 * life of the service that `from` lies in, ends before, or when they would be too many or too large
 * (300,000 points, 16 MB): then who wants more asks from the last one on. Binary: of each message
 * u32 its size in octets and u32 0, little-endian, the message, zeros up to a multiple of 8. JSON:
 * an object with `frames`.
 *
 * AP_ERR_UNKNOWN: the archive has no points. AP_ERR_FULL: more than 2,000,000 points lie within
 * `age` before. AP_ERR_MEMORY, AP_ERR_IO. All with `message`; `out` is to be freed then too. */
ap_err ap_archive_frames(const ap_archive_index *index, const ap_archive_frames_ask *ask,
                         const ap_archive_limits *limits, ap_archive_text *out,
                         char message[AP_IO_MESSAGE_SIZE]);

#endif

/* Reads archives for what is cut out of them: track after track, and the points of each in order of
 * time. An archive is one GeoPackage of ours (io/geopackage.h), finished or being written, or a
 * folder of them by the hour; a track over several files comes out as one.
 *
 * Rows are sorted on disk (SQLite's temporary files, under $SQLITE_TMPDIR or /var/tmp), so memory
 * holds no more than some MB, whatever the archive. Of one file nothing is copied before; of a
 * folder what is asked for. The archive itself is not changed, nor is its writer held up. */
#ifndef AP_IO_ARCHIVE_READ_H
#define AP_IO_ARCHIVE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "airpicture/time.h"
#include "io/archive_row.h"
#include "io/input.h"

typedef struct ap_archive_ask {
    const char *path;
    ap_utc_ns from, until; /* points in [from, until); INT64_MIN, INT64_MAX: all */
    bool has_box;
    double west_deg, south_deg, east_deg, north_deg; /* west > east: over the date line */
    /* Of each word the first of these that something is: a 24-bit address, six hexadecimal digits,
     * with '~' before those that ICAO did not assign; 'n' and a track number; a track id; a call
     * sign, in upper or lower case. No word: every track. */
    const char *const *words;
    size_t word_count;
    bool with_reasons; /* else ap_archive_reader_reasons has none */
    bool by_reasons;   /* tracks that have reasons, whenever; no points. Needs with_reasons */
} ap_archive_ask;

struct ap_archive_reader_state;

typedef struct ap_archive_reader {
    struct ap_archive_reader_state *state; /* NULL when closed */
} ap_archive_reader;

/* `ask` must outlive the reader. AP_ERR_NO_INPUT: the file or any file of the folder is not there.
 * AP_ERR_MALFORMED: it is none of ours, or damaged. AP_ERR_UNKNOWN: there is no track of a word.
 * AP_ERR_IO: no room to sort. All with `message`, here and below. */
ap_err ap_archive_reader_open(ap_archive_reader *reader, const ap_archive_ask *ask,
                              char message[AP_IO_MESSAGE_SIZE]);

/* The next track that has points in what was asked for (or reasons, by_reasons), in order of id;
 * what several files tell of it is put together, the newest counts. AP_ERR_END behind the last. */
ap_err ap_archive_reader_track(ap_archive_reader *reader, ap_row_track *track,
                               char message[AP_IO_MESSAGE_SIZE]);

/* The next point of that track, in order of time. *gap: points between it and the one before lay
 * outside of the box. Its texts stay until close. AP_ERR_END behind the last. */
ap_err ap_archive_reader_point(ap_archive_reader *reader, ap_row_point *point, bool *gap,
                               char message[AP_IO_MESSAGE_SIZE]);

/* Calls `on_reason` for all that happened to the track, whenever, in order. An archive of an older
 * release has none. An error of `on_reason` ends it and is given back. */
typedef ap_err (*ap_archive_reason_fn)(void *context, const ap_row_reason *reason);
ap_err ap_archive_reader_reasons(ap_archive_reader *reader, ap_archive_reason_fn on_reason,
                                 void *context, char message[AP_IO_MESSAGE_SIZE]);

/* The same for the sensors of the archive, each once, with the counts of its newest file. */
typedef ap_err (*ap_archive_sensor_fn)(void *context, const ap_row_sensor *sensor);
ap_err ap_archive_reader_sensors(ap_archive_reader *reader, ap_archive_sensor_fn on_sensor,
                                 void *context, char message[AP_IO_MESSAGE_SIZE]);

/* Times of the first and the last point that is asked for, the box aside; AP_UTC_UNKNOWN without
 * any. O(rows). */
ap_err ap_archive_reader_span(ap_archive_reader *reader, ap_utc_ns *first, ap_utc_ns *last,
                              char message[AP_IO_MESSAGE_SIZE]);

/* One above the ids of all tracks that have a row and of all points; with several files, of the
 * points that were asked for. O(rows). AP_ERR_IO, with `message`. */
ap_err ap_archive_reader_free_id(ap_archive_reader *reader, uint32_t *track_id,
                                 char message[AP_IO_MESSAGE_SIZE]);

/* Safe twice. */
void ap_archive_reader_close(ap_archive_reader *reader);

#endif

/* What the two halves of the archive's reader share: archive_read_open.c finds and prepares,
 * archive_read.c reads. */
#ifndef AP_IO_ARCHIVE_READ_STATE_H
#define AP_IO_ARCHIVE_READ_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "io/archive_folder.h"
#include "io/archive_read.h"

/* One file's row of the track at hand. */
typedef struct known_row {
    int64_t file;
    ap_utc_ns born;
    bool wanted;
} known_row;

struct ap_archive_reader_state {
    const ap_archive_ask *ask;
    ap_archive_files files;
    size_t at_file;   /* for messages */
    bool is_attached; /* as `src` */
    sqlite3 *db;
    sqlite3_stmt *points, *tracks;
    char **names; /* texts of points, each once */
    size_t name_count;
    bool has_row; /* `points` stands on a row that nobody took */
    bool is_in_track, gap;
    uint32_t track_id;
    ap_utc_ns born; /* tells tracks of one id in several runs apart */
    known_row *rows;
    size_t row_count, row_cap;
};

/* What SQLite failed with, told for people. */
ap_err ap_archive_read_fail(const struct ap_archive_reader_state *s,
                            char message[AP_IO_MESSAGE_SIZE]);
ap_err ap_archive_read_fail_memory(char message[AP_IO_MESSAGE_SIZE]);

/* Parameters 1 to 3: the file, the time from and the time until. */
void ap_archive_read_bind_span(const struct ap_archive_reader_state *s, sqlite3_stmt *statement,
                               size_t file);

/* The next row of `points`; has_row tells whether there is one. */
ap_err ap_archive_read_next_row(struct ap_archive_reader_state *s,
                                char message[AP_IO_MESSAGE_SIZE]);

/* One file is read where it is; of several what is asked for is copied. */
static inline bool ap_archive_read_is_single(const struct ap_archive_reader_state *s)
{
    return s->files.count == 1;
}

#endif

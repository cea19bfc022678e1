/* Sink: a store that rows of the live archive go to, as a table of functions. Each sink has a queue
 * and a thread of its own (io/archive_feed.h), on which all but `stats` is called, so it may wait
 * for a disk or a server: seconds are no harm, and it never delays the engine.
 *
 * There is one way through every fault, that of a killed process. An error of `take` or `commit`
 * closes the sink; some time later it is opened again and tells up to where the store has rows for
 * good; what is behind that is given again, from the queue or, after a restart of the program, from
 * the recording. So a sink keeps nothing over a close but what its store holds, and the store holds
 * the mark of the newest row beside the rows, in the same transaction. */
#ifndef AP_IO_ARCHIVE_SINK_H
#define AP_IO_ARCHIVE_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/archive_row.h"
#include "io/input.h"

/* What a store holds and waits for; members that have no meaning for it stay 0. */
typedef struct ap_archive_sink_stats {
    uint64_t file_count;                /* that there are now, of segments or partitions */
    uint64_t removed_count;             /* files that were removed because of age or size */
    uint64_t byte_count;                /* of files on disk; of a server, of its spool */
    uint64_t disk_free_size, disk_size; /* of the file system under them; 0: not told */
    uint64_t spool_count, spool_size;   /* rows and octets on disk that a server is yet to get */
    uint64_t spool_full_count;          /* rows that found no room there, and are refused */
    uint64_t spool_damaged_count;       /* rows that could not be read from there */
    bool has_server, is_connected;
    uint64_t connection_count;             /* that were made to the server */
    uint64_t stored_count;                 /* rows that the server has for good */
    char server_error[AP_IO_MESSAGE_SIZE]; /* newest one, also when it is back; "": none yet */
} ap_archive_sink_stats;

typedef struct ap_archive_sink ap_archive_sink;

typedef struct ap_archive_sink_ops {
    /* Opens the store. *committed: up to where it has rows for good; all 0 when it has none. An
     * error with sink->message is tried again, a second later and for ever. */
    ap_err (*open)(ap_archive_sink *sink, ap_row_mark *committed);
    /* Takes a row, of which no more than what its kind has may be read, and nothing kept that it
     * points to. AP_ERR_RANGE: this one row cannot be stored; it is counted as refused, and the
     * next is given. Any other error: see above. Rows of a sensor replace those of the same name,
     * of a track and an alert those of the same number. */
    ap_err (*take)(ap_archive_sink *sink, const ap_row *row);
    /* All rows that were taken, up to the mark, are in the store for good when it returns AP_OK,
     * even if this process is killed. `through` may be before the mark that `open` gave (when the
     * recording lacks the last milliseconds) and counts from then on. Called when rows have waited
     * for a second, or a quarter of the queue is full. */
    ap_err (*commit)(ap_archive_sink *sink, const ap_row_mark *through);
    /* Several times a second while it is open, also when there are no rows. May be NULL. */
    ap_err (*tick)(ap_archive_sink *sink);
    /* Lets go of everything; rows since the last commit are forgotten. Also after a failed open.
     * is_end: the program ends, or reads its configuration anew. */
    void (*close)(ap_archive_sink *sink, bool is_end);
    /* Any thread, any time. */
    void (*stats)(const ap_archive_sink *sink, ap_archive_sink_stats *stats);
} ap_archive_sink_ops;

struct ap_archive_sink {
    const char *name; /* "geopackage" */
    const ap_archive_sink_ops *ops;
    void *context;                    /* the sink's own */
    char message[AP_IO_MESSAGE_SIZE]; /* of the newest error: one line, what and where and why */
};

#endif

/* Spool: records on disk, first in, first out, between one thread that writes and one that reads.
 *
 * A folder holds segments, files of frames (io/spool_frame.h), and belongs to one process at a
 * time. Records are numbered, from 1, and kept until the reader releases them; a segment of which
 * all are released is removed. A record counts when it was committed: written and synced
 * (fdatasync), so it survives the process and the machine. What was not, a reopened spool cuts off.
 * Numbers that were once given are never given again, also where a damaged end was cut.
 *
 * A damaged octet costs the record that it is in; the next are found again. */
#ifndef AP_IO_SPOOL_H
#define AP_IO_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/input.h"
#include "io/spool_frame.h"

#define AP_SPOOL_MARK_MAX 64u
#define AP_SPOOL_LIMIT_MIN (UINT64_C(1) << 20)

typedef struct ap_spool_config {
    const char *folder;    /* made if it is not there */
    uint64_t limit_size;   /* octets on disk, >= AP_SPOOL_LIMIT_MIN; commits may pass it by some
                            * hundred */
    uint64_t segment_size; /* octets from which the next begins; 0: limit / 16, at most 16 MiB */
} ap_spool_config;

/* What a commit says beside its records: the caller's. */
typedef struct ap_spool_mark {
    uint8_t octets[AP_SPOOL_MARK_MAX];
    uint32_t size; /* 0: nothing was committed yet */
} ap_spool_mark;

typedef struct ap_spool_record {
    uint64_t number;
    const uint8_t *octets; /* [size], until the next call of the reader */
    uint32_t size;
} ap_spool_record;

typedef struct ap_spool_stats {
    uint64_t newest;              /* number of the newest record that was committed */
    uint64_t record_count;        /* committed and not released */
    uint64_t size, segment_count; /* on disk */
    uint64_t full_count;          /* records refused because of the limit */
    uint64_t missing_count;       /* records that the reader did not find: damaged */
} ap_spool_stats;

struct ap_spool_state;

typedef struct ap_spool {
    struct ap_spool_state *state; /* NULL when closed */
} ap_spool;

/* Opens or makes it. *mark: of the newest commit. AP_ERR_ARGUMENT, AP_ERR_MEMORY, AP_ERR_IO with
 * `message`: also when another process has it, or the folder holds segments of two spools. */
ap_err ap_spool_open(ap_spool *spool, const ap_spool_config *config, ap_spool_mark *mark,
                     char message[AP_IO_MESSAGE_SIZE]);

/* Forgets what was not committed. Safe twice. */
void ap_spool_close(ap_spool *spool);

/* Drawn when the folder was made: never that of another. */
uint64_t ap_spool_id(const ap_spool *spool);

/* --- the writer --- */

/* AP_ERR_FULL: the limit is reached, and nothing was taken. AP_ERR_RANGE: above
 * AP_SPOOL_RECORD_MAX. AP_ERR_IO with `message`: rollback or close. */
ap_err ap_spool_put(ap_spool *spool, const void *record, size_t size,
                    char message[AP_IO_MESSAGE_SIZE]);

/* All that was put counts from now on. AP_ERR_IO with `message`: rollback or close. */
ap_err ap_spool_commit(ap_spool *spool, const ap_spool_mark *mark,
                       char message[AP_IO_MESSAGE_SIZE]);

/* Of the newest commit. */
ap_spool_mark ap_spool_mark_of(const ap_spool *spool);

/* Forgets what was put since the last commit. AP_ERR_IO with `message`: only close is left. */
ap_err ap_spool_rollback(ap_spool *spool, char message[AP_IO_MESSAGE_SIZE]);

/* --- the reader --- */

/* The next record that is read is the first above `number`; those up to there are released. */
void ap_spool_seek(ap_spool *spool, uint64_t number);

/* AP_ERR_END: all that was committed was read. AP_ERR_IO with `message`: seek, and try again. */
ap_err ap_spool_next(ap_spool *spool, ap_spool_record *record, char message[AP_IO_MESSAGE_SIZE]);

/* Records up to `number` are needed no more. */
void ap_spool_release(ap_spool *spool, uint64_t number);

/* --- any thread --- */

ap_spool_stats ap_spool_stats_of(const ap_spool *spool);

#endif

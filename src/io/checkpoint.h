/* Checkpoints: a region as it is at one moment, in a file that is whole or not there.
 *
 * A process of its own writes it, from the copy of the memory that a fork gives, so that the caller
 * goes on after a few milliseconds whatever the disk does. The file is written aside, synced and
 * renamed. It holds memory, not a format: only the same program with the same layout reads it, and
 * it refuses every other; a new version starts from the recording instead. The folder must belong
 * to the service alone: who may write there may make it believe anything. */
#ifndef AP_IO_CHECKPOINT_H
#define AP_IO_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/time.h"
#include "io/input.h"
#include "io/region.h"

/* Zeroed before its first use. */
typedef struct ap_checkpoint {
    int64_t child;          /* process that writes, or 0 */
    bool is_held;           /* it waits for a release before it renames */
    int hold_fd;            /* while it does */
    uint64_t program;       /* hash of the program's file; 0: not known yet */
    uint64_t written_count; /* whole ones */
    uint64_t failed_count;
    int64_t stall_ns; /* that the newest cost its caller */
    int64_t begun_ns; /* when that was begun, monotonic */
} ap_checkpoint;

/* Begins to write region->used octets to `path`, where they come in sight after a release: what the
 * checkpoint is later than, a recording say, may have to reach the disk before it. Nothing is done,
 * and AP_ERR_FULL, while one is being written. AP_ERR_IO with `message` when there can be no
 * process. The process ends with the calling thread: that waits for it (ap_checkpoint_close) before
 * it ends. in : layout = what region holds and where, as a number; until_utc = what the caller
 * wants back.
 */
ap_err ap_checkpoint_begin(ap_checkpoint *checkpoint, const char *path, const ap_region *region,
                           uint64_t layout, ap_utc_ns until_utc, char message[AP_IO_MESSAGE_SIZE]);

/* Lets the one that is being written replace the one before. */
void ap_checkpoint_release(ap_checkpoint *checkpoint);

/* AP_ERR_MORE while one is being written or held. AP_OK: none is, and the newest is whole, or there
 * was none. AP_ERR_IO with `message`: it was given up; the file that was there before still is. One
 * that takes ten minutes hangs, and is killed: no other would ever be begun. */
ap_err ap_checkpoint_poll(ap_checkpoint *checkpoint, char message[AP_IO_MESSAGE_SIZE]);

/* Releases the one that is being written, and waits for it. Safe twice. */
void ap_checkpoint_close(ap_checkpoint *checkpoint);

/* Gives up the one that is held, and waits until its process has gone; one that was released is
 * waited for. True: it was given up, and the file that was there before still is. */
bool ap_checkpoint_drop(ap_checkpoint *checkpoint);

/* Takes the place of the checkpoint for this process until it ends or closes *fd (-1: it has none).
 * AP_ERR_NO_OUTPUT with `message` when another has it, AP_ERR_IO. */
ap_err ap_checkpoint_lock(const char *path, int *fd, char message[AP_IO_MESSAGE_SIZE]);

/* Closes it; safe twice. */
void ap_checkpoint_unlock(int *fd);

/* Removes what killed processes left of checkpoints to `path`: not while anybody writes one. */
void ap_checkpoint_clean(const char *path);

/* Reads one into a region of which the same was taken as when it was written.
 * out: until_utc as given; moved = by how much the program lies elsewhere in memory than then: to
 * be added to every pointer in the region that points into the program (functions, constants).
 * AP_ERR_NO_INPUT: there is none. AP_ERR_UNKNOWN: of another program or layout. AP_ERR_MALFORMED:
 * damaged; AP_ERR_IO. With these, `message` tells, and the region holds nothing of use when it is
 * AP_ERR_MALFORMED or AP_ERR_IO: close it and open it again. */
ap_err ap_checkpoint_load(const char *path, ap_region *region, uint64_t layout,
                          ap_utc_ns *until_utc, ptrdiff_t *moved, char message[AP_IO_MESSAGE_SIZE]);

#endif

/* The folder of a spool (io/spool.h): which segments lie there, how the newest ends, the next. */
#ifndef AP_IO_SPOOL_FOLDER_H
#define AP_IO_SPOOL_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/spool.h"

typedef struct ap_spool_segment {
    uint64_t first; /* number behind that of the newest record before it */
    uint64_t last;  /* number of its newest record that was committed, or first - 1 */
    uint64_t size;  /* octets up to its newest commit */
} ap_spool_segment;

typedef struct ap_spool_folder {
    char path[PATH_MAX - 64];
    int lock;                   /* descriptor; -1: closed */
    uint64_t id;                /* of the spool; 0: it has no segments yet */
    ap_spool_segment *segments; /* [count], oldest first; to be freed */
    size_t count, cap;
} ap_spool_folder;

/* Makes the folder if need be, locks and lists it. `last` and `size` of the newest are of the file
 * as it lies there: see ap_spool_folder_mend. AP_ERR_IO with `message`, AP_ERR_MEMORY. */
ap_err ap_spool_folder_open(ap_spool_folder *folder, const char *path,
                            char message[AP_IO_MESSAGE_SIZE]);

/* Safe twice. */
void ap_spool_folder_close(ap_spool_folder *folder);

/* The path of the segment that begins with the number. */
void ap_spool_folder_path(const ap_spool_folder *folder, uint64_t first, char path[PATH_MAX]);

/* Cuts the newest segment behind its newest commit, the mark of which it gives. Where octets were
 * cut, or no commit is left, a jump in it or in a new segment passes over the numbers that may have
 * been given there. AP_ERR_IO with `message`, AP_ERR_MEMORY. */
ap_err ap_spool_folder_mend(ap_spool_folder *folder, ap_spool_mark *mark,
                            char message[AP_IO_MESSAGE_SIZE]);

/* Makes the file of the next segment, with one frame of the kind: its number is that of the newest
 * record. It is synced; *segment is what to append. AP_ERR_IO with `message`. */
ap_err ap_spool_folder_make(ap_spool_folder *folder, ap_spool_kind kind, uint64_t newest,
                            const ap_spool_mark *mark, ap_spool_segment *segment,
                            char message[AP_IO_MESSAGE_SIZE]);

/* Adds to the list; AP_ERR_MEMORY. */
ap_err ap_spool_folder_append(ap_spool_folder *folder, const ap_spool_segment *segment);

/* Takes the oldest segment from the list, not the file. */
ap_spool_segment ap_spool_folder_pop(ap_spool_folder *folder);

/* "cannot WHAT 'FOLDER': why", of errno; AP_ERR_IO. */
ap_err ap_spool_folder_fail(const ap_spool_folder *folder, const char *what,
                            char message[AP_IO_MESSAGE_SIZE]);

/* All octets, at `at`, or an error of errno. */
bool ap_spool_write_at(int fd, const void *octets, size_t size, uint64_t at);

#endif

/* Outputs: files that appear whole or not at all.
 *
 * Bytes go to "<path>.part" beside the final name; commit syncs and renames. Whatever happens
 * before, nothing half-written stands under the final name. "-" is standard output; devices and
 * pipes are written to as they are. The program ignores SIGPIPE, so that a closed pipe is an error.
 * One process at a time writes a file: another one is refused at open. */
#ifndef AP_IO_OUTPUT_H
#define AP_IO_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/input.h"

struct ap_output_state;

typedef struct ap_output {
    struct ap_output_state *state; /* NULL when closed */
    uint64_t size;                 /* bytes written */
} ap_output;

ap_err ap_output_open(ap_output *output, const char *path, char message[AP_IO_MESSAGE_SIZE]);

/* Name of the partial file, for a library that writes files by itself; it must not keep it open at
 * commit. NULL for standard output and devices, which have none. */
const char *ap_output_part(const ap_output *output);

/* Buffered. The first failure (disk full, pipe closed) is kept and given again by every later
 * call, and by commit. */
ap_err ap_output_write(ap_output *output, const void *data, size_t size);
ap_err ap_output_flush(ap_output *output);

/* Flushes, and where the output is a file waits for the disk to have it: of several outputs that
 * appear together each is synced before the first is committed. Fails as ap_output_write does. */
ap_err ap_output_sync(ap_output *output);

/* Flushes, syncs, renames and closes. On failure the partial file is removed and `message` says
 * why. */
ap_err ap_output_commit(ap_output *output, char message[AP_IO_MESSAGE_SIZE]);

/* True when a write failed because the reader of the pipe is gone: what every filter ends by. */
bool ap_output_reader_gone(const ap_output *output);

/* True when writing `path`, or the partial file beside it, would write the existing file
 * `other`. */
bool ap_output_would_write(const char *path, const char *other);

/* True for a directory that exists, and for a name that ends as one ("x/"). */
bool ap_output_is_directory(const char *path);

/* Closes without commit and removes the partial file; safe twice and after commit. */
void ap_output_close(ap_output *output);

#endif

/* Inputs: a file, or standard input as "-", transparently unpacked from gzip and zstd. Hop 1. */
#ifndef AP_IO_INPUT_H
#define AP_IO_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"

struct ap_input_state;

typedef struct ap_input {
    struct ap_input_state *state; /* NULL when closed */
    uint64_t stored_size;         /* bytes of the file as stored; 0 when not known (a pipe) */
    uint64_t stored_at;           /* stored bytes read so far: share done = at / size */
    /* Called before each read that may have to wait; false: there is no more, as at the end. NULL:
     * none. Set after the open. */
    bool (*wait)(void *context, const struct ap_input *input);
    void *context;
} ap_input;

#define AP_IO_MESSAGE_SIZE 512

/* Opens for reading; of a pipe, nothing is read yet. On an error `message` holds one line that says
 * what is wrong and what to do, e.g. "cannot read 'x.pcap': permission denied; check its mode with
 * ls -l". A directory, an empty path, a missing file, a missing permission are AP_ERR_NO_INPUT. */
ap_err ap_input_open(ap_input *input, const char *path, char message[AP_IO_MESSAGE_SIZE]);

/* Reads up to `cap` bytes; *size = 0 at the end. A damaged or truncated compressed stream gives
 * the bytes before the damage and then AP_ERR_TRUNCATED or AP_ERR_MALFORMED, with `message`. */
ap_err ap_input_read(ap_input *input, uint8_t *data, size_t cap, size_t *size,
                     char message[AP_IO_MESSAGE_SIZE]);

/* For `wait`: true when the next read will not wait, false when that was not so for timeout_ns. */
bool ap_input_is_ready(const ap_input *input, int64_t timeout_ns);

/* Safe twice. */
void ap_input_close(ap_input *input);

#endif

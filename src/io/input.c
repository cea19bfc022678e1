#include "io/input.h"

#include "io/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define STORED_CAP 65536u
#define UNPACKED_CAP 131072u /* at least a zstd block, so that each step can give all it has */
#define MAGIC_SIZE 4u
#define NAME_SIZE 256u
#define ZSTD_FIRST_STEP 1u

typedef enum packing { PACKING_NONE, PACKING_GZIP, PACKING_ZSTD } packing;

struct ap_input_state {
    int fd;
    mode_t mode;
    packing packing;
    char name[NAME_SIZE]; /* for messages */
    uint8_t stored[STORED_CAP];
    size_t start, end; /* bytes of stored not yet unpacked */
    bool ended;        /* the file has no more */
    bool is_begun;     /* its packing is known */
    uint8_t unpacked[UNPACKED_CAP];
    size_t unpacked_start, unpacked_end; /* bytes of unpacked not yet handed out */
    bool in_member;                      /* inside a gzip member or zstd frame */
    z_stream gzip;
    ZSTD_DStream *zstd;
    size_t zstd_wants; /* bytes of its next step */
    ap_err failed;     /* given again by every later read */
    char failure[AP_IO_MESSAGE_SIZE];
};

/* --- messages --- */

static void name_input(char name[NAME_SIZE], const char *path)
{
    if (strcmp(path, "-") == 0)
        (void)snprintf(name, NAME_SIZE, "standard input");
    else
        (void)snprintf(name, NAME_SIZE, "'%.*s'", (int)NAME_SIZE - 3, path);
}

/* What is wrong, and what to do. */
static const char *advice_of(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return "no such file; check the path";
    case EACCES:
    case EPERM:
        return "permission denied; check its mode and owner with ls -l";
    case EISDIR:
        return "it is a directory; name a file in it";
    case EMFILE:
    case ENFILE:
        return "too many open files; raise the limit with ulimit -n";
    case EIO:
        return "the device reports an error; check the disk, or copy the file anew";
    default:
        return strerror(error);
    }
}

static ap_err refuse(char message[AP_IO_MESSAGE_SIZE], ap_err err, const char *name,
                     const char *text)
{
    (void)snprintf(message, AP_IO_MESSAGE_SIZE, "cannot read %s: %s", name, text);
    return err;
}

static ap_err fail(ap_input *input, ap_err err, const char *text)
{
    input->state->failed = err;
    return refuse(input->state->failure, err, input->state->name, text);
}

/* --- stored bytes --- */

/* One read into [data, data + cap). 0 at the end, and once the program was told to end; -1 with
 * errno. */
static ssize_t read_some(const ap_input *input, uint8_t *data, size_t cap)
{
    int fd = input->state->fd;
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    if (input->wait && !input->wait(input->context, input))
        return 0;
    if (S_ISFIFO(input->state->mode) && input->stored_at == 0)
        (void)poll(&ready, 1, -1); /* before somebody writes to it a read would tell its end */
    for (;;) {
        ssize_t n = ap_interrupted() ? 0 : read(fd, data, cap);
        if (n >= 0)
            return n;
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            (void)poll(&ready, 1, -1); /* the next read tells what came */
        } else if (errno != EINTR) {
            return -1;
        }
    }
}

/* Adds stored bytes behind those that wait. */
static ap_err fill(ap_input *input)
{
    struct ap_input_state *state = input->state;
    if (state->start > 0) {
        memmove(state->stored, state->stored + state->start, state->end - state->start);
        state->end -= state->start;
        state->start = 0;
    }
    if (state->ended || state->end == STORED_CAP)
        return AP_OK;
    ssize_t n = read_some(input, state->stored + state->end, STORED_CAP - state->end);
    if (n < 0)
        return fail(input, AP_ERR_IO, advice_of(errno));
    state->ended = n == 0;
    state->end += (size_t)n;
    input->stored_at += (uint64_t)n;
    return AP_OK;
}

/* --- opening --- */

static bool is_zstd_frame(const uint8_t *magic)
{
    bool data = memcmp(magic, "\x28\xB5\x2F\xFD", 4) == 0;
    bool skippable = magic[0] >> 4 == 5 && memcmp(magic + 1, "\x2A\x4D\x18", 3) == 0;
    return data || skippable;
}

/* Looks at the first bytes and readies the unpacking. */
static ap_err start_unpacking(ap_input *input)
{
    struct ap_input_state *state = input->state;
    state->is_begun = true;
    while (!state->ended && state->end < MAGIC_SIZE) {
        ap_err err = fill(input);
        if (err)
            return err;
    }
    if (state->end >= 3 && memcmp(state->stored, "\x1F\x8B\x08", 3) == 0) {
        state->packing = PACKING_GZIP;
        state->in_member = true;
        int result = inflateInit2(&state->gzip, MAX_WBITS + 16);
        return result == Z_OK ? AP_OK : fail(input, AP_ERR_MEMORY, "memory is exhausted");
    }
    if (state->end >= MAGIC_SIZE && is_zstd_frame(state->stored)) {
        state->zstd = ZSTD_createDStream();
        state->packing = state->zstd ? PACKING_ZSTD : PACKING_NONE;
        state->in_member = true;
        state->zstd_wants = ZSTD_FIRST_STEP;
        return state->zstd ? AP_OK : fail(input, AP_ERR_MEMORY, "memory is exhausted");
    }
    return AP_OK;
}

/* A FIFO is open at once, whether somebody writes to it or not. */
static int open_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
    if (flags >= 0)
        (void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    return fd;
}

/* A descriptor that can be read. */
static ap_err open_file(ap_input *input, const char *path, const char *name, int *fd, mode_t *mode,
                        char message[AP_IO_MESSAGE_SIZE])
{
    if (path[0] == '\0')
        return refuse(message, AP_ERR_NO_INPUT, "the input",
                      "its path is empty; name a file, or - for standard input");
    bool standard = strcmp(path, "-") == 0;
    *fd = standard ? STDIN_FILENO : open_path(path);
    struct stat about;
    if (*fd < 0 || fstat(*fd, &about) < 0)
        return refuse(message, AP_ERR_NO_INPUT, name, advice_of(errno));
    if (S_ISDIR(about.st_mode)) {
        if (!standard)
            (void)close(*fd);
        return refuse(message, AP_ERR_NO_INPUT, name, advice_of(EISDIR));
    }
    *mode = about.st_mode;
    if (S_ISREG(about.st_mode)) {
        input->stored_size = (uint64_t)about.st_size;
        (void)posix_fadvise(*fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* a hint */
    }
    return AP_OK;
}

ap_err ap_input_open(ap_input *input, const char *path, char message[AP_IO_MESSAGE_SIZE])
{
    *input = (ap_input){ .state = NULL };
    char name[NAME_SIZE];
    int fd = -1;
    mode_t mode;
    name_input(name, path);
    ap_err err = open_file(input, path, name, &fd, &mode, message);
    if (err)
        return err;
    input->state = calloc(1, sizeof *input->state);
    if (!input->state) {
        if (fd != STDIN_FILENO)
            (void)close(fd);
        return refuse(message, AP_ERR_MEMORY, name, "memory is exhausted");
    }
    input->state->fd = fd;
    input->state->mode = mode;
    memcpy(input->state->name, name, sizeof name);
    if (S_ISREG(input->state->mode))
        err = start_unpacking(input);
    if (err) {
        memcpy(message, input->state->failure, AP_IO_MESSAGE_SIZE);
        ap_input_close(input);
    }
    return err;
}

/* --- unpacking --- */

/* Behind a member or frame: another one, padding with zeros as tapes have it, or the end. */
static ap_err between_members(ap_input *input, bool *ended)
{
    struct ap_input_state *state = input->state;
    const uint8_t *next = state->stored + state->start;
    size_t left = state->end - state->start;
    if (left < 2 && !state->ended)
        return fill(input);
    *ended = left == 0;
    state->in_member = left > 0;
    if (left == 0 || state->packing == PACKING_ZSTD)
        return AP_OK;
    if (next[0] == 0) {
        while (state->start < state->end && state->stored[state->start] == 0)
            state->start++;
        state->in_member = false;
        return AP_OK;
    }
    if (left < 2 || next[0] != 0x1F || next[1] != 0x8B)
        return fail(input, AP_ERR_MALFORMED, "bytes behind the gzip data are no gzip data");
    (void)inflateReset(&state->gzip); /* fails for a stream that is not initialised only */
    return AP_OK;
}

/* Unpacks stored bytes into the empty buffer. */
static ap_err unpack_gzip(ap_input *input)
{
    struct ap_input_state *state = input->state;
    z_stream *gzip = &state->gzip;
    gzip->next_in = state->stored + state->start;
    gzip->avail_in = (uInt)(state->end - state->start);
    gzip->next_out = state->unpacked;
    gzip->avail_out = UNPACKED_CAP;
    int result = inflate(gzip, Z_NO_FLUSH);
    state->unpacked_end = UNPACKED_CAP - gzip->avail_out;
    state->start = state->end - gzip->avail_in;
    if (result == Z_STREAM_END)
        state->in_member = false;
    if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR)
        return AP_OK;
    if (result == Z_MEM_ERROR)
        return fail(input, AP_ERR_MEMORY, "memory is exhausted");
    return fail(input, AP_ERR_MALFORMED,
                "its gzip data are damaged; check with gzip -t, or get the file anew");
}

/* The same for zstd. Its decoder forgets what it gave in a call that fails, so each call gets the
 * bytes of one step: what comes before damage then does not depend on how the input arrives. */
static ap_err unpack_zstd(ap_input *input)
{
    struct ap_input_state *state = input->state;
    size_t left = state->end - state->start;
    size_t step = left < state->zstd_wants ? left : state->zstd_wants;
    ZSTD_inBuffer in = { state->stored + state->start, step, 0 };
    ZSTD_outBuffer out = { state->unpacked, UNPACKED_CAP, 0 };
    size_t result = ZSTD_decompressStream(state->zstd, &out, &in);
    state->unpacked_end = out.pos;
    state->start += in.pos;
    if (!ZSTD_isError(result)) {
        state->in_member = result != 0;
        state->zstd_wants = result != 0 ? result : ZSTD_FIRST_STEP;
        return AP_OK;
    }
    switch (ZSTD_getErrorCode(result)) {
    case ZSTD_error_memory_allocation:
        return fail(input, AP_ERR_MEMORY, "memory is exhausted");
    case ZSTD_error_frameParameter_windowTooLarge:
        return fail(
            input, AP_ERR_MALFORMED,
            "its zstd window is larger than 128 MiB; unpack it first with zstd -d --long=31");
    default:
        return fail(input, AP_ERR_MALFORMED,
                    "its zstd data are damaged; check with zstd -t, or get the file anew");
    }
}

/* One step: unpacked bytes, or more stored ones. *ended: nothing will come. */
static ap_err unpack(ap_input *input, bool *ended)
{
    struct ap_input_state *state = input->state;
    if (!state->in_member)
        return between_members(input, ended);
    size_t before = state->start;
    state->unpacked_start = 0;
    ap_err err = state->packing == PACKING_GZIP ? unpack_gzip(input) : unpack_zstd(input);
    if (err || state->unpacked_end > 0 || state->start > before || !state->in_member)
        return err;
    if (!state->ended)
        return fill(input);
    return fail(input, AP_ERR_TRUNCATED,
                "its compressed data end too early; the file is cut off, get it anew");
}

/* Bytes before damage come first, the error with the next call. */
static ap_err read_packed(ap_input *input, uint8_t *data, size_t cap, size_t *size)
{
    struct ap_input_state *state = input->state;
    bool ended = false;
    while (!state->failed && !ended && state->unpacked_start == state->unpacked_end)
        (void)unpack(input, &ended); /* its error is kept in failed */
    size_t waiting = state->unpacked_end - state->unpacked_start;
    *size = waiting < cap ? waiting : cap;
    memcpy(data, state->unpacked + state->unpacked_start, *size);
    state->unpacked_start += *size;
    return *size > 0 ? AP_OK : state->failed;
}

static ap_err read_plain(ap_input *input, uint8_t *data, size_t cap, size_t *size)
{
    struct ap_input_state *state = input->state;
    size_t waiting = state->end - state->start;
    if (waiting > 0) { /* what was read to see the magic */
        *size = waiting < cap ? waiting : cap;
        memcpy(data, state->stored + state->start, *size);
        state->start += *size;
        return AP_OK;
    }
    if (state->ended)
        return AP_OK;
    ssize_t n = read_some(input, data, cap);
    if (n < 0)
        return fail(input, AP_ERR_IO, advice_of(errno));
    state->ended = n == 0;
    input->stored_at += (uint64_t)n;
    *size = (size_t)n;
    return AP_OK;
}

ap_err ap_input_read(ap_input *input, uint8_t *data, size_t cap, size_t *size,
                     char message[AP_IO_MESSAGE_SIZE])
{
    *size = 0;
    struct ap_input_state *state = input->state;
    if (!state)
        return refuse(message, AP_ERR_ARGUMENT, "the input", "it is closed");
    if (cap == 0)
        return AP_OK;
    ap_err err = state->is_begun || state->failed ? state->failed : start_unpacking(input);
    if (state->packing != PACKING_NONE)
        err = read_packed(input, data, cap, size);
    else if (!err)
        err = read_plain(input, data, cap, size);
    if (err)
        memcpy(message, state->failure, AP_IO_MESSAGE_SIZE);
    return err;
}

bool ap_input_is_ready(const ap_input *input, int64_t timeout_ns)
{
    struct pollfd ready = { .fd = input->state->fd, .events = POLLIN };
    return poll(&ready, 1, (int)(timeout_ns / 1000000)) != 0; /* an error is told by the read */
}

void ap_input_close(ap_input *input)
{
    struct ap_input_state *state = input->state;
    if (!state)
        return;
    if (state->packing == PACKING_GZIP)
        (void)inflateEnd(&state->gzip);
    if (state->packing == PACKING_ZSTD)
        (void)ZSTD_freeDStream(state->zstd);
    if (state->fd != STDIN_FILENO)
        (void)close(state->fd);
    free(state);
    input->state = NULL;
}

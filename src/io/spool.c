#include "io/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/spool_folder.h"

#define FRAME_MAX (AP_SPOOL_HEAD_SIZE + AP_SPOOL_RECORD_MAX)
#define BUFFER_SIZE ((size_t)1 << 20)
#define COMMIT_RESERVE (AP_SPOOL_HEAD_SIZE + AP_SPOOL_MARK_MAX)
#define SEGMENT_SHARE 16 /* of the limit */
#define SEGMENT_MAX (UINT64_C(16) << 20)

struct ap_spool_state {
    uint64_t limit_size, segment_size;
    /* of the writer */
    int fd;                /* of the newest segment; -1: there is none open */
    uint64_t written_size; /* octets of it, committed or not */
    uint64_t next;         /* number of the next record */
    size_t buffered;
    uint8_t *buffer; /* [BUFFER_SIZE] behind them */
    ap_spool_mark mark;
    /* of the reader */
    int read_fd;         /* -1: the segment is not open */
    uint64_t read_first; /* the segment that is read: its first */
    uint64_t read_at;    /* octets of it that were brought into `octets` */
    uint64_t expected;   /* number of the next record */
    size_t at, filled;   /* in `octets` */
    uint8_t *octets;     /* [BUFFER_SIZE] */
    /* shared, under the mutex; only the writer adds segments and changes the newest, only the
     * reader removes them */
    pthread_mutex_t mutex;
    ap_spool_folder folder;
    uint64_t size; /* of all segments */
    uint64_t newest, released;
    uint64_t full_count, missing_count;
};

/* Under the mutex, or before there are two threads. */
static ap_spool_segment *newest_segment(struct ap_spool_state *state)
{
    return &state->folder.segments[state->folder.count - 1];
}

static ap_spool_segment newest_of(struct ap_spool_state *state)
{
    pthread_mutex_lock(&state->mutex);
    ap_spool_segment newest = *newest_segment(state);
    pthread_mutex_unlock(&state->mutex);
    return newest;
}

/* --- open and close --- */

static ap_err open_newest(struct ap_spool_state *state, char *message)
{
    char path[PATH_MAX];
    ap_spool_segment newest = newest_of(state);
    if (state->fd >= 0)
        (void)close(state->fd);
    ap_spool_folder_path(&state->folder, newest.first, path);
    state->fd = open(path, O_RDWR | O_CLOEXEC);
    if (state->fd < 0)
        return ap_spool_folder_fail(&state->folder, "write to a segment of", message);
    state->written_size = newest.size;
    return AP_OK;
}

static ap_err add_segment(struct ap_spool_state *state, uint64_t newest, const ap_spool_mark *mark,
                          char *message)
{
    ap_spool_segment made;
    ap_err err =
        ap_spool_folder_make(&state->folder, AP_SPOOL_COMMIT, newest, mark, &made, message);
    if (err)
        return err;
    pthread_mutex_lock(&state->mutex);
    err = ap_spool_folder_append(&state->folder, &made);
    state->size += err ? 0 : made.size;
    pthread_mutex_unlock(&state->mutex);
    return err;
}

static ap_err open_folder(struct ap_spool_state *state, const char *path, ap_spool_mark *mark,
                          char *message)
{
    ap_spool_folder *folder = &state->folder;
    ap_err err = ap_spool_folder_open(folder, path, message);
    *mark = (ap_spool_mark){ .size = 0 };
    if (!err)
        err = folder->count > 0 ? ap_spool_folder_mend(folder, mark, message)
                                : add_segment(state, 0, mark, message);
    if (err)
        return err;
    state->size = 0;
    for (size_t i = 0; i < folder->count; i++)
        state->size += folder->segments[i].size;
    state->newest = newest_segment(state)->last;
    state->next = state->newest + 1;
    state->released = folder->segments[0].first - 1;
    return open_newest(state, message);
}

ap_err ap_spool_open(ap_spool *spool, const ap_spool_config *config, ap_spool_mark *mark,
                     char message[AP_IO_MESSAGE_SIZE])
{
    uint64_t share = config->limit_size / SEGMENT_SHARE;
    spool->state = NULL;
    if (config->limit_size < AP_SPOOL_LIMIT_MIN)
        return AP_ERR_ARGUMENT;
    struct ap_spool_state *state = calloc(1, sizeof *state);
    if (!state)
        return AP_ERR_MEMORY;
    spool->state = state;
    state->limit_size = config->limit_size;
    state->segment_size = config->segment_size  ? config->segment_size
                          : share < SEGMENT_MAX ? share
                                                : SEGMENT_MAX;
    state->fd = state->read_fd = state->folder.lock = -1;
    pthread_mutex_init(&state->mutex, NULL);
    state->buffer = malloc(BUFFER_SIZE);
    state->octets = malloc(BUFFER_SIZE);
    ap_err err = state->buffer && state->octets ? open_folder(state, config->folder, mark, message)
                                                : AP_ERR_MEMORY;
    if (err) {
        ap_spool_close(spool);
        return err;
    }
    state->mark = *mark;
    ap_spool_seek(spool, 0);
    return AP_OK;
}

void ap_spool_close(ap_spool *spool)
{
    struct ap_spool_state *state = spool->state;
    if (!state)
        return;
    if (state->fd >= 0)
        (void)close(state->fd);
    if (state->read_fd >= 0)
        (void)close(state->read_fd);
    ap_spool_folder_close(&state->folder);
    pthread_mutex_destroy(&state->mutex);
    free(state->buffer);
    free(state->octets);
    free(state);
    spool->state = NULL;
}

uint64_t ap_spool_id(const ap_spool *spool)
{
    return spool->state->folder.id;
}

/* --- the writer --- */

static ap_err flush(struct ap_spool_state *state, char *message)
{
    if (!ap_spool_write_at(state->fd, state->buffer, state->buffered, state->written_size))
        return ap_spool_folder_fail(&state->folder, "write to a segment of", message);
    state->written_size += state->buffered;
    state->buffered = 0;
    return AP_OK;
}

static ap_err write_frame(struct ap_spool_state *state, const ap_spool_frame *frame, char *message)
{
    if (BUFFER_SIZE - state->buffered < AP_SPOOL_HEAD_SIZE + frame->size && flush(state, message))
        return AP_ERR_IO;
    state->buffered +=
        ap_spool_frame_write(state->buffer + state->buffered, state->folder.id, frame);
    return AP_OK;
}

static bool has_room(struct ap_spool_state *state, size_t size)
{
    pthread_mutex_lock(&state->mutex);
    uint64_t waiting = state->written_size + state->buffered - newest_segment(state)->size;
    uint64_t behind = state->size + waiting + AP_SPOOL_HEAD_SIZE + size + COMMIT_RESERVE;
    bool has = behind <= state->limit_size;
    state->full_count += !has;
    pthread_mutex_unlock(&state->mutex);
    return has;
}

ap_err ap_spool_put(ap_spool *spool, const void *record, size_t size,
                    char message[AP_IO_MESSAGE_SIZE])
{
    struct ap_spool_state *state = spool->state;
    if (size > AP_SPOOL_RECORD_MAX)
        return AP_ERR_RANGE;
    if (!has_room(state, size))
        return AP_ERR_FULL;
    const ap_spool_frame frame = { AP_SPOOL_RECORD, (uint32_t)size, state->next, record };
    ap_err err = write_frame(state, &frame, message);
    state->next += err == AP_OK;
    return err;
}

/* Where the newest segment is large enough, the next begins. What was committed stays so if that
 * fails: the next commit tries again. */
static void roll(struct ap_spool_state *state, const ap_spool_mark *mark)
{
    char message[AP_IO_MESSAGE_SIZE];
    const ap_spool_segment newest = newest_of(state);
    if (newest.size < state->segment_size || newest.last < newest.first ||
        add_segment(state, newest.last, mark, message))
        return;
    if (open_newest(state, message))
        state->fd = -1; /* the next write says so */
}

ap_err ap_spool_commit(ap_spool *spool, const ap_spool_mark *mark, char message[AP_IO_MESSAGE_SIZE])
{
    struct ap_spool_state *state = spool->state;
    const ap_spool_frame frame = { AP_SPOOL_COMMIT, mark->size, state->next - 1, mark->octets };
    ap_err err = write_frame(state, &frame, message);
    if (!err)
        err = flush(state, message);
    if (!err && fdatasync(state->fd))
        err = ap_spool_folder_fail(&state->folder, "sync a segment of", message);
    if (err)
        return err;
    pthread_mutex_lock(&state->mutex);
    ap_spool_segment *newest = newest_segment(state);
    state->size += state->written_size - newest->size;
    newest->size = state->written_size;
    newest->last = state->newest = frame.number;
    pthread_mutex_unlock(&state->mutex);
    state->mark = *mark;
    roll(state, mark);
    return AP_OK;
}

ap_spool_mark ap_spool_mark_of(const ap_spool *spool)
{
    return spool->state->mark;
}

ap_err ap_spool_rollback(ap_spool *spool, char message[AP_IO_MESSAGE_SIZE])
{
    struct ap_spool_state *state = spool->state;
    state->buffered = 0;
    state->next = state->newest + 1;
    if (state->fd < 0)
        return open_newest(state, message);
    state->written_size = newest_of(state).size;
    if (ftruncate(state->fd, (off_t)state->written_size))
        return ap_spool_folder_fail(&state->folder, "cut a segment of", message);
    return AP_OK;
}

/* --- the reader --- */

/* The first of a segment that has nothing more to give; 0: there is none. */
static uint64_t pop_released(struct ap_spool_state *state, uint64_t number)
{
    uint64_t first = 0;
    pthread_mutex_lock(&state->mutex);
    ap_spool_folder *folder = &state->folder;
    if (number > state->released)
        state->released = number < state->newest ? number : state->newest;
    if (folder->count > 1 && folder->segments[0].last <= number) {
        state->size -= folder->segments[0].size;
        first = ap_spool_folder_pop(folder).first;
    }
    pthread_mutex_unlock(&state->mutex);
    return first;
}

void ap_spool_release(ap_spool *spool, uint64_t number)
{
    char path[PATH_MAX];
    uint64_t first;
    while ((first = pop_released(spool->state, number)) > 0) {
        ap_spool_folder_path(&spool->state->folder, first, path);
        (void)unlink(path); /* if it stays, its records are passed over at the next start */
    }
}

static void leave_segment(struct ap_spool_state *state)
{
    if (state->read_fd >= 0)
        (void)close(state->read_fd);
    state->read_fd = -1;
    state->read_at = 0;
    state->at = state->filled = 0;
}

void ap_spool_seek(ap_spool *spool, uint64_t number)
{
    struct ap_spool_state *state = spool->state;
    ap_spool_release(spool, number);
    leave_segment(state);
    pthread_mutex_lock(&state->mutex);
    state->read_first = state->folder.segments[0].first;
    pthread_mutex_unlock(&state->mutex);
    state->expected = number + 1 > state->read_first ? number + 1 : state->read_first;
}

/* How much of the segment that is read was committed, and which is the next: 0 when there is none
 * yet. When there is one, the size changes no more. */
static uint64_t committed_size(struct ap_spool_state *state, uint64_t *next_first)
{
    uint64_t size = 0;
    *next_first = 0;
    pthread_mutex_lock(&state->mutex);
    const ap_spool_folder *folder = &state->folder;
    for (size_t i = 0; i < folder->count && *next_first == 0; i++) {
        if (folder->segments[i].first == state->read_first)
            size = folder->segments[i].size;
        else if (folder->segments[i].first > state->read_first)
            *next_first = folder->segments[i].first;
    }
    pthread_mutex_unlock(&state->mutex);
    return size;
}

/* What somebody has removed or cut is passed over: its records count as missing. */
static ap_err open_segment(struct ap_spool_state *state, uint64_t size, char *message)
{
    char path[PATH_MAX];
    ap_spool_folder_path(&state->folder, state->read_first, path);
    state->read_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (state->read_fd < 0 && errno != ENOENT)
        return ap_spool_folder_fail(&state->folder, "read a segment of", message);
    if (state->read_fd < 0)
        state->read_at = size;
    return AP_OK;
}

static ap_err fill(struct ap_spool_state *state, uint64_t size, char *message)
{
    memmove(state->octets, state->octets + state->at, state->filled - state->at);
    state->filled -= state->at;
    state->at = 0;
    uint64_t left = size - state->read_at;
    size_t room = BUFFER_SIZE - state->filled;
    ssize_t got;
    do
        got = pread(state->read_fd, state->octets + state->filled, left < room ? left : room,
                    (off_t)state->read_at);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return ap_spool_folder_fail(&state->folder, "read a segment of", message);
    state->filled += (size_t)got;
    state->read_at = got > 0 ? state->read_at + (uint64_t)got : size;
    return AP_OK;
}

/* AP_ERR_MORE: look again. AP_ERR_END: no more was committed. */
static ap_err bring(struct ap_spool_state *state, char *message)
{
    uint64_t next_first, size = committed_size(state, &next_first);
    if (state->read_at < size) {
        ap_err err = state->read_fd < 0 ? open_segment(state, size, message) : AP_OK;
        if (!err && state->read_fd >= 0)
            err = fill(state, size, message);
        return err ? err : AP_ERR_MORE;
    }
    if (state->at < state->filled)
        return AP_ERR_TRUNCATED; /* a commit ends with a frame: this is damage */
    if (next_first == 0)
        return AP_ERR_END;
    leave_segment(state);
    state->read_first = next_first;
    return AP_ERR_MORE;
}

static void count_missing(struct ap_spool_state *state, uint64_t count)
{
    pthread_mutex_lock(&state->mutex);
    state->missing_count += count;
    pthread_mutex_unlock(&state->mutex);
}

/* False: the frame is none that the caller waits for. */
static bool is_wanted(struct ap_spool_state *state, const ap_spool_frame *frame)
{
    uint64_t next = frame->number + 1;
    if (frame->kind == AP_SPOOL_RECORD && frame->number < state->expected)
        return false;
    bool is_record = frame->kind == AP_SPOOL_RECORD;
    uint64_t upto = is_record ? frame->number : next;
    if (upto > state->expected && frame->kind != AP_SPOOL_JUMP)
        count_missing(state, upto - state->expected);
    if (next > state->expected)
        state->expected = next;
    return is_record;
}

ap_err ap_spool_next(ap_spool *spool, ap_spool_record *record, char message[AP_IO_MESSAGE_SIZE])
{
    struct ap_spool_state *state = spool->state;
    uint64_t damaged_size = 0;
    bool is_all = false;
    for (;;) {
        ap_spool_frame frame;
        ap_err err = ap_spool_frame_find(state->octets, state->filled, is_all, state->folder.id,
                                         &state->at, &frame, &damaged_size);
        if (err == AP_OK && is_wanted(state, &frame)) {
            *record = (ap_spool_record){ frame.number, frame.payload, frame.size };
            return AP_OK;
        }
        if (err == AP_OK)
            continue;
        err = bring(state, message);
        is_all = err == AP_ERR_TRUNCATED;
        if (err != AP_ERR_MORE && !is_all)
            return err;
    }
}

/* --- any thread --- */

ap_spool_stats ap_spool_stats_of(const ap_spool *spool)
{
    struct ap_spool_state *state = spool->state;
    pthread_mutex_lock(&state->mutex);
    ap_spool_stats stats = { .newest = state->newest,
                             .record_count = state->newest - state->released,
                             .size = state->size,
                             .segment_count = state->folder.count,
                             .full_count = state->full_count,
                             .missing_count = state->missing_count };
    pthread_mutex_unlock(&state->mutex);
    return stats;
}

#include "io/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/recorder_files.h"
#include "io/threads.h"

#define PIECE_SIZE ((size_t)1 << 20)
#define LOOK_NS (10 * AP_NS_PER_S)
#define REST_NS (5 * AP_NS_PER_MS) /* between looks into an empty ring */
#define RETRY_NS (5 * AP_NS_PER_S) /* after the disk refused */
#define LOCK_NAME "lock"
#define UNSYNCED_CAP 16

struct ap_recorder_state {
    ap_recorder_config config;
    char folder[PATH_MAX - 2 * AP_RECORDING_NAME_SIZE];
    char **about; /* [config.about_count], copies */
    int lock_fd;
    /* of the writing thread */
    pthread_t writer;
    uint8_t *piece;
    int fd; /* -1: no file is open */
    char name[AP_RECORDING_NAME_SIZE];
    uint64_t file_size;
    ap_utc_ns first_utc;
    int64_t retry_ns, look_ns;   /* when it is tried, or looked at the disk, again */
    _Atomic int64_t settled_utc; /* read by others */
    /* of the packing thread */
    pthread_t packer;
    /* shared, under the mutex */
    pthread_mutex_t mutex;
    pthread_cond_t wake; /* there is something to pack, or it is over */
    bool is_ending, pack_is_due;
    int unsynced[UNSYNCED_CAP]; /* files that are closed but for that */
    size_t unsynced_count;
    ap_recorder_stats stats;
    char open_name[AP_RECORDING_NAME_SIZE]; /* which is not to be packed; "" */
};

/* --- statistics --- */

static void note(struct ap_recorder_state *state, const char *what, const char *why)
{
    pthread_mutex_lock(&state->mutex);
    state->stats.failure_count++;
    snprintf(state->stats.last_error, sizeof state->stats.last_error,
             "recording in '%.120s' %s: %s", state->folder, what, why);
    pthread_mutex_unlock(&state->mutex);
}

static void note_failure(struct ap_recorder_state *state, const char *what, int error)
{
    note(state, what, strerror(error));
}

static void note_written(struct ap_recorder_state *state, uint64_t size, uint64_t lost,
                         bool is_writing)
{
    pthread_mutex_lock(&state->mutex);
    state->stats.written_size += size;
    state->stats.lost_size += lost;
    state->stats.is_writing = is_writing;
    pthread_mutex_unlock(&state->mutex);
}

/* --- the writing thread --- */

static int write_octets(struct ap_recorder_state *state, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(state->fd, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        data += n;
        size -= (size_t)n;
        state->file_size += (uint64_t)n;
    }
    return 0;
}

static void sync_and_close(struct ap_recorder_state *state, int fd)
{
    if (fsync(fd))
        note_failure(state, "cannot be synced", errno);
    close(fd);
}

/* The disk may take its time to sync: that is left to the packing thread. */
static void close_file(struct ap_recorder_state *state)
{
    if (state->fd < 0)
        return;
    pthread_mutex_lock(&state->mutex);
    bool is_left = state->unsynced_count < UNSYNCED_CAP;
    if (is_left)
        state->unsynced[state->unsynced_count++] = state->fd;
    pthread_mutex_unlock(&state->mutex);
    if (!is_left)
        sync_and_close(state, state->fd);
    state->fd = -1;
    pthread_mutex_lock(&state->mutex);
    state->open_name[0] = '\0';
    state->pack_is_due = true;
    pthread_cond_signal(&state->wake);
    pthread_mutex_unlock(&state->mutex);
}

/* Head and descriptions of a new file, at the time of its first chunk. */
static int write_front(struct ap_recorder_state *state)
{
    uint8_t octets[4096];
    ap_writer writer = ap_writer_of(octets, sizeof octets);
    ap_pcap_head(&writer);
    int error = write_octets(state, octets, writer.size);
    for (uint16_t i = 0; i < state->config.about_count && !error; i++) {
        const ap_chunk chunk = { .kind = AP_CHUNK_ABOUT,
                                 .input = i,
                                 .receive_utc = state->first_utc,
                                 .data = (const uint8_t *)state->about[i],
                                 .size = strlen(state->about[i]) };
        writer = ap_writer_of(octets, sizeof octets);
        if (ap_recording_put(&writer, &chunk) == AP_OK)
            error = write_octets(state, octets, writer.size);
    }
    return error;
}

/* Somebody has removed the file that is written: what goes on into it is lost with it. */
static bool is_removed(const struct ap_recorder_state *state)
{
    struct stat stored;
    return fstat(state->fd, &stored) == 0 && stored.st_nlink == 0;
}

static int open_file(struct ap_recorder_state *state, ap_utc_ns first_utc)
{
    char path[PATH_MAX];
    (void)mkdir(state->folder, 0750); /* which may have been removed as a whole */
    ap_recording_name(first_utc, state->name);
    snprintf(path, sizeof path, "%s/%s", state->folder, state->name);
    pthread_mutex_lock(&state->mutex);
    strcpy(state->open_name, state->name);
    pthread_mutex_unlock(&state->mutex);
    state->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (state->fd < 0)
        return errno;
    state->file_size = 0;
    state->first_utc = first_utc;
    int error = write_front(state);
    if (error) {
        close(state->fd);
        state->fd = -1;
        (void)unlink(path);
        return error;
    }
    pthread_mutex_lock(&state->mutex);
    state->stats.file_count++;
    pthread_mutex_unlock(&state->mutex);
    return 0;
}

static bool is_due(const struct ap_recorder_state *state, ap_utc_ns now)
{
    return state->file_size >= state->config.file_size ||
           now - state->first_utc >= (ap_utc_ns)state->config.file_s * AP_NS_PER_S;
}

/* Receive time of the last of some whole chunks. */
static ap_utc_ns newest_of(const uint8_t *piece, size_t size)
{
    ap_chunk chunk = { .receive_utc = AP_UTC_UNKNOWN };
    for (size_t at = 0, used; at < size; at += used)
        if (ap_recording_take(piece + at, size - at, &used, &chunk) != AP_OK)
            break;
    return chunk.receive_utc;
}

/* Writes whole chunks; what the disk refuses is cut off again, so that the file ends with a chunk.
 */
static void write_piece(struct ap_recorder_state *state, size_t size, uint64_t lost)
{
    ap_chunk first;
    size_t used;
    int error = 0;
    bool is_new = state->fd < 0;
    if (ap_recording_take(state->piece, size, &used, &first) != AP_OK)
        return; /* cannot be: the ring holds nothing else */
    if (!is_new && is_removed(state)) {
        note(state, "was removed", "it goes on in a new file");
        note_written(state, 0, state->file_size, false);
        close_file(state);
        is_new = true;
    }
    if (!is_new && is_due(state, first.receive_utc)) {
        close_file(state);
        is_new = true;
    }
    if (is_new && ap_clock_monotonic_ns() < state->retry_ns) {
        note_written(state, 0, lost + size, false);
        return;
    }
    if (is_new)
        error = open_file(state, first.receive_utc);
    uint64_t before_size = state->file_size;
    if (!error)
        error = write_octets(state, state->piece, size);
    if (error) {
        note_failure(state, "cannot be written", error);
        state->retry_ns = ap_clock_monotonic_ns() + RETRY_NS;
        if (state->fd >= 0)
            (void)ftruncate(state->fd, (off_t)before_size);
        close_file(state);
    }
    note_written(state, error ? 0 : size, lost + (error ? size : 0), !error);
}

static bool is_ending(struct ap_recorder_state *state)
{
    pthread_mutex_lock(&state->mutex);
    bool ending = state->is_ending;
    pthread_mutex_unlock(&state->mutex);
    return ending;
}

static void write_and_settle(struct ap_recorder_state *state, size_t size, uint64_t lost)
{
    ap_utc_ns newest_utc = newest_of(state->piece, size);
    write_piece(state, size, lost);
    atomic_store(&state->settled_utc, newest_utc);
}

static void look_at_disk(struct ap_recorder_state *state)
{
    int64_t now_ns = ap_clock_monotonic_ns();
    if (now_ns < state->look_ns)
        return;
    state->look_ns = now_ns + LOOK_NS;
    size_t count;
    int error;
    uint64_t size = 0;
    ap_recording_file *files = ap_recording_files(state->folder, &count, &error);
    for (size_t i = 0; i < count; i++)
        size += files[i].size;
    free(files);
    ap_disk disk = ap_disk_of(state->folder);
    pthread_mutex_lock(&state->mutex);
    state->stats.kept_count = count;
    state->stats.kept_size = size;
    state->stats.disk = disk;
    pthread_mutex_unlock(&state->mutex);
}

static void *run_writer(void *context)
{
    struct ap_recorder_state *state = context;
    ap_threads_name("recorder");
    for (;;) {
        bool ending = is_ending(state);
        size_t size;
        look_at_disk(state);
        uint64_t lost;
        if (ap_chunk_ring_copy(state->config.ring, state->piece, PIECE_SIZE, &size, &lost) == AP_OK)
            write_and_settle(state, size, lost);
        else if (ending)
            break;
        else
            ap_clock_sleep_ns(REST_NS);
    }
    close_file(state);
    return NULL;
}

/* --- the packing thread --- */

static bool is_open(struct ap_recorder_state *state, const char *name)
{
    pthread_mutex_lock(&state->mutex);
    bool open = strcmp(name, state->open_name) == 0;
    pthread_mutex_unlock(&state->mutex);
    return open;
}

/* Removes the oldest files until the rest is within the limits; never the one that is written. */
static void retain(struct ap_recorder_state *state, const ap_recording_file *files, size_t count)
{
    const ap_recorder_config *config = &state->config;
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += files[i].size;
    for (size_t i = 0; i + 1 < count; i++) {
        /* Its last chunk was received before the first of the next. */
        int64_t age_ns = files[count - 1].first_utc - files[i + 1].first_utc;
        bool is_old = config->keep_s > 0 && age_ns > (int64_t)config->keep_s * AP_NS_PER_S;
        bool is_much = config->keep_size > 0 && total > config->keep_size;
        char path[PATH_MAX];
        if ((!is_old && !is_much) || is_open(state, files[i].name))
            return;
        snprintf(path, sizeof path, "%s/%s", state->folder, files[i].name);
        if (unlink(path) && errno != ENOENT)
            note_failure(state, "cannot be removed", errno);
        total -= files[i].size;
    }
}

static void pack_closed(struct ap_recorder_state *state)
{
    size_t count;
    int error;
    ap_recording_file *files = ap_recording_files(state->folder, &count, &error);
    for (size_t i = 0; i < count && !is_ending(state); i++) {
        if (files[i].is_packed || is_open(state, files[i].name))
            continue;
        int failed = ap_recording_pack(state->folder, files[i].name);
        if (failed)
            note_failure(state, "cannot be packed", failed);
    }
    free(files);
    files = ap_recording_files(state->folder, &count, &error);
    if (error)
        note_failure(state, "cannot be listed", error);
    retain(state, files, count);
    free(files);
}

static void sync_closed(struct ap_recorder_state *state)
{
    int files[UNSYNCED_CAP];
    pthread_mutex_lock(&state->mutex);
    size_t count = state->unsynced_count;
    memcpy(files, state->unsynced, sizeof files);
    state->unsynced_count = 0;
    pthread_mutex_unlock(&state->mutex);
    for (size_t i = 0; i < count; i++)
        sync_and_close(state, files[i]);
}

static void *run_packer(void *context)
{
    struct ap_recorder_state *state = context;
    ap_threads_name("packer");
    pthread_mutex_lock(&state->mutex);
    while (!state->is_ending) {
        if (!state->pack_is_due) {
            pthread_cond_wait(&state->wake, &state->mutex);
            continue;
        }
        state->pack_is_due = false;
        pthread_mutex_unlock(&state->mutex);
        sync_closed(state);
        pack_closed(state);
        pthread_mutex_lock(&state->mutex);
    }
    pthread_mutex_unlock(&state->mutex);
    return NULL;
}

/* --- start and end --- */

static ap_err fail(ap_err err, const char *what, const char *folder, int error,
                   char message[AP_IO_MESSAGE_SIZE])
{
    snprintf(message, AP_IO_MESSAGE_SIZE, "recordings folder '%.200s' %s: %s", folder, what,
             strerror(error));
    return err;
}

static ap_err take_folder(struct ap_recorder_state *state, char message[AP_IO_MESSAGE_SIZE])
{
    char path[PATH_MAX];
    if (mkdir(state->folder, 0750) && errno != EEXIST)
        return fail(AP_ERR_IO, "cannot be made", state->folder, errno, message);
    snprintf(path, sizeof path, "%s/" LOCK_NAME, state->folder);
    state->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (state->lock_fd < 0)
        return fail(AP_ERR_IO, "cannot be written to", state->folder, errno, message);
    if (flock(state->lock_fd, LOCK_EX | LOCK_NB))
        return fail(AP_ERR_NO_OUTPUT, "is used by another process", state->folder, errno, message);
    size_t count;
    int error;
    ap_recording_file *files = ap_recording_files(state->folder, &count, &error);
    for (size_t i = 0; i < count && !error; i++)
        if (!files[i].is_packed)
            error = ap_recording_repair(state->folder, files[i].name);
    free(files);
    return error ? fail(AP_ERR_IO, "cannot be repaired", state->folder, error, message) : AP_OK;
}

static bool copy_about(struct ap_recorder_state *state)
{
    uint16_t count = state->config.about_count;
    state->about = calloc(count + 1u, sizeof *state->about);
    for (uint16_t i = 0; state->about && i < count; i++)
        if (!(state->about[i] = strdup(state->config.about[i])))
            return false;
    return state->about != NULL;
}

static void free_state(struct ap_recorder_state *state)
{
    for (uint16_t i = 0; state->about && i < state->config.about_count; i++)
        free(state->about[i]);
    free(state->about);
    free(state->piece);
    if (state->lock_fd >= 0)
        close(state->lock_fd);
    pthread_cond_destroy(&state->wake);
    pthread_mutex_destroy(&state->mutex);
    free(state);
}

static ap_err start_threads(struct ap_recorder_state *state)
{
    if (pthread_create(&state->writer, NULL, run_writer, state))
        return AP_ERR_MEMORY;
    if (pthread_create(&state->packer, NULL, run_packer, state) == 0)
        return AP_OK;
    pthread_mutex_lock(&state->mutex);
    state->is_ending = true;
    pthread_mutex_unlock(&state->mutex);
    pthread_join(state->writer, NULL);
    return AP_ERR_MEMORY;
}

ap_err ap_recorder_open(ap_recorder *recorder, const ap_recorder_config *config,
                        char message[AP_IO_MESSAGE_SIZE])
{
    recorder->state = NULL;
    struct ap_recorder_state *state = calloc(1, sizeof *state);
    if (!state || strlen(config->folder) >= sizeof state->folder) {
        free(state);
        return fail(AP_ERR_MEMORY, "cannot be used", config->folder, ENOMEM, message);
    }
    state->config = *config;
    state->fd = state->lock_fd = -1;
    state->pack_is_due = true; /* what an earlier run left */
    state->stats.is_writing = true;
    atomic_init(&state->settled_utc, AP_UTC_UNKNOWN);
    strcpy(state->folder, config->folder);
    pthread_mutex_init(&state->mutex, NULL);
    pthread_cond_init(&state->wake, NULL);
    state->piece = malloc(PIECE_SIZE);
    ap_err err = state->piece && copy_about(state) ? take_folder(state, message) : AP_ERR_MEMORY;
    if (!err)
        err = start_threads(state);
    if (err) {
        if (err == AP_ERR_MEMORY)
            (void)fail(err, "cannot be used", config->folder, ENOMEM, message);
        free_state(state);
        return err;
    }
    recorder->state = state;
    return AP_OK;
}

ap_recorder_stats ap_recorder_stats_of(const ap_recorder *recorder)
{
    struct ap_recorder_state *state = recorder->state;
    pthread_mutex_lock(&state->mutex);
    ap_recorder_stats stats = state->stats;
    pthread_mutex_unlock(&state->mutex);
    return stats;
}

ap_utc_ns ap_recorder_settled(const ap_recorder *recorder)
{
    return atomic_load(&recorder->state->settled_utc);
}

void ap_recorder_close(ap_recorder *recorder)
{
    struct ap_recorder_state *state = recorder->state;
    if (!state)
        return;
    pthread_mutex_lock(&state->mutex);
    state->is_ending = true;
    pthread_cond_signal(&state->wake);
    pthread_mutex_unlock(&state->mutex);
    pthread_join(state->writer, NULL);
    pthread_join(state->packer, NULL);
    sync_closed(state);
    free_state(state);
    recorder->state = NULL;
}

/* --- reading --- */

typedef struct reading {
    ap_utc_ns after_utc;
    ap_recorded_fn fn;
    void *context;
    uint8_t *data;
    size_t cap, size;
    bool is_over; /* fn wants no more */
    bool with_about;
} reading;

/* Gives what is whole of the octets at hand. False: the file goes wrong there. */
static bool give_chunks(reading *r)
{
    size_t at = 0, used;
    ap_chunk chunk;
    ap_err err = AP_OK;
    while (!r->is_over &&
           (err = ap_recording_take(r->data + at, r->size - at, &used, &chunk)) == AP_OK) {
        at += used;
        if ((r->with_about || chunk.kind != AP_CHUNK_ABOUT) &&
            (r->after_utc == AP_UTC_UNKNOWN || chunk.receive_utc > r->after_utc))
            r->is_over = !r->fn(r->context, &chunk);
    }
    memmove(r->data, r->data + at, r->size - at);
    r->size -= at;
    if (err == AP_ERR_END) /* zeros: a file that was not closed */
        r->size = 0;
    return err == AP_OK || err == AP_ERR_MORE || err == AP_ERR_END;
}

static ap_err tell_damage(const reading *r, const char *path, bool is_good,
                          char message[AP_IO_MESSAGE_SIZE])
{
    if (r->is_over || (is_good && r->size == 0))
        return AP_OK;
    snprintf(message, AP_IO_MESSAGE_SIZE, "recording '%.300s' %s: all before it was used", path,
             is_good ? "ends inside a chunk" : "is damaged");
    return is_good ? AP_ERR_TRUNCATED : AP_ERR_MALFORMED;
}

static ap_err read_file(reading *r, const char *path, char message[AP_IO_MESSAGE_SIZE])
{
    ap_input input;
    ap_err err = ap_input_open(&input, path, message);
    bool has_head = false, is_good = true;
    r->size = 0;
    for (size_t n = 1; !err && n > 0 && is_good && !r->is_over;) {
        err = ap_input_read(&input, r->data + r->size, r->cap - r->size, &n, message);
        r->size += n;
        if (!has_head && r->size >= AP_RECORDING_PROBE_SIZE) {
            has_head = true;
            is_good = ap_recording_is(r->data, r->size);
            memmove(r->data, r->data + AP_PCAP_HEAD_SIZE, r->size - AP_PCAP_HEAD_SIZE);
            r->size -= AP_PCAP_HEAD_SIZE;
        }
        if (has_head && is_good)
            is_good = give_chunks(r);
    }
    ap_input_close(&input);
    return err ? err : tell_damage(r, path, is_good && has_head, message);
}

bool ap_recording_is_file(const char *path)
{
    char message[AP_IO_MESSAGE_SIZE];
    uint8_t front[AP_RECORDING_PROBE_SIZE];
    ap_input input;
    size_t size = 0, n = 1;
    if (ap_input_open(&input, path, message))
        return false;
    while (size < sizeof front && n > 0 &&
           !ap_input_read(&input, front + size, sizeof front - size, &n, message))
        size += n;
    ap_input_close(&input);
    return ap_recording_is(front, size);
}

ap_err ap_recording_read(const char *path, ap_recorded_fn fn, void *context,
                         char message[AP_IO_MESSAGE_SIZE])
{
    reading r = { .after_utc = AP_UTC_UNKNOWN,
                  .fn = fn,
                  .context = context,
                  .cap = PIECE_SIZE,
                  .with_about = true };
    r.data = malloc(r.cap);
    ap_err err = AP_ERR_MEMORY;
    if (r.data)
        err = read_file(&r, path, message);
    else
        snprintf(message, AP_IO_MESSAGE_SIZE, "memory is exhausted");
    free(r.data);
    return err;
}

bool ap_recordings_newest_path(const char *folder, char *path, size_t size)
{
    size_t count;
    int error;
    ap_recording_file *files = ap_recording_files(folder, &count, &error);
    int n = count > 0 ? snprintf(path, size, "%s/%s", folder, files[count - 1].name) : -1;
    free(files);
    return n > 0 && (size_t)n < size;
}

static bool note_newest(void *context, const ap_chunk *chunk)
{
    *(ap_utc_ns *)context = chunk->receive_utc;
    return true;
}

ap_utc_ns ap_recordings_newest(const char *folder)
{
    char path[PATH_MAX], message[AP_IO_MESSAGE_SIZE];
    ap_utc_ns newest_utc = AP_UTC_UNKNOWN;
    if (ap_recordings_newest_path(folder, path, sizeof path))
        (void)ap_recording_read(path, note_newest, &newest_utc, message); /* up to any damage */
    return newest_utc;
}

ap_err ap_recordings_read(const char *folder, ap_utc_ns after_utc, ap_recorded_fn fn, void *context,
                          char message[AP_IO_MESSAGE_SIZE])
{
    size_t count;
    int error;
    ap_recording_file *files = ap_recording_files(folder, &count, &error);
    reading r = { .after_utc = after_utc, .fn = fn, .context = context, .cap = PIECE_SIZE };
    r.data = malloc(r.cap);
    ap_err err = AP_OK;
    if (error || !r.data)
        err = fail(AP_ERR_IO, "cannot be read", folder, error ? error : ENOMEM, message);
    for (size_t i = 0; r.data && i < count && !r.is_over; i++) {
        bool is_before =
            i + 1 < count && after_utc != AP_UTC_UNKNOWN && files[i + 1].first_utc <= after_utc;
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
        if (!is_before && read_file(&r, path, message))
            err = AP_ERR_IO;
    }
    free(r.data);
    free(files);
    return err;
}

#include "io/geopackage_segments.h"

#include <dirent.h>
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
#include <unistd.h>

#include "io/clock.h"
#include "io/disk.h"
#include "io/geopackage_segment.h"
#include "io/threads.h"

#define PREFIX "airpicture-"
#define NAME_SIZE 64
#define NAMES_MAX 100000u    /* segments in a folder */
#define SAME_SECOND_MAX 100u /* segments that begin in one second */
#define LOOK_NS (10 * AP_NS_PER_S)

typedef struct segment_name {
    char text[NAME_SIZE];
    ap_utc_ns begin;
} segment_name;

struct segments {
    ap_geopackage_segments_config config;
    ap_archive_sink *sink;
    int lock; /* of the folder, -1: not held */
    /* of the feeding thread */
    ap_geopackage_segment now;
    char path[PATH_MAX]; /* of `now`; "": there is none */
    int64_t slot;        /* of its time */
    ap_row_mark mark;    /* of the newest row that was taken, or is stored */
    /* shared */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t bell;
    atomic_bool is_ending;
    bool is_wanted;              /* there may be something to finish */
    char current[NAME_SIZE];     /* the segment that is written; "": leave all alone */
    _Atomic int64_t received_ns; /* of the newest row: the clock by which segments grow old */
    _Atomic uint64_t file_count, removed_count, byte_count;
    _Atomic uint64_t disk_free_size, disk_size;
};

/* --- names --- */

static void name_of(ap_utc_ns begin, unsigned again, char name[NAME_SIZE])
{
    char text[AP_UTC_TEXT_SIZE], plain[AP_UTC_TEXT_SIZE];
    size_t n = 0;
    ap_utc_text(begin / AP_NS_PER_S * AP_NS_PER_S, text);
    for (const char *c = text; *c && *c != '.' && *c != 'Z'; c++)
        if (*c != ':' && *c != '-')
            plain[n++] = *c;
    plain[n] = '\0';
    if (again)
        (void)snprintf(name, NAME_SIZE, PREFIX "%sZ-%02u.gpkg", plain, again);
    else
        (void)snprintf(name, NAME_SIZE, PREFIX "%sZ.gpkg", plain);
}

/* False for what is no segment's name. */
static bool read_name(const char *text, segment_name *name)
{
    int year, month, day, hour, minute, second, used = 0;
    char time[AP_UTC_TEXT_SIZE];
    if (sscanf(text, PREFIX "%4d%2d%2dT%2d%2d%2dZ%n", &year, &month, &day, &hour, &minute, &second,
               &used) != 6 ||
        used == 0 || strlen(text) >= NAME_SIZE)
        return false;
    const char *rest = text + used;
    int again = 0, behind = 0;
    if (sscanf(rest, "-%2d.gpkg%n", &again, &behind) == 1 && behind > 0)
        rest += behind - 5;
    if (strcmp(rest, ".gpkg") != 0)
        return false;
    (void)snprintf(time, sizeof time, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day, hour,
                   minute, second);
    strcpy(name->text, text);
    return ap_utc_parse(time, &name->begin) == AP_OK;
}

static int by_name(const void *a, const void *b)
{
    const segment_name *left = a, *right = b;
    if (left->begin != right->begin)
        return left->begin < right->begin ? -1 : 1;
    size_t l = strlen(left->text), r = strlen(right->text); /* without a number comes first */
    return l != r ? (l < r ? -1 : 1) : strcmp(left->text, right->text);
}

/* Segments in the folder, oldest first; to be freed. NULL, with *count 0, when there are none. */
static segment_name *list(const char *folder, size_t *count)
{
    segment_name *names = NULL, one;
    size_t cap = 0;
    *count = 0;
    DIR *open = opendir(folder);
    for (struct dirent *entry; open && *count < NAMES_MAX && (entry = readdir(open));) {
        if (!read_name(entry->d_name, &one))
            continue;
        if (*count == cap) {
            cap = cap ? 2 * cap : 64;
            segment_name *grown = realloc(names, cap * sizeof *names);
            if (!grown)
                break;
            names = grown;
        }
        names[(*count)++] = one;
    }
    if (open)
        (void)closedir(open);
    if (*count > 0)
        qsort(names, *count, sizeof *names, by_name);
    return names;
}

static bool path_of(const struct segments *s, const char *name, char path[PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/%s", s->config.folder, name) < PATH_MAX;
}

/* --- the thread: finish, count, remove --- */

static uint64_t size_of(const struct segments *s, const char *name)
{
    static const char *const ends[] = { "", "-wal", "-journal" };
    uint64_t size = 0;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char path[PATH_MAX];
        struct stat found;
        if (snprintf(path, sizeof path, "%s/%s%s", s->config.folder, name, ends[i]) < PATH_MAX &&
            stat(path, &found) == 0)
            size += (uint64_t)found.st_size;
    }
    return size;
}

static void remove_segment(struct segments *s, const char *name)
{
    static const char *const ends[] = { "-wal", "-shm", "-journal", "" };
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (snprintf(path, sizeof path, "%s/%s%s", s->config.folder, name, ends[i]) < PATH_MAX &&
            unlink(path) && errno != ENOENT)
            ap_log_write(s->config.log, AP_LOG_WARNING, "archive: cannot remove '%s': %s", path,
                         strerror(errno));
    atomic_fetch_add(&s->removed_count, 1);
}

/* A segment ends where the next begins. */
static void keep_limits(struct segments *s, const segment_name *names, size_t count,
                        const char *current)
{
    uint64_t size = 0, files = count;
    int64_t now = atomic_load(&s->received_ns);
    for (size_t i = 0; i < count; i++)
        size += size_of(s, names[i].text);
    for (size_t i = 0; i + 1 < count; i++) {
        double age_s = ap_seconds_between(names[i + 1].begin, now);
        bool is_old = s->config.keep_s > 0 && now > 0 && age_s > (double)s->config.keep_s;
        if (!is_old && !(s->config.keep_size > 0 && size > s->config.keep_size))
            break;
        if (strcmp(names[i].text, current) == 0)
            continue; /* the clock ran back since others began */
        size -= size_of(s, names[i].text);
        files--;
        remove_segment(s, names[i].text);
    }
    atomic_store(&s->file_count, files);
    atomic_store(&s->byte_count, size);
    ap_disk disk = ap_disk_of(s->config.folder);
    atomic_store(&s->disk_free_size, disk.free_size);
    atomic_store(&s->disk_size, disk.size);
}

/* False: it is to be tried again. */
static bool finish(struct segments *s, const char *name)
{
    char path[PATH_MAX], message[AP_IO_MESSAGE_SIZE];
    ap_row_mark mark;
    bool is_finished;
    if (!path_of(s, name, path))
        return true;
    ap_err err = ap_geopackage_segment_look(path, &mark, &is_finished, message);
    if (err == AP_ERR_MALFORMED) {
        ap_log_write(s->config.log, AP_LOG_WARNING,
                     "archive: '%s' is no archive, or damaged; it is left as it is", path);
        return true;
    }
    if (!err && !is_finished)
        err = ap_geopackage_segment_finish(path, &s->is_ending, message);
    if (err && !atomic_load(&s->is_ending))
        ap_log_write(s->config.log, AP_LOG_WARNING, "archive: %s; tries again", message);
    return err == AP_OK;
}

/* `done`: up to there all segments are known to be finished. */
static void look_after(struct segments *s, segment_name *done)
{
    size_t count;
    segment_name *names = list(s->config.folder, &count);
    char current[NAME_SIZE];
    bool all_done = true;
    pthread_mutex_lock(&s->mutex);
    memcpy(current, s->current, sizeof current);
    pthread_mutex_unlock(&s->mutex);
    for (size_t i = 0; i < count && current[0] && strcmp(names[i].text, current) != 0; i++) {
        if (atomic_load(&s->is_ending))
            break;
        if (done->text[0] && by_name(&names[i], done) <= 0)
            continue;
        all_done = finish(s, names[i].text) && all_done;
        if (all_done)
            *done = names[i];
    }
    if (current[0])
        keep_limits(s, names, count, current);
    free(names);
}

static void *run(void *context)
{
    struct segments *s = context;
    segment_name done = { .text = "" };
    pthread_mutex_lock(&s->mutex);
    while (!atomic_load(&s->is_ending)) {
        s->is_wanted = false;
        pthread_mutex_unlock(&s->mutex);
        look_after(s, &done);
        int64_t until_ns = ap_clock_monotonic_ns() + LOOK_NS;
        pthread_mutex_lock(&s->mutex);
        while (!atomic_load(&s->is_ending) && !s->is_wanted &&
               ap_bell_wait(&s->bell, &s->mutex, until_ns))
            ;
    }
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}

static void ring(struct segments *s)
{
    const char *slash = strrchr(s->path, '/');
    pthread_mutex_lock(&s->mutex);
    (void)snprintf(s->current, sizeof s->current, "%s", slash ? slash + 1 : "");
    s->is_wanted = true;
    pthread_cond_signal(&s->bell);
    pthread_mutex_unlock(&s->mutex);
}

/* --- the sink --- */

static ap_err fail(struct segments *s)
{
    memcpy(s->sink->message, s->now.to.failure, AP_IO_MESSAGE_SIZE);
    return s->now.to.failed;
}

static ap_err refuse(struct segments *s, const char *what)
{
    (void)snprintf(s->sink->message, AP_IO_MESSAGE_SIZE, "%s '%.*s': %s", what,
                   AP_IO_MESSAGE_SIZE / 2, s->config.folder, strerror(errno));
    return AP_ERR_IO;
}

static ap_err lock_folder(struct segments *s)
{
    char path[PATH_MAX];
    if (mkdir(s->config.folder, 0755) && errno != EEXIST)
        return refuse(s, "cannot make the folder");
    if (!path_of(s, ".lock", path))
        return errno = ENAMETOOLONG, refuse(s, "cannot use the folder");
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (s->lock < 0)
        return refuse(s, "cannot write to the folder");
    if (flock(s->lock, LOCK_EX | LOCK_NB))
        return refuse(s, "another process archives to the folder");
    return AP_OK;
}

/* Segments that a killed process had begun, under the lock: nobody else makes any. */
static void remove_begun(struct segments *s)
{
    DIR *open = opendir(s->config.folder);
    for (struct dirent *entry; open && (entry = readdir(open));) {
        const char *part = strstr(entry->d_name, ".gpkg.part");
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0 && part)
            (void)unlinkat(dirfd(open), entry->d_name, 0);
    }
    if (open)
        (void)closedir(open);
}

/* Of the newest life of the engine, and of that the newest row; by names alone a clock that ran
 * back would lead to another. */
static bool is_newer(const ap_row_mark *mark, const ap_row_mark *than)
{
    return mark->run != than->run ? mark->run > than->run : mark->row >= than->row;
}

/* The newest segment that is sound: taken up again when it was not finished. */
static ap_err take_up(struct segments *s, ap_row_mark *committed)
{
    size_t count, newest = SIZE_MAX;
    segment_name *names = list(s->config.folder, &count);
    ap_err err = AP_OK;
    bool is_finished = false;
    for (size_t i = 0; i < count && !err; i++) {
        ap_row_mark mark;
        bool is_over = false;
        if (!path_of(s, names[i].text, s->path))
            continue;
        err = ap_geopackage_segment_look(s->path, &mark, &is_over, s->sink->message);
        if (!err && (newest == SIZE_MAX || is_newer(&mark, committed))) {
            newest = i;
            *committed = mark;
            is_finished = is_over;
        }
        if (err == AP_ERR_MALFORMED)
            err = AP_OK; /* the thread tells of it */
    }
    if (!err && newest != SIZE_MAX)
        (void)path_of(s, names[newest].text, s->path);
    else
        s->path[0] = '\0';
    if (!err && newest != SIZE_MAX && !is_finished) {
        err = ap_geopackage_segment_open(&s->now, s->path, committed);
        s->slot = names[newest].begin / AP_NS_PER_S / s->config.segment_s;
        if (err)
            (void)fail(s);
    }
    free(names);
    return err;
}

static ap_err segments_open(ap_archive_sink *sink, ap_row_mark *committed)
{
    struct segments *s = sink->context;
    *committed = (ap_row_mark){ 0 };
    s->path[0] = '\0';
    ap_err err = lock_folder(s);
    if (!err)
        remove_begun(s);
    if (!err)
        err = take_up(s, committed);
    s->mark = *committed;
    if (!err)
        ring(s);
    return err;
}

/* A path that is free, for a segment that begins then. */
static ap_err choose_path(struct segments *s, ap_utc_ns begin, char path[PATH_MAX])
{
    char name[NAME_SIZE];
    for (unsigned again = 0; again < SAME_SECOND_MAX; again++) {
        name_of(begin, again, name);
        if (path_of(s, name, path) && access(path, F_OK))
            return AP_OK;
    }
    errno = EEXIST;
    return refuse(s, "there is no name left for a segment in");
}

/* A life of the engine has its own numbers of tracks: they do not go on in its segments. */
static ap_err begin(struct segments *s, const ap_row_mark *mark)
{
    char path[PATH_MAX];
    bool goes_on = s->now.is_open && s->mark.run == mark->run;
    if (s->now.is_open && ap_geopackage_segment_commit(&s->now, &s->mark))
        return fail(s);
    ap_geopackage_segment_close(&s->now);
    ap_err err = choose_path(s, mark->received, path);
    if (err)
        return err;
    err = ap_geopackage_segment_create(&s->now, path, goes_on ? s->path : NULL, &s->mark);
    if (err) {
        (void)fail(s);
        ap_geopackage_segment_close(&s->now);
        return err;
    }
    memcpy(s->path, path, sizeof path);
    s->slot = mark->received / AP_NS_PER_S / s->config.segment_s;
    ring(s);
    return AP_OK;
}

static ap_err segments_take(ap_archive_sink *sink, const ap_row *row)
{
    struct segments *s = sink->context;
    int64_t slot = row->mark.received / AP_NS_PER_S / s->config.segment_s;
    bool is_over = !s->now.is_open || slot > s->slot || row->mark.run != s->mark.run;
    ap_err err = is_over ? begin(s, &row->mark) : AP_OK;
    if (err)
        return err;
    err = ap_geopackage_segment_take(&s->now, row);
    if (!err)
        s->mark = row->mark;
    return err && err != AP_ERR_RANGE ? fail(s) : err;
}

static ap_err segments_commit(ap_archive_sink *sink, const ap_row_mark *through)
{
    struct segments *s = sink->context;
    s->mark = *through;
    atomic_store(&s->received_ns, through->received);
    if (!s->now.is_open)
        return AP_OK; /* nothing was taken: the mark goes with the next row */
    return ap_geopackage_segment_commit(&s->now, through) ? fail(s) : AP_OK;
}

/* A segment that somebody removed would go on being written where nobody sees it. */
static ap_err segments_tick(ap_archive_sink *sink)
{
    struct segments *s = sink->context;
    return s->now.is_open && access(s->path, F_OK) ? refuse(s, "a segment was removed from")
                                                   : AP_OK;
}

static void segments_close(ap_archive_sink *sink, bool is_end)
{
    struct segments *s = sink->context;
    (void)is_end;
    ap_geopackage_segment_close(&s->now);
    if (s->lock >= 0)
        (void)close(s->lock);
    s->lock = -1;
    s->path[0] = '\0';
    ring(s);
}

static void segments_stats(const ap_archive_sink *sink, ap_archive_sink_stats *stats)
{
    struct segments *s = sink->context;
    *stats = (ap_archive_sink_stats){ .file_count = atomic_load(&s->file_count),
                                      .removed_count = atomic_load(&s->removed_count),
                                      .byte_count = atomic_load(&s->byte_count),
                                      .disk_free_size = atomic_load(&s->disk_free_size),
                                      .disk_size = atomic_load(&s->disk_size) };
}

static const ap_archive_sink_ops ops = { .open = segments_open,
                                         .take = segments_take,
                                         .commit = segments_commit,
                                         .tick = segments_tick,
                                         .close = segments_close,
                                         .stats = segments_stats };

ap_err ap_geopackage_segments_make(ap_archive_sink *sink,
                                   const ap_geopackage_segments_config *config)
{
    if (config->segment_s < 1 || config->segment_s > 86400 || !config->folder[0])
        return AP_ERR_ARGUMENT;
    struct segments *s = calloc(1, sizeof *s);
    if (!s)
        return AP_ERR_MEMORY;
    s->config = *config;
    s->sink = sink;
    s->lock = -1;
    pthread_mutex_init(&s->mutex, NULL);
    ap_bell_init(&s->bell);
    *sink = (ap_archive_sink){ .name = "geopackage", .ops = &ops, .context = s };
    if (pthread_create(&s->thread, NULL, run, s) == 0)
        return AP_OK;
    pthread_cond_destroy(&s->bell);
    pthread_mutex_destroy(&s->mutex);
    free(s);
    sink->context = NULL;
    return AP_ERR_MEMORY;
}

void ap_geopackage_segments_unmake(ap_archive_sink *sink)
{
    struct segments *s = sink->context;
    if (!s)
        return;
    pthread_mutex_lock(&s->mutex);
    atomic_store(&s->is_ending, true);
    pthread_cond_signal(&s->bell);
    pthread_mutex_unlock(&s->mutex);
    pthread_join(s->thread, NULL);
    pthread_cond_destroy(&s->bell);
    pthread_mutex_destroy(&s->mutex);
    free(s);
    sink->context = NULL;
}

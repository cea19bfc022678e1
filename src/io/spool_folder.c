#include "io/spool_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_FORMAT "spool-%016" PRIx64 "-%020" PRIu64
#define NAME_SIZE 48

ap_err ap_spool_folder_fail(const ap_spool_folder *folder, const char *what,
                            char message[AP_IO_MESSAGE_SIZE])
{
    (void)snprintf(message, AP_IO_MESSAGE_SIZE, "cannot %s '%.*s': %s", what,
                   AP_IO_MESSAGE_SIZE / 2, folder->path, strerror(errno));
    return AP_ERR_IO;
}

bool ap_spool_write_at(int fd, const void *octets, size_t size, uint64_t at)
{
    for (size_t done = 0; done < size;) {
        ssize_t written =
            pwrite(fd, (const uint8_t *)octets + done, size - done, (off_t)(at + done));
        if (written <= 0 && errno != EINTR)
            return false;
        done += written > 0 ? (size_t)written : 0;
    }
    return true;
}

void ap_spool_folder_path(const ap_spool_folder *folder, uint64_t first, char path[PATH_MAX])
{
    (void)snprintf(path, PATH_MAX, "%s/" NAME_FORMAT, folder->path, folder->id, first);
}

/* --- list --- */

/* False for what is no segment's name. */
static bool read_name(const char *text, uint64_t *id, uint64_t *first)
{
    char again[NAME_SIZE];
    return sscanf(text, "spool-%16" SCNx64 "-%20" SCNu64, id, first) == 2 &&
           snprintf(again, sizeof again, NAME_FORMAT, *id, *first) < NAME_SIZE &&
           strcmp(again, text) == 0;
}

static int by_first(const void *a, const void *b)
{
    const ap_spool_segment *left = a, *right = b;
    return left->first < right->first ? -1 : left->first > right->first;
}

ap_err ap_spool_folder_append(ap_spool_folder *folder, const ap_spool_segment *segment)
{
    if (folder->count == folder->cap) {
        size_t cap = folder->cap ? 2 * folder->cap : 64;
        ap_spool_segment *grown = realloc(folder->segments, cap * sizeof *grown);
        if (!grown)
            return AP_ERR_MEMORY;
        folder->segments = grown;
        folder->cap = cap;
    }
    folder->segments[folder->count++] = *segment;
    return AP_OK;
}

static ap_err take_name(ap_spool_folder *folder, const char *name, char *message)
{
    uint64_t id;
    ap_spool_segment segment = { 0 };
    struct stat found;
    if (!read_name(name, &id, &segment.first))
        return AP_OK;
    if (folder->count > 0 && id != folder->id) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE,
                       "'%.*s' holds segments of two spools; expected one spool in a folder",
                       AP_IO_MESSAGE_SIZE / 2, folder->path);
        return AP_ERR_IO;
    }
    folder->id = id;
    char path[PATH_MAX];
    ap_spool_folder_path(folder, segment.first, path);
    if (stat(path, &found))
        return ap_spool_folder_fail(folder, "look into the spool", message);
    segment.size = (uint64_t)found.st_size;
    return ap_spool_folder_append(folder, &segment);
}

static ap_err list(ap_spool_folder *folder, char *message)
{
    DIR *open = opendir(folder->path);
    if (!open)
        return ap_spool_folder_fail(folder, "read the folder", message);
    ap_err err = AP_OK;
    for (struct dirent *entry; !err && (entry = readdir(open));)
        err = take_name(folder, entry->d_name, message);
    (void)closedir(open);
    if (folder->count > 0)
        qsort(folder->segments, folder->count, sizeof *folder->segments, by_first);
    for (size_t i = 0; i < folder->count; i++)
        folder->segments[i].last = folder->segments[i + 1 < folder->count ? i + 1 : i].first - 1;
    return err;
}

static ap_err lock(ap_spool_folder *folder, char *message)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/.lock", folder->path);
    folder->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (folder->lock < 0)
        return ap_spool_folder_fail(folder, "write to the folder", message);
    if (flock(folder->lock, LOCK_EX | LOCK_NB) == 0)
        return AP_OK;
    (void)snprintf(message, AP_IO_MESSAGE_SIZE, "another process has the spool '%.*s'",
                   AP_IO_MESSAGE_SIZE / 2, folder->path);
    return AP_ERR_IO;
}

ap_err ap_spool_folder_open(ap_spool_folder *folder, const char *path,
                            char message[AP_IO_MESSAGE_SIZE])
{
    *folder = (ap_spool_folder){ .lock = -1 };
    if (snprintf(folder->path, sizeof folder->path, "%s", path) >= (int)sizeof folder->path)
        return errno = ENAMETOOLONG, ap_spool_folder_fail(folder, "use the folder", message);
    if (mkdir(path, 0700) && errno != EEXIST)
        return ap_spool_folder_fail(folder, "make the folder", message);
    ap_err err = lock(folder, message);
    return err ? err : list(folder, message);
}

void ap_spool_folder_close(ap_spool_folder *folder)
{
    if (folder->lock >= 0)
        (void)close(folder->lock);
    folder->lock = -1;
    free(folder->segments);
    folder->segments = NULL;
    folder->count = folder->cap = 0;
}

/* --- add and remove --- */

static bool sync_folder(const ap_spool_folder *folder)
{
    int fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    return is_synced;
}

static bool write_file(const char *path, const void *octets, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool is_there = fd >= 0 && ap_spool_write_at(fd, octets, size, 0) && fdatasync(fd) == 0;
    int error = errno;
    if (fd >= 0)
        (void)close(fd);
    errno = error;
    return is_there;
}

/* Made under another name, so that no segment is ever without its first frame. */
ap_err ap_spool_folder_make(ap_spool_folder *folder, ap_spool_kind kind, uint64_t newest,
                            const ap_spool_mark *mark, ap_spool_segment *segment,
                            char message[AP_IO_MESSAGE_SIZE])
{
    uint8_t octets[AP_SPOOL_HEAD_SIZE + AP_SPOOL_MARK_MAX];
    char path[PATH_MAX], part[PATH_MAX];
    while (folder->id == 0)
        if (getrandom(&folder->id, sizeof folder->id, 0) < 0 && errno != EINTR)
            return ap_spool_folder_fail(folder, "draw a number for the spool", message);
    const ap_spool_frame frame = { kind, mark->size, newest, mark->octets };
    size_t size = ap_spool_frame_write(octets, folder->id, &frame);
    ap_spool_folder_path(folder, newest + 1, path);
    (void)snprintf(part, sizeof part, "%s/.part", folder->path);
    if (!write_file(part, octets, size) || rename(part, path) || !sync_folder(folder))
        return ap_spool_folder_fail(folder, "begin a segment in", message);
    *segment = (ap_spool_segment){ .first = newest + 1, .last = newest, .size = size };
    return AP_OK;
}

ap_spool_segment ap_spool_folder_pop(ap_spool_folder *folder)
{
    ap_spool_segment oldest = folder->segments[0];
    memmove(folder->segments, folder->segments + 1, --folder->count * sizeof oldest);
    return oldest;
}

/* --- the end of the newest --- */

typedef struct ending {
    ap_spool_mark mark;
    bool has_commit;
    size_t size;           /* octets up to the newest commit */
    uint64_t newest;       /* record before it */
    uint64_t given;        /* highest number in what is to be cut */
    uint64_t damaged_size; /* octets without a frame, behind the newest commit */
} ending;

static void take_frame(ending *end, const ap_spool_frame *frame, size_t behind)
{
    if (frame->kind == AP_SPOOL_RECORD || frame->size > AP_SPOOL_MARK_MAX) {
        end->given = frame->number;
        return;
    }
    end->has_commit = true;
    end->size = behind;
    end->newest = end->given = frame->number;
    end->damaged_size = 0;
    end->mark.size = frame->size;
    memcpy(end->mark.octets, frame->payload, frame->size);
}

static ap_err find_end(const ap_spool_folder *folder, int fd, size_t size, ending *end,
                       char *message)
{
    if (size == 0)
        return AP_OK;
    const uint8_t *octets = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (octets == MAP_FAILED)
        return ap_spool_folder_fail(folder, "read a segment of", message);
    size_t at = 0;
    ap_spool_frame frame;
    while (ap_spool_frame_find(octets, size, true, folder->id, &at, &frame, &end->damaged_size) ==
           AP_OK)
        take_frame(end, &frame, at);
    (void)munmap((void *)(uintptr_t)octets, size);
    return AP_OK;
}

/* A jump over what may have been given, behind the newest commit. */
static ap_err jump(const ap_spool_folder *folder, int fd, ending *end, char *message)
{
    uint8_t octets[AP_SPOOL_HEAD_SIZE + AP_SPOOL_MARK_MAX];
    uint64_t newest = end->given + end->damaged_size / AP_SPOOL_HEAD_SIZE + 1;
    const ap_spool_frame frame = { AP_SPOOL_JUMP, end->mark.size, newest, end->mark.octets };
    size_t size = ap_spool_frame_write(octets, folder->id, &frame);
    if (ftruncate(fd, (off_t)end->size) || !ap_spool_write_at(fd, octets, size, end->size) ||
        fdatasync(fd))
        return ap_spool_folder_fail(folder, "mend a segment of", message);
    end->size += size;
    end->newest = newest;
    return AP_OK;
}

/* A segment without a sound commit has nothing that counts; another goes on. */
static ap_err pass_over(ap_spool_folder *folder, ending *end, ap_spool_mark *mark, char *message)
{
    ap_spool_segment *newest = &folder->segments[folder->count - 1];
    uint64_t given = end->given > newest->first ? end->given : newest->first;
    given += end->damaged_size / AP_SPOOL_HEAD_SIZE + 1;
    newest->last = given;
    newest->size = 0;
    ap_spool_segment next;
    ap_err err = ap_spool_folder_make(folder, AP_SPOOL_JUMP, given, mark, &next, message);
    return err ? err : ap_spool_folder_append(folder, &next);
}

ap_err ap_spool_folder_mend(ap_spool_folder *folder, ap_spool_mark *mark,
                            char message[AP_IO_MESSAGE_SIZE])
{
    char path[PATH_MAX];
    ap_spool_segment *newest = &folder->segments[folder->count - 1];
    ending end = { .given = newest->first - 1 };
    *mark = (ap_spool_mark){ .size = 0 };
    ap_spool_folder_path(folder, newest->first, path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return ap_spool_folder_fail(folder, "read a segment of", message);
    ap_err err = find_end(folder, fd, newest->size, &end, message);
    if (!err && end.has_commit && end.size < newest->size)
        err = jump(folder, fd, &end, message);
    (void)close(fd);
    if (err)
        return err;
    if (!end.has_commit)
        return pass_over(folder, &end, mark, message);
    *mark = end.mark;
    newest->size = end.size;
    newest->last = end.newest;
    return AP_OK;
}

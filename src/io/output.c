#include "io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_CAP 65536u
#define PART_SUFFIX ".part"
#define NAME_SIZE 256u

struct ap_output_state {
    int fd;
    bool renames;        /* a regular file that appears whole */
    char path[PATH_MAX]; /* final name; of a link, what it points to */
    char part[PATH_MAX];
    char name[NAME_SIZE]; /* for messages */
    uint8_t buffer[BUFFER_CAP];
    size_t used;
    ap_err failed; /* given again by every later call */
    int failed_errno;
};

/* What is wrong, and what to do. */
static const char *advice_of(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return "the disk is full; free some space and run again";
    case EFBIG:
        return "the file grows beyond the limit; raise it with ulimit -f";
    case EPIPE:
        return "its reader has closed the pipe";
    case ENOENT:
        return "its directory does not exist; create it with mkdir -p";
    case ENOTDIR:
        return "a part of its path is a file, not a directory";
    case EACCES:
    case EPERM:
        return "permission denied; check the directory's mode and owner with ls -ld";
    case EISDIR:
        return "it is a directory; name a file in it";
    case EINVAL:
        return "its path is empty; name a file, or - for standard output";
    case EROFS:
        return "the file system is mounted read-only";
    case ENAMETOOLONG:
        return "the path is too long";
    case EWOULDBLOCK:
        return "it is being written already, by another process or output";
    default:
        return strerror(error);
    }
}

static ap_err refuse(char message[AP_IO_MESSAGE_SIZE], ap_err err, const char *name, int error)
{
    (void)snprintf(message, AP_IO_MESSAGE_SIZE, "cannot write %s: %s", name, advice_of(error));
    return err;
}

static void name_output(char name[NAME_SIZE], const char *path)
{
    if (strcmp(path, "-") == 0)
        (void)snprintf(name, NAME_SIZE, "standard output");
    else
        (void)snprintf(name, NAME_SIZE, "'%.*s'", (int)NAME_SIZE - 3, path);
}

/* Creates the partial file; one process at a time. The mode of a file that is replaced is kept.
 * errno tells why not. */
static bool open_part(struct ap_output_state *state, const char *path, const struct stat *old)
{
    if (old && !realpath(path, state->path))
        return false;
    errno = ENAMETOOLONG;
    if (!old && (size_t)snprintf(state->path, PATH_MAX, "%s", path) >= PATH_MAX)
        return false;
    size_t length = strlen(state->path);
    if (length + sizeof PART_SUFFIX > PATH_MAX)
        return false;
    memcpy(state->part, state->path, length);
    memcpy(state->part + length, PART_SUFFIX, sizeof PART_SUFFIX);
    state->fd = open(state->part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (state->fd < 0)
        return false;
    if (flock(state->fd, LOCK_EX | LOCK_NB) < 0 || ftruncate(state->fd, 0) < 0) {
        int error = errno;
        (void)close(state->fd);
        errno = error;
        return false;
    }
    if (old)
        (void)fchmod(state->fd, old->st_mode & 07777); /* not ours to change: as created then */
    state->renames = true;
    return true;
}

static bool open_any(struct ap_output_state *state, const char *path)
{
    if (strcmp(path, "-") == 0) {
        state->fd = STDOUT_FILENO;
        return true;
    }
    size_t length = strlen(path);
    if (length == 0) {
        errno = EINVAL;
        return false;
    }
    struct stat old;
    bool exists = stat(path, &old) == 0;
    if (!exists && errno != ENOENT)
        return false;
    if ((exists && S_ISDIR(old.st_mode)) || path[length - 1] == '/') {
        errno = EISDIR;
        return false;
    }
    if (exists && !S_ISREG(old.st_mode)) { /* a device or pipe has nothing to rename */
        state->fd = open(path, O_WRONLY | O_CLOEXEC);
        return state->fd >= 0;
    }
    return open_part(state, path, exists ? &old : NULL);
}

ap_err ap_output_open(ap_output *output, const char *path, char message[AP_IO_MESSAGE_SIZE])
{
    *output = (ap_output){ .state = NULL };
    char name[NAME_SIZE];
    name_output(name, path);
    struct ap_output_state *state = calloc(1, sizeof *state);
    if (!state)
        return refuse(message, AP_ERR_MEMORY, name, ENOMEM);
    memcpy(state->name, name, sizeof name);
    if (!open_any(state, path)) {
        int error = errno;
        free(state);
        return refuse(message, AP_ERR_NO_OUTPUT, name, error);
    }
    output->state = state;
    return AP_OK;
}

const char *ap_output_part(const ap_output *output)
{
    return output->state && output->state->renames ? output->state->part : NULL;
}

bool ap_output_reader_gone(const ap_output *output)
{
    return output->state && output->state->failed && output->state->failed_errno == EPIPE;
}

bool ap_output_would_write(const char *path, const char *other)
{
    char part[PATH_MAX];
    struct stat a, b;
    if (stat(other, &b) < 0 || !S_ISREG(b.st_mode))
        return false;
    if (stat(path, &a) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        return true;
    return (size_t)snprintf(part, sizeof part, "%s%s", path, PART_SUFFIX) < sizeof part &&
           stat(part, &a) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool ap_output_is_directory(const char *path)
{
    struct stat found;
    size_t length = strlen(path);
    return (length > 0 && path[length - 1] == '/') ||
           (stat(path, &found) == 0 && S_ISDIR(found.st_mode));
}

static ap_err fail(struct ap_output_state *state, int error)
{
    state->failed = AP_ERR_IO;
    state->failed_errno = error;
    return AP_ERR_IO;
}

/* All of it, whatever interrupts it. */
static ap_err write_all(struct ap_output_state *state, const uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t n = write(state->fd, data + at, size - at);
        if (n >= 0) {
            at += (size_t)n;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd ready = { .fd = state->fd, .events = POLLOUT };
            (void)poll(&ready, 1, -1); /* the next write tells what came */
        } else if (errno != EINTR) {
            return fail(state, errno);
        }
    }
    return AP_OK;
}

ap_err ap_output_flush(ap_output *output)
{
    struct ap_output_state *state = output->state;
    if (!state)
        return AP_ERR_ARGUMENT;
    if (state->failed)
        return state->failed;
    size_t used = state->used;
    state->used = 0;
    return write_all(state, state->buffer, used);
}

ap_err ap_output_write(ap_output *output, const void *data, size_t size)
{
    struct ap_output_state *state = output->state;
    if (!state)
        return AP_ERR_ARGUMENT;
    if (state->failed)
        return state->failed;
    if (size > BUFFER_CAP - state->used) {
        ap_err err = ap_output_flush(output);
        if (!err && size > BUFFER_CAP)
            err = write_all(state, data, size);
        if (err)
            return err;
    }
    if (size > 0 && size <= BUFFER_CAP) {
        memcpy(state->buffer + state->used, data, size);
        state->used += size;
    }
    output->size += size;
    return AP_OK;
}

/* The new name is on disk only when its directory is. Not every file system can say so. */
static void sync_directory(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    memcpy(directory, path, length);
    directory[length] = '\0';
    int fd = open(length > 0 ? directory : slash ? "/" : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    (void)close(fd);
}

static void release(ap_output *output)
{
    free(output->state);
    output->state = NULL;
}

ap_err ap_output_sync(ap_output *output)
{
    struct ap_output_state *state = output->state;
    ap_err err = ap_output_flush(output);
    if (!err && state->renames && fsync(state->fd) < 0)
        err = fail(state, errno);
    return err;
}

ap_err ap_output_commit(ap_output *output, char message[AP_IO_MESSAGE_SIZE])
{
    struct ap_output_state *state = output->state;
    if (!state)
        return refuse(message, AP_ERR_ARGUMENT, "the output", EBADF);
    ap_err err = ap_output_sync(output);
    /* The lock is held until the file has its name: nobody can have taken the partial one over. */
    if (!err && state->renames && rename(state->part, state->path) < 0)
        err = fail(state, errno);
    if (err && state->renames)
        (void)unlink(state->part);
    if (state->fd != STDOUT_FILENO && close(state->fd) < 0 && !err && !state->renames)
        err = fail(state, errno);
    if (!err && state->renames)
        sync_directory(state->path);
    if (err)
        (void)refuse(message, err, state->name, state->failed_errno);
    release(output);
    return err;
}

void ap_output_close(ap_output *output)
{
    struct ap_output_state *state = output->state;
    if (!state)
        return;
    if (state->renames)
        (void)unlink(state->part);
    if (state->fd != STDOUT_FILENO)
        (void)close(state->fd);
    release(output);
}

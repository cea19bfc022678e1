#include "io/http_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/http_text.h"

enum { ENTRY_CAP = 256, PATH_CAP = 256, HASH_LENGTH = 8 };

typedef struct entry {
    char path[PATH_CAP];
    struct timespec changed;
    ap_shared_bytes *bytes; /* NULL = free */
    size_t memory;          /* with its twin */
    uint64_t used;
} entry;

struct ap_http_files_state {
    int folder;
    size_t memory_cap, memory;
    uint64_t turn;
    entry entries[ENTRY_CAP];
};

const char *ap_http_content_type(const char *name)
{
    static const struct {
        const char *end, *type;
    } types[] = {
        { ".html", "text/html; charset=utf-8" },
        { ".js", "text/javascript; charset=utf-8" },
        { ".mjs", "text/javascript; charset=utf-8" },
        { ".css", "text/css; charset=utf-8" },
        { ".json", "application/json" },
        { ".map", "application/json" },
        { ".geojson", "application/geo+json" },
        { ".wasm", "application/wasm" },
        { ".svg", "image/svg+xml" },
        { ".png", "image/png" },
        { ".jpg", "image/jpeg" },
        { ".webp", "image/webp" },
        { ".ico", "image/x-icon" },
        { ".woff2", "font/woff2" },
        { ".txt", "text/plain; charset=utf-8" },
        { ".md", "text/plain; charset=utf-8" },
        { ".webmanifest", "application/manifest+json" },
    };
    const char *end = strrchr(name, '.');
    for (size_t i = 0; end && i < sizeof types / sizeof types[0]; i++)
        if (strcasecmp(end, types[i].end) == 0)
            return types[i].type;
    return "application/octet-stream";
}

ap_err ap_http_files_open(ap_http_files *files, const char *folder, size_t memory_cap,
                          char message[AP_IO_MESSAGE_SIZE])
{
    *files = (ap_http_files){ .state = NULL };
    struct ap_http_files_state *state = calloc(1, sizeof *state);
    int fd = state ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "cannot serve the folder '%.300s': %s", folder,
                       state ? strerror(errno) : "memory is exhausted");
        free(state);
        return AP_ERR_NO_INPUT;
    }
    state->folder = fd;
    state->memory_cap = memory_cap;
    files->state = state;
    return AP_OK;
}

/* Opens segment by segment, so that no link is followed anywhere on the way; -1 when there is no
 * such regular file. */
static int open_below(int folder, const char *path, struct stat *info)
{
    int at = dup(folder);
    while (at >= 0) {
        size_t size = strcspn(path, "/");
        char segment[PATH_CAP];
        if (size == 0 || size >= sizeof segment || path[0] == '.')
            break;
        memcpy(segment, path, size);
        segment[size] = '\0';
        bool is_last = path[size] == '\0';
        int next =
            openat(at, segment,
                   O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (is_last ? 0 : O_DIRECTORY));
        (void)close(at);
        if (is_last && next >= 0 && fstat(next, info) == 0 && S_ISREG(info->st_mode))
            return next;
        path += size + 1;
        at = next;
        if (is_last)
            break;
    }
    if (at >= 0)
        (void)close(at);
    return -1;
}

static void forget(struct ap_http_files_state *state, entry *e)
{
    state->memory -= e->memory;
    ap_shared_bytes_drop(e->bytes);
    *e = (entry){ .bytes = NULL };
}

static bool is_unused(const entry *e)
{
    ap_shared_bytes *twin = e->bytes ? ap_shared_bytes_gzip_twin(e->bytes) : NULL;
    return e->bytes && ap_shared_bytes_references(e->bytes) == 1 &&
           (!twin || ap_shared_bytes_references(twin) == 1);
}

/* A free entry with room for so many bytes: those used longest ago, and by nobody now, are
 * forgotten. NULL = all is in use. */
static entry *make_room(struct ap_http_files_state *state, size_t size)
{
    for (;;) {
        entry *oldest = NULL, *empty = NULL;
        for (size_t i = 0; i < ENTRY_CAP; i++) {
            entry *e = &state->entries[i];
            if (!e->bytes)
                empty = e;
            else if (is_unused(e) && (!oldest || e->used < oldest->used))
                oldest = e;
        }
        if (empty && state->memory + size <= state->memory_cap)
            return empty;
        if (!oldest)
            return NULL;
        forget(state, oldest);
    }
}

static ap_shared_bytes *read_all(int fd, size_t size)
{
    ap_shared_bytes *bytes = ap_shared_bytes_make(size);
    for (size_t at = 0; bytes && at < size;) {
        ssize_t got = read(fd, ap_shared_bytes_data(bytes) + at, size - at);
        if (got <= 0) { /* shorter than it was: it is being written */
            ap_shared_bytes_drop(bytes);
            return NULL;
        }
        at += (size_t)got;
    }
    return bytes;
}

static bool is_newer(struct timespec a, struct timespec b)
{
    return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

/* The packed twin beside the file; -1 when there is none, or an old one. */
static int open_twin(struct ap_http_files_state *state, const char *path, const struct stat *info,
                     struct stat *twin_info)
{
    char name[PATH_CAP + 4];
    (void)snprintf(name, sizeof name, "%s.gz", path);
    int fd = open_below(state->folder, name, twin_info);
    if (fd >= 0 && is_newer(info->st_mtim, twin_info->st_mtim)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static entry *find(struct ap_http_files_state *state, const char *path, const struct stat *info)
{
    for (size_t i = 0; i < ENTRY_CAP; i++) {
        entry *e = &state->entries[i];
        if (!e->bytes || strcmp(e->path, path) != 0)
            continue;
        if (ap_shared_bytes_size(e->bytes) == (size_t)info->st_size &&
            memcmp(&e->changed, &info->st_mtim, sizeof e->changed) == 0)
            return e;
        if (is_unused(e))
            forget(state, e);
    }
    return NULL;
}

/* NULL = no room, or it could not be read. */
static entry *load(struct ap_http_files_state *state, int fd, const char *path,
                   const struct stat *info)
{
    struct stat twin_info = { .st_size = 0 };
    int twin_fd = open_twin(state, path, info, &twin_info);
    size_t memory = (size_t)info->st_size + (twin_fd >= 0 ? (size_t)twin_info.st_size : 0);
    entry *e = make_room(state, memory);
    ap_shared_bytes *bytes = e ? read_all(fd, (size_t)info->st_size) : NULL;
    if (bytes && twin_fd >= 0)
        ap_shared_bytes_set_gzip(bytes, read_all(twin_fd, (size_t)twin_info.st_size));
    if (twin_fd >= 0)
        (void)close(twin_fd);
    if (!bytes)
        return NULL;
    *e = (entry){ .changed = info->st_mtim, .bytes = bytes, .memory = memory };
    (void)snprintf(e->path, sizeof e->path, "%s", path);
    state->memory += memory;
    return e;
}

/* A name as builders of pages make them, with a hash of its content at the end: another content has
 * another name. */
static bool has_hash(const char *path)
{
    const char *end = strrchr(path, '.');
    const char *dash = end ? memrchr(path, '-', (size_t)(end - path)) : NULL;
    if (!dash || end - dash != HASH_LENGTH + 1)
        return false;
    for (const char *c = dash + 1; c < end; c++)
        if (!((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
              *c == '_'))
            return false;
    return true;
}

static void fill(ap_http_reply *reply, const entry *e)
{
    *reply = (ap_http_reply){ .status = 200,
                              .content_type = ap_http_content_type(e->path),
                              .body = ap_shared_bytes_keep(e->bytes),
                              .may_range = true };
    reply->cache_control = has_hash(e->path) ? "public, max-age=31536000, immutable" : "no-cache";
    (void)snprintf(reply->etag, sizeof reply->etag, "\"%zx-%llx\"", ap_shared_bytes_size(e->bytes),
                   (unsigned long long)e->changed.tv_sec * 1000000000u +
                       (unsigned long long)e->changed.tv_nsec);
}

void ap_http_files_reply(ap_http_files *files, const char *path, const ap_http_request *request,
                         ap_http_reply *reply)
{
    struct ap_http_files_state *state = files->state;
    char name[PATH_CAP];
    size_t size = strlen(path);
    bool is_folder = size == 0 || path[size - 1] == '/';
    if (request->method != AP_HTTP_GET && request->method != AP_HTTP_HEAD) {
        ap_http_reply_not_allowed(reply, "GET, HEAD");
        return;
    }
    struct stat info;
    int length = snprintf(name, sizeof name, "%s%s", path, is_folder ? "index.html" : "");
    int fd =
        length < 0 || (size_t)length >= sizeof name ? -1 : open_below(state->folder, name, &info);
    if (fd < 0) {
        ap_http_reply_error(reply, 404, "there is no such file");
        return;
    }
    entry *e = find(state, name, &info);
    if (!e && (uint64_t)info.st_size <= state->memory_cap)
        e = load(state, fd, name, &info);
    (void)close(fd);
    if (!e) {
        ap_http_reply_error(reply, 503,
                            "the file is too long, or all memory for files is in use; "
                            "try again later");
        return;
    }
    e->used = ++state->turn;
    fill(reply, e);
}

void ap_http_files_close(ap_http_files *files)
{
    struct ap_http_files_state *state = files->state;
    if (!state)
        return;
    for (size_t i = 0; i < ENTRY_CAP; i++)
        if (state->entries[i].bytes)
            forget(state, &state->entries[i]);
    (void)close(state->folder);
    free(state);
    files->state = NULL;
}

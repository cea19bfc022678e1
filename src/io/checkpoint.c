#include "io/checkpoint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

#include "io/clock.h"

#define PAGE_SIZE ((size_t)4096)
#define PAGES_A_LOOK 512
#define PAGE_PRESENT (UINT64_C(1) << 63)
#define PAGE_SWAPPED (UINT64_C(1) << 62)
#define MAGIC UINT64_C(0x31544E504B434641) /* "AFCKPNT1" */
#define HOLD_FD 3                          /* of the process that writes */
#define OTHER_ERROR 255                    /* exit status for an errno that is none */
#define HANGS_NS (600 * AP_NS_PER_S)

/* Front of the file, in the byte order of the machine: nobody else reads it. */
typedef struct file_head {
    uint64_t magic;
    uint64_t program, layout; /* hash of the program's file; the caller's number */
    uint64_t anchor;          /* address of a function of the program */
    uint64_t base, used;      /* of the region */
    int64_t until_utc;
} file_head;

/* Before each run of pages; a run of none ends them, and a hash of all that is before it follows.
 */
typedef struct page_run {
    uint64_t first, count;
} page_run;

static uint64_t anchor(void)
{
    return (uint64_t)(uintptr_t)&ap_checkpoint_begin;
}

/* Hash of the running program's file; 0 when it cannot be read. */
static uint64_t hash_program(void)
{
    uint64_t hash = 0;
    struct stat file;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &file) || file.st_size <= 0)
        return 0;
    size_t size = (size_t)file.st_size;
    void *octets = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (octets != MAP_FAILED) {
        hash = XXH3_64bits(octets, size);
        (void)munmap(octets, size);
    }
    close(fd);
    return hash;
}

/* --- writing, in the child: it may call nothing that takes a lock, as malloc does --- */

typedef struct writer {
    int fd, pagemap;
    XXH3_state_t *hash;
    const ap_region *region;
} writer;

static bool write_all(writer *w, const void *data, size_t size)
{
    const uint8_t *at = data;
    (void)XXH3_64bits_update(w->hash, data, size);
    while (size > 0) {
        ssize_t n = write(w->fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static bool is_zero(const uint8_t *page)
{
    return page[0] == 0 && memcmp(page, page + 1, PAGE_SIZE - 1) == 0;
}

/* Which of `count` pages hold something. Those that were never touched are not touched now. */
static void look(const writer *w, size_t first, size_t count, bool holds[PAGES_A_LOOK])
{
    uint64_t entries[PAGES_A_LOOK];
    const uint8_t *base = w->region->base + first * PAGE_SIZE;
    size_t size = count * sizeof entries[0];
    off_t at = (off_t)((uintptr_t)base / PAGE_SIZE * sizeof entries[0]);
    bool known = w->pagemap >= 0 && pread(w->pagemap, entries, size, at) == (ssize_t)size;
    for (size_t i = 0; i < count; i++)
        holds[i] = (!known || (entries[i] & (PAGE_PRESENT | PAGE_SWAPPED)) != 0) &&
                   !is_zero(base + i * PAGE_SIZE);
}

static bool write_run(writer *w, size_t first, size_t count)
{
    const page_run run = { .first = first, .count = count };
    return write_all(w, &run, sizeof run) &&
           write_all(w, w->region->base + first * PAGE_SIZE, count * PAGE_SIZE);
}

static bool write_pages(writer *w)
{
    size_t page_count = w->region->used / PAGE_SIZE;
    bool holds[PAGES_A_LOOK];
    for (size_t first = 0; first < page_count; first += PAGES_A_LOOK) {
        size_t count = page_count - first < PAGES_A_LOOK ? page_count - first : PAGES_A_LOOK;
        look(w, first, count, holds);
        for (size_t i = 0, length; i<count; i += length> 0 ? length : 1) {
            for (length = 0; i + length < count && holds[i + length];)
                length++;
            if (length > 0 && !write_run(w, first + i, length))
                return false;
        }
    }
    return write_run(w, 0, 0);
}

static bool write_file(writer *w, const file_head *head)
{
    (void)XXH3_64bits_reset(w->hash);
    if (!write_all(w, head, sizeof *head) || !write_pages(w))
        return false;
    uint64_t hash = XXH3_64bits_digest(w->hash);
    return write_all(w, &hash, sizeof hash) && fsync(w->fd) == 0;
}

/* Waits for the word of the parent. */
static bool is_released(void)
{
    char word;
    ssize_t n;
    do
        n = read(HOLD_FD, &word, 1);
    while (n < 0 && errno == EINTR);
    return n == 1;
}

/* Ports, connections and files are the parent's alone. */
static bool keep_only(int fd)
{
    if (fd != HOLD_FD && dup2(fd, HOLD_FD) < 0)
        return false;
    return close_range(HOLD_FD + 1, UINT_MAX, 0) == 0;
}

/* Exit status: 0, or the error number. */
static int write_checkpoint(writer w, pid_t parent, int hold_fd, const file_head *head,
                            const char *part, const char *path)
{
    /* A successor of the parent writes its own: no orphan may write over that. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || !keep_only(hold_fd))
        return OTHER_ERROR;
    (void)setpriority(PRIO_PROCESS, 0, 10); /* the engine comes first */
    w.pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    w.fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    errno = w.fd < 0 ? errno : 0;
    bool written = w.fd >= 0 && write_file(&w, head);
    int error = errno;
    if (written && !is_released()) /* the parent is gone */
        error = OTHER_ERROR;
    else if (written && rename(part, path) == 0)
        return 0;
    else if (written)
        error = errno;
    (void)unlink(part);
    return error > 0 && error < OTHER_ERROR ? error : OTHER_ERROR;
}

/* --- writing, in the caller --- */

ap_err ap_checkpoint_begin(ap_checkpoint *checkpoint, const char *path, const ap_region *region,
                           uint64_t layout, ap_utc_ns until_utc, char message[AP_IO_MESSAGE_SIZE])
{
    if (checkpoint->child != 0)
        return AP_ERR_FULL;
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s.%ld.part", path, (long)getpid()) >= (int)sizeof part) {
        snprintf(message, AP_IO_MESSAGE_SIZE, "the path of the checkpoint is too long");
        return AP_ERR_IO;
    }
    if (checkpoint->program == 0)
        checkpoint->program = hash_program();
    const file_head head = { .magic = MAGIC,
                             .program = checkpoint->program,
                             .layout = layout,
                             .anchor = anchor(),
                             .base = (uint64_t)(uintptr_t)region->base,
                             .used = region->used,
                             .until_utc = until_utc };
    const writer w = { .region = region, .hash = XXH3_createState() };
    const pid_t parent = getpid();
    int hold[2];
    /* Not a pipe: whoever writes to one that nobody reads gets a signal. */
    bool has_pair = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, hold) == 0;
    int64_t start_ns = ap_clock_monotonic_ns();
    pid_t child = w.hash && has_pair ? fork() : -1;
    if (child == 0)
        _exit(write_checkpoint(w, parent, hold[0], &head, part, path));
    int error = errno;
    checkpoint->stall_ns = ap_clock_monotonic_ns() - start_ns;
    (void)XXH3_freeState(w.hash);
    if (has_pair)
        close(hold[0]);
    if (child < 0) {
        if (has_pair)
            close(hold[1]);
        checkpoint->failed_count++;
        snprintf(message, AP_IO_MESSAGE_SIZE, "no process to write the checkpoint: %s",
                 strerror(error));
        return AP_ERR_IO;
    }
    checkpoint->child = child;
    checkpoint->begun_ns = start_ns;
    checkpoint->is_held = true;
    checkpoint->hold_fd = hold[1];
    return AP_OK;
}

void ap_checkpoint_release(ap_checkpoint *checkpoint)
{
    if (!checkpoint->is_held)
        return;
    (void)send(checkpoint->hold_fd, "!", 1, MSG_NOSIGNAL); /* one that is gone has failed */
    close(checkpoint->hold_fd);
    checkpoint->is_held = false;
}

ap_err ap_checkpoint_lock(const char *path, int *fd, char message[AP_IO_MESSAGE_SIZE])
{
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%s.lock", path);
    *fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd >= 0 && flock(*fd, LOCK_EX | LOCK_NB) == 0)
        return AP_OK;
    bool is_taken = *fd >= 0 && errno == EWOULDBLOCK;
    snprintf(message, AP_IO_MESSAGE_SIZE, "'%.200s' cannot be locked: %s", name,
             is_taken ? "another process uses the folder" : strerror(errno));
    ap_checkpoint_unlock(fd);
    return is_taken ? AP_ERR_NO_OUTPUT : AP_ERR_IO;
}

void ap_checkpoint_unlock(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void ap_checkpoint_clean(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t size = strlen(name);
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1,
             slash ? path : ".");
    DIR *directory = opendir(folder);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        const char *dot = strrchr(entry->d_name, '.');
        if (strncmp(entry->d_name, name, size) == 0 && entry->d_name[size] == '.' &&
            strcmp(dot, ".part") == 0)
            (void)unlinkat(dirfd(directory), entry->d_name, 0);
    }
    if (directory)
        (void)closedir(directory);
}

static ap_err wait_for(ap_checkpoint *checkpoint, int options, char message[AP_IO_MESSAGE_SIZE])
{
    if (checkpoint->child == 0)
        return AP_OK;
    int status = 0;
    pid_t ended = waitpid((pid_t)checkpoint->child, &status, options);
    if (ended == 0 || (ended < 0 && errno == EINTR))
        return AP_ERR_MORE;
    checkpoint->child = 0;
    ap_checkpoint_release(checkpoint);
    if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        checkpoint->written_count++;
        return AP_OK;
    }
    checkpoint->failed_count++;
    bool has_error = ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) != OTHER_ERROR;
    snprintf(message, AP_IO_MESSAGE_SIZE, "the checkpoint was not written: %s",
             has_error ? strerror(WEXITSTATUS(status)) : "its process was killed");
    return AP_ERR_IO;
}

ap_err ap_checkpoint_poll(ap_checkpoint *checkpoint, char message[AP_IO_MESSAGE_SIZE])
{
    if (checkpoint->child != 0 && ap_clock_monotonic_ns() - checkpoint->begun_ns > HANGS_NS)
        (void)kill((pid_t)checkpoint->child, SIGKILL);
    return wait_for(checkpoint, WNOHANG, message);
}

void ap_checkpoint_close(ap_checkpoint *checkpoint)
{
    char message[AP_IO_MESSAGE_SIZE];
    ap_checkpoint_release(checkpoint);
    while (wait_for(checkpoint, 0, message) == AP_ERR_MORE)
        ;
}

bool ap_checkpoint_drop(ap_checkpoint *checkpoint)
{
    bool is_held = checkpoint->is_held;
    uint64_t failed_count = checkpoint->failed_count;
    if (is_held)
        close(checkpoint->hold_fd);
    checkpoint->is_held = false;
    ap_checkpoint_close(checkpoint);
    if (is_held) /* that its process ends so is what was wanted */
        checkpoint->failed_count = failed_count;
    return is_held;
}

/* --- reading --- */

typedef struct reader {
    int fd;
    XXH3_state_t *hash;
    bool failed; /* by the system; else what cannot be read is missing */
} reader;

static bool read_all(reader *r, void *data, size_t size)
{
    uint8_t *at = data;
    for (size_t left = size; left > 0;) {
        ssize_t n = read(r->fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        r->failed |= n < 0;
        if (n <= 0)
            return false;
        at += n;
        left -= (size_t)n;
    }
    (void)XXH3_64bits_update(r->hash, data, size);
    return true;
}

static bool read_pages(reader *r, const ap_region *region)
{
    size_t page_count = region->used / PAGE_SIZE;
    for (page_run run; read_all(r, &run, sizeof run);) {
        if (run.count == 0)
            return true;
        if (run.first >= page_count || run.count > page_count - run.first ||
            !read_all(r, region->base + run.first * PAGE_SIZE, run.count * PAGE_SIZE))
            return false;
    }
    return false;
}

static ap_err refuse(ap_err err, const char *path, const char *why,
                     char message[AP_IO_MESSAGE_SIZE])
{
    snprintf(message, AP_IO_MESSAGE_SIZE, "checkpoint '%.200s' is not used: %s", path, why);
    return err;
}

static ap_err read_checkpoint(reader *r, const char *path, const ap_region *region, uint64_t layout,
                              file_head *head, char message[AP_IO_MESSAGE_SIZE])
{
    (void)XXH3_64bits_reset(r->hash);
    if (!read_all(r, head, sizeof *head))
        return refuse(AP_ERR_MALFORMED, path, "it is cut off", message);
    uint64_t program = hash_program();
    if (head->magic != MAGIC || program == 0 || head->program != program)
        return refuse(AP_ERR_UNKNOWN, path, "another version of the program wrote it", message);
    if (head->layout != layout || head->base != (uint64_t)(uintptr_t)region->base ||
        head->used != region->used)
        return refuse(AP_ERR_UNKNOWN, path, "the configuration has changed", message);
    /* Pages that are not in the file were zero, whatever lies there now. */
    if (madvise(region->base, region->used, MADV_DONTNEED))
        return refuse(AP_ERR_IO, path, strerror(errno), message);
    uint64_t told, hash = 0;
    bool whole = read_pages(r, region);
    if (whole) {
        hash = XXH3_64bits_digest(r->hash);
        whole = read_all(r, &told, sizeof told) && told == hash;
    }
    if (r->failed)
        return refuse(AP_ERR_IO, path, strerror(errno), message);
    return whole ? AP_OK : refuse(AP_ERR_MALFORMED, path, "it is damaged", message);
}

ap_err ap_checkpoint_load(const char *path, ap_region *region, uint64_t layout,
                          ap_utc_ns *until_utc, ptrdiff_t *moved, char message[AP_IO_MESSAGE_SIZE])
{
    reader r = { .fd = open(path, O_RDONLY | O_CLOEXEC) };
    if (r.fd < 0)
        return refuse(errno == ENOENT ? AP_ERR_NO_INPUT : AP_ERR_IO, path, strerror(errno),
                      message);
    file_head head;
    r.hash = XXH3_createState();
    ap_err err = r.hash ? read_checkpoint(&r, path, region, layout, &head, message)
                        : refuse(AP_ERR_IO, path, "memory is exhausted", message);
    (void)XXH3_freeState(r.hash);
    close(r.fd);
    if (err)
        return err;
    *until_utc = head.until_utc;
    *moved = (ptrdiff_t)(anchor() - head.anchor);
    return AP_OK;
}

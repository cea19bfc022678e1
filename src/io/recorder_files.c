#include "io/recorder_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "wire/recording.h"

#define PREFIX "airpicture-"
#define PACKED ".zst"
#define PACK_LEVEL 3
#define PIECE_SIZE ((size_t)1 << 20)

/* airpicture-2026-11-23T06:31:45.123456789Z.pcap, with the colons left out: not every system takes
 * them in names. */
void ap_recording_name(ap_utc_ns first_utc, char name[AP_RECORDING_NAME_SIZE])
{
    char text[AP_UTC_TEXT_SIZE], plain[AP_UTC_TEXT_SIZE];
    size_t n = 0;
    ap_utc_text(first_utc / AP_NS_PER_S * AP_NS_PER_S, text);
    for (const char *c = text; *c && *c != '.' && *c != 'Z'; c++)
        if (*c != ':' && *c != '-')
            plain[n++] = *c;
    plain[n] = '\0';
    snprintf(name, AP_RECORDING_NAME_SIZE, PREFIX "%s.%09dZ.pcap", plain,
             (int)(first_utc % AP_NS_PER_S));
}

/* False for what is no recording's name. */
static bool read_name(const char *name, ap_recording_file *file)
{
    int year, month, day, hour, minute, second, fraction_ns, used = 0;
    if (sscanf(name, PREFIX "%4d%2d%2dT%2d%2d%2d.%9dZ.pcap%n", &year, &month, &day, &hour, &minute,
               &second, &fraction_ns, &used) != 7 ||
        used == 0 || strlen(name) >= sizeof file->name)
        return false;
    const char *rest = name + used;
    if (*rest && strcmp(rest, PACKED) != 0)
        return false;
    char text[AP_UTC_TEXT_SIZE];
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day, hour, minute,
             second);
    *file = (ap_recording_file){ .is_packed = *rest != '\0' };
    if (ap_utc_parse(text, &file->first_utc))
        return false;
    file->first_utc += fraction_ns;
    strcpy(file->name, name);
    return true;
}

static int by_time(const void *a, const void *b)
{
    const ap_recording_file *first = a, *second = b;
    if (first->first_utc != second->first_utc)
        return first->first_utc < second->first_utc ? -1 : 1;
    return (int)first->is_packed - (int)second->is_packed;
}

/* Of a file that is there twice the unpacked one stays. */
static size_t drop_doubles(ap_recording_file *files, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || files[i].first_utc != files[kept - 1].first_utc)
            files[kept++] = files[i];
    return kept;
}

ap_recording_file *ap_recording_files(const char *folder, size_t *count, int *error)
{
    ap_recording_file *files = NULL, file;
    size_t cap = 0;
    *count = 0;
    *error = 0;
    DIR *directory = opendir(folder);
    if (!directory) {
        *error = errno == ENOENT ? 0 : errno;
        return NULL;
    }
    for (struct dirent *entry; (entry = readdir(directory));) {
        struct stat stored;
        if (!read_name(entry->d_name, &file) ||
            fstatat(dirfd(directory), entry->d_name, &stored, 0))
            continue;
        file.size = (uint64_t)stored.st_size;
        if (*count == cap) {
            cap = cap > 0 ? 2 * cap : 64;
            ap_recording_file *more = realloc(files, cap * sizeof *files);
            if (!more) {
                *error = ENOMEM;
                break;
            }
            files = more;
        }
        files[(*count)++] = file;
    }
    closedir(directory);
    if (*count > 0)
        qsort(files, *count, sizeof *files, by_time);
    *count = drop_doubles(files, *count);
    return files;
}

/* Octets up to the end of the last whole chunk; 0: there is none. */
static size_t whole_size(const uint8_t *data, size_t size)
{
    size_t at = AP_PCAP_HEAD_SIZE, used, chunk_count = 0;
    if (!ap_recording_is(data, size))
        return 0;
    for (ap_chunk chunk; ap_recording_take(data + at, size - at, &used, &chunk) == AP_OK;
         at += used)
        chunk_count += chunk.kind != AP_CHUNK_ABOUT;
    return chunk_count > 0 ? at : 0;
}

int ap_recording_repair(const char *folder, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDWR | O_CLOEXEC), error = 0;
    struct stat stored;
    if (fd < 0 || fstat(fd, &stored)) {
        error = errno;
    } else {
        size_t size = (size_t)stored.st_size, whole = 0;
        void *data = size > 0 ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
        if (data == MAP_FAILED) {
            error = errno;
        } else {
            whole = whole_size(data, size);
            if (size > 0)
                (void)munmap(data, size);
            if (whole == 0 ? unlink(path) != 0
                           : whole < size && (ftruncate(fd, (off_t)whole) || fsync(fd)))
                error = errno;
        }
    }
    if (fd >= 0)
        close(fd);
    return error;
}

/* --- packing --- */

static int write_all(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

static int pack_octets(ZSTD_CCtx *packer, uint8_t *buffers, int from, int to)
{
    uint8_t *plain = buffers, *packed = buffers + PIECE_SIZE;
    for (ssize_t n = 1; n > 0;) {
        n = read(from, plain, PIECE_SIZE);
        if (n < 0)
            return errno;
        ZSTD_inBuffer in = { plain, (size_t)n, 0 };
        for (size_t left = 1; left > 0;) {
            ZSTD_outBuffer out = { packed, PIECE_SIZE, 0 };
            left = ZSTD_compressStream2(packer, &out, &in, n > 0 ? ZSTD_e_continue : ZSTD_e_end);
            if (ZSTD_isError(left))
                return EIO;
            int error = write_all(to, packed, out.pos);
            if (error)
                return error;
            if (n > 0 && in.pos == in.size)
                left = 0;
        }
    }
    return fsync(to) ? errno : 0;
}

static int pack_file(const char *path, const char *part)
{
    int from = open(path, O_RDONLY | O_CLOEXEC), error = from < 0 ? errno : 0;
    int to = error ? -1 : open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    uint8_t *buffers = malloc(2 * PIECE_SIZE);
    ZSTD_CCtx *packer = ZSTD_createCCtx();
    if (!error && to < 0)
        error = errno;
    if (!error && (!buffers || !packer))
        error = ENOMEM;
    if (!error) {
        (void)ZSTD_CCtx_setParameter(packer, ZSTD_c_compressionLevel, PACK_LEVEL);
        (void)ZSTD_CCtx_setParameter(packer, ZSTD_c_checksumFlag, 1);
        error = pack_octets(packer, buffers, from, to);
    }
    (void)ZSTD_freeCCtx(packer);
    free(buffers);
    if (from >= 0)
        close(from);
    if (to >= 0 && close(to) && !error)
        error = errno;
    return error;
}

int ap_recording_pack(const char *folder, const char *name)
{
    char path[PATH_MAX], part[PATH_MAX], packed[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(packed, sizeof packed, "%s/%s" PACKED, folder, name);
    snprintf(part, sizeof part, "%s/%s" PACKED ".part", folder, name);
    int error = pack_file(path, part);
    if (!error && (rename(part, packed) || unlink(path)))
        error = errno;
    if (error)
        (void)unlink(part);
    return error;
}

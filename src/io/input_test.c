#include "io/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define TEXT_SIZE 300000u

static char message[AP_IO_MESSAGE_SIZE];

/* Compressible, but not by much; longer than the buffers under test. */
static uint8_t *make_text(void)
{
    uint8_t *text = malloc(TEXT_SIZE);
    assert_non_null(text);
    uint32_t x = 7;
    for (size_t i = 0; i < TEXT_SIZE; i++)
        text[i] = (uint8_t)("0123456789abcdef"[(x = x * 1664525u + 1013904223u) >> 28]);
    return text;
}

static void make_path(char path[64])
{
    strcpy(path, "/tmp/airpicture-input-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
}

static void put_file(const char *path, const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static size_t gzip_of(const uint8_t *data, size_t size, uint8_t *out, size_t cap)
{
    z_stream z = { 0 };
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    uint8_t *in = malloc(size + 1);
    assert_non_null(in);
    memcpy(in, data, size);
    z.next_in = in;
    z.avail_in = (uInt)size;
    z.next_out = out;
    z.avail_out = (uInt)cap;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t packed = cap - z.avail_out;
    deflateEnd(&z);
    free(in);
    return packed;
}

static size_t zstd_of(const uint8_t *data, size_t size, uint8_t *out, size_t cap)
{
    size_t packed = ZSTD_compress(out, cap, data, size, 3);
    assert_false(ZSTD_isError(packed));
    return packed;
}

typedef size_t packer(const uint8_t *data, size_t size, uint8_t *out, size_t cap);
static packer *const packers[] = { gzip_of, zstd_of };

/* Reads to the end in pieces of at most `cap` and compares with `text`; gives what came last. */
static ap_err read_all(const char *path, size_t cap, const uint8_t *text, size_t *size)
{
    ap_input input;
    uint8_t *data = malloc(cap);
    assert_non_null(data);
    *size = 0;
    message[0] = '\0';
    assert_int_equal(ap_input_open(&input, path, message), AP_OK);
    ap_err err;
    for (;;) {
        size_t n;
        err = ap_input_read(&input, data, cap, &n, message);
        if (err || n == 0)
            break;
        assert_true(n <= cap && *size + n <= 4 * TEXT_SIZE);
        assert_memory_equal(data, text + *size, n);
        *size += n;
    }
    size_t n = 1;
    assert_int_equal(ap_input_read(&input, data, cap, &n, message), err); /* and again */
    assert_int_equal(n, 0);
    if (!err && input.stored_size > 0)
        assert_int_equal(input.stored_at, input.stored_size);
    ap_input_close(&input);
    ap_input_close(&input);
    free(data);
    return err;
}

static void test_input_read_plain(void **state)
{
    (void)state;
    uint8_t *text = make_text();
    char path[64];
    make_path(path);
    static const size_t sizes[] = { 0, 1, 2, 3, 4, 5, 65535, 65536, 65537, TEXT_SIZE };
    static const size_t caps[] = { 1, 7, 65536, 1000000 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (size_t k = 0; k < 4; k++) {
            if (sizes[i] > 10 && caps[k] == 1)
                continue;
            size_t size;
            put_file(path, text, sizes[i]);
            assert_int_equal(read_all(path, caps[k], text, &size), AP_OK);
            assert_int_equal(size, sizes[i]);
        }
    unlink(path);
    free(text);
}

/* Several members or frames are one input; zeros behind gzip are padding. */
static void test_input_read_packed(void **state)
{
    (void)state;
    enum { CAP = 4 * TEXT_SIZE };
    uint8_t *text = make_text(), *packed = malloc(CAP);
    assert_non_null(packed);
    char path[64];
    make_path(path);
    for (size_t i = 0; i < 2; i++) {
        size_t at = packers[i](text, 1000, packed, CAP), size;
        at += packers[i](text + 1000, 0, packed + at, CAP - at);
        at += packers[i](text + 1000, TEXT_SIZE - 1000, packed + at, CAP - at);
        if (i == 0) {
            memset(packed + at, 0, 512);
            at += 512;
        }
        put_file(path, packed, at);
        static const size_t caps[] = { 13, 65536, 1000000 };
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(read_all(path, caps[k], text, &size), AP_OK);
            assert_int_equal(size, TEXT_SIZE);
        }
    }
    unlink(path);
    free(packed);
    free(text);
}

static void test_input_read_skips_zstd_skippable_frames(void **state)
{
    (void)state;
    uint8_t packed[2000] = "\x50\x2A\x4D\x18\x05\x00\x00\x00hello", *text = make_text();
    char path[64];
    make_path(path);
    size_t at = 13 + zstd_of(text, 500, packed + 13, sizeof packed - 13), size;
    put_file(path, packed, at);
    assert_int_equal(read_all(path, 100, text, &size), AP_OK);
    assert_int_equal(size, 500);
    unlink(path);
    free(text);
}

/* Cut anywhere, the bytes before the cut come, then TRUNCATED with a line that says what to do. */
static void test_input_read_truncated(void **state)
{
    (void)state;
    uint8_t *text = make_text(), packed[20000];
    char path[64];
    make_path(path);
    for (size_t i = 0; i < 2; i++) {
        size_t whole = packers[i](text, 20000, packed, sizeof packed), last = 0, size;
        for (size_t cut = 4; cut < whole; cut += cut < 40 || cut + 520 > whole ? 1 : 501) {
            put_file(path, packed, cut);
            assert_int_equal(read_all(path, 4096, text, &size), AP_ERR_TRUNCATED);
            assert_true(size >= last);
            last = size;
            assert_non_null(strstr(message, "cut off"));
            assert_non_null(strstr(message, path));
        }
        assert_true(i == 1 || last == 20000); /* only the checksum was missing */
    }
    unlink(path);
    free(text);
}

static void test_input_read_damaged(void **state)
{
    (void)state;
    enum { SIZE = 200000 };
    uint8_t *text = make_text(), *packed = malloc(SIZE + 100);
    assert_non_null(packed);
    char path[64];
    make_path(path);
    for (size_t i = 0; i < 2; i++) {
        size_t whole = packers[i](text, SIZE, packed, SIZE), size;
        for (size_t k = 0; k < 64; k++)
            packed[whole - 5000 + k] ^= 0x55;
        put_file(path, packed, whole);
        ap_input input;
        uint8_t data[1000];
        assert_int_equal(ap_input_open(&input, path, message), AP_OK);
        ap_err err;
        size_t n, sum = 0;
        while ((err = ap_input_read(&input, data, sizeof data, &n, message)) == AP_OK && n > 0)
            sum += n;
        assert_int_equal(err, AP_ERR_MALFORMED);
        assert_true(sum > 10000);
        assert_non_null(strstr(message, "damaged"));
        ap_input_close(&input);

        whole = packers[i](text, 100, packed, SIZE); /* junk behind */
        memcpy(packed + whole, "junk", 4);
        put_file(path, packed, whole + 4);
        assert_int_equal(read_all(path, 4096, text, &size), AP_ERR_MALFORMED);
        assert_int_equal(size, 100);
    }
    unlink(path);
    free(packed);
    free(text);
}

static void test_input_open_refuses(void **state)
{
    (void)state;
    ap_input input;
    char path[64];
    assert_int_equal(ap_input_open(&input, "", message), AP_ERR_NO_INPUT);
    assert_string_equal(message, "cannot read the input: its path is empty; name a file, or - for "
                                 "standard input");
    assert_null(input.state);
    assert_int_equal(ap_input_open(&input, "/tmp", message), AP_ERR_NO_INPUT);
    assert_string_equal(message, "cannot read '/tmp': it is a directory; name a file in it");
    assert_int_equal(ap_input_open(&input, "/tmp/no/such/file", message), AP_ERR_NO_INPUT);
    assert_string_equal(message, "cannot read '/tmp/no/such/file': no such file; check the path");
    size_t n = 9;
    assert_int_equal(ap_input_read(&input, (uint8_t[1]){ 0 }, 1, &n, message), AP_ERR_ARGUMENT);
    assert_int_equal(n, 0);
    ap_input_close(&input);
    if (geteuid() == 0) {
        print_message("permission not tested: root may read all\n");
        return;
    }
    make_path(path);
    chmod(path, 0);
    assert_int_equal(ap_input_open(&input, path, message), AP_ERR_NO_INPUT);
    assert_non_null(strstr(message, "permission denied"));
    unlink(path);
}

typedef struct dribble {
    int fd;
    const uint8_t *data;
    size_t size;
} dribble;

static void *write_slowly(void *argument)
{
    dribble *d = argument;
    for (size_t at = 0; at < d->size;) {
        size_t n = at < 20 ? 1 : 777;
        n = n < d->size - at ? n : d->size - at;
        ssize_t written = write(d->fd, d->data + at, n);
        if (written <= 0)
            break;
        at += (size_t)written;
        if (at < 30)
            usleep(1000);
    }
    close(d->fd);
    return NULL;
}

/* A pipe that gives byte by byte, and does not block: the magic is seen all the same. */
static void test_input_read_pipe(void **state)
{
    (void)state;
    uint8_t *text = make_text(), packed[60000];
    for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
        size_t size = gzip_of(text, 50000, packed, sizeof packed), got;
        int ends[2], saved = dup(STDIN_FILENO);
        assert_int_equal(pipe(ends), 0);
        if (nonblocking)
            assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
        dup2(ends[0], STDIN_FILENO);
        close(ends[0]);
        pthread_t thread;
        dribble d = { ends[1], packed, size };
        assert_int_equal(pthread_create(&thread, NULL, write_slowly, &d), 0);
        assert_int_equal(read_all("-", 5000, text, &got), AP_OK);
        assert_int_equal(got, 50000);
        pthread_join(thread, NULL);
        assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* standard input stays open */
        dup2(saved, STDIN_FILENO);
        close(saved);
    }
    free(text);
}

static void *open_and_write(void *context)
{
    const char *path = context;
    usleep(50000);
    FILE *file = fopen(path, "wb");
    if (file) {
        fputs("late", file);
        fclose(file);
    }
    return NULL;
}

/* It is open before anybody writes to it, is not at its end, and gives what comes then. */
static void test_input_read_fifo(void **state)
{
    (void)state;
    char folder[] = "/tmp/airpicture-input-XXXXXX", path[64];
    uint8_t data[16];
    size_t size;
    ap_input input;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(20);
    assert_int_equal(ap_input_open(&input, path, message), AP_OK);
    assert_false(ap_input_is_ready(&input, 0));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, open_and_write, path), 0);
    assert_int_equal(ap_input_read(&input, data, sizeof data, &size, message), AP_OK);
    assert_int_equal(size, 4);
    assert_memory_equal(data, "late", 4);
    assert_int_equal(ap_input_read(&input, data, sizeof data, &size, message), AP_OK);
    assert_int_equal(size, 0);
    alarm(0);
    pthread_join(thread, NULL);
    ap_input_close(&input);
    (void)unlink(path);
    (void)rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_input_read_plain),
        cmocka_unit_test(test_input_read_packed),
        cmocka_unit_test(test_input_read_skips_zstd_skippable_frames),
        cmocka_unit_test(test_input_read_truncated),
        cmocka_unit_test(test_input_read_damaged),
        cmocka_unit_test(test_input_open_refuses),
        cmocka_unit_test(test_input_read_pipe),
        cmocka_unit_test(test_input_read_fifo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

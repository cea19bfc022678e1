#include "io/checkpoint.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <signal.h>
#include <limits.h>
#include <unistd.h>

#include <cmocka.h>

#define REGION_SIZE ((size_t)64 << 20)
#define PIECE_SIZE ((size_t)10 << 20)
#define LAYOUT 77

/* A list in a region: its links are addresses. */
typedef struct node {
    struct node *next;
    uint64_t value;
    uint8_t far_apart[9000];
} node;

static char folder[64], path[96];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/airpicture-checkpoint-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/checkpoint", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder); /* nothing else may lie there */
}

static ap_region open_region(void)
{
    ap_region region;
    assert_int_equal(ap_region_open(&region, REGION_SIZE), AP_OK);
    assert_non_null(ap_region_take(&region, PIECE_SIZE));
    return region;
}

static void fill(ap_region *region)
{
    node *nodes = (node *)(void *)region->base;
    for (uint64_t i = 0; i < 1000; i++)
        nodes[i] = (node){ .next = i + 1 < 1000 ? &nodes[i + 1] : NULL, .value = i * i };
}

static void check(const ap_region *region)
{
    uint64_t i = 0;
    for (const node *n = (const node *)(void *)region->base; n; n = n->next, i++)
        assert_int_equal(n->value, i * i);
    assert_int_equal(i, 1000);
}

static void write_one(ap_region *region, ap_utc_ns until_utc)
{
    char message[AP_IO_MESSAGE_SIZE];
    ap_checkpoint checkpoint = { 0 };
    assert_int_equal(ap_checkpoint_begin(&checkpoint, path, region, LAYOUT, until_utc, message),
                     AP_OK);
    memset(region->base, 0xEE, PIECE_SIZE); /* what comes later is not in it */
    ap_checkpoint_close(&checkpoint);
    assert_int_equal(checkpoint.written_count, 1);
    assert_int_equal(checkpoint.failed_count, 0);
}

static ap_err load(ap_region *region, uint64_t layout, ap_utc_ns *until_utc)
{
    char message[AP_IO_MESSAGE_SIZE] = "";
    ptrdiff_t moved = -1;
    ap_err err = ap_checkpoint_load(path, region, layout, until_utc, &moved, message);
    assert_int_equal(err != AP_OK, *message != '\0');
    if (!err)
        assert_int_equal(moved, 0); /* the same process */
    return err;
}

static void test_checkpoint_load_what_was_written(void **state)
{
    (void)state;
    ap_region region = open_region();
    ap_utc_ns until_utc;
    fill(&region);
    write_one(&region, 123456789);
    ap_region_close(&region);
    struct stat stored;
    assert_int_equal(stat(path, &stored), 0);
    assert_int_equal(stored.st_mode & 0777, 0600);
    assert_in_range(stored.st_size, 1000 * 4096, PIECE_SIZE); /* pages of zeros are left out */
    region = open_region();
    assert_int_equal(load(&region, LAYOUT, &until_utc), AP_OK);
    assert_true(until_utc == 123456789);
    check(&region);
    ap_region_close(&region);
}

static void test_checkpoint_load_refused(void **state)
{
    (void)state;
    ap_region region = open_region();
    ap_utc_ns until_utc;
    (void)unlink(path);
    assert_int_equal(load(&region, LAYOUT, &until_utc), AP_ERR_NO_INPUT);
    fill(&region);
    write_one(&region, 1);
    assert_int_equal(load(&region, LAYOUT + 1, &until_utc), AP_ERR_UNKNOWN);
    assert_non_null(ap_region_take(&region, 4096));
    assert_int_equal(load(&region, LAYOUT, &until_utc), AP_ERR_UNKNOWN);
    ap_region_close(&region);
}

/* One octet changed, anywhere, or the end missing. */
static void test_checkpoint_load_damaged(void **state)
{
    (void)state;
    ap_region region = open_region();
    ap_utc_ns until_utc;
    struct stat stored;
    fill(&region);
    write_one(&region, 1);
    assert_int_equal(stat(path, &stored), 0);
    for (off_t at = stored.st_size - 1; at > 100; at -= stored.st_size / 7) {
        uint8_t octet;
        int fd = open(path, O_RDWR);
        assert_int_equal(pread(fd, &octet, 1, at), 1);
        octet ^= 4;
        assert_int_equal(pwrite(fd, &octet, 1, at), 1);
        assert_int_equal(load(&region, LAYOUT, &until_utc), AP_ERR_MALFORMED);
        octet ^= 4;
        assert_int_equal(pwrite(fd, &octet, 1, at), 1);
        close(fd);
    }
    memset(region.base, 0xEE, PIECE_SIZE);
    assert_int_equal(load(&region, LAYOUT, &until_utc), AP_OK);
    check(&region);
    assert_int_equal(region.base[PIECE_SIZE - 1], 0); /* it was zero, so it is not in the file */
    assert_int_equal(truncate(path, stored.st_size - 1), 0);
    assert_int_equal(load(&region, LAYOUT, &until_utc), AP_ERR_MALFORMED);
    assert_int_equal(truncate(path, 20), 0);
    assert_int_equal(load(&region, LAYOUT, &until_utc), AP_ERR_MALFORMED);
    ap_region_close(&region);
}

static void test_checkpoint_begin_nowhere(void **state)
{
    (void)state;
    char message[AP_IO_MESSAGE_SIZE] = "";
    ap_region region = open_region();
    ap_checkpoint checkpoint = { 0 };
    assert_int_equal(ap_checkpoint_poll(&checkpoint, message), AP_OK);
    assert_int_equal(
        ap_checkpoint_begin(&checkpoint, "/nonexistent/checkpoint", &region, LAYOUT, 1, message),
        AP_OK);
    ap_err err;
    while ((err = ap_checkpoint_poll(&checkpoint, message)) == AP_ERR_MORE)
        usleep(1000);
    assert_int_equal(err, AP_ERR_IO);
    assert_non_null(strstr(message, "No such file"));
    assert_int_equal(checkpoint.failed_count, 1);
    ap_region_close(&region);
}

/* A process that hangs is not waited for without end. */
static void test_checkpoint_hangs(void **state)
{
    (void)state;
    char message[AP_IO_MESSAGE_SIZE] = "";
    ap_region region = open_region();
    ap_checkpoint checkpoint = { 0 };
    fill(&region);
    assert_int_equal(ap_checkpoint_begin(&checkpoint, path, &region, LAYOUT, 1, message), AP_OK);
    assert_int_equal(kill((pid_t)checkpoint.child, SIGSTOP), 0);
    assert_int_equal(ap_checkpoint_poll(&checkpoint, message), AP_ERR_MORE);
    checkpoint.begun_ns -= INT64_C(601000000000);
    ap_err err = AP_ERR_MORE;
    for (int i = 0; i < 60000 && err == AP_ERR_MORE; i++) {
        err = ap_checkpoint_poll(&checkpoint, message);
        usleep(1000);
    }
    assert_int_equal(err, AP_ERR_IO);
    assert_non_null(strstr(message, "killed"));
    assert_int_equal(checkpoint.child, 0);
    ap_region_close(&region);
    char part[PATH_MAX];
    (void)snprintf(part, sizeof part, "%s.%ld.part", path, (long)getpid());
    (void)unlink(part);
}

/* It comes in sight when it may, and not before. */
static void test_checkpoint_release(void **state)
{
    (void)state;
    char message[AP_IO_MESSAGE_SIZE] = "";
    ap_region region = open_region();
    ap_checkpoint checkpoint = { 0 };
    fill(&region);
    assert_int_equal(ap_checkpoint_begin(&checkpoint, path, &region, LAYOUT, 1, message), AP_OK);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(ap_checkpoint_poll(&checkpoint, message), AP_ERR_MORE);
        assert_int_equal(access(path, F_OK), -1);
        usleep(1000);
    }
    ap_checkpoint_release(&checkpoint);
    ap_err err;
    while ((err = ap_checkpoint_poll(&checkpoint, message)) == AP_ERR_MORE)
        usleep(1000);
    assert_int_equal(err, AP_OK);
    assert_int_equal(access(path, F_OK), 0);
    ap_region_close(&region);
}

/* What is given up leaves the one before, and nothing else; it is no failure. */
static void test_checkpoint_drop(void **state)
{
    (void)state;
    char message[AP_IO_MESSAGE_SIZE] = "";
    ap_region region = open_region();
    ap_checkpoint checkpoint = { 0 };
    ap_utc_ns until_utc = 0;
    fill(&region);
    write_one(&region, 1);
    fill(&region);
    assert_int_equal(ap_checkpoint_begin(&checkpoint, path, &region, LAYOUT, 2, message), AP_OK);
    assert_true(ap_checkpoint_drop(&checkpoint));
    assert_false(ap_checkpoint_drop(&checkpoint));
    assert_int_equal(checkpoint.child, 0);
    assert_int_equal(checkpoint.failed_count, 0);
    assert_int_equal(checkpoint.written_count, 0);
    assert_int_equal(load(&region, LAYOUT, &until_utc), AP_OK);
    assert_int_equal(until_utc, 1);
    char name[160];
    snprintf(name, sizeof name, "%s.%ld.part", path, (long)getpid());
    assert_int_equal(access(name, F_OK), -1);
    ap_region_close(&region);
}

/* Two would each overwrite what the other had. */
static void test_checkpoint_lock(void **state)
{
    (void)state;
    char message[AP_IO_MESSAGE_SIZE] = "", name[128];
    int one, other;
    assert_int_equal(ap_checkpoint_lock(path, &one, message), AP_OK);
    assert_int_equal(ap_checkpoint_lock(path, &other, message), AP_ERR_NO_OUTPUT);
    assert_non_null(strstr(message, "another process"));
    assert_int_equal(other, -1);
    ap_checkpoint_unlock(&one);
    ap_checkpoint_unlock(&one);
    assert_int_equal(ap_checkpoint_lock(path, &other, message), AP_OK);
    ap_checkpoint_unlock(&other);
    assert_int_equal(ap_checkpoint_lock("/nonexistent/checkpoint", &one, message), AP_ERR_IO);
    snprintf(name, sizeof name, "%s.lock", path);
    assert_int_equal(unlink(name), 0);
}

/* A process that is killed leaves what it had written; only that goes. */
static void test_checkpoint_clean(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool stays;
    } files[] = { { "checkpoint", true },
                  { "checkpoint.1.part", false },
                  { "checkpoint.12345.part", false },
                  { "checkpoint.1.partial", true },
                  { "other.1.part", true } };
    char name[128];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(name, sizeof name, "%s/%s", folder, files[i].name);
        int fd = open(name, O_WRONLY | O_CREAT, 0600);
        assert_true(fd >= 0);
        close(fd);
    }
    ap_checkpoint_clean(path);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(name, sizeof name, "%s/%s", folder, files[i].name);
        assert_int_equal(access(name, F_OK), files[i].stays ? 0 : -1);
        (void)unlink(name);
    }
}

static void test_region_one_at_a_time(void **state)
{
    (void)state;
    ap_region region = open_region(), second;
    assert_int_equal(ap_region_open(&second, REGION_SIZE), AP_ERR_MEMORY);
    assert_null(ap_region_take(&region, REGION_SIZE));
    uint8_t *more = ap_region_take(&region, 5000);
    assert_non_null(more);
    assert_int_equal((uintptr_t)more % 4096, 0);
    assert_int_equal(more[4999], 0);
    ap_region_close(&region);
    ap_region_close(&region);
    assert_null(ap_region_take(&region, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_checkpoint_load_what_was_written, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_checkpoint_load_refused, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_checkpoint_load_damaged, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_checkpoint_hangs, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_checkpoint_release, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_checkpoint_drop, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_checkpoint_lock, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_checkpoint_clean, make_folder, remove_folder),
        cmocka_unit_test(test_checkpoint_begin_nowhere),
        cmocka_unit_test(test_region_one_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

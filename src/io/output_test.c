#include "io/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char message[AP_IO_MESSAGE_SIZE];

typedef struct place {
    char directory[64], path[96], part[112];
} place;

static void make_place(place *p)
{
    strcpy(p->directory, "/tmp/airpicture-output-XXXXXX");
    assert_non_null(mkdtemp(p->directory));
    snprintf(p->path, sizeof p->path, "%s/out", p->directory);
    snprintf(p->part, sizeof p->part, "%s.part", p->path);
}

static void drop_place(const place *p)
{
    unlink(p->path);
    unlink(p->part);
    assert_int_equal(rmdir(p->directory), 0);
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static size_t content(const char *path, char *data, size_t cap)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(data, 1, cap, file);
    fclose(file);
    return n;
}

static void test_output_appears_whole(void **state)
{
    (void)state;
    place p;
    make_place(&p);
    ap_output output;
    static const size_t sizes[] = { 1, 10, 65536, 65537, 200000, 0, 3 };
    size_t sum = 0;
    char *data = malloc(400000);
    assert_non_null(data);
    memset(data, 'x', 400000);
    assert_int_equal(ap_output_open(&output, p.path, message), AP_OK);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        data[0] = (char)('0' + i);
        assert_int_equal(ap_output_write(&output, data, sizes[i]), AP_OK);
        sum += sizes[i];
        assert_int_equal(output.size, sum);
    }
    assert_int_equal(ap_output_flush(&output), AP_OK);
    assert_true(exists(p.part));
    assert_false(exists(p.path));
    assert_int_equal(ap_output_commit(&output, message), AP_OK);
    assert_null(output.state);
    assert_false(exists(p.part));
    assert_int_equal(content(p.path, data, 400000), sum);
    assert_int_equal(data[0], '0');
    assert_int_equal(data[11], '2');
    assert_int_equal(data[11 + 65536 + 65537], '4');
    ap_output_close(&output);
    assert_int_equal(ap_output_write(&output, "x", 1), AP_ERR_ARGUMENT);
    assert_int_equal(ap_output_commit(&output, message), AP_ERR_ARGUMENT);
    free(data);
    drop_place(&p);
}

/* Until commit the old file stands; it keeps its mode, and a link to it stays a link. */
static void test_output_replaces(void **state)
{
    (void)state;
    place p;
    make_place(&p);
    char link[112], data[10];
    snprintf(link, sizeof link, "%s/link", p.directory);
    assert_int_equal(symlink("out", link), 0);
    FILE *file = fopen(p.path, "w");
    assert_non_null(file);
    fputs("old", file);
    fclose(file);
    chmod(p.path, 0640);
    ap_output output;
    assert_int_equal(ap_output_open(&output, link, message), AP_OK);
    assert_int_equal(ap_output_write(&output, "new!", 4), AP_OK);
    assert_int_equal(ap_output_flush(&output), AP_OK);
    assert_int_equal(content(p.path, data, 10), 3);
    ap_output_close(&output);
    assert_false(exists(p.part));
    assert_int_equal(content(p.path, data, 10), 3);

    assert_int_equal(ap_output_open(&output, link, message), AP_OK);
    assert_int_equal(ap_output_write(&output, "new!", 4), AP_OK);
    assert_int_equal(ap_output_commit(&output, message), AP_OK);
    assert_int_equal(content(p.path, data, 10), 4);
    struct stat about;
    assert_int_equal(lstat(link, &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_int_equal(stat(p.path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0640);
    unlink(link);
    drop_place(&p);
}

static void test_output_is_written_by_one(void **state)
{
    (void)state;
    place p;
    make_place(&p);
    ap_output first, second;
    assert_int_equal(ap_output_open(&first, p.path, message), AP_OK);
    assert_int_equal(ap_output_write(&first, "one", 3), AP_OK);
    assert_int_equal(ap_output_open(&second, p.path, message), AP_ERR_NO_OUTPUT);
    assert_non_null(strstr(message, "another process"));
    assert_int_equal(ap_output_commit(&first, message), AP_OK);
    assert_int_equal(ap_output_open(&second, p.path, message), AP_OK);
    ap_output_close(&second);
    drop_place(&p);
}

static void test_output_open_refuses(void **state)
{
    (void)state;
    ap_output output;
    assert_int_equal(ap_output_open(&output, "", message), AP_ERR_NO_OUTPUT);
    assert_non_null(strstr(message, "path is empty"));
    assert_int_equal(ap_output_open(&output, "/tmp", message), AP_ERR_NO_OUTPUT);
    assert_string_equal(message, "cannot write '/tmp': it is a directory; name a file in it");
    assert_int_equal(ap_output_open(&output, "/tmp/no/such/", message), AP_ERR_NO_OUTPUT);
    assert_int_equal(ap_output_open(&output, "/tmp/no/such", message), AP_ERR_NO_OUTPUT);
    assert_string_equal(message,
                        "cannot write '/tmp/no/such': its directory does not exist; create "
                        "it with mkdir -p");
    char path[5000];
    memset(path, 'a', sizeof path);
    path[sizeof path - 1] = '\0';
    assert_int_equal(ap_output_open(&output, path, message), AP_ERR_NO_OUTPUT);
    assert_non_null(strstr(message, "too long"));
    assert_null(output.state);
    ap_output_close(&output);
}

static void test_output_permission(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        print_message("not tested: root may write all\n");
        skip();
    }
    place p;
    make_place(&p);
    chmod(p.directory, 0500);
    ap_output output;
    assert_int_equal(ap_output_open(&output, p.path, message), AP_ERR_NO_OUTPUT);
    assert_non_null(strstr(message, "permission denied"));
    chmod(p.directory, 0700);
    drop_place(&p);
}

/* The first failure stays, whatever is tried later. */
static void test_output_disk_full(void **state)
{
    (void)state;
    ap_output output;
    assert_int_equal(ap_output_open(&output, "/dev/full", message), AP_OK);
    assert_int_equal(ap_output_write(&output, "abc", 3), AP_OK);
    assert_int_equal(ap_output_flush(&output), AP_ERR_IO);
    assert_int_equal(ap_output_write(&output, "abc", 3), AP_ERR_IO);
    assert_int_equal(output.size, 3);
    assert_int_equal(ap_output_flush(&output), AP_ERR_IO);
    assert_int_equal(ap_output_commit(&output, message), AP_ERR_IO);
    assert_string_equal(message, "cannot write '/dev/full': the disk is full; free some space and "
                                 "run again");
    assert_null(output.state);
    assert_true(exists("/dev/full"));
}

/* Synced, the bytes are in the partial file and the final name is not there yet. */
static void test_output_sync(void **state)
{
    (void)state;
    place p;
    make_place(&p);
    ap_output output;
    char data[8];
    assert_int_equal(ap_output_open(&output, p.path, message), AP_OK);
    assert_int_equal(ap_output_write(&output, "abc", 3), AP_OK);
    assert_int_equal(content(p.part, data, sizeof data), 0);
    assert_int_equal(ap_output_sync(&output), AP_OK);
    assert_int_equal(content(p.part, data, sizeof data), 3);
    assert_memory_equal(data, "abc", 3);
    assert_false(exists(p.path));
    assert_int_equal(ap_output_commit(&output, message), AP_OK);
    assert_true(exists(p.path));
    assert_int_equal(ap_output_sync(&output), AP_ERR_ARGUMENT);
    drop_place(&p);
    assert_int_equal(ap_output_open(&output, "/dev/full", message), AP_OK);
    assert_int_equal(ap_output_write(&output, "abc", 3), AP_OK);
    assert_int_equal(ap_output_sync(&output), AP_ERR_IO);
    ap_output_close(&output);
}

static void test_output_closed_pipe(void **state)
{
    (void)state;
    int ends[2], saved = dup(STDOUT_FILENO);
    fflush(stdout);
    assert_int_equal(pipe(ends), 0);
    signal(SIGPIPE, SIG_IGN);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    close(ends[0]);
    ap_output output;
    ap_err opened = ap_output_open(&output, "-", message);
    (void)ap_output_write(&output, "abc", 3);
    ap_err err = ap_output_commit(&output, message);
    bool open_still = fcntl(STDOUT_FILENO, F_GETFD) >= 0;
    dup2(saved, STDOUT_FILENO);
    close(saved);
    assert_int_equal(opened, AP_OK);
    assert_int_equal(err, AP_ERR_IO);
    assert_true(open_still);
    assert_string_equal(message, "cannot write standard output: its reader has closed the pipe");
}

/* What fails at the very end leaves nothing: here the directory goes away before the rename. */
static void test_output_commit_fails(void **state)
{
    (void)state;
    place p;
    make_place(&p);
    ap_output output;
    assert_int_equal(ap_output_open(&output, p.path, message), AP_OK);
    assert_int_equal(unlink(p.part), 0);
    assert_int_equal(rmdir(p.directory), 0);
    assert_int_equal(ap_output_commit(&output, message), AP_ERR_IO);
    assert_non_null(strstr(message, p.path));
    assert_null(output.state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_appears_whole),
        cmocka_unit_test(test_output_replaces),
        cmocka_unit_test(test_output_is_written_by_one),
        cmocka_unit_test(test_output_open_refuses),
        cmocka_unit_test(test_output_permission),
        cmocka_unit_test(test_output_disk_full),
        cmocka_unit_test(test_output_sync),
        cmocka_unit_test(test_output_closed_pipe),
        cmocka_unit_test(test_output_commit_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Live inputs that are devices, standard input, or files. */
#include "io/live_in.h"

#include <fcntl.h>
#include <stdio.h>
#include <termios.h>

#include "io/live_check.h"

typedef struct place {
    char folder[64], path[96], aside[96];
} place;

static void make_place(place *p)
{
    (void)snprintf(p->folder, sizeof p->folder, "/tmp/airpicture-live-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    (void)snprintf(p->path, sizeof p->path, "%s/feed", p->folder);
    (void)snprintf(p->aside, sizeof p->aside, "%s/feed.1", p->folder);
}

static void remove_place(place *p)
{
    (void)unlink(p->path);
    (void)unlink(p->aside);
    assert_int_equal(rmdir(p->folder), 0);
}

static void append(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
}

/* From the end, or from the begin. */
static void test_follow_from(void **state)
{
    (void)state;
    place p;
    live_run run;
    make_place(&p);
    append(p.path, "old ");
    live_start(&run, NULL);
    live_add(&run, 0, (ap_live_config){ .kind = AP_LIVE_FOLLOW, .path = p.path });
    live_add(&run, 1,
             (ap_live_config){ .kind = AP_LIVE_FOLLOW, .path = p.path, .from_begin = true });
    LIVE_UNTIL(&run, run.heard[1].bytes == 4);
    append(p.path, "new");
    LIVE_UNTIL(&run, run.heard[0].bytes == 3 && run.heard[1].bytes == 7);
    assert_string_equal(run.heard[0].text, "new");
    assert_string_equal(run.heard[1].text, "old new");
    live_end(&run);
    assert_int_equal(run.heard[0].ends, 1);
    remove_place(&p);
}

/* Renamed, written to once more, replaced: not a byte is lost, and the new file begins a stream. */
static void test_follow_rotated(void **state)
{
    (void)state;
    place p;
    live_run run;
    make_place(&p);
    append(p.path, "skipped ");
    live_start(&run, NULL);
    live_add(&run, 0, (ap_live_config){ .kind = AP_LIVE_FOLLOW, .path = p.path });
    append(p.path, "one ");
    LIVE_UNTIL(&run, run.heard[0].bytes == 4);
    assert_int_equal(rename(p.path, p.aside), 0);
    live_turn_for(&run, 700); /* its name is gone for a while */
    append(p.aside, "two ");
    LIVE_UNTIL(&run, run.heard[0].bytes == 8);
    append(p.aside, "three ");
    append(p.path, "four ");
    LIVE_UNTIL(&run, run.heard[0].bytes == 19);
    append(p.path, "five");
    LIVE_UNTIL(&run, run.heard[0].bytes == 23);
    assert_string_equal(run.heard[0].text, "one two three four five");
    assert_int_equal(run.heard[0].begins, 2);
    assert_int_equal(run.heard[0].ends, 1);
    assert_int_equal(live_stats(&run, 0)->reconnect_count, 1);
    assert_non_null(strstr(live_stats(&run, 0)->last_error, "was replaced by a new file"));
    live_end(&run);
    remove_place(&p);
}

static void test_follow_truncated(void **state)
{
    (void)state;
    place p;
    live_run run;
    make_place(&p);
    append(p.path, "a long first part ");
    live_start(&run, NULL);
    live_add(&run, 0,
             (ap_live_config){ .kind = AP_LIVE_FOLLOW, .path = p.path, .from_begin = true });
    LIVE_UNTIL(&run, run.heard[0].bytes == 18);
    assert_int_equal(truncate(p.path, 0), 0);
    append(p.path, "short");
    LIVE_UNTIL(&run, run.heard[0].bytes == 23);
    assert_string_equal(run.heard[0].text, "a long first part short");
    assert_int_equal(run.heard[0].begins, 2);
    assert_non_null(strstr(live_stats(&run, 0)->last_error, "was cut off"));
    live_end(&run);
    remove_place(&p);
}

/* A file that comes later is new as a whole, though files are read from their end. */
static void test_follow_missing(void **state)
{
    (void)state;
    place p;
    live_run run;
    make_place(&p);
    live_start(&run, NULL);
    live_add(&run, 0, (ap_live_config){ .kind = AP_LIVE_FOLLOW, .path = p.path });
    live_add(&run, 1, (ap_live_config){ .kind = AP_LIVE_FOLLOW, .path = p.folder });
    assert_int_equal(live_stats(&run, 0)->state, AP_LIVE_WAITING);
    assert_non_null(strstr(live_stats(&run, 0)->last_error, ": no such file or directory; next"));
    assert_non_null(strstr(live_stats(&run, 1)->last_error, "it is no plain file"));
    append(p.path, "whole");
    LIVE_UNTIL(&run, run.heard[0].bytes == 5);
    live_end(&run);
    remove_place(&p);
}

/* A pseudo-terminal as device, under a name of its own. */
static int make_device(const char *path)
{
    char name[64];
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    assert_int_equal(ptsname_r(master, name, sizeof name), 0);
    (void)unlink(path);
    assert_int_equal(symlink(name, path), 0);
    return master;
}

static void test_serial_lost_and_found(void **state)
{
    (void)state;
    static const char bytes[] =
        "\x1A\x33\x00\x03\x04\x0D\x0A\x11\x13\xFF\x7F"; /* none is special */
    enum { SIZE = sizeof bytes - 1 };
    place p;
    live_run run;
    struct termios line;
    make_place(&p);
    int master = make_device(p.path);
    live_start(&run, NULL);
    live_add(&run, 0, (ap_live_config){ .kind = AP_LIVE_SERIAL, .path = p.path, .baud = 115200 });
    live_add(&run, 1,
             (ap_live_config){ .kind = AP_LIVE_SERIAL, .path = "/dev/null", .baud = 115200 });
    const ap_live_stats *stats = live_stats(&run, 0);
    assert_int_equal(stats->state, AP_LIVE_CONNECTED);
    assert_non_null(strstr(live_stats(&run, 1)->last_error, "inappropriate ioctl for device"));
    assert_int_equal(write(master, bytes, SIZE), SIZE);
    LIVE_UNTIL(&run, run.heard[0].bytes == SIZE);
    assert_memory_equal(run.heard[0].text, bytes, SIZE);
    assert_int_equal(tcgetattr(master, &line), 0);
    assert_int_equal(cfgetospeed(&line), B115200);
    assert_int_equal(line.c_lflag & (ECHO | ICANON | ISIG), 0);
    assert_int_equal(close(master), 0); /* unplugged */
    LIVE_UNTIL(&run, stats->state == AP_LIVE_WAITING);
    assert_int_equal(run.heard[0].ends, 1);
    assert_non_null(strstr(stats->last_error, "; next try in "));
    master = make_device(p.path);
    LIVE_UNTIL(&run, stats->state == AP_LIVE_CONNECTED);
    assert_int_equal(write(master, "again", 5), 5);
    LIVE_UNTIL(&run, run.heard[0].bytes == SIZE + 5);
    assert_int_equal(stats->reconnect_count, 1);
    live_end(&run);
    close(master);
    remove_place(&p);
}

/* Puts a descriptor in the place of standard input; gives what was there. */
static int replace_stdin(int by)
{
    int kept = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
    assert_int_equal(dup2(by, STDIN_FILENO), STDIN_FILENO);
    close(by);
    return kept;
}

static void restore_stdin(int kept)
{
    if (kept >= 0) {
        assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
        close(kept);
    } else {
        close(STDIN_FILENO);
    }
}

static void test_stdin_pipe_and_file(void **state)
{
    (void)state;
    place p;
    make_place(&p);
    append(p.path, "piped");
    for (int i = 0; i < 2; i++) {
        live_run run;
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        if (i == 1) {
            close(ends[0]);
            ends[0] = open(p.path, O_RDONLY);
        }
        int kept = replace_stdin(ends[0]);
        live_start(&run, NULL);
        live_add(&run, 0, (ap_live_config){ .kind = AP_LIVE_STDIN });
        assert_int_equal(live_stats(&run, 0)->state, AP_LIVE_CONNECTED);
        if (i == 0)
            assert_int_equal(write(ends[1], "piped", 5), 5);
        LIVE_UNTIL(&run, run.heard[0].bytes == 5);
        assert_string_equal(run.heard[0].text, "piped");
        close(ends[1]);
        LIVE_UNTIL(&run, live_stats(&run, 0)->state == AP_LIVE_FAILED);
        assert_string_equal(live_stats(&run, 0)->last_error, "standard input has ended");
        assert_int_equal(run.heard[0].begins, 1);
        assert_int_equal(run.heard[0].ends, 1);
        assert_int_equal(fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK, 0); /* as it was */
        live_end(&run);
        restore_stdin(kept);
    }
    remove_place(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_follow_from),           cmocka_unit_test(test_follow_rotated),
        cmocka_unit_test(test_follow_truncated),      cmocka_unit_test(test_follow_missing),
        cmocka_unit_test(test_serial_lost_and_found), cmocka_unit_test(test_stdin_pipe_and_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

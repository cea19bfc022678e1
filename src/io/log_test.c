#include "io/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

static size_t drain(int fd, char *text, size_t size)
{
    ssize_t n = read(fd, text, size - 1);
    assert_true(n >= 0);
    text[n] = '\0';
    return (size_t)n;
}

static void test_log_write_levels(void **state)
{
    (void)state;
    int pipes[2];
    char text[4096];
    ap_log log;
    assert_int_equal(pipe(pipes), 0);
    assert_true(ap_log_open(&log, pipes[1], AP_LOG_INFO, AP_LOG_JOURNALD));
    ap_log_write(&log, AP_LOG_DEBUG, "not this");
    ap_log_write(&log, AP_LOG_INFO, "radar %d is back", 7);
    ap_log_write(&log, AP_LOG_ERROR, "no disk");
    drain(pipes[0], text, sizeof text);
    assert_string_equal(text, "<6>radar 7 is back\n<3>no disk\n");
    ap_log_close(&log);
    ap_log_write(&log, AP_LOG_ERROR, "nobody is there");
    assert_true(ap_log_open(&log, pipes[1], AP_LOG_INFO, AP_LOG_TEXT));
    ap_log_write(&log, AP_LOG_WARNING, "so");
    drain(pipes[0], text, sizeof text);
    assert_non_null(strstr(text, "Z warning: so\n"));
    assert_int_equal(text[0], '2'); /* the year */
    ap_log_close(&log);
    ap_log_close(&log);
    close(pipes[0]);
    close(pipes[1]);
}

/* One reason that comes thousands of times does not hide the others. */
static void test_log_write_holds_back(void **state)
{
    (void)state;
    int pipes[2];
    char text[8192];
    ap_log log;
    assert_int_equal(pipe(pipes), 0);
    assert_true(ap_log_open(&log, pipes[1], AP_LOG_INFO, AP_LOG_JOURNALD));
    for (int i = 0; i < 1000; i++)
        ap_log_write(&log, AP_LOG_WARNING, "flood %d", i);
    ap_log_write(&log, AP_LOG_WARNING, "another");
    for (int i = 0; i < 10; i++)
        ap_log_write(&log, AP_LOG_NOTICE, "always");
    drain(pipes[0], text, sizeof text);
    assert_non_null(strstr(text, "flood 4\n"));
    assert_null(strstr(text, "flood 5\n"));
    assert_non_null(strstr(text, "another\n"));
    assert_int_equal(ap_log_stats_of(&log).held_count, 995);
    assert_int_equal(ap_log_stats_of(&log).written_count, 5 + 1 + 10);
    char long_text[3000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    ap_log_write(&log, AP_LOG_ERROR, "%s", long_text);
    assert_in_range(drain(pipes[0], text, sizeof text), 900, 1024);
    ap_log_close(&log);
    close(pipes[0]);
    close(pipes[1]);
}

/* Lines that came about elsewhere are held back by their own reasons, not by one for all. */
static void test_log_write_as_reasons(void **state)
{
    (void)state;
    int pipes[2];
    char text[8192];
    ap_log log;
    assert_int_equal(pipe(pipes), 0);
    assert_true(ap_log_open(&log, pipes[1], AP_LOG_INFO, AP_LOG_JOURNALD));
    for (int i = 0; i < 100; i++)
        ap_log_write_as(&log, AP_LOG_WARNING, "token", "100 % wrong");
    ap_log_write_as(&log, AP_LOG_WARNING, "disk", "the disk is full");
    drain(pipes[0], text, sizeof text);
    assert_non_null(strstr(text, "<4>100 % wrong\n"));
    assert_non_null(strstr(text, "<4>the disk is full\n"));
    assert_int_equal(ap_log_stats_of(&log).written_count, 5 + 1);
    ap_log_close(&log);
    close(pipes[0]);
    close(pipes[1]);
}

/* Whoever reads the log and stops must not stop the service: without the look before it, the write
 * that finds the pipe full waits for ever. */
static void test_log_write_stuck_reader(void **state)
{
    (void)state;
    static char text[65537]; /* a pipe as it comes takes 64 KiB */
    int pipes[2];
    ap_log log;
    assert_int_equal(pipe(pipes), 0);
    assert_true(ap_log_open(&log, pipes[1], AP_LOG_INFO, AP_LOG_JOURNALD));
    alarm(10);
    for (int i = 0; i < 3000; i++)
        ap_log_write(&log, AP_LOG_NOTICE, "line %d, and as long as lines are as a rule", i);
    alarm(0);
    ap_log_stats stats = ap_log_stats_of(&log);
    assert_int_equal(stats.written_count + stats.lost_count, 3000);
    assert_true(stats.written_count > 500 && stats.lost_count > 500);
    drain(pipes[0], text, sizeof text);
    ap_log_write(&log, AP_LOG_NOTICE, "read again");
    drain(pipes[0], text, sizeof text);
    char told[128];
    snprintf(told, sizeof told, "<4>%u lines were lost: nobody read them\n<5>read again\n",
             (unsigned)stats.lost_count);
    assert_string_equal(text, told);
    ap_log_close(&log);
    close(pipes[0]);
    close(pipes[1]);
}

/* An object a line, whatever is in the message; the reason is the same for each of its kind. */
static void test_log_write_json(void **state)
{
    (void)state;
    int pipes[2];
    static char text[65536], wild[3000];
    ap_log log;
    assert_int_equal(pipe(pipes), 0);
    assert_true(ap_log_open(&log, pipes[1], AP_LOG_INFO, AP_LOG_JSON));
    ap_log_write(&log, AP_LOG_WARNING, "input %s is \"gone\"", "north");
    drain(pipes[0], text, sizeof text);
    assert_int_equal(text[strlen(text) - 1], '\n');
    cJSON *line = cJSON_Parse(text);
    assert_non_null(line);
    const char *time = cJSON_GetStringValue(cJSON_GetObjectItem(line, "time"));
    assert_true(time && strlen(time) >= 20 && time[strlen(time) - 1] == 'Z');
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(line, "level")), "warning");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(line, "reason")),
                        "input %s is \"gone\"");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(line, "message")),
                        "input north is \"gone\"");
    assert_null(cJSON_GetObjectItem(line, "held"));
    cJSON_Delete(line);
    memset(wild, '\1', sizeof wild - 1); /* six octets each, escaped */
    ap_log_write(&log, AP_LOG_ERROR, "%s", wild);
    assert_in_range(drain(pipes[0], text, sizeof text), 1000, 4096);
    line = cJSON_Parse(text);
    assert_non_null(line);
    assert_int_equal(strlen(cJSON_GetStringValue(cJSON_GetObjectItem(line, "message"))), 256);
    cJSON_Delete(line);
    ap_log_close(&log);
    close(pipes[0]);
    close(pipes[1]);
}

/* The same for what is printed past the log, as the errors of a configuration are. */
static void test_log_take_stderr(void **state)
{
    (void)state;
    FILE *before = stderr;
    int pipes[2];
    char text[4096];
    ap_log log;
    assert_int_equal(pipe(pipes), 0);
    assert_true(ap_log_open(&log, pipes[1], AP_LOG_ERROR, AP_LOG_JOURNALD));
    assert_true(ap_log_take_stderr(&log));
    assert_true(ap_log_take_stderr(&log));
    for (int i = 1; i <= 8; i++)
        fprintf(stderr, "a.yaml:%d:1: %s\n", i, "a tab");
    fputs("no end", stderr);
    drain(pipes[0], text, sizeof text);
    assert_non_null(strstr(text, "<3>a.yaml:1:1: a tab\n<3>a.yaml:2:1: a tab\n"));
    assert_non_null(strstr(text, "<3>a.yaml:8:1: a tab\n"));
    alarm(10);
    for (int i = 0; i < 3000; i++)
        fprintf(stderr, "line %d, and as long as lines are as a rule\n", i);
    alarm(0);
    assert_true(ap_log_stats_of(&log).lost_count > 500);
    ap_log_close(&log);
    assert_ptr_equal(stderr, before);
    close(pipes[0]);
    close(pipes[1]);
}

static void test_log_level_of(void **state)
{
    (void)state;
    assert_int_equal(ap_log_level_of("debug"), AP_LOG_DEBUG);
    assert_int_equal(ap_log_level_of("loud"), AP_LOG_LEVEL_COUNT);
    assert_false(ap_log_is_journald());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_write_levels),     cmocka_unit_test(test_log_write_holds_back),
        cmocka_unit_test(test_log_write_as_reasons), cmocka_unit_test(test_log_write_stuck_reader),
        cmocka_unit_test(test_log_write_json),       cmocka_unit_test(test_log_take_stderr),
        cmocka_unit_test(test_log_level_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

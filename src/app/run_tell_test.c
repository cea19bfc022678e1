#include "app/run_tell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct bench {
    int pipes[2];
    ap_log log;
    ap_live_input inputs[2];
    ap_live_output outputs[3];
    ap_live_figures figures;
    ap_run_tell tell;
    char said[4096];
} bench;

static void begin(bench *b)
{
    *b = (bench){ .inputs = { { .name = "north", .is_open = true },
                              { .name = "roof", .last_error = "" } },
                  .outputs = { { .name = "cat062", .is_open = true },
                               { .name = "geopackage", .is_open = true, .tells_itself = true },
                               { .name = "recording", .is_open = true, .lost_unit = "octets" } } };
    b->figures = (ap_live_figures){
        .inputs = b->inputs, .input_count = 2, .outputs = b->outputs, .output_count = 3
    };
    assert_int_equal(pipe(b->pipes), 0);
    assert_true(ap_log_open(&b->log, b->pipes[1], AP_LOG_INFO, AP_LOG_JOURNALD));
    assert_int_equal(ap_run_tell_open(&b->tell, &b->log, &b->figures), AP_OK);
}

/* What a look writes. */
static const char *look(bench *b)
{
    ap_run_tell_look(&b->tell, &b->figures);
    ap_log_write(&b->log, AP_LOG_NOTICE, "."); /* something to read in any case */
    ssize_t size = read(b->pipes[0], b->said, sizeof b->said - 1);
    assert_true(size >= 5);
    b->said[size - 5] = '\0'; /* "<5>.\n" */
    return b->said;
}

static void end(bench *b)
{
    ap_run_tell_close(&b->tell);
    ap_run_tell_close(&b->tell);
    ap_log_close(&b->log);
    close(b->pipes[0]);
    close(b->pipes[1]);
}

/* Once for each loss, whatever the tries in between say; one that is on its way is not lost. */
static void test_look_lost_and_back(void **state)
{
    (void)state;
    bench b;
    begin(&b);
    assert_string_equal(look(&b), "");
    b.inputs[1].last_error = "connection refused; next try in 0.5 s";
    assert_string_equal(look(&b), "<4>input 'roof': connection refused; next try in 0.5 s\n");
    b.inputs[1].last_error = "connection refused; next try in 1 s";
    assert_string_equal(look(&b), "");
    b.inputs[1].is_open = true;
    assert_string_equal(look(&b), "<6>input 'roof': goes on\n");
    assert_string_equal(look(&b), "");
    b.outputs[2].is_open = b.outputs[1].is_open = false;
    b.outputs[2].last_error = b.outputs[1].last_error = "no space left on device";
    assert_string_equal(look(&b), "<3>output 'recording': no space left on device\n");
    b.outputs[2].is_open = true;
    assert_string_equal(look(&b), "<6>output 'recording': goes on\n");
    end(&b);
}

static void test_look_what_was_lost(void **state)
{
    (void)state;
    bench b;
    begin(&b);
    b.inputs[0].lost_count = 7;
    b.outputs[0].lost_count = 1;
    b.outputs[1].lost_count = 9;
    b.outputs[2].lost_count = 4096;
    const char *said = look(&b);
    assert_non_null(strstr(said, "<4>input 'north': 7 chunks are lost: more comes"));
    assert_non_null(strstr(said, "<4>output 'cat062': 1 messages are lost\n"));
    assert_non_null(strstr(said, "<4>output 'recording': 4096 octets are lost\n"));
    assert_null(strstr(said, "geopackage"));
    assert_string_equal(look(&b), "");
    b.inputs[0].lost_count = 10;
    assert_non_null(strstr(look(&b), "'north': 3 chunks are lost"));
    end(&b);
}

/* One that comes and goes does not fill the log, nor hide another. */
static void test_look_holds_back(void **state)
{
    (void)state;
    bench b;
    begin(&b);
    unsigned count = 0;
    for (int i = 0; i < 100; i++) {
        b.inputs[0].is_open = i % 2;
        b.inputs[0].last_error = "connection lost";
        count += look(&b)[0] != '\0';
    }
    assert_int_equal(count, 5);
    for (unsigned i = 1; i <= 10; i++) {
        b.outputs[2].lost_count = i;
        (void)look(&b);
    }
    b.outputs[2].is_open = false;
    b.outputs[2].last_error = "no space left on device";
    assert_non_null(strstr(look(&b), "'recording': no space left"));
    b.outputs[2].is_open = true;
    assert_non_null(strstr(look(&b), "'recording': goes on"));
    b.inputs[1].last_error = "the device is gone";
    assert_string_equal(look(&b), "<4>input 'roof': the device is gone\n");
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_look_lost_and_back),
        cmocka_unit_test(test_look_what_was_lost),
        cmocka_unit_test(test_look_holds_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

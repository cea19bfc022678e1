#include "app/why_service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/test_api_bench.h"

static ap_err parse(ap_why_answer *answer, const char *text)
{
    return ap_why_answer_parse(answer, text, strlen(text));
}

/* What the service itself answers is taken. */
static void test_parse_of_the_service(void **state)
{
    (void)state;
    ap_why_answer answer;
    api_bench *b = api_bench_make();
    ap_api_reply reply = api_bench_ask(b, "GET", "/api/v1/tracks/12?points=0", NULL);
    assert_int_equal(reply.status, 200);
    assert_int_equal(parse(&answer, (const char *)b->body), AP_OK);
    assert_int_equal(answer.track.track_id, 12);
    assert_int_equal(answer.track.track_number, 4095);
    assert_string_equal(answer.track.icao24, "3c6dd2");
    assert_string_equal(answer.track.sources, "receiver;radar, \"north\"");
    assert_true(answer.reason_count > 0);
    assert_int_equal(answer.reason[0].number, 1);
    assert_string_equal(answer.reason[0].reason, "born_address");
    assert_string_equal(answer.reason[0].text, "first position of an address without a track");
    assert_string_equal(answer.reason[0].sensor, "receiver");
    assert_true(answer.reason[0].time != AP_UTC_UNKNOWN && isnan(answer.reason[0].existence));
    api_bench_free(b);
}

/* Of a track with more reasons than are kept, the newest have their numbers. */
static void test_parse_many(void **state)
{
    (void)state;
    ap_why_answer answer;
    char text[4096];
    size_t used =
        (size_t)snprintf(text, sizeof text,
                         "{\"track_id\":7,\"track\":{\"track_id\":7,\"sources\":[\"\\u00e9\","
                         "\"b\"]},\"reason_count\":40,\"reasons\":[");
    for (int i = 0; i < AP_TRACK_REASON_CAP; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{\"reason\":\"resumed\",\"time_s\":%d.25,\"other_track_id\":9}",
                                 i ? "," : "", 1000 + i);
    snprintf(text + used, sizeof text - used, "]}");
    assert_int_equal(parse(&answer, text), AP_OK);
    assert_int_equal(answer.reason_count, AP_TRACK_REASON_CAP);
    assert_int_equal(answer.reason[0].number, 40 - AP_TRACK_REASON_CAP + 1);
    assert_int_equal(answer.reason[AP_TRACK_REASON_CAP - 1].number, 40);
    assert_true(answer.reason[1].time == 1001 * AP_NS_PER_S + AP_NS_PER_S / 4);
    assert_int_equal(answer.reason[1].other_track_id, 9);
    assert_string_equal(answer.track.sources, "\xc3\xa9;b");
}

static void test_parse_others(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        ap_err err;
    } cases[] = {
        { "", AP_ERR_MALFORMED },
        { "[1]", AP_ERR_MALFORMED },
        { "<html>", AP_ERR_MALFORMED },
        { "{}", AP_ERR_MALFORMED },
        { "{\"track_id\":-3}", AP_ERR_MALFORMED },
        { "{\"track_id\":\"3\"}", AP_ERR_MALFORMED },
        { "{\"track_id\":3,\"track\":{},\"reasons\":[]}", AP_ERR_MALFORMED },
        { "{\"track_id\":3,\"track\":{\"track_id\":3}}", AP_ERR_MALFORMED },
        { "{\"track_id\":3,\"history\":[]}", AP_ERR_END },
        { "{\"track_id\":3,\"track\":{\"track_id\":3},\"reasons\":[1,null,[]],\"reason_count\":0}",
          AP_OK },
    };
    ap_why_answer answer;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (parse(&answer, cases[i].text) != cases[i].err)
            fail_msg("%s", cases[i].text);
    assert_int_equal(answer.reason_count, 3);
    assert_string_equal(answer.reason[2].reason, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_of_the_service),
        cmocka_unit_test(test_parse_many),
        cmocka_unit_test(test_parse_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

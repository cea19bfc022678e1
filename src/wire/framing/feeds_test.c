/* The target formats in pieces of any size: SBS lines, aircraft.json, GDL90. */
#include "wire/framing/framing_check.h"

#include "wire/feed/aircraft_json.h"
#include "wire/feed/feed.h"
#include "wire/feed/gdl90.h"
#include "wire/feed/test_row.h"

static run *run_text(ap_format format, const char *text)
{
    return run_any_cut(format, (const uint8_t *)text, strlen(text));
}

static ap_aircraft_row row_of(ap_feed *feed, const ap_frame *frame)
{
    ap_aircraft_row row;
    assert_true(ap_feed_is_row(frame->kind));
    assert_int_equal(ap_feed_row(feed, frame, &row), AP_OK);
    return row;
}

static void test_sbs_lines(void **state)
{
    (void)state;
    run *r = run_text(AP_FORMAT_SBS,
                      "MSG,5,1,1,4CA216,1,2024/06/06,09:01:52.035,,,,425,,,,,,,0,,0,-1\r\n\r\n"
                      "STA,,5,179,400AE7,10103,2008/11/28,14:58:51.153,,,RM\r\n"
                      "MSG,5,1,1,4CA21x,1,,,,,,425,,,,,,,0,,0,-1\r\n"
                      "MLAT,3,1,1,4CA216,1,,,,,,,,,1.5,2.5,,,,,,\n"
                      "MSG,8,1,1,4CA217,1,,,,,,,,,,,,,,,,");
    ap_feed feed = { 0 };
    assert_int_equal(r->format, AP_FORMAT_SBS);
    assert_int_equal(r->count, 3);
    assert_int_equal(r->frame[0].time_kind, AP_FRAME_TIME_UTC);
    assert_int_equal(r->frame[0].time_ns, INT64_C(1717664512035) * AP_NS_PER_MS);
    assert_int_equal(row_of(&feed, &r->frame[0]).altitude_ft, 425);
    assert_true(r->frame[1].synthetic);
    assert_int_equal(r->frame[1].time_kind, AP_FRAME_TIME_NONE);
    assert_int_equal(row_of(&feed, &r->frame[2]).address, 0x4CA217);
    assert_int_equal(r->refused.count[AP_REFUSED_STATUS_FRAME], 1);
    assert_int_equal(r->refused.count[AP_REFUSED_SYNTAX], 1);
    assert_int_equal(ap_refusals_total(&r->refused), 2);
    free(r);
}

/* A target counts without a value that cannot be; the value is counted. Of keys that stand twice
 * the last one counts. What nobody asks for may nest, 64 deep with the aircraft itself; deeper
 * costs the rest of its document. An aircraft that is none hides nothing behind it. */
static void test_values_that_cannot_be(void **state)
{
    (void)state;
    run *r = run_text(AP_FORMAT_SBS, "MSG,3,1,1,4CA216,1,2024/06/06,09:01:52.035,,,,1e9,,,91,nan,,"
                                     ",x,,0,0\n");
    ap_feed feed = { 0 };
    assert_int_equal(r->count, 1);
    assert_int_equal(r->refused.count[AP_REFUSED_VALUE], 3);
    assert_int_equal(ap_refusals_total(&r->refused), 0);
    free(r);
    char text[800] = "{\"now\":1,\"aircraft\":[{\"hex\":\"400f99\",\"lat\":1e400,\"lon\":NaN},"
                     "{\"hex\":\"400f99\",\"gs\":1e400,\"gs\":-1e-400,\"gs\":12,\"rssi\":1e3,"
                     "\"messages\":99999999999999999999,\"x\":";
    size_t size = strlen(text);
    memset(text + size, '[', 63);
    memset(text + size + 63, ']', 63);
    strcpy(text + size + 126, "},{\"hex\":\"40\",\"x\":[{\"hex\":\"400f98\"}]},"
                              "{\"hex\":\"400f9a\",\"x\":");
    size = strlen(text);
    memset(text + size, '[', 64);
    memset(text + size + 64, ']', 64);
    strcpy(text + size + 128, "}]}\n{\"now\":2,\"aircraft\":[{\"hex\":\"400f9b\"}]}");
    r = run_text(AP_FORMAT_AIRCRAFT, text);
    assert_int_equal(r->count, 2);
    ap_aircraft_row row = row_of(&feed, &r->frame[0]);
    assert_int_equal(row.address, 0x400F99);
    assert_true(row.ground_speed_kt == 12.0);
    assert_int_equal(r->refused.count[AP_REFUSED_VALUE], 3);
    assert_int_equal(row_of(&feed, &r->frame[1]).address, 0x400F9B);
    /* NaN; no address, and too deep behind it; the list that seems to end inside of that */
    assert_int_equal(r->refused.count[AP_REFUSED_SYNTAX], 3);
    free(r);
}

static void test_aircraft_documents(void **state)
{
    (void)state;
    run *r = run_text(AP_FORMAT_AIRCRAFT,
                      "{\"now\":1717664400.5,\"messages\":5,\"aircraft\":[\n"
                      "{\"hex\":\"400f99\",\"lat\":1.5,\"lon\":2.5,\"seen_pos\":0.5,\"seen\":0},\n"
                      "{\"hex\":\"~2a0001\",\"mlat\":[\"lat\"],\"lat\":1,\"lon\":2}]"
                      ",\"x\":{\"aircraft\":[1]}}\n"
                      "{ \"ac\" : [ {\"hex\":\"400f9a\"} ], \"now\": 1717664400500 }"
                      "{\"now\":1717664401500,\"ac\":[{\"hex\":\"400f9b\"}]} ");
    ap_feed feed = { 0 };
    assert_int_equal(r->format, AP_FORMAT_AIRCRAFT);
    assert_int_equal(r->count, 4);
    ap_aircraft_row row = row_of(&feed, &r->frame[0]);
    assert_int_equal(row.position_utc, INT64_C(1717664400) * AP_NS_PER_S);
    assert_int_equal(r->frame[0].time_ns, INT64_C(1717664400500) * AP_NS_PER_MS);
    assert_false(r->frame[0].synthetic);
    assert_true(r->frame[1].synthetic);
    assert_int_equal(r->frame[2].time_kind, AP_FRAME_TIME_NONE); /* its time stands behind it */
    assert_int_equal(r->frame[3].time_ns, INT64_C(1717664401500) * AP_NS_PER_MS);
    assert_int_equal(ap_refusals_total(&r->refused), 0);
    assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], 0);
    free(r);
}

static void test_aircraft_damage(void **state)
{
    (void)state;
    run *r = run_text(AP_FORMAT_AIRCRAFT,
                      "xx {\"now\":1,\"aircraft\":[{\"hex\":\"400f99\"},{\"hex\":4},7,"
                      "{\"hex\":\"400f9a\"}],\"now\":tru} junk "
                      "{\"now\":1e18,\"aircraft\":[{\"hex\":\"400f9b\"},{\"hex\":\"40");
    assert_int_equal(r->count, 3);
    assert_int_equal(r->refused.count[AP_REFUSED_SYNTAX], 3);
    assert_int_equal(r->refused.count[AP_REFUSED_CONTAINER], 1);
    assert_int_equal(r->refused.count[AP_REFUSED_TRUNCATED], 1);
    assert_int_equal(ap_refusals_total(&r->refused), 5);
    free(r);
    r = run_text(AP_FORMAT_AIRCRAFT, "{\"now\":1,\"aircraft\":[{\"hex\":\"400f99\"}");
    assert_int_equal(r->count, 1);
    assert_int_equal(r->refused.count[AP_REFUSED_TRUNCATED], 1);
    assert_int_equal(ap_refusals_total(&r->refused), 1);
    free(r);
}

/* An aircraft longer than any; the next one is found again. */
static void test_aircraft_oversize(void **state)
{
    (void)state;
    enum { LONG = 70000 };
    char *text = calloc(1, LONG + 200);
    assert_non_null(text);
    strcpy(text, "{\"now\":1,\"aircraft\":[{\"hex\":\"400f99\",\"x\":\"");
    size_t size = strlen(text);
    memset(text + size, 'x', LONG);
    strcpy(text + size + LONG, "\"},{\"hex\":\"400f9a\"}]}");
    run *whole = run_make(AP_FORMAT_AIRCRAFT, (const uint8_t *)text, strlen(text), LONG * 2);
    run *cut = run_make(AP_FORMAT_AIRCRAFT, (const uint8_t *)text, strlen(text), 1009);
    assert_int_equal(whole->count, 1);
    assert_int_equal(whole->refused.count[AP_REFUSED_OVERSIZE], 1);
    assert_int_equal(ap_refusals_total(&whole->refused), 1);
    assert_int_equal(cut->count, 1);
    assert_memory_equal(&cut->refused, &whole->refused, sizeof cut->refused);
    free(whole);
    free(cut);
    free(text);
}

static void test_gdl90_messages(void **state)
{
    (void)state;
    uint8_t data[600];
    ap_writer w = ap_writer_of(data, sizeof data);
    ap_aircraft_row target = test_row_any(1), own = test_row_any(2);
    own.ownship = true;
    assert_int_equal(ap_gdl90_write_target(&w, &target), AP_OK);
    ap_gdl90_write_heartbeat(&w, 3661 * AP_NS_PER_S, 0);
    assert_int_equal(ap_gdl90_write_height(&w, &own), AP_OK); /* of whom? */
    assert_int_equal(ap_gdl90_write_target(&w, &own), AP_OK);
    size_t shared = w.size - 1; /* the next message begins with the flag that ends this one */
    assert_int_equal(ap_gdl90_write_height(&w, &own), AP_OK);
    memmove(data + shared, data + shared + 1, w.size - shared - 1);
    w.size--;
    ap_write_bytes(&w, "\x7E\x65\x00\x01\x02\x7E", 6); /* no CRC of that */
    run *r = run_any_cut(AP_FORMAT_GDL90, data, w.size);
    ap_feed feed = { 0 };
    ap_aircraft_row row;
    assert_int_equal(r->format, AP_FORMAT_GDL90);
    assert_int_equal(r->count, 4);
    assert_int_equal(r->frame[0].time_kind, AP_FRAME_TIME_NONE);
    assert_int_equal(row_of(&feed, &r->frame[0]).address, target.address);
    assert_int_equal(ap_feed_row(&feed, &r->frame[1], &row), AP_ERR_UNKNOWN);
    assert_int_equal(r->frame[2].time_kind, AP_FRAME_TIME_DAY);
    assert_int_equal(r->frame[2].time_ns, 3661 * AP_NS_PER_S);
    assert_int_equal(row_of(&feed, &r->frame[2]).address, own.address);
    row = row_of(&feed, &r->frame[3]);
    assert_int_equal(row.address, own.address);
    assert_true(row.present & AP_ROW_HAS_HEIGHT);
    assert_int_equal(r->refused.count[AP_REFUSED_SYNTAX], 1);
    assert_int_equal(ap_refusals_total(&r->refused), 1);
    free(r);
}

static void put_gdl90(ap_writer *w, const uint8_t *message, size_t size)
{
    uint16_t crc = ap_gdl90_crc(message, size);
    ap_write_u8(w, 0x7E);
    ap_write_bytes(w, message, size);
    ap_write_u8(w, (uint8_t)crc);
    ap_write_u8(w, (uint8_t)(crc >> 8));
    ap_write_u8(w, 0x7E);
}

/* Each message that is no target and no heartbeat has its reason: passed-through reports of
 * aircraft are not decoded, others are none; a target that is too short is damaged. */
static void test_gdl90_other_messages(void **state)
{
    (void)state;
    static const uint8_t basic[19] = { 30 }, wide[37] = { 31 }, status[39] = { 0x65 };
    static const uint8_t cut[20] = { AP_GDL90_TRAFFIC };
    uint8_t data[200];
    ap_writer w = ap_writer_of(data, sizeof data);
    put_gdl90(&w, basic, sizeof basic);
    put_gdl90(&w, wide, sizeof wide);
    put_gdl90(&w, status, sizeof status);
    put_gdl90(&w, cut, sizeof cut);
    run *r = run_any_cut(AP_FORMAT_GDL90, data, w.size);
    assert_int_equal(r->count, 0);
    assert_int_equal(r->refused.count[AP_REFUSED_FORMAT], 2);
    assert_int_equal(r->refused.count[AP_REFUSED_STATUS_FRAME], 1);
    assert_int_equal(r->refused.count[AP_REFUSED_SYNTAX], 1);
    assert_int_equal(ap_refusals_total(&r->refused), 4);
    free(r);
}

static void test_gdl90_damage(void **state)
{
    (void)state;
    static uint8_t data[3000];
    ap_writer w = ap_writer_of(data, sizeof data);
    ap_aircraft_row row = test_row_any(9);
    ap_write_bytes(&w, "noise", 5);
    assert_int_equal(ap_gdl90_write_target(&w, &row), AP_OK);
    ap_write_u8(&w, 0x7E); /* longer than any message */
    for (int i = 0; i < 1500; i++)
        ap_write_u8(&w, 'x');
    assert_int_equal(ap_gdl90_write_target(&w, &row), AP_OK);
    ap_write_bytes(&w, "\x7E\x14\x00", 3);
    run *r = run_any_cut(AP_FORMAT_GDL90, data, w.size);
    assert_int_equal(r->count, 2);
    assert_int_equal(r->refused.count[AP_REFUSED_SYNTAX], 2);
    assert_int_equal(r->refused.count[AP_REFUSED_TRUNCATED], 1);
    assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], 5 + 1501);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_that_cannot_be), cmocka_unit_test(test_sbs_lines),
        cmocka_unit_test(test_aircraft_documents),    cmocka_unit_test(test_aircraft_damage),
        cmocka_unit_test(test_aircraft_oversize),     cmocka_unit_test(test_gdl90_messages),
        cmocka_unit_test(test_gdl90_other_messages),  cmocka_unit_test(test_gdl90_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "io/postgres_row.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "io/postgres_batch.h"

#define T0 (INT64_C(1717660800) * AP_NS_PER_S) /* 2024-06-06T08:00:00Z */

/* Octets as hexadecimal digits; spaces part fields and mean nothing. */
static void expect(const uint8_t *octets, size_t size, const char *wanted)
{
    char found[4096] = "", plain[4096];
    size_t used = 0;
    assert_true(2 * size < sizeof found);
    for (size_t i = 0; i < size; i++)
        (void)snprintf(found + 2 * i, 3, "%02x", octets[i]);
    for (const char *c = wanted; *c; c++)
        if (*c != ' ')
            plain[used++] = *c;
    plain[used] = '\0';
    assert_string_equal(found, plain);
}

static ap_postgres_record written(const ap_row *row, uint8_t octets[AP_POSTGRES_RECORD_MAX])
{
    ap_postgres_record record;
    size_t size = ap_postgres_row_write(row, octets);
    assert_true(size <= AP_POSTGRES_RECORD_MAX);
    assert_int_equal(ap_postgres_record_read(octets, size, &record), AP_OK);
    assert_int_equal(record.kind, row->kind);
    assert_int_equal(record.received, row->mark.received);
    return record;
}

static ap_row point(void)
{
    return (ap_row){ .kind = AP_ROW_POINT,
                     .mark = { .run = T0, .row = 1, .received = T0 + 5 },
                     .point = { .track_id = 258,
                                .time = T0 + 1500,
                                .latitude_deg = 52.5,
                                .longitude_deg = -4.25,
                                .height_m = 1000,
                                .state = "firm",
                                .sensor = "a\xC3\xA9\xFF",
                                .pressure_altitude_ft = NAN,
                                .ground_speed_kt = 0.5,
                                .track_deg = NAN,
                                .vertical_rate_fpm = -64,
                                .position_sigma_m = NAN } };
}

/* The field of the place is what PostGIS 3.3 prints for ST_AsEWKB of this point, those of times
 * what PostgreSQL 15 prints for timestamptz_send; the frame is that of its manual, "COPY". */
static void test_postgres_row_point(void **state)
{
    (void)state;
    uint8_t octets[AP_POSTGRES_RECORD_MAX];
    const ap_row row = point();
    ap_postgres_record record = written(&row, octets);
    expect(record.tuple, record.size,
           "000c 00000008 0002bd32d69c4000 00000008 0000000000000102 00000008 0002bd32d69c4001 "
           "00000021 01010000a0e6100000 00000000000011c0 0000000000404a40 0000000000408f40 "
           "00000004 6669726d 00000004 61c3a93f 00000004 447a0000 ffffffff 00000004 3f000000 "
           "ffffffff 00000004 c2800000 ffffffff");
}

static void test_postgres_row_unknown(void **state)
{
    (void)state;
    uint8_t octets[AP_POSTGRES_RECORD_MAX];
    ap_row row = point();
    row.point.time = AP_UTC_UNKNOWN;
    row.point.height_m = NAN;
    row.point.state = NULL;
    row.point.sensor = "";
    row.point.ground_speed_kt = row.point.vertical_rate_fpm = NAN;
    ap_postgres_record record = written(&row, octets);
    expect(record.tuple, record.size,
           "000c 00000008 0002bd32d69c4000 00000008 0000000000000102 ffffffff "
           "00000021 01010000a0e6100000 00000000000011c0 0000000000404a40 0000000000000000 "
           "ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff");
}

/* Before 2000 and before 1970, cut towards the past. */
static void test_postgres_row_times(void **state)
{
    (void)state;
    static const struct {
        ap_utc_ns time;
        const char *wanted;
    } cases[] = { { INT64_C(946684800000000000), "0000000000000000" },
                  { INT64_C(946684799999999999), "ffffffffffffffff" },
                  { 0, "fffca2fec4c82000" },
                  { -1, "fffca2fec4c81fff" },
                  { -1000, "fffca2fec4c81fff" },
                  { -1001, "fffca2fec4c81ffe" } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t octets[AP_POSTGRES_RECORD_MAX];
        ap_row row = { .kind = AP_ROW_ALERT, .mark = { .run = cases[i].time } };
        ap_postgres_record record = written(&row, octets);
        expect(record.tuple + 6, 8, cases[i].wanted);
    }
}

static void test_postgres_row_others(void **state)
{
    (void)state;
    static const struct {
        ap_row row;
        uint8_t fields;
    } cases[] = { { { .kind = AP_ROW_TRACK, .track = { .track_id = 1 } }, 14 },
                  { { .kind = AP_ROW_ALERT, .alert = { .alert_id = 1 } }, 7 },
                  { { .kind = AP_ROW_REASON, .reason = { .track_id = 1 } }, 10 },
                  { { .kind = AP_ROW_SENSOR, .sensor = { .name = "x" } }, 14 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t octets[AP_POSTGRES_RECORD_MAX];
        ap_postgres_record record = written(&cases[i].row, octets);
        size_t at = 2, fields = 0;
        for (; at + 4 <= record.size; fields++) { /* sizes lead to the end exactly */
            uint32_t size = (uint32_t)record.tuple[at] << 24 |
                            (uint32_t)record.tuple[at + 1] << 16 |
                            (uint32_t)record.tuple[at + 2] << 8 | record.tuple[at + 3];
            at += 4 + (size == UINT32_MAX ? 0 : size);
        }
        assert_int_equal(at, record.size);
        assert_int_equal(fields, cases[i].fields);
        assert_int_equal(record.tuple[1], cases[i].fields);
    }
}

static void test_postgres_row_long_text(void **state)
{
    (void)state;
    char text[3000];
    uint8_t octets[AP_POSTGRES_RECORD_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    const ap_row row = { .kind = AP_ROW_REASON,
                         .reason = { .reason = text, .text = text, .sensor = text } };
    ap_postgres_record record = written(&row, octets);
    assert_true(record.size > 3 * 1000 && record.size < 3 * 1024 + 200);
}

static void test_postgres_record_refused(void **state)
{
    (void)state;
    uint8_t octets[AP_POSTGRES_RECORD_MAX];
    ap_postgres_record record;
    const ap_row row = point();
    size_t size = ap_postgres_row_write(&row, octets);
    assert_int_equal(ap_postgres_record_read(octets, 11, &record), AP_ERR_TRUNCATED);
    octets[1]++;
    assert_int_equal(ap_postgres_record_read(octets, size, &record), AP_ERR_UNKNOWN);
    octets[1]--;
    octets[0] = AP_ROW_KIND_COUNT;
    assert_int_equal(ap_postgres_record_read(octets, size, &record), AP_ERR_UNKNOWN);
}

static void test_postgres_batch_frames(void **state)
{
    (void)state;
    ap_postgres_batch batch = { .size = 0 };
    uint8_t octets[AP_POSTGRES_RECORD_MAX];
    ap_row row = point();
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3000; i++) {
            row.mark.received = T0 + (i * 7) % 3000;
            ap_postgres_record record = written(&row, octets);
            assert_int_equal(ap_postgres_batch_add(&batch, &record), AP_OK);
        }
        assert_int_equal(ap_postgres_batch_end(&batch), AP_OK);
        const ap_postgres_rows *rows = &batch.of[AP_ROW_POINT];
        size_t tuple = written(&row, octets).size;
        assert_int_equal(rows->count, 3000);
        assert_int_equal(batch.count, 3000);
        assert_int_equal(batch.size, 3000 * tuple);
        assert_int_equal(rows->size, 19 + 3000 * tuple + 2);
        assert_int_equal(batch.first, T0);
        assert_int_equal(batch.until, T0 + 2999);
        expect(rows->octets, 19, "5047434f50590aff0d0a00 00000000 00000000");
        expect(rows->octets + rows->size - 2, 2, "ffff");
        assert_int_equal(batch.of[AP_ROW_TRACK].size, 0);
        ap_postgres_batch_reset(&batch);
    }
    ap_postgres_batch_close(&batch);
    ap_postgres_batch_close(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_postgres_row_point),
        cmocka_unit_test(test_postgres_row_unknown),
        cmocka_unit_test(test_postgres_row_times),
        cmocka_unit_test(test_postgres_row_others),
        cmocka_unit_test(test_postgres_row_long_text),
        cmocka_unit_test(test_postgres_record_refused),
        cmocka_unit_test(test_postgres_batch_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "app/archive_reasons.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "publish/test_fixture.h"

static void tell(ap_track *track, ap_utc_ns time, ap_reason_code code)
{
    track->reason[track->reason_count++ % AP_TRACK_REASON_CAP] =
        (ap_reason){ .time_utc = time, .sensor = AP_SENSOR_NONE, .code = (uint8_t)code };
}

/* The whole ring once, then what is new, with figures where they are those of that moment. */
static void test_archive_reasons_take_new(void **state)
{
    (void)state;
    fixture f;
    const ap_sensor_table *sensors = fixture_table(&f);
    ap_track track = fixture_track();
    ap_row_reason rows[AP_TRACK_REASON_CAP];
    ap_archive_reasons reasons;
    assert_int_equal(ap_archive_reasons_init(&reasons, 2), AP_OK);
    assert_int_equal(ap_archive_reasons_take(&reasons, sensors, &track, rows), 2);
    assert_true(ap_archive_reasons_has(&reasons, 12));
    assert_int_equal(rows[0].track_id, 12);
    assert_int_equal(rows[0].number, 1);
    assert_int_equal(rows[0].time, FIXTURE_UTC - 60 * AP_NS_PER_S);
    assert_string_equal(rows[0].reason, "born_address");
    assert_string_equal(rows[0].text, "first position of an address without a track");
    assert_string_equal(rows[0].sensor, "receiver");
    assert_true(isnan(rows[0].existence) && rows[0].identity[0] == '\0');
    assert_int_equal(rows[1].number, 2);
    assert_int_equal(rows[1].other_track_id, 9);
    assert_int_equal(ap_archive_reasons_take(&reasons, sensors, &track, rows), 0);
    tell(&track, FIXTURE_UTC, AP_REASON_IDENTITY_CHANGED);
    assert_int_equal(ap_archive_reasons_take(&reasons, sensors, &track, rows), 1);
    assert_int_equal(rows[0].number, 3);
    assert_null(rows[0].sensor);
    assert_true(rows[0].existence == 0.9987654321);
    assert_string_equal(rows[0].identity, "icao24=3c6dd2 callsign=DLH9LF squawk=1000");
    track.present = AP_HAS_CALLSIGN;
    track.state = AP_TRACK_DEAD;
    tell(&track, FIXTURE_UTC + AP_NS_PER_S, AP_REASON_DROPPED_TIME);
    assert_int_equal(ap_archive_reasons_take(&reasons, sensors, &track, rows), 1);
    assert_string_equal(rows[0].identity, "callsign=DLH9LF");
    assert_false(ap_archive_reasons_has(&reasons, 12));
    ap_archive_reasons_close(&reasons);
    ap_archive_reasons_close(&reasons);
}

/* More than a ring at once: the newest; the counter that starts anew: what is new all the same. */
static void test_archive_reasons_take_many(void **state)
{
    (void)state;
    ap_track track = fixture_track();
    ap_row_reason rows[AP_TRACK_REASON_CAP];
    ap_archive_reasons reasons;
    assert_int_equal(ap_archive_reasons_init(&reasons, 1), AP_OK);
    assert_int_equal(ap_archive_reasons_take(&reasons, NULL, &track, rows), 2);
    for (int i = 0; i < 20; i++)
        tell(&track, FIXTURE_UTC, AP_REASON_GATE_REFUSED);
    assert_int_equal(ap_archive_reasons_take(&reasons, NULL, &track, rows), AP_TRACK_REASON_CAP);
    assert_int_equal(rows[0].number, 7);
    assert_int_equal(rows[AP_TRACK_REASON_CAP - 1].number, 22);
    track.reason_count = UINT16_MAX;
    assert_int_equal(ap_archive_reasons_take(&reasons, NULL, &track, rows), AP_TRACK_REASON_CAP);
    track.reason_count = UINT16_MAX - AP_TRACK_REASON_CAP + 1; /* as ap_store_reason counts */
    assert_int_equal(ap_archive_reasons_take(&reasons, NULL, &track, rows), 1);
    ap_track other = fixture_track(); /* beyond the capacity */
    other.id = 13;
    assert_int_equal(ap_archive_reasons_take(&reasons, NULL, &other, rows), 2);
    assert_int_equal(ap_archive_reasons_take(&reasons, NULL, &other, rows), 2);
    track.confirmed_utc = AP_UTC_UNKNOWN;
    tell(&track, FIXTURE_UTC, AP_REASON_COASTED);
    assert_int_equal(ap_archive_reasons_take(&reasons, NULL, &track, rows), 0);
    ap_archive_reasons_close(&reasons);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_archive_reasons_take_new),
        cmocka_unit_test(test_archive_reasons_take_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

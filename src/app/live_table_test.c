#include "app/live_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define S AP_NS_PER_S

enum { TEXT_CAP = 1 << 16 };

static ap_track track(uint32_t id, const char *callsign)
{
    ap_track t = { .id = id,
                   .state = AP_TRACK_FIRM,
                   .existence = 1.0,
                   .confirmed_utc = 90 * S,
                   .updated_utc = 100 * S,
                   .time_utc = 100 * S,
                   .position = { 0.9, 0.1, 3000.0 },
                   .north_mps = 100.0,
                   .P_enu = { { 9.0 }, { 0.0, 16.0 } },
                   .psr_utc = AP_UTC_UNKNOWN,
                   .ssr_utc = AP_UTC_UNKNOWN,
                   .mode_s_utc = 99 * S,
                   .mlat_utc = 60 * S,
                   .adsb_utc = 100 * S };
    snprintf(t.callsign, sizeof t.callsign, "%s", callsign);
    return t;
}

static void test_live_sources_names_the_recent_ones(void **state)
{
    (void)state;
    char text[8];
    ap_track t = track(1, "A");
    ap_live_sources(&t, 100 * S, 12.0, text);
    assert_string_equal(text, "RA");
    ap_live_sources(&t, 200 * S, 12.0, text);
    assert_string_equal(text, "-");
}

/* The table as text, drawn on a stream in memory. */
static char *drawn(ap_picture *picture, int rows, int columns, bool in_place)
{
    static char text[TEXT_CAP];
    ap_sensor_table sensors = { .count = 2 };
    ap_live_line line = { .now = 100 * S, .speed = 10.0, .report_count = 5 };
    memset(text, 0, sizeof text);
    FILE *out = fmemopen(text, sizeof text, "w");
    assert_non_null(out);
    ap_live_table_draw(out, picture, &sensors, &line, rows, columns, in_place);
    fclose(out);
    return text;
}

static int count(const char *text, char wanted)
{
    int found = 0;
    for (; *text; text++)
        found += *text == wanted;
    return found;
}

static void test_live_table_rows_sorted_and_cut(void **state)
{
    (void)state;
    ap_picture_config config = { .track_cap = 64, .alert_cap = 16 };
    size_t size = ap_picture_size(&config);
    void *mem = malloc(size);
    ap_picture picture;
    assert_int_equal(ap_picture_init(&picture, &config, mem, size), AP_OK);
    static const char *const names[] = { "ZULU", "", "ALFA", "MIKE" };
    for (uint32_t i = 0; i < 4; i++) {
        ap_track t = track(i + 1, names[i]);
        ap_track_event event = { .kind = AP_EVENT_CONFIRMED, .time_utc = 100 * S };
        if (i == 3) {
            t.present |= AP_HAS_MODE_3A;
            t.mode_3a = 07700;
        }
        ap_picture_track(&picture, &event, &t);
    }
    char *text = drawn(&picture, 24, 120, false);
    char *alfa = strstr(text, "ALFA"), *mike = strstr(text, "MIKE"), *zulu = strstr(text, "ZULU");
    assert_true(alfa && mike && zulu && alfa < mike && mike < zulu);
    assert_non_null(strstr(text, "4 tracks  2 sensors  5 reports  10 x"));
    assert_non_null(strstr(text, " 194 kt 000  51.5662    5.7296  RA "));
    assert_non_null(strstr(text, "5 m 1.000"));
    assert_null(strchr(text, '\033'));
    assert_int_equal(count(text, '\n'), 7);

    text = drawn(&picture, 6, 40, false);
    assert_int_equal(count(text, '\n'), 5);
    assert_non_null(strstr(text, "... and 3 more"));
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 40);

    text = drawn(&picture, 24, 120, true);
    assert_non_null(strstr(text, "\033[1;31mMIKE"));
    free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_live_sources_names_the_recent_ones),
        cmocka_unit_test(test_live_table_rows_sorted_and_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

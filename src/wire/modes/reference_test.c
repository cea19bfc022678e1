/* Every frame of the recordings against the decode of another program, and every position against
 * the reference position. The recordings are skipped, with a word, where they are not at hand. */
#include "airpicture/comm_b.h"
#include "airpicture/cpr.h"
#include "airpicture/modes.h"
#include "wire/modes/test_data.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include <cmocka.h>

/* In double: cmocka compares floats. */
#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((double)(value) - (double)(expected)) <= (tolerance))

#define LINE_SIZE 4096
#define COLUMNS 20

/* Cuts a line of comma-separated values in place; quotes are taken off, doubled ones kept. */
static int split(char *line, char *columns[COLUMNS])
{
    int count = 0;
    char *at = line;
    line[strcspn(line, "\r\n")] = '\0';
    while (count < COLUMNS) {
        bool quoted = *at == '"';
        columns[count++] = at = quoted ? at + 1 : at;
        while (*at && (quoted ? !(at[0] == '"' && (at[1] == ',' || at[1] == '\0')) : *at != ','))
            at++;
        if (quoted && *at)
            *at++ = '\0';
        if (*at == '\0')
            break;
        *at++ = '\0';
    }
    for (int i = count; i < COLUMNS; i++)
        columns[i] = at;
    return count;
}

static size_t unhex(const char *text, uint8_t *bytes)
{
    size_t size = 0;
    unsigned byte;
    while (size < AP_MODES_LONG_SIZE && sscanf(text + 2 * size, "%2x", &byte) == 1)
        bytes[size++] = (uint8_t)byte;
    return size;
}

enum { ALTITUDE, SQUAWK, CALLSIGN, GROUND_SPEED, TRACK, VERTICAL_RATE, GEO_MINUS_BARO, FIELDS };

static const char *const field_names[FIELDS] = { "altitude",      "squawk", "call sign",
                                                 "ground speed",  "track",  "vertical rate",
                                                 "geo minus baro" };
static const int field_columns[FIELDS] = { 7, 8, 6, 12, 13, 14, 15 };

/* One field as text of the reference's form; empty when the frame does not have it. */
static void field_text(const ap_modes_frame *frame, int field, char text[32])
{
    text[0] = '\0';
    uint32_t has = frame->present;
    bool moving = has & AP_MODES_HAS_GROUND_VELOCITY;
    switch (field) {
    case ALTITUDE:
        if (has & AP_MODES_HAS_ALTITUDE)
            snprintf(text, 32, "%d", (int)frame->altitude_ft);
        break;
    case SQUAWK:
        if (has & AP_MODES_HAS_SQUAWK)
            snprintf(text, 32, "%04o", (unsigned)frame->squawk);
        break;
    case CALLSIGN:
        if (has & AP_MODES_HAS_CALLSIGN)
            snprintf(text, 32, "%s", frame->callsign);
        break;
    case GROUND_SPEED:
        if (moving)
            snprintf(text, 32, "%d", (int)frame->ground_speed_kt);
        else if (has & AP_MODES_HAS_GROUND_SPEED)
            snprintf(text, 32, "%.9g", frame->ground_speed_kt);
        break;
    case TRACK:
        if (moving || has & AP_MODES_HAS_TRACK)
            snprintf(text, 32, "%.9g", frame->track_deg);
        break;
    case VERTICAL_RATE:
        if (has & AP_MODES_HAS_VERTICAL_RATE)
            snprintf(text, 32, "%d", (int)frame->vertical_rate_fpm);
        break;
    default:
        if (has & AP_MODES_HAS_GEO_MINUS_BARO)
            snprintf(text, 32, "%d", (int)frame->geo_minus_baro_ft);
        break;
    }
}

static bool same(const char *ours, const char *theirs)
{
    if (*ours == '\0' || *theirs == '\0')
        return *ours == *theirs;
    char *end_ours, *end_theirs;
    double a = strtod(ours, &end_ours), b = strtod(theirs, &end_theirs);
    if (*end_ours == '\0' && *end_theirs == '\0')
        return fabs(a - b) < 1e-6;
    return strcmp(ours, theirs) == 0;
}

/* One line of hex digits of a frame, decoded, against the columns of the reference. Returns the
 * field that differs, or -1. */
static int first_difference(const ap_modes_frame *frame, char *const columns[COLUMNS],
                            int counts[FIELDS])
{
    int different = -1;
    for (int field = FIELDS - 1; field >= 0; field--) {
        char text[32];
        field_text(frame, field, text);
        if (*text)
            counts[field]++;
        /* Ground speed of register 5,0 is in this column too: not read by this decoder. */
        if (field == GROUND_SPEED && (frame->df == 20 || frame->df == 21))
            assert_string_equal(text, "");
        else if (!same(text, columns[field_columns[field]]))
            different = field;
    }
    return different;
}

/* The 17 frames that were accepted on their address alone and are damaged: see the SOURCES of the
 * recording. Rows of the reference. */
static const int damaged[] = { 299,   2737,  24779, 37680, 41929, 42889, 42912, 46602, 47450,
                               52090, 59624, 63933, 65590, 65675, 71664, 71764, 71792 };

static bool is_damaged(int row)
{
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++)
        if (damaged[i] == row)
            return true;
    return false;
}

static void test_decode_tutorial_recording(void **state)
{
    (void)state;
    FILE *frames = ap_test_data("jet1090_tutorial_frames.jsonl.gz");
    FILE *reference = ap_test_data("jet1090_tutorial_reference.csv.gz");
    if (!frames || !reference)
        skip();
    static char line[LINE_SIZE], row[LINE_SIZE];
    char *columns[COLUMNS];
    int counts[FIELDS] = { 0 }, n = 0, suspects = 0, exceptions = 0;
    assert_non_null(fgets(row, sizeof row, reference));
    for (; fgets(line, sizeof line, frames); n++) {
        assert_non_null(fgets(row, sizeof row, reference));
        split(row, columns);
        assert_int_equal(atoi(columns[0]), n);
        uint8_t bytes[AP_MODES_LONG_SIZE];
        size_t size = unhex(strstr(line, "\"frame\":\"") + 9, bytes);
        ap_modes_frame frame;
        assert_int_equal(ap_modes_decode(bytes, size, &frame), AP_OK);
        assert_int_equal(frame.df, atoi(columns[2]));
        assert_int_equal(frame.icao24, strtoul(columns[3], NULL, 16));
        suspects += frame.suspect;
        if (is_damaged(n))
            assert_true(frame.suspect);
        int different = first_difference(&frame, columns, counts);
        if (different < 0)
            continue;
        /* Unassigned characters, sent by a ground obstacle: '?' here, '#' there. */
        exceptions++;
        assert_int_equal(n, 33471);
        assert_int_equal(different, CALLSIGN);
        assert_string_equal(frame.callsign, "?SXIV??M");
        assert_string_equal(columns[6], "#SXIV##M");
    }
    pclose(frames);
    pclose(reference);
    static const int expected[FIELDS] = { 34051, 18458, 3258, 13433, 13433, 11450, 11450 };
    assert_int_equal(n, 71939);
    assert_int_equal(exceptions, 1);
    assert_memory_equal(counts, expected, sizeof counts);
    assert_int_equal(suspects, 29);
}

/* The register of a reply, from the reply alone, against the reference's name of it ("5,0", or
 * nothing). */
static void check_register(const ap_modes_frame *frame, const char *expected, int *named)
{
    if (!(frame->present & AP_MODES_HAS_MB))
        return;
    ap_comm_b_clue clue = { .has_altitude = frame->present & AP_MODES_HAS_ALTITUDE,
                            .altitude_ft = frame->altitude_ft };
    ap_comm_b_inference found;
    ap_comm_b_infer(frame->mb, &clue, &found);
    char text[8] = "";
    if (found.bds != 0)
        snprintf(text, sizeof text, "%X,%X", found.bds >> 4, found.bds & 15u);
    assert_string_equal(text, expected);
    *named += found.bds != 0;
}

static void check_small_reference(const char *name, int rows, int registers)
{
    FILE *reference = ap_test_data(name);
    if (!reference)
        skip();
    static char row[LINE_SIZE];
    char *columns[COLUMNS];
    int counts[FIELDS] = { 0 }, n = 0, named = 0;
    assert_non_null(fgets(row, sizeof row, reference));
    for (; fgets(row, sizeof row, reference); n++) {
        split(row, columns);
        uint8_t bytes[AP_MODES_LONG_SIZE];
        size_t size = unhex(columns[16], bytes);
        ap_modes_frame frame;
        assert_int_equal(ap_modes_decode(bytes, size, &frame), AP_OK);
        assert_int_equal(frame.df, atoi(columns[2]));
        assert_int_equal(frame.icao24, strtoul(columns[3], NULL, 16));
        int different = first_difference(&frame, columns, counts);
        if (different >= 0)
            print_message("%s row %d: %s\n", name, n, field_names[different]);
        assert_int_equal(different, -1);
        check_register(&frame, columns[5], &named);
        if (columns[11][0]) {
            assert_true(frame.present & AP_MODES_HAS_CPR);
            assert_int_equal(frame.cpr_odd, atoi(columns[11]));
        }
    }
    pclose(reference);
    assert_int_equal(n, rows);
    assert_int_equal(named, registers);
}

static void test_decode_beast_capture(void **state)
{
    (void)state;
    check_small_reference("sample_dump1090_reference.csv.gz", 239, 27);
}

static void test_decode_demodulated_samples(void **state)
{
    (void)state;
    check_small_reference("antirez_modes1_reference.csv.gz", 217, 10);
}

static double expected_number(const cJSON *expect, const char *key)
{
    const cJSON *value = cJSON_GetObjectItem(expect, key);
    return value ? strtod(value->valuestring, NULL) : (double)NAN;
}

static bool says(const cJSON *expect, const char *key, const char *text)
{
    const cJSON *value = cJSON_GetObjectItem(expect, key);
    return value && strcmp(value->valuestring, text) == 0;
}

/* One case: values that must be there, and by an empty list those that must not. */
static int check_corner_case(const cJSON *test, const char *hex)
{
    const cJSON *expect = cJSON_GetObjectItem(test, "expect");
    const char *name = cJSON_GetObjectItem(test, "test")->valuestring;
    uint8_t bytes[AP_MODES_LONG_SIZE];
    ap_modes_frame frame;
    assert_int_equal(ap_modes_decode(bytes, unhex(hex, bytes), &frame), AP_OK);
    int checked = 0;
    static const char *const keys[] = { "groundspeed", "vertical_rate", "geo_minus_baro",
                                        "altitude" };
    static const uint32_t bits[] = { AP_MODES_HAS_GROUND_SPEED, AP_MODES_HAS_VERTICAL_RATE,
                                     AP_MODES_HAS_GEO_MINUS_BARO, AP_MODES_HAS_ALTITUDE };
    const double values[] = { frame.ground_speed_kt, frame.vertical_rate_fpm,
                              frame.geo_minus_baro_ft, frame.altitude_ft };
    for (size_t i = 0; i < 4; i++) {
        double value = expected_number(expect, keys[i]);
        if (isnan(value) || says(expect, keys[i], "-"))
            continue;
        assert_true(frame.present & bits[i]);
        assert_near(values[i], value, 0);
        checked++;
    }
    if (cJSON_GetObjectItem(expect, "vrate_src")) {
        /* The expectation is the wrong way round: the bit is 1 for barometric (Doc 9871 table
         * A-2-9), and the other decoder says so for all 11,450 frames of the recording. */
        assert_int_equal(frame.vertical_rate_is_gnss, !says(expect, "vrate_src", "GNSS"));
        checked++;
    }
    if (strcmp(name, "test_movement_no_info") == 0) {
        assert_false(frame.present & AP_MODES_HAS_GROUND_SPEED);
        checked++;
    }
    if (strcmp(name, "test_track_invalid") == 0) {
        assert_false(frame.present & AP_MODES_HAS_TRACK);
        checked++;
    }
    return checked;
}

static void test_decode_corner_cases(void **state)
{
    (void)state;
    FILE *file = ap_test_data("rs1090_corner_cases.json");
    if (!file)
        skip();
    static char text[65536];
    size_t size = fread(text, 1, sizeof text - 1, file);
    pclose(file);
    text[size] = '\0';
    cJSON *cases = cJSON_Parse(text);
    assert_non_null(cases);
    int checked = 0, frames = 0;
    const cJSON *test;
    cJSON_ArrayForEach(test, cases)
    {
        const cJSON *hex;
        cJSON_ArrayForEach(hex, cJSON_GetObjectItem(test, "frames"))
        {
            checked += check_corner_case(test, hex->valuestring);
            frames++;
        }
    }
    cJSON_Delete(cases);
    assert_int_equal(frames, 26);
    assert_int_equal(checked, 28);
}

/* Newest words of one aircraft and parity, with the place that the reference gives them. */
typedef struct half {
    uint32_t icao24;
    ap_cpr words;
    double time_s, latitude_deg, longitude_deg;
} half;

static double metres_between(double latitude_deg, double longitude_deg, const half *place)
{
    double north_m = (latitude_deg - place->latitude_deg) * 111195.0;
    double east_m = remainder(longitude_deg - place->longitude_deg, 360.0) * 111195.0 *
                    cos(place->latitude_deg / 57.29577951308232);
    return hypot(north_m, east_m);
}

/* Pairs the frame with the newest one of the other parity, at most 10 s (air) or 25 s older.
 * Returns AP_ERR_MORE when there is none. */
static ap_err pair_up(const half *newest, half halves[], size_t count, double *latitude_deg,
                      double *longitude_deg)
{
    const half *other = NULL;
    for (size_t i = 0; i < count; i++)
        if (halves[i].icao24 == newest->icao24 && halves[i].words.odd != newest->words.odd &&
            halves[i].words.surface == newest->words.surface)
            other = &halves[i];
    if (!other || newest->time_s - other->time_s > (newest->words.surface ? 25 : 10))
        return AP_ERR_MORE;
    bool odd = newest->words.odd;
    return ap_cpr_global(odd ? &other->words : &newest->words, odd ? &newest->words : &other->words,
                         odd, other->latitude_deg, other->longitude_deg, latitude_deg,
                         longitude_deg);
}

/* Keeps the frame as the newest of its kind. */
static size_t keep(const half *newest, half halves[64], size_t count)
{
    size_t at = 0;
    while (at < count &&
           !(halves[at].icao24 == newest->icao24 && halves[at].words.odd == newest->words.odd &&
             halves[at].words.surface == newest->words.surface))
        at++;
    assert_true(at < 64);
    halves[at] = *newest;
    return at < count ? count : count + 1;
}

static void test_positions_of_tutorial_recording(void **state)
{
    (void)state;
    FILE *frames = ap_test_data("jet1090_tutorial_frames.jsonl.gz");
    FILE *reference = ap_test_data("jet1090_tutorial_reference.csv.gz");
    if (!frames || !reference)
        skip();
    static char line[LINE_SIZE], row[LINE_SIZE];
    static half halves[64];
    size_t half_count = 0;
    char *columns[COLUMNS];
    int with_cpr = 0, placed = 0, paired[2] = { 0 }, refused[2] = { 0 };
    assert_non_null(fgets(row, sizeof row, reference));
    while (fgets(line, sizeof line, frames)) {
        assert_non_null(fgets(row, sizeof row, reference));
        split(row, columns);
        uint8_t bytes[AP_MODES_LONG_SIZE];
        ap_modes_frame frame;
        size_t size = unhex(strstr(line, "\"frame\":\"") + 9, bytes);
        assert_int_equal(ap_modes_decode(bytes, size, &frame), AP_OK);
        bool has_cpr = frame.present & AP_MODES_HAS_CPR;
        with_cpr += has_cpr;
        if (columns[9][0] == '\0')
            continue;
        assert_true(has_cpr);
        half newest = {
            frame.icao24,
            { frame.cpr_latitude_17, frame.cpr_longitude_17, frame.cpr_odd, frame.cpr_surface },
            strtod(columns[1], NULL),
            strtod(columns[9], NULL),
            strtod(columns[10], NULL),
        };
        double latitude_deg, longitude_deg;
        assert_int_equal(ap_cpr_local(&newest.words, newest.latitude_deg, newest.longitude_deg,
                                      &latitude_deg, &longitude_deg),
                         AP_OK);
        assert_true(metres_between(latitude_deg, longitude_deg, &newest) < 0.1);
        placed++;

        ap_err err = pair_up(&newest, halves, half_count, &latitude_deg, &longitude_deg);
        if (err == AP_OK) {
            assert_true(metres_between(latitude_deg, longitude_deg, &newest) < 0.1);
            paired[frame.cpr_surface]++;
        } else if (err != AP_ERR_MORE) {
            assert_int_equal(err, AP_ERR_RANGE);
            refused[frame.cpr_surface]++;
        }
        half_count = keep(&newest, halves, half_count);
    }
    pclose(frames);
    pclose(reference);
    assert_int_equal(with_cpr, 13469);
    assert_int_equal(placed, 13465);
    /* The rest are first frames and first frames after a gap. */
    assert_int_equal(paired[false], 11463);
    assert_int_equal(paired[true], 1963);
    assert_int_equal(refused[false], 10);
    assert_int_equal(refused[true], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_tutorial_recording),
        cmocka_unit_test(test_decode_beast_capture),
        cmocka_unit_test(test_decode_demodulated_samples),
        cmocka_unit_test(test_decode_corner_cases),
        cmocka_unit_test(test_positions_of_tutorial_recording),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

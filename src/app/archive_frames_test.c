#include "app/archive_frames.h"

#include <math.h>
#include <cjson/cJSON.h>

#include "app/archive_answer.h"
#include "app/archive_state.h"
#include "app/test_archive.h"

static const ap_archive_limits no_limits = { .deadline_ns = INT64_MAX };

/* Tracks 1 and 2 each second of half a minute, in three segments; 2 ends at 17.5 s, 1 coasts from
 * 22 s to 25.5 s; track 3 has three points and no row; two points of 1 come late, the second to
 * the segment that is being written. */
static void fill(test_archive *t)
{
    for (int s = 0; s < 30; s++) {
        if (s == 0) {
            archive_track(t, 1, 0);
            archive_track(t, 2, 0);
        }
        if (s < 22 || s > 25)
            if (s != 12)
                archive_point(t, 1, s, s + 0.2);
        if (s == 15)
            archive_point(t, 1, 12, s + 0.3);
        if (s == 28)
            archive_point(t, 1, 26.5, s + 0.3);
        if (s == 22)
            archive_reason(t, 1, 22, "coasted");
        if (s <= 16)
            archive_point(t, 2, s + 0.5, s + 0.6);
        if (s == 17)
            archive_reason(t, 2, 17.5, "dropped_time");
        if (s >= 4 && s < 7)
            archive_point(t, 3, s + 0.25, s + 0.4);
    }
    archive_alert(t, 1, 5, 0);
    archive_commit(t);
}

typedef struct bed {
    test_archive archive;
    ap_archive_index index;
    ap_archive_text text;
    char message[AP_IO_MESSAGE_SIZE];
} bed;

static void start(bed *b)
{
    *b = (bed){ .text = { 0 } };
    archive_open(&b->archive, 5);
    fill(&b->archive);
    archive_wait_finished(&b->archive, 2);
    assert_int_equal(ap_archive_index_init(&b->index, b->archive.folder), AP_OK);
    assert_int_equal(ap_archive_index_refresh(&b->index, b->message), AP_OK);
    assert_int_equal(b->index.count, 3);
}

static void end(bed *b)
{
    archive_close(&b->archive);
    ap_archive_index_close(&b->index);
    free(b->text.data);
    archive_remove(&b->archive);
}

static cJSON *frames(bed *b, double from_s, double until_s, double step_s, double age_s)
{
    const ap_archive_frames_ask ask = { .from = archive_at(from_s),
                                        .until = archive_at(until_s),
                                        .step_ns = (int64_t)(step_s * 1e9),
                                        .age_ns = (int64_t)(age_s * 1e9),
                                        .json = true };
    b->text.size = 0;
    ap_err err = ap_archive_frames(&b->index, &ask, &no_limits, &b->text, b->message);
    if (err)
        fail_msg("%s", b->message);
    assert_int_equal(ap_archive_text_room(&b->text, 1), AP_OK);
    b->text.data[b->text.size] = '\0';
    cJSON *root = cJSON_Parse((char *)b->text.data);
    assert_non_null(root);
    return root;
}

static const cJSON *in(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *value = in(object, key);
    assert_non_null(value);
    return value->valuedouble;
}

static bool has_flag(const cJSON *track, const char *flag)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, in(track, "flags"))
    {
        if (strcmp(one->valuestring, flag) == 0)
            return true;
    }
    return false;
}

/* What a client knows after the frames: latitude, and whether it coasts, by id; 0: not there. */
typedef struct known {
    double latitude_deg[4], age_s[4];
    bool coasts[4];
    double time_s;
} known;

static known follow(const cJSON *root)
{
    known k = { .time_s = 0 };
    const cJSON *frame, *one;
    int sequence = 0;
    cJSON_ArrayForEach(frame, in(root, "frames"))
    {
        assert_int_equal(number(frame, "since"), sequence);
        assert_int_equal(number(frame, "sequence"), ++sequence);
        assert_int_equal(number(frame, "epoch"), 5);
        k.time_s = number(frame, "time_s");
        cJSON_ArrayForEach(one, in(frame, "removed"))
        {
            assert_true(k.latitude_deg[one->valueint] > 0);
            k.latitude_deg[one->valueint] = 0;
        }
        cJSON_ArrayForEach(one, in(frame, "tracks"))
        {
            int id = (int)number(one, "track_id");
            k.latitude_deg[id] = number(one, "latitude_deg");
            k.age_s[id] = number(one, "age_s");
            k.coasts[id] = has_flag(one, "coasting");
        }
    }
    return k;
}

static known at(bed *b, double from_s, double until_s)
{
    cJSON *root = frames(b, from_s, until_s, 1, 60);
    known k = follow(root);
    assert_true(k.time_s == (double)archive_at(until_s) / 1e9);
    cJSON_Delete(root);
    return k;
}

/* The newest point of each, not a later one; with who it is. */
static void test_frames_snapshot(void **state)
{
    (void)state;
    bed b;
    start(&b);
    cJSON *root = frames(&b, 6.3, 6.3, 1, 60);
    const cJSON *tracks = in(cJSON_GetArrayItem(in(root, "frames"), 0), "tracks"), *one;
    assert_int_equal(cJSON_GetArraySize(in(root, "frames")), 1);
    assert_int_equal(cJSON_GetArraySize(tracks), 3);
    static const double latitude[] = { 50.006, 50.0055, 50.00625 };
    for (int i = 0; i < 3; i++) {
        one = cJSON_GetArrayItem(tracks, i);
        assert_int_equal(number(one, "track_id"), i + 1);
        assert_true(number(one, "latitude_deg") == latitude[i]);
        assert_true(number(one, "altitude_m") == 10058.4);
        assert_true(number(one, "ground_speed_mps") == 231.5);
        assert_true(number(one, "vertical_rate_mps") == -5.1);
        assert_true(has_flag(one, "adsb") && has_flag(one, "mode_s") && !has_flag(one, "psr"));
    }
    one = cJSON_GetArrayItem(tracks, 1);
    assert_string_equal(in(one, "callsign")->valuestring, "DLH2");
    assert_string_equal(in(one, "address")->valuestring, "3c6dd2");
    assert_string_equal(in(one, "squawk")->valuestring, "1000");
    assert_string_equal(in(one, "emitter_category")->valuestring, "A3");
    assert_int_equal(number(one, "track_number"), 102);
    assert_true(cJSON_IsNull(in(cJSON_GetArrayItem(tracks, 2), "callsign")));
    cJSON_Delete(root);
    end(&b);
}

/* Whatever an answer begins with, the picture of a moment is the same: over ends, coasting, late
 * points and borders of segments. */
static void test_frames_do_not_depend_on_their_beginning(void **state)
{
    (void)state;
    bed b;
    start(&b);
    for (int until = 1; until < 29; until++) {
        known alone = at(&b, until, until);
        for (int from = 0; from < until; from += 3) {
            known after = at(&b, from, until);
            for (int id = 1; id < 4; id++) {
                assert_true(after.latitude_deg[id] == alone.latitude_deg[id]);
                assert_true(after.coasts[id] == alone.coasts[id]);
            }
        }
        double newest_s = until == 12 ? 12 : until >= 22 && until <= 25 ? 21 : until;
        assert_true(alone.latitude_deg[1] == 50 + newest_s / 1000);
        assert_true(alone.coasts[1] == (until >= 22 && until <= 25));
        assert_true((alone.latitude_deg[2] > 0) == (until < 18));
        assert_true((alone.latitude_deg[3] > 0) == (until >= 5));
    }
    end(&b);
}

static void test_frames_age(void **state)
{
    (void)state;
    bed b;
    start(&b);
    cJSON *root = frames(&b, 9, 20, 1, 4);
    known k = follow(root);
    assert_true(k.latitude_deg[3] == 0 && k.latitude_deg[2] == 0 && k.latitude_deg[1] > 0);
    cJSON_Delete(root);
    root = frames(&b, 9, 9, 1, 4);
    assert_true(follow(root).latitude_deg[3] > 0); /* its last is of 6.25 s */
    cJSON_Delete(root);
    root = frames(&b, 11, 11, 1, 4);
    assert_true(follow(root).latitude_deg[3] == 0);
    cJSON_Delete(root);
    end(&b);
}

/* No frame tells of what the archive does not know yet, nor of another life of the service. */
static void test_frames_end(void **state)
{
    (void)state;
    bed b;
    start(&b);
    cJSON *root = frames(&b, 20, 100, 1, 60);
    assert_true(follow(root).time_s == (double)archive_at(29) / 1e9);
    cJSON_Delete(root);
    archive_close(&b.archive);
    archive_open(&b.archive, 70);
    archive_point(&b.archive, 1, 95, 95);
    archive_point(&b.archive, 1, 99, 99);
    archive_commit(&b.archive);
    assert_int_equal(ap_archive_index_refresh(&b.index, b.message), AP_OK);
    assert_int_equal(b.index.count, 4);
    root = frames(&b, 20, 100, 1, 60);
    known k = follow(root);
    assert_true(k.time_s == (double)archive_at(95) / 1e9);
    assert_true(k.latitude_deg[1] == 0); /* gone after a minute */
    cJSON_Delete(root);
    root = frames(&b, 97, 97, 1, 60);
    const cJSON *first = cJSON_GetArrayItem(in(root, "frames"), 0);
    assert_int_equal(number(first, "epoch"), 70);
    assert_int_equal(cJSON_GetArraySize(in(first, "tracks")), 1);
    cJSON_Delete(root);
    end(&b);
}

/* The binary form: sizes, messages, zeros. */
static void test_frames_binary(void **state)
{
    (void)state;
    bed b;
    start(&b);
    const ap_archive_frames_ask ask = { .from = archive_at(3),
                                        .until = archive_at(8),
                                        .step_ns = AP_NS_PER_S,
                                        .age_ns = 60 * AP_NS_PER_S };
    assert_int_equal(ap_archive_frames(&b.index, &ask, &no_limits, &b.text, b.message), AP_OK);
    size_t at_byte = 0, count = 0;
    while (at_byte < b.text.size) {
        const uint8_t *message = b.text.data + at_byte;
        size_t size = message[0] | (size_t)message[1] << 8 | (size_t)message[2] << 16;
        assert_memory_equal(message + 8, "AP\1", 3);
        assert_int_equal(message[11], count == 0 ? AP_DELTA_SNAPSHOT : AP_DELTA_CHANGES);
        at_byte += 8 + ((size + 7) & ~(size_t)7);
        count++;
    }
    assert_int_equal(at_byte, b.text.size);
    assert_int_equal(count, 6);
    end(&b);
}

static void test_frames_of_nothing(void **state)
{
    (void)state;
    ap_archive_index index;
    ap_archive_text text = { 0 };
    char message[AP_IO_MESSAGE_SIZE];
    const ap_archive_frames_ask ask = { .step_ns = AP_NS_PER_S, .age_ns = AP_NS_PER_S };
    assert_int_equal(ap_archive_index_init(&index, "/nowhere"), AP_OK);
    assert_int_equal(ap_archive_index_refresh(&index, message), AP_OK);
    assert_int_equal(ap_archive_frames(&index, &ask, &no_limits, &text, message), AP_ERR_UNKNOWN);
    assert_non_null(strstr(message, "no points yet"));
    ap_archive_index_close(&index);
    free(text.data);
}

/* An answer that may take no time ends in words. */
static void test_answer_deadline(void **state)
{
    (void)state;
    bed b;
    start(&b);
    for (int i = 0; i < 200; i++)
        for (uint32_t id = 10; id < 200; id++)
            archive_point(&b.archive, id, 29 + i / 1000.0, 29);
    archive_commit(&b.archive);
    const ap_archive_limits none = { .deadline_ns = 0 };
    const ap_archive_question question = { .topic = AP_ARCHIVE_FRAMES,
                                           .from = archive_at(29.5),
                                           .until = archive_at(29.5),
                                           .step_ns = AP_NS_PER_S,
                                           .age_ns = 60 * AP_NS_PER_S };
    ap_archive_reply reply;
    ap_archive_answer(&b.index, &question, &none, &reply);
    assert_int_equal(reply.status, 503);
    const char *words = "took too long";
    assert_non_null(memmem(reply.body.data, reply.body.size, words, strlen(words)));
    free(reply.body.data);
    end(&b);
}

static void test_state_of_rows(void **state)
{
    (void)state;
    const ap_row_point bare = { .track_id = 1,
                                .time = ARCHIVE_T0,
                                .flags = -1,
                                .latitude_deg = -90,
                                .longitude_deg = 180,
                                .height_m = 250.26,
                                .state = "coasting",
                                .pressure_altitude_ft = NAN,
                                .ground_speed_kt = NAN,
                                .track_deg = 359.999,
                                .vertical_rate_fpm = NAN,
                                .position_sigma_m = NAN };
    ap_point point = ap_archive_state_point(&bare);
    assert_int_equal(point.latitude_e7deg, -900000000);
    assert_int_equal(point.longitude_e7deg, 1800000000);
    assert_int_equal(point.altitude_dm, 2503);
    assert_int_equal(point.bits, AP_POINT_COASTING | AP_POINT_GEOMETRIC);
    assert_int_equal(point.speed_dmps, 0);
    assert_int_equal(point.course_turn16, 0);
    ap_row_track row = { .icao24 = "~", .squawk = "9", .emitter_category = "E1" };
    ap_delta_identity identity = ap_archive_state_identity(&row);
    assert_int_equal(identity.address, AP_DELTA_UNKNOWN_ADDRESS);
    assert_int_equal(identity.mode_3a, AP_DELTA_UNKNOWN_CODE);
    assert_int_equal(identity.category, 0);
    row = (ap_row_track){ .icao24 = "4000ab", .address_kind = "anonymous", .squawk = "7700" };
    identity = ap_archive_state_identity(&row);
    assert_int_equal(identity.address, 0x014000ab);
    assert_int_equal(identity.mode_3a, 07700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_snapshot),
        cmocka_unit_test(test_frames_do_not_depend_on_their_beginning),
        cmocka_unit_test(test_frames_age),
        cmocka_unit_test(test_frames_end),
        cmocka_unit_test(test_frames_binary),
        cmocka_unit_test(test_frames_of_nothing),
        cmocka_unit_test(test_answer_deadline),
        cmocka_unit_test(test_state_of_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

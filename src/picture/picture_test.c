#include "picture/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void *memory; /* of the one picture that a test holds */

static ap_picture make(uint32_t track_cap, uint32_t alert_cap)
{
    ap_picture_config config = { track_cap, alert_cap };
    size_t size = ap_picture_size(&config);
    ap_picture picture;
    memory = malloc(size);
    assert_int_equal(ap_picture_init(&picture, &config, memory, size), AP_OK);
    return picture;
}

static void put(ap_picture *picture, uint32_t id, ap_track_event_kind kind, ap_track_state state)
{
    ap_track track = { .id = id, .state = state };
    ap_track_event event = { .kind = kind };
    ap_picture_track(picture, &event, &track);
}

static void test_picture_init_refuses(void **state)
{
    (void)state;
    static const ap_picture_config bad[] = {
        { 15, 16 }, { 16, 15 }, { 1000001, 16 }, { 16, 100001 }, { 0, 0 }
    };
    ap_picture picture;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(ap_picture_size(&bad[i]), 0);
        assert_int_equal(ap_picture_init(&picture, &bad[i], NULL, 0), AP_ERR_ARGUMENT);
    }
    ap_picture_config good = { 16, 16 };
    uint8_t small[64];
    assert_int_equal(ap_picture_init(&picture, &good, small, sizeof small), AP_ERR_MEMORY);
}

static void test_picture_changes_since(void **state)
{
    (void)state;
    ap_picture picture = make(16, 16);
    const ap_track *tracks[16];
    assert_int_equal(ap_picture_sequence(&picture), 0);
    assert_int_equal(ap_picture_changes(&picture, 0, tracks, 16), 0);
    put(&picture, 1, AP_EVENT_BORN, AP_TRACK_TENTATIVE);
    put(&picture, 2, AP_EVENT_BORN, AP_TRACK_TENTATIVE);
    put(&picture, 1, AP_EVENT_CONFIRMED, AP_TRACK_FIRM);
    assert_int_equal(ap_picture_sequence(&picture), 3);
    assert_int_equal(ap_picture_changes(&picture, 0, tracks, 16), 2);
    assert_int_equal(tracks[0]->id, 2);
    assert_int_equal(tracks[1]->id, 1);
    assert_int_equal(tracks[1]->state, AP_TRACK_FIRM);
    assert_int_equal(ap_picture_changes(&picture, 2, tracks, 16), 1);
    assert_int_equal(tracks[0]->id, 1);
    assert_int_equal(ap_picture_changes(&picture, 3, tracks, 16), 0);
    assert_int_equal(ap_picture_changes(&picture, 0, tracks, 1), 2); /* the oldest, and how many */
    assert_int_equal(tracks[0]->id, 2);
}

static void test_picture_tracks_in_order_of_id(void **state)
{
    (void)state;
    ap_picture picture = make(16, 16);
    const ap_track *tracks[16];
    put(&picture, 5, AP_EVENT_BORN, AP_TRACK_FIRM);
    put(&picture, 3, AP_EVENT_BORN, AP_TRACK_COASTING);
    put(&picture, 9, AP_EVENT_BORN, AP_TRACK_TENTATIVE);
    put(&picture, 4, AP_EVENT_BORN, AP_TRACK_FIRM);
    assert_int_equal(ap_picture_tracks(&picture, tracks, 16), 3);
    assert_int_equal(tracks[0]->id, 3);
    assert_int_equal(tracks[1]->id, 4);
    assert_int_equal(tracks[2]->id, 5);
    put(&picture, 4, AP_EVENT_DROPPED, AP_TRACK_DEAD);
    assert_int_equal(ap_picture_tracks(&picture, tracks, 1), 2);
    assert_int_equal(tracks[0]->id, 3);
}

static void test_picture_full_gives_way_by_death(void **state)
{
    (void)state;
    ap_picture picture = make(16, 16);
    const ap_track *tracks[32];
    for (uint32_t id = 1; id <= 16; id++)
        put(&picture, id, AP_EVENT_BORN, AP_TRACK_FIRM);
    put(&picture, 17, AP_EVENT_BORN, AP_TRACK_FIRM);
    assert_int_equal(ap_picture_refused(&picture), 1);
    assert_int_equal(ap_picture_sequence(&picture), 16);
    put(&picture, 8, AP_EVENT_DROPPED, AP_TRACK_FIRM); /* the event counts */
    put(&picture, 2, AP_EVENT_DROPPED, AP_TRACK_DEAD);
    assert_int_equal(ap_picture_forgotten(&picture), 0);
    put(&picture, 18, AP_EVENT_BORN, AP_TRACK_FIRM); /* takes the row of 8 */
    assert_int_equal(ap_picture_forgotten(&picture), 17);
    assert_int_equal(ap_picture_changes(&picture, 16, tracks, 32), 2);
    assert_int_equal(tracks[0]->id, 2);
    assert_int_equal(tracks[1]->id, 18);
    assert_int_equal(ap_picture_tracks(&picture, tracks, 32), 15);
    assert_int_equal(tracks[14]->id, 18);
}

/* Against a plain model: many births, changes and deaths over a small table. */
static void test_picture_against_model(void **state)
{
    (void)state;
    enum { CAP = 64, ROUNDS = 20000 };
    ap_picture picture = make(CAP, 16);
    static uint64_t changed[ROUNDS + 2];
    static ap_track_state states[ROUNDS + 2];
    uint32_t next_id = 1, alive = 0, seed = 1;
    for (int round = 0; round < ROUNDS; round++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t id = next_id > 40 ? next_id - 1 - (seed >> 8) % 40 : 0;
        if (alive < 30 || id == 0 || states[id] == AP_TRACK_DEAD) {
            if (alive == CAP)
                continue;
            id = next_id++;
            alive++;
            states[id] = AP_TRACK_FIRM;
        } else if ((seed >> 20) % 4 == 0) {
            states[id] = AP_TRACK_DEAD;
            alive--;
        }
        put(&picture, id, states[id] == AP_TRACK_DEAD ? AP_EVENT_DROPPED : AP_EVENT_UPDATED,
            states[id]);
        changed[id] = ap_picture_sequence(&picture);
        const ap_track *tracks[CAP];
        size_t count = ap_picture_tracks(&picture, tracks, CAP), expected = 0;
        for (uint32_t i = 1; i < next_id && round % 64 == 0; i++)
            if (states[i] == AP_TRACK_FIRM)
                assert_int_equal(tracks[expected++]->id, i);
        if (round % 64 == 0)
            assert_int_equal(count, expected);
        uint64_t since = ap_picture_sequence(&picture) - (seed >> 4) % 20;
        count = ap_picture_changes(&picture, since, tracks, CAP);
        for (size_t i = 0; i < count; i++) {
            assert_true(changed[tracks[i]->id] > since);
            assert_int_equal(tracks[i]->state, states[tracks[i]->id]);
            assert_true(i == 0 || changed[tracks[i - 1]->id] < changed[tracks[i]->id]);
        }
    }
    assert_int_equal(ap_picture_refused(&picture), 0);
    assert_true(ap_picture_forgotten(&picture) > 0);
}

static void test_picture_alerts_newest(void **state)
{
    (void)state;
    ap_picture picture = make(16, 16);
    const ap_alert *alerts[16];
    for (uint32_t id = 1; id <= 20; id++) {
        ap_alert alert = { .id = id, .since_utc = id, .until_utc = AP_UTC_UNKNOWN };
        ap_picture_alert(&picture, &alert);
    }
    ap_alert ended = { .id = 7, .since_utc = 7, .until_utc = 99 };
    ap_picture_alert(&picture, &ended);
    ended.id = 2; /* its row is 18's now */
    ap_picture_alert(&picture, &ended);
    assert_int_equal(ap_picture_sequence(&picture), 21);
    assert_int_equal(ap_picture_alerts(&picture, alerts, 16), 16);
    assert_int_equal(alerts[0]->id, 5);
    assert_int_equal(alerts[2]->id, 7);
    assert_int_equal(alerts[2]->until_utc, 99);
    assert_int_equal(alerts[15]->id, 20);
    assert_int_equal(ap_picture_alerts(&picture, alerts, 3), 16);
}

static int release(void **state)
{
    (void)state;
    free(memory);
    memory = NULL;
    return 0;
}

/* A mirror follows the changes, ends of tracks among them, and counts its own sequence. */
static void test_picture_copy_mirrors(void **state)
{
    (void)state;
    ap_picture picture = make(16, 16);
    ap_track track = { .id = 5, .state = AP_TRACK_COASTING };
    ap_picture_copy(&picture, &track);
    assert_int_equal(ap_picture_find(&picture, 5)->state, AP_TRACK_COASTING);
    assert_int_equal(ap_picture_sequence_of(&picture, 5), 1);
    assert_null(ap_picture_find(&picture, 6));
    assert_int_equal(ap_picture_sequence_of(&picture, 6), 0);
    track.state = AP_TRACK_DEAD;
    ap_picture_copy(&picture, &track);
    const ap_track *tracks[16];
    assert_int_equal(ap_picture_tracks(&picture, tracks, 16), 0);
    assert_null(ap_picture_next(&picture, NULL));
    assert_int_equal(ap_picture_find(&picture, 5)->state, AP_TRACK_DEAD);
    assert_int_equal(ap_picture_sequence_of(&picture, 5), 2);
}

/* One by one is what the lists give. */
static void test_picture_next(void **state)
{
    (void)state;
    ap_picture picture = make(16, 16);
    for (uint32_t id = 1; id <= 8; id++)
        put(&picture, id, AP_EVENT_UPDATED, id & 1 ? AP_TRACK_FIRM : AP_TRACK_TENTATIVE);
    put(&picture, 1, AP_EVENT_UPDATED, AP_TRACK_COASTING);
    const ap_track *tracks[16], *at = NULL;
    size_t count = ap_picture_tracks(&picture, tracks, 16);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++)
        assert_ptr_equal(at = ap_picture_next(&picture, at), tracks[i]);
    assert_null(ap_picture_next(&picture, at));
    count = ap_picture_changes(&picture, 6, tracks, 16);
    assert_int_equal(count, 3);
    at = NULL;
    for (size_t i = 0; i < count; i++)
        assert_ptr_equal(at = ap_picture_next_change(&picture, 6, at), tracks[i]);
    assert_null(ap_picture_next_change(&picture, 6, at));
    assert_null(ap_picture_next_change(&picture, 9, NULL));
}

/* Who was first counts; what is told of the alert later does not take it back. */
static void test_picture_acknowledge(void **state)
{
    (void)state;
    ap_picture picture = make(16, 16);
    for (uint32_t id = 1; id <= 2; id++)
        ap_picture_alert(&picture, &(ap_alert){ .id = id, .until_utc = AP_UTC_UNKNOWN });
    assert_null(ap_picture_acknowledge(&picture, 3, "ann", 5));
    assert_null(ap_picture_acknowledge(&picture, 0, "ann", 5));
    uint64_t before = ap_picture_sequence(&picture);
    const ap_alert *seen = ap_picture_acknowledge(&picture, 1, "ann", 5);
    assert_int_equal(seen->id, 1);
    assert_int_equal(ap_picture_sequence(&picture), before + 1);
    assert_ptr_equal(ap_picture_acknowledge(&picture, 1, "bob", 6), seen);
    ap_picture_alert(&picture, &(ap_alert){ .id = 1, .until_utc = AP_UTC_UNKNOWN });
    ap_alert other = { .id = 1, .until_utc = 9, .acknowledged_by = "eve", .acknowledged_utc = 3 };
    assert_int_equal(ap_picture_sequence(&picture), before + 1);
    ap_picture_alert(&picture, &other);
    assert_int_equal(seen->until_utc, 9);
    assert_string_equal(seen->acknowledged_by, "ann");
    assert_int_equal(seen->acknowledged_utc, 5);
    assert_string_equal(ap_picture_find_alert(&picture, 2)->acknowledged_by, "");
    other.id = 2; /* as a mirror gets it, all at once */
    ap_picture_alert(&picture, &other);
    assert_string_equal(ap_picture_find_alert(&picture, 2)->acknowledged_by, "eve");
    for (uint32_t id = 3; id <= 17; id++)
        ap_picture_alert(&picture, &(ap_alert){ .id = id, .until_utc = AP_UTC_UNKNOWN });
    assert_null(ap_picture_find_alert(&picture, 1)); /* its row went to 17, unseen yet */
    assert_string_equal(ap_picture_find_alert(&picture, 17)->acknowledged_by, "");
}

/* The same alert again, as a mirror gets it, is no change. */
static void test_picture_alert_same(void **state)
{
    (void)state;
    ap_picture picture = make(16, 16);
    ap_alert alert = { .id = 1, .since_utc = 7, .until_utc = AP_UTC_UNKNOWN };
    ap_picture_alert(&picture, &alert);
    ap_picture_alert(&picture, &alert);
    assert_int_equal(ap_picture_sequence(&picture), 1);
    alert.until_utc = 9;
    ap_picture_alert(&picture, &alert);
    assert_int_equal(ap_picture_sequence(&picture), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_picture_init_refuses),
        cmocka_unit_test_teardown(test_picture_changes_since, release),
        cmocka_unit_test_teardown(test_picture_tracks_in_order_of_id, release),
        cmocka_unit_test_teardown(test_picture_full_gives_way_by_death, release),
        cmocka_unit_test_teardown(test_picture_against_model, release),
        cmocka_unit_test_teardown(test_picture_alerts_newest, release),
        cmocka_unit_test_teardown(test_picture_copy_mirrors, release),
        cmocka_unit_test_teardown(test_picture_next, release),
        cmocka_unit_test_teardown(test_picture_acknowledge, release),
        cmocka_unit_test_teardown(test_picture_alert_same, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

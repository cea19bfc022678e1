/* Addresses that change in flight, and those that are of another aircraft. */
#include "track/test_world.h"

#define OLD 0x3C0001
#define NEW 0x4B1234
#define TURN_S 4.0
#define CHANGE_S 60.0
#define END_S 120.0

static world *world_of(int radars)
{
    world *w = world_new();
    for (int i = 0; i < radars; i++) {
        uint16_t index = add_sensor(w, AP_SENSOR_MODE_S, 50 + 0.3 * i, 8);
        w->sensor[index].turn_s = TURN_S;
    }
    return w;
}

/* The first of them that is kept; NULL: none. */
static const ap_reason *reason_of(const ap_track *t, ap_reason_code code)
{
    for (int i = 0; i < t->reason_count && i < AP_TRACK_REASON_CAP; i++)
        if (t->reason[i].code == code)
            return &t->reason[i];
    return NULL;
}

static void look(world *w, uint16_t sensor, const flight *f, uint32_t address, double t_s)
{
    ap_report r = mode_s(w, sensor, f, address, t_s);
    step(w, &r);
}

/* One track all the time, under one number; from some looks after the change on, the new address.
 */
static void assert_took_over(world *w, const flight *f, const ap_track *before)
{
    ap_tracker_flush(&w->tracker);
    ap_track track = only_track(w);
    assert_int_equal(track.id, before->id);
    assert_int_equal(track.number, before->number);
    assert_int_equal(track.address, NEW);
    assert_int_equal(track.state, AP_TRACK_FIRM);
    assert_false(track.address_shared || track.identity_doubted);
    assert_true(off_m(&track, f) < 50.0);
    assert_int_equal(w->event_count[AP_EVENT_CONFIRMED], 1);
    const ap_reason *why = reason_of(&track, AP_REASON_IDENTITY_CHANGED);
    assert_non_null(why);
    assert_true(why->other > track.id);
    assert_int_equal(w->last_dropped.id, why->other);
    assert_int_equal(w->last_dropped.reason[w->last_dropped.reason_count - 1].other, track.id);
    assert_int_equal(track.source[0].last_utc, track.updated_utc);
}

static void test_heir_of_one_radar(void **state)
{
    (void)state;
    world *w = world_of(1);
    world_start(w);
    flight f = flight_at(50.5, 8.4, 10000, 210, -60);
    ap_track before = { 0 };
    for (double t_s = 0.0; t_s < END_S; t_s += TURN_S) {
        if (t_s == CHANGE_S)
            before = only_track(w);
        look(w, 0, &f, t_s < CHANGE_S ? OLD : NEW, t_s);
        if (t_s == CHANGE_S + 3.0 * TURN_S)
            assert_int_equal(only_track(w).address, NEW);
    }
    assert_took_over(w, &f, &before);
    world_free(w);
}

static void test_heir_in_broadcasts(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50.5, 8.4, 10000, 210, -60);
    fly_adsb(w, es, &f, OLD, 0.0, CHANGE_S);
    ap_track before = only_track(w);
    fly_adsb(w, es, &f, NEW, CHANGE_S, CHANGE_S + 10.0);
    assert_int_equal(only_track(w).address, NEW);
    fly_adsb(w, es, &f, NEW, CHANGE_S + 10.0, END_S);
    assert_took_over(w, &f, &before);
    world_free(w);
}

static void test_heir_of_two_radars(void **state)
{
    (void)state;
    world *w = world_of(2);
    world_start(w);
    flight f = flight_at(50.5, 8.4, 10000, 210, -60);
    ap_track before = { 0 };
    for (double t_s = 0.0; t_s < END_S; t_s += TURN_S) {
        if (t_s == CHANGE_S)
            before = only_track(w);
        look(w, 0, &f, t_s < CHANGE_S ? OLD : NEW, t_s);
        look(w, 1, &f, t_s < CHANGE_S ? OLD : NEW, t_s + 1.5);
    }
    assert_took_over(w, &f, &before);
    assert_int_equal(only_track(w).source_count, 2);
    world_free(w);
}

/* Primary plots go on through the change, and say nothing of addresses. */
static void test_heir_under_primary_plots(void **state)
{
    (void)state;
    world *w = world_of(1);
    uint16_t psr = add_sensor(w, AP_SENSOR_PSR, 50.3, 8.5);
    w->sensor[psr].turn_s = TURN_S;
    world_start(w);
    flight f = flight_at(50.5, 8.4, 10000, 210, -60);
    ap_track before = { 0 };
    for (double t_s = 0.0; t_s < END_S; t_s += TURN_S) {
        if (t_s == CHANGE_S)
            before = only_track(w);
        look(w, 0, &f, t_s < CHANGE_S ? OLD : NEW, t_s);
        ap_report r = plot(w, psr, &f, t_s + 1.5);
        r.present = AP_HAS_POLAR;
        step(w, &r);
    }
    assert_took_over(w, &f, &before);
    world_free(w);
}

/* One radar goes on with the old address: two tracks, and both say so; when it falls silent, one.
 */
static void test_heir_while_both_go_on(void **state)
{
    (void)state;
    world *w = world_of(2);
    world_start(w);
    flight f = flight_at(50.5, 8.4, 10000, 210, -60);
    for (double t_s = 0.0; t_s < END_S; t_s += TURN_S) {
        look(w, 0, &f, t_s < CHANGE_S ? OLD : NEW, t_s);
        look(w, 1, &f, OLD, t_s + 1.5);
    }
    ap_track track[3];
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, 3), 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(track[i].state, AP_TRACK_FIRM);
        assert_true(track[i].identity_doubted);
        assert_int_equal(reason_of(&track[i], AP_REASON_IDENTITY_DOUBTED)->other, track[1 - i].id);
    }
    uint32_t id = track[0].id;
    for (double t_s = END_S; t_s < END_S + 60.0; t_s += TURN_S)
        look(w, 0, &f, NEW, t_s);
    assert_int_equal(only_track(w).id, id);
    assert_int_equal(only_track(w).address, NEW);
    assert_false(only_track(w).identity_doubted);
    world_free(w);
}

/* One that comes out of a shadow just where another is: while that is seen, and while it is missed
 * for as long as a change takes. Where it flies tells. */
static void test_heir_is_not_who_crosses(void **state)
{
    (void)state;
    for (int missed = 0; missed < 2; missed++) {
        world *w = world_of(1);
        world_start(w);
        flight f = flight_at(50.5, 8.4, 10000, 210, 0);
        flight g = flight_at(50.5, 8.4, 10000, 0, 210);
        ap_geodetic meet = flight_position(&f, CHANGE_S);
        g.frame = ap_enu_frame_at(meet);
        for (double t_s = 0.0; t_s < END_S; t_s += TURN_S) {
            if (missed == 0 || t_s < CHANGE_S || t_s > CHANGE_S + 12.0)
                look(w, 0, &f, OLD, t_s);
            if (t_s < CHANGE_S)
                continue;
            ap_report r = mode_s(w, 0, &g, NEW, t_s - CHANGE_S);
            r.time_utc = r.receive_utc = ap_utc_add_s(START_UTC, t_s + 0.1);
            step(w, &r);
        }
        ap_track track[3];
        assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, 3), 2);
        assert_int_equal(track[0].address, OLD);
        assert_int_equal(track[1].address, NEW);
        assert_null(reason_of(&track[0], AP_REASON_IDENTITY_CHANGED));
        assert_false(track[0].identity_doubted || track[1].identity_doubted);
        world_free(w);
    }
}

/* Two that fly together, of which one switches its transponder on later, in a turn in which the
 * other is missed, are two. */
static void test_heir_is_not_who_flies_along(void **state)
{
    (void)state;
    world *w = world_of(2);
    world_start(w);
    flight f = flight_at(50.5, 8.4, 10000, 210, -60);
    for (double t_s = 0.0; t_s < END_S; t_s += TURN_S) {
        for (uint16_t radar = 0; radar < 2; radar++) {
            if (t_s != CHANGE_S)
                look(w, radar, &f, OLD, t_s + 1.5 * radar);
            if (t_s >= CHANGE_S)
                look(w, radar, &f, NEW, t_s + 1.5 * radar + 0.1);
        }
    }
    ap_track track[3];
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, 3), 2);
    assert_int_equal(track[0].address, OLD);
    assert_int_equal(track[1].address, NEW);
    assert_false(track[0].identity_doubted || track[1].identity_doubted);
    assert_int_equal(track[1].state, AP_TRACK_FIRM);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heir_of_one_radar),
        cmocka_unit_test(test_heir_in_broadcasts),
        cmocka_unit_test(test_heir_of_two_radars),
        cmocka_unit_test(test_heir_under_primary_plots),
        cmocka_unit_test(test_heir_while_both_go_on),
        cmocka_unit_test(test_heir_is_not_who_crosses),
        cmocka_unit_test(test_heir_is_not_who_flies_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

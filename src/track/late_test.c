/* Late reports of tracks that are told often: by several sensors, in any order that the lag allows;
 * and what becomes of the parts of history that they share. */
#include "track/state.h"
#include "track/test_noise.h"
#include "track/test_world.h"

#define ADDRESS 0x4ca1b2u
#define REPORTS_MAX 600
#define FIRST_S 4.0 /* what is told before, and so long before the end, is in time */

/* One aircraft, how often it is told, how late that is. */
typedef struct scene {
    double duration_s, delay_s; /* of each report, uniform in [0, delay_s] */
    double radar_delay_s;       /* of the radar's instead; < 0: as the others' */
    double rate;                /* of the broadcasts and of multilateration together, 1/s */
    double lag_s;
    uint64_t seed; /* of the delays */
} scene;

static int by_reception(const void *a, const void *b)
{
    const ap_report *x = a, *y = b;
    if (x->receive_utc != y->receive_utc)
        return x->receive_utc < y->receive_utc ? -1 : 1;
    return (x->time_utc > y->time_utc) - (x->time_utc < y->time_utc);
}

static void delay(ap_report *r, const scene *s, uint64_t *seed)
{
    double t_s = ap_seconds_between(START_UTC, r->time_utc), most_s = s->delay_s;
    double delay_s = most_s * test_uniform(seed);
    if (r->present & AP_HAS_POLAR && s->radar_delay_s >= 0.0)
        delay_s = s->radar_delay_s;
    if (t_s >= FIRST_S && t_s < s->duration_s - FIRST_S)
        r->receive_utc = ap_utc_add_s(r->time_utc, delay_s);
}

/* Report k of the two receivers of broadcasts and of multilateration. */
static ap_report told(const flight *f, int k, double t_s, uint64_t *noise)
{
    ap_report r = k % 4 == 3   ? mlat(2, f, ADDRESS, t_s)
                  : k % 4 == 2 ? velocity(1, f, ADDRESS, t_s)
                               : adsb((uint16_t)(k % 2), f, ADDRESS, t_s);
    r.latitude_rad += 3e-6 * test_normal(noise);
    r.longitude_rad += 3e-6 * test_normal(noise);
    return r;
}

/* All reports, those of a Mode S radar too, as they come in. Until FIRST_S there is but one of the
 * receivers, so that the track is there. */
static size_t tell(const world *w, const scene *s, ap_report *out)
{
    flight f = flight_at(50.3, 8.2, 9000, 180, 90);
    uint64_t noise = 77, delays = s->seed;
    size_t n = 0;
    int count = (int)((s->duration_s - FIRST_S) * s->rate), turns = (int)(s->duration_s / 4.0);
    for (int k = 0; k < (int)FIRST_S; k++)
        out[n++] = told(&f, 0, k, &noise);
    for (int k = 0; k <= count; k++)
        out[n++] = told(&f, k, FIRST_S + k / s->rate + 0.01 * (k % 3), &noise);
    for (int k = 1; k < turns; k++) {
        ap_report r = mode_s(w, 3, &f, ADDRESS, 4.0 * k + 0.7);
        r.range_m += 40.0 * test_normal(&noise);
        out[n++] = r;
    }
    assert_true(n <= REPORTS_MAX);
    for (size_t i = 0; i < n; i++)
        delay(&out[i], s, &delays);
    qsort(out, n, sizeof *out, by_reception);
    return n;
}

static world *world_of_four(double lag_s)
{
    world *w = world_new();
    w->config.track_cap = 16;
    w->config.lag_s = lag_s;
    add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    add_sensor(w, AP_SENSOR_MLAT, 50, 8);
    add_sensor(w, AP_SENSOR_MODE_S, 50, 8);
    return w;
}

static const ap_history_pool *pool_of(const world *w)
{
    return &w->tracker.state->store.pool;
}

/* The track at the end, of which every report was taken. */
static ap_track track_of(const scene *s)
{
    static ap_report reports[REPORTS_MAX];
    world *w = world_of_four(s->lag_s);
    world_start(w);
    size_t n = tell(w, s, reports);
    uint32_t most = 0;
    for (size_t i = 0; i < n; i++) {
        step(w, &reports[i]);
        most = pool_of(w)->taken_count > most ? pool_of(w)->taken_count : most;
    }
    ap_tracker_flush(&w->tracker);
    const ap_tracker_stats *stats = ap_tracker_stats_of(&w->tracker);
    ap_track track = only_track(w);
    assert_int_equal(ap_refusals_total(&stats->refused), 0);
    assert_int_equal(stats->history_full_count, 0);
    assert_int_equal(track.update_count, n);
    /* the lag and its ease, a wait in a group, and a part that is not full at either end */
    assert_true(most <= (1.2 * s->lag_s + 1.7) * (s->rate + 0.25) / AP_HISTORY_PART + 2.0);
    ap_tracker_restart(&w->tracker, reports[n - 1].receive_utc);
    assert_int_equal(pool_of(w)->taken_count, 0);
    world_free(w);
    return track;
}

static void assert_same(const ap_track *late, const ap_track *order)
{
    assert_int_equal(late->time_utc, order->time_utc);
    assert_true(ap_distance_m(late->position, order->position) <= 1e-7);
    assert_true(fabs(late->position.height_m - order->position.height_m) <= 1e-7);
    assert_true(hypot(late->east_mps - order->east_mps, late->north_mps - order->north_mps) <=
                1e-9 * ap_track_speed_mps(order));
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            assert_true(fabs(late->P_enu[i][j] - order->P_enu[i][j]) <=
                        1e-9 * sqrt(order->P_enu[i][i] * order->P_enu[j][j]));
    for (int m = 0; m < AP_IMM_MODELS; m++)
        assert_true(fabs(late->mode_probability[m] - order->mode_probability[m]) <= 1e-9);
}

/* 2 to 10 measurements a second, each as late as the lag allows: as in order. */
static void test_step_told_often_equals_in_order(void **state)
{
    (void)state;
    static const double rates[] = { 1.75, 4.75, 9.75 };
    for (size_t k = 0; k < sizeof rates / sizeof rates[0]; k++) {
        scene s = { .duration_s = 34.0, .radar_delay_s = -1.0, .rate = rates[k], .lag_s = 10.0 };
        const ap_track order = track_of(&s);
        s.delay_s = 10.0;
        for (s.seed = 1; s.seed <= 3; s.seed++) {
            ap_track late = track_of(&s);
            assert_same(&late, &order);
        }
    }
}

/* A radar that is always late, beside broadcasts in time; and a lag that is another. */
static void test_step_radar_always_late_equals_in_order(void **state)
{
    (void)state;
    static const double delays_s[] = { 6.0, 10.0, 20.0 };
    for (size_t k = 0; k < sizeof delays_s / sizeof delays_s[0]; k++) {
        scene s = {
            .duration_s = 50.0, .radar_delay_s = 0.0, .rate = 3.0, .lag_s = fmax(10.0, delays_s[k])
        };
        const ap_track order = track_of(&s);
        s.radar_delay_s = delays_s[k];
        ap_track late = track_of(&s);
        assert_same(&late, &order);
    }
}

/* Positions without an address that are as late as they may be, and then wait in a group for nearly
 * a second: the track can still be undone that far, wherever its parts begin. */
static void test_step_late_and_waiting_is_taken(void **state)
{
    (void)state;
    for (double every_s = 0.16; every_s < 0.36; every_s += 0.02) {
        world *w = world_of_four(10.0);
        world_start(w);
        flight f = flight_at(50.3, 8.2, 9000, 180, 90);
        uint32_t count = 0, late_count = 0;
        for (double now_s = 0.0; now_s < 30.0; now_s += every_s, count++) {
            ap_report r = adsb(0, &f, ADDRESS, now_s);
            step(w, &r);
            if (now_s < 12.0 || count % 13 != 0)
                continue;
            r = mlat(2, &f, ADDRESS, now_s - 9.99);
            r.present &= ~(uint32_t)AP_HAS_ADDRESS;
            r.receive_utc = ap_utc_add_s(START_UTC, now_s);
            step(w, &r);
            late_count++;
        }
        ap_tracker_flush(&w->tracker);
        assert_int_equal(ap_refusals_total(&ap_tracker_stats_of(&w->tracker)->refused), 0);
        assert_int_equal(only_track(w).update_count, count + late_count);
        world_free(w);
    }
}

/* The memory of a tracker read back, as a checkpoint is: it goes on with the parts of history that
 * its track had then, to the bit. */
static void test_step_goes_on_from_its_memory(void **state)
{
    (void)state;
    static ap_report reports[REPORTS_MAX];
    scene s = { .duration_s = 34.0, .delay_s = 10.0, .radar_delay_s = -1.0, .rate = 4.0 };
    world *w = world_of_four(10.0);
    world_start(w);
    size_t n = tell(w, &s, reports), half = n / 2, size = ap_tracker_size(&w->config);
    ap_tracker_step(&w->tracker, AP_UTC_UNKNOWN, reports, half);
    assert_true(pool_of(w)->taken_count >= 3);
    void *then = malloc(size);
    assert_non_null(then);
    memcpy(then, w->mem, size);
    uint64_t digest_then = w->digest, digest;
    ap_tracker_step(&w->tracker, AP_UTC_UNKNOWN, reports + half, n - half);
    digest = w->digest;
    ap_tracker_restart(&w->tracker, reports[n - 1].receive_utc); /* its parts are free, ... */
    flight other = flight_at(49.0, 8.0, 9000, -150, 60);
    double gone_s = ap_seconds_between(START_UTC, reports[n - 1].receive_utc);
    fly_adsb(w, 0, &other, 1, gone_s + 1.0, gone_s + 20.0); /* ... and another's */
    memcpy(w->mem, then, size);
    ap_tracker_rebind(&w->tracker, &w->config);
    w->digest = digest_then;
    w->kept_count = 0;
    ap_tracker_step(&w->tracker, AP_UTC_UNKNOWN, reports + half, n - half);
    assert_true(w->digest == digest && digest != digest_then);
    free(then);
    world_free(w);
}

/* ---- a pool that is too small ---- */

#define CROWD 6u

/* Aircraft i of some that are far from each other. */
static flight crowd_flight(uint32_t i)
{
    return flight_at(47.0 + i, 8.0, 9000, 150, 60);
}

/* Each aircraft at 4 reports a second, of which each fifth comes 9 s late; returns how many were
 * refused. */
static uint64_t crowd_flies(world *w, uint32_t count, double from_s, double to_s)
{
    const ap_tracker_stats *stats = ap_tracker_stats_of(&w->tracker);
    uint64_t before = stats->refused.count[AP_REFUSED_LATE];
    for (int k = (int)(4.0 * from_s); k < (int)(4.0 * to_s); k++)
        for (uint32_t i = 0; i < count; i++) {
            flight f = crowd_flight(i);
            double now_s = 0.25 * k + 0.001 * i;
            double late_s = k % 5 == 0 && now_s > from_s + 10.0 ? 9.0 : 0.0;
            ap_report r = adsb(0, &f, ADDRESS + i, now_s - late_s);
            r.receive_utc = ap_utc_add_s(START_UTC, now_s);
            step(w, &r);
            assert_true(pool_of(w)->taken_count <= pool_of(w)->cap);
        }
    assert_int_equal(ap_refusals_total(&stats->refused), stats->refused.count[AP_REFUSED_LATE]);
    return stats->refused.count[AP_REFUSED_LATE] - before;
}

static void assert_crowd_is_right(const world *w, uint32_t count)
{
    ap_track tracks[CROWD];
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, tracks, CROWD), count);
    for (uint32_t i = 0; i < count; i++) {
        flight f = crowd_flight(tracks[i].address - ADDRESS);
        assert_true(off_m(&tracks[i], &f) < 20.0);
    }
}

static void test_step_pool_used_up_is_counted(void **state)
{
    (void)state;
    world *w = world_of_four(10.0);
    w->config.history_per_track = 1; /* 16 parts where the six would have 40 */
    world_start(w);
    const ap_tracker_stats *stats = ap_tracker_stats_of(&w->tracker);
    assert_true(crowd_flies(w, CROWD, 0.0, 40.0) > 0);
    assert_true(stats->history_full_count > 0);
    assert_int_equal(pool_of(w)->taken_count, pool_of(w)->cap);
    assert_crowd_is_right(w, CROWD);

    /* the others fall silent and end, then there is enough for one */
    crowd_flies(w, 1, 40.0, 115.0);
    assert_true(pool_of(w)->taken_count < pool_of(w)->cap);
    uint64_t full = stats->history_full_count;
    assert_int_equal(crowd_flies(w, 1, 115.0, 150.0), 0);
    assert_int_equal(stats->history_full_count, full);
    assert_crowd_is_right(w, 1);
    ap_tracker_restart(&w->tracker, ap_utc_add_s(START_UTC, 151.0));
    assert_int_equal(pool_of(w)->taken_count, 0);
    world_free(w);
}

/* No pool at all: as it was told, in order, the same track. */
static void test_step_without_a_pool(void **state)
{
    (void)state;
    ap_track end[2];
    for (uint32_t per_track = 0; per_track < 2; per_track++) {
        world *w = world_of_four(10.0);
        w->config.history_per_track = per_track;
        world_start(w);
        flight f = crowd_flight(0);
        fly_adsb(w, 0, &f, ADDRESS, 0.0, 30.0);
        assert_int_equal(pool_of(w)->taken_count > 0, per_track);
        assert_int_equal(ap_tracker_stats_of(&w->tracker)->history_full_count > 0, !per_track);
        end[per_track] = only_track(w);
        world_free(w);
    }
    assert_int_equal(end[0].time_utc, end[1].time_utc);
    assert_memory_equal(&end[0].position, &end[1].position, sizeof end[0].position);
    assert_memory_equal(end[0].P_enu, end[1].P_enu, sizeof end[0].P_enu);
}

/* What is told less often than that fills two parts within the lag takes none, and what is told
 * seldom after it was told often gives back what it has. */
static void test_step_seldom_told_takes_nothing(void **state)
{
    (void)state;
    world *w = world_of_four(10.0);
    world_start(w);
    flight f = crowd_flight(0);
    for (int k = 0; k < 60; k++) {
        ap_report r = adsb(0, &f, ADDRESS, 2.0 * k);
        step(w, &r);
        assert_int_equal(pool_of(w)->taken_count, 0);
    }
    fly_adsb(w, 0, &f, ADDRESS, 120.0, 150.0);
    assert_true(pool_of(w)->taken_count >= 3);
    for (int k = 0; k < 20; k++) {
        ap_report r = adsb(0, &f, ADDRESS, 150.0 + 2.0 * k);
        step(w, &r);
    }
    assert_int_equal(pool_of(w)->taken_count, 0);
    world_free(w);
}

/* ---- whatever comes ---- */

/* The parts of one track are a chain in order of time, its own two among them; how many of the
 * others. */
static uint32_t check_chain(const ap_row *row, const ap_history_pool *pool)
{
    const ap_history *h = &row->history;
    unsigned parts = (h->count + AP_HISTORY_PART - 1u) / AP_HISTORY_PART, own = 0, shared = 0;
    uint32_t number = h->oldest;
    ap_utc_ns last_utc = INT64_MIN;
    if (h->spare != AP_HISTORY_NONE)
        *(h->spare < 2 ? &own : &shared) += 1;
    for (unsigned k = 0; k < parts; k++) {
        const ap_history_part *p = number < 2 ? &h->own[number] : &pool->part[number - 2];
        *(number < 2 ? &own : &shared) += 1;
        assert_true(k + 1 < parts || number == h->newest);
        assert_true(k + 2 != parts || number == h->previous);
        assert_true(k != 1 || (number == h->second && p->before.time_utc == h->second_utc));
        for (unsigned i = 0; i < AP_HISTORY_PART && k * AP_HISTORY_PART + i < h->count; i++) {
            assert_true(p->measure[i].time_utc >= last_utc);
            last_utc = p->measure[i].time_utc;
        }
        assert_true(k + 1 == parts || p->ended_utc == last_utc);
        number = p->newer;
    }
    assert_int_equal(own, h->count == 0 ? 1 : 2);
    assert_true(h->count == 0 || last_utc == row->imm.time_utc);
    return shared;
}

static void check_chains(const world *w)
{
    const ap_store *store = &w->tracker.state->store;
    uint32_t shared = 0;
    for (uint32_t slot = store->oldest; slot != AP_SLOT_NONE; slot = store->link[slot].newer)
        shared += check_chain(&store->row[slot], &store->pool);
    assert_int_equal(shared, store->pool.taken_count);
}

/* Something of one of six aircraft, at times silent or under a new address, in time or late. */
static ap_report anything(const world *w, double now_s, uint64_t *seed)
{
    uint32_t i = (uint32_t)(CROWD * test_uniform(seed));
    uint32_t phase = (uint32_t)(now_s / 12.0), quiet = (phase * 7 + i) % CROWD;
    flight f = crowd_flight(quiet < 2 ? CROWD - 1 : i);
    uint32_t address = ADDRESS + (quiet < 2 ? CROWD - 1 : i) + (phase > 2 && i < 2 ? 64 : 0);
    double late_s = test_uniform(seed) < 0.5 ? 0.0 : 1.05 * w->config.lag_s * test_uniform(seed);
    double t_s = fmax(now_s - late_s, 0.0), which = test_uniform(seed);
    ap_report r = which < 0.4   ? adsb((uint16_t)(which < 0.2), &f, address, t_s)
                  : which < 0.6 ? mlat(2, &f, address, t_s)
                  : which < 0.8 ? mode_s(w, 3, &f, address, t_s)
                                : velocity(1, &f, address, t_s);
    if (test_uniform(seed) < 0.1)
        r.present &= ~(uint32_t)AP_HAS_ADDRESS;
    if (test_uniform(seed) < 0.01)
        r.latitude_rad += 0.02;
    r.receive_utc = ap_utc_add_s(START_UTC, now_s);
    return r;
}

static void test_step_anything_keeps_the_chains(void **state)
{
    (void)state;
    static const double lags_s[] = { 4.0, 10.0, 40.0 };
    for (uint64_t run = 0; run < 9; run++) {
        world *w = world_of_four(lags_s[run % 3]);
        w->config.history_per_track = (uint32_t)run / 3;
        world_start(w);
        uint64_t seed = run + 1;
        for (int k = 0; k < 1200; k++) {
            ap_report r = anything(w, 0.05 * k, &seed);
            step(w, &r);
            check_chains(w);
            if (k == 700)
                ap_tracker_restart(&w->tracker, r.receive_utc);
        }
        bool is_little = w->config.history_per_track == 0;
        assert_true(ap_tracker_stats_of(&w->tracker)->history_full_count > 0 || !is_little);
        assert_true(is_little == (pool_of(w)->used_count == 0));
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_told_often_equals_in_order),
        cmocka_unit_test(test_step_radar_always_late_equals_in_order),
        cmocka_unit_test(test_step_late_and_waiting_is_taken),
        cmocka_unit_test(test_step_goes_on_from_its_memory),
        cmocka_unit_test(test_step_pool_used_up_is_counted),
        cmocka_unit_test(test_step_without_a_pool),
        cmocka_unit_test(test_step_seldom_told_takes_nothing),
        cmocka_unit_test(test_step_anything_keeps_the_chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

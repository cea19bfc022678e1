#include "airpicture/tracker.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define START_UTC (INT64_C(1700000000) * AP_NS_PER_S)
#define DEG AP_RAD_PER_DEG
#define SENSOR_CAP 4

/* ---- a small world: a few sensors, one tracker, what it said ---- */

typedef struct world {
    ap_sensor sensor[SENSOR_CAP];
    ap_sensor_stats stats[SENSOR_CAP];
    ap_sensor_table table;
    ap_tracker_config config;
    ap_tracker tracker;
    void *mem;
    uint64_t digest; /* of every event and the track it showed */
    uint32_t event_count[AP_EVENT_KIND_COUNT];
    ap_track last_dropped;
    const ap_track *kept[AP_TRACKER_EVENTS_KEPT]; /* as the events gave them, and as they were */
    ap_track kept_copy[AP_TRACKER_EVENTS_KEPT];
    uint32_t kept_count;
    bool unsound;
} world;

static bool track_is_sound(const ap_track *t)
{
    double sum = t->position.latitude_rad + t->position.longitude_rad + t->position.height_m +
                 t->east_mps + t->north_mps + t->up_mps + t->track_rate_radps + t->existence +
                 t->P_enu[2][3] + t->vertical_P[0][0];
    return isfinite(sum) && t->P_enu[0][0] > 0.0 && t->P_enu[2][2] > 0.0 &&
           t->P_enu[0][0] * t->P_enu[1][1] > t->P_enu[0][1] * t->P_enu[0][1] &&
           t->existence >= 0.0 && t->existence <= 1.0;
}

static void mix(uint64_t *digest, const void *data, size_t size)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < size; i++)
        *digest = (*digest ^ byte[i]) * UINT64_C(0x100000001B3);
}

static void on_event(void *context, const ap_track_event *event, const ap_track *track)
{
    world *w = context;
    /* The states of the events before this one are still there. */
    for (uint32_t i = 0; i < w->kept_count && i + 1 < AP_TRACKER_EVENTS_KEPT; i++) {
        uint32_t at = (w->kept_count - 1 - i) % AP_TRACKER_EVENTS_KEPT;
        w->unsound = w->unsound || w->kept[at]->id != w->kept_copy[at].id ||
                     w->kept[at]->updated_utc != w->kept_copy[at].updated_utc ||
                     w->kept[at]->update_count != w->kept_copy[at].update_count;
    }
    w->kept[w->kept_count % AP_TRACKER_EVENTS_KEPT] = track;
    w->kept_copy[w->kept_count++ % AP_TRACKER_EVENTS_KEPT] = *track;
    w->event_count[event->kind]++;
    if (event->kind == AP_EVENT_DROPPED)
        w->last_dropped = *track;
    w->unsound = w->unsound || !track_is_sound(track);
    mix(&w->digest, &event->time_utc, sizeof event->time_utc);
    mix(&w->digest, &event->kind, sizeof event->kind);
    mix(&w->digest, &track->id, sizeof track->id);
    mix(&w->digest, &track->position, sizeof track->position);
    mix(&w->digest, &track->P_enu, sizeof track->P_enu);
    mix(&w->digest, &track->existence, sizeof track->existence);
}

static void world_start(world *w)
{
    w->table = (ap_sensor_table){
        .sensor = w->sensor, .stats = w->stats, .cap = SENSOR_CAP, .count = w->table.count
    };
    w->config.sensors = &w->table;
    w->config.on_event = on_event;
    w->config.context = w;
    w->digest = UINT64_C(0xCBF29CE484222325);
    size_t size = ap_tracker_size(&w->config);
    assert_true(size > 0);
    w->mem = malloc(size);
    assert_non_null(w->mem);
    assert_int_equal(ap_tracker_init(&w->tracker, &w->config, w->mem, size), AP_OK);
}

static world *world_new(void)
{
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->config = ap_tracker_config_default();
    w->config.track_cap = 512;
    w->config.group_report_cap = 1024;
    return w;
}

static void world_free(world *w)
{
    assert_false(w->unsound);
    free(w->mem);
    free(w);
}

static uint16_t add_sensor(world *w, ap_sensor_kind kind, double lat_deg, double lon_deg)
{
    uint16_t index = w->table.count++;
    ap_sensor *s = &w->sensor[index];
    ap_sensor_defaults(s, kind);
    if (kind != AP_SENSOR_ADSB)
        assert_int_equal(ap_sensor_place(s, (ap_geodetic){ lat_deg * DEG, lon_deg * DEG, 100.0 }),
                         AP_OK);
    return index;
}

/* An aircraft in straight flight over the ground: a plane tangent at its start. */
typedef struct flight {
    ap_enu_frame frame;
    double east_mps, north_mps;
} flight;

static flight flight_at(double lat_deg, double lon_deg, double height_m, double east_mps,
                        double north_mps)
{
    return (flight){ ap_enu_frame_at((ap_geodetic){ lat_deg * DEG, lon_deg * DEG, height_m }),
                     east_mps, north_mps };
}

static ap_geodetic flight_position(const flight *f, double t_s)
{
    ap_vec3 enu = { f->east_mps * t_s, f->north_mps * t_s, 0.0 };
    ap_geodetic at = ap_geodetic_from_ecef(ap_ecef_from_enu(&f->frame, enu));
    at.height_m = f->frame.origin.height_m;
    return at;
}

static ap_report report_base(uint16_t sensor, double t_s)
{
    ap_utc_ns time_utc = ap_utc_add_s(START_UTC, t_s);
    return (ap_report){ .time_utc = time_utc, .receive_utc = time_utc, .sensor = sensor };
}

static ap_report adsb(uint16_t sensor, const flight *f, uint32_t address, double t_s)
{
    ap_report r = report_base(sensor, t_s);
    ap_geodetic at = flight_position(f, t_s);
    r.present = AP_HAS_ADDRESS | AP_HAS_POSITION | AP_HAS_GEOMETRIC_HEIGHT;
    r.address = address;
    r.latitude_rad = at.latitude_rad;
    r.longitude_rad = at.longitude_rad;
    r.position_var_ee_m2 = r.position_var_nn_m2 = 400.0;
    r.geometric_height_m = at.height_m;
    r.geometric_height_sigma_m = 10.0;
    return r;
}

/* A squitter of the velocity alone. */
static ap_report velocity(uint16_t sensor, const flight *f, uint32_t address, double t_s)
{
    ap_report r = report_base(sensor, t_s);
    r.present = AP_HAS_ADDRESS | AP_HAS_VELOCITY;
    r.address = address;
    r.east_mps = f->east_mps;
    r.north_mps = f->north_mps;
    r.velocity_sigma_mps = 2.0;
    return r;
}

static ap_report plot(const world *w, uint16_t sensor, const flight *f, double t_s)
{
    ap_report r = report_base(sensor, t_s);
    const ap_sensor *s = &w->sensor[sensor];
    double elevation_rad;
    ap_polar_from_ecef(&s->frame, ap_ecef_from_geodetic(flight_position(f, t_s)), &r.range_m,
                       &r.azimuth_rad, &elevation_rad);
    r.present = AP_HAS_POLAR | AP_HAS_PRESSURE_ALTITUDE;
    r.range_sigma_m = s->range_sigma_m;
    r.azimuth_sigma_rad = s->azimuth_sigma_rad;
    r.pressure_altitude_m = f->frame.origin.height_m;
    r.pressure_altitude_sigma_m = 10.0;
    return r;
}

static void step(world *w, const ap_report *report)
{
    ap_tracker_step(&w->tracker, report->receive_utc, report, 1);
}

static ap_track only_track(const world *w)
{
    ap_track track[2];
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, 2), 1);
    return track[0];
}

static double off_m(const ap_track *track, const flight *f)
{
    double t_s = ap_seconds_between(START_UTC, track->time_utc);
    return ap_distance_m(track->position, flight_position(f, t_s));
}

/* ---- configuration ---- */

static void test_tracker_size_refuses_bad_configurations(void **state)
{
    (void)state;
    ap_sensor_table table = { .cap = 1 };
    ap_tracker_config good = ap_tracker_config_default(), bad;
    assert_int_equal(ap_tracker_size(&good), 0); /* no sensors */
    good.sensors = &table;
    assert_true(ap_tracker_size(&good) > 0);
    bad = good, bad.track_cap = 15;
    assert_int_equal(ap_tracker_size(&bad), 0);
    bad = good, bad.track_cap = 1000001;
    assert_int_equal(ap_tracker_size(&bad), 0);
    bad = good, bad.drop_existence = 0.99995;
    assert_int_equal(ap_tracker_size(&bad), 0);
    bad = good, bad.confirm_existence = NAN;
    assert_int_equal(ap_tracker_size(&bad), 0);
    bad = good, bad.false_track_cost_s = 0.0;
    assert_int_equal(ap_tracker_size(&bad), 0);
    bad = good, bad.false_track_cost_s = NAN;
    assert_int_equal(ap_tracker_size(&bad), 0);
    ap_tracker tracker;
    char small[64];
    assert_int_equal(ap_tracker_init(&tracker, &bad, small, sizeof small), AP_ERR_ARGUMENT);
    assert_int_equal(ap_tracker_init(&tracker, &good, small, sizeof small), AP_ERR_MEMORY);
}

/* ---- one aircraft ---- */

static void fly_adsb(world *w, uint16_t sensor, const flight *f, uint32_t address, double from_s,
                     double to_s)
{
    for (double t_s = from_s; t_s < to_s; t_s += 0.5) {
        ap_report r = adsb(sensor, f, address, t_s);
        step(w, &r);
    }
}

static void test_step_follows_an_address(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t sensor = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50, 8, 10000, 200, 100);
    fly_adsb(w, sensor, &f, 0xABCDEF, 0.0, 60.0);
    ap_track track = only_track(w), found;
    assert_int_equal(track.state, AP_TRACK_FIRM);
    assert_int_equal(track.address, 0xABCDEF);
    assert_true(off_m(&track, &f) < 5.0);
    assert_true(fabs(track.east_mps - 200.0) < 1.0 && fabs(track.north_mps - 100.0) < 1.0);
    assert_true(track.number >= 1);
    assert_true(ap_tracker_find(&w->tracker, track.id, &found));
    assert_memory_equal(&found, &track, sizeof track);
    assert_false(ap_tracker_find(&w->tracker, track.id + 1, &found));
    assert_int_equal(w->event_count[AP_EVENT_BORN], 1);
    assert_int_equal(w->event_count[AP_EVENT_CONFIRMED], 1);
    /* Silence: it coasts, then it is dropped, and its memory goes with it. */
    ap_tracker_step(&w->tracker, START_UTC + 75 * AP_NS_PER_S, NULL, 0);
    assert_int_equal(only_track(w).state, AP_TRACK_COASTING);
    ap_tracker_step(&w->tracker, START_UTC + 130 * AP_NS_PER_S, NULL, 0);
    assert_int_equal(ap_tracker_tracks(&w->tracker, true, NULL, 0), 0);
    assert_int_equal(w->event_count[AP_EVENT_COASTED], 1);
    assert_int_equal(w->event_count[AP_EVENT_DROPPED], 1);
    world_free(w);
}

static const struct {
    double lat_deg, lon_deg, east_mps, north_mps;
} places[] = {
    { 50, 8, 200, 100 },       { 0, 0, -250, 0 },     { 10, 179.99, 250, 20 },
    { -10, -179.99, -250, 5 }, { 89.95, 30, 0, 240 }, { -89.98, -120, 10, -240 },
};

static void test_step_follows_plots_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        world *w = world_new();
        uint16_t sensor =
            add_sensor(w, AP_SENSOR_SSR,
                       places[i].lat_deg > 0 ? places[i].lat_deg - 0.4 : places[i].lat_deg + 0.4,
                       places[i].lon_deg);
        world_start(w);
        flight f = flight_at(places[i].lat_deg, places[i].lon_deg, 9000, places[i].east_mps,
                             places[i].north_mps);
        for (double t_s = 0.0; t_s < 160.0; t_s += 8.0) {
            ap_report r = plot(w, sensor, &f, t_s);
            step(w, &r);
        }
        ap_tracker_flush(&w->tracker);
        ap_track track = only_track(w);
        assert_int_equal(track.state, AP_TRACK_FIRM);
        assert_true(off_m(&track, &f) < 60.0);
        assert_int_equal(w->event_count[AP_EVENT_BORN], 1);
        assert_true(fabs(ap_track_speed_mps(&track) - hypot(f.east_mps, f.north_mps)) < 3.0);
        world_free(w);
    }
}

/* ---- several sensors, one aircraft ---- */

static ap_report mode_s(const world *w, uint16_t sensor, const flight *f, uint32_t address,
                        double t_s)
{
    ap_report r = plot(w, sensor, f, t_s);
    r.present |= AP_HAS_ADDRESS;
    r.address = address;
    r.flags = AP_FLAG_SECONDARY;
    return r;
}

static ap_report mlat(uint16_t sensor, const flight *f, uint32_t address, double t_s)
{
    ap_report r = adsb(sensor, f, address, t_s);
    r.position_var_ee_m2 = r.position_var_nn_m2 = 2500.0;
    return r;
}

/* A Mode S radar, a primary radar, ADS-B and multilateration see one aircraft: one track. */
static void test_step_one_track_per_aircraft(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t ssr = add_sensor(w, AP_SENSOR_MODE_S, 50, 8),
             psr = add_sensor(w, AP_SENSOR_PSR, 50.3, 8.5);
    uint16_t wam = add_sensor(w, AP_SENSOR_MLAT, 50, 8), es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50.5, 8.4, 10000, 210, -60);
    for (int k = 0; k < 240; k++) {
        double t_s = 0.5 * k;
        ap_report r;
        if (k % 16 == 3) {
            r = mode_s(w, ssr, &f, 0x3C0001, t_s);
            step(w, &r);
        }
        if (k % 8 == 5) {
            r = plot(w, psr, &f, t_s);
            r.present = AP_HAS_POLAR;
            step(w, &r);
        }
        if (k % 2 == 0 && k > 60) {
            r = mlat(wam, &f, 0x3C0001, t_s);
            step(w, &r);
        }
        if (k > 100) {
            r = adsb(es, &f, 0x3C0001, t_s);
            step(w, &r);
        }
    }
    ap_tracker_flush(&w->tracker);
    ap_track track = only_track(w);
    assert_int_equal(track.source_count, 4);
    assert_true(off_m(&track, &f) < 20.0);
    assert_int_equal(w->event_count[AP_EVENT_CONFIRMED], 1);
    assert_true(track.psr_utc != AP_UTC_UNKNOWN && track.mode_s_utc != AP_UTC_UNKNOWN &&
                track.mlat_utc != AP_UTC_UNKNOWN && track.adsb_utc != AP_UTC_UNKNOWN);
    world_free(w);
}

/* A radar that joins a track of ADS-B counts its misses as one that bore it: when both fall silent
 * the existence falls with its turns, long before the time limit. */
static void test_step_misses_of_a_radar_that_joined(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t radar = add_sensor(w, AP_SENSOR_MODE_S, 50, 8),
             es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50.5, 8.4, 10000, 210, -60);
    for (int k = 0; k < 120; k++) {
        ap_report r = adsb(es, &f, 0x3C0001, 0.5 * k);
        step(w, &r);
        if (k > 40 && k % 8 == 3) {
            r = mode_s(w, radar, &f, 0x3C0001, 0.5 * k);
            step(w, &r);
        }
    }
    assert_true(only_track(w).existence > 0.99);
    double turn_s = w->sensor[radar].turn_s;
    ap_tracker_step(&w->tracker, ap_utc_add_s(START_UTC, 60.0 + 5.0 * turn_s), NULL, 0);
    assert_true(only_track(w).existence < 0.99);
    world_free(w);
}

/* A track without an address takes the first one that its plots bring. */
static void test_step_plot_track_gains_an_address(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t psr = add_sensor(w, AP_SENSOR_PSR, 50, 8), es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50.5, 8.4, 6000, 150, 60);
    for (double t_s = 0.0; t_s < 40.0; t_s += 4.0) {
        ap_report r = plot(w, psr, &f, t_s);
        step(w, &r);
    }
    assert_false(only_track(w).present & AP_HAS_ADDRESS);
    fly_adsb(w, es, &f, 0xABC, 40.0, 60.0);
    ap_track track = only_track(w);
    assert_true(track.present & AP_HAS_ADDRESS);
    assert_int_equal(track.id, 1);
    assert_int_equal(track.address, 0xABC);
    world_free(w);
}

/* Two aircraft that were given one address, 40 km apart: two tracks, each says so. */
static void test_step_shared_address_makes_two_tracks(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight a = flight_at(50, 8, 10000, 200, 0), b = flight_at(50.4, 8, 10000, -200, 0);
    for (double t_s = 0.0; t_s < 60.0; t_s += 1.0) {
        ap_report r = adsb(es, &a, 0x77, t_s);
        step(w, &r);
        r = adsb(es, &b, 0x77, t_s + 0.3);
        step(w, &r);
    }
    ap_track track[3];
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, 3), 2);
    assert_true(track[0].address_shared && track[1].address_shared);
    assert_true(off_m(&track[0], &a) < 10.0 && off_m(&track[1], &b) < 10.0);
    assert_int_equal(track[1].reason[0].code, AP_REASON_BORN_DUPLICATE);
    /* The third begins the doubt of the first; what followed was each track's own. */
    bool doubted = false;
    for (int i = 0; i < track[0].reason_count; i++)
        doubted = doubted || track[0].reason[i].code == AP_REASON_IDENTITY_DOUBTED;
    assert_true(doubted && !track[0].identity_doubted && !track[1].identity_doubted);
    /* Two strays are refused, the third is the second aircraft. */
    assert_int_equal(ap_tracker_stats_of(&w->tracker)->refused.count[AP_REFUSED_GATE], 2);
    world_free(w);
}

/* Of two aircraft under one address each sends its velocity and call sign by themselves: nothing
 * tells whose a velocity is, so none is taken, and a call sign stays where it was. */
static void test_step_shared_address_keeps_apart_what_has_no_position(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight of[2] = { flight_at(50, 8, 10000, 200, 0), flight_at(50.4, 8, 10000, 150, 0) };
    static const char *const callsign[2] = { "AAA1", "BBB2" };
    for (int i = 0; i < 600; i++) {
        int which = i & 1; /* the first one was there before the other */
        if (which == 1 && i < 60)
            continue;
        ap_report r = adsb(es, &of[which], 0x77, 0.1 * i);
        step(w, &r);
        r = velocity(es, &of[which], 0x77, 0.1 * i + 0.02);
        step(w, &r);
        r = report_base(es, 0.1 * i + 0.04);
        r.present = AP_HAS_ADDRESS | AP_HAS_CALLSIGN;
        r.address = 0x77;
        memcpy(r.callsign, callsign[which], 5);
        if (i / 2 % 10 == 0)
            step(w, &r);
    }
    ap_track track[3];
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, 3), 2);
    for (int i = 0; i < 2; i++) {
        assert_true(off_m(&track[i], &of[i]) < 10.0);
        assert_true(fabs(track[i].north_mps - of[i].north_mps) < 1.0);
        assert_string_equal(track[i].callsign, callsign[i]);
        for (uint16_t k = 0; k < track[i].reason_count; k++)
            assert_int_not_equal(track[i].reason[k].code, AP_REASON_IDENTITY_CHANGED);
    }
    assert_true(ap_tracker_stats_of(&w->tracker)->refused.count[AP_REFUSED_ADDRESS_SHARED] > 500);
    world_free(w);
}

/* Velocities that are wrong for good, by a fault or by someone else's will: the track stays with
 * the positions, and no second one is made of them. */
static void test_step_wrong_velocity_does_not_lead_away(void **state)
{
    (void)state;
    static const double off_deg[] = { 5, 10, 20, 45, 180 };
    for (size_t k = 0; k < sizeof off_deg / sizeof off_deg[0]; k++) {
        world *w = world_new();
        uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
        world_start(w);
        flight f = flight_at(50, 8, 10000, 230, 0), wrong = f;
        wrong.east_mps = 230 * cos(off_deg[k] * DEG);
        wrong.north_mps = -230 * sin(off_deg[k] * DEG);
        for (double t_s = 0.0; t_s < 180.0; t_s += 0.5) {
            ap_report r = adsb(es, &f, 0x77, t_s);
            step(w, &r);
            r = velocity(es, t_s < 5.0 ? &f : &wrong, 0x77, t_s + 0.2);
            step(w, &r);
        }
        ap_track track = only_track(w);
        assert_true(off_m(&track, &f) < 400.0);
        assert_true(track.identity_doubted);
        assert_int_equal(w->event_count[AP_EVENT_BORN], 1);
        world_free(w);
    }
}

/* One aircraft whose positions jump 30 km, and stay there: the same track, taken anew. */
static void test_step_jump_reinitialises(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight a = flight_at(50, 8, 10000, 200, 0), b = flight_at(50.3, 8, 10000, 200, 0);
    fly_adsb(w, es, &a, 0x77, 0.0, 30.0);
    fly_adsb(w, es, &b, 0x77, 45.0, 70.0);
    ap_track track = only_track(w);
    assert_int_equal(track.id, 1);
    assert_true(off_m(&track, &b) < 10.0);
    bool said = false;
    for (unsigned i = 0; i < track.reason_count && i < AP_TRACK_REASON_CAP; i++)
        said = said || track.reason[i].code == AP_REASON_REINITIALISED;
    assert_true(said);
    world_free(w);
}

/* What one aircraft says of its place, by two receivers, leaves it for 12 s and comes back, as
 * under jamming; a radar sees it where it was. One track, and it stays there. The same for two
 * minutes is told: a second place under the address. */
static void test_step_jammed_positions_make_no_second_track(void **state)
{
    (void)state;
    for (int is_long = 0; is_long < 2; is_long++) {
        world *w = world_new();
        uint16_t es[2] = { add_sensor(w, AP_SENSOR_ADSB, 0, 0),
                           add_sensor(w, AP_SENSOR_ADSB, 0, 0) };
        uint16_t radar = add_sensor(w, AP_SENSOR_SSR, 50, 8.5);
        world_start(w);
        flight a = flight_at(50, 8, 10000, 200, 0), b = flight_at(50.1, 8, 10000, 200, 0);
        double to_s = is_long ? 180.0 : 72.0;
        for (int i = 0; i < 400; i++) {
            double t_s = 0.5 * i;
            ap_report r = adsb(es[i & 1], t_s >= 60.0 && t_s < to_s ? &b : &a, 0x77, t_s);
            step(w, &r);
            r = mode_s(w, radar, &a, 0x77, t_s + 0.2);
            if (i % 8 == 0)
                step(w, &r);
        }
        ap_track track[2];
        bool is_one = ap_tracker_tracks(&w->tracker, false, track, 2) == 1;
        assert_int_equal(w->event_count[AP_EVENT_CONFIRMED], is_long ? 2 : 1);
        assert_true(is_long || (is_one && off_m(&track[0], &a) < 20.0));
        world_free(w);
    }
}

/* Two sources that do not err together say the same: that is another aircraft. */
static void test_step_two_sources_found_a_second_track(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0), ml = add_sensor(w, AP_SENSOR_MLAT, 50, 8);
    uint16_t radar = add_sensor(w, AP_SENSOR_SSR, 50, 8.5);
    world_start(w);
    flight a = flight_at(50, 8, 10000, 200, 0), b = flight_at(50.4, 8, 10000, 200, 0);
    for (int i = 0; i < 80; i++) {
        double t_s = 0.5 * i;
        ap_report r = adsb(es, i < 60 ? &a : &b, 0x77, t_s);
        step(w, &r);
        r = mlat(ml, i < 60 ? &a : &b, 0x77, t_s + 0.1);
        step(w, &r);
        r = mode_s(w, radar, &a, 0x77, t_s + 0.2);
        if (i % 8 == 0)
            step(w, &r);
    }
    assert_int_equal(w->event_count[AP_EVENT_CONFIRMED], 2);
    world_free(w);
}

/* The encoder of one of two radars slips by 1.5 degrees for five minutes: its plots are refused and
 * counted, what the other sees goes on, and nothing is shown twice; then it is believed again. */
static void test_step_displaced_radar_is_left_out(void **state)
{
    (void)state;
    enum { AIRCRAFT = 12, TURNS = 150 };
    world *w = world_new();
    uint16_t good = add_sensor(w, AP_SENSOR_SSR, 50, 9),
             slips = add_sensor(w, AP_SENSOR_SSR, 50, 8);
    world_start(w);
    flight f[AIRCRAFT];
    for (int k = 0; k < AIRCRAFT; k++)
        f[k] = flight_at(49.0 + 0.2 * k, 8.0 + 0.3 * (k % 4), 8000 + 300 * k, 20 * k - 100, 90);
    unsigned refused = 0;
    for (int turn = 0; turn < TURNS; turn++)
        for (int k = 0; k < AIRCRAFT; k++) {
            double t_s = 4.0 * turn + 0.2 * k;
            ap_report r = mode_s(w, good, &f[k], 0x100u + (uint32_t)k, t_s);
            step(w, &r);
            r = mode_s(w, slips, &f[k], 0x100u + (uint32_t)k, t_s + 0.1);
            r.azimuth_rad += turn >= 25 && turn < 100 ? 1.5 * DEG : 0.0;
            step(w, &r);
            const ap_refusals *counts = &ap_tracker_stats_of(&w->tracker)->refused;
            refused = (unsigned)counts->count[AP_REFUSED_DISPLACED];
        }
    ap_track track[AIRCRAFT + 1];
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, AIRCRAFT + 1), AIRCRAFT);
    for (int k = 0; k < AIRCRAFT; k++)
        assert_true(off_m(&track[k], &f[track[k].address - 0x100u]) < 120.0);
    assert_int_equal(w->event_count[AP_EVENT_CONFIRMED], AIRCRAFT);
    assert_true(refused > 70 * AIRCRAFT && refused < 80 * AIRCRAFT);
    world_free(w);
}

/* One wild position is refused, and changes nothing. */
static void test_step_wild_position_is_refused(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight a = flight_at(50, 8, 10000, 200, 0), wild = flight_at(10, 100, 10000, 0, 0);
    fly_adsb(w, es, &a, 0x77, 0.0, 30.0);
    ap_track before = only_track(w), after;
    ap_report r = adsb(es, &wild, 0x77, 30.0);
    step(w, &r);
    after = only_track(w);
    assert_memory_equal(&before.position, &after.position, sizeof before.position);
    const ap_tracker_stats *stats = ap_tracker_stats_of(&w->tracker);
    assert_int_equal(stats->refused.count[AP_REFUSED_GATE], 1);
    /* A velocity that it cannot have: alone it is refused, with a position only left out. */
    r = adsb(es, &a, 0x77, 30.1);
    r.present = AP_HAS_ADDRESS | AP_HAS_VELOCITY;
    r.north_mps = 500.0;
    r.velocity_sigma_mps = 1.0;
    step(w, &r);
    after = only_track(w);
    assert_memory_equal(&before.position, &after.position, sizeof before.position);
    assert_int_equal(after.update_count, before.update_count);
    assert_int_equal(stats->refused.count[AP_REFUSED_GATE], 2);
    r.present = adsb(es, &a, 0x77, 30.1).present | AP_HAS_VELOCITY;
    step(w, &r);
    assert_int_equal(stats->velocity_refused_count, 1);
    assert_int_equal(ap_refusals_total(&stats->refused), 2);
    before = only_track(w);
    assert_true(fabs(before.north_mps) < 1.0);
    /* A time far ahead of the clock is wild, too. */
    r = adsb(es, &a, 0x77, 4000.0);
    r.receive_utc = ap_utc_add_s(START_UTC, 30.5);
    step(w, &r);
    after = only_track(w);
    assert_memory_equal(&before.position, &after.position, sizeof before.position);
    fly_adsb(w, es, &a, 0x77, 31.0, 40.0);
    after = only_track(w);
    assert_true(off_m(&after, &a) < 5.0);
    world_free(w);
}

/* ---- time ---- */

/* Reports of a lively scene: three aircraft by two radars and ADS-B, some late, some clutter. */
static size_t lively(const world *w, double turned_deg, ap_report *out, size_t cap)
{
    flight f[3] = { flight_at(50.4, 8.2 + turned_deg, 9000, 200, 50),
                    flight_at(50.41, 8.2 + turned_deg, 9000, 205, 45),
                    flight_at(49.8, 7.5 + turned_deg, 5000, -90, 150) };
    size_t n = 0;
    uint64_t seed = 5;
    for (int k = 0; k < 600 && n + 8 < cap; k++) {
        double t_s = 0.2 * k;
        for (int i = 0; i < 3; i++) {
            if (k % 40 == 7 * i)
                out[n++] = plot(w, 0, &f[i], t_s);
            if (k % 20 == 3 + 5 * i)
                out[n++] = plot(w, 1, &f[i], t_s);
            if (i == 2 && k % 5 == 0 && k > 100)
                out[n++] = adsb(2, &f[i], 0x42, t_s);
            /* A plot that was 1.5 s on its way. */
            if (k % 40 == 7 * i + 8 && i == 1) {
                out[n] = plot(w, 1, &f[i], t_s - 1.5);
                out[n++].receive_utc = ap_utc_add_s(START_UTC, t_s);
            }
        }
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        if (seed >> 62 == 0) {
            flight ghost =
                flight_at(49.5 + (double)(seed >> 40 & 0xFFF) / 4096.0,
                          7.5 + (double)(seed >> 20 & 0xFFF) / 4096.0 + turned_deg, 3000, 0, 0);
            out[n++] = plot(w, (uint16_t)(seed >> 50 & 1), &ghost, t_s);
        }
    }
    return n;
}

static uint64_t digest_of(uint64_t batch_seed, uint32_t *events)
{
    enum { CAP = 4000 };
    static ap_report reports[CAP];
    world *w = world_new();
    add_sensor(w, AP_SENSOR_SSR, 50, 8);
    add_sensor(w, AP_SENSOR_PSR, 50.2, 8.8);
    add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    size_t n = lively(w, 0.0, reports, CAP), at = 0;
    while (at < n) {
        batch_seed = batch_seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        size_t batch = batch_seed == 0 ? n : (size_t)(batch_seed >> 60) + 1;
        batch = batch < n - at ? batch : n - at;
        ap_utc_ns now = reports[at + batch - 1].receive_utc;
        /* Sometimes the caller waits until just before the next report. */
        if (at + batch < n && (batch_seed >> 50 & 1))
            now = reports[at + batch].receive_utc;
        ap_tracker_step(&w->tracker, now, reports + at, batch);
        at += batch;
    }
    ap_tracker_flush(&w->tracker);
    uint64_t digest = w->digest;
    *events = w->event_count[AP_EVENT_UPDATED];
    assert_true(w->event_count[AP_EVENT_CONFIRMED] >= 3);
    world_free(w);
    return digest;
}

static void test_step_batches_make_no_difference(void **state)
{
    (void)state;
    uint32_t events, again;
    uint64_t whole = digest_of(0, &events);
    assert_true(events > 100);
    for (uint64_t seed = 1; seed < 20; seed++) {
        assert_int_equal(digest_of(seed * 77, &again), whole);
        assert_int_equal(again, events);
    }
}

/* The lively scene with the Earth turned under it; the tracks that are published. */
static size_t turned_tracks(double turned_deg, ap_track *tracks, size_t cap, uint32_t *confirmed)
{
    enum { CAP = 4000 };
    static ap_report reports[CAP];
    world *w = world_new();
    add_sensor(w, AP_SENSOR_SSR, 50, remainder(8 + turned_deg, 360));
    add_sensor(w, AP_SENSOR_PSR, 50.2, remainder(8.8 + turned_deg, 360));
    add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    size_t n = lively(w, turned_deg, reports, CAP);
    for (size_t i = 0; i < n; i++)
        step(w, &reports[i]);
    size_t count = ap_tracker_tracks(&w->tracker, false, tracks, cap);
    *confirmed = w->event_count[AP_EVENT_CONFIRMED];
    world_free(w);
    return count;
}

/* Over the date line, too. */
static void test_step_turned_earth_makes_no_difference(void **state)
{
    (void)state;
    enum { CAP = 64 };
    static const double turns_deg[] = { 37.0, 90.0, 171.5, -8.25, -160.0 };
    static ap_track here[CAP], there[CAP];
    uint32_t confirmed, again;
    size_t count = turned_tracks(0.0, here, CAP, &confirmed);
    assert_in_range(count, 3, CAP);
    for (size_t k = 0; k < sizeof turns_deg / sizeof turns_deg[0]; k++) {
        assert_int_equal(turned_tracks(turns_deg[k], there, CAP, &again), count);
        assert_int_equal(confirmed, again);
        for (size_t i = 0; i < count; i++) {
            const ap_track *a = &here[i], *b = &there[i];
            ap_geodetic back = b->position;
            back.longitude_rad = ap_wrap_pi(back.longitude_rad - turns_deg[k] * DEG);
            assert_int_equal(a->id, b->id);
            assert_true(ap_distance_m(a->position, back) < 1e-4);
            assert_true(hypot(a->east_mps - b->east_mps, a->north_mps - b->north_mps) < 1e-5);
            assert_true(fabs(a->existence - b->existence) < 1e-6);
            assert_true(fabs(a->P_enu[0][0] - b->P_enu[0][0]) < 1e-6 * a->P_enu[0][0]);
        }
    }
}

/* Six aircraft, two and three of them close, and false plots, all seen at one instant each turn. */
static size_t instant(const world *w, uint16_t radar, int turn, ap_report *out)
{
    const flight f[] = {
        flight_at(50.4, 8.2, 9000, 200, 50),   flight_at(50.405, 8.2, 9000, 200, 50),
        flight_at(50.2, 8.6, 7000, -150, 90),  flight_at(50.2, 8.61, 7000, -150, 90),
        flight_at(50.2, 8.62, 7000, -150, 90), flight_at(49.7, 7.7, 5000, 0, 180)
    };
    size_t n = 0;
    for (size_t i = 0; i < sizeof f / sizeof f[0]; i++)
        if ((turn + 3 * (int)i) % 7 != 0) {
            out[n] = plot(w, radar, &f[i], 4.0 * turn);
            out[n].range_m += 40.0 * sin(12.9898 * turn + 78.233 * (double)i);
            out[n++].present = AP_HAS_POLAR;
        }
    for (int i = 0; i < 4; i++) {
        flight ghost = flight_at(50.0 + 0.5 * sin(7.7 * turn + i), 8.3 + 0.7 * cos(3.1 * turn * i),
                                 3000, 0, 0);
        out[n] = plot(w, radar, &ghost, 4.0 * turn);
        out[n++].present = AP_HAS_POLAR;
    }
    return n;
}

static int by_latitude(const void *a, const void *b)
{
    const ap_track *x = a, *y = b;
    return (x->position.latitude_rad > y->position.latitude_rad) -
           (x->position.latitude_rad < y->position.latitude_rad);
}

static size_t permuted_tracks(uint64_t seed, ap_track *tracks, size_t cap, uint32_t *events)
{
    world *w = world_new();
    uint16_t radar = add_sensor(w, AP_SENSOR_PSR, 50, 8);
    world_start(w);
    for (int turn = 0; turn < 40; turn++) {
        ap_report report[16];
        size_t n = instant(w, radar, turn, report);
        for (size_t i = n - 1; seed != 0 && i > 0; i--) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            size_t j = (size_t)(seed >> 33) % (i + 1);
            ap_report swap = report[i];
            report[i] = report[j];
            report[j] = swap;
        }
        ap_tracker_step(&w->tracker, report[0].receive_utc, report, n);
    }
    ap_tracker_flush(&w->tracker);
    size_t count = ap_tracker_tracks(&w->tracker, false, tracks, cap);
    assert_true(count <= cap);
    qsort(tracks, count, sizeof *tracks, by_latitude);
    memcpy(events, w->event_count, sizeof w->event_count);
    world_free(w);
    return count;
}

/* The order of reports of one instant is chance: the same tracks, whatever their numbers. */
static void test_step_order_within_an_instant_makes_no_difference(void **state)
{
    (void)state;
    enum { CAP = 64 };
    static ap_track one[CAP], other[CAP];
    uint32_t events[AP_EVENT_KIND_COUNT], again[AP_EVENT_KIND_COUNT];
    size_t count = permuted_tracks(0, one, CAP, events);
    assert_in_range(count, 6, CAP);
    for (uint64_t seed = 1; seed < 20; seed++) {
        assert_int_equal(permuted_tracks(seed, other, CAP, again), count);
        assert_memory_equal(events, again, sizeof events);
        for (size_t i = 0; i < count; i++) {
            assert_true(ap_distance_m(one[i].position, other[i].position) < 1e-4);
            assert_true(fabs(one[i].existence - other[i].existence) < 1e-6);
            assert_true(fabs(one[i].P_enu[1][1] - other[i].P_enu[1][1]) <
                        1e-6 * one[i].P_enu[1][1]);
        }
    }
}

/* Late reports under an address: the same state as in order. */
static void test_step_late_equals_in_order(void **state)
{
    (void)state;
    ap_track end[2];
    for (int late = 0; late < 2; late++) {
        world *w = world_new();
        uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
        world_start(w);
        flight f = flight_at(50, 8, 10000, 200, 100);
        for (int k = 0; k < 80; k++) {
            /* Pairs change places: 0, 2, 1, 4, 3, ... */
            int swapped = k == 0 || k == 79 ? k : (k % 2 ? k + 1 : k - 1);
            ap_report r = adsb(es, &f, 0x99, late ? swapped : k);
            r.latitude_rad += 3e-6 * sin(7.0 * (late ? swapped : k));
            r.receive_utc = ap_utc_add_s(START_UTC, k + 1.0);
            step(w, &r);
        }
        end[late] = only_track(w);
        assert_int_equal(ap_tracker_stats_of(&w->tracker)->refused.count[AP_REFUSED_LATE], 0);
        world_free(w);
    }
    assert_true(ap_distance_m(end[0].position, end[1].position) < 1e-6);
    assert_true(fabs(end[0].north_mps - end[1].north_mps) < 1e-9 * fabs(end[0].north_mps));
    assert_true(fabs(end[0].P_enu[0][0] - end[1].P_enu[0][0]) < 1e-9 * end[0].P_enu[0][0]);
    assert_true(fabs(end[0].P_enu[1][3] - end[1].P_enu[1][3]) < 1e-9 * end[0].P_enu[1][1]);
}

/* Plots of a primary radar that come 4 s late, under ADS-B five times a second: too late to be
 * filtered, but no new aircraft. */
static void test_step_late_plots_start_nothing(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t psr = add_sensor(w, AP_SENSOR_PSR, 50, 8), es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50.5, 8.4, 6000, 150, 60);
    for (int k = 0; k < 300; k++) {
        ap_report r = adsb(es, &f, 0x5A, 0.2 * k);
        step(w, &r);
        if (k % 20 == 10 && k > 60) {
            r = plot(w, psr, &f, 0.2 * k - 4.0);
            r.receive_utc = ap_utc_add_s(START_UTC, 0.2 * k);
            step(w, &r);
        }
    }
    ap_tracker_flush(&w->tracker);
    assert_int_equal(w->event_count[AP_EVENT_BORN], 1);
    assert_true(ap_tracker_stats_of(&w->tracker)->refused.count[AP_REFUSED_LATE] >= 11);
    assert_int_equal(only_track(w).source_count, 1); /* they are no hits */
    world_free(w);
}

/* Plots of one aircraft every four seconds, without an address. One has a time 45 s ahead of its
 * reception: refused, and the track lives on. A sensor clock 4 s ahead is borne. */
static void test_step_time_ahead_is_refused(void **state)
{
    (void)state;
    for (int addressed = 0; addressed < 2; addressed++) {
        world *w = world_new();
        uint16_t ssr = add_sensor(w, AP_SENSOR_MODE_S, 50, 8);
        world_start(w);
        flight f = flight_at(50.3, 8.2, 9000, 200, 50);
        const ap_refusals *refused = &ap_tracker_stats_of(&w->tracker)->refused;
        for (int k = 0; k < 60; k++) {
            ap_report r = addressed ? mode_s(w, ssr, &f, 0x7, 4.0 * k) : plot(w, ssr, &f, 4.0 * k);
            if (k == 20)
                r.time_utc = ap_utc_add_s(r.time_utc, 45.0);
            step(w, &r);
        }
        for (int k = 60; k < 70; k++) {
            ap_report r = addressed ? mode_s(w, ssr, &f, 0x7, 4.0 * k) : plot(w, ssr, &f, 4.0 * k);
            r.receive_utc = ap_utc_add_s(r.receive_utc, -4.0 + 0.001 * k);
            step(w, &r);
        }
        ap_tracker_flush(&w->tracker);
        ap_track track = only_track(w);
        assert_int_equal(track.number, 1);
        assert_int_equal(track.update_count, 69);
        assert_true(off_m(&track, &f) < 60.0);
        assert_int_equal(refused->count[AP_REFUSED_TIME_RANGE], 1);
        assert_int_equal(ap_refusals_total(refused), 1);
        assert_int_equal(w->event_count[AP_EVENT_BORN], 1);
        assert_int_equal(w->event_count[AP_EVENT_DROPPED], 0);
        world_free(w);
    }
}

/* Received more than lag_s after its time: late, whether it has an address or not, and whether
 * there is a track or not. */
static void test_step_older_than_the_lag_is_late(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t ssr = add_sensor(w, AP_SENSOR_MODE_S, 50, 8);
    world_start(w);
    flight f = flight_at(50.3, 8.2, 9000, 200, 50);
    const ap_refusals *refused = &ap_tracker_stats_of(&w->tracker)->refused;
    static const double late_s[] = { 10.5, 60.0, 3600.0, 86400.0 };
    enum { CASES = sizeof late_s / sizeof late_s[0] };
    for (int k = 0; k < 20; k++)
        for (int i = 0; i < CASES; i++) {
            ap_report r = plot(w, ssr, &f, 4.0 * k);
            r.time_utc = ap_utc_add_s(r.receive_utc, -late_s[i]);
            step(w, &r);
            r.present |= AP_HAS_ADDRESS;
            r.address = 0x7;
            step(w, &r);
        }
    ap_tracker_flush(&w->tracker);
    assert_int_equal(refused->count[AP_REFUSED_LATE], 2 * 20 * CASES);
    assert_int_equal(w->event_count[AP_EVENT_BORN], 0);
    for (int k = 20; k < 30; k++) { /* within the lag */
        ap_report r = plot(w, ssr, &f, 4.0 * k);
        r.receive_utc = ap_utc_add_s(r.time_utc, 9.5);
        step(w, &r);
    }
    ap_tracker_flush(&w->tracker);
    assert_int_equal(refused->count[AP_REFUSED_LATE], 2 * 20 * CASES);
    assert_true(off_m((ap_track[]){ only_track(w) }, &f) < 60.0);
    world_free(w);
}

/* ---- what is refused ---- */

static void test_step_refuses_and_counts(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0), ssr = add_sensor(w, AP_SENSOR_MODE_S, 50, 8);
    world_start(w);
    flight f = flight_at(50, 8, 10000, 200, 100);
    ap_report good = adsb(es, &f, 1, 0.0), r;
    const ap_refusals *refused = &ap_tracker_stats_of(&w->tracker)->refused;
    r = good, r.latitude_rad = NAN, step(w, &r);
    r = good, r.longitude_rad = INFINITY, step(w, &r);
    r = good, r.position_var_ee_m2 = 0.0, step(w, &r);
    r = good, r.position_var_en_m2 = 1e6, step(w, &r);
    assert_int_equal(refused->count[AP_REFUSED_NOT_FINITE], 4);
    r = good, r.sensor = 9, step(w, &r);
    assert_int_equal(refused->count[AP_REFUSED_SENSOR_UNKNOWN], 1);
    r = good, r.flags = AP_FLAG_TEST, step(w, &r);
    assert_int_equal(refused->count[AP_REFUSED_TEST_TARGET], 1);
    r = good, r.flags = AP_FLAG_EXTRAPOLATED, step(w, &r);
    assert_int_equal(refused->count[AP_REFUSED_NOT_A_TARGET], 1);
    r = good, r.flags = AP_FLAG_ADDRESS_UNCHECKED, step(w, &r);
    assert_int_equal(refused->count[AP_REFUSED_ADDRESS_UNPROVED], 1);
    r = good, r.present = AP_HAS_ADDRESS | AP_HAS_VELOCITY, r.velocity_sigma_mps = 1.0, step(w, &r);
    assert_int_equal(refused->count[AP_REFUSED_POSITION_MISSING], 1);
    r = good, r.time_utc = INT64_MAX, step(w, &r);
    r = good, r.receive_utc = INT64_MAX - 1, step(w, &r);
    assert_int_equal(refused->count[AP_REFUSED_TIME_RANGE], 2);
    ap_tracker_flush(&w->tracker);
    assert_int_equal(ap_tracker_tracks(&w->tracker, true, NULL, 0), 0);
    /* A plot with an unproved address is still a plot. */
    r = mode_s(w, ssr, &f, 1, 0.0), r.flags |= AP_FLAG_ADDRESS_UNCHECKED, step(w, &r);
    ap_tracker_flush(&w->tracker);
    ap_track track;
    assert_int_equal(ap_tracker_tracks(&w->tracker, true, &track, 1), 1);
    assert_false(track.present & AP_HAS_ADDRESS);
    world_free(w);
}

/* More aircraft than rows: certain tracks stay, what does not fit is counted. */
static void test_step_full_table(void **state)
{
    (void)state;
    world *w = world_new();
    w->config.track_cap = 16;
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    for (int k = 0; k < 10; k++)
        for (uint32_t i = 0; i < 40; i++) {
            flight f = flight_at(40.0 + i, 8, 10000, 200, 0);
            ap_report r = adsb(es, &f, 1 + i, k);
            step(w, &r);
        }
    ap_tracker_flush(&w->tracker);
    const ap_tracker_stats *stats = ap_tracker_stats_of(&w->tracker);
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, NULL, 0), 16);
    assert_int_equal(stats->alive_count, 16);
    assert_true(stats->refused.count[AP_REFUSED_TRACK_TABLE_FULL] > 0);
    world_free(w);
}

static void test_step_full_queue(void **state)
{
    (void)state;
    world *w = world_new();
    w->config.group_report_cap = 64;
    add_sensor(w, AP_SENSOR_SSR, 50, 8);
    world_start(w);
    for (int i = 0; i < 100; i++) {
        flight f = flight_at(50.0 + 0.01 * i, 8, 10000, 200, 0);
        ap_report r = plot(w, 0, &f, 0.001 * i);
        step(w, &r);
    }
    ap_tracker_flush(&w->tracker);
    const ap_tracker_stats *stats = ap_tracker_stats_of(&w->tracker);
    assert_int_equal(stats->refused.count[AP_REFUSED_QUEUE_FULL], 36);
    assert_int_equal(ap_tracker_tracks(&w->tracker, true, NULL, 0), 64);
    world_free(w);
}

/* A number rests for five minutes after its track. */
static void test_step_numbers_rest(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50, 8, 10000, 0, 0);
    uint16_t number[4];
    for (uint32_t k = 0; k < 4; k++) {
        fly_adsb(w, es, &f, 0x100 + k, 100.0 * k, 100.0 * k + 10.0);
        ap_track track[2];
        size_t n = ap_tracker_tracks(&w->tracker, false, track, 2);
        assert_int_equal(n, 1);
        number[k] = track[0].number;
        for (uint32_t j = 0; j < k; j++)
            assert_int_not_equal(number[j], number[k]);
    }
    world_free(w);
}

static double existence_after(double turns, uint32_t flags)
{
    world *w = world_new();
    uint16_t psr = add_sensor(w, AP_SENSOR_PSR, 50, 8);
    w->sensor[psr].clutter_per_turn = 250.0;
    world_start(w);
    flight f = flight_at(50.6, 8.3, 3000, 120, -60);
    for (double t_s = 0.0; t_s < turns * w->sensor[psr].turn_s; t_s += w->sensor[psr].turn_s) {
        ap_report r = plot(w, psr, &f, t_s);
        r.flags |= flags;
        step(w, &r);
    }
    ap_tracker_flush(&w->tracker);
    ap_track track[4]; /* of which the first was born of the first plot */
    assert_in_range(ap_tracker_tracks(&w->tracker, true, track, 4), 1, 4);
    world_free(w);
    return track[0].existence;
}

/* A reply's altitude that fits says that two plots are of one aircraft; of a primary plot it is
 * where the plot lies, as it would be of a false one. */
static void test_step_height_of_a_primary_plot_is_no_witness(void **state)
{
    (void)state;
    assert_true(existence_after(2, AP_FLAG_SECONDARY) > 0.9);
    assert_true(existence_after(2, AP_FLAG_PRIMARY | AP_FLAG_SECONDARY) > 0.9);
    assert_true(existence_after(2, AP_FLAG_PRIMARY) < 0.9);
}

/* ---- confirmation ---- */

/* Plots of one aircraft, one a turn, until its track is confirmed. */
static int plots_to_confirm(ap_sensor_kind kind, double clutter_per_turn, double false_track_cost_s,
                            uint16_t mode_3a)
{
    world *w = world_new();
    uint16_t radar = add_sensor(w, kind, 50, 8);
    w->config.false_track_cost_s = false_track_cost_s;
    world_start(w);
    w->sensor[radar].clutter_per_turn = clutter_per_turn;
    flight f = flight_at(50.6, 8.3, 9000, 120, -160);
    int count = 0;
    while (w->event_count[AP_EVENT_CONFIRMED] == 0 && count < 10) {
        ap_report r = plot(w, radar, &f, count++ * w->sensor[radar].turn_s);
        if (kind == AP_SENSOR_PSR)
            r.present = AP_HAS_POLAR;
        else
            r.present |= AP_HAS_MODE_3A;
        r.flags |= kind == AP_SENSOR_PSR ? AP_FLAG_PRIMARY : AP_FLAG_SECONDARY;
        r.mode_3a = mode_3a;
        step(w, &r);
        ap_tracker_flush(&w->tracker);
    }
    world_free(w);
    return count;
}

static void test_step_confirms_by_cost(void **state)
{
    (void)state;
    int before = 0;
    for (double cost_s = 10.0; cost_s < 1e7; cost_s *= 10.0) {
        int now = plots_to_confirm(AP_SENSOR_PSR, 150.0, cost_s, 0);
        assert_true(now >= before);
        before = now;
    }
    assert_int_equal(plots_to_confirm(AP_SENSOR_PSR, 150.0, 100.0, 0), 3);
    assert_int_equal(before, 4);
}

/* Where clutter is dense, a second plot is still more likely clutter. Yet the track has been seen:
 * a miss after it does not end it. */
static void test_step_doubtful_plots_keep_a_track(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t psr = add_sensor(w, AP_SENSOR_PSR, 50, 8);
    world_start(w);
    w->sensor[psr].clutter_per_turn = 1000.0;
    flight f = flight_at(50.6, 8.3, 3000, 120, -60);
    for (int turn = 0; turn < 5; turn++) {
        ap_report r = plot(w, psr, &f, 4.0 * turn);
        r.present = AP_HAS_POLAR;
        r.flags |= AP_FLAG_PRIMARY;
        if (turn != 2)
            step(w, &r);
    }
    ap_tracker_flush(&w->tracker);
    ap_track first;
    assert_true(ap_tracker_find(&w->tracker, 1, &first));
    assert_true(first.existence > 1e-3);
    world_free(w);
}

/* Two plots of a formation 800 m wide stay two tracks; nothing merges what one radar sees apart. */
static void test_step_formation_stays_two(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t a = add_sensor(w, AP_SENSOR_SSR, 50, 8), b = add_sensor(w, AP_SENSOR_SSR, 50.5, 9);
    world_start(w);
    flight f[2] = { flight_at(50.3, 8.0, 9000, 200, 0), flight_at(50.3072, 8.0, 9000, 200, 0) };
    for (double t_s = 0.0; t_s < 160.0; t_s += 4.0)
        for (int i = 0; i < 2; i++) {
            ap_report r = plot(w, ((int)t_s / 4) % 2 ? a : b, &f[i], t_s + 0.001 * i);
            step(w, &r);
        }
    ap_tracker_flush(&w->tracker);
    ap_track track[3];
    assert_int_equal(ap_tracker_tracks(&w->tracker, false, track, 3), 2);
    for (int i = 0; i < 2; i++)
        assert_true(fmin(off_m(&track[i], &f[0]), off_m(&track[i], &f[1])) < 60.0);
    assert_true(ap_distance_m(track[0].position, track[1].position) > 600.0);
    world_free(w);
}

/* A primary radar whose plots are off at first makes a track of its own; as its error goes, that
 * comes near the ADS-B track of the same aircraft, and joins it. */
static void test_step_merges_two_tracks_of_one(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t psr = add_sensor(w, AP_SENSOR_PSR, 50, 8), es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50.2, 8.1, 6000, 150, 0);
    for (int k = 0; k < 240; k++) {
        double t_s = 0.5 * k, off_north_m = 2000.0 - 20.0 * t_s;
        if (k % 8 == 0 && t_s <= 92.0) {
            flight off = flight_at(50.2 + off_north_m / 111.2e3, 8.1, 6000, 150, 0);
            ap_report r = plot(w, psr, &off, t_s);
            r.present = AP_HAS_POLAR;
            step(w, &r);
        }
        if (t_s > 20.0) {
            ap_report r = adsb(es, &f, 0x3C0002, t_s);
            step(w, &r);
        }
        if (t_s == 80.0) /* two tracks, for they are far apart */
            assert_int_equal(ap_tracker_tracks(&w->tracker, false, NULL, 0), 2);
    }
    ap_tracker_flush(&w->tracker);
    ap_track kept = only_track(w), gone = w->last_dropped;
    assert_int_equal(kept.address, 0x3C0002);
    assert_true(off_m(&kept, &f) < 10.0);
    assert_int_equal(w->event_count[AP_EVENT_CONFIRMED], 2);
    ap_reason last = gone.reason[(gone.reason_count - 1u) % AP_TRACK_REASON_CAP];
    assert_int_equal(last.code, AP_REASON_DROPPED_MERGED);
    assert_int_equal(last.other, kept.id);
    last = kept.reason[(kept.reason_count - 1u) % AP_TRACK_REASON_CAP];
    assert_int_equal(last.code, AP_REASON_MERGED);
    assert_int_equal(last.other, gone.id);
    world_free(w);
}

/* Ten times the clutter that the radar's description tells of: learnt before it becomes tracks. The
 * two aircraft in it are found. */
static void test_step_learns_clutter(void **state)
{
    (void)state;
    enum { TURNS = 80, CLUTTER = 200 };
    world *w = world_new();
    w->config.track_cap = 4096;
    uint16_t psr = add_sensor(w, AP_SENSOR_PSR, 50, 8);
    world_start(w);
    w->sensor[psr].clutter_per_turn = CLUTTER / 10.0;
    flight f[2] = { flight_at(50.3, 8.3, 6000, 150, 60), flight_at(49.6, 8.1, 6000, -100, 160) };
    uint64_t seed = 9;
    for (int turn = 0; turn < TURNS; turn++)
        for (int i = 0; i < CLUTTER; i++) {
            double t_s = 4.0 * turn + 4.0 * i / CLUTTER, u[2];
            for (int k = 0; k < 2; k++) {
                seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                u[k] = (double)(seed >> 11) * 0x1p-53;
            }
            ap_report r = plot(w, psr, &f[0], t_s);
            r.present = AP_HAS_POLAR;
            r.azimuth_rad = 2.0 * AP_PI * u[0];
            r.range_m = 150e3 * sqrt(u[1]);
            step(w, &r);
            if (i == 20 || i == 120) {
                r = plot(w, psr, &f[i == 120], t_s);
                r.present = AP_HAS_POLAR;
                step(w, &r);
            }
        }
    ap_tracker_flush(&w->tracker);
    ap_track track[8];
    size_t count = ap_tracker_tracks(&w->tracker, false, track, 8);
    assert_true(count >= 2 && count <= 3);
    for (int i = 0; i < 2; i++) {
        double best_m = 1e9;
        for (size_t k = 0; k < count; k++)
            best_m = fmin(best_m, off_m(&track[k], &f[i]));
        assert_true(best_m < 500.0);
    }
    world_free(w);
}

static void test_reset_forgets(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50, 8, 10000, 200, 100);
    fly_adsb(w, es, &f, 0x5, 0.0, 20.0);
    uint64_t first = w->digest;
    ap_tracker_reset(&w->tracker);
    assert_int_equal(ap_tracker_tracks(&w->tracker, true, NULL, 0), 0);
    w->digest = UINT64_C(0xCBF29CE484222325);
    fly_adsb(w, es, &f, 0x5, 0.0, 20.0);
    assert_int_equal(w->digest, first);
    world_free(w);
}

/* The later part of a recording, then the earlier one: each has its own tracks, ids and numbers run
 * on, and the clock begins anew. */
static void test_restart_begins_anew(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t psr = add_sensor(w, AP_SENSOR_PSR, 50, 8), es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50.3, 8, 10000, 200, 100);
    fly_adsb(w, es, &f, 0x5, 7200.0, 7220.0);
    ap_report waits = plot(w, psr, &f, 7220.0); /* in a group: associated before all ends */
    step(w, &waits);
    ap_track old = only_track(w);
    ap_tracker_restart(&w->tracker, ap_utc_add_s(START_UTC, 1.0));
    assert_int_equal(ap_tracker_tracks(&w->tracker, true, NULL, 0), 0);
    assert_int_equal(w->event_count[AP_EVENT_DROPPED], 1);
    assert_int_equal(w->last_dropped.id, old.id);
    assert_int_equal(w->last_dropped.source_count, 2);
    unsigned last = (w->last_dropped.reason_count - 1u) % AP_TRACK_REASON_CAP;
    assert_int_equal(w->last_dropped.reason[last].code, AP_REASON_DROPPED_RESTART);
    assert_int_equal(w->last_dropped.reason[last].time_utc, waits.receive_utc);
    fly_adsb(w, es, &f, 0x5, 1.0, 21.0);
    ap_track new = only_track(w);
    assert_true(new.id > old.id &&new.number > old.number);
    assert_true(off_m(&new, &f) < 5.0);
    const ap_tracker_stats *stats = ap_tracker_stats_of(&w->tracker);
    assert_int_equal(stats->report_count, 81);
    assert_int_equal(stats->confirmed_count, 2);
    assert_int_equal(stats->confirmed_alive_count, 1);
    assert_int_equal(ap_refusals_total(&stats->refused), 0);
    ap_tracker_step(&w->tracker, ap_utc_add_s(START_UTC, 90.0), NULL, 0);
    assert_int_equal(ap_tracker_tracks(&w->tracker, true, NULL, 0), 0);
    /* No time: the next report says where it begins. */
    ap_tracker_restart(&w->tracker, AP_UTC_UNKNOWN);
    fly_adsb(w, es, &f, 0x6, -500.0, -480.0);
    assert_int_equal(only_track(w).address, 0x6);
    world_free(w);
}

/* What an aircraft with an address says without a position: an altitude reply. */
static ap_report reply(uint16_t sensor, double t_s, uint16_t mode_3a)
{
    ap_report r = report_base(sensor, t_s);
    r.present = AP_HAS_ADDRESS | AP_HAS_PRESSURE_ALTITUDE | AP_HAS_MODE_3A;
    r.address = 0x7;
    r.pressure_altitude_m = 10000.0;
    r.pressure_altitude_sigma_m = 10.0;
    r.mode_3a = mode_3a;
    return r;
}

/* Positions and news are told at once, the rest when the last event is a second old. */
static void test_step_tells_what_is_new(void **state)
{
    (void)state;
    world *w = world_new();
    uint16_t es = add_sensor(w, AP_SENSOR_ADSB, 0, 0);
    world_start(w);
    flight f = flight_at(50, 8, 10000, 200, 100);
    fly_adsb(w, es, &f, 0x7, 0.0, 10.0);
    const uint32_t *told = &w->event_count[AP_EVENT_UPDATED];
    uint32_t before = *told, updates = only_track(w).update_count;
    const struct {
        double t_s;
        uint16_t mode_3a;
        uint32_t flags, told;
    } cases[] = {
        { 10.6, 01234, 0, 1 },           /* the code became known */
        { 10.7, 01234, 0, 1 },           /* nothing new */
        { 10.8, 01234, AP_FLAG_SPI, 2 }, /* identifies */
        { 10.9, 01234, 0, 3 },           /* no longer */
        { 11.0, 05555, 0, 3 },           /* may be garbled */
        { 11.1, 05555, 0, 4 },           /* is another code */
        { 12.0, 05555, 0, 4 },
        { 12.1, 05555, 0, 5 }, /* a second after the last event */
        { 12.2, 05555, AP_FLAG_EMERGENCY, 6 },
        { 13.1, 05555, AP_FLAG_EMERGENCY, 6 },
    };
    size_t count = sizeof cases / sizeof cases[0];
    for (size_t i = 0; i < count; i++) {
        ap_report r = reply(es, cases[i].t_s, cases[i].mode_3a);
        r.flags = cases[i].flags;
        step(w, &r);
        assert_int_equal(*told - before, cases[i].told);
    }
    ap_report position = adsb(es, &f, 0x7, 13.15);
    step(w, &position);
    assert_int_equal(*told - before, cases[count - 1].told + 1);
    ap_track track = only_track(w);
    assert_int_equal(track.update_count, updates + count + 1); /* all were taken in */
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tracker_size_refuses_bad_configurations),
        cmocka_unit_test(test_step_follows_an_address),
        cmocka_unit_test(test_step_follows_plots_anywhere),
        cmocka_unit_test(test_step_one_track_per_aircraft),
        cmocka_unit_test(test_step_misses_of_a_radar_that_joined),
        cmocka_unit_test(test_step_plot_track_gains_an_address),
        cmocka_unit_test(test_step_shared_address_makes_two_tracks),
        cmocka_unit_test(test_step_shared_address_keeps_apart_what_has_no_position),
        cmocka_unit_test(test_step_wrong_velocity_does_not_lead_away),
        cmocka_unit_test(test_step_jump_reinitialises),
        cmocka_unit_test(test_step_jammed_positions_make_no_second_track),
        cmocka_unit_test(test_step_two_sources_found_a_second_track),
        cmocka_unit_test(test_step_displaced_radar_is_left_out),
        cmocka_unit_test(test_step_wild_position_is_refused),
        cmocka_unit_test(test_step_tells_what_is_new),
        cmocka_unit_test(test_step_batches_make_no_difference),
        cmocka_unit_test(test_step_turned_earth_makes_no_difference),
        cmocka_unit_test(test_step_order_within_an_instant_makes_no_difference),
        cmocka_unit_test(test_step_late_equals_in_order),
        cmocka_unit_test(test_step_late_plots_start_nothing),
        cmocka_unit_test(test_step_time_ahead_is_refused),
        cmocka_unit_test(test_step_older_than_the_lag_is_late),
        cmocka_unit_test(test_step_refuses_and_counts),
        cmocka_unit_test(test_step_full_table),
        cmocka_unit_test(test_step_full_queue),
        cmocka_unit_test(test_step_numbers_rest),
        cmocka_unit_test(test_step_height_of_a_primary_plot_is_no_witness),
        cmocka_unit_test(test_step_confirms_by_cost),
        cmocka_unit_test(test_step_doubtful_plots_keep_a_track),
        cmocka_unit_test(test_step_formation_stays_two),
        cmocka_unit_test(test_step_merges_two_tracks_of_one),
        cmocka_unit_test(test_step_learns_clutter),
        cmocka_unit_test(test_reset_forgets),
        cmocka_unit_test(test_restart_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

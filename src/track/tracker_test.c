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
    w->event_count[event->kind]++;
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
    bad = good, bad.drop_existence = 0.98;
    assert_int_equal(ap_tracker_size(&bad), 0);
    bad = good, bad.confirm_existence = NAN;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tracker_size_refuses_bad_configurations),
        cmocka_unit_test(test_step_follows_an_address),
        cmocka_unit_test(test_step_follows_plots_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

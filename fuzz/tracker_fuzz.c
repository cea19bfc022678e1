/* Any bytes as reports, in any order of time: what leaves the tracker is sound, its books balance,
 * and it does not matter how the reports were cut into batches. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "airpicture/tracker.h"
#include "track/test_covariance.h"

#define SENSORS 4
#define REPORTS_MAX 256
#define SPEED_MAX_MPS 12001.0 /* what tracker.h says, and its rounding */
#define START_UTC (INT64_C(1700000000) * AP_NS_PER_S)

typedef struct input {
    const uint8_t *data;
    size_t size;
} input;

static uint8_t byte(input *in)
{
    if (in->size == 0)
        return 0;
    in->size--;
    return *in->data++;
}

/* Mostly within [low, high]; now and then any double at all. */
static double number(input *in, double low, double high)
{
    uint8_t kind = byte(in);
    if (kind == 255) {
        uint64_t bits = 0;
        double any;
        for (int i = 0; i < 8; i++)
            bits = bits << 8 | byte(in);
        memcpy(&any, &bits, sizeof any);
        return any;
    }
    return low + (high - low) * ((double)kind * 256.0 + byte(in)) / 65535.0;
}

static void read_report(input *in, ap_utc_ns *clock_utc, ap_report *r)
{
    *r = (ap_report){ .kind = AP_REPORT_TARGET };
    uint8_t what = byte(in);
    *clock_utc += (ap_utc_ns)(byte(in)) * byte(in) * AP_NS_PER_MS;
    r->receive_utc = *clock_utc;
    if (what % 64 == 21) /* one receive time far off, ahead or back */
        r->receive_utc += ((ap_utc_ns)byte(in) - 64) * 600 * AP_NS_PER_S;
    r->time_utc = r->receive_utc - (ap_utc_ns)byte(in) * 50 * AP_NS_PER_MS;
    if (what == 255)
        r->time_utc = (ap_utc_ns)((uint64_t)r->time_utc << (byte(in) % 8));
    r->sensor = byte(in) % (SENSORS + 1);
    r->kind = (ap_report_kind)(what % 32 == 31 ? byte(in) % 4 : 0);
    r->present = (uint32_t)byte(in) | (uint32_t)byte(in) << 8;
    r->flags = what % 8 == 7 ? (uint32_t)byte(in) << (byte(in) % 8) : 0;
    r->address = byte(in) % 6;
    r->address_kind = what % 16 == 3 ? byte(in) : 0;
    r->mode_3a = (uint16_t)(byte(in) % 4 * 01111);
    memcpy(r->callsign, what & 1 ? "ABC1" : "XYZ", 4);
    r->range_m = number(in, 0.0, 200e3);
    r->azimuth_rad = number(in, 0.0, 2.0 * AP_PI);
    r->range_sigma_m = number(in, 1.0, 200.0);
    r->azimuth_sigma_rad = number(in, 1e-4, 0.01);
    r->elevation_rad = number(in, -0.1, 1.5);
    r->elevation_sigma_rad = number(in, 1e-4, 0.01);
    r->latitude_rad = number(in, 1.4, AP_PI / 2.0);
    r->longitude_rad = number(in, -AP_PI, AP_PI);
    r->position_var_ee_m2 = number(in, 1.0, 1e5);
    r->position_var_nn_m2 = number(in, 1.0, 1e5);
    r->position_var_en_m2 = number(in, -100.0, 100.0);
    r->pressure_altitude_m = r->geometric_height_m = number(in, -500.0, 15000.0);
    r->pressure_altitude_sigma_m = r->geometric_height_sigma_m = number(in, 1.0, 100.0);
    r->east_mps = number(in, -300.0, 300.0);
    r->north_mps = number(in, -300.0, 300.0);
    r->velocity_sigma_mps = number(in, 0.5, 20.0);
    r->up_mps = number(in, -30.0, 30.0);
    r->up_sigma_mps = number(in, 0.5, 5.0);
}

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_track(const ap_track *t)
{
    double sum = t->position.latitude_rad + t->position.longitude_rad + t->position.height_m +
                 t->east_mps + t->north_mps + t->up_mps + t->track_rate_radps +
                 t->vertical_P[0][1] + t->pressure_altitude_m;
    check(isfinite(sum));
    check(t->existence >= 0.0 && t->existence <= 1.0);
    check(t->source_count <= AP_TRACK_SOURCE_CAP && t->state < AP_TRACK_STATE_COUNT);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            check(isfinite(t->P_enu[i][j]) && t->P_enu[i][j] == t->P_enu[j][i]);
    check(test_is_positive(t));
    check(!t->has_height || (t->vertical_P[0][0] > 0.0 && t->vertical_P[1][1] > 0.0));
    check(hypot(hypot(t->east_mps, t->north_mps), t->up_mps) <= SPEED_MAX_MPS);
}

typedef struct books {
    uint64_t digest;
    uint64_t count[AP_EVENT_KIND_COUNT];
} books;

static void on_event(void *context, const ap_track_event *event, const ap_track *track)
{
    books *b = context;
    check_track(track);
    b->count[event->kind]++;
    const unsigned char *at = (const unsigned char *)&track->position;
    b->digest = (b->digest ^ track->id ^ (uint64_t)event->kind << 32) * UINT64_C(0x100000001B3);
    for (size_t i = 0; i < sizeof track->position; i++)
        b->digest = (b->digest ^ at[i]) * UINT64_C(0x100000001B3);
}

static books run(const ap_report *reports, size_t count, size_t batch)
{
    static ap_sensor sensor[SENSORS];
    static ap_sensor_stats stats[SENSORS];
    static const ap_sensor_kind kinds[SENSORS] = { AP_SENSOR_MODE_S, AP_SENSOR_PSR, AP_SENSOR_ADSB,
                                                   AP_SENSOR_MLAT };
    ap_sensor_table table = { .sensor = sensor, .stats = stats, .count = SENSORS, .cap = SENSORS };
    for (int i = 0; i < SENSORS; i++) {
        ap_sensor_defaults(&sensor[i], kinds[i]);
        if (i < 2)
            check(!ap_sensor_place(&sensor[i], (ap_geodetic){ 1.5 + 0.07 * i, 0.3, 50.0 }));
    }
    books b = { 0 };
    ap_tracker_config config = ap_tracker_config_default();
    config.track_cap = 16;
    config.group_report_cap = 64;
    config.sensors = &table;
    config.on_event = on_event;
    config.context = &b;
    size_t size = ap_tracker_size(&config);
    static void *mem; /* kept from run to run: init must not mind what lies in it */
    if (!mem)
        mem = malloc(size);
    ap_tracker tracker;
    check(mem && ap_tracker_init(&tracker, &config, mem, size) == AP_OK);
    for (size_t at = 0; at < count; at += batch) {
        size_t n = batch < count - at ? batch : count - at;
        ap_tracker_step(&tracker, reports[at + n - 1].receive_utc, reports + at, n);
    }
    ap_tracker_flush(&tracker);
    ap_track tracks[16];
    const ap_tracker_stats *s = ap_tracker_stats_of(&tracker);
    size_t alive = ap_tracker_tracks(&tracker, true, tracks, 16);
    check(alive <= 16 && alive == s->alive_count && s->report_count == count);
    check(s->born_count == alive + s->dropped_count + s->tentative_dropped_count);
    check(s->confirmed_count == s->confirmed_alive_count + s->dropped_count);
    check(b.count[AP_EVENT_BORN] == s->born_count);
    for (size_t i = 0; i < alive; i++) {
        ap_track same;
        check_track(&tracks[i]);
        check(i == 0 || tracks[i].id > tracks[i - 1].id);
        check(ap_tracker_find(&tracker, tracks[i].id, &same) && same.id == tracks[i].id);
    }
    return b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ap_report reports[REPORTS_MAX];
    input in = { data, size };
    size_t count = 0, batch = 2 + byte(&in) % 30;
    ap_utc_ns clock_utc = START_UTC;
    while (in.size > 0 && count < REPORTS_MAX)
        read_report(&in, &clock_utc, &reports[count++]);
    if (count == 0)
        return 0;
    books one = run(reports, count, 1), many = run(reports, count, batch);
    check(memcmp(&one, &many, sizeof one) == 0);
    return 0;
}

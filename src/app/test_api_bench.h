/* Shared by the tests and the fuzz target of the API: a small picture with everything in it. */
#ifndef AP_APP_TEST_API_BENCH_H
#define AP_APP_TEST_API_BENCH_H

#include <stdlib.h>
#include <string.h>

#include "app/api.h"
#include "app/archive_answer.h"
#include "publish/test_fixture.h"

#define API_BENCH_TRACKS 6
#define API_BENCH_NOW (FIXTURE_UTC + 120 * AP_NS_PER_S)
#define API_BENCH_BODY (1u << 21)

typedef struct api_bench {
    void *memory[2];
    uint8_t *body;
    fixture f;
    ap_picture picture;
    ap_history history;
    ap_receiver receiver;
    ap_receiver_table receivers;
    ap_refusals refused;
    ap_live_input input;
    ap_live_output outputs[2];
    ap_live_ring ring;
    ap_live_store store;
    ap_live_figures figures;
    ap_sensor_figures sensor_figures[8];
    ap_archive_index archive; /* of what api.has_archive says that there is */
    ap_api api;
    const char *user, *may_operate_as; /* who asks */
    unsigned acknowledged_count;
    bool is_full; /* nothing more can be acknowledged */
} api_bench;

static inline bool api_bench_acknowledge(void *context, uint32_t alert_id, const char *by)
{
    api_bench *b = context;
    if (b->is_full)
        return false;
    b->acknowledged_count++;
    return ap_picture_acknowledge(&b->picture, alert_id, by, API_BENCH_NOW) != NULL;
}

/* Track 12 is the fixture's; 13 flies by radar only over the date line, without an address; 14 is
 * on the ground; 15 coasts, with ADS-B as anonymous; 16 has ended; 17 is tentative. */
static inline ap_track api_bench_track(uint32_t id, ap_utc_ns time)
{
    ap_track track = fixture_track();
    double moved_s = ap_seconds_between(FIXTURE_UTC, time);
    track.id = id;
    track.number = (uint16_t)(id == 12 ? 4095 : id);
    track.time_utc = track.updated_utc = track.geometric_height_utc = track.adsb_utc = time;
    track.position.latitude_rad += moved_s * 1e-5 * (id - 11);
    if (id == 13) {
        track.present = 0;
        track.has_geometric_height = track.has_height = false;
        track.adsb_utc = track.mode_s_utc = AP_UTC_UNKNOWN;
        track.psr_utc = time;
        track.position.longitude_rad = (179.99 + moved_s * 1e-3) * AP_RAD_PER_DEG;
        if (track.position.longitude_rad > AP_PI)
            track.position.longitude_rad -= 2 * AP_PI;
    }
    if (id > 13)
        track.address = 0x400000 + id;
    if (id == 14) {
        track.flags |= AP_FLAG_ON_GROUND;
        track.pressure_altitude_m = 30.0;
    }
    if (id == 15)
        track.address_kind = AP_ADDRESS_ANONYMOUS;
    return track;
}

static inline void api_bench_fill(api_bench *b)
{
    for (int s = 0; s <= 120; s += 4)
        for (uint32_t id = 12; id < 12 + API_BENCH_TRACKS; id++) {
            ap_track track = api_bench_track(id, FIXTURE_UTC + s * AP_NS_PER_S);
            if (id == 15 && s > 80)
                track.state = AP_TRACK_COASTING;
            if (id == 16 && s > 60)
                track.state = AP_TRACK_DEAD;
            if (id == 17)
                track.state = AP_TRACK_TENTATIVE;
            ap_picture_copy(&b->picture, &track);
            ap_history_track(&b->history, &track, track.time_utc);
        }
    for (uint32_t id = 1; id <= 2; id++) {
        ap_alert alert = { .id = id,
                           .kind = AP_ALERT_EMERGENCY_CODE,
                           .track_id = 11 + id,
                           .detail = 07700,
                           .since_utc = FIXTURE_UTC,
                           .until_utc = id == 1 ? AP_UTC_UNKNOWN : API_BENCH_NOW };
        ap_picture_alert(&b->picture, &alert);
    }
}

static inline void api_bench_figures(api_bench *b)
{
    b->refused.count[AP_REFUSED_FORMAT] = 3;
    b->input = (ap_live_input){ .name = "roof \"1\"",
                                .state = "open",
                                .is_open = true,
                                .byte_count = 1000,
                                .byte_per_s = 12.5,
                                .connect_refused_count = 4,
                                .last_utc = API_BENCH_NOW - AP_NS_PER_S,
                                .last_error = "connection refused",
                                .refused = &b->refused };
    b->outputs[0] = (ap_live_output){ .name = "cat062",
                                      .state = "open",
                                      .is_open = true,
                                      .client_count = 3,
                                      .client_cut_count = 4,
                                      .client_refused_count = 5,
                                      .byte_count = 600,
                                      .message_count = 70,
                                      .lost_count = 8 };
    b->outputs[1] = (ap_live_output){ .name = "postgres",
                                      .state = "spools",
                                      .is_open = true,
                                      .last_error = "connection refused",
                                      .has_server = true,
                                      .connection_count = 3,
                                      .stored_count = 70,
                                      .spool_count = 11,
                                      .spool_size = 1900,
                                      .spool_refused_count = 2 };
    b->ring =
        (ap_live_ring){ .name = "journal", .depth = 5, .peak = 9, .cap = 64, .lost_count = 7 };
    b->store = (ap_live_store){ "recordings", 3, 12345, 67890, 100000 };
    b->figures = (ap_live_figures){ .version = "1.2.3",
                                    .started_utc = FIXTURE_UTC - 3600 * AP_NS_PER_S,
                                    .totals = { API_BENCH_NOW, 5000, 4000, 100, 60, 1.5, 6 },
                                    .http_fault_count = { [AP_LIVE_HTTP_TLS] = 9 },
                                    .log_lost_count = 2,
                                    .inputs = &b->input,
                                    .outputs = b->outputs,
                                    .engine_cpu_s = 0.75,
                                    .rings = &b->ring,
                                    .stores = &b->store,
                                    .store_count = 1,
                                    .input_count = 1,
                                    .output_count = 2,
                                    .ring_count = 1 };
    for (int i = 0; i < 100; i++)
        ap_latency_add(&b->figures.latency, i * 1e-4);
    for (int minute = 40; minute > 0; minute--)
        ap_live_minutes_take(&b->figures.minutes,
                             &(ap_live_totals){ API_BENCH_NOW - minute * 60 * AP_NS_PER_S,
                                                5000 - 10 * (uint64_t)minute, 4000, 100, 60, 1.5,
                                                6 });
}

/* Of sensor 0 all is known that can be. */
static inline void api_bench_sensors(api_bench *b)
{
    b->f.stats[0].pace = (ap_sensor_pace){ .report_count = 9,
                                           .latency_mean_s = 0.25,
                                           .latency_peak_s = 0.5,
                                           .has_azimuth = true,
                                           .azimuth_utc = API_BENCH_NOW,
                                           .azimuth_rad = AP_PI / 2,
                                           .turn_s = 4.0,
                                           .turn_count = 2 };
    b->f.stats[1].pace = b->f.stats[0].pace;
    b->f.stats[1].pace.turn_count = 1;
    b->f.sensors[0].range_bias_m = 30.0;
    b->f.sensors[0].azimuth_bias_rad = 0.1 * AP_RAD_PER_DEG;
    b->f.sensors[0].latency_s = 0.2;
    b->sensor_figures[0] = (ap_sensor_figures){ .has_rates = true,
                                                .record_ps = 12.5,
                                                .report_ps = 10.0,
                                                .has_tracker = true,
                                                .detection_probability = 0.97,
                                                .detection_look_count = 1200.9,
                                                .clutter_per_turn = 3.5,
                                                .has_offset = true,
                                                .azimuth_offset_rad = -0.2 * AP_RAD_PER_DEG,
                                                .residuals = { 5, 30.0, 1000.0, -40.0, 2500.0 } };
    b->f.table.figures = b->sensor_figures;
}

static inline api_bench *api_bench_make(void)
{
    api_bench *b = calloc(1, sizeof *b);
    ap_picture_config picture = { 64, 64 };
    ap_history_config history = ap_history_config_default();
    history.trail_cap = 64;
    history.point_cap = 4096;
    size_t picture_size = ap_picture_size(&picture), history_size = ap_history_size(&history);
    b->memory[0] = malloc(picture_size);
    b->memory[1] = malloc(history_size);
    b->body = malloc(API_BENCH_BODY);
    if (ap_picture_init(&b->picture, &picture, b->memory[0], picture_size) ||
        ap_history_init(&b->history, &history, b->memory[1], history_size))
        abort();
    (void)fixture_table(&b->f);
    b->f.stats[1].report_count = 77;
    b->f.stats[1].last_utc = API_BENCH_NOW - AP_NS_PER_S;
    b->f.stats[1].refused.count[AP_REFUSED_GATE] = 2;
    for (int i = 0; i < 3; i += 2)
        b->f.stats[i].first_utc = b->f.stats[i].last_utc = AP_UTC_UNKNOWN;
    b->f.sensors[0].has_site = true;
    api_bench_sensors(b);
    b->receiver = (ap_receiver){ .sensor = 1, .has_id = true, .id = 0xabc };
    b->receiver.stats.first_utc = b->receiver.stats.last_utc = AP_UTC_UNKNOWN;
    b->receiver.stats.bucket_end_utc = AP_UTC_UNKNOWN;
    b->receivers = (ap_receiver_table){ .rows = &b->receiver, .count = 1, .cap = 1 };
    api_bench_fill(b);
    api_bench_figures(b);
    b->api = (ap_api){ .picture = &b->picture,
                       .history = &b->history,
                       .sensors = &b->f.table,
                       .receivers = &b->receivers,
                       .figures = &b->figures,
                       .now = API_BENCH_NOW,
                       .has_site = true,
                       .site = { 0.89, -0.08, 0 },
                       .refresh_ms = 1000,
                       .epoch = 1717660000,
                       .tiles = "https://tiles.example/{z}/{x}/{y}.png",
                       .tiles_attribution = "(c) \"them\"",
                       .acknowledge = api_bench_acknowledge,
                       .context = b };
    b->may_operate_as = "ann";
    return b;
}

static inline void api_bench_free(api_bench *b)
{
    free(b->memory[0]);
    free(b->memory[1]);
    free(b->body);
    free(b);
}

/* A bench of its own for each test. */
static inline int api_bench_set_up(void **state)
{
    *state = api_bench_make();
    return 0;
}

static inline int api_bench_tear_down(void **state)
{
    api_bench_free(*state);
    return 0;
}

#define API_BENCH_PAIRS 16

/* "path?a=1&b=2", as it stands, no escapes. */
typedef struct api_bench_url {
    char text[1024];
    const char *name[API_BENCH_PAIRS], *value[API_BENCH_PAIRS];
    size_t count;
} api_bench_url;

static inline bool api_bench_parameter(const void *context, size_t i, const char **name,
                                       const char **value)
{
    const api_bench_url *url = context;
    if (i >= url->count)
        return false;
    *name = url->name[i];
    *value = url->value[i];
    return true;
}

static inline void api_bench_split(api_bench_url *url, const char *text)
{
    memset(url, 0, sizeof *url);
    strncpy(url->text, text, sizeof url->text - 1);
    char *at = strchr(url->text, '?');
    while (at && url->count < API_BENCH_PAIRS) {
        *at++ = '\0';
        char *next = strchr(at, '&'), *is = strchr(at, '=');
        if (next)
            *next = '\0';
        url->name[url->count] = at;
        url->value[url->count] = is && (!next || is < next) ? is + 1 : "";
        if (is && (!next || is < next))
            *is = '\0';
        url->count++;
        if (next)
            *next = '?';
        at = next;
    }
}

/* What the service has a thread for. */
static inline void api_bench_later(api_bench *b, ap_api_reply *reply)
{
    const ap_archive_limits limits = { .deadline_ns = INT64_MAX };
    ap_archive_reply later;
    ap_archive_answer(&b->archive, &reply->question, &limits, &later);
    reply->status = later.status;
    reply->content_type = later.content_type;
    ap_write_bytes(&reply->body, later.body.data, later.body.size);
    free(later.body.data);
}

static inline ap_api_reply api_bench_ask(api_bench *b, const char *method, const char *text,
                                         const char *tag)
{
    api_bench_url url;
    ap_api_reply reply = { .body = ap_writer_of(b->body, API_BENCH_BODY - 1) };
    api_bench_split(&url, text);
    ap_api_request request = { .method = method,
                               .path = url.text,
                               .parameter = api_bench_parameter,
                               .context = &url,
                               .if_none_match = tag,
                               .user = b->user,
                               .may_operate_as = b->may_operate_as };
    ap_api_answer(&b->api, &request, &reply);
    if (reply.is_later)
        api_bench_later(b, &reply);
    b->body[reply.body.size] = '\0';
    return reply;
}

#endif

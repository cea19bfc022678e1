#include "app/run_web.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/api.h"
#include "app/run_certificate.h"
#include "app/run_desk.h"
#include "app/run_mirror.h"
#include "app/run_page.h"
#include "app/run_tiles.h"
#include "app/run_tokens.h"
#include "io/http.h"
#include "io/memory.h"
#include "publish/delta.h"
#include "publish/delta_ask.h"

#define INPUT_SIZE ((size_t)4096) /* that the figures of an input take at most */
#define BODY_SIZE_MAX ((size_t)256 << 20)
#define GZIP_SIZE_MIN 1024u
#define GZIP_SIZE_MAX ((size_t)1 << 20) /* beyond, packing costs more than sending */
#define ALERT_CAP 4096u
#define MADE_CAP 32      /* kinds of messages that a step keeps for others */
#define SENSORS_STEPS 10 /* of the stream between two messages about the sensors */
#define MIRROR_MS 50
#define REFRESH_MIN_MS 1000u /* of aircraft.json, which is whole each time */
#define BURST_S 4.0          /* of one address's requests, that may come at once */

/* A client of the stream. */
typedef struct stream_client {
    ap_ws_client *socket;
    ap_delta_client delta;
    uint32_t alerts_since;
    struct stream_client *next;
} stream_client;

struct ap_run_web_state {
    ap_run_web_config config;
    ap_run_mirror mirror;
    ap_http http;
    ap_run_certificate certificate;
    ap_run_page page;
    ap_run_desk desk;
    ap_tokens tokens;
    ap_delta delta;
    void *delta_mem;
    size_t delta_size;
    stream_client *clients;
    uint8_t *body; /* answers and messages are made here */
    size_t body_size;
    uint64_t step_count; /* of the stream */
};

/* --- the mirror --- */

static void pull(struct ap_run_web_state *state, bool and_sensors)
{
    const ap_engine *engine = ap_run_engine_lock(state->config.engine);
    ap_run_mirror_pull(&state->mirror, engine);
    if (and_sensors)
        ap_run_mirror_pull_sensors(&state->mirror, engine);
    ap_run_engine_unlock(state->config.engine);
    ap_run_mirror_follow(&state->mirror);
}

/* --- answers --- */

static bool parameter_of(const void *context, size_t i, const char **name, const char **value)
{
    const ap_http_request *request = context;
    if (i >= request->query_count)
        return false;
    *name = request->query[i].name;
    *value = request->query[i].value;
    return true;
}

/* The mirror has it at once: there is no other way to it, so the engine will say the same. */
static bool acknowledge(void *context, uint32_t alert_id, const char *by)
{
    struct ap_run_web_state *state = context;
    const ap_run_web_config *config = &state->config;
    ap_utc_ns utc = config->clock ? ap_live_clock_stamp(config->clock) : AP_UTC_UNKNOWN;
    utc = ap_run_engine_acknowledge(config->engine, utc, alert_id, by);
    if (utc == AP_UTC_UNKNOWN)
        return false;
    (void)ap_picture_acknowledge(&state->mirror.picture, alert_id, by, utc);
    ap_log_write(config->log, AP_LOG_NOTICE, "alert %" PRIu32 " acknowledged by %s", alert_id, by);
    return true;
}

static ap_api api_of(struct ap_run_web_state *state)
{
    const ap_sensor_table *sensors = &state->mirror.sensors;
    uint32_t stream_ms = state->config.config->http.stream_ms;
    ap_api api = { .picture = &state->mirror.picture,
                   .history = &state->mirror.history,
                   .sensors = sensors,
                   .receivers = &state->mirror.receivers,
                   .figures = state->config.figures,
                   .now = state->mirror.now,
                   .refresh_ms = stream_ms > REFRESH_MIN_MS ? stream_ms : REFRESH_MIN_MS,
                   .epoch = ap_delta_epoch(&state->delta),
                   .has_archive = state->desk.state != NULL,
                   .serves = state->config.serves,
                   .has_ended = ap_run_engine_stays(state->config.engine),
                   .tiles = state->config.config->http.tiles,
                   .tiles_attribution = state->config.config->http.tiles_attribution,
                   .acknowledge = acknowledge,
                   .context = state };
    for (uint16_t i = 0; i < sensors->count && !api.has_site; i++) {
        api.has_site = sensors->sensor[i].has_site;
        api.site = sensors->sensor[i].site;
    }
    return api;
}

/* Room for any answer about what there is now. */
static bool make_room(struct ap_run_web_state *state)
{
    ap_history_stats history = ap_history_stats_of(&state->mirror.history);
    size_t size = AP_API_BODY_SIZE(history.trail_count + ap_delta_track_count(&state->delta),
                                   history.point_count, state->mirror.sensors.count) +
                  INPUT_SIZE * state->config.figures->input_count;
    if (size > BODY_SIZE_MAX)
        size = BODY_SIZE_MAX;
    if (size <= state->body_size)
        return true;
    uint8_t *more = realloc(state->body, size + size / 4);
    if (!more)
        return state->body_size >= AP_API_BODY_MIN;
    state->body = more;
    state->body_size = size + size / 4;
    return true;
}

/* Who may operate, by the name that is written down; "": he may not. */
static const char *operator_of(const struct ap_run_web_state *state, const ap_http_request *request)
{
    if (request->role == AP_ROLE_OPERATE)
        return request->user;
    return state->config.config->http.local_operates && !*request->user ? "local" : "";
}

static const char *method_word(ap_http_method method)
{
    static const char *const words[] = {
        [AP_HTTP_GET] = "GET",        [AP_HTTP_HEAD] = "HEAD",   [AP_HTTP_POST] = "POST",
        [AP_HTTP_PUT] = "PUT",        [AP_HTTP_PATCH] = "PATCH", [AP_HTTP_DELETE] = "DELETE",
        [AP_HTTP_OPTIONS] = "OPTIONS"
    };
    return words[method];
}

static void ask_archive(struct ap_run_web_state *state, const ap_http_request *request,
                        const ap_archive_question *question, ap_http_reply *reply)
{
    bool accepts_gzip = strstr(request->accept_encoding, "gzip") != NULL;
    reply->is_later = ap_run_desk_ask(&state->desk, request->ticket, question, accepts_gzip);
    if (reply->is_later)
        return;
    ap_http_reply_error(reply, 503, "too many ask the archive; ask again in a second");
    reply->field[reply->field_count++] = (ap_http_pair){ "Retry-After", "1" };
}

/* What of the figures is known here. */
static void take_http(const struct ap_run_web_state *state)
{
    ap_live_figures *figures = state->config.figures;
    const ap_http_counters *http = ap_http_count(&state->http);
    figures->http_request_count = http->request_count;
    figures->http_refused_count = http->status_count[4] + http->refused_count;
    figures->websocket_client_count = (uint32_t)http->ws_count;
    figures->log_lost_count = ap_log_stats_of(state->config.log).lost_count;
    const uint64_t counts[AP_LIVE_HTTP_COUNT] = {
        [AP_LIVE_HTTP_FULL] = http->refused_count,
        [AP_LIVE_HTTP_DISPLACED] = http->displaced_count,
        [AP_LIVE_HTTP_TIMED_OUT] = http->timed_out_count,
        [AP_LIVE_HTTP_SLOW_REPLY] = http->slow_reply_count,
        [AP_LIVE_HTTP_MALFORMED] = http->malformed_count,
        [AP_LIVE_HTTP_OVERSIZED] = http->oversized_count,
        [AP_LIVE_HTTP_LIMITED] = http->limited_count,
        [AP_LIVE_HTTP_TLS] = http->tls_failed_count,
        [AP_LIVE_HTTP_WRONG_TOKEN] = http->wrong_token_count,
        [AP_LIVE_HTTP_WRONG_ORIGIN] = http->wrong_origin_count,
        [AP_LIVE_HTTP_STREAM_REFUSED] = http->ws_refused_count,
        [AP_LIVE_HTTP_STREAM_SLOW] = http->ws_cut_slow_count,
        [AP_LIVE_HTTP_STREAM_SILENT] = http->ws_cut_silent_count
    };
    memcpy(figures->http_fault_count, counts, sizeof counts);
}

static void answer(void *context, const ap_http_request *request, ap_http_reply *reply)
{
    struct ap_run_web_state *state = context;
    if (ap_run_page_has(&state->page, request->path)) {
        ap_run_page_reply(&state->page, request, reply);
        return;
    }
    pull(state, false);
    if (!make_room(state)) {
        ap_http_reply_error(reply, 503, "memory is exhausted; ask again later");
        return;
    }
    take_http(state);
    const ap_api api = api_of(state);
    const ap_api_request asked = { .method = method_word(request->method),
                                   .path = request->path,
                                   .parameter = parameter_of,
                                   .context = request,
                                   .if_none_match = request->if_none_match,
                                   .user = request->user,
                                   .may_operate_as = operator_of(state, request) };
    ap_api_reply made = { .body = ap_writer_of(state->body, state->body_size) };
    ap_api_answer(&api, &asked, &made);
    if (made.is_later) {
        ask_archive(state, request, &made.question, reply);
        return;
    }
    reply->status = made.status;
    reply->content_type = made.content_type;
    reply->cache_control = made.cache_control;
    memcpy(reply->etag, made.etag, sizeof reply->etag);
    if (made.allow)
        reply->field[reply->field_count++] = (ap_http_pair){ "Allow", made.allow };
    if (made.status == 401)
        reply->field[reply->field_count++] = (ap_http_pair){ "WWW-Authenticate", "Bearer" };
    if (made.body.size == 0)
        return;
    reply->body = ap_shared_bytes_copy(state->body, made.body.size);
    if (!reply->body)
        ap_http_reply_error(reply, 503, "memory is exhausted; ask again later");
    else if (made.body.size >= GZIP_SIZE_MIN && made.body.size <= GZIP_SIZE_MAX &&
             strstr(request->accept_encoding, "gzip"))
        (void)ap_shared_bytes_gzip(reply->body, 1); /* without a twin it goes as it is */
}

/* --- the stream --- */

/* The message in the body's memory, as bytes to share; NULL when it is empty or did not fit. */
static ap_shared_bytes *share(const ap_writer *message)
{
    return message->bad || message->size == 0 ? NULL
                                              : ap_shared_bytes_copy(message->data, message->size);
}

/* The bytes packed, or as they are when that makes them no smaller. */
static ap_shared_bytes *pack(ap_shared_bytes *bytes)
{
    if (!bytes || ap_shared_bytes_gzip(bytes, 1) || !ap_shared_bytes_gzip_twin(bytes))
        return bytes;
    ap_shared_bytes *packed = ap_shared_bytes_keep(ap_shared_bytes_gzip_twin(bytes));
    ap_shared_bytes_drop(bytes);
    return packed;
}

static bool is_packed(ap_shared_bytes *bytes)
{
    return ap_shared_bytes_data(bytes)[0] == 0x1F; /* no message of ours begins so */
}

static ap_writer writer_of(struct ap_run_web_state *state)
{
    return ap_writer_of(state->body, make_room(state) ? state->body_size : 0);
}

static void send_and_drop(stream_client *client, ap_shared_bytes *bytes)
{
    if (bytes) /* one that is cut is told */
        (void)ap_ws_send(client->socket, bytes, !client->delta.json || is_packed(bytes));
    ap_shared_bytes_drop(bytes);
}

typedef enum made_kind { MADE_MESSAGE, MADE_ALERTS, MADE_SENSORS } made_kind;

/* A message, and who gets the same. */
typedef struct made_key {
    made_kind kind;
    bool json, gzip;
    uint32_t since;
} made_key;

/* What a step made: clients that lack the same share it, those that missed a step or two as well.
 * Else a moment in which many fall behind costs a message for each, and they fall further. */
typedef struct made_step {
    size_t count;
    struct {
        made_key key;
        ap_shared_bytes *bytes; /* NULL: there is nothing to tell */
    } one[MADE_CAP];
} made_step;

/* NULL: there is nothing to tell, or, of MADE_MESSAGE, no memory. */
static ap_shared_bytes *make(struct ap_run_web_state *state, made_kind kind,
                             const stream_client *client)
{
    ap_writer message = writer_of(state);
    bool json = client->delta.json;
    if (kind == MADE_MESSAGE)
        (void)ap_delta_message(&state->delta, &client->delta, &message);
    else if (kind == MADE_ALERTS)
        (void)ap_delta_alerts(&state->delta, json, client->alerts_since, &message);
    else
        (void)ap_delta_sensors(&state->delta, json, &state->mirror.sensors, state->mirror.now,
                               &message);
    return share(&message);
}

static bool is_same_key(const made_key *a, const made_key *b)
{
    return a->kind == b->kind && a->json == b->json && a->gzip == b->gzip && a->since == b->since;
}

/* What everybody with this key gets; packed once for all of them. A reference of the caller's. */
static ap_shared_bytes *made_of(struct ap_run_web_state *state, made_step *step,
                                const made_key *key, const stream_client *client)
{
    for (size_t i = 0; i < step->count; i++)
        if (is_same_key(&step->one[i].key, key))
            return ap_shared_bytes_keep(step->one[i].bytes);
    ap_shared_bytes *bytes = make(state, key->kind, client);
    if (key->gzip)
        bytes = pack(bytes);
    if (step->count < MADE_CAP) {
        step->one[step->count].key = *key;
        step->one[step->count++].bytes = ap_shared_bytes_keep(bytes);
    }
    return bytes;
}

/* False: there was no memory for what the client lacks. */
static bool send_made(struct ap_run_web_state *state, made_step *step, made_kind kind,
                      stream_client *client)
{
    made_key key = { .kind = kind, .json = client->delta.json, .gzip = client->delta.gzip };
    bool is_own = kind == MADE_MESSAGE && !ap_delta_is_common(&client->delta);
    if (kind != MADE_SENSORS)
        key.since = kind == MADE_MESSAGE ? client->delta.since : client->alerts_since;
    ap_shared_bytes *bytes =
        is_own ? make(state, kind, client) : made_of(state, step, &key, client);
    bool is_made = bytes != NULL;
    send_and_drop(client, bytes);
    return is_made || kind != MADE_MESSAGE;
}

/* Who has not taken what was sent before gets nothing now, and all of it at once later. */
static void step_clients(struct ap_run_web_state *state)
{
    made_step step = { .count = 0 };
    for (stream_client *client = state->clients, *next; client; client = next) {
        next = client->next;
        if (ap_ws_queued_size(client->socket) > 0)
            continue;
        if (state->step_count % SENSORS_STEPS == 0)
            (void)send_made(state, &step, MADE_SENSORS, client);
        (void)send_made(state, &step, MADE_ALERTS, client);
        client->alerts_since = ap_delta_sequence(&state->delta);
        if (send_made(state, &step, MADE_MESSAGE, client))
            client->delta.since = ap_delta_sequence(&state->delta);
    }
    while (step.count > 0)
        ap_shared_bytes_drop(step.one[--step.count].bytes);
}

/* Between the steps, so that no pull has so much to take in that the engine waits for it. */
static void on_mirror(void *context)
{
    pull(context, false);
}

static void on_step(void *context)
{
    struct ap_run_web_state *state = context;
    pull(state, true);
    if (state->mirror.now == AP_UTC_UNKNOWN)
        return;
    ap_delta_step(&state->delta, &state->mirror.picture, state->mirror.now);
    state->step_count++;
    step_clients(state);
}

/* What is said with the address holds for the first step already, however far away its sender is.
 * False: it cannot be used. */
static bool ask_on_open(const struct ap_run_web_state *state, const ap_http_request *request,
                        ap_delta_client *asked, ap_http_reply *reply)
{
    const char *ask = ap_http_query(request, "ask");
    const char *expected =
        ask ? ap_delta_ask(&state->delta, (const uint8_t *)ask, strlen(ask), asked) : NULL;
    if (!expected)
        return true;
    char sentence[AP_IO_MESSAGE_SIZE];
    (void)snprintf(sentence, sizeof sentence, "ask: expected %s", expected);
    ap_http_reply_error(reply, 400, sentence);
    return false;
}

static bool on_open(void *context, ap_ws_client *socket, const ap_http_request *request,
                    const char *sub_protocol, ap_http_reply *reply)
{
    struct ap_run_web_state *state = context;
    ap_delta_client asked = { .since = 0 };
    (void)sub_protocol;
    if (strcmp(request->path, "/ws") != 0) {
        ap_http_reply_error(reply, 404, "the stream is at /ws");
        return false;
    }
    if (!ask_on_open(state, request, &asked, reply))
        return false;
    stream_client *client = calloc(1, sizeof *client);
    if (!client) {
        ap_http_reply_error(reply, 503, "memory is exhausted; ask again later");
        return false;
    }
    client->delta = asked;
    client->socket = socket;
    client->next = state->clients;
    state->clients = client;
    ap_ws_set_data(socket, client);
    ap_writer hello = writer_of(state);
    (void)ap_delta_hello(&state->delta, asked.json, "airpicture " AP_VERSION, &hello);
    send_and_drop(client, share(&hello));
    send_and_drop(client, make(state, MADE_SENSORS, client));
    return true;
}

static void on_message(void *context, ap_ws_client *socket, const uint8_t *data, size_t size,
                       bool is_binary)
{
    struct ap_run_web_state *state = context;
    stream_client *client = ap_ws_data(socket);
    (void)is_binary;
    const char *expected = ap_delta_ask(&state->delta, data, size, &client->delta);
    if (!expected)
        return;
    ap_writer message = writer_of(state);
    (void)ap_delta_error(&state->delta, client->delta.json, "the message cannot be used", expected,
                         &message);
    send_and_drop(client, share(&message));
}

static void on_close(void *context, ap_ws_client *socket)
{
    struct ap_run_web_state *state = context;
    stream_client *client = ap_ws_data(socket);
    for (stream_client **at = &state->clients; *at; at = &(*at)->next)
        if (*at == client) {
            *at = client->next;
            break;
        }
    free(client);
}

/* --- start and end --- */

static void on_certificate(void *context)
{
    ap_run_certificate_look(&((struct ap_run_web_state *)context)->certificate);
}

static ap_err watch_certificate(struct ap_run_web_state *state)
{
    const ap_run_http *http = &state->config.config->http;
    ap_run_certificate_begin(&state->certificate, &state->http, http, state->config.log);
    return *http->certificate
               ? ap_loop_every(state->config.loop, AP_RUN_CERTIFICATE_MS, on_certificate, state)
               : AP_OK;
}

static void on_http_log(void *context, const char *reason, const char *line)
{
    const struct ap_run_web_state *state = context;
    char text[AP_IO_MESSAGE_SIZE + 8];
    snprintf(text, sizeof text, "HTTP: %s", line);
    ap_log_write_as(state->config.log, AP_LOG_WARNING, reason, text);
}

static int fail_memory(const struct ap_run_web_state *state)
{
    return ap_command_fail(state->config.command, AP_EXIT_SOFTWARE,
                           "memory is exhausted; lower the capacities");
}

static int open_stream(struct ap_run_web_state *state)
{
    ap_utc_ns started_utc = state->config.figures->started_utc;
    const ap_delta_config config = { .track_cap = state->mirror.track_cap,
                                     .gone_cap = state->mirror.track_cap,
                                     .alert_cap = ALERT_CAP,
                                     .epoch = (uint32_t)(started_utc / AP_NS_PER_S) };
    state->delta_size = ap_delta_size(&config);
    state->delta_mem = ap_memory_take(state->delta_size);
    if (!state->delta_mem ||
        ap_delta_init(&state->delta, &config, state->delta_mem, state->delta_size))
        return fail_memory(state);
    return AP_EXIT_OK;
}

/* The words as texts; how many. */
static size_t texts_of(const ap_run_words *words, const char *texts[AP_RUN_WORD_CAP])
{
    for (uint32_t i = 0; i < words->count; i++)
        texts[i] = words->word[i];
    return words->count;
}

static int open_http(struct ap_run_web_state *state)
{
    static const char *const sub_protocols[] = { "airpicture.v1" };
    static const char *const open_paths[] = { AP_RUN_PAGE_PATHS, "/healthz", "/readyz",
                                              "/metrics" };
    size_t open_path_count = sizeof open_paths / sizeof open_paths[0];
    const char *names[AP_RUN_WORD_CAP], *origins[AP_RUN_WORD_CAP];
    char message[AP_IO_MESSAGE_SIZE];
    const ap_run_http *from = &state->config.config->http;
    ap_http_config config;
    ap_http_config_init(&config);
    config.uv_loop = ap_loop_uv(state->config.loop);
    config.address = from->address;
    config.port = from->port;
    if (*from->certificate) {
        config.certificate_path = from->certificate;
        config.key_path = from->key;
    }
    if (*from->tokens) {
        int status = ap_run_tokens_read(state->config.command, from->tokens, &state->tokens);
        if (status)
            return status;
        config.tokens = &state->tokens;
    }
    char source[AP_TILES_ORIGIN_SIZE];
    if (*from->tiles && ap_run_tiles_origin(from->tiles, source))
        config.page_source = source;
    config.host_names = names;
    config.host_name_count = texts_of(&from->names, names);
    config.origins = origins;
    config.origin_count = texts_of(&from->origins, origins);
    config.requests_per_second = from->request_rate;
    config.request_burst = BURST_S * from->request_rate;
    config.read_needs_token = from->read_needs_token;
    config.open_paths = open_paths;
    config.open_path_count = open_path_count - (from->metrics_needs_token ? 1 : 0);
    config.handler = answer;
    config.ws =
        (ap_ws_handler){ .on_open = on_open, .on_message = on_message, .on_close = on_close };
    config.ws_path = "/ws";
    config.sub_protocols = sub_protocols;
    config.sub_protocol_count = 1;
    config.context = state;
    config.log = on_http_log;
    config.log_context = state;
    ap_run_page_open(&state->page);
    if (!state->page.is_there)
        ap_log_write(state->config.log, AP_LOG_NOTICE,
                     "has no page: neither installed nor in web/dist; with node and npm 'make "
                     "build' makes it");
    ap_err err = ap_http_open(&state->http, &config, message);
    return err ? ap_command_fail(state->config.command,
                                 err == AP_ERR_CONFIG ? AP_EXIT_CONFIG : AP_EXIT_NO_OUTPUT, "%s",
                                 message)
               : AP_EXIT_OK;
}

int ap_run_web_open(ap_run_web *web, const ap_run_web_config *config)
{
    web->state = NULL;
    if (!config->config->http.is_on)
        return AP_EXIT_OK;
    struct ap_run_web_state *state = calloc(1, sizeof *state);
    if (!state)
        return ap_command_fail(config->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    web->state = state;
    state->config = *config;
    const ap_engine *engine = ap_run_engine_lock(config->engine);
    ap_err err = ap_run_mirror_open(&state->mirror, engine, config->config->history_points);
    ap_run_engine_unlock(config->engine);
    if (err)
        return fail_memory(state);
    int status = open_stream(state);
    if (!status)
        status = open_http(state);
    if (!status &&
        ap_run_desk_open(&state->desk, config->loop, &state->http, config->config->archive.folder))
        status = fail_memory(state);
    if (!status &&
        (ap_loop_every(config->loop, config->config->http.stream_ms, on_step, state) ||
         ap_loop_every(config->loop, MIRROR_MS, on_mirror, state) || watch_certificate(state)))
        status = fail_memory(state);
    return status;
}

uint16_t ap_run_web_port(const ap_run_web *web)
{
    return web->state ? ap_http_port(&web->state->http) : 0;
}

void ap_run_web_drain(ap_run_web *web)
{
    if (web->state)
        ap_http_drain(&web->state->http);
}

bool ap_run_web_is_left(const ap_run_web *web)
{
    return !web->state || ap_http_count(&web->state->http)->connection_count == 0;
}

void ap_run_web_close(ap_run_web *web)
{
    struct ap_run_web_state *state = web->state;
    if (!state)
        return;
    ap_loop_cancel(state->config.loop, on_step, state);
    ap_loop_cancel(state->config.loop, on_mirror, state);
    ap_loop_cancel(state->config.loop, on_certificate, state);
    ap_run_desk_close(&state->desk);
    ap_http_close(&state->http);
    ap_run_page_close(&state->page);
    ap_run_mirror_close(&state->mirror);
    ap_memory_give_back(state->delta_mem, state->delta_size);
    free(state->body);
    free(state);
    web->state = NULL;
}

/* /api/v1/display, /api/v1/sensors, /api/v1/statistics, /api/openapi.json, /healthz, /readyz. */
#include <math.h>
#include <string.h>

#include "app/api_call.h"
#include "publish/columns.h"
#include "publish/track_api.h"
#include "wire/json.h"

void ap_api_openapi(ap_api_call *call)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < ap_openapi_json_size; i++)
        sum = sum * 31 + ap_openapi_json[i];
    if (!ap_api_is_known(call, "o", ap_openapi_json_size, sum))
        ap_write_bytes(call->out, ap_openapi_json, ap_openapi_json_size);
}

void ap_api_health(ap_api_call *call)
{
    ap_api_type(call, AP_API_TEXT);
    AP_PUT(call->out, "ok\n");
}

void ap_api_ready(ap_api_call *call)
{
    const char *waits_for = call->api->figures->not_ready;
    if (waits_for) {
        ap_api_error(call, 503, waits_for, NULL);
        return;
    }
    ap_api_type(call, AP_API_TEXT);
    AP_PUT(call->out, "ready\n");
}

/* ---- the page ---- */

void ap_api_display(ap_api_call *call)
{
    static const char *const serves[] = { [AP_API_LIVE] = "live",
                                          [AP_API_RECORDING] = "recording",
                                          [AP_API_SIMULATION] = "simulation" };
    const ap_api *api = call->api;
    ap_json_object object = ap_json_open(call->out);
    ap_json_member_str(&object, "serves", serves[api->serves]);
    if (api->has_ended)
        ap_json_member_bool(&object, "ended", true);
    if (api->tiles && *api->tiles) {
        ap_json_key(&object, "tiles");
        ap_json_object tiles = ap_json_open(call->out);
        ap_json_member_str(&tiles, "url", api->tiles);
        ap_json_member_str(&tiles, "attribution", api->tiles_attribution);
        ap_json_close(&tiles);
    }
    ap_json_close(&object);
    AP_PUT(call->out, "\n");
}

/* ---- sensors ---- */

static void put_receiver(ap_api_call *call, const ap_receiver *receiver)
{
    const ap_receiver_stats *stats = &receiver->stats;
    const ap_api *api = call->api;
    ap_json_object object = ap_json_open(call->out);
    ap_json_member_u64(&object, "sensor_index", receiver->sensor);
    if (receiver->has_id) {
        ap_json_key(&object, "receiver");
        AP_PUT(call->out, "\"");
        ap_text_hex_u32(call->out, (uint32_t)(receiver->id >> 32), 8);
        ap_text_hex_u32(call->out, (uint32_t)receiver->id, 8);
        AP_PUT(call->out, "\"");
    }
    ap_json_member_u64(&object, "frame_count", stats->frame_count);
    ap_json_member_u64(&object, "damaged_count", stats->damaged_count);
    ap_json_member_u64(&object, "witness_count", stats->witness_count);
    ap_json_member_fixed(&object, "frame_per_s", ap_receiver_rate_ps(stats, api->now), 1);
    ap_json_member_u64(&object, "aircraft_count", ap_receiver_aircraft(stats, api->now));
    ap_json_member_fixed(&object, "range_m", ap_receiver_range_m(stats), 0);
    ap_json_member_fixed(&object, "loss", ap_receiver_loss(stats), 4);
    ap_json_member_fixed(&object, "signal_dbfs", ap_receiver_signal_dbfs(stats), 1);
    ap_json_member_fixed(&object, "peak_dbfs", ap_receiver_peak_dbfs(stats), 1);
    ap_json_key(&object, "outline_m");
    AP_PUT(call->out, "[");
    for (size_t bin = 0; bin < AP_OUTLINE_BINS; bin++) {
        ap_text_str(call->out, bin > 0 ? "," : "");
        ap_text_fixed(call->out, (double)stats->outline_m[bin], 0);
    }
    AP_PUT(call->out, "]");
    ap_json_close(&object);
}

void ap_api_sensors(ap_api_call *call)
{
    const ap_api *api = call->api;
    bool any = false;
    AP_PUT(call->out, "{\"now_s\":");
    ap_text_seconds(call->out, api->now);
    AP_PUT(call->out, ",\n\"sensors\":[");
    for (uint16_t i = 0; i < api->sensors->count; i++) {
        ap_text_str(call->out, i > 0 ? ",\n" : "\n");
        (void)ap_sensor_json(call->out, api->sensors, i, api->now);
    }
    AP_PUT(call->out, "],\n\"receivers\":[");
    for (uint16_t i = 0; api->receivers && i < api->receivers->count; i++) {
        if (api->receivers->rows[i].sensor == AP_SENSOR_NONE)
            continue; /* nothing was heard of it */
        ap_text_str(call->out, any ? ",\n" : "\n");
        any = true;
        put_receiver(call, &api->receivers->rows[i]);
    }
    AP_PUT(call->out, "]}\n");
}

/* ---- statistics ---- */

static void put_latency(ap_json_object *object, const ap_latency_histogram *latency)
{
    ap_json_key(object, "latency");
    ap_json_object inner = ap_json_open(object->text);
    ap_json_member_u64(&inner, "count", latency->total);
    ap_json_member_fixed(&inner, "mean_s",
                         latency->total ? latency->sum_s / (double)latency->total : 0.0, 6);
    /* Beyond the last bound nothing is known: null. */
    ap_json_member_fixed(&inner, "p50_s", ap_latency_quantile_s(latency, 0.5), 4);
    ap_json_member_fixed(&inner, "p99_s", ap_latency_quantile_s(latency, 0.99), 4);
    ap_json_key(&inner, "buckets");
    AP_PUT(object->text, "[");
    for (size_t i = 0; i <= AP_LATENCY_BUCKETS; i++) {
        ap_text_str(object->text, i > 0 ? ",[" : "[");
        ap_text_fixed(object->text, i < AP_LATENCY_BUCKETS ? ap_latency_bound_s[i] : HUGE_VAL, 4);
        AP_PUT(object->text, ",");
        ap_text_u64(object->text, latency->count[i]);
        AP_PUT(object->text, "]");
    }
    AP_PUT(object->text, "]");
    ap_json_close(&inner);
}

static void put_text(ap_json_object *object, const char *key, const char *text)
{
    if (text && *text)
        ap_json_member_str(object, key, text);
}

static void put_input(ap_writer *out, const ap_live_input *input, ap_utc_ns now)
{
    ap_json_object object = ap_json_open(out);
    put_text(&object, "name", input->name);
    put_text(&object, "state", input->state);
    ap_json_member_bool(&object, "open", input->is_open);
    ap_json_member_u64(&object, "byte_count", input->byte_count);
    ap_json_member_u64(&object, "chunk_count", input->chunk_count);
    ap_json_member_u64(&object, "lost_count", input->lost_count);
    ap_json_member_u64(&object, "connect_count", input->connect_count);
    ap_json_member_u64(&object, "connect_refused_count", input->connect_refused_count);
    ap_json_member_fixed(&object, "byte_per_s", input->byte_per_s, 1);
    if (input->last_utc != AP_UTC_UNKNOWN)
        ap_json_member_fixed(&object, "age_s", fmax(ap_seconds_between(input->last_utc, now), 0),
                             3);
    put_text(&object, "last_error", input->last_error);
    if (input->refused)
        ap_json_member_u64(&object, "refused_count", ap_refusals_total(input->refused));
    ap_json_close(&object);
}

static void put_output(ap_writer *out, const ap_live_output *output)
{
    ap_json_object object = ap_json_open(out);
    put_text(&object, "name", output->name);
    put_text(&object, "state", output->state);
    ap_json_member_bool(&object, "open", output->is_open);
    ap_json_member_u64(&object, "client_count", output->client_count);
    ap_json_member_u64(&object, "client_cut_count", output->client_cut_count);
    ap_json_member_u64(&object, "client_refused_count", output->client_refused_count);
    ap_json_member_u64(&object, "byte_count", output->byte_count);
    ap_json_member_u64(&object, "message_count", output->message_count);
    ap_json_member_u64(&object, "lost_count", output->lost_count);
    put_text(&object, "last_error", output->last_error);
    if (output->has_server) {
        ap_json_member_bool(&object, "connected", output->is_connected);
        ap_json_member_u64(&object, "connection_count", output->connection_count);
        ap_json_member_u64(&object, "stored_count", output->stored_count);
        ap_json_member_u64(&object, "spool_count", output->spool_count);
        ap_json_member_u64(&object, "spool_bytes", output->spool_size);
        ap_json_member_u64(&object, "spool_refused_count", output->spool_refused_count);
    }
    ap_json_close(&object);
}

static void put_ring(ap_writer *out, const ap_live_ring *ring)
{
    ap_json_object object = ap_json_open(out);
    put_text(&object, "name", ring->name);
    ap_json_member_u64(&object, "depth", ring->depth);
    ap_json_member_u64(&object, "peak", ring->peak);
    ap_json_member_u64(&object, "capacity", ring->cap);
    ap_json_member_u64(&object, "lost_count", ring->lost_count);
    ap_json_close(&object);
}

static void put_store(ap_writer *out, const ap_live_store *store)
{
    ap_json_object object = ap_json_open(out);
    put_text(&object, "name", store->name);
    ap_json_member_u64(&object, "file_count", store->file_count);
    ap_json_member_u64(&object, "byte_count", store->byte_count);
    if (store->size_bytes > 0) {
        ap_json_member_u64(&object, "free_bytes", store->free_bytes);
        ap_json_member_u64(&object, "size_bytes", store->size_bytes);
    }
    ap_json_close(&object);
}

static void put_picture(ap_json_object *object, const ap_api *api)
{
    ap_history_stats trails = ap_history_stats_of(api->history);
    uint64_t coasting = 0, count = 0;
    for (const ap_track *at = NULL; (at = ap_picture_next(api->picture, at)); count++)
        coasting += at->state == AP_TRACK_COASTING;
    ap_json_member_u64(object, "track_count", count);
    ap_json_member_u64(object, "coasting_count", coasting);
    ap_json_member_u64(object, "sequence", ap_picture_sequence(api->picture));
    ap_json_member_u64(object, "picture_refused_count", ap_picture_refused(api->picture));
    ap_json_member_u64(object, "trail_count", trails.trail_count);
    ap_json_member_u64(object, "trail_point_count", trails.point_count);
    ap_json_member_u64(object, "trail_overwritten_count", trails.overwritten_count);
    ap_json_member_u64(object, "trail_refused_count", trails.refused_count);
}

/* `"key": [` and whether there is another item. */
static void put_lists(ap_json_object *object, const ap_live_figures *figures, ap_utc_ns now)
{
    ap_writer *out = object->text;
    ap_json_key(object, "inputs");
    AP_PUT(out, "[");
    for (size_t i = 0; i < figures->input_count; i++) {
        ap_text_str(out, i > 0 ? ",\n" : "\n");
        put_input(out, &figures->inputs[i], now);
    }
    AP_PUT(out, "]");
    ap_json_key(object, "outputs");
    AP_PUT(out, "[");
    for (size_t i = 0; i < figures->output_count; i++) {
        ap_text_str(out, i > 0 ? ",\n" : "\n");
        put_output(out, &figures->outputs[i]);
    }
    AP_PUT(out, "]");
    ap_json_key(object, "rings");
    AP_PUT(out, "[");
    for (size_t i = 0; i < figures->ring_count; i++) {
        ap_text_str(out, i > 0 ? ",\n" : "\n");
        put_ring(out, &figures->rings[i]);
    }
    AP_PUT(out, "]");
    ap_json_key(object, "storage");
    AP_PUT(out, "[");
    for (size_t i = 0; i < figures->store_count; i++) {
        ap_text_str(out, i > 0 ? ",\n" : "\n");
        put_store(out, &figures->stores[i]);
    }
    AP_PUT(out, "]");
}

void ap_api_statistics(ap_api_call *call)
{
    const ap_api *api = call->api;
    const ap_live_figures *figures = api->figures;
    ap_json_object object = ap_json_open(call->out);
    ap_json_key(&object, "now_s");
    ap_text_seconds(call->out, api->now);
    ap_json_key(&object, "started_s");
    ap_text_seconds(call->out, figures->started_utc);
    ap_json_member_str(&object, "version", figures->version);
    ap_json_member_u64(&object, "epoch", api->epoch);
    ap_json_member_bool(&object, "ready", figures->not_ready == NULL);
    put_text(&object, "waits_for", figures->not_ready);
    put_picture(&object, api);
    ap_json_member_u64(&object, "message_count", figures->totals.message_count);
    ap_json_member_u64(&object, "report_count", figures->totals.report_count);
    ap_json_member_u64(&object, "report_lost_count", figures->totals.report_lost_count);
    ap_json_member_u64(&object, "refused_count", figures->totals.refused_count);
    ap_json_member_fixed(&object, "cpu_s", figures->totals.cpu_s, 3);
    ap_json_member_fixed(&object, "engine_cpu_s", figures->engine_cpu_s, 3);
    ap_json_member_u64(&object, "resident_bytes", figures->resident_bytes);
    ap_json_member_u64(&object, "http_request_count", figures->http_request_count);
    ap_json_member_u64(&object, "http_refused_count", figures->http_refused_count);
    ap_json_member_u64(&object, "websocket_client_count", figures->websocket_client_count);
    put_latency(&object, &figures->latency);
    put_lists(&object, figures, api->now);
    ap_json_close(&object);
    AP_PUT(call->out, "\n");
}

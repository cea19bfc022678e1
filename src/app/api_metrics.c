/* /metrics: the text format 0.0.4 of Prometheus. Base units, no label for a track. */
#include <math.h>
#include <string.h>

#include "app/api_call.h"
#include "wire/json.h"

static const char TYPE[] = "text/plain; version=0.0.4; charset=utf-8";

/* The lines before a metric's values. */
static void put_head(ap_writer *out, const char *name, const char *type, const char *help)
{
    AP_PUT(out, "# HELP airpicture_");
    ap_text_str(out, name);
    AP_PUT(out, " ");
    ap_text_str(out, help);
    AP_PUT(out, "\n# TYPE airpicture_");
    ap_text_str(out, name);
    AP_PUT(out, " ");
    ap_text_str(out, type);
    AP_PUT(out, "\n");
}

static void put_label(ap_writer *out, bool is_first, const char *key, const char *value)
{
    ap_text_str(out, is_first ? "{" : ",");
    ap_text_str(out, key);
    AP_PUT(out, "=\"");
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            AP_PUT(out, "\\");
        if (*value == '\n')
            AP_PUT(out, "\\n");
        else
            ap_write_u8(out, (uint8_t)*value);
    }
    AP_PUT(out, "\"");
}

/* One value with up to two labels; NULL: none. */
static void put_value(ap_writer *out, const char *name, const char *label, const char *of,
                      const char *label_2, const char *of_2, double value)
{
    AP_PUT(out, "airpicture_");
    ap_text_str(out, name);
    if (label)
        put_label(out, true, label, of);
    if (label_2)
        put_label(out, false, label_2, of_2);
    ap_text_str(out, label ? "} " : " ");
    if (value == floor(value) && fabs(value) < 1e15)
        ap_text_i64(out, (int64_t)value);
    else
        ap_text_fixed(out, value, 6);
    AP_PUT(out, "\n");
}

static void put_plain(ap_writer *out, const char *name, const char *type, const char *help,
                      double value)
{
    put_head(out, name, type, help);
    put_value(out, name, NULL, NULL, NULL, NULL, value);
}

static void put_service(ap_api_call *call)
{
    const ap_live_figures *f = call->api->figures;
    ap_writer *out = call->out;
    put_head(out, "info", "gauge", "Version of the program.");
    put_value(out, "info", "version", f->version, NULL, NULL, 1);
    put_plain(out, "start_time_seconds", "gauge", "Start of the service, since 1970.",
              (double)f->started_utc / 1e9);
    put_plain(out, "ready", "gauge", "1 when the service answers for the picture.",
              f->not_ready == NULL);
    put_plain(out, "cpu_seconds_total", "counter", "Processor time.", f->totals.cpu_s);
    put_plain(out, "engine_cpu_seconds_total", "counter",
              "Processor time of the thread that tracks.", f->engine_cpu_s);
    put_plain(out, "resident_bytes", "gauge", "Memory in use.", (double)f->resident_bytes);
    put_plain(out, "messages_total", "counter", "Records and frames of all inputs.",
              (double)f->totals.message_count);
    put_plain(out, "reports_total", "counter", "Reports that went to the tracker.",
              (double)f->totals.report_count);
    put_plain(out, "reports_lost_total", "counter",
              "Reports that found no room before the tracker.",
              (double)f->totals.report_lost_count);
    put_plain(out, "refused_total", "counter", "Elements that were refused.",
              (double)f->totals.refused_count);
    put_plain(out, "tracks_confirmed_total", "counter", "Tracks that were confirmed.",
              (double)f->totals.track_count);
    put_plain(out, "http_requests_total", "counter", "Requests.", (double)f->http_request_count);
    put_plain(out, "http_refused_total", "counter", "Requests that were refused.",
              (double)f->http_refused_count);
    put_plain(out, "websocket_clients", "gauge", "Clients of the stream.",
              f->websocket_client_count);
    put_plain(out, "log_lines_lost_total", "counter", "Lines of the log that nobody read.",
              (double)f->log_lost_count);
}

static void put_http_faults(ap_api_call *call)
{
#define KEY(name, key) key,
    static const char *const reasons[] = { AP_LIVE_HTTP_MAP(KEY) };
#undef KEY
    put_head(call->out, "http_faults_total", "counter",
             "Clients and requests that were refused or cut, by reason.");
    for (unsigned i = 0; i < AP_LIVE_HTTP_COUNT; i++)
        put_value(call->out, "http_faults_total", "reason", reasons[i], NULL, NULL,
                  (double)call->api->figures->http_fault_count[i]);
}

static void put_picture(ap_api_call *call)
{
    const ap_api *api = call->api;
    ap_writer *out = call->out;
    ap_history_stats trails = ap_history_stats_of(api->history);
    uint64_t states[AP_TRACK_STATE_COUNT] = { 0 }, lasting = 0, unseen = 0;
    for (const ap_track *at = NULL; (at = ap_picture_next(api->picture, at));)
        states[at->state]++;
    for (const ap_alert *at = NULL; (at = ap_picture_next_alert(api->picture, at));) {
        lasting += at->until_utc == AP_UTC_UNKNOWN;
        unseen += at->until_utc == AP_UTC_UNKNOWN && !*at->acknowledged_by;
    }
    put_head(out, "tracks", "gauge", "Published tracks by state.");
    put_value(out, "tracks", "state", "firm", NULL, NULL, (double)states[AP_TRACK_FIRM]);
    put_value(out, "tracks", "state", "coasting", NULL, NULL, (double)states[AP_TRACK_COASTING]);
    put_plain(out, "alerts", "gauge", "Alerts that last.", (double)lasting);
    put_plain(out, "alerts_unacknowledged", "gauge", "Of these, those that nobody acknowledged.",
              (double)unseen);
    put_plain(out, "picture_changes_total", "counter", "Changes of the picture.",
              (double)ap_picture_sequence(api->picture));
    put_plain(out, "picture_refused_total", "counter", "Changes that found no room.",
              (double)ap_picture_refused(api->picture));
    put_plain(out, "trails", "gauge", "Trails of live and lately ended tracks.",
              trails.trail_count);
    put_plain(out, "trail_points", "gauge", "Points of all trails.", (double)trails.point_count);
    put_plain(out, "trail_points_overwritten_total", "counter", "Points that made room.",
              (double)trails.overwritten_count);
}

static void put_latency(ap_api_call *call)
{
    const ap_latency_histogram *h = &call->api->figures->latency;
    ap_writer *out = call->out;
    uint64_t below = 0;
    put_head(out, "latency_seconds", "histogram", "From a report's receipt to the output.");
    for (size_t i = 0; i < AP_LATENCY_BUCKETS; i++) {
        below += h->count[i];
        AP_PUT(out, "airpicture_latency_seconds_bucket{le=\"");
        ap_text_fixed(out, ap_latency_bound_s[i], 4);
        AP_PUT(out, "\"} ");
        ap_text_u64(out, below);
        AP_PUT(out, "\n");
    }
    AP_PUT(out, "airpicture_latency_seconds_bucket{le=\"+Inf\"} ");
    ap_text_u64(out, h->total);
    AP_PUT(out, "\n");
    put_value(out, "latency_seconds_sum", NULL, NULL, NULL, NULL, h->sum_s);
    put_value(out, "latency_seconds_count", NULL, NULL, NULL, NULL, (double)h->total);
}

/* One metric over all sensors; what is not known, NAN, is left out. */
static void put_sensors(ap_api_call *call, const char *name, const char *type, const char *help,
                        double (*value)(const ap_sensor_table *table, uint16_t i))
{
    const ap_sensor_table *table = call->api->sensors;
    put_head(call->out, name, type, help);
    for (uint16_t i = 0; i < table->count; i++) {
        double of = value(table, i);
        if (!isnan(of))
            put_value(call->out, name, "sensor", table->sensor[i].name, "kind",
                      ap_sensor_kind_key(table->sensor[i].kind), of);
    }
}

static double bytes_of(const ap_sensor_table *table, uint16_t i)
{
    return (double)table->stats[i].byte_count;
}

static double records_of(const ap_sensor_table *table, uint16_t i)
{
    return (double)table->stats[i].record_count;
}

static double reports_of(const ap_sensor_table *table, uint16_t i)
{
    return (double)table->stats[i].report_count;
}

static double last_of(const ap_sensor_table *table, uint16_t i)
{
    ap_utc_ns last_utc = table->stats[i].last_utc;
    return last_utc == AP_UTC_UNKNOWN ? (double)NAN : (double)last_utc / 1e9;
}

static double latency_of(const ap_sensor_table *table, uint16_t i)
{
    const ap_sensor_pace *pace = &table->stats[i].pace;
    return pace->report_count > 0.0 ? pace->latency_mean_s : (double)NAN;
}

static double turn_of(const ap_sensor_table *table, uint16_t i)
{
    const ap_sensor_pace *pace = &table->stats[i].pace;
    return pace->turn_count >= 2.0 ? pace->turn_s : (double)NAN;
}

static double detection_of(const ap_sensor_table *table, uint16_t i)
{
    return table->figures && table->figures[i].has_tracker ? table->figures[i].detection_probability
                                                           : (double)NAN;
}

static double offset_of(const ap_sensor_table *table, uint16_t i)
{
    const ap_sensor_figures *figures = table->figures ? &table->figures[i] : NULL;
    return figures && figures->has_tracker && figures->has_offset
               ? figures->azimuth_offset_rad / AP_RAD_PER_DEG
               : (double)NAN;
}

static double residual_of(const ap_sensor_table *table, uint16_t i)
{
    const ap_sensor_residuals *r = table->figures ? &table->figures[i].residuals : NULL;
    return r && r->count > 0.0 ? sqrt(r->along_square_m2 + r->across_square_m2) : (double)NAN;
}

static void put_refused(ap_api_call *call)
{
    const ap_sensor_table *table = call->api->sensors;
    put_head(call->out, "sensor_refused_total", "counter", "Elements refused, by reason.");
    for (uint16_t i = 0; i < table->count; i++)
        for (unsigned reason = 0; reason < AP_REFUSAL_COUNT; reason++)
            if (table->stats[i].refused.count[reason] > 0)
                put_value(call->out, "sensor_refused_total", "sensor", table->sensor[i].name,
                          "reason", ap_refusal_key((ap_refusal)reason),
                          (double)table->stats[i].refused.count[reason]);
}

/* One metric over all inputs. */
static void put_inputs(ap_api_call *call, const char *name, const char *type, const char *help,
                       double (*value)(const ap_live_input *input))
{
    const ap_live_figures *f = call->api->figures;
    put_head(call->out, name, type, help);
    for (size_t i = 0; i < f->input_count; i++)
        put_value(call->out, name, "input", f->inputs[i].name, NULL, NULL, value(&f->inputs[i]));
}

static void put_input_refused(ap_api_call *call)
{
    const ap_live_figures *f = call->api->figures;
    put_head(call->out, "input_refused_total", "counter",
             "Elements refused before a sensor was known, by reason.");
    for (size_t i = 0; i < f->input_count; i++)
        for (unsigned reason = 0; f->inputs[i].refused && reason < AP_REFUSAL_COUNT; reason++)
            if (f->inputs[i].refused->count[reason] > 0)
                put_value(call->out, "input_refused_total", "input", f->inputs[i].name, "reason",
                          ap_refusal_key((ap_refusal)reason),
                          (double)f->inputs[i].refused->count[reason]);
}

static double input_open(const ap_live_input *input)
{
    return input->is_open;
}

static double input_bytes(const ap_live_input *input)
{
    return (double)input->byte_count;
}

static double input_lost(const ap_live_input *input)
{
    return (double)input->lost_count;
}

static double input_connects(const ap_live_input *input)
{
    return (double)input->connect_count;
}

static double input_refused(const ap_live_input *input)
{
    return (double)input->connect_refused_count;
}

static void put_outputs(ap_api_call *call, const char *name, const char *type, const char *help,
                        double (*value)(const ap_live_output *output))
{
    const ap_live_figures *f = call->api->figures;
    put_head(call->out, name, type, help);
    for (size_t i = 0; i < f->output_count; i++)
        put_value(call->out, name, "output", f->outputs[i].name, NULL, NULL, value(&f->outputs[i]));
}

static double output_bytes(const ap_live_output *output)
{
    return (double)output->byte_count;
}

static double output_messages(const ap_live_output *output)
{
    return (double)output->message_count;
}

static double output_lost(const ap_live_output *output)
{
    return (double)output->lost_count;
}

static double output_clients(const ap_live_output *output)
{
    return output->client_count;
}

static double output_cut(const ap_live_output *output)
{
    return (double)output->client_cut_count;
}

static double output_refused(const ap_live_output *output)
{
    return (double)output->client_refused_count;
}

static void put_rings(ap_api_call *call)
{
    const ap_live_figures *f = call->api->figures;
    ap_writer *out = call->out;
    put_head(out, "ring_depth", "gauge", "What waits in a ring.");
    for (size_t i = 0; i < f->ring_count; i++)
        put_value(out, "ring_depth", "ring", f->rings[i].name, NULL, NULL,
                  (double)f->rings[i].depth);
    put_head(out, "ring_capacity", "gauge", "What can wait in a ring.");
    for (size_t i = 0; i < f->ring_count; i++)
        put_value(out, "ring_capacity", "ring", f->rings[i].name, NULL, NULL,
                  (double)f->rings[i].cap);
    put_head(out, "ring_lost_total", "counter", "What found no room in a ring.");
    for (size_t i = 0; i < f->ring_count; i++)
        put_value(out, "ring_lost_total", "ring", f->rings[i].name, NULL, NULL,
                  (double)f->rings[i].lost_count);
}

/* One metric over the outputs that send to a server by a spool. */
static void put_servers(ap_api_call *call, const char *name, const char *type, const char *help,
                        double (*value)(const ap_live_output *output))
{
    const ap_live_figures *f = call->api->figures;
    bool has_head = false;
    for (size_t i = 0; i < f->output_count; i++) {
        if (!f->outputs[i].has_server)
            continue;
        if (!has_head)
            put_head(call->out, name, type, help);
        has_head = true;
        put_value(call->out, name, "output", f->outputs[i].name, NULL, NULL, value(&f->outputs[i]));
    }
}

static double server_connected(const ap_live_output *output)
{
    return output->is_connected;
}

static double server_connections(const ap_live_output *output)
{
    return (double)output->connection_count;
}

static double server_stored(const ap_live_output *output)
{
    return (double)output->stored_count;
}

static double spool_rows(const ap_live_output *output)
{
    return (double)output->spool_count;
}

static double spool_bytes(const ap_live_output *output)
{
    return (double)output->spool_size;
}

static double spool_refused(const ap_live_output *output)
{
    return (double)output->spool_refused_count;
}

static void put_stores(ap_api_call *call)
{
    const ap_live_figures *f = call->api->figures;
    ap_writer *out = call->out;
    put_head(out, "storage_bytes", "gauge", "What is kept on disk.");
    for (size_t i = 0; i < f->store_count; i++)
        put_value(out, "storage_bytes", "store", f->stores[i].name, NULL, NULL,
                  (double)f->stores[i].byte_count);
    put_head(out, "storage_free_bytes", "gauge", "Room beside it.");
    for (size_t i = 0; i < f->store_count; i++)
        if (f->stores[i].size_bytes > 0)
            put_value(out, "storage_free_bytes", "store", f->stores[i].name, NULL, NULL,
                      (double)f->stores[i].free_bytes);
}

void ap_api_metrics(ap_api_call *call)
{
    ap_api_type(call, TYPE);
    put_service(call);
    put_http_faults(call);
    put_picture(call);
    put_latency(call);
    put_sensors(call, "sensor_bytes_total", "counter", "Octets of a sensor.", bytes_of);
    put_sensors(call, "sensor_records_total", "counter", "Records and frames of a sensor.",
                records_of);
    put_sensors(call, "sensor_reports_total", "counter", "Reports that went to the tracker.",
                reports_of);
    put_sensors(call, "sensor_last_report_time_seconds", "gauge", "Newest report, since 1970.",
                last_of);
    put_sensors(call, "sensor_latency_seconds", "gauge",
                "From the time that reports state to their reception, of late.", latency_of);
    put_sensors(call, "sensor_turn_seconds", "gauge", "Turn of the antenna, measured.", turn_of);
    put_sensors(call, "sensor_detection_probability", "gauge", "Per turn and aircraft in view.",
                detection_of);
    put_sensors(call, "sensor_azimuth_offset_degrees", "gauge",
                "Where it sees aircraft, clockwise of where others do.", offset_of);
    put_sensors(call, "sensor_residual_rms_meters", "gauge",
                "Its positions less those expected of their tracks.", residual_of);
    put_refused(call);
    put_stores(call);
    put_inputs(call, "input_open", "gauge", "1 when an input delivers or may deliver.", input_open);
    put_inputs(call, "input_bytes_total", "counter", "Octets of an input.", input_bytes);
    put_inputs(call, "input_lost_total", "counter", "Chunks that found no room.", input_lost);
    put_inputs(call, "input_connects_total", "counter", "Connections that were made.",
               input_connects);
    put_inputs(call, "input_connects_refused_total", "counter",
               "Connections for which there was no room.", input_refused);
    put_input_refused(call);
    put_outputs(call, "output_bytes_total", "counter", "Octets sent.", output_bytes);
    put_outputs(call, "output_messages_total", "counter", "Messages sent.", output_messages);
    put_outputs(call, "output_lost_total", "counter", "Messages that were not sent.", output_lost);
    put_outputs(call, "output_clients", "gauge", "Connected now.", output_clients);
    put_outputs(call, "output_clients_cut_total", "counter", "Clients that did not read.",
                output_cut);
    put_outputs(call, "output_clients_refused_total", "counter",
                "Clients for which there was no room.", output_refused);
    put_rings(call);
    put_servers(call, "server_connected", "gauge", "1 while the archive's server is connected.",
                server_connected);
    put_servers(call, "server_connections_total", "counter", "Connections made to it.",
                server_connections);
    put_servers(call, "server_rows_total", "counter", "Rows that it has.", server_stored);
    put_servers(call, "spool_rows", "gauge", "Rows that wait for it on disk.", spool_rows);
    put_servers(call, "spool_bytes", "gauge", "Octets that the spool takes on disk.", spool_bytes);
    put_servers(call, "spool_refused_total", "counter", "Rows that it had no room for, or lost.",
                spool_refused);
}

#include <string.h>

#include "publish/alert_json.h"
#include "publish/columns.h"
#include "publish/delta_state.h"
#include "publish/point_json.h"
#include "publish/put.h"
#include "publish/track_api.h"
#include "publish/track_columns.h"
#include "wire/json.h"

static void put_head(const struct ap_delta_state *s, const char *message, ap_writer *out)
{
    AP_PUT(out, "{\"message\":\"");
    ap_text_str(out, message);
    AP_PUT(out, "\",\"version\":");
    ap_text_u64(out, AP_DELTA_VERSION);
    AP_PUT(out, ",\"epoch\":");
    ap_text_u64(out, s->config.epoch);
    AP_PUT(out, ",\"sequence\":");
    ap_text_u64(out, s->sequence);
    AP_PUT(out, ",\"time_s\":");
    ap_text_seconds(out, s->now);
}

/* The header of a message whose rest is JSON; none in the JSON flavour. */
static void begin(const ap_delta *delta, bool json, ap_delta_kind kind, const char *name,
                  ap_writer *out)
{
    uint8_t header[AP_DELTA_HEADER_SIZE];
    if (!json) {
        ap_delta_header(delta->state, kind, 0, (ap_delta_counts){ 0 }, header);
        ap_write_bytes(out, header, sizeof header);
    }
    put_head(delta->state, name, out);
}

/* ---- rows ---- */

static void put_member(ap_writer *out, const char *key, double value, int decimals)
{
    AP_PUT(out, ",\"");
    ap_text_str(out, key);
    AP_PUT(out, "\":");
    ap_text_fixed(out, value, decimals);
}

static void put_row(ap_writer *out, const ap_point *point, ap_utc_ns now)
{
    put_member(out, "latitude_deg", point->latitude_e7deg / 1e7, 7);
    put_member(out, "longitude_deg", point->longitude_e7deg / 1e7, 7);
    if (point->altitude_dm != AP_POINT_UNKNOWN)
        put_member(out, "altitude_m", point->altitude_dm / 10.0, 1);
    put_member(out, "ground_speed_mps", point->speed_dmps / 10.0, 1);
    put_member(out, "track_deg", point->course_turn16 * (360.0 / 65536.0), 3);
    put_member(out, "vertical_rate_mps", point->vertical_dmps / 10.0, 1);
    double age_s = ap_seconds_between(point->time_utc, now);
    put_member(out, "age_s", age_s > 0.0 ? age_s : 0.0, 2);
    ap_point_flags_json(out, point->bits);
}

static size_t callsign_size(const ap_delta_identity *identity)
{
    size_t size = 0;
    while (size < sizeof identity->callsign && identity->callsign[size])
        size++;
    return size;
}

/* What is not known is null: it may have been known before. */
static void put_identity(ap_writer *out, const ap_delta_identity *identity)
{
    bool has_address = identity->address != AP_DELTA_UNKNOWN_ADDRESS;
    const char *category = ap_emitter_category_text(identity->category);
    AP_PUT(out, ",\"track_number\":");
    ap_text_u64(out, identity->number);
    AP_PUT(out, ",\"address\":");
    if (has_address) {
        AP_PUT(out, "\"");
        ap_text_hex_u32(out, identity->address, 6);
        AP_PUT(out, "\",\"address_kind\":\"");
        ap_text_str(out, ap_address_kind_key((uint8_t)(identity->address >> 24)));
        AP_PUT(out, "\"");
    } else {
        AP_PUT(out, "null");
    }
    AP_PUT(out, ",\"callsign\":");
    if (identity->callsign[0])
        ap_json_string(out, identity->callsign, callsign_size(identity));
    else
        AP_PUT(out, "null");
    AP_PUT(out, ",\"squawk\":");
    if (identity->mode_3a != AP_DELTA_UNKNOWN_CODE) {
        AP_PUT(out, "\"");
        ap_text_octal(out, identity->mode_3a, 4);
        AP_PUT(out, "\"");
    } else {
        AP_PUT(out, "null");
    }
    AP_PUT(out, ",\"emitter_category\":");
    if (category)
        ap_json_string(out, category, 2);
    else
        AP_PUT(out, "null");
    AP_PUT(out, ",\"selected_altitude_ft\":");
    if (identity->has_selected)
        ap_text_i64(out, 10 * identity->selected_10ft);
    else
        AP_PUT(out, "null");
}

static void put_tracks(const struct ap_delta_state *s, const ap_delta_client *client, uint32_t base,
                       ap_writer *out)
{
    bool any = false;
    AP_PUT(out, ",\"tracks\":[");
    for (uint32_t at = 0; at < s->count && !out->bad; at++) {
        const ap_delta_row *row = &s->rows[at];
        ap_delta_part part = ap_delta_part_of(s, client, base, row);
        if (part == AP_DELTA_NOTHING || part == AP_DELTA_LEFT)
            continue;
        ap_text_str(out, any ? ",\n{\"track_id\":" : "\n{\"track_id\":");
        any = true;
        ap_text_u64(out, s->ids[at]);
        if (part == AP_DELTA_ROW_AND_IDENTITY)
            put_identity(out, &row->identity);
        put_row(out, &row->point, s->now);
        AP_PUT(out, "}");
    }
    AP_PUT(out, "]}\n");
}

static void put_gone(const struct ap_delta_state *s, const ap_delta_client *client, uint32_t base,
                     ap_writer *out)
{
    bool any = false;
    uint32_t id;
    AP_PUT(out, ",\"removed\":[");
    for (size_t i = 0; ap_delta_gone_at(s, base, i, &id); i++) {
        if (any)
            AP_PUT(out, ",");
        any = true;
        ap_text_u64(out, id);
    }
    for (uint32_t at = 0; at < s->count; at++) {
        if (ap_delta_part_of(s, client, base, &s->rows[at]) != AP_DELTA_LEFT)
            continue;
        if (any)
            AP_PUT(out, ",");
        any = true;
        ap_text_u64(out, s->ids[at]);
    }
    AP_PUT(out, "]");
}

ap_err ap_delta_message_json(const struct ap_delta_state *s, const ap_delta_client *client,
                             ap_writer *out)
{
    size_t start = out->size;
    uint32_t base = ap_delta_base(s, client);
    put_head(s, base == 0 ? "snapshot" : "changes", out);
    AP_PUT(out, ",\"since\":");
    ap_text_u64(out, base);
    put_gone(s, client, base, out);
    put_tracks(s, client, base, out);
    return ap_put_done(out, start);
}

/* ---- hello ---- */

/* What the octets are, in their order; doc/websocket.md says it in words. */
static const char layout[] =
    ",\"header\":[[\"magic\",\"char[2]\"],[\"version\",\"u8\"],[\"kind\",\"u8\"],"
    "[\"epoch\",\"u32\"],[\"sequence\",\"u32\"],[\"since\",\"u32\"],[\"time_us\",\"i64\"],"
    "[\"rows\",\"u32\"],[\"identities\",\"u32\"],[\"removed\",\"u32\"],[\"spare\",\"u32\"]],\n"
    "\"kinds\":{\"1\":\"hello\",\"2\":\"snapshot\",\"3\":\"changes\",\"4\":\"alerts\","
    "\"5\":\"sensors\",\"6\":\"error\"},\n"
    "\"columns\":["
    "{\"name\":\"latitude_deg\",\"type\":\"i32\",\"count\":\"rows\",\"step\":1e-7},"
    "{\"name\":\"longitude_deg\",\"type\":\"i32\",\"count\":\"rows\",\"step\":1e-7},"
    "{\"name\":\"altitude_m\",\"type\":\"i32\",\"count\":\"rows\",\"step\":0.1,"
    "\"unknown\":-2147483648},"
    "{\"name\":\"identity\",\"type\":\"record[24]\",\"count\":\"identities\"},"
    "{\"name\":\"removed\",\"type\":\"u32\",\"count\":\"removed\",\"step\":1},"
    "{\"name\":\"ground_speed_mps\",\"type\":\"u16\",\"count\":\"rows\",\"step\":0.1},"
    "{\"name\":\"track_deg\",\"type\":\"u16\",\"count\":\"rows\",\"step\":0.0054931640625},"
    "{\"name\":\"vertical_rate_mps\",\"type\":\"i16\",\"count\":\"rows\",\"step\":0.1},"
    "{\"name\":\"age_s\",\"type\":\"u16\",\"count\":\"rows\",\"step\":0.01},"
    "{\"name\":\"flags\",\"type\":\"u16\",\"count\":\"rows\",\"step\":1},"
    "{\"name\":\"track_id_gap\",\"type\":\"leb128\",\"count\":\"rows\",\"step\":1}],\n"
    "\"identity\":[[\"track_id\",\"u32\"],[\"address\",\"u24\"],[\"address_kind\",\"u8\"],"
    "[\"track_number\",\"u16\"],[\"squawk\",\"u16\"],[\"emitter_category\",\"u8\"],"
    "[\"has_selected_altitude\",\"u8\"],[\"selected_altitude_10ft\",\"i16\"],"
    "[\"callsign\",\"char[8]\"]],\n"
    "\"flags\":[";

ap_err ap_delta_hello(const ap_delta *delta, bool json, const char *server, ap_writer *out)
{
    size_t start = out->size;
    begin(delta, json, AP_DELTA_HELLO, "hello", out);
    AP_PUT(out, ",\"server\":");
    ap_json_string(out, server, strlen(server));
    AP_PUT(out, layout);
    for (unsigned bit = 0; ap_point_bit_key(bit); bit++) {
        ap_text_str(out, bit > 0 ? ",\"" : "\"");
        ap_text_str(out, ap_point_bit_key(bit));
        AP_PUT(out, "\"");
    }
    AP_PUT(out, "],\n\"address_kinds\":[");
    for (uint8_t kind = 0; kind < AP_ADDRESS_KIND_COUNT; kind++) {
        ap_text_str(out, kind > 0 ? ",\"" : "\"");
        ap_text_str(out, ap_address_kind_key(kind));
        AP_PUT(out, "\"");
    }
    AP_PUT(out, "]}\n");
    return ap_put_done(out, start);
}

/* ---- alerts and others ---- */

ap_err ap_delta_sensors(const ap_delta *delta, bool json, const ap_sensor_table *sensors,
                        ap_utc_ns now, ap_writer *out)
{
    size_t start = out->size;
    begin(delta, json, AP_DELTA_SENSORS, "sensors", out);
    AP_PUT(out, ",\"sensors\":[");
    for (uint16_t i = 0; i < sensors->count; i++) {
        ap_text_str(out, i > 0 ? ",\n" : "\n");
        (void)ap_sensor_json(out, sensors, i, now); /* what does not fit is told below */
    }
    AP_PUT(out, "]}\n");
    return ap_put_done(out, start);
}

ap_err ap_delta_error(const ap_delta *delta, bool json, const char *error, const char *expected,
                      ap_writer *out)
{
    size_t start = out->size;
    begin(delta, json, AP_DELTA_ERROR, "error", out);
    AP_PUT(out, ",\"error\":");
    ap_json_string(out, error, strlen(error));
    AP_PUT(out, ",\"expected\":");
    ap_json_string(out, expected, strlen(expected));
    AP_PUT(out, "}\n");
    return ap_put_done(out, start);
}

/* The next alert by id that changed after message `since`; NULL: none. */
static const ap_alert *next_alert(const struct ap_delta_state *s, uint32_t since, uint32_t after)
{
    uint32_t cap = s->config.alert_cap, newest = s->newest_alert;
    uint64_t id = newest > cap ? newest - cap + 1 : 1;
    for (id = id > after ? id : (uint64_t)after + 1; id <= newest; id++) {
        const ap_delta_alert *at = &s->alerts[id % cap];
        if (at->alert.id == id && at->changed > since)
            return &at->alert;
    }
    return NULL;
}

ap_err ap_delta_alerts(const ap_delta *delta, bool json, uint32_t since, ap_writer *out)
{
    const struct ap_delta_state *s = delta->state;
    size_t start = out->size;
    const ap_alert *at = next_alert(s, since, 0);
    if (!at)
        return AP_OK;
    begin(delta, json, AP_DELTA_ALERTS, "alerts", out);
    AP_PUT(out, ",\"alerts\":[\n");
    for (bool any = false; at && !out->bad; at = next_alert(s, since, at->id), any = true) {
        if (any)
            AP_PUT(out, ",");
        (void)ap_alert_json(out, at); /* what does not fit is told below */
    }
    AP_PUT(out, "]}\n");
    return ap_put_done(out, start);
}

#include "wire/feed/aircraft_json.h"

#include <math.h>
#include <string.h>

#include "wire/feed/row_columns.h"
#include "wire/json.h"
#include "wire/json_scan.h"

#define AGE_MAX_S 1e9

/* ---- reading ---- */

static void read_address(const ap_json_span *value, ap_aircraft_row *row)
{
    const uint8_t *at = value->start, *end = at + value->size;
    bool other = at < end && *at == '~';
    at += other;
    const ap_json_span digits = { value->kind, at, (size_t)(end - at) };
    unsigned address;
    if (!ap_row_digits(&digits, 6, 16, &address))
        return;
    row->present |= AP_ROW_HAS_ADDRESS;
    row->address = address;
    row->address_kind = other ? AP_ADDRESS_ANONYMOUS : AP_ADDRESS_ICAO;
}

/* The values that a list of keys names. */
static uint32_t read_list(const ap_json_span *list)
{
    uint32_t has = 0;
    ap_json_scan scan = ap_json_scan_of(list->start, list->size);
    ap_json_span key;
    if (list->kind != AP_JSON_SPAN_ARRAY || !ap_json_scan_enter(&scan, '['))
        return 0;
    while (ap_json_scan_element(&scan, &key)) {
        const ap_row_column *column = ap_row_column_find(&key);
        if (ap_json_span_is(&key, "lat") || ap_json_span_is(&key, "lon"))
            has |= AP_ROW_HAS_POSITION;
        else if (column)
            has |= column->has;
    }
    return has;
}

/* What is known of a row only when all of it was read. */
typedef struct unsettled {
    double latitude_deg, longitude_deg; /* NaN: not there */
    double seen_s, seen_pos_s;
} unsettled;

static void read_number(const ap_json_span *value, double low, double high, double *number,
                        ap_aircraft_row *row)
{
    double found;
    if (ap_json_span_double(value, &found) && found >= low && found <= high)
        *number = found;
    else if (!ap_json_span_is_null(value))
        ap_row_bad_value(row);
}

static void read_receiver_count(const ap_json_span *value, ap_aircraft_row *row)
{
    double count = 0.0;
    read_number(value, 0, UINT16_MAX, &count, row);
    row->receiver_count = (uint16_t)lround(count);
}

/* A number is in the air. */
static void read_altitude(const ap_row_column *column, const ap_json_span *value,
                          ap_aircraft_row *row)
{
    bool ground = ap_json_span_is(value, "ground");
    if (!ground && !ap_row_column_read(column, value, row))
        return;
    if (ground)
        row->present &= ~(uint32_t)AP_ROW_HAS_ALTITUDE;
    row->present |= AP_ROW_HAS_GROUND;
    row->on_ground = ground;
}

static void read_member(const ap_json_span *key, const ap_json_span *value, unsettled *of,
                        ap_aircraft_row *row)
{
    const ap_row_column *column = ap_row_column_find(key);
    if (column && column->has == AP_ROW_HAS_ALTITUDE)
        read_altitude(column, value, row);
    else if (column)
        (void)ap_row_column_read(column, value, row);
    else if (ap_json_span_is(key, "hex"))
        read_address(value, row);
    else if (ap_json_span_is(key, "type") && value->kind == AP_JSON_SPAN_STRING)
        row->source = (uint8_t)ap_row_source_of_key((const char *)value->start, value->size);
    else if (ap_json_span_is(key, "lat"))
        read_number(value, -90, 90, &of->latitude_deg, row);
    else if (ap_json_span_is(key, "lon"))
        read_number(value, -180, 180, &of->longitude_deg, row);
    else if (ap_json_span_is(key, "seen"))
        read_number(value, 0, AGE_MAX_S, &of->seen_s, row);
    else if (ap_json_span_is(key, "seen_pos"))
        read_number(value, 0, AGE_MAX_S, &of->seen_pos_s, row);
    else if (ap_json_span_is(key, "receiverCount"))
        read_receiver_count(value, row);
    else if (ap_json_span_is(key, "mlat"))
        row->mlat = read_list(value);
    else if (ap_json_span_is(key, "tisb"))
        row->tisb = read_list(value);
}

static void settle(const unsettled *of, ap_utc_ns now, ap_aircraft_row *row)
{
    if (!isnan(of->latitude_deg) && !isnan(of->longitude_deg)) {
        row->present |= AP_ROW_HAS_POSITION;
        row->latitude_deg = of->latitude_deg;
        row->longitude_deg = of->longitude_deg;
    }
    row->mlat &= row->present;
    row->tisb &= row->present;
    if (row->source == AP_ROW_SOURCE_TISB_TRACKFILE && row->address_kind != AP_ADDRESS_ICAO)
        row->address_kind = AP_ADDRESS_TRACK_FILE;
    if (now == AP_UTC_UNKNOWN)
        return;
    row->time_utc = ap_utc_add_s(now, isnan(of->seen_s) ? 0.0 : -of->seen_s);
    if (row->present & AP_ROW_HAS_POSITION)
        row->position_utc =
            isnan(of->seen_pos_s) ? row->time_utc : ap_utc_add_s(now, -of->seen_pos_s);
}

ap_err ap_aircraft_json_read(const uint8_t *object, size_t size, ap_utc_ns now,
                             ap_aircraft_row *row)
{
    ap_json_scan scan = ap_json_scan_of(object, size);
    ap_json_span key, value;
    unsettled of = { (double)NAN, (double)NAN, (double)NAN, (double)NAN };
    *row = (ap_aircraft_row){ .time_utc = AP_UTC_UNKNOWN,
                              .position_utc = AP_UTC_UNKNOWN,
                              .polled = true };
    if (!ap_json_scan_enter(&scan, '{'))
        return AP_ERR_MALFORMED;
    while (ap_json_scan_member(&scan, &key, &value))
        read_member(&key, &value, &of, row);
    if (scan.bad || !ap_json_scan_done(&scan) || !(row->present & AP_ROW_HAS_ADDRESS))
        return AP_ERR_MALFORMED;
    settle(&of, now, row);
    return AP_OK;
}

/* ---- writing ---- */

static void write_address(ap_writer *text, const ap_aircraft_row *row)
{
    ap_text_str(text, row->address_kind == AP_ADDRESS_ICAO ? "\"" : "\"~");
    ap_text_hex_u32(text, row->address, 6);
    ap_write_u8(text, '"');
}

static void write_age(ap_json_object *object, const char *key, ap_utc_ns then, ap_utc_ns now)
{
    if (then != AP_UTC_UNKNOWN && now != AP_UTC_UNKNOWN)
        ap_json_member_fixed(object, key, fmax(ap_seconds_between(then, now), 0.0), 3);
}

static ap_utc_ns position_time(const ap_aircraft_row *row)
{
    return row->position_utc == AP_UTC_UNKNOWN ? row->time_utc : row->position_utc;
}

static void write_position(ap_json_object *object, const ap_aircraft_row *row, ap_utc_ns now)
{
    ap_json_member_fixed(object, "lat", row->latitude_deg, 6);
    ap_json_member_fixed(object, "lon", row->longitude_deg, 6);
    write_age(object, "seen_pos", position_time(row), now);
}

static void write_list(ap_json_object *object, const char *key, uint32_t has)
{
    bool any = has & AP_ROW_HAS_POSITION;
    ap_json_key(object, key);
    ap_text_str(object->text, any ? "[\"lat\", \"lon\"" : "[");
    for (size_t k = 0; k < ap_row_column_count; k++) {
        if (!(has & ap_row_columns[k].has))
            continue;
        ap_text_str(object->text, any ? ", \"" : "\"");
        ap_text_str(object->text, ap_row_columns[k].key);
        ap_write_u8(object->text, '"');
        any = true;
    }
    ap_write_u8(object->text, ']');
}

/* The key of a column; a member came before it. */
static void write_key(ap_writer *text, const ap_row_column *column)
{
    if (text->bad || text->cap - text->size < AP_ROW_MEMBER_ROOM) {
        ap_write_bytes(text, column->member, column->member_size);
        return;
    }
    memcpy(text->data + text->size, column->member, AP_ROW_MEMBER_ROOM);
    text->size += column->member_size;
}

void ap_aircraft_json_write(ap_writer *text, const ap_aircraft_row *row, ap_utc_ns now)
{
    ap_json_object object = ap_json_open(text);
    ap_json_key(&object, "hex");
    write_address(text, row);
    if (row->source != AP_ROW_SOURCE_UNKNOWN)
        ap_json_member_str(&object, "type", ap_row_source_key((ap_row_source)row->source));
    bool on_ground = (row->present & AP_ROW_HAS_GROUND) && row->on_ground;
    for (size_t k = 0; k < ap_row_column_count; k++) {
        const ap_row_column *column = &ap_row_columns[k];
        bool is_ground = column->has == AP_ROW_HAS_ALTITUDE && on_ground;
        if (!is_ground && !(row->present & column->has))
            continue;
        write_key(text, column);
        if (is_ground)
            ap_text_str(text, "\"ground\"");
        else
            ap_row_column_write(column, row, text);
    }
    if (row->present & AP_ROW_HAS_POSITION)
        write_position(&object, row, now);
    if (row->receiver_count > 0)
        ap_json_member_u64(&object, "receiverCount", row->receiver_count);
    write_list(&object, "mlat", row->mlat & row->present);
    write_list(&object, "tisb", row->tisb & row->present);
    write_age(&object, "seen", row->time_utc, now);
    ap_json_close(&object);
}

/* Seconds to the millisecond; the integer part keeps them exact. */
static void write_utc(ap_writer *text, ap_utc_ns utc)
{
    ap_text_fixed(text, (double)(utc / AP_NS_PER_MS) / 1e3, 3);
}

void ap_aircraft_json_head(ap_writer *text, ap_utc_ns now, uint64_t message_count)
{
    ap_text_str(text, "{\"now\": ");
    write_utc(text, now == AP_UTC_UNKNOWN ? 0 : now);
    ap_text_str(text, ", \"messages\": ");
    ap_text_u64(text, message_count);
    ap_text_str(text, ", \"aircraft\": [\n");
}

void ap_aircraft_json_tail(ap_writer *text)
{
    ap_text_str(text, "\n]}\n");
}

void ap_receiver_json(ap_writer *text, const ap_receiver_info *info)
{
    ap_json_object object = ap_json_open(text);
    ap_json_member_str(&object, "version", info->version);
    ap_json_member_u64(&object, "refresh", info->refresh_ms);
    ap_json_member_u64(&object, "history", info->history_count);
    if (info->has_traces)
        ap_json_member_bool(&object, "haveTraces", true);
    if (info->has_site) {
        ap_json_member_fixed(&object, "lat", info->latitude_deg, 6);
        ap_json_member_fixed(&object, "lon", info->longitude_deg, 6);
    }
    ap_json_close(&object);
    ap_write_u8(text, '\n');
}

/* ---- our own lines ---- */

static void write_time(ap_json_object *object, const char *key, ap_utc_ns utc)
{
    if (utc == AP_UTC_UNKNOWN)
        return;
    ap_json_key(object, key);
    write_utc(object->text, utc);
}

void ap_row_json(ap_writer *text, const ap_aircraft_row *row)
{
    static const char *const kinds[AP_ADDRESS_KIND_COUNT] = { "icao", "anonymous", "track_file" };
    ap_json_object object = ap_json_open(text);
    if (row->present & AP_ROW_HAS_ADDRESS) {
        ap_json_key(&object, "address");
        ap_write_u8(text, '"');
        ap_text_hex_u32(text, row->address, 6);
        ap_write_u8(text, '"');
        ap_json_member_str(&object, "address_kind", kinds[row->address_kind % 3]);
    }
    ap_json_member_str(&object, "source", ap_row_source_key((ap_row_source)row->source));
    write_time(&object, "time_s", row->time_utc);
    if (row->present & AP_ROW_HAS_POSITION) {
        ap_json_member_fixed(&object, "latitude_deg", row->latitude_deg, 8);
        ap_json_member_fixed(&object, "longitude_deg", row->longitude_deg, 8);
        write_time(&object, "position_time_s", position_time(row));
        ap_json_member_bool(&object, "synthetic", ap_row_is_synthetic(row));
    }
    if (row->present & AP_ROW_HAS_GROUND)
        ap_json_member_bool(&object, "on_ground", row->on_ground);
    for (size_t k = 0; k < ap_row_column_count; k++) {
        if (!(row->present & ap_row_columns[k].has))
            continue;
        ap_json_key(&object, ap_row_columns[k].own_key);
        ap_row_column_write(&ap_row_columns[k], row, text);
    }
    if (row->receiver_count > 0)
        ap_json_member_u64(&object, "receiver_count", row->receiver_count);
    if (row->ownship)
        ap_json_member_bool(&object, "ownship", true);
    if (row->extrapolated)
        ap_json_member_bool(&object, "extrapolated", true);
    ap_json_close(&object);
    ap_write_u8(text, '\n');
}

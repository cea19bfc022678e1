#include "wire/modes/jet1090.h"

#include <math.h>
#include <string.h>

#include "wire/json.h"
#include "wire/json_number.h"
#include "wire/json_scan.h"

#define TIME_MAX_S INT64_C(4300000000) /* beyond 2106, as containers believe it */

/* ---- reading ---- */

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_hex(const ap_json_span *span)
{
    for (size_t i = 0; i < span->size; i++)
        if (digit_of(span->start[i]) < 0)
            return false;
    return span->kind == AP_JSON_SPAN_STRING;
}

/* Takes the digits of a frame; others, such as an address under the name "hex", are left. */
static void take_frame(const ap_json_span *value, ap_jet1090_line *line, const uint8_t **digits)
{
    if (!is_hex(value) || (value->size != 4 && value->size != 2 * AP_MODES_SHORT_SIZE &&
                           value->size != 2 * AP_MODES_LONG_SIZE))
        return;
    *digits = value->start;
    line->size = value->size / 2;
    for (size_t i = 0; i < line->size; i++)
        line->frame[i] =
            (uint8_t)(digit_of(value->start[2 * i]) << 4 | digit_of(value->start[2 * i + 1]));
}

static void take_time(const ap_json_span *value, ap_jet1090_line *line)
{
    int64_t whole_s;
    if (ap_json_span_scaled(value, 0, &whole_s) && whole_s > -TIME_MAX_S && whole_s < TIME_MAX_S)
        line->has_time = ap_json_span_scaled(value, 9, &line->time_utc);
}

static void take_signal(const ap_json_span *value, ap_jet1090_line *line)
{
    double dbfs;
    if (!ap_json_span_double(value, &dbfs))
        return;
    line->has_signal = true;
    line->signal = (uint8_t)lround(255.0 * fmin(pow(10.0, fmax(dbfs, -100.0) / 20.0), 1.0));
}

static void take_receiver(const ap_json_span *value, ap_jet1090_line *line)
{
    ap_json_number serial;
    line->has_receiver = ap_json_number_parse(value->start, value->size, &serial) &&
                         !serial.is_negative && ap_json_whole(&serial, &line->receiver) == AP_OK;
}

static void take_reception(const ap_json_span *key, const ap_json_span *value,
                           ap_jet1090_line *line)
{
    if (ap_json_span_is(key, "rssi"))
        take_signal(value, line);
    else if (ap_json_span_is(key, "serial"))
        take_receiver(value, line);
}

/* One element for each receiver that heard the frame; the first tells. */
static void take_metadata(const ap_json_span *array, ap_jet1090_line *line)
{
    ap_json_scan scan = ap_json_scan_of(array->start, array->size);
    ap_json_span key, value;
    if (array->kind != AP_JSON_SPAN_ARRAY || !ap_json_scan_enter(&scan, '[') ||
        !ap_json_scan_enter(&scan, '{'))
        return;
    while (ap_json_scan_member(&scan, &key, &value))
        take_reception(&key, &value, line);
}

static bool is_any(const ap_json_span *key, const char *const *names, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (ap_json_span_is(key, names[k]))
            return true;
    return false;
}

ap_err ap_jet1090_read(const uint8_t *text, size_t size, ap_jet1090_line *line, size_t *digits_at)
{
    static const char *const frame_names[] = { "frame", "rawmsg", "msg", "hex" };
    static const char *const time_names[] = { "timestamp", "time_s", "mintime" };
    ap_json_scan scan = ap_json_scan_of(text, size);
    ap_json_span key, value;
    const uint8_t *digits = NULL;
    *line = (ap_jet1090_line){ .size = 0 };
    if (!ap_json_scan_enter(&scan, '{'))
        return AP_ERR_MALFORMED;
    while (ap_json_scan_member(&scan, &key, &value)) {
        if (is_any(&key, frame_names, 4))
            take_frame(&value, line, &digits);
        else if (is_any(&key, time_names, 3))
            take_time(&value, line);
        else if (ap_json_span_is(&key, "metadata"))
            take_metadata(&value, line);
        else if (ap_json_span_is(&key, "synthetic"))
            line->synthetic = ap_json_span_is(&value, "true");
        else
            take_reception(&key, &value, line);
    }
    if (scan.bad || !ap_json_scan_done(&scan) || !digits)
        return AP_ERR_MALFORMED;
    if (digits_at)
        *digits_at = (size_t)(digits - text);
    return line->size == 2 ? AP_ERR_UNKNOWN : AP_OK;
}

/* ---- writing ---- */

#define HAS(frame, name) ((frame)->present & AP_MODES_HAS_##name)

/* Seconds with up to nine decimals; the integer parts keep them exact. */
static void put_seconds(ap_writer *text, ap_utc_ns utc)
{
    uint64_t ns = utc < 0 ? 0 - (uint64_t)utc : (uint64_t)utc;
    if (utc < 0)
        ap_write_u8(text, '-');
    ap_text_u64(text, ns / AP_NS_PER_S);
    char digits[10] = ".";
    int last = 0;
    uint64_t rest = ns % AP_NS_PER_S;
    for (int i = 9; i > 0; i--, rest /= 10) {
        digits[i] = (char)('0' + rest % 10);
        if (last == 0 && digits[i] != '0')
            last = i;
    }
    if (last > 0)
        ap_write_bytes(text, digits, (size_t)last + 1);
}

static const char *bds_of(uint8_t type_code)
{
    static const char *const names[32] = {
        [1] = "08",  [2] = "08",  [3] = "08",  [4] = "08",  [5] = "06",  [6] = "06",  [7] = "06",
        [8] = "06",  [9] = "05",  [10] = "05", [11] = "05", [12] = "05", [13] = "05", [14] = "05",
        [15] = "05", [16] = "05", [17] = "05", [18] = "05", [19] = "09", [20] = "05", [21] = "05",
        [22] = "05", [28] = "61", [29] = "62", [31] = "65",
    };
    return names[type_code & 31];
}

static void put_velocity(ap_json_object *object, const ap_modes_frame *frame)
{
    if (HAS(frame, GROUND_VELOCITY) || HAS(frame, GROUND_SPEED))
        ap_json_member_fixed(object, "groundspeed", frame->ground_speed_kt, 6);
    if (HAS(frame, GROUND_VELOCITY) || HAS(frame, TRACK))
        ap_json_member_fixed(object, "track", frame->track_deg, 6);
    if (HAS(frame, HEADING))
        ap_json_member_fixed(object, "heading", frame->heading_deg, 6);
    if (HAS(frame, AIRSPEED))
        ap_json_member_fixed(object, frame->airspeed_is_true ? "TAS" : "IAS", frame->airspeed_kt,
                             6);
    if (HAS(frame, VERTICAL_RATE)) {
        ap_json_member_str(object, "vrate_src",
                           frame->vertical_rate_is_gnss ? "GNSS" : "barometric");
        ap_json_member_i64(object, "vertical_rate", frame->vertical_rate_fpm);
    }
    if (HAS(frame, GEO_MINUS_BARO))
        ap_json_member_i64(object, "geo_minus_baro", frame->geo_minus_baro_ft);
    if (HAS(frame, NAC_V))
        ap_json_member_u64(object, "NACv", frame->nac_v);
}

static void put_place(ap_json_object *object, const ap_jet1090_content *content)
{
    const ap_modes_frame *frame = content->decoded;
    ap_json_member_u64(object, "NUCp",
                       ap_modes_nic(frame->type_code, (ap_modes_supplements){ 0 }, 0));
    if (!frame->cpr_surface) {
        ap_json_member_u64(object, "NICb", frame->nic_b);
        ap_json_member_str(object, "source", HAS(frame, GNSS_HEIGHT) ? "GNSS" : "barometric");
    }
    ap_json_member_str(object, "parity", frame->cpr_odd ? "odd" : "even");
    ap_json_member_u64(object, "lat_cpr", frame->cpr_latitude_17);
    ap_json_member_u64(object, "lon_cpr", frame->cpr_longitude_17);
    if (!content->has_position)
        return;
    ap_json_member_fixed(object, "latitude", content->latitude_deg, 8);
    ap_json_member_fixed(object, "longitude", content->longitude_deg, 8);
}

static void put_target_state(ap_json_object *object, const ap_modes_frame *frame)
{
    if (HAS(frame, SELECTED_ALTITUDE)) {
        ap_json_member_str(object, "source", frame->selected_by_fms ? "FMS" : "MCP/FCU");
        ap_json_member_i64(object, "selected_altitude", frame->selected_altitude_ft);
    }
    if (HAS(frame, BARO_SETTING))
        ap_json_member_fixed(object, "barometric_setting", frame->baro_setting_hpa, 6);
    if (HAS(frame, SELECTED_HEADING))
        ap_json_member_fixed(object, "selected_heading", frame->selected_heading_deg, 6);
    if (!HAS(frame, TARGET_STATE))
        return;
    ap_json_member_u64(object, "NACp", frame->nac_p);
    ap_json_member_bool(object, "tcas_operational", frame->tcas_operational);
}

static void put_identity(ap_json_object *object, const ap_modes_frame *frame)
{
    ap_writer *text = object->text;
    if (HAS(frame, ALTITUDE))
        ap_json_member_i64(object, "altitude", frame->altitude_ft);
    if (HAS(frame, GNSS_HEIGHT))
        ap_json_member_i64(object, "altitude", frame->gnss_height_ft);
    if (HAS(frame, SQUAWK)) {
        ap_json_key(object, "squawk");
        ap_write_u8(text, '"');
        ap_text_octal(text, frame->squawk, 4);
        ap_write_u8(text, '"');
    }
    if (HAS(frame, CALLSIGN))
        ap_json_member_str(object, "callsign", frame->callsign);
}

static void put_content(ap_json_object *object, const ap_jet1090_content *content)
{
    const ap_modes_frame *frame = content->decoded;
    ap_writer *text = object->text;
    ap_json_key(object, "icao24");
    ap_write_u8(text, '"');
    ap_text_hex_u32(text, frame->icao24, 6);
    ap_write_u8(text, '"');
    bool squitter = frame->df == 17 || frame->df == 18;
    if (squitter && bds_of(frame->type_code))
        ap_json_member_str(object, "bds", bds_of(frame->type_code));
    put_identity(object, frame);
    if (HAS(frame, CPR))
        put_place(object, content);
    put_velocity(object, frame);
    put_target_state(object, frame);
}

static void put_metadata(ap_json_object *object, const ap_jet1090_line *line)
{
    ap_json_key(object, "metadata");
    ap_write_u8(object->text, '[');
    ap_json_object of = ap_json_open(object->text);
    if (line->has_time) {
        ap_json_key(&of, "system_timestamp");
        put_seconds(object->text, line->time_utc);
    }
    if (line->has_signal)
        ap_json_member_fixed(&of, "rssi", 20.0 * log10(fmax(line->signal, 0.1) / 255.0), 3);
    if (line->has_receiver)
        ap_json_member_u64(&of, "serial", line->receiver);
    ap_json_close(&of);
    ap_write_u8(object->text, ']');
}

void ap_jet1090_write(ap_writer *text, const ap_jet1090_line *line,
                      const ap_jet1090_content *content)
{
    ap_json_object object = ap_json_open(text);
    if (line->has_time) {
        ap_json_key(&object, "timestamp");
        put_seconds(text, line->time_utc);
    }
    ap_json_key(&object, "frame");
    ap_write_u8(text, '"');
    ap_text_hex(text, line->frame, line->size);
    ap_write_u8(text, '"');
    ap_json_key(&object, "df");
    ap_write_u8(text, '"');
    ap_text_u64(text, line->frame[0] >> 3 > 24 ? 24u : line->frame[0] >> 3);
    ap_write_u8(text, '"');
    if (content->decoded)
        put_content(&object, content);
    if (line->synthetic)
        ap_json_member_bool(&object, "synthetic", true);
    if (line->has_signal || line->has_receiver)
        put_metadata(&object, line);
    ap_json_close(&object);
    ap_write_u8(text, '\n');
}

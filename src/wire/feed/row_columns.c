#include "wire/feed/row_columns.h"

#include <math.h>
#include <string.h>

#include "base/hex.h"
#include "wire/json.h"

/* The name of a member says its unit: it is the key of our own lines. `size`: of a text. */
#define COLUMN(key, member, kind, has, low, high, decimals)                                        \
    {                                                                                              \
        key, ", \"" key "\": ", sizeof(", \"" key "\": ") - 1, #member, AP_ROW_##kind,             \
            AP_ROW_HAS_##has, offsetof(ap_aircraft_row, member),                                   \
            sizeof(((ap_aircraft_row *)0)->member), low, high, decimals                            \
    }

/* clang-format off */
const ap_row_column ap_row_columns[] = {
    COLUMN("flight",          callsign,              TEXT,    CALLSIGN,           0, 0, 0),
    COLUMN("r",               registration,          TEXT,    REGISTRATION,       0, 0, 0),
    COLUMN("t",               aircraft_type,         TEXT,    AIRCRAFT_TYPE,      0, 0, 0),
    COLUMN("alt_baro",        altitude_ft,           I32,     ALTITUDE,           -2000, 200000, 0),
    COLUMN("alt_geom",        height_ft,             I32,     HEIGHT,             -2000, 400000, 0),
    COLUMN("gs",              ground_speed_kt,       DOUBLE,  GROUND_SPEED,       0, 6000, 1),
    COLUMN("ias",             indicated_airspeed_kt, DOUBLE,  INDICATED_AIRSPEED, 0, 6000, 1),
    COLUMN("tas",             true_airspeed_kt,      DOUBLE,  TRUE_AIRSPEED,      0, 6000, 1),
    COLUMN("mach",            mach,                  DOUBLE,  MACH,               0, 10, 3),
    COLUMN("track",           track_deg,             DEGREES, TRACK,              -360, 360, 2),
    COLUMN("track_rate",      track_rate_degps,      DOUBLE,  TRACK_RATE,         -90, 90, 2),
    COLUMN("roll",            roll_deg,              DOUBLE,  ROLL,               -180, 180, 2),
    COLUMN("mag_heading",     magnetic_heading_deg,  DEGREES, MAGNETIC_HEADING,   -360, 360, 2),
    COLUMN("true_heading",    true_heading_deg,      DEGREES, TRUE_HEADING,       -360, 360, 2),
    COLUMN("baro_rate",       vertical_rate_fpm,     I32,     VERTICAL_RATE,      -99999, 99999, 0),
    COLUMN("geom_rate",       height_rate_fpm,       I32,     HEIGHT_RATE,        -99999, 99999, 0),
    COLUMN("squawk",          squawk,                OCTAL,   SQUAWK,             0, 0, 0),
    COLUMN("emergency",       emergency,             STATE,   EMERGENCY,          0, 0, 0),
    COLUMN("category",        emitter_category,      HEX,     EMITTER_CATEGORY,   0xA0, 0xD7, 0),
    COLUMN("nav_qnh",         baro_setting_hpa,      DOUBLE,  BARO_SETTING,       700, 1300, 1),
    COLUMN("nav_altitude_mcp",selected_altitude_ft,  I32,     SELECTED_ALTITUDE,  -2000, 200000, 0),
    COLUMN("nav_heading",     selected_heading_deg,  DEGREES, SELECTED_HEADING,   -360, 360, 2),
    COLUMN("nic",             nic,                   U8,      QUALITY,            0, 11, 0),
    COLUMN("rc",              containment_m,         I32,     CONTAINMENT,        1, 100000, 0),
    COLUMN("version",         adsb_version,          U8,      ADSB_VERSION,       0, 7, 0),
    COLUMN("nac_p",           nac_p,                 U8,      QUALITY,            0, 11, 0),
    COLUMN("nac_v",           nac_v,                 U8,      QUALITY,            0, 7, 0),
    COLUMN("sil",             sil,                   U8,      QUALITY,            0, 3, 0),
    COLUMN("alert",           alert,                 BOOL,    STATUS,             0, 0, 0),
    COLUMN("spi",             spi,                   BOOL,    STATUS,             0, 0, 0),
    COLUMN("messages",        message_count,         U64,     MESSAGE_COUNT,      0, 0, 0),
    COLUMN("rssi",            signal_dbfs,           DOUBLE,  SIGNAL,             -200, 100, 1),
};
/* clang-format on */
const size_t ap_row_column_count = sizeof ap_row_columns / sizeof ap_row_columns[0];

/* As dump1090 named them before 2018. */
static const char *const aliases[][2] = {
    { "altitude", "alt_baro" },
    { "speed", "gs" },
    { "vert_rate", "baro_rate" },
    { "nucp", "nic" },
};

const ap_row_column *ap_row_column_find(const ap_json_span *key)
{
    const char *alias = NULL;
    for (size_t k = 0; k < sizeof aliases / sizeof aliases[0]; k++)
        if (ap_json_span_is(key, aliases[k][0]))
            alias = aliases[k][1];
    for (size_t k = 0; k < ap_row_column_count; k++) {
        const char *name = ap_row_columns[k].key;
        if (alias ? strcmp(alias, name) == 0 : ap_json_span_is(key, name))
            return &ap_row_columns[k];
    }
    return NULL;
}

static const char *const emergencies[AP_ROW_EMERGENCY_COUNT] = { "none",    "general", "lifeguard",
                                                                 "minfuel", "nordo",   "unlawful",
                                                                 "downed",  "reserved" };

/* ---- reading ---- */

bool ap_row_digits(const ap_json_span *value, size_t size, int base, unsigned *number)
{
    *number = 0;
    if (value->kind != AP_JSON_SPAN_STRING || value->size != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int digit = ap_hex_digit(value->start[i]);
        if (digit < 0 || digit >= base)
            return false;
        *number = *number * (unsigned)base + (unsigned)digit;
    }
    return true;
}

static bool read_text(const ap_json_span *value, char *text, size_t cap)
{
    if (!ap_json_span_text(value, text, cap))
        return false;
    size_t size = strlen(text);
    while (size > 0 && text[size - 1] == ' ')
        size--;
    memset(text + size, 0, cap - size);
    return size > 0;
}

/* A text that says nothing. */
static bool is_blank(const ap_json_span *value)
{
    for (size_t i = 0; i < value->size; i++)
        if (value->start[i] != ' ' && value->start[i] != '@')
            return false;
    return value->kind == AP_JSON_SPAN_STRING;
}

static bool read_bool(const ap_json_span *value, bool *to)
{
    int64_t number;
    bool is_word = ap_json_span_is(value, "true") || ap_json_span_is(value, "false");
    if (!is_word && !ap_json_span_scaled(value, 0, &number))
        return false;
    *to = is_word ? value->start[0] == 't' : number != 0;
    return true;
}

static bool read_state(const ap_json_span *value, uint8_t *to)
{
    for (unsigned k = 0; k < AP_ROW_EMERGENCY_COUNT; k++)
        if (ap_json_span_is(value, emergencies[k])) {
            *to = (uint8_t)k;
            return true;
        }
    return false;
}

static bool read_number(const ap_row_column *column, const ap_json_span *value, uint8_t *to)
{
    double number;
    if (!ap_json_span_double(value, &number) || number < column->low || number > column->high)
        return false;
    if (column->kind == AP_ROW_U8) {
        *to = (uint8_t)lround(number);
    } else if (column->kind == AP_ROW_I32) {
        int32_t whole = (int32_t)lround(number);
        memcpy(to, &whole, sizeof whole);
    } else {
        if (column->kind == AP_ROW_DEGREES)
            number = number < 0 ? number + 360.0 : number >= 360.0 ? number - 360.0 : number;
        memcpy(to, &number, sizeof number);
    }
    return true;
}

static bool read_value(const ap_row_column *column, const ap_json_span *value, ap_aircraft_row *row)
{
    uint8_t *to = (uint8_t *)row + column->offset;
    unsigned digits;
    int64_t count;
    switch (column->kind) {
    case AP_ROW_TEXT:
        return read_text(value, (char *)to, column->size);
    case AP_ROW_OCTAL:
        if (!ap_row_digits(value, 4, 8, &digits))
            return false;
        memcpy(to, &(uint16_t){ (uint16_t)digits }, sizeof(uint16_t));
        return true;
    case AP_ROW_HEX:
        if (!ap_row_digits(value, 2, 16, &digits) || digits < column->low || digits > column->high)
            return false;
        *to = (uint8_t)digits;
        return true;
    case AP_ROW_STATE:
        return read_state(value, to);
    case AP_ROW_BOOL:
        return read_bool(value, (bool *)to);
    case AP_ROW_U64:
        if (!ap_json_span_scaled(value, 0, &count) || count < 0)
            return false;
        memcpy(to, &count, sizeof count);
        return true;
    default:
        return read_number(column, value, to);
    }
}

bool ap_row_column_read(const ap_row_column *column, const ap_json_span *value,
                        ap_aircraft_row *row)
{
    ap_aircraft_row kept = *row;
    if (ap_json_span_is_null(value) || (column->kind == AP_ROW_TEXT && is_blank(value)))
        return false;
    if (read_value(column, value, row)) {
        row->present |= column->has;
        return true;
    }
    *row = kept; /* a text may have been written in part */
    ap_row_bad_value(row);
    return false;
}

/* ---- writing ---- */

static void write_quoted(const ap_row_column *column, const uint8_t *from, ap_writer *text)
{
    ap_write_u8(text, '"');
    if (column->kind == AP_ROW_OCTAL) {
        uint16_t code;
        memcpy(&code, from, sizeof code);
        ap_text_octal(text, code, 4);
    } else if (column->kind == AP_ROW_STATE) {
        ap_text_str(text, emergencies[*from < AP_ROW_EMERGENCY_COUNT ? *from : 0]);
    } else {
        static const char digits[] = "0123456789ABCDEF";
        ap_write_u8(text, (uint8_t)digits[*from >> 4]);
        ap_write_u8(text, (uint8_t)digits[*from & 15]);
    }
    ap_write_u8(text, '"');
}

void ap_row_column_write(const ap_row_column *column, const ap_aircraft_row *row, ap_writer *text)
{
    const uint8_t *from = (const uint8_t *)row + column->offset;
    double number;
    uint64_t count;
    int32_t whole;
    switch (column->kind) {
    case AP_ROW_TEXT:
        ap_json_string(text, (const char *)from, strlen((const char *)from));
        break;
    case AP_ROW_OCTAL:
    case AP_ROW_HEX:
    case AP_ROW_STATE:
        write_quoted(column, from, text);
        break;
    case AP_ROW_BOOL:
    case AP_ROW_U8:
        ap_text_u64(text, *from);
        break;
    case AP_ROW_U64:
        memcpy(&count, from, sizeof count);
        ap_text_u64(text, count);
        break;
    case AP_ROW_I32:
        memcpy(&whole, from, sizeof whole);
        ap_text_i64(text, whole);
        break;
    default:
        memcpy(&number, from, sizeof number);
        ap_text_fixed(text, number, column->decimals);
        break;
    }
}

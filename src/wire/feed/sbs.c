#include "wire/feed/sbs.h"

#include <math.h>
#include <string.h>

#include "wire/feed/row_columns.h"
#include "wire/json.h"
#include "wire/json_scan.h"

#define FIELD_COUNT 22

enum {
    FIELD_KIND,
    FIELD_TYPE,
    FIELD_ADDRESS = 4,
    FIELD_DATE = 6,
    FIELD_TIME,
    FIELD_CALLSIGN = 10,
    FIELD_ALTITUDE,
    FIELD_SPEED,
    FIELD_TRACK,
    FIELD_LATITUDE,
    FIELD_LONGITUDE,
    FIELD_RATE,
    FIELD_SQUAWK,
    FIELD_ALERT,
    FIELD_EMERGENCY,
    FIELD_SPI,
    FIELD_GROUND
};

enum {
    TYPE_IDENT = 1,
    TYPE_SURFACE,
    TYPE_AIRBORNE,
    TYPE_VELOCITY,
    TYPE_ALTITUDE,
    TYPE_SQUAWK,
    TYPE_ALL_CALL = 8
};

/* ---- reading ---- */

/* Fields as strings, so that the columns' readers can take them. Missing ones at the end are empty.
 * False for more than there can be. */
static bool split(const uint8_t *line, size_t size, ap_json_span fields[FIELD_COUNT], size_t *count)
{
    const uint8_t *at = line, *end = line + size;
    for (*count = 0; *count < FIELD_COUNT; ++*count) {
        const uint8_t *comma = at <= end ? memchr(at, ',', (size_t)(end - at)) : NULL;
        const uint8_t *to = comma ? comma : end;
        fields[*count] = (ap_json_span){ AP_JSON_SPAN_STRING, at, (size_t)(to - at) };
        if (!comma)
            break;
        at = comma + 1;
    }
    if (*count == FIELD_COUNT)
        return false;
    ++*count;
    for (size_t k = *count; k < FIELD_COUNT; k++)
        fields[k] = (ap_json_span){ AP_JSON_SPAN_STRING, end, 0 };
    return true;
}

static bool read_address(const ap_json_span *field, ap_aircraft_row *row)
{
    unsigned address;
    if (!ap_row_digits(field, 6, 16, &address))
        return false;
    row->present |= AP_ROW_HAS_ADDRESS;
    row->address = address;
    return true;
}

/* "2024/06/06" and "08:58:39.147" to UTC. */
static void read_time(const ap_json_span *date, const ap_json_span *time, ap_aircraft_row *row)
{
    char text[40];
    if (date->size == 0 && time->size == 0)
        return;
    if (date->size != 10 || time->size < 8 || time->size > 18) {
        ap_row_bad_value(row);
        return;
    }
    memcpy(text, date->start, 10);
    text[4] = text[4] == '/' ? '-' : '?';
    text[7] = text[7] == '/' ? '-' : '?';
    text[10] = 'T';
    memcpy(text + 11, time->start, time->size);
    memcpy(text + 11 + time->size, "Z", 2);
    if (ap_utc_parse(text, &row->time_utc)) /* left as it is then */
        ap_row_bad_value(row);
}

static void read_column(const char *key, const ap_json_span *field, ap_aircraft_row *row)
{
    ap_json_span name = { AP_JSON_SPAN_STRING, (const uint8_t *)key, strlen(key) };
    if (field->size > 0)
        (void)ap_row_column_read(ap_row_column_find(&name), field, row);
}

static bool read_flag(const ap_json_span *field, bool *flag, ap_aircraft_row *row)
{
    int64_t number;
    if (field->size == 0)
        return false;
    if (!ap_json_span_scaled(field, 0, &number)) {
        ap_row_bad_value(row);
        return false;
    }
    *flag = number != 0;
    return true;
}

static void read_flags(const ap_json_span *fields, ap_aircraft_row *row)
{
    bool emergency;
    bool alert = read_flag(&fields[FIELD_ALERT], &row->alert, row);
    if (read_flag(&fields[FIELD_SPI], &row->spi, row) || alert)
        row->present |= AP_ROW_HAS_STATUS;
    if (read_flag(&fields[FIELD_EMERGENCY], &emergency, row)) {
        row->present |= AP_ROW_HAS_EMERGENCY;
        row->emergency = emergency ? AP_ROW_EMERGENCY_GENERAL : AP_ROW_EMERGENCY_NONE;
    }
    if (read_flag(&fields[FIELD_GROUND], &row->on_ground, row))
        row->present |= AP_ROW_HAS_GROUND;
}

static void read_position(const ap_json_span *fields, ap_aircraft_row *row)
{
    double latitude_deg, longitude_deg;
    if (fields[FIELD_LATITUDE].size == 0 && fields[FIELD_LONGITUDE].size == 0)
        return;
    if (!ap_json_span_double(&fields[FIELD_LATITUDE], &latitude_deg) ||
        !ap_json_span_double(&fields[FIELD_LONGITUDE], &longitude_deg) ||
        fabs(latitude_deg) > 90.0 || fabs(longitude_deg) > 180.0) {
        ap_row_bad_value(row);
        return;
    }
    row->present |= AP_ROW_HAS_POSITION;
    row->latitude_deg = latitude_deg;
    row->longitude_deg = longitude_deg;
    row->position_utc = row->time_utc;
    if (row->source == AP_ROW_SOURCE_MLAT)
        row->mlat |= AP_ROW_HAS_POSITION;
}

static bool is_other_line(const ap_json_span *kind)
{
    static const char *const kinds[] = { "SEL", "ID", "AIR", "STA", "CLK" };
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        if (ap_json_span_is(kind, kinds[k]))
            return true;
    return false;
}

ap_err ap_sbs_read(const uint8_t *line, size_t size, ap_aircraft_row *row)
{
    ap_json_span fields[FIELD_COUNT];
    size_t count;
    *row = (ap_aircraft_row){ .time_utc = AP_UTC_UNKNOWN, .position_utc = AP_UTC_UNKNOWN };
    if (!split(line, size, fields, &count))
        return AP_ERR_MALFORMED;
    if (is_other_line(&fields[FIELD_KIND]))
        return AP_ERR_UNKNOWN;
    bool mlat = ap_json_span_is(&fields[FIELD_KIND], "MLAT");
    const ap_json_span *type = &fields[FIELD_TYPE];
    if ((!mlat && !ap_json_span_is(&fields[FIELD_KIND], "MSG")) || count < 11 || type->size != 1 ||
        type->start[0] < '1' || type->start[0] > '8' || !read_address(&fields[FIELD_ADDRESS], row))
        return AP_ERR_MALFORMED;
    row->source = mlat ? AP_ROW_SOURCE_MLAT : AP_ROW_SOURCE_UNKNOWN;
    read_time(&fields[FIELD_DATE], &fields[FIELD_TIME], row);
    read_column("flight", &fields[FIELD_CALLSIGN], row);
    read_column("alt_baro", &fields[FIELD_ALTITUDE], row);
    read_column("gs", &fields[FIELD_SPEED], row);
    read_column("track", &fields[FIELD_TRACK], row);
    read_column("baro_rate", &fields[FIELD_RATE], row);
    read_column("squawk", &fields[FIELD_SQUAWK], row);
    read_position(fields, row);
    read_flags(fields, row);
    if (type->start[0] == '0' + TYPE_SURFACE && !(row->present & AP_ROW_HAS_GROUND)) {
        row->present |= AP_ROW_HAS_GROUND;
        row->on_ground = true;
    }
    return AP_OK;
}

/* ---- writing ---- */

/* "2024/06/06,08:58:39.147," */
static void write_time(ap_writer *text, ap_utc_ns utc)
{
    char iso[AP_UTC_TEXT_SIZE];
    if (utc == AP_UTC_UNKNOWN) {
        ap_text_str(text, ",,");
        return;
    }
    ap_utc_text(utc, iso);
    iso[4] = iso[7] = '/';
    ap_write_bytes(text, iso, 10);
    ap_write_u8(text, ',');
    ap_write_bytes(text, iso + 11, 12);
    ap_write_u8(text, ',');
}

static void write_flag(ap_writer *text, bool known, bool flag)
{
    ap_text_str(text, !known ? "," : flag ? ",-1" : ",0");
}

/* What a line of each type holds of a row, beside the flags. */
static const uint32_t values_of[] = {
    [TYPE_IDENT] = AP_ROW_HAS_CALLSIGN,
    [TYPE_SURFACE] =
        AP_ROW_HAS_POSITION | AP_ROW_HAS_ALTITUDE | AP_ROW_HAS_GROUND_SPEED | AP_ROW_HAS_TRACK,
    [TYPE_AIRBORNE] = AP_ROW_HAS_POSITION | AP_ROW_HAS_ALTITUDE,
    [TYPE_VELOCITY] = AP_ROW_HAS_GROUND_SPEED | AP_ROW_HAS_TRACK | AP_ROW_HAS_VERTICAL_RATE,
    [TYPE_ALTITUDE] = AP_ROW_HAS_ALTITUDE,
    [TYPE_SQUAWK] = AP_ROW_HAS_SQUAWK | AP_ROW_HAS_ALTITUDE,
    [TYPE_ALL_CALL] = 0,
};
#define FLAGS (AP_ROW_HAS_STATUS | AP_ROW_HAS_EMERGENCY | AP_ROW_HAS_GROUND)

/* Each field with the comma behind it. */
static void write_whole(ap_writer *text, bool known, int32_t value)
{
    if (known)
        ap_text_i64(text, value);
    ap_write_u8(text, ',');
}

static void write_number(ap_writer *text, bool known, double value, int decimals)
{
    if (known)
        ap_text_fixed(text, value, decimals);
    ap_write_u8(text, ',');
}

static void write_values(ap_writer *text, const ap_aircraft_row *row, uint32_t has)
{
    for (const char *c = row->callsign; (has & AP_ROW_HAS_CALLSIGN) && *c != '\0'; c++)
        ap_write_u8(text, *c == ',' ? ' ' : (uint8_t)*c);
    ap_write_u8(text, ',');
    write_whole(text, has & AP_ROW_HAS_ALTITUDE, row->altitude_ft);
    write_number(text, has & AP_ROW_HAS_GROUND_SPEED, row->ground_speed_kt, 1);
    write_number(text, has & AP_ROW_HAS_TRACK, row->track_deg, 1);
    write_number(text, has & AP_ROW_HAS_POSITION, row->latitude_deg, 6);
    write_number(text, has & AP_ROW_HAS_POSITION, row->longitude_deg, 6);
    write_whole(text, has & AP_ROW_HAS_VERTICAL_RATE, row->vertical_rate_fpm);
    if (has & AP_ROW_HAS_SQUAWK)
        ap_text_octal(text, row->squawk, 4);
    write_flag(text, has & AP_ROW_HAS_STATUS, row->alert);
    write_flag(text, has & AP_ROW_HAS_EMERGENCY, row->emergency != AP_ROW_EMERGENCY_NONE);
    write_flag(text, has & AP_ROW_HAS_STATUS, row->spi);
    write_flag(text, has & AP_ROW_HAS_GROUND, row->on_ground);
}

static void write_line(ap_writer *text, const ap_aircraft_row *row, ap_utc_ns logged_utc, int type)
{
    static const char digits[] = "0123456789ABCDEF";
    bool placed = type == TYPE_SURFACE || type == TYPE_AIRBORNE;
    ap_text_str(text, placed && ap_row_is_synthetic(row) ? "MLAT," : "MSG,");
    ap_text_u64(text, (uint64_t)type);
    ap_text_str(text, ",1,1,");
    for (int shift = 20; shift >= 0; shift -= 4)
        ap_write_u8(text, (uint8_t)digits[row->address >> shift & 15]);
    ap_text_str(text, ",1,");
    bool own_time = placed && row->position_utc != AP_UTC_UNKNOWN;
    write_time(text, own_time ? row->position_utc : row->time_utc);
    write_time(text, logged_utc);
    write_values(text, row, row->present & (values_of[type] | FLAGS));
    ap_text_str(text, "\r\n");
}

ap_err ap_sbs_write(ap_writer *text, const ap_aircraft_row *row, ap_utc_ns logged_utc)
{
    if (!(row->present & AP_ROW_HAS_ADDRESS) || row->address_kind != AP_ADDRESS_ICAO)
        return AP_ERR_ARGUMENT;
    uint32_t has = row->present;
    bool surface = (has & AP_ROW_HAS_GROUND) && row->on_ground && (has & AP_ROW_HAS_POSITION);
    uint32_t left = has & (AP_ROW_HAS_CALLSIGN | AP_ROW_HAS_POSITION | AP_ROW_HAS_ALTITUDE |
                           AP_ROW_HAS_GROUND_SPEED | AP_ROW_HAS_TRACK | AP_ROW_HAS_VERTICAL_RATE |
                           AP_ROW_HAS_SQUAWK);
    const uint32_t velocity = AP_ROW_HAS_GROUND_SPEED | AP_ROW_HAS_TRACK | AP_ROW_HAS_VERTICAL_RATE;
    const struct {
        int type;
        uint32_t calls; /* any of these, still unsaid, call for the line */
    } plan[] = { { TYPE_IDENT, AP_ROW_HAS_CALLSIGN },
                 { surface ? TYPE_SURFACE : TYPE_AIRBORNE, AP_ROW_HAS_POSITION },
                 { TYPE_VELOCITY, velocity },
                 { TYPE_SQUAWK, AP_ROW_HAS_SQUAWK },
                 { TYPE_ALTITUDE, AP_ROW_HAS_ALTITUDE } };
    if (left == 0)
        write_line(text, row, logged_utc, TYPE_ALL_CALL);
    for (size_t k = 0; k < sizeof plan / sizeof plan[0]; k++) {
        if (!(left & plan[k].calls))
            continue;
        write_line(text, row, logged_utc, plan[k].type);
        left &= ~values_of[plan[k].type];
    }
    return AP_OK;
}

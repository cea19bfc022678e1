#include "io/postgres_row.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#include "wire/json.h"

#define HEAD_SIZE 10u                           /* kind, edition, receive time */
#define EPOCH_US (INT64_C(946684800) * 1000000) /* 2000-01-01 */
#define WKB_POINT_Z_SRID UINT32_C(0xA0000001)   /* with Z 0x80000000 and SRID 0x20000000 */
#define WGS_84 4326u
#define POINT_SIZE 33u /* order, type, number of WGS 84, three doubles */

/* --- fields --- */

typedef struct tuple {
    uint8_t *at;
    uint16_t count; /* of its fields */
} tuple;

static void put_16(tuple *to, uint16_t value)
{
    value = htobe16(value);
    memcpy(to->at, &value, sizeof value);
    to->at += sizeof value;
}

static void put_32(tuple *to, uint32_t value)
{
    value = htobe32(value);
    memcpy(to->at, &value, sizeof value);
    to->at += sizeof value;
}

static void put_64(tuple *to, uint64_t value)
{
    value = htobe64(value);
    memcpy(to->at, &value, sizeof value);
    to->at += sizeof value;
}

static void begin_field(tuple *to, uint32_t size)
{
    to->count++;
    put_32(to, size);
}

static void put_null(tuple *to)
{
    begin_field(to, UINT32_MAX);
}

static void put_int(tuple *to, int64_t value)
{
    begin_field(to, 8);
    put_64(to, (uint64_t)value);
}

static void put_count(tuple *to, uint64_t value)
{
    put_int(to, value < INT64_MAX ? (int64_t)value : INT64_MAX);
}

static void put_int_or_null(tuple *to, uint32_t value)
{
    if (value == 0)
        put_null(to);
    else
        put_int(to, value);
}

static void put_real(tuple *to, double value)
{
    float single = (float)value;
    uint32_t bits;
    if (isnan(value)) {
        put_null(to);
        return;
    }
    memcpy(&bits, &single, sizeof bits);
    begin_field(to, 4);
    put_32(to, bits);
}

static void put_time(tuple *to, ap_utc_ns time)
{
    if (time == AP_UTC_UNKNOWN) {
        put_null(to);
        return;
    }
    int64_t us = time / 1000 - (time % 1000 < 0);
    put_int(to, us - EPOCH_US);
}

/* The sequence of UTF-8 there, or a '?' for an octet that begins none. */
static size_t put_sequence(uint8_t *to, const uint8_t *from, size_t left)
{
    size_t size = ap_utf8_size(from, left);
    if (size > 0)
        memcpy(to, from, size);
    else
        *to = '?';
    return size;
}

static void put_text(tuple *to, const char *text)
{
    size_t left = text ? strlen(text) : 0, size = 0;
    if (left == 0) {
        put_null(to);
        return;
    }
    const uint8_t *from = (const uint8_t *)text;
    begin_field(to, 0);
    while (left > 0 && size + 4 <= AP_POSTGRES_TEXT_MAX + 1) {
        size_t taken = put_sequence(to->at + size, from, left);
        size += taken ? taken : 1;
        from += taken ? taken : 1;
        left -= taken ? taken : 1;
    }
    to->at -= 4;
    put_32(to, (uint32_t)size);
    to->at += size;
}

static void put_double_le(tuple *to, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = htole64(bits);
    memcpy(to->at, &bits, sizeof bits);
    to->at += sizeof bits;
}

/* Z is 0 where no height is known, as in the GeoPackage. */
static void put_place(tuple *to, double latitude_deg, double longitude_deg, double height_m)
{
    uint32_t type = htole32(WKB_POINT_Z_SRID), srid = htole32(WGS_84);
    begin_field(to, POINT_SIZE);
    *to->at++ = 1; /* little end first */
    memcpy(to->at, &type, 4);
    memcpy(to->at + 4, &srid, 4);
    to->at += 8;
    put_double_le(to, longitude_deg);
    put_double_le(to, latitude_deg);
    put_double_le(to, isfinite(height_m) ? height_m : 0.0);
}

/* --- rows, column by column --- */

static void put_point(tuple *to, const ap_row_point *row)
{
    put_int(to, row->track_id);
    put_time(to, row->time);
    put_place(to, row->latitude_deg, row->longitude_deg, row->height_m);
    put_text(to, row->state);
    put_text(to, row->sensor);
    put_real(to, row->height_m);
    put_real(to, row->pressure_altitude_ft);
    put_real(to, row->ground_speed_kt);
    put_real(to, row->track_deg);
    put_real(to, row->vertical_rate_fpm);
    put_real(to, row->position_sigma_m);
}

static void put_track(tuple *to, const ap_row_track *row)
{
    put_int(to, row->track_id);
    put_int_or_null(to, row->track_number);
    put_text(to, row->icao24);
    put_text(to, row->address_kind);
    put_text(to, row->callsign);
    put_text(to, row->squawk);
    put_text(to, row->emitter_category);
    put_time(to, row->born);
    put_time(to, row->confirmed);
    put_time(to, row->updated);
    put_int(to, row->update_count);
    put_text(to, row->end_reason);
    put_text(to, row->sources);
}

static void put_alert(tuple *to, const ap_row_alert *row)
{
    put_int(to, row->alert_id);
    put_int_or_null(to, row->track_id);
    put_text(to, row->kind);
    put_int(to, row->detail);
    put_time(to, row->since);
    put_time(to, row->until);
}

static void put_reason(tuple *to, const ap_row_reason *row)
{
    put_int(to, row->track_id);
    put_int(to, row->number);
    put_time(to, row->time);
    put_text(to, row->reason);
    put_text(to, row->text);
    put_text(to, row->sensor);
    put_int_or_null(to, row->other_track_id);
    put_real(to, row->existence);
    put_text(to, row->identity);
}

static void put_sensor(tuple *to, const ap_row_sensor *row)
{
    put_text(to, row->name && *row->name ? row->name : "?");
    if (row->has_site)
        put_place(to, row->latitude_deg, row->longitude_deg, row->height_m);
    else
        put_null(to);
    put_text(to, row->kind);
    for (int i = 0; i < 2; i++) {
        if (row->has_sac_sic)
            put_int(to, i == 0 ? row->sac : row->sic);
        else
            put_null(to);
    }
    put_real(to, row->has_site ? row->height_m : NAN);
    put_count(to, row->byte_count);
    put_count(to, row->record_count);
    put_count(to, row->report_count);
    put_count(to, row->service_count);
    put_count(to, row->refused_count);
    put_time(to, row->first);
    put_time(to, row->last);
}

size_t ap_postgres_row_write(const ap_row *row, uint8_t to[AP_POSTGRES_RECORD_MAX])
{
    tuple made = { .at = to + HEAD_SIZE + 2 };
    uint64_t received = htole64((uint64_t)row->mark.received);
    to[0] = (uint8_t)row->kind;
    to[1] = AP_POSTGRES_EDITION;
    memcpy(to + 2, &received, sizeof received);
    put_time(&made, row->mark.run);
    switch (row->kind) {
    case AP_ROW_POINT:
        put_point(&made, &row->point);
        break;
    case AP_ROW_TRACK:
        put_track(&made, &row->track);
        break;
    case AP_ROW_ALERT:
        put_alert(&made, &row->alert);
        break;
    case AP_ROW_REASON:
        put_reason(&made, &row->reason);
        break;
    case AP_ROW_SENSOR:
        put_sensor(&made, &row->sensor);
        break;
    case AP_ROW_KIND_COUNT:
        break;
    }
    tuple front = { .at = to + HEAD_SIZE };
    put_16(&front, made.count);
    return (size_t)(made.at - to);
}

ap_err ap_postgres_record_read(const uint8_t *octets, size_t size, ap_postgres_record *record)
{
    uint64_t received;
    if (size < HEAD_SIZE + 2)
        return AP_ERR_TRUNCATED;
    if (octets[0] >= AP_ROW_KIND_COUNT || octets[1] != AP_POSTGRES_EDITION)
        return AP_ERR_UNKNOWN;
    memcpy(&received, octets + 2, sizeof received);
    *record = (ap_postgres_record){ .kind = (ap_row_kind)octets[0],
                                    .received = (ap_utc_ns)le64toh(received),
                                    .tuple = octets + HEAD_SIZE,
                                    .size = size - HEAD_SIZE };
    return AP_OK;
}

#include "app/archive_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "airpicture/geo.h"
#include "publish/track_columns.h"

static int32_t fixed(double value, double least, double most)
{
    if (!isfinite(value))
        return 0;
    return (int32_t)lround(value < least ? least : value > most ? most : value);
}

static int32_t decimetres(double value_m)
{
    return isfinite(value_m) ? fixed(value_m * 10.0, -1e8, 2e9) : AP_POINT_UNKNOWN;
}

ap_point ap_archive_state_point(const ap_row_point *row)
{
    double rate_mps = row->vertical_rate_fpm * AP_M_PER_FT / 60.0;
    unsigned bits = row->flags > 0 ? (unsigned)row->flags : 0u;
    if (row->state && strcmp(row->state, "coasting") == 0)
        bits |= AP_POINT_COASTING;
    bits &= ~(unsigned)AP_POINT_GEOMETRIC;
    ap_point point = {
        .time_utc = row->time,
        .latitude_e7deg = fixed(row->latitude_deg * 1e7, -9e8, 9e8),
        .longitude_e7deg = fixed(row->longitude_deg * 1e7, -18e8, 18e8),
        .altitude_dm = decimetres(row->pressure_altitude_ft * AP_M_PER_FT),
        .geometric_dm = decimetres(row->height_m),
        .speed_dmps = (uint16_t)fixed(row->ground_speed_kt * AP_MPS_PER_KT * 10.0, 0, UINT16_MAX),
        .course_turn16 = (uint16_t)(fixed(row->track_deg * (65536.0 / 360.0), 0, 65536) & 0xffff),
        .vertical_dmps = (int16_t)fixed(rate_mps * 10.0, INT16_MIN, INT16_MAX),
    };
    if (point.altitude_dm == AP_POINT_UNKNOWN && point.geometric_dm != AP_POINT_UNKNOWN) {
        point.altitude_dm = point.geometric_dm;
        bits |= AP_POINT_GEOMETRIC;
    }
    point.bits = (uint16_t)bits;
    return point;
}

static uint32_t address_of(const ap_row_track *row)
{
    char *end;
    unsigned long address = strtoul(row->icao24, &end, 16);
    uint32_t kind = 0;
    if (row->icao24[0] == '\0' || *end != '\0' || address > 0xffffff)
        return AP_DELTA_UNKNOWN_ADDRESS;
    while (kind < AP_ADDRESS_KIND_COUNT &&
           strcmp(ap_address_kind_key((uint8_t)kind), row->address_kind) != 0)
        kind++;
    return (uint32_t)address | (kind < AP_ADDRESS_KIND_COUNT ? kind : 0u) << 24;
}

static uint16_t code_of(const ap_row_track *row)
{
    char *end;
    unsigned long code = strtoul(row->squawk, &end, 8);
    return row->squawk[0] == '\0' || *end != '\0' || code > 07777 ? AP_DELTA_UNKNOWN_CODE
                                                                  : (uint16_t)code;
}

/* "A3" as 0xa3. */
static uint8_t category_of(const ap_row_track *row)
{
    const char *text = row->emitter_category;
    if (text[0] < 'A' || text[0] > 'D' || text[1] < '0' || text[1] > '7' || text[2] != '\0')
        return 0;
    return (uint8_t)((0xa + text[0] - 'A') << 4 | (text[1] - '0'));
}

ap_delta_identity ap_archive_state_identity(const ap_row_track *row)
{
    ap_delta_identity identity = { .address = address_of(row),
                                   .number = (uint16_t)(row->track_number & 0xffff),
                                   .mode_3a = code_of(row),
                                   .category = category_of(row) };
    for (size_t i = 0; i < sizeof identity.callsign && row->callsign[i]; i++)
        identity.callsign[i] = row->callsign[i];
    return identity;
}

#include "airpicture/aircraft_row.h"

#include <string.h>

static const char *const source_keys[] = {
#define SOURCE_KEY(name, key) key,
    AP_ROW_SOURCE_MAP(SOURCE_KEY)
#undef SOURCE_KEY
};

const char *ap_row_source_key(ap_row_source source)
{
    return source_keys[(unsigned)source < AP_ROW_SOURCE_COUNT ? source : AP_ROW_SOURCE_UNKNOWN];
}

ap_row_source ap_row_source_of_key(const char *key, size_t size)
{
    for (int i = 0; i < AP_ROW_SOURCE_COUNT; i++)
        if (strlen(source_keys[i]) == size && memcmp(source_keys[i], key, size) == 0)
            return (ap_row_source)i;
    return AP_ROW_SOURCE_UNKNOWN;
}

bool ap_row_is_synthetic(const ap_aircraft_row *row)
{
    static const bool from_ground[AP_ROW_SOURCE_COUNT] = { [AP_ROW_SOURCE_TISB_ICAO] = true,
                                                           [AP_ROW_SOURCE_MLAT] = true,
                                                           [AP_ROW_SOURCE_TISB_OTHER] = true,
                                                           [AP_ROW_SOURCE_TISB_TRACKFILE] = true };
    return ((row->mlat | row->tisb) & AP_ROW_HAS_POSITION) ||
           ((row->present & AP_ROW_HAS_POSITION) && from_ground[row->source]);
}

typedef struct field {
    uint32_t has;
    size_t offset, size;
} field;

#define FIELD(name, member)                                                                        \
    {                                                                                              \
        AP_ROW_HAS_##name, offsetof(ap_aircraft_row, member), sizeof((ap_aircraft_row *)0)->member \
    }

static const field fields[] = {
    FIELD(ADDRESS, address),
    FIELD(ADDRESS, address_kind),
    FIELD(CALLSIGN, callsign),
    FIELD(REGISTRATION, registration),
    FIELD(AIRCRAFT_TYPE, aircraft_type),
    FIELD(SQUAWK, squawk),
    FIELD(EMITTER_CATEGORY, emitter_category),
    FIELD(GROUND, on_ground),
    FIELD(POSITION, latitude_deg),
    FIELD(POSITION, longitude_deg),
    FIELD(POSITION, position_utc),
    FIELD(POSITION, extrapolated),
    FIELD(ALTITUDE, altitude_ft),
    FIELD(HEIGHT, height_ft),
    FIELD(GROUND_SPEED, ground_speed_kt),
    FIELD(TRACK, track_deg),
    FIELD(TRACK_RATE, track_rate_degps),
    FIELD(VERTICAL_RATE, vertical_rate_fpm),
    FIELD(HEIGHT_RATE, height_rate_fpm),
    FIELD(INDICATED_AIRSPEED, indicated_airspeed_kt),
    FIELD(TRUE_AIRSPEED, true_airspeed_kt),
    FIELD(MACH, mach),
    FIELD(ROLL, roll_deg),
    FIELD(MAGNETIC_HEADING, magnetic_heading_deg),
    FIELD(TRUE_HEADING, true_heading_deg),
    FIELD(SELECTED_ALTITUDE, selected_altitude_ft),
    FIELD(SELECTED_HEADING, selected_heading_deg),
    FIELD(BARO_SETTING, baro_setting_hpa),
    FIELD(QUALITY, nic),
    FIELD(QUALITY, nac_p),
    FIELD(QUALITY, sil),
    FIELD(CONTAINMENT, containment_m),
    FIELD(ADSB_VERSION, adsb_version),
    FIELD(STATUS, alert),
    FIELD(STATUS, spi),
    FIELD(EMERGENCY, emergency),
    FIELD(SIGNAL, signal_dbfs),
    FIELD(MESSAGE_COUNT, message_count),
};

/* The position decides: whose it is, and whether it was placed by the ground. */
static bool brings_source(const ap_aircraft_row *into, const ap_aircraft_row *from)
{
    return (from->present & AP_ROW_HAS_POSITION) ||
           (!(into->present & AP_ROW_HAS_POSITION) &&
            (into->source == AP_ROW_SOURCE_UNKNOWN || into->source == AP_ROW_SOURCE_MODE_S));
}

void ap_row_merge(ap_aircraft_row *into, const ap_aircraft_row *from)
{
    if (brings_source(into, from))
        into->source = from->source;
    for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++)
        if (from->present & fields[k].has)
            memcpy((uint8_t *)into + fields[k].offset, (const uint8_t *)from + fields[k].offset,
                   fields[k].size);
    /* Only some messages state it, and none says that it is not known. */
    if ((from->present & AP_ROW_HAS_QUALITY) && from->nac_v != 0)
        into->nac_v = from->nac_v;
    if ((from->present & AP_ROW_HAS_POSITION) && from->position_utc == AP_UTC_UNKNOWN)
        into->position_utc = from->time_utc;
    /* A place that is not said to be on the ground: whoever was there may have left it. */
    if (from->present & AP_ROW_HAS_POSITION)
        into->present &= ~(uint32_t)AP_ROW_HAS_GROUND;
    into->mlat = (into->mlat & ~from->present) | from->mlat;
    into->tisb = (into->tisb & ~from->present) | from->tisb;
    into->present |= from->present;
    into->ownship |= from->ownship;
    if (from->receiver_count > 0)
        into->receiver_count = from->receiver_count;
    if (from->time_utc != AP_UTC_UNKNOWN)
        into->time_utc = from->time_utc;
}

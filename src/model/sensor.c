#include "airpicture/sensor.h"

#include <math.h>

static const char *const kind_keys[] = {
#define KIND_KEY(name, key, text) key,
    AP_SENSOR_KIND_MAP(KIND_KEY)
#undef KIND_KEY
};

const char *ap_sensor_kind_key(ap_sensor_kind kind)
{
    return (unsigned)kind < AP_SENSOR_KIND_COUNT ? kind_keys[kind] : "unlisted";
}

/* Beside its step; a guess at what filter banks of moving target radars give. */
#define DOPPLER_SIGMA_MPS 2.0

/* What a sensor of a kind is taken for until its description says more. Radars: EUROCONTROL
 * SUR.ET1.ST01.1000-STD-01-01 (secondary: random range 70 m, azimuth 0.08 degrees, detection 97 %;
 * primary: 120 m, 0.15 degrees, 90 %) and, for Mode S, what monopulse sites reach. Multilateration:
 * 50 m lies inside the 150 m RMS that ED-142 asks of a terminal area. ADS-B: NACp 8, 92.6 m at
 * 95 %. The update interval of sources that send by themselves is one that lost messages rarely
 * exceed. */

typedef struct kind_defaults {
    double range_sigma_m, azimuth_sigma_deg, position_sigma_m, altitude_sigma_m;
    double range_min_m, range_max_m, turn_s, detection_probability, clutter_per_turn;
} kind_defaults;

/* clang-format off */
static const kind_defaults defaults[AP_SENSOR_KIND_COUNT] = {
    /*                     range  azimuth position altitude  min       max  turn    Pd  clutter */
    [AP_SENSOR_UNKNOWN]  = { 120,    0.15,     150,      15,   0,      0.0,  8.0, 0.90,  5.0 },
    [AP_SENSOR_PSR]      = { 120,    0.15,     150,      15, 500, 150000.0,  4.0, 0.90, 20.0 },
    [AP_SENSOR_SSR]      = {  70,    0.08,     100,      15, 500, 470000.0,  8.0, 0.97,  0.5 },
    [AP_SENSOR_MODE_S]   = {  30,    0.06,      70,      15, 500, 470000.0,  8.0, 0.98,  0.2 },
    [AP_SENSOR_COMBINED] = {  70,    0.08,     100,      15, 500, 470000.0,  4.0, 0.97, 10.0 },
    [AP_SENSOR_SMR]      = {   5,    0.10,       8,      15,   0,  10000.0,  1.0, 0.95, 10.0 },
    [AP_SENSOR_MLAT]     = {  50,    0.10,      50,      15,   0,      0.0,  4.0, 0.97,  0.1 },
    [AP_SENSOR_ADSB]     = {  50,    0.10,      38,      10,   0,      0.0,  4.0, 0.97,  0.01 },
    [AP_SENSOR_TRACKER]  = { 100,    0.10,     100,      15,   0,      0.0,  4.0, 0.97,  0.1 },
};
/* clang-format on */

void ap_sensor_defaults(ap_sensor *sensor, ap_sensor_kind kind)
{
    const kind_defaults *row = &defaults[(unsigned)kind < AP_SENSOR_KIND_COUNT ? kind : 0];
    sensor->kind = (unsigned)kind < AP_SENSOR_KIND_COUNT ? kind : AP_SENSOR_UNKNOWN;
    sensor->range_min_m = row->range_min_m;
    sensor->range_max_m = row->range_max_m;
    sensor->range_sigma_m = row->range_sigma_m;
    sensor->azimuth_sigma_rad = row->azimuth_sigma_deg * AP_RAD_PER_DEG;
    sensor->range_resolution_m = 0.0;
    sensor->azimuth_resolution_rad = 0.0;
    sensor->position_sigma_m = row->position_sigma_m;
    sensor->altitude_sigma_m = row->altitude_sigma_m;
    sensor->doppler_sigma_mps = DOPPLER_SIGMA_MPS;
    sensor->range_bias_m = 0.0;
    sensor->azimuth_bias_rad = 0.0;
    sensor->latency_s = 0.0;
    sensor->turn_s = row->turn_s;
    sensor->detection_probability = row->detection_probability;
    sensor->clutter_per_turn = row->clutter_per_turn;
}

ap_err ap_sensor_place(ap_sensor *sensor, ap_geodetic site)
{
    /* Written so that NaN is refused. */
    if (!(fabs(site.latitude_rad) <= AP_PI / 2.0) || !(fabs(site.longitude_rad) <= AP_PI) ||
        !(site.height_m >= -1000.0 && site.height_m <= 20000.0))
        return AP_ERR_RANGE;
    sensor->site = site;
    sensor->frame = ap_enu_frame_at(site);
    sensor->has_site = true;
    return AP_OK;
}

ap_err ap_sensor_add(ap_sensor_table *table, const ap_sensor *sensor, uint16_t *index)
{
    if (table->count >= table->cap || table->count == AP_SENSOR_NONE)
        return AP_ERR_FULL;
    table->sensor[table->count] = *sensor;
    table->stats[table->count] =
        (ap_sensor_stats){ .first_utc = AP_UTC_UNKNOWN, .last_utc = AP_UTC_UNKNOWN };
    *index = table->count++;
    return AP_OK;
}

uint16_t ap_sensor_find(const ap_sensor_table *table, uint8_t sac, uint8_t sic, uint16_t input)
{
    uint16_t on_any = AP_SENSOR_NONE;
    for (uint16_t i = 0; i < table->count; i++) {
        const ap_sensor *sensor = &table->sensor[i];
        if (!sensor->has_sac_sic || sensor->sac != sac || sensor->sic != sic)
            continue;
        if (sensor->input == input)
            return i;
        if (sensor->input == AP_INPUT_NONE && on_any == AP_SENSOR_NONE)
            on_any = i;
    }
    return on_any;
}

uint16_t ap_sensor_find_input(const ap_sensor_table *table, uint16_t input)
{
    for (uint16_t i = 0; i < table->count; i++)
        if (!table->sensor[i].has_sac_sic && !table->sensor[i].has_receiver &&
            table->sensor[i].input == input)
            return i;
    return AP_SENSOR_NONE;
}

uint16_t ap_sensor_find_receiver(const ap_sensor_table *table, uint16_t input, uint64_t receiver)
{
    for (uint16_t i = 0; i < table->count; i++) {
        const ap_sensor *sensor = &table->sensor[i];
        if (sensor->has_receiver && sensor->receiver == receiver && sensor->input == input)
            return i;
    }
    return AP_SENSOR_NONE;
}

void ap_sensor_stats_saw(ap_sensor_stats *stats, ap_utc_ns time)
{
    if (time == AP_UTC_UNKNOWN)
        return;
    if (stats->first_utc == AP_UTC_UNKNOWN || time < stats->first_utc)
        stats->first_utc = time;
    if (stats->last_utc == AP_UTC_UNKNOWN || time > stats->last_utc)
        stats->last_utc = time;
}

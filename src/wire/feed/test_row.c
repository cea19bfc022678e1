#include "wire/feed/test_row.h"

#include <string.h>

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static double draw(uint32_t *seed, double low, double high)
{
    return low + (high - low) * next(seed) / 16777215.0;
}

static void draw_motion(uint32_t *seed, ap_aircraft_row *row)
{
    row->altitude_ft = (int32_t)draw(seed, -1000, 50000);
    row->height_ft = (int32_t)draw(seed, -1000, 60000);
    row->ground_speed_kt = draw(seed, 0, 700);
    row->track_deg = draw(seed, 0, 359.9);
    row->track_rate_degps = draw(seed, -3, 3);
    row->vertical_rate_fpm = (int32_t)draw(seed, -6000, 6000);
    row->height_rate_fpm = (int32_t)draw(seed, -6000, 6000);
    row->indicated_airspeed_kt = draw(seed, 0, 400);
    row->true_airspeed_kt = draw(seed, 0, 600);
    row->mach = draw(seed, 0, 0.99);
    row->roll_deg = draw(seed, -50, 50);
    row->magnetic_heading_deg = draw(seed, 0, 359.9);
    row->true_heading_deg = draw(seed, 0, 359.9);
    row->selected_altitude_ft = (int32_t)draw(seed, 0, 45000);
    row->selected_heading_deg = draw(seed, 0, 359.9);
    row->baro_setting_hpa = draw(seed, 900, 1080);
}

ap_aircraft_row test_row_any(uint32_t seed)
{
    ap_aircraft_row row = { .present = 0x7FFFFFFF,
                            .source = AP_ROW_SOURCE_ADSB_ICAO,
                            .time_utc = INT64_C(1717664319000000000),
                            .position_utc = INT64_C(1717664318000000000) };
    (void)next(&seed);
    row.time_utc += next(&seed) % 86400000 * AP_NS_PER_MS;
    row.position_utc = row.time_utc - next(&seed) % 20000 * AP_NS_PER_MS;
    row.address = 1 + next(&seed) % 0xFFFFFE;
    row.squawk = next(&seed) & 07777;
    row.emitter_category = (uint8_t)(0xA0 + (next(&seed) % 3) * 16 + 1 + next(&seed) % 7);
    memcpy(row.callsign, "TEST", 5);
    row.callsign[4] = (char)('A' + next(&seed) % 26);
    memcpy(row.registration, "D-ABCD", 7);
    memcpy(row.aircraft_type, "A20N", 5);
    row.latitude_deg = draw(&seed, -89.9, 89.9);
    row.longitude_deg = draw(&seed, -179.9, 179.9);
    draw_motion(&seed, &row);
    row.alert = next(&seed) & 1;
    row.spi = next(&seed) & 1;
    row.emergency = (uint8_t)(next(&seed) % AP_ROW_EMERGENCY_COUNT);
    row.nic = (uint8_t)(1 + next(&seed) % 11);
    row.nac_p = (uint8_t)(next(&seed) % 12);
    row.nac_v = (uint8_t)(next(&seed) % 5);
    row.sil = (uint8_t)(next(&seed) % 4);
    row.containment_m = (int32_t)draw(&seed, 1, 37040);
    row.adsb_version = (uint8_t)(next(&seed) % 3);
    row.signal_dbfs = draw(&seed, -50, 0);
    row.message_count = next(&seed);
    row.receiver_count = (uint16_t)(1 + next(&seed) % 60);
    return row;
}

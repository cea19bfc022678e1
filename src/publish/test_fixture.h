/* Shared by the tests of this folder: a full track, a sensor table. */
#ifndef AP_PUBLISH_TEST_FIXTURE_H
#define AP_PUBLISH_TEST_FIXTURE_H

#include <stdbool.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "airpicture/sensor.h"
#include "airpicture/track.h"

typedef struct fixture {
    ap_sensor sensors[3];
    ap_sensor_stats stats[3];
    ap_sensor_table table;
} fixture;

static inline const ap_sensor_table *fixture_table(fixture *f)
{
    memset(f, 0, sizeof *f);
    f->sensors[0] = (ap_sensor){ .name = "radar, \"north\"",
                                 .kind = AP_SENSOR_COMBINED,
                                 .has_sac_sic = true,
                                 .sac = 25,
                                 .sic = 201 };
    f->sensors[1] = (ap_sensor){ .name = "receiver", .kind = AP_SENSOR_ADSB };
    f->sensors[2] = (ap_sensor){
        .name = "wam", .kind = AP_SENSOR_MLAT, .has_sac_sic = true, .sac = 25, .sic = 17
    };
    f->table = (ap_sensor_table){ .sensor = f->sensors, .stats = f->stats, .count = 3, .cap = 3 };
    return &f->table;
}

/* 2024-06-06T08:58:39.147975Z */
#define FIXTURE_UTC INT64_C(1717664319147975000)

static inline ap_track fixture_track(void)
{
    ap_track t = {
        .id = 12,
        .number = 4095,
        .state = AP_TRACK_FIRM,
        .existence = 0.9987654321,
        .born_utc = FIXTURE_UTC - 60 * AP_NS_PER_S,
        .confirmed_utc = FIXTURE_UTC - 50 * AP_NS_PER_S,
        .updated_utc = FIXTURE_UTC,
        .time_utc = FIXTURE_UTC,
        .update_count = 77,
        .position = { 0.89012345678, -0.0823456789, 10972.8 },
        .east_mps = 150.25,
        .north_mps = -180.5,
        .up_mps = -5.08,
        .track_rate_radps = 0.01,
        .has_acceleration = true,
        .acceleration_mps2 = 0.5,
        .P_enu = { { 900, 100, 5, 1 }, { 100, 400, 2, 3 }, { 5, 2, 4, 0.5 }, { 1, 3, 0.5, 2.25 } },
        .vertical_P = { { 64, 1 }, { 1, 1.5 } },
        .has_height = true,
        .has_pressure_altitude = true,
        .has_geometric_height = true,
        .pressure_altitude_m = 10668.0,
        .geometric_height_m = 10972.8,
        .pressure_altitude_utc = FIXTURE_UTC - 2 * AP_NS_PER_S,
        .geometric_height_utc = FIXTURE_UTC - AP_NS_PER_S,
        .present = AP_HAS_ADDRESS | AP_HAS_MODE_3A | AP_HAS_CALLSIGN | AP_HAS_HEADING |
                   AP_HAS_TRUE_AIRSPEED | AP_HAS_INDICATED_AIRSPEED | AP_HAS_MACH | AP_HAS_ROLL |
                   AP_HAS_SELECTED_ALTITUDE | AP_HAS_INTEGRITY | AP_HAS_EMITTER_CATEGORY,
        .address = 0x3c6dd2,
        .address_kind = AP_ADDRESS_ICAO,
        .emitter_category = 0xa3,
        .mode_3a = 01000,
        .callsign = "DLH9LF",
        .nic = 8,
        .nac_p = 9,
        .nac_v = 2,
        .sil = 3,
        .mode_3a_utc = FIXTURE_UTC - 3 * AP_NS_PER_S,
        .callsign_utc = FIXTURE_UTC - 4 * AP_NS_PER_S,
        .heading_rad = 2.5,
        .true_airspeed_mps = 231.5,
        .indicated_airspeed_mps = 139.0,
        .mach = 0.78,
        .roll_rad = -0.1,
        .selected_altitude_m = 11582.4,
        .psr_utc = FIXTURE_UTC - 5 * AP_NS_PER_S,
        .ssr_utc = AP_UTC_UNKNOWN,
        .mode_s_utc = FIXTURE_UTC - 5 * AP_NS_PER_S,
        .mlat_utc = AP_UTC_UNKNOWN,
        .adsb_utc = FIXTURE_UTC,
        .source_count = 2,
        .source = { { 1, 70, FIXTURE_UTC, 30.0f, -40.0f },
                    { 0, 7, FIXTURE_UTC - 5 * AP_NS_PER_S, NAN, NAN } },
        .reason_count = 2,
        .reason = { { FIXTURE_UTC - 60 * AP_NS_PER_S, 0, 1, AP_REASON_BORN_ADDRESS },
                    { FIXTURE_UTC - 50 * AP_NS_PER_S, 9, 0, AP_REASON_CONFIRMED_ADDRESS } },
    };
    return t;
}

/* True when the document names the key as `key`. The tests run in the root of the repository. */
static inline bool fixture_is_documented(const char *key)
{
    static char text[65536];
    char wanted[256];
    FILE *file = fopen("doc/formats.md", "r");
    if (!file)
        return false;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    snprintf(wanted, sizeof wanted, "`%s`", key);
    return strstr(text, wanted) != NULL;
}

#endif

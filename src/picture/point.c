#include "picture/point.h"

#include <math.h>
#include <stddef.h>

#define E7_PER_RAD (1e7 / AP_RAD_PER_DEG)
#define TURN16_PER_RAD (65536.0 / (2.0 * AP_PI))

static double clamped(double value, double least, double most)
{
    return value > least ? value < most ? value : most : least; /* NaN: least */
}

/* Rounded half away from zero, within [least, most]. */
static int32_t fixed(double value, double least, double most)
{
    return (int32_t)lround(clamped(value, least, most));
}

static int32_t decimetres(bool known, double value_m)
{
    return known && isfinite(value_m) ? fixed(value_m * 10.0, -1e8, 2e9) : AP_POINT_UNKNOWN;
}

uint16_t ap_point_techniques(const ap_track *track)
{
    const struct {
        ap_utc_ns time_utc;
        uint16_t bit;
    } seen[] = { { track->psr_utc, AP_POINT_PSR },
                 { track->ssr_utc, AP_POINT_SSR },
                 { track->mode_s_utc, AP_POINT_MODE_S },
                 { track->mlat_utc, AP_POINT_MLAT },
                 { track->adsb_utc, AP_POINT_ADSB } };
    unsigned bits = 0;
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++)
        if (seen[i].time_utc != AP_UTC_UNKNOWN &&
            ap_ns_between(seen[i].time_utc, track->updated_utc) <= AP_POINT_TECHNIQUE_AGE_NS)
            bits |= seen[i].bit;
    return (uint16_t)bits;
}

static uint16_t flags_of(const ap_track *track)
{
    static const struct {
        uint32_t flag;
        uint16_t bit;
    } same[] = { { AP_FLAG_ON_GROUND, AP_POINT_ON_GROUND },
                 { AP_FLAG_SIMULATED, AP_POINT_SIMULATED },
                 { AP_FLAG_EMERGENCY, AP_POINT_EMERGENCY },
                 { AP_FLAG_SPI, AP_POINT_SPI },
                 { AP_FLAG_EXTRAPOLATED, AP_POINT_EXTRAPOLATED } };
    unsigned bits = 0;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (track->flags & same[i].flag)
            bits |= same[i].bit;
    if (track->state == AP_TRACK_COASTING)
        bits |= AP_POINT_COASTING;
    if (track->identity_doubted)
        bits |= AP_POINT_IDENTITY_DOUBTED;
    if (track->address_shared)
        bits |= AP_POINT_ADDRESS_SHARED;
    if (track->fall.probability > 0.5)
        bits |= AP_POINT_FALLING;
    return (uint16_t)bits;
}

ap_point ap_point_of(const ap_track *track)
{
    double height_m = 0.0;
    bool has_geometric = ap_track_geometric_height(track, &height_m);
    double course_turn16 = ap_track_course_rad(track) * TURN16_PER_RAD;
    ap_point point = {
        .time_utc = track->time_utc,
        .latitude_e7deg = fixed(track->position.latitude_rad * E7_PER_RAD, -9e8, 9e8),
        .longitude_e7deg = fixed(track->position.longitude_rad * E7_PER_RAD, -18e8, 18e8),
        .altitude_dm = decimetres(track->has_pressure_altitude, track->pressure_altitude_m),
        .geometric_dm = decimetres(has_geometric, height_m),
        .speed_dmps = (uint16_t)fixed(ap_track_speed_mps(track) * 10.0, 0, UINT16_MAX),
        .course_turn16 = (uint16_t)(lround(clamped(course_turn16, 0, 65536)) & 0xffff),
        .vertical_dmps =
            track->has_height ? (int16_t)fixed(track->up_mps * 10.0, INT16_MIN, INT16_MAX) : 0,
        .bits = (uint16_t)(ap_point_techniques(track) | flags_of(track)),
    };
    if (point.altitude_dm == AP_POINT_UNKNOWN) {
        point.altitude_dm = point.geometric_dm;
        if (point.altitude_dm == AP_POINT_UNKNOWN) /* what only falls is known in space */
            point.altitude_dm = decimetres(track->has_height, track->position.height_m);
        if (point.altitude_dm != AP_POINT_UNKNOWN)
            point.bits |= AP_POINT_GEOMETRIC;
    }
    return point;
}

const char *ap_point_bit_key(unsigned bit)
{
    switch (bit) {
#define AP_POINT_BIT_KEY(name, number, key, text)                                                  \
    case number:                                                                                   \
        return key;
        AP_POINT_BIT_MAP(AP_POINT_BIT_KEY)
#undef AP_POINT_BIT_KEY
    default:
        return NULL;
    }
}

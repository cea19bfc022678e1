#include "simulate/register.h"

#include <math.h>

#define SEA_LEVEL_K 288.15
#define LAPSE_K_PER_M 0.0065
#define TROPOPAUSE_M 11000.0
#define TROPOPAUSE_K 216.65
#define PRESSURE_EXPONENT 5.25588  /* g / (R lapse) */
#define TROPOPAUSE_RATIO 0.223361  /* pressure there to that at sea level */
#define TROPOPAUSE_SCALE_M 6341.62 /* R T / g above it */
#define SOUND_SEA_LEVEL_MPS 340.294
#define GRAVITY_MPS2 9.80665
#define STANDARD_HPA 1013.25
#define FPM_PER_MPS (60.0 / AP_M_PER_FT)

/* Status bit at `first`, then `width` bits of value in steps; two's complement when signed. */
static uint64_t field(unsigned first, unsigned width, bool is_signed, double value, double step)
{
    double most = ldexp(1.0, (int)width - is_signed) - 1.0;
    double least = is_signed ? -most - 1.0 : 0.0;
    int64_t raw = llround(fmin(fmax(value / step, least), most));
    uint64_t bits = (uint64_t)raw & ((UINT64_C(1) << width) - 1);
    return UINT64_C(1) << (56 - first) | bits << (56 - first - width);
}

static double half_turn(double angle_deg)
{
    return ap_wrap_pi(angle_deg * AP_RAD_PER_DEG) / AP_RAD_PER_DEG;
}

uint64_t ap_register_40(double selected_ft, double managed_ft, double barometer_hpa)
{
    return field(1, 12, false, selected_ft, 16.0) | field(14, 12, false, managed_ft, 16.0) |
           field(27, 12, false, barometer_hpa - 800.0, 0.1);
}

uint64_t ap_register_50(double roll_deg, double track_deg, double ground_speed_kt,
                        double track_rate_dps, double true_airspeed_kt)
{
    return field(1, 10, true, roll_deg, 45.0 / 256.0) |
           field(12, 11, true, half_turn(track_deg), 90.0 / 512.0) |
           field(24, 10, false, ground_speed_kt, 2.0) |
           field(35, 10, true, track_rate_dps, 8.0 / 256.0) |
           field(46, 10, false, true_airspeed_kt, 2.0);
}

uint64_t ap_register_60(double heading_deg, double indicated_airspeed_kt, double mach,
                        double barometric_fpm, double inertial_fpm)
{
    return field(1, 11, true, half_turn(heading_deg), 90.0 / 512.0) |
           field(13, 10, false, indicated_airspeed_kt, 1.0) |
           field(24, 10, false, mach, 2.048 / 512.0) | field(35, 10, true, barometric_fpm, 32.0) |
           field(46, 10, true, inertial_fpm, 32.0);
}

/* Pressure at an altitude as a share of that at sea level. */
static double pressure_ratio(double altitude_m)
{
    if (altitude_m > TROPOPAUSE_M)
        return TROPOPAUSE_RATIO * exp(-(altitude_m - TROPOPAUSE_M) / TROPOPAUSE_SCALE_M);
    return pow(1.0 - LAPSE_K_PER_M * altitude_m / SEA_LEVEL_K, PRESSURE_EXPONENT);
}

static double mach_of(double speed_mps, double altitude_m)
{
    double kelvin = fmax(SEA_LEVEL_K - LAPSE_K_PER_M * altitude_m, TROPOPAUSE_K);
    return speed_mps / (SOUND_SEA_LEVEL_MPS * sqrt(kelvin / SEA_LEVEL_K));
}

/* What the pitot tube shows: the speed at sea level with the same impact pressure. */
static double indicated_mps(double mach, double altitude_m)
{
    double impact = pressure_ratio(altitude_m) * (pow(1.0 + 0.2 * mach * mach, 3.5) - 1.0);
    return SOUND_SEA_LEVEL_MPS * sqrt(5.0 * (pow(impact + 1.0, 2.0 / 7.0) - 1.0));
}

uint64_t ap_register_of(uint8_t bds, const ap_flight *flight, const ap_truth *truth, double time_s)
{
    double wind_east_mps, wind_north_mps;
    ap_wind_at(&flight->wind, truth->pressure_altitude_m, &wind_east_mps, &wind_north_mps);
    double air_east_mps = truth->east_mps - wind_east_mps;
    double air_north_mps = truth->north_mps - wind_north_mps;
    double ground_mps = hypot(truth->east_mps, truth->north_mps);
    double air_mps = hypot(air_east_mps, air_north_mps);
    double track_deg = atan2(truth->east_mps, truth->north_mps) / AP_RAD_PER_DEG;
    double heading_deg = atan2(air_east_mps, air_north_mps) / AP_RAD_PER_DEG;
    double rate_radps = ap_flight_turn_radps(flight, time_s);
    double roll_deg = atan(rate_radps * air_mps / GRAVITY_MPS2) / AP_RAD_PER_DEG;
    double climb_fpm = truth->up_mps * FPM_PER_MPS;
    double mach = mach_of(air_mps, truth->pressure_altitude_m);
    double selected_ft = ap_flight_level_m(flight, time_s) / AP_M_PER_FT;
    switch (bds) {
    case 0x40:
        return ap_register_40(selected_ft, selected_ft, STANDARD_HPA);
    case 0x50:
        return ap_register_50(roll_deg, track_deg, ground_mps / AP_MPS_PER_KT,
                              rate_radps / AP_RAD_PER_DEG, air_mps / AP_MPS_PER_KT);
    case 0x60:
        return ap_register_60(heading_deg,
                              indicated_mps(mach, truth->pressure_altitude_m) / AP_MPS_PER_KT, mach,
                              climb_fpm, climb_fpm);
    default:
        return 0;
    }
}

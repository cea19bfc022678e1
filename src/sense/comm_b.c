#include "sense/comm_b.h"

#include <math.h>

#include "sense/fields.h"

/* A status bit, and the number behind it. */
typedef struct mb_field {
    bool known;
    double value;
} mb_field;

/* Registers as read; `sound` is false for one that contradicts itself. */
typedef struct register_4_0 {
    bool sound;
    mb_field mcp_ft, fms_ft, setting_hpa; /* setting less 800 hPa */
} register_4_0;

typedef struct register_5_0 {
    bool sound;
    mb_field roll_deg, track_deg, speed_kt, rate_degps, tas_kt;
} register_5_0;

typedef struct register_6_0 {
    bool sound;
    mb_field heading_deg, ias_kt, mach, baro_fpm, inertial_fpm;
} register_6_0;

/* Bits first..first + count - 1 of the register, 1 the first on the air. */
static uint64_t bits(uint64_t mb, int first, int count)
{
    return mb >> (57 - first - count) & ((UINT64_C(1) << count) - 1);
}

/* Field with its status bit at `status` and `count` bits behind it, of which the first is a sign
 * where `is_signed`. *sound becomes false when an absent field is not zero. */
static mb_field field(uint64_t mb, int status, int count, bool is_signed, double step, bool *sound)
{
    int64_t raw = (int64_t)bits(mb, status + 1, count);
    if (!bits(mb, status, 1)) {
        *sound = *sound && raw == 0;
        return (mb_field){ 0 };
    }
    if (is_signed && raw >> (count - 1))
        raw -= INT64_C(1) << count;
    return (mb_field){ true, (double)raw * step };
}

static bool within(mb_field of, double low, double high)
{
    return !of.known || (of.value >= low && of.value <= high);
}

static register_4_0 read_4_0(uint64_t mb)
{
    register_4_0 of = { .sound = bits(mb, 40, 8) == 0 && bits(mb, 52, 2) == 0 };
    of.mcp_ft = field(mb, 1, 12, false, 16.0, &of.sound);
    of.fms_ft = field(mb, 14, 12, false, 16.0, &of.sound);
    of.setting_hpa = field(mb, 27, 12, false, 0.1, &of.sound);
    of.sound = of.sound && within(of.mcp_ft, 0, 50000) && within(of.fms_ft, 0, 50000);
    return of;
}

static register_5_0 read_5_0(uint64_t mb)
{
    register_5_0 of = { .sound = true };
    of.roll_deg = field(mb, 1, 10, true, 45.0 / 256, &of.sound);
    of.track_deg = field(mb, 12, 11, true, 90.0 / 512, &of.sound);
    of.speed_kt = field(mb, 24, 10, false, 2.0, &of.sound);
    of.rate_degps = field(mb, 35, 10, true, 8.0 / 256, &of.sound);
    of.tas_kt = field(mb, 46, 10, false, 2.0, &of.sound);
    bool wind_ok =
        !of.speed_kt.known || !of.tas_kt.known || fabs(of.speed_kt.value - of.tas_kt.value) <= 250;
    of.sound = of.sound && wind_ok && within(of.roll_deg, -60, 60) && within(of.speed_kt, 0, 900) &&
               within(of.tas_kt, 0, 700);
    return of;
}

static register_6_0 read_6_0(uint64_t mb)
{
    register_6_0 of = { .sound = true };
    of.heading_deg = field(mb, 1, 11, true, 90.0 / 512, &of.sound);
    of.ias_kt = field(mb, 13, 10, false, 1.0, &of.sound);
    of.mach = field(mb, 24, 10, false, 2.048 / 512, &of.sound);
    of.baro_fpm = field(mb, 35, 10, true, 32.0, &of.sound);
    of.inertial_fpm = field(mb, 46, 10, true, 32.0, &of.sound);
    of.sound = of.sound && within(of.ias_kt, 0, 600) && within(of.mach, 0, 3) &&
               within(of.baro_fpm, -12000, 12000) && within(of.inertial_fpm, -12000, 12000);
    return of;
}

/* --- into a report --------------------------------------------------------------------------- */

static void set_4_0(ap_report *report, uint64_t mb)
{
    register_4_0 of = read_4_0(mb);
    mb_field selected_ft = of.mcp_ft.known ? of.mcp_ft : of.fms_ft;
    if (!of.sound || !selected_ft.known)
        return;
    report->present |= AP_HAS_SELECTED_ALTITUDE;
    report->selected_altitude_m = selected_ft.value * AP_M_PER_FT;
}

/* The register may be read seconds after it was filled: in a turn the course has gone on. */
static double velocity_sigma(double speed_mps, mb_field rate_degps)
{
    double turned_rad = (rate_degps.known ? fabs(rate_degps.value) : 0.5) * AP_RAD_PER_DEG;
    return hypot(2.0, speed_mps * turned_rad);
}

static void set_5_0(ap_report *report, uint64_t mb)
{
    register_5_0 of = read_5_0(mb);
    if (!of.sound)
        return;
    if (of.roll_deg.known) {
        report->present |= AP_HAS_ROLL;
        report->roll_rad = of.roll_deg.value * AP_RAD_PER_DEG;
    }
    if (of.rate_degps.known) {
        report->present |= AP_HAS_TRACK_RATE;
        report->track_rate_radps = of.rate_degps.value * AP_RAD_PER_DEG;
    }
    if (of.tas_kt.known) {
        report->present |= AP_HAS_TRUE_AIRSPEED;
        report->true_airspeed_mps = of.tas_kt.value * AP_MPS_PER_KT;
    }
    if (of.track_deg.known && of.speed_kt.known) {
        double speed_mps = of.speed_kt.value * AP_MPS_PER_KT;
        ap_sense_set_ground_vector(report, speed_mps, of.track_deg.value * AP_RAD_PER_DEG,
                                   velocity_sigma(speed_mps, of.rate_degps));
    }
}

static void set_6_0(ap_report *report, uint64_t mb)
{
    register_6_0 of = read_6_0(mb);
    if (!of.sound)
        return;
    if (of.heading_deg.known) {
        report->present |= AP_HAS_HEADING;
        report->heading_rad = ap_wrap_two_pi(of.heading_deg.value * AP_RAD_PER_DEG);
    }
    if (of.ias_kt.known) {
        report->present |= AP_HAS_INDICATED_AIRSPEED;
        report->indicated_airspeed_mps = of.ias_kt.value * AP_MPS_PER_KT;
    }
    if (of.mach.known) {
        report->present |= AP_HAS_MACH;
        report->mach = of.mach.value;
    }
    /* The inertial rate is smooth; the barometric one is a raw difference of altitudes. */
    if (of.inertial_fpm.known)
        ap_sense_set_vertical_rate(report, of.inertial_fpm.value, 1.0);
    else if (of.baro_fpm.known)
        ap_sense_set_vertical_rate(report, of.baro_fpm.value, 3.0);
}

void ap_sense_set_comm_b(ap_report *report, uint8_t bds, uint64_t mb)
{
    if (bds == 0x40)
        set_4_0(report, mb);
    else if (bds == 0x50)
        set_5_0(report, mb);
    else if (bds == 0x60)
        set_6_0(report, mb);
}

/* --- which register it is -------------------------------------------------------------------- */

/* Values of instruments end on what pilots and systems set: full hundreds of feet (the register
 * has steps of 16 ft, so off by 8 at the most), and a setting of this world. */
static bool is_round(mb_field altitude_ft)
{
    return !altitude_ft.known || fabs(remainder(altitude_ft.value, 100.0)) <= 8.0;
}

static bool fits_4_0(uint64_t mb)
{
    register_4_0 of = read_4_0(mb);
    return of.sound && (of.mcp_ft.known || of.fms_ft.known) && is_round(of.mcp_ft) &&
           is_round(of.fms_ft) && within(of.setting_hpa, 140.0, 260.0);
}

static double turn_between_deg(double a_deg, double b_deg)
{
    return fabs(remainder(a_deg - b_deg, 360.0));
}

/* In a coordinated turn the rate is g tan(roll) / speed. */
static bool turn_agrees(const register_5_0 *of)
{
    if (!of->roll_deg.known || !of->rate_degps.known || of->tas_kt.value < 50)
        return true;
    double expected_radps =
        9.80665 * tan(of->roll_deg.value * AP_RAD_PER_DEG) / (of->tas_kt.value * AP_MPS_PER_KT);
    return fabs(expected_radps / AP_RAD_PER_DEG - of->rate_degps.value) <= 1.5;
}

static bool fits_5_0(uint64_t mb, const ap_comm_b_clue *clue)
{
    register_5_0 of = read_5_0(mb);
    if (!of.sound || !of.track_deg.known || !of.speed_kt.known || !turn_agrees(&of) ||
        of.speed_kt.value < 30)
        return false;
    if (clue->has_velocity)
        return fabs(of.speed_kt.value - clue->speed_kt) <= 20 &&
               turn_between_deg(of.track_deg.value, clue->track_deg) <= 10;
    return of.roll_deg.known && of.rate_degps.known && of.tas_kt.known &&
           fabs(of.speed_kt.value - of.tas_kt.value) <= 150;
}

/* Calibrated airspeed of a Mach number at a pressure altitude, standard atmosphere. */
static double airspeed_of_mach(double mach, double altitude_ft)
{
    double altitude_m = altitude_ft * AP_M_PER_FT;
    double pressure = altitude_m < 11000 ? pow(1 - 2.25577e-5 * altitude_m, 5.25588)
                                         : 0.223361 * exp((11000 - altitude_m) / 6341.62);
    double impact = pressure * (pow(1 + 0.2 * mach * mach, 3.5) - 1);
    return 661.479 * sqrt(5 * (pow(impact + 1, 2.0 / 7) - 1));
}

static bool fits_6_0(uint64_t mb, const ap_comm_b_clue *clue)
{
    register_6_0 of = read_6_0(mb);
    if (!of.sound || !of.heading_deg.known || !of.ias_kt.known || !of.mach.known ||
        of.ias_kt.value < 40 || of.mach.value < 0.05)
        return false;
    if (clue->has_altitude &&
        fabs(airspeed_of_mach(of.mach.value, clue->altitude_ft) - of.ias_kt.value) > 25)
        return false;
    /* Both rates are of one motion. */
    if (of.baro_fpm.known && of.inertial_fpm.known &&
        fabs(of.baro_fpm.value - of.inertial_fpm.value) > 2500)
        return false;
    if (clue->has_velocity) /* wind, and the magnetic variation */
        return turn_between_deg(of.heading_deg.value, clue->track_deg) <= 60;
    return clue->has_altitude;
}

uint8_t ap_comm_b_guess(uint64_t mb, const ap_comm_b_clue *clue)
{
    /* These three carry their own number. */
    uint64_t first = bits(mb, 1, 8);
    if (mb == 0 || first == 0x10 || first == 0x20 || first == 0x30)
        return 0;
    bool is_4_0 = fits_4_0(mb), is_5_0 = fits_5_0(mb, clue), is_6_0 = fits_6_0(mb, clue);
    if (is_4_0 + is_5_0 + is_6_0 != 1)
        return 0;
    return is_4_0 ? 0x40 : is_5_0 ? 0x50 : 0x60;
}

#include "sense/comm_b.h"

#include <math.h>
#include <stdbool.h>

#include "sense/fields.h"

/* A status bit, and the number behind it. */
typedef struct mb_field {
    bool known;
    double value;
} mb_field;

/* Bits first..first + count - 1 of the register, 1 the first on the air. */
static uint64_t bits(uint64_t mb, int first, int count)
{
    return mb >> (57 - first - count) & ((UINT64_C(1) << count) - 1);
}

/* Field with its status bit at `status` and `count` bits behind it, of which the first is a sign
 * where `is_signed`. *consistent becomes false when an absent field is not zero. */
static mb_field field(uint64_t mb, int status, int count, bool is_signed, double step,
                      bool *consistent)
{
    int64_t raw = (int64_t)bits(mb, status + 1, count);
    if (!bits(mb, status, 1)) {
        *consistent = *consistent && raw == 0;
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

static void set_4_0(ap_report *report, uint64_t mb)
{
    bool consistent = bits(mb, 40, 8) == 0 && bits(mb, 52, 2) == 0;
    mb_field mcp_ft = field(mb, 1, 12, false, 16.0, &consistent);
    mb_field fms_ft = field(mb, 14, 12, false, 16.0, &consistent);
    (void)field(mb, 27, 12, false, 0.1, &consistent); /* barometric setting */
    mb_field selected_ft = mcp_ft.known ? mcp_ft : fms_ft;
    if (!consistent || !selected_ft.known || !within(selected_ft, 0.0, 50000.0))
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
    bool consistent = true;
    mb_field roll_deg = field(mb, 1, 10, true, 45.0 / 256, &consistent);
    mb_field track_deg = field(mb, 12, 11, true, 90.0 / 512, &consistent);
    mb_field speed_kt = field(mb, 24, 10, false, 2.0, &consistent);
    mb_field rate_degps = field(mb, 35, 10, true, 8.0 / 256, &consistent);
    mb_field tas_kt = field(mb, 46, 10, false, 2.0, &consistent);
    bool wind_ok = !speed_kt.known || !tas_kt.known || fabs(speed_kt.value - tas_kt.value) <= 250;
    if (!consistent || !wind_ok || !within(roll_deg, -60, 60) || !within(speed_kt, 0, 900) ||
        !within(tas_kt, 0, 700))
        return;
    if (roll_deg.known) {
        report->present |= AP_HAS_ROLL;
        report->roll_rad = roll_deg.value * AP_RAD_PER_DEG;
    }
    if (rate_degps.known) {
        report->present |= AP_HAS_TRACK_RATE;
        report->track_rate_radps = rate_degps.value * AP_RAD_PER_DEG;
    }
    if (tas_kt.known) {
        report->present |= AP_HAS_TRUE_AIRSPEED;
        report->true_airspeed_mps = tas_kt.value * AP_MPS_PER_KT;
    }
    if (track_deg.known && speed_kt.known) {
        double speed_mps = speed_kt.value * AP_MPS_PER_KT;
        ap_sense_set_ground_vector(report, speed_mps, track_deg.value * AP_RAD_PER_DEG,
                                   velocity_sigma(speed_mps, rate_degps));
    }
}

static void set_6_0(ap_report *report, uint64_t mb)
{
    bool consistent = true;
    mb_field heading_deg = field(mb, 1, 11, true, 90.0 / 512, &consistent);
    mb_field ias_kt = field(mb, 13, 10, false, 1.0, &consistent);
    mb_field mach = field(mb, 24, 10, false, 2.048 / 512, &consistent);
    mb_field baro_fpm = field(mb, 35, 10, true, 32.0, &consistent);
    mb_field inertial_fpm = field(mb, 46, 10, true, 32.0, &consistent);
    if (!consistent || !within(ias_kt, 0, 600) || !within(mach, 0, 3) ||
        !within(baro_fpm, -12000, 12000) || !within(inertial_fpm, -12000, 12000))
        return;
    if (heading_deg.known) {
        report->present |= AP_HAS_HEADING;
        report->heading_rad = ap_wrap_two_pi(heading_deg.value * AP_RAD_PER_DEG);
    }
    if (ias_kt.known) {
        report->present |= AP_HAS_INDICATED_AIRSPEED;
        report->indicated_airspeed_mps = ias_kt.value * AP_MPS_PER_KT;
    }
    if (mach.known) {
        report->present |= AP_HAS_MACH;
        report->mach = mach.value;
    }
    /* The inertial rate is smooth; the barometric one is a raw difference of altitudes. */
    if (inertial_fpm.known)
        ap_sense_set_vertical_rate(report, inertial_fpm.value, 1.0);
    else if (baro_fpm.known)
        ap_sense_set_vertical_rate(report, baro_fpm.value, 3.0);
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

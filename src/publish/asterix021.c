#include "publish/asterix021.h"

#include <math.h>

#define STEP_TURN31_RAD (2.0 * AP_PI / 2147483648.0)
#define STEP_TURN16_RAD (2.0 * AP_PI / 65536.0)
#define STEP_FL_M (25.0 * AP_M_PER_FT)            /* 1/4 flight level */
#define STEP_HEIGHT_M (6.25 * AP_M_PER_FT)        /* 6.25 ft */
#define STEP_RATE_MPS (6.25 * AP_M_PER_FT / 60.0) /* 6.25 ft/min */
#define STEP_SPEED_MPS (AP_M_PER_NMI / 16384.0)   /* 2^-14 NM/s */
#define STEP_SELECTED_M (25.0 * AP_M_PER_FT)

enum { ADDRESS_ICAO = 0, ADDRESS_ANONYMOUS = 3 };
enum { PRIORITY_GENERAL = 1, PRIORITY_NO_RADIO = 4, PRIORITY_UNLAWFUL = 5, STATUS_SPI = 3 };
enum { SOURCE_MCP = 2 };

/* value / step to the nearest integer within [low, high]; NaN gives low. */
static int64_t steps(double value, double step, int64_t low, int64_t high)
{
    double count = nearbyint(value / step);
    if (!(count > (double)low))
        return low;
    return count < (double)high ? (int64_t)count : high;
}

static int16_t steps_i16(double value, double step)
{
    return (int16_t)steps(value, step, INT16_MIN, INT16_MAX);
}

/* An angle, wrapped to [0, 1) turn. */
static uint16_t turn_u16(double angle_rad)
{
    return (uint16_t)(steps(ap_wrap_two_pi(angle_rad), STEP_TURN16_RAD, 0, 65536) & 0xFFFF);
}

static void put_identity(const ap_report *report, ap_cat021 *r)
{
    r->present |= AP_CAT021_I040 | AP_CAT021_I080 | AP_CAT021_I200;
    r->i040.atp = report->address_kind == AP_ADDRESS_ICAO ? ADDRESS_ICAO : ADDRESS_ANONYMOUS;
    r->i040.gbs = (report->flags & AP_FLAG_ON_GROUND) != 0;
    r->i040.sim = (report->flags & AP_FLAG_SIMULATED) != 0;
    r->i040.tst = (report->flags & AP_FLAG_TEST) != 0;
    r->i080 = report->address;
    r->i200.ss = report->flags & AP_FLAG_SPI ? STATUS_SPI : 0;
    if (report->flags & AP_FLAG_EMERGENCY) {
        uint16_t code = report->present & AP_HAS_MODE_3A ? report->mode_3a : 0;
        r->i200.ps = code == 07500   ? PRIORITY_UNLAWFUL
                     : code == 07600 ? PRIORITY_NO_RADIO
                                     : PRIORITY_GENERAL;
    }
    if (report->present & AP_HAS_MODE_3A) {
        r->present |= AP_CAT021_I070;
        r->i070.mode3a = report->mode_3a;
    }
    if (report->present & AP_HAS_CALLSIGN) {
        r->present |= AP_CAT021_I170;
        r->i170_icao6 = ap_asterix_icao6_raw(report->callsign);
    }
    if (report->present & AP_HAS_TRACK_NUMBER) {
        r->present |= AP_CAT021_I161;
        r->i161.trnum = report->track_number & 0xFFF;
    }
}

/* Source: code tables of I021/020 and of DO-260B. */
static void put_emitter(const ap_report *report, ap_cat021 *r)
{
    static const uint8_t codes[3][8] = { { 0, 1, 2, 3, 4, 5, 6, 10 },
                                         { 0, 11, 12, 16, 15, 0, 13, 14 },
                                         { 0, 20, 21, 22, 23, 24, 0, 0 } };
    unsigned set = (report->emitter_category >> 4) - 0xAu, number = report->emitter_category & 7u;
    if (!(report->present & AP_HAS_EMITTER_CATEGORY) || set > 2 || codes[set][number] == 0)
        return;
    r->present |= AP_CAT021_I020;
    r->i020 = codes[set][number];
}

/* The time is that of the position, else of the velocity, else of the report as such. */
static void put_time(const ap_report *report, ap_cat021 *r)
{
    uint32_t tod_128th_s = ap_tod_from_utc(report->time_utc);
    if (report->present & AP_HAS_POSITION) {
        r->present |= AP_CAT021_I071;
        r->i071_128th_s = tod_128th_s;
    } else if (report->present & AP_HAS_VELOCITY) {
        r->present |= AP_CAT021_I072;
        r->i072_128th_s = tod_128th_s;
    } else {
        r->present |= AP_CAT021_I077;
        r->i077_128th_s = tod_128th_s;
    }
}

static void put_position(const ap_report *report, ap_cat021 *r)
{
    if (report->present & AP_HAS_POSITION) {
        r->present |= AP_CAT021_I131;
        r->i131.lat_turn31 =
            (int32_t)steps(report->latitude_rad, STEP_TURN31_RAD, -(1 << 29), 1 << 29);
        r->i131.lon_turn31 = (int32_t)steps(ap_wrap_pi(report->longitude_rad), STEP_TURN31_RAD,
                                            -(1 << 30), (1 << 30) - 1);
    }
    if (!(report->present & AP_HAS_INTEGRITY))
        return;
    r->present |= AP_CAT021_I090;
    r->i090.nucrnacv = report->nac_v & 7;
    r->i090.nucpnic = report->nic & 15;
    r->i090.sil = report->sil & 3;
    r->i090.nacp = report->nac_p & 15;
}

static void put_vertical(const ap_report *report, ap_cat021 *r)
{
    if (report->present & AP_HAS_PRESSURE_ALTITUDE) {
        r->present |= AP_CAT021_I145;
        r->i145_4th_fl = (int16_t)steps(report->pressure_altitude_m, STEP_FL_M, -60, 6000);
    }
    if (report->present & AP_HAS_GEOMETRIC_HEIGHT) {
        r->present |= AP_CAT021_I140;
        r->i140_25_4th_ft = steps_i16(report->geometric_height_m, STEP_HEIGHT_M);
    }
    if (report->present & AP_HAS_VERTICAL_RATE) {
        r->present |= AP_CAT021_I155;
        r->i155.bvr_25_4th_ftpmin =
            (int16_t)steps(report->up_mps, STEP_RATE_MPS, -(1 << 14), (1 << 14) - 1);
    }
    if (report->present & AP_HAS_SELECTED_ALTITUDE) {
        r->present |= AP_CAT021_I146;
        r->i146.sas = 1;
        r->i146.s = SOURCE_MCP;
        r->i146.alt_25_ft = (int16_t)steps(report->selected_altitude_m, STEP_SELECTED_M, -52, 4000);
    }
}

static void put_motion(const ap_report *report, ap_cat021 *r)
{
    if (!(report->present & AP_HAS_VELOCITY))
        return;
    double speed_mps = hypot(report->east_mps, report->north_mps);
    r->present |= AP_CAT021_I160;
    r->i160.gs_16384th_nmips = (uint16_t)steps(speed_mps, STEP_SPEED_MPS, 0, 32767);
    r->i160.ta_turn16 = turn_u16(atan2(report->east_mps, report->north_mps));
}

static void put_air_data(const ap_report *report, ap_cat021 *r)
{
    if (report->present & AP_HAS_MACH) {
        r->present |= AP_CAT021_I150;
        r->i150.im = 1;
        r->i150.as = (uint16_t)steps(report->mach, 0.001, 0, 32767);
    } else if (report->present & AP_HAS_INDICATED_AIRSPEED) {
        r->present |= AP_CAT021_I150;
        r->i150.as = (uint16_t)steps(report->indicated_airspeed_mps, STEP_SPEED_MPS, 0, 32767);
    }
    if (report->present & AP_HAS_TRUE_AIRSPEED) {
        r->present |= AP_CAT021_I151;
        r->i151.tas_kt = (uint16_t)steps(report->true_airspeed_mps, AP_MPS_PER_KT, 0, 32767);
    }
    if (report->present & AP_HAS_HEADING) {
        r->present |= AP_CAT021_I152;
        r->i152_turn16 = turn_u16(report->heading_rad);
    }
    if (report->present & AP_HAS_ROLL) {
        r->present |= AP_CAT021_I230;
        r->i230_100th_deg = (int16_t)steps(report->roll_rad, 0.01 * AP_RAD_PER_DEG, -18000, 18000);
    }
    if (report->present & AP_HAS_TRACK_RATE) {
        r->present |= AP_CAT021_I165;
        r->i165.tar_32th_degps =
            (int16_t)steps(report->track_rate_radps, AP_RAD_PER_DEG / 32.0, -512, 511);
    }
}

ap_err ap_asterix021_from_report(uint8_t sac, uint8_t sic, const ap_report *report,
                                 ap_cat021 *record)
{
    if (report->kind != AP_REPORT_TARGET || !(report->present & AP_HAS_ADDRESS))
        return AP_ERR_ARGUMENT;
    *record = (ap_cat021){ .present = AP_CAT021_I010, .i010 = { sac, sic } };
    put_identity(report, record);
    put_emitter(report, record);
    put_time(report, record);
    put_position(report, record);
    put_vertical(report, record);
    put_motion(report, record);
    put_air_data(report, record);
    return AP_OK;
}

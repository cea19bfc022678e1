#include "publish/asterix062.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* A technique or sensor that has not contributed for so long does not support the track now. */
#define SUPPORT_S 30.0
/* Movement beyond these is called a turn, a change of speed, a climb. */
#define TURN_RADPS (0.5 * AP_RAD_PER_DEG)
#define SPEED_CHANGE_MPS2 0.5
#define CLIMB_MPS 1.5

#define STEP_TURN26_RAD (2.0 * AP_PI / 67108864.0)
#define STEP_TURN16_RAD (2.0 * AP_PI / 65536.0)
#define STEP_FL_M (25.0 * AP_M_PER_FT) /* 1/4 flight level */
#define STEP_ALTITUDE_M (6.25 * AP_M_PER_FT)
#define STEP_RATE_MPS (6.25 * AP_M_PER_FT / 60.0) /* 6.25 ft/min */

/* value / step to the nearest integer within [low, high]; NaN gives low. */
static int64_t steps(double value, double step, int64_t low, int64_t high)
{
    double count = nearbyint(value / step);
    if (!(count > (double)low))
        return low;
    return count < (double)high ? (int64_t)count : high;
}

static uint8_t steps_u8(double value, double step)
{
    return (uint8_t)steps(value, step, 0, UINT8_MAX);
}

static uint16_t steps_u16(double value, double step)
{
    return (uint16_t)steps(value, step, 0, UINT16_MAX);
}

static int16_t steps_i16(double value, double step)
{
    return (int16_t)steps(value, step, INT16_MIN, INT16_MAX);
}

/* ---- position and movement ---- */

static void put_position(const ap_asterix062_sender *sender, const ap_track *t, ap_cat062 *r)
{
    r->present |= AP_CAT062_I105;
    r->i105.lat_turn26 =
        (int32_t)steps(t->position.latitude_rad, STEP_TURN26_RAD, -(1 << 24), 1 << 24);
    r->i105.lon_turn26 =
        (int32_t)steps(ap_wrap_pi(t->position.longitude_rad), STEP_TURN26_RAD, -(1 << 25), 1 << 25);
    if (r->i105.lon_turn26 == 1 << 25)
        r->i105.lon_turn26 = -(1 << 25);
    double x_m, y_m, limit_m = 8388607 * 0.5;
    if (!sender->plane || !ap_system_plane_xy(sender->plane, t->position, &x_m, &y_m) ||
        fabs(x_m) > limit_m || fabs(y_m) > limit_m)
        return;
    r->present |= AP_CAT062_I100;
    r->i100.x_half_m = (int32_t)nearbyint(x_m * 2.0);
    r->i100.y_half_m = (int32_t)nearbyint(y_m * 2.0);
}

/* Along and across the track to east and north. I062/210 has both axes: what is not known along
 * the track leaves the turn's. */
static void put_velocity(const ap_track *t, ap_cat062 *r)
{
    r->present |= AP_CAT062_I185 | AP_CAT062_I210;
    r->i185.vx_4th_mps = steps_i16(t->east_mps, 0.25);
    r->i185.vy_4th_mps = steps_i16(t->north_mps, 0.25);
    double speed = ap_track_speed_mps(t);
    double along = t->has_acceleration ? t->acceleration_mps2 : 0.0;
    double east = speed > 0.0 ? t->east_mps / speed : 0.0;
    double north = speed > 0.0 ? t->north_mps / speed : 1.0;
    double ax = along * east + t->track_rate_radps * t->north_mps;
    double ay = along * north - t->track_rate_radps * t->east_mps;
    r->i210.ax_4th_mps2 = (int8_t)steps(ax, 0.25, INT8_MIN, INT8_MAX);
    r->i210.ay_4th_mps2 = (int8_t)steps(ay, 0.25, INT8_MIN, INT8_MAX);
}

/* 0 none, 1 positive, 2 negative. */
static uint8_t direction(double value, double threshold)
{
    return value > threshold ? 1 : value < -threshold ? 2 : 0;
}

static void put_mode_of_movement(const ap_track *t, ap_cat062 *r)
{
    const uint8_t undetermined = 3;
    r->present |= AP_CAT062_I200;
    r->i200.trans = direction(t->track_rate_radps, TURN_RADPS);
    r->i200.long_ =
        t->has_acceleration ? direction(t->acceleration_mps2, SPEED_CHANGE_MPS2) : undetermined;
    r->i200.vert = t->has_height ? direction(t->up_mps, CLIMB_MPS) : undetermined;
}

/* The filtered pressure altitude back at the time of its last report. */
static double measured_altitude_m(const ap_track *t)
{
    bool moves = t->has_height && t->pressure_altitude_utc != AP_UTC_UNKNOWN;
    double age_s = moves ? ap_seconds_between(t->pressure_altitude_utc, t->time_utc) : 0.0;
    return t->pressure_altitude_m - t->up_mps * age_s;
}

static void put_vertical(const ap_track *t, ap_cat062 *r)
{
    if (t->has_pressure_altitude) {
        r->present |= AP_CAT062_I136 | AP_CAT062_I135;
        r->i136_4th_fl = steps_i16(measured_altitude_m(t), STEP_FL_M);
        r->i135.ctb_4th_fl =
            (int16_t)steps(t->pressure_altitude_m, STEP_FL_M, -(1 << 14), (1 << 14) - 1);
    }
    double height_m;
    if (ap_track_geometric_height(t, &height_m)) {
        r->present |= AP_CAT062_I130;
        r->i130_25_4th_ft = steps_i16(height_m, STEP_ALTITUDE_M);
    }
    if (t->has_height) {
        r->present |= AP_CAT062_I220;
        r->i220_25_4th_ftpmin = steps_i16(t->up_mps, STEP_RATE_MPS);
    }
}

/* ---- identity ---- */

static void put_identity(const ap_track *t, ap_cat062 *r)
{
    r->present |= AP_CAT062_I040;
    r->i040 = t->number;
    if (t->present & AP_HAS_MODE_3A) {
        r->present |= AP_CAT062_I060;
        r->i060.v = (t->flags & AP_FLAG_MODE_3A_UNVALIDATED) != 0;
        r->i060.g = (t->flags & AP_FLAG_MODE_3A_GARBLED) != 0;
        r->i060.mode3a = t->mode_3a & 07777;
    }
    if (t->present & AP_HAS_CALLSIGN) {
        r->present |= AP_CAT062_I245;
        r->i245.chr_icao6 = ap_asterix_icao6_raw(t->callsign);
    }
}

/* Emitter category of DO-260B to that of I062/380; 0 = none. Rows: sets A to D. */
static const uint8_t emitter_categories[4][8] = {
    { 0, 1, 3, 3, 3, 5, 6, 10 },
    { 0, 11, 12, 16, 15, 0, 13, 14 },
    { 0, 20, 21, 22, 22, 22, 0, 0 },
    { 0 },
};

static uint8_t emitter_category(uint8_t category)
{
    unsigned set = category >> 4, number = category & 15;
    return set >= 0xa && set <= 0xd && number < 8 ? emitter_categories[set - 0xa][number] : 0;
}

static void put_aircraft_data(const ap_track *t, ap_cat062 *r)
{
    enum { FCU_MCP = 2 };
    uint64_t has = 0;
    if ((t->present & AP_HAS_ADDRESS) && t->address_kind == AP_ADDRESS_ICAO) {
        has |= AP_CAT062_I380_ADR;
        r->i380.adr = t->address & 0xffffff;
    }
    if (t->present & AP_HAS_CALLSIGN) {
        has |= AP_CAT062_I380_ID;
        r->i380.id_icao6 = ap_asterix_icao6_raw(t->callsign);
    }
    if (t->present & AP_HAS_HEADING) {
        has |= AP_CAT062_I380_MHG;
        r->i380.mhg_turn16 =
            (uint16_t)steps(ap_wrap_two_pi(t->heading_rad), STEP_TURN16_RAD, 0, 65536);
    }
    if (t->present & AP_HAS_TRUE_AIRSPEED) {
        has |= AP_CAT062_I380_TAS;
        r->i380.tas_kt = steps_u16(t->true_airspeed_mps, AP_MPS_PER_KT);
    }
    if (t->present & AP_HAS_SELECTED_ALTITUDE) {
        has |= AP_CAT062_I380_SAL;
        r->i380.sal.sas = 1;
        r->i380.sal.src = FCU_MCP;
        r->i380.sal.alt_25_ft =
            (int16_t)steps(t->selected_altitude_m, STEP_FL_M, -(1 << 12), (1 << 12) - 1);
    }
    if (t->present & AP_HAS_ROLL) {
        has |= AP_CAT062_I380_RAN;
        r->i380.ran_100th_deg = steps_i16(t->roll_rad, AP_RAD_PER_DEG / 100.0);
    }
    if (t->present & AP_HAS_EMITTER_CATEGORY) {
        r->i380.emc = emitter_category(t->emitter_category);
        has |= r->i380.emc ? AP_CAT062_I380_EMC : 0;
    }
    if (t->present & AP_HAS_INDICATED_AIRSPEED) {
        has |= AP_CAT062_I380_IAR;
        r->i380.iar_kt = steps_u16(t->indicated_airspeed_mps, AP_MPS_PER_KT);
    }
    if (t->present & AP_HAS_MACH) {
        has |= AP_CAT062_I380_MAC;
        r->i380.mac_125th_mach = steps_u16(t->mach, 1.0 / 125.0);
    }
    r->i380.present = has;
    if (has)
        r->present |= AP_CAT062_I380;
}

/* ---- status and ages ---- */

/* Seconds from `then` to the time of the state; infinite when never. */
static double age_s(const ap_track *t, ap_utc_ns then)
{
    if (then == AP_UTC_UNKNOWN || t->time_utc == AP_UTC_UNKNOWN)
        return INFINITY;
    double age = ap_seconds_between(then, t->time_utc);
    return age > 0.0 ? age : 0.0;
}

static bool supports(const ap_track *t, ap_utc_ns then)
{
    return age_s(t, then) <= SUPPORT_S;
}

static bool is_monosensor(const ap_track *t)
{
    int count = 0;
    for (int i = 0; i < t->source_count && i < AP_TRACK_SOURCE_CAP; i++)
        count += supports(t, t->source[i].last_utc);
    return count <= 1;
}

static uint8_t emergency_status(const ap_track *t)
{
    enum { NONE = 0, GENERAL = 1, NO_COMMUNICATIONS = 4, UNLAWFUL_INTERFERENCE = 5 };
    uint16_t code = t->present & AP_HAS_MODE_3A ? t->mode_3a : 0;
    switch (code) {
    case 07500:
        return UNLAWFUL_INTERFERENCE;
    case 07600:
        return NO_COMMUNICATIONS;
    case 07700:
        return GENERAL;
    default:
        return t->flags & AP_FLAG_EMERGENCY ? GENERAL : NONE;
    }
}

static void put_status(const ap_track *t, unsigned marks, ap_cat062 *r)
{
    enum { FROM_GNSS = 1, FROM_MULTILATERATION = 7 };
    enum { COMBINED = 0, COOPERATIVE = 1, NON_COOPERATIVE = 2 };
    bool primary = supports(t, t->psr_utc);
    bool replies = supports(t, t->ssr_utc) || supports(t, t->mode_s_utc);
    bool cooperative = replies || supports(t, t->mlat_utc) || supports(t, t->adsb_utc);
    r->present |= AP_CAT062_I080;
    r->i080.mon = is_monosensor(t);
    r->i080.spi = (t->flags & AP_FLAG_SPI) != 0;
    double height_m;
    bool has_geometric = ap_track_geometric_height(t, &height_m);
    r->i080.mrh = has_geometric && !t->has_pressure_altitude;
    if (has_geometric)
        r->i080.src = t->adsb_utc != AP_UTC_UNKNOWN ? FROM_GNSS : FROM_MULTILATERATION;
    r->i080.cnf = t->state == AP_TRACK_TENTATIVE;
    r->i080.sim = (t->flags & AP_FLAG_SIMULATED) != 0;
    r->i080.tse = (marks & AP_ASTERIX062_LAST) != 0;
    r->i080.tsb = (marks & AP_ASTERIX062_FIRST) != 0;
    r->i080.cst = t->state == AP_TRACK_COASTING || t->state == AP_TRACK_DEAD;
    r->i080.psr = !primary;
    r->i080.ssr = !supports(t, t->ssr_utc);
    r->i080.mds = !supports(t, t->mode_s_utc);
    r->i080.ads = !supports(t, t->adsb_utc);
    r->i080.sds = primary && !cooperative ? NON_COOPERATIVE : primary ? COMBINED : COOPERATIVE;
    r->i080.ems = emergency_status(t);
    r->i080.sfc = (t->flags & AP_FLAG_ON_GROUND) != 0;
}

typedef struct technique {
    uint64_t bit;
    size_t time, age; /* offsets in ap_track and in ap_cat062 */
} technique;

static const technique techniques[] = {
    { AP_CAT062_I290_PSR, offsetof(ap_track, psr_utc), offsetof(ap_cat062, i290.psr_4th_s) },
    { AP_CAT062_I290_SSR, offsetof(ap_track, ssr_utc), offsetof(ap_cat062, i290.ssr_4th_s) },
    { AP_CAT062_I290_MDS, offsetof(ap_track, mode_s_utc), offsetof(ap_cat062, i290.mds_4th_s) },
    { AP_CAT062_I290_ES, offsetof(ap_track, adsb_utc), offsetof(ap_cat062, i290.es_4th_s) },
    { AP_CAT062_I290_MLT, offsetof(ap_track, mlat_utc), offsetof(ap_cat062, i290.mlt_4th_s) },
};

static void put_ages(const ap_track *t, ap_cat062 *r)
{
    r->present |= AP_CAT062_I290;
    r->i290.present = AP_CAT062_I290_TRK;
    r->i290.trk_4th_s = steps_u8(age_s(t, t->born_utc), 0.25);
    for (size_t i = 0; i < sizeof techniques / sizeof techniques[0]; i++) {
        ap_utc_ns then;
        memcpy(&then, (const char *)t + techniques[i].time, sizeof then);
        if (then == AP_UTC_UNKNOWN)
            continue;
        r->i290.present |= techniques[i].bit;
        *((uint8_t *)r + techniques[i].age) = steps_u8(age_s(t, then), 0.25);
    }
    if (t->has_pressure_altitude && t->pressure_altitude_utc != AP_UTC_UNKNOWN) {
        r->i295.present |= AP_CAT062_I295_MFL;
        r->i295.mfl_4th_s = steps_u8(age_s(t, t->pressure_altitude_utc), 0.25);
    }
    if ((t->present & AP_HAS_MODE_3A) && t->mode_3a_utc != AP_UTC_UNKNOWN) {
        r->i295.present |= AP_CAT062_I295_MDA;
        r->i295.mda_4th_s = steps_u8(age_s(t, t->mode_3a_utc), 0.25);
    }
    if (r->i295.present)
        r->present |= AP_CAT062_I295;
}

/* ---- accuracies ---- */

static void put_accuracies(const ap_track *t, ap_cat062 *r)
{
    double east_m = sqrt(t->P_enu[0][0]), north_m = sqrt(t->P_enu[1][1]);
    double both_m2 = t->P_enu[0][1], meridian_m, prime_m;
    ap_radii_at(t->position.latitude_rad, &meridian_m, &prime_m);
    double parallel_m = prime_m * cos(t->position.latitude_rad);
    r->present |= AP_CAT062_I500;
    r->i500.present =
        AP_CAT062_I500_APC | AP_CAT062_I500_COV | AP_CAT062_I500_APW | AP_CAT062_I500_ATV;
    r->i500.apc.x_half_m = steps_u16(east_m, 0.5);
    r->i500.apc.y_half_m = steps_u16(north_m, 0.5);
    r->i500.cov_half_m =
        (int16_t)steps(copysign(sqrt(fabs(both_m2)), both_m2), 0.5, -INT16_MAX, INT16_MAX);
    r->i500.apw.lat_turn26 = steps_u16(north_m / meridian_m, STEP_TURN26_RAD);
    r->i500.apw.lon_turn26 = steps_u16(east_m / parallel_m, STEP_TURN26_RAD);
    r->i500.atv.x_4th_mps = steps_u8(sqrt(t->P_enu[2][2]), 0.25);
    r->i500.atv.y_4th_mps = steps_u8(sqrt(t->P_enu[3][3]), 0.25);
    if (!t->has_height)
        return;
    double sigma_m = sqrt(t->vertical_P[0][0]), height_m;
    r->i500.present |= AP_CAT062_I500_ARC;
    r->i500.arc_25_4th_ftpmin = steps_u8(sqrt(t->vertical_P[1][1]), STEP_RATE_MPS);
    if (ap_track_geometric_height(t, &height_m)) {
        r->i500.present |= AP_CAT062_I500_AGA;
        r->i500.aga_25_4th_ft = steps_u8(sigma_m, STEP_ALTITUDE_M);
    }
    if (t->has_pressure_altitude) {
        r->i500.present |= AP_CAT062_I500_ABA;
        r->i500.aba_4th_fl = steps_u8(sigma_m, STEP_FL_M);
    }
}

void ap_asterix062_from_track(const ap_asterix062_sender *sender, const ap_track *track,
                              unsigned marks, ap_cat062 *record)
{
    memset(record, 0, sizeof *record);
    record->present = AP_CAT062_I010 | AP_CAT062_I015 | AP_CAT062_I070;
    record->i010.sac = sender->sac;
    record->i010.sic = sender->sic;
    record->i015 = sender->service;
    record->i070_128th_s = ap_tod_from_utc(track->time_utc);
    put_position(sender, track, record);
    put_velocity(track, record);
    put_mode_of_movement(track, record);
    put_vertical(track, record);
    put_identity(track, record);
    put_aircraft_data(track, record);
    put_status(track, marks, record);
    put_ages(track, record);
    put_accuracies(track, record);
}

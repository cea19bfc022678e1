#include "sense/comm_b.h"

#include <math.h>

#include "sense/fields.h"

/* --- into a report --------------------------------------------------------------------------- */

static void set_4_0(ap_report *report, const ap_comm_b_field *fields, uint64_t mb)
{
    ap_comm_b_value selected_ft = ap_comm_b_read(&fields[AP_BDS_4_0_MCP_FT], mb);
    if (!selected_ft.known)
        selected_ft = ap_comm_b_read(&fields[AP_BDS_4_0_FMS_FT], mb);
    if (selected_ft.known)
        ap_sense_set_selected_altitude(report, selected_ft.value);
}

/* The register may be read seconds after it was filled: in a turn the course has gone on. */
static double velocity_sigma(double speed_mps, ap_comm_b_value rate_degps)
{
    double turned_rad = (rate_degps.known ? fabs(rate_degps.value) : 0.5) * AP_RAD_PER_DEG;
    return hypot(2.0, speed_mps * turned_rad);
}

static void set_5_0(ap_report *report, const ap_comm_b_field *fields, uint64_t mb)
{
    ap_comm_b_value roll_deg = ap_comm_b_read(&fields[AP_BDS_5_0_ROLL_DEG], mb);
    ap_comm_b_value track_deg = ap_comm_b_read(&fields[AP_BDS_5_0_TRACK_DEG], mb);
    ap_comm_b_value speed_kt = ap_comm_b_read(&fields[AP_BDS_5_0_SPEED_KT], mb);
    ap_comm_b_value rate_degps = ap_comm_b_read(&fields[AP_BDS_5_0_TURN_DEGPS], mb);
    ap_comm_b_value tas_kt = ap_comm_b_read(&fields[AP_BDS_5_0_TAS_KT], mb);
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

static void set_6_0(ap_report *report, const ap_comm_b_field *fields, uint64_t mb)
{
    ap_comm_b_value heading_deg = ap_comm_b_read(&fields[AP_BDS_6_0_HEADING_DEG], mb);
    ap_comm_b_value ias_kt = ap_comm_b_read(&fields[AP_BDS_6_0_IAS_KT], mb);
    ap_comm_b_value mach = ap_comm_b_read(&fields[AP_BDS_6_0_MACH], mb);
    ap_comm_b_value baro_fpm = ap_comm_b_read(&fields[AP_BDS_6_0_BARO_FPM], mb);
    ap_comm_b_value inertial_fpm = ap_comm_b_read(&fields[AP_BDS_6_0_INERTIAL_FPM], mb);
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
    bool is_used = bds == 0x40 || bds == 0x50 || bds == 0x60;
    if (!is_used || !ap_comm_b_is_sound(bds, mb))
        return;
    const ap_comm_b_field *fields = ap_comm_b_register_of(bds)->fields;
    if (bds == 0x40)
        set_4_0(report, fields, mb);
    else if (bds == 0x50)
        set_5_0(report, fields, mb);
    else
        set_6_0(report, fields, mb);
}

/* --- what is remembered ---------------------------------------------------------------------- */

#define WEAK_S 600        /* weather is compared with one not older */
#define WEAK_COUNT_CAP 7u /* of its bits */
#define RATE_STEP_FPM 64
#define RATE_UNKNOWN INT16_MIN

/* 24 bits; never 0, which stands for none. */
static uint32_t hash_of(uint64_t mb)
{
    return (uint32_t)((mb * UINT64_C(0x9E3779B97F4A7C15)) >> 40) | 1u;
}

static uint16_t seconds_of(ap_utc_ns utc)
{
    return (uint16_t)(utc / AP_NS_PER_S);
}

/* Bits 3..34: wind and temperature of 4,4, temperature of 4,5. */
static uint32_t weather_of(uint64_t mb)
{
    return (uint32_t)(mb >> 22);
}

static bool is_near(ap_comm_b_value a, ap_comm_b_value b, double limit)
{
    return a.known && b.known && fabs(a.value - b.value) <= limit;
}

/* Two reports of one aircraft's surroundings, minutes apart, differ by little. */
static bool weather_agrees(uint8_t bds, uint64_t a, uint64_t b)
{
    size_t place = bds == 0x44 ? AP_BDS_4_4_TEMPERATURE_C : AP_BDS_4_5_TEMPERATURE_C;
    if (!is_near(ap_comm_b_value_of(bds, place, a), ap_comm_b_value_of(bds, place, b), 4.0))
        return false;
    return bds == 0x45 || is_near(ap_comm_b_value_of(bds, AP_BDS_4_4_WIND_KT, a),
                                  ap_comm_b_value_of(bds, AP_BDS_4_4_WIND_KT, b), 15.0);
}

void ap_comm_b_recall(const ap_comm_b_memory *memory, uint64_t mb, ap_utc_ns utc,
                      ap_comm_b_clue *clue)
{
    clue->supported = memory->supported;
    clue->has_vertical_rate = clue->has_velocity && memory->rate_64th_fpm != RATE_UNKNOWN;
    clue->vertical_rate_fpm = (double)memory->rate_64th_fpm * RATE_STEP_FPM;
    clue->confirmed = memory->confirmed_hash == hash_of(mb) ? memory->confirmed_bds : 0;
    uint8_t bds = memory->weak_is_4_5 ? 0x45 : 0x44;
    uint16_t age_s = (uint16_t)(seconds_of(utc) - memory->weak_s);
    bool agrees = memory->weak_count > 0 && age_s <= WEAK_S &&
                  weather_agrees(bds, (uint64_t)memory->weather << 22, mb);
    clue->weak = agrees ? bds : 0;
    clue->weak_count = agrees ? memory->weak_count : 0;
}

void ap_comm_b_learn(ap_comm_b_memory *memory, uint64_t mb, ap_utc_ns utc,
                     const ap_comm_b_clue *clue, const ap_comm_b_inference *of)
{
    if (of->bds != 0) {
        memory->confirmed_hash = hash_of(mb) & 0xFFFFFFu;
        memory->confirmed_bds = of->bds;
    }
    if (of->bds == 0x17)
        memory->supported = (uint32_t)(mb >> 28) & 0xFFFFFFFu;
    uint8_t best = of->count > 0 ? of->candidate[0].bds : 0;
    if (best != 0x44 && best != 0x45)
        return;
    unsigned count = clue->weak == best ? clue->weak_count + 1u : 1u;
    memory->weak_count = (count < WEAK_COUNT_CAP ? count : WEAK_COUNT_CAP) & WEAK_COUNT_CAP;
    memory->weak_is_4_5 = best == 0x45;
    memory->weather = weather_of(mb);
    memory->weak_s = seconds_of(utc);
}

void ap_comm_b_note_rate(ap_comm_b_memory *memory, bool known, int32_t vertical_rate_fpm)
{
    memory->rate_64th_fpm = known ? (int16_t)(vertical_rate_fpm / RATE_STEP_FPM) : RATE_UNKNOWN;
}

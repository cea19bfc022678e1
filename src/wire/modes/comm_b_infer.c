/* Which register a Comm-B reply holds: evidence for each, in bits. */
#include <math.h>

#include "airpicture/comm_b.h"
#include "airpicture/modes.h"
#include "wire/modes/bits.h"
#include "wire/modes/comm_b_table.h"

/* Content that is no register of the tables, or damaged: one reply in 64. */
#define NONE_BITS (-6.0)
/* An absent field spares its bits; that it is absent is worth so much against. */
#define ABSENT_BITS 3.0
#define WEAK_COUNT 2       /* earlier replies that must agree with a weak one */
#define WEAK_SCORE 0.5     /* of a weak register at the most until they do */
#define AGREED_BITS 6.0    /* each of them */
#define CONFIRMED_BITS 4.0 /* the same content was named before: less than a contradiction */

/* A comparison: what it is worth when it holds and when it does not. */
static double weigh(bool holds, double gain_bits, double loss_bits)
{
    return holds ? gain_bits : -loss_bits;
}

static bool is_near(double a, double b, double limit)
{
    return fabs(a - b) <= limit;
}

static bool is_near_angle(double a_deg, double b_deg, double limit_deg)
{
    return fabs(remainder(a_deg - b_deg, 360.0)) <= limit_deg;
}

/* Bits that the layout alone fixes. */
static double layout_bits(const ap_comm_b_register *of, uint64_t mb)
{
    double sum = of->fixed_count;
    uint64_t counted = 0; /* status bits that several fields share */
    for (size_t i = 0; i < of->field_count; i++) {
        const ap_comm_b_field *field = &of->fields[i];
        if (field->status == 0 || (mb & field->status_mask))
            continue;
        sum += field->count - (counted & field->status_mask ? 0.0 : ABSENT_BITS);
        counted |= field->status_mask;
    }
    return sum;
}

static bool altitude_agrees(double altitude_ft, const ap_comm_b_clue *clue)
{
    return is_near(altitude_ft, clue->altitude_ft, 300.0);
}

/* --- registers of squitters ------------------------------------------------------------------ */

static double weigh_position(const ap_comm_b_field *fields, uint64_t me, const ap_comm_b_clue *clue)
{
    (void)fields;
    ap_modes_frame frame;
    ap_modes_decode_squitter(me, &frame);
    double sum = 1.3 + (clue->ground_known ? weigh(!clue->on_ground, 0.0, 8.0) : 0.0);
    if (clue->has_altitude && (frame.present & AP_MODES_HAS_ALTITUDE))
        sum += weigh(altitude_agrees(frame.altitude_ft, clue), 6.5, 8.0);
    return sum;
}

static double weigh_surface_position(const ap_comm_b_field *fields, uint64_t me,
                                     const ap_comm_b_clue *clue)
{
    (void)fields;
    (void)me;
    return 3.0 + (clue->ground_known ? weigh(clue->on_ground, 1.0, 10.0) : 0.0);
}

/* Three in eight combinations of six bits are no character. */
static double weigh_identification(const ap_comm_b_field *fields, uint64_t me,
                                   const ap_comm_b_clue *clue)
{
    (void)fields;
    (void)me;
    (void)clue;
    return 3.0 + 8 * 0.8;
}

static double weigh_velocity(const ap_comm_b_field *fields, uint64_t me, const ap_comm_b_clue *clue)
{
    (void)fields;
    ap_modes_frame frame;
    ap_modes_decode_squitter(me, &frame);
    double sum = 8.0;
    if (clue->has_velocity && (frame.present & AP_MODES_HAS_GROUND_VELOCITY))
        sum += weigh(is_near(frame.ground_speed_kt, clue->speed_kt, 20.0) &&
                         is_near_angle(frame.track_deg, clue->track_deg, 10.0),
                     9.0, 12.0);
    if (clue->has_vertical_rate && (frame.present & AP_MODES_HAS_VERTICAL_RATE))
        sum += weigh(is_near(frame.vertical_rate_fpm, clue->vertical_rate_fpm, 1000.0), 4.0, 4.0);
    return sum;
}

static double weigh_status(const ap_comm_b_field *fields, uint64_t me, const ap_comm_b_clue *clue)
{
    (void)fields;
    (void)clue;
    bool advisory = ap_bits56(me, 6, 3) == 2;
    return advisory ? 8.0 + 1.0 : 8.0 + 32.0;
}

static double weigh_target_state(const ap_comm_b_field *fields, uint64_t me,
                                 const ap_comm_b_clue *clue)
{
    (void)fields;
    (void)clue;
    ap_modes_frame frame;
    ap_modes_decode_squitter(me, &frame);
    double sum = ap_bits56(me, 6, 2) == 0 ? 13.0 : 9.0;
    if (frame.present & AP_MODES_HAS_SELECTED_ALTITUDE)
        sum += weigh(is_near(remainder(frame.selected_altitude_ft, 100.0), 0.0, 16.0), 1.6, 2.0);
    if (frame.present & AP_MODES_HAS_BARO_SETTING)
        sum += weigh(is_near(frame.baro_setting_hpa, 1000.0, 60.0), 1.8, 4.0);
    return sum;
}

static double weigh_operational_status(const ap_comm_b_field *fields, uint64_t me,
                                       const ap_comm_b_clue *clue)
{
    (void)fields;
    (void)me;
    (void)clue;
    return 12.0;
}

/* --- the others ------------------------------------------------------------------------------ */

static double weigh_nothing(const ap_comm_b_field *fields, uint64_t mb, const ap_comm_b_clue *clue)
{
    (void)fields;
    (void)mb;
    (void)clue;
    return 0.0;
}

/* An aircraft that answers at all identifies itself; what it supports changes seldom. */
static double weigh_1_7(const ap_comm_b_field *fields, uint64_t mb, const ap_comm_b_clue *clue)
{
    (void)fields;
    double sum = weigh(ap_comm_b_lists(0x17, mb, 0x20), 0.8, 8.0);
    if (clue->supported != 0)
        sum += weigh(ap_bits56(mb, 1, 28) == clue->supported, 16.0, 2.0);
    return sum;
}

/* Says of itself and of 1,0 1,7 2,0 that they are there, and the same as 1,7 of registers both have
 * a bit for. */
static double weigh_1_8(const ap_comm_b_field *fields, uint64_t mb, const ap_comm_b_clue *clue)
{
    (void)fields;
    (void)clue;
    static const uint8_t basic[] = { 0x10, 0x17, 0x18, 0x20 };
    double sum = 0.0;
    for (size_t i = 0; i < sizeof basic; i++)
        sum += weigh(ap_comm_b_lists(0x18, mb, basic[i]), 0.8, 4.0);
    return sum;
}

/* 1,9 says of 4,0 to 6,0 what 1,7 says. */
static double weigh_1_9(const ap_comm_b_field *fields, uint64_t mb, const ap_comm_b_clue *clue)
{
    (void)fields;
    static const uint8_t shared[] = { 0x40, 0x44, 0x45, 0x50, 0x51, 0x52, 0x53, 0x60 };
    if (clue->supported == 0)
        return 0.0;
    bool same = true;
    for (size_t i = 0; i < sizeof shared; i++) {
        unsigned bit = ap_comm_b_common_bit(shared[i]);
        same = same && ap_comm_b_lists(0x19, mb, shared[i]) == (clue->supported >> (28 - bit) & 1u);
    }
    return weigh(same, 8.0, 4.0);
}

static double weigh_text(const ap_comm_b_field *fields, uint64_t mb, const ap_comm_b_clue *clue)
{
    (void)fields;
    (void)mb;
    (void)clue;
    return 8 * 0.8;
}

/* Reserved for other systems of ACAS; and an identity that is none or an address. */
static double weigh_3_0(const ap_comm_b_field *fields, uint64_t mb, const ap_comm_b_clue *clue)
{
    (void)fields;
    (void)clue;
    return weigh(ap_bits56(mb, 16, 7) == 0, 7.0, 4.0) + (ap_bits56(mb, 29, 2) == 0 ? 26.0 : 0.5);
}

/* What pilots and systems set: full hundreds of feet (the register has steps of 16 ft, so off by 8
 * at the most), and a setting of this world. */
static double weigh_4_0(const ap_comm_b_field *fields, uint64_t mb, const ap_comm_b_clue *clue)
{
    (void)clue;
    double sum = 0.0;
    for (size_t i = AP_BDS_4_0_MCP_FT; i <= AP_BDS_4_0_FMS_FT; i++) {
        ap_comm_b_value altitude_ft = ap_comm_b_read(&fields[i], mb);
        if (altitude_ft.known)
            sum += weigh(is_near(remainder(altitude_ft.value, 100.0), 0.0, 8.0), 2.6, 3.0);
    }
    ap_comm_b_value setting_hpa = ap_comm_b_read(&fields[AP_BDS_4_0_SETTING_HPA], mb);
    if (setting_hpa.known)
        sum += weigh(is_near(setting_hpa.value, 1000.0, 60.0), 1.8, 5.0);
    return sum;
}

/* Standard atmosphere: temperature within 25 degrees; pressure within a tenth. */
static double weigh_air(ap_comm_b_value temperature_c, ap_comm_b_value pressure_hpa,
                        const ap_comm_b_clue *clue)
{
    double sum = 0.0;
    if (!clue->has_altitude)
        return sum;
    double standard_c = fmax(15.0 - clue->altitude_ft * 0.0019812, -56.5);
    if (temperature_c.known)
        sum += weigh(is_near(temperature_c.value, standard_c, 25.0), 2.3, 6.0);
    double standard_hpa = 1013.25 * ap_modes_pressure_ratio(clue->altitude_ft);
    if (pressure_hpa.known)
        sum += weigh(is_near(pressure_hpa.value, standard_hpa, 0.1 * standard_hpa), 3.5, 6.0);
    return sum;
}

static double weigh_4_4(const ap_comm_b_field *fields, uint64_t mb, const ap_comm_b_clue *clue)
{
    unsigned source = ap_bits56(mb, 1, 4);
    bool has_wind = ap_bit56(mb, 5);
    return weigh(source > 0, 2.0, 2.0) + weigh(has_wind, 0.5, 1.0) +
           weigh_air(ap_comm_b_read(&fields[AP_BDS_4_4_TEMPERATURE_C], mb),
                     ap_comm_b_read(&fields[AP_BDS_4_4_PRESSURE_HPA], mb), clue);
}

static double weigh_4_5(const ap_comm_b_field *fields, uint64_t mb, const ap_comm_b_clue *clue)
{
    ap_comm_b_value height_ft = ap_comm_b_read(&fields[AP_BDS_4_5_RADIO_HEIGHT_FT], mb);
    double sum = weigh_air(ap_comm_b_read(&fields[AP_BDS_4_5_TEMPERATURE_C], mb),
                           ap_comm_b_read(&fields[AP_BDS_4_5_PRESSURE_HPA], mb), clue);
    if (height_ft.known && clue->has_altitude)
        sum += weigh(height_ft.value <= clue->altitude_ft + 2000.0, 0.5, 6.0);
    return sum;
}

/* In a coordinated turn the rate is g tan(roll) / speed. */
static double weigh_turn(ap_comm_b_value roll_deg, ap_comm_b_value turn_degps,
                         ap_comm_b_value air_kt)
{
    if (!roll_deg.known || !turn_degps.known || !air_kt.known || air_kt.value < 50.0)
        return 0.0;
    const double rad_per_deg = 0.017453292519943295;
    double expected_radps =
        9.80665 * tan(roll_deg.value * rad_per_deg) / (air_kt.value * 1852.0 / 3600.0);
    return weigh(is_near(expected_radps / rad_per_deg, turn_degps.value, 1.5), 3.4, 12.0);
}

static double weigh_5_0(const ap_comm_b_field *fields, uint64_t mb, const ap_comm_b_clue *clue)
{
    ap_comm_b_value track_deg = ap_comm_b_read(&fields[AP_BDS_5_0_TRACK_DEG], mb);
    ap_comm_b_value speed_kt = ap_comm_b_read(&fields[AP_BDS_5_0_SPEED_KT], mb);
    ap_comm_b_value air_kt = ap_comm_b_read(&fields[AP_BDS_5_0_TAS_KT], mb);
    double sum = weigh_turn(ap_comm_b_read(&fields[AP_BDS_5_0_ROLL_DEG], mb),
                            ap_comm_b_read(&fields[AP_BDS_5_0_TURN_DEGPS], mb), air_kt);
    if (speed_kt.known && air_kt.known)
        sum += weigh(is_near(speed_kt.value, air_kt.value, 150.0), 2.8, 6.0);
    if (speed_kt.known && clue->has_velocity)
        sum += weigh(is_near(speed_kt.value, clue->speed_kt, 20.0), 5.7, 8.0);
    if (track_deg.known && clue->has_velocity)
        sum += weigh(is_near_angle(track_deg.value, clue->track_deg, 10.0), 4.2, 8.0);
    return sum;
}

static double weigh_5_1(const ap_comm_b_field *fields, uint64_t mb, const ap_comm_b_clue *clue)
{
    ap_comm_b_value altitude_ft = ap_comm_b_read(&fields[AP_BDS_5_1_ALTITUDE_FT], mb);
    if (!altitude_ft.known)
        return -8.0;
    return 3.0 +
           (clue->has_altitude ? weigh(altitude_agrees(altitude_ft.value, clue), 6.5, 12.0) : 0.0);
}

/* Without an altitude the airspeed lies between those of sea level and of 45,000 ft. */
static double weigh_mach(ap_comm_b_value mach, ap_comm_b_value ias_kt, const ap_comm_b_clue *clue)
{
    if (!mach.known || !ias_kt.known)
        return 0.0;
    if (mach.value < 0.05 || ias_kt.value < 40.0)
        return -6.0;
    if (clue->has_altitude)
        return weigh(
            is_near(ap_modes_airspeed_of_mach(mach.value, clue->altitude_ft), ias_kt.value, 25.0),
            4.4, 10.0);
    return weigh(ias_kt.value <= ap_modes_airspeed_of_mach(mach.value, 0.0) + 25.0 &&
                     ias_kt.value >= ap_modes_airspeed_of_mach(mach.value, 45000.0) - 25.0,
                 1.5, 10.0);
}

static double weigh_6_0(const ap_comm_b_field *fields, uint64_t mb, const ap_comm_b_clue *clue)
{
    ap_comm_b_value heading_deg = ap_comm_b_read(&fields[AP_BDS_6_0_HEADING_DEG], mb);
    ap_comm_b_value baro_fpm = ap_comm_b_read(&fields[AP_BDS_6_0_BARO_FPM], mb);
    ap_comm_b_value inertial_fpm = ap_comm_b_read(&fields[AP_BDS_6_0_INERTIAL_FPM], mb);
    double sum = weigh_mach(ap_comm_b_read(&fields[AP_BDS_6_0_MACH], mb),
                            ap_comm_b_read(&fields[AP_BDS_6_0_IAS_KT], mb), clue);
    if (baro_fpm.known && inertial_fpm.known)
        sum += weigh(is_near(baro_fpm.value, inertial_fpm.value, 2500.0), 2.2, 8.0);
    ap_comm_b_value rate_fpm = inertial_fpm.known ? inertial_fpm : baro_fpm;
    if (rate_fpm.known && clue->has_vertical_rate)
        sum += weigh(is_near(rate_fpm.value, clue->vertical_rate_fpm, 1500.0), 3.0, 4.0);
    if (heading_deg.known && clue->has_heading)
        sum += weigh(is_near_angle(heading_deg.value, clue->heading_deg, 10.0), 4.2, 8.0);
    else if (heading_deg.known && clue->has_velocity) /* wind, and the magnetic variation */
        sum += weigh(is_near_angle(heading_deg.value, clue->track_deg, 60.0), 1.6, 8.0);
    return sum;
}

/* --- all of them ----------------------------------------------------------------------------- */

/* `common_bit`: of 1,7, 0 when it has none. `prior_bits`: logarithm of the share of replies that
 * ask for the register. Squitters have `type_codes`, one bit each, the others their table. 1,A to
 * 1,C are not here: nearly none of their registers are assigned, so that nothing tells their
 * content. */
typedef struct infer_row {
    uint8_t bds, common_bit;
    double prior_bits;
    uint32_t type_codes;
    const ap_comm_b_register *of;
    double (*weigh)(const ap_comm_b_field *fields, uint64_t mb, const ap_comm_b_clue *clue);
} infer_row;

#define TYPES(first, last) (((2u << ((last) - (first))) - 1) << (first))
#define OF(place) 0, &ap_comm_b_table[AP_PLACE_##place]

/* clang-format off */
static const infer_row rows[] = {
    { 0x05, 1, -8.0, TYPES(9, 18) | TYPES(20, 22), NULL, weigh_position },
    { 0x06, 2, -9.0, TYPES(5, 8), NULL, weigh_surface_position },
    { 0x08, 4, -9.0, TYPES(1, 4), NULL, weigh_identification },
    { 0x09, 5, -9.0, TYPES(19, 19), NULL, weigh_velocity },
    { 0x61, 0, -10.0, TYPES(28, 28), NULL, weigh_status },
    { 0x62, 0, -10.0, TYPES(29, 29), NULL, weigh_target_state },
    { 0x65, 0, -10.0, 1u << 31, NULL, weigh_operational_status },
    { 0x07, 3, -10.0, OF(0_7), weigh_nothing },
    { 0x10, 0, -5.0, OF(1_0), weigh_nothing },
    { 0x17, 0, -5.0, OF(1_7), weigh_1_7 },
    { 0x18, 0, -9.0, OF(1_8), weigh_1_8 },
    { 0x19, 0, -9.0, OF(1_9), weigh_1_9 },
    { 0x20, 7, -4.0, OF(2_0), weigh_text },
    { 0x21, 8, -10.0, OF(2_1), weigh_text },
    { 0x30, 0, -7.0, OF(3_0), weigh_3_0 },
    { 0x40, 9, -2.0, OF(4_0), weigh_4_0 },
    { 0x44, 13, -9.0, OF(4_4), weigh_4_4 },
    { 0x45, 14, -10.0, OF(4_5), weigh_4_5 },
    { 0x50, 16, -2.0, OF(5_0), weigh_5_0 },
    { 0x51, 17, -9.0, OF(5_1), weigh_5_1 },
    { 0x60, 24, -2.0, OF(6_0), weigh_6_0 },
};
/* clang-format on */

#define ROW_COUNT (sizeof rows / sizeof rows[0])

/* What the aircraft says itself that it does not have. */
static bool is_denied(const infer_row *row, const ap_comm_b_clue *clue)
{
    return clue->supported != 0 && row->common_bit != 0 &&
           !(clue->supported >> (28 - row->common_bit) & 1u);
}

static bool is_weak(uint8_t bds)
{
    return bds == 0x44 || bds == 0x45;
}

/* False when the register cannot hold these bits; else the evidence for it. */
static bool weigh_row(const infer_row *row, uint64_t mb, const ap_comm_b_clue *clue,
                      double *evidence)
{
    const ap_comm_b_register *of = row->of;
    if (of ? !ap_comm_b_fits(of, mb) : !(row->type_codes >> ap_bits56(mb, 1, 5) & 1u))
        return false;
    if (is_denied(row, clue) ||
        !(of ? ap_comm_b_values_are_sound(of, mb) : ap_comm_b_is_sound(row->bds, mb)))
        return false;
    *evidence = row->prior_bits + row->weigh(of ? of->fields : NULL, mb, clue);
    if (of)
        *evidence += layout_bits(of, mb);
    if (clue->confirmed == row->bds)
        *evidence += CONFIRMED_BITS;
    if (clue->weak == row->bds)
        *evidence += AGREED_BITS * clue->weak_count;
    return true;
}

static bool is_weak_still(uint8_t bds, const ap_comm_b_clue *clue)
{
    return is_weak(bds) && !(clue->weak == bds && clue->weak_count >= WEAK_COUNT);
}

/* Puts one more among the candidates, best first; the last one goes when there are too many. */
static void insert(ap_comm_b_inference *out, uint8_t bds, double score)
{
    if (out->count == AP_COMM_B_CANDIDATE_CAP) {
        if (!(score > out->candidate[out->count - 1].score))
            return;
        out->count--;
    }
    size_t at = out->count++;
    for (; at > 0 && score > out->candidate[at - 1].score; at--)
        out->candidate[at] = out->candidate[at - 1];
    out->candidate[at] = (ap_comm_b_candidate){ bds, (float)score };
}

void ap_comm_b_infer(uint64_t mb, const ap_comm_b_clue *clue, ap_comm_b_inference *out)
{
    double evidence[ROW_COUNT], best = NONE_BITS;
    uint8_t found[ROW_COUNT];
    size_t count = 0;
    out->bds = 0;
    out->count = 0;
    for (size_t i = 0; i < ROW_COUNT && mb != 0; i++)
        if (weigh_row(&rows[i], mb, clue, &evidence[count])) {
            best = evidence[count] > best ? evidence[count] : best;
            found[count++] = rows[i].bds;
        }
    /* Weighed against the best, so that nothing overflows. */
    double sum = exp2(NONE_BITS - best);
    for (size_t i = 0; i < count; i++) {
        evidence[i] = exp2(evidence[i] - best);
        sum += evidence[i];
    }
    for (size_t i = 0; i < count; i++) {
        double score = evidence[i] / sum;
        if (is_weak_still(found[i], clue))
            score = fmin(score, WEAK_SCORE);
        if (score >= AP_COMM_B_LEAST)
            insert(out, found[i], score);
    }
    if (out->count > 0 && (double)out->candidate[0].score >= AP_COMM_B_CLEAR)
        out->bds = out->candidate[0].bds;
}

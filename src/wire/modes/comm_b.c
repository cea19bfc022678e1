#include "airpicture/comm_b.h"

#include "airpicture/asterix.h"
#include "airpicture/modes.h"
#include "wire/modes/bits.h"
#include "wire/modes/comm_b_table.h"

#include <math.h>
#include <string.h>

#define ANY_LOW (-1e9)
#define ANY_HIGH 1e9

/* --- the layouts ----------------------------------------------------------------------------- */

#define FIELD(name_, kind_, status_, first_, count_, signed_, step_, offset_, low_, high_)         \
    {                                                                                              \
        .name = (name_), .kind = (kind_), .status = (status_), .first = (first_),                  \
        .count = (count_), .is_signed = (signed_), .step = (step_), .offset = (offset_),           \
        .low = (low_), .high = (high_),                                                            \
        .status_mask = (status_) ? AP_MASK56((status_) ? (status_) : 1, 1) : 0,                    \
        .content_mask = AP_MASK56(first_, count_)                                                  \
    }
#define NUMBER(name, status, first, count, step, low, high)                                        \
    FIELD(name, AP_COMM_B_NUMBER, status, first, count, false, step, 0.0, low, high)
#define SIGNED(name, status, first, count, step, low, high)                                        \
    FIELD(name, AP_COMM_B_NUMBER, status, first, count, true, step, 0.0, low, high)
#define ANGLE(name, status, first, count, is_signed, step)                                         \
    FIELD(name, AP_COMM_B_ANGLE, status, first, count, is_signed, step, 0.0, ANY_LOW, ANY_HIGH)
#define FLAG(name, status, first)                                                                  \
    FIELD(name, AP_COMM_B_FLAG, status, first, 1, false, 1.0, 0.0, ANY_LOW, ANY_HIGH)
#define CODE(name, status, first, count)                                                           \
    FIELD(name, AP_COMM_B_CODE, status, first, count, false, 1.0, 0.0, ANY_LOW, ANY_HIGH)
#define RAW(name, kind, status, first, count)                                                      \
    FIELD(name, kind, status, first, count, false, 1.0, 0.0, ANY_LOW, ANY_HIGH)

/* clang-format off */
static const ap_comm_b_field fields_0_7[] = {
    CODE("transmission_rate",          0,  1,  2),
    FLAG("altitude_is_gnss",           0,  3),
};

static const ap_comm_b_field fields_1_0[] = {
    FLAG("continued",                  0,  9),
    FLAG("overlay_command",            0, 15),
    FLAG("acas_operational",           0, 16),
    CODE("subnetwork_version",         0, 17,  7),
    FLAG("enhanced_protocol",          0, 24),
    FLAG("specific_services",          0, 25),
    CODE("uplink_elm",                 0, 26,  3),
    CODE("downlink_elm",               0, 29,  4),
    FLAG("identification",             0, 33),
    FLAG("squitter",                   0, 34),
    FLAG("surveillance_identifier",    0, 35),
    FLAG("common_gicb_report",         0, 36),
    FLAG("acas_hybrid",                0, 37),
    FLAG("acas_resolution",            0, 38),
    CODE("acas_version",               0, 39,  2),
    RAW("dte_subaddresses", AP_COMM_B_HEX, 0, 41, 16),
};

static const ap_comm_b_field fields_1_7[] = {
    RAW("registers", AP_COMM_B_REGISTERS, 0, 1, 28),
};

static const ap_comm_b_field fields_1_8[] = { /* and 1,9 to 1,C */
    RAW("registers", AP_COMM_B_REGISTERS, 0, 1, 56),
};

static const ap_comm_b_field fields_2_0[] = {
    RAW("callsign", AP_COMM_B_TEXT,    0,  9, 48),
};

static const ap_comm_b_field fields_2_1[] = {
    RAW("registration", AP_COMM_B_TEXT, 1, 2, 42),
    RAW("airline", AP_COMM_B_TEXT,    44, 45, 12),
};

static const ap_comm_b_field fields_3_0[] = {
    [AP_BDS_3_0_ARA] = RAW("active_advisories", AP_COMM_B_HEX, 0, 9, 14),
    [AP_BDS_3_0_RAC] = RAW("complements", AP_COMM_B_HEX, 0, 23, 4),
    [AP_BDS_3_0_RAT] = FLAG("terminated", 0, 27),
    [AP_BDS_3_0_MTE] = FLAG("multiple_threats", 0, 28),
    [AP_BDS_3_0_TTI] = CODE("threat_type", 0, 29, 2),
    [AP_BDS_3_0_TID] = RAW("threat", AP_COMM_B_HEX, 0, 31, 26),
};

static const ap_comm_b_field fields_4_0[] = {
    [AP_BDS_4_0_MCP_FT] = NUMBER("mcp_altitude_ft", 1, 2, 12, 16.0, 0, 50000),
    [AP_BDS_4_0_FMS_FT] = NUMBER("fms_altitude_ft", 14, 15, 12, 16.0, 0, 50000),
    [AP_BDS_4_0_SETTING_HPA] = FIELD("baro_setting_hpa", AP_COMM_B_NUMBER, 27, 28, 12, false,
                                     0.1, 800.0, 850, 1100),
    FLAG("vnav",                      48, 49),
    FLAG("altitude_hold",             48, 50),
    FLAG("approach",                  48, 51),
    CODE("target_altitude_source",    54, 55,  2),
};

static const ap_comm_b_field fields_4_4[] = {
    [AP_BDS_4_4_SOURCE] = NUMBER("source", 0, 1, 4, 1.0, 0, 4),
    [AP_BDS_4_4_WIND_KT] = NUMBER("wind_speed_kt", 5, 6, 9, 1.0, 0, 300),
    [AP_BDS_4_4_WIND_DEG] = ANGLE("wind_direction_deg", 5, 15, 9, false, 180.0 / 256),
    [AP_BDS_4_4_TEMPERATURE_C] = SIGNED("temperature_c", 0, 24, 11, 0.25, -95, 60),
    [AP_BDS_4_4_PRESSURE_HPA] = NUMBER("pressure_hpa", 35, 36, 11, 1.0, 50, 1100),
    CODE("turbulence",                47, 48,  2),
    NUMBER("humidity_percent",        50, 51,  6, 100.0 / 64, 0, 100),
};

static const ap_comm_b_field fields_4_5[] = {
    CODE("turbulence",                 1,  2,  2),
    CODE("wind_shear",                 4,  5,  2),
    CODE("microburst",                 7,  8,  2),
    CODE("icing",                     10, 11,  2),
    CODE("wake_vortex",               13, 14,  2),
    [AP_BDS_4_5_TEMPERATURE_C] = SIGNED("temperature_c", 16, 17, 10, 0.25, -95, 60),
    [AP_BDS_4_5_PRESSURE_HPA] = NUMBER("pressure_hpa", 27, 28, 11, 1.0, 50, 1100),
    [AP_BDS_4_5_RADIO_HEIGHT_FT] = NUMBER("radio_height_ft", 39, 40, 12, 16.0, 0, ANY_HIGH),
};

static const ap_comm_b_field fields_5_0[] = {
    [AP_BDS_5_0_ROLL_DEG] = SIGNED("roll_deg", 1, 2, 10, 45.0 / 256, -60, 60),
    [AP_BDS_5_0_TRACK_DEG] = ANGLE("track_deg", 12, 13, 11, true, 90.0 / 512),
    [AP_BDS_5_0_SPEED_KT] = NUMBER("ground_speed_kt", 24, 25, 10, 2.0, 0, 900),
    [AP_BDS_5_0_TURN_DEGPS] = SIGNED("track_rate_degps", 35, 36, 10, 8.0 / 256, -16, 16),
    [AP_BDS_5_0_TAS_KT] = NUMBER("true_airspeed_kt", 46, 47, 10, 2.0, 0, 700),
};

static const ap_comm_b_field fields_5_1[] = {
    [AP_BDS_5_1_LATITUDE_DEG] = SIGNED("latitude_deg", 1, 2, 20, 360.0 / 1048576, -90, 90),
    [AP_BDS_5_1_LONGITUDE_DEG] = SIGNED("longitude_deg", 1, 22, 20, 360.0 / 1048576, -180, 180),
    [AP_BDS_5_1_ALTITUDE_FT] = SIGNED("altitude_ft", 1, 42, 15, 8.0, -1200, 60000),
};

static const ap_comm_b_field fields_6_0[] = {
    [AP_BDS_6_0_HEADING_DEG] = ANGLE("heading_deg", 1, 2, 11, true, 90.0 / 512),
    [AP_BDS_6_0_IAS_KT] = NUMBER("indicated_airspeed_kt", 13, 14, 10, 1.0, 0, 600),
    [AP_BDS_6_0_MACH] = NUMBER("mach", 24, 25, 10, 2.048 / 512, 0, 3),
    [AP_BDS_6_0_BARO_FPM] = SIGNED("baro_rate_fpm", 35, 36, 10, 32.0, -12000, 12000),
    [AP_BDS_6_0_INERTIAL_FPM] = SIGNED("inertial_rate_fpm", 46, 47, 10, 32.0, -12000, 12000),
};

#define OF(fields, fixed) (uint8_t)(sizeof(fields) / sizeof(fields)[0]), (fixed), (fields)
#define NUMBERED(bds) AP_MASK56(1, 8) & (uint64_t)(bds) << 48, AP_MASK56(1, 8)

/* By code. Reserved bits of 1,8 and 1,9: of registers that are not assigned. */
const ap_comm_b_register ap_comm_b_table[AP_PLACES] = {
    [AP_PLACE_0_7] = { 0x07, OF(fields_0_7, 53), AP_MASK56(4, 53), 0, 0 },
    [AP_PLACE_1_0] = { 0x10, OF(fields_1_0, 13), AP_MASK56(10, 5), NUMBERED(0x10) },
    [AP_PLACE_1_7] = { 0x17, OF(fields_1_7, 28), AP_MASK56(29, 28), 0, 0 },
    [AP_PLACE_1_8] = { 0x18, OF(fields_1_8, 28),
      AP_MASK56(1, 8) | AP_MASK56(10, 10) | AP_MASK56(35, 6) | AP_MASK56(53, 4), 0, 0 },
    [AP_PLACE_1_9] = { 0x19, OF(fields_1_8, 33),
      AP_MASK56(1, 11) | AP_MASK56(19, 8) | AP_MASK56(34, 7) | AP_MASK56(50, 7), 0, 0 },
    [AP_PLACE_1_A] = { 0x1A, OF(fields_1_8, 0), 0, 0, 0 },
    [AP_PLACE_1_B] = { 0x1B, OF(fields_1_8, 0), 0, 0, 0 },
    [AP_PLACE_1_C] = { 0x1C, OF(fields_1_8, 25), AP_MASK56(1, 25), 0, 0 },
    [AP_PLACE_2_0] = { 0x20, OF(fields_2_0, 8), 0, NUMBERED(0x20) },
    [AP_PLACE_2_1] = { 0x21, OF(fields_2_1, 0), 0, 0, 0 },
    [AP_PLACE_3_0] = { 0x30, OF(fields_3_0, 8), 0, NUMBERED(0x30) },
    [AP_PLACE_4_0] = { 0x40, OF(fields_4_0, 10), AP_MASK56(40, 8) | AP_MASK56(52, 2), 0, 0 },
    [AP_PLACE_4_4] = { 0x44, OF(fields_4_4, 0), 0, 0, 0 },
    [AP_PLACE_4_5] = { 0x45, OF(fields_4_5, 5), AP_MASK56(52, 5), 0, 0 },
    [AP_PLACE_5_0] = { 0x50, OF(fields_5_0, 0), 0, 0, 0 },
    [AP_PLACE_5_1] = { 0x51, OF(fields_5_1, 0), 0, 0, 0 },
    [AP_PLACE_6_0] = { 0x60, OF(fields_6_0, 0), 0, 0, 0 },
};
/* clang-format on */

/* Registers that bits 1..24 of 1,7 stand for. */
static const uint8_t common[24] = { 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x20, 0x21,
                                    0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x48, 0x50,
                                    0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x5F, 0x60 };

/* 1 + place in the table; 0: not there. */
static const uint8_t place_of[256] = {
    [0x07] = 1 + AP_PLACE_0_7, [0x10] = 1 + AP_PLACE_1_0, [0x17] = 1 + AP_PLACE_1_7,
    [0x18] = 1 + AP_PLACE_1_8, [0x19] = 1 + AP_PLACE_1_9, [0x1A] = 1 + AP_PLACE_1_A,
    [0x1B] = 1 + AP_PLACE_1_B, [0x1C] = 1 + AP_PLACE_1_C, [0x20] = 1 + AP_PLACE_2_0,
    [0x21] = 1 + AP_PLACE_2_1, [0x30] = 1 + AP_PLACE_3_0, [0x40] = 1 + AP_PLACE_4_0,
    [0x44] = 1 + AP_PLACE_4_4, [0x45] = 1 + AP_PLACE_4_5, [0x50] = 1 + AP_PLACE_5_0,
    [0x51] = 1 + AP_PLACE_5_1, [0x60] = 1 + AP_PLACE_6_0,
};

const ap_comm_b_register *ap_comm_b_register_of(uint8_t bds)
{
    return place_of[bds] ? &ap_comm_b_table[place_of[bds] - 1] : NULL;
}

static bool is_of_squitter(uint8_t bds)
{
    return bds == 0x05 || bds == 0x06 || bds == 0x08 || bds == 0x09 || bds == 0x61 || bds == 0x62 ||
           bds == 0x65;
}

bool ap_comm_b_is_known(uint8_t bds)
{
    return is_of_squitter(bds) || ap_comm_b_register_of(bds);
}

/* --- fields ---------------------------------------------------------------------------------- */

static uint64_t raw_of(const ap_comm_b_field *field, uint64_t mb)
{
    return (mb & field->content_mask) >> (57 - field->first - field->count);
}

static inline ap_comm_b_value read_field(const ap_comm_b_field *field, uint64_t mb)
{
    if (!ap_comm_b_is_there(field, mb))
        return (ap_comm_b_value){ 0 };
    int64_t raw = (int64_t)raw_of(field, mb);
    if (field->is_signed && raw >> (field->count - 1))
        raw -= INT64_C(1) << field->count;
    double value = (double)raw * field->step + field->offset;
    if (field->kind == AP_COMM_B_ANGLE && value < 0.0)
        value += 360.0;
    return (ap_comm_b_value){ true, value };
}

ap_comm_b_value ap_comm_b_read(const ap_comm_b_field *field, uint64_t mb)
{
    return read_field(field, mb);
}

ap_comm_b_value ap_comm_b_value_of(uint8_t bds, size_t place, uint64_t mb)
{
    const ap_comm_b_register *of = ap_comm_b_register_of(bds);
    if (!of || place >= of->field_count)
        return (ap_comm_b_value){ 0 };
    return ap_comm_b_read(&of->fields[place], mb);
}

/* Eight characters of a TEXT field, blanks behind it; unassigned ones are '?'. */
static void raw_text(const ap_comm_b_field *field, uint64_t mb, char text[9])
{
    ap_asterix_icao6_text(raw_of(field, mb) << (48 - field->count), text);
    memset(text + field->count / 6, ' ', 8u - field->count / 6u);
}

bool ap_comm_b_text(const ap_comm_b_field *field, uint64_t mb, char text[9])
{
    text[0] = '\0';
    if (!ap_comm_b_is_there(field, mb) || raw_of(field, mb) == 0)
        return false;
    raw_text(field, mb, text);
    size_t size = 8;
    while (size > 0 && text[size - 1] == ' ')
        size--;
    bool valid = size > 0 && strchr(text, '?') == NULL;
    text[valid ? size : 0] = '\0';
    return valid;
}

unsigned ap_comm_b_common_bit(uint8_t bds)
{
    for (unsigned i = 0; i < sizeof common; i++)
        if (common[i] == bds)
            return i + 1;
    return 0;
}

bool ap_comm_b_lists(uint8_t bds, uint64_t mb, uint8_t other)
{
    if (bds == 0x17) {
        unsigned bit = ap_comm_b_common_bit(other);
        return bit != 0 && ap_bit56(mb, bit);
    }
    /* 56 registers each, from 0,1 on; the first of them is the last bit. */
    if (bds < 0x18 || bds > 0x1C || other == 0 || (other - 1) / 56 != bds - 0x18)
        return false;
    return mb >> ((other - 1) % 56) & 1u;
}

/* --- soundness ------------------------------------------------------------------------------- */

/* Codes of six bits that are a character: letters, space, digits. */
#define CHARACTERS ((UINT64_C(0x3FF) << 48) | (UINT64_C(1) << 32) | UINT64_C(0x7FFFFFE))

static bool text_is_sound(const ap_comm_b_field *field, uint64_t mb)
{
    uint64_t codes = raw_of(field, mb);
    if (codes == 0) /* nothing entered */
        return true;
    for (unsigned i = 0; i < field->count / 6u; i++, codes >>= 6)
        if (!(CHARACTERS >> (codes & 63u) & 1u))
            return false;
    return true;
}

static bool in_range(const ap_comm_b_field *field, uint64_t mb)
{
    if (!ap_comm_b_is_there(field, mb))
        return true;
    if (field->kind == AP_COMM_B_TEXT)
        return text_is_sound(field, mb);
    if (field->kind != AP_COMM_B_NUMBER)
        return true;
    double value = read_field(field, mb).value;
    return value >= field->low && value <= field->high;
}

/* Wind of more than 250 kt along the track. */
static bool speeds_disagree(uint64_t mb)
{
    ap_comm_b_value ground = ap_comm_b_read(&fields_5_0[AP_BDS_5_0_SPEED_KT], mb);
    ap_comm_b_value air = ap_comm_b_read(&fields_5_0[AP_BDS_5_0_TAS_KT], mb);
    return ground.known && air.known && fabs(ground.value - air.value) > 250.0;
}

/* Without a threat no identity; an address leaves the last two bits free; type 3 is not assigned.
 */
static bool threat_is_sound(uint64_t mb)
{
    unsigned type = ap_bits56(mb, 29, 2), identity = ap_bits56(mb, 31, 26);
    return type == 2 || (type == 0 && identity == 0) || (type == 1 && (identity & 3u) == 0);
}

static bool altitude_is_sound(uint64_t me)
{
    uint16_t ac12 = (uint16_t)ap_bits56(me, 9, 12);
    int32_t altitude_ft;
    bool is_25_ft;
    return ac12 == 0 || ap_modes_altitude_ac12(ac12, &altitude_ft, &is_25_ft);
}

static bool target_state_is_sound(uint64_t me)
{
    unsigned subtype = ap_bits56(me, 6, 2);
    if (subtype == 0) /* version 1 */
        return (me & (AP_MASK56(11, 1) | AP_MASK56(47, 5))) == 0;
    return subtype == 1 && ap_bits56(me, 55, 2) == 0;
}

/* Versions up to 3; both code fields in their format 0, the others are reserved. */
static bool operational_status_is_sound(uint64_t me)
{
    return ap_bits56(me, 6, 3) <= 1 && ap_bits56(me, 41, 3) <= 3 && ap_bits56(me, 9, 2) == 0 &&
           ap_bits56(me, 25, 2) == 0;
}

static bool squitter_is_sound(uint8_t bds, uint64_t me)
{
    unsigned type_code = ap_bits56(me, 1, 5), subtype = ap_bits56(me, 6, 3);
    switch (bds) {
    case 0x05:
        return ((type_code >= 9 && type_code <= 18) || (type_code >= 20 && type_code <= 22)) &&
               altitude_is_sound(me);
    case 0x06:
        return type_code >= 5 && type_code <= 8 && ap_bits56(me, 6, 7) <= 124;
    case 0x08:
        return type_code >= 1 && type_code <= 4 && text_is_sound(&fields_2_0[0], me);
    case 0x09:
        return type_code == 19 && subtype >= 1 && subtype <= 4 && ap_bits56(me, 47, 2) == 0;
    case 0x61:
        return type_code == 28 && ((subtype == 1 && (me & AP_MASK56(25, 32)) == 0) ||
                                   (subtype == 2 && threat_is_sound(me)));
    case 0x62:
        return type_code == 29 && target_state_is_sound(me);
    default: /* 6,5 */
        return type_code == 31 && operational_status_is_sound(me);
    }
}

bool ap_comm_b_values_are_sound(const ap_comm_b_register *of, uint64_t mb)
{
    for (size_t i = 0; i < of->field_count; i++)
        if (!in_range(&of->fields[i], mb))
            return false;
    return !(of->bds == 0x50 && speeds_disagree(mb)) && (of->bds != 0x30 || threat_is_sound(mb));
}

bool ap_comm_b_is_sound(uint8_t bds, uint64_t mb)
{
    if (mb == 0)
        return false;
    if (is_of_squitter(bds))
        return squitter_is_sound(bds, mb);
    const ap_comm_b_register *of = ap_comm_b_register_of(bds);
    return of && ap_comm_b_fits(of, mb) && ap_comm_b_values_are_sound(of, mb);
}

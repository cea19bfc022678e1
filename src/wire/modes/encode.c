#include "wire/modes/encode.h"

#include "airpicture/asterix.h"

#include <math.h>
#include <string.h>

#define RAD_PER_DEG 0.017453292519943295769

/* A value in `count` bits from bit `first` of a 56-bit field, numbered from 1. */
static uint64_t at(unsigned first, unsigned count, uint64_t value)
{
    return (value & ((1ull << count) - 1)) << (57 - first - count);
}

static bool has(const ap_modes_frame *content, uint32_t bits)
{
    return (content->present & bits) != 0;
}

/* The nearest whole number in [0, last]. */
static unsigned rounded(double value, unsigned last)
{
    if (!(value > 0.0))
        return 0;
    return value >= last ? last : (unsigned)(value + 0.5);
}

/* An angle in steps of 360 / 2^count degrees; a full turn is 0. */
static unsigned turn_steps(double angle_deg, unsigned count)
{
    if (!isfinite(angle_deg))
        return 0;
    double turns = angle_deg / 360.0;
    return rounded((turns - floor(turns)) * (1u << count), 1u << count) & ((1u << count) - 1u);
}

uint64_t ap_modes_mb_of_callsign(const char *callsign)
{
    return at(1, 8, 0x20) | ap_asterix_icao6_raw(callsign);
}

static uint16_t ac13_of(int32_t altitude_ft, bool is_25_ft)
{
    return is_25_ft ? ap_modes_ac13_of_altitude(altitude_ft)
                    : ap_modes_gillham_of_altitude(altitude_ft);
}

/* The 13-bit field of a reply: altitude or identity. */
static uint16_t reply_field(const ap_modes_frame *content)
{
    if (content->df == 5 || content->df == 21)
        return has(content, AP_MODES_HAS_SQUAWK) ? ap_modes_id13_of_squawk(content->squawk) : 0;
    if (!has(content, AP_MODES_HAS_ALTITUDE))
        return 0;
    return ac13_of(content->altitude_ft, content->altitude_25_ft);
}

static void put_field(uint8_t *frame, uint64_t field)
{
    for (unsigned i = 0; i < 7; i++)
        frame[4 + i] = (uint8_t)(field >> (48 - 8 * i));
}

/* Formats whose parity is overlaid with the address. */
static void put_reply(const ap_modes_frame *content, uint8_t *frame)
{
    if (content->df == 0 || content->df == 16) {
        frame[0] |= content->on_ground ? 0x04 : 0;
    } else {
        frame[0] |= content->flight_status & 7u;
        frame[1] = (uint8_t)(content->downlink_request << 3);
    }
    uint16_t field = reply_field(content);
    frame[2] |= (uint8_t)(field >> 8);
    frame[3] = (uint8_t)field;
    if (content->df != 20 && content->df != 21)
        return;
    if (has(content, AP_MODES_HAS_MB))
        put_field(frame, content->mb);
    else if (has(content, AP_MODES_HAS_CALLSIGN))
        put_field(frame, ap_modes_mb_of_callsign(content->callsign));
}

static uint64_t me_identification(const ap_modes_frame *content)
{
    const char *callsign = has(content, AP_MODES_HAS_CALLSIGN) ? content->callsign : "";
    return at(6, 3, content->emitter_category) | ap_asterix_icao6_raw(callsign);
}

static uint64_t me_cpr(const ap_modes_frame *content)
{
    return at(22, 1, content->cpr_odd) | at(23, 17, content->cpr_latitude_17) |
           at(40, 17, content->cpr_longitude_17);
}

static uint64_t me_surface_position(const ap_modes_frame *content, bool has_imf)
{
    uint64_t me = at(21, 1, has_imf ? content->imf : content->utc_synchronised);
    if (has(content, AP_MODES_HAS_GROUND_SPEED))
        me |= at(6, 7, ap_modes_movement_of_speed(content->ground_speed_kt));
    if (has(content, AP_MODES_HAS_TRACK))
        me |= at(13, 1, 1) | at(14, 7, turn_steps(content->track_deg, 7));
    return has(content, AP_MODES_HAS_CPR) ? me | me_cpr(content) : me;
}

static uint64_t me_airborne_position(const ap_modes_frame *content, bool has_imf)
{
    unsigned alert = content->alert_is_temporary ? 2 : 1;
    unsigned status = content->alert ? alert : content->spi ? 3 : 0;
    uint64_t me = at(6, 2, status) | at(8, 1, has_imf ? content->imf : content->nic_b) |
                  at(21, 1, content->utc_synchronised);
    uint16_t ac13 = 0;
    if (content->type_code >= 20 && has(content, AP_MODES_HAS_GNSS_HEIGHT))
        ac13 = ac13_of(content->gnss_height_ft, content->altitude_25_ft);
    else if (content->type_code < 20 && has(content, AP_MODES_HAS_ALTITUDE))
        ac13 = ac13_of(content->altitude_ft, content->altitude_25_ft);
    me |= at(9, 12, ap_modes_ac12_of_ac13(ac13));
    bool placed = content->type_code != 0 && has(content, AP_MODES_HAS_CPR);
    return placed ? me | me_cpr(content) : me;
}

/* A component of ground speed: direction bit and magnitude, from bit `first`. */
static uint64_t me_component(unsigned first, double speed_kt, double step_kt)
{
    unsigned steps = rounded(fabs(speed_kt) / step_kt, 1022);
    return at(first, 1, speed_kt < 0.0 && steps > 0) | at(first + 1, 10, steps + 1);
}

static uint64_t me_horizontal(const ap_modes_frame *content)
{
    double step_kt = content->subtype == 2 || content->subtype == 4 ? 4.0 : 1.0;
    uint64_t me = 0;
    if (content->subtype <= 2) {
        if (!has(content, AP_MODES_HAS_GROUND_VELOCITY))
            return 0;
        double track_rad = content->track_deg * RAD_PER_DEG;
        return me_component(14, content->ground_speed_kt * sin(track_rad), step_kt) |
               me_component(25, content->ground_speed_kt * cos(track_rad), step_kt);
    }
    if (has(content, AP_MODES_HAS_HEADING))
        me |= at(14, 1, 1) | at(15, 10, turn_steps(content->heading_deg, 10));
    if (has(content, AP_MODES_HAS_AIRSPEED))
        me |= at(25, 1, content->airspeed_is_true) |
              at(26, 10, rounded(content->airspeed_kt / step_kt, 1022) + 1);
    return me;
}

/* Sign and magnitude in steps, 0 being no information. */
static uint64_t me_signed(unsigned first, unsigned count, int32_t value, int32_t step)
{
    unsigned last = (1u << count) - 2;
    unsigned steps = rounded(fabs((double)value) / step, last);
    return at(first, 1, value < 0 && steps > 0) | at(first + 1, count, steps + 1);
}

/* Either the difference of heights, which makes all heights geometric, or NACv and SIL. */
static uint64_t me_tisb_quality(const ap_modes_frame *content)
{
    uint64_t me = has(content, AP_MODES_HAS_TISB_QUALITY) ? at(10, 4, content->nac_p) : 0;
    bool geometric = has(content, AP_MODES_HAS_VERTICAL_RATE) && content->vertical_rate_is_gnss;
    if (has(content, AP_MODES_HAS_GEO_MINUS_BARO))
        return me | at(36, 1, 1) | me_signed(49, 7, content->geo_minus_baro_ft, 25);
    if (has(content, AP_MODES_HAS_NAC_V) && !geometric)
        me |= at(48, 3, content->nac_v) | at(51, 2, content->sil);
    return me;
}

static uint64_t me_velocity(const ap_modes_frame *content, bool has_imf, bool is_tisb)
{
    uint64_t me = at(6, 3, content->subtype) | me_horizontal(content);
    if (has_imf)
        me |= at(9, 1, content->imf);
    bool source = is_tisb ? content->vertical_rate_is_gnss : !content->vertical_rate_is_gnss;
    if (has(content, AP_MODES_HAS_VERTICAL_RATE))
        me |= at(36, 1, source) | me_signed(37, 9, content->vertical_rate_fpm, 64);
    if (is_tisb)
        return me | me_tisb_quality(content);
    if (has(content, AP_MODES_HAS_NAC_V))
        me |= at(11, 3, content->nac_v);
    if (has(content, AP_MODES_HAS_GEO_MINUS_BARO))
        me |= me_signed(49, 7, content->geo_minus_baro_ft, 25);
    else if (has(content, AP_MODES_HAS_NIC_SUPPLEMENT_D))
        me |= at(47, 2, content->nic_d);
    return me;
}

static uint64_t me_aircraft_status(const ap_modes_frame *content, bool has_imf)
{
    uint64_t me = at(6, 3, 1) | at(9, 3, content->emergency_state);
    if (has_imf)
        me |= at(56, 1, content->imf);
    if (has(content, AP_MODES_HAS_SQUAWK))
        me |= at(12, 13, ap_modes_id13_of_squawk(content->squawk));
    return me;
}

static uint64_t me_target_state(const ap_modes_frame *content, bool has_imf)
{
    uint64_t me = at(6, 2, 1) | at(8, 1, content->sil_supplement) | at(40, 4, content->nac_p) |
                  at(44, 1, content->nic_baro) | at(45, 2, content->sil) |
                  at(53, 1, content->tcas_operational);
    if (has_imf)
        me |= at(51, 1, content->imf);
    if (has(content, AP_MODES_HAS_SELECTED_ALTITUDE))
        me |= at(9, 1, content->selected_by_fms) |
              at(10, 11, rounded(content->selected_altitude_ft / 32.0, 2046) + 1);
    if (has(content, AP_MODES_HAS_BARO_SETTING))
        me |= at(21, 9, rounded((content->baro_setting_hpa - 800.0) / 0.8, 510) + 1);
    if (has(content, AP_MODES_HAS_SELECTED_HEADING))
        me |= at(30, 1, 1) | at(31, 9, turn_steps(content->selected_heading_deg, 9));
    if (!has(content, AP_MODES_HAS_NAVIGATION))
        return me;
    unsigned navigation = content->navigation;
    return me | at(47, 1, 1) | at(48, 1, (navigation & AP_MODES_AUTOPILOT) != 0) |
           at(49, 1, (navigation & AP_MODES_VNAV) != 0) |
           at(50, 1, (navigation & AP_MODES_ALTITUDE_HOLD) != 0) |
           at(52, 1, (navigation & AP_MODES_APPROACH) != 0) |
           at(54, 1, (navigation & AP_MODES_LNAV) != 0);
}

static uint64_t me_operational_status(const ap_modes_frame *content, bool has_imf)
{
    bool surface = content->subtype == 1;
    uint64_t me = at(6, 3, content->subtype) | at(41, 3, content->adsb_version);
    if (has_imf)
        me |= at(56, 1, content->imf);
    if (content->adsb_version == 0)
        return me;
    me |= at(44, 1, content->nic_a) | at(45, 4, content->nac_p) | at(51, 2, content->sil);
    if (!surface && content->adsb_version < 3)
        me |= at(53, 1, content->nic_baro);
    if (content->adsb_version < 2)
        return me;
    me |= at(31, 2, content->sda) | at(55, 1, content->sil_supplement);
    return surface ? me | at(17, 3, content->nac_v) | at(20, 1, content->nic_c)
                   : me | at(49, 2, content->gva);
}

/* Type codes and subtypes that can be sent; TIS-B has fewer. */
static bool is_squitter(const ap_modes_frame *content, bool is_tisb)
{
    uint8_t code = content->type_code, subtype = content->subtype;
    if (code == 19)
        return subtype >= 1 && subtype <= 4;
    if (code <= 22)
        return true;
    if (is_tisb)
        return false;
    return ((code == 28 || code == 29) && subtype == 1) || (code == 31 && subtype <= 1);
}

static uint64_t squitter(const ap_modes_frame *content, bool has_imf, bool is_tisb)
{
    uint8_t code = content->type_code;
    uint64_t me = at(1, 5, code);
    if (code >= 1 && code <= 4)
        return me | me_identification(content);
    if (code >= 5 && code <= 8)
        return me | me_surface_position(content, has_imf);
    if (code == 19)
        return me | me_velocity(content, has_imf, is_tisb);
    if (code <= 22)
        return me | me_airborne_position(content, has_imf);
    if (code == 28)
        return me | me_aircraft_status(content, has_imf);
    if (code == 29)
        return me | me_target_state(content, has_imf);
    return me | me_operational_status(content, has_imf);
}

static void put_address(uint8_t *frame, uint32_t icao24)
{
    frame[1] = (uint8_t)(icao24 >> 16);
    frame[2] = (uint8_t)(icao24 >> 8);
    frame[3] = (uint8_t)icao24;
}

static bool is_encodable(const ap_modes_frame *content)
{
    uint8_t control = content->control;
    switch (content->df) {
    case 0:
    case 4:
    case 5:
    case 11:
    case 16:
    case 20:
    case 21:
        return true;
    case 17:
        return is_squitter(content, false);
    case 18:
        return (control <= 2 || control == 5 || control == 6) &&
               is_squitter(content, control == 2 || control == 5);
    default:
        return false;
    }
}

ap_err ap_modes_encode(const ap_modes_frame *content, uint8_t frame[AP_MODES_LONG_SIZE],
                       size_t *size)
{
    if (content->icao24 > 0xFFFFFF || !is_encodable(content))
        return AP_ERR_ARGUMENT;
    uint8_t df = content->df, control = content->control;
    uint32_t overlay = 0;
    *size = df < 16 ? AP_MODES_SHORT_SIZE : AP_MODES_LONG_SIZE;
    memset(frame, 0, *size);
    frame[0] = (uint8_t)(df << 3);
    if (df == 11 || df == 17 || df == 18) {
        put_address(frame, content->icao24);
        frame[0] |= (df == 18 ? control : content->capability) & 7u;
    }
    if (df == 11) {
        overlay = content->interrogator & 0x7Fu;
    } else if (df == 17) {
        put_field(frame, squitter(content, false, false));
    } else if (df == 18) {
        bool is_tisb = control == 2 || control == 5;
        put_field(frame, squitter(content, is_tisb || control == 6, is_tisb));
    } else {
        put_reply(content, frame);
        overlay = content->icao24;
    }
    ap_modes_seal(frame, *size, overlay);
    return AP_OK;
}

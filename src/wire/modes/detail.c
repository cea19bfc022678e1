#include "airpicture/modes_detail.h"

#include <math.h>
#include <string.h>

#include "airpicture/comm_b.h"
#include "wire/modes/bits.h"

static bool is_squitter(const ap_modes_frame *frame, unsigned type_code)
{
    return (frame->df == 17 || frame->df == 18) && frame->type_code == type_code;
}

/* --- air to air ------------------------------------------------------------------------------ */

bool ap_modes_maximum_airspeed(uint8_t reply_information, double *from_kt, double *to_kt)
{
    static const double limits_kt[] = { 0, 75, 150, 300, 600, 1200, INFINITY };
    if (reply_information < 9 || reply_information > 14)
        return false;
    *from_kt = limits_kt[reply_information - 9];
    *to_kt = limits_kt[reply_information - 8];
    return true;
}

/* --- resolution advisory --------------------------------------------------------------------- */

/* Bits 9..15: the first tells how the other six are read. */
static void read_active(uint64_t content, ap_modes_advisory *out)
{
    out->active_advisories = (uint16_t)ap_bits56(content, 9, 14);
    if (ap_bit56(content, 9)) {
        out->present |= AP_ADVISORY_ONE_WAY;
        out->corrective = ap_bit56(content, 10);
        out->downward = ap_bit56(content, 11);
        out->increased_rate = ap_bit56(content, 12);
        out->reversal = ap_bit56(content, 13);
        out->crossing = ap_bit56(content, 14);
        out->positive = ap_bit56(content, 15);
    } else if (out->multiple_threats) {
        out->present |= AP_ADVISORY_TWO_WAYS;
        out->correction_up = ap_bit56(content, 10);
        out->positive_climb = ap_bit56(content, 11);
        out->correction_down = ap_bit56(content, 12);
        out->positive_descent = ap_bit56(content, 13);
        out->crossing = ap_bit56(content, 14);
        out->reversal = ap_bit56(content, 15);
    }
}

static void read_threat(uint64_t content, ap_modes_advisory *out)
{
    unsigned type = ap_bits56(content, 29, 2);
    if (type == 1) {
        out->threat_icao24 = ap_bits56(content, 31, 24);
        out->present |= AP_ADVISORY_THREAT_ADDRESS;
    }
    if (type != 2)
        return;
    bool is_25_ft;
    if (ap_modes_altitude_ac13((uint16_t)ap_bits56(content, 31, 13), &out->threat_altitude_ft,
                               &is_25_ft))
        out->present |= AP_ADVISORY_THREAT_ALTITUDE;
    unsigned range = ap_bits56(content, 44, 7), bearing = ap_bits56(content, 51, 6);
    if (range != 0) {
        out->threat_range_nmi = range == 127 ? 12.55 : (range - 1.0) / 10.0;
        out->present |= AP_ADVISORY_THREAT_RANGE;
    }
    if (bearing >= 1 && bearing <= 60) {
        out->threat_bearing_deg = 6.0 * bearing - 3.0;
        out->present |= AP_ADVISORY_THREAT_BEARING;
    }
}

bool ap_modes_resolution_advisory(const ap_modes_frame *frame, ap_modes_advisory *out)
{
    *out = (ap_modes_advisory){ 0 };
    uint64_t content = frame->mb;
    bool is_coordination = frame->df == 16 && ap_bits56(content, 1, 8) == 0x30;
    bool is_register = (frame->df == 20 || frame->df == 21) && ap_comm_b_is_sound(0x30, content);
    bool is_broadcast = is_squitter(frame, 28) && frame->subtype == 2;
    if (!is_coordination && !is_register && !is_broadcast)
        return false;
    out->not_below = ap_bit56(content, 23);
    out->not_above = ap_bit56(content, 24);
    out->not_left = ap_bit56(content, 25);
    out->not_right = ap_bit56(content, 26);
    out->terminated = ap_bit56(content, 27);
    out->multiple_threats = ap_bit56(content, 28);
    read_active(content, out);
    if (!is_coordination)
        read_threat(content, out);
    return true;
}

/* --- operational status ---------------------------------------------------------------------- */

/* Length and width of the codes of the surface, upper limits. DO-260B table 2-74. Code 0 is no
 * data. */
static const struct {
    double length_m, width_m;
} dimensions[16] = {
    { 0, 0 },     { 15, 23 }, { 25, 28.5 }, { 25, 34 }, { 35, 33 },   { 35, 38 },
    { 45, 39.5 }, { 45, 45 }, { 55, 45 },   { 55, 52 }, { 65, 59.5 }, { 65, 67 },
    { 75, 72.5 }, { 75, 80 }, { 85, 80 },   { 85, 90 },
};

static void read_airborne_capability(uint64_t me, ap_modes_status *out)
{
    out->present |= AP_STATUS_AIRBORNE;
    /* Version 1 has "not operational" in its place. */
    out->tcas_operational = ap_bit56(me, 11) == (out->version >= 2);
    out->es_in = ap_bit56(me, 12);
    if (out->version <= 2) {
        out->arv = ap_bit56(me, 15);
        out->target_state = ap_bit56(me, 16);
        out->trajectory_changes = (uint8_t)ap_bits56(me, 17, 2);
        out->present |= AP_STATUS_REPORTS;
    }
    if (out->version >= 2) {
        out->uat_in = ap_bit56(me, 19);
        out->present |= AP_STATUS_UAT_IN;
    }
}

static void read_surface_capability(uint64_t me, ap_modes_status *out)
{
    out->present |= AP_STATUS_SURFACE;
    out->es_in = ap_bit56(me, 12);
    out->low_power = ap_bit56(me, 15);
    if (out->version >= 2) {
        out->uat_in = ap_bit56(me, 16);
        out->present |= AP_STATUS_UAT_IN;
    } else {
        out->position_offset_applied = ap_bit56(me, 11);
        out->present |= AP_STATUS_OFFSET_APPLIED;
    }
}

/* Where the antenna is, version 2 on the surface: left or right of the axis, behind the nose. */
static void read_antenna_offset(uint64_t me, ap_modes_status *out)
{
    bool right = ap_bit56(me, 33);
    unsigned lateral = ap_bits56(me, 34, 2), aft = ap_bits56(me, 36, 5);
    if (right || lateral != 0) {
        out->antenna_right_m = right ? 2.0 * lateral : -2.0 * lateral;
        out->present |= AP_STATUS_LATERAL;
    }
    if (aft == 1) {
        out->position_offset_applied = true;
        out->present |= AP_STATUS_OFFSET_APPLIED;
    } else if (aft > 1) {
        out->antenna_aft_m = 2.0 * (aft - 1);
        out->present |= AP_STATUS_LONGITUDINAL;
    }
}

static void read_mode(uint64_t me, ap_modes_status *out)
{
    out->present |= AP_STATUS_MODE;
    out->ra_active = ap_bit56(me, 27);
    out->ident = ap_bit56(me, 28);
    if (out->version == 1) {
        out->atc_services = ap_bit56(me, 29);
        out->present |= AP_STATUS_VERSION_1;
        return;
    }
    out->single_antenna = ap_bit56(me, 30);
    out->present |= AP_STATUS_ANTENNA;
    if (out->surface)
        read_antenna_offset(me, out);
}

bool ap_modes_operational_status(const ap_modes_frame *frame, ap_modes_status *out)
{
    *out = (ap_modes_status){ 0 };
    if (!is_squitter(frame, 31) || frame->subtype > 1)
        return false;
    uint64_t me = frame->mb;
    out->version = frame->adsb_version;
    out->surface = frame->subtype == 1;
    out->capability = (uint16_t)(out->surface ? ap_bits56(me, 9, 12) : ap_bits56(me, 9, 16));
    out->mode = (uint16_t)ap_bits56(me, 25, 16);
    if (out->version == 0 || out->version > 3)
        return true;
    if (ap_bits56(me, 9, 2) == 0 && out->surface)
        read_surface_capability(me, out);
    else if (ap_bits56(me, 9, 2) == 0)
        read_airborne_capability(me, out);
    if (ap_bits56(me, 25, 2) == 0)
        read_mode(me, out);
    unsigned size = ap_bits56(me, 21, 4);
    if (out->surface && size != 0) {
        out->length_m = dimensions[size].length_m;
        out->width_m = dimensions[size].width_m;
        out->present |= AP_STATUS_DIMENSIONS;
    }
    if (out->surface || out->version <= 2) {
        out->heading_is_magnetic = ap_bit56(me, 54);
        out->present |= AP_STATUS_REFERENCE;
    }
    if (out->surface) {
        out->track_is_heading = ap_bit56(me, 53);
        out->present |= AP_STATUS_TRACK;
    }
    return true;
}

/* --- target state of version 1 --------------------------------------------------------------- */

bool ap_modes_target_state(const ap_modes_frame *frame, ap_modes_target *out)
{
    *out = (ap_modes_target){ 0 };
    if (!is_squitter(frame, 29) || frame->subtype != 0)
        return false;
    uint64_t me = frame->mb;
    out->vertical_source = (uint8_t)ap_bits56(me, 8, 2);
    out->altitude_capability = (uint8_t)ap_bits56(me, 12, 2);
    unsigned altitude = ap_bits56(me, 16, 10);
    if (out->vertical_source != 0 && altitude <= 1010) {
        out->altitude_is_msl = ap_bit56(me, 10);
        out->vertical_mode = (uint8_t)ap_bits56(me, 14, 2);
        out->altitude_ft = (int32_t)altitude * 100 - 1000;
        out->present |= AP_TARGET_ALTITUDE;
    }
    out->horizontal_source = (uint8_t)ap_bits56(me, 26, 2);
    unsigned heading = ap_bits56(me, 28, 9);
    if (out->horizontal_source != 0 && heading < 360) {
        out->heading_deg = heading;
        out->is_track = ap_bit56(me, 37);
        out->horizontal_mode = (uint8_t)ap_bits56(me, 38, 2);
        out->present |= AP_TARGET_HEADING;
    }
    out->tcas_off = ap_bit56(me, 52);
    out->ra_active = ap_bit56(me, 53);
    out->emergency_state = (uint8_t)ap_bits56(me, 54, 3);
    return true;
}

/* --- coarse TIS-B ---------------------------------------------------------------------------- */

bool ap_modes_coarse_tisb(const ap_modes_frame *frame, ap_modes_coarse *out)
{
    *out = (ap_modes_coarse){ 0 };
    if (frame->df != 18 || frame->control != 3)
        return false;
    uint64_t me = frame->mb;
    out->surveillance_status = (uint8_t)ap_bits56(me, 2, 2);
    out->service_volume = (uint8_t)ap_bits56(me, 4, 4);
    if (ap_bit56(me, 20)) {
        out->track_deg = ap_bits56(me, 21, 5) * (360.0 / 32);
        out->present |= AP_COARSE_TRACK;
    }
    unsigned speed = ap_bits56(me, 26, 6);
    if (speed != 0) {
        out->ground_speed_kt = speed == 63 ? 1968.0 : 32.0 * (speed - 1);
        out->present |= AP_COARSE_SPEED;
    }
    out->cpr_odd = ap_bit56(me, 32);
    out->cpr_latitude_17 = ap_bits56(me, 33, 12) << 5;
    out->cpr_longitude_17 = ap_bits56(me, 45, 12) << 5;
    return true;
}

/* --- extended length message ----------------------------------------------------------------- */

bool ap_modes_comm_d(const uint8_t frame[AP_MODES_LONG_SIZE], ap_modes_segment *out)
{
    *out = (ap_modes_segment){ 0 };
    if (frame[0] >> 6 != 3)
        return false;
    out->acknowledges = (frame[0] & 0x10u) != 0;
    out->number = frame[0] & 0x0Fu;
    if (out->acknowledges)
        out->received = (uint16_t)(frame[2] << 8 | frame[3]);
    memcpy(out->content, frame + 1, sizeof out->content);
    return true;
}

#include "airpicture/modes.h"

#include "airpicture/asterix.h"
#include "wire/modes/bits.h"

#include <math.h>
#include <string.h>

#define DEG_PER_RAD 57.295779513082320877

/* Bytes 4..10 of a long frame, written so that compilers read them at once, with one byte more. */
static uint64_t field_56(const uint8_t *frame)
{
    uint64_t high = (uint64_t)frame[4] << 24 | (uint64_t)frame[5] << 16 | (uint64_t)frame[6] << 8 |
                    (uint64_t)frame[7];
    uint64_t low = (uint64_t)frame[8] << 24 | (uint64_t)frame[9] << 16 | (uint64_t)frame[10] << 8 |
                   (uint64_t)frame[11];
    return (high << 32 | low) >> 8;
}

static uint32_t address_of(const uint8_t *frame)
{
    return (uint32_t)frame[1] << 16 | (uint32_t)frame[2] << 8 | frame[3];
}

/* Call sign in bits 9..56. True when it is not blank; *all_valid: no character is unassigned. */
static bool read_callsign(uint64_t field, char callsign[9], bool *all_valid)
{
    size_t size = 0;
    bool any = false;
    ap_asterix_icao6_text(field, callsign); /* of the low 48 bits */
    *all_valid = strchr(callsign, '?') == NULL;
    for (unsigned i = 0; i < 8; i++) {
        unsigned code = ap_bits56(field, 9 + 6 * i, 6);
        any = any || (code != 0 && code != 32);
        if (callsign[i] != ' ')
            size = i + 1;
    }
    callsign[any ? size : 0] = '\0';
    return any;
}

static void read_altitude_ac13(uint16_t ac13, ap_modes_frame *out)
{
    if (ap_modes_altitude_ac13(ac13, &out->altitude_ft, &out->altitude_25_ft))
        out->present |= AP_MODES_HAS_ALTITUDE;
    else if (ac13 != 0)
        out->suspect = true;
}

/* DF0, DF16: vertical status, ACAS and altitude. */
static void read_air_to_air(const uint8_t *frame, ap_modes_frame *out)
{
    out->crosslink = out->df == 0 && (frame[0] & 0x02u) != 0;
    out->sensitivity = frame[1] >> 5;
    out->reply_information = (uint8_t)((frame[1] & 7u) << 1 | frame[2] >> 7);
    out->on_ground = (frame[0] & 0x04u) != 0;
    out->ground_known = true;
    read_altitude_ac13((uint16_t)((frame[2] & 0x1Fu) << 8 | frame[3]), out);
}

/* Flight status of DF4, 5, 20, 21: 0..3 say air or ground, 4 and 5 do not, 6 and 7 are unused. */
static void read_flight_status(const uint8_t *frame, ap_modes_frame *out)
{
    uint8_t status = frame[0] & 7u;
    out->flight_status = status;
    out->present |= AP_MODES_HAS_FLIGHT_STATUS;
    out->ground_known = status < 4;
    out->on_ground = status == 1 || status == 3;
    out->alert = status >= 2 && status <= 4;
    out->spi = status == 4 || status == 5;
}

static void read_surveillance(const uint8_t *frame, ap_modes_frame *out)
{
    read_flight_status(frame, out);
    out->downlink_request = frame[1] >> 3;
    if (out->flight_status > 5 || out->downlink_request > 7)
        out->suspect = true;
    uint16_t field = (uint16_t)((frame[2] & 0x1Fu) << 8 | frame[3]);
    if (out->df == 4 || out->df == 20) {
        read_altitude_ac13(field, out);
    } else {
        out->squawk = ap_modes_squawk_id13(field);
        out->present |= AP_MODES_HAS_SQUAWK;
        if (field & 0x40u)
            out->suspect = true;
    }
}

/* The register of a Comm-B reply is not in it; only 2,0 is read, which repeats its own number. */
static void read_comm_b(const uint8_t *frame, ap_modes_frame *out)
{
    read_surveillance(frame, out);
    out->present |= AP_MODES_HAS_MB;
    bool all_valid;
    if (ap_bits56(out->mb, 1, 8) != 0x20)
        return;
    if (read_callsign(out->mb, out->callsign, &all_valid) && all_valid)
        out->present |= AP_MODES_HAS_CALLSIGN;
    else
        out->callsign[0] = '\0';
}

static void read_capability(const uint8_t *frame, ap_modes_frame *out)
{
    out->capability = frame[0] & 7u;
    out->present |= AP_MODES_HAS_CAPABILITY;
    out->ground_known = out->capability == 4 || out->capability == 5;
    out->on_ground = out->capability == 4;
}

static void read_identification(uint64_t me, ap_modes_frame *out)
{
    bool all_valid;
    out->emitter_category = (uint8_t)(0xA0u + ((4u - out->type_code) << 4) + ap_bits56(me, 6, 3));
    out->present |= AP_MODES_HAS_CATEGORY;
    if (read_callsign(me, out->callsign, &all_valid))
        out->present |= AP_MODES_HAS_CALLSIGN;
}

/* Words that are both zero come from transponders that have no position. */
static void read_cpr(uint64_t me, bool surface, ap_modes_frame *out)
{
    out->cpr_surface = surface;
    out->cpr_odd = ap_bit56(me, 22);
    out->cpr_latitude_17 = ap_bits56(me, 23, 17);
    out->cpr_longitude_17 = ap_bits56(me, 40, 17);
    if (out->cpr_latitude_17 != 0 || out->cpr_longitude_17 != 0)
        out->present |= AP_MODES_HAS_CPR;
}

static void read_surface_position(uint64_t me, bool has_imf, ap_modes_frame *out)
{
    out->on_ground = true;
    out->ground_known = true;
    out->movement = (uint8_t)ap_bits56(me, 6, 7);
    if (ap_modes_speed_of_movement(out->movement, &out->ground_speed_kt))
        out->present |= AP_MODES_HAS_GROUND_SPEED;
    if (ap_bit56(me, 13)) {
        out->track_deg = ap_bits56(me, 14, 7) * (360.0 / 128);
        out->present |= AP_MODES_HAS_TRACK;
    }
    if (has_imf)
        out->imf = ap_bit56(me, 21);
    else
        out->utc_synchronised = ap_bit56(me, 21);
    read_cpr(me, true, out);
}

/* Type codes 0, 9..18 (pressure altitude) and 20..22 (height above the ellipsoid). */
static void read_airborne_position(uint64_t me, bool has_imf, ap_modes_frame *out)
{
    unsigned status = ap_bits56(me, 6, 2);
    out->alert = status == 1 || status == 2;
    out->alert_is_temporary = status == 2;
    out->spi = status == 3;
    if (has_imf)
        out->imf = ap_bit56(me, 8);
    else
        out->nic_b = ap_bit56(me, 8);
    out->utc_synchronised = ap_bit56(me, 21);

    int32_t altitude_ft;
    if (ap_modes_altitude_ac12((uint16_t)ap_bits56(me, 9, 12), &altitude_ft,
                               &out->altitude_25_ft)) {
        if (out->type_code >= 20) {
            out->gnss_height_ft = altitude_ft;
            out->present |= AP_MODES_HAS_GNSS_HEIGHT;
        } else {
            out->altitude_ft = altitude_ft;
            out->present |= AP_MODES_HAS_ALTITUDE;
        }
    }
    if (out->type_code != 0)
        read_cpr(me, false, out);
}

/* Subtypes 1 and 2: components east and north; 0 is no information, 1 is standing. */
static void read_ground_velocity(uint64_t me, ap_modes_frame *out)
{
    unsigned east_code = ap_bits56(me, 15, 10), north_code = ap_bits56(me, 26, 10);
    if (east_code == 0 || north_code == 0)
        return;
    int step_kt = out->subtype == 2 ? 4 : 1;
    int east_kt = ((int)east_code - 1) * step_kt, north_kt = ((int)north_code - 1) * step_kt;
    if (ap_bit56(me, 14))
        east_kt = -east_kt;
    if (ap_bit56(me, 25))
        north_kt = -north_kt;
    out->east_kt = east_kt;
    out->north_kt = north_kt;
    out->ground_speed_kt = sqrt((double)(east_kt * east_kt + north_kt * north_kt));
    double track_deg = atan2(east_kt, north_kt) * DEG_PER_RAD;
    out->track_deg = track_deg < 0.0 ? track_deg + 360.0 : track_deg;
    out->present |= AP_MODES_HAS_GROUND_VELOCITY;
}

/* Subtypes 3 and 4: airspeed and magnetic heading. */
static void read_air_velocity(uint64_t me, ap_modes_frame *out)
{
    if (ap_bit56(me, 14)) {
        out->heading_deg = ap_bits56(me, 15, 10) * (360.0 / 1024);
        out->present |= AP_MODES_HAS_HEADING;
    }
    unsigned code = ap_bits56(me, 26, 10);
    if (code == 0)
        return;
    out->airspeed_is_true = ap_bit56(me, 25);
    out->airspeed_kt = (code - 1.0) * (out->subtype == 4 ? 4 : 1);
    out->present |= AP_MODES_HAS_AIRSPEED;
}

static void read_geo_minus_baro(uint64_t me, ap_modes_frame *out)
{
    unsigned difference = ap_bits56(me, 50, 7);
    if (difference == 0)
        return;
    int32_t difference_ft = ((int32_t)difference - 1) * 25;
    out->geo_minus_baro_ft = ap_bit56(me, 49) ? -difference_ft : difference_ft;
    out->present |= AP_MODES_HAS_GEO_MINUS_BARO;
}

/* In version 3 its place is free where there is no difference of heights; versions 0 and 1 have
 * other flags there, version 2 zeros. */
static void read_nic_d(uint64_t me, ap_modes_frame *out)
{
    out->nic_d = (uint8_t)ap_bits56(me, 47, 2);
    if (out->nic_d != 0)
        out->present |= AP_MODES_HAS_NIC_SUPPLEMENT_D;
}

/* The flag says that heights are geometric, and what the last bits are. */
static void read_tisb_quality(uint64_t me, ap_modes_frame *out)
{
    out->nac_p = (uint8_t)ap_bits56(me, 10, 4);
    out->present |= AP_MODES_HAS_TISB_QUALITY;
    if (ap_bit56(me, 36)) {
        read_geo_minus_baro(me, out);
        return;
    }
    out->nac_v = (uint8_t)ap_bits56(me, 48, 3);
    out->sil = (uint8_t)ap_bits56(me, 51, 2);
    out->present |= AP_MODES_HAS_NAC_V;
}

static void read_velocity(uint64_t me, bool has_imf, bool is_tisb, ap_modes_frame *out)
{
    out->subtype = (uint8_t)ap_bits56(me, 6, 3);
    if (out->subtype < 1 || out->subtype > 4)
        return;
    if (has_imf)
        out->imf = ap_bit56(me, 9);
    if (out->subtype <= 2)
        read_ground_velocity(me, out);
    else
        read_air_velocity(me, out);

    unsigned rate = ap_bits56(me, 38, 9);
    if (rate != 0) {
        int32_t rate_fpm = ((int32_t)rate - 1) * 64;
        out->vertical_rate_fpm = ap_bit56(me, 37) ? -rate_fpm : rate_fpm;
        /* The bit is the vertical rate source; in TIS-B it says the opposite way. */
        out->vertical_rate_is_gnss = is_tisb ? ap_bit56(me, 36) : !ap_bit56(me, 36);
        out->present |= AP_MODES_HAS_VERTICAL_RATE;
    }
    if (is_tisb) {
        read_tisb_quality(me, out);
        return;
    }
    out->nac_v = (uint8_t)ap_bits56(me, 11, 3);
    out->present |= AP_MODES_HAS_NAC_V;
    read_geo_minus_baro(me, out);
    if (out->subtype <= 2 && !(out->present & AP_MODES_HAS_GEO_MINUS_BARO))
        read_nic_d(me, out);
}

/* Subtype 1. The identity is all zeros in versions that do not send it, so 0000 is not taken. */
static void read_aircraft_status(uint64_t me, bool has_imf, ap_modes_frame *out)
{
    out->subtype = (uint8_t)ap_bits56(me, 6, 3);
    if (has_imf)
        out->imf = ap_bit56(me, 56);
    if (out->subtype != 1)
        return;
    out->emergency_state = (uint8_t)ap_bits56(me, 9, 3);
    out->present |= AP_MODES_HAS_EMERGENCY;
    uint16_t id13 = (uint16_t)ap_bits56(me, 12, 13);
    if (id13 == 0)
        return;
    out->squawk = ap_modes_squawk_id13(id13);
    out->present |= AP_MODES_HAS_SQUAWK;
}

static void read_target_state(uint64_t me, bool has_imf, ap_modes_frame *out)
{
    out->subtype = (uint8_t)ap_bits56(me, 6, 2);
    if (out->subtype > 1)
        return;
    if (has_imf)
        out->imf = ap_bit56(me, 51);
    out->nac_p = (uint8_t)ap_bits56(me, 40, 4);
    out->nic_baro = ap_bit56(me, 44);
    out->sil = (uint8_t)ap_bits56(me, 45, 2);
    out->present |= AP_MODES_HAS_TARGET_STATE;
    if (out->subtype == 0) {
        out->tcas_operational = !ap_bit56(me, 52);
        return;
    }
    out->sil_supplement = (uint8_t)ap_bits56(me, 8, 1);
    out->tcas_operational = ap_bit56(me, 53);

    unsigned altitude = ap_bits56(me, 10, 11);
    if (altitude != 0) {
        out->selected_altitude_ft = ((int32_t)altitude - 1) * 32;
        out->selected_by_fms = ap_bit56(me, 9);
        out->present |= AP_MODES_HAS_SELECTED_ALTITUDE;
    }
    unsigned setting = ap_bits56(me, 21, 9);
    if (setting != 0) {
        out->baro_setting_hpa = 800.0 + (setting - 1.0) * 0.8;
        out->present |= AP_MODES_HAS_BARO_SETTING;
    }
    if (ap_bit56(me, 30)) {
        out->selected_heading_deg = ap_bits56(me, 31, 9) * (180.0 / 256);
        out->present |= AP_MODES_HAS_SELECTED_HEADING;
    }
    if (!ap_bit56(me, 47))
        return;
    out->navigation = (uint8_t)((ap_bit56(me, 48) ? AP_MODES_AUTOPILOT : 0) |
                                (ap_bit56(me, 49) ? AP_MODES_VNAV : 0) |
                                (ap_bit56(me, 50) ? AP_MODES_ALTITUDE_HOLD : 0) |
                                (ap_bit56(me, 52) ? AP_MODES_APPROACH : 0) |
                                (ap_bit56(me, 54) ? AP_MODES_LNAV : 0));
    out->present |= AP_MODES_HAS_NAVIGATION;
}

/* Fields that came with version 2. Each of the two code fields counts only in its format 0. */
static void read_operational_status_v2(uint64_t me, ap_modes_frame *out)
{
    bool surface = out->subtype == 1;
    out->sil_supplement = (uint8_t)ap_bits56(me, 55, 1);
    if (!surface)
        out->gva = (uint8_t)ap_bits56(me, 49, 2);
    if (ap_bits56(me, 25, 2) == 0)
        out->sda = (uint8_t)ap_bits56(me, 31, 2);
    if (surface && ap_bits56(me, 9, 2) == 0) {
        out->nac_v = (uint8_t)ap_bits56(me, 17, 3);
        out->nic_c = ap_bit56(me, 20);
        out->present |= AP_MODES_HAS_NAC_V | AP_MODES_HAS_NIC_SUPPLEMENT_C;
    }
}

/* Versions 4 and up are not assigned: the number is given, the rest stays unknown. */
static void read_operational_status(uint64_t me, bool has_imf, ap_modes_frame *out)
{
    out->subtype = (uint8_t)ap_bits56(me, 6, 3);
    if (has_imf)
        out->imf = ap_bit56(me, 56);
    if (out->subtype > 1)
        return;
    out->adsb_version = (uint8_t)ap_bits56(me, 41, 3);
    out->present |= AP_MODES_HAS_VERSION;
    if (out->subtype == 1) {
        out->on_ground = true;
        out->ground_known = true;
    }
    if (out->adsb_version == 0 || out->adsb_version > 3)
        return;
    out->nic_a = ap_bit56(me, 44);
    out->present |= AP_MODES_HAS_NIC_SUPPLEMENT_A;
    out->nac_p = (uint8_t)ap_bits56(me, 45, 4);
    out->sil = (uint8_t)ap_bits56(me, 51, 2);
    if (out->subtype == 0 && out->adsb_version < 3)
        out->nic_baro = ap_bit56(me, 53);
    if (out->adsb_version >= 2)
        read_operational_status_v2(me, out);
}

static void read_squitter(uint64_t me, bool has_imf, bool is_tisb, ap_modes_frame *out)
{
    uint8_t code = (uint8_t)ap_bits56(me, 1, 5);
    out->type_code = code;
    if (code >= 1 && code <= 4)
        read_identification(me, out);
    else if (code >= 5 && code <= 8)
        read_surface_position(me, has_imf, out);
    else if (code <= 18 || (code >= 20 && code <= 22))
        read_airborne_position(me, has_imf, out);
    else if (code == 19)
        read_velocity(me, has_imf, is_tisb, out);
    else if (is_tisb)
        return;
    else if (code == 28)
        read_aircraft_status(me, has_imf, out);
    else if (code == 29)
        read_target_state(me, has_imf, out);
    else if (code == 31)
        read_operational_status(me, has_imf, out);
}

void ap_modes_decode_squitter(uint64_t me, ap_modes_frame *out)
{
    *out = (ap_modes_frame){ .df = 17, .mb = me };
    read_squitter(me, false, false, out);
}

static void read_coarse_altitude(uint64_t me, ap_modes_frame *out)
{
    if (ap_modes_altitude_ac12((uint16_t)ap_bits56(me, 8, 12), &out->altitude_ft,
                               &out->altitude_25_ft))
        out->present |= AP_MODES_HAS_ALTITUDE;
}

/* By control field: 0, 1 ADS-B of others than transponders, 2 and 5 fine TIS-B, 3 coarse TIS-B,
 * 6 ADS-B rebroadcast; 4 manages TIS-B and 7 is reserved. */
static void read_non_transponder(const uint8_t *frame, ap_modes_frame *out)
{
    uint64_t me = out->mb;
    out->control = frame[0] & 7u;
    switch (out->control) {
    case 0:
    case 1:
        read_squitter(me, false, false, out);
        break;
    case 2:
    case 5:
        read_squitter(me, true, true, out);
        break;
    case 3:
        out->imf = ap_bit56(me, 1);
        read_coarse_altitude(me, out);
        break;
    case 6:
        read_squitter(me, true, false, out);
        break;
    default:
        break;
    }
}

static bool is_known(uint8_t df)
{
    return df == 0 || df == 4 || df == 5 || df == 11 || (df >= 16 && df <= 18) || df == 20 ||
           df == 21 || df == 24;
}

static ap_err check_parity(const uint8_t *frame, size_t size, ap_modes_frame *out)
{
    uint32_t syndrome = ap_modes_syndrome(frame, size);
    if (out->df != 11 && out->df != 17 && out->df != 18) {
        out->check = AP_MODES_OVERLAID;
        out->icao24 = syndrome;
        return AP_OK;
    }
    out->icao24 = address_of(frame);
    if (out->df == 11 && syndrome != 0 && syndrome < 128) {
        out->check = AP_MODES_INTERROGATOR;
        out->interrogator = (uint8_t)syndrome;
        return AP_OK;
    }
    out->check = syndrome == 0 ? AP_MODES_CHECKED : AP_MODES_DAMAGED;
    return syndrome == 0 ? AP_OK : AP_ERR_PARITY;
}

ap_err ap_modes_decode(const uint8_t *frame, size_t size, ap_modes_frame *out)
{
    if (size != AP_MODES_SHORT_SIZE && size != AP_MODES_LONG_SIZE)
        return AP_ERR_TRUNCATED;
    uint8_t df = frame[0] >> 6 == 3 ? 24 : frame[0] >> 3;
    if ((size == AP_MODES_LONG_SIZE) != (df >= 16))
        return AP_ERR_TRUNCATED;
    if (!is_known(df))
        return AP_ERR_UNKNOWN;

    *out = (ap_modes_frame){ .df = df };
    ap_err err = check_parity(frame, size, out);
    if (err != AP_OK)
        return err;
    if (size == AP_MODES_LONG_SIZE)
        out->mb = field_56(frame);
    switch (df) {
    case 0:
    case 16:
        read_air_to_air(frame, out);
        break;
    case 4:
    case 5:
        read_surveillance(frame, out);
        break;
    case 11:
        read_capability(frame, out);
        break;
    case 17:
        read_capability(frame, out);
        read_squitter(out->mb, false, false, out);
        break;
    case 18:
        read_non_transponder(frame, out);
        break;
    case 24:
        out->suspect = (frame[0] & 0x20u) != 0; /* spare */
        break;
    default: /* 20, 21 */
        read_comm_b(frame, out);
        break;
    }
    return AP_OK;
}

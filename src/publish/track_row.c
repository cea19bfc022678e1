#include "publish/track_row.h"

#include <math.h>
#include <string.h>

#include "publish/aircraft_key.h"

#define DEG(rad) ((rad) / AP_RAD_PER_DEG)
#define FT(m) ((m) / AP_M_PER_FT)
#define KT(mps) ((mps) / AP_MPS_PER_KT)
#define FT_LIMIT 2e9 /* of a whole number of feet */

#define DEG_PER_TURN16 (360.0 / 65536.0)
#define FT_PER_DM (0.1 / AP_M_PER_FT)
#define KT_PER_DMPS (0.1 / AP_MPS_PER_KT)

#define PLACED (AP_ROW_HAS_POSITION | AP_ROW_HAS_GROUND_SPEED | AP_ROW_HAS_TRACK)

static void take_key(ap_aircraft_row *row, uint32_t key, uint8_t kind)
{
    row->present |= AP_ROW_HAS_ADDRESS;
    row->address = key & ~AP_AIRCRAFT_KEY_OTHER;
    row->address_kind = !(key & AP_AIRCRAFT_KEY_OTHER)  ? AP_ADDRESS_ICAO
                        : kind == AP_ADDRESS_TRACK_FILE ? AP_ADDRESS_TRACK_FILE
                                                        : AP_ADDRESS_ANONYMOUS;
}

static void take_source(ap_aircraft_row *row, uint32_t bits)
{
    static const uint8_t adsb[AP_ADDRESS_KIND_COUNT] = {
        [AP_ADDRESS_ICAO] = AP_ROW_SOURCE_ADSB_ICAO,
        [AP_ADDRESS_ANONYMOUS] = AP_ROW_SOURCE_ADSB_OTHER,
        [AP_ADDRESS_TRACK_FILE] = AP_ROW_SOURCE_TISB_TRACKFILE,
    };
    row->source = AP_ROW_SOURCE_OTHER;
    if (bits & AP_POINT_ADSB)
        row->source = adsb[row->address_kind];
    else if (bits & AP_POINT_MLAT)
        row->source = AP_ROW_SOURCE_MLAT;
    else if (bits & AP_POINT_MODE_S)
        row->source = AP_ROW_SOURCE_MODE_S;
    if (row->source == AP_ROW_SOURCE_MLAT)
        row->mlat = row->present & PLACED;
    else if (row->source == AP_ROW_SOURCE_TISB_TRACKFILE)
        row->tisb = row->present & PLACED;
}

static void take_identity(ap_aircraft_row *row, uint32_t present, const char *callsign,
                          uint16_t mode_3a, uint8_t category)
{
    if ((present & AP_HAS_CALLSIGN) && callsign[0]) {
        row->present |= AP_ROW_HAS_CALLSIGN;
        memcpy(row->callsign, callsign, sizeof row->callsign);
    }
    if (present & AP_HAS_MODE_3A) {
        row->present |= AP_ROW_HAS_SQUAWK;
        row->squawk = mode_3a;
    }
    if (present & AP_HAS_EMITTER_CATEGORY) {
        row->present |= AP_ROW_HAS_EMITTER_CATEGORY;
        row->emitter_category = category;
    }
}

static void take_emergency(ap_aircraft_row *row, bool said)
{
    bool coded = row->present & AP_ROW_HAS_SQUAWK;
    row->present |= AP_ROW_HAS_EMERGENCY | AP_ROW_HAS_STATUS;
    row->emergency = coded && row->squawk == 07500             ? AP_ROW_EMERGENCY_UNLAWFUL
                     : coded && row->squawk == 07600           ? AP_ROW_EMERGENCY_NO_RADIO
                     : said || (coded && row->squawk == 07700) ? AP_ROW_EMERGENCY_GENERAL
                                                               : AP_ROW_EMERGENCY_NONE;
}

/* A whole number when it is one that can be told. */
static void put_whole(ap_aircraft_row *row, bool known, uint32_t has, double value, int32_t *to)
{
    if (!known || !(fabs(value) < FT_LIMIT))
        return;
    row->present |= has;
    *to = (int32_t)lround(value);
}

static void put_real(ap_aircraft_row *row, bool known, uint32_t has, double value, double *to)
{
    if (!known || !isfinite(value))
        return;
    row->present |= has;
    *to = value;
}

static void take_motion(ap_aircraft_row *row, const ap_track *track)
{
    double height_m = 0.0;
    bool has_height = ap_track_geometric_height(track, &height_m);
    bool pressure = track->has_pressure_altitude;
    put_real(row, true, AP_ROW_HAS_POSITION, DEG(track->position.latitude_rad), &row->latitude_deg);
    put_real(row, true, AP_ROW_HAS_POSITION, DEG(track->position.longitude_rad),
             &row->longitude_deg);
    put_real(row, true, AP_ROW_HAS_GROUND_SPEED, KT(ap_track_speed_mps(track)),
             &row->ground_speed_kt);
    put_real(row, true, AP_ROW_HAS_TRACK, DEG(ap_track_course_rad(track)), &row->track_deg);
    put_real(row, true, AP_ROW_HAS_TRACK_RATE, DEG(track->track_rate_radps),
             &row->track_rate_degps);
    put_whole(row, pressure, AP_ROW_HAS_ALTITUDE, FT(track->pressure_altitude_m),
              &row->altitude_ft);
    put_whole(row, has_height, AP_ROW_HAS_HEIGHT, FT(height_m), &row->height_ft);
    put_whole(row, pressure && track->has_height, AP_ROW_HAS_VERTICAL_RATE,
              FT(track->up_mps) * 60.0, &row->vertical_rate_fpm);
    put_whole(row, !pressure && track->has_height, AP_ROW_HAS_HEIGHT_RATE, FT(track->up_mps) * 60.0,
              &row->height_rate_fpm);
}

static void take_downlinked(ap_aircraft_row *row, const ap_track *track)
{
    uint32_t has = track->present;
    put_real(row, has & AP_HAS_ROLL, AP_ROW_HAS_ROLL, DEG(track->roll_rad), &row->roll_deg);
    put_real(row, has & AP_HAS_HEADING, AP_ROW_HAS_MAGNETIC_HEADING, DEG(track->heading_rad),
             &row->magnetic_heading_deg);
    put_real(row, has & AP_HAS_TRUE_AIRSPEED, AP_ROW_HAS_TRUE_AIRSPEED,
             KT(track->true_airspeed_mps), &row->true_airspeed_kt);
    put_real(row, has & AP_HAS_INDICATED_AIRSPEED, AP_ROW_HAS_INDICATED_AIRSPEED,
             KT(track->indicated_airspeed_mps), &row->indicated_airspeed_kt);
    put_real(row, has & AP_HAS_MACH, AP_ROW_HAS_MACH, track->mach, &row->mach);
    put_whole(row, has & AP_HAS_SELECTED_ALTITUDE, AP_ROW_HAS_SELECTED_ALTITUDE,
              FT(track->selected_altitude_m), &row->selected_altitude_ft);
}

/* Radius of containment in metres, rounded up, by NIC (DO-260B table 2-69); of several with one NIC
 * the largest. 0: not known. */
static int32_t containment_m(uint8_t nic)
{
    static const int32_t radius_m[12] = { 0,    37040, 14816, 7408, 3704, 1852,
                                          1112, 371,   186,   75,   25,   8 };
    return nic < 12 ? radius_m[nic] : 0;
}

static void take_quality(ap_aircraft_row *row, const ap_track *track)
{
    if (!(track->present & AP_HAS_INTEGRITY))
        return;
    row->present |= AP_ROW_HAS_QUALITY;
    row->nic = track->nic;
    row->nac_p = track->nac_p;
    row->nac_v = track->nac_v;
    row->sil = track->sil;
    row->containment_m = containment_m(track->nic);
    if (row->containment_m > 0)
        row->present |= AP_ROW_HAS_CONTAINMENT;
}

ap_aircraft_row ap_row_of_track(const ap_track *track, bool by_number)
{
    ap_aircraft_row row = { .time_utc = track->updated_utc,
                            .position_utc = track->time_utc,
                            .polled = true,
                            .present = AP_ROW_HAS_GROUND | AP_ROW_HAS_MESSAGE_COUNT,
                            .on_ground = track->flags & AP_FLAG_ON_GROUND,
                            .spi = track->flags & AP_FLAG_SPI,
                            .message_count = track->update_count };
    take_key(&row, ap_aircraft_key_of(track, by_number), track->address_kind);
    take_identity(&row, track->present, track->callsign, track->mode_3a, track->emitter_category);
    take_emergency(&row, track->flags & AP_FLAG_EMERGENCY);
    take_motion(&row, track);
    take_downlinked(&row, track);
    take_quality(&row, track);
    take_source(&row, ap_point_techniques(track));
    return row;
}

ap_aircraft_row ap_row_of_point(const ap_trail *trail, const ap_point *point, bool by_number)
{
    bool geometric = point->bits & AP_POINT_GEOMETRIC;
    ap_aircraft_row row = { .time_utc = point->time_utc,
                            .position_utc = point->time_utc,
                            .polled = true,
                            .present = AP_ROW_HAS_GROUND | AP_ROW_HAS_POSITION |
                                       AP_ROW_HAS_GROUND_SPEED | AP_ROW_HAS_TRACK,
                            .on_ground = point->bits & AP_POINT_ON_GROUND,
                            .latitude_deg = point->latitude_e7deg / 1e7,
                            .longitude_deg = point->longitude_e7deg / 1e7,
                            .ground_speed_kt = point->speed_dmps * KT_PER_DMPS,
                            .track_deg = point->course_turn16 * DEG_PER_TURN16 };
    take_key(&row, ap_aircraft_key_of_trail(trail, by_number), trail->address_kind);
    take_identity(&row, trail->present, trail->callsign, trail->mode_3a, trail->emitter_category);
    put_whole(&row, !geometric && point->altitude_dm != AP_POINT_UNKNOWN, AP_ROW_HAS_ALTITUDE,
              point->altitude_dm * FT_PER_DM, &row.altitude_ft);
    put_whole(&row, point->geometric_dm != AP_POINT_UNKNOWN, AP_ROW_HAS_HEIGHT,
              point->geometric_dm * FT_PER_DM, &row.height_ft);
    put_whole(&row, true, geometric ? AP_ROW_HAS_HEIGHT_RATE : AP_ROW_HAS_VERTICAL_RATE,
              point->vertical_dmps * FT_PER_DM * 60.0,
              geometric ? &row.height_rate_fpm : &row.vertical_rate_fpm);
    take_source(&row, point->bits);
    return row;
}

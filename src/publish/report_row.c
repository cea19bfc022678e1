#include "publish/report_row.h"

#include <math.h>
#include <string.h>

static ap_row_source source_of(const ap_report *report, ap_sensor_kind kind)
{
    static const ap_row_source tisb[AP_ADDRESS_KIND_COUNT] = { AP_ROW_SOURCE_TISB_ICAO,
                                                               AP_ROW_SOURCE_TISB_OTHER,
                                                               AP_ROW_SOURCE_TISB_TRACKFILE };
    static const ap_row_source adsb[AP_ADDRESS_KIND_COUNT] = { AP_ROW_SOURCE_ADSB_ICAO,
                                                               AP_ROW_SOURCE_ADSB_OTHER,
                                                               AP_ROW_SOURCE_TISB_TRACKFILE };
    unsigned whose = report->address_kind < AP_ADDRESS_KIND_COUNT ? report->address_kind : 0;
    if (kind == AP_SENSOR_MLAT)
        return AP_ROW_SOURCE_MLAT;
    if (kind == AP_SENSOR_TRACKER)
        return tisb[whose];
    if (kind != AP_SENSOR_ADSB)
        return AP_ROW_SOURCE_OTHER;
    return report->flags & AP_FLAG_SECONDARY ? AP_ROW_SOURCE_MODE_S : adsb[whose];
}

static uint8_t emergency_of(const ap_report *report)
{
    uint16_t code = report->present & AP_HAS_MODE_3A ? report->mode_3a : 0;
    return code == 07500   ? AP_ROW_EMERGENCY_UNLAWFUL
           : code == 07600 ? AP_ROW_EMERGENCY_NO_RADIO
                           : AP_ROW_EMERGENCY_GENERAL;
}

static void set_identity(const ap_report *report, ap_aircraft_row *row)
{
    if (report->present & AP_HAS_ADDRESS) {
        row->present |= AP_ROW_HAS_ADDRESS;
        row->address = report->address;
        row->address_kind = report->address_kind;
    }
    if (report->present & AP_HAS_MODE_3A) {
        row->present |= AP_ROW_HAS_SQUAWK;
        row->squawk = report->mode_3a;
    }
    if (report->present & AP_HAS_CALLSIGN) {
        row->present |= AP_ROW_HAS_CALLSIGN;
        memcpy(row->callsign, report->callsign, sizeof row->callsign);
    }
    if (report->present & AP_HAS_EMITTER_CATEGORY) {
        row->present |= AP_ROW_HAS_EMITTER_CATEGORY;
        row->emitter_category = report->emitter_category;
    }
    if (report->flags & AP_FLAG_SPI) {
        row->present |= AP_ROW_HAS_STATUS;
        row->spi = true;
    }
    if (report->flags & AP_FLAG_EMERGENCY) {
        row->present |= AP_ROW_HAS_EMERGENCY;
        row->emergency = emergency_of(report);
    }
    row->extrapolated = report->flags & AP_FLAG_EXTRAPOLATED;
}

static int32_t feet_of(double value_m)
{
    return (int32_t)lround(fmin(fmax(value_m / AP_M_PER_FT, -1e6), 1e6));
}

static void set_vertical(const ap_report *report, ap_aircraft_row *row)
{
    if (report->present & AP_HAS_PRESSURE_ALTITUDE) {
        row->present |= AP_ROW_HAS_ALTITUDE;
        row->altitude_ft = feet_of(report->pressure_altitude_m);
    }
    if (report->present & AP_HAS_GEOMETRIC_HEIGHT) {
        row->present |= AP_ROW_HAS_HEIGHT;
        row->height_ft = feet_of(report->geometric_height_m);
    }
    if (report->present & AP_HAS_VERTICAL_RATE) {
        row->present |= AP_ROW_HAS_VERTICAL_RATE;
        row->vertical_rate_fpm = feet_of(report->up_mps * 60.0);
    }
    if (report->present & AP_HAS_SELECTED_ALTITUDE) {
        row->present |= AP_ROW_HAS_SELECTED_ALTITUDE;
        row->selected_altitude_ft = feet_of(report->selected_altitude_m);
    }
}

/* A number of a report that is there, in the row's unit. */
static void set_number(const ap_report *report, ap_has has, double value, uint32_t row_has,
                       double *to, ap_aircraft_row *row)
{
    if (!(report->present & has))
        return;
    row->present |= row_has;
    *to = value;
}

static double degrees_of(double angle_rad)
{
    return ap_wrap_two_pi(angle_rad) / AP_RAD_PER_DEG;
}

static void set_motion(const ap_report *report, ap_aircraft_row *row)
{
    double speed_mps = hypot(report->east_mps, report->north_mps);
    set_number(report, AP_HAS_VELOCITY, speed_mps / AP_MPS_PER_KT, AP_ROW_HAS_GROUND_SPEED,
               &row->ground_speed_kt, row);
    if (speed_mps > 0.0)
        set_number(report, AP_HAS_VELOCITY, degrees_of(atan2(report->east_mps, report->north_mps)),
                   AP_ROW_HAS_TRACK, &row->track_deg, row);
    set_number(report, AP_HAS_ROLL, report->roll_rad / AP_RAD_PER_DEG, AP_ROW_HAS_ROLL,
               &row->roll_deg, row);
    set_number(report, AP_HAS_TRACK_RATE, report->track_rate_radps / AP_RAD_PER_DEG,
               AP_ROW_HAS_TRACK_RATE, &row->track_rate_degps, row);
    set_number(report, AP_HAS_HEADING, degrees_of(report->heading_rad), AP_ROW_HAS_MAGNETIC_HEADING,
               &row->magnetic_heading_deg, row);
    set_number(report, AP_HAS_TRUE_AIRSPEED, report->true_airspeed_mps / AP_MPS_PER_KT,
               AP_ROW_HAS_TRUE_AIRSPEED, &row->true_airspeed_kt, row);
    set_number(report, AP_HAS_INDICATED_AIRSPEED, report->indicated_airspeed_mps / AP_MPS_PER_KT,
               AP_ROW_HAS_INDICATED_AIRSPEED, &row->indicated_airspeed_kt, row);
    set_number(report, AP_HAS_MACH, report->mach, AP_ROW_HAS_MACH, &row->mach, row);
}

static void set_position(const ap_report *report, ap_aircraft_row *row)
{
    set_number(report, AP_HAS_POSITION, report->latitude_rad / AP_RAD_PER_DEG, AP_ROW_HAS_POSITION,
               &row->latitude_deg, row);
    set_number(report, AP_HAS_POSITION, report->longitude_rad / AP_RAD_PER_DEG, AP_ROW_HAS_POSITION,
               &row->longitude_deg, row);
    if (report->present & AP_HAS_POSITION)
        row->position_utc = report->time_utc;
    if (!(report->present & AP_HAS_INTEGRITY))
        return;
    row->present |= AP_ROW_HAS_QUALITY;
    row->nic = report->nic;
    row->nac_p = report->nac_p;
    row->nac_v = report->nac_v;
    row->sil = report->sil;
}

/* ADS-B says which it is with every position and velocity; radars and others only the ground. */
static void set_ground(const ap_report *report, ap_sensor_kind kind, ap_aircraft_row *row)
{
    row->on_ground = report->flags & AP_FLAG_ON_GROUND;
    bool is_stated =
        kind == AP_SENSOR_ADSB && (report->present & (AP_HAS_POSITION | AP_HAS_VELOCITY));
    row->present |= row->on_ground || is_stated ? AP_ROW_HAS_GROUND : 0;
}

void ap_row_of_report(const ap_report *report, ap_sensor_kind kind, ap_aircraft_row *row)
{
    *row = (ap_aircraft_row){ .time_utc = report->time_utc, .position_utc = AP_UTC_UNKNOWN };
    row->source = (uint8_t)source_of(report, kind);
    row->receiver_count = report->receiver_count;
    set_identity(report, row);
    set_ground(report, kind, row);
    set_vertical(report, row);
    set_motion(report, row);
    set_position(report, row);
    uint32_t placed = row->present & AP_ROW_HAS_POSITION;
    row->mlat = kind == AP_SENSOR_MLAT ? placed : 0;
    row->tisb = kind == AP_SENSOR_TRACKER ? placed : 0;
}

/* CAT062: system tracks of another tracker. */
#include "airpicture/asterix/cat062.h"

#include <math.h>

#include "sense/fields.h"
#include "sense/state.h"

#define VELOCITY_SIGMA_MPS 5.0
#define HEIGHT_SIGMA_M 50.0
#define CLIMB_SIGMA_MPS 2.0

static bool has_500(const ap_cat062 *track, uint64_t part)
{
    return (track->present & AP_CAT062_I500) && (track->i500.present & part);
}

static void set_status(const ap_cat062 *track, ap_report *report)
{
    report->flags |= track->i080.spi ? AP_FLAG_SPI : 0;
    report->flags |= track->i080.sim ? AP_FLAG_SIMULATED : 0;
    report->flags |= track->i080.me ? AP_FLAG_EMERGENCY : 0;
    report->flags |= track->i080.cst || track->i080.tse ? AP_FLAG_EXTRAPOLATED : 0;
    report->flags |= track->i080.cnf ? AP_FLAG_TENTATIVE : 0;
    report->flags |= track->i080.tse ? AP_FLAG_ENDED : 0;
    if (track->present & AP_CAT062_I040)
        ap_sense_set_track_number(report, track->i040);
    if (track->present & AP_CAT062_I060)
        ap_sense_set_mode_3a(report, track->i060.mode3a, track->i060.v, track->i060.g);
    if (track->present & AP_CAT062_I245)
        ap_sense_set_callsign6(report, track->i245.chr_icao6);
}

/* What the aircraft itself has sent. */
static void set_derived(const ap_cat062 *track, ap_report *report)
{
    uint64_t has = track->present & AP_CAT062_I380 ? track->i380.present : 0;
    if (has & AP_CAT062_I380_ADR)
        ap_sense_set_address(report, track->i380.adr, AP_ADDRESS_ICAO);
    if (has & AP_CAT062_I380_ID)
        ap_sense_set_callsign6(report, track->i380.id_icao6);
    if (has & AP_CAT062_I380_COM)
        ap_sense_flag_flight_status(report, track->i380.com.stat);
    if (has & AP_CAT062_I380_EMC)
        ap_sense_set_emitter(report, track->i380.emc);
    if ((has & AP_CAT062_I380_SAB) && track->i380.sab.gbs)
        report->flags |= AP_FLAG_ON_GROUND;
    if (has & AP_CAT062_I380_MHG) {
        report->present |= AP_HAS_HEADING;
        report->heading_rad = ap_turn_rad(track->i380.mhg_turn16, 16);
    }
    if (has & AP_CAT062_I380_TAS) {
        report->present |= AP_HAS_TRUE_AIRSPEED;
        report->true_airspeed_mps = track->i380.tas_kt * AP_MPS_PER_KT;
    }
    if (has & AP_CAT062_I380_IAR) {
        report->present |= AP_HAS_INDICATED_AIRSPEED;
        report->indicated_airspeed_mps = track->i380.iar_kt * AP_MPS_PER_KT;
    }
    if (has & AP_CAT062_I380_MAC) {
        report->present |= AP_HAS_MACH;
        report->mach = track->i380.mac_125th_mach / 125.0;
    }
    if ((has & AP_CAT062_I380_SAL) && track->i380.sal.sas)
        ap_sense_set_selected_altitude(report, track->i380.sal.alt_25_ft * 25.0);
    if (has & AP_CAT062_I380_RAN) {
        report->present |= AP_HAS_ROLL;
        report->roll_rad = ap_wrap_pi(track->i380.ran_100th_deg / 100.0 * AP_RAD_PER_DEG);
    }
}

/* The largest age means that or more. */
static void set_altitude_age(const ap_cat062 *track, ap_report *report)
{
    bool known = (track->present & AP_CAT062_I295) && (track->i295.present & AP_CAT062_I295_MFL);
    if (!known || !(report->present & AP_HAS_PRESSURE_ALTITUDE))
        return;
    report->present |= AP_HAS_ALTITUDE_AGE;
    report->pressure_altitude_age_s = track->i295.mfl_4th_s / 4.0;
}

static void set_motion(const ap_cat062 *track, const ap_sensor *sensor, ap_report *report)
{
    /* A measured level before a smoothed one; one corrected by QNH is no pressure altitude. */
    if (track->present & AP_CAT062_I136) {
        ap_sense_set_altitude(report, sensor, track->i136_4th_fl * 25.0, 25.0);
        set_altitude_age(track, report);
    } else if ((track->present & AP_CAT062_I135) && !track->i135.qnh) {
        ap_sense_set_altitude(report, sensor, track->i135.ctb_4th_fl * 25.0, 25.0);
    }
    if (track->present & AP_CAT062_I130) {
        bool known = has_500(track, AP_CAT062_I500_AGA) && track->i500.aga_25_4th_ft > 0;
        ap_sense_set_height(report, track->i130_25_4th_ft * 6.25,
                            known ? track->i500.aga_25_4th_ft * 6.25 * AP_M_PER_FT
                                  : HEIGHT_SIGMA_M);
    }
    /* Its axes point to true east and north at the target, as the standard has it; those of
     * I062/100 do so at the reference point only. */
    if (track->present & AP_CAT062_I185) {
        double east_mps = track->i500.atv.x_4th_mps / 4.0,
               north_mps = track->i500.atv.y_4th_mps / 4.0;
        bool known = has_500(track, AP_CAT062_I500_ATV) && east_mps + north_mps > 0;
        ap_sense_set_velocity(report, track->i185.vx_4th_mps / 4.0, track->i185.vy_4th_mps / 4.0,
                              known ? fmax(east_mps, north_mps) : VELOCITY_SIGMA_MPS);
    }
    if (track->present & AP_CAT062_I220)
        ap_sense_set_vertical_rate(report, track->i220_25_4th_ftpmin * 6.25, CLIMB_SIGMA_MPS);
}

static bool set_place(const ap_cat062 *track, const ap_sensor *sensor, ap_report *report)
{
    if (!ap_sense_set_position(report, ap_turn_deg(track->i105.lat_turn26, 26),
                               ap_turn_deg(track->i105.lon_turn26, 26), sensor->position_sigma_m))
        return false;
    double cov_m = has_500(track, AP_CAT062_I500_COV) ? track->i500.cov_half_m / 2.0 : 0.0;
    if (has_500(track, AP_CAT062_I500_APC))
        ap_sense_set_covariance(report, track->i500.apc.x_half_m / 2.0,
                                track->i500.apc.y_half_m / 2.0, ap_covariance_of_root(cov_m));
    return true;
}

ap_verdict ap_sense_cat062(const ap_sense_from *from, const ap_asterix_record *record,
                           ap_report *report)
{
    ap_cat062 track;
    ap_reader reader = ap_reader_of(record->data, record->size);
    if (ap_cat062_decode(&reader, &track))
        return AP_REFUSED_ITEM;
    /* I062/100 counts from a reference point that only the CAT065 expansion field could name. */
    if (!(track.present & AP_CAT062_I105))
        return AP_REFUSED_POSITION_MISSING;
    ap_verdict verdict =
        ap_sense_set_time(from, track.present & AP_CAT062_I070, track.i070_128th_s, report);
    if (verdict != AP_VERDICT_REPORT)
        return verdict;
    set_status(&track, report);
    set_derived(&track, report);
    set_motion(&track, from->sensor, report);
    return set_place(&track, from->sensor, report) ? AP_VERDICT_REPORT
                                                   : (ap_verdict)AP_REFUSED_POSITION_RANGE;
}

/* CAT010: targets of surface movement radars and airport multilateration. */
#include "airpicture/asterix/cat010.h"

#include "sense/fields.h"
#include "sense/state.h"

#define MESSAGE_TARGET 1
#define VELOCITY_SIGMA_MPS 3.0
#define HEIGHT_SIGMA_M 50.0 /* of a height from the arrival times */

/* Detections behind I010/020 TYP: multilateration hears transponders, 3 is a radar. */
static const uint32_t flags_of_type[8] = {
    [0] = AP_FLAG_SECONDARY,
    [1] = AP_FLAG_SECONDARY,
    [3] = AP_FLAG_PRIMARY,
};

static void set_descriptor(const ap_cat010 *target, ap_report *report)
{
    if (target->present & AP_CAT010_I020) {
        report->flags |= flags_of_type[target->i020.typ & 7];
        report->flags |= target->i020.gbs ? AP_FLAG_ON_GROUND : 0;
        report->flags |= target->i020.sim ? AP_FLAG_SIMULATED : 0;
        report->flags |= target->i020.spi ? AP_FLAG_SPI : 0;
    }
    if (target->i170.cst)
        report->flags |= AP_FLAG_EXTRAPOLATED;
}

static void set_content(const ap_cat010 *target, const ap_sensor *sensor, ap_report *report)
{
    if (target->present & AP_CAT010_I060)
        ap_sense_set_mode_3a(report, target->i060.mode3a, target->i060.v, target->i060.g);
    if (target->present & AP_CAT010_I220)
        ap_sense_set_address(report, target->i220, AP_ADDRESS_ICAO);
    if (target->present & AP_CAT010_I245)
        ap_sense_set_callsign6(report, target->i245.chr_icao6);
    if (target->present & AP_CAT010_I090) {
        ap_sense_set_altitude(report, sensor, target->i090.fl_4th_fl * 25.0, 25.0);
        ap_sense_flag_altitude(report, target->i090.v, target->i090.g);
    }
    if (target->present & AP_CAT010_I091)
        ap_sense_set_height(report, target->i091_25_4th_ft * 6.25, HEIGHT_SIGMA_M);
    if (target->present & AP_CAT010_I161)
        ap_sense_set_track_number(report, target->i161.trk);
    if (target->present & AP_CAT010_I202)
        ap_sense_set_velocity(report, target->i202.vx_4th_mps / 4.0, target->i202.vy_4th_mps / 4.0,
                              VELOCITY_SIGMA_MPS);
    else if (target->present & AP_CAT010_I200)
        ap_sense_set_ground_vector(report, target->i200.gsp_16384th_nmips / 16384.0 * AP_M_PER_NMI,
                                   ap_turn_rad(target->i200.tra_turn16, 16), VELOCITY_SIGMA_MPS);
}

/* WGS-84 before Cartesian before polar: the first needs no site and no height. */
static bool set_place(const ap_cat010 *target, const ap_sensor *sensor, ap_report *report)
{
    bool ok;
    if (target->present & AP_CAT010_I041)
        ok = ap_sense_set_position(report, ap_turn_deg(target->i041.lat_turn32, 32),
                                   ap_turn_deg(target->i041.lon_turn32, 32),
                                   sensor->position_sigma_m);
    else if (target->present & AP_CAT010_I042)
        ok = ap_sense_set_local(report, sensor, target->i042.x_m, target->i042.y_m,
                                sensor->position_sigma_m);
    else
        return ap_sense_set_polar(report, sensor, target->i040.rho_m,
                                  ap_turn_rad(target->i040.th_turn16, 16));
    if (ok && (target->present & AP_CAT010_I500))
        ap_sense_set_covariance(report, target->i500.devx_4th_m / 4.0,
                                target->i500.devy_4th_m / 4.0,
                                ap_covariance_of_root(target->i500.covxy_4th_m / 4.0));
    return ok;
}

ap_verdict ap_sense_cat010(const ap_sense_from *from, const ap_asterix_record *record,
                           ap_report *report)
{
    ap_cat010 target;
    ap_reader reader = ap_reader_of(record->data, record->size);
    if (ap_cat010_decode(&reader, &target))
        return AP_REFUSED_ITEM;
    if ((target.present & AP_CAT010_I000) && target.i000 != MESSAGE_TARGET)
        return AP_VERDICT_SERVICE;
    if (target.i020.tst || target.i020.rab)
        return AP_REFUSED_TEST_TARGET;
    uint64_t places = target.present & (AP_CAT010_I041 | AP_CAT010_I042 | AP_CAT010_I040);
    if (!places)
        return AP_REFUSED_POSITION_MISSING;
    if (!(places & AP_CAT010_I041) && !from->sensor->has_site)
        return AP_REFUSED_SENSOR_UNKNOWN;
    ap_verdict verdict =
        ap_sense_set_time(from, target.present & AP_CAT010_I140, target.i140_128th_s, report);
    if (verdict != AP_VERDICT_REPORT)
        return verdict;
    set_descriptor(&target, report);
    set_content(&target, from->sensor, report);
    return set_place(&target, from->sensor, report) ? AP_VERDICT_REPORT
                                                    : (ap_verdict)AP_REFUSED_POSITION_RANGE;
}

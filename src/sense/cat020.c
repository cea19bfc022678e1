/* CAT020: targets of multilateration. */
#include "airpicture/asterix/cat020.h"

#include "sense/comm_b.h"
#include "sense/fields.h"
#include "sense/state.h"

#define VELOCITY_SIGMA_MPS 3.0
#define HEIGHT_SIGMA_M 50.0 /* of a height from the arrival times */

static void set_descriptor(const ap_cat020 *target, ap_report *report)
{
    report->flags |= target->i020.ssr || target->i020.ms ? AP_FLAG_SECONDARY : 0;
    report->flags |= target->i020.spi ? AP_FLAG_SPI : 0;
    report->flags |= target->i020.gbs ? AP_FLAG_ON_GROUND : 0;
    report->flags |= target->i020.sim ? AP_FLAG_SIMULATED : 0;
    report->flags |= target->i170.cst ? AP_FLAG_EXTRAPOLATED : 0;
    if (target->present & AP_CAT020_I230)
        ap_sense_flag_flight_status(report, target->i230.stat);
}

static void set_identity(const ap_cat020 *target, ap_report *report)
{
    if (target->present & AP_CAT020_I070)
        ap_sense_set_mode_3a(report, target->i070.mode3a, target->i070.v, target->i070.g);
    if (target->present & AP_CAT020_I220)
        ap_sense_set_address(report, target->i220, AP_ADDRESS_ICAO);
    if (target->present & AP_CAT020_I245)
        ap_sense_set_callsign6(report, target->i245.chr_icao6);
    if (target->present & AP_CAT020_I161)
        ap_sense_set_track_number(report, target->i161.trn);
}

static void set_motion(const ap_cat020 *target, const ap_sensor *sensor, ap_report *report)
{
    if (target->present & AP_CAT020_I090) {
        ap_sense_set_altitude(report, sensor, target->i090.fl_4th_fl * 25.0, 25.0);
        ap_sense_flag_altitude(report, target->i090.v, target->i090.g);
    }
    bool has_sdh = (target->present & AP_CAT020_I500) &&
                   (target->i500.present & AP_CAT020_I500_SDH) && target->i500.sdh_half_m > 0;
    double height_sigma_m = has_sdh ? target->i500.sdh_half_m / 2.0 : HEIGHT_SIGMA_M;
    if (target->present & AP_CAT020_I105)
        ap_sense_set_height(report, target->i105_25_4th_ft * 6.25, height_sigma_m);
    if (target->present & AP_CAT020_I202)
        ap_sense_set_velocity(report, target->i202.vx_4th_mps / 4.0, target->i202.vy_4th_mps / 4.0,
                              VELOCITY_SIGMA_MPS);
    for (size_t k = 0; (target->present & AP_CAT020_I250) && k < target->i250.count; k++) {
        ap_cat020_i250 mb;
        ap_cat020_i250_get(&target->i250, k, &mb);
        ap_sense_set_comm_b(report, (uint8_t)(mb.bds1 << 4 | mb.bds2), mb.bdsdata);
    }
}

static bool set_place(const ap_cat020 *target, const ap_sensor *sensor, ap_report *report)
{
    bool ok;
    if (target->present & AP_CAT020_I041)
        ok = ap_sense_set_position(report, ap_turn_deg(target->i041.lat_turn26, 26),
                                   ap_turn_deg(target->i041.lon_turn26, 26),
                                   sensor->position_sigma_m);
    else
        ok = ap_sense_set_local(report, sensor, target->i042.x_half_m / 2.0,
                                target->i042.y_half_m / 2.0, sensor->position_sigma_m);
    bool has_sdp =
        (target->present & AP_CAT020_I500) && (target->i500.present & AP_CAT020_I500_SDP);
    if (ok && has_sdp)
        ap_sense_set_covariance(report, target->i500.sdp.x_4th_m / 4.0,
                                target->i500.sdp.y_4th_m / 4.0,
                                ap_covariance_of_root(target->i500.sdp.xy_4th / 4.0));
    return ok;
}

ap_verdict ap_sense_cat020(const ap_sense_from *from, const ap_asterix_record *record,
                           ap_report *report)
{
    ap_cat020 target;
    ap_reader reader = ap_reader_of(record->data, record->size);
    if (ap_cat020_decode(&reader, &target))
        return AP_REFUSED_ITEM;
    if (target.i020.rab || target.i020.tst)
        return AP_REFUSED_TEST_TARGET;
    uint64_t places = target.present & (AP_CAT020_I041 | AP_CAT020_I042);
    if (!places)
        return AP_REFUSED_POSITION_MISSING;
    if (!(places & AP_CAT020_I041) && !from->sensor->has_site)
        return AP_REFUSED_SENSOR_UNKNOWN;
    ap_verdict verdict =
        ap_sense_set_time(from, target.present & AP_CAT020_I140, target.i140_128th_s, report);
    if (verdict != AP_VERDICT_REPORT)
        return verdict;
    set_descriptor(&target, report);
    set_identity(&target, report);
    set_motion(&target, from->sensor, report);
    return set_place(&target, from->sensor, report) ? AP_VERDICT_REPORT
                                                    : (ap_verdict)AP_REFUSED_POSITION_RANGE;
}

/* CAT021: what an ADS-B ground station has heard. */
#include "airpicture/asterix/cat021.h"

#include "airpicture/modes.h"
#include "sense/cat021_early.h"
#include "sense/fields.h"
#include "sense/state.h"

/* I021/040 ATP. */
#define ADDRESS_TYPE_ANONYMOUS 3
/* I021/200: PS 1..5 are emergencies (2 is lifeguard: no emergency of its own), SS 3 is SPI. */
#define STATUS_LIFEGUARD 2
#define STATUS_SPI 3

#define HEIGHT_SIGMA_M 20.0
#define CLIMB_SIGMA_MPS 1.5
#define FRACTION_PER_S 1073741824.0 /* I021/074 and 076: steps of 2^-30 s */
#define TOD_128TH_PER_S 128u

static void set_descriptor(const ap_cat021 *target, ap_report *report)
{
    report->flags |= target->i040.gbs ? AP_FLAG_ON_GROUND : 0;
    report->flags |= target->i040.sim ? AP_FLAG_SIMULATED : 0;
    report->flags |= target->i200.me ? AP_FLAG_EMERGENCY : 0;
    report->flags |=
        target->i200.ps != 0 && target->i200.ps != STATUS_LIFEGUARD && target->i200.ps < 6
            ? AP_FLAG_EMERGENCY
            : 0;
    report->flags |= target->i200.ss == STATUS_SPI ? AP_FLAG_SPI : 0;
}

static void set_identity(const ap_cat021 *target, ap_report *report)
{
    if (target->present & AP_CAT021_I080)
        ap_sense_set_address(report, target->i080,
                             target->i040.atp == ADDRESS_TYPE_ANONYMOUS ? AP_ADDRESS_ANONYMOUS
                                                                        : AP_ADDRESS_ICAO);
    if (target->present & AP_CAT021_I070)
        ap_sense_set_mode_3a(report, target->i070.mode3a, false, false);
    if (target->present & AP_CAT021_I170)
        ap_sense_set_callsign6(report, target->i170_icao6);
    if (target->present & AP_CAT021_I020)
        ap_sense_set_emitter(report, target->i020);
    if (target->present & AP_CAT021_I161)
        ap_sense_set_track_number(report, target->i161.trnum);
}

static void set_vertical(const ap_cat021 *target, const ap_sensor *sensor, ap_report *report)
{
    if (target->present & AP_CAT021_I145)
        ap_sense_set_altitude(report, sensor, target->i145_4th_fl * 25.0, 25.0);
    /* All ones but the sign: "greater than can be sent". */
    if ((target->present & AP_CAT021_I140) && target->i140_25_4th_ft != INT16_MAX)
        ap_sense_set_height(report, target->i140_25_4th_ft * 6.25, HEIGHT_SIGMA_M);
    if ((target->present & AP_CAT021_I155) && !target->i155.re)
        ap_sense_set_vertical_rate(report, target->i155.bvr_25_4th_ftpmin * 6.25, CLIMB_SIGMA_MPS);
    else if ((target->present & AP_CAT021_I157) && !target->i157.re)
        ap_sense_set_vertical_rate(report, target->i157.gvr_25_4th_ftpmin * 6.25, CLIMB_SIGMA_MPS);
    if ((target->present & AP_CAT021_I146) && target->i146.sas)
        ap_sense_set_selected_altitude(report, target->i146.alt_25_ft * 25.0);
}

static void set_air_data(const ap_cat021 *target, ap_report *report)
{
    if ((target->present & AP_CAT021_I150) && target->i150.im) {
        report->present |= AP_HAS_MACH;
        report->mach = target->i150.as / 1000.0;
    } else if (target->present & AP_CAT021_I150) {
        report->present |= AP_HAS_INDICATED_AIRSPEED;
        report->indicated_airspeed_mps = target->i150.as / 16384.0 * AP_M_PER_NMI;
    }
    if ((target->present & AP_CAT021_I151) && !target->i151.re) {
        report->present |= AP_HAS_TRUE_AIRSPEED;
        report->true_airspeed_mps = target->i151.tas_kt * AP_MPS_PER_KT;
    }
    if (target->present & AP_CAT021_I152) {
        report->present |= AP_HAS_HEADING;
        report->heading_rad = ap_turn_rad(target->i152_turn16, 16);
    }
    if (target->present & AP_CAT021_I230) {
        report->present |= AP_HAS_ROLL;
        report->roll_rad = ap_wrap_pi(target->i230_100th_deg / 100.0 * AP_RAD_PER_DEG);
    }
    if (target->present & AP_CAT021_I165) {
        report->present |= AP_HAS_TRACK_RATE;
        report->track_rate_radps = target->i165.tar_32th_degps / 32.0 * AP_RAD_PER_DEG;
    }
}

static void set_motion(const ap_cat021 *target, ap_report *report)
{
    if (!(target->present & AP_CAT021_I160) || target->i160.re)
        return;
    uint8_t nac_v = target->present & AP_CAT021_I090 ? target->i090.nucrnacv : 0;
    ap_sense_set_ground_vector(report, target->i160.gs_16384th_nmips / 16384.0 * AP_M_PER_NMI,
                               ap_turn_rad(target->i160.ta_turn16, 16),
                               ap_modes_sigma_of_nac_v(nac_v));
}

/* Sets the integrity fields; returns the sigma that they promise. A record without the second
 * octet of I021/090 is of a version 0 transponder. */
static double set_quality(const ap_cat021 *target, const ap_sensor *sensor, ap_report *report)
{
    if (!(target->present & AP_CAT021_I090))
        return sensor->position_sigma_m;
    report->present |= AP_HAS_INTEGRITY;
    report->nic = target->i090.nucpnic;
    report->nac_v = target->i090.nucrnacv;
    report->nac_p = target->i090.nacp;
    report->sil = target->i090.sil;
    return target->i090.octet_count > 1 ? ap_modes_sigma_of_nac_p(target->i090.nacp)
                                        : ap_modes_sigma_of_nuc_p(target->i090.nucpnic);
}

/* The second of `tod_128th_s`, moved as `fsi` says, and the fraction of the high-precision item. */
static ap_utc_ns refine(ap_utc_ns coarse_utc, uint32_t tod_128th_s, uint8_t fsi, uint32_t fraction)
{
    double coarse_fraction_s = (tod_128th_s % TOD_128TH_PER_S) / (double)TOD_128TH_PER_S;
    double second_s = fsi == 1 ? 1.0 : fsi == 2 ? -1.0 : 0.0;
    return ap_utc_add_s(coarse_utc, second_s - coarse_fraction_s + fraction / FRACTION_PER_S);
}

/* Applicability before reception: the first holds for the position, the second for its arrival. */
static ap_verdict set_time(const ap_sense_from *from, const ap_cat021 *target, ap_report *report)
{
    if (target->present & AP_CAT021_I071) {
        ap_sensor exact = *from->sensor; /* an applicability time knows no latency */
        exact.latency_s = 0.0;
        ap_sense_from here = { &exact, from->receive_utc, from->marker_utc };
        return ap_sense_set_time(&here, true, target->i071_128th_s, report);
    }
    if (target->present & AP_CAT021_I073) {
        ap_verdict verdict = ap_sense_set_time(from, true, target->i073_128th_s, report);
        if (verdict == AP_VERDICT_REPORT && (target->present & AP_CAT021_I074) &&
            target->i074.fsi != 3)
            report->time_utc = refine(report->time_utc, target->i073_128th_s, target->i074.fsi,
                                      target->i074.tomrp_2pm30_s);
        return verdict;
    }
    if (target->present & AP_CAT021_I072)
        return ap_sense_set_time(from, true, target->i072_128th_s, report);
    if (target->present & AP_CAT021_I075)
        return ap_sense_set_time(from, true, target->i075_128th_s, report);
    return ap_sense_set_time(from, target->present & AP_CAT021_I077, target->i077_128th_s, report);
}

static ap_verdict set_place(const ap_cat021 *target, double sigma_m, ap_report *report)
{
    bool ok = true;
    if (target->present & AP_CAT021_I131)
        ok = ap_sense_set_position(report, ap_turn_deg(target->i131.lat_turn31, 31),
                                   ap_turn_deg(target->i131.lon_turn31, 31), sigma_m);
    else if (target->present & AP_CAT021_I130)
        ok = ap_sense_set_position(report, ap_turn_deg(target->i130.lat_turn24, 24),
                                   ap_turn_deg(target->i130.lon_turn24, 24), sigma_m);
    else if (!(report->present & AP_HAS_ADDRESS)) /* nothing to attach the rest to */
        return AP_REFUSED_POSITION_MISSING;
    return ok ? AP_VERDICT_REPORT : (ap_verdict)AP_REFUSED_POSITION_RANGE;
}

ap_verdict ap_sense_cat021(const ap_sense_from *from, const ap_asterix_record *record,
                           ap_report *report)
{
    ap_cat021 target;
    ap_reader reader = ap_reader_of(record->data, record->size);
    ap_err err = ap_sense_is_early_021(record->spec) ? ap_sense_read_early_021(record, &target)
                                                     : ap_cat021_decode(&reader, &target);
    if (err)
        return AP_REFUSED_ITEM;
    if (target.i040.rab || target.i040.tst)
        return AP_REFUSED_TEST_TARGET;
    ap_verdict verdict = set_time(from, &target, report);
    if (verdict != AP_VERDICT_REPORT)
        return verdict;
    set_descriptor(&target, report);
    set_identity(&target, report);
    set_vertical(&target, from->sensor, report);
    set_air_data(&target, report);
    set_motion(&target, report);
    return set_place(&target, set_quality(&target, from->sensor, report), report);
}

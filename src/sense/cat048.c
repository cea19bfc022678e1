/* CAT048: plots and local tracks of one radar. */
#include "airpicture/asterix/cat048.h"

#include "sense/comm_b.h"
#include "sense/fields.h"
#include "sense/state.h"

/* Detections behind I048/020 TYP. */
static const uint32_t flags_of_type[8] = {
    [0] = AP_FLAG_EXTRAPOLATED,
    [1] = AP_FLAG_PRIMARY,
    [2] = AP_FLAG_SECONDARY,
    [3] = AP_FLAG_PRIMARY | AP_FLAG_SECONDARY,
    [4] = AP_FLAG_SECONDARY,
    [5] = AP_FLAG_SECONDARY,
    [6] = AP_FLAG_PRIMARY | AP_FLAG_SECONDARY,
    [7] = AP_FLAG_PRIMARY | AP_FLAG_SECONDARY,
};

#define TYPE_FIRST_MODE_S 4
#define HEIGHT_3D_SIGMA_M 300.0 /* of a 3-D radar, and of taking sea level for the ellipsoid */

static void set_descriptor(const ap_cat048 *plot, ap_report *report)
{
    if (!(plot->present & AP_CAT048_I020))
        return;
    report->flags |= flags_of_type[plot->i020.typ & 7];
    report->flags |= plot->i020.sim ? AP_FLAG_SIMULATED : 0;
    report->flags |= plot->i020.spi ? AP_FLAG_SPI : 0;
    report->flags |= plot->i020.me ? AP_FLAG_EMERGENCY : 0;
}

static void set_identity(const ap_cat048 *plot, ap_report *report)
{
    if (plot->present & AP_CAT048_I070)
        ap_sense_set_mode_3a(report, plot->i070.mode3a, plot->i070.v, plot->i070.g);
    if (plot->present & AP_CAT048_I220)
        ap_sense_set_address(report, plot->i220, AP_ADDRESS_ICAO);
    if (plot->present & AP_CAT048_I240)
        ap_sense_set_callsign6(report, plot->i240_icao6);
    if (plot->present & AP_CAT048_I161)
        ap_sense_set_track_number(report, plot->i161.trn);
    if (plot->present & AP_CAT048_I230)
        ap_sense_flag_flight_status(report, plot->i230.stat);
}

static void set_altitude(const ap_cat048 *plot, const ap_sensor *sensor, ap_report *report)
{
    if (plot->present & AP_CAT048_I090) {
        double step_ft = plot->i020.typ >= TYPE_FIRST_MODE_S ? 25.0 : 100.0;
        ap_sense_set_altitude(report, sensor, plot->i090.fl_4th_fl * 25.0, step_ft);
        ap_sense_flag_altitude(report, plot->i090.v, plot->i090.g);
    }
    if (plot->present & AP_CAT048_I110)
        ap_sense_set_height(report, plot->i110.n3dh_25_ft * 25.0, HEIGHT_3D_SIGMA_M);
}

/* The calculated speed when it is not in doubt; else what was measured, with its ambiguity. */
static void set_doppler(const ap_cat048 *plot, const ap_sensor *sensor, ap_report *report)
{
    if (!(plot->present & AP_CAT048_I120))
        return;
    if ((plot->i120.present & AP_CAT048_I120_CAL) && !plot->i120.cal.d) {
        ap_sense_set_doppler(report, sensor, plot->i120.cal.cal_mps, 1.0, 0.0);
    } else if ((plot->i120.present & AP_CAT048_I120_RDS) && plot->i120.rds.count > 0) {
        ap_cat048_i120_rds raw;
        ap_cat048_i120_rds_get(&plot->i120.rds, 0, &raw);
        if (raw.amb_mps > 0)
            ap_sense_set_doppler(report, sensor, raw.dop_mps, 1.0, raw.amb_mps);
    }
}

static void set_comm_b(const ap_cat048 *plot, ap_report *report)
{
    for (size_t k = 0; (plot->present & AP_CAT048_I250) && k < plot->i250.count; k++) {
        ap_cat048_i250 mb;
        ap_cat048_i250_get(&plot->i250, k, &mb);
        ap_sense_set_comm_b(report, (uint8_t)(mb.bds1 << 4 | mb.bds2), mb.mbdata);
    }
}

static ap_verdict set_place(const ap_cat048 *plot, const ap_sensor *sensor, ap_report *report)
{
    ap_sense_plot_place place = { .has_polar = plot->present & AP_CAT048_I040,
                                  .range_m = plot->i040.rho_256th_nmi / 256.0 * AP_M_PER_NMI,
                                  .azimuth_rad = ap_turn_rad(plot->i040.theta_turn16, 16),
                                  .has_local = plot->present & AP_CAT048_I042,
                                  .east_m = plot->i042.x_128th_nmi / 128.0 * AP_M_PER_NMI,
                                  .north_m = plot->i042.y_128th_nmi / 128.0 * AP_M_PER_NMI };
    return ap_sense_set_plot_place(&place, sensor, report);
}

ap_verdict ap_sense_cat048(const ap_sense_from *from, const ap_asterix_record *record,
                           ap_report *report)
{
    ap_cat048 plot;
    ap_reader reader = ap_reader_of(record->data, record->size);
    if (ap_cat048_decode(&reader, &plot))
        return AP_REFUSED_ITEM;
    if (plot.i020.rab || plot.i020.tst)
        return AP_REFUSED_TEST_TARGET;
    if (!from->sensor->has_site)
        return AP_REFUSED_SENSOR_UNKNOWN;
    ap_verdict verdict =
        ap_sense_set_time(from, plot.present & AP_CAT048_I140, plot.i140_128th_s, report);
    if (verdict != AP_VERDICT_REPORT)
        return verdict;
    set_descriptor(&plot, report);
    set_identity(&plot, report);
    set_altitude(&plot, from->sensor, report);
    set_doppler(&plot, from->sensor, report);
    set_comm_b(&plot, report);
    return set_place(&plot, from->sensor, report);
}

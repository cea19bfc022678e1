/* CAT001: plots and local tracks of one radar, in the older format. */
#include "airpicture/asterix/cat001.h"

#include "sense/fields.h"
#include "sense/state.h"

/* Detections behind I001/020 SSR/PSR. */
static const uint32_t flags_of_detection[4] = {
    [0] = AP_FLAG_EXTRAPOLATED,
    [1] = AP_FLAG_PRIMARY,
    [2] = AP_FLAG_SECONDARY,
    [3] = AP_FLAG_PRIMARY | AP_FLAG_SECONDARY,
};

#define MODE_C_STEP_FT 100.0

static void set_descriptor(const ap_cat001 *plot, ap_report *report)
{
    if (!(plot->present & AP_CAT001_I020))
        return;
    report->flags |= flags_of_detection[plot->i020.ssrpsr & 3];
    report->flags |= plot->i020.sim ? AP_FLAG_SIMULATED : 0;
    report->flags |= plot->i020.spi ? AP_FLAG_SPI : 0;
    report->flags |= plot->i020.ds1ds2 || plot->i020.me ? AP_FLAG_EMERGENCY : 0;
}

static void set_content(const ap_cat001 *plot, const ap_sensor *sensor, ap_report *report)
{
    if (plot->present & AP_CAT001_I070)
        ap_sense_set_mode_3a(report, plot->i070.mode3a, plot->i070.v, plot->i070.g);
    if (plot->present & AP_CAT001_I090) {
        ap_sense_set_altitude(report, sensor, plot->i090.hgt_4th_fl * 25.0, MODE_C_STEP_FT);
        ap_sense_flag_altitude(report, plot->i090.v, plot->i090.g);
    }
    if (plot->present & AP_CAT001_I120) {
        double step_mps = AP_M_PER_NMI / 256.0;
        ap_sense_set_doppler(report, sensor, plot->i120_256th_nmips * step_mps, step_mps, 0.0);
    }
    if (plot->present & AP_CAT001_I161)
        ap_sense_set_track_number(report, plot->i161);
}

static ap_verdict set_place(const ap_cat001 *plot, const ap_sensor *sensor, ap_report *report)
{
    ap_sense_plot_place place = { .has_polar = plot->present & AP_CAT001_I040,
                                  .range_m = plot->i040.rho_128th_nmi / 128.0 * AP_M_PER_NMI,
                                  .azimuth_rad = ap_turn_rad(plot->i040.theta_turn16, 16),
                                  .has_local = plot->present & AP_CAT001_I042,
                                  .east_m = plot->i042.x_64th_nmi / 64.0 * AP_M_PER_NMI,
                                  .north_m = plot->i042.y_64th_nmi / 64.0 * AP_M_PER_NMI };
    return ap_sense_set_plot_place(&place, sensor, report);
}

ap_verdict ap_sense_cat001(const ap_sense_from *from, const ap_asterix_record *record,
                           ap_report *report)
{
    ap_cat001 plot;
    ap_reader reader = ap_reader_of(record->data, record->size);
    if (ap_cat001_decode(&reader, &plot))
        return AP_REFUSED_ITEM;
    if (plot.i020.rab || plot.i020.tst)
        return AP_REFUSED_TEST_TARGET;
    if (!from->sensor->has_site)
        return AP_REFUSED_SENSOR_UNKNOWN;
    ap_verdict verdict =
        ap_sense_set_time_512(from, plot.present & AP_CAT001_I141, plot.i141_128th_s, report);
    if (verdict != AP_VERDICT_REPORT)
        return verdict;
    set_descriptor(&plot, report);
    set_content(&plot, from->sensor, report);
    return set_place(&plot, from->sensor, report);
}

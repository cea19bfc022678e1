#include "track/aspect.h"

#include <math.h>

/* Of sensors whose description does not say: a pulse is some three times as long as the range error
 * of its edges, and a beam, monopulse or not, splits aircraft no nearer than some seven times the
 * azimuth error that it has on one of them. */
#define CELL_RANGE_SIGMAS 3.0
#define CELL_AZIMUTH_SIGMAS 7.5

ap_vec3 ap_aspect_place(const ap_imm *imm)
{
    return ap_ecef_from_enu(&imm->frame, (ap_vec3){ imm->mean.x[0], imm->mean.x[1], 0.0 });
}

ap_aspect ap_aspect_of(const ap_sensor *sensor, const ap_imm *imm)
{
    ap_vec3 enu = ap_enu_from_ecef(&sensor->frame, ap_aspect_place(imm));
    ap_aspect s = { .east_m = enu.x_m, .north_m = enu.y_m };
    double ground2 = enu.x_m * enu.x_m + enu.y_m * enu.y_m;
    s.slant_m = sqrt(ground2 + enu.z_m * enu.z_m);
    s.ground_m = fmax(sqrt(ground2), 1.0);
    ap_vec3 line = { enu.x_m / s.ground_m, enu.y_m / s.ground_m, 0.0 };
    ap_vec3 u = ap_enu_rotate(&imm->frame, ap_ecef_rotate(&sensor->frame, line));
    const ap_sym2 *P = &imm->mean.A;
    s.along_var_m2 = P->ee * u.x_m * u.x_m + 2.0 * P->en * u.x_m * u.y_m + P->nn * u.y_m * u.y_m;
    s.across_var_m2 = fmax(P->ee + P->nn - s.along_var_m2, 0.0);
    return s;
}

ap_aspect ap_aspect_of_plot(const ap_sensor *sensor, const ap_report *report,
                            const ap_measure *measure)
{
    ap_vec3 enu = ap_enu_from_ecef(&sensor->frame, measure->ecef);
    double ground2 = enu.x_m * enu.x_m + enu.y_m * enu.y_m;
    double across_m2 = report->azimuth_sigma_rad * report->azimuth_sigma_rad * ground2;
    return (ap_aspect){ .slant_m = sqrt(ground2 + enu.z_m * enu.z_m),
                        .east_m = enu.x_m,
                        .north_m = enu.y_m,
                        .ground_m = fmax(sqrt(ground2), 1.0),
                        .along_var_m2 = report->range_sigma_m * report->range_sigma_m,
                        .across_var_m2 = across_m2 };
}

ap_cell ap_cell_of(const ap_sensor *sensor, const ap_report *report)
{
    ap_cell c = { sensor->range_resolution_m, sensor->azimuth_resolution_rad };
    if (!(c.range_m > 0.0))
        c.range_m = fmax(CELL_RANGE_SIGMAS * report->range_sigma_m, 1.0);
    if (!(c.azimuth_rad > 0.0))
        c.azimuth_rad = fmax(CELL_AZIMUTH_SIGMAS * report->azimuth_sigma_rad, 1e-5);
    return c;
}

double ap_aspect_across_m(const ap_aspect *a, const ap_aspect *b)
{
    if (a->east_m * b->east_m + a->north_m * b->north_m <= 0.0)
        return 1e9;
    return (a->east_m * b->north_m - a->north_m * b->east_m) / (0.5 * (a->ground_m + b->ground_m));
}

#include "publish/system_plane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include <proj.h>

static ap_geodetic at(double latitude_deg, double longitude_deg)
{
    return (ap_geodetic){ latitude_deg * AP_RAD_PER_DEG, longitude_deg * AP_RAD_PER_DEG, 0 };
}

/* PROJ's oblique stereographic of the ellipsoid is the same projection. */
static void test_system_plane_agrees_with_proj(void **state)
{
    (void)state;
    static const double references[][2] = { { 46, 14 }, { -33, 151 }, { 0, 0 }, { 70, -179 } };
    for (size_t i = 0; i < sizeof references / sizeof references[0]; i++) {
        char definition[128];
        snprintf(definition, sizeof definition, "+proj=stere +lat_0=%g +lon_0=%g +ellps=WGS84",
                 references[i][0], references[i][1]);
        PJ *pj = proj_create(PJ_DEFAULT_CTX, definition);
        assert_non_null(pj);
        ap_system_plane plane = ap_system_plane_at(at(references[i][0], references[i][1]));
        for (double dlat = -15; dlat <= 15; dlat += 3.7)
            for (double dlon = -20; dlon <= 20; dlon += 4.1) {
                ap_geodetic p = at(references[i][0] + dlat, references[i][1] + dlon);
                PJ_COORD c =
                    proj_trans(pj, PJ_FWD, proj_coord(p.longitude_rad, p.latitude_rad, 0, 0));
                double x_m, y_m;
                assert_true(ap_system_plane_xy(&plane, p, &x_m, &y_m));
                assert_true(fabs(x_m - c.xy.x) < 1e-4 && fabs(y_m - c.xy.y) < 1e-4);
            }
        proj_destroy(pj);
    }
}

static void test_system_plane_antipode(void **state)
{
    (void)state;
    ap_system_plane plane = ap_system_plane_at(at(46, 14));
    double x_m = 7, y_m = 7;
    assert_false(ap_system_plane_xy(&plane, at(-46, -166), &x_m, &y_m));
    assert_false(ap_system_plane_xy(&plane, at(NAN, 0), &x_m, &y_m));
    assert_true(x_m == 7 && y_m == 7);
    assert_true(ap_system_plane_xy(&plane, at(46, 14), &x_m, &y_m));
    assert_true(fabs(x_m) < 1e-8 && fabs(y_m) < 1e-8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_system_plane_agrees_with_proj),
        cmocka_unit_test(test_system_plane_antipode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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

/* Sites and their middle by hand: half-way on a meridian and over the date line; of two points on a
 * parallel nearer to the pole (60 degrees, 20 apart: tan = tan 60 / cos 10 on the sphere, from
 * which the ellipsoid differs by less than a minute). */
static void test_ap_system_reference(void **state)
{
    (void)state;
    static const struct {
        int count;
        double site[3][2];
        bool found;
        double latitude_deg, longitude_deg, tolerance_deg;
    } cases[] = {
        { 0, { { 0 } }, false, 0, 0, 0 },
        { 1, { { 52.301, 4.769 } }, true, 52 + 18 / 60.0, 4 + 46 / 60.0, 1e-9 },
        { 2, { { 50, 8 }, { 51, 8 } }, true, 50.5, 8, 1e-9 },
        { 2, { { 60, 179 }, { 60, -179 } }, true, 60, 180, 1e-9 },
        { 2, { { 60, 0 }, { 60, 20 } }, true, 60 + 23 / 60.0, 10, 1.01 / 60 },
        { 2, { { 0, 0 }, { 0, 180 } }, false, 0, 0, 0 },
        { 1, { { 89.5, 0 } }, false, 0, 0, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_sensor sensor[5] = { { .described = true }, { .has_site = true } };
        ap_sensor_stats stats[5];
        ap_sensor_table table = { .sensor = sensor, .stats = stats, .count = 2, .cap = 5 };
        for (int n = 0; n < cases[i].count; n++) {
            ap_sensor *s = &sensor[table.count++];
            s->described = true;
            assert_int_equal(ap_sensor_place(s, at(cases[i].site[n][0], cases[i].site[n][1])),
                             AP_OK);
        }
        ap_geodetic reference = { 0 };
        assert_int_equal(ap_system_reference(&table, &reference), cases[i].found);
        double turn = reference.longitude_rad - cases[i].longitude_deg * AP_RAD_PER_DEG;
        double tolerance_rad = cases[i].tolerance_deg * AP_RAD_PER_DEG;
        assert_true(fabs(ap_wrap_pi(turn)) <= tolerance_rad);
        assert_true(fabs(reference.latitude_rad - cases[i].latitude_deg * AP_RAD_PER_DEG) <=
                    tolerance_rad);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_system_plane_agrees_with_proj),
        cmocka_unit_test(test_system_plane_antipode),
        cmocka_unit_test(test_ap_system_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "airpicture/geo.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <proj.h>

#define DEG AP_RAD_PER_DEG

static const double sites[][3] = {
    { 0, 0, 0 },      { 52.3, 4.76, -3 },     { 90, 30, 10 },   { -90, -30, 2800 },
    { 10, 180, 500 }, { -33.9, -179.99, 20 }, { 65, 179.9, 0 },
};
#define SITE_COUNT (sizeof sites / sizeof sites[0])

static ap_enu_frame frame_at(size_t i)
{
    return ap_enu_frame_at((ap_geodetic){ sites[i][0] * DEG, sites[i][1] * DEG, sites[i][2] });
}

/* Reference: PROJ, "+proj=topocentric" behind "+proj=cart". */
static void test_enu_from_ecef_against_proj(void **state)
{
    (void)state;
    for (size_t i = 0; i < SITE_COUNT; i++) {
        char text[200];
        snprintf(text, sizeof text,
                 "+proj=topocentric +ellps=WGS84 +lat_0=%.12f +lon_0=%.12f +h_0=%.3f", sites[i][0],
                 sites[i][1], sites[i][2]);
        PJ *topocentric = proj_create(PJ_DEFAULT_CTX, text);
        assert_non_null(topocentric);
        ap_enu_frame frame = frame_at(i);
        for (int k = 0; k < 50; k++) {
            ap_geodetic g = { (k * 3.6 - 90) * DEG, (k * 17.0 - 180) * DEG, k * 1000.0 };
            ap_vec3 ecef = ap_ecef_from_geodetic(g), enu = ap_enu_from_ecef(&frame, ecef);
            PJ_COORD c =
                proj_trans(topocentric, PJ_FWD, proj_coord(ecef.x_m, ecef.y_m, ecef.z_m, 0));
            assert_true(fabs(c.xyz.x - enu.x_m) < 1e-7);
            assert_true(fabs(c.xyz.y - enu.y_m) < 1e-7);
            assert_true(fabs(c.xyz.z - enu.z_m) < 1e-7);
        }
        proj_destroy(topocentric);
    }
}

static void test_enu_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < SITE_COUNT; i++) {
        ap_enu_frame frame = frame_at(i);
        ap_vec3 enu = { 123456.7, -98765.4, 10000.1 };
        ap_vec3 back = ap_enu_from_ecef(&frame, ap_ecef_from_enu(&frame, enu));
        assert_true(fabs(back.x_m - enu.x_m) < 5e-9);
        assert_true(fabs(back.y_m - enu.y_m) < 5e-9);
        assert_true(fabs(back.z_m - enu.z_m) < 5e-9);
        ap_vec3 turned = ap_enu_rotate(&frame, ap_ecef_rotate(&frame, enu));
        assert_true(fabs(turned.x_m - enu.x_m) < 1e-9);
        assert_true(fabs(turned.y_m - enu.y_m) < 1e-9);
        assert_true(fabs(turned.z_m - enu.z_m) < 1e-9);
        ap_vec3 origin = ap_enu_from_ecef(&frame, frame.origin_ecef);
        assert_true(origin.x_m == 0.0 && origin.y_m == 0.0 && origin.z_m == 0.0);
    }
}

/* At the north pole with longitude 0, east is +y and north points to -x. */
static void test_enu_frame_at_pole(void **state)
{
    (void)state;
    ap_enu_frame frame = ap_enu_frame_at((ap_geodetic){ AP_PI / 2.0, 0.0, 0.0 });
    ap_vec3 east = ap_ecef_rotate(&frame, (ap_vec3){ .x_m = 1.0 });
    ap_vec3 north = ap_ecef_rotate(&frame, (ap_vec3){ .y_m = 1.0 });
    ap_vec3 up = ap_ecef_rotate(&frame, (ap_vec3){ .z_m = 1.0 });
    assert_true(fabs(east.y_m - 1.0) < 1e-15 && fabs(east.x_m) < 1e-15);
    assert_true(fabs(north.x_m + 1.0) < 1e-15 && fabs(north.z_m) < 1e-15);
    assert_true(fabs(up.z_m - 1.0) < 1e-15);
}

static void test_enu_batch_equals_scalar(void **state)
{
    (void)state;
    double x[37], y[37], z[37], e[37], n[37], u[37];
    ap_enu_frame frame = frame_at(1);
    for (int i = 0; i < 37; i++) {
        ap_vec3 p = ap_ecef_from_geodetic((ap_geodetic){ i * 0.03, i * 0.1 - 2, i * 300.0 });
        x[i] = p.x_m, y[i] = p.y_m, z[i] = p.z_m;
    }
    x[36] = NAN;
    ap_enu_from_ecef_n(&frame, 37, x, y, z, e, n, u);
    for (int i = 0; i < 36; i++) {
        ap_vec3 one = ap_enu_from_ecef(&frame, (ap_vec3){ x[i], y[i], z[i] });
        ap_vec3 many = { e[i], n[i], u[i] };
        assert_memory_equal(&one, &many, sizeof one);
    }
    assert_true(isnan(e[36]) && isnan(n[36]) && isnan(u[36]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enu_from_ecef_against_proj),
        cmocka_unit_test(test_enu_round_trip),
        cmocka_unit_test(test_enu_frame_at_pole),
        cmocka_unit_test(test_enu_batch_equals_scalar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "simulate/fall.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define DEG AP_RAD_PER_DEG
#define NODE_CAP 8192

static ap_path_node nodes[NODE_CAP];

/* U.S. Standard Atmosphere 1976, table I, by geometric height. */
static void test_fall_density_standard(void **state)
{
    (void)state;
    static const struct {
        double height_m, density, tolerance;
    } rows[] = {
        { -100.0, 1.2250, 1e-4 },  { 0.0, 1.2250, 1e-4 },      { 5e3, 0.73643, 1e-4 },
        { 11e3, 0.36480, 1e-3 },   { 20e3, 0.088910, 1e-3 },   { 30e3, 0.018410, 1e-3 },
        { 50e3, 1.0269e-3, 1e-3 }, { 70e3, 8.2829e-5, 1e-3 },  { 80e3, 1.8458e-5, 2e-3 },
        { 100e3, 5.604e-7, 1e-3 }, { 200e3, 2.541e-10, 1e-3 }, { 2000e3, 3.561e-15, 1e-3 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_true(fabs(ap_fall_density(rows[i].height_m) / rows[i].density - 1.0) <
                    rows[i].tolerance);
    for (double h = 0.0; h < 400e3; h += 250.0)
        assert_true(ap_fall_density(h + 250.0) < ap_fall_density(h));
}

static ap_fall_state begin(double height_m, double east_mps, double up_mps)
{
    ap_enu_frame local = ap_enu_frame_at((ap_geodetic){ 45 * DEG, 10 * DEG, height_m });
    ap_vec3 velocity = { east_mps, 0.0, up_mps };
    return (ap_fall_state){ 0.0, { local.origin_ecef, ap_ecef_rotate(&local, velocity) } };
}

/* At rest on the ellipsoid gravity and the Earth's turning together point down: 9.80620 m/s2 at 45
 * degrees (Somigliana's formula of WGS-84 gives 9.80619774). */
static void test_fall_acceleration_is_normal_gravity(void **state)
{
    (void)state;
    ap_fall_state at = begin(0.0, 0.0, 0.0);
    ap_vec3 pull = ap_fall_acceleration(&at.motion, 1e5);
    ap_enu_frame local = ap_enu_frame_at((ap_geodetic){ 45 * DEG, 10 * DEG, 0.0 });
    ap_vec3 enu = ap_enu_rotate(&local, pull);
    assert_true(fabs(enu.z_m + 9.80619774) < 1e-4);
    assert_true(fabs(enu.x_m) < 1e-9 && fabs(enu.y_m) < 1e-4);
}

/* Without air the energy in turning axes is kept: v^2 / 2 - w^2 (x^2 + y^2) / 2 + potential. */
static double energy(const ap_motion *m)
{
    ap_vec3 r = m->position, v = m->velocity;
    double radius_m = sqrt(r.x_m * r.x_m + r.y_m * r.y_m + r.z_m * r.z_m);
    double sine2 = r.z_m * r.z_m / (radius_m * radius_m), a = AP_WGS84_A_M / radius_m;
    double potential =
        -3.986004418e14 / radius_m * (1.0 - 1.082629821e-3 * a * a * (3.0 * sine2 - 1.0) / 2.0);
    double w = 7.292115e-5;
    return (v.x_m * v.x_m + v.y_m * v.y_m + v.z_m * v.z_m) / 2.0 -
           w * w * (r.x_m * r.x_m + r.y_m * r.y_m) / 2.0 + potential;
}

static void test_fall_keeps_its_energy_without_air(void **state)
{
    (void)state;
    ap_fall_state at = begin(400e3, 7000.0, 500.0);
    double before = energy(&at.motion);
    uint32_t count = ap_fall(&at, 1e15, 0.0, 600.0, nodes, NODE_CAP);
    assert_int_equal(count, 1201);
    assert_true(fabs(energy(&at.motion) - before) < 1e-3);
    assert_true(fabs(at.time_s - 600.0) < 1e-9);
}

/* Near the ground it falls as fast as drag and weight allow: v^2 = 2 beta / rho; and a little
 * faster, as the air below is denser: by v^2 / (4 g H) of it, H = 8.4 to 10.4 km. */
static void test_fall_reaches_its_last_speed(void **state)
{
    (void)state;
    ap_fall_state at = begin(60e3, 3000.0, -800.0);
    uint32_t count = ap_fall(&at, 5000.0, 0.0, 2000.0, nodes, NODE_CAP);
    assert_true(count > 100 && count < NODE_CAP);
    ap_geodetic end = ap_geodetic_from_ecef(at.motion.position);
    assert_true(fabs(end.height_m) < 1e-3);
    ap_vec3 v = at.motion.velocity;
    double speed_mps = sqrt(v.x_m * v.x_m + v.y_m * v.y_m + v.z_m * v.z_m);
    double balance_mps = sqrt(2.0 * 5000.0 / 1.225);
    double lag = balance_mps * balance_mps / (4.0 * 9.8 * 9400.0);
    assert_true(fabs(speed_mps / balance_mps - 1.0 - lag) < 0.006);
    assert_true(nodes[count - 1].time_s == at.time_s);
}

/* The path between two nodes is that of the integration, and half the steps change little. */
static void test_fall_nodes_hold_the_path(void **state)
{
    (void)state;
    ap_fall_state at = begin(70e3, 6000.0, -600.0);
    uint32_t count = ap_fall(&at, 20000.0, 20e3, 2000.0, nodes, NODE_CAP), hint = 0;
    assert_true(fabs(ap_geodetic_from_ecef(at.motion.position).height_m - 20e3) < 1e-3);
    ap_fall_state other = begin(70e3, 6000.0, -600.0);
    double worst_m = 0.0;
    for (uint32_t i = 1; i + 2 < count; i++) {
        /* Ends a step short of the next node, so between two. */
        (void)ap_fall(&other, 20000.0, 0.0, nodes[i].time_s - 0.2, NULL, 0);
        ap_vec3 position, velocity;
        ap_path_at(nodes, count, other.time_s, &hint, &position, &velocity, NULL);
        double away_m = hypot(hypot(position.x_m - other.motion.position.x_m,
                                    position.y_m - other.motion.position.y_m),
                              position.z_m - other.motion.position.z_m);
        worst_m = fmax(worst_m, away_m);
    }
    assert_true(worst_m < 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fall_density_standard),
        cmocka_unit_test(test_fall_acceleration_is_normal_gravity),
        cmocka_unit_test(test_fall_keeps_its_energy_without_air),
        cmocka_unit_test(test_fall_reaches_its_last_speed),
        cmocka_unit_test(test_fall_nodes_hold_the_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "track/grid.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <cmocka.h>

#define ITEMS 400u

static ap_grid grid_new(void **mem)
{
    ap_grid grid;
    ap_arena measure = ap_arena_measure();
    ap_grid_init(&grid, ITEMS, &measure);
    size_t size = ap_arena_need(&measure);
    *mem = malloc(size);
    assert_non_null(*mem);
    ap_arena arena = ap_arena_over(*mem, size);
    ap_grid_init(&grid, ITEMS, &arena);
    return grid;
}

static ap_vec3 at(double lat_deg, double lon_deg, double height_m)
{
    return ap_ecef_from_geodetic(
        (ap_geodetic){ lat_deg * AP_RAD_PER_DEG, lon_deg * AP_RAD_PER_DEG, height_m });
}

static bool finds(const ap_grid *grid, ap_vec3 where, double radius_m, uint32_t item)
{
    uint32_t items[ITEMS];
    size_t count = ap_grid_near(grid, where, radius_m, items, ITEMS);
    for (size_t i = 0; i < count; i++)
        if (items[i] == item)
            return true;
    return false;
}

/* Neighbours across what a map has as its edges: the poles, the date line, the meridian of 0. */
static void test_grid_near_across_the_edges_of_maps(void **state)
{
    (void)state;
    static const double pairs[][4] = {
        { 89.99, 10, 89.99, -170 },       { 90, 0, 89.99, 90 },
        { -89.99, 45, -89.99, -135 },     { 10, 179.99, 10, -179.99 },
        { -60, -179.99, -60.01, 179.99 }, { 51, 0.005, 51, -0.005 },
        { 0.01, 30, -0.01, 30 },
    };
    void *mem;
    ap_grid grid = grid_new(&mem);
    for (uint32_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        ap_vec3 here = at(pairs[i][0], pairs[i][1], 9000.0);
        ap_vec3 there = at(pairs[i][2], pairs[i][3], 9000.0);
        ap_grid_put(&grid, i, here);
        double d = hypot(hypot(here.x_m - there.x_m, here.y_m - there.y_m), here.z_m - there.z_m);
        assert_true(d < 3000.0);
        assert_true(finds(&grid, there, d, i));
        assert_false(finds(&grid, at(-pairs[i][0] + 20.0, pairs[i][1] + 90.0, 9000.0), 6000.0, i));
    }
    free(mem);
}

static double uniform(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*seed >> 11) * 0x1p-53;
}

/* All within the radius are found, through moves and removals; none twice. */
static void test_grid_near_misses_none(void **state)
{
    (void)state;
    void *mem;
    ap_grid grid = grid_new(&mem);
    ap_vec3 place[ITEMS];
    bool in[ITEMS];
    uint64_t seed = 3;
    for (int round = 0; round < 20; round++) {
        for (uint32_t i = 0; i < ITEMS; i++) {
            place[i] =
                (ap_vec3){ 1e5 * uniform(&seed), 1e5 * uniform(&seed) - 5e4, 1e5 * uniform(&seed) };
            in[i] = uniform(&seed) < 0.8;
            if (in[i])
                ap_grid_put(&grid, i, place[i]);
            else
                ap_grid_remove(&grid, i);
        }
        ap_vec3 c = { 1e5 * uniform(&seed), 1e5 * uniform(&seed) - 5e4, 1e5 * uniform(&seed) };
        double radius_m = 20000.0 * uniform(&seed);
        uint32_t items[ITEMS], seen[ITEMS] = { 0 };
        size_t count = ap_grid_near(&grid, c, radius_m, items, ITEMS);
        for (size_t k = 0; k < count; k++)
            seen[items[k]]++;
        for (uint32_t i = 0; i < ITEMS; i++) {
            double d =
                hypot(hypot(place[i].x_m - c.x_m, place[i].y_m - c.y_m), place[i].z_m - c.z_m);
            assert_true(seen[i] <= (in[i] ? 1u : 0u));
            if (in[i] && d <= radius_m)
                assert_int_equal(seen[i], 1);
        }
        assert_true(count < 2 || ap_grid_near(&grid, c, radius_m, items, 1) == 2);
        assert_int_equal(ap_grid_near(&grid, c, radius_m, items, count), count);
    }
    free(mem);
}

/* Cell numbers by another way: the floor of the quotient. */
static bool touches(double item_m, double centre_m, double radius_m)
{
    double cell = floor(item_m / AP_GRID_CELL_M);
    return cell >= floor((centre_m - radius_m) / AP_GRID_CELL_M) &&
           cell <= floor((centre_m + radius_m) / AP_GRID_CELL_M);
}

static void assert_near_is_exact(const ap_grid *grid, const ap_vec3 *place, ap_vec3 c,
                                 double radius_m)
{
    uint32_t items[ITEMS];
    bool found[ITEMS] = { false };
    double r = fmin(radius_m, AP_GRID_RADIUS_MAX_M);
    size_t count = ap_grid_near(grid, c, radius_m, items, ITEMS), expected = 0;
    assert_true(count <= ITEMS);
    for (size_t k = 0; k < count; k++)
        found[items[k]] = true;
    for (uint32_t i = 0; i < ITEMS; i++) {
        const ap_vec3 *p = &place[i];
        bool is_near =
            touches(p->x_m, c.x_m, r) && touches(p->y_m, c.y_m, r) && touches(p->z_m, c.z_m, r);
        assert_int_equal(found[i], is_near);
        expected += is_near;
    }
    assert_int_equal(count, expected);
}

/* Just the items of the cells that the cube about a place touches: over the poles, the date line,
 * the meridian of 0, the middle of the earth, and on the borders of cells. */
static void test_grid_near_is_exact(void **state)
{
    (void)state;
    void *mem;
    ap_grid grid = grid_new(&mem);
    ap_vec3 place[ITEMS];
    uint64_t seed = 11;
    const double edge = AP_GRID_CELL_M;
    const ap_vec3 middles[] = { at(90, 0, 9000),   at(-90, 0, 0),   at(10, 180, 9000),
                                at(-60, -180, 0),  at(51, 0, 9000), { 0.0, 0.0, 0.0 },
                                { edge, -edge, 0 } };
    for (size_t m = 0; m < sizeof middles / sizeof middles[0]; m++) {
        for (uint32_t i = 0; i < ITEMS; i++) {
            double u[3];
            for (int axis = 0; axis < 3; axis++)
                u[axis] = 6e4 * (uniform(&seed) - 0.5);
            place[i] =
                (ap_vec3){ middles[m].x_m + u[0], middles[m].y_m + u[1], middles[m].z_m + u[2] };
            if (i % 4 == 0) /* on a border, or just before it */
                place[i].x_m = edge * round(place[i].x_m / edge) - (i % 8 == 4 ? 1e-4 : 0.0);
            ap_grid_put(&grid, i, place[i]);
        }
        for (int k = 0; k < 200; k++) {
            ap_vec3 c = place[(uint32_t)(uniform(&seed) * ITEMS)];
            assert_near_is_exact(&grid, place, c, 30000.0 * uniform(&seed));
            assert_near_is_exact(&grid, place, c, 0.0);
        }
    }
    free(mem);
}

static void test_grid_put_takes_any_number(void **state)
{
    (void)state;
    void *mem;
    ap_grid grid = grid_new(&mem);
    uint32_t items[ITEMS];
    ap_grid_put(&grid, 0, (ap_vec3){ NAN, INFINITY, -INFINITY });
    ap_grid_put(&grid, 1, (ap_vec3){ 1e300, -1e300, 0.0 });
    ap_grid_near(&grid, (ap_vec3){ NAN, 0.0, 1e300 }, 1000.0, items, ITEMS);
    ap_grid_remove(&grid, 0);
    ap_grid_remove(&grid, 1);
    ap_grid_remove(&grid, 1);
    free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grid_near_across_the_edges_of_maps),
        cmocka_unit_test(test_grid_near_misses_none),
        cmocka_unit_test(test_grid_near_is_exact),
        cmocka_unit_test(test_grid_put_takes_any_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

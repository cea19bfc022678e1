/* Plots that run together, garble, split and are mirrored. */
#include "simulate/radar.h"

#include "simulate/garble.h"
#include "simulate/test_chance.h"
#include "simulate/test_radar_tally.h"

static bench b;

/* ---- near each other ---- */

static void test_radar_merges_by_its_resolution(void **state)
{
    (void)state;
    static const struct {
        double range_m, azimuth_deg, p;
    } cases[] = { { 0.0, 0.0, 1.0 }, { 250.0, 0.0, 0.5 }, { 0.0, 1.2, 0.5 }, { 760.0, 0.0, 0.0 } };
    for (size_t i = 0; i < 4; i++) {
        bench_begin(&b, AP_SENSOR_PSR, AP_SENSOR_FORMAT_CAT048);
        b.sensor.merges = true;
        b.sensor.told.range_resolution_m = 250.0;
        b.sensor.told.azimuth_resolution_rad = 1.2 * DEG;
        double azimuth_deg = 11.25 * 3; /* the pair spans the border of two sectors */
        double off_deg = cases[i].azimuth_deg / 2.0;
        (void)bench_fly(&b, AP_EQUIPMENT_NONE, azimuth_deg - off_deg, 80e3, 9000.0, 0.0, 0.0);
        (void)bench_fly(&b, AP_EQUIPMENT_NONE, azimuth_deg + off_deg, 80e3 + cases[i].range_m,
                        9000.0, 0.0, 0.0);
        bench_tally t = bench_tally_of(&b, 4000.0);
        double turns = 1000.0, merged = 2.0 * turns - t.primary;
        assert_true(fabs(merged - cases[i].p * turns) <=
                    BOUND * sqrt(turns * cases[i].p * (1.0 - cases[i].p)) + 4.0);
        b.sensor.merges = false;
        assert_true(fabs(bench_tally_of(&b, 400.0).primary - 200.0) <= 2.0);
    }
}

static void test_radar_garbles_mode_ac(void **state)
{
    (void)state;
    for (int equipment = AP_EQUIPMENT_MODE_S; equipment <= AP_EQUIPMENT_MODE_AC; equipment++) {
        bench_begin(&b, AP_SENSOR_MODE_S, AP_SENSOR_FORMAT_CAT048);
        b.sensor.garbles = true;
        (void)bench_fly(&b, (ap_equipment)equipment, 30.0, 80e3, 9000.0, 0.0, 0.0);
        (void)bench_fly(&b, (ap_equipment)equipment, 30.6, 80e3 + 6 * 217.34, 9000.0, 0.0, 0.0);
        bench_tally t = bench_tally_of(&b, 2000.0);
        assert_true(fabs(t.secondary - 1000.0) <= 3.0);
        /* Six steps: A1 of either falls on B1, on X the other way round; F1 on A4, F2 on B1. */
        bool is_roll_call = equipment == AP_EQUIPMENT_MODE_S;
        assert_int_equal(ap_garble_code(01000, 01001, 6 * 217.34), 05100 & 07777);
        check_count(t.codes[0], 500.0, is_roll_call ? 1.0 - 1e-9 : 0.25);
        if (!is_roll_call)
            check_count(t.garbled, 1000.0, 0.75 * 0.9);
        else
            assert_int_equal(t.garbled, 0);
    }
}

static void test_radar_splits_echoes(void **state)
{
    (void)state;
    bench_begin(&b, AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048);
    b.sensor.split_probability = 0.2;
    bench_ring(&b, AP_EQUIPMENT_MODE_S);
    bench_tally t = bench_tally_of(&b, 400.0);
    check_count(t.combined, 3600.0, AP_RADAR_PRIMARY_PD);
    check_count(t.primary, t.combined, 0.2);
}

/* Halves of an echo lie on either side of it, between a quarter and half a cell; beside an answer
 * there is one of them. */
static void take_halves(const bench *of, const seen *record, void *to)
{
    int *count = to;
    if (record->message != 0)
        return;
    double off = ap_wrap_pi(record->azimuth_rad - bench_sight(of, 0, 0.0).azimuth_rad) / DEG;
    assert_true(fabs(off) < 0.01 || (fabs(off) > 0.49 && fabs(off) < 1.01));
    count[fabs(off) < 0.01 ? 1 : off > 0.0 ? 2 : 0]++;
}

static void test_radar_splits_on_either_side(void **state)
{
    (void)state;
    for (int equipment = AP_EQUIPMENT_MODE_AC; equipment <= AP_EQUIPMENT_NONE; equipment++) {
        bool has_answer = equipment == AP_EQUIPMENT_MODE_AC;
        bench_begin(&b, AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048);
        b.sensor.split_probability = 1.0;
        b.sensor.told.azimuth_sigma_rad = 1e-9;
        b.sensor.told.azimuth_resolution_rad = 2.0 * DEG;
        (void)bench_fly(&b, (ap_equipment)equipment, 30.0, 80e3, 9000.0, 0.0, 0.0);
        int count[3] = { 0 };
        bench_run(&b, 400.0, take_halves, count);
        assert_int_equal(count[0], has_answer ? 0 : count[2]);
        assert_true(has_answer ? abs(count[1] - 100) <= 1 : count[1] == 0);
        check_count(count[2], 100.0, AP_RADAR_PRIMARY_PD);
    }
}

/* ---- reflections ---- */

typedef struct images {
    int direct, image;
    double range_m, azimuth_rad;
} images;

static void take_images(const bench *of, const seen *record, void *to)
{
    images *i = to;
    (void)of;
    if (record->message != 0)
        return;
    assert_int_equal(record->mode_3a, 01000);
    assert_int_equal(record->address, 0x400000);
    if (fabs(record->range_m - i->range_m) < 200.0 &&
        fabs(ap_wrap_pi(record->azimuth_rad - i->azimuth_rad)) < 0.3 * DEG)
        i->image++;
    else
        i->direct++;
}

/* A wall 3 km in the east that faces west: what is 60 km in the west is mirrored to 66 km in the
 * east (law of reflection at a plane x = 3 km). */
static void test_radar_reflects(void **state)
{
    (void)state;
    ap_reflector wall = { .azimuth_rad = 90.0 * DEG,
                          .range_m = 3000.0,
                          .length_m = 500.0,
                          .normal_rad = 270.0 * DEG,
                          .gain = 0.3 };
    bench_begin(&b, AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048);
    b.scenario.reflectors = &wall;
    b.sensor.reflector_count = 1;
    (void)bench_fly(&b, AP_EQUIPMENT_MODE_S, 271.0, 60e3, 6000.0, 0.0, 0.0);
    double x = 6000.0 + 60e3 * cos(1.0 * DEG), y = 60e3 * sin(1.0 * DEG);
    double up = 6000.0 - 100.0 - 60e3 * 60e3 / (2.0 * 6371e3);
    images i = { .range_m = sqrt(x * x + y * y + up * up), .azimuth_rad = atan2(x, y) };
    bench_run(&b, 4000.0, take_images, &i);
    assert_true(abs(i.direct - 1000) <= 1);
    check_count(i.image, 1000.0, 0.3);
    wall.normal_rad = 90.0 * DEG; /* it looks away */
    i.image = 0;
    bench_run(&b, 400.0, take_images, &i);
    assert_int_equal(i.image, 0);
}

typedef struct walls {
    int count[2]; /* images in the east, in the north */
} walls;

static void take_walls(const bench *of, const seen *record, void *to)
{
    walls *w = to;
    (void)of;
    if (record->message != 0)
        return;
    w->count[0] += fabs(ap_wrap_pi(record->azimuth_rad - 90.0 * DEG)) < 5.0 * DEG;
    w->count[1] += fabs(ap_wrap_pi(record->azimuth_rad)) < 5.0 * DEG;
}

/* One flight in the south-west and two walls that both mirror it, in the east and in the north:
 * each does so every turn. */
static void test_radar_reflects_by_two_walls(void **state)
{
    (void)state;
    double both_rad = atan2(1.0, 1.0) / 2.0; /* between west and the flight's direction */
    ap_reflector wall[2] = { { .azimuth_rad = 90.0 * DEG,
                               .range_m = 3000.0,
                               .length_m = 500.0,
                               .normal_rad = 270.0 * DEG - both_rad,
                               .gain = 1.0 },
                             { .azimuth_rad = 0.0,
                               .range_m = 3000.0,
                               .length_m = 500.0,
                               .normal_rad = 180.0 * DEG + both_rad,
                               .gain = 1.0 } };
    bench_begin(&b, AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048);
    b.scenario.reflectors = wall;
    b.sensor.reflector_count = 2;
    (void)bench_fly(&b, AP_EQUIPMENT_MODE_S, 225.0, 60e3, 6000.0, 0.0, 0.0);
    walls w = { { 0 } };
    bench_run(&b, 400.0, take_walls, &w);
    assert_true(abs(w.count[0] - 100) <= 1);
    assert_true(abs(w.count[1] - 100) <= 1);
    assert_int_equal(b.radar.lost_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_radar_merges_by_its_resolution),
        cmocka_unit_test(test_radar_garbles_mode_ac),
        cmocka_unit_test(test_radar_splits_echoes),
        cmocka_unit_test(test_radar_splits_on_either_side),
        cmocka_unit_test(test_radar_reflects),
        cmocka_unit_test(test_radar_reflects_by_two_walls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* One simulated radar and flights made by hand, for tests: what it sends is decoded again. */
#ifndef AP_SIMULATE_TEST_RADAR_H
#define AP_SIMULATE_TEST_RADAR_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "airpicture/asterix.h"
#include "airpicture/asterix/cat001.h"
#include "airpicture/asterix/cat002.h"
#include "airpicture/asterix/cat010.h"
#include "airpicture/asterix/cat034.h"
#include "airpicture/asterix/cat048.h"
#include "simulate/radar.h"
#include "simulate/simulate.h"

#define BENCH_FLIGHT_CAP 64
#define BENCH_LEG_CAP 8
#define DEG AP_RAD_PER_DEG

typedef struct bench {
    ap_scenario scenario;
    ap_scenario_sensor sensor;
    ap_flight flights[BENCH_FLIGHT_CAP];
    ap_leg legs[BENCH_FLIGHT_CAP][BENCH_LEG_CAP];
    ap_world world;
    ap_radar radar;
    void *mem;
    double now_s; /* when the packet left that is being read */
} bench;

/* A record as any of the formats tells it. */
typedef struct seen {
    double time_s; /* since the start, as stamped */
    double range_m, azimuth_rad, height_m;
    uint32_t address;
    uint16_t mode_3a;
    int16_t level_4th;
    bool primary, secondary, roll_call, has_level, has_height, is_garbled, is_unsure;
    uint8_t flight_status;
    /* Of service messages. */
    uint8_t message; /* 0: a plot */
    uint8_t sector_turn8;
    bool is_overloaded;
} seen;

/* A Mode S radar at 50 N 8 E, 100 m high: 30 m and 0.05 degrees of noise, 4 s, 200 km, everything
 * detected, no false plots, no errors. Flights start at 2024-03-01T00:00:00Z. */
static inline void bench_begin(bench *b, ap_sensor_kind kind, ap_sensor_format format)
{
    *b = (bench){ .sensor.format = format, .sensor.cone_rad = AP_PI / 2.0 };
    ap_sensor *told = &b->sensor.told;
    ap_sensor_defaults(told, kind);
    told->has_sac_sic = true;
    told->sac = 250;
    told->sic = 9;
    told->range_sigma_m = 30.0;
    told->azimuth_sigma_rad = 0.05 * DEG;
    told->turn_s = 4.0;
    told->range_min_m = 0.0;
    told->range_max_m = 200e3;
    told->detection_probability = 1.0 - 1e-12;
    told->clutter_per_turn = 0.0;
    assert_int_equal(ap_sensor_place(told, (ap_geodetic){ 50.0 * DEG, 8.0 * DEG, 100.0 }), AP_OK);
    b->scenario.seed = b->world.seed = 77;
    b->scenario.start_utc = b->world.start_utc = INT64_C(1709251200) * AP_NS_PER_S;
    b->scenario.sensors = &b->sensor;
    b->scenario.sensor_count = 1;
    b->world.plane = ap_enu_frame_at((ap_geodetic){ 50.0 * DEG, 8.0 * DEG, 0.0 });
    b->world.flights = b->flights;
}

/* Another flight, over the plane of the site. */
static inline uint32_t bench_fly(bench *b, ap_equipment equipment, double azimuth_deg,
                                 double ground_m, double height_m, double course_deg,
                                 double speed_mps)
{
    uint32_t i = b->world.flight_count++;
    assert_true(i < BENCH_FLIGHT_CAP);
    b->flights[i] = (ap_flight){ .legs = b->legs[i],
                                 .leg_cap = BENCH_LEG_CAP,
                                 .id = i + 1,
                                 .address = equipment <= AP_EQUIPMENT_MODE_S ? 0x400000 + i : 0,
                                 .mode_3a = (uint16_t)(01000 + i),
                                 .emergency_s = HUGE_VAL,
                                 .callsign = "TEST1",
                                 .craft = AP_CRAFT_AIRLINER,
                                 .area_m2 = 20.0,
                                 .equipment = equipment };
    ap_flight_start(&b->flights[i], 0.0, ground_m * sin(azimuth_deg * DEG),
                    ground_m * cos(azimuth_deg * DEG), height_m, course_deg * DEG, speed_mps);
    return i;
}

/* Where it is, as the radar should see it. */
static inline ap_sight bench_sight(const bench *b, uint32_t flight, double time_s)
{
    ap_truth truth;
    assert_true(ap_world_truth(&b->world, flight, time_s, &truth));
    ap_sight sight;
    (void)ap_sight_of(&b->sensor.told, truth.position, &sight);
    return sight;
}

static inline void bench_open(bench *b)
{
    b->world.scenario = &b->scenario;
    ap_arena arena = ap_arena_measure();
    b->radar = (ap_radar){ 0 };
    ap_instrument_radar.init(&b->radar, &arena, &b->world, 0);
    size_t size = ap_arena_need(&arena);
    b->mem = malloc(size);
    arena = ap_arena_over(b->mem, size);
    ap_instrument_radar.init(&b->radar, &arena, &b->world, 0);
}

static inline double bench_time(const bench *b, uint32_t tod_128th_s)
{
    ap_utc_ns utc;
    assert_int_equal(ap_utc_from_tod(ap_world_utc(&b->world, b->now_s), tod_128th_s, &utc), AP_OK);
    return ap_seconds_between(b->world.start_utc, utc);
}

static inline seen bench_read_048(const bench *b, ap_reader *reader)
{
    ap_cat048 r;
    assert_int_equal(ap_cat048_decode(reader, &r), AP_OK);
    assert_true(r.i020.sim && !r.i020.tst && r.i010.sac == 250 && r.i010.sic == 9);
    assert_int_equal(r.i250.count, b->sensor.registers && r.i020.typ >= 4 ? 3 : 0);
    return (seen){ .time_s = bench_time(b, r.i140_128th_s),
                   .range_m = r.i040.rho_256th_nmi / 256.0 * 1852.0,
                   .azimuth_rad = r.i040.theta_turn16 / 65536.0 * 2.0 * AP_PI,
                   .height_m = r.i110.n3dh_25_ft * 25.0 * 0.3048,
                   .address = r.i220,
                   .mode_3a = r.i070.mode3a,
                   .level_4th = r.i090.fl_4th_fl,
                   .primary = r.i020.typ & 1 ? r.i020.typ != 5 : false,
                   .secondary = r.present & AP_CAT048_I070,
                   .roll_call = r.i020.typ == 5 || r.i020.typ == 7,
                   .has_level = r.present & AP_CAT048_I090,
                   .has_height = r.present & AP_CAT048_I110,
                   .is_garbled = r.i070.g,
                   .is_unsure = r.i070.v,
                   .flight_status = r.i230.stat };
}

static inline seen bench_read_001(const bench *b, ap_reader *reader)
{
    ap_cat001 r;
    assert_int_equal(ap_cat001_decode(reader, &r), AP_OK);
    assert_true(r.i020.sim && !r.i020.tst && !r.is_track && r.i010.sac == 250 && r.i010.sic == 9);
    ap_utc_ns utc;
    ap_utc_ns now = ap_world_utc(&b->world, b->now_s);
    assert_int_equal(ap_utc_from_tod_512(now, r.i141_128th_s, &utc), AP_OK);
    return (seen){ .time_s = ap_seconds_between(b->world.start_utc, utc),
                   .range_m = r.i040.rho_128th_nmi / 128.0 * 1852.0,
                   .azimuth_rad = r.i040.theta_turn16 / 65536.0 * 2.0 * AP_PI,
                   .mode_3a = r.i070.mode3a,
                   .level_4th = r.i090.hgt_4th_fl,
                   .primary = r.i020.ssrpsr & 1,
                   .secondary = r.present & AP_CAT001_I070,
                   .has_level = r.present & AP_CAT001_I090,
                   .is_garbled = r.i070.g,
                   .is_unsure = r.i070.v };
}

static inline seen bench_read_010(const bench *b, ap_reader *reader)
{
    ap_cat010 r;
    assert_int_equal(ap_cat010_decode(reader, &r), AP_OK);
    assert_true(r.i010.sac == 250 && r.i010.sic == 9);
    if (r.i000 != 1)
        return (seen){ .time_s = bench_time(b, r.i140_128th_s),
                       .message = r.i000,
                       .is_overloaded = r.i550.ovl };
    assert_true(r.i020.sim && !r.i020.tst && r.i020.typ == 3);
    double azimuth_rad = r.i040.th_turn16 / 65536.0 * 2.0 * AP_PI;
    assert_true(fabs(r.i042.x_m - r.i040.rho_m * sin(azimuth_rad)) <= 2.0);
    assert_true(fabs(r.i042.y_m - r.i040.rho_m * cos(azimuth_rad)) <= 2.0);
    return (seen){ .time_s = bench_time(b, r.i140_128th_s),
                   .range_m = r.i040.rho_m,
                   .azimuth_rad = azimuth_rad,
                   .primary = true };
}

static inline seen bench_read_service(const bench *b, uint8_t category, ap_reader *reader)
{
    if (category == 34) {
        ap_cat034 r;
        assert_int_equal(ap_cat034_decode(reader, &r), AP_OK);
        assert_int_equal(r.i041_128th_s, lround(b->sensor.told.turn_s * 128.0));
        return (seen){ .time_s = bench_time(b, r.i030_128th_s),
                       .message = r.i000,
                       .sector_turn8 = r.i020_turn8,
                       .is_overloaded = r.i050.com.ovlxmt };
    }
    ap_cat002 r;
    assert_int_equal(category, 2);
    assert_int_equal(ap_cat002_decode(reader, &r), AP_OK);
    return (seen){ .time_s = bench_time(b, r.i030_128th_s),
                   .message = r.i000,
                   .sector_turn8 = r.i020_turn8 };
}

static inline seen bench_read(const bench *b, uint8_t category, ap_reader *reader)
{
    if (category == 48)
        return bench_read_048(b, reader);
    if (category == 1)
        return bench_read_001(b, reader);
    return category == 10 ? bench_read_010(b, reader) : bench_read_service(b, category, reader);
}

/* Runs it from the start and gives every record to `take`. */
static inline void bench_run(bench *b, double duration_s,
                             void (*take)(const bench *b, const seen *record, void *to), void *to)
{
    bench_open(b);
    while (ap_instrument_radar.time_s(&b->radar) < duration_s) {
        static uint8_t packet[AP_SIMULATE_PACKET_SIZE];
        ap_writer writer = ap_writer_of(packet, sizeof packet);
        b->now_s = ap_instrument_radar.time_s(&b->radar);
        ap_instrument_radar.send(&b->radar, &writer);
        assert_true(!writer.bad && writer.size <= 1472);
        ap_reader blocks = ap_reader_of(packet, writer.size);
        ap_asterix_block block;
        while (ap_asterix_block_next(&blocks, &block) == AP_OK) {
            ap_reader reader = ap_reader_of(block.data, block.size);
            while (ap_reader_left(&reader) > 0) {
                seen record = bench_read(b, block.category, &reader);
                take(b, &record, to);
            }
        }
        assert_int_equal(ap_reader_left(&blocks), 0);
    }
    free(b->mem);
    b->mem = NULL;
}

#endif

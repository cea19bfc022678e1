/* Speed of simulated radars: five of them, 500 flights, everything that spoils plots.
 *
 *     bench.radar [FLIGHTS [SECONDS]]
 *
 * Per kind of radar alone and for the five of the speed aim together: packets and plots' octets,
 * and how many times faster than real time on one core. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "simulate/demo_scenario.h"
#include "simulate/simulate.h"

#define RADAR_COUNT 5

typedef struct bench {
    ap_scenario scenario;
    ap_scenario_generator generator;
    ap_scenario_sensor sensors[RADAR_COUNT];
    ap_clutter_area area;
    ap_reflector wall;
} bench;

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void place_radar(bench *b, int i)
{
    static const struct {
        ap_sensor_kind kind;
        ap_sensor_format format;
        double turn_s, range_max_m;
    } rows[RADAR_COUNT] = { { AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT048, 4.0, 150e3 },
                            { AP_SENSOR_MODE_S, AP_SENSOR_FORMAT_CAT048, 5.0, 250e3 },
                            { AP_SENSOR_COMBINED, AP_SENSOR_FORMAT_CAT001, 8.0, 280e3 },
                            { AP_SENSOR_SSR, AP_SENSOR_FORMAT_CAT001, 6.0, 280e3 },
                            { AP_SENSOR_PSR, AP_SENSOR_FORMAT_CAT048, 4.0, 150e3 } };
    ap_scenario_sensor *sensor = &b->sensors[i];
    *sensor = (ap_scenario_sensor){ .format = rows[i].format,
                                    .registers = true,
                                    .cone_rad = 0.9,
                                    .reference_area_m2 = 10.0,
                                    .merges = true,
                                    .garbles = true,
                                    .split_probability = 0.01,
                                    .fruit_per_turn = 5.0,
                                    .area_count = 1,
                                    .reflector_count = 1,
                                    .eccentricity_sin_rad = 1e-3 };
    ap_sensor_defaults(&sensor->told, rows[i].kind);
    (void)snprintf(sensor->told.name, sizeof sensor->told.name, "Radar %d", i + 1);
    sensor->told.has_sac_sic = true;
    sensor->told.sic = (uint8_t)(i + 1);
    sensor->told.turn_s = rows[i].turn_s;
    sensor->told.range_max_m = rows[i].range_max_m;
    sensor->told.clutter_per_turn = 10.0;
    ap_geodetic site = { 0.98 + 0.01 * i, 0.06 + 0.01 * (i % 2), 100.0 };
    (void)ap_sensor_place(&sensor->told, site); /* in range */
}

static void make(bench *b, uint32_t flight_count, double duration_s)
{
    *b =
        (bench){ .generator = { .kind = AP_GENERATOR_MIXED,
                                .flight_count = flight_count,
                                .latitude_rad = 1.0,
                                .longitude_rad = 0.065,
                                .radius_m = 150e3,
                                .altitude_max_m = 12000.0,
                                .end_s = duration_s,
                                .adsb_share = 0.8,
                                .mode_s_share = 0.05,
                                .mode_ac_share = 0.1 },
                 .area = { .latitude_rad = 1.0,
                           .longitude_rad = 0.065,
                           .radius_m = 20e3,
                           .plots_per_turn = 20.0,
                           .end_s = HUGE_VAL },
                 .wall = { .range_m = 3000.0, .length_m = 300.0, .normal_rad = 3.0, .gain = 0.3 } };
    for (int i = 0; i < RADAR_COUNT; i++)
        place_radar(b, i);
    b->scenario = (ap_scenario){ .seed = 1,
                                 .start_utc = INT64_C(1709294400) * AP_NS_PER_S,
                                 .duration_s = duration_s,
                                 .reference = { 1.0, 0.065, 0.0 },
                                 .generators = &b->generator,
                                 .generator_count = 1,
                                 .sensors = b->sensors,
                                 .sensor_count = RADAR_COUNT,
                                 .reflectors = &b->wall,
                                 .areas = &b->area,
                                 .truth_step_s = 1.0 };
    memcpy(b->scenario.name, "bench", 6);
}

static void run(const char *name, const bench *b)
{
    size_t size = ap_simulate_size(&b->scenario);
    void *mem = malloc(size > 0 ? size : 1);
    ap_simulate sim;
    if (!mem || ap_simulate_init(&sim, &b->scenario, mem, size) != AP_OK) {
        (void)fprintf(stderr, "bench.radar: no such scenario\n");
        exit(1);
    }
    double begun_s = cpu_s();
    size_t packets = 0, octets = 0;
    ap_packet packet;
    for (; ap_simulate_next(&sim, &packet) == AP_OK; packets++)
        octets += packet.size;
    double took_s = cpu_s() - begun_s;
    printf("%-18s %8zu packets %10zu octets %8.3f s %8.0f x real time\n", name, packets, octets,
           took_s, b->scenario.duration_s / took_s);
    free(mem);
}

int main(int argc, char **argv)
{
    static bench b;
    uint32_t flight_count = argc > 1 ? (uint32_t)atoi(argv[1]) : 500;
    double duration_s = argc > 2 ? atof(argv[2]) : 600.0;
    make(&b, flight_count, duration_s);
    run("five radars", &b);
    for (int i = 0; i < RADAR_COUNT; i++) {
        for (int k = 0; k < RADAR_COUNT; k++)
            b.sensors[k].silent = k != i;
        run(b.sensors[i].told.name, &b);
    }
    return 0;
}

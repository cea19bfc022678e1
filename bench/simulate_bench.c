/* Cost of simulated traffic: making it, asking where it is, and a whole run with five radars.
 *
 *     bench.simulate [FLIGHTS [SECONDS]]      default 500 flights, 600 s
 *
 * Per generator: CPU time to make the flights (size and init), and per question for a state. Then
 * the speed aim's run, FLIGHTS en route before five radars, with the truth of every second as CSV.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "simulate/demo_scenario.h"
#include "simulate/simulate.h"

#define RADAR_COUNT 5
#define TEXT_CAP (1u << 20)

typedef struct bench {
    ap_scenario scenario;
    ap_scenario_generator generator;
    ap_scenario_sensor sensors[RADAR_COUNT];
    ap_simulate sim;
    void *mem;
    ap_truth *truths;
    uint32_t truth_cap;
    uint8_t *text;
} bench;

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const ap_wind_level wind[] = { { 0.0, 4.0, 2.0 }, { 10000.0, 35.0, -10.0 } };

static void set_up(bench *b, ap_generator_kind kind, uint32_t flights, double duration_s)
{
    static const double radii_m[AP_GENERATOR_COUNT] = {
        [AP_GENERATOR_EN_ROUTE] = 250e3,   [AP_GENERATOR_TMA] = 90e3,
        [AP_GENERATOR_GENERAL] = 60e3,     [AP_GENERATOR_ROTORCRAFT] = 40e3,
        [AP_GENERATOR_SWARM] = 3e3,        [AP_GENERATOR_DRONES] = 10e3,
        [AP_GENERATOR_BIRDS] = 30e3,       [AP_GENERATOR_BALLOONS] = 100e3,
        [AP_GENERATOR_FORMATION] = 150e3,  [AP_GENERATOR_CROSSING] = 120e3,
        [AP_GENERATOR_OVERTAKING] = 120e3, [AP_GENERATOR_SURFACE] = 3e3,
        [AP_GENERATOR_MIXED] = 150e3,
    };
    ap_demo_scenario_config config = ap_demo_scenario_config_default();
    static ap_demo_scenario demo;
    config.duration_s = duration_s;
    ap_demo_scenario_make(&demo, &config);
    b->scenario = demo.scenario;
    b->generator = (ap_scenario_generator){ .kind = kind,
                                            .flight_count = flights,
                                            .latitude_rad = demo.scenario.reference.latitude_rad,
                                            .longitude_rad = demo.scenario.reference.longitude_rad,
                                            .radius_m = radii_m[kind],
                                            .end_s = fmin(duration_s, 60.0),
                                            .adsb_share = 0.8,
                                            .mode_s_share = 0.2 };
    if (kind == AP_GENERATOR_MIXED)
        b->generator.end_s = duration_s;
    b->scenario.generators = &b->generator;
    b->scenario.wind = wind;
    b->scenario.wind_count = 2;
    for (uint32_t i = 0; i < RADAR_COUNT; i++)
        b->sensors[i] = demo.sensors[i % AP_DEMO_RADAR_COUNT];
    for (uint32_t i = AP_DEMO_RADAR_COUNT; i < RADAR_COUNT; i++)
        b->sensors[i].told.sic = (uint8_t)(20 + i);
    b->scenario.sensors = b->sensors;
    b->scenario.sensor_count = RADAR_COUNT;
}

static void open_bench(bench *b)
{
    size_t size = ap_simulate_size(&b->scenario);
    b->mem = size > 0 ? malloc(size) : NULL;
    if (!b->mem || ap_simulate_init(&b->sim, &b->scenario, b->mem, size)) {
        fputs("bench.simulate: the scenario does not start\n", stderr);
        exit(1);
    }
    b->truth_cap = ap_simulate_flight_count(&b->sim);
    b->truths = malloc(b->truth_cap * sizeof *b->truths);
    b->text = malloc(TEXT_CAP);
    if (!b->truths || !b->text)
        exit(1);
}

static void close_bench(bench *b)
{
    free(b->mem);
    free(b->truths);
    free(b->text);
}

static void bench_kind(ap_generator_kind kind, const char *key, uint32_t flights, double duration_s)
{
    bench b = { 0 };
    set_up(&b, kind, flights, duration_s);
    b.scenario.sensor_count = 0;
    double start_s = cpu_s();
    open_bench(&b);
    double made_s = cpu_s();
    size_t states = 0;
    for (double t = 0.0; t < duration_s; t += 1.0)
        states +=
            ap_simulate_truth(&b.sim, ap_utc_add_s(b.scenario.start_utc, t), b.truths, b.truth_cap);
    double asked_s = cpu_s();
    printf("%-12s made in %6.1f us a flight; %8.1f in the air; %5.0f ns a state\n", key,
           1e6 * (made_s - start_s) / flights, (double)states / duration_s,
           states > 0 ? 1e9 * (asked_s - made_s) / (double)states : 0.0);
    close_bench(&b);
}

static void write_truth(bench *b, double time_s, size_t *octets)
{
    ap_writer text = ap_writer_of(b->text, TEXT_CAP);
    size_t count = ap_simulate_truth(&b->sim, ap_utc_add_s(b->scenario.start_utc, time_s),
                                     b->truths, b->truth_cap);
    for (size_t i = 0; i < count && i < b->truth_cap; i++)
        ap_simulate_truth_csv_row(&b->sim, &b->truths[i], &text);
    *octets += text.size;
}

static void bench_run(uint32_t flights, double duration_s)
{
    bench b = { 0 };
    set_up(&b, AP_GENERATOR_EN_ROUTE, flights, duration_s);
    double start_s = cpu_s();
    open_bench(&b);
    double made_s = cpu_s();
    ap_packet packet;
    size_t octets = 0, rows = 0;
    while (ap_simulate_next(&b.sim, &packet) == AP_OK)
        octets += packet.size;
    double sent_s = cpu_s();
    for (double t = 0.0; t < duration_s; t += 1.0)
        write_truth(&b, t, &rows);
    double told_s = cpu_s();
    printf("five radars, %u flights, %.0f s: start %.3f s, packets %.3f s (%.1f MB), truth %.3f s "
           "(%.1f MB)\n%.0f times real time in all\n",
           flights, duration_s, made_s - start_s, sent_s - made_s, (double)octets / 1e6,
           told_s - sent_s, (double)rows / 1e6, duration_s / (told_s - start_s));
    close_bench(&b);
}

int main(int argc, char **argv)
{
    uint32_t flights = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 500;
    double duration_s = argc > 2 ? strtod(argv[2], NULL) : 600.0;
    static const char *const keys[AP_GENERATOR_COUNT] = {
#define KEY(name, key, text) [AP_GENERATOR_##name] = key,
        AP_GENERATOR_MAP(KEY)
#undef KEY
    };
    for (int kind = 0; kind < AP_GENERATOR_COUNT; kind++)
        bench_kind((ap_generator_kind)kind, keys[kind], flights, duration_s);
    bench_run(flights, duration_s);
    return 0;
}

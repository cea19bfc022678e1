/* The tracker on one radar: CPU time a scan, and its tracks for a scorer.
 *
 *     bench.tracking DETECTIONS.csv TRACKS.csv SCAN_S CLUTTER RADIUS_M
 *         `airpicture track`, told that the radar turns in SCAN_S, gives CLUTTER false plots a scan
 *         within RADIUS_M and sees nothing within 5 km; its figures as JSON, and on the next line
 *         those of the tracker alone: the same plots from memory, nothing between the scans, of
 *         each scan the least time of twenty rounds, which other work disturbs least
 *     bench.tracking
 *         500 aircraft in straight flight and 250 false plots a 4 s scan, made here
 *
 * Flat plots lie in the tangent plane of the radar; their height above the ellipsoid goes with
 * them, so the tracker's round Earth gives the flat one back (src/app/plane.h). */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "airpicture/tracker.h"
#include "app/command.h"
#include "io/memory.h"

#define START_UTC (INT64_C(1700000000) * AP_NS_PER_S)

enum { ROUNDS = 20, WARM_UP_SCANS = 10 };

typedef struct plots {
    size_t count, cap;
    ap_report *report;
} plots;

static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static void add_plot(plots *p, const ap_sensor *radar, double time_s, double range_m,
                     double azimuth_rad, double range_sigma_m, double azimuth_sigma_rad)
{
    if (p->count == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 4096;
        p->report = realloc(p->report, p->cap * sizeof *p->report);
        if (!p->report)
            exit(1);
    }
    ap_vec3 enu = { range_m * sin(azimuth_rad), range_m * cos(azimuth_rad), 0.0 };
    ap_geodetic at = ap_geodetic_from_ecef(ap_ecef_from_enu(&radar->frame, enu));
    ap_utc_ns time_utc = ap_utc_add_s(START_UTC, time_s);
    p->report[p->count++] = (ap_report){ .time_utc = time_utc,
                                         .receive_utc = time_utc,
                                         .kind = AP_REPORT_TARGET,
                                         .present = AP_HAS_POLAR | AP_HAS_GEOMETRIC_HEIGHT,
                                         .flags = AP_FLAG_PRIMARY,
                                         .range_m = range_m,
                                         .azimuth_rad = azimuth_rad,
                                         .range_sigma_m = range_sigma_m,
                                         .azimuth_sigma_rad = azimuth_sigma_rad,
                                         .geometric_height_m = at.height_m,
                                         .geometric_height_sigma_m = 1.0 };
}

/* Scans that begin before the last plot. */
static size_t scans_of(const plots *p, double scan_s)
{
    double last_s =
        p->count > 0 ? ap_seconds_between(START_UTC, p->report[p->count - 1].time_utc) : 0.0;
    return (size_t)ceil(fmax(last_s, 0.0) / scan_s);
}

/* Lowers least_ms[scan_count] to the CPU time of each scan, where it is less. */
static void run(ap_tracker *tracker, const plots *p, double scan_s, double *least_ms,
                size_t scan_count)
{
    size_t next = 0;
    ap_tracker_reset(tracker);
    for (size_t scan = 0; scan < scan_count; scan++) {
        ap_utc_ns end_utc = ap_utc_add_s(START_UTC, (double)(scan + 1) * scan_s);
        size_t first = next;
        while (next < p->count && p->report[next].time_utc <= end_utc)
            next++;
        double begin_ms = cpu_ms();
        ap_tracker_step(tracker, end_utc, p->report + first, next - first);
        ap_tracker_flush(tracker);
        least_ms[scan] = fmin(least_ms[scan], cpu_ms() - begin_ms);
    }
}

typedef struct timing {
    double mean_ms, worst_ms; /* of the scans after the first ten */
    size_t scan_count;
} timing;

static timing time_rounds(ap_tracker *tracker, const plots *p, double scan_s)
{
    timing t = { .scan_count = scans_of(p, scan_s) };
    double *least_ms = malloc((t.scan_count + 1) * sizeof *least_ms);
    if (!least_ms)
        exit(1);
    for (size_t i = 0; i < t.scan_count; i++)
        least_ms[i] = INFINITY;
    for (int round = 0; round < ROUNDS; round++)
        run(tracker, p, scan_s, least_ms, t.scan_count);
    for (size_t i = WARM_UP_SCANS; i < t.scan_count; i++) {
        t.mean_ms += least_ms[i] / (double)(t.scan_count - WARM_UP_SCANS);
        t.worst_ms = fmax(t.worst_ms, least_ms[i]);
    }
    free(least_ms);
    return t;
}

static int time_alone(const ap_sensor *sensor, const plots *p)
{
    ap_sensor radar = *sensor;
    ap_sensor_stats stats;
    ap_sensor_table sensors = { .sensor = &radar, .stats = &stats, .count = 1, .cap = 1 };
    ap_tracker_config config = ap_tracker_config_default();
    config.sensors = &sensors;
    size_t size = ap_tracker_size(&config);
    void *mem = size > 0 ? ap_memory_take(size) : NULL; /* as the program does */
    ap_tracker tracker;
    if (!mem || ap_tracker_init(&tracker, &config, mem, size))
        return 1;
    timing t = time_rounds(&tracker, p, radar.turn_s);
    const ap_tracker_stats *s = ap_tracker_stats_of(&tracker);
    printf("{\"alone_ms_per_scan\": %.4f, \"alone_worst_ms\": %.4f, \"scans\": %zu, \"reports\": "
           "%" PRIu64 ", \"born\": %" PRIu64 ", \"confirmed\": %" PRIu64 ", \"dropped\": %" PRIu64
           ", \"alive\": %u, \"clusters\": %" PRIu64 ", \"single\": %" PRIu64
           ", \"exact\": %" PRIu64 ", \"belief\": %" PRIu64 ", \"nearest\": %" PRIu64
           ", \"reset\": %" PRIu64 "}\n",
           t.mean_ms, t.worst_ms, t.scan_count, s->report_count, s->born_count, s->confirmed_count,
           s->dropped_count, s->alive_count, s->cluster_count, s->single_count, s->exact_count,
           s->belief_count, s->nearest_count, s->reset_count);
    ap_memory_give_back(mem, size);
    return 0;
}

static double uniform(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*seed >> 11) * 0x1p-53;
}

static int by_time(const void *a, const void *b)
{
    const ap_report *x = a, *y = b;
    return (x->time_utc > y->time_utc) - (x->time_utc < y->time_utc);
}

/* Straight flights on a square of 400 km, one plot each a turn as the beam passes. */
static void make_plots(plots *p, const ap_sensor *radar, int aircraft, int scans)
{
    uint64_t seed = 1;
    for (int i = 0; i < aircraft; i++) {
        double x = (uniform(&seed) - 0.5) * 3e5, y = (uniform(&seed) - 0.5) * 3e5;
        double heading = uniform(&seed) * 2.0 * AP_PI, v = 100.0 + 150.0 * uniform(&seed);
        for (int scan = 0; scan < scans; scan++) {
            double t = 4.0 * scan, az = 0.0, e = 0.0, n = 0.0;
            for (int k = 0; k < 3; k++) {
                e = x + v * t * sin(heading);
                n = y + v * t * cos(heading);
                az = ap_wrap_two_pi(atan2(e, n));
                t = 4.0 * (scan + az / (2.0 * AP_PI));
            }
            double g1 = sqrt(-2.0 * log(1.0 - uniform(&seed))), a = uniform(&seed) * 2.0 * AP_PI;
            if (uniform(&seed) < 0.9)
                add_plot(p, radar, t, hypot(e, n) + 50.0 * g1 * cos(a),
                         ap_wrap_two_pi(az + 0.0014 * g1 * sin(a)), 50.0, 0.0014);
        }
    }
    for (int i = 0; i < scans * aircraft / 2; i++) {
        double x = (uniform(&seed) - 0.5) * 4e5, y = (uniform(&seed) - 0.5) * 4e5;
        double az = ap_wrap_two_pi(atan2(x, y));
        add_plot(p, radar, 4.0 * (i % scans + az / (2.0 * AP_PI)), hypot(x, y), az, 50.0, 0.0014);
    }
    qsort(p->report, p->count, sizeof *p->report, by_time);
}

static bool read_plots(plots *p, const ap_sensor *radar, const char *name)
{
    char line[512];
    FILE *file = fopen(name, "r");
    if (!file || !fgets(line, sizeof line, file))
        return false;
    while (fgets(line, sizeof line, file)) {
        double t, r, a, sr, sa;
        if (sscanf(line, "%*d,%lf,%*d,%*d,%lf,%lf,%lf,%lf", &t, &r, &a, &sr, &sa) == 5)
            add_plot(p, radar, t, r, a, sr, sa);
    }
    return fclose(file) == 0;
}

static bool make_radar(ap_sensor *radar, double latitude_rad, double longitude_rad)
{
    *radar = (ap_sensor){ .name = "radar", .described = true, .input = AP_INPUT_NONE };
    ap_sensor_defaults(radar, AP_SENSOR_PSR);
    radar->detection_probability = 0.9;
    radar->detection_fixed = true;
    radar->range_min_m = 5000.0;
    return ap_sensor_place(radar, (ap_geodetic){ latitude_rad, longitude_rad, 0.0 }) == AP_OK;
}

static int run_files(char **argv)
{
    char words[][24] = { "airpicture",  "track",  "--quiet",   "--detection-probability",
                         "0.9",         "--turn", "--clutter", "--range-max",
                         "--range-min", "5000",   "--stats",   "-",
                         "--tracks" };
    char *arguments[] = { words[0],  words[1],  words[2], words[3], words[4], words[5], argv[3],
                          words[6],  argv[4],   words[7], argv[5],  words[8], words[9], words[10],
                          words[11], words[12], argv[2],  argv[1],  NULL };
    int status = ap_app_main((int)(sizeof arguments / sizeof arguments[0]) - 1, arguments);
    ap_sensor radar;
    plots p = { 0 };
    if (status || !make_radar(&radar, 0.0, 0.0))
        return status ? status : 1;
    radar.turn_s = atof(argv[3]);
    radar.clutter_per_turn = atof(argv[4]);
    radar.range_max_m = atof(argv[5]);
    if (!read_plots(&p, &radar, argv[1]))
        return 1;
    status = time_alone(&radar, &p);
    free(p.report);
    return status;
}

int main(int argc, char **argv)
{
    if (argc >= 6)
        return run_files(argv);
    ap_sensor radar;
    if (!make_radar(&radar, 50.0 * AP_RAD_PER_DEG, 8.0 * AP_RAD_PER_DEG))
        return 1;
    radar.turn_s = 4.0;
    radar.clutter_per_turn = 250.0;
    radar.range_max_m = 226e3;
    plots p = { 0 };
    make_plots(&p, &radar, 500, 40);
    int status = time_alone(&radar, &p);
    free(p.report);
    return status;
}

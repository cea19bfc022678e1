/* Floods of plots on one radar: that none is lost uncounted, and what they cost.
 *
 *     bench.flood          every flood of the table below, each for three scans: minutes
 *     bench.flood PLOTS EAST_KM NORTH_KM SCANS [--fit]
 *                          so many plots a scan in a box so wide, 100 km off, for so many scans
 *
 * Four firm tracks come first, then the flood. A scan is 4 s, its plots come as the beam passes
 * them. "default tables" is the tracker as it stands there without a word; --fit gives it tracks
 * and places for all plots of a scan. Printed: the plots taken and refused, by reason, the tracks
 * alive, and the CPU time of the dearest scan and of the dearest call with 4,096 plots. Ends with
 * status 1 when plots and those counted differ, more is refused than a scan's first plots find room
 * for, a firm track is lost, or a track holds what is no number; of the table also when default
 * tables need more CPU time for a scan than the 4 s that it lasts. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "airpicture/tracker.h"
#include "io/memory.h"

#define START_UTC (INT64_C(1700000000) * AP_NS_PER_S)
#define TURN_S 4.0
#define CENTRE_M 100e3
#define RANGE_MAX_M 400e3
#define SIGMA_M 50.0
#define SIGMA_RAD 0.0014

enum { BATCH = 4096, FIRM = 4, QUIET_SCANS = 8, PLOTS_MAX = 2000000, SCANS_MAX = 100 };

typedef struct flood {
    uint32_t plots;
    double east_km, north_km;
    int scans;
    bool fits;     /* tables for all of it */
    bool is_timed; /* must not take longer than it lasts */
} flood;

static const flood floods[] = {
    { 8000, 0, 0, 3, false, true },        { 60000, 0, 0, 3, true, false },
    { 60000, 1, 1, 3, true, false },       { 60000, 330, 330, 3, true, false },
    { 1000000, 0, 0, 3, false, true },     { 1000000, 1, 1, 3, false, true },
    { 1000000, 330, 110, 3, false, true }, { 1000000, 330, 330, 3, false, true },
    { 1000000, 0, 0, 3, true, false },     { 1000000, 330, 330, 3, true, false },
};

typedef struct plot {
    ap_utc_ns time_utc;
    double range_m, azimuth_rad;
} plot;

typedef struct world {
    ap_sensor radar;
    ap_sensor_stats stats;
    ap_sensor_table sensors;
    ap_tracker tracker;
    void *memory;
    size_t memory_size;
    uint32_t room; /* plots that may wait at once */
    plot *scan;
    size_t count;
    uint64_t seed, sent;
    double worst_scan_s, worst_call_s;
} world;

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double uniform(world *w, double low, double high)
{
    w->seed = w->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return low + (high - low) * ((double)(w->seed >> 11) * 0x1p-53);
}

static void add_plot(world *w, int scan, double east_m, double north_m)
{
    double azimuth_rad = ap_wrap_two_pi(atan2(east_m, north_m));
    ap_utc_ns time_utc = ap_utc_add_s(START_UTC, TURN_S * (scan + azimuth_rad / (2.0 * AP_PI)));
    w->scan[w->count++] = (plot){ time_utc, hypot(east_m, north_m), azimuth_rad };
}

static ap_report report_of(const plot *p)
{
    return (ap_report){ .time_utc = p->time_utc,
                        .receive_utc = p->time_utc,
                        .kind = AP_REPORT_TARGET,
                        .present = AP_HAS_POLAR,
                        .flags = AP_FLAG_PRIMARY,
                        .range_m = p->range_m,
                        .azimuth_rad = p->azimuth_rad,
                        .range_sigma_m = SIGMA_M,
                        .azimuth_sigma_rad = SIGMA_RAD };
}

static int by_time(const void *a, const void *b)
{
    const plot *x = a, *y = b;
    return (x->time_utc > y->time_utc) - (x->time_utc < y->time_utc);
}

/* The four fly north-east, through the flood's middle. */
static void make_scan(world *w, const flood *f, int scan)
{
    w->count = 0;
    for (int i = 0; i < FIRM; i++) {
        double along_m = 140.0 * TURN_S * (scan - QUIET_SCANS);
        add_plot(w, scan, CENTRE_M + along_m + 3000.0 * i, along_m);
    }
    for (uint32_t i = 0; scan >= QUIET_SCANS && i < f->plots; i++) {
        double east_m = 500.0 * f->east_km * uniform(w, -1.0, 1.0);
        double north_m = 500.0 * f->north_km * uniform(w, -1.0, 1.0);
        add_plot(w, scan, CENTRE_M + east_m, north_m);
    }
    qsort(w->scan, w->count, sizeof *w->scan, by_time);
}

static void take_scan(world *w)
{
    static ap_report batch[BATCH];
    double scan_s = 0.0;
    for (size_t from = 0; from < w->count; from += BATCH) {
        size_t count = w->count - from < BATCH ? w->count - from : BATCH;
        for (size_t i = 0; i < count; i++)
            batch[i] = report_of(&w->scan[from + i]);
        double begin_s = cpu_s();
        ap_tracker_step(&w->tracker, batch[count - 1].receive_utc, batch, count);
        double took_s = cpu_s() - begin_s;
        w->worst_call_s = fmax(w->worst_call_s, took_s);
        scan_s += took_s;
    }
    w->sent += w->count;
    w->worst_scan_s = fmax(w->worst_scan_s, scan_s);
}

static void begin(world *w, const flood *f)
{
    *w = (world){ .seed = 1 };
    ap_sensor_defaults(&w->radar, AP_SENSOR_PSR);
    w->radar.described = true;
    w->radar.input = AP_INPUT_NONE;
    w->radar.turn_s = TURN_S;
    w->radar.range_max_m = RANGE_MAX_M;
    w->sensors = (ap_sensor_table){ .sensor = &w->radar, .stats = &w->stats, .count = 1, .cap = 1 };
    ap_tracker_config config = ap_tracker_config_default();
    config.sensors = &w->sensors;
    if (f->fits) {
        config.track_cap = (uint32_t)fmin(fmax(config.track_cap, 2.0 * f->plots), 1e6);
        config.group_report_cap = (uint32_t)fmax(config.group_report_cap, 2.0 * f->plots);
    }
    w->room = config.group_report_cap;
    w->memory_size = ap_tracker_size(&config);
    w->memory = w->memory_size > 0 ? ap_memory_take(w->memory_size) : NULL;
    w->scan = ap_memory_take((f->plots + FIRM) * sizeof *w->scan);
    if (!w->memory || !w->scan ||
        ap_sensor_place(&w->radar, (ap_geodetic){ 50.0 * AP_RAD_PER_DEG, 0.0, 0.0 }) ||
        ap_tracker_init(&w->tracker, &config, w->memory, w->memory_size)) {
        fprintf(stderr, "no memory for %" PRIu32 " plots\n", f->plots);
        exit(1);
    }
}

static void end(world *w, const flood *f)
{
    ap_memory_give_back(w->memory, w->memory_size);
    ap_memory_give_back(w->scan, (f->plots + FIRM) * sizeof *w->scan);
}

static bool is_sound(const ap_track *t)
{
    double sum = t->position.latitude_rad + t->position.longitude_rad + t->east_mps + t->north_mps +
                 t->existence + t->P_enu[0][2] + t->P_enu[1][3] + t->P_enu[2][3];
    return isfinite(sum) && t->P_enu[2][2] > 0.0 && t->P_enu[3][3] > 0.0 &&
           t->P_enu[0][0] * t->P_enu[1][1] > t->P_enu[0][1] * t->P_enu[0][1];
}

static bool tracks_are_sound(const ap_tracker *tracker)
{
    size_t count = ap_tracker_tracks(tracker, true, NULL, 0);
    ap_track *tracks = malloc((count + 1) * sizeof *tracks);
    bool sound = tracks != NULL;
    count = sound ? ap_tracker_tracks(tracker, true, tracks, count) : 0;
    for (size_t i = 0; i < count; i++)
        sound = sound && is_sound(&tracks[i]);
    free(tracks);
    return sound;
}

/* ---- figures ---- */

static bool fail(const char *what)
{
    printf("    WRONG: %s\n", what);
    return false;
}

/* Prints what became of the flood; false when it was not as it has to be. */
static bool tell(const world *w, const flood *f)
{
    const ap_tracker_stats *s = ap_tracker_stats_of(&w->tracker);
    uint64_t refused = ap_refusals_total(&s->refused);
    printf("%8" PRIu32 " plots a scan, %g by %g km, %s tables\n", f->plots, f->east_km, f->north_km,
           f->fits ? "fitting" : "default");
    printf("    of %" PRIu64 " plots %" PRIu64 " taken, %" PRIu64 " refused:", w->sent,
           w->sent - refused, refused);
    for (int i = 0; i < AP_REFUSAL_COUNT; i++)
        if (s->refused.count[i] > 0)
            printf(" %" PRIu64 " %s", s->refused.count[i], ap_refusal_key((ap_refusal)i));
    printf("\n    %" PRIu32 " tracks alive, %" PRIu32 " confirmed; clusters: %" PRIu64
           " exact, %" PRIu64 " by belief, %" PRIu64 " by nearest; %" PRIu64 " plots crowded\n",
           s->alive_count, s->confirmed_alive_count, s->exact_count, s->belief_count,
           s->nearest_count, s->crowded_count);
    printf("    CPU: dearest scan %.3f s, dearest call %.3f s\n", w->worst_scan_s, w->worst_call_s);
    if (s->report_count != w->sent || refused > w->sent)
        return fail("plots and those counted differ");
    if (w->sent - refused < (f->plots < w->room ? f->plots : w->room))
        return fail("more is refused than there is no room for");
    uint64_t scans = (uint64_t)f->scans, most = scans * w->room + FIRM * (QUIET_SCANS + scans);
    bool at_once = f->east_km == 0.0 && f->north_km == 0.0;
    if (at_once && !f->fits && w->sent - refused > most)
        return fail("refusals are not counted: more is taken than there was room for");
    if (s->confirmed_alive_count < FIRM)
        return fail("a firm track is lost");
    if (!tracks_are_sound(&w->tracker))
        return fail("a track holds what is no number, or no covariance");
    if (f->is_timed && w->worst_scan_s > TURN_S)
        return fail("a scan takes longer than it lasts");
    return true;
}

static bool run(const flood *f)
{
    world w;
    begin(&w, f);
    for (int scan = 0; scan < QUIET_SCANS + f->scans; scan++) {
        make_scan(&w, f, scan);
        take_scan(&w);
    }
    ap_tracker_flush(&w.tracker);
    bool is_right = tell(&w, f);
    end(&w, f);
    return is_right;
}

int main(int argc, char **argv)
{
    bool is_right = true;
    if (argc == 1) {
        for (size_t i = 0; i < sizeof floods / sizeof floods[0]; i++)
            is_right = run(&floods[i]) && is_right;
        return is_right ? 0 : 1;
    }
    double plots = argc > 4 ? atof(argv[1]) : 0.0;
    int scans = argc > 4 ? atoi(argv[4]) : 0;
    bool fits = argc == 6 && strcmp(argv[5], "--fit") == 0;
    if (!(plots >= 1.0 && plots <= PLOTS_MAX) || scans < 1 || scans > SCANS_MAX ||
        (argc != 5 && !fits)) {
        fprintf(stderr, "expected nothing, or PLOTS (1 to %d) EAST_KM NORTH_KM SCANS [--fit]\n",
                PLOTS_MAX);
        return 2;
    }
    flood f = { (uint32_t)plots, atof(argv[2]), atof(argv[3]), scans, fits, false };
    return run(&f) ? 0 : 1;
}

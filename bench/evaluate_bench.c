/* Evaluation of a large recording: 1,000 aircraft for one hour at one state a second on each side,
 * 3.6 million states of truth and as many of tracks with covariances, in a square of 800 km; every
 * fiftieth track changes its number half way and one in a hundred is false. Prints the time of each
 * part, and the memory handed out and touched.
 *
 *     bench.evaluate [AIRCRAFT [SECONDS]] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "score/evaluation.h"

#define NOON (INT64_C(1709294400) * AP_NS_PER_S) /* 2024-03-01T12:00:00Z */

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static double uniform(uint64_t *state)
{
    return (double)(next_random(state) >> 11) / 9007199254740992.0;
}

static double normal(uint64_t *state)
{
    double r = sqrt(-2.0 * log(1.0 - uniform(state)));
    return r * cos(2.0 * 3.14159265358979323846 * uniform(state));
}

static void *start(ap_trajectory_set *set, uint32_t aircraft, uint32_t seconds, bool covariances)
{
    ap_trajectory_config caps = { .trajectory_cap = 2 * aircraft + 16,
                                  .state_cap = aircraft * seconds + aircraft * seconds / 50,
                                  .identity_cap = aircraft + 16,
                                  .has_covariances = covariances };
    size_t size = ap_trajectory_set_size(&caps);
    void *mem = malloc(size);
    if (mem == NULL || ap_trajectory_set_init(set, AP_TRAJECTORY_GEODETIC, &caps, mem, size))
        exit(1);
    return mem;
}

/* Aircraft i at a time: straight with a turn in between, at 230 m/s. */
static ap_trajectory_state state_of(uint32_t i, uint32_t second)
{
    uint64_t seed = i * 7919u + 1;
    double latitude = 0.85 + (uniform(&seed) - 0.5) * 0.126;
    double longitude = 0.1 + (uniform(&seed) - 0.5) * 0.19;
    double heading = uniform(&seed) * 6.283185307179586;
    double turn = second % 600 < 60 ? 0.026 * (double)(second % 600) : 0.026 * 60.0;
    heading += turn + 0.026 * 60.0 * (double)(second / 600);
    double t = (double)second - 1800.0;
    ap_trajectory_state s = {
        .time_utc = NOON + (int64_t)second * AP_NS_PER_S,
        .latitude_rad = latitude + 2e-5 * t * cos((double)i),
        .longitude_rad = longitude + 3e-5 * t * sin((double)i),
        .east_mps = 3e-5 * 6378e3 * 0.66 * sin((double)i) + 0.1 * sin(heading),
        .north_mps = 2e-5 * 6371e3 * cos((double)i),
        .pressure_altitude_m = (float)(9000.0 + 300.0 * (i % 10)),
        .flags = AP_STATE_HAS_VELOCITY | AP_STATE_HAS_PRESSURE_ALTITUDE | AP_STATE_HAS_CLIMB
    };
    return s;
}

int main(int argc, char **argv)
{
    uint32_t aircraft = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000;
    uint32_t seconds = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 3600;
    ap_trajectory_set truth, tracks;
    void *truth_mem = start(&truth, aircraft, seconds, false);
    void *track_mem = start(&tracks, aircraft, seconds, true);
    double begin_s = now_s();
    uint64_t seed = 1;
    for (uint32_t second = 0; second < seconds; second++)
        for (uint32_t i = 0; i < aircraft; i++) {
            ap_trajectory_state s = state_of(i, second);
            ap_trajectory_identity id = { .address = i + 1, .flags = AP_IDENTITY_HAS_ADDRESS };
            (void)ap_trajectory_add(&truth, i, &s, NULL, second == 0 ? &id : NULL);
            if (i % 37 == 0 && second % 600 > 570) /* lost for a while */
                continue;
            s.time_utc += (int64_t)(i % 1000) * AP_NS_PER_MS; /* each at its own beam time */
            s.latitude_rad +=
                60.0 * normal(&seed) / 6371e3 + 2e-5 * cos((double)i) * (i % 1000) / 1e3;
            s.longitude_rad +=
                60.0 * normal(&seed) / 4200e3 + 3e-5 * sin((double)i) * (i % 1000) / 1e3;
            ap_trajectory_covariance c = { .east_m2 = 3600.0,
                                           .north_m2 = 3600.0,
                                           .velocity_east_m2ps2 = 1.0f,
                                           .velocity_north_m2ps2 = 1.0f };
            uint64_t number = i % 50 == 0 && second > seconds / 2 ? i + aircraft : i;
            if (i % 100 == 99)
                s.latitude_rad += 0.01;
            (void)ap_trajectory_add(&tracks, number, &s, &c, second == 0 ? &id : NULL);
        }
    double made_s = now_s();
    ap_trajectory_set_sort(&truth);
    ap_trajectory_set_sort(&tracks);
    double sorted_s = now_s();
    ap_evaluation_config config = ap_evaluation_config_default();
    size_t size = ap_evaluation_size(&config, &truth, &tracks);
    void *mem = malloc(size);
    ap_evaluation evaluation;
    if (mem == NULL || ap_evaluation_init(&evaluation, &config, &truth, &tracks, mem, size))
        return 1;
    double share = 0.0, last_s = now_s();
    printf("%u + %u states made in %.2f s, sorted in %.2f s\n", truth.state_count,
           tracks.state_count, made_s - begin_s, sorted_s - made_s);
    for (bool done = false; !done;) {
        double before = share;
        done = ap_evaluation_step(&evaluation, seconds, &share);
        printf("  share %.2f to %.2f in %.2f s\n", before, share, now_s() - last_s);
        last_s = now_s();
    }
    const ap_evaluation_result *r = ap_evaluation_result_of(&evaluation);
    ap_requirement row = {
        .quantity = AP_QUANTITY_UPDATE, .interval_s = 8.0, .at_least = true, .limit = 0.97
    };
    ap_requirement_result pu = ap_evaluation_require(&evaluation, &row);
    double end_s = now_s();
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("one requirement in %.3f s: %.4f of %lu\n", end_s - last_s, pu.value,
           (unsigned long)pu.sample_count);
    printf("GOSPA %.1f m, T-GOSPA %.1f m (gap %.1e, largest cluster %u), RMS %.1f m, %u false\n",
           r->gospa_rms_m, r->tgospa.per_instant_m, r->tgospa.gap_share, r->tgospa.cluster_size_max,
           r->position_rms_m, r->false_track_count);
    printf("evaluation %.2f s with sorting; memory %.0f MB handed in, %.0f MB touched\n",
           end_s - made_s, (double)size / 1e6, (double)usage.ru_maxrss / 1e3);
    free(mem);
    free(track_mem);
    free(truth_mem);
    return 0;
}

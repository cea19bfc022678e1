/* Score: tracks against truth, at common instants.
 *
 *     ap_score_config config = ap_score_config_default();
 *     void *mem = malloc(ap_score_size(&config));
 *     ap_score score;
 *     ap_score_init(&score, &config, mem, ap_score_size(&config));
 *     every second:  ap_score_instant(&score, now, truths, truth_count, tracks, track_count, NULL);
 *     at the end:    ap_score_result result = ap_score_result_of(&score);
 *
 * At each instant every track is moved to the instant (ap_track_at) and the two sets are paired so
 * that the sum of min(distance, cutoff)^p is smallest; distance is horizontal, in metres, on the
 * ground. A pair at or beyond the cutoff is none: one miss and one false track. What is published
 * is what is scored: tracks that are tentative or dead are left out.
 *
 * GOSPA, OSPA and the counts are of that best pairing. Errors, NEES and switches are of a second
 * one, in which a truth keeps its track for as long as that is within the cutoff (CLEAR-MOT's
 * rule): two aircraft that pass over each other do not exchange theirs by a metre, and two tracks
 * that exchanged their aircraft are held to it.
 *
 * Sums run in the order of the calls and of the arrays, so the same input gives the same numbers.
 * Nothing is allocated after init; what does not fit is left out and counted. */
#ifndef AP_SCORE_SCORE_H
#define AP_SCORE_SCORE_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "airpicture/time.h"
#include "airpicture/track.h"
#include "model/truth.h"

typedef struct ap_score_config {
    double cutoff_m;    /* distance at which a pair is none, and price of a miss; > 0 */
    int power;          /* p of GOSPA and OSPA: 1 or 2 */
    uint32_t truth_cap; /* aircraft at one instant, [1, 1000000] */
    uint32_t track_cap; /* tracks at one instant, [1, 1000000] */
    /* Different aircraft, and tracks that ever had one, over the whole run, [1, 4000000]. */
    uint32_t target_cap;
    uint32_t edge_cap; /* pairs nearer than the cutoff at one instant, [1, 16000000] */
} ap_score_config;

/* Cutoff 1,000 m (twice the RMS limit for 5 NM separation), p = 2, 1,024 aircraft and tracks at
 * once, 4,096 over the run, 16,384 pairs. */
ap_score_config ap_score_config_default(void);

/* One instant. */
typedef struct ap_score_sample {
    ap_utc_ns time_utc;
    uint32_t truth_count, track_count, pair_count;
    double gospa_m, ospa_m;
    double localisation_m, missed_m, spurious_m; /* parts of GOSPA, each to the power 1/p */
    double position_rms_m; /* over the pairs; 0 without any, as the following */
    double velocity_rms_mps;
    double altitude_rms_m;
    uint32_t switch_count; /* truths that got another track at this instant */
} ap_score_sample;

/* The run. Ratios with an empty denominator: completeness 0, ambiguity 1, spuriousness 0. Means
 * over nothing are 0; the counts tell. */
typedef struct ap_score_result {
    uint64_t instant_count;
    uint64_t truth_count;     /* truths, summed over the instants */
    uint64_t track_count;     /* tracks, the same */
    uint64_t pair_count;      /* pairs, the same */
    uint64_t redundant_count; /* tracks without a truth that are within the cutoff of one */
    uint64_t stale_count;     /* tracks with none near, whose aircraft is not there any more */
    uint64_t false_count;     /* all other tracks with none near */
    uint64_t switch_count;    /* a truth got another track while its old one was no longer near */
    uint32_t target_count;    /* different aircraft */

    double gospa_rms_m; /* root of the mean square over the instants, as the next */
    double ospa_rms_m;
    double localisation_m, missed_m, spurious_m; /* (mean of the part of GOSPA^p)^(1/p) */
    double completeness;                         /* pairs / truths */
    double worst_completeness; /* the same for the worst aircraft seen at 60 instants or more */
    double ambiguity;          /* tracks near a truth / pairs */
    double spuriousness;       /* stale and false tracks / tracks */

    double position_rms_m;   /* horizontal, over all pairs */
    double position_95_m;    /* 95 % of the pairs are at most this far off (bins of 1/16 octave) */
    double velocity_rms_mps; /* horizontal vector error */
    double altitude_rms_m;   /* pressure altitude, or height where one of the two has none */
    double vertical_rate_rms_mps; /* of the pairs that have an altitude error */
    uint64_t altitude_count;      /* pairs with an altitude */

    /* Mean normalised squared errors: e' P^-1 e. 2 and 4 for an honest covariance. */
    double nees_position, nees_state;
    uint64_t nees_count;

    /* Left out, each with its reason. */
    uint64_t unpublished_count;        /* tracks that were tentative or dead */
    uint64_t truth_refused_count;      /* beyond truth_cap, or with impossible numbers */
    uint64_t track_refused_count;      /* beyond track_cap, or with impossible numbers */
    uint64_t edge_refused_count;       /* beyond edge_cap: the pairing was then not the best */
    uint64_t target_refused_count;     /* beyond target_cap: no switch, worst or stale counted */
    uint64_t covariance_refused_count; /* not positive definite: no NEES from that pair */
} ap_score_result;

struct ap_score_state; /* lives in the caller's memory */

typedef struct ap_score {
    struct ap_score_state *state;
} ap_score;

/* Bytes that init needs; 0 when a field of the configuration is out of its range. */
size_t ap_score_size(const ap_score_config *config);

/* `mem` outlives the score. AP_ERR_ARGUMENT for a bad configuration, AP_ERR_MEMORY when mem_size
 * is too small. */
ap_err ap_score_init(ap_score *score, const ap_score_config *config, void *mem, size_t mem_size);

/* Scores one instant.
 * in : truths at `time`; the ones that should be seen (in coverage) are the caller's choice;
 *      tracks as the tracker gives them, at most about a minute away from `time`.
 * out: *sample, unless NULL.
 * Cost: O(n log n) and the pairs within the cutoff in latitude. */
void ap_score_instant(ap_score *score, ap_utc_ns time, const ap_truth *truths, size_t truth_count,
                      const ap_track *tracks, size_t track_count, ap_score_sample *sample);

ap_score_result ap_score_result_of(const ap_score *score);

/* The kept pairing of the last instant: id of the track of truths[index], or 0. */
uint32_t ap_score_track_of(const ap_score *score, size_t index);

#endif

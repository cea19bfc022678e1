/* Evaluation: a tracker's output held against truth, whole recordings at once.
 *
 *     ap_evaluation_config config = ap_evaluation_config_default();
 *     size_t size = ap_evaluation_size(&config, &truth, &tracks);   both sets sorted
 *     ap_evaluation_init(&evaluation, &config, &truth, &tracks, mem, size);
 *     while (!ap_evaluation_step(&evaluation, 64, &share_done))
 *         show progress;
 *     const ap_evaluation_result *result = ap_evaluation_result_of(&evaluation);
 *     ap_requirement_result row = ap_evaluation_require(&evaluation, &requirement);
 *
 * Two views. At instants, one every step_s: each track's newest state that is not later and not
 * older than max_age_s is carried forward with its own velocity - the picture a display would show,
 * no look-ahead - and the truth is taken at the instant (its sample, or cubic Hermite between two
 * that are at most truth_gap_s apart); GOSPA, OSPA, SIAP, T-GOSPA and the identity counts are of
 * this view. As reports: each state of a track at its own time, against the truth that the track
 * followed then; errors by phase and range, NEES, latency and the requirements are of that one.
 *
 * A track follows a truth while the kept pairing says so: as the best pairing (least sum of
 * distance^p below the cutoff), but a truth keeps its track while that is within hold_m, unless for
 * release_s the best pairing has had another one, or none, for it. Once released, it has no claim
 * to that track until it follows it as its best again.
 *
 * Same input, same result; nothing is allocated. Definitions and sources: doc/metrics.md. */
#ifndef AP_SCORE_EVALUATION_H
#define AP_SCORE_EVALUATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "airpicture/time.h"
#include "score/requirement.h"
#include "score/trajectory.h"

#define AP_EVALUATION_RANGE_CAP 16
#define AP_EVALUATION_SENSOR_CAP 64

/* A place in the frame of the sets. */
typedef struct ap_evaluation_place {
    union {
        struct {
            double latitude_rad, longitude_rad;
        };
        struct {
            double y_m, x_m;
        };
    };
} ap_evaluation_place;

/* A sensor as far as the bound needs it: range and azimuth, or positions, with a turn. */
typedef struct ap_evaluation_sensor {
    ap_evaluation_place place;
    double interval_s;            /* between two looks, > 0 */
    double range_max_m;           /* > 0 */
    double range_sigma_m;         /* > 0 */
    double azimuth_sigma_rad;     /* > 0 */
    double position_sigma_m;      /* per axis, of a sensor that gives positions; 0: a radar */
    double detection_probability; /* (0, 1] */
} ap_evaluation_sensor;

typedef struct ap_evaluation_config {
    double step_s;         /* between instants, [0.001, 3600] */
    double warmup_s;       /* first instant, after the origin, >= 0 */
    double until_s;        /* last instant, after the origin; INFINITY: the truth's end */
    ap_utc_ns origin;      /* AP_UTC_UNKNOWN: the first state of the truth */
    double cutoff_m;       /* c, > 0 */
    int power;             /* p, 1 or 2 */
    double hold_m;         /* (0, cutoff_m] */
    double release_s;      /* > 0; INFINITY: as CLEAR-MOT has it, never */
    double max_age_s;      /* > 0 */
    double truth_gap_s;    /* > 0 */
    double switch_m;       /* gamma of T-GOSPA, > 0 */
    bool absence_switches; /* T-GOSPA: a track that ends or begins beside its truth costs half a
                            * switch; the published metric lets the assignment stand */
    double siap_gate_m;    /* (0, cutoff_m] */
    double nees_age_s;     /* instants count for NEES when the state carried forward is younger */
    double speed_min_mps;  /* along and across, angle and latency need a direction, > 0 */
    double turn_rate_min_radps; /* turning from here on, > 0 */
    double climb_min_mps;       /* climbing or descending from here on, > 0 */
    double phase_window_s;      /* turn and climb are judged over that much, > 0 */

    /* Coverage: truth outside of it, tracks of such truth and false tracks outside of it do not
     * count. */
    bool has_coverage;
    ap_evaluation_place coverage_centre;
    double coverage_range_m; /* > 0 */
    bool has_floor;          /* likewise what is lower; what tells no height is not */
    double floor_m;          /* height, or pressure altitude of a state without one */

    /* Errors by range from a place; range_count edges rising from above 0, so range_count + 1
     * buckets, the last one open. */
    bool has_reference;
    ap_evaluation_place reference;
    size_t range_count;
    double range_edge_m[AP_EVALUATION_RANGE_CAP];

    /* The posterior Cramer-Rao bound, left out without both. With looks, which outlive the
     * evaluation and are of its truth, sensors do not count. */
    const struct ap_looks *looks; /* or NULL */
    size_t sensor_count;
    ap_evaluation_sensor sensors[AP_EVALUATION_SENSOR_CAP];
    double acceleration_psd_m2ps3; /* of the truth's motion, per axis; 0: as the truth changes its
                                    * velocity from instant to instant */

    uint32_t edge_cap;    /* pairs below the cutoff kept for T-GOSPA, over the run */
    uint32_t segment_cap; /* stretches of one track on one truth, over the run */
} ap_evaluation_config;

/* Step 1 s, no warm-up, c = 1,000 m, p = 2, hold 1,000 m, release 10 s, max age 10 s, truth gap 30
 * s, gamma = 1,000 m; 16 million pairs, one million stretches. */
ap_evaluation_config ap_evaluation_config_default(void);

/* The parameters of the bench for trackers in a plane: step 4 s, warm-up 40 s from time 0, c =
 * 2,000 m, p = 2, hold 1,000 m, no release, max age 8.5 s, NEES of states younger than 0.05 s. */
ap_evaluation_config ap_evaluation_config_bench(void);

/* What is wrong with a configuration, in words that name the field; NULL: nothing. */
const char *ap_evaluation_config_fault(const ap_evaluation_config *config);

/* clang-format off */
#define AP_EVALUATION_ERROR_MAP(X)              \
    X(POSITION,    "position",    "m")          \
    X(ALONG,       "along",       "m")          \
    X(ACROSS,      "across",      "m")          \
    X(ALTITUDE,    "altitude",    "m")          \
    X(VELOCITY,    "velocity",    "m/s")        \
    X(SPEED,       "speed",       "m/s")        \
    X(TRACK_ANGLE, "track_angle", "rad")        \
    X(CLIMB_RATE,  "climb_rate",  "m/s")        \
    X(LATENCY,     "latency",     "s")

/* Why there is nothing, or less, to score. */
#define AP_EVALUATION_NOTE_MAP(X)                                                                  \
    X(TRUTH_EMPTY,   "truth_empty",   "the truth has no state")                                    \
    X(TRACKS_EMPTY,  "tracks_empty",  "the tracks have no state")                                  \
    X(NO_OVERLAP,    "no_overlap",    "truth and tracks do not overlap in time")                   \
    X(NO_NEIGHBOUR,  "no_neighbour",                                                               \
      "no track is ever near a truth: other units, another place or another clock?")               \
    X(NO_INSTANT,    "no_instant",    "the truth ends before the first instant")                   \
    X(NEAR_FULL,     "near_full",                                                                  \
      "too many near pairs at an instant, some were not looked at: choose a smaller cutoff")       \
    X(EDGES_FULL,    "edges_full",    "too many near pairs: T-GOSPA is left out")                  \
    X(SEGMENTS_FULL, "segments_full", "too many changes of pairs: some are not counted")           \
    X(CLOCK_OFFSET,  "clock_offset",  "along-track errors are as of a clock a second or more off")
/* clang-format on */

typedef enum ap_evaluation_error_kind {
#define AP_X(name, key, unit) AP_EVALUATION_##name,
    AP_EVALUATION_ERROR_MAP(AP_X)
#undef AP_X
        AP_EVALUATION_ERROR_COUNT
} ap_evaluation_error_kind;

typedef enum ap_evaluation_note {
#define AP_X(name, key, text) AP_EVALUATION_NOTE_##name,
    AP_EVALUATION_NOTE_MAP(AP_X)
#undef AP_X
        AP_EVALUATION_NOTE_COUNT
} ap_evaluation_note;

const char *ap_evaluation_error_key(ap_evaluation_error_kind kind);
const char *ap_evaluation_error_unit(ap_evaluation_error_kind kind);
const char *ap_evaluation_note_key(ap_evaluation_note note);
const char *ap_evaluation_note_text(ap_evaluation_note note);

/* Errors of one kind; quantiles are of the magnitudes, between order statistics linearly. All 0
 * when count is 0. */
typedef struct ap_error_summary {
    uint64_t count;
    double mean, rms, median, q95, q99, max; /* mean is signed */
} ap_error_summary;

/* A mean with the bounds that hold 95 % of such means if the covariances are honest. */
typedef struct ap_nees_summary {
    uint64_t count;
    uint32_t dimension;
    double mean, lower, upper;
} ap_nees_summary;

typedef struct ap_tgospa {
    bool computed;
    double tgospa_m;      /* whole run, to the power 1/p of the sum, as its parts */
    double per_instant_m; /* (sum / instants)^(1/p) */
    double localisation_m, missed_m, spurious_m, switch_m; /* (part / instants)^(1/p) */
    double switch_count; /* whole switches; a half for each lost or gained */
    double gap_share;    /* (upper - lower) / upper of the sum to the power p: 0 is the optimum */
    uint32_t cluster_count, cluster_size_max; /* truths and tracks in the largest */
    uint32_t cluster_open_count;              /* clusters whose gap is not 0 */
} ap_tgospa;

typedef struct ap_siap {
    double completeness, ambiguity, spuriousness;
    double position_m, velocity_mps; /* mean errors of the associated */
    double rate_of_number_change_hz; /* 1/s */
    double longest_segment;          /* share */
    bool has_identity;               /* any truth told one */
    double identity_completeness, identity_correctness, identity_ambiguity;
} ap_siap;

typedef struct ap_pcrb {
    uint64_t count;                  /* instants of truths, beside paired tracks, with a bound */
    double bound_rms_m, error_rms_m; /* the same instants */
    double ratio;                    /* error over bound; 0 without any */
} ap_pcrb;

typedef struct ap_evaluation_result {
    bool notes[AP_EVALUATION_NOTE_COUNT];
    ap_utc_ns first_instant, last_instant;
    uint64_t instant_count;
    uint64_t truth_count, track_count, pair_count;     /* summed over the instants */
    uint32_t target_count;                             /* truths present at an instant */
    uint32_t used_track_count;                         /* tracks, the same */
    uint64_t outside_truth_count, outside_track_count; /* left out by the coverage, summed */
    uint64_t states_unused_count; /* states of tracks that became no report: before the first or
                                   * after the last instant, outside the coverage, where the truth
                                   * had a hole */

    /* At instants, of the best pairing. */
    double gospa_rms_m, gospa_mean_m, gospa_per_sqrt_n_m;
    double localisation_m, missed_m, spurious_m; /* (mean of the part of GOSPA^p)^(1/p) */
    double ospa_mean_m, ospa_rms_m;
    double position_rms_m, position_95_m;
    double velocity_rms_mps;
    ap_nees_summary nees_instant; /* of positions, states younger than nees_age_s */
    double completeness, missed_per_instant, false_per_instant;
    uint32_t false_track_count; /* tracks without a pair at more than half of their instants */
    uint64_t switch_count, kept_switch_count, break_count;
    double switches_per_target, kept_switches_per_target, breaks_per_target;
    double longest_share; /* mean over targets: instants with the commonest track of all paired */
    uint32_t late_birth_count;
    double late_birth_delay_s; /* mean, of targets that began after the first instant */
    ap_tgospa tgospa;
    ap_siap siap;
    ap_pcrb pcrb;

    /* Of the reports. */
    uint64_t report_count;    /* with a truth */
    uint64_t false_count;     /* no truth within the cutoff */
    uint64_t redundant_count; /* near a truth that another track follows */
    uint64_t coasting_count;  /* of report_count */
    ap_error_summary errors[AP_PHASE_COUNT][AP_EVALUATION_ERROR_COUNT];
    size_t range_bucket_count; /* 0 without a reference */
    ap_error_summary by_range[AP_EVALUATION_RANGE_CAP + 1][AP_EVALUATION_ERROR_COUNT];
    ap_nees_summary nees_position, nees_state, nees_vertical; /* 2, 4 and 1 dimensions */
    uint64_t covariance_refused_count;                        /* not positive definite */
    ap_error_summary birth_delay, drop_delay;                 /* s */
    uint32_t unseen_count;     /* targets without any report; not in birth_delay */
    double numbers_per_target; /* different tracks that followed it, mean */
    double false_per_hour;     /* false tracks */
    double false_report_share, redundant_share;
} ap_evaluation_result;

/* One truth over the run. */
typedef struct ap_evaluation_target {
    uint64_t id;
    uint32_t truth; /* index in the set */
    uint32_t instant_count, pair_count;
    ap_utc_ns first, last; /* instants */
    uint32_t switch_count, kept_switch_count, break_count, number_count;
    uint32_t report_count;
    double position_rms_m, position_max_m; /* of its reports */
    ap_utc_ns position_max_time;
    double birth_delay_s; /* from its begin, or its coming into the coverage; INFINITY: never
                           * reported; NAN: there at the first instant */
    double drop_delay_s;  /* NAN: never reported, or it lasts to the end */
    uint32_t gap_count;   /* breaks that ended again */
    double gap_max_s;     /* between two reports */
} ap_evaluation_target;

/* One track over the run. */
typedef struct ap_evaluation_track {
    uint64_t id;
    uint32_t track; /* index in the set */
    uint32_t instant_count, pair_count;
    uint32_t target_count; /* stretches on a truth */
    bool is_false;
} ap_evaluation_track;

/* One instant. */
typedef struct ap_evaluation_sample {
    ap_utc_ns time_utc;
    uint32_t truth_count, track_count, pair_count;
    uint16_t kept_switch_count, break_count;
    float gospa_m, ospa_m, localisation_m, missed_m, spurious_m;
    float position_rms_m, velocity_rms_mps;
    float nees_mean;   /* NAN: none */
    float bound_rms_m; /* PCRB, 0: none */
} ap_evaluation_sample;

enum {
    AP_REPORT_COASTING = 1u << 0,
    AP_REPORT_HAS_ALTITUDE = 1u << 1,
    AP_REPORT_HAS_VELOCITY = 1u << 2,
    AP_REPORT_HAS_CLIMB = 1u << 3,
    AP_REPORT_HAS_DIRECTION = 1u << 4, /* the truth is fast enough for along and across */
    AP_REPORT_REDUNDANT = 1u << 5,     /* another track follows that truth: in no error */
    AP_REPORT_TURNING = 1u << 6,
    AP_REPORT_CLIMBING = 1u << 7,
    AP_REPORT_GROUND = 1u << 8,
    AP_REPORT_TOLD = 1u << 9,   /* address, Mode 3/A, callsign: 3 bits from here */
    AP_REPORT_RIGHT = 1u << 12, /* the same */
};

/* One state of a track against its truth, for plots and requirements. */
typedef struct ap_evaluation_report {
    ap_utc_ns time_utc;
    uint32_t truth; /* index in the set, AP_TRAJECTORY_NONE: a false one */
    uint32_t state; /* index in the tracks' set */
    float east_m, north_m, along_m, across_m;
    float altitude_m, velocity_mps, speed_mps, track_angle_rad, climb_mps; /* errors */
    float truth_speed_mps;
    float nees_position; /* NAN: none */
    uint16_t flags;
    uint8_t range_bucket;
} ap_evaluation_report;

struct ap_evaluation_state; /* lives in the caller's memory */

typedef struct ap_evaluation {
    struct ap_evaluation_state *state;
} ap_evaluation;

/* Bytes that init needs; 0 when the configuration has a fault, a set is not sorted, or the frames
 * differ. */
size_t ap_evaluation_size(const ap_evaluation_config *config, const ap_trajectory_set *truth,
                          const ap_trajectory_set *tracks);

/* `mem` and both sets outlive the evaluation. AP_ERR_ARGUMENT where size gives 0, AP_ERR_MEMORY
 * when mem_size is too small. */
ap_err ap_evaluation_init(ap_evaluation *evaluation, const ap_evaluation_config *config,
                          const ap_trajectory_set *truth, const ap_trajectory_set *tracks,
                          void *mem, size_t mem_size);

/* Works through up to `count` instants, or one of the parts that follow them.
 * out: *share_done, 0 to 1, unless NULL; true when all is done. */
bool ap_evaluation_step(ap_evaluation *evaluation, size_t count, double *share_done);

/* Once step gave true; before, they are empty. */
const ap_evaluation_result *ap_evaluation_result_of(const ap_evaluation *evaluation);
const ap_evaluation_target *ap_evaluation_targets(const ap_evaluation *evaluation, size_t *count);
const ap_evaluation_track *ap_evaluation_tracks(const ap_evaluation *evaluation, size_t *count);
const ap_evaluation_sample *ap_evaluation_samples(const ap_evaluation *evaluation, size_t *count);

/* Reports, by truth, then by time; the false ones last. */
const ap_evaluation_report *ap_evaluation_reports(const ap_evaluation *evaluation, size_t *count);

/* The answer to one row; a row with a fault (ap_requirement_fault) is not enough data. */
ap_requirement_result ap_evaluation_require(ap_evaluation *evaluation, const ap_requirement *row);

#endif

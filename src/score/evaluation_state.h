/* What the parts of an evaluation share. Only for src/score. */
#ifndef AP_SCORE_EVALUATION_STATE_H
#define AP_SCORE_EVALUATION_STATE_H

#include "base/arena.h"
#include "score/evaluation.h"
#include "score/motion.h"
#include "score/pairing.h"
#include "score/pcrb.h"
#include "score/tgospa.h"

/* Trajectories that may be there at an instant, as time goes on. */
typedef struct ap_roster {
    const ap_trajectory_set *set;
    uint32_t *by_begin; /* all, by first state */
    uint32_t next;      /* in by_begin */
    uint32_t *active;   /* indices, rising */
    uint32_t active_count;
    uint32_t *cursor; /* [trajectory]: state */
    uint32_t *scratch;
    int64_t *key; /* working memory of sorts */
} ap_roster;

typedef enum ap_segment_kind {
    AP_SEGMENT_FOLLOWS, /* the kept pairing says so */
    AP_SEGMENT_NEAR,    /* another track follows that truth, or it lost its own */
    AP_SEGMENT_FALSE,   /* no truth within the cutoff */
    AP_SEGMENT_OUTSIDE, /* left out by the coverage */
} ap_segment_kind;

/* A stretch of instants in which one track was one truth's. */
typedef struct ap_segment {
    uint32_t track, truth, first, last; /* last two: instants, inclusive */
    ap_segment_kind kind;
} ap_segment;

/* How often a truth's pair was a track: a list of them per truth. */
typedef struct ap_partner {
    uint32_t track, count, next; /* next: index + 1 */
} ap_partner;

typedef struct ap_target_sums {
    uint32_t instant_count, pair_count, first_instant, last_instant, first_paired;
    uint32_t switch_count, kept_switch_count, break_count;
    uint32_t last_track, kept_track;  /* AP_TRAJECTORY_NONE: none yet */
    uint32_t rival_first, rival_next; /* of instants in a row at which another was its best: the
                                       * first, and the one that would go on; 0: none */
    bool is_released;                 /* from kept_track: follows it only where that is left */
    uint32_t partners;                /* index + 1 */
    uint32_t run_track, run_length, run_longest, followed_count;
    bool was_paired;
    uint32_t report_first, report_count; /* its reports */
} ap_target_sums;

typedef struct ap_track_sums {
    uint32_t instant_count, pair_count, stretch_count;
    uint32_t first_instant, last_instant;
    uint32_t segment; /* the open one + 1 */
    bool is_false;
} ap_track_sums;

typedef struct ap_siap_sums {
    double truths, tracked, tracks, associated, position_m, velocity_mps;
    double identity_unknown, identity_correct, identity_wrong, identity_truths;
} ap_siap_sums;

typedef struct ap_instant_sums {
    double gospa, gospa_square, ospa, ospa_square, localisation, missed, spurious;
    double position_square, velocity_square, nees;
    uint64_t nees_count;
} ap_instant_sums;

typedef enum ap_evaluation_stage {
    AP_STAGE_INSTANTS,
    AP_STAGE_TGOSPA,
    AP_STAGE_REPORTS,
    AP_STAGE_SUMMARIES,
    AP_STAGE_DONE,
} ap_evaluation_stage;

/* The two sides as they are at one instant. */
typedef struct ap_instant_side {
    uint32_t count;
    uint32_t *trajectory; /* [cap], as all of these */
    uint32_t *state;
    ap_motion_point *point;
    bool *outside;
    double *age_s; /* of the state carried forward; of truths for requirements only */
} ap_instant_side;

struct ap_evaluation_state {
    ap_evaluation_config config;
    const ap_trajectory_set *truth, *tracks;
    ap_evaluation_stage stage;
    ap_utc_ns start;
    int64_t step_ns;
    uint32_t instant_cap, instant; /* how many there are, and how many are done */

    ap_roster truth_roster, track_roster;
    ap_instant_side truths_now, tracks_now;
    ap_pairing pairing;
    uint32_t *best, *kept, *live_of_track, *nearest;
    double *best_cost, *nearest_cost;
    bool *taken;
    uint32_t *by_y, *by_y_scratch;
    int64_t *y_key;
    uint32_t *told_right, *told_wrong, *told_none; /* [truths now] */

    ap_target_sums *targets; /* [truth] */
    ap_track_sums *track_sums;
    ap_partner *partners;
    uint32_t partner_count, partner_cap;
    ap_instant_sums sums;
    ap_siap_sums siap;
    double *square; /* squared errors of the best pairs */
    size_t square_count, square_cap;
    ap_evaluation_sample *samples;
    ap_segment *segments;
    uint32_t segment_count;
    ap_tgospa_edge *edges;
    uint32_t edge_count;
    uint32_t *truth_span[2], *track_span[2]; /* first and last instant of each, for T-GOSPA */
    ap_tgospa_work tgospa;
    ap_pcrb_work pcrb;

    uint8_t *phase; /* [truth's states] */
    ap_evaluation_report *reports;
    size_t report_count, report_cap, false_first;
    uint32_t *report_order; /* twice report_cap */
    float *column;          /* [column_cap]: report_cap or the number of truths */
    size_t column_cap;
    int64_t *report_key;
    uint32_t *bins;
    ap_evaluation_target *target_rows;
    ap_evaluation_track *track_rows;
    size_t target_row_count, track_row_count;
    ap_evaluation_result result;
};

/* Time of an instant. */
ap_utc_ns ap_evaluation_time(const struct ap_evaluation_state *state, uint32_t instant);

/* Whether a point is within the coverage. */
bool ap_evaluation_covers(const struct ap_evaluation_state *state, const ap_motion_point *point);

/* Metres from a place to a point, along the tangent plane between them: at 400 km within 0.1 % up
 * to 65 degrees of latitude. */
double ap_evaluation_range_m(ap_trajectory_frame frame, const ap_evaluation_place *place,
                             const ap_motion_point *point);

/* Which identities a track told and got right at a time: AP_REPORT_TOLD and AP_REPORT_RIGHT. */
uint16_t ap_evaluation_identity(const struct ap_evaluation_state *state, uint32_t truth_identity,
                                uint32_t track_identity);

/* One kind of error of a report; false when that report has none. */
bool ap_evaluation_error_of(const ap_evaluation_report *report, ap_evaluation_error_kind kind,
                            float *error);

/* Whether a report counts in a phase. */
bool ap_evaluation_in_phase(const ap_evaluation_report *report, ap_phase phase);

/* The stages. */
void ap_evaluation_instant(struct ap_evaluation_state *state);
void ap_evaluation_after_instants(struct ap_evaluation_state *state);
void ap_evaluation_tgospa(struct ap_evaluation_state *state);
void ap_evaluation_make_reports(struct ap_evaluation_state *state);
void ap_evaluation_summarise(struct ap_evaluation_state *state);

#endif

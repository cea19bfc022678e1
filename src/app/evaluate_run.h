/* What evaluate and compare have in common: truth and tracks read, looked over, and scored. */
#ifndef AP_APP_EVALUATE_RUN_H
#define AP_APP_EVALUATE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/command.h"
#include "app/samples.h"
#include "app/share_bar.h"
#include "score/evaluation.h"
#include "score/looks.h"

/* Options of both commands. */
typedef struct ap_evaluate_options {
    const ap_command *command;
    const char *truth_path;
    bool is_reference; /* the truth is made of ADS-B reports of a recording */
    ap_utc_ns start_utc;
    ap_utc_ns truth_start_utc; /* AP_UTC_UNKNOWN: as the truth has it */
    bool has_place, has_coverage, has_hold, has_gate;
    double place[2]; /* as given: latitude and longitude in degrees, or x and y in metres */
    double coverage_range_m;
    ap_evaluation_config config; /* origin, reference and coverage are filled when all is read */
    bool quiet;
} ap_evaluate_options;

/* One output on the truth. */
typedef struct ap_evaluate_side {
    const char *path;
    ap_samples tracks;
    ap_evaluation evaluation;
    void *memory;
    size_t memory_size;
} ap_evaluate_side;

typedef struct ap_evaluate_run {
    const ap_evaluate_options *options;
    ap_evaluation_config config; /* as used */
    ap_samples truth;
    ap_share_bar bar;
    char truth_start_note[160]; /* what says when the truth began; empty: nothing had to */
    char reference_note[400];   /* how the reference was made; empty: the truth was read */
    size_t bound_count;         /* sensors of the Cramer-Rao bound */
    ap_evaluation_sensor bound[AP_EVALUATION_SENSOR_CAP];
    const ap_looks *looks; /* of recordings, which go before described sensors; or NULL */
    char bound_note[200];  /* what the bound is of, or why there is none */
} ap_evaluate_run;

/* Reads the truth, or makes the reference. Each function returns an exit status after it has said
 * on standard error what is wrong. */
int ap_evaluate_read_truth(ap_evaluate_run *run);

/* Reads tracks; AP_EXIT_DATA, with a suggestion, for those that cannot be of this truth. */
int ap_evaluate_read_tracks(ap_evaluate_run *run, ap_evaluate_side *side);

/* Scores a side. */
int ap_evaluate_score(ap_evaluate_run *run, ap_evaluate_side *side);

void ap_evaluate_side_close(ap_evaluate_side *side);
void ap_evaluate_run_close(ap_evaluate_run *run);

/* Looks whether tracks can be of this truth: frames, times, units, places. 0 or AP_EXIT_DATA after
 * a line that says what to do. Both sets are sorted and not empty. */
int ap_evaluate_check(const ap_evaluate_run *run, const ap_evaluate_side *side);

/* The truth of --reference, made of ADS-B; fills run->truth and run->reference_note. */
int ap_evaluate_make_reference(ap_evaluate_run *run);

#endif

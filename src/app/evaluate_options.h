/* Options that evaluate and compare share. */
#ifndef AP_APP_EVALUATE_OPTIONS_H
#define AP_APP_EVALUATE_OPTIONS_H

#include "app/evaluate_run.h"

/* First in both commands' tables, in this order. */
enum {
    AP_EVALUATE_TRUTH,
    AP_EVALUATE_STEP,
    AP_EVALUATE_WARMUP,
    AP_EVALUATE_UNTIL,
    AP_EVALUATE_CUTOFF,
    AP_EVALUATE_POWER,
    AP_EVALUATE_HOLD,
    AP_EVALUATE_MAX_AGE,
    AP_EVALUATE_GATE,
    AP_EVALUATE_SWITCH,
    AP_EVALUATE_PLACE,
    AP_EVALUATE_COVERAGE,
    AP_EVALUATE_FLOOR,
    AP_EVALUATE_BENCH,
    AP_EVALUATE_TRUTH_START,
    AP_EVALUATE_START,
    AP_EVALUATE_QUIET,
    AP_EVALUATE_SHARED /* how many */
};

/* clang-format off */
#define AP_EVALUATE_SHARED_OPTIONS                                                                 \
    [AP_EVALUATE_TRUTH] = { 't', "truth", "FILE",                                                  \
        "The truth: CSV or JSON lines of states, or any form that tracks may have." },             \
    [AP_EVALUATE_STEP] = { 0, "step", "S",                                                         \
        "An instant is looked at every so many seconds; default 1." },                             \
    [AP_EVALUATE_WARMUP] = { 0, "warmup", "S",                                                     \
        "The first instant, after the truth's begin; default 0." },                                \
    [AP_EVALUATE_UNTIL] = { 0, "until", "S",                                                       \
        "The last instant, after the truth's begin; default its end." },                           \
    [AP_EVALUATE_CUTOFF] = { 0, "cutoff", "M",                                                     \
        "Distance beyond which a track is no target's, and price of a miss; default 1000 m." },    \
    [AP_EVALUATE_POWER] = { 0, "power", "P",                                                       \
        "Exponent of GOSPA and OSPA, 1 or 2 (default)." },                                         \
    [AP_EVALUATE_HOLD] = { 0, "hold", "M",                                                         \
        "A target keeps its track while that is so near and another one is not better for 10 s; "  \
        "default the cutoff." },                   \
    [AP_EVALUATE_MAX_AGE] = { 0, "max-age", "S",                                                   \
        "States older than this are not shown any more; default 10 s." },                          \
    [AP_EVALUATE_GATE] = { 0, "gate", "M",                                                         \
        "Association gate of SIAP; default the cutoff." },                                         \
    [AP_EVALUATE_SWITCH] = { 0, "switch", "M",                                                     \
        "Price of a switch in T-GOSPA; default 1000 m." },                                         \
    [AP_EVALUATE_PLACE] = { 0, "range-from", "PLACE",                                              \
        "Ranges count from here: latitude and longitude in degrees, or x and y in metres, as "     \
        "52.3,4.76; default the middle of the truth." },                                           \
    [AP_EVALUATE_COVERAGE] = { 0, "coverage", "M",                                                 \
        "Truth and tracks farther from that place do not count." },                                \
    [AP_EVALUATE_FLOOR] = { 0, "floor", "M",                                                       \
        "Truth and tracks lower than that do not count: by height, or pressure altitude where a "  \
        "state has none." },                                                                       \
    [AP_EVALUATE_BENCH] = { 0, "bench", NULL,                                                      \
        "The usual settings of tracking benches in a plane: step 4 s from 40 s on, cutoff 2000 m, "\
        "hold 1000 m, states up to 8.5 s old. Options behind it change them." },                   \
    [AP_EVALUATE_TRUTH_START] = { 0, "truth-start", "TIME",                                        \
        "UTC of time 0 of a truth that counts seconds from its begin, as 2024-03-01T12:00:00Z." }, \
    [AP_EVALUATE_START] = { 's', "start", "TIME",                                                  \
        "Day of captures that hold times of day only; default 1970-01-01." },                      \
    [AP_EVALUATE_QUIET] = { 'q', "quiet", NULL, "No progress line and no summary." }
/* clang-format on */

/* Defaults of everything. */
ap_evaluate_options ap_evaluate_options_default(const ap_command *command);

/* Takes one of them. Returns 0 or AP_EXIT_USAGE after a line on standard error. */
int ap_evaluate_options_take(ap_evaluate_options *options, size_t option, const char *value);

/* What several options say together. The same. */
int ap_evaluate_options_finish(ap_evaluate_options *options);

#endif

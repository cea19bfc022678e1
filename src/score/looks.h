/* Looks: what the reports of a recording tell of truths, for the bound of a truth's position
 * (score/pcrb.h).
 *
 * Each place and each velocity that a report tells of a truth is a look at its own time, with the
 * accuracy that it states (positions, velocities), or that its sensor is described with (range and
 * azimuth). What a stated accuracy is worth shows against truth. So for each source of positions
 * and of velocities the errors, each over its stated deviation, are parted into white, new in each
 * report: half the mean square of the difference of two in a row, and slow, alike for a while: the
 * rest, a Gauss-Markov error of a time constant that follows from the likeness of two reports a
 * minute apart. ADS-B is one source, however many hear it: the error is the aircraft's. Ranges and
 * azimuths are taken as described.
 *
 * No look: a copy of a broadcast, what its sensor extrapolated, and a lie, whose error is beyond
 * what the accuracy explains once in ten thousand times. */
#ifndef AP_SCORE_LOOKS_H
#define AP_SCORE_LOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/report.h"
#include "airpicture/sensor.h"
#include "score/plots.h"

enum {
    AP_LOOKS_ADSB = AP_PLOTS_SENSOR_CAP, /* the source of all ADS-B; else the sensor's index */
    AP_LOOKS_SOURCE_CAP = AP_PLOTS_SENSOR_CAP + 1,
    AP_LOOKS_LEVEL_CAP = 14, /* of stated deviations */
    AP_LOOKS_SLOW_CAP = 8,   /* slow errors, of positions first; those beyond count as white */
};

typedef enum ap_look_part { AP_LOOK_POSITION, AP_LOOK_VELOCITY, AP_LOOK_PART_COUNT } ap_look_part;

/* A place or a velocity of a report, in local east and north. */
typedef struct ap_look {
    ap_utc_ns time_utc;
    uint32_t truth;  /* index in the set */
    uint16_t source; /* < AP_LOOKS_SOURCE_CAP */
    uint8_t part;    /* ap_look_part */
    bool is_polar;
    float east2, both2, north2;    /* covariance as stated, m2 or (m/s)2 */
    float error_east, error_north; /* m or m/s, measured less true */
} ap_look;

/* What a source's errors are, as shares of the stated variance. */
typedef struct ap_look_noise {
    double white; /* > 0 */
    double slow;  /* >= 0 */
} ap_look_noise;

typedef struct ap_look_source {
    uint64_t count;
    ap_look_noise noise[AP_LOOK_PART_COUNT][AP_LOOKS_LEVEL_CAP]; /* by ap_look_level */
    int slot[AP_LOOK_PART_COUNT];                                /* of its slow errors; -1: none */
} ap_look_source;

typedef struct ap_looks {
    ap_look *look;   /* [count], after finish by truth, then time */
    uint32_t *first; /* [truth_count + 1] of each truth, after finish */
    uint32_t *order; /* [2][cap], working memory of the sort */
    uint32_t truth_count, count, cap;
    ap_look_source source[AP_LOOKS_SOURCE_CAP];
    int slot_count;
    double slot_time_s[AP_LOOKS_SLOW_CAP]; /* constants of slow errors, > 0 */
    uint64_t lie_count, copy_count;
} ap_looks;

/* Bytes for init; 0 for a `cap` outside of [1, 2^30]. Memory is only touched as it fills. */
size_t ap_looks_size(uint32_t truth_count, uint32_t cap);

/* AP_ERR_ARGUMENT, AP_ERR_MEMORY. `mem` outlives the looks. */
ap_err ap_looks_init(ap_looks *looks, uint32_t truth_count, uint32_t cap, void *mem,
                     size_t mem_size);

/* Moves unfinished looks into new memory with a larger cap; the old memory is free afterwards.
 * Errors as init's, and AP_ERR_ARGUMENT for a cap below their count; unchanged then. */
ap_err ap_looks_move(ap_looks *looks, uint32_t cap, void *mem, size_t mem_size);

/* A report that ap_plots_add found to be of a truth. AP_ERR_FULL: nothing is changed (make room
 * with _move and try again). */
ap_err ap_looks_add(ap_looks *looks, const ap_sensor *sensor, const ap_report *report,
                    const ap_plot_match *match);

/* Once, after the last one: order, copies, noises. */
void ap_looks_finish(ap_looks *looks);

/* The level, < AP_LOOKS_LEVEL_CAP, of a stated deviation: one a factor of two. What rounds or is
 * floored errs by another share of a small deviation than of a large one. */
int ap_look_level(const ap_look *look);

#endif

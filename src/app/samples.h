/* Samples: what was read of truth or of tracks, from whatever form, as trajectories to be scored.
 *
 * Memory grows as rows come. Trajectories that are named by a number keep it as their id; other
 * names are kept beside. */
#ifndef AP_APP_SAMPLES_H
#define AP_APP_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "score/trajectory.h"

/* The high half of a state's flags is ours: 1 + index of the sensor of its newest update, 0: none
 * told. */
#define AP_SAMPLES_SENSOR_SHIFT 16
#define AP_SAMPLES_SENSOR_CAP 256u

#define AP_SAMPLES_NAME_SIZE 24 /* of a trajectory, with NUL; longer ones are cut */

#define AP_SAMPLES_NIS_DIMENSIONS 3u /* at most */

/* Normalised squared innovations of one sensor and dimension, as rows told them. */
typedef struct ap_samples_nis {
    uint64_t count;
    double sum;
} ap_samples_nis;

typedef struct ap_samples {
    ap_trajectory_set set; /* of no memory before the first state */
    void *memory;
    size_t memory_size;
    ap_utc_ns *newest_utc; /* [newest_cap], by trajectory in the order of coming */
    size_t newest_cap;
    char (*name)[AP_SAMPLES_NAME_SIZE]; /* [name_count], of ids from AP_SAMPLES_NAMED on */
    size_t name_count, name_cap;
    uint32_t *slot; /* [slot_count], hash of the names: index + 1; 0: free */
    size_t slot_count;

    char (*sensor)[64]; /* [sensor_count], names */
    size_t sensor_count;

    struct ap_samples_nis *nis; /* [(AP_SAMPLES_SENSOR_CAP + 1) * AP_SAMPLES_NIS_DIMENSIONS] */
    uint64_t nis_refused_count; /* that no innovation has: below 0, of no or too many dimensions */

    uint64_t expected_count; /* states that will come at most, or 0: how much memory is taken */
    bool has_wish;           /* rows that state both kinds of position are read in this frame */
    ap_trajectory_frame wish;
    bool is_utc;             /* times are UTC, not from a beginning of their own */
    char format[96];         /* what was read, for people */
    char first_refusal[280]; /* where and why, for people; empty: none */
    /* Left out, with the reason. */
    uint64_t refused_count;     /* rows that cannot be used */
    uint64_t unpublished_count; /* tentative or dead tracks */
    uint64_t place_count;       /* rows without a position */
} ap_samples;

#define AP_SAMPLES_NAMED (UINT64_C(1) << 63)

/* Without memory yet. */
void ap_samples_init(ap_samples *samples);

/* Id of the trajectory of this name; AP_ERR_MEMORY. */
ap_err ap_samples_id_of(ap_samples *samples, const char *name, size_t size, uint64_t *id);

/* Text of an id. */
void ap_samples_name_of(const ap_samples *samples, uint64_t id, char name[AP_SAMPLES_NAME_SIZE]);

/* What the flags of a state say of the sensor of this name; 0 for one too many. */
uint32_t ap_samples_sensor_flags(ap_samples *samples, const char *name, size_t size);

/* Adds an innovation. sensor: 1 + index, 0: none told. AP_ERR_MEMORY; what cannot be is counted. */
ap_err ap_samples_nis_add(ap_samples *samples, uint32_t sensor, double dimensions, double nis);

/* The sums; zeros where there is none. dimensions in [1, AP_SAMPLES_NIS_DIMENSIONS]. */
ap_samples_nis ap_samples_nis_of(const ap_samples *samples, uint32_t sensor, uint32_t dimensions);

/* Adds a state; the first one decides the frame of the set.
 * in : update_age_s: since the newest update behind the state; negative: not known. A state whose
 *      update is not after the trajectory's state before is marked AP_STATE_COASTING.
 * AP_ERR_RANGE: refused and counted in the set. AP_ERR_ARGUMENT: of another frame than the first.
 * AP_ERR_MEMORY. */
ap_err ap_samples_add(ap_samples *samples, ap_trajectory_frame frame, uint64_t id,
                      const ap_trajectory_state *state, const ap_trajectory_covariance *covariance,
                      const ap_trajectory_identity *identity, double update_age_s);

/* Counts a row that cannot be used; where and why are kept of the first. */
void ap_samples_refuse(ap_samples *samples, const char *where, uint64_t line, const char *why);

/* Moves every time by so much. */
void ap_samples_shift(ap_samples *samples, int64_t step_ns);

/* Safe twice. */
void ap_samples_close(ap_samples *samples);

#endif

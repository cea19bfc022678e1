/* Trajectories: truth, and what a tracker published, in one form to be held against each other.
 *
 *     ap_trajectory_config caps = { .trajectory_cap = 5000, .state_cap = 4000000,
 *                                   .identity_cap = 20000, .has_covariances = true };
 *     void *mem = malloc(ap_trajectory_set_size(&caps));
 *     ap_trajectory_set_init(&set, AP_TRAJECTORY_GEODETIC, &caps, mem, size);
 *     for each row of the file, in any order:
 *         ap_trajectory_add(&set, id, &state, covariance or NULL, identity or NULL);
 *     ap_trajectory_set_sort(&set);
 *
 * Memory is the caller's and is only touched as it fills: caps far above what a file holds cost
 * address space. ap_trajectory_set_move makes room where a cap was too small after all. */
#ifndef AP_SCORE_TRAJECTORY_H
#define AP_SCORE_TRAJECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "airpicture/report.h"
#include "airpicture/time.h"

/* What the two coordinates of a state are. Sets are scored only with sets of the same frame. */
typedef enum ap_trajectory_frame {
    AP_TRAJECTORY_GEODETIC, /* WGS-84 latitude and longitude */
    AP_TRAJECTORY_PLANE,    /* metres in a plane, x for east and y for north */
} ap_trajectory_frame;

enum {
    AP_STATE_HAS_VELOCITY = 1u << 0, /* east_mps, north_mps */
    AP_STATE_HAS_HEIGHT = 1u << 1,
    AP_STATE_HAS_PRESSURE_ALTITUDE = 1u << 2,
    AP_STATE_HAS_CLIMB = 1u << 3,        /* up_mps */
    AP_STATE_HAS_ALTITUDE_AGE = 1u << 4, /* pressure_altitude_age_s */
    AP_STATE_COASTING = 1u << 5,         /* extrapolated: no sensor saw it since the last state */
    AP_STATE_ON_GROUND = 1u << 6,
};

/* One state, 72 octets. */
typedef struct ap_trajectory_state {
    ap_utc_ns time_utc; /* of applicability */
    union {
        struct {
            double latitude_rad, longitude_rad; /* [-pi/2, pi/2], [-2 pi, 2 pi] */
        };
        struct {
            double y_m, x_m; /* of the plane; both within 1e8 */
        };
    };
    double east_mps, north_mps;    /* over ground; along x and y of a plane; within 1e5 */
    float height_m;                /* above the ellipsoid, or z of a plane; within 1e7 */
    float pressure_altitude_m;     /* 1013.25 hPa; within 1e7 */
    float up_mps;                  /* within 1e5 */
    float pressure_altitude_age_s; /* at time_utc, >= 0 */
    uint32_t flags;                /* AP_STATE_* */
    uint32_t trajectory;           /* index in the set, AP_TRAJECTORY_NONE; set by add */
    uint32_t identity;             /* what was told of it at that time; set by add */
} ap_trajectory_state;

/* What a tracker says of its own error, in local east, north (x, y of a plane): the upper triangle
 * of a symmetric matrix. 0 in east_m2 or north_m2: not known; 0 in a velocity's or the vertical's
 * variance: those parts are not known. */
typedef struct ap_trajectory_covariance {
    double east_m2, east_north_m2, north_m2;
    float east_velocity_m2ps[2]; /* east with east and north velocity */
    float north_velocity_m2ps[2];
    float velocity_east_m2ps2, velocity_east_north_m2ps2, velocity_north_m2ps2;
    float vertical_m2, climb_m2ps2;
} ap_trajectory_covariance;

enum {
    AP_IDENTITY_HAS_ADDRESS = 1u << 0,
    AP_IDENTITY_HAS_MODE_3A = 1u << 1,
    AP_IDENTITY_HAS_CALLSIGN = 1u << 2,
};

typedef struct ap_trajectory_identity {
    uint32_t address; /* 24 bit */
    uint16_t mode_3a; /* 12 bit */
    uint16_t flags;   /* AP_IDENTITY_* */
    char callsign[AP_CALLSIGN_SIZE];
} ap_trajectory_identity;

#define AP_TRAJECTORY_NONE UINT32_MAX

typedef struct ap_trajectory {
    uint64_t id;           /* the truth's or the track's own number */
    uint32_t first, count; /* its states, after sorting, in time order */
    uint32_t identity;     /* the one added last, AP_TRAJECTORY_NONE: none */
} ap_trajectory;

/* Why a state was left out. */
/* clang-format off */
#define AP_TRAJECTORY_REFUSAL_MAP(X)                                                     \
    X(NUMBER,    "number",    "a coordinate, velocity or height is no number or absurd") \
    X(TIME,      "time",      "no time")                                                 \
    X(DUPLICATE, "duplicate", "the same trajectory has another state at that time")
/* clang-format on */

typedef enum ap_trajectory_refusal {
#define AP_TRAJECTORY_REFUSAL_ENUM(name, key, text) AP_TRAJECTORY_REFUSAL_##name,
    AP_TRAJECTORY_REFUSAL_MAP(AP_TRAJECTORY_REFUSAL_ENUM)
#undef AP_TRAJECTORY_REFUSAL_ENUM
        AP_TRAJECTORY_REFUSAL_COUNT
} ap_trajectory_refusal;

typedef struct ap_trajectory_config {
    uint32_t trajectory_cap; /* [1, 4000000] */
    uint32_t state_cap;      /* [1, 1000000000] */
    uint32_t identity_cap;   /* different identities told, [1, 16000000] */
    bool has_covariances;    /* keep them: 64 octets more a state */
} ap_trajectory_config;

typedef struct ap_trajectory_set {
    ap_trajectory_frame frame;
    ap_trajectory_config caps;
    ap_trajectory *trajectories; /* after sorting by id */
    uint32_t trajectory_count;
    ap_trajectory_state *states; /* after sorting by trajectory, then time */
    uint32_t state_count;
    ap_trajectory_covariance *covariances; /* beside the states, or NULL */
    ap_trajectory_identity *identities;
    uint32_t identity_count;
    bool sorted;
    uint32_t unsorted_count; /* states that came later than a younger one of theirs; kept */
    uint32_t clipped_count;  /* covariances that were no covariance; taken as unknown */
    uint64_t refused[AP_TRAJECTORY_REFUSAL_COUNT];
    uint32_t *slots; /* index by id */
    uint32_t slot_count;
    uint32_t *order; /* [state_cap], working memory of the sort */
} ap_trajectory_set;

/* Bytes that init needs; 0 when a cap is out of its range. */
size_t ap_trajectory_set_size(const ap_trajectory_config *caps);

/* `mem` outlives the set. AP_ERR_ARGUMENT for bad caps, AP_ERR_MEMORY when it is too small. */
ap_err ap_trajectory_set_init(ap_trajectory_set *set, ap_trajectory_frame frame,
                              const ap_trajectory_config *caps, void *mem, size_t mem_size);

/* Moves a set into new memory with larger caps; the old memory is free afterwards. Errors as
 * init's, and AP_ERR_ARGUMENT when a cap is below what the set holds; the set is unchanged then. */
ap_err ap_trajectory_set_move(ap_trajectory_set *set, const ap_trajectory_config *caps, void *mem,
                              size_t mem_size);

/* Adds one state, in any order.
 * in : state->trajectory and ->identity are ignored; covariance NULL: unknown; identity NULL: what
 *      the trajectory told last still holds (nothing, if it told nothing), else all that is told.
 * out: AP_ERR_RANGE for a state that is refused and counted; AP_ERR_FULL when a cap is reached
 *      (nothing is changed or counted: make room with _move and try again). */
ap_err ap_trajectory_add(ap_trajectory_set *set, uint64_t id, const ap_trajectory_state *state,
                         const ap_trajectory_covariance *covariance,
                         const ap_trajectory_identity *identity);

/* Brings the set into order once all is added; of two states of one trajectory at one time the one
 * added last stays. O(n) for rows in time order, else O(n log n). Adding more afterwards is fine:
 * sort again. */
void ap_trajectory_set_sort(ap_trajectory_set *set);

/* First and last time in a sorted set; AP_UTC_UNKNOWN in both when it is empty. */
void ap_trajectory_set_span(const ap_trajectory_set *set, ap_utc_ns *first, ap_utc_ns *last);

const char *ap_trajectory_refusal_key(ap_trajectory_refusal refusal);
const char *ap_trajectory_refusal_text(ap_trajectory_refusal refusal);

#endif

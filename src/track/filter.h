/* The filter of a track: an interacting multiple model (IMM) in the plane, and a vertical one.
 *
 * The plane is tangent to the ellipsoid at the track's own height and near its own position; it
 * moves along with the track, so there is no map and no edge of one. In it every motion model
 * holds (east, north, east velocity, north velocity). Turns are coordinated: their rate follows
 * from a bank angle and the speed. The vertical filter is apart (vertical.h).
 *
 * Modes change as a Markov process with generator rate * (1 prior' - I). Its transition matrix over
 * any time is exp(-rate t) I + (1 - exp(-rate t)) 1 prior', so irregular sampling is exact, and
 * mixing is a blend of each model with the mean of all: linear in the number of models. The models
 * are columns; their arithmetic is in filter_kernel.c. */
#ifndef AP_TRACK_FILTER_H
#define AP_TRACK_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "airpicture/geo.h"
#include "airpicture/time.h"
#include "track/filter_kernel.h"
#include "track/vertical.h"

#define AP_IMM_MODELS 8 /* at most AP_LANES; the last two are others for what flies slowly */

/* What one report measured, in frames that outlive any track's: ECEF. */
typedef enum ap_measure_has {
    AP_MEASURE_POSITION = 1u << 0,
    AP_MEASURE_VELOCITY = 1u << 1,
    AP_MEASURE_PRESSURE = 1u << 2,
    AP_MEASURE_HEIGHT = 1u << 3, /* above the ellipsoid */
    AP_MEASURE_RATE = 1u << 4,
    AP_MEASURE_RADIAL = 1u << 5, /* beside no velocity */
    AP_MEASURE_TURN = 1u << 6,
    /* What the track itself has to say yet (ap_measure_place): */
    AP_MEASURE_UNPLACED = 1u << 7,  /* of the position, its height: it is `unplaced` */
    AP_MEASURE_UNTURNED = 1u << 8,  /* of the velocity, where it is: it is (east, north, 0) */
    AP_MEASURE_TURN_RATE = 1u << 9, /* of the turn, the speed: it is in rad/s */
    /* How probable it is that the position is of the track, which the filter tells anew: */
    AP_MEASURE_ODDS = 1u << 10,          /* there are `odds_m2` */
    AP_MEASURE_ODDS_ALTITUDE = 1u << 11, /* and the altitude bears on them */
} ap_measure_has;

/* A position that has no height: a slant range and azimuth, or a place on the ellipsoid with its
 * covariance. */
typedef struct ap_unplaced {
    bool is_slant;
    union {
        struct {
            double range_m, azimuth_rad, range_sigma_m, azimuth_sigma_rad;
        };
        struct {
            double latitude_rad, longitude_rad, ee_m2, en_m2, nn_m2;
        };
    };
} ap_unplaced;

typedef struct ap_measure {
    ap_utc_ns time_utc;
    uint16_t sensor;
    uint16_t has;          /* AP_MEASURE_* */
    float altitude_step_m; /* that the altitude is rounded to; 0: none known */
    union {
        double weight;  /* probability that it is of this track, (0, 1] */
        double odds_m2; /* that it is, and not a miss and clutter, over the likelihood */
    };
    union {
        struct {
            ap_vec3 ecef;        /* position */
            double R_ecef_m2[6]; /* its covariance: xx, xy, xz, yy, yz, zz; of rank two */
        };
        ap_unplaced unplaced;
    };
    float shared_m;        /* 1-sigma error per axis that is the same for long */
    float timing_s;        /* 1-sigma error of time_utc: an error along the velocity */
    ap_vec3 velocity_ecef; /* m/s; of a radial speed: unit vector of the sight */
    double velocity_var;   /* (m/s)2 per axis, or of the radial speed */
    double altitude_m;     /* pressure, or height */
    float altitude_var_m2; /* with that of the step */
    float up_mps, up_var;
    float radial_mps, radial_ambiguity_mps; /* as reports have it */
    float turn_mps2; /* acceleration across the track, as the aircraft has it; clockwise > 0 */
} ap_measure;

/* What a filter begins with. */
typedef struct ap_seed {
    ap_measure measure;
    double speed_sigma_mps;
} ap_seed;

typedef struct ap_imm {
    union {
        ap_mixture models;
        ap_seed seed;
    };
    ap_gauss mean; /* of the mixture, with its covariance: whoever changes the models renews it */
    ap_enu_frame frame; /* of its origin only the height is filled: track/frame.h */
    ap_vertical vertical;
    double lean_m; /* 1-sigma error of the mean per axis that repeated measurements share: not in
                    * the models' covariances, where every error is new */
    ap_utc_ns time_utc;
    bool is_single; /* every model is the mean, as likely as ever: `models` is not filled */
    bool is_seed;   /* and nothing is filled but `seed` and the time */
    bool is_slow;   /* the last two models are those of what may hover, else those that change the
                     * speed; of a single one it means nothing */
} ap_imm;

/* Squared Mahalanobis distance of a fix, NaN-free: huge when the covariance is singular. */
double ap_gauss_distance2(const ap_gauss *gauss, const ap_fix *fix);

/* True when a filter can begin with the measurement: finite, its covariances positive definite. */
bool ap_measure_starts(const ap_measure *measure);

/* A new filter at a measured position. Velocity: the measured one, else 0 with `speed_sigma_mps`
 * per axis. */
void ap_imm_start(ap_imm *imm, const ap_measure *measure, double speed_sigma_mps);

/* The same as one Gaussian. */
void ap_imm_start_single(ap_imm *imm, const ap_measure *measure, double speed_sigma_mps);

/* The same, once it is asked for. Most plots that start a track are clutter, and no other ever
 * comes near them. ap_imm_predict and ap_imm_fill make of it what ap_imm_start does; until then
 * only they, ap_imm_copy and ap_imm_is_sound take it. */
void ap_imm_sow(ap_imm *imm, const ap_measure *measure, double speed_sigma_mps);

/* Fills the models of a single one, or of a seed. */
void ap_imm_fill(ap_imm *imm);

/* *to = *from, but only what is filled. */
void ap_imm_copy(ap_imm *to, const ap_imm *from);

/* The same at the origin of the filter's own plane, when nothing better is left. */
void ap_imm_restart(ap_imm *imm, double speed_sigma_mps);

/* Fills `to` with what `from` becomes at a time, later or earlier. `to` may be `from`. */
void ap_imm_predict(const ap_imm *from, ap_utc_ns time_utc, ap_imm *to);

/* Where a measured position lies in the filter's plane. The error of its time is added along
 * (ve, vn). */
ap_fix ap_imm_fix(const ap_imm *imm, const ap_measure *measure, double ve, double vn);

/* The fix as the track would see it, which may err as a whole. Only to compare: a better fix is to
 * pull the more. */
static inline ap_fix ap_imm_leaning(const ap_imm *imm, const ap_fix *fix)
{
    double lean_m2 = imm->lean_m * imm->lean_m;
    ap_fix wide = *fix;
    wide.R.ee += lean_m2;
    wide.R.nn += lean_m2;
    return wide;
}

/* How much likelier a measured altitude is when it is of this track than when it is clutter's; 1
 * when they cannot be compared. */
double ap_imm_altitude_factor(const ap_imm *imm, const ap_measure *measure);

void ap_imm_likelihood(const ap_imm *imm, const ap_fix *fix, ap_likelihood *likelihood);

/* Fills `to`, which may be `from`, with the update by `count` fixes of which at most one is right:
 * weight[i] is the probability that fix i is, the rest that none is. count in [1, AP_FIX_CAP]. */
void ap_imm_update(const ap_imm *from, size_t count, const ap_fix *fix,
                   const ap_likelihood *likelihood, const double *weight, ap_imm *to);

/* Before an update by a fix that is right with probability `weight`: how far the mean will lean on
 * errors that stay. Such an error (shared_m) enters with the gain, and leaves as others' fixes come
 * in. */
void ap_imm_lean(ap_imm *imm, const ap_gauss *mean, const ap_fix *fix, double weight,
                 double shared_m);

/* Takes in all that a measurement has, at the filter's own time; moves the plane if need be. */
void ap_imm_take(ap_imm *imm, const ap_measure *measure);

/* Predicts to the time of the measurement, then ap_imm_take. */
void ap_imm_apply(ap_imm *imm, const ap_measure *measure);

/* Velocity, altitude and vertical rate of a measurement, at the filter's own time. */
void ap_imm_update_rest(ap_imm *imm, const ap_measure *measure);

/* Moves the plane to the mean position when that has left its neighbourhood. */
void ap_imm_recentre(ap_imm *imm);

/* The way from the filter's plane to another near it. */
ap_shift ap_imm_shift(const ap_imm *imm, const ap_enu_frame *plane);

/* Mean position, at the height of the vertical filter, and the mixture in the frame there, with the
 * errors that measurements share. */
void ap_imm_own(const ap_imm *imm, ap_geodetic *at, ap_gauss *gauss);

/* Turn rate, clockwise > 0, as the mixture has it. */
double ap_imm_turn_radps(const ap_imm *imm);

/* True when every number is finite and every covariance positive definite; of a seed, when a filter
 * can begin with it. */
bool ap_imm_is_sound(const ap_imm *imm);

#endif

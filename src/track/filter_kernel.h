/* The arithmetic of a track's mixture of Gaussians: one lane a model, one column a component.
 *
 * Every lane goes through the same operations in the same order, without branches, contraction or
 * calls of the mathematical library; sums over lanes are taken in one fixed order. So each flavour
 * of the kernels, whatever its vector width, and each compiler gives the same bits. */
#ifndef AP_TRACK_FILTER_KERNEL_H
#define AP_TRACK_FILTER_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#define AP_LANES 8
#define AP_FIX_CAP 12 /* measurements that may share in one update */

/* Symmetric 2 x 2. */
typedef struct ap_sym2 {
    double ee, en, nn;
} ap_sym2;

/* A Gaussian over (east, north, velocity east, velocity north): mean x, and covariance in blocks,
 * A of position, B of position (rows) with velocity, C of velocity. */
typedef struct ap_gauss {
    double x[4];
    ap_sym2 A;
    double B[2][2];
    ap_sym2 C;
} ap_gauss;

/* The same in columns, a lane for each model. A lane without a model has probability 0; its other
 * values are finite and mean nothing. In single precision, a tenth of a millimetre in a plane of
 * kilometres: tracks by the ten thousand pass through the caches, and eight models are one
 * register. Where such models stand on the Earth is kept apart, in double. */
typedef struct ap_mixture {
    _Alignas(32) float probability[AP_LANES];
    float x[4][AP_LANES];
    float A[3][AP_LANES]; /* ee, en, nn */
    float B[4][AP_LANES]; /* row by row */
    float C[3][AP_LANES];
} ap_mixture;

/* Motion models: g times the tangent of the bank angle, clockwise > 0 (0: straight); acceleration
 * along the track, speeding up > 0; spectral density of white acceleration noise; share of time
 * that aircraft spend in each. Lanes without a model have prior 0. */
typedef struct ap_motions {
    _Alignas(32) float turn_mps2[AP_LANES];
    float along_mps2[AP_LANES];
    float noise_m2ps3[AP_LANES];
    float prior[AP_LANES];
} ap_motions;

/* A position measurement in the plane of one filter. */
typedef struct ap_fix {
    double east_m, north_m;
    ap_sym2 R;
} ap_fix;

/* Probability density of a fix, 1/m2: under each model, and under their mixture. */
typedef struct ap_likelihood {
    _Alignas(32) float model[AP_LANES];
    double all;
} ap_likelihood;

/* From one plane to another: its origin, and the angle of its axes, clockwise < 0. */
typedef struct ap_shift {
    double east_m, north_m, cosine, sine;
} ap_shift;

/* Kernels of one flavour. `to` may be `from`, else they do not overlap. Means and covariances of
 * mixtures go in and out beside them, so that none is computed twice. */
typedef struct ap_kernels {
    const char *name;
    /* Mean and covariance of the mixture. */
    void (*combine)(const ap_mixture *from, ap_gauss *mean);
    /* Modes change for |dt_s|: each model becomes the blend of itself and of `mean` (that of
     * `from`; on return that of `to`); then each moves as its own motion does for dt_s, which may
     * be negative. */
    void (*predict)(const ap_mixture *from, const ap_motions *motions, double dt_s, ap_mixture *to,
                    ap_gauss *mean);
    void (*likelihood)(const ap_mixture *from, const ap_fix *fix, ap_likelihood *likelihood);
    /* Update by `count` fixes, in [1, AP_FIX_CAP], of which at most one is right: weight[i] is the
     * probability that fix i is. A model whose innovation covariance is singular stays as it is. */
    void (*update)(const ap_mixture *from, size_t count, const ap_fix *fix,
                   const ap_likelihood *likelihood, const double *weight, ap_mixture *to,
                   ap_gauss *mean);
    /* The mixture as another plane has it; its mean: ap_gauss_reframe. */
    void (*reframe)(ap_mixture *mixture, const ap_shift *shift);
    /* True when every number is finite and every covariance positive definite. */
    bool (*is_sound)(const ap_mixture *from);
} ap_kernels;

typedef enum ap_flavour {
    AP_FLAVOUR_PLAIN, /* whatever the compiler's baseline is */
    AP_FLAVOUR_AVX2,
    AP_FLAVOUR_AVX512,
    AP_FLAVOUR_COUNT
} ap_flavour;

/* NULL where this processor, or this build, lacks the flavour; AP_FLAVOUR_PLAIN is never NULL. */
const ap_kernels *ap_kernels_of(ap_flavour flavour);

/* The widest that there is. */
const ap_kernels *ap_kernels_best(void);

/* e^x for x in [-708, 708], within 1 ulp; the same bits everywhere. */
double ap_exp(double x);

/* One Gaussian as another plane has it. */
void ap_gauss_reframe(ap_gauss *gauss, const ap_shift *shift);

/* True when every number is finite and the covariance positive definite. */
bool ap_gauss_is_sound(const ap_gauss *gauss);

/* Turn rate, clockwise > 0, of an acceleration across the track at a speed; bounded. */
float ap_turn_radps(float turn_mps2, float speed_mps);

#endif

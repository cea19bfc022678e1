/* Square-root filters of small nonlinear systems: a state of up to seven numbers, moved by one
 * function and seen through another.
 *
 * The covariance is kept as a lower triangle S with P = S S'. Every step ends in an orthogonal
 * triangularisation, so P is symmetric and not negative whatever the rounding. Two families share
 * the same calls:
 *   linear  the Jacobians of the two functions (extended Kalman filter);
 *   points  2 n points, mean +- sqrt(n) columns of S, each of weight 1 / 2 n: the unscented
 *           transform with kappa = 0, which is the cubature rule of third degree. What the points
 *           do not share with their regression line enters the noise.
 * An update may be iterated: the line is then drawn anew about its own result. By Jacobians that is
 * the iterated extended Kalman filter, by points posterior linearisation.
 *
 * Units are the system's. Nothing here fails by abort: a step that would leave a number that is not
 * finite returns AP_ERR_RANGE, and one whose innovation has no covariance AP_ERR_SINGULAR; both
 * leave the state as it was.
 * Sources: S. Julier, J. Uhlmann, H. Durrant-Whyte, A new method for the nonlinear transformation
 * of means and covariances (2000); I. Arasaratnam, S. Haykin, Cubature Kalman filters (2009);
 * A. Garcia-Fernandez et al., Posterior linearization filter (2015). */
#ifndef AP_TRACK_NONLINEAR_H
#define AP_TRACK_NONLINEAR_H

#include <stdbool.h>
#include <stddef.h>

#include "airpicture/err.h"

#define AP_STATE_CAP 7
#define AP_SEEN_CAP 3

typedef struct ap_normal {
    size_t n; /* [1, AP_STATE_CAP] */
    double x[AP_STATE_CAP];
    double S[AP_STATE_CAP][AP_STATE_CAP]; /* lower triangle, diagonal >= 0; zero elsewhere */
} ap_normal;

/* Over one step. `move` takes x to the step's end; F, unless NULL, is its Jacobian there. */
typedef struct ap_motion {
    void (*move)(const void *context, double x[AP_STATE_CAP], double (*F)[AP_STATE_CAP]);
    const void *context;
    double Q_root[AP_STATE_CAP][AP_STATE_CAP]; /* any matrix whose square is the noise */
} ap_motion;

/* One measurement. `see` tells what x would show; H, unless NULL, is its Jacobian. `see` answers in
 * the neighbourhood of z: an angle is the caller's to unwrap. */
typedef struct ap_observation {
    size_t m; /* [1, AP_SEEN_CAP] */
    void (*see)(const void *context, const double x[AP_STATE_CAP], double z[AP_SEEN_CAP],
                double (*H)[AP_STATE_CAP]);
    const void *context;
    double z[AP_SEEN_CAP];
    double R_root[AP_SEEN_CAP][AP_SEEN_CAP]; /* any matrix whose square is the noise */
} ap_observation;

ap_err ap_normal_predict_linear(ap_normal *state, const ap_motion *motion);
ap_err ap_normal_predict_points(ap_normal *state, const ap_motion *motion);

/* rounds in [1, 20]: 1 is the plain update. Iteration ends early when a round moves the mean by
 * less than 1e-3 of its standard deviations.
 * out: *distance2, unless NULL: the squared Mahalanobis distance of the innovation in the first
 *      round, of m degrees of freedom; *log_likelihood, unless NULL: of the measurement, first
 *      round. */
ap_err ap_normal_update_linear(ap_normal *state, const ap_observation *sight, int rounds,
                               double *distance2, double *log_likelihood);
ap_err ap_normal_update_points(ap_normal *state, const ap_observation *sight, int rounds,
                               double *distance2, double *log_likelihood);

/* dx/dt of a system, and A, unless NULL, its Jacobian. */
typedef void ap_rate(const void *context, const double x[AP_STATE_CAP], double rate[AP_STATE_CAP],
                     double (*A)[AP_STATE_CAP]);

/* Runge and Kutta's classic steps of fourth order, `steps` of equal length over dt_s (of either
 * sign). F, unless NULL, becomes the Jacobian of exactly this map: the same steps, of the
 * variational equation. */
void ap_runge_kutta(size_t n, ap_rate *rate, const void *context, double dt_s, int steps,
                    double x[AP_STATE_CAP], double (*F)[AP_STATE_CAP]);

/* `into` with weight a and `other` with weight b, both > 0, become the normal of the same mean and
 * covariance as the two together. */
void ap_normal_merge(ap_normal *into, double a, const ap_normal *other, double b);

/* Squared distance of x from the mean in standard deviations; infinite along a direction that has
 * no variance. */
double ap_normal_distance2(const ap_normal *state, const double x[AP_STATE_CAP]);

/* P[n][n] = S S'. */
void ap_normal_covariance(const ap_normal *state, double P[AP_STATE_CAP][AP_STATE_CAP]);

/* S from P, whose lower triangle is read; AP_ERR_SINGULAR and unchanged when P is not positive
 * semidefinite or not finite. A direction without variance is allowed. */
ap_err ap_normal_set_covariance(ap_normal *state, double P[AP_STATE_CAP][AP_STATE_CAP]);

#endif

/* One-sigma ellipse of a plane covariance. */
#ifndef AP_PUBLISH_ELLIPSE_H
#define AP_PUBLISH_ELLIPSE_H

/* in : variances of east and north and their covariance.
 * out: semi-axes, and the direction of the major one clockwise from north, [0, pi), 0 for a circle.
 *      NaN in, NaN axes out; a variance that rounding made negative counts as 0. */
void ap_ellipse_of(double east_east, double east_north, double north_north, double *major,
                   double *minor, double *axis_rad);

#endif

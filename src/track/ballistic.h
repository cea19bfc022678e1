/* The state of an object that falls through the atmosphere by gravity and drag alone: re-entering
 * debris, the payload of a balloon. For watching and warning: it estimates where the object is, how
 * it moves and how much the air holds it, at the time of the newest measurement and at no other.
 *
 * The state is position and velocity in ECEF (so relative to the rotating Earth), and the logarithm
 * of the drag parameter C_D A / 2 m, which is positive by that and may vary slowly. Forces: gravity
 * with J2, the rotation of the frame, drag against the square of the speed through air that turns
 * with the Earth and thins with height above the ellipsoid. There is no lift and no thrust: what
 * has either does not fit, and the gate says so.
 *
 * What is not known of the drag before the object meets air is a row of narrow normals
 * (track/normals.h); each is moved through Runge-Kutta steps and updated by points, in square-root
 * form (track/nonlinear.h). Same input, same bytes.
 *
 * Ranges: heights of -1,000 m to 1,000 km (below, the air is as dense as at -1,000 m); speeds up to
 * 12 km/s; drag as ln(m2/kg) from -14 to 4, a ballistic coefficient of 6e6 to 0.09 kg/(m s2).
 * Cost: each step of 0.25 s and part takes 56 evaluations of the forces.
 * Sources: air, A. Farina, B. Ristic, D. Benvenuti, Tracking a ballistic target, IEEE TAES 38
 * (2002); gravity, WGS-84, NGA.STND.0036. */
#ifndef AP_TRACK_BALLISTIC_H
#define AP_TRACK_BALLISTIC_H

#include "airpicture/geo.h"
#include "airpicture/report.h"
#include "airpicture/sensor.h"
#include "airpicture/time.h"
#include "track/filter.h"
#include "track/normals.h"

/* Places in the state. */
enum { AP_FALL_POSITION = 0, AP_FALL_VELOCITY = 3, AP_FALL_DRAG = 6, AP_FALL_STATES = 7 };

/* What an object falls through. */
typedef struct ap_fall_world {
    double mu_m3ps2;       /* gravity of the whole Earth */
    double j2;             /* its flattening */
    double rotation_radps; /* of the frame and of the air */
    double air;            /* 1: as it is; 0: none */
} ap_fall_world;

ap_fall_world ap_fall_earth(void);

/* kg/m3 at a height above the ellipsoid, and its change per metre, unless NULL. Two exponentials,
 * which differ by 0.6 % where they meet, at 9,144 m. */
double ap_air_density(double height_m, double *slope);

/* dx/dt, and its Jacobian; context: ap_fall_world. At the Earth's centre not finite. */
void ap_fall_rate(const void *context, const double x[AP_STATE_CAP], double rate[AP_STATE_CAP],
                  double (*A)[AP_STATE_CAP]);

/* Of a motion (track/nonlinear.h) over dt_s: Runge-Kutta steps of step_s or a little less; where
 * drag is so hard that half of its own time (1 / (C_D A / 2 m) rho v) is shorter, of that. At most
 * 2,000: a body that would need more comes out wrong or not finite, and no measurement fits it. */
typedef struct ap_fall_step {
    ap_fall_world world;
    double dt_s, step_s;
} ap_fall_step;

void ap_fall_move(const void *context, double x[AP_STATE_CAP], double (*F)[AP_STATE_CAP]);

typedef struct ap_ballistic_config {
    ap_fall_world world;
    double step_s;              /* (0, 1] */
    double acceleration_m2ps3;  /* density of the white acceleration per axis, >= 0 */
    double drag_per_s;          /* change of the drag's logarithm: variance a second, >= 0 */
    double drag_ln, drag_sigma; /* before anything is measured: mean, and 1 sigma > 0 */
    size_t parts;               /* 1, or in [AP_NORMALS_ROW_MIN, AP_NORMALS_CAP] */
    double gate2;               /* squared Mahalanobis distance that is refused, 3 degrees */
} ap_ballistic_config;

/* The Earth; steps of 0.5 s; 1 m2/s3; 1e-3; coefficients of 600 to 3e4 kg/(m s2) within one
 * sigma, 36 to 5e5 within the row of parts; 16 parts; a gate of 30. */
ap_ballistic_config ap_ballistic_defaults(void);

/* A measured point: covariance xx, xy, xz, yy, yz, zz in ECEF, positive semidefinite. */
typedef struct ap_ballistic_fix {
    ap_utc_ns time_utc;
    ap_vec3 ecef;
    double R_ecef_m2[6];
} ap_ballistic_fix;

/* A measured line of sight. Across it, azimuth errs by its sigma times the cosine of the elevation:
 * overhead it says nothing, and nothing is divided by it. */
typedef struct ap_line_of_sight {
    double range_m;                                               /* (0, 5e6] */
    double azimuth_rad, elevation_rad;                            /* elevation in [-pi/2, pi/2] */
    double range_sigma_m, azimuth_sigma_rad, elevation_sigma_rad; /* at least 1 m, 1e-5 rad each */
} ap_line_of_sight;

typedef struct ap_ballistic {
    ap_ballistic_config config;
    ap_utc_ns time_utc;
    ap_normals normals;
} ap_ballistic;

/* Starts at the second of two fixes, 0.05 to 60 s after the first. The velocity is that between
 * them, corrected by what each drag would have done meanwhile.
 * AP_ERR_ARGUMENT: config or times; AP_ERR_RANGE: a number that is not finite, or a speed or height
 * out of range; AP_ERR_SINGULAR: a covariance that is none. */
ap_err ap_ballistic_start(ap_ballistic *ballistic, const ap_ballistic_config *config,
                          const ap_ballistic_fix *first, const ap_ballistic_fix *second);

/* To a time not before its own and at most 60 s after it (AP_ERR_ARGUMENT): that of a measurement
 * to come. On error unchanged. */
ap_err ap_ballistic_predict(ap_ballistic *ballistic, ap_utc_ns time_utc);

/* Updates at the filter's own time. On error unchanged: AP_ERR_RANGE also for what the gate
 * refuses, *distance2 (unless NULL) then tells how far it was. */
ap_err ap_ballistic_update_fix(ap_ballistic *ballistic, const ap_ballistic_fix *fix,
                               double *distance2);
ap_err ap_ballistic_update_sight(ap_ballistic *ballistic, const ap_enu_frame *site,
                                 const ap_line_of_sight *sight, double *distance2);

/* The point that a report measured: of range, azimuth and elevation; else of what
 * ap_measure_from_report makes of a position with a geometric height. AP_ERR_UNKNOWN when it
 * measured no such thing, AP_ERR_RANGE for numbers out of range. */
ap_err ap_ballistic_fix_from_report(const ap_report *report, const ap_sensor *sensor,
                                    ap_ballistic_fix *fix);

/* The same when what ap_measure_from_report makes of the report is at hand. */
ap_err ap_ballistic_fix_of_plot(const ap_report *report, const ap_sensor *sensor,
                                const ap_measure *measure, ap_ballistic_fix *fix);

/* Predicts to the time of a report and takes in what it measured; on any error unchanged. */
ap_err ap_ballistic_take(ap_ballistic *ballistic, const ap_report *report, const ap_sensor *sensor,
                         double *distance2);

/* Mean and covariance of the whole state. */
void ap_ballistic_moments(const ap_ballistic *ballistic, ap_normal *normal);

/* Ballistic coefficient m g / C_D A, kg/(m s2), as the literature has it, from the state's
 * logarithm. */
double ap_ballistic_coefficient(double drag_ln);

#endif

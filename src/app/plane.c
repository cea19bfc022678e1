#include "app/plane.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PLANE_HEIGHT_SIGMA_M 1.0 /* of what lies in the plane because it is flat */
#define ELEVATION_SIGMA_RAD 2e-3
#define VELOCITY_SIGMA_MPS 5.0

ap_enu_frame ap_plane_default(void)
{
    return ap_enu_frame_at((ap_geodetic){ 0.0, 0.0, 0.0 });
}

static double value_or(const ap_detection *d, ap_detection_value value, double otherwise)
{
    return ap_detection_has(d, value) ? d->value[value] : otherwise;
}

static ap_vec3 polar_position(const ap_detection *d)
{
    double range_m = d->value[AP_DETECTION_RANGE_M], azimuth = d->value[AP_DETECTION_AZIMUTH_RAD];
    double elevation = d->value[AP_DETECTION_ELEVATION_RAD];
    double ground_m = range_m * cos(elevation);
    double z_m = ap_detection_has(d, AP_DETECTION_ELEVATION_RAD) ? range_m * sin(elevation)
                                                                 : d->value[AP_DETECTION_Z_M];
    return (ap_vec3){ d->value[AP_DETECTION_SITE_X_M] + ground_m * sin(azimuth),
                      d->value[AP_DETECTION_SITE_Y_M] + ground_m * cos(azimuth), z_m };
}

ap_vec3 ap_plane_position(const ap_enu_frame *plane, const ap_detection *detection)
{
    const double *value = detection->value;
    if (ap_detection_is_polar(detection))
        return polar_position(detection);
    if (ap_detection_is_plane(detection))
        return (ap_vec3){ value[AP_DETECTION_X_M], value[AP_DETECTION_Y_M],
                          value[AP_DETECTION_Z_M] };
    ap_geodetic at = { value[AP_DETECTION_LATITUDE_RAD], value[AP_DETECTION_LONGITUDE_RAD],
                       value[AP_DETECTION_HEIGHT_M] };
    return ap_enu_from_ecef(plane, ap_ecef_from_geodetic(at));
}

/* ---- reports ---- */

static void set_heights(const ap_sensor *sensor, const ap_detection *d, ap_report *report)
{
    if (ap_detection_has(d, AP_DETECTION_HEIGHT_M)) {
        report->present |= AP_HAS_GEOMETRIC_HEIGHT;
        report->geometric_height_m = d->value[AP_DETECTION_HEIGHT_M];
        report->geometric_height_sigma_m =
            value_or(d, AP_DETECTION_HEIGHT_SIGMA_M, sensor->altitude_sigma_m);
    }
    if (ap_detection_has(d, AP_DETECTION_ALTITUDE_M)) {
        report->present |= AP_HAS_PRESSURE_ALTITUDE;
        report->pressure_altitude_m = d->value[AP_DETECTION_ALTITUDE_M];
        report->pressure_altitude_sigma_m =
            value_or(d, AP_DETECTION_ALTITUDE_SIGMA_M, sensor->altitude_sigma_m);
    }
}

/* Height above the ellipsoid of a point that was stated in the plane. */
static void set_plane_height(const ap_sensor *sensor, const ap_detection *d, ap_geodetic at,
                             bool has_z, ap_report *report)
{
    report->present |= AP_HAS_GEOMETRIC_HEIGHT;
    report->geometric_height_m = at.height_m;
    report->geometric_height_sigma_m =
        has_z ? value_or(d, AP_DETECTION_HEIGHT_SIGMA_M, sensor->altitude_sigma_m)
              : PLANE_HEIGHT_SIGMA_M;
}

static void set_polar_sigmas(const ap_sensor *sensor, const ap_detection *d, ap_report *report)
{
    report->range_sigma_m = value_or(d, AP_DETECTION_RANGE_SIGMA_M, sensor->range_sigma_m);
    report->azimuth_sigma_rad =
        value_or(d, AP_DETECTION_AZIMUTH_SIGMA_RAD, sensor->azimuth_sigma_rad);
}

/* Covariance of a position as the row states it, or the sensor's, in the axes that it is stated
 * in. */
static void stated_covariance(const ap_sensor *sensor, const ap_detection *d, double V[2][2])
{
    double sigma = value_or(d, AP_DETECTION_POSITION_SIGMA_M, sensor->position_sigma_m);
    double sx = value_or(d, AP_DETECTION_X_SIGMA_M, sigma);
    double sy = value_or(d, AP_DETECTION_Y_SIGMA_M, sigma);
    V[0][0] = value_or(d, AP_DETECTION_XX_VAR_M2, sx * sx);
    V[1][1] = value_or(d, AP_DETECTION_YY_VAR_M2, sy * sy);
    V[0][1] = V[1][0] = d->value[AP_DETECTION_XY_VAR_M2];
}

/* J V J^T of 2 x 2. */
static void turn_covariance(double J[2][2], double V[2][2], double out[2][2])
{
    double A[2][2];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            A[i][j] = J[i][0] * V[0][j] + J[i][1] * V[1][j];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            out[i][j] = A[i][0] * J[j][0] + A[i][1] * J[j][1];
}

/* East and north at `own` of the axes x and y. */
static void axes_at(const ap_enu_frame *plane, const ap_enu_frame *own, double J[2][2])
{
    ap_vec3 x = ap_enu_rotate(own, ap_ecef_rotate(plane, (ap_vec3){ .x_m = 1.0 }));
    ap_vec3 y = ap_enu_rotate(own, ap_ecef_rotate(plane, (ap_vec3){ .y_m = 1.0 }));
    J[0][0] = x.x_m;
    J[1][0] = x.y_m;
    J[0][1] = y.x_m;
    J[1][1] = y.y_m;
}

static void set_position(const ap_enu_frame *plane, const ap_sensor *sensor, const ap_detection *d,
                         ap_geodetic at, bool in_plane, ap_report *report)
{
    double V[2][2], J[2][2] = { { 1.0, 0.0 }, { 0.0, 1.0 } }, own[2][2];
    stated_covariance(sensor, d, V);
    if (in_plane) {
        ap_enu_frame frame = ap_enu_frame_at(at);
        axes_at(plane, &frame, J);
    }
    turn_covariance(J, V, own);
    report->present |= AP_HAS_POSITION;
    report->latitude_rad = at.latitude_rad;
    report->longitude_rad = at.longitude_rad;
    report->position_var_ee_m2 = own[0][0];
    report->position_var_en_m2 = own[0][1];
    report->position_var_nn_m2 = own[1][1];
}

/* Of a velocity in the plane; that of a geodetic position is east and north already. */
static void set_velocity(const ap_enu_frame *plane, const ap_detection *d, ap_geodetic at,
                         ap_report *report)
{
    double vx = d->value[AP_DETECTION_VX_MPS], vy = d->value[AP_DETECTION_VY_MPS];
    double J[2][2] = { { 1.0, 0.0 }, { 0.0, 1.0 } };
    if (!ap_detection_has(d, AP_DETECTION_VX_MPS) || !ap_detection_has(d, AP_DETECTION_VY_MPS))
        return;
    if (ap_detection_is_polar(d) || ap_detection_is_plane(d)) {
        ap_enu_frame own = ap_enu_frame_at(at);
        axes_at(plane, &own, J);
    }
    report->present |= AP_HAS_VELOCITY;
    report->east_mps = J[0][0] * vx + J[0][1] * vy;
    report->north_mps = J[1][0] * vx + J[1][1] * vy;
    report->velocity_sigma_mps = value_or(d, AP_DETECTION_VELOCITY_SIGMA_MPS, VELOCITY_SIGMA_MPS);
}

static void set_slant(const ap_sensor *sensor, const ap_detection *d, ap_report *report)
{
    report->present |= AP_HAS_POLAR;
    report->range_m = fmax(d->value[AP_DETECTION_RANGE_M] - sensor->range_bias_m, 0.0);
    report->azimuth_rad =
        ap_wrap_two_pi(d->value[AP_DETECTION_AZIMUTH_RAD] - sensor->azimuth_bias_rad);
    set_polar_sigmas(sensor, d, report);
    if (ap_detection_has(d, AP_DETECTION_ELEVATION_RAD)) {
        report->present |= AP_HAS_ELEVATION;
        report->elevation_rad = d->value[AP_DETECTION_ELEVATION_RAD];
        report->elevation_sigma_rad =
            value_or(d, AP_DETECTION_ELEVATION_SIGMA_RAD, ELEVATION_SIGMA_RAD);
    }
}

static void set_place(const ap_enu_frame *plane, bool flat, const ap_sensor *sensor,
                      const ap_detection *d, ap_report *report)
{
    bool polar = ap_detection_is_polar(d), in_plane = !polar && ap_detection_is_plane(d);
    bool has_z = ap_detection_has(d, AP_DETECTION_Z_M) ||
                 (polar && ap_detection_has(d, AP_DETECTION_ELEVATION_RAD));
    ap_vec3 ecef = ap_ecef_from_enu(plane, ap_plane_position(plane, d));
    ap_geodetic at = ap_geodetic_from_ecef(ecef);
    double range_m, azimuth_rad, elevation_rad;
    ap_polar_from_ecef(&sensor->frame, ecef, &range_m, &azimuth_rad, &elevation_rad);
    set_heights(sensor, d, report);
    if (polar && !flat) {
        set_slant(sensor, d, report);
    } else if (polar) {
        report->present |= AP_HAS_POLAR;
        report->range_m = range_m;
        report->azimuth_rad = azimuth_rad;
        set_polar_sigmas(sensor, d, report);
    } else {
        set_position(plane, sensor, d, at, in_plane, report);
        report->range_m = range_m; /* beside the position: it tells where clutter lies */
    }
    if ((polar && flat) || in_plane)
        if (has_z || !(report->present & (AP_HAS_GEOMETRIC_HEIGHT | AP_HAS_PRESSURE_ALTITUDE)))
            set_plane_height(sensor, d, at, has_z, report);
    set_velocity(plane, d, at, report);
}

void ap_plane_report(const ap_enu_frame *plane, bool flat, const ap_sensor *sensor,
                     const ap_detection *detection, ap_report *report)
{
    *report = (ap_report){ .kind = AP_REPORT_TARGET,
                           .time_utc = ap_utc_add_s(detection->time_utc, -sensor->latency_s),
                           .present = detection->identity,
                           .flags = detection->identity ? AP_FLAG_SECONDARY : AP_FLAG_PRIMARY,
                           .address = detection->address,
                           .mode_3a = detection->mode_3a };
    memcpy(report->callsign, detection->callsign, sizeof report->callsign);
    set_place(plane, flat, sensor, detection, report);
}

/* ---- tracks ---- */

ap_plane_track ap_plane_track_of(const ap_enu_frame *plane, const ap_sensor_table *sensors,
                                 const ap_track *track)
{
    ap_enu_frame own = ap_enu_frame_at(track->position);
    ap_vec3 at = ap_enu_from_ecef(plane, own.origin_ecef);
    ap_vec3 velocity = { track->east_mps, track->north_mps, track->has_height ? track->up_mps : 0 };
    ap_vec3 v = ap_enu_rotate(plane, ap_ecef_rotate(&own, velocity));
    ap_plane_track out = { .track = track,
                           .sensors = sensors,
                           .x_m = at.x_m,
                           .y_m = at.y_m,
                           .z_m = at.z_m,
                           .vx_mps = v.x_m,
                           .vy_mps = v.y_m,
                           .vz_mps = v.z_m };
    ap_vec3 e = ap_enu_rotate(plane, ap_ecef_rotate(&own, (ap_vec3){ .x_m = 1.0 }));
    ap_vec3 n = ap_enu_rotate(plane, ap_ecef_rotate(&own, (ap_vec3){ .y_m = 1.0 }));
    double J[2][2] = { { e.x_m, n.x_m }, { e.y_m, n.y_m } };
    for (int a = 0; a < 2; a++)
        for (int b = 0; b < 2; b++) {
            double V[2][2], turned[2][2];
            for (int i = 0; i < 4; i++)
                V[i / 2][i % 2] = track->P_enu[2 * a + i / 2][2 * b + i % 2];
            turn_covariance(J, V, turned);
            for (int i = 0; i < 4; i++)
                out.P[2 * a + i / 2][2 * b + i % 2] = turned[i / 2][i % 2];
        }
    return out;
}

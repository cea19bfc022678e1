#include "track/measure.h"

#include <math.h>

#include "track/slant_kernel.h"

#define HEIGHT_MIN_M (-1500.0)
#define HEIGHT_MAX_M 1.0e6
#define SPEED_MAX_MPS 1.2e4
#define POSITION_VAR_MIN_M2 1.0
#define POSITION_VAR_MAX_M2 1.0e9
#define RANGE_MAX_M 5.0e6
#define ALTITUDE_SIGMA_MIN_M 2.0
#define VELOCITY_SIGMA_MIN_MPS 0.5
/* Pressure altitude taken for height: weather and geoid. */
#define PRESSURE_AS_HEIGHT_SIGMA_M 100.0
/* Height of a plot that has none: at most this, at most this share of its range. */
#define USUAL_HEIGHT_M 5000.0
#define USUAL_HEIGHT_SHARE 0.25
#define USUAL_HEIGHT_SPREAD 0.6
/* How well the time of a self-reported position is known, and its errors beyond those stated. */
#define ADSB_TIMING_S 0.1
#define ADSB_EXTRA_VAR_M2 64.0
/* Satellite navigation errs for minutes in one direction; usually by so much of what is stated,
 * which is a bound. */
#define ADSB_SHARED 0.3
#define MLAT_TIMING_S 0.02
#define DOPPLER_SIGMA_MIN_MPS 0.5
#define SIGHT_MIN_M 100.0 /* nearer, a position does not tell the line of sight */
#define GRAVITY_MPS2 9.80665
#define ROLL_MAX_RAD 1.1 /* beyond some 60 degrees nothing is coordinated */
#define TURN_MAX_MPS2 60.0
#define OPEN (AP_MEASURE_UNPLACED | AP_MEASURE_UNTURNED | AP_MEASURE_TURN_RATE)

static bool within(double value, double low, double high)
{
    return value >= low && value <= high; /* false for NaN */
}

static double at_least(double value, double least)
{
    return value > least ? value : least;
}

typedef struct height {
    double m, sigma_m;
} height;

static bool has_own_height(const ap_report *report)
{
    return ((report->present & AP_HAS_GEOMETRIC_HEIGHT) &&
            within(report->geometric_height_m, HEIGHT_MIN_M, HEIGHT_MAX_M)) ||
           ((report->present & AP_HAS_PRESSURE_ALTITUDE) &&
            !(report->flags & AP_FLAG_ALTITUDE_GARBLED) &&
            within(report->pressure_altitude_m, HEIGHT_MIN_M, HEIGHT_MAX_M));
}

bool ap_measure_needs_height(const ap_report *report)
{
    return (report->present & AP_HAS_POLAR) && !(report->present & AP_HAS_ELEVATION) &&
           !has_own_height(report);
}

static height pressure_as_height(double altitude_m, double sigma_m)
{
    double extra = PRESSURE_AS_HEIGHT_SIGMA_M;
    return (height){ altitude_m, sqrt(sigma_m * sigma_m + extra * extra) };
}

/* Of a report that has one. */
static height own_height(const ap_report *report)
{
    if ((report->present & AP_HAS_GEOMETRIC_HEIGHT) &&
        within(report->geometric_height_m, HEIGHT_MIN_M, HEIGHT_MAX_M))
        return (height){ report->geometric_height_m,
                         at_least(report->geometric_height_sigma_m, ALTITUDE_SIGMA_MIN_M) };
    return pressure_as_height(report->pressure_altitude_m, report->pressure_altitude_sigma_m);
}

/* Of one that has none. */
static height track_height(const ap_imm *track, double site_m, double range_m)
{
    if (track && track->vertical.has)
        return pressure_as_height(track->vertical.altitude_m, sqrt(track->vertical.P[0]));
    double usual_m = fmin(USUAL_HEIGHT_M, USUAL_HEIGHT_SHARE * range_m);
    return (height){ site_m + usual_m, at_least(USUAL_HEIGHT_SPREAD * usual_m, 10.0) };
}

static void set_position(ap_measure *measure, const ap_enu_frame *frame, double ee, double en,
                         double nn)
{
    const double *e = frame->rotation[0], *n = frame->rotation[1];
    int k = 0;
    for (int i = 0; i < 3; i++)
        for (int j = i; j < 3; j++)
            measure->R_ecef_m2[k++] =
                ee * e[i] * e[j] + en * (e[i] * n[j] + n[i] * e[j]) + nn * n[i] * n[j];
    measure->ecef = frame->origin_ecef;
    measure->has |= AP_MEASURE_POSITION;
}

static ap_unplaced slant_of(const ap_report *report)
{
    return (ap_unplaced){ .is_slant = true,
                          .range_m = report->range_m,
                          .azimuth_rad = report->azimuth_rad,
                          .range_sigma_m = report->range_sigma_m,
                          .azimuth_sigma_rad = report->azimuth_sigma_rad };
}

static void slant_put(ap_slants *slants, int l, const ap_unplaced *slant, height h)
{
    slants->range_m[l] = slant->range_m;
    slants->azimuth_rad[l] = slant->azimuth_rad;
    slants->range_sigma_m[l] = slant->range_sigma_m;
    slants->azimuth_sigma_rad[l] = slant->azimuth_sigma_rad;
    slants->height_m[l] = h.m;
    slants->height_sigma_m[l] = h.sigma_m;
}

static void place_take(const ap_places *places, int l, ap_measure *measure)
{
    measure->ecef = (ap_vec3){ places->ecef_m[0][l], places->ecef_m[1][l], places->ecef_m[2][l] };
    for (int k = 0; k < 6; k++)
        measure->R_ecef_m2[k] = places->R_ecef_m2[k][l];
    measure->has |= AP_MEASURE_POSITION;
}

/* Slant polar at a height. */
static void set_polar(ap_measure *measure, const ap_unplaced *slant, const ap_sensor *sensor,
                      height h, ap_enu_frame *frame)
{
    ap_slants slants;
    ap_places at;
    slant_put(&slants, 0, slant, h);
    ap_slant_kernel_best()(&sensor->frame, true, &slants, &at);
    place_take(&at, 0, measure);
    double sin_lat = at.sin_lat[0], cos_lat = at.cos_lat[0];
    double sin_lon = at.sin_lon[0], cos_lon = at.cos_lon[0];
    *frame = (ap_enu_frame){ .origin = { .height_m = h.m },
                             .origin_ecef = measure->ecef,
                             .rotation = { { -sin_lon, cos_lon, 0.0 },
                                           { -sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat },
                                           { cos_lat * cos_lon, cos_lat * sin_lon, sin_lat } } };
}

/* A stated place at a height. */
static void set_stated(ap_measure *measure, const ap_unplaced *place, height h, ap_enu_frame *frame)
{
    *frame = ap_enu_frame_at((ap_geodetic){ place->latitude_rad, place->longitude_rad, h.m });
    set_position(measure, frame, place->ee_m2, place->en_m2, place->nn_m2);
}

/* False when the report states no place that could be used. */
static bool stated_of(const ap_report *report, const ap_sensor *sensor, ap_unplaced *place)
{
    double extra = sensor->kind == AP_SENSOR_ADSB ? ADSB_EXTRA_VAR_M2 : POSITION_VAR_MIN_M2;
    *place = (ap_unplaced){ .latitude_rad = report->latitude_rad,
                            .longitude_rad = report->longitude_rad,
                            .ee_m2 = report->position_var_ee_m2 + extra,
                            .en_m2 = report->position_var_en_m2,
                            .nn_m2 = report->position_var_nn_m2 + extra };
    return (report->present & AP_HAS_POSITION) && within(place->ee_m2, 0.0, POSITION_VAR_MAX_M2) &&
           within(place->nn_m2, 0.0, POSITION_VAR_MAX_M2);
}

/* What a stated place errs beside its covariance. */
static void set_shared(ap_measure *measure, const ap_report *report, const ap_sensor *sensor)
{
    if (sensor->kind == AP_SENSOR_ADSB) { /* what satellite navigation errs now, it will then */
        measure->timing_s = (float)ADSB_TIMING_S;
        double stated_m2 = 0.5 * (report->position_var_ee_m2 + report->position_var_nn_m2);
        measure->shared_m = (float)(ADSB_SHARED * sqrt(stated_m2));
    }
    if (sensor->kind == AP_SENSOR_MLAT)
        measure->timing_s = (float)MLAT_TIMING_S;
}

/* Range, azimuth and elevation: the height follows. */
static height elevation_height(const ap_report *report, const ap_sensor *sensor)
{
    double r = report->range_m, el = report->elevation_rad, az = report->azimuth_rad;
    ap_vec3 enu = { r * cos(el) * sin(az), r * cos(el) * cos(az), r * sin(el) };
    ap_geodetic at = ap_geodetic_from_ecef(ap_ecef_from_enu(&sensor->frame, enu));
    double se = r * cos(el) * report->elevation_sigma_rad, sr = sin(el) * report->range_sigma_m;
    return (height){ at.height_m, at_least(sqrt(se * se + sr * sr), ALTITUDE_SIGMA_MIN_M) };
}

static bool is_placeable_slant(const ap_report *report, const ap_sensor *sensor)
{
    const double sigma_max_m = sqrt(POSITION_VAR_MAX_M2);
    return (report->present & AP_HAS_POLAR) && sensor->has_site && report->range_m <= RANGE_MAX_M &&
           report->range_sigma_m <= sigma_max_m &&
           report->range_m * report->azimuth_sigma_rad <= sigma_max_m;
}

/* Of a slant range with an elevation and nothing else. False for a height that cannot be. */
static bool set_elevated(ap_measure *measure, const ap_report *report, const ap_sensor *sensor,
                         ap_enu_frame *frame)
{
    height h = elevation_height(report, sensor);
    if (!within(h.m, HEIGHT_MIN_M, HEIGHT_MAX_M))
        return false;
    measure->has |= AP_MEASURE_HEIGHT;
    measure->altitude_m = h.m;
    measure->altitude_var_m2 = (float)(h.sigma_m * h.sigma_m);
    ap_unplaced slant = slant_of(report);
    set_polar(measure, &slant, sensor, h, frame);
    return true;
}

/* True with the frame at the position when that has its height. */
static bool set_horizontal(ap_measure *measure, const ap_report *report, const ap_sensor *sensor,
                           ap_enu_frame *frame)
{
    ap_unplaced place;
    if (is_placeable_slant(report, sensor)) {
        if ((report->present & AP_HAS_ELEVATION) && !has_own_height(report))
            return set_elevated(measure, report, sensor, frame);
        place = slant_of(report);
    } else if (stated_of(report, sensor, &place)) {
        set_shared(measure, report, sensor);
    } else {
        return false;
    }
    if (!has_own_height(report)) {
        measure->has |= AP_MEASURE_POSITION | AP_MEASURE_UNPLACED;
        measure->unplaced = place;
        return false;
    }
    if (place.is_slant)
        set_polar(measure, &place, sensor, own_height(report), frame);
    else
        set_stated(measure, &place, own_height(report), frame);
    return true;
}

static void set_vertical(ap_measure *measure, const ap_report *report)
{
    bool doubtful = (report->flags & AP_FLAG_ALTITUDE_GARBLED) != 0;
    if ((report->present & AP_HAS_PRESSURE_ALTITUDE) && !doubtful &&
        within(report->pressure_altitude_m, HEIGHT_MIN_M, HEIGHT_MAX_M)) {
        double sigma = at_least(report->pressure_altitude_sigma_m, ALTITUDE_SIGMA_MIN_M);
        measure->has = (uint16_t)((measure->has & ~AP_MEASURE_HEIGHT) | AP_MEASURE_PRESSURE);
        measure->altitude_m = report->pressure_altitude_m;
        measure->altitude_var_m2 = (float)(sigma * sigma);
        measure->altitude_step_m = (float)report->pressure_altitude_step_m;
    } else if ((report->present & AP_HAS_GEOMETRIC_HEIGHT) &&
               within(report->geometric_height_m, HEIGHT_MIN_M, HEIGHT_MAX_M)) {
        double sigma = at_least(report->geometric_height_sigma_m, ALTITUDE_SIGMA_MIN_M);
        measure->has |= AP_MEASURE_HEIGHT;
        measure->altitude_m = report->geometric_height_m;
        measure->altitude_var_m2 = (float)(sigma * sigma);
    }
    if ((report->present & AP_HAS_VERTICAL_RATE) && fabs(report->up_mps) <= SPEED_MAX_MPS) {
        double sigma = at_least(report->up_sigma_mps, VELOCITY_SIGMA_MIN_MPS);
        measure->has |= AP_MEASURE_RATE;
        measure->up_mps = (float)report->up_mps;
        measure->up_var = (float)(sigma * sigma);
    }
}

/* The line of sight of a radial speed, from where the position is. */
static void set_sight(ap_measure *measure, const ap_sensor *sensor)
{
    const ap_vec3 *at = &measure->ecef, *site = &sensor->frame.origin_ecef;
    ap_vec3 d = { at->x_m - site->x_m, at->y_m - site->y_m, at->z_m - site->z_m };
    double length_m = sqrt(d.x_m * d.x_m + d.y_m * d.y_m + d.z_m * d.z_m);
    if (length_m < SIGHT_MIN_M)
        measure->has &= (uint16_t)~AP_MEASURE_RADIAL;
    else
        measure->velocity_ecef = (ap_vec3){ d.x_m / length_m, d.y_m / length_m, d.z_m / length_m };
}

/* Away from the sensor. A velocity of the aircraft itself says more, and has the same place. */
static void set_radial(ap_measure *measure, const ap_report *report, const ap_sensor *sensor)
{
    if (!(report->present & AP_HAS_DOPPLER) || !sensor->has_site ||
        (measure->has & (AP_MEASURE_VELOCITY | AP_MEASURE_POSITION)) != AP_MEASURE_POSITION ||
        !(fabs(report->doppler_mps) <= SPEED_MAX_MPS))
        return;
    double sigma = at_least(report->doppler_sigma_mps, DOPPLER_SIGMA_MIN_MPS);
    measure->has |= AP_MEASURE_RADIAL;
    measure->velocity_var = sigma * sigma;
    measure->radial_mps = (float)report->doppler_mps;
    measure->radial_ambiguity_mps = (float)report->doppler_ambiguity_mps;
    if (!(measure->has & AP_MEASURE_UNPLACED))
        set_sight(measure, sensor);
}

/* Over the ground; frame: at the position, or NULL. */
static void set_velocity(ap_measure *measure, const ap_report *report, const ap_enu_frame *frame)
{
    if (!(report->present & AP_HAS_VELOCITY) ||
        !(hypot(report->east_mps, report->north_mps) <= SPEED_MAX_MPS))
        return;
    double sigma = at_least(report->velocity_sigma_mps, VELOCITY_SIGMA_MIN_MPS);
    ap_vec3 enu = { report->east_mps, report->north_mps, 0.0 };
    measure->has |= frame ? AP_MEASURE_VELOCITY : AP_MEASURE_VELOCITY | AP_MEASURE_UNTURNED;
    measure->velocity_ecef = frame ? ap_ecef_rotate(frame, enu) : enu;
    measure->velocity_var = sigma * sigma;
}

/* A coordinated turn's acceleration, from the bank, or from the turn of the track at a speed. */
static void set_turn(ap_measure *measure, const ap_report *report)
{
    bool has_speed = (report->present & AP_HAS_VELOCITY) != 0;
    double speed_mps = has_speed ? hypot(report->east_mps, report->north_mps) : 1.0, turn;
    uint16_t has = AP_MEASURE_TURN;
    if (report->present & AP_HAS_ROLL) {
        turn = GRAVITY_MPS2 * tan(fmin(fmax(report->roll_rad, -ROLL_MAX_RAD), ROLL_MAX_RAD));
    } else if (speed_mps > 0.0) {
        turn = report->track_rate_radps * speed_mps;
        has |= has_speed ? 0 : AP_MEASURE_TURN_RATE;
    } else {
        return;
    }
    if (!(fabs(turn) <= TURN_MAX_MPS2))
        return;
    measure->has |= has;
    measure->turn_mps2 = (float)turn;
}

void ap_measure_read(const ap_report *report, const ap_sensor *sensor, ap_measure *measure)
{
    ap_enu_frame frame;
    *measure =
        (ap_measure){ .time_utc = report->time_utc, .sensor = report->sensor, .weight = 1.0 };
    bool has_frame = set_horizontal(measure, report, sensor, &frame);
    set_velocity(measure, report, has_frame ? &frame : NULL);
    set_radial(measure, report, sensor);
    if (report->present & (AP_HAS_ROLL | AP_HAS_TRACK_RATE))
        set_turn(measure, report);
    set_vertical(measure, report);
}

static void place(ap_measure *measure, const ap_sensor *sensor, const ap_imm *track,
                  ap_enu_frame *frame)
{
    const ap_unplaced at = measure->unplaced;
    if (at.is_slant)
        set_polar(measure, &at, sensor, track_height(track, sensor->site.height_m, at.range_m),
                  frame);
    else
        set_stated(measure, &at, track_height(track, 0.0, 0.0), frame);
    if (measure->has & AP_MEASURE_RADIAL)
        set_sight(measure, sensor);
}

static void turn_at_speed(ap_measure *measure, const ap_imm *track)
{
    double speed_mps = track ? hypot(track->mean.x[2], track->mean.x[3]) : 0.0;
    double turn_mps2 = (double)measure->turn_mps2 * speed_mps;
    if (!(speed_mps > 0.0) || !(fabs(turn_mps2) <= TURN_MAX_MPS2))
        measure->has &= (uint16_t)~AP_MEASURE_TURN;
    measure->turn_mps2 = (float)turn_mps2;
}

void ap_measure_place(ap_measure *measure, const ap_sensor *sensor, const ap_imm *track)
{
    if (!(measure->has & OPEN))
        return;
    ap_enu_frame own;
    const ap_enu_frame *frame = track ? &track->frame : NULL;
    if (measure->has & AP_MEASURE_UNPLACED) {
        place(measure, sensor, track, &own);
        frame = &own;
    }
    if ((measure->has & AP_MEASURE_UNTURNED) && frame)
        measure->velocity_ecef = ap_ecef_rotate(frame, measure->velocity_ecef);
    else if (measure->has & AP_MEASURE_UNTURNED)
        measure->has &= (uint16_t)~AP_MEASURE_VELOCITY;
    if (measure->has & AP_MEASURE_TURN_RATE)
        turn_at_speed(measure, track);
    measure->has &= (uint16_t)~OPEN;
}

void ap_measure_from_report(const ap_report *report, const ap_sensor *sensor, const ap_imm *track,
                            ap_measure *measure)
{
    ap_measure_read(report, sensor, measure);
    ap_measure_place(measure, sensor, track);
}

void ap_measure_apply(const ap_measure *measure, const ap_sensor *sensors, ap_imm *imm)
{
    if (!(measure->has & OPEN)) {
        ap_imm_apply(imm, measure);
        return;
    }
    ap_measure placed = *measure;
    ap_imm_predict(imm, measure->time_utc, imm);
    ap_measure_place(&placed, &sensors[measure->sensor], imm);
    ap_imm_take(imm, &placed);
}

/* A slant range whose height needs no search, and nothing that needs its place. */
static bool is_plain_slant(const ap_report *report, const ap_sensor *sensor)
{
    const uint32_t needs_place = AP_HAS_VELOCITY | AP_HAS_DOPPLER | AP_HAS_ROLL | AP_HAS_TRACK_RATE;
    return is_placeable_slant(report, sensor) && !(report->present & needs_place) &&
           (!(report->present & AP_HAS_ELEVATION) || has_own_height(report));
}

/* Slant ranges that wait to be placed together. */
typedef struct slant_batch {
    int count;
    ap_slants slants;
    ap_measure *measure[AP_LANES];
} slant_batch;

static void slant_copy(ap_slants *slants, int from, int to)
{
    slants->range_m[to] = slants->range_m[from];
    slants->azimuth_rad[to] = slants->azimuth_rad[from];
    slants->range_sigma_m[to] = slants->range_sigma_m[from];
    slants->azimuth_sigma_rad[to] = slants->azimuth_sigma_rad[from];
    slants->height_m[to] = slants->height_m[from];
    slants->height_sigma_m[to] = slants->height_sigma_m[from];
}

static void place_batch(slant_batch *batch, const ap_sensor *sensor)
{
    ap_places places;
    if (batch->count == 0)
        return;
    for (int l = batch->count; batch->count > 1 && l < AP_LANES; l++)
        slant_copy(&batch->slants, 0, l);
    ap_slant_kernel_best()(&sensor->frame, batch->count == 1, &batch->slants, &places);
    for (int l = 0; l < batch->count; l++)
        place_take(&places, l, batch->measure[l]);
    batch->count = 0;
}

void ap_measure_from_reports(size_t count, const ap_report *const *reports, const ap_sensor *sensor,
                             ap_measure *const *measures)
{
    slant_batch batch = { .count = 0 };
    for (size_t i = 0; i < count; i++) {
        const ap_report *report = reports[i];
        if (!is_plain_slant(report, sensor)) {
            ap_measure_from_report(report, sensor, NULL, measures[i]);
            continue;
        }
        *measures[i] =
            (ap_measure){ .time_utc = report->time_utc, .sensor = report->sensor, .weight = 1.0 };
        set_vertical(measures[i], report);
        height h = has_own_height(report)
                       ? own_height(report)
                       : track_height(NULL, sensor->site.height_m, report->range_m);
        ap_unplaced slant = slant_of(report);
        slant_put(&batch.slants, batch.count, &slant, h);
        batch.measure[batch.count++] = measures[i];
        if (batch.count == AP_LANES)
            place_batch(&batch, sensor);
    }
    place_batch(&batch, sensor);
}

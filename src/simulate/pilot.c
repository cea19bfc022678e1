#include "simulate/pilot.h"

#include <math.h>

#define GRAVITY_MPS2 9.80665
#define BANK_SHARE 0.8 /* of what it can, in every turn */
#define TURN_SHARE 0.9
#define ALONG_SHARE 0.5
#define VERTICAL_SHARE 0.5
#define WIND_PIECE_S 10.0   /* pieces are no longer where the wind changes with the height */
#define DRIFT_SHARE_MAX 0.7 /* cross wind as a share of the speed */
#define GROUND_MIN_MPS 0.5

static double cross_wind_mps(const ap_pilot *pilot, double altitude_m, double track_rad,
                             double *tail_mps)
{
    double east_mps, north_mps;
    ap_wind_at(&pilot->wind, altitude_m, &east_mps, &north_mps);
    *tail_mps = east_mps * sin(track_rad) + north_mps * cos(track_rad);
    return east_mps * cos(track_rad) - north_mps * sin(track_rad);
}

/* Speed over the ground and heading that keep a track; tells when the wind is too strong. */
static double ground_mps(const ap_pilot *pilot, double speed_mps, double altitude_m,
                         double track_rad, double *heading_rad, bool *blown)
{
    *heading_rad = track_rad;
    if (pilot->wind.count == 0)
        return speed_mps;
    double tail_mps, cross_mps = cross_wind_mps(pilot, altitude_m, track_rad, &tail_mps);
    double most_mps = DRIFT_SHARE_MAX * speed_mps;
    double against_mps = fmin(fmax(cross_mps, -most_mps), most_mps);
    *heading_rad = track_rad - (speed_mps > 0.0 ? asin(against_mps / speed_mps) : 0.0);
    double over_mps = sqrt(speed_mps * speed_mps - against_mps * against_mps) + tail_mps;
    *blown = *blown || against_mps != cross_mps || over_mps < GROUND_MIN_MPS;
    return fmax(over_mps, GROUND_MIN_MPS);
}

double ap_pilot_ground_mps(const ap_pilot *pilot, double track_rad)
{
    double heading_rad;
    bool blown = false;
    return ground_mps(pilot, pilot->speed_mps, pilot->at.altitude_m, track_rad, &heading_rad,
                      &blown);
}

double ap_pilot_radius_m(const ap_pilot *pilot)
{
    double rate_radps = TURN_SHARE * pilot->limits->turn_max_radps;
    double pull_mps2 = GRAVITY_MPS2 * tan(BANK_SHARE * pilot->limits->bank_max_rad);
    return fmax(pilot->speed_mps / rate_radps, pilot->speed_mps * pilot->speed_mps / pull_mps2);
}

static double turn_rate_radps(const ap_pilot *pilot)
{
    double rate_radps = TURN_SHARE * pilot->limits->turn_max_radps;
    double pull_mps2 = GRAVITY_MPS2 * tan(BANK_SHARE * pilot->limits->bank_max_rad);
    return fmin(rate_radps, pull_mps2 / fmax(pilot->speed_mps, 0.1));
}

static void skip_empty_phases(ap_pilot *pilot)
{
    while (pilot->phase < 3 && pilot->phase_left_s[pilot->phase] <= 0.0)
        pilot->phase++;
}

void ap_pilot_aim_altitude(ap_pilot *pilot, double altitude_m, double rate_mps)
{
    double a = VERTICAL_SHARE * pilot->limits->vertical_max_mps2, v0 = pilot->at.up_mps;
    double change_m = altitude_m - pilot->at.altitude_m;
    pilot->altitude_aim_m = altitude_m;
    pilot->phase = 3;
    if (!(a > 0.0) || (change_m == 0.0 && v0 == 0.0))
        return;
    /* Speed up to a peak (or slow down to it), stay, and slow down to nothing. */
    double sign = change_m - v0 * fabs(v0) / (2.0 * a) >= 0.0 ? 1.0 : -1.0;
    double peak_mps = fmin(rate_mps, sqrt(fmax(sign * change_m * a + v0 * v0 / 2.0, 0.0)));
    double first_s = fabs(sign * peak_mps - v0) / a, last_s = peak_mps / a;
    double ramps_m = (sign * peak_mps + v0) / 2.0 * first_s + sign * peak_mps / 2.0 * last_s;
    double steady_m = sign * (change_m - ramps_m);
    pilot->phase_left_s[0] = first_s;
    pilot->phase_up_mps2[0] = copysign(a, sign * peak_mps - v0);
    pilot->phase_left_s[1] = steady_m > 1e-6 ? steady_m / peak_mps : 0.0;
    pilot->phase_up_mps2[1] = 0.0;
    pilot->phase_left_s[2] = last_s;
    pilot->phase_up_mps2[2] = -sign * a;
    pilot->phase = 0;
    skip_empty_phases(pilot);
}

void ap_pilot_aim_speed(ap_pilot *pilot, double speed_mps)
{
    pilot->speed_aim_mps = speed_mps;
    pilot->along_mps2 = ALONG_SHARE * pilot->limits->along_max_mps2;
}

double ap_pilot_climb_left_s(const ap_pilot *pilot)
{
    double left_s = 0.0;
    for (unsigned i = pilot->phase; i < 3; i++)
        left_s += pilot->phase_left_s[i];
    return left_s;
}

double ap_pilot_speed_left_s(const ap_pilot *pilot)
{
    double change_mps = fabs(pilot->speed_aim_mps - pilot->speed_mps);
    return change_mps > 0.0 ? change_mps / pilot->along_mps2 : 0.0;
}

/* How long the vertical speed's rate stays what it is. */
static double phase_s(const ap_pilot *pilot)
{
    double left_s = pilot->phase < 3 ? pilot->phase_left_s[pilot->phase] : HUGE_VAL;
    bool shears = pilot->wind.count > 1 && pilot->phase < 3;
    return shears ? fmin(left_s, WIND_PIECE_S) : left_s;
}

static double up_mps2(const ap_pilot *pilot)
{
    return pilot->phase < 3 ? pilot->phase_up_mps2[pilot->phase] : 0.0;
}

static double altitude_after_m(const ap_pilot *pilot, double duration_s)
{
    return pilot->at.altitude_m +
           (pilot->at.up_mps + up_mps2(pilot) * duration_s / 2.0) * duration_s;
}

/* Ends the piece that is set in pilot->at. */
static void close_piece(ap_pilot *pilot, double duration_s)
{
    pilot->at.up_mps2 = up_mps2(pilot);
    pilot->at.end_s = pilot->at.start_s + duration_s;
    pilot->leg_count++;
    if (pilot->flight)
        ap_flight_add_leg(pilot->flight, &pilot->at);
    pilot->at = ap_leg_after(&pilot->at, duration_s);
    if (pilot->phase == 3)
        return;
    pilot->phase_left_s[pilot->phase] -= duration_s;
    if (pilot->phase_left_s[pilot->phase] < 1e-9)
        pilot->phase_left_s[pilot->phase] = 0.0;
    skip_empty_phases(pilot);
    if (pilot->phase == 3) {
        pilot->at.altitude_m = pilot->altitude_aim_m;
        pilot->at.up_mps = 0.0;
    }
}

static double along_mps2(const ap_pilot *pilot)
{
    double change_mps = pilot->speed_aim_mps - pilot->speed_mps;
    return change_mps == 0.0 ? 0.0 : copysign(pilot->along_mps2, change_mps);
}

static double straight_piece_s(const ap_pilot *pilot)
{
    double speed_s = ap_pilot_speed_left_s(pilot);
    double piece_s = fmin(phase_s(pilot), speed_s > 0.0 ? speed_s : HUGE_VAL);
    return pilot->wind.count > 0 && speed_s > 0.0 ? fmin(piece_s, WIND_PIECE_S) : piece_s;
}

/* What a straight piece would come to. */
typedef struct straight {
    double from_mps, to_mps, heading_rad, speed_mps;
    bool blown;
} straight;

static straight straight_of(const ap_pilot *pilot, double track_rad, double duration_s)
{
    straight out = { .speed_mps = pilot->speed_mps + along_mps2(pilot) * duration_s };
    double heading_rad;
    if (duration_s >= ap_pilot_speed_left_s(pilot))
        out.speed_mps = pilot->speed_aim_mps;
    out.from_mps = ground_mps(pilot, pilot->speed_mps, pilot->at.altitude_m, track_rad,
                              &heading_rad, &out.blown);
    out.to_mps = ground_mps(pilot, out.speed_mps, altitude_after_m(pilot, duration_s), track_rad,
                            &out.heading_rad, &out.blown);
    return out;
}

static void fly_straight(ap_pilot *pilot, double track_rad, double duration_s)
{
    if (!(duration_s > 0.0))
        return;
    straight piece = straight_of(pilot, track_rad, duration_s);
    ap_leg *at = &pilot->at;
    at->course_rad = track_rad;
    at->speed_mps = piece.from_mps;
    at->along_mps2 = (piece.to_mps - piece.from_mps) / duration_s;
    at->turn_radps = 0.0;
    at->drift_x_mps = at->drift_y_mps = at->drift_x_mps2 = at->drift_y_mps2 = 0.0;
    close_piece(pilot, duration_s);
    pilot->speed_mps = piece.speed_mps;
    pilot->heading_rad = piece.heading_rad;
    pilot->blown = pilot->blown || piece.blown;
}

static double length_m(const ap_pilot *pilot, double track_rad, double duration_s)
{
    straight piece = straight_of(pilot, track_rad, duration_s);
    return (piece.from_mps + piece.to_mps) / 2.0 * duration_s;
}

/* The time within (0, high_s] in which a piece comes so far. */
static double time_to_s(const ap_pilot *pilot, double track_rad, double distance_m, double high_s)
{
    double low_s = 0.0;
    for (int i = 0; i < 60; i++) {
        double middle_s = (low_s + high_s) / 2.0;
        if (length_m(pilot, track_rad, middle_s) < distance_m)
            low_s = middle_s;
        else
            high_s = middle_s;
    }
    return high_s;
}

void ap_pilot_straight_to(ap_pilot *pilot, double track_rad, double distance_m)
{
    while (distance_m > 1e-7 && pilot->leg_count < AP_PILOT_LEG_MAX) {
        double piece_s = straight_piece_s(pilot);
        if (piece_s == HUGE_VAL) {
            double speed_mps = length_m(pilot, track_rad, 1.0);
            if (speed_mps > 1e-6)
                fly_straight(pilot, track_rad, distance_m / speed_mps);
            return;
        }
        double piece_m = length_m(pilot, track_rad, piece_s);
        if (piece_m >= distance_m) {
            fly_straight(pilot, track_rad, time_to_s(pilot, track_rad, distance_m, piece_s));
            return;
        }
        fly_straight(pilot, track_rad, piece_s);
        distance_m -= piece_m;
    }
}

void ap_pilot_straight_for(ap_pilot *pilot, double track_rad, double duration_s)
{
    while (duration_s > 1e-9 && pilot->leg_count < AP_PILOT_LEG_MAX) {
        double piece_s = fmin(straight_piece_s(pilot), duration_s);
        fly_straight(pilot, track_rad, piece_s);
        duration_s -= piece_s;
    }
}

void ap_pilot_roll(ap_pilot *pilot, double track_rad, double from_mps, double to_mps)
{
    double along = copysign(pilot->limits->roll_mps2, to_mps - from_mps);
    ap_leg *at = &pilot->at;
    if (from_mps == to_mps)
        return;
    at->course_rad = track_rad;
    at->speed_mps = from_mps;
    at->along_mps2 = along;
    at->turn_radps = 0.0;
    at->drift_x_mps = at->drift_y_mps = at->drift_x_mps2 = at->drift_y_mps2 = 0.0;
    close_piece(pilot, (to_mps - from_mps) / along);
    bool blown = false; /* the nose points into the wind as it lifts */
    (void)ground_mps(pilot, pilot->speed_mps, at->altitude_m, track_rad, &pilot->heading_rad,
                     &blown);
}

/* One piece in the air: turning, or only drifting with it. */
static void fly_in_air(ap_pilot *pilot, double turn_radps, double duration_s)
{
    double east_mps, north_mps;
    ap_leg *at = &pilot->at;
    at->course_rad = pilot->heading_rad;
    at->turn_radps = turn_radps;
    at->speed_mps = pilot->speed_mps;
    at->along_mps2 = 0.0;
    ap_wind_at(&pilot->wind, at->altitude_m, &at->drift_x_mps, &at->drift_y_mps);
    ap_wind_at(&pilot->wind, altitude_after_m(pilot, duration_s), &east_mps, &north_mps);
    at->drift_x_mps2 = (east_mps - at->drift_x_mps) / duration_s;
    at->drift_y_mps2 = (north_mps - at->drift_y_mps) / duration_s;
    close_piece(pilot, duration_s);
    pilot->heading_rad += turn_radps * duration_s;
}

static void turn_at(ap_pilot *pilot, double rate_radps, double duration_s)
{
    while (duration_s > 1e-9 && pilot->leg_count < AP_PILOT_LEG_MAX) {
        double piece_s = fmin(phase_s(pilot), duration_s);
        fly_in_air(pilot, rate_radps, piece_s);
        duration_s -= piece_s;
    }
}

void ap_pilot_turn_by(ap_pilot *pilot, double angle_rad)
{
    double rate_radps = turn_rate_radps(pilot);
    turn_at(pilot, copysign(rate_radps, angle_rad), fabs(angle_rad) / rate_radps);
}

/* The altitude after a time, through all phases. */
static double altitude_in_m(const ap_pilot *pilot, double duration_s)
{
    double altitude_m = pilot->at.altitude_m, up_mps = pilot->at.up_mps;
    for (unsigned i = pilot->phase; i < 3; i++) {
        double piece_s = fmin(pilot->phase_left_s[i], duration_s);
        altitude_m += (up_mps + pilot->phase_up_mps2[i] * piece_s / 2.0) * piece_s;
        up_mps += pilot->phase_up_mps2[i] * piece_s;
        duration_s -= piece_s;
    }
    return altitude_m;
}

/* By how much it has to turn, when the wind at the end of the turn is that at `altitude_m`. */
static double angle_to(const ap_pilot *pilot, double track_rad, double altitude_m)
{
    double heading_rad;
    bool blown = false;
    (void)ground_mps(pilot, pilot->speed_mps, altitude_m, track_rad, &heading_rad, &blown);
    return ap_wrap_pi(heading_rad - pilot->heading_rad);
}

void ap_pilot_turn_to(ap_pilot *pilot, double track_rad, int side)
{
    double rate_radps = turn_rate_radps(pilot), altitude_m = pilot->at.altitude_m;
    double angle_rad = angle_to(pilot, track_rad, altitude_m);
    double whole_rad = 0.0;
    if (side != 0 && angle_rad * side < 0.0)
        whole_rad = copysign(2.0 * AP_PI, side);
    double first_rad = angle_rad;
    for (int i = 0; i < 12 && pilot->wind.count > 1 && pilot->phase < 3; i++) {
        altitude_m = altitude_in_m(pilot, fabs(angle_rad + whole_rad) / rate_radps);
        /* Near the half turn the short way stays the side that it was. */
        angle_rad = first_rad + ap_wrap_pi(angle_to(pilot, track_rad, altitude_m) - first_rad);
    }
    angle_rad += whole_rad;
    if (fabs(angle_rad) > 1e-12)
        turn_at(pilot, copysign(rate_radps, angle_rad), fabs(angle_rad) / rate_radps);
}

void ap_pilot_drift(ap_pilot *pilot, double duration_s)
{
    while (duration_s > 1e-9 && pilot->leg_count < AP_PILOT_LEG_MAX) {
        double piece_s = fmin(phase_s(pilot), duration_s);
        fly_in_air(pilot, 0.0, piece_s);
        duration_s -= piece_s;
    }
}

#include "airpicture/track.h"

#include <math.h>
#include <string.h>

/* What is not known of a track's future: white acceleration of this spectral density. The
 * horizontal figure is a gentle manoeuvre (1 m/s after a second, 11 m after five), so a covariance
 * grown by it stays honest for the seconds that a display or a periodic output spans. */
#define HORIZONTAL_NOISE_M2PS3 1.0
#define VERTICAL_NOISE_M2PS3 0.25
/* Below this turn the straight-line limit of the turn is exact to the last bits. */
#define STRAIGHT_RAD 1e-6

static const char *const reason_keys[] = {
#define REASON_KEY(name, key, text) key,
    AP_REASON_MAP(REASON_KEY)
#undef REASON_KEY
};

static const char *const reason_texts[] = {
#define REASON_TEXT(name, key, text) text,
    AP_REASON_MAP(REASON_TEXT)
#undef REASON_TEXT
};

static const char *const state_keys[AP_TRACK_STATE_COUNT] = {
    [AP_TRACK_TENTATIVE] = "tentative",
    [AP_TRACK_FIRM] = "firm",
    [AP_TRACK_COASTING] = "coasting",
    [AP_TRACK_DEAD] = "dead",
};

static const char *const event_keys[AP_EVENT_KIND_COUNT] = {
    [AP_EVENT_BORN] = "born",       [AP_EVENT_CONFIRMED] = "confirmed",
    [AP_EVENT_UPDATED] = "updated", [AP_EVENT_COASTED] = "coasted",
    [AP_EVENT_DROPPED] = "dropped",
};

const char *ap_track_state_key(ap_track_state state)
{
    return (unsigned)state < AP_TRACK_STATE_COUNT ? state_keys[state] : "unlisted";
}

const char *ap_reason_key(ap_reason_code code)
{
    return (unsigned)code < AP_REASON_COUNT ? reason_keys[code] : "unlisted";
}

const char *ap_reason_text(ap_reason_code code)
{
    return (unsigned)code < AP_REASON_COUNT ? reason_texts[code] : "unlisted";
}

const char *ap_track_event_key(ap_track_event_kind kind)
{
    return (unsigned)kind < AP_EVENT_KIND_COUNT ? event_keys[kind] : "unlisted";
}

double ap_track_speed_mps(const ap_track *track)
{
    return sqrt(track->east_mps * track->east_mps + track->north_mps * track->north_mps);
}

double ap_track_course_rad(const ap_track *track)
{
    return ap_wrap_two_pi(atan2(track->east_mps + 0.0, track->north_mps + 0.0));
}

/* Transition of (east, north, velocity east, velocity north) over dt_s at a constant clockwise
 * turn. */
static void turn_transition(double dt_s, double rate_radps, double f[4][4])
{
    double angle_rad = rate_radps * dt_s;
    double s = sin(angle_rad), c = cos(angle_rad);
    double half = sin(angle_rad / 2.0);
    bool straight = fabs(angle_rad) < STRAIGHT_RAD;
    double along_s = straight ? dt_s : s / rate_radps;
    double across_s = straight ? angle_rad * dt_s / 2.0 : 2.0 * half * half / rate_radps;
    const double rows[4][4] = { { 1.0, 0.0, along_s, across_s },
                                { 0.0, 1.0, -across_s, along_s },
                                { 0.0, 0.0, c, s },
                                { 0.0, 0.0, -s, c } };
    memcpy(f, rows, sizeof rows);
}

/* p = a p a^T, symmetric to the bit. */
static void congruence(const double a[4][4], double p[4][4])
{
    double ap[4][4];
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            ap[i][j] = 0.0;
            for (int k = 0; k < 4; k++)
                ap[i][j] += a[i][k] * p[k][j];
        }
    for (int i = 0; i < 4; i++)
        for (int j = i; j < 4; j++) {
            double sum = 0.0;
            for (int k = 0; k < 4; k++)
                sum += ap[i][k] * a[j][k];
            p[i][j] = p[j][i] = sum;
        }
}

static void grow_horizontal(double dt_s, double rate_radps, double p[4][4])
{
    double f[4][4], t = fabs(dt_s), q = HORIZONTAL_NOISE_M2PS3;
    turn_transition(dt_s, rate_radps, f);
    congruence((const double(*)[4])f, p);
    for (int axis = 0; axis < 2; axis++) {
        p[axis][axis] += q * t * t * t / 3.0;
        p[axis][axis + 2] += q * t * dt_s / 2.0;
        p[axis + 2][axis] = p[axis][axis + 2];
        p[axis + 2][axis + 2] += q * t;
    }
}

static void grow_vertical(double dt_s, double p[2][2])
{
    double t = fabs(dt_s), q = VERTICAL_NOISE_M2PS3;
    p[0][0] += dt_s * (p[0][1] + p[1][0]) + dt_s * dt_s * p[1][1] + q * t * t * t / 3.0;
    p[0][1] += dt_s * p[1][1] + q * t * dt_s / 2.0;
    p[1][0] = p[0][1];
    p[1][1] += q * t;
}

/* Turns velocity and covariance from the frame at `from` into that at `to`: north is another
 * direction there. The tilt of the horizon, metres of height over kilometres, is left out. */
static void change_frame(const ap_enu_frame *from, const ap_enu_frame *to, ap_track *track)
{
    ap_vec3 east = ap_enu_rotate(to, ap_ecef_rotate(from, (ap_vec3){ .x_m = 1.0 }));
    ap_vec3 north = ap_enu_rotate(to, ap_ecef_rotate(from, (ap_vec3){ .y_m = 1.0 }));
    double angle_rad = atan2(east.y_m - north.x_m, east.x_m + north.y_m);
    double c = cos(angle_rad), s = sin(angle_rad);
    const double turn[4][4] = {
        { c, -s, 0.0, 0.0 }, { s, c, 0.0, 0.0 }, { 0.0, 0.0, c, -s }, { 0.0, 0.0, s, c }
    };
    double east_mps = track->east_mps, north_mps = track->north_mps;
    track->east_mps = c * east_mps - s * north_mps;
    track->north_mps = s * east_mps + c * north_mps;
    congruence(turn, track->P_enu);
}

/* Moves the horizontal state: along the tangent plane, then down to the old height, so that level
 * flight stays level. */
static void move_horizontal(double dt_s, ap_track *track)
{
    double f[4][4];
    ap_enu_frame frame = ap_enu_frame_at(track->position);
    turn_transition(dt_s, track->track_rate_radps, f);
    double east_mps = track->east_mps, north_mps = track->north_mps;
    ap_vec3 enu = { .x_m = f[0][2] * east_mps + f[0][3] * north_mps,
                    .y_m = f[1][2] * east_mps + f[1][3] * north_mps };
    track->east_mps = f[2][2] * east_mps + f[2][3] * north_mps;
    track->north_mps = f[3][2] * east_mps + f[3][3] * north_mps;
    ap_geodetic moved = ap_geodetic_from_ecef(ap_ecef_from_enu(&frame, enu));
    moved.height_m = track->position.height_m;
    grow_horizontal(dt_s, track->track_rate_radps, track->P_enu);
    ap_enu_frame there = ap_enu_frame_at(moved);
    change_frame(&frame, &there, track);
    track->position = moved;
}

static void move_vertical(double dt_s, ap_track *track)
{
    double climb_m = track->up_mps * dt_s;
    track->position.height_m += climb_m;
    track->pressure_altitude_m += track->has_pressure_altitude ? climb_m : 0.0;
    grow_vertical(dt_s, track->vertical_P);
}

ap_track ap_track_at(const ap_track *track, ap_utc_ns time)
{
    ap_track moved = *track;
    if (time == AP_UTC_UNKNOWN || track->time_utc == AP_UTC_UNKNOWN)
        return moved;
    double dt_s = ap_seconds_between(track->time_utc, time);
    if (time > track->updated_utc)
        moved.flags |= AP_FLAG_EXTRAPOLATED;
    if (dt_s == 0.0)
        return moved;
    move_horizontal(dt_s, &moved);
    if (moved.has_height)
        move_vertical(dt_s, &moved);
    moved.time_utc = time;
    return moved;
}

bool ap_track_geometric_height(const ap_track *track, double *height_m)
{
    if (!track->has_geometric_height || track->geometric_height_utc == AP_UTC_UNKNOWN)
        return false;
    double age_s = ap_seconds_between(track->geometric_height_utc, track->time_utc);
    if (fabs(age_s) > AP_TRACK_GEOMETRIC_AGE_MAX_S)
        return false;
    *height_m = track->geometric_height_m + (track->has_height ? track->up_mps * age_s : 0.0);
    return true;
}

#include "app/samples_row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "airpicture/geo.h"

#define MPS_PER_FPM (AP_M_PER_FT / 60.0)
#define SAME_HEIGHT_M 0.1 /* of what is written with a decimal */
#define UTC_FROM_S 1e8    /* seconds beyond this count from 1970 */

/* Names that people give to columns. Rank: what is most exact first. */
static const ap_sample_field fields[] = {
    { "time_s", AP_SAMPLE_TIME, 1.0, 0 },
    { "time", AP_SAMPLE_TIME, 1.0, 1 },
    { "t", AP_SAMPLE_TIME, 1.0, 2 },
    { "t_s", AP_SAMPLE_TIME, 1.0, 2 },
    { "timestamp", AP_SAMPLE_TIME, 1.0, 2 },
    { "time_utc", AP_SAMPLE_TIME_UTC, 1.0, 0 },
    { "target_id", AP_SAMPLE_ID, 1.0, 0 },
    { "track_id", AP_SAMPLE_ID, 1.0, 0 },
    { "truth_id", AP_SAMPLE_ID, 1.0, 0 },
    { "id", AP_SAMPLE_ID, 1.0, 1 },
    { "track_number", AP_SAMPLE_ID, 1.0, 2 },
    { "icao24", AP_SAMPLE_ADDRESS, 1.0, 0 },
    { "address", AP_SAMPLE_ADDRESS, 1.0, 1 },
    { "callsign", AP_SAMPLE_CALLSIGN, 1.0, 0 },
    { "squawk", AP_SAMPLE_SQUAWK, 1.0, 0 },
    { "mode_3a", AP_SAMPLE_SQUAWK, 1.0, 1 },
    { "state", AP_SAMPLE_STATE, 1.0, 0 },
    { "event", AP_SAMPLE_EVENT, 1.0, 0 },
    { "sensor", AP_SAMPLE_SENSOR, 1.0, 0 },
    { "on_ground", AP_SAMPLE_ON_GROUND, 1.0, 0 },
    { "x", AP_SAMPLE_X, 1.0, 0 },
    { "x_m", AP_SAMPLE_X, 1.0, 1 },
    { "y", AP_SAMPLE_Y, 1.0, 0 },
    { "y_m", AP_SAMPLE_Y, 1.0, 1 },
    { "latitude_deg", AP_SAMPLE_LATITUDE, AP_RAD_PER_DEG, 0 },
    { "latitude", AP_SAMPLE_LATITUDE, AP_RAD_PER_DEG, 1 },
    { "lat", AP_SAMPLE_LATITUDE, AP_RAD_PER_DEG, 2 },
    { "longitude_deg", AP_SAMPLE_LONGITUDE, AP_RAD_PER_DEG, 0 },
    { "longitude", AP_SAMPLE_LONGITUDE, AP_RAD_PER_DEG, 1 },
    { "lon", AP_SAMPLE_LONGITUDE, AP_RAD_PER_DEG, 2 },
    { "height_m", AP_SAMPLE_HEIGHT, 1.0, 1 },
    { "geometric_height_m", AP_SAMPLE_HEIGHT, 1.0, 0 },
    { "z", AP_SAMPLE_HEIGHT, 1.0, 2 },
    { "z_m", AP_SAMPLE_HEIGHT, 1.0, 2 },
    { "height_ft", AP_SAMPLE_HEIGHT, AP_M_PER_FT, 3 },
    { "pressure_altitude_ft", AP_SAMPLE_ALTITUDE, AP_M_PER_FT, 0 },
    { "pressure_altitude_m", AP_SAMPLE_ALTITUDE, 1.0, 0 },
    { "altitude_ft", AP_SAMPLE_ALTITUDE, AP_M_PER_FT, 1 },
    { "altitude_m", AP_SAMPLE_ALTITUDE, 1.0, 1 },
    { "vx", AP_SAMPLE_VX, 1.0, 0 },
    { "vx_mps", AP_SAMPLE_VX, 1.0, 0 },
    { "east_mps", AP_SAMPLE_VX, 1.0, 0 },
    { "vy", AP_SAMPLE_VY, 1.0, 0 },
    { "vy_mps", AP_SAMPLE_VY, 1.0, 0 },
    { "north_mps", AP_SAMPLE_VY, 1.0, 0 },
    { "vz", AP_SAMPLE_VZ, 1.0, 0 },
    { "vz_mps", AP_SAMPLE_VZ, 1.0, 0 },
    { "up_mps", AP_SAMPLE_VZ, 1.0, 0 },
    { "vertical_rate_fpm", AP_SAMPLE_VZ, MPS_PER_FPM, 1 },
    { "ground_speed_kt", AP_SAMPLE_SPEED, AP_MPS_PER_KT, 0 },
    { "ground_speed_mps", AP_SAMPLE_SPEED, 1.0, 0 },
    { "track_deg", AP_SAMPLE_COURSE, AP_RAD_PER_DEG, 0 },
    { "sxx", AP_SAMPLE_XX_VAR, 1.0, 0 },
    { "sxy", AP_SAMPLE_XY_VAR, 1.0, 0 },
    { "syy", AP_SAMPLE_YY_VAR, 1.0, 0 },
    { "sxvx", AP_SAMPLE_X_VX_COV, 1.0, 0 },
    { "sxvy", AP_SAMPLE_X_VY_COV, 1.0, 0 },
    { "syvx", AP_SAMPLE_Y_VX_COV, 1.0, 0 },
    { "syvy", AP_SAMPLE_Y_VY_COV, 1.0, 0 },
    { "svxvx", AP_SAMPLE_VX_VAR, 1.0, 0 },
    { "svxvy", AP_SAMPLE_VX_VY_COV, 1.0, 0 },
    { "svyvy", AP_SAMPLE_VY_VAR, 1.0, 0 },
    { "szz", AP_SAMPLE_Z_VAR, 1.0, 0 },
    { "svzvz", AP_SAMPLE_VZ_VAR, 1.0, 0 },
    { "position_sigma_m", AP_SAMPLE_MAJOR_SIGMA, 1.0, 0 },
    { "position_sigma_minor_m", AP_SAMPLE_MINOR_SIGMA, 1.0, 0 },
    { "position_sigma_axis_deg", AP_SAMPLE_AXIS, AP_RAD_PER_DEG, 0 },
    { "velocity_sigma_mps", AP_SAMPLE_VELOCITY_SIGMA, 1.0, 0 },
    { "height_sigma_m", AP_SAMPLE_Z_SIGMA, 1.0, 0 },
    { "vertical_rate_sigma_fpm", AP_SAMPLE_VZ_SIGMA, MPS_PER_FPM, 0 },
    { "update_age_s", AP_SAMPLE_UPDATE_AGE, 1.0, 0 },
    { "pressure_altitude_age_s", AP_SAMPLE_ALTITUDE_AGE, 1.0, 0 },
    { "nis", AP_SAMPLE_NIS, 1.0, 0 },
    { "nis_dimensions", AP_SAMPLE_NIS_DIMENSIONS, 1.0, 0 },
};

const ap_sample_field *ap_sample_field_of(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (strlen(fields[i].name) == size && strncasecmp(fields[i].name, name, size) == 0)
            return &fields[i];
    return NULL;
}

/* ---- values ---- */

static bool is_number_text(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!memchr("+-.0123456789eE", text[i], 15))
            return false;
    return true;
}

bool ap_sample_number(const char *text, size_t size, double *number)
{
    static const double tens[] = { 1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
    enum { EXACT_DIGITS = 15, TEXT_SIZE = 64 };
    const char *at = text, *end = text + size;
    bool minus = at < end && *at == '-';
    uint64_t digits = 0;
    int count = 0, decimals = 0;
    bool has_point = false, any = false;
    at += minus || (at < end && *at == '+');
    for (; at < end && count < EXACT_DIGITS; at++) {
        if (*at == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (*at < '0' || *at > '9')
            break;
        any = true;
        digits = digits * 10 + (uint64_t)(*at - '0');
        count += digits > 0;
        decimals += has_point;
    }
    if (at == end && any && decimals <= EXACT_DIGITS) { /* two exact numbers, one rounding */
        *number = (double)digits / tens[decimals];
        *number = minus ? -*number : *number;
        return true;
    }
    char whole[TEXT_SIZE], *stop;
    if (size == 0 || size >= sizeof whole || !is_number_text(text, size))
        return false;
    memcpy(whole, text, size);
    whole[size] = '\0';
    *number = strtod(whole, &stop);
    return stop == whole + size && isfinite(*number);
}

bool ap_sample_row_set(ap_sample_row *row, const ap_sample_field *field, const char *text,
                       size_t size)
{
    if (size == 0)
        return true;
    if (field->value >= AP_SAMPLE_VALUES) {
        row->text[field->value - AP_SAMPLE_VALUES] = (ap_sample_text){ text, size };
    } else {
        double number;
        if (!ap_sample_number(text, size, &number))
            return false;
        row->value[field->value] = number * field->factor;
    }
    row->has |= UINT64_C(1) << field->value;
    return true;
}

static bool has(const ap_sample_row *row, ap_sample_value value)
{
    return row->has >> value & 1u;
}

static ap_sample_text text_of(const ap_sample_row *row, ap_sample_value value)
{
    return row->text[value - AP_SAMPLE_VALUES];
}

static bool text_is(const ap_sample_row *row, ap_sample_value value, const char *word)
{
    ap_sample_text text = text_of(row, value);
    return has(row, value) && text.size == strlen(word) && memcmp(text.start, word, text.size) == 0;
}

/* ---- time ---- */

/* Seconds with their decimals, exact to the nanosecond. */
static bool seconds_of(ap_sample_text text, ap_utc_ns *time)
{
    const char *at = text.start, *end = at + text.size;
    bool minus = at < end && *at == '-', any = false;
    int64_t whole = 0, part = 0, weight = AP_NS_PER_S / 10;
    for (at += minus; at < end && *at >= '0' && *at <= '9'; at++, any = true) {
        if (whole > INT64_C(900000000))
            whole = whole < INT64_C(900000000000) ? whole : INT64_C(900000000000);
        whole = whole * 10 + (*at - '0');
    }
    if (at < end && *at == '.')
        for (at++; at < end && *at >= '0' && *at <= '9'; at++, any = true, weight /= 10)
            part += weight * (*at - '0');
    if (!any || at < end || whole > INT64_C(9000000000)) {
        double s;
        if (!ap_sample_number(text.start, text.size, &s) || fabs(s) > 9e9)
            return false;
        *time = (ap_utc_ns)llround(s * 1e9);
        return true;
    }
    *time = whole * AP_NS_PER_S + part;
    *time = minus ? -*time : *time;
    return true;
}

static bool time_of(const ap_sample_row *row, ap_utc_ns *time, bool *is_utc)
{
    char text[AP_UTC_TEXT_SIZE] = "";
    if (has(row, AP_SAMPLE_TIME) && seconds_of(text_of(row, AP_SAMPLE_TIME), time)) {
        *is_utc = (double)*time > UTC_FROM_S * 1e9;
        return true;
    }
    ap_sample_text utc = has(row, AP_SAMPLE_TIME_UTC) ? text_of(row, AP_SAMPLE_TIME_UTC)
                         : has(row, AP_SAMPLE_TIME)   ? text_of(row, AP_SAMPLE_TIME)
                                                      : (ap_sample_text){ 0 };
    if (utc.size == 0 || utc.size >= sizeof text)
        return false;
    memcpy(text, utc.start, utc.size);
    *is_utc = true;
    return ap_utc_parse(text, time) == AP_OK;
}

/* A time_s from 2001 to 2286, were it milliseconds. */
static bool is_milliseconds(const ap_sample_row *row)
{
    char text[40] = "";
    ap_sample_text time =
        has(row, AP_SAMPLE_TIME) ? text_of(row, AP_SAMPLE_TIME) : (ap_sample_text){ 0 };
    if (time.size == 0 || time.size >= sizeof text)
        return false;
    memcpy(text, time.start, time.size);
    double value = strtod(text, NULL);
    return value >= 1e12 && value < 1e13;
}

/* ---- identity ---- */

static bool octal_or_hex(ap_sample_text text, unsigned base, uint32_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.start[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        if (digit >= base)
            return false;
        *number = *number * base + digit;
    }
    return text.size > 0 && text.size <= 6;
}

static bool identity_of(const ap_sample_row *row, ap_trajectory_identity *identity)
{
    uint32_t number;
    *identity = (ap_trajectory_identity){ 0 };
    if (has(row, AP_SAMPLE_ADDRESS) && octal_or_hex(text_of(row, AP_SAMPLE_ADDRESS), 16, &number)) {
        identity->flags |= AP_IDENTITY_HAS_ADDRESS;
        identity->address = number;
    }
    if (has(row, AP_SAMPLE_SQUAWK) && octal_or_hex(text_of(row, AP_SAMPLE_SQUAWK), 8, &number) &&
        number <= 07777) {
        identity->flags |= AP_IDENTITY_HAS_MODE_3A;
        identity->mode_3a = (uint16_t)number;
    }
    if (has(row, AP_SAMPLE_CALLSIGN)) {
        ap_sample_text text = text_of(row, AP_SAMPLE_CALLSIGN);
        ap_callsign_copy(identity->callsign, text.start, text.size);
        identity->flags |= identity->callsign[0] ? AP_IDENTITY_HAS_CALLSIGN : 0;
    }
    return identity->flags != 0;
}

/* ---- the state ---- */

/* A track's height that is its pressure altitude again, for want of a geometric one, is none. */
static bool has_height(const ap_sample_row *row, bool is_track)
{
    return has(row, AP_SAMPLE_HEIGHT) &&
           !(is_track && has(row, AP_SAMPLE_ALTITUDE) &&
             fabs(row->value[AP_SAMPLE_HEIGHT] - row->value[AP_SAMPLE_ALTITUDE]) < SAME_HEIGHT_M);
}

static void set_motion(const ap_sample_row *row, bool is_track, ap_trajectory_state *state)
{
    if (has(row, AP_SAMPLE_VX) && has(row, AP_SAMPLE_VY)) {
        state->flags |= AP_STATE_HAS_VELOCITY;
        state->east_mps = row->value[AP_SAMPLE_VX];
        state->north_mps = row->value[AP_SAMPLE_VY];
    } else if (has(row, AP_SAMPLE_SPEED) && has(row, AP_SAMPLE_COURSE)) {
        state->flags |= AP_STATE_HAS_VELOCITY;
        state->east_mps = row->value[AP_SAMPLE_SPEED] * sin(row->value[AP_SAMPLE_COURSE]);
        state->north_mps = row->value[AP_SAMPLE_SPEED] * cos(row->value[AP_SAMPLE_COURSE]);
    }
    if (has(row, AP_SAMPLE_VZ)) {
        state->flags |= AP_STATE_HAS_CLIMB;
        state->up_mps = (float)row->value[AP_SAMPLE_VZ];
    }
    if (has_height(row, is_track)) {
        state->flags |= AP_STATE_HAS_HEIGHT;
        state->height_m = (float)row->value[AP_SAMPLE_HEIGHT];
    }
    if (has(row, AP_SAMPLE_ALTITUDE)) {
        state->flags |= AP_STATE_HAS_PRESSURE_ALTITUDE;
        state->pressure_altitude_m = (float)row->value[AP_SAMPLE_ALTITUDE];
    }
    if (has(row, AP_SAMPLE_ALTITUDE_AGE)) {
        state->flags |= AP_STATE_HAS_ALTITUDE_AGE;
        state->pressure_altitude_age_s = (float)row->value[AP_SAMPLE_ALTITUDE_AGE];
    }
    if (text_is(row, AP_SAMPLE_STATE, "coasting"))
        state->flags |= AP_STATE_COASTING;
    if (text_is(row, AP_SAMPLE_ON_GROUND, "true") || text_is(row, AP_SAMPLE_ON_GROUND, "1"))
        state->flags |= AP_STATE_ON_GROUND;
}

/* From an ellipse: major and minor axis, and the direction of the major one from north. */
static void set_ellipse(const ap_sample_row *row, ap_trajectory_covariance *c)
{
    double major = row->value[AP_SAMPLE_MAJOR_SIGMA], axis = row->value[AP_SAMPLE_AXIS];
    double minor = has(row, AP_SAMPLE_MINOR_SIGMA) ? row->value[AP_SAMPLE_MINOR_SIGMA] : major;
    double s = sin(axis), k = cos(axis);
    c->east_m2 = major * major * s * s + minor * minor * k * k;
    c->north_m2 = major * major * k * k + minor * minor * s * s;
    c->east_north_m2 = (major * major - minor * minor) * s * k;
}

static bool covariance_of(const ap_sample_row *row, ap_trajectory_covariance *c)
{
    const double *v = row->value;
    *c = (ap_trajectory_covariance){ 0 };
    if (has(row, AP_SAMPLE_XX_VAR) && has(row, AP_SAMPLE_YY_VAR)) {
        c->east_m2 = v[AP_SAMPLE_XX_VAR];
        c->east_north_m2 = v[AP_SAMPLE_XY_VAR];
        c->north_m2 = v[AP_SAMPLE_YY_VAR];
    } else if (has(row, AP_SAMPLE_MAJOR_SIGMA)) {
        set_ellipse(row, c);
    } else {
        return false;
    }
    double sigma2 = v[AP_SAMPLE_VELOCITY_SIGMA] * v[AP_SAMPLE_VELOCITY_SIGMA];
    bool full = has(row, AP_SAMPLE_VX_VAR);
    c->east_velocity_m2ps[0] = (float)v[AP_SAMPLE_X_VX_COV];
    c->east_velocity_m2ps[1] = (float)v[AP_SAMPLE_X_VY_COV];
    c->north_velocity_m2ps[0] = (float)v[AP_SAMPLE_Y_VX_COV];
    c->north_velocity_m2ps[1] = (float)v[AP_SAMPLE_Y_VY_COV];
    c->velocity_east_m2ps2 = (float)(full ? v[AP_SAMPLE_VX_VAR] : sigma2);
    c->velocity_east_north_m2ps2 = (float)v[AP_SAMPLE_VX_VY_COV];
    c->velocity_north_m2ps2 = (float)(full ? v[AP_SAMPLE_VY_VAR] : sigma2);
    c->vertical_m2 =
        (float)(has(row, AP_SAMPLE_Z_VAR) ? v[AP_SAMPLE_Z_VAR]
                                          : v[AP_SAMPLE_Z_SIGMA] * v[AP_SAMPLE_Z_SIGMA]);
    c->climb_m2ps2 =
        (float)(has(row, AP_SAMPLE_VZ_VAR) ? v[AP_SAMPLE_VZ_VAR]
                                           : v[AP_SAMPLE_VZ_SIGMA] * v[AP_SAMPLE_VZ_SIGMA]);
    return true;
}

/* False: refused, or no position. */
static bool place_of(ap_samples *samples, const ap_sample_row *row, ap_trajectory_state *state,
                     ap_trajectory_frame *frame, const char *where, uint64_t line)
{
    bool plane = has(row, AP_SAMPLE_X) && has(row, AP_SAMPLE_Y);
    bool geodetic = has(row, AP_SAMPLE_LATITUDE) && has(row, AP_SAMPLE_LONGITUDE);
    /* A file that has both: the plane is what it was tracked in, unless degrees are asked for. */
    if (plane && geodetic && samples->has_wish)
        plane = samples->wish == AP_TRAJECTORY_PLANE;
    else if (plane && geodetic && samples->memory)
        plane = samples->set.frame == AP_TRAJECTORY_PLANE;
    if (!plane && !geodetic) {
        samples->place_count++;
        return false;
    }
    *frame = plane ? AP_TRAJECTORY_PLANE : AP_TRAJECTORY_GEODETIC;
    if (plane) {
        state->x_m = row->value[AP_SAMPLE_X];
        state->y_m = row->value[AP_SAMPLE_Y];
        return true;
    }
    state->latitude_rad = row->value[AP_SAMPLE_LATITUDE];
    state->longitude_rad = row->value[AP_SAMPLE_LONGITUDE];
    if (fabs(state->latitude_rad) > AP_PI / 2 || fabs(state->longitude_rad) > 2 * AP_PI) {
        ap_samples_refuse(
            samples, where, line,
            "no place on the Earth; expected degrees, latitude within 90, longitude within 360");
        return false;
    }
    return true;
}

static bool is_published(const ap_sample_row *row)
{
    return !text_is(row, AP_SAMPLE_STATE, "tentative") && !text_is(row, AP_SAMPLE_STATE, "dead") &&
           !text_is(row, AP_SAMPLE_EVENT, "dropped");
}

ap_err ap_sample_row_add(ap_samples *samples, const ap_sample_row *row, const char *where,
                         uint64_t line)
{
    ap_trajectory_state state = { 0 };
    ap_trajectory_covariance covariance;
    ap_trajectory_identity identity;
    ap_trajectory_frame frame;
    uint64_t id;
    bool is_utc;
    if (!is_published(row)) {
        samples->unpublished_count++;
        return AP_OK;
    }
    if (!time_of(row, &state.time_utc, &is_utc)) {
        ap_samples_refuse(samples, where, line,
                          is_milliseconds(row)
                              ? "a time that looks like milliseconds; expected seconds"
                              : "no time; expected seconds, or UTC as 2024-03-01T12:00:00Z");
        return AP_OK;
    }
    ap_sample_text name = text_of(row, has(row, AP_SAMPLE_ID) ? AP_SAMPLE_ID : AP_SAMPLE_ADDRESS);
    if (!has(row, AP_SAMPLE_ID) && !has(row, AP_SAMPLE_ADDRESS)) {
        ap_samples_refuse(samples, where, line,
                          "no name; expected a track_id, target_id or icao24");
        return AP_OK;
    }
    if (!place_of(samples, row, &state, &frame, where, line))
        return AP_OK;
    if (samples->memory && is_utc != samples->is_utc) {
        ap_samples_refuse(samples, where, line,
                          is_utc ? "a UTC time among times from a beginning of their own"
                                 : "a time from a beginning of its own among UTC times");
        return AP_OK;
    }
    set_motion(row, samples->has_wish, &state);
    if (has(row, AP_SAMPLE_SENSOR))
        state.flags |= ap_samples_sensor_flags(samples, text_of(row, AP_SAMPLE_SENSOR).start,
                                               text_of(row, AP_SAMPLE_SENSOR).size);
    if (ap_samples_id_of(samples, name.start, name.size, &id))
        return AP_ERR_MEMORY;
    bool is_first = !samples->memory;
    ap_err err = ap_samples_add(
        samples, frame, id, &state, covariance_of(row, &covariance) ? &covariance : NULL,
        identity_of(row, &identity) ? &identity : NULL,
        has(row, AP_SAMPLE_UPDATE_AGE) ? row->value[AP_SAMPLE_UPDATE_AGE] : -1.0);
    if (is_first)
        samples->is_utc = is_utc;
    if (err == AP_ERR_RANGE || err == AP_ERR_ARGUMENT)
        ap_samples_refuse(samples, where, line,
                          err == AP_ERR_RANGE
                              ? "a coordinate, velocity or height beyond what can be"
                              : "a position in metres among positions in degrees");
    if (!err && has(row, AP_SAMPLE_NIS))
        return ap_samples_nis_add(samples, state.flags >> AP_SAMPLES_SENSOR_SHIFT,
                                  row->value[AP_SAMPLE_NIS_DIMENSIONS], row->value[AP_SAMPLE_NIS]);
    return err == AP_ERR_MEMORY ? err : AP_OK;
}

#include "app/detections.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "airpicture/geo.h"

typedef enum column_kind {
    COLUMN_NUMBER,
    COLUMN_TIME_S,
    COLUMN_TIME_UTC,
    COLUMN_SENSOR,
    COLUMN_ADDRESS,
    COLUMN_MODE_3A,
    COLUMN_CALLSIGN,
    COLUMN_IGNORED
} column_kind;

typedef struct column_spec {
    const char *names; /* parted by blanks; the first is the one that the manual has */
    column_kind kind;
    ap_detection_value value; /* of COLUMN_NUMBER */
    double scale;             /* to the value's unit */
    double low, high;         /* of the scaled value */
} column_spec;

#define NUMBER(names_, value_, scale_, low_, high_)                                                \
    {                                                                                              \
        names_, COLUMN_NUMBER, AP_DETECTION_##value_, scale_, low_, high_                          \
    }
#define OTHER(names_, kind_)                                                                       \
    {                                                                                              \
        .names = names_, .kind = kind_                                                             \
    }

#define DEG AP_RAD_PER_DEG
#define AZIMUTH_MAX_RAD                                                                            \
    (2.0 * AP_PI + 0.1) /* noise upon an azimuth may carry it over a whole turn */
#define FAR_M 1e8       /* farther than anything that is tracked */
#define SIGMA_MIN_M 1e-3
#define SIGMA_MIN_RAD 1e-9
#define VAR_MIN_M2 1e-6
#define TIME_MAX_S 4e9 /* of what the tracker takes: to the year 2096 */

/* clang-format off */
static const column_spec specs[] = {
    OTHER("time_s t time timestamp_s", COLUMN_TIME_S),
    OTHER("time_utc", COLUMN_TIME_UTC),
    OTHER("sensor sensor_id sensor_name", COLUMN_SENSOR),
    NUMBER("range_m", RANGE_M, 1.0, 0.0, FAR_M),
    NUMBER("range_km", RANGE_M, 1e3, 0.0, FAR_M),
    NUMBER("range_nmi", RANGE_M, AP_M_PER_NMI, 0.0, FAR_M),
    NUMBER("azimuth_rad", AZIMUTH_RAD, 1.0, -AZIMUTH_MAX_RAD, AZIMUTH_MAX_RAD),
    NUMBER("azimuth_deg", AZIMUTH_RAD, DEG, -AZIMUTH_MAX_RAD, AZIMUTH_MAX_RAD),
    NUMBER("elevation_rad", ELEVATION_RAD, 1.0, -AP_PI / 2.0, AP_PI / 2.0),
    NUMBER("elevation_deg", ELEVATION_RAD, DEG, -AP_PI / 2.0, AP_PI / 2.0),
    NUMBER("sigma_range_m range_sigma_m", RANGE_SIGMA_M, 1.0, SIGMA_MIN_M, 1e6),
    NUMBER("sigma_azimuth_rad azimuth_sigma_rad", AZIMUTH_SIGMA_RAD, 1.0, SIGMA_MIN_RAD, 10.0),
    NUMBER("sigma_azimuth_deg azimuth_sigma_deg", AZIMUTH_SIGMA_RAD, DEG, SIGMA_MIN_RAD, 10.0),
    NUMBER("sigma_elevation_rad elevation_sigma_rad", ELEVATION_SIGMA_RAD, 1.0, SIGMA_MIN_RAD,
           10.0),
    NUMBER("sigma_elevation_deg elevation_sigma_deg", ELEVATION_SIGMA_RAD, DEG, SIGMA_MIN_RAD,
           10.0),
    NUMBER("x_m x east_m", X_M, 1.0, -FAR_M, FAR_M),
    NUMBER("y_m y north_m", Y_M, 1.0, -FAR_M, FAR_M),
    NUMBER("z_m z up_m", Z_M, 1.0, -FAR_M, FAR_M),
    NUMBER("x_km", X_M, 1e3, -FAR_M, FAR_M),
    NUMBER("y_km", Y_M, 1e3, -FAR_M, FAR_M),
    NUMBER("z_km", Z_M, 1e3, -FAR_M, FAR_M),
    NUMBER("latitude_deg lat_deg latitude lat", LATITUDE_RAD, DEG, -AP_PI / 2.0, AP_PI / 2.0),
    NUMBER("longitude_deg lon_deg longitude lon", LONGITUDE_RAD, DEG, -AP_PI, AP_PI),
    NUMBER("latitude_rad", LATITUDE_RAD, 1.0, -AP_PI / 2.0, AP_PI / 2.0),
    NUMBER("longitude_rad", LONGITUDE_RAD, 1.0, -AP_PI, AP_PI),
    NUMBER("sigma_x_m x_sigma_m sigma_east_m", X_SIGMA_M, 1.0, SIGMA_MIN_M, 1e6),
    NUMBER("sigma_y_m y_sigma_m sigma_north_m", Y_SIGMA_M, 1.0, SIGMA_MIN_M, 1e6),
    NUMBER("sxx var_xx_m2 var_ee_m2", XX_VAR_M2, 1.0, VAR_MIN_M2, 1e12),
    NUMBER("sxy var_xy_m2 var_en_m2", XY_VAR_M2, 1.0, -1e12, 1e12),
    NUMBER("syy var_yy_m2 var_nn_m2", YY_VAR_M2, 1.0, VAR_MIN_M2, 1e12),
    NUMBER("sigma_position_m position_sigma_m", POSITION_SIGMA_M, 1.0, SIGMA_MIN_M, 1e6),
    NUMBER("height_m", HEIGHT_M, 1.0, -1500.0, 1e6),
    NUMBER("sigma_height_m height_sigma_m sigma_z_m", HEIGHT_SIGMA_M, 1.0, SIGMA_MIN_M, 1e6),
    NUMBER("altitude_m pressure_altitude_m", ALTITUDE_M, 1.0, -1500.0, 1e6),
    NUMBER("altitude_ft pressure_altitude_ft", ALTITUDE_M, AP_M_PER_FT, -1500.0, 1e6),
    NUMBER("sigma_altitude_m altitude_sigma_m", ALTITUDE_SIGMA_M, 1.0, SIGMA_MIN_M, 1e6),
    NUMBER("vx_mps vx east_mps", VX_MPS, 1.0, -12e3, 12e3),
    NUMBER("vy_mps vy north_mps", VY_MPS, 1.0, -12e3, 12e3),
    NUMBER("sigma_velocity_mps velocity_sigma_mps", VELOCITY_SIGMA_MPS, 1.0, SIGMA_MIN_M, 1e5),
    NUMBER("sensor_x_m", SITE_X_M, 1.0, -FAR_M, FAR_M),
    NUMBER("sensor_y_m", SITE_Y_M, 1.0, -FAR_M, FAR_M),
    NUMBER("scan", SCAN, 1.0, -1e15, 1e15),
    OTHER("address icao24", COLUMN_ADDRESS),
    OTHER("mode_3a squawk", COLUMN_MODE_3A),
    OTHER("callsign", COLUMN_CALLSIGN),
    OTHER("det_id", COLUMN_IGNORED), /* a number for people: nothing is lost with it */
};
/* clang-format on */

enum { SPEC_COUNT = sizeof specs / sizeof specs[0], NOT_USED = -1 };

_Static_assert(AP_DETECTION_VALUE_COUNT <= 32, "one bit each in ap_detection.has");

const char *ap_detection_refusal_key(ap_detection_refusal refusal)
{
    static const char *const keys[] = {
#define KEY(name, key, text) [AP_DETECTION_##name] = key,
        AP_DETECTION_REFUSAL_MAP(KEY)
#undef KEY
    };
    return (unsigned)refusal < AP_DETECTION_REFUSAL_COUNT ? keys[refusal] : "unlisted";
}

const char *ap_detection_refusal_text(ap_detection_refusal refusal)
{
    static const char *const texts[] = {
#define TEXT(name, key, text) [AP_DETECTION_##name] = text,
        AP_DETECTION_REFUSAL_MAP(TEXT)
#undef TEXT
    };
    return (unsigned)refusal < AP_DETECTION_REFUSAL_COUNT ? texts[refusal] : "unlisted";
}

static bool has_both(const ap_detection *d, ap_detection_value a, ap_detection_value b)
{
    return ap_detection_has(d, a) && ap_detection_has(d, b);
}

bool ap_detection_is_polar(const ap_detection *detection)
{
    return has_both(detection, AP_DETECTION_RANGE_M, AP_DETECTION_AZIMUTH_RAD);
}

bool ap_detection_is_plane(const ap_detection *detection)
{
    return has_both(detection, AP_DETECTION_X_M, AP_DETECTION_Y_M);
}

bool ap_detection_is_geodetic(const ap_detection *detection)
{
    return has_both(detection, AP_DETECTION_LATITUDE_RAD, AP_DETECTION_LONGITUDE_RAD);
}

/* ---- head ---- */

/* Names of people's columns may be in capitals. */
static bool is_named(const char *names, const char *name)
{
    size_t size = strlen(name);
    while (*names) {
        size_t length = strcspn(names, " "), i = 0;
        while (i < length && i < size &&
               (name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]) == names[i])
            i++;
        if (i == length && i == size)
            return true;
        names += length + (names[length] == ' ');
    }
    return false;
}

static int spec_of(const char *name)
{
    for (int i = 0; i < SPEC_COUNT; i++)
        if (is_named(specs[i].names, name))
            return i;
    return NOT_USED;
}

/* Two columns that mean one thing. */
static bool is_same(int a, int b)
{
    if (a < 0 || b < 0 || specs[a].kind == COLUMN_IGNORED)
        return false;
    bool times = specs[a].kind <= COLUMN_TIME_UTC && specs[a].kind != COLUMN_NUMBER &&
                 specs[b].kind <= COLUMN_TIME_UTC && specs[b].kind != COLUMN_NUMBER;
    return times || (specs[a].kind == specs[b].kind &&
                     (specs[a].kind != COLUMN_NUMBER || specs[a].value == specs[b].value));
}

/* Text of the input for a terminal: printable, cut. */
static const char *shown(const char *text, char *out, size_t size)
{
    size_t at = 0;
    for (; text[at] && at + 1 < size; at++) {
        unsigned char c = (unsigned char)text[at];
        out[at] = c < 0x20 || c >= 0x7F ? '?' : text[at];
    }
    out[at] = '\0';
    return out;
}

static void bind(ap_detection_columns *columns, size_t i, const char *name)
{
    int spec = spec_of(name);
    columns->column[i] = (int8_t)spec;
    shown(name, columns->name[i], sizeof columns->name[i]);
    if (spec == NOT_USED) {
        size_t used = strlen(columns->unused);
        snprintf(columns->unused + used, sizeof columns->unused - used, "%s%s", used ? ", " : "",
                 columns->name[i]);
        return;
    }
    if (specs[spec].kind == COLUMN_NUMBER)
        columns->has |= 1u << specs[spec].value;
    columns->has_sensor |= specs[spec].kind == COLUMN_SENSOR;
    columns->has_identity |=
        specs[spec].kind >= COLUMN_ADDRESS && specs[spec].kind <= COLUMN_CALLSIGN;
}

static bool has_kind(const ap_detection_columns *columns, column_kind kind)
{
    for (size_t i = 0; i < columns->count; i++)
        if (columns->column[i] >= 0 && specs[columns->column[i]].kind == kind)
            return true;
    return false;
}

/* Half of a pair: named after the half that is there. */
static const char *lone_half(uint32_t has)
{
    static const struct {
        ap_detection_value a, b;
        const char *why;
    } pairs[] = {
        { AP_DETECTION_RANGE_M, AP_DETECTION_AZIMUTH_RAD, "range_m goes with azimuth_rad" },
        { AP_DETECTION_X_M, AP_DETECTION_Y_M, "x_m goes with y_m" },
        { AP_DETECTION_LATITUDE_RAD, AP_DETECTION_LONGITUDE_RAD,
          "latitude_deg goes with longitude_deg" },
        { AP_DETECTION_VX_MPS, AP_DETECTION_VY_MPS, "vx_mps goes with vy_mps" },
        { AP_DETECTION_XX_VAR_M2, AP_DETECTION_YY_VAR_M2, "sxx goes with syy" },
        { AP_DETECTION_SITE_X_M, AP_DETECTION_SITE_Y_M, "sensor_x_m goes with sensor_y_m" },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if ((has >> pairs[i].a & 1u) != (has >> pairs[i].b & 1u))
            return pairs[i].why;
    return NULL;
}

bool ap_detections_head(ap_detection_columns *columns, const ap_csv *row,
                        char why[AP_DETECTION_WHY_SIZE])
{
    *columns = (ap_detection_columns){ .count = row->field_count };
    if (row->fault) {
        snprintf(why, AP_DETECTION_WHY_SIZE, "%s; expected a head of column names",
                 ap_csv_fault_text(row->fault));
        return false;
    }
    for (size_t i = 0; i < row->field_count; i++) {
        bind(columns, i, ap_csv_field(row, i));
        for (size_t j = 0; j < i; j++)
            if (is_same(columns->column[j], columns->column[i])) {
                snprintf(why, AP_DETECTION_WHY_SIZE,
                         "columns '%s' and '%s' state the same; leave one out", columns->name[j],
                         columns->name[i]);
                return false;
            }
    }
    const uint32_t places =
        1u << AP_DETECTION_RANGE_M | 1u << AP_DETECTION_X_M | 1u << AP_DETECTION_LATITUDE_RAD;
    const char *half = lone_half(columns->has);
    if (half)
        snprintf(why, AP_DETECTION_WHY_SIZE, "half of a pair of columns; %s", half);
    else if (!has_kind(columns, COLUMN_TIME_S) && !has_kind(columns, COLUMN_TIME_UTC))
        snprintf(why, AP_DETECTION_WHY_SIZE,
                 "no column of times; expected time_s or time_utc in the head");
    else if (!(columns->has & places))
        snprintf(why, AP_DETECTION_WHY_SIZE,
                 "no columns of positions; expected range_m and azimuth_rad, x_m and y_m, or "
                 "latitude_deg and longitude_deg");
    else
        return true;
    return false;
}

/* ---- rows ---- */

static ap_detection_refusal refuse(char why[AP_DETECTION_WHY_SIZE], ap_detection_refusal refusal,
                                   const char *column, const char *text, const char *expected)
{
    char value[40];
    snprintf(why, AP_DETECTION_WHY_SIZE, "column '%s': '%s' %s", column,
             shown(text, value, sizeof value), expected);
    return refusal;
}

static ap_detection_refusal take_number(const column_spec *spec, const char *column,
                                        const char *text, double *value,
                                        char why[AP_DETECTION_WHY_SIZE])
{
    char *end, range[96];
    double number = strtod(text, &end);
    if (end == text || *end != '\0')
        return refuse(why, AP_DETECTION_NOT_A_NUMBER, column, text, "is no number");
    if (!isfinite(number))
        return refuse(why, AP_DETECTION_NOT_FINITE, column, text, "is not finite");
    number *= spec->scale;
    if (number < spec->low || number > spec->high) {
        snprintf(range, sizeof range, "cannot be; expected %.6g to %.6g", spec->low / spec->scale,
                 spec->high / spec->scale);
        return refuse(why, AP_DETECTION_RANGE, column, text, range);
    }
    *value = number;
    return AP_DETECTION_TAKEN;
}

static ap_detection_refusal take_time(const char *column, const char *text, ap_utc_ns *time_utc,
                                      char why[AP_DETECTION_WHY_SIZE])
{
    static const column_spec seconds = { .scale = 1.0, .low = -TIME_MAX_S, .high = TIME_MAX_S };
    double time_s = 0.0;
    ap_detection_refusal refusal = take_number(&seconds, column, text, &time_s, why);
    if (refusal == AP_DETECTION_TAKEN)
        *time_utc = ap_utc_add_s(0, time_s);
    return refusal;
}

static ap_detection_refusal take_code(const char *column, const char *text, int base, size_t digits,
                                      uint32_t *code, char why[AP_DETECTION_WHY_SIZE])
{
    size_t size = strspn(text, base == 16 ? "0123456789abcdefABCDEF" : "01234567");
    if (size == 0 || size > digits || text[size])
        return refuse(why, AP_DETECTION_NOT_A_NUMBER, column, text,
                      base == 16 ? "is no address; expected up to 6 hexadecimal digits"
                                 : "is no Mode 3/A code; expected up to 4 octal digits");
    *code = (uint32_t)strtoul(text, NULL, base);
    return AP_DETECTION_TAKEN;
}

static ap_detection_refusal take_sensor(const char *column, const char *text, ap_detection *d,
                                        char why[AP_DETECTION_WHY_SIZE])
{
    if (strlen(text) >= sizeof d->sensor)
        return refuse(why, AP_DETECTION_RANGE, column, text, "is longer than 31 characters");
    shown(text, d->sensor, sizeof d->sensor);
    return AP_DETECTION_TAKEN;
}

static ap_detection_refusal take_field(const column_spec *spec, const char *column,
                                       const char *text, ap_detection *d,
                                       char why[AP_DETECTION_WHY_SIZE])
{
    uint32_t code = 0;
    ap_detection_refusal refusal = AP_DETECTION_TAKEN;
    switch (spec->kind) {
    case COLUMN_NUMBER:
        refusal = take_number(spec, column, text, &d->value[spec->value], why);
        d->has |= 1u << spec->value;
        break;
    case COLUMN_TIME_S:
        return take_time(column, text, &d->time_utc, why);
    case COLUMN_TIME_UTC:
        if (ap_utc_parse(text, &d->time_utc) || llabs(d->time_utc) > INT64_C(4000000000000000000))
            return refuse(why, AP_DETECTION_NOT_A_NUMBER, column, text,
                          "is no time; expected one such as 2024-06-06T08:58:39.5Z");
        break;
    case COLUMN_SENSOR:
        return take_sensor(column, text, d, why);
    case COLUMN_ADDRESS:
        refusal = take_code(column, text, 16, 6, &code, why);
        d->address = code;
        d->identity |= AP_HAS_ADDRESS;
        break;
    case COLUMN_MODE_3A:
        refusal = take_code(column, text, 8, 4, &code, why);
        d->mode_3a = (uint16_t)code;
        d->identity |= AP_HAS_MODE_3A;
        break;
    case COLUMN_CALLSIGN:
        ap_callsign_copy(d->callsign, text, strlen(text));
        d->identity |= AP_HAS_CALLSIGN;
        break;
    case COLUMN_IGNORED:
        break;
    }
    return refusal;
}

/* The first column that the row had to fill and did not. */
static const char *missing_name(const ap_detection_columns *columns, const ap_detection *d,
                                bool time)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (columns->column[i] < 0)
            continue;
        const column_spec *spec = &specs[columns->column[i]];
        bool place = spec->kind == COLUMN_NUMBER && !ap_detection_has(d, spec->value) &&
                     (spec->value <= AP_DETECTION_AZIMUTH_RAD ||
                      (spec->value >= AP_DETECTION_X_M && spec->value <= AP_DETECTION_Y_M) ||
                      (spec->value >= AP_DETECTION_LATITUDE_RAD &&
                       spec->value <= AP_DETECTION_LONGITUDE_RAD));
        if (time ? spec->kind == COLUMN_TIME_S || spec->kind == COLUMN_TIME_UTC : place)
            return columns->name[i];
    }
    return "time_s";
}

static bool covariance_is_sound(const ap_detection *d)
{
    double xy = d->value[AP_DETECTION_XY_VAR_M2];
    return !has_both(d, AP_DETECTION_XX_VAR_M2, AP_DETECTION_YY_VAR_M2) ||
           d->value[AP_DETECTION_XX_VAR_M2] * d->value[AP_DETECTION_YY_VAR_M2] > xy * xy;
}

ap_detection_refusal ap_detections_row(const ap_detection_columns *columns, const ap_csv *row,
                                       ap_detection *detection, char why[AP_DETECTION_WHY_SIZE])
{
    ap_detection *d = detection;
    memset(d, 0, sizeof *d);
    d->time_utc = AP_UTC_UNKNOWN;
    d->line = row->line;
    if (row->fault) {
        snprintf(why, AP_DETECTION_WHY_SIZE, "%s", ap_csv_fault_text(row->fault));
        return AP_DETECTION_SYNTAX;
    }
    if (row->field_count != columns->count) {
        snprintf(why, AP_DETECTION_WHY_SIZE, "%zu fields; expected %zu, as the head has",
                 row->field_count, columns->count);
        return AP_DETECTION_FIELD_COUNT;
    }
    for (size_t i = 0; i < columns->count; i++) {
        const char *text = ap_csv_field(row, i);
        if (columns->column[i] < 0 || *text == '\0')
            continue;
        ap_detection_refusal refusal =
            take_field(&specs[columns->column[i]], columns->name[i], text, d, why);
        if (refusal != AP_DETECTION_TAKEN)
            return refusal;
    }
    bool placed =
        ap_detection_is_polar(d) || ap_detection_is_plane(d) || ap_detection_is_geodetic(d);
    if (d->time_utc == AP_UTC_UNKNOWN || !placed) {
        snprintf(why, AP_DETECTION_WHY_SIZE, "column '%s': nothing stands there",
                 missing_name(columns, d, d->time_utc == AP_UTC_UNKNOWN));
        return AP_DETECTION_MISSING;
    }
    if (!covariance_is_sound(d)) {
        snprintf(why, AP_DETECTION_WHY_SIZE,
                 "columns 'sxx', 'sxy', 'syy': no covariance; expected sxy2 < sxx syy");
        return AP_DETECTION_COVARIANCE;
    }
    return AP_DETECTION_TAKEN;
}

#include "app/tracking_sensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/antenna.h"

#define TURN_DEFAULT_S 4.0
#define TURN_MIN_S 0.05
#define TURN_MAX_S 600.0
#define RANGE_LEAST_M 1000.0
#define HOLE_SHARE 0.1     /* of the farthest range, at most: where nothing is seen about a radar */
#define HOLE_PLOTS 200     /* that tell of one */
#define CLUTTER_SHARE 0.33 /* of the plots of a turn, to begin with */
#define DETECTION_START 0.9
#define NAME_ALONE "radar" /* of files without a column of sensors */

const char *ap_turn_origin_text(ap_turn_origin origin)
{
    static const char *const texts[AP_TURN_ORIGIN_COUNT] = {
        [AP_TURN_GIVEN] = "given",
        [AP_TURN_ANGLES] = "from times and azimuths",
        [AP_TURN_SCANS] = "from scan numbers",
        [AP_TURN_TIMES] = "from even times",
        [AP_TURN_DEFAULT] = "a default: nothing tells; give --turn",
    };
    return (unsigned)origin < AP_TURN_ORIGIN_COUNT ? texts[origin] : "unlisted";
}

/* ---- by name ---- */

static void set_options(const ap_tracking_config *config, ap_sensor *sensor)
{
    if (config->range_sigma_m > 0.0)
        sensor->range_sigma_m = config->range_sigma_m;
    if (config->azimuth_sigma_rad > 0.0)
        sensor->azimuth_sigma_rad = config->azimuth_sigma_rad;
    if (config->position_sigma_m > 0.0)
        sensor->position_sigma_m = config->position_sigma_m;
    if (config->range_max_m > 0.0)
        sensor->range_max_m = config->range_max_m;
    sensor->range_min_m = config->range_min_m;
    if (config->has_clutter)
        sensor->clutter_per_turn = config->clutter_per_turn;
    sensor->detection_probability =
        config->detection_probability > 0.0 ? config->detection_probability : DETECTION_START;
    sensor->detection_fixed = config->detection_probability > 0.0;
    sensor->turn_s = config->turn_s > 0.0 ? config->turn_s : TURN_DEFAULT_S;
}

/* At its own place in the plane, or at the origin. */
static ap_err make_radar(ap_tracking *t, const char *name, const ap_detection *detection,
                         uint16_t *index)
{
    ap_sensor sensor = { .input = AP_INPUT_NONE };
    snprintf(sensor.name, sizeof sensor.name, "%s", name);
    ap_sensor_defaults(&sensor, AP_SENSOR_PSR); /* the accuracies that --help tells of */
    if (detection->identity)
        sensor.kind = AP_SENSOR_COMBINED;
    set_options(&t->config, &sensor);
    ap_vec3 at = { detection->value[AP_DETECTION_SITE_X_M], detection->value[AP_DETECTION_SITE_Y_M],
                   0.0 };
    sensor.site = ap_geodetic_from_ecef(ap_ecef_from_enu(&t->plane, at));
    sensor.frame = ap_enu_frame_at(sensor.site);
    sensor.has_site = true;
    ap_err err = ap_sensor_add(t->table, &sensor, index);
    if (!err)
        t->sensor[*index].turn_origin = t->config.turn_s > 0.0 ? AP_TURN_GIVEN : AP_TURN_DEFAULT;
    return err;
}

static const char *name_of(const ap_detection *detection)
{
    return *detection->sensor ? detection->sensor : NAME_ALONE;
}

static uint16_t find(const ap_tracking *t, const char *name)
{
    if (t->last_sensor < t->table->count &&
        strcmp(t->table->sensor[t->last_sensor].name, name) == 0)
        return t->last_sensor;
    uint16_t i = 0;
    while (i < t->table->count && strcmp(t->table->sensor[i].name, name) != 0)
        i++;
    return i < t->table->count ? i : AP_SENSOR_NONE;
}

uint16_t ap_tracking_sensor_of(ap_tracking *tracking, const ap_detection *detection,
                               ap_detection_refusal *refusal, char why[AP_DETECTION_WHY_SIZE])
{
    ap_tracking *t = tracking;
    const char *name = name_of(detection);
    uint16_t index = find(t, name);
    if (index == AP_SENSOR_NONE && t->config.from_file) {
        if (!*detection->sensor && t->table->count == 1)
            return 0;
        *refusal = AP_DETECTION_SENSOR_UNKNOWN;
        snprintf(why, AP_DETECTION_WHY_SIZE, "column 'sensor': '%s' is no name of the sensors file",
                 detection->sensor);
    } else if (index == AP_SENSOR_NONE && make_radar(t, name, detection, &index)) {
        *refusal = AP_DETECTION_SENSOR_TABLE_FULL;
        snprintf(why, AP_DETECTION_WHY_SIZE, "column 'sensor': '%s' is one more than %d", name,
                 AP_TRACKING_SENSOR_CAP);
        index = AP_SENSOR_NONE;
    }
    if (index != AP_SENSOR_NONE)
        t->last_sensor = index;
    return index;
}

bool ap_tracking_is_new(ap_tracking *tracking, const ap_detection *detection)
{
    if (tracking->config.from_file)
        return false;
    uint16_t index = find(tracking, name_of(detection));
    if (index != AP_SENSOR_NONE)
        tracking->last_sensor = index; /* so that the next look is one comparison */
    return index == AP_SENSOR_NONE && tracking->table->count < tracking->table->cap;
}

/* ---- origin ---- */

static ap_geodetic whole_degrees(const ap_detection *d)
{
    double lat = round(d->value[AP_DETECTION_LATITUDE_RAD] / AP_RAD_PER_DEG);
    double lon = round(d->value[AP_DETECTION_LONGITUDE_RAD] / AP_RAD_PER_DEG);
    return (ap_geodetic){ fmin(fmax(lat, -89.0), 89.0) * AP_RAD_PER_DEG, lon * AP_RAD_PER_DEG,
                          0.0 };
}

void ap_tracking_place(ap_tracking *tracking)
{
    ap_tracking *t = tracking;
    const ap_detection *first = t->held_count > 0 ? &t->held[0] : NULL;
    t->plane = ap_plane_default();
    if (t->config.has_origin) {
        t->plane = ap_enu_frame_at(t->config.origin);
        return;
    }
    for (uint16_t i = 0; t->config.from_file && i < t->table->count; i++)
        if (t->table->sensor[i].has_site) {
            t->plane = t->table->sensor[i].frame;
            return;
        }
    if (first && !ap_detection_is_polar(first) && !ap_detection_is_plane(first))
        t->plane = ap_enu_frame_at(whole_degrees(first));
}

/* ---- estimates from what is held ---- */

typedef struct sample {
    size_t count;
    double *time_s, *azimuth_rad, *work;
    double range_min_m, range_max_m;
    double scan_slope_s; /* 0: no column of scans */
} sample;

/* Of one sensor: the times never falling, whatever the order of the rows. */
static void gather(const ap_tracking *t, const ap_sensor *sensor, sample *s)
{
    const ap_detection *first = NULL, *last = NULL;
    s->count = 0;
    s->range_max_m = s->scan_slope_s = 0.0;
    s->range_min_m = INFINITY;
    for (size_t i = 0; i < t->held_count; i++) {
        const ap_detection *d = &t->held[i];
        if (strcmp(name_of(d), sensor->name) != 0)
            continue;
        double time_s = ap_seconds_between(t->held[0].time_utc, d->time_utc);
        if (s->count > 0 && time_s < s->time_s[s->count - 1])
            continue;
        ap_vec3 ecef = ap_ecef_from_enu(&t->plane, ap_plane_position(&t->plane, d));
        double range_m, elevation_rad;
        ap_polar_from_ecef(&sensor->frame, ecef, &range_m, &s->azimuth_rad[s->count],
                           &elevation_rad);
        s->time_s[s->count++] = time_s;
        s->range_max_m = fmax(s->range_max_m, range_m);
        s->range_min_m = fmin(s->range_min_m, range_m);
        if (!first)
            first = d;
        last = d;
    }
    if (!first || !ap_detection_has(first, AP_DETECTION_SCAN) ||
        !ap_detection_has(last, AP_DETECTION_SCAN))
        return;
    double scans = last->value[AP_DETECTION_SCAN] - first->value[AP_DETECTION_SCAN];
    if (scans >= 1.0)
        s->scan_slope_s = ap_seconds_between(first->time_utc, last->time_utc) / scans;
}

static void estimate_turn(const sample *s, ap_sensor *sensor, ap_tracking_sensor *of)
{
    double turn_s = ap_antenna_turn_s(s->count, s->time_s, s->azimuth_rad);
    of->turn_origin = AP_TURN_ANGLES;
    if (turn_s <= 0.0) {
        turn_s = ap_antenna_interval_s(s->count, s->time_s, s->work);
        of->turn_origin = AP_TURN_TIMES;
    }
    if (turn_s <= 0.0) {
        turn_s = round(1e3 * s->scan_slope_s) / 1e3;
        of->turn_origin = AP_TURN_SCANS;
    }
    if (turn_s < TURN_MIN_S || turn_s > TURN_MAX_S) {
        turn_s = TURN_DEFAULT_S;
        of->turn_origin = AP_TURN_DEFAULT;
    }
    sensor->turn_s = turn_s;
}

static void estimate_one(ap_tracking *t, uint16_t index, sample *s)
{
    ap_sensor *sensor = &t->table->sensor[index];
    const ap_tracking_config *config = &t->config;
    gather(t, sensor, s);
    if (s->count == 0)
        return;
    if (config->turn_s <= 0.0)
        estimate_turn(s, sensor, &t->sensor[index]);
    if (config->range_max_m <= 0.0)
        sensor->range_max_m = fmax(s->range_max_m, RANGE_LEAST_M);
    if (config->range_min_m <= 0.0 && s->count >= HOLE_PLOTS &&
        s->range_min_m < HOLE_SHARE * sensor->range_max_m)
        sensor->range_min_m = s->range_min_m;
    double turns = (s->time_s[s->count - 1] - s->time_s[0]) / sensor->turn_s;
    if (!config->has_clutter)
        sensor->clutter_per_turn = CLUTTER_SHARE * (double)s->count / fmax(turns, 1.0);
}

ap_err ap_tracking_estimate(ap_tracking *tracking, uint16_t first)
{
    ap_tracking *t = tracking;
    double *memory = malloc((3 * t->held_count + 3) * sizeof *memory);
    if (!memory)
        return AP_ERR_MEMORY;
    sample s = { .time_s = memory,
                 .azimuth_rad = memory + t->held_count + 1,
                 .work = memory + 2 * t->held_count + 2 };
    for (uint16_t i = first; i < t->table->count; i++)
        estimate_one(t, i, &s);
    free(memory);
    return AP_OK;
}

void ap_tracking_cover(ap_tracking *tracking, uint16_t sensor, double range_m)
{
    const ap_tracking_config *config = &tracking->config;
    ap_sensor *of = &tracking->table->sensor[sensor];
    if (config->from_file)
        return;
    if (config->range_max_m <= 0.0)
        of->range_max_m = fmax(of->range_max_m, range_m);
    if (config->range_min_m <= 0.0)
        of->range_min_m = fmin(of->range_min_m, range_m);
}

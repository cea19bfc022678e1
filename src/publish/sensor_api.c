/* A sensor as the API and the stream tell it. */
#include <math.h>

#include "publish/put.h"
#include "publish/columns.h"
#include "publish/track_api.h"
#include "wire/json.h"

#define DEG(rad) ((rad) / AP_RAD_PER_DEG)

static void put_site(ap_json_object *object, const ap_sensor *sensor)
{
    ap_json_key(object, "site");
    ap_json_object site = ap_json_open(object->text);
    ap_json_member_fixed(&site, "latitude_deg", DEG(sensor->site.latitude_rad), 7);
    ap_json_member_fixed(&site, "longitude_deg", DEG(sensor->site.longitude_rad), 7);
    ap_json_member_fixed(&site, "height_m", sensor->site.height_m, 1);
    ap_json_close(&site);
}

static void put_time(ap_json_object *object, const char *key, ap_utc_ns time)
{
    if (time == AP_UTC_UNKNOWN)
        return;
    ap_json_key(object, key);
    ap_text_seconds(object->text, time);
}

static void put_refused(ap_json_object *object, const ap_refusals *refused)
{
    ap_json_member_u64(object, "refused_count", ap_refusals_total(refused));
    ap_json_key(object, "refused");
    ap_json_object reasons = ap_json_open(object->text);
    for (unsigned reason = 0; reason < AP_REFUSAL_COUNT; reason++)
        if (refused->count[reason] > 0)
            ap_json_member_u64(&reasons, ap_refusal_key((ap_refusal)reason),
                               refused->count[reason]);
    ap_json_close(&reasons);
}

static void put_what(ap_json_object *object, const ap_sensor *sensor)
{
    ap_json_member_str(object, "name", sensor->name);
    ap_json_member_str(object, "kind", ap_sensor_kind_key(sensor->kind));
    ap_json_member_bool(object, "described", sensor->described);
    if (sensor->has_sac_sic) {
        ap_json_member_u64(object, "sac", sensor->sac);
        ap_json_member_u64(object, "sic", sensor->sic);
    }
    if (sensor->has_site)
        put_site(object, sensor);
    if (sensor->range_max_m > 0.0)
        ap_json_member_fixed(object, "range_max_m", sensor->range_max_m, 0);
}

static void put_pace(ap_json_object *object, const ap_sensor_pace *pace)
{
    if (pace->report_count > 0.0) {
        ap_json_member_fixed(object, "latency_mean_s", pace->latency_mean_s, 4);
        ap_json_member_fixed(object, "latency_peak_s", pace->latency_peak_s, 4);
    }
    if (!pace->has_azimuth)
        return;
    ap_json_key(object, "antenna");
    ap_json_object antenna = ap_json_open(object->text);
    ap_json_member_fixed(&antenna, "azimuth_deg", DEG(pace->azimuth_rad), 2);
    put_time(&antenna, "time_s", pace->azimuth_utc);
    if (pace->turn_count >= 2.0)
        ap_json_member_fixed(&antenna, "turn_s", pace->turn_s, 3);
    ap_json_close(&antenna);
}

/* What is subtracted before the tracker sees a report. */
static void put_corrections(ap_json_object *object, const ap_sensor *sensor)
{
    if (sensor->range_bias_m != 0.0)
        ap_json_member_fixed(object, "range_bias_m", sensor->range_bias_m, 1);
    if (sensor->azimuth_bias_rad != 0.0)
        ap_json_member_fixed(object, "azimuth_bias_deg", DEG(sensor->azimuth_bias_rad), 4);
    if (sensor->latency_s != 0.0)
        ap_json_member_fixed(object, "latency_s", sensor->latency_s, 3);
}

static void put_axis(ap_json_object *object, const char *mean_key, const char *sigma_key,
                     double mean_m, double square_m2)
{
    ap_json_member_fixed(object, mean_key, mean_m, 1);
    ap_json_member_fixed(object, sigma_key, sqrt(fmax(square_m2 - mean_m * mean_m, 0.0)), 1);
}

static void put_residuals(ap_json_object *object, const ap_sensor_residuals *residuals)
{
    if (residuals->count < 1.0)
        return;
    ap_json_key(object, "residuals");
    ap_json_object inner = ap_json_open(object->text);
    ap_json_member_u64(&inner, "count", (uint64_t)residuals->count);
    ap_json_member_fixed(&inner, "rms_m",
                         sqrt(residuals->along_square_m2 + residuals->across_square_m2), 1);
    put_axis(&inner, "along_mean_m", "along_sigma_m", residuals->along_mean_m,
             residuals->along_square_m2);
    put_axis(&inner, "across_mean_m", "across_sigma_m", residuals->across_mean_m,
             residuals->across_square_m2);
    ap_json_close(&inner);
}

static void put_figures(ap_json_object *object, const ap_sensor_figures *figures)
{
    if (figures->has_rates) {
        ap_json_member_fixed(object, "record_per_s", figures->record_ps, 1);
        ap_json_member_fixed(object, "report_per_s", figures->report_ps, 1);
    }
    if (figures->has_tracker) {
        ap_json_member_fixed(object, "detection_probability", figures->detection_probability, 3);
        ap_json_member_u64(object, "detection_look_count", (uint64_t)figures->detection_look_count);
        if (figures->clutter_per_turn > 0.0)
            ap_json_member_fixed(object, "clutter_per_turn", figures->clutter_per_turn, 2);
    }
    if (figures->has_tracker && figures->has_offset) {
        ap_json_member_fixed(object, "azimuth_offset_deg", DEG(figures->azimuth_offset_rad), 3);
        ap_json_member_bool(object, "bearing_lost", figures->bearing_is_lost);
    }
    put_residuals(object, &figures->residuals);
}

ap_err ap_sensor_json(ap_writer *text, const ap_sensor_table *sensors, uint16_t sensor,
                      ap_utc_ns now)
{
    size_t start = text->size;
    const ap_sensor_stats *stats = &sensors->stats[sensor];
    ap_json_object object = ap_json_open(text);
    ap_json_member_u64(&object, "index", sensor);
    put_what(&object, &sensors->sensor[sensor]);
    ap_json_member_u64(&object, "byte_count", stats->byte_count);
    ap_json_member_u64(&object, "block_count", stats->block_count);
    ap_json_member_u64(&object, "record_count", stats->record_count);
    ap_json_member_u64(&object, "report_count", stats->report_count);
    ap_json_member_u64(&object, "repaired_count", stats->repaired_count);
    ap_json_member_u64(&object, "service_count", stats->service_count);
    ap_json_member_u64(&object, "witness_count", stats->witness_count);
    put_refused(&object, &stats->refused);
    put_time(&object, "first_s", stats->first_utc);
    put_time(&object, "last_s", stats->last_utc);
    if (stats->last_utc != AP_UTC_UNKNOWN) {
        double age_s = ap_seconds_between(stats->last_utc, now);
        ap_json_member_fixed(&object, "age_s", age_s > 0.0 ? age_s : 0.0, 3);
    }
    put_corrections(&object, &sensors->sensor[sensor]);
    put_pace(&object, &stats->pace);
    if (sensors->figures)
        put_figures(&object, &sensors->figures[sensor]);
    ap_json_close(&object);
    return ap_put_done(text, start);
}

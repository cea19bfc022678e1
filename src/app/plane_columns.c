#include "app/plane_columns.h"

#include <string.h>

#include "publish/columns.h"
#include "publish/track_columns.h"
#include "wire/json.h"

static const ap_track *track_of(const void *row)
{
    return ((const ap_plane_track *)row)->track;
}

#define FIXED(name, expression)                                                                    \
    static ap_value get_##name(const void *row)                                                    \
    {                                                                                              \
        const ap_plane_track *r = row;                                                             \
        return ap_value_fixed(expression);                                                         \
    }

#define FIXED_IF(name, known, expression)                                                          \
    static ap_value get_##name(const void *row)                                                    \
    {                                                                                              \
        const ap_plane_track *r = row;                                                             \
        return (known) ? ap_value_fixed(expression) : ap_value_absent();                           \
    }

FIXED(x, r->x_m)
FIXED(y, r->y_m)
FIXED(vx, r->vx_mps)
FIXED(vy, r->vy_mps)
FIXED(sxx, r->P[0][0])
FIXED(sxy, r->P[0][1])
FIXED(syy, r->P[1][1])
FIXED(sxvx, r->P[0][2])
FIXED(sxvy, r->P[0][3])
FIXED(syvx, r->P[1][2])
FIXED(syvy, r->P[1][3])
FIXED(svxvx, r->P[2][2])
FIXED(svxvy, r->P[2][3])
FIXED(svyvy, r->P[3][3])
FIXED_IF(z, r->track->has_height, r->z_m)
FIXED_IF(vz, r->track->has_height, r->vz_mps)
FIXED_IF(szz, r->track->has_height, r->track->vertical_P[0][0])
FIXED_IF(svzvz, r->track->has_height, r->track->vertical_P[1][1])
FIXED(latitude, r->track->position.latitude_rad / AP_RAD_PER_DEG)
FIXED(longitude, r->track->position.longitude_rad / AP_RAD_PER_DEG)
FIXED_IF(height, r->track->has_height, r->track->position.height_m)
FIXED(existence, r->track->existence)
FIXED(track_rate, r->track->track_rate_radps / AP_RAD_PER_DEG)
FIXED_IF(acceleration, r->track->has_acceleration, r->track->acceleration_mps2)

static ap_value get_time(const void *row)
{
    return ap_value_seconds(track_of(row)->time_utc);
}

static ap_value get_id(const void *row)
{
    return ap_value_unsigned(track_of(row)->id);
}

static ap_value get_state(const void *row)
{
    return ap_value_text(ap_track_state_key(track_of(row)->state));
}

static ap_value get_update_age(const void *row)
{
    double age_s = ap_seconds_between(track_of(row)->updated_utc, track_of(row)->time_utc);
    return ap_value_fixed(age_s > 0.0 ? age_s : 0.0);
}

static ap_value get_update_count(const void *row)
{
    return ap_value_unsigned(track_of(row)->update_count);
}

static ap_value get_address(const void *row)
{
    bool known = track_of(row)->present & AP_HAS_ADDRESS;
    return known ? (ap_value){ .kind = AP_VALUE_HEX24, .unsigned_ = track_of(row)->address }
                 : ap_value_absent();
}

static ap_value get_mode_3a(const void *row)
{
    bool known = track_of(row)->present & AP_HAS_MODE_3A;
    return known ? (ap_value){ .kind = AP_VALUE_OCTAL, .unsigned_ = track_of(row)->mode_3a }
                 : ap_value_absent();
}

static ap_value get_callsign(const void *row)
{
    bool known = track_of(row)->present & AP_HAS_CALLSIGN;
    return ap_value_text(known ? track_of(row)->callsign : NULL);
}

static size_t count_sensors(const void *row)
{
    uint16_t count = track_of(row)->source_count;
    return count < AP_TRACK_SOURCE_CAP ? count : AP_TRACK_SOURCE_CAP;
}

static void put_sensor(ap_writer *text, const void *row, size_t i, bool json)
{
    const ap_plane_track *r = row;
    const char *name = ap_sensor_name_of(r->sensors, r->track->source[i].sensor);
    if (!name)
        name = "-";
    if (json)
        ap_json_string(text, name, strlen(name));
    else
        ap_text_str(text, name);
}

static ap_value get_fall_probability(const void *row)
{
    double p = track_of(row)->fall.probability;
    return p > 0.0 ? ap_value_fixed(p) : ap_value_absent();
}

static ap_value get_ballistic_coefficient(const void *row)
{
    const ap_track_fall *fall = &track_of(row)->fall;
    return fall->probability > 0.0 ? ap_value_fixed(fall->ballistic_coefficient_kgpms2)
                                   : ap_value_absent();
}

static size_t count_modes(const void *row)
{
    return ap_track_mode_count(track_of(row));
}

static void put_mode(ap_writer *text, const void *row, size_t i, bool json)
{
    (void)json;
    ap_text_fixed(text, track_of(row)->mode_probability[i], AP_TRACK_MODE_DECIMALS);
}

static size_t count_vertical_modes(const void *row)
{
    return ap_track_vertical_mode_count(track_of(row));
}

static void put_vertical_mode(ap_writer *text, const void *row, size_t i, bool json)
{
    (void)json;
    ap_text_fixed(text, track_of(row)->vertical_probability[i], AP_TRACK_MODE_DECIMALS);
}

static const ap_track_event *update_of(const void *row)
{
    return ((const ap_plane_track *)row)->update;
}

static ap_value get_sensor(const void *row)
{
    const ap_plane_track *r = row;
    return ap_value_text(r->update ? ap_sensor_name_of(r->sensors, r->update->sensor) : NULL);
}

static ap_value get_nis(const void *row)
{
    return update_of(row) ? ap_value_fixed(update_of(row)->nis) : ap_value_absent();
}

static ap_value get_nis_dimensions(const void *row)
{
    return update_of(row) ? ap_value_unsigned(update_of(row)->nis_dimensions) : ap_value_absent();
}

/* The first nine are those that scorers of the field read, the last three of updates only. */
static const ap_column columns[] = {
    AP_COLUMN("time_s", 0, get_time),
    AP_COLUMN("track_id", 0, get_id),
    AP_COLUMN("x", 2, get_x),
    AP_COLUMN("y", 2, get_y),
    AP_COLUMN("vx", 3, get_vx),
    AP_COLUMN("vy", 3, get_vy),
    AP_COLUMN("sxx", 2, get_sxx),
    AP_COLUMN("sxy", 2, get_sxy),
    AP_COLUMN("syy", 2, get_syy),
    AP_COLUMN("sxvx", 3, get_sxvx),
    AP_COLUMN("sxvy", 3, get_sxvy),
    AP_COLUMN("syvx", 3, get_syvx),
    AP_COLUMN("syvy", 3, get_syvy),
    AP_COLUMN("svxvx", 4, get_svxvx),
    AP_COLUMN("svxvy", 4, get_svxvy),
    AP_COLUMN("svyvy", 4, get_svyvy),
    AP_COLUMN("z", 2, get_z),
    AP_COLUMN("vz", 3, get_vz),
    AP_COLUMN("szz", 2, get_szz),
    AP_COLUMN("svzvz", 4, get_svzvz),
    AP_COLUMN("latitude_deg", 8, get_latitude),
    AP_COLUMN("longitude_deg", 8, get_longitude),
    AP_COLUMN("height_m", 2, get_height),
    AP_COLUMN("existence", 6, get_existence),
    AP_COLUMN("state", 0, get_state),
    AP_COLUMN("update_age_s", 3, get_update_age),
    AP_COLUMN("update_count", 0, get_update_count),
    AP_COLUMN("address", 0, get_address),
    AP_COLUMN("mode_3a", 0, get_mode_3a),
    AP_COLUMN("callsign", 0, get_callsign),
    AP_COLUMN_LIST("sensors", count_sensors, put_sensor),
    AP_COLUMN("fall_probability", 4, get_fall_probability),
    AP_COLUMN("ballistic_coefficient", 1, get_ballistic_coefficient),
    AP_COLUMN("track_rate_degps", 4, get_track_rate),
    AP_COLUMN("acceleration_mps2", 3, get_acceleration),
    AP_COLUMN_LIST("mode_probability", count_modes, put_mode),
    AP_COLUMN_LIST("vertical_probability", count_vertical_modes, put_vertical_mode),
    AP_COLUMN("sensor", 0, get_sensor),
    AP_COLUMN("nis", 4, get_nis),
    AP_COLUMN("nis_dimensions", 0, get_nis_dimensions),
};

enum { UPDATE_COLUMNS = 3, JSON_COUNT = sizeof columns / sizeof columns[0] };
enum { CSV_COUNT = JSON_COUNT - UPDATE_COLUMNS };

void ap_plane_csv_head(ap_writer *text)
{
    (void)ap_columns_csv_head(text, columns, CSV_COUNT); /* text->bad tells */
}

void ap_plane_csv(ap_writer *text, const ap_plane_track *row)
{
    (void)ap_columns_csv(text, columns, CSV_COUNT, row);
}

void ap_plane_json(ap_writer *text, const ap_plane_track *row)
{
    (void)ap_columns_json(text, columns, JSON_COUNT, row);
}

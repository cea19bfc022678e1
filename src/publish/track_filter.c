#include "publish/track_filter.h"

#include <string.h>

#define KEY(name, key) key,
static const char *const keys[] = { AP_TRACK_CLASS_MAP(KEY) };
#undef KEY

const char *ap_track_class_key(ap_track_class of)
{
    return (unsigned)of < AP_TRACK_CLASS_COUNT ? keys[of] : NULL;
}

static ap_track_class class_of_category(uint8_t category)
{
    unsigned set = category >> 4, number = category & 7u;
    if (set == 0xB)
        return number == 6                  ? AP_TRACK_CLASS_DRONE
               : number >= 1 && number <= 4 ? AP_TRACK_CLASS_LIGHT
                                            : AP_TRACK_CLASS_AIRCRAFT;
    if (set == 0xC && number >= 1)
        return number <= 2 ? AP_TRACK_CLASS_VEHICLE : AP_TRACK_CLASS_OBSTACLE;
    return AP_TRACK_CLASS_AIRCRAFT;
}

ap_track_class ap_track_class_of(const ap_track *track)
{
    if (track->fall.probability > 0.0)
        return AP_TRACK_CLASS_FALLING;
    ap_track_class stated = track->present & AP_HAS_EMITTER_CATEGORY
                                ? class_of_category(track->emitter_category)
                                : AP_TRACK_CLASS_AIRCRAFT;
    if (stated != AP_TRACK_CLASS_AIRCRAFT)
        return stated;
    return track->flags & AP_FLAG_ON_GROUND ? AP_TRACK_CLASS_GROUND : AP_TRACK_CLASS_AIRCRAFT;
}

static bool is_in_box(const ap_track_filter *filter, const ap_geodetic *at)
{
    if (at->latitude_rad < filter->south_rad || at->latitude_rad > filter->north_rad)
        return false;
    bool beyond_west = at->longitude_rad >= filter->west_rad;
    bool before_east = at->longitude_rad <= filter->east_rad;
    return filter->west_rad <= filter->east_rad ? beyond_west && before_east
                                                : beyond_west || before_east;
}

static bool is_at_level(const ap_track_filter *filter, const ap_track *track)
{
    if (!track->has_pressure_altitude)
        return true;
    return !(filter->has_level_min && track->pressure_altitude_m < filter->level_min_m) &&
           !(filter->has_level_max && track->pressure_altitude_m > filter->level_max_m);
}

static bool is_wanted_sensor(const ap_track_filter *filter, uint16_t sensor)
{
    if (sensor >= filter->sensors->count)
        return false;
    for (uint32_t i = 0; i < filter->sensor_count; i++)
        if (strcmp(filter->sensors->sensor[sensor].name, filter->sensor_names[i]) == 0)
            return true;
    return false;
}

static bool is_seen(const ap_track_filter *filter, const ap_track *track)
{
    for (uint16_t i = 0; i < track->source_count; i++) {
        const ap_track_source *source = &track->source[i];
        if (ap_seconds_between(source->last_utc, track->time_utc) <= AP_TRACK_FILTER_SENSOR_S &&
            is_wanted_sensor(filter, source->sensor))
            return true;
    }
    return false;
}

bool ap_track_filter_passes(const ap_track_filter *filter, const ap_track *track)
{
    if (filter->has_box && !is_in_box(filter, &track->position))
        return false;
    if (!is_at_level(filter, track))
        return false;
    if (filter->classes && !(filter->classes >> ap_track_class_of(track) & 1u))
        return false;
    return filter->sensor_count == 0 || is_seen(filter, track);
}

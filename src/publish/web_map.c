#include "publish/web_map.h"

#include <math.h>

#include "publish/aircraft_key.h"
#include "publish/columns.h"
#include "publish/put.h"
#include "publish/track_row.h"
#include "wire/feed/aircraft_json.h"
#include "wire/json.h"

#define HOLD_S 60.0   /* a track without newer states stays in the history so long */
#define SHARED_CAP 64 /* shared addresses that are told apart; the rest stand as they are */
#define FT_PER_DM (0.1 / AP_M_PER_FT)
#define KT_PER_DMPS (0.1 / AP_MPS_PER_KT)
#define DEG_PER_TURN16 (360.0 / 65536.0)

/* Flags of a point of a trace. */
enum { STALE = 1, NEW_LEG = 2, RATE_GEOMETRIC = 4, ALTITUDE_GEOMETRIC = 8 };

/* ---- aircraft.json ---- */

/* Keys that more than one track has; the first to come, the oldest, holds it. */
typedef struct shared_keys {
    uint32_t key[SHARED_CAP];
    size_t count;
} shared_keys;

/* True when an older track holds it. */
static bool is_taken(shared_keys *keys, uint32_t key)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->key[i] == key)
            return true;
    if (keys->count < SHARED_CAP)
        keys->key[keys->count++] = key;
    return false;
}

ap_err ap_web_map_aircraft(ap_writer *text, const ap_picture *picture, ap_utc_ns now,
                           uint64_t message_count)
{
    size_t start = text->size;
    shared_keys keys = { .count = 0 };
    bool any = false;
    ap_aircraft_json_head(text, now, message_count);
    for (const ap_track *at = NULL; (at = ap_picture_next(picture, at)) && !text->bad;) {
        bool by_number = at->address_shared && is_taken(&keys, ap_aircraft_key_of(at, false));
        ap_aircraft_row row = ap_row_of_track(at, by_number);
        if (any)
            AP_PUT(text, ",\n");
        any = true;
        ap_aircraft_json_write(text, &row, now);
    }
    ap_aircraft_json_tail(text);
    return ap_put_done(text, start);
}

/* ---- history_N.json ---- */

ap_utc_ns ap_web_map_history_time(ap_utc_ns now, unsigned file)
{
    int64_t step = AP_WEB_MAP_HISTORY_STEP_S * AP_NS_PER_S, files = AP_WEB_MAP_HISTORY_FILES;
    int64_t newest = now / step - (now % step < 0);
    int64_t back = (newest - (int64_t)file) % files;
    return (newest - (back < 0 ? back + files : back)) * step;
}

ap_err ap_web_map_history(ap_writer *text, const ap_history *history, ap_utc_ns time)
{
    size_t start = text->size;
    bool any = false;
    ap_aircraft_json_head(text, time, 0);
    for (const ap_trail *at = NULL; (at = ap_history_next(history, at)) && !text->bad;) {
        ap_point point;
        if (!ap_trail_at(history, at, time, HOLD_S, &point))
            continue;
        ap_aircraft_row row = ap_row_of_point(at, &point, false);
        if (any)
            AP_PUT(text, ",\n");
        any = true;
        ap_aircraft_json_write(text, &row, time);
    }
    ap_aircraft_json_tail(text);
    return ap_put_done(text, start);
}

/* ---- traces ---- */

static void put_feet(ap_writer *text, int32_t dm)
{
    if (dm == AP_POINT_UNKNOWN)
        AP_PUT(text, "null");
    else
        ap_text_fixed(text, dm * FT_PER_DM, 0);
}

static unsigned flags_of(const ap_point *point, const ap_point *before)
{
    bool geometric = point->bits & AP_POINT_GEOMETRIC;
    bool took_off = before && (before->bits & ~point->bits & AP_POINT_ON_GROUND);
    bool stale = point->bits & (AP_POINT_COASTING | AP_POINT_EXTRAPOLATED);
    return (stale ? STALE : 0u) | (took_off ? NEW_LEG : 0u) |
           (geometric ? RATE_GEOMETRIC | ALTITUDE_GEOMETRIC : 0u);
}

/* [seconds, latitude, longitude, altitude, speed, course, flags, rate, */
static void put_place(ap_writer *text, const ap_point *point, const ap_point *before,
                      ap_utc_ns from)
{
    AP_PUT(text, "[");
    ap_text_fixed(text, ap_seconds_between(from, point->time_utc), 2);
    AP_PUT(text, ",");
    ap_text_fixed(text, point->latitude_e7deg / 1e7, 6);
    AP_PUT(text, ",");
    ap_text_fixed(text, point->longitude_e7deg / 1e7, 6);
    AP_PUT(text, ",");
    if (point->bits & AP_POINT_ON_GROUND)
        AP_PUT(text, "\"ground\"");
    else
        put_feet(text, point->altitude_dm);
    AP_PUT(text, ",");
    ap_text_fixed(text, point->speed_dmps * KT_PER_DMPS, 1);
    AP_PUT(text, ",");
    ap_text_fixed(text, point->course_turn16 * DEG_PER_TURN16, 1);
    AP_PUT(text, ",");
    ap_text_u64(text, flags_of(point, before));
    AP_PUT(text, ",");
    if (point->altitude_dm == AP_POINT_UNKNOWN)
        AP_PUT(text, "null");
    else
        ap_text_fixed(text, point->vertical_dmps * FT_PER_DM * 60.0, 0);
}

/* details or null, source, geometric altitude, geometric rate, airspeed, roll] */
static void put_rest(ap_writer *text, const ap_trail *trail, const ap_point *point, bool detailed)
{
    ap_aircraft_row row = ap_row_of_point(trail, point, false);
    AP_PUT(text, ",");
    if (detailed)
        ap_aircraft_json_write(text, &row, AP_UTC_UNKNOWN);
    else
        AP_PUT(text, "null");
    AP_PUT(text, ",\"");
    ap_text_str(text, ap_row_source_key((ap_row_source)row.source));
    AP_PUT(text, "\",");
    put_feet(text, point->geometric_dm);
    AP_PUT(text, ",null,null,null]");
}

ap_err ap_web_map_trace(ap_writer *text, const ap_history *history, const ap_trail *trail,
                        uint32_t key, bool recent_only)
{
    size_t start = text->size;
    uint32_t skip = recent_only && trail->point_count > AP_WEB_MAP_RECENT_POINTS
                        ? trail->point_count - AP_WEB_MAP_RECENT_POINTS
                        : 0;
    ap_trail_walk walk = ap_trail_walk_of(history, trail);
    ap_point point, before = { 0 };
    ap_utc_ns from = AP_UTC_UNKNOWN;
    char hex[AP_AIRCRAFT_KEY_SIZE];
    ap_aircraft_key_text(key, hex);
    AP_PUT(text, "{\"icao\":\"");
    ap_text_str(text, hex);
    for (uint32_t i = 0; ap_trail_walk_next(&walk, &point) && !text->bad; i++, before = point) {
        if (i < skip)
            continue;
        if (from == AP_UTC_UNKNOWN) {
            from = point.time_utc;
            AP_PUT(text, "\",\"timestamp\":");
            ap_text_seconds(text, from);
            AP_PUT(text, ",\"trace\":[\n");
        } else {
            AP_PUT(text, ",\n");
        }
        put_place(text, &point, i > 0 ? &before : NULL, from);
        put_rest(text, trail, &point, point.time_utc == from);
    }
    AP_PUT(text, "\n]}\n");
    return ap_put_done(text, start);
}

/* /api/v1/tracks. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "app/api_call.h"
#include "publish/aircraft_key.h"
#include "publish/alert_json.h"
#include "publish/columns.h"
#include "publish/track_api.h"
#include "wire/json.h"

#define POINTS_DEFAULT 1000
#define POINTS_MAX 1000000

typedef struct filter {
    bool has_box, geojson, has_since;
    ap_delta_box box;
    double level_min_m, level_max_m;
    uint16_t kinds; /* 0: any */
    uint64_t since, after, limit;
} filter;

static bool format_of(ap_api_call *call, bool *geojson)
{
    const char *text = ap_api_parameter(call, "format");
    *geojson = text && strcmp(text, "geojson") == 0;
    if (!text || *geojson || strcmp(text, "json") == 0)
        return true;
    ap_api_error(call, 400, "an unknown format", "json or geojson");
    return false;
}

static bool read_filter(ap_api_call *call, filter *f)
{
    *f = (filter){ .level_min_m = -HUGE_VAL,
                   .level_max_m = HUGE_VAL,
                   .limit = AP_API_LIMIT_DEFAULT,
                   .has_since = ap_api_parameter(call, "since") != NULL };
    if (!ap_api_box(call, "box", &f->has_box, &f->box) ||
        !ap_api_level(call, "level_min", &f->level_min_m) ||
        !ap_api_level(call, "level_max", &f->level_max_m) ||
        !ap_api_kinds(call, "kind", &f->kinds) ||
        !ap_api_whole(call, "since", UINT64_MAX, &f->since) ||
        !ap_api_whole(call, "after", UINT32_MAX, &f->after) ||
        !ap_api_whole(call, "limit", AP_API_LIMIT_MAX, &f->limit) || !format_of(call, &f->geojson))
        return false;
    if (f->has_since && f->after > 0) {
        ap_api_error(call, 400, "since and after cannot be had together",
                     "since for changes, after for the next part of a list");
        return false;
    }
    return true;
}

static bool passes(const filter *f, const ap_track *track)
{
    ap_point point = ap_point_of(track);
    bool has_level = point.altitude_dm != AP_POINT_UNKNOWN;
    double level_m = point.altitude_dm / 10.0;
    bool wants_level = f->level_min_m > -HUGE_VAL || f->level_max_m < HUGE_VAL;
    if (f->kinds && !(f->kinds & point.bits))
        return false;
    if (wants_level && (!has_level || level_m < f->level_min_m || level_m > f->level_max_m))
        return false;
    return !f->has_box || ap_api_in_box(&f->box, point.latitude_e7deg, point.longitude_e7deg);
}

/* The next track of the answer: those that changed, or all of them in order of id. */
static const ap_track *next(const ap_api *api, const filter *f, const ap_track *at)
{
    const ap_picture *picture = api->picture;
    do {
        at = f->has_since ? ap_picture_next_change(picture, f->since, at)
                          : ap_picture_next(picture, at);
    } while (at && (!passes(f, at) || at->id <= f->after || at->state == AP_TRACK_TENTATIVE));
    return at;
}

static void put_gone(ap_api_call *call, const filter *f)
{
    bool any = false;
    AP_PUT(call->out, ",\n\"removed\":[");
    for (const ap_track *at = NULL;
         (at = ap_picture_next_change(call->api->picture, f->since, at));) {
        if (at->state != AP_TRACK_DEAD)
            continue;
        ap_text_str(call->out, any ? "," : "");
        ap_text_u64(call->out, at->id);
        any = true;
    }
    AP_PUT(call->out, "]");
}

/* Behind the list: where the next part begins, when there is one. */
static void put_more(ap_api_call *call, const filter *f, const ap_track *last, uint64_t count,
                     bool more)
{
    const ap_picture *picture = call->api->picture;
    uint64_t sequence = ap_picture_sequence(picture);
    AP_PUT(call->out, "],\n\"returned\":");
    ap_text_u64(call->out, count);
    if (f->has_since)
        put_gone(call, f);
    AP_PUT(call->out, ",\"next_since\":");
    ap_text_u64(call->out, more && f->has_since && last ? ap_picture_sequence_of(picture, last->id)
                                                        : sequence);
    if (more && !f->has_since && last) {
        AP_PUT(call->out, ",\"next_after\":");
        ap_text_u64(call->out, last->id);
    }
    ap_text_str(call->out, more ? ",\"more\":true}\n" : ",\"more\":false}\n");
}

static void put_head(ap_api_call *call, const filter *f)
{
    const ap_api *api = call->api;
    if (f->geojson) {
        ap_bbox bbox = { .count = 0 };
        uint64_t count = 0;
        for (const ap_track *at = NULL; count < f->limit && (at = next(api, f, at));) {
            if (at->state == AP_TRACK_DEAD)
                continue;
            ap_bbox_add(&bbox, at->position.latitude_rad, at->position.longitude_rad);
            count++;
        }
        AP_PUT(call->out, "{\"type\":\"FeatureCollection\",");
        ap_bbox_json(call->out, &bbox);
    } else {
        AP_PUT(call->out, "{");
    }
    AP_PUT(call->out, "\"now_s\":");
    ap_text_seconds(call->out, api->now);
    AP_PUT(call->out, ",\"epoch\":");
    ap_text_u64(call->out, api->epoch);
    AP_PUT(call->out, ",\"sequence\":");
    ap_text_u64(call->out, ap_picture_sequence(api->picture));
    if (f->has_since && f->since < ap_picture_forgotten(api->picture))
        AP_PUT(call->out, ",\"missed\":true");
    ap_text_str(call->out, f->geojson ? ",\n\"features\":[\n" : ",\n\"tracks\":[\n");
}

void ap_api_tracks(ap_api_call *call)
{
    const ap_api *api = call->api;
    filter f;
    if (!read_filter(call, &f))
        return;
    ap_api_type(call, f.geojson ? AP_API_GEOJSON : AP_API_JSON);
    put_head(call, &f);
    uint64_t count = 0;
    const ap_track *last = NULL, *at = next(api, &f, NULL);
    for (; at && count < f.limit && !call->out->bad; at = next(api, &f, at)) {
        last = at;
        if (at->state == AP_TRACK_DEAD)
            continue;
        if (count++ > 0)
            AP_PUT(call->out, ",");
        if (f.geojson)
            (void)ap_track_api_feature(call->out, api->sensors, at, api->now);
        else
            (void)ap_track_api_json(call->out, api->sensors, at, api->now);
    }
    put_more(call, &f, last, count, at != NULL);
}

/* ---- one track ---- */

static bool decimal_of(const char *text, uint32_t most, uint32_t *value)
{
    uint64_t number = 0;
    if (!*text || strlen(text) > 10)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        number = number * 10 + (uint64_t)(*text - '0');
    }
    *value = (uint32_t)number;
    return number > 0 && number <= most;
}

static const ap_track *by_number(const ap_picture *picture, uint32_t number)
{
    for (const ap_track *at = NULL; (at = ap_picture_next(picture, at));)
        if (at->number == number)
            return at;
    return NULL;
}

static const ap_track *by_key(const ap_picture *picture, uint32_t key)
{
    for (const ap_track *at = NULL; (at = ap_picture_next(picture, at));)
        if (ap_aircraft_key_of(at, false) == key || ap_aircraft_key_of(at, true) == key)
            return at;
    return NULL;
}

/* Of several with a call sign the one that was updated last. */
static const ap_track *by_callsign(const ap_picture *picture, const char *name)
{
    const ap_track *newest = NULL;
    for (const ap_track *at = NULL; (at = ap_picture_next(picture, at));)
        if ((at->present & AP_HAS_CALLSIGN) && strcasecmp(at->callsign, name) == 0 &&
            (!newest || at->updated_utc > newest->updated_utc))
            newest = at;
    return newest;
}

/* Six digits are an address before they are an id; "n" stands before a track number; what is none
 * of these may be a call sign. *trail: of a track that has ended, when only that is left. */
static const ap_track *find(const ap_api *api, const char *name, const ap_trail **trail)
{
    uint32_t key, number;
    const ap_track *track = NULL;
    *trail = NULL;
    if (ap_aircraft_key_parse(name, strlen(name), &key)) {
        track = by_key(api->picture, key);
        *trail = track ? NULL : ap_trail_by_key(api->history, key);
    }
    if (!track && name[0] == 'n' && decimal_of(name + 1, UINT16_MAX, &number))
        track = by_number(api->picture, number);
    if (!track && !*trail && decimal_of(name, UINT32_MAX, &number)) {
        track = ap_picture_find(api->picture, number);
        *trail = ap_history_find(api->history, number);
    }
    if (!track && !*trail)
        track = by_callsign(api->picture, name);
    if (track)
        *trail = ap_history_find(api->history, track->id);
    else if (*trail)
        track = ap_picture_find(api->picture, (*trail)->track_id);
    return track;
}

static void put_alerts_of(ap_api_call *call, uint32_t track_id)
{
    bool any = false;
    AP_PUT(call->out, ",\n\"alerts\":[");
    for (const ap_alert *at = NULL; (at = ap_picture_next_alert(call->api->picture, at));) {
        if (at->track_id != track_id)
            continue;
        ap_text_str(call->out, any ? "," : "\n");
        any = true;
        (void)ap_alert_json(call->out, at);
    }
    AP_PUT(call->out, "]");
}

void ap_api_track(ap_api_call *call)
{
    const ap_api *api = call->api;
    uint64_t points = POINTS_DEFAULT;
    const ap_trail *trail;
    if (!ap_api_whole(call, "points", POINTS_MAX, &points))
        return;
    const ap_track *track = find(api, call->part[0], &trail);
    if (!track && !trail) {
        ap_api_error(call, 404, "no such track is known, nor was lately",
                     "a track id, n and a track number, a 24-bit address as six hexadecimal "
                     "digits (~ before those that ICAO did not assign), or a call sign");
        return;
    }
    AP_PUT(call->out, "{\"now_s\":");
    ap_text_seconds(call->out, api->now);
    AP_PUT(call->out, ",\n\"track_id\":");
    ap_text_u64(call->out, track ? track->id : trail->track_id);
    if (track) {
        AP_PUT(call->out, ",\n\"track\":");
        (void)ap_track_api_json(call->out, api->sensors, track, api->now);
        (void)ap_track_api_why(call->out, api->sensors, track, api->now);
    }
    put_alerts_of(call, track ? track->id : trail->track_id);
    if (trail) {
        if (trail->ended_utc != AP_UTC_UNKNOWN) {
            AP_PUT(call->out, ",\n\"ended_s\":");
            ap_text_seconds(call->out, trail->ended_utc);
        }
        (void)ap_track_api_history(call->out, api->history, trail, (uint32_t)points);
    }
    AP_PUT(call->out, "}\n");
}

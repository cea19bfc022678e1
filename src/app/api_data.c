/* /data: what web maps poll. */
#include <string.h>

#include "app/api_call.h"
#include "publish/aircraft_key.h"
#include "publish/web_map.h"
#include "wire/feed/aircraft_json.h"
#include "wire/json.h"

void ap_api_aircraft(ap_api_call *call)
{
    const ap_api *api = call->api;
    (void)ap_web_map_aircraft(call->out, api->picture, api->now,
                              api->figures->totals.message_count); /* `bad` tells */
}

void ap_api_receiver(ap_api_call *call)
{
    const ap_api *api = call->api;
    ap_receiver_info info = { .version = api->figures->version,
                              .refresh_ms = api->refresh_ms,
                              .history_count = AP_WEB_MAP_HISTORY_FILES,
                              .has_traces = true,
                              .has_site = api->has_site,
                              .latitude_deg = api->site.latitude_rad / AP_RAD_PER_DEG,
                              .longitude_deg = api->site.longitude_rad / AP_RAD_PER_DEG };
    ap_receiver_json(call->out, &info);
}

/* A small number without zeros in front, so that each file has one name. */
static bool file_of(const char *text, unsigned *file)
{
    size_t size = strlen(text);
    *file = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *file = *file * 10 + (unsigned)(text[i] - '0');
    }
    return size >= 1 && size <= 3 && (size == 1 || text[0] != '0') &&
           *file < AP_WEB_MAP_HISTORY_FILES;
}

void ap_api_history_file(ap_api_call *call)
{
    unsigned file;
    if (!file_of(call->part[0], &file)) {
        ap_api_error(call, 404, "there is no such file", "history_0.json to history_119.json");
        return;
    }
    ap_utc_ns time = ap_web_map_history_time(call->api->now, file);
    if (!ap_api_is_known(call, "h", call->api->epoch, (uint64_t)(time / AP_NS_PER_S)))
        (void)ap_web_map_history(call->out, call->api->history, time);
}

/* "trace_full_3c6dd2.json" */
static bool trace_of(const char *name, bool *recent_only, uint32_t *key)
{
    static const char full[] = "trace_full_", recent[] = "trace_recent_", end[] = ".json";
    size_t size = strlen(name);
    *recent_only = strncmp(name, recent, sizeof recent - 1) == 0;
    size_t head = *recent_only ? sizeof recent - 1 : sizeof full - 1;
    return (*recent_only || strncmp(name, full, sizeof full - 1) == 0) &&
           size > head + sizeof end - 1 && strcmp(name + size - (sizeof end - 1), end) == 0 &&
           ap_aircraft_key_parse(name + head, size - head - (sizeof end - 1), key);
}

void ap_api_trace(ap_api_call *call)
{
    bool recent_only;
    uint32_t key;
    char hex[AP_AIRCRAFT_KEY_SIZE];
    if (!trace_of(call->part[1], &recent_only, &key)) {
        ap_api_error(call, 404, "there is no such file",
                     "traces/XX/trace_full_HEX.json or traces/XX/trace_recent_HEX.json");
        return;
    }
    ap_aircraft_key_text(key, hex);
    const ap_trail *trail = ap_trail_by_key(call->api->history, key);
    if (!trail || strcmp(call->part[0], hex + strlen(hex) - 2) != 0) {
        ap_api_error(call, 404, "no trail of this aircraft is kept",
                     "the key of one in aircraft.json, under its last two digits");
        return;
    }
    if (!ap_api_is_known(call, recent_only ? "r" : "t", trail->track_id, trail->state_count))
        (void)ap_web_map_trace(call->out, call->api->history, trail, key, recent_only);
}

/* ---- stats.json ---- */

/* What happened between two totals. */
static void put_period(ap_json_object *object, const char *key, const ap_live_totals *from,
                       const ap_live_totals *to)
{
    ap_json_key(object, key);
    ap_json_object period = ap_json_open(object->text);
    uint64_t messages = to->message_count - from->message_count;
    uint64_t refused = to->refused_count - from->refused_count;
    ap_json_member_fixed(&period, "start", (double)from->time_utc / 1e9, 3);
    ap_json_member_fixed(&period, "end", (double)to->time_utc / 1e9, 3);
    ap_json_member_u64(&period, "messages", messages);
    ap_json_key(&period, "remote");
    ap_json_object remote = ap_json_open(object->text);
    ap_json_member_u64(&remote, "modes", messages);
    ap_json_member_u64(&remote, "bad", refused < messages ? refused : messages);
    ap_json_key(&remote, "accepted");
    AP_PUT(object->text, "[");
    ap_text_u64(object->text, refused < messages ? messages - refused : 0);
    AP_PUT(object->text, "]");
    ap_json_close(&remote);
    ap_json_key(&period, "cpu");
    ap_json_object cpu = ap_json_open(object->text);
    ap_json_member_fixed(&cpu, "background", (to->cpu_s - from->cpu_s) * 1e3, 0);
    ap_json_close(&cpu);
    ap_json_key(&period, "tracks");
    ap_json_object tracks = ap_json_open(object->text);
    ap_json_member_u64(&tracks, "all", to->track_count - from->track_count);
    ap_json_close(&tracks);
    ap_json_close(&period);
}

void ap_api_stats(ap_api_call *call)
{
    const ap_live_figures *figures = call->api->figures;
    ap_live_totals begin = { .time_utc = figures->started_utc };
    const ap_live_totals *newest = ap_live_minutes_back(&figures->minutes, 0);
    static const struct {
        const char *key;
        unsigned minutes;
    } periods[] = { { "last1min", 1 }, { "last5min", 5 }, { "last15min", 15 } };
    ap_json_object object = ap_json_open(call->out);
    ap_json_member_fixed(&object, "now", (double)call->api->now / 1e9, 3);
    ap_json_member_u64(&object, "aircraft_with_pos",
                       ap_picture_tracks(call->api->picture, NULL, 0));
    put_period(&object, "latest", newest ? newest : &begin, &figures->totals);
    for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
        const ap_live_totals *from = ap_live_minutes_back(&figures->minutes, periods[i].minutes);
        put_period(&object, periods[i].key, from ? from : &begin,
                   newest ? newest : &figures->totals);
    }
    put_period(&object, "total", &begin, &figures->totals);
    ap_json_close(&object);
    AP_PUT(call->out, "\n");
}

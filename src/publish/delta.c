#include "publish/delta.h"

#include <string.h>

#include "base/arena.h"
#include "publish/delta_state.h"

#define CAP_MIN 16u
#define TRACK_CAP_MAX 1000000u
#define ALERT_CAP_MAX 100000u

static bool in_range(uint32_t value, uint32_t most)
{
    return value >= CAP_MIN && value <= most;
}

static bool config_is_good(const ap_delta_config *config)
{
    return in_range(config->track_cap, TRACK_CAP_MAX) &&
           in_range(config->gone_cap, TRACK_CAP_MAX) && in_range(config->alert_cap, ALERT_CAP_MAX);
}

static struct ap_delta_state *lay_out(const ap_delta_config *config, ap_arena *arena)
{
    struct ap_delta_state *state = ap_arena_take(arena, 1, sizeof *state);
    uint32_t *ids = ap_arena_take_raw(arena, config->track_cap, sizeof *ids);
    ap_delta_row *rows = ap_arena_take_raw(arena, config->track_cap, sizeof *rows);
    ap_delta_gone *gone = ap_arena_take_raw(arena, config->gone_cap, sizeof *gone);
    ap_delta_alert *alerts = ap_arena_take(arena, config->alert_cap, sizeof *alerts);
    const ap_alert **window = ap_arena_take_raw(arena, config->alert_cap, sizeof *window);
    if (state)
        *state = (struct ap_delta_state){ .config = *config,
                                          .ids = ids,
                                          .rows = rows,
                                          .gone = gone,
                                          .alerts = alerts,
                                          .alert_window = window };
    return state;
}

size_t ap_delta_size(const ap_delta_config *config)
{
    if (!config_is_good(config))
        return 0;
    ap_arena arena = ap_arena_measure();
    lay_out(config, &arena);
    return ap_arena_need(&arena);
}

ap_err ap_delta_init(ap_delta *delta, const ap_delta_config *config, void *mem, size_t mem_size)
{
    size_t need = ap_delta_size(config);
    if (need == 0)
        return AP_ERR_ARGUMENT;
    if (!mem || mem_size < need)
        return AP_ERR_MEMORY;
    ap_arena arena = ap_arena_over(mem, mem_size);
    delta->state = lay_out(config, &arena);
    return AP_OK;
}

/* ---- rows ---- */

/* The place of an id, or where it belongs. */
static uint32_t place_of(const struct ap_delta_state *s, uint32_t id)
{
    uint32_t low = 0, high = s->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A row for a new id; ids grow, so few rows have to move. */
static bool insert(struct ap_delta_state *s, uint32_t at, uint32_t id)
{
    if (s->count == s->config.track_cap) {
        s->refused++;
        return false;
    }
    memmove(&s->ids[at + 1], &s->ids[at], (s->count - at) * sizeof *s->ids);
    memmove(&s->rows[at + 1], &s->rows[at], (s->count - at) * sizeof *s->rows);
    s->count++;
    s->ids[at] = id;
    s->rows[at] = (ap_delta_row){ .added = s->sequence };
    return true;
}

static void remember_gone(struct ap_delta_state *s, uint32_t id)
{
    ap_delta_gone *at = &s->gone[s->gone_count % s->config.gone_cap];
    if (s->gone_count >= s->config.gone_cap)
        s->forgotten = at->sequence;
    *at = (ap_delta_gone){ id, s->sequence };
    s->gone_count++;
}

static void compact(struct ap_delta_state *s)
{
    uint32_t kept = 0;
    for (uint32_t at = 0; at < s->count; at++) {
        if (s->rows[at].gone) {
            remember_gone(s, s->ids[at]);
            continue;
        }
        if (kept != at) {
            s->ids[kept] = s->ids[at];
            s->rows[kept] = s->rows[at];
        }
        kept++;
    }
    s->count = kept;
}

/* Rounded half away from zero. What does not fit, or is no number, is not known. */
static void select_altitude(ap_delta_identity *identity, const ap_track *track)
{
    double steps = track->selected_altitude_m / (10.0 * AP_M_PER_FT);
    identity->has_selected = (track->present & AP_HAS_SELECTED_ALTITUDE) &&
                             steps > INT16_MIN - 0.5 && steps < INT16_MAX + 0.5;
    if (identity->has_selected)
        identity->selected_10ft = (int16_t)(steps < 0.0 ? steps - 0.5 : steps + 0.5);
}

static ap_delta_identity identity_of(const ap_track *track)
{
    uint32_t has = track->present;
    ap_delta_identity identity = {
        .address = has & AP_HAS_ADDRESS
                       ? (track->address & 0xffffffu) | (uint32_t)track->address_kind << 24
                       : AP_DELTA_UNKNOWN_ADDRESS,
        .number = track->number,
        .mode_3a = has & AP_HAS_MODE_3A ? track->mode_3a : AP_DELTA_UNKNOWN_CODE,
        .category = has & AP_HAS_EMITTER_CATEGORY ? track->emitter_category : 0,
    };
    select_altitude(&identity, track);
    for (size_t i = 0; (has & AP_HAS_CALLSIGN) && i < 8 && track->callsign[i]; i++)
        identity.callsign[i] = track->callsign[i];
    return identity;
}

static bool same_identity(const ap_delta_identity *a, const ap_delta_identity *b)
{
    return a->address == b->address && a->number == b->number && a->mode_3a == b->mode_3a &&
           a->category == b->category && a->has_selected == b->has_selected &&
           a->selected_10ft == b->selected_10ft && memcmp(a->callsign, b->callsign, 8) == 0;
}

static bool same_point(const ap_point *a, const ap_point *b)
{
    return a->time_utc == b->time_utc && a->latitude_e7deg == b->latitude_e7deg &&
           a->longitude_e7deg == b->longitude_e7deg && a->altitude_dm == b->altitude_dm &&
           a->speed_dmps == b->speed_dmps && a->course_turn16 == b->course_turn16 &&
           a->vertical_dmps == b->vertical_dmps && a->bits == b->bits;
}

void ap_delta_put(ap_delta *delta, uint32_t id, const ap_point *point,
                  const ap_delta_identity *identity)
{
    struct ap_delta_state *s = delta->state;
    uint32_t at = place_of(s, id);
    bool is_new = at == s->count || s->ids[at] != id;
    if (is_new && !insert(s, at, id))
        return;
    ap_delta_row *row = &s->rows[at];
    bool is_named = is_new || !same_identity(&row->identity, identity);
    row->gone = false;
    if (!is_named && same_point(&row->point, point))
        return;
    row->before_latitude_e7deg = row->point.latitude_e7deg;
    row->before_longitude_e7deg = row->point.longitude_e7deg;
    row->point = *point;
    row->identity = *identity;
    row->changed = s->sequence;
    if (is_named)
        row->identified = s->sequence;
}

/* A state of a published track. */
static void take_track(ap_delta *delta, const ap_track *track)
{
    ap_point point = ap_point_of(track);
    ap_delta_identity identity = identity_of(track);
    ap_delta_put(delta, track->id, &point, &identity);
}

static bool is_published(const ap_track *track)
{
    return track && (track->state == AP_TRACK_FIRM || track->state == AP_TRACK_COASTING);
}

void ap_delta_drop(ap_delta *delta, uint32_t id)
{
    struct ap_delta_state *s = delta->state;
    uint32_t at = place_of(s, id);
    if (at < s->count && s->ids[at] == id)
        s->any_gone = s->rows[at].gone = true;
}

/* The picture has forgotten ends that were never taken in: whoever is not in it is gone. */
static void drop_missing(struct ap_delta_state *s, const ap_picture *picture)
{
    for (uint32_t at = 0; at < s->count; at++)
        if (!is_published(ap_picture_find(picture, s->ids[at])))
            s->any_gone = s->rows[at].gone = true;
}

static void take_alerts(struct ap_delta_state *s, const ap_picture *picture)
{
    size_t cap = s->config.alert_cap;
    size_t count = ap_picture_alerts(picture, s->alert_window, cap);
    for (size_t i = 0; i < count && i < cap; i++) {
        const ap_alert *alert = s->alert_window[i];
        ap_delta_alert *at = &s->alerts[alert->id % cap];
        if (at->alert.id == alert->id && at->alert.until_utc == alert->until_utc &&
            at->alert.detail == alert->detail &&
            !*at->alert.acknowledged_by == !*alert->acknowledged_by)
            continue;
        *at = (ap_delta_alert){ *alert, s->sequence };
        if (alert->id > s->newest_alert)
            s->newest_alert = alert->id;
    }
}

void ap_delta_begin(ap_delta *delta, ap_utc_ns now)
{
    struct ap_delta_state *s = delta->state;
    s->sequence++;
    s->now = now;
    s->any_gone = false;
}

void ap_delta_end(ap_delta *delta)
{
    if (delta->state->any_gone)
        compact(delta->state);
}

void ap_delta_step(ap_delta *delta, const ap_picture *picture, ap_utc_ns now)
{
    struct ap_delta_state *s = delta->state;
    ap_delta_begin(delta, now);
    if (s->picture_sequence < ap_picture_forgotten(picture))
        drop_missing(s, picture);
    for (const ap_track *at = NULL;
         (at = ap_picture_next_change(picture, s->picture_sequence, at));) {
        if (is_published(at))
            take_track(delta, at);
        else
            ap_delta_drop(delta, at->id);
    }
    ap_delta_end(delta);
    take_alerts(s, picture);
    s->picture_sequence = ap_picture_sequence(picture);
}

/* ---- who gets what ---- */

static bool in_box(const ap_delta_box *box, int32_t latitude_e7deg, int32_t longitude_e7deg)
{
    bool between = box->west_e7deg <= box->east_e7deg
                       ? longitude_e7deg >= box->west_e7deg && longitude_e7deg <= box->east_e7deg
                       : longitude_e7deg >= box->west_e7deg || longitude_e7deg <= box->east_e7deg;
    return between && latitude_e7deg >= box->south_e7deg && latitude_e7deg <= box->north_e7deg;
}

uint32_t ap_delta_base(const struct ap_delta_state *s, const ap_delta_client *client)
{
    return client->since >= s->forgotten && client->since <= s->sequence ? client->since : 0;
}

ap_delta_part ap_delta_part_of(const struct ap_delta_state *s, const ap_delta_client *client,
                               uint32_t base, const ap_delta_row *row)
{
    const ap_delta_box *box = &client->box;
    bool is_in =
        !client->has_box || in_box(box, row->point.latitude_e7deg, row->point.longitude_e7deg);
    if (base == 0)
        return is_in ? AP_DELTA_ROW_AND_IDENTITY : AP_DELTA_NOTHING;
    if (row->changed <= base)
        return AP_DELTA_NOTHING;
    ap_delta_part told = row->identified > base ? AP_DELTA_ROW_AND_IDENTITY : AP_DELTA_ROW;
    if (!client->has_box)
        return told;
    /* Where it was is known of the message before; of who was away longer, nobody knows. */
    bool is_known = base + 1 == s->sequence;
    bool was_in = row->added <= base && (!is_known || in_box(box, row->before_latitude_e7deg,
                                                             row->before_longitude_e7deg));
    if (!is_in)
        return was_in ? AP_DELTA_LEFT : AP_DELTA_NOTHING;
    return was_in && is_known ? told : AP_DELTA_ROW_AND_IDENTITY;
}

bool ap_delta_gone_at(const struct ap_delta_state *s, uint32_t base, size_t i, uint32_t *id)
{
    if (base == 0 || i >= s->gone_count || i >= s->config.gone_cap)
        return false;
    const ap_delta_gone *at = &s->gone[(s->gone_count - 1 - i) % s->config.gone_cap];
    *id = at->id;
    return at->sequence > base;
}

/* ---- public ---- */

uint32_t ap_delta_sequence(const ap_delta *delta)
{
    return delta->state->sequence;
}

uint32_t ap_delta_epoch(const ap_delta *delta)
{
    return delta->state->config.epoch;
}

uint32_t ap_delta_track_count(const ap_delta *delta)
{
    return delta->state->count;
}

uint64_t ap_delta_refused(const ap_delta *delta)
{
    return delta->state->refused;
}

ap_err ap_delta_message(const ap_delta *delta, const ap_delta_client *client, ap_writer *out)
{
    return client->json ? ap_delta_message_json(delta->state, client, out)
                        : ap_delta_message_binary(delta->state, client, out);
}

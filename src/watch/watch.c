#include "watch/watch.h"

#include <stdbool.h>

#include "base/arena.h"

#define ALERT_CAP_MIN 16u
#define ALERT_CAP_MAX 100000u
#define UPDATES_TO_TURN 2 /* a condition holds, or is gone, for so many updates */

/* A NIC below this leaves a containment radius of 1 NM or more (DO-260B, table of NIC values). */
#define NIC_MIN 5

/* What a track says about one condition. */
typedef struct reading {
    bool known, holds;
    uint32_t detail;
    ap_utc_ns sample_utc; /* of the report behind it: one report counts once */
} reading;

static reading read_code(const ap_track *track, uint16_t code)
{
    const uint32_t doubt = AP_FLAG_MODE_3A_GARBLED | AP_FLAG_MODE_3A_UNVALIDATED;
    return (reading){ .known = (track->present & AP_HAS_MODE_3A) && !(track->flags & doubt),
                      .holds = track->mode_3a == code,
                      .detail = code,
                      .sample_utc = track->mode_3a_utc };
}

static reading read_7500(const ap_track *track)
{
    return read_code(track, 07500);
}

static reading read_7600(const ap_track *track)
{
    return read_code(track, 07600);
}

static reading read_7700(const ap_track *track)
{
    return read_code(track, 07700);
}

static reading read_shared(const ap_track *track)
{
    return (reading){ .known = track->present & AP_HAS_ADDRESS,
                      .holds = track->address_shared,
                      .detail = track->address,
                      .sample_utc = track->updated_utc };
}

static reading read_integrity(const ap_track *track)
{
    return (reading){ .known =
                          (track->present & AP_HAS_INTEGRITY) && track->adsb_utc != AP_UTC_UNKNOWN,
                      .holds = track->nic < NIC_MIN,
                      .detail = track->nic,
                      .sample_utc = track->adsb_utc };
}

typedef struct condition {
    ap_alert_kind kind;
    reading (*read)(const ap_track *track);
} condition;

static const condition conditions[] = {
    { AP_ALERT_EMERGENCY_CODE, read_7500 },
    { AP_ALERT_EMERGENCY_CODE, read_7600 },
    { AP_ALERT_EMERGENCY_CODE, read_7700 },
    { AP_ALERT_ADDRESS_SHARED, read_shared },
    { AP_ALERT_POSITION_LOW_INTEGRITY, read_integrity },
};

#define CONDITION_COUNT (sizeof conditions / sizeof conditions[0])

/* A condition that holds, held lately, or may begin. */
typedef struct row {
    uint64_t key;         /* track id * CONDITION_COUNT + condition; 0 = empty (ids start at 1) */
    bool begun;           /* its alert was made */
    uint8_t streak;       /* updates in a row that speak for turning */
    ap_utc_ns turn_utc;   /* first of them */
    ap_utc_ns sample_utc; /* last counted */
    ap_alert alert;
} row;

struct ap_watch_state {
    ap_watch_config config;
    uint64_t refused;
    uint32_t next_id, row_count, slot_count; /* slots: power of two, >= 2 * alert_cap */
    row *slots;                              /* open addressing by key */
};

static bool config_is_good(const ap_watch_config *config)
{
    return config->alert_cap >= ALERT_CAP_MIN && config->alert_cap <= ALERT_CAP_MAX &&
           config->on_alert;
}

static uint32_t slots_for(uint32_t alert_cap)
{
    uint32_t count = 1;
    while (count < 2 * alert_cap)
        count *= 2;
    return count;
}

static struct ap_watch_state *lay_out(const ap_watch_config *config, ap_arena *arena)
{
    struct ap_watch_state *state = ap_arena_take(arena, 1, sizeof *state);
    row *slots = ap_arena_take(arena, slots_for(config->alert_cap), sizeof *slots);
    if (state)
        *state = (struct ap_watch_state){ .slots = slots };
    return state;
}

size_t ap_watch_size(const ap_watch_config *config)
{
    if (!config_is_good(config))
        return 0;
    ap_arena arena = ap_arena_measure();
    lay_out(config, &arena);
    return ap_arena_need(&arena);
}

ap_err ap_watch_init(ap_watch *watch, const ap_watch_config *config, void *mem, size_t mem_size)
{
    size_t need = ap_watch_size(config);
    if (need == 0)
        return AP_ERR_ARGUMENT;
    if (!mem || mem_size < need)
        return AP_ERR_MEMORY;
    ap_arena arena = ap_arena_over(mem, mem_size);
    struct ap_watch_state *state = lay_out(config, &arena);
    state->config = *config;
    state->slot_count = slots_for(config->alert_cap);
    state->next_id = 1;
    watch->state = state;
    return AP_OK;
}

/* ---- rows by key ---- */

static uint32_t slot_home(const struct ap_watch_state *s, uint64_t key)
{
    return (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (s->slot_count - 1);
}

/* The row of this key, or the empty one where it belongs. */
static row *row_of(struct ap_watch_state *s, uint64_t key)
{
    uint32_t slot = slot_home(s, key);
    while (s->slots[slot].key != 0 && s->slots[slot].key != key)
        slot = (slot + 1) & (s->slot_count - 1);
    return &s->slots[slot];
}

/* Empties a row and moves those behind it up, so that no search stops early. */
static void row_clear(struct ap_watch_state *s, row *cleared)
{
    uint32_t mask = s->slot_count - 1, slot = (uint32_t)(cleared - s->slots);
    for (uint32_t next = (slot + 1) & mask; s->slots[next].key != 0; next = (next + 1) & mask) {
        uint32_t home = slot_home(s, s->slots[next].key);
        if (((next - home) & mask) >= ((next - slot) & mask)) {
            s->slots[slot] = s->slots[next];
            slot = next;
        }
    }
    s->slots[slot] = (row){ 0 };
    s->row_count--;
}

/* ---- begin and end ---- */

static void begin(struct ap_watch_state *s, row *r)
{
    r->begun = true;
    r->streak = 0;
    r->alert.id = s->next_id++;
    r->alert.since_utc = r->turn_utc;
    s->config.on_alert(s->config.context, &r->alert);
}

static void end(struct ap_watch_state *s, row *r, ap_utc_ns until)
{
    r->alert.until_utc = until;
    ap_alert alert = r->alert;
    row_clear(s, r);
    s->config.on_alert(s->config.context, &alert);
}

static void start_row(struct ap_watch_state *s, row *empty, uint64_t key, ap_alert_kind kind,
                      uint32_t track_id)
{
    if (s->row_count == s->config.alert_cap) {
        s->refused++;
        return;
    }
    s->row_count++;
    *empty = (row){ .key = key,
                    .sample_utc = AP_UTC_UNKNOWN,
                    .alert = { .kind = kind, .track_id = track_id, .until_utc = AP_UTC_UNKNOWN } };
}

/* One sample of a condition whose row exists. */
static void sample(struct ap_watch_state *s, row *r, const reading *now, ap_utc_ns time)
{
    if (now->sample_utc == r->sample_utc)
        return;
    r->sample_utc = now->sample_utc;
    if (now->holds == r->begun) {
        r->streak = 0;
        if (!now->holds)
            row_clear(s, r); /* it never began */
        return;
    }
    if (r->streak++ == 0)
        r->turn_utc = time;
    if (!r->begun)
        r->alert.detail = now->detail;
    if (r->streak < UPDATES_TO_TURN)
        return;
    if (r->begun)
        end(s, r, r->turn_utc);
    else
        begin(s, r);
}

static void look(struct ap_watch_state *s, const ap_track_event *event, const ap_track *track,
                 uint64_t key, const condition *c)
{
    row *r = row_of(s, key);
    if (event->kind == AP_EVENT_DROPPED) {
        if (r->key == key && r->begun)
            end(s, r, event->time_utc);
        else if (r->key == key)
            row_clear(s, r);
        return;
    }
    if (track->state != AP_TRACK_FIRM && track->state != AP_TRACK_COASTING)
        return;
    reading now = c->read(track);
    if (!now.known)
        return;
    if (r->key != key && now.holds)
        start_row(s, r, key, c->kind, track->id);
    if (r->key == key)
        sample(s, r, &now, event->time_utc);
}

void ap_watch_track(ap_watch *watch, const ap_track_event *event, const ap_track *track)
{
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        look(watch->state, event, track, (uint64_t)track->id * CONDITION_COUNT + i, &conditions[i]);
}

uint64_t ap_watch_refused(const ap_watch *watch)
{
    return watch->state->refused;
}

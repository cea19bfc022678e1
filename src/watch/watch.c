#include "watch/watch.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"

#define ALERT_CAP_MIN 16u
#define ALERT_CAP_MAX 100000u
#define TRACK_CAP_MIN 16u
#define TRACK_CAP_MAX 1000000u
#define UPDATES_TO_TURN 2 /* a condition holds, or is gone, for so many updates */

/* A NIC below this leaves a containment radius of 1 NM or more; from NIC_SOUND on it is 0.2 NM or
 * less (DO-260B, table of NIC values). */
#define NIC_MIN 5
#define NIC_SOUND 7
#define SOUND_UPDATES 3 /* in a row prove that the aircraft can do better */
#define SOUND_S 900.0   /* how long that stays proved */

/* What a track says about one condition. */
typedef struct reading {
    bool known, holds;
    uint32_t detail;
    ap_utc_ns sample_utc; /* of the report behind it: one report counts once */
} reading;

static reading read_code(const ap_track *track, uint16_t code)
{
    return (reading){ .known = (track->present & AP_HAS_MODE_3A) &&
                               !(track->flags & AP_FLAGS_MODE_3A_DOUBTFUL),
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
    bool needs_sound; /* begins only for an aircraft whose integrity was sound lately */
} condition;

static const condition conditions[] = {
    { AP_ALERT_EMERGENCY_CODE, read_7500, false },
    { AP_ALERT_EMERGENCY_CODE, read_7600, false },
    { AP_ALERT_EMERGENCY_CODE, read_7700, false },
    { AP_ALERT_ADDRESS_SHARED, read_shared, false },
    { AP_ALERT_POSITION_LOW_INTEGRITY, read_integrity, true },
};

#define CONDITION_COUNT (sizeof conditions / sizeof conditions[0])

/* Elements by key: open addressing. Each begins with its key, 0 = empty. */
typedef struct table {
    uint8_t *slots;
    size_t stride;
    uint32_t kin;              /* keys in a row whose searches begin at one place */
    uint32_t mask, count, cap; /* mask + 1 slots: a power of two, >= 2 * cap */
} table;

/* What a track sent while its ADS-B position had integrity. */
typedef struct sound {
    uint64_t key;         /* track id */
    uint8_t streak;       /* updates in a row with NIC_SOUND or more, up to SOUND_UPDATES */
    ap_utc_ns sample_utc; /* last counted */
    ap_utc_ns sound_utc;  /* last one of a full streak; AP_UTC_UNKNOWN: never */
} sound;

/* A condition that holds, held lately, or may begin. */
typedef struct row {
    uint64_t key;         /* track id * CONDITION_COUNT + condition; ids start at 1 */
    bool begun;           /* its alert was made */
    uint8_t streak;       /* updates in a row that speak for turning */
    ap_utc_ns turn_utc;   /* first of them */
    ap_utc_ns sample_utc; /* last counted */
    ap_alert alert;
} row;

struct ap_watch_state {
    ap_watch_config config;
    uint64_t refused;
    uint32_t next_id;
    table rows;   /* of row */
    table sounds; /* of sound */
};

static bool config_is_good(const ap_watch_config *config)
{
    return config->alert_cap >= ALERT_CAP_MIN && config->alert_cap <= ALERT_CAP_MAX &&
           config->track_cap >= TRACK_CAP_MIN && config->track_cap <= TRACK_CAP_MAX &&
           config->on_alert;
}

static table table_lay_out(uint32_t cap, size_t stride, uint32_t kin, ap_arena *arena)
{
    uint32_t count = 1;
    while (count < 2 * cap)
        count *= 2;
    return (table){ ap_arena_take(arena, count, stride), stride, kin, count - 1, 0, cap };
}

static struct ap_watch_state *lay_out(const ap_watch_config *config, ap_arena *arena)
{
    struct ap_watch_state *state = ap_arena_take(arena, 1, sizeof *state);
    table rows = table_lay_out(config->alert_cap, sizeof(row), CONDITION_COUNT, arena);
    table sounds = table_lay_out(config->track_cap, sizeof(sound), 1, arena);
    if (state)
        *state = (struct ap_watch_state){
            .config = *config, .next_id = 1, .rows = rows, .sounds = sounds
        };
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
    watch->state = lay_out(config, &arena);
    return AP_OK;
}

void ap_watch_rebind(ap_watch *watch, const ap_watch_config *config)
{
    watch->state->config.on_alert = config->on_alert;
    watch->state->config.context = config->context;
}

/* ---- elements by key ---- */

static void *slot_at(const table *t, uint32_t slot)
{
    return t->slots + slot * t->stride;
}

static uint64_t slot_key(const table *t, uint32_t slot)
{
    const uint64_t *key = slot_at(t, slot);
    return *key;
}

static uint32_t slot_home(const table *t, uint64_t key)
{
    return (uint32_t)(key / t->kin * UINT64_C(0x9e3779b97f4a7c15) >> 32) & t->mask;
}

/* The element of this key, or the empty one where it belongs. */
static void *find(const table *t, uint64_t key)
{
    uint32_t slot = slot_home(t, key);
    while (slot_key(t, slot) != 0 && slot_key(t, slot) != key)
        slot = (slot + 1) & t->mask;
    return slot_at(t, slot);
}

/* Empties an element and moves those behind it up, so that no search stops early. */
static void clear(table *t, const void *cleared)
{
    uint32_t slot = (uint32_t)((size_t)((const uint8_t *)cleared - t->slots) / t->stride);
    for (uint32_t next = (slot + 1) & t->mask; slot_key(t, next) != 0; next = (next + 1) & t->mask)
        if (((next - slot_home(t, slot_key(t, next))) & t->mask) >= ((next - slot) & t->mask)) {
            memcpy(slot_at(t, slot), slot_at(t, next), t->stride);
            slot = next;
        }
    memset(slot_at(t, slot), 0, t->stride);
    t->count--;
}

/* Counts one more in; false, and the refusal counted, when the table is full. */
static bool take_room(struct ap_watch_state *s, table *t)
{
    if (t->count == t->cap) {
        s->refused++;
        return false;
    }
    t->count++;
    return true;
}

/* ---- integrity that was there ---- */

static void note_integrity(struct ap_watch_state *s, const ap_track *track)
{
    reading now = read_integrity(track);
    if (!now.known)
        return;
    sound *kept = find(&s->sounds, track->id);
    if (kept->key == 0 && (track->nic < NIC_SOUND || !take_room(s, &s->sounds)))
        return;
    if (kept->key == 0)
        *kept = (sound){ track->id, 0, AP_UTC_UNKNOWN, AP_UTC_UNKNOWN };
    if (now.sample_utc == kept->sample_utc)
        return;
    kept->sample_utc = now.sample_utc;
    if (track->nic < NIC_SOUND)
        kept->streak = 0;
    else if (kept->streak < SOUND_UPDATES)
        kept->streak++;
    if (kept->streak == SOUND_UPDATES)
        kept->sound_utc = now.sample_utc;
}

static void forget_integrity(struct ap_watch_state *s, const ap_track *track)
{
    const sound *kept = find(&s->sounds, track->id);
    if (kept->key != 0)
        clear(&s->sounds, kept);
}

static bool was_sound(const struct ap_watch_state *s, const ap_track *track)
{
    const sound *kept = find(&s->sounds, track->id);
    return kept->key != 0 && kept->sound_utc != AP_UTC_UNKNOWN &&
           ap_seconds_between(kept->sound_utc, track->adsb_utc) <= SOUND_S;
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
    clear(&s->rows, r);
    s->config.on_alert(s->config.context, &alert);
}

static void start_row(struct ap_watch_state *s, row *empty, uint64_t key, ap_alert_kind kind,
                      uint32_t track_id)
{
    if (!take_room(s, &s->rows))
        return;
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
            clear(&s->rows, r); /* it never began */
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
    reading now = c->read(track);
    bool dropped = event->kind == AP_EVENT_DROPPED;
    if (s->rows.count == 0 && (dropped || !now.known || !now.holds)) /* nearly always */
        return;
    row *r = find(&s->rows, key);
    if (dropped) {
        if (r->key == key && r->begun)
            end(s, r, event->time_utc);
        else if (r->key == key)
            clear(&s->rows, r);
        return;
    }
    if (!now.known)
        return;
    if (r->key != key && now.holds && (!c->needs_sound || was_sound(s, track)))
        start_row(s, r, key, c->kind, track->id);
    if (r->key == key)
        sample(s, r, &now, event->time_utc);
}

void ap_watch_track(ap_watch *watch, const ap_track_event *event, const ap_track *track)
{
    struct ap_watch_state *s = watch->state;
    bool published = track->state == AP_TRACK_FIRM || track->state == AP_TRACK_COASTING;
    if (event->kind == AP_EVENT_DROPPED)
        forget_integrity(s, track);
    else if (published)
        note_integrity(s, track);
    else
        return;
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        look(s, event, track, (uint64_t)track->id * CONDITION_COUNT + i, &conditions[i]);
}

void ap_watch_fetch(const ap_watch *watch, uint32_t track_id)
{
    const struct ap_watch_state *s = watch->state;
    __builtin_prefetch(slot_at(&s->sounds, slot_home(&s->sounds, track_id)));
    if (s->rows.count > 0)
        __builtin_prefetch(
            slot_at(&s->rows, slot_home(&s->rows, (uint64_t)track_id * CONDITION_COUNT)));
}

uint64_t ap_watch_refused(const ap_watch *watch)
{
    return watch->state->refused;
}

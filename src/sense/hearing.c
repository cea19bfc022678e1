#include "sense/hearing.h"

#include <math.h>
#include <stddef.h>

#define WAYS 8u
#define FRESH_WINDOWS 1u /* this one and the one before */
/* Squitters in these at the most; more tell that the aircraft's row is another than it was. */
#define SENT_MAX 1024u

_Static_assert(sizeof(ap_hearing) * WAYS == AP_ARENA_ALIGN, "a set is one cache line");

void ap_hearing_init(ap_hearing_table *table, ap_arena *arena, uint32_t cap)
{
    table->set_count = 1;
    while (table->set_count < (cap + WAYS - 1) / WAYS && table->set_count < UINT32_C(1) << 27)
        table->set_count *= 2;
    table->hearings =
        ap_arena_take(arena, (size_t)table->set_count * WAYS, sizeof *table->hearings);
}

static uint64_t hash_of(uint32_t key, uint16_t receiver)
{
    uint64_t hash = ((uint64_t)receiver << 32 | key) * UINT64_C(0x9E3779B97F4A7C15);
    return (hash ^ hash >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)hash | 1;
}

static ap_hearing *set_of(const ap_hearing_table *table, uint64_t hash)
{
    return &table->hearings[(size_t)(hash >> 37 & (table->set_count - 1)) * WAYS];
}

static uint16_t age(const ap_hearing *hearing, uint32_t window)
{
    return (uint16_t)((uint16_t)window - hearing->window);
}

static const ap_hearing *find(const ap_hearing_table *table, uint32_t key, uint16_t receiver)
{
    uint64_t hash = hash_of(key, receiver);
    const ap_hearing *set = set_of(table, hash);
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].tag == tag_of(hash))
            return &set[i];
    return NULL;
}

/* The entry of a pair, or the one it takes: free, else that silent for longest. */
static ap_hearing *take(const ap_hearing_table *table, uint32_t key, uint16_t receiver,
                        uint32_t window)
{
    uint64_t hash = hash_of(key, receiver);
    ap_hearing *set = set_of(table, hash), *place = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].tag == tag_of(hash))
            return &set[i];
        if (place->tag && (!set[i].tag || age(&set[i], window) > age(place, window)))
            place = &set[i];
    }
    *place = (ap_hearing){ .tag = tag_of(hash), .window = (uint16_t)(window - UINT16_MAX / 2) };
    return place;
}

static void count_hearer(ap_hearers *hearers, uint32_t window)
{
    uint16_t step = (uint16_t)((uint16_t)window - hearers->window);
    if (step != 0) {
        hearers->before_count = step == 1 ? hearers->now_count : 0;
        hearers->now_count = 0;
        hearers->window = (uint16_t)window;
    }
    hearers->now_count++;
}

/* What the receiver missed since it delivered one last. */
static void count_position(const ap_hearers *hearers, ap_hearing *hearing, bool was_fresh,
                           ap_receiver_stats *stats)
{
    bool shared = hearers->now_count > 1 || hearers->before_count > 1;
    uint16_t sent = (uint16_t)(hearers->sequence - hearing->sequence);
    hearing->sequence = hearers->sequence;
    if (!was_fresh || !shared || sent > SENT_MAX)
        return;
    stats->expected_count += sent;
    stats->heard_count++;
}

void ap_hearing_note(ap_hearing_table *table, uint32_t key, ap_hearers *hearers, uint16_t receiver,
                     ap_receiver_stats *stats, uint32_t window, bool several, bool is_position,
                     bool is_first)
{
    hearers->sequence = (uint16_t)(hearers->sequence + (is_position && is_first));
    if (!several) {
        if (hearers->now_count == 0 || hearers->window != (uint16_t)window) {
            count_hearer(hearers, window);
            ap_receiver_hear_aircraft(stats, window);
        }
        return;
    }
    ap_hearing *hearing = take(table, key, receiver, window);
    uint16_t silent = age(hearing, window);
    if (silent > FRESH_WINDOWS)
        hearing->sequence = hearers->sequence;
    if (silent != 0) {
        hearing->window = (uint16_t)window;
        count_hearer(hearers, window);
        ap_receiver_hear_aircraft(stats, window);
    }
    if (is_position)
        count_position(hearers, hearing, silent <= FRESH_WINDOWS, stats);
}

double ap_hearing_age_s(const ap_hearing_table *table, uint32_t key, uint16_t receiver,
                        ap_utc_ns utc)
{
    const ap_hearing *hearing = find(table, key, receiver);
    uint32_t window = ap_receiver_window(utc);
    if (!hearing || age(hearing, window) > FRESH_WINDOWS)
        return INFINITY;
    double in_window_s = (double)(utc % AP_RECEIVER_WINDOW_NS) / 1e9;
    return age(hearing, window) * (AP_RECEIVER_WINDOW_NS / 1e9) + fmax(in_window_s, 0.0);
}

uint16_t ap_hearers_count(const ap_hearers *hearers, uint32_t window)
{
    uint16_t step = (uint16_t)((uint16_t)window - hearers->window);
    uint16_t current = step == 0 ? hearers->now_count : 0;
    uint16_t before = step == 0 ? hearers->before_count : step == 1 ? hearers->now_count : 0;
    return current > before ? current : before;
}

#include "sense/echo.h"

#define WAYS 4u

_Static_assert(sizeof(ap_echo) * WAYS == AP_ARENA_ALIGN, "a set is one cache line");

void ap_echo_init(ap_echo_table *table, ap_arena *arena, uint32_t cap)
{
    table->set_count = 1;
    while (table->set_count < (cap + WAYS - 1) / WAYS && table->set_count < UINT32_C(1) << 28)
        table->set_count *= 2;
    table->echoes = ap_arena_take(arena, (size_t)table->set_count * WAYS, sizeof *table->echoes);
}

/* Eight bytes a round, multiplied and folded; finished as MurmurHash3 is. */
uint64_t ap_echo_hash(uint32_t source, const uint8_t *bytes, size_t size)
{
    uint64_t hash = source ^ size * UINT64_C(0x9E3779B97F4A7C15);
    for (size_t at = 0; at < size; at += 8) {
        uint64_t word = 0;
        for (size_t i = at; i < size && i < at + 8; i++)
            word = word << 8 | bytes[i];
        hash = (hash ^ word) * UINT64_C(0xFF51AFD7ED558CCD);
        hash ^= hash >> 32;
    }
    hash = (hash ^ hash >> 33) * UINT64_C(0xC4CEB9FE1A85EC53);
    return (hash ^ hash >> 33) | 1;
}

static uint32_t ms_of(ap_utc_ns utc)
{
    return (uint32_t)(utc / AP_NS_PER_MS);
}

/* Milliseconds from an entry to now, which may lie before it; right within 24 days. */
static int32_t age_ms(const ap_echo *echo, uint32_t now_ms)
{
    return (int32_t)(now_ms - echo->heard_ms);
}

static bool is_fresh(const ap_echo *echo, uint32_t now_ms)
{
    return age_ms(echo, now_ms) < AP_ECHO_MS && age_ms(echo, now_ms) > -AP_ECHO_MS;
}

/* The entry of a hash, or the one it would take: free, else the oldest of its set. */
static ap_echo *find(const ap_echo_table *table, uint64_t hash, uint32_t now_ms)
{
    ap_echo *set = &table->echoes[(hash >> 32 & (table->set_count - 1)) * WAYS];
    ap_echo *place = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].hash == hash)
            return &set[i];
        if (place->hash && (!set[i].hash || age_ms(&set[i], now_ms) > age_ms(place, now_ms)))
            place = &set[i];
    }
    return place;
}

static ap_echo_kind kind_of(const ap_echo *echo, uint64_t hash, uint16_t from, uint32_t now_ms)
{
    if (echo->hash != hash || echo->from == from || !is_fresh(echo, now_ms))
        return AP_ECHO_NEW;
    return echo->refused ? AP_ECHO_REFUSED : AP_ECHO_COPY;
}

ap_echo_kind ap_echo_look(const ap_echo_table *table, uint64_t hash, uint16_t from,
                          ap_utc_ns heard_utc)
{
    uint32_t now_ms = ms_of(heard_utc);
    return kind_of(find(table, hash, now_ms), hash, from, now_ms);
}

void ap_echo_refuse(ap_echo_table *table, uint64_t hash, uint16_t from, ap_utc_ns heard_utc)
{
    uint32_t now_ms = ms_of(heard_utc);
    *find(table, hash, now_ms) =
        (ap_echo){ .hash = hash, .heard_ms = now_ms, .from = from, .refused = true };
}

bool ap_echo_copy(ap_echo_table *table, uint64_t hash, uint16_t from, ap_utc_ns heard_utc,
                  uint32_t *place)
{
    uint32_t now_ms = ms_of(heard_utc);
    ap_echo *echo = find(table, hash, now_ms);
    *place = (uint32_t)(echo - table->echoes);
    if (kind_of(echo, hash, from, now_ms) == AP_ECHO_COPY)
        return true;
    *echo = (ap_echo){ .hash = hash, .heard_ms = now_ms, .from = from };
    return false;
}

bool ap_echo_elsewhere(ap_echo_table *table, uint64_t hash, uint16_t from, ap_utc_ns heard_utc)
{
    uint32_t place;
    return ap_echo_copy(table, hash, from, heard_utc, &place);
}

bool ap_echo_anywhere(ap_echo_table *table, uint64_t hash, uint16_t from, ap_utc_ns heard_utc)
{
    uint32_t now_ms = ms_of(heard_utc);
    ap_echo *echo = find(table, hash, now_ms);
    if (echo->hash == hash && is_fresh(echo, now_ms))
        return true;
    *echo = (ap_echo){ .hash = hash, .heard_ms = now_ms, .from = from };
    return false;
}

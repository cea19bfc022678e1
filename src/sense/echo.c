#include "sense/echo.h"

#define WAYS 4u

void ap_echo_init(ap_echo_table *table, ap_arena *arena, uint32_t frame_cap)
{
    table->set_count = 1;
    while (table->set_count < (frame_cap + WAYS - 1) / WAYS && table->set_count < UINT32_C(1) << 28)
        table->set_count *= 2;
    table->echoes = ap_arena_take(arena, (size_t)table->set_count * WAYS, sizeof *table->echoes);
}

/* 64 bits of a frame of up to 16 bytes: two words, mixed as MurmurHash3 ends. Never 0. */
static uint64_t hash_of(const uint8_t *frame, size_t size)
{
    uint64_t word[2] = { 0, size };
    for (size_t i = 0; i < size; i++)
        word[i / 8 & 1] = word[i / 8 & 1] << 8 ^ frame[i];
    uint64_t hash = word[0] ^ word[1] * UINT64_C(0x9E3779B97F4A7C15);
    hash = (hash ^ hash >> 33) * UINT64_C(0xFF51AFD7ED558CCD);
    hash = (hash ^ hash >> 33) * UINT64_C(0xC4CEB9FE1A85EC53);
    return (hash ^ hash >> 33) | 1;
}

static bool is_fresh(const ap_echo *echo, ap_utc_ns now)
{
    return echo->hash && now - echo->heard_utc < AP_ECHO_WINDOW_NS &&
           echo->heard_utc - now < AP_ECHO_WINDOW_NS;
}

bool ap_echo_heard(ap_echo_table *table, const uint8_t *frame, size_t size, uint16_t input,
                   ap_utc_ns heard_utc)
{
    uint64_t hash = hash_of(frame, size);
    ap_echo *set = &table->echoes[(hash >> 32 & (table->set_count - 1)) * WAYS];
    ap_echo *place = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].hash == hash) {
            place = &set[i];
            if (is_fresh(place, heard_utc) && place->input != input)
                return true;
            break;
        }
        if (place->hash && (!set[i].hash || set[i].heard_utc < place->heard_utc))
            place = &set[i];
    }
    *place = (ap_echo){ .hash = hash, .heard_utc = heard_utc, .input = input };
    return false;
}

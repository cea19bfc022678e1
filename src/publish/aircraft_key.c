#include "publish/aircraft_key.h"

#include "base/hex.h"

#define BY_NUMBER (AP_AIRCRAFT_KEY_OTHER | 0xff0000u)
#define BY_ID (AP_AIRCRAFT_KEY_OTHER | 0xfe0000u)
#define ADDRESS_MASK 0xffffffu

static uint32_t key_by_number(uint16_t number, uint32_t id)
{
    return number ? BY_NUMBER | number : BY_ID | (id & 0xffffu);
}

static uint32_t key_by_address(uint32_t address, uint8_t kind)
{
    return (address & ADDRESS_MASK) | (kind == AP_ADDRESS_ICAO ? 0 : AP_AIRCRAFT_KEY_OTHER);
}

uint32_t ap_aircraft_key_of(const ap_track *track, bool by_number)
{
    if (by_number || !(track->present & AP_HAS_ADDRESS))
        return key_by_number(track->number, track->id);
    return key_by_address(track->address, track->address_kind);
}

uint32_t ap_aircraft_key_of_trail(const ap_trail *trail, bool by_number)
{
    if (by_number || !(trail->present & AP_HAS_ADDRESS))
        return key_by_number(trail->number, trail->track_id);
    return key_by_address(trail->address, trail->address_kind);
}

bool ap_aircraft_key_parse(const char *text, size_t size, uint32_t *key)
{
    bool is_other = size == 7 && text[0] == '~';
    uint32_t value = 0;
    if (size != 6 && !is_other)
        return false;
    for (size_t i = is_other; i < size; i++) {
        int digit = ap_hex_digit((uint8_t)text[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (uint32_t)digit;
    }
    *key = value | (is_other ? AP_AIRCRAFT_KEY_OTHER : 0);
    return true;
}

void ap_aircraft_key_text(uint32_t key, char text[AP_AIRCRAFT_KEY_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *at = text;
    if (key & AP_AIRCRAFT_KEY_OTHER)
        *at++ = '~';
    for (int shift = 20; shift >= 0; shift -= 4)
        *at++ = digits[key >> shift & 15];
    *at = '\0';
}

const ap_trail *ap_trail_by_key(const ap_history *history, uint32_t key)
{
    const ap_trail *best = NULL;
    for (const ap_trail *at = NULL; (at = ap_history_next(history, at));) {
        if (ap_aircraft_key_of_trail(at, false) != key && ap_aircraft_key_of_trail(at, true) != key)
            continue;
        bool lives = at->ended_utc == AP_UTC_UNKNOWN;
        bool best_lives = best && best->ended_utc == AP_UTC_UNKNOWN;
        if (!best || lives > best_lives ||
            (lives == best_lives &&
             (lives ? at->track_id < best->track_id : at->ended_utc > best->ended_utc)))
            best = at;
    }
    return best;
}

/* Keys of aircraft: the six hexadecimal digits that web maps know a track by.
 *
 * Its ICAO address; or a '~' and an address that ICAO did not assign; or, without any address,
 * "~ff" and its track number ("~fe" and the low 16 bits of its id while it has none). Of several
 * live tracks with one address the oldest has it, the others their track numbers. */
#ifndef AP_PUBLISH_AIRCRAFT_KEY_H
#define AP_PUBLISH_AIRCRAFT_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/track.h"
#include "picture/history.h"

#define AP_AIRCRAFT_KEY_OTHER 0x1000000u /* the '~'; the other bits are the digits */
#define AP_AIRCRAFT_KEY_SIZE 8           /* as text, with its NUL */

/* `by_number`: as if it had no address. */
uint32_t ap_aircraft_key_of(const ap_track *track, bool by_number);
uint32_t ap_aircraft_key_of_trail(const ap_trail *trail, bool by_number);

/* "3c6dd2" or "~ff0fff", letters in any case. False when it is none. */
bool ap_aircraft_key_parse(const char *text, size_t size, uint32_t *key);
void ap_aircraft_key_text(uint32_t key, char text[AP_AIRCRAFT_KEY_SIZE]);

/* The trail of this key: that of a live track before those of ended ones, of those the newest; NULL
 * when there is none. */
const ap_trail *ap_trail_by_key(const ap_history *history, uint32_t key);

#endif

/* Garble: what is read of two Mode A/C replies that overlap.
 *
 * A reply is two framing pulses and twelve between them at steps of 1.45 us (ICAO Annex 10 volume
 * IV, 3.1.1.6): F1 C1 A1 C2 A2 C4 A4 X B1 D1 B2 D2 B4 D4 F2. Two of them overlap when their
 * aircraft are less than 20.75 us of radar range apart (3.11 km, 1.68 NM). A pulse of the other
 * that falls on a place of the own code is read as a one there: the code is the OR of both at the
 * shift between them. Pulses that fall in the middle between places do no harm.
 * Codes are 12 bits, A4 A2 A1 B4 B2 B1 C4 C2 C1 D4 D2 D1 from the highest. */
#ifndef AP_SIMULATE_GARBLE_H
#define AP_SIMULATE_GARBLE_H

#include <stdbool.h>
#include <stdint.h>

#define AP_GARBLE_RANGE_M (20.75e-6 * 299792458.0 / 2.0)

/* What is read of `own` when the other's reply comes from `behind_m` farther away (< 0: nearer);
 * `own` when they do not overlap or their pulses interleave. */
uint16_t ap_garble_code(uint16_t own, uint16_t other, double behind_m);

/* Mode C: the pulses of an altitude in quarters of a flight level (rounded to 100 ft), and back;
 * false when no altitude has these pulses. */
uint16_t ap_garble_of_level(int16_t level_4th);
bool ap_garble_to_level(uint16_t code, int16_t *level_4th);

#endif

/* Whose reply it is. A reply of address/parity (DF0, 4, 5, 16, 20, 21, 24) proves nothing: its
 * address is what is left of a parity that damage changes too. It is believed when the address was
 * proved on the same input, and it is likelier to come from that aircraft than to be noise or a
 * neighbour's reply with one or two bits of its parity wrong. What speaks for the aircraft is what
 * it was heard to say: the altitude, the squawk. */
#ifndef AP_SENSE_ATTRIBUTION_H
#define AP_SENSE_ATTRIBUTION_H

#include "airpicture/modes.h"
#include "sense/aircraft.h"

/* Replies of one input that no aircraft explains. All zeros at the start. */
typedef struct ap_noise {
    ap_utc_ns utc;     /* of the last one */
    double rate_per_s; /* averaged over AP_NOISE_S */
} ap_noise;

#define AP_NOISE_S 10.0
/* A reply without altitude or squawk to compare needs this probability. */
#define AP_REPLY_PROBABILITY 0.95

/* Probability that a reply nothing speaks for or against is of an address proved `proof_age_s` ago,
 * rather than one of `noise_per_s` damaged replies that hit it by chance. An aircraft that is in
 * range sends about one reply a second; how long it stays there falls off with AP_PROOF_S / 4. */
double ap_reply_probability(double proof_age_s, double noise_per_s);

/* Whether the frame is believed to be of `aircraft`, which has its address and was proved on
 * `input`; then what it says is remembered to compare later ones with.
 * in : frame->check is not AP_MODES_CHECKED. A value that contradicts what was heard within ten
 *      seconds (altitude) or two minutes (squawk), or that is unlikely, is believed when a second
 *      reply agrees with it, except against the altitude of a squitter. */
bool ap_attribution_believes(const ap_aircraft_table *table, ap_aircraft *aircraft,
                             const ap_modes_frame *frame, uint16_t input, ap_noise *noise,
                             ap_utc_ns utc);

/* Counts a reply that no aircraft explains. */
void ap_noise_heard(ap_noise *noise, ap_utc_ns utc);

/* Remember the altitude, the squawk of a checked squitter. */
void ap_attribution_note_altitude(ap_aircraft *aircraft, int32_t altitude_ft, ap_utc_ns utc);
void ap_attribution_note_squawk(ap_aircraft *aircraft, uint16_t squawk, ap_utc_ns utc);

#endif

/* Mode S frames from their contents: what ap_modes_decode undoes. For simulators and tests.
 *
 * The content is the decoder's own struct, filled in as the decoder would fill it in: `df`, the
 * address, and the fields that the format has, with their bit in `present`; a field without its
 * bit is sent as unknown. What the struct does not hold is sent as zero (utility message,
 * capability class, intent change, reply information).
 *
 *     df 0, 16   icao24, on_ground, altitude
 *     df 4, 20   icao24, flight_status, downlink_request, altitude; df 20 also mb, or a call sign
 *     df 5, 21   the same with squawk
 *     df 11      icao24, capability, interrogator
 *     df 17      icao24, capability, and by type_code:
 *     df 18      icao24, control (0, 1, 2, 5, 6), imf, and by type_code:
 *       0        altitude
 *       1..4     callsign, emitter_category (low 3 bits; the set is the type code)
 *       5..8     ground speed (sent as movement), track, cpr_*, utc_synchronised
 *       9..18    altitude, cpr_*, nic_b, alert, alert_is_temporary, spi, utc_synchronised
 *       20..22   the same with gnss_height
 *       19       subtype 1, 2: ground_speed_kt and track_deg; 3, 4: heading, airspeed; all:
 *                vertical rate, geo_minus_baro, nac_v
 *       28       subtype 1: emergency_state, squawk
 *       29       subtype 1: selected altitude, heading, barometer setting, navigation, nac_p, ...
 *       31       subtype 0, 1: adsb_version, nic_a, nac_p, sil; from version 2 gva, sda,
 *                sil_supplement, and on the surface nac_v, nic_c
 *
 * Altitudes are in 25 ft steps when altitude_25_ft is set, else in 100 ft steps. Values beyond a
 * field's range become its end. */
#ifndef AP_WIRE_MODES_ENCODE_H
#define AP_WIRE_MODES_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "airpicture/modes.h"

/* out: the sealed frame and its size, 7 or 14. AP_ERR_ARGUMENT, nothing written, for a format,
 *      control, type code or subtype that is not in the list above, or an address of more than
 *      24 bits. */
ap_err ap_modes_encode(const ap_modes_frame *content, uint8_t frame[AP_MODES_LONG_SIZE],
                       size_t *size);

/* The Comm-B field of register 2,0 for a call sign; unassigned characters become spaces. */
uint64_t ap_modes_mb_of_callsign(const char *callsign);

#endif

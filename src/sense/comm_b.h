/* Comm-B registers that an aircraft sends down: 4,0 selected altitude, 5,0 track and turn,
 * 6,0 heading and speed. Source of layouts: ICAO Doc 9871, tables A-2-64, -80, -96. */
#ifndef AP_SENSE_COMM_B_H
#define AP_SENSE_COMM_B_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/report.h"

/* Puts what a register says into the report.
 * in : bds 0x40, 0x50 or 0x60, others are ignored; mb: 56 bits, first bit highest.
 * A register that contradicts itself (a field whose status bit says "absent" but that holds bits,
 * a value that no aircraft has) is left out whole. */
void ap_sense_set_comm_b(ap_report *report, uint8_t bds, uint64_t mb);

/* What is known of the aircraft beside the reply, from squitters of the last seconds. */
typedef struct ap_comm_b_clue {
    bool has_velocity, has_altitude;
    double speed_kt, track_deg; /* over ground, true */
    double altitude_ft;         /* pressure */
} ap_comm_b_clue;

/* Which register a reply holds, when the reply does not say: 0x40, 0x50, 0x60, or 0 when none of
 * them fits or more than one does. What fits must be plausible by itself (status bits, reserved
 * bits, bank against turn, Mach against indicated airspeed) and agree with the clue. */
uint8_t ap_comm_b_guess(uint64_t mb, const ap_comm_b_clue *clue);

#endif

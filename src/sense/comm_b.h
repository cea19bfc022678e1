/* Comm-B registers that an aircraft sends down: 4,0 selected altitude, 5,0 track and turn,
 * 6,0 heading and speed. */
#ifndef AP_SENSE_COMM_B_H
#define AP_SENSE_COMM_B_H

#include <stdint.h>

#include "airpicture/report.h"

/* Puts what a register says into the report.
 * in : bds 0x40, 0x50 or 0x60, others are ignored; mb: 56 bits, first bit highest.
 * A register that contradicts itself (a field whose status bit says "absent" but that holds bits,
 * a value that no aircraft has) is left out whole. Source: ICAO Doc 9871, tables A-2-64, -80, -96.
 */
void ap_sense_set_comm_b(ap_report *report, uint8_t bds, uint64_t mb);

#endif

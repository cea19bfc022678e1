/* SBS/BaseStation lines: 22 fields with commas between, CR LF behind.
 *
 *   1 MSG       5 address    11 call sign     15 latitude       19 alert (-1 or 0)
 *   2 type 1..8 7 8 made     12 altitude, ft  16 longitude      20 emergency
 *   3 session   9 10 logged  13 speed, kt     17 climb, ft/min  21 SPI
 *   4 aircraft               14 track         18 squawk         22 on ground
 *
 * Types: 1 identification, 2 surface position, 3 airborne position, 4 velocity, 5 altitude,
 * 6 squawk, 7 air to air, 8 all-call. The fields count, whatever the type; type 2 means the ground
 * as well. Times are taken for UTC: the format does not say (receivers often send local time).
 * "MLAT" in place of "MSG" marks a position by multilateration, as mlat-server's extended lines do;
 * readers that do not know it pass such a line over. The format has no address but of the ICAO and
 * no quality. */
#ifndef AP_WIRE_FEED_SBS_H
#define AP_WIRE_FEED_SBS_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/aircraft_row.h"
#include "airpicture/bytes.h"
#include "airpicture/err.h"

/* Longest text of one row: five lines. */
#define AP_SBS_SIZE_MAX 800

/* in : one line, without its end. Fields that cannot be are left out, and counted in the row.
 * AP_ERR_UNKNOWN: a line about no aircraft's state (SEL, ID, AIR, STA, CLK); AP_ERR_MALFORMED:
 * anything else. */
ap_err ap_sbs_read(const uint8_t *line, size_t size, ap_aircraft_row *row);

/* As many lines as the values need, in the order of their types: 1 for a call sign, 2 or 3 for a
 * position, 4 for a velocity, 6 for a squawk, 5 for an altitude alone, 8 for nothing but the
 * address. `logged_utc`: of the second pair of times. Speed and track are written to a tenth,
 * positions to 1e-6 degree. AP_ERR_ARGUMENT, nothing written: no address, or none of the ICAO. */
ap_err ap_sbs_write(ap_writer *text, const ap_aircraft_row *row, ap_utc_ns logged_utc);

#endif

/* GDL90: messages of an ADS-B receiver in the cockpit to its display.
 *
 * On the wire a message stands between flags 7E, with its CRC-16 (low octet first) behind it; 7D
 * goes before 7D and 7E, which are then XORed with 20. Read are heartbeat (0), ownship (10),
 * ownship geometric altitude (11) and traffic (20). Times are whole seconds of the day, in the
 * heartbeat only.
 *
 * Steps: position 180/2^23 degree, altitude 25 ft from -1,000 to 101,350 ft, speed 1 kt, climb
 * 64 ft/min, track 360/256 degree, geometric height 5 ft. A message says who placed a target (the
 * aircraft, or the ground), not how: positions by multilateration become TIS-B.
 * Source: GDL 90 Data Interface Specification, 560-1058-00 revision A. */
#ifndef AP_WIRE_FEED_GDL90_H
#define AP_WIRE_FEED_GDL90_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/aircraft_row.h"
#include "airpicture/bytes.h"
#include "airpicture/err.h"

typedef enum ap_gdl90_id {
    AP_GDL90_HEARTBEAT = 0,
    AP_GDL90_OWNSHIP = 10,
    AP_GDL90_OWNSHIP_HEIGHT = 11,
    AP_GDL90_TRAFFIC = 20,
    AP_GDL90_BASIC_REPORT = 30, /* passed through from UAT, not read */
    AP_GDL90_LONG_REPORT = 31
} ap_gdl90_id;

#define AP_GDL90_MESSAGE_MAX 512u /* octets of a message, its CRC included, before 7D is put in */
#define AP_GDL90_FRAME_MAX (2u * AP_GDL90_MESSAGE_MAX + 2u)

/* CRC-16 of a message without its CRC. */
uint16_t ap_gdl90_crc(const uint8_t *message, size_t size);

/* Traffic, ownship or ownship height; message without its CRC. The row of a height has neither
 * address nor position. Times are unknown. AP_ERR_UNKNOWN: another message; AP_ERR_MALFORMED: one
 * that is too short. */
ap_err ap_gdl90_read(const uint8_t *message, size_t size, ap_aircraft_row *row);

/* Seconds since midnight of a heartbeat, [0, 86400). False when it is no heartbeat, or has no UTC.
 */
bool ap_gdl90_time_of_day(const uint8_t *message, size_t size, uint32_t *time_s);

/* A heartbeat with the second of `utc`, and the count of messages since the last one. */
void ap_gdl90_write_heartbeat(ap_writer *writer, ap_utc_ns utc, uint32_t message_count);

/* Ownship or traffic, as the row says. AP_ERR_ARGUMENT, nothing written: no address, or no
 * position. Values beyond their range become its end. */
ap_err ap_gdl90_write_target(ap_writer *writer, const ap_aircraft_row *row);

/* Ownship geometric altitude. AP_ERR_ARGUMENT: not the ownship, or no height. */
ap_err ap_gdl90_write_height(ap_writer *writer, const ap_aircraft_row *row);

#endif

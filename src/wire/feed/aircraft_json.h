/* aircraft.json and receiver.json, as readsb and dump1090 write and tar1090 reads them.
 *
 *     {"now": 1717664400.0, "messages": 5, "aircraft": [{"hex": "400f99", "type": ...}, ...]}
 *
 * An aircraft's times are ages before `now`: `seen` of its newest message, `seen_pos` of its
 * position. "~" before the address: not an ICAO one. alt_baro is a number or "ground". `mlat` and
 * `tisb` list the keys whose values were placed by the ground. Read, but not kept: what
 * airpicture/aircraft_row.h has no field for (descriptions, wind, autopilot modes, sil_type, gva,
 * sda...). Keys of dump1090 before 2018 are read too (altitude, speed, vert_rate, nucp). */
#ifndef AP_WIRE_FEED_AIRCRAFT_JSON_H
#define AP_WIRE_FEED_AIRCRAFT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/aircraft_row.h"
#include "airpicture/bytes.h"
#include "airpicture/err.h"

/* Longest object of one aircraft that is written. */
#define AP_AIRCRAFT_JSON_SIZE_MAX 1600

/* One aircraft's object. `now` of its document; AP_UTC_UNKNOWN: then the row has no times.
 * AP_ERR_MALFORMED: no object, or none with an address. Values of another type or beyond what can
 * be are left out, and counted in the row. */
ap_err ap_aircraft_json_read(const uint8_t *object, size_t size, ap_utc_ns now,
                             ap_aircraft_row *row);

/* The inverse, without a newline. Only an altitude says that an aircraft is in the air. Ages are
 * written to the millisecond, a time in the future of `now` as 0; positions to 1e-6 degree. `row`
 * must have an address. */
void ap_aircraft_json_write(ap_writer *text, const ap_aircraft_row *row, ap_utc_ns now);

/* What stands before the aircraft, up to "[", and behind them. Between two is a comma. */
void ap_aircraft_json_head(ap_writer *text, ap_utc_ns now, uint64_t message_count);
void ap_aircraft_json_tail(ap_writer *text);

/* receiver.json. refresh_ms: how often a reader may ask; history_count: of history_N.json files. */
typedef struct ap_receiver_info {
    const char *version;
    uint32_t refresh_ms, history_count;
    bool has_traces; /* data/traces/ is served */
    bool has_site;
    double latitude_deg, longitude_deg;
} ap_receiver_info;

void ap_receiver_json(ap_writer *text, const ap_receiver_info *info);

/* One row as a line of ours: the same values with their units in the keys, and with times. Ends in
 * a newline; under AP_AIRCRAFT_JSON_SIZE_MAX. */
void ap_row_json(ap_writer *text, const ap_aircraft_row *row);

#endif

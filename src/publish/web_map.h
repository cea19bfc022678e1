/* What readsb's web map (tar1090) and its relatives poll: aircraft.json, history_N.json and traces.
 * Units there are feet, knots and degrees; what is not known is absent.
 *
 * Each call appends one document. AP_ERR_FULL, with the writer as before but for `bad`, when it
 * does not fit. Sources: the keys as readsb's README-json.md describes them; doc/api.md. */
#ifndef AP_PUBLISH_WEB_MAP_H
#define AP_PUBLISH_WEB_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/err.h"
#include "airpicture/time.h"
#include "picture/history.h"
#include "picture/picture.h"

#define AP_WEB_MAP_HISTORY_FILES 120 /* history_0.json to history_119.json ... */
#define AP_WEB_MAP_HISTORY_STEP_S 30 /* ... each of a time that is a multiple of this */
#define AP_WEB_MAP_RECENT_POINTS 150 /* of a trace, at most */

/* aircraft.json: everybody in the picture at `now`. message_count: those since the start. */
ap_err ap_web_map_aircraft(ap_writer *text, const ap_picture *picture, ap_utc_ns now,
                           uint64_t message_count);

/* The time that history_`file`.json tells of when it is asked for at `now`: the files go round, so
 * each stays as it is until it is the oldest. file < AP_WEB_MAP_HISTORY_FILES. */
ap_utc_ns ap_web_map_history_time(ap_utc_ns now, unsigned file);

/* history_N.json: everybody at `time`, from the trails. */
ap_err ap_web_map_history(ap_writer *text, const ap_history *history, ap_utc_ns time);

/* trace_full_HEX.json, or trace_recent_HEX.json with the newest AP_WEB_MAP_RECENT_POINTS. `key`:
 * publish/aircraft_key.h, as it was asked for. */
ap_err ap_web_map_trace(ap_writer *text, const ap_history *history, const ap_trail *trail,
                        uint32_t key, bool recent_only);

#endif

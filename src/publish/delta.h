/* The stream of the picture for displays: a snapshot, then what changed, step by step.
 *
 * Every step of the picture is a message with the next sequence number, whether anything changed or
 * not: so a display sees that the feed lives. A message holds the rows (position, motion, bits) of
 * the tracks that changed since an earlier message, the identities that changed, and who is gone.
 * It is made from the state, not from earlier messages: who comes back after a break asks for
 * what changed since the last message that he has, and gets a snapshot only when too much was
 * forgotten in between. Without a box, all clients that are up to date get the same octets.
 *
 * Layout in octets: doc/websocket.md; the hello message tells it too. Rows are in order of track
 * id; the same pictures in the same steps give the same octets. */
#ifndef AP_PUBLISH_DELTA_H
#define AP_PUBLISH_DELTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/err.h"
#include "airpicture/sensor.h"
#include "airpicture/time.h"
#include "picture/picture.h"
#include "picture/point.h"

#define AP_DELTA_VERSION 1
#define AP_DELTA_HEADER_SIZE 40
#define AP_DELTA_IDENTITY_SIZE 24
/* Room for any message of so many tracks and departures; that of JSON. */
#define AP_DELTA_SIZE(tracks, gone)                                                                \
    (AP_DELTA_HEADER_SIZE + 51 * (size_t)(tracks) + 4 * (size_t)(gone))
#define AP_DELTA_JSON_SIZE(tracks, gone) (512 + 640 * (size_t)(tracks) + 12 * (size_t)(gone))

typedef enum ap_delta_kind {
    AP_DELTA_HELLO = 1,
    AP_DELTA_SNAPSHOT = 2,
    AP_DELTA_CHANGES = 3,
    AP_DELTA_ALERTS = 4,
    AP_DELTA_SENSORS = 5,
    AP_DELTA_ERROR = 6
} ap_delta_kind;

typedef struct ap_delta_config {
    uint32_t track_cap; /* published tracks, [16, 1000000] */
    uint32_t gone_cap;  /* departures remembered for who comes back, [16, 1000000] */
    uint32_t alert_cap; /* of the picture, [16, 100000] */
    uint32_t epoch;     /* of this run of the service: its start in s since 1970; sequence numbers
                         * of another epoch mean nothing */
} ap_delta_config;

struct ap_delta_state;

typedef struct ap_delta {
    struct ap_delta_state *state;
} ap_delta;

size_t ap_delta_size(const ap_delta_config *config); /* 0 = bad config */
ap_err ap_delta_init(ap_delta *delta, const ap_delta_config *config, void *mem, size_t mem_size);

/* Takes in what changed in the picture since the step before: the next message. */
void ap_delta_step(ap_delta *delta, const ap_picture *picture, ap_utc_ns now);

/* Who a track is, as far as is known. */
#define AP_DELTA_UNKNOWN_ADDRESS UINT32_MAX
#define AP_DELTA_UNKNOWN_CODE UINT16_MAX

typedef struct ap_delta_identity {
    uint32_t address; /* 24 bits, kind in the upper 8 */
    uint16_t number;  /* 0: none */
    uint16_t mode_3a;
    uint8_t category; /* 0: not known */
    bool has_selected;
    int16_t selected_10ft; /* altitude that the crew has selected; 0 when not known */
    char callsign[8];      /* zeros behind it */
} ap_delta_identity;

/* A step from states that no picture holds: begin, then `put` for each that may have changed and
 * `drop` for each that ended, then end. New ids that come in ascending order cost least. */
void ap_delta_begin(ap_delta *delta, ap_utc_ns now);
void ap_delta_put(ap_delta *delta, uint32_t id, const ap_point *point,
                  const ap_delta_identity *identity);
void ap_delta_drop(ap_delta *delta, uint32_t id); /* one that is not there: nothing */
void ap_delta_end(ap_delta *delta);

uint32_t ap_delta_sequence(const ap_delta *delta); /* of the newest message; 0: none yet */
uint32_t ap_delta_epoch(const ap_delta *delta);
uint32_t ap_delta_track_count(const ap_delta *delta);
uint64_t ap_delta_refused(const ap_delta *delta); /* states of tracks that found no row */

/* Degrees times 1e7. west > east: over the date line. */
typedef struct ap_delta_box {
    int32_t west_e7deg, south_e7deg, east_e7deg, north_e7deg;
} ap_delta_box;

typedef struct ap_delta_client {
    uint32_t since; /* the message that it has last; 0: none, it gets a snapshot */
    bool has_box;   /* set since to 0 when the box changes */
    ap_delta_box box;
    bool json;
    bool gzip; /* it takes messages packed; who sends them packs them */
} ap_delta_client;

/* True when this client's next message is that of everybody else with its `since` and `json`, octet
 * for octet: make it once for all of them. */
static inline bool ap_delta_is_common(const ap_delta_client *client)
{
    return !client->has_box;
}

/* Appends the message that brings a client up to date; then its `since` is ap_delta_sequence.
 * AP_ERR_FULL, with the writer as before but for `bad`, when it does not fit. O(tracks). */
ap_err ap_delta_message(const ap_delta *delta, const ap_delta_client *client, ap_writer *out);

/* Appends the hello: what the columns are. `server` names the program. Failure as above. */
ap_err ap_delta_hello(const ap_delta *delta, bool json, const char *server, ap_writer *out);

/* Appends the alerts that began or ended after message `since` (0: all that are kept), or nothing
 * when there are none. Failure as above. */
ap_err ap_delta_alerts(const ap_delta *delta, bool json, uint32_t since, ap_writer *out);

/* Appends all sensors as they are at `now`. Failure as above. */
ap_err ap_delta_sensors(const ap_delta *delta, bool json, const ap_sensor_table *sensors,
                        ap_utc_ns now, ap_writer *out);

/* Appends what was wrong with what a client said, and what would be right. Failure as above. */
ap_err ap_delta_error(const ap_delta *delta, bool json, const char *error, const char *expected,
                      ap_writer *out);

#endif

/* What a client of the stream says: a JSON object with any of
 *
 *     "box": [west, south, east, north] in degrees, or null for everything
 *     "since": the sequence number of the last message that it has, with
 *     "epoch": that of the same message
 *     "format": "binary" or "json"
 */
#ifndef AP_PUBLISH_DELTA_ASK_H
#define AP_PUBLISH_DELTA_ASK_H

#include "publish/delta.h"

#define AP_DELTA_ASK_SIZE_MAX 1024 /* longer messages are refused unread */

/* Changes *client as asked. Without "since" a new box begins with a snapshot, and so does a
 * sequence number of another epoch. Returns NULL, or what was expected instead, for the client to
 * read; *client is unchanged then. */
const char *ap_delta_ask(const ap_delta *delta, const uint8_t *text, size_t size,
                         ap_delta_client *client);

/* A box of degrees in the order west, south, east, north; west > east: over the date line. False
 * when a latitude is beyond 90, a longitude beyond 180, or south above north. */
bool ap_delta_box_of(const double degrees[4], ap_delta_box *box);

#endif

/* Receivers and witnesses as JSON lines: what each receiver has delivered, and each copy of what
 * several of them heard. Units are in the keys; what is not known is absent. Documented key by key
 * in doc/formats.md, Witness lines, and doc/formats.md, Receiver lines. */
#ifndef AP_PUBLISH_RECEIVER_JSON_H
#define AP_PUBLISH_RECEIVER_JSON_H

#include "airpicture/bytes.h"
#include "airpicture/err.h"
#include "airpicture/receiver.h"
#include "airpicture/witness.h"

#define AP_RECEIVER_JSON_SIZE 8192 /* room for any line */

/* Append one object and a line feed. AP_ERR_FULL when it does not fit; the writer is then as
 * before, but for `bad`. */
ap_err ap_witness_json(ap_writer *text, const ap_receiver_table *receivers,
                       const ap_witness *witness);

/* `now`: the time that rates and counts of the last minute are told for. */
ap_err ap_receiver_line(ap_writer *text, const ap_sensor_table *sensors,
                        const ap_receiver *receiver, ap_utc_ns now);

#endif

/* The receivers of a run as a table for people. */
#ifndef AP_APP_RECEIVERS_H
#define AP_APP_RECEIVERS_H

#include "airpicture/bytes.h"
#include "airpicture/receiver.h"

/* Appends a row for each receiver that was heard, under a heading; nothing without any. Counts of
 * the last minute are those before the last frame of any receiver. */
void ap_receivers_text(const ap_receiver_table *receivers, ap_writer *text);

/* Time of the last frame of any receiver; AP_UTC_UNKNOWN without one. */
ap_utc_ns ap_receivers_last(const ap_receiver_table *receivers);

#endif

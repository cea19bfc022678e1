/* Frames of target formats to aircraft rows, whatever the format. */
#ifndef AP_WIRE_FEED_FEED_H
#define AP_WIRE_FEED_FEED_H

#include "airpicture/aircraft_row.h"
#include "airpicture/err.h"
#include "wire/framer.h"

/* What the frames of one input have in common. Set to zero at its start. */
typedef struct ap_feed {
    bool has_ownship; /* GDL90: it was named */
    uint32_t address;
    uint8_t address_kind, source;
} ap_feed;

/* True for frames that hold a row: SBS, AIRCRAFT, GDL90. */
bool ap_feed_is_row(ap_frame_kind kind);

/* The row of a frame that the framer gave. GDL90 has no time but the frame's: the row's times are
 * unknown then. The height of the ownship takes the address that the ownship had last.
 * AP_ERR_MALFORMED: no such frame; AP_ERR_UNKNOWN: a height before any ownship. */
ap_err ap_feed_row(ap_feed *feed, const ap_frame *frame, ap_aircraft_row *row);

#endif

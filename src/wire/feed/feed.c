#include "wire/feed/feed.h"

#include "wire/feed/aircraft_json.h"
#include "wire/feed/gdl90.h"
#include "wire/feed/sbs.h"

bool ap_feed_is_row(ap_frame_kind kind)
{
    return kind == AP_FRAME_SBS || kind == AP_FRAME_AIRCRAFT || kind == AP_FRAME_GDL90;
}

static ap_err name_ownship(ap_feed *feed, ap_aircraft_row *row)
{
    if (row->present & AP_ROW_HAS_ADDRESS) {
        *feed = (ap_feed){ true, row->address, row->address_kind, row->source };
        return AP_OK;
    }
    if (!feed->has_ownship)
        return AP_ERR_UNKNOWN;
    row->present |= AP_ROW_HAS_ADDRESS;
    row->address = feed->address;
    row->address_kind = feed->address_kind;
    row->source = feed->source;
    return AP_OK;
}

ap_err ap_feed_row(ap_feed *feed, const ap_frame *frame, ap_aircraft_row *row)
{
    ap_err err = AP_ERR_MALFORMED;
    ap_utc_ns now = frame->time_kind == AP_FRAME_TIME_UTC ? frame->time_ns : AP_UTC_UNKNOWN;
    if (frame->kind == AP_FRAME_SBS)
        err = ap_sbs_read(frame->data, frame->size, row);
    else if (frame->kind == AP_FRAME_AIRCRAFT)
        err = ap_aircraft_json_read(frame->data, frame->size, now, row);
    else if (frame->kind == AP_FRAME_GDL90)
        err = ap_gdl90_read(frame->data, frame->size, row);
    return !err && row->ownship ? name_ownship(feed, row) : err;
}

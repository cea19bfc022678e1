/* Parts of a point's state that several answers tell alike. */
#ifndef AP_PUBLISH_POINT_JSON_H
#define AP_PUBLISH_POINT_JSON_H

#include "airpicture/bytes.h"

/* Writes `,"flags":[...]`: the names of the bits of an ap_point that are set, in their order. */
void ap_point_flags_json(ap_writer *out, unsigned bits);

#endif

#include "publish/point_json.h"

#include "picture/point.h"
#include "publish/put.h"
#include "wire/json.h"

void ap_point_flags_json(ap_writer *out, unsigned bits)
{
    bool any = false;
    AP_PUT(out, ",\"flags\":[");
    for (unsigned bit = 0; ap_point_bit_key(bit); bit++) {
        if (!(bits >> bit & 1))
            continue;
        ap_text_str(out, any ? ",\"" : "\"");
        ap_text_str(out, ap_point_bit_key(bit));
        AP_PUT(out, "\"");
        any = true;
    }
    AP_PUT(out, "]");
}

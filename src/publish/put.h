/* Literals into a writer: a copy of known size is a few moves. */
#ifndef AP_PUBLISH_PUT_H
#define AP_PUBLISH_PUT_H

#include "airpicture/bytes.h"
#include "airpicture/err.h"

#define AP_PUT(text, literal) ap_write_bytes(text, literal, sizeof(literal) - 1)

/* The writer as it was at `start`, but for `bad`, when something did not fit since. */
static inline ap_err ap_put_done(ap_writer *text, size_t start)
{
    if (!text->bad)
        return AP_OK;
    text->size = start;
    return AP_ERR_FULL;
}

#endif

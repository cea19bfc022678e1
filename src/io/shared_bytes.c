#include "io/shared_bytes.h"

#include <assert.h>
#include <limits.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct ap_shared_bytes {
    atomic_size_t references;
    size_t size;
    ap_shared_bytes *gzip;
    alignas(16) uint8_t headroom[AP_SHARED_BYTES_HEADROOM];
    uint8_t data[];
};

ap_shared_bytes *ap_shared_bytes_make(size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    ap_shared_bytes *bytes = malloc(sizeof *bytes + size);
    if (!bytes)
        return NULL;
    atomic_init(&bytes->references, 1);
    bytes->size = size;
    bytes->gzip = NULL;
    return bytes;
}

ap_shared_bytes *ap_shared_bytes_copy(const void *data, size_t size)
{
    ap_shared_bytes *bytes = ap_shared_bytes_make(size);
    if (bytes && size > 0)
        memcpy(bytes->data, data, size);
    return bytes;
}

ap_shared_bytes *ap_shared_bytes_keep(ap_shared_bytes *bytes)
{
    if (bytes)
        (void)atomic_fetch_add_explicit(&bytes->references, 1, memory_order_relaxed);
    return bytes;
}

void ap_shared_bytes_drop(ap_shared_bytes *bytes)
{
    if (!bytes || atomic_fetch_sub_explicit(&bytes->references, 1, memory_order_acq_rel) > 1)
        return;
    assert(!bytes->gzip || !bytes->gzip->gzip); /* a twin has none: no chain to walk */
    if (bytes->gzip &&
        atomic_fetch_sub_explicit(&bytes->gzip->references, 1, memory_order_acq_rel) == 1)
        free(bytes->gzip);
    free(bytes);
}

size_t ap_shared_bytes_references(const ap_shared_bytes *bytes)
{
    return atomic_load_explicit(&bytes->references, memory_order_acquire);
}

uint8_t *ap_shared_bytes_data(ap_shared_bytes *bytes)
{
    return bytes->data;
}

size_t ap_shared_bytes_size(const ap_shared_bytes *bytes)
{
    return bytes->size;
}

ap_err ap_shared_bytes_gzip(ap_shared_bytes *bytes, int level)
{
    enum { WINDOW_BITS = 15, GZIP_WRAPPER = 16, MEMORY_LEVEL = 8 };
    if (bytes->gzip || bytes->size == 0 || bytes->size > UINT_MAX)
        return AP_OK;
    ap_shared_bytes *twin = ap_shared_bytes_make(bytes->size); /* no room for more: then none */
    z_stream stream = { .zalloc = NULL };
    if (!twin || deflateInit2(&stream, level, Z_DEFLATED, WINDOW_BITS + GZIP_WRAPPER, MEMORY_LEVEL,
                              Z_DEFAULT_STRATEGY) != Z_OK) {
        free(twin);
        return AP_ERR_MEMORY;
    }
    stream.next_in = bytes->data;
    stream.avail_in = (uInt)bytes->size;
    stream.next_out = twin->data;
    stream.avail_out = (uInt)twin->size;
    int end = deflate(&stream, Z_FINISH);
    twin->size = stream.total_out;
    (void)deflateEnd(&stream);
    if (end != Z_STREAM_END) {
        free(twin);
        return AP_OK;
    }
    ap_shared_bytes *fitted = realloc(twin, sizeof *twin + twin->size);
    bytes->gzip = fitted ? fitted : twin;
    return AP_OK;
}

void ap_shared_bytes_set_gzip(ap_shared_bytes *bytes, ap_shared_bytes *gzip)
{
    assert(!bytes->gzip && (!gzip || !gzip->gzip));
    bytes->gzip = gzip;
}

ap_shared_bytes *ap_shared_bytes_gzip_twin(const ap_shared_bytes *bytes)
{
    return bytes->gzip;
}

/* Bytes made once and sent to many: counted references, no copy per client. */
#ifndef AP_IO_SHARED_BYTES_H
#define AP_IO_SHARED_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"

typedef struct ap_shared_bytes ap_shared_bytes;

/* `size` bytes, one reference, to be filled by the caller through ap_shared_bytes_data before
 * anybody else gets one; NULL when memory is exhausted. */
ap_shared_bytes *ap_shared_bytes_make(size_t size);

/* A copy of data[size], one reference. */
ap_shared_bytes *ap_shared_bytes_copy(const void *data, size_t size);

/* One reference more, and one less: with the last, the bytes are freed. NULL is kept as NULL. Any
 * thread. */
ap_shared_bytes *ap_shared_bytes_keep(ap_shared_bytes *bytes);
void ap_shared_bytes_drop(ap_shared_bytes *bytes);

/* How many references there are: 1 = the caller's alone. */
size_t ap_shared_bytes_references(const ap_shared_bytes *bytes);

/* Written only by the maker. In front of the first byte are AP_SHARED_BYTES_HEADROOM more, for the
 * frame header of a message: see ap_ws_send. */
#define AP_SHARED_BYTES_HEADROOM 16
uint8_t *ap_shared_bytes_data(ap_shared_bytes *bytes);
size_t ap_shared_bytes_size(const ap_shared_bytes *bytes);

/* Makes the gzip twin of the bytes, once for all who accept it; level [1, 9]. Bytes that do not
 * become smaller get none. By the maker, before anybody else has a reference. AP_ERR_MEMORY. */
ap_err ap_shared_bytes_gzip(ap_shared_bytes *bytes, int level);

/* Gives the bytes a twin that exists already, e.g. the file beside: the reference goes over. */
void ap_shared_bytes_set_gzip(ap_shared_bytes *bytes, ap_shared_bytes *gzip);

/* The twin, owned by the bytes; NULL = none. */
ap_shared_bytes *ap_shared_bytes_gzip_twin(const ap_shared_bytes *bytes);

#endif

/* Region: memory at an address that is the same in every run, so that what lies in it, pointers
 * into it included, can be written to a file and read back by another run (io/checkpoint.h). */
#ifndef AP_IO_REGION_H
#define AP_IO_REGION_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"

typedef struct ap_region {
    uint8_t *base; /* NULL when closed */
    size_t size;   /* of the addresses that are kept for it; memory is what is taken of them */
    size_t used;
} ap_region;

/* Keeps `size` octets of address space, rounded up to pages. AP_ERR_MEMORY when they cannot be had
 * at that address: a second region in one process, a limit on address space. */
ap_err ap_region_open(ap_region *region, size_t size);

/* `size` > 0 zeroed octets, aligned to a page, in huge pages where the system gives them; NULL when
 * there are not so many. There is no way to give them back but closing. */
void *ap_region_take(ap_region *region, size_t size);

/* Safe twice. */
void ap_region_close(ap_region *region);

#endif

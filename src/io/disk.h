/* How much room a file system has. */
#ifndef AP_IO_DISK_H
#define AP_IO_DISK_H

#include <stdint.h>

typedef struct ap_disk {
    uint64_t free_size; /* octets that this process may still write */
    uint64_t size;      /* of the file system; 0: it cannot be told */
} ap_disk;

/* Of the file system that `path` lies on. May wait for the disk: not for the loop's thread. */
ap_disk ap_disk_of(const char *path);

#endif

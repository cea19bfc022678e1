#include "io/disk.h"

#include <sys/statvfs.h>

ap_disk ap_disk_of(const char *path)
{
    struct statvfs found;
    if (statvfs(path, &found))
        return (ap_disk){ .size = 0 };
    return (ap_disk){ .free_size = (uint64_t)found.f_bavail * found.f_frsize,
                      .size = (uint64_t)found.f_blocks * found.f_frsize };
}

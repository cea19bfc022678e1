#include "io/region.h"

#include <sys/mman.h>

/* Far from where programs, libraries and stacks lie, with or without sanitizers. */
#define REGION_ADDRESS UINT64_C(0x200000000000)
#define HUGE_SIZE ((size_t)2 << 20)
#define PAGE_SIZE_MAX ((size_t)4096)

static size_t round_up(size_t size, size_t step)
{
    return (size + step - 1) / step * step;
}

ap_err ap_region_open(ap_region *region, size_t size)
{
    *region = (ap_region){ .base = NULL };
    size = round_up(size, HUGE_SIZE);
    void *wanted = (void *)(uintptr_t)REGION_ADDRESS; /* NOLINT(performance-no-int-to-ptr) */
    void *base = mmap(wanted, size, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (base == MAP_FAILED)
        return AP_ERR_MEMORY;
    if (base != wanted) { /* a kernel that does not know the flag */
        (void)munmap(base, size);
        return AP_ERR_MEMORY;
    }
    region->base = base;
    region->size = size;
    return AP_OK;
}

void *ap_region_take(ap_region *region, size_t size)
{
    /* What is large begins where a huge page can. */
    size_t at = round_up(region->used, size >= HUGE_SIZE ? HUGE_SIZE : PAGE_SIZE_MAX);
    size = round_up(size, PAGE_SIZE_MAX);
    if (!region->base || at > region->size || size > region->size - at)
        return NULL;
    uint8_t *memory = region->base + at;
    /* With what was left out before it, so that all up to `used` can be read. */
    if (mprotect(region->base + region->used, at + size - region->used, PROT_READ | PROT_WRITE))
        return NULL;
    (void)madvise(memory, size, MADV_HUGEPAGE); /* without them it is slower, not wrong */
    region->used = at + size;
    return memory;
}

void ap_region_close(ap_region *region)
{
    if (region->base)
        (void)munmap(region->base, region->size);
    *region = (ap_region){ .base = NULL };
}

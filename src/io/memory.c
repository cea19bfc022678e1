#include "io/memory.h"

#include <sys/mman.h>

void *ap_memory_take(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    (void)madvise(memory, size, MADV_HUGEPAGE); /* without them it is slower, not wrong */
    return memory;
}

void ap_memory_give_back(void *memory, size_t size)
{
    if (memory)
        (void)munmap(memory, size);
}

#include "io/memory.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

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

uint64_t ap_memory_resident(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%*u %llu", &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

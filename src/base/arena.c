#include "base/arena.h"

#include <string.h>

ap_arena ap_arena_measure(void)
{
    return (ap_arena){ .base = NULL, .size = SIZE_MAX };
}

ap_arena ap_arena_over(void *mem, size_t size)
{
    size_t skip = (size_t)(-(uintptr_t)mem & (AP_ARENA_ALIGN - 1));
    if (!mem || skip > size)
        return (ap_arena){ .base = NULL, .size = 0, .used = SIZE_MAX };
    return (ap_arena){ .base = (uint8_t *)mem + skip, .size = size - skip };
}

void *ap_arena_take_raw(ap_arena *arena, size_t count, size_t size)
{
    if (arena->used == SIZE_MAX)
        return NULL;
    if (size != 0 && count > (SIZE_MAX / 2) / size) {
        arena->used = SIZE_MAX;
        return NULL;
    }
    size_t bytes = (count * size + AP_ARENA_ALIGN - 1) & ~(size_t)(AP_ARENA_ALIGN - 1);
    if (bytes > arena->size - arena->used) {
        arena->used = SIZE_MAX;
        return NULL;
    }
    void *piece = arena->base ? arena->base + arena->used : NULL;
    arena->used += bytes;
    return piece;
}

void *ap_arena_take(ap_arena *arena, size_t count, size_t size)
{
    void *piece = ap_arena_take_raw(arena, count, size);
    if (piece)
        memset(piece, 0, count * size);
    return piece;
}

size_t ap_arena_need(const ap_arena *arena)
{
    return arena->used == SIZE_MAX ? 0 : arena->used + AP_ARENA_ALIGN;
}

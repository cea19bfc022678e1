/* Arena: pieces of one block of memory that the caller owns.
 *
 * Two passes with the same code: with base NULL it only measures, so a `_size` function and its
 * `_init` cannot disagree. */
#ifndef AP_BASE_ARENA_H
#define AP_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define AP_ARENA_ALIGN 64u /* a cache line; also enough for every SIMD type */

typedef struct ap_arena {
    uint8_t *base; /* NULL: measuring */
    size_t size;   /* of base; SIZE_MAX when measuring */
    size_t used;   /* SIZE_MAX once something did not fit */
} ap_arena;

/* A measuring arena. */
ap_arena ap_arena_measure(void);

/* An arena over mem; the first piece is aligned, so `size` must be what measuring gave. */
ap_arena ap_arena_over(void *mem, size_t size);

/* `count` elements of `size` bytes, zeroed, aligned to AP_ARENA_ALIGN. NULL when measuring, when
 * it does not fit, and when count * size overflows. */
void *ap_arena_take(ap_arena *arena, size_t count, size_t size);

/* The same, not zeroed: for what is written before it is read. Of memory that the system gives out
 * page by page, only what is used is ever touched then. */
void *ap_arena_take_raw(ap_arena *arena, size_t count, size_t size);

/* Bytes that the pieces need, with room to align the first; 0 when something did not fit. */
size_t ap_arena_need(const ap_arena *arena);

#endif

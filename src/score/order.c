#include "score/order.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define MOVED 0x80000000u /* marks rows that are in place while a permutation is applied */

static int64_t key_of(const int64_t *key, size_t stride, uint32_t index)
{
    return *(const int64_t *)(const void *)((const char *)key + (size_t)index * stride);
}

static bool is_sorted(const uint32_t *order, size_t count, const int64_t *key, size_t stride)
{
    for (size_t i = 1; i < count; i++)
        if (key_of(key, stride, order[i]) < key_of(key, stride, order[i - 1]))
            return false;
    return true;
}

static void merge(const uint32_t *from, uint32_t *to, size_t low, size_t middle, size_t high,
                  const int64_t *key, size_t stride)
{
    size_t a = low, b = middle;
    for (size_t i = low; i < high; i++) {
        bool take_b = b < high &&
                      (a >= middle || key_of(key, stride, from[b]) < key_of(key, stride, from[a]));
        to[i] = take_b ? from[b++] : from[a++];
    }
}

void ap_order_sort(uint32_t *order, uint32_t *scratch, size_t count, const int64_t *key,
                   size_t stride)
{
    if (is_sorted(order, count, key, stride))
        return;
    uint32_t *from = order, *to = scratch;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t low = 0; low < count; low += 2 * width) {
            size_t middle = low + width < count ? low + width : count;
            size_t high = middle + width < count ? middle + width : count;
            merge(from, to, low, middle, high, key, stride);
        }
        uint32_t *other = from;
        from = to;
        to = other;
    }
    if (from != order)
        memcpy(order, from, count * sizeof *order);
}

void ap_order_apply(uint32_t *order, size_t count, void *rows, size_t size, void *row)
{
    assert(count < MOVED);
    char *at = rows;
    for (size_t i = 0; i < count; i++) {
        if (order[i] & MOVED)
            continue;
        memcpy(row, at + i * size, size);
        size_t to = i;
        for (;;) {
            size_t source = order[to];
            order[to] |= MOVED;
            if (source == i)
                break;
            memcpy(at + to * size, at + source * size, size);
            to = source;
        }
        memcpy(at + to * size, row, size);
    }
    for (size_t i = 0; i < count; i++)
        order[i] &= ~MOVED;
}

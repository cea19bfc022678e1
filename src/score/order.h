/* Order: sorting by index, where rows are large and mostly in order already. */
#ifndef AP_SCORE_ORDER_H
#define AP_SCORE_ORDER_H

#include <stddef.h>
#include <stdint.h>

/* Sorts order[count], indices into rows of `stride` octets, by the int64 that `key` points at in
 * row 0; equal keys keep their order. scratch: [count]. One pass when it is in order, else
 * n log n. */
void ap_order_sort(uint32_t *order, uint32_t *scratch, size_t count, const int64_t *key,
                   size_t stride);

/* Makes rows[i] what rows[order[i]] was, for i < count, in place. `order` is a permutation and is
 * back as it was afterwards, so that columns beside the rows can follow.
 * row: room for one row of `size` octets. count < 2^31. */
void ap_order_apply(uint32_t *order, size_t count, void *rows, size_t size, void *row);

#endif

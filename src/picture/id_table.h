/* Rows by the id of their track: open addressing in memory handed in. */
#ifndef AP_PICTURE_ID_TABLE_H
#define AP_PICTURE_ID_TABLE_H

#include <stdint.h>

#include "base/arena.h"

#define AP_ROW_NONE UINT32_MAX

typedef struct ap_id_entry {
    uint32_t id, row; /* row AP_ROW_NONE = empty */
} ap_id_entry;

typedef struct ap_id_table {
    ap_id_entry *entries; /* [count] */
    uint32_t count;       /* power of two, at least twice the rows */
} ap_id_table;

/* A table for `row_cap` rows from the arena, which may only measure. */
ap_id_table ap_id_table_take(ap_arena *arena, uint32_t row_cap);

/* Empties it; once before use. */
void ap_id_table_clear(ap_id_table *table);

/* Where the search for an id begins: what to ask the memory for. */
static inline const ap_id_entry *ap_id_table_home(const ap_id_table *table, uint32_t id)
{
    return &table->entries[id * UINT32_C(2654435769) & (table->count - 1)];
}

/* The row of an id, or AP_ROW_NONE. */
uint32_t ap_id_table_find(const ap_id_table *table, uint32_t id);

/* `id` must not be in it, nor more rows than it was made for. */
void ap_id_table_add(ap_id_table *table, uint32_t id, uint32_t row);

/* Nothing happens when the id is not in it. */
void ap_id_table_remove(ap_id_table *table, uint32_t id);

#endif

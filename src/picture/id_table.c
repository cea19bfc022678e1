#include "picture/id_table.h"

#include <string.h>

static uint32_t count_for(uint32_t row_cap)
{
    uint32_t count = 1;
    while (count < 2 * row_cap)
        count *= 2;
    return count;
}

ap_id_table ap_id_table_take(ap_arena *arena, uint32_t row_cap)
{
    ap_id_table table = { .count = count_for(row_cap) };
    table.entries = ap_arena_take(arena, table.count, sizeof *table.entries);
    return table;
}

void ap_id_table_clear(ap_id_table *table)
{
    memset(table->entries, 0xff, table->count * sizeof *table->entries);
}

static uint32_t home_of(const ap_id_table *table, uint32_t id)
{
    return (uint32_t)(ap_id_table_home(table, id) - table->entries);
}

/* The place of this id, or the empty one where it belongs. */
static uint32_t place_of(const ap_id_table *table, uint32_t id)
{
    uint32_t at = home_of(table, id);
    while (table->entries[at].row != AP_ROW_NONE && table->entries[at].id != id)
        at = (at + 1) & (table->count - 1);
    return at;
}

uint32_t ap_id_table_find(const ap_id_table *table, uint32_t id)
{
    return table->entries[place_of(table, id)].row;
}

void ap_id_table_add(ap_id_table *table, uint32_t id, uint32_t row)
{
    table->entries[place_of(table, id)] = (ap_id_entry){ id, row };
}

/* Those behind the emptied place move up, so that no search stops early. */
void ap_id_table_remove(ap_id_table *table, uint32_t id)
{
    uint32_t mask = table->count - 1, free = place_of(table, id);
    ap_id_entry *entries = table->entries;
    if (entries[free].row == AP_ROW_NONE)
        return;
    for (uint32_t next = (free + 1) & mask; entries[next].row != AP_ROW_NONE;
         next = (next + 1) & mask) {
        uint32_t home = home_of(table, entries[next].id);
        if (((next - home) & mask) >= ((next - free) & mask)) {
            entries[free] = entries[next];
            free = next;
        }
    }
    entries[free].row = AP_ROW_NONE;
}

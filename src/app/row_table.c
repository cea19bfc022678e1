#include "app/row_table.h"

#include <stdlib.h>

#define SLOT_COUNT (2u * AP_ROW_TABLE_CAP)

ap_err ap_row_table_open(ap_row_table *table)
{
    *table = (ap_row_table){ .rows = calloc(AP_ROW_TABLE_CAP, sizeof *table->rows),
                             .slots = calloc(SLOT_COUNT, sizeof *table->slots) };
    return table->rows && table->slots ? AP_OK : AP_ERR_MEMORY;
}

/* The slot of an aircraft, or the free one where it would go: half of them stay free. */
static uint32_t *slot_of(const ap_row_table *table, const ap_aircraft_row *row)
{
    uint32_t key = row->address | (uint32_t)row->address_kind << 24;
    uint32_t at = (key * 2654435769u) >> 15;
    for (;; at++) {
        uint32_t *slot = &table->slots[at % SLOT_COUNT];
        const ap_aircraft_row *found = *slot > 0 ? &table->rows[*slot - 1] : NULL;
        if (!found || (found->address == row->address && found->address_kind == row->address_kind))
            return slot;
    }
}

ap_aircraft_row *ap_row_table_take(ap_row_table *table, const ap_aircraft_row *row)
{
    uint32_t *slot = slot_of(table, row);
    if (*slot == 0 && table->count == AP_ROW_TABLE_CAP)
        return NULL;
    if (*slot == 0) {
        table->rows[table->count] =
            (ap_aircraft_row){ .time_utc = AP_UTC_UNKNOWN, .position_utc = AP_UTC_UNKNOWN };
        *slot = ++table->count;
    }
    ap_aircraft_row *into = &table->rows[*slot - 1];
    ap_row_merge(into, row);
    if (!(row->present & AP_ROW_HAS_MESSAGE_COUNT))
        into->message_count++;
    into->present |= AP_ROW_HAS_MESSAGE_COUNT;
    return into;
}

void ap_row_table_close(ap_row_table *table)
{
    free(table->rows);
    free(table->slots);
    *table = (ap_row_table){ .count = 0 };
}

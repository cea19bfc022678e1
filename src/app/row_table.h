/* The newest row of each aircraft, by address and kind of address. */
#ifndef AP_APP_ROW_TABLE_H
#define AP_APP_ROW_TABLE_H

#include "airpicture/aircraft_row.h"
#include "airpicture/err.h"

#define AP_ROW_TABLE_CAP 65536u

typedef struct ap_row_table {
    ap_aircraft_row *rows; /* [AP_ROW_TABLE_CAP], in the order of their first hearing */
    uint32_t *slots;       /* [2 * AP_ROW_TABLE_CAP]: row index + 1; 0: free */
    uint32_t count;
} ap_row_table;

/* AP_ERR_MEMORY. */
ap_err ap_row_table_open(ap_row_table *table);

/* Merges a row that has an address, and counts it as one message unless it brings a count of its
 * own. The aircraft's row, or NULL when the table is full and the aircraft is not in it. */
ap_aircraft_row *ap_row_table_take(ap_row_table *table, const ap_aircraft_row *row);

/* Safe twice, and without open. */
void ap_row_table_close(ap_row_table *table);

#endif

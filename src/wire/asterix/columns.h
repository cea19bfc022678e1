/* Chosen items as columns of a table: one for each value, named I048/040/RHO_nmi.
 *
 *     ap_asterix_columns_choose(columns, 48, "040");
 *     ap_asterix_columns_learn(columns, spec);         of every edition that is expected
 *     ap_asterix_columns_head(columns, text);
 *     ap_asterix_columns_row(columns, spec, data, size, text);
 *
 * Values of an item that repeats share a cell, with ';' between them. Head and rows end without a
 * line break and begin with a comma, to stand behind columns of the caller. */
#ifndef AP_WIRE_ASTERIX_COLUMNS_H
#define AP_WIRE_ASTERIX_COLUMNS_H

#include "wire/asterix/spec.h"

#include "airpicture/asterix.h"
#include "airpicture/bytes.h"

#define AP_ASTERIX_COLUMN_CAP 1024
#define AP_ASTERIX_CHOICE_CAP 128
#define AP_ASTERIX_PLAN_CAP 72 /* as many as there are editions */
#define AP_ASTERIX_PLAN_BITS_CAP 512
#define AP_ASTERIX_PLAN_ITEM_CAP 192
#define AP_ASTERIX_COLUMN_NAME_CAP 64
#define AP_ASTERIX_NEAR_CAP 3

typedef struct ap_asterix_column {
    char name[AP_ASTERIX_COLUMN_NAME_CAP];
    /* the value in the current record: `count` elements, `stride` octets apart */
    const ap_asterix_bits *bits; /* NULL: octets */
    const uint8_t *p;
    uint32_t row; /* number of the row that this belongs to */
    uint32_t offset, count, stride;
} ap_asterix_column;

/* Where the rows and items of one definition go; 0: nowhere, else column + 1. */
typedef struct ap_asterix_plan {
    const ap_asterix_spec *spec;
    uint16_t of_bits[AP_ASTERIX_PLAN_BITS_CAP];
    uint16_t of_item[AP_ASTERIX_PLAN_ITEM_CAP]; /* the item's octets */
    bool wants[AP_ASTERIX_PLAN_ITEM_CAP];
} ap_asterix_plan;

typedef struct ap_asterix_choice {
    uint8_t category;
    char item[8];
} ap_asterix_choice;

/* Plain, caller's; set to zero before use. */
typedef struct ap_asterix_columns {
    bool with_raw;    /* also the octets of each item, as I048/040_hex */
    bool head_is_out; /* no further columns */
    uint32_t row;
    uint16_t count, choice_count, plan_count;
    ap_asterix_choice choice[AP_ASTERIX_CHOICE_CAP];
    ap_asterix_column column[AP_ASTERIX_COLUMN_CAP];
    ap_asterix_plan plan[AP_ASTERIX_PLAN_CAP];
} ap_asterix_columns;

/* Chooses an item. AP_ERR_UNKNOWN when no edition of the category has it, AP_ERR_FULL. */
ap_err ap_asterix_columns_choose(ap_asterix_columns *columns, uint8_t category, const char *item);

/* The items of any edition of the category whose numbers are the nearest to this one's, nearest
 * first; letters are beyond every number. Returns how many, 0 for a category that is not known. */
unsigned ap_asterix_columns_near(uint8_t category, const char *item,
                                 const char *near[AP_ASTERIX_NEAR_CAP]);

/* Makes columns for the chosen items as this edition lays them out. AP_ERR_FULL. */
ap_err ap_asterix_columns_learn(ap_asterix_columns *columns, const ap_asterix_spec *spec);

/* The same for every edition of the category, newest first. AP_ERR_FULL. */
ap_err ap_asterix_columns_learn_all(ap_asterix_columns *columns, uint8_t category);

/* The first chosen item that no edition learnt so far has; NULL: none. */
const ap_asterix_choice *ap_asterix_columns_missing(const ap_asterix_columns *columns);

/* The names of the columns; there are no further ones from then on. */
void ap_asterix_columns_head(ap_asterix_columns *columns, ap_writer *text);

/* The cells of a record that walks. Values without a column (of an edition that was not learnt
 * before the head) are left out. AP_ERR_MALFORMED, AP_ERR_FULL. */
ap_err ap_asterix_columns_row(ap_asterix_columns *columns, const ap_asterix_spec *spec,
                              const uint8_t *data, size_t size, ap_writer *text);

#endif

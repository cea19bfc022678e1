/* Which records `decode` takes: --only, --sac-sic, --items. */
#ifndef AP_APP_DECODE_SELECT_H
#define AP_APP_DECODE_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/asterix_cursor.h"
#include "app/command.h"
#include "wire/asterix/columns.h"

#define AP_DECODE_SOURCE_CAP 256

/* Set to zero: everything. */
typedef struct ap_decode_selection {
    bool by_category;
    bool category[256];
    uint16_t source_count;                 /* 0: every source */
    uint16_t source[AP_DECODE_SOURCE_CAP]; /* SAC * 256 + SIC */
} ap_decode_selection;

/* "048,062", "25/201", "I048/040,I048/220": added to what was chosen before. AP_EXIT_USAGE after a
 * line on standard error for anything else. */
int ap_decode_take_only(const ap_command *command, const char *value, ap_decode_selection *to);
int ap_decode_take_source(const ap_command *command, const char *value, ap_decode_selection *to);
int ap_decode_take_items(const ap_command *command, const char *value, ap_asterix_columns *to);

bool ap_decode_selects_category(const ap_decode_selection *selection, uint8_t category);
bool ap_decode_selects(const ap_decode_selection *selection, const ap_asterix_record *record);

#endif

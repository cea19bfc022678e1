/* One Mode S frame as a line for programs: JSON object or CSV row, from one table of columns.
 *
 * Keys carry their units. A key is there only when the frame states the value (CSV: an empty cell
 * otherwise). `check` is checked, interrogator, overlaid or damaged. `nic_a` to `nic_d` are the
 * supplements: a NIC itself needs several frames.
 *
 * A Comm-B reply has `bds`, the register that was named ("5,0"), `bds_score`, its score,
 * `bds_alternatives`, the other candidates, and `register`, what it says; other frames may have
 * `advisory`, `status`, `target`, `tisb` and `segment` (modes_detail.h). These are objects; in CSV
 * one cell each, name=value with semicolons between. */
#ifndef AP_WIRE_MODES_JSON_H
#define AP_WIRE_MODES_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/comm_b.h"
#include "airpicture/modes.h"

typedef struct ap_modes_line {
    const uint8_t *frame;
    size_t size;
    const ap_modes_frame *decoded;        /* NULL: the frame cannot be decoded */
    const ap_comm_b_inference *inference; /* of a Comm-B reply; NULL: not inferred */
    bool has_time;
    double time_s; /* UTC, since 1970 */
    bool has_position;
    double latitude_deg, longitude_deg;
} ap_modes_line;

/* The object, without a newline: under 2,500 bytes. */
void ap_modes_json(ap_writer *text, const ap_modes_line *line);

/* Names of the columns; rows end in CR LF. */
void ap_modes_csv_head(ap_writer *text);
void ap_modes_csv(ap_writer *text, const ap_modes_line *line);

#endif

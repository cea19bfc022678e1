/* What Comm-B registers and the rarer contents of frames say, as members of a JSON object or as
 * `name=value` with semicolons between, in one cell of CSV. */
#ifndef AP_WIRE_MODES_JSON_DETAIL_H
#define AP_WIRE_MODES_JSON_DETAIL_H

#include "airpicture/bytes.h"
#include "airpicture/comm_b.h"
#include "airpicture/modes_detail.h"

typedef struct ap_members {
    ap_writer *text;
    bool is_csv;
    bool any; /* a member was written */
} ap_members;

ap_members ap_members_open(ap_writer *text, bool is_csv);
void ap_members_close(ap_members *members);

/* The name of the next member; its value follows. */
void ap_members_key(ap_members *members, const char *key);

/* A quotation mark around words, in JSON only. */
void ap_members_quote(ap_members *members);

/* "5,0". */
void ap_text_bds(ap_writer *text, uint8_t bds);

/* Each writes members. A register without a table writes none. */
void ap_put_register(ap_members *members, uint8_t bds, uint64_t mb);
void ap_put_advisory(ap_members *members, const ap_modes_advisory *of);
void ap_put_status(ap_members *members, const ap_modes_status *of);
void ap_put_target(ap_members *members, const ap_modes_target *of);
void ap_put_coarse(ap_members *members, const ap_modes_coarse *of);
void ap_put_segment(ap_members *members, const ap_modes_segment *of);

#endif

/* What `airpicture decode` writes, apart from where its bytes come from and go. */
#ifndef AP_APP_DECODE_H
#define AP_APP_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/asterix_cursor.h"
#include "airpicture/bytes.h"
#include "airpicture/modes.h"
#include "airpicture/refusal.h"
#include "sense/sense.h"
#include "wire/framer.h"

typedef enum ap_decode_form {
    AP_DECODE_JSONL,
    AP_DECODE_CSV,
    AP_DECODE_SUMMARY,
    AP_DECODE_FORM_COUNT
} ap_decode_form;

/* Counts of one category and source, or of one downlink format. */
typedef struct ap_decode_row {
    ap_frame_kind kind;
    uint8_t category, sac, sic; /* category: or downlink format */
    bool has_source;
    uint64_t record_count, byte_count;
    uint32_t first_tod_128th_s, last_tod_128th_s;
    bool has_tod;
} ap_decode_row;

#define AP_DECODE_ROW_CAP 4096

typedef struct ap_decoder {
    ap_decode_form form;
    const ap_asterix_editions *editions;
    ap_sense *sense;             /* solves positions of Mode S frames */
    ap_writer *text;             /* out: one line an element */
    bool csv_asterix, csv_modes; /* the head of that table was written */
    ap_refusals refused;         /* of the current input */
    uint64_t block_count, record_count;
    uint16_t row_count;
    ap_decode_row row[AP_DECODE_ROW_CAP];
} ap_decoder;

/* One frame to lines. AP_ERR_FULL when the text buffer is too small for a line (1 MiB is enough),
 * AP_ERR_CONFIG when ASTERIX and Mode S would share one CSV. */
ap_err ap_decoder_take(ap_decoder *decoder, uint16_t input, const ap_frame *frame,
                       ap_utc_ns receive_utc);

/* The tables of --to summary. */
void ap_decoder_summary(const ap_decoder *decoder, ap_writer *text);

#endif

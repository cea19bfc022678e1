/* What `airpicture decode` writes, apart from where its bytes come from and go. */
#ifndef AP_APP_DECODE_H
#define AP_APP_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/asterix_cursor.h"
#include "airpicture/bytes.h"
#include "airpicture/modes.h"
#include "airpicture/refusal.h"
#include "app/decode_select.h"
#include "sense/sense.h"
#include "wire/feed/feed.h"
#include "wire/framer.h"

typedef enum ap_decode_form {
    AP_DECODE_JSONL,
    AP_DECODE_CSV,
    AP_DECODE_TEXT,
    AP_DECODE_SUMMARY,
    AP_DECODE_FORM_COUNT
} ap_decode_form;

/* One category, source and edition, or one downlink format. */
typedef struct ap_decode_key {
    ap_frame_kind kind;
    uint8_t category, sac, sic; /* category: or downlink format; 0 for rows of a target format */
    bool has_source;
    const ap_asterix_spec *spec;
} ap_decode_key;

/* What was counted of it. */
typedef struct ap_decode_row {
    ap_decode_key key;
    uint64_t record_count, byte_count, error_count;
    uint32_t first_tod_128th_s, last_tod_128th_s;
    bool has_tod;
    ap_utc_ns first_utc, last_utc; /* receive times */
    uint64_t item_count[64];       /* records that hold the item, by its index */
} ap_decode_row;

#define AP_DECODE_ROW_CAP 4096
#define AP_DECODE_PLACE_COUNT (2 * AP_DECODE_ROW_CAP) /* a power of two, never full */

typedef struct ap_decoder {
    ap_decode_form form;
    const ap_asterix_editions *editions;
    ap_sense *sense;                      /* solves positions of Mode S frames: there with the
                                             first of them */
    ap_writer *text;                      /* out: one line an element */
    const ap_decode_selection *selection; /* NULL: all records */
    ap_asterix_columns *columns;          /* of the CSV; NULL: whole records */
    bool with_raw;                        /* octets beside values */
    bool with_expansion;                  /* JSON: reserved expansion fields decoded */
    ap_writer *errors;                    /* out: one JSON line an error; NULL: none */
    void (*flush)(void *context); /* empties text and errors between two records; NULL: never */
    void *context;
    ap_writer *kept;             /* out: the selected records of the frame, in blocks; NULL: none */
    size_t kept_block_max;       /* of one of them, with its header */
    ap_feed *feed;               /* of the current input */
    const char *input_path;      /* of the current input, for errors */
    uint64_t input_block_count;  /* its blocks so far */
    bool csv_asterix, csv_modes; /* the head of that table was written */
    ap_refusals *refused;        /* out: of the current input */
    uint8_t time_text[32];       /* of the current frame, in seconds; [time_text_size] */
    size_t time_text_size;
    uint32_t known_tod[1 << 16]; /* newest time of day of each SAC/SIC, 1/128 s, + 1; 0: none */
    uint64_t block_count, record_count;
    uint64_t unlisted_count; /* records of sources that the table had no room for */
    uint16_t row_count;
    uint16_t row_number[AP_DECODE_PLACE_COUNT]; /* by hash: 1 = the first row, 0 = none */
    ap_decode_row row[AP_DECODE_ROW_CAP];
} ap_decoder;

/* Room for the lines of one record beside those that wait to be flushed: in the text form, one code
 * repeated becomes up to 90 characters an octet. */
#define AP_DECODE_TEXT_CAP (8u << 20)

/* One frame to lines; `receiver` is the row of the receiver of a Mode S frame. AP_ERR_FULL when the
 * text buffer is too small for a record (that size is
 * enough), AP_ERR_CONFIG when ASTERIX and Mode S would share one CSV, AP_ERR_UNKNOWN for a CSV of
 * targets. */
ap_err ap_decoder_take(ap_decoder *decoder, uint16_t receiver, const ap_frame *frame,
                       ap_utc_ns receive_utc);

/* Error lines of what the container's reader gave up on at `offset` of the current input: one for
 * each reason, with the octets that were passed over for it. */
void ap_decoder_tell_lost(ap_decoder *decoder, uint64_t offset, const ap_refusals *lost);

/* The tables of --to summary. */
void ap_decoder_summary(const ap_decoder *decoder, ap_writer *text);

#endif

/* Definition tables of the ASTERIX categories, as tools/asterix-generate writes them.
 *
 * An item is a run of octets; what is inside one is a row of `bits`, read from left to right.
 * Groups are flattened between OPEN and CLOSE, so that one loop reads any item. */
#ifndef AP_WIRE_ASTERIX_SPEC_H
#define AP_WIRE_ASTERIX_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/asterix.h"

typedef enum ap_bits_op {
    AP_BITS_UNSIGNED, /* a number, code or raw value */
    AP_BITS_SIGNED,
    AP_BITS_SCALED, /* raw * numerator / denominator */
    AP_BITS_SIGNED_SCALED,
    AP_BITS_BY,    /* scaled by one of `cases`, else raw */
    AP_BITS_OCTAL, /* three bits a digit */
    AP_BITS_ICAO6, /* eight six-bit characters */
    AP_BITS_ASCII,
    AP_BITS_BYTES, /* longer than 64 bits: as it is */
    AP_BITS_SPARE,
    AP_BITS_OPEN, /* a group begins; no bits of its own */
    AP_BITS_CLOSE,
    AP_BITS_FX /* one bit: clear = the item ends here */
} ap_bits_op;

/* Octets that an element of 8-bit characters has at most. */
#define AP_ASTERIX_ASCII_CAP 64

/* A step: value = raw * numerator / denominator, to the nearest double. If the step is a short
 * decimal number, raw * decimal is the value in units of 10^-digits for raw <= raw_max, and has at
 * most 15 digits there; else raw_max is 0. */
typedef struct ap_asterix_step {
    double numerator, denominator;
    uint64_t decimal, raw_max;
    uint8_t digits;
} ap_asterix_step;

/* `, "NAME": `; padded, so that a copy of fixed size may begin at its third character. */
#define AP_ASTERIX_KEY_CAP 24
typedef char ap_asterix_key[AP_ASTERIX_KEY_CAP + 2];

typedef struct ap_asterix_bits {
    ap_asterix_key key;
    uint8_t op; /* ap_bits_op */
    uint8_t key_size;
    uint16_t size; /* bits */
    ap_asterix_step step;
    /* AP_BITS_BY, or a code whose meaning another value selects: that value lies `back` bits
     * before this one */
    uint8_t back, back_size;
    uint16_t case_first, case_count;
} ap_asterix_bits;

/* A code, or a run of codes, of one meaning. */
typedef struct ap_asterix_code {
    uint8_t first, last;
    uint16_t meaning; /* offset in ap_asterix_meanings */
} ap_asterix_code;

/* Rows of ap_asterix_codes, by code; no rows: the value is no code. */
typedef struct ap_asterix_code_rows {
    uint16_t first;
    uint8_t count;
} ap_asterix_code_rows;

typedef struct ap_asterix_case {
    uint32_t value;
    ap_asterix_step step;
    uint8_t unit; /* in ap_asterix_units */
    ap_asterix_code_rows codes;
} ap_asterix_case;

/* What people want to know of a row of bits. */
typedef struct ap_asterix_words {
    const char *title; /* "": none */
    uint8_t unit;      /* in ap_asterix_units */
    ap_asterix_code_rows codes;
    bool is_hex; /* people write it in hexadecimal digits: an address, a message */
} ap_asterix_words;

typedef enum ap_item_kind {
    AP_ITEM_UNUSED, /* no item has this place */
    AP_ITEM_RANDOM, /* random field sequencing */
    AP_ITEM_FIXED,
    AP_ITEM_EXTENDED,
    AP_ITEM_REPEAT,    /* a count, then as many elements */
    AP_ITEM_REPEAT_FX, /* elements whose last bit tells whether another follows */
    AP_ITEM_COMPOUND,
    AP_ITEM_EXPLICIT /* a length that counts itself, then content */
} ap_item_kind;

typedef struct ap_asterix_item {
    const char *name;
    ap_asterix_key key;
    uint8_t kind; /* ap_item_kind */
    uint8_t key_size;
    bool is_single;      /* one element without a name of its own */
    uint8_t count_size;  /* REPEAT: octets of the count */
    uint16_t size;       /* FIXED: octets; REPEAT, REPEAT_FX: of one element */
    uint16_t first;      /* of its rows in bits; COMPOUND: of its sub-items in items */
    uint16_t count;      /* of rows or sub-items */
    uint16_t part_first; /* EXTENDED: octets of its parts in parts */
    uint8_t part_count;
    bool is_open; /* EXTENDED: the last part known ends in FX too */
} ap_asterix_item;

typedef struct ap_asterix_uap {
    const uint16_t *items; /* index in items by place in the field specification */
    uint8_t count;
} ap_asterix_uap;

/* Items that may tell the time of day. */
#define AP_ASTERIX_TIME_ITEMS 4

struct ap_asterix_spec {
    uint8_t category;
    const char *edition;
    const ap_asterix_item *items; /* 0: the unused one, 1: random field sequencing */
    const ap_asterix_bits *bits;
    const ap_asterix_case *cases;
    const uint8_t *parts;
    const ap_asterix_words *words; /* of each row of bits */
    const char *const *titles;     /* of each item */
    ap_asterix_uap uap[2];
    uint8_t uap_count;
    /* With two layouts: bits of `select_item` whose value v means the second one if bit v is set.
     */
    uint16_t select_item;
    uint8_t select_offset, select_size;
    uint64_t select_values;
    uint16_t source_item;                       /* SAC and SIC; 0: none */
    uint16_t time_items[AP_ASTERIX_TIME_ITEMS]; /* best first; 0: none */
    uint16_t time_512_item;                     /* 0: none */
    uint8_t fspec_size; /* of an expansion: octets of its field specification, which knows no FX;
                           0: it ends by FX */
};

/* Shared by all definitions. */
extern const char *const ap_asterix_units[];         /* 0: "" */
extern const char *const ap_asterix_unit_suffixes[]; /* as the ends of names: "nmi"; 0: "" */
extern const ap_asterix_code ap_asterix_codes[];
extern const char *const ap_asterix_meanings; /* strings one behind the other */

/* Every definition, by category, then edition. */
extern const ap_asterix_spec *const ap_asterix_specs[];
extern const unsigned ap_asterix_spec_count;

/* Contents of reserved expansion fields, by category. */
extern const ap_asterix_spec *const ap_asterix_expansions[];
extern const unsigned ap_asterix_expansion_count;

#endif

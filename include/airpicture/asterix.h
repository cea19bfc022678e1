/* ASTERIX: data blocks, records, items; generic access by table and JSON.
 *
 * Two ways to a record:
 *   typed    airpicture/asterix/cat048.h and its siblings: one plain struct per category with
 *            presence bits and raw integers that carry their step in the name
 *            (rho_256th_nmi); straight-line decoder and encoder;
 *   generic  this header: walk, find out why not, print as JSON, by the definition tables.
 * Both are generated from spec/asterix. Raw integers and unknown parts are kept, so decode and
 * encode give the same bytes again. */
#ifndef AIRPICTURE_ASTERIX_H
#define AIRPICTURE_ASTERIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/err.h"
#include "airpicture/refusal.h"

#define AP_ASTERIX_BLOCK_HEADER_SIZE 3
#define AP_ASTERIX_BLOCK_SIZE_MAX 65535

/* The repetitions of an item, as they lie in the record: read with the item's _get. In an item that
 * repeats by FX the elements hold the FX bits too. data may be NULL only when count is 0. */
typedef struct ap_repeats {
    const uint8_t *data;
    uint16_t count;
} ap_repeats;

/* A data block: category, length, records. */
typedef struct ap_asterix_block {
    uint8_t category;
    const uint8_t *data; /* first record, behind the header */
    size_t size;         /* bytes of records */
} ap_asterix_block;

/* Definition of one category in one edition; opaque, static, immutable. */
typedef struct ap_asterix_spec ap_asterix_spec;

#define AP_ASTERIX_SOURCE_EDITION_CAP 256

/* Who says which edition is sent, weakest first: the higher goes before the lower, and for one
 * level what is said of a source goes before what is said of its category. */
typedef enum ap_edition_level {
    AP_EDITION_BY_DEFAULT, /* nobody: the newest */
    AP_EDITION_BY_TRIAL,   /* blocks that fit it (asterix_probe.h) */
    AP_EDITION_BY_SENDER,  /* announced in CAT247 */
    AP_EDITION_BY_FILE,    /* people, for every run */
    AP_EDITION_BY_COMMAND  /* people, for this run */
} ap_edition_level;

/* The edition in which one source sends one category. */
typedef struct ap_asterix_source_edition {
    uint8_t sac, sic;
    ap_edition_level level;
    const ap_asterix_spec *spec;
} ap_asterix_source_edition;

/* Which edition each category is read with. Plain, caller's. */
typedef struct ap_asterix_editions {
    const ap_asterix_spec *category[256]; /* of every source without one of its own; NULL: the
                                             category is not decoded */
    ap_edition_level level[256];          /* of category[] */
    uint16_t source_count;
    ap_asterix_source_edition source[AP_ASTERIX_SOURCE_EDITION_CAP];
} ap_asterix_editions;

/* The newest known edition of every category, for all sources. */
void ap_asterix_editions_default(ap_asterix_editions *editions);

/* Adds `moved` octets to every address of a definition: for editions in memory that another run of
 * the same program left, whose definitions lay elsewhere. */
void ap_asterix_editions_move(ap_asterix_editions *editions, ptrdiff_t moved);

/* Sets the edition of a category, for every source, unless one of a higher level is there. */
void ap_asterix_editions_choose(ap_asterix_editions *editions, ap_edition_level level,
                                const ap_asterix_spec *spec);

/* The same for one source. AP_ERR_FULL when the table is. */
ap_err ap_asterix_editions_choose_source(ap_asterix_editions *editions, ap_edition_level level,
                                         uint8_t sac, uint8_t sic, const ap_asterix_spec *spec);

/* Takes what the senders of this datagram announce (CAT247) of their editions: the announced one,
 * or the next newer of the same main number. What people chose stays. Returns how many changed;
 * announcements of unknown categories and main numbers, or beyond the table, are left out. */
unsigned ap_asterix_editions_hear(ap_asterix_editions *editions, const uint8_t *data, size_t size);

/* The definition to read a block with, by the source of its first record; NULL: none.
 * in : data, size: of the records, behind the block's header. */
const ap_asterix_spec *ap_asterix_edition_of(const ap_asterix_editions *editions, uint8_t category,
                                             const uint8_t *data, size_t size);

/* The definition of a category's edition ("1.32"), or its newest when edition is NULL; NULL if
 * there is none. */
const ap_asterix_spec *ap_asterix_spec_find(uint8_t category, const char *edition);

/* The definition of what a category's reserved expansion field (RE) holds; NULL if it is not known.
 * To be used as any definition: the field's content is walked and printed as a record is. */
const ap_asterix_spec *ap_asterix_expansion_find(uint8_t category);

/* What a definition is of: category, and edition as "1.32". */
uint8_t ap_asterix_spec_category(const ap_asterix_spec *spec);
const char *ap_asterix_spec_edition(const ap_asterix_spec *spec);

/* Next block of a datagram or buffer.
 * AP_ERR_END at the clean end; AP_ERR_MALFORMED for a length below 3 or of no record (length 3);
 * AP_ERR_TRUNCATED for one that runs past the buffer. On an error the reader stays there. */
ap_err ap_asterix_block_next(ap_reader *reader, ap_asterix_block *block);

/* What went wrong in a record, exactly enough to repair the sender. */
typedef struct ap_asterix_fault {
    ap_refusal reason;
    size_t offset;   /* of the record, or of the block at fault, in the cursor's buffer */
    uint16_t record; /* index in the block, from 0 */
    char item[8];    /* "040", "RE", "SP", or "" when it is not an item's */
} ap_asterix_fault;

/* Length of the record that starts at `data`, walked item by item.
 * out: *record_size >= 1. AP_ERR_MALFORMED with *fault (record and offset 0) otherwise. */
ap_err ap_asterix_walk(const ap_asterix_spec *spec, const uint8_t *data, size_t size,
                       size_t *record_size, ap_asterix_fault *fault);

/* True when the bytes at `data` are, beyond doubt, a block: a category with a definition, a length
 * inside the buffer, and records that walk exactly to its end. Used to find the stream again. */
bool ap_asterix_block_proves(const ap_asterix_editions *editions, const uint8_t *data, size_t size);

/* State that records of one block hand on (CAT001 inherits I001/010). Set to zero at its start. */
typedef struct ap_asterix_inherited {
    bool has_source;
    uint8_t sac, sic;
} ap_asterix_inherited;

/* What every category tells in the same terms, found by one walk. */
typedef struct ap_asterix_glance {
    bool has_source, has_tod, has_tod_512;
    uint8_t sac, sic;
    uint32_t tod_128th_s;     /* may be beyond a day: check before use */
    uint16_t tod_512_128th_s; /* truncated time of CAT001 */
} ap_asterix_glance;

/* Source and time of a record that walks; inherits what the record leaves out. AP_ERR_MALFORMED
 * when it does not walk so far: *glance and *inherited are then not to be used. */
ap_err ap_asterix_look(const ap_asterix_spec *spec, const uint8_t *data, size_t size,
                       ap_asterix_inherited *inherited, ap_asterix_glance *glance);

/* Appends the record's items as one JSON object to a text buffer: {"010": {"SAC": 20, ...}, ...},
 * values in the unit of the definition, tables as raw numbers, spare bits left out, unknown
 * explicit fields as {"raw": "hex"}. Layout as the reference decodes have it.
 * in : a record that walks (ap_asterix_walk gave its size).
 * AP_ERR_FULL when the text does not fit; then the writer's `bad` is set. */
ap_err ap_asterix_json(const ap_asterix_spec *spec, const uint8_t *data, size_t size,
                       ap_writer *text);

/* The same with the reserved expansion field read by `expansion`, if not NULL and if it fits it
 * exactly: "RE": {"MD5": {...}}. */
ap_err ap_asterix_json_expanded(const ap_asterix_spec *spec, const ap_asterix_spec *expansion,
                                const uint8_t *data, size_t size, ap_writer *text);

/* Six-bit characters of an aircraft identification (48 bits, first character highest) as text;
 * characters outside the alphabet become '?'. Trailing spaces are kept. text[8] = NUL. */
void ap_asterix_icao6_text(uint64_t raw, char text[9]);

/* The inverse: A-Z, 0-9 and space; others become space. Shorter texts are padded. */
uint64_t ap_asterix_icao6_raw(const char *text);

/* Opens a block at the writer's end and returns the offset to close it with. */
size_t ap_asterix_block_open(ap_writer *writer, uint8_t category);

/* Writes the length of the block opened at `offset`. AP_ERR_FULL when the writer is `bad`,
 * AP_ERR_RANGE beyond 65,535 bytes. */
ap_err ap_asterix_block_close(ap_writer *writer, size_t offset);

#endif

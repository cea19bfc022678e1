/* JSON text as nodes, in memory handed in. RFC 8259, strictly: what is left out, doubled or out of
 * place is refused; names that occur twice are for the caller to see.
 *
 * For a text that is whole, and of which all is wanted, by name, in any order, or an error with its
 * place. To pick some members of a stream in passing: json_scan.h.
 *
 * Tokens are cut by jsmn; what it lets pass is checked here. No recursion; linear in the text. */
#ifndef AP_WIRE_JSON_READ_H
#define AP_WIRE_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "wire/json_number.h"

typedef enum ap_json_kind {
    AP_JSON_OBJECT,
    AP_JSON_ARRAY,
    AP_JSON_STRING,
    AP_JSON_NUMBER,
    AP_JSON_WORD /* true, false, null */
} ap_json_kind;

typedef struct ap_json_node {
    uint32_t start, end; /* in the text; of a string between its quotes */
    uint32_t next;       /* node behind this one and all in it */
    uint8_t kind;        /* ap_json_kind */
    bool taken;          /* of a member's name: someone asked for it */
} ap_json_node;

#define AP_JSON_NONE UINT32_MAX
#define AP_JSON_NESTING_MAX 64 /* arrays and objects in each other */

/* Members of an object lie behind it as pairs of nodes, name and value; elements of an array as one
 * node each. Node 0 is the whole. */
typedef struct ap_json_doc {
    const char *text;
    ap_json_node *node;
    uint32_t count;
    size_t fault_at; /* where the text breaks the rules */
} ap_json_doc;

/* Memory that is enough for any text of so many characters. */
#define AP_JSON_READ_MEM(text_size) (((text_size) / 2 + 1) * 36)

/* in : text; size < 2^31; mem aligned for int. All must outlive *doc.
 * AP_ERR_MALFORMED with doc->fault_at; AP_ERR_FULL when mem is too small. */
ap_err ap_json_read(ap_json_doc *doc, const char *text, size_t size, void *mem, size_t mem_size);

/* The value of a member, or AP_JSON_NONE; *from: name node where to look first, left behind the
 * found one, so that members in the order asked for are found at once. Start it at object + 1.
 * Names with escapes are never found. */
uint32_t ap_json_member(const ap_json_doc *doc, uint32_t object, const char *name, size_t size,
                        uint32_t *from);

/* node: of kind AP_JSON_NUMBER. */
ap_json_number ap_json_number_of(const ap_json_doc *doc, uint32_t node);

/* A string's octets in UTF-8, escapes undone; lone surrogates become U+FFFD. False: beyond cap. */
bool ap_json_octets(const ap_json_doc *doc, uint32_t node, uint8_t *octets, size_t cap,
                    size_t *size);

#endif

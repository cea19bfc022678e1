#include "wire/asterix/encode.h"

#include "wire/asterix/octets.h"
#include "wire/asterix/value.h"
#include "wire/asterix/walk.h"
#include "wire/json.h"

#include <string.h>

#define GROUP_CAP 4
#define EXPLICIT_CONTENT_MAX 254

_Static_assert(AP_ASTERIX_ENCODER_MEM(100) == AP_JSON_READ_MEM(100), "one tells of the other");

/* ---- faults ---- */

static const char *const reason_keys[] = {
#define REASON_KEY(name, key, text) key,
    AP_ASTERIX_ENCODE_REASON_MAP(REASON_KEY)
#undef REASON_KEY
};

static const char *const reason_texts[] = {
#define REASON_TEXT(name, key, text) text,
    AP_ASTERIX_ENCODE_REASON_MAP(REASON_TEXT)
#undef REASON_TEXT
};

const char *ap_asterix_encode_reason_key(ap_asterix_encode_reason reason)
{
    return (unsigned)reason < AP_ASTERIX_ENCODE_REASON_COUNT ? reason_keys[reason] : "unlisted";
}

const char *ap_asterix_encode_reason_text(ap_asterix_encode_reason reason)
{
    return (unsigned)reason < AP_ASTERIX_ENCODE_REASON_COUNT ? reason_texts[reason] : "unlisted";
}

void ap_asterix_encode_fault_text(const ap_asterix_encode_fault *fault, ap_writer *text)
{
    if (fault->path[0] != '\0') {
        ap_text_str(text, fault->path);
        ap_text_str(text, ": ");
    }
    ap_text_str(text, ap_asterix_encode_reason_text(fault->reason));
    if (!fault->has_range)
        return;
    ap_text_str(text, ", ");
    if (fault->is_whole)
        ap_text_i64(text, fault->lowest_raw);
    else
        ap_text_double(text, fault->lowest);
    ap_text_str(text, " to ");
    if (fault->is_whole)
        ap_text_u64(text, fault->highest_raw);
    else
        ap_text_double(text, fault->highest);
    if (fault->unit[0] != '\0')
        ap_text_str(text, " ");
    ap_text_str(text, fault->unit);
}

void ap_encode_enter(ap_asterix_encoding *encoding, const char *name, size_t size)
{
    encoding->crumb[encoding->depth++] = (ap_asterix_crumb){ name, size, -1 };
}

static void enter_element(ap_asterix_encoding *encoding, int32_t index)
{
    encoding->crumb[encoding->depth++] = (ap_asterix_crumb){ "", 0, index };
}

void ap_encode_leave(ap_asterix_encoding *encoding)
{
    encoding->depth--;
}

/* Names may come from the JSON: what is not plain there becomes '?'. */
static void put_name(ap_writer *path, const char *name, size_t size)
{
    for (size_t k = 0; k < size; k++)
        ap_write_u8(path, name[k] > ' ' && name[k] < 0x7F ? (uint8_t)name[k] : '?');
}

static void put_path(const ap_asterix_encoding *encoding, char path[AP_ASTERIX_PATH_CAP])
{
    ap_writer text = ap_writer_of((uint8_t *)path, AP_ASTERIX_PATH_CAP - 1);
    for (unsigned k = 0; k < encoding->depth; k++) {
        const ap_asterix_crumb *crumb = &encoding->crumb[k];
        ap_text_str(&text, crumb->index >= 0 ? "[" : k > 0 ? "/" : "");
        if (crumb->index >= 0) {
            ap_text_u64(&text, (uint64_t)crumb->index);
            ap_text_str(&text, "]");
        } else {
            put_name(&text, crumb->name, crumb->size);
        }
    }
    path[text.size] = '\0';
}

bool ap_encode_refuse(ap_asterix_encoding *encoding, ap_asterix_encode_reason reason, uint32_t node)
{
    ap_asterix_encode_fault *fault = encoding->fault;
    *fault = (ap_asterix_encode_fault){ .reason = reason, .unit = "" };
    fault->offset = encoding->doc.node[node].start;
    put_path(encoding, fault->path);
    return false;
}

bool ap_encode_refuse_beyond(ap_asterix_encoding *encoding, ap_asterix_encode_reason reason,
                             uint32_t node, int64_t lowest, uint64_t highest, const char *unit)
{
    (void)ap_encode_refuse(encoding, reason, node);
    ap_asterix_encode_fault *fault = encoding->fault;
    fault->has_range = true;
    fault->is_whole = true;
    fault->lowest_raw = lowest;
    fault->highest_raw = highest;
    fault->lowest = (double)lowest;
    fault->highest = (double)highest;
    fault->unit = unit;
    return false;
}

/* ---- members ---- */

/* An object whose members are asked for one by one. */
typedef struct members {
    uint32_t object, from;
} members;

static bool is_object(ap_asterix_encoding *encoding, uint32_t node)
{
    return encoding->doc.node[node].kind == AP_JSON_OBJECT ||
           ap_encode_refuse(encoding, AP_ASTERIX_ENCODE_TYPE, node);
}

static members members_of(uint32_t object)
{
    return (members){ object, object + 1 };
}

/* The value of a member by its key in the tables; AP_JSON_NONE if there is none. */
static uint32_t take(ap_asterix_encoding *encoding, members *of, const ap_asterix_key key,
                     uint8_t key_size)
{
    size_t size;
    const char *name = ap_asterix_key_name(key, key_size, &size);
    uint32_t value = ap_json_member(&encoding->doc, of->object, name, size, &of->from);
    if (value != AP_JSON_NONE)
        encoding->doc.node[value - 1].taken = true;
    return value;
}

static bool has(const ap_asterix_encoding *encoding, members of, const ap_asterix_key key,
                uint8_t key_size)
{
    size_t size;
    const char *name = ap_asterix_key_name(key, key_size, &size);
    return ap_json_member(&encoding->doc, of.object, name, size, &of.from) != AP_JSON_NONE;
}

static bool is_of_other_layout(const ap_asterix_encoding *encoding, uint32_t name)
{
    const ap_asterix_spec *spec = encoding->spec;
    const ap_json_node *node = &encoding->doc.node[name];
    for (unsigned u = 0; encoding->depth == 1 && u < spec->uap_count; u++)
        for (unsigned k = 0; k < spec->uap[u].count; k++) {
            const char *known = spec->items[spec->uap[u].items[k]].name;
            if (strlen(known) == node->end - node->start &&
                memcmp(known, encoding->doc.text + node->start, strlen(known)) == 0)
                return true;
        }
    return false;
}

/* Whether every member was asked for; else the first that was not is refused. */
static bool all_taken(ap_asterix_encoding *encoding, uint32_t object)
{
    const ap_json_doc *doc = &encoding->doc;
    uint32_t name = object + 1, end = doc->node[object].next;
    while (name < end && doc->node[name].taken)
        name = doc->node[name + 1].next;
    if (name >= end)
        return true;
    size_t size = doc->node[name].end - doc->node[name].start;
    uint32_t from = object + 1;
    uint32_t first = ap_json_member(doc, object, doc->text + doc->node[name].start, size, &from);
    ap_encode_enter(encoding, doc->text + doc->node[name].start, size);
    ap_asterix_encode_reason reason = first != name + 1 ? AP_ASTERIX_ENCODE_DUPLICATE
                                      : is_of_other_layout(encoding, name)
                                          ? AP_ASTERIX_ENCODE_LAYOUT
                                          : AP_ASTERIX_ENCODE_UNKNOWN;
    (void)ap_encode_refuse(encoding, reason, name);
    ap_encode_leave(encoding);
    return false;
}

/* ---- rows of bits ---- */

/* Zeros that values are written into; their place, or SIZE_MAX without room. */
static size_t make_room(ap_asterix_encoding *encoding, size_t size)
{
    ap_writer *writer = encoding->writer;
    if (writer->bad || size > writer->cap - writer->size) {
        writer->bad = true;
        return SIZE_MAX;
    }
    size_t at = writer->size;
    memset(writer->data + at, 0, size);
    writer->size += size;
    return at;
}

static void enter_row(ap_asterix_encoding *encoding, const ap_asterix_bits *bits)
{
    size_t size;
    const char *name = ap_asterix_key_name(bits->key, bits->key_size, &size);
    ap_encode_enter(encoding, name, size);
}

/* A group begins: its object is the next to be asked. */
static bool open_group(ap_asterix_encoding *encoding, const ap_asterix_bits *bits, members *of,
                       members *inner)
{
    uint32_t value = take(encoding, of, bits->key, bits->key_size);
    enter_row(encoding, bits);
    if (value == AP_JSON_NONE)
        return ap_encode_refuse(encoding, AP_ASTERIX_ENCODE_MISSING, of->object);
    *inner = members_of(value);
    return is_object(encoding, value);
}

static bool put_member(ap_asterix_encoding *encoding, const ap_asterix_bits *bits, members *of,
                       size_t at, size_t offset)
{
    uint32_t value = take(encoding, of, bits->key, bits->key_size);
    enter_row(encoding, bits);
    bool ok = value != AP_JSON_NONE
                  ? ap_encode_value(encoding, bits, at, offset, value)
                  : ap_encode_refuse(encoding, AP_ASTERIX_ENCODE_MISSING, of->object);
    ap_encode_leave(encoding);
    return ok;
}

/* The members of a group, an element or an extended item of so many parts, into the octets at
 * `at`. */
static bool put_members(ap_asterix_encoding *encoding, const ap_asterix_item *item,
                        unsigned part_count, size_t at, uint32_t object)
{
    const ap_asterix_bits *bits = encoding->spec->bits + item->first;
    members of[GROUP_CAP] = { members_of(object) };
    unsigned depth = 0;
    size_t offset = 0;
    bool ok = is_object(encoding, object);
    for (unsigned k = 0; ok && k < item->count; k++, bits++) {
        if (bits->op == AP_BITS_OPEN) {
            ok = open_group(encoding, bits, &of[depth], &of[depth + 1]);
            depth++;
        } else if (bits->op == AP_BITS_CLOSE) {
            ok = all_taken(encoding, of[depth--].object);
            ap_encode_leave(encoding);
        } else if (bits->op == AP_BITS_FX) {
            if (--part_count == 0)
                break;
            encoding->writer->data[at + offset / 8] |= 1;
        } else if (bits->op != AP_BITS_SPARE) {
            ok = put_member(encoding, bits, &of[depth], at, offset);
        }
        offset += bits->size;
    }
    return ok && all_taken(encoding, object);
}

/* ---- items ---- */

static bool put_element(ap_asterix_encoding *encoding, const ap_asterix_item *item, size_t at,
                        uint32_t node)
{
    if (item->is_single)
        return ap_encode_value(encoding, encoding->spec->bits + item->first, at, 0, node);
    return put_members(encoding, item, 1, at, node);
}

static bool put_fixed(ap_asterix_encoding *encoding, const ap_asterix_item *item, uint32_t node)
{
    size_t at = make_room(encoding, item->size);
    return at != SIZE_MAX && put_element(encoding, item, at, node);
}

/* Parts up to the last one that a member is given of; at least one. */
static unsigned parts_given(const ap_asterix_encoding *encoding, const ap_asterix_item *item,
                            uint32_t object)
{
    const ap_asterix_bits *bits = encoding->spec->bits + item->first;
    members of = members_of(object);
    unsigned part = 1, given = 1, depth = 0;
    for (unsigned k = 0; k < item->count; k++, bits++) {
        if (bits->op == AP_BITS_FX)
            part++;
        else if (bits->op == AP_BITS_CLOSE)
            depth--;
        else if (bits->op != AP_BITS_SPARE) {
            if (depth == 0 && part > given && has(encoding, of, bits->key, bits->key_size))
                given = part;
            depth += bits->op == AP_BITS_OPEN;
        }
    }
    return given;
}

static bool put_extended(ap_asterix_encoding *encoding, const ap_asterix_item *item, uint32_t node)
{
    if (!is_object(encoding, node))
        return false;
    unsigned count = parts_given(encoding, item, node);
    size_t size = 0;
    for (unsigned k = 0; k < count; k++)
        size += encoding->spec->parts[item->part_first + k];
    size_t at = make_room(encoding, size);
    return at != SIZE_MAX && put_members(encoding, item, count, at, node);
}

static uint32_t count_elements(const ap_json_doc *doc, uint32_t array)
{
    uint32_t count = 0;
    for (uint32_t k = array + 1; k < doc->node[array].next; k = doc->node[k].next)
        count++;
    return count;
}

static bool put_repeats(ap_asterix_encoding *encoding, const ap_asterix_item *item, uint32_t node)
{
    const ap_json_doc *doc = &encoding->doc;
    if (doc->node[node].kind != AP_JSON_ARRAY)
        return ap_encode_refuse(encoding, AP_ASTERIX_ENCODE_TYPE, node);
    bool by_fx = item->kind == AP_ITEM_REPEAT_FX;
    uint32_t count = count_elements(doc, node);
    uint32_t most = by_fx ? AP_ASTERIX_FX_COUNT_MAX : item->count_size == 1 ? 0xFF : 0xFFFF;
    if (count > most || (by_fx && count == 0))
        return ap_encode_refuse_beyond(encoding, AP_ASTERIX_ENCODE_COUNT, node, by_fx, most,
                                       "elements");
    if (!by_fx)
        ap_write_be(encoding->writer, count, item->count_size);
    int32_t index = 0;
    for (uint32_t k = node + 1; k < doc->node[node].next; k = doc->node[k].next) {
        size_t at = make_room(encoding, item->size);
        if (at == SIZE_MAX)
            return false;
        enter_element(encoding, index++);
        if (!put_element(encoding, item, at, k))
            return false;
        ap_encode_leave(encoding);
        if (by_fx && (uint32_t)index < count)
            encoding->writer->data[at + item->size - 1] |= 1;
    }
    return true;
}

/* The octets of {"raw": "hex"}. */
static bool put_raw(ap_asterix_encoding *encoding, uint32_t node)
{
    static const char name[] = "raw";
    uint32_t from = node + 1;
    if (!is_object(encoding, node))
        return false;
    uint32_t value = ap_json_member(&encoding->doc, node, name, sizeof name - 1, &from);
    if (value != AP_JSON_NONE)
        encoding->doc.node[value - 1].taken = true;
    ap_encode_enter(encoding, name, sizeof name - 1);
    if (value == AP_JSON_NONE)
        return ap_encode_refuse(encoding, AP_ASTERIX_ENCODE_MISSING, node);
    if (!ap_encode_hex(encoding, value, encoding->writer))
        return false;
    ap_encode_leave(encoding);
    return all_taken(encoding, node);
}

static bool is_expanded(const ap_asterix_encoding *encoding, const ap_asterix_item *item)
{
    return encoding->has_expansion && item->kind == AP_ITEM_EXPLICIT &&
           strcmp(item->name, "RE") == 0;
}

static bool put_explicit(ap_asterix_encoding *encoding, const ap_asterix_item *item, uint32_t node)
{
    size_t at = make_room(encoding, 1);
    if (at == SIZE_MAX)
        return false;
    if (is_expanded(encoding, item))
        ap_write_bytes(encoding->writer, encoding->expansion.data, encoding->expansion.size);
    else if (!put_raw(encoding, node))
        return false;
    if (encoding->writer->bad)
        return false;
    size_t size = encoding->writer->size - at;
    if (size > EXPLICIT_CONTENT_MAX + 1)
        return ap_encode_refuse_beyond(encoding, AP_ASTERIX_ENCODE_LENGTH, node, 0,
                                       EXPLICIT_CONTENT_MAX, "octets");
    encoding->writer->data[at] = (uint8_t)size;
    return true;
}

/* Any item but a compound one and random field sequencing. */
static bool put_part(ap_asterix_encoding *encoding, const ap_asterix_item *item, uint32_t node)
{
    switch ((ap_item_kind)item->kind) {
    case AP_ITEM_FIXED:
        return put_fixed(encoding, item, node);
    case AP_ITEM_EXTENDED:
        return put_extended(encoding, item, node);
    case AP_ITEM_REPEAT:
    case AP_ITEM_REPEAT_FX:
        return put_repeats(encoding, item, node);
    case AP_ITEM_EXPLICIT:
        return put_explicit(encoding, item, node);
    case AP_ITEM_UNUSED:
    case AP_ITEM_RANDOM:
    case AP_ITEM_COMPOUND:
        break;
    }
    return ap_encode_refuse(encoding, AP_ASTERIX_ENCODE_UNKNOWN, node);
}

#define PLACE_CAP 64

static bool put_compound(ap_asterix_encoding *encoding, const ap_asterix_item *item, uint32_t node)
{
    const ap_asterix_item *sub = encoding->spec->items + item->first;
    uint32_t value[PLACE_CAP];
    uint64_t present = 0;
    if (!is_object(encoding, node))
        return false;
    members of = members_of(node);
    for (unsigned k = 0; k < item->count; k++) {
        value[k] = sub[k].kind == AP_ITEM_UNUSED ? AP_JSON_NONE
                                                 : take(encoding, &of, sub[k].key, sub[k].key_size);
        present |= (uint64_t)(value[k] != AP_JSON_NONE) << k;
    }
    if (!all_taken(encoding, node))
        return false;
    (void)ap_fspec_write(encoding->writer, present, UINT64_MAX, 0, (item->count + 6u) / 7u);
    for (unsigned k = 0; k < item->count; k++) {
        if (value[k] == AP_JSON_NONE)
            continue;
        ap_encode_enter(encoding, sub[k].name, strlen(sub[k].name));
        if (!put_part(encoding, &sub[k], value[k]))
            return false;
        ap_encode_leave(encoding);
    }
    return true;
}

/* Octets that have to be a count and as many items of this layout. */
static bool put_random(ap_asterix_encoding *encoding, unsigned layout, uint32_t node)
{
    ap_writer *writer = encoding->writer;
    size_t at = writer->size;
    if (!put_raw(encoding, node))
        return false;
    const uint8_t *end = writer->data + writer->size;
    ap_bytes content;
    if (ap_rfs_read(encoding->spec, layout, writer->data + at, end, &content) != end)
        return ap_encode_refuse(encoding, AP_ASTERIX_ENCODE_CONTENT, node);
    return true;
}

static bool put_item(ap_asterix_encoding *encoding, const ap_asterix_item *item, unsigned layout,
                     uint32_t node)
{
    ap_encode_enter(encoding, item->name, strlen(item->name));
    bool ok = item->kind == AP_ITEM_COMPOUND ? put_compound(encoding, item, node)
              : item->kind == AP_ITEM_RANDOM ? put_random(encoding, layout, node)
                                             : put_part(encoding, item, node);
    if (ok)
        ap_encode_leave(encoding);
    return ok;
}

/* ---- records ---- */

/* The layout that the selecting item means; the first if it is not there. */
static bool choose_layout(ap_asterix_encoding *encoding, uint32_t object, unsigned *layout)
{
    const ap_asterix_spec *spec = encoding->spec;
    *layout = 0;
    if (spec->uap_count < 2)
        return true;
    const ap_asterix_item *item = &spec->items[spec->select_item];
    members of = members_of(object);
    uint32_t value = take(encoding, &of, item->key, item->key_size);
    if (value == AP_JSON_NONE)
        return true;
    size_t at = encoding->writer->size;
    if (!put_item(encoding, item, 0, value))
        return false;
    *layout = ap_asterix_selects_second(spec, encoding->writer->data + at);
    encoding->writer->size = at;
    return true;
}

static void put_fspec(ap_asterix_encoding *encoding, uint64_t present, unsigned count)
{
    unsigned fixed = encoding->spec->fspec_size;
    for (unsigned k = 0; k < fixed; k++) {
        unsigned octet = 0;
        for (unsigned bit = 0; bit < 8; bit++)
            octet |= (unsigned)(present >> (8 * k + bit) & 1) << (7 - bit);
        ap_write_u8(encoding->writer, (uint8_t)octet);
    }
    if (fixed == 0)
        (void)ap_fspec_write(encoding->writer, present, UINT64_MAX, 0, (count + 6) / 7);
}

static bool put_record(ap_asterix_encoding *encoding, uint32_t object)
{
    const ap_asterix_spec *spec = encoding->spec;
    unsigned layout;
    uint32_t value[PLACE_CAP];
    uint64_t present = 0;
    if (!is_object(encoding, object) || !choose_layout(encoding, object, &layout))
        return false;
    const ap_asterix_uap *uap = &spec->uap[layout];
    members of = members_of(object);
    for (unsigned k = 0; k < uap->count; k++) {
        const ap_asterix_item *item = &spec->items[uap->items[k]];
        value[k] = item->kind == AP_ITEM_UNUSED ? AP_JSON_NONE
                                                : take(encoding, &of, item->key, item->key_size);
        present |= (uint64_t)(value[k] != AP_JSON_NONE) << k;
    }
    if (!all_taken(encoding, object))
        return false;
    if (present == 0 && spec->fspec_size == 0)
        return ap_encode_refuse(encoding, AP_ASTERIX_ENCODE_EMPTY, object);
    put_fspec(encoding, present, uap->count);
    for (unsigned k = 0; k < uap->count; k++)
        if (value[k] != AP_JSON_NONE &&
            !put_item(encoding, &spec->items[uap->items[k]], layout, value[k]))
            return false;
    return !encoding->writer->bad;
}

/* The expansion field, if it is there as an object of items: encoded first, for it is a record of
 * its own definition. */
static bool prepare_expansion(ap_asterix_encoding *encoding, const ap_asterix_spec *expansion,
                              ap_writer *content)
{
    static const char name[] = "RE", raw[] = "raw";
    const ap_json_doc *doc = &encoding->doc;
    uint32_t from = 1;
    if (expansion == NULL || doc->node[0].kind != AP_JSON_OBJECT)
        return true;
    uint32_t value = ap_json_member(doc, 0, name, sizeof name - 1, &from);
    if (value == AP_JSON_NONE || doc->node[value].kind != AP_JSON_OBJECT)
        return true;
    from = value + 1;
    if (ap_json_member(doc, value, raw, sizeof raw - 1, &from) != AP_JSON_NONE)
        return true;
    ap_asterix_encoding inner = *encoding;
    inner.spec = expansion;
    inner.writer = content;
    ap_encode_enter(&inner, name, sizeof name - 1);
    if (!put_record(&inner, value))
        return content->bad ? ap_encode_refuse_beyond(&inner, AP_ASTERIX_ENCODE_LENGTH, value, 0,
                                                      EXPLICIT_CONTENT_MAX, "octets")
                            : false;
    encoding->has_expansion = true;
    encoding->expansion = (ap_bytes){ content->data, content->size };
    return true;
}

ap_err ap_asterix_encode_json(ap_asterix_encoder *encoder, const ap_asterix_spec *spec,
                              const ap_asterix_spec *expansion, const char *json, size_t size,
                              ap_writer *writer)
{
    uint8_t content[EXPLICIT_CONTENT_MAX];
    ap_writer content_writer = ap_writer_of(content, sizeof content);
    ap_asterix_encoding encoding = { .spec = spec, .writer = writer, .fault = &encoder->fault };
    ap_err err = ap_json_read(&encoding.doc, json, size, encoder->mem, encoder->mem_size);
    if (err == AP_ERR_MALFORMED)
        encoder->fault = (ap_asterix_encode_fault){ .reason = AP_ASTERIX_ENCODE_SYNTAX,
                                                    .offset = encoding.doc.fault_at,
                                                    .unit = "" };
    if (err)
        return err;
    size_t start = writer->size;
    bool ok = prepare_expansion(&encoding, expansion, &content_writer) && put_record(&encoding, 0);
    return ap_encode_end(writer, start, ok || writer->bad);
}

#include "wire/asterix/test_datagram.h"

#include "wire/asterix/octets.h"
#include "wire/asterix/proof.h"
#include "wire/asterix/test_mutate.h"

#include <string.h>

#define SEGMENT_CAP 64
#define RECORD_CAP 64
#define HEADER AP_ASTERIX_BLOCK_HEADER_SIZE

/* ---- blocks ---- */

/* A source out of few, where the record begins with it: so that blocks of one source meet. */
static void set_source(ap_draw *draw, const ap_asterix_spec *spec, size_t at)
{
    if (draw->out.bad || spec->uap[0].items[0] != spec->source_item ||
        !(draw->out.data[at] & 0x80) || ap_draw_below(draw, 4) == 0)
        return;
    while (draw->out.data[at] & 1)
        at++;
    draw->out.data[at + 1] = 1;
    draw->out.data[at + 2] = (uint8_t)ap_draw_below(draw, 4);
}

static void put_record(ap_draw *draw, const ap_asterix_spec *spec)
{
    size_t at = draw->out.size;
    ap_draw_record(draw, spec);
    set_source(draw, spec, at);
}

static const ap_asterix_spec *some_spec(ap_draw *draw, const ap_asterix_editions *editions)
{
    const ap_asterix_spec *spec = NULL;
    while (spec == NULL) {
        unsigned which = ap_draw_below(draw, ap_asterix_spec_count);
        spec = editions->category[ap_asterix_specs[which]->category];
    }
    return spec;
}

unsigned ap_draw_block(ap_draw *draw, const ap_asterix_editions *editions)
{
    const ap_asterix_spec *spec = some_spec(draw, editions);
    unsigned count = 1 + ap_draw_below(draw, 3);
    size_t block = ap_asterix_block_open(&draw->out, spec->category);
    for (unsigned k = 0; k < count; k++)
        put_record(draw, spec);
    (void)ap_asterix_block_close(&draw->out, block);
    return count;
}

/* CAT247: an edition of a category, for one of the few sources. */
static void put_announcement(ap_draw *draw)
{
    const ap_asterix_spec *spec = ap_asterix_specs[ap_draw_below(draw, ap_asterix_spec_count)];
    const char *dot = strchr(spec->edition, '.');
    unsigned sub_number = 0;
    for (const char *c = dot ? dot + 1 : ""; *c != '\0'; c++)
        sub_number = sub_number * 10 + (unsigned)(*c - '0');
    const uint8_t block[] = { 247,
                              0,
                              10,
                              0x90,
                              1,
                              (uint8_t)ap_draw_below(draw, 4),
                              1,
                              spec->category,
                              (uint8_t)(spec->edition[0] - '0'),
                              (uint8_t)sub_number };
    ap_write_bytes(&draw->out, block, sizeof block);
}

/* Place of an explicit item, or none: 64. */
static unsigned explicit_place(const ap_asterix_spec *spec)
{
    for (unsigned place = 0; place < spec->uap[0].count; place++)
        if (spec->items[spec->uap[0].items[place]].kind == AP_ITEM_EXPLICIT)
            return place;
    return 64;
}

/* A block of one record whose only item holds another block. */
static bool put_nested(ap_draw *draw, const ap_asterix_editions *editions)
{
    uint8_t scratch[AP_DRAW_BLOCK_SIZE_MAX];
    const ap_asterix_spec *spec = some_spec(draw, editions);
    unsigned place = explicit_place(spec);
    ap_writer out = draw->out;
    draw->out = ap_writer_of(scratch, sizeof scratch);
    (void)ap_draw_block(draw, editions);
    size_t inner_size = draw->out.size;
    draw->out = out;
    if (place == 64 || inner_size > 254)
        return false;
    size_t block = ap_asterix_block_open(&draw->out, spec->category);
    (void)ap_fspec_write(&draw->out, UINT64_C(1) << place, UINT64_MAX, 0,
                         (spec->uap[0].count + 6u) / 7u);
    ap_write_u8(&draw->out, (uint8_t)(inner_size + 1));
    ap_write_bytes(&draw->out, scratch, inner_size);
    (void)ap_asterix_block_close(&draw->out, block);
    return true;
}

/* ---- datagrams in pieces ---- */

/* Blocks, and what is none, one behind the other. */
typedef struct segments {
    const ap_asterix_editions *editions;
    const uint8_t *data;
    size_t size;
    unsigned count;
    size_t end[SEGMENT_CAP]; /* the last one ends where the datagram does */
    bool is_block[SEGMENT_CAP];
} segments;

/* First offset behind `at` that proves itself. */
static size_t behind_damage(const segments *of, size_t at)
{
    int64_t effort = AP_ASTERIX_EFFORT_MAX;
    do
        at++;
    while (at < of->size &&
           !ap_asterix_block_proves_within(of->editions, of->data + at, of->size - at, &effort));
    return at;
}

static void take_apart(segments *of)
{
    ap_reader reader = ap_reader_of(of->data, of->size);
    ap_asterix_block block;
    of->count = 0;
    while (reader.at < reader.size && of->count < SEGMENT_CAP) {
        bool is_block = ap_asterix_block_next(&reader, &block) == AP_OK;
        if (!is_block)
            reader.at = behind_damage(of, reader.at);
        of->is_block[of->count] = is_block;
        of->end[of->count++] = reader.at;
    }
    if (of->count > 0 && of->end[of->count - 1] < of->size) {
        of->end[of->count - 1] = of->size;
        of->is_block[of->count - 1] = false;
    }
}

static size_t start_of(const segments *of, unsigned k)
{
    return k > 0 ? of->end[k - 1] : 0;
}

/* A segment; a block if there is one. */
static unsigned pick(ap_draw *draw, const segments *of)
{
    unsigned first = ap_draw_below(draw, of->count);
    for (unsigned k = 0; k < of->count; k++)
        if (of->is_block[(first + k) % of->count])
            return (first + k) % of->count;
    return first;
}

static void put_from_to(ap_draw *draw, const segments *of, size_t from, size_t to)
{
    if (to > from)
        ap_write_bytes(&draw->out, of->data + from, to - from);
}

/* ---- changes ---- */

/* An offset between segments. */
static size_t some_border(ap_draw *draw, const segments *of)
{
    return start_of(of, ap_draw_below(draw, of->count + 1));
}

/* A changed record inside a block. */
static bool change_record(ap_draw *draw, const segments *of, bool (*wanted)(ap_mutation),
                          bool matches)
{
    unsigned which = pick(draw, of);
    size_t from = start_of(of, which), end = of->end[which], starts[RECORD_CAP];
    unsigned count = 0;
    const uint8_t *data = of->data;
    const ap_asterix_spec *spec =
        of->is_block[which] ? ap_asterix_edition_of(of->editions, data[from], data + from + HEADER,
                                                    end - from - HEADER)
                            : NULL;
    if (spec == NULL)
        return false;
    size_t record_size = 0;
    ap_asterix_fault fault;
    for (size_t at = from + HEADER; at < end && count < RECORD_CAP; at += record_size) {
        starts[count++] = at;
        if (ap_asterix_walk(spec, data + at, end - at, &record_size, &fault))
            break;
    }
    size_t at = starts[ap_draw_below(draw, count)], start = draw->out.size;
    ap_mutation how = (ap_mutation)ap_draw_below(draw, AP_MUTATION_COUNT);
    put_from_to(draw, of, 0, at);
    if (!wanted(how) || !ap_mutate_record(draw, spec, how, data + at, end - at) ||
        (matches && ap_asterix_block_close(&draw->out, start + from))) {
        draw->out.size = start;
        return false;
    }
    put_from_to(draw, of, end, of->size);
    return true;
}

static bool any(ap_mutation how)
{
    (void)how;
    return true;
}

static bool damages(ap_mutation how)
{
    return !ap_mutation_keeps(how);
}

/* New octets at a border. */
static bool put_between(ap_draw *draw, const segments *of, ap_datagram_mutation how)
{
    size_t at = some_border(draw, of), start = draw->out.size;
    put_from_to(draw, of, 0, at);
    if (how == AP_DATAGRAM_INSERT)
        (void)ap_draw_block(draw, of->editions);
    else if (how == AP_DATAGRAM_ANNOUNCE)
        put_announcement(draw);
    else if (how == AP_DATAGRAM_GARBAGE)
        for (unsigned left = 1 + ap_draw_below(draw, 12); left > 0; left--)
            ap_write_u8(&draw->out, (uint8_t)ap_draw_next(draw));
    else if (!put_nested(draw, of->editions)) {
        draw->out.size = start;
        return false;
    }
    put_from_to(draw, of, at, of->size);
    return true;
}

/* A segment drawn anew, missing, or twice. */
static bool put_instead(ap_draw *draw, const segments *of, ap_datagram_mutation how)
{
    unsigned which = pick(draw, of);
    size_t from = start_of(of, which), end = of->end[which];
    put_from_to(draw, of, 0, how == AP_DATAGRAM_DUPLICATE ? end : from);
    if (how == AP_DATAGRAM_DRAW)
        (void)ap_draw_block(draw, of->editions);
    put_from_to(draw, of, how == AP_DATAGRAM_DUPLICATE ? from : end, of->size);
    return true;
}

static bool turn(ap_draw *draw, const segments *of)
{
    size_t at = some_border(draw, of);
    put_from_to(draw, of, at, of->size);
    put_from_to(draw, of, 0, at);
    return true;
}

/* A header against its block. */
static bool set_header(ap_draw *draw, const segments *of, bool is_length)
{
    unsigned which = pick(draw, of);
    size_t from = start_of(of, which), start = draw->out.size;
    if (of->end[which] - from < HEADER)
        return false;
    put_from_to(draw, of, 0, of->size);
    if (draw->out.bad)
        return true;
    uint8_t *head = draw->out.data + start + from;
    unsigned length = (unsigned)(of->end[which] - from), left = (unsigned)(of->size - from);
    const unsigned lengths[] = { 0,
                                 3,
                                 4,
                                 length - 1,
                                 length + 1,
                                 length + 3,
                                 left,
                                 left + 1,
                                 65535,
                                 length + ap_draw_below(draw, 64),
                                 ap_draw_below(draw, 65536) };
    if (!is_length) {
        head[0] = (uint8_t)ap_draw_next(draw);
        return true;
    }
    length = lengths[ap_draw_below(draw, sizeof lengths / sizeof lengths[0])];
    head[1] = (uint8_t)(length >> 8);
    head[2] = (uint8_t)length;
    return true;
}

static bool cut(ap_draw *draw, const segments *of)
{
    put_from_to(draw, of, 0, ap_draw_below(draw, (unsigned)of->size));
    return true;
}

bool ap_mutate_datagram(ap_draw *draw, const ap_asterix_editions *editions,
                        ap_datagram_mutation how, const uint8_t *data, size_t size)
{
    segments of = { .editions = editions, .data = data, .size = size };
    take_apart(&of);
    if (of.count == 0 && how != AP_DATAGRAM_INSERT && how != AP_DATAGRAM_ANNOUNCE)
        return false;
    switch (how) {
    case AP_DATAGRAM_DRAW:
    case AP_DATAGRAM_REMOVE:
    case AP_DATAGRAM_DUPLICATE:
        return put_instead(draw, &of, how);
    case AP_DATAGRAM_INSERT:
    case AP_DATAGRAM_ANNOUNCE:
    case AP_DATAGRAM_NEST:
    case AP_DATAGRAM_GARBAGE:
        return put_between(draw, &of, how);
    case AP_DATAGRAM_TURN:
        return turn(draw, &of);
    case AP_DATAGRAM_KEEP:
        return change_record(draw, &of, ap_mutation_keeps, true);
    case AP_DATAGRAM_DAMAGE:
        return change_record(draw, &of, damages, true);
    case AP_DATAGRAM_MISMATCH:
        return change_record(draw, &of, any, false);
    case AP_DATAGRAM_LENGTH:
    case AP_DATAGRAM_CATEGORY:
        return set_header(draw, &of, how == AP_DATAGRAM_LENGTH);
    case AP_DATAGRAM_CUT:
        return cut(draw, &of);
    case AP_DATAGRAM_MUTATION_COUNT:
        break;
    }
    return false;
}

void ap_join_datagrams(ap_draw *draw, const ap_asterix_editions *editions, ap_bytes first,
                       ap_bytes second)
{
    segments of = { .editions = editions, .data = first.data, .size = first.size };
    take_apart(&of);
    put_from_to(draw, &of, 0, some_border(draw, &of));
    of = (segments){ .editions = editions, .data = second.data, .size = second.size };
    take_apart(&of);
    put_from_to(draw, &of, some_border(draw, &of), of.size);
}

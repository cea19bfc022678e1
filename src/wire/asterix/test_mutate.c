#include "wire/asterix/test_mutate.h"

#include "wire/asterix/octets.h"
#include "wire/asterix/walk.h"

#include <string.h>

#define SPOT_CAP 512
#define KIND(kind) (1u << (kind))
#define ANY_KIND UINT32_MAX

/* An item of the record, or a part of a compound one. */
typedef struct spot {
    const ap_asterix_item *item;
    ap_bytes octets;
    uint8_t place; /* in the layout */
    bool is_part;
} spot;

/* A record in pieces. */
typedef struct pieces {
    const ap_asterix_spec *spec;
    const ap_asterix_uap *uap;
    const uint8_t *data;
    uint64_t present;
    unsigned fspec_size, fspec_cap; /* octets */
    unsigned count;
    spot spot[SPOT_CAP]; /* in their order; parts behind their compound */
    ap_bytes rest;       /* behind the items that walk */
} pieces;

static void add_spot(pieces *of, const spot *added)
{
    if (of->count < SPOT_CAP)
        of->spot[of->count++] = *added;
}

static void add_parts(pieces *of, const spot *whole)
{
    const ap_asterix_item *part;
    const uint8_t *start;
    const uint8_t *end = whole->octets.data + whole->octets.size;
    ap_asterix_parts parts = ap_asterix_parts_of(of->spec, whole->item, whole->octets.data, end);
    while (ap_asterix_parts_next(&parts, &part, &start))
        add_spot(of, &(spot){ part, { start, (size_t)(parts.p - start) }, whole->place, true });
}

static unsigned fspec_cap(const ap_asterix_spec *spec)
{
    unsigned most = spec->uap[0].count;
    if (spec->uap_count == 2 && spec->uap[1].count > most)
        most = spec->uap[1].count;
    return (most + 6) / 7;
}

/* False when not even the field specification can be read. */
static bool take_apart(pieces *of, const ap_asterix_spec *spec, const uint8_t *data, size_t size)
{
    ap_asterix_walker walker;
    const ap_asterix_item *item;
    const uint8_t *start;
    of->spec = spec;
    of->data = data;
    of->count = 0;
    of->fspec_cap = fspec_cap(spec);
    if (!ap_asterix_walker_open(&walker, spec, data, size))
        return false;
    of->present = walker.left;
    of->fspec_size = (unsigned)(walker.p - data);
    for (uint64_t left = walker.left; ap_asterix_walker_next(&walker, &item, &start);
         left = walker.left) {
        uint8_t place = (uint8_t)ap_lowest_bit(left);
        spot whole = { item, { start, (size_t)(walker.p - start) }, place, false };
        add_spot(of, &whole);
        if (item->kind == AP_ITEM_COMPOUND)
            add_parts(of, &whole);
    }
    of->uap = walker.uap;
    of->rest = (ap_bytes){ walker.p, (size_t)(data + size - walker.p) };
    return true;
}

/* One of the items (or parts, if wanted) of these kinds; NULL: there is none. */
static const spot *pick(ap_draw *draw, const pieces *of, uint32_t kinds, bool parts_too)
{
    unsigned count = 0;
    for (unsigned k = 0; k < of->count; k++)
        count += (kinds & KIND(of->spot[k].item->kind)) && (parts_too || !of->spot[k].is_part);
    if (count == 0)
        return NULL;
    unsigned left = ap_draw_below(draw, count);
    for (unsigned k = 0;; k++)
        if ((kinds & KIND(of->spot[k].item->kind)) && (parts_too || !of->spot[k].is_part) &&
            left-- == 0)
            return &of->spot[k];
}

/* Whether the layout hangs on this item: a free value could make the others mean something else. */
static bool selects(const pieces *of, const spot *it)
{
    return of->spec->uap_count == 2 && it->item == &of->spec->items[of->spec->select_item];
}

/* ---- changes that write the record anew ---- */

static void put_fspec(ap_draw *draw, const pieces *of)
{
    (void)ap_fspec_write(&draw->out, of->present, UINT64_MAX, of->fspec_size, of->fspec_cap);
}

/* The record with `fresh` at `place`, in place of what was there or between its neighbours. */
static bool put_with(ap_draw *draw, pieces *of, unsigned place, ap_bytes fresh)
{
    bool is_out = false;
    of->present |= UINT64_C(1) << place;
    put_fspec(draw, of);
    for (unsigned k = 0; k < of->count; k++) {
        const spot *each = &of->spot[k];
        if (!is_out && each->place >= place) {
            ap_write_bytes(&draw->out, fresh.data, fresh.size);
            is_out = true;
        }
        if (!each->is_part && each->place != place)
            ap_write_bytes(&draw->out, each->octets.data, each->octets.size);
    }
    if (!is_out)
        ap_write_bytes(&draw->out, fresh.data, fresh.size);
    ap_write_bytes(&draw->out, of->rest.data, of->rest.size);
    return true;
}

/* The record with the item at `place` drawn as a layout of a definition has it. */
static bool put_drawn(ap_draw *draw, pieces *of, unsigned place, const ap_asterix_spec *spec,
                      const ap_asterix_uap *uap, unsigned from_place)
{
    uint8_t scratch[AP_DRAW_SIZE_MAX];
    ap_writer out = draw->out;
    draw->out = ap_writer_of(scratch, sizeof scratch);
    ap_draw_item(draw, spec, uap, from_place);
    ap_bytes fresh = { scratch, draw->out.size };
    draw->out = out;
    return put_with(draw, of, place, fresh);
}

static bool redraw(ap_draw *draw, pieces *of)
{
    ap_draw_record(draw, of->spec);
    ap_write_bytes(&draw->out, of->rest.data, of->rest.size);
    return true;
}

static bool replace(ap_draw *draw, pieces *of)
{
    const spot *old = pick(draw, of, ANY_KIND, false);
    return old && put_drawn(draw, of, old->place, of->spec, of->uap, old->place);
}

static bool insert(ap_draw *draw, pieces *of)
{
    unsigned place = ap_draw_below(draw, of->uap->count);
    if (of->present >> place & 1 || of->spec->items[of->uap->items[place]].kind == AP_ITEM_UNUSED)
        return false;
    return put_drawn(draw, of, place, of->spec, of->uap, place);
}

static bool remove_one(ap_draw *draw, pieces *of)
{
    const spot *old = pick(draw, of, ANY_KIND, false);
    if (!old || (of->present & (of->present - 1)) == 0 || selects(of, old))
        return false;
    unsigned place = old->place;
    of->present &= ~(UINT64_C(1) << place);
    put_fspec(draw, of);
    for (unsigned k = 0; k < of->count; k++)
        if (!of->spot[k].is_part && of->spot[k].place != place)
            ap_write_bytes(&draw->out, of->spot[k].octets.data, of->spot[k].octets.size);
    ap_write_bytes(&draw->out, of->rest.data, of->rest.size);
    return true;
}

static bool pad(ap_draw *draw, pieces *of)
{
    size_t old_size = of->fspec_size;
    of->fspec_size = ap_draw_below(draw, of->fspec_cap + 1);
    put_fspec(draw, of);
    const uint8_t *items = of->data + old_size;
    ap_write_bytes(&draw->out, items, (size_t)(of->rest.data + of->rest.size - items));
    return true;
}

static void put_octets(ap_draw *draw, size_t size)
{
    for (size_t k = 0; k < size; k++)
        ap_write_u8(&draw->out, (uint8_t)ap_draw_next(draw));
}

/* `count` elements, of which all but the last say that another follows. */
static void put_chain(ap_draw *draw, unsigned count, unsigned size)
{
    for (unsigned k = 0; k < count; k++) {
        put_octets(draw, size - 1);
        ap_write_u8(&draw->out, (uint8_t)((ap_draw_next(draw) & 0xFE) | (k + 1 < count)));
    }
}

/* Octets of the known parts of an extended item. */
static unsigned known_size(const ap_asterix_spec *spec, const ap_asterix_item *item)
{
    unsigned size = 0;
    for (unsigned k = 0; k < item->part_count; k++)
        size += spec->parts[item->part_first + k];
    return size;
}

static void put_long_extended(ap_draw *draw, const ap_asterix_spec *spec,
                              const ap_asterix_item *item, unsigned size)
{
    for (unsigned k = 0; k < item->part_count; k++) {
        put_octets(draw, spec->parts[item->part_first + k] - 1u);
        ap_write_u8(&draw->out, (uint8_t)(ap_draw_next(draw) | 1));
    }
    put_chain(draw, size - known_size(spec, item), 1);
}

/* False for an item whose length is fixed. */
static bool put_long(ap_draw *draw, const ap_asterix_spec *spec, const ap_asterix_item *item)
{
    static const uint8_t counts[] = { 255, 254, 129, 128, 127, 64 };
    unsigned count = counts[ap_draw_below(draw, sizeof counts)];
    switch ((ap_item_kind)item->kind) {
    case AP_ITEM_REPEAT:
        count += item->count_size == 2 ? ap_draw_below(draw, 2) * 256 : 0;
        ap_write_be(&draw->out, count, item->count_size);
        put_octets(draw, (size_t)count * item->size);
        return true;
    case AP_ITEM_REPEAT_FX:
        put_chain(draw, count, item->size);
        return true;
    case AP_ITEM_EXPLICIT:
        ap_write_u8(&draw->out, (uint8_t)count);
        put_octets(draw, count - 1);
        return true;
    case AP_ITEM_EXTENDED:
        if (!item->is_open)
            return false;
        put_long_extended(draw, spec, item, count);
        return true;
    default:
        return false;
    }
}

/* One part of a compound item, alone and long. */
static bool put_long_compound(ap_draw *draw, const ap_asterix_spec *spec,
                              const ap_asterix_item *item)
{
    unsigned part = ap_draw_below(draw, item->count);
    (void)ap_fspec_write(&draw->out, UINT64_C(1) << part, UINT64_MAX, 0, (item->count + 6u) / 7u);
    return put_long(draw, spec, &spec->items[item->first + part]);
}

static bool lengthen(ap_draw *draw, pieces *of)
{
    uint8_t scratch[1 << 16];
    const spot *old = pick(draw, of, ~KIND(AP_ITEM_FIXED), false);
    if (!old || selects(of, old))
        return false;
    ap_writer out = draw->out;
    draw->out = ap_writer_of(scratch, sizeof scratch);
    bool is_long = old->item->kind == AP_ITEM_COMPOUND
                       ? put_long_compound(draw, of->spec, old->item)
                       : put_long(draw, of->spec, old->item);
    ap_bytes fresh = { scratch, draw->out.size };
    is_long = is_long && !draw->out.bad;
    draw->out = out;
    return is_long && put_with(draw, of, old->place, fresh);
}

static bool expand(ap_draw *draw, pieces *of)
{
    uint8_t scratch[AP_DRAW_SIZE_MAX];
    const ap_asterix_spec *expansion = ap_asterix_expansion_find(of->spec->category);
    for (unsigned place = 0; expansion && place < of->uap->count; place++) {
        const ap_asterix_item *item = &of->spec->items[of->uap->items[place]];
        if (item->kind != AP_ITEM_EXPLICIT || strcmp(item->name, "RE") != 0)
            continue;
        ap_writer out = draw->out;
        draw->out = ap_writer_of(scratch, sizeof scratch);
        ap_write_u8(&draw->out, 0);
        ap_draw_expansion(draw, expansion);
        size_t size = draw->out.size;
        draw->out = out;
        if (size > 255)
            return false;
        scratch[0] = (uint8_t)size;
        return put_with(draw, of, place, (ap_bytes){ scratch, size });
    }
    return false;
}

static bool duplicate(ap_draw *draw, pieces *of)
{
    const spot *twice = pick(draw, of, ANY_KIND, true);
    if (!twice)
        return false;
    const uint8_t *behind = twice->octets.data + twice->octets.size;
    ap_write_bytes(&draw->out, of->data, (size_t)(behind - of->data));
    ap_write_bytes(&draw->out, twice->octets.data, twice->octets.size);
    ap_write_bytes(&draw->out, behind, (size_t)(of->rest.data + of->rest.size - behind));
    return true;
}

/* A definition: mostly of the same category. */
static const ap_asterix_spec *another_spec(ap_draw *draw, const ap_asterix_spec *spec)
{
    unsigned first = ap_draw_below(draw, ap_asterix_spec_count);
    for (unsigned k = 0; ap_draw_below(draw, 4) > 0 && k < ap_asterix_spec_count; k++) {
        const ap_asterix_spec *other = ap_asterix_specs[(first + k) % ap_asterix_spec_count];
        if (other->category == spec->category)
            return other;
    }
    return ap_asterix_specs[first];
}

static bool splice(ap_draw *draw, pieces *of)
{
    const spot *old = pick(draw, of, ANY_KIND, false);
    const ap_asterix_spec *spec = another_spec(draw, of->spec);
    if (!old)
        return false;
    unsigned from = ap_draw_below(draw, 2) ? old->place : ap_draw_below(draw, spec->uap[0].count);
    return from < spec->uap[0].count && put_drawn(draw, of, old->place, spec, &spec->uap[0], from);
}

/* Often before the second item: what is looked at first is there. */
static bool cut(ap_draw *draw, pieces *of)
{
    const spot *last = pick(draw, of, ANY_KIND, true);
    if (!last)
        return false;
    const uint8_t *end = ap_draw_below(draw, 2) ? last->octets.data : of->data + of->fspec_size;
    size_t size = (size_t)(end - of->data) + ap_draw_below(draw, 4);
    size_t whole = (size_t)(of->rest.data + of->rest.size - of->data);
    ap_write_bytes(&draw->out, of->data, size < whole ? size : whole);
    return true;
}

/* ---- changes of octets where they are ---- */

/* A copy of all of it; the octet of it that `p` becomes, NULL without room. */
static uint8_t *copy(ap_draw *draw, const pieces *of, const uint8_t *p)
{
    size_t from = draw->out.size;
    ap_write_bytes(&draw->out, of->data, (size_t)(of->rest.data + of->rest.size - of->data));
    return draw->out.bad ? NULL : draw->out.data + from + (p - of->data);
}

static void set_bits(uint8_t *p, size_t offset, unsigned size, uint64_t value)
{
    for (unsigned k = 0; k < size; k++) {
        size_t bit = offset + k;
        uint8_t mask = (uint8_t)(0x80 >> bit % 8);
        bool on = size - 1 - k < 64 && value >> (size - 1 - k) & 1;
        p[bit / 8] = (uint8_t)(on ? p[bit / 8] | mask : p[bit / 8] & ~mask);
    }
}

/* A value of `size` bits at an end of some range. */
static uint64_t boundary(ap_draw *draw, unsigned size)
{
    uint64_t sign = UINT64_C(1) << ((size < 64 ? size : 64) - 1);
    const uint64_t values[] = { 0, 1, UINT64_MAX, sign, sign - 1, sign + 1, ap_draw_next(draw) };
    return values[ap_draw_below(draw, sizeof values / sizeof values[0])];
}

/* Where the elements of an item begin and how long one is; false when it has no rows. */
static bool element_of(ap_draw *draw, const spot *in, size_t *at, size_t *size)
{
    *at = 0;
    *size = in->octets.size;
    if (in->item->kind == AP_ITEM_FIXED || in->item->kind == AP_ITEM_EXTENDED)
        return true;
    *size = in->item->size;
    size_t head = in->item->kind == AP_ITEM_REPEAT ? in->item->count_size : 0;
    size_t count = (in->octets.size - head) / *size;
    if (count == 0)
        return false;
    *at = head + ap_draw_below(draw, (unsigned)count) * *size;
    return true;
}

static bool set_value(ap_draw *draw, pieces *of)
{
    const uint32_t kinds = KIND(AP_ITEM_FIXED) | KIND(AP_ITEM_EXTENDED) | KIND(AP_ITEM_REPEAT) |
                           KIND(AP_ITEM_REPEAT_FX);
    const spot *in = pick(draw, of, kinds, true);
    size_t at, size, offset = 0;
    if (!in || in->item->count == 0 || selects(of, in) || !element_of(draw, in, &at, &size))
        return false;
    unsigned wanted = ap_draw_below(draw, in->item->count);
    const ap_asterix_bits *bits = &of->spec->bits[in->item->first];
    for (unsigned k = 0; k < wanted; k++)
        offset += bits++->size;
    if (bits->op == AP_BITS_FX || bits->size == 0 || offset + bits->size > size * 8)
        return false;
    uint8_t *octets = copy(draw, of, in->octets.data + at);
    if (octets)
        set_bits(octets, offset, bits->size, boundary(draw, bits->size));
    return true;
}

static bool flip_presence(ap_draw *draw, pieces *of)
{
    const spot *compound = pick(draw, of, KIND(AP_ITEM_COMPOUND), false);
    bool is_own = compound && ap_draw_below(draw, 2);
    size_t size =
        is_own ? 1u + ap_draw_below(draw, (compound->item->count + 6u) / 7u) : of->fspec_size;
    if (is_own && size > compound->octets.size)
        return false;
    uint8_t *octets = copy(draw, of, is_own ? compound->octets.data : of->data);
    if (octets)
        octets[ap_draw_below(draw, (unsigned)size)] ^= (uint8_t)(1u << ap_draw_below(draw, 8));
    return true;
}

static bool flip_fx(ap_draw *draw, pieces *of)
{
    const spot *in = pick(draw, of, ANY_KIND & ~KIND(AP_ITEM_FIXED), true);
    if (!in || in->octets.size == 0)
        return false;
    uint8_t *octets = copy(draw, of, in->octets.data);
    if (octets)
        octets[ap_draw_below(draw, (unsigned)in->octets.size)] ^= 1;
    return true;
}

static bool set_count(ap_draw *draw, pieces *of)
{
    const spot *in = pick(draw, of, KIND(AP_ITEM_REPEAT) | KIND(AP_ITEM_EXPLICIT), true);
    if (!in)
        return false;
    uint8_t *octets = copy(draw, of, in->octets.data);
    if (!octets)
        return true;
    unsigned old = octets[0], left = (unsigned)(of->rest.data + of->rest.size - in->octets.data);
    const unsigned values[] = { 0, 1, old - 1, old + 1, 127, 128, 255, left, left + 1, left - 1 };
    octets[0] = (uint8_t)values[ap_draw_below(draw, sizeof values / sizeof values[0])];
    return true;
}

bool ap_mutate_record(ap_draw *draw, const ap_asterix_spec *spec, ap_mutation how,
                      const uint8_t *data, size_t size)
{
    static bool (*const change[])(ap_draw *, pieces *) = {
        [AP_MUTATE_REDRAW] = redraw,
        [AP_MUTATE_REPLACE] = replace,
        [AP_MUTATE_INSERT] = insert,
        [AP_MUTATE_REMOVE] = remove_one,
        [AP_MUTATE_PAD] = pad,
        [AP_MUTATE_LONG] = lengthen,
        [AP_MUTATE_EXPANSION] = expand,
        [AP_MUTATE_VALUE] = set_value,
        [AP_MUTATE_DUPLICATE] = duplicate,
        [AP_MUTATE_SPLICE] = splice,
        [AP_MUTATE_PRESENCE] = flip_presence,
        [AP_MUTATE_FX] = flip_fx,
        [AP_MUTATE_COUNT] = set_count,
        [AP_MUTATE_CUT] = cut,
    };
    _Static_assert(sizeof change / sizeof change[0] == AP_MUTATION_COUNT, "one function each");
    pieces of;
    return take_apart(&of, spec, data, size) && change[how](draw, &of);
}

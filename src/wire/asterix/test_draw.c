#include "wire/asterix/test_draw.h"

ap_draw ap_draw_of(uint64_t seed, uint8_t *out, size_t out_cap)
{
    return (ap_draw){ .state = seed, .out = ap_writer_of(out, out_cap) };
}

uint64_t ap_draw_next(ap_draw *draw)
{
    uint64_t z = draw->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

unsigned ap_draw_below(ap_draw *draw, unsigned n)
{
    return (unsigned)(ap_draw_next(draw) % n);
}

static void put_octets(ap_draw *draw, unsigned size)
{
    for (unsigned k = 0; k < size; k++)
        ap_write_u8(&draw->out, (uint8_t)ap_draw_next(draw));
}

static void set_fx(ap_draw *draw, bool more)
{
    if (draw->out.bad)
        return;
    uint8_t *last = &draw->out.data[draw->out.size - 1];
    *last = (uint8_t)((*last & 0xFE) | more);
}

uint64_t ap_draw_places(ap_draw *draw, const ap_asterix_spec *spec, const ap_asterix_uap *uap)
{
    uint64_t places = ap_draw_next(draw);
    for (unsigned k = 0; k < 64; k++)
        if (k >= uap->count || spec->items[uap->items[k]].kind == AP_ITEM_UNUSED)
            places &= ~(UINT64_C(1) << k);
    return places;
}

void ap_draw_fspec(ap_draw *draw, uint64_t present, unsigned count)
{
    unsigned need = 1, cap = (count + 6) / 7;
    while (need < cap && present >> (7 * need) != 0)
        need++;
    if (ap_draw_below(draw, 8) == 0)
        need = need + ap_draw_below(draw, cap - need + 1);
    for (unsigned k = 0; k < need; k++) {
        unsigned octet = 0;
        for (unsigned bit = 0; bit < 7; bit++)
            octet |= (unsigned)(present >> (7 * k + bit) & 1) << (7 - bit);
        ap_write_u8(&draw->out, (uint8_t)(octet | (k + 1 < need)));
    }
}

static void put_extended(ap_draw *draw, const ap_asterix_spec *spec, const ap_asterix_item *item)
{
    unsigned more = item->is_open ? 3 : 0;
    unsigned count = 1 + ap_draw_below(draw, item->part_count + more);
    for (unsigned k = 0; k < count; k++) {
        put_octets(draw, k < item->part_count ? spec->parts[item->part_first + k] : 1);
        if (k + 1 < item->part_count || item->is_open)
            set_fx(draw, k + 1 < count);
    }
}

void ap_draw_part(ap_draw *draw, const ap_asterix_spec *spec, const ap_asterix_item *item)
{
    unsigned count;
    switch ((ap_item_kind)item->kind) {
    case AP_ITEM_FIXED:
        put_octets(draw, item->size);
        break;
    case AP_ITEM_EXTENDED:
        put_extended(draw, spec, item);
        break;
    case AP_ITEM_REPEAT:
        count = ap_draw_below(draw, 4);
        ap_write_be(&draw->out, count, item->count_size);
        put_octets(draw, count * item->size);
        break;
    case AP_ITEM_REPEAT_FX:
        count = 1 + ap_draw_below(draw, 3);
        for (unsigned k = 0; k < count; k++) {
            put_octets(draw, item->size);
            set_fx(draw, k + 1 < count);
        }
        break;
    case AP_ITEM_EXPLICIT:
        count = ap_draw_below(draw, 20);
        ap_write_u8(&draw->out, (uint8_t)(count + 1));
        put_octets(draw, count);
        break;
    case AP_ITEM_UNUSED:
    case AP_ITEM_RANDOM:
    case AP_ITEM_COMPOUND:
        break;
    }
}

static void put_compound(ap_draw *draw, const ap_asterix_spec *spec, const ap_asterix_item *item)
{
    uint64_t present = ap_draw_next(draw) & ap_draw_next(draw);
    for (unsigned k = 0; k < 64; k++)
        if (k >= item->count || spec->items[item->first + k].kind == AP_ITEM_UNUSED)
            present &= ~(UINT64_C(1) << k);
    ap_draw_fspec(draw, present, item->count);
    for (unsigned k = 0; k < item->count; k++)
        if (present >> k & 1)
            ap_draw_part(draw, spec, &spec->items[item->first + k]);
}

/* Pairs of place and item. The first two places are never special. */
static void put_random(ap_draw *draw, const ap_asterix_spec *spec, const ap_asterix_uap *uap)
{
    ap_write_u8(&draw->out, 2);
    for (unsigned k = 0; k < 2; k++) {
        ap_write_u8(&draw->out, (uint8_t)(k + 1));
        ap_draw_part(draw, spec, &spec->items[uap->items[k]]);
    }
}

/* Makes the selecting item at `at` tell the layout `which`. */
static void set_layout(ap_draw *draw, const ap_asterix_spec *spec, size_t at, unsigned which)
{
    unsigned shift = 8u - spec->select_offset - spec->select_size;
    unsigned mask = ((1u << spec->select_size) - 1) << shift, value;
    do {
        value = ap_draw_below(draw, 1u << spec->select_size);
    } while ((value < 64 && (spec->select_values >> value & 1)) != which);
    if (!draw->out.bad)
        draw->out.data[at] = (uint8_t)((draw->out.data[at] & ~mask) | value << shift);
}

void ap_draw_item(ap_draw *draw, const ap_asterix_spec *spec, const ap_asterix_uap *uap,
                  unsigned place)
{
    const ap_asterix_item *item = &spec->items[uap->items[place]];
    size_t at = draw->out.size;
    if (item->kind == AP_ITEM_COMPOUND)
        put_compound(draw, spec, item);
    else if (item->kind == AP_ITEM_RANDOM)
        put_random(draw, spec, uap);
    else
        ap_draw_part(draw, spec, item);
    if (spec->uap_count == 2 && uap->items[place] == spec->select_item)
        set_layout(draw, spec, at, (unsigned)(uap - spec->uap));
}

void ap_draw_record(ap_draw *draw, const ap_asterix_spec *spec)
{
    unsigned which = spec->uap_count == 2 ? ap_draw_below(draw, 2) : 0;
    const ap_asterix_uap *uap = &spec->uap[which];
    uint64_t present = ap_draw_places(draw, spec, uap);
    present &= ap_draw_below(draw, 2) ? ap_draw_next(draw) : UINT64_MAX;
    for (unsigned k = 0; k < uap->count; k++)
        if (which == 1 && uap->items[k] == spec->select_item)
            present |= UINT64_C(1) << k;
    if (present == 0)
        present = 1;
    ap_draw_fspec(draw, present, uap->count);
    for (unsigned k = 0; k < uap->count; k++)
        if (present >> k & 1)
            ap_draw_item(draw, spec, uap, k);
}

void ap_draw_expansion(ap_draw *draw, const ap_asterix_spec *spec)
{
    uint64_t present = ap_draw_places(draw, spec, &spec->uap[0]);
    for (unsigned octet = 0; octet < spec->fspec_size; octet++) {
        unsigned bits = 0;
        for (unsigned bit = 0; bit < 8; bit++)
            bits |= (unsigned)(present >> (8 * octet + bit) & 1) << (7 - bit);
        ap_write_u8(&draw->out, (uint8_t)bits);
    }
    for (unsigned k = 0; k < spec->uap[0].count; k++)
        if (present >> k & 1)
            ap_draw_item(draw, spec, &spec->uap[0], k);
}

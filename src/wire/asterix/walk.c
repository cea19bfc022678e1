#include "wire/asterix/walk.h"

#include "wire/asterix/octets.h"

#define FSPEC_OCTETS(count) (((count) + 6u) / 7u)

uint64_t ap_asterix_long_bits_at(const uint8_t *p, size_t offset, unsigned size)
{
    p += offset / 8;
    unsigned ahead = (unsigned)(offset % 8);
    unsigned octets = (ahead + size + 7) / 8;
    uint64_t value = p[0] & (0xFFu >> ahead);
    if (octets > 8) { /* more than 57 bits off a boundary: the last octet gives only some */
        for (unsigned k = 1; k < 8; k++)
            value = value << 8 | p[k];
        unsigned rest = ahead + size - 64;
        return value << rest | p[8] >> (8 - rest);
    }
    for (unsigned k = 1; k < octets; k++)
        value = value << 8 | p[k];
    return value >> (octets * 8 - ahead - size);
}

static const uint8_t *extended_end(const ap_asterix_spec *spec, const ap_asterix_item *item,
                                   const uint8_t *p, const uint8_t *end)
{
    unsigned count = 0;
    for (unsigned part = 0; part < item->part_count; part++) {
        unsigned size = spec->parts[item->part_first + part];
        if (end - p < (ptrdiff_t)size)
            return NULL;
        p += size;
        count += size;
        bool is_last = part + 1u == item->part_count;
        if ((is_last && !item->is_open) || !(p[-1] & 1))
            return p;
    }
    ap_bytes raw;
    uint8_t octet_count = (uint8_t)count;
    return ap_octets_more(p, end, &raw, &octet_count);
}

/* Most items are fixed: what walks many of them asks for this before any other kind. */
static inline const uint8_t *fixed_end(const ap_asterix_item *item, const uint8_t *p,
                                       const uint8_t *end)
{
    return end - p < item->size ? NULL : p + item->size;
}

const uint8_t *ap_asterix_part_end(const ap_asterix_spec *spec, const ap_asterix_item *item,
                                   const uint8_t *p, const uint8_t *end)
{
    ap_repeats repeats;
    ap_bytes content;
    switch ((ap_item_kind)item->kind) {
    case AP_ITEM_FIXED:
        return fixed_end(item, p, end);
    case AP_ITEM_EXTENDED:
        return extended_end(spec, item, p, end);
    case AP_ITEM_REPEAT:
        return ap_repeats_read(p, end, item->count_size, item->size, &repeats);
    case AP_ITEM_REPEAT_FX:
        return ap_repeats_fx_read(p, end, item->size, &repeats);
    case AP_ITEM_EXPLICIT:
        return ap_explicit_read(p, end, &content);
    case AP_ITEM_UNUSED:
    case AP_ITEM_RANDOM:
    case AP_ITEM_COMPOUND:
        break;
    }
    return NULL;
}

ap_asterix_parts ap_asterix_parts_of(const ap_asterix_spec *spec, const ap_asterix_item *item,
                                     const uint8_t *p, const uint8_t *end)
{
    ap_asterix_parts parts = { .spec = spec, .first = spec->items + item->first, .end = end };
    uint8_t fspec_size;
    parts.p = ap_fspec_read(p, end, FSPEC_OCTETS(item->count), &parts.left, &fspec_size);
    if (parts.p == NULL || parts.left >> item->count != 0) {
        parts.p = NULL;
        parts.left = 0;
    }
    return parts;
}

bool ap_asterix_parts_next(ap_asterix_parts *parts, const ap_asterix_item **part,
                           const uint8_t **start)
{
    if (parts->left == 0)
        return false;
    *part = parts->first + ap_lowest_bit(parts->left);
    *start = parts->p;
    parts->left &= parts->left - 1;
    parts->p = (*part)->kind == AP_ITEM_FIXED
                   ? fixed_end(*part, *start, parts->end)
                   : ap_asterix_part_end(parts->spec, *part, *start, parts->end);
    if (parts->p == NULL)
        parts->left = 0;
    return parts->p != NULL;
}

/* Passes a compound item. On a fault *culprit is the sub-item, or unset if it is the compound's own
 * field specification. */
static const uint8_t *compound_end(const ap_asterix_spec *spec, const ap_asterix_item *item,
                                   const uint8_t *p, const uint8_t *end,
                                   const ap_asterix_item **culprit, const uint8_t **culprit_at)
{
    ap_asterix_parts parts = ap_asterix_parts_of(spec, item, p, end);
    while (ap_asterix_parts_next(&parts, culprit, culprit_at))
        ;
    return parts.p;
}

const uint8_t *ap_asterix_item_end(const ap_asterix_spec *spec, const ap_asterix_item *item,
                                   const uint8_t *p, const uint8_t *end)
{
    const ap_asterix_item *culprit;
    const uint8_t *culprit_at;
    return item->kind == AP_ITEM_COMPOUND ? compound_end(spec, item, p, end, &culprit, &culprit_at)
                                          : ap_asterix_part_end(spec, item, p, end);
}

const uint8_t *ap_rfs_read(const ap_asterix_spec *spec, unsigned uap, const uint8_t *p,
                           const uint8_t *end, ap_bytes *content)
{
    const uint8_t *start = p;
    const ap_asterix_uap *layout = &spec->uap[uap];
    if (p == end)
        return NULL;
    for (unsigned left = *p++; left > 0; left--) {
        if (p == end || p[0] == 0 || p[0] > layout->count)
            return NULL;
        const ap_asterix_item *item = spec->items + layout->items[p[0] - 1];
        p = ap_asterix_item_end(spec, item, p + 1, end);
        if (p == NULL)
            return NULL;
    }
    *content = (ap_bytes){ start, (size_t)(p - start) };
    return p;
}

/* Whether an item that did not fit ran out of octets, or breaks its own rules. The slow path. */
static ap_refusal fault_of(const ap_asterix_spec *spec, const ap_asterix_item *item,
                           const uint8_t *p, const uint8_t *end)
{
    if (item->kind == AP_ITEM_COMPOUND) {
        uint64_t present;
        uint8_t fspec_size;
        const ap_asterix_item *culprit = NULL;
        const uint8_t *at = p;
        size_t longest = FSPEC_OCTETS(item->count);
        if (!ap_fspec_read(p, end, (unsigned)longest, &present, &fspec_size))
            return (size_t)(end - p) < longest ? AP_REFUSED_RECORD_OVERRUN : AP_REFUSED_ITEM;
        (void)compound_end(spec, item, p, end, &culprit, &at);
        if (culprit == NULL || culprit->kind == AP_ITEM_UNUSED)
            return AP_REFUSED_ITEM;
        item = culprit;
        p = at;
    }
    switch ((ap_item_kind)item->kind) {
    case AP_ITEM_EXPLICIT:
        return p < end && p[0] == 0 ? AP_REFUSED_ITEM : AP_REFUSED_RECORD_OVERRUN;
    case AP_ITEM_EXTENDED:
        return end - p > AP_ASTERIX_OCTETS_MAX ? AP_REFUSED_ITEM : AP_REFUSED_RECORD_OVERRUN;
    case AP_ITEM_RANDOM:
    case AP_ITEM_UNUSED:
        return AP_REFUSED_ITEM;
    default:
        return AP_REFUSED_RECORD_OVERRUN;
    }
}

static bool fail(ap_asterix_walker *walker, ap_refusal reason, const ap_asterix_item *item)
{
    walker->left = 0;
    walker->failed = true;
    walker->reason = reason;
    walker->item = item;
    return false;
}

/* A field specification of fixed length, eight items an octet; all zero means no item. */
static bool open_expansion(ap_asterix_walker *walker, const uint8_t *data, size_t size)
{
    if (size < walker->spec->fspec_size)
        return fail(walker, AP_REFUSED_RECORD_OVERRUN, NULL);
    for (unsigned k = 0; k < walker->spec->fspec_size * 8u; k++)
        walker->left |= (uint64_t)(data[k / 8] >> (7 - k % 8) & 1) << k;
    walker->p = data + walker->spec->fspec_size;
    return true;
}

bool ap_asterix_walker_open(ap_asterix_walker *walker, const ap_asterix_spec *spec,
                            const uint8_t *data, size_t size)
{
    unsigned longest = FSPEC_OCTETS(spec->uap[0].count);
    if (spec->uap_count == 2 && FSPEC_OCTETS(spec->uap[1].count) > longest)
        longest = FSPEC_OCTETS(spec->uap[1].count);
    uint8_t fspec_size;
    *walker = (ap_asterix_walker){ .spec = spec, .uap = &spec->uap[0], .end = data + size };
    if (spec->fspec_size > 0)
        return open_expansion(walker, data, size);
    walker->p = ap_fspec_read(data, walker->end, longest, &walker->left, &fspec_size);
    if (walker->p == NULL)
        return fail(walker, size < longest ? AP_REFUSED_RECORD_OVERRUN : AP_REFUSED_FSPEC, NULL);
    if (walker->left == 0)
        return fail(walker, AP_REFUSED_FSPEC, NULL);
    return true;
}

bool ap_asterix_selects_second(const ap_asterix_spec *spec, const uint8_t *p)
{
    uint64_t value = ap_asterix_bits_at(p, spec->select_offset, spec->select_size);
    return value < 64 && (spec->select_values >> value & 1);
}

bool ap_asterix_walker_next(ap_asterix_walker *walker, const ap_asterix_item **item,
                            const uint8_t **start)
{
    const ap_asterix_spec *spec = walker->spec;
    if (walker->left == 0)
        return false;
    unsigned place = ap_lowest_bit(walker->left);
    walker->left &= walker->left - 1;
    if (place >= walker->uap->count)
        return fail(walker, AP_REFUSED_FSPEC, NULL);
    unsigned index = walker->uap->items[place];
    const ap_asterix_item *found = spec->items + index;
    if (found->kind == AP_ITEM_UNUSED)
        return fail(walker, AP_REFUSED_FSPEC, NULL);
    const uint8_t *p = walker->p;
    ap_bytes content;
    const uint8_t *behind;
    if (found->kind == AP_ITEM_FIXED)
        behind = fixed_end(found, p, walker->end);
    else if (found->kind == AP_ITEM_RANDOM)
        behind = ap_rfs_read(spec, (unsigned)(walker->uap - spec->uap), p, walker->end, &content);
    else
        behind = ap_asterix_item_end(spec, found, p, walker->end);
    if (behind == NULL)
        return fail(walker, fault_of(spec, found, p, walker->end), found);
    if (spec->uap_count == 2 && index == spec->select_item && ap_asterix_selects_second(spec, p))
        walker->uap = &spec->uap[1];
    *item = found;
    *start = p;
    walker->p = behind;
    return true;
}

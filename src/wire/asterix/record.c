#include "airpicture/asterix.h"

#include "wire/asterix/octets.h"
#include "wire/asterix/spec.h"
#include "wire/asterix/walk.h"

#include <string.h>

/* ---- definitions ---- */

const ap_asterix_spec *ap_asterix_spec_find(uint8_t category, const char *edition)
{
    const ap_asterix_spec *found = NULL;
    for (unsigned k = 0; k < ap_asterix_spec_count; k++) {
        const ap_asterix_spec *spec = ap_asterix_specs[k];
        if (spec->category == category && (!edition || strcmp(spec->edition, edition) == 0))
            found = spec; /* editions ascend: the last is the newest */
    }
    return found;
}

const ap_asterix_spec *ap_asterix_expansion_find(uint8_t category)
{
    for (unsigned k = 0; k < ap_asterix_expansion_count; k++)
        if (ap_asterix_expansions[k]->category == category)
            return ap_asterix_expansions[k];
    return NULL;
}

uint8_t ap_asterix_spec_category(const ap_asterix_spec *spec)
{
    return spec->category;
}

const char *ap_asterix_spec_edition(const ap_asterix_spec *spec)
{
    return spec->edition;
}

/* ---- blocks ---- */

ap_err ap_asterix_block_next(ap_reader *reader, ap_asterix_block *block)
{
    size_t left = ap_reader_left(reader);
    if (left == 0)
        return AP_ERR_END;
    if (left < AP_ASTERIX_BLOCK_HEADER_SIZE)
        return AP_ERR_TRUNCATED;
    const uint8_t *head = reader->data + reader->at;
    size_t length = ap_be16(head + 1);
    if (length <= AP_ASTERIX_BLOCK_HEADER_SIZE)
        return AP_ERR_MALFORMED;
    if (length > left)
        return AP_ERR_TRUNCATED;
    *block = (ap_asterix_block){ head[0], head + AP_ASTERIX_BLOCK_HEADER_SIZE,
                                 length - AP_ASTERIX_BLOCK_HEADER_SIZE };
    reader->at += length;
    return AP_OK;
}

size_t ap_asterix_block_open(ap_writer *writer, uint8_t category)
{
    size_t offset = writer->size;
    ap_write_u8(writer, category);
    ap_write_u16(writer, 0);
    return offset;
}

ap_err ap_asterix_block_close(ap_writer *writer, size_t offset)
{
    if (writer->bad)
        return AP_ERR_FULL;
    size_t length = writer->size - offset;
    if (length > AP_ASTERIX_BLOCK_SIZE_MAX)
        return AP_ERR_RANGE;
    writer->data[offset + 1] = (uint8_t)(length >> 8);
    writer->data[offset + 2] = (uint8_t)length;
    return AP_OK;
}

/* ---- records ---- */

static void tell_fault(const ap_asterix_walker *walker, ap_asterix_fault *fault)
{
    *fault = (ap_asterix_fault){ .reason = walker->reason };
    if (walker->item == NULL)
        return;
    size_t size = strlen(walker->item->name);
    memcpy(fault->item, walker->item->name, size < sizeof fault->item ? size + 1 : 0);
}

/* Passes what is left of a record that begins at `data`. */
static ap_err walk_on(ap_asterix_walker *walker, const uint8_t *data, size_t *record_size,
                      ap_asterix_fault *fault)
{
    const ap_asterix_item *item;
    const uint8_t *start;
    while (ap_asterix_walker_next(walker, &item, &start))
        ;
    if (walker->failed) {
        tell_fault(walker, fault);
        return AP_ERR_MALFORMED;
    }
    *record_size = (size_t)(walker->p - data);
    return AP_OK;
}

ap_err ap_asterix_walk(const ap_asterix_spec *spec, const uint8_t *data, size_t size,
                       size_t *record_size, ap_asterix_fault *fault)
{
    ap_asterix_walker walker;
    (void)ap_asterix_walker_open(&walker, spec, data, size); /* a fault ends the walk */
    return walk_on(&walker, data, record_size, fault);
}

/* Rank of an item among those that tell the time, 1 = best; 0: it tells none. */
static unsigned time_rank(const ap_asterix_spec *spec, unsigned index)
{
    for (unsigned k = 0; k < AP_ASTERIX_TIME_ITEMS; k++)
        if (spec->time_items[k] == index)
            return k + 1;
    return 0;
}

/* Whether nothing behind the items seen so far could tell more. */
static bool looked_enough(const ap_asterix_spec *spec, const ap_asterix_glance *glance,
                          bool source_seen, unsigned best)
{
    return (source_seen || spec->source_item == 0) && (best == 1 || spec->time_items[0] == 0) &&
           (glance->has_tod_512 || spec->time_512_item == 0);
}

/* Passes items until nothing behind them could tell more of the record's source and time. */
static void look_on(ap_asterix_walker *walker, ap_asterix_inherited *inherited,
                    ap_asterix_glance *glance)
{
    const ap_asterix_spec *spec = walker->spec;
    const ap_asterix_item *item;
    const uint8_t *p;
    unsigned best = AP_ASTERIX_TIME_ITEMS + 1;
    bool source_seen = false;
    *glance = (ap_asterix_glance){ 0 };
    while (!looked_enough(spec, glance, source_seen, best) &&
           ap_asterix_walker_next(walker, &item, &p)) {
        unsigned index = (unsigned)(item - spec->items);
        unsigned rank = time_rank(spec, index);
        if (index == spec->source_item) {
            *inherited = (ap_asterix_inherited){ true, p[0], p[1] };
            source_seen = true;
        } else if (rank != 0 && rank < best) {
            best = rank;
            glance->has_tod = true;
            glance->tod_128th_s = ap_be24(p);
        } else if (index == spec->time_512_item) {
            glance->has_tod_512 = true;
            glance->tod_512_128th_s = (uint16_t)ap_be16(p);
        }
    }
    glance->has_source = inherited->has_source;
    glance->sac = inherited->sac;
    glance->sic = inherited->sic;
}

ap_err ap_asterix_look(const ap_asterix_spec *spec, const uint8_t *data, size_t size,
                       ap_asterix_inherited *inherited, ap_asterix_glance *glance)
{
    ap_asterix_walker walker;
    if (ap_asterix_walker_open(&walker, spec, data, size))
        look_on(&walker, inherited, glance);
    return walker.failed ? AP_ERR_MALFORMED : AP_OK;
}

ap_err ap_asterix_walk_looking(const ap_asterix_spec *spec, const uint8_t *data, size_t size,
                               ap_asterix_inherited *inherited, ap_asterix_glance *glance,
                               size_t *record_size, ap_asterix_fault *fault)
{
    ap_asterix_walker walker;
    if (ap_asterix_walker_open(&walker, spec, data, size))
        look_on(&walker, inherited, glance);
    return walk_on(&walker, data, record_size, fault);
}

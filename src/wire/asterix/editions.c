/* Which edition a block is read with: that of the highest level, see ap_edition_level. */
#include "airpicture/asterix.h"

#include "wire/asterix/octets.h"
#include "wire/asterix/spec.h"
#include "wire/asterix/walk.h"

#include <string.h>

enum { CATEGORY_OF_EDITIONS = 247 };

void ap_asterix_editions_default(ap_asterix_editions *editions)
{
    memset(editions, 0, sizeof *editions);
    for (unsigned k = 0; k < ap_asterix_spec_count; k++)
        editions->category[ap_asterix_specs[k]->category] = ap_asterix_specs[k];
}

static const ap_asterix_spec *moved_by(const ap_asterix_spec *spec, ptrdiff_t moved)
{
    return spec ? (const ap_asterix_spec *)((uintptr_t)spec + (uintptr_t)moved) : NULL;
}

void ap_asterix_editions_move(ap_asterix_editions *editions, ptrdiff_t moved)
{
    for (size_t i = 0; i < sizeof editions->category / sizeof editions->category[0]; i++)
        editions->category[i] = moved_by(editions->category[i], moved);
    for (size_t i = 0; i < editions->source_count; i++)
        editions->source[i].spec = moved_by(editions->source[i].spec, moved);
}

static ap_asterix_source_edition *find(ap_asterix_editions *editions, uint8_t sac, uint8_t sic,
                                       uint8_t category)
{
    for (unsigned k = 0; k < editions->source_count; k++) {
        ap_asterix_source_edition *source = &editions->source[k];
        if (source->sac == sac && source->sic == sic && source->spec->category == category)
            return source;
    }
    return NULL;
}

void ap_asterix_editions_choose(ap_asterix_editions *editions, ap_edition_level level,
                                const ap_asterix_spec *spec)
{
    if (level < editions->level[spec->category])
        return;
    editions->category[spec->category] = spec;
    editions->level[spec->category] = level;
}

ap_err ap_asterix_editions_choose_source(ap_asterix_editions *editions, ap_edition_level level,
                                         uint8_t sac, uint8_t sic, const ap_asterix_spec *spec)
{
    ap_asterix_source_edition *source = find(editions, sac, sic, spec->category);
    if (!source && editions->source_count == AP_ASTERIX_SOURCE_EDITION_CAP)
        return AP_ERR_FULL;
    if (!source)
        source = &editions->source[editions->source_count++];
    else if (level < source->level)
        return AP_OK;
    *source = (ap_asterix_source_edition){ sac, sic, level, spec };
    return AP_OK;
}

const ap_asterix_spec *ap_asterix_edition_of(const ap_asterix_editions *editions, uint8_t category,
                                             const uint8_t *data, size_t size)
{
    const ap_asterix_spec *common = editions->category[category];
    if (editions->source_count == 0 || common == NULL)
        return common;
    const uint8_t *sender = ap_asterix_first_source(common, data, size);
    for (unsigned k = 0; sender && k < editions->source_count; k++) {
        const ap_asterix_source_edition *source = &editions->source[k];
        if (source->spec->category == category && source->sac == sender[0] &&
            source->sic == sender[1])
            return source->level < editions->level[category] ? common : source->spec;
    }
    return common;
}

/* ---- announcements ---- */

/* MAIN and SUB of an edition "MAIN.SUB". */
static void numbers_of(const ap_asterix_spec *spec, unsigned number[2])
{
    number[0] = number[1] = 0;
    unsigned part = 0;
    for (const char *c = spec->edition; *c != '\0'; c++) {
        if (*c == '.')
            part = 1;
        else
            number[part] = number[part] * 10 + (unsigned)(*c - '0');
    }
}

/* The oldest known edition of this main number that is not older, else its newest; NULL: none. */
static const ap_asterix_spec *edition_for(uint8_t category, unsigned main_number,
                                          unsigned sub_number)
{
    const ap_asterix_spec *found = NULL;
    for (unsigned k = 0; k < ap_asterix_spec_count; k++) {
        unsigned number[2];
        numbers_of(ap_asterix_specs[k], number);
        if (ap_asterix_specs[k]->category != category || number[0] != main_number)
            continue;
        found = ap_asterix_specs[k]; /* they ascend */
        if (number[1] >= sub_number)
            break;
    }
    return found;
}

static bool announce(ap_asterix_editions *editions, const uint8_t source[2], const uint8_t row[3])
{
    const ap_asterix_spec *spec = edition_for(row[0], row[1], row[2]);
    if (!spec || !editions->category[row[0]] || editions->level[row[0]] > AP_EDITION_BY_SENDER)
        return false;
    const ap_asterix_source_edition *known = find(editions, source[0], source[1], row[0]);
    const ap_asterix_spec *before = known ? known->spec : editions->category[row[0]];
    if (known ? known->level > AP_EDITION_BY_SENDER : spec == before)
        return false;
    ap_err err = ap_asterix_editions_choose_source(editions, AP_EDITION_BY_SENDER, source[0],
                                                   source[1], spec);
    return err == AP_OK && spec != before;
}

/* The rows of I247/550 of one record, whose source goes before them. Returns its size, 0 on a
 * fault. */
static size_t hear_record(ap_asterix_editions *editions, const uint8_t *data, size_t size,
                          unsigned *changed)
{
    const ap_asterix_spec *spec = editions->category[CATEGORY_OF_EDITIONS];
    const uint8_t *source = NULL, *p;
    ap_asterix_walker walker;
    const ap_asterix_item *item;
    if (!ap_asterix_walker_open(&walker, spec, data, size))
        return 0;
    while (ap_asterix_walker_next(&walker, &item, &p)) {
        if (item == spec->items + spec->source_item)
            source = p;
        if (strcmp(item->name, "550") == 0 && source)
            for (const uint8_t *row = p + 1; row < walker.p; row += 3)
                *changed += announce(editions, source, row);
    }
    return walker.failed ? 0 : (size_t)(walker.p - data);
}

unsigned ap_asterix_editions_hear(ap_asterix_editions *editions, const uint8_t *data, size_t size)
{
    unsigned changed = 0;
    ap_reader reader = ap_reader_of(data, size);
    ap_asterix_block block;
    while (ap_asterix_block_next(&reader, &block) == AP_OK) {
        if (block.category != CATEGORY_OF_EDITIONS || !editions->category[CATEGORY_OF_EDITIONS])
            continue;
        size_t record_size = 1;
        for (size_t at = 0; at < block.size && record_size > 0; at += record_size)
            record_size = hear_record(editions, block.data + at, block.size - at, &changed);
    }
    return changed;
}

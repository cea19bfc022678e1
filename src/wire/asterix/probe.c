#include "airpicture/asterix_probe.h"

#include "airpicture/time.h"
#include "wire/asterix/octets.h"
#include "wire/asterix/spec.h"
#include "wire/asterix/value.h"
#include "wire/asterix/walk.h"

#include <string.h>

/* So many blocks are as good as an opinion held before them. */
#define DOUBT_BLOCKS 2.0

void ap_asterix_probe_init(ap_asterix_probe *probe, uint8_t category)
{
    *probe = (ap_asterix_probe){ .category = category };
    for (unsigned k = 0; k < ap_asterix_spec_count; k++)
        if (ap_asterix_specs[k]->category == category &&
            probe->edition_count < AP_ASTERIX_PROBE_EDITION_CAP)
            probe->edition[probe->edition_count++].spec = ap_asterix_specs[k];
}

/* ---- plausible ---- */

static bool is_named(const ap_asterix_bits *bits, const char *name)
{
    size_t size;
    const char *plain = ap_asterix_key_name(bits->key, bits->key_size, &size);
    return size == strlen(name) && memcmp(plain, name, size) == 0;
}

static bool angle_fits(const ap_asterix_spec *spec, const ap_asterix_bits *bits, uint64_t raw)
{
    if (bits->op != AP_BITS_SIGNED_SCALED ||
        strcmp(ap_asterix_units[spec->words[bits - spec->bits].unit], "deg") != 0)
        return true;
    double value =
        (double)ap_sign64(raw, bits->size) * bits->step.numerator / bits->step.denominator;
    return !is_named(bits, "LAT") || (value >= -90.0 && value <= 90.0);
}

static bool text_fits(uint64_t raw)
{
    char plain[9];
    ap_asterix_icao6_text(raw, plain);
    return strchr(plain, '?') == NULL;
}

/* The rows of one element or extended item at p, which walks: they end where it does. */
static bool rows_fit(const ap_asterix_spec *spec, const ap_asterix_item *item, const uint8_t *p)
{
    const ap_asterix_bits *bits = spec->bits + item->first;
    size_t offset = 0;
    for (unsigned k = 0; k < item->count; k++, offset += bits->size, bits++) {
        if (bits->size > 64 || bits->size == 0)
            continue;
        uint64_t raw = ap_asterix_bits_at(p, offset, bits->size);
        if (bits->op == AP_BITS_FX && raw == 0)
            break;
        if ((bits->op == AP_BITS_SPARE && raw != 0) || !angle_fits(spec, bits, raw) ||
            (bits->op == AP_BITS_ICAO6 && !text_fits(raw)))
            return false;
    }
    return true;
}

static bool part_fits(const ap_asterix_spec *spec, const ap_asterix_item *item, const uint8_t *p,
                      const uint8_t *end)
{
    if (item->kind == AP_ITEM_FIXED || item->kind == AP_ITEM_EXTENDED)
        return rows_fit(spec, item, p);
    if (item->kind != AP_ITEM_REPEAT && item->kind != AP_ITEM_REPEAT_FX)
        return true;
    for (p += item->kind == AP_ITEM_REPEAT ? item->count_size : 0; p < end; p += item->size)
        if (!rows_fit(spec, item, p))
            return false;
    return true;
}

static bool compound_fits(const ap_asterix_spec *spec, const ap_asterix_item *item,
                          const uint8_t *p, const uint8_t *end)
{
    const ap_asterix_item *part;
    const uint8_t *start;
    ap_asterix_parts parts = ap_asterix_parts_of(spec, item, p, end);
    while (ap_asterix_parts_next(&parts, &part, &start))
        if (!part_fits(spec, part, start, parts.p))
            return false;
    return parts.p != NULL;
}

static bool is_time(const ap_asterix_spec *spec, const ap_asterix_item *item)
{
    for (unsigned k = 0; k < AP_ASTERIX_TIME_ITEMS; k++)
        if (spec->time_items[k] != 0 && spec->items + spec->time_items[k] == item)
            return true;
    return false;
}

/* Walks a record. out: whether it is plausible. 0 when it does not walk.
 * inherits: it may leave out its source. */
static size_t try_record(const ap_asterix_spec *spec, const uint8_t *data, size_t size,
                         bool inherits, bool *plausible)
{
    ap_asterix_walker walker;
    const ap_asterix_item *item;
    const uint8_t *p;
    bool has_source = inherits || spec->source_item == 0;
    *plausible = true;
    if (!ap_asterix_walker_open(&walker, spec, data, size))
        return 0;
    while (ap_asterix_walker_next(&walker, &item, &p)) {
        has_source = has_source || item == spec->items + spec->source_item;
        if (is_time(spec, item) && ap_be24(p) >= AP_TOD_128TH_PER_DAY)
            *plausible = false;
        if (item->kind == AP_ITEM_COMPOUND ? !compound_fits(spec, item, p, walker.p)
                                           : !part_fits(spec, item, p, walker.p))
            *plausible = false;
    }
    *plausible = *plausible && has_source;
    return walker.failed ? 0 : (size_t)(walker.p - data);
}

/* ---- trials ---- */

void ap_asterix_probe_block(ap_asterix_probe *probe, const uint8_t *data, size_t size)
{
    probe->block_count++;
    for (unsigned k = 0; k < probe->edition_count; k++) {
        uint32_t record_count = 0, plausible_count = 0;
        size_t at = 0;
        while (at < size) {
            const ap_asterix_spec *spec = probe->edition[k].spec;
            bool plausible, inherits = at > 0 && spec->time_512_item != 0; /* CAT001 */
            size_t record_size = try_record(spec, data + at, size - at, inherits, &plausible);
            if (record_size == 0)
                break;
            at += record_size;
            record_count++;
            plausible_count += plausible;
        }
        if (at < size)
            continue;
        probe->edition[k].fit_count++;
        probe->edition[k].record_count += record_count;
        probe->edition[k].plausible_count += plausible_count;
    }
}

static double share(uint32_t part, uint32_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0.0;
}

static double score(const ap_asterix_probe *probe, unsigned k)
{
    return share(probe->edition[k].fit_count, probe->block_count) *
           share(probe->edition[k].plausible_count, probe->edition[k].record_count);
}

ap_err ap_asterix_probe_best(const ap_asterix_probe *probe, ap_asterix_probed *answer)
{
    double best = 0.0, next = 0.0;
    *answer = (ap_asterix_probed){ .spec = NULL };
    for (unsigned k = 0; k < probe->edition_count; k++) {
        if (probe->edition[k].fit_count == 0 || score(probe, k) < best)
            continue;
        answer->oldest =
            answer->spec && score(probe, k) <= best ? answer->oldest : probe->edition[k].spec;
        best = score(probe, k);
        answer->spec = probe->edition[k].spec;
        answer->fit_share = share(probe->edition[k].fit_count, probe->block_count);
        answer->plausible_share =
            share(probe->edition[k].plausible_count, probe->edition[k].record_count);
    }
    if (!answer->spec)
        return AP_ERR_UNKNOWN;
    for (unsigned k = 0; k < probe->edition_count; k++)
        if (score(probe, k) < best && score(probe, k) >= next && probe->edition[k].fit_count > 0) {
            next = score(probe, k);
            answer->next = probe->edition[k].spec;
        }
    answer->next_score = next;
    double weight = probe->block_count / (probe->block_count + DOUBT_BLOCKS);
    answer->sure = best * (1.0 - next / (best > 0.0 ? best : 1.0)) * weight;
    return AP_OK;
}

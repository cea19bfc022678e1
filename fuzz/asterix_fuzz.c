/* Any bytes as records of a definition, one after the other.
 *
 * Input: [number of the definition][records]. Most changes of an input know how a record is made.
 * Properties: walk and the typed decoder agree on what a record is and where it ends; its typed
 * struct gives the same bytes again; a fault has a reason of its own and names an item that there
 * is; a record that walks prints in every form, and what was printed is encoded again. */
#include "asterix_forms.h"

#include "wire/asterix/recode.h"
#include "wire/asterix/test_mutate.h"

#define FORMS_CAP 4
#define RECORD_CAP 64
#define TRIES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

static const ap_asterix_spec *spec_of(const uint8_t *data)
{
    return ap_asterix_specs[data[0] % ap_asterix_spec_count];
}

static void check_fault(const ap_asterix_spec *spec, const ap_asterix_fault *fault)
{
    check(fault->reason == AP_REFUSED_FSPEC || fault->reason == AP_REFUSED_RECORD_OVERRUN ||
              fault->reason == AP_REFUSED_ITEM,
          "a fault has a reason of records");
    check(fault->offset == 0 && fault->record == 0, "walk knows one record");
    bool is_known = fault->item[0] == '\0' && fault->reason != AP_REFUSED_ITEM;
    for (unsigned u = 0; u < spec->uap_count; u++)
        for (unsigned k = 0; k < spec->uap[u].count; k++) {
            const ap_asterix_item *item = &spec->items[spec->uap[u].items[k]];
            is_known =
                is_known || (item->kind != AP_ITEM_UNUSED && strcmp(item->name, fault->item) == 0);
        }
    check(is_known, "a fault names an item that there is");
}

static void check_typed(const ap_asterix_spec *spec, const uint8_t *data, size_t size, ap_err err,
                        size_t walked)
{
    static uint8_t again[1 << 17];
    uint8_t category = ap_asterix_spec_category(spec);
    if (spec != ap_asterix_spec_find(category, NULL))
        return;
    ap_reader reader = ap_reader_of(data, size);
    ap_writer writer = ap_writer_of(again, sizeof again);
    check(ap_asterix_recode(category, &reader, &writer) == err, "walk and typed decoder agree");
    if (err)
        return;
    check(reader.at == walked && writer.size == walked, "walk and typed decoder end alike");
    check(memcmp(again, data, walked) == 0, "the typed struct gives the same bytes");
}

/* The size of the record; 0 when there is none. */
static size_t check_record(const ap_asterix_spec *spec, const uint8_t *data, size_t size,
                           bool with_forms)
{
    size_t walked = 0;
    ap_asterix_fault fault;
    ap_err err = ap_asterix_walk(spec, data, size, &walked, &fault);
    check(err == AP_OK || err == AP_ERR_MALFORMED, "walk is fine or tells a fault");
    check_typed(spec, data, size, err, walked);
    if (err) {
        check_fault(spec, &fault);
        return 0;
    }
    check(walked >= 1 && walked <= size, "a record lies in its octets");
    if (with_forms)
        check_forms(spec, data, walked);
    return walked;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 65535)
        return 0;
    unsigned count = 0;
    size_t record_size = 1;
    for (size_t at = 1; record_size > 0 && at < size; at += record_size)
        record_size = check_record(spec_of(data), data + at, size - at, count++ < FORMS_CAP);
    if (size == 1)
        (void)check_record(spec_of(data), data + 1, 0, false);
    ap_asterix_editions editions;
    ap_asterix_editions_default(&editions);
    (void)ap_asterix_block_proves(&editions, data, size);
    return 0;
}

/* Where a record begins, or what does not walk. */
static size_t some_start(ap_draw *draw, const uint8_t *data, size_t size)
{
    size_t starts[RECORD_CAP], record_size = 0;
    unsigned count = 0;
    ap_asterix_fault fault;
    for (size_t at = 1; at < size && count < RECORD_CAP; at += record_size) {
        starts[count++] = at;
        if (ap_asterix_walk(spec_of(data), data + at, size - at, &record_size, &fault))
            break;
    }
    return starts[ap_draw_below(draw, count)];
}

/* False when this change does not apply. */
static bool change(ap_draw *draw, const uint8_t *data, size_t size)
{
    unsigned kind = ap_draw_below(draw, 2 * AP_MUTATION_COUNT);
    draw->out.size = 0;
    draw->out.bad = false;
    if (size < 2 || kind == 0) { /* another definition */
        ap_write_u8(&draw->out, (uint8_t)ap_draw_below(draw, ap_asterix_spec_count));
        ap_draw_record(draw, spec_of(draw->out.data));
    } else if (kind == 1) { /* the same octets by another definition */
        ap_write_u8(&draw->out, (uint8_t)ap_draw_below(draw, ap_asterix_spec_count));
        ap_write_bytes(&draw->out, data + 1, size - 1);
    } else if (kind == 2) { /* one more record */
        size_t at = some_start(draw, data, size);
        ap_write_bytes(&draw->out, data, at);
        ap_draw_record(draw, spec_of(data));
        ap_write_bytes(&draw->out, data + at, size - at);
    } else {
        size_t at = some_start(draw, data, size);
        ap_mutation how = (ap_mutation)(kind % AP_MUTATION_COUNT);
        ap_write_bytes(&draw->out, data, at);
        if (!ap_mutate_record(draw, spec_of(data), how, data + at, size - at))
            return false;
    }
    return !draw->out.bad && draw->out.size > 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    static uint8_t changed[1 << 17];
    size_t cap = max_size < sizeof changed ? max_size : sizeof changed;
    ap_draw draw = ap_draw_of(seed, changed, cap);
    bool is_plain_change = cap == 0 || ap_draw_below(&draw, 8) == 0;
    for (unsigned k = 0; k < TRIES && !is_plain_change; k++)
        if (change(&draw, data, size)) {
            memcpy(data, changed, draw.out.size);
            return draw.out.size;
        }
    return LLVMFuzzerMutate(data, size, max_size);
}

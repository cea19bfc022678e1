/* Any bytes as a datagram of blocks.
 *
 * Input: [options][datagram]. Options, lowest bit first: what the datagram announces of editions is
 * heard before; two bits: which quarter of all editions the source 1/1 is read with, if not none.
 * Most changes of an input know blocks and records.
 * Properties: the rules of the cursor (wire/asterix/test_cursor.h); a block tells its edition
 * alone; a record prints in every form, and is a block again when it is written as one. */
#include "asterix_forms.h"

#include "airpicture/asterix_cursor.h"
#include "wire/asterix/test_cursor.h"
#include "wire/asterix/test_datagram.h"

#define FORMS_CAP 1
#define BLOCKS_CAP 4
#define CUTS_CAP 12
#define TRIES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_out_size, unsigned seed);

static void choose_editions(ap_asterix_editions *editions, uint8_t options, const uint8_t *data,
                            size_t size)
{
    unsigned quarter = options >> 1 & 3;
    ap_asterix_editions_default(editions);
    for (unsigned k = 0; k < ap_asterix_spec_count && quarter > 0; k++)
        if (k % 4 == quarter)
            check(ap_asterix_editions_choose_source(editions, AP_EDITION_BY_FILE, 1, 1,
                                                    ap_asterix_specs[k]) == AP_OK,
                  "every edition can be chosen");
    if (options & 1) {
        (void)ap_asterix_editions_hear(editions, data, size);
        check(ap_asterix_editions_hear(editions, data, 0) == 0, "nothing announces nothing");
    }
}

/* A record alone in a block proves itself, where its source is not inherited. */
static void check_alone(const ap_asterix_editions *editions, const ap_asterix_record *record)
{
    static uint8_t room[1 << 17];
    ap_writer block = ap_writer_of(room, sizeof room);
    size_t open = ap_asterix_block_open(&block, record->category);
    ap_write_bytes(&block, record->data, record->size);
    if (ap_asterix_block_close(&block, open) == AP_OK &&
        ap_asterix_edition_of(editions, record->category, record->data, record->size) ==
            record->spec)
        check(ap_asterix_block_proves(editions, room, block.size), "a record is a block");
}

/* Which edition a block is read with hangs on the block alone. */
static void check_edition(const ap_asterix_editions *editions, uint8_t category,
                          const uint8_t *data, size_t size)
{
    /* A copy of its own size, so that reading past it is seen. */
    uint8_t *alone = malloc(size ? size : 1);
    memcpy(alone, data, size);
    check(ap_asterix_edition_of(editions, category, alone, size) ==
              ap_asterix_edition_of(editions, category, data, size),
          "an edition is told by the block alone");
    free(alone);
}

/* The first blocks, whole and cut where their source may be. */
static void check_blocks(const ap_asterix_editions *editions, const uint8_t *data, size_t size)
{
    ap_reader reader = ap_reader_of(data, size);
    ap_asterix_block block;
    for (unsigned k = 0; k < BLOCKS_CAP && ap_asterix_block_next(&reader, &block) == AP_OK; k++) {
        check_edition(editions, block.category, block.data, block.size);
        for (size_t cut = 0; cut < CUTS_CAP && cut < block.size; cut++)
            check_edition(editions, block.category, block.data, cut);
    }
}

static void check_records(const ap_asterix_editions *editions, const uint8_t *data, size_t size)
{
    ap_asterix_record record;
    ap_asterix_fault fault;
    ap_asterix_cursor cursor = ap_asterix_cursor_of(editions, data, size);
    unsigned count = 0;
    for (ap_err err; (err = ap_asterix_cursor_next(&cursor, &record, &fault)) != AP_ERR_END;)
        if (err == AP_OK && count++ < FORMS_CAP) {
            check_alone(editions, &record);
            check_forms(record.spec, record.data, record.size);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ap_asterix_editions editions;
    if (size < 1)
        return 0;
    choose_editions(&editions, data[0], data + 1, size - 1);
    const char *broken = ap_cursor_broken_rule(&editions, data + 1, size - 1);
    check(broken == NULL, broken);
    check_blocks(&editions, data + 1, size - 1);
    check_records(&editions, data + 1, size - 1);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    static uint8_t changed[1 << 17];
    ap_asterix_editions editions;
    size_t cap = max_size < sizeof changed ? max_size : sizeof changed;
    ap_draw draw = ap_draw_of(seed, changed, cap);
    if (size < 1 || cap < 1 || ap_draw_below(&draw, 8) == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    choose_editions(&editions, data[0], data + 1, size - 1);
    for (unsigned k = 0; k < TRIES; k++) {
        unsigned how = ap_draw_below(&draw, AP_DATAGRAM_MUTATION_COUNT);
        draw.out = ap_writer_of(changed, cap);
        ap_write_u8(&draw.out, ap_draw_below(&draw, 6) ? data[0] : (uint8_t)ap_draw_next(&draw));
        if (!ap_mutate_datagram(&draw, &editions, (ap_datagram_mutation)how, data + 1, size - 1) ||
            draw.out.bad)
            continue;
        memcpy(data, changed, draw.out.size);
        return draw.out.size;
    }
    return LLVMFuzzerMutate(data, size, max_size);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_out_size, unsigned seed)
{
    ap_asterix_editions editions;
    ap_draw draw = ap_draw_of(seed, out, max_out_size);
    if (size1 < 1 || size2 < 1)
        return 0;
    ap_asterix_editions_default(&editions);
    ap_write_u8(&draw.out, data1[0]);
    ap_join_datagrams(&draw, &editions, (ap_bytes){ data1 + 1, size1 - 1 },
                      (ap_bytes){ data2 + 1, size2 - 1 });
    return draw.out.size;
}

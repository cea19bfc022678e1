/* Raw ASTERIX: data blocks one behind the other, and the search for the next one after damage. */
#include "wire/framing/framing.h"

/* So many headers that lead to one another are a chain, even where no record can be read; those
 * of longer blocks are not followed. */
#define CHAIN_HOPS 4
#define CHAIN_BLOCK_MAX 8192u
#define BLIND_HOPS_MIN 2

/* Nobody writes longer records; looking no further keeps a search on a slow stream from waiting
 * for the whole of a block that never was one. */
#define FIRST_RECORD_MAX 1024u

/* A proved block of this size is taken even where no good header follows. */
#define PROOF_SIZE 16u

/* Does the first record walk? Decided on a window of fixed size. */
static ap_framing_verdict look_first_record(const ap_framer *framer, size_t at, size_t size)
{
    const ap_asterix_spec *spec = framer->editions->category[ap_framing_data(framer)[at]];
    if (!spec)
        return AP_FRAMING_NO;
    size_t window = size < FIRST_RECORD_MAX ? size : FIRST_RECORD_MAX;
    if (ap_framing_left(framer) < at + window)
        return AP_FRAMING_MORE;
    size_t record_size;
    ap_asterix_fault fault;
    ap_err err = ap_asterix_walk(spec, ap_framing_data(framer) + at + AP_ASTERIX_BLOCK_HEADER_SIZE,
                                 window - AP_ASTERIX_BLOCK_HEADER_SIZE, &record_size, &fault);
    return err ? AP_FRAMING_NO : AP_FRAMING_YES;
}

/* Are there headers where they should be behind a block that ends at `at`? A first record that
 * walks ends the question; without it (unknown category, other edition) the headers behind are
 * followed.
 * out: *blind_hops: headers followed when nothing was read, else 0. */
static ap_framing_verdict look_chain(const ap_framer *framer, size_t at, size_t gap,
                                     int *blind_hops)
{
    *blind_hops = 0;
    size_t left = ap_framing_left(framer);
    for (int hop = 0; hop < CHAIN_HOPS; hop++) {
        if (framer->ended && left == at)
            return AP_FRAMING_YES;
        if (left < at + AP_ASTERIX_BLOCK_HEADER_SIZE)
            return framer->ended ? AP_FRAMING_NO : AP_FRAMING_MORE;
        size_t size = ap_framing_block_size(ap_framing_data(framer) + at);
        if (size == 0)
            return AP_FRAMING_NO;
        ap_framing_verdict first = look_first_record(framer, at, size);
        *blind_hops = first == AP_FRAMING_NO ? hop + 1 : 0;
        if (first != AP_FRAMING_NO)
            return first == AP_FRAMING_MORE && framer->ended ? AP_FRAMING_NO : first;
        if (size > CHAIN_BLOCK_MAX)
            return AP_FRAMING_NO;
        at += size + gap;
    }
    return AP_FRAMING_YES;
}

/* In step, a block is taken when it proves itself or when headers follow; the chain is asked first
 * because it costs less, the proof because it does not wait for the next block. */
static ap_framing_verdict look_in_step(const ap_framer *framer, size_t at, size_t block, size_t gap)
{
    int blind_hops;
    if (ap_framing_left(framer) < at + block)
        return AP_FRAMING_MORE;
    ap_framing_verdict chain = look_chain(framer, at + block + gap, gap, &blind_hops);
    if (chain == AP_FRAMING_YES)
        return AP_FRAMING_YES;
    bool proved = ap_asterix_block_proves(framer->editions, ap_framing_data(framer) + at, block);
    return proved ? AP_FRAMING_YES : chain;
}

/* Lost, a block must prove itself, and a header must follow it unless it is long. Where nothing can
 * be read (unknown categories), a chain of headers that nothing readable ends must do. */
static ap_framing_verdict look_lost(const ap_framer *framer, size_t at, size_t block, size_t gap)
{
    ap_framing_verdict first = look_first_record(framer, at, block);
    if (first == AP_FRAMING_MORE || (first == AP_FRAMING_NO && block > CHAIN_BLOCK_MAX))
        return first;
    if (ap_framing_left(framer) < at + block)
        return AP_FRAMING_MORE;
    int blind_hops;
    ap_framing_verdict chain = look_chain(framer, at + block + gap, gap, &blind_hops);
    if (first == AP_FRAMING_NO)
        return chain == AP_FRAMING_YES && blind_hops < BLIND_HOPS_MIN ? AP_FRAMING_NO : chain;
    if (chain != AP_FRAMING_YES && block < PROOF_SIZE)
        return chain;
    bool proved = ap_asterix_block_proves(framer->editions, ap_framing_data(framer) + at, block);
    return proved ? AP_FRAMING_YES : AP_FRAMING_NO;
}

ap_framing_verdict ap_framing_look_block(const ap_framer *framer, size_t at, size_t gap,
                                         bool strict, size_t *size, ap_refusal *why)
{
    const uint8_t *data = ap_framing_data(framer) + at;
    *size = 0;
    if (ap_framing_left(framer) < at + AP_ASTERIX_BLOCK_HEADER_SIZE)
        return AP_FRAMING_MORE;
    size_t block = ap_framing_block_size(data);
    bool defined = framer->editions->category[data[0]] != NULL;
    *why = defined || block == 0 ? AP_REFUSED_BLOCK_LENGTH : AP_REFUSED_CATEGORY;
    if (block == 0)
        return AP_FRAMING_NO;
    ap_framing_verdict verdict =
        strict ? look_lost(framer, at, block, gap) : look_in_step(framer, at, block, gap);
    *size = verdict == AP_FRAMING_YES ? block : 0;
    return verdict;
}

static ap_framing_verdict look(const ap_framer *framer, size_t at, bool strict, size_t *size,
                               ap_refusal *why)
{
    return ap_framing_look_block(framer, at, 0, strict, size, why);
}

ap_err ap_framing_next_asterix(ap_framer *framer, ap_frame *frame)
{
    size_t size;
    ap_err err = ap_framing_find(framer, look, &size);
    if (err)
        return err;
    *frame = ap_framing_asterix(framer, 0, size);
    ap_framing_take(framer, size);
    return AP_OK;
}

/* Records enough for a first block to be sure before its end is seen. */
#define SURE_RECORDS 8

/* How many records walk, up to SURE_RECORDS. */
static int walking_records(const ap_asterix_spec *spec, const uint8_t *data, size_t size)
{
    int count = 0;
    size_t at = 0, record_size;
    ap_asterix_fault fault;
    while (count < SURE_RECORDS && at < size &&
           ap_asterix_walk(spec, data + at, size - at, &record_size, &fault) == AP_OK) {
        at += record_size;
        count++;
    }
    return count;
}

/* Other formats begin with a filler: a run of one octet. */
static bool is_filler(const uint8_t *data, size_t size)
{
    for (size_t i = 1; i < size; i++)
        if (data[i] != data[0])
            return false;
    return true;
}

/* A first block that proves itself makes it sure, and so do many records that walk; a header whose
 * first record walks, or headers up to the very end, make it likely. */
int ap_framing_score_asterix(const ap_framer *framer, const uint8_t *data, size_t size, bool all)
{
    if (is_filler(data, size))
        return 0;
    size_t block = size >= AP_ASTERIX_BLOCK_HEADER_SIZE ? ap_framing_block_size(data) : 0;
    if (block > 0 && block <= size && ap_asterix_block_proves(framer->editions, data, block))
        return 95;
    if (all && ap_framing_blocks_fill(data, size))
        return 80;
    const ap_asterix_spec *spec = block > 0 ? framer->editions->category[data[0]] : NULL;
    int walking = spec ? walking_records(spec, data + 3, (block < size ? block : size) - 3) : 0;
    if (walking > 0)
        return walking < SURE_RECORDS ? 70 : 90;
    for (size_t at = 1; at + AP_ASTERIX_BLOCK_HEADER_SIZE <= size; at++) {
        block = ap_framing_block_size(data + at);
        if (block >= PROOF_SIZE && block + 1 < size - at &&
            framer->editions->category[data[at + block]] &&
            ap_asterix_block_proves(framer->editions, data + at, block))
            return 50;
    }
    return 0;
}

/* Raw ASTERIX: data blocks one behind the other, and the search for the next one after damage. */
#include "wire/framing/framing.h"

#include <string.h>

/* So many headers that lead to one another are a chain, even where no record can be read; those
 * of longer blocks are not followed. */
#define CHAIN_HOPS 4
#define CHAIN_BLOCK_MAX 8192u

/* Where nothing can be read, so many of them have to be of the category that leads the chain. */
#define BLIND_KIN_MIN 2

/* Nobody writes longer records; looking no further keeps a search on a slow stream from waiting
 * for the whole of a block that never was one. */
#define FIRST_RECORD_MAX 1024u

/* A block of this size tells at the start of a file that it is one. */
#define PROOF_SIZE 16u

/* Offsets that a search for a better block looks at for one unit of effort. */
#define BETWEEN_STEP 16u

/* The second block of a source is looked for in so many bytes behind the first one, and asked for
 * in steps: a search begun anew for each byte that arrives would take its square. */
#define SECOND_WITHIN 16384u
#define SECOND_PER_EFFORT 2u
#define SECOND_STEP 512u

/* A run of up to so many octets over and over is a filler, whatever walks in it. */
#define FILLER_PERIOD_MAX 8u

/* So many octets tell the source: header, the longest field specification, SAC, SIC. */
#define SOURCE_WINDOW (AP_ASTERIX_BLOCK_HEADER_SIZE + 12u)

static ap_framing_verdict need(ap_framing_work *work, size_t size)
{
    work->need = size;
    return AP_FRAMING_MORE;
}

/* Does the block of `block` bytes prove itself? What cannot is told by its first record, in a
 * window of fixed size, before the whole of it is there. */
static ap_framing_verdict look_proof(const ap_framer *framer, size_t at, size_t block,
                                     ap_framing_work *work)
{
    const uint8_t *data = ap_framing_data(framer) + at;
    size_t left = ap_framing_left(framer) - at, record_size;
    if (!framer->editions->category[data[0]] || work->effort <= 0)
        return AP_FRAMING_NO;
    size_t window = block < FIRST_RECORD_MAX ? block : FIRST_RECORD_MAX;
    if (left < window)
        return need(work, at + window);
    const ap_asterix_spec *spec =
        ap_asterix_edition_of(framer->editions, data[0], data + AP_ASTERIX_BLOCK_HEADER_SIZE,
                              window - AP_ASTERIX_BLOCK_HEADER_SIZE);
    ap_asterix_fault fault;
    work->effort--;
    if (block > window &&
        ap_asterix_walk(spec, data + AP_ASTERIX_BLOCK_HEADER_SIZE,
                        window - AP_ASTERIX_BLOCK_HEADER_SIZE, &record_size, &fault) != AP_OK)
        return AP_FRAMING_NO;
    if (left < block)
        return need(work, at + block);
    bool proved = ap_asterix_block_proves_within(framer->editions, data, block, &work->effort);
    return proved ? AP_FRAMING_YES : AP_FRAMING_NO;
}

/* What stands behind a block. */
typedef struct chain {
    ap_framing_verdict verdict; /* YES: headers, or the end, where they should be */
    bool read;                  /* a block that proves itself, or the end, closes it */
    int hops;                   /* headers followed before that */
    int kin;                    /* of them those of the block's category */
    size_t end;                 /* where it was closed */
} chain;

/* Are there headers where they should be behind the block at `at`? A block that proves
 * itself ends the question; others (unknown category, other edition, damage) are stepped over. */
static chain look_chain(const ap_framer *framer, size_t at, size_t block, size_t gap,
                        ap_framing_work *work)
{
    chain c = { .verdict = AP_FRAMING_NO };
    uint8_t category = ap_framing_data(framer)[at];
    at += block + gap;
    for (; c.hops < CHAIN_HOPS; c.hops++) {
        size_t left = ap_framing_left(framer);
        c.end = at;
        if (framer->ended && left == at) {
            c.verdict = AP_FRAMING_YES;
            c.read = true;
            return c;
        }
        if (left < at + AP_ASTERIX_BLOCK_HEADER_SIZE) {
            c.verdict =
                framer->ended ? AP_FRAMING_NO : need(work, at + AP_ASTERIX_BLOCK_HEADER_SIZE);
            return c;
        }
        block = ap_framing_block_size(ap_framing_data(framer) + at);
        ap_framing_verdict proof = block > 0 ? look_proof(framer, at, block, work) : AP_FRAMING_NO;
        c.verdict = proof == AP_FRAMING_MORE && framer->ended ? AP_FRAMING_NO : proof;
        c.read = proof == AP_FRAMING_YES;
        if (c.read || proof == AP_FRAMING_MORE || block == 0 || block > CHAIN_BLOCK_MAX)
            return c;
        c.kin += ap_framing_data(framer)[at] == category;
        at += block + gap;
    }
    c.verdict = AP_FRAMING_YES;
    c.end = at;
    return c;
}

static bool has_proved(const ap_framer *framer, uint8_t category)
{
    return (framer->proved[category / 32] >> (category % 32) & 1) != 0;
}

static bool has_proved_any(const ap_framer *framer)
{
    uint32_t any = 0;
    for (size_t i = 0; i < sizeof framer->proved / sizeof framer->proved[0]; i++)
        any |= framer->proved[i];
    return any != 0;
}

/* Many categories find records in any bytes: proof without headers behind it is trusted for those
 * that the stream has shown before, and at its start. */
static bool is_trusted(const ap_framer *framer, size_t at)
{
    return has_proved(framer, ap_framing_data(framer)[at]) || !has_proved_any(framer);
}

/* The source of the block that stands there, told by what is there of it; -1: none. */
static int32_t source_of(const ap_framer *framer, size_t at, size_t block)
{
    size_t left = ap_framing_left(framer) - at;
    return ap_asterix_block_source(framer->editions, ap_framing_data(framer) + at,
                                   block < left ? block : left);
}

/* May its source be told by bytes that are not there yet? One octet of the field specification says
 * that there is none. */
static bool lacks_source(const ap_framer *framer, size_t at, size_t block)
{
    const uint8_t *data = ap_framing_data(framer) + at;
    size_t left = ap_framing_left(framer) - at;
    bool is_open =
        left <= AP_ASTERIX_BLOCK_HEADER_SIZE ||
        ((data[AP_ASTERIX_BLOCK_HEADER_SIZE] & 0x80) && source_of(framer, at, block) < 0);
    return !framer->ended && framer->editions->category[data[0]] && left < block &&
           left < SOURCE_WINDOW && is_open;
}

/* A proved block of a source that has shown one is sure, whatever stands behind it: in random bytes
 * one offset of 300,000 begins a block that walks to its end, one in 65,536 of them names a given
 * source. Another source has to show two blocks. */
static bool is_known(const ap_framer *framer, int32_t source)
{
    return source >= 0 && (framer->source[source / 32] >> (source % 32) & 1) != 0;
}

static bool is_filler_of(const uint8_t *data, size_t size, size_t period)
{
    return 2 * period <= size && memcmp(data, data + period, size - period) == 0;
}

static bool is_filler_block(const uint8_t *data, size_t size)
{
    for (size_t period = 1; period <= FILLER_PERIOD_MAX; period++)
        if (is_filler_of(data, size, period))
            return true;
    return false;
}

/* Does the block at `next` prove itself and come from the source of the one at `at`, no copy? */
static ap_framing_verdict look_same_source(const ap_framer *framer, size_t at, size_t block,
                                           size_t next, ap_framing_work *work)
{
    const uint8_t *data = ap_framing_data(framer);
    size_t size = ap_framing_block_size(data + next);
    if (size == 0 || source_of(framer, next, size) != source_of(framer, at, block))
        return AP_FRAMING_NO;
    ap_framing_verdict proof = look_proof(framer, next, size, work);
    bool is_copy =
        proof == AP_FRAMING_YES && size == block && memcmp(data + at, data + next, block) == 0;
    return is_copy ? AP_FRAMING_NO : proof;
}

/* Does the source of a proved block have another one soon behind it? */
static ap_framing_verdict look_second(const ap_framer *framer, size_t at, size_t block,
                                      ap_framing_work *work)
{
    if (source_of(framer, at, block) < 0 || is_filler_block(ap_framing_data(framer) + at, block))
        return AP_FRAMING_NO;
    size_t from = at + block;
    for (size_t next = from; next < from + SECOND_WITHIN && work->effort > 0; next++) {
        size_t left = ap_framing_left(framer) - next;
        if (left < SOURCE_WINDOW && !framer->ended)
            return need(work, next + SECOND_STEP);
        if (left < AP_ASTERIX_BLOCK_HEADER_SIZE)
            return AP_FRAMING_NO;
        work->effort -= (next - from) % SECOND_PER_EFFORT == 0;
        ap_framing_verdict second = look_same_source(framer, at, block, next, work);
        if (second == AP_FRAMING_YES || (second == AP_FRAMING_MORE && !framer->ended))
            return second;
    }
    return AP_FRAMING_NO;
}

/* Is a better block at `at`: one of a known source, or a trusted one that is followed by another?
 * At the start, where none is known yet, one of a source that shows two is. */
static ap_framing_verdict look_better(const ap_framer *framer, size_t at, size_t gap,
                                      ap_framing_work *work)
{
    size_t block = ap_framing_block_size(ap_framing_data(framer) + at);
    if (lacks_source(framer, at, block))
        return need(work, ap_framing_left(framer) + 1);
    bool is_of_known = block > 0 && is_known(framer, source_of(framer, at, block));
    if (block == 0 || !(is_of_known || is_trusted(framer, at)))
        return AP_FRAMING_NO;
    ap_framing_verdict proof = look_proof(framer, at, block, work);
    if (proof != AP_FRAMING_YES || is_of_known)
        return proof;
    chain c = look_chain(framer, at, block, gap, work);
    if (c.verdict == AP_FRAMING_YES && !(c.read && c.hops == 0))
        c.verdict = AP_FRAMING_NO;
    return c.verdict == AP_FRAMING_NO && !has_proved_any(framer)
               ? look_second(framer, at, block, work)
               : c.verdict;
}

/* Does a better block stand anywhere in [from, to)? */
static ap_framing_verdict look_between(const ap_framer *framer, size_t from, size_t to, size_t gap,
                                       ap_framing_work *work)
{
    for (size_t at = from; at < to && work->effort > 0; at++) {
        if (ap_framing_left(framer) < at + AP_ASTERIX_BLOCK_HEADER_SIZE)
            return framer->ended ? AP_FRAMING_NO : need(work, at + AP_ASTERIX_BLOCK_HEADER_SIZE);
        work->effort -= (at - from) % BETWEEN_STEP == 0;
        ap_framing_verdict better = look_better(framer, at, gap, work);
        if (better == AP_FRAMING_YES || (better == AP_FRAMING_MORE && !framer->ended))
            return better;
    }
    return AP_FRAMING_NO;
}

/* A block whose chain is closed at `end`, though it is not proved or not trusted: YES unless a
 * better one stands between. */
static ap_framing_verdict look_unless_better(const ap_framer *framer, size_t at, size_t end,
                                             size_t gap, ap_framing_work *work)
{
    ap_framing_verdict better = look_between(framer, at + 1, end, gap, work);
    if (better == AP_FRAMING_MORE)
        return AP_FRAMING_MORE;
    return better == AP_FRAMING_YES ? AP_FRAMING_NO : AP_FRAMING_YES;
}

/* In step, a block is taken when it proves itself and its category or source has been seen, and
 * then without waiting for the next one: the first block of a source's second category would wait
 * for tens of kilobytes where its octets look like the head of a long block. One that is not is
 * taken when headers follow where they should, unless a better block stands between: then its
 * length is wrong and met a later header by chance. Its own proof may spend more than there is: a
 * stream in step stays so. */
static ap_framing_verdict look_in_step(const ap_framer *framer, size_t at, size_t block, size_t gap,
                                       ap_framing_work *work)
{
    const uint8_t *data = ap_framing_data(framer) + at;
    if (ap_framing_left(framer) < at + block)
        return need(work, at + block);
    int64_t unspent = INT64_MAX;
    bool proved = ap_asterix_block_proves_within(framer->editions, data, block, &unspent);
    work->effort -= INT64_MAX - unspent;
    if (proved && (is_trusted(framer, at) || is_known(framer, source_of(framer, at, block))))
        return AP_FRAMING_YES;
    chain c = look_chain(framer, at, block, gap, work);
    if (c.verdict == AP_FRAMING_YES)
        return look_unless_better(framer, at, c.end, gap, work);
    bool alone = proved && c.verdict == AP_FRAMING_NO; /* damage follows */
    return alone ? look_unless_better(framer, at, at + block, gap, work) : c.verdict;
}

/* Lost, a block must prove itself, and be sure alone or have headers behind it. Where nothing was
 * ever proved (unknown categories), a chain of headers must do. */
static ap_framing_verdict look_lost(const ap_framer *framer, size_t at, size_t block, size_t gap,
                                    ap_framing_work *work)
{
    ap_framing_verdict proof = look_proof(framer, at, block, work);
    bool blind = proof == AP_FRAMING_NO;
    if (proof == AP_FRAMING_MORE || (blind && (block > CHAIN_BLOCK_MAX || has_proved_any(framer))))
        return proof;
    if (!blind && is_known(framer, source_of(framer, at, block)))
        return AP_FRAMING_YES;
    chain c = look_chain(framer, at, block, gap, work);
    if (blind && c.verdict == AP_FRAMING_YES && (c.read || c.kin < BLIND_KIN_MIN))
        return AP_FRAMING_NO;
    if (c.verdict == AP_FRAMING_YES && !is_trusted(framer, at))
        return look_unless_better(framer, at, c.end, gap, work);
    return !blind && c.verdict == AP_FRAMING_NO ? look_second(framer, at, block, work) : c.verdict;
}

ap_framing_verdict ap_framing_look_block(const ap_framer *framer, size_t at, size_t gap,
                                         bool strict, ap_framing_work *work, size_t *size,
                                         ap_refusal *why)
{
    const uint8_t *data = ap_framing_data(framer) + at;
    *size = 0;
    if (ap_framing_left(framer) < at + AP_ASTERIX_BLOCK_HEADER_SIZE)
        return need(work, at + AP_ASTERIX_BLOCK_HEADER_SIZE);
    size_t block = ap_framing_block_size(data);
    bool defined = framer->editions->category[data[0]] != NULL;
    *why = defined || block == 0 ? AP_REFUSED_BLOCK_LENGTH : AP_REFUSED_CATEGORY;
    if (block == 0)
        return AP_FRAMING_NO;
    ap_framing_verdict verdict = strict ? look_lost(framer, at, block, gap, work)
                                        : look_in_step(framer, at, block, gap, work);
    *size = verdict == AP_FRAMING_YES ? block : 0;
    return verdict;
}

void ap_framing_note_proof(ap_framer *framer, size_t block)
{
    const uint8_t *data = ap_framing_data(framer);
    int32_t source = ap_asterix_block_source(framer->editions, data, block);
    bool is_noted = has_proved(framer, data[0]) && (source < 0 || is_known(framer, source));
    if (is_noted || !ap_asterix_block_proves(framer->editions, data, block))
        return;
    framer->proved[data[0] / 32] |= UINT32_C(1) << (data[0] % 32);
    if (source >= 0)
        framer->source[source / 32] |= UINT32_C(1) << (source % 32);
}

static ap_framing_verdict look(const ap_framer *framer, size_t at, bool strict,
                               ap_framing_work *work, size_t *size, ap_refusal *why)
{
    return ap_framing_look_block(framer, at, 0, strict, work, size, why);
}

ap_err ap_framing_next_asterix(ap_framer *framer, ap_frame *frame)
{
    size_t size;
    ap_err err = ap_framing_find(framer, look, &size);
    if (err)
        return err;
    ap_framing_note_proof(framer, size);
    *frame = ap_framing_asterix(framer, 0, size);
    ap_framing_take(framer, size);
    return AP_OK;
}

/* Records enough for a first block to be sure before its end is seen. */
#define SURE_RECORDS 8

/* How many records of the block walk, up to SURE_RECORDS, in what is there of it: `size` octets,
 * its header at least. */
static int walking_records(const ap_framer *framer, const uint8_t *block, size_t size)
{
    int count = 0;
    size_t at = AP_ASTERIX_BLOCK_HEADER_SIZE, record_size;
    ap_asterix_fault fault;
    const ap_asterix_spec *spec =
        ap_asterix_edition_of(framer->editions, block[0], block + at, size - at);
    while (spec && count < SURE_RECORDS && at < size &&
           ap_asterix_walk(spec, block + at, size - at, &record_size, &fault) == AP_OK) {
        at += record_size;
        count++;
    }
    return count;
}

/* A first block that proves itself makes it sure, and so do many records that walk; a header whose
 * first record walks, or headers up to the very end, make it likely. */
int ap_framing_score_asterix(const ap_framer *framer, const uint8_t *data, size_t size, bool all)
{
    if (is_filler_of(data, size, 1)) /* other formats begin with one */
        return 0;
    size_t block = size >= AP_ASTERIX_BLOCK_HEADER_SIZE ? ap_framing_block_size(data) : 0;
    if (block > 0 && block <= size && ap_asterix_block_proves(framer->editions, data, block))
        return 95;
    if (all && ap_framing_blocks_fill(data, size))
        return 80;
    int walking = block > 0 ? walking_records(framer, data, block < size ? block : size) : 0;
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

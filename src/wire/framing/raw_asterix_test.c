#include "wire/framing/framing_check.h"

#include <time.h>

#include "base/test_rounds.h"

#define BLOCKS 12

/* A run of blocks with one fault, as recordings and lines have them. */
static void put_blocks(ap_writer *w, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        put_block(w, i % 3 == 0 ? 2 : 34, 1 + i % 4, (uint8_t)(100 + i));
}

static run *run_writer(const ap_writer *w)
{
    assert_false(w->bad);
    return run_any_cut(AP_FORMAT_ASTERIX, w->data, w->size);
}

static uint8_t mark_of(const ap_frame *frame)
{
    return frame->data[5];
}

/* Every frame is a block by its own length; their marks tell which ones came. */
static void assert_marks(const run *r, const unsigned *marks, size_t count)
{
    assert_int_equal(r->count, count);
    for (size_t i = 0; i < count; i++) {
        const ap_frame *f = &r->frame[i];
        assert_int_equal(f->kind, AP_FRAME_ASTERIX);
        assert_int_equal(f->time_kind, AP_FRAME_TIME_NONE);
        assert_int_equal(f->data[1] << 8 | f->data[2], (int)f->size);
        assert_int_equal(mark_of(f), 100 + marks[i]);
    }
}

static void assert_all_but(const run *r, unsigned lost)
{
    unsigned marks[BLOCKS], n = 0;
    for (unsigned i = 0; i < BLOCKS; i++)
        if (i != lost)
            marks[n++] = i;
    assert_marks(r, marks, n);
}

static void test_next_blocks(void **state)
{
    (void)state;
    uint8_t data[2000];
    ap_writer w = ap_writer_of(data, sizeof data);
    put_blocks(&w, 0, BLOCKS);
    run *r = run_writer(&w);
    assert_all_but(r, BLOCKS);
    assert_int_equal(r->end, AP_ERR_END);
    assert_int_equal(ap_refusals_total(&r->refused), 0);
    assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], 0);
    assert_int_equal(r->frame[1].offset, 11);
    free(r);
}

/* A whole block that proves itself does not wait for the next one: live streams have no delay. */
static void test_next_gives_a_proved_block_at_once(void **state)
{
    (void)state;
    uint8_t data[100], *space;
    static uint8_t mem[AP_FRAMER_SIZE];
    ap_asterix_editions editions;
    ap_framer framer;
    ap_frame frame;
    ap_writer w = ap_writer_of(data, sizeof data);
    put_block(&w, 34, 2, 1);
    ap_asterix_editions_default(&editions);
    ap_framer_init(&framer, AP_FORMAT_ASTERIX, &editions, mem, sizeof mem);
    ap_framer_space(&framer, &space);
    memcpy(space, data, w.size);
    ap_framer_commit(&framer, w.size);
    assert_int_equal(ap_framer_next(&framer, &frame), AP_OK);
    assert_int_equal(frame.size, w.size);
    assert_int_equal(ap_framer_next(&framer, &frame), AP_ERR_MORE);
}

/* Nor does the first one of another category from the same source, whose octets look like the head
 * of a block of 48 kB: on a slow line that would be half a minute. */
static void test_next_gives_a_second_category_at_once(void **state)
{
    (void)state;
    static const uint8_t looks_so[] = { 48,   0,    23,   0x81, 0x40, 20,   1,    34,
                                        0xC0, 0,    0x80, 20,   1,    0x81, 0x40, 20,
                                        1,    0x15, 0x23, 0x72, 0xCB, 0x1D, 0x20 };
    uint8_t data[100], *space;
    static uint8_t mem[AP_FRAMER_SIZE];
    ap_asterix_editions editions;
    ap_framer framer;
    ap_frame frame;
    ap_writer w = ap_writer_of(data, sizeof data);
    put_block(&w, 34, 2, 1);
    size_t first = w.size;
    ap_write_bytes(&w, looks_so, sizeof looks_so);
    ap_asterix_editions_default(&editions);
    ap_framer_init(&framer, AP_FORMAT_ASTERIX, &editions, mem, sizeof mem);
    ap_framer_space(&framer, &space);
    memcpy(space, data, w.size);
    ap_framer_commit(&framer, w.size);
    assert_int_equal(ap_framer_next(&framer, &frame), AP_OK);
    assert_int_equal(frame.size, first);
    assert_int_equal(ap_framer_next(&framer, &frame), AP_OK);
    assert_int_equal(frame.size, sizeof looks_so);
}

/* Nor does one that does not prove itself wait for more than the header and records of the next. */
static void test_next_gives_a_bad_block_with_the_next(void **state)
{
    (void)state;
    static const uint8_t bad[] = { 48, 0, 6, 0x10, 1, 2 };
    uint8_t data[100], *space;
    static uint8_t mem[AP_FRAMER_SIZE];
    ap_asterix_editions editions;
    ap_framer framer;
    ap_frame frame;
    ap_writer w = ap_writer_of(data, sizeof data);
    put_block(&w, 34, 1, 1);
    ap_write_bytes(&w, bad, sizeof bad);
    put_block(&w, 34, 1, 1);
    ap_asterix_editions_default(&editions);
    ap_framer_init(&framer, AP_FORMAT_ASTERIX, &editions, mem, sizeof mem);
    ap_framer_space(&framer, &space);
    memcpy(space, data, w.size);
    ap_framer_commit(&framer, w.size);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ap_framer_next(&framer, &frame), AP_OK);
}

static void test_next_record_cut_in_a_right_block(void **state)
{
    (void)state;
    uint8_t data[2000];
    ap_writer w = ap_writer_of(data, sizeof data);
    put_blocks(&w, 0, 5);
    size_t at = w.size;
    put_blocks(&w, 5, 6);
    w.size -= 3;
    data[at + 2] = (uint8_t)(data[at + 2] - 3);
    put_blocks(&w, 6, BLOCKS);
    run *r = run_writer(&w);
    assert_all_but(r, BLOCKS); /* handed out whole: the record is its consumer's matter */
    assert_int_equal(ap_refusals_total(&r->refused), 0);
    free(r);
}

/* The damaged block is lost and no other. With two bytes more, those of the next header happen to
 * make a record (02 00: a compound item without parts): the block proves itself, and it is the next
 * one that is lost. */
static void test_next_length_too_large(void **state)
{
    (void)state;
    static const uint8_t too_much[] = { 1, 2, 5, 8, 11, 100, 200 };
    for (size_t i = 0; i < sizeof too_much; i++) {
        uint8_t data[2000];
        ap_writer w = ap_writer_of(data, sizeof data);
        put_blocks(&w, 0, 5);
        size_t at = w.size;
        put_blocks(&w, 5, BLOCKS);
        data[at + 2] = (uint8_t)(data[at + 2] + too_much[i]);
        run *r = run_writer(&w);
        assert_all_but(r, too_much[i] == 2 ? 6 : 5);
        assert_true(ap_refusals_total(&r->refused) == 1);
        free(r);
    }
}

/* Blocks of categories that cannot be read are framed by their headers alone, also after damage. */
static void test_next_unreadable_stream(void **state)
{
    (void)state;
    uint8_t data[2000];
    ap_writer w = ap_writer_of(data, sizeof data);
    for (uint8_t i = 0; i < 20; i++) {
        if (i == 7)
            ap_write_bytes(&w, "\xDE\xAD\xBE\xEF\x55", 5);
        put_block(&w, 200, 1 + i % 3, i);
    }
    run *r = run_writer(&w);
    assert_int_equal(r->refused.count[AP_REFUSED_CATEGORY], 1);
    assert_in_range(r->count, 16, 20); /* those before the damage lack their chain */
    assert_int_equal(r->frame[r->count - 1].data[5], 19);
    free(r);
}

static void test_next_length_too_small(void **state)
{
    (void)state;
    uint8_t data[2000];
    ap_writer w = ap_writer_of(data, sizeof data);
    put_blocks(&w, 0, 6);
    size_t at = w.size;
    put_blocks(&w, 6, BLOCKS);
    data[at + 2] = (uint8_t)(data[at + 2] - 2);
    run *r = run_writer(&w);
    assert_all_but(r, 6);
    assert_int_equal(r->refused.count[AP_REFUSED_BLOCK_LENGTH], 1);
    assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], 3 + 8 * 3);
    free(r);
}

static void test_next_garbage_between_blocks(void **state)
{
    (void)state;
    static const uint8_t garbage[][5] = { { 0xDE, 0xAD, 0xBE, 0xEF, 0x55 },
                                          { 0, 0, 0, 0, 0 },
                                          { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF },
                                          { 34, 0, 99, 34, 0 } };
    for (size_t i = 0; i < 4; i++)
        for (unsigned place = 0; place <= BLOCKS; place += 4) {
            uint8_t data[2000];
            ap_writer w = ap_writer_of(data, sizeof data);
            put_blocks(&w, 0, place);
            ap_write_bytes(&w, garbage[i], 5);
            put_blocks(&w, place, BLOCKS);
            run *r = run_writer(&w);
            assert_all_but(r, BLOCKS);
            assert_int_equal(ap_refusals_total(&r->refused), 1);
            if (place < BLOCKS || i == 1)
                assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], 5);
            free(r);
        }
}

/* A block of one record of the source 20/`sic`, as a CAT034 or CAT048 stream has them. */
static void put_marker(ap_writer *w, uint8_t sic, uint8_t time)
{
    const uint8_t block[] = { 34, 0, 11, 0xF0, 20, sic, 2, 0x12, 0x34, time, time };
    ap_write_bytes(w, block, sizeof block);
}

static uint8_t random_octet(uint32_t *seed)
{
    return (uint8_t)((*seed = *seed * 1664525u + 1013904223u) >> 24);
}

/* Around every block the octets of a recorder that nobody knows: no block has another one directly
 * behind it, and those octets read as headers of long blocks. */
static void test_next_foreign_octets_around_every_block(void **state)
{
    (void)state;
    static const struct {
        uint8_t before, behind, octets[8];
    } forms[] = { { 8, 0, { 0x20, 0xA1, 7, 0, 11, 0, 0, 0 } },
                  { 2, 0, { 0, 13 } },
                  { 0, 4, { 0xA5, 0xA5, 0xA5, 0xA5 } },
                  { 1, 3, { 0x7E, 0x12, 0x34, 0x7E } },
                  { 0, 5, { 34, 0, 99, 34, 0 } },
                  { 0, 6, { 0x20, 0x20, 0x20, 0x20, 0x20, 0x20 } } };
    enum { COUNT = 60 };
    for (size_t k = 0; k < sizeof forms / sizeof forms[0]; k++) {
        uint8_t data[2000];
        ap_writer w = ap_writer_of(data, sizeof data);
        for (uint8_t i = 0; i < COUNT; i++) {
            ap_write_bytes(&w, forms[k].octets, forms[k].before);
            put_marker(&w, i % 2 ? 7 : 9, i);
            ap_write_bytes(&w, forms[k].octets + forms[k].before, forms[k].behind);
        }
        run *r = run_writer(&w);
        assert_int_equal(r->count, COUNT);
        for (size_t i = 0; i < COUNT; i++) {
            assert_int_equal(r->frame[i].size, 11);
            assert_int_equal(r->frame[i].data[10], i);
        }
        free(r);
    }
}

static void test_next_random_octets_between_all_blocks(void **state)
{
    (void)state;
    enum { COUNT = 100, SIZE = COUNT * 311 };
    uint8_t *data = malloc(SIZE);
    assert_non_null(data);
    uint32_t seed = 5;
    ap_writer w = ap_writer_of(data, SIZE);
    for (uint8_t i = 0; i < COUNT; i++) {
        put_marker(&w, 7, i);
        for (size_t n = 1 + random_octet(&seed); n > 0; n--)
            ap_write_u8(&w, random_octet(&seed));
    }
    assert_false(w.bad);
    run *r = run_make(AP_FORMAT_ASTERIX, data, w.size, 65536);
    run *cut = run_make(AP_FORMAT_ASTERIX, data, w.size, 7);
    run_assert_equal(r, cut);
    assert_int_equal(r->count, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(r->frame[i].data[10], i);
    free(r);
    free(cut);
    free(data);
}

/* Between foreign octets a block of a source that was never seen counts for nothing alone, nor does
 * its copy; another one of that source soon behind it makes both sure. */
static void test_next_source_shows_two_blocks(void **state)
{
    (void)state;
    static const uint8_t foreign[] = { 0xA5, 0xA5, 0xA5, 0xA5 };
    for (uint8_t second = 0; second < 3; second++) {
        uint8_t data[2000];
        ap_writer w = ap_writer_of(data, sizeof data);
        ap_write_bytes(&w, foreign, sizeof foreign);
        put_marker(&w, 7, 1);
        ap_write_bytes(&w, foreign, sizeof foreign);
        if (second > 0)
            put_marker(&w, 7, second);
        ap_write_bytes(&w, foreign, sizeof foreign);
        run *r = run_writer(&w);
        assert_int_equal(r->count, second == 2 ? 2 : 0);
        free(r);
    }
}

static void test_next_header_of_length_zero(void **state)
{
    (void)state;
    uint8_t data[2000];
    ap_writer w = ap_writer_of(data, sizeof data);
    put_blocks(&w, 0, 5);
    ap_write_bytes(&w, (const uint8_t[]){ 48, 0, 0 }, 3);
    put_blocks(&w, 5, BLOCKS);
    run *r = run_writer(&w);
    assert_all_but(r, BLOCKS);
    assert_int_equal(r->refused.count[AP_REFUSED_BLOCK_LENGTH], 1);
    assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], 3);
    free(r);
}

/* Unknown categories are the consumer's to count: one alone, two in a row, and the last. */
static void test_next_unknown_category(void **state)
{
    (void)state;
    uint8_t data[2000];
    ap_writer w = ap_writer_of(data, sizeof data);
    put_blocks(&w, 0, 5);
    put_block(&w, 200, 3, 1);
    put_blocks(&w, 5, 7);
    put_block(&w, 201, 2, 2);
    put_block(&w, 202, 4, 3);
    put_blocks(&w, 7, BLOCKS);
    put_block(&w, 203, 1, 4);
    run *r = run_writer(&w);
    assert_int_equal(r->count, BLOCKS + 4);
    assert_int_equal(r->frame[5].data[0], 200);
    assert_int_equal(r->frame[8].data[0], 201);
    assert_int_equal(r->frame[9].data[0], 202);
    assert_int_equal(r->frame[BLOCKS + 3].data[0], 203);
    assert_int_equal(ap_refusals_total(&r->refused), 0);
    free(r);
}

static void test_next_cut_in_the_last_block(void **state)
{
    (void)state;
    for (size_t missing = 1; missing < 27; missing++) {
        uint8_t data[2000];
        ap_writer w = ap_writer_of(data, sizeof data);
        put_blocks(&w, 0, BLOCKS);
        w.size -= missing;
        run *r = run_writer(&w);
        assert_all_but(r, BLOCKS - 1);
        assert_int_equal(r->end, AP_ERR_END);
        assert_int_equal(r->refused.count[AP_REFUSED_TRUNCATED], 1);
        assert_int_equal(ap_refusals_total(&r->refused), 1);
        free(r);
    }
}

static void test_next_nothing_but_noise_ends(void **state)
{
    (void)state;
    uint8_t data[900];
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = random_octet(&seed);
    run *r = run_any_cut(AP_FORMAT_ASTERIX, data, sizeof data);
    assert_int_equal(r->end, AP_ERR_END);
    free(r);
}

/* No block is seen in it, behind one that shows a source either. */
static void test_next_much_noise_holds_no_block(void **state)
{
    (void)state;
    enum { SIZE = 4 << 20 };
    uint8_t *data = malloc(SIZE);
    assert_non_null(data);
    uint32_t seed = 3;
    for (int shown = 0; shown < 2; shown++) {
        ap_writer w = ap_writer_of(data, SIZE);
        if (shown)
            put_marker(&w, 7, 1);
        while (w.size < SIZE)
            ap_write_u8(&w, random_octet(&seed));
        run *r = run_make(AP_FORMAT_ASTERIX, data, w.size, 65536);
        assert_int_equal(r->count, shown);
        free(r);
    }
    free(data);
}

/* A block of the greatest length fits, and a flood of them does not fill the buffer. */
static void test_next_longest_blocks(void **state)
{
    (void)state;
    enum { COUNT = 2, RECORDS = 8191, SIZE = 3 + 8 * RECORDS };
    uint8_t *data = malloc(COUNT * SIZE);
    assert_non_null(data);
    ap_writer w = ap_writer_of(data, COUNT * SIZE);
    for (unsigned i = 0; i < COUNT; i++)
        put_block(&w, 34, RECORDS, (uint8_t)i);
    static const size_t chunks[] = { 1000, 65536, 1000000 };
    for (size_t i = 0; i < 3; i++) {
        run *r = run_make(AP_FORMAT_ASTERIX, data, w.size, chunks[i]);
        assert_int_equal(r->count, COUNT);
        assert_int_equal(r->frame[1].size, SIZE);
        free(r);
    }
    free(data);
}

/* CPU time to frame `size` bytes of a pattern repeated, behind a block that shows a category. */
static clock_t cpu_of_pattern(const uint8_t *pattern, size_t pattern_size, size_t size)
{
    static uint8_t mem[AP_FRAMER_SIZE];
    ap_asterix_editions editions;
    ap_framer framer;
    ap_frame frame;
    uint8_t *space;
    clock_t start = clock();
    ap_asterix_editions_default(&editions);
    ap_framer_init(&framer, AP_FORMAT_ASTERIX, &editions, mem, sizeof mem);
    ap_framer_space(&framer, &space);
    ap_writer w = ap_writer_of(space, 100);
    put_block(&w, 34, 2, 1);
    ap_framer_commit(&framer, w.size);
    for (size_t at = 0; at < size;) {
        while (ap_framer_next(&framer, &frame) == AP_OK)
            ;
        size_t cap = ap_framer_space(&framer, &space);
        size_t n = 8192 < cap ? 8192 : cap;
        for (size_t i = 0; i < n; i++)
            space[i] = pattern[at++ % pattern_size];
        ap_framer_commit(&framer, n);
    }
    ap_framer_commit(&framer, 0);
    while (ap_framer_next(&framer, &frame) == AP_OK)
        ;
    return clock() - start;
}

/* In these bytes nearly every offset begins a long block that walks far. Without a bound on the
 * proofs, 128 KiB of them take from 20 s to minutes. */
static void test_next_work_is_bounded(void **state)
{
    (void)state;
    static const struct {
        uint8_t size, bytes[4];
    } patterns[] = { { 1, { 0x02 } },
                     { 1, { 0x0A } },
                     { 1, { 0x20 } },
                     { 1, { 0x30 } },
                     { 1, { 0x3E } },
                     { 3, { 0x3E, 0x80, 0x01 } },
                     { 3, { 0x30, 0x40, 0x00 } },
                     { 4, { 0x15, 0x20, 0x02, 0x80 } },
                     { 3, { 0x02, 0x80, 0x01 } } };
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        size_t size = AP_TEST_ROUNDS(64 << 10);
        clock_t one = cpu_of_pattern(patterns[i].bytes, patterns[i].size, size);
        clock_t four = cpu_of_pattern(patterns[i].bytes, patterns[i].size, 4 * size);
        if (four > 2 * CLOCKS_PER_SEC || four > 8 * one + CLOCKS_PER_SEC / 5)
            fail_msg("pattern %zu: %g s, and %g s for four times the bytes", i,
                     (double)one / (double)CLOCKS_PER_SEC, (double)four / (double)CLOCKS_PER_SEC);
    }
}

/* Behind 100 kB of such bytes the stream is found again, with a block lost at most. */
static void test_next_blocks_behind_costly_bytes(void **state)
{
    (void)state;
    enum { COSTLY = 99999, SIZE = COSTLY + 2000 };
    static const uint8_t patterns[][3] = { { 0x3E, 0x80, 0x01 }, { 0x20, 0x20, 0x20 } };
    for (size_t p = 0; p < 2; p++) {
        uint8_t *data = malloc(SIZE);
        assert_non_null(data);
        ap_writer w = ap_writer_of(data, SIZE);
        put_blocks(&w, 0, 6);
        for (size_t i = 0; i < COSTLY / 3; i++)
            ap_write_bytes(&w, patterns[p], 3);
        put_blocks(&w, 6, BLOCKS);
        unsigned found = 0;
        run *r = run_make(AP_FORMAT_ASTERIX, data, w.size, 50000);
        run *cut = run_make(AP_FORMAT_ASTERIX, data, w.size, 777);
        run_assert_equal(r, cut);
        for (size_t i = 0; i < r->count; i++)
            found += r->frame[i].offset >= 100000 &&
                     r->frame[i].size == 3 + 8 * (1 + (mark_of(&r->frame[i]) - 100u) % 4);
        assert_in_range(found, 5, 6);
        assert_int_equal(mark_of(&r->frame[r->count - 1]), 100 + BLOCKS - 1);
        free(r);
        free(cut);
        free(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_blocks),
        cmocka_unit_test(test_next_gives_a_proved_block_at_once),
        cmocka_unit_test(test_next_gives_a_second_category_at_once),
        cmocka_unit_test(test_next_gives_a_bad_block_with_the_next),
        cmocka_unit_test(test_next_record_cut_in_a_right_block),
        cmocka_unit_test(test_next_length_too_large),
        cmocka_unit_test(test_next_unreadable_stream),
        cmocka_unit_test(test_next_length_too_small),
        cmocka_unit_test(test_next_garbage_between_blocks),
        cmocka_unit_test(test_next_foreign_octets_around_every_block),
        cmocka_unit_test(test_next_random_octets_between_all_blocks),
        cmocka_unit_test(test_next_source_shows_two_blocks),
        cmocka_unit_test(test_next_header_of_length_zero),
        cmocka_unit_test(test_next_unknown_category),
        cmocka_unit_test(test_next_cut_in_the_last_block),
        cmocka_unit_test(test_next_nothing_but_noise_ends),
        cmocka_unit_test(test_next_much_noise_holds_no_block),
        cmocka_unit_test(test_next_longest_blocks),
        cmocka_unit_test(test_next_work_is_bounded),
        cmocka_unit_test(test_next_blocks_behind_costly_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

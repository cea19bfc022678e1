#include "airpicture/asterix_probe.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A north marker of 25/201. */
#define MARKER 0xE0, 25, 201, 1, 0x07, 0x08, 0x00

static void test_probe_wants_plausible_records(void **state)
{
    (void)state;
    /* CAT034: time of day of 30 h; CAT048: characters outside the alphabet; unused bits. */
    static const struct {
        uint8_t category;
        uint8_t record[32];
        size_t size;
        double plausible_share;
    } cases[] = {
        { 34, { MARKER }, 7, 1 },
        { 34, { 0xE0, 25, 201, 1, 0xD2, 0xF0, 0x00 }, 7, 0 },
        { 34, { 0x60, 1, 0x07, 0x08, 0x00 }, 5, 0 }, /* without a source */
        { 48, { 0x81, 0x40, 25, 201, 0, 0, 0, 0, 0, 0 }, 10, 0 },
        { 48, { 0x88, 25, 201, 0x1F, 0xC0 }, 5, 0 },
        { 48, { 0x88, 25, 201, 0x0F, 0xC0 }, 5, 1 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        ap_asterix_probe probe;
        ap_asterix_probed answer;
        ap_asterix_probe_init(&probe, cases[k].category);
        for (int n = 0; n < 8; n++)
            ap_asterix_probe_block(&probe, cases[k].record, cases[k].size);
        assert_int_equal(ap_asterix_probe_best(&probe, &answer), AP_OK);
        assert_true(answer.plausible_share == cases[k].plausible_share);
        assert_true(answer.fit_share == 1.0);
        assert_true(answer.sure == cases[k].plausible_share * 0.8); /* 8 blocks of 10 */
    }
}

/* What 0.26 means by its bits is no record of 2.x in most blocks. */
static void test_probe_tells_families_apart(void **state)
{
    (void)state;
    ap_asterix_probe probe;
    ap_asterix_probed answer;
    ap_asterix_probe_init(&probe, 21);
    for (uint8_t n = 0; n < 18; n++) {
        const uint8_t record[] = { 0xF8, 25,   7,    0x42, 0x20, 0x54, 0x60, n,    0x00, 0x80,
                                   0x00, 0x00, 0xFF, 0x00, 0x00, n,    0x40, 0x62, n };
        ap_asterix_probe_block(&probe, record, sizeof record);
    }
    assert_int_equal(ap_asterix_probe_best(&probe, &answer), AP_OK);
    assert_string_equal(ap_asterix_spec_edition(answer.spec), "0.26");
    assert_string_equal(ap_asterix_spec_edition(answer.oldest), "0.24");
    assert_true(answer.sure > 0.85 && answer.sure <= 0.9); /* 18 blocks of 20 */
}

/* Records behind the first of a CAT001 block may leave out their source, no other may; CAT150 knows
 * no source. */
static void test_probe_of_sources(void **state)
{
    (void)state;
    static const struct {
        uint8_t category;
        uint8_t block[16];
        size_t size;
        double plausible_share;
    } cases[] = {
        { 1, { 0xC2, 20, 130, 0x00, 0x12, 0x34, 0x42, 0x00, 0x12, 0x35 }, 10, 1.0 },
        { 1, { 0x42, 0x00, 0x12, 0x35 }, 4, 0.0 },
        { 34, { MARKER, 0x60, 1, 0x07, 0x08, 0x00 }, 12, 0.5 },
        { 150, { 0x20, 0x01 }, 2, 1.0 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        ap_asterix_probe probe;
        ap_asterix_probed answer;
        ap_asterix_probe_init(&probe, cases[k].category);
        ap_asterix_probe_block(&probe, cases[k].block, cases[k].size);
        assert_int_equal(ap_asterix_probe_best(&probe, &answer), AP_OK);
        assert_true(answer.fit_share == 1.0);
        assert_true(answer.plausible_share == cases[k].plausible_share);
    }
}

/* The best, the newest of those alike, and the best of the others, wherever they stand. */
static void test_probe_ranks_editions(void **state)
{
    (void)state;
    static const struct {
        uint32_t plausible_count[4]; /* of 10 records in 10 blocks */
        unsigned best, oldest, next;
        double next_score;
    } cases[] = {
        { { 10, 5, 8, 2 }, 0, 0, 2, 0.8 },
        { { 2, 8, 5, 10 }, 3, 3, 1, 0.8 },
        { { 8, 10, 10, 5 }, 2, 1, 0, 0.8 },
        { { 0, 0, 0, 1 }, 3, 3, 2, 0.0 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        ap_asterix_probe probe;
        ap_asterix_probed answer;
        ap_asterix_probe_init(&probe, 48);
        assert_true(probe.edition_count > 4);
        assert_int_equal(ap_asterix_probe_best(&probe, &answer), AP_ERR_UNKNOWN);
        probe.block_count = 10;
        for (unsigned n = 0; n < 4; n++) {
            probe.edition[n].fit_count = probe.edition[n].record_count = 10;
            probe.edition[n].plausible_count = cases[k].plausible_count[n];
        }
        assert_int_equal(ap_asterix_probe_best(&probe, &answer), AP_OK);
        assert_ptr_equal(answer.spec, probe.edition[cases[k].best].spec);
        assert_ptr_equal(answer.oldest, probe.edition[cases[k].oldest].spec);
        assert_ptr_equal(answer.next, probe.edition[cases[k].next].spec);
        assert_true(answer.next_score == cases[k].next_score);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probe_wants_plausible_records),
        cmocka_unit_test(test_probe_tells_families_apart),
        cmocka_unit_test(test_probe_of_sources),
        cmocka_unit_test(test_probe_ranks_editions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

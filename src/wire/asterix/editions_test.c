#include "airpicture/asterix.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static ap_asterix_editions editions;

static const char *edition_of(uint8_t category, const uint8_t *data, size_t size)
{
    const ap_asterix_spec *spec = ap_asterix_edition_of(&editions, category, data, size);
    return spec ? ap_asterix_spec_edition(spec) : "none";
}

static void test_editions_by_source(void **state)
{
    (void)state;
    static const uint8_t ours[] = { 0x81, 0x01, 0x00, 25, 7 }, other[] = { 0x80, 25, 8 };
    static const uint8_t foreign[] = { 0x80, 26, 7 };
    static const uint8_t without[] = { 0x40, 25, 7 }, endless[] = { 0x81, 0x81, 0x81 };
    static const uint8_t longer[] = { 0x81, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 25, 7 }; /* than any */
    ap_asterix_editions_default(&editions);
    assert_string_equal(edition_of(21, ours, sizeof ours), "2.7");
    assert_string_equal(edition_of(200, ours, sizeof ours), "none");
    const ap_asterix_spec *old = ap_asterix_spec_find(21, "2.1");
    assert_int_equal(ap_asterix_editions_choose_source(&editions, AP_EDITION_BY_FILE, 25, 7, old),
                     AP_OK);
    assert_string_equal(edition_of(21, ours, sizeof ours), "2.1");
    assert_string_equal(edition_of(21, ours, 4), "2.7"); /* cut in its source */
    assert_string_equal(edition_of(21, ours, 2), "2.7");
    assert_string_equal(edition_of(21, other, sizeof other), "2.7");
    assert_string_equal(edition_of(21, foreign, sizeof foreign), "2.7");
    assert_string_equal(edition_of(21, without, sizeof without), "2.7");
    assert_string_equal(edition_of(21, endless, sizeof endless), "2.7");
    assert_string_equal(edition_of(21, longer, sizeof longer), "2.7");
    assert_string_equal(edition_of(48, ours, sizeof ours), "1.32");
    assert_string_equal(edition_of(200, ours, sizeof ours), "none");
    assert_string_equal(edition_of(150, ours, sizeof ours), "3.0"); /* it knows no SAC and SIC */
    old = ap_asterix_spec_find(21, "2.4");
    assert_int_equal(ap_asterix_editions_choose_source(&editions, AP_EDITION_BY_FILE, 25, 7, old),
                     AP_OK);
    assert_int_equal(editions.source_count, 1);
    assert_string_equal(edition_of(21, ours, sizeof ours), "2.4");
    for (int k = 1; k < AP_ASTERIX_SOURCE_EDITION_CAP; k++)
        assert_int_equal(
            ap_asterix_editions_choose_source(&editions, AP_EDITION_BY_FILE, 1, (uint8_t)k, old),
            AP_OK);
    assert_int_equal(ap_asterix_editions_choose_source(&editions, AP_EDITION_BY_FILE, 2, 0, old),
                     AP_ERR_FULL);
    ap_asterix_editions_default(&editions);
}

/* CAT247: source, then category, main and sub number. */
static unsigned hear(uint8_t category, uint8_t main_number, uint8_t sub_number)
{
    const uint8_t block[] = { 247, 0, 10, 0x90, 25, 7, 1, category, main_number, sub_number };
    return ap_asterix_editions_hear(&editions, block, sizeof block);
}

static void test_editions_are_heard(void **state)
{
    (void)state;
    static const uint8_t ours[] = { 0x80, 25, 7 };
    ap_asterix_editions_default(&editions);
    assert_int_equal(hear(21, 2, 3), 1);
    assert_string_equal(edition_of(21, ours, sizeof ours), "2.3");
    assert_int_equal(hear(21, 2, 3), 0); /* known */
    assert_int_equal(hear(21, 2, 0), 1); /* the next newer of its main number */
    assert_string_equal(edition_of(21, ours, sizeof ours), "2.1");
    assert_int_equal(hear(21, 0, 99), 1); /* its newest */
    assert_string_equal(edition_of(21, ours, sizeof ours), "0.26");
    assert_int_equal(hear(21, 3, 0), 0); /* a main number that nobody knows */
    assert_int_equal(hear(200, 1, 0), 0);
    assert_int_equal(hear(48, 1, 32), 0); /* the newest anyway */
    ap_asterix_editions_choose(&editions, AP_EDITION_BY_COMMAND, ap_asterix_spec_find(62, NULL));
    assert_int_equal(hear(62, 1, 18), 0); /* people go first */
    const ap_asterix_spec *chosen = ap_asterix_spec_find(48, "1.30");
    assert_int_equal(
        ap_asterix_editions_choose_source(&editions, AP_EDITION_BY_FILE, 25, 7, chosen), AP_OK);
    assert_int_equal(hear(48, 1, 28), 0);
    static const uint8_t broken[] = { 247, 0, 7, 0x90, 25, 7, 1 };
    static const uint8_t more[] = { 34, 0, 10, 0xE0, 25, 201, 1, 0x07, 0x08, 0x00 };
    assert_int_equal(ap_asterix_editions_hear(&editions, broken, sizeof broken), 0);
    assert_int_equal(ap_asterix_editions_hear(&editions, more, sizeof more), 0);
    editions.category[247] = NULL;
    assert_int_equal(hear(21, 2, 4), 0);
    ap_asterix_editions_default(&editions);
}

/* Of the rows of a datagram those count that are whole and whose sender is known. */
static void test_editions_of_damaged_announcements(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[24];
        size_t size;
        unsigned changed;
    } cases[] = {
        { { 247, 0, 10, 0x90, 25, 7, 1, 21, 2, 3 }, 10, 1 },
        { { 247, 0, 13, 0x90, 25, 7, 2, 21, 2, 3, 48, 1, 28 }, 13, 2 },
        { { 247, 0, 8, 0x10, 1, 21, 2, 3 }, 8, 0 },             /* without a source */
        { { 247, 0, 10, 0x90, 25, 7, 2, 21, 2, 3 }, 10, 0 },    /* the second row is missing */
        { { 247, 0, 5, 0x00, 0x90 }, 5, 0 },                    /* no field specification */
        { { 247, 0, 11, 0x94, 25, 7, 1, 21, 2, 3, 0 }, 11, 1 }, /* a broken item behind it */
        { { 247, 0, 17, 0x90, 25, 7, 1, 21, 2, 3, 0x90, 25, 8, 1, 21, 2, 3 }, 17, 2 },
        { { 247, 0, 18, 0x90, 25, 7, 1, 21, 2, 3, 0x90 }, 11, 0 }, /* the block is cut */
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        ap_asterix_editions_default(&editions);
        assert_int_equal(ap_asterix_editions_hear(&editions, cases[k].bytes, cases[k].size),
                         cases[k].changed);
        assert_int_equal(editions.source_count, cases[k].changed);
    }
    ap_asterix_editions_default(&editions);
    editions.category[48] = NULL; /* not decoded, whoever announces what */
    assert_int_equal(hear(48, 1, 28), 0);
    for (unsigned k = 0; k < AP_ASTERIX_SOURCE_EDITION_CAP; k++)
        assert_int_equal(ap_asterix_editions_choose_source(&editions, AP_EDITION_BY_FILE,
                                                           (uint8_t)(k >> 8), (uint8_t)k,
                                                           ap_asterix_spec_find(62, "1.18")),
                         AP_OK);
    assert_int_equal(hear(21, 2, 3), 0); /* beyond the table */
    ap_asterix_editions_default(&editions);
}

/* One word of someone on the edition of 021: for every source, or for 25/7. */
typedef struct word {
    ap_edition_level level;
    bool of_source;
    const char *edition;
} word;

static void say(const word *said)
{
    const ap_asterix_spec *spec = ap_asterix_spec_find(21, said->edition);
    if (said->of_source)
        assert_int_equal(ap_asterix_editions_choose_source(&editions, said->level, 25, 7, spec),
                         AP_OK);
    else
        ap_asterix_editions_choose(&editions, said->level, spec);
}

/* Every pair of words, in both orders: the higher level counts, then what is said of the source;
 * of two alike the later. */
static void test_editions_go_by_level(void **state)
{
    (void)state;
    static const uint8_t ours[] = { 0x80, 25, 7 }, other[] = { 0x80, 25, 8 };
    enum { WORDS = 2 * (AP_EDITION_BY_COMMAND - AP_EDITION_BY_DEFAULT) };
    for (unsigned a = 0; a < WORDS; a++)
        for (unsigned b = 0; b < WORDS; b++) {
            const word first = { AP_EDITION_BY_TRIAL + a / 2, a % 2, "0.26" };
            const word second = { AP_EDITION_BY_TRIAL + b / 2, b % 2, "2.1" };
            ap_asterix_editions_default(&editions);
            say(&first);
            say(&second);
            assert_string_equal(edition_of(21, ours, sizeof ours), a > b ? "0.26" : "2.1");
            const char *common = "2.7";
            if (!first.of_source)
                common = "0.26";
            if (!second.of_source && (first.of_source || b >= a))
                common = "2.1";
            assert_string_equal(edition_of(21, other, sizeof other), common);
        }
    ap_asterix_editions_default(&editions);
}

/* What a sender announces goes before what was found by trial and behind what people chose. */
static void test_editions_announced_by_level(void **state)
{
    (void)state;
    static const uint8_t ours[] = { 0x80, 25, 7 };
    static const struct {
        word said;
        unsigned changed;
        const char *edition;
    } cases[] = {
        { { AP_EDITION_BY_TRIAL, true, "0.26" }, 1, "2.3" },
        { { AP_EDITION_BY_TRIAL, false, "0.26" }, 1, "2.3" },
        { { AP_EDITION_BY_TRIAL, true, "2.3" }, 0, "2.3" }, /* the same, better known */
        { { AP_EDITION_BY_FILE, true, "0.26" }, 0, "0.26" },
        { { AP_EDITION_BY_FILE, false, "0.26" }, 0, "0.26" },
        { { AP_EDITION_BY_COMMAND, true, "0.26" }, 0, "0.26" },
        { { AP_EDITION_BY_COMMAND, false, "0.26" }, 0, "0.26" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        ap_asterix_editions_default(&editions);
        say(&cases[k].said);
        assert_int_equal(hear(21, 2, 3), cases[k].changed);
        assert_string_equal(edition_of(21, ours, sizeof ours), cases[k].edition);
        /* A trial that comes later changes nothing. */
        say(&(word){ AP_EDITION_BY_TRIAL, true, "0.23" });
        assert_string_equal(edition_of(21, ours, sizeof ours), cases[k].edition);
    }
    ap_asterix_editions_default(&editions);
}

int main(void)
{
    ap_asterix_editions_default(&editions);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_editions_by_source),
        cmocka_unit_test(test_editions_are_heard),
        cmocka_unit_test(test_editions_of_damaged_announcements),
        cmocka_unit_test(test_editions_go_by_level),
        cmocka_unit_test(test_editions_announced_by_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

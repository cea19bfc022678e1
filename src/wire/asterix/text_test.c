#include "wire/asterix/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* CAT048: 010, 140, 020 with one extent, 040, 070, 240. */
static const uint8_t plot[] = { 0xF9, 0x40, 25,   201,  0x54, 0x60, 0x40, 0xA1, 0x00, 0x80, 0x00,
                                0x40, 0x00, 0x0F, 0xC0, 0x04, 0x20, 0xF1, 0xCB, 0x38, 0x20 };

static void test_text_names_values_and_units(void **state)
{
    (void)state;
    static uint8_t text[4096];
    ap_writer writer = ap_writer_of(text, sizeof text);
    const ap_asterix_spec *spec = ap_asterix_spec_find(48, NULL);
    assert_int_equal(ap_asterix_text(spec, plot, sizeof plot, true, &writer), AP_OK);
    text[writer.size] = '\0';
    static const char *const lines[] = {
        "    I048/010 data source identifier [19c9]\n        SAC system area code: 25\n",
        "    I048/140 time of day [546040]\n        value: 43200.5 s\n",
        "        RHO: 128.0 NM\n        THETA: 90.0 deg\n",
        "MODE3A Mode-3/A reply in octal representation: \"7700\"\n",
        "        value: \"ABC123  \"\n",
        "[a100]\n        TYP: 5 (single Mode S roll-call)\n",
        "        FOEFRI: 0 (no Mode 4 interrogation)\n",
    };
    for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++)
        assert_non_null(strstr((char *)text, lines[k]));
}

/* A code of no table stays a number; a run of codes has one meaning; FAMILY of CAT032 selects the
 * codes of NATURE. Addresses and messages are in hexadecimal digits. */
static void test_text_tells_codes(void **state)
{
    (void)state;
    static const struct {
        uint8_t category;
        const char *edition;
        uint8_t record[12];
        size_t size;
        const char *line;
    } cases[] = {
        { 2, NULL, { 0x40, 8 }, 2, "        value: 8 (blind zone filtering begins)\n" },
        { 2, NULL, { 0x40, 4 }, 2, "        value: 4\n" },
        { 25, NULL, { 0x01, 0x80, 1, 77 }, 4, "value: 77 (reserved for manufacturers)\n" },
        { 32, NULL, { 0x10, 0x11 }, 2, "        NATURE: 1 (initial correlation)\n" },
        { 32, NULL, { 0x10, 0x21 }, 2, "        NATURE: 1 (initial SUC correlation)\n" },
        { 32, NULL, { 0x10, 0x31 }, 2, "        FAMILY: 3\n        NATURE: 1\n" },
        { 32, "1.1", { 0x10, 0x21 }, 2, "        NATURE: 1 (initial correlation)\n" },
        { 48, NULL, { 1, 0x80, 0x4B, 0x12, 0x34 }, 5, "        value: 4B1234 hex (4919860)\n" },
        { 48, NULL, { 1, 0x80, 0, 0x0A, 0xBC }, 5, "        value: 000ABC hex (2748)\n" },
        { 21, "0.23", { 0x08, 0, 0x0A, 0xBC }, 4, "        value: 000ABC hex (2748)\n" },
        { 48,
          NULL,
          { 1, 1, 1, 0x80, 0x30, 0, 0, 0, 0, 0, 1 },
          11,
          "        value: 30000000000001 hex (13510798882111489)\n" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        static uint8_t text[512];
        ap_writer writer = ap_writer_of(text, sizeof text - 1);
        const ap_asterix_spec *spec = ap_asterix_spec_find(cases[k].category, cases[k].edition);
        assert_int_equal(ap_asterix_text(spec, cases[k].record, cases[k].size, false, &writer),
                         AP_OK);
        text[writer.size] = '\0';
        if (!strstr((char *)text, cases[k].line))
            fail_msg("%s", (char *)text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_names_values_and_units),
        cmocka_unit_test(test_text_tells_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "wire/asterix/columns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* CAT048: 010, 140, 020 with one extent, 040, 070, 240. */
static const uint8_t plot[] = { 0xF9, 0x40, 25,   201,  0x54, 0x60, 0x40, 0xA1, 0x00, 0x80, 0x00,
                                0x40, 0x00, 0x0F, 0xC0, 0x04, 0x20, 0xF1, 0xCB, 0x38, 0x20 };

static void test_columns_hold_chosen_values(void **state)
{
    (void)state;
    static uint8_t text[4096];
    ap_writer writer = ap_writer_of(text, sizeof text);
    ap_asterix_columns *columns = calloc(1, sizeof *columns);
    const ap_asterix_spec *spec = ap_asterix_spec_find(48, NULL);
    assert_int_equal(ap_asterix_columns_choose(columns, 48, "999"), AP_ERR_UNKNOWN);
    assert_int_equal(ap_asterix_columns_choose(columns, 48, "040"), AP_OK);
    assert_int_equal(ap_asterix_columns_choose(columns, 48, "161"), AP_OK);
    assert_int_equal(ap_asterix_columns_choose(columns, 48, "240"), AP_OK);
    assert_int_equal(ap_asterix_columns_learn(columns, spec), AP_OK);
    ap_asterix_columns_head(columns, &writer);
    ap_write_u8(&writer, '\n');
    assert_int_equal(ap_asterix_columns_row(columns, spec, plot, sizeof plot, &writer), AP_OK);
    /* Of an edition that was not learnt before: the same columns. */
    ap_write_u8(&writer, '\n');
    const ap_asterix_spec *older = ap_asterix_spec_find(48, "1.27");
    assert_int_equal(ap_asterix_columns_row(columns, older, plot, sizeof plot, &writer), AP_OK);
    text[writer.size] = '\0';
    assert_string_equal((char *)text, ",I048/040/RHO_nmi,I048/040/THETA_deg,I048/161/TRN,I048/240\n"
                                      ",128.0,90.0,,ABC123  \n,128.0,90.0,,ABC123  ");
    while (columns->choice_count < AP_ASTERIX_CHOICE_CAP)
        assert_int_equal(ap_asterix_columns_choose(columns, 48, "040"), AP_OK);
    assert_int_equal(ap_asterix_columns_choose(columns, 48, "040"), AP_ERR_FULL);
    columns->plan_count = AP_ASTERIX_PLAN_CAP;
    const ap_asterix_spec *another = ap_asterix_spec_find(48, "1.28");
    assert_int_equal(ap_asterix_columns_learn(columns, another), AP_ERR_FULL);
    assert_int_equal(ap_asterix_columns_row(columns, another, plot, sizeof plot, &writer),
                     AP_ERR_FULL);
    free(columns);
}

/* Appends the cells of one record to `text`, ended by NUL. */
static ap_err row(ap_asterix_columns *columns, const ap_asterix_spec *spec, const uint8_t *data,
                  size_t size, char text[256])
{
    ap_writer writer = ap_writer_of((uint8_t *)text, 255);
    ap_err err = ap_asterix_columns_row(columns, spec, data, size, &writer);
    text[writer.size] = '\0';
    return err;
}

/* Items of other categories are no columns of this one; twice chosen is once shown. */
static void test_columns_of_several_categories(void **state)
{
    (void)state;
    static const uint8_t marker[] = { 0xE0, 25, 201, 1, 0x07, 0x08, 0x00 };
    char text[256];
    ap_asterix_columns *columns = calloc(1, sizeof *columns);
    const ap_asterix_spec *plots = ap_asterix_spec_find(48, NULL);
    const ap_asterix_spec *service = ap_asterix_spec_find(34, NULL);
    assert_int_equal(ap_asterix_columns_choose(columns, 34, "000"), AP_OK);
    assert_int_equal(ap_asterix_columns_choose(columns, 48, "140"), AP_OK);
    assert_int_equal(ap_asterix_columns_choose(columns, 48, "140"), AP_OK);
    assert_int_equal(ap_asterix_columns_learn(columns, service), AP_OK);
    assert_int_equal(ap_asterix_columns_learn(columns, plots), AP_OK);
    assert_int_equal(columns->count, 2);
    assert_int_equal(row(columns, plots, plot, sizeof plot, text), AP_OK);
    assert_string_equal(text, ",,43200.5");
    assert_int_equal(row(columns, service, marker, sizeof marker, text), AP_OK);
    assert_string_equal(text, ",1,");
    free(columns);
}

/* Items that hold octets of any meaning are shown as these. */
static void test_columns_of_octets(void **state)
{
    (void)state;
    static const uint8_t with_re[] = { 0x01, 0x01, 0x01, 0x02, 0x03, 0xAA, 0xBB };
    static const uint8_t with_rfs[] = { 0x01, 0x02, 0x01, 0x02, 0x05 };
    char text[256];
    ap_asterix_columns *columns = calloc(1, sizeof *columns);
    const ap_asterix_spec *plots = ap_asterix_spec_find(48, NULL);
    const ap_asterix_spec *service = ap_asterix_spec_find(2, NULL);
    assert_int_equal(ap_asterix_columns_choose(columns, 48, "RE"), AP_OK);
    assert_int_equal(ap_asterix_columns_choose(columns, 2, "RFS"), AP_OK);
    assert_int_equal(ap_asterix_columns_learn(columns, plots), AP_OK);
    assert_int_equal(ap_asterix_columns_learn(columns, service), AP_OK);
    assert_string_equal(columns->column[0].name, "I048/RE_hex");
    assert_string_equal(columns->column[1].name, "I002/RFS_hex");
    assert_int_equal(row(columns, plots, with_re, sizeof with_re, text), AP_OK);
    assert_string_equal(text, ",03aabb,");
    assert_int_equal(row(columns, service, with_rfs, sizeof with_rfs, text), AP_OK);
    assert_string_equal(text, ",,010205");
    free(columns);
}

/* Behind the head there are no new columns: what only another edition says is left out. */
static void test_columns_end_with_the_head(void **state)
{
    (void)state;
    uint8_t head[64];
    char text[256];
    /* CAT021 2.7: I021/090 with its first octet: NUCR_NACV 1, NUCP_NIC 8 */
    static const uint8_t report[] = { 0x81, 0x01, 0x10, 25, 7, 0x30 };
    ap_writer writer = ap_writer_of(head, sizeof head - 1);
    ap_asterix_columns *columns = calloc(1, sizeof *columns);
    const ap_asterix_spec *newest = ap_asterix_spec_find(21, NULL);
    assert_int_equal(ap_asterix_columns_choose(columns, 21, "090"), AP_OK);
    ap_asterix_columns_head(columns, &writer);
    assert_int_equal(writer.size, 0);
    assert_int_equal(ap_asterix_columns_row(columns, newest, report, sizeof report, &writer),
                     AP_OK);
    assert_int_equal(writer.size, 0);
    assert_int_equal(columns->count, 0);
    assert_int_equal(row(columns, newest, report, 5, text), AP_ERR_MALFORMED); /* cut in I021/090 */
    assert_int_equal(row(columns, newest, report, 1, text), AP_ERR_MALFORMED); /* in its FSPEC */
    free(columns);
}

/* An item that only early editions have gets its columns too; those of the newest come first. */
static void test_columns_of_every_edition(void **state)
{
    (void)state;
    ap_asterix_columns *columns = calloc(1, sizeof *columns);
    assert_int_equal(ap_asterix_columns_choose(columns, 21, "040"), AP_OK);
    assert_int_equal(ap_asterix_columns_choose(columns, 21, "032"), AP_OK);
    assert_int_equal(ap_asterix_columns_learn(columns, ap_asterix_spec_find(21, NULL)), AP_OK);
    uint16_t newest_count = columns->count;
    assert_string_equal(ap_asterix_columns_missing(columns)->item, "032");
    assert_int_equal(ap_asterix_columns_learn_all(columns, 21), AP_OK);
    assert_null(ap_asterix_columns_missing(columns));
    assert_string_equal(columns->column[0].name, "I021/040/ATP");
    unsigned spi = 0, accuracy = 0;
    for (unsigned k = newest_count; k < columns->count; k++) {
        spi += strcmp(columns->column[k].name, "I021/040/SPI") == 0;
        accuracy += strcmp(columns->column[k].name, "I021/032_s") == 0;
    }
    assert_int_equal(spi, 1);
    assert_int_equal(accuracy, 1);
    free(columns);
}

static void check_room(const ap_asterix_spec *spec, const ap_asterix_item *item)
{
    if (item->kind == AP_ITEM_UNUSED)
        return;
    assert_in_range(item - spec->items, 0, AP_ASTERIX_PLAN_ITEM_CAP - 1);
    if (item->kind != AP_ITEM_COMPOUND)
        assert_in_range(item->first + item->count, 0, AP_ASTERIX_PLAN_BITS_CAP);
}

/* Every edition of every category has room, with its sub-items and rows of bits; the items of a
 * record have a bit each in 64. */
static void test_columns_have_a_plan_for_each_edition(void **state)
{
    (void)state;
    ap_asterix_columns *columns = calloc(1, sizeof *columns);
    assert_in_range(ap_asterix_spec_count, 1, AP_ASTERIX_PLAN_CAP);
    for (unsigned k = 0; k < ap_asterix_spec_count; k++) {
        const ap_asterix_spec *spec = ap_asterix_specs[k];
        for (unsigned u = 0; u < spec->uap_count; u++)
            for (unsigned i = 0; i < spec->uap[u].count; i++) {
                const ap_asterix_item *item = &spec->items[spec->uap[u].items[i]];
                assert_in_range(spec->uap[u].items[i], 0, 63);
                check_room(spec, item);
                for (unsigned j = 0; item->kind == AP_ITEM_COMPOUND && j < item->count; j++)
                    check_room(spec, &spec->items[item->first + j]);
            }
        assert_int_equal(ap_asterix_columns_learn(columns, spec), AP_OK);
    }
    free(columns);
}

static void test_columns_near_a_name(void **state)
{
    (void)state;
    static const struct {
        uint8_t category;
        const char *item, *near[AP_ASTERIX_NEAR_CAP];
    } cases[] = { { 48, "40", { "040", "042", "030" } },
                  { 48, "999", { "260", "250", "240" } },
                  { 21, "041", { "040", "032", "030" } } };
    const char *near[AP_ASTERIX_NEAR_CAP];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(ap_asterix_columns_near(cases[i].category, cases[i].item, near),
                         AP_ASTERIX_NEAR_CAP);
        for (unsigned k = 0; k < AP_ASTERIX_NEAR_CAP; k++)
            assert_string_equal(near[k], cases[i].near[k]);
    }
    assert_int_equal(ap_asterix_columns_near(48, "XY", near), AP_ASTERIX_NEAR_CAP);
    assert_true(near[0][0] > '9');
    assert_int_equal(ap_asterix_columns_near(3, "010", near), 0);
}

static void test_columns_full(void **state)
{
    (void)state;
    char text[256];
    ap_asterix_columns *columns = calloc(1, sizeof *columns);
    const ap_asterix_spec *plots = ap_asterix_spec_find(48, NULL);
    columns->count = AP_ASTERIX_COLUMN_CAP - 1;
    assert_int_equal(ap_asterix_columns_choose(columns, 48, "040"), AP_OK); /* two columns */
    assert_int_equal(ap_asterix_columns_learn(columns, plots), AP_ERR_FULL);
    assert_int_equal(columns->count, AP_ASTERIX_COLUMN_CAP);
    assert_string_equal(columns->column[AP_ASTERIX_COLUMN_CAP - 1].name, "I048/040/RHO_nmi");
    assert_int_equal(row(columns, plots, plot, sizeof plot, text), AP_ERR_FULL);
    free(columns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_hold_chosen_values),
        cmocka_unit_test(test_columns_of_several_categories),
        cmocka_unit_test(test_columns_of_octets),
        cmocka_unit_test(test_columns_end_with_the_head),
        cmocka_unit_test(test_columns_of_every_edition),
        cmocka_unit_test(test_columns_have_a_plan_for_each_edition),
        cmocka_unit_test(test_columns_near_a_name),
        cmocka_unit_test(test_columns_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

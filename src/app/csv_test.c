#include "app/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* Rows as "line[field|field]", faults as "line!", in order; in pieces of `piece` octets. */
static void rows_of(const char *data, size_t size, size_t piece, char *out, size_t out_size)
{
    ap_csv csv;
    ap_csv_init(&csv);
    size_t used = 0;
    out[0] = '\0';
    bool ended = false;
    for (size_t at = 0; !ended;) {
        bool whole = false;
        if (at < size)
            at += ap_csv_take(&csv, data + at, size - at < piece ? size - at : piece, &whole);
        else
            ended = !(whole = ap_csv_end(&csv));
        if (!whole)
            continue;
        used += (size_t)snprintf(out + used, out_size - used, "%d", (int)csv.line);
        for (size_t i = 0; !csv.fault && i < csv.field_count; i++)
            used += (size_t)snprintf(out + used, out_size - used, "%c%s", i ? '|' : '[',
                                     ap_csv_field(&csv, i));
        used += (size_t)snprintf(out + used, out_size - used, "%s", csv.fault ? "!" : "]");
    }
}

/* RFC 4180, section 2, its numbered rules. */
static void test_take_rows(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rows;
    } cases[] = {
        { "a,b\r\n1,2\r\n", "1[a|b]2[1|2]" },                   /* 1 */
        { "a,b\r\n1,2", "1[a|b]2[1|2]" },                       /* 2 */
        { "a,\r\n,b\n,\n", "1[a|]2[|b]3[|]" },                  /* 4 */
        { "\"a\",\"b\"\r\n1,2", "1[a|b]2[1|2]" },               /* 5 */
        { "\"a\r\nb\",\"c,d\"\r\n1,2", "1[a\r\nb|c,d]3[1|2]" }, /* 6 */
        { "\"a\"\"b\",\"\"\r\n", "1[a\"b|]" },                  /* 7 */
        { " a , b\t, \"c\" \n", "1[a|b|c]" },
        { "\xEF\xBB\xBFt,x\n", "1[t|x]" },
        { "\xEF\xBB\xBF\"t\",x\n", "1[t|x]" },
        { "\n\na\n\n\r\nb\n", "3[a]6[b]" },
        { "", "" },
        { "a\"b,c\n1,2\n", "1!2[1|2]" },
        { "\"a\"b,c\n1,2\n", "1!2[1|2]" },
        { "a,\"b", "1!" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t piece = 1; piece < 9; piece++) {
            char rows[256];
            rows_of(cases[i].text, strlen(cases[i].text), piece, rows, sizeof rows);
            assert_string_equal(rows, cases[i].rows);
        }
}

static void test_take_nul(void **state)
{
    (void)state;
    char rows[64];
    rows_of("1,\0002\n3\n", 7, 100, rows, sizeof rows);
    assert_string_equal(rows, "1!2[3]");
}

static void test_take_too_many_and_too_long(void **state)
{
    (void)state;
    static char text[3 * AP_CSV_ROW_SIZE], rows[64];
    memset(text, ',', AP_CSV_FIELD_CAP);
    strcpy(text + AP_CSV_FIELD_CAP, "\nx\n");
    rows_of(text, strlen(text), 1000, rows, sizeof rows);
    assert_string_equal(rows, "1!2[x]");
    memset(text, 'a', AP_CSV_ROW_SIZE);
    strcpy(text + AP_CSV_ROW_SIZE, "\nx\n");
    rows_of(text, strlen(text), 1000, rows, sizeof rows);
    assert_string_equal(rows, "1!2[x]");
}

/* An open quote costs what fits a row, not the rest of the file. */
static void test_take_open_quote(void **state)
{
    (void)state;
    static char text[3 * AP_CSV_ROW_SIZE];
    strcpy(text, "1,\"2\n");
    while (strlen(text) < 2 * AP_CSV_ROW_SIZE)
        strcat(text, "0123456789,012345\n");
    strcat(text, "x\n");
    ap_csv csv;
    bool whole;
    ap_csv_init(&csv);
    size_t at = ap_csv_take(&csv, text, strlen(text), &whole);
    assert_true(whole && csv.fault == AP_CSV_QUOTE && csv.line == 1);
    assert_true(at <= AP_CSV_ROW_SIZE + 20);
    (void)ap_csv_take(&csv, text + at, strlen(text) - at, &whole);
    assert_true(whole && !csv.fault && csv.field_count == 2);
    assert_int_equal(csv.line, 1 + (at - 5) / 18 + 1);
}

static void test_fault_texts(void **state)
{
    (void)state;
    for (int i = AP_CSV_SOUND; i <= AP_CSV_TOO_MANY; i++)
        assert_true(strlen(ap_csv_fault_text((ap_csv_fault)i)) > 5);
    assert_string_equal(ap_csv_fault_text((ap_csv_fault)99), "unlisted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take_rows),
        cmocka_unit_test(test_take_nul),
        cmocka_unit_test(test_take_too_many_and_too_long),
        cmocka_unit_test(test_take_open_quote),
        cmocka_unit_test(test_fault_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "app/requirements.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "airpicture/geo.h"

#define HEAD "table: t\ntitle: a table\nsource: us\nconfidence: M\ninterval: 8 s\nrows:\n"
#define ROW "  - row: A\n    text: what\n    level: mandatory\n"

static const ap_command command = { .name = "evaluate" };

/* Errors are lines on standard error, which the tests read back. */
static int parse(const char *text, ap_requirement_table *table, char *said, size_t size)
{
    FILE *file = tmpfile();
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    assert_true(file && dup2(fileno(file), STDERR_FILENO) >= 0);
    int status = ap_requirements_parse(&command, "f.yaml", text, strlen(text), table);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    said[fread(said, 1, size - 1, file)] = '\0';
    fclose(file);
    return status;
}

static void test_requirements_parse_units(void **state)
{
    (void)state;
    static const struct {
        const char *row;
        double limit, si;
    } cases[] = {
        { "    quantity: position_error\n    at_most: 2 NM\n", 3704.0, 1852.0 },
        { "    quantity: climb_rate_error\n    at_most: 250 ft/min\n", 1.27, 0.00508 },
        { "    quantity: track_angle_error\n    at_most: 180 deg\n", AP_PI, AP_PI / 180.0 },
        { "    quantity: update\n    at_least: 97 %\n", 0.97, 0.01 },
        { "    quantity: false_track\n    at_most: 1 /h\n", 1.0, 1.0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static ap_requirement_table table;
        char text[600], said[1000];
        snprintf(text, sizeof text, HEAD ROW "%s", cases[i].row);
        assert_int_equal(parse(text, &table, said, sizeof said), 0);
        assert_int_equal(table.row_count, 1);
        const ap_requirement_row *row = &table.row[0];
        assert_float_equal(row->requirement.limit, cases[i].limit, 1e-12);
        assert_float_equal(row->unit_si, cases[i].si, 1e-12);
        assert_int_equal(row->confidence, 'M'); /* the table's, as is the interval */
        assert_float_equal(row->requirement.interval_s, 8.0, 0);
        assert_true(row->is_mandatory);
    }
}

static void test_requirements_parse_row(void **state)
{
    (void)state;
    static ap_requirement_table table;
    char said[1000];
    assert_int_equal(parse(HEAD ROW "    quantity: correlated_error\n    threshold: 0.5 NM\n"
                                    "    run_length: 3\n    at_most: 0.03 %\n    confidence: V\n"
                                    "    note: n\n    source: s\n",
                           &table, said, sizeof said),
                     0);
    const ap_requirement *r = &table.row[0].requirement;
    assert_int_equal(r->quantity, AP_QUANTITY_CORRELATED_ERROR);
    assert_float_equal(r->threshold, 926.0, 1e-9);
    assert_int_equal(r->run_length, 3);
    assert_false(r->at_least);
    assert_int_equal(table.row[0].confidence, 'V');
    assert_string_equal(table.row[0].note, "n");
    assert_string_equal(table.row[0].source, "s");
}

static void test_requirements_parse_faults(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        { "", "f.yaml:1:1: no group of keys" },
        { "rows: [", "expected YAML" },
        { HEAD "  - 5\n", "f.yaml:7:5: a row is no group of keys" },
        { HEAD ROW "    quantity: update\n", "f.yaml:7:5: a row without at_most or at_least" },
        { HEAD ROW "    quantity: upd\n    at_most: 1 m\n", "f.yaml:10:15: quantity 'upd'" },
        { HEAD ROW "    quantity: position_error\n    at_most: 1 s\n", "unit of 'm', 'km'" },
        { HEAD ROW "    quantity: position_error\n    at_most: one m\n", "expected a number" },
        { HEAD ROW "    quantity: position_error\n    at_most: 1 m\n    at_least: 2 m\n",
          "a second limit" },
        { HEAD ROW "    quantity: update\n    at_least: 9 %\n    colour: red\n",
          "f.yaml:12:5: key 'colour'" },
        { HEAD ROW "    quantity: update\n    at_least: 9 %\n    confidence: X\n",
          "expected V (read in a public source)" },
        { HEAD
          "  - row: A\n    text: b\n    level: must\n    quantity: update\n    at_least: 9 %\n",
          "f.yaml:9:12: level 'must'" },
        { "table: t\nconfidence: M\nrows:\n" ROW "    quantity: update\n    at_least: 9 %\n",
          "a table without title" },
        { HEAD ROW "    quantity: update\n    at_least: 9 %\n    level: mandatory\n",
          "f.yaml:12:5: key 'level' again" },
        { HEAD ROW "    quantity: update\n    at_least: 9 %\n---\ntable: u\n",
          "f.yaml:12:1: a second document" },
        { HEAD ROW "    quantity: updates\n    at_least: 9 %\n", "track_switch" }, /* whole list */
        { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "brackets within brackets" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static ap_requirement_table table;
        char said[2000];
        assert_int_equal(parse(cases[i].text, &table, said, sizeof said), AP_EXIT_CONFIG);
        if (!strstr(said, cases[i].said))
            fail_msg("case %zu: '%s' is not in '%s'", i, cases[i].said, said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requirements_parse_units),
        cmocka_unit_test(test_requirements_parse_row),
        cmocka_unit_test(test_requirements_parse_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "io/postgres_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "io/postgres_store.h"

#define HOUR 3600
#define DAY 86400
#define T0 INT64_C(1717660800) /* 2024-06-06T08:00:00Z */

static void test_postgres_part_names(void **state)
{
    (void)state;
    static const struct {
        int64_t begin_s, part_s;
        const char *name;
    } cases[] = { { T0, HOUR, "track_points_20240606t08" },
                  { T0 - 8 * HOUR, DAY, "track_points_20240606" },
                  { INT64_C(951782400), HOUR, "track_points_20000229t00" },
                  { 0, DAY, "track_points_19700101" },
                  { -HOUR, HOUR, "track_points_19691231t23" } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[AP_POSTGRES_PART_NAME];
        int64_t end_s;
        ap_postgres_part_name("track_points", cases[i].begin_s / cases[i].part_s, cases[i].part_s,
                              name);
        assert_string_equal(name, cases[i].name);
        if (cases[i].begin_s < 0)
            continue;
        assert_true(ap_postgres_part_end("track_points", name, &end_s));
        assert_int_equal(end_s, cases[i].begin_s + cases[i].part_s);
    }
}

/* What somebody else has put beside them is left alone. */
static void test_postgres_part_end_others(void **state)
{
    (void)state;
    static const char *const names[] = { "track_points_else",         "track_points",
                                         "track_reasons_20240606t08", "track_points_20240606t24",
                                         "track_points_20240606t8",   "track_points_20241306t08",
                                         "track_points_20240606t08x", "track_points_2024060",
                                         "track_points_20240606t",    "track_points_20240230" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int64_t end_s;
        assert_false(ap_postgres_part_end("track_points", names[i], &end_s));
    }
}

/* The one before, for what comes late, and two ahead. */
static void test_postgres_parts_cover(void **state)
{
    (void)state;
    const int64_t slot = T0 / HOUR;
    ap_postgres_parts parts = { .part_s = HOUR, .from = 0, .to = -1 };
    assert_false(ap_postgres_parts_cover(&parts, T0 * AP_NS_PER_S));
    parts.from = slot - 1;
    parts.to = slot + 2;
    assert_true(ap_postgres_parts_cover(&parts, T0 * AP_NS_PER_S));
    assert_true(ap_postgres_parts_cover(&parts, (T0 + HOUR) * AP_NS_PER_S - 1));
    assert_false(ap_postgres_parts_cover(&parts, (T0 + HOUR) * AP_NS_PER_S));
    assert_false(ap_postgres_parts_cover(&parts, T0 * AP_NS_PER_S - 1));
}

static void test_postgres_schema_names(void **state)
{
    (void)state;
    assert_true(ap_postgres_schema_is_good("airpicture"));
    assert_true(ap_postgres_schema_is_good("_a9"));
    assert_true(ap_postgres_schema_is_good("a234567890123456789012345678901234567890"));
    static const char *const bad[] = { "",
                                       "9a",
                                       "Air",
                                       "a-b",
                                       "a b",
                                       "a;b",
                                       "a\"b",
                                       "pg_temp",
                                       "\xC3\xA4",
                                       "a.b",
                                       "a2345678901234567890123456789012345678901" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(ap_postgres_schema_is_good(bad[i]));
}

/* A password in a connection's words would be told by `airpicture check`. */
static void test_postgres_link_check(void **state)
{
    (void)state;
    char message[AP_IO_MESSAGE_SIZE];
    assert_true(ap_postgres_link_check("host=db dbname=air", message));
    assert_true(ap_postgres_link_check("postgresql://me@db:5433/air?sslmode=require", message));
    assert_true(ap_postgres_link_check("", message));
    static const char *const bad[][2] = { { "host=db password=x", "holds a password" },
                                          { "postgresql://me:x@db/air", "holds a password" },
                                          { "host=db sslpassword=x", "holds a password" },
                                          { "hots=db", "hots" },
                                          { "host", "host" } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(ap_postgres_link_check(bad[i][0], message));
        assert_non_null(strstr(message, bad[i][1]));
        assert_null(strchr(message, '\n'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_postgres_part_names),
        cmocka_unit_test(test_postgres_part_end_others),
        cmocka_unit_test(test_postgres_parts_cover),
        cmocka_unit_test(test_postgres_schema_names),
        cmocka_unit_test(test_postgres_link_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "app/run_tiles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_tiles_origin(void **state)
{
    (void)state;
    static const struct {
        const char *url, *origin; /* NULL: refused */
    } cases[] = {
        { "https://tiles.example/{z}/{x}/{y}.png", "https://tiles.example" },
        { "http://127.0.0.1:8081/map/{z}/{x}/{y}?key=a;b,c", "http://127.0.0.1:8081" },
        { "ftp://tiles.example/{z}/{x}/{y}", NULL },
        { "tiles.example/{z}/{x}/{y}", NULL },
        { "https:///{z}/{x}/{y}", NULL },
        { "https://tiles.example", NULL },
        { "https://tiles.example/{z}/{x}.png", NULL },
        { "https://{z}.example/{x}/{y}", NULL },
        { "https://a.example;script-src/{z}/{x}/{y}", NULL },
        { "https://a.example https://b.example/{z}/{x}/{y}", NULL },
        { "https://*.example/{z}/{x}/{y}", NULL },
        { "https://ann:secret@a.example/{z}/{x}/{y}", NULL },
        { "https://a.example:/{z}/{x}/{y}", NULL },
        { "https://a.example:123456/{z}/{x}/{y}", NULL },
    };
    char origin[AP_TILES_ORIGIN_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool is_good = ap_run_tiles_origin(cases[i].url, origin);
        if (is_good != (cases[i].origin != NULL) || (is_good && strcmp(origin, cases[i].origin)))
            fail_msg("%s: %s", cases[i].url, is_good ? origin : "refused");
    }
    char long_url[400] = "https://";
    memset(long_url + 8, 'a', 300);
    strcpy(long_url + 308, "/{z}/{x}/{y}");
    assert_false(ap_run_tiles_origin(long_url, origin));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_tiles_origin) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

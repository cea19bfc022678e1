#include "io/browser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define URL "http://127.0.0.1:8080"

/* A desktop whose xdg-open writes down what it was asked for. */
static void test_open_asks_the_desktop(void **state)
{
    (void)state;
    char folder[] = "/tmp/airpicture-browser-XXXXXX", tool[64], told[64], text[64] = "";
    assert_non_null(mkdtemp(folder));
    (void)snprintf(tool, sizeof tool, "%s/xdg-open", folder);
    (void)snprintf(told, sizeof told, "%s/told", folder);
    FILE *file = fopen(tool, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\nprintf %%s \"$1\" > '%s'\n", told) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(tool, 0755), 0);
    assert_int_equal(setenv("PATH", folder, 1), 0);
    assert_int_equal(setenv("DISPLAY", ":99", 1), 0);
    assert_true(ap_browser_open(URL));
    int status;
    assert_true(wait(&status) > 0);
    assert_int_equal(status, 0);
    file = fopen(told, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, URL);
    (void)unlink(tool);
    assert_false(ap_browser_open(URL)); /* it is gone */
    (void)unlink(told);
    (void)rmdir(folder);
}

static void test_open_without_desktop(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("DISPLAY"), 0);
    assert_int_equal(unsetenv("WAYLAND_DISPLAY"), 0);
    assert_false(ap_browser_open(URL));
    char longer[400];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(setenv("WAYLAND_DISPLAY", "wayland-0", 1), 0);
    assert_false(ap_browser_open(longer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_asks_the_desktop),
        cmocka_unit_test(test_open_without_desktop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

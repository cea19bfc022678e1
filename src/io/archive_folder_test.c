#include "io/archive_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void path_in(const char *name, char path[256])
{
    snprintf(path, 256, "%s/%s", folder, name);
}

static void touch(const char *name)
{
    char path[256];
    path_in(name, path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/airpicture_files_XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void test_find_in_a_folder(void **state)
{
    (void)state;
    static const char *const names[] = { "c.gpkg",     "a.gpkg",      "b.gpkg",    ".hidden.gpkg",
                                         "a.gpkg-wal", "x.gpkg.part", "notes.txt", "gpkg" };
    ap_archive_files files;
    char message[AP_IO_MESSAGE_SIZE] = "", path[256];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        touch(names[i]);
    assert_int_equal(ap_archive_files_find(&files, folder, message), AP_OK);
    assert_int_equal(files.count, 3);
    for (size_t i = 0; i < 3; i++) {
        const char *const sorted[] = { "a.gpkg", "b.gpkg", "c.gpkg" };
        path_in(sorted[i], path);
        assert_string_equal(files.path[i], path);
    }
    ap_archive_files_free(&files);
    ap_archive_files_free(&files);
}

/* A file is taken whatever its name: what is in it tells. */
static void test_find_a_file(void **state)
{
    (void)state;
    ap_archive_files files;
    char message[AP_IO_MESSAGE_SIZE] = "", path[256];
    touch("notes.txt");
    path_in("notes.txt", path);
    assert_int_equal(ap_archive_files_find(&files, path, message), AP_OK);
    assert_int_equal(files.count, 1);
    assert_string_equal(files.path[0], path);
    ap_archive_files_free(&files);
}

static void test_find_nothing(void **state)
{
    (void)state;
    ap_archive_files files;
    char message[AP_IO_MESSAGE_SIZE] = "", path[256];
    assert_int_equal(ap_archive_files_find(&files, folder, message), AP_ERR_NO_INPUT);
    assert_non_null(strstr(message, "holds no archive"));
    ap_archive_files_free(&files);
    path_in("none.gpkg", path);
    assert_int_equal(ap_archive_files_find(&files, path, message), AP_ERR_NO_INPUT);
    assert_non_null(strstr(message, "No such file"));
    ap_archive_files_free(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_find_in_a_folder, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_find_a_file, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_find_nothing, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

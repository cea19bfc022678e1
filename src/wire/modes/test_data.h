/* Recordings and references of other programs, for the tests that compare with them. */
#ifndef AP_WIRE_MODES_TEST_DATA_H
#define AP_WIRE_MODES_TEST_DATA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Opens a file of the Mode S data set (AIRPICTURE_DATA, else that beside the tree), unpacked; close
 * it with pclose. NULL when it is absent, which is told: the test is skipped then. */
static inline FILE *open_data(const char *name)
{
    const char *root = getenv("AIRPICTURE_DATA");
    char path[512], command[600];
    snprintf(path, sizeof path, "%s/modes/%s", root ? root : "../shared/data", name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        print_message("skipped: %s is not there\n", path);
        return NULL;
    }
    fclose(file);
    snprintf(command, sizeof command, "gzip -dcf '%s'", path);
    return popen(command, "r");
}

#endif

#include "wire/modes/test_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

FILE *ap_test_data(const char *name)
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

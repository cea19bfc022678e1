#include "app/editions.h"

#include <stdio.h>

int ap_editions_take(const ap_command *command, const char *value, ap_asterix_editions *editions)
{
    unsigned category;
    int at = 0;
    if (sscanf(value, "%3u=%n", &category, &at) != 1 || at == 0 || category > 255)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "--edition %s is none; expected CATEGORY=EDITION such as 021=2.1",
                               value);
    const ap_asterix_spec *spec = ap_asterix_spec_find((uint8_t)category, value + at);
    const ap_asterix_spec *newest = ap_asterix_spec_find((uint8_t)category, NULL);
    if (!newest)
        return ap_command_fail(command, AP_EXIT_USAGE, "--edition %s: category %03u is not known",
                               value, category);
    if (!spec)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "--edition %s is not known; the newest of category %03u is %s",
                               value, category, ap_asterix_spec_edition(newest));
    editions->category[category] = spec;
    return AP_EXIT_OK;
}

#include "app/editions.h"

#include <stdio.h>

int ap_editions_take(const ap_command *command, const char *value, ap_asterix_editions *editions)
{
    unsigned category, sac = 0, sic = 0;
    int at = 0, behind = 0;
    bool of_source = sscanf(value, "%3u/%3u:%n", &sac, &sic, &at) == 2 && at > 0;
    at = of_source ? at : 0;
    if (sscanf(value + at, "%3u=%n", &category, &behind) != 1 || behind == 0 || category > 255 ||
        sac > 255 || sic > 255)
        return ap_command_fail(
            command, AP_EXIT_USAGE,
            "--edition %s is none; expected CATEGORY=EDITION such as 021=2.1, or "
            "25/201:021=2.1 for one source",
            value);
    const ap_asterix_spec *spec = ap_asterix_spec_find((uint8_t)category, value + at + behind);
    const ap_asterix_spec *newest = ap_asterix_spec_find((uint8_t)category, NULL);
    if (!newest)
        return ap_command_fail(command, AP_EXIT_USAGE, "--edition %s: category %03u is not known",
                               value, category);
    if (!spec)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "--edition %s is not known; the newest of category %03u is %s",
                               value, category, ap_asterix_spec_edition(newest));
    if (!of_source)
        ap_asterix_editions_choose(editions, AP_EDITION_BY_COMMAND, spec);
    else if (ap_asterix_editions_choose_source(editions, AP_EDITION_BY_COMMAND, (uint8_t)sac,
                                               (uint8_t)sic, spec))
        return ap_command_fail(command, AP_EXIT_USAGE, "--edition %s is one too many; at most %d",
                               value, AP_ASTERIX_SOURCE_EDITION_CAP);
    return AP_EXIT_OK;
}

#include "app/editions.h"

#include "app/input_options.h"

/* "25/201:" at *at, which goes behind it. */
static bool take_source(const char **at, uint8_t *sac, uint8_t *sic)
{
    const char *p = *at;
    if (!ap_take_octet(&p, sac) || *p++ != '/' || !ap_take_octet(&p, sic) || *p++ != ':')
        return false;
    *at = p;
    return true;
}

int ap_editions_take(const ap_command *command, const char *value, ap_asterix_editions *editions)
{
    uint8_t category, sac, sic;
    const char *at = value;
    bool of_source = take_source(&at, &sac, &sic);
    if (!ap_take_octet(&at, &category) || *at++ != '=')
        return ap_command_fail(
            command, AP_EXIT_USAGE,
            "--edition %s is none; expected CATEGORY=EDITION such as 021=2.1, or "
            "25/201:021=2.1 for one source",
            value);
    const ap_asterix_spec *spec = ap_asterix_spec_find(category, at);
    const ap_asterix_spec *newest = ap_asterix_spec_find(category, NULL);
    if (!newest)
        return ap_command_fail(command, AP_EXIT_USAGE, "--edition %s: category %03u is not known",
                               value, category);
    if (!spec)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "--edition %s is not known; the newest of category %03u is %s",
                               value, category, ap_asterix_spec_edition(newest));
    if (!of_source)
        ap_asterix_editions_choose(editions, AP_EDITION_BY_COMMAND, spec);
    else if (ap_asterix_editions_choose_source(editions, AP_EDITION_BY_COMMAND, sac, sic, spec))
        return ap_command_fail(command, AP_EXIT_USAGE, "--edition %s is one too many; at most %d",
                               value, AP_ASTERIX_SOURCE_EDITION_CAP);
    return AP_EXIT_OK;
}

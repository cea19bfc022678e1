#include "app/decode_select.h"

#include <stdio.h>
#include <string.h>

int ap_decode_take_only(const ap_command *command, const char *value, ap_decode_selection *to)
{
    const char *at = value;
    do {
        unsigned category;
        int size = 0;
        if (sscanf(at, "%3u%n", &category, &size) != 1 || category > 255 ||
            (at[size] != ',' && at[size] != '\0'))
            return ap_command_fail(command, AP_EXIT_USAGE,
                                   "--only %s is no list of categories; expected such as 048,062",
                                   value);
        to->by_category = true;
        to->category[category] = true;
        at += size;
    } while (*at++ == ',');
    return AP_EXIT_OK;
}

int ap_decode_take_source(const ap_command *command, const char *value, ap_decode_selection *to)
{
    unsigned sac, sic;
    int size = 0;
    if (sscanf(value, "%3u/%3u%n", &sac, &sic, &size) != 2 || value[size] != '\0' || sac > 255 ||
        sic > 255)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "--sac-sic %s is no source; expected SAC/SIC such as 25/201", value);
    if (to->source_count == AP_DECODE_SOURCE_CAP)
        return ap_command_fail(command, AP_EXIT_USAGE, "--sac-sic %s is one too many; at most %d",
                               value, AP_DECODE_SOURCE_CAP);
    to->source[to->source_count++] = (uint16_t)(sac << 8 | sic);
    return AP_EXIT_OK;
}

int ap_decode_take_items(const ap_command *command, const char *value, ap_asterix_columns *to)
{
    const char *at = value;
    do {
        unsigned category;
        char item[8];
        int size = 0;
        if (sscanf(at, "I%3u/%7[0-9A-Z]%n", &category, item, &size) != 2 || category > 255 ||
            (at[size] != ',' && at[size] != '\0'))
            return ap_command_fail(command, AP_EXIT_USAGE,
                                   "--items %s is no list of items; expected such as "
                                   "I048/040,I048/220",
                                   value);
        ap_err err = ap_asterix_columns_choose(to, (uint8_t)category, item);
        if (err)
            return ap_command_fail(command, AP_EXIT_USAGE, "--items: I%03u/%s %s", category, item,
                                   err == AP_ERR_FULL ? "is one too many" : "is not known");
        at += size;
    } while (*at++ == ',');
    return AP_EXIT_OK;
}

bool ap_decode_selects_category(const ap_decode_selection *selection, uint8_t category)
{
    return !selection->by_category || selection->category[category];
}

bool ap_decode_selects(const ap_decode_selection *selection, const ap_asterix_record *record)
{
    if (!ap_decode_selects_category(selection, record->category))
        return false;
    if (selection->source_count == 0)
        return true;
    uint16_t source = (uint16_t)(record->glance.sac << 8 | record->glance.sic);
    for (unsigned k = 0; k < selection->source_count && record->glance.has_source; k++)
        if (selection->source[k] == source)
            return true;
    return false;
}

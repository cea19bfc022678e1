#include "app/decode_select.h"

#include <stdio.h>
#include <string.h>

#include "app/input_options.h"

int ap_decode_take_only(const ap_command *command, const char *value, ap_decode_selection *to)
{
    const char *at = value;
    do {
        uint8_t category;
        if (!ap_take_octet(&at, &category) || (*at != ',' && *at != '\0'))
            return ap_command_fail(command, AP_EXIT_USAGE,
                                   "--only %s is no list of categories; expected such as 048,062",
                                   value);
        to->by_category = true;
        to->category[category] = true;
    } while (*at++ == ',');
    return AP_EXIT_OK;
}

int ap_decode_take_source(const ap_command *command, const char *value, ap_decode_selection *to)
{
    uint8_t sac, sic;
    const char *at = value;
    if (!ap_take_octet(&at, &sac) || *at++ != '/' || !ap_take_octet(&at, &sic) || *at != '\0')
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "--sac-sic %s is no source; expected SAC/SIC such as 25/201", value);
    if (to->source_count == AP_DECODE_SOURCE_CAP)
        return ap_command_fail(command, AP_EXIT_USAGE, "--sac-sic %s is one too many; at most %d",
                               value, AP_DECODE_SOURCE_CAP);
    to->source[to->source_count++] = (uint16_t)(sac << 8 | sic);
    return AP_EXIT_OK;
}

/* "I048/040" at *at, which goes behind it. */
static bool take_item(const char **at, uint8_t *category, char item[8])
{
    if (*(*at)++ != 'I' || !ap_take_octet(at, category) || *(*at)++ != '/')
        return false;
    size_t size = strspn(*at, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (size == 0 || size > 7)
        return false;
    memcpy(item, *at, size);
    item[size] = '\0';
    *at += size;
    return true;
}

static int tell_unknown(const ap_command *command, uint8_t category, const char *item)
{
    const char *near[AP_ASTERIX_NEAR_CAP];
    char names[AP_ASTERIX_NEAR_CAP * 16] = "";
    unsigned count = ap_asterix_columns_near(category, item, near);
    for (unsigned k = 0; k < count; k++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%sI%03u/%s",
                 k > 0 ? ", " : "", category, near[k]);
    if (count == 0)
        return ap_command_fail(command, AP_EXIT_USAGE, "--items: category %03u is not known",
                               category);
    return ap_command_fail(command, AP_EXIT_USAGE,
                           "--items: no edition of category %03u has I%03u/%s; near it: %s",
                           category, category, item, names);
}

int ap_decode_take_items(const ap_command *command, const char *value, ap_asterix_columns *to)
{
    const char *at = value;
    do {
        uint8_t category;
        char item[8];
        if (!take_item(&at, &category, item) || (*at != ',' && *at != '\0'))
            return ap_command_fail(command, AP_EXIT_USAGE,
                                   "--items %s is no list of items; expected such as "
                                   "I048/040,I048/220",
                                   value);
        ap_err err = ap_asterix_columns_choose(to, category, item);
        if (err == AP_ERR_UNKNOWN)
            return tell_unknown(command, category, item);
        if (err)
            return ap_command_fail(command, AP_EXIT_USAGE, "--items: I%03u/%s is one too many",
                                   category, item);
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

#include "app/decode_options.h"

#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/editions.h"
#include "app/input_options.h"
#include "app/paths.h"
#include "app/probe.h"

enum {
    OPTION_TO,
    OPTION_FORMAT,
    OPTION_ONLY,
    OPTION_SAC_SIC,
    OPTION_ITEMS,
    OPTION_RAW,
    OPTION_RE,
    OPTION_FILTER,
    OPTION_ERRORS,
    OPTION_SENSORS,
    OPTION_START,
    OPTION_EDITION,
    OPTION_PROBE,
    OPTION_OUTPUT
};

const ap_option ap_decode_options[] = {
    [OPTION_TO] = { 't', "to", "FORM",
                    "jsonl (default): one object a line; csv: one row a record; text: one value a "
                    "line, with titles, units and the meaning of codes; summary: counts, rates, "
                    "editions and items by category and source." },
    [OPTION_FORMAT] = { 'f', "format", "FORMAT",
                        "auto (default), asterix, pcap, final, gps, oradis, beast, avr, jsonl, "
                        "sbs, "
                        "aircraft or gdl90." },
    [OPTION_ONLY] = { 'n', "only", "CATEGORIES",
                      "Only ASTERIX records of these categories, such as 048,062." },
    [OPTION_SAC_SIC] = { 'i', "sac-sic", "SAC/SIC",
                         "Only ASTERIX records of this source, such as 25/201; may be given for "
                         "several." },
    [OPTION_ITEMS] = { 0, "items", "ITEMS",
                       "Columns of --to csv: every value of these items, such as "
                       "I048/040,I048/220." },
    [OPTION_RAW] = { 'r', "raw", NULL, "Write the octets of each item beside its values." },
    [OPTION_RE] = { 0, "re", NULL,
                    "Decode the reserved expansion field of CAT021, 048 and 062 in JSON." },
    [OPTION_FILTER] = { 0, "filter", "FILE",
                        "Write the chosen ASTERIX records, unchanged, to a new capture: with "
                        "receive times when its name ends in .pcap, else raw data blocks. Nothing "
                        "else is written then unless --to says so." },
    [OPTION_ERRORS] = { 0, "errors", "FILE",
                        "Write one JSON line an error: input, offset, block, record, item, "
                        "reason." },
    [OPTION_SENSORS] = { 'c', "sensors", "FILE",
                         "Sensors file; its ADS-B receiver site places aircraft on the ground." },
    [OPTION_START] = { 's', "start", "TIME",
                       "UTC of the first frame of a receiver's recording, or the day of one that "
                       "holds times of day: 2024-06-06 or 2024-06-06T08:58:39.1Z. Default "
                       "1970-01-01." },
    [OPTION_EDITION] = AP_EDITION_OPTION,
    [OPTION_PROBE] = AP_PROBE_OPTION,
    [OPTION_OUTPUT] = { 'o', "output", "FILE", "Where to write; default standard output." },
    { .name = NULL },
};

static int take_form(ap_decode_config *config, const char *value)
{
    static const char *const forms[] = { "jsonl", "csv", "text", "summary" };
    config->has_form = true;
    for (int i = 0; i < AP_DECODE_FORM_COUNT; i++)
        if (strcmp(value, forms[i]) == 0) {
            config->form = (ap_decode_form)i;
            return AP_EXIT_OK;
        }
    return ap_command_fail(config->command, AP_EXIT_USAGE,
                           "--to %s is not known; expected jsonl, csv, text or summary", value);
}

static int take_items(ap_decode_config *config, const char *value)
{
    if (!config->columns)
        config->columns = calloc(1, sizeof *config->columns);
    if (!config->columns)
        return ap_command_fail(config->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    return ap_decode_take_items(config->command, value, config->columns);
}

int ap_decode_take_option(void *context, size_t option, const char *value)
{
    ap_decode_config *config = context;
    switch (option) {
    case OPTION_TO:
        return take_form(config, value);
    case OPTION_FORMAT:
        return ap_take_format(config->command, value, &config->format);
    case OPTION_START:
        return ap_take_time(config->command, "start", value, &config->start_utc);
    case OPTION_ONLY:
        return ap_decode_take_only(config->command, value, &config->selection);
    case OPTION_SAC_SIC:
        return ap_decode_take_source(config->command, value, &config->selection);
    case OPTION_ITEMS:
        return take_items(config, value);
    case OPTION_RAW:
        config->with_raw = true;
        break;
    case OPTION_RE:
        config->with_expansion = true;
        break;
    case OPTION_PROBE:
        config->probe = true;
        break;
    case OPTION_FILTER:
        config->filter_path = value;
        break;
    case OPTION_ERRORS:
        config->errors_path = value;
        break;
    case OPTION_EDITION:
        return ap_editions_take(config->command, value, &config->editions);
    case OPTION_SENSORS:
        config->sensors_path = value;
        break;
    case OPTION_OUTPUT:
        config->output_path = value;
        break;
    default:
        break;
    }
    return AP_EXIT_OK;
}

/* A capture is enough to ask for. */
static bool writes_capture_only(const ap_decode_config *config)
{
    return config->filter_path && !config->has_form;
}

ap_decode_form ap_decode_config_form(const ap_decode_config *config)
{
    return writes_capture_only(config) ? AP_DECODE_SUMMARY : config->form;
}

/* Columns for every edition that can come: where people do not choose, CAT247 may announce any. */
static ap_err learn_columns(ap_decode_config *config)
{
    ap_asterix_columns *columns = config->columns;
    const ap_asterix_editions *editions = &config->editions;
    ap_err err = AP_OK;
    columns->with_raw = config->with_raw;
    for (unsigned k = 0; k < columns->choice_count && !err; k++) {
        uint8_t category = columns->choice[k].category;
        err = ap_asterix_columns_learn(columns, editions->category[category]);
        for (unsigned j = 0; j < editions->source_count && !err; j++)
            if (ap_asterix_spec_category(editions->source[j].spec) == category)
                err = ap_asterix_columns_learn(columns, editions->source[j].spec);
        if (!err && editions->level[category] <= AP_EDITION_BY_SENDER)
            err = ap_asterix_columns_learn_all(columns, category);
    }
    return err;
}

static int check_columns(const ap_decode_config *config)
{
    const ap_asterix_choice *missing = ap_asterix_columns_missing(config->columns);
    return missing ? ap_command_fail(config->command, AP_EXIT_USAGE,
                                     "--items: I%03u/%s is in no edition that was chosen of "
                                     "category %03u",
                                     missing->category, missing->item, missing->category)
                   : AP_EXIT_OK;
}

int ap_decode_config_columns(ap_decode_config *config)
{
    if (!config->columns)
        return AP_EXIT_OK;
    if (ap_decode_config_form(config) != AP_DECODE_CSV)
        return ap_command_fail(config->command, AP_EXIT_USAGE,
                               "--items are columns of a table; add --to csv");
    if (learn_columns(config))
        return ap_command_fail(config->command, AP_EXIT_USAGE,
                               "--items has more values, over all editions that may come, than "
                               "a table may have columns: %d",
                               AP_ASTERIX_COLUMN_CAP);
    return check_columns(config);
}

int ap_decode_config_paths(const ap_decode_config *config, const char *const *inputs,
                           size_t input_count)
{
    const char *output_path = config->output_path;
    if (!output_path && !writes_capture_only(config))
        output_path = "-";
    const ap_named_path outputs[] = { { "--output", output_path },
                                      { "--errors", config->errors_path },
                                      { "--filter", config->filter_path } };
    return ap_paths_check(config->command, outputs, sizeof outputs / sizeof outputs[0], inputs,
                          input_count, config->sensors_path);
}

/* `airpicture export`: tracks of an archive for other programs. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/export_write.h"
#include "app/input_options.h"
#include "app/paths.h"

enum {
    OPTION_TO,
    OPTION_TRACK,
    OPTION_FROM,
    OPTION_UNTIL,
    OPTION_BOX,
    OPTION_OUTPUT,
    TRACK_CAP = 1000,
    NUMBER_SIZE = 32
};

const ap_option ap_export_options[] = {
    [OPTION_TO] = { 't', "to", "FORM",
                    "geojson, kml, czml, csv (a row a point) or gpkg. Default: by the end of the "
                    "output's name." },
    [OPTION_TRACK] = { 'k', "track", "TRACK",
                       "Only this track: a track id, n and a track number, a 24-bit address as six "
                       "hexadecimal digits (~ before one that ICAO did not assign), or a call "
                       "sign. May be given for several." },
    [OPTION_FROM] = { 's', "from", "TIME", "Only points from this time on." },
    [OPTION_UNTIL] = { 'u', "until", "TIME", "Only points before this time." },
    [OPTION_BOX] = { 'b', "box", "S,W,N,E",
                     "Only points in this box, in degrees; W greater than E is a box over the date "
                     "line." },
    [OPTION_OUTPUT] = { 'o', "output", "FILE",
                        "Where to write; '-', the default, is standard output." },
    { .name = NULL },
};

typedef struct export_run {
    const ap_command *command;
    const ap_export_format *format;
    bool to_gpkg;
    const char *out_path;
    const char *words[TRACK_CAP];
    ap_archive_ask ask;
} export_run;

static bool take_form(export_run *run, const char *key)
{
    run->to_gpkg = strcmp(key, "gpkg") == 0;
    run->format = ap_export_format_of(key);
    return run->format || run->to_gpkg;
}

/* By the end of the output's name. */
static bool guess_form(export_run *run)
{
    run->to_gpkg = ap_path_ends_with(run->out_path, ".gpkg");
    if (ap_path_ends_with(run->out_path, ".json"))
        return take_form(run, "geojson");
    for (run->format = ap_export_formats; run->format->key; run->format++)
        if (ap_path_ends_with(run->out_path, run->format->ending))
            return true;
    return run->to_gpkg;
}

/* The number up to the next comma, or to the end when it is the last. */
static bool take_side(const char **at, bool is_last, double limit, double *side)
{
    char text[NUMBER_SIZE];
    const char *comma = strchr(*at, ',');
    size_t size = comma ? (size_t)(comma - *at) : strlen(*at);
    if (is_last != !comma || size >= sizeof text)
        return false;
    memcpy(text, *at, size);
    text[size] = '\0';
    *at += size + !is_last;
    return ap_parse_number(text, -limit, limit, side);
}

static int take_box(export_run *run, const char *value)
{
    ap_archive_ask *ask = &run->ask;
    const char *at = value;
    ask->has_box = take_side(&at, false, 90.0, &ask->south_deg) &&
                   take_side(&at, false, 180.0, &ask->west_deg) &&
                   take_side(&at, false, 90.0, &ask->north_deg) &&
                   take_side(&at, true, 180.0, &ask->east_deg) && ask->south_deg <= ask->north_deg;
    if (ask->has_box)
        return AP_EXIT_OK;
    return ap_command_fail(run->command, AP_EXIT_USAGE,
                           "--box %s is no box; expected south,west,north,east in degrees, such as "
                           "46,6,48,9.5",
                           value);
}

static int take_option(void *context, size_t option, const char *value)
{
    export_run *run = context;
    switch (option) {
    case OPTION_TO:
        if (take_form(run, value))
            return AP_EXIT_OK;
        return ap_command_fail(run->command, AP_EXIT_USAGE,
                               "--to %s is not known; expected geojson, kml, czml, csv or gpkg",
                               value);
    case OPTION_TRACK:
        if (run->ask.word_count == TRACK_CAP)
            return ap_command_fail(run->command, AP_EXIT_USAGE, "more than %d tracks", TRACK_CAP);
        run->words[run->ask.word_count++] = value;
        return AP_EXIT_OK;
    case OPTION_FROM:
        return ap_take_time(run->command, "from", value, &run->ask.from);
    case OPTION_UNTIL:
        return ap_take_time(run->command, "until", value, &run->ask.until);
    case OPTION_BOX:
        return take_box(run, value);
    default:
        run->out_path = value;
        return AP_EXIT_OK;
    }
}

static int check(export_run *run)
{
    const ap_named_path output = { "--output", run->out_path };
    if (!run->to_gpkg && !run->format && !guess_form(run))
        return ap_command_fail(run->command, AP_EXIT_USAGE,
                               "add --to with geojson, kml, czml, csv or gpkg, or --output with a "
                               "name that ends so");
    if (run->to_gpkg && strcmp(run->out_path, "-") == 0)
        return ap_command_fail(run->command, AP_EXIT_USAGE,
                               "a GeoPackage cannot go to standard output; add --output FILE.gpkg");
    if (run->ask.from >= run->ask.until)
        return ap_command_fail(run->command, AP_EXIT_USAGE,
                               "--until is not after --from; nothing lies between");
    return ap_paths_check(run->command, &output, 1, &run->ask.path, 1, NULL);
}

static int export_archive(export_run *run)
{
    ap_archive_reader reader;
    ap_export_result result = { 0 };
    char message[AP_IO_MESSAGE_SIZE];
    run->ask.with_reasons = run->to_gpkg;
    ap_err err = ap_archive_reader_open(&reader, &run->ask, message);
    if (err)
        return ap_command_fail(run->command, ap_exit_of(err), "%s", message);
    err = run->to_gpkg ? ap_export_gpkg(&reader, run->out_path, &result, message)
                       : ap_export_text(&reader, run->format, run->out_path, &result, message);
    ap_archive_reader_close(&reader);
    if (err && result.reader_gone)
        return AP_EXIT_PIPE_CLOSED;
    if (err)
        return ap_command_fail(run->command,
                               err == AP_ERR_NO_OUTPUT ? AP_EXIT_NO_OUTPUT : ap_exit_of(err), "%s",
                               message);
    fprintf(stderr, "%" PRIu64 " tracks, %" PRIu64 " points\n", result.track_count,
            result.point_count);
    if (result.renumbered_count > 0)
        fprintf(stderr,
                "%" PRIu64 " of them, of another life of the service, had ids that were taken; "
                "theirs begin at %" PRIu32 "\n",
                result.renumbered_count, result.renumbered_from);
    return AP_EXIT_OK;
}

int ap_export_run(const ap_command *command, int argc, char **argv)
{
    bool done;
    int operand;
    export_run *run = calloc(1, sizeof *run);
    if (!run)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    run->command = command;
    run->out_path = "-";
    run->ask = (ap_archive_ask){ .from = INT64_MIN, .until = INT64_MAX, .words = run->words };
    int status = ap_command_parse(command, argc, argv, take_option, run, &operand, &done);
    if (!status && !done && argc - operand != 1)
        status =
            ap_command_fail(command, AP_EXIT_USAGE, "expected one archive, a file or a folder");
    if (!status && !done) {
        run->ask.path = argv[operand];
        status = check(run);
        if (!status)
            status = export_archive(run);
    }
    free(run);
    return status;
}

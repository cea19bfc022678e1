/* `airpicture decode`: recordings to readable records. */
#include "app/decode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/editions.h"
#include "app/sensors.h"
#include "app/source.h"
#include "io/output.h"
#include "wire/json.h"

enum { TEXT_CAP = 4 << 20, TEXT_FLUSH = 1 << 16, SENSOR_CAP = 512, AIRCRAFT_CAP = 200000 };

enum { OPTION_TO, OPTION_FORMAT, OPTION_SENSORS, OPTION_START, OPTION_EDITION, OPTION_OUTPUT };

const ap_option ap_decode_options[] = {
    [OPTION_TO] = { 't', "to", "FORM",
                    "jsonl (default): one object a line; csv: one row a record; summary: counts by "
                    "category and source." },
    [OPTION_FORMAT] = { 'f', "format", "FORMAT",
                        "auto (default), asterix, pcap, final, gps, oradis, beast or avr." },
    [OPTION_SENSORS] = { 'c', "sensors", "FILE",
                         "Sensors file; its ADS-B receiver site places aircraft on the ground." },
    [OPTION_START] = { 's', "start", "TIME",
                       "UTC of the first frame of a receiver's recording, or the day of one that "
                       "holds times of day: 2024-06-06 or 2024-06-06T08:58:39.1Z. Default "
                       "1970-01-01." },
    [OPTION_EDITION] = { 'e', "edition", "CAT=E",
                         "Read a category in another edition than the newest, such as 021=2.1; "
                         "may be given for several." },
    [OPTION_OUTPUT] = { 'o', "output", "FILE", "Where to write; default standard output." },
    { .name = NULL },
};

typedef struct decode_config {
    const ap_command *command;
    ap_decode_form form;
    ap_format format;
    const char *sensors_path, *output_path;
    ap_utc_ns start_utc;
    ap_asterix_editions editions;
} decode_config;

/* Everything a run holds; freed as one. */
typedef struct decode_run {
    decode_config config;
    ap_sensor_table sensors;
    ap_sense sense;
    void *sense_mem;
    ap_decoder *decoder;
    ap_writer text;
    ap_output output;
    char message[AP_IO_MESSAGE_SIZE];
} decode_run;

static int take_form(decode_config *config, const char *value)
{
    static const char *const forms[] = { "jsonl", "csv", "summary" };
    for (int i = 0; i < AP_DECODE_FORM_COUNT; i++)
        if (strcmp(value, forms[i]) == 0) {
            config->form = (ap_decode_form)i;
            return AP_EXIT_OK;
        }
    return ap_command_fail(config->command, AP_EXIT_USAGE,
                           "--to %s is not known; expected jsonl, csv or summary", value);
}

static int take_option(void *context, size_t option, const char *value)
{
    decode_config *config = context;
    switch (option) {
    case OPTION_TO:
        return take_form(config, value);
    case OPTION_FORMAT:
        config->format = ap_format_of_key(value);
        if (config->format == AP_FORMAT_COUNT)
            return ap_command_fail(config->command, AP_EXIT_USAGE,
                                   "--format %s is not known; see --help for the list", value);
        break;
    case OPTION_START:
        if (ap_utc_parse(value, &config->start_utc))
            return ap_command_fail(config->command, AP_EXIT_USAGE,
                                   "--start %s is no time; expected 2024-06-06 or "
                                   "2024-06-06T08:58:39Z",
                                   value);
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

static void ignore_report(void *context, const ap_report *report)
{
    (void)context;
    (void)report;
}

static ap_err start_sense(decode_run *run, size_t input_count)
{
    ap_sense_config config = { .sensors = &run->sensors,
                               .input_cap = (uint16_t)input_count,
                               .aircraft_cap = AIRCRAFT_CAP,
                               .editions = &run->config.editions,
                               .on_report = ignore_report };
    size_t size = ap_sense_size(&config);
    run->sense_mem = malloc(size);
    return run->sense_mem ? ap_sense_init(&run->sense, &config, run->sense_mem, size)
                          : AP_ERR_MEMORY;
}

static int start(decode_run *run, size_t input_count)
{
    const ap_command *command = run->config.command;
    run->sensors.sensor = calloc(SENSOR_CAP, sizeof *run->sensors.sensor);
    run->sensors.stats = calloc(SENSOR_CAP, sizeof *run->sensors.stats);
    run->sensors.cap = SENSOR_CAP;
    run->decoder = calloc(1, sizeof *run->decoder);
    uint8_t *text = malloc(TEXT_CAP);
    if (!run->sensors.sensor || !run->sensors.stats || !run->decoder || !text)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    run->text = ap_writer_of(text, TEXT_CAP);
    if (run->config.sensors_path) {
        int status = ap_sensors_read(command, run->config.sensors_path, &run->sensors);
        if (status)
            return status;
    }
    if (start_sense(run, input_count))
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    run->decoder->form = run->config.form;
    run->decoder->editions = &run->config.editions;
    run->decoder->sense = &run->sense;
    run->decoder->text = &run->text;
    const char *path = run->config.output_path ? run->config.output_path : "-";
    if (ap_output_open(&run->output, path, run->message))
        return ap_command_fail(command, AP_EXIT_NO_OUTPUT, "%s", run->message);
    return AP_EXIT_OK;
}

static void finish(decode_run *run)
{
    ap_output_close(&run->output);
    free(run->text.data);
    free(run->decoder);
    free(run->sense_mem);
    free(run->sensors.stats);
    free(run->sensors.sensor);
}

static ap_err flush_text(decode_run *run)
{
    ap_err err = ap_output_write(&run->output, run->text.data, run->text.size);
    run->text.size = 0;
    return err;
}

/* What this input refused, in one line on standard error. */
static void tell_refused(const decode_run *run, const ap_source *source)
{
    ap_refusals refused = source->framer.refused;
    ap_refusals_add(&refused, &run->decoder->refused);
    for (int i = 0; i < AP_REFUSAL_COUNT; i++)
        if (refused.count[i])
            fprintf(stderr, "airpicture decode: %s: %" PRIu64 " %s (%s)\n", source->path,
                    refused.count[i], ap_refusal_key((ap_refusal)i),
                    ap_refusal_text((ap_refusal)i));
}

static int decode_frames(decode_run *run, ap_source *source)
{
    const ap_command *command = run->config.command;
    run->decoder->refused = (ap_refusals){ 0 };
    for (ap_source_advance(source); source->has_frame; ap_source_advance(source)) {
        ap_err err =
            ap_decoder_take(run->decoder, source->index, &source->frame, source->receive_utc);
        if (err == AP_ERR_CONFIG)
            return ap_command_fail(command, AP_EXIT_USAGE,
                                   "ASTERIX and Mode S do not share one CSV; decode them apart");
        if (err)
            return ap_command_fail(command, AP_EXIT_SOFTWARE, "%s", ap_err_text(err));
        if (run->text.size > TEXT_FLUSH && flush_text(run))
            return AP_EXIT_IO;
    }
    if (source->error != AP_ERR_UNKNOWN)
        tell_refused(run, source);
    if (source->error)
        return ap_command_fail(command, AP_EXIT_DATA, "%s", source->message);
    return AP_EXIT_OK;
}

static int decode_input(decode_run *run, const char *path, size_t index)
{
    ap_source source;
    int status;
    if (ap_source_open(&source, path, (uint16_t)index, run->config.format, &run->config.editions,
                       run->config.start_utc))
        status = ap_command_fail(run->config.command, AP_EXIT_NO_INPUT, "%s", source.message);
    else
        status = decode_frames(run, &source);
    ap_source_close(&source);
    return status;
}

/* Decodes every input; what could be decoded is written also when a later input fails. */
static int decode_all(decode_run *run, char **paths, size_t count)
{
    int status = AP_EXIT_OK;
    for (size_t i = 0; i < count; i++) {
        int input_status = decode_input(run, paths[i], i);
        if (input_status && !status)
            status = input_status;
        if (input_status == AP_EXIT_IO || input_status == AP_EXIT_SOFTWARE)
            break;
    }
    if (run->config.form == AP_DECODE_SUMMARY)
        ap_decoder_summary(run->decoder, &run->text);
    bool lost = flush_text(run) != AP_OK;
    if (ap_output_commit(&run->output, run->message) || lost)
        return ap_command_fail(run->config.command, AP_EXIT_IO, "%s", run->message);
    return status;
}

int ap_decode_run(const ap_command *command, int argc, char **argv)
{
    decode_run run = { .config = { .command = command } };
    bool done;
    int operand;
    ap_asterix_editions_default(&run.config.editions);
    int status = ap_command_parse(command, argc, argv, take_option, &run.config, &operand, &done);
    if (status || done)
        return status;
    if (operand == argc)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "no input; name a file, or '-' for standard input");
    size_t count = (size_t)(argc - operand);
    status = start(&run, count);
    if (!status)
        status = decode_all(&run, argv + operand, count);
    finish(&run);
    return status;
}

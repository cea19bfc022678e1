/* `airpicture decode`: recordings to readable records. */
#include "app/decode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/decode_capture.h"
#include "app/editions.h"
#include "app/input_options.h"
#include "app/paths.h"
#include "app/probe.h"
#include "app/receivers.h"
#include "app/sensors.h"
#include "app/source.h"
#include "io/interrupt.h"
#include "io/output.h"
#include "wire/json.h"

enum { TEXT_FLUSH = 1 << 16, SENSOR_CAP = 512, AIRCRAFT_CAP = 200000, RECEIVER_CAP = 256 };

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

typedef struct decode_config {
    const ap_command *command;
    ap_decode_form form;
    ap_format format;
    bool has_form, with_raw, with_expansion, probe;
    const char *sensors_path, *output_path, *filter_path, *errors_path;
    ap_decode_selection selection;
    ap_asterix_columns *columns;
    ap_utc_ns start_utc;
    ap_asterix_editions editions;
} decode_config;

/* One input on its way. */
typedef struct decode_input {
    ap_source source;
    ap_refusals told;    /* of the framer, that errors were written for */
    ap_refusals refused; /* by the decoder */
    uint64_t block_count;
    uint64_t offset; /* behind its last frame */
} decode_input;

/* Everything a run holds; freed as one. */
typedef struct decode_run {
    decode_config config;
    ap_sensor_table sensors;
    ap_receiver_table receivers;
    ap_sense sense;
    void *sense_mem, *receiver_mem;
    ap_decoder *decoder;
    ap_writer text, errors, kept;
    decode_input *inputs; /* [input_count] */
    size_t input_count;
    ap_output output, errors_output;
    ap_decode_capture capture;
    bool lost; /* an output failed */
    char message[AP_IO_MESSAGE_SIZE];
} decode_run;

static int take_form(decode_config *config, const char *value)
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

static int take_items(decode_config *config, const char *value)
{
    if (!config->columns)
        config->columns = calloc(1, sizeof *config->columns);
    if (!config->columns)
        return ap_command_fail(config->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    return ap_decode_take_items(config->command, value, config->columns);
}

static int take_option(void *context, size_t option, const char *value)
{
    decode_config *config = context;
    switch (option) {
    case OPTION_TO:
        return take_form(config, value);
    case OPTION_FORMAT:
        return ap_take_format(config->command, value, &config->format);
    case OPTION_START:
        return ap_take_start(config->command, value, &config->start_utc);
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

static void ignore_report(void *context, const ap_report *report)
{
    (void)context;
    (void)report;
}

/* Only Mode S frames need it, and it is most of the memory. */
static ap_err start_sense(decode_run *run)
{
    ap_sense_config config = { .sensors = &run->sensors,
                               .receivers = &run->receivers,
                               .input_cap = (uint16_t)run->input_count,
                               .aircraft_cap = AIRCRAFT_CAP,
                               .editions = &run->config.editions,
                               .on_report = ignore_report };
    size_t size = ap_sense_size(&config);
    run->sense_mem = malloc(size);
    run->decoder->sense = &run->sense;
    return run->sense_mem ? ap_sense_init(&run->sense, &config, run->sense_mem, size)
                          : AP_ERR_MEMORY;
}

static ap_err start_receivers(decode_run *run)
{
    size_t size = ap_receiver_table_size((uint32_t)run->input_count, RECEIVER_CAP);
    run->receiver_mem = malloc(size);
    return run->receiver_mem
               ? ap_receiver_table_init(&run->receivers, &run->sensors, (uint32_t)run->input_count,
                                        RECEIVER_CAP, run->receiver_mem, size)
               : AP_ERR_MEMORY;
}

/* Columns for every edition that can come: where people do not choose, CAT247 may announce any. */
static ap_err learn_columns(decode_run *run)
{
    ap_asterix_columns *columns = run->config.columns;
    const ap_asterix_editions *editions = &run->config.editions;
    ap_err err = AP_OK;
    columns->with_raw = run->config.with_raw;
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

static int check_columns(const decode_run *run)
{
    const ap_command *command = run->config.command;
    const ap_asterix_choice *missing = ap_asterix_columns_missing(run->config.columns);
    return missing ? ap_command_fail(command, AP_EXIT_USAGE,
                                     "--items: I%03u/%s is in no edition that was chosen of "
                                     "category %03u",
                                     missing->category, missing->item, missing->category)
                   : AP_EXIT_OK;
}

static bool take_writer(ap_writer *writer)
{
    *writer = ap_writer_of(malloc(AP_DECODE_TEXT_CAP), AP_DECODE_TEXT_CAP);
    return writer->data != NULL;
}

static void flush_writer(decode_run *run, ap_output *output, ap_writer *writer)
{
    if (writer->size > 0 && ap_output_write(output, writer->data, writer->size))
        run->lost = true;
    writer->size = 0;
}

/* Between two records: one datagram may hold tens of thousands. */
static void flush_full(void *context)
{
    decode_run *run = context;
    if (run->text.size > TEXT_FLUSH)
        flush_writer(run, &run->output, &run->text);
    if (run->errors.size > TEXT_FLUSH)
        flush_writer(run, &run->errors_output, &run->errors);
}

/* A capture is enough to ask for. */
static bool writes_capture_only(const decode_config *config)
{
    return config->filter_path && !config->has_form;
}

static int start_decoder(decode_run *run)
{
    decode_config *config = &run->config;
    ap_decoder *decoder = run->decoder;
    decoder->form = writes_capture_only(config) ? AP_DECODE_SUMMARY : config->form;
    decoder->editions = &config->editions;
    decoder->text = &run->text;
    decoder->selection = &config->selection;
    decoder->with_raw = config->with_raw;
    decoder->flush = flush_full;
    decoder->context = run;
    decoder->with_expansion = config->with_expansion;
    decoder->columns = config->columns;
    decoder->errors = config->errors_path ? &run->errors : NULL;
    decoder->kept = config->filter_path ? &run->kept : NULL;
    if (config->columns && decoder->form != AP_DECODE_CSV)
        return ap_command_fail(config->command, AP_EXIT_USAGE,
                               "--items are columns of a table; add --to csv");
    if (config->columns && learn_columns(run))
        return ap_command_fail(config->command, AP_EXIT_USAGE,
                               "--items has more values, over all editions that may come, than "
                               "a table may have columns: %d",
                               AP_ASTERIX_COLUMN_CAP);
    return config->columns ? check_columns(run) : AP_EXIT_OK;
}

static int open_outputs(decode_run *run)
{
    const decode_config *config = &run->config;
    const char *path = config->output_path ? config->output_path : "-";
    if (ap_output_open(&run->output, path, run->message) ||
        (config->errors_path &&
         ap_output_open(&run->errors_output, config->errors_path, run->message)) ||
        (config->filter_path &&
         ap_decode_capture_open(&run->capture, config->filter_path, run->message)))
        return ap_command_fail(config->command, AP_EXIT_NO_OUTPUT, "%s", run->message);
    run->decoder->kept_block_max = ap_decode_capture_block_max(&run->capture);
    return AP_EXIT_OK;
}

static int start(decode_run *run, char **paths)
{
    const ap_command *command = run->config.command;
    run->sensors.sensor = calloc(SENSOR_CAP, sizeof *run->sensors.sensor);
    run->sensors.stats = calloc(SENSOR_CAP, sizeof *run->sensors.stats);
    run->sensors.cap = SENSOR_CAP;
    run->sensors.editions = &run->config.editions;
    run->decoder = calloc(1, sizeof *run->decoder);
    run->inputs = calloc(run->input_count, sizeof *run->inputs);
    if (!run->sensors.sensor || !run->sensors.stats || !run->decoder || !run->inputs ||
        !take_writer(&run->text) || !take_writer(&run->errors) || !take_writer(&run->kept))
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    int status = AP_EXIT_OK;
    if (run->config.sensors_path)
        status =
            ap_sensors_read(command, run->config.sensors_path, run->input_count, &run->sensors);
    if (!status && run->config.probe)
        status = ap_probe_inputs(command, (const char *const *)paths, run->input_count,
                                 run->config.format, &run->config.editions);
    if (!status)
        status = start_decoder(run);
    if (!status && start_receivers(run))
        status = ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    return status ? status : open_outputs(run);
}

static void finish(decode_run *run)
{
    for (size_t i = 0; run->inputs && i < run->input_count; i++)
        ap_source_close(&run->inputs[i].source);
    ap_output_close(&run->output);
    ap_output_close(&run->errors_output);
    ap_decode_capture_close(&run->capture);
    free(run->inputs);
    free(run->text.data);
    free(run->errors.data);
    free(run->kept.data);
    free(run->config.columns);
    free(run->decoder);
    free(run->sense_mem);
    free(run->receiver_mem);
    free(run->sensors.stats);
    free(run->sensors.sensor);
}

/* Not of a file that appears whole: nobody reads it before. */
static void show(decode_run *run, ap_output *output)
{
    if (!ap_output_part(output) && ap_output_flush(output))
        run->lost = true;
}

/* What reads along sees all there is before the program waits for more. */
static void flush_live(void *context)
{
    decode_run *run = context;
    flush_writer(run, &run->output, &run->text);
    show(run, &run->output);
    if (run->config.errors_path) {
        flush_writer(run, &run->errors_output, &run->errors);
        show(run, &run->errors_output);
    }
    if (run->config.filter_path)
        show(run, &run->capture.output);
}

/* What this input refused, in one line a reason on standard error. */
static void tell_refused(const decode_run *run, const decode_input *input)
{
    ap_refusals refused = input->source.framer.refused;
    ap_refusals_add(&refused, &input->refused);
    for (int i = 0; i < AP_REFUSAL_COUNT; i++)
        if (refused.count[i] && run->config.command)
            fprintf(stderr, "airpicture decode: %s: %" PRIu64 " %s (%s)\n", input->source.path,
                    refused.count[i], ap_refusal_key((ap_refusal)i),
                    ap_refusal_text((ap_refusal)i));
}

/* Error lines of what the container's reader has refused since the last call. */
static void tell_lost(decode_run *run, decode_input *input)
{
    const ap_refusals *now = &input->source.framer.refused;
    if (!run->decoder->errors)
        return;
    ap_refusals lost;
    for (int i = 0; i < AP_REFUSAL_COUNT; i++)
        lost.count[i] = now->count[i] - input->told.count[i];
    run->decoder->input_path = input->source.path;
    ap_decoder_tell_lost(run->decoder, input->offset, &lost);
    input->told = *now;
}

static void advance(decode_run *run, decode_input *input)
{
    ap_source_advance(&input->source);
    tell_lost(run, input);
}

/* Decodes the frame that `input` has ready. */
static int take_frame(decode_run *run, decode_input *input)
{
    ap_decoder *decoder = run->decoder;
    ap_source *source = &input->source;
    const ap_frame *frame = &source->frame;
    if (frame->kind == AP_FRAME_ASTERIX)
        (void)ap_asterix_editions_hear(&run->config.editions, frame->data, frame->size);
    else if (frame->kind == AP_FRAME_MODES && !run->sense_mem && start_sense(run))
        return ap_command_fail(run->config.command, AP_EXIT_SOFTWARE, "memory is exhausted");
    decoder->refused = &input->refused;
    decoder->input_path = source->path;
    decoder->feed = &source->feed;
    decoder->input_block_count = input->block_count;
    ap_err err = ap_decoder_take(decoder, source->receiver, frame, source->receive_utc);
    input->block_count = decoder->input_block_count;
    input->offset = frame->offset + frame->size;
    if (err == AP_ERR_UNKNOWN)
        return ap_command_fail(run->config.command, AP_EXIT_USAGE,
                               "targets are written as JSON lines; leave --to csv out");
    if (err == AP_ERR_CONFIG)
        return ap_command_fail(run->config.command, AP_EXIT_USAGE,
                               "ASTERIX and Mode S do not share one CSV; decode them apart");
    if (err)
        return ap_command_fail(run->config.command, AP_EXIT_SOFTWARE, "%s", ap_err_text(err));
    flush_full(run);
    if (run->kept.size > 0 &&
        ap_decode_capture_write(&run->capture, source->receive_utc, &run->kept))
        run->lost = true;
    run->kept.size = 0;
    return run->lost ? AP_EXIT_IO : AP_EXIT_OK;
}

/* The input whose next frame is the oldest, the first of several; NULL at the end of all. */
static decode_input *oldest(decode_run *run)
{
    decode_input *found = NULL;
    for (size_t i = 0; i < run->input_count; i++) {
        decode_input *input = &run->inputs[i];
        if (!input->source.has_frame && !input->source.ended)
            advance(run, input);
        if (input->source.has_frame &&
            (!found || input->source.receive_utc < found->source.receive_utc))
            found = input;
    }
    return found;
}

/* An input that cannot be opened is told, the others are read. */
static int open_inputs(decode_run *run, char **paths)
{
    const decode_config *config = &run->config;
    int status = AP_EXIT_OK;
    for (size_t i = 0; i < run->input_count; i++) {
        ap_source *source = &run->inputs[i].source;
        ap_err err = ap_source_open(source, paths[i], (uint16_t)i, config->format,
                                    &config->editions, config->start_utc);
        if (err) {
            int failed = ap_command_fail(config->command, ap_exit_of(err), "%s", source->message);
            status = status ? status : failed;
            source->ended = true;
        }
        source->receivers = &run->receivers;
        source->before_read = flush_live;
        source->context = run;
    }
    return status;
}

/* What became of the inputs. */
static int end_inputs(decode_run *run)
{
    int status = AP_EXIT_OK;
    for (size_t i = 0; i < run->input_count; i++) {
        const decode_input *input = &run->inputs[i];
        if (input->source.error != AP_ERR_UNKNOWN)
            tell_refused(run, input);
        if (input->source.error) {
            int failed = ap_command_fail(run->config.command, ap_exit_of(input->source.error), "%s",
                                         input->source.message);
            status = status ? status : failed;
        }
    }
    return status;
}

static void write_summary(decode_run *run)
{
    if (run->config.form != AP_DECODE_SUMMARY)
        return;
    ap_refusals refused = { 0 };
    for (size_t i = 0; i < run->input_count; i++) {
        ap_refusals_add(&refused, &run->inputs[i].source.framer.refused);
        ap_refusals_add(&refused, &run->inputs[i].refused);
    }
    run->decoder->refused = &refused;
    ap_decoder_summary(run->decoder, &run->text);
    ap_receivers_text(&run->receivers, &run->text);
}

static int commit(decode_run *run)
{
    flush_writer(run, &run->output, &run->text);
    flush_writer(run, &run->errors_output, &run->errors);
    (void)ap_output_flush(&run->output); /* told again by what commits them */
    (void)ap_output_flush(&run->capture.output);
    bool reader_gone =
        ap_output_reader_gone(&run->output) || ap_output_reader_gone(&run->capture.output);
    bool lost = ap_output_commit(&run->output, run->message) != AP_OK;
    if (reader_gone)
        return AP_EXIT_PIPE_CLOSED;
    if (!lost && run->config.errors_path)
        lost = ap_output_commit(&run->errors_output, run->message) != AP_OK;
    if (!lost && run->config.filter_path)
        lost = ap_decode_capture_commit(&run->capture, run->message) != AP_OK;
    return lost ? ap_command_fail(run->config.command, AP_EXIT_IO, "%s", run->message) : AP_EXIT_OK;
}

/* Decodes every input, merged by receive time; what could be decoded is written also when an
 * input fails. */
static int decode_all(decode_run *run, char **paths)
{
    int opened = open_inputs(run, paths), status = AP_EXIT_OK;
    for (decode_input *input; !status && (input = oldest(run));) {
        status = take_frame(run, input);
        input->source.has_frame = false;
    }
    int ended = end_inputs(run);
    if (!status)
        status = opened ? opened : ended;
    write_summary(run);
    int committed = commit(run);
    return committed ? committed : status;
}

static int check_paths(const decode_config *config, char **inputs, size_t input_count)
{
    const char *output_path = config->output_path;
    if (!output_path && !writes_capture_only(config))
        output_path = "-";
    const ap_named_path outputs[] = { { "--output", output_path },
                                      { "--errors", config->errors_path },
                                      { "--filter", config->filter_path } };
    return ap_paths_check(config->command, outputs, sizeof outputs / sizeof outputs[0],
                          (const char *const *)inputs, input_count, config->sensors_path);
}

int ap_decode_run(const ap_command *command, int argc, char **argv)
{
    decode_run run = { .config = { .command = command } };
    bool done;
    int operand;
    ap_asterix_editions_default(&run.config.editions);
    int status = ap_command_parse(command, argc, argv, take_option, &run.config, &operand, &done);
    if (!status && !done && operand == argc)
        status = ap_command_fail(command, AP_EXIT_USAGE,
                                 "no input; name a file, or '-' for standard input");
    if (!status && !done) {
        run.input_count = (size_t)(argc - operand);
        status = check_paths(&run.config, argv + operand, run.input_count);
        if (!status)
            status = start(&run, argv + operand);
        if (!status)
            status = decode_all(&run, argv + operand);
    }
    finish(&run);
    if (status == AP_EXIT_PIPE_CLOSED)
        ap_interrupt_pipe_closed();
    return status;
}

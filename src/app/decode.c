/* `airpicture decode`: recordings to readable records. */
#include "app/decode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/decode_capture.h"
#include "app/decode_options.h"
#include "app/probe.h"
#include "app/receivers.h"
#include "app/sensors.h"
#include "app/source.h"
#include "io/interrupt.h"
#include "io/output.h"

enum { TEXT_FLUSH = 1 << 16, SENSOR_CAP = 512, AIRCRAFT_CAP = 200000, RECEIVER_CAP = 256 };

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
    ap_decode_config config;
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

static void start_decoder(decode_run *run)
{
    ap_decode_config *config = &run->config;
    ap_decoder *decoder = run->decoder;
    decoder->form = ap_decode_config_form(config);
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
}

static int open_outputs(decode_run *run)
{
    const ap_decode_config *config = &run->config;
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
        status = ap_decode_config_columns(&run->config);
    start_decoder(run);
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
    const ap_decode_config *config = &run->config;
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

int ap_decode_run(const ap_command *command, int argc, char **argv)
{
    decode_run run = { .config = { .command = command } };
    bool done;
    int operand;
    ap_asterix_editions_default(&run.config.editions);
    int status =
        ap_command_parse(command, argc, argv, ap_decode_take_option, &run.config, &operand, &done);
    if (!status && !done && operand == argc)
        status = ap_command_fail(command, AP_EXIT_USAGE,
                                 "no input; name a file, or '-' for standard input");
    if (!status && !done) {
        run.input_count = (size_t)(argc - operand);
        status = ap_decode_config_paths(&run.config, (const char *const *)argv + operand,
                                        run.input_count);
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

/* `airpicture convert`: from one form to another. Records of JSON lines to recordings here, the
 * formats of receivers and targets in convert_feed.c. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/convert_feed.h"
#include "app/convert_line.h"
#include "app/decode_capture.h"
#include "app/editions.h"
#include "app/input_options.h"
#include "app/paths.h"
#include "io/input.h"
#include "io/interrupt.h"
#include "io/output.h"
#include "wire/pcap.h"

enum {
    OPTION_FROM,
    OPTION_TO,
    OPTION_EDITION,
    OPTION_SENSORS,
    OPTION_START,
    OPTION_EXTENDED,
    TOLD_MAX = 100
};

const ap_option ap_convert_options[] = {
    [OPTION_FROM] = { 'f', "from", "FORM",
                      "Form of IN. For --to pcap and asterix: jsonl, or by the end of its name "
                      "(.jsonl, .json, .ndjson, also with .gz or .zst). Else what --format of "
                      "decode "
                      "names; recognised by its first bytes without." },
    [OPTION_TO] = { 't', "to", "FORM",
                    "Form of OUT. Records: pcap (a capture of UDP datagrams) or asterix (raw data "
                    "blocks). Mode S frames: beast, avr, jsonl. Targets: sbs, aircraft "
                    "(aircraft.json), gdl90, cat021 (in a capture when OUT ends in .pcap). "
                    "Default: "
                    "by the end of its name (.pcap; .ast, .asterix, .raw, .bin; .beast, .avr, "
                    ".jsonl; .sbs, .json, .gdl90)." },
    [OPTION_EDITION] = { 'e', "edition", "CAT=E",
                         "Edition of lines that name none, such as 021=2.1; may be given for "
                         "several. Default: the newest." },
    [OPTION_SENSORS] = { 'c', "sensors", "FILE",
                         "Sensors file: places radars, and the receiver whose aircraft on the "
                         "ground are to be placed." },
    [OPTION_START] = { 's', "start", "TIME",
                       "Day of recordings that hold times of day or ticks, as of decode." },
    [OPTION_EXTENDED] = { 'x', "extended", NULL,
                          "Beast with readsb's elements that tell UTC and the receiver." },
    { .name = NULL },
};

typedef enum form { FORM_UNKNOWN, FORM_JSONL, FORM_PCAP, FORM_ASTERIX, FORM_FEED } form;

typedef struct convert_run {
    const ap_command *command;
    form from, to;
    ap_convert_feed feed; /* of FORM_FEED */
    const char *in_path, *out_path;
    ap_asterix_editions editions;
    ap_input input;
    ap_decode_capture capture;
    char *line; /* [AP_CONVERT_LINE_MAX + 1] */
    size_t line_size;
    bool is_too_long;
    ap_convert_line record;
    ap_writer block; /* the one that is open */
    ap_utc_ns block_time;
    const ap_asterix_spec *block_spec;
    bool block_has_time;
    uint64_t line_count, refused_count;
    bool is_lost; /* the output failed */
    char message[AP_IO_MESSAGE_SIZE];
} convert_run;

/* ---- forms ---- */

static const struct {
    const char *name;
    form form;
} form_names[] = { { "jsonl", FORM_JSONL }, { "pcap", FORM_PCAP }, { "asterix", FORM_ASTERIX } },
  endings[] = { { ".jsonl", FORM_JSONL }, { ".json", FORM_JSONL },  { ".ndjson", FORM_JSONL },
                { ".pcap", FORM_PCAP },   { ".ast", FORM_ASTERIX }, { ".asterix", FORM_ASTERIX },
                { ".raw", FORM_ASTERIX }, { ".bin", FORM_ASTERIX } };

static const struct {
    const char *name;
    ap_convert_to to;
} feed_endings[] = { { ".beast", AP_CONVERT_BEAST },   { ".avr", AP_CONVERT_AVR },
                     { ".jsonl", AP_CONVERT_JSONL },   { ".sbs", AP_CONVERT_SBS },
                     { ".json", AP_CONVERT_AIRCRAFT }, { ".gdl90", AP_CONVERT_GDL90 } };

static bool ends_in(const char *path, size_t size, const char *ending)
{
    size_t length = strlen(ending);
    return size > length && memcmp(path + size - length, ending, length) == 0;
}

static form form_of_path(const char *path)
{
    size_t size = strlen(path);
    if (ends_in(path, size, ".gz"))
        size -= 3;
    else if (ends_in(path, size, ".zst"))
        size -= 4;
    for (size_t k = 0; k < sizeof endings / sizeof endings[0]; k++)
        if (ends_in(path, size, endings[k].name))
            return endings[k].form;
    return FORM_UNKNOWN;
}

/* Of an output. */
static form form_of_output(convert_run *run)
{
    size_t size = strlen(run->out_path);
    for (size_t k = 0; k < sizeof feed_endings / sizeof feed_endings[0]; k++)
        if (ends_in(run->out_path, size, feed_endings[k].name)) {
            run->feed.to = feed_endings[k].to;
            return FORM_FEED;
        }
    return form_of_path(run->out_path);
}

static const char *form_text(const convert_run *run, form wanted)
{
    if (wanted == FORM_FEED)
        return ap_format_key(run->feed.from);
    for (size_t k = 0; k < sizeof form_names / sizeof form_names[0]; k++)
        if (form_names[k].form == wanted)
            return form_names[k].name;
    return "unknown";
}

static form form_named(const char *name)
{
    for (size_t k = 0; k < sizeof form_names / sizeof form_names[0]; k++)
        if (strcmp(name, form_names[k].name) == 0)
            return form_names[k].form;
    return FORM_UNKNOWN;
}

static int take_from(convert_run *run, const char *value)
{
    ap_format format = ap_format_of_key(value);
    if (format == AP_FORMAT_COUNT)
        return ap_command_fail(run->command, AP_EXIT_USAGE,
                               "--from %s is not known; see --help for the forms", value);
    run->feed.from = format;
    run->from = format == AP_FORMAT_JSONL ? FORM_JSONL : FORM_FEED;
    return AP_EXIT_OK;
}

static int take_to(convert_run *run, const char *value)
{
    ap_convert_to to = ap_convert_to_of_key(value);
    run->feed.to = to;
    run->to = to < AP_CONVERT_TO_COUNT ? FORM_FEED : form_named(value);
    if (run->to != FORM_UNKNOWN)
        return AP_EXIT_OK;
    return ap_command_fail(run->command, AP_EXIT_USAGE,
                           "--to %s is not known; see --help for the forms", value);
}

static int take_option(void *context, size_t option, const char *value)
{
    convert_run *run = context;
    switch (option) {
    case OPTION_FROM:
        return take_from(run, value);
    case OPTION_TO:
        return take_to(run, value);
    case OPTION_SENSORS:
        run->feed.sensors_path = value;
        return AP_EXIT_OK;
    case OPTION_START:
        return ap_take_start(run->command, value, &run->feed.start_utc);
    case OPTION_EXTENDED:
        run->feed.extended = true;
        return AP_EXIT_OK;
    default:
        break;
    }
    if (strchr(value, ':'))
        return ap_command_fail(run->command, AP_EXIT_USAGE,
                               "--edition %s: convert has one edition for all sources of a "
                               "category; expected CATEGORY=EDITION such as 021=2.1",
                               value);
    return ap_editions_take(run->command, value, &run->editions);
}

/* The pair of forms, or a line that says what there is. */
static int choose_forms(convert_run *run)
{
    if (run->to == FORM_UNKNOWN)
        run->to = form_of_output(run);
    if (run->to == FORM_UNKNOWN)
        return ap_command_fail(run->command, AP_EXIT_USAGE,
                               "the name of '%s' does not tell its form; add --to pcap or another "
                               "that --help lists",
                               run->out_path);
    if (run->to == FORM_FEED)
        return AP_EXIT_OK;
    if (run->from == FORM_UNKNOWN)
        run->from = form_of_path(run->in_path);
    if (run->from == FORM_UNKNOWN)
        return ap_command_fail(run->command, AP_EXIT_USAGE,
                               "the name of '%s' does not tell its form; add --from jsonl for "
                               "records of ASTERIX, or --to cat021 for aircraft of a recording",
                               run->in_path);
    if (run->from != FORM_JSONL)
        return ap_command_fail(run->command, AP_EXIT_USAGE,
                               "no way from %s to %s; records go from jsonl (what decode writes) "
                               "to pcap or asterix; recordings become jsonl by decode, captures by "
                               "decode --filter, and their aircraft CAT021 by --to cat021",
                               form_text(run, run->from), form_text(run, run->to));
    return AP_EXIT_OK;
}

/* ---- blocks ---- */

static void end_block(convert_run *run)
{
    if (run->block.size == 0)
        return;
    (void)ap_asterix_block_close(&run->block, 0); /* never more than was asked for in take_record */
    if (ap_decode_capture_write(&run->capture, run->block_time, &run->block))
        run->is_lost = true;
    run->block.size = 0;
}

/* A record that leaves its source out has it from the one before it in its block. */
static bool goes_on(const convert_run *run)
{
    const ap_convert_line *line = &run->record;
    ap_asterix_inherited inherited = { .has_source = false };
    ap_asterix_glance glance;
    return run->block.size > 0 && line->spec == run->block_spec &&
           line->has_time == run->block_has_time &&
           (!line->has_time || line->time == run->block_time) &&
           run->block.size + line->record.size <= AP_PCAP_PAYLOAD_MAX &&
           ap_asterix_look(line->spec, line->record.data, line->record.size, &inherited, &glance) ==
               AP_OK &&
           !glance.has_source;
}

static void take_record(convert_run *run)
{
    const ap_convert_line *line = &run->record;
    if (!goes_on(run)) {
        end_block(run);
        (void)ap_asterix_block_open(&run->block, line->category);
        run->block_spec = line->spec;
        run->block_has_time = line->has_time;
        if (line->has_time)
            run->block_time = line->time;
    }
    ap_write_bytes(&run->block, line->record.data, line->record.size);
}

/* ---- lines ---- */

static void refuse_line(convert_run *run, const char *why)
{
    char path[200];
    if (run->refused_count++ < TOLD_MAX)
        fprintf(stderr, "airpicture convert: %s:%" PRIu64 ": %s\n",
                ap_path_text(run->in_path, path, sizeof path), run->line_count, why);
}

static bool is_blank(const char *line, size_t size)
{
    return strspn(line, " \t\r") >= size;
}

static void end_line(convert_run *run)
{
    run->line_count++;
    run->line[run->line_size] = '\0';
    if (run->is_too_long)
        refuse_line(run, "a line of more than 4 MiB");
    else if (is_blank(run->line, run->line_size))
        ;
    else if (!ap_convert_line_take(&run->record, run->line, run->line_size))
        refuse_line(run, run->record.why);
    else if (AP_ASTERIX_BLOCK_HEADER_SIZE + run->record.record.size >
             ap_decode_capture_block_max(&run->capture))
        refuse_line(run, "a record longer than a UDP datagram can be; --to asterix holds it");
    else
        take_record(run);
    run->line_size = 0;
    run->is_too_long = false;
}

/* Goes through what was read, line by line. */
static void take_text(convert_run *run, const char *text, size_t size)
{
    for (size_t at = 0; at < size && !run->is_lost;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t part = end ? (size_t)(end - text) - at : size - at;
        size_t room = AP_CONVERT_LINE_MAX - run->line_size;
        size_t fits = part < room ? part : room;
        memcpy(run->line + run->line_size, text + at, fits);
        run->line_size += fits;
        run->is_too_long = run->is_too_long || fits < part;
        at += part + (end != NULL);
        if (end)
            end_line(run);
    }
}

static int convert_all(convert_run *run)
{
    uint8_t text[1 << 16];
    ap_err err = AP_OK;
    for (size_t size = 1; !err && size > 0 && !run->is_lost;) {
        err = ap_input_read(&run->input, text, sizeof text, &size, run->message);
        if (!err)
            take_text(run, (const char *)text, size);
    }
    if (run->line_size > 0 || run->is_too_long)
        end_line(run);
    end_block(run);
    return err ? ap_command_fail(run->command, ap_exit_of(err), "%s", run->message) : AP_EXIT_OK;
}

/* ---- the run ---- */

static bool take_writer(ap_writer *writer, size_t cap)
{
    *writer = ap_writer_of(malloc(cap), cap);
    return writer->data != NULL;
}

static int start(convert_run *run)
{
    ap_convert_line *record = &run->record;
    record->editions = &run->editions;
    record->encoder.mem_size = AP_ASTERIX_ENCODER_MEM(AP_CONVERT_LINE_MAX);
    record->encoder.mem = malloc(record->encoder.mem_size);
    record->octets = malloc(AP_CONVERT_RECORD_MAX);
    run->line = malloc(AP_CONVERT_LINE_MAX + 1);
    if (!record->encoder.mem || !record->octets || !run->line ||
        !take_writer(&record->record, AP_CONVERT_RECORD_MAX) ||
        !take_writer(&record->text[0], AP_CONVERT_LINE_MAX) ||
        !take_writer(&record->text[1], AP_CONVERT_LINE_MAX) ||
        !take_writer(&run->block, AP_ASTERIX_BLOCK_SIZE_MAX))
        return ap_command_fail(run->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    ap_err err = ap_input_open(&run->input, run->in_path, run->message);
    if (err)
        return ap_command_fail(run->command, ap_exit_of(err), "%s", run->message);
    if (ap_decode_capture_open_as(&run->capture, run->out_path, run->to == FORM_PCAP, run->message))
        return ap_command_fail(run->command, AP_EXIT_NO_OUTPUT, "%s", run->message);
    return AP_EXIT_OK;
}

static void finish(convert_run *run)
{
    ap_input_close(&run->input);
    ap_decode_capture_close(&run->capture);
    free(run->record.encoder.mem);
    free(run->record.octets);
    free(run->record.record.data);
    free(run->record.text[0].data);
    free(run->record.text[1].data);
    free(run->block.data);
    free(run->line);
}

static int commit(convert_run *run)
{
    ap_output *output = &run->capture.output;
    bool reader_gone = ap_output_flush(output) && ap_output_reader_gone(output);
    bool is_lost = ap_decode_capture_commit(&run->capture, run->message) != AP_OK;
    if (reader_gone)
        return AP_EXIT_PIPE_CLOSED;
    return is_lost ? ap_command_fail(run->command, AP_EXIT_IO, "%s", run->message) : AP_EXIT_OK;
}

static int tell_refused(const convert_run *run)
{
    if (run->refused_count == 0)
        return AP_EXIT_OK;
    return ap_command_fail(run->command, AP_EXIT_DATA,
                           "%" PRIu64 " of %" PRIu64 " lines refused, the others are written",
                           run->refused_count, run->line_count);
}

static int convert_feed(convert_run *run)
{
    run->feed.command = run->command;
    run->feed.in_path = run->in_path;
    run->feed.out_path = run->out_path;
    run->feed.editions = &run->editions;
    return ap_convert_feed_run(&run->feed);
}

static int run_all(convert_run *run)
{
    const ap_named_path output = { "OUT", run->out_path };
    int status = choose_forms(run);
    if (!status)
        status = ap_paths_check(run->command, &output, 1, (const char *const *)&run->in_path, 1,
                                run->feed.sensors_path);
    if (!status && run->to == FORM_FEED)
        return convert_feed(run);
    if (!status)
        status = start(run);
    if (status)
        return status;
    int converted = convert_all(run), committed = commit(run);
    int refused = tell_refused(run);
    return committed ? committed : converted ? converted : refused;
}

int ap_convert_run(const ap_command *command, int argc, char **argv)
{
    convert_run *run = calloc(1, sizeof *run);
    if (!run)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    run->command = command;
    ap_asterix_editions_default(&run->editions);
    bool done;
    int operand;
    int status = ap_command_parse(command, argc, argv, take_option, run, &operand, &done);
    if (!status && !done && argc - operand != 2)
        status = ap_command_fail(command, AP_EXIT_USAGE,
                                 "expected an input and an output: airpicture convert IN OUT");
    if (!status && !done) {
        run->in_path = argv[operand];
        run->out_path = argv[operand + 1];
        status = run_all(run);
    }
    finish(run);
    free(run);
    if (status == AP_EXIT_PIPE_CLOSED)
        ap_interrupt_pipe_closed();
    return status;
}

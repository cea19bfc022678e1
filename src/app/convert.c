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
#include "wire/asterix/spec.h"
#include "wire/framer.h"
#include "wire/pcap.h"

enum {
    OPTION_FROM,
    OPTION_TO,
    OPTION_EDITION,
    OPTION_SENSORS,
    OPTION_START,
    OPTION_EXTENDED,
    TOLD_MAX = 100,
    HEAD_SIZE = 1 << 16,
    PATH_SIZE = 4096
};

const ap_option ap_convert_options[] = {
    [OPTION_FROM] = { 'f', "from", "FORM",
                      "Form of IN: jsonl for the lines that become --to pcap and asterix, else "
                      "what --format of decode names. Default: recognised by its first bytes." },
    [OPTION_TO] = { 't', "to", "FORM",
                    "Form of OUT. Records: pcap (a capture of UDP datagrams) or asterix (raw data "
                    "blocks). Mode S frames: beast, avr, jsonl. Targets: sbs, aircraft "
                    "(aircraft.json; receiver.json too when OUT is a directory), gdl90, cat021 (in "
                    "a capture when OUT ends in .pcap). Default: by the end of its name (.pcap; "
                    ".ast, .asterix, .raw, .bin; .beast, .avr, .jsonl; .sbs, .json, .gdl90), "
                    "aircraft for a directory." },
    [OPTION_EDITION] = { 'e', "edition", "CAT=E",
                         "Edition of lines that name none, such as 021=2.1; may be given for "
                         "several. Default: the newest." },
    [OPTION_SENSORS] = { 'c', "sensors", "FILE",
                         "Sensors file: places radars, and the receiver whose aircraft on the "
                         "ground are to be placed and whose site receiver.json tells." },
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
    char *head; /* [HEAD_SIZE], of an input that was to be recognised */
    size_t head_size;
    char documents[2][PATH_SIZE]; /* aircraft.json, receiver.json in a directory */
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
} form_names[] = { { "jsonl", FORM_JSONL }, { "pcap", FORM_PCAP }, { "asterix", FORM_ASTERIX } };

/* What the name of an output tells. */
static const struct {
    const char *ending;
    form form;
    ap_convert_to to; /* of FORM_FEED */
} endings[] = {
    { ".pcap", FORM_PCAP, AP_CONVERT_TO_COUNT },
    { ".ast", FORM_ASTERIX, AP_CONVERT_TO_COUNT },
    { ".asterix", FORM_ASTERIX, AP_CONVERT_TO_COUNT },
    { ".raw", FORM_ASTERIX, AP_CONVERT_TO_COUNT },
    { ".bin", FORM_ASTERIX, AP_CONVERT_TO_COUNT },
    { ".beast", FORM_FEED, AP_CONVERT_BEAST },
    { ".avr", FORM_FEED, AP_CONVERT_AVR },
    { ".jsonl", FORM_FEED, AP_CONVERT_JSONL },
    { ".sbs", FORM_FEED, AP_CONVERT_SBS },
    { ".json", FORM_FEED, AP_CONVERT_AIRCRAFT },
    { ".gdl90", FORM_FEED, AP_CONVERT_GDL90 },
};

static form form_of_output(convert_run *run)
{
    if (ap_output_is_directory(run->out_path)) {
        run->feed.to = AP_CONVERT_AIRCRAFT;
        return FORM_FEED;
    }
    for (size_t k = 0; k < sizeof endings / sizeof endings[0]; k++)
        if (ap_path_ends_with(run->out_path, endings[k].ending)) {
            run->feed.to = endings[k].to;
            return endings[k].form;
        }
    return FORM_UNKNOWN;
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
    run->from = format == AP_FORMAT_AUTO    ? FORM_UNKNOWN
                : format == AP_FORMAT_JSONL ? FORM_JSONL
                                            : FORM_FEED;
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
        return ap_take_time(run->command, "start", value, &run->feed.start_utc);
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

static int refuse_pair(const convert_run *run)
{
    return ap_command_fail(run->command, AP_EXIT_USAGE,
                           "no way from %s to %s; records go from jsonl (what decode writes) "
                           "to pcap or asterix; recordings become jsonl by decode, captures by "
                           "decode --filter, and their aircraft CAT021 by --to cat021",
                           form_text(run, run->from), form_text(run, run->to));
}

/* What can be told before the input is read. */
static int choose_forms(convert_run *run)
{
    char path[200];
    if (run->to == FORM_UNKNOWN)
        run->to = form_of_output(run);
    if (run->to == FORM_UNKNOWN)
        return ap_command_fail(run->command, AP_EXIT_USAGE,
                               "the name of '%s' does not tell its form; add --to with pcap, "
                               "asterix, beast, avr, jsonl, sbs, aircraft, gdl90 or cat021",
                               ap_path_text(run->out_path, path, sizeof path));
    if (run->feed.extended && (run->to != FORM_FEED || run->feed.to != AP_CONVERT_BEAST))
        return ap_command_fail(run->command, AP_EXIT_USAGE,
                               "--extended is for --to beast; leave it out");
    if (run->to != FORM_FEED && run->from == FORM_FEED)
        return refuse_pair(run);
    return AP_EXIT_OK;
}

/* What the framer takes the head of the input for, blanks before it left out; AUTO: nothing that it
 * knows. */
static ap_err recognise(convert_run *run, bool ended, ap_format *format)
{
    ap_framer framer;
    ap_frame frame;
    uint8_t *space, *memory = malloc(AP_FRAMER_SIZE);
    if (!memory)
        return AP_ERR_MEMORY;
    ap_err err = ap_framer_init(&framer, AP_FORMAT_AUTO, &run->editions, memory, AP_FRAMER_SIZE);
    size_t from = 0;
    while (from < run->head_size && memchr(" \t\r\n", run->head[from], 4))
        from++;
    if (!err && run->head_size > from) {
        (void)ap_framer_space(&framer, &space); /* of a new framer more than the head */
        memcpy(space, run->head + from, run->head_size - from);
        ap_framer_commit(&framer, run->head_size - from);
        if (ended)
            ap_framer_commit(&framer, 0);
        (void)ap_framer_next(&framer, &frame); /* it has recognised, whatever it finds */
    }
    *format = framer.format;
    free(memory);
    return err;
}

/* Lines of records are what no framer knows; anything that one knows has no way here. */
static int check_head(convert_run *run)
{
    size_t size = 1;
    ap_err err = AP_OK;
    for (; !err && size > 0 && run->head_size < HEAD_SIZE; run->head_size += size)
        err = ap_input_read(&run->input, (uint8_t *)run->head + run->head_size,
                            HEAD_SIZE - run->head_size, &size, run->message);
    if (err)
        return ap_command_fail(run->command, ap_exit_of(err), "%s", run->message);
    if (recognise(run, size == 0, &run->feed.from))
        return ap_command_fail(run->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    run->from = run->feed.from == AP_FORMAT_AUTO ? FORM_JSONL : FORM_FEED;
    return run->from == FORM_JSONL ? AP_EXIT_OK : refuse_pair(run);
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
    return run->block.size > 0 && line->spec == run->block_spec && line->spec->source_item != 0 &&
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
    take_text(run, run->head, run->head_size);
    for (size_t size = 1; !err && size > 0 && !run->is_lost;) {
        err = ap_input_read(&run->input, text, sizeof text, &size, run->message);
        if (!err)
            take_text(run, (const char *)text, size);
    }
    if (run->line_size > 0 || run->is_too_long)
        end_line(run);
    end_block(run);
    if (err)
        return ap_command_fail(run->command, ap_exit_of(err), "%s", run->message);
    char path[200];
    return run->line_count > 0
               ? AP_EXIT_OK
               : ap_command_fail(run->command, AP_EXIT_DATA, "'%s' is empty; give lines of records",
                                 ap_path_text(run->in_path, path, sizeof path));
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
    run->head = malloc(HEAD_SIZE);
    if (!record->encoder.mem || !record->octets || !run->line || !run->head ||
        !take_writer(&record->record, AP_CONVERT_RECORD_MAX) ||
        !take_writer(&record->text[0], AP_CONVERT_LINE_MAX) ||
        !take_writer(&record->text[1], AP_CONVERT_LINE_MAX) ||
        !take_writer(&run->block, AP_ASTERIX_BLOCK_SIZE_MAX))
        return ap_command_fail(run->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    ap_err err = ap_input_open(&run->input, run->in_path, run->message);
    if (err)
        return ap_command_fail(run->command, ap_exit_of(err), "%s", run->message);
    int status = run->from == FORM_UNKNOWN ? check_head(run) : AP_EXIT_OK;
    if (status)
        return status;
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
    free(run->head);
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

/* A directory gets both documents that tar1090 reads, as readsb --write-json fills it. */
static int name_documents(convert_run *run)
{
    static const char *const names[] = { "aircraft.json", "receiver.json" };
    if (run->to != FORM_FEED || run->feed.to != AP_CONVERT_AIRCRAFT ||
        !ap_output_is_directory(run->out_path))
        return AP_EXIT_OK;
    const char *slash = ap_path_ends_with(run->out_path, "/") ? "" : "/";
    for (size_t k = 0; k < 2; k++)
        if ((size_t)snprintf(run->documents[k], sizeof run->documents[k], "%s%s%s", run->out_path,
                             slash, names[k]) >= sizeof run->documents[k])
            return ap_command_fail(run->command, AP_EXIT_NO_OUTPUT,
                                   "the name of the output's directory is too long");
    run->out_path = run->documents[0];
    run->feed.receiver_path = run->documents[1];
    return AP_EXIT_OK;
}

static int convert_feed(convert_run *run)
{
    run->feed.command = run->command;
    run->feed.in_path = run->in_path;
    run->feed.out_path = run->out_path;
    run->feed.editions = &run->editions;
    return ap_convert_feed_run(&run->feed);
}

static int check_paths(const convert_run *run)
{
    const ap_named_path outputs[] = { { "OUT", run->out_path },
                                      { "OUT", run->feed.receiver_path } };
    return ap_paths_check(run->command, outputs, sizeof outputs / sizeof outputs[0],
                          (const char *const *)&run->in_path, 1, run->feed.sensors_path);
}

static int run_all(convert_run *run)
{
    int status = check_paths(run);
    if (!status)
        status = choose_forms(run);
    if (!status)
        status = name_documents(run);
    if (!status && run->feed.receiver_path)
        status = check_paths(run); /* those in the directory */
    if (!status && run->to == FORM_FEED)
        return convert_feed(run);
    if (!status)
        status = start(run);
    if (status)
        return status;
    int converted = convert_all(run);
    if (run->line_count == 0)
        return converted;
    int committed = commit(run);
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

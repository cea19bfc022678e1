/* `airpicture why`: what happened to a track of an archive. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "airpicture/bytes.h"
#include "app/commands.h"
#include "app/paths.h"
#include "io/archive_read.h"
#include "publish/columns.h"

enum { OPTION_JSON, LINE_SIZE = 8192, WORD_SIZE = 256 };

const ap_option ap_why_options[] = {
    [OPTION_JSON] = { 'j', "json", NULL, "An object a line, one for each reason." },
    { .name = NULL },
};

typedef struct why_run {
    bool json;
    ap_row_track track;
} why_run;

typedef struct why_row {
    const ap_row_track *track;
    const ap_row_reason *reason;
} why_row;

/* ---- JSON ---- */

#define TRACK(row) (((const why_row *)(row))->track)
#define REASON(row) (((const why_row *)(row))->reason)
#define GETTER(name, expression)                                                                   \
    static ap_value get_##name(const void *row)                                                    \
    {                                                                                              \
        return expression;                                                                         \
    }

GETTER(track_id, ap_value_unsigned(TRACK(row)->track_id))
GETTER(track_number,
       TRACK(row)->track_number ? ap_value_unsigned(TRACK(row)->track_number) : ap_value_absent())
GETTER(icao24, ap_value_text(TRACK(row)->icao24))
GETTER(callsign, ap_value_text(TRACK(row)->callsign))
GETTER(number, REASON(row)->number ? ap_value_unsigned(REASON(row)->number) : ap_value_absent())
GETTER(time_utc, ap_value_utc(REASON(row)->time))
GETTER(time_s, ap_value_seconds(REASON(row)->time))
GETTER(reason, ap_value_text(REASON(row)->reason))
GETTER(text, ap_value_text(REASON(row)->text))
GETTER(sensor, ap_value_text(REASON(row)->sensor))
GETTER(other, REASON(row)->other_track_id ? ap_value_unsigned(REASON(row)->other_track_id)
                                          : ap_value_absent())
GETTER(existence, ap_value_fixed(REASON(row)->existence))
GETTER(identity, ap_value_text(REASON(row)->identity))

static const ap_column columns[] = {
    AP_COLUMN("track_id", 0, get_track_id),
    AP_COLUMN("track_number", 0, get_track_number),
    AP_COLUMN("icao24", 0, get_icao24),
    AP_COLUMN("callsign", 0, get_callsign),
    AP_COLUMN("number", 0, get_number),
    AP_COLUMN("time_utc", 0, get_time_utc),
    AP_COLUMN("time_s", 0, get_time_s),
    AP_COLUMN("reason", 0, get_reason),
    AP_COLUMN("text", 0, get_text),
    AP_COLUMN("sensor", 0, get_sensor),
    AP_COLUMN("other_track_id", 0, get_other),
    AP_COLUMN("existence", 4, get_existence),
    AP_COLUMN("identity", 0, get_identity),
};

static ap_err tell_json(const why_run *run, const ap_row_reason *reason)
{
    uint8_t line[LINE_SIZE];
    ap_writer text = ap_writer_of(line, sizeof line);
    why_row row = { &run->track, reason };
    ap_err err = ap_columns_json(&text, columns, sizeof columns / sizeof columns[0], &row);
    if (!err && fwrite(line, 1, text.size, stdout) != text.size)
        return AP_ERR_IO;
    return err;
}

/* ---- lines ---- */

static void put_word(const char *before, const char *word)
{
    char plain[WORD_SIZE];
    if (word && word[0] != '\0')
        printf("%s%s", before, ap_path_text(word, plain, sizeof plain));
}

static void put_head(const ap_row_track *track)
{
    printf("track %u", (unsigned)track->track_id);
    if (track->track_number > 0)
        printf(", number %u", (unsigned)track->track_number);
    put_word(", icao24 ", track->icao24);
    put_word(", call sign ", track->callsign);
    put_word(", squawk ", track->squawk);
    put_word(", of ", track->sources);
    printf("\n");
}

static ap_err tell(void *context, const ap_row_reason *reason)
{
    const why_run *run = context;
    char utc[AP_UTC_TEXT_SIZE];
    if (run->json)
        return tell_json(run, reason);
    if (reason->time != AP_UTC_UNKNOWN)
        ap_utc_text(reason->time, utc);
    else
        snprintf(utc, sizeof utc, "(no time)");
    printf("%s", utc);
    put_word(" ", reason->reason);
    put_word(": ", reason->text);
    put_word("; sensor ", reason->sensor);
    if (reason->other_track_id > 0)
        printf("; track %u", (unsigned)reason->other_track_id);
    if (isfinite(reason->existence))
        printf("; existence %.3f", reason->existence);
    put_word("; ", reason->identity);
    return printf("\n") < 0 ? AP_ERR_IO : AP_OK;
}

/* ---- run ---- */

static ap_err tell_all(why_run *run, ap_archive_reader *reader, const ap_archive_ask *ask,
                       char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err;
    uint32_t told = 0;
    while (!(err = ap_archive_reader_track(reader, &run->track, message))) {
        told++;
        if (!run->json)
            put_head(&run->track);
        if ((err = ap_archive_reader_reasons(reader, tell, run, message)))
            return err;
    }
    if (err == AP_ERR_END && told > 0)
        return AP_OK;
    if (err == AP_ERR_END)
        snprintf(message, AP_IO_MESSAGE_SIZE,
                 "'%.200s' tells no reasons of track '%.40s'; archives of older releases have none",
                 ask->path, ask->words[0]);
    return err;
}

static int take_option(void *context, size_t option, const char *value)
{
    (void)option;
    (void)value;
    ((why_run *)context)->json = true;
    return AP_EXIT_OK;
}

int ap_why_run(const ap_command *command, int argc, char **argv)
{
    bool done;
    int operand;
    why_run run = { 0 };
    char message[AP_IO_MESSAGE_SIZE];
    int status = ap_command_parse(command, argc, argv, take_option, &run, &operand, &done);
    if (status || done)
        return status;
    if (argc - operand != 2)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "expected an archive and a track, such as picture.gpkg 3c6dd2");
    const char *word = argv[operand + 1];
    ap_archive_ask ask = { .path = argv[operand],
                           .from = INT64_MIN,
                           .until = INT64_MAX,
                           .words = &word,
                           .word_count = 1,
                           .with_reasons = true,
                           .by_reasons = true };
    ap_archive_reader reader;
    ap_err err = ap_archive_reader_open(&reader, &ask, message);
    if (!err)
        err = tell_all(&run, &reader, &ask, message);
    ap_archive_reader_close(&reader);
    return err ? ap_command_fail(command, ap_exit_of(err), "%s", message) : AP_EXIT_OK;
}

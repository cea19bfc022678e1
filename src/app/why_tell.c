#include "app/why_tell.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "airpicture/bytes.h"
#include "app/paths.h"
#include "publish/columns.h"

enum { LINE_SIZE = 8192, WORD_SIZE = 256 };

typedef struct why_row {
    const ap_row_track *track;
    const ap_row_reason *reason;
} why_row;

/* ---- JSON ---- */

#define TRACK(row) (((const why_row *)(row))->track)
#define REASON(row) (((const why_row *)(row))->reason)
/* clang-format off */
#define ROWS(X)                                                                                    \
    X(track_id, 0, ap_value_unsigned(TRACK(row)->track_id))                                        \
    X(track_number, 0, ap_value_positive(TRACK(row)->track_number))                                \
    X(icao24, 0, ap_value_text(TRACK(row)->icao24))                                                \
    X(callsign, 0, ap_value_text(TRACK(row)->callsign))                                            \
    X(number, 0, ap_value_positive(REASON(row)->number))                                           \
    X(time_utc, 0, ap_value_utc(REASON(row)->time))                                                \
    X(time_s, 0, ap_value_seconds(REASON(row)->time))                                              \
    X(reason, 0, ap_value_text(REASON(row)->reason))                                               \
    X(text, 0, ap_value_text(REASON(row)->text))                                                   \
    X(sensor, 0, ap_value_text(REASON(row)->sensor))                                               \
    X(other_track_id, 0, ap_value_positive(REASON(row)->other_track_id))                           \
    X(existence, 4, ap_value_fixed(REASON(row)->existence))                                        \
    X(identity, 0, ap_value_text(REASON(row)->identity))
/* clang-format on */

ROWS(AP_COLUMN_GETTER)

static const ap_column columns[] = { ROWS(AP_COLUMN_LINE) };

static ap_err tell_json(const ap_why_story *story, const ap_row_reason *reason)
{
    uint8_t line[LINE_SIZE];
    ap_writer text = ap_writer_of(line, sizeof line);
    why_row row = { &story->track, reason };
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

void ap_why_head(const ap_why_story *story)
{
    const ap_row_track *track = &story->track;
    if (story->json)
        return;
    printf("track %u", (unsigned)track->track_id);
    if (track->track_number > 0)
        printf(", number %u", (unsigned)track->track_number);
    put_word(", icao24 ", track->icao24);
    put_word(", call sign ", track->callsign);
    put_word(", squawk ", track->squawk);
    put_word(", of ", track->sources);
    printf("\n");
}

ap_err ap_why_reason(void *context, const ap_row_reason *reason)
{
    const ap_why_story *story = context;
    char utc[AP_UTC_TEXT_SIZE];
    if (story->json)
        return tell_json(story, reason);
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

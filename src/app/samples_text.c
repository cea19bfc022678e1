/* CSV and JSON lines: some millions of rows a file, so lines are cut in place, and only the values
 * that make a state are looked at. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/samples_read.h"
#include "app/samples_row.h"
#include "wire/json_scan.h"

enum { BLOCK_SIZE = 1 << 20, LINE_CAP = 1 << 20, COLUMN_CAP = 256, MEMORY_CAP = 64 };

#define SHORTEST_ROW 24u /* octets; how many rows a file can hold at most */

/* Names in the order of a line, as the line before had them. */
typedef struct known_name {
    char name[40];
    size_t size;
    const ap_sample_field *field;
} known_name;

typedef struct text_run {
    ap_samples_reading *reading;
    bool is_json, has_head;
    uint64_t line;
    size_t column_count;
    const ap_sample_field *column[COLUMN_CAP];
    known_name known[MEMORY_CAP];
} text_run;

/* ---- CSV ---- */

/* The next field of a line, without quotes and blanks about it; *at goes behind its comma. */
static ap_sample_text next_field(const char **at, const char *end)
{
    const char *start = *at, *stop;
    if (start < end && *start == '"') {
        start++;
        for (stop = start; stop < end && *stop != '"'; stop++)
            ;
        const char *comma = memchr(stop, ',', (size_t)(end - stop));
        *at = comma ? comma + 1 : end + 1;
        return (ap_sample_text){ start, (size_t)(stop - start) };
    }
    stop = start < end ? memchr(start, ',', (size_t)(end - start)) : NULL;
    stop = stop ? stop : end;
    *at = stop + 1;
    while (start < stop && (*start == ' ' || *start == '\t'))
        start++;
    while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t'))
        stop--;
    return (ap_sample_text){ start, (size_t)(stop - start) };
}

static bool has_column(const text_run *run, ap_sample_value value)
{
    for (size_t i = 0; i < run->column_count; i++)
        if (run->column[i] && run->column[i]->value == value)
            return true;
    return false;
}

/* Of two columns of the same value one is read. */
static void add_column(text_run *run, const ap_sample_field *field)
{
    for (size_t i = 0; field && i < run->column_count; i++)
        if (run->column[i] && run->column[i]->value == field->value) {
            if (run->column[i]->rank <= field->rank)
                field = NULL;
            else
                run->column[i] = NULL;
        }
    if (run->column_count < COLUMN_CAP)
        run->column[run->column_count++] = field;
}

static bool has_octet(const char *at, const char *end, char octet)
{
    return at < end && memchr(at, octet, (size_t)(end - at)) != NULL;
}

/* Why a first line that is no head of ours may be none; NULL: no idea. */
static const char *suspect_head(const char *at, const char *end)
{
    if (at < end && (*at == '[' || *at == '{'))
        return "this is JSON over several lines; expected an object a line (jq -c '.[]' makes "
               "them)";
    if (at < end && *at == '#')
        return "a comment; expected the names of the columns in the first line";
    if (!has_octet(at, end, ',') && has_octet(at, end, ';'))
        return "semicolons between the names; expected commas, and points in numbers";
    if (!has_octet(at, end, ',') && has_octet(at, end, '\t'))
        return "tabs between the names; expected commas";
    if (has_octet(at, end, '\r'))
        return "lines that end with CR alone; expected LF or CR LF";
    return NULL;
}

static int fail_head(const text_run *run, const char *at, const char *end, const char *missing)
{
    const char *suspicion = suspect_head(at, end);
    return ap_command_fail(
        run->reading->command, AP_EXIT_DATA, "%s:%" PRIu64 ": %s%s%s%s", run->reading->shown_path,
        run->line, suspicion ? suspicion : "the head of the ", suspicion ? "" : run->reading->role,
        suspicion ? "" : " lacks ", suspicion ? "" : missing);
}

static int take_head(text_run *run, const char *at, const char *end)
{
    const char *missing = NULL;
    if (end - at >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
        at += 3;
    const char *begin = at;
    while (at <= end) {
        ap_sample_text name = next_field(&at, end);
        add_column(run, ap_sample_field_of(name.start, name.size));
    }
    run->has_head = true;
    if (has_octet(begin, end, '\r'))
        missing = "an end of its line";
    else if (!has_column(run, AP_SAMPLE_TIME) && !has_column(run, AP_SAMPLE_TIME_UTC))
        missing = "a column of times; expected 'time_s' (seconds) or 'time_utc'";
    else if (!has_column(run, AP_SAMPLE_ID) && !has_column(run, AP_SAMPLE_ADDRESS))
        missing = "a column of names; expected 'target_id', 'track_id' or 'icao24'";
    else if (!(has_column(run, AP_SAMPLE_X) && has_column(run, AP_SAMPLE_Y)) &&
             !(has_column(run, AP_SAMPLE_LATITUDE) && has_column(run, AP_SAMPLE_LONGITUDE)))
        missing = "positions; expected 'x' and 'y' (metres), or 'latitude_deg' and "
                  "'longitude_deg'; airpicture evaluate reads what doc/evaluate.md lists";
    return missing ? fail_head(run, begin, end, missing) : AP_EXIT_OK;
}

/* The line is left out; the file goes on. */
static ap_err refuse(text_run *run, const char *why)
{
    ap_samples_refuse(run->reading->samples, run->reading->shown_path, run->line, why);
    return AP_OK;
}

static ap_err take_csv(text_run *run, const char *at, const char *end)
{
    ap_sample_row row;
    char why[120];
    row.has = 0;
    memset(row.value, 0, sizeof row.value);
    for (size_t i = 0; i < run->column_count && at <= end; i++) {
        ap_sample_text text = next_field(&at, end);
        if (run->column[i] && !ap_sample_row_set(&row, run->column[i], text.start, text.size)) {
            snprintf(why, sizeof why, "column '%s': no number; expected one", run->column[i]->name);
            return refuse(run, why);
        }
    }
    return ap_sample_row_add(run->reading->samples, &row, run->reading->shown_path, run->line);
}

/* ---- JSON lines ---- */

/* Lines have their members in the same places again and again. */
static const ap_sample_field *field_at(text_run *run, size_t place, const ap_json_span *key)
{
    known_name *known = place < MEMORY_CAP ? &run->known[place] : NULL;
    if (known && known->size == key->size && memcmp(known->name, key->start, key->size) == 0)
        return known->field;
    const ap_sample_field *field = ap_sample_field_of((const char *)key->start, key->size);
    if (known && key->size > 0 && key->size < sizeof known->name) {
        memcpy(known->name, key->start, key->size);
        known->size = key->size;
        known->field = field;
    }
    return field;
}

static ap_err take_json(text_run *run, const char *at, const char *end)
{
    ap_json_scan scan = ap_json_scan_of((const uint8_t *)at, (size_t)(end - at));
    ap_sample_row row;
    int rank[AP_SAMPLE_FIELDS];
    ap_json_span key, value;
    row.has = 0;
    memset(row.value, 0, sizeof row.value);
    if (!ap_json_scan_enter(&scan, '{'))
        return refuse(run, "no JSON object; expected one a line");
    for (size_t place = 0; ap_json_scan_member(&scan, &key, &value); place++) {
        const ap_sample_field *field = field_at(run, place, &key);
        bool plain = value.kind == AP_JSON_SPAN_STRING || value.kind == AP_JSON_SPAN_NUMBER ||
                     (value.kind == AP_JSON_SPAN_WORD && !ap_json_span_is_null(&value));
        if (!field || !plain || value.size == 0)
            continue;
        if ((row.has >> field->value & 1u) && rank[field->value] <= field->rank)
            continue;
        rank[field->value] = field->rank;
        if (!ap_sample_row_set(&row, field, (const char *)value.start, value.size))
            return refuse(run, "a value is no number; expected one");
    }
    if (scan.bad)
        return refuse(run, "broken JSON; expected an object a line");
    return ap_sample_row_add(run->reading->samples, &row, run->reading->shown_path, run->line);
}

/* ---- lines ---- */

static int take_line(text_run *run, const char *at, const char *end)
{
    run->line++;
    if (end > at && end[-1] == '\r')
        end--;
    while (at < end && (*at == ' ' || *at == '\t') && run->is_json)
        at++;
    if (at == end)
        return AP_EXIT_OK;
    if (!run->is_json && !run->has_head)
        return take_head(run, at, end);
    ap_err err = run->is_json ? take_json(run, at, end) : take_csv(run, at, end);
    if (err)
        return ap_command_fail(run->reading->command, AP_EXIT_SOFTWARE,
                               "%s:%" PRIu64 ": memory is exhausted", run->reading->shown_path,
                               run->line);
    return AP_EXIT_OK;
}

/* Takes the whole lines of a block; the rest moves to its begin. */
static int take_block(text_run *run, char *block, size_t *size)
{
    char *at = block, *end = block + *size, *stop;
    int status = AP_EXIT_OK;
    while (!status && (stop = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        status = take_line(run, at, stop);
        at = stop + 1;
    }
    *size = (size_t)(end - at);
    memmove(block, at, *size);
    if (!status && *size >= LINE_CAP)
        return ap_command_fail(run->reading->command, AP_EXIT_DATA,
                               "%s:%" PRIu64 ": a line of more than a megabyte; expected a row",
                               run->reading->shown_path, run->line + 1);
    return status;
}

static int read_lines(text_run *run, ap_input *input, char *block)
{
    ap_samples_reading *reading = run->reading;
    size_t held = 0, got = 1;
    int status = AP_EXIT_OK;
    while (!status && got > 0) {
        ap_err err =
            ap_input_read(input, (uint8_t *)block + held, BLOCK_SIZE, &got, reading->message);
        if (err)
            return ap_command_fail(reading->command, ap_exit_of(err), "%s", reading->message);
        held += got;
        status = take_block(run, block, &held);
        ap_samples_tell_share(reading, input);
    }
    return status || held == 0 ? status : take_line(run, block, block + held);
}

int ap_samples_read_text(ap_samples_reading *reading, bool is_json)
{
    text_run *run = calloc(1, sizeof *run);
    char *block = malloc(BLOCK_SIZE + LINE_CAP);
    ap_input input = { 0 };
    int status = AP_EXIT_OK;
    ap_err err = ap_input_open(&input, reading->path, reading->message);
    if (err)
        status = ap_command_fail(reading->command, ap_exit_of(err), "%s", reading->message);
    else if (!run || !block)
        status = ap_command_fail(reading->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    if (!status) {
        run->reading = reading;
        run->is_json = is_json;
        reading->samples->expected_count = input.stored_size / SHORTEST_ROW;
        status = read_lines(run, &input, block);
    }
    ap_input_close(&input);
    free(block);
    free(run);
    snprintf(reading->samples->format, sizeof reading->samples->format, "%s",
             is_json ? "JSON lines" : "CSV");
    return status;
}

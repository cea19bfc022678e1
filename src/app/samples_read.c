#include "app/samples_read.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/paths.h"
#include "io/output.h"

enum { PEEK_SIZE = 65536, FILE_CAP = 4096, PATH_ROOM = 1024 };

typedef enum form { CSV, LINES, ARCHIVE, AIRCRAFT, CAPTURE } form;

void ap_samples_tell_share(const ap_samples_reading *reading, const ap_input *input)
{
    if (reading->on_share && input->stored_size > 0)
        reading->on_share(reading->context, (double)input->stored_at / (double)input->stored_size);
}

/* ---- which form ---- */

static bool begins(const uint8_t *data, size_t size, const char *word)
{
    return size >= strlen(word) && memcmp(data, word, strlen(word)) == 0;
}

static bool has_word(const uint8_t *data, size_t size, const char *word)
{
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(data + i, word, length) == 0)
            return true;
    return false;
}

static bool is_text(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] < ' ' && data[i] != '\t' && data[i] != '\r' && data[i] != '\n')
            return false;
    return size > 0;
}

/* A document of aircraft.json has its aircraft in a list, a line of ours none. */
static form form_of(const uint8_t *data, size_t size)
{
    size_t at = 0;
    if (begins(data, size, "SQLite format 3"))
        return ARCHIVE;
    if (!is_text(data, size))
        return CAPTURE;
    while (at < size && isspace(data[at]))
        at++;
    if (at < size && data[at] == '{') {
        const uint8_t *line = memchr(data + at, '\n', size - at);
        size_t head =
            line && has_word(data + at, (size_t)(line - data) - at, "track_id") ? 0 : size - at;
        return has_word(data + at, head, "\"aircraft\"") ? AIRCRAFT : LINES;
    }
    if (has_word(data, size, "\n{\"")) /* a piece of such a file */
        return LINES;
    if (begins(data + at, size - at, "MSG,") || begins(data + at, size - at, "*") ||
        begins(data + at, size - at, "@"))
        return CAPTURE;
    return CSV;
}

static int peek(ap_samples_reading *reading, form *found)
{
    uint8_t *data = malloc(PEEK_SIZE);
    size_t size = 0;
    ap_input input = { 0 };
    ap_err err = data ? ap_input_open(&input, reading->path, reading->message) : AP_ERR_MEMORY;
    if (!err)
        err = ap_input_read(&input, data, PEEK_SIZE, &size, reading->message);
    ap_input_close(&input);
    int status = AP_EXIT_OK;
    if (err)
        status = ap_command_fail(reading->command, ap_exit_of(err), "%s",
                                 data ? reading->message : "memory is exhausted");
    else if (size == 0)
        status = ap_command_fail(reading->command, AP_EXIT_DATA, "'%s' is empty; expected the %s",
                                 reading->shown_path, reading->role);
    else if (begins(data, size, "\xFF\xFE") || begins(data, size, "\xFE\xFF"))
        status = ap_command_fail(reading->command, AP_EXIT_DATA,
                                 "'%s' is text in UTF-16; save it as UTF-8", reading->shown_path);
    else
        *found = form_of(data, size);
    free(data);
    return status;
}

/* ---- a folder of aircraft.json ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t list_folder(const char *path, char **names)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    size_t count = 0;
    while (folder && count < FILE_CAP && (entry = readdir(folder)) != NULL) {
        if (!strstr(entry->d_name, ".json") || entry->d_name[0] == '.')
            continue;
        size_t size = strlen(path) + strlen(entry->d_name) + 2;
        names[count] = malloc(size);
        if (names[count])
            snprintf(names[count++], size, "%s/%s", path, entry->d_name);
    }
    if (folder)
        closedir(folder);
    qsort(names, count, sizeof *names, by_name);
    return count;
}

static int read_folder(ap_samples_reading *reading)
{
    char **names = calloc(FILE_CAP, sizeof *names);
    size_t count = names ? list_folder(reading->path, names) : 0;
    int status;
    if (count == 0)
        status = ap_command_fail(reading->command, AP_EXIT_NO_INPUT,
                                 "'%s' is a folder without a .json file; expected a series of "
                                 "aircraft.json, or a file",
                                 reading->shown_path);
    else if (count >= FILE_CAP)
        status = ap_command_fail(reading->command, AP_EXIT_DATA,
                                 "'%s' holds more than %d files; join them into one file with cat",
                                 reading->shown_path, FILE_CAP - 1);
    else
        status =
            ap_samples_read_capture(reading, (const char *const *)names, count, AP_FORMAT_AIRCRAFT);
    if (!status)
        snprintf(reading->samples->format, sizeof reading->samples->format,
                 "folder of %zu aircraft.json", count);
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
    return status;
}

/* ---- the whole ---- */

static int read_form(ap_samples_reading *reading)
{
    form found = CAPTURE;
    if (ap_output_is_directory(reading->path))
        return read_folder(reading);
    int status = peek(reading, &found);
    if (status)
        return status;
    switch (found) {
    case CSV:
        return ap_samples_read_text(reading, false);
    case LINES:
        return ap_samples_read_text(reading, true);
    case ARCHIVE:
        return ap_samples_read_archive(reading);
    case AIRCRAFT:
        return ap_samples_read_capture(reading, &reading->path, 1, AP_FORMAT_AIRCRAFT);
    case CAPTURE:
        break;
    }
    return ap_samples_read_capture(reading, &reading->path, 1, AP_FORMAT_AUTO);
}

int ap_samples_read(ap_samples_reading *reading)
{
    ap_samples *samples = reading->samples;
    ap_path_text(reading->path, reading->shown_path, sizeof reading->shown_path);
    if (strcmp(reading->path, "-") == 0)
        return ap_command_fail(reading->command, AP_EXIT_USAGE,
                               "the %s cannot be standard input: its form is found by looking "
                               "twice; expected a file",
                               reading->role);
    int status = read_form(reading);
    if (status || reading->on_report)
        return status;
    if (samples->set.state_count > 0) {
        ap_trajectory_set_sort(&samples->set);
        return AP_EXIT_OK;
    }
    if (samples->first_refusal[0])
        return ap_command_fail(reading->command, AP_EXIT_DATA,
                               "no row of the %s can be used (%s): %s", reading->role,
                               samples->format, samples->first_refusal);
    return ap_command_fail(reading->command, AP_EXIT_DATA,
                           "'%s' (%s) holds no state of a %s: %" PRIu64 " without a position or "
                           "a name, %" PRIu64 " tentative or dead; expected what doc/evaluate.md "
                           "lists",
                           reading->shown_path, samples->format,
                           reading->role[0] == 't' && reading->role[2] == 'u' ? "target" : "track",
                           samples->place_count, samples->unpublished_count);
}

#include "app/csv.h"

#include <string.h>

enum state { FIELD_START, PLAIN, QUOTED, QUOTE_IN_QUOTED, SKIPPED_LINE };

const char *ap_csv_fault_text(ap_csv_fault fault)
{
    static const char *const texts[] = {
        [AP_CSV_SOUND] = "no fault",
        [AP_CSV_QUOTE] = "a quote that is not closed, or stands inside a field",
        [AP_CSV_NUL] = "an octet 0: this is no text",
        [AP_CSV_TOO_LONG] = "a row of more than 8192 octets",
        [AP_CSV_TOO_MANY] = "a row of more than 128 fields",
    };
    return (unsigned)fault < sizeof texts / sizeof texts[0] ? texts[fault] : "unlisted";
}

void ap_csv_init(ap_csv *csv)
{
    csv->size = csv->field_count = 0;
    csv->fault = AP_CSV_SOUND;
    csv->line = csv->next_line = 1;
    csv->state = FIELD_START;
    csv->is_begun = csv->is_whole = false;
}

static void begin_row(ap_csv *csv)
{
    csv->size = csv->field_count = 0;
    csv->fault = AP_CSV_SOUND;
    csv->line = csv->next_line;
    csv->state = FIELD_START;
    csv->is_begun = csv->is_whole = false;
}

static void blame(ap_csv *csv, ap_csv_fault fault)
{
    if (csv->fault == AP_CSV_SOUND)
        csv->fault = fault;
}

static void put(ap_csv *csv, char c)
{
    if (csv->size + 1 >= AP_CSV_ROW_SIZE) { /* one is kept for the NUL */
        blame(csv, csv->state == QUOTED ? AP_CSV_QUOTE : AP_CSV_TOO_LONG);
        csv->state = SKIPPED_LINE; /* so that an open quote does not swallow the rest */
        return;
    }
    csv->text[csv->size++] = c;
}

static void open_field(ap_csv *csv)
{
    if (csv->field_count == AP_CSV_FIELD_CAP) {
        blame(csv, AP_CSV_TOO_MANY);
        csv->state = SKIPPED_LINE;
        return;
    }
    csv->start[csv->field_count++] = (uint32_t)csv->size;
}

static void shut_field(ap_csv *csv)
{
    char *from = csv->text + csv->start[csv->field_count - 1];
    while (csv->size > (size_t)(from - csv->text) &&
           (csv->text[csv->size - 1] == ' ' || csv->text[csv->size - 1] == '\t'))
        csv->size--;
    put(csv, '\0');
}

/* The octets of a row but its line end. */
static void take_octet(ap_csv *csv, char c)
{
    if (csv->field_count == 0)
        open_field(csv);
    if (c == '\0')
        blame(csv, AP_CSV_NUL);
    switch ((enum state)csv->state) {
    case SKIPPED_LINE:
        return;
    case QUOTED:
        if (c == '"')
            csv->state = QUOTE_IN_QUOTED;
        else
            put(csv, c);
        return;
    case QUOTE_IN_QUOTED:
        if (c == '"') {
            csv->state = QUOTED;
            put(csv, '"');
            return;
        }
        if (c != ',' && c != ' ' && c != '\r')
            blame(csv, AP_CSV_QUOTE);
        break;
    case FIELD_START:
        if (c == '"') {
            csv->state = QUOTED;
            return;
        }
        break;
    case PLAIN:
        if (c == '"')
            blame(csv, AP_CSV_QUOTE);
        break;
    }
    if (c == ',') {
        csv->state = FIELD_START;
        shut_field(csv);
        if (csv->state != SKIPPED_LINE)
            open_field(csv);
    } else if (csv->state != QUOTE_IN_QUOTED && !(csv->state == FIELD_START && c == ' ')) {
        csv->state = PLAIN;
        put(csv, c);
    }
}

static void end_row(ap_csv *csv)
{
    if (csv->state == QUOTED)
        blame(csv, AP_CSV_QUOTE);
    if (csv->state != SKIPPED_LINE && csv->size > 0 && csv->text[csv->size - 1] == '\r' &&
        csv->state == PLAIN)
        csv->size--;
    if (csv->state != SKIPPED_LINE && csv->field_count > 0)
        shut_field(csv);
    csv->is_whole = true;
}

static bool is_empty_line(const ap_csv *csv)
{
    return !csv->is_begun ||
           (csv->field_count == 1 && csv->size == 1 && csv->text[0] == '\r' && csv->state == PLAIN);
}

size_t ap_csv_take(ap_csv *csv, const char *data, size_t size, bool *whole)
{
    static const char mark[] = "\xEF\xBB\xBF";
    *whole = false;
    if (csv->is_whole)
        begin_row(csv);
    for (size_t i = 0; i < size; i++) {
        char c = data[i];
        csv->next_line += c == '\n';
        if (c == '\n' && csv->state != QUOTED) {
            if (is_empty_line(csv)) {
                begin_row(csv);
                continue;
            }
            end_row(csv);
            *whole = true;
            return i + 1;
        }
        csv->is_begun = true;
        take_octet(csv, c);
        if (csv->line == 1 && csv->size == 3 && csv->state == PLAIN &&
            memcmp(csv->text, mark, 3) == 0)
            begin_row(csv);
    }
    return size;
}

bool ap_csv_end(ap_csv *csv)
{
    if (csv->is_whole || is_empty_line(csv))
        return false;
    end_row(csv);
    return true;
}

const char *ap_csv_field(const ap_csv *csv, size_t i)
{
    return csv->text + csv->start[i];
}

/* Flights given as states in a CSV file: one row a state, in any order. */
#include "app/scenario_load.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/csv.h"
#include "io/input.h"

enum { ROW_CAP = 4000000, ID_SIZE = 32, TOLD_CAP = 20, FLIGHT_CAP = 20000 };

typedef enum column {
    COLUMN_TIME,
    COLUMN_ID,
    COLUMN_LATITUDE,
    COLUMN_LONGITUDE,
    COLUMN_HEIGHT,
    COLUMN_ALTITUDE_M,
    COLUMN_ALTITUDE_FT,
    COLUMN_EAST,
    COLUMN_NORTH,
    COLUMN_UP,
    COLUMN_CALLSIGN,
    COLUMN_ADDRESS,
    COLUMN_CODE,
    COLUMN_CRAFT,
    COLUMN_EQUIPMENT,
    COLUMN_COUNT
} column;

static const struct {
    const char *name;
    double scale, min, max; /* max 0: no number */
    const char *other;      /* what truth.csv calls it; NULL: the same */
} columns[COLUMN_COUNT] = {
    [COLUMN_TIME] = { "time_s", 1, 0, 86400, NULL },
    [COLUMN_ID] = { "id", 0, 0, 0, "target_id" },
    [COLUMN_LATITUDE] = { "latitude_deg", AP_RAD_PER_DEG, -89, 89, NULL },
    [COLUMN_LONGITUDE] = { "longitude_deg", AP_RAD_PER_DEG, -180, 180, NULL },
    [COLUMN_HEIGHT] = { "height_m", 1, -1000, 200000, NULL },
    [COLUMN_ALTITUDE_M] = { "altitude_m", 1, -1000, 200000, NULL },
    [COLUMN_ALTITUDE_FT] = { "altitude_ft", AP_M_PER_FT, -3000, 650000, NULL },
    [COLUMN_EAST] = { "east_mps", 1, -8000, 8000, NULL },
    [COLUMN_NORTH] = { "north_mps", 1, -8000, 8000, NULL },
    [COLUMN_UP] = { "up_mps", 1, -8000, 8000, NULL },
    [COLUMN_CALLSIGN] = { "callsign", 0, 0, 0, NULL },
    [COLUMN_ADDRESS] = { "address", 0, 0, 0, "icao24" },
    [COLUMN_CODE] = { "mode_3a", 0, 0, 0, NULL },
    [COLUMN_CRAFT] = { "craft", 0, 0, 0, NULL },
    [COLUMN_EQUIPMENT] = { "equipment", 0, 0, 0, NULL },
};

typedef struct row {
    ap_path_point point;
    uint64_t line;
    uint32_t address;
    uint16_t mode_3a;
    ap_craft craft;
    ap_equipment equipment;
    char id[ID_SIZE], callsign[AP_CALLSIGN_SIZE];
} row;

typedef struct truth_csv {
    ap_scenario_load *load;
    yaml_mark_t mark; /* of the name in the scenario file */
    const char *name;
    ap_csv csv;
    bool has_head, bad_head;
    int field[COLUMN_COUNT]; /* of a column, or -1 */
    ap_scenario_list rows;
    size_t told_count;
} truth_csv;

/* What is wrong in a line; after TOLD_CAP of them the rest is left. */
__attribute__((format(printf, 3, 4))) static void tell_line(truth_csv *truth, uint64_t line,
                                                            const char *format, ...)
{
    char text[200];
    va_list args;
    if (++truth->told_count > TOLD_CAP)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ap_yaml_tell_at(&truth->load->reading, truth->mark, "%.80s, line %llu: %s", truth->name,
                    (unsigned long long)line, text);
}

static int column_of(const char *name)
{
    int c = 0;
    while (c < COLUMN_COUNT && strcmp(columns[c].name, name) != 0 &&
           !(columns[c].other && strcmp(columns[c].other, name) == 0))
        c++;
    return c;
}

static void take_head(truth_csv *truth)
{
    for (int c = 0; c < COLUMN_COUNT; c++)
        truth->field[c] = -1;
    for (size_t i = 0; i < truth->csv.field_count; i++) {
        int c = column_of(ap_csv_field(&truth->csv, i));
        if (c < COLUMN_COUNT && truth->field[c] >= 0)
            tell_line(truth, truth->csv.line, "column '%s' again; expected it once",
                      columns[c].name);
        else if (c < COLUMN_COUNT)
            truth->field[c] = (int)i; /* other columns are for others */
    }
    for (int c = COLUMN_TIME; c <= COLUMN_LONGITUDE; c++)
        if (truth->field[c] < 0)
            tell_line(truth, truth->csv.line, "no column '%s'; expected it", columns[c].name);
    int heights = (truth->field[COLUMN_HEIGHT] >= 0) + (truth->field[COLUMN_ALTITUDE_M] >= 0) +
                  (truth->field[COLUMN_ALTITUDE_FT] >= 0);
    if (heights != 1)
        tell_line(truth, truth->csv.line,
                  "%d columns of height; expected one of 'height_m', 'altitude_m', 'altitude_ft'",
                  heights);
    truth->has_head = true;
    truth->bad_head = truth->told_count > 0;
}

/* Text of a column; "" when there is no such column. */
static const char *text_of(const truth_csv *truth, column c)
{
    return truth->field[c] >= 0 ? ap_csv_field(&truth->csv, (size_t)truth->field[c]) : "";
}

/* A number in SI units, NAN for an empty field. False when it was told. */
static bool read_number(truth_csv *truth, column c, bool needed, double *value)
{
    const char *text = text_of(truth, c);
    char *end;
    *value = NAN;
    if (*text == '\0' && !needed)
        return true;
    double number = strtod(text, &end);
    bool is_number = *text != '\0' && *end == '\0' &&
                     text[strspn(text, "+-.0123456789eE")] == '\0' && isfinite(number);
    if (!is_number || number < columns[c].min || number > columns[c].max) {
        tell_line(truth, truth->csv.line, "%s '%.40s' cannot be used; expected %.10g to %.10g",
                  columns[c].name, text, columns[c].min, columns[c].max);
        return false;
    }
    *value = number * columns[c].scale;
    return true;
}

static bool read_digits(truth_csv *truth, column c, int base, unsigned long max,
                        unsigned long *value)
{
    const char *text = text_of(truth, c);
    char *end;
    *value = 0;
    if (*text == '\0')
        return true;
    *value = strtoul(text, &end, base);
    if (*end != '\0' || text[0] == '-' || text[0] == '+' || *value > max) {
        tell_line(truth, truth->csv.line, "%s '%.40s' cannot be used; expected %s", columns[c].name,
                  text, base == 16 ? "six hexadecimal digits" : "four octal digits");
        return false;
    }
    return true;
}

/* An index into `words`; 0 for an empty field. */
static bool read_word(truth_csv *truth, column c, const char *const *words, int *index)
{
    const char *text = text_of(truth, c);
    *index = 0;
    if (*text == '\0')
        return true;
    while (words[*index] && strcmp(words[*index], text) != 0)
        ++*index;
    if (!words[*index])
        tell_line(truth, truth->csv.line, "%s '%.40s' is not known; expected one of flights: %s",
                  columns[c].name, text, columns[c].name);
    return words[*index];
}

static bool read_words(truth_csv *truth, row *into)
{
    const char *id = text_of(truth, COLUMN_ID), *callsign = text_of(truth, COLUMN_CALLSIGN);
    if (*id == '\0' || strlen(id) >= ID_SIZE) {
        tell_line(truth, truth->csv.line, "id '%.40s' cannot be used; expected 1 to %d characters",
                  id, ID_SIZE - 1);
        return false;
    }
    if (strlen(callsign) >= AP_CALLSIGN_SIZE ||
        callsign[strspn(callsign, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] != '\0') {
        tell_line(truth, truth->csv.line,
                  "callsign '%.40s' cannot be sent; expected capital letters and digits", callsign);
        return false;
    }
    memcpy(into->id, id, strlen(id) + 1);
    memcpy(into->callsign, callsign, strlen(callsign) + 1);
    unsigned long address, code;
    bool good = read_digits(truth, COLUMN_ADDRESS, 16, 0xFFFFFF, &address) &&
                read_digits(truth, COLUMN_CODE, 8, 07777, &code);
    if (!good)
        return false;
    int craft, equipment;
    if (!read_word(truth, COLUMN_CRAFT, ap_scenario_crafts, &craft) ||
        !read_word(truth, COLUMN_EQUIPMENT, ap_scenario_equipments, &equipment))
        return false;
    into->craft = (ap_craft)craft;
    into->equipment = (ap_equipment)equipment;
    into->address = (uint32_t)address;
    into->mode_3a = (uint16_t)code;
    return true;
}

static bool read_row(truth_csv *truth, row *into)
{
    ap_path_point *point = &into->point;
    double height_m;
    bool ellipsoid = truth->field[COLUMN_HEIGHT] >= 0;
    column height = ellipsoid                              ? COLUMN_HEIGHT
                    : truth->field[COLUMN_ALTITUDE_M] >= 0 ? COLUMN_ALTITUDE_M
                                                           : COLUMN_ALTITUDE_FT;
    if (!read_number(truth, COLUMN_TIME, true, &point->time_s) ||
        !read_number(truth, COLUMN_LATITUDE, true, &point->position.latitude_rad) ||
        !read_number(truth, COLUMN_LONGITUDE, true, &point->position.longitude_rad) ||
        !read_number(truth, height, true, &height_m) ||
        !read_number(truth, COLUMN_EAST, false, &point->east_mps) ||
        !read_number(truth, COLUMN_NORTH, false, &point->north_mps) ||
        !read_number(truth, COLUMN_UP, false, &point->up_mps))
        return false;
    point->position.height_m =
        height_m + (ellipsoid ? 0.0 : truth->load->file->scenario.height_offset_m);
    into->line = truth->csv.line;
    return read_words(truth, into);
}

static void take_row(truth_csv *truth)
{
    row read = { .line = 0 };
    if (truth->csv.fault) {
        tell_line(truth, truth->csv.line, "%s; expected fields between commas",
                  ap_csv_fault_text(truth->csv.fault));
        return;
    }
    if (!truth->has_head) {
        take_head(truth);
        return;
    }
    if (truth->bad_head)
        return;
    for (int c = 0; c < COLUMN_COUNT; c++)
        if (truth->field[c] >= (int)truth->csv.field_count) {
            tell_line(truth, truth->csv.line, "%zu fields; expected as many as columns",
                      truth->csv.field_count);
            return;
        }
    if (!read_row(truth, &read))
        return;
    if (truth->rows.count == ROW_CAP) {
        tell_line(truth, truth->csv.line, "a row too many; expected at most %d", ROW_CAP);
        return;
    }
    row *into = ap_scenario_list_add(truth->load, &truth->rows);
    if (into)
        *into = read;
}

/* By flight, time and line: a total order, whatever sorts. */
static int compare(const void *a, const void *b)
{
    const row *first = a, *second = b;
    int ids = strcmp(first->id, second->id);
    if (ids != 0)
        return ids;
    if (first->point.time_s != second->point.time_s)
        return first->point.time_s < second->point.time_s ? -1 : 1;
    return first->line < second->line ? -1 : 1;
}

/* Fastest that anything here moves: what enters from space. */
#define SPEED_MAX_MPS 8000.0

/* Two states of one flight, one behind the other. */
static void check_step(truth_csv *truth, const row *from, const row *to)
{
    double dt_s = to->point.time_s - from->point.time_s;
    if (!(dt_s > 0.0)) {
        tell_line(truth, to->line, "flight '%s' has this time_s in line %llu; expected another",
                  to->id, (unsigned long long)from->line);
        return;
    }
    double speed_mps = ap_distance_m(from->point.position, to->point.position) / dt_s;
    if (speed_mps > SPEED_MAX_MPS)
        tell_line(truth, to->line,
                  "flight '%s' comes here from line %llu at %.0f m/s; expected at most %.0f",
                  to->id, (unsigned long long)from->line, speed_mps, SPEED_MAX_MPS);
}

static void add_flight(truth_csv *truth, const row *rows, uint32_t count)
{
    ap_scenario_load *load = truth->load;
    if (count < 2) {
        tell_line(truth, rows[0].line, "flight '%s' has one state; expected two or more",
                  rows[0].id);
        return;
    }
    if (ap_scenario_find_flight(load, rows[0].id) != AP_SCENARIO_NONE) {
        tell_line(truth, rows[0].line, "flight '%s' is in the scenario already; expected another",
                  rows[0].id);
        return;
    }
    if (load->file->flights.count == FLIGHT_CAP) {
        tell_line(truth, rows[0].line, "a flight too many; expected at most %d", FLIGHT_CAP);
        return;
    }
    ap_scenario_flight flight = { .leader = AP_SCENARIO_NONE,
                                  .craft = rows[0].craft,
                                  .equipment = rows[0].equipment,
                                  .start_s = rows[0].point.time_s,
                                  .end_s = rows[count - 1].point.time_s,
                                  .piece_count = 1,
                                  .path_first = load->file->path.count,
                                  .path_count = count };
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            check_step(truth, &rows[i - 1], &rows[i]);
        if (rows[i].address != 0)
            flight.address = rows[i].address;
        if (rows[i].mode_3a != 0 && flight.mode_3a == 0) /* what follows may be an emergency */
            flight.mode_3a = rows[i].mode_3a;
        if (rows[i].callsign[0])
            memcpy(flight.callsign, rows[i].callsign, sizeof flight.callsign);
        ap_path_point *point = ap_scenario_list_add(load, &load->file->path);
        if (point)
            *point = rows[i].point;
    }
    ap_scenario_flight *into = ap_scenario_list_add(load, &load->file->flights);
    char *name = ap_scenario_list_add(load, &load->file->names);
    if (into && name) {
        *into = flight;
        memcpy(name, rows[0].id, ID_SIZE);
    }
}

static void add_flights(truth_csv *truth)
{
    row *rows = truth->rows.items;
    uint32_t count = truth->rows.count;
    if (count == 0) {
        tell_line(truth, truth->csv.line, "no states; expected a row each behind the names");
        return;
    }
    qsort(rows, count, sizeof *rows, compare);
    for (uint32_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && strcmp(rows[end].id, rows[first].id) == 0;)
            end++;
        add_flight(truth, rows + first, end - first);
    }
}

/* All rows of an open input; what fails on the way is told. */
static void read_rows(truth_csv *truth, ap_input *input)
{
    char message[AP_IO_MESSAGE_SIZE], bytes[65536];
    size_t size;
    bool whole;
    ap_csv_init(&truth->csv);
    do {
        if (ap_input_read(input, (uint8_t *)bytes, sizeof bytes, &size, message)) {
            ap_yaml_tell_at(&truth->load->reading, truth->mark, "%.250s; expected a CSV file",
                            message);
            return;
        }
        for (size_t at = 0; at < size;) {
            at += ap_csv_take(&truth->csv, bytes + at, size - at, &whole);
            if (whole)
                take_row(truth);
        }
    } while (size > 0);
    if (ap_csv_end(&truth->csv))
        take_row(truth);
    if (truth->told_count == 0 && !truth->load->out_of_memory)
        add_flights(truth);
    if (truth->told_count > TOLD_CAP)
        ap_yaml_tell_at(&truth->load->reading, truth->mark,
                        "%.80s: %zu more lines like these; expected none", truth->name,
                        truth->told_count - TOLD_CAP);
}

void ap_scenario_load_truth_csv(ap_scenario_load *load, const ap_yaml_entry *top)
{
    if (!ap_yaml_entry_good(top, "truth_csv"))
        return;
    char path[2048], message[AP_IO_MESSAGE_SIZE];
    const char *name = ap_yaml_text_of(ap_yaml_entry_value(top, "truth_csv"));
    load->truth_mark = ap_yaml_entry_mark(top, "truth_csv");
    snprintf(path, sizeof path, "%s%s", name[0] == '/' ? "" : load->folder, name);
    truth_csv *truth = calloc(1, sizeof *truth);
    if (!truth) {
        load->out_of_memory = true;
        return;
    }
    *truth = (truth_csv){
        .load = load, .mark = load->truth_mark, .name = name, .rows.item_size = sizeof(row)
    };
    ap_input input = { 0 };
    if (ap_input_open(&input, path, message))
        ap_yaml_tell_at(&load->reading, truth->mark, "%.250s; expected a CSV file", message);
    else
        read_rows(truth, &input);
    ap_input_close(&input);
    free(truth->rows.items);
    free(truth);
}

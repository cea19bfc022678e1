/* `airpicture track`: detections in CSV to tracks in CSV or JSON lines. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/csv.h"
#include "app/detections.h"
#include "app/paths.h"
#include "app/plane_columns.h"
#include "app/sensors.h"
#include "app/track_tell.h"
#include "app/tracking.h"
#include "io/clock.h"
#include "io/input.h"
#include "io/interrupt.h"
#include "io/output.h"

enum { READ_SIZE = 1 << 16, TEXT_CAP = 1 << 14, TOLD_MAX = 20 };

enum {
    OPTION_SENSORS,
    OPTION_TRACKS,
    OPTION_EVERY,
    OPTION_TURN,
    OPTION_DETECTION,
    OPTION_CLUTTER,
    OPTION_RANGE_MIN,
    OPTION_RANGE_MAX,
    OPTION_RANGE_SIGMA,
    OPTION_AZIMUTH_SIGMA,
    OPTION_POSITION_SIGMA,
    OPTION_ORIGIN,
    OPTION_LAG,
    OPTION_EXISTENCE,
    OPTION_TENTATIVE,
    OPTION_TRACK_CAP,
    OPTION_THREADS,
    OPTION_STATS,
    OPTION_INNOVATIONS,
    OPTION_QUIET
};

const ap_option ap_track_options[] = {
    [OPTION_SENSORS] = { 'c', "sensors", "FILE",
                         "Sensors file (YAML): where each sensor stands and how accurate it is; "
                         "the "
                         "column 'sensor' holds their names." },
    [OPTION_TRACKS] = { 'o', "tracks", "FILE",
                        "Where the tracks go: CSV, or JSON lines when the name ends in .jsonl. "
                        "Default '-', standard output." },
    [OPTION_EVERY] = { 'e', "every", "S",
                       "A picture at each multiple of so many seconds; default the turn time of "
                       "the quickest sensor." },
    [OPTION_TURN] = { 't', "turn", "S", "Turn time of the radars, 0.05 to 600 s; default found." },
    [OPTION_DETECTION] = { 0, "detection-probability", "P",
                           "Of the radars, for a turn; between 0 and 1. Default learnt, from "
                           "0.9." },
    [OPTION_CLUTTER] = { 0, "clutter", "N",
                         "False plots a turn that the learning of their number begins with; "
                         "default a third of the plots." },
    [OPTION_RANGE_MIN] = { 0, "range-min", "M",
                           "The radars see nothing nearer than this; default the nearest of the "
                           "first plots." },
    [OPTION_RANGE_MAX] = { 0, "range-max", "M",
                           "Radius of the radars' coverage; default the farthest of the first "
                           "plots." },
    [OPTION_RANGE_SIGMA] = { 0, "range-sigma", "M",
                             "1-sigma error of ranges in rows that state none; default 120 m." },
    [OPTION_AZIMUTH_SIGMA] = { 0, "azimuth-sigma", "DEG",
                               "1-sigma error of azimuths in rows that state none; default 0.15." },
    [OPTION_POSITION_SIGMA] = { 0, "position-sigma", "M",
                                "1-sigma error on each axis of positions in rows that state none; "
                                "default 150 m." },
    [OPTION_ORIGIN] = { 0, "origin", "LAT,LON",
                        "Place on the Earth, in degrees, of the plane's origin. Default: the first "
                        "site of the sensors file; else the whole degree nearest to the first "
                        "position, where rows state latitude and longitude; else 0,0." },
    [OPTION_LAG] = { 0, "lag", "S",
                     "Rows may be so much earlier than the newest before them; 0.1 to 600, default "
                     "10." },
    [OPTION_EXISTENCE] = { 0, "existence-min", "P",
                           "Confirmed tracks less probable than this are not shown; 0 to 1, "
                           "default "
                           "0.92." },
    [OPTION_TENTATIVE] = { 0, "tentative", NULL, "Show tracks that are not confirmed yet, too." },
    [OPTION_TRACK_CAP] = { 0, "track-cap", "N",
                           "Tracks alive at once, 16 to 1000000; default 20000." },
    [OPTION_THREADS] = { 0, "threads", "N",
                         "Processors that the tracker may work on at once, 1 to 64; default 1. The "
                         "tracks are the same." },
    [OPTION_STATS] = { 0, "stats", "FILE", "The figures of the summary as one JSON object." },
    [OPTION_INNOVATIONS] = { 0, "innovations", NULL,
                             "JSON lines tell each update by a position too, between the pictures: "
                             "how far it was from where it was expected, for evaluate: nis and "
                             "nis_dimensions." },
    [OPTION_QUIET] = { 'q', "quiet", NULL, "No summary." },
    { .name = NULL },
};

typedef struct track_run {
    const ap_command *command;
    ap_tracking_config config;
    const char *in_path, *sensors_path, *tracks_path, *stats_path;
    bool quiet, is_json, is_lost, has_head;
    ap_sensor_table table;
    ap_sensor_stats *stats;
    ap_tracking tracking;
    ap_input input;
    ap_output output;
    ap_csv csv;
    ap_detection_columns columns;
    ap_track_counts counts;
    char shown_path[200];
    char message[AP_IO_MESSAGE_SIZE];
} track_run;

/* ---- options ---- */

typedef struct number_option {
    double low, high;
    bool open; /* low and high themselves are no answers */
    const char *expected;
} number_option;

static const number_option number_options[] = {
    [OPTION_EVERY] = { 0.05, 86400, false, "seconds from 0.05 to 86400" },
    [OPTION_TURN] = { 0.05, 600, false, "seconds from 0.05 to 600" },
    [OPTION_DETECTION] = { 0, 1, true, "a number between 0 and 1" },
    [OPTION_CLUTTER] = { 0, 1e6, false, "a number from 0 to 1000000" },
    [OPTION_RANGE_MIN] = { 0, 1e6, false, "metres from 0 to 1000000" },
    [OPTION_RANGE_MAX] = { 1, 1e7, false, "metres from 1 to 10000000" },
    [OPTION_RANGE_SIGMA] = { 0.01, 1e5, false, "metres from 0.01 to 100000" },
    [OPTION_AZIMUTH_SIGMA] = { 1e-4, 10, false, "degrees from 0.0001 to 10" },
    [OPTION_POSITION_SIGMA] = { 0.01, 1e5, false, "metres from 0.01 to 100000" },
    [OPTION_LAG] = { 0.1, 600, false, "seconds from 0.1 to 600" },
    [OPTION_EXISTENCE] = { 0, 1, false, "a number from 0 to 1" },
    [OPTION_TRACK_CAP] = { 16, 1000000, false, "a whole number from 16 to 1000000" },
    [OPTION_THREADS] = { 1, AP_THREADS_MAX, false, "a whole number from 1 to 64" },
};

static int take_number(track_run *run, size_t option, const char *value)
{
    ap_tracking_config *c = &run->config;
    double *const targets[] = { [OPTION_EVERY] = &c->every_s,
                                [OPTION_TURN] = &c->turn_s,
                                [OPTION_DETECTION] = &c->detection_probability,
                                [OPTION_CLUTTER] = &c->clutter_per_turn,
                                [OPTION_RANGE_MIN] = &c->range_min_m,
                                [OPTION_RANGE_MAX] = &c->range_max_m,
                                [OPTION_RANGE_SIGMA] = &c->range_sigma_m,
                                [OPTION_AZIMUTH_SIGMA] = &c->azimuth_sigma_rad,
                                [OPTION_POSITION_SIGMA] = &c->position_sigma_m,
                                [OPTION_LAG] = &c->lag_s,
                                [OPTION_EXISTENCE] = &c->existence_min };
    const number_option *rule = &number_options[option];
    double number;
    if (!ap_parse_number(value, rule->low, rule->high, &number) ||
        (rule->open && (number <= rule->low || number >= rule->high)) ||
        ((option == OPTION_TRACK_CAP || option == OPTION_THREADS) && number != floor(number)))
        return ap_command_fail(run->command, AP_EXIT_USAGE, "--%s %s is refused; expected %s",
                               ap_track_options[option].name, value, rule->expected);
    if (option == OPTION_TRACK_CAP)
        c->track_cap = (uint32_t)number;
    else if (option == OPTION_THREADS)
        c->thread_count = (unsigned)number;
    else
        *targets[option] = option == OPTION_AZIMUTH_SIGMA ? number * AP_RAD_PER_DEG : number;
    c->has_clutter |= option == OPTION_CLUTTER;
    return AP_EXIT_OK;
}

static int take_origin(track_run *run, const char *value)
{
    const char *comma = strchr(value, ',');
    char latitude[40];
    double lat, lon;
    if (comma && (size_t)(comma - value) < sizeof latitude) {
        memcpy(latitude, value, (size_t)(comma - value));
        latitude[comma - value] = '\0';
        if (ap_parse_number(latitude, -90, 90, &lat) &&
            ap_parse_number(comma + 1, -180, 180, &lon)) {
            run->config.has_origin = true;
            run->config.origin = (ap_geodetic){ lat * AP_RAD_PER_DEG, lon * AP_RAD_PER_DEG, 0.0 };
            return AP_EXIT_OK;
        }
    }
    return ap_command_fail(run->command, AP_EXIT_USAGE,
                           "--origin %s is no place; expected degrees such as 52.3,4.76", value);
}

static int take_option(void *context, size_t option, const char *value)
{
    track_run *run = context;
    switch (option) {
    case OPTION_SENSORS:
        run->sensors_path = value;
        return AP_EXIT_OK;
    case OPTION_TRACKS:
        run->tracks_path = value;
        return AP_EXIT_OK;
    case OPTION_STATS:
        run->stats_path = value;
        return AP_EXIT_OK;
    case OPTION_ORIGIN:
        return take_origin(run, value);
    case OPTION_TENTATIVE:
        run->config.tentative = true;
        return AP_EXIT_OK;
    case OPTION_INNOVATIONS:
        run->config.innovations = true;
        return AP_EXIT_OK;
    case OPTION_QUIET:
        run->quiet = true;
        return AP_EXIT_OK;
    default:
        return take_number(run, option, value);
    }
}

/* ---- what comes out ---- */

static void send_text(track_run *run, const ap_writer *text)
{
    if (text->bad || ap_output_write(&run->output, text->data, text->size))
        run->is_lost = true;
}

static void on_track(void *context, const ap_plane_track *track)
{
    track_run *run = context;
    uint8_t line[TEXT_CAP];
    ap_writer text = ap_writer_of(line, sizeof line);
    if (run->is_json)
        ap_plane_json(&text, track);
    else
        ap_plane_csv(&text, track);
    send_text(run, &text);
}

static void on_refused(void *context, uint64_t line, ap_detection_refusal refusal, const char *why)
{
    track_run *run = context;
    uint64_t told = run->counts.refused_count++;
    (void)refusal;
    if (told < TOLD_MAX)
        fprintf(stderr, "airpicture track: %s:%" PRIu64 ": %s\n", run->shown_path, line, why);
    else if (told == TOLD_MAX)
        fprintf(stderr, "airpicture track: more rows are refused; they are counted\n");
}

/* ---- rows ---- */

static int take_head(track_run *run)
{
    char why[AP_DETECTION_WHY_SIZE];
    run->has_head = true;
    if (!ap_detections_head(&run->columns, &run->csv, why))
        return ap_command_fail(run->command, AP_EXIT_DATA, "%s:%" PRIu64 ": %s", run->shown_path,
                               run->csv.line, why);
    if (run->config.from_file && run->table.count > 1 && !run->columns.has_sensor)
        return ap_command_fail(run->command, AP_EXIT_DATA,
                               "%s:%" PRIu64 ": the sensors file has %u sensors; expected a column "
                               "'sensor' with their names",
                               run->shown_path, run->csv.line, (unsigned)run->table.count);
    return AP_EXIT_OK;
}

static int take_row(track_run *run)
{
    if (!run->has_head)
        return take_head(run);
    char why[AP_DETECTION_WHY_SIZE];
    ap_detection detection;
    run->counts.row_count++;
    ap_detection_refusal refusal = ap_detections_row(&run->columns, &run->csv, &detection, why);
    if (refusal == AP_DETECTION_TAKEN)
        ap_tracking_take(&run->tracking, &detection);
    else
        ap_tracking_refuse(&run->tracking, run->csv.line, refusal, why);
    return AP_EXIT_OK;
}

static int read_rows(track_run *run)
{
    char text[READ_SIZE];
    size_t size = 1;
    int status = AP_EXIT_OK;
    ap_err err = AP_OK;
    bool whole;
    ap_csv_init(&run->csv);
    while (!status && !err && size > 0 && !run->is_lost) {
        err = ap_input_read(&run->input, (uint8_t *)text, sizeof text, &size, run->message);
        for (size_t at = 0; !err && !status && !run->is_lost && at < size;) {
            at += ap_csv_take(&run->csv, text + at, size - at, &whole);
            if (whole)
                status = take_row(run);
        }
    }
    bool is_cut = ap_interrupted(); /* then the rest is no row, whatever it looks like */
    if (!status && !run->is_lost && ap_csv_end(&run->csv) && !is_cut)
        status = take_row(run);
    if (err)
        return ap_command_fail(run->command, ap_exit_of(err), "%s", run->message);
    if (!status && !run->has_head)
        return ap_command_fail(run->command, AP_EXIT_DATA,
                               is_cut ? "interrupted before '%s' had a head of column names"
                                      : "'%s' is empty; expected a head of column names and a row "
                                        "a detection",
                               run->shown_path);
    return status;
}

/* ---- the run ---- */

static int start(track_run *run)
{
    if (run->config.innovations && !ap_path_ends_with(run->tracks_path, ".jsonl"))
        return ap_command_fail(run->command, AP_EXIT_USAGE,
                               "--innovations is told in JSON lines; expected --tracks FILE whose "
                               "name ends in .jsonl");
    const ap_named_path outputs[] = { { "--tracks", run->tracks_path },
                                      { "--stats", run->stats_path } };
    int status = ap_paths_check(run->command, outputs, sizeof outputs / sizeof outputs[0],
                                &run->in_path, 1, run->sensors_path);
    if (status)
        return status;
    run->table.cap = AP_TRACKING_SENSOR_CAP;
    run->table.sensor = calloc(run->table.cap, sizeof *run->table.sensor);
    run->table.stats = run->stats = calloc(run->table.cap, sizeof *run->stats);
    if (!run->table.sensor || !run->stats)
        return ap_command_fail(run->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    if (run->sensors_path)
        status = ap_sensors_read(run->command, run->sensors_path, 1, &run->table);
    if (status)
        return status;
    run->config.from_file = run->sensors_path != NULL;
    run->config.context = run;
    run->config.on_track = on_track;
    run->config.on_refused = on_refused;
    if (ap_tracking_init(&run->tracking, &run->config, &run->table))
        return ap_command_fail(run->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    ap_err err = ap_input_open(&run->input, run->in_path, run->message);
    if (err)
        return ap_command_fail(run->command, ap_exit_of(err), "%s", run->message);
    if (ap_output_open(&run->output, run->tracks_path, run->message))
        return ap_command_fail(run->command, AP_EXIT_NO_OUTPUT, "%s", run->message);
    return AP_EXIT_OK;
}

static int commit(track_run *run)
{
    bool reader_gone = ap_output_flush(&run->output) && ap_output_reader_gone(&run->output);
    bool is_lost = ap_output_commit(&run->output, run->message) != AP_OK;
    if (reader_gone)
        return AP_EXIT_PIPE_CLOSED;
    return is_lost ? ap_command_fail(run->command, AP_EXIT_IO, "%s", run->message) : AP_EXIT_OK;
}

static bool uses_stdout(const track_run *run)
{
    return strcmp(run->tracks_path, "-") == 0 ||
           (run->stats_path && strcmp(run->stats_path, "-") == 0);
}

/* An input that broke off still gives the tracks of what was read of it. */
static int track_all(track_run *run)
{
    int64_t wall_ns = ap_clock_monotonic_ns(), cpu_ns = ap_clock_cpu_ns();
    run->is_json = ap_path_ends_with(run->tracks_path, ".jsonl");
    if (!run->is_json) {
        uint8_t line[TEXT_CAP];
        ap_writer text = ap_writer_of(line, sizeof line);
        ap_plane_csv_head(&text);
        send_text(run, &text);
    }
    int status = read_rows(run);
    if (!run->has_head || (status == AP_EXIT_DATA && run->counts.row_count == 0))
        return status;
    if (!run->is_lost && ap_tracking_end(&run->tracking))
        return ap_command_fail(run->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    if (!status && run->tracking.stats.taken_count == 0)
        return ap_command_fail(run->command, AP_EXIT_DATA,
                               "'%s' has no row that can be tracked, of %" PRIu64, run->shown_path,
                               run->counts.row_count);
    int committed = commit(run);
    if (committed == AP_EXIT_PIPE_CLOSED)
        return committed;
    run->counts.cpu_s = (double)(ap_clock_cpu_ns() - cpu_ns) * 1e-9;
    run->counts.wall_s = (double)(ap_clock_monotonic_ns() - wall_ns) * 1e-9;
    run->counts.unused_columns = run->columns.unused;
    if (run->stats_path) {
        int told =
            ap_track_stats_write(run->command, run->stats_path, &run->tracking, &run->counts);
        status = status ? status : told;
    }
    if (!run->quiet)
        ap_track_tell(uses_stdout(run) ? stderr : stdout, &run->tracking, &run->counts);
    return status ? status : committed;
}

static void finish(track_run *run)
{
    ap_input_close(&run->input);
    ap_output_close(&run->output);
    ap_tracking_close(&run->tracking);
    free(run->table.sensor);
    free(run->stats);
}

int ap_track_run(const ap_command *command, int argc, char **argv)
{
    track_run *run = calloc(1, sizeof *run);
    if (!run)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    run->command = command;
    run->config = ap_tracking_config_default();
    run->tracks_path = "-";
    bool done;
    int operand;
    int status = ap_command_parse(command, argc, argv, take_option, run, &operand, &done);
    if (!status && !done && argc - operand != 1)
        status = ap_command_fail(command, AP_EXIT_USAGE,
                                 "expected one file of detections, or '-' for standard input");
    if (!status && !done) {
        run->in_path = argv[operand];
        ap_path_text(run->in_path, run->shown_path, sizeof run->shown_path);
        status = start(run);
        if (!status)
            status = track_all(run);
    }
    finish(run);
    free(run);
    if (status == AP_EXIT_PIPE_CLOSED)
        ap_interrupt_pipe_closed();
    return status;
}

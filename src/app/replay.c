/* `airpicture replay`: recordings to tracks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/editions.h"
#include "app/input_options.h"
#include "app/outputs.h"
#include "app/paths.h"
#include "app/pipeline.h"
#include "app/probe.h"
#include "app/progress.h"
#include "app/sensors.h"
#include "app/summary.h"
#include "io/clock.h"

enum {
    OPTION_SENSORS,
    OPTION_FORMAT,
    OPTION_START,
    OPTION_FROM,
    OPTION_TO,
    OPTION_EDITION,
    OPTION_PROBE,
    OPTION_TRACKS,
    OPTION_REPORTS,
    OPTION_WITNESSES,
    OPTION_RECEIVERS,
    OPTION_ALERTS,
    OPTION_ASTERIX,
    OPTION_ARCHIVE,
    OPTION_SAC_SIC,
    OPTION_TRACK_CAP,
    OPTION_THREADS,
    OPTION_AIRCRAFT_CAP,
    OPTION_RECEIVER_CAP,
    OPTION_INNOVATIONS,
    OPTION_QUIET
};

const ap_option ap_replay_options[] = {
    [OPTION_SENSORS] = { 'c', "sensors", "FILE",
                         "Sensors file (YAML): where each radar stands and how accurate it is." },
    [OPTION_FORMAT] = { 'f', "format", "FORMAT",
                        "auto (default), asterix, pcap, final, gps, oradis, beast, avr, jsonl, "
                        "sbs, "
                        "aircraft or gdl90; for every input." },
    [OPTION_START] = { 's', "start", "TIME",
                       "Day of recordings that hold times of day only, or UTC of the first frame "
                       "of a receiver's recording: 2024-06-06 or 2024-06-06T08:58:39.1Z. Default "
                       "1970-01-01." },
    [OPTION_FROM] = { 0, "from", "TIME",
                      "Outputs begin here: 2024-06-06T08:58:39Z, a receive time of the recording. "
                      "What comes before is tracked and not written." },
    [OPTION_TO] = { 0, "to", "TIME",
                    "Reading and outputs end before the first frame received at that time or "
                    "later." },
    [OPTION_EDITION] = AP_EDITION_OPTION,
    [OPTION_PROBE] = AP_PROBE_OPTION,
    [OPTION_TRACKS] = { 'o', "tracks", "FILE",
                        "Track updates, one a line: JSON, or CSV when the name ends in .csv." },
    [OPTION_REPORTS] = { 0, "reports", "FILE",
                         "Every report that went to the tracker, one JSON object a line." },
    [OPTION_WITNESSES] = { 0, "witnesses", "FILE",
                           "Mode S frames that several receivers heard, one JSON object a "
                           "hearing." },
    [OPTION_RECEIVERS] = { 0, "receivers", "FILE",
                           "What each Mode S receiver has delivered, how far it hears and how its "
                           "clock runs, one JSON object each." },
    [OPTION_ALERTS] = { 0, "alerts", "FILE",
                        "Alerts as they begin and end, one JSON object a line." },
    [OPTION_ASTERIX] = { 'a', "asterix", "FILE",
                         "System tracks as ASTERIX CAT062 with CAT063 and CAT065, in a pcap (UDP "
                         "port 8600)." },
    [OPTION_ARCHIVE] = { 'g', "archive", "FILE",
                         "GeoPackage for maps: track points, track lines, sensors, counters." },
    [OPTION_SAC_SIC] = { 0, "system", "SAC/SIC", "Source of the ASTERIX output, 0/1 by default." },
    [OPTION_TRACK_CAP] = { 0, "track-cap", "N",
                           "Tracks alive at once, 16 to 1000000; default 20000, or what the "
                           "service had that made the recording. Some 6 kB of memory each." },
    [OPTION_THREADS] = { 0, "threads", "N",
                         "Processors that the tracker may work on at once, 1 to 64; default 1. The "
                         "tracks are the same." },
    [OPTION_AIRCRAFT_CAP] = { 0, "aircraft-cap", "N",
                              "Mode S addresses remembered at once, 64 to 4000000; default 50000, "
                              "or what the service had that made the recording. Some 700 bytes of "
                              "memory each. When there are more, those heard "
                              "only once give way first." },
    [OPTION_RECEIVER_CAP] = { 0, "receiver-cap", "N",
                              "Receivers that streams name and that are told apart, 0 to 60000; "
                              "default 256, or what the service had that made the recording. Those "
                              "beyond are taken for one an input." },
    [OPTION_INNOVATIONS] = { 0, "innovations", NULL,
                             "Lines of --tracks tell how far a position was from where it was "
                             "expected, for evaluate: nis and nis_dimensions." },
    [OPTION_QUIET] = { 'q', "quiet", NULL, "No progress line and no summary." },
    { .name = NULL },
};

typedef struct replay_config {
    const ap_command *command;
    ap_pipeline_config pipeline;
    ap_output_paths paths;
    const char *sensors_path;
    bool probe, quiet;
} replay_config;

typedef struct replay_run {
    replay_config config;
    ap_pipeline pipeline;
    ap_outputs outputs;
    ap_progress progress;
    ap_utc_ns first_utc;
} replay_run;

static int take_system(replay_config *config, const char *value)
{
    unsigned sac, sic;
    char rest;
    if (sscanf(value, "%u/%u%c", &sac, &sic, &rest) != 2 || sac > 255 || sic > 255)
        return ap_command_fail(config->command, AP_EXIT_USAGE,
                               "--system %s is no source; expected SAC/SIC such as 25/10", value);
    config->paths.sac = (uint8_t)sac;
    config->paths.sic = (uint8_t)sic;
    return AP_EXIT_OK;
}

static int take_path(replay_config *config, size_t option, const char *value)
{
    const char **const paths[] = { [OPTION_SENSORS] = &config->sensors_path,
                                   [OPTION_TRACKS] = &config->paths.tracks,
                                   [OPTION_REPORTS] = &config->paths.reports,
                                   [OPTION_ALERTS] = &config->paths.alerts,
                                   [OPTION_WITNESSES] = &config->paths.witnesses,
                                   [OPTION_RECEIVERS] = &config->paths.receivers,
                                   [OPTION_ASTERIX] = &config->paths.asterix,
                                   [OPTION_ARCHIVE] = &config->paths.archive };
    *paths[option] = value;
    return AP_EXIT_OK;
}

static int take_cap(const replay_config *config, size_t option, const char *value, int least,
                    int most, uint32_t *cap)
{
    double number;
    if (!ap_parse_number(value, least, most, &number))
        return ap_command_fail(config->command, AP_EXIT_USAGE,
                               "--%s %s is no capacity; expected %d to %d",
                               ap_replay_options[option].name, value, least, most);
    *cap = (uint32_t)number;
    return AP_EXIT_OK;
}

static int take_option(void *context, size_t option, const char *value)
{
    replay_config *config = context;
    switch (option) {
    case OPTION_FORMAT:
        return ap_take_format(config->command, value, &config->pipeline.format);
    case OPTION_START:
        return ap_take_time(config->command, "start", value, &config->pipeline.start_utc);
    case OPTION_FROM:
        return ap_take_time(config->command, "from", value, &config->pipeline.from_utc);
    case OPTION_TO:
        return ap_take_time(config->command, "to", value, &config->pipeline.to_utc);
    case OPTION_EDITION:
        return ap_editions_take(config->command, value, &config->pipeline.engine.editions);
    case OPTION_TRACK_CAP:
        config->pipeline.has_track_cap = true;
        return take_cap(config, option, value, 16, 1000000, &config->pipeline.engine.track_cap);
    case OPTION_THREADS:
        return take_cap(config, option, value, 1, AP_THREADS_MAX,
                        &config->pipeline.engine.thread_count);
    case OPTION_AIRCRAFT_CAP:
        config->pipeline.has_aircraft_cap = true;
        return take_cap(config, option, value, 64, 4000000, &config->pipeline.engine.aircraft_cap);
    case OPTION_RECEIVER_CAP:
        config->pipeline.has_receiver_cap = true;
        return take_cap(config, option, value, 0, 60000, &config->pipeline.engine.receiver_cap);
    case OPTION_SAC_SIC:
        return take_system(config, value);
    case OPTION_PROBE:
        config->probe = true;
        return AP_EXIT_OK;
    case OPTION_INNOVATIONS:
        config->pipeline.engine.innovations = true;
        return AP_EXIT_OK;
    case OPTION_QUIET:
        config->quiet = true;
        return AP_EXIT_OK;
    default:
        return take_path(config, option, value);
    }
}

static void on_report(void *context, const ap_report *report)
{
    ap_outputs_report(&((replay_run *)context)->outputs, report);
}

static void on_witness(void *context, const ap_witness *witness)
{
    ap_outputs_witness(&((replay_run *)context)->outputs, witness);
}

static void on_track(void *context, const ap_track_event *event, const ap_track *track)
{
    ap_outputs_track(&((replay_run *)context)->outputs, event, track);
}

static void on_alert(void *context, const ap_alert *alert)
{
    ap_outputs_alert(&((replay_run *)context)->outputs, alert);
}

static void on_restart(void *context)
{
    ap_outputs_restart(&((replay_run *)context)->outputs);
}

static int on_time(void *context, ap_utc_ns now)
{
    replay_run *run = context;
    if (run->first_utc == AP_UTC_UNKNOWN)
        run->first_utc = now;
    ap_outputs_time(&run->outputs, now);
    if (ap_progress_is_due(&run->progress, now))
        ap_progress_draw(&run->progress, ap_pipeline_share(&run->pipeline), now);
    return ap_outputs_failed(&run->outputs) ? AP_EXIT_IO : AP_EXIT_OK;
}

static int check_paths(const replay_config *config)
{
    const ap_output_paths *paths = &config->paths;
    const ap_named_path outputs[] = {
        { "--tracks", paths->tracks },       { "--reports", paths->reports },
        { "--witnesses", paths->witnesses }, { "--receivers", paths->receivers },
        { "--alerts", paths->alerts },       { "--asterix", paths->asterix },
        { "--archive", paths->archive }
    };
    return ap_paths_check(config->command, outputs, sizeof outputs / sizeof outputs[0],
                          config->pipeline.paths, config->pipeline.path_count,
                          config->sensors_path);
}

/* What is known before the first byte counts: the sensors file, then what the inputs tell. */
static int prepare(replay_run *run)
{
    const replay_config *config = &run->config;
    const ap_pipeline_config *pipeline = &config->pipeline;
    int status = AP_EXIT_OK;
    if (config->sensors_path)
        status = ap_sensors_read(config->command, config->sensors_path, pipeline->path_count,
                                 &run->pipeline.engine.sensors);
    if (!status && config->probe)
        status = ap_probe_inputs(config->command, pipeline->paths, pipeline->path_count,
                                 pipeline->format, &run->pipeline.engine.config.editions);
    return status;
}

static int check_window(const replay_config *config)
{
    char from[AP_UTC_TEXT_SIZE], to[AP_UTC_TEXT_SIZE];
    if (config->pipeline.from_utc < config->pipeline.to_utc)
        return AP_EXIT_OK;
    ap_utc_text(config->pipeline.from_utc, from);
    ap_utc_text(config->pipeline.to_utc, to);
    return ap_command_fail(config->command, AP_EXIT_USAGE,
                           "--from %s is not before --to %s; nothing lies between them", from, to);
}

/* Nothing was received within the wanted times: a line says when something was. */
static void tell_missed_window(const replay_run *run)
{
    const ap_pipeline *pipeline = &run->pipeline;
    ap_utc_ns first_utc = AP_UTC_UNKNOWN, last_utc = AP_UTC_UNKNOWN;
    for (size_t i = 0; i < ap_pipeline_source_count(pipeline); i++) {
        ap_source_summary source = ap_pipeline_source(pipeline, i);
        if (first_utc == AP_UTC_UNKNOWN ||
            (source.first_utc != AP_UTC_UNKNOWN && source.first_utc < first_utc))
            first_utc = source.first_utc;
        if (source.last_utc > last_utc) /* unknown times are the smallest */
            last_utc = source.last_utc;
    }
    char first[AP_UTC_TEXT_SIZE], last[AP_UTC_TEXT_SIZE];
    ap_utc_text(first_utc, first);
    ap_utc_text(last_utc, last);
    if (first_utc == AP_UTC_UNKNOWN)
        return;
    if (first_utc >= pipeline->config.to_utc)
        (void)ap_command_fail(run->config.command, AP_EXIT_OK,
                              "--to is not after the first frame, received at %s; nothing of it "
                              "is written",
                              first);
    else if (last_utc < pipeline->config.from_utc)
        (void)ap_command_fail(run->config.command, AP_EXIT_OK,
                              "--from is after the last frame, received at %s (the first at %s); "
                              "nothing of it is written",
                              last, first);
}

/* Innovations are in the JSON lines of tracks, and nowhere else. */
static int check_innovations(const replay_config *config)
{
    const char *tracks = config->paths.tracks;
    if (!config->pipeline.engine.innovations || (tracks && !ap_path_ends_with(tracks, ".csv")))
        return AP_EXIT_OK;
    return ap_command_fail(config->command, AP_EXIT_USAGE,
                           "--innovations is told in JSON lines of tracks; expected --tracks FILE "
                           "whose name does not end in .csv");
}

static int start(replay_run *run)
{
    const ap_command *command = run->config.command;
    int status = check_window(&run->config);
    if (!status)
        status = check_paths(&run->config);
    if (!status)
        status = check_innovations(&run->config);
    if (status)
        return status;
    status = ap_pipeline_init(&run->pipeline, &run->config.pipeline);
    if (status)
        return ap_command_fail(command, status, "%s", run->pipeline.message);
    status = prepare(run);
    if (status)
        return status;
    status = ap_pipeline_open(&run->pipeline);
    if (status)
        return ap_command_fail(command, status, "%s", run->pipeline.message);
    return ap_outputs_open(&run->outputs, command, &run->config.paths, &run->pipeline);
}

/* Runs, then commits every output; a run that failed over an input still keeps what it made. */
static int run_and_commit(replay_run *run)
{
    const ap_command *command = run->config.command;
    int64_t wall_ns = ap_clock_monotonic_ns(), cpu_ns = ap_clock_cpu_ns();
    ap_progress_start(&run->progress, run->config.quiet);
    int status = ap_pipeline_run(&run->pipeline);
    ap_progress_end(&run->progress);
    if (*run->pipeline.message)
        ap_command_fail(command, status, "%s", run->pipeline.message);
    tell_missed_window(run);
    int commit_status = ap_outputs_commit(&run->outputs);
    ap_run_cost cost = { .wall_s = (double)(ap_clock_monotonic_ns() - wall_ns) / 1e9,
                         .cpu_s = (double)(ap_clock_cpu_ns() - cpu_ns) / 1e9 };
    if (run->first_utc != AP_UTC_UNKNOWN)
        cost.data_s = ap_seconds_between(run->first_utc, run->pipeline.engine.now);
    if (!run->config.quiet) {
        FILE *out = ap_output_paths_use_stdout(&run->config.paths) ? stderr : stdout;
        ap_summary_print(out, &run->pipeline, &cost);
        ap_outputs_tell(&run->outputs, out);
    }
    return status ? status : commit_status;
}

int ap_replay_run(const ap_command *command, int argc, char **argv)
{
    replay_run *run = calloc(1, sizeof *run);
    if (!run)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    run->first_utc = AP_UTC_UNKNOWN;
    run->config = (replay_config){ .command = command,
                                   .pipeline = ap_pipeline_config_default(),
                                   .paths = { .sic = 1 } };
    bool done;
    int operand;
    int status = ap_command_parse(command, argc, argv, take_option, &run->config, &operand, &done);
    if (!status && !done && operand == argc)
        status = ap_command_fail(command, AP_EXIT_USAGE,
                                 "no input; name a file, or '-' for standard input");
    if (!status && !done) {
        run->config.pipeline.paths = (const char *const *)(argv + operand);
        run->config.pipeline.path_count = (size_t)(argc - operand);
        run->config.pipeline.engine.sinks =
            (ap_engine_sinks){ .context = run,
                               .on_report = on_report,
                               .on_witness = run->config.paths.witnesses ? on_witness : NULL,
                               .on_track = on_track,
                               .on_alert = on_alert,
                               .on_acknowledged = on_alert,
                               .on_restart = on_restart };
        run->config.pipeline.on_time = on_time;
        status = start(run);
        if (!status)
            status = run_and_commit(run);
    }
    ap_outputs_close(&run->outputs);
    ap_pipeline_close(&run->pipeline);
    free(run);
    return status;
}

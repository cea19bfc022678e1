/* `airpicture demo`: simulated sensors through the whole engine, live, scored against the truth. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/demo_files.h"
#include "app/demo_score.h"
#include "app/live_table.h"
#include "app/outputs.h"
#include "app/pipeline.h"
#include "app/sensors.h"
#include "app/summary.h"
#include "io/clock.h"
#include "score/score.h"

enum { OPTION_OUTPUT, OPTION_SPEED, OPTION_MINUTES, OPTION_SEED, OPTION_JSON };
enum { TRUTH_CAP = 256, TRACK_CAP = 4096 };

const ap_option ap_demo_options[] = {
    [OPTION_OUTPUT] = { 'o', "output", "DIR",
                        "Where the files go; default airpicture-demo in the current folder." },
    [OPTION_SPEED] = { 'x', "speed", "X",
                       "Times real time, 10 by default; 0 as fast as the machine can." },
    [OPTION_MINUTES] = { 'm', "minutes", "M", "How long to simulate, 1 to 60; 10 by default." },
    [OPTION_SEED] = { 0, "seed", "N", "Another traffic; 1 by default." },
    [OPTION_JSON] = { 0, "json", "FILE", "The errors against the truth as a JSON object too." },
    { .name = NULL },
};

typedef struct demo_config {
    const ap_command *command;
    const char *folder, *json_path;
    double speed, minutes;
    uint64_t seed;
} demo_config;

typedef struct demo_run {
    demo_config config;
    ap_demo_files files; /* simulator and what it wrote */
    ap_pipeline pipeline;
    ap_outputs outputs;
    ap_score score;
    void *score_mem;
    ap_track *tracks; /* [TRACK_CAP] for the score */
    ap_truth *truths; /* [TRUTH_CAP] */
    char tracks_path[512], asterix_path[512], archive_path[512];
    ap_utc_ns first_utc, next_score_utc;
    int64_t wall_start_ns, next_draw_ns;
    bool live; /* standard output is a terminal */
} demo_run;

static int take_number(const demo_config *config, const char *name, const char *value, double low,
                       double high, double *number)
{
    if (ap_parse_number(value, low, high, number))
        return AP_EXIT_OK;
    return ap_command_fail(config->command, AP_EXIT_USAGE, "--%s %s: expected %g to %g", name,
                           value, low, high);
}

static int take_option(void *context, size_t option, const char *value)
{
    demo_config *config = context;
    double seed;
    switch (option) {
    case OPTION_OUTPUT:
        config->folder = value;
        break;
    case OPTION_JSON:
        config->json_path = value;
        break;
    case OPTION_SPEED:
        return take_number(config, "speed", value, 0.0, 1e6, &config->speed);
    case OPTION_MINUTES:
        return take_number(config, "minutes", value, 1.0, 60.0, &config->minutes);
    case OPTION_SEED:
        if (take_number(config, "seed", value, 0.0, 1e15, &seed))
            return AP_EXIT_USAGE;
        config->seed = (uint64_t)seed;
        break;
    default:
        break;
    }
    return AP_EXIT_OK;
}

static void on_track(void *context, const ap_track_event *event, const ap_track *track)
{
    ap_outputs_track(&((demo_run *)context)->outputs, event, track);
}

/* The published picture against the truth at one instant. */
static void score_now(demo_run *run, ap_utc_ns now)
{
    size_t track_count =
        ap_tracker_tracks(&run->pipeline.engine.tracker, false, run->tracks, TRACK_CAP);
    size_t truth_count = ap_demo_files_truth(&run->files, now, run->truths, TRUTH_CAP);
    if (track_count > TRACK_CAP)
        track_count = TRACK_CAP;
    ap_score_instant(&run->score, now, run->truths, truth_count, run->tracks, track_count, NULL);
}

/* Once a second of data. The first 40 s are left out: no tracker has confirmed anything before the
 * slowest radar has turned a few times. */
static void score_until(demo_run *run, ap_utc_ns now)
{
    if (run->first_utc == AP_UTC_UNKNOWN) {
        run->first_utc = now;
        run->next_score_utc = now - now % AP_NS_PER_S + 40 * AP_NS_PER_S;
    }
    for (; run->next_score_utc <= now; run->next_score_utc += AP_NS_PER_S)
        score_now(run, run->next_score_utc);
}

static void draw(demo_run *run, ap_utc_ns now)
{
    int rows, columns;
    double wall_s = (double)(ap_clock_monotonic_ns() - run->wall_start_ns) / 1e9;
    double speed = wall_s > 0.0 ? ap_seconds_between(run->first_utc, now) / wall_s : 0.0;
    ap_live_line line = { .now = now,
                          .speed = speed,
                          .report_count = run->pipeline.engine.report_count };
    ap_live_table_size(stdout, &rows, &columns);
    ap_live_table_draw(stdout, &run->pipeline.engine.picture, &run->pipeline.engine.sensors, &line,
                       rows, columns, true);
}

/* Keeps the pace, and draws a few times a second. */
static int on_time(void *context, ap_utc_ns now)
{
    demo_run *run = context;
    score_until(run, now);
    ap_outputs_time(&run->outputs, now);
    if (run->config.speed > 0.0) {
        double due_s = ap_seconds_between(run->first_utc, now) / run->config.speed;
        int64_t due_ns = run->wall_start_ns + (int64_t)(due_s * 1e9);
        int64_t ahead_ns = due_ns - ap_clock_monotonic_ns();
        if (ahead_ns > AP_NS_PER_MS)
            ap_clock_sleep_ns(ahead_ns);
    }
    if (run->live && ap_clock_monotonic_ns() >= run->next_draw_ns) {
        draw(run, now);
        run->next_draw_ns = ap_clock_monotonic_ns() + AP_NS_PER_S / 4;
    }
    return ap_outputs_failed(&run->outputs) ? AP_EXIT_IO : AP_EXIT_OK;
}

static int start_score(demo_run *run)
{
    ap_score_config config = ap_score_config_default();
    size_t size = ap_score_size(&config);
    run->score_mem = malloc(size);
    run->tracks = malloc(TRACK_CAP * sizeof *run->tracks);
    run->truths = malloc(TRUTH_CAP * sizeof *run->truths);
    if (!run->score_mem || !run->tracks || !run->truths ||
        ap_score_init(&run->score, &config, run->score_mem, size))
        return ap_command_fail(run->config.command, AP_EXIT_SOFTWARE, "memory is exhausted");
    return AP_EXIT_OK;
}

static void output_path(char path[512], const char *folder, const char *name)
{
    snprintf(path, 512, "%s/%s", folder, name);
}

static int start(demo_run *run)
{
    const ap_command *command = run->config.command;
    const char *folder = run->config.folder;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return ap_command_fail(command, AP_EXIT_NO_OUTPUT, "cannot create folder '%s': %s", folder,
                               strerror(errno));
    int status = ap_demo_files_write(&run->files, command, folder, run->config.seed,
                                     run->config.minutes * 60.0);
    if (!status)
        status = start_score(run);
    if (status)
        return status;
    ap_pipeline_config pipeline = ap_pipeline_config_default();
    pipeline.paths = run->files.inputs;
    pipeline.path_count = AP_DEMO_INPUT_COUNT;
    pipeline.start_utc = run->files.day_utc;
    pipeline.engine.sinks = (ap_engine_sinks){ .context = run, .on_track = on_track };
    pipeline.on_time = on_time;
    status = ap_pipeline_init(&run->pipeline, &pipeline);
    if (!status) {
        status = ap_sensors_read(command, run->files.sensors_path, AP_DEMO_INPUT_COUNT,
                                 &run->pipeline.engine.sensors);
        if (status)
            return status;
        status = ap_pipeline_open(&run->pipeline);
    }
    if (status)
        return ap_command_fail(command, status, "%s", run->pipeline.message);
    output_path(run->tracks_path, folder, "tracks.jsonl");
    output_path(run->asterix_path, folder, "system.pcap");
    output_path(run->archive_path, folder, "archive.gpkg");
    ap_output_paths paths = { .tracks = run->tracks_path,
                              .asterix = run->asterix_path,
                              .archive = run->archive_path,
                              .sic = 1 };
    return ap_outputs_open(&run->outputs, command, &paths, &run->pipeline);
}

static int run_and_tell(demo_run *run)
{
    const ap_command *command = run->config.command;
    run->live = isatty(STDOUT_FILENO) == 1;
    if (run->live)
        fputs("\033[2J", stdout);
    int64_t cpu_ns = ap_clock_cpu_ns();
    run->wall_start_ns = ap_clock_monotonic_ns();
    int status = ap_pipeline_run(&run->pipeline);
    if (status && status != AP_EXIT_IO)
        ap_command_fail(command, status, "%s", run->pipeline.message);
    int commit_status = ap_outputs_commit(&run->outputs);
    if (status || commit_status)
        return status ? status : commit_status;
    ap_run_cost cost = { .wall_s = (double)(ap_clock_monotonic_ns() - run->wall_start_ns) / 1e9,
                         .cpu_s = (double)(ap_clock_cpu_ns() - cpu_ns) / 1e9,
                         .data_s = ap_seconds_between(run->first_utc, run->pipeline.engine.now) };
    ap_score_result result = ap_score_result_of(&run->score);
    fputc('\n', stdout);
    ap_summary_print(stdout, &run->pipeline, &cost);
    ap_demo_score_print(stdout, &result);
    fputc('\n', stdout);
    ap_outputs_tell(&run->outputs, stdout);
    ap_demo_files_tell(&run->files, stdout);
    if (!run->config.json_path)
        return AP_EXIT_OK;
    return ap_demo_score_write(command, run->config.json_path, &result);
}

int ap_demo_run(const ap_command *command, int argc, char **argv)
{
    demo_run *run = calloc(1, sizeof *run);
    if (!run)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    run->first_utc = AP_UTC_UNKNOWN;
    run->config = (demo_config){
        .command = command, .folder = "airpicture-demo", .speed = 10.0, .minutes = 10.0, .seed = 1
    };
    bool done;
    int operand;
    int status = ap_command_parse(command, argc, argv, take_option, &run->config, &operand, &done);
    if (!status && !done && operand != argc)
        status =
            ap_command_fail(command, AP_EXIT_USAGE, "'%s': the demo takes no input", argv[operand]);
    if (!status && !done) {
        status = start(run);
        if (!status)
            status = run_and_tell(run);
    }
    ap_outputs_close(&run->outputs);
    ap_pipeline_close(&run->pipeline);
    ap_demo_files_close(&run->files);
    free(run->score_mem);
    free(run->tracks);
    free(run->truths);
    free(run);
    return status;
}

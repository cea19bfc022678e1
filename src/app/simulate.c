/* `airpicture simulate`: a scenario to what its sensors send, and the truth beside it. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/paths.h"
#include "app/progress.h"
#include "app/scenario_file.h"
#include "app/scenario_keys.h"
#include "app/simulate_files.h"
#include "app/simulate_live.h"
#include "io/clock.h"
#include "io/interrupt.h"

enum {
    OPTION_OUTPUT,
    OPTION_SEED,
    OPTION_DURATION,
    OPTION_LIVE,
    OPTION_SPEED,
    OPTION_TO,
    OPTION_QUIET,
    OPTION_KEYS
};

const ap_option ap_simulate_options[] = {
    [OPTION_OUTPUT] = { 'o', "output", "DIR",
                        "Where the files go; created where it is missing. Needed without --live." },
    [OPTION_SEED] = { 0, "seed", "N", "Another draw than the scenario's own seed makes." },
    [OPTION_DURATION] = { 'd', "duration", "S",
                          "Ends after S seconds of the scenario; they are the same as those of the "
                          "whole run." },
    [OPTION_LIVE] = { 0, "live", NULL,
                      "Sends as it goes: ASTERIX by UDP to the sensors' ports, Beast to who "
                      "connects to their TCP ports on this machine." },
    [OPTION_SPEED] = { 'x', "speed", "X",
                       "With --live: times real time, 1 by default; 0 as fast as it goes." },
    [OPTION_TO] = { 0, "to", "HOST",
                    "With --live: where the datagrams go, a host or a multicast group; default "
                    "127.0.0.1." },
    [OPTION_QUIET] = { 'q', "quiet", NULL, "No progress line and no summary." },
    [OPTION_KEYS] = { 0, "keys", NULL, "Print the keys of a scenario as Markdown, and end." },
    { .name = NULL },
};

typedef struct simulate_config {
    const ap_command *command;
    const char *scenario_path, *folder, *host;
    double speed, duration_s;
    uint64_t seed;
    bool has_seed, has_duration, has_speed, live, quiet, keys;
} simulate_config;

typedef struct simulate_run {
    simulate_config config;
    char shown_path[512]; /* of the scenario */
    ap_scenario_file scenario;
    void *mem;
    ap_simulate sim;
    ap_simulate_files files;
    ap_simulate_live live;
    ap_simulate_sent *sent; /* [sensor_count] */
    double run_s, wall_s;
    bool interrupted;
} simulate_run;

static int take_number(const simulate_config *config, const char *name, const char *value,
                       double low, double high, double *number)
{
    if (ap_parse_number(value, low, high, number))
        return AP_EXIT_OK;
    return ap_command_fail(config->command, AP_EXIT_USAGE, "--%s %s: expected %.10g to %.10g", name,
                           value, low, high);
}

static int take_seed(simulate_config *config, const char *value)
{
    double seed;
    if (take_number(config, "seed", value, 0.0, 1e15, &seed))
        return AP_EXIT_USAGE;
    if (seed != floor(seed))
        return ap_command_fail(config->command, AP_EXIT_USAGE, "--seed %s: expected a whole number",
                               value);
    config->seed = (uint64_t)seed;
    config->has_seed = true;
    return AP_EXIT_OK;
}

static int take_option(void *context, size_t option, const char *value)
{
    simulate_config *config = context;
    switch (option) {
    case OPTION_OUTPUT:
        config->folder = value;
        break;
    case OPTION_SEED:
        return take_seed(config, value);
    case OPTION_DURATION:
        config->has_duration = true;
        return take_number(config, "duration", value, 1.0, 86400.0, &config->duration_s);
    case OPTION_SPEED:
        config->has_speed = true;
        return take_number(config, "speed", value, 0.0, 1e6, &config->speed);
    case OPTION_TO:
        config->host = value;
        break;
    case OPTION_LIVE:
        config->live = true;
        break;
    case OPTION_QUIET:
        config->quiet = true;
        break;
    case OPTION_KEYS:
        config->keys = true;
        break;
    default:
        break;
    }
    return AP_EXIT_OK;
}

static int check_config(simulate_config *config, int operand_count, char **operands)
{
    const ap_command *command = config->command;
    if (operand_count == 0)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "no scenario; name its file, doc/scenarios.md tells of it");
    if (operand_count > 1)
        return ap_command_fail(command, AP_EXIT_USAGE, "'%s': one scenario at a time", operands[1]);
    if (!config->folder && !config->live)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "no output; name a folder with -o, or send with --live");
    if (!config->live && (config->has_speed || config->host))
        return ap_command_fail(command, AP_EXIT_USAGE, "--%s without --live; expected both",
                               config->has_speed ? "speed" : "to");
    config->scenario_path = operands[0];
    return AP_EXIT_OK;
}

static void tell_error(void *context, const ap_yaml_error *error)
{
    const simulate_run *run = context;
    if (error->line > 0)
        fprintf(stderr, "%s:%d:%d: %s\n", run->shown_path, error->line, error->column, error->text);
    else
        ap_command_fail(run->config.command, AP_EXIT_NO_INPUT, "%s: %s", run->shown_path,
                        error->text);
}

static int read_scenario(simulate_run *run)
{
    const ap_command *command = run->config.command;
    ap_path_text(run->config.scenario_path, run->shown_path, sizeof run->shown_path);
    switch (ap_scenario_file_load(&run->scenario, run->config.scenario_path, tell_error, run)) {
    case AP_OK:
        break;
    case AP_ERR_NO_INPUT:
        return AP_EXIT_NO_INPUT;
    case AP_ERR_MEMORY:
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    default:
        return ap_command_fail(command, AP_EXIT_CONFIG, "the scenario '%s' is refused",
                               run->shown_path);
    }
    ap_scenario *scenario = &run->scenario.scenario;
    if (run->config.has_seed)
        scenario->seed = run->config.seed;
    if (!run->config.has_duration)
        run->config.duration_s = scenario->duration_s;
    if (run->config.duration_s > scenario->duration_s)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "--duration %.10g: '%s' lasts %.10g s; expected at most that",
                               run->config.duration_s, run->shown_path, scenario->duration_s);
    return AP_EXIT_OK;
}

static int start_simulator(simulate_run *run)
{
    const ap_command *command = run->config.command;
    const ap_scenario *scenario = &run->scenario.scenario;
    char why[AP_SIMULATE_WHY_SIZE];
    if (!ap_simulate_check(scenario, why, sizeof why))
        return ap_command_fail(command, AP_EXIT_CONFIG, "'%s': %s", run->shown_path, why);
    size_t size = ap_simulate_size(scenario);
    run->mem = malloc(size);
    run->sent = calloc(scenario->sensor_count, sizeof *run->sent);
    if (!run->mem || !run->sent)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    if (ap_simulate_init(&run->sim, scenario, run->mem, size))
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "the simulator does not start");
    return AP_EXIT_OK;
}

static int start(simulate_run *run)
{
    int status = read_scenario(run);
    if (!status)
        status = start_simulator(run);
    if (!status && run->config.folder)
        status = ap_simulate_files_open(&run->files, run->config.command, run->config.folder,
                                        run->config.scenario_path, &run->scenario, &run->sim);
    if (!status && run->config.live)
        status = ap_simulate_live_open(&run->live, run->config.command, &run->scenario.scenario,
                                       run->config.host ? run->config.host : "127.0.0.1",
                                       run->config.speed);
    return status;
}

static bool take_packet(simulate_run *run, const ap_packet *packet)
{
    run->sent[packet->sensor].packet_count++;
    run->sent[packet->sensor].byte_count += packet->size;
    if (run->config.live)
        ap_simulate_live_packet(&run->live, packet);
    return !run->config.folder || (ap_simulate_files_truth(&run->files, &run->sim, packet->utc) &&
                                   ap_simulate_files_packet(&run->files, packet));
}

/* Every packet, and the truth; ends early by an interruption or a failed write, which commit
 * tells. */
static void run_all(simulate_run *run)
{
    ap_progress progress;
    ap_packet packet;
    ap_utc_ns start_utc = ap_simulate_start_utc(&run->sim), now = start_utc;
    ap_utc_ns end_utc = ap_utc_add_s(start_utc, run->config.duration_s);
    bool good = true;
    int64_t wall_ns = ap_clock_monotonic_ns();
    ap_progress_start(&progress, run->config.quiet);
    while (good && !ap_interrupted() && ap_simulate_next(&run->sim, &packet) == AP_OK &&
           packet.utc <= end_utc &&
           (!run->config.live || ap_simulate_live_wait(&run->live, &packet))) {
        now = packet.utc;
        good = take_packet(run, &packet);
        if (ap_progress_is_due(&progress, now))
            ap_progress_draw(&progress, ap_seconds_between(start_utc, now) / run->config.duration_s,
                             now);
    }
    run->interrupted = ap_interrupted();
    if (good && !run->interrupted) {
        now = end_utc;
        if (run->config.folder)
            (void)ap_simulate_files_truth(&run->files, &run->sim, end_utc); /* commit tells */
    }
    ap_progress_end(&progress);
    run->run_s = ap_seconds_between(start_utc, now);
    run->wall_s = (double)(ap_clock_monotonic_ns() - wall_ns) / 1e9;
}

static void tell(const simulate_run *run)
{
    const ap_scenario *scenario = &run->scenario.scenario;
    printf("%s, seed %" PRIu64 ": %.0f s%s, %u flights, %.0f times real time\n", scenario->name,
           scenario->seed, run->run_s, run->interrupted ? " (interrupted)" : "",
           ap_simulate_flight_count(&run->sim), run->wall_s > 0.0 ? run->run_s / run->wall_s : 0.0);
    printf("  %-31s %10s %12s %9s\n", "sensor", "packets", "bytes", "lost");
    for (uint32_t i = 0; i < scenario->sensor_count; i++) {
        const ap_line_counts *line = ap_simulate_line_counts(&run->sim, i);
        printf("  %-31s %10" PRIu64 " %12" PRIu64 " %9" PRIu64 "\n", scenario->sensors[i].told.name,
               run->sent[i].packet_count, run->sent[i].byte_count,
               line->outage_count + line->lost_count + line->full_count);
    }
    if (ap_simulate_lost_count(&run->sim) > 0)
        printf("  not sent for lack of room: %" PRIu64 "\n", ap_simulate_lost_count(&run->sim));
    if (run->config.live)
        ap_simulate_live_tell(&run->live, stdout);
    if (run->config.folder)
        printf("to run against it:\n  airpicture replay -c %s/sensors.yaml %s/merged.pcap "
               "--tracks tracks.jsonl\n",
               run->config.folder, run->config.folder);
}

static int simulate(simulate_run *run)
{
    int status = start(run);
    if (status)
        return status;
    run_all(run);
    ap_simulate_about about = { .file = &run->scenario,
                                .sim = &run->sim,
                                .scenario_path = run->config.scenario_path,
                                .run_s = run->run_s,
                                .interrupted = run->interrupted,
                                .sent = run->sent,
                                .unsent_count = ap_simulate_lost_count(&run->sim) };
    if (run->config.folder)
        status = ap_simulate_files_commit(&run->files, &run->sim, &about);
    if (!status && !run->config.quiet)
        tell(run);
    return status;
}

int ap_simulate_run(const ap_command *command, int argc, char **argv)
{
    simulate_run *run = calloc(1, sizeof *run);
    if (!run)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    run->config = (simulate_config){ .command = command, .speed = 1.0 };
    bool done;
    int operand;
    int status = ap_command_parse(command, argc, argv, take_option, &run->config, &operand, &done);
    if (!status && !done && run->config.keys) {
        ap_scenario_keys_print(stdout);
        done = true;
    }
    if (!status && !done)
        status = check_config(&run->config, argc - operand, argv + operand);
    if (!status && !done)
        status = simulate(run);
    ap_simulate_live_close(&run->live);
    ap_simulate_files_close(&run->files);
    ap_scenario_file_close(&run->scenario);
    free(run->mem);
    free(run->sent);
    free(run);
    return status;
}

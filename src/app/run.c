/* `airpicture run`: the service. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/demo_files.h"
#include "app/input_options.h"
#include "app/run_config.h"
#include "app/run_engine.h"
#include "app/run_web.h"
#include "io/clock.h"
#include "io/live_clock.h"
#include "io/live_in.h"
#include "io/log.h"
#include "io/loop.h"

#define TICK_MS 1000
#define FIGURES_MS 60000
#define DEMO_MINUTES 60.0

enum { OPTION_REPLAY, OPTION_SPEED, OPTION_START, OPTION_SENSORS, OPTION_PORT, OPTION_LOG };

const ap_option ap_run_options[] = {
    [OPTION_REPLAY] = { 'r', "replay", "FILE",
                        "Serves a recording as if it came in now; may be given several times." },
    [OPTION_SPEED] = { 0, "speed", "X",
                       "How much faster than it was recorded; default 1, 0 for as fast as it "
                       "goes." },
    [OPTION_START] = { 's', "start", "TIME",
                       "Day of recordings that hold times of day only, as for replay." },
    [OPTION_SENSORS] = { 'c', "sensors", "FILE",
                         "Sensors file of a recording: where each radar stands." },
    [OPTION_PORT] = { 0, "port", "N",
                      "Port of the page, in place of the configuration's or of 8080; 0 for one "
                      "that is free." },
    [OPTION_LOG] = { 0, "log", "LEVEL",
                     "What is logged: error, warning, notice, info (default) or debug." },
    { .name = NULL },
};

typedef struct service {
    const ap_command *command;
    const char *config_path; /* NULL: none */
    ap_run_config config;
    const char *replay_paths[AP_INPUT_CAP];
    size_t replay_count;
    double speed;
    double port; /* negative: as configured */
    ap_utc_ns start_utc;
    ap_log_level log_level;
    ap_log log;
    ap_loop loop;
    ap_waker changed;
    ap_live_clock clock;
    ap_live_in inputs;
    ap_run_engine engine;
    ap_run_web web;
    int64_t utc_ahead_ns;
    bool is_reloading, is_ending;
    ap_demo_files demo;
    char demo_folder[64]; /* "": there is no demo */
} service;

/* --- options --- */

static int take_replay(service *run, const char *path)
{
    if (run->replay_count == AP_INPUT_CAP)
        return ap_command_fail(run->command, AP_EXIT_USAGE, "more than %u recordings",
                               AP_INPUT_CAP);
    run->replay_paths[run->replay_count++] = path;
    return AP_EXIT_OK;
}

static int take_option(void *context, size_t option, const char *value)
{
    service *run = context;
    switch (option) {
    case OPTION_REPLAY:
        return take_replay(run, value);
    case OPTION_SPEED:
        if (!ap_parse_number(value, 0.0, 1e6, &run->speed))
            return ap_command_fail(run->command, AP_EXIT_USAGE,
                                   "--speed %s is no speed; expected 0 to 1000000", value);
        return AP_EXIT_OK;
    case OPTION_START:
        return ap_take_time(run->command, "start", value, &run->start_utc);
    case OPTION_SENSORS:
        snprintf(run->config.sensors, sizeof run->config.sensors, "%s", value);
        return AP_EXIT_OK;
    case OPTION_PORT:
        if (!ap_parse_number(value, 0, 65535, &run->port) || run->port != (uint16_t)run->port)
            return ap_command_fail(run->command, AP_EXIT_USAGE,
                                   "--port %s is no port; expected 0 to 65535", value);
        return AP_EXIT_OK;
    default:
        run->log_level = ap_log_level_of(value);
        if (run->log_level == AP_LOG_LEVEL_COUNT)
            return ap_command_fail(run->command, AP_EXIT_USAGE,
                                   "--log %s is no level; expected error, warning, notice, info or "
                                   "debug",
                                   value);
        return AP_EXIT_OK;
    }
}

/* --- inputs, in the loop's thread --- */

static uint32_t last_four(const uint8_t peer[16])
{
    return (uint32_t)peer[12] << 24 | (uint32_t)peer[13] << 16 | (uint32_t)peer[14] << 8 | peer[15];
}

static void on_chunk(void *context, const ap_live_chunk *from)
{
    static const ap_chunk_kind kinds[] = { [AP_LIVE_DATAGRAM] = AP_CHUNK_DATAGRAM,
                                           [AP_LIVE_STREAM_BEGIN] = AP_CHUNK_BEGIN,
                                           [AP_LIVE_STREAM_DATA] = AP_CHUNK_DATA,
                                           [AP_LIVE_STREAM_END] = AP_CHUNK_END };
    service *run = context;
    const ap_chunk chunk = { .kind = kinds[from->kind],
                             .input = (uint16_t)from->input,
                             .stream = from->stream,
                             .receive_utc = from->receive_utc,
                             .route = { .source_ip = last_four(from->peer),
                                        .source_port = from->peer_port,
                                        .destination_ip = 0x7F000001,
                                        .destination_port = run->config.inputs[from->input].port },
                             .data = from->data,
                             .size = from->size };
    ap_run_engine_put(&run->engine, &chunk);
    ap_run_engine_publish(&run->engine, run->utc_ahead_ns);
}

/* Time passes for the engine, whether anything is received or not. */
static void on_tick(void *context)
{
    service *run = context;
    run->utc_ahead_ns = ap_live_clock_now(&run->clock) - ap_clock_monotonic_ns();
    const ap_chunk tick = { .kind = AP_CHUNK_TICK,
                            .receive_utc = ap_live_clock_stamp(&run->clock) };
    ap_run_engine_put(&run->engine, &tick);
    ap_run_engine_publish(&run->engine, run->utc_ahead_ns);
}

static int open_inputs(service *run)
{
    char message[AP_IO_MESSAGE_SIZE];
    ap_live_clock_init(&run->clock, NULL, ap_run_engine_restored(&run->engine));
    if (ap_live_in_open(&run->inputs, &run->loop, &run->clock, on_chunk, run, message))
        return ap_command_fail(run->command, AP_EXIT_SOFTWARE, "%s", message);
    for (uint32_t i = 0; i < run->config.input_count; i++) {
        const ap_run_input *from = &run->config.inputs[i];
        const ap_live_config config = ap_run_live_config(from);
        if (ap_live_in_add(&run->inputs, i, &config, message))
            return ap_command_fail(run->command, AP_EXIT_CONFIG, "input '%s': %s", from->name,
                                   message);
    }
    on_tick(run);
    ap_err err = ap_loop_every(&run->loop, TICK_MS, on_tick, run);
    return err ? ap_command_fail(run->command, AP_EXIT_SOFTWARE, "memory is exhausted")
               : AP_EXIT_OK;
}

/* --- the loop --- */

static void on_end(void *context)
{
    service *run = context;
    ap_log_write(&run->log, AP_LOG_NOTICE, "ends, on a signal");
    run->is_reloading = false;
    run->is_ending = true;
    ap_loop_stop(&run->loop);
}

/* A configuration is taken whole or not at all. */
static void on_reload(void *context)
{
    service *run = context;
    ap_run_config config;
    if (run->is_ending)
        return;
    if (!run->config_path) {
        ap_log_write(&run->log, AP_LOG_WARNING, "no configuration to read again");
        return;
    }
    int status = ap_run_config_read(run->config_path, &config);
    if (!status)
        status = ap_run_config_check(run->command, &config);
    ap_run_config_close(&config); /* it is read again when everything is closed */
    if (status) {
        ap_log_write(&run->log, AP_LOG_ERROR, "'%s' is refused; goes on with the old one",
                     run->config_path);
        return;
    }
    ap_log_write(&run->log, AP_LOG_NOTICE, "begins anew with '%s'", run->config_path);
    run->is_reloading = true;
    ap_loop_stop(&run->loop);
}

static void on_changed(void *context)
{
    service *run = context;
    if (run->replay_count > 0 && ap_run_engine_has_ended(&run->engine))
        ap_loop_stop(&run->loop);
}

static void on_figures(void *context)
{
    service *run = context;
    (void)ap_run_engine_lock(&run->engine);
    ap_run_figures figures = ap_run_engine_figures(&run->engine);
    ap_run_engine_unlock(&run->engine);
    ap_log_write(&run->log, AP_LOG_INFO, "%" PRIu32 " tracks, %" PRIu64 " reports so far",
                 figures.tracker.confirmed_alive_count, figures.report_count);
}

static int open_loop(service *run)
{
    char message[AP_IO_MESSAGE_SIZE];
    if (ap_loop_open(&run->loop, message))
        return ap_command_fail(run->command, AP_EXIT_SOFTWARE, "%s", message);
    if (ap_waker_open(&run->changed, &run->loop, on_changed, run) ||
        ap_loop_on_signal(&run->loop, SIGINT, on_end, run) ||
        ap_loop_on_signal(&run->loop, SIGTERM, on_end, run) ||
        ap_loop_on_signal(&run->loop, SIGHUP, on_reload, run) ||
        ap_loop_every(&run->loop, FIGURES_MS, on_figures, run))
        return ap_command_fail(run->command, AP_EXIT_SOFTWARE, "the event loop does not start");
    return AP_EXIT_OK;
}

static int open_engine(service *run)
{
    const ap_run_engine_config config = { .command = run->command,
                                          .config = &run->config,
                                          .replay_paths = run->replay_paths,
                                          .replay_count = run->replay_count,
                                          .replay_speed = run->speed,
                                          .replay_start = run->start_utc,
                                          .log = &run->log,
                                          .changed = &run->changed };
    return ap_run_engine_open(&run->engine, &config);
}

static int open_web(service *run)
{
    const ap_run_web_config config = { .command = run->command,
                                       .config = &run->config,
                                       .loop = &run->loop,
                                       .log = &run->log,
                                       .engine = &run->engine,
                                       .inputs = run->replay_count > 0 ? NULL : &run->inputs,
                                       .started_utc = ap_clock_wall() };
    return ap_run_web_open(&run->web, &config);
}

static void tell_serves(const service *run)
{
    uint16_t port = ap_run_web_port(&run->web);
    if (port)
        ap_log_write(&run->log, AP_LOG_NOTICE, "serves at %s://%s:%u",
                     *run->config.http.certificate ? "https" : "http", run->config.http.address,
                     port);
    else
        ap_log_write(&run->log, AP_LOG_NOTICE, "serves");
}

/* Until the end, or until it is to begin anew. */
static int serve(service *run)
{
    run->is_reloading = false;
    if (run->port >= 0.0)
        run->config.http.port = (uint16_t)run->port;
    int status = open_loop(run);
    if (!status)
        status = open_engine(run);
    if (!status && run->replay_count == 0)
        status = open_inputs(run);
    if (!status)
        status = open_web(run);
    if (!status && !ap_run_engine_start(&run->engine))
        status = ap_command_fail(run->command, AP_EXIT_SOFTWARE, "there can be no more threads");
    if (!status) {
        tell_serves(run);
        ap_loop_run(&run->loop);
    }
    ap_run_web_close(&run->web);
    ap_live_in_close(&run->inputs);
    int ended = ap_run_engine_close(&run->engine);
    ap_waker_close(&run->changed);
    ap_loop_close(&run->loop);
    return status ? status : ended;
}

/* --- the command --- */

/* Without a configuration and a recording: simulated traffic, so that there is something to see. */
static int open_demo(service *run)
{
    snprintf(run->demo_folder, sizeof run->demo_folder, "/tmp/airpicture-run-XXXXXX");
    if (!mkdtemp(run->demo_folder)) {
        run->demo_folder[0] = '\0';
        return ap_command_fail(run->command, AP_EXIT_NO_OUTPUT,
                               "no folder in /tmp for the simulated traffic; name a configuration "
                               "or a recording");
    }
    fputs("no configuration: simulated traffic of an hour\n", stderr);
    int status =
        ap_demo_files_write(&run->demo, run->command, run->demo_folder, 1, DEMO_MINUTES * 60.0);
    if (status)
        return status;
    for (size_t i = 0; i < AP_DEMO_INPUT_COUNT; i++)
        run->replay_paths[run->replay_count++] = run->demo.inputs[i];
    run->start_utc = run->demo.day_utc;
    snprintf(run->config.sensors, sizeof run->config.sensors, "%s", run->demo.sensors_path);
    return AP_EXIT_OK;
}

static void close_demo(service *run)
{
    if (!*run->demo_folder)
        return;
    const char *const paths[] = { run->demo.radars_path, run->demo.receiver_path,
                                  run->demo.sensors_path, run->demo.truth_path };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (*paths[i])
            (void)unlink(paths[i]);
    (void)rmdir(run->demo_folder);
    ap_demo_files_close(&run->demo);
}

static int serve_config(service *run)
{
    int status;
    do {
        status = ap_run_config_read(run->config_path, &run->config);
        if (!status)
            status = serve(run);
        ap_run_config_close(&run->config);
    } while (!status && run->is_reloading);
    return status;
}

static int run_service(service *run)
{
    if (!ap_log_open(&run->log, STDERR_FILENO, run->log_level, ap_log_is_journald()))
        return ap_command_fail(run->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    int status;
    if (run->config_path) {
        status = serve_config(run);
    } else {
        status = run->replay_count > 0 ? AP_EXIT_OK : open_demo(run);
        if (!status)
            status = serve(run);
        close_demo(run);
    }
    ap_log_close(&run->log);
    return status;
}

static int check_operands(const service *run, int argc, char **argv, int operand)
{
    if (argc - operand > 1)
        return ap_command_fail(run->command, AP_EXIT_USAGE, "'%s' is one file too many",
                               argv[operand + 1]);
    if (operand < argc && run->replay_count > 0)
        return ap_command_fail(run->command, AP_EXIT_USAGE,
                               "a configuration and a recording; expected one of the two");
    bool of_recording = run->start_utc != 0 || run->speed != 1.0 || *run->config.sensors;
    if (operand < argc && of_recording)
        return ap_command_fail(run->command, AP_EXIT_USAGE,
                               "--sensors, --start and --speed are for recordings; a configuration "
                               "names its sensors file");
    return AP_EXIT_OK;
}

int ap_run_run(const ap_command *command, int argc, char **argv)
{
    service *run = calloc(1, sizeof *run);
    if (!run)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    run->command = command;
    run->speed = 1.0;
    run->port = -1.0;
    run->log_level = AP_LOG_INFO;
    ap_run_config_init(&run->config);
    bool done;
    int operand;
    int status = ap_command_parse(command, argc, argv, take_option, run, &operand, &done);
    if (!status && !done)
        status = check_operands(run, argc, argv, operand);
    if (!status && !done) {
        run->config_path = operand < argc ? argv[operand] : NULL;
        status = run_service(run);
    }
    free(run);
    return status;
}

/* `airpicture run`: the service. */
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/demo_files.h"
#include "app/input_options.h"
#include "app/run_config.h"
#include "app/run_engine.h"
#include "app/run_gauges.h"
#include "app/run_tell.h"
#include "app/run_web.h"
#include "io/clock.h"
#include "io/live_clock.h"
#include "io/live_in.h"
#include "io/log.h"
#include "io/loop.h"
#include "io/browser.h"
#include "io/notify.h"
#include "io/socket.h"

#define FIGURES_MS 60000
#define WATCHDOG_SHARE 4     /* it is fed so often in its time ... */
#define WATCHDOG_MIN_MS 60   /* ... but not before the engine can have gone on */
#define DRAIN_NS AP_NS_PER_S /* for clients, at the end */
#define DRAIN_LOOK_MS 20
#define DEMO_MINUTES 60.0
#define SERVES_AT "serves at "

enum {
    OPTION_REPLAY,
    OPTION_SPEED,
    OPTION_START,
    OPTION_SENSORS,
    OPTION_AT_END,
    OPTION_PORT,
    OPTION_OPEN,
    OPTION_LOG,
    OPTION_LOG_JSON
};

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
    [OPTION_AT_END] = { 0, "at-end", "WHAT",
                        "When the recording has ended: stay, and serve its last picture until "
                        "Ctrl-C, or end; by default it stays in a terminal." },
    [OPTION_PORT] = { 0, "port", "N",
                      "Port of the page, in place of the configuration's or of 8080; 0 for one "
                      "that is free." },
    [OPTION_OPEN] = { 0, "open", NULL, "Opens the page in a browser, where there is a desktop." },
    [OPTION_LOG] = { 0, "log", "LEVEL",
                     "What is logged: error, warning, notice, info (default) or debug." },
    [OPTION_LOG_JSON] = { 0, "log-json", NULL,
                          "Lines of the log are JSON: time, level, reason, message." },
    { .name = NULL },
};

typedef struct service {
    const ap_command *command;
    const char *config_path; /* NULL: none */
    ap_run_config config;
    ap_run_ways ways;        /* of its outputs */
    ap_run_config next;      /* after a reload; closed: none waits */
    ap_run_ways next_ways;   /* as far as they could be opened beside the old ones */
    ap_run_config last_good; /* that it goes back to when the next one does not start */
    bool has_next, has_last_good, is_up;
    const char *replay_paths[AP_INPUT_CAP];
    size_t replay_count;
    double speed;
    double port; /* negative: as configured */
    ap_utc_ns start_utc;
    const char *at_end; /* NULL: not said */
    ap_log_level log_level;
    bool log_json;
    ap_log log;
    ap_notify notify;
    uint64_t watched_beat;
    int64_t progress_ns; /* when the manager was last told of one */
    ap_loop loop;
    ap_waker changed;
    ap_live_clock clock;
    ap_live_in inputs;
    ap_run_engine engine;
    ap_run_gauges gauges;
    ap_run_tell tell;
    ap_run_web web;
    int64_t utc_ahead_ns;
    uint64_t clock_step_count; /* that were told */
    bool is_stopping;          /* the loop, for one of these or a replay's end */
    bool is_reloading, is_ending;
    int64_t drain_until_ns; /* at the end, clients are waited for */
    bool opens;             /* the page, in a browser */
    ap_demo_files demo;
    char demo_folder[128]; /* "": there is no demo */
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
    case OPTION_AT_END:
        run->at_end = value;
        if (strcmp(value, "stay") && strcmp(value, "end"))
            return ap_command_fail(run->command, AP_EXIT_USAGE, "--at-end %s; expected stay or end",
                                   value);
        return AP_EXIT_OK;
    case OPTION_OPEN:
        run->opens = true;
        return AP_EXIT_OK;
    case OPTION_LOG_JSON:
        run->log_json = true;
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

/* --- the service manager --- */

/* A watchdog is fed by this loop, and only while the engine's thread goes on too. */
static void on_watchdog(void *context)
{
    service *run = context;
    uint64_t beat = ap_run_engine_beat(&run->engine);
    if (beat != run->watched_beat)
        ap_notify_send(&run->notify, "WATCHDOG=1");
    run->watched_beat = beat;
}

/* What is restored may be long: signals are heard meanwhile. */
static bool on_progress(void *context)
{
    service *run = context;
    int64_t now_ns = ap_clock_monotonic_ns();
    ap_loop_turn(&run->loop);
    if (now_ns - run->progress_ns < AP_NS_PER_S)
        return !run->is_ending;
    run->progress_ns = now_ns;
    ap_notify_send(&run->notify, "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=30000000\nSTATUS=restores");
    return !run->is_ending;
}

static void tell_status(const service *run, const char *lines, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void tell_status(const service *run, const char *lines, const char *format, ...)
{
    char text[512];
    int size = snprintf(text, sizeof text, "%sSTATUS=", lines);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + size, sizeof text - (size_t)size, format, arguments);
    va_end(arguments);
    ap_notify_send(&run->notify, text);
}

static void tell_reload(const service *run)
{
    char text[96];
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=begins anew",
             ap_clock_monotonic_ns() / 1000);
    ap_notify_send(&run->notify, text);
}

static ap_err open_watchdog(service *run)
{
    int64_t period_ms = run->notify.watchdog_ns / (WATCHDOG_SHARE * AP_NS_PER_MS);
    if (run->notify.watchdog_ns == 0)
        return AP_OK;
    period_ms = period_ms < WATCHDOG_MIN_MS ? WATCHDOG_MIN_MS : period_ms;
    return ap_loop_every(&run->loop, (uint32_t)period_ms, on_watchdog, run);
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

/* The picture's time goes on as before; whoever compares it with the host's has to know. */
static void tell_clock_step(service *run)
{
    if (run->clock.step_count == run->clock_step_count)
        return;
    run->clock_step_count = run->clock.step_count;
    ap_log_write(
        &run->log, AP_LOG_WARNING,
        "the host's clock was set by %+.3f s; the picture's time goes on without that, and "
        "differs by %+.3f s until the service is started again",
        (double)run->clock.newest_step_ns / 1e9,
        (double)ap_live_clock_offset_ns(&run->clock) / 1e9);
}

/* Stamps never run back, so what an earlier run received when the host's clock was ahead decides,
 * and a further start changes nothing about that. */
static void tell_state_ahead(service *run)
{
    double ahead_s = -(double)ap_live_clock_offset_ns(&run->clock) / 1e9;
    run->clock_step_count = run->clock.step_count;
    if (run->clock_step_count > 0)
        ap_log_write(
            &run->log, AP_LOG_WARNING,
            "what was received before is %.3f s ahead of the host's clock; the picture's time goes "
            "on from there. If the host's clock was wrong then, end the service, move the folder "
            "'%s' away, and start it again",
            ahead_s, run->config.state.folder);
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
    tell_clock_step(run);
}

static int open_inputs(service *run)
{
    char message[AP_IO_MESSAGE_SIZE];
    ap_live_clock_init(&run->clock, NULL, ap_run_engine_restored(&run->engine));
    tell_state_ahead(run);
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
    ap_err err = ap_loop_every(&run->loop, ap_run_tick_ms(&run->config), on_tick, run);
    return err ? ap_command_fail(run->command, AP_EXIT_SOFTWARE, "memory is exhausted")
               : AP_EXIT_OK;
}

/* --- the loop: one for the whole life of the process, so that no signal comes while nobody listens
 * for it --- */

static void stop(service *run)
{
    run->is_stopping = true;
    ap_loop_stop(&run->loop);
}

static void on_drain(void *context)
{
    service *run = context;
    if (ap_run_web_is_left(&run->web) || ap_clock_monotonic_ns() >= run->drain_until_ns)
        stop(run);
}

/* Replies under way get some time, and the stream's clients a word, unless a second signal comes.
 */
static void on_end(void *context)
{
    service *run = context;
    bool may_drain = run->is_up && !run->is_stopping && !run->is_ending;
    ap_log_write(&run->log, AP_LOG_NOTICE, "ends, on a signal");
    run->is_ending = true;
    ap_notify_send(&run->notify, "STOPPING=1\nSTATUS=ends");
    run->drain_until_ns = ap_clock_monotonic_ns() + DRAIN_NS;
    if (may_drain)
        ap_run_web_drain(&run->web);
    if (!may_drain || ap_run_web_is_left(&run->web) ||
        ap_loop_every(&run->loop, DRAIN_LOOK_MS, on_drain, run))
        stop(run);
}

static void drop_next(service *run)
{
    if (run->has_next)
        ap_run_config_close(&run->next);
    ap_run_ways_close(&run->next_ways);
    run->has_next = false;
}

/* The configuration as it is now, with the sockets that it needs beside those that are open. */
static int read_next(service *run)
{
    drop_next(run); /* of another signal, just before */
    int status = ap_run_config_read(run->config_path, &run->next);
    run->has_next = true;
    if (!status)
        status = ap_run_config_check(run->command, &run->next);
    if (!status)
        status =
            ap_run_ways_open(&run->next_ways, run->command, &run->next, &run->loop, &run->ways);
    if (status)
        drop_next(run);
    return status;
}

/* A configuration is taken whole or not at all. */
static void on_reload(void *context)
{
    service *run = context;
    if (run->is_ending)
        return;
    if (!run->config_path || run->replay_count > 0) {
        ap_log_write(&run->log, AP_LOG_WARNING, "a recording is served: nothing is read again");
        return;
    }
    if (read_next(run)) {
        ap_log_write(&run->log, AP_LOG_ERROR, "'%s' is refused; goes on with the old one",
                     run->config_path);
        return;
    }
    ap_log_write(&run->log, AP_LOG_NOTICE, "begins anew with '%s'", run->config_path);
    run->is_reloading = true;
    tell_reload(run);
    stop(run);
}

static void on_changed(void *context)
{
    service *run = context;
    if (run->replay_count > 0 && ap_run_engine_has_ended(&run->engine))
        stop(run);
}

static void on_figures(void *context)
{
    service *run = context;
    (void)ap_run_engine_lock(&run->engine);
    ap_run_figures figures = ap_run_engine_figures(&run->engine);
    ap_run_engine_unlock(&run->engine);
    ap_log_write(&run->log, AP_LOG_INFO, "%" PRIu32 " tracks, %" PRIu64 " reports so far",
                 figures.tracker.confirmed_alive_count, figures.report_count);
    tell_status(run, "", "%" PRIu32 " tracks, %" PRIu64 " reports so far",
                figures.tracker.confirmed_alive_count, figures.report_count);
}

static int open_loop(service *run)
{
    char message[AP_IO_MESSAGE_SIZE];
    if (ap_loop_open(&run->loop, message))
        return ap_command_fail(run->command, AP_EXIT_SOFTWARE, "%s", message);
    if (ap_loop_on_signal(&run->loop, SIGINT, on_end, run) ||
        ap_loop_on_signal(&run->loop, SIGTERM, on_end, run) ||
        ap_loop_on_signal(&run->loop, SIGHUP, on_reload, run))
        return ap_command_fail(run->command, AP_EXIT_SOFTWARE, "the event loop does not start");
    return AP_EXIT_OK;
}

/* Without a terminal there may be nobody who would end it. */
static bool stays_at_end(const service *run)
{
    return run->at_end ? !strcmp(run->at_end, "stay") : isatty(STDERR_FILENO) == 1;
}

static int open_engine(service *run)
{
    const ap_run_engine_config config = { .command = run->command,
                                          .config = &run->config,
                                          .replay_paths = run->replay_paths,
                                          .replay_count = run->replay_count,
                                          .replay_speed = run->speed,
                                          .replay_start = run->start_utc,
                                          .is_simulated = *run->demo_folder != '\0',
                                          .stays_at_end = stays_at_end(run),
                                          .log = &run->log,
                                          .ways = &run->ways,
                                          .changed = &run->changed,
                                          .on_progress = on_progress,
                                          .context = run };
    if (ap_waker_open(&run->changed, &run->loop, on_changed, run))
        return ap_command_fail(run->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    return ap_run_engine_open(&run->engine, &config);
}

static void on_gauges(void *context)
{
    service *run = context;
    ap_run_gauges_take(&run->gauges);
    ap_run_tell_look(&run->tell, &run->gauges.figures);
}

static int open_gauges(service *run)
{
    const ap_run_gauges_config config = { .config = &run->config,
                                          .engine = &run->engine,
                                          .inputs = run->replay_count > 0 ? NULL : &run->inputs,
                                          .started_utc = ap_clock_wall() };
    return ap_run_gauges_open(&run->gauges, &config) ||
                   ap_run_tell_open(&run->tell, &run->log, &run->gauges.figures) ||
                   ap_loop_every(&run->loop, AP_RUN_GAUGES_MS, on_gauges, run)
               ? ap_command_fail(run->command, AP_EXIT_SOFTWARE, "memory is exhausted")
               : AP_EXIT_OK;
}

static ap_api_serves serves(const service *run)
{
    if (*run->demo_folder)
        return AP_API_SIMULATION;
    return run->replay_count > 0 ? AP_API_RECORDING : AP_API_LIVE;
}

static int open_web(service *run)
{
    const ap_run_web_config config = { .command = run->command,
                                       .config = &run->config,
                                       .loop = &run->loop,
                                       .log = &run->log,
                                       .engine = &run->engine,
                                       .clock = run->replay_count > 0 ? NULL : &run->clock,
                                       .serves = serves(run),
                                       .figures = &run->gauges.figures };
    return ap_run_web_open(&run->web, &config);
}

static void tell_serves(service *run)
{
    char where[AP_RUN_HOST_MAX + 32] = "serves";
    uint16_t port = ap_run_web_port(&run->web);
    if (port)
        snprintf(where, sizeof where, SERVES_AT "%s://%s:%u",
                 *run->config.http.certificate ? "https" : "http", run->config.http.address, port);
    ap_log_write_as(&run->log, AP_LOG_NOTICE, "serves", where);
    tell_status(run, "READY=1\n", "%s", where);
    if (port && run->opens)
        (void)ap_browser_open(where + strlen(SERVES_AT)); /* the log has said where */
    run->opens = false;                                   /* not again when it begins anew */
}

static int start(service *run)
{
    int status = open_engine(run);
    if (!status && run->replay_count == 0)
        status = open_inputs(run);
    if (!status)
        status = open_gauges(run);
    if (!status)
        status = open_web(run);
    if (!status && (ap_loop_every(&run->loop, FIGURES_MS, on_figures, run) || open_watchdog(run)))
        status = ap_command_fail(run->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    if (!status && !ap_run_engine_start(&run->engine))
        status = ap_command_fail(run->command, AP_EXIT_SOFTWARE, "there can be no more threads");
    return status;
}

/* Until the end, or until it is to begin anew. */
static int serve(service *run)
{
    if (run->port >= 0.0)
        run->config.http.port = (uint16_t)run->port;
    int status = start(run);
    run->is_up = !status;
    if (!status) {
        tell_serves(run);
        (void)ap_log_take_stderr(&run->log); /* a reload that has errors to tell waits for nobody */
    }
    while (!status && !run->is_stopping) /* a stop from before a reload may be under way still */
        ap_loop_run(&run->loop);
    ap_run_web_close(&run->web);
    ap_loop_cancel(&run->loop, on_gauges, run);
    ap_run_tell_close(&run->tell);
    ap_run_gauges_close(&run->gauges);
    ap_live_in_close(&run->inputs);
    ap_loop_cancel(&run->loop, on_tick, run);
    ap_loop_cancel(&run->loop, on_figures, run);
    ap_loop_cancel(&run->loop, on_watchdog, run);
    ap_loop_cancel(&run->loop, on_drain, run);
    int ended = ap_run_engine_close(&run->engine, !run->is_reloading || run->is_ending);
    ap_waker_close(&run->changed);
    if (run->is_ending && !run->is_up) /* before it was: as it was told to */
        return AP_EXIT_OK;
    return status ? status : ended;
}

/* --- the command --- */

/* Without a configuration and a recording: simulated traffic, so that there is something to see. */
static int open_demo(service *run)
{
    const char *parent = getenv("TMPDIR");
    if (!parent || !*parent)
        parent = "/tmp";
    size_t size = (size_t)snprintf(run->demo_folder, sizeof run->demo_folder,
                                   "%s/airpicture-run-XXXXXX", parent);
    if (size >= sizeof run->demo_folder || !mkdtemp(run->demo_folder)) {
        run->demo_folder[0] = '\0';
        return ap_command_fail(run->command, AP_EXIT_NO_OUTPUT,
                               "no folder in %s for the simulated traffic; name another as TMPDIR, "
                               "or a configuration or a recording",
                               parent);
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

/* --- reload --- */

static void keep_last_good(service *run)
{
    if (run->has_last_good)
        ap_run_config_close(&run->last_good);
    run->last_good = run->config;
    run->has_last_good = true;
}

/* The sockets that were opened for the configuration take the place of the old ones. */
static int follow(service *run)
{
    int status = ap_run_ways_follow(&run->next_ways, run->command, &run->loop, &run->ways);
    run->ways = run->next_ways;
    run->next_ways = (ap_run_ways){ .count = 0 };
    return status;
}

/* When everything is closed but the outputs' sockets. */
static int take_next(service *run)
{
    if (!run->has_next) /* a second signal found it wrong: on with the old one */
        return AP_EXIT_OK;
    keep_last_good(run);
    run->config = run->next;
    run->has_next = false;
    return follow(run);
}

/* What nobody could see before: a port of the page that is taken, a folder that cannot be written.
 */
static int go_back(service *run, int status)
{
    if (run->is_up || !run->has_last_good || run->is_ending)
        return status;
    ap_log_write(&run->log, AP_LOG_ERROR, "does not start with '%s'; goes on with the old one",
                 run->config_path);
    ap_run_config_close(&run->config);
    run->config = run->last_good;
    run->has_last_good = false;
    drop_next(run);
    status = ap_run_ways_open(&run->next_ways, run->command, &run->config, &run->loop, &run->ways);
    return status ? status : follow(run);
}

static int serve_config(service *run)
{
    int status = ap_run_config_read(run->config_path, &run->config);
    if (!status)
        status = ap_run_ways_open(&run->ways, run->command, &run->config, &run->loop, NULL);
    bool goes_on = !status;
    while (goes_on) {
        run->is_reloading = run->is_stopping = false;
        if (!status)
            status = serve(run);
        ap_loop_turn(&run->loop); /* a signal that came while it closed */
        goes_on = run->is_reloading && !run->is_ending;
        if (status) {
            status = go_back(run, status);
            goes_on = !status;
        } else if (goes_on) {
            run->is_up = false;
            status = take_next(run);
        }
    }
    drop_next(run);
    ap_run_ways_close(&run->ways);
    if (run->has_last_good)
        ap_run_config_close(&run->last_good);
    ap_run_config_close(&run->config);
    return status;
}

static int run_service(service *run)
{
    ap_log_form form = run->log_json          ? AP_LOG_JSON
                       : ap_log_is_journald() ? AP_LOG_JOURNALD
                                              : AP_LOG_TEXT;
    if (!ap_log_open(&run->log, STDERR_FILENO, run->log_level, form))
        return ap_command_fail(run->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    ap_notify_open(&run->notify);
    ap_socket_raise_fd_limit();
    int status = open_loop(run);
    if (!status && run->config_path) {
        status = serve_config(run);
    } else if (!status) {
        status = run->replay_count > 0 ? AP_EXIT_OK : open_demo(run);
        if (!status)
            status = serve(run);
        close_demo(run);
    }
    ap_loop_close(&run->loop);
    ap_notify_close(&run->notify);
    ap_log_close(&run->log);
    return status;
}

static int check_operands(const service *run, int argc, char **argv, int operand)
{
    if (argc - operand > 1)
        return ap_command_fail(run->command, AP_EXIT_USAGE, "'%s' is one file too many",
                               argv[operand + 1]);
    bool of_recording = run->start_utc != 0 || run->speed != 1.0 || run->at_end;
    if (operand < argc && ((of_recording && run->replay_count == 0) || *run->config.sensors))
        return ap_command_fail(run->command, AP_EXIT_USAGE,
                               "--sensors, --start, --speed and --at-end are for recordings; a "
                               "configuration names its sensors file");
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
    run->config.http.local_operates = true; /* of a configuration it has to be said */
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

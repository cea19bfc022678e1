#include "app/run_engine.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/run_archive.h"
#include "app/run_outputs.h"
#include "app/run_state.h"
#include "app/sensors.h"
#include "io/clock.h"
#include "io/memory.h"

#define BATCH 256                      /* chunks between two looks at who else wants in */
#define WAIT_NS (50 * AP_NS_PER_MS)    /* for chunks, so that a checkpoint comes in time */
#define REGION_SIZE ((size_t)64 << 30) /* addresses, not memory */
#define SHARE 4                        /* of the ring, that one input may fill */

struct ap_run_engine_state {
    ap_run_engine_config config;
    /* where the engine lives: of a replay in the pipeline, else in the region */
    ap_pipeline pipeline;
    ap_region region;
    ap_engine *engine;
    ap_live_engine *live;
    ap_live_source *sources;
    ap_run_outputs outputs;
    ap_run_archive archive;
    ap_run_archive_book *book; /* of the archive, in the region */
    ap_run_state_keeper keeper;
    int state_lock; /* of the folder; -1 */
    ap_chunk_ring ring;
    void *ring_mem;
    size_t ring_size;
    ap_recorder recorder;
    ap_run_figures figures;
    int status; /* of a replay */
    int64_t replay_begin_ns;
    ap_utc_ns replay_first_utc;
    /* threads */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* of the engine */
    atomic_int wanted;    /* who waits for it */
    pthread_mutex_t bell_mutex;
    pthread_cond_t bell;
    atomic_bool is_asleep, is_ending, has_ended, stays;
    _Atomic int64_t utc_ahead_ns;
    _Atomic uint64_t beat;
};

/* --- the lock --- */

/* Whoever waits gets in before the engine takes the lock again. */
static void let_others_in(struct ap_run_engine_state *state)
{
    pthread_mutex_unlock(&state->lock);
    while (atomic_load(&state->wanted) > 0)
        sched_yield();
    pthread_mutex_lock(&state->lock);
}

const ap_engine *ap_run_engine_lock(ap_run_engine *run)
{
    struct ap_run_engine_state *state = run->state;
    atomic_fetch_add(&state->wanted, 1);
    pthread_mutex_lock(&state->lock);
    atomic_fetch_sub(&state->wanted, 1);
    return state->engine;
}

void ap_run_engine_unlock(ap_run_engine *run)
{
    pthread_mutex_unlock(&run->state->lock);
}

/* --- sinks, in the engine thread --- */

static void on_track(void *context, const ap_track_event *event, const ap_track *track)
{
    struct ap_run_engine_state *state = context;
    state->figures.track_event_count++;
    ap_run_outputs_track(&state->outputs, event, track);
    ap_run_archive_track(&state->archive, state->engine->now, event, track);
}

static void on_alert(void *context, const ap_alert *alert)
{
    struct ap_run_engine_state *state = context;
    ap_run_archive_alert(&state->archive, state->engine->now, alert);
}

static void on_report(void *context, const ap_report *report)
{
    ap_run_outputs_report(&((struct ap_run_engine_state *)context)->outputs, report);
}

static void on_heard(void *context, const ap_sense_heard *heard)
{
    ap_run_outputs_heard(&((struct ap_run_engine_state *)context)->outputs, heard);
}

static void on_asterix(void *context, uint16_t input, ap_utc_ns receive_utc, const uint8_t *data,
                       size_t size)
{
    struct ap_run_engine_state *state = context;
    ap_run_outputs_asterix(&state->outputs, input, receive_utc, data, size);
}

/* What nobody takes is not told. */
static ap_engine_sinks sinks_for(struct ap_run_engine_state *state)
{
    const ap_run_config *config = state->config.config;
    bool has_frames = ap_run_outputs_have(config, AP_RUN_OUTPUT_BEAST) ||
                      ap_run_outputs_have(config, AP_RUN_OUTPUT_AVR);
    return (ap_engine_sinks){
        .context = state,
        .on_track = on_track,
        .on_alert = on_alert,
        .on_report = ap_run_outputs_have(config, AP_RUN_OUTPUT_CAT021) ? on_report : NULL,
        .on_heard = has_frames ? on_heard : NULL,
        .on_asterix = ap_run_outputs_have(config, AP_RUN_OUTPUT_FINAL) ? on_asterix : NULL
    };
}

static int on_time(void *context, ap_utc_ns now)
{
    struct ap_run_engine_state *state = context;
    ap_run_outputs_time(&state->outputs, now);
    ap_run_archive_time(&state->archive, now);
    return AP_EXIT_OK;
}

static void on_live_time(void *context, ap_utc_ns now)
{
    (void)on_time(context, now);
}

/* --- live --- */

static void note_latency(struct ap_run_engine_state *state, const ap_chunk *chunk)
{
    int64_t now =
        ap_clock_monotonic_ns() + atomic_load_explicit(&state->utc_ahead_ns, memory_order_relaxed);
    ap_latency_add(&state->figures.latency, (double)(now - chunk->receive_utc) / 1e9);
}

/* A batch of chunks, shorter where somebody waits for the lock; how many there were. */
static size_t work(struct ap_run_engine_state *state)
{
    ap_chunk chunk = { .kind = AP_CHUNK_TICK };
    size_t count = 0;
    bool is_begun =
        false; /* a beginning may have the time of what follows it: no checkpoint there */
    uint64_t waiting = ap_chunk_ring_waiting(&state->ring);
    if (waiting > state->figures.ring_peak_size)
        state->figures.ring_peak_size = waiting;
    for (; ap_chunk_ring_peek(&state->ring, &chunk); count++) {
        bool is_enough = count >= BATCH || (count > 0 && atomic_load(&state->wanted) > 0);
        if (is_enough && !is_begun)
            break;
        is_begun = chunk.kind == AP_CHUNK_BEGIN;
        ap_live_engine_chunk(state->live, &chunk);
        if (chunk.kind == AP_CHUNK_DATAGRAM || chunk.kind == AP_CHUNK_DATA)
            note_latency(state, &chunk);
        ap_run_state_took(&state->keeper, chunk.receive_utc);
        ap_chunk_ring_drop(&state->ring);
    }
    return count;
}

static void note_beat(struct ap_run_engine_state *state)
{
    atomic_fetch_add_explicit(&state->beat, 1, memory_order_relaxed);
}

/* Until there are chunks, or for a while. */
static void wait_for_chunks(struct ap_run_engine_state *state)
{
    int64_t until_ns = ap_clock_monotonic_ns() + WAIT_NS;
    pthread_mutex_lock(&state->bell_mutex);
    atomic_store(&state->is_asleep, true);
    if (ap_chunk_ring_waiting(&state->ring) == 0 && !atomic_load(&state->is_ending))
        (void)ap_bell_wait(&state->bell, &state->bell_mutex, until_ns);
    atomic_store(&state->is_asleep, false);
    pthread_mutex_unlock(&state->bell_mutex);
}

static void *run_live(void *context)
{
    struct ap_run_engine_state *state = context;
    ap_threads_name("engine");
    pthread_mutex_lock(&state->lock);
    for (;;) {
        bool is_ending = atomic_load(&state->is_ending);
        note_beat(state);
        size_t count = work(state);
        if (count < BATCH)
            ap_live_engine_settle(state->live);
        ap_run_outputs_flush(&state->outputs);
        ap_run_state_keep(&state->keeper, count == 0);
        if (count == 0 && is_ending)
            break;
        let_others_in(state);
        if (count > 0)
            ap_waker_wake(state->config.changed);
        if (count > 0)
            continue;
        pthread_mutex_unlock(&state->lock);
        wait_for_chunks(state);
        pthread_mutex_lock(&state->lock);
    }
    ap_run_state_wait(&state->keeper); /* its process would end with this thread */
    pthread_mutex_unlock(&state->lock);
    atomic_store(&state->has_ended, true);
    return NULL;
}

void ap_run_engine_put(ap_run_engine *run, const ap_chunk *chunk)
{
    (void)ap_chunk_ring_put(&run->state->ring, chunk); /* which counts what it refuses */
}

void ap_run_engine_publish(ap_run_engine *run, int64_t utc_ahead_ns)
{
    struct ap_run_engine_state *state = run->state;
    atomic_store_explicit(&state->utc_ahead_ns, utc_ahead_ns, memory_order_relaxed);
    ap_chunk_ring_publish(&state->ring);
    if (!atomic_load(&state->is_asleep))
        return;
    pthread_mutex_lock(&state->bell_mutex);
    pthread_cond_signal(&state->bell);
    pthread_mutex_unlock(&state->bell_mutex);
}

static ap_utc_ns acknowledge_at_once(ap_run_engine *run, uint32_t alert_id, const char *by)
{
    ap_engine *engine = run->state->engine;
    (void)ap_run_engine_lock(run);
    ap_utc_ns utc = engine->now;
    if (utc != AP_UTC_UNKNOWN)
        (void)ap_engine_acknowledge(engine, utc, alert_id, by);
    ap_run_engine_unlock(run);
    return utc;
}

ap_utc_ns ap_run_engine_acknowledge(ap_run_engine *run, ap_utc_ns utc, uint32_t alert_id,
                                    const char *by)
{
    struct ap_run_engine_state *state = run->state;
    if (state->config.replay_count > 0)
        return acknowledge_at_once(run, alert_id, by);
    uint8_t octets[AP_ACKNOWLEDGEMENT_SIZE_MAX];
    ap_writer writer = ap_writer_of(octets, sizeof octets);
    ap_acknowledgement said = { .alert_id = alert_id };
    snprintf(said.by, sizeof said.by, "%s", by);
    if (ap_acknowledgement_put(&writer, &said))
        return AP_UTC_UNKNOWN;
    const ap_chunk chunk = {
        .kind = AP_CHUNK_ACKNOWLEDGE, .receive_utc = utc, .data = octets, .size = writer.size
    };
    if (ap_chunk_ring_put(&state->ring, &chunk))
        return AP_UTC_UNKNOWN;
    ap_run_engine_publish(run, atomic_load(&state->utc_ahead_ns));
    return utc;
}

/* --- replay --- */

/* Sleeps until a moment of the recording is due, the lock free meanwhile. */
static int keep_pace(void *context, ap_utc_ns now)
{
    struct ap_run_engine_state *state = context;
    (void)on_time(state, now);
    note_beat(state);
    ap_run_outputs_flush(&state->outputs);
    if (state->replay_first_utc == AP_UTC_UNKNOWN) {
        state->replay_first_utc = now;
        state->replay_begin_ns = ap_clock_monotonic_ns();
    }
    double speed = state->config.replay_speed;
    int64_t due_ns = state->replay_begin_ns;
    if (speed > 0.0)
        due_ns += (int64_t)((double)(now - state->replay_first_utc) / speed);
    int64_t ahead_ns = speed > 0.0 ? due_ns - ap_clock_monotonic_ns() : 0;
    if (ahead_ns > AP_NS_PER_MS || atomic_load(&state->wanted) > 0) {
        ap_waker_wake(state->config.changed);
        pthread_mutex_unlock(&state->lock);
        while (ahead_ns > 0 && !atomic_load(&state->is_ending)) {
            ap_clock_sleep_ns(ahead_ns < WAIT_NS ? ahead_ns : WAIT_NS);
            note_beat(state);
            ahead_ns = due_ns - ap_clock_monotonic_ns();
        }
        while (atomic_load(&state->wanted) > 0)
            sched_yield();
        pthread_mutex_lock(&state->lock);
    }
    /* An end that is asked for is no failure of the replay: see ap_run_engine_close. */
    return atomic_load(&state->is_ending) ? AP_EXIT_NOT_MET : AP_EXIT_OK;
}

/* The lock is free while the input has nothing; a replay that is to end waits for it no longer. */
static bool wait_for_input(void *context, const ap_input *input)
{
    struct ap_run_engine_state *state = context;
    bool is_ready = ap_input_is_ready(input, 0);
    if (is_ready)
        return !atomic_load(&state->is_ending);
    ap_waker_wake(state->config.changed);
    pthread_mutex_unlock(&state->lock);
    while (!is_ready && !atomic_load(&state->is_ending)) {
        note_beat(state);
        is_ready = ap_input_is_ready(input, WAIT_NS);
    }
    while (atomic_load(&state->wanted) > 0)
        sched_yield();
    pthread_mutex_lock(&state->lock);
    return is_ready;
}

/* The picture stands still, and can be asked for, until somebody wants the end. */
static void stay(struct ap_run_engine_state *state)
{
    atomic_store(&state->stays, true);
    ap_waker_wake(state->config.changed);
    pthread_mutex_lock(&state->bell_mutex);
    while (!atomic_load(&state->is_ending)) {
        note_beat(state);
        (void)ap_bell_wait(&state->bell, &state->bell_mutex, ap_clock_monotonic_ns() + WAIT_NS);
    }
    pthread_mutex_unlock(&state->bell_mutex);
}

static void *run_replay(void *context)
{
    struct ap_run_engine_state *state = context;
    ap_threads_name("engine");
    pthread_mutex_lock(&state->lock);
    int status = ap_pipeline_run(&state->pipeline);
    state->status = atomic_load(&state->is_ending) ? AP_EXIT_OK : status;
    ap_run_outputs_flush(&state->outputs);
    pthread_mutex_unlock(&state->lock);
    bool stays = state->config.stays_at_end;
    if (state->status)
        ap_log_write(state->config.log, AP_LOG_ERROR, "replay: %s", state->pipeline.message);
    else if (!atomic_load(&state->is_ending))
        ap_log_write(state->config.log, AP_LOG_NOTICE, "the recording has ended%s",
                     stays ? "; its last picture is served until Ctrl-C" : "");
    if (!state->status && stays)
        stay(state);
    atomic_store(&state->has_ended, true);
    ap_waker_wake(state->config.changed);
    return NULL;
}

/* --- start --- */

static ap_engine_config engine_config(struct ap_run_engine_state *state)
{
    const ap_run_config *from = state->config.config;
    ap_engine_config config = ap_engine_config_default();
    config.track_cap = from->track_cap;
    config.aircraft_cap = from->aircraft_cap;
    config.receiver_cap = from->receiver_cap;
    config.thread_count = from->thread_count;
    config.is_simulated = state->config.is_simulated;
    config.sinks = sinks_for(state);
    return config;
}

static int read_sensors(struct ap_run_engine_state *state, size_t input_count)
{
    const ap_run_config *config = state->config.config;
    ap_sensor_table *table = &state->engine->sensors;
    if (state->config.replay_count == 0)
        return ap_sensors_read_service(state->config.command, config, table);
    return *config->sensors
               ? ap_sensors_read(state->config.command, config->sensors, input_count, table)
               : AP_EXIT_OK;
}

static int open_replay(struct ap_run_engine_state *state)
{
    const ap_command *command = state->config.command;
    ap_pipeline_config config = ap_pipeline_config_default();
    config.paths = state->config.replay_paths;
    config.path_count = state->config.replay_count;
    config.start_utc = state->config.replay_start;
    config.engine = engine_config(state);
    config.on_time = keep_pace;
    config.wait = wait_for_input;
    int status = ap_pipeline_init(&state->pipeline, &config);
    state->engine = &state->pipeline.engine;
    if (!status) {
        status = read_sensors(state, config.path_count);
        if (status)
            return status;
        status = ap_pipeline_open(&state->pipeline);
    }
    return status ? ap_command_fail(command, status, "%s", state->pipeline.message) : AP_EXIT_OK;
}

/* Engine and live engine in a region that is empty. */
static int open_live_engine(struct ap_run_engine_state *state)
{
    const ap_command *command = state->config.command;
    const ap_run_config *from = state->config.config;
    if (ap_region_open(&state->region, REGION_SIZE))
        return ap_command_fail(command, AP_EXIT_SOFTWARE,
                               "no room for the engine's addresses; is address space limited "
                               "(ulimit -v)?");
    state->engine = ap_region_take(&state->region, sizeof *state->engine);
    state->live = ap_region_take(&state->region, sizeof *state->live);
    state->book = ap_region_take(&state->region, sizeof *state->book);
    ap_id_entry *reasons = ap_region_take(
        &state->region, ap_archive_reasons_entries(from->track_cap) * sizeof *reasons);
    if (!state->engine || !state->live || !state->book || !reasons)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    ap_run_archive_begin(state->book, from->track_cap, reasons);
    ap_engine_config config = engine_config(state);
    config.source_cap = from->input_count;
    config.region = &state->region;
    int status = ap_engine_init(state->engine, &config);
    if (!status) {
        status = read_sensors(state, from->input_count);
        if (status)
            return status;
        ap_live_engine_bind(&state->engine->sensors, state->sources, (uint16_t)from->input_count);
        status = ap_engine_open(state->engine);
    }
    if (status)
        return ap_command_fail(command, status, "%s", state->engine->message);
    const ap_live_engine_config live = { .engine = state->engine,
                                         .sources = state->sources,
                                         .source_count = (uint16_t)from->input_count,
                                         .stream_cap = (uint16_t)from->stream_cap,
                                         .on_time = on_live_time,
                                         .context = state };
    status = ap_live_engine_init(state->live, &live);
    return status ? ap_command_fail(command, status, "%s", state->live->message) : AP_EXIT_OK;
}

static void close_live_engine(struct ap_run_engine_state *state)
{
    if (state->live)
        ap_live_engine_close(state->live);
    if (state->engine)
        ap_engine_close(state->engine);
    ap_region_close(&state->region);
    state->live = NULL;
    state->engine = NULL;
}

static int copy_sources(struct ap_run_engine_state *state)
{
    const ap_run_config *from = state->config.config;
    state->sources = calloc(from->input_count, sizeof *state->sources);
    if (!state->sources)
        return ap_command_fail(state->config.command, AP_EXIT_SOFTWARE, "memory is exhausted");
    for (uint32_t i = 0; i < from->input_count; i++) {
        strcpy(state->sources[i].name, from->inputs[i].name);
        state->sources[i].format = (ap_format)from->inputs[i].format;
    }
    return AP_EXIT_OK;
}

static int open_ring(struct ap_run_engine_state *state)
{
    const ap_run_config *from = state->config.config;
    size_t cap = (size_t)from->ring_mb << 20;
    const ap_chunk_ring_config config = { .cap = cap,
                                          .share = cap / SHARE,
                                          .input_cap = (uint16_t)from->input_count,
                                          .is_recorded = ap_run_state_records(from) };
    state->ring_size = ap_chunk_ring_size(&config);
    state->ring_mem = ap_memory_take(state->ring_size);
    if (!state->ring_mem ||
        ap_chunk_ring_init(&state->ring, &config, state->ring_mem, state->ring_size))
        return ap_command_fail(state->config.command, AP_EXIT_SOFTWARE,
                               "memory is exhausted; lower ring_mb");
    state->figures.ring_cap_size = cap;
    return AP_EXIT_OK;
}

/* Connections that an earlier run had are over: a recording shows that too. */
static void end_connections(struct ap_run_engine_state *state)
{
    ap_utc_ns utc = ap_run_state_newest(&state->keeper);
    uint16_t input, stream;
    for (uint16_t slot = 0; slot < state->config.config->stream_cap; slot++) {
        if (!ap_live_engine_find(state->live, slot, &input, &stream))
            continue;
        const ap_chunk end = {
            .kind = AP_CHUNK_END, .input = input, .stream = stream, .receive_utc = ++utc
        };
        (void)ap_chunk_ring_put(&state->ring, &end); /* an empty ring has room for them */
    }
    ap_run_state_took(&state->keeper, utc);
    ap_chunk_ring_publish(&state->ring);
}

/* What an earlier run left, or an engine that knows nothing. */
static int restore(struct ap_run_engine_state *state)
{
    int status = copy_sources(state);
    if (!status)
        status = open_live_engine(state);
    if (status)
        return status;
    ap_run_state_open(&state->keeper, state->config.config, &state->region, state->engine,
                      state->live, state->config.log);
    if (ap_run_state_load(&state->keeper) == AP_ERR_MALFORMED) {
        close_live_engine(state); /* what it holds is of no use */
        status = open_live_engine(state);
        if (status)
            return status;
        ap_run_state_open(&state->keeper, state->config.config, &state->region, state->engine,
                          state->live, state->config.log);
    }
    state->keeper.on_progress = state->config.on_progress;
    state->keeper.context = state->config.context;
    state->keeper.archive = &state->archive;
    ap_run_archive_bind(&state->archive, state->book, &state->engine->sensors);
    /* The network is told nothing yet: its outputs open later. */
    if (!ap_run_state_read(&state->keeper))
        return AP_EXIT_NOT_MET;
    ap_run_archive_go_live(&state->archive);
    return AP_EXIT_OK;
}

static int open_recorder(struct ap_run_engine_state *state)
{
    char message[AP_IO_MESSAGE_SIZE];
    if (!ap_run_state_records(state->config.config))
        return AP_EXIT_OK;
    ap_err err = ap_run_state_record(&state->keeper, &state->ring, &state->recorder, message);
    if (!err)
        state->keeper.recorder = &state->recorder;
    return err ? ap_command_fail(state->config.command, AP_EXIT_NO_OUTPUT, "%s", message)
               : AP_EXIT_OK;
}

static int open_live(struct ap_run_engine_state *state)
{
    int status = ap_run_state_folder(state->config.command, state->config.config);
    if (!status)
        status = ap_run_state_lock(state->config.command, state->config.config, &state->state_lock);
    if (!status)
        status = ap_run_archive_open(&state->archive, state->config.command, state->config.config,
                                     state->config.log);
    if (!status)
        status = restore(state);
    if (!status)
        status = open_ring(state);
    if (!status)
        status = open_recorder(state);
    if (!status) {
        ap_run_state_clean(&state->keeper);
        end_connections(state);
    }
    return status;
}

int ap_run_engine_open(ap_run_engine *run, const ap_run_engine_config *config)
{
    struct ap_run_engine_state *state = calloc(1, sizeof *state);
    run->state = state;
    if (!state)
        return ap_command_fail(config->command, AP_EXIT_SOFTWARE, "memory is exhausted");
    state->config = *config;
    state->replay_first_utc = AP_UTC_UNKNOWN;
    state->state_lock = -1;
    pthread_mutex_init(&state->lock, NULL);
    pthread_mutex_init(&state->bell_mutex, NULL);
    ap_bell_init(&state->bell);
    int status = config->replay_count > 0 ? open_replay(state) : open_live(state);
    if (!status)
        status = ap_run_outputs_open(&state->outputs, config->command, config->config, config->ways,
                                     state->engine);
    return status;
}

bool ap_run_engine_start(ap_run_engine *run)
{
    struct ap_run_engine_state *state = run->state;
    void *(*body)(void *) = state->config.replay_count > 0 ? run_replay : run_live;
    state->has_thread = pthread_create(&state->thread, NULL, body, state) == 0;
    return state->has_thread;
}

/* --- looking --- */

ap_utc_ns ap_run_engine_restored(const ap_run_engine *run)
{
    return ap_run_state_newest(&run->state->keeper);
}

/* Processor time of the engine's thread; 0 before it runs and after its end. */
static int64_t cpu_of(const struct ap_run_engine_state *state)
{
    clockid_t clock;
    struct timespec used = { .tv_sec = 0 };
    if (!state->has_thread || atomic_load(&state->has_ended) ||
        pthread_getcpuclockid(state->thread, &clock) || clock_gettime(clock, &used))
        return 0;
    return used.tv_sec * AP_NS_PER_S + used.tv_nsec;
}

ap_run_figures ap_run_engine_figures(const ap_run_engine *run)
{
    const struct ap_run_engine_state *state = run->state;
    ap_run_figures figures = state->figures;
    figures.now = state->engine->now;
    figures.report_count = state->engine->report_count;
    figures.report_lost_count = state->engine->report_lost_count;
    figures.cpu_ns = cpu_of(state);
    figures.tracker = *ap_tracker_stats_of(&state->engine->tracker);
    if (state->live) {
        figures.chunk_count = state->live->chunk_count;
        figures.ring_waiting_size = ap_chunk_ring_waiting(&state->ring);
        ap_run_state_count(&state->keeper, &figures.checkpoint_count,
                           &figures.checkpoint_failed_count, &figures.checkpoint_stall_ns);
    }
    return figures;
}

void ap_run_engine_outputs(const ap_run_engine *run, ap_live_output *figures)
{
    ap_run_outputs_figures(&run->state->outputs, figures);
}

ap_live_source_stats ap_run_engine_source(const ap_run_engine *run, uint16_t input)
{
    return ap_live_engine_stats(run->state->live, input);
}

ap_recorder_stats ap_run_engine_recorder(const ap_run_engine *run)
{
    return run->state->recorder.state ? ap_recorder_stats_of(&run->state->recorder)
                                      : (ap_recorder_stats){ .written_size = 0 };
}

const char *ap_run_engine_archive(const ap_run_engine *run, size_t i, ap_archive_feed_stats *stats)
{
    const ap_run_archive *archive = &run->state->archive;
    if (i >= archive->count)
        return NULL;
    *stats = ap_archive_feed_stats_of(&archive->feeds[i]);
    return archive->sinks[i].name;
}

ap_chunk_ring_refused ap_run_engine_refused(const ap_run_engine *run, uint16_t input)
{
    return ap_chunk_ring_refused_of(&run->state->ring, input);
}

bool ap_run_engine_has_ended(const ap_run_engine *run)
{
    return atomic_load(&run->state->has_ended);
}

bool ap_run_engine_stays(const ap_run_engine *run)
{
    return atomic_load(&run->state->stays);
}

uint64_t ap_run_engine_beat(const ap_run_engine *run)
{
    return atomic_load_explicit(&run->state->beat, memory_order_relaxed);
}

int ap_run_engine_close(ap_run_engine *run, bool is_end)
{
    struct ap_run_engine_state *state = run->state;
    if (!state)
        return AP_EXIT_OK;
    pthread_mutex_lock(&state->bell_mutex);
    atomic_store(&state->is_ending, true);
    pthread_cond_signal(&state->bell);
    pthread_mutex_unlock(&state->bell_mutex);
    if (state->has_thread)
        pthread_join(state->thread, NULL);
    int status = state->status;
    ap_recorder_close(&state->recorder);
    bool is_stored = ap_run_archive_close(&state->archive, is_end);
    ap_run_state_close(&state->keeper, state->has_thread && is_stored);
    ap_checkpoint_unlock(&state->state_lock);
    ap_run_outputs_close(&state->outputs);
    if (state->config.replay_count > 0)
        ap_pipeline_close(&state->pipeline);
    else
        close_live_engine(state);
    ap_memory_give_back(state->ring_mem, state->ring_size);
    free(state->sources);
    pthread_cond_destroy(&state->bell);
    pthread_mutex_destroy(&state->bell_mutex);
    pthread_mutex_destroy(&state->lock);
    free(state);
    run->state = NULL;
    return status;
}

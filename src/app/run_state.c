#include "app/run_state.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/service_recording.h"
#include "io/clock.h"
#include "io/input.h"
#include "wire/json.h"

/* With no checkpoint that fits, as behind a change of version, the engine learns from so much. */
#define RELEARN_NS (600 * AP_NS_PER_S)
#define PROGRESS_CHUNKS 1024
#define WAIT_MAX_NS (5 * AP_NS_PER_S) /* for the recorder, at the end */
#define ARCHIVE_WAIT_NS (10 * AP_NS_PER_S)

int ap_run_state_folder(const ap_command *command, const ap_run_config *config)
{
    const char *folder = config->state.folder;
    struct stat stored;
    if (!*folder)
        return AP_EXIT_OK;
    if ((mkdir(folder, 0700) && errno != EEXIST) || stat(folder, &stored))
        return ap_command_fail(command, AP_EXIT_NO_OUTPUT,
                               "cannot make the folder '%s': %s; make it, and give it to the user "
                               "that runs the service",
                               folder, strerror(errno));
    if (stored.st_uid != geteuid() || (stored.st_mode & 022) != 0)
        return ap_command_fail(command, AP_EXIT_CONFIG,
                               "others can write to the folder '%s', and make the service believe "
                               "anything; expected its own, of mode 0700",
                               folder);
    return AP_EXIT_OK;
}

int ap_run_state_lock(const ap_command *command, const ap_run_config *config, int *lock)
{
    char message[AP_IO_MESSAGE_SIZE], path[AP_RUN_PATH_MAX + 32];
    *lock = -1;
    if (!*config->state.folder)
        return AP_EXIT_OK;
    snprintf(path, sizeof path, "%s/checkpoint", config->state.folder);
    return ap_checkpoint_lock(path, lock, message)
               ? ap_command_fail(command, AP_EXIT_NO_OUTPUT, "%s", message)
               : AP_EXIT_OK;
}

bool ap_run_state_records(const ap_run_config *config)
{
    return *config->state.folder && config->state.records;
}

/* FNV-1a, 64 bits. */
static uint64_t hash(uint64_t seed, const void *data, size_t size)
{
    const uint8_t *octets = data;
    for (size_t i = 0; i < size; i++)
        seed = (seed ^ octets[i]) * UINT64_C(0x100000001B3);
    return seed;
}

static uint64_t hash_file(uint64_t seed, const char *path)
{
    char message[AP_IO_MESSAGE_SIZE];
    uint8_t octets[65536];
    ap_input input;
    size_t size = 1;
    if (ap_input_open(&input, path, message))
        return seed;
    while (size > 0 && !ap_input_read(&input, octets, sizeof octets, &size, message))
        seed = hash(seed, octets, size);
    ap_input_close(&input);
    return seed;
}

/* All that decides what lies where in the region, and what it means. */
static uint64_t layout_of(const ap_run_config *config)
{
    const uint32_t caps[] = { config->track_cap,  config->aircraft_cap, config->receiver_cap,
                              config->stream_cap, config->thread_count, config->input_count };
    uint64_t layout = hash(UINT64_C(0xCBF29CE484222325), caps, sizeof caps);
    for (uint32_t i = 0; i < config->input_count; i++) {
        const ap_run_input *input = &config->inputs[i];
        layout = hash(layout, input->name, strlen(input->name) + 1);
        layout = hash(layout, &input->format, sizeof input->format);
    }
    return *config->sensors ? hash_file(layout, config->sensors) : layout;
}

void ap_run_state_open(ap_run_state_keeper *keeper, const ap_run_config *config, ap_region *region,
                       ap_engine *engine, ap_live_engine *live, const ap_log *log)
{
    *keeper = (ap_run_state_keeper){ .config = config,
                                     .region = region,
                                     .engine = engine,
                                     .live = live,
                                     .log = log,
                                     .newest_utc = AP_UTC_UNKNOWN,
                                     .written_utc = AP_UTC_UNKNOWN };
    if (!*config->state.folder)
        return;
    snprintf(keeper->path, sizeof keeper->path, "%s/checkpoint", config->state.folder);
    snprintf(keeper->recordings, sizeof keeper->recordings, "%s/recordings", config->state.folder);
    keeper->layout = layout_of(config);
}

ap_err ap_run_state_load(ap_run_state_keeper *keeper)
{
    char message[AP_IO_MESSAGE_SIZE];
    ptrdiff_t moved;
    ap_utc_ns until_utc;
    if (!*keeper->path)
        return AP_OK;
    const ap_engine fresh = *keeper->engine;
    const ap_live_engine fresh_live = *keeper->live;
    ap_err err = ap_checkpoint_load(keeper->path, keeper->region, keeper->layout, &until_utc,
                                    &moved, message);
    if (err == AP_ERR_NO_INPUT)
        return AP_OK;
    if (err) {
        ap_log_write_as(keeper->log, AP_LOG_WARNING, "checkpoint", message);
        if (err == AP_ERR_UNKNOWN)
            return AP_OK;
        /* What was read over them is not theirs to close. */
        *keeper->engine = fresh;
        *keeper->live = fresh_live;
        return AP_ERR_MALFORMED;
    }
    ap_engine_rebind(keeper->engine, &fresh, moved);
    ap_live_engine_rebind(keeper->live, &fresh_live);
    keeper->newest_utc = keeper->written_utc = until_utc;
    return AP_OK;
}

void ap_run_state_clean(const ap_run_state_keeper *keeper)
{
    if (*keeper->path)
        ap_checkpoint_clean(keeper->path);
}

static bool take_recorded(void *context, const ap_chunk *chunk)
{
    ap_run_state_keeper *keeper = context;
    ap_live_engine_chunk(keeper->live, chunk);
    keeper->newest_utc = chunk->receive_utc;
    keeper->read_count++;
    keeper->is_cut = keeper->read_count % PROGRESS_CHUNKS == 0 && keeper->on_progress &&
                     !keeper->on_progress(keeper->context);
    return !keeper->is_cut;
}

/* Whether the newest recording is of the inputs that there are now: chunks tell inputs by number.
 */
static bool is_of_same_inputs(const ap_run_state_keeper *keeper)
{
    char path[PATH_MAX];
    if (!ap_recordings_newest_path(keeper->recordings, path, sizeof path))
        return true; /* there is none */
    const char *const paths[] = { path };
    ap_service_recording newest;
    bool is_one;
    bool same = ap_service_recording_open(&newest, paths, 1, &is_one) == AP_OK && is_one &&
                newest.source_count == keeper->config->input_count;
    for (uint16_t i = 0; same && i < newest.source_count; i++)
        same = strcmp(newest.sources[i].name, keeper->config->inputs[i].name) == 0 &&
               newest.sources[i].format == (ap_format)keeper->config->inputs[i].format;
    ap_service_recording_close(&newest);
    return same;
}

bool ap_run_state_read(ap_run_state_keeper *keeper)
{
    char message[AP_IO_MESSAGE_SIZE];
    if (!*keeper->recordings)
        return true;
    if (!is_of_same_inputs(keeper)) {
        keeper->newest_utc = ap_recordings_newest(keeper->recordings);
        ap_log_write(keeper->log, AP_LOG_NOTICE,
                     "the inputs have changed since the recording: the picture begins anew");
        return true;
    }
    int64_t begin_ns = ap_clock_monotonic_ns();
    ap_utc_ns after_utc = keeper->newest_utc;
    if (after_utc == AP_UTC_UNKNOWN) {
        ap_utc_ns newest_utc = ap_recordings_newest(keeper->recordings);
        after_utc = newest_utc == AP_UTC_UNKNOWN ? newest_utc : newest_utc - RELEARN_NS;
    }
    if (ap_recordings_read(keeper->recordings, after_utc, take_recorded, keeper, message))
        ap_log_write_as(keeper->log, AP_LOG_WARNING, "recording", message);
    ap_live_engine_settle(keeper->live);
    if (keeper->newest_utc == AP_UTC_UNKNOWN || keeper->is_cut)
        return !keeper->is_cut;
    char until[AP_UTC_TEXT_SIZE];
    ap_utc_text(keeper->newest_utc, until);
    ap_log_write(keeper->log, AP_LOG_NOTICE,
                 "goes on from %s with %" PRIu32 " tracks, restored in %.2f s", until,
                 ap_tracker_stats_of(&keeper->engine->tracker)->confirmed_alive_count,
                 (double)(ap_clock_monotonic_ns() - begin_ns) / 1e9);
    return true;
}

/* What an input is, for people and for replay; NULL without memory. */
static char *describe_input(const ap_run_config *config, uint32_t i)
{
    const ap_run_input *input = &config->inputs[i];
    uint8_t octets[1024];
    ap_writer text = ap_writer_of(octets, sizeof octets - 1);
    ap_json_object about = ap_json_open(&text);
    ap_json_member_str(&about, "input", input->name);
    ap_json_member_str(&about, "format", ap_format_key((ap_format)input->format));
    ap_json_member_u64(&about, "track_cap", config->track_cap);
    ap_json_member_u64(&about, "aircraft_cap", config->aircraft_cap);
    ap_json_member_u64(&about, "receiver_cap", config->receiver_cap);
    ap_json_member_u64(&about, "connection_cap", config->stream_cap);
    ap_json_close(&about);
    octets[text.size] = '\0';
    return strdup((const char *)octets);
}

static char **describe(const ap_run_config *config)
{
    char **abouts = calloc(config->input_count + 1u, sizeof *abouts);
    for (uint32_t i = 0; abouts && i < config->input_count; i++)
        abouts[i] = describe_input(config, i);
    return abouts;
}

ap_err ap_run_state_record(const ap_run_state_keeper *keeper, ap_chunk_ring *ring,
                           ap_recorder *recorder, char message[AP_IO_MESSAGE_SIZE])
{
    const ap_run_state *state = &keeper->config->state;
    char **abouts = describe(keeper->config);
    const ap_recorder_config config = { .folder = keeper->recordings,
                                        .ring = ring,
                                        .about = (const char *const *)abouts,
                                        .about_count = (uint16_t)keeper->config->input_count,
                                        .file_size = (uint64_t)state->file_mb << 20,
                                        .file_s = state->file_s,
                                        .keep_size = (uint64_t)state->keep_mb << 20,
                                        .keep_s = state->keep_s };
    bool whole = abouts != NULL;
    for (uint32_t i = 0; whole && i < keeper->config->input_count; i++)
        whole = abouts[i] != NULL;
    snprintf(message, AP_IO_MESSAGE_SIZE, "memory is exhausted");
    ap_err err = whole ? ap_recorder_open(recorder, &config, message) : AP_ERR_MEMORY;
    for (uint32_t i = 0; abouts && i < keeper->config->input_count; i++)
        free(abouts[i]);
    free(abouts);
    return err;
}

static void begin(ap_run_state_keeper *keeper)
{
    char message[AP_IO_MESSAGE_SIZE];
    keeper->written_utc = keeper->newest_utc;
    keeper->begun_ns = ap_clock_monotonic_ns();
    if (keeper->archive)
        keeper->ends = ap_run_archive_ends_of(keeper->archive);
    ap_err err = ap_checkpoint_begin(&keeper->checkpoint, keeper->path, keeper->region,
                                     keeper->layout, keeper->newest_utc, message);
    if (err)
        ap_log_write_as(keeper->log, AP_LOG_ERROR, "checkpoint", message);
}

static bool is_recorded(const ap_run_state_keeper *keeper)
{
    return !keeper->recorder || ap_recorder_settled(keeper->recorder) >= keeper->written_utc;
}

static bool is_stored(const ap_run_state_keeper *keeper)
{
    return ap_run_archive_has_settled(keeper->archive, &keeper->ends);
}

static void release(ap_run_state_keeper *keeper)
{
    bool is_late = ap_clock_monotonic_ns() - keeper->begun_ns > ARCHIVE_WAIT_NS;
    if (keeper->checkpoint.is_held && is_recorded(keeper) && (is_stored(keeper) || is_late))
        ap_checkpoint_release(&keeper->checkpoint);
}

static int64_t period_ns(const ap_run_state_keeper *keeper)
{
    return (int64_t)(keeper->config->state.checkpoint_s * 1e9);
}

void ap_run_state_keep(ap_run_state_keeper *keeper, bool at_rest)
{
    char message[AP_IO_MESSAGE_SIZE];
    if (!*keeper->path)
        return;
    release(keeper);
    if (ap_checkpoint_poll(&keeper->checkpoint, message) == AP_ERR_IO)
        ap_log_write_as(keeper->log, AP_LOG_ERROR, "checkpoint", message);
    int64_t now_ns = ap_clock_monotonic_ns();
    if (keeper->due_ns == 0)
        keeper->due_ns = now_ns + period_ns(keeper);
    int64_t late_ns = now_ns - keeper->due_ns;
    if (late_ns < 0 || (!at_rest && late_ns < period_ns(keeper)) ||
        keeper->newest_utc == keeper->written_utc || keeper->checkpoint.child != 0)
        return;
    begin(keeper);
    keeper->due_ns = now_ns + period_ns(keeper);
}

void ap_run_state_wait(ap_run_state_keeper *keeper)
{
    int64_t until_ns = ap_clock_monotonic_ns() + WAIT_MAX_NS;
    bool is_whole = is_recorded(keeper) && is_stored(keeper);
    while (keeper->checkpoint.is_held && !is_whole && ap_clock_monotonic_ns() < until_ns) {
        ap_clock_sleep_ns(AP_NS_PER_MS);
        is_whole = is_recorded(keeper) && is_stored(keeper);
    }
    if (is_whole)
        ap_checkpoint_close(&keeper->checkpoint);
    else if (ap_checkpoint_drop(&keeper->checkpoint))
        keeper->written_utc = AP_UTC_UNKNOWN; /* the next start reads more of the recording */
}

void ap_run_state_count(const ap_run_state_keeper *keeper, uint64_t *written_count,
                        uint64_t *failed_count, int64_t *stall_ns)
{
    *written_count = keeper->checkpoint.written_count;
    *failed_count = keeper->checkpoint.failed_count;
    *stall_ns = keeper->checkpoint.stall_ns;
}

void ap_run_state_close(ap_run_state_keeper *keeper, bool and_write)
{
    if (!keeper->config || !*keeper->path)
        return;
    ap_checkpoint_close(&keeper->checkpoint);
    if (and_write && keeper->newest_utc != keeper->written_utc)
        begin(keeper);
    ap_checkpoint_close(&keeper->checkpoint);
}

#include "app/pipeline.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/source.h"
#include "io/memory.h"

/* Reports of one frame: a datagram of 64 KiB holds at most this many records of any category. */
enum { BATCH_CAP = 32768, ALERT_CAP = 4096 };

enum { FETCH_AHEAD = 2 /* events */ };

enum memory_slot {
    MEM_SENSORS,
    MEM_STATS,
    MEM_RECEIVERS,
    MEM_SENSE,
    MEM_TRACKER,
    MEM_WATCH,
    MEM_PICTURE
};

ap_pipeline_config ap_pipeline_config_default(void)
{
    ap_pipeline_config config = { .format = AP_FORMAT_AUTO,
                                  .from_utc = INT64_MIN,
                                  .to_utc = INT64_MAX,
                                  .sensor_cap = 512,
                                  .track_cap = 20000,
                                  .aircraft_cap = 50000,
                                  .receiver_cap = 256,
                                  .thread_count = 1 };
    ap_asterix_editions_default(&config.editions);
    return config;
}

static int fail(ap_pipeline *pipeline, int status, const char *text)
{
    snprintf(pipeline->message, sizeof pipeline->message, "%s", text);
    return status;
}

/* Hop 4 to hop 5: what sense makes of one frame waits here for the tracker. */
static void take_report(void *context, const ap_report *report)
{
    ap_pipeline *pipeline = context;
    pipeline->report_count++;
    if (pipeline->config.sinks.on_report)
        pipeline->config.sinks.on_report(pipeline->config.sinks.context, report);
    if (pipeline->batch_count < BATCH_CAP)
        pipeline->batch[pipeline->batch_count++] = *report;
    else
        pipeline->report_lost_count++;
}

static void take_witness(void *context, const ap_witness *witness)
{
    const ap_pipeline_sinks *sinks = &((ap_pipeline *)context)->config.sinks;
    sinks->on_witness(sinks->context, witness);
}

/* Hops 6, 7 and 8 for the events of the tracker that wait. */
static void tell(ap_pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->told_count; i++) {
        const ap_pipeline_told *told = &pipeline->told[i];
        if (i + FETCH_AHEAD < pipeline->told_count)
            ap_picture_fetch(&pipeline->picture, pipeline->told[i + FETCH_AHEAD].track->id);
        ap_watch_track(&pipeline->watch, &told->event, told->track);
        ap_picture_track(&pipeline->picture, &told->event, told->track);
        if (pipeline->config.sinks.on_track)
            pipeline->config.sinks.on_track(pipeline->config.sinks.context, &told->event,
                                            told->track);
    }
    pipeline->told_count = 0;
}

/* An event waits for a few others: what they need is asked for meanwhile. */
static void take_event(void *context, const ap_track_event *event, const ap_track *track)
{
    ap_pipeline *pipeline = context;
    ap_watch_fetch(&pipeline->watch, track->id);
    ap_picture_seek(&pipeline->picture, track->id);
    pipeline->told[pipeline->told_count++] = (ap_pipeline_told){ *event, track };
    if (pipeline->told_count == AP_PIPELINE_TOLD)
        tell(pipeline);
}

static void take_alert(void *context, const ap_alert *alert)
{
    ap_pipeline *pipeline = context;
    ap_picture_alert(&pipeline->picture, alert);
    if (pipeline->config.sinks.on_alert)
        pipeline->config.sinks.on_alert(pipeline->config.sinks.context, alert);
}

static void *take_memory(ap_pipeline *pipeline, enum memory_slot slot, size_t size)
{
    pipeline->memory[slot].data = size > 0 ? ap_memory_take(size) : NULL;
    pipeline->memory[slot].size = size;
    return pipeline->memory[slot].data;
}

int ap_pipeline_init(ap_pipeline *pipeline, const ap_pipeline_config *config)
{
    *pipeline = (ap_pipeline){ .config = *config, .now = AP_UTC_UNKNOWN };
    assert(config->path_count <= AP_INPUT_CAP);
    uint16_t cap = config->sensor_cap;
    pipeline->sensors.sensor = take_memory(pipeline, MEM_SENSORS, cap * sizeof(ap_sensor));
    pipeline->sensors.stats = take_memory(pipeline, MEM_STATS, cap * sizeof(ap_sensor_stats));
    pipeline->sensors.cap = cap;
    pipeline->sensors.editions = &pipeline->config.editions;
    pipeline->sources = calloc(config->path_count + 1, sizeof *pipeline->sources);
    pipeline->batch = malloc(BATCH_CAP * sizeof *pipeline->batch);
    if (!pipeline->sensors.sensor || !pipeline->sensors.stats || !pipeline->sources ||
        !pipeline->batch)
        return fail(pipeline, AP_EXIT_SOFTWARE, "memory is exhausted; lower the capacities");
    return AP_EXIT_OK;
}

static ap_sense_config sense_config(ap_pipeline *pipeline)
{
    ap_sense_config config = { .sensors = &pipeline->sensors,
                               .receivers = &pipeline->receivers,
                               .input_cap = (uint16_t)pipeline->config.path_count,
                               .aircraft_cap = pipeline->config.aircraft_cap,
                               .editions = &pipeline->config.editions,
                               .on_report = take_report,
                               .on_witness =
                                   pipeline->config.sinks.on_witness ? take_witness : NULL,
                               .context = pipeline };
    return config;
}

/* After the sensors file, which says what is known of them. */
static ap_err start_receivers(ap_pipeline *pipeline)
{
    uint32_t input_cap = (uint32_t)pipeline->config.path_count;
    size_t size = ap_receiver_table_size(input_cap, pipeline->config.receiver_cap);
    void *mem = take_memory(pipeline, MEM_RECEIVERS, size);
    return mem ? ap_receiver_table_init(&pipeline->receivers, &pipeline->sensors, input_cap,
                                        pipeline->config.receiver_cap, mem, size)
               : AP_ERR_MEMORY;
}

static ap_err init_sense(ap_pipeline *pipeline)
{
    ap_sense_config config = sense_config(pipeline);
    return ap_sense_init(&pipeline->sense, &config, pipeline->memory[MEM_SENSE].data,
                         ap_sense_size(&config));
}

static ap_err start_sense(ap_pipeline *pipeline)
{
    ap_sense_config config = sense_config(pipeline);
    void *mem = take_memory(pipeline, MEM_SENSE, ap_sense_size(&config));
    return mem ? init_sense(pipeline) : AP_ERR_MEMORY;
}

static ap_err start_tracker(ap_pipeline *pipeline)
{
    ap_tracker_config config = ap_tracker_config_default();
    config.track_cap = pipeline->config.track_cap;
    config.sensors = &pipeline->sensors;
    config.on_event = take_event;
    config.context = pipeline;
    ap_err err = ap_threads_open(&pipeline->threads, pipeline->config.thread_count);
    if (err)
        return err;
    config.run_parts = ap_threads_run;
    config.threads = pipeline->threads;
    size_t size = ap_tracker_size(&config);
    void *mem = take_memory(pipeline, MEM_TRACKER, size);
    return mem ? ap_tracker_init(&pipeline->tracker, &config, mem, size) : AP_ERR_MEMORY;
}

static ap_err start_watch(ap_pipeline *pipeline)
{
    ap_watch_config config = { .alert_cap = ALERT_CAP,
                               .track_cap = pipeline->config.track_cap,
                               .on_alert = take_alert,
                               .context = pipeline };
    size_t size = ap_watch_size(&config);
    void *mem = take_memory(pipeline, MEM_WATCH, size);
    return mem ? ap_watch_init(&pipeline->watch, &config, mem, size) : AP_ERR_MEMORY;
}

static ap_err start_picture(ap_pipeline *pipeline)
{
    ap_picture_config config = { .track_cap = pipeline->config.track_cap, .alert_cap = ALERT_CAP };
    size_t size = ap_picture_size(&config);
    void *mem = take_memory(pipeline, MEM_PICTURE, size);
    return mem ? ap_picture_init(&pipeline->picture, &config, mem, size) : AP_ERR_MEMORY;
}

/* Hops 4 and 5 for what waits for them. */
static void track(ap_pipeline *pipeline)
{
    ap_sense_slice_take(&pipeline->sense, &pipeline->slice);
    if (!pipeline->config.reports_only)
        ap_tracker_step(&pipeline->tracker, pipeline->now, pipeline->batch, pipeline->batch_count);
    tell(pipeline);
    pipeline->batch_count = 0;
    pipeline->slice_count = 0;
}

/* Nothing waits while an input is waited for. */
static void before_read(void *context)
{
    track(context);
}

int ap_pipeline_open(ap_pipeline *pipeline)
{
    const ap_pipeline_config *config = &pipeline->config;
    for (size_t i = 0; i < config->path_count; i++) {
        ap_source *source = &pipeline->sources[i];
        ap_err err = ap_source_open(source, config->paths[i], (uint16_t)i, config->format,
                                    &pipeline->config.editions, config->start_utc);
        if (err)
            return fail(pipeline, ap_exit_of(err), source->message);
        source->receivers = &pipeline->receivers;
        source->before_read = before_read;
        source->context = pipeline;
    }
    if (start_receivers(pipeline) || start_sense(pipeline) || start_tracker(pipeline) ||
        start_watch(pipeline) || start_picture(pipeline))
        return fail(pipeline, AP_EXIT_SOFTWARE, "the engine does not start; lower the capacities");
    return AP_EXIT_OK;
}

/* Hops 1 and 2: the input whose next frame is the oldest; the first of several. NULL at the end. */
static ap_source *receive(ap_pipeline *pipeline)
{
    ap_source *oldest = NULL;
    for (size_t i = 0; i < pipeline->config.path_count; i++) {
        ap_source *source = &pipeline->sources[i];
        if (!source->has_frame && !source->ended)
            ap_source_advance(source);
        if (source->has_frame && (!oldest || source->receive_utc < oldest->receive_utc))
            oldest = source;
    }
    return oldest;
}

/* Hop 3 for a Mode S frame: kept until its slice is full. */
static void hear(ap_pipeline *pipeline, const ap_source *source)
{
    ap_sense_heard heard = ap_source_heard(&source->frame, source->receiver, pipeline->now);
    heard.clock = pipeline->receivers.rows[source->receiver].clock.kind;
    ap_sense_slice_add(&pipeline->slice, &heard);
}

/* Hops 3 and 4: one frame to reports, collected in the batch. */
static void sense(ap_pipeline *pipeline, ap_source *source)
{
    const ap_frame *frame = &source->frame;
    if (frame->kind == AP_FRAME_MODES) {
        hear(pipeline, source);
        return;
    }
    if (frame->kind == AP_FRAME_ASTERIX) {
        track(pipeline); /* so that the batch holds a whole datagram's records */
        (void)ap_asterix_editions_hear(&pipeline->config.editions, frame->data, frame->size);
        ap_sense_asterix(&pipeline->sense, source->index, pipeline->now, frame->data, frame->size);
        return;
    }
    ap_sense_slice_take(&pipeline->sense, &pipeline->slice);
    ap_aircraft_row row;
    ap_err err = ap_feed_row(&source->feed, frame, &row);
    ap_sense_row(&pipeline->sense, source->index, pipeline->now, frame->size, err, &row);
}

static int64_t slice_of(ap_utc_ns now)
{
    return now == AP_UTC_UNKNOWN ? INT64_MIN : now / AP_PIPELINE_SLICE_NS;
}

/* The only input begins again at an earlier time: what is known of the later time ends, and the
 * picture goes on from there. Beside other inputs its frames are late, and counted as such. */
static void restart(ap_pipeline *pipeline, ap_utc_ns now)
{
    if (pipeline->config.path_count != 1)
        return;
    ap_sense_flush(&pipeline->sense);
    ap_refusals_add(&pipeline->sources[0].refused_before, ap_sense_refused(&pipeline->sense, 0));
    (void)init_sense(pipeline); /* the same configuration and memory were good before */
    ap_tracker_flush(&pipeline->tracker);
    ap_tracker_restart(&pipeline->tracker, now);
    tell(pipeline);
    pipeline->now = now;
    pipeline->restart_count++;
    if (pipeline->config.sinks.on_restart)
        pipeline->config.sinks.on_restart(pipeline->config.sinks.context);
}

bool ap_pipeline_wants(const ap_pipeline *pipeline, ap_utc_ns receive_utc)
{
    return receive_utc >= pipeline->config.from_utc && receive_utc < pipeline->config.to_utc;
}

/* A slice that was begun is filled as ever, so that the tracker steps at the same times whatever
 * to_utc is. */
static bool reaches_end(ap_pipeline *pipeline, const ap_source *source)
{
    if (source->receive_utc < pipeline->config.to_utc || pipeline->slice_count > 0)
        return false;
    pipeline->now = pipeline->config.to_utc;
    return true;
}

/* The map of the program: hop by hop, one frame at a time. Watch, picture and publish hang on the
 * tracker's events (take_event, tell); send is in the sinks. */
int ap_pipeline_run(ap_pipeline *pipeline)
{
    const ap_pipeline_sinks *sinks = &pipeline->config.sinks;
    int status = AP_EXIT_OK;
    for (ap_source *source; !status && (source = receive(pipeline));) {
        if (reaches_end(pipeline, source))
            break;
        if (source->restarted) {
            track(pipeline);
            restart(pipeline, source->receive_utc);
        }
        int64_t slice = slice_of(pipeline->now);
        if (pipeline->now == AP_UTC_UNKNOWN || source->receive_utc > pipeline->now)
            pipeline->now = source->receive_utc;
        sense(pipeline, source);
        pipeline->frame_count++;
        source->has_frame = false;
        if (++pipeline->slice_count < AP_SENSE_SLICE && source->frame.kind != AP_FRAME_ASTERIX &&
            slice_of(pipeline->now) == slice)
            continue;
        track(pipeline);
        if (sinks->on_time)
            status = sinks->on_time(sinks->context, pipeline->now);
    }
    track(pipeline);
    ap_sense_flush(&pipeline->sense);
    ap_tracker_flush(&pipeline->tracker);
    tell(pipeline);
    for (size_t i = 0; i < pipeline->config.path_count && !status; i++)
        if (pipeline->sources[i].error)
            status = fail(pipeline, ap_exit_of(pipeline->sources[i].error),
                          pipeline->sources[i].message);
    return status;
}

void ap_pipeline_close(ap_pipeline *pipeline)
{
    for (size_t i = 0; pipeline->sources && i < pipeline->config.path_count; i++)
        ap_source_close(&pipeline->sources[i]);
    free(pipeline->sources);
    free(pipeline->batch);
    ap_threads_close(pipeline->threads);
    pipeline->sources = NULL;
    pipeline->batch = NULL;
    pipeline->threads = NULL;
    for (size_t i = 0; i < sizeof pipeline->memory / sizeof pipeline->memory[0]; i++) {
        ap_memory_give_back(pipeline->memory[i].data, pipeline->memory[i].size);
        pipeline->memory[i].data = NULL;
    }
}

double ap_pipeline_share(const ap_pipeline *pipeline)
{
    uint64_t at = 0, size = 0;
    for (size_t i = 0; i < pipeline->config.path_count; i++) {
        const ap_input *input = &pipeline->sources[i].input;
        if (input->stored_size == 0)
            return -1.0;
        at += input->stored_at;
        size += input->stored_size;
    }
    return size > 0 ? (double)at / (double)size : -1.0;
}

ap_source_summary ap_pipeline_source(const ap_pipeline *pipeline, size_t index)
{
    const ap_source *source = &pipeline->sources[index];
    ap_source_summary summary = { .path = source->path,
                                  .format = source->framer.format,
                                  .byte_count = source->byte_count,
                                  .frame_count = source->framer.frame_count,
                                  .first_utc = source->clock.first_utc,
                                  .last_utc = source->clock.last_utc,
                                  .refused = source->framer.refused };
    ap_refusals_add(&summary.refused, &source->refused_before);
    ap_refusals_add(&summary.refused, ap_sense_refused(&pipeline->sense, (uint16_t)index));
    return summary;
}

#include "app/pipeline.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/command.h"
#include "app/source.h"
#include "io/interrupt.h"

ap_pipeline_config ap_pipeline_config_default(void)
{
    return (ap_pipeline_config){ .format = AP_FORMAT_AUTO,
                                 .from_utc = INT64_MIN,
                                 .to_utc = INT64_MAX,
                                 .engine = ap_engine_config_default() };
}

static int fail(ap_pipeline *pipeline, int status, const char *text)
{
    snprintf(pipeline->message, sizeof pipeline->message, "%s", text);
    return status;
}

/* Those that the service had. */
static void take_caps(ap_pipeline *pipeline)
{
    const ap_service_caps *caps = &pipeline->recording.caps;
    ap_pipeline_config *config = &pipeline->config;
    if (!pipeline->is_recording || !caps->is_told)
        return;
    if (!config->has_track_cap)
        config->engine.track_cap = caps->track_cap;
    if (!config->has_aircraft_cap)
        config->engine.aircraft_cap = caps->aircraft_cap;
    if (!config->has_receiver_cap)
        config->engine.receiver_cap = caps->receiver_cap;
}

int ap_pipeline_init(ap_pipeline *pipeline, const ap_pipeline_config *config)
{
    *pipeline = (ap_pipeline){ .config = *config };
    assert(config->path_count <= AP_INPUT_CAP);
    pipeline->config.engine.source_cap = config->path_count;
    pipeline->sources = calloc(config->path_count + 1, sizeof *pipeline->sources);
    if (!pipeline->sources)
        return fail(pipeline, AP_EXIT_SOFTWARE, "memory is exhausted; lower the capacities");
    ap_err err = ap_service_recording_open(&pipeline->recording, config->paths, config->path_count,
                                           &pipeline->is_recording);
    if (err)
        return fail(pipeline, ap_exit_of(err), pipeline->recording.message);
    take_caps(pipeline);
    int status = ap_engine_init(&pipeline->engine, &pipeline->config.engine);
    return status ? fail(pipeline, status, pipeline->engine.message) : AP_EXIT_OK;
}

/* Nothing waits while an input is waited for. */
static void before_read(void *context)
{
    ap_engine *engine = context;
    ap_engine_step(engine, engine->now);
}

static int open_sources(ap_pipeline *pipeline)
{
    const ap_pipeline_config *config = &pipeline->config;
    ap_engine *engine = &pipeline->engine;
    for (size_t i = 0; i < config->path_count; i++) {
        ap_source *source = &pipeline->sources[i];
        ap_err err = ap_source_open(source, config->paths[i], (uint16_t)i, config->format,
                                    &engine->config.editions, config->start_utc);
        if (err)
            return fail(pipeline, ap_exit_of(err), source->message);
        source->input.wait = config->wait;
        source->input.context = config->engine.sinks.context;
        source->receivers = &engine->receivers;
        source->before_read = before_read;
        source->context = engine;
    }
    return AP_EXIT_OK;
}

static void tell_time(void *context, ap_utc_ns now)
{
    ap_pipeline *pipeline = context;
    if (pipeline->config.on_time && !pipeline->status)
        pipeline->status = pipeline->config.on_time(pipeline->config.engine.sinks.context, now);
}

static int start_recording(ap_pipeline *pipeline)
{
    ap_err err =
        ap_service_recording_start(&pipeline->recording, &pipeline->engine, tell_time, pipeline);
    return err ? fail(pipeline, ap_exit_of(err), pipeline->recording.message) : AP_EXIT_OK;
}

int ap_pipeline_open(ap_pipeline *pipeline)
{
    ap_engine *engine = &pipeline->engine;
    if (pipeline->is_recording) {
        engine->config.source_cap = pipeline->recording.source_count;
        ap_live_engine_bind(&engine->sensors, pipeline->recording.sources,
                            pipeline->recording.source_count);
    }
    int status = pipeline->is_recording ? AP_EXIT_OK : open_sources(pipeline);
    if (status)
        return status;
    status = ap_engine_open(engine);
    if (status)
        return fail(pipeline, status, engine->message);
    return pipeline->is_recording ? start_recording(pipeline) : AP_EXIT_OK;
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

bool ap_pipeline_wants(const ap_pipeline *pipeline, ap_utc_ns receive_utc)
{
    return receive_utc >= pipeline->config.from_utc && receive_utc < pipeline->config.to_utc;
}

/* A slice that was begun is filled as ever, so that the tracker steps at the same times whatever
 * to_utc is. */
static bool reaches_end(ap_pipeline *pipeline, const ap_source *source)
{
    if (source->receive_utc < pipeline->config.to_utc || pipeline->engine.slice_count > 0)
        return false;
    pipeline->engine.now = pipeline->config.to_utc;
    return true;
}

static bool goes_on(void *context)
{
    return ((const ap_pipeline *)context)->status == AP_EXIT_OK && !ap_interrupted();
}

static int run_recording(ap_pipeline *pipeline)
{
    ap_engine *engine = &pipeline->engine;
    ap_err err =
        ap_service_recording_run(&pipeline->recording, pipeline->config.to_utc, goes_on, pipeline);
    if (pipeline->config.to_utc < engine->now)
        engine->now = pipeline->config.to_utc;
    ap_engine_flush(engine);
    if (err && !pipeline->status)
        pipeline->status = fail(pipeline, ap_exit_of(err), pipeline->recording.message);
    return pipeline->status;
}

/* Hops 1 and 2 here, 3 to 8 in ap_engine_take; send is in the sinks. */
int ap_pipeline_run(ap_pipeline *pipeline)
{
    if (pipeline->is_recording)
        return run_recording(pipeline);
    const ap_pipeline_config *config = &pipeline->config;
    ap_engine *engine = &pipeline->engine;
    int status = AP_EXIT_OK;
    for (ap_source *source; !status && (source = receive(pipeline));) {
        if (reaches_end(pipeline, source))
            break;
        if (ap_engine_take(engine, source) && config->on_time)
            status = config->on_time(engine->config.sinks.context, engine->now);
    }
    ap_engine_flush(engine);
    for (size_t i = 0; i < config->path_count && !status; i++)
        if (pipeline->sources[i].error)
            status = fail(pipeline, ap_exit_of(pipeline->sources[i].error),
                          pipeline->sources[i].message);
    return status;
}

void ap_pipeline_close(ap_pipeline *pipeline)
{
    for (size_t i = 0; pipeline->sources && i < pipeline->config.path_count; i++)
        ap_source_close(&pipeline->sources[i]);
    ap_service_recording_close(&pipeline->recording);
    free(pipeline->sources);
    pipeline->sources = NULL;
    ap_engine_close(&pipeline->engine);
}

double ap_pipeline_share(const ap_pipeline *pipeline)
{
    if (pipeline->is_recording)
        return (double)pipeline->recording.paths_done / (double)pipeline->recording.path_count;
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

size_t ap_pipeline_source_count(const ap_pipeline *pipeline)
{
    return pipeline->is_recording ? pipeline->recording.source_count : pipeline->config.path_count;
}

static ap_source_summary recorded_source(const ap_pipeline *pipeline, size_t index)
{
    ap_live_source_stats stats = ap_live_engine_stats(&pipeline->recording.live, (uint16_t)index);
    return (ap_source_summary){ .path = pipeline->recording.sources[index].name,
                                .format = stats.format,
                                .byte_count = stats.byte_count,
                                .frame_count = stats.frame_count,
                                .first_utc = stats.first_utc,
                                .last_utc = stats.last_utc,
                                .refused = stats.refused };
}

ap_source_summary ap_pipeline_source(const ap_pipeline *pipeline, size_t index)
{
    if (pipeline->is_recording)
        return recorded_source(pipeline, index);
    const ap_source *source = &pipeline->sources[index];
    ap_source_summary summary = { .path = source->path,
                                  .format = source->framer.format,
                                  .byte_count = source->byte_count,
                                  .frame_count = source->framer.frame_count,
                                  .first_utc = source->clock.first_utc,
                                  .last_utc = source->clock.last_utc,
                                  .refused = source->framer.refused };
    ap_refusals_add(&summary.refused, &source->refused_before);
    ap_refusals_add(&summary.refused, ap_sense_refused(&pipeline->engine.sense, (uint16_t)index));
    return summary;
}

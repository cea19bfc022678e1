#include "app/engine.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "io/memory.h"

/* Reports of one frame: a datagram of 64 KiB holds at most this many records of any category. */
enum { BATCH_CAP = 32768, ALERT_CAP = 4096 };

enum { FETCH_AHEAD = 2 /* events */ };

enum memory_slot {
    MEM_SENSORS,
    MEM_STATS,
    MEM_BATCH,
    MEM_RECEIVERS,
    MEM_SENSE,
    MEM_TRACKER,
    MEM_WATCH,
    MEM_PICTURE
};

ap_engine_config ap_engine_config_default(void)
{
    ap_engine_config config = { .sensor_cap = 512,
                                .track_cap = 20000,
                                .aircraft_cap = 50000,
                                .receiver_cap = 256,
                                .thread_count = 1 };
    ap_asterix_editions_default(&config.editions);
    return config;
}

static int fail(ap_engine *engine, int status, const char *text)
{
    snprintf(engine->message, sizeof engine->message, "%s", text);
    return status;
}

/* Hop 4 to hop 5: what sense makes of one frame waits here for the tracker. */
static void take_report(void *context, const ap_report *report)
{
    ap_engine *engine = context;
    engine->report_count++;
    if (engine->config.sinks.on_report)
        engine->config.sinks.on_report(engine->config.sinks.context, report);
    if (engine->batch_count < BATCH_CAP)
        engine->batch[engine->batch_count++] = *report;
    else
        engine->report_lost_count++;
}

/* Mode S frames have no bit for it. */
static void take_simulated(void *context, const ap_report *report)
{
    ap_report marked = *report;
    marked.flags |= AP_FLAG_SIMULATED;
    take_report(context, &marked);
}

static void take_heard(void *context, const ap_sense_heard *heard)
{
    const ap_engine_sinks *sinks = &((ap_engine *)context)->config.sinks;
    sinks->on_heard(sinks->context, heard);
}

static void take_witness(void *context, const ap_witness *witness)
{
    const ap_engine_sinks *sinks = &((ap_engine *)context)->config.sinks;
    sinks->on_witness(sinks->context, witness);
}

/* Hops 6, 7 and 8 for the events of the tracker that wait. */
static void tell(ap_engine *engine)
{
    for (size_t i = 0; i < engine->told_count; i++) {
        const ap_engine_told *told = &engine->told[i];
        if (i + FETCH_AHEAD < engine->told_count)
            ap_picture_fetch(&engine->picture, engine->told[i + FETCH_AHEAD].track->id);
        ap_watch_track(&engine->watch, &told->event, told->track);
        ap_picture_track(&engine->picture, &told->event, told->track);
        if (engine->config.sinks.on_track)
            engine->config.sinks.on_track(engine->config.sinks.context, &told->event, told->track);
    }
    engine->told_count = 0;
}

/* An event waits for a few others: what they need is asked for meanwhile. */
static void take_event(void *context, const ap_track_event *event, const ap_track *track)
{
    ap_engine *engine = context;
    ap_watch_fetch(&engine->watch, track->id);
    ap_picture_seek(&engine->picture, track->id);
    engine->told[engine->told_count++] = (ap_engine_told){ *event, track };
    if (engine->told_count == AP_ENGINE_TOLD)
        tell(engine);
}

static void take_alert(void *context, const ap_alert *alert)
{
    ap_engine *engine = context;
    ap_picture_alert(&engine->picture, alert);
    const ap_alert *kept = ap_picture_find_alert(&engine->picture, alert->id);
    if (engine->config.sinks.on_alert)
        engine->config.sinks.on_alert(engine->config.sinks.context, kept ? kept : alert);
}

static void *take_memory(ap_engine *engine, enum memory_slot slot, size_t size)
{
    if (engine->config.region)
        return size > 0 ? ap_region_take(engine->config.region, size) : NULL;
    engine->memory[slot].data = size > 0 ? ap_memory_take(size) : NULL;
    engine->memory[slot].size = size;
    return engine->memory[slot].data;
}

int ap_engine_init(ap_engine *engine, const ap_engine_config *config)
{
    *engine = (ap_engine){ .config = *config, .now = AP_UTC_UNKNOWN };
    assert(config->source_cap <= AP_INPUT_CAP);
    uint16_t cap = config->sensor_cap;
    engine->sensors.sensor = take_memory(engine, MEM_SENSORS, cap * sizeof(ap_sensor));
    engine->sensors.stats = take_memory(engine, MEM_STATS, cap * sizeof(ap_sensor_stats));
    engine->sensors.cap = cap;
    engine->sensors.editions = &engine->config.editions;
    engine->batch = take_memory(engine, MEM_BATCH, BATCH_CAP * sizeof *engine->batch);
    if (!engine->sensors.sensor || !engine->sensors.stats || !engine->batch)
        return fail(engine, AP_EXIT_SOFTWARE, "memory is exhausted; lower the capacities");
    return AP_EXIT_OK;
}

static ap_sense_config sense_config(ap_engine *engine)
{
    ap_sense_config config = { .sensors = &engine->sensors,
                               .receivers = &engine->receivers,
                               .input_cap = (uint16_t)engine->config.source_cap,
                               .aircraft_cap = engine->config.aircraft_cap,
                               .editions = &engine->config.editions,
                               .on_report =
                                   engine->config.is_simulated ? take_simulated : take_report,
                               .on_witness = engine->config.sinks.on_witness ? take_witness : NULL,
                               .on_heard = engine->config.sinks.on_heard ? take_heard : NULL,
                               .context = engine };
    return config;
}

/* After the sensors file, which says what is known of them. */
static ap_err start_receivers(ap_engine *engine)
{
    uint32_t input_cap = (uint32_t)engine->config.source_cap;
    size_t size = ap_receiver_table_size(input_cap, engine->config.receiver_cap);
    void *mem = take_memory(engine, MEM_RECEIVERS, size);
    return mem ? ap_receiver_table_init(&engine->receivers, &engine->sensors, input_cap,
                                        engine->config.receiver_cap, mem, size)
               : AP_ERR_MEMORY;
}

static ap_err init_sense(ap_engine *engine)
{
    ap_sense_config config = sense_config(engine);
    return ap_sense_init(&engine->sense, &config, engine->sense_mem, ap_sense_size(&config));
}

static ap_err start_sense(ap_engine *engine)
{
    ap_sense_config config = sense_config(engine);
    engine->sense_mem = take_memory(engine, MEM_SENSE, ap_sense_size(&config));
    return engine->sense_mem ? init_sense(engine) : AP_ERR_MEMORY;
}

static ap_tracker_config tracker_config(ap_engine *engine)
{
    ap_tracker_config config = ap_tracker_config_default();
    config.track_cap = engine->config.track_cap;
    config.sensors = &engine->sensors;
    config.on_event = take_event;
    config.context = engine;
    config.innovations = engine->config.innovations;
    config.run_parts = ap_threads_run;
    config.threads = engine->threads;
    return config;
}

static ap_err start_tracker(ap_engine *engine)
{
    ap_err err = ap_threads_open(&engine->threads, engine->config.thread_count);
    if (err)
        return err;
    ap_tracker_config config = tracker_config(engine);
    size_t size = ap_tracker_size(&config);
    void *mem = take_memory(engine, MEM_TRACKER, size);
    return mem ? ap_tracker_init(&engine->tracker, &config, mem, size) : AP_ERR_MEMORY;
}

static ap_watch_config watch_config(ap_engine *engine)
{
    return (ap_watch_config){ .alert_cap = ALERT_CAP,
                              .track_cap = engine->config.track_cap,
                              .on_alert = take_alert,
                              .context = engine };
}

static ap_err start_watch(ap_engine *engine)
{
    ap_watch_config config = watch_config(engine);
    size_t size = ap_watch_size(&config);
    void *mem = take_memory(engine, MEM_WATCH, size);
    return mem ? ap_watch_init(&engine->watch, &config, mem, size) : AP_ERR_MEMORY;
}

static ap_err start_picture(ap_engine *engine)
{
    ap_picture_config config = { .track_cap = engine->config.track_cap, .alert_cap = ALERT_CAP };
    size_t size = ap_picture_size(&config);
    void *mem = take_memory(engine, MEM_PICTURE, size);
    return mem ? ap_picture_init(&engine->picture, &config, mem, size) : AP_ERR_MEMORY;
}

int ap_engine_open(ap_engine *engine)
{
    if (start_receivers(engine) || start_sense(engine) || start_tracker(engine) ||
        start_watch(engine) || start_picture(engine))
        return fail(engine, AP_EXIT_SOFTWARE, "the engine does not start; lower the capacities");
    return AP_EXIT_OK;
}

void ap_engine_rebind(ap_engine *engine, const ap_engine *fresh, ptrdiff_t moved)
{
    engine->config.sinks = fresh->config.sinks;
    engine->config.region = fresh->config.region;
    engine->threads = fresh->threads;
    ap_asterix_editions_move(&engine->config.editions, moved);
    ap_sense_config sense = sense_config(engine);
    ap_sense_rebind(&engine->sense, &sense);
    ap_tracker_config tracker = tracker_config(engine);
    ap_tracker_rebind(&engine->tracker, &tracker);
    ap_watch_config watch = watch_config(engine);
    ap_watch_rebind(&engine->watch, &watch);
}

/* Hops 4 and 5 for what waits for them. */
static void track(ap_engine *engine)
{
    ap_sense_slice_take(&engine->sense, &engine->slice);
    if (!engine->config.reports_only)
        ap_tracker_step(&engine->tracker, engine->now, engine->batch, engine->batch_count);
    tell(engine);
    engine->batch_count = 0;
    engine->slice_count = 0;
}

/* Hop 3 for a Mode S frame: kept until its slice is full. */
static void hear(ap_engine *engine, const ap_source *source)
{
    ap_sense_heard heard = ap_source_heard(&source->frame, source->receiver, engine->now);
    heard.clock = engine->receivers.rows[source->receiver].clock.kind;
    ap_sense_slice_add(&engine->slice, &heard);
}

/* Hops 3 and 4: one frame to reports, collected in the batch. */
static void sense(ap_engine *engine, ap_source *source)
{
    const ap_frame *frame = &source->frame;
    if (frame->kind == AP_FRAME_MODES) {
        hear(engine, source);
        return;
    }
    if (frame->kind == AP_FRAME_ASTERIX) {
        track(engine); /* so that the batch holds a whole datagram's records */
        (void)ap_asterix_editions_hear(&engine->config.editions, frame->data, frame->size);
        if (engine->config.sinks.on_asterix)
            engine->config.sinks.on_asterix(engine->config.sinks.context, source->index,
                                            engine->now, frame->data, frame->size);
        ap_sense_asterix(&engine->sense, source->index, engine->now, frame->data, frame->size);
        return;
    }
    ap_sense_slice_take(&engine->sense, &engine->slice);
    ap_aircraft_row row;
    ap_err err = ap_feed_row(&source->feed, frame, &row);
    ap_sense_row(&engine->sense, source->index, engine->now, frame->size, err, &row);
}

ap_utc_ns ap_engine_slice_utc(ap_utc_ns now)
{
    return now == AP_UTC_UNKNOWN ? now : now / AP_ENGINE_SLICE_NS * AP_ENGINE_SLICE_NS;
}

static int64_t slice_of(ap_utc_ns now)
{
    return now == AP_UTC_UNKNOWN ? INT64_MIN : now / AP_ENGINE_SLICE_NS;
}

/* The only input begins again at an earlier time: what is known of the later time ends, and the
 * picture goes on from there. Beside other inputs its frames are late, and counted as such. */
static void restart(ap_engine *engine, ap_source *source)
{
    track(engine);
    if (engine->config.source_cap != 1)
        return;
    ap_sense_flush(&engine->sense);
    ap_refusals_add(&source->refused_before, ap_sense_refused(&engine->sense, 0));
    (void)init_sense(engine); /* the same configuration and memory were good before */
    ap_tracker_flush(&engine->tracker);
    ap_tracker_restart(&engine->tracker, source->receive_utc);
    tell(engine);
    engine->now = source->receive_utc;
    engine->restart_count++;
    if (engine->config.sinks.on_restart)
        engine->config.sinks.on_restart(engine->config.sinks.context);
}

/* The map of the program, hops 3 to 8, one frame at a time. Watch, picture and publish hang on the
 * tracker's events (take_event, tell). */
bool ap_engine_take(ap_engine *engine, ap_source *source)
{
    if (source->restarted)
        restart(engine, source);
    int64_t slice = slice_of(engine->now);
    if (engine->now == AP_UTC_UNKNOWN || source->receive_utc > engine->now)
        engine->now = source->receive_utc;
    sense(engine, source);
    engine->frame_count++;
    source->has_frame = false;
    if (++engine->slice_count < AP_SENSE_SLICE && source->frame.kind != AP_FRAME_ASTERIX &&
        slice_of(engine->now) == slice)
        return false;
    track(engine);
    return true;
}

void ap_engine_step(ap_engine *engine, ap_utc_ns now)
{
    if (engine->now == AP_UTC_UNKNOWN || now > engine->now)
        engine->now = now;
    track(engine);
}

bool ap_engine_acknowledge(ap_engine *engine, ap_utc_ns now, uint32_t alert_id, const char *by)
{
    ap_engine_step(engine, now); /* an alert that this brings is there to be seen */
    const ap_alert *alert = ap_picture_find_alert(&engine->picture, alert_id);
    if (!alert || *alert->acknowledged_by)
        return alert != NULL;
    alert = ap_picture_acknowledge(&engine->picture, alert_id, by, now);
    if (engine->config.sinks.on_acknowledged)
        engine->config.sinks.on_acknowledged(engine->config.sinks.context, alert);
    return true;
}

void ap_engine_flush(ap_engine *engine)
{
    track(engine);
    ap_sense_flush(&engine->sense);
    ap_tracker_flush(&engine->tracker);
    tell(engine);
}

void ap_engine_close(ap_engine *engine)
{
    ap_threads_close(engine->threads);
    engine->threads = NULL;
    for (size_t i = 0; i < sizeof engine->memory / sizeof engine->memory[0]; i++) {
        ap_memory_give_back(engine->memory[i].data, engine->memory[i].size);
        engine->memory[i].data = NULL;
    }
}

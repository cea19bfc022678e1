#include "app/live_engine.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "base/arena.h"
#include "io/memory.h"

/* A connection with its framer, or the datagrams of an input. */
typedef struct ap_live_engine_stream {
    bool is_used;
    bool of_datagrams; /* framed as the records of a capture, each whole */
    uint16_t input, stream;
    ap_source source;
} ap_live_engine_stream;

void ap_live_engine_bind(ap_sensor_table *sensors, const ap_live_source *sources,
                         uint16_t source_count)
{
    for (uint16_t i = 0; i < sensors->count; i++) {
        ap_sensor *sensor = &sensors->sensor[i];
        for (uint16_t k = 0; k < source_count; k++)
            if (!sensor->has_sac_sic && sensor->input == AP_INPUT_NONE &&
                strcmp(sensor->name, sources[k].name) == 0)
                sensor->input = k;
    }
}

/* All memory; NULLs while the arena measures. */
static void lay_out(ap_live_engine *live, ap_arena *arena)
{
    uint16_t source_count = live->config.source_count, stream_cap = live->config.stream_cap;
    live->sources = ap_arena_take(arena, source_count, sizeof *live->sources);
    live->slots = ap_arena_take(arena, source_count, sizeof *live->slots);
    live->stats = ap_arena_take(arena, source_count, sizeof *live->stats);
    live->streams = ap_arena_take(arena, stream_cap, sizeof *live->streams);
    live->framers = ap_arena_take_raw(arena, stream_cap, AP_FRAMER_SIZE);
}

static bool take_memory(ap_live_engine *live)
{
    ap_region *region = live->engine->config.region;
    ap_arena arena = ap_arena_measure();
    lay_out(live, &arena);
    size_t size = ap_arena_need(&arena);
    void *memory = region ? ap_region_take(region, size) : ap_memory_take(size);
    if (!memory)
        return false;
    live->memory = region ? NULL : memory;
    live->memory_size = size;
    arena = ap_arena_over(memory, size);
    lay_out(live, &arena);
    return true;
}

int ap_live_engine_init(ap_live_engine *live, const ap_live_engine_config *config)
{
    assert(config->source_count >= 1 && config->source_count <= AP_INPUT_CAP);
    assert(config->stream_cap >= config->source_count);
    assert(config->engine->config.source_cap == config->source_count);
    *live = (ap_live_engine){ .config = *config, .engine = config->engine };
    if (!take_memory(live)) {
        snprintf(live->message, sizeof live->message, "memory is exhausted; lower the capacities");
        return AP_EXIT_SOFTWARE;
    }
    memcpy(live->sources, config->sources, config->source_count * sizeof *live->sources);
    live->config.sources = live->sources;
    for (size_t i = 0; i < config->source_count; i++)
        live->stats[i] = (ap_live_source_stats){ .first_utc = AP_UTC_UNKNOWN,
                                                 .last_utc = AP_UTC_UNKNOWN,
                                                 .format = live->sources[i].format };
    return AP_EXIT_OK;
}

/* --- streams --- */

static bool is_of(const ap_live_engine_stream *stream, const ap_chunk *chunk)
{
    return stream->is_used && stream->input == chunk->input && stream->stream == chunk->stream;
}

static ap_live_engine_stream *find(ap_live_engine *live, const ap_chunk *chunk)
{
    ap_live_engine_stream *newest = &live->streams[live->slots[chunk->input]];
    if (is_of(newest, chunk))
        return newest;
    for (size_t i = 0; i < live->config.stream_cap; i++) {
        if (is_of(&live->streams[i], chunk)) {
            live->slots[chunk->input] = (uint16_t)i;
            return &live->streams[i];
        }
    }
    return NULL;
}

/* Binary formats whose datagrams are whole, as in a capture; lines go on from one to the next. */
static bool is_framed_by_datagram(ap_format format)
{
    return format == AP_FORMAT_AUTO || format == AP_FORMAT_ASTERIX || format == AP_FORMAT_ORADIS ||
           format == AP_FORMAT_BEAST;
}

static void feed_capture_head(ap_source *source)
{
    uint8_t head[AP_PCAP_HEAD_SIZE];
    ap_writer writer = ap_writer_of(head, sizeof head);
    ap_pcap_head(&writer);
    ap_source_feed(source, head, writer.size);
}

/* The first free place. Each other input that has none keeps one: what comes in on one input, be it
 * connections without end, leaves nobody else unheard. stream_cap: there is none. */
static size_t find_place(const ap_live_engine *live, uint16_t input)
{
    size_t cap = live->config.stream_cap, place = cap, free_count = 0, kept_count = 0;
    bool is_heard[AP_INPUT_CAP] = { false };
    is_heard[input] = true;
    for (size_t i = 0; i < cap; i++) {
        if (live->streams[i].is_used)
            is_heard[live->streams[i].input] = true;
        else if (free_count++ == 0)
            place = i;
    }
    for (size_t i = 0; i < live->config.source_count; i++)
        kept_count += !is_heard[i];
    return free_count > kept_count ? place : cap;
}

static ap_live_engine_stream *begin(ap_live_engine *live, const ap_chunk *chunk)
{
    size_t i = find_place(live, chunk->input);
    if (i == live->config.stream_cap) {
        live->stats[chunk->input].connection_refused_count++;
        return NULL;
    }
    ap_live_engine_stream *stream = &live->streams[i];
    ap_format format = live->sources[chunk->input].format;
    *stream = (ap_live_engine_stream){ .is_used = true,
                                       .of_datagrams = chunk->kind == AP_CHUNK_DATAGRAM &&
                                                       is_framed_by_datagram(format),
                                       .input = chunk->input,
                                       .stream = chunk->stream };
    ap_source_open_live(&stream->source, live->sources[chunk->input].name, chunk->input,
                        stream->of_datagrams ? AP_FORMAT_PCAP : format,
                        &live->engine->config.editions, live->framers + i * AP_FRAMER_SIZE);
    stream->source.receivers = &live->engine->receivers;
    if (stream->of_datagrams)
        feed_capture_head(&stream->source);
    live->stats[chunk->input].connection_count++;
    live->slots[chunk->input] = (uint16_t)i;
    return stream;
}

static void tell_time(const ap_live_engine *live)
{
    if (live->config.on_time)
        live->config.on_time(live->config.context, live->engine->now);
}

/* Hops 2 to 8 for every whole frame that is there. */
static void take_frames(ap_live_engine *live, ap_live_engine_stream *stream, ap_utc_ns receive_utc)
{
    while (ap_source_take(&stream->source, receive_utc))
        if (ap_engine_take(live->engine, &stream->source))
            tell_time(live);
}

static void end(ap_live_engine *live, ap_live_engine_stream *stream, ap_utc_ns receive_utc)
{
    ap_live_source_stats *stats = &live->stats[stream->input];
    ap_source_feed(&stream->source, NULL, 0);
    take_frames(live, stream, receive_utc);
    ap_refusals_add(&stats->refused, &stream->source.framer.refused);
    stats->frame_count += stream->source.framer.frame_count;
    stream->is_used = false;
}

/* --- chunks --- */

static void take_octets(ap_live_engine *live, const ap_chunk *chunk)
{
    ap_live_engine_stream *stream = find(live, chunk);
    if (!stream)
        stream = begin(live, chunk); /* datagrams have no begin; others lost theirs */
    if (!stream)
        return;
    ap_live_source_stats *stats = &live->stats[chunk->input];
    stats->byte_count += chunk->size;
    if (stream->of_datagrams)
        ap_source_feed(&stream->source, chunk->record, ap_recording_size(chunk->size));
    else if (chunk->size > 0)
        ap_source_feed(&stream->source, chunk->data, chunk->size);
    take_frames(live, stream, chunk->receive_utc);
    stats->is_unknown = stream->source.framer.unknown;
    if (!stream->of_datagrams)
        stats->format = stream->source.framer.format;
}

static void acknowledge(ap_live_engine *live, const ap_chunk *chunk)
{
    ap_acknowledgement said;
    if (ap_acknowledgement_take(chunk->data, chunk->size, &said) ||
        !ap_engine_acknowledge(live->engine, chunk->receive_utc, said.alert_id, said.by))
        live->unlisted_count++;
    tell_time(live);
}

void ap_live_engine_chunk(ap_live_engine *live, const ap_chunk *chunk)
{
    live->chunk_count++;
    if (chunk->kind == AP_CHUNK_ACKNOWLEDGE) {
        acknowledge(live, chunk);
        return;
    }
    if (chunk->kind == AP_CHUNK_TICK) {
        ap_engine_step(live->engine, chunk->receive_utc);
        tell_time(live);
        return;
    }
    if (chunk->input >= live->config.source_count) {
        live->unlisted_count++;
        return;
    }
    ap_live_source_stats *stats = &live->stats[chunk->input];
    stats->chunk_count++;
    stats->last_utc = chunk->receive_utc;
    if (stats->first_utc == AP_UTC_UNKNOWN)
        stats->first_utc = chunk->receive_utc;
    ap_live_engine_stream *stream;
    switch (chunk->kind) {
    case AP_CHUNK_BEGIN:
    case AP_CHUNK_END:
        stream = find(live, chunk);
        if (stream)
            end(live, stream, chunk->receive_utc);
        if (chunk->kind == AP_CHUNK_BEGIN)
            (void)begin(live, chunk); /* a refused one is counted */
        break;
    case AP_CHUNK_DATAGRAM:
    case AP_CHUNK_DATA:
        take_octets(live, chunk);
        break;
    default: /* descriptions are for people */
        break;
    }
}

void ap_live_engine_settle(ap_live_engine *live)
{
    ap_engine_step(live->engine, live->engine->now);
}

ap_live_source_stats ap_live_engine_stats(const ap_live_engine *live, uint16_t input)
{
    ap_live_source_stats stats = live->stats[input];
    for (size_t i = 0; i < live->config.stream_cap; i++) {
        const ap_live_engine_stream *stream = &live->streams[i];
        if (!stream->is_used || stream->input != input)
            continue;
        ap_refusals_add(&stats.refused, &stream->source.framer.refused);
        stats.frame_count += stream->source.framer.frame_count;
    }
    ap_refusals_add(&stats.refused, ap_sense_refused(&live->engine->sense, input));
    return stats;
}

void ap_live_engine_rebind(ap_live_engine *live, const ap_live_engine *fresh)
{
    live->config.on_time = fresh->config.on_time;
    live->config.context = fresh->config.context;
    for (size_t i = 0; i < live->config.stream_cap; i++)
        live->streams[i].source.format_option = AP_SOURCE_LIVE_OPTION;
}

bool ap_live_engine_find(const ap_live_engine *live, uint16_t slot, uint16_t *input,
                         uint16_t *stream)
{
    const ap_live_engine_stream *found = &live->streams[slot];
    *input = found->input;
    *stream = found->stream;
    return found->is_used;
}

void ap_live_engine_close(ap_live_engine *live)
{
    ap_memory_give_back(live->memory, live->memory_size);
    live->memory = NULL;
    live->streams = NULL;
}

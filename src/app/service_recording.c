#include "app/service_recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/paths.h"
#include "io/recorder.h"
#include "wire/json_read.h"

#define ABOUT_SIZE_MAX 1024

/* --- what the inputs are --- */

static bool string_of(const ap_json_doc *doc, const char *name, char *text, size_t size)
{
    uint32_t from = 1, node = ap_json_member(doc, 0, name, strlen(name), &from);
    size_t used;
    if (node == AP_JSON_NONE || doc->node[node].kind != AP_JSON_STRING ||
        !ap_json_octets(doc, node, (uint8_t *)text, size - 1, &used))
        return false;
    text[used] = '\0';
    return true;
}

/* A whole number of [min, max]. */
static bool cap_of(const ap_json_doc *doc, const char *name, double min, double max, uint32_t *cap)
{
    uint32_t from = 1, node = ap_json_member(doc, 0, name, strlen(name), &from);
    if (node == AP_JSON_NONE || doc->node[node].kind != AP_JSON_NUMBER)
        return false;
    ap_json_number number = ap_json_number_of(doc, node);
    double value = ap_json_double(&number);
    if (!(value >= min && value <= max))
        return false;
    *cap = (uint32_t)value;
    return true;
}

static bool read_about(const ap_chunk *chunk, ap_live_source *source, ap_service_caps *caps)
{
    int memory[AP_JSON_READ_MEM(ABOUT_SIZE_MAX) / sizeof(int) + 1];
    ap_json_doc doc;
    char format[16];
    if (chunk->size > ABOUT_SIZE_MAX ||
        ap_json_read(&doc, (const char *)chunk->data, chunk->size, memory, sizeof memory) ||
        doc.count == 0 || doc.node[0].kind != AP_JSON_OBJECT ||
        !string_of(&doc, "input", source->name, sizeof source->name) ||
        !string_of(&doc, "format", format, sizeof format))
        return false;
    caps->is_told = cap_of(&doc, "track_cap", 16, 1e6, &caps->track_cap) &&
                    cap_of(&doc, "aircraft_cap", 64, 4e6, &caps->aircraft_cap) &&
                    cap_of(&doc, "receiver_cap", 0, 6e4, &caps->receiver_cap) &&
                    cap_of(&doc, "connection_cap", 1, 8192, &caps->connection_cap);
    source->format = ap_format_of_key(format);
    return source->format != AP_FORMAT_COUNT;
}

/* Descriptions stand in front, input by input. */
static bool take_about(void *context, const ap_chunk *chunk)
{
    ap_service_recording *recording = context;
    if (chunk->kind != AP_CHUNK_ABOUT || chunk->input != recording->source_count ||
        recording->source_count == AP_INPUT_CAP)
        return false;
    ap_live_source *more =
        realloc(recording->sources, (recording->source_count + 1u) * sizeof *recording->sources);
    if (!more)
        return false;
    recording->sources = more;
    if (!read_about(chunk, &more[recording->source_count], &recording->caps))
        return false;
    recording->source_count++;
    return true;
}

/* Descriptions of a further file. */
typedef struct comparison {
    const ap_service_recording *first;
    uint16_t count;
    bool differs;
} comparison;

static bool compare_about(void *context, const ap_chunk *chunk)
{
    comparison *c = context;
    ap_live_source source;
    ap_service_caps caps;
    if (chunk->kind != AP_CHUNK_ABOUT)
        return false;
    c->differs |= c->count >= c->first->source_count || chunk->input != c->count ||
                  !read_about(chunk, &source, &caps) ||
                  strcmp(source.name, c->first->sources[c->count].name) != 0 ||
                  source.format != c->first->sources[c->count].format;
    c->count++;
    return !c->differs;
}

static bool is_of_same_inputs(const ap_service_recording *recording, const char *path)
{
    char message[AP_IO_MESSAGE_SIZE];
    comparison c = { .first = recording };
    (void)ap_recording_read(path, compare_about, &c, message); /* damage is told when it is run */
    return !c.differs && c.count == recording->source_count;
}

static ap_err fail(ap_service_recording *recording, ap_err err, const char *path, const char *what)
{
    char shown[256];
    snprintf(recording->message, sizeof recording->message, "'%s' %s",
             ap_path_text(path, shown, sizeof shown), what);
    return err;
}

ap_err ap_service_recording_open(ap_service_recording *recording, const char *const *paths,
                                 size_t path_count, bool *is_one)
{
    *recording = (ap_service_recording){ .paths = paths, .path_count = path_count };
    *is_one = false;
    for (size_t i = 0; i < path_count; i++) {
        bool is = strcmp(paths[i], "-") != 0 && ap_recording_is_file(paths[i]);
        if (i > 0 && is != *is_one)
            return fail(recording, AP_ERR_MALFORMED, paths[i],
                        is ? "was recorded by the service, and those before it were not; replay "
                             "them apart"
                           : "was not recorded by the service, as those before it were; replay it "
                             "apart");
        *is_one = is;
    }
    if (!*is_one)
        return AP_OK;
    ap_err err = ap_recording_read(paths[0], take_about, recording, recording->message);
    if (!err && recording->source_count == 0)
        err = fail(recording, AP_ERR_MALFORMED, paths[0],
                   "does not say what was received; is it whole?");
    for (size_t i = 1; !err && i < path_count; i++)
        if (!is_of_same_inputs(recording, paths[i]))
            err = fail(recording, AP_ERR_MALFORMED, paths[i],
                       "is of other inputs than those before it; replay them apart");
    return err;
}

/* --- what they delivered --- */

ap_err ap_service_recording_start(ap_service_recording *recording, ap_engine *engine,
                                  void (*on_time)(void *context, ap_utc_ns now), void *context)
{
    unsigned streams = recording->source_count + 1024u;
    if (recording->caps.is_told)
        streams = recording->caps.connection_cap > recording->source_count
                      ? recording->caps.connection_cap
                      : recording->source_count;
    const ap_live_engine_config config = { .engine = engine,
                                           .sources = recording->sources,
                                           .source_count = recording->source_count,
                                           .stream_cap = (uint16_t)streams,
                                           .on_time = on_time,
                                           .context = context };
    if (ap_live_engine_init(&recording->live, &config)) {
        strcpy(recording->message, recording->live.message);
        return AP_ERR_MEMORY;
    }
    recording->is_live = true;
    return AP_OK;
}

typedef struct reading {
    ap_service_recording *recording;
    ap_utc_ns to_utc;
    bool (*goes_on)(void *context);
    void *context;
    bool is_over;
} reading;

static bool take_chunk(void *context, const ap_chunk *chunk)
{
    reading *r = context;
    if (chunk->kind == AP_CHUNK_ABOUT)
        return true;
    r->is_over = chunk->receive_utc >= r->to_utc || !r->goes_on(r->context);
    if (!r->is_over)
        ap_live_engine_chunk(&r->recording->live, chunk);
    return !r->is_over;
}

ap_err ap_service_recording_run(ap_service_recording *recording, ap_utc_ns to_utc,
                                bool (*goes_on)(void *context), void *context)
{
    reading r = {
        .recording = recording, .to_utc = to_utc, .goes_on = goes_on, .context = context
    };
    ap_err first = AP_OK;
    for (size_t i = 0; i < recording->path_count && !r.is_over; i++) {
        char message[AP_IO_MESSAGE_SIZE];
        ap_err err = ap_recording_read(recording->paths[i], take_chunk, &r, message);
        if (err && !first) {
            first = err;
            strcpy(recording->message, message);
        }
        recording->paths_done = i + 1;
    }
    ap_live_engine_settle(&recording->live);
    return first;
}

void ap_service_recording_close(ap_service_recording *recording)
{
    if (recording->is_live)
        ap_live_engine_close(&recording->live);
    recording->is_live = false;
    free(recording->sources);
    recording->sources = NULL;
}

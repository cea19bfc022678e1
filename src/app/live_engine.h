/* The engine behind live inputs: chunks in (wire/recording.h), tracks out. Hop 2 for every
 * connection, then the engine's own.
 *
 * It has no clock and no inputs: the same chunks in the same order give the same bytes, whether
 * they come from sockets as they are received or from a recording years later. */
#ifndef AP_APP_LIVE_ENGINE_H
#define AP_APP_LIVE_ENGINE_H

#include "app/engine.h"
#include "wire/recording.h"

#define AP_LIVE_NAME_SIZE 64

/* One input as the engine knows it. */
typedef struct ap_live_source {
    char name[AP_LIVE_NAME_SIZE];
    ap_format format;
} ap_live_source;

typedef struct ap_live_engine_config {
    ap_engine *engine;             /* the caller's, for source_count sources; outlives this one */
    const ap_live_source *sources; /* [source_count], copied */
    uint16_t source_count;         /* [1, AP_INPUT_CAP] */
    uint16_t stream_cap;           /* connections at once, of all inputs; one of them is kept for
                                    * each input that has none; half a megabyte each;
                                    * [source_count, 8192] */
    /* The time of the picture, each time that the tracker has stepped, but for settle; or NULL. */
    void (*on_time)(void *context, ap_utc_ns now);
    void *context;
} ap_live_engine_config;

/* What became of an input's chunks before a sensor was known. */
typedef struct ap_live_source_stats {
    uint64_t chunk_count, byte_count, frame_count;
    uint64_t connection_count, connection_refused_count; /* refused: stream_cap was reached */
    ap_utc_ns first_utc, last_utc;                       /* AP_UTC_UNKNOWN before the first */
    ap_format format;                                    /* of the newest connection, recognised */
    bool is_unknown; /* it is in no format that is recognised: nothing is taken until the next */
    ap_refusals refused;
} ap_live_source_stats;

struct ap_live_engine_stream;

typedef struct ap_live_engine {
    ap_live_engine_config config;
    ap_engine *engine;
    void *memory; /* not of a region: what close gives back */
    size_t memory_size;
    ap_live_source *sources;               /* [config.source_count] */
    uint16_t *slots;                       /* [config.source_count], of the newest stream */
    ap_live_source_stats *stats;           /* [config.source_count] */
    struct ap_live_engine_stream *streams; /* [config.stream_cap] */
    uint8_t *framers;                      /* AP_FRAMER_SIZE each */
    uint64_t chunk_count;
    uint64_t unlisted_count; /* chunks of inputs or alerts that are none of ours */
    char message[AP_IO_MESSAGE_SIZE];
} ap_live_engine;

/* Sensors of the table that hear one input only, and have an input's name, hear that: a receiver of
 * ADS-B has no other mark. Before ap_engine_open. */
void ap_live_engine_bind(ap_sensor_table *sensors, const ap_live_source *sources,
                         uint16_t source_count);

/* Takes the memory, from the engine's region if it has one. Returns an exit status; the message
 * says why. */
int ap_live_engine_init(ap_live_engine *live, const ap_live_engine_config *config);

/* Takes a chunk in; receive times increase from call to call. What it holds of whole frames goes
 * through; the last of them may wait for ap_live_engine_settle. */
void ap_live_engine_chunk(ap_live_engine *live, const ap_chunk *chunk);

/* Works off what waits: call it when there is no further chunk yet. It changes no bytes of what
 * comes out. */
void ap_live_engine_settle(ap_live_engine *live);

ap_live_source_stats ap_live_engine_stats(const ap_live_engine *live, uint16_t input);

/* As ap_engine_rebind, for a live engine in the same region. The connections that the other run had
 * are still there: see ap_live_engine_find. */
void ap_live_engine_rebind(ap_live_engine *live, const ap_live_engine *fresh);

/* The connection in slot [0, stream_cap); false: none. After a restart each is told to have ended,
 * by a chunk, so that a recording holds that too. */
bool ap_live_engine_find(const ap_live_engine *live, uint16_t slot, uint16_t *input,
                         uint16_t *stream);

/* Safe twice. */
void ap_live_engine_close(ap_live_engine *live);

#endif

/* What the kinds of live inputs share: for io/live_*.c alone. */
#ifndef AP_IO_LIVE_INPUT_H
#define AP_IO_LIVE_INPUT_H

#include <stddef.h>

#include "io/live_in.h"
#include "io/loop_fd.h"

typedef struct ap_live_input ap_live_input;

/* A kind of input. Only `tick` may be NULL. */
typedef struct ap_live_ops {
    size_t own_size; /* of what it keeps for one input */
    /* Reads the configuration into its own; AP_ERR_CONFIG with `message`. */
    ap_err (*check)(ap_live_input *input, char message[AP_IO_MESSAGE_SIZE]);
    /* A try: ends with ap_live_up, ap_live_lost or ap_live_end, or does so later. */
    void (*open)(ap_live_input *input);
    /* Lets go of everything that open took, however far it came, and ends its streams. */
    void (*close)(ap_live_input *input);
    /* Every AP_LIVE_TICK_MS while it is connecting or connected. */
    void (*tick)(ap_live_input *input);
} ap_live_ops;

#define AP_LIVE_TICK_MS 50

struct ap_live_in_state {
    ap_loop *loop;
    ap_live_clock *clock;
    ap_live_chunk_fn fn;
    void *context;
    bool is_delivering;
    int64_t now_ns; /* monotonic, of the newest tick */
    ap_live_input *inputs[AP_LIVE_INPUT_CAP];
    uint32_t used[AP_LIVE_INPUT_CAP], used_count; /* indices that are taken, for a quick walk */
    void *batch; /* of datagrams; NULL before the first UDP input */
    uint8_t bytes[AP_LIVE_CHUNK_CAP];
};

struct ap_live_input {
    struct ap_live_in_state *set;
    uint32_t index;
    ap_live_config config; /* its texts are the input's */
    ap_live_stats stats;
    uint32_t tries; /* failed, since data came */
    int64_t retry_ns, up_ns;
    void *own; /* of its kind */
};

extern const ap_live_ops ap_live_udp_ops, ap_live_connect_ops, ap_live_listen_ops,
    ap_live_serial_ops, ap_live_stdin_ops, ap_live_follow_ops;

/* It receives from now on. */
void ap_live_up(ap_live_input *input);

/* It does not, for this reason: closed, and tried again later. */
void ap_live_lost(ap_live_input *input, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* It never will again. */
void ap_live_end(ap_live_input *input, const char *reason);

/* Keeps what went wrong in one connection, while the input goes on. */
void ap_live_note(ap_live_input *input, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Counts a chunk and hands it on; receive_utc is filled in by the caller. */
void ap_live_emit(ap_live_input *input, ap_live_chunk *chunk);

/* A stream of an input: a connection, a device, a file. */
typedef struct ap_live_stream {
    ap_live_input *input;
    ap_loop_fd *fd; /* NULL: none */
    uint16_t slot;
    bool is_open;     /* BEGIN was told */
    bool has_sent;    /* anything, since then */
    int64_t heard_ns; /* the newest of it, or the beginning */
    uint8_t peer[16];
    uint16_t peer_port;
} ap_live_stream;

void ap_live_stream_begin(ap_live_stream *stream);
void ap_live_stream_data(ap_live_stream *stream, const uint8_t *data, size_t size);

/* Tells END if BEGIN was told, and closes the descriptor if there is one. */
void ap_live_stream_end(ap_live_stream *stream);

typedef enum ap_live_read {
    AP_LIVE_READ_DATA,
    AP_LIVE_READ_NOTHING, /* until it is readable again */
    AP_LIVE_READ_END,
    AP_LIVE_READ_ERROR, /* errno */
} ap_live_read;

/* Reads once from a descriptor and hands on what came. */
ap_live_read ap_live_stream_read(ap_live_stream *stream, int fd);

/* True when the stream has been silent for longer than the input allows. */
bool ap_live_stream_is_idle(const ap_live_stream *stream);

void ap_live_udp_free_batch(void *batch);

#endif

/* Clients of the service's stream that read as fast as they can, for bench/stream.py, which says
 * what the service had to do. Latency: from the time of the picture that a message tells, which is
 * when its newest report was received, to the last octet of it at a client.
 *
 *   bench.stream PORT CLIENTS SECONDS [gzip]     says "ready" when all follow, and SECONDS later
 * the figures; with gzip clients ask for packed messages, and unpack their heads
 *
 * In turns of TURN_S seconds all read and all but one; latency of the others is told of each turn,
 * since the machine may be busy in one and not in the next. */
#include <arpa/inet.h>
#include <endian.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum {
    CLIENT_CAP = 1200,
    TURN_CAP = 64,
    SAMPLE_CAP = 60000, /* of a turn */
    PIECE = 1 << 18,
    HEAD_SIZE = 24,   /* of a message, up to its time */
    KEPT_SIZE = 1024, /* of one, so that a packed head is whole */
    TURN_S = 2,
    CLIENTS_AN_ADDRESS = 10, /* the service bounds what one address may ask */
    OPCODE_PING = 9,
    KIND_SNAPSHOT = 2,
    KIND_CHANGES = 3
};

/* Where a client stands in what it is sent: a frame's head, then its payload. */
typedef struct reader {
    int fd;
    uint8_t head[10];
    size_t head_size;
    uint64_t left; /* of the payload */
    uint8_t message[KEPT_SIZE];
    size_t message_size; /* of all its frames so far */
    uint8_t control[125];
    size_t control_size;
    bool stops;
} reader;

typedef struct figures {
    uint32_t sample_us[TURN_CAP][SAMPLE_CAP];
    size_t count[TURN_CAP];
    uint64_t size, message_count;
    int turn; /* -1: none has begun; in odd ones a client does not read */
} figures;

static int64_t now_us(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static void give_up(const char *what)
{
    perror(what);
    exit(1);
}

/* The head of a packed message takes the place of its octets. */
static void unpack_head(reader *r)
{
    uint8_t head[HEAD_SIZE];
    z_stream stream = { .next_in = r->message,
                        .avail_in = r->message_size < KEPT_SIZE ? (uInt)r->message_size : KEPT_SIZE,
                        .next_out = head,
                        .avail_out = sizeof head };
    if (inflateInit2(&stream, 15 + 16) != Z_OK)
        give_up("inflate");
    (void)inflate(&stream, Z_SYNC_FLUSH);
    (void)inflateEnd(&stream);
    if (stream.avail_out == 0)
        memcpy(r->message, head, sizeof head);
}

static void take_message(reader *r, figures *f)
{
    uint64_t picture_us;
    if (r->message[0] == 0x1F)
        unpack_head(r);
    uint8_t kind = r->message[3];
    if (r->message_size < HEAD_SIZE || (kind != KIND_SNAPSHOT && kind != KIND_CHANGES))
        return;
    memcpy(&picture_us, r->message + 16, sizeof picture_us);
    int64_t taken_us = now_us(CLOCK_REALTIME) - (int64_t)le64toh(picture_us);
    f->message_count++;
    if (!r->stops && f->turn >= 0 && f->count[f->turn] < SAMPLE_CAP)
        f->sample_us[f->turn][f->count[f->turn]++] = taken_us < 0 ? 0 : (uint32_t)taken_us;
}

/* The frame's head is whole: its size, and whether a message begins. */
static void take_head(reader *r)
{
    uint8_t code = r->head[1] & 127;
    r->left = code;
    if (code == 126)
        r->left = (uint64_t)r->head[2] << 8 | r->head[3];
    for (int i = 0; code == 127 && i < 8; i++)
        r->left = (i ? r->left << 8 : 0) | r->head[2 + i];
    if ((r->head[0] & 15) == 1 || (r->head[0] & 15) == 2)
        r->message_size = 0;
    r->control_size = 0;
}

/* What a ping held comes back, masked by zeros. */
static void answer_ping(const reader *r)
{
    uint8_t pong[6 + sizeof r->control] = { 0x8a, (uint8_t)(0x80 | r->control_size) };
    memcpy(pong + 6, r->control, r->control_size);
    (void)send(r->fd, pong, 6 + r->control_size, MSG_NOSIGNAL);
}

static void take_payload(reader *r, const uint8_t *data, size_t size)
{
    if (r->head[0] & 8) {
        for (size_t i = 0; i < size && r->control_size < sizeof r->control; i++)
            r->control[r->control_size++] = data[i];
        return;
    }
    for (size_t i = 0; i < size && r->message_size + i < KEPT_SIZE; i++)
        r->message[r->message_size + i] = data[i];
    r->message_size += size;
}

static size_t head_need(const reader *r)
{
    if (r->head_size < 2)
        return 2;
    uint8_t code = r->head[1] & 127;
    return code == 127 ? 10 : code == 126 ? 4 : 2;
}

static void take(reader *r, const uint8_t *data, size_t size, figures *f)
{
    while (size > 0) {
        if (r->left > 0) {
            size_t part = r->left < size ? (size_t)r->left : size;
            take_payload(r, data, part);
            r->left -= part;
            data += part;
            size -= part;
        } else {
            r->head[r->head_size++] = *data++;
            size--;
            if (r->head_size < 2 || r->head_size < head_need(r))
                continue;
            take_head(r);
        }
        if (r->left == 0 && r->head_size > 0) {
            if ((r->head[0] & 15) == OPCODE_PING)
                answer_ping(r);
            else if ((r->head[0] & 0x88) == 0x80)
                take_message(r, f);
            r->head_size = 0;
        }
    }
}

static void read_on(reader *r, figures *f)
{
    static uint8_t piece[PIECE];
    ssize_t got = recv(r->fd, piece, sizeof piece, MSG_DONTWAIT);
    if (got == 0) {
        fputs("the service cut a client\n", stderr);
        exit(1);
    }
    if (got < 0)
        return;
    f->size += (uint64_t)got;
    take(r, piece, (size_t)got, f);
}

static int follow(uint16_t port, int number)
{
    static const char request[] =
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } },
                       from = { .sin_family = AF_INET,
                                .sin_addr = { htonl(INADDR_LOOPBACK + 0x100 +
                                                    (uint32_t)(number / CLIENTS_AN_ADDRESS)) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) ||
        connect(fd, (struct sockaddr *)&to, sizeof to) ||
        write(fd, request, sizeof request - 1) != (ssize_t)sizeof request - 1)
        give_up("client");
    uint32_t last = 0;
    char status[13] = "";
    uint8_t byte;
    for (size_t i = 0; last != 0x0d0a0d0a; i++) {
        if (read(fd, &byte, 1) != 1)
            give_up("client");
        if (i < sizeof status - 1)
            status[i] = (char)byte;
        last = last << 8 | byte;
    }
    if (strcmp(status, "HTTP/1.1 101") != 0) {
        fprintf(stderr, "the service answers '%s'\n", status);
        exit(1);
    }
    return fd;
}

static int compare(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;
    return (one > two) - (one < two);
}

static double percentile_ms(const figures *f, int turn, double share)
{
    size_t count = f->count[turn];
    return count ? f->sample_us[turn][(size_t)(share * (double)(count - 1))] / 1e3 : -1.0;
}

static void tell(figures *f, double seconds)
{
    printf("{\"messages_per_s\": %.1f, \"mb_per_s\": %.1f, \"turns\": [",
           (double)f->message_count / seconds, (double)f->size / seconds / 1e6);
    for (int i = 0; i <= f->turn; i++) {
        qsort(f->sample_us[i], f->count[i], sizeof f->sample_us[i][0], compare);
        printf("%s{\"stopped\": %d, \"p50_ms\": %.3f, \"p99_ms\": %.3f}", i > 0 ? ", " : "", i % 2,
               percentile_ms(f, i, 0.5), percentile_ms(f, i, 0.99));
    }
    puts("]}");
}

static void follow_all(reader *readers, int poller, double seconds, figures *f)
{
    static struct epoll_event events[256];
    struct epoll_event first = { .events = EPOLLIN, .data = { .ptr = &readers[0] } };
    bool has_stopped = false;
    int64_t begin_us = now_us(CLOCK_MONOTONIC), passed_us;
    while ((passed_us = now_us(CLOCK_MONOTONIC) - begin_us) < (int64_t)(seconds * 1e6)) {
        int64_t turn = passed_us / (TURN_S * INT64_C(1000000));
        f->turn = turn < TURN_CAP ? (int)turn : TURN_CAP - 1;
        bool stop = f->turn % 2 == 1;
        if (stop != has_stopped)
            (void)epoll_ctl(poller, stop ? EPOLL_CTL_DEL : EPOLL_CTL_ADD, readers[0].fd, &first);
        has_stopped = stop;
        int count = epoll_wait(poller, events, 256, 100);
        for (int i = 0; i < count; i++)
            read_on(events[i].data.ptr, f);
    }
}

/* What came while others still connected is no measure of anything. */
static void settle(int poller, figures *f)
{
    static struct epoll_event events[256];
    int64_t begin_us = now_us(CLOCK_MONOTONIC);
    f->turn = -1;
    while (now_us(CLOCK_MONOTONIC) - begin_us < 2000000) {
        int count = epoll_wait(poller, events, 256, 100);
        for (int i = 0; i < count; i++)
            read_on(events[i].data.ptr, f);
    }
    f->size = f->message_count = 0;
}

static void ask_packed(int fd)
{
    static const uint8_t ask[] = "\x81\x96\0\0\0\0{\"compression\":\"gzip\"}";
    if (write(fd, ask, sizeof ask - 1) != (ssize_t)sizeof ask - 1)
        give_up("client");
}

int main(int argc, char **argv)
{
    static reader readers[CLIENT_CAP];
    static figures f;
    bool packed = argc == 5 && strcmp(argv[4], "gzip") == 0;
    if (argc != 4 && !packed) {
        fputs("usage: bench.stream PORT CLIENTS SECONDS [gzip]; bench/stream.py starts it\n",
              stderr);
        return 64;
    }
    int count = atoi(argv[2]), poller = epoll_create1(EPOLL_CLOEXEC);
    struct rlimit limit;
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < count && i < CLIENT_CAP; i++) {
        readers[i] = (reader){ .fd = follow((uint16_t)atoi(argv[1]), i), .stops = i == 0 };
        if (packed)
            ask_packed(readers[i].fd);
        struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = &readers[i] } };
        (void)epoll_ctl(poller, EPOLL_CTL_ADD, readers[i].fd, &event);
    }
    settle(poller, &f);
    puts("ready");
    (void)fflush(stdout);
    follow_all(readers, poller, atof(argv[3]), &f);
    tell(&f, atof(argv[3]));
    return 0;
}

/* The HTTP server under 1,000 WebSocket clients that each get 10,000 tracks of 24 bytes a second,
 * in one message and in ten; with one of them that reads nothing for some seconds, in turns with
 * none, so that what else the machine does is the same for both; and under 5,000 connections that
 * ask nothing. Clients are another process. Latency: from the call that queues a message for the
 * first client until the last byte of it is read by each. Reached beside wanted; not an assertion,
 * because other programs share the processors.
 *
 *   bench.http [TURNS]      default: 4, of 6 s each */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "io/clock.h"
#include "io/http.h"

enum {
    CLIENT_COUNT = 1000,
    SILENT_COUNT = 5000,
    TICK_BYTES = 240000, /* 10,000 tracks of 24 */
    MESSAGE_CAP = 2000,
    SAMPLE_CAP = 2000000,
    FRAME = 65536,
    ASK_COUNT = 300,
    TURN_S = 3,
    MICROSECONDS = 1000
};

/* What both processes see. */
typedef struct board {
    int64_t sent_ns[MESSAGE_CAP];
    volatile int phase; /* of the client: 0 connects, 1 reads, 2 one has stopped, 3 ends */
    volatile int ready;
    size_t wire_size; /* of one message with its frame headers */
    size_t sample_count[2];
    uint32_t sample_us[2][SAMPLE_CAP];
} board;

typedef struct server {
    ap_http http;
    uv_loop_t loop;
    uv_timer_t timer;
    ap_ws_client *client[CLIENT_COUNT];
    size_t client_count, message_count, message_size;
    board *b;
} server;

static size_t wire_size(size_t size)
{
    size_t wire = 0;
    for (size_t at = 0; at < size; at += FRAME) {
        size_t part = size - at < FRAME ? size - at : FRAME;
        wire += part + (part < 126 ? 2 : part < FRAME ? 4 : 10);
    }
    return wire;
}

static bool on_open(void *context, ap_ws_client *client, const ap_http_request *request,
                    const char *sub_protocol, ap_http_reply *reply)
{
    server *s = context;
    (void)request;
    (void)sub_protocol;
    (void)reply;
    s->client[s->client_count++] = client;
    return true;
}

static void on_close(void *context, ap_ws_client *client)
{
    server *s = context;
    for (size_t i = 0; i < s->client_count; i++)
        if (s->client[i] == client) {
            s->client[i] = s->client[--s->client_count];
            return;
        }
}

static void on_request(void *context, const ap_http_request *request, ap_http_reply *reply)
{
    (void)context;
    (void)request;
    ap_http_reply_text(reply, "text/plain", "ok", 2);
}

static void on_tick(uv_timer_t *timer)
{
    server *s = timer->data;
    if (s->message_count == MESSAGE_CAP)
        return;
    ap_shared_bytes *message = ap_shared_bytes_make(s->message_size);
    memset(ap_shared_bytes_data(message), (int)s->message_count, s->message_size);
    s->b->sent_ns[s->message_count++] = ap_clock_monotonic_ns();
    for (size_t i = s->client_count; i-- > 0;)
        (void)ap_ws_send(s->client[i], message, true);
    ap_shared_bytes_drop(message);
}

static int join(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("client");
        _exit(1);
    }
    return fd;
}

/* Byte by byte to the end of the head; false when the connection ends before. */
static bool read_head(int fd)
{
    uint32_t last = 0;
    uint8_t byte;
    while (last != 0x0d0a0d0a && read(fd, &byte, 1) == 1)
        last = last << 8 | byte;
    return last == 0x0d0a0d0a;
}

static void shake_hands(int fd)
{
    static const char request[] =
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    if (write(fd, request, sizeof request - 1) != (ssize_t)sizeof request - 1 || !read_head(fd))
        _exit(1);
}

typedef struct reader {
    int fd;
    uint64_t got;
    size_t done; /* messages */
    bool stops;  /* now and then */
} reader;

/* Discards what has come; the system does not even copy it. */
static void read_on(reader *r, board *b)
{
    for (;;) {
        ssize_t got = recv(r->fd, NULL, 1 << 20, MSG_TRUNC | MSG_DONTWAIT);
        if (got <= 0)
            return;
        r->got += (uint64_t)got;
        int64_t now_ns = ap_clock_monotonic_ns();
        for (; (r->done + 1) * b->wire_size <= r->got; r->done++) {
            int phase = b->phase - 1;
            if (phase < 0 || phase > 1 || b->sample_count[phase] == SAMPLE_CAP || r->stops)
                continue;
            int64_t taken_ns = now_ns - b->sent_ns[r->done];
            b->sample_us[phase][b->sample_count[phase]++] = (uint32_t)(taken_ns / MICROSECONDS);
        }
    }
}

static void run_readers(uint16_t port, board *b)
{
    static reader readers[CLIENT_COUNT];
    static struct epoll_event events[256];
    int poller = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < CLIENT_COUNT; i++) {
        readers[i].fd = join(port);
        shake_hands(readers[i].fd);
        struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = &readers[i] } };
        (void)epoll_ctl(poller, EPOLL_CTL_ADD, readers[i].fd, &event);
    }
    b->ready = 1;
    bool has_stopped = false;
    readers[0].stops = true;
    while (b->phase < 3) {
        bool stop = b->phase == 2;
        struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = &readers[0] } };
        if (stop != has_stopped)
            (void)epoll_ctl(poller, stop ? EPOLL_CTL_DEL : EPOLL_CTL_ADD, readers[0].fd, &event);
        has_stopped = stop;
        int count = epoll_wait(poller, events, 256, 100);
        for (int i = 0; i < count; i++)
            read_on(events[i].data.ptr, b);
    }
    _exit(0);
}

static int compare(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;
    return (one > two) - (one < two);
}

static double percentile_ms(uint32_t *sample_us, size_t count, double share)
{
    if (count == 0)
        return -1;
    qsort(sample_us, count, sizeof *sample_us, compare);
    return sample_us[(size_t)(share * (double)(count - 1))] / 1e3;
}

static int64_t thread_cpu_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void turn(server *s, double seconds)
{
    int64_t end_ns = ap_clock_monotonic_ns() + (int64_t)(seconds * 1e9);
    while (ap_clock_monotonic_ns() < end_ns)
        (void)uv_run(&s->loop, UV_RUN_ONCE);
}

static void open_server(server *s, ap_http_config *config)
{
    char message[AP_IO_MESSAGE_SIZE];
    (void)uv_loop_init(&s->loop);
    config->uv_loop = &s->loop;
    config->context = s;
    config->handler = on_request;
    config->ws = (ap_ws_handler){ .on_open = on_open, .on_close = on_close };
    config->requests_per_second = 0;
    if (ap_http_open(&s->http, config, message)) {
        (void)fprintf(stderr, "%s\n", message);
        exit(1);
    }
    (void)uv_timer_init(&s->loop, &s->timer);
    s->timer.data = s;
}

static void close_server(server *s)
{
    uv_close((uv_handle_t *)&s->timer, NULL);
    ap_http_close(&s->http);
    (void)uv_loop_close(&s->loop);
}

static void print_phases(board *b, const double cpu_s[2], const double wall_s[2])
{
    double p50[2], p99[2];
    for (int i = 0; i < 2; i++) {
        p50[i] = percentile_ms(b->sample_us[i], b->sample_count[i], 0.5);
        p99[i] = percentile_ms(b->sample_us[i], b->sample_count[i], 0.99);
        printf("  %-16s server %5.1f %% of a core (wanted 25)   latency p50 %6.1f ms, p99 %6.1f ms "
               "(wanted 100)   %zu arrivals\n",
               i == 0 ? "all read" : "one reads nothing", 100 * cpu_s[i] / wall_s[i], p50[i],
               p99[i], b->sample_count[i]);
    }
    printf("  change for the others: p50 %+.1f ms, p99 %+.1f ms (wanted 1)\n", p50[1] - p50[0],
           p99[1] - p99[0]);
}

static void bench_fan_out(int per_second, int turns)
{
    server *s = calloc(1, sizeof *s);
    ap_http_config config;
    ap_http_config_init(&config);
    s->b = mmap(NULL, sizeof *s->b, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    s->message_size = (size_t)(TICK_BYTES / per_second);
    s->b->wire_size = wire_size(s->message_size);
    open_server(s, &config);
    pid_t child = fork();
    if (child == 0)
        run_readers(ap_http_port(&s->http), s->b);
    while (!s->b->ready)
        turn(s, 0.05);
    printf("%d clients, %d message%s of %zu bytes a second\n", CLIENT_COUNT, per_second,
           per_second > 1 ? "s" : "", s->message_size);
    double cpu_s[2] = { 0 }, wall_s[2] = { 0 };
    (void)uv_timer_start(&s->timer, on_tick, 0, (uint64_t)(1000 / per_second));
    turn(s, 1); /* warm */
    for (int i = 0; i < 2 * turns; i++) {
        int64_t cpu_ns = thread_cpu_ns(), wall_ns = ap_clock_monotonic_ns();
        s->b->phase = i % 2 + 1;
        turn(s, TURN_S);
        cpu_s[i % 2] += (double)(thread_cpu_ns() - cpu_ns) / 1e9;
        wall_s[i % 2] += (double)(ap_clock_monotonic_ns() - wall_ns) / 1e9;
    }
    s->b->phase = 3;
    print_phases(s->b, cpu_s, wall_s);
    (void)waitpid(child, NULL, 0);
    close_server(s);
    (void)munmap(s->b, sizeof *s->b);
    free(s);
}

/* Latency of requests, each on a connection of its own, while the server is turned by its thread
 * (the other process). */
static void ask_many(uint16_t port, const char *when)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    static uint32_t sample_us[ASK_COUNT];
    size_t answered = 0;
    for (int i = 0; i < ASK_COUNT; i++) {
        int64_t start_ns = ap_clock_monotonic_ns();
        int fd = join(port);
        if (write(fd, request, sizeof request - 1) > 0 && read_head(fd))
            sample_us[answered++] = (uint32_t)((ap_clock_monotonic_ns() - start_ns) / MICROSECONDS);
        (void)close(fd);
    }
    printf("  %-34s %zu of %d answered, p50 %.2f ms, p99 %.2f ms\n", when, answered, ASK_COUNT,
           percentile_ms(sample_us, answered, 0.5), percentile_ms(sample_us, answered, 0.99));
    (void)fflush(stdout);
}

static void flood(uint16_t port)
{
    static int silent[SILENT_COUNT];
    ask_many(port, "before");
    int64_t start_ns = ap_clock_monotonic_ns();
    for (int i = 0; i < SILENT_COUNT; i++)
        silent[i] = join(port);
    printf("  %d connections that send nothing, opened in %.1f s\n", SILENT_COUNT,
           (double)(ap_clock_monotonic_ns() - start_ns) / 1e9);
    ask_many(port, "with them");
    sleep(6);
    size_t closed = 0;
    for (int i = 0; i < SILENT_COUNT; i++) {
        struct pollfd poll_fd = { .fd = silent[i], .events = POLLIN };
        closed += poll(&poll_fd, 1, 0) == 1;
    }
    printf("  %zu of them closed by the server after the time limit of 5 s\n", closed);
    ask_many(port, "after");
    _exit(0);
}

static void bench_silent(size_t cap)
{
    server *s = calloc(1, sizeof *s);
    ap_http_config config;
    ap_http_config_init(&config);
    config.connection_cap = cap;
    config.request_s = 5;
    open_server(s, &config);
    printf("requests beside %d silent connections, places for %zu\n", SILENT_COUNT, cap);
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        flood(ap_http_port(&s->http));
    while (waitpid(child, NULL, WNOHANG) == 0)
        turn(s, 0.1);
    const ap_http_counters *count = ap_http_count(&s->http);
    printf("  counted: %llu displaced, %llu timed out, %llu refused\n",
           (unsigned long long)count->displaced_count, (unsigned long long)count->timed_out_count,
           (unsigned long long)count->refused_count);
    close_server(s);
    free(s);
}

int main(int argc, char **argv)
{
    int turns = argc > 1 ? atoi(argv[1]) : 4;
    struct rlimit limit;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    bench_fan_out(1, turns);
    bench_fan_out(10, turns);
    bench_silent(2000);
    bench_silent(8000);
    return 0;
}

/* Cost of what comes in, and delay of what goes out, over loopback.
 *
 * In : datagrams of 500 bytes, per second of processor time that receiving them takes. Ours are
 * stamped and counted; beside them receivers that use libuv alone, here and as measured elsewhere.
 * Out: from the call that sends to the return of the client's read, with and without one client
 * more that never reads. */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "io/clock.h"
#include "io/live_in.h"
#include "io/socket.h"
#include "io/stream_out.h"

#define SIZE 500
#define ROUND 2000 /* datagrams that wait in the buffer when reading begins */
#define ROUNDS 150
#define BUFFER_SIZE (8 << 20)
#define RECVMMSG_SIZE (64 * 65536) /* what libuv wants for batches */
#define ELSEWHERE_PLAIN 677000
#define ELSEWHERE_RECVMMSG 956000

static int fail(const char *message)
{
    fprintf(stderr, "net_bench: %s\n", message);
    return EXIT_FAILURE;
}

/* --- the rounds --- */

static int sender_to(uint16_t port)
{
    ap_socket_address to;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    return ap_socket_address_parse(&to, "127.0.0.1", port) && !connect(fd, &to.is.any, to.size)
               ? fd
               : -1;
}

/* Fills the buffer, then lets the loop read it, again and again; prints what that took. */
static int measure(const char *name, int fd, const uint64_t *count, void (*turn)(void *),
                   void *loop)
{
    static const uint8_t bytes[SIZE];
    int64_t cpu_ns = 0;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        for (int i = 0; i < ROUND; i++)
            if (send(fd, bytes, SIZE, 0) != SIZE)
                return fail("a datagram was not sent");
        int64_t begin_ns = ap_clock_cpu_ns(), until_ns = ap_clock_monotonic_ns() + 5 * AP_NS_PER_S;
        while (*count < round * ROUND && ap_clock_monotonic_ns() < until_ns)
            turn(loop);
        cpu_ns += ap_clock_cpu_ns() - begin_ns;
    }
    if (*count != ROUNDS * ROUND)
        return fail("datagrams were lost; raise net.core.rmem_max");
    printf("%-32s %9.0f per CPU second\n", name, (double)*count * 1e9 / (double)cpu_ns);
    return EXIT_SUCCESS;
}

/* --- ours --- */

static void on_chunk(void *context, const ap_live_chunk *chunk)
{
    *(uint64_t *)context += chunk->size == SIZE;
}

static void turn_ours(void *loop)
{
    ap_loop_turn(loop);
}

static int measure_ours(void)
{
    char message[AP_IO_MESSAGE_SIZE];
    uint64_t count = 0;
    ap_loop loop;
    ap_live_clock clock;
    ap_live_in in;
    ap_live_config config = { .kind = AP_LIVE_UDP };
    ap_live_clock_init(&clock, NULL, AP_UTC_UNKNOWN);
    if (ap_loop_open(&loop, message) ||
        ap_live_in_open(&in, &loop, &clock, on_chunk, &count, message) ||
        ap_live_in_add(&in, 0, &config, message))
        return fail(message);
    int fd = sender_to(ap_live_in_stats(&in, 0)->port);
    int status = measure("live input", fd, &count, turn_ours, &loop);
    (void)close(fd);
    ap_live_in_close(&in);
    ap_loop_close(&loop);
    return status;
}

/* --- libuv alone --- */

typedef struct plain {
    uv_loop_t loop;
    uv_udp_t udp;
    uv_buf_t buffer;
    uint64_t count;
} plain;

static void give_buffer(uv_handle_t *handle, size_t wish, uv_buf_t *buffer)
{
    (void)wish;
    *buffer = ((plain *)handle->data)->buffer;
}

static void on_datagram(uv_udp_t *udp, ssize_t size, const uv_buf_t *buffer,
                        const struct sockaddr *from, unsigned flags)
{
    (void)buffer;
    (void)from;
    (void)flags;
    ((plain *)udp->data)->count += size == SIZE;
}

static void turn_plain(void *loop)
{
    (void)uv_run(loop, UV_RUN_NOWAIT);
}

static int measure_libuv(const char *name, bool in_batches)
{
    plain p = { .count = 0 };
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int at_size = sizeof at, wish = BUFFER_SIZE;
    size_t size = in_batches ? RECVMMSG_SIZE : 65536;
    p.buffer = uv_buf_init(malloc(size), (unsigned)size);
    p.udp.data = &p;
    if (!p.buffer.base || uv_loop_init(&p.loop) ||
        uv_udp_init_ex(&p.loop, &p.udp, AF_INET | (in_batches ? UV_UDP_RECVMMSG : 0u)) ||
        uv_udp_bind(&p.udp, (struct sockaddr *)&at, 0) ||
        uv_recv_buffer_size((uv_handle_t *)&p.udp, &wish) ||
        uv_udp_getsockname(&p.udp, (struct sockaddr *)&at, &at_size) ||
        uv_udp_recv_start(&p.udp, give_buffer, on_datagram))
        return fail("libuv cannot receive");
    int fd = sender_to(ntohs(at.sin_port));
    int status = measure(name, fd, &p.count, turn_plain, &p.loop);
    (void)close(fd);
    uv_close((uv_handle_t *)&p.udp, NULL);
    (void)uv_run(&p.loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&p.loop);
    free(p.buffer.base);
    return status;
}

/* --- streams out --- */

#define CLIENTS 8
#define ELEMENT_SIZE 4096
#define ELEMENTS 3000 /* one a millisecond */

typedef struct serving {
    ap_loop loop;
    ap_stream_out out;
    int sent;
    pthread_t reader;
    int fd[CLIENTS];
    int64_t *delay_ns; /* [CLIENTS * ELEMENTS] */
    size_t delay_count;
} serving;

static void send_element(void *context)
{
    serving *s = context;
    int64_t element[ELEMENT_SIZE / sizeof(int64_t)] = { ap_clock_monotonic_ns() };
    (void)ap_stream_out_send(&s->out, element, sizeof element);
    if (++s->sent == ELEMENTS)
        ap_loop_stop(&s->loop);
}

/* Reads whole elements of all clients until all have ended. */
static void *read_elements(void *context)
{
    serving *s = context;
    struct pollfd ready[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        ready[i] = (struct pollfd){ .fd = s->fd[i], .events = POLLIN };
    int left = CLIENTS;
    while (left > 0 && poll(ready, CLIENTS, 5000) > 0)
        for (int i = 0; i < CLIENTS; i++) {
            int64_t element[ELEMENT_SIZE / sizeof(int64_t)];
            if (ready[i].fd < 0 || ready[i].revents == 0)
                continue;
            if (recv(s->fd[i], element, sizeof element, MSG_WAITALL) == sizeof element) {
                s->delay_ns[s->delay_count++] = ap_clock_monotonic_ns() - element[0];
            } else {
                ready[i].fd = -1;
                left--;
            }
        }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

static int join(const serving *s)
{
    ap_socket_address to;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return ap_socket_address_parse(&to, "127.0.0.1", ap_stream_out_port(&s->out)) &&
                   !connect(fd, &to.is.any, to.size)
               ? fd
               : -1;
}

static int measure_out(const char *name, bool has_silent)
{
    char message[AP_IO_MESSAGE_SIZE];
    serving s = { .sent = 0 };
    ap_stream_out_config config = { .port = 0 };
    s.delay_ns = calloc((size_t)CLIENTS * ELEMENTS, sizeof *s.delay_ns);
    if (!s.delay_ns || ap_loop_open(&s.loop, message) ||
        ap_stream_out_open(&s.out, &s.loop, &config, message))
        return fail("an output cannot be opened");
    int silent = has_silent ? join(&s) : -1;
    for (int i = 0; i < CLIENTS; i++)
        s.fd[i] = join(&s);
    while (s.out.client_count < CLIENTS + (has_silent ? 1u : 0u))
        ap_loop_turn(&s.loop);
    if (pthread_create(&s.reader, NULL, read_elements, &s) ||
        ap_loop_every(&s.loop, 1, send_element, &s))
        return fail("a thread cannot be started");
    ap_loop_run(&s.loop);
    uint64_t slow_count = s.out.slow_count;
    ap_stream_out_close(&s.out);
    (void)pthread_join(s.reader, NULL);
    ap_loop_close(&s.loop);
    for (int i = 0; i < CLIENTS; i++)
        (void)close(s.fd[i]);
    (void)close(silent);
    qsort(s.delay_ns, s.delay_count, sizeof *s.delay_ns, compare);
    if (s.delay_count != (size_t)CLIENTS * ELEMENTS)
        return fail("elements were lost");
    printf("%-32s %6.3f ms median, %6.3f ms p99, %6.3f ms worst; cut %llu\n", name,
           (double)s.delay_ns[s.delay_count / 2] / 1e6,
           (double)s.delay_ns[s.delay_count * 99 / 100] / 1e6,
           (double)s.delay_ns[s.delay_count - 1] / 1e6, (unsigned long long)slow_count);
    free(s.delay_ns);
    return EXIT_SUCCESS;
}

int main(void)
{
    printf("datagrams of %d bytes received from a full buffer\n", SIZE);
    int status = measure_ours();
    status |= measure_libuv("libuv, recvmmsg", true);
    status |= measure_libuv("libuv, plain", false);
    printf("%-32s %9d per CPU second\n", "libuv, recvmmsg, elsewhere", ELSEWHERE_RECVMMSG);
    printf("%-32s %9d per CPU second\n", "libuv, plain, elsewhere", ELSEWHERE_PLAIN);
    printf("stream to %d clients, %d bytes a millisecond\n", CLIENTS, ELEMENT_SIZE);
    status |= measure_out("all read", false);
    status |= measure_out("and one that never reads", true);
    return status;
}

/* Cost of what comes in: datagrams of 500 bytes over loopback, per second of the receiver's
 * processor time. Beside it what a plain libuv receiver took, measured apart on a machine of the
 * same kind with the sender in a process of its own, as here. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/live_in.h"
#include "io/socket.h"

#define SIZE 500
#define BURST 64
#define RUN_MS 3000
#define PEER_PLAIN 677000
#define PEER_RECVMMSG 956000

typedef struct receiver {
    ap_loop loop;
    ap_live_clock clock;
    ap_live_in in;
    uint64_t count, bytes;
} receiver;

static void on_chunk(void *context, const ap_live_chunk *chunk)
{
    receiver *r = context;
    r->count++;
    r->bytes += chunk->size;
}

static void on_end(void *context)
{
    ap_loop_stop(&((receiver *)context)->loop);
}

static int fail(const char *message)
{
    fprintf(stderr, "net_bench: %s\n", message);
    return EXIT_FAILURE;
}

/* Sends as fast as it goes until it is killed. */
static void send_for_ever(uint16_t port)
{
    static uint8_t bytes[SIZE];
    ap_socket_address to;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (!ap_socket_address_parse(&to, "127.0.0.1", port) || connect(fd, &to.is.any, to.size))
        _exit(EXIT_FAILURE);
    struct iovec piece = { bytes, SIZE };
    struct mmsghdr messages[BURST] = { 0 };
    for (int i = 0; i < BURST; i++)
        messages[i].msg_hdr = (struct msghdr){ .msg_iov = &piece, .msg_iovlen = 1 };
    for (;;)
        if (sendmmsg(fd, messages, BURST, 0) < 0)
            _exit(EXIT_FAILURE);
}

static int datagrams(receiver *r, const char *name)
{
    char message[AP_IO_MESSAGE_SIZE];
    ap_live_config config = { .kind = AP_LIVE_UDP };
    ap_live_clock_init(&r->clock, NULL, AP_UTC_UNKNOWN);
    if (ap_loop_open(&r->loop, message) ||
        ap_live_in_open(&r->in, &r->loop, &r->clock, on_chunk, r, message) ||
        ap_live_in_add(&r->in, 0, &config, message) || ap_loop_every(&r->loop, RUN_MS, on_end, r))
        return fail(message);
    const ap_live_stats *stats = ap_live_in_stats(&r->in, 0);
    pid_t sender = fork();
    if (sender == 0)
        send_for_ever(stats->port);
    int64_t begin_cpu_ns = ap_clock_cpu_ns(), begin_ns = ap_clock_monotonic_ns();
    ap_loop_run(&r->loop);
    double cpu_s = (double)(ap_clock_cpu_ns() - begin_cpu_ns) / 1e9;
    double wall_s = (double)(ap_clock_monotonic_ns() - begin_ns) / 1e9;
    (void)kill(sender, SIGKILL);
    (void)waitpid(sender, NULL, 0);
    printf("%-34s %9.0f per CPU s (%.0f /s, %.0f %% of a core, %.1f %% lost to the sender)\n", name,
           (double)r->count / cpu_s, (double)r->count / wall_s, 100 * cpu_s / wall_s,
           100.0 * (double)stats->kernel_drop_count /
               (double)(stats->kernel_drop_count + r->count + 1));
    ap_live_in_close(&r->in);
    ap_loop_close(&r->loop);
    return EXIT_SUCCESS;
}

int main(void)
{
    receiver r = { .count = 0 };
    printf("datagrams of %d bytes received\n", SIZE);
    int status = datagrams(&r, "live input");
    printf("%-34s %9d per CPU s\n", "libuv, recvmmsg", PEER_RECVMMSG);
    printf("%-34s %9d per CPU s\n", "libuv, plain", PEER_PLAIN);
    return status;
}

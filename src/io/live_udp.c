/* Live inputs: datagrams, unicast and multicast. */
#include "io/live_input.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/socket.h"

#define BATCH 64
#define BATCHES_A_TURN 2 /* then the other descriptors have their turn */
#define BUFFER_WISH (8 << 20)
#define LOOK_NS AP_NS_PER_S /* between two looks at the interface of a group */

#define SLOT_SIZE 65536
_Static_assert(SLOT_SIZE >= AP_LIVE_CHUNK_CAP + 1, "a longer datagram shows itself as such");

#define CONTROL_SIZE (CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(uint32_t)))

/* Shared by all inputs: what one recvmmsg fills. */
typedef struct batch {
    struct mmsghdr messages[BATCH];
    struct iovec vectors[BATCH];
    ap_socket_address peers[BATCH];
    _Alignas(struct cmsghdr) uint8_t control[BATCH][CONTROL_SIZE];
    uint8_t bytes[BATCH][SLOT_SIZE];
} batch;

typedef struct udp {
    ap_socket_address address, source; /* address: the group, if there is one */
    ap_loop_fd *fd;
    uint32_t kernel_drops;            /* as the system counts them */
    unsigned interface_index;         /* joined on; 0: the system's choice */
    char interface_name[IF_NAMESIZE]; /* of the index */
    int64_t look_ns;
} udp;

/* --- configuration --- */

static ap_err refuse(char message[AP_IO_MESSAGE_SIZE], const char *text, const char *what)
{
    (void)snprintf(message, AP_IO_MESSAGE_SIZE, text, what);
    return AP_ERR_CONFIG;
}

static ap_err check_group(ap_live_input *input, char message[AP_IO_MESSAGE_SIZE])
{
    const ap_live_config *config = &input->config;
    udp *own = input->own;
    if (!ap_socket_address_parse(&own->address, config->group, config->port) ||
        !ap_socket_address_is_multicast(&own->address))
        return refuse(message,
                      "'%.200s' is no multicast group; name one such as 239.1.2.3 or ff15::1",
                      config->group);
    if (config->source && (!ap_socket_address_parse(&own->source, config->source, 0) ||
                           ap_socket_address_is_multicast(&own->source) ||
                           own->source.is.any.sa_family != own->address.is.any.sa_family))
        return refuse(message,
                      "'%.200s' is no address that can send to the group; name one in "
                      "digits, IPv4 or IPv6 as the group is",
                      config->source);
    return AP_OK;
}

static ap_err udp_check(ap_live_input *input, char message[AP_IO_MESSAGE_SIZE])
{
    const ap_live_config *config = &input->config;
    udp *own = input->own;
    if (config->group)
        return check_group(input, message);
    const char *host = config->host ? config->host : "127.0.0.1";
    if (!ap_socket_address_parse(&own->address, host, config->port))
        return refuse(message,
                      "'%.200s' is no address of this host; name one in digits, or 0.0.0.0 for all",
                      host);
    if (ap_socket_address_is_multicast(&own->address))
        return refuse(message, "'%.200s' is a multicast group; name it as group, not as host",
                      host);
    return AP_OK;
}

/* --- opening --- */

static bool make_batch(struct ap_live_in_state *set)
{
    batch *made = set->batch ? set->batch : malloc(sizeof *made);
    if (!made || set->batch)
        return made != NULL;
    memset(made->messages, 0, sizeof made->messages);
    for (int i = 0; i < BATCH; i++) {
        made->vectors[i] = (struct iovec){ made->bytes[i], AP_LIVE_CHUNK_CAP + 1 };
        made->messages[i].msg_hdr = (struct msghdr){ .msg_name = &made->peers[i].is,
                                                     .msg_iov = &made->vectors[i],
                                                     .msg_iovlen = 1,
                                                     .msg_control = made->control[i] };
    }
    set->batch = made;
    return true;
}

void ap_live_udp_free_batch(void *made)
{
    free(made);
}

/* Wishes, which the system may refuse or cut down. */
static void set_wishes(ap_live_input *input, int fd)
{
    const udp *own = input->own;
    int on = 1, off = 0, wish = BUFFER_WISH, granted = 0;
    socklen_t size = sizeof granted;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &wish, sizeof wish)) /* needs a privilege */
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wish, sizeof wish);
    if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &size) == 0)
        input->stats.receive_buffer_size = (uint32_t)granted / 2; /* the kernel tells the double */
    (void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    if (own->address.is.any.sa_family == AF_INET6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, &off, sizeof off);
    } else {
        (void)setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off);
    }
}

/* 0 or an errno. */
static int join(const udp *own, bool has_source, int fd)
{
    bool is_v6 = own->address.is.any.sa_family == AF_INET6;
    int level = is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, failed;
    if (has_source) {
        struct group_source_req wanted = { .gsr_interface = own->interface_index };
        memcpy(&wanted.gsr_group, &own->address.is, own->address.size);
        memcpy(&wanted.gsr_source, &own->source.is, own->source.size);
        failed = setsockopt(fd, level, MCAST_JOIN_SOURCE_GROUP, &wanted, sizeof wanted);
    } else {
        struct group_req wanted = { .gr_interface = own->interface_index };
        memcpy(&wanted.gr_group, &own->address.is, own->address.size);
        failed = setsockopt(fd, level, MCAST_JOIN_GROUP, &wanted, sizeof wanted);
    }
    return failed ? errno : 0;
}

/* Finds the interface now; false when there is none. */
static bool find_interface(ap_live_input *input)
{
    udp *own = input->own;
    own->interface_index = 0;
    if (!input->config.group || !input->config.interface)
        return true;
    own->interface_index = ap_socket_interface(input->config.interface);
    if (own->address.is.any.sa_family == AF_INET6) /* a group of a link is bound to on its link */
        own->address.is.v6.sin6_scope_id = own->interface_index;
    return own->interface_index && if_indextoname(own->interface_index, own->interface_name);
}

static void on_readable(void *context, bool readable, bool writable);

/* 0 or an errno; what it made is left to udp_close. */
static int open_socket(ap_live_input *input)
{
    udp *own = input->own;
    int on = 1;
    int fd = socket(own->address.is.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    own->fd = ap_loop_fd_open(input->set->loop, fd, on_readable, input);
    if (!own->fd) {
        int error = errno;
        (void)close(fd);
        return error;
    }
    set_wishes(input, fd);
    if (input->config.group && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
        return errno;
    if (bind(fd, &own->address.is.any, own->address.size) ||
        getsockname(fd, &own->address.is.any, &own->address.size))
        return errno;
    return input->config.group ? join(own, input->config.source != NULL, fd) : 0;
}

static void udp_open(ap_live_input *input)
{
    udp *own = input->own;
    char where[AP_SOCKET_TEXT_SIZE], text[AP_SOCKET_ERROR_SIZE];
    ap_socket_address_text(&own->address, where);
    if (!find_interface(input)) {
        ap_live_lost(input, "cannot receive at %s: there is no interface '%.60s'", where,
                     input->config.interface);
        return;
    }
    int error = make_batch(input->set) ? open_socket(input) : ENOMEM;
    if (error) {
        ap_live_lost(input, "cannot receive at %s: %s", where, ap_socket_error_text(error, text));
        return;
    }
    input->stats.port = ap_socket_address_port(&own->address);
    own->kernel_drops = 0;
    own->look_ns = input->set->now_ns + LOOK_NS;
    ap_loop_fd_want(own->fd, true, false);
    input->tries = 0;
    ap_live_up(input);
}

static void udp_close(ap_live_input *input)
{
    ap_loop_fd_close(&((udp *)input->own)->fd);
}

/* The system forgets the groups of an interface that goes, and one that comes back under its name
 * is another: its groups are joined anew. */
static void udp_tick(ap_live_input *input)
{
    udp *own = input->own;
    if (own->interface_index == 0 || input->set->now_ns < own->look_ns)
        return;
    own->look_ns = input->set->now_ns + LOOK_NS;
    if (if_nametoindex(own->interface_name) != own->interface_index)
        ap_live_lost(input, "interface '%.60s' is gone", input->config.interface);
}

/* --- receiving --- */

static void read_control(ap_live_input *input, struct msghdr *header, ap_utc_ns *kernel_wall)
{
    udp *own = input->own;
    for (struct cmsghdr *one = CMSG_FIRSTHDR(header); one; one = CMSG_NXTHDR(header, one)) {
        if (one->cmsg_level != SOL_SOCKET)
            continue;
        if (one->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec at;
            memcpy(&at, CMSG_DATA(one), sizeof at);
            *kernel_wall = (int64_t)at.tv_sec * AP_NS_PER_S + at.tv_nsec;
        } else if (one->cmsg_type == SO_RXQ_OVFL) {
            uint32_t drops;
            memcpy(&drops, CMSG_DATA(one), sizeof drops);
            input->stats.kernel_drop_count += (uint32_t)(drops - own->kernel_drops);
            own->kernel_drops = drops;
        }
    }
}

static void take(ap_live_input *input, batch *from, int i)
{
    struct ap_live_in_state *set = input->set;
    ap_utc_ns kernel_wall = AP_UTC_UNKNOWN;
    read_control(input, &from->messages[i].msg_hdr, &kernel_wall);
    if (from->messages[i].msg_len > AP_LIVE_CHUNK_CAP) {
        input->stats.oversized_count++;
        return;
    }
    ap_live_chunk chunk = { .kind = AP_LIVE_DATAGRAM,
                            .receive_utc =
                                kernel_wall == AP_UTC_UNKNOWN
                                    ? ap_live_clock_stamp(set->clock)
                                    : ap_live_clock_stamp_kernel(set->clock, kernel_wall),
                            .data = from->bytes[i],
                            .size = from->messages[i].msg_len };
    ap_socket_address_bytes(&from->peers[i], chunk.peer, &chunk.peer_port);
    ap_live_emit(input, &chunk);
}

/* Datagrams of one call; -1 with errno. */
static int receive(int fd, batch *into)
{
    for (int i = 0; i < BATCH; i++) {
        into->messages[i].msg_hdr.msg_namelen = sizeof into->peers[i].is;
        into->messages[i].msg_hdr.msg_controllen = CONTROL_SIZE;
    }
    return recvmmsg(fd, into->messages, BATCH, MSG_DONTWAIT, NULL);
}

static void on_readable(void *context, bool readable, bool writable)
{
    (void)readable;
    (void)writable;
    ap_live_input *input = context;
    const udp *own = input->own;
    int count = BATCH, error = 0;
    for (int n = 0; n < BATCHES_A_TURN && count == BATCH; n++) {
        count = receive(ap_loop_fd_number(own->fd), input->set->batch);
        error = count < 0 ? errno : 0;
        (void)ap_live_clock_now(input->set->clock);
        for (int i = 0; i < count; i++)
            take(input, input->set->batch, i);
    }
    if (error && error != EAGAIN && error != EWOULDBLOCK && error != EINTR) {
        char text[AP_SOCKET_ERROR_SIZE];
        ap_live_lost(input, "receiving failed: %s", ap_socket_error_text(error, text));
    }
}

const ap_live_ops ap_live_udp_ops = {
    .own_size = sizeof(udp),
    .check = udp_check,
    .open = udp_open,
    .close = udp_close,
    .tick = udp_tick,
};

#include "io/udp_out.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/socket.h"

enum { FAMILY_V4, FAMILY_V6, FAMILY_COUNT };

struct ap_udp_out_state {
    int fd[FAMILY_COUNT]; /* -1: no host needs it */
    int flags;            /* of sending */
    size_t host_count;
    ap_socket_address hosts[AP_UDP_OUT_HOST_CAP];
};

static int family_of(const ap_socket_address *address)
{
    return address->is.any.sa_family == AF_INET6 ? FAMILY_V6 : FAMILY_V4;
}

static ap_err refuse(char message[AP_IO_MESSAGE_SIZE], const char *host, const char *text,
                     const char *advice)
{
    (void)snprintf(message, AP_IO_MESSAGE_SIZE, "cannot send to '%.200s': %s%s", host, text,
                   advice);
    return AP_ERR_NO_OUTPUT;
}

static ap_err find_host(ap_socket_address *address, const char *host,
                        char message[AP_IO_MESSAGE_SIZE])
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM }, *found = NULL;
    int error = getaddrinfo(host, NULL, &hints, &found);
    if (error)
        return refuse(message, host, gai_strerror(error), "; name a host or an address");
    memcpy(&address->is, found->ai_addr, found->ai_addrlen);
    address->size = found->ai_addrlen;
    freeaddrinfo(found);
    return AP_OK;
}

/* How multicast of one family leaves the host. 0 or an errno. */
static int choose_way(int fd, int family, unsigned interface_index, uint8_t ttl)
{
    int hops = ttl ? ttl : 1;
    struct ip_mreqn on = { .imr_ifindex = (int)interface_index };
    bool failed;
    if (family == FAMILY_V6)
        failed = setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops) ||
                 (interface_index && setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF,
                                                &interface_index, sizeof interface_index));
    else
        failed = setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof hops) ||
                 (interface_index && setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &on, sizeof on));
    return failed ? errno : 0;
}

static int open_family(struct ap_udp_out_state *state, int family, unsigned interface_index,
                       uint8_t ttl)
{
    if (state->fd[family] >= 0)
        return 0;
    int fd = socket(family == FAMILY_V6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    state->fd[family] = fd;
    return fd < 0 ? errno : choose_way(fd, family, interface_index, ttl);
}

static ap_err open_hosts(struct ap_udp_out_state *state, const ap_udp_out_config *config,
                         char message[AP_IO_MESSAGE_SIZE])
{
    char text[AP_SOCKET_ERROR_SIZE];
    unsigned interface_index = config->interface ? ap_socket_interface(config->interface) : 0;
    if (config->interface && interface_index == 0)
        return refuse(message, config->hosts[0], "there is no interface ", config->interface);
    for (size_t i = 0; i < config->host_count; i++) {
        ap_socket_address *host = &state->hosts[i];
        ap_err err = find_host(host, config->hosts[i], message);
        if (err)
            return err;
        int error = open_family(state, family_of(host), interface_index, config->ttl);
        if (error)
            return refuse(message, config->hosts[i], ap_socket_error_text(error, text), "");
    }
    state->host_count = config->host_count;
    return AP_OK;
}

ap_err ap_udp_out_open_to(ap_udp_out *out, const ap_udp_out_config *config,
                          char message[AP_IO_MESSAGE_SIZE])
{
    *out = (ap_udp_out){ .state = NULL };
    if (config->host_count == 0 || config->host_count > AP_UDP_OUT_HOST_CAP) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "an output goes to 1 to %u hosts, not to %zu",
                       AP_UDP_OUT_HOST_CAP, config->host_count);
        return AP_ERR_ARGUMENT;
    }
    struct ap_udp_out_state *state = calloc(1, sizeof *state);
    if (!state)
        return refuse(message, config->hosts[0], "memory is exhausted", "");
    state->fd[FAMILY_V4] = state->fd[FAMILY_V6] = -1;
    state->flags = MSG_DONTWAIT;
    out->state = state;
    ap_err err = open_hosts(state, config, message);
    if (err)
        ap_udp_out_close(out);
    return err;
}

ap_err ap_udp_out_open(ap_udp_out *out, const char *host, char message[AP_IO_MESSAGE_SIZE])
{
    ap_udp_out_config config = { .hosts = { host }, .host_count = 1 };
    ap_err err = ap_udp_out_open_to(out, &config, message);
    if (!err)
        out->state->flags = 0; /* a program that does nothing else may wait for room */
    return err;
}

static void send_to(ap_udp_out *out, const ap_socket_address *host, uint16_t port, const void *data,
                    size_t size)
{
    ap_socket_address to = *host;
    if (family_of(host) == FAMILY_V6)
        to.is.v6.sin6_port = htons(port);
    else
        to.is.v4.sin_port = htons(port);
    ssize_t sent;
    do {
        sent = sendto(out->state->fd[family_of(host)], data, size, out->state->flags, &to.is.any,
                      to.size);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0 || errno == ECONNREFUSED)
        out->sent_count++;
    else
        out->refused_count++;
}

void ap_udp_out_send(ap_udp_out *out, uint16_t port, const void *data, size_t size)
{
    for (size_t i = 0; out->state && i < out->state->host_count; i++)
        send_to(out, &out->state->hosts[i], port, data, size);
}

void ap_udp_out_close(ap_udp_out *out)
{
    if (!out->state)
        return;
    for (int family = 0; family < FAMILY_COUNT; family++)
        if (out->state->fd[family] >= 0)
            (void)close(out->state->fd[family]);
    free(out->state);
    out->state = NULL;
}

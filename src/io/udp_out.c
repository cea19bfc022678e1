#include "io/udp_out.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct ap_udp_out_state {
    int fd;
    struct sockaddr_storage address;
    socklen_t address_size;
};

ap_err ap_udp_out_open(ap_udp_out *out, const char *host, char message[AP_IO_MESSAGE_SIZE])
{
    *out = (ap_udp_out){ .state = NULL };
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM }, *found = NULL;
    int error = getaddrinfo(host, NULL, &hints, &found);
    if (error) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE,
                       "cannot send to '%.200s': %s; name a host or an address", host,
                       gai_strerror(error));
        return AP_ERR_NO_OUTPUT;
    }
    struct ap_udp_out_state *state = calloc(1, sizeof *state);
    int fd = state ? socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "cannot send to '%.200s': %s", host,
                       strerror(errno));
        free(state);
        freeaddrinfo(found);
        return AP_ERR_NO_OUTPUT;
    }
    state->fd = fd;
    memcpy(&state->address, found->ai_addr, found->ai_addrlen);
    state->address_size = found->ai_addrlen;
    freeaddrinfo(found);
    out->state = state;
    return AP_OK;
}

void ap_udp_out_send(ap_udp_out *out, uint16_t port, const void *data, size_t size)
{
    struct ap_udp_out_state *state = out->state;
    if (!state)
        return;
    struct sockaddr_storage to = state->address;
    if (to.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&to)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)&to)->sin_port = htons(port);
    ssize_t sent;
    do {
        sent = sendto(state->fd, data, size, 0, (struct sockaddr *)&to, state->address_size);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0 || errno == ECONNREFUSED)
        out->sent_count++;
    else
        out->refused_count++;
}

void ap_udp_out_close(ap_udp_out *out)
{
    if (!out->state)
        return;
    (void)close(out->state->fd);
    free(out->state);
    out->state = NULL;
}

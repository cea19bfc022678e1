#include "io/socket.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define FD_CAP_MAX 65536
#define FD_KEPT 64 /* for what is opened beside connections; of few, a quarter */
#define FD_WISH 16384

bool ap_socket_address_parse(ap_socket_address *address, const char *host, uint16_t port)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC,
                              .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_NUMERICHOST },
                    *found = NULL;
    struct in_addr octets;
    bool is_v6 = strchr(host, ':') != NULL;
    if (!is_v6 && inet_pton(AF_INET, host, &octets) != 1) /* getaddrinfo takes "127.1" and "7" */
        return false;
    if (getaddrinfo(host, NULL, &hints, &found))
        return false;
    memset(address, 0, sizeof *address);
    memcpy(&address->is, found->ai_addr, found->ai_addrlen);
    address->size = found->ai_addrlen;
    freeaddrinfo(found);
    if (is_v6)
        address->is.v6.sin6_port = htons(port);
    else
        address->is.v4.sin_port = htons(port);
    return true;
}

uint16_t ap_socket_address_port(const ap_socket_address *address)
{
    return ntohs(address->is.any.sa_family == AF_INET6 ? address->is.v6.sin6_port
                                                       : address->is.v4.sin_port);
}

void ap_socket_address_text(const ap_socket_address *address, char text[AP_SOCKET_TEXT_SIZE])
{
    char host[AP_SOCKET_TEXT_SIZE - 16] = "?";
    bool is_v6 = address->is.any.sa_family == AF_INET6;
    (void)getnameinfo(&address->is.any, address->size, host, sizeof host, NULL, 0, NI_NUMERICHOST);
    (void)snprintf(text, AP_SOCKET_TEXT_SIZE, is_v6 ? "[%s]:%u" : "%s:%u", host,
                   ap_socket_address_port(address));
}

void ap_socket_address_bytes(const ap_socket_address *address, uint8_t bytes[16], uint16_t *port)
{
    static const uint8_t mapped[12] = { [10] = 0xFF, [11] = 0xFF };
    if (address->is.any.sa_family == AF_INET6) {
        memcpy(bytes, &address->is.v6.sin6_addr, 16);
    } else {
        memcpy(bytes, mapped, sizeof mapped);
        memcpy(bytes + sizeof mapped, &address->is.v4.sin_addr, 4);
    }
    *port = ap_socket_address_port(address);
}

bool ap_socket_address_is_multicast(const ap_socket_address *address)
{
    return address->is.any.sa_family == AF_INET6
               ? IN6_IS_ADDR_MULTICAST(&address->is.v6.sin6_addr)
               : IN_MULTICAST(ntohl(address->is.v4.sin_addr.s_addr));
}

/* True when an interface's address is that one. */
static bool has_address(const struct ifaddrs *of, const ap_socket_address *address)
{
    if (!of->ifa_addr || of->ifa_addr->sa_family != address->is.any.sa_family)
        return false;
    ap_socket_address own = { .size = 0 };
    if (of->ifa_addr->sa_family == AF_INET6) {
        memcpy(&own.is.v6, of->ifa_addr, sizeof own.is.v6);
        return memcmp(&own.is.v6.sin6_addr, &address->is.v6.sin6_addr, 16) == 0;
    }
    memcpy(&own.is.v4, of->ifa_addr, sizeof own.is.v4);
    return own.is.v4.sin_addr.s_addr == address->is.v4.sin_addr.s_addr;
}

unsigned ap_socket_interface(const char *name_or_address)
{
    ap_socket_address address;
    struct ifaddrs *all = NULL;
    unsigned index = 0;
    if (!ap_socket_address_parse(&address, name_or_address, 0))
        return if_nametoindex(name_or_address);
    if (getifaddrs(&all))
        return 0;
    for (const struct ifaddrs *one = all; one && index == 0; one = one->ifa_next)
        if (has_address(one, &address))
            index = if_nametoindex(one->ifa_name);
    freeifaddrs(all);
    return index;
}

const char *ap_socket_error_text(int error, char text[AP_SOCKET_ERROR_SIZE])
{
    char found[AP_SOCKET_ERROR_SIZE];
    (void)snprintf(text, AP_SOCKET_ERROR_SIZE, "%s", strerror_r(error, found, sizeof found));
    bool is_acronym = isupper((unsigned char)text[0]) && isupper((unsigned char)text[1]);
    if (!is_acronym)
        text[0] = (char)tolower((unsigned char)text[0]);
    return text;
}

int ap_socket_listen(ap_socket_address *address, int backlog)
{
    int on = 1, off = 0;
    int fd = socket(address->is.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->is.any.sa_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, &address->is.any, address->size) || listen(fd, backlog) ||
        getsockname(fd, &address->is.any, &address->size)) {
        int error = errno;
        (void)close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int ap_socket_fd_cap(void)
{
    struct rlimit limit = { FD_CAP_MAX, FD_CAP_MAX };
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    rlim_t cap = limit.rlim_cur < FD_CAP_MAX ? limit.rlim_cur : FD_CAP_MAX;
    return (int)(cap - (cap / 4 < FD_KEPT ? cap / 4 : FD_KEPT));
}

void ap_socket_raise_fd_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= FD_WISH)
        return;
    limit.rlim_cur = limit.rlim_max < FD_WISH ? limit.rlim_max : FD_WISH;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int ap_socket_accept(int fd, ap_socket_address *peer)
{
    int made;
    peer->size = sizeof peer->is;
    do {
        made = accept4(fd, &peer->is.any, &peer->size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    } while (made < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (made >= 0 && made >= ap_socket_fd_cap()) {
        (void)close(made);
        made = -1;
        errno = EMFILE;
    }
    return made;
}

void ap_socket_keep_alive(int fd)
{
    int on = 1, idle_s = 30, interval_s = 10, count = 3;
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

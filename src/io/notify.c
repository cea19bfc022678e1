#include "io/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define SEND_TIMEOUT_US 200000
#define WATCHDOG_MAX_US (UINT64_C(86400) * 1000000)

_Static_assert(sizeof((ap_notify){ .fd = 0 }.address) ==
                   sizeof((struct sockaddr_un){ .sun_family = 0 }.sun_path),
               "an address is copied whole");

/* A path, or an abstract name behind '@'. */
static unsigned read_address(char address[108])
{
    const char *text = getenv("NOTIFY_SOCKET");
    size_t size = text ? strlen(text) : 0;
    if (size < 2 || size >= 108 || (text[0] != '/' && text[0] != '@'))
        return 0;
    memcpy(address, text, size);
    if (text[0] == '@')
        address[0] = '\0';
    return (unsigned)size;
}

static int64_t read_watchdog_ns(void)
{
    const char *pid = getenv("WATCHDOG_PID"), *period = getenv("WATCHDOG_USEC");
    if (!period || (pid && strtoll(pid, NULL, 10) != getpid()))
        return 0;
    char *end;
    unsigned long long us = strtoull(period, &end, 10);
    return *end == '\0' && us > 0 && us <= WATCHDOG_MAX_US ? (int64_t)us * 1000 : 0;
}

void ap_notify_open(ap_notify *notify)
{
    const struct timeval most = { .tv_usec = SEND_TIMEOUT_US };
    *notify = (ap_notify){ .fd = -1 };
    unsigned size = read_address(notify->address);
    if (size == 0)
        return;
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notify->fd < 0)
        return;
    (void)setsockopt(notify->fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
    notify->address_size = size;
    notify->watchdog_ns = read_watchdog_ns();
}

void ap_notify_send(const ap_notify *notify, const char *lines)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    if (notify->address_size == 0)
        return;
    memcpy(to.sun_path, notify->address, notify->address_size);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + notify->address_size);
    (void)sendto(notify->fd, lines, strlen(lines), MSG_NOSIGNAL, (struct sockaddr *)&to, size);
}

void ap_notify_close(ap_notify *notify)
{
    if (notify->address_size > 0)
        (void)close(notify->fd);
    notify->address_size = 0;
}

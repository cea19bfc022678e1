/* Tells the service manager how the service is: systemd's datagrams to NOTIFY_SOCKET, lines of
 * VARIABLE=value as sd_notify(3) has them. The protocol is stable and four calls long; the library
 * for it would bring four others into the process.
 *
 * Where nobody listens nothing is done, so that a caller need not ask. */
#ifndef AP_IO_NOTIFY_H
#define AP_IO_NOTIFY_H

#include <stdint.h>

typedef struct ap_notify {
    char address[108];     /* of the socket; "" with a first NUL is an abstract one */
    unsigned address_size; /* 0: nobody listens */
    int fd;
    int64_t watchdog_ns; /* as often WATCHDOG=1 is expected, at least; 0: it is not */
} ap_notify;

/* Reads NOTIFY_SOCKET, and WATCHDOG_USEC where WATCHDOG_PID is this process or nobody. What cannot
 * be used counts as absent. */
void ap_notify_open(ap_notify *notify);

/* Sends the lines, "READY=1\nSTATUS=...". Waits a fifth of a second at most; what is not taken then
 * is lost. From any thread. */
void ap_notify_send(const ap_notify *notify, const char *lines);

/* Safe twice, and on zeros. */
void ap_notify_close(ap_notify *notify);

#endif

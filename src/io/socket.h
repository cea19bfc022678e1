/* Addresses and sockets, for the parts of io/ that have some. */
#ifndef AP_IO_SOCKET_H
#define AP_IO_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

typedef struct ap_socket_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage storage;
    } is;
    socklen_t size;
} ap_socket_address;

#define AP_SOCKET_TEXT_SIZE 80

/* From an address in digits, IPv4 or IPv6 (with %interface where it is link-local); false for
 * anything else. Asks nobody. */
bool ap_socket_address_parse(ap_socket_address *address, const char *host, uint16_t port);

/* "127.0.0.1:30005", "[fe80::1%eth0]:30005". */
void ap_socket_address_text(const ap_socket_address *address, char text[AP_SOCKET_TEXT_SIZE]);

/* 16 bytes, IPv4 as ::ffff:a.b.c.d, and port. */
void ap_socket_address_bytes(const ap_socket_address *address, uint8_t bytes[16], uint16_t *port);

bool ap_socket_address_is_multicast(const ap_socket_address *address);
uint16_t ap_socket_address_port(const ap_socket_address *address);

/* Index of the interface with this name or own address; 0 when there is none now. */
unsigned ap_socket_interface(const char *name_or_address);

#define AP_SOCKET_ERROR_SIZE 96

/* Text of an errno for the middle of a sentence: "connection refused". Gives `text`. */
const char *ap_socket_error_text(int error, char text[AP_SOCKET_ERROR_SIZE]);

/* A non-blocking socket that listens at the address; its port, when that was 0, is filled in. -1
 * with errno. */
int ap_socket_listen(ap_socket_address *address, int backlog);

/* Descriptors from this one on are kept for files: connections, which strangers open, must not keep
 * recordings and archives from being written. As the limit of the process is now. */
int ap_socket_fd_cap(void);

/* As many descriptors as the system gives unasked, 16384 at most: a shell's 1024 are soon used. */
void ap_socket_raise_fd_limit(void);

/* The next connection, non-blocking; -1 with errno, EMFILE for one at ap_socket_fd_cap too, which
 * is closed. */
int ap_socket_accept(int fd, ap_socket_address *peer);

/* Finds out within a minute that the other side is gone, though nothing is sent. */
void ap_socket_keep_alive(int fd);

#endif

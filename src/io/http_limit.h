/* So many a second per peer, with a burst: token buckets in a table of fixed size. */
#ifndef AP_IO_HTTP_LIMIT_H
#define AP_IO_HTTP_LIMIT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"

/* Peers are told apart by their address; IPv6 ones by its first 64 bits, which one customer has. */
typedef struct ap_http_peer {
    uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
} ap_http_peer;

ap_http_peer ap_http_peer_of(const struct sockaddr_storage *address);

#define AP_HTTP_LIMIT_SETS 512
#define AP_HTTP_LIMIT_WAYS 8

typedef struct ap_http_limit_entry {
    ap_http_peer peer;
    int64_t full_ns; /* when the bucket is full again; before now = full */
} ap_http_limit_entry;

/* 96 kB: 4,096 peers. A peer for which there is no place takes that of the one whose bucket fills
 * first, so that a flood of addresses forgets those who asked least. */
typedef struct ap_http_limit {
    double per_second; /* 0 = no limit */
    double burst;
    uint64_t seed; /* so that nobody knows which peers share a set */
    ap_http_limit_entry entry[AP_HTTP_LIMIT_SETS][AP_HTTP_LIMIT_WAYS];
} ap_http_limit;

void ap_http_limit_init(ap_http_limit *limit, double per_second, double burst, uint64_t seed);

/* Takes one from the peer's bucket; false when it is empty. now_ns: any clock that is never set
 * back, > 0. */
bool ap_http_limit_take(ap_http_limit *limit, const ap_http_peer *peer, int64_t now_ns);

/* True when there is one to take; takes none. */
bool ap_http_limit_has(const ap_http_limit *limit, const ap_http_peer *peer, int64_t now_ns);

#endif

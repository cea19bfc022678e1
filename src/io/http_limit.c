#include "io/http_limit.h"

#include <string.h>

ap_http_peer ap_http_peer_of(const struct sockaddr_storage *address)
{
    ap_http_peer peer = { { 0 } };
    if (address->ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        peer.address[10] = peer.address[11] = 0xff;
        memcpy(&peer.address[12], &in.sin_addr, 4);
    } else if (address->ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        bool is_v4 = IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr);
        memcpy(peer.address, &in6.sin6_addr, is_v4 ? 16 : 8);
    }
    return peer;
}

void ap_http_limit_init(ap_http_limit *limit, double per_second, double burst, uint64_t seed)
{
    memset(limit, 0, sizeof *limit);
    limit->per_second = per_second;
    limit->burst = burst;
    limit->seed = seed;
}

static size_t set_of(const ap_http_limit *limit, const ap_http_peer *peer)
{
    uint64_t words[2];
    memcpy(words, peer->address, sizeof words);
    uint64_t hash = (words[0] ^ limit->seed) * 0x9e3779b97f4a7c15u;
    hash = ((hash ^ (hash >> 32)) + words[1]) * 0xd6e8feb86659fd93u;
    hash = (hash ^ (hash >> 32)) * 0xd6e8feb86659fd93u;
    return (size_t)(hash >> 32) % AP_HTTP_LIMIT_SETS;
}

static const ap_http_limit_entry *find(const ap_http_limit *limit, const ap_http_peer *peer)
{
    const ap_http_limit_entry *set = limit->entry[set_of(limit, peer)];
    for (size_t i = 0; i < AP_HTTP_LIMIT_WAYS; i++)
        if (set[i].full_ns > 0 && memcmp(&set[i].peer, peer, sizeof *peer) == 0)
            return &set[i];
    return NULL;
}

/* Time that one costs, and that a whole burst costs. */
static int64_t cost_ns(const ap_http_limit *limit)
{
    return (int64_t)(1e9 / limit->per_second);
}

static bool has_room(const ap_http_limit *limit, int64_t full_ns, int64_t now_ns)
{
    double debt_ns = full_ns > now_ns ? (double)(full_ns - now_ns) : 0;
    return debt_ns + (double)cost_ns(limit) <= limit->burst * 1e9 / limit->per_second + 1;
}

bool ap_http_limit_has(const ap_http_limit *limit, const ap_http_peer *peer, int64_t now_ns)
{
    if (limit->per_second <= 0)
        return true;
    const ap_http_limit_entry *entry = find(limit, peer);
    return has_room(limit, entry ? entry->full_ns : 0, now_ns);
}

bool ap_http_limit_take(ap_http_limit *limit, const ap_http_peer *peer, int64_t now_ns)
{
    if (limit->per_second <= 0)
        return true;
    ap_http_limit_entry *set = limit->entry[set_of(limit, peer)], *entry = &set[0];
    for (size_t i = 0; i < AP_HTTP_LIMIT_WAYS; i++) {
        if (set[i].full_ns > 0 && memcmp(&set[i].peer, peer, sizeof *peer) == 0) {
            entry = &set[i];
            break;
        }
        if (set[i].full_ns < entry->full_ns)
            entry = &set[i];
    }
    if (memcmp(&entry->peer, peer, sizeof *peer) != 0)
        *entry = (ap_http_limit_entry){ .peer = *peer };
    if (!has_room(limit, entry->full_ns, now_ns))
        return false;
    entry->full_ns = (entry->full_ns > now_ns ? entry->full_ns : now_ns) + cost_ns(limit);
    return true;
}

#include "app/run_tiles.h"

#include <string.h>

bool ap_run_tiles_origin(const char *url, char origin[AP_TILES_ORIGIN_SIZE])
{
    static const char host_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789.-";
    size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
    if (scheme == 0)
        return false;
    size_t host = strspn(url + scheme, host_letters), size = scheme + host;
    if (host == 0)
        return false;
    if (url[size] == ':') {
        size_t port = strspn(url + size + 1, "0123456789");
        if (port == 0 || port > 5)
            return false;
        size += 1 + port;
    }
    const char *path = url + size;
    if (*path != '/' || size >= AP_TILES_ORIGIN_SIZE || !strstr(path, "{z}") ||
        !strstr(path, "{x}") || !strstr(path, "{y}"))
        return false;
    memcpy(origin, url, size);
    origin[size] = '\0';
    return true;
}

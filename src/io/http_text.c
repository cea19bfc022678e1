#include "io/http_text.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum { HOST_CAP = 256 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_dots(const char *segment, size_t size)
{
    return (size == 1 && segment[0] == '.') || (size == 2 && memcmp(segment, "..", 2) == 0);
}

bool ap_http_path_is_plain(const char *path)
{
    if (path[0] != '/')
        return false;
    for (const char *c = path; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f || *c == '\\')
            return false;
    for (const char *segment = path + 1; *segment;) {
        size_t size = strcspn(segment, "/");
        if (size == 0 || is_dots(segment, size))
            return false;
        segment += size + (segment[size] == '/');
    }
    return true;
}

bool ap_http_list_next(const char **list, const char **element, size_t *size)
{
    const char *at = *list;
    while (is_blank(*at) || *at == ',')
        at++;
    size_t length = strcspn(at, ",");
    *list = at + length;
    *element = at;
    while (length > 0 && is_blank(at[length - 1]))
        length--;
    *size = length;
    return length > 0;
}

bool ap_http_list_has(const char *list, const char *element)
{
    const char *at;
    size_t size;
    while (ap_http_list_next(&list, &at, &size))
        if (size == strlen(element) && strncasecmp(at, element, size) == 0)
            return true;
    return false;
}

/* A quality is 0, 0.0, 0.00 or 0.000: the coding is refused. `parameters` begin behind the name. */
static bool is_refused(const char *parameters, size_t size)
{
    size_t at = 0;
    while (at < size && (is_blank(parameters[at]) || parameters[at] == ';'))
        at++;
    if (size - at < 3 || (parameters[at] != 'q' && parameters[at] != 'Q') ||
        parameters[at + 1] != '=')
        return false;
    for (at += 2; at < size; at++)
        if (parameters[at] != '0' && parameters[at] != '.')
            return false;
    return true;
}

bool ap_http_accepts_gzip(const char *accept_encoding)
{
    const char *element;
    size_t size;
    bool any = false;
    while (ap_http_list_next(&accept_encoding, &element, &size)) {
        size_t name = 0;
        while (name < size && element[name] != ';' && !is_blank(element[name]))
            name++;
        bool taken = !is_refused(element + name, size - name);
        if (name == 4 && strncasecmp(element, "gzip", 4) == 0)
            return taken;
        any = any || (name == 1 && element[0] == '*' && taken);
    }
    return any;
}

/* The opaque part of a tag: without the mark of a weak one. */
static const char *strong(const char *tag, size_t *size)
{
    bool weak = *size >= 2 && memcmp(tag, "W/", 2) == 0;
    *size -= weak ? 2 : 0;
    return weak ? tag + 2 : tag;
}

bool ap_http_etag_matches(const char *if_none_match, const char *etag)
{
    const char *element;
    size_t size, own_size = strlen(etag);
    const char *own = strong(etag, &own_size);
    if (own_size == 0)
        return false;
    while (ap_http_list_next(&if_none_match, &element, &size)) {
        if (size == 1 && element[0] == '*')
            return true;
        element = strong(element, &size);
        if (size == own_size && memcmp(element, own, size) == 0)
            return true;
    }
    return false;
}

/* Digits at *text, which moves behind them; false when there is none or too many. */
static bool read_number(const char **text, uint64_t *value)
{
    const char *at = *text;
    *value = 0;
    for (; is_digit(*at); at++) {
        if (*value > (UINT64_MAX - 9) / 10)
            return false;
        *value = *value * 10 + (uint64_t)(*at - '0');
    }
    bool any = at > *text;
    *text = at;
    return any;
}

ap_http_range ap_http_range_read(const char *range, uint64_t size, uint64_t *first, uint64_t *last)
{
    if (strncasecmp(range, "bytes=", 6) != 0)
        return AP_HTTP_RANGE_NONE;
    const char *at = range + 6;
    uint64_t from = 0, to = UINT64_MAX;
    bool has_from = is_digit(*at);
    if (has_from && !read_number(&at, &from))
        return AP_HTTP_RANGE_NONE;
    if (*at++ != '-')
        return AP_HTTP_RANGE_NONE;
    bool has_to = is_digit(*at);
    if (has_to && !read_number(&at, &to))
        return AP_HTTP_RANGE_NONE;
    if (*at || (!has_from && !has_to) || (has_from && has_to && from > to))
        return AP_HTTP_RANGE_NONE;
    if (!has_from) { /* the last so many */
        if (to == 0 || size == 0)
            return AP_HTTP_RANGE_UNSATISFIABLE;
        from = to < size ? size - to : 0;
        to = UINT64_MAX;
    }
    if (from >= size)
        return AP_HTTP_RANGE_UNSATISFIABLE;
    *first = from;
    *last = to < size ? to : size - 1;
    return AP_HTTP_RANGE_PART;
}

bool ap_http_bearer(const char *authorization, const char **token, size_t *size)
{
    if (strncasecmp(authorization, "Bearer ", 7) != 0)
        return false;
    const char *at = authorization + 7;
    while (*at == ' ')
        at++;
    *token = at;
    *size = strcspn(at, " \t,");
    return *size > 0 && at[*size] == '\0';
}

int64_t ap_http_number(const char *text, int64_t most)
{
    uint64_t value;
    return read_number(&text, &value) && *text == '\0' && value <= (uint64_t)most ? (int64_t)value
                                                                                  : -1;
}

bool ap_http_host_name(const char *host, char *name, size_t name_cap)
{
    const char *start = host, *end;
    if (*host == '[') {
        start = host + 1;
        end = strchr(start, ']');
        if (!end || (end[1] != '\0' && end[1] != ':'))
            return false;
    } else {
        end = host + strcspn(host, ":");
    }
    size_t size = (size_t)(end - start);
    if (size == 0 || size >= name_cap || strcspn(start, " \t/@,") < size)
        return false;
    memcpy(name, start, size);
    name[size] = '\0';
    return true;
}

/* The port that an authority names, or that of its scheme; -1 when it is none. */
static int64_t port_of(const char *authority, bool secure)
{
    const char *at = *authority == '[' ? strchr(authority, ']') : authority;
    at = at ? strchr(at, ':') : NULL;
    if (!at || at[1] == '\0')
        return secure ? 443 : 80;
    return ap_http_number(at + 1, 65535);
}

bool ap_http_origin_is_host(const char *origin, const char *host, bool secure)
{
    bool origin_secure = strncasecmp(origin, "https://", 8) == 0;
    if (!origin_secure && strncasecmp(origin, "http://", 7) != 0)
        return false;
    const char *authority = origin + (origin_secure ? 8 : 7);
    char a[HOST_CAP], b[HOST_CAP];
    if (!ap_http_host_name(authority, a, sizeof a) || !ap_http_host_name(host, b, sizeof b) ||
        strcasecmp(a, b) != 0)
        return false;
    /* Behind a proxy that ends TLS the page is https and this server is not: the port that Host
     * leaves out is then that of the page. */
    int64_t page = port_of(authority, origin_secure);
    return page >= 0 && (page == port_of(host, secure) || page == port_of(host, origin_secure));
}

bool ap_http_host_is_literal(const char *name)
{
    struct in6_addr address;
    return strcasecmp(name, "localhost") == 0 || inet_pton(AF_INET, name, &address) == 1 ||
           inet_pton(AF_INET6, name, &address) == 1;
}

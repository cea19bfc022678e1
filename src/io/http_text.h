/* Texts of HTTP's header fields: what the server reads of them. Every input comes from the network
 * and ends with NUL; nothing is allocated. Grammar: RFC 9110 (fields), RFC 6454 (origin). */
#ifndef AP_IO_HTTP_TEXT_H
#define AP_IO_HTTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A decoded path that can be used as it is: begins with '/', has no segment "." or "..", no empty
 * one but the last, no control character, no backslash. */
bool ap_http_path_is_plain(const char *path);

/* Elements of a comma list, without blanks around them: true while there is one. *list moves on. */
bool ap_http_list_next(const char **list, const char **element, size_t *size);

/* True when a comma list has the element, in any case of letters. */
bool ap_http_list_has(const char *list, const char *element);

/* True when Accept-Encoding takes gzip: "gzip" or "*" with a quality that is not 0. */
bool ap_http_accepts_gzip(const char *accept_encoding);

/* True when If-None-Match has the tag (weak comparison) or is "*". `etag` with its quotes. */
bool ap_http_etag_matches(const char *if_none_match, const char *etag);

typedef enum ap_http_range {
    AP_HTTP_RANGE_NONE,         /* no Range, several, or not in bytes: the whole is sent */
    AP_HTTP_RANGE_PART,         /* bytes *first to *last, both included */
    AP_HTTP_RANGE_UNSATISFIABLE /* begins behind the end: status 416 */
} ap_http_range;

/* One range of a representation of `size` bytes. */
ap_http_range ap_http_range_read(const char *range, uint64_t size, uint64_t *first, uint64_t *last);

/* The token of "Authorization: Bearer TOKEN"; false for anything else. */
bool ap_http_bearer(const char *authorization, const char **token, size_t *size);

/* Decimal digits alone, at most `most`; -1 for anything else. */
int64_t ap_http_number(const char *text, int64_t most);

/* Host without its port: of "[::1]:80" "::1". False when it has none or does not fit. */
bool ap_http_host_name(const char *host, char *name, size_t name_cap);

/* True when an origin ("https://radar.example:8443") is the server that was asked (Host
 * "radar.example:8443"), so that the page came from here. */
bool ap_http_origin_is_host(const char *origin, const char *host, bool secure);

/* True for an address in numbers and for "localhost": names that no stranger's DNS can point
 * here. */
bool ap_http_host_is_literal(const char *name);

#endif

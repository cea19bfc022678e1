/* One GET of another server, by http or https, for commands that ask a running service. It waits
 * for the answer: not for a loop's thread. */
#ifndef AP_IO_HTTP_GET_H
#define AP_IO_HTTP_GET_H

#include <stddef.h>

#include "airpicture/err.h"
#include "io/input.h"

typedef struct ap_http_get_config {
    const char *url;   /* http:// or https://, a host, perhaps a port and a path */
    const char *path;  /* goes behind that of the URL; begins with '/'; sent as it is */
    const char *token; /* "Authorization: Bearer ..." when not NULL; sent to this server alone */
    int timeout_s;     /* for all of it, > 0 */
    size_t size_cap;   /* of the body */
} ap_http_get_config;

typedef struct ap_http_answer {
    int status;
    char *body;  /* ended with NUL */
    size_t size; /* without it */
} ap_http_answer;

/* Any status is an answer; nothing is asked again elsewhere (3xx). The certificate of https has to
 * be for that host and of somebody whom this system trusts; $SSL_CERT_FILE, $SSL_CERT_DIR name
 * others.
 * AP_ERR_ARGUMENT: no such URL, or a token with blanks or control characters. AP_ERR_NO_INPUT:
 * nobody answers. AP_ERR_MALFORMED: what answers speaks no HTTP. AP_ERR_FULL: the body is larger
 * than size_cap. AP_ERR_MEMORY. All with `message`. */
ap_err ap_http_get(const ap_http_get_config *config, ap_http_answer *answer,
                   char message[AP_IO_MESSAGE_SIZE]);

/* Safe twice. */
void ap_http_answer_free(ap_http_answer *answer);

#endif

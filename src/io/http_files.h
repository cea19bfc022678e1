/* Files of a folder as replies: the pages of the display. Read whole and kept in memory while they
 * are in use; nothing outside the folder, no link, no name that begins with a dot. */
#ifndef AP_IO_HTTP_FILES_H
#define AP_IO_HTTP_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "airpicture/err.h"
#include "io/http.h"
#include "io/input.h"

struct ap_http_files_state;

typedef struct ap_http_files {
    struct ap_http_files_state *state; /* NULL when closed */
} ap_http_files;

/* Serves the folder. memory_cap: bytes of all files kept or on their way to clients, 64 MB are
 * plenty; a file longer than that is not served. AP_ERR_NO_INPUT with `message`. */
ap_err ap_http_files_open(ap_http_files *files, const char *folder, size_t memory_cap,
                          char message[AP_IO_MESSAGE_SIZE]);

/* The answer for `path`, relative to the folder ("" or one that ends in '/': index.html there). GET
 * and HEAD; the twin "NAME.gz" is sent when it is there, not older, and accepted. ETag from size
 * and time of change; ranges of bytes. 404 when there is nothing, 405 for other methods, 503 when
 * memory_cap is in use. Names that carry a hash ("-1f3a9c2b.js") are said to be kept for a year. */
void ap_http_files_reply(ap_http_files *files, const char *path, const ap_http_request *request,
                         ap_http_reply *reply);

/* What is on its way to clients stays until it is there. Safe twice. */
void ap_http_files_close(ap_http_files *files);

/* By the end of the name: "text/html; charset=utf-8" of ".html". */
const char *ap_http_content_type(const char *name);

#endif

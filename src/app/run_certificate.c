#include "app/run_certificate.h"

#include <string.h>
#include <sys/stat.h>

#include "airpicture/time.h"

/* Without a file: zeros. */
static void mark_files(const ap_run_http *config, ap_run_file_mark marks[2])
{
    const char *const paths[2] = { config->certificate, config->key };
    memset(marks, 0, 2 * sizeof marks[0]);
    for (size_t i = 0; i < 2; i++) {
        struct stat is;
        if (stat(paths[i], &is))
            continue;
        marks[i].changed_ns = (int64_t)is.st_mtim.tv_sec * AP_NS_PER_S + is.st_mtim.tv_nsec;
        marks[i].file = (uint64_t)is.st_ino;
        marks[i].size = (uint64_t)is.st_size;
    }
}

void ap_run_certificate_begin(ap_run_certificate *watch, ap_http *http, const ap_run_http *config,
                              const ap_log *log)
{
    *watch = (ap_run_certificate){ .http = http, .config = config, .log = log };
    mark_files(config, watch->seen);
}

void ap_run_certificate_look(ap_run_certificate *watch)
{
    ap_run_file_mark now[2];
    char message[AP_IO_MESSAGE_SIZE];
    mark_files(watch->config, now);
    if (memcmp(now, watch->seen, sizeof now) != 0) {
        memcpy(watch->seen, now, sizeof now);
        watch->is_changed = true;
        return;
    }
    if (!watch->is_changed)
        return;
    watch->is_changed = false;
    if (ap_http_reload_certificate(watch->http, message) == AP_OK)
        ap_log_write(watch->log, AP_LOG_NOTICE, "a new certificate is served");
    else
        ap_log_write(watch->log, AP_LOG_ERROR,
                     "the certificate was exchanged, and the old one is served on: %s", message);
}

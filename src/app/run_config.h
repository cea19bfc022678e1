/* The configuration of the service: YAML text to plain data.
 *
 *     sensors: sensors.yaml
 *     inputs:
 *       - name: receiver
 *         kind: tcp
 *         host: 127.0.0.1
 *         port: 30005
 *         format: beast
 *     outputs:
 *       - kind: cat062
 *         host: 239.1.2.3
 *     http:
 *       port: 8080
 *     state:
 *       folder: /var/lib/airpicture
 *     archive:
 *       folder: /var/lib/airpicture/archive
 *
 * A file is taken whole or not at all. All errors are told, each with line, column and what was
 * expected. Paths that are not absolute count from the folder of the file. */
#ifndef AP_APP_RUN_CONFIG_H
#define AP_APP_RUN_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "airpicture/err.h"
#include "app/command.h"
#include "app/run_archive_config.h"
#include "app/run_output_config.h"
#include "app/yaml_tell.h"
#include "io/live_in.h"
#include "wire/framer.h"

#define AP_RUN_INPUT_CAP 1024u
#define AP_RUN_WORD_CAP 16u /* names, origins of HTTP */
#define AP_RUN_WORD_MAX 127

typedef struct ap_run_words {
    char word[AP_RUN_WORD_CAP][AP_RUN_WORD_MAX + 1];
    uint32_t count;
} ap_run_words;

/* One input; io/live_in.h says what its words mean. Absent words are "". */
typedef struct ap_run_input {
    char name[AP_RUN_NAME_MAX + 1];
    int kind; /* ap_live_kind */
    char host[AP_RUN_HOST_MAX + 1], group[AP_RUN_HOST_MAX + 1];
    char interface[AP_RUN_HOST_MAX + 1], source[AP_RUN_HOST_MAX + 1];
    char path[AP_RUN_PATH_MAX + 1];
    uint16_t port;
    uint32_t baud, idle_timeout_s;
    bool from_begin;
    int format; /* ap_format */
} ap_run_input;

typedef struct ap_run_http {
    bool is_on;
    char address[AP_RUN_HOST_MAX + 1];
    uint16_t port;
    uint32_t stream_ms; /* between steps of the stream */
    char certificate[AP_RUN_PATH_MAX + 1], key[AP_RUN_PATH_MAX + 1]; /* "": no TLS */
    char tokens[AP_RUN_PATH_MAX + 1]; /* file of lines as `airpicture token` makes them; "": none */
    bool read_needs_token, metrics_needs_token;
    char tiles[AP_RUN_PATH_MAX + 1]; /* template of a map below the page's picture; "": none */
    char tiles_attribution[AP_RUN_PATH_MAX + 1];
    bool local_operates;   /* whoever reaches it, from this computer, without a token */
    ap_run_words names;    /* by which it is asked, besides addresses in digits and localhost */
    ap_run_words origins;  /* other pages that may ask */
    uint32_t request_rate; /* a second, of one address; 0: any */
} ap_run_http;

/* Checkpoints and recordings lie in one folder; "": neither is kept. */
typedef struct ap_run_state {
    char folder[AP_RUN_PATH_MAX + 1];
    double checkpoint_s; /* between checkpoints */
    bool records;
    uint32_t file_mb, file_s; /* of a recording, when it is closed */
    uint32_t keep_mb, keep_s; /* of all; 0: no limit */
} ap_run_state;

typedef struct ap_run_config {
    char sensors[AP_RUN_PATH_MAX + 1]; /* "": radars are not placed */
    uint32_t track_cap, aircraft_cap, receiver_cap, stream_cap, thread_count;
    uint32_t ring_mb;
    uint32_t history_points;
    ap_run_input *inputs; /* [input_count] */
    uint32_t input_count;
    ap_run_output *outputs; /* [output_count] */
    uint32_t output_count;
    ap_run_http http;
    ap_run_state state;
    ap_run_archive_config archive;
} ap_run_config;

/* Of an empty file that would be accepted: no inputs, HTTP on 127.0.0.1:8080, nothing kept. */
void ap_run_config_init(ap_run_config *config);

/* Reads a text; `folder` is where relative paths begin, "" for the current one. AP_ERR_CONFIG when
 * anything is refused, AP_ERR_MEMORY; *config is then as init left it. */
ap_err ap_run_config_parse(ap_run_config *config, const char *folder, const char *text, size_t size,
                           ap_yaml_error_fn on_error, void *context);

/* The same for a file. AP_ERR_NO_INPUT when it cannot be read. */
ap_err ap_run_config_load(ap_run_config *config, const char *path, ap_yaml_error_fn on_error,
                          void *context);

/* The same, with every error told on standard error, "FILE:LINE:COLUMN: what; expected ...".
 * Returns an exit status. */
int ap_run_config_read(const char *path, ap_run_config *config);

/* What no reader of the file can see: addresses, the sensors file, tokens, the certificate. Returns
 * an exit status after a line for each on standard error. */
int ap_run_config_check(const ap_command *command, const ap_run_config *config);

/* Milliseconds between two ticks, by which outputs notice that time has passed though nothing was
 * received: a second, or less where an output is to send more often. */
uint32_t ap_run_tick_ms(const ap_run_config *config);

/* The input as io/live_in.h takes it; its texts are those of *input. */
ap_live_config ap_run_live_config(const ap_run_input *input);

/* What would run, in some lines for people. */
void ap_run_config_print(const ap_run_config *config, FILE *out);

/* The keys as Markdown. */
void ap_run_config_keys_print(FILE *out);

/* Frees the lists; safe twice. */
void ap_run_config_close(ap_run_config *config);

#endif

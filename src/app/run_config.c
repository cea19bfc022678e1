#include "app/run_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/run_tiles.h"
#include "app/source.h"
#include "app/yaml_entry.h"
#include "app/yaml_file.h"
#include "io/http_text.h"
#include "io/threads.h"

#define TICK_MIN_MS 50.0 /* outputs act on twentieths of a second */
#define TICK_MAX_MS 1000.0

static const ap_yaml_form form = { "a configuration", "a configuration" };

#define WORD(name, text) text,
static const char *const kinds[] = { AP_LIVE_KIND_MAP(WORD) NULL };
#undef WORD
#define WORD(name, key, text) key,
static const char *const formats[] = { AP_FORMAT_MAP(WORD) NULL };
#undef WORD

/* --- the keys --- */

#define WHOLE AP_YAML_WHOLE
#define FLAG AP_YAML_FLAG
#define WORDS AP_YAML_WORDS
#define NUMBER(key_, type_, field, min_, max_, initial_, help_)                                    \
    AP_YAML_NUMBER(key_, type_, field, 1, min_, max_, initial_, help_)
#define TEXT AP_YAML_TEXT
#define OTHER AP_YAML_OTHER

static const ap_yaml_key top_keys[] = {
    TEXT("sensors", ap_run_config, sensors, AP_RUN_PATH_MAX, false,
         "sensors file: where each radar stands and how accurate it is"),
    OTHER("inputs", LIST, "what is received"),
    OTHER("outputs", LIST, "what goes out: tracks, reports, frames, to UDP or on TCP ports"),
    OTHER("http", GROUP, "the page, the interface for programs, the figures"),
    OTHER("state", GROUP, "what is kept so that nothing is lost when the service stops"),
    OTHER("archive", GROUP, "tracks and alerts, kept for analysis"),
    WHOLE("track_cap", 32, ap_run_config, track_cap, 16, 1000000, "20000",
          "tracks alive at once; some 6 kB of memory each"),
    WHOLE("aircraft_cap", 32, ap_run_config, aircraft_cap, 64, 4000000, "50000",
          "Mode S addresses remembered at once; some 700 octets each"),
    WHOLE("receiver_cap", 32, ap_run_config, receiver_cap, 0, 60000, "256",
          "receivers that streams name and that are told apart"),
    WHOLE("connection_cap", 32, ap_run_config, stream_cap, 1, 8192, "64",
          "connections of all inputs at once; half a megabyte each; never fewer than inputs"),
    WHOLE(
        "history_points", 32, ap_run_config, history_points, 256, 100000000, "2000000",
        "points of all trails together, the oldest of which go first; 48 octets each, taken up as "
        "they come"),
    WHOLE("threads", 32, ap_run_config, thread_count, 1, AP_THREADS_MAX, "1",
          "processors that the tracker may work on at once; the tracks are the same"),
    WHOLE("ring_mb", 32, ap_run_config, ring_mb, 1, 1024, "32",
          "megabytes that may wait for the engine; an input may fill a quarter"),
    { .key = NULL },
};

static const ap_yaml_key input_keys[] = {
    TEXT("name", ap_run_input, name, AP_RUN_NAME_MAX, true, "what people call it; once"),
    WORDS("kind", ap_run_input, kind, kinds, NULL, true, "how it is received"),
    WORDS("format", ap_run_input, format, formats, "auto", false,
          "what is received; pcap and gps are for replay"),
    TEXT("host", ap_run_input, host, AP_RUN_HOST_MAX, false,
         "tcp: the other side; udp, tcp-listen: the address of this side, 127.0.0.1 if absent"),
    WHOLE("port", 16, ap_run_input, port, 1, 65535, NULL, "udp, tcp, tcp-listen"),
    TEXT("group", ap_run_input, group, AP_RUN_HOST_MAX, false, "udp: a multicast group to join"),
    TEXT("interface", ap_run_input, interface, AP_RUN_HOST_MAX, false,
         "udp: where the group is joined, a name or an own address"),
    TEXT("source", ap_run_input, source, AP_RUN_HOST_MAX, false,
         "udp: only what this address sends to the group"),
    TEXT("path", ap_run_input, path, AP_RUN_PATH_MAX, false,
         "serial: the device; follow: a file that grows"),
    WHOLE("baud", 32, ap_run_input, baud, 50, 4000000, "115200", "serial: bits a second"),
    FLAG("from_begin", ap_run_input, from_begin, "false",
         "follow: what the file holds already, too"),
    WHOLE("idle_timeout_s", 32, ap_run_input, idle_timeout_s, 0, 86400, "0",
          "tcp, tcp-listen: a connection that is silent for so long is closed; 0: it may be"),
    { .key = NULL },
};

static const ap_yaml_key http_keys[] = {
    FLAG("enabled", ap_run_http, is_on, "true", "serve at all"),
    TEXT("address", ap_run_http, address, AP_RUN_HOST_MAX, false,
         "address of this side, 127.0.0.1 if absent; \"0.0.0.0\" or \"::\" for every one"),
    WHOLE("port", 16, ap_run_http, port, 1, 65535, "8080", "TCP"),
    WHOLE("stream_ms", 32, ap_run_http, stream_ms, 100, 60000, "250",
          "milliseconds between the messages of the stream"),
    TEXT("certificate", ap_run_http, certificate, AP_RUN_PATH_MAX, false,
         "PEM file: with it TLS is spoken, and nothing else"),
    TEXT("key", ap_run_http, key, AP_RUN_PATH_MAX, false, "PEM file: the certificate's"),
    TEXT("tokens", ap_run_http, tokens, AP_RUN_PATH_MAX, false,
         "file with a line for each token, made by `airpicture token`"),
    FLAG("read_needs_token", ap_run_http, read_needs_token, "false",
         "nobody reads without a token; only /healthz and /readyz answer everyone"),
    FLAG("metrics_needs_token", ap_run_http, metrics_needs_token, "true",
         "with read_needs_token: nor /metrics"),
    TEXT("tiles", ap_run_http, tiles, AP_RUN_PATH_MAX, false,
         "a map below the page's own, as https://HOST/{z}/{x}/{y}.png; who looks asks that host"),
    TEXT("tiles_attribution", ap_run_http, tiles_attribution, AP_RUN_PATH_MAX, false,
         "whose map it is, shown on it"),
    FLAG("local_operates", ap_run_http, local_operates, "false",
         "whoever is on this computer may operate without a token; not behind a proxy"),
    OTHER("names", LIST,
          "names that it is asked by, a proxy's say, besides addresses in digits and localhost; "
          "if absent any, but only those two on loopback"),
    OTHER("origins", LIST,
          "pages of other servers that may read and follow the stream, as https://map.example"),
    WHOLE("requests_per_s", 32, ap_run_http, request_rate, 0, 1000000, "50",
          "requests that one address may send in a second, four times as many at once; 0: any; "
          "all that come by a proxy have its address"),
    { .key = NULL },
};

static const ap_yaml_key state_keys[] = {
    TEXT("folder", ap_run_state, folder, AP_RUN_PATH_MAX, true,
         "for the service alone; made if it is not there"),
    NUMBER("checkpoint_s", ap_run_state, checkpoint_s, 1, 3600, "5", "seconds between checkpoints"),
    FLAG("recordings", ap_run_state, records, "true", "keep what is received, for replay"),
    WHOLE("file_mb", 32, ap_run_state, file_mb, 1, 4096, "64",
          "megabytes at which a recording is closed and packed"),
    WHOLE("file_s", 32, ap_run_state, file_s, 10, 86400, "3600",
          "seconds after which a recording is closed and packed"),
    WHOLE("keep_mb", 32, ap_run_state, keep_mb, 0, 100000000, "10000",
          "megabytes of recordings that are kept; 0: all"),
    WHOLE("keep_s", 32, ap_run_state, keep_s, 0, 1000000000, "604800",
          "seconds for which recordings are kept; 0: for ever"),
    { .key = NULL },
};

static const ap_yaml_group top = { "Configuration", "a configuration", "", top_keys };
static const ap_yaml_group input_group = { "inputs", "an input", "", input_keys };
static const ap_yaml_group http_group = { "http", "http", "", http_keys };
static const ap_yaml_group state_group = { "state", "state", "", state_keys };

void ap_run_config_keys_print(FILE *out)
{
    const ap_yaml_group *const groups[] = {
        &top,         &input_group,          &ap_run_output_group,  &http_group,
        &state_group, &ap_run_archive_group, &ap_run_postgres_group
    };
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        ap_yaml_group_print(out, groups[i]);
}

/* --- reading --- */

typedef struct loader {
    ap_yaml_reading reading;
    ap_run_config *config;
    const char *folder;
} loader;

static void place_path(loader *load, const ap_yaml_entry *entry, const char *key,
                       char path[AP_RUN_PATH_MAX + 1])
{
    ap_run_place_path(&load->reading, entry, key, load->folder, path);
}

/* What a kind needs, and what it has no use for. */
typedef struct kind_row {
    const char *needs[2];
    const char *takes[6];
} kind_row;

static const kind_row kind_rows[AP_LIVE_KIND_COUNT] = {
    [AP_LIVE_UDP] = { { "port" }, { "port", "host", "group", "interface", "source" } },
    [AP_LIVE_TCP_CONNECT] = { { "host", "port" }, { "host", "port", "idle_timeout_s" } },
    [AP_LIVE_TCP_LISTEN] = { { "port" }, { "host", "port", "idle_timeout_s" } },
    [AP_LIVE_SERIAL] = { { "path" }, { "path", "baud" } },
    [AP_LIVE_STDIN] = { { NULL }, { NULL } },
    [AP_LIVE_FOLLOW] = { { "path" }, { "path", "from_begin" } },
};

static bool is_among(const char *key, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count && keys[i]; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

static void check_kind(loader *load, const ap_yaml_entry *entry, int kind)
{
    static const char *const common[] = { "name", "kind", "format" };
    const kind_row *row = &kind_rows[kind];
    for (size_t i = 0; i < 2 && row->needs[i]; i++)
        if (!ap_yaml_entry_value(entry, row->needs[i]))
            ap_yaml_tell_at(&load->reading, entry->mark, "%s input without %s; expected the key",
                            kinds[kind], row->needs[i]);
    for (const ap_yaml_key *key = input_keys; key->key; key++) {
        const yaml_node_t *value = ap_yaml_entry_value(entry, key->key);
        if (value && !is_among(key->key, common, 3) && !is_among(key->key, row->takes, 6))
            ap_yaml_tell_at(&load->reading, value->start_mark,
                            "%s has no meaning for a %s input; expected it to be left out",
                            key->key, kinds[kind]);
    }
}

static void check_input(loader *load, const ap_yaml_entry *entry, const ap_run_input *input)
{
    const ap_run_config *config = load->config;
    for (uint32_t i = 0; ap_yaml_entry_good(entry, "name") && i < config->input_count; i++)
        if (strcmp(config->inputs[i].name, input->name) == 0)
            ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "name"),
                            "name '%s' again; expected another", input->name);
    if (ap_yaml_entry_good(entry, "kind"))
        check_kind(load, entry, input->kind);
    if (input->format == AP_FORMAT_PCAP || input->format == AP_FORMAT_GPS)
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "format"),
                        "format '%s' is that of recordings; expected another, or --replay",
                        formats[input->format]);
    if (*input->group && *input->host)
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "host"),
                        "host beside group; expected one of the two");
    if ((*input->interface || *input->source) && !*input->group)
        ap_yaml_tell_at(&load->reading,
                        ap_yaml_entry_mark(entry, *input->source ? "source" : "interface"),
                        "%s without group; expected a multicast group",
                        *input->source ? "source" : "interface");
}

static void take_input(loader *load, const yaml_node_t *node)
{
    ap_run_input *input = &load->config->inputs[load->config->input_count];
    ap_yaml_entry entry;
    if (!ap_yaml_entry_read(&load->reading, &input_group, node, input, &entry))
        return;
    check_input(load, &entry, input);
    place_path(load, &entry, "path", input->path);
    load->config->input_count++;
}

static const char *listening_host(const char *host)
{
    return *host ? host : "127.0.0.1";
}

/* Who listens already where the output would, or NULL. */
static const char *port_holder(const ap_run_config *config, const ap_run_output *output)
{
    for (uint32_t i = 0; i < config->output_count; i++)
        if (config->outputs[i].transport == AP_RUN_TCP &&
            ap_run_output_shares(output, config->outputs[i].host, config->outputs[i].port))
            return config->outputs[i].name;
    for (uint32_t i = 0; i < config->input_count; i++)
        if (config->inputs[i].kind == AP_LIVE_TCP_LISTEN &&
            ap_run_output_shares(output, listening_host(config->inputs[i].host),
                                 config->inputs[i].port))
            return config->inputs[i].name;
    const ap_run_http *http = &config->http;
    return http->is_on && ap_run_output_shares(output, http->address, http->port) ? "http" : NULL;
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* Whether what goes to `to` comes in at `host`, an address of this side or the other side of a
 * connection; as far as texts tell. */
static bool is_here(const char *to, const char *host)
{
    bool is_all = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
    bool is_local = is_loopback(to) || strcmp(to, "localhost") == 0;
    return strcmp(to, host) == 0 ||
           (is_local && (is_all || is_loopback(host) || strcmp(host, "localhost") == 0));
}

static bool hears(const ap_run_input *input, const ap_run_output *output)
{
    bool is_udp = output->transport == AP_RUN_UDP;
    if (input->port != output->port || input->kind != (is_udp ? AP_LIVE_UDP : AP_LIVE_TCP_CONNECT))
        return false;
    if (*input->group)
        return strcmp(input->group, output->host) == 0 &&
               strcmp(input->interface, output->interface) == 0;
    return is_udp ? is_here(output->host, listening_host(input->host))
                  : is_here(input->host, output->host);
}

/* An input that would hear the output, and take its own tracks for a sensor's without end; or NULL.
 */
static const char *listener_of(const ap_run_config *config, const ap_run_output *output)
{
    for (uint32_t i = 0; i < config->input_count; i++)
        if (hears(&config->inputs[i], output))
            return config->inputs[i].name;
    return NULL;
}

/* Names tell outputs apart in the figures; behind the inputs and http. */
static void take_output(loader *load, const yaml_node_t *node)
{
    ap_run_config *config = load->config;
    ap_run_output *output = &config->outputs[config->output_count];
    if (!ap_run_output_read(&load->reading, node, output))
        return;
    for (uint32_t i = 0; i < config->output_count; i++)
        if (strcmp(config->outputs[i].name, output->name) == 0)
            ap_yaml_tell_at(&load->reading, node->start_mark,
                            "output '%s' again; expected another name", output->name);
    const char *holder = port_holder(config, output);
    if (holder)
        ap_yaml_tell_at(&load->reading, node->start_mark,
                        "TCP port %u is that of '%s'; expected another port or address",
                        output->port, holder);
    const char *listener = listener_of(config, output);
    if (listener)
        ap_yaml_tell_at(&load->reading, node->start_mark,
                        "output '%s' goes to the input '%s', which would hear its own; expected "
                        "another port or address",
                        output->name, listener);
    config->output_count++;
}

/* The entries of a list, at most `cap`; NULL when there is none. */
static const yaml_node_item_t *entries_of(loader *load, const ap_yaml_entry *entry, const char *key,
                                          uint32_t cap, size_t *count)
{
    *count = 0;
    if (!ap_yaml_entry_good(entry, key))
        return NULL;
    const yaml_node_t *list = ap_yaml_entry_value(entry, key);
    const yaml_node_item_t *item = list->data.sequence.items.start;
    *count = (size_t)(list->data.sequence.items.top - item);
    if (*count <= cap)
        return item;
    ap_yaml_tell_at(&load->reading, list->start_mark, "%zu entries at %s; expected at most %u",
                    *count, key, (unsigned)cap);
    *count = cap;
    return item;
}

static void *room_for(loader *load, size_t count, size_t size)
{
    void *room = calloc(count + 1, size);
    if (!room)
        ap_yaml_tell_file(&load->reading, "memory is exhausted; expected a smaller file");
    return room;
}

static void load_inputs(loader *load, const ap_yaml_entry *entry)
{
    size_t count;
    const yaml_node_item_t *item = entries_of(load, entry, "inputs", AP_RUN_INPUT_CAP, &count);
    load->config->inputs = room_for(load, count, sizeof *load->config->inputs);
    for (size_t i = 0; load->config->inputs && i < count; i++)
        take_input(load, yaml_document_get_node(&load->reading.document, item[i]));
}

static void load_outputs(loader *load, const ap_yaml_entry *entry)
{
    size_t count;
    const yaml_node_item_t *item = entries_of(load, entry, "outputs", AP_RUN_OUTPUT_CAP, &count);
    load->config->outputs = room_for(load, count, sizeof *load->config->outputs);
    for (size_t i = 0; load->config->outputs && i < count; i++)
        take_output(load, yaml_document_get_node(&load->reading.document, item[i]));
}

static void take_word(ap_yaml_reading *reading, const yaml_node_t *node, bool is_good,
                      const char *expected, ap_run_words *into)
{
    if (!is_good || node->data.scalar.length > AP_RUN_WORD_MAX)
        ap_yaml_tell_at(reading, node->start_mark, "'%s' cannot be used; expected %s",
                        ap_yaml_show(node).text, expected);
    else if (into->count == AP_RUN_WORD_CAP)
        ap_yaml_tell_at(reading, node->start_mark, "one word too many; expected at most %u",
                        AP_RUN_WORD_CAP);
    else
        strcpy(into->word[into->count++], ap_yaml_text_of(node));
}

static void take_name(void *context, ap_yaml_reading *reading, const yaml_node_t *node)
{
    const char *text = ap_yaml_text_of(node);
    char name[AP_RUN_WORD_MAX + 1];
    bool is_good = ap_http_host_name(text, name, sizeof name) && strcmp(name, text) == 0;
    take_word(reading, node, is_good, "a name without a port, as radar.example", context);
}

static void take_origin(void *context, ap_yaml_reading *reading, const yaml_node_t *node)
{
    const char *text = ap_yaml_text_of(node);
    size_t scheme = strncmp(text, "https://", 8) == 0  ? 8
                    : strncmp(text, "http://", 7) == 0 ? 7
                                                       : 0;
    char name[AP_RUN_WORD_MAX + 1];
    bool is_good = scheme > 0 && !strchr(text + scheme, '/') &&
                   ap_http_host_name(text + scheme, name, sizeof name);
    take_word(reading, node, is_good, "an origin without a path, as https://map.example", context);
}

static void load_http(loader *load, const ap_yaml_entry *entry)
{
    ap_yaml_entry http;
    const yaml_node_t *node = ap_yaml_entry_value(entry, "http");
    ap_run_http *into = &load->config->http;
    if (!node || !ap_yaml_entry_good(entry, "http") ||
        !ap_yaml_entry_read(&load->reading, &http_group, node, into, &http))
        return;
    place_path(load, &http, "certificate", into->certificate);
    place_path(load, &http, "key", into->key);
    place_path(load, &http, "tokens", into->tokens);
    ap_yaml_entry_words(&load->reading, &http, "names", take_name, &into->names);
    ap_yaml_entry_words(&load->reading, &http, "origins", take_origin, &into->origins);
    if (!*into->certificate != !*into->key)
        ap_yaml_tell_at(&load->reading, http.mark,
                        "certificate and key belong together; expected both, or none");
    if (into->read_needs_token && !*into->tokens)
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(&http, "read_needs_token"),
                        "read_needs_token without tokens; expected the key 'tokens'");
    char origin[AP_TILES_ORIGIN_SIZE];
    if (*into->tiles && !ap_run_tiles_origin(into->tiles, origin))
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(&http, "tiles"),
                        "tiles are at no address that can be asked; expected "
                        "https://HOST/{z}/{x}/{y}.png");
    if (*into->tiles && !*into->tiles_attribution)
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(&http, "tiles"),
                        "tiles without tiles_attribution; expected whose map it is");
    if (into->local_operates && !is_loopback(into->address))
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(&http, "local_operates"),
                        "local_operates where others reach it; expected an address that begins "
                        "with 127., or tokens");
}

static void load_state(loader *load, const ap_yaml_entry *entry)
{
    ap_run_state *state = &load->config->state;
    ap_yaml_entry group;
    const yaml_node_t *node = ap_yaml_entry_value(entry, "state");
    if (node && ap_yaml_entry_good(entry, "state") &&
        ap_yaml_entry_read(&load->reading, &state_group, node, state, &group))
        place_path(load, &group, "folder", state->folder);
}

static void load_archive(loader *load, const ap_yaml_entry *entry)
{
    const yaml_node_t *node = ap_yaml_entry_value(entry, "archive");
    if (node && ap_yaml_entry_good(entry, "archive"))
        ap_run_archive_config_read(&load->reading, node, load->folder, &load->config->archive);
}

static void load_document(void *context)
{
    loader *load = context;
    ap_run_config *config = load->config;
    const yaml_node_t *root = yaml_document_get_root_node(&load->reading.document);
    if (!root) {
        ap_yaml_tell_file(&load->reading, "an empty file; expected a configuration with inputs");
        return;
    }
    ap_yaml_entry entry;
    if (!ap_yaml_entry_read(&load->reading, &top, root, config, &entry))
        return;
    place_path(load, &entry, "sensors", config->sensors);
    load_inputs(load, &entry);
    load_http(load, &entry);
    load_outputs(load, &entry);
    load_state(load, &entry);
    load_archive(load, &entry);
    if (config->input_count == 0 && load->reading.error_count == 0)
        ap_yaml_tell_at(&load->reading, root->start_mark,
                        "nothing is received; expected the key 'inputs' with a list");
    if (config->stream_cap < config->input_count)
        config->stream_cap = config->input_count;
}

void ap_run_config_init(ap_run_config *config)
{
    *config = (ap_run_config){ .track_cap = 20000 };
    ap_yaml_entry_initial(&top, config);
    ap_yaml_entry_initial(&http_group, &config->http);
    ap_yaml_entry_initial(&state_group, &config->state);
    ap_run_archive_config_init(&config->archive);
    strcpy(config->http.address, "127.0.0.1");
}

ap_err ap_run_config_parse(ap_run_config *config, const char *folder, const char *text, size_t size,
                           ap_yaml_error_fn on_error, void *context)
{
    loader load = { .config = config,
                    .folder = folder,
                    .reading = { .on_error = on_error, .context = context } };
    ap_run_config_init(config);
    ap_err err = ap_yaml_parse(&load.reading, &form, text, size, load_document, &load);
    if (err) {
        ap_run_config_close(config);
        ap_run_config_init(config);
    }
    return err;
}

ap_err ap_run_config_load(ap_run_config *config, const char *path, ap_yaml_error_fn on_error,
                          void *context)
{
    ap_yaml_reading reading = { .on_error = on_error, .context = context };
    char *text, folder[AP_RUN_PATH_MAX + 1] = "";
    size_t size;
    ap_run_config_init(config);
    const char *slash = strrchr(path, '/');
    if (slash && slash > path)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    else if (slash)
        strcpy(folder, "/");
    ap_err err = ap_yaml_file_text(&reading, &form, path, &text, &size);
    if (!err)
        err = ap_run_config_parse(config, folder, text, size, on_error, context);
    free(text);
    return err;
}

uint32_t ap_run_tick_ms(const ap_run_config *config)
{
    double least_ms = TICK_MAX_MS;
    for (uint32_t i = 0; i < config->output_count; i++) {
        const ap_run_output *output = &config->outputs[i];
        if (output->kind != AP_RUN_OUTPUT_CAT062)
            continue;
        least_ms = fmin(least_ms, output->period_s * 1e3);
        if (output->on_update)
            least_ms = fmin(least_ms, output->update_ms);
    }
    return (uint32_t)fmax(least_ms, TICK_MIN_MS);
}

static const char *word_or_null(const char *word)
{
    return *word ? word : NULL;
}

ap_live_config ap_run_live_config(const ap_run_input *input)
{
    return (ap_live_config){ .kind = (ap_live_kind)input->kind,
                             .host = word_or_null(input->host),
                             .port = input->port,
                             .group = word_or_null(input->group),
                             .interface = word_or_null(input->interface),
                             .source = word_or_null(input->source),
                             .path = word_or_null(input->path),
                             .baud = input->baud,
                             .from_begin = input->from_begin,
                             .idle_timeout_s = input->idle_timeout_s };
}

/* --- for people --- */

typedef struct told {
    const char *path;
} told;

static void tell_error(void *context, const ap_yaml_error *error)
{
    const char *path = ((const told *)context)->path;
    if (error->line > 0)
        fprintf(stderr, "%s:%d:%d: %s\n", path, error->line, error->column, error->text);
    else
        fprintf(stderr, "%s: %s\n", path, error->text);
}

int ap_run_config_read(const char *path, ap_run_config *config)
{
    told to = { path };
    ap_err err = ap_run_config_load(config, path, tell_error, &to);
    if (err == AP_ERR_CONFIG)
        return AP_EXIT_CONFIG;
    if (err == AP_ERR_MEMORY)
        return ap_command_fail(NULL, AP_EXIT_SOFTWARE, "%s: memory is exhausted", path);
    return err ? ap_exit_of(err) : AP_EXIT_OK;
}

static void print_input(const ap_run_input *input, FILE *out)
{
    fprintf(out, "input    %-16s %s", input->name, kinds[input->kind]);
    if (*input->path)
        fprintf(out, " %s", input->path);
    else if (*input->group)
        fprintf(out, " group %s port %u", input->group, input->port);
    else if (input->port)
        fprintf(out, " %s port %u", *input->host ? input->host : "127.0.0.1", input->port);
    fprintf(out, ", %s\n", formats[input->format]);
}

void ap_run_config_print(const ap_run_config *config, FILE *out)
{
    fprintf(out, "sensors  %s\n", *config->sensors ? config->sensors : "none are placed");
    for (uint32_t i = 0; i < config->input_count; i++)
        print_input(&config->inputs[i], out);
    for (uint32_t i = 0; i < config->output_count; i++)
        ap_run_output_print(&config->outputs[i], out);
    if (config->http.is_on)
        fprintf(out, "HTTP     %s port %u, %s, %s\n", config->http.address, config->http.port,
                *config->http.certificate ? "TLS" : "no TLS",
                config->http.read_needs_token ? "for who has a token"
                : config->http.local_operates ? "everyone reads and operates"
                : *config->http.tokens        ? "everyone reads, tokens operate"
                                              : "everyone reads");
    if (*config->state.folder)
        fprintf(out, "state    %s, a checkpoint every %g s, %s\n", config->state.folder,
                config->state.checkpoint_s,
                config->state.records ? "with recordings" : "no recordings");
    else
        fputs("state    nothing is kept: after a stop the picture begins anew\n", out);
    ap_run_archive_config_print(&config->archive, out);
    fprintf(out, "room     %u tracks, %u addresses\n", config->track_cap, config->aircraft_cap);
}

void ap_run_config_close(ap_run_config *config)
{
    free(config->inputs);
    free(config->outputs);
    config->inputs = NULL;
    config->outputs = NULL;
    config->input_count = config->output_count = 0;
}

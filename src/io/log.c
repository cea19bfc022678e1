#include "io/log.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "airpicture/time.h"
#include "io/clock.h"
#include "wire/json.h"

#define REASON_CAP 256
#define BURST 5                      /* lines of one reason ... */
#define WINDOW_NS (60 * AP_NS_PER_S) /* ... in so long */
#define LINE_SIZE 1024
#define MESSAGE_SIZE (LINE_SIZE - 80) /* beside it: time, level, those held back */
#define JSON_SIZE 4096                /* what a pipe takes whole */
#define JSON_MESSAGE_SIZE 256         /* of one that is full of what has to be escaped */

typedef struct reason_row {
    const char *key; /* NULL: free */
    int64_t begin_ns;
    uint32_t count, held;
} reason_row;

struct ap_log_state {
    pthread_mutex_t mutex;
    int fd;
    ap_log_level level;
    ap_log_form form;
    reason_row reasons[REASON_CAP];
    ap_log_stats stats;
    uint64_t lost_count; /* that nobody was told of */
    FILE *real_stderr;   /* while its lines come here; else NULL */
    char said[LINE_SIZE];
    size_t said_size;
};

static const char *const words[] = {
#define WORD(name, word, number) word,
    AP_LOG_LEVEL_MAP(WORD)
#undef WORD
};
static const int numbers[] = {
#define NUMBER(name, word, number) number,
    AP_LOG_LEVEL_MAP(NUMBER)
#undef NUMBER
};

ap_log_level ap_log_level_of(const char *word)
{
    int level = 0;
    while (level < AP_LOG_LEVEL_COUNT && strcmp(words[level], word) != 0)
        level++;
    return (ap_log_level)level;
}

bool ap_log_open(ap_log *log, int fd, ap_log_level level, ap_log_form form)
{
    log->state = calloc(1, sizeof *log->state);
    if (!log->state)
        return false;
    log->state->fd = fd;
    log->state->level = level;
    log->state->form = form;
    pthread_mutex_init(&log->state->mutex, NULL);
    return true;
}

bool ap_log_is_journald(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat file;
    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &file) == 0 && file.st_dev == (dev_t)device &&
           file.st_ino == (ino_t)inode;
}

/* The row of a reason; beyond the table all share the last one. */
static reason_row *find(struct ap_log_state *state, const char *key)
{
    size_t i = 0;
    while (i + 1 < REASON_CAP && state->reasons[i].key && state->reasons[i].key != key)
        i++;
    state->reasons[i].key = key;
    return &state->reasons[i];
}

/* False: there were enough of them. *held: how many were left out before this one. Without a key
 * none is. */
static bool is_due(struct ap_log_state *state, ap_log_level level, const char *key, uint32_t *held)
{
    *held = 0;
    if (level == AP_LOG_NOTICE || !key)
        return true;
    reason_row *r = find(state, key);
    int64_t now_ns = ap_clock_monotonic_ns();
    if (r->count == 0 || now_ns - r->begin_ns >= WINDOW_NS) {
        *held = r->held;
        r->begin_ns = now_ns;
        r->count = r->held = 0;
    }
    if (r->count < BURST) {
        r->count++;
        return true;
    }
    r->held++;
    return false;
}

static void time_text(char time[AP_UTC_TEXT_SIZE])
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    ap_utc_text((ap_utc_ns)now.tv_sec * AP_NS_PER_S + now.tv_nsec, time);
}

typedef struct entry {
    ap_log_level level;
    const char *reason, *message;
    uint32_t held; /* of this reason, before it */
} entry;

static size_t put_text(const struct ap_log_state *state, const entry *e, char *line)
{
    size_t size;
    char time[AP_UTC_TEXT_SIZE];
    time_text(time);
    if (state->form == AP_LOG_JOURNALD)
        size = (size_t)snprintf(line, LINE_SIZE, "<%d>%s", numbers[e->level], e->message);
    else
        size = (size_t)snprintf(line, LINE_SIZE, "%s %s: %s", time, words[e->level], e->message);
    if (e->held > 0)
        size += (size_t)snprintf(line + size, LINE_SIZE - size, " (%u more like it)", e->held);
    line[size++] = '\n';
    return size;
}

static size_t put_json(const entry *e, size_t message_size, char *line)
{
    char time[AP_UTC_TEXT_SIZE];
    time_text(time);
    ap_writer text = ap_writer_of((uint8_t *)line, JSON_SIZE);
    ap_json_object object = ap_json_open(&text);
    ap_json_member_str(&object, "time", time);
    ap_json_member_str(&object, "level", words[e->level]);
    ap_json_member_str(&object, "reason", e->reason);
    ap_json_key(&object, "message");
    ap_json_string(&text, e->message, message_size);
    if (e->held > 0)
        ap_json_member_u64(&object, "held", e->held);
    ap_json_close(&object);
    ap_text_str(&text, "\n");
    return text.bad ? 0 : text.size;
}

/* The line of an entry, at most JSON_SIZE octets. */
static size_t compose(const struct ap_log_state *state, const entry *e, char *line)
{
    if (state->form != AP_LOG_JSON)
        return put_text(state, e, line);
    size_t size = put_json(e, strlen(e->message), line);
    return size > 0 ? size : put_json(e, strnlen(e->message, JSON_MESSAGE_SIZE), line);
}

/* A pipe that can be written to takes a line whole, and so do sockets and terminals. */
static bool takes_a_line(const struct ap_log_state *state)
{
    struct pollfd descriptor = { .fd = state->fd, .events = POLLOUT };
    return poll(&descriptor, 1, 0) == 1 && (descriptor.revents & POLLOUT) != 0;
}

static void put_line(struct ap_log_state *state, const char *line, size_t size)
{
    if (!takes_a_line(state)) {
        state->lost_count++;
        state->stats.lost_count++;
        return;
    }
    state->stats.written_count++;
    (void)!write(state->fd, line, size); /* there is nobody to tell */
}

static void tell_lost(struct ap_log_state *state)
{
    char line[JSON_SIZE], message[80];
    if (state->lost_count == 0 || !takes_a_line(state))
        return;
    snprintf(message, sizeof message, "%" PRIu64 " lines were lost: nobody read them",
             state->lost_count);
    entry e = { .level = AP_LOG_WARNING, .reason = "lines were lost", .message = message };
    state->lost_count = 0;
    (void)!write(state->fd, line, compose(state, &e, line));
}

static void write_line(const ap_log *log, ap_log_level level, const char *key, const char *format,
                       va_list arguments)
{
    struct ap_log_state *state = log->state;
    if (!state || level > state->level)
        return;
    char line[JSON_SIZE], message[MESSAGE_SIZE];
    entry e = { .level = level, .reason = key ? key : "stderr", .message = message };
    pthread_mutex_lock(&state->mutex);
    bool due = is_due(state, level, key, &e.held);
    state->stats.held_count += !due;
    if (due) {
        if (vsnprintf(message, sizeof message, format, arguments) < 0)
            snprintf(message, sizeof message, "%s", format);
        tell_lost(state);
        put_line(state, line, compose(state, &e, line));
    }
    pthread_mutex_unlock(&state->mutex);
}

void ap_log_write(const ap_log *log, ap_log_level level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(log, level, format, format, arguments);
    va_end(arguments);
}

__attribute__((format(printf, 4, 5))) static void write_with(const ap_log *log, ap_log_level level,
                                                             const char *key, const char *format,
                                                             ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(log, level, key, format, arguments);
    va_end(arguments);
}

void ap_log_write_as(const ap_log *log, ap_log_level level, const char *reason, const char *line)
{
    write_with(log, level, reason, "%s", line);
}

ap_log_stats ap_log_stats_of(const ap_log *log)
{
    ap_log_stats stats = { 0 };
    if (!log->state)
        return stats;
    pthread_mutex_lock(&log->state->mutex);
    stats = log->state->stats;
    pthread_mutex_unlock(&log->state->mutex);
    return stats;
}

/* --- standard error --- */

static void add_octet(ap_log *log, char octet)
{
    struct ap_log_state *state = log->state;
    if (octet != '\n' && state->said_size + 1 < sizeof state->said) {
        state->said[state->said_size++] = octet;
        return;
    }
    if (octet != '\n')
        return;
    state->said[state->said_size] = '\0';
    state->said_size = 0;
    write_with(log, AP_LOG_ERROR, NULL, "%s", state->said);
}

/* stdio calls it under the lock of the stream. */
static ssize_t on_said(void *cookie, const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        add_octet(cookie, data[i]);
    return (ssize_t)size;
}

bool ap_log_take_stderr(ap_log *log)
{
    struct ap_log_state *state = log->state;
    if (state->real_stderr)
        return true;
    FILE *lines = fopencookie(log, "w", (cookie_io_functions_t){ .write = on_said });
    if (!lines)
        return false;
    (void)setvbuf(lines, NULL, _IOLBF, 0);
    state->real_stderr = stderr;
    stderr = lines;
    return true;
}

static void give_stderr_back(struct ap_log_state *state)
{
    FILE *lines = stderr;
    if (!state->real_stderr)
        return;
    (void)fflush(lines);
    stderr = state->real_stderr;
    state->real_stderr = NULL;
    (void)fclose(lines);
}

void ap_log_close(ap_log *log)
{
    if (log->state) {
        give_stderr_back(log->state);
        pthread_mutex_destroy(&log->state->mutex);
    }
    free(log->state);
    log->state = NULL;
}

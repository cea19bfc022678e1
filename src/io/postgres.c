#include "io/postgres.h"

#include <endian.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/spool.h"
#include "io/threads.h"

#define NAP_NS (200 * AP_NS_PER_MS)
#define RETRY_MIN_NS (250 * AP_NS_PER_MS)
#define RETRY_MAX_NS (15 * AP_NS_PER_S)
#define PARTS_RETRY_NS (30 * AP_NS_PER_S)
#define TEND_NS (10 * AP_NS_PER_S)
#define BATCH_SIZE ((size_t)8 << 20)
#define MARK_SIZE 24u

struct postgres {
    ap_postgres_config config;
    ap_archive_sink *sink;
    ap_spool spool;
    uint64_t told_full_count; /* refused rows that the log has told of */
    bool is_broken;           /* the spool has to be opened anew */
    /* shared */
    pthread_mutex_t mutex;
    pthread_cond_t bell;            /* rows were committed, or the end has come */
    bool has_spool, has_thread;     /* under the mutex, for those that only look */
    char error[AP_IO_MESSAGE_SIZE]; /* newest of the sender; under the mutex */
    atomic_bool is_ending;
    _Atomic int64_t deadline_ns; /* of the end */
    atomic_bool is_connected;
    _Atomic uint64_t stored_count, connection_count, unknown_count, part_count, dropped_count;
    /* of the sender */
    pthread_t thread;
    ap_postgres_store store;
    ap_postgres_batch batch;
    ap_utc_ns received; /* newest of the rows that were sent; AP_UTC_UNKNOWN: none was */
    int64_t retry_ns, delay_ns, parts_retry_ns, tend_ns;
    uint64_t told_missing_count;
};

/* --- the sender: its connection --- */

static void lose_connection(struct postgres *p, const char *why)
{
    if (!atomic_load(&p->is_ending))
        ap_log_write(p->config.log, AP_LOG_WARNING, "archive, postgres: %s; rows wait in the spool",
                     why);
    pthread_mutex_lock(&p->mutex);
    (void)snprintf(p->error, sizeof p->error, "%s", why);
    pthread_mutex_unlock(&p->mutex);
    ap_postgres_store_close(&p->store);
    atomic_store(&p->is_connected, false);
    p->retry_ns = ap_clock_monotonic_ns() + p->delay_ns;
    p->delay_ns = 2 * p->delay_ns < RETRY_MAX_NS ? 2 * p->delay_ns : RETRY_MAX_NS;
}

/* The spool and the server have to agree on what was sent. */
static bool agrees(struct postgres *p)
{
    ap_spool_stats stats = ap_spool_stats_of(&p->spool);
    uint64_t released = stats.newest - stats.record_count;
    if (p->store.stored > stats.newest) {
        lose_connection(p,
                        "the server has newer rows of this spool than its folder: it is an older "
                        "copy; expected the newest, or an empty folder");
        return false;
    }
    if (p->store.stored < released)
        ap_log_write(p->config.log, AP_LOG_WARNING,
                     "archive, postgres: %" PRIu64 " rows of this spool went to another server, or "
                     "this one has lost them",
                     released - p->store.stored);
    return true;
}

static void connect_server(struct postgres *p)
{
    const ap_postgres_store_config config = { .link = { .connection = p->config.connection,
                                                        .password_file = p->config.password_file,
                                                        .deadline_ns = &p->deadline_ns },
                                              .schema = p->config.schema,
                                              .spool_id = ap_spool_id(&p->spool),
                                              .part_s = p->config.part_s,
                                              .keep_s = p->config.keep_s };
    if (ap_postgres_store_open(&p->store, &config)) {
        lose_connection(p, p->store.link.message);
        return;
    }
    if (!agrees(p))
        return;
    ap_spool_seek(&p->spool, p->store.stored);
    atomic_store(&p->is_connected, true);
    atomic_fetch_add(&p->connection_count, 1);
    p->parts_retry_ns = 0;
    ap_log_write(p->config.log, AP_LOG_NOTICE,
                 "archive, postgres: connected; %" PRIu64 " rows wait in the spool",
                 ap_spool_stats_of(&p->spool).record_count);
}

/* --- the sender: rows --- */

static ap_err add_record(struct postgres *p, const ap_spool_record *record)
{
    ap_postgres_record row;
    p->batch.last = record->number;
    if (ap_postgres_record_read(record->octets, record->size, &row)) {
        atomic_fetch_add(&p->unknown_count, 1);
        return AP_OK;
    }
    return ap_postgres_batch_add(&p->batch, &row);
}

/* What was committed, up to a batch; false after an error. */
static bool collect(struct postgres *p)
{
    char message[AP_IO_MESSAGE_SIZE] = "memory is exhausted";
    ap_spool_record record;
    ap_err err = AP_OK;
    ap_postgres_batch_reset(&p->batch);
    p->batch.last = p->store.stored;
    while (!err && p->batch.size < BATCH_SIZE) {
        err = ap_spool_next(&p->spool, &record, message);
        if (!err)
            err = add_record(p, &record);
    }
    if (err == AP_OK || err == AP_ERR_END)
        err = ap_postgres_batch_end(&p->batch);
    if (err)
        lose_connection(p, message);
    return err == AP_OK;
}

/* Without its partitions a row goes to the default one; so only a lost connection is an error. */
static bool make_parts(struct postgres *p)
{
    ap_postgres_parts *parts = &p->store.parts;
    const ap_utc_ns times[] = { p->batch.first, p->batch.until };
    int64_t now_ns = ap_clock_monotonic_ns();
    for (size_t i = 0; i < 2 && now_ns >= p->parts_retry_ns; i++) {
        if (ap_postgres_parts_cover(parts, times[i]) ||
            ap_postgres_parts_make(parts, &p->store.link, times[i]) == AP_OK)
            continue;
        if (!p->store.link.code[0])
            return false;
        p->parts_retry_ns = now_ns + PARTS_RETRY_NS;
        ap_log_write(p->config.log, AP_LOG_WARNING,
                     "archive, postgres: no new partitions: %s; tries again",
                     p->store.link.message);
    }
    return true;
}

static bool store_batch(struct postgres *p)
{
    if (p->batch.count > 0 && !make_parts(p))
        return false;
    if (ap_postgres_store_put(&p->store, &p->batch))
        return false;
    ap_spool_release(&p->spool, p->batch.last);
    atomic_fetch_add(&p->stored_count, p->batch.count);
    p->delay_ns = RETRY_MIN_NS;
    if (p->batch.count > 0 && (p->received == AP_UTC_UNKNOWN || p->batch.until > p->received))
        p->received = p->batch.until;
    return true;
}

/* Indexes, and what is too old. */
static bool tend(struct postgres *p, int64_t now_ns)
{
    bool more = false;
    if (p->received == AP_UTC_UNKNOWN || now_ns < p->tend_ns || atomic_load(&p->is_ending))
        return true;
    ap_postgres_parts *parts = &p->store.parts;
    ap_err err = ap_postgres_parts_tend(parts, &p->store.link, p->received, &more);
    if (err && p->store.link.code[0]) {
        ap_log_write(p->config.log, AP_LOG_WARNING,
                     "archive, postgres: an old partition: %s; tries again", p->store.link.message);
        more = false;
    } else if (err) {
        return false;
    }
    p->tend_ns = more ? 0 : now_ns + TEND_NS;
    atomic_store(&p->part_count, parts->count);
    atomic_store(&p->dropped_count, parts->dropped_count);
    return true;
}

static void tell_missing(struct postgres *p)
{
    uint64_t missing = ap_spool_stats_of(&p->spool).missing_count;
    if (missing > p->told_missing_count)
        ap_log_write(p->config.log, AP_LOG_ERROR,
                     "archive, postgres: %" PRIu64 " rows are lost: the spool is damaged",
                     missing - p->told_missing_count);
    p->told_missing_count = missing;
}

/* --- the sender: its life --- */

static void nap(struct postgres *p)
{
    pthread_mutex_lock(&p->mutex);
    if (!atomic_load(&p->is_ending))
        (void)ap_bell_wait(&p->bell, &p->mutex, ap_clock_monotonic_ns() + NAP_NS);
    pthread_mutex_unlock(&p->mutex);
}

/* Sends a batch; false when there is none. */
static bool work(struct postgres *p)
{
    if (!collect(p))
        return false;
    bool has_rows = p->batch.last > p->store.stored;
    if ((has_rows && !store_batch(p)) || !tend(p, ap_clock_monotonic_ns())) {
        lose_connection(p, p->store.link.message);
        return false;
    }
    tell_missing(p);
    return has_rows;
}

static bool has_waiting(struct postgres *p)
{
    return ap_spool_stats_of(&p->spool).record_count > 0;
}

/* At the end it tries once more, whatever the pause. */
static void *run(void *context)
{
    struct postgres *p = context;
    bool may_try_last = true;
    for (;;) {
        bool is_ending = atomic_load(&p->is_ending);
        int64_t now_ns = ap_clock_monotonic_ns();
        bool is_due = is_ending ? may_try_last && has_waiting(p) : now_ns >= p->retry_ns;
        if (is_due && !atomic_load(&p->is_connected)) {
            may_try_last = !is_ending;
            connect_server(p);
        }
        bool goes_on = atomic_load(&p->is_connected) && work(p);
        bool is_done = !goes_on && !(may_try_last && has_waiting(p));
        if (is_ending && (is_done || now_ns > atomic_load(&p->deadline_ns)))
            break;
        if (!goes_on)
            nap(p);
    }
    ap_postgres_store_close(&p->store);
    atomic_store(&p->is_connected, false);
    return NULL;
}

static ap_err start_sender(struct postgres *p)
{
    p->store = (ap_postgres_store){ .stored = 0 };
    p->received = AP_UTC_UNKNOWN;
    p->retry_ns = p->tend_ns = 0;
    p->delay_ns = RETRY_MIN_NS;
    p->told_missing_count = 0;
    atomic_store(&p->deadline_ns, 0);
    atomic_store(&p->is_ending, false);
    p->has_thread = pthread_create(&p->thread, NULL, run, p) == 0;
    return p->has_thread ? AP_OK : AP_ERR_MEMORY;
}

static void stop_sender(struct postgres *p, int64_t drain_ns)
{
    if (!p->has_thread)
        return;
    pthread_mutex_lock(&p->mutex);
    atomic_store(&p->deadline_ns, ap_clock_monotonic_ns() + drain_ns);
    atomic_store(&p->is_ending, true);
    pthread_cond_signal(&p->bell);
    pthread_mutex_unlock(&p->mutex);
    pthread_join(p->thread, NULL);
    p->has_thread = false;
}

/* --- the sink --- */

static void write_mark(const ap_row_mark *mark, ap_spool_mark *to)
{
    const uint64_t words[3] = { htole64((uint64_t)mark->run), htole64(mark->row),
                                htole64((uint64_t)mark->received) };
    _Static_assert(sizeof words == MARK_SIZE, "the mark is three words");
    memcpy(to->octets, words, sizeof words);
    to->size = MARK_SIZE;
}

static ap_row_mark read_mark(const ap_spool_mark *from)
{
    uint64_t words[3] = { 0 };
    if (from->size == MARK_SIZE)
        memcpy(words, from->octets, sizeof words);
    return (ap_row_mark){ .run = (int64_t)le64toh(words[0]),
                          .row = le64toh(words[1]),
                          .received = (int64_t)le64toh(words[2]) };
}

static void close_spool(struct postgres *p, int64_t drain_ns)
{
    stop_sender(p, drain_ns);
    pthread_mutex_lock(&p->mutex);
    p->has_spool = false;
    pthread_mutex_unlock(&p->mutex);
    ap_spool_close(&p->spool);
    p->is_broken = false;
}

static ap_err open_spool(struct postgres *p, ap_spool_mark *mark)
{
    const ap_spool_config config = { .folder = p->config.spool,
                                     .limit_size = p->config.spool_size };
    ap_err err = ap_spool_open(&p->spool, &config, mark, p->sink->message);
    if (!err) {
        pthread_mutex_lock(&p->mutex);
        p->has_spool = true;
        pthread_mutex_unlock(&p->mutex);
        err = start_sender(p);
    }
    if (err == AP_ERR_MEMORY)
        (void)strcpy(p->sink->message, "memory is exhausted");
    if (err)
        close_spool(p, 0);
    return err;
}

static ap_err postgres_open(ap_archive_sink *sink, ap_row_mark *committed)
{
    struct postgres *p = sink->context;
    ap_spool_mark mark = { .size = 0 };
    ap_err err = AP_OK;
    if (p->is_broken)
        close_spool(p, 0);
    if (p->spool.state)
        mark = ap_spool_mark_of(&p->spool);
    else
        err = open_spool(p, &mark);
    *committed = read_mark(&mark);
    return err;
}

static ap_err postgres_take(ap_archive_sink *sink, const ap_row *row)
{
    struct postgres *p = sink->context;
    uint8_t record[AP_POSTGRES_RECORD_MAX];
    size_t size = ap_postgres_row_write(row, record);
    ap_err err = ap_spool_put(&p->spool, record, size, sink->message);
    return err == AP_ERR_FULL ? AP_ERR_RANGE : err; /* counted, and the next is given */
}

static ap_err postgres_commit(ap_archive_sink *sink, const ap_row_mark *through)
{
    struct postgres *p = sink->context;
    ap_spool_mark mark;
    write_mark(through, &mark);
    ap_err err = ap_spool_commit(&p->spool, &mark, sink->message);
    if (err)
        return err;
    pthread_mutex_lock(&p->mutex);
    pthread_cond_signal(&p->bell);
    pthread_mutex_unlock(&p->mutex);
    return AP_OK;
}

static ap_err postgres_tick(ap_archive_sink *sink)
{
    struct postgres *p = sink->context;
    uint64_t full = ap_spool_stats_of(&p->spool).full_count;
    if (full > p->told_full_count)
        ap_log_write(p->config.log, AP_LOG_ERROR,
                     "archive, postgres: %" PRIu64 " rows are refused: the spool is full",
                     full - p->told_full_count);
    p->told_full_count = full;
    return AP_OK;
}

/* The spool stays open, and rows go to the server: only that makes room on its disk. */
static void postgres_close(ap_archive_sink *sink, bool is_end)
{
    struct postgres *p = sink->context;
    char message[AP_IO_MESSAGE_SIZE];
    (void)is_end; /* unmake waits for the server */
    if (p->spool.state)
        p->is_broken = ap_spool_rollback(&p->spool, message) != AP_OK;
}

static void postgres_stats(const ap_archive_sink *sink, ap_archive_sink_stats *stats)
{
    struct postgres *p = sink->context;
    ap_spool_stats spool = { .size = 0 };
    char error[AP_IO_MESSAGE_SIZE];
    pthread_mutex_lock(&p->mutex);
    if (p->has_spool)
        spool = ap_spool_stats_of(&p->spool);
    memcpy(error, p->error, sizeof error);
    pthread_mutex_unlock(&p->mutex);
    uint64_t damaged = spool.missing_count + atomic_load(&p->unknown_count);
    *stats = (ap_archive_sink_stats){ .file_count = atomic_load(&p->part_count),
                                      .removed_count = atomic_load(&p->dropped_count),
                                      .byte_count = spool.size,
                                      .has_server = true,
                                      .is_connected = atomic_load(&p->is_connected),
                                      .connection_count = atomic_load(&p->connection_count),
                                      .stored_count = atomic_load(&p->stored_count),
                                      .spool_count = spool.record_count,
                                      .spool_size = spool.size,
                                      .spool_full_count = spool.full_count,
                                      .spool_damaged_count = damaged };
    memcpy(stats->server_error, error, sizeof stats->server_error);
}

static const ap_archive_sink_ops ops = { .open = postgres_open,
                                         .take = postgres_take,
                                         .commit = postgres_commit,
                                         .tick = postgres_tick,
                                         .close = postgres_close,
                                         .stats = postgres_stats };

ap_err ap_postgres_make(ap_archive_sink *sink, const ap_postgres_config *config)
{
    if (!ap_postgres_schema_is_good(config->schema))
        return AP_ERR_ARGUMENT;
    struct postgres *p = calloc(1, sizeof *p);
    if (!p)
        return AP_ERR_MEMORY;
    p->config = *config;
    p->sink = sink;
    pthread_mutex_init(&p->mutex, NULL);
    ap_bell_init(&p->bell);
    *sink = (ap_archive_sink){ .name = "postgres", .ops = &ops, .context = p };
    return AP_OK;
}

void ap_postgres_unmake(ap_archive_sink *sink, bool waits)
{
    struct postgres *p = sink->context;
    if (!p)
        return;
    if (p->spool.state)
        close_spool(p, waits ? AP_POSTGRES_DRAIN_S * AP_NS_PER_S : 0);
    ap_postgres_batch_close(&p->batch);
    pthread_cond_destroy(&p->bell);
    pthread_mutex_destroy(&p->mutex);
    free(p);
    sink->context = NULL;
}

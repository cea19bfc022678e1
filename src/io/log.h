/* The log of the service: a line a message on standard error, for people, journald or programs.
 *
 * A message has a level and, by its format, a reason: the same reason is written a few times a
 * minute at most, and then with the number of lines that were left out. Any thread may write, and
 * none ever waits: what nobody reads is lost, and counted. */
#ifndef AP_IO_LOG_H
#define AP_IO_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* NAME, word, journald's number. */
#define AP_LOG_LEVEL_MAP(X)                                                                        \
    X(ERROR, "error", 3)                                                                           \
    X(WARNING, "warning", 4)                                                                       \
    X(NOTICE, "notice", 5)                                                                         \
    X(INFO, "info", 6)                                                                             \
    X(DEBUG, "debug", 7)

typedef enum ap_log_level {
#define AP_LOG_ENUM(name, word, number) AP_LOG_##name,
    AP_LOG_LEVEL_MAP(AP_LOG_ENUM)
#undef AP_LOG_ENUM
        AP_LOG_LEVEL_COUNT
} ap_log_level;

/* The level of a word; AP_LOG_LEVEL_COUNT if there is none. */
ap_log_level ap_log_level_of(const char *word);

/* How a line looks: time and word of the level before the message; journald's number before it, as
 * sd-daemon(3) has it; or an object of JSON with `time` (ISO 8601, UTC), `level`, `reason` (the
 * same text for each message of its kind), `message`, and `held` (lines of that reason left out
 * before this one) when there were any. */
typedef enum ap_log_form { AP_LOG_TEXT, AP_LOG_JOURNALD, AP_LOG_JSON } ap_log_form;

typedef struct ap_log {
    struct ap_log_state *state; /* NULL: nothing is written */
} ap_log;

/* Writes what is `level` or worse to the descriptor. False: memory is exhausted. */
bool ap_log_open(ap_log *log, int fd, ap_log_level level, ap_log_form form);

/* True where standard error goes to journald. */
bool ap_log_is_journald(void);

/* One line. The format itself is the reason by which lines are held back; NOTICE lines never are.
 */
void ap_log_write(const ap_log *log, ap_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a line that came about elsewhere: `reason`, a constant, stands for it; compared by
 * its address. */
void ap_log_write_as(const ap_log *log, ap_log_level level, const char *reason, const char *line);

/* Lines written, held back, and lost because the descriptor took nothing, so far. */
typedef struct ap_log_stats {
    uint64_t written_count, held_count, lost_count;
} ap_log_stats;
ap_log_stats ap_log_stats_of(const ap_log *log);

/* From now on what the process prints on `stderr` comes as lines of the log, as ERROR and all of
 * them, so that it waits for nobody either: printing to a pipe that nobody reads would hang whoever
 * serves. False: memory is exhausted, and nothing has changed. */
bool ap_log_take_stderr(ap_log *log);

/* Safe twice. Gives `stderr` back. */
void ap_log_close(ap_log *log);

#endif

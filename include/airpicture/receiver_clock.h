/* The clock of one Mode S receiver: the 48-bit stamps of its frames against UTC.
 *
 * A stamp is one of two things. Ticks: a free-running counter of 12 MHz, which wraps after 271
 * days, begins anew when the receiver does, and drifts by some parts per million. GPS: 18 bits of
 * second of the UTC day and 30 bits of nanosecond, as the Radarcape writes them.
 *
 * Which of them is told by the sensors file, or found: a stamp whose low 30 bits are a thousand
 * million or more, or whose second is beyond the day, is a tick count, and a counter shows one in
 * every 90 s. So is one that advances by 12 million a second of UTC, where the stream tells UTC.
 * GPS is believed when it advances by 2^30 a second of UTC instead; without UTC, when stamps have
 * been met in 256 later sixteenths of a second (those of a counter: of 90 s) and never in the last
 * one, which GPS cannot reach: a counter does that once in 15 million recordings at the most. Until
 * then stamps are ticks.
 *
 * A clock knows nothing of other clocks: the caller says what time the stream has reached. */
#ifndef AIRPICTURE_RECEIVER_CLOCK_H
#define AIRPICTURE_RECEIVER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/time.h"

/* clang-format off */
#define AP_CLOCK_KIND_MAP(X)                                             \
    X(AUTO,  "auto",  "not known yet: taken for ticks")                  \
    X(TICKS, "ticks", "a free-running counter of 12 MHz")                \
    X(GPS,   "gps",   "second of the day and nanosecond")
/* clang-format on */

typedef enum ap_clock_kind {
#define AP_CLOCK_KIND_ENUM(name, key, text) AP_CLOCK_##name,
    AP_CLOCK_KIND_MAP(AP_CLOCK_KIND_ENUM)
#undef AP_CLOCK_KIND_ENUM
        AP_CLOCK_KIND_COUNT
} ap_clock_kind;

/* Key for machines, e.g. "ticks"; "unlisted" outside the list. */
const char *ap_clock_kind_key(ap_clock_kind kind);

/* What happened to the stamps, each counted once. */
typedef struct ap_clock_counts {
    uint64_t stamp_count;     /* stamps read */
    uint64_t wrap_count;      /* passed the end: 2^48 ticks, or midnight */
    uint64_t reset_count;     /* the receiver began anew: more than 1 s back */
    uint64_t jump_count;      /* further ahead than time can have gone */
    uint64_t back_count;      /* up to 1 s back: frames out of order */
    uint64_t slip_count;      /* fell more than 1 s behind the stream, and was set again */
    uint64_t invalid_count;   /* no time of day, where the clock is GPS */
    uint64_t synthetic_count; /* frames that a network made up: no stamps */
} ap_clock_counts;

/* Line through (UTC, own time less UTC), by running sums. */
typedef struct ap_clock_drift {
    double weight; /* of the pairs; halved when it reaches the memory's length */
    double mean_x_s, mean_y_s;
    double sum_xx, sum_xy, sum_yy; /* about the means */
    ap_utc_ns first_utc, last_utc; /* of the pairs; AP_UTC_UNKNOWN before the first */
    uint64_t first_stamp, last_stamp;
    double own_s; /* own time since first_utc */
} ap_clock_drift;

typedef struct ap_receiver_clock {
    ap_clock_kind kind;
    bool has_stamp;
    uint64_t stamp;  /* the furthest */
    ap_utc_ns utc;   /* that it was taken for */
    uint64_t anchor; /* a stamp up to a second older, and its UTC, to the nanosecond */
    ap_utc_ns anchor_utc;
    ap_utc_ns jump_utc; /* that the newest stamp would have had, when it jumped; else unknown */
    uint64_t slot;      /* of the evidence for GPS: the latest sixteenth met */
    uint32_t slot_count;
    ap_clock_counts counts;
    ap_clock_drift drift;
} ap_receiver_clock;

/* `kind` is what is known of it. */
void ap_receiver_clock_init(ap_receiver_clock *clock, ap_clock_kind kind);

/* UTC of a stamp where nothing else tells it.
 * in : stamp, 48 bits; `now` known, the time that the stream has reached, near which a time of day
 *      lies; ahead_ns > 0, what a stamp may be ahead of `now`.
 * out: ticks: the time, or `now` when that is later; the first stamp is taken for `now`, and so is
 *      one after a reset, a jump (then clock->jump_utc is what it would have been) or a slip.
 *      GPS: the time, wherever it lies; `now` for a stamp that is no time. */
ap_utc_ns ap_receiver_clock_time(ap_receiver_clock *clock, uint64_t stamp, ap_utc_ns now,
                                 int64_t ahead_ns);

/* Undoes a jump: the stream had rested, and the clock was `step_ns` ahead of it with reason. */
void ap_receiver_clock_unjump(ap_receiver_clock *clock, int64_t step_ns);

/* Takes the newest stamp for `utc` from here on. */
void ap_receiver_clock_set(ap_receiver_clock *clock, uint64_t stamp, ap_utc_ns utc);

/* By how much `utc` is further from the time of the newest stamp than `stamp` is; clamped. Only
 * when has_stamp. */
int64_t ap_receiver_clock_lead_ns(const ap_receiver_clock *clock, uint64_t stamp, ap_utc_ns utc);

/* A stamp whose UTC the stream tells: counts what happened to the clock, and measures it. */
void ap_receiver_clock_pair(ap_receiver_clock *clock, uint64_t stamp, ap_utc_ns utc);

/* What the pairs say of the clock since its last reset. */
typedef struct ap_clock_fit {
    double rate_ppm; /* how much faster than UTC it runs */
    double jitter_s; /* root mean square distance of the pairs from the line */
    double span_s;   /* of UTC that they cover */
    double offset_s; /* GPS: own time less UTC, at the mean; ticks: 0 */
} ap_clock_fit;

/* False with fewer than three pairs or 10 s between the first and the last. */
bool ap_receiver_clock_fit(const ap_receiver_clock *clock, ap_clock_fit *fit);

/* Nanoseconds of a count of ticks, rounded down; of a GPS stamp since midnight. */
int64_t ap_ns_of_ticks(uint64_t ticks_12mhz);
int64_t ap_ns_of_gps_stamp(uint64_t stamp);

/* True when the stamp can be GPS time. */
bool ap_is_gps_stamp(uint64_t stamp);

#endif

/* Time: UTC in nanoseconds, and times of day made whole.
 *
 * The engine has no clock of its own. "Now" is the receive time of what it is given, so a
 * recording holds it, and a replay computes what the live run computed. */
#ifndef AIRPICTURE_TIME_H
#define AIRPICTURE_TIME_H

#include <stdint.h>

#include "airpicture/err.h"

/* Nanoseconds since 1970-01-01T00:00:00 UTC, without leap seconds (as POSIX counts): years 1677 to
 * 2262. Every function here takes every value. */
typedef int64_t ap_utc_ns;

#define AP_UTC_UNKNOWN INT64_MIN /* "no time is known"; never a valid time */

#define AP_NS_PER_S INT64_C(1000000000)
#define AP_NS_PER_MS INT64_C(1000000)
#define AP_NS_PER_DAY INT64_C(86400000000000)

/* Units of an ASTERIX time of day: 1/128 s since midnight UTC. */
#define AP_TOD_128TH_PER_DAY 11059200u
#define AP_NS_PER_TOD_128TH INT64_C(7812500) /* exactly */

/* Seconds from `from` to `to` as a double; exact to a nanosecond for spans up to 104 days. */
static inline double ap_seconds_between(ap_utc_ns from, ap_utc_ns to)
{
    /* Unsigned, so that times however far apart cannot overflow. */
    uint64_t span = to >= from ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
    return to >= from ? (double)span / 1e9 : -((double)span / 1e9);
}

/* Nanoseconds from `from` to `to`; saturates. */
int64_t ap_ns_between(ap_utc_ns from, ap_utc_ns to);

/* `time` moved by `dt_s` seconds, rounded to the nanosecond. `dt_s` must be finite; the result
 * saturates at the ends of the range, and for steps of more than 292 years. */
ap_utc_ns ap_utc_add_s(ap_utc_ns time, double dt_s);

/* `time` moved by `step_ns`; saturates at the ends of the range. */
ap_utc_ns ap_utc_add_ns(ap_utc_ns time, int64_t step_ns);

/* The instant whose time of day is `tod_128th_s` and which lies nearest to `near` (at most 12 h
 * away): time of day over midnight, whichever clock passed it first.
 * in : tod_128th_s in [0, 11059200); near any known time.
 * out: AP_ERR_RANGE for a time of day beyond 24 h or an instant beyond the ends of ap_utc_ns,
 *      AP_ERR_ARGUMENT for an unknown `near`. */
ap_err ap_utc_from_tod(ap_utc_ns near, uint32_t tod_128th_s, ap_utc_ns *time);

/* The same for the truncated time of CAT001: nearest instant whose time of day modulo 512 s is
 * `tod_128th_s`. 86,400 s is no multiple of 512 s, so the wrap at midnight is not a wrap of the
 * counter: the candidates are those of the day of `near` and of the days beside it. */
ap_err ap_utc_from_tod_512(ap_utc_ns near, uint16_t tod_128th_s, ap_utc_ns *time);

/* Time of day in 1/128 s, rounded to nearest and wrapped, [0, 11059200). */
uint32_t ap_tod_from_utc(ap_utc_ns time);

/* Parses "YYYY-MM-DD" or "YYYY-MM-DDThh:mm:ss[.fraction]Z", years 1700 to 2200. AP_ERR_MALFORMED
 * for anything else. */
ap_err ap_utc_parse(const char *text, ap_utc_ns *time);

#define AP_UTC_TEXT_SIZE 32

/* Writes "YYYY-MM-DDThh:mm:ss.sssZ" (milliseconds, rounded down) with its NUL. An unknown time
 * becomes "-". */
void ap_utc_text(ap_utc_ns time, char text[AP_UTC_TEXT_SIZE]);

#endif

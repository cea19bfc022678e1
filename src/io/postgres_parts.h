/* Partitions of the PostgreSQL archive: a table for each hour or day of a time column, by UTC.
 *
 * They are made ahead, and looked after between transactions of rows, each in a transaction that
 * waits two seconds at most for those who read; what fails is tried again later, and rows go to the
 * default partition meanwhile, from which a partition that is made takes what is its own. One that
 * is over gets its indexes. One that is older than what is kept is dropped. */
#ifndef AP_IO_POSTGRES_PARTS_H
#define AP_IO_POSTGRES_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/time.h"
#include "io/postgres_link.h"

#define AP_POSTGRES_PART_NAME 48

typedef struct ap_postgres_parts {
    int64_t part_s;   /* 3600 or 86400 */
    uint64_t keep_s;  /* 0: for ever */
    int64_t from, to; /* slots of which all have a partition; to < from: none is known */
    uint64_t count;   /* partitions that there are */
    uint64_t dropped_count;
} ap_postgres_parts;

/* The partition of a table for a slot, the number of part_s since 1970: "track_points_20260607t10",
 * of a day "track_points_20260607". */
void ap_postgres_part_name(const char *table, int64_t slot, int64_t part_s,
                           char name[AP_POSTGRES_PART_NAME]);

/* The end, in seconds since 1970, of the table's partition of that name, of an hour or a day; false
 * for what is none. */
bool ap_postgres_part_end(const char *table, const char *name, int64_t *end_s);

/* Whether rows received at that time have their partitions, those ahead among them. */
bool ap_postgres_parts_cover(const ap_postgres_parts *parts, ap_utc_ns received);

/* Makes those that rows need which are received then: of the slot before, of it, and two ahead. Any
 * error but one of the connection may be tried again later, with link->message. */
ap_err ap_postgres_parts_make(ap_postgres_parts *parts, ap_postgres_link *link, ap_utc_ns received);

/* Indexes a partition that is over, or drops one that is too old: one a call, which *more says. */
ap_err ap_postgres_parts_tend(ap_postgres_parts *parts, ap_postgres_link *link, ap_utc_ns received,
                              bool *more);

#endif

#include "io/postgres_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STATEMENT_S 60
#define INDEX_S 3600
#define SLOTS_BEHIND 1
#define SLOTS_AHEAD 2
#define OVERLAP "42P17" /* SQLSTATE: partitions of another width are there */
#define SQL_SIZE 1024
#define BEGIN "BEGIN; SET LOCAL lock_timeout = '2s'; "

/* A table that has partitions. */
typedef struct parted {
    const char *name;
    bool has_place;
    const char *order; /* column by which a track's rows are read */
} parted;

static const parted tables[] = {
    { "track_points", true, "time" },
    { "track_reasons", false, "number" },
};
#define TABLES (sizeof tables / sizeof tables[0])

/* --- names --- */

static int64_t slot_of(const ap_postgres_parts *parts, ap_utc_ns time)
{
    int64_t part_ns = parts->part_s * AP_NS_PER_S;
    return time / part_ns - (time % part_ns < 0);
}

void ap_postgres_part_name(const char *table, int64_t slot, int64_t part_s,
                           char name[AP_POSTGRES_PART_NAME])
{
    char text[AP_UTC_TEXT_SIZE]; /* 2026-06-07T10:00:00... */
    ap_utc_text(slot * part_s * AP_NS_PER_S, text);
    int used =
        snprintf(name, AP_POSTGRES_PART_NAME, "%s_%.4s%.2s%.2s", table, text, text + 5, text + 8);
    if (part_s < 86400 && used < AP_POSTGRES_PART_NAME)
        (void)snprintf(name + used, AP_POSTGRES_PART_NAME - (size_t)used, "t%.2s", text + 11);
}

bool ap_postgres_part_end(const char *table, const char *name, int64_t *end_s)
{
    char time[AP_UTC_TEXT_SIZE], again[AP_POSTGRES_PART_NAME];
    int year, month, day, hour = 0;
    size_t length = strlen(table);
    ap_utc_ns begin;
    if (strncmp(name, table, length) != 0)
        return false;
    int count = sscanf(name + length, "_%4d%2d%2dt%2d", &year, &month, &day, &hour);
    if (count < 3)
        return false;
    (void)snprintf(time, sizeof time, "%04d-%02d-%02dT%02d:00:00Z", year, month, day, hour);
    if (ap_utc_parse(time, &begin))
        return false;
    int64_t part_s = count == 4 ? 3600 : 86400;
    int64_t slot = begin / AP_NS_PER_S / part_s;
    ap_postgres_part_name(table, slot, part_s, again);
    *end_s = (slot + 1) * part_s;
    return strcmp(name, again) == 0;
}

/* --- made ahead --- */

bool ap_postgres_parts_cover(const ap_postgres_parts *parts, ap_utc_ns received)
{
    int64_t slot = slot_of(parts, received);
    return slot - SLOTS_BEHIND >= parts->from && slot + SLOTS_AHEAD <= parts->to;
}

static bool see_flag(void *context, char *const *values, int count)
{
    *(bool *)context = count > 0 && values[0] && values[0][0] == 't';
    return true;
}

/* Whether a table of the schema has that name. */
static ap_err is_there(ap_postgres_link *link, const char *name, bool *is)
{
    const char *const parameters[] = { name };
    *is = false;
    return ap_postgres_link_ask(link,
                                "SELECT EXISTS (SELECT FROM pg_class WHERE relname = $1 AND "
                                "relnamespace = current_schema()::regnamespace)",
                                parameters, 1, see_flag, is, NULL);
}

/* The transaction after an error is rolled back, so that the link may be used on. */
static ap_err run_whole(ap_postgres_link *link, const char *sql, int limit_s)
{
    char code[sizeof link->code], message[AP_IO_MESSAGE_SIZE];
    ap_err err = ap_postgres_link_run(link, sql, limit_s);
    if (err && link->code[0]) {
        memcpy(code, link->code, sizeof code);
        memcpy(message, link->message, sizeof message);
        if (ap_postgres_link_run(link, "ROLLBACK", STATEMENT_S) == AP_OK) {
            memcpy(link->code, code, sizeof code);
            memcpy(link->message, message, sizeof message);
        }
    }
    return err;
}

static ap_err make_one(const ap_postgres_parts *parts, ap_postgres_link *link, const char *table,
                       int64_t slot)
{
    char name[AP_POSTGRES_PART_NAME], from[AP_UTC_TEXT_SIZE], to[AP_UTC_TEXT_SIZE], sql[SQL_SIZE];
    bool is;
    ap_postgres_part_name(table, slot, parts->part_s, name);
    ap_err err = is_there(link, name, &is);
    if (err || is)
        return err;
    ap_utc_text(slot * parts->part_s * AP_NS_PER_S, from);
    ap_utc_text((slot + 1) * parts->part_s * AP_NS_PER_S, to);
    (void)snprintf(sql, sizeof sql,
                   BEGIN "CREATE TABLE %s (LIKE %s); "
                         "WITH late AS (DELETE FROM %s_else WHERE time >= '%s' AND time < '%s' "
                         "RETURNING *) INSERT INTO %s SELECT * FROM late; "
                         "ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s'); "
                         "COMMIT",
                   name, table, table, from, to, name, table, name, from, to);
    err = run_whole(link, sql, STATEMENT_S);
    return err && strcmp(link->code, OVERLAP) == 0 ? AP_OK : err;
}

ap_err ap_postgres_parts_make(ap_postgres_parts *parts, ap_postgres_link *link, ap_utc_ns received)
{
    int64_t from = slot_of(parts, received) - SLOTS_BEHIND;
    int64_t to = from + SLOTS_BEHIND + SLOTS_AHEAD;
    ap_err err = AP_OK;
    for (int64_t slot = from; slot <= to && !err; slot++)
        for (size_t i = 0; i < TABLES && !err; i++)
            if (slot < parts->from || slot > parts->to)
                err = make_one(parts, link, tables[i].name, slot);
    if (err)
        return err;
    bool goes_on = parts->from <= from && from <= parts->to + 1;
    parts->from = goes_on ? parts->from : from;
    parts->to = goes_on && parts->to > to ? parts->to : to;
    return AP_OK;
}

/* --- those that are over --- */

/* The oldest partition of a table that has something to be done. */
typedef struct search {
    const char *table;
    int64_t drop_s, over_s; /* ends up to here: dropped, indexed; seconds since 1970 */
    uint64_t count;
    bool is_found, is_dropped;
    int64_t end_s; /* of the one that was found */
    char name[AP_POSTGRES_PART_NAME];
} search;

static bool look_at(void *context, char *const *values, int count)
{
    search *find = context;
    int64_t end_s;
    if (count < 2 || !values[0] || !values[1] ||
        !ap_postgres_part_end(find->table, values[0], &end_s))
        return true;
    find->count++;
    bool is_dropped = end_s <= find->drop_s;
    bool needs_index = end_s <= find->over_s && values[1][0] == 'f';
    if (find->is_found || !(is_dropped || needs_index))
        return true;
    find->is_found = true;
    find->is_dropped = is_dropped;
    find->end_s = end_s;
    (void)snprintf(find->name, sizeof find->name, "%s", values[0]);
    return true;
}

static ap_err search_in(ap_postgres_link *link, search *find)
{
    const char *const parameters[] = { find->table };
    return ap_postgres_link_ask(
        link,
        "SELECT c.relname, EXISTS (SELECT FROM pg_class x WHERE x.relname = c.relname || '_track' "
        "AND x.relnamespace = c.relnamespace) FROM pg_inherits i JOIN pg_class c ON c.oid = "
        "i.inhrelid WHERE i.inhparent = $1::regclass ORDER BY c.relname",
        parameters, 1, look_at, find, NULL);
}

/* What lies in the default partition, and tracks and alerts that ended, go with the partition. */
static ap_err drop(ap_postgres_link *link, const search *find)
{
    char sql[SQL_SIZE], end[AP_UTC_TEXT_SIZE];
    ap_utc_text(find->end_s * AP_NS_PER_S, end);
    (void)snprintf(sql, sizeof sql,
                   BEGIN "DROP TABLE %s; DELETE FROM %s_else WHERE time < '%s'; "
                         "DELETE FROM tracks WHERE updated < '%s'; "
                         "DELETE FROM alerts WHERE coalesce(until, since) < '%s'; "
                         "DELETE FROM sensors WHERE last < '%s'; COMMIT",
                   find->name, find->table, end, end, end, end);
    return run_whole(link, sql, STATEMENT_S);
}

static ap_err make_indexes(ap_postgres_link *link, const parted *of, const char *name)
{
    char sql[SQL_SIZE], place[SQL_SIZE / 4] = "";
    if (of->has_place)
        (void)snprintf(place, sizeof place, "CREATE INDEX %s_place ON %s USING gist (geom);", name,
                       name);
    (void)snprintf(sql, sizeof sql, BEGIN "%s CREATE INDEX %s_track ON %s (track_id, %s); COMMIT",
                   place, name, name, of->order);
    return run_whole(link, sql, INDEX_S);
}

ap_err ap_postgres_parts_tend(ap_postgres_parts *parts, ap_postgres_link *link, ap_utc_ns received,
                              bool *more)
{
    int64_t now_s = received / AP_NS_PER_S;
    uint64_t count = 0;
    *more = false;
    for (size_t i = 0; i < TABLES; i++) {
        search find = { .table = tables[i].name,
                        .drop_s = parts->keep_s ? now_s - (int64_t)parts->keep_s : INT64_MIN,
                        .over_s = now_s - SLOTS_BEHIND * parts->part_s };
        ap_err err = search_in(link, &find);
        count += find.count;
        if (!err && find.is_found) {
            *more = true;
            err = find.is_dropped ? drop(link, &find) : make_indexes(link, &tables[i], find.name);
            parts->dropped_count += !err && find.is_dropped;
        }
        if (err || find.is_found)
            return err;
    }
    parts->count = count;
    return AP_OK;
}

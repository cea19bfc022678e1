#include <string.h>

#include "publish/delta_state.h"

#define AGE_NS (10 * AP_NS_PER_MS) /* a step of the age */

static void put_16(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

static void put_32(uint8_t *to, uint32_t value)
{
    put_16(to, value);
    put_16(to + 2, value >> 16);
}

void ap_delta_header(const struct ap_delta_state *s, ap_delta_kind kind, uint32_t base,
                     ap_delta_counts counts, uint8_t bytes[AP_DELTA_HEADER_SIZE])
{
    uint64_t time_us = (uint64_t)(s->now / 1000);
    memset(bytes, 0, AP_DELTA_HEADER_SIZE);
    memcpy(bytes, "AP", 2);
    bytes[2] = AP_DELTA_VERSION;
    bytes[3] = (uint8_t)kind;
    put_32(bytes + 4, s->config.epoch);
    put_32(bytes + 8, s->sequence);
    put_32(bytes + 12, base);
    put_32(bytes + 16, (uint32_t)time_us);
    put_32(bytes + 20, (uint32_t)(time_us >> 32));
    put_32(bytes + 24, counts.rows);
    put_32(bytes + 28, counts.identities);
    put_32(bytes + 32, counts.gone);
}

/* Seven bits an octet, the lowest first; the eighth says that more follow. */
static size_t gap_size(uint32_t gap)
{
    return gap < 1u << 7 ? 1 : gap < 1u << 14 ? 2 : gap < 1u << 21 ? 3 : gap < 1u << 28 ? 4 : 5;
}

static uint8_t *put_gap(uint8_t *to, uint32_t gap)
{
    for (; gap >= 128; gap >>= 7)
        *to++ = (uint8_t)(gap | 128);
    *to++ = (uint8_t)gap;
    return to;
}

static void put_identity(uint8_t *to, uint32_t id, const ap_delta_identity *identity)
{
    put_32(to, id);
    put_32(to + 4, identity->address);
    put_16(to + 8, identity->number);
    put_16(to + 10, identity->mode_3a);
    to[12] = identity->category;
    to[13] = identity->has_selected;
    put_16(to + 14, (uint16_t)identity->selected_10ft);
    memcpy(to + 16, identity->callsign, 8);
}

static uint32_t age_of(ap_utc_ns then, ap_utc_ns now)
{
    int64_t age = then < now ? ap_ns_between(then, now) / AGE_NS : 0;
    return age < UINT16_MAX ? (uint32_t)age : UINT16_MAX;
}

/* Where the columns go on. */
typedef struct columns {
    uint8_t *latitude, *longitude, *altitude, *identity;
    uint8_t *speed, *course, *vertical, *age, *bits, *gone, *gap;
} columns;

static columns columns_of(uint8_t *at, ap_delta_counts counts)
{
    size_t n = counts.rows;
    columns c = { .latitude = at + AP_DELTA_HEADER_SIZE };
    c.longitude = c.latitude + 4 * n;
    c.altitude = c.longitude + 4 * n;
    c.identity = c.altitude + 4 * n;
    c.gone = c.identity + AP_DELTA_IDENTITY_SIZE * (size_t)counts.identities;
    c.speed = c.gone + 4 * (size_t)counts.gone;
    c.course = c.speed + 2 * n;
    c.vertical = c.course + 2 * n;
    c.age = c.vertical + 2 * n;
    c.bits = c.age + 2 * n;
    c.gap = c.bits + 2 * n;
    return c;
}

static void put_row(columns *c, const ap_point *point, ap_utc_ns now)
{
    put_32(c->latitude, (uint32_t)point->latitude_e7deg);
    put_32(c->longitude, (uint32_t)point->longitude_e7deg);
    put_32(c->altitude, (uint32_t)point->altitude_dm);
    put_16(c->speed, point->speed_dmps);
    put_16(c->course, point->course_turn16);
    put_16(c->vertical, (uint16_t)point->vertical_dmps);
    put_16(c->age, age_of(point->time_utc, now));
    put_16(c->bits, point->bits);
    c->latitude += 4;
    c->longitude += 4;
    c->altitude += 4;
    c->speed += 2;
    c->course += 2;
    c->vertical += 2;
    c->age += 2;
    c->bits += 2;
}

static size_t measure(const struct ap_delta_state *s, const ap_delta_client *client, uint32_t base,
                      ap_delta_counts *counts)
{
    size_t gaps_size = 0;
    uint32_t before = 0, id;
    *counts = (ap_delta_counts){ 0 };
    for (uint32_t at = 0; at < s->count; at++) {
        ap_delta_part part = ap_delta_part_of(s, client, base, &s->rows[at]);
        counts->gone += part == AP_DELTA_LEFT;
        if (part == AP_DELTA_NOTHING || part == AP_DELTA_LEFT)
            continue;
        counts->rows++;
        counts->identities += part == AP_DELTA_ROW_AND_IDENTITY;
        gaps_size += gap_size(s->ids[at] - before);
        before = s->ids[at];
    }
    for (size_t i = 0; ap_delta_gone_at(s, base, i, &id); i++)
        counts->gone++;
    return AP_DELTA_HEADER_SIZE + 22 * (size_t)counts->rows + 4 * (size_t)counts->gone +
           AP_DELTA_IDENTITY_SIZE * (size_t)counts->identities + gaps_size;
}

static void fill(const struct ap_delta_state *s, const ap_delta_client *client, uint32_t base,
                 ap_delta_counts counts, uint8_t *to)
{
    columns c = columns_of(to, counts);
    uint32_t before = 0, id;
    for (size_t i = 0; ap_delta_gone_at(s, base, i, &id); i++, c.gone += 4)
        put_32(c.gone, id);
    for (uint32_t at = 0; at < s->count; at++) {
        const ap_delta_row *row = &s->rows[at];
        ap_delta_part part = ap_delta_part_of(s, client, base, row);
        if (part == AP_DELTA_NOTHING)
            continue;
        if (part == AP_DELTA_LEFT) {
            put_32(c.gone, s->ids[at]);
            c.gone += 4;
            continue;
        }
        put_row(&c, &row->point, s->now);
        c.gap = put_gap(c.gap, s->ids[at] - before);
        before = s->ids[at];
        if (part == AP_DELTA_ROW_AND_IDENTITY) {
            put_identity(c.identity, before, &row->identity);
            c.identity += AP_DELTA_IDENTITY_SIZE;
        }
    }
}

ap_err ap_delta_message_binary(const struct ap_delta_state *s, const ap_delta_client *client,
                               ap_writer *out)
{
    uint32_t base = ap_delta_base(s, client);
    ap_delta_counts counts;
    size_t size = measure(s, client, base, &counts);
    if (out->bad || size > out->cap - out->size) {
        out->bad = true;
        return AP_ERR_FULL;
    }
    uint8_t *to = out->data + out->size;
    ap_delta_header(s, base == 0 ? AP_DELTA_SNAPSHOT : AP_DELTA_CHANGES, base, counts, to);
    fill(s, client, base, counts, to);
    out->size += size;
    return AP_OK;
}

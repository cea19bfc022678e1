#include "publish/test_delta_reader.h"

#include <string.h>

static uint32_t u16_at(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static uint32_t u32_at(const uint8_t *at)
{
    return u16_at(at) | u16_at(at + 2) << 16;
}

static size_t place_of(const test_delta_reader *r, uint32_t id)
{
    size_t at = 0;
    while (at < r->track_count && r->track[at].id < id)
        at++;
    return at;
}

const test_delta_track *test_delta_find(const test_delta_reader *r, uint32_t id)
{
    size_t at = place_of(r, id);
    return at < r->track_count && r->track[at].id == id ? &r->track[at] : NULL;
}

static test_delta_track *take(test_delta_reader *r, uint32_t id)
{
    size_t at = place_of(r, id);
    if (at < r->track_count && r->track[at].id == id)
        return &r->track[at];
    if (r->track_count == TEST_DELTA_TRACKS)
        return NULL;
    memmove(&r->track[at + 1], &r->track[at], (r->track_count - at) * sizeof r->track[0]);
    r->track_count++;
    r->track[at] = (test_delta_track){ .id = id };
    return &r->track[at];
}

static void drop(test_delta_reader *r, uint32_t id)
{
    size_t at = place_of(r, id);
    if (at == r->track_count || r->track[at].id != id)
        return;
    r->track_count--;
    memmove(&r->track[at], &r->track[at + 1], (r->track_count - at) * sizeof r->track[0]);
}

static bool read_header(test_delta_reader *r, const uint8_t *data, size_t size)
{
    if (size < 40 || memcmp(data, "AP\x01", 3) != 0)
        return false;
    int64_t time_us = (int64_t)((uint64_t)u32_at(data + 16) | (uint64_t)u32_at(data + 20) << 32);
    uint32_t before = r->sequence;
    r->kind = data[3];
    r->epoch = u32_at(data + 4);
    r->sequence = u32_at(data + 8);
    r->since = u32_at(data + 12);
    r->time_s = (double)time_us / 1e6;
    r->row_count = u32_at(data + 24);
    r->identity_count = u32_at(data + 28);
    r->gone_count = u32_at(data + 32);
    return r->kind != 3 || (r->since != 0 && before >= r->since);
}

static void read_row(test_delta_track *t, const uint8_t *data, size_t n, size_t i, size_t shorts)
{
    const uint8_t *low = data + shorts;
    int32_t altitude = (int32_t)u32_at(data + 40 + 8 * n + 4 * i);
    t->latitude_deg = (int32_t)u32_at(data + 40 + 4 * i) * 1e-7;
    t->longitude_deg = (int32_t)u32_at(data + 40 + 4 * n + 4 * i) * 1e-7;
    t->has_altitude = altitude != INT32_MIN;
    t->altitude_m = altitude * 0.1;
    t->ground_speed_mps = u16_at(low + 2 * i) * 0.1;
    t->track_deg = u16_at(low + 2 * n + 2 * i) * 0.0054931640625;
    t->vertical_rate_mps = (int16_t)u16_at(low + 4 * n + 2 * i) * 0.1;
    t->age_s = u16_at(low + 6 * n + 2 * i) * 0.01;
    t->flags = (uint16_t)u16_at(low + 8 * n + 2 * i);
}

static bool read_identity(test_delta_reader *r, const uint8_t *at)
{
    const test_delta_track *found = test_delta_find(r, u32_at(at));
    if (!found)
        return false;
    test_delta_track *t = &r->track[found - r->track];
    t->address = u32_at(at + 4);
    t->number = (uint16_t)u16_at(at + 8);
    t->squawk = (uint16_t)u16_at(at + 10);
    t->category = at[12];
    if (at[13] > 1)
        return false;
    t->has_selected = at[13] == 1;
    t->selected_10ft = (int16_t)u16_at(at + 14);
    memcpy(t->callsign, at + 16, 8);
    t->has_identity = true;
    return true;
}

bool test_delta_read(test_delta_reader *r, const uint8_t *data, size_t size)
{
    if (!read_header(r, data, size))
        return false;
    if (r->kind != 2 && r->kind != 3)
        return true;
    size_t n = r->row_count, identities = 40 + 12 * n;
    size_t gone = identities + 24 * (size_t)r->identity_count;
    size_t shorts = gone + 4 * (size_t)r->gone_count, gaps = shorts + 10 * n;
    if (gaps > size)
        return false;
    if (r->kind == 2)
        r->track_count = 0;
    for (size_t i = 0; i < r->gone_count; i++)
        drop(r, u32_at(data + gone + 4 * i));
    uint32_t id = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t gap = 0;
        for (unsigned shift = 0, more = 1; more; shift += 7) {
            if (gaps == size || shift > 28)
                return false;
            gap |= (uint32_t)(data[gaps] & 127) << shift;
            more = data[gaps++] >> 7;
        }
        id += gap;
        test_delta_track *t = take(r, id);
        if (!t)
            return false;
        read_row(t, data, n, i, shorts);
    }
    for (size_t i = 0; i < r->identity_count; i++)
        if (!read_identity(r, data + identities + 24 * i))
            return false;
    return gaps == size;
}

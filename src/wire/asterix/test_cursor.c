#include "wire/asterix/test_cursor.h"

#include "wire/asterix/octets.h"
#include "wire/asterix/proof.h"

#include <string.h>

typedef struct watch {
    const ap_asterix_editions *editions;
    const uint8_t *data;
    size_t size;
    ap_asterix_cursor cursor;
    size_t at;                   /* octets passed */
    size_t block_at, block_end;  /* of the current block; equal: in none */
    const ap_asterix_spec *spec; /* of the current block */
    bool is_proved;              /* the current block */
    uint32_t block_count;
    uint16_t index; /* of the next record */
    ap_asterix_inherited inherited;
} watch;

/* What the cursor gave, and what it had before. */
typedef struct given {
    ap_err err;
    ap_asterix_record record;
    ap_asterix_fault fault;
    int64_t effort;
    uint64_t skipped_size;
} given;

static bool proves(const watch *on, size_t at, int64_t *effort)
{
    return ap_asterix_block_proves_within(on->editions, on->data + at, on->size - at, effort);
}

/* ---- where the cursor must stand behind damage ---- */

static size_t behind_header(const watch *on, int64_t *effort)
{
    for (size_t at = on->at + 1; on->size > at && *effort > 0; at++)
        if (proves(on, at, effort))
            return at;
    return on->size;
}

static size_t behind_record(const watch *on, int64_t *effort)
{
    size_t end = on->block_end;
    if (end == on->size || proves(on, end, effort))
        return end;
    for (size_t at = on->at; at < end && on->size - at > 3 && *effort > 0; at++)
        if (at + ap_be16(on->data + at + 1) > end && proves(on, at, effort))
            return at;
    return end;
}

/* Whether the cursor stands right: `wanted` was found with what `effort` leaves of its own. */
static bool stands(const watch *on, size_t wanted, int64_t effort, size_t otherwise)
{
    int64_t endless = INT64_MAX;
    size_t at = on->cursor.bytes.at;
    return effort > 0 ? at == wanted : at == otherwise || proves(on, at, &endless);
}

/* ---- blocks ---- */

static bool is_plain_fault(const given *got, size_t offset, ap_refusal reason)
{
    return got->fault.reason == reason && got->fault.offset == offset && got->fault.record == 0 &&
           got->fault.item[0] == '\0';
}

static const char *check_bad_header(watch *on, given *got, ap_refusal reason)
{
    if (got->err != AP_ERR_MALFORMED || !is_plain_fault(got, on->at, reason))
        return "a wrong header has a fault of its own";
    size_t wanted = behind_header(on, &got->effort);
    if (!stands(on, wanted, got->effort, on->size) || on->cursor.bytes.at <= on->at)
        return "behind a wrong header the next block is found";
    if (on->cursor.skipped_size - got->skipped_size != on->cursor.bytes.at - on->at)
        return "skipped octets are counted";
    on->at = on->block_end = on->cursor.bytes.at;
    return NULL;
}

/* A block begins at on->at. out: *is_entered, when it is one of records. */
static const char *check_header(watch *on, given *got, bool *is_entered)
{
    size_t left = on->size - on->at;
    const uint8_t *head = on->data + on->at;
    size_t length = left >= AP_ASTERIX_BLOCK_HEADER_SIZE ? ap_be16(head + 1) : SIZE_MAX;
    *is_entered = false;
    on->block_count++;
    if (length <= AP_ASTERIX_BLOCK_HEADER_SIZE)
        return check_bad_header(on, got, AP_REFUSED_BLOCK_LENGTH);
    if (length > left)
        return check_bad_header(on, got, AP_REFUSED_TRUNCATED);
    on->block_at = on->at;
    on->block_end = on->at + length;
    on->spec = ap_asterix_edition_of(on->editions, head[0], head + 3, length - 3);
    if (on->spec == NULL) {
        if (got->err != AP_ERR_UNKNOWN || !is_plain_fault(got, on->at, AP_REFUSED_CATEGORY))
            return "a block of an unknown category is told";
        on->at = on->block_end;
        return on->cursor.bytes.at == on->at ? NULL : "an unknown block costs itself alone";
    }
    on->is_proved = ap_asterix_block_proves(on->editions, head, left);
    on->at += AP_ASTERIX_BLOCK_HEADER_SIZE;
    on->index = 0;
    on->inherited = (ap_asterix_inherited){ 0 };
    *is_entered = true;
    return NULL;
}

/* ---- records ---- */

static bool is_same_glance(const ap_asterix_glance *a, const ap_asterix_glance *b)
{
    return a->has_source == b->has_source && a->sac == b->sac && a->sic == b->sic &&
           a->has_tod == b->has_tod && a->tod_128th_s == b->tod_128th_s &&
           a->has_tod_512 == b->has_tod_512 && a->tod_512_128th_s == b->tod_512_128th_s;
}

static const char *check_good(watch *on, const ap_asterix_record *record, size_t record_size)
{
    ap_asterix_glance glance;
    const uint8_t *p = on->data + on->at;
    if (record->data != p || record->offset != on->at || record->size != record_size)
        return "a record lies where the one before it ends";
    if (record->index != on->index || record->block_start != (on->index == 0) ||
        record->block != on->block_count - 1 ||
        record->block_size != on->block_end - on->block_at ||
        record->category != on->data[on->block_at] || record->spec != on->spec)
        return "a record knows its block";
    if (ap_asterix_look(on->spec, p, record_size, &on->inherited, &glance) ||
        !is_same_glance(&glance, &record->glance))
        return "a record has its source and time";
    on->at += record_size;
    on->index++;
    return NULL;
}

static const char *check_broken(watch *on, given *got, const ap_asterix_fault *fault)
{
    if (on->is_proved)
        return "a good block is delivered whole";
    if (got->err != AP_ERR_MALFORMED || got->fault.offset != on->at ||
        got->fault.record != on->index || got->fault.reason != fault->reason ||
        strcmp(got->fault.item, fault->item) != 0)
        return "a fault is told as walk tells it";
    size_t wanted = behind_record(on, &got->effort);
    if (!stands(on, wanted, got->effort, on->block_end) || on->cursor.bytes.at < on->at ||
        on->cursor.bytes.at > on->block_end)
        return "a broken record costs the rest of its block alone";
    on->at = on->block_end = on->cursor.bytes.at;
    return NULL;
}

static const char *check_record(watch *on, given *got)
{
    size_t record_size;
    ap_asterix_fault fault;
    if (ap_asterix_walk(on->spec, on->data + on->at, on->block_end - on->at, &record_size, &fault))
        return check_broken(on, got, &fault);
    return got->err ? "a good record is delivered" : check_good(on, &got->record, record_size);
}

const char *ap_cursor_broken_rule(const ap_asterix_editions *editions, const uint8_t *data,
                                  size_t size)
{
    watch on = { .editions = editions, .data = data, .size = size };
    on.cursor = ap_asterix_cursor_of(editions, data, size);
    for (;;) {
        given got = { .effort = on.cursor.effort, .skipped_size = on.cursor.skipped_size };
        got.err = ap_asterix_cursor_next(&on.cursor, &got.record, &got.fault);
        if (on.at == size)
            return got.err == AP_ERR_END ? NULL : "the end is told";
        if (got.err == AP_ERR_END)
            return "the end is behind the last octet";
        bool is_entered = on.at < on.block_end;
        const char *broken = is_entered ? NULL : check_header(&on, &got, &is_entered);
        if (!broken && is_entered)
            broken = check_record(&on, &got);
        if (broken)
            return broken;
    }
}

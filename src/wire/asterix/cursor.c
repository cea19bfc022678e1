#include "airpicture/asterix_cursor.h"

#include "wire/asterix/octets.h"
#include "wire/asterix/proof.h"
#include "wire/asterix/walk.h"

ap_asterix_cursor ap_asterix_cursor_of(const ap_asterix_editions *editions, const uint8_t *data,
                                       size_t size)
{
    ap_asterix_cursor cursor = { .editions = editions, .bytes = ap_reader_of(data, size) };
    ap_asterix_effort_earn(&cursor.effort, size);
    return cursor;
}

/* Moves over bytes that cannot be a block, to the next offset that proves itself, or the end. */
static void skip_damage(ap_asterix_cursor *cursor)
{
    ap_reader *bytes = &cursor->bytes;
    size_t at = bytes->at;
    do {
        at++;
        ap_asterix_effort_earn(&cursor->effort, 1);
    } while (at < bytes->size &&
             !ap_asterix_block_proves_within(cursor->editions, bytes->data + at, bytes->size - at,
                                             &cursor->effort));
    cursor->skipped_size += at - bytes->at;
    bytes->at = at;
}

static ap_err enter_block(ap_asterix_cursor *cursor, ap_asterix_fault *fault)
{
    ap_reader *bytes = &cursor->bytes;
    size_t offset = bytes->at;
    ap_err err = ap_asterix_block_next(bytes, &cursor->block);
    if (err == AP_ERR_END)
        return err;
    *fault = (ap_asterix_fault){ .offset = offset };
    cursor->block_count++;
    if (err) {
        fault->reason = err == AP_ERR_TRUNCATED ? AP_REFUSED_TRUNCATED : AP_REFUSED_BLOCK_LENGTH;
        cursor->block.size = 0;
        skip_damage(cursor);
        return AP_ERR_MALFORMED;
    }
    cursor->block_offset = offset + AP_ASTERIX_BLOCK_HEADER_SIZE;
    cursor->at = 0;
    cursor->index = 0;
    cursor->inherited = (ap_asterix_inherited){ 0 };
    cursor->spec = ap_asterix_edition_of(cursor->editions, cursor->block.category,
                                         cursor->block.data, cursor->block.size);
    if (cursor->spec)
        return AP_OK;
    fault->reason = AP_REFUSED_CATEGORY;
    cursor->block.size = 0;
    return AP_ERR_UNKNOWN;
}

/* A block whose length is too large holds the head of the next one: goes back to where a block
 * inside of it proves itself that ends behind it, unless one proves itself where it should be. */
static void unswallow(ap_asterix_cursor *cursor)
{
    ap_reader *bytes = &cursor->bytes;
    const uint8_t *data = bytes->data;
    size_t end = bytes->at, from = cursor->block_offset + cursor->at;
    if (end == bytes->size || ap_asterix_block_proves_within(cursor->editions, data + end,
                                                             bytes->size - end, &cursor->effort))
        return;
    for (size_t at = from; at + AP_ASTERIX_BLOCK_HEADER_SIZE <= bytes->size && at < end; at++) {
        ap_asterix_effort_earn(&cursor->effort, 1);
        if (at + ap_be16(data + at + 1) > end &&
            ap_asterix_block_proves_within(cursor->editions, data + at, bytes->size - at,
                                           &cursor->effort)) {
            bytes->at = at;
            return;
        }
    }
}

/* A record broke its block: what follows in it has no boundary. */
static ap_err leave_block(ap_asterix_cursor *cursor, ap_asterix_fault *fault)
{
    fault->offset = cursor->block_offset + cursor->at;
    fault->record = cursor->index;
    unswallow(cursor);
    cursor->at = cursor->block.size;
    return AP_ERR_MALFORMED;
}

ap_err ap_asterix_cursor_next(ap_asterix_cursor *cursor, ap_asterix_record *record,
                              ap_asterix_fault *fault)
{
    if (cursor->at >= cursor->block.size) {
        ap_err err = enter_block(cursor, fault);
        if (err)
            return err;
    }
    const ap_asterix_block *block = &cursor->block;
    *record = (ap_asterix_record){ .category = block->category,
                                   .spec = cursor->spec,
                                   .data = block->data + cursor->at,
                                   .offset = cursor->block_offset + cursor->at,
                                   .index = cursor->index,
                                   .block_start = cursor->at == 0,
                                   .block = cursor->block_count - 1,
                                   .block_size = block->size + AP_ASTERIX_BLOCK_HEADER_SIZE };
    if (ap_asterix_walk_looking(record->spec, record->data, block->size - cursor->at,
                                &cursor->inherited, &record->glance, &record->size, fault))
        return leave_block(cursor, fault);
    cursor->at += record->size;
    cursor->index++;
    return AP_OK;
}

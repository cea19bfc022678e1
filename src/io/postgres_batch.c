#include "io/postgres_batch.h"

#include <stdlib.h>
#include <string.h>

/* Signature, flags, length of what follows (nothing); and the count of fields that ends it all. */
static const uint8_t begin[19] = "PGCOPY\n\377\r\n";
static const uint8_t end[2] = { 0xff, 0xff };

static ap_err append(ap_postgres_rows *rows, const uint8_t *octets, size_t size)
{
    if (rows->cap - rows->size < size) {
        size_t cap = rows->cap ? 2 * rows->cap : 65536;
        while (cap - rows->size < size)
            cap *= 2;
        uint8_t *grown = realloc(rows->octets, cap);
        if (!grown)
            return AP_ERR_MEMORY;
        rows->octets = grown;
        rows->cap = cap;
    }
    memcpy(rows->octets + rows->size, octets, size);
    rows->size += size;
    return AP_OK;
}

void ap_postgres_batch_reset(ap_postgres_batch *batch)
{
    for (int kind = 0; kind < AP_ROW_KIND_COUNT; kind++)
        batch->of[kind].size = batch->of[kind].count = 0;
    batch->size = 0;
    batch->count = 0;
}

ap_err ap_postgres_batch_add(ap_postgres_batch *batch, const ap_postgres_record *record)
{
    ap_postgres_rows *rows = &batch->of[record->kind];
    ap_err err = rows->size == 0 ? append(rows, begin, sizeof begin) : AP_OK;
    if (!err)
        err = append(rows, record->tuple, record->size);
    if (err)
        return err;
    if (batch->count == 0 || record->received < batch->first)
        batch->first = record->received;
    if (batch->count == 0 || record->received > batch->until)
        batch->until = record->received;
    rows->count++;
    batch->count++;
    batch->size += record->size;
    return AP_OK;
}

ap_err ap_postgres_batch_end(ap_postgres_batch *batch)
{
    ap_err err = AP_OK;
    for (int kind = 0; kind < AP_ROW_KIND_COUNT && !err; kind++)
        if (batch->of[kind].count > 0)
            err = append(&batch->of[kind], end, sizeof end);
    return err;
}

void ap_postgres_batch_close(ap_postgres_batch *batch)
{
    for (int kind = 0; kind < AP_ROW_KIND_COUNT; kind++)
        free(batch->of[kind].octets);
    *batch = (ap_postgres_batch){ .size = 0 };
}

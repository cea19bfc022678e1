#include "publish/columns.h"

#include <math.h>

#include "wire/json.h"

#define FIXED_LIMIT 1e15    /* of ap_text_fixed */
#define CSV_FIELD_SIZE 2048 /* longest field before it is quoted */

ap_value ap_value_absent(void)
{
    return (ap_value){ .kind = AP_VALUE_ABSENT };
}

ap_value ap_value_unsigned(uint64_t value)
{
    return (ap_value){ .kind = AP_VALUE_UNSIGNED, .unsigned_ = value };
}

ap_value ap_value_positive(uint64_t value)
{
    return value > 0 ? ap_value_unsigned(value) : ap_value_absent();
}

ap_value ap_value_fixed(double value)
{
    bool writable = fabs(value) < FIXED_LIMIT; /* false for NaN */
    return (ap_value){ .kind = writable ? AP_VALUE_FIXED : AP_VALUE_ABSENT, .real = value };
}

ap_value ap_value_text(const char *text)
{
    return (ap_value){ .kind = text && *text ? AP_VALUE_TEXT : AP_VALUE_ABSENT, .text = text };
}

ap_value ap_value_true_if(bool condition)
{
    return (ap_value){ .kind = condition ? AP_VALUE_TRUE : AP_VALUE_ABSENT };
}

ap_value ap_value_seconds(ap_utc_ns time)
{
    return (ap_value){ .kind = time == AP_UTC_UNKNOWN ? AP_VALUE_ABSENT : AP_VALUE_SECONDS,
                       .time = time };
}

ap_value ap_value_utc(ap_utc_ns time)
{
    return (ap_value){ .kind = time == AP_UTC_UNKNOWN ? AP_VALUE_ABSENT : AP_VALUE_UTC,
                       .time = time };
}

void ap_text_seconds(ap_writer *text, ap_utc_ns time)
{
    int64_t us = time / 1000 - (time % 1000 < 0);
    uint64_t magnitude = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
    char decimals[7] = { '.' };
    uint64_t rest = magnitude % 1000000;
    for (int i = 6; i > 0; i--, rest /= 10)
        decimals[i] = (char)('0' + rest % 10);
    if (us < 0)
        ap_write_u8(text, '-');
    ap_text_u64(text, magnitude / 1000000);
    ap_write_bytes(text, decimals, sizeof decimals);
}

static bool is_text(ap_value_kind kind)
{
    return kind == AP_VALUE_OCTAL || kind == AP_VALUE_HEX24 || kind == AP_VALUE_TEXT ||
           kind == AP_VALUE_UTC;
}

/* The value without quotes. */
static void put_plain(ap_writer *text, const ap_value *value, int decimals)
{
    char utc[AP_UTC_TEXT_SIZE];
    switch (value->kind) {
    case AP_VALUE_ABSENT:
        break;
    case AP_VALUE_UNSIGNED:
        ap_text_u64(text, value->unsigned_);
        break;
    case AP_VALUE_OCTAL:
        ap_text_octal(text, (uint32_t)value->unsigned_, 4);
        break;
    case AP_VALUE_HEX24:
        ap_text_hex_u32(text, (uint32_t)value->unsigned_, 6);
        break;
    case AP_VALUE_FIXED:
        ap_text_fixed(text, value->real, decimals);
        break;
    case AP_VALUE_TRUE:
        ap_text_str(text, "true");
        break;
    case AP_VALUE_TEXT:
        ap_text_str(text, value->text);
        break;
    case AP_VALUE_SECONDS:
        ap_text_seconds(text, value->time);
        break;
    case AP_VALUE_UTC:
        ap_utc_text(value->time, utc);
        ap_text_str(text, utc);
        break;
    }
}

/* ---- JSON ---- */

static void put_json(ap_writer *text, const ap_value *value, int decimals)
{
    if (value->kind == AP_VALUE_TEXT) {
        ap_json_string(text, value->text, strlen(value->text));
        return;
    }
    if (is_text(value->kind))
        ap_write_u8(text, '"');
    put_plain(text, value, decimals);
    if (is_text(value->kind))
        ap_write_u8(text, '"');
}

/* The key, with a comma before it unless it is the first. */
static void put_member(ap_writer *text, const ap_column *column, bool *any)
{
    if (*any && !text->bad && text->cap - text->size >= AP_MEMBER_ROOM) { /* nearly always */
        memcpy(text->data + text->size, column->member, AP_MEMBER_ROOM);
        text->size += column->member_size;
        return;
    }
    size_t comma_size = *any ? 0 : 1;
    ap_write_bytes(text, column->member + comma_size, column->member_size - comma_size);
    *any = true;
}

static void put_json_list(ap_writer *text, const ap_column *column, const void *row, bool *any)
{
    size_t count = column->count(row);
    if (count == 0)
        return;
    put_member(text, column, any);
    ap_write_u8(text, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            ap_write_u8(text, ',');
        column->item(text, row, i, true);
    }
    ap_write_u8(text, ']');
}

static ap_err line_done(ap_writer *text, size_t start)
{
    if (!text->bad)
        return AP_OK;
    text->size = start;
    return AP_ERR_FULL;
}

ap_err ap_columns_json(ap_writer *text, const ap_column *columns, size_t count, const void *row)
{
    size_t start = text->size;
    bool any = false;
    ap_write_u8(text, '{');
    for (size_t i = 0; i < count; i++) {
        if (columns[i].count) {
            put_json_list(text, &columns[i], row, &any);
            continue;
        }
        ap_value value = columns[i].get(row);
        if (value.kind == AP_VALUE_ABSENT)
            continue;
        put_member(text, &columns[i], &any);
        put_json(text, &value, columns[i].decimals);
    }
    ap_text_str(text, "}\n");
    return line_done(text, start);
}

/* ---- CSV ---- */

static void put_quoted(ap_writer *text, const uint8_t *field, size_t size)
{
    bool quote = false;
    for (size_t i = 0; i < size && !quote; i++)
        quote = field[i] == ',' || field[i] == '"' || field[i] == '\r' || field[i] == '\n';
    if (!quote) {
        ap_write_bytes(text, field, size);
        return;
    }
    ap_write_u8(text, '"');
    for (size_t i = 0; i < size; i++) {
        if (field[i] == '"')
            ap_write_u8(text, '"');
        ap_write_u8(text, field[i]);
    }
    ap_write_u8(text, '"');
}

static void put_csv_list(ap_writer *text, const ap_column *column, const void *row)
{
    uint8_t bytes[CSV_FIELD_SIZE];
    ap_writer field = ap_writer_of(bytes, sizeof bytes);
    size_t count = column->count(row);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            ap_write_u8(&field, ';');
        column->item(&field, row, i, false);
    }
    if (field.bad)
        text->bad = true;
    put_quoted(text, bytes, field.size);
}

static void put_csv(ap_writer *text, const ap_column *column, const void *row)
{
    if (column->count) {
        put_csv_list(text, column, row);
        return;
    }
    ap_value value = column->get(row);
    if (value.kind == AP_VALUE_TEXT)
        put_quoted(text, (const uint8_t *)value.text, strlen(value.text));
    else
        put_plain(text, &value, column->decimals);
}

ap_err ap_columns_csv_head(ap_writer *text, const ap_column *columns, size_t count)
{
    size_t start = text->size;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            ap_write_u8(text, ',');
        ap_text_str(text, columns[i].key);
    }
    ap_text_str(text, "\r\n");
    return line_done(text, start);
}

ap_err ap_columns_csv(ap_writer *text, const ap_column *columns, size_t count, const void *row)
{
    size_t start = text->size;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            ap_write_u8(text, ',');
        put_csv(text, &columns[i], row);
    }
    ap_text_str(text, "\r\n");
    return line_done(text, start);
}

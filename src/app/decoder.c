/* The lines of `airpicture decode`: records and frames to JSON, CSV and counts. */
#include "app/decode.h"

#include <string.h>

#include "wire/json.h"
#include "wire/modes/json.h"

static void write_time_s(ap_writer *text, const ap_frame *frame)
{
    /* In two parts: nanoseconds since 1970 are beyond the 53 bits of a double. */
    if (frame->time_kind == AP_FRAME_TIME_UTC || frame->time_kind == AP_FRAME_TIME_DAY)
        ap_text_double(text, (double)(frame->time_ns / AP_NS_PER_S) +
                                 (double)(frame->time_ns % AP_NS_PER_S) / 1e9);
}

/* Row of a source or format; NULL when the table is full (the totals still count it). */
static ap_decode_row *row_of(ap_decoder *decoder, const ap_decode_row *key)
{
    for (uint16_t i = 0; i < decoder->row_count; i++) {
        ap_decode_row *row = &decoder->row[i];
        if (row->kind == key->kind && row->category == key->category &&
            row->has_source == key->has_source && row->sac == key->sac && row->sic == key->sic)
            return row;
    }
    if (decoder->row_count == AP_DECODE_ROW_CAP)
        return NULL;
    ap_decode_row *row = &decoder->row[decoder->row_count++];
    *row = *key;
    return row;
}

static void count_record(ap_decoder *decoder, const ap_asterix_record *record)
{
    const ap_asterix_glance *glance = &record->glance;
    ap_decode_row key = { .kind = AP_FRAME_ASTERIX,
                          .category = record->category,
                          .has_source = glance->has_source,
                          .sac = glance->sac,
                          .sic = glance->sic };
    ap_decode_row *row = row_of(decoder, &key);
    decoder->record_count++;
    decoder->block_count += record->block_start;
    if (!row)
        return;
    row->record_count++;
    row->byte_count += record->size;
    if (glance->has_tod) {
        if (!row->has_tod)
            row->first_tod_128th_s = glance->tod_128th_s;
        row->last_tod_128th_s = glance->tod_128th_s;
        row->has_tod = true;
    }
}

/* {"cat": 48, "ed": "1.32", "ts": 28802.0, "hex": "...", "rec": {...}} */
static void record_json(ap_decoder *decoder, const ap_frame *frame, const ap_asterix_record *record)
{
    ap_writer *text = decoder->text;
    ap_text_str(text, "{\"cat\": ");
    ap_text_u64(text, record->category);
    ap_text_str(text, ", \"ed\": \"");
    ap_text_str(text, ap_asterix_spec_edition(record->spec));
    ap_text_str(text, "\", \"ts\": ");
    size_t before = text->size;
    write_time_s(text, frame);
    if (text->size == before)
        ap_text_str(text, "null");
    ap_text_str(text, ", \"hex\": \"");
    ap_text_hex(text, record->data, record->size);
    ap_text_str(text, "\", \"rec\": ");
    ap_asterix_json(record->spec, record->data, record->size, text);
    ap_text_str(text, "}\n");
}

/* A CSV field with every quote doubled; `json` stands in the same buffer's tail. */
static void quote_tail(ap_writer *text, size_t from)
{
    size_t quotes = 0, end = text->size;
    for (size_t i = from; i < end; i++)
        quotes += text->data[i] == '"';
    for (size_t i = 0; i < quotes; i++)
        ap_text_str(text, "\"");
    if (text->bad)
        return;
    for (size_t at = end, to = text->size; at > from;) {
        uint8_t byte = text->data[--at];
        text->data[--to] = byte;
        if (byte == '"')
            text->data[--to] = byte;
    }
}

static void record_csv(ap_decoder *decoder, const ap_frame *frame, const ap_asterix_record *record)
{
    ap_writer *text = decoder->text;
    if (!decoder->csv_asterix)
        ap_text_str(text,
                    "category,edition,time_s,sac,sic,time_of_day_s,record_hex,items_json\r\n");
    decoder->csv_asterix = true;
    ap_text_u64(text, record->category);
    ap_text_str(text, ",");
    ap_text_str(text, ap_asterix_spec_edition(record->spec));
    ap_text_str(text, ",");
    write_time_s(text, frame);
    ap_text_str(text, ",");
    if (record->glance.has_source) {
        ap_text_u64(text, record->glance.sac);
        ap_text_str(text, ",");
        ap_text_u64(text, record->glance.sic);
    } else {
        ap_text_str(text, ",");
    }
    ap_text_str(text, ",");
    if (record->glance.has_tod)
        ap_text_double(text, record->glance.tod_128th_s / 128.0);
    ap_text_str(text, ",");
    ap_text_hex(text, record->data, record->size);
    ap_text_str(text, ",\"");
    size_t from = text->size;
    ap_asterix_json(record->spec, record->data, record->size, text);
    quote_tail(text, from);
    ap_text_str(text, "\"\r\n");
}

static ap_err take_asterix(ap_decoder *decoder, const ap_frame *frame)
{
    if (decoder->form == AP_DECODE_CSV && decoder->csv_modes)
        return AP_ERR_CONFIG;
    ap_asterix_cursor cursor = ap_asterix_cursor_of(decoder->editions, frame->data, frame->size);
    ap_asterix_record record;
    ap_asterix_fault fault;
    for (ap_err err; (err = ap_asterix_cursor_next(&cursor, &record, &fault)) != AP_ERR_END;) {
        if (err) {
            ap_refuse(&decoder->refused, fault.reason);
            continue;
        }
        count_record(decoder, &record);
        if (decoder->form == AP_DECODE_JSONL)
            record_json(decoder, frame, &record);
        else if (decoder->form == AP_DECODE_CSV)
            record_csv(decoder, frame, &record);
    }
    ap_refuse_many(&decoder->refused, AP_REFUSED_GARBAGE_BYTES, cursor.skipped_size);
    return decoder->text->bad ? AP_ERR_FULL : AP_OK;
}

static void count_frame(ap_decoder *decoder, const ap_frame *frame, uint8_t df)
{
    ap_decode_row key = { .kind = AP_FRAME_MODES, .category = df };
    ap_decode_row *row = row_of(decoder, &key);
    decoder->record_count++;
    if (row) {
        row->record_count++;
        row->byte_count += frame->size;
    }
}

static ap_err take_modes(ap_decoder *decoder, uint16_t input, const ap_frame *frame,
                         ap_utc_ns receive_utc)
{
    if (decoder->form == AP_DECODE_CSV && decoder->csv_asterix)
        return AP_ERR_CONFIG;
    ap_modes_frame modes;
    ap_err err = ap_modes_decode(frame->data, frame->size, &modes);
    if (err == AP_ERR_PARITY || err == AP_ERR_UNKNOWN || err == AP_ERR_TRUNCATED)
        ap_refuse(&decoder->refused, err == AP_ERR_PARITY ? AP_REFUSED_PARITY : AP_REFUSED_FORMAT);
    ap_sense_modes(decoder->sense, input, receive_utc, frame->data, frame->size,
                   frame->has_signal ? frame->signal : -1);
    count_frame(decoder, frame, frame->data[0] >> 3);
    if (decoder->form == AP_DECODE_SUMMARY)
        return AP_OK;
    ap_sense_fix fix = ap_sense_last_fix(decoder->sense);
    ap_modes_line line = { .frame = frame->data,
                           .size = frame->size,
                           .decoded = err ? NULL : &modes,
                           .has_time = frame->time_kind != AP_FRAME_TIME_NONE,
                           .time_s = (double)(receive_utc / AP_NS_PER_S) +
                                     (double)(receive_utc % AP_NS_PER_S) / 1e9,
                           .has_position = fix.has_position,
                           .latitude_deg = fix.latitude_deg,
                           .longitude_deg = fix.longitude_deg };
    if (decoder->form == AP_DECODE_CSV) {
        if (!decoder->csv_modes)
            ap_modes_csv_head(decoder->text);
        decoder->csv_modes = true;
        ap_modes_csv(decoder->text, &line);
    } else {
        ap_modes_json(decoder->text, &line);
        ap_text_str(decoder->text, "\n");
    }
    return decoder->text->bad ? AP_ERR_FULL : AP_OK;
}

ap_err ap_decoder_take(ap_decoder *decoder, uint16_t input, const ap_frame *frame,
                       ap_utc_ns receive_utc)
{
    if (frame->kind == AP_FRAME_ASTERIX)
        return take_asterix(decoder, frame);
    return take_modes(decoder, input, frame, receive_utc);
}

static void pad(ap_writer *text, size_t from, size_t width)
{
    while (text->size - from < width && !text->bad)
        ap_text_str(text, " ");
}

static void write_tod(ap_writer *text, uint32_t tod_128th_s)
{
    uint32_t seconds = tod_128th_s / 128;
    const uint32_t parts[] = { seconds / 3600, seconds / 60 % 60, seconds % 60 };
    for (int i = 0; i < 3; i++) {
        if (i > 0)
            ap_text_str(text, ":");
        if (parts[i] < 10)
            ap_text_str(text, "0");
        ap_text_u64(text, parts[i]);
    }
}

static void summary_row(const ap_decode_row *row, ap_writer *text)
{
    size_t from = text->size;
    ap_text_str(text, row->kind == AP_FRAME_ASTERIX ? "CAT" : "DF");
    if (row->kind == AP_FRAME_ASTERIX && row->category < 100)
        ap_text_str(text, row->category < 10 ? "00" : "0");
    ap_text_u64(text, row->category);
    pad(text, from, 8);
    if (row->has_source) {
        ap_text_u64(text, row->sac);
        ap_text_str(text, "/");
        ap_text_u64(text, row->sic);
    } else {
        ap_text_str(text, "-");
    }
    pad(text, from, 18);
    ap_text_u64(text, row->record_count);
    pad(text, from, 30);
    ap_text_u64(text, row->byte_count);
    if (row->has_tod) {
        pad(text, from, 42);
        write_tod(text, row->first_tod_128th_s);
        ap_text_str(text, " - ");
        write_tod(text, row->last_tod_128th_s);
    }
    ap_text_str(text, "\n");
}

void ap_decoder_summary(const ap_decoder *decoder, ap_writer *text)
{
    ap_text_str(text, "format  source    records     bytes       times of day\n");
    for (uint16_t i = 0; i < decoder->row_count; i++)
        summary_row(&decoder->row[i], text);
    ap_text_u64(text, decoder->record_count);
    ap_text_str(text, " records");
    if (decoder->block_count) {
        ap_text_str(text, " in ");
        ap_text_u64(text, decoder->block_count);
        ap_text_str(text, " blocks");
    }
    ap_text_str(text, "\n");
}

/* The lines of `airpicture decode`: records and frames to JSON, CSV, text and counts. */
#include "app/decode.h"

#include <string.h>

#include "app/source.h"
#include "wire/asterix/text.h"
#include "wire/feed/aircraft_json.h"
#include "wire/json.h"
#include "wire/modes/json.h"

/* The records of a frame have one time; "" when it has none. */
static void set_time_text(ap_decoder *decoder, const ap_frame *frame)
{
    ap_writer text = ap_writer_of(decoder->time_text, sizeof decoder->time_text);
    /* In two parts: nanoseconds since 1970 are beyond the 53 bits of a double. */
    if (frame->time_kind == AP_FRAME_TIME_UTC || frame->time_kind == AP_FRAME_TIME_DAY)
        ap_text_double(&text, (double)(frame->time_ns / AP_NS_PER_S) +
                                  (double)(frame->time_ns % AP_NS_PER_S) / 1e9);
    decoder->time_text_size = text.size;
}

static void write_time_s(const ap_decoder *decoder)
{
    ap_write_bytes(decoder->text, decoder->time_text, decoder->time_text_size);
}

static bool is_same_key(const ap_decode_key *a, const ap_decode_key *b)
{
    return a->kind == b->kind && a->category == b->category && a->has_source == b->has_source &&
           a->sac == b->sac && a->sic == b->sic && a->spec == b->spec;
}

/* Where the search for a row begins. Editions of one source share it. */
static unsigned first_place(const ap_decode_key *key)
{
    uint32_t word = (uint32_t)key->kind << 25 | (uint32_t)key->category << 17 |
                    (uint32_t)key->has_source << 16 | (uint32_t)key->sac << 8 | key->sic;
    return word * 0x9E3779B1u >> 16 & (AP_DECODE_PLACE_COUNT - 1);
}

/* Row of a source or format; NULL when the table is full (the totals still count it). */
static ap_decode_row *row_of(ap_decoder *decoder, const ap_decode_key *key)
{
    unsigned place = first_place(key);
    for (; decoder->row_number[place] != 0; place = (place + 1) & (AP_DECODE_PLACE_COUNT - 1)) {
        ap_decode_row *row = &decoder->row[decoder->row_number[place] - 1];
        if (is_same_key(&row->key, key))
            return row;
    }
    if (decoder->row_count == AP_DECODE_ROW_CAP) {
        decoder->unlisted_count++;
        return NULL;
    }
    ap_decode_row *row = &decoder->row[decoder->row_count++];
    decoder->row_number[place] = decoder->row_count;
    *row = (ap_decode_row){ .key = *key };
    return row;
}

static void count_items(ap_decode_row *row, const ap_asterix_record *record)
{
    uint64_t present = ap_asterix_items_present(record->spec, record->data, record->size);
    for (unsigned k = 0; present != 0; k++, present >>= 1)
        row->item_count[k] += present & 1;
}

/* A full time of day near the truncated one: when the frame was received, else the last of the
 * record's source. */
static bool near_of(const ap_decoder *decoder, const ap_frame *frame,
                    const ap_asterix_glance *glance, ap_utc_ns *near)
{
    bool is_received =
        frame->time_kind == AP_FRAME_TIME_UTC || frame->time_kind == AP_FRAME_TIME_DAY;
    uint32_t known = glance->has_source ? decoder->known_tod[glance->sac << 8 | glance->sic] : 0;
    *near = is_received ? frame->time_ns : (int64_t)(known - 1) * AP_NS_PER_TOD_128TH;
    return is_received || known != 0;
}

/* Completes CAT001's time of day, which counts to 512 s, where it can be told; remembers full ones.
 */
static void complete_time(ap_decoder *decoder, const ap_frame *frame, ap_asterix_glance *glance)
{
    ap_utc_ns near, time;
    if (!glance->has_tod && glance->has_tod_512 && near_of(decoder, frame, glance, &near) &&
        ap_utc_from_tod_512(near, glance->tod_512_128th_s, &time) == AP_OK) {
        glance->has_tod = true;
        glance->tod_128th_s = ap_tod_from_utc(time);
    }
    if (glance->has_tod && glance->has_source && glance->tod_128th_s < AP_TOD_128TH_PER_DAY)
        decoder->known_tod[glance->sac << 8 | glance->sic] = glance->tod_128th_s + 1;
}

/* The row that the record was counted in, or NULL. */
static ap_decode_row *count_record(ap_decoder *decoder, const ap_asterix_record *record,
                                   ap_utc_ns receive_utc)
{
    const ap_asterix_glance *glance = &record->glance;
    const ap_decode_key key = { .kind = AP_FRAME_ASTERIX,
                                .category = record->category,
                                .has_source = glance->has_source,
                                .sac = glance->sac,
                                .sic = glance->sic,
                                .spec = record->spec };
    ap_decode_row *row = row_of(decoder, &key);
    decoder->record_count++;
    decoder->block_count += record->block_start;
    if (!row)
        return NULL;
    if (row->record_count++ == 0)
        row->first_utc = receive_utc;
    row->byte_count += record->size;
    if (glance->has_tod) {
        if (!row->has_tod)
            row->first_tod_128th_s = glance->tod_128th_s;
        row->last_tod_128th_s = glance->tod_128th_s;
        row->has_tod = true;
    }
    row->last_utc = receive_utc;
    if (decoder->form == AP_DECODE_SUMMARY)
        count_items(row, record);
    return row;
}

/* {"cat": 48, "ed": "1.32", "ts": 28802.0, "hex": "...", "rec": {...}} */
static void record_json(ap_decoder *decoder, const ap_asterix_record *record)
{
    ap_writer *text = decoder->text;
    ap_text_str(text, "{\"cat\": ");
    ap_text_u64(text, record->category);
    ap_text_str(text, ", \"ed\": \"");
    ap_text_str(text, ap_asterix_spec_edition(record->spec));
    ap_text_str(text, "\", \"ts\": ");
    if (decoder->time_text_size == 0)
        ap_text_str(text, "null");
    write_time_s(decoder);
    ap_text_str(text, ", \"hex\": \"");
    ap_text_hex(text, record->data, record->size);
    ap_text_str(text, "\", \"rec\": ");
    if (decoder->with_expansion)
        (void)ap_asterix_json_expanded(record->spec, ap_asterix_expansion_find(record->category),
                                       record->data, record->size, text);
    else
        (void)ap_asterix_json(record->spec, record->data, record->size, text);
    if (decoder->with_raw) {
        ap_text_str(text, ", \"raw\": ");
        (void)ap_asterix_raw_json(record->spec, record->data, record->size, text);
    }
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

static void csv_head(ap_decoder *decoder)
{
    ap_text_str(decoder->text, "category,edition,time_s,sac,sic,time_of_day_s");
    if (decoder->columns)
        ap_asterix_columns_head(decoder->columns, decoder->text);
    else
        ap_text_str(decoder->text, ",record_hex,items_json");
    ap_text_str(decoder->text, "\r\n");
}

static void record_csv(ap_decoder *decoder, const ap_asterix_record *record)
{
    ap_writer *text = decoder->text;
    if (!decoder->csv_asterix)
        csv_head(decoder);
    decoder->csv_asterix = true;
    ap_text_u64(text, record->category);
    ap_text_str(text, ",");
    ap_text_str(text, ap_asterix_spec_edition(record->spec));
    ap_text_str(text, ",");
    write_time_s(decoder);
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
    if (decoder->columns) {
        (void)ap_asterix_columns_row(decoder->columns, record->spec, record->data, record->size,
                                     text);
        ap_text_str(text, "\r\n");
        return;
    }
    ap_text_str(text, ",");
    ap_text_hex(text, record->data, record->size);
    ap_text_str(text, ",\"");
    size_t from = text->size;
    (void)ap_asterix_json(record->spec, record->data, record->size, text);
    quote_tail(text, from);
    ap_text_str(text, "\"\r\n");
}

/* CAT048 1.32 from 25/201 at 1393332226.414938 s, 52 bytes */
static void record_text(ap_decoder *decoder, const ap_asterix_record *record)
{
    ap_writer *text = decoder->text;
    ap_text_str(text, record->category < 10 ? "CAT00" : record->category < 100 ? "CAT0" : "CAT");
    ap_text_u64(text, record->category);
    ap_text_str(text, " ");
    ap_text_str(text, ap_asterix_spec_edition(record->spec));
    if (record->glance.has_source) {
        ap_text_str(text, " from ");
        ap_text_u64(text, record->glance.sac);
        ap_text_str(text, "/");
        ap_text_u64(text, record->glance.sic);
    }
    if (decoder->time_text_size > 0) {
        ap_text_str(text, " at ");
        write_time_s(decoder);
        ap_text_str(text, " s");
    }
    ap_text_str(text, ", ");
    ap_text_u64(text, record->size);
    ap_text_str(text, " bytes");
    if (decoder->with_raw) {
        ap_text_str(text, " [");
        ap_text_hex(text, record->data, record->size);
        ap_text_str(text, "]");
    }
    ap_text_str(text, "\n");
    (void)ap_asterix_text(record->spec, record->data, record->size, decoder->with_raw, text);
}

/* What the cursor gave walks: of its forms only room can be short, which text->bad tells. */
static void write_record(ap_decoder *decoder, const ap_asterix_record *record)
{
    if (decoder->form == AP_DECODE_JSONL)
        record_json(decoder, record);
    else if (decoder->form == AP_DECODE_CSV)
        record_csv(decoder, record);
    else if (decoder->form == AP_DECODE_TEXT)
        record_text(decoder, record);
}

/* Blocks of the records that are kept, as they come. */
typedef struct keeper {
    bool open;
    uint32_t block; /* that the open one is made of */
    size_t at;      /* where it begins */
} keeper;

/* False for a record that is longer than a block may be. */
static bool keep_record(ap_decoder *decoder, keeper *of, const ap_asterix_record *record)
{
    ap_writer *kept = decoder->kept;
    if (AP_ASTERIX_BLOCK_HEADER_SIZE + record->size > decoder->kept_block_max)
        return false;
    bool is_full = kept->size - of->at + record->size > decoder->kept_block_max;
    if (of->open && (of->block != record->block || is_full)) {
        (void)ap_asterix_block_close(kept, of->at); /* never longer than the block it is from */
        of->open = false;
    }
    if (!of->open)
        of->at = ap_asterix_block_open(kept, record->category);
    of->open = true;
    of->block = record->block;
    ap_write_bytes(kept, record->data, record->size);
    return true;
}

static void error_head(ap_decoder *decoder, ap_json_object *line, uint64_t offset,
                       ap_refusal reason)
{
    *line = ap_json_open(decoder->errors);
    ap_json_member_str(line, "source", decoder->input_path ? decoder->input_path : "");
    ap_json_member_u64(line, "offset", offset);
    ap_json_member_str(line, "reason", ap_refusal_key(reason));
}

static void error_tail(ap_decoder *decoder, ap_json_object *line, ap_refusal reason,
                       uint64_t skipped_size)
{
    if (skipped_size > 0)
        ap_json_member_u64(line, "skipped_bytes", skipped_size);
    ap_json_member_str(line, "text", ap_refusal_text(reason));
    ap_json_close(line);
    ap_text_str(decoder->errors, "\n");
}

/* One JSON line; what is not known of a fault is left out. */
static void tell_fault(ap_decoder *decoder, const ap_frame *frame, const ap_asterix_cursor *cursor,
                       const ap_asterix_fault *fault, uint64_t skipped_size)
{
    ap_json_object line;
    error_head(decoder, &line, frame->offset + fault->offset, fault->reason);
    ap_json_member_u64(&line, "block", decoder->input_block_count + cursor->block_count - 1);
    if (fault->reason != AP_REFUSED_BLOCK_LENGTH && fault->reason != AP_REFUSED_TRUNCATED) {
        ap_json_member_u64(&line, "category", cursor->block.category);
        if (fault->reason != AP_REFUSED_CATEGORY)
            ap_json_member_u64(&line, "record", fault->record);
    }
    if (fault->item[0] != '\0')
        ap_json_member_str(&line, "item", fault->item);
    error_tail(decoder, &line, fault->reason, skipped_size);
}

static void tell_lost(ap_decoder *decoder, uint64_t offset, ap_refusal reason, uint64_t count,
                      uint64_t skipped_size)
{
    ap_json_object line;
    error_head(decoder, &line, offset, reason);
    if (count > 1)
        ap_json_member_u64(&line, "count", count);
    error_tail(decoder, &line, reason, skipped_size);
}

void ap_decoder_tell_lost(ap_decoder *decoder, uint64_t offset, const ap_refusals *lost)
{
    uint64_t skipped_size = lost->count[AP_REFUSED_GARBAGE_BYTES];
    for (int i = 0; i < AP_REFUSAL_COUNT; i++) {
        if (lost->count[i] == 0 || i == AP_REFUSED_GARBAGE_BYTES)
            continue;
        tell_lost(decoder, offset, (ap_refusal)i, lost->count[i], skipped_size);
        skipped_size = 0;
    }
    if (skipped_size > 0)
        tell_lost(decoder, offset, AP_REFUSED_GARBAGE_BYTES, 1, skipped_size);
}

/* A fault is of the source of the good record before it in its block, if there is one. */
static void take_fault(ap_decoder *decoder, const ap_frame *frame, const ap_asterix_cursor *cursor,
                       const ap_asterix_fault *fault, ap_decode_row *row, uint64_t skipped_size)
{
    bool has_category =
        fault->reason != AP_REFUSED_BLOCK_LENGTH && fault->reason != AP_REFUSED_TRUNCATED;
    if (has_category && decoder->selection &&
        !ap_decode_selects_category(decoder->selection, cursor->block.category))
        return;
    ap_refuse(decoder->refused, fault->reason);
    if (row && has_category && fault->record > 0)
        row->error_count++;
    if (decoder->errors)
        tell_fault(decoder, frame, cursor, fault, skipped_size);
}

/* A record that the new capture has no room for. */
static void refuse_kept(ap_decoder *decoder, const ap_frame *frame, const ap_asterix_cursor *cursor,
                        const ap_asterix_record *record)
{
    ap_asterix_fault fault = { .reason = AP_REFUSED_OVERSIZE,
                               .offset = record->offset,
                               .record = record->index };
    ap_refuse(decoder->refused, fault.reason);
    if (decoder->errors)
        tell_fault(decoder, frame, cursor, &fault, 0);
}

static ap_err take_asterix(ap_decoder *decoder, const ap_frame *frame, ap_utc_ns receive_utc)
{
    if (decoder->form == AP_DECODE_CSV && decoder->csv_modes)
        return AP_ERR_CONFIG;
    ap_asterix_cursor cursor = ap_asterix_cursor_of(decoder->editions, frame->data, frame->size);
    ap_asterix_record record;
    ap_asterix_fault fault;
    ap_decode_row *row = NULL;
    keeper kept = { .open = false };
    uint64_t skipped_size = 0;
    set_time_text(decoder, frame);
    for (ap_err err; (err = ap_asterix_cursor_next(&cursor, &record, &fault)) != AP_ERR_END;) {
        if (err) {
            take_fault(decoder, frame, &cursor, &fault, row, cursor.skipped_size - skipped_size);
            skipped_size = cursor.skipped_size;
            if (decoder->flush)
                decoder->flush(decoder->context);
            continue;
        }
        complete_time(decoder, frame, &record.glance);
        if (decoder->selection && !ap_decode_selects(decoder->selection, &record))
            continue;
        row = count_record(decoder, &record, receive_utc);
        write_record(decoder, &record);
        if (decoder->flush)
            decoder->flush(decoder->context);
        if (decoder->kept && !keep_record(decoder, &kept, &record))
            refuse_kept(decoder, frame, &cursor, &record);
    }
    if (kept.open)
        (void)ap_asterix_block_close(decoder->kept, kept.at);
    decoder->input_block_count += cursor.block_count;
    ap_refuse_many(decoder->refused, AP_REFUSED_GARBAGE_BYTES, cursor.skipped_size);
    return decoder->text->bad ? AP_ERR_FULL : AP_OK;
}

static void count_frame(ap_decoder *decoder, const ap_frame *frame, uint8_t df)
{
    const ap_decode_key key = { .kind = frame->kind, .category = df };
    ap_decode_row *row = row_of(decoder, &key);
    decoder->record_count++;
    if (row) {
        row->record_count++;
        row->byte_count += frame->size;
    }
}

/* What sense found with the aircraft's clue; of a reply that it refused, what the reply alone
 * tells. */
static const ap_comm_b_inference *register_of(const ap_decoder *decoder,
                                              const ap_modes_frame *modes,
                                              ap_comm_b_inference *alone)
{
    const ap_comm_b_inference *found = ap_sense_last_register(decoder->sense);
    if (found)
        return found;
    ap_comm_b_clue clue = { .has_altitude = modes->present & AP_MODES_HAS_ALTITUDE,
                            .altitude_ft = modes->altitude_ft,
                            .ground_known = modes->ground_known,
                            .on_ground = modes->on_ground };
    ap_comm_b_infer(modes->mb, &clue, alone);
    return alone;
}

static ap_err take_modes(ap_decoder *decoder, uint16_t receiver, const ap_frame *frame,
                         ap_utc_ns receive_utc)
{
    if (decoder->form == AP_DECODE_CSV && decoder->csv_asterix)
        return AP_ERR_CONFIG;
    ap_modes_frame modes;
    ap_err err = ap_modes_decode(frame->data, frame->size, &modes);
    if (err == AP_ERR_PARITY || err == AP_ERR_UNKNOWN || err == AP_ERR_TRUNCATED)
        ap_refuse(decoder->refused, err == AP_ERR_PARITY ? AP_REFUSED_PARITY : AP_REFUSED_FORMAT);
    ap_sense_heard heard = ap_source_heard(frame, receiver, receive_utc);
    ap_sense_modes_decoded(decoder->sense, &heard, err, &modes);
    uint8_t first = frame->data[0];
    count_frame(decoder, frame, first >> 6 == 3 ? 24 : first >> 3);
    if (decoder->form == AP_DECODE_SUMMARY)
        return AP_OK;
    ap_sense_fix fix = ap_sense_last_fix(decoder->sense);
    ap_comm_b_inference alone;
    bool is_comm_b = !err && (modes.present & AP_MODES_HAS_MB);
    ap_modes_line line = { .frame = frame->data,
                           .size = frame->size,
                           .decoded = err ? NULL : &modes,
                           .inference = is_comm_b ? register_of(decoder, &modes, &alone) : NULL,
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

static ap_err take_row(ap_decoder *decoder, const ap_frame *frame)
{
    if (decoder->form == AP_DECODE_CSV)
        return AP_ERR_UNKNOWN;
    ap_aircraft_row row;
    if (ap_feed_row(decoder->feed, frame, &row)) {
        ap_refuse(decoder->refused, AP_REFUSED_POSITION_MISSING);
        return AP_OK;
    }
    count_frame(decoder, frame, 0);
    if (decoder->form != AP_DECODE_SUMMARY)
        ap_row_json(decoder->text, &row);
    return decoder->text->bad ? AP_ERR_FULL : AP_OK;
}

ap_err ap_decoder_take(ap_decoder *decoder, uint16_t receiver, const ap_frame *frame,
                       ap_utc_ns receive_utc)
{
    if (frame->kind == AP_FRAME_ASTERIX)
        return take_asterix(decoder, frame, receive_utc);
    const ap_decode_selection *selection = decoder->selection;
    if (selection && (selection->by_category || selection->source_count > 0))
        return AP_OK; /* a Mode S frame or a target is of no category and source */
    if (ap_feed_is_row(frame->kind))
        return take_row(decoder, frame);
    return take_modes(decoder, receiver, frame, receive_utc);
}

/* --to summary: what an engineer wants to know first of a recording. */
#include "app/decode.h"

#include "wire/asterix/spec.h"
#include "wire/json.h"

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

/* "CAT048  25/201    " */
static void write_key(const ap_decode_key *key, ap_writer *text)
{
    static const char *const names[] = { "CAT", "DF", "SBS", "JSON", "GDL90" };
    size_t from = text->size;
    ap_text_str(text, names[key->kind]);
    if (key->kind == AP_FRAME_ASTERIX && key->category < 100)
        ap_text_str(text, key->category < 10 ? "00" : "0");
    if (!ap_feed_is_row(key->kind))
        ap_text_u64(text, key->category);
    pad(text, from, 8);
    if (key->has_source) {
        ap_text_u64(text, key->sac);
        ap_text_str(text, "/");
        ap_text_u64(text, key->sic);
    } else {
        ap_text_str(text, "-");
    }
    pad(text, from, 18);
}

/* Time that the records span: by their own times of day, else by when they were received. */
static double span_s(const ap_decode_row *row)
{
    if (!row->has_tod)
        return ap_seconds_between(row->first_utc, row->last_utc);
    uint32_t day = AP_TOD_128TH_PER_DAY;
    uint32_t from = row->first_tod_128th_s % day, to = row->last_tod_128th_s % day;
    return (to >= from ? to - from : to + day - from) / 128.0;
}

static void summary_row(const ap_decode_row *row, ap_writer *text)
{
    size_t from = text->size;
    write_key(&row->key, text);
    ap_text_u64(text, row->record_count);
    pad(text, from, 30);
    ap_text_u64(text, row->byte_count);
    pad(text, from, 42);
    if (row->has_tod) {
        write_tod(text, row->first_tod_128th_s);
        ap_text_str(text, " - ");
        write_tod(text, row->last_tod_128th_s);
    }
    pad(text, from, 63);
    if (row->key.spec) {
        ap_text_str(text, ap_asterix_spec_edition(row->key.spec));
        pad(text, from, 72);
        double span = span_s(row);
        if (span > 0)
            ap_text_fixed(text, (double)(row->record_count - 1) / span, 1);
        else
            ap_text_str(text, "-");
        pad(text, from, 82);
        ap_text_u64(text, row->error_count);
    }
    ap_text_str(text, "\n");
}

/* "CAT048  25/201    010 100%  140 100%  161 83.4%" */
static void coverage_row(const ap_decode_row *row, ap_writer *text)
{
    write_key(&row->key, text);
    for (unsigned k = 0; k < sizeof row->item_count / sizeof row->item_count[0]; k++) {
        if (row->item_count[k] == 0)
            continue;
        double share = 100.0 * (double)row->item_count[k] / (double)row->record_count;
        ap_text_str(text, row->key.spec->items[k].name);
        ap_text_str(text, " ");
        ap_text_fixed(text, share, share < 99.95 ? 1 : 0);
        ap_text_str(text, "%  ");
    }
    text->size -= text->bad ? 0 : 2;
    ap_text_str(text, "\n");
}

static int64_t rank(const ap_decode_key *key)
{
    int64_t source = key->has_source ? 0x10000 | key->sac << 8 | key->sic : 0;
    return (int64_t)key->kind << 32 | (int64_t)key->category << 24 | source;
}

/* Rows by format, category and source; of one source in the order that they came. */
static void sort_rows(const ap_decoder *decoder, uint16_t order[AP_DECODE_ROW_CAP])
{
    for (uint16_t i = 0; i < decoder->row_count; i++) {
        const ap_decode_key *key = &decoder->row[i].key;
        uint16_t at = i;
        for (; at > 0; at--) {
            if (rank(key) >= rank(&decoder->row[order[at - 1]].key))
                break;
            order[at] = order[at - 1];
        }
        order[at] = i;
    }
}

/* "2 records". */
static void write_count(ap_writer *text, uint64_t count, const char *noun)
{
    ap_text_u64(text, count);
    ap_text_str(text, noun);
    if (count != 1)
        ap_text_str(text, "s");
}

void ap_decoder_summary(const ap_decoder *decoder, ap_writer *text)
{
    ap_text_str(text, "format  source    records     bytes       times of day         "
                      "edition  rate_ps   errors\n");
    uint16_t order[AP_DECODE_ROW_CAP];
    sort_rows(decoder, order);
    for (uint16_t i = 0; i < decoder->row_count; i++)
        summary_row(&decoder->row[order[i]], text);
    write_count(text, decoder->record_count, " record");
    if (decoder->block_count) {
        ap_text_str(text, " in ");
        write_count(text, decoder->block_count, " block");
    }
    ap_text_str(text, "\n");
    if (decoder->unlisted_count) {
        ap_text_u64(text, decoder->unlisted_count);
        ap_text_str(text, " of them from further sources, which have no line\n");
    }
    for (int i = 0; i < AP_REFUSAL_COUNT; i++) {
        if (decoder->refused->count[i] == 0)
            continue;
        ap_text_str(text, "refused: ");
        ap_text_u64(text, decoder->refused->count[i]);
        ap_text_str(text, " ");
        ap_text_str(text, ap_refusal_key((ap_refusal)i));
        ap_text_str(text, " (");
        ap_text_str(text, ap_refusal_text((ap_refusal)i));
        ap_text_str(text, ")\n");
    }
    if (!decoder->block_count)
        return;
    ap_text_str(text, "\nformat  source    share of records with the item\n");
    for (uint16_t i = 0; i < decoder->row_count; i++)
        if (decoder->row[order[i]].key.spec)
            coverage_row(&decoder->row[order[i]], text);
}

#include "wire/framer.h"

#include <assert.h>
#include <string.h>

#include "wire/asterix/proof.h"
#include "wire/framing/framing.h"

#define SPACE_MIN 65536u

typedef struct format_row {
    ap_format format;
    size_t need; /* bytes that its score looks at */
    ap_framing_score *score;
    ap_framing_next *next;
} format_row;

/* In the order of `need`: the first row that is sure after so many bytes decides, so the answer
 * does not depend on how they arrive. The last two sit behind a long head or a long block. */
static const format_row rows[] = {
    { AP_FORMAT_PCAP, 24, ap_framing_score_pcap, ap_framing_next_pcap },
    { AP_FORMAT_BEAST, 96, ap_framing_score_beast, ap_framing_next_beast },
    { AP_FORMAT_AVR, 128, ap_framing_score_avr, ap_framing_next_avr },
    { AP_FORMAT_SBS, 1024, ap_framing_score_sbs, ap_framing_next_sbs },
    { AP_FORMAT_AIRCRAFT, 1024, ap_framing_score_aircraft, ap_framing_next_aircraft },
    { AP_FORMAT_GDL90, 1024, ap_framing_score_gdl90, ap_framing_next_gdl90 },
    { AP_FORMAT_JSONL, 1024, ap_framing_score_json_lines, ap_framing_next_json_lines },
    { AP_FORMAT_FINAL, 1024, ap_framing_score_final, ap_framing_next_final },
    { AP_FORMAT_ORADIS, 1024, ap_framing_score_oradis, ap_framing_next_oradis },
    { AP_FORMAT_ASTERIX, 1024, ap_framing_score_asterix, ap_framing_next_asterix },
    { AP_FORMAT_GPS, 4096, ap_framing_score_gps, ap_framing_next_gps },
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

static const char *const format_keys[] = {
#define FORMAT_KEY(name, key, text) key,
    AP_FORMAT_MAP(FORMAT_KEY)
#undef FORMAT_KEY
};

const char *ap_format_key(ap_format format)
{
    return (unsigned)format < AP_FORMAT_COUNT ? format_keys[format] : "unlisted";
}

ap_format ap_format_of_key(const char *key)
{
    for (int i = 0; i < AP_FORMAT_COUNT; i++)
        if (strcmp(format_keys[i], key) == 0)
            return (ap_format)i;
    return AP_FORMAT_COUNT;
}

static const format_row *row_of(ap_format format)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (rows[i].format == format)
            return &rows[i];
    return NULL;
}

ap_err ap_framer_init(ap_framer *framer, ap_format format, const ap_asterix_editions *editions,
                      void *mem, size_t mem_size)
{
    if ((unsigned)format >= AP_FORMAT_COUNT || !editions || !mem || mem_size < AP_FRAMER_SIZE)
        return AP_ERR_ARGUMENT;
    *framer = (ap_framer){ .format = format,
                           .editions = editions,
                           .buffer = mem,
                           .cap = mem_size,
                           .effort = AP_ASTERIX_EFFORT_MAX };
    return AP_OK;
}

size_t ap_framer_space(ap_framer *framer, uint8_t **space)
{
    if (framer->start > 0 && framer->cap - framer->end < SPACE_MIN) {
        memmove(framer->buffer, ap_framing_data(framer), ap_framing_left(framer));
        framer->end -= framer->start;
        framer->start = 0;
    }
    *space = framer->buffer + framer->end;
    return framer->cap - framer->end;
}

void ap_framer_commit(ap_framer *framer, size_t n)
{
    assert(n <= framer->cap - framer->end);
    framer->end += n;
    if (n == 0)
        framer->ended = true;
}

/* The row that is sure of the first bytes, or at their end the one with the best score. */
static ap_err recognise(ap_framer *framer)
{
    const uint8_t *data = ap_framing_data(framer);
    size_t left = ap_framing_left(framer);
    ap_format format = AP_FORMAT_AUTO;
    int best = 0;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (left < rows[i].need && !framer->ended)
            return AP_ERR_MORE;
        bool all = left < rows[i].need;
        int score = rows[i].score(framer, data, left < rows[i].need ? left : rows[i].need, all);
        if (score > best) {
            best = score;
            format = rows[i].format;
        }
        if (best >= AP_FRAMING_SURE)
            break;
    }
    framer->format = format;
    framer->unknown = best == 0 && left > 0;
    return AP_OK;
}

ap_err ap_framer_next(ap_framer *framer, ap_frame *frame)
{
    if (framer->format == AP_FORMAT_AUTO && !framer->unknown) {
        ap_err err = recognise(framer);
        if (err)
            return err;
    }
    if (framer->unknown) {
        ap_framing_garbage(framer, ap_framing_left(framer));
        return AP_ERR_UNKNOWN;
    }
    if (framer->skip_size > 0)
        ap_framing_skip(framer, framer->skip_size);
    const format_row *row = row_of(framer->format);
    ap_err err = row && framer->skip_size == 0 ? row->next(framer, frame) : AP_ERR_MORE;
    if (err == AP_OK)
        framer->frame_count++;
    return err == AP_ERR_MORE ? ap_framing_cut(framer) : err;
}

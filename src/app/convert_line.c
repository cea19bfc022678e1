#include "app/convert_line.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "wire/json_read.h"

#define TIME_END_S INT64_C(0x100000000) /* what a capture can hold */

/* What a line says, before its record is made. */
typedef struct parts {
    const ap_json_doc *doc;
    uint32_t rec, hex;
} parts;

static bool refuse(ap_convert_line *line, const char *why)
{
    snprintf(line->why, sizeof line->why, "%s", why);
    return false;
}

static uint32_t member(const ap_json_doc *doc, const char *name)
{
    uint32_t from = 1;
    return ap_json_member(doc, 0, name, strlen(name), &from);
}

static bool take_category(ap_convert_line *line, const ap_json_doc *doc)
{
    uint32_t node = member(doc, "cat");
    uint64_t category;
    if (node == AP_JSON_NONE)
        return refuse(line, "no ASTERIX record: 'cat' is not there");
    ap_json_number number = ap_json_number_of(doc, node);
    if (doc->node[node].kind != AP_JSON_NUMBER || ap_json_whole(&number, &category) ||
        number.is_negative || category > 255)
        return refuse(line, "'cat' is no category; expected a number up to 255");
    line->category = (uint8_t)category;
    return true;
}

static bool take_edition(ap_convert_line *line, const ap_json_doc *doc)
{
    uint32_t node = member(doc, "ed");
    uint8_t edition[16] = { 0 };
    size_t size = 0;
    if (node == AP_JSON_NONE) {
        line->spec = line->editions->category[line->category];
    } else if (doc->node[node].kind != AP_JSON_STRING ||
               !ap_json_octets(doc, node, edition, sizeof edition - 1, &size)) {
        return refuse(line, "'ed' is no edition; expected a string such as \"1.32\"");
    } else {
        line->spec = ap_asterix_spec_find(line->category, (const char *)edition);
    }
    if (line->spec)
        return true;
    const ap_asterix_spec *newest = ap_asterix_spec_find(line->category, NULL);
    if (newest)
        snprintf(line->why, sizeof line->why, "CAT%03u has no such edition; its newest is %s",
                 line->category, ap_asterix_spec_edition(newest));
    else
        snprintf(line->why, sizeof line->why, "category %03u is not known", line->category);
    return false;
}

/* Seconds to nanoseconds, exactly as far as the digits go. False beyond 1970 to 2106. */
static bool ns_of(const ap_json_number *seconds, ap_utc_ns *ns)
{
    uint64_t value = seconds->magnitude;
    int64_t exponent = value == 0 ? 0 : (int64_t)seconds->exponent + 9;
    for (; exponent < -1 && value > 0; exponent++)
        value /= 10;
    if (exponent == -1)
        value = value / 10 + (value % 10 >= 5);
    for (; exponent > 0; exponent--) {
        if (value > (uint64_t)(TIME_END_S * AP_NS_PER_S))
            return false;
        value *= 10;
    }
    if (value >= (uint64_t)(TIME_END_S * AP_NS_PER_S) || (seconds->is_negative && value > 0))
        return false;
    *ns = (ap_utc_ns)value;
    return true;
}

static bool take_time(ap_convert_line *line, const ap_json_doc *doc)
{
    uint32_t node = member(doc, "ts");
    line->has_time = node != AP_JSON_NONE && doc->node[node].kind != AP_JSON_WORD;
    if (!line->has_time)
        return true;
    if (doc->node[node].kind == AP_JSON_NUMBER) {
        ap_json_number seconds = ap_json_number_of(doc, node);
        if (ns_of(&seconds, &line->time))
            return true;
    }
    return refuse(line, "'ts' is no time; expected seconds since 1970, before 2106, or null");
}

/* Octets of hexadecimal digits; false for anything else. */
static bool octets_of(const char *p, const char *end, uint8_t *octets, size_t cap, size_t *size)
{
    *size = 0;
    if ((end - p) % 2 != 0 || (size_t)(end - p) / 2 > cap)
        return false;
    for (; p < end; p += 2) {
        int high = ap_hex_digit((uint8_t)p[0]), low = ap_hex_digit((uint8_t)p[1]);
        if (high < 0 || low < 0)
            return false;
        octets[(*size)++] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* The octets of `hex`, if they are one whole record. */
static bool take_hex(ap_convert_line *line, const parts *in, size_t *size)
{
    const ap_json_node *node = &in->doc->node[in->hex];
    size_t walked;
    ap_asterix_fault fault;
    return node->kind == AP_JSON_STRING &&
           octets_of(in->doc->text + node->start, in->doc->text + node->end, line->octets,
                     AP_CONVERT_RECORD_MAX, size) &&
           *size > 0 &&
           ap_asterix_walk(line->spec, line->octets, *size, &walked, &fault) == AP_OK &&
           walked == *size;
}

static bool take_rec(ap_convert_line *line, const parts *in)
{
    const ap_asterix_encode_fault *fault = &line->encoder.fault;
    const ap_json_node *rec = &in->doc->node[in->rec];
    if (rec->kind != AP_JSON_OBJECT)
        return refuse(line, "'rec' is no object");
    const char *json = in->doc->text + rec->start;
    /* From here on the memory of the line's nodes is the encoder's. */
    ap_err err = ap_asterix_encode_json(&line->encoder, line->spec,
                                        ap_asterix_expansion_find(line->category), json,
                                        rec->end - rec->start, &line->record);
    if (err == AP_OK)
        return true;
    if (err == AP_ERR_FULL)
        return refuse(line, "a record longer than a data block can be");
    ap_writer text = ap_writer_of((uint8_t *)line->why, sizeof line->why - 1);
    char category[16];
    snprintf(category, sizeof category, "I%03u/", line->category);
    if (fault->path[0] != '\0')
        ap_write_bytes(&text, category, strlen(category));
    ap_asterix_encode_fault_text(fault, &text);
    line->why[text.size] = '\0';
    return false;
}

/* Whether the octets beside the record mean the same values. */
static bool is_same(ap_convert_line *line, size_t size)
{
    const ap_asterix_spec *expansion = ap_asterix_expansion_find(line->category);
    line->text[0].size = line->text[1].size = 0;
    line->text[0].bad = line->text[1].bad = false;
    return ap_asterix_json_expanded(line->spec, expansion, line->octets, size, &line->text[0]) ==
               AP_OK &&
           ap_asterix_json_expanded(line->spec, expansion, line->record.data, line->record.size,
                                    &line->text[1]) == AP_OK &&
           line->text[0].size == line->text[1].size &&
           memcmp(line->text[0].data, line->text[1].data, line->text[0].size) == 0;
}

static void keep_octets(ap_convert_line *line, size_t size)
{
    line->record.size = 0;
    ap_write_bytes(&line->record, line->octets, size);
}

bool ap_convert_line_take(ap_convert_line *line, const char *json, size_t size)
{
    ap_json_doc doc;
    line->record.size = 0;
    line->record.bad = false;
    if (ap_json_read(&doc, json, size, line->encoder.mem, line->encoder.mem_size)) {
        snprintf(line->why, sizeof line->why, "no JSON; breaks at character %zu", doc.fault_at + 1);
        return false;
    }
    if (doc.node[0].kind != AP_JSON_OBJECT)
        return refuse(line, "no JSON object");
    if (!take_category(line, &doc) || !take_edition(line, &doc) || !take_time(line, &doc))
        return false;
    parts in = { &doc, member(&doc, "rec"), member(&doc, "hex") };
    size_t hex_size = 0;
    bool has_hex = in.hex != AP_JSON_NONE && take_hex(line, &in, &hex_size);
    if (in.rec == AP_JSON_NONE && !has_hex)
        return refuse(line, in.hex == AP_JSON_NONE ? "neither 'rec' nor 'hex' is there"
                                                   : "'hex' is no record of this edition");
    if (in.rec != AP_JSON_NONE && !take_rec(line, &in))
        return false;
    if (has_hex && (in.rec == AP_JSON_NONE || is_same(line, hex_size)))
        keep_octets(line, hex_size);
    return true;
}

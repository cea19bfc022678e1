/* Any text as the JSON of one record of each definition; the last ones are expansion fields.
 *
 * Properties: what is refused has a reason and appends nothing; what is encoded walks to its end,
 * prints, and what was printed encodes to the same octets. */
#include "airpicture/asterix_encode.h"

#include "wire/asterix/spec.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_CAP = 1 << 20, JSON_CAP = 1 << 16 };

static void check(bool holds)
{
    if (!holds)
        abort();
}

static ap_err encode(const ap_asterix_spec *spec, const char *json, size_t size, ap_writer *writer)
{
    static uint32_t mem[AP_ASTERIX_ENCODER_MEM(TEXT_CAP) / sizeof(uint32_t)];
    ap_asterix_encoder encoder = { .mem = mem, .mem_size = sizeof mem };
    encoder.fault.reason = AP_ASTERIX_ENCODE_REASON_COUNT;
    ap_err err = ap_asterix_encode_json(&encoder, spec, ap_asterix_expansion_find(spec->category),
                                        json, size, writer);
    uint8_t text[1024];
    ap_writer words = ap_writer_of(text, sizeof text);
    if (err == AP_ERR_MALFORMED || err == AP_ERR_RANGE) {
        check(encoder.fault.reason < AP_ASTERIX_ENCODE_REASON_COUNT);
        check(encoder.fault.offset <= size);
        ap_asterix_encode_fault_text(&encoder.fault, &words);
        check(!words.bad);
    }
    check(err == AP_OK || writer->size == 0);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t octets[JSON_CAP], again[JSON_CAP], text[TEXT_CAP];
    if (size < 1 || size > JSON_CAP)
        return 0;
    unsigned index = data[0] % (ap_asterix_spec_count + ap_asterix_expansion_count);
    const ap_asterix_spec *spec = index < ap_asterix_spec_count
                                      ? ap_asterix_specs[index]
                                      : ap_asterix_expansions[index - ap_asterix_spec_count];
    ap_writer writer = ap_writer_of(octets, sizeof octets);
    if (encode(spec, (const char *)data + 1, size - 1, &writer) != AP_OK)
        return 0;
    size_t walked;
    ap_asterix_fault fault;
    check(ap_asterix_walk(spec, octets, writer.size, &walked, &fault) == AP_OK);
    check(walked == writer.size);
    ap_writer json = ap_writer_of(text, sizeof text);
    if (ap_asterix_json_expanded(spec, ap_asterix_expansion_find(spec->category), octets,
                                 writer.size, &json) != AP_OK)
        return 0; /* a text of a megabyte from thousands of repetitions */
    ap_writer second = ap_writer_of(again, sizeof again);
    check(encode(spec, (const char *)text, json.size, &second) == AP_OK);
    check(second.size == writer.size && memcmp(octets, again, writer.size) == 0);
    return 0;
}

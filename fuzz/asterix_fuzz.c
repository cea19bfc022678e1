/* Any bytes as one record of each definition.
 *
 * Properties: walk and the typed decoder agree on what a record is and where it ends; a record that
 * walks can be looked at and printed; its typed struct gives the same bytes again. */
#include "airpicture/asterix.h"

#include "wire/asterix/recode.h"
#include "wire/asterix/spec.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_record(const ap_asterix_spec *spec, const uint8_t *data, size_t size)
{
    static uint8_t text[1 << 21], again[1 << 17];
    uint8_t category = ap_asterix_spec_category(spec);
    size_t walked = 0;
    ap_asterix_fault fault;
    ap_err err = ap_asterix_walk(spec, data, size, &walked, &fault);
    check(err == AP_OK || err == AP_ERR_MALFORMED);
    if (err == AP_OK) {
        ap_asterix_inherited inherited = { 0 };
        ap_asterix_glance glance;
        ap_writer writer = ap_writer_of(text, sizeof text);
        check(walked >= 1 && walked <= size);
        check(ap_asterix_look(spec, data, walked, &inherited, &glance) == AP_OK);
        ap_err printed = ap_asterix_json(spec, data, walked, &writer);
        check(printed == AP_OK || printed == AP_ERR_FULL);
    }
    if (spec != ap_asterix_spec_find(category, NULL))
        return;
    ap_reader reader = ap_reader_of(data, size);
    ap_writer writer = ap_writer_of(again, sizeof again);
    check(ap_asterix_recode(category, &reader, &writer) == err);
    if (err == AP_OK) {
        check(reader.at == walked && writer.size == walked);
        check(memcmp(again, data, walked) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 65535)
        return 0;
    check_record(ap_asterix_specs[data[0] % ap_asterix_spec_count], data + 1, size - 1);
    ap_asterix_editions editions;
    ap_asterix_editions_default(&editions);
    (void)ap_asterix_block_proves(&editions, data, size);
    return 0;
}

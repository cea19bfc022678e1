/* Decode and encode of every record of every recording: the same octets again.
 *
 * The newest edition of each category goes through its typed struct. A record of an older edition
 * does so too where the newest gives it the same length, for then their layouts are the same; one
 * that differs has to come back from its JSON. Every record goes through JSON besides: its values
 * come back, and its octets unless they hold what JSON leaves out (spare bits that are set, field
 * specifications longer than needed, characters of no alphabet). */
#include "airpicture/asterix_cursor.h"
#include "airpicture/asterix_encode.h"
#include "io/input.h"
#include "wire/asterix/recode.h"
#include "wire/framer.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_CAP (4 << 20)
#define TALLY_CAP 64
#define RECORD_COUNT 167790

/* Of one category and edition. */
typedef struct tally {
    const ap_asterix_spec *spec;
    unsigned record_count, typed_count, json_exact_count;
} tally;

typedef struct trip {
    ap_asterix_editions editions;
    ap_asterix_encoder encoder;
    const char *path;
    uint8_t *text, *text_again;
    uint8_t octets[AP_ASTERIX_BLOCK_SIZE_MAX];
    tally tally[TALLY_CAP];
    unsigned tally_count, refused_count;
} trip;

static tally *tally_of(trip *t, const ap_asterix_spec *spec)
{
    unsigned k = 0;
    while (k < t->tally_count && t->tally[k].spec != spec)
        k++;
    assert_true(k < TALLY_CAP);
    if (k == t->tally_count)
        t->tally[t->tally_count++].spec = spec;
    return &t->tally[k];
}

static bool is_same(const ap_asterix_record *record, const trip *t, size_t size)
{
    return size == record->size && memcmp(t->octets, record->data, size) == 0;
}

/* Whether the typed struct gives the octets again. */
static bool goes_typed(trip *t, const ap_asterix_record *record)
{
    ap_reader reader = ap_reader_of(record->data, record->size);
    ap_writer writer = ap_writer_of(t->octets, sizeof t->octets);
    return ap_asterix_recode(record->category, &reader, &writer) == AP_OK &&
           reader.at == record->size && is_same(record, t, writer.size);
}

/* Whether JSON gives the octets again; its values it has to give in any case. */
static bool goes_json(trip *t, const ap_asterix_record *record)
{
    const ap_asterix_spec *expansion = ap_asterix_expansion_find(record->category);
    ap_writer text = ap_writer_of(t->text, TEXT_CAP);
    ap_writer again = ap_writer_of(t->text_again, TEXT_CAP);
    ap_writer writer = ap_writer_of(t->octets, sizeof t->octets);
    assert_int_equal(
        ap_asterix_json_expanded(record->spec, expansion, record->data, record->size, &text),
        AP_OK);
    if (ap_asterix_encode_json(&t->encoder, record->spec, expansion, (const char *)t->text,
                               text.size, &writer) != AP_OK)
        fail_msg("%s: %s refused: %.*s", t->path, t->encoder.fault.path, (int)text.size,
                 (const char *)t->text);
    assert_int_equal(
        ap_asterix_json_expanded(record->spec, expansion, t->octets, writer.size, &again), AP_OK);
    assert_int_equal(again.size, text.size);
    assert_memory_equal(t->text, t->text_again, text.size);
    return is_same(record, t, writer.size);
}

static void check_record(trip *t, const ap_asterix_record *record)
{
    tally *count = tally_of(t, record->spec);
    bool json_exact = goes_json(t, record), typed = goes_typed(t, record);
    count->record_count++;
    count->json_exact_count += json_exact;
    count->typed_count += typed;
    bool is_newest = record->spec == ap_asterix_spec_find(record->category, NULL);
    if (!typed && (is_newest || !json_exact))
        fail_msg("%s: CAT%03u %s, record %u of block %u at %zu does not come back", t->path,
                 record->category, ap_asterix_spec_edition(record->spec), record->index,
                 record->block, record->offset);
}

static void check_frame(trip *t, const ap_frame *frame)
{
    ap_asterix_cursor cursor = ap_asterix_cursor_of(&t->editions, frame->data, frame->size);
    ap_asterix_record record;
    ap_asterix_fault fault;
    for (ap_err err; (err = ap_asterix_cursor_next(&cursor, &record, &fault)) != AP_ERR_END;) {
        if (err)
            t->refused_count++;
        else
            check_record(t, &record);
    }
}

/* "..._cat021ed2.1.bin" is of that edition, if there is a definition of it; else the newest. */
static void choose_edition(trip *t, const char *path)
{
    unsigned category;
    char edition[8];
    const char *name = strstr(path, "_cat");
    ap_asterix_editions_default(&t->editions);
    if (name == NULL || sscanf(name, "_cat%3ued%7[0-9.]", &category, edition) != 2)
        return;
    edition[strcspn(edition, ".") + 1 + strspn(strchr(edition, '.') + 1, "0123456789")] = '\0';
    const ap_asterix_spec *spec = ap_asterix_spec_find((uint8_t)category, edition);
    if (spec)
        t->editions.category[category] = spec;
}

static void check_recording(trip *t, const char *path)
{
    static uint8_t mem[AP_FRAMER_SIZE];
    char message[AP_IO_MESSAGE_SIZE];
    ap_input input;
    ap_framer framer;
    ap_frame frame;
    t->path = path;
    choose_edition(t, path);
    assert_int_equal(ap_input_open(&input, path, message), AP_OK);
    assert_int_equal(ap_framer_init(&framer, AP_FORMAT_AUTO, &t->editions, mem, sizeof mem), AP_OK);
    for (size_t n = 1; n > 0;) {
        uint8_t *space;
        size_t cap = ap_framer_space(&framer, &space);
        assert_int_equal(ap_input_read(&input, space, cap, &n, message), AP_OK);
        ap_framer_commit(&framer, n);
        while (ap_framer_next(&framer, &frame) == AP_OK)
            if (frame.kind == AP_FRAME_ASTERIX)
                check_frame(t, &frame);
    }
    ap_input_close(&input);
}

static void print_tally(const trip *t)
{
    unsigned sum = 0;
    for (unsigned k = 0; k < t->tally_count; k++) {
        const tally *row = &t->tally[k];
        print_message("CAT%03u %-5s %6u records, %6u through the struct, %6u through JSON alone\n",
                      ap_asterix_spec_category(row->spec), ap_asterix_spec_edition(row->spec),
                      row->record_count, row->typed_count, row->json_exact_count);
        sum += row->record_count;
    }
    print_message("%u records came back octet for octet; %u records or blocks of no definition\n",
                  sum, t->refused_count);
    assert_int_equal(sum, RECORD_COUNT);
}

static void test_recordings_come_back(void **state)
{
    (void)state;
    const char *folder = getenv("AIRPICTURE_DATA");
    char pattern[1024];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/asterix/*.{ast,raw,bin,pcap,gps}",
             folder ? folder : "../shared/data");
    if (glob(pattern, GLOB_BRACE, NULL, &found) != 0) {
        print_message("no %s\n", pattern);
        skip();
    }
    trip *t = calloc(1, sizeof *t);
    t->text = malloc(TEXT_CAP);
    t->text_again = malloc(TEXT_CAP);
    t->encoder.mem_size = AP_ASTERIX_ENCODER_MEM(TEXT_CAP);
    t->encoder.mem = malloc(t->encoder.mem_size);
    for (size_t k = 0; k < found.gl_pathc; k++)
        check_recording(t, found.gl_pathv[k]);
    print_tally(t);
    globfree(&found);
    free(t->encoder.mem);
    free(t->text_again);
    free(t->text);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_recordings_come_back) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every record of the reference decodes: the same JSON, and the same bytes through the typed
 * struct. Skipped where the data folder is not there. */
#include "airpicture/asterix.h"

#include "wire/asterix/recode.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

typedef struct tally {
    unsigned records, same_text, overridden, empty;
} tally;

static const char *data_folder(void)
{
    const char *folder = getenv("AIRPICTURE_DATA");
    return folder ? folder : "../shared/data";
}

static size_t bytes_of_hex(const char *hex, uint8_t *bytes, size_t cap)
{
    size_t size = 0;
    for (; hex[0] && hex[1] && size < cap; hex += 2) {
        char pair[3] = { hex[0], hex[1], '\0' };
        bytes[size++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return size;
}

static bool same_value(const cJSON *ours, const cJSON *theirs)
{
    if (ours == NULL || theirs == NULL || ours->type != theirs->type)
        return false;
    if (cJSON_IsNumber(ours))
        return memcmp(&ours->valuedouble, &theirs->valuedouble, sizeof(double)) == 0;
    if (cJSON_IsString(ours))
        return strcmp(ours->valuestring, theirs->valuestring) == 0;
    const cJSON *a = ours->child, *b = theirs->child;
    for (; a && b; a = a->next, b = b->next) {
        bool named = a->string || b->string;
        if (named && strcmp(a->string, b->string) != 0)
            return false;
        if (!same_value(a, b))
            return false;
    }
    return a == NULL && b == NULL;
}

/* I020/500 SDP XY is signed here and unsigned in the reference definitions: 2^16 / 4 apart. */
static bool is_signed_xy(cJSON *ours, cJSON *theirs)
{
    cJSON *a = cJSON_GetObjectItem(cJSON_GetObjectItem(ours, "500"), "SDP");
    cJSON *b = cJSON_GetObjectItem(cJSON_GetObjectItem(theirs, "500"), "SDP");
    cJSON *xy = cJSON_GetObjectItem(a, "XY"), *reference = cJSON_GetObjectItem(b, "XY");
    if (!xy || !reference || xy->valuedouble + 16384.0 != reference->valuedouble)
        return false;
    cJSON_SetNumberValue(reference, xy->valuedouble);
    return same_value(ours, theirs);
}

/* Velocity and acceleration of CAT010 have steps of 1/4 here, of 1/16 in the reference. */
static bool is_quarter_step(cJSON *ours, cJSON *theirs)
{
    static const char *const items[] = { "202", "210" };
    for (size_t k = 0; k < sizeof items / sizeof items[0]; k++) {
        cJSON *value;
        cJSON_ArrayForEach(value, cJSON_GetObjectItem(theirs, items[k]))
            cJSON_SetNumberValue(value, value->valuedouble * 4.0);
    }
    return same_value(ours, theirs);
}

static void check_json(const ap_asterix_spec *spec, const uint8_t *bytes, size_t size,
                       cJSON *reference, const char *line, tally *count)
{
    static uint8_t text[1 << 20];
    uint8_t category = ap_asterix_spec_category(spec);
    ap_writer writer = ap_writer_of(text, sizeof text - 1);
    size_t walked = 0;
    ap_asterix_fault fault;
    assert_int_equal(ap_asterix_walk(spec, bytes, size, &walked, &fault), AP_OK);
    assert_int_equal(walked, size);
    assert_int_equal(ap_asterix_json(spec, bytes, size, &writer), AP_OK);
    text[writer.size] = '\0';
    const char *theirs = strstr(line, "\"rec\": ");
    assert_non_null(theirs);
    theirs += strlen("\"rec\": ");
    if (strncmp((const char *)text, theirs, writer.size) == 0 && theirs[writer.size] == '}') {
        count->same_text++;
        return;
    }
    cJSON *ours = cJSON_Parse((const char *)text);
    cJSON *record = cJSON_GetObjectItem(reference, "rec");
    bool same = (category == 20 && is_signed_xy(ours, record)) ||
                (category == 10 && is_quarter_step(ours, record));
    if (!same)
        print_message("category %u\nours   %s\ntheirs %s\n", category, (const char *)text, theirs);
    cJSON_Delete(ours);
    assert_true(same);
    count->overridden++;
}

static void check_recode(uint8_t category, const uint8_t *bytes, size_t size)
{
    static uint8_t again[1 << 16];
    ap_reader reader = ap_reader_of(bytes, size);
    ap_writer writer = ap_writer_of(again, sizeof again);
    assert_int_equal(ap_asterix_recode(category, &reader, &writer), AP_OK);
    assert_int_equal(reader.at, size);
    assert_int_equal(writer.size, size);
    assert_memory_equal(again, bytes, size);
}

/* A record without any item: the reference has it as empty, here it is a fault. */
static bool is_empty_record(const uint8_t *bytes, size_t size, const ap_asterix_spec *spec)
{
    size_t walked;
    ap_asterix_fault fault;
    return size == 1 && bytes[0] == 0 &&
           ap_asterix_walk(spec, bytes, size, &walked, &fault) == AP_ERR_MALFORMED &&
           fault.reason == AP_REFUSED_FSPEC;
}

static void check_line(const char *line, tally *count)
{
    static uint8_t bytes[1 << 16];
    cJSON *reference = cJSON_Parse(line);
    assert_non_null(reference);
    uint8_t category = (uint8_t)cJSON_GetObjectItem(reference, "cat")->valueint;
    size_t size =
        bytes_of_hex(cJSON_GetObjectItem(reference, "hex")->valuestring, bytes, sizeof bytes);
    const char *edition = cJSON_GetObjectItem(reference, "ed")->valuestring;
    const ap_asterix_spec *spec = ap_asterix_spec_find(category, edition);
    assert_non_null(spec);
    if (is_empty_record(bytes, size, spec)) {
        count->empty++;
    } else {
        check_json(spec, bytes, size, reference, line, count);
        if (spec == ap_asterix_spec_find(category, NULL))
            check_recode(category, bytes, size);
        count->records++;
    }
    cJSON_Delete(reference);
}

/* A line of the other decoder: only its record bytes are used. */
static void check_hexdata(const char *line, tally *count)
{
    static uint8_t bytes[1 << 16];
    cJSON *reference = cJSON_Parse(line);
    assert_non_null(reference);
    size_t size =
        bytes_of_hex(cJSON_GetObjectItem(reference, "hexdata")->valuestring, bytes, sizeof bytes);
    check_recode((uint8_t)cJSON_GetObjectItem(reference, "cat")->valueint, bytes, size);
    count->records++;
    cJSON_Delete(reference);
}

static void check_file(const char *path, void (*check)(const char *, tally *), tally *count)
{
    static char line[1 << 20];
    char command[1100];
    snprintf(command, sizeof command, "zstd -dcq '%s'", path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    while (fgets(line, sizeof line, pipe))
        check(line, count);
    assert_int_equal(pclose(pipe), 0);
}

static void test_reference_all(void **state)
{
    (void)state;
    char pattern[1024];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/asterix/ref/*.spec.jsonl.zst", data_folder());
    if (glob(pattern, 0, NULL, &found) != 0) {
        print_message("no reference decodes under %s\n", data_folder());
        skip();
    }
    tally count = { 0 };
    for (size_t k = 0; k < found.gl_pathc; k++)
        check_file(found.gl_pathv[k], check_line, &count);
    globfree(&found);
    print_message("%u records: %u with the same text, %u but for the listed deviations; "
                  "%u empty ones refused\n",
                  count.records, count.same_text, count.overridden, count.empty);
    assert_true(count.records > 51000);
    assert_int_equal(count.records, count.same_text + count.overridden);
}

/* The longest recording has record bytes, but no values by the same definitions. */
static void test_reference_long_recording(void **state)
{
    (void)state;
    char path[1024];
    snprintf(path, sizeof path, "%s/asterix/ref/rn_canalB.gps.croatia.jsonl.zst", data_folder());
    FILE *probe = fopen(path, "rb");
    if (probe == NULL) {
        print_message("no %s\n", path);
        skip();
    }
    fclose(probe);
    tally count = { 0 };
    check_file(path, check_hexdata, &count);
    print_message("%u records\n", count.records);
    assert_int_equal(count.records, 116513);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_all),
        cmocka_unit_test(test_reference_long_recording),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

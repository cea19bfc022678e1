#include "airpicture/asterix_cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wire/asterix/proof.h"

#define DATAGRAM_SIZE 65000u

/* What a walk over a datagram met. */
typedef struct tally {
    unsigned records, faults;
    uint64_t skipped_size;
    clock_t cpu;
} tally;

static tally walk(const uint8_t *data, size_t size)
{
    ap_asterix_editions editions;
    ap_asterix_editions_default(&editions);
    ap_asterix_cursor cursor = ap_asterix_cursor_of(&editions, data, size);
    ap_asterix_record record;
    ap_asterix_fault fault;
    tally t = { .cpu = clock() };
    for (ap_err err; (err = ap_asterix_cursor_next(&cursor, &record, &fault)) != AP_ERR_END;) {
        t.records += err == AP_OK;
        t.faults += err != AP_OK;
    }
    t.skipped_size = cursor.skipped_size;
    t.cpu = clock() - t.cpu;
    return t;
}

/* A block of CAT034 of `records` records of eight octets. */
static size_t put_block(uint8_t *at, unsigned records)
{
    size_t size = 3 + 8 * (size_t)records;
    at[0] = 34;
    at[1] = (uint8_t)(size >> 8);
    at[2] = (uint8_t)size;
    for (unsigned i = 0; i < records; i++)
        memcpy(at + 3 + 8 * i, (const uint8_t[]){ 0xF0, 20, 1, 2, 0x12, 0x34, 7, 8 }, 8);
    return size;
}

/* A length of no record, garbage and a length beyond the end: what follows is found again. */
static void test_cursor_next_behind_damage(void **state)
{
    (void)state;
    static const char *const damage[] = { "\x22\x00\x03", "\xDE\xAD\xBE\xEF\x55", "\x30\xFF\xFF" };
    static const size_t damage_size[] = { 3, 5, 3 };
    for (size_t i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        uint8_t data[2000];
        size_t size = put_block(data, 3);
        memcpy(data + size, damage[i], damage_size[i]);
        size += damage_size[i];
        size += put_block(data + size, 200);
        size += put_block(data + size, 5);
        tally t = walk(data, size);
        assert_int_equal(t.records, 208);
        assert_int_equal(t.faults, 1);
        assert_int_equal(t.skipped_size, damage_size[i]);
    }
}

/* Bytes in which every offset begins a long block that walks far: each whole datagram in far less
 * than the second that proving every offset to its end takes. */
static void test_cursor_next_work_is_bounded(void **state)
{
    (void)state;
    static const struct {
        uint8_t size, bytes[4];
    } patterns[] = { { 1, { 0x02 } },
                     { 1, { 0x0A } },
                     { 1, { 0x30 } },
                     { 1, { 0x3E } },
                     { 3, { 0x3E, 0x80 } },
                     { 3, { 0x3E, 0x80, 0x01 } },
                     { 3, { 0x30, 0x40 } },
                     { 4, { 0x15, 0x20, 0x02, 0x80 } },
                     { 3, { 0x02, 0x80, 0x01 } } };
    uint8_t *data = malloc(DATAGRAM_SIZE);
    assert_non_null(data);
    clock_t cpu = 0;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        for (size_t k = 0; k < DATAGRAM_SIZE; k++)
            data[k] = patterns[i].bytes[k % patterns[i].size];
        memcpy(data, "\x30\xFF\xFF", 3);
        tally t = walk(data, DATAGRAM_SIZE);
        assert_in_range(t.faults, 1, DATAGRAM_SIZE);
        cpu += t.cpu;
    }
    free(data);
    assert_true(cpu < 2 * CLOCKS_PER_SEC);
}

/* Nothing is proved on credit, and what is spent is told. */
static void test_block_proves_within_effort(void **state)
{
    (void)state;
    uint8_t data[2000];
    size_t size = put_block(data, 100);
    ap_asterix_editions editions;
    ap_asterix_editions_default(&editions);
    int64_t effort = 100;
    assert_true(ap_asterix_block_proves_within(&editions, data, size, &effort));
    assert_int_equal(effort, 0);
    effort = 99;
    assert_false(ap_asterix_block_proves_within(&editions, data, size, &effort));
    assert_int_equal(effort, 0);
    ap_asterix_effort_earn(&effort, 3);
    assert_int_equal(effort, 48);
    ap_asterix_effort_earn(&effort, SIZE_MAX);
    assert_int_equal(effort, AP_ASTERIX_EFFORT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cursor_next_behind_damage),
        cmocka_unit_test(test_cursor_next_work_is_bounded),
        cmocka_unit_test(test_block_proves_within_effort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

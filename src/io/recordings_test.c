/* Real recordings through input and framer: the counts that other programs measured. */
#include "io/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/test_rounds.h"
#include "wire/framer.h"

typedef struct recording {
    const char *path;
    ap_format format;
    uint64_t count; /* ASTERIX data blocks, or Mode S frames */
} recording;

/* Blocks as the table beside the files has them. */
static const recording asterix[] = {
    { "asterix/asterix4py_cat062.ast", AP_FORMAT_ASTERIX, 1 },
    { "asterix/croatia_cat048.raw", AP_FORMAT_ASTERIX, 1 },
    { "asterix/croatia_cat_001_002_oradis.pcap", AP_FORMAT_PCAP, 6 },
    { "asterix/croatia_cat_034_048.pcap", AP_FORMAT_PCAP, 120 },
    { "asterix/croatia_cat_062_065.pcap", AP_FORMAT_PCAP, 2 },
    { "asterix/croatia_parsegps.gps", AP_FORMAT_GPS, 15 },
    { "asterix/goasterix_sample.ast", AP_FORMAT_ASTERIX, 7 },
    { "asterix/jasterix_cat001ed1.1.bin", AP_FORMAT_ASTERIX, 1 },
    { "asterix/jasterix_cat002ed1.0.bin", AP_FORMAT_ASTERIX, 1 },
    { "asterix/jasterix_cat004ed1.4.bin", AP_FORMAT_ASTERIX, 3 },
    { "asterix/jasterix_cat010ed0.31.bin", AP_FORMAT_ASTERIX, 1 },
    { "asterix/jasterix_cat019ed1.3.bin", AP_FORMAT_ASTERIX, 1 },
    { "asterix/jasterix_cat020ed1.5.bin", AP_FORMAT_ASTERIX, 1 },
    { "asterix/jasterix_cat021ed2.1.bin", AP_FORMAT_ASTERIX, 1 },
    { "asterix/jasterix_cat034ed1.26.bin", AP_FORMAT_ASTERIX, 1 },
    { "asterix/jasterix_cat048ed1.15.bin", AP_FORMAT_ASTERIX, 1 },
    { "asterix/jasterix_cat062ed1.16.bin", AP_FORMAT_ASTERIX, 1 },
    { "asterix/jasterix_cat063ed1.0.bin", AP_FORMAT_ASTERIX, 1 },
    { "asterix/jasterix_cat065ed1.3.bin", AP_FORMAT_ASTERIX, 1 },
    { "asterix/jasterix_cat247ed1.2.bin", AP_FORMAT_ASTERIX, 1 },
    { "asterix/rn_066test_filter.gps", AP_FORMAT_GPS, 3 },
    { "asterix/rn_068test_bds30.first.gps", AP_FORMAT_GPS, 1842 },
    { "asterix/rn_068test_rrd3.gps", AP_FORMAT_GPS, 1718 },
    { "asterix/rn_GrabSMR-071017a.ast", AP_FORMAT_ASTERIX, 25117 },
    { "asterix/rn_canalB.gps", AP_FORMAT_GPS, 103139 },
    { "asterix/rn_midnight_cross.gps", AP_FORMAT_GPS, 5 },
    { "asterix/rn_res.ast", AP_FORMAT_ASTERIX, 19488 },
    { "asterix/rn_sdpb-op-cat20.first.ast", AP_FORMAT_ASTERIX, 731 },
};

static const recording modes[] = {
    { "modes/jet1090_tutorial.beast.gz", AP_FORMAT_BEAST, 71939 },
    { "modes/sample_dump1090.bin", AP_FORMAT_BEAST, 239 },
    { "modes/antirez_modes1_frames.avr", AP_FORMAT_AVR, 217 },
};

static const char *data_directory(void)
{
    const char *named = getenv("AIRPICTURE_DATA");
    return named ? named : "../shared/data";
}

static uint64_t blocks_of(const ap_frame *frame)
{
    ap_reader reader = ap_reader_of(frame->data, frame->size);
    ap_asterix_block block;
    uint64_t count = 0;
    while (ap_asterix_block_next(&reader, &block) == AP_OK)
        count++;
    assert_int_equal(reader.at, reader.size);
    return count;
}

/* Mixes the frames into one number, to compare runs. */
static uint64_t mix(uint64_t sum, const ap_frame *frame)
{
    sum = (sum ^ frame->offset) * UINT64_C(0x100000001B3);
    sum = (sum ^ (uint64_t)frame->time_ns ^ frame->ticks_12mhz) * UINT64_C(0x100000001B3);
    for (size_t i = 0; i < frame->size; i++)
        sum = (sum ^ frame->data[i]) * UINT64_C(0x100000001B3);
    return sum;
}

/* Counts the recording, read in pieces of at most `chunk`; false when it is not there. */
static bool count_recording(const recording *r, size_t chunk, uint64_t *count, uint64_t *sum)
{
    static uint8_t mem[AP_FRAMER_SIZE];
    char path[512], message[AP_IO_MESSAGE_SIZE];
    snprintf(path, sizeof path, "%s/%s", data_directory(), r->path);
    if (access(path, R_OK) != 0)
        return false;
    ap_input input;
    ap_framer framer;
    ap_asterix_editions editions;
    ap_frame frame;
    ap_asterix_editions_default(&editions);
    assert_int_equal(ap_input_open(&input, path, message), AP_OK);
    assert_int_equal(ap_framer_init(&framer, AP_FORMAT_AUTO, &editions, mem, sizeof mem), AP_OK);
    *count = *sum = 0;
    for (size_t n = 1; n > 0;) {
        uint8_t *space;
        size_t cap = ap_framer_space(&framer, &space);
        assert_int_equal(ap_input_read(&input, space, cap < chunk ? cap : chunk, &n, message),
                         AP_OK);
        ap_framer_commit(&framer, n);
        ap_err err;
        while ((err = ap_framer_next(&framer, &frame)) == AP_OK) {
            *count += frame.kind == AP_FRAME_MODES ? 1 : blocks_of(&frame);
            *sum = mix(*sum, &frame);
        }
        assert_int_equal(err, n > 0 ? AP_ERR_MORE : AP_ERR_END);
    }
    ap_input_close(&input);
    assert_int_equal(framer.format, r->format);
    if (ap_refusals_total(&framer.refused) != 0)
        fail_msg("%s: refusals", r->path);
    return true;
}

static void count_all(const recording *recordings, size_t size)
{
    size_t found = 0;
    for (size_t i = 0; i < size; i++) {
        uint64_t count, sum, cut_count, cut_sum;
        if (!count_recording(&recordings[i], SIZE_MAX, &count, &sum))
            continue;
        found++;
        if (count != recordings[i].count)
            fail_msg("%s: %llu, not %llu", recordings[i].path, (unsigned long long)count,
                     (unsigned long long)recordings[i].count);
        assert_true(count_recording(&recordings[i], 311, &cut_count, &cut_sum));
        assert_int_equal(cut_count, count);
        assert_true(cut_sum == sum);
    }
    if (found == 0) {
        print_message("no recordings in %s: skipped\n", data_directory());
        skip();
    }
    assert_int_equal(found, size);
}

static void test_recordings_asterix(void **state)
{
    (void)state;
    count_all(asterix, sizeof asterix / sizeof asterix[0]);
}

static void test_recordings_modes(void **state)
{
    (void)state;
    count_all(modes, sizeof modes / sizeof modes[0]);
}

/* --- damage, on real blocks --- */

#define RUN_BLOCKS 60 /* blocks of a run, one of them damaged */

typedef struct fault {
    const char *name;
    int length_error;
    const char *before; /* bytes put before the block */
    size_t before_size;
    size_t lost_max; /* blocks of a run */
    double lost_mean_max;
} fault;

/* What a good decoder gives: nothing is lost but the damaged block. A wrong
 * length that ends in a record all the same (fields are few, any bytes make some record) costs the
 * next block too. */
static const fault faults[] = {
    { "length + 5", 5, "", 0, 2, 1.05 },   { "length + 20000", 20000, "", 0, 2, 1.05 },
    { "length - 3", -3, "", 0, 2, 1.05 },  { "garbage", 0, "\xDE\xAD\xBE\xEF\x55", 5, 0, 0 },
    { "zeros", 0, "\0\0\0\0\0", 5, 0, 0 }, { "header of length 0", 0, "\x30\0\0", 3, 0, 0 },
};

/* All blocks of a recording, one behind the other; their offsets in starts[0..*count]. */
static void load_blocks(const char *path, uint8_t *blocks, size_t cap, size_t *starts,
                        size_t *count, size_t count_cap)
{
    static uint8_t mem[AP_FRAMER_SIZE];
    char message[AP_IO_MESSAGE_SIZE];
    ap_input input;
    ap_framer framer;
    ap_asterix_editions editions;
    ap_frame frame;
    ap_asterix_editions_default(&editions);
    size_t size = 0;
    *count = 0;
    assert_int_equal(ap_input_open(&input, path, message), AP_OK);
    assert_int_equal(ap_framer_init(&framer, AP_FORMAT_AUTO, &editions, mem, sizeof mem), AP_OK);
    for (size_t n = 1; n > 0;) {
        uint8_t *space;
        size_t room = ap_framer_space(&framer, &space);
        assert_int_equal(ap_input_read(&input, space, room, &n, message), AP_OK);
        ap_framer_commit(&framer, n);
        while (ap_framer_next(&framer, &frame) == AP_OK && *count < count_cap) {
            assert_true(frame.size <= cap - size);
            memcpy(blocks + size, frame.data, frame.size);
            starts[(*count)++] = size;
            size += frame.size;
        }
    }
    ap_input_close(&input);
    starts[*count] = size;
}

/* Blocks of [data, data + size) that come out of raw framing, in their order. */
static size_t count_intact(const uint8_t *data, size_t size, const uint8_t *blocks,
                           const size_t *starts)
{
    static uint8_t mem[AP_FRAMER_SIZE];
    ap_framer framer;
    ap_asterix_editions editions;
    ap_frame frame;
    uint8_t *space;
    size_t next = 0, intact = 0;
    ap_asterix_editions_default(&editions);
    ap_framer_init(&framer, AP_FORMAT_ASTERIX, &editions, mem, sizeof mem);
    assert_true(size <= ap_framer_space(&framer, &space));
    memcpy(space, data, size);
    ap_framer_commit(&framer, size);
    ap_framer_commit(&framer, 0);
    while (ap_framer_next(&framer, &frame) == AP_OK)
        for (size_t i = next; i < RUN_BLOCKS; i++)
            if (starts[i + 1] - starts[i] == frame.size &&
                memcmp(blocks + starts[i], frame.data, frame.size) == 0) {
                next = i + 1;
                intact++;
                break;
            }
    return intact;
}

static size_t lost_with(const fault *f, const uint8_t *blocks, const size_t *starts, size_t hit)
{
    static uint8_t data[65536];
    ap_writer w = ap_writer_of(data, sizeof data);
    for (size_t i = 0; i < RUN_BLOCKS; i++) {
        size_t size = starts[i + 1] - starts[i];
        if (i == hit)
            ap_write_bytes(&w, f->before, f->before_size);
        size_t at = w.size;
        ap_write_bytes(&w, blocks + starts[i], size);
        size_t length = i == hit ? (size_t)((int)size + f->length_error) : size;
        data[at + 1] = (uint8_t)(length >> 8);
        data[at + 2] = (uint8_t)length;
    }
    assert_false(w.bad);
    return RUN_BLOCKS - count_intact(data, w.size, blocks, starts);
}

static void test_recordings_damaged(void **state)
{
    (void)state;
    enum { CAP = 4000000, COUNT_CAP = 8000 };
    char path[512];
    snprintf(path, sizeof path, "%s/%s", data_directory(), "asterix/rn_canalB.gps");
    if (access(path, R_OK) != 0) {
        print_message("no %s: skipped\n", path);
        skip();
    }
    uint8_t *blocks = malloc(CAP);
    size_t *starts = calloc(COUNT_CAP + 1, sizeof *starts), count;
    assert_true(blocks && starts);
    load_blocks(path, blocks, CAP, starts, &count, COUNT_CAP);
    for (size_t k = 0; k < sizeof faults / sizeof faults[0]; k++) {
        size_t sum = 0, runs = 0;
        size_t whole = count / RUN_BLOCKS;
        for (; runs < AP_TEST_ROUNDS(whole); runs++) {
            const size_t *first = starts + runs * RUN_BLOCKS;
            size_t lost = lost_with(&faults[k], blocks, first, 20 + runs % 20);
            if (lost > faults[k].lost_max)
                fail_msg("%s: %zu blocks lost of run %zu", faults[k].name, lost, runs);
            sum += lost;
        }
        if ((double)sum > faults[k].lost_mean_max * (double)runs)
            fail_msg("%s: %zu blocks lost in %zu runs", faults[k].name, sum, runs);
    }
    free(blocks);
    free(starts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recordings_asterix),
        cmocka_unit_test(test_recordings_modes),
        cmocka_unit_test(test_recordings_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

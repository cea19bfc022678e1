/* What goes on to Beast and AVR ports: each transmission that is believed, once, as it came first.
 */
#include "sense/test_bench.h"

#include "airpicture/cpr.h"
#include "airpicture/modes.h"

#define START (INT64_C(1700000000) * AP_NS_PER_S)
#define ADDRESS 0x4B1234u
#define HEARD_CAP 64

typedef struct frame {
    uint8_t bytes[AP_MODES_LONG_SIZE];
    size_t size;
} frame;

typedef struct told {
    frame frame;
    ap_sense_heard as;
} told;

typedef struct ear {
    bench *on;
    told told[HEARD_CAP];
    size_t count;
    size_t report_count; /* when the newest was told */
} ear;

static void take_heard(void *context, const ap_sense_heard *heard)
{
    bench *on = context;
    ear *to = on->witnesses;
    assert_true(to->count < HEARD_CAP);
    assert_in_range(heard->size, 1, AP_MODES_LONG_SIZE);
    told *of = &to->told[to->count++];
    of->as = *heard;
    of->frame.size = heard->size;
    memcpy(of->frame.bytes, heard->frame, heard->size);
    to->report_count = on->report_count;
}

static void ear_open(ear *to)
{
    memset(to, 0, sizeof *to);
    bench *on = to->on = bench_open_with(64, NULL, to);
    on->config.on_heard = take_heard;
    assert_int_equal(ap_sense_init(&on->sense, &on->config, on->mem, ap_sense_size(&on->config)),
                     AP_OK);
}

static frame sealed(uint8_t df, uint8_t low, uint64_t middle, size_t size, uint32_t overlay)
{
    frame out = { .size = size };
    out.bytes[0] = (uint8_t)(df << 3 | low);
    size_t last = size - 4; /* before the parity */
    for (size_t i = last; i > 0 && last - i < 8; i--)
        out.bytes[i] = (uint8_t)(middle >> (8 * (last - i)));
    ap_modes_seal(out.bytes, out.size, overlay);
    return out;
}

/* An identification: "A" and blanks, told by its address. */
static frame squitter(uint32_t address)
{
    frame out = { { 17 << 3 | 5, (uint8_t)(address >> 16), (uint8_t)(address >> 8),
                    (uint8_t)address, 4 << 3 | 3, 0x06, 0x08, 0x20, 0x82, 0x08, 0x20 },
                  AP_MODES_LONG_SIZE };
    ap_modes_seal(out.bytes, out.size, 0);
    return out;
}

static frame all_call(uint32_t address)
{
    return sealed(11, 5, address, AP_MODES_SHORT_SIZE, 0);
}

static frame altitude_reply(uint32_t address)
{
    return sealed(4, 0, ap_modes_ac13_of_altitude(30000), AP_MODES_SHORT_SIZE, address);
}

static ap_sense_heard as_heard(uint16_t receiver, double at_s, const frame *of)
{
    return (ap_sense_heard){ .frame = of->bytes,
                             .size = of->size,
                             .receiver = receiver,
                             .receive_utc = START + (int64_t)(at_s * 1e9),
                             .has_stamp = true,
                             .stamp = 1234567 + receiver,
                             .signal = (int16_t)(100 + receiver) };
}

static void hear(ear *to, uint16_t receiver, double at_s, frame of)
{
    ap_sense_heard heard = as_heard(receiver, at_s, &of);
    ap_sense_modes(&to->on->sense, &heard);
}

static void assert_heard(const ear *to, size_t i, uint16_t receiver, frame of)
{
    assert_true(i < to->count);
    const told *got = &to->told[i];
    assert_int_equal(got->frame.size, of.size);
    assert_memory_equal(got->frame.bytes, of.bytes, of.size);
    assert_int_equal(got->as.receiver, receiver);
    assert_true(got->as.has_stamp);
    assert_int_equal(got->as.stamp, 1234567 + receiver);
    assert_int_equal(got->as.signal, 100 + receiver);
}

/* Of several receivers the first; a repetition later is a transmission of its own. */
static void test_heard_once(void **state)
{
    (void)state;
    ear to;
    ear_open(&to);
    hear(&to, 0, 0.0, squitter(ADDRESS));
    hear(&to, 1, 0.001, squitter(ADDRESS));
    hear(&to, 1, 5.0, squitter(ADDRESS));
    hear(&to, 0, 5.001, squitter(ADDRESS));
    hear(&to, 0, 5.5, squitter(ADDRESS + 1));
    assert_int_equal(to.count, 3);
    assert_heard(&to, 0, 0, squitter(ADDRESS));
    assert_heard(&to, 1, 1, squitter(ADDRESS));
    assert_heard(&to, 2, 0, squitter(ADDRESS + 1));
    assert_int_equal(to.told[1].as.receive_utc, START + 5 * AP_NS_PER_S);
    bench_close(to.on);
}

/* A reply names nobody surely: it goes when a squitter has shown the address. An all-call reply is
 * no report, but whoever feeds on frames wants it. */
static void test_heard_when_believed(void **state)
{
    (void)state;
    ear to;
    ear_open(&to);
    hear(&to, 0, 0, altitude_reply(ADDRESS));
    assert_int_equal(to.count, 0);
    hear(&to, 0, 1, squitter(ADDRESS));
    hear(&to, 0, 4, altitude_reply(ADDRESS));
    assert_int_equal(to.count, 2);
    assert_heard(&to, 1, 0, altitude_reply(ADDRESS));
    hear(&to, 0, 5, altitude_reply(ADDRESS + 9));
    assert_int_equal(to.count, 2);
    hear(&to, 0, 6, all_call(ADDRESS));
    assert_int_equal(to.count, 3);
    assert_heard(&to, 2, 0, all_call(ADDRESS));
    bench_close(to.on);
}

/* Of a service, not of an aircraft: TIS-B management (DF18, CF 4). Source: DO-260B, 2.2.3.2.1.5. */
static void test_heard_of_a_service(void **state)
{
    (void)state;
    ear to;
    ear_open(&to);
    frame management = sealed(18, 4, 0x123456, AP_MODES_LONG_SIZE, 0);
    hear(&to, 1, 0, management);
    assert_int_equal(to.on->stats[0].service_count, 1);
    assert_int_equal(to.count, 1);
    assert_heard(&to, 0, 1, management);
    bench_close(to.on);
}

/* Half a position waits for the other half; its frame does not. */
static void test_heard_before_its_report(void **state)
{
    (void)state;
    ear to;
    ear_open(&to);
    ap_cpr cpr = ap_cpr_encode(50, 8, false, false);
    uint64_t me = UINT64_C(11) << 51 | (uint64_t)cpr.latitude_17 << 17 | cpr.longitude_17;
    frame half = { { 17 << 3 | 5, 0x4B, 0x12, 0x34 }, AP_MODES_LONG_SIZE };
    for (int i = 0; i < 7; i++)
        half.bytes[4 + i] = (uint8_t)(me >> (8 * (6 - i)));
    ap_modes_seal(half.bytes, half.size, 0);
    hear(&to, 0, 0, half);
    assert_int_equal(to.on->report_count, 0);
    assert_int_equal(to.count, 1);
    assert_heard(&to, 0, 0, half);
    hear(&to, 0, 1, squitter(ADDRESS)); /* told before what is made of it */
    assert_int_equal(to.count, 2);
    assert_true(to.on->report_count > to.report_count);
    bench_close(to.on);
}

/* Damage does not go on; what was repaired goes as it was received, so that the next reader judges
 * for itself. */
static void test_heard_damaged(void **state)
{
    (void)state;
    ear to;
    ear_open(&to);
    frame broken = squitter(ADDRESS);
    broken.bytes[6] ^= 3;
    hear(&to, 0, 0, broken);
    assert_int_equal(to.count, 0);
    hear(&to, 0, 0.5, squitter(ADDRESS));
    hear(&to, 0, 1.0, squitter(ADDRESS));
    hear(&to, 0, 3.5, squitter(ADDRESS));
    size_t before = to.count;
    frame slipped = squitter(ADDRESS);
    slipped.bytes[6] ^= 1;
    hear(&to, 0, 6, slipped);
    assert_int_equal(to.on->stats[0].repaired_count, 1);
    assert_int_equal(to.count, before + 1);
    assert_heard(&to, before, 0, slipped);
    bench_close(to.on);
}

/* One by one or in a batch: the same, in order. */
static void test_heard_of_a_batch(void **state)
{
    (void)state;
    ear one, batch;
    frame frames[8];
    ap_sense_heard heard[8];
    ear_open(&one);
    ear_open(&batch);
    for (uint16_t i = 0; i < 8; i++) {
        frames[i] = squitter(ADDRESS + i / 2u);
        heard[i] = as_heard(i % 2, 0.01 * i, &frames[i]);
        ap_sense_modes(&one.on->sense, &heard[i]);
    }
    ap_sense_modes_batch(&batch.on->sense, 8, heard);
    assert_int_equal(one.count, 4);
    assert_int_equal(batch.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_heard(&one, i, 0, frames[2 * i]);
        assert_heard(&batch, i, 0, frames[2 * i]);
    }
    bench_close(one.on);
    bench_close(batch.on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heard_once),         cmocka_unit_test(test_heard_when_believed),
        cmocka_unit_test(test_heard_of_a_service), cmocka_unit_test(test_heard_before_its_report),
        cmocka_unit_test(test_heard_damaged),      cmocka_unit_test(test_heard_of_a_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

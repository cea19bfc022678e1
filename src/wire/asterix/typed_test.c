/* Typed records by hand: every expected octet was laid out from the item's bit positions. */
#include "airpicture/asterix/cat001.h"
#include "airpicture/asterix/cat002.h"
#include "airpicture/asterix/cat020.h"
#include "airpicture/asterix/cat021.h"
#include "airpicture/asterix/cat048.h"
#include "airpicture/asterix/cat062.h"
#include "airpicture/asterix/cat063.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ASSERT_BYTES(writer, ...)                                                                  \
    do {                                                                                           \
        static const uint8_t expected[] = { __VA_ARGS__ };                                         \
        assert_int_equal((writer).size, sizeof expected);                                          \
        assert_memory_equal((writer).data, expected, sizeof expected);                             \
    } while (0)

static void test_cat048_encode_octets(void **state)
{
    (void)state;
    uint8_t bytes[64];
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    ap_cat048 record = {
        .present = AP_CAT048_I010 | AP_CAT048_I140 | AP_CAT048_I020 | AP_CAT048_I040 |
                   AP_CAT048_I090 | AP_CAT048_I161,
        .i010 = { .sac = 0x14, .sic = 0x82 },
        .i140_128th_s = 0x123456,
        .i020 = { .typ = 5, .rab = 1 },
        .i040 = { .rho_256th_nmi = 0x0140, .theta_turn16 = 0x8001 },
        .i090 = { .v = 1, .fl_4th_fl = -1 },
        .i161 = { .trn = 0xABC },
    };
    assert_int_equal(ap_cat048_encode(&writer, &record), AP_OK);
    ASSERT_BYTES(writer, 0xF5, 0x10, 0x14, 0x82, 0x12, 0x34, 0x56, 0xA2, 0x01, 0x40, 0x80, 0x01,
                 0xBF, 0xFF, 0x0A, 0xBC);
    ap_reader reader = ap_reader_of(bytes, writer.size);
    ap_cat048 back;
    assert_int_equal(ap_cat048_decode(&reader, &back), AP_OK);
    assert_int_equal(reader.at, writer.size);
    assert_true(back.present == record.present);
    assert_int_equal(back.fspec_size, 2);
    assert_int_equal(back.i140_128th_s, 0x123456);
    assert_int_equal(back.i020.octet_count, 1);
    assert_int_equal(back.i020.typ, 5);
    assert_int_equal(back.i020.rab, 1);
    assert_int_equal(back.i090.fl_4th_fl, -1);
    assert_int_equal(back.i090.v, 1);
    assert_int_equal(back.i161.trn, 0xABC);
    assert_int_equal(back.i220, 0);
}

/* Only as many octets as the values need, unless more were received. */
static void test_cat048_extended_octets(void **state)
{
    (void)state;
    uint8_t bytes[64];
    static const uint8_t unknown[] = { 0x11, 0x40 };
    static const struct {
        uint8_t octet_count, tst, acasxv_val;
        bool unknown;
        ap_err err;
        uint8_t size;
    } cases[] = {
        { 0, 0, 0, false, AP_OK, 1 },        { 0, 1, 0, false, AP_OK, 2 },
        { 0, 0, 9, false, AP_OK, 4 },        { 3, 1, 0, false, AP_OK, 3 },
        { 6, 0, 0, false, AP_OK, 6 },        { 7, 0, 0, false, AP_ERR_RANGE, 0 },
        { 0, 0, 0, true, AP_OK, 8 },         { 8, 0, 0, true, AP_OK, 8 },
        { 0, 2, 0, false, AP_ERR_RANGE, 0 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        ap_writer writer = ap_writer_of(bytes, sizeof bytes);
        ap_cat048 record = { .present = AP_CAT048_I020 };
        record.i020.octet_count = cases[k].octet_count;
        record.i020.tst = cases[k].tst;
        record.i020.acasxv.val = cases[k].acasxv_val;
        if (cases[k].unknown)
            record.i020.raw = (ap_bytes){ unknown, sizeof unknown };
        assert_int_equal(ap_cat048_encode(&writer, &record), cases[k].err);
        assert_int_equal(writer.size, cases[k].err ? 0 : cases[k].size + 1);
        if (cases[k].err)
            continue;
        ap_reader reader = ap_reader_of(bytes, writer.size);
        ap_cat048 back;
        assert_int_equal(ap_cat048_decode(&reader, &back), AP_OK);
        assert_int_equal(reader.at, writer.size);
        assert_int_equal(back.i020.octet_count, cases[k].size);
        assert_int_equal(back.i020.tst, cases[k].tst);
        assert_int_equal(back.i020.acasxv.val, cases[k].acasxv_val);
        assert_int_equal(back.i020.raw.size, cases[k].unknown ? 2 : 0);
    }
}

static void test_encode_refuses_range(void **state)
{
    (void)state;
    uint8_t bytes[64] = { 0 };
    static const uint8_t long_content[255];
    static const ap_cat048 cases[] = {
        { .present = 0 },
        { .present = UINT64_C(1) << 28 },
        { .present = AP_CAT048_I010, .fspec_size = 5 },
        { .present = AP_CAT048_I140, .i140_128th_s = 0x1000000 },
        { .present = AP_CAT048_I161, .i161 = { .trn = 0x1000 } },
        { .present = AP_CAT048_I161, .i161 = { .spare = 0x10 } },
        { .present = AP_CAT048_I090, .i090 = { .fl_4th_fl = 8192 } },
        { .present = AP_CAT048_I090, .i090 = { .fl_4th_fl = -8193 } },
        { .present = AP_CAT048_I240, .i240_icao6 = UINT64_C(1) << 48 },
        { .present = AP_CAT048_I030 }, /* repeats by FX: at least one */
        { .present = AP_CAT048_I250, .i250 = { NULL, 256 } },
        { .present = AP_CAT048_RE, .re = { long_content, 255 } },
        { .present = AP_CAT048_I130, .i130 = { .present = 0x80 } },
        { .present = AP_CAT048_I130, .i130 = { .fspec_size = 2 } },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        ap_writer writer = ap_writer_of(bytes, sizeof bytes);
        ap_write_u8(&writer, 0xEE);
        assert_int_equal(ap_cat048_encode(&writer, &cases[k]), AP_ERR_RANGE);
        assert_int_equal(writer.size, 1);
    }
    /* values that are at the limit, and those of items that are not present, are no matter */
    ap_cat048 record = { .present = AP_CAT048_I090 | AP_CAT048_I140 | AP_CAT048_RE,
                         .i140_128th_s = 0xFFFFFF,
                         .i090 = { .fl_4th_fl = -8192 },
                         .i161 = { .trn = 0xFFFF },
                         .re = { long_content, 10 } };
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    assert_int_equal(ap_cat048_encode(&writer, &record), AP_OK);
}

static void test_encode_full(void **state)
{
    (void)state;
    uint8_t bytes[8];
    ap_cat048 record = { .present = AP_CAT048_I010 | AP_CAT048_I140 };
    for (size_t cap = 0; cap < 6; cap++) {
        ap_writer writer = ap_writer_of(bytes, cap);
        assert_int_equal(ap_cat048_encode(&writer, &record), AP_ERR_FULL);
        assert_int_equal(writer.size, 0);
        assert_true(writer.bad);
    }
    ap_writer writer = ap_writer_of(bytes, 6);
    assert_int_equal(ap_cat048_encode(&writer, &record), AP_OK);
}

static void test_repeats_put_get(void **state)
{
    (void)state;
    uint8_t elements[64], bytes[64];
    ap_writer repeats = ap_writer_of(elements, sizeof elements);
    const ap_cat048_i250 first = { .mbdata = UINT64_C(0x01020304050607), .bds1 = 4, .bds2 = 0 };
    const ap_cat048_i250 second = { .mbdata = UINT64_C(0xFFFFFFFFFFFFFF), .bds1 = 6, .bds2 = 15 };
    ap_cat048_i250_put(&repeats, &first);
    ap_cat048_i250_put(&repeats, &second);
    ap_cat048 record = { .present = AP_CAT048_I250, .i250 = { elements, 2 } };
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    assert_int_equal(ap_cat048_encode(&writer, &record), AP_OK);
    ASSERT_BYTES(writer, 0x01, 0x20, 2, 1, 2, 3, 4, 5, 6, 7, 0x40, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                 0xFF, 0xFF, 0x6F);
    ap_reader reader = ap_reader_of(bytes, writer.size);
    ap_cat048 back;
    assert_int_equal(ap_cat048_decode(&reader, &back), AP_OK);
    assert_int_equal(back.i250.count, 2);
    ap_cat048_i250 element;
    ap_cat048_i250_get(&back.i250, 1, &element);
    assert_true(element.mbdata == second.mbdata && element.bds1 == 6 && element.bds2 == 15);

    const ap_cat048_i250 too_much = { .bds1 = 16 };
    ap_cat048_i250_put(&repeats, &too_much);
    assert_true(repeats.bad);
}

/* The encoder sets the FX bits of repetitions, whatever they were. */
static void test_repeats_fx_put_get(void **state)
{
    (void)state;
    uint8_t elements[64], bytes[64];
    ap_writer repeats = ap_writer_of(elements, sizeof elements);
    const ap_cat062_i510 parts[] = { { .ident = 6, .track = 3551 },
                                     { .ident = 7, .track = 32767 } };
    ap_cat062_i510_put(&repeats, &parts[0]);
    ap_cat062_i510_put(&repeats, &parts[1]);
    ap_cat062 record = { .present = AP_CAT062_I510, .i510 = { elements, 2 } };
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    assert_int_equal(ap_cat062_encode(&writer, &record), AP_OK);
    /* 3551 = 0x0DDF, shifted by the FX bit: 0x1BBE | 1 */
    ASSERT_BYTES(writer, 0x01, 0x01, 0x01, 0x08, 0x06, 0x1B, 0xBF, 0x07, 0xFF, 0xFE);
    ap_reader reader = ap_reader_of(bytes, writer.size);
    ap_cat062 back;
    assert_int_equal(ap_cat062_decode(&reader, &back), AP_OK);
    assert_int_equal(back.i510.count, 2);
    ap_cat062_i510 part;
    ap_cat062_i510_get(&back.i510, 0, &part);
    assert_int_equal(part.track, 3551);
    ap_cat062_i510_get(&back.i510, 1, &part);
    assert_int_equal(part.ident, 7);
    assert_int_equal(part.track, 32767);
}

static void test_cat062_compound(void **state)
{
    (void)state;
    uint8_t bytes[64];
    ap_cat062 record = { .present = AP_CAT062_I380 | AP_CAT062_I390 };
    record.i380.present = AP_CAT062_I380_ADR | AP_CAT062_I380_BPS;
    record.i380.adr = 0x406E6B;
    record.i380.bps.bps_10th_mb = 2131;
    record.i390.present = AP_CAT062_I390_CS;
    memcpy(record.i390.cs, "BCS4907", 8);
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    assert_int_equal(ap_cat062_encode(&writer, &record), AP_OK);
    /* I380: place 11 in the UAP, I390: 21; BPS: place 28 of its own */
    ASSERT_BYTES(writer, 0x01, 0x11, 0x02, 0x81, 0x01, 0x01, 0x02, 0x40, 0x6E, 0x6B, 0x08, 0x53,
                 0x40, 'B', 'C', 'S', '4', '9', '0', '7');
    ap_reader reader = ap_reader_of(bytes, writer.size);
    ap_cat062 back;
    assert_int_equal(ap_cat062_decode(&reader, &back), AP_OK);
    assert_true(back.i380.present == record.i380.present);
    assert_int_equal(back.i380.fspec_size, 4);
    assert_int_equal(back.i380.adr, 0x406E6B);
    assert_int_equal(back.i380.bps.bps_10th_mb, 2131);
    assert_string_equal(back.i390.cs, "BCS4907");
}

static void test_cat001_two_layouts(void **state)
{
    (void)state;
    uint8_t bytes[64];
    ap_cat001 plot = { .present = AP_CAT001_I010 | AP_CAT001_I020 | AP_CAT001_I040,
                       .i010 = { 1, 2 },
                       .i040 = { .rho_128th_nmi = 0x0304, .theta_turn16 = 0x0506 } };
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    assert_int_equal(ap_cat001_encode(&writer, &plot), AP_OK);
    ASSERT_BYTES(writer, 0xE0, 1, 2, 0x00, 3, 4, 5, 6);

    ap_cat001 track = { .present = AP_CAT001_I020 | AP_CAT001_I161 | AP_CAT001_I040,
                        .is_track = true,
                        .i020 = { .typ = 1 },
                        .i161 = 0x0A0B,
                        .i040 = plot.i040 };
    writer = ap_writer_of(bytes, sizeof bytes);
    assert_int_equal(ap_cat001_encode(&writer, &track), AP_OK);
    ASSERT_BYTES(writer, 0x70, 0x80, 0x0A, 0x0B, 3, 4, 5, 6);
    ap_reader reader = ap_reader_of(bytes, writer.size);
    ap_cat001 back;
    assert_int_equal(ap_cat001_decode(&reader, &back), AP_OK);
    assert_true(back.is_track);
    assert_true(back.present == track.present);
    assert_int_equal(back.i161, 0x0A0B);
    assert_int_equal(back.i040.rho_128th_nmi, 0x0304);

    track.is_track = false; /* I020 says otherwise */
    assert_int_equal(ap_cat001_encode(&writer, &track), AP_ERR_RANGE);
    plot.present |= AP_CAT001_I161; /* no place for it in a plot */
    assert_int_equal(ap_cat001_encode(&writer, &plot), AP_ERR_RANGE);
}

/* The field specification is read before the layout is known: a plot may have a fourth octet. */
static void test_cat001_plot_of_long_fspec(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0x41, 0x01, 0x01, 0x00, 0x00 };
    uint8_t again[8];
    ap_reader reader = ap_reader_of(bytes, sizeof bytes);
    ap_writer writer = ap_writer_of(again, sizeof again);
    ap_cat001 record;
    assert_int_equal(ap_cat001_decode(&reader, &record), AP_OK);
    assert_int_equal(ap_cat001_encode(&writer, &record), AP_OK);
    assert_int_equal(writer.size, sizeof bytes);
    assert_memory_equal(again, bytes, sizeof bytes);
}

static void test_cat002_random_fields_kept(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0x01, 0x02, 0x02, 0x01, 0x0A, 0x0B, 0x02, 0x03, 0xFF };
    uint8_t again[16];
    ap_reader reader = ap_reader_of(bytes, sizeof bytes);
    ap_cat002 record;
    assert_int_equal(ap_cat002_decode(&reader, &record), AP_OK);
    assert_int_equal(reader.at, 8);
    assert_true(record.present == AP_CAT002_RFS);
    assert_int_equal(record.rfs.size, 6);
    ap_writer writer = ap_writer_of(again, sizeof again);
    assert_int_equal(ap_cat002_encode(&writer, &record), AP_OK);
    assert_int_equal(writer.size, 8);
    assert_memory_equal(again, bytes, 8);
}

static void test_signs_of_bit_fields(void **state)
{
    (void)state;
    /* I020/500 SDP XY is signed here; I021/165 has 10 bits behind 6 unused ones */
    static const uint8_t cat020[] = { 0x01, 0x01, 0x08, 0x40, 0, 4, 0, 8, 0xFF, 0xFE };
    ap_reader reader = ap_reader_of(cat020, sizeof cat020);
    ap_cat020 mlat;
    assert_int_equal(ap_cat020_decode(&reader, &mlat), AP_OK);
    assert_int_equal(mlat.i500.sdp.x_4th_m, 4);
    assert_int_equal(mlat.i500.sdp.y_4th_m, 8);
    assert_int_equal(mlat.i500.sdp.xy_4th, -2);

    static const uint8_t cat021[] = { 0x01, 0x01, 0x01, 0x04, 0x02, 0x00 };
    reader = ap_reader_of(cat021, sizeof cat021);
    ap_cat021 adsb;
    assert_int_equal(ap_cat021_decode(&reader, &adsb), AP_OK);
    assert_int_equal(adsb.i165.tar_32th_degps, -512);
    assert_int_equal(adsb.i165.spare, 0);

    static const uint8_t cat063[] = { 0x06, 0xFF, 0xCB, 0x80, 0x00 };
    reader = ap_reader_of(cat063, sizeof cat063);
    ap_cat063 status;
    assert_int_equal(ap_cat063_decode(&reader, &status), AP_ERR_MALFORMED);
    static const uint8_t cat063b[] = { 0x06, 0xFF, 0xCB, 0x80, 0x00, 0x00, 0x01 };
    reader = ap_reader_of(cat063b, sizeof cat063b);
    assert_int_equal(ap_cat063_decode(&reader, &status), AP_OK);
    assert_int_equal(status.i070_ms, -53);
    assert_int_equal(status.i080.srg_100000th, -32768);
    assert_int_equal(status.i080.srb_128th_nmi, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cat048_encode_octets),
        cmocka_unit_test(test_cat048_extended_octets),
        cmocka_unit_test(test_encode_refuses_range),
        cmocka_unit_test(test_encode_full),
        cmocka_unit_test(test_repeats_put_get),
        cmocka_unit_test(test_repeats_fx_put_get),
        cmocka_unit_test(test_cat062_compound),
        cmocka_unit_test(test_cat001_two_layouts),
        cmocka_unit_test(test_cat001_plot_of_long_fspec),
        cmocka_unit_test(test_cat002_random_fields_kept),
        cmocka_unit_test(test_signs_of_bit_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

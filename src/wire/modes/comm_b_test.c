#include "airpicture/comm_b.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "airpicture/modes.h"

#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((double)(value) - (double)(expected)) <= (tolerance))

static const uint8_t tabled[] = { 0x07, 0x10, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x20,
                                  0x21, 0x30, 0x40, 0x44, 0x45, 0x50, 0x51, 0x60 };

static const ap_comm_b_field *field_named(uint8_t bds, const char *name)
{
    const ap_comm_b_register *of = ap_comm_b_register_of(bds);
    assert_non_null(of);
    for (size_t i = 0; i < of->field_count; i++)
        if (strcmp(of->fields[i].name, name) == 0)
            return &of->fields[i];
    fail_msg("%02x has no field %s", bds, name);
    return NULL;
}

static uint64_t bits_of(unsigned first, unsigned count)
{
    uint64_t mask = 0;
    for (unsigned i = first; i < first + count; i++)
        mask |= UINT64_C(1) << (56 - i);
    return mask;
}

static unsigned ones(uint64_t bits)
{
    unsigned count = 0;
    for (; bits; bits >>= 1)
        count += bits & 1;
    return count;
}

/* The masks say what the numbers say; no two fields share bits, and none uses a reserved one. */
static void test_table_is_consistent(void **state)
{
    (void)state;
    for (size_t r = 0; r < sizeof tabled; r++) {
        const ap_comm_b_register *of = ap_comm_b_register_of(tabled[r]);
        assert_non_null(of);
        assert_int_equal(of->bds, tabled[r]);
        assert_int_equal(of->fixed_count, ones(of->zero | of->mask));
        assert_true((of->code & ~of->mask) == 0 && (of->zero & of->mask) == 0);
        uint64_t used = of->zero | of->mask, status = 0;
        for (size_t i = 0; i < of->field_count; i++) {
            const ap_comm_b_field *field = &of->fields[i];
            assert_true(field->content_mask == bits_of(field->first, field->count));
            assert_true(field->status_mask == (field->status ? bits_of(field->status, 1) : 0));
            assert_true(((used | status) & field->content_mask) == 0 || tabled[r] >= 0x17);
            if (tabled[r] < 0x17 || tabled[r] > 0x1C)
                assert_true((used & (field->content_mask | field->status_mask)) == 0);
            used |= field->content_mask;
            status |= field->status_mask;
        }
        assert_true((used & status) == 0);
    }
    assert_null(ap_comm_b_register_of(0x05));
    assert_null(ap_comm_b_register_of(0xFF));
}

/* Values published with the examples: ICAO Doc 9871's layouts worked by hand, and by two other
 * decoders for the frames of their tests. */
static void test_read_examples(void **state)
{
    (void)state;
    static const struct {
        uint8_t bds;
        uint64_t mb;
        const char *name;
        double value, tolerance;
    } cases[] = {
        { 0x10, UINT64_C(0x10010080F50000), "acas_operational", 1, 0 },
        { 0x10, UINT64_C(0x10030A80F10000), "subnetwork_version", 5, 0 },
        { 0x10, UINT64_C(0x10030A80F10000), "overlay_command", 1, 0 },
        { 0x10, UINT64_C(0x10030A80F10000), "acas_version", 1, 0 },
        { 0x10, UINT64_C(0x10030A80F10000), "identification", 1, 0 },
        { 0x10, UINT64_C(0x10010080E60000), "surveillance_identifier", 1, 0 },
        { 0x10, UINT64_C(0x10010080E60000), "common_gicb_report", 0, 0 },
        { 0x10, UINT64_C(0x10010080E60000), "acas_resolution", 1, 0 },
        { 0x10, UINT64_C(0x10010080E60000), "acas_version", 2, 0 },
        { 0x40, UINT64_C(0x85E42F31300000), "mcp_altitude_ft", 3008, 0 },
        { 0x40, UINT64_C(0x85E42F31300000), "fms_altitude_ft", 3008, 0 },
        { 0x40, UINT64_C(0x85E42F31300000), "baro_setting_hpa", 1020, 1e-9 },
        { 0x40, UINT64_C(0x8DB00030E00000), "baro_setting_hpa", 1016, 1e-9 },
        { 0x44, UINT64_C(0x185BD5CF400000), "source", 1, 0 },
        { 0x44, UINT64_C(0x185BD5CF400000), "wind_speed_kt", 22, 0 },
        { 0x44, UINT64_C(0x185BD5CF400000), "wind_direction_deg", 344.53125, 1e-9 },
        { 0x44, UINT64_C(0x185BD5CF400000), "temperature_c", -48.75, 1e-9 },
        { 0x50, UINT64_C(0x81951536E024D4), "roll_deg", 2.109375, 1e-9 },
        { 0x50, UINT64_C(0x81951536E024D4), "track_deg", 114.2578125, 1e-9 },
        { 0x50, UINT64_C(0x81951536E024D4), "ground_speed_kt", 438, 0 },
        { 0x50, UINT64_C(0x81951536E024D4), "track_rate_degps", 0.125, 1e-9 },
        { 0x50, UINT64_C(0x81951536E024D4), "true_airspeed_kt", 424, 0 },
        { 0x50, UINT64_C(0xFEB65D12BFD450), "roll_deg", -1.93359375, 1e-9 },
        { 0x50, UINT64_C(0xFEB65D12BFD450), "track_rate_degps", -0.1875, 1e-9 },
        { 0x51, UINT64_C(0x906397FDF7109E), "altitude_ft", 34032, 0 },
        { 0x60, UINT64_C(0x8F39F91A7E27C4), "heading_deg", 42.71484375, 1e-9 },
        { 0x60, UINT64_C(0x8F39F91A7E27C4), "indicated_airspeed_kt", 252, 0 },
        { 0x60, UINT64_C(0x8F39F91A7E27C4), "mach", 0.42, 1e-9 },
        { 0x60, UINT64_C(0x8F39F91A7E27C4), "baro_rate_fpm", -1920, 0 },
        { 0x60, UINT64_C(0x8F39F91A7E27C4), "inertial_rate_fpm", -1920, 0 },
        { 0x60, UINT64_C(0xF899EB30A02FFF), "heading_deg", 360 - 20.91796875, 1e-9 },
        { 0x07, UINT64_C(0xA0000000000000), "transmission_rate", 2, 0 },
        { 0x07, UINT64_C(0xA0000000000000), "altitude_is_gnss", 1, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_comm_b_value of = ap_comm_b_read(field_named(cases[i].bds, cases[i].name), cases[i].mb);
        if (!of.known || !(fabs(of.value - cases[i].value) <= cases[i].tolerance) ||
            !ap_comm_b_is_sound(cases[i].bds, cases[i].mb))
            fail_msg("%s is %.9g, not %.9g", cases[i].name, of.value, cases[i].value);
    }
    assert_false(ap_comm_b_value_of(0x50, 99, UINT64_C(0x81951536E024D4)).known);
    assert_false(ap_comm_b_value_of(0x05, 0, UINT64_C(0x81951536E024D4)).known);
}

/* Meteorological hazard, put together by hand: moderate icing, -31.25 degrees, 262 hPa, 2,000 ft.
 */
static void test_read_4_5(void **state)
{
    (void)state;
    uint64_t mb = UINT64_C(1) << 46 | UINT64_C(2) << 44 | UINT64_C(1) << 40 | UINT64_C(899) << 30 |
                  UINT64_C(1) << 29 | UINT64_C(262) << 18 | UINT64_C(1) << 17 | UINT64_C(125) << 5;
    assert_true(ap_comm_b_is_sound(0x45, mb));
    assert_near(ap_comm_b_read(field_named(0x45, "icing"), mb).value, 2, 0);
    assert_near(ap_comm_b_read(field_named(0x45, "temperature_c"), mb).value, -31.25, 0);
    assert_near(ap_comm_b_read(field_named(0x45, "pressure_hpa"), mb).value, 262, 0);
    assert_near(ap_comm_b_read(field_named(0x45, "radio_height_ft"), mb).value, 2000, 0);
    assert_false(ap_comm_b_read(field_named(0x45, "turbulence"), mb).known);
}

static void test_text(void **state)
{
    (void)state;
    char text[9];
    const ap_comm_b_field *callsign = field_named(0x20, "callsign");
    assert_true(ap_comm_b_text(callsign, UINT64_C(0x202CC371C31DE0), text));
    assert_string_equal(text, "KLM1017");
    assert_false(ap_comm_b_text(callsign, UINT64_C(0x20820820820820), text)); /* blank */
    assert_string_equal(text, "");
    assert_true(ap_comm_b_is_sound(0x20, UINT64_C(0x20820820820820)));
    assert_true(ap_comm_b_is_sound(0x20, UINT64_C(0x20000000000000)));
    /* A damaged frame that two decoders take for a call sign: character 59 is not assigned. */
    assert_false(ap_comm_b_is_sound(0x20, UINT64_C(0x20E2F6777688DB)));
    assert_false(ap_comm_b_text(callsign, UINT64_C(0x20E2F6777688DB), text));

    /* 2,1: "PHBXA" (16 8 2 24 1, spaces) and airline "KL". */
    uint64_t mb = UINT64_C(1) << 55;
    static const uint8_t codes[7] = { 16, 8, 2, 24, 1, 32, 32 };
    for (unsigned i = 0; i < 7; i++)
        mb |= (uint64_t)codes[i] << (49 - 6 * i);
    mb |= UINT64_C(1) << 12 | 11u << 6 | 12u;
    assert_true(ap_comm_b_is_sound(0x21, mb));
    assert_true(ap_comm_b_text(field_named(0x21, "registration"), mb, text));
    assert_string_equal(text, "PHBXA");
    assert_true(ap_comm_b_text(field_named(0x21, "airline"), mb, text));
    assert_string_equal(text, "KL");
    assert_false(ap_comm_b_text(field_named(0x21, "airline"), mb & ~(UINT64_C(1) << 12), text));
    assert_false(ap_comm_b_is_sound(0x21, mb & ~(UINT64_C(1) << 12)));
}

/* 1,7 of the recorded flight as another decoder lists it; 1,8 and 1,9 of a test set's manual. */
static void test_lists(void **state)
{
    (void)state;
    static const uint8_t in_1_7[] = { 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x20,
                                      0x21, 0x40, 0x50, 0x51, 0x52, 0x5F, 0x60 };
    static const uint8_t in_1_8[] = { 0x05, 0x06, 0x07, 0x08, 0x09, 0x10, 0x17, 0x18, 0x19, 0x20 };
    static const uint8_t in_1_9[] = { 0x40, 0x50, 0x60 }, in_1_c[] = { 0xE1, 0xE2, 0xFF };
    static const struct {
        uint8_t bds;
        uint64_t mb;
        const uint8_t *listed;
        size_t count;
    } cases[] = {
        { 0x17, UINT64_C(0xFF81C300000000), in_1_7, sizeof in_1_7 },
        { 0x18, UINT64_C(0x00000081C081F0), in_1_8, sizeof in_1_8 },
        { 0x19, UINT64_C(0x00008000800080), in_1_9, sizeof in_1_9 },
        { 0x1C, UINT64_C(0x00000040000003), in_1_c, sizeof in_1_c },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t found = 0;
        for (unsigned other = 0; other < 256; other++) {
            bool listed = ap_comm_b_lists(cases[i].bds, cases[i].mb, (uint8_t)other);
            assert_int_equal(listed, memchr(cases[i].listed, (int)other, cases[i].count) != NULL);
            found += listed;
        }
        assert_int_equal(found, cases[i].count);
        assert_true(ap_comm_b_is_sound(cases[i].bds, cases[i].mb));
    }
    assert_false(ap_comm_b_lists(0x50, UINT64_MAX >> 8, 0x05));
    assert_int_equal(ap_comm_b_common_bit(0x60), 24);
    assert_int_equal(ap_comm_b_common_bit(0x30), 0);
}

static void test_unsound(void **state)
{
    (void)state;
    static const struct {
        uint8_t bds;
        uint64_t mb;
    } cases[] = {
        { 0x50, UINT64_C(0x81951536E024D4) & ~(UINT64_C(1) << 55) }, /* roll without status */
        { 0x50, UINT64_C(0xC0000000000000) },                        /* roll -90 */
        { 0x50, UINT64_C(0x0000017F040401) },                        /* wind of 500 kt */
        { 0x40, UINT64_C(0x85E42F31300000) | UINT64_C(1) << 10 },    /* reserved bits */
        { 0x60, UINT64_C(0x8F39F91A7E27C4) & ~(UINT64_C(1) << 43) }, /* speed without status */
        { 0x10, UINT64_C(0x11010080F50000) },                        /* another number */
        { 0x10, UINT64_C(0x10210080F50000) },                        /* reserved bit */
        { 0x17, UINT64_C(0xFF81C300000001) },
        { 0x44, UINT64_C(0x585BD5CF400000) }, /* source 5 */
        { 0x30, UINT64_C(0x3000000C000000) }, /* threat type 3 */
        { 0x30, UINT64_C(0x30000000000001) }, /* identity without a threat */
        { 0x30, UINT64_C(0x30000004000001) }, /* bits behind an address */
        { 0x51, UINT64_C(0xC0000000000000) }, /* latitude -180 */
        { 0x05, UINT64_C(0x20820820820820) },
        { 0x06, UINT64_C(0x3FE00000000000) }, /* movement 126 */
        { 0x08, UINT64_C(0x20E2F6777688DB) },
        { 0x09, UINT64_C(0x98440994083817) }, /* subtype 0 */
        { 0x61, UINT64_C(0xE1000000000001) },
        { 0x62, UINT64_C(0xEA000000000001) },
        { 0x65, UINT64_C(0xF8400000002000) }, /* capability in a reserved format */
        { 0x65, UINT64_C(0xFA000000002000) }, /* subtype 2 */
        { 0x33, UINT64_C(0x33000000000000) }, /* no such table */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (ap_comm_b_is_sound(cases[i].bds, cases[i].mb))
            fail_msg("case %zu is sound", i);
    for (unsigned bds = 0; bds < 256; bds++)
        assert_false(ap_comm_b_is_sound((uint8_t)bds, 0));
}

/* Contents of squitters as registers: published frames. */
static void test_squitters(void **state)
{
    (void)state;
    static const struct {
        uint8_t bds;
        uint64_t me;
    } cases[] = {
        { 0x05, UINT64_C(0x58C382D690C8AC) }, { 0x06, UINT64_C(0x399E40586B4EE4) },
        { 0x08, UINT64_C(0x202CC371C32CE0) }, { 0x09, UINT64_C(0x99440994083817) },
        { 0x61, UINT64_C(0xE1128500000000) }, { 0x62, UINT64_C(0xEA447864013C08) },
        { 0x65, UINT64_C(0xF8230002004AB8) },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
            assert_true(ap_comm_b_is_known(cases[k].bds));
            assert_int_equal(ap_comm_b_is_sound(cases[k].bds, cases[i].me), i == k);
        }
    ap_modes_frame frame;
    ap_modes_decode_squitter(UINT64_C(0x58C382D690C8AC), &frame);
    assert_int_equal(frame.type_code, 11);
    assert_int_equal(frame.altitude_ft, 38000);
    assert_int_equal(frame.cpr_latitude_17, 93000);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 16;
}

/* Random raw numbers, put in bit by bit here, are read back as step times number. */
static void test_round_trip_of_random_values(void **state)
{
    (void)state;
    uint64_t seed = 11;
    for (int turn = 0; turn < 20000; turn++) {
        uint8_t bds = tabled[next_random(&seed) % sizeof tabled];
        const ap_comm_b_register *of = ap_comm_b_register_of(bds);
        const ap_comm_b_field *field = &of->fields[next_random(&seed) % of->field_count];
        uint64_t raw = next_random(&seed) & ((UINT64_C(1) << field->count) - 1), mb = 0;
        for (unsigned i = 0; i < field->count; i++)
            if (raw >> (field->count - 1u - i) & 1)
                mb |= bits_of(field->first + i, 1);
        if (field->status && next_random(&seed) % 4 == 0) {
            assert_false(ap_comm_b_read(field, mb).known);
            assert_true(raw == 0 || !ap_comm_b_is_sound(bds, mb | of->code));
            continue;
        }
        mb |= field->status ? bits_of(field->status, 1) : 0;
        double number = (double)raw;
        if (field->is_signed && raw >> (field->count - 1))
            number -= ldexp(1.0, field->count);
        double expected = number * field->step + field->offset;
        ap_comm_b_value of_field = ap_comm_b_read(field, mb);
        assert_true(of_field.known);
        if (field->kind == AP_COMM_B_ANGLE) {
            assert_true(of_field.value >= 0.0 && of_field.value < 360.0);
            assert_near(remainder(of_field.value - expected, 360.0), 0.0, 1e-9);
        } else {
            assert_near(of_field.value, expected, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_consistent),
        cmocka_unit_test(test_read_examples),
        cmocka_unit_test(test_read_4_5),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_unsound),
        cmocka_unit_test(test_squitters),
        cmocka_unit_test(test_round_trip_of_random_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

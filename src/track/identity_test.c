#include "track/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static ap_report code(uint16_t mode_3a, uint32_t flags)
{
    return (ap_report){ .present = AP_HAS_MODE_3A, .mode_3a = mode_3a, .flags = flags };
}

static void test_take_mode_3a_twice(void **state)
{
    (void)state;
    ap_identity identity;
    ap_identity_start(&identity);
    static const struct {
        uint16_t code;
        uint32_t flags;
        ap_identity_news news;
        uint16_t is;
    } steps[] = {
        { 01234, AP_FLAG_MODE_3A_GARBLED, AP_IDENTITY_SAME, 0 },
        { 04321, 0, AP_IDENTITY_GAINED, 04321 },
        { 04321, 0, AP_IDENTITY_SAME, 04321 },
        { 07700, 0, AP_IDENTITY_SAME, 04321 }, /* once is not enough */
        { 04321, 0, AP_IDENTITY_SAME, 04321 },
        { 07700, 0, AP_IDENTITY_SAME, 04321 },
        { 07700, AP_FLAG_MODE_3A_UNVALIDATED, AP_IDENTITY_SAME, 04321 },
        { 07700, 0, AP_IDENTITY_CHANGED, 07700 },
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        ap_report report = code(steps[i].code, steps[i].flags);
        assert_int_equal(ap_identity_take(&identity, &report, AP_SENSOR_SSR), steps[i].news);
        assert_int_equal(identity.mode_3a, steps[i].is);
    }
}

static void test_take_callsign(void **state)
{
    (void)state;
    static const struct {
        const char *sent;
        ap_identity_news news;
        const char *is;
    } steps[] = {
        { "DLH1", AP_IDENTITY_GAINED, "DLH1" }, { "DLH1", AP_IDENTITY_SAME, "DLH1" },
        { "BAW2", AP_IDENTITY_SAME, "DLH1" }, /* once is not enough */
        { "DLH1", AP_IDENTITY_SAME, "DLH1" },   { "BAW2", AP_IDENTITY_SAME, "DLH1" },
        { "", AP_IDENTITY_SAME, "DLH1" },       { "BAW2", AP_IDENTITY_CHANGED, "BAW2" },
    };
    ap_identity identity;
    ap_identity_start(&identity);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        ap_report report = { .present = AP_HAS_CALLSIGN };
        ap_callsign_copy(report.callsign, steps[i].sent, strlen(steps[i].sent));
        assert_int_equal(ap_identity_take(&identity, &report, AP_SENSOR_ADSB), steps[i].news);
        assert_string_equal(identity.callsign, steps[i].is);
    }
}

static void test_factor_compares(void **state)
{
    (void)state;
    ap_identity identity;
    ap_identity_start(&identity);
    ap_report known = { .present = AP_HAS_ADDRESS | AP_HAS_MODE_3A | AP_HAS_CALLSIGN,
                        .address = 0x123456,
                        .mode_3a = 04321,
                        .callsign = "DLH1" };
    ap_identity_take(&identity, &known, AP_SENSOR_MODE_S);
    ap_report nothing = { 0 }, same = code(04321, 0), other = code(02222, 0);
    assert_true(ap_identity_factor(&identity, &nothing) == 1.0);
    assert_true(ap_identity_factor(&identity, &same) > 50.0);
    assert_true(ap_identity_factor(&identity, &other) < 0.1);
    assert_true(ap_identity_factor(&identity, &known) > 1000.0);
    ap_report address = { .present = AP_HAS_ADDRESS, .address = 0x123457 };
    assert_true(ap_identity_factor(&identity, &address) == 0.0);
    /* The same bits of another kind of address are another aircraft. */
    address.address = 0x123456;
    address.address_kind = AP_ADDRESS_ANONYMOUS;
    assert_true(ap_identity_factor(&identity, &address) == 0.0);
    address.flags = AP_FLAG_ADDRESS_UNCHECKED;
    assert_true(ap_identity_factor(&identity, &address) == 1.0);
}

static void test_take_keeps_the_first_address(void **state)
{
    (void)state;
    ap_identity identity;
    ap_identity_start(&identity);
    ap_report report = { .present = AP_HAS_ADDRESS,
                         .address = 5,
                         .flags = AP_FLAG_ADDRESS_UNCHECKED };
    assert_int_equal(ap_identity_take(&identity, &report, AP_SENSOR_MODE_S), AP_IDENTITY_SAME);
    assert_false(identity.present & AP_HAS_ADDRESS);
    report.flags = 0;
    assert_int_equal(ap_identity_take(&identity, &report, AP_SENSOR_MODE_S), AP_IDENTITY_GAINED);
    report.address = 6;
    assert_int_equal(ap_identity_take(&identity, &report, AP_SENSOR_MODE_S), AP_IDENTITY_SAME);
    assert_int_equal(identity.address, 5);
}

static void test_compatible(void **state)
{
    (void)state;
    ap_identity a, b;
    ap_identity_start(&a);
    ap_identity_start(&b);
    assert_true(ap_identity_compatible(&a, &b));
    ap_report one = { .present = AP_HAS_ADDRESS, .address = 1 }, squawk = code(01111, 0);
    ap_identity_take(&a, &one, AP_SENSOR_ADSB);
    ap_identity_take(&b, &squawk, AP_SENSOR_SSR);
    assert_true(ap_identity_compatible(&a, &b));
    squawk.mode_3a = 02222;
    ap_identity_take(&a, &squawk, AP_SENSOR_ADSB);
    assert_false(ap_identity_compatible(&a, &b));
}

/* Each flag is as the newest report that can state it has it. */
static void test_take_keeps_flags(void **state)
{
    (void)state;
    enum {
        GROUND = AP_FLAG_ON_GROUND,
        SPI = AP_FLAG_SPI,
        SOS = AP_FLAG_EMERGENCY,
        CODE = AP_HAS_ADDRESS | AP_HAS_MODE_3A,
        LEVEL = AP_HAS_ADDRESS | AP_HAS_PRESSURE_ALTITUDE,
        PLACE = AP_HAS_ADDRESS | AP_HAS_POSITION,
        REPLY = AP_FLAG_SECONDARY,
        GARBLE = AP_FLAG_MODE_3A_GARBLED,
        DOUBT = AP_FLAG_ALTITUDE_UNVALIDATED
    };
    static const struct {
        ap_sensor_kind kind;
        uint32_t present, flags, kept; /* of those below */
    } steps[] = {
        { AP_SENSOR_ADSB, PLACE, GROUND, GROUND },
        { AP_SENSOR_ADSB, AP_HAS_ADDRESS | AP_HAS_VELOCITY, 0, GROUND },
        { AP_SENSOR_ADSB, AP_HAS_ADDRESS | AP_HAS_CALLSIGN, 0, GROUND },
        { AP_SENSOR_MODE_S, AP_HAS_ADDRESS, REPLY, GROUND },   /* all-call reply */
        { AP_SENSOR_MODE_S, CODE, REPLY | SPI, GROUND | SPI }, /* ground or not */
        { AP_SENSOR_ADSB, PLACE, GROUND, GROUND | SPI },       /* a surface squitter */
        { AP_SENSOR_PSR, AP_HAS_POLAR, AP_FLAG_PRIMARY, GROUND | SPI },
        { AP_SENSOR_MODE_S, LEVEL, REPLY, SPI }, /* airborne */
        { AP_SENSOR_ADSB, PLACE, 0, 0 },         /* no SPI */
        { AP_SENSOR_MODE_S, CODE, REPLY | SOS, SOS },
        { AP_SENSOR_ADSB, PLACE, 0, SOS },
        { AP_SENSOR_MODE_S, LEVEL, REPLY, SOS },
        { AP_SENSOR_SSR, AP_HAS_MODE_3A, REPLY | GARBLE, SOS | GARBLE },
        { AP_SENSOR_SSR, AP_HAS_PRESSURE_ALTITUDE, DOUBT, SOS | GARBLE | DOUBT },
        { AP_SENSOR_SSR, AP_HAS_MODE_3A, REPLY, DOUBT },
        { AP_SENSOR_SSR, AP_HAS_PRESSURE_ALTITUDE, AP_FLAG_SIMULATED, AP_FLAG_SIMULATED },
        { AP_SENSOR_ADSB, PLACE, 0, AP_FLAG_SIMULATED },
    };
    ap_identity identity;
    ap_identity_start(&identity);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        ap_report report = { .present = steps[i].present, .flags = steps[i].flags };
        ap_identity_take(&identity, &report, steps[i].kind);
        uint32_t technique = AP_FLAG_PRIMARY | AP_FLAG_SECONDARY;
        assert_int_equal(identity.flags & ~technique, steps[i].kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take_mode_3a_twice),
        cmocka_unit_test(test_take_callsign),
        cmocka_unit_test(test_factor_compares),
        cmocka_unit_test(test_take_keeps_the_first_address),
        cmocka_unit_test(test_compatible),
        cmocka_unit_test(test_take_keeps_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* NIC and containment radius against the tables of the three standards, every combination. */
#include "airpicture/modes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define NMI 1852.0

/* One line of a table: supplements as text, one letter each for A, B, C; '-': not looked at. */
typedef struct line {
    uint8_t version, type_code;
    const char *supplements;
    uint8_t nic;
    double radius_m;
} line;

/* DO-260 table 2-11 (NUCp), DO-260A table 2-14, DO-260B tables 2-14 and 2-69; types that carry no
 * position, or one of unknown integrity, are not in them. */
static const line lines[] = {
    { 0, 5, "---", 9, 7.5 },        { 0, 6, "---", 8, 25 },         { 0, 7, "---", 7, 0.1 * NMI },
    { 0, 8, "---", 6, INFINITY },   { 0, 9, "---", 9, 7.5 },        { 0, 10, "---", 8, 25 },
    { 0, 11, "---", 7, 0.1 * NMI }, { 0, 12, "---", 6, 0.2 * NMI }, { 0, 13, "---", 5, 0.5 * NMI },
    { 0, 14, "---", 4, NMI },       { 0, 15, "---", 3, 2 * NMI },   { 0, 16, "---", 2, 10 * NMI },
    { 0, 17, "---", 1, 20 * NMI },  { 0, 20, "---", 9, 7.5 },       { 0, 21, "---", 8, 25 },

    { 1, 5, "---", 11, 7.5 },       { 1, 6, "---", 10, 25 },        { 1, 7, "1--", 9, 75 },
    { 1, 7, "0--", 8, 0.1 * NMI },  { 1, 9, "---", 11, 7.5 },       { 1, 10, "---", 10, 25 },
    { 1, 11, "1--", 9, 75 },        { 1, 11, "0--", 8, 0.1 * NMI }, { 1, 12, "---", 7, 0.2 * NMI },
    { 1, 13, "0--", 6, 0.5 * NMI }, { 1, 13, "1--", 6, 0.6 * NMI }, { 1, 14, "---", 5, NMI },
    { 1, 15, "---", 4, 2 * NMI },   { 1, 16, "1--", 3, 4 * NMI },   { 1, 16, "0--", 2, 8 * NMI },
    { 1, 17, "---", 1, 20 * NMI },  { 1, 20, "---", 11, 7.5 },      { 1, 21, "---", 10, 25 },

    { 2, 5, "---", 11, 7.5 },       { 2, 6, "---", 10, 25 },        { 2, 7, "1-0", 9, 75 },
    { 2, 7, "0-0", 8, 0.1 * NMI },  { 2, 8, "1-1", 7, 0.2 * NMI },  { 2, 8, "1-0", 6, 0.3 * NMI },
    { 2, 8, "0-1", 6, 0.6 * NMI },  { 2, 8, "0-0", 0, INFINITY },   { 2, 9, "---", 11, 7.5 },
    { 2, 10, "---", 10, 25 },       { 2, 11, "11-", 9, 75 },        { 2, 11, "00-", 8, 0.1 * NMI },
    { 2, 12, "---", 7, 0.2 * NMI }, { 2, 13, "01-", 6, 0.3 * NMI }, { 2, 13, "00-", 6, 0.5 * NMI },
    { 2, 13, "11-", 6, 0.6 * NMI }, { 2, 14, "---", 5, NMI },       { 2, 15, "---", 4, 2 * NMI },
    { 2, 16, "11-", 3, 4 * NMI },   { 2, 16, "00-", 2, 8 * NMI },   { 2, 17, "---", 1, 20 * NMI },
    { 2, 20, "---", 11, 7.5 },      { 2, 21, "---", 10, 25 },
};

#define COUNT(of) (sizeof(of) / sizeof(of)[0])

static bool fits(const line *of, uint8_t version, uint8_t type_code, const bool supplements[3])
{
    if (of->version != version || of->type_code != type_code)
        return false;
    for (int i = 0; i < 3; i++)
        if (of->supplements[i] != '-' && (of->supplements[i] == '1') != supplements[i])
            return false;
    return true;
}

/* What the standard does not list is not better than the worst line of its type. */
static void check_unlisted(uint8_t version, uint8_t type_code, uint8_t nic, double radius_m)
{
    uint8_t worst = 255;
    double widest_m = 0.0;
    for (size_t i = 0; i < COUNT(lines); i++) {
        if (lines[i].version != version || lines[i].type_code != type_code)
            continue;
        worst = lines[i].nic < worst ? lines[i].nic : worst;
        widest_m = fmax(widest_m, lines[i].radius_m);
    }
    if (worst == 255) { /* no position */
        assert_int_equal(nic, 0);
        assert_true(isinf(radius_m));
    } else {
        assert_true(nic <= worst && radius_m >= widest_m);
    }
}

static void test_nic_of_every_combination(void **state)
{
    (void)state;
    size_t listed_count = 0;
    for (unsigned n = 0; n < 4u * 32 * 8; n++) {
        uint8_t given = (uint8_t)(n >> 8), type_code = n >> 3 & 31;
        uint8_t version = given == 3 ? 2 : given; /* but for GNSS height the same */
        bool abc[3] = { n & 4, n & 2, n & 1 };
        if (given == 3 && type_code >= 20)
            continue;
        ap_modes_supplements supplements = { abc[0], abc[1], abc[2], (uint8_t)(n % 3) };
        uint8_t nic = ap_modes_nic(type_code, supplements, given);
        double radius_m = ap_modes_containment_m(type_code, supplements, given);
        const line *found = NULL;
        for (size_t i = 0; i < COUNT(lines) && !found; i++)
            if (fits(&lines[i], version, type_code, abc))
                found = &lines[i];
        if (!found) {
            check_unlisted(version, type_code, nic, radius_m);
            continue;
        }
        listed_count++;
        assert_int_equal(nic, found->nic);
        assert_true(radius_m == found->radius_m || fabs(radius_m - found->radius_m) < 1e-9);
    }
    assert_int_equal(listed_count, 15 * 8 + 14 * 8 + 2 * (10 * 8 + 13 * 2) - 2 * 8);
}

/* ED-102B table 2-11: GNSS height of version 3, by supplement D; A to C do not count. */
static void test_nic_of_gnss_height_in_version_3(void **state)
{
    (void)state;
    static const struct {
        uint8_t nic;
        double radius_m;
    } expected[3][4] = {
        { { 8, 185.2 }, { 9, 75 }, { 10, 25 }, { 11, 7.5 } },
        { { 7, 370.4 }, { 7, 370.4 }, { 7, 370.4 }, { 7, 370.4 } },
        { { 0, INFINITY }, { 4, 3704 }, { 5, 1852 }, { 6, 1111.2 } },
    };
    for (unsigned n = 0; n < 3 * 4 * 8; n++) {
        uint8_t type_code = (uint8_t)(20 + n / 32), d = n / 8 % 4;
        ap_modes_supplements supplements = { n & 4, n & 2, n & 1, d };
        double radius_m = ap_modes_containment_m(type_code, supplements, 3);
        assert_int_equal(ap_modes_nic(type_code, supplements, 3), expected[n / 32][d].nic);
        assert_true(radius_m == expected[n / 32][d].radius_m ||
                    fabs(radius_m - expected[n / 32][d].radius_m) < 1e-9);
    }
    assert_int_equal(ap_modes_nic(23, (ap_modes_supplements){ .d = 3 }, 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nic_of_every_combination),
        cmocka_unit_test(test_nic_of_gnss_height_in_version_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

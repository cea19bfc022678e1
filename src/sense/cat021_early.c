/* CAT021 of editions 0.23 to 0.26: another order of items, other layouts under the same numbers.
 * Translated to the newest struct, raw integer for raw integer, so that one reader serves both.
 * The figure of merit (I021/090) has no counterpart and is left out: the sensor's own accuracy
 * holds. Source: spec/asterix, cat021_0.2x. */
#include "sense/cat021_early.h"

#include "wire/asterix/octets.h"
#include "wire/asterix/walk.h"

#include <stdlib.h>
#include <string.h>

#define STATUS_SPI 3
#define RATE_MAX 16383 /* of 15 signed bits */

typedef struct early_item {
    const uint8_t *p;
    size_t size;
} early_item;

static int16_t s16(const uint8_t *p)
{
    return (int16_t)ap_sign32(ap_be16(p), 16);
}

/* Half the range of a rate went to the bit that says it is exceeded. */
static bool exceeds(int rate)
{
    return rate > RATE_MAX || rate < -RATE_MAX - 1;
}

static uint64_t take_descriptor(const early_item *item, ap_cat021 *target)
{
    target->i040.gbs = item->p[0] >> 6 & 1;
    target->i040.sim = item->p[0] >> 5 & 1;
    target->i040.tst = item->p[0] >> 4 & 1;
    target->i040.rab = item->p[0] >> 3 & 1;
    target->i200.ss = item->p[0] >> 1 & 1 ? STATUS_SPI : target->i200.ss;
    target->i040.atp = item->p[1] >> 5;
    target->i040.arc = item->p[1] >> 3 & 3;
    return AP_CAT021_I040;
}

/* 24 bits a coordinate in 0.23, 32 since. */
static uint64_t take_position(const early_item *item, ap_cat021 *target)
{
    if (item->size == 6) {
        target->i130.lat_turn24 = ap_sign32(ap_be24(item->p), 24);
        target->i130.lon_turn24 = ap_sign32(ap_be24(item->p + 3), 24);
        return AP_CAT021_I130;
    }
    int64_t lat_turn26 = ap_sign64(ap_be32(item->p), 32);
    int64_t lon_turn26 = ap_sign64(ap_be32(item->p + 4), 32);
    int64_t limit = INT64_C(1) << 25; /* half a turn; what is beyond stays beyond */
    target->i131.lat_turn31 = llabs(lat_turn26) > limit ? INT32_MAX : (int32_t)(lat_turn26 * 32);
    target->i131.lon_turn31 = llabs(lon_turn26) > limit ? INT32_MAX : (int32_t)(lon_turn26 * 32);
    return AP_CAT021_I131;
}

static uint64_t take_rates(const char *name, const early_item *item, ap_cat021 *target)
{
    int value = s16(item->p);
    if (strcmp(name, "155") == 0) {
        target->i155.re = exceeds(value);
        target->i155.bvr_25_4th_ftpmin = (int16_t)value;
        return AP_CAT021_I155;
    }
    if (strcmp(name, "157") == 0) {
        target->i157.re = exceeds(value);
        target->i157.gvr_25_4th_ftpmin = (int16_t)value;
        return AP_CAT021_I157;
    }
    if (strcmp(name, "160") == 0) {
        target->i160.re = value < 0; /* signed there: no speed is */
        target->i160.gs_16384th_nmips = (uint16_t)(value < 0 ? 0 : value);
        target->i160.ta_turn16 = (uint16_t)ap_be16(item->p + 2);
        return AP_CAT021_I160;
    }
    if (strcmp(name, "165") == 0 && item->size > 1) { /* 1/4 deg/s to 1/32 */
        target->i165.tar_32th_degps = (int16_t)(ap_sign32(item->p[1] >> 1, 7) * 8);
        return AP_CAT021_I165;
    }
    return 0;
}

static uint64_t take_air_data(const char *name, const early_item *item, ap_cat021 *target)
{
    uint32_t value = item->size == 2 ? ap_be16(item->p) : 0;
    if (strcmp(name, "150") == 0) {
        target->i150.im = (uint8_t)(value >> 15);
        target->i150.as = (uint16_t)(value & 0x7FFF);
        return AP_CAT021_I150;
    }
    if (strcmp(name, "151") == 0) {
        target->i151.re = value > 0x7FFF;
        target->i151.tas_kt = (uint16_t)(value & 0x7FFF);
        return AP_CAT021_I151;
    }
    if (strcmp(name, "152") == 0) {
        target->i152_turn16 = (uint16_t)value;
        return AP_CAT021_I152;
    }
    if (strcmp(name, "230") == 0) {
        target->i230_100th_deg = s16(item->p);
        return AP_CAT021_I230;
    }
    return 0;
}

static uint64_t take_vertical(const char *name, const early_item *item, ap_cat021 *target)
{
    if (strcmp(name, "140") == 0) {
        target->i140_25_4th_ft = s16(item->p);
        return AP_CAT021_I140;
    }
    if (strcmp(name, "145") == 0) {
        target->i145_4th_fl = s16(item->p);
        return AP_CAT021_I145;
    }
    if (strcmp(name, "146") == 0) {
        target->i146.sas = item->p[0] >> 7;
        target->i146.s = item->p[0] >> 5 & 3;
        target->i146.alt_25_ft = (int16_t)ap_sign32(ap_be16(item->p) & 0x1FFF, 13);
        return AP_CAT021_I146;
    }
    return 0;
}

static uint64_t take_identity(const char *name, const early_item *item, ap_cat021 *target)
{
    if (strcmp(name, "080") == 0) {
        target->i080 = ap_be24(item->p);
        return AP_CAT021_I080;
    }
    if (strcmp(name, "070") == 0) {
        target->i070.mode3a = (uint16_t)(ap_be16(item->p) & 0xFFF);
        return AP_CAT021_I070;
    }
    if (strcmp(name, "170") == 0) {
        target->i170_icao6 = ap_be48(item->p);
        return AP_CAT021_I170;
    }
    if (strcmp(name, "020") == 0) {
        target->i020 = item->p[0];
        return AP_CAT021_I020;
    }
    if (strcmp(name, "200") == 0 && item->p[0] < 6) {
        target->i200.ps = item->p[0];
        return AP_CAT021_I200;
    }
    return 0;
}

static uint64_t take_item(const char *name, const early_item *item, ap_cat021 *target)
{
    if (strcmp(name, "010") == 0) {
        target->i010.sac = item->p[0];
        target->i010.sic = item->p[1];
        return AP_CAT021_I010;
    }
    if (strcmp(name, "030") == 0) { /* when the position was received */
        target->i073_128th_s = ap_be24(item->p);
        return AP_CAT021_I073;
    }
    if (strcmp(name, "040") == 0)
        return take_descriptor(item, target);
    if (strcmp(name, "130") == 0)
        return take_position(item, target);
    uint64_t present = take_identity(name, item, target);
    present |= take_vertical(name, item, target);
    present |= take_rates(name, item, target);
    return present | take_air_data(name, item, target);
}

bool ap_sense_is_early_021(const ap_asterix_spec *spec)
{
    return ap_asterix_spec_category(spec) == 21 && ap_asterix_spec_edition(spec)[0] == '0';
}

ap_err ap_sense_read_early_021(const ap_asterix_record *record, ap_cat021 *target)
{
    ap_asterix_walker walker;
    const ap_asterix_item *item;
    const uint8_t *p;
    *target = (ap_cat021){ 0 };
    if (!ap_asterix_walker_open(&walker, record->spec, record->data, record->size))
        return AP_ERR_MALFORMED;
    while (ap_asterix_walker_next(&walker, &item, &p))
        target->present |=
            take_item(item->name, &(early_item){ p, (size_t)(walker.p - p) }, target);
    return walker.failed ? AP_ERR_MALFORMED : AP_OK;
}

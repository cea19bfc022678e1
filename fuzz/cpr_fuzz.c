/* Any words and references: positions are on the Earth and encode back to the newer frame's words;
 * any position decodes to itself. */
#include "airpicture/bytes.h"
#include "airpicture/cpr.h"

#include <assert.h>
#include <math.h>

static double read_double(ap_reader *reader)
{
    uint64_t bits = ap_read_be(reader, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The same word, or its neighbour where rounding of the latitude moved the longitude zone. */
static void check_words(const ap_cpr *frame, double latitude_deg, double longitude_deg)
{
    assert(fabs(latitude_deg) <= 90.0);
    assert(longitude_deg >= -180.0 && longitude_deg < 180.0);
    ap_cpr again = ap_cpr_encode(latitude_deg, longitude_deg, frame->odd, frame->surface);
    assert(again.latitude_17 == frame->latitude_17);
    assert(again.longitude_17 == frame->longitude_17);
}

static void check_position(double latitude_deg, double longitude_deg, bool odd, bool surface)
{
    if (!(fabs(latitude_deg) <= 90.0) || !(fabs(longitude_deg) <= 360.0))
        return;
    ap_cpr frame = ap_cpr_encode(latitude_deg, longitude_deg, odd, surface);
    assert(frame.latitude_17 < 131072 && frame.longitude_17 < 131072);
    double got_latitude, got_longitude;
    if (ap_cpr_local(&frame, latitude_deg, longitude_deg, &got_latitude, &got_longitude) != AP_OK)
        return;
    assert(fabs(got_latitude - latitude_deg) <= (surface ? 90.0 : 360.0) / 59 / 262144 * 1.0001);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ap_reader reader = ap_reader_of(data, size);
    uint8_t flags = ap_read_u8(&reader);
    bool surface = flags & 1, newer_odd = flags & 2;
    uint32_t mask = flags & 4 ? 0xFFFFFF : 0x1FFFF;
    ap_cpr even = { ap_read_u24(&reader) & mask, ap_read_u24(&reader) & mask, false, surface };
    ap_cpr odd = { ap_read_u24(&reader) & mask, ap_read_u24(&reader) & mask, true, surface };
    double reference_latitude = read_double(&reader), reference_longitude = read_double(&reader);
    double latitude_deg, longitude_deg;

    int nl = ap_cpr_nl(reference_latitude);
    assert(nl >= 1 && nl <= 59);
    const ap_cpr *newer = newer_odd ? &odd : &even;
    if (ap_cpr_global(&even, &odd, newer_odd, reference_latitude, reference_longitude,
                      &latitude_deg, &longitude_deg) == AP_OK)
        check_words(newer, latitude_deg, longitude_deg);
    if (ap_cpr_local(newer, reference_latitude, reference_longitude, &latitude_deg,
                     &longitude_deg) == AP_OK)
        check_words(newer, latitude_deg, longitude_deg);
    check_position(reference_latitude, reference_longitude, newer_odd, surface);
    return 0;
}

/* Any bytes as one Mode S frame: the decoder keeps its promises, the line of text always fits and
 * is whole, and what the encoder can send decodes to the same content. */
#include "airpicture/modes.h"
#include "wire/modes/encode.h"
#include "wire/modes/json.h"

#include <assert.h>
#include <string.h>

static void check_ranges(const ap_modes_frame *frame)
{
    assert(frame->icao24 <= 0xFFFFFF && frame->squawk <= 07777);
    assert(frame->cpr_latitude_17 < 131072 && frame->cpr_longitude_17 < 131072);
    assert(frame->altitude_ft >= -1200 && frame->altitude_ft <= 126700);
    assert(frame->track_deg >= 0.0 && frame->track_deg < 360.0);
    assert(frame->heading_deg >= 0.0 && frame->heading_deg < 360.0);
    assert(frame->ground_speed_kt >= 0.0 && frame->ground_speed_kt < 5800.0);
    assert(memchr(frame->callsign, '\0', sizeof frame->callsign));
    if (frame->present & AP_MODES_HAS_CALLSIGN)
        assert(frame->callsign[0] != '\0');
}

static void check_text(const uint8_t *data, size_t size, const ap_modes_frame *decoded)
{
    uint8_t text[2048];
    ap_writer writer = ap_writer_of(text, sizeof text);
    ap_modes_line line = { .frame = data, .size = size, .decoded = decoded };
    ap_modes_json(&writer, &line);
    assert(!writer.bad && writer.size < 1500);
    assert(text[0] == '{' && text[writer.size - 1] == '}');
    writer = ap_writer_of(text, sizeof text);
    ap_modes_csv(&writer, &line);
    assert(!writer.bad && text[writer.size - 1] == '\n');
}

/* Decode, encode, decode: the second decode tells what the first one told. */
static void check_round_trip(const ap_modes_frame *frame)
{
    uint8_t again[AP_MODES_LONG_SIZE];
    size_t size;
    ap_modes_frame second;
    if (ap_modes_encode(frame, again, &size) != AP_OK)
        return;
    ap_err err = ap_modes_decode(again, size, &second);
    assert(err == AP_OK);
    assert(second.df == frame->df && second.icao24 == frame->icao24);
    assert(second.altitude_ft == frame->altitude_ft && second.squawk == frame->squawk);
    assert(second.gnss_height_ft == frame->gnss_height_ft);
    assert(second.cpr_latitude_17 == frame->cpr_latitude_17);
    assert(second.cpr_longitude_17 == frame->cpr_longitude_17);
    assert(second.vertical_rate_fpm == frame->vertical_rate_fpm);
    assert(second.geo_minus_baro_ft == frame->geo_minus_baro_ft);
    assert(second.movement == frame->movement || frame->movement > 124);
    assert(second.nac_p == frame->nac_p);
    assert(second.mb == frame->mb || !(frame->present & AP_MODES_HAS_MB));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ap_modes_frame frame;
    ap_err err = ap_modes_decode(data, size, &frame);
    if (size > 64)
        return 0;
    check_text(data, size, err == AP_OK ? &frame : NULL);
    if (size != AP_MODES_SHORT_SIZE && size != AP_MODES_LONG_SIZE)
        return 0;

    /* Sealed, so that the contents of checked formats are reached too. */
    uint8_t sealed[AP_MODES_LONG_SIZE];
    memcpy(sealed, data, size);
    ap_modes_seal(sealed, size, 0);
    err = ap_modes_decode(sealed, size, &frame);
    assert(err != AP_ERR_PARITY);
    if (err != AP_OK)
        return 0;
    check_ranges(&frame);
    check_text(sealed, size, &frame);
    check_round_trip(&frame);
    return 0;
}

/* Any bytes as one Mode S frame: the decoder keeps its promises, the line of text always fits and
 * is whole, and what the encoder can send decodes to the same content. The field of a long frame is
 * read as every register, with a clue made of its other bytes. */
#include "airpicture/comm_b.h"
#include "airpicture/modes.h"
#include "airpicture/modes_detail.h"
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

static void check_text(const uint8_t *data, size_t size, const ap_modes_frame *decoded,
                       const ap_comm_b_inference *inference)
{
    uint8_t text[4096];
    ap_writer writer = ap_writer_of(text, sizeof text);
    ap_modes_line line = {
        .frame = data, .size = size, .decoded = decoded, .inference = inference
    };
    ap_modes_json(&writer, &line);
    assert(!writer.bad && writer.size < 2500);
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

static void check_details(const ap_modes_frame *frame)
{
    ap_modes_advisory advisory;
    if (ap_modes_resolution_advisory(frame, &advisory)) {
        assert((advisory.present & AP_ADVISORY_ANY) != AP_ADVISORY_ANY);
        assert(advisory.threat_range_nmi >= 0.0 && advisory.threat_range_nmi <= 12.55);
        assert(advisory.threat_bearing_deg >= 0.0 && advisory.threat_bearing_deg < 360.0);
    }
    ap_modes_status status;
    if (ap_modes_operational_status(frame, &status))
        assert(status.length_m <= 85.0 && status.antenna_aft_m <= 60.0);
    ap_modes_coarse coarse;
    if (ap_modes_coarse_tisb(frame, &coarse))
        assert(coarse.track_deg < 360.0 && coarse.cpr_latitude_17 < 131072);
}

/* Every register of these bits, and the one that they are inferred to be. */
static void check_registers(const uint8_t *bytes, const ap_modes_frame *frame)
{
    uint64_t mb = frame->mb;
    for (unsigned bds = 0; bds < 256; bds++) {
        const ap_comm_b_register *of = ap_comm_b_register_of((uint8_t)bds);
        assert(ap_comm_b_is_known((uint8_t)bds) || !ap_comm_b_is_sound((uint8_t)bds, mb));
        for (size_t i = 0; of && i < of->field_count; i++) {
            const ap_comm_b_field *field = &of->fields[i];
            ap_comm_b_value value = ap_comm_b_read(field, mb);
            assert(field->kind != AP_COMM_B_ANGLE || (value.value >= 0.0 && value.value < 360.0));
            char text[9];
            if (field->kind == AP_COMM_B_TEXT && ap_comm_b_text(field, mb, text))
                assert(value.known && text[0] != '\0' && memchr(text, '\0', sizeof text));
        }
    }
    ap_comm_b_clue clue = { .has_velocity = bytes[0] & 1,
                            .has_altitude = bytes[0] & 2,
                            .has_vertical_rate = bytes[0] & 4,
                            .has_heading = bytes[1] & 1,
                            .ground_known = bytes[1] & 2,
                            .on_ground = bytes[1] & 4,
                            .speed_kt = bytes[2] * 3.0,
                            .track_deg = bytes[3],
                            .altitude_ft = bytes[1] * 200.0 - 1000.0,
                            .supported = bytes[2] & 1 ? (uint32_t)(bytes[3] | bytes[1] << 20) : 0,
                            .confirmed = bytes[3],
                            .weak = bytes[2] & 2 ? 0x44 : 0x45,
                            .weak_count = bytes[3] & 7 };
    ap_comm_b_inference found;
    ap_comm_b_infer(mb, &clue, &found);
    double sum = 0.0;
    assert(found.count <= AP_COMM_B_CANDIDATE_CAP && (found.count > 0 || found.bds == 0));
    for (size_t i = 0; i < found.count; i++) {
        assert(ap_comm_b_is_sound(found.candidate[i].bds, mb));
        sum += (double)found.candidate[i].score;
    }
    assert(sum <= 1.000001);
    if (frame->present & AP_MODES_HAS_MB)
        check_text(bytes, AP_MODES_LONG_SIZE, frame, &found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ap_modes_frame frame;
    ap_err err = ap_modes_decode(data, size, &frame);
    if (size > 64)
        return 0;
    check_text(data, size, err == AP_OK ? &frame : NULL, NULL);
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
    check_text(sealed, size, &frame, NULL);
    check_details(&frame);
    if (size == AP_MODES_LONG_SIZE)
        check_registers(sealed, &frame);
    check_round_trip(&frame);
    return 0;
}

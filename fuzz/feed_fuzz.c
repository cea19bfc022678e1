/* Any bytes as one element of a target format: what reads is in range, what is written of it fits,
 * reads again, and says the same from then on. The first byte tells the format. */
#include "wire/feed/aircraft_json.h"
#include "wire/feed/gdl90.h"
#include "wire/feed/sbs.h"

#include <assert.h>
#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_UTC (INT64_C(1717664400) * AP_NS_PER_S)

static void check_row(const ap_aircraft_row *row)
{
    assert(row->address <= 0xFFFFFF && row->address_kind < AP_ADDRESS_KIND_COUNT);
    assert(row->squawk <= 07777 && row->source < AP_ROW_SOURCE_COUNT);
    assert(row->emergency < AP_ROW_EMERGENCY_COUNT);
    assert(fabs(row->latitude_deg) <= 90.0 && fabs(row->longitude_deg) <= 180.0);
    assert(row->track_deg >= 0.0 && row->track_deg < 360.0);
    assert(memchr(row->callsign, '\0', sizeof row->callsign));
    assert(memchr(row->registration, '\0', sizeof row->registration));
    assert(memchr(row->aircraft_type, '\0', sizeof row->aircraft_type));
    assert(((row->mlat | row->tisb) & ~row->present) == 0);
}

static ap_aircraft_row json_again(const ap_aircraft_row *row)
{
    uint8_t text[AP_AIRCRAFT_JSON_SIZE_MAX];
    ap_writer writer = ap_writer_of(text, sizeof text);
    ap_aircraft_row again;
    ap_aircraft_json_write(&writer, row, NOW_UTC);
    assert(!writer.bad);
    ap_err err = ap_aircraft_json_read(text, writer.size, NOW_UTC, &again);
    uint32_t compared = row->on_ground ? ~(uint32_t)AP_ROW_HAS_ALTITUDE : ~(uint32_t)0;
    assert(err == AP_OK && (again.present & compared) == (row->present & compared));
    writer = ap_writer_of(text, sizeof text);
    ap_row_json(&writer, row);
    assert(!writer.bad);
    return again;
}

static void fuzz_json(const uint8_t *data, size_t size)
{
    ap_aircraft_row row;
    if (ap_aircraft_json_read(data, size, NOW_UTC, &row))
        return;
    check_row(&row);
    ap_aircraft_row again = json_again(&row);
    check_row(&again);
    assert(again.altitude_ft == row.altitude_ft || row.on_ground);
    assert(again.squawk == row.squawk);
}

static void fuzz_sbs(const uint8_t *data, size_t size)
{
    uint8_t text[AP_SBS_SIZE_MAX];
    ap_writer writer = ap_writer_of(text, sizeof text);
    ap_aircraft_row row, all = { .time_utc = AP_UTC_UNKNOWN }, line;
    if (ap_sbs_read(data, size, &row))
        return;
    check_row(&row);
    ap_err err = ap_sbs_write(&writer, &row, row.time_utc);
    assert(err == AP_OK && !writer.bad);
    for (size_t at = 0; at < writer.size;) {
        const uint8_t *end = memchr(text + at, '\r', writer.size - at);
        assert(end);
        err = ap_sbs_read(text + at, (size_t)(end - text) - at, &line);
        assert(err == AP_OK);
        ap_row_merge(&all, &line);
        at = (size_t)(end - text) + 2;
    }
    /* A call sign may hold a comma or nothing that a line can say; the rest comes back. */
    uint32_t compared = ~(uint32_t)(AP_ROW_HAS_CALLSIGN | AP_ROW_HAS_GROUND);
    assert((all.present & compared) == (row.present & compared));
}

/* The message that was written, read again. */
static ap_aircraft_row gdl90_again(const ap_writer *written)
{
    uint8_t message[AP_GDL90_FRAME_MAX];
    size_t count = 0;
    ap_aircraft_row again;
    assert(written->data[0] == 0x7E && written->data[written->size - 1] == 0x7E);
    for (size_t i = 1; i + 1 < written->size; i++) {
        assert(written->data[i] != 0x7E);
        message[count++] = written->data[i] == 0x7D ? written->data[++i] ^ 0x20 : written->data[i];
    }
    assert(count > 2 &&
           ap_gdl90_crc(message, count - 2) == (message[count - 2] | message[count - 1] << 8));
    ap_err err = ap_gdl90_read(message, count - 2, &again);
    assert(err == AP_OK);
    return again;
}

static void fuzz_gdl90(const uint8_t *data, size_t size)
{
    uint8_t bytes[AP_GDL90_FRAME_MAX];
    ap_writer writer = ap_writer_of(bytes, sizeof bytes);
    ap_aircraft_row row;
    if (ap_gdl90_read(data, size, &row))
        return;
    check_row(&row);
    ap_err err = row.present & AP_ROW_HAS_POSITION ? ap_gdl90_write_target(&writer, &row)
                                                   : ap_gdl90_write_height(&writer, &row);
    bool can_be_told = row.present & (AP_ROW_HAS_POSITION | AP_ROW_HAS_HEIGHT);
    assert((err == AP_OK) == can_be_told && !writer.bad);
    if (err)
        return;
    ap_aircraft_row again = gdl90_again(&writer);
    check_row(&again);
    /* An emergency state that is none is written as no emergency. */
    assert((again.present & ~(uint32_t)AP_ROW_HAS_EMERGENCY) ==
           (row.present & ~(uint32_t)AP_ROW_HAS_EMERGENCY));
    assert(again.altitude_ft == row.altitude_ft);
    assert(again.height_ft == row.height_ft && again.ground_speed_kt == row.ground_speed_kt);
    assert(again.latitude_deg == row.latitude_deg && again.longitude_deg == row.longitude_deg);
    assert(again.on_ground == row.on_ground && again.ownship == row.ownship);
    assert(strcmp(again.callsign, row.callsign) == 0 && again.emergency == row.emergency);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 3 == 0)
        fuzz_json(data + 1, size - 1);
    else if (data[0] % 3 == 1)
        fuzz_sbs(data + 1, size - 1);
    else
        fuzz_gdl90(data + 1, size - 1);
    return 0;
}

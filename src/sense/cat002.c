/* CAT002 and CAT034: north markers and sector crossings of a radar. */
#include "airpicture/asterix/cat002.h"

#include "airpicture/asterix/cat034.h"
#include "sense/fields.h"
#include "sense/state.h"

/* Message types of I002/000 and I034/000 that tell where the antenna is. */
#define MESSAGE_NORTH 1
#define MESSAGE_SECTOR 2

static ap_verdict set_marker(const ap_sense_from *from, uint8_t message, bool has_sector,
                             uint8_t sector_turn8, bool has_tod, uint32_t tod_128th_s,
                             ap_report *report)
{
    if (message != MESSAGE_NORTH && !(message == MESSAGE_SECTOR && has_sector))
        return AP_VERDICT_SERVICE;
    /* Its own time or none: a time inherited from the last marker would tell nothing. */
    ap_sense_from here = *from;
    here.marker_utc = AP_UTC_UNKNOWN;
    ap_verdict verdict = ap_sense_set_time(&here, has_tod, tod_128th_s, report);
    if (verdict != AP_VERDICT_REPORT)
        return verdict;
    report->kind = message == MESSAGE_NORTH ? AP_REPORT_NORTH : AP_REPORT_SECTOR;
    double azimuth_rad = message == MESSAGE_NORTH ? 0.0 : ap_turn_rad(sector_turn8, 8);
    report->azimuth_rad = ap_wrap_two_pi(azimuth_rad - from->sensor->azimuth_bias_rad);
    return AP_VERDICT_MARKER;
}

ap_verdict ap_sense_cat002(const ap_sense_from *from, const ap_asterix_record *record,
                           ap_report *report)
{
    ap_cat002 message;
    ap_reader reader = ap_reader_of(record->data, record->size);
    if (ap_cat002_decode(&reader, &message))
        return AP_REFUSED_ITEM;
    return set_marker(from, message.i000, message.present & AP_CAT002_I020, message.i020_turn8,
                      message.present & AP_CAT002_I030, message.i030_128th_s, report);
}

ap_verdict ap_sense_cat034(const ap_sense_from *from, const ap_asterix_record *record,
                           ap_report *report)
{
    ap_cat034 message;
    ap_reader reader = ap_reader_of(record->data, record->size);
    if (ap_cat034_decode(&reader, &message))
        return AP_REFUSED_ITEM;
    return set_marker(from, message.i000, message.present & AP_CAT034_I020, message.i020_turn8,
                      message.present & AP_CAT034_I030, message.i030_128th_s, report);
}

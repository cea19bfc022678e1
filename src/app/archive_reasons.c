#include "app/archive_reasons.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/archive_rows.h"
#include "publish/track_columns.h"

size_t ap_archive_reasons_entries(uint32_t track_cap)
{
    size_t count = 1;
    while (count < 2 * (size_t)track_cap)
        count *= 2;
    return count;
}

void ap_archive_reasons_place(ap_archive_reasons *reasons, uint32_t track_cap, ap_id_entry *entries)
{
    *reasons = (ap_archive_reasons){
        .cap = track_cap,
        .told = { .entries = entries, .count = (uint32_t)ap_archive_reasons_entries(track_cap) }
    };
    ap_id_table_clear(&reasons->told);
}

ap_err ap_archive_reasons_init(ap_archive_reasons *reasons, uint32_t track_cap)
{
    *reasons = (ap_archive_reasons){ 0 };
    ap_id_entry *entries = malloc(ap_archive_reasons_entries(track_cap) * sizeof *entries);
    if (!entries)
        return AP_ERR_MEMORY;
    ap_archive_reasons_place(reasons, track_cap, entries);
    return AP_OK;
}

void ap_archive_reasons_close(ap_archive_reasons *reasons)
{
    free(reasons->told.entries);
    *reasons = (ap_archive_reasons){ 0 };
}

bool ap_archive_reasons_has(const ap_archive_reasons *reasons, uint32_t track_id)
{
    return ap_id_table_find(&reasons->told, track_id) != AP_ROW_NONE;
}

/* Remembers how many were told; returns how many of them are new. The tracker's counter goes back
 * by a ring when it is full. */
static uint32_t note(ap_archive_reasons *reasons, const ap_track *track)
{
    uint32_t total = track->reason_count;
    uint32_t told = ap_id_table_find(&reasons->told, track->id);
    bool known = told != AP_ROW_NONE;
    if (known && told == total && track->state != AP_TRACK_DEAD)
        return 0;
    if (known) {
        ap_id_table_remove(&reasons->told, track->id);
        reasons->count--;
    }
    if (track->state != AP_TRACK_DEAD && reasons->count < reasons->cap) {
        ap_id_table_add(&reasons->told, track->id, total);
        reasons->count++;
    }
    if (!known)
        return total;
    return total >= told ? total - told : total + AP_TRACK_REASON_CAP - told;
}

static void put_identity(const ap_track *track, char text[64])
{
    char address[24] = "", callsign[24] = "", squawk[16] = "";
    if (track->present & AP_HAS_ADDRESS)
        snprintf(address, sizeof address, " icao24=%06x", track->address & 0xffffffu);
    if (track->present & AP_HAS_CALLSIGN)
        snprintf(callsign, sizeof callsign, " callsign=%.9s", track->callsign);
    if (track->present & AP_HAS_MODE_3A)
        snprintf(squawk, sizeof squawk, " squawk=%04o", track->mode_3a & 07777u);
    char joined[64];
    snprintf(joined, sizeof joined, "%s%s%s", address, callsign, squawk);
    snprintf(text, 64, "%s", joined[0] ? joined + 1 : "");
}

static ap_row_reason row_of(const ap_sensor_table *sensors, const ap_track *track,
                            const ap_reason *reason)
{
    ap_row_reason row = { .track_id = track->id,
                          .time = reason->time_utc,
                          .reason = ap_reason_key((ap_reason_code)reason->code),
                          .text = ap_reason_text((ap_reason_code)reason->code),
                          .sensor = ap_sensor_name_of(sensors, reason->sensor),
                          .other_track_id = reason->other,
                          .existence = NAN };
    if (reason->time_utc >= track->updated_utc) {
        row.existence = track->existence;
        put_identity(track, row.identity);
    }
    return row;
}

size_t ap_archive_reasons_take(ap_archive_reasons *reasons, const ap_sensor_table *sensors,
                               const ap_track *track, ap_row_reason rows[AP_TRACK_REASON_CAP])
{
    if (!ap_archive_holds(track))
        return 0;
    uint32_t total = track->reason_count, fresh = note(reasons, track);
    fresh = fresh < total ? fresh : total;
    fresh = fresh < AP_TRACK_REASON_CAP ? fresh : AP_TRACK_REASON_CAP;
    for (uint32_t i = 0; i < fresh; i++) {
        uint32_t at = total - fresh + i;
        rows[i] = row_of(sensors, track, &track->reason[at % AP_TRACK_REASON_CAP]);
        rows[i].number = at + 1;
    }
    return fresh;
}

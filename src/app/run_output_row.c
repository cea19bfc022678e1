#include "app/run_output_row.h"

#include "airpicture/asterix.h"
#include "publish/asterix021.h"
#include "publish/track_row.h"
#include "wire/feed/sbs.h"
#include "wire/modes/beast.h"

void ap_run_output_send(ap_run_output_row *row, const uint8_t *data, size_t size, uint64_t count)
{
    if (size == 0)
        return;
    if (row->config->transport == AP_RUN_UDP)
        ap_udp_out_send(&row->way->udp, row->config->port, data, size);
    else if (!ap_stream_feed_is_heard(&row->way->feed) ||
             !ap_stream_feed_put(&row->way->feed, data, size))
        return;
    row->sent_count += count;
    row->byte_count += size;
}

/* --- frames --- */

static uint64_t ticks_of(ap_run_output_row *row, const ap_sense_heard *heard)
{
    if (heard->synthetic)
        return AP_BEAST_TICKS_SYNTHETIC;
    if (heard->has_stamp)
        return heard->stamp;
    ap_utc_ns utc = heard->receive_utc;
    if (row->day_utc == AP_UTC_UNKNOWN)
        row->day_utc = utc - (utc % AP_NS_PER_DAY + AP_NS_PER_DAY) % AP_NS_PER_DAY;
    int64_t ns = utc - row->day_utc;
    return (uint64_t)(ns / AP_NS_PER_S * 12000000 + (ns % AP_NS_PER_S * 12 + 500) / 1000);
}

static void write_extensions(ap_run_output_row *row, ap_writer *bytes, const ap_sense_heard *heard)
{
    ap_utc_ns ms = heard->receive_utc / AP_NS_PER_MS;
    const ap_receiver *receiver = &row->engine->receivers.rows[heard->receiver];
    if (ms != row->told_ms)
        ap_beast_write_time(bytes, heard->receive_utc);
    row->told_ms = ms;
    if (receiver->has_id)
        ap_beast_write_receiver(bytes, receiver->id);
}

void ap_run_output_beast(ap_run_output_row *row, ap_writer *bytes, const ap_sense_heard *heard)
{
    if (heard->synthetic && !row->config->mlat)
        return;
    if (row->config->extended)
        write_extensions(row, bytes, heard);
    (void)ap_beast_write(bytes, heard->frame, heard->size, ticks_of(row, heard),
                         heard->signal >= 0 ? (uint8_t)heard->signal : 0);
}

void ap_run_output_avr(ap_run_output_row *row, ap_writer *text, const ap_sense_heard *heard)
{
    if (heard->synthetic && !row->config->mlat)
        return;
    if (row->config->extended)
        (void)ap_avr_write_timed(text, heard->frame, heard->size, ticks_of(row, heard), -1);
    else
        (void)ap_avr_write(text, heard->frame, heard->size);
}

/* --- tracks --- */

/* What of a track is new since it was told last. */
static uint32_t news_of(ap_run_output_told *told, const ap_track *track)
{
    if (told->id != track->id)
        *told = (ap_run_output_told){ .id = track->id,
                                      .updated_utc = AP_UTC_UNKNOWN,
                                      .callsign_utc = AP_UTC_UNKNOWN,
                                      .mode_3a_utc = AP_UTC_UNKNOWN };
    uint32_t old = 0;
    if (track->updated_utc <= told->updated_utc)
        old |= ~(uint32_t)(AP_ROW_HAS_ADDRESS | AP_ROW_HAS_CALLSIGN | AP_ROW_HAS_SQUAWK);
    if (track->callsign_utc <= told->callsign_utc)
        old |= AP_ROW_HAS_CALLSIGN;
    if (track->mode_3a_utc <= told->mode_3a_utc)
        old |= AP_ROW_HAS_SQUAWK;
    told->updated_utc = track->updated_utc;
    told->callsign_utc = track->callsign_utc;
    told->mode_3a_utc = track->mode_3a_utc;
    return ~old;
}

static uint64_t count_lines(const ap_writer *text)
{
    uint64_t count = 0;
    for (size_t i = 0; i < text->size; i++)
        count += text->data[i] == '\n';
    return count;
}

uint64_t ap_run_output_sbs(ap_run_output_row *row, ap_writer *text, const ap_track_event *event,
                           const ap_track *track)
{
    bool is_told = event->kind == AP_EVENT_CONFIRMED || event->kind == AP_EVENT_UPDATED;
    if (!is_told || track->number == 0 || !ap_track_filter_passes(&row->filter, track))
        return 0;
    ap_aircraft_row aircraft = ap_row_of_track(track, false);
    ap_run_output_told *told = row->mem;
    aircraft.present &= news_of(&told[track->number], track);
    if (!(aircraft.present & ~(uint32_t)AP_ROW_HAS_ADDRESS))
        return 0;
    (void)ap_sbs_write(text, &aircraft, event->time_utc); /* writes nothing without the address */
    return count_lines(text);
}

/* --- reports --- */

static bool is_squitter(const ap_run_output_row *row, const ap_report *report)
{
    return report->kind == AP_REPORT_TARGET && !(report->flags & AP_FLAG_SECONDARY) &&
           row->engine->sensors.sensor[report->sensor].kind == AP_SENSOR_ADSB;
}

void ap_run_output_cat021(ap_run_output_row *row, const ap_report *report)
{
    ap_cat021 record;
    if (!is_squitter(row, report))
        return;
    if (ap_asterix021_from_report(row->config->sac, row->config->sic, report, &record)) {
        row->refused_count++;
        return;
    }
    for (int attempt = 0; attempt < 2; attempt++) {
        ap_writer block = ap_writer_of(row->block, sizeof row->block);
        block.size = row->block_size;
        if (block.size == 0)
            (void)ap_asterix_block_open(&block, 21);
        if (ap_cat021_encode(&block, &record) == AP_OK) {
            row->block_size = block.size;
            row->block_count++;
            return;
        }
        ap_run_output_cat021_end(row); /* full: the record begins the next */
    }
    row->refused_count++;
}

void ap_run_output_cat021_end(ap_run_output_row *row)
{
    if (row->block_size == 0)
        return;
    ap_writer block = ap_writer_of(row->block, sizeof row->block);
    block.size = row->block_size;
    if (ap_asterix_block_close(&block, 0) == AP_OK)
        ap_run_output_send(row, block.data, block.size, row->block_count);
    row->block_size = 0;
    row->block_count = 0;
}

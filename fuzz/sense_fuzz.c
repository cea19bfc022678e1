/* Any datagrams and frames, at any times: reports are sound, receive times never go back, and every
 * record ends in exactly one counter.
 *
 * Input: pieces of [kind and input][size][time step][bytes]. Kind bit 0: Mode S, sealed when bit 1
 * is set, so that frames get past the parity. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "airpicture/modes.h"
#include "sense/sense.h"

#define SENSOR_CAP 6
#define INPUT_CAP 2
#define START (INT64_C(1700000000) * AP_NS_PER_S)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct watcher {
    ap_utc_ns receive_utc;
    uint64_t target_count;
} watcher;

static void take_report(void *context, const ap_report *report)
{
    watcher *on = context;
    assert(ap_report_is_sound(report));
    assert(report->receive_utc >= on->receive_utc);
    assert(report->sensor < SENSOR_CAP);
    on->receive_utc = report->receive_utc;
    on->target_count += report->kind == AP_REPORT_TARGET;
}

static void feed_modes(ap_sense *sense, uint16_t input, ap_utc_ns utc, const uint8_t *bytes,
                       size_t size, int seal)
{
    uint8_t frame[AP_MODES_LONG_SIZE] = { 0 };
    size_t frame_size = size > 7 ? AP_MODES_LONG_SIZE : AP_MODES_SHORT_SIZE;
    memcpy(frame, bytes, size < frame_size ? size : frame_size);
    if (seal) {
        frame[1] &= 1; /* few addresses, so that they meet */
        frame[2] = 0;
        frame[3] &= 3;
        ap_modes_seal(frame, frame_size, frame[0] >> 3 >= 17 || frame[0] >> 3 == 11 ? 0 : 1);
    }
    ap_sense_modes(sense, input, utc, frame, frame_size, -1);
}

static void feed(ap_sense *sense, const uint8_t *data, size_t size)
{
    ap_utc_ns utc = START;
    for (size_t at = 0; at + 3 <= size;) {
        uint8_t kind = data[at];
        size_t piece_size = data[at + 1];
        utc += (data[at + 2] - 16) * (AP_NS_PER_S / 8);
        at += 3;
        if (piece_size > size - at)
            piece_size = size - at;
        uint16_t input = kind >> 2 & 1;
        /* A copy of its own size, so that reading past it is seen. */
        uint8_t *piece = malloc(piece_size + !piece_size);
        memcpy(piece, data + at, piece_size);
        if (kind & 1)
            feed_modes(sense, input, utc, piece, piece_size, kind & 2);
        else
            ap_sense_asterix(sense, input, utc, piece, piece_size);
        free(piece);
        at += piece_size;
    }
}

static void check(const ap_sensor_table *table, const watcher *on)
{
    uint64_t report_count = 0;
    for (uint16_t i = 0; i < table->count; i++) {
        const ap_sensor_stats *stats = &table->stats[i];
        uint64_t ended = stats->report_count + stats->service_count;
        for (int reason = AP_REFUSED_SENSOR_UNKNOWN; reason <= AP_REFUSED_TEST_TARGET; reason++)
            ended += stats->refused.count[reason];
        if (table->sensor[i].has_sac_sic)
            assert(ended + stats->refused.count[AP_REFUSED_ITEM] >= stats->record_count);
        else /* Mode S: each frame ends in one counter */
            assert(stats->report_count + stats->service_count +
                       ap_refusals_total(&stats->refused) ==
                   stats->block_count);
        assert(table->sensor[i].name[0]);
        report_count += stats->report_count;
    }
    assert(report_count == on->target_count);
}

static void describe(ap_sensor_table *table)
{
    ap_sensor radar = { .name = "radar",
                        .described = true,
                        .has_sac_sic = true,
                        .sac = 1,
                        .sic = 1,
                        .input = AP_INPUT_NONE };
    ap_sensor receiver = { .name = "receiver", .described = true, .input = 0 };
    ap_sensor_defaults(&radar, AP_SENSOR_COMBINED);
    ap_sensor_defaults(&receiver, AP_SENSOR_ADSB);
    uint16_t index;
    assert(ap_sensor_place(&radar, (ap_geodetic){ 0.9, 0.1, 100 }) == AP_OK);
    assert(ap_sensor_place(&receiver, (ap_geodetic){ 0.9, 0.1, 100 }) == AP_OK);
    assert(ap_sensor_add(table, &radar, &index) == AP_OK);
    assert(ap_sensor_add(table, &receiver, &index) == AP_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t mem[4 * 1024 * 1024];
    ap_sensor sensors[SENSOR_CAP];
    ap_sensor_stats stats[SENSOR_CAP];
    ap_sensor_table table = { .sensor = sensors, .stats = stats, .cap = SENSOR_CAP };
    ap_asterix_editions editions;
    ap_asterix_editions_default(&editions);
    watcher on = { .receive_utc = INT64_MIN };
    ap_sense_config config = { .sensors = &table,
                               .input_cap = INPUT_CAP,
                               .aircraft_cap = 64,
                               .editions = &editions,
                               .on_report = take_report,
                               .context = &on };
    ap_sense sense;
    assert(ap_sense_init(&sense, &config, mem, sizeof mem) == AP_OK);
    describe(&table);
    feed(&sense, data, size);
    ap_sense_flush(&sense);
    check(&table, &on);
    return 0;
}

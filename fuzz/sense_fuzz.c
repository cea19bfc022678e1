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
#define NAMED_CAP 3
#define START (INT64_C(1700000000) * AP_NS_PER_S)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct watcher {
    ap_utc_ns receive_utc;
    uint64_t target_count;
    uint64_t witness_count, first_count;
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

/* Copies come behind their first hearing, from another receiver, never alone. */
static void take_witness(void *context, const ap_witness *witness)
{
    watcher *on = context;
    assert(witness->squitter > 0);
    assert(witness->receiver < INPUT_CAP + NAMED_CAP && witness->sensor < SENSOR_CAP);
    assert(witness->size == AP_MODES_SHORT_SIZE || witness->size == AP_MODES_LONG_SIZE);
    on->witness_count += witness->number > 0;
    on->first_count += witness->number == 0;
}

static void feed_modes(ap_sense *sense, uint16_t receiver, ap_utc_ns utc, const uint8_t *bytes,
                       size_t size, uint8_t kind)
{
    uint8_t frame[AP_MODES_LONG_SIZE] = { 0 };
    size_t frame_size = size > 7 ? AP_MODES_LONG_SIZE : AP_MODES_SHORT_SIZE;
    memcpy(frame, bytes, size < frame_size ? size : frame_size);
    if (kind & 2) {
        frame[1] &= 1; /* few addresses, so that they meet */
        frame[2] = 0;
        frame[3] &= 3;
        ap_modes_seal(frame, frame_size, frame[0] >> 3 >= 17 || frame[0] >> 3 == 11 ? 0 : 1);
    }
    ap_sense_heard heard = { .frame = frame,
                             .size = frame_size,
                             .receiver = receiver,
                             .receive_utc = utc,
                             .has_stamp = kind & 64,
                             .stamp = (uint64_t)utc,
                             .synthetic = (kind & 192) == 128,
                             .multilaterated = (kind & 224) == 160,
                             .signal = (int16_t)(kind - 1) };
    ap_sense_modes(sense, &heard);
}

static void feed(ap_sense *sense, ap_receiver_table *receivers, const uint8_t *data, size_t size)
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
        uint8_t id = kind >> 3 & 7; /* more than there is room for */
        uint16_t receiver = ap_receiver_of(receivers, input, id > 0, id);
        if (kind & 1)
            feed_modes(sense, receiver, utc, piece, piece_size, kind);
        else
            ap_sense_asterix(sense, input, utc, piece, piece_size);
        free(piece);
        at += piece_size;
    }
}

static void check(const ap_sensor_table *table, const watcher *on)
{
    uint64_t report_count = 0, witness_count = 0;
    for (uint16_t i = 0; i < table->count; i++) {
        const ap_sensor_stats *stats = &table->stats[i];
        uint64_t ended = stats->report_count + stats->service_count;
        for (int reason = AP_REFUSED_SENSOR_UNKNOWN; reason <= AP_REFUSED_TEST_TARGET; reason++)
            ended += stats->refused.count[reason];
        if (table->sensor[i].has_sac_sic)
            assert(ended + stats->refused.count[AP_REFUSED_ITEM] >= stats->record_count);
        else /* Mode S: each frame ends in one counter */
            assert(stats->report_count + stats->service_count + stats->witness_count +
                       ap_refusals_total(&stats->refused) ==
                   stats->block_count);
        assert(table->sensor[i].name[0]);
        report_count += stats->report_count;
        witness_count += stats->witness_count;
    }
    assert(report_count == on->target_count);
    assert(witness_count == on->witness_count);
    assert(on->first_count <= on->witness_count);
}

static void check_receivers(const ap_receiver_table *receivers)
{
    for (uint16_t i = 0; i < receivers->count; i++) {
        const ap_receiver_stats *stats = &receivers->rows[i].stats;
        double loss = ap_receiver_loss(stats);
        assert(!(loss < 0.0) && !(loss > 1.0));
        assert(stats->damaged_count <= stats->frame_count);
        assert(stats->witness_count <= stats->frame_count);
        assert(ap_receiver_rate_ps(stats, stats->last_utc) >= 0.0);
    }
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
    static uint8_t mem[16 * 1024 * 1024];
    ap_sensor sensors[SENSOR_CAP];
    ap_sensor_stats stats[SENSOR_CAP];
    ap_sensor_table table = { .sensor = sensors, .stats = stats, .cap = SENSOR_CAP };
    ap_asterix_editions editions;
    ap_asterix_editions_default(&editions);
    watcher on = { .receive_utc = INT64_MIN };
    static uint8_t receiver_mem[16 * 1024];
    ap_receiver_table receivers;
    describe(&table);
    assert(ap_receiver_table_init(&receivers, &table, INPUT_CAP, NAMED_CAP, receiver_mem,
                                  sizeof receiver_mem) == AP_OK);
    ap_sense_config config = { .sensors = &table,
                               .receivers = &receivers,
                               .input_cap = INPUT_CAP,
                               .aircraft_cap = 64,
                               .editions = &editions,
                               .on_report = take_report,
                               .on_witness = take_witness,
                               .context = &on };
    ap_sense sense;
    assert(ap_sense_init(&sense, &config, mem, sizeof mem) == AP_OK);
    feed(&sense, &receivers, data, size);
    ap_sense_flush(&sense);
    check(&table, &on);
    check_receivers(&receivers);
    return 0;
}

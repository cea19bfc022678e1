/* ASTERIX datagrams to reports: whose record it is, when it was, what becomes of it. */
#include <math.h>

#include "sense/cat021_early.h"
#include "sense/fields.h"
#include "sense/pace.h"
#include "sense/state.h"

typedef ap_verdict (*category_reader)(const ap_sense_from *from, const ap_asterix_record *record,
                                      ap_report *report);

/* What a category is to this stage. */
typedef struct category_row {
    uint8_t category;
    ap_sensor_kind kind;    /* of a source that no one has described */
    category_reader reader; /* NULL: service records only */
} category_row;

static const category_row categories[] = {
    { 1, AP_SENSOR_SSR, ap_sense_cat001 },
    { 2, AP_SENSOR_SSR, ap_sense_cat002 },
    { 10, AP_SENSOR_SMR, ap_sense_cat010 },
    { 19, AP_SENSOR_MLAT, NULL },
    { 20, AP_SENSOR_MLAT, ap_sense_cat020 },
    { 21, AP_SENSOR_ADSB, ap_sense_cat021 },
    { 23, AP_SENSOR_ADSB, NULL },
    { 34, AP_SENSOR_COMBINED, ap_sense_cat034 },
    { 48, AP_SENSOR_COMBINED, ap_sense_cat048 },
    { 62, AP_SENSOR_TRACKER, ap_sense_cat062 },
    { 63, AP_SENSOR_TRACKER, NULL },
    { 65, AP_SENSOR_TRACKER, NULL },
};

/* Every other category with a definition: weather, alerts, video, editions. */
static const category_row other_category = { 0, AP_SENSOR_UNKNOWN, NULL };

static const category_row *row_of(uint8_t category)
{
    for (size_t i = 0; i < sizeof categories / sizeof categories[0]; i++)
        if (categories[i].category == category)
            return &categories[i];
    return &other_category;
}

/* The typed decoders know the newest edition. A record walked with another one is read only if it
 * has the same length in both: then the items it holds are laid out alike. */
static bool reads_as_newest(const ap_asterix_spec *newest, const ap_asterix_record *record)
{
    if (record->spec == newest)
        return true;
    size_t size;
    ap_asterix_fault fault;
    return newest && !ap_asterix_walk(newest, record->data, record->size, &size, &fault) &&
           size == record->size;
}

/* --- time and place -------------------------------------------------------------------------- */

static void set_utc(const ap_sense_from *from, ap_utc_ns utc, ap_report *report)
{
    report->time_utc = ap_utc_add_s(utc, -from->sensor->latency_s);
}

/* The time of a record without one. */
static ap_verdict inherit_time(const ap_sense_from *from, ap_report *report)
{
    if (from->receive_utc == AP_UTC_UNKNOWN)
        return AP_REFUSED_TIME_MISSING;
    bool fresh =
        from->marker_utc != AP_UTC_UNKNOWN &&
        fabs(ap_seconds_between(from->marker_utc, from->receive_utc)) <= from->sensor->turn_s;
    set_utc(from, fresh ? from->marker_utc : from->receive_utc, report);
    return AP_VERDICT_REPORT;
}

static ap_verdict verdict_of_time(ap_err err)
{
    return err == AP_ERR_RANGE ? AP_REFUSED_TIME_RANGE : AP_REFUSED_TIME_MISSING;
}

ap_verdict ap_sense_set_time(const ap_sense_from *from, bool has_tod, uint32_t tod_128th_s,
                             ap_report *report)
{
    if (!has_tod)
        return inherit_time(from, report);
    ap_utc_ns utc;
    ap_err err = ap_utc_from_tod(from->receive_utc, tod_128th_s, &utc);
    if (err)
        return verdict_of_time(err);
    set_utc(from, utc, report);
    return AP_VERDICT_REPORT;
}

ap_verdict ap_sense_set_time_512(const ap_sense_from *from, bool has_tod, uint16_t tod_128th_s,
                                 ap_report *report)
{
    if (!has_tod)
        return inherit_time(from, report);
    ap_utc_ns utc;
    ap_err err = ap_utc_from_tod_512(from->receive_utc, tod_128th_s, &utc);
    if (err)
        return verdict_of_time(err);
    set_utc(from, utc, report);
    return AP_VERDICT_REPORT;
}

ap_verdict ap_sense_set_plot_place(const ap_sense_plot_place *place, const ap_sensor *sensor,
                                   ap_report *report)
{
    bool ok;
    if (place->has_polar)
        ok = ap_sense_set_polar(report, sensor, place->range_m, place->azimuth_rad);
    else if (place->has_local)
        ok = ap_sense_set_local(report, sensor, place->east_m, place->north_m,
                                sensor->position_sigma_m);
    else
        return AP_REFUSED_POSITION_MISSING;
    return ok ? AP_VERDICT_REPORT : (ap_verdict)AP_REFUSED_POSITION_RANGE;
}

/* --- records --------------------------------------------------------------------------------- */

/* One datagram on its way through. */
typedef struct datagram {
    struct ap_sense_state *state;
    ap_sense_input *from;
    uint16_t input;
    ap_utc_ns receive_utc;
    uint16_t sensor; /* of the last good record; AP_SENSOR_NONE */
} datagram;

/* A record with a time of day is never sent twice: its second coming is a copy, whichever way it
 * took. */
static bool is_copy(const datagram *of, const ap_asterix_record *record)
{
    const ap_asterix_glance *glance = &record->glance;
    if (!glance->has_tod && !glance->has_tod_512)
        return false;
    uint32_t source =
        1u << 24 | (uint32_t)record->category << 16 | (uint32_t)glance->sac << 8 | glance->sic;
    return ap_echo_anywhere(&of->state->echoes, ap_echo_hash(source, record->data, record->size),
                            of->input, of->receive_utc);
}

static ap_verdict read_record(const datagram *of, const ap_asterix_record *record,
                              ap_report *report)
{
    const category_row *row = row_of(record->category);
    if (is_copy(of, record))
        return AP_REFUSED_DUPLICATE;
    if (!row->reader)
        return AP_VERDICT_SERVICE;
    if (!ap_sense_is_early_021(record->spec) &&
        !reads_as_newest(of->state->newest[record->category], record))
        return AP_REFUSED_ITEM;
    *report = (ap_report){ .kind = AP_REPORT_TARGET, .sensor = of->sensor };
    ap_sense_from from = { .sensor = &of->state->config.sensors->sensor[of->sensor],
                           .receive_utc = of->receive_utc,
                           .marker_utc = of->state->sources[of->sensor].marker_utc };
    return row->reader(&from, record, report);
}

static void take_record(datagram *of, const ap_asterix_record *record)
{
    if (!record->glance.has_source) {
        of->sensor = AP_SENSOR_NONE;
        ap_refuse(&of->from->refused, AP_REFUSED_SENSOR_UNKNOWN);
        return;
    }
    of->sensor = ap_sense_sensor_of_codes(of->state, of->input, record->glance.sac,
                                          record->glance.sic, row_of(record->category)->kind);
    if (of->sensor == AP_SENSOR_NONE) {
        ap_refuse(&of->from->refused, AP_REFUSED_SENSOR_TABLE_FULL);
        return;
    }
    ap_sensor_stats *stats = &of->state->config.sensors->stats[of->sensor];
    if (record->block_start) {
        stats->block_count++;
        stats->byte_count += record->block_size;
    }
    stats->record_count++;
    ap_report report;
    ap_verdict verdict = read_record(of, record, &report);
    if (verdict >= 0) {
        ap_refuse(&stats->refused, (ap_refusal)verdict);
        return;
    }
    if (verdict != AP_VERDICT_REPORT)
        stats->service_count++;
    if (verdict == AP_VERDICT_MARKER)
        of->state->sources[of->sensor].marker_utc = report.time_utc;
    if (verdict == AP_VERDICT_SERVICE)
        return;
    ap_sense_emit(of->state, &report);
    ap_pace_take(&stats->pace, of->state->config.sensors->sensor[of->sensor].kind, &report);
}

/* A fault behind a good record of its block belongs to that record's source. */
static void count_fault(const datagram *of, ap_err err, const ap_asterix_fault *fault)
{
    bool sourced = err == AP_ERR_MALFORMED && fault->record > 0 && of->sensor != AP_SENSOR_NONE;
    ap_refuse(sourced ? &of->state->config.sensors->stats[of->sensor].refused : &of->from->refused,
              fault->reason);
}

void ap_sense_asterix(ap_sense *sense, uint16_t input, ap_utc_ns receive_utc, const uint8_t *data,
                      size_t size)
{
    struct ap_sense_state *state = sense->state;
    ap_sense_input *from = ap_sense_enter(state, input, receive_utc);
    if (!from)
        return;
    datagram of = { state, from, input, receive_utc, AP_SENSOR_NONE };
    ap_asterix_cursor cursor = ap_asterix_cursor_of(state->config.editions, data, size);
    ap_asterix_record record;
    ap_asterix_fault fault;
    ap_err err;
    while ((err = ap_asterix_cursor_next(&cursor, &record, &fault)) != AP_ERR_END) {
        if (err)
            count_fault(&of, err, &fault);
        else
            take_record(&of, &record);
    }
    ap_refuse_many(&from->refused, AP_REFUSED_GARBAGE_BYTES, cursor.skipped_size);
}

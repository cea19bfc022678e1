#include "app/evaluate_nis.h"

#include <inttypes.h>

#include "app/evaluate_json_parts.h"
#include "score/summary.h"

/* One sensor's, of one dimension; which, goes up from 0. False behind the last. */
typedef struct nis_row {
    const char *sensor;
    ap_nees_summary nis;
} nis_row;

static bool next_row(const ap_samples *tracks, uint32_t *which, nis_row *row)
{
    uint32_t end = ((uint32_t)tracks->sensor_count + 1) * AP_SAMPLES_NIS_DIMENSIONS;
    for (; *which < end; ++*which) {
        uint32_t sensor = *which / AP_SAMPLES_NIS_DIMENSIONS;
        uint32_t dimensions = *which % AP_SAMPLES_NIS_DIMENSIONS + 1;
        ap_samples_nis sums = ap_samples_nis_of(tracks, sensor, dimensions);
        if (sums.count == 0)
            continue;
        row->sensor = sensor ? tracks->sensor[sensor - 1] : "-";
        row->nis = ap_nees_of(sums.count, dimensions, sums.sum);
        ++*which;
        return true;
    }
    return false;
}

static const char *verdict_of(const ap_nees_summary *nis)
{
    return nis->mean < nis->lower ? "low" : nis->mean > nis->upper ? "high" : "within";
}

void ap_evaluate_nis_print(const ap_samples *tracks, FILE *out)
{
    nis_row row;
    uint32_t which = 0;
    bool any = false;
    for (; next_row(tracks, &which, &row); any = true) {
        if (!any)
            fputs("\nNIS by sensor, with the bounds of an honest filter's mean (95 %)\n", out);
        fprintf(out, "  %-16s %8.3f  %.3f to %.3f, %s; %" PRIu32 " dimensions, n %" PRIu64 "\n",
                row.sensor, row.nis.mean, row.nis.lower, row.nis.upper, verdict_of(&row.nis),
                row.nis.dimension, row.nis.count);
    }
    if (!any)
        fprintf(out, "  %-34s %15s\n", "NIS (replay --innovations)", "no data");
    if (tracks->nis_refused_count)
        fprintf(out,
                "  %" PRIu64 " values of nis are left out; expected 0 or more, with nis_dimensions "
                "of 1 to %u\n",
                tracks->nis_refused_count, AP_SAMPLES_NIS_DIMENSIONS);
}

void ap_evaluate_nis_json(ap_long_text *text, const ap_samples *tracks)
{
    nis_row row;
    uint32_t which = 0;
    bool first = true;
    ap_text_str(&text->text, "[");
    for (; next_row(tracks, &which, &row); first = false) {
        ap_long_text_room(text, AP_PART_ROOM);
        ap_text_str(&text->text, first ? "" : ",");
        ap_json_object o = ap_json_open(&text->text);
        ap_json_member_str(&o, "sensor", row.sensor);
        ap_json_member_u64(&o, "dimensions", row.nis.dimension);
        ap_json_member_u64(&o, "count", row.nis.count);
        ap_part_number(&o, "mean", row.nis.mean, 4);
        ap_part_number(&o, "low", row.nis.lower, 4);
        ap_part_number(&o, "high", row.nis.upper, 4);
        ap_json_member_str(&o, "result", verdict_of(&row.nis));
        ap_json_close(&o);
    }
    ap_text_str(&text->text, "]");
}

/* The recorded flight, 71,939 frames, through framer and sense: every position that another decoder
 * gives must come out, with the time of its frame, to 0.1 m. */
#include "sense/sense.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wire/framer.h"
#include "wire/modes/test_data.h"

#define FRAME_CAP 80000
#define START_UTC (INT64_C(1717664319147975) * 1000) /* of the first frame, from the reference */

typedef struct flight {
    size_t frame_count;
    ap_utc_ns utc[FRAME_CAP];
    uint32_t address[FRAME_CAP];
    bool has_position[FRAME_CAP], placed[FRAME_CAP];
    uint8_t bds[FRAME_CAP]; /* register that a report's fields come from; 0: none */
    bool is_comm_b[FRAME_CAP];
    uint8_t inferred[FRAME_CAP]; /* register of a Comm-B reply; 0: not told */
    uint64_t mb[FRAME_CAP];
    float least_score; /* of a register that was named */
    double latitude_deg[FRAME_CAP], longitude_deg[FRAME_CAP];
    uint64_t report_count, strange_count; /* strange: a position that no frame was received for */
    ap_utc_ns receive_utc;
    bool went_back;
} flight;

/* Index of the position frame of the address at this time. */
static size_t frame_at(const flight *of, ap_utc_ns utc, uint32_t address)
{
    for (size_t i = of->frame_count; i-- > 0 && of->utc[i] >= utc;)
        if (of->utc[i] == utc && of->address[i] == address && of->has_position[i])
            return i;
    return FRAME_CAP;
}

/* The register that the fields of a report can only come from. */
static uint8_t register_of(const ap_report *report)
{
    if (report->present & (AP_HAS_ROLL | AP_HAS_TRACK_RATE | AP_HAS_TRUE_AIRSPEED))
        return 0x50;
    if (report->present & (AP_HAS_HEADING | AP_HAS_INDICATED_AIRSPEED | AP_HAS_MACH))
        return 0x60;
    return report->present & AP_HAS_SELECTED_ALTITUDE ? 0x40 : 0;
}

static void take_report(void *context, const ap_report *report)
{
    flight *of = context;
    of->report_count++;
    assert_true(ap_report_is_sound(report));
    of->went_back = of->went_back || report->receive_utc < of->receive_utc;
    of->receive_utc = report->receive_utc;
    if (report->flags & AP_FLAG_ADDRESS_UNCHECKED) /* a reply: reported at once */
        of->bds[of->frame_count - 1] = register_of(report);
    if (!(report->present & AP_HAS_POSITION))
        return;
    size_t i = frame_at(of, report->time_utc, report->address);
    if (i == FRAME_CAP) {
        of->strange_count++;
        return;
    }
    of->placed[i] = true;
    of->latitude_deg[i] = report->latitude_rad / AP_RAD_PER_DEG;
    of->longitude_deg[i] = report->longitude_rad / AP_RAD_PER_DEG;
}

static void feed_frame(flight *of, ap_sense *sense, const ap_frame *frame)
{
    size_t i = of->frame_count++;
    assert_true(i < FRAME_CAP);
    assert_int_equal(frame->time_kind, AP_FRAME_TIME_TICKS);
    /* The first tick is 12,000,000: see where the recording was made from. */
    of->utc[i] = START_UTC + (int64_t)((frame->ticks_12mhz - 12000000) * 250 / 3);
    of->address[i] =
        (uint32_t)frame->data[1] << 16 | (uint32_t)frame->data[2] << 8 | frame->data[3];
    unsigned df = frame->data[0] >> 3, type_code = frame->data[4] >> 3;
    of->has_position[i] =
        df == 17 && ((type_code >= 5 && type_code <= 18) || (type_code >= 20 && type_code <= 22));
    ap_sense_heard heard = { .frame = frame->data,
                             .size = frame->size,
                             .receive_utc = of->utc[i],
                             .signal = frame->signal };
    ap_sense_modes(sense, &heard);
    const ap_comm_b_inference *found = ap_sense_last_register(sense);
    of->is_comm_b[i] = df == 20 || df == 21;
    of->inferred[i] = found ? found->bds : 0;
    for (size_t k = 4; k < 11 && of->is_comm_b[i]; k++)
        of->mb[i] = of->mb[i] << 8 | frame->data[k];
    of->least_score =
        of->inferred[i] != 0 ? fminf(of->least_score, found->candidate[0].score) : of->least_score;
}

static void feed(flight *of, ap_sense *sense, FILE *file, const ap_asterix_editions *editions)
{
    ap_framer framer;
    void *mem = malloc(AP_FRAMER_SIZE);
    assert_int_equal(ap_framer_init(&framer, AP_FORMAT_BEAST, editions, mem, AP_FRAMER_SIZE),
                     AP_OK);
    for (size_t n = 1; n > 0;) {
        uint8_t *space;
        size_t cap = ap_framer_space(&framer, &space);
        n = fread(space, 1, cap, file);
        ap_framer_commit(&framer, n);
        ap_frame frame;
        while (ap_framer_next(&framer, &frame) == AP_OK)
            feed_frame(of, sense, &frame);
    }
    free(mem);
}

typedef struct score {
    size_t reference_count, missing_count, wrong_count, extra_count;
    double worst_m;
    size_t register_count, register_same_count, register_other_count; /* Comm-B: 4,0 5,0 6,0 */
    /* All Comm-B replies: named by the reference, the same here; named otherwise or by us alone;
     * by the reference alone; by neither; among the latter with nothing in them. */
    size_t comm_b_count, named_count, same_count, other_count, ours_count[256], missed_count;
    size_t unnamed_count, empty_count;
    double worst_5_1_m;
} score;

/* Column `wanted` of a line of comma-separated values, from 0. */
static const char *column(const char *line, int wanted)
{
    for (bool quoted = false; wanted > 0; line++) {
        quoted = quoted != (*line == '"');
        wanted -= *line == ',' && !quoted;
    }
    return line;
}

/* `text`: "4,0", with its quotes. */
static void compare_register(uint8_t bds, const char *text, score *out)
{
    static const char *const names[] = { "\"4,0\"", "\"5,0\"", "\"6,0\"" };
    uint8_t expected = 0;
    for (size_t i = 0; i < 3; i++)
        if (strncmp(text, names[i], 5) == 0)
            expected = (uint8_t)(0x40 + 0x10 * i);
    out->register_count += expected != 0;
    out->register_same_count += expected != 0 && bds == expected;
    out->register_other_count += bds != 0 && bds != expected;
}

/* `text`: "4,0", with its quotes, or nothing. */
static uint8_t bds_of(const char *text)
{
    unsigned high, low;
    return sscanf(text, "\"%1x,%1x\"", &high, &low) == 2 ? (uint8_t)(high << 4 | low) : 0;
}

static void compare_name(const flight *of, size_t i, uint8_t expected, score *out)
{
    uint8_t ours = of->inferred[i];
    out->comm_b_count++;
    out->named_count += expected != 0;
    out->same_count += expected != 0 && ours == expected;
    out->missed_count += expected != 0 && ours == 0;
    out->other_count += expected != 0 && ours != 0 && ours != expected;
    out->unnamed_count += expected == 0 && ours == 0;
    out->empty_count += expected == 0 && ours == 0 && of->mb[i] == 0;
    if (expected == 0)
        out->ours_count[ours]++;
}

/* 5,1 is a position: it must be near the last one of the squitters. */
static void check_5_1(const flight *of, size_t i, ap_geodetic last, score *out)
{
    ap_comm_b_value latitude_deg = ap_comm_b_value_of(0x51, AP_BDS_5_1_LATITUDE_DEG, of->mb[i]);
    ap_comm_b_value longitude_deg = ap_comm_b_value_of(0x51, AP_BDS_5_1_LONGITUDE_DEG, of->mb[i]);
    assert_true(latitude_deg.known && longitude_deg.known);
    ap_geodetic here = { latitude_deg.value * AP_RAD_PER_DEG, longitude_deg.value * AP_RAD_PER_DEG,
                         0 };
    out->worst_5_1_m = fmax(out->worst_5_1_m, ap_distance_m(here, last));
}

static score compare(const flight *of, FILE *reference)
{
    score out = { 0 };
    char line[4096];
    ap_geodetic last = { 0 };
    assert_non_null(fgets(line, sizeof line, reference)); /* names */
    for (size_t i = 0; i < of->frame_count && fgets(line, sizeof line, reference); i++) {
        assert_int_equal(strtoul(line, NULL, 10), i);
        compare_register(of->bds[i], column(line, 5), &out);
        if (of->is_comm_b[i])
            compare_name(of, i, bds_of(column(line, 5)), &out);
        if (of->inferred[i] == 0x51)
            check_5_1(of, i, last, &out);
        const char *latitude = column(line, 9), *longitude = column(line, 10);
        bool expected = *latitude != ',';
        out.reference_count += expected;
        out.missing_count += expected && !of->placed[i];
        out.extra_count += !expected && of->placed[i];
        if (!expected || !of->placed[i])
            continue;
        ap_geodetic here = { of->latitude_deg[i] * AP_RAD_PER_DEG,
                             of->longitude_deg[i] * AP_RAD_PER_DEG, 0 };
        ap_geodetic there = { strtod(latitude, NULL) * AP_RAD_PER_DEG,
                              strtod(longitude, NULL) * AP_RAD_PER_DEG, 0 };
        last = there;
        double error_m = ap_distance_m(here, there);
        out.wrong_count += !(error_m <= 0.1);
        out.worst_m = fmax(out.worst_m, error_m);
    }
    return out;
}

static ap_sensor_stats stats[2];

static bool run(const ap_sensor *receiver, score *result)
{
    FILE *recording = ap_test_data("jet1090_tutorial.beast.gz");
    FILE *reference = ap_test_data("jet1090_tutorial_reference.csv.gz");
    if (!recording || !reference)
        return false;
    ap_sensor sensors[2];
    ap_sensor_table table = { .sensor = sensors, .stats = stats, .cap = 2 };
    uint16_t index;
    if (receiver)
        assert_int_equal(ap_sensor_add(&table, receiver, &index), AP_OK);
    ap_asterix_editions editions;
    ap_asterix_editions_default(&editions);
    flight *of = calloc(1, sizeof *of);
    of->least_score = 1.0f;
    uint8_t receiver_mem[2048];
    ap_receiver_table receivers;
    assert_int_equal(
        ap_receiver_table_init(&receivers, &table, 1, 0, receiver_mem, sizeof receiver_mem), AP_OK);
    ap_sense_config config = { .sensors = &table,
                               .receivers = &receivers,
                               .input_cap = 1,
                               .aircraft_cap = 64,
                               .editions = &editions,
                               .on_report = take_report,
                               .context = of };
    size_t size = ap_sense_size(&config);
    void *mem = malloc(size);
    ap_sense sense;
    assert_int_equal(ap_sense_init(&sense, &config, mem, size), AP_OK);
    feed(of, &sense, recording, &editions);
    ap_sense_flush(&sense);
    *result = compare(of, reference);
    assert_int_equal(of->frame_count, 71939);
    assert_int_equal(of->strange_count, 0);
    assert_false(of->went_back);
    assert_int_equal(stats[0].report_count, of->report_count);
    assert_int_equal(stats[0].block_count, 71939);
    assert_int_equal(stats[0].report_count + ap_refusals_total(&stats[0].refused) +
                         stats[0].service_count,
                     71939);
    print_message("reference %zu, missing %zu, wrong %zu, extra %zu, worst %.4f m\n",
                  result->reference_count, result->missing_count, result->wrong_count,
                  result->extra_count, result->worst_m);
    print_message("Comm-B 4,0 5,0 6,0: %zu, same %zu, other %zu\n", result->register_count,
                  result->register_same_count, result->register_other_count);
    print_message(
        "Comm-B replies %zu: named by the reference %zu, same %zu, other %zu, missed %zu; "
        "by neither %zu, empty %zu; by us alone 0,5 %zu, 1,8 %zu, 5,1 %zu (at most %.0f m "
        "off); least score %.3f\n",
        result->comm_b_count, result->named_count, result->same_count, result->other_count,
        result->missed_count, result->unnamed_count, result->empty_count, result->ours_count[0x05],
        result->ours_count[0x18], result->ours_count[0x51], result->worst_5_1_m,
        (double)of->least_score);
    for (int r = 0; r < AP_REFUSAL_COUNT; r++)
        if (stats[0].refused.count[r])
            print_message("  %s %llu\n", ap_refusal_key((ap_refusal)r),
                          (unsigned long long)stats[0].refused.count[r]);
    free(mem);
    free(of);
    pclose(recording);
    pclose(reference);
    return true;
}

/* The airport of departure as the receiver's site. */
static void test_modes_places_every_reference_position(void **state)
{
    (void)state;
    ap_sensor receiver = { .name = "receiver", .described = true, .input = 0 };
    ap_sensor_defaults(&receiver, AP_SENSOR_ADSB);
    assert_int_equal(ap_sensor_place(&receiver, (ap_geodetic){ 43.629 * AP_RAD_PER_DEG,
                                                               1.367 * AP_RAD_PER_DEG, 200 }),
                     AP_OK);
    score result;
    if (!run(&receiver, &result))
        skip();
    assert_int_equal(result.reference_count, 13465);
    assert_int_equal(result.missing_count, 0);
    assert_int_equal(result.wrong_count, 0);
    assert_int_equal(result.extra_count, 0);
    assert_int_equal(result.register_count, 37097);
    /* But for 14,537 of 4,0: the aircraft broadcast the altitude that they have selected. */
    assert_int_equal(result.register_same_count, 37097 - 14537);
    assert_int_equal(result.register_other_count, 0);

    /* Every name of the reference, and none besides but three kinds that it does not know: see
     * doc/accuracy.md. Equal names, those that neither gives among them: 98.8 %. */
    assert_int_equal(result.comm_b_count, 41039);
    assert_int_equal(result.named_count, 39784);
    assert_int_equal(result.same_count, 39784);
    assert_int_equal(result.other_count, 0);
    assert_int_equal(result.missed_count, 0);
    assert_true((double)(result.same_count + result.unnamed_count) >= 0.98 * 41039);
    assert_int_equal(result.unnamed_count, 757);
    assert_int_equal(result.empty_count, 725);
    assert_int_equal(result.ours_count[0x05], 48);
    assert_int_equal(result.ours_count[0x18], 17);
    assert_int_equal(result.ours_count[0x51], 433);
    assert_int_equal(result.ours_count[0], 757);
    assert_true(result.worst_5_1_m < 2000);
}

/* Without a site nothing on the surface can be placed before the first air pair. */
static void test_modes_places_without_site(void **state)
{
    (void)state;
    score result;
    if (!run(NULL, &result))
        skip();
    assert_int_equal(result.reference_count, 13465);
    assert_int_equal(result.missing_count, 1354); /* the last 10 were held back until it */
    assert_int_equal(result.wrong_count, 0);
    assert_int_equal(result.extra_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes_places_every_reference_position),
        cmocka_unit_test(test_modes_places_without_site),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

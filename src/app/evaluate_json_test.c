#include "app/evaluate_json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include <cmocka.h>

#include "app/evaluate_plots.h"
#include "app/test_evaluate.h"

#define assert_near(value, expected, tolerance)                                                    \
    assert_true(fabs((value) - (expected)) <= (tolerance))

static test_evaluate test;
static ap_view view;
static ap_figure figures[AP_FIGURE_CAP];
static ap_judged_table judged;
static ap_evaluate_plots plots;
static ap_evaluate_report report;

static int begin(void **state)
{
    (void)state;
    test_evaluate_begin(&test);
    judged = (ap_judged_table){ .is_required = true };
    plots = (ap_evaluate_plots){ 0 };
    return 0;
}

static int end(void **state)
{
    (void)state;
    ap_view_close(&view);
    test_evaluate_end(&test);
    return 0;
}

static cJSON *object_of(void)
{
    ap_long_text text = { 0 };
    assert_int_equal(test_evaluate_score(&test), AP_EXIT_OK);
    assert_int_equal(ap_view_init(&view, &test.run, &test.side), AP_OK);
    size_t count = ap_evaluate_figures(ap_evaluation_result_of(&test.side.evaluation), figures);
    report =
        (ap_evaluate_report){ &test.run, &test.side, &view, figures, count, &judged, 1, &plots };
    ap_evaluate_json(&text, &report);
    assert_false(text.is_lost);
    cJSON *object = cJSON_ParseWithLength((const char *)text.text.data, text.text.size);
    free(text.text.data);
    assert_non_null(object);
    return object;
}

static const cJSON *at(const cJSON *object, const char *key)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!value)
        fail_msg("no '%s'", key);
    return value;
}

static double figure(const cJSON *object, const char *key)
{
    const cJSON *group, *row;
    cJSON_ArrayForEach(group, at(object, "metrics")) cJSON_ArrayForEach(row, at(group, "rows"))
    {
        if (strcmp(at(row, "key")->valuestring, key) == 0)
            return cJSON_IsNull(at(row, "value")) ? NAN : at(row, "value")->valuedouble;
    }
    fail_msg("no figure '%s'", key);
    return 0.0;
}

/* Every key that a page or a program reads, with values of errors of 30 and 40 m. */
static void test_json_values(void **state)
{
    (void)state;
    test_evaluate_flights(&test, 3);
    cJSON *o = object_of();
    static const char *const keys[] = { "program",      "truth",  "tracks",   "window",
                                        "settings",     "notes",  "cards",    "metrics",
                                        "requirements", "series", "by_range", "density",
                                        "sensors",      "nis",    "plots",    "worst",
                                        "targets",      "map" };
    int count = 0;
    for (const cJSON *member = o->child; member; member = member->next)
        assert_string_equal(member->string, keys[count++]);
    assert_int_equal(count, sizeof keys / sizeof keys[0]);
    assert_int_equal(cJSON_GetArraySize(at(o, "nis")), 0);
    assert_near(figure(o, "position_rms_m"), 50.0, 1e-4);
    assert_near(figure(o, "across_rms_m"), 30.0, 1e-4);
    assert_near(figure(o, "gospa_rms_m"), 50.0 * sqrt(3.0), 1e-3);
    assert_near(figure(o, "completeness"), 1.0, 0.0);
    assert_true(isnan(figure(o, "nees_position")) && isnan(figure(o, "pcrb_ratio")));
    assert_string_equal(at(at(o, "truth"), "path")->valuestring, "truth.csv");
    assert_string_equal(at(at(o, "tracks"), "frame")->valuestring, "plane");
    assert_near(at(at(o, "truth"), "sample_count")->valuedouble, 183, 0);
    assert_near(at(at(o, "window"), "instant_count")->valuedouble, 61, 0);
    assert_true(cJSON_IsFalse(at(at(o, "window"), "is_utc")));
    assert_true(cJSON_IsNull(at(at(o, "settings"), "floor_m")));
    const cJSON *series = at(o, "series");
    for (const cJSON *line = series->child; line; line = line->next)
        assert_int_equal(cJSON_GetArraySize(line), 61);
    assert_near(cJSON_GetArrayItem(at(series, "position_rms_m"), 10)->valuedouble, 50.0, 0.01);
    assert_true(cJSON_IsNull(cJSON_GetArrayItem(at(series, "nees"), 10)));
    const cJSON *target = cJSON_GetArrayItem(at(o, "targets"), 1);
    assert_string_equal(at(target, "name")->valuestring, "2");
    assert_near(at(target, "position_max_m")->valuedouble, 50.0, 1e-3);
    assert_near(at(target, "track_count")->valuedouble, 1, 0);
    assert_int_equal(cJSON_GetArraySize(at(at(o, "map"), "truth")), 3);
    const cJSON *line = at(cJSON_GetArrayItem(at(at(o, "map"), "tracks"), 0), "p");
    assert_int_equal(cJSON_GetArraySize(line), 3 * 61);
    assert_near(cJSON_GetArrayItem(line, 1)->valuedouble, 20030.0, 0.5);
    cJSON_Delete(o);
}

static ap_requirement_row row_of(const char *name, bool is_mandatory, ap_requirement requirement)
{
    ap_requirement_row row = { .requirement = requirement,
                               .is_mandatory = is_mandatory,
                               .confidence = 'P',
                               .unit = "km",
                               .unit_si = 1000.0 };
    memcpy(row.name, name, strlen(name));
    return row;
}

/* A row in kilometres, its like that fails, one that lacks data, one that nothing measures. */
static void test_json_requirements(void **state)
{
    (void)state;
    static const char *const results[] = { "pass", "fail", "few", "not_measured" };
    ap_requirement error = { .quantity = AP_QUANTITY_POSITION_ERROR, .limit = 60.0 };
    ap_requirement tight = error, scarce = error;
    tight.limit = 40.0;
    scarce.sample_min = 1000000;
    judged.table.row[0] = row_of("A", true, error);
    judged.table.row[1] = row_of("B", true, tight);
    judged.table.row[2] = row_of("C", true, scarce);
    judged.table.row[3] = row_of("D", true, (ap_requirement){ .limit = 1.0 });
    judged.table.row_count = 4;
    test_evaluate_flights(&test, 1);
    assert_int_equal(test_evaluate_score(&test), AP_EXIT_OK);
    for (int i = 0; i < 4; i++)
        judged.result[i] =
            ap_evaluation_require(&test.side.evaluation, &judged.table.row[i].requirement);
    assert_int_equal(ap_judged_unmet(&judged), 1);
    judged.is_strict = true;
    assert_int_equal(ap_judged_unmet(&judged), 2); /* what is not measured never fails */
    judged.table.row[1].is_mandatory = false;
    assert_int_equal(ap_judged_unmet(&judged), 1);
    judged.is_strict = false;
    test_evaluate_end(&test);
    test_evaluate_begin(&test);
    test_evaluate_flights(&test, 1);
    cJSON *o = object_of();
    const cJSON *table = cJSON_GetArrayItem(at(o, "requirements"), 0);
    assert_true(cJSON_IsTrue(at(table, "is_required")) && cJSON_IsTrue(at(table, "is_met")));
    for (int i = 0; i < 4; i++) {
        const cJSON *row = cJSON_GetArrayItem(at(table, "rows"), i);
        assert_string_equal(at(row, "result")->valuestring, results[i]);
        assert_string_equal(at(row, "unit")->valuestring, "km");
        if (i < 2)
            assert_near(at(row, "value")->valuedouble, 0.05, 1e-6);
    }
    const cJSON *first = cJSON_GetArrayItem(at(table, "rows"), 0);
    assert_near(at(first, "limit")->valuedouble, 0.06, 1e-12);
    assert_near(at(first, "count")->valuedouble, 61, 0);
    assert_true(cJSON_IsTrue(at(first, "is_max")));
    assert_string_equal(at(first, "level")->valuestring, "mandatory");
    cJSON_Delete(o);
}

/* The command line of a moment, as a shell takes it; none without UTC. */
static void test_json_replay(void **state)
{
    (void)state;
    test_evaluate_flights(&test, 1);
    plots.path[0] = "my day.pcap";
    plots.path[1] = "a'b";
    plots.path_count = 2;
    plots.sensors_path = "s.yaml";
    cJSON *o = object_of();
    const cJSON *moment = cJSON_GetArrayItem(at(o, "worst"), 0);
    assert_null(cJSON_GetObjectItemCaseSensitive(moment, "replay"));
    cJSON_Delete(o);
    ap_view_close(&view);
    test_evaluate_end(&test);
    test_evaluate_begin(&test);
    test_evaluate_flights(&test, 1);
    test_evaluate_plane(&test.side.tracks, 101, 10.0, 20e3 + 300.0, 1000.0); /* the worst */
    ap_samples_shift(&test.run.truth, INT64_C(1709294400) * AP_NS_PER_S);
    ap_samples_shift(&test.side.tracks, INT64_C(1709294400) * AP_NS_PER_S);
    test.run.truth.is_utc = true;
    o = object_of();
    moment = cJSON_GetArrayItem(at(o, "worst"), 0);
    assert_string_equal(at(moment, "link")->valuestring, "index.html#t=10");
    assert_string_equal(at(moment, "replay")->valuestring,
                        "airpicture replay -c s.yaml --from 2024-03-01T11:59:10.000Z --to "
                        "2024-03-01T12:00:40.000Z -o moment-1.jsonl 'my day.pcap' 'a'\\''b'");
    cJSON_Delete(o);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_json_values),
        CASE(test_json_requirements),
        CASE(test_json_replay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

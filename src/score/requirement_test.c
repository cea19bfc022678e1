#include "score/requirement.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void test_keys_there_and_back(void **state)
{
    (void)state;
    for (int i = 0; i < AP_QUANTITY_COUNT; i++)
        assert_int_equal(ap_quantity_from_key(ap_quantity_key((ap_quantity)i)), i);
    for (int i = 0; i < AP_STATISTIC_COUNT; i++)
        assert_int_equal(ap_statistic_from_key(ap_statistic_key((ap_statistic)i)), i);
    for (int i = 0; i < AP_PHASE_COUNT; i++)
        assert_int_equal(ap_phase_from_key(ap_phase_key((ap_phase)i)), i);
    for (int i = 0; i < AP_SCOPE_COUNT; i++)
        assert_int_equal(ap_scope_from_key(ap_scope_key((ap_scope)i)), i);
    for (int i = 0; i < AP_IDENTITY_KIND_COUNT; i++)
        assert_int_equal(ap_identity_kind_from_key(ap_identity_kind_key((ap_identity_kind)i)), i);
    for (int i = 0; i < AP_SENSOR_CLASS_COUNT; i++)
        assert_int_equal(ap_sensor_class_from_key(ap_sensor_class_key((ap_sensor_class)i)), i);
    assert_int_equal(ap_quantity_from_key("no_such"), -1);
    assert_int_equal(ap_scope_from_key(""), -1);
    assert_null(ap_statistic_key(AP_STATISTIC_COUNT));
}

static void test_fault_names_the_field(void **state)
{
    (void)state;
    ap_requirement row = { .quantity = AP_QUANTITY_UPDATE, .at_least = true, .limit = 0.97 };
    assert_non_null(strstr(ap_requirement_fault(&row), "interval_s"));
    static const double refused_s[] = { 0.0, -5.0, 1e-300, 1e-9, 0.0009, NAN, INFINITY };
    for (size_t i = 0; i < sizeof refused_s / sizeof refused_s[0]; i++) {
        row.interval_s = refused_s[i];
        assert_non_null(strstr(ap_requirement_fault(&row), "interval_s"));
    }
    row.interval_s = 0.001;
    assert_null(ap_requirement_fault(&row));
    row.interval_s = 8.0;
    assert_null(ap_requirement_fault(&row));
    row.limit = NAN;
    assert_non_null(strstr(ap_requirement_fault(&row), "limit"));
    row.limit = 1.0;
    row.quantity = AP_QUANTITY_COUNT;
    assert_non_null(strstr(ap_requirement_fault(&row), "quantity"));
    row = (ap_requirement){ .quantity = AP_QUANTITY_POSITION_ERROR,
                            .statistic = AP_STATISTIC_QUANTILE };
    assert_non_null(strstr(ap_requirement_fault(&row), "fraction"));
    row.statistic = AP_STATISTIC_BEYOND;
    assert_non_null(strstr(ap_requirement_fault(&row), "threshold"));
    row =
        (ap_requirement){ .quantity = AP_QUANTITY_PLOT_RANGE_ERROR, .statistic = AP_STATISTIC_MAX };
    assert_non_null(strstr(ap_requirement_fault(&row), "deviation"));
    row.statistic = AP_STATISTIC_DEVIATION;
    assert_null(ap_requirement_fault(&row));
    row.quantity = AP_QUANTITY_PLOT_TIME_ERROR;
    assert_non_null(strstr(ap_requirement_fault(&row), "bias"));
    row.sensors = AP_SENSOR_CLASS_COUNT;
    assert_non_null(strstr(ap_requirement_fault(&row), "sensors"));
}

static void test_quantities_of_plots(void **state)
{
    (void)state;
    for (int i = 0; i < AP_QUANTITY_COUNT; i++)
        assert_int_equal(ap_quantity_is_of_plots((ap_quantity)i),
                         strncmp(ap_quantity_key((ap_quantity)i), "plot_", 5) == 0);
}

static void test_unit_of_shares(void **state)
{
    (void)state;
    ap_requirement row = { .quantity = AP_QUANTITY_POSITION_ERROR, .statistic = AP_STATISTIC_RMS };
    assert_string_equal(ap_requirement_unit(&row), "m");
    row.statistic = AP_STATISTIC_BEYOND;
    assert_string_equal(ap_requirement_unit(&row), "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_there_and_back),
        cmocka_unit_test(test_fault_names_the_field),
        cmocka_unit_test(test_unit_of_shares),
        cmocka_unit_test(test_quantities_of_plots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

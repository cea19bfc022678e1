#include "app/evaluate_options.h"

#include <math.h>
#include <string.h>

#include "app/input_options.h"

ap_evaluate_options ap_evaluate_options_default(const ap_command *command)
{
    return (ap_evaluate_options){ .command = command,
                                  .truth_start_utc = AP_UTC_UNKNOWN,
                                  .config = ap_evaluation_config_default() };
}

typedef struct rule {
    double low, high;
    const char *expected;
} rule;

static const rule rules[AP_EVALUATE_SHARED] = {
    [AP_EVALUATE_STEP] = { 0.001, 3600, "seconds from 0.001 to 3600" },
    [AP_EVALUATE_WARMUP] = { 0, 1e7, "seconds from 0 to 10000000" },
    [AP_EVALUATE_UNTIL] = { 0, 1e9, "seconds from 0 to 1000000000" },
    [AP_EVALUATE_CUTOFF] = { 0.001, 1e7, "metres from 0.001 to 10000000" },
    [AP_EVALUATE_POWER] = { 1, 2, "1 or 2" },
    [AP_EVALUATE_HOLD] = { 0.001, 1e7, "metres from 0.001 to 10000000" },
    [AP_EVALUATE_MAX_AGE] = { 0.001, 3600, "seconds from 0.001 to 3600" },
    [AP_EVALUATE_GATE] = { 0.001, 1e7, "metres from 0.001 to 10000000" },
    [AP_EVALUATE_SWITCH] = { 0.001, 1e7, "metres from 0.001 to 10000000" },
    [AP_EVALUATE_COVERAGE] = { 1, 1e8, "metres from 1 to 100000000" },
    [AP_EVALUATE_FLOOR] = { -1000, 1e6, "metres from -1000 to 1000000" },
};

static int refuse(const ap_evaluate_options *options, size_t option, const char *value,
                  const char *expected)
{
    return ap_command_fail(options->command, AP_EXIT_USAGE, "--%s %s is refused; expected %s",
                           options->command->options[option].name, value, expected);
}

static int take_number(ap_evaluate_options *options, size_t option, const char *value)
{
    ap_evaluation_config *c = &options->config;
    double *const targets[AP_EVALUATE_SHARED] = { [AP_EVALUATE_STEP] = &c->step_s,
                                                  [AP_EVALUATE_WARMUP] = &c->warmup_s,
                                                  [AP_EVALUATE_UNTIL] = &c->until_s,
                                                  [AP_EVALUATE_CUTOFF] = &c->cutoff_m,
                                                  [AP_EVALUATE_HOLD] = &c->hold_m,
                                                  [AP_EVALUATE_MAX_AGE] = &c->max_age_s,
                                                  [AP_EVALUATE_GATE] = &c->siap_gate_m,
                                                  [AP_EVALUATE_SWITCH] = &c->switch_m,
                                                  [AP_EVALUATE_COVERAGE] =
                                                      &options->coverage_range_m,
                                                  [AP_EVALUATE_FLOOR] = &c->floor_m };
    double number;
    if (!ap_parse_number(value, rules[option].low, rules[option].high, &number) ||
        (option == AP_EVALUATE_POWER && number != floor(number)))
        return refuse(options, option, value, rules[option].expected);
    if (option == AP_EVALUATE_POWER)
        c->power = (int)number;
    else
        *targets[option] = number;
    options->has_coverage |= option == AP_EVALUATE_COVERAGE;
    c->has_floor |= option == AP_EVALUATE_FLOOR;
    options->has_gate |= option == AP_EVALUATE_GATE;
    options->has_hold |= option == AP_EVALUATE_HOLD;
    return AP_EXIT_OK;
}

static int take_place(ap_evaluate_options *options, const char *value)
{
    const char *comma = strchr(value, ',');
    char first[40];
    if (comma && (size_t)(comma - value) < sizeof first) {
        memcpy(first, value, (size_t)(comma - value));
        first[comma - value] = '\0';
        if (ap_parse_number(first, -1e8, 1e8, &options->place[0]) &&
            ap_parse_number(comma + 1, -1e8, 1e8, &options->place[1])) {
            options->has_place = true;
            return AP_EXIT_OK;
        }
    }
    return refuse(options, AP_EVALUATE_PLACE, value, "two numbers such as 52.3,4.76");
}

static int take_time(ap_evaluate_options *options, size_t option, const char *value,
                     ap_utc_ns *time)
{
    if (ap_utc_parse(value, time))
        return refuse(options, option, value, "a time such as 2024-03-01 or 2024-03-01T12:00:00Z");
    return AP_EXIT_OK;
}

int ap_evaluate_options_take(ap_evaluate_options *options, size_t option, const char *value)
{
    switch (option) {
    case AP_EVALUATE_TRUTH:
        options->truth_path = value;
        return AP_EXIT_OK;
    case AP_EVALUATE_PLACE:
        return take_place(options, value);
    case AP_EVALUATE_BENCH:
        options->config = ap_evaluation_config_bench();
        options->has_hold = options->has_gate = true;
        return AP_EXIT_OK;
    case AP_EVALUATE_TRUTH_START:
        return take_time(options, option, value, &options->truth_start_utc);
    case AP_EVALUATE_START:
        return ap_take_time(options->command, "start", value, &options->start_utc);
    case AP_EVALUATE_QUIET:
        options->quiet = true;
        return AP_EXIT_OK;
    default:
        return take_number(options, option, value);
    }
}

int ap_evaluate_options_finish(ap_evaluate_options *options)
{
    ap_evaluation_config *c = &options->config;
    if (!options->has_hold)
        c->hold_m = c->cutoff_m;
    if (!options->has_gate)
        c->siap_gate_m = c->cutoff_m;
    if (!options->truth_path)
        return ap_command_fail(options->command, AP_EXIT_USAGE, "no truth; expected --truth FILE%s",
                               strcmp(options->command->name, "evaluate") == 0
                                   ? ", or --reference RECORDING to make one of ADS-B"
                                   : "");
    if (options->has_coverage && !options->has_place)
        return ap_command_fail(options->command, AP_EXIT_USAGE,
                               "--coverage needs a middle; expected --range-from too");
    return AP_EXIT_OK;
}

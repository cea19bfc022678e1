/* The faults of a scenario. */
#include "app/scenario_load.h"

#include <string.h>

#include "simulate/faults.h"

enum { FAULT_CAP = 10000 };

/* What each kind is about; its value's key, and another unit of that. */
typedef struct fault_needs {
    bool sensor, flight, area;
    const char *value, *other;
    bool value_may_be_absent;
} fault_needs;

/* clang-format off */
static const fault_needs needs[AP_FAULT_COUNT] = {
    /*                       sensor flight area   value */
    [AP_FAULT_OUTAGE]        = { true,  false, false, NULL, NULL, false },
    [AP_FAULT_NORTH_LOST]    = { true,  false, false, NULL, NULL, false },
    [AP_FAULT_AZIMUTH_JUMP]  = { true,  false, false, "jump_deg", NULL, false },
    [AP_FAULT_TIME_JUMP]     = { true,  false, false, "jump_s", NULL, false },
    [AP_FAULT_LOSS]          = { true,  false, false, "chance", NULL, false },
    [AP_FAULT_EMERGENCY]     = { false, true,  false, "code", NULL, true },
    [AP_FAULT_WRONG_CODE]    = { false, true,  false, "code", NULL, true },
    [AP_FAULT_WRONG_ADDRESS] = { false, true,  false, "address", NULL, false },
    [AP_FAULT_ALTITUDE]      = { false, true,  false, "offset_m", "offset_ft", false },
    [AP_FAULT_LATENCY]       = { false, true,  false, "age_s", NULL, false },
    [AP_FAULT_SILENT]        = { false, true,  false, NULL, NULL, false },
    [AP_FAULT_JAMMING]       = { false, false, true,  NULL, NULL, false },
    [AP_FAULT_GHOSTS]        = { false, false, true,  "count", NULL, false },
    [AP_FAULT_RAMP]          = { false, true,  false, "drift_mps", NULL, false },
    [AP_FAULT_REPLAY]        = { false, true,  false, "delay_s", NULL, false },
};
/* clang-format on */

/* A ramp may be of a flight or of all flights in an area. */
static fault_needs needs_of(const ap_yaml_entry *entry, ap_fault_kind kind)
{
    fault_needs of = needs[kind];
    if (kind == AP_FAULT_RAMP && !ap_yaml_entry_value(entry, "flight")) {
        of.flight = false;
        of.area = true;
    }
    return of;
}

/* A key that the kind needs is absent, or one that it does not know is there. */
static void check_key(ap_scenario_load *load, const ap_yaml_entry *entry, ap_fault_kind kind,
                      const char *key, bool needed)
{
    bool there = ap_yaml_entry_value(entry, key);
    if (there == needed)
        return;
    if (needed)
        ap_yaml_tell_at(&load->reading, entry->mark, "%s without %s; expected the key '%s'",
                        ap_scenario_fault_kinds[kind], key, key);
    else
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, key),
                        "%s does not take %s; expected it at another kind",
                        ap_scenario_fault_kinds[kind], key);
}

static void check_keys(ap_scenario_load *load, const ap_yaml_entry *entry,
                       const ap_scenario_fault *fault)
{
    static const char *const values[] = { "jump_deg", "jump_s", "chance", "code",      "address",
                                          "offset_m", "age_s",  "count",  "drift_mps", "delay_s" };
    ap_fault_kind kind = fault->kind;
    fault_needs of = needs_of(entry, kind);
    check_key(load, entry, kind, "sensor", of.sensor);
    check_key(load, entry, kind, "flight", of.flight);
    check_key(load, entry, kind, "latitude_deg", of.area);
    check_key(load, entry, kind, "longitude_deg", of.area);
    bool miles = ap_yaml_entry_value(entry, "radius_nmi");
    check_key(load, entry, kind, miles ? "radius_nmi" : "radius_m", of.area);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        bool own = of.value && strcmp(of.value, values[i]) == 0;
        bool absent = !ap_yaml_entry_value(entry, values[i]);
        bool replaced =
            own && absent &&
            (of.value_may_be_absent || (of.other && ap_yaml_entry_value(entry, of.other)));
        if (!replaced)
            check_key(load, entry, kind, values[i], own);
    }
    if (kind != AP_FAULT_ALTITUDE)
        check_key(load, entry, kind, "offset_ft", false);
    if (kind != AP_FAULT_RAMP)
        check_key(load, entry, kind, "direction_deg", false);
}

static uint32_t find_name(ap_scenario_load *load, const ap_yaml_entry *entry, const char *key,
                          const char *what,
                          uint32_t (*find)(const ap_scenario_load *load, const char *name))
{
    if (!ap_yaml_entry_good(entry, key))
        return AP_SCENARIO_NONE;
    const yaml_node_t *name = ap_yaml_entry_value(entry, key);
    uint32_t index = find(load, ap_yaml_text_of(name));
    if (index == AP_SCENARIO_NONE)
        ap_yaml_tell_at(&load->reading, name->start_mark,
                        "no %s has the name '%s'; expected one of this file", what,
                        ap_yaml_show(name).text);
    return index;
}

/* A code of an emergency is the fault of that name, and only that. */
static void take_code(ap_scenario_load *load, const ap_yaml_entry *entry,
                      ap_scenario_fault_value *read)
{
    ap_scenario_fault *fault = &read->fault;
    bool is_there = ap_yaml_entry_value(entry, "code");
    bool is_good = ap_yaml_entry_good(entry, "code");
    bool is_emergency = ap_faults_is_emergency(read->code);
    fault->code_of = find_name(load, entry, "code_of", "flight", ap_scenario_find_flight);
    fault->value = is_there ? read->code : AP_FAULT_CODE_DRAWN;
    if (fault->kind == AP_FAULT_EMERGENCY) {
        fault->value = is_there ? read->code : AP_MODE_3A_EMERGENCY;
        check_key(load, entry, fault->kind, "code_of", false);
        if (is_good && !is_emergency)
            ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "code"),
                            "code %04o is no emergency; expected \"7500\", \"7600\" or \"7700\"",
                            (unsigned)read->code);
    } else if (is_good && is_emergency) {
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "code"),
                        "code %04o of wrong_code; expected it at kind emergency",
                        (unsigned)read->code);
    } else if (is_there && ap_yaml_entry_value(entry, "code_of")) {
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "code_of"),
                        "wrong_code with code and code_of; expected one of them");
    } else if (fault->code_of != AP_SCENARIO_NONE && fault->code_of == fault->flight) {
        ap_yaml_tell_at(&load->reading, ap_yaml_entry_mark(entry, "code_of"),
                        "code_of is the flight itself; expected another");
    }
}

static void take_fault(ap_scenario_load *load, const yaml_node_t *node)
{
    ap_scenario_fault_value read = { .fault = { .end_s = load->file->scenario.duration_s,
                                                .code_of = AP_SCENARIO_NONE } };
    ap_yaml_entry entry;
    if (!ap_yaml_entry_read(&load->reading, &ap_scenario_fault_group, node, &read, &entry))
        return;
    ap_scenario_fault *fault = &read.fault;
    ap_scenario_check_period(load, &entry, fault->start_s, fault->end_s);
    fault->sensor = find_name(load, &entry, "sensor", "sensor", ap_scenario_find_sensor);
    fault->flight = find_name(load, &entry, "flight", "flight", ap_scenario_find_flight);
    if (ap_yaml_entry_good(&entry, "kind"))
        check_keys(load, &entry, fault);
    if (fault->kind == AP_FAULT_EMERGENCY || fault->kind == AP_FAULT_WRONG_CODE)
        take_code(load, &entry, &read);
    else
        check_key(load, &entry, fault->kind, "code_of", false);
    if (fault->kind == AP_FAULT_WRONG_ADDRESS)
        fault->value = read.address;
    ap_scenario_fault *into = ap_scenario_list_add(load, &load->file->faults);
    if (into)
        *into = *fault;
}

void ap_scenario_load_faults(ap_scenario_load *load, const ap_yaml_entry *top)
{
    ap_scenario_load_list(load, top, "faults", FAULT_CAP, take_fault);
}

#include "sense/sense.h"

#include <string.h>

#include "base/arena.h"
#include "sense/state.h"

#define INPUT_CAP_MAX 4096u
#define AIRCRAFT_CAP_MIN 64u
#define AIRCRAFT_CAP_MAX 4000000u
#define HELD_CAP_MAX 4096u
#define ECHO_CAP 65536u /* frames and records of 2 s at 30,000 a second; a power of two */

static bool is_good(const ap_sense_config *config)
{
    return config->sensors && config->receivers && config->editions && config->on_report &&
           config->input_cap >= 1 && config->input_cap <= INPUT_CAP_MAX &&
           config->receivers->input_cap == config->input_cap &&
           config->aircraft_cap >= AIRCRAFT_CAP_MIN && config->aircraft_cap <= AIRCRAFT_CAP_MAX;
}

/* All memory of the stage; NULL while the arena measures. */
static struct ap_sense_state *lay_out(ap_arena *arena, const ap_sense_config *config)
{
    struct ap_sense_state scratch = { 0 };
    struct ap_sense_state *state = ap_arena_take(arena, 1, sizeof *state);
    struct ap_sense_state *into = state ? state : &scratch;
    uint32_t held_cap = config->aircraft_cap < HELD_CAP_MAX ? config->aircraft_cap : HELD_CAP_MAX;
    into->inputs = ap_arena_take(arena, config->input_cap, sizeof *into->inputs);
    into->sources = ap_arena_take(arena, config->sensors->cap, sizeof *into->sources);
    uint16_t receiver_cap = config->receivers->cap;
    into->places = ap_arena_take(arena, receiver_cap, sizeof *into->places);
    ap_aircraft_init(&into->aircraft, arena, config->aircraft_cap, receiver_cap);
    ap_held_init(&into->held[0], arena, held_cap);
    ap_held_init(&into->held[1], arena, held_cap);
    ap_echo_init(&into->echoes, arena, ECHO_CAP);
    if (config->on_witness)
        into->firsts = ap_arena_take(arena, ECHO_CAP, sizeof *into->firsts);
    return state;
}

size_t ap_sense_size(const ap_sense_config *config)
{
    if (!is_good(config))
        return 0;
    ap_arena arena = ap_arena_measure();
    (void)lay_out(&arena, config); /* only measures */
    return ap_arena_need(&arena);
}

ap_err ap_sense_init(ap_sense *sense, const ap_sense_config *config, void *mem, size_t mem_size)
{
    if (!is_good(config))
        return AP_ERR_ARGUMENT;
    ap_arena arena = ap_arena_over(mem, mem_size);
    struct ap_sense_state *state = lay_out(&arena, config);
    if (ap_arena_need(&arena) == 0)
        return AP_ERR_MEMORY;
    state->receive_utc = AP_UTC_UNKNOWN;
    state->window_end_utc = AP_UTC_UNKNOWN;
    state->held_due_utc = INT64_MAX;
    state->receiver_count = config->receivers->count;
    for (size_t i = 0; i < config->input_cap; i++) {
        for (int k = 0; k < AP_SENSE_ORIGINS; k++)
            state->inputs[i].sensors[k] = AP_SENSOR_NONE;
    }
    for (size_t i = 0; i < config->receivers->cap; i++)
        state->places[i].surface_utc = AP_UTC_UNKNOWN;
    for (size_t i = 0; i < config->sensors->cap; i++)
        state->sources[i].marker_utc = AP_UTC_UNKNOWN;
    sense->state = state;
    ap_sense_rebind(sense, config);
    return AP_OK;
}

void ap_sense_rebind(ap_sense *sense, const ap_sense_config *config)
{
    sense->state->config = *config;
    for (unsigned category = 0; category < 256; category++)
        sense->state->newest[category] = ap_asterix_spec_find((uint8_t)category, NULL);
}

ap_sense_input *ap_sense_enter(struct ap_sense_state *state, uint16_t input, ap_utc_ns receive_utc)
{
    if (input >= state->config.input_cap)
        return NULL;
    if (receive_utc > state->receive_utc) /* also from the first on: unknown is the smallest */
        state->receive_utc = receive_utc;
    return &state->inputs[input];
}

void ap_sense_emit(struct ap_sense_state *state, ap_report *report)
{
    ap_sensor_stats *stats = &state->config.sensors->stats[report->sensor];
    report->receive_utc = state->receive_utc;
    if (report->kind == AP_REPORT_TARGET)
        stats->report_count++;
    ap_sensor_stats_saw(stats, report->time_utc);
    state->config.on_report(state->config.context, report);
}

/* Three digits, as the codes of a source are written. */
static char *put_3_digits(char *at, uint8_t value)
{
    *at++ = (char)('0' + value / 100);
    *at++ = (char)('0' + value / 10 % 10);
    *at++ = (char)('0' + value % 10);
    return at;
}

static void name_by_codes(ap_sensor *sensor, uint8_t sac, uint8_t sic)
{
    memcpy(sensor->name, "SAC/SIC ", 8);
    char *at = put_3_digits(sensor->name + 8, sac);
    *at++ = '/';
    *put_3_digits(at, sic) = '\0';
}

static void name_by_input(ap_sensor *sensor, uint16_t input, const char *suffix)
{
    char digits[8];
    size_t count = 0;
    for (unsigned number = input + 1u; number > 0; number /= 10)
        digits[count++] = (char)('0' + number % 10);
    memcpy(sensor->name, "receiver ", 9);
    for (size_t i = 0; i < count; i++)
        sensor->name[9 + i] = digits[count - 1 - i];
    memcpy(sensor->name + 9 + count, suffix, strlen(suffix) + 1);
}

/* A made-up name that the sensors file has given away already gets a prime behind it. */
static void make_unique(const ap_sensor_table *table, ap_sensor *sensor)
{
    for (uint16_t i = 0; i < table->count; i++) {
        size_t size = strlen(sensor->name);
        if (strcmp(table->sensor[i].name, sensor->name) != 0 || size + 2 > AP_SENSOR_NAME_SIZE)
            continue;
        sensor->name[size] = '\'';
        sensor->name[size + 1] = '\0';
        i = UINT16_MAX; /* from the start */
    }
}

static uint16_t add_sensor(struct ap_sense_state *state, ap_sensor *sensor)
{
    uint16_t index;
    if (state->config.sensors->count == state->config.sensors->cap)
        return AP_SENSOR_NONE;
    make_unique(state->config.sensors, sensor);
    return ap_sensor_add(state->config.sensors, sensor, &index) == AP_OK ? index : AP_SENSOR_NONE;
}

uint16_t ap_sense_sensor_of_codes(struct ap_sense_state *state, uint16_t input, uint8_t sac,
                                  uint8_t sic, ap_sensor_kind kind)
{
    ap_sensor_table *table = state->config.sensors;
    uint16_t index = ap_sensor_find(table, sac, sic, input);
    if (index == AP_SENSOR_NONE) {
        ap_sensor sensor = { .has_sac_sic = true, .sac = sac, .sic = sic, .input = AP_INPUT_NONE };
        ap_sensor_defaults(&sensor, kind);
        name_by_codes(&sensor, sac, sic);
        return add_sensor(state, &sensor);
    }
    ap_sensor *sensor = &table->sensor[index];
    if (!sensor->described && sensor->kind == AP_SENSOR_UNKNOWN && kind != AP_SENSOR_UNKNOWN)
        ap_sensor_defaults(sensor, kind); /* now it is known what it is */
    return index;
}

/* Those of what others have placed are not bound to the input: they are found here only, and never
 * taken for its receiver. */
static uint16_t add_of_input(struct ap_sense_state *state, uint16_t input, ap_sense_origin origin)
{
    static const struct {
        ap_sensor_kind kind;
        const char *suffix;
    } kinds[AP_SENSE_ORIGINS] = { [AP_SENSE_OWN] = { AP_SENSOR_ADSB, "" },
                                  [AP_SENSE_MLAT] = { AP_SENSOR_MLAT, " mlat" },
                                  [AP_SENSE_TISB] = { AP_SENSOR_TRACKER, " tisb" },
                                  [AP_SENSE_OTHER] = { AP_SENSOR_UNKNOWN, " other" } };
    ap_sensor sensor = { .input = origin == AP_SENSE_OWN ? input : AP_INPUT_NONE };
    ap_sensor_defaults(&sensor, kinds[origin].kind);
    name_by_input(&sensor, input, kinds[origin].suffix);
    return add_sensor(state, &sensor);
}

uint16_t ap_sense_sensor_of_input(struct ap_sense_state *state, uint16_t input,
                                  ap_sense_origin origin)
{
    uint16_t *index = &state->inputs[input].sensors[origin];
    if (*index == AP_SENSOR_NONE && origin == AP_SENSE_OWN)
        *index = ap_sensor_find_input(state->config.sensors, input);
    if (*index == AP_SENSOR_NONE)
        *index = add_of_input(state, input, origin);
    return *index;
}

/* "/0123456789abcdef" */
static void id_suffix(uint64_t id, char suffix[18])
{
    suffix[0] = '/';
    for (int i = 0; i < 16; i++)
        suffix[1 + i] = "0123456789abcdef"[id >> (60 - 4 * i) & 15];
    suffix[17] = '\0';
}

uint16_t ap_sense_sensor_of_receiver(struct ap_sense_state *state, uint16_t receiver)
{
    ap_receiver *row = &state->config.receivers->rows[receiver];
    if (row->sensor == AP_SENSOR_NONE && !row->has_id) {
        row->sensor = ap_sense_sensor_of_input(state, row->input, AP_SENSE_OWN);
    } else if (row->sensor == AP_SENSOR_NONE) {
        ap_sensor sensor = { .input = row->input, .has_receiver = true, .receiver = row->id };
        char suffix[18];
        id_suffix(row->id, suffix);
        ap_sensor_defaults(&sensor, AP_SENSOR_ADSB);
        name_by_input(&sensor, row->input, suffix);
        row->sensor = add_sensor(state, &sensor);
    }
    return row->sensor;
}

ap_sense_fix ap_sense_last_fix(const ap_sense *sense)
{
    return sense->state->last_fix;
}

const ap_comm_b_inference *ap_sense_last_register(const ap_sense *sense)
{
    return sense->state->has_register ? &sense->state->last_register : NULL;
}

const ap_refusals *ap_sense_refused(const ap_sense *sense, uint16_t input)
{
    static const ap_refusals none = { { 0 } };
    const struct ap_sense_state *state = sense->state;
    return input < state->config.input_cap ? &state->inputs[input].refused : &none;
}

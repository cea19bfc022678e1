#include "simulate/simulate.h"

#include <assert.h>
#include <math.h>

#include "base/arena.h"
#include "simulate/instrument.h"
#include "simulate/line.h"
#include "simulate/populate.h"
#include "simulate/world.h"
#include "wire/json.h"

typedef struct instrument {
    const ap_instrument_kind *kind;
    void *state;
    ap_line line;  /* from it to the recorder */
    double send_s; /* when a packet leaves it next; HUGE_VAL: never */
    double next_s; /* when that happens, or a packet arrives */
} instrument;

struct ap_simulate_state {
    const ap_scenario *scenario;
    ap_world world;
    instrument *instruments; /* [sensor_count] */
    uint64_t full_count;     /* packets that outgrew their buffer */
    uint8_t packet[AP_SIMULATE_PACKET_SIZE];
};

#define RANGE_MAX_M 1e7
#define TURN_MAX_S 500.0 /* CAT034 and CAT002 can tell 512 s */

/* Slant ranges that a format has room for; 0: it does not tell them. */
static const double range_told_m[AP_SENSOR_FORMAT_COUNT] = {
    [AP_SENSOR_FORMAT_CAT048] = 65535.0 / 256.0 * AP_M_PER_NMI,
    [AP_SENSOR_FORMAT_CAT001] = 65535.0 / 128.0 * AP_M_PER_NMI,
    [AP_SENSOR_FORMAT_CAT010] = 32767.0, /* of x and y */
};

static bool is_within(double value, double low, double high)
{
    return value >= low && value <= high;
}

static bool sensor_is_sound(const ap_scenario_sensor *sensor)
{
    const ap_instrument_kind *kind = ap_instrument_of(sensor->format);
    const ap_sensor *told = &sensor->told;
    return kind && kind->state_size <= AP_INSTRUMENT_STATE_MAX && told->has_site &&
           is_within(told->turn_s, 0.1, TURN_MAX_S) &&
           is_within(told->detection_probability, 0.0, 1.0) &&
           is_within(told->range_min_m, 0.0, RANGE_MAX_M) &&
           is_within(told->range_max_m, 1.0, RANGE_MAX_M) &&
           is_within(told->clutter_per_turn, 0.0, 1000.0) &&
           is_within(sensor->range_bias_m, -5000.0, 5000.0) &&
           is_within(sensor->azimuth_bias_rad, -0.1, 0.1) && ap_line_is_sound(sensor);
}

static bool say(const char *reason, ap_writer *why)
{
    ap_text_str(why, reason);
    return false;
}

static bool check_frame(const ap_scenario *scenario, ap_writer *why)
{
    const double most_rad = 80.0 * AP_RAD_PER_DEG;
    if (scenario->start_utc == AP_UTC_UNKNOWN || !is_within(scenario->duration_s, 10.0, 86400.0))
        return say("expected a time to begin and a duration of 10 to 86400 s", why);
    if (!is_within(scenario->reference.latitude_rad, -most_rad, most_rad) ||
        !is_within(scenario->reference.longitude_rad, -AP_PI, AP_PI))
        return say("expected its middle between 80 degrees south and north", why);
    if (!is_within(scenario->height_offset_m, -500.0, 500.0))
        return say("expected a height offset of -500 to 500 m", why);
    return scenario->sensor_count <= AP_SIMULATE_SENSOR_MAX ||
           say("expected at most 256 sensors", why);
}

static bool check_sensor(const ap_scenario_sensor *sensor, ap_writer *why)
{
    bool is_sound = sensor_is_sound(sensor);
    double most_m = is_sound ? range_told_m[sensor->format] : 0.0;
    if (is_sound && !(most_m > 0.0 && sensor->told.range_max_m > most_m))
        return true;
    ap_text_str(why, "sensor ");
    ap_text_str(why, sensor->told.name);
    if (!is_sound)
        return say(ap_instrument_of(sensor->format) ? ": a value is out of its range"
                                                    : ": nothing sends its format",
                   why);
    ap_text_str(why, ": expected a range of at most ");
    ap_text_fixed(why, floor(most_m), 0);
    return say(" m, all that its format has room for", why);
}

/* What it points at is there. */
static bool fault_is_sound(const ap_scenario *scenario, const ap_scenario_fault *fault)
{
    bool has_flight = fault->flight != AP_SCENARIO_NONE;
    return (unsigned)fault->kind < AP_FAULT_COUNT &&
           (fault->sensor == AP_SCENARIO_NONE || fault->sensor < scenario->sensor_count) &&
           (!has_flight || fault->flight < scenario->flight_count) &&
           (has_flight || fault->kind != AP_FAULT_REPLAY) &&
           (fault->radius_m > 0.0 || fault->kind != AP_FAULT_GHOSTS);
}

static bool check(const ap_scenario *scenario, ap_writer *why)
{
    if (!check_frame(scenario, why) || !ap_populate_check(scenario, why))
        return false;
    for (uint32_t i = 0; i < scenario->sensor_count; i++)
        if (!check_sensor(&scenario->sensors[i], why))
            return false;
    for (uint32_t i = 0; i < scenario->fault_count; i++) {
        if (fault_is_sound(scenario, &scenario->faults[i]))
            continue;
        ap_text_str(why, "fault ");
        ap_text_u64(why, i + 1);
        return say(": expected a sensor, flight or area that it happens to", why);
    }
    return true;
}

bool ap_simulate_check(const ap_scenario *scenario, char *why, size_t size)
{
    assert(size > 0);
    ap_writer text = ap_writer_of((uint8_t *)why, size - 1);
    bool sound = check(scenario, &text);
    why[text.size] = '\0';
    return sound;
}

static void fill_world(const ap_scenario *scenario, ap_world *world)
{
    ap_geodetic reference = scenario->reference;
    reference.height_m = 0.0;
    *world = (ap_world){ .scenario = scenario,
                         .seed = scenario->seed,
                         .start_utc = scenario->start_utc,
                         .plane = ap_enu_frame_at(reference) };
    for (uint32_t i = 0; i < scenario->sensor_count; i++)
        world->registers = world->registers || scenario->sensors[i].registers;
}

/* Measures, or takes and fills: the same calls. NULL when measuring or when memory is short. */
static struct ap_simulate_state *lay_out(const ap_scenario *scenario, ap_arena *arena)
{
    struct ap_simulate_state measured = { .scenario = scenario };
    struct ap_simulate_state *taken = ap_arena_take(arena, 1, sizeof *taken);
    struct ap_simulate_state *state = taken ? taken : &measured;
    state->scenario = scenario;
    fill_world(scenario, &state->world);
    ap_populate(&state->world, arena);
    state->instruments = ap_arena_take(arena, scenario->sensor_count, sizeof *state->instruments);
    for (uint32_t i = 0; i < scenario->sensor_count; i++) {
        _Alignas(AP_ARENA_ALIGN) uint8_t scratch[AP_INSTRUMENT_STATE_MAX];
        const ap_instrument_kind *kind = ap_instrument_of(scenario->sensors[i].format);
        void *own = ap_arena_take(arena, 1, kind->state_size);
        kind->init(own ? own : scratch, arena, &state->world, i);
        ap_line line;
        ap_line_init(&line, arena, scenario, i, state->world.flight_count);
        if (!own)
            continue;
        double send_s = scenario->sensors[i].silent ? HUGE_VAL : kind->time_s(own);
        state->instruments[i] = (instrument){
            .kind = kind, .state = own, .line = line, .send_s = send_s, .next_s = send_s
        };
    }
    return taken;
}

size_t ap_simulate_size(const ap_scenario *scenario)
{
    char why[AP_SIMULATE_WHY_SIZE];
    if (!ap_simulate_check(scenario, why, sizeof why))
        return 0;
    ap_arena arena = ap_arena_measure();
    (void)lay_out(scenario, &arena); /* NULL: it only measures */
    return ap_arena_need(&arena);
}

ap_err ap_simulate_init(ap_simulate *sim, const ap_scenario *scenario, void *mem, size_t mem_size)
{
    size_t need = ap_simulate_size(scenario);
    if (need == 0)
        return AP_ERR_ARGUMENT;
    if (mem_size < need)
        return AP_ERR_MEMORY;
    ap_arena arena = ap_arena_over(mem, mem_size);
    sim->state = lay_out(scenario, &arena);
    return AP_OK;
}

/* With whom something happens first; at the same time, the lower index. NULL: with nobody. */
static instrument *first_of(const struct ap_simulate_state *state)
{
    instrument *first = NULL;
    for (uint32_t i = 0; i < state->scenario->sensor_count; i++) {
        instrument *own = &state->instruments[i];
        if (own->next_s < state->scenario->duration_s && (!first || own->next_s < first->next_s))
            first = own;
    }
    return first;
}

/* A packet leaves the instrument and goes on its line; a tick in which nothing was measured has
 * none. */
static void let_send(struct ap_simulate_state *state, instrument *own)
{
    double sent_s = own->send_s;
    ap_writer writer = ap_writer_of(state->packet, sizeof state->packet);
    own->kind->send(own->state, &writer);
    own->send_s = own->kind->time_s(own->state);
    if (writer.bad)
        state->full_count++;
    else if (writer.size > 0)
        ap_line_put(&own->line, sent_s, state->packet, writer.size);
}

ap_err ap_simulate_next(ap_simulate *sim, ap_packet *packet)
{
    struct ap_simulate_state *state = sim->state;
    for (;;) {
        instrument *first = first_of(state);
        if (!first)
            return AP_ERR_END;
        double time_s = first->next_s;
        bool arrives = ap_line_time_s(&first->line) <= time_s;
        if (arrives)
            packet->data = ap_line_take(&first->line, &packet->size);
        else
            let_send(state, first);
        first->next_s = fmin(first->send_s, ap_line_time_s(&first->line));
        if (!arrives)
            continue;
        uint32_t index = (uint32_t)(first - state->instruments);
        bool is_beast = state->scenario->sensors[index].format == AP_SENSOR_FORMAT_BEAST;
        packet->kind = is_beast ? AP_PACKET_BEAST : AP_PACKET_ASTERIX;
        packet->sensor = (uint16_t)index;
        packet->utc = ap_world_utc(&state->world, time_s);
        return AP_OK;
    }
}

uint32_t ap_simulate_flight_count(const ap_simulate *sim)
{
    return sim->state->world.flight_count;
}

size_t ap_simulate_truth(const ap_simulate *sim, ap_utc_ns utc, ap_truth *truths, size_t cap)
{
    const ap_world *world = &sim->state->world;
    double time_s = ap_seconds_between(world->start_utc, utc);
    size_t count = 0;
    for (uint32_t i = 0; i < world->flight_count; i++) {
        ap_truth truth;
        if (!ap_world_truth(world, i, time_s, &truth))
            continue;
        truth.time_utc = utc;
        if (count < cap)
            truths[count] = truth;
        count++;
    }
    return count;
}

ap_told ap_simulate_told(const ap_simulate *sim, const ap_truth *truth)
{
    const ap_world *world = &sim->state->world;
    double time_s = ap_seconds_between(world->start_utc, truth->time_utc);
    return ap_faults_told(world, truth->id - 1, truth, time_s);
}

uint32_t ap_simulate_sensor_count(const ap_simulate *sim)
{
    return sim->state->scenario->sensor_count;
}

const ap_sensor *ap_simulate_sensor(const ap_simulate *sim, uint32_t index)
{
    return &sim->state->scenario->sensors[index].told;
}

bool ap_simulate_sends(const ap_simulate *sim, uint32_t index)
{
    const ap_scenario *scenario = sim->state->scenario;
    return index < scenario->sensor_count && !scenario->sensors[index].silent;
}

uint64_t ap_simulate_lost_count(const ap_simulate *sim)
{
    uint64_t count = sim->state->full_count;
    for (uint32_t i = 0; i < sim->state->scenario->sensor_count; i++) {
        const instrument *own = &sim->state->instruments[i];
        count += own->kind->lost_count(own->state) + own->line.counts.full_count;
    }
    return count;
}

const ap_line_counts *ap_simulate_line_counts(const ap_simulate *sim, uint32_t index)
{
    return &sim->state->instruments[index].line.counts;
}

ap_utc_ns ap_simulate_start_utc(const ap_simulate *sim)
{
    return sim->state->world.start_utc;
}

static bool sensor_covers(const struct ap_simulate_state *state, uint32_t index,
                          const ap_truth *truth)
{
    const instrument *own = &state->instruments[index];
    ap_sight sight;
    if (own->kind->covers)
        return own->kind->covers(own->state, truth);
    return ap_sight_of(&state->scenario->sensors[index].told, truth->position, &sight);
}

bool ap_simulate_covers(const ap_simulate *sim, const ap_truth *truth)
{
    const struct ap_simulate_state *state = sim->state;
    if (truth->id == 0 || truth->id > state->world.flight_count)
        return false;
    for (uint32_t i = 0; i < state->scenario->sensor_count; i++)
        if (ap_simulate_sends(sim, i) && sensor_covers(state, i, truth))
            return true;
    return false;
}

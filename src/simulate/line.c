#include "simulate/line.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "simulate/random.h"
#include "simulate/world.h"

#define BEAST_PACKET_SIZE 96 /* a receiver's id and a frame with all their octets doubled: 62 */
#define FRAMES_PER_FLIGHT_S 10.0
#define DATAGRAMS_PER_FLIGHT_S 0.5
#define PACKETS_PER_S 100.0 /* beside those of flights: status, false plots */
#define SPARE_COUNT 64.0
#define DELAY_MAX_S 60.0

size_t ap_line_packet_size(ap_sensor_format format)
{
    return format == AP_SENSOR_FORMAT_BEAST ? BEAST_PACKET_SIZE : AP_LINE_DATAGRAM_SIZE;
}

static bool is_chance(double value)
{
    return value >= 0.0 && value < 1.0;
}

bool ap_line_is_sound(const ap_scenario_sensor *sensor)
{
    return sensor->delay_s >= 0.0 && sensor->delay_s <= DELAY_MAX_S &&
           sensor->delay_jitter_s >= 0.0 && sensor->delay_jitter_s <= DELAY_MAX_S &&
           is_chance(sensor->loss) && is_chance(sensor->duplication) &&
           is_chance(sensor->reordering);
}

/* What is on its way at one time, with room to spare. */
static size_t cap_of(const ap_scenario_sensor *sensor, uint32_t flight_count)
{
    bool is_beast = sensor->format == AP_SENSOR_FORMAT_BEAST;
    double per_flight_s = is_beast ? FRAMES_PER_FLIGHT_S : DATAGRAMS_PER_FLIGHT_S;
    double rate_per_s = PACKETS_PER_S + per_flight_s * flight_count;
    return (size_t)(SPARE_COUNT + rate_per_s * (sensor->delay_s + sensor->delay_jitter_s));
}

void ap_line_init(ap_line *line, ap_arena *arena, const ap_scenario *scenario, uint32_t index,
                  uint32_t flight_count)
{
    const ap_scenario_sensor *sensor = &scenario->sensors[index];
    *line = (ap_line){ .scenario = scenario,
                       .sensor = sensor,
                       .index = index,
                       .stream = ap_world_line_stream(scenario, index),
                       .slot_size = ap_line_packet_size(sensor->format),
                       .cap = cap_of(sensor, flight_count),
                       .last_arrival_s = -HUGE_VAL };
    line->bytes = ap_arena_take_raw(arena, line->cap + 1, line->slot_size);
    line->entries = ap_arena_take_raw(arena, line->cap + 1, sizeof *line->entries);
}

static void fill_slot(ap_line *line, size_t slot, double arrival_s, const uint8_t *data,
                      size_t size)
{
    line->entries[slot] = (ap_line_entry){ .arrival_s = arrival_s, .size = size };
    memcpy(line->bytes + slot * line->slot_size, data, size);
}

/* To the end of the queue. */
static bool push(ap_line *line, double arrival_s, const uint8_t *data, size_t size)
{
    if (line->count == line->cap) {
        line->counts.full_count++;
        return false;
    }
    fill_slot(line, (line->first + line->count) % line->cap, arrival_s, data, size);
    line->count++;
    line->last_arrival_s = arrival_s;
    return true;
}

/* The packet held back goes on. */
static void release(ap_line *line, double arrival_s)
{
    line->is_holding = false;
    (void)push(line, arrival_s, line->bytes + line->cap * line->slot_size, /* full: counted */
               line->entries[line->cap].size);
}

static void hold(ap_line *line, double arrival_s, const uint8_t *data, size_t size)
{
    fill_slot(line, line->cap, arrival_s + AP_LINE_HOLD_MAX_S, data, size);
    line->is_holding = true;
    line->counts.reordered_count++;
}

/* Chance of losing a packet; 1 in an outage. */
static double loss_at(const ap_line *line, double sent_s, bool *is_out)
{
    double kept = 1.0 - line->sensor->loss;
    *is_out = false;
    for (uint32_t i = 0; i < line->scenario->fault_count; i++) {
        const ap_scenario_fault *fault = &line->scenario->faults[i];
        if (fault->sensor != line->index || sent_s < fault->start_s || sent_s >= fault->end_s)
            continue;
        if (fault->kind == AP_FAULT_LOSS)
            kept *= 1.0 - fault->value;
        *is_out = *is_out || fault->kind == AP_FAULT_OUTAGE;
    }
    return 1.0 - kept;
}

/* Puts a packet that is not lost on its way, behind those before it. */
static void carry(ap_line *line, double sent_s, ap_random *random, const uint8_t *data, size_t size)
{
    const ap_scenario_sensor *sensor = line->sensor;
    double delay_s = sensor->delay_s + sensor->delay_jitter_s * ap_random_unit(random);
    bool is_twice = ap_random_unit(random) < sensor->duplication;
    bool is_overtaken = ap_random_unit(random) < sensor->reordering;
    double arrival_s = fmax(sent_s + delay_s, line->last_arrival_s);
    double held_s = line->is_holding ? line->entries[line->cap].arrival_s : HUGE_VAL;
    if (held_s <= arrival_s)
        release(line, fmax(held_s, line->last_arrival_s));
    if (is_overtaken && !line->is_holding) {
        hold(line, arrival_s, data, size);
        return;
    }
    bool is_sent = push(line, arrival_s, data, size);
    if (is_sent && is_twice && line->count < line->cap) {
        (void)push(line, arrival_s, data, size); /* there is room */
        line->counts.duplicate_count++;
    }
    if (line->is_holding)
        release(line, arrival_s);
}

void ap_line_put(ap_line *line, double sent_s, const uint8_t *data, size_t size)
{
    assert(size <= line->slot_size);
    ap_random random =
        ap_random_of(line->scenario->seed, line->stream, 0, line->counts.packet_count++);
    bool is_out;
    double loss = loss_at(line, sent_s, &is_out);
    bool is_lost = ap_random_unit(&random) < loss;
    line->counts.outage_count += is_out;
    line->counts.lost_count += is_lost && !is_out;
    if (!is_out && !is_lost)
        carry(line, sent_s, &random, data, size);
}

/* The packet held back is next: nothing overtook it in time. */
static bool is_hold_next(const ap_line *line)
{
    return line->is_holding && (line->count == 0 || line->entries[line->cap].arrival_s <
                                                        line->entries[line->first].arrival_s);
}

double ap_line_time_s(const ap_line *line)
{
    if (is_hold_next(line))
        return line->entries[line->cap].arrival_s;
    return line->count > 0 ? line->entries[line->first].arrival_s : HUGE_VAL;
}

const uint8_t *ap_line_take(ap_line *line, size_t *size)
{
    assert(line->is_holding || line->count > 0);
    if (is_hold_next(line)) {
        line->is_holding = false;
        line->last_arrival_s = fmax(line->last_arrival_s, line->entries[line->cap].arrival_s);
        *size = line->entries[line->cap].size;
        return line->bytes + line->cap * line->slot_size;
    }
    const uint8_t *data = line->bytes + line->first * line->slot_size;
    *size = line->entries[line->first].size;
    line->first = (line->first + 1) % line->cap;
    line->count--;
    return data;
}

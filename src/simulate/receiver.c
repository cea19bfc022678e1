#include "simulate/receiver.h"

#include <math.h>

#include "simulate/radar.h"
#include "wire/modes/beast.h"
#include "wire/modes/encode.h"

#define LIGHT_MPS 299792458.0
#define TICKS_PER_S 12e6
#define FULL_SCALE_M 12e3 /* distance at which a frame fills the receiver's scale */
#define FAR_LOSS 0.5      /* share of the frames that is lost in addition at the end of the range */

static bool arrives_before(const ap_receiver *receiver, uint32_t a, uint32_t b)
{
    double at_a = receiver->transponders[a].arrival_s, at_b = receiver->transponders[b].arrival_s;
    return at_a < at_b || (at_a == at_b && a < b);
}

static void sift_down(ap_receiver *receiver, size_t at)
{
    uint32_t *heap = receiver->heap;
    size_t count = receiver->world->flight_count;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            return;
        if (child + 1 < count && arrives_before(receiver, heap[child + 1], heap[child]))
            child++;
        if (!arrives_before(receiver, heap[child], heap[at]))
            return;
        uint32_t later = heap[at];
        heap[at] = heap[child];
        heap[child] = later;
        at = child;
    }
}

static ap_squitter kind_of(unsigned timer)
{
    return timer < AP_SQUITTER_REPLY ? (ap_squitter)timer : AP_SQUITTER_REPLY;
}

/* Finds what the aircraft sends next, and when that arrives. */
static void plan(const ap_receiver *receiver, uint32_t flight)
{
    ap_transponder *own = &receiver->transponders[flight];
    own->timer = 0;
    for (unsigned i = 1; i < AP_RECEIVER_TIMER_COUNT; i++)
        if (own->next_s[i] < own->next_s[own->timer])
            own->timer = i;
    double sent_s = own->next_s[own->timer];
    ap_truth truth;
    ap_sight sight;
    own->arrival_s = HUGE_VAL;
    if (sent_s == HUGE_VAL || !ap_world_truth(receiver->world, flight, sent_s, &truth))
        return;
    own->is_in_sight = ap_sight_of(receiver->sensor, truth.position, &sight);
    own->distance_m = sight.range_m;
    own->arrival_s = sent_s + sight.range_m / LIGHT_MPS;
}

/* Anywhere within an interval after the birth. */
static double first_squitter_s(const ap_flight *flight, ap_squitter kind, ap_random *random)
{
    double interval_s = ap_squitter_interval_s(kind, random);
    return flight->birth_s + interval_s * ap_random_unit(random);
}

static void start_transponder(ap_receiver *receiver, uint32_t flight)
{
    const ap_flight *of = &receiver->world->flights[flight];
    ap_transponder *own = &receiver->transponders[flight];
    ap_random random =
        ap_random_of(receiver->world->seed, receiver->stream, flight, AP_PHASE_EVENT);
    for (unsigned i = 0; i < AP_RECEIVER_TIMER_COUNT; i++) {
        ap_squitter kind = kind_of(i);
        own->next_s[i] = HUGE_VAL;
        if (!ap_squitter_is_sent(kind, of) || i >= AP_SQUITTER_REPLY + receiver->radar_count)
            continue;
        if (kind == AP_SQUITTER_REPLY)
            own->next_s[i] = ap_antenna_first_pass(
                receiver->world, &receiver->antennas[i - AP_SQUITTER_REPLY], flight, 0.0);
        else
            own->next_s[i] = first_squitter_s(of, kind, &random);
    }
    plan(receiver, flight);
}

static void find_radars(ap_receiver *receiver, const ap_world *world)
{
    const ap_scenario *scenario = world->scenario;
    for (uint32_t i = 0; i < scenario->sensor_count; i++) {
        const ap_scenario_sensor *sensor = &scenario->sensors[i];
        bool asks =
            sensor->told.kind == AP_SENSOR_COMBINED || sensor->told.kind == AP_SENSOR_MODE_S;
        if (sensor->format != AP_SENSOR_FORMAT_CAT048 || !asks ||
            receiver->radar_count == AP_RECEIVER_RADAR_CAP)
            continue;
        receiver->antennas[receiver->radar_count] = ap_radar_antenna(world, i);
        receiver->cone_rad[receiver->radar_count++] = sensor->cone_rad;
    }
}

static void init(void *state, ap_arena *arena, const ap_world *world, uint32_t index)
{
    ap_receiver *receiver = state;
    *receiver = (ap_receiver){ .world = world,
                               .sensor = &world->scenario->sensors[index].told,
                               .stream = ap_world_stream(world, index) };
    receiver->transponders =
        ap_arena_take(arena, world->flight_count, sizeof *receiver->transponders);
    receiver->heap = ap_arena_take(arena, world->flight_count, sizeof *receiver->heap);
    if (!receiver->heap)
        return;
    find_radars(receiver, world);
    int64_t since_midnight_ns = ap_world_utc(world, 0.0) % AP_NS_PER_DAY;
    receiver->tick_offset = (uint64_t)llround((double)since_midnight_ns * (TICKS_PER_S / 1e9));
    for (uint32_t i = 0; i < world->flight_count; i++) {
        start_transponder(receiver, i);
        receiver->heap[i] = i;
    }
    for (size_t i = world->flight_count / 2; i-- > 0;)
        sift_down(receiver, i);
}

static double time_s_of(const void *state)
{
    const ap_receiver *receiver = state;
    return receiver->transponders[receiver->heap[0]].arrival_s;
}

/* A transponder answers a radar that sees it. */
static bool is_asked(const ap_receiver *receiver, const ap_transponder *own, const ap_truth *truth)
{
    if (own->timer < AP_SQUITTER_REPLY)
        return true;
    unsigned radar = own->timer - AP_SQUITTER_REPLY;
    ap_sight sight;
    return ap_sight_of(receiver->antennas[radar].sensor, truth->position, &sight) &&
           sight.elevation_rad <= receiver->cone_rad[radar];
}

static bool is_received(const ap_receiver *receiver, const ap_transponder *own, ap_random *random)
{
    double share = own->distance_m / receiver->sensor->range_max_m;
    double probability = receiver->sensor->detection_probability * (1.0 - FAR_LOSS * share * share);
    return ap_random_unit(random) < probability && own->is_in_sight;
}

static uint8_t signal_of(double distance_m, ap_random *random)
{
    double level = 255.0 * FULL_SCALE_M / fmax(distance_m, FULL_SCALE_M);
    level *= exp(0.1 * ap_random_normal(random));
    return (uint8_t)lround(fmin(fmax(level, 4.0), 255.0));
}

static void transmit(const ap_receiver *receiver, uint32_t flight, ap_random *random,
                     ap_writer *writer)
{
    const ap_flight *of = &receiver->world->flights[flight];
    const ap_transponder *own = &receiver->transponders[flight];
    double sent_s = own->next_s[own->timer];
    ap_truth truth;
    ap_modes_frame content;
    if (!ap_world_truth(receiver->world, flight, sent_s, &truth) ||
        !is_asked(receiver, own, &truth) || !is_received(receiver, own, random) ||
        !ap_squitter_make(kind_of(own->timer), receiver->world, of, &truth, sent_s,
                          own->count[own->timer], random, &content))
        return;
    uint8_t frame[AP_MODES_LONG_SIZE];
    size_t size;
    if (ap_modes_encode(&content, frame, &size) != AP_OK)
        return;
    uint64_t ticks = receiver->tick_offset + (uint64_t)llround(own->arrival_s * TICKS_PER_S);
    (void)ap_beast_write(writer, frame, size, ticks, /* a full writer tells by `bad` */
                         signal_of(own->distance_m, random));
}

static void set_timer(const ap_receiver *receiver, uint32_t flight, ap_random *random)
{
    ap_transponder *own = &receiver->transponders[flight];
    unsigned timer = own->timer;
    own->count[timer]++;
    if (kind_of(timer) == AP_SQUITTER_REPLY)
        own->next_s[timer] =
            ap_antenna_next_pass(receiver->world, &receiver->antennas[timer - AP_SQUITTER_REPLY],
                                 flight, own->next_s[timer]);
    else
        own->next_s[timer] += ap_squitter_interval_s(kind_of(timer), random);
}

static void send(void *state, ap_writer *writer)
{
    ap_receiver *receiver = state;
    uint32_t flight = receiver->heap[0];
    const ap_transponder *own = &receiver->transponders[flight];
    if (own->arrival_s == HUGE_VAL)
        return;
    uint64_t event = (uint64_t)own->count[own->timer] * AP_RECEIVER_TIMER_COUNT + own->timer;
    ap_random random = ap_random_of(receiver->world->seed, receiver->stream, flight, event);
    transmit(receiver, flight, &random, writer);
    set_timer(receiver, flight, &random);
    plan(receiver, flight);
    sift_down(receiver, 0);
}

static uint64_t lost_count(const void *state)
{
    (void)state;
    return 0;
}

static bool covers(const void *state, const ap_truth *truth)
{
    const ap_receiver *receiver = state;
    ap_sight sight;
    return receiver->world->flights[truth->id - 1].equipment == AP_EQUIPMENT_ADSB &&
           ap_sight_of(receiver->sensor, truth->position, &sight);
}

const ap_instrument_kind ap_instrument_receiver = { .state_size = sizeof(ap_receiver),
                                                    .init = init,
                                                    .time_s = time_s_of,
                                                    .send = send,
                                                    .lost_count = lost_count,
                                                    .covers = covers };

#include "simulate/receiver.h"

#include <math.h>

#include "wire/modes/beast.h"
#include "wire/modes/encode.h"

#define TICKS_PER_S 12e6
#define TICKS_MASK ((UINT64_C(1) << 48) - 1)
#define NS_BITS 30 /* of a stamp of the other kind; the second of the day is above them */
#define SECONDS_PER_DAY 86400
#define FULL_SCALE_M 12e3 /* distance at which a frame fills the receiver's scale */
#define FAR_LOSS 0.5      /* share of the frames that is lost in addition at the end of the range */

static void init(void *state, ap_arena *arena, const ap_world *world, uint32_t index)
{
    ap_receiver *receiver = state;
    *receiver = (ap_receiver){ .world = world,
                               .sensor = &world->scenario->sensors[index],
                               .index = index,
                               .stream = ap_world_stream(world, index) };
    receiver->midnight_s = (double)(ap_world_utc(world, 0.0) % AP_NS_PER_DAY) / AP_NS_PER_S;
    ap_air_init(&receiver->air, arena, world, &receiver->sensor->told, AP_AIR_ALL_KINDS);
}

static double time_s_of(const void *state)
{
    const ap_receiver *receiver = state;
    return ap_air_time_s(&receiver->air);
}

bool ap_receiver_hears(const ap_sensor *sensor, double distance_m, ap_random *random)
{
    double share = distance_m / sensor->range_max_m;
    double probability = sensor->detection_probability * (1.0 - FAR_LOSS * share * share);
    return ap_random_unit(random) < probability;
}

static uint8_t signal_of(double distance_m, ap_random *random)
{
    double level = 255.0 * FULL_SCALE_M / fmax(distance_m, FULL_SCALE_M);
    level *= exp(0.1 * ap_random_normal(random));
    return (uint8_t)lround(fmin(fmax(level, 4.0), 255.0));
}

uint64_t ap_receiver_stamp(const ap_receiver *receiver, double arrival_s, double jitter_s)
{
    const ap_scenario_sensor *sensor = receiver->sensor;
    double own_s = ap_faults_stamp_s(receiver->world, receiver->index, arrival_s) + jitter_s +
                   sensor->clock_offset_s + sensor->clock_drift_ppm * 1e-6 * arrival_s;
    /* Whole ticks or nanoseconds of the midnight and of the run by themselves: a double has not
     * room for both. */
    if (sensor->told.clock != AP_CLOCK_GPS)
        return (uint64_t)(llround(receiver->midnight_s * TICKS_PER_S) +
                          llround(own_s * TICKS_PER_S)) &
               TICKS_MASK;
    int64_t day_ns = (llround(receiver->midnight_s * 1e9) + llround(own_s * 1e9)) % AP_NS_PER_DAY;
    uint64_t ns = (uint64_t)(day_ns < 0 ? day_ns + AP_NS_PER_DAY : day_ns);
    return ns / AP_NS_PER_S << NS_BITS | ns % AP_NS_PER_S;
}

static void receive(const ap_receiver *receiver, const ap_air_schedule *heard, ap_random *random,
                    ap_writer *writer)
{
    const ap_air *air = &receiver->air;
    uint8_t frame[AP_MODES_LONG_SIZE];
    size_t size;
    ap_broadcast told;
    ap_modes_frame content;
    if (!ap_air_tell(air, &told) || !ap_air_content(air, &told, &content) ||
        ap_modes_encode(&content, frame, &size) != AP_OK)
        return;
    uint8_t signal = signal_of(heard->distance_m, random);
    double jitter_s = receiver->sensor->arrival_jitter_s;
    if (jitter_s > 0.0)
        jitter_s *= ap_random_normal(random);
    uint64_t stamp = ap_receiver_stamp(receiver, heard->arrival_s, jitter_s);
    (void)ap_beast_write(writer, frame, size, stamp, signal); /* a full writer tells by `bad` */
}

static void send(void *state, ap_writer *writer)
{
    ap_receiver *receiver = state;
    ap_air *air = &receiver->air;
    if (ap_air_time_s(air) == HUGE_VAL)
        return;
    uint32_t source = ap_air_next(air);
    const ap_air_schedule *heard = &air->schedules[source];
    ap_random random =
        ap_random_of(receiver->world->seed, receiver->stream, source, ap_air_event(air));
    bool is_heard = ap_receiver_hears(&receiver->sensor->told, heard->distance_m, &random);
    if (is_heard && heard->is_in_sight)
        receive(receiver, heard, &random, writer);
    ap_air_pass(air);
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
           ap_sight_of(&receiver->sensor->told, truth->position, &sight);
}

const ap_instrument_kind ap_instrument_receiver = { .state_size = sizeof(ap_receiver),
                                                    .init = init,
                                                    .time_s = time_s_of,
                                                    .send = send,
                                                    .lost_count = lost_count,
                                                    .covers = covers };

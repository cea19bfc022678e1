#include "simulate/simulate.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "simulate/mlat.h"
#include "simulate/radar.h"
#include "simulate/receiver.h"
#include "simulate/traffic.h"
#include "simulate/world.h"

#define ALL_SENSORS ((1u << AP_SIMULATE_SENSOR_COUNT) - 1u)
#define SAC 250 /* not assigned to a state */
_Static_assert(AP_RECEIVER_RADAR_CAP == AP_SIMULATE_RADAR_COUNT, "every radar is answered");

struct ap_simulate_state {
    ap_simulate_config config;
    ap_world world;
    ap_flight *flights;
    ap_sensor sensors[AP_SIMULATE_SENSOR_COUNT];
    ap_radar radars[AP_SIMULATE_RADAR_COUNT];
    ap_mlat mlat;
    ap_receiver receiver;
    uint8_t packet[AP_SIMULATE_PACKET_SIZE];
};

/* What stands where: bearing and distance from the reference. The radars form a triangle with
 * sides of 100 km. */
typedef struct site_row {
    const char *name;
    ap_sensor_kind kind;
    uint8_t sic; /* 0: no codes */
    double bearing_deg, distance_m, height_m;
    double turn_s, range_min_m, range_max_m, detection_probability;
} site_row;

static const site_row site_rows[AP_SIMULATE_SENSOR_COUNT] = {
    { "North radar", AP_SENSOR_COMBINED, 1, 0.0, 57735.0, 85.0, 4.0, 900.0, 150e3, 0.97 },
    { "East radar", AP_SENSOR_COMBINED, 2, 120.0, 57735.0, 110.0, 5.2, 900.0, 220e3, 0.97 },
    { "West radar", AP_SENSOR_COMBINED, 3, 240.0, 57735.0, 95.0, 8.1, 900.0, 280e3, 0.97 },
    { "Multilateration", AP_SENSOR_MLAT, 4, 0.0, 0.0, 70.0, 1.0, 0.0, 200e3, 0.92 },
    { "Receiver", AP_SENSOR_ADSB, 0, 45.0, 20e3, 75.0, 1.0, 0.0, 400e3, 0.95 },
};

ap_simulate_config ap_simulate_config_default(void)
{
    return (ap_simulate_config){
        .seed = 1,
        .start_utc = INT64_C(1709294400) * AP_NS_PER_S, /* 2024-03-01T12:00:00Z */
        .duration_s = 600.0,
        .reference = { 56.0 * AP_RAD_PER_DEG, 3.5 * AP_RAD_PER_DEG, 0.0 },
        .area_radius_m = 150e3,
        .flight_count = 60,
        .sensors = ALL_SENSORS,
        .height_offset_m = 92.0,
        .clutter_per_turn = 5.0,
        .registers = true,
    };
}

static bool is_within(double value, double low, double high)
{
    return value >= low && value <= high;
}

static bool config_is_sound(const ap_simulate_config *config)
{
    bool sound =
        config->start_utc != AP_UTC_UNKNOWN && is_within(config->duration_s, 60.0, 86400.0) &&
        is_within(config->reference.latitude_rad, -80.0 * AP_RAD_PER_DEG, 80.0 * AP_RAD_PER_DEG) &&
        is_within(config->reference.longitude_rad, -AP_PI, AP_PI) &&
        is_within(config->reference.height_m, -500.0, 5000.0) &&
        is_within(config->area_radius_m, 20e3, 300e3) && config->flight_count >= 3 &&
        config->flight_count <= 20000 && config->primary_only_count <= config->flight_count - 3 &&
        config->sensors <= ALL_SENSORS && is_within(config->height_offset_m, -500.0, 500.0) &&
        is_within(config->clutter_per_turn, 0.0, 1000.0);
    for (int i = 0; i < AP_SIMULATE_RADAR_COUNT; i++)
        sound = sound && is_within(config->radar_range_bias_m[i], -5000.0, 5000.0) &&
                is_within(config->radar_azimuth_bias_rad[i], -0.1, 0.1);
    return sound;
}

static bool is_sending(const struct ap_simulate_state *state, unsigned sensor)
{
    return state->config.sensors >> sensor & 1u;
}

static void place_sensor(struct ap_simulate_state *state, unsigned index)
{
    const site_row *row = &site_rows[index];
    double bearing_rad = row->bearing_deg * AP_RAD_PER_DEG;
    ap_sensor *sensor = &state->sensors[index];
    *sensor = (ap_sensor){ .described = true, .input = AP_INPUT_NONE };
    ap_sensor_defaults(sensor, row->kind);
    memcpy(sensor->name, row->name, strlen(row->name) + 1);
    sensor->has_sac_sic = row->sic != 0;
    sensor->sac = row->sic != 0 ? SAC : 0;
    sensor->sic = row->sic;
    if (index == AP_SIMULATE_ADSB)
        sensor->input = AP_SIMULATE_INPUT_BEAST;
    /* Beside the steps of 25 ft that a report can state, Mode C has steps of 100 ft. */
    sensor->altitude_sigma_m = index == AP_SIMULATE_ADSB ? 2.0 : 9.0;
    sensor->turn_s = row->turn_s;
    sensor->range_min_m = row->range_min_m;
    sensor->range_max_m = row->range_max_m;
    sensor->detection_probability = row->detection_probability;
    if (index < AP_SIMULATE_RADAR_COUNT)
        sensor->clutter_per_turn = state->config.clutter_per_turn;
    ap_vec3 offset = { row->distance_m * sin(bearing_rad), row->distance_m * cos(bearing_rad),
                       0.0 };
    ap_geodetic site = ap_geodetic_from_ecef(ap_ecef_from_enu(&state->world.plane, offset));
    site.height_m = row->height_m;
    (void)ap_sensor_place(sensor, site); /* in range: near the reference */
}

static void fill_world(struct ap_simulate_state *state)
{
    const ap_simulate_config *config = &state->config;
    ap_geodetic reference = config->reference;
    reference.height_m = 0.0;
    state->world = (ap_world){ .seed = config->seed,
                               .start_utc = config->start_utc,
                               .plane = ap_enu_frame_at(reference),
                               .flights = state->flights,
                               .flight_count = config->flight_count,
                               .registers = config->registers };
    ap_traffic_config traffic = { .seed = config->seed,
                                  .flight_count = config->flight_count,
                                  .primary_only_count = config->primary_only_count,
                                  .duration_s = config->duration_s,
                                  .radius_m = config->area_radius_m,
                                  .height_offset_m = config->height_offset_m };
    for (uint32_t i = 0; i < config->flight_count; i++)
        ap_traffic_make(&traffic, i, &state->flights[i]);
    for (unsigned i = 0; i < AP_SIMULATE_SENSOR_COUNT; i++)
        place_sensor(state, i);
}

/* Measures, or takes and fills: the same calls. NULL when measuring or when memory is short. */
static struct ap_simulate_state *lay_out(const ap_simulate_config *config, ap_arena *arena)
{
    struct ap_simulate_state measured = { .config = *config };
    struct ap_simulate_state *taken = ap_arena_take(arena, 1, sizeof *taken);
    struct ap_simulate_state *state = taken ? taken : &measured;
    state->config = *config;
    state->flights = ap_arena_take(arena, config->flight_count, sizeof(ap_flight));
    state->world.flight_count = config->flight_count;
    if (state->flights)
        fill_world(state);
    for (uint32_t i = 0; i < AP_SIMULATE_RADAR_COUNT; i++) {
        ap_radar_init(&state->radars[i], arena, &state->world, &state->sensors[i], i);
        state->radars[i].range_bias_m = config->radar_range_bias_m[i];
        state->radars[i].azimuth_bias_rad = config->radar_azimuth_bias_rad[i];
    }
    ap_mlat_init(&state->mlat, arena, &state->world, &state->sensors[AP_SIMULATE_MLAT],
                 AP_SIMULATE_MLAT);
    ap_receiver_init(&state->receiver, arena, &state->world, &state->sensors[AP_SIMULATE_ADSB],
                     AP_SIMULATE_ADSB, state->sensors);
    return taken;
}

size_t ap_simulate_size(const ap_simulate_config *config)
{
    if (!config_is_sound(config))
        return 0;
    ap_arena arena = ap_arena_measure();
    (void)lay_out(config, &arena); /* NULL: it only measures */
    return ap_arena_need(&arena);
}

ap_err ap_simulate_init(ap_simulate *sim, const ap_simulate_config *config, void *mem,
                        size_t mem_size)
{
    size_t need = ap_simulate_size(config);
    if (need == 0)
        return AP_ERR_ARGUMENT;
    if (mem_size < need)
        return AP_ERR_MEMORY;
    ap_arena arena = ap_arena_over(mem, mem_size);
    sim->state = lay_out(config, &arena);
    return AP_OK;
}

/* When a sensor sends next. */
static double sensor_time_s(const struct ap_simulate_state *state, unsigned sensor)
{
    if (!is_sending(state, sensor))
        return HUGE_VAL;
    if (sensor < AP_SIMULATE_RADAR_COUNT)
        return ap_radar_time_s(&state->radars[sensor]);
    if (sensor == AP_SIMULATE_MLAT)
        return ap_mlat_time_s(&state->mlat);
    return ap_receiver_time_s(&state->receiver);
}

static void send(struct ap_simulate_state *state, unsigned sensor, ap_writer *writer)
{
    if (sensor < AP_SIMULATE_RADAR_COUNT)
        ap_radar_send(&state->radars[sensor], writer);
    else if (sensor == AP_SIMULATE_MLAT)
        ap_mlat_send(&state->mlat, writer);
    else
        ap_receiver_send(&state->receiver, writer);
}

ap_err ap_simulate_next(ap_simulate *sim, ap_packet *packet)
{
    struct ap_simulate_state *state = sim->state;
    for (;;) {
        unsigned first = 0;
        for (unsigned i = 1; i < AP_SIMULATE_SENSOR_COUNT; i++)
            if (sensor_time_s(state, i) < sensor_time_s(state, first))
                first = i;
        double time_s = sensor_time_s(state, first);
        if (time_s >= state->config.duration_s)
            return AP_ERR_END;
        ap_writer writer = ap_writer_of(state->packet, sizeof state->packet);
        send(state, first, &writer);
        if (writer.size == 0)
            continue; /* a tick in which nothing was measured */
        bool is_beast = first == AP_SIMULATE_ADSB;
        *packet =
            (ap_packet){ .kind = is_beast ? AP_PACKET_BEAST : AP_PACKET_ASTERIX,
                         .sensor = (uint16_t)first,
                         .input = is_beast ? AP_SIMULATE_INPUT_BEAST : AP_SIMULATE_INPUT_ASTERIX,
                         .utc = ap_world_utc(&state->world, time_s),
                         .data = state->packet,
                         .size = writer.size };
        return AP_OK;
    }
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

const ap_sensor *ap_simulate_sensors(const ap_simulate *sim)
{
    return sim->state->sensors;
}

bool ap_simulate_sends(const ap_simulate *sim, unsigned index)
{
    return index < AP_SIMULATE_SENSOR_COUNT && is_sending(sim->state, index);
}

ap_utc_ns ap_simulate_start_utc(const ap_simulate *sim)
{
    return sim->state->world.start_utc;
}

static bool sensor_covers(const struct ap_simulate_state *state, unsigned sensor,
                          const ap_truth *truth)
{
    const ap_flight *flight = &state->world.flights[truth->id - 1];
    if (sensor == AP_SIMULATE_MLAT) {
        ap_mlat_covariance covariance;
        return flight->equipment != AP_EQUIPMENT_NONE &&
               ap_mlat_locates(&state->mlat, truth->position, &covariance);
    }
    if (sensor == AP_SIMULATE_ADSB && flight->equipment != AP_EQUIPMENT_ADSB)
        return false;
    ap_sight sight;
    return ap_sight_of(&state->sensors[sensor], truth->position, &sight) &&
           (sensor == AP_SIMULATE_ADSB || sight.elevation_rad <= AP_RADAR_CONE_RAD);
}

bool ap_simulate_covers(const ap_simulate *sim, const ap_truth *truth)
{
    const struct ap_simulate_state *state = sim->state;
    if (truth->id == 0 || truth->id > state->world.flight_count)
        return false;
    for (unsigned i = 0; i < AP_SIMULATE_SENSOR_COUNT; i++)
        if (is_sending(state, i) && sensor_covers(state, i, truth))
            return true;
    return false;
}

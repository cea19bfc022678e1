#include "simulate/radar.h"

#include <math.h>

#include "airpicture/asterix.h"
#include "simulate/clutter.h"

#define PLOTS_PER_PACKET 24     /* of at most 57 octets: a datagram stays below an Ethernet frame */
#define MARGIN_SHARE (1.0 / 64) /* of a turn: targets come so much before the beam expects them */
#define SPARE_DEVIATIONS 10.0   /* room for more false plots than expected */
#define SPARE_PLOTS 64.0

ap_antenna ap_radar_antenna(const ap_world *world, uint32_t index)
{
    const ap_sensor *sensor = &world->scenario->sensors[index].told;
    ap_random random = ap_random_of(world->seed, ap_world_stream(world, index), 0, AP_PHASE_EVENT);
    return (ap_antenna){ .sensor = sensor,
                         .turn_s = sensor->turn_s,
                         .north_s = -sensor->turn_s * ap_random_unit(&random) };
}

double ap_radar_azimuth_error_rad(const ap_radar *radar, double azimuth_rad)
{
    return radar->own->azimuth_bias_rad + radar->own->eccentricity_sin_rad * sin(azimuth_rad) +
           radar->own->eccentricity_cos_rad * cos(azimuth_rad);
}

double ap_radar_boundary_s(const ap_radar *radar, uint64_t boundary)
{
    double turns = (double)boundary / radar->format->sector_count;
    double reading_rad = 2.0 * AP_PI * (turns - floor(turns));
    double error_rad = ap_radar_azimuth_error_rad(radar, reading_rad);
    error_rad = ap_radar_azimuth_error_rad(radar, reading_rad - error_rad);
    return radar->antenna.north_s + (turns - error_rad / (2.0 * AP_PI)) * radar->antenna.turn_s;
}

bool ap_radar_fault(const ap_radar *radar, ap_fault_kind kind, double time_s, double *sum)
{
    const ap_scenario *scenario = radar->world->scenario;
    bool is_on = false;
    *sum = 0.0;
    for (uint32_t i = 0; i < scenario->fault_count; i++) {
        const ap_scenario_fault *fault = &scenario->faults[i];
        if (fault->kind != kind || fault->sensor != radar->index || time_s < fault->start_s ||
            time_s >= fault->end_s)
            continue;
        is_on = true;
        *sum += fault->value;
    }
    return is_on;
}

bool ap_radar_tells_north(const ap_radar *radar)
{
    double unused;
    return radar->boundary % radar->format->sector_count == 0 &&
           !ap_radar_fault(radar, AP_FAULT_NORTH_LOST, ap_radar_boundary_s(radar, radar->boundary),
                           &unused);
}

uint32_t ap_radar_tod(const ap_radar *radar, double time_s)
{
    double stamp_s = ap_faults_stamp_s(radar->world, radar->index, time_s);
    return ap_tod_from_utc(ap_world_utc(radar->world, stamp_s));
}

uint16_t ap_radar_turn16(double azimuth_rad)
{
    return (uint16_t)(lround(ap_wrap_two_pi(azimuth_rad) / (2.0 * AP_PI) * 65536.0) & 0xFFFF);
}

static const ap_radar_format *format_of(ap_sensor_format format)
{
    if (format == AP_SENSOR_FORMAT_CAT001)
        return &ap_radar_cat001;
    return format == AP_SENSOR_FORMAT_CAT010 ? &ap_radar_cat010 : &ap_radar_cat048;
}

/* False plots that a sector may have: areas may lie in one sector whole. */
static size_t false_cap(const ap_radar *radar)
{
    const ap_scenario_sensor *own = radar->own;
    double mean = (own->told.clutter_per_turn + own->fruit_per_turn) / radar->format->sector_count;
    for (uint32_t i = 0; i < own->area_count; i++)
        mean += radar->world->scenario->areas[own->area_first + i].plots_per_turn;
    return (size_t)(mean + SPARE_DEVIATIONS * sqrt(mean) + SPARE_PLOTS);
}

static void set_kind(ap_radar *radar)
{
    ap_sensor_kind kind = radar->own->told.kind;
    bool is_combined = kind == AP_SENSOR_COMBINED;
    radar->has_primary = is_combined || kind == AP_SENSOR_PSR || kind == AP_SENSOR_SMR;
    radar->has_secondary = is_combined || kind == AP_SENSOR_SSR || kind == AP_SENSOR_MODE_S;
    radar->has_mode_s =
        (is_combined || kind == AP_SENSOR_MODE_S) && radar->own->format == AP_SENSOR_FORMAT_CAT048;
}

static void init(void *state, ap_arena *arena, const ap_world *world, uint32_t index)
{
    ap_radar *radar = state;
    const ap_scenario_sensor *own = &world->scenario->sensors[index];
    *radar = (ap_radar){ .world = world,
                         .own = own,
                         .index = index,
                         .format = format_of(own->format),
                         .stream = ap_world_stream(world, index),
                         .antenna = ap_radar_antenna(world, index) };
    set_kind(radar);
    radar->resolve = ap_resolve_of(own, world->seed, radar->stream);
    radar->margin_s =
        fmax(ap_resolve_ahead_s(&radar->resolve), MARGIN_SHARE * radar->antenna.turn_s);
    /* Twice: an echo may be split, and an image stand beside its flight. */
    radar->plot_cap = 2 * (size_t)world->flight_count + 2 * false_cap(radar);
    /* Twice: one waits when the next pass is foreseen. */
    radar->image_cap = 2 * (size_t)own->reflector_count * world->flight_count;
    radar->pass_count = ap_arena_take(arena, world->flight_count, sizeof(uint32_t));
    radar->images = ap_arena_take_raw(arena, radar->image_cap, sizeof(ap_radar_image));
    radar->plots = ap_arena_take_raw(arena, radar->plot_cap, sizeof(ap_radar_plot));
    radar->keys = ap_arena_take_raw(arena, radar->plot_cap, sizeof(ap_resolve_key));
    radar->ready = ap_arena_take_raw(arena, radar->plot_cap, sizeof(uint32_t));
    double slot_s = radar->antenna.turn_s / radar->format->sector_count;
    if (!ap_calendar_init(&radar->calendar, arena, world->flight_count,
                          radar->antenna.north_s - radar->antenna.turn_s, slot_s))
        return;
    while (ap_radar_boundary_s(radar, radar->boundary) < 0.0)
        radar->boundary++;
    for (uint32_t i = 0; i < world->flight_count; i++)
        ap_calendar_put(&radar->calendar, i, ap_antenna_first_pass(world, &radar->antenna, i, 0.0));
}

static double time_s_of(const void *state)
{
    const ap_radar *radar = state;
    return ap_radar_boundary_s(radar, radar->boundary) + AP_RADAR_DELAY_S;
}

static void write_plots(ap_radar *radar, ap_writer *writer)
{
    if (radar->sent_count == radar->ready_count)
        return;
    size_t block = ap_asterix_block_open(writer, radar->format->category);
    for (int i = 0; i < PLOTS_PER_PACKET && radar->sent_count < radar->ready_count; i++) {
        const ap_radar_plot *plot = &radar->plots[radar->ready[radar->sent_count++]];
        radar->format->write_plot(radar, plot, writer);
    }
    (void)ap_asterix_block_close(writer, block); /* far below its limit */
}

/* A block without a record is none. */
static void write_service(const ap_radar *radar, ap_writer *writer)
{
    size_t before = writer->size;
    size_t block = ap_asterix_block_open(writer, radar->format->service_category);
    size_t empty = writer->size;
    radar->format->write_service(radar, writer);
    if (writer->size == empty)
        writer->size = before;
    else
        (void)ap_asterix_block_close(writer, block); /* far below its limit */
}

static void send(void *state, ap_writer *writer)
{
    ap_radar *radar = state;
    if (!radar->is_gathered)
        ap_radar_gather(radar);
    radar->is_gathered = true;
    write_plots(radar, writer);
    if (radar->sent_count < radar->ready_count)
        return;
    write_service(radar, writer);
    radar->boundary++;
    radar->is_gathered = false;
}

static uint64_t lost_count(const void *state)
{
    return ((const ap_radar *)state)->lost_count;
}

/* An echo that is seen more often than not, or an answer. */
static bool covers(const void *state, const ap_truth *truth)
{
    const ap_radar *radar = state;
    const ap_enu_frame *frame = &radar->own->told.frame;
    ap_enu_frame local = ap_enu_frame_at(truth->position);
    ap_vec3 enu = ap_enu_from_ecef(frame, local.origin_ecef);
    ap_vec3 velocity = { truth->east_mps, truth->north_mps, truth->up_mps };
    velocity = ap_enu_rotate(frame, ap_ecef_rotate(&local, velocity));
    ap_sight sight;
    (void)ap_sight_of(&radar->own->told, truth->position, &sight); /* the view tells */
    uint32_t flight = truth->id - 1;
    double time_s = ap_seconds_between(radar->world->start_utc, truth->time_utc);
    ap_told told = ap_faults_told(radar->world, flight, truth, time_s);
    return ap_radar_in_view(radar->world->scenario, radar->own, &sight, truth->position.height_m) &&
           (ap_radar_is_answered(radar, flight, &told) ||
            ap_radar_echo_chance(radar, flight, &told, enu, velocity, sight.range_m) >= 0.5);
}

const ap_instrument_kind ap_instrument_radar = { .state_size = sizeof(ap_radar),
                                                 .init = init,
                                                 .time_s = time_s_of,
                                                 .send = send,
                                                 .lost_count = lost_count,
                                                 .covers = covers };

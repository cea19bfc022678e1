#include "simulate/radar.h"

#include <math.h>

#include "airpicture/asterix.h"
#include "airpicture/asterix/cat034.h"
#include "airpicture/asterix/cat048.h"
#include "simulate/random.h"
#include "simulate/register.h"

#define PLOTS_PER_PACKET 24 /* of at most 54 octets: a datagram stays below an Ethernet frame */
#define CLUTTER_CAP 128     /* in a sector */
#define CLUTTER_ELEMENT UINT32_MAX
#define MESSAGE_NORTH 1
#define MESSAGE_SECTOR 2
#define REGISTER_COUNT 3
#define REGISTER_SIZE 8 /* of a register in I048/250 */

/* I048/020 TYP */
enum {
    TYP_PRIMARY = 1,
    TYP_SSR = 2,
    TYP_SSR_PRIMARY = 3,
    TYP_ROLL_CALL = 5,
    TYP_ROLL_CALL_PRIMARY = 7
};

ap_antenna ap_radar_antenna(const ap_world *world, uint32_t index)
{
    const ap_sensor *sensor = &world->scenario->sensors[index].told;
    ap_random random = ap_random_of(world->seed, ap_world_stream(world, index), 0, AP_PHASE_EVENT);
    return (ap_antenna){ .sensor = sensor,
                         .turn_s = sensor->turn_s,
                         .north_s = -sensor->turn_s * ap_random_unit(&random) };
}

static double boundary_s(const ap_radar *radar, uint64_t boundary)
{
    return radar->antenna.north_s +
           (double)boundary * radar->antenna.turn_s / AP_RADAR_SECTOR_COUNT;
}

static void init(void *state, ap_arena *arena, const ap_world *world, uint32_t index)
{
    ap_radar *radar = state;
    const ap_scenario_sensor *own = &world->scenario->sensors[index];
    *radar = (ap_radar){ .world = world,
                         .own = own,
                         .stream = ap_world_stream(world, index),
                         .clutter_per_sector = own->told.clutter_per_turn / AP_RADAR_SECTOR_COUNT,
                         .plot_cap = world->flight_count + CLUTTER_CAP };
    radar->pass_s = ap_arena_take(arena, world->flight_count, sizeof(double));
    radar->pass_count = ap_arena_take(arena, world->flight_count, sizeof(uint32_t));
    radar->plots = ap_arena_take(arena, radar->plot_cap, sizeof(ap_radar_plot));
    if (!radar->plots)
        return;
    radar->antenna = ap_radar_antenna(world, index);
    while (boundary_s(radar, radar->boundary) < 0.0)
        radar->boundary++;
    for (uint32_t i = 0; i < world->flight_count; i++)
        radar->pass_s[i] = ap_antenna_first_pass(world, &radar->antenna, i, 0.0);
}

static double time_s_of(const void *state)
{
    const ap_radar *radar = state;
    return boundary_s(radar, radar->boundary) + AP_RADAR_DELAY_S;
}

/* Keeps the list in order of time. */
static void add_plot(ap_radar *radar, const ap_radar_plot *plot)
{
    if (radar->plot_count == radar->plot_cap) {
        radar->plot_lost_count++;
        return;
    }
    size_t at = radar->plot_count++;
    for (; at > 0 && radar->plots[at - 1].time_s > plot->time_s; at--)
        radar->plots[at] = radar->plots[at - 1];
    radar->plots[at] = *plot;
}

static void detect(ap_radar *radar, uint32_t flight, double time_s)
{
    const ap_sensor *sensor = radar->antenna.sensor;
    ap_truth truth;
    ap_sight sight;
    if (!ap_world_truth(radar->world, flight, time_s, &truth) ||
        !ap_sight_of(sensor, truth.position, &sight) || sight.elevation_rad > radar->own->cone_rad)
        return;
    ap_random random =
        ap_random_of(radar->world->seed, radar->stream, flight, radar->pass_count[flight]);
    bool has_transponder = radar->world->flights[flight].equipment != AP_EQUIPMENT_NONE;
    bool answers = ap_random_unit(&random) < sensor->detection_probability;
    ap_radar_plot plot = { .time_s = time_s,
                           .pressure_altitude_m = truth.pressure_altitude_m,
                           .flight = flight,
                           .secondary = has_transponder && answers };
    plot.primary = ap_random_unit(&random) < AP_RADAR_PRIMARY_PD;
    plot.range_m = sight.range_m + radar->own->range_bias_m +
                   sensor->range_sigma_m * ap_random_normal(&random);
    plot.azimuth_rad = sight.azimuth_rad + radar->own->azimuth_bias_rad +
                       sensor->azimuth_sigma_rad * ap_random_normal(&random);
    if (plot.primary || plot.secondary)
        add_plot(radar, &plot);
}

/* False plots of a sector: uniform in azimuth and in area. */
static void add_clutter(ap_radar *radar, double from_s, double to_s)
{
    const ap_sensor *sensor = radar->antenna.sensor;
    ap_random random =
        ap_random_of(radar->world->seed, radar->stream, CLUTTER_ELEMENT, radar->boundary);
    uint32_t count = ap_random_poisson(&random, radar->clutter_per_sector);
    double near2 = sensor->range_min_m * sensor->range_min_m;
    double far2 = sensor->range_max_m * sensor->range_max_m;
    for (uint32_t i = 0; i < count; i++) {
        double time_s = ap_random_between(&random, from_s, to_s);
        double turns = (time_s - radar->antenna.north_s) / radar->antenna.turn_s;
        ap_radar_plot plot = { .time_s = time_s,
                               .range_m = sqrt(ap_random_between(&random, near2, far2)),
                               .azimuth_rad = 2.0 * AP_PI * turns,
                               .flight = UINT32_MAX,
                               .primary = true };
        if (time_s >= 0.0)
            add_plot(radar, &plot);
    }
}

static void gather(ap_radar *radar)
{
    double from_s =
        boundary_s(radar, radar->boundary) - radar->antenna.turn_s / AP_RADAR_SECTOR_COUNT;
    double to_s = boundary_s(radar, radar->boundary);
    radar->plot_count = radar->plot_sent = 0;
    for (uint32_t i = 0; i < radar->world->flight_count; i++) {
        while (radar->pass_s[i] < to_s) {
            detect(radar, i, radar->pass_s[i]);
            radar->pass_count[i]++;
            radar->pass_s[i] =
                ap_antenna_next_pass(radar->world, &radar->antenna, i, radar->pass_s[i]);
        }
    }
    add_clutter(radar, from_s, to_s);
    radar->gathered = true;
}

static uint8_t typ_of(const ap_radar_plot *plot, const ap_flight *flight)
{
    if (!plot->secondary)
        return TYP_PRIMARY;
    if (flight->equipment == AP_EQUIPMENT_MODE_AC)
        return plot->primary ? TYP_SSR_PRIMARY : TYP_SSR;
    return plot->primary ? TYP_ROLL_CALL_PRIMARY : TYP_ROLL_CALL;
}

/* What the replies said. */
static void fill_secondary(const ap_radar_plot *plot, const ap_flight *flight, ap_cat048 *record)
{
    record->present |= AP_CAT048_I070 | AP_CAT048_I090;
    record->i070.mode3a = ap_flight_mode_3a(flight, plot->time_s);
    record->i090.fl_4th_fl = ap_world_level_4th(flight, plot->pressure_altitude_m);
    if (flight->equipment == AP_EQUIPMENT_MODE_AC)
        return;
    record->present |= AP_CAT048_I220 | AP_CAT048_I240 | AP_CAT048_I230;
    record->i220 = flight->address;
    record->i240_icao6 = ap_asterix_icao6_raw(flight->callsign);
    record->i230.com = 1;                                                    /* Comm-A and Comm-B */
    record->i230.stat = record->i070.mode3a == AP_MODE_3A_EMERGENCY ? 2 : 0; /* alert, airborne */
    record->i230.mssc = 1;
    record->i230.arc = 1; /* 25 ft */
    record->i230.aic = 1;
}

/* The registers that the radar asks for in every turn. */
static void fill_registers(const ap_radar *radar, const ap_radar_plot *plot,
                           uint8_t memory[REGISTER_COUNT * REGISTER_SIZE], ap_cat048 *record)
{
    static const uint8_t asked[REGISTER_COUNT] = { 0x40, 0x50, 0x60 };
    const ap_flight *flight = &radar->world->flights[plot->flight];
    ap_truth truth;
    if (!radar->own->registers || flight->address == 0 ||
        !ap_world_truth(radar->world, plot->flight, plot->time_s, &truth))
        return;
    ap_writer writer = ap_writer_of(memory, REGISTER_COUNT * REGISTER_SIZE);
    for (size_t i = 0; i < REGISTER_COUNT; i++) {
        ap_cat048_i250 value = { .mbdata = ap_register_of(asked[i], flight, &truth, plot->time_s),
                                 .bds1 = asked[i] >> 4,
                                 .bds2 = asked[i] & 15 };
        ap_cat048_i250_put(&writer, &value);
    }
    record->present |= AP_CAT048_I250;
    record->i250 = (ap_repeats){ memory, REGISTER_COUNT };
}

static void write_plot(const ap_radar *radar, const ap_radar_plot *plot, ap_writer *writer)
{
    const ap_sensor *sensor = radar->antenna.sensor;
    const ap_flight *flight =
        plot->flight == UINT32_MAX ? NULL : &radar->world->flights[plot->flight];
    ap_cat048 record = { .present =
                             AP_CAT048_I010 | AP_CAT048_I140 | AP_CAT048_I020 | AP_CAT048_I040 };
    record.i010.sac = sensor->sac;
    record.i010.sic = sensor->sic;
    record.i140_128th_s = ap_tod_from_utc(ap_world_utc(radar->world, plot->time_s));
    record.i020.typ = typ_of(plot, flight);
    record.i020.sim = 1;
    double turns = ap_wrap_two_pi(plot->azimuth_rad) / (2.0 * AP_PI);
    record.i040.rho_256th_nmi =
        (uint16_t)lround(fmin(fmax(plot->range_m / AP_M_PER_NMI * 256.0, 0.0), 65535.0));
    record.i040.theta_turn16 = (uint16_t)(lround(turns * 65536.0) & 0xFFFF);
    uint8_t registers[REGISTER_COUNT * REGISTER_SIZE];
    if (plot->secondary) {
        fill_secondary(plot, flight, &record);
        fill_registers(radar, plot, registers, &record);
    }
    (void)ap_cat048_encode(writer, &record); /* a full writer tells by `bad` */
}

static void write_service(const ap_radar *radar, uint8_t message, ap_writer *writer)
{
    const ap_sensor *sensor = radar->antenna.sensor;
    ap_cat034 record = { .present = AP_CAT034_I010 | AP_CAT034_I000 | AP_CAT034_I030 |
                                    AP_CAT034_I041 | AP_CAT034_I050 };
    record.i010.sac = sensor->sac;
    record.i010.sic = sensor->sic;
    record.i000 = message;
    record.i030_128th_s =
        ap_tod_from_utc(ap_world_utc(radar->world, boundary_s(radar, radar->boundary)));
    record.i041_128th_s = (uint16_t)lround(radar->antenna.turn_s * 128.0);
    record.i050.present = AP_CAT034_I050_COM | AP_CAT034_I050_PSR | AP_CAT034_I050_MDS;
    record.i050.psr.chab = record.i050.mds.chab = 1; /* channel A */
    if (message == MESSAGE_SECTOR) {
        record.present |= AP_CAT034_I020;
        record.i020_turn8 =
            (uint8_t)(radar->boundary % AP_RADAR_SECTOR_COUNT * (256 / AP_RADAR_SECTOR_COUNT));
    }
    (void)ap_cat034_encode(writer, &record); /* a full writer tells by `bad` */
}

static void write_plots(ap_radar *radar, ap_writer *writer)
{
    if (radar->plot_sent == radar->plot_count)
        return;
    size_t block = ap_asterix_block_open(writer, 48);
    for (int i = 0; i < PLOTS_PER_PACKET && radar->plot_sent < radar->plot_count; i++)
        write_plot(radar, &radar->plots[radar->plot_sent++], writer);
    (void)ap_asterix_block_close(writer, block); /* far below its limit */
}

static void write_sector(const ap_radar *radar, ap_writer *writer)
{
    size_t block = ap_asterix_block_open(writer, 34);
    if (radar->boundary % AP_RADAR_SECTOR_COUNT == 0)
        write_service(radar, MESSAGE_NORTH, writer);
    write_service(radar, MESSAGE_SECTOR, writer);
    (void)ap_asterix_block_close(writer, block); /* far below its limit */
}

static void send(void *state, ap_writer *writer)
{
    ap_radar *radar = state;
    if (!radar->gathered)
        gather(radar);
    write_plots(radar, writer);
    if (radar->plot_sent < radar->plot_count)
        return;
    write_sector(radar, writer);
    radar->boundary++;
    radar->gathered = false;
}

static uint64_t lost_count(const void *state)
{
    return ((const ap_radar *)state)->plot_lost_count;
}

static bool covers(const void *state, const ap_truth *truth)
{
    const ap_radar *radar = state;
    ap_sight sight;
    return ap_sight_of(&radar->own->told, truth->position, &sight) &&
           sight.elevation_rad <= radar->own->cone_rad;
}

const ap_instrument_kind ap_instrument_radar = { .state_size = sizeof(ap_radar),
                                                 .init = init,
                                                 .time_s = time_s_of,
                                                 .send = send,
                                                 .lost_count = lost_count,
                                                 .covers = covers };

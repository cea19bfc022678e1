#include "simulate/mlat.h"

#include <math.h>

#include "airpicture/asterix.h"
#include "airpicture/asterix/cat019.h"
#include "airpicture/asterix/cat020.h"
#include "simulate/random.h"

#define REPORTS_PER_PACKET 20
#define TICKS_PER_STATUS 8
#define STATION_HEIGHT_M 70.0
#define DETERMINANT_MIN 1e-9 /* all stations in one direction */

static void init(void *state, ap_arena *arena, const ap_world *world, uint32_t index)
{
    ap_mlat *mlat = state;
    const ap_sensor *sensor = &world->scenario->sensors[index].told;
    *mlat = (ap_mlat){ .world = world,
                       .sensor = sensor,
                       .stream = ap_world_stream(world, index),
                       .report_cap = world->flight_count };
    mlat->next_s = ap_arena_take(arena, world->flight_count, sizeof(double));
    mlat->update_count = ap_arena_take(arena, world->flight_count, sizeof(uint32_t));
    mlat->reports = ap_arena_take(arena, mlat->report_cap, sizeof(ap_mlat_report));
    if (!mlat->reports)
        return;
    for (int i = 0; i < AP_MLAT_STATION_COUNT; i++) {
        double radius_m = i == 0 ? 0.0 : AP_MLAT_RING_M, bearing_rad = AP_PI / 3.0 * i;
        ap_geodetic site = ap_geodetic_from_ecef(
            ap_ecef_from_enu(&world->plane, (ap_vec3){ radius_m * sin(bearing_rad),
                                                       radius_m * cos(bearing_rad), 0.0 }));
        site.height_m = STATION_HEIGHT_M;
        mlat->stations[i] = (ap_sensor){ .range_max_m = sensor->range_max_m };
        (void)ap_sensor_place(&mlat->stations[i], site); /* in range: near the reference */
    }
    for (uint32_t i = 0; i < world->flight_count; i++) {
        ap_random random = ap_random_of(world->seed, mlat->stream, i, AP_PHASE_EVENT);
        mlat->next_s[i] = world->flights[i].birth_s + sensor->turn_s * ap_random_unit(&random);
    }
}

/* Ticks end at whole multiples of their length. */
static double tick_end_s(const ap_mlat *mlat)
{
    return (double)(mlat->tick + 1) * AP_MLAT_TICK_S;
}

static double time_s_of(const void *state)
{
    return tick_end_s(state) + AP_MLAT_DELAY_S;
}

bool ap_mlat_locates(const ap_mlat *mlat, ap_geodetic position, ap_mlat_covariance *covariance)
{
    ap_enu_frame local = ap_enu_frame_at(position);
    /* H'H for rows (east, north, 1) of unit vectors. */
    double ee = 0.0, en = 0.0, nn = 0.0, e1 = 0.0, n1 = 0.0;
    int seen = 0;
    for (int i = 0; i < AP_MLAT_STATION_COUNT; i++) {
        const ap_sensor *station = &mlat->stations[i];
        ap_sight sight;
        if (!ap_sight_of(station, position, &sight))
            continue;
        ap_vec3 to = ap_enu_from_ecef(&local, station->frame.origin_ecef);
        double e = to.x_m / sight.range_m, n = to.y_m / sight.range_m;
        ee += e * e, en += e * n, nn += n * n, e1 += e, n1 += n;
        seen++;
    }
    if (seen < AP_MLAT_STATION_MIN)
        return false;
    /* The clock is eliminated first: Schur complement of the last row and column. */
    ee -= e1 * e1 / seen, en -= e1 * n1 / seen, nn -= n1 * n1 / seen;
    double determinant = ee * nn - en * en;
    if (determinant <= DETERMINANT_MIN)
        return false;
    double scale = AP_MLAT_ARRIVAL_SIGMA_M * AP_MLAT_ARRIVAL_SIGMA_M / determinant;
    *covariance = (ap_mlat_covariance){ nn * scale, -en * scale, ee * scale };
    return covariance->ee_m2 + covariance->nn_m2 < AP_MLAT_SIGMA_MAX_M * AP_MLAT_SIGMA_MAX_M;
}

/* A point off by an error of that covariance. */
static ap_geodetic disturb(ap_geodetic position, ap_mlat_covariance covariance, ap_random *random)
{
    double a = sqrt(covariance.ee_m2), b = covariance.en_m2 / a;
    double c = sqrt(fmax(covariance.nn_m2 - b * b, 0.0));
    double z1 = ap_random_normal(random), z2 = ap_random_normal(random);
    ap_enu_frame local = ap_enu_frame_at(position);
    ap_geodetic moved =
        ap_geodetic_from_ecef(ap_ecef_from_enu(&local, (ap_vec3){ a * z1, b * z1 + c * z2, 0.0 }));
    moved.height_m = position.height_m;
    return moved;
}

static void locate(ap_mlat *mlat, uint32_t flight, double time_s)
{
    if (mlat->world->flights[flight].equipment == AP_EQUIPMENT_NONE)
        return;
    ap_truth truth;
    ap_mlat_covariance covariance;
    if (!ap_world_truth(mlat->world, flight, time_s, &truth) ||
        !ap_mlat_locates(mlat, truth.position, &covariance))
        return;
    ap_random random =
        ap_random_of(mlat->world->seed, mlat->stream, flight, mlat->update_count[flight]);
    if (ap_random_unit(&random) >= mlat->sensor->detection_probability)
        return;
    mlat->reports[mlat->report_count++] =
        (ap_mlat_report){ .time_s = time_s,
                          .flight = flight,
                          .position = disturb(truth.position, covariance, &random),
                          .covariance = covariance,
                          .pressure_altitude_m = truth.pressure_altitude_m };
}

/* The tick is shorter than the update interval, so a flight is at most once in it. */
static void gather(ap_mlat *mlat)
{
    mlat->report_count = mlat->report_sent = 0;
    for (uint32_t i = 0; i < mlat->world->flight_count; i++) {
        if (mlat->next_s[i] >= tick_end_s(mlat))
            continue;
        locate(mlat, i, mlat->next_s[i]);
        mlat->update_count[i]++;
        mlat->next_s[i] += mlat->sensor->turn_s;
    }
    mlat->gathered = true;
}

static uint16_t sigma_4th_m(double variance_m2)
{
    return (uint16_t)lround(fmin(4.0 * sqrt(variance_m2), 65535.0));
}

static void fill_accuracy(ap_mlat_covariance covariance, ap_cat020 *record)
{
    record->present |= AP_CAT020_I500;
    record->i500.present = AP_CAT020_I500_SDP;
    record->i500.sdp.x_4th_m = sigma_4th_m(covariance.ee_m2);
    record->i500.sdp.y_4th_m = sigma_4th_m(covariance.nn_m2);
    /* The format's covariance component: the root of its magnitude, with its sign. */
    double cross_m = copysign(sqrt(fabs(covariance.en_m2)), covariance.en_m2);
    record->i500.sdp.xy_4th = (int16_t)lround(4.0 * cross_m);
}

static void fill_identity(const ap_flight *flight, ap_cat020 *record)
{
    if (flight->equipment == AP_EQUIPMENT_MODE_AC) {
        record->i020.ssr = 1;
        return;
    }
    record->i020.ms = 1;
    record->present |= AP_CAT020_I220 | AP_CAT020_I245;
    record->i220 = flight->address;
    record->i245.sti = 2; /* call sign downlinked from the target */
    record->i245.chr_icao6 = ap_asterix_icao6_raw(flight->callsign);
}

static void write_report(const ap_mlat *mlat, const ap_mlat_report *report, ap_writer *writer)
{
    const ap_flight *flight = &mlat->world->flights[report->flight];
    ap_cat020 record = { .present = AP_CAT020_I010 | AP_CAT020_I020 | AP_CAT020_I140 |
                                    AP_CAT020_I041 | AP_CAT020_I070 | AP_CAT020_I090 };
    record.i010.sac = mlat->sensor->sac;
    record.i010.sic = mlat->sensor->sic;
    record.i020.sim = 1;
    record.i140_128th_s = ap_tod_from_utc(ap_world_utc(mlat->world, report->time_s));
    record.i041.lat_turn26 =
        (int32_t)lround(report->position.latitude_rad / (2.0 * AP_PI) * 0x1p26);
    record.i041.lon_turn26 =
        (int32_t)lround(report->position.longitude_rad / (2.0 * AP_PI) * 0x1p26);
    record.i070.mode3a = ap_flight_mode_3a(flight, report->time_s);
    record.i090.fl_4th_fl = ap_world_level_4th(flight, report->pressure_altitude_m);
    fill_identity(flight, &record);
    fill_accuracy(report->covariance, &record);
    (void)ap_cat020_encode(writer, &record); /* a full writer tells by `bad` */
}

static void write_status(const ap_mlat *mlat, ap_writer *writer)
{
    ap_cat019 record = { .present =
                             AP_CAT019_I010 | AP_CAT019_I000 | AP_CAT019_I140 | AP_CAT019_I550 };
    record.i010.sac = mlat->sensor->sac;
    record.i010.sic = mlat->sensor->sic;
    record.i000 = 2; /* periodic status */
    record.i140_128th_s = ap_tod_from_utc(ap_world_utc(mlat->world, tick_end_s(mlat)));
    size_t block = ap_asterix_block_open(writer, 19);
    (void)ap_cat019_encode(writer, &record);     /* a full writer tells by `bad` */
    (void)ap_asterix_block_close(writer, block); /* far below its limit */
}

static void write_reports(ap_mlat *mlat, ap_writer *writer)
{
    if (mlat->report_sent == mlat->report_count)
        return;
    size_t block = ap_asterix_block_open(writer, 20);
    for (int i = 0; i < REPORTS_PER_PACKET && mlat->report_sent < mlat->report_count; i++)
        write_report(mlat, &mlat->reports[mlat->report_sent++], writer);
    (void)ap_asterix_block_close(writer, block); /* far below its limit */
}

static void send(void *state, ap_writer *writer)
{
    ap_mlat *mlat = state;
    if (!mlat->gathered)
        gather(mlat);
    write_reports(mlat, writer);
    if (mlat->report_sent < mlat->report_count)
        return;
    if ((mlat->tick + 1) % TICKS_PER_STATUS == 0)
        write_status(mlat, writer);
    mlat->tick++;
    mlat->gathered = false;
}

/* The list of reports has room for every flight. */
static uint64_t lost_count(const void *state)
{
    (void)state;
    return 0;
}

static bool covers(const void *state, const ap_truth *truth)
{
    const ap_mlat *mlat = state;
    ap_mlat_covariance covariance;
    return mlat->world->flights[truth->id - 1].equipment != AP_EQUIPMENT_NONE &&
           ap_mlat_locates(mlat, truth->position, &covariance);
}

const ap_instrument_kind ap_instrument_mlat = { .state_size = sizeof(ap_mlat),
                                                .init = init,
                                                .time_s = time_s_of,
                                                .send = send,
                                                .lost_count = lost_count,
                                                .covers = covers };

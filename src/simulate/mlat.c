#include "simulate/mlat.h"

#include <math.h>
#include <string.h>

#include "airpicture/asterix.h"
#include "airpicture/asterix/cat019.h"
#include "airpicture/asterix/cat020.h"
#include "simulate/random.h"

#define REPORTS_PER_PACKET 20
#define TICKS_PER_STATUS 8
#define LIGHT_MPS 299792458.0
#define RING_SHARE 0.3
#define REPORTS_PER_TICK 2   /* of one target: the shortest update interval is 0.1 s */
#define DETERMINANT_MIN 1e-9 /* all stations in one direction */

static ap_geodetic ring_site(const ap_sensor *middle, uint32_t number)
{
    double ring_m = fmin(AP_MLAT_RING_M, RING_SHARE * middle->range_max_m);
    double radius_m = number == 0 ? 0.0 : ring_m, bearing_rad = AP_PI / 3.0 * number;
    ap_geodetic site = ap_geodetic_from_ecef(
        ap_ecef_from_enu(&middle->frame, (ap_vec3){ radius_m * sin(bearing_rad),
                                                    radius_m * cos(bearing_rad), 0.0 }));
    site.height_m = middle->site.height_m;
    return site;
}

static void place_stations(ap_mlat *mlat)
{
    const ap_scenario *scenario = mlat->world->scenario;
    const ap_sensor *told = &mlat->sensor->told;
    for (uint32_t i = 0; i < mlat->station_count; i++) {
        mlat->stations[i] = (ap_sensor){ .range_max_m = told->range_max_m };
        ap_geodetic site = mlat->sensor->station_count > 0
                               ? scenario->stations[mlat->sensor->station_first + i].position
                               : ring_site(told, i);
        (void)ap_sensor_place(&mlat->stations[i], site); /* beyond its bounds: it sees nothing */
    }
}

static uint32_t station_count_of(const ap_scenario_sensor *sensor)
{
    if (sensor->station_count == 0)
        return AP_MLAT_RING_COUNT;
    return sensor->station_count < AP_MLAT_STATION_CAP ? sensor->station_count
                                                       : AP_MLAT_STATION_CAP;
}

static void init(void *state, ap_arena *arena, const ap_world *world, uint32_t index)
{
    ap_mlat *mlat = state;
    const ap_scenario_sensor *sensor = &world->scenario->sensors[index];
    double sigma_s =
        sensor->arrival_sigma_s > 0.0 ? sensor->arrival_sigma_s : AP_MLAT_ARRIVAL_SIGMA_S;
    *mlat = (ap_mlat){ .world = world,
                       .sensor = sensor,
                       .index = index,
                       .stream = ap_world_stream(world, index),
                       .arrival_sigma_m = sigma_s * LIGHT_MPS,
                       .station_count = station_count_of(sensor),
                       .source_count = ap_broadcaster_count(world) };
    mlat->report_cap = REPORTS_PER_TICK * (size_t)mlat->source_count;
    mlat->stations = ap_arena_take(arena, mlat->station_count, sizeof *mlat->stations);
    mlat->next_s = ap_arena_take(arena, mlat->source_count, sizeof *mlat->next_s);
    mlat->update_count = ap_arena_take(arena, mlat->source_count, sizeof *mlat->update_count);
    mlat->reports = ap_arena_take(arena, mlat->report_cap, sizeof *mlat->reports);
    if (!mlat->reports)
        return;
    place_stations(mlat);
    for (uint32_t i = 0; i < mlat->source_count; i++) {
        ap_broadcaster who = ap_broadcaster_of(world, i);
        ap_random random = ap_random_of(world->seed, mlat->stream, i, AP_PHASE_EVENT);
        mlat->next_s[i] =
            ap_broadcaster_birth_s(world, &who) + sensor->told.turn_s * ap_random_unit(&random);
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
    for (uint32_t i = 0; i < mlat->station_count; i++) {
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
    double scale = mlat->arrival_sigma_m * mlat->arrival_sigma_m / determinant;
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

/* What the transponder says, be it an aircraft's or a spoofer's. */
static bool listen(const ap_mlat *mlat, const ap_broadcaster *who, const ap_truth *truth,
                   double time_s, ap_mlat_report *report)
{
    if (!who->fault) {
        const ap_flight *flight = &mlat->world->flights[who->flight];
        report->told = ap_faults_told(mlat->world, who->flight, truth, time_s);
        if (flight->equipment != AP_EQUIPMENT_MODE_AC)
            memcpy(report->callsign, flight->callsign, sizeof report->callsign);
        return report->told.answers;
    }
    ap_broadcast broadcast;
    if (!ap_broadcaster_tell(mlat->world, who, truth, time_s, &broadcast))
        return false;
    report->told = (ap_told){ .answers = true,
                              .address = broadcast.address,
                              .mode_3a = broadcast.mode_3a,
                              .alert = broadcast.alert,
                              .on_ground = broadcast.on_ground,
                              .has_altitude = broadcast.has_altitude,
                              .pressure_altitude_m = broadcast.pressure_altitude_m };
    memcpy(report->callsign, broadcast.callsign, sizeof report->callsign);
    return true;
}

static void locate(ap_mlat *mlat, uint32_t source, double time_s)
{
    ap_broadcaster who = ap_broadcaster_of(mlat->world, source);
    ap_mlat_report report = { .stamp_s = 0.0 };
    ap_truth truth;
    ap_geodetic antenna;
    if (!ap_broadcaster_place(mlat->world, &who, time_s, &truth, &antenna) ||
        !listen(mlat, &who, &truth, time_s, &report) ||
        !ap_mlat_locates(mlat, antenna, &report.covariance))
        return;
    ap_random random =
        ap_random_of(mlat->world->seed, mlat->stream, source, mlat->update_count[source]);
    if (ap_random_unit(&random) >= mlat->sensor->told.detection_probability ||
        mlat->report_count == mlat->report_cap)
        return;
    report.stamp_s = ap_faults_stamp_s(mlat->world, mlat->index, time_s);
    report.position = disturb(antenna, report.covariance, &random);
    mlat->reports[mlat->report_count++] = report;
}

static void gather(ap_mlat *mlat)
{
    mlat->report_count = mlat->report_sent = 0;
    for (uint32_t i = 0; i < mlat->source_count; i++) {
        while (mlat->next_s[i] < tick_end_s(mlat)) {
            locate(mlat, i, mlat->next_s[i]);
            mlat->update_count[i]++;
            mlat->next_s[i] += mlat->sensor->told.turn_s;
        }
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

static void fill_identity(const ap_mlat_report *report, ap_cat020 *record)
{
    if (report->told.address == 0) {
        record->i020.ssr = 1;
        return;
    }
    record->i020.ms = 1;
    record->present |= AP_CAT020_I220 | AP_CAT020_I245 | AP_CAT020_I230;
    bool is_alert = report->told.alert != AP_TOLD_CALM;
    record->i230.com = 1; /* Comm-A and Comm-B */
    record->i230.stat = (uint8_t)(report->told.on_ground | is_alert << 1);
    record->i230.mssc = 1;
    record->i230.arc = 1; /* 25 ft */
    record->i230.aic = 1;
    record->i220 = report->told.address;
    record->i245.sti = 2; /* call sign downlinked from the target */
    record->i245.chr_icao6 = ap_asterix_icao6_raw(report->callsign);
}

/* In steps of 25 ft, or of 100 ft from Mode C. */
static int16_t level_4th_fl(const ap_told *told)
{
    double steps = told->pressure_altitude_m / AP_M_PER_FT / AP_WORLD_LEVEL_STEP_FT;
    return (int16_t)(told->address == 0 ? 4 * lround(steps / 4.0) : lround(steps));
}

static void write_report(const ap_mlat *mlat, const ap_mlat_report *report, ap_writer *writer)
{
    ap_cat020 record = { .present = AP_CAT020_I010 | AP_CAT020_I020 | AP_CAT020_I140 |
                                    AP_CAT020_I041 | AP_CAT020_I070 };
    record.i010.sac = mlat->sensor->told.sac;
    record.i010.sic = mlat->sensor->told.sic;
    record.i020.sim = 1;
    record.i020.gbs = report->told.on_ground;
    record.i140_128th_s = ap_tod_from_utc(ap_world_utc(mlat->world, report->stamp_s));
    record.i041.lat_turn26 =
        (int32_t)lround(report->position.latitude_rad / (2.0 * AP_PI) * 0x1p26);
    record.i041.lon_turn26 =
        (int32_t)lround(report->position.longitude_rad / (2.0 * AP_PI) * 0x1p26);
    record.i070.mode3a = report->told.mode_3a;
    if (report->told.has_altitude) {
        record.present |= AP_CAT020_I090;
        record.i090.fl_4th_fl = level_4th_fl(&report->told);
    }
    fill_identity(report, &record);
    fill_accuracy(report->covariance, &record);
    (void)ap_cat020_encode(writer, &record); /* a full writer tells by `bad` */
}

static void write_status(const ap_mlat *mlat, ap_writer *writer)
{
    double stamp_s = ap_faults_stamp_s(mlat->world, mlat->index, tick_end_s(mlat));
    ap_cat019 record = { .present =
                             AP_CAT019_I010 | AP_CAT019_I000 | AP_CAT019_I140 | AP_CAT019_I550 };
    record.i010.sac = mlat->sensor->told.sac;
    record.i010.sic = mlat->sensor->told.sic;
    record.i000 = 2; /* periodic status */
    record.i140_128th_s = ap_tod_from_utc(ap_world_utc(mlat->world, stamp_s));
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

/* The list of reports has room for every broadcaster. */
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

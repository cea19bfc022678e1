#include "simulate/tracker.h"

#include <math.h>

#include "airpicture/asterix.h"
#include "airpicture/asterix/cat062.h"
#include "airpicture/asterix/cat063.h"
#include "airpicture/asterix/cat065.h"
#include "simulate/faults.h"
#include "simulate/random.h"
#include "simulate/simulate.h"

#define RECORD_SIZE_MAX 96 /* of a track */
#define PACKET_SIZE_MAX 1400
#define SENSORS_MAX 60 /* that fit with the rest into a packet */
#define PERIOD_MIN_S 60.0
#define PERIOD_MAX_S 240.0
#define SERVICE 1
#define STATUS_SYSTEM 1 /* I065/000 */
#define STATUS_END_OF_BATCH 2
#define NOT_CONNECTED 3 /* I063/060 CON */
#define COOPERATIVE 1   /* I062/080 SDS */
#define NON_COOPERATIVE 2
#define SOURCE_GNSS 1
#define MOVING 1.5 /* m/s up or down, from where on it climbs or descends */

enum { PRIORITY_GENERAL = 1, PRIORITY_NO_RADIO = 4, PRIORITY_UNLAWFUL = 5 }; /* I062/080 EMS */

static void init(void *state, ap_arena *arena, const ap_world *world, uint32_t index)
{
    ap_tracker_state *tracker = state;
    *tracker = (ap_tracker_state){ .world = world,
                                   .sensor = &world->scenario->sensors[index],
                                   .index = index,
                                   .stream = ap_world_stream(world, index) };
    tracker->tracks = ap_arena_take(arena, world->flight_count, sizeof *tracker->tracks);
}

static double tick_end_s(const ap_tracker_state *tracker)
{
    return (double)(tracker->tick + 1) * tracker->sensor->told.turn_s / AP_TRACKER_SLOT_COUNT;
}

static double time_s_of(const void *state)
{
    return tick_end_s(state) + AP_TRACKER_DELAY_S;
}

/* Two waves of the same size: together of the deviation `sigma`. */
static void add_waves(const ap_tracker_state *tracker, uint32_t flight, uint64_t axis,
                      double time_s, double *error_m, double *error_mps)
{
    ap_random random =
        ap_random_of(tracker->world->seed, tracker->stream, flight, AP_PHASE_EVENT - 1 - axis);
    double sigma_m = tracker->sensor->told.position_sigma_m;
    for (int i = 0; i < 2; i++) {
        double rate_radps = 2.0 * AP_PI / ap_random_between(&random, PERIOD_MIN_S, PERIOD_MAX_S);
        double phase_rad = ap_random_between(&random, 0.0, 2.0 * AP_PI);
        *error_m += sigma_m * sin(rate_radps * time_s + phase_rad);
        *error_mps += sigma_m * rate_radps * cos(rate_radps * time_s + phase_rad);
    }
}

ap_tracker_error ap_tracker_error_at(const ap_tracker_state *tracker, uint32_t flight,
                                     double time_s)
{
    ap_tracker_error error = { .east_m = 0.0 };
    add_waves(tracker, flight, 0, time_s, &error.east_m, &error.east_mps);
    add_waves(tracker, flight, 1, time_s, &error.north_m, &error.north_mps);
    return error;
}

static void fill_position(const ap_tracker_state *tracker, const ap_tracker_track *track,
                          uint32_t flight, ap_cat062 *record)
{
    const ap_truth *truth = &track->truth;
    ap_tracker_error error = ap_tracker_error_at(tracker, flight, track->time_s);
    ap_geodetic at = ap_faults_moved(truth->position, error.east_m, error.north_m);
    double sigma_m = tracker->sensor->told.position_sigma_m;
    /* Of waves with periods evenly in [PERIOD_MIN_S, PERIOD_MAX_S]. */
    double sigma_mps = sigma_m * 2.0 * AP_PI / sqrt(PERIOD_MIN_S * PERIOD_MAX_S);
    double east_mps = truth->east_mps + error.east_mps;
    double north_mps = truth->north_mps + error.north_mps;
    record->present |= AP_CAT062_I105 | AP_CAT062_I500;
    if (fmax(fabs(east_mps), fabs(north_mps)) * 4.0 <= INT16_MAX) {
        record->present |= AP_CAT062_I185;
        record->i185.vx_4th_mps = (int16_t)lround(east_mps * 4.0);
        record->i185.vy_4th_mps = (int16_t)lround(north_mps * 4.0);
    }
    record->i105.lat_turn26 = (int32_t)lround(at.latitude_rad / (2.0 * AP_PI) * 0x1p26);
    record->i105.lon_turn26 = (int32_t)lround(at.longitude_rad / (2.0 * AP_PI) * 0x1p26);
    record->i500.present = AP_CAT062_I500_APC | AP_CAT062_I500_ATV;
    record->i500.apc.x_half_m = record->i500.apc.y_half_m =
        (uint16_t)lround(fmin(2.0 * sigma_m, 65535.0));
    record->i500.atv.x_4th_mps = record->i500.atv.y_4th_mps =
        (uint8_t)lround(fmin(fmax(4.0 * sigma_mps, 1.0), 255.0));
}

/* A transponder's word, and the height that goes with it. */
static void fill_told(const ap_tracker_state *tracker, const ap_tracker_track *track,
                      uint32_t flight, ap_cat062 *record)
{
    ap_told told = ap_faults_told(tracker->world, flight, &track->truth, track->time_s);
    record->i080.sds = told.answers ? COOPERATIVE : NON_COOPERATIVE;
    if (!told.answers)
        return;
    double rate_steps = track->truth.up_mps / (AP_M_PER_FT * 6.25 / 60.0);
    record->present |= AP_CAT062_I060 | AP_CAT062_I200;
    record->i060.mode3a = told.mode_3a;
    if (told.has_altitude) {
        record->present |= AP_CAT062_I136 | AP_CAT062_I135;
        record->i136_4th_fl = record->i135.ctb_4th_fl =
            ap_world_level_4th(&tracker->world->flights[flight], told.pressure_altitude_m);
    }
    if (fabs(rate_steps) <= INT16_MAX) {
        record->present |= AP_CAT062_I220;
        record->i220_25_4th_ftpmin = (int16_t)lround(rate_steps);
    }
    record->i200.trans = record->i200.long_ = 3; /* undetermined */
    record->i200.vert = track->truth.up_mps > MOVING ? 1 : track->truth.up_mps < -MOVING ? 2 : 0;
    if (ap_faults_is_emergency(told.mode_3a))
        record->i080.ems = told.mode_3a == AP_MODE_3A_UNLAWFUL   ? PRIORITY_UNLAWFUL
                           : told.mode_3a == AP_MODE_3A_NO_RADIO ? PRIORITY_NO_RADIO
                                                                 : PRIORITY_GENERAL;
    if (told.address == 0)
        return;
    record->present |= AP_CAT062_I380 | AP_CAT062_I245;
    record->i245.chr_icao6 = ap_asterix_icao6_raw(track->truth.callsign);
    record->i380.present = AP_CAT062_I380_ADR | AP_CAT062_I380_ID;
    record->i380.adr = told.address;
    record->i380.id_icao6 = record->i245.chr_icao6;
}

static void write_track(const ap_tracker_state *tracker, uint32_t flight, bool is_first,
                        bool is_last, ap_writer *writer)
{
    const ap_tracker_track *track = &tracker->tracks[flight];
    double stamp_s = ap_faults_stamp_s(tracker->world, tracker->index, track->time_s);
    ap_cat062 record = { .present = AP_CAT062_I010 | AP_CAT062_I015 | AP_CAT062_I070 |
                                    AP_CAT062_I040 | AP_CAT062_I080 };
    record.i010.sac = tracker->sensor->told.sac;
    record.i010.sic = tracker->sensor->told.sic;
    record.i015 = SERVICE;
    record.i070_128th_s = ap_tod_from_utc(ap_world_utc(tracker->world, stamp_s));
    record.i040 = track->number;
    record.i080.sim = 1;
    record.i080.tsb = is_first;
    record.i080.tse = is_last;
    record.i080.cst = is_last;
    fill_position(tracker, track, flight, &record);
    fill_told(tracker, track, flight, &record);
    (void)ap_cat062_encode(writer, &record); /* a full writer tells by `bad` */
}

static bool sees(const ap_tracker_state *tracker, uint32_t flight, double time_s, ap_truth *truth)
{
    ap_sight sight;
    return ap_world_truth(tracker->world, flight, time_s, truth) &&
           ap_sight_of(&tracker->sensor->told, truth->position, &sight);
}

/* Brings the track of a flight to the end of the tick. */
static void update(ap_tracker_state *tracker, uint32_t flight, ap_writer *writer)
{
    ap_tracker_track *track = &tracker->tracks[flight];
    double time_s = tick_end_s(tracker);
    ap_truth truth;
    if (!sees(tracker, flight, time_s, &truth)) {
        if (track->number != 0)
            write_track(tracker, flight, false, true, writer);
        track->number = 0;
        track->hit_count = 0;
        return;
    }
    track->truth = truth;
    track->time_s = time_s;
    if (track->hit_count < AP_TRACKER_HITS)
        track->hit_count++;
    if (track->hit_count < AP_TRACKER_HITS)
        return;
    bool is_first = track->number == 0;
    if (is_first) {
        tracker->number_last = (uint16_t)(tracker->number_last % UINT16_MAX + 1);
        track->number = tracker->number_last;
    }
    write_track(tracker, flight, is_first, false, writer);
}

static bool is_out(const ap_scenario *scenario, uint32_t sensor, double time_s)
{
    for (uint32_t i = 0; i < scenario->fault_count; i++) {
        const ap_scenario_fault *fault = &scenario->faults[i];
        if (fault->kind == AP_FAULT_OUTAGE && fault->sensor == sensor && time_s >= fault->start_s &&
            time_s < fault->end_s)
            return true;
    }
    return false;
}

static void write_sensors(const ap_tracker_state *tracker, uint32_t tod_128th_s, ap_writer *writer)
{
    const ap_scenario *scenario = tracker->world->scenario;
    size_t block = ap_asterix_block_open(writer, 63);
    size_t empty = writer->size;
    for (uint32_t i = 0; i < scenario->sensor_count && i < SENSORS_MAX; i++) {
        const ap_sensor *of = &scenario->sensors[i].told;
        if (!of->has_sac_sic || i == tracker->index)
            continue;
        ap_cat063 record = { .present = AP_CAT063_I010 | AP_CAT063_I015 | AP_CAT063_I030 |
                                        AP_CAT063_I050 | AP_CAT063_I060 };
        record.i010.sac = tracker->sensor->told.sac;
        record.i010.sic = tracker->sensor->told.sic;
        record.i015 = SERVICE;
        record.i030_128th_s = tod_128th_s;
        record.i050.sac = of->sac;
        record.i050.sic = of->sic;
        record.i060.con = is_out(scenario, i, tick_end_s(tracker)) ? NOT_CONNECTED : 0;
        (void)ap_cat063_encode(writer, &record); /* a full writer tells by `bad` */
    }
    if (writer->size == empty)
        writer->size = block; /* no other sensor */
    else
        (void)ap_asterix_block_close(writer, block); /* far below its limit */
}

static void write_system(const ap_tracker_state *tracker, uint32_t tod_128th_s, ap_writer *writer)
{
    uint64_t turn = tracker->tick / AP_TRACKER_SLOT_COUNT;
    ap_cat065 record = { .present =
                             AP_CAT065_I010 | AP_CAT065_I000 | AP_CAT065_I015 | AP_CAT065_I030 };
    record.i010.sac = tracker->sensor->told.sac;
    record.i010.sic = tracker->sensor->told.sic;
    record.i015 = SERVICE;
    record.i030_128th_s = tod_128th_s;
    size_t block = ap_asterix_block_open(writer, 65);
    record.i000 = STATUS_SYSTEM;
    record.present |= AP_CAT065_I040;        /* all zero: operational */
    (void)ap_cat065_encode(writer, &record); /* a full writer tells by `bad` */
    record.i000 = STATUS_END_OF_BATCH;
    record.present ^= AP_CAT065_I040 | AP_CAT065_I020;
    record.i020 = (uint8_t)turn;
    (void)ap_cat065_encode(writer, &record);
    (void)ap_asterix_block_close(writer, block); /* far below its limit */
}

static void write_status(const ap_tracker_state *tracker, ap_writer *writer)
{
    double stamp_s = ap_faults_stamp_s(tracker->world, tracker->index, tick_end_s(tracker));
    uint32_t tod_128th_s = ap_tod_from_utc(ap_world_utc(tracker->world, stamp_s));
    write_sensors(tracker, tod_128th_s, writer);
    write_system(tracker, tod_128th_s, writer);
}

/* The tracks of the tick, as many as fit; an empty block is taken back. */
static void write_tracks(ap_tracker_state *tracker, ap_writer *writer)
{
    size_t start = writer->size;
    size_t block = ap_asterix_block_open(writer, 62), empty = writer->size;
    for (; tracker->next < tracker->world->flight_count &&
           writer->size - start + RECORD_SIZE_MAX <= PACKET_SIZE_MAX;
         tracker->next += AP_TRACKER_SLOT_COUNT)
        update(tracker, tracker->next, writer);
    if (writer->size == empty)
        writer->size = start;
    else
        (void)ap_asterix_block_close(writer, block); /* far below its limit */
}

static void send(void *state, ap_writer *writer)
{
    ap_tracker_state *tracker = state;
    write_tracks(tracker, writer);
    if (tracker->next < tracker->world->flight_count)
        return;
    uint32_t slot = (uint32_t)((tracker->tick + 1) % AP_TRACKER_SLOT_COUNT);
    if (writer->size > 0 && slot == 0 && tracker->next != UINT32_MAX) {
        tracker->next = UINT32_MAX; /* the tracks are out: status in a packet of its own */
        return;
    }
    if (slot == 0)
        write_status(tracker, writer);
    tracker->tick++;
    tracker->next = slot;
}

static uint64_t lost_count(const void *state)
{
    (void)state;
    return 0;
}

const ap_instrument_kind ap_instrument_tracker = { .state_size = sizeof(ap_tracker_state),
                                                   .init = init,
                                                   .time_s = time_s_of,
                                                   .send = send,
                                                   .lost_count = lost_count };

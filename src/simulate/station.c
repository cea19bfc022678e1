#include "simulate/station.h"

#include <math.h>

#include "airpicture/asterix.h"
#include "airpicture/asterix/cat021.h"
#include "airpicture/asterix/cat023.h"
#include "airpicture/modes.h"
#include "simulate/receiver.h"

#define REPORTS_PER_PACKET 18 /* of at most 70 octets: a datagram stays below an Ethernet frame */
#define TICKS_PER_STATUS ((uint64_t)(AP_STATION_STATUS_S / AP_STATION_TICK_S + 0.5))
#define NS_PER_128TH_S 7812500u
#define VERSION_2 2 /* I021/210: ED-102A */
#define LINK_1090 2 /* I021/210: 1090 ES */
#define SERVICE 1   /* I023/015: extended squitter by its only service */
#define SERVICE_ADSB 2
#define SERVICE_NORMAL 4
#define STATUS_STATION 1 /* I023/000 */
#define STATUS_SERVICE 2

/* Ends of the fields. I021/140: the largest value says "greater than"; I021/155, /160 have RE. */
#define GREATER_THAN 32767
#define RATE_STEPS_MAX 16383
#define SPEED_STEPS_MAX 32767

enum { PRIORITY_GENERAL = 1, PRIORITY_NO_RADIO = 4, PRIORITY_UNLAWFUL = 5 }; /* I021/200 PS */

static void init(void *state, ap_arena *arena, const ap_world *world, uint32_t index)
{
    ap_station_state *station = state;
    *station = (ap_station_state){ .world = world,
                                   .sensor = &world->scenario->sensors[index],
                                   .index = index,
                                   .stream = ap_world_stream(world, index),
                                   .report_cap = ap_broadcaster_count(world) };
    ap_air_init(&station->air, arena, world, &station->sensor->told, 1u << AP_SQUITTER_POSITION);
    station->next_s = ap_arena_take(arena, station->report_cap, sizeof *station->next_s);
    station->reports = ap_arena_take_raw(arena, station->report_cap, sizeof *station->reports);
}

static double tick_end_s(const ap_station_state *station)
{
    return (double)(station->tick + 1) * AP_STATION_TICK_S;
}

static double time_s_of(const void *state)
{
    return tick_end_s(state) + AP_STATION_DELAY_S;
}

/* A squitter that is heard. The tick is shorter than the interval of squitters, so that a target
 * is at most once in it; the list has room for all. */
static void hear(ap_station_state *station, const ap_air_schedule *heard, uint32_t source)
{
    ap_air *air = &station->air;
    ap_random random =
        ap_random_of(station->world->seed, station->stream, source, ap_air_event(air));
    ap_station_report *report = &station->reports[station->report_count];
    ap_modes_frame content;
    if (!heard->is_in_sight || heard->arrival_s < station->next_s[source] ||
        station->report_count == station->report_cap ||
        !ap_receiver_hears(&station->sensor->told, heard->distance_m, &random) ||
        !ap_air_tell(air, &report->told) || !ap_air_content(air, &report->told, &content))
        return;
    double turn_s = station->sensor->told.turn_s;
    station->next_s[source] = turn_s * (floor(heard->arrival_s / turn_s) + 1.0);
    report->stamp_s = ap_faults_stamp_s(station->world, station->index, heard->arrival_s);
    report->source = source;
    if (report->told.navigation.has_position)
        report->told.navigation.position = ap_air_position(air, &report->told);
    station->report_count++;
}

static void gather(ap_station_state *station)
{
    ap_air *air = &station->air;
    station->report_count = station->report_sent = 0;
    while (ap_air_time_s(air) < tick_end_s(station)) {
        uint32_t source = ap_air_next(air);
        hear(station, &air->schedules[source], source);
        ap_air_pass(air);
    }
    station->gathered = true;
}

/* Source: code tables of I021/020 and of DO-260B. */
static uint8_t emitter_code(uint8_t category)
{
    static const uint8_t codes[3][8] = { { 0, 1, 2, 3, 4, 5, 6, 10 },
                                         { 0, 11, 12, 16, 15, 0, 13, 14 },
                                         { 0, 20, 21, 22, 23, 24, 0, 0 } };
    unsigned set = (unsigned)(category >> 4) - 0xAu;
    return set < 3 ? codes[set][category & 7u] : 0;
}

static void fill_identity(const ap_broadcast *told, ap_cat021 *record)
{
    record->present |= AP_CAT021_I080 | AP_CAT021_I070 | AP_CAT021_I170 | AP_CAT021_I200;
    record->i080 = told->address;
    record->i070.mode3a = told->mode_3a;
    record->i170_icao6 = ap_asterix_icao6_raw(told->callsign);
    record->i020 = emitter_code(told->emitter_category);
    record->present |= record->i020 != 0 ? AP_CAT021_I020 : 0;
    record->i200.ss = (uint8_t)told->alert; /* numbered as in I021/200 SS */
    if (told->alert != AP_TOLD_ALERT_PERMANENT)
        return;
    record->i200.ps = told->mode_3a == AP_MODE_3A_UNLAWFUL   ? PRIORITY_UNLAWFUL
                      : told->mode_3a == AP_MODE_3A_NO_RADIO ? PRIORITY_NO_RADIO
                                                             : PRIORITY_GENERAL;
}

static void fill_quality(const ap_broadcast *told, ap_cat021 *record)
{
    const ap_navigation *navigation = &told->navigation;
    ap_modes_supplements none = { .a = false };
    record->present |= AP_CAT021_I090 | AP_CAT021_I210;
    record->i090.octet_count = 3;
    record->i090.nucrnacv = navigation->has_position ? 2 : 0;
    record->i090.nucpnic = ap_modes_nic(ap_squitter_type_code(told), none, VERSION_2);
    record->i090.nicbaro = 1;
    record->i090.sil = navigation->has_position ? 3 : 0;
    record->i090.nacp = navigation->nac_p;
    record->i090.sda = 2;
    record->i090.gva = 2;
    record->i210.vn = VERSION_2;
    record->i210.ltt = LINK_1090;
}

/* Of reception, twice: in steps of 1/128 s, and its fraction of a second in steps of 2^-30 s. The
 * coarse one is rounded down, so that both are of the same second. */
static void fill_times(const ap_station_state *station, double stamp_s, bool has_position,
                       ap_cat021 *record)
{
    ap_utc_ns utc = ap_world_utc(station->world, stamp_s);
    uint64_t day_ns = (uint64_t)(utc % AP_NS_PER_DAY), ns = day_ns % (uint64_t)AP_NS_PER_S;
    uint32_t coarse_128th_s = (uint32_t)(day_ns / NS_PER_128TH_S);
    record->present |= AP_CAT021_I077;
    record->i077_128th_s =
        ap_tod_from_utc(ap_world_utc(station->world, tick_end_s(station) + AP_STATION_DELAY_S));
    if (!has_position)
        return;
    record->present |= AP_CAT021_I071 | AP_CAT021_I073 | AP_CAT021_I074 | AP_CAT021_I075;
    record->i071_128th_s = ap_tod_from_utc(utc);
    record->i073_128th_s = record->i075_128th_s = coarse_128th_s;
    record->i074.tomrp_2pm30_s = (uint32_t)((ns << 30) / (uint64_t)AP_NS_PER_S);
}

/* Pressure altitude and its rate, in the air. */
static void fill_climb(const ap_broadcast *told, ap_cat021 *record)
{
    double steps = told->navigation.up_mps / (AP_M_PER_FT * 6.25 / 60.0);
    if (told->on_ground)
        return;
    record->present |= AP_CAT021_I155;
    record->i155.re = fabs(steps) > RATE_STEPS_MAX;
    record->i155.bvr_25_4th_ftpmin =
        (int16_t)lround(fmin(fmax(steps, -RATE_STEPS_MAX), RATE_STEPS_MAX));
    if (!told->has_altitude)
        return;
    record->present |= AP_CAT021_I145;
    record->i145_4th_fl = (int16_t)lround(told->pressure_altitude_m / AP_M_PER_FT / 25.0);
}

static void fill_motion(const ap_broadcast *told, ap_cat021 *record)
{
    const ap_navigation *navigation = &told->navigation;
    fill_climb(told, record);
    if (!navigation->has_position)
        return;
    double turns =
        ap_wrap_two_pi(atan2(navigation->east_mps, navigation->north_mps)) / (2.0 * AP_PI);
    double speed_mps = hypot(navigation->east_mps, navigation->north_mps);
    record->present |= AP_CAT021_I131 | AP_CAT021_I160;
    record->present |= told->on_ground ? 0 : AP_CAT021_I140;
    record->i131.lat_turn31 =
        (int32_t)lround(navigation->position.latitude_rad / (2.0 * AP_PI) * 0x1p31);
    record->i131.lon_turn31 =
        (int32_t)lround(navigation->position.longitude_rad / (2.0 * AP_PI) * 0x1p31);
    double height_steps = navigation->position.height_m / AP_M_PER_FT / 6.25;
    double speed_steps = speed_mps / AP_M_PER_NMI * 16384.0;
    record->i140_25_4th_ft = (int16_t)lround(fmin(fmax(height_steps, INT16_MIN), GREATER_THAN));
    record->i160.re = speed_steps > SPEED_STEPS_MAX;
    record->i160.gs_16384th_nmips = (uint16_t)lround(fmin(speed_steps, SPEED_STEPS_MAX));
    record->i160.ta_turn16 = (uint16_t)(lround(turns * 65536.0) & 0xFFFF);
}

static void write_report(const ap_station_state *station, const ap_station_report *report,
                         ap_writer *writer)
{
    ap_cat021 record = { .present = AP_CAT021_I010 | AP_CAT021_I040 | AP_CAT021_I161 };
    record.i010.sac = station->sensor->told.sac;
    record.i010.sic = station->sensor->told.sic;
    record.i040.sim = 1;
    record.i040.gbs = report->told.on_ground;
    record.i040.arc = 0; /* 25 ft */
    record.i161.trnum = (uint16_t)(report->source % 4096);
    fill_identity(&report->told, &record);
    fill_quality(&report->told, &record);
    fill_times(station, report->stamp_s, report->told.navigation.has_position, &record);
    fill_motion(&report->told, &record);
    (void)ap_cat021_encode(writer, &record); /* a full writer tells by `bad` */
}

static void write_status_of(const ap_station_state *station, uint8_t type, ap_writer *writer)
{
    const ap_sensor *told = &station->sensor->told;
    double stamp_s = ap_faults_stamp_s(station->world, station->index, tick_end_s(station));
    ap_cat023 record = { .present =
                             AP_CAT023_I010 | AP_CAT023_I000 | AP_CAT023_I015 | AP_CAT023_I070 };
    record.i010.sac = told->sac;
    record.i010.sic = told->sic;
    record.i000 = type;
    record.i015.styp = type == STATUS_SERVICE ? SERVICE_ADSB : 0;
    record.i015.sid = type == STATUS_SERVICE ? SERVICE : 0;
    record.i070_128th_s = ap_tod_from_utc(ap_world_utc(station->world, stamp_s));
    if (type == STATUS_STATION) {
        record.present |= AP_CAT023_I100;
        record.i100.gssp_s = AP_STATION_STATUS_S;
    } else {
        double range_nmi = told->range_max_m / AP_M_PER_NMI;
        record.present |= AP_CAT023_I101 | AP_CAT023_I110 | AP_CAT023_I200;
        record.i101.rp_half_s = (uint8_t)lround(fmin(fmax(2.0 * told->turn_s, 0.0), 255.0));
        record.i101.ssrp_s = AP_STATION_STATUS_S;
        record.i110.stat = SERVICE_NORMAL;
        record.i200_nmi = (uint8_t)lround(fmin(range_nmi, 255.0));
    }
    (void)ap_cat023_encode(writer, &record); /* a full writer tells by `bad` */
}

static void write_status(const ap_station_state *station, ap_writer *writer)
{
    size_t block = ap_asterix_block_open(writer, 23);
    write_status_of(station, STATUS_STATION, writer);
    write_status_of(station, STATUS_SERVICE, writer);
    (void)ap_asterix_block_close(writer, block); /* far below its limit */
}

static void write_reports(ap_station_state *station, ap_writer *writer)
{
    if (station->report_sent == station->report_count)
        return;
    size_t block = ap_asterix_block_open(writer, 21);
    for (int i = 0; i < REPORTS_PER_PACKET && station->report_sent < station->report_count; i++)
        write_report(station, &station->reports[station->report_sent++], writer);
    (void)ap_asterix_block_close(writer, block); /* far below its limit */
}

static void send(void *state, ap_writer *writer)
{
    ap_station_state *station = state;
    if (!station->gathered)
        gather(station);
    write_reports(station, writer);
    if (station->report_sent < station->report_count)
        return;
    if ((station->tick + 1) % TICKS_PER_STATUS == 0)
        write_status(station, writer);
    station->tick++;
    station->gathered = false;
}

/* The list has room for every broadcaster. */
static uint64_t lost_count(const void *state)
{
    (void)state;
    return 0;
}

static bool covers(const void *state, const ap_truth *truth)
{
    const ap_station_state *station = state;
    ap_sight sight;
    return station->world->flights[truth->id - 1].equipment == AP_EQUIPMENT_ADSB &&
           ap_sight_of(&station->sensor->told, truth->position, &sight);
}

const ap_instrument_kind ap_instrument_station = { .state_size = sizeof(ap_station_state),
                                                   .init = init,
                                                   .time_s = time_s_of,
                                                   .send = send,
                                                   .lost_count = lost_count,
                                                   .covers = covers };

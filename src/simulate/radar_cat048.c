/* A radar in ASTERIX 048, edition as in spec/asterix, with service messages 034. */
#include <math.h>

#include "airpicture/asterix/cat034.h"
#include "airpicture/asterix/cat048.h"
#include "simulate/radar.h"
#include "simulate/register.h"

#define SECTOR_COUNT 32
#define MESSAGE_NORTH 1
#define MESSAGE_SECTOR 2
#define HEIGHT_STEPS_MAX 8191 /* I048/110 */
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

static uint8_t typ_of(const ap_radar_plot *plot)
{
    if (!plot->secondary)
        return TYP_PRIMARY;
    if (!plot->roll_call)
        return plot->primary ? TYP_SSR_PRIMARY : TYP_SSR;
    return plot->primary ? TYP_ROLL_CALL_PRIMARY : TYP_ROLL_CALL;
}

/* What the replies said. */
static void fill_secondary(const ap_radar *radar, const ap_radar_plot *plot, ap_cat048 *record)
{
    record->present |= AP_CAT048_I070;
    record->i070.mode3a = plot->mode_3a;
    record->i070.v = plot->is_unsure;
    record->i070.g = plot->is_garbled;
    if (plot->has_level) {
        record->present |= AP_CAT048_I090;
        record->i090.fl_4th_fl = plot->level_4th;
        record->i090.v = plot->is_unsure;
        record->i090.g = plot->is_garbled;
    }
    if (!plot->roll_call)
        return;
    record->present |= AP_CAT048_I220 | AP_CAT048_I240 | AP_CAT048_I230;
    record->i220 = plot->address;
    record->i240_icao6 = ap_asterix_icao6_raw(radar->world->flights[plot->flight].callsign);
    record->i230.com = 1; /* Comm-A and Comm-B */
    record->i230.stat = (uint8_t)(plot->on_ground | plot->is_alert << 1);
    record->i230.mssc = 1;
    record->i230.arc = 1; /* 25 ft */
    record->i230.aic = 1;
}

/* The registers that the radar asks for in every turn. */
static void fill_registers(const ap_radar *radar, const ap_radar_plot *plot,
                           uint8_t memory[REGISTER_COUNT * REGISTER_SIZE], ap_cat048 *record)
{
    static const uint8_t asked[REGISTER_COUNT] = { 0x40, 0x50, 0x60 };
    ap_truth truth;
    if (!radar->own->registers || !plot->roll_call ||
        !ap_world_truth(radar->world, plot->flight, plot->time_s, &truth))
        return;
    const ap_flight *flight = &radar->world->flights[plot->flight];
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

/* Steps of 25 ft in 14 bits; left out beyond. */
static void fill_height(double height_m, ap_cat048 *record)
{
    double steps = height_m / AP_M_PER_FT / 25.0;
    if (fabs(steps) > HEIGHT_STEPS_MAX)
        return;
    record->present |= AP_CAT048_I110;
    record->i110.n3dh_25_ft = (int16_t)lround(steps);
}

static void write_plot(const ap_radar *radar, const ap_radar_plot *plot, ap_writer *writer)
{
    ap_cat048 record = { .present =
                             AP_CAT048_I010 | AP_CAT048_I140 | AP_CAT048_I020 | AP_CAT048_I040 };
    record.i010.sac = radar->own->told.sac;
    record.i010.sic = radar->own->told.sic;
    record.i140_128th_s = ap_radar_tod(radar, plot->time_s);
    record.i020.typ = typ_of(plot);
    record.i020.sim = 1;
    record.i040.rho_256th_nmi =
        (uint16_t)lround(fmin(fmax(plot->range_m / AP_M_PER_NMI * 256.0, 0.0), 65535.0));
    record.i040.theta_turn16 = ap_radar_turn16(plot->azimuth_rad);
    uint8_t registers[REGISTER_COUNT * REGISTER_SIZE];
    if (plot->secondary) {
        fill_secondary(radar, plot, &record);
        fill_registers(radar, plot, registers, &record);
    }
    if (radar->own->has_height && plot->primary)
        fill_height(plot->height_m, &record);
    (void)ap_cat048_encode(writer, &record); /* a full writer tells by `bad` */
}

static void write_message(const ap_radar *radar, uint8_t message, ap_writer *writer)
{
    ap_cat034 record = { .present = AP_CAT034_I010 | AP_CAT034_I000 | AP_CAT034_I030 |
                                    AP_CAT034_I041 | AP_CAT034_I050 };
    record.i010.sac = radar->own->told.sac;
    record.i010.sic = radar->own->told.sic;
    record.i000 = message;
    record.i030_128th_s = ap_radar_tod(radar, ap_radar_boundary_s(radar, radar->boundary));
    record.i041_128th_s = (uint16_t)lround(radar->antenna.turn_s * 128.0);
    record.i050.present = AP_CAT034_I050_COM;
    record.i050.com.ovlxmt = radar->is_overloaded;
    if (radar->has_primary)
        record.i050.present |= AP_CAT034_I050_PSR;
    if (radar->has_secondary)
        record.i050.present |= radar->has_mode_s ? AP_CAT034_I050_MDS : AP_CAT034_I050_SSR;
    record.i050.psr.chab = record.i050.ssr.chab = record.i050.mds.chab = 1; /* channel A */
    if (message == MESSAGE_SECTOR) {
        record.present |= AP_CAT034_I020;
        record.i020_turn8 = (uint8_t)(radar->boundary % SECTOR_COUNT * (256 / SECTOR_COUNT));
    }
    (void)ap_cat034_encode(writer, &record); /* a full writer tells by `bad` */
}

static void write_service(const ap_radar *radar, ap_writer *writer)
{
    if (ap_radar_tells_north(radar))
        write_message(radar, MESSAGE_NORTH, writer);
    write_message(radar, MESSAGE_SECTOR, writer);
}

const ap_radar_format ap_radar_cat048 = { .category = 48,
                                          .service_category = 34,
                                          .sector_count = SECTOR_COUNT,
                                          .write_plot = write_plot,
                                          .write_service = write_service };

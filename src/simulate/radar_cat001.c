/* A radar in ASTERIX 001, plots, with service messages 002. */
#include <math.h>

#include "airpicture/asterix/cat001.h"
#include "airpicture/asterix/cat002.h"
#include "simulate/radar.h"

#define SECTOR_COUNT 32
#define MESSAGE_NORTH 1
#define MESSAGE_SECTOR 2

static void write_plot(const ap_radar *radar, const ap_radar_plot *plot, ap_writer *writer)
{
    ap_cat001 record = { .present =
                             AP_CAT001_I010 | AP_CAT001_I020 | AP_CAT001_I040 | AP_CAT001_I141 };
    record.i010.sac = radar->own->told.sac;
    record.i010.sic = radar->own->told.sic;
    record.i020.sim = 1;
    record.i020.ssrpsr = (uint8_t)(plot->primary | plot->secondary << 1);
    record.i040.rho_128th_nmi =
        (uint16_t)lround(fmin(fmax(plot->range_m / AP_M_PER_NMI * 128.0, 0.0), 65535.0));
    record.i040.theta_turn16 = ap_radar_turn16(plot->azimuth_rad);
    /* The time in 512 s; 002 tells which. */
    record.i141_128th_s = (uint16_t)(ap_radar_tod(radar, plot->time_s) & 0xFFFF);
    if (plot->secondary) {
        record.present |= AP_CAT001_I070;
        record.i070.mode3a = plot->mode_3a;
        record.i070.v = plot->is_unsure;
        record.i070.g = plot->is_garbled;
    }
    if (plot->secondary && plot->has_level) {
        record.present |= AP_CAT001_I090;
        record.i090.hgt_4th_fl = plot->level_4th;
        record.i090.v = plot->is_unsure;
        record.i090.g = plot->is_garbled;
    }
    (void)ap_cat001_encode(writer, &record); /* a full writer tells by `bad` */
}

static void write_message(const ap_radar *radar, uint8_t message, ap_writer *writer)
{
    ap_cat002 record = { .present =
                             AP_CAT002_I010 | AP_CAT002_I000 | AP_CAT002_I030 | AP_CAT002_I041 };
    record.i010.sac = radar->own->told.sac;
    record.i010.sic = radar->own->told.sic;
    record.i000 = message;
    record.i030_128th_s = ap_radar_tod(radar, ap_radar_boundary_s(radar, radar->boundary));
    record.i041_128th_s = (uint16_t)lround(radar->antenna.turn_s * 128.0);
    if (message == MESSAGE_SECTOR) {
        record.present |= AP_CAT002_I020;
        record.i020_turn8 = (uint8_t)(radar->boundary % SECTOR_COUNT * (256 / SECTOR_COUNT));
    }
    (void)ap_cat002_encode(writer, &record); /* a full writer tells by `bad` */
}

static void write_service(const ap_radar *radar, ap_writer *writer)
{
    if (ap_radar_tells_north(radar))
        write_message(radar, MESSAGE_NORTH, writer);
    write_message(radar, MESSAGE_SECTOR, writer);
}

const ap_radar_format ap_radar_cat001 = { .category = 1,
                                          .service_category = 2,
                                          .sector_count = SECTOR_COUNT,
                                          .write_plot = write_plot,
                                          .write_service = write_service };

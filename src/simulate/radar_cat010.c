/* An airport's surface movement radar in ASTERIX 010: measured places, polar and Cartesian, and at
 * every turn of the antenna the start of the cycle and the state of the system. */
#include <math.h>

#include "airpicture/asterix/cat010.h"
#include "simulate/radar.h"

#define SECTOR_COUNT 8
#define MESSAGE_TARGET 1
#define MESSAGE_CYCLE 2
#define MESSAGE_STATUS 3
#define TYP_PRIMARY 3

static int16_t metres(double value_m)
{
    return (int16_t)lround(fmin(fmax(value_m, -32768.0), 32767.0));
}

static void write_plot(const ap_radar *radar, const ap_radar_plot *plot, ap_writer *writer)
{
    ap_cat010 record = { .present = AP_CAT010_I010 | AP_CAT010_I000 | AP_CAT010_I020 |
                                    AP_CAT010_I140 | AP_CAT010_I040 | AP_CAT010_I042 };
    record.i010.sac = radar->own->told.sac;
    record.i010.sic = radar->own->told.sic;
    record.i000 = MESSAGE_TARGET;
    record.i020.typ = TYP_PRIMARY;
    record.i020.sim = 1;
    record.i140_128th_s = ap_radar_tod(radar, plot->time_s);
    record.i040.rho_m = (uint16_t)lround(fmin(fmax(plot->range_m, 0.0), 65535.0));
    record.i040.th_turn16 = ap_radar_turn16(plot->azimuth_rad);
    record.i042.x_m = metres(plot->range_m * sin(plot->azimuth_rad));
    record.i042.y_m = metres(plot->range_m * cos(plot->azimuth_rad));
    (void)ap_cat010_encode(writer, &record); /* a full writer tells by `bad` */
}

static void write_message(const ap_radar *radar, uint8_t message, ap_writer *writer)
{
    ap_cat010 record = { .present = AP_CAT010_I010 | AP_CAT010_I000 | AP_CAT010_I140 };
    record.i010.sac = radar->own->told.sac;
    record.i010.sic = radar->own->told.sic;
    record.i000 = message;
    record.i140_128th_s = ap_radar_tod(radar, ap_radar_boundary_s(radar, radar->boundary));
    if (message == MESSAGE_STATUS) {
        record.present |= AP_CAT010_I550;
        record.i550.ovl = radar->is_overloaded;
    }
    (void)ap_cat010_encode(writer, &record); /* a full writer tells by `bad` */
}

static void write_service(const ap_radar *radar, ap_writer *writer)
{
    if (radar->boundary % SECTOR_COUNT != 0)
        return;
    if (ap_radar_tells_north(radar))
        write_message(radar, MESSAGE_CYCLE, writer);
    write_message(radar, MESSAGE_STATUS, writer);
}

const ap_radar_format ap_radar_cat010 = { .category = 10,
                                          .service_category = 10,
                                          .sector_count = SECTOR_COUNT,
                                          .write_plot = write_plot,
                                          .write_service = write_service };

/* A rotating radar: primary, Mode A/C, Mode S, several of them together, or of an airport's
 * surface.
 *
 * A turn has 32 sectors (CAT010: 8). When one ends, its plots are sent and then the crossing into
 * the next one, at north the north marker before it. What a plot is made of:
 *   pass     the beam meets a flight (antenna.h) in view: range, horizon, cone, mask
 *   look     echo and answer are detected or not (detection.h); the answer is what the flight's
 *            transponder says then
 *   images   the answer comes by way of a wall as well, when the beam points there (reflection.h)
 *   resolve  near ones run together, overlapping Mode A/C replies garble each other (resolve.h)
 *   measure  noise, range bias and gain, azimuth bias and eccentricity, jumps
 *   split    an echo becomes two
 *   false    echoes all over the coverage and in areas of clutter (clutter.h), and answers to
 *            others (FRUIT)
 *   limit    a sector has room for so many
 * What kind of radar does what: psr and smr have echoes, ssr Mode A/C, mode_s roll-call of Mode S
 * and Mode A/C of the rest, combined all of it; CAT001 has no place for Mode S. Without echoes the
 * told clutter is FRUIT too.
 *
 * An antenna that is turned by its azimuth errors passes its own north, and the borders of its
 * sectors, by as much earlier or later; what jumps is the reading of plots alone. */
#ifndef AP_SIMULATE_RADAR_H
#define AP_SIMULATE_RADAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulate/antenna.h"
#include "simulate/calendar.h"
#include "simulate/faults.h"
#include "simulate/instrument.h"
#include "simulate/radar_plot.h"
#include "simulate/resolve.h"

#define AP_RADAR_DELAY_S 0.1             /* from the end of a sector to its packet */
#define AP_RADAR_PRIMARY_PD 0.9          /* of combined radars: what is told is of answers */
#define AP_RADAR_SURFACE_CEILING_M 200.0 /* above the site: a surface radar's fan ends there */

struct ap_radar_format;

/* The image of a flight is in the beam at that time. */
typedef struct ap_radar_image {
    double time_s;
    uint32_t flight, pass, reflector;
} ap_radar_image;

typedef struct ap_radar {
    const ap_world *world;
    const ap_scenario_sensor *own;
    const struct ap_radar_format *format;
    ap_antenna antenna;
    ap_resolve resolve;
    uint32_t index, stream;
    bool has_primary, has_secondary, has_mode_s;
    double margin_s;      /* how much of the next sector is looked at before this one is sent */
    ap_calendar calendar; /* of flights, by their next pass */
    uint32_t *pass_count; /* [flight_count] so far */
    ap_radar_image *images;
    ap_radar_plot *plots; /* of the sector and the margin after it */
    ap_resolve_key *keys; /* [plot_cap] by time */
    uint32_t *ready;      /* [plot_cap] plots of the sector, in their order */
    size_t image_cap, image_count, plot_cap, plot_count, ready_count, sent_count;
    uint64_t lost_count; /* plots that there was no room for */
    uint64_t boundary;   /* number of the next sector boundary */
    bool is_gathered;    /* the plots of the sector before it are ready */
    bool is_overloaded;  /* some of them are lost */
} ap_radar;

/* How a radar writes. A record that does not fit is told by the writer's `bad`. */
typedef struct ap_radar_format {
    uint8_t category, service_category;
    uint32_t sector_count;
    void (*write_plot)(const ap_radar *radar, const ap_radar_plot *plot, ap_writer *writer);
    void (*write_service)(const ap_radar *radar,
                          ap_writer *writer); /* at the boundary, or nothing */
} ap_radar_format;

extern const ap_radar_format ap_radar_cat048, ap_radar_cat001, ap_radar_cat010;

/* The antenna of sensor `index`: when it passes north depends on the seed and its stream alone. */
ap_antenna ap_radar_antenna(const ap_world *world, uint32_t index);

/* True time of a boundary. */
double ap_radar_boundary_s(const ap_radar *radar, uint64_t boundary);

/* Reading less truth at an azimuth of the antenna. */
double ap_radar_azimuth_error_rad(const ap_radar *radar, double azimuth_rad);

/* Time of day that it stamps, in 1/128 s. */
uint32_t ap_radar_tod(const ap_radar *radar, double time_s);

/* Whether its next boundary is north and it knows: a lost north marker is not told. */
bool ap_radar_tells_north(const ap_radar *radar);

/* Whether a fault of the kind is on; *sum: of the values of all that are. */
bool ap_radar_fault(const ap_radar *radar, ap_fault_kind kind, double time_s, double *sum);

/* Makes ready the plots of the sector that ends at the next boundary (radar_look.c). */
void ap_radar_gather(ap_radar *radar);

/* Whether a radar of the scenario could see a target in that place: range, horizon, cone, mask,
 * ceiling. */
bool ap_radar_in_view(const ap_scenario *scenario, const ap_scenario_sensor *radar,
                      const ap_sight *sight, double height_m);

/* Whether its transponder answers this radar. Vehicles only squitter. */
bool ap_radar_is_answered(const ap_radar *radar, uint32_t flight, const ap_told *told);

/* Chance that its echo is detected: none of what is on the ground, which is filtered with it, but
 * by a surface radar. velocity: in the sensor's frame. */
double ap_radar_echo_chance(const ap_radar *radar, uint32_t flight, const ap_told *answer,
                            ap_vec3 enu, ap_vec3 velocity, double range_m);

/* As 16 bits of a turn. */
uint16_t ap_radar_turn16(double azimuth_rad);

#endif

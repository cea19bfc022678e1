/* One sector of a radar: what it sees and what it makes of that. */
#include <math.h>

#include "simulate/clutter.h"
#include "simulate/detection.h"
#include "simulate/radar.h"
#include "simulate/reflection.h"

/* Elements of a radar's stream that are no flights. */
#define ELEMENT_CLUTTER UINT32_MAX
#define ELEMENT_FRUIT (UINT32_MAX - 1u)
#define ELEMENT_AREA (UINT32_MAX - 0x10000u) /* and the area of the radar */
/* Higher half of the events of a flight's passes that are images: and the reflector. */
#define EVENT_IMAGE UINT64_C(0x80000000)

#define LATE_SHARE 0.125 /* of a turn: a pass found so late is sent, an older one is lost */
#define NORTH_NEAR 1e-9  /* of a turn: north at a sector's border is not in it */
#define SPLIT_NEAR 0.25  /* halves of a split echo are so many cells off on either side ... */
#define SPLIT_FAR 0.5
#define CLUTTER_HEIGHT_MAX_M 3000.0 /* of false echoes, for radars that measure it */
#define FRUIT_TRIES 4               /* flights that are asked for a code */
#define SLOW_MPS 1.0                /* slower ones have no nose */

/* ---- what can be seen ---- */

bool ap_radar_in_view(const ap_scenario *scenario, const ap_scenario_sensor *radar,
                      const ap_sight *sight, double height_m)
{
    const ap_sensor *told = &radar->told;
    double elevation_rad = ap_detection_elevation(sight->elevation_rad, sight->range_m);
    if (elevation_rad > radar->cone_rad ||
        elevation_rad < ap_detection_mask(scenario, radar, sight->azimuth_rad))
        return false;
    /* The surface of an airport is in sight of its tower, wherever the ellipsoid is. */
    if (told->kind == AP_SENSOR_SMR)
        return sight->range_m >= told->range_min_m && sight->range_m <= told->range_max_m &&
               height_m - told->site.height_m <= AP_RADAR_SURFACE_CEILING_M;
    return ap_sight_is_clear(told, sight->range_m, height_m);
}

/* The area that it shows to the radar: long craft from their side more than from the nose. */
static double area_m2(const ap_flight *flight, ap_vec3 enu, ap_vec3 velocity, double range_m)
{
    double speed_mps = sqrt(velocity.x_m * velocity.x_m + velocity.y_m * velocity.y_m +
                            velocity.z_m * velocity.z_m);
    bool is_round = flight->craft == AP_CRAFT_MULTIROTOR || flight->craft == AP_CRAFT_BIRD ||
                    flight->craft == AP_CRAFT_BALLOON || flight->craft == AP_CRAFT_FALLING;
    if (is_round || speed_mps < SLOW_MPS)
        return flight->area_m2;
    double along = velocity.x_m * enu.x_m + velocity.y_m * enu.y_m + velocity.z_m * enu.z_m;
    return flight->area_m2 * ap_detection_aspect(along / (speed_mps * fmax(range_m, 1.0)));
}

bool ap_radar_is_answered(const ap_radar *radar, uint32_t flight, const ap_told *told)
{
    return radar->has_secondary && told->answers &&
           radar->world->flights[flight].craft != AP_CRAFT_VEHICLE;
}

double ap_radar_echo_chance(const ap_radar *radar, uint32_t flight, const ap_told *answer,
                            ap_vec3 enu, ap_vec3 velocity, double range_m)
{
    const ap_scenario_sensor *own = radar->own;
    if (!radar->has_primary || (answer->on_ground && own->told.kind != AP_SENSOR_SMR))
        return 0.0;
    bool is_combined = own->told.kind == AP_SENSOR_COMBINED;
    double told = is_combined ? AP_RADAR_PRIMARY_PD : own->told.detection_probability;
    if (!(own->reference_area_m2 > 0.0))
        return told;
    double seen_m2 = area_m2(&radar->world->flights[flight], enu, velocity, range_m);
    return ap_detection_primary(own, told, seen_m2, range_m);
}

/* ---- passes ---- */

static void add(ap_radar *radar, const ap_radar_plot *plot)
{
    if (radar->plot_count == radar->plot_cap)
        radar->lost_count++;
    else
        radar->plots[radar->plot_count++] = *plot;
}

static ap_random random_of(const ap_radar *radar, uint32_t element, uint64_t event)
{
    return ap_random_of(radar->world->seed, radar->stream, element, event);
}

static int16_t mode_c(double pressure_altitude_m)
{
    return (int16_t)(4 * lround(pressure_altitude_m / AP_M_PER_FT / 100.0));
}

/* What the transponder says when this radar asks. */
static bool set_answer(const ap_radar *radar, uint32_t flight, const ap_told *told,
                       ap_radar_plot *plot)
{
    const ap_flight *of = &radar->world->flights[flight];
    if (!ap_radar_is_answered(radar, flight, told))
        return false;
    plot->roll_call = radar->has_mode_s && of->equipment != AP_EQUIPMENT_MODE_AC;
    plot->address = plot->roll_call ? told->address : 0;
    plot->on_ground = told->on_ground;
    plot->is_alert = told->alert != AP_TOLD_CALM;
    plot->sent_3a = plot->mode_3a = told->mode_3a;
    plot->sent_4th = ap_world_level_4th(of, told->pressure_altitude_m);
    if (!plot->roll_call) /* Mode C has steps of 100 ft */
        plot->sent_4th = mode_c(told->pressure_altitude_m);
    plot->level_4th = plot->sent_4th;
    plot->has_level = told->has_altitude;
    return true;
}

static void add_image(ap_radar *radar, uint32_t flight, const ap_pass *pass, uint32_t reflector)
{
    const ap_scenario *scenario = radar->world->scenario;
    ap_vec3 image;
    if (!ap_reflection_of(&scenario->reflectors[radar->own->reflector_first + reflector], pass->enu,
                          &image))
        return;
    double ahead_rad = ap_wrap_two_pi(atan2(image.x_m, image.y_m) - pass->sight.azimuth_rad);
    double time_s = pass->time_s + ahead_rad / (2.0 * AP_PI) * radar->antenna.turn_s;
    if (radar->image_count == radar->image_cap)
        radar->lost_count++;
    else
        radar->images[radar->image_count++] =
            (ap_radar_image){ time_s, flight, radar->pass_count[flight], reflector };
}

/* A flight in view of the beam. */
static void look_at(ap_radar *radar, uint32_t flight, const ap_pass *pass)
{
    ap_radar_plot plot = { .time_s = pass->time_s,
                           .range_m = pass->sight.range_m,
                           .azimuth_rad = pass->sight.azimuth_rad,
                           .elevation_rad = pass->sight.elevation_rad,
                           .height_m = pass->truth.position.height_m,
                           .weight = 1.0,
                           .flight = flight,
                           .pass = radar->pass_count[flight],
                           .random = random_of(radar, flight, radar->pass_count[flight]) };
    ap_told told = ap_faults_told(radar->world, flight, &pass->truth, pass->time_s);
    bool is_asked = set_answer(radar, flight, &told, &plot);
    bool is_heard = ap_random_unit(&plot.random) < radar->own->told.detection_probability;
    double chance =
        ap_radar_echo_chance(radar, flight, &told, pass->enu, pass->velocity, pass->sight.range_m);
    plot.secondary = is_asked && is_heard;
    plot.primary = ap_random_unit(&plot.random) < chance;
    if (plot.primary || plot.secondary)
        add(radar, &plot);
    for (uint32_t i = 0; is_asked && i < radar->own->reflector_count; i++)
        add_image(radar, flight, pass, i);
}

static void pass_flight(ap_radar *radar, uint32_t flight, double from_s, double until_s)
{
    ap_pass pass;
    if (!ap_antenna_meet(radar->world, &radar->antenna, flight, radar->calendar.time_s[flight],
                         &pass))
        return; /* it is over */
    if (pass.time_s >= until_s) {
        ap_calendar_put(&radar->calendar, flight, pass.time_s);
        return;
    }
    bool is_seen = pass.is_met && pass.time_s >= radar->world->flights[flight].birth_s &&
                   pass.time_s >= fmax(from_s - LATE_SHARE * radar->antenna.turn_s, 0.0) &&
                   ap_radar_in_view(radar->world->scenario, radar->own, &pass.sight,
                                    pass.truth.position.height_m);
    if (is_seen)
        look_at(radar, flight, &pass);
    radar->pass_count[flight]++;
    ap_calendar_put(&radar->calendar, flight, ap_antenna_guess_s(&radar->antenna, &pass));
}

/* ---- images ---- */

static void see_image(ap_radar *radar, const ap_radar_image *image)
{
    const ap_reflector *wall =
        &radar->world->scenario->reflectors[radar->own->reflector_first + image->reflector];
    ap_truth truth;
    ap_vec3 enu;
    if (!ap_world_truth(radar->world, image->flight, image->time_s, &truth) ||
        !ap_reflection_of(
            wall, ap_enu_from_ecef(&radar->own->told.frame, ap_ecef_from_geodetic(truth.position)),
            &enu))
        return;
    double ground2 = enu.x_m * enu.x_m + enu.y_m * enu.y_m;
    ap_radar_plot plot = { .range_m = sqrt(ground2 + enu.z_m * enu.z_m),
                           .azimuth_rad = ap_wrap_two_pi(atan2(enu.x_m, enu.y_m)),
                           .elevation_rad = atan2(enu.z_m, sqrt(ground2)),
                           .height_m = truth.position.height_m,
                           .weight = 1.0,
                           .flight = image->flight,
                           .pass = image->pass,
                           .random =
                               random_of(radar, image->flight,
                                         (EVENT_IMAGE + image->reflector) << 32 | image->pass),
                           .secondary = true };
    /* It moved on a little since it was foreseen. */
    double lead_rad =
        ap_wrap_pi(plot.azimuth_rad - ap_antenna_azimuth_rad(&radar->antenna, image->time_s));
    plot.time_s = image->time_s + lead_rad / (2.0 * AP_PI) * radar->antenna.turn_s;
    ap_told told = ap_faults_told(radar->world, image->flight, &truth, image->time_s);
    bool is_heard =
        ap_random_unit(&plot.random) < wall->gain * radar->own->told.detection_probability;
    if (is_heard && plot.range_m <= radar->own->told.range_max_m &&
        set_answer(radar, image->flight, &told, &plot))
        add(radar, &plot);
}

static void see_images(ap_radar *radar, double until_s)
{
    size_t kept = 0;
    for (size_t i = 0; i < radar->image_count; i++) {
        if (radar->images[i].time_s >= until_s)
            radar->images[kept++] = radar->images[i];
        else
            see_image(radar, &radar->images[i]);
    }
    radar->image_count = kept;
}

/* ---- false plots ---- */

/* Where nothing is: as it is read, in a sector. */
static ap_radar_plot nothing_at(const ap_radar *radar, double time_s, double range_m)
{
    double azimuth_rad = ap_antenna_azimuth_rad(&radar->antenna, time_s);
    double jump_rad;
    (void)ap_radar_fault(radar, AP_FAULT_AZIMUTH_JUMP, time_s, &jump_rad); /* 0 without one */
    return (ap_radar_plot){ .time_s = time_s,
                            .range_m = range_m,
                            .azimuth_rad = azimuth_rad + jump_rad +
                                           ap_radar_azimuth_error_rad(radar, azimuth_rad),
                            .flight = AP_SCENARIO_NONE,
                            .is_measured = true };
}

static ap_radar_plot nothing_in(const ap_radar *radar, double from_s, double to_s,
                                ap_random *random)
{
    const ap_sensor *told = &radar->own->told;
    double time_s = ap_random_between(random, from_s, to_s);
    double range_m =
        ap_clutter_range_m(told->range_min_m, told->range_max_m, ap_random_unit(random));
    return nothing_at(radar, time_s, range_m);
}

static void add_clutter(ap_radar *radar, double from_s, double to_s)
{
    ap_random random = random_of(radar, ELEMENT_CLUTTER, radar->boundary);
    uint32_t count = ap_clutter_draw_count(&random, radar->own->told.clutter_per_turn /
                                                        radar->format->sector_count);
    for (uint32_t i = 0; radar->has_primary && i < count; i++) {
        ap_radar_plot plot = nothing_in(radar, from_s, to_s, &random);
        plot.primary = true;
        plot.height_m = ap_random_between(&random, 0.0, CLUTTER_HEIGHT_MAX_M);
        if (plot.time_s >= 0.0)
            add(radar, &plot);
    }
}

/* Those of an area's plots that the beam meets between two times of one turn. */
static void add_area(ap_radar *radar, uint32_t area, double from_s, double to_s)
{
    const ap_scenario *scenario = radar->world->scenario;
    const ap_clutter_area *own = &scenario->areas[radar->own->area_first + area];
    const ap_sensor *told = &radar->own->told;
    double turn_s = radar->antenna.turn_s;
    double turn = floor(((from_s + to_s) / 2.0 - radar->antenna.north_s) / turn_s);
    double north_s = radar->antenna.north_s + turn * turn_s;
    ap_clutter_view view = ap_clutter_view_of(own, &told->frame, north_s);
    double rad_per_s = 2.0 * AP_PI / turn_s;
    if (!ap_clutter_meets(&view, (from_s - north_s) * rad_per_s, (to_s - north_s) * rad_per_s))
        return;
    ap_random random = random_of(radar, ELEMENT_AREA + area, (uint64_t)(turn + 1.0));
    for (uint32_t left = ap_clutter_draw_count(&random, own->plots_per_turn); left > 0; left--) {
        ap_clutter_place place = ap_clutter_draw(&view, &random);
        double height_m = ap_random_between(&random, 0.0, CLUTTER_HEIGHT_MAX_M);
        double time_s = north_s + place.azimuth_rad / rad_per_s;
        if (time_s < fmax(from_s, own->start_s) || time_s >= fmin(to_s, own->end_s) ||
            place.range_m < told->range_min_m || place.range_m > told->range_max_m || time_s < 0.0)
            continue;
        ap_radar_plot plot = nothing_at(radar, time_s, place.range_m);
        plot.primary = true;
        plot.height_m = height_m;
        add(radar, &plot);
    }
}

/* A sector of a turned antenna may lie on both sides of north, that is, in two turns. */
static void add_areas(ap_radar *radar, double from_s, double to_s)
{
    double turn_s = radar->antenna.turn_s;
    double turn = floor((to_s - radar->antenna.north_s) / turn_s);
    double north_s = radar->antenna.north_s + turn * turn_s;
    bool is_in = north_s > from_s + NORTH_NEAR * turn_s && north_s < to_s - NORTH_NEAR * turn_s;
    for (uint32_t i = 0; radar->has_primary && i < radar->own->area_count; i++) {
        add_area(radar, i, from_s, is_in ? north_s : to_s);
        if (is_in)
            add_area(radar, i, north_s, to_s);
    }
}

/* An answer of some flight to another radar. */
static void set_stray_answer(const ap_radar *radar, ap_random *random, ap_radar_plot *plot)
{
    plot->mode_3a = (uint16_t)ap_random_below(random, 010000);
    for (int i = 0; i < FRUIT_TRIES && radar->world->flight_count > 0; i++) {
        uint32_t flight = ap_random_below(random, radar->world->flight_count);
        ap_truth truth;
        if (!ap_world_truth(radar->world, flight, plot->time_s, &truth))
            continue;
        ap_told told = ap_faults_told(radar->world, flight, &truth, plot->time_s);
        if (set_answer(radar, flight, &told, plot))
            break;
    }
    plot->roll_call = false;
    plot->address = 0;
    plot->level_4th = (int16_t)(4 * lround(plot->level_4th / 4.0)); /* Mode C */
    plot->has_level = plot->has_level && ap_random_unit(random) < 0.5;
    plot->is_unsure = ap_random_unit(random) < 0.5;
}

static void add_fruit(ap_radar *radar, double from_s, double to_s)
{
    ap_random random = random_of(radar, ELEMENT_FRUIT, radar->boundary);
    double mean = radar->own->fruit_per_turn;
    if (!radar->has_primary)
        mean += radar->own->told.clutter_per_turn;
    uint32_t count = ap_clutter_draw_count(&random, mean / radar->format->sector_count);
    for (uint32_t i = 0; radar->has_secondary && i < count; i++) {
        ap_radar_plot plot = nothing_in(radar, from_s, to_s, &random);
        plot.secondary = true;
        set_stray_answer(radar, &random, &plot);
        if (plot.time_s >= 0.0)
            add(radar, &plot);
    }
}

/* ---- plots ---- */

static void measure(const ap_radar *radar, ap_radar_plot *plot)
{
    const ap_scenario_sensor *own = radar->own;
    double jump_rad;
    (void)ap_radar_fault(radar, AP_FAULT_AZIMUTH_JUMP, plot->time_s, &jump_rad); /* 0 without */
    double range_m = plot->range_m;
    plot->range_m += own->range_gain * range_m + own->range_bias_m +
                     own->told.range_sigma_m * ap_random_normal(&plot->random);
    plot->azimuth_rad += ap_radar_azimuth_error_rad(radar, plot->azimuth_rad) + jump_rad +
                         own->told.azimuth_sigma_rad * ap_random_normal(&plot->random);
    plot->height_m += range_m * cos(plot->elevation_rad) * own->elevation_sigma_rad *
                      ap_random_normal(&plot->random);
    plot->is_measured = true;
}

static void make_ready(ap_radar *radar, size_t plot)
{
    uint32_t cap = radar->own->plot_cap_per_sector;
    if (cap > 0 && radar->ready_count >= cap) {
        radar->plots[plot].is_gone = true;
        radar->lost_count++;
        radar->is_overloaded = true;
    } else {
        radar->ready[radar->ready_count++] = (uint32_t)plot;
    }
}

/* An echo alone becomes two beside its place; one with an answer leaves an echo beside that. */
static void split(ap_radar *radar, size_t index)
{
    ap_radar_plot *plot = &radar->plots[index];
    bool is_split = ap_random_unit(&plot->random) < radar->own->split_probability;
    double off_rad =
        ap_random_between(&plot->random, SPLIT_NEAR, SPLIT_FAR) * radar->resolve.cell_azimuth_rad;
    if (!is_split || !plot->primary || radar->plot_count == radar->plot_cap)
        return;
    ap_radar_plot *half = &radar->plots[radar->plot_count++];
    *half = *plot;
    half->secondary = false;
    half->azimuth_rad += off_rad;
    if (!plot->secondary)
        plot->azimuth_rad -= off_rad;
    make_ready(radar, radar->plot_count - 1);
}

static void drop_sent(ap_radar *radar)
{
    for (size_t i = 0; i < radar->ready_count; i++)
        radar->plots[radar->ready[i]].is_gone = true;
    size_t kept = 0;
    for (size_t i = 0; i < radar->plot_count; i++)
        if (!radar->plots[i].is_gone)
            radar->plots[kept++] = radar->plots[i];
    radar->plot_count = kept;
    radar->ready_count = radar->sent_count = 0;
    radar->is_overloaded = false;
}

static void resolve(ap_radar *radar, double to_s)
{
    size_t count = radar->plot_count;
    for (size_t i = 0; i < count; i++)
        radar->keys[i] = (ap_resolve_key){ radar->plots[i].time_s, (uint32_t)i };
    ap_resolve_sort(radar->keys, count);
    ap_resolve_plots(&radar->resolve, radar->keys, count, to_s, radar->plots);
    for (size_t k = 0; k < count && radar->keys[k].time_s < to_s; k++) {
        ap_radar_plot *plot = &radar->plots[radar->keys[k].index];
        if (plot->is_gone)
            continue;
        bool is_false = plot->is_measured;
        if (!is_false)
            measure(radar, plot);
        make_ready(radar, radar->keys[k].index);
        if (!is_false)
            split(radar, radar->keys[k].index);
    }
}

void ap_radar_gather(ap_radar *radar)
{
    double to_s = ap_radar_boundary_s(radar, radar->boundary);
    double from_s = radar->boundary > 0
                        ? ap_radar_boundary_s(radar, radar->boundary - 1)
                        : to_s - radar->antenna.turn_s / radar->format->sector_count;
    double until_s = to_s + radar->margin_s;
    uint32_t flight;
    drop_sent(radar);
    while (ap_calendar_take(&radar->calendar, until_s, &flight))
        pass_flight(radar, flight, from_s, until_s);
    see_images(radar, until_s);
    add_clutter(radar, from_s, to_s);
    add_areas(radar, from_s, to_s);
    add_fruit(radar, from_s, to_s);
    resolve(radar, to_s);
}

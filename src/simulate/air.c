#include "simulate/air.h"

#include <math.h>

#include "simulate/radar.h"

static bool arrives_before(const ap_air *air, uint32_t a, uint32_t b)
{
    double at_a = air->schedules[a].arrival_s, at_b = air->schedules[b].arrival_s;
    return at_a < at_b || (at_a == at_b && a < b);
}

static void sift_down(ap_air *air, size_t at)
{
    uint32_t *heap = air->heap;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= air->source_count)
            return;
        if (child + 1 < air->source_count && arrives_before(air, heap[child + 1], heap[child]))
            child++;
        if (!arrives_before(air, heap[child], heap[at]))
            return;
        uint32_t later = heap[at];
        heap[at] = heap[child];
        heap[child] = later;
        at = child;
    }
}

static ap_squitter kind_of(unsigned timer)
{
    return timer < AP_SQUITTER_REPLY ? (ap_squitter)timer : AP_SQUITTER_REPLY;
}

/* Finds what the broadcaster sends next, and when that arrives. */
static void plan(const ap_air *air, ap_air_schedule *own)
{
    own->timer = 0;
    for (unsigned i = 1; i < AP_SQUITTER_REPLY + air->radar_count; i++)
        if (own->next_s[i] < own->next_s[own->timer])
            own->timer = i;
    double sent_s = own->next_s[own->timer];
    ap_geodetic antenna;
    ap_sight sight;
    own->arrival_s = HUGE_VAL;
    if (sent_s == HUGE_VAL ||
        !ap_broadcaster_place(air->world, &own->who, sent_s, &own->truth, &antenna))
        return;
    own->is_in_sight = ap_sight_of(air->site, antenna, &sight);
    own->distance_m = sight.range_m;
    own->arrival_s = sent_s + sight.range_m / AP_AIR_LIGHT_MPS;
}

static ap_equipment equipment_of(const ap_world *world, const ap_broadcaster *who)
{
    return who->flight == AP_SCENARIO_NONE ? AP_EQUIPMENT_ADSB
                                           : world->flights[who->flight].equipment;
}

/* No radar asks a mast, and vehicles only squitter. */
static bool is_asked_at_all(const ap_world *world, const ap_broadcaster *who)
{
    return !who->fault && world->flights[who->flight].craft != AP_CRAFT_VEHICLE;
}

static bool sends(const ap_air *air, const ap_broadcaster *who, unsigned timer)
{
    ap_squitter kind = kind_of(timer);
    return air->kinds >> kind & 1u && ap_squitter_is_sent(kind, equipment_of(air->world, who)) &&
           (kind != AP_SQUITTER_REPLY || is_asked_at_all(air->world, who));
}

static ap_random draws_of(const ap_air *air, const ap_air_schedule *own, uint64_t event)
{
    return ap_random_of(air->world->seed, AP_STREAM_TRANSPONDER, own->who.element, event);
}

/* The first of each kind: anywhere within an interval after the birth. All are drawn, so
 * that they do not depend on what is listened to. */
static void start_schedule(const ap_air *air, ap_air_schedule *own)
{
    double birth_s = ap_broadcaster_birth_s(air->world, &own->who);
    ap_random random = draws_of(air, own, AP_PHASE_EVENT);
    for (unsigned i = 0; i < AP_SQUITTER_REPLY + air->radar_count; i++) {
        own->next_s[i] = HUGE_VAL;
        double first_s = birth_s;
        if (i < AP_SQUITTER_REPLY)
            first_s += ap_squitter_interval_s(kind_of(i), &random) * ap_random_unit(&random);
        if (!sends(air, &own->who, i))
            continue;
        if (i >= AP_SQUITTER_REPLY)
            first_s = ap_antenna_first_pass(air->world, &air->antennas[i - AP_SQUITTER_REPLY],
                                            own->who.flight, 0.0);
        own->next_s[i] = first_s;
    }
    plan(air, own);
}

static void find_radars(ap_air *air)
{
    const ap_scenario *scenario = air->world->scenario;
    for (uint32_t i = 0; i < scenario->sensor_count; i++) {
        const ap_scenario_sensor *sensor = &scenario->sensors[i];
        ap_sensor_kind kind = sensor->told.kind;
        if (sensor->format != AP_SENSOR_FORMAT_CAT048 ||
            (kind != AP_SENSOR_COMBINED && kind != AP_SENSOR_MODE_S) ||
            air->radar_count == AP_AIR_RADAR_CAP)
            continue;
        air->antennas[air->radar_count] = ap_radar_antenna(air->world, i);
        air->radars[air->radar_count++] = sensor;
    }
}

void ap_air_init(ap_air *air, ap_arena *arena, const ap_world *world, const ap_sensor *site,
                 unsigned kinds)
{
    *air = (ap_air){
        .world = world, .site = site, .kinds = kinds, .source_count = ap_broadcaster_count(world)
    };
    air->schedules = ap_arena_take(arena, air->source_count, sizeof *air->schedules);
    air->heap = ap_arena_take(arena, air->source_count, sizeof *air->heap);
    if (!air->heap)
        return;
    if (kinds >> AP_SQUITTER_REPLY & 1u)
        find_radars(air);
    for (uint32_t i = 0; i < air->source_count; i++) {
        air->schedules[i].who = ap_broadcaster_of(world, i);
        start_schedule(air, &air->schedules[i]);
        air->heap[i] = i;
    }
    for (size_t i = air->source_count / 2; i-- > 0;)
        sift_down(air, i);
}

double ap_air_time_s(const ap_air *air)
{
    return air->source_count > 0 ? air->schedules[air->heap[0]].arrival_s : HUGE_VAL;
}

uint32_t ap_air_next(const ap_air *air)
{
    return air->heap[0];
}

uint64_t ap_air_event(const ap_air *air)
{
    const ap_air_schedule *own = &air->schedules[air->heap[0]];
    return (uint64_t)own->count[own->timer] * AP_AIR_TIMER_CAP + own->timer;
}

/* A transponder answers a radar that sees it. */
static bool is_asked(const ap_air *air, const ap_air_schedule *own)
{
    if (own->timer < AP_SQUITTER_REPLY)
        return true;
    const ap_scenario_sensor *radar = air->radars[own->timer - AP_SQUITTER_REPLY];
    ap_sight sight;
    return ap_sight_of(&radar->told, own->truth.position, &sight) &&
           ap_radar_in_view(air->world->scenario, radar, &sight, own->truth.position.height_m);
}

bool ap_air_tell(const ap_air *air, ap_broadcast *told)
{
    const ap_air_schedule *own = &air->schedules[air->heap[0]];
    return is_asked(air, own) &&
           ap_broadcaster_tell(air->world, &own->who, &own->truth, own->next_s[own->timer], told);
}

/* What is drawn for a frame: first the time to the next one, whoever hears it. */
static ap_random frame_draws(const ap_air *air, double *interval_s)
{
    const ap_air_schedule *own = &air->schedules[air->heap[0]];
    ap_random random = draws_of(air, own, ap_air_event(air));
    *interval_s =
        own->timer < AP_SQUITTER_REPLY ? ap_squitter_interval_s(kind_of(own->timer), &random) : 0.0;
    return random;
}

bool ap_air_content(const ap_air *air, const ap_broadcast *told, ap_modes_frame *content)
{
    const ap_air_schedule *own = &air->schedules[air->heap[0]];
    uint32_t count = own->count[own->timer];
    double interval_s;
    ap_random random = frame_draws(air, &interval_s);
    if (own->timer < AP_SQUITTER_REPLY)
        return ap_squitter_make(kind_of(own->timer), told, count, &random, content);
    ap_squitter_reply(air->world, told, &air->world->flights[own->who.flight], &own->truth,
                      own->next_s[own->timer], count, content);
    return true;
}

ap_geodetic ap_air_position(const ap_air *air, const ap_broadcast *told)
{
    double interval_s;
    ap_random random = frame_draws(air, &interval_s);
    return ap_squitter_position(told, &random);
}

void ap_air_pass(ap_air *air)
{
    ap_air_schedule *own = &air->schedules[air->heap[0]];
    unsigned timer = own->timer;
    if (timer >= AP_SQUITTER_REPLY) {
        own->next_s[timer] =
            ap_antenna_next_pass(air->world, &air->antennas[timer - AP_SQUITTER_REPLY],
                                 own->who.flight, own->next_s[timer]);
    } else {
        double interval_s;
        (void)frame_draws(air, &interval_s); /* only the time is wanted */
        own->next_s[timer] += interval_s;
    }
    own->count[timer]++;
    plan(air, own);
    sift_down(air, 0);
}

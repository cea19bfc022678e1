/* Mode S frames to reports: who sent it, whether to believe it, where it was. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "airpicture/modes_detail.h"
#include "sense/attribution.h"
#include "sense/comm_b.h"
#include "sense/fields.h"
#include "sense/state.h"

#define DF_ALL_CALL 11
#define DF_SQUITTER 17
#define DF_NON_TRANSPONDER 18
/* Control fields of DF18. */
#define CF_ANONYMOUS 1
#define CF_TISB_FINE 2
#define CF_TISB_COARSE 3
#define CF_TISB_OTHER 5
#define CF_REBROADCAST 6
/* Frames that state NACp and SIL. */
#define STATES_QUALITY                                                                             \
    (AP_MODES_HAS_VERSION | AP_MODES_HAS_TARGET_STATE | AP_MODES_HAS_TISB_QUALITY)
/* Emergency states that ask for no help of their own, before version 3. */
#define EMERGENCY_LIFEGUARD 2
#define EMERGENCY_RESERVED 7

#define SURFACE_REFERENCE_S 120.0 /* a surface position heard says where the receiver is */
#define CLUE_S 5.0                /* a squitter tells which register a reply holds */
#define ALTITUDE_S 5.0            /* an altitude may be combined with a difference to it */
#define AIRLINER_HEIGHT_M 10000.0 /* for ranges: an error of it hardly shows */
#define HEIGHT_SIGMA_M 20.0       /* GNSS height of an aircraft, and rounding to 25 ft */
#define CLIMB_SIGMA_MPS 1.5
#define SURFACE_SPEED_SIGMA_MPS 0.5
#define SURFACE_TRACK_SIGMA_RAD (1.5 * AP_RAD_PER_DEG)
/* Of coarse TIS-B: steps over the root of 12. */
#define COARSE_SIGMA_M 47.0
#define COARSE_SPEED_SIGMA_MPS 4.8
#define COARSE_TRACK_SIGMA_RAD (3.25 * AP_RAD_PER_DEG)

/* One frame on its way through. */
typedef struct heard {
    struct ap_sense_state *state;
    const ap_sense_heard *as;
    const uint8_t *bytes; /* of the frame, repaired when it was */
    ap_receiver *receiver;
    const ap_sensor *hearer; /* the receiver's own sensor */
    ap_sense_origin origin;
    ap_address_kind kind; /* of the address */
    uint16_t
        sensor_index; /* of the sensor that the frame counts for: the hearer, if its own word */
    bool several;     /* the run has more receivers than one; then hash is that of bytes */
    uint64_t hash;
    const ap_sensor *sensor;
    ap_sensor_stats *stats;
    ap_utc_ns utc;
    ap_aircraft *aircraft;
    const ap_modes_frame *frame;
} heard;

static bool within_s(ap_utc_ns past, ap_utc_ns now, double limit_s)
{
    return fabs(ap_seconds_between(past, now)) <= limit_s;
}

static uint32_t seconds_of(ap_utc_ns utc)
{
    return (uint32_t)(utc / AP_NS_PER_S);
}

/* Times that are kept in full seconds; 0: never. */
static bool is_near_s(uint32_t past_s, ap_utc_ns now, uint32_t limit_s)
{
    return past_s != 0 && seconds_of(now) - past_s + limit_s <= 2 * limit_s;
}

/* --- whose it is ----------------------------------------------------------------------------- */

/* Who placed the target: a network, the ground, or the aircraft (also where another link or the
 * ground passed it on). */
static ap_sense_origin origin_of(const ap_sense_heard *as, ap_err err, const ap_modes_frame *frame)
{
    if (as->multilaterated)
        return AP_SENSE_MLAT;
    if (err || frame->df != DF_NON_TRANSPONDER)
        return AP_SENSE_OWN;
    bool tisb = frame->control == CF_TISB_FINE || frame->control == CF_TISB_COARSE ||
                frame->control == CF_TISB_OTHER;
    return tisb ? AP_SENSE_TISB : AP_SENSE_OWN;
}

static uint32_t key_of(uint32_t address, ap_address_kind kind, ap_sense_origin origin)
{
    return ap_aircraft_key(address, kind) | (uint32_t)origin << AP_AIRCRAFT_ORIGIN_SHIFT;
}

/* False when the frame is of no aircraft (TIS-B management, reserved control fields). */
static bool address_kind_of(const ap_modes_frame *frame, ap_address_kind *kind)
{
    *kind = AP_ADDRESS_ICAO;
    if (frame->df != DF_NON_TRANSPONDER)
        return true;
    switch (frame->control) {
    case 0:
        return true;
    case CF_ANONYMOUS:
    case CF_TISB_OTHER:
        *kind = AP_ADDRESS_ANONYMOUS;
        return true;
    case CF_TISB_FINE:
    case CF_TISB_COARSE:
        *kind = frame->imf ? AP_ADDRESS_TRACK_FILE : AP_ADDRESS_ICAO;
        return true;
    case CF_REBROADCAST:
        *kind = frame->imf ? AP_ADDRESS_ANONYMOUS : AP_ADDRESS_ICAO;
        return true;
    default:
        return false;
    }
}

static bool is_proved(const heard *of, const ap_aircraft *aircraft)
{
    return aircraft &&
           ap_aircraft_is_proved(&of->state->aircraft, aircraft, of->as->receiver, of->utc);
}

static ap_noise *noise_of(const heard *of)
{
    return &of->state->places[of->as->receiver].noise;
}

/* Undoes one wrong bit of a squitter of an address that was proved on the input, but not of TIS-B.
 * It proves nothing: from here on it is a reply that must fit its aircraft. out: bytes of the size
 * of the frame, and *repaired. */
static bool repair(const heard *of, uint8_t *bytes, ap_modes_frame *repaired)
{
    size_t size = of->as->size;
    ap_address_kind kind;
    if (ap_modes_repair(of->as->frame, size, bytes) < 0 || ap_modes_decode(bytes, size, repaired) ||
        !address_kind_of(repaired, &kind) || origin_of(of->as, AP_OK, repaired) != of->origin)
        return false;
    repaired->check = AP_MODES_DAMAGED;
    const ap_aircraft *aircraft =
        ap_aircraft_find(&of->state->aircraft, key_of(repaired->icao24, kind, of->origin));
    return is_proved(of, aircraft);
}

/* Finds the aircraft of a frame; AP_VERDICT_REPORT or the reason to refuse it. Checked squitters
 * prove their address; replies need one that was proved on this input, because their own parity
 * proves nothing. */
static ap_verdict attribute(heard *of)
{
    if (!address_kind_of(of->frame, &of->kind))
        return AP_VERDICT_SERVICE;
    ap_aircraft_table *table = &of->state->aircraft;
    uint32_t key = key_of(of->frame->icao24, of->kind, of->origin);
    if (of->frame->check == AP_MODES_CHECKED) {
        of->aircraft = ap_aircraft_prove(table, key, of->as->receiver, of->state->receive_utc);
        return of->aircraft ? AP_VERDICT_REPORT : AP_REFUSED_TABLE_FULL;
    }
    of->aircraft = ap_aircraft_find(table, key);
    ap_echo_kind echo = of->several
                            ? ap_echo_look(&of->state->echoes, of->hash, of->as->receiver, of->utc)
                            : AP_ECHO_NEW;
    if (echo == AP_ECHO_REFUSED)
        return AP_REFUSED_ADDRESS_UNLIKELY;
    if (echo == AP_ECHO_COPY && of->aircraft)
        return AP_VERDICT_REPORT; /* as the first one was */
    if (!is_proved(of, of->aircraft)) {
        ap_noise_heard(noise_of(of), of->utc);
        return AP_REFUSED_ADDRESS_UNPROVED;
    }
    if (of->frame->check == AP_MODES_OVERLAID && of->frame->suspect) {
        ap_noise_heard(noise_of(of), of->utc);
        return AP_REFUSED_PARITY;
    }
    if (ap_attribution_believes(table, of->aircraft, of->frame, of->as->receiver, noise_of(of),
                                of->utc))
        return AP_VERDICT_REPORT;
    if (of->several) /* a copy would be the second reply that says so */
        ap_echo_refuse(&of->state->echoes, of->hash, of->as->receiver, of->utc);
    return AP_REFUSED_ADDRESS_UNLIKELY;
}

/* --- what it says ---------------------------------------------------------------------------- */

/* Version 3 has a lost link for the lifeguard, and distress for the reserved state. */
static bool is_emergency(uint8_t state, uint8_t version)
{
    bool calm = state == EMERGENCY_LIFEGUARD || state == EMERGENCY_RESERVED;
    return state != 0 && !(calm && version < 3);
}

static void set_status(const heard *of, ap_report *report)
{
    const ap_modes_frame *frame = of->frame;
    report->present |= AP_HAS_ADDRESS;
    report->address = frame->icao24;
    report->address_kind = (uint8_t)of->kind;
    report->receiver_count = ap_hearers_count(&of->aircraft->hearers, of->state->window);
    bool squitter = frame->df == DF_SQUITTER || frame->df == DF_NON_TRANSPONDER;
    report->flags |= squitter ? 0 : AP_FLAG_SECONDARY;
    report->flags |= frame->check == AP_MODES_OVERLAID ? AP_FLAG_ADDRESS_UNCHECKED : 0;
    report->flags |= frame->check == AP_MODES_DAMAGED ? AP_FLAG_REPAIRED : 0;
    report->flags |= frame->ground_known && frame->on_ground ? AP_FLAG_ON_GROUND : 0;
    report->flags |= frame->spi ? AP_FLAG_SPI : 0;
    if ((frame->present & AP_MODES_HAS_EMERGENCY) &&
        is_emergency(frame->emergency_state, of->aircraft->adsb_version))
        report->flags |= AP_FLAG_EMERGENCY;
    if (frame->present & AP_MODES_HAS_SQUAWK)
        ap_sense_set_mode_3a(report, frame->squawk, false, false);
    if (squitter && (frame->present & AP_MODES_HAS_CALLSIGN))
        ap_sense_set_callsign(report, frame->callsign);
    if ((frame->present & AP_MODES_HAS_CATEGORY) && (frame->emitter_category & 7)) {
        report->present |= AP_HAS_EMITTER_CATEGORY;
        report->emitter_category = frame->emitter_category;
    }
}

static void set_vertical(const heard *of, ap_report *report)
{
    const ap_modes_frame *frame = of->frame;
    const ap_aircraft *aircraft = of->aircraft;
    if (frame->present & AP_MODES_HAS_ALTITUDE)
        ap_sense_set_altitude(report, of->sensor, frame->altitude_ft,
                              frame->altitude_25_ft ? 25.0 : 100.0);
    if (frame->present & AP_MODES_HAS_GNSS_HEIGHT)
        ap_sense_set_height(report, frame->gnss_height_ft, HEIGHT_SIGMA_M);
    bool fresh = aircraft->has_altitude && within_s(aircraft->altitude_utc, of->utc, ALTITUDE_S);
    if ((frame->present & AP_MODES_HAS_GEO_MINUS_BARO) && fresh)
        ap_sense_set_height(report, aircraft->altitude_ft + frame->geo_minus_baro_ft,
                            HEIGHT_SIGMA_M);
    if (frame->present & AP_MODES_HAS_VERTICAL_RATE)
        ap_sense_set_vertical_rate(report, frame->vertical_rate_fpm, CLIMB_SIGMA_MPS);
    if (frame->present & AP_MODES_HAS_SELECTED_ALTITUDE)
        ap_sense_set_selected_altitude(report, frame->selected_altitude_ft);
}

/* 0: not stated. Networks that multilaterate send the format of TIS-B, but state no quality. */
static uint8_t nac_v_of(const heard *of)
{
    bool stated = (of->frame->present & AP_MODES_HAS_NAC_V) && of->origin != AP_SENSE_MLAT;
    return stated ? of->frame->nac_v : 0;
}

static void set_motion(const heard *of, ap_report *report)
{
    const ap_modes_frame *frame = of->frame;
    const uint32_t surface_vector = AP_MODES_HAS_GROUND_SPEED | AP_MODES_HAS_TRACK;
    double speed_mps = frame->ground_speed_kt * AP_MPS_PER_KT;
    if (frame->present & AP_MODES_HAS_GROUND_VELOCITY)
        ap_sense_set_velocity(report, frame->east_kt * AP_MPS_PER_KT,
                              frame->north_kt * AP_MPS_PER_KT,
                              ap_modes_sigma_of_nac_v(nac_v_of(of)));
    else if ((frame->present & surface_vector) == surface_vector)
        ap_sense_set_ground_vector(
            report, speed_mps, frame->track_deg * AP_RAD_PER_DEG,
            hypot(SURFACE_SPEED_SIGMA_MPS, speed_mps * SURFACE_TRACK_SIGMA_RAD));
    if (frame->present & AP_MODES_HAS_HEADING) {
        report->present |= AP_HAS_HEADING;
        report->heading_rad = frame->heading_deg * AP_RAD_PER_DEG;
    }
    if ((frame->present & AP_MODES_HAS_AIRSPEED) && frame->airspeed_is_true) {
        report->present |= AP_HAS_TRUE_AIRSPEED;
        report->true_airspeed_mps = frame->airspeed_kt * AP_MPS_PER_KT;
    } else if (frame->present & AP_MODES_HAS_AIRSPEED) {
        report->present |= AP_HAS_INDICATED_AIRSPEED;
        report->indicated_airspeed_mps = frame->airspeed_kt * AP_MPS_PER_KT;
    }
}

/* Takes the quality that a checked frame states. */
static void note_quality(const heard *of)
{
    const ap_modes_frame *frame = of->frame;
    ap_aircraft *aircraft = of->aircraft;
    if (frame->present & AP_MODES_HAS_VERSION) {
        aircraft->has_version = true;
        aircraft->adsb_version = frame->adsb_version;
    }
    if (frame->present & AP_MODES_HAS_NIC_SUPPLEMENT_A)
        aircraft->nic_a = frame->nic_a;
    if (frame->present & AP_MODES_HAS_NIC_SUPPLEMENT_C)
        aircraft->nic_c = frame->nic_c;
    if (frame->present & AP_MODES_HAS_GROUND_VELOCITY)
        aircraft->nic_d = frame->nic_d;
    if ((frame->present & STATES_QUALITY) && of->origin != AP_SENSE_MLAT) {
        aircraft->nac_p = frame->nac_p;
        aircraft->sil = frame->sil;
    }
}

/* NIC of a position: the worse of its frame's and of that of the other half that it may rest on. */
static uint8_t nic_of_position(const heard *of)
{
    const ap_modes_frame *frame = of->frame;
    ap_aircraft *aircraft = of->aircraft;
    bool odd = frame->cpr_odd;
    ap_modes_supplements supplements = { aircraft->nic_a, frame->nic_b, aircraft->nic_c,
                                         aircraft->nic_d };
    uint8_t own = ap_modes_nic(frame->type_code, supplements, aircraft->adsb_version);
    aircraft->nic[odd] = own;
    aircraft->nic_s[odd] = seconds_of(of->utc);
    bool mixed = is_near_s(aircraft->nic_s[!odd], of->utc, (uint32_t)AP_HELD_S);
    return mixed && aircraft->nic[!odd] < own ? aircraft->nic[!odd] : own;
}

/* Takes what the frame states, and gives the report what is known by now. A repaired frame is not
 * proved: it is not taken for what later ones are judged by. */
static void set_quality(const heard *of, ap_report *report)
{
    const uint32_t present = of->frame->present;
    const ap_aircraft *aircraft = of->aircraft;
    if (of->frame->check == AP_MODES_CHECKED)
        note_quality(of);
    if (!(present & (STATES_QUALITY | AP_MODES_HAS_CPR | AP_MODES_HAS_NAC_V)))
        return;
    bool newer_odd = aircraft->nic_s[1] > aircraft->nic_s[0];
    report->present |= AP_HAS_INTEGRITY;
    report->nic = present & AP_MODES_HAS_CPR ? nic_of_position(of) : aircraft->nic[newer_odd];
    report->nac_p = aircraft->nac_p;
    report->nac_v = nac_v_of(of);
    report->sil = aircraft->sil;
}

/* Until a status message has told the version, the type code is read as version 0 has it: its NUCp
 * promises no more than a later version would. TIS-B states its NACp; where nothing is promised,
 * what others have placed is as good as they are. */
static double position_sigma_m(const heard *of)
{
    const ap_aircraft *aircraft = of->aircraft;
    if (aircraft->has_version && aircraft->adsb_version > 0)
        return ap_modes_sigma_of_nac_p(aircraft->nac_p);
    if (of->origin == AP_SENSE_TISB && aircraft->nac_p != 0)
        return ap_modes_sigma_of_nac_p(aircraft->nac_p);
    uint8_t nuc_p = ap_modes_nic(of->frame->type_code, (ap_modes_supplements){ 0 }, 0);
    return nuc_p == 0 && of->origin != AP_SENSE_OWN ? of->sensor->position_sigma_m
                                                    : ap_modes_sigma_of_nuc_p(nuc_p);
}

/* What is broadcast, and for how long nothing that is inferred takes its place: some five times as
 * long as it takes the aircraft to say it again. */
static const struct {
    uint32_t has; /* of the report */
    uint32_t valid_s;
} broadcasts[AP_BROADCAST_COUNT] = {
    [AP_BROADCAST_CALLSIGN] = { AP_HAS_CALLSIGN, 60 },
    [AP_BROADCAST_SELECTED_ALTITUDE] = { AP_HAS_SELECTED_ALTITUDE, 10 },
    [AP_BROADCAST_VELOCITY] = { AP_HAS_VELOCITY, 5 },
    [AP_BROADCAST_VERTICAL_RATE] = { AP_HAS_VERTICAL_RATE, 5 },
    [AP_BROADCAST_HEADING] = { AP_HAS_HEADING, 5 },
    [AP_BROADCAST_TRUE_AIRSPEED] = { AP_HAS_TRUE_AIRSPEED, 5 },
    [AP_BROADCAST_INDICATED_AIRSPEED] = { AP_HAS_INDICATED_AIRSPEED, 5 },
};

#define BROADCAST_HAS                                                                              \
    (AP_HAS_CALLSIGN | AP_HAS_SELECTED_ALTITUDE | AP_HAS_VELOCITY | AP_HAS_VERTICAL_RATE |         \
     AP_HAS_HEADING | AP_HAS_TRUE_AIRSPEED | AP_HAS_INDICATED_AIRSPEED)

static void note_broadcast(const heard *of, const ap_report *report)
{
    if (!(report->present & BROADCAST_HAS))
        return;
    for (size_t i = 0; i < AP_BROADCAST_COUNT; i++)
        if (report->present & broadcasts[i].has)
            of->aircraft->broadcast_s[i] = seconds_of(of->utc);
}

/* AP_HAS_* of what the aircraft broadcasts itself. */
static uint32_t broadcast_of(const heard *of)
{
    uint32_t has = 0;
    for (size_t i = 0; i < AP_BROADCAST_COUNT; i++)
        if (is_near_s(of->aircraft->broadcast_s[i], of->utc, broadcasts[i].valid_s))
            has |= broadcasts[i].has;
    return has;
}

/* Remembers what later frames are compared with. */
static void note_state(const heard *of, const ap_report *report)
{
    if (of->frame->check != AP_MODES_CHECKED)
        return;
    ap_aircraft *aircraft = of->aircraft;
    note_broadcast(of, report);
    if (of->frame->present & AP_MODES_HAS_SQUAWK)
        ap_attribution_note_squawk(aircraft, of->frame->squawk, of->utc);
    if (of->frame->present & AP_MODES_HAS_ALTITUDE) {
        aircraft->has_altitude = true;
        aircraft->altitude_ft = of->frame->altitude_ft;
        aircraft->altitude_utc = of->utc;
        ap_attribution_note_altitude(aircraft, of->frame->altitude_ft, of->utc);
    }
    if (of->frame->present & AP_MODES_HAS_GROUND_VELOCITY) {
        aircraft->has_velocity = true;
        aircraft->speed_kt = (float)of->frame->ground_speed_kt;
        aircraft->track_deg = (float)of->frame->track_deg;
        aircraft->velocity_utc = of->utc;
        ap_comm_b_note_rate(&aircraft->comm_b, of->frame->present & AP_MODES_HAS_VERTICAL_RATE,
                            of->frame->vertical_rate_fpm);
    }
}

/* The register of a Comm-B reply, inferred. What the aircraft broadcasts is not replaced. */
static void set_comm_b(const heard *of, ap_report *report)
{
    ap_aircraft *aircraft = of->aircraft;
    const ap_modes_frame *frame = of->frame;
    if (!(frame->present & AP_MODES_HAS_MB))
        return;
    bool replied = frame->present & AP_MODES_HAS_ALTITUDE;
    ap_comm_b_clue clue = {
        .has_velocity = aircraft->has_velocity && within_s(aircraft->velocity_utc, of->utc, CLUE_S),
        .speed_kt = aircraft->speed_kt,
        .track_deg = aircraft->track_deg,
        .has_altitude = replied || (aircraft->has_altitude &&
                                    within_s(aircraft->altitude_utc, of->utc, CLUE_S)),
        .altitude_ft = replied ? frame->altitude_ft : aircraft->altitude_ft,
        .ground_known = frame->ground_known,
        .on_ground = frame->on_ground
    };
    ap_comm_b_inference *found = &of->state->last_register;
    ap_comm_b_recall(&aircraft->comm_b, frame->mb, of->utc, &clue);
    ap_comm_b_infer(frame->mb, &clue, found);
    of->state->has_register = true;
    ap_comm_b_learn(&aircraft->comm_b, frame->mb, of->utc, &clue, found);
    ap_sense_set_comm_b(report, found->bds, frame->mb);
    if (found->bds == 0x20 && (frame->present & AP_MODES_HAS_CALLSIGN))
        ap_sense_set_callsign(report, frame->callsign);
    report->present &= ~broadcast_of(of);
}

/* --- where it was ---------------------------------------------------------------------------- */

/* A point near the surface traffic of the receiver: what was placed there last, else the site. */
static ap_cpr_reference reference_of(const heard *of)
{
    const ap_sense_place *place = &of->state->places[of->as->receiver];
    if (place->surface_utc != AP_UTC_UNKNOWN &&
        fabs(ap_seconds_between(place->surface_utc, of->utc)) <= SURFACE_REFERENCE_S)
        return place->surface;
    const ap_sensor *hearer = of->hearer;
    return (ap_cpr_reference){ hearer->has_site, hearer->site.latitude_rad / AP_RAD_PER_DEG,
                               hearer->site.longitude_rad / AP_RAD_PER_DEG };
}

static void note_surface(const heard *of, double latitude_deg, double longitude_deg)
{
    ap_sense_place *place = &of->state->places[of->as->receiver];
    place->surface = (ap_cpr_reference){ true, latitude_deg, longitude_deg };
    place->surface_utc = of->utc;
}

static ap_cpr_frame cpr_of(const heard *of)
{
    const ap_modes_frame *frame = of->frame;
    bool has_speed = frame->present & AP_MODES_HAS_GROUND_SPEED;
    return (ap_cpr_frame){ .cpr = { frame->cpr_latitude_17, frame->cpr_longitude_17, frame->cpr_odd,
                                    frame->cpr_surface },
                           .utc = of->utc,
                           .speed_kt = has_speed ? (float)frame->ground_speed_kt : -1.0f };
}

static ap_refusals *refused_of(struct ap_sense_state *state, const ap_report *report)
{
    return &state->config.sensors->stats[report->sensor].refused;
}

/* Refuses what waited in vain, and the oldest of a ring that is full; all that waits when `now` is
 * unknown. */
static void give_up_held(struct ap_sense_state *state, ap_utc_ns now)
{
    for (size_t trusted = 0; trusted < 2; trusted++)
        for (const ap_held_frame *lost;
             (lost = ap_held_give_up(&state->held[trusted], now)) != NULL;)
            ap_refuse(refused_of(state, &lost->report), lost->reason);
    ap_utc_ns due[2] = { ap_held_due(&state->held[0]), ap_held_due(&state->held[1]) };
    state->held_due_utc = due[0] < due[1] ? due[0] : due[1];
}

/* Keeps a frame that cannot be placed yet, for AP_HELD_S. */
static void hold(const heard *of, const ap_cpr_frame *frame, const ap_report *report,
                 ap_refusal reason)
{
    struct ap_sense_state *state = of->state;
    bool trusted = of->aircraft->standing >= AP_TRUSTED;
    give_up_held(state, state->receive_utc); /* makes room */
    ap_held_add(&state->held[trusted], of->aircraft->key, &of->aircraft->held[trusted], frame,
                report, reason);
    ap_utc_ns due = ap_held_due(&state->held[trusted]);
    state->held_due_utc = due < state->held_due_utc ? due : state->held_due_utc;
}

/* Sends the frames that waited for this position on, each with its own time. */
static void release_held_from(const heard *of, bool trusted, double latitude_deg,
                              double longitude_deg)
{
    ap_held_placed placed[AP_HELD_BATCH];
    size_t count =
        ap_held_take(&of->state->held[trusted], of->aircraft->key, &of->aircraft->held[trusted],
                     latitude_deg, longitude_deg, of->utc, placed);
    for (size_t i = 0; i < count; i++) {
        ap_report *report = &placed[i].report;
        double sigma_m = sqrt(report->position_var_ee_m2);
        if (ap_sense_set_position(report, placed[i].latitude_deg, placed[i].longitude_deg, sigma_m))
            ap_sense_emit(of->state, report);
        else
            ap_refuse(refused_of(of->state, report), AP_REFUSED_POSITION_RANGE);
    }
}

static void release_held(const heard *of, double latitude_deg, double longitude_deg)
{
    release_held_from(of, false, latitude_deg, longitude_deg); /* those from before its trust */
    release_held_from(of, true, latitude_deg, longitude_deg);
}

/* The aircraft itself has sent the frame, so that where it was is how far the receiver hears. */
static bool is_from_aircraft(const heard *of)
{
    const ap_modes_frame *frame = of->frame;
    return !of->as->synthetic && (frame->df == DF_SQUITTER || (frame->df == DF_NON_TRANSPONDER &&
                                                               frame->control <= CF_ANONYMOUS));
}

static void note_range(const heard *of, double latitude_deg, double longitude_deg)
{
    if (of->hearer->has_site && is_from_aircraft(of))
        ap_receiver_place(&of->receiver->stats, &of->hearer->frame,
                          (ap_geodetic){ latitude_deg * AP_RAD_PER_DEG,
                                         longitude_deg * AP_RAD_PER_DEG, AIRLINER_HEIGHT_M });
}

/* Places a frame and what waited for it, or holds it back. */
static ap_verdict place(const heard *of, const ap_cpr_frame *frame, double sigma_m,
                        ap_report *report)
{
    ap_cpr_reference reference = reference_of(of);
    double latitude_deg, longitude_deg;
    ap_cpr_answer answer =
        ap_cpr_state_place(&of->aircraft->cpr, frame, &reference, &latitude_deg, &longitude_deg);
    if (answer != AP_CPR_PLACED) {
        ap_sense_set_covariance(report, sigma_m, sigma_m, 0.0);
        hold(of, frame, report,
             answer == AP_CPR_PENDING ? AP_REFUSED_CPR_PENDING : AP_REFUSED_CPR_INCONSISTENT);
        return AP_VERDICT_HELD;
    }
    if (!ap_sense_set_position(report, latitude_deg, longitude_deg, sigma_m))
        return AP_REFUSED_POSITION_RANGE;
    if (frame->cpr.surface)
        note_surface(of, latitude_deg, longitude_deg);
    note_range(of, latitude_deg, longitude_deg);
    of->state->last_fix = (ap_sense_fix){ true, latitude_deg, longitude_deg };
    release_held(of, latitude_deg, longitude_deg);
    return AP_VERDICT_REPORT;
}

static ap_verdict place_position(const heard *of, ap_report *report)
{
    ap_cpr_frame frame = cpr_of(of);
    return place(of, &frame, position_sigma_m(of), report);
}

/* Coarse TIS-B: position in steps of 163 m, speed of 32 kt, track of 11.25 degrees. */
static ap_verdict place_coarse(const heard *of, ap_report *report)
{
    ap_modes_coarse coarse;
    (void)ap_modes_coarse_tisb(of->frame, &coarse); /* it is one */
    const uint32_t vector = AP_COARSE_TRACK | AP_COARSE_SPEED;
    double speed_mps = coarse.ground_speed_kt * AP_MPS_PER_KT;
    report->flags |= coarse.surveillance_status == 3 ? AP_FLAG_SPI : 0;
    if ((coarse.present & vector) == vector)
        ap_sense_set_ground_vector(
            report, speed_mps, coarse.track_deg * AP_RAD_PER_DEG,
            hypot(COARSE_SPEED_SIGMA_MPS, speed_mps * COARSE_TRACK_SIGMA_RAD));
    ap_cpr_frame frame = { .cpr = { coarse.cpr_latitude_17, coarse.cpr_longitude_17, coarse.cpr_odd,
                                    false },
                           .coarse = true,
                           .utc = of->utc,
                           .speed_kt = -1.0f };
    return place(of, &frame, hypot(of->sensor->position_sigma_m, COARSE_SIGMA_M), report);
}

static bool is_coarse(const ap_modes_frame *frame)
{
    return frame->df == DF_NON_TRANSPONDER && frame->control == CF_TISB_COARSE;
}

/* --- who heard it ---------------------------------------------------------------------------- */

static ap_witness witness_of(const heard *of)
{
    const ap_sense_heard *as = of->as;
    return (ap_witness){ .squitter = of->state->squitter_count,
                         .receiver = as->receiver,
                         .sensor = of->receiver->sensor,
                         .receive_utc = of->utc,
                         .has_stamp = as->has_stamp,
                         .clock = as->clock,
                         .stamp = as->stamp,
                         .signal = as->signal,
                         .frame = of->bytes,
                         .size = as->size };
}

/* Hands a copy on, and before the first of them the hearing that it is a copy of. */
static void tell_witness(const heard *of, ap_witness *first)
{
    const ap_sense_config *config = &of->state->config;
    if (first->number == 0) {
        first->frame = of->bytes; /* the same */
        config->on_witness(config->context, first);
    }
    ap_witness copy = witness_of(of);
    copy.squitter = first->squitter;
    copy.number = first->number == UINT16_MAX ? UINT16_MAX : ++first->number;
    config->on_witness(config->context, &copy);
}

/* Whether another receiver has delivered the frame. Identical frames of one receiver are new
 * transmissions; those of another are copies of the last one. */
static bool is_copy(const heard *of)
{
    struct ap_sense_state *state = of->state;
    uint32_t place;
    if (!of->several)
        return false;
    bool copy = ap_echo_copy(&state->echoes, of->hash, of->as->receiver, of->utc, &place);
    if (!copy) {
        state->squitter_count++;
        if (state->firsts)
            state->firsts[place] = witness_of(of);
    } else if (state->firsts && !of->as->synthetic) {
        tell_witness(of, &state->firsts[place]);
    }
    return copy;
}

/* A copy is of a frame that was placed just before, and so it needs not be placed again. */
static void note_place_of_copy(const heard *of)
{
    ap_cpr_fix fix = ap_cpr_state_last(&of->aircraft->cpr);
    if (fix.utc == AP_UTC_UNKNOWN || !within_s(fix.utc, of->utc, AP_ECHO_MS / 1e3))
        return;
    if (of->frame->cpr_surface)
        note_surface(of, fix.latitude_deg, fix.longitude_deg);
    note_range(of, fix.latitude_deg, fix.longitude_deg);
}

/* A division less for each frame. */
static void find_window(struct ap_sense_state *state)
{
    if (state->receive_utc < state->window_end_utc)
        return;
    state->window = ap_receiver_window(state->receive_utc);
    state->window_end_utc = ap_utc_add_ns(
        state->receive_utc, AP_RECEIVER_WINDOW_NS - state->receive_utc % AP_RECEIVER_WINDOW_NS);
}

static void note_hearing(const heard *of, bool copy)
{
    struct ap_sense_state *state = of->state;
    if (of->frame->check != AP_MODES_CHECKED || of->as->synthetic)
        return;
    ap_hearers *hearers = &of->aircraft->hearers;
    if (!of->several && hearers->now_count > 0 && hearers->window == (uint16_t)state->window)
        return; /* counted, and nobody else to miss it */
    bool is_position = (of->frame->present & AP_MODES_HAS_CPR) && is_from_aircraft(of);
    ap_hearing_note(&state->aircraft.hearings, of->aircraft->key, &of->aircraft->hearers,
                    of->as->receiver, &of->receiver->stats, state->window, of->several, is_position,
                    !copy);
    if (copy && (of->frame->present & AP_MODES_HAS_CPR))
        note_place_of_copy(of);
}

/* --- frames ---------------------------------------------------------------------------------- */

static ap_verdict take_frame(heard *of, ap_report *report)
{
    ap_verdict verdict = attribute(of);
    if (verdict != AP_VERDICT_REPORT)
        return verdict;
    if (of->frame->present & AP_MODES_HAS_CPR)
        ap_cpr_state_fetch(&of->aircraft->cpr);
    bool copy = is_copy(of);
    note_hearing(of, copy);
    if (copy)
        return of->as->synthetic ? AP_REFUSED_DUPLICATE : AP_VERDICT_WITNESS;
    *report = (ap_report){ .kind = AP_REPORT_TARGET, .sensor = of->sensor_index };
    double latency_s = of->hearer->latency_s;
    report->time_utc = latency_s == 0.0 ? of->utc : ap_utc_add_s(of->utc, -latency_s);
    set_status(of, report);
    set_vertical(of, report);
    set_motion(of, report);
    set_quality(of, report);
    set_comm_b(of, report);
    note_state(of, report);
    if (of->frame->present & AP_MODES_HAS_CPR)
        return place_position(of, report);
    return is_coarse(of->frame) ? place_coarse(of, report) : AP_VERDICT_REPORT;
}

static ap_refusal reason_of(ap_err err)
{
    return err == AP_ERR_UNKNOWN  ? AP_REFUSED_FORMAT
           : err == AP_ERR_PARITY ? AP_REFUSED_PARITY
                                  : AP_REFUSED_SYNTAX;
}

static void note_witness(const heard *of)
{
    of->stats->witness_count++;
    of->receiver->stats.witness_count++;
}

/* Believed, and no copy: what a receiver in place of all of them would have sent on. */
static void tell_heard(const heard *of, ap_verdict verdict)
{
    const ap_sense_config *config = &of->state->config;
    bool told =
        verdict == AP_VERDICT_REPORT || verdict == AP_VERDICT_HELD || verdict == AP_VERDICT_SERVICE;
    if (config->on_heard && told)
        config->on_heard(config->context, of->as);
}

static void finish(heard *of, ap_verdict verdict, ap_report *report)
{
    tell_heard(of, verdict);
    if (verdict == AP_VERDICT_REPORT)
        ap_sense_emit(of->state, report);
    else if (verdict == AP_VERDICT_SERVICE)
        of->stats->service_count++;
    else if (verdict == AP_VERDICT_WITNESS)
        note_witness(of);
    else if (verdict >= 0)
        ap_refuse(&of->stats->refused, (ap_refusal)verdict);
}

void ap_sense_modes_decoded(ap_sense *sense, const ap_sense_heard *as, ap_err err,
                            const ap_modes_frame *decoded)
{
    struct ap_sense_state *state = sense->state;
    const ap_receiver_table *receivers = state->config.receivers;
    state->last_fix = (ap_sense_fix){ 0 };
    state->has_register = false;
    if (as->receiver >= receivers->count)
        return;
    if (as->receiver >= state->receiver_count)
        state->receiver_count = as->receiver + 1u;
    heard of = { .state = state,
                 .as = as,
                 .bytes = as->frame,
                 .receiver = &receivers->rows[as->receiver],
                 .origin = origin_of(as, err, decoded),
                 .several = state->receiver_count > 1,
                 .utc = as->receive_utc,
                 .frame = decoded };
    ap_sense_input *from = ap_sense_enter(state, of.receiver->input, of.utc);
    if (state->receive_utc > state->held_due_utc)
        give_up_held(state, state->receive_utc);
    uint16_t hearer = ap_sense_sensor_of_receiver(state, as->receiver);
    of.sensor_index = of.origin == AP_SENSE_OWN || hearer == AP_SENSOR_NONE
                          ? hearer
                          : ap_sense_sensor_of_input(state, of.receiver->input, of.origin);
    if (of.sensor_index == AP_SENSOR_NONE) {
        ap_refuse(&from->refused, AP_REFUSED_SENSOR_TABLE_FULL);
        return;
    }
    of.hearer = &state->config.sensors->sensor[hearer];
    of.sensor = &state->config.sensors->sensor[of.sensor_index];
    of.stats = &state->config.sensors->stats[of.sensor_index];
    of.stats->block_count++;
    of.stats->byte_count += as->size;
    if (of.utc == AP_UTC_UNKNOWN) {
        ap_refuse(&of.stats->refused, AP_REFUSED_TIME_MISSING);
        return;
    }
    find_window(state);
    ap_receiver_hear(&of.receiver->stats, of.utc, as->size > 0 ? as->frame[0] >> 3 : 1, as->signal,
                     err == AP_ERR_PARITY);
    ap_modes_frame repaired;
    uint8_t bytes[AP_MODES_LONG_SIZE];
    if (err == AP_ERR_PARITY && repair(&of, bytes, &repaired)) {
        of.frame = &repaired;
        of.bytes = bytes;
        of.stats->repaired_count++;
    } else if (err) {
        ap_refuse(&of.stats->refused, reason_of(err));
        return;
    }
    of.stats->record_count++;
    if (of.several)
        of.hash = ap_echo_hash(0, of.bytes, as->size);
    ap_report report;
    ap_verdict verdict = take_frame(&of, &report);
    finish(&of, verdict, &report);
}

void ap_sense_modes(ap_sense *sense, const ap_sense_heard *as)
{
    ap_modes_frame decoded;
    ap_err err = ap_modes_decode(as->frame, as->size, &decoded);
    ap_sense_modes_decoded(sense, as, err, &decoded);
}

enum { FETCH_AHEAD = 4 }; /* so many frames before its turn a frame's aircraft is asked for */

/* A frame of a batch before its turn. */
typedef struct awaited {
    ap_modes_frame decoded;
    ap_err err;
    bool has_key;
    uint32_t key;
} awaited;

static void await(const ap_aircraft_table *table, const ap_sense_heard *as, awaited *a)
{
    ap_address_kind kind;
    a->err = ap_modes_decode(as->frame, as->size, &a->decoded);
    a->has_key = a->err == AP_OK && address_kind_of(&a->decoded, &kind);
    if (!a->has_key)
        return;
    a->key = key_of(a->decoded.icao24, kind, origin_of(as, a->err, &a->decoded));
    ap_aircraft_seek(table, a->key);
}

static void fetch(const ap_aircraft_table *table, const awaited *a)
{
    const ap_aircraft *aircraft = a->has_key ? ap_aircraft_find(table, a->key) : NULL;
    if (aircraft && (a->decoded.present & AP_MODES_HAS_CPR))
        ap_cpr_state_fetch(&aircraft->cpr);
}

void ap_sense_modes_batch(ap_sense *sense, size_t count, const ap_sense_heard *as)
{
    const ap_aircraft_table *table = &sense->state->aircraft;
    awaited awaits[AP_SENSE_SLICE];
    for (size_t from = 0; from < count; from += AP_SENSE_SLICE) {
        size_t n = count - from < AP_SENSE_SLICE ? count - from : AP_SENSE_SLICE;
        for (size_t i = 0; i < n; i++)
            await(table, &as[from + i], &awaits[i]);
        for (size_t i = 0; i < n; i++) {
            if (i + FETCH_AHEAD < n)
                fetch(table, &awaits[i + FETCH_AHEAD]);
            ap_sense_modes_decoded(sense, &as[from + i], awaits[i].err, &awaits[i].decoded);
        }
    }
}

void ap_sense_slice_add(ap_sense_slice *slice, const ap_sense_heard *as)
{
    assert(slice->count < AP_SENSE_SLICE && as->size <= AP_MODES_LONG_SIZE);
    size_t at = slice->count++;
    memcpy(slice->bytes[at], as->frame, as->size);
    slice->heard[at] = *as;
    slice->heard[at].frame = slice->bytes[at];
}

void ap_sense_slice_take(ap_sense *sense, ap_sense_slice *slice)
{
    ap_sense_modes_batch(sense, slice->count, slice->heard);
    slice->count = 0;
}

void ap_sense_flush(ap_sense *sense)
{
    give_up_held(sense->state, AP_UTC_UNKNOWN);
}

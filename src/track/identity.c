#include "track/identity.h"

#include <string.h>

/* Likelihood ratios. A discrete code is shared by few aircraft in sight; a conspicuity code by
 * many. A reply is garbled in some per cent of cases, and codes do change. */
#define SAME_DISCRETE 200.0
#define SAME_CONSPICUITY 3.0
#define OTHER_CODE 0.02
#define OTHER_CODE_DOUBTFUL 0.3
#define SAME_CALLSIGN 1000.0
#define OTHER_CALLSIGN 0.01

void ap_identity_start(ap_identity *identity)
{
    *identity = (ap_identity){ .mode_3a_utc = AP_UTC_UNKNOWN,
                               .callsign_utc = AP_UTC_UNKNOWN,
                               .pressure_altitude_utc = AP_UTC_UNKNOWN,
                               .geometric_height_utc = AP_UTC_UNKNOWN,
                               .psr_utc = AP_UTC_UNKNOWN,
                               .ssr_utc = AP_UTC_UNKNOWN,
                               .mode_s_utc = AP_UTC_UNKNOWN,
                               .mlat_utc = AP_UTC_UNKNOWN,
                               .adsb_utc = AP_UTC_UNKNOWN };
}

static void newest(ap_utc_ns *time_utc, ap_utc_ns candidate)
{
    if (*time_utc == AP_UTC_UNKNOWN || candidate > *time_utc)
        *time_utc = candidate;
}

static ap_identity_news take_address(ap_identity *identity, const ap_report *report)
{
    if (!(report->present & AP_HAS_ADDRESS) || (identity->present & AP_HAS_ADDRESS) ||
        (report->flags & AP_FLAG_ADDRESS_UNCHECKED))
        return AP_IDENTITY_SAME;
    identity->address = report->address;
    identity->address_kind = report->address_kind;
    identity->present |= AP_HAS_ADDRESS;
    return AP_IDENTITY_GAINED;
}

static ap_identity_news take_mode_3a(ap_identity *identity, const ap_report *report)
{
    if (!(report->present & AP_HAS_MODE_3A) || (report->flags & AP_FLAGS_MODE_3A_DOUBTFUL))
        return AP_IDENTITY_SAME;
    bool known = (identity->present & AP_HAS_MODE_3A) != 0;
    bool same = known && identity->mode_3a == report->mode_3a;
    if (known && !same && identity->mode_3a_next != report->mode_3a) {
        identity->mode_3a_next = report->mode_3a;
        return AP_IDENTITY_SAME;
    }
    identity->mode_3a = identity->mode_3a_next = report->mode_3a;
    identity->present |= AP_HAS_MODE_3A;
    newest(&identity->mode_3a_utc, report->time_utc);
    if (same)
        return AP_IDENTITY_SAME;
    return known ? AP_IDENTITY_CHANGED : AP_IDENTITY_GAINED;
}

static ap_identity_news take_callsign(ap_identity *identity, const ap_report *report)
{
    if (!(report->present & AP_HAS_CALLSIGN) || report->callsign[0] == '\0')
        return AP_IDENTITY_SAME;
    bool known = (identity->present & AP_HAS_CALLSIGN) != 0;
    bool same = known && strncmp(identity->callsign, report->callsign, AP_CALLSIGN_SIZE - 1) == 0;
    bool again = strncmp(identity->callsign_next, report->callsign, AP_CALLSIGN_SIZE - 1) == 0;
    memcpy(identity->callsign_next, report->callsign, AP_CALLSIGN_SIZE - 1);
    if (known && !same && !again)
        return AP_IDENTITY_SAME;
    memcpy(identity->callsign, report->callsign, AP_CALLSIGN_SIZE - 1);
    identity->present |= AP_HAS_CALLSIGN;
    newest(&identity->callsign_utc, report->time_utc);
    if (same)
        return AP_IDENTITY_SAME;
    return known ? AP_IDENTITY_CHANGED : AP_IDENTITY_GAINED;
}

static void take_state(ap_identity *identity, const ap_report *report)
{
    uint32_t present = report->present;
    uint32_t kept = AP_HAS_EMITTER_CATEGORY | AP_HAS_HEADING | AP_HAS_TRUE_AIRSPEED |
                    AP_HAS_INDICATED_AIRSPEED | AP_HAS_MACH | AP_HAS_SELECTED_ALTITUDE |
                    AP_HAS_INTEGRITY | AP_HAS_ROLL | AP_HAS_TRACK_RATE;
    if (!(present & kept))
        return;
    identity->present |= present & kept;
    if (present & AP_HAS_EMITTER_CATEGORY)
        identity->emitter_category = report->emitter_category;
    if (present & AP_HAS_HEADING)
        identity->heading_rad = (float)report->heading_rad;
    if (present & AP_HAS_TRUE_AIRSPEED)
        identity->true_airspeed_mps = (float)report->true_airspeed_mps;
    if (present & AP_HAS_INDICATED_AIRSPEED)
        identity->indicated_airspeed_mps = (float)report->indicated_airspeed_mps;
    if (present & AP_HAS_MACH)
        identity->mach = (float)report->mach;
    if (present & AP_HAS_SELECTED_ALTITUDE)
        identity->selected_altitude_m = (float)report->selected_altitude_m;
    if (present & AP_HAS_ROLL)
        identity->roll_rad = (float)report->roll_rad;
    if (present & AP_HAS_TRACK_RATE)
        identity->track_rate_radps = (float)report->track_rate_radps;
    if (present & AP_HAS_INTEGRITY) {
        identity->nic = report->nic;
        identity->nac_p = report->nac_p;
        identity->nac_v = report->nac_v;
        identity->sil = report->sil;
    }
}

static void take_heights(ap_identity *identity, const ap_report *report)
{
    if ((report->present & AP_HAS_PRESSURE_ALTITUDE) &&
        !(report->flags & AP_FLAG_ALTITUDE_GARBLED)) {
        identity->has_pressure_altitude = true;
        newest(&identity->pressure_altitude_utc, report->time_utc);
    }
    if (report->present & AP_HAS_GEOMETRIC_HEIGHT) {
        identity->has_geometric_height = true;
        identity->geometric_height_m = report->geometric_height_m;
        newest(&identity->geometric_height_utc, report->time_utc);
    }
}

static void take_technique(ap_identity *identity, const ap_report *report, ap_sensor_kind kind)
{
    if (kind == AP_SENSOR_ADSB) {
        newest(&identity->adsb_utc, report->time_utc);
        return;
    }
    if (kind == AP_SENSOR_MLAT) {
        newest(&identity->mlat_utc, report->time_utc);
        return;
    }
    if ((report->flags & AP_FLAG_PRIMARY) || kind == AP_SENSOR_PSR || kind == AP_SENSOR_SMR)
        newest(&identity->psr_utc, report->time_utc);
    bool reply =
        (report->flags & AP_FLAG_SECONDARY) || kind == AP_SENSOR_SSR || kind == AP_SENSOR_MODE_S;
    if (reply)
        newest(report->present & AP_HAS_ADDRESS ? &identity->mode_s_utc : &identity->ssr_utc,
               report->time_utc);
}

/* The flags that a report can state either way; a flag that is set is stated by whatever sets it.
 * Of replies those with an altitude or a code have a flight status; it leaves open whether an
 * aircraft that squawks ident is on the ground. Surface squitters do not say SPI, no squitter of a
 * position says emergency, and a doubtful code does not either. */
static uint32_t flags_stated(const ap_report *report, ap_sensor_kind kind)
{
    uint32_t has = report->present, flags = report->flags;
    uint32_t stated = flags | AP_FLAG_TEST | AP_FLAG_EXTRAPOLATED | AP_FLAG_REPAIRED;
    bool doubtful = flags & AP_FLAGS_MODE_3A_DOUBTFUL;
    bool reply = (flags & AP_FLAG_SECONDARY) && (has & AP_HAS_ADDRESS) &&
                 (has & (AP_HAS_MODE_3A | AP_HAS_PRESSURE_ALTITUDE));
    if (has & AP_HAS_MODE_3A)
        stated |= AP_FLAGS_MODE_3A_DOUBTFUL | AP_FLAG_SPI | (doubtful ? 0 : AP_FLAG_EMERGENCY);
    if (has & AP_HAS_PRESSURE_ALTITUDE)
        stated |= AP_FLAG_ALTITUDE_GARBLED | AP_FLAG_ALTITUDE_UNVALIDATED;
    if ((has & AP_HAS_POSITION) || (reply && !(flags & AP_FLAG_SPI)))
        stated |= AP_FLAG_ON_GROUND;
    if ((has & AP_HAS_POSITION) && !(kind == AP_SENSOR_ADSB && (flags & AP_FLAG_ON_GROUND)))
        stated |= AP_FLAG_SPI;
    if (has & (AP_HAS_POSITION | AP_HAS_POLAR))
        stated |= AP_FLAG_PRIMARY | AP_FLAG_SECONDARY;
    if (has & AP_HAS_ADDRESS)
        stated |= AP_FLAG_ADDRESS_UNCHECKED;
    return stated & ~(uint32_t)AP_FLAG_SIMULATED; /* simulated once, simulated for good */
}

ap_identity_news ap_identity_take(ap_identity *identity, const ap_report *report,
                                  ap_sensor_kind kind)
{
    take_state(identity, report);
    take_heights(identity, report);
    take_technique(identity, report, kind);
    identity->flags = (identity->flags & ~flags_stated(report, kind)) | report->flags;
    if (!(report->present & (AP_HAS_ADDRESS | AP_HAS_MODE_3A | AP_HAS_CALLSIGN)))
        return AP_IDENTITY_SAME;
    ap_identity_news a = take_address(identity, report);
    ap_identity_news b = take_mode_3a(identity, report);
    ap_identity_news c = take_callsign(identity, report);
    if (a == AP_IDENTITY_CHANGED || b == AP_IDENTITY_CHANGED || c == AP_IDENTITY_CHANGED)
        return AP_IDENTITY_CHANGED;
    if (a == AP_IDENTITY_GAINED || b == AP_IDENTITY_GAINED || c == AP_IDENTITY_GAINED)
        return AP_IDENTITY_GAINED;
    return AP_IDENTITY_SAME;
}

bool ap_code_is_shared(uint16_t code)
{
    return code == 0 || code == 01000 || code == 01200 || code == 02000 || code == 07000;
}

static double mode_3a_factor(const ap_identity *identity, const ap_report *report)
{
    if (!(identity->present & report->present & AP_HAS_MODE_3A))
        return 1.0;
    if (identity->mode_3a == report->mode_3a)
        return ap_code_is_shared(report->mode_3a) ? SAME_CONSPICUITY : SAME_DISCRETE;
    return report->flags & AP_FLAGS_MODE_3A_DOUBTFUL ? OTHER_CODE_DOUBTFUL : OTHER_CODE;
}

double ap_identity_factor(const ap_identity *identity, const ap_report *report)
{
    uint32_t both = identity->present & report->present;
    if ((both & AP_HAS_ADDRESS) && !(report->flags & AP_FLAG_ADDRESS_UNCHECKED) &&
        (identity->address != report->address || identity->address_kind != report->address_kind))
        return 0.0;
    double factor = mode_3a_factor(identity, report);
    if (both & AP_HAS_CALLSIGN)
        factor *= memcmp(identity->callsign, report->callsign, AP_CALLSIGN_SIZE) == 0
                      ? SAME_CALLSIGN
                      : OTHER_CALLSIGN;
    return factor;
}

bool ap_identity_compatible(const ap_identity *a, const ap_identity *b)
{
    uint32_t both = a->present & b->present;
    if ((both & AP_HAS_ADDRESS) && (a->address != b->address || a->address_kind != b->address_kind))
        return false;
    if ((both & AP_HAS_CALLSIGN) && memcmp(a->callsign, b->callsign, AP_CALLSIGN_SIZE) != 0)
        return false;
    return !(both & AP_HAS_MODE_3A) || a->mode_3a == b->mode_3a;
}

void ap_identity_show(const ap_identity *identity, ap_track *track)
{
    track->present = identity->present;
    track->flags = identity->flags;
    track->address = identity->address;
    track->address_kind = identity->address_kind;
    track->emitter_category = identity->emitter_category;
    track->mode_3a = identity->mode_3a;
    memcpy(track->callsign, identity->callsign, AP_CALLSIGN_SIZE);
    track->nic = identity->nic;
    track->nac_p = identity->nac_p;
    track->nac_v = identity->nac_v;
    track->sil = identity->sil;
    track->mode_3a_utc = identity->mode_3a_utc;
    track->callsign_utc = identity->callsign_utc;
    track->heading_rad = (double)identity->heading_rad;
    track->true_airspeed_mps = (double)identity->true_airspeed_mps;
    track->indicated_airspeed_mps = (double)identity->indicated_airspeed_mps;
    track->mach = (double)identity->mach;
    track->roll_rad = (double)identity->roll_rad;
    track->selected_altitude_m = (double)identity->selected_altitude_m;
    track->has_pressure_altitude = identity->has_pressure_altitude;
    track->has_geometric_height = identity->has_geometric_height;
    track->geometric_height_m = identity->geometric_height_m;
    track->pressure_altitude_utc = identity->pressure_altitude_utc;
    track->geometric_height_utc = identity->geometric_height_utc;
    track->psr_utc = identity->psr_utc;
    track->ssr_utc = identity->ssr_utc;
    track->mode_s_utc = identity->mode_s_utc;
    track->mlat_utc = identity->mlat_utc;
    track->adsb_utc = identity->adsb_utc;
}

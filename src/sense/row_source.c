/* Rows of target formats to reports. */
#include <math.h>
#include <string.h>

#include "airpicture/modes.h"
#include "sense/fields.h"
#include "sense/state.h"

#define ALTITUDE_STEP_FT 25.0
#define HEIGHT_SIGMA_M 20.0
#define CLIMB_SIGMA_MPS 1.5
#define AHEAD_S 2.0 /* a time may lie ahead of its receipt by */

/* Which sensor a row belongs to: its aircraft's own word, or who placed it. */
static ap_sense_origin origin_of(const ap_aircraft_row *row)
{
    bool placed = row->present & AP_ROW_HAS_POSITION;
    if (row->source == AP_ROW_SOURCE_MLAT || (placed && (row->mlat & AP_ROW_HAS_POSITION)))
        return AP_SENSE_MLAT;
    if (placed && ap_row_is_synthetic(row))
        return AP_SENSE_TISB;
    if (row->source == AP_ROW_SOURCE_OTHER || row->source == AP_ROW_SOURCE_ADSC)
        return AP_SENSE_OTHER;
    return AP_SENSE_OWN;
}

static void set_identity(const ap_aircraft_row *row, ap_report *report)
{
    bool distress = (row->present & AP_ROW_HAS_EMERGENCY) && row->emergency != 0 &&
                    row->emergency != AP_ROW_EMERGENCY_LIFEGUARD &&
                    row->emergency != AP_ROW_EMERGENCY_RESERVED;
    if (row->present & AP_ROW_HAS_ADDRESS)
        ap_sense_set_address(report, row->address, (ap_address_kind)row->address_kind);
    if (row->present & AP_ROW_HAS_SQUAWK)
        ap_sense_set_mode_3a(report, row->squawk, false, false);
    if (row->present & AP_ROW_HAS_CALLSIGN)
        ap_sense_set_callsign(report, row->callsign);
    if ((row->present & AP_ROW_HAS_EMITTER_CATEGORY) && (row->emitter_category & 7)) {
        report->present |= AP_HAS_EMITTER_CATEGORY;
        report->emitter_category = row->emitter_category;
    }
    report->flags |= (row->present & AP_ROW_HAS_GROUND) && row->on_ground ? AP_FLAG_ON_GROUND : 0;
    report->flags |= (row->present & AP_ROW_HAS_STATUS) && row->spi ? AP_FLAG_SPI : 0;
    report->flags |= distress ? AP_FLAG_EMERGENCY : 0;
    report->flags |= row->extrapolated ? AP_FLAG_EXTRAPOLATED : 0;
    report->flags |= row->source == AP_ROW_SOURCE_MODE_S ? AP_FLAG_SECONDARY : 0;
}

static void set_vertical(const ap_aircraft_row *row, const ap_sensor *sensor, ap_report *report)
{
    if (row->present & AP_ROW_HAS_ALTITUDE)
        ap_sense_set_altitude(report, sensor, row->altitude_ft, ALTITUDE_STEP_FT);
    if (row->present & AP_ROW_HAS_HEIGHT)
        ap_sense_set_height(report, row->height_ft, HEIGHT_SIGMA_M);
    if (row->present & AP_ROW_HAS_VERTICAL_RATE)
        ap_sense_set_vertical_rate(report, row->vertical_rate_fpm, CLIMB_SIGMA_MPS);
    else if (row->present & AP_ROW_HAS_HEIGHT_RATE)
        ap_sense_set_vertical_rate(report, row->height_rate_fpm, CLIMB_SIGMA_MPS);
    if (row->present & AP_ROW_HAS_SELECTED_ALTITUDE) {
        report->present |= AP_HAS_SELECTED_ALTITUDE;
        report->selected_altitude_m = row->selected_altitude_ft * AP_M_PER_FT;
    }
}

/* A number of a row that is there, in the report's unit. */
static void set_number(const ap_aircraft_row *row, uint32_t row_has, double value, ap_has has,
                       double *to, ap_report *report)
{
    if (!(row->present & row_has))
        return;
    report->present |= has;
    *to = value;
}

static void set_motion(const ap_aircraft_row *row, ap_report *report)
{
    const uint32_t vector = AP_ROW_HAS_GROUND_SPEED | AP_ROW_HAS_TRACK;
    uint8_t nac_v = row->present & AP_ROW_HAS_QUALITY ? row->nac_v : 0;
    if ((row->present & vector) == vector)
        ap_sense_set_ground_vector(report, row->ground_speed_kt * AP_MPS_PER_KT,
                                   row->track_deg * AP_RAD_PER_DEG, ap_modes_sigma_of_nac_v(nac_v));
    set_number(row, AP_ROW_HAS_ROLL, ap_wrap_pi(row->roll_deg * AP_RAD_PER_DEG), AP_HAS_ROLL,
               &report->roll_rad, report);
    set_number(row, AP_ROW_HAS_TRACK_RATE, row->track_rate_degps * AP_RAD_PER_DEG,
               AP_HAS_TRACK_RATE, &report->track_rate_radps, report);
    set_number(row, AP_ROW_HAS_MAGNETIC_HEADING, row->magnetic_heading_deg * AP_RAD_PER_DEG,
               AP_HAS_HEADING, &report->heading_rad, report);
    set_number(row, AP_ROW_HAS_TRUE_AIRSPEED, row->true_airspeed_kt * AP_MPS_PER_KT,
               AP_HAS_TRUE_AIRSPEED, &report->true_airspeed_mps, report);
    set_number(row, AP_ROW_HAS_INDICATED_AIRSPEED, row->indicated_airspeed_kt * AP_MPS_PER_KT,
               AP_HAS_INDICATED_AIRSPEED, &report->indicated_airspeed_mps, report);
    set_number(row, AP_ROW_HAS_MACH, row->mach, AP_HAS_MACH, &report->mach, report);
}

/* A NIC is about one step above the NUCp that promises the same. */
static double position_sigma_m(const ap_aircraft_row *row, const ap_sensor *sensor)
{
    if (!(row->present & AP_ROW_HAS_QUALITY))
        return sensor->position_sigma_m;
    if (row->nac_p > 0)
        return ap_modes_sigma_of_nac_p(row->nac_p);
    return row->nic > 1 ? ap_modes_sigma_of_nuc_p((uint8_t)fmin(row->nic - 1, 9))
                        : sensor->position_sigma_m;
}

static void set_quality(const ap_aircraft_row *row, ap_report *report)
{
    if (!(row->present & AP_ROW_HAS_QUALITY))
        return;
    report->present |= AP_HAS_INTEGRITY;
    report->nic = row->nic;
    report->nac_p = row->nac_p;
    report->nac_v = row->nac_v;
    report->sil = row->sil;
}

static ap_utc_ns time_of(const ap_aircraft_row *row, ap_utc_ns receive_utc)
{
    ap_utc_ns utc = (row->present & AP_ROW_HAS_POSITION) && row->position_utc != AP_UTC_UNKNOWN
                        ? row->position_utc
                        : row->time_utc;
    return utc == AP_UTC_UNKNOWN ? receive_utc : utc;
}

/* The same position of the same aircraft: again from a poll, or on another input. */
static bool is_repeated(struct ap_sense_state *state, uint16_t input, const ap_aircraft_row *row,
                        ap_utc_ns utc)
{
    uint8_t bytes[4 + 2 * sizeof(double)];
    uint32_t key = ap_aircraft_key(row->address, (ap_address_kind)row->address_kind);
    memcpy(bytes, &key, 4);
    memcpy(bytes + 4, &row->latitude_deg, sizeof(double));
    memcpy(bytes + 4 + sizeof(double), &row->longitude_deg, sizeof(double));
    uint64_t hash = ap_echo_hash(1, bytes, sizeof bytes);
    if (!(row->present & AP_ROW_HAS_POSITION))
        return false;
    return row->polled ? ap_echo_anywhere(&state->echoes, hash, input, utc)
                       : ap_echo_elsewhere(&state->echoes, hash, input, utc);
}

static ap_verdict take_row(struct ap_sense_state *state, uint16_t input, ap_utc_ns receive_utc,
                           const ap_aircraft_row *row, ap_report *report)
{
    const ap_sensor *sensor = &state->config.sensors->sensor[report->sensor];
    ap_utc_ns utc = time_of(row, receive_utc);
    if (ap_seconds_between(receive_utc, utc) > AHEAD_S)
        return AP_REFUSED_TIME_RANGE;
    report->time_utc = ap_utc_add_s(utc, -sensor->latency_s);
    set_identity(row, report);
    set_vertical(row, sensor, report);
    set_motion(row, report);
    set_quality(row, report);
    if (!(row->present & AP_ROW_HAS_POSITION))
        return report->present & AP_HAS_ADDRESS ? AP_VERDICT_REPORT
                                                : (ap_verdict)AP_REFUSED_POSITION_MISSING;
    if (!ap_sense_set_position(report, row->latitude_deg, row->longitude_deg,
                               position_sigma_m(row, sensor)))
        return AP_REFUSED_POSITION_RANGE;
    return is_repeated(state, input, row, utc) ? (ap_verdict)AP_REFUSED_DUPLICATE
                                               : AP_VERDICT_REPORT;
}

void ap_sense_row(ap_sense *sense, uint16_t input, ap_utc_ns receive_utc, size_t size, ap_err err,
                  const ap_aircraft_row *row)
{
    struct ap_sense_state *state = sense->state;
    ap_sense_input *from = ap_sense_enter(state, input, receive_utc);
    if (!from)
        return;
    if (err) {
        ap_refuse(&from->refused,
                  err == AP_ERR_UNKNOWN ? AP_REFUSED_POSITION_MISSING : AP_REFUSED_SYNTAX);
        return;
    }
    ap_report report = { .kind = AP_REPORT_TARGET,
                         .sensor = ap_sense_sensor_of_input(state, input, origin_of(row)) };
    if (report.sensor == AP_SENSOR_NONE) {
        ap_refuse(&from->refused, AP_REFUSED_SENSOR_TABLE_FULL);
        return;
    }
    ap_sensor_stats *stats = &state->config.sensors->stats[report.sensor];
    stats->block_count++;
    stats->record_count++;
    stats->byte_count += size;
    if (receive_utc == AP_UTC_UNKNOWN) {
        ap_refuse(&stats->refused, AP_REFUSED_TIME_MISSING);
        return;
    }
    ap_verdict verdict = take_row(state, input, receive_utc, row, &report);
    if (verdict == AP_VERDICT_REPORT)
        ap_sense_emit(state, &report);
    else
        ap_refuse(&stats->refused, (ap_refusal)verdict);
}

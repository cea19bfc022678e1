#include "wire/modes/json_detail.h"

#include <string.h>

#include "wire/json.h"

/* --- members --------------------------------------------------------------------------------- */

ap_members ap_members_open(ap_writer *text, bool is_csv)
{
    if (!is_csv)
        ap_write_u8(text, '{');
    return (ap_members){ .text = text, .is_csv = is_csv };
}

void ap_members_close(ap_members *members)
{
    if (!members->is_csv)
        ap_write_u8(members->text, '}');
}

void ap_members_quote(ap_members *members)
{
    if (!members->is_csv)
        ap_write_u8(members->text, '"');
}

void ap_members_key(ap_members *members, const char *key)
{
    if (members->any)
        ap_text_str(members->text, members->is_csv ? ";" : ", ");
    members->any = true;
    ap_members_quote(members);
    ap_text_str(members->text, key);
    ap_text_str(members->text, members->is_csv ? "=" : "\": ");
}

void ap_text_bds(ap_writer *text, uint8_t bds)
{
    static const char digits[] = "0123456789ABCDEF";
    ap_write_u8(text, (uint8_t)digits[bds >> 4]);
    ap_write_u8(text, ',');
    ap_write_u8(text, (uint8_t)digits[bds & 15u]);
}

/* --- registers ------------------------------------------------------------------------------- */

static void put_list(ap_members *members, uint8_t bds, uint64_t mb)
{
    bool any = false;
    ap_text_str(members->text, members->is_csv ? "" : "[");
    for (unsigned other = 1; other < 256; other++) {
        if (!ap_comm_b_lists(bds, mb, (uint8_t)other))
            continue;
        if (any)
            ap_text_str(members->text, members->is_csv ? " " : ", ");
        any = true;
        ap_members_quote(members);
        ap_text_bds(members->text, (uint8_t)other);
        ap_members_quote(members);
    }
    ap_text_str(members->text, members->is_csv ? "" : "]");
}

static void put_word(ap_members *members, const ap_comm_b_field *field, uint64_t raw,
                     const char *word)
{
    ap_members_quote(members);
    if (field->kind == AP_COMM_B_HEX)
        ap_text_hex_u32(members->text, (uint32_t)raw, (field->count + 3) / 4);
    else
        ap_text_str(members->text, word);
    ap_members_quote(members);
}

static void put_field(ap_members *members, uint8_t bds, const ap_comm_b_field *field, uint64_t mb)
{
    char word[9] = "";
    ap_comm_b_value of = ap_comm_b_read(field, mb);
    if (!of.known || (field->kind == AP_COMM_B_TEXT && !ap_comm_b_text(field, mb, word)))
        return;
    ap_members_key(members, field->name);
    switch (field->kind) {
    case AP_COMM_B_FLAG:
        ap_text_str(members->text, of.value != 0.0 ? "true" : "false");
        break;
    case AP_COMM_B_REGISTERS:
        put_list(members, bds, mb);
        break;
    case AP_COMM_B_HEX:
    case AP_COMM_B_TEXT:
        put_word(members, field, (uint64_t)of.value, word);
        break;
    default:
        ap_text_fixed(members->text, of.value, 6);
        break;
    }
}

void ap_put_register(ap_members *members, uint8_t bds, uint64_t mb)
{
    const ap_comm_b_register *of = ap_comm_b_register_of(bds);
    for (size_t i = 0; of && i < of->field_count; i++)
        put_field(members, bds, &of->fields[i], mb);
}

/* --- the others ------------------------------------------------------------------------------ */

typedef enum detail_kind {
    DETAIL_U8,
    DETAIL_I32,
    DETAIL_HEX, /* uint16_t, four hexadecimal digits */
    DETAIL_ADDRESS,
    DETAIL_BOOL,
    DETAIL_DOUBLE,
} detail_kind;

typedef struct detail_row {
    const char *key;
    detail_kind kind;
    uint32_t present; /* any of these bits of the struct's `present`; 0: always */
    size_t offset;
} detail_row;

#define IN(field) offsetof(ap_modes_advisory, field)
/* clang-format off */
static const detail_row advisory_rows[] = {
    { "active_advisories",  DETAIL_HEX,     0, IN(active_advisories) },
    { "corrective",         DETAIL_BOOL,    AP_ADVISORY_ONE_WAY, IN(corrective) },
    { "downward",           DETAIL_BOOL,    AP_ADVISORY_ONE_WAY, IN(downward) },
    { "increased_rate",     DETAIL_BOOL,    AP_ADVISORY_ONE_WAY, IN(increased_rate) },
    { "positive",           DETAIL_BOOL,    AP_ADVISORY_ONE_WAY, IN(positive) },
    { "correction_up",      DETAIL_BOOL,    AP_ADVISORY_TWO_WAYS, IN(correction_up) },
    { "positive_climb",     DETAIL_BOOL,    AP_ADVISORY_TWO_WAYS, IN(positive_climb) },
    { "correction_down",    DETAIL_BOOL,    AP_ADVISORY_TWO_WAYS, IN(correction_down) },
    { "positive_descent",   DETAIL_BOOL,    AP_ADVISORY_TWO_WAYS, IN(positive_descent) },
    { "crossing",           DETAIL_BOOL,    AP_ADVISORY_ANY, IN(crossing) },
    { "reversal",           DETAIL_BOOL,    AP_ADVISORY_ANY, IN(reversal) },
    { "not_below",          DETAIL_BOOL,    0, IN(not_below) },
    { "not_above",          DETAIL_BOOL,    0, IN(not_above) },
    { "not_left",           DETAIL_BOOL,    0, IN(not_left) },
    { "not_right",          DETAIL_BOOL,    0, IN(not_right) },
    { "terminated",         DETAIL_BOOL,    0, IN(terminated) },
    { "multiple_threats",   DETAIL_BOOL,    0, IN(multiple_threats) },
    { "threat_icao24",      DETAIL_ADDRESS, AP_ADVISORY_THREAT_ADDRESS, IN(threat_icao24) },
    { "threat_altitude_ft", DETAIL_I32,     AP_ADVISORY_THREAT_ALTITUDE, IN(threat_altitude_ft) },
    { "threat_range_nmi",   DETAIL_DOUBLE,  AP_ADVISORY_THREAT_RANGE, IN(threat_range_nmi) },
    { "threat_bearing_deg", DETAIL_DOUBLE,  AP_ADVISORY_THREAT_BEARING, IN(threat_bearing_deg) },
};
#undef IN

#define IN(field) offsetof(ap_modes_status, field)
static const detail_row status_rows[] = {
    { "surface",              DETAIL_BOOL,   0, IN(surface) },
    { "capability",           DETAIL_HEX,    0, IN(capability) },
    { "mode",                 DETAIL_HEX,    0, IN(mode) },
    { "tcas_operational",     DETAIL_BOOL,   AP_STATUS_AIRBORNE, IN(tcas_operational) },
    { "es_in",                DETAIL_BOOL,   AP_STATUS_CAPABILITY, IN(es_in) },
    { "uat_in",               DETAIL_BOOL,   AP_STATUS_UAT_IN, IN(uat_in) },
    { "air_referenced_velocity", DETAIL_BOOL, AP_STATUS_REPORTS, IN(arv) },
    { "target_state",         DETAIL_BOOL,   AP_STATUS_REPORTS, IN(target_state) },
    { "trajectory_changes",   DETAIL_U8,     AP_STATUS_REPORTS, IN(trajectory_changes) },
    { "low_power",            DETAIL_BOOL,   AP_STATUS_SURFACE, IN(low_power) },
    { "position_offset_applied", DETAIL_BOOL, AP_STATUS_OFFSET_APPLIED,
      IN(position_offset_applied) },
    { "length_m",             DETAIL_DOUBLE, AP_STATUS_DIMENSIONS, IN(length_m) },
    { "width_m",              DETAIL_DOUBLE, AP_STATUS_DIMENSIONS, IN(width_m) },
    { "ra_active",            DETAIL_BOOL,   AP_STATUS_MODE, IN(ra_active) },
    { "ident",                DETAIL_BOOL,   AP_STATUS_MODE, IN(ident) },
    { "atc_services",         DETAIL_BOOL,   AP_STATUS_VERSION_1, IN(atc_services) },
    { "single_antenna",       DETAIL_BOOL,   AP_STATUS_ANTENNA, IN(single_antenna) },
    { "antenna_right_m",      DETAIL_DOUBLE, AP_STATUS_LATERAL, IN(antenna_right_m) },
    { "antenna_aft_m",        DETAIL_DOUBLE, AP_STATUS_LONGITUDINAL, IN(antenna_aft_m) },
    { "heading_is_magnetic",  DETAIL_BOOL,   AP_STATUS_REFERENCE, IN(heading_is_magnetic) },
    { "track_is_heading",     DETAIL_BOOL,   AP_STATUS_TRACK, IN(track_is_heading) },
};
#undef IN

#define IN(field) offsetof(ap_modes_target, field)
static const detail_row target_rows[] = {
    { "vertical_source",     DETAIL_U8,     0, IN(vertical_source) },
    { "altitude_capability", DETAIL_U8,     0, IN(altitude_capability) },
    { "altitude_ft",         DETAIL_I32,    AP_TARGET_ALTITUDE, IN(altitude_ft) },
    { "altitude_is_msl",     DETAIL_BOOL,   AP_TARGET_ALTITUDE, IN(altitude_is_msl) },
    { "vertical_mode",       DETAIL_U8,     AP_TARGET_ALTITUDE, IN(vertical_mode) },
    { "horizontal_source",   DETAIL_U8,     0, IN(horizontal_source) },
    { "heading_deg",         DETAIL_DOUBLE, AP_TARGET_HEADING, IN(heading_deg) },
    { "is_track",            DETAIL_BOOL,   AP_TARGET_HEADING, IN(is_track) },
    { "horizontal_mode",     DETAIL_U8,     AP_TARGET_HEADING, IN(horizontal_mode) },
    { "tcas_off",            DETAIL_BOOL,   0, IN(tcas_off) },
    { "ra_active",           DETAIL_BOOL,   0, IN(ra_active) },
    { "emergency_state",     DETAIL_U8,     0, IN(emergency_state) },
};
#undef IN

#define IN(field) offsetof(ap_modes_coarse, field)
static const detail_row coarse_rows[] = {
    { "surveillance_status", DETAIL_U8,     0, IN(surveillance_status) },
    { "service_volume",      DETAIL_U8,     0, IN(service_volume) },
    { "track_deg",           DETAIL_DOUBLE, AP_COARSE_TRACK, IN(track_deg) },
    { "ground_speed_kt",     DETAIL_DOUBLE, AP_COARSE_SPEED, IN(ground_speed_kt) },
    { "cpr_odd",             DETAIL_BOOL,   0, IN(cpr_odd) },
    { "cpr_latitude_17",     DETAIL_I32,    0, IN(cpr_latitude_17) },
    { "cpr_longitude_17",    DETAIL_I32,    0, IN(cpr_longitude_17) },
};
#undef IN
/* clang-format on */

static void put_value(ap_members *members, detail_kind kind, const uint8_t *at)
{
    union {
        uint16_t u16;
        uint32_t u32;
        int32_t i32;
        double number;
    } value = { 0 };
    switch (kind) {
    case DETAIL_U8:
        ap_text_u64(members->text, *at);
        break;
    case DETAIL_I32:
        memcpy(&value.i32, at, sizeof value.i32);
        ap_text_i64(members->text, value.i32);
        break;
    case DETAIL_HEX:
        memcpy(&value.u16, at, sizeof value.u16);
        ap_members_quote(members);
        ap_text_hex_u32(members->text, value.u16, 4);
        ap_members_quote(members);
        break;
    case DETAIL_ADDRESS:
        memcpy(&value.u32, at, sizeof value.u32);
        ap_members_quote(members);
        ap_text_hex_u32(members->text, value.u32, 6);
        ap_members_quote(members);
        break;
    case DETAIL_DOUBLE:
        memcpy(&value.number, at, sizeof value.number);
        ap_text_fixed(members->text, value.number, 6);
        break;
    default: /* DETAIL_BOOL */
        ap_text_str(members->text, *at ? "true" : "false");
        break;
    }
}

/* `of`: the struct of the rows; its first member is `present`. */
static void put_rows(ap_members *members, const detail_row *rows, size_t count, const void *of)
{
    uint32_t present;
    memcpy(&present, of, sizeof present);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].present != 0 && !(present & rows[i].present))
            continue;
        ap_members_key(members, rows[i].key);
        put_value(members, rows[i].kind, (const uint8_t *)of + rows[i].offset);
    }
}

#define PUT(rows) put_rows(members, rows, sizeof(rows) / sizeof(rows)[0], of)

void ap_put_advisory(ap_members *members, const ap_modes_advisory *of)
{
    PUT(advisory_rows);
}

void ap_put_status(ap_members *members, const ap_modes_status *of)
{
    PUT(status_rows);
}

void ap_put_target(ap_members *members, const ap_modes_target *of)
{
    PUT(target_rows);
}

void ap_put_coarse(ap_members *members, const ap_modes_coarse *of)
{
    PUT(coarse_rows);
}

void ap_put_segment(ap_members *members, const ap_modes_segment *of)
{
    ap_members_key(members, "acknowledges");
    ap_text_str(members->text, of->acknowledges ? "true" : "false");
    ap_members_key(members, "number");
    ap_text_u64(members->text, of->number);
    if (of->acknowledges) {
        ap_members_key(members, "received");
        put_value(members, DETAIL_HEX, (const uint8_t *)&of->received);
    }
    ap_members_key(members, "content");
    ap_members_quote(members);
    ap_text_hex(members->text, of->content, sizeof of->content);
    ap_members_quote(members);
}

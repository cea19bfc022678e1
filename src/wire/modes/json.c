#include "wire/modes/json.h"

#include <string.h>

#include "airpicture/modes_detail.h"
#include "wire/json.h"
#include "wire/modes/json_detail.h"

typedef enum column_kind {
    /* of the line */
    KIND_FRAME,
    KIND_DF,
    KIND_TIME,
    KIND_LATITUDE,
    KIND_LONGITUDE,
    KIND_CHECK,
    /* of the decoded frame, at `offset` */
    KIND_ADDRESS, /* uint32_t, six hexadecimal digits */
    KIND_U8,
    KIND_U32,
    KIND_I32,
    KIND_DOUBLE,
    KIND_BOOL,
    KIND_GROUND,   /* bool, when ground_known */
    KIND_OCTAL,    /* uint16_t, four digits */
    KIND_HEX,      /* uint8_t, two digits */
    KIND_CALLSIGN, /* char[9] */
    KIND_MB,       /* uint64_t, 14 hexadecimal digits */
    /* of the inference */
    KIND_BDS,
    KIND_SCORE,
    KIND_ALTERNATIVES,
    KIND_REGISTER,
    /* of the content, decoded on demand */
    KIND_ADVISORY,
    KIND_STATUS,
    KIND_TARGET,
    KIND_TISB,
    KIND_SEGMENT,
} column_kind;

typedef struct column_spec {
    const char *key;
    column_kind kind;
    uint32_t present; /* any of these AP_MODES_HAS_*; 0: always */
    uint32_t formats; /* any of these downlink formats, 1 << DF; 0: all */
    size_t offset;
} column_spec;

#define AT(field) offsetof(ap_modes_frame, field)
#define HAS(name) AP_MODES_HAS_##name
#define ANY_SPEED (HAS(GROUND_VELOCITY) | HAS(GROUND_SPEED))
#define ANY_TRACK (HAS(GROUND_VELOCITY) | HAS(TRACK))
#define ANY_STATUS (HAS(FLIGHT_STATUS) | HAS(CPR))
#define ANY_QUALITY (HAS(NIC_SUPPLEMENT_A) | HAS(TARGET_STATE)) /* accuracy and integrity */
#define ANY_NAC_P (ANY_QUALITY | HAS(TISB_QUALITY))
#define SQUITTER (1u << 17 | 1u << 18)
#define AIR_TO_AIR (1u << 0 | 1u << 16)
#define REPLY (1u << 0 | 1u << 4 | 1u << 5 | 1u << 16 | 1u << 20 | 1u << 21 | 1u << 24)

/* clang-format off */
static const column_spec columns[] = {
    { "frame",               KIND_FRAME,     0, 0, 0 },
    { "df",                  KIND_DF,        0, 0, 0 },
    { "icao24",              KIND_ADDRESS,   0, 0, AT(icao24) },
    { "time_s",              KIND_TIME,      0, 0, 0 },
    { "check",               KIND_CHECK,     0, 0, 0 },
    { "suspect",             KIND_BOOL,      0, REPLY, AT(suspect) },
    { "interrogator",        KIND_U8,        0, 1u << 11, AT(interrogator) },
    { "capability",          KIND_U8,        HAS(CAPABILITY), 0, AT(capability) },
    { "control",             KIND_U8,        0, 1u << 18, AT(control) },
    { "imf",                 KIND_BOOL,      0, 1u << 18, AT(imf) },
    { "type_code",           KIND_U8,        0, SQUITTER, AT(type_code) },
    { "subtype",             KIND_U8,        0, SQUITTER, AT(subtype) },
    { "flight_status",       KIND_U8,        HAS(FLIGHT_STATUS), 0, AT(flight_status) },
    { "crosslink",           KIND_BOOL,      0, 1u << 0, AT(crosslink) },
    { "sensitivity",         KIND_U8,        0, AIR_TO_AIR, AT(sensitivity) },
    { "reply_information",   KIND_U8,        0, AIR_TO_AIR, AT(reply_information) },
    { "on_ground",           KIND_GROUND,    0, 0, AT(on_ground) },
    { "alert",               KIND_BOOL,      ANY_STATUS, 0, AT(alert) },
    { "spi",                 KIND_BOOL,      ANY_STATUS, 0, AT(spi) },
    { "latitude_deg",        KIND_LATITUDE,  0, 0, 0 },
    { "longitude_deg",       KIND_LONGITUDE, 0, 0, 0 },
    { "altitude_ft",         KIND_I32,       HAS(ALTITUDE), 0, AT(altitude_ft) },
    { "gnss_height_ft",      KIND_I32,       HAS(GNSS_HEIGHT), 0, AT(gnss_height_ft) },
    { "squawk",              KIND_OCTAL,     HAS(SQUAWK), 0, AT(squawk) },
    { "callsign",            KIND_CALLSIGN,  HAS(CALLSIGN), 0, AT(callsign) },
    { "emitter_category",    KIND_HEX,       HAS(CATEGORY), 0, AT(emitter_category) },
    { "ground_speed_kt",     KIND_DOUBLE,    ANY_SPEED, 0, AT(ground_speed_kt) },
    { "track_deg",           KIND_DOUBLE,    ANY_TRACK, 0, AT(track_deg) },
    { "airspeed_kt",         KIND_DOUBLE,    HAS(AIRSPEED), 0, AT(airspeed_kt) },
    { "airspeed_is_true",    KIND_BOOL,      HAS(AIRSPEED), 0, AT(airspeed_is_true) },
    { "heading_deg",         KIND_DOUBLE,    HAS(HEADING), 0, AT(heading_deg) },
    { "vertical_rate_fpm",   KIND_I32,       HAS(VERTICAL_RATE), 0, AT(vertical_rate_fpm) },
    { "vertical_rate_is_gnss", KIND_BOOL,    HAS(VERTICAL_RATE), 0, AT(vertical_rate_is_gnss) },
    { "geo_minus_baro_ft",   KIND_I32,       HAS(GEO_MINUS_BARO), 0, AT(geo_minus_baro_ft) },
    { "cpr_odd",             KIND_BOOL,      HAS(CPR), 0, AT(cpr_odd) },
    { "cpr_surface",         KIND_BOOL,      HAS(CPR), 0, AT(cpr_surface) },
    { "cpr_latitude_17",     KIND_U32,       HAS(CPR), 0, AT(cpr_latitude_17) },
    { "cpr_longitude_17",    KIND_U32,       HAS(CPR), 0, AT(cpr_longitude_17) },
    { "nic_b",               KIND_BOOL,      HAS(CPR), 0, AT(nic_b) },
    { "adsb_version",        KIND_U8,        HAS(VERSION), 0, AT(adsb_version) },
    { "nic_a",               KIND_BOOL,      HAS(NIC_SUPPLEMENT_A), 0, AT(nic_a) },
    { "nic_c",               KIND_BOOL,      HAS(NIC_SUPPLEMENT_C), 0, AT(nic_c) },
    { "nic_d",               KIND_U8,        HAS(NIC_SUPPLEMENT_D), 0, AT(nic_d) },
    { "nic_baro",            KIND_BOOL,      ANY_QUALITY, 0, AT(nic_baro) },
    { "nac_p",               KIND_U8,        ANY_NAC_P, 0, AT(nac_p) },
    { "nac_v",               KIND_U8,        HAS(NAC_V), 0, AT(nac_v) },
    { "sil",                 KIND_U8,        ANY_NAC_P, 0, AT(sil) },
    { "sil_supplement",      KIND_U8,        ANY_QUALITY, 0, AT(sil_supplement) },
    { "sda",                 KIND_U8,        HAS(NIC_SUPPLEMENT_A), 0, AT(sda) },
    { "gva",                 KIND_U8,        HAS(NIC_SUPPLEMENT_A), 0, AT(gva) },
    { "emergency_state",     KIND_U8,        HAS(EMERGENCY), 0, AT(emergency_state) },
    { "selected_altitude_ft", KIND_I32,      HAS(SELECTED_ALTITUDE), 0, AT(selected_altitude_ft) },
    { "selected_by_fms",     KIND_BOOL,      HAS(SELECTED_ALTITUDE), 0, AT(selected_by_fms) },
    { "selected_heading_deg", KIND_DOUBLE,   HAS(SELECTED_HEADING), 0, AT(selected_heading_deg) },
    { "baro_setting_hpa",    KIND_DOUBLE,    HAS(BARO_SETTING), 0, AT(baro_setting_hpa) },
    { "navigation",          KIND_U8,        HAS(NAVIGATION), 0, AT(navigation) },
    { "tcas_operational",    KIND_BOOL,      HAS(TARGET_STATE), 0, AT(tcas_operational) },
    { "mb",                  KIND_MB,        HAS(MB), 0, AT(mb) },
    { "bds",                 KIND_BDS,       HAS(MB), 0, 0 },
    { "bds_score",           KIND_SCORE,     HAS(MB), 0, 0 },
    { "bds_alternatives",    KIND_ALTERNATIVES, HAS(MB), 0, 0 },
    { "register",            KIND_REGISTER,  HAS(MB), 0, 0 },
    { "advisory",            KIND_ADVISORY,  0, 0, 0 },
    { "status",              KIND_STATUS,    0, SQUITTER, 0 },
    { "target",              KIND_TARGET,    0, SQUITTER, 0 },
    { "tisb",                KIND_TISB,      0, 1u << 18, 0 },
    { "segment",             KIND_SEGMENT,   0, 1u << 24, 0 },
};
/* clang-format on */

#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

/* Parity is the only thing that can be wrong with these formats at their own size. */
static bool is_damaged(const ap_modes_line *line)
{
    unsigned df = line->size > 0 ? line->frame[0] >> 3 : 0;
    return !line->decoded && ((df == 11 && line->size == AP_MODES_SHORT_SIZE) ||
                              ((df == 17 || df == 18) && line->size == AP_MODES_LONG_SIZE));
}

/* The register of a reply; 0 when none was named. */
static uint8_t register_of(const ap_modes_line *line)
{
    return line->inference ? line->inference->bds : 0;
}

/* Candidates behind the named one, or all. */
static size_t first_alternative(const ap_modes_line *line)
{
    return register_of(line) != 0 ? 1 : 0;
}

/* Writes the members of a nested object; false when the frame has no such thing. Without `members`
 * only tells. */
static bool put_detail(const ap_modes_line *line, column_kind kind, ap_members *members)
{
    union {
        ap_modes_advisory advisory;
        ap_modes_status status;
        ap_modes_target target;
        ap_modes_coarse tisb;
        ap_modes_segment segment;
    } of;
    bool found;
    switch (kind) {
    case KIND_ADVISORY:
        found = ap_modes_resolution_advisory(line->decoded, &of.advisory);
        if (found && members)
            ap_put_advisory(members, &of.advisory);
        return found;
    case KIND_STATUS:
        found = ap_modes_operational_status(line->decoded, &of.status);
        if (found && members)
            ap_put_status(members, &of.status);
        return found;
    case KIND_TARGET:
        found = ap_modes_target_state(line->decoded, &of.target);
        if (found && members)
            ap_put_target(members, &of.target);
        return found;
    case KIND_TISB:
        found = ap_modes_coarse_tisb(line->decoded, &of.tisb);
        if (found && members)
            ap_put_coarse(members, &of.tisb);
        return found;
    default: /* KIND_SEGMENT */
        found = ap_modes_comm_d(line->frame, &of.segment);
        if (found && members)
            ap_put_segment(members, &of.segment);
        return found;
    }
}

static bool has_value(const column_spec *column, const ap_modes_line *line)
{
    const ap_modes_frame *frame = line->decoded;
    switch (column->kind) {
    case KIND_FRAME:
        return true;
    case KIND_DF:
        return line->size > 0;
    case KIND_TIME:
        return line->has_time;
    case KIND_LATITUDE:
    case KIND_LONGITUDE:
        return line->has_position;
    case KIND_CHECK:
        return frame != NULL || is_damaged(line);
    default:
        break;
    }
    if (!frame || (column->formats != 0 && !(column->formats >> frame->df & 1u)) ||
        (column->present != 0 && !(frame->present & column->present)))
        return false;
    switch (column->kind) {
    case KIND_GROUND:
        return frame->ground_known;
    case KIND_BDS:
    case KIND_SCORE:
    case KIND_REGISTER:
        return register_of(line) != 0;
    case KIND_ALTERNATIVES:
        return line->inference && line->inference->count > first_alternative(line);
    case KIND_ADVISORY:
    case KIND_STATUS:
    case KIND_TARGET:
    case KIND_TISB:
    case KIND_SEGMENT:
        return put_detail(line, column->kind, NULL);
    default:
        return true;
    }
}

static const char *check_name(const ap_modes_line *line)
{
    static const char *const names[] = { [AP_MODES_CHECKED] = "checked",
                                         [AP_MODES_INTERROGATOR] = "interrogator",
                                         [AP_MODES_OVERLAID] = "overlaid",
                                         [AP_MODES_DAMAGED] = "damaged" };
    return names[line->decoded ? line->decoded->check : AP_MODES_DAMAGED];
}

/* A number or truth value of the decoded frame. Speeds and angles: 6 decimals are finer than any
 * step of theirs. */
static void put_field(ap_writer *text, column_kind kind, const uint8_t *field)
{
    switch (kind) {
    case KIND_U8:
        ap_text_u64(text, *field);
        break;
    case KIND_U32: {
        uint32_t value;
        memcpy(&value, field, sizeof value);
        ap_text_u64(text, value);
        break;
    }
    case KIND_I32: {
        int32_t value;
        memcpy(&value, field, sizeof value);
        ap_text_i64(text, value);
        break;
    }
    case KIND_DOUBLE: {
        double value;
        memcpy(&value, field, sizeof value);
        ap_text_fixed(text, value, 6);
        break;
    }
    default: { /* KIND_BOOL, KIND_GROUND */
        bool value;
        memcpy(&value, field, sizeof value);
        ap_text_str(text, value ? "true" : "false");
        break;
    }
    }
}

/* What is written without quotes. 8 decimals of a degree are a millimetre. */
static void put_number(ap_writer *text, const column_spec *column, const ap_modes_line *line)
{
    switch (column->kind) {
    case KIND_DF:
        ap_text_u64(text, line->frame[0] >> 6 == 3 ? 24 : line->frame[0] >> 3);
        break;
    case KIND_TIME:
        ap_text_fixed(text, line->time_s, 6);
        break;
    case KIND_LATITUDE:
        ap_text_fixed(text, line->latitude_deg, 8);
        break;
    case KIND_LONGITUDE:
        ap_text_fixed(text, line->longitude_deg, 8);
        break;
    case KIND_SCORE:
        ap_text_fixed(text, (double)line->inference->candidate[0].score, 4);
        break;
    default:
        put_field(text, column->kind, (const uint8_t *)line->decoded + column->offset);
        break;
    }
}

/* Values that JSON puts in quotes; none needs an escape. */
static void put_word(ap_writer *text, const column_spec *column, const ap_modes_line *line)
{
    switch (column->kind) {
    case KIND_FRAME:
        ap_text_hex(text, line->frame, line->size);
        break;
    case KIND_CHECK:
        ap_text_str(text, check_name(line));
        break;
    case KIND_ADDRESS:
        ap_text_hex_u32(text, line->decoded->icao24, 6);
        break;
    case KIND_OCTAL:
        ap_text_octal(text, line->decoded->squawk, 4);
        break;
    case KIND_HEX:
        ap_text_hex_u32(text, line->decoded->emitter_category, 2);
        break;
    case KIND_CALLSIGN:
        ap_text_str(text, line->decoded->callsign);
        break;
    case KIND_BDS:
        ap_text_bds(text, register_of(line));
        break;
    default: /* KIND_MB */
        ap_text_hex_u32(text, (uint32_t)(line->decoded->mb >> 32), 6);
        ap_text_hex_u32(text, (uint32_t)line->decoded->mb, 8);
        break;
    }
}

static bool is_word(column_kind kind)
{
    return kind == KIND_FRAME || kind == KIND_CHECK || kind == KIND_ADDRESS || kind == KIND_OCTAL ||
           kind == KIND_HEX || kind == KIND_CALLSIGN || kind == KIND_MB || kind == KIND_BDS;
}

static bool is_object(column_kind kind)
{
    return kind >= KIND_ALTERNATIVES && kind <= KIND_SEGMENT;
}

/* [{"bds": "6,0", "score": 0.0123}, ...], or 6,0=0.0123;... */
static void put_alternatives(ap_writer *text, const ap_modes_line *line, bool is_csv)
{
    ap_text_str(text, is_csv ? "" : "[");
    size_t first = first_alternative(line);
    for (size_t i = first; i < line->inference->count; i++) {
        const ap_comm_b_candidate *of = &line->inference->candidate[i];
        if (i > first)
            ap_text_str(text, is_csv ? ";" : ", ");
        ap_text_str(text, is_csv ? "" : "{\"bds\": \"");
        ap_text_bds(text, of->bds);
        ap_text_str(text, is_csv ? "=" : "\", \"score\": ");
        ap_text_fixed(text, (double)of->score, 4);
        ap_text_str(text, is_csv ? "" : "}");
    }
    ap_text_str(text, is_csv ? "" : "]");
}

/* The register of a squitter has the keys that the squitter has. */
static void put_squitter(ap_members *members, uint64_t me)
{
    ap_modes_frame frame;
    ap_modes_decode_squitter(me, &frame);
    ap_modes_line line = { .decoded = &frame };
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        bool is_content = columns[i].present != 0 || columns[i].formats == SQUITTER;
        if (!is_content || is_object(columns[i].kind) || !has_value(&columns[i], &line))
            continue;
        ap_members_key(members, columns[i].key);
        if (!is_word(columns[i].kind)) {
            put_number(members->text, &columns[i], &line);
            continue;
        }
        ap_members_quote(members);
        put_word(members->text, &columns[i], &line);
        ap_members_quote(members);
    }
}

static void put_object(ap_writer *text, const column_spec *column, const ap_modes_line *line,
                       bool is_csv)
{
    if (column->kind == KIND_ALTERNATIVES) {
        put_alternatives(text, line, is_csv);
        return;
    }
    ap_members members = ap_members_open(text, is_csv);
    if (column->kind != KIND_REGISTER)
        (void)put_detail(line, column->kind, &members); /* has_value saw to it */
    else if (ap_comm_b_register_of(register_of(line)))
        ap_put_register(&members, register_of(line), line->decoded->mb);
    else
        put_squitter(&members, line->decoded->mb);
    ap_members_close(&members);
}

static void put_value(ap_writer *text, const column_spec *column, const ap_modes_line *line,
                      bool is_csv)
{
    if (is_object(column->kind)) {
        put_object(text, column, line, is_csv);
        return;
    }
    if (!is_word(column->kind)) {
        put_number(text, column, line);
        return;
    }
    ap_text_str(text, is_csv ? "" : "\"");
    put_word(text, column, line);
    ap_text_str(text, is_csv ? "" : "\"");
}

void ap_modes_json(ap_writer *text, const ap_modes_line *line)
{
    ap_json_object object = ap_json_open(text);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (!has_value(&columns[i], line))
            continue;
        ap_json_key(&object, columns[i].key);
        put_value(text, &columns[i], line, false);
    }
    ap_json_close(&object);
}

void ap_modes_csv_head(ap_writer *text)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (i > 0)
            ap_write_u8(text, ',');
        ap_text_str(text, columns[i].key);
    }
    ap_text_str(text, "\r\n");
}

/* An object of CSV has commas only in register codes: the cell is quoted. */
void ap_modes_csv(ap_writer *text, const ap_modes_line *line)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (i > 0)
            ap_write_u8(text, ',');
        if (!has_value(&columns[i], line))
            continue;
        bool quoted = is_object(columns[i].kind) || columns[i].kind == KIND_BDS;
        ap_text_str(text, quoted ? "\"" : "");
        put_value(text, &columns[i], line, true);
        ap_text_str(text, quoted ? "\"" : "");
    }
    ap_text_str(text, "\r\n");
}

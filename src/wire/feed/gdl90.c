#include "wire/feed/gdl90.h"

#include <math.h>
#include <string.h>

#define FLAG 0x7E
#define ESCAPE 0x7D
#define ESCAPE_XOR 0x20

#define TARGET_SIZE 28u
#define HEIGHT_SIZE 5u
#define HEARTBEAT_SIZE 7u

#define POSITION_STEP_DEG (180.0 / 8388608.0)
#define ALTITUDE_NONE 0xFFFu
#define SPEED_NONE 0xFFFu
#define RATE_NONE 0x800u
#define MISC_AIRBORNE 8u
#define MISC_EXTRAPOLATED 4u
#define MISC_TRACK 3u
#define NAME_SIZE 8u

enum { HEADING_NONE, HEADING_TRACK, HEADING_MAGNETIC, HEADING_TRUE };

uint16_t ap_gdl90_crc(const uint8_t *message, size_t size)
{
    uint32_t crc = 0;
    for (size_t i = 0; i < size; i++) {
        /* One octet of the polynomial x^16 + x^12 + x^5 + 1, as the specification's table has it.
         */
        uint32_t entry = (crc >> 8) << 8;
        for (int bit = 0; bit < 8; bit++)
            entry = (entry << 1 ^ (entry & 0x8000u ? 0x1021u : 0)) & 0xFFFFu;
        crc = (entry ^ crc << 8 ^ message[i]) & 0xFFFFu;
    }
    return (uint16_t)crc;
}

/* ---- reading ---- */

/* The low `bits` of a number as two's complement. */
static int32_t signed_of(uint32_t value, unsigned bits)
{
    uint32_t sign = 1u << (bits - 1);
    return (int32_t)(value ^ sign) - (int32_t)sign;
}

static void read_address(uint8_t kind, uint32_t address, ap_aircraft_row *row)
{
    static const struct {
        ap_row_source source;
        ap_address_kind kind;
    } kinds[] = { { AP_ROW_SOURCE_ADSB_ICAO, AP_ADDRESS_ICAO },
                  { AP_ROW_SOURCE_ADSB_OTHER, AP_ADDRESS_ANONYMOUS },
                  { AP_ROW_SOURCE_TISB_ICAO, AP_ADDRESS_ICAO },
                  { AP_ROW_SOURCE_TISB_TRACKFILE, AP_ADDRESS_TRACK_FILE },
                  { AP_ROW_SOURCE_ADSB_OTHER, AP_ADDRESS_ANONYMOUS }, /* surface vehicle */
                  { AP_ROW_SOURCE_OTHER, AP_ADDRESS_ANONYMOUS } };    /* beacon */
    bool known = kind < sizeof kinds / sizeof kinds[0];
    row->present |= AP_ROW_HAS_ADDRESS;
    row->address = address;
    row->source = (uint8_t)(known ? kinds[kind].source : AP_ROW_SOURCE_OTHER);
    row->address_kind = (uint8_t)(known ? kinds[kind].kind : AP_ADDRESS_ANONYMOUS);
}

/* Latitude and longitude 0 with NIC 0: no position. */
static void read_position(uint32_t latitude, uint32_t longitude, uint8_t quality,
                          ap_aircraft_row *row)
{
    row->present |= AP_ROW_HAS_QUALITY;
    row->nic = quality >> 4;
    row->nac_p = quality & 15;
    double latitude_deg = signed_of(latitude, 24) * POSITION_STEP_DEG;
    if (latitude == 0 && longitude == 0 && row->nic == 0)
        return;
    if (fabs(latitude_deg) > 90.0) {
        row->bad_count++;
        return;
    }
    row->present |= AP_ROW_HAS_POSITION;
    row->latitude_deg = latitude_deg;
    row->longitude_deg = signed_of(longitude, 24) * POSITION_STEP_DEG;
}

static void read_heading(uint8_t kind, uint8_t angle, ap_aircraft_row *row)
{
    double angle_deg = angle * 360.0 / 256.0;
    if (kind == HEADING_TRACK) {
        row->present |= AP_ROW_HAS_TRACK;
        row->track_deg = angle_deg;
    } else if (kind == HEADING_MAGNETIC) {
        row->present |= AP_ROW_HAS_MAGNETIC_HEADING;
        row->magnetic_heading_deg = angle_deg;
    } else if (kind == HEADING_TRUE) {
        row->present |= AP_ROW_HAS_TRUE_HEADING;
        row->true_heading_deg = angle_deg;
    }
}

static void read_motion(uint16_t altitude, uint32_t speeds, ap_aircraft_row *row)
{
    uint32_t speed = speeds >> 12, rate = speeds & 0xFFFu;
    if (altitude != ALTITUDE_NONE) {
        row->present |= AP_ROW_HAS_ALTITUDE;
        row->altitude_ft = altitude * 25 - 1000;
    }
    if (speed != SPEED_NONE) {
        row->present |= AP_ROW_HAS_GROUND_SPEED;
        row->ground_speed_kt = speed;
    }
    if (rate != RATE_NONE) {
        row->present |= AP_ROW_HAS_VERTICAL_RATE;
        row->vertical_rate_fpm = signed_of(rate, 12) * 64;
    }
}

static void read_identity(uint8_t emitter, const uint8_t *name, uint8_t emergency,
                          ap_aircraft_row *row)
{
    char text[AP_CALLSIGN_SIZE] = { 0 };
    size_t size = 0;
    for (size_t i = 0; i < NAME_SIZE; i++) {
        text[i] = name[i] >= ' ' && name[i] <= '~' ? (char)name[i] : ' ';
        size = text[i] != ' ' ? i + 1 : size;
    }
    memset(text + size, 0, sizeof text - size);
    if (size > 0) {
        row->present |= AP_ROW_HAS_CALLSIGN;
        memcpy(row->callsign, text, sizeof text);
    }
    if (emitter % 8 != 0 && emitter < 32) {
        row->present |= AP_ROW_HAS_EMITTER_CATEGORY;
        row->emitter_category = (uint8_t)(0xA0 + (emitter / 8) * 16 + emitter % 8);
    }
    if (emergency < AP_ROW_EMERGENCY_COUNT) {
        row->present |= AP_ROW_HAS_EMERGENCY;
        row->emergency = emergency;
    }
}

static void read_target(ap_reader *reader, ap_aircraft_row *row)
{
    uint8_t kind = ap_read_u8(reader) & 15;
    read_address(kind, ap_read_u24(reader), row);
    uint32_t latitude = ap_read_u24(reader), longitude = ap_read_u24(reader);
    uint16_t altitude = ap_read_u16(reader);
    read_position(latitude, longitude, ap_read_u8(reader), row);
    read_motion(altitude >> 4, ap_read_u24(reader), row);
    read_heading(altitude & MISC_TRACK, ap_read_u8(reader), row);
    row->present |= AP_ROW_HAS_GROUND;
    row->on_ground = !(altitude & MISC_AIRBORNE);
    row->extrapolated = altitude & MISC_EXTRAPOLATED;
    uint8_t emitter = ap_read_u8(reader);
    const uint8_t *name = ap_read_bytes(reader, NAME_SIZE);
    read_identity(emitter, name, ap_read_u8(reader) >> 4, row);
}

ap_err ap_gdl90_read(const uint8_t *message, size_t size, ap_aircraft_row *row)
{
    ap_reader reader = ap_reader_of(message, size);
    uint8_t id = ap_read_u8(&reader);
    *row = (ap_aircraft_row){ .time_utc = AP_UTC_UNKNOWN, .position_utc = AP_UTC_UNKNOWN };
    switch (id) {
    case AP_GDL90_OWNSHIP:
    case AP_GDL90_TRAFFIC:
        if (size < TARGET_SIZE)
            return AP_ERR_MALFORMED;
        read_target(&reader, row);
        row->ownship = id == AP_GDL90_OWNSHIP;
        return AP_OK;
    case AP_GDL90_OWNSHIP_HEIGHT:
        if (size < HEIGHT_SIZE)
            return AP_ERR_MALFORMED;
        row->present = AP_ROW_HAS_HEIGHT;
        row->height_ft = signed_of(ap_read_u16(&reader), 16) * 5;
        row->ownship = true;
        return AP_OK;
    default:
        return size > 0 ? AP_ERR_UNKNOWN : AP_ERR_MALFORMED;
    }
}

bool ap_gdl90_time_of_day(const uint8_t *message, size_t size, uint32_t *time_s)
{
    if (size < HEARTBEAT_SIZE || message[0] != AP_GDL90_HEARTBEAT || !(message[2] & 1))
        return false;
    *time_s = (uint32_t)(message[2] >> 7) << 16 | (uint32_t)message[4] << 8 | message[3];
    return *time_s < 86400;
}

/* ---- writing ---- */

static void write_escaped(ap_writer *writer, uint8_t byte)
{
    bool escaped = byte == FLAG || byte == ESCAPE;
    if (escaped)
        ap_write_u8(writer, ESCAPE);
    ap_write_u8(writer, escaped ? byte ^ ESCAPE_XOR : byte);
}

static void write_message(ap_writer *writer, const ap_writer *message)
{
    uint16_t crc = ap_gdl90_crc(message->data, message->size);
    ap_write_u8(writer, FLAG);
    for (size_t i = 0; i < message->size; i++)
        write_escaped(writer, message->data[i]);
    write_escaped(writer, (uint8_t)crc);
    write_escaped(writer, (uint8_t)(crc >> 8));
    ap_write_u8(writer, FLAG);
}

void ap_gdl90_write_heartbeat(ap_writer *writer, ap_utc_ns utc, uint32_t message_count)
{
    uint8_t bytes[HEARTBEAT_SIZE];
    ap_writer message = ap_writer_of(bytes, sizeof bytes);
    bool known = utc != AP_UTC_UNKNOWN;
    uint32_t time_s =
        known ? (uint32_t)((utc % AP_NS_PER_DAY + AP_NS_PER_DAY) % AP_NS_PER_DAY / AP_NS_PER_S) : 0;
    uint32_t count = message_count < 1023 ? message_count : 1023;
    ap_write_u8(&message, AP_GDL90_HEARTBEAT);
    ap_write_u8(&message, 0x81); /* position valid, initialised */
    ap_write_u8(&message, (uint8_t)(time_s >> 16 << 7 | known));
    ap_write_u8(&message, (uint8_t)time_s);
    ap_write_u8(&message, (uint8_t)(time_s >> 8));
    ap_write_u16(&message, (uint16_t)count); /* uplinks none, basic and long messages */
    write_message(writer, &message);
}

static uint8_t kind_of(const ap_aircraft_row *row)
{
    bool ground = ap_row_is_synthetic(row) || row->source == AP_ROW_SOURCE_OTHER ||
                  row->source == AP_ROW_SOURCE_ADSC;
    if (row->address_kind == AP_ADDRESS_ICAO)
        return ground ? 2 : 0;
    return row->address_kind == AP_ADDRESS_TRACK_FILE ? 3 : 1;
}

static double limit(double value, double low, double high)
{
    return fmin(fmax(value, low), high);
}

static uint32_t position_of(double angle_deg)
{
    return (uint32_t)(int32_t)lround(limit(angle_deg / POSITION_STEP_DEG, -8388608.0, 8388607.0)) &
           0xFFFFFFu;
}

/* Altitude and the bits behind it. */
static uint16_t altitude_of(const ap_aircraft_row *row)
{
    unsigned altitude = ALTITUDE_NONE, misc = 0;
    if (row->present & AP_ROW_HAS_ALTITUDE)
        altitude = (unsigned)lround(limit((row->altitude_ft + 1000) / 25.0, 0.0, 4094.0));
    if (!(row->present & AP_ROW_HAS_GROUND) || !row->on_ground)
        misc |= MISC_AIRBORNE;
    misc |= row->extrapolated ? MISC_EXTRAPOLATED : 0;
    misc |= row->present & AP_ROW_HAS_TRACK              ? HEADING_TRACK
            : row->present & AP_ROW_HAS_MAGNETIC_HEADING ? HEADING_MAGNETIC
            : row->present & AP_ROW_HAS_TRUE_HEADING     ? HEADING_TRUE
                                                         : HEADING_NONE;
    return (uint16_t)(altitude << 4 | misc);
}

static uint32_t speeds_of(const ap_aircraft_row *row)
{
    uint32_t speed = SPEED_NONE, rate = RATE_NONE;
    if (row->present & AP_ROW_HAS_GROUND_SPEED)
        speed = (uint32_t)lround(limit(row->ground_speed_kt, 0.0, 4094.0));
    if (row->present & AP_ROW_HAS_VERTICAL_RATE)
        rate =
            (uint32_t)(int32_t)lround(limit(row->vertical_rate_fpm / 64.0, -510.0, 510.0)) & 0xFFFu;
    return speed << 12 | rate;
}

static uint8_t heading_of(const ap_aircraft_row *row)
{
    double angle_deg = row->present & AP_ROW_HAS_TRACK              ? row->track_deg
                       : row->present & AP_ROW_HAS_MAGNETIC_HEADING ? row->magnetic_heading_deg
                       : row->present & AP_ROW_HAS_TRUE_HEADING     ? row->true_heading_deg
                                                                    : 0.0;
    return (uint8_t)(lround(angle_deg * 256.0 / 360.0) & 255);
}

static void write_identity(ap_writer *message, const ap_aircraft_row *row)
{
    uint8_t category = row->present & AP_ROW_HAS_EMITTER_CATEGORY ? row->emitter_category : 0xA0;
    ap_write_u8(message, (uint8_t)(((category >> 4) - 0xA) * 8 + (category & 7)));
    size_t size = row->present & AP_ROW_HAS_CALLSIGN ? strlen(row->callsign) : 0;
    for (size_t i = 0; i < NAME_SIZE; i++)
        ap_write_u8(message, (uint8_t)(i < size ? row->callsign[i] : ' '));
    uint8_t emergency = row->present & AP_ROW_HAS_EMERGENCY ? row->emergency : 0;
    ap_write_u8(message, (uint8_t)(emergency << 4));
}

ap_err ap_gdl90_write_target(ap_writer *writer, const ap_aircraft_row *row)
{
    const uint32_t needed = AP_ROW_HAS_ADDRESS | AP_ROW_HAS_POSITION;
    uint8_t bytes[TARGET_SIZE];
    ap_writer message = ap_writer_of(bytes, sizeof bytes);
    if ((row->present & needed) != needed)
        return AP_ERR_ARGUMENT;
    bool quality = row->present & AP_ROW_HAS_QUALITY;
    ap_write_u8(&message, row->ownship ? AP_GDL90_OWNSHIP : AP_GDL90_TRAFFIC);
    ap_write_u8(&message, kind_of(row));
    ap_write_be(&message, row->address, 3);
    ap_write_be(&message, position_of(row->latitude_deg), 3);
    ap_write_be(&message, position_of(row->longitude_deg), 3);
    ap_write_u16(&message, altitude_of(row));
    ap_write_u8(&message, quality ? (uint8_t)(row->nic << 4 | row->nac_p) : 0);
    ap_write_be(&message, speeds_of(row), 3);
    ap_write_u8(&message, heading_of(row));
    write_identity(&message, row);
    write_message(writer, &message);
    return AP_OK;
}

ap_err ap_gdl90_write_height(ap_writer *writer, const ap_aircraft_row *row)
{
    uint8_t bytes[HEIGHT_SIZE];
    ap_writer message = ap_writer_of(bytes, sizeof bytes);
    if (!row->ownship || !(row->present & AP_ROW_HAS_HEIGHT))
        return AP_ERR_ARGUMENT;
    ap_write_u8(&message, AP_GDL90_OWNSHIP_HEIGHT);
    ap_write_u16(&message,
                 (uint16_t)(int16_t)lround(limit(row->height_ft / 5.0, -32768.0, 32767.0)));
    ap_write_u16(&message, 0x7FFF); /* no warning, accuracy not known */
    write_message(writer, &message);
    return AP_OK;
}

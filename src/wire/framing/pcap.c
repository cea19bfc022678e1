/* Packet captures: pcap in both byte orders, in micro- and nanoseconds, and pcapng. */
#include "wire/framing/framing.h"
#include "wire/shortest.h"

#define PCAP_HEAD_SIZE 24u
#define PCAP_RECORD_SIZE 16u
#define PCAP_MICROSECOND 0xA1B2C3D4u
#define PCAP_NANOSECOND 0xA1B23C4Du
#define DAY_S 86400u

#define LINK_UNKNOWN 0xFFFFu

#define NG_SECTION 0x0A0D0D0Au
#define NG_BYTE_ORDER 0x1A2B3C4Du
#define NG_INTERFACE 1u
#define NG_PACKET_OBSOLETE 2u
#define NG_PACKET_SIMPLE 3u
#define NG_PACKET 6u
#define NG_BLOCK_MIN 12u
#define NG_PACKET_BLOCK_MAX (AP_FRAMING_PACKET_MAX + 4096u)
#define NG_BLOCK_MAX (16u << 20)
#define NG_OPTION_RESOLUTION 9u
#define NG_OPTION_OFFSET 14u
#define NG_MICROSECOND 6u

/* A packet of either kind of capture. */
typedef struct captured {
    uint32_t interface;
    bool has_time;
    int64_t time_ns;
    const uint8_t *data;
    size_t stored_size, sent_size;
} captured;

static uint32_t get_u32(const uint8_t *b, bool little_endian)
{
    uint32_t first = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16;
    uint32_t value = first | (uint32_t)b[2] << 8 | b[3];
    if (!little_endian)
        return value;
    return value >> 24 | (value >> 8 & 0xFF00u) | (value << 8 & 0xFF0000u) | value << 24;
}

static uint16_t get_u16(const uint8_t *b, bool little_endian)
{
    return (uint16_t)(little_endian ? b[1] << 8 | b[0] : b[0] << 8 | b[1]);
}

/* --- what both share: from a packet to frames --- */

/* The next Mode S frame of a datagram that Beast elements fill, which ends `end` bytes behind the
 * first unread one. `size` as below. */
static bool take_beast(ap_framer *framer, const captured *packet, size_t at, size_t end,
                       size_t size, ap_frame *frame)
{
    bool got = false;
    while (!got && at < end) {
        size_t element = ap_framing_beast_size(ap_framing_data(framer) + at, end - at);
        if (element == 0) /* not when it was looked at; what stands there is left alone */
            break;
        got = ap_framing_beast_take(framer, at, element, frame);
        at += element;
    }
    if (got && packet->has_time && !frame->synthetic)
        ap_framing_set_utc(framer, frame, packet->time_ns);
    framer->capture.in_beast = got && at < end;
    if (framer->capture.in_beast)
        framer->element_at = at;
    else
        ap_framing_take(framer, size);
    return got;
}

/* A datagram of blocks, or the next ORADIS element of one. */
static bool take_blocks(ap_framer *framer, const captured *packet, ap_bytes payload, size_t size,
                        ap_frame *frame)
{
    size_t at = (size_t)(payload.data - ap_framing_data(framer));
    size_t end = at + payload.size, frame_size = payload.size;
    bool oradis = framer->element_at > 0 || /* told before, at its first element */
                  (!ap_framing_blocks_fill(payload.data, payload.size) &&
                   ap_framing_oradis_fills(payload.data, payload.size));
    if (oradis) {
        at = framer->element_at > 0 ? framer->element_at : at;
        frame_size = ap_framing_oradis_size(ap_framing_data(framer) + at, end - at);
        at += AP_FRAMING_ORADIS_HEADER_SIZE;
        frame_size -= AP_FRAMING_ORADIS_HEADER_SIZE;
    }
    *frame = ap_framing_asterix(framer, at, frame_size);
    if (packet->has_time)
        ap_framing_set_utc(framer, frame, packet->time_ns);
    if (oradis && at + frame_size < end)
        framer->element_at = at + frame_size;
    else
        ap_framing_take(framer, size);
    return true;
}

/* Hands out the packet's datagram: whole, or element by element when ORADIS or Beast fills it.
 * `size` is the packet with its header in the capture, taken with the last frame. False: no
 * frame. */
static bool take_packet(ap_framer *framer, const captured *packet, size_t size, ap_frame *frame)
{
    ap_bytes payload;
    ap_refusal why = AP_REFUSED_CONTAINER;
    ap_framer_capture *capture = &framer->capture;
    bool listed =
        packet->interface < capture->interface_count && packet->interface < AP_FRAMER_INTERFACE_CAP;
    if (!listed ||
        ap_framing_udp_payload(capture->interface[packet->interface].link_type, packet->data,
                               packet->stored_size, packet->sent_size, &payload, &why)) {
        ap_refuse(&framer->refused, why);
        ap_framing_take(framer, size);
        return false;
    }
    size_t at = (size_t)(payload.data - ap_framing_data(framer)), end = at + payload.size;
    if (framer->element_at > 0 && capture->in_beast)
        return take_beast(framer, packet, framer->element_at, end, size, frame);
    if (framer->element_at == 0 && !ap_framing_blocks_fill(payload.data, payload.size) &&
        ap_framing_beast_fills(payload.data, payload.size))
        return take_beast(framer, packet, at, end, size, frame);
    return take_blocks(framer, packet, payload, size, frame);
}

/* --- pcap --- */

static bool take_pcap_head(ap_framer *framer)
{
    const uint8_t *head = ap_framing_data(framer);
    ap_framer_capture *capture = &framer->capture;
    uint32_t big = get_u32(head, false), little = get_u32(head, true);
    capture->little_endian = little == PCAP_MICROSECOND || little == PCAP_NANOSECOND;
    uint32_t magic = capture->little_endian ? little : big;
    if (magic != PCAP_MICROSECOND && magic != PCAP_NANOSECOND)
        return false;
    capture->nanosecond = magic == PCAP_NANOSECOND;
    capture->interface_count = 1;
    /* the upper half of the link type tells about checksums at the end of frames */
    capture->interface[0].link_type =
        (uint16_t)(get_u32(head + 20, capture->little_endian) & 0xFFFF);
    ap_framing_take(framer, PCAP_HEAD_SIZE);
    return true;
}

static uint32_t record_field(const ap_framer *framer, const uint8_t *record, size_t index)
{
    return get_u32(record + 4 * index, framer->capture.little_endian);
}

static bool is_near(uint32_t a_s, uint32_t b_s)
{
    return (a_s > b_s ? a_s - b_s : b_s - a_s) <= DAY_S;
}

/* Takes note of a packet's time. One that is far from those before may be no packet's at all, when
 * a damaged length led astray: it takes two to move where the capture is. */
static void note_time(ap_framer_capture *capture, uint32_t time_s)
{
    bool agrees = !capture->has_last || is_near(capture->last_s, time_s) ||
                  (capture->has_jump && is_near(capture->jump_s, time_s));
    capture->has_jump = !agrees;
    capture->jump_s = time_s;
    if (agrees)
        capture->last_s = time_s;
    capture->has_last = true;
}

/* Can this be a record header? Strict: of a packet that continues the capture. */
static bool is_record(const ap_framer *framer, const uint8_t *record, bool strict)
{
    uint32_t time_s = record_field(framer, record, 0), fraction = record_field(framer, record, 1);
    uint32_t stored = record_field(framer, record, 2), sent = record_field(framer, record, 3);
    if (fraction >= (framer->capture.nanosecond ? 1000000000u : 1000000u) ||
        stored > AP_FRAMING_PACKET_MAX)
        return false;
    if (!strict)
        return true;
    return stored > 0 && stored <= sent && sent <= AP_FRAMING_PACKET_MAX &&
           (!framer->capture.has_last || is_near(framer->capture.last_s, time_s));
}

static ap_framing_verdict look_record(const ap_framer *framer, size_t at, bool strict,
                                      ap_framing_work *work, size_t *size, ap_refusal *why)
{
    (void)work;
    const uint8_t *record = ap_framing_data(framer) + at;
    size_t left = ap_framing_left(framer) - at;
    *why = AP_REFUSED_CONTAINER;
    *size = 0;
    if (left < PCAP_RECORD_SIZE)
        return AP_FRAMING_MORE;
    if (!is_record(framer, record, strict))
        return AP_FRAMING_NO;
    size_t whole = PCAP_RECORD_SIZE + record_field(framer, record, 2);
    if (left < whole)
        return AP_FRAMING_MORE;
    bool last = framer->ended && left == whole;
    if (strict && !last) {
        if (left < whole + PCAP_RECORD_SIZE)
            return framer->ended ? AP_FRAMING_NO : AP_FRAMING_MORE;
        if (!is_record(framer, record + whole, true))
            return AP_FRAMING_NO;
    }
    *size = whole;
    return AP_FRAMING_YES;
}

static captured packet_of_record(ap_framer *framer)
{
    const uint8_t *record = ap_framing_data(framer);
    ap_framer_capture *capture = &framer->capture;
    uint32_t time_s = record_field(framer, record, 0);
    note_time(capture, time_s);
    int64_t fraction_ns =
        (int64_t)record_field(framer, record, 1) * (capture->nanosecond ? 1 : 1000);
    return (captured){ .has_time = true,
                       .time_ns = (int64_t)time_s * AP_NS_PER_S + fraction_ns,
                       .data = record + PCAP_RECORD_SIZE,
                       .stored_size = record_field(framer, record, 2),
                       .sent_size = record_field(framer, record, 3) };
}

/* --- pcapng --- */

static bool is_ng_packet(uint32_t type)
{
    return type == NG_PACKET || type == NG_PACKET_SIMPLE || type == NG_PACKET_OBSOLETE;
}

/* Byte order of a block: a section header tells its own. False: it tells none. */
static bool ng_byte_order(const ap_framer *framer, const uint8_t *block, bool *little_endian)
{
    *little_endian = framer->capture.little_endian;
    if (get_u32(block, false) != NG_SECTION)
        return true;
    *little_endian = get_u32(block + 8, true) == NG_BYTE_ORDER;
    return *little_endian || get_u32(block + 8, false) == NG_BYTE_ORDER;
}

/* A block whose two lengths agree. Long ones that hold no packet are not waited for. */
static ap_framing_verdict look_ng_block(const ap_framer *framer, size_t at, bool strict,
                                        ap_framing_work *work, size_t *size, ap_refusal *why)
{
    (void)work;
    const uint8_t *block = ap_framing_data(framer) + at;
    size_t left = ap_framing_left(framer) - at;
    bool little_endian;
    *why = AP_REFUSED_CONTAINER;
    *size = 0;
    if (left < NG_BLOCK_MIN)
        return AP_FRAMING_MORE;
    if (!ng_byte_order(framer, block, &little_endian))
        return AP_FRAMING_NO;
    uint32_t type = get_u32(block, little_endian);
    uint32_t length = get_u32(block + 4, little_endian);
    if (length < NG_BLOCK_MIN || length % 4 != 0 || length > NG_BLOCK_MAX)
        return AP_FRAMING_NO;
    if (strict && type != NG_SECTION && (type == 0 || type > NG_PACKET))
        return AP_FRAMING_NO;
    if (length > NG_PACKET_BLOCK_MAX) {
        *why = is_ng_packet(type) ? AP_REFUSED_OVERSIZE : AP_REFUSED_CONTAINER;
        if (strict || is_ng_packet(type))
            return AP_FRAMING_NO;
        *size = length;
        return AP_FRAMING_YES;
    }
    if (left < length)
        return AP_FRAMING_MORE;
    if (get_u32(block + length - 4, little_endian) != length)
        return AP_FRAMING_NO;
    *size = length;
    return AP_FRAMING_YES;
}

/* Timestamp units to nanoseconds, rounded down; finer units than nanoseconds are cut. Unknown when
 * they cannot be told in those. */
static int64_t ng_time_ns(uint64_t ticks, uint8_t resolution, int64_t offset_s)
{
    unsigned exponent = resolution & 0x7F;
    uint64_t seconds, fraction_ns;
    if ((resolution & 0x80) == 0) {
        unsigned power = exponent < 19 ? exponent : 19;
        uint64_t per_s = ap_powers_10[power];
        seconds = ticks / per_s;
        uint64_t fraction = ticks % per_s;
        fraction_ns =
            power <= 9 ? fraction * ap_powers_10[9 - power] : fraction / ap_powers_10[power - 9];
    } else {
        unsigned bits = exponent < 63 ? exponent : 63;
        seconds = ticks >> bits;
        uint64_t fraction = ticks & ((UINT64_C(1) << bits) - 1);
        if (bits > 32)
            fraction >>= bits - 32;
        fraction_ns = fraction * (uint64_t)AP_NS_PER_S >> (bits > 32 ? 32 : bits);
    }
    const int64_t limit_s = INT64_MAX / AP_NS_PER_S - 1;
    if (seconds > (uint64_t)limit_s || offset_s > limit_s - (int64_t)seconds || offset_s < -limit_s)
        return AP_UTC_UNKNOWN;
    return ((int64_t)seconds + offset_s) * AP_NS_PER_S + (int64_t)fraction_ns;
}

static void take_ng_options(ap_framer_capture *capture, uint32_t index, const uint8_t *options,
                            size_t size)
{
    bool little_endian = capture->little_endian;
    size_t at = 0;
    while (size - at >= 4) {
        uint16_t code = get_u16(options + at, little_endian);
        size_t length = get_u16(options + at + 2, little_endian);
        size_t padded = (length + 3) & ~(size_t)3;
        at += 4;
        if (code == 0 || padded > size - at)
            return;
        if (code == NG_OPTION_RESOLUTION && length == 1)
            capture->interface[index].resolution = options[at];
        if (code == NG_OPTION_OFFSET && length == 8) {
            uint32_t first = get_u32(options + at, little_endian);
            uint32_t second = get_u32(options + at + 4, little_endian);
            uint64_t offset =
                little_endian ? (uint64_t)second << 32 | first : (uint64_t)first << 32 | second;
            capture->interface[index].offset_s = (int64_t)offset;
        }
        at += padded;
    }
}

/* Interfaces beyond the table are counted so that those behind keep their numbers. */
static void take_ng_interface(ap_framer *framer, const uint8_t *body, size_t size)
{
    ap_framer_capture *capture = &framer->capture;
    uint32_t index = capture->interface_count;
    capture->interface_count += index < UINT32_MAX;
    if (index < AP_FRAMER_INTERFACE_CAP) {
        capture->interface[index].link_type = LINK_UNKNOWN;
        capture->interface[index].resolution = NG_MICROSECOND;
        capture->interface[index].offset_s = 0;
        capture->interface[index].snap_size = 0;
    }
    if (size < 8 || index >= AP_FRAMER_INTERFACE_CAP) {
        ap_refuse(&framer->refused, AP_REFUSED_CONTAINER);
        return;
    }
    capture->interface[index].link_type = get_u16(body, capture->little_endian);
    capture->interface[index].snap_size = get_u32(body + 4, capture->little_endian);
    take_ng_options(capture, index, body + 8, size - 8);
}

static bool packet_of_simple(const ap_framer *framer, const uint8_t *body, size_t size,
                             captured *packet)
{
    if (size < 4)
        return false;
    uint32_t snap = framer->capture.interface[0].snap_size;
    packet->sent_size = get_u32(body, framer->capture.little_endian);
    packet->data = body + 4;
    packet->stored_size = packet->sent_size;
    if (snap != 0 && packet->stored_size > snap)
        packet->stored_size = snap;
    if (packet->stored_size > size - 4)
        packet->stored_size = size - 4;
    return true;
}

/* Enhanced and obsolete packets differ in the width of the interface number only. */
static bool packet_of_block(const ap_framer *framer, uint32_t type, const uint8_t *body,
                            size_t size, captured *packet)
{
    const ap_framer_capture *capture = &framer->capture;
    bool little_endian = capture->little_endian;
    *packet = (captured){ .interface = 0 };
    if (type == NG_PACKET_SIMPLE)
        return packet_of_simple(framer, body, size, packet);
    if (size < 20)
        return false;
    packet->interface =
        type == NG_PACKET ? get_u32(body, little_endian) : get_u16(body, little_endian);
    uint64_t ticks =
        (uint64_t)get_u32(body + 4, little_endian) << 32 | get_u32(body + 8, little_endian);
    packet->stored_size = get_u32(body + 12, little_endian);
    packet->sent_size = get_u32(body + 16, little_endian);
    packet->data = body + 20;
    if (packet->stored_size > size - 20 || packet->interface >= capture->interface_count ||
        packet->interface >= AP_FRAMER_INTERFACE_CAP)
        return false;
    packet->time_ns = ng_time_ns(ticks, capture->interface[packet->interface].resolution,
                                 capture->interface[packet->interface].offset_s);
    packet->has_time = true;
    return true;
}

/* Acts on the block at the first unread byte. True when it gave a frame; else it is taken. */
static bool take_ng_block(ap_framer *framer, size_t size, ap_frame *frame)
{
    const uint8_t *block = ap_framing_data(framer);
    ap_framer_capture *capture = &framer->capture;
    if (get_u32(block, false) == NG_SECTION) {
        (void)ng_byte_order(framer, block, &capture->little_endian); /* the look has proved it */
        capture->interface_count = 0;
    }
    uint32_t type = get_u32(block, capture->little_endian);
    const uint8_t *body = block + 8;
    captured packet;
    if (is_ng_packet(type)) {
        if (packet_of_block(framer, type, body, size - NG_BLOCK_MIN, &packet))
            return take_packet(framer, &packet, size, frame);
        ap_refuse(&framer->refused, AP_REFUSED_CONTAINER);
    } else if (type == NG_INTERFACE && size <= NG_PACKET_BLOCK_MAX) {
        take_ng_interface(framer, body, size - NG_BLOCK_MIN);
    }
    ap_framing_skip(framer, size);
    return false;
}

/* --- both --- */

/* Tells the two kinds apart. AP_ERR_MALFORMED for neither: the byte order is not known then, and
 * nothing can be found again. */
static ap_err take_head(ap_framer *framer)
{
    size_t left = ap_framing_left(framer);
    if (left < 4)
        return AP_ERR_MORE;
    framer->capture.is_pcapng = get_u32(ap_framing_data(framer), false) == NG_SECTION;
    if (!framer->capture.is_pcapng && left < PCAP_HEAD_SIZE)
        return AP_ERR_MORE;
    framer->head_done = framer->capture.is_pcapng || take_pcap_head(framer);
    return framer->head_done ? AP_OK : AP_ERR_MALFORMED;
}

static ap_err refuse_all(ap_framer *framer)
{
    if (!framer->lost)
        ap_refuse(&framer->refused, AP_REFUSED_CONTAINER);
    framer->lost = true;
    ap_framing_garbage(framer, ap_framing_left(framer));
    return ap_framing_cut(framer);
}

ap_err ap_framing_next_pcap(ap_framer *framer, ap_frame *frame)
{
    ap_err err = AP_OK;
    if (!framer->head_done)
        err = framer->lost ? AP_ERR_MALFORMED : take_head(framer);
    if (err)
        return err == AP_ERR_MALFORMED ? refuse_all(framer) : err;
    bool is_pcapng = framer->capture.is_pcapng, got = false;
    while (!got && framer->skip_size == 0) {
        size_t size;
        err = ap_framing_find(framer, is_pcapng ? look_ng_block : look_record, &size);
        if (err)
            return err;
        if (is_pcapng) {
            got = take_ng_block(framer, size, frame);
        } else {
            captured packet = packet_of_record(framer);
            got = take_packet(framer, &packet, size, frame);
        }
    }
    return got ? AP_OK : AP_ERR_MORE;
}

int ap_framing_score_pcap(const ap_framer *framer, const uint8_t *data, size_t size, bool all)
{
    (void)framer;
    (void)all;
    if (size < 12)
        return 0;
    uint32_t big = get_u32(data, false), little = get_u32(data, true);
    if (big == NG_SECTION) {
        bool known =
            get_u32(data + 8, false) == NG_BYTE_ORDER || get_u32(data + 8, true) == NG_BYTE_ORDER;
        return known ? 100 : 0;
    }
    bool known = big == PCAP_MICROSECOND || big == PCAP_NANOSECOND || little == PCAP_MICROSECOND ||
                 little == PCAP_NANOSECOND;
    return known ? 100 : 0;
}

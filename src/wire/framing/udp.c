/* From a captured packet to its UDP payload: link layer, IP, UDP. */
#include "wire/framing/framing.h"

#define LINK_NULL 0
#define LINK_ETHERNET 1
#define LINK_RAW_OLD 12
#define LINK_RAW_OPENBSD 14
#define LINK_RAW 101
#define LINK_LOOP 108
#define LINK_LINUX_SLL 113
#define LINK_IPV4 228
#define LINK_IPV6 229
#define LINK_LINUX_SLL2 276

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86DD
#define TYPE_VLAN 0x8100
#define TYPE_VLAN_SERVICE 0x88A8
#define TYPE_VLAN_OLD 0x9100

#define IP_UDP 17
#define UDP_HEADER_SIZE 8u

/* Ethernet type of the network layer, or 0 when there is none (802.3 length, unknown link). */
static uint16_t network_type(uint16_t link_type, ap_reader *packet)
{
    uint16_t type = 0;
    switch (link_type) {
    case LINK_ETHERNET:
        ap_read_bytes(packet, 12);
        type = ap_read_u16(packet);
        break;
    case LINK_LINUX_SLL:
        ap_read_bytes(packet, 14);
        type = ap_read_u16(packet);
        break;
    case LINK_LINUX_SLL2:
        type = ap_read_u16(packet);
        ap_read_bytes(packet, 18);
        break;
    case LINK_NULL:
    case LINK_LOOP:
        ap_read_bytes(packet,
                      4); /* the address family in some byte order: the version tells more */
        return ap_reader_left(packet) > 0 && packet->data[packet->at] >> 4 == 6 ? TYPE_IPV6
                                                                                : TYPE_IPV4;
    case LINK_RAW_OLD:
    case LINK_RAW_OPENBSD:
    case LINK_RAW:
    case LINK_IPV4:
    case LINK_IPV6:
        return packet->size > 0 && packet->data[0] >> 4 == 6 ? TYPE_IPV6 : TYPE_IPV4;
    default:
        return 0;
    }
    while (type == TYPE_VLAN || type == TYPE_VLAN_SERVICE || type == TYPE_VLAN_OLD) {
        ap_read_bytes(packet, 2);
        type = ap_read_u16(packet);
    }
    return type;
}

/* Steps over the IPv4 header. out: *end of the IP packet in the capture. */
static ap_err step_ipv4(ap_reader *packet, size_t *end, ap_refusal *why)
{
    size_t start = packet->at;
    uint8_t version = ap_read_u8(packet);
    size_t header = 4u * (version & 15u);
    ap_read_u8(packet);
    size_t total = ap_read_u16(packet);
    ap_read_u16(packet);
    uint16_t fragment = ap_read_u16(packet);
    ap_read_u8(packet);
    uint8_t protocol = ap_read_u8(packet);
    ap_read_bytes(packet, header < 20 ? 10 : header - 10);
    if (packet->bad)
        return AP_OK;
    *why = AP_REFUSED_CONTAINER;
    if (version >> 4 != 4 || header < 20 || (total != 0 && total < header))
        return AP_ERR_MALFORMED;
    *why = AP_REFUSED_NOT_UDP;
    if (protocol != IP_UDP)
        return AP_ERR_MALFORMED;
    *why = AP_REFUSED_IP_FRAGMENT;
    if ((fragment & 0x3FFF) != 0) /* more fragments, or not the first */
        return AP_ERR_MALFORMED;
    *end = total != 0 ? start + total : packet->size; /* 0: cut into segments by the adapter */
    return AP_OK;
}

/* Steps over extension headers. out: the protocol behind them; *fragment. */
static uint8_t step_extensions(ap_reader *packet, uint8_t next, bool *fragment)
{
    while (!packet->bad) {
        size_t size;
        switch (next) {
        case 0:   /* hop by hop */
        case 43:  /* routing */
        case 60:  /* destination options */
        case 135: /* mobility */
            next = ap_read_u8(packet);
            size = 8u * ap_read_u8(packet) + 6;
            break;
        case 44: /* fragment: whole when offset and more-flag are 0 */
            next = ap_read_u8(packet);
            ap_read_u8(packet);
            *fragment = *fragment || (ap_read_u16(packet) & 0xFFF9) != 0;
            size = 4;
            break;
        case 51: /* authentication */
            next = ap_read_u8(packet);
            size = 4u * ap_read_u8(packet) + 6;
            break;
        default:
            return next;
        }
        ap_read_bytes(packet, size);
    }
    return next;
}

static ap_err step_ipv6(ap_reader *packet, size_t *end, ap_refusal *why)
{
    uint8_t version = ap_read_u8(packet);
    ap_read_bytes(packet, 3);
    size_t length = ap_read_u16(packet);
    uint8_t next = ap_read_u8(packet);
    ap_read_bytes(packet, 33);
    *end = length != 0 ? packet->at + length : packet->size;
    bool fragment = false;
    next = step_extensions(packet, next, &fragment);
    if (packet->bad)
        return AP_OK;
    *why = AP_REFUSED_CONTAINER;
    if (version >> 4 != 6)
        return AP_ERR_MALFORMED;
    *why = AP_REFUSED_IP_FRAGMENT;
    if (fragment)
        return AP_ERR_MALFORMED;
    *why = AP_REFUSED_NOT_UDP;
    return next == IP_UDP ? AP_OK : AP_ERR_MALFORMED;
}

ap_err ap_framing_udp_payload(uint16_t link_type, const uint8_t *stored, size_t stored_size,
                              size_t sent_size, ap_bytes *payload, ap_refusal *why)
{
    ap_refusal short_why = stored_size < sent_size ? AP_REFUSED_CAPTURE_CUT : AP_REFUSED_CONTAINER;
    ap_reader packet = ap_reader_of(stored, stored_size);
    uint16_t type = network_type(link_type, &packet);
    size_t end = 0;
    *why = AP_REFUSED_NOT_UDP;
    ap_err err = AP_ERR_MALFORMED;
    if (type == TYPE_IPV4)
        err = step_ipv4(&packet, &end, why);
    else if (type == TYPE_IPV6)
        err = step_ipv6(&packet, &end, why);
    if (err && !packet.bad)
        return err;
    size_t start = packet.at;
    ap_read_bytes(&packet, 4);
    size_t length = ap_read_u16(&packet);
    ap_read_u16(&packet);
    *why = short_why;
    if (packet.bad)
        return AP_ERR_TRUNCATED;
    size_t behind = length != 0 ? start + length : end;
    if (behind > stored_size)
        return AP_ERR_TRUNCATED;
    *why = AP_REFUSED_CONTAINER;
    if (behind <= start + UDP_HEADER_SIZE || behind > end) /* a datagram of nothing too */
        return AP_ERR_MALFORMED;
    *payload = (ap_bytes){ stored + packet.at, behind - packet.at };
    return AP_OK;
}

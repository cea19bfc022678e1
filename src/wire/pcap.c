#include "wire/pcap.h"

#define SNAP_SIZE 262144u
#define LINK_ETHERNET 1u
#define TYPE_IPV4 0x0800u
#define ETHERNET_SIZE 14u
#define IP_SIZE 20u
#define UDP_SIZE 8u
#define RECORD_SIZE 16u
#define PROTOCOL_UDP 17u
#define DO_NOT_FRAGMENT 0x4000u

void ap_pcap_head(ap_writer *writer)
{
    ap_write_be(writer, 0xA1B23C4D, 4);
    ap_write_u16(writer, 2);
    ap_write_u16(writer, 4);
    ap_write_be(writer, 0, 8);
    ap_write_be(writer, SNAP_SIZE, 4);
    ap_write_be(writer, LINK_ETHERNET, 4);
}

/* Adds big-endian 16-bit words; an odd last byte counts as the upper half of one (RFC 1071). */
static uint32_t add_words(uint32_t sum, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        sum += (uint32_t)data[i] << (i % 2 == 0 ? 8 : 0);
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xFFFFu) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static bool is_multicast(uint32_t ip)
{
    return ip >> 28 == 0xE;
}

/* Multicast groups have their own hardware addresses (RFC 1112); others get a local one. */
static void write_ethernet(ap_writer *writer, const ap_pcap_route *route)
{
    if (is_multicast(route->destination_ip)) {
        ap_write_be(writer, 0x01005E, 3);
        ap_write_be(writer, route->destination_ip & 0x7FFFFF, 3);
    } else {
        ap_write_u16(writer, 0x0200);
        ap_write_be(writer, route->destination_ip, 4);
    }
    ap_write_u16(writer, 0x0200);
    ap_write_be(writer, route->source_ip, 4);
    ap_write_u16(writer, TYPE_IPV4);
}

static void write_ip(ap_writer *writer, const ap_pcap_route *route, size_t udp_size)
{
    uint8_t *header = writer->data + writer->size;
    ap_write_u16(writer, 0x4500);
    ap_write_u16(writer, (uint16_t)(IP_SIZE + udp_size));
    ap_write_u16(writer, 0);
    ap_write_u16(writer, DO_NOT_FRAGMENT);
    ap_write_u8(writer, is_multicast(route->destination_ip) ? 1 : 64);
    ap_write_u8(writer, PROTOCOL_UDP);
    ap_write_u16(writer, 0);
    ap_write_be(writer, route->source_ip, 4);
    ap_write_be(writer, route->destination_ip, 4);
    put_u16(header + 10, fold(add_words(0, header, IP_SIZE)));
}

/* The checksum also covers addresses, protocol and length (RFC 768); 0 would mean "none". */
static void write_udp(ap_writer *writer, const ap_pcap_route *route, const uint8_t *payload,
                      size_t size)
{
    uint8_t *header = writer->data + writer->size;
    size_t udp_size = UDP_SIZE + size;
    ap_write_u16(writer, route->source_port);
    ap_write_u16(writer, route->destination_port);
    ap_write_u16(writer, (uint16_t)udp_size);
    ap_write_u16(writer, 0);
    ap_write_bytes(writer, payload, size);
    uint32_t sum = add_words(PROTOCOL_UDP + (uint32_t)udp_size, header - 8, 8);
    uint16_t checksum = fold(add_words(sum, header, udp_size));
    put_u16(header + 6, checksum != 0 ? checksum : 0xFFFF);
}

ap_err ap_pcap_udp(ap_writer *writer, ap_utc_ns time, const ap_pcap_route *route,
                   const uint8_t *payload, size_t size)
{
    if (size > AP_PCAP_PAYLOAD_MAX || time < 0 || time / AP_NS_PER_S > UINT32_MAX)
        return AP_ERR_RANGE;
    if (writer->bad || writer->cap - writer->size < AP_PCAP_OVERHEAD_SIZE + size)
        return AP_ERR_FULL;
    uint64_t packet_size = ETHERNET_SIZE + IP_SIZE + UDP_SIZE + size;
    ap_write_be(writer, (uint64_t)(time / AP_NS_PER_S), 4);
    ap_write_be(writer, (uint64_t)(time % AP_NS_PER_S), 4);
    ap_write_be(writer, packet_size, 4);
    ap_write_be(writer, packet_size, 4);
    write_ethernet(writer, route);
    write_ip(writer, route, UDP_SIZE + size);
    write_udp(writer, route, payload, size);
    return AP_OK;
}

/* Both checksums of a packet, from its IP header on, come out as zero when nothing was changed. */
static bool is_whole(const uint8_t *ip, size_t udp_size)
{
    const uint8_t *udp = ip + IP_SIZE;
    uint32_t pseudo = add_words(PROTOCOL_UDP + (uint32_t)udp_size, udp - 8, 8);
    return fold(add_words(0, ip, IP_SIZE)) == 0 && fold(add_words(pseudo, udp, udp_size)) == 0;
}

ap_err ap_pcap_udp_take(const uint8_t *data, size_t size, ap_utc_ns *time, ap_pcap_route *route,
                        ap_bytes *payload)
{
    ap_reader reader = ap_reader_of(data, size);
    uint32_t second = ap_read_u32(&reader), fraction_ns = ap_read_u32(&reader);
    uint32_t stored_size = ap_read_u32(&reader), sent_size = ap_read_u32(&reader);
    if (reader.bad)
        return AP_ERR_MORE;
    if ((second | fraction_ns | stored_size | sent_size) == 0)
        return AP_ERR_END;
    const size_t least = AP_PCAP_OVERHEAD_SIZE - RECORD_SIZE;
    if (stored_size != sent_size || stored_size < least ||
        stored_size > least + AP_PCAP_PAYLOAD_MAX || fraction_ns >= AP_NS_PER_S)
        return AP_ERR_MALFORMED;
    if (size < RECORD_SIZE + stored_size)
        return AP_ERR_MORE;
    const uint8_t *ip = data + RECORD_SIZE + ETHERNET_SIZE;
    size_t udp_size = stored_size - ETHERNET_SIZE - IP_SIZE;
    reader = ap_reader_of(ip + 12, stored_size - ETHERNET_SIZE - 12);
    ap_pcap_route found = { .source_ip = ap_read_u32(&reader),
                            .destination_ip = ap_read_u32(&reader),
                            .source_port = ap_read_u16(&reader),
                            .destination_port = ap_read_u16(&reader) };
    if (ap_read_u16(&reader) != udp_size || !is_whole(ip, udp_size))
        return AP_ERR_MALFORMED;
    *time = (ap_utc_ns)second * AP_NS_PER_S + fraction_ns;
    *route = found;
    *payload = (ap_bytes){ .data = ip + IP_SIZE + UDP_SIZE, .size = udp_size - UDP_SIZE };
    return AP_OK;
}

#include "wire/framing/framing_check.h"

/* --- an encoder of captures, apart from the one under src/wire --- */

typedef struct order {
    bool little_endian;
} order;

static void put(ap_writer *w, order o, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ap_write_u8(w, (uint8_t)(value >> (8 * (o.little_endian ? i : n - 1 - i))));
}

static void put_head(ap_writer *w, order o, uint32_t magic, uint32_t link_type)
{
    put(w, o, magic, 4);
    put(w, o, 2, 2);
    put(w, o, 4, 2);
    put(w, o, 0, 8);
    put(w, o, 65535, 4);
    put(w, o, link_type, 4);
}

static void put_record(ap_writer *w, order o, uint32_t time_s, uint32_t fraction,
                       const ap_writer *packet, size_t sent_size)
{
    put(w, o, time_s, 4);
    put(w, o, fraction, 4);
    put(w, o, packet->size, 4);
    put(w, o, sent_size, 4);
    ap_write_bytes(w, packet->data, packet->size);
}

static void put_udp(ap_writer *w, const ap_writer *payload)
{
    ap_write_u16(w, 8600);
    ap_write_u16(w, 8600);
    ap_write_u16(w, (uint16_t)(8 + payload->size));
    ap_write_u16(w, 0);
    ap_write_bytes(w, payload->data, payload->size);
}

static void put_ipv4(ap_writer *w, uint16_t fragment, uint8_t protocol, size_t option_words,
                     const ap_writer *payload)
{
    ap_write_u8(w, (uint8_t)(0x45 + option_words));
    ap_write_u8(w, 0);
    ap_write_u16(w, (uint16_t)(28 + 4 * option_words + payload->size));
    ap_write_u16(w, 0);
    ap_write_u16(w, fragment);
    ap_write_u8(w, 64);
    ap_write_u8(w, protocol);
    ap_write_be(w, 0, 2);
    ap_write_be(w, 0x0A000001, 4);
    ap_write_be(w, 0xE0000001, 4);
    for (size_t i = 0; i < option_words; i++)
        ap_write_be(w, 0x01010101, 4);
    put_udp(w, payload);
}

static void put_ipv6(ap_writer *w, bool extensions, uint16_t fragment, const ap_writer *payload)
{
    size_t size = 8 + payload->size + (extensions ? 8 + 16 + 8 : 0);
    ap_write_be(w, 0x60000000, 4);
    ap_write_u16(w, (uint16_t)size);
    ap_write_u8(w, extensions ? 0 : 17);
    ap_write_u8(w, 64);
    for (size_t i = 0; i < 32; i++)
        ap_write_u8(w, (uint8_t)i);
    if (extensions) {
        ap_write_be(w, UINT64_C(0x3C00000000000000), 8); /* hop by hop, then options */
        ap_write_be(w, UINT64_C(0x2C01000000000000), 8); /* options of 16, then fragment */
        ap_write_be(w, 0, 8);
        ap_write_u16(w, 17 << 8);
        ap_write_u16(w, fragment);
        ap_write_be(w, 7, 4);
    }
    put_udp(w, payload);
}

static void put_ethernet(ap_writer *w, unsigned vlan_tags, uint16_t type)
{
    ap_write_be(w, 0x01005E000001, 6);
    ap_write_be(w, 0x020000000001, 6);
    for (unsigned i = 0; i < vlan_tags; i++) {
        ap_write_u16(w, i == 0 && vlan_tags > 1 ? 0x88A8 : 0x8100);
        ap_write_u16(w, (uint16_t)(100 + i));
    }
    ap_write_u16(w, type);
}

/* A capture of one packet in which only the link layer differs. */
typedef struct link_case {
    const char *name;
    uint32_t link_type;
    const char *prefix;
    size_t prefix_size;
    bool ipv6, extensions;
    size_t option_words;
} link_case;

static const link_case links[] = {
    { "ethernet", 1, "\1\0\136\0\0\1\2\0\0\0\0\1\x08\x00", 14, false, false, 0 },
    { "ethernet, options", 1, "\1\0\136\0\0\1\2\0\0\0\0\1\x08\x00", 14, false, false, 3 },
    { "ethernet, ipv6", 1, "\1\0\136\0\0\1\2\0\0\0\0\1\x86\xDD", 14, true, false, 0 },
    { "ethernet, extensions", 1, "\1\0\136\0\0\1\2\0\0\0\0\1\x86\xDD", 14, true, true, 0 },
    { "vlan", 1, "\1\0\136\0\0\1\2\0\0\0\0\1\x81\x00\0\5\x08\x00", 18, false, false, 0 },
    { "double vlan", 1, "\1\0\136\0\0\1\2\0\0\0\0\1\x88\xA8\0\5\x81\0\0\6\x86\xDD", 22, true, false,
      0 },
    { "cooked", 113, "\0\0\0\1\0\6\1\2\3\4\5\6\0\0\x08\x00", 16, false, false, 0 },
    { "cooked 2", 276, "\x08\x00\0\0\0\0\0\1\0\1\0\6\1\2\3\4\5\6\0\0", 20, false, false, 0 },
    { "raw", 101, "", 0, false, false, 0 },
    { "raw, ipv6", 101, "", 0, true, false, 0 },
    { "ipv4", 228, "", 0, false, false, 1 },
    { "ipv6", 229, "", 0, true, true, 0 },
    { "null, little endian", 0, "\2\0\0\0", 4, false, false, 0 },
    { "null, big endian ipv6", 0, "\0\0\0\36", 4, true, false, 0 },
    { "loop", 108, "\0\0\0\2", 4, false, false, 0 },
    { "ethernet with a checksum behind", 0x14000001, "\1\0\136\0\0\1\2\0\0\0\0\1\x08\x00", 14,
      false, false, 0 },
};

static void put_packet(ap_writer *w, const link_case *link, const ap_writer *payload)
{
    ap_write_bytes(w, link->prefix, link->prefix_size);
    if (link->ipv6)
        put_ipv6(w, link->extensions, 0, payload);
    else
        put_ipv4(w, 0x4000, 17, link->option_words, payload);
    ap_write_bytes(w, "pad", 3); /* of Ethernet: not part of the datagram */
}

static void test_next_link_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        uint8_t data[400], packet[300], blocks[100];
        ap_writer w = ap_writer_of(data, sizeof data), p = ap_writer_of(packet, sizeof packet),
                  b = ap_writer_of(blocks, sizeof blocks);
        put_block(&b, 34, 1, 1);
        put_block(&b, 200, 2, 2);
        put_packet(&p, &links[i], &b);
        put_head(&w, (order){ true }, 0xA1B2C3D4, links[i].link_type);
        put_record(&w, (order){ true }, 1717664319, 147975, &p, p.size);
        run *r = run_any_cut(AP_FORMAT_PCAP, data, w.size);
        if (r->count != 1)
            fail_msg("%s: %zu frames", links[i].name, r->count);
        assert_int_equal(r->frame[0].size, b.size);
        assert_memory_equal(r->frame[0].data, blocks, b.size);
        assert_memory_equal(data + r->frame[0].offset, blocks, b.size);
        assert_int_equal(r->frame[0].time_kind, AP_FRAME_TIME_UTC);
        assert_int_equal(r->frame[0].time_ns, INT64_C(1717664319147975000));
        assert_int_equal(ap_refusals_total(&r->refused), 0);
        free(r);
    }
}

static void test_next_byte_orders_and_units(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        order o = { i % 2 == 1 };
        bool nanosecond = i >= 2;
        uint8_t data[400], packet[100], blocks[50];
        ap_writer w = ap_writer_of(data, sizeof data), p = ap_writer_of(packet, sizeof packet),
                  b = ap_writer_of(blocks, sizeof blocks);
        put_block(&b, 2, 1, 1);
        put_packet(&p, &links[0], &b);
        put_head(&w, o, nanosecond ? 0xA1B23C4D : 0xA1B2C3D4, 1);
        put_record(&w, o, 4294967295, nanosecond ? 999999999 : 999999, &p, p.size);
        put_record(&w, o, 0, 1, &p, p.size);
        run *r = run_any_cut(AP_FORMAT_AUTO, data, w.size);
        assert_int_equal(r->format, AP_FORMAT_PCAP);
        assert_int_equal(r->count, 2);
        assert_int_equal(r->frame[0].time_ns,
                         INT64_C(4294967295000000000) + (nanosecond ? 999999999 : 999999000));
        assert_int_equal(r->frame[1].time_ns, nanosecond ? 1 : 1000);
        free(r);
    }
}

static void test_next_refused_packets(void **state)
{
    (void)state;
    uint8_t data[2000], packet[300], blocks[50];
    const order o = { true };
    ap_writer w = ap_writer_of(data, sizeof data), b = ap_writer_of(blocks, sizeof blocks), p;
    put_block(&b, 2, 1, 1);
    put_head(&w, o, 0xA1B2C3D4, 1);

    p = ap_writer_of(packet, sizeof packet); /* 802.3 with LLC */
    put_ethernet(&p, 0, 40);
    put_ipv4(&p, 0, 17, 0, &b);
    put_record(&w, o, 10, 0, &p, p.size);
    p = ap_writer_of(packet, sizeof packet); /* ARP */
    put_ethernet(&p, 1, 0x0806);
    ap_write_be(&p, 1, 8);
    put_record(&w, o, 11, 0, &p, p.size);
    p = ap_writer_of(packet, sizeof packet); /* TCP */
    put_ethernet(&p, 0, 0x0800);
    put_ipv4(&p, 0, 6, 0, &b);
    put_record(&w, o, 12, 0, &p, p.size);
    static const uint16_t fragments[] = { 0x2000, 0x0001 };
    for (size_t i = 0; i < 2; i++) { /* first, later */
        p = ap_writer_of(packet, sizeof packet);
        put_ethernet(&p, 0, 0x0800);
        put_ipv4(&p, fragments[i], 17, 0, &b);
        put_record(&w, o, 13, 0, &p, p.size);
    }
    p = ap_writer_of(packet, sizeof packet);
    put_ethernet(&p, 0, 0x86DD);
    put_ipv6(&p, true, 0x0008, &b);
    put_record(&w, o, 14, 0, &p, p.size);
    static const size_t cuts[] = { 1, 15, 30, 50 }; /* in blocks, UDP, IP, Ethernet */
    for (size_t i = 0; i < 4; i++) {
        p = ap_writer_of(packet, sizeof packet);
        put_ethernet(&p, 0, 0x0800);
        put_ipv4(&p, 0, 17, 0, &b);
        p.size -= cuts[i];
        put_record(&w, o, 15, 0, &p, p.size + cuts[i]);
    }
    p = ap_writer_of(packet, sizeof packet); /* shorter than its own length, not cut */
    put_ethernet(&p, 0, 0x0800);
    put_ipv4(&p, 0, 17, 0, &b);
    put_record(&w, o, 16, 0, &(ap_writer){ .data = packet, .size = p.size - 1 }, p.size - 1);
    put_record(&w, o, 17, 0, &p, p.size);
    p = ap_writer_of(packet, sizeof packet); /* a datagram of nothing */
    put_ethernet(&p, 0, 0x0800);
    put_ipv4(&p, 0, 17, 0, &(ap_writer){ .data = blocks });
    put_record(&w, o, 18, 0, &p, p.size);

    run *r = run_any_cut(AP_FORMAT_PCAP, data, w.size);
    assert_int_equal(r->count, 1);
    assert_int_equal(r->frame[0].time_ns, 17 * AP_NS_PER_S);
    assert_int_equal(r->refused.count[AP_REFUSED_NOT_UDP], 3);
    assert_int_equal(r->refused.count[AP_REFUSED_IP_FRAGMENT], 3);
    assert_int_equal(r->refused.count[AP_REFUSED_CAPTURE_CUT], 4);
    assert_int_equal(r->refused.count[AP_REFUSED_CONTAINER], 2);
    assert_int_equal(ap_refusals_total(&r->refused), 12);
    free(r);
}

/* ORADIS elements of one datagram come one by one, with the time of the packet. */
static void test_next_oradis_datagram(void **state)
{
    (void)state;
    uint8_t data[400], packet[200], payload[120];
    ap_writer w = ap_writer_of(data, sizeof data), p = ap_writer_of(packet, sizeof packet),
              b = ap_writer_of(payload, sizeof payload);
    for (uint8_t i = 0; i < 3; i++) {
        ap_write_u16(&b, (uint16_t)(6 + 3 + 8 * (1 + i)));
        ap_write_be(&b, 45826101, 4);
        put_block(&b, 34, 1 + i, i);
    }
    put_packet(&p, &links[0], &b);
    put_head(&w, (order){ true }, 0xA1B2C3D4, 1);
    put_record(&w, (order){ true }, 5, 0, &p, p.size);
    put_record(&w, (order){ true }, 6, 0, &p, p.size);
    run *r = run_any_cut(AP_FORMAT_PCAP, data, w.size);
    assert_int_equal(r->count, 6);
    for (uint8_t i = 0; i < 6; i++) {
        assert_int_equal(r->frame[i].size, 3 + 8 * (1 + i % 3));
        assert_int_equal(r->frame[i].data[5], i % 3);
        assert_int_equal(r->frame[i].time_ns, (5 + i / 3) * AP_NS_PER_S);
    }
    free(r);
}

/* Beast elements in a datagram (with a doubled 1A, a receiver's name, a status): each Mode S frame
 * has the packet's time and its own ticks. A datagram that they do not fill is handed on whole. */
static void test_next_beast_datagram(void **state)
{
    (void)state;
    static const uint8_t
        elements[] = {
            0x1A, 0xE3, 0, 0, 0, 0,    0,    0,  0,    7, /* receiver 7 */
            0x1A, '2',  0, 0, 0, 0x1A, 0x1A, 1,  2,    0x80, 1,  2,
            3,    4,    5, 6, 7, 0x1A, '4',  0,  0, /* status */
            0x1A, '3',  0, 0, 0, 0,    0,    9,  0x90, 0x8D, 1,  2,
            3,    4,    5, 6, 7, 8,    9,    10, 11,   12,   13,
        };
    uint8_t data[400], packet[200], payload[120];
    ap_writer w = ap_writer_of(data, sizeof data), p = ap_writer_of(packet, sizeof packet),
              b = ap_writer_of(payload, sizeof payload);
    ap_write_bytes(&b, elements, sizeof elements);
    put_packet(&p, &links[0], &b);
    put_head(&w, (order){ true }, 0xA1B2C3D4, 1);
    put_record(&w, (order){ true }, 5, 0, &p, p.size);
    put_record(&w, (order){ true }, 6, 0, &p, p.size);
    p.size = b.size = 0;
    ap_write_bytes(&b, elements, sizeof elements - 1);
    put_packet(&p, &links[0], &b);
    put_record(&w, (order){ true }, 7, 0, &p, p.size);
    run *r = run_any_cut(AP_FORMAT_PCAP, data, w.size);
    assert_int_equal(r->count, 5);
    for (uint8_t i = 0; i < 4; i++) {
        const ap_frame *frame = &r->frame[i];
        assert_int_equal(frame->kind, AP_FRAME_MODES);
        assert_int_equal(frame->time_kind, AP_FRAME_TIME_UTC);
        assert_int_equal(frame->time_ns, (5 + i / 2) * AP_NS_PER_S);
        assert_int_equal(frame->size, i % 2 == 0 ? 7 : 14);
        assert_int_equal(frame->ticks_12mhz, i % 2 == 0 ? 0x1A0102 : 9);
        assert_int_equal(frame->data[frame->size - 1], i % 2 == 0 ? 7 : 13);
        assert_int_equal(frame->has_receiver, i % 2 == 0);
    }
    assert_int_equal(r->frame[4].kind, AP_FRAME_ASTERIX);
    assert_int_equal(r->refused.count[AP_REFUSED_STATUS_FRAME], 2);
    free(r);
}

/* A damaged record header costs its packet; what follows is found again. */
static void test_next_damaged_record(void **state)
{
    (void)state;
    for (unsigned damage = 0; damage < 3; damage++) {
        uint8_t data[2000], packet[100], blocks[50];
        const order o = { true };
        ap_writer w = ap_writer_of(data, sizeof data), p = ap_writer_of(packet, sizeof packet),
                  b = ap_writer_of(blocks, sizeof blocks);
        put_block(&b, 34, 1, 1);
        put_packet(&p, &links[0], &b);
        put_head(&w, o, 0xA1B2C3D4, 1);
        for (uint32_t i = 0; i < 10; i++) {
            size_t at = w.size;
            put_record(&w, o, 1717664319 + i, i, &p, p.size);
            if (i == 5 && damage == 0)
                data[at + 7] = 0xFF; /* fraction */
            if (i == 5 && damage == 1)
                data[at + 11] = 0x70; /* stored size of gigabytes */
            if (i == 5 && damage == 2)
                ap_write_bytes(&w, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 7);
        }
        run *r = run_any_cut(AP_FORMAT_PCAP, data, w.size);
        assert_int_equal(r->count, damage == 2 ? 10 : 9);
        assert_int_equal(r->frame[8].time_ns, (1717664319 + (damage == 2 ? 8 : 9)) * AP_NS_PER_S +
                                                  (damage == 2 ? 8000 : 9000));
        assert_int_equal(r->refused.count[AP_REFUSED_CONTAINER], 1);
        assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], damage == 2 ? 7 : 16 + p.size);
        free(r);
    }
}

/* Led astray by a damaged length, what is taken for a record may have any time: the capture is not
 * sought there from then on. A clock that was set is followed by all that comes. */
static void test_next_time_far_off(void **state)
{
    (void)state;
    for (unsigned is_set = 0; is_set < 2; is_set++) {
        uint8_t data[2000], packet[100], blocks[50];
        const order o = { true };
        ap_writer w = ap_writer_of(data, sizeof data), p = ap_writer_of(packet, sizeof packet),
                  b = ap_writer_of(blocks, sizeof blocks);
        const ap_writer no_packet = ap_writer_of(blocks, 4);
        put_block(&b, 34, 1, 1);
        put_packet(&p, &links[0], &b);
        put_head(&w, o, 0xA1B2C3D4, 1);
        for (uint32_t i = 0; i < 10; i++) {
            if (i == 5) {
                if (!is_set)
                    put_record(&w, o, 0x01000000, 0, &no_packet, 4);
                ap_write_bytes(&w, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF", is_set ? 0 : 7);
            }
            put_record(&w, o, (is_set && i >= 5 ? 86400 * 30 : 1717664319) + i, i, &p, p.size);
            if (is_set && i == 7)
                ap_write_bytes(&w, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 7);
        }
        run *r = run_any_cut(AP_FORMAT_PCAP, data, w.size);
        assert_int_equal(r->count, 10);
        assert_int_equal(r->frame[9].time_ns,
                         ((is_set ? 86400 * 30 : 1717664319) + 9) * AP_NS_PER_S + 9000);
        assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], 7);
        free(r);
    }
}

static void test_next_cut_and_wrong_head(void **state)
{
    (void)state;
    uint8_t data[400], packet[100], blocks[50];
    ap_writer w = ap_writer_of(data, sizeof data), p = ap_writer_of(packet, sizeof packet),
              b = ap_writer_of(blocks, sizeof blocks);
    put_block(&b, 34, 1, 1);
    put_packet(&p, &links[0], &b);
    put_head(&w, (order){ true }, 0xA1B2C3D4, 1);
    put_record(&w, (order){ true }, 5, 0, &p, p.size);
    put_record(&w, (order){ true }, 6, 0, &p, p.size);
    run *r = run_any_cut(AP_FORMAT_PCAP, data, w.size - 20);
    assert_int_equal(r->count, 1);
    assert_int_equal(r->refused.count[AP_REFUSED_TRUNCATED], 1);
    free(r);
    r = run_make(AP_FORMAT_PCAP, data, 20, 3); /* into the head */
    assert_int_equal(r->end, AP_ERR_END);
    assert_int_equal(r->refused.count[AP_REFUSED_TRUNCATED], 1);
    free(r);
    data[0] = 0;
    r = run_any_cut(AP_FORMAT_PCAP, data, w.size);
    assert_int_equal(r->end, AP_ERR_END);
    assert_int_equal(r->refused.count[AP_REFUSED_CONTAINER], 1);
    assert_int_equal(r->refused.count[AP_REFUSED_GARBAGE_BYTES], w.size);
    free(r);
}

/* --- pcapng --- */

static size_t open_ng(ap_writer *w, order o, uint32_t type)
{
    put(w, o, type, 4);
    put(w, o, 0, 4);
    return w->size - 8;
}

static void close_ng(ap_writer *w, order o, size_t at)
{
    while ((w->size - at) % 4 != 0)
        ap_write_u8(w, 0);
    uint32_t length = (uint32_t)(w->size - at + 4);
    ap_writer field = ap_writer_of(w->data + at + 4, 4);
    put(&field, o, length, 4);
    put(w, o, length, 4);
}

static void put_section(ap_writer *w, order o)
{
    size_t at = open_ng(w, o, 0x0A0D0D0A);
    put(w, o, 0x1A2B3C4D, 4);
    put(w, o, 1, 2);
    put(w, o, 0, 2);
    put(w, o, UINT64_MAX, 8);
    close_ng(w, o, at);
}

/* resolution 0: no option; offset_s 0: no option. */
static void put_interface(ap_writer *w, order o, uint16_t link_type, uint8_t resolution,
                          int64_t offset_s, uint32_t snap_size)
{
    size_t at = open_ng(w, o, 1);
    put(w, o, link_type, 2);
    put(w, o, 0, 2);
    put(w, o, snap_size, 4);
    put(w, o, 2, 2); /* a name, passed over */
    put(w, o, 3, 2);
    ap_write_bytes(w, "eth\0", 4);
    if (resolution != 0) {
        put(w, o, 9, 2);
        put(w, o, 1, 2);
        ap_write_bytes(w, (const uint8_t[]){ resolution, 0, 0, 0 }, 4);
    }
    if (offset_s != 0) {
        put(w, o, 14, 2);
        put(w, o, 8, 2);
        put(w, o, (uint64_t)offset_s, 8);
    }
    put(w, o, 0, 4);
    close_ng(w, o, at);
}

static void put_enhanced(ap_writer *w, order o, uint32_t interface, uint64_t ticks,
                         const ap_writer *packet)
{
    size_t at = open_ng(w, o, 6);
    put(w, o, interface, 4);
    put(w, o, ticks >> 32, 4);
    put(w, o, ticks & UINT32_MAX, 4);
    put(w, o, packet->size, 4);
    put(w, o, packet->size, 4);
    ap_write_bytes(w, packet->data, packet->size);
    close_ng(w, o, at);
}

static void put_obsolete(ap_writer *w, order o, uint16_t interface, uint64_t ticks,
                         const ap_writer *packet)
{
    size_t at = open_ng(w, o, 2);
    put(w, o, interface, 2);
    put(w, o, 0, 2);
    put(w, o, ticks >> 32, 4);
    put(w, o, ticks & UINT32_MAX, 4);
    put(w, o, packet->size, 4);
    put(w, o, packet->size, 4);
    ap_write_bytes(w, packet->data, packet->size);
    close_ng(w, o, at);
}

static void put_simple(ap_writer *w, order o, const ap_writer *packet, size_t sent_size)
{
    size_t at = open_ng(w, o, 3);
    put(w, o, sent_size, 4);
    ap_write_bytes(w, packet->data, packet->size);
    close_ng(w, o, at);
}

static void test_next_pcapng(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        order o = { i == 0 }, other = { i == 1 };
        uint8_t data[3000], packet[100], raw[100], blocks[50];
        ap_writer w = ap_writer_of(data, sizeof data), p = ap_writer_of(packet, sizeof packet),
                  q = ap_writer_of(raw, sizeof raw), b = ap_writer_of(blocks, sizeof blocks);
        put_block(&b, 34, 1, 1);
        put_packet(&p, &links[0], &b);
        put_packet(&q, &links[8], &b);
        put_section(&w, o);
        put_interface(&w, o, 1, 0, 0, 0);
        put_interface(&w, o, 101, 9, 0, 0);
        put_interface(&w, o, 1, 0x80 + 20, 1000, 0);
        put_interface(&w, o, 1, 12, -10, 0);
        put_interface(&w, o, 1, 0x80 + 40, 0, 0);
        size_t at = open_ng(&w, o, 5); /* statistics */
        put(&w, o, 0, 8);
        close_ng(&w, o, at);
        put_enhanced(&w, o, 0, UINT64_C(1717664319147975), &p);
        put_enhanced(&w, o, 1, UINT64_C(1717664319147975123), &q);
        put_enhanced(&w, o, 2, (UINT64_C(1717664319) << 20) + (1 << 19), &p);
        put_enhanced(&w, o, 3, UINT64_C(17176643191234567890), &p);
        put_enhanced(&w, o, 4, (UINT64_C(16000) << 40) + (UINT64_C(3) << 38), &p);
        put_obsolete(&w, o, 0, 2000001, &p);
        put_simple(&w, o, &p, p.size);
        put_enhanced(&w, o, 9, 1, &p); /* no such interface */
        put_section(&w, other);
        put_interface(&w, other, 1, 0, 0, 0);
        put_enhanced(&w, other, 0, 3000000, &p);
        put_enhanced(&w, other, 1, 3000000, &p); /* of the section before */
        run *r = run_any_cut(AP_FORMAT_AUTO, data, w.size);
        assert_int_equal(r->format, AP_FORMAT_PCAP);
        static const int64_t times_ns[] = { 1717664319147975000,
                                            1717664319147975123,
                                            1717665319500000000,
                                            17176633191234567,
                                            16000750000000,
                                            2000001000,
                                            0,
                                            3000000000 };
        assert_int_equal(r->count, 8);
        for (size_t k = 0; k < 8; k++) {
            assert_memory_equal(r->frame[k].data, blocks, b.size);
            assert_int_equal(r->frame[k].time_kind,
                             k == 6 ? AP_FRAME_TIME_NONE : AP_FRAME_TIME_UTC);
            assert_int_equal(r->frame[k].time_ns, times_ns[k]);
        }
        assert_int_equal(r->refused.count[AP_REFUSED_CONTAINER], 2);
        assert_int_equal(ap_refusals_total(&r->refused), 2);
        free(r);
    }
}

/* Times that no capture has are counted and left out; their packets are not. */
static void test_next_pcapng_times_out_of_range(void **state)
{
    (void)state;
    static const struct {
        uint64_t ticks;
        int64_t offset_s;
        bool believed;
    } cases[] = { { UINT64_C(4300000000), 0, true }, { UINT64_C(4300000001), 0, false },
                  { 0, -INT64_C(4300000000), true }, { 0, -INT64_C(4300000001), false },
                  { 0, INT64_C(9223372035), false }, { 0, INT64_MAX, false },
                  { 0, INT64_MIN, false },           { UINT64_MAX, INT64_MIN, false },
                  { UINT64_MAX, INT64_MAX, false },  { UINT64_C(5000000000), -1000000000, true } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        order o = { true };
        uint8_t data[400], packet[100], blocks[50];
        ap_writer w = ap_writer_of(data, sizeof data), p = ap_writer_of(packet, sizeof packet),
                  b = ap_writer_of(blocks, sizeof blocks);
        put_block(&b, 34, 1, 1);
        put_packet(&p, &links[0], &b);
        put_section(&w, o);
        put_interface(&w, o, 1, 0x80, cases[i].offset_s, 0); /* ticks of a second */
        put_enhanced(&w, o, 0, cases[i].ticks, &p);
        run *r = run_any_cut(AP_FORMAT_PCAP, data, w.size);
        assert_int_equal(r->count, 1);
        assert_int_equal(r->frame[0].time_kind,
                         cases[i].believed ? AP_FRAME_TIME_UTC : AP_FRAME_TIME_NONE);
        assert_int_equal(
            r->frame[0].time_ns,
            cases[i].believed ? ((int64_t)cases[i].ticks + cases[i].offset_s) * 1000000000 : 0);
        assert_int_equal(r->refused.count[AP_REFUSED_CONTAINER], !cases[i].believed);
        free(r);
    }
}

static void test_next_pcapng_damage(void **state)
{
    (void)state;
    uint8_t data[3000], packet[100], blocks[50];
    const order o = { true };
    ap_writer w = ap_writer_of(data, sizeof data), p = ap_writer_of(packet, sizeof packet),
              b = ap_writer_of(blocks, sizeof blocks);
    put_block(&b, 34, 1, 1);
    put_packet(&p, &links[0], &b);
    put_section(&w, o);
    put_interface(&w, o, 1, 0, 0, 60);
    put_enhanced(&w, o, 0, 1, &p);
    size_t at = w.size;
    put_enhanced(&w, o, 0, 2, &p);
    data[at + 4] ^= 8; /* first length */
    put_enhanced(&w, o, 0, 3, &p);
    ap_write_bytes(&w, "garbage", 7);
    put_enhanced(&w, o, 0, 4, &p);
    put_simple(&w, o, &(ap_writer){ .data = packet, .size = p.size - 12 }, p.size);
    put_enhanced(&w, o, 0, 5, &p);
    w.size -= 9;
    run *r = run_any_cut(AP_FORMAT_PCAP, data, w.size);
    assert_int_equal(r->count, 3);
    assert_int_equal(r->frame[1].time_ns, 3000);
    assert_int_equal(r->frame[2].time_ns, 4000);
    assert_int_equal(r->refused.count[AP_REFUSED_CONTAINER], 2);
    assert_int_equal(r->refused.count[AP_REFUSED_CAPTURE_CUT], 1);
    assert_int_equal(r->refused.count[AP_REFUSED_TRUNCATED], 1);
    free(r);
}

/* Blocks too long to be kept are passed over as they come; interfaces beyond the table are not. */
static void test_next_pcapng_caps(void **state)
{
    (void)state;
    enum { LONG = 400000 };
    uint8_t *data = calloc(1, LONG + 8000), packet[100], blocks[50];
    assert_non_null(data);
    const order o = { true };
    ap_writer w = ap_writer_of(data, LONG + 8000), p = ap_writer_of(packet, sizeof packet),
              b = ap_writer_of(blocks, sizeof blocks);
    put_block(&b, 34, 1, 1);
    put_packet(&p, &links[0], &b);
    put_section(&w, o);
    size_t at = open_ng(&w, o, 0x0000000A); /* secrets */
    w.size += LONG;
    close_ng(&w, o, at);
    for (unsigned i = 0; i < AP_FRAMER_INTERFACE_CAP + 2; i++)
        put_interface(&w, o, 1, 0, 0, 0);
    put_enhanced(&w, o, AP_FRAMER_INTERFACE_CAP - 1, 1, &p);
    put_enhanced(&w, o, AP_FRAMER_INTERFACE_CAP, 2, &p);
    assert_false(w.bad);
    static const size_t chunks[] = { 1000, 65536, 1000000 };
    for (size_t i = 0; i < 3; i++) {
        run *r = run_make(AP_FORMAT_AUTO, data, w.size, chunks[i]);
        assert_int_equal(r->count, 1);
        assert_int_equal(r->frame[0].time_ns, 1000);
        assert_int_equal(r->refused.count[AP_REFUSED_CONTAINER], 2 + 1);
        free(r);
    }
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_link_types),
        cmocka_unit_test(test_next_byte_orders_and_units),
        cmocka_unit_test(test_next_refused_packets),
        cmocka_unit_test(test_next_oradis_datagram),
        cmocka_unit_test(test_next_beast_datagram),
        cmocka_unit_test(test_next_damaged_record),
        cmocka_unit_test(test_next_time_far_off),
        cmocka_unit_test(test_next_cut_and_wrong_head),
        cmocka_unit_test(test_next_pcapng),
        cmocka_unit_test(test_next_pcapng_times_out_of_range),
        cmocka_unit_test(test_next_pcapng_damage),
        cmocka_unit_test(test_next_pcapng_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

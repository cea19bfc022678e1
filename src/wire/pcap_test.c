#include "wire/pcap.h"

#include "wire/framing/framing_check.h"

static const ap_pcap_route multicast = { .source_ip = 0x0A000001,
                                         .destination_ip = 0xE8FF0102,
                                         .source_port = 8601,
                                         .destination_port = 8600 };

/* RFC 1071 written anew: the sum over data and its checksum is all ones. */
static uint16_t ones_sum(uint32_t sum, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i + 1 < size; i += 2)
        sum += (uint32_t)data[i] * 256u + data[i + 1];
    if (size % 2 == 1)
        sum += (uint32_t)data[size - 1] * 256u;
    while (sum > 0xFFFF)
        sum = sum % 65536u + sum / 65536u;
    return (uint16_t)sum;
}

static uint32_t word(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

static void test_pcap_udp_bytes(void **state)
{
    (void)state;
    for (size_t size = 0; size < 40; size++) {
        uint8_t data[400], payload[40];
        for (size_t i = 0; i < size; i++)
            payload[i] = (uint8_t)(i * 37 + size);
        ap_writer w = ap_writer_of(data, sizeof data);
        ap_pcap_head(&w);
        assert_int_equal(w.size, AP_PCAP_HEAD_SIZE);
        assert_int_equal(ap_pcap_udp(&w, INT64_C(1717664319147975123), &multicast, payload, size),
                         AP_OK);
        assert_int_equal(w.size, AP_PCAP_HEAD_SIZE + AP_PCAP_OVERHEAD_SIZE + size);
        const uint8_t *record = data + AP_PCAP_HEAD_SIZE, *ip = record + 30, *udp = ip + 20;
        assert_int_equal(word(data), 0xA1B23C4D);
        assert_int_equal(word(record), 1717664319);
        assert_int_equal(word(record + 4), 147975123);
        assert_int_equal(word(record + 8), 42 + size);
        assert_int_equal(word(record + 12), 42 + size);
        /* RFC 1112: the group's low 23 bits behind 01-00-5E */
        assert_memory_equal(record + 16, "\x01\x00\x5E\x7F\x01\x02", 6);
        assert_int_equal(ones_sum(0, ip, 20), 0xFFFF);
        assert_int_equal(ip[2] << 8 | ip[3], (int)(28 + size));
        assert_int_equal(ones_sum(17 + 8 + (uint32_t)size, ip + 12, 8 + 8 + size), 0xFFFF);
        assert_int_equal(udp[2] << 8 | udp[3], 8600);
        assert_memory_equal(udp + 8, payload, size);
    }
}

static void test_pcap_udp_is_read_back(void **state)
{
    (void)state;
    static const ap_pcap_route unicast = { 0xC0000201, 0xC0000202, 1, 2 };
    uint8_t data[1000], block[100];
    ap_writer w = ap_writer_of(data, sizeof data), b = ap_writer_of(block, sizeof block);
    put_block(&b, 34, 2, 1);
    ap_pcap_head(&w);
    for (int64_t i = 0; i < 5; i++)
        assert_int_equal(
            ap_pcap_udp(&w, i * 1000000001, i % 2 ? &unicast : &multicast, b.data, b.size), AP_OK);
    run *r = run_any_cut(AP_FORMAT_AUTO, data, w.size);
    assert_int_equal(r->count, 5);
    for (int64_t i = 0; i < 5; i++) {
        assert_int_equal(r->frame[i].time_ns, i * 1000000001);
        assert_int_equal(r->frame[i].size, b.size);
        assert_memory_equal(r->frame[i].data, block, b.size);
    }
    assert_int_equal(ap_refusals_total(&r->refused), 0);
    free(r);
}

static void test_pcap_udp_refuses(void **state)
{
    (void)state;
    static uint8_t payload[AP_PCAP_PAYLOAD_MAX + 1], data[70000];
    ap_writer w = ap_writer_of(data, sizeof data);
    assert_int_equal(ap_pcap_udp(&w, 0, &multicast, payload, sizeof payload), AP_ERR_RANGE);
    assert_int_equal(ap_pcap_udp(&w, -1, &multicast, payload, 1), AP_ERR_RANGE);
    assert_int_equal(ap_pcap_udp(&w, INT64_C(4294967296000000000), &multicast, payload, 1),
                     AP_ERR_RANGE);
    assert_int_equal(w.size, 0);
    assert_int_equal(ap_pcap_udp(&w, 0, &multicast, payload, AP_PCAP_PAYLOAD_MAX), AP_OK);
    size_t size = w.size;
    assert_int_equal(ap_pcap_udp(&w, 0, &multicast, payload, AP_PCAP_PAYLOAD_MAX), AP_ERR_FULL);
    assert_int_equal(w.size, size);
    assert_false(w.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pcap_udp_bytes),
        cmocka_unit_test(test_pcap_udp_is_read_back),
        cmocka_unit_test(test_pcap_udp_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

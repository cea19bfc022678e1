#include "app/decode_capture.h"

#include "airpicture/asterix.h"
#include "app/paths.h"
#include "wire/pcap.h"

/* Documentation addresses (RFC 5737), ASTERIX's port. */
static const ap_pcap_route route = { 0xC0000201, 0xC0000202, 8600, 8600 };

ap_err ap_decode_capture_open(ap_decode_capture *capture, const char *path,
                              char message[AP_IO_MESSAGE_SIZE])
{
    return ap_decode_capture_open_as(capture, path, ap_path_ends_with(path, ".pcap"), message);
}

ap_err ap_decode_capture_open_as(ap_decode_capture *capture, const char *path, bool is_pcap,
                                 char message[AP_IO_MESSAGE_SIZE])
{
    capture->is_pcap = is_pcap;
    ap_err err = ap_output_open(&capture->output, path, message);
    if (err || !capture->is_pcap)
        return err;
    uint8_t head[AP_PCAP_HEAD_SIZE];
    ap_writer writer = ap_writer_of(head, sizeof head);
    ap_pcap_head(&writer);
    return ap_output_write(&capture->output, head, writer.size);
}

size_t ap_decode_capture_block_max(const ap_decode_capture *capture)
{
    return capture->is_pcap ? AP_PCAP_PAYLOAD_MAX : AP_ASTERIX_BLOCK_SIZE_MAX;
}

/* The nearest time that the capture's unsigned seconds hold. */
static ap_utc_ns capture_time(ap_utc_ns time)
{
    const ap_utc_ns last = UINT32_MAX * AP_NS_PER_S;
    return time < 0 ? 0 : time > last ? last : time;
}

static ap_err write_datagram(ap_decode_capture *capture, ap_utc_ns time, const uint8_t *data,
                             size_t size)
{
    uint8_t packet[AP_PCAP_PAYLOAD_MAX + AP_PCAP_OVERHEAD_SIZE];
    ap_writer writer = ap_writer_of(packet, sizeof packet);
    ap_err err = ap_pcap_udp(&writer, capture_time(time), &route, data, size);
    return err ? err : ap_output_write(&capture->output, packet, writer.size);
}

ap_err ap_decode_capture_write(ap_decode_capture *capture, ap_utc_ns time, const ap_writer *blocks)
{
    if (!capture->is_pcap)
        return ap_output_write(&capture->output, blocks->data, blocks->size);
    ap_reader reader = ap_reader_of(blocks->data, blocks->size);
    ap_asterix_block block;
    size_t from = 0, to = 0;
    ap_err err = AP_OK;
    while (!err && ap_asterix_block_next(&reader, &block) == AP_OK) {
        if (reader.at - from > AP_PCAP_PAYLOAD_MAX && to > from) {
            err = write_datagram(capture, time, blocks->data + from, to - from);
            from = to;
        }
        to = reader.at;
    }
    if (!err && to > from)
        err = write_datagram(capture, time, blocks->data + from, to - from);
    return err;
}

ap_err ap_decode_capture_commit(ap_decode_capture *capture, char message[AP_IO_MESSAGE_SIZE])
{
    return ap_output_commit(&capture->output, message);
}

void ap_decode_capture_close(ap_decode_capture *capture)
{
    ap_output_close(&capture->output);
}

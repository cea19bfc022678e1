/* Data blocks to a new capture: decode --filter, convert. */
#ifndef AP_APP_DECODE_CAPTURE_H
#define AP_APP_DECODE_CAPTURE_H

#include <stdbool.h>

#include "airpicture/bytes.h"
#include "airpicture/time.h"
#include "io/output.h"

typedef struct ap_decode_capture {
    ap_output output;
    bool is_pcap;
} ap_decode_capture;

/* A name that ends in .pcap gives a packet capture, any other raw data blocks. */
ap_err ap_decode_capture_open(ap_decode_capture *capture, const char *path,
                              char message[AP_IO_MESSAGE_SIZE]);

/* The same with the form chosen. */
ap_err ap_decode_capture_open_as(ap_decode_capture *capture, const char *path, bool is_pcap,
                                 char message[AP_IO_MESSAGE_SIZE]);

/* The longest block that it takes, with its header: of a packet capture, a UDP datagram. */
size_t ap_decode_capture_block_max(const ap_decode_capture *capture);

/* Writes whole data blocks that were received at `time`; in a packet capture as datagrams, as few
 * as hold them, and with its first or last time, 1970 or 2106, for one before or after. */
ap_err ap_decode_capture_write(ap_decode_capture *capture, ap_utc_ns time, const ap_writer *blocks);

ap_err ap_decode_capture_commit(ap_decode_capture *capture, char message[AP_IO_MESSAGE_SIZE]);

/* Safe twice, and without open. */
void ap_decode_capture_close(ap_decode_capture *capture);

#endif

/* Writes data blocks as records of FINAL (IOSS) recordings; read by wire/framer.h.
 *
 *     octets 0, 1  length of the record with these eight and the last four
 *     2, 3, 4      board, line, day of the recording
 *     5 to 7       time of day in 10 ms
 *     ...          data blocks
 *     last four    A5
 */
#ifndef AP_WIRE_FINAL_H
#define AP_WIRE_FINAL_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/bytes.h"
#include "airpicture/err.h"
#include "airpicture/time.h"

#define AP_FINAL_OVERHEAD_SIZE 12u
#define AP_FINAL_BLOCKS_MAX (65535u - AP_FINAL_OVERHEAD_SIZE)

/* One record of whole blocks, received on `line` at `time`: its day is lost, the 10 ms rounded
 * down. Board and day are 0. AP_ERR_RANGE for no octets, more than AP_FINAL_BLOCKS_MAX, or no time:
 * nothing is written. A full writer tells by `bad`. */
ap_err ap_final_write(ap_writer *writer, uint8_t line, ap_utc_ns time, const uint8_t *blocks,
                      size_t size);

#endif

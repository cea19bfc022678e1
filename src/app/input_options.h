/* Options that every command with inputs has. */
#ifndef AP_APP_INPUT_OPTIONS_H
#define AP_APP_INPUT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "airpicture/time.h"
#include "app/command.h"
#include "wire/framer.h"

/* --format KEY. AP_EXIT_USAGE after a line for a format that is not known. */
int ap_take_format(const ap_command *command, const char *value, ap_format *format);

/* --start, --from, --to TIME: a day, or a time of one, from 1970 to 2105 (what a pcap can hold).
 * AP_EXIT_USAGE after a line that names `option`. */
int ap_take_time(const ap_command *command, const char *option, const char *value, ap_utc_ns *utc);

/* One to three decimal digits at *at, up to 255; *at goes behind them. False for anything else,
 * with a sign or a blank before them too: *at and *octet are unchanged. */
bool ap_take_octet(const char **at, uint8_t *octet);

#endif

/* Options that every command with inputs has. */
#ifndef AP_APP_INPUT_OPTIONS_H
#define AP_APP_INPUT_OPTIONS_H

#include "airpicture/time.h"
#include "app/command.h"
#include "wire/framer.h"

/* --format KEY. AP_EXIT_USAGE after a line for a format that is not known. */
int ap_take_format(const ap_command *command, const char *value, ap_format *format);

/* --start TIME: a day, or a time of one, from 1970 to 2105 (what a pcap can hold). */
int ap_take_start(const ap_command *command, const char *value, ap_utc_ns *start_utc);

#endif

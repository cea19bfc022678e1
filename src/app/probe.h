/* --probe: looks into the inputs first to find which editions their sources use. */
#ifndef AP_APP_PROBE_H
#define AP_APP_PROBE_H

#include "airpicture/asterix.h"
#include "app/command.h"
#include "wire/framer.h"

/* The option of every command that offers it. */
#define AP_PROBE_OPTION                                                                            \
    {                                                                                              \
        'p', "probe", NULL,                                                                        \
            "Find the edition of every source and category from its first blocks, and say how "    \
            "sure "                                                                                \
            "that is."                                                                             \
    }

/* Reads the beginning of each input and sets the edition of every source and category that people
 * have not chosen; one line each on standard error says what was found and how sure it is.
 * AP_EXIT_USAGE for standard input, which cannot be read twice. */
int ap_probe_inputs(const ap_command *command, const char *const *paths, size_t count,
                    ap_format format, ap_asterix_editions *editions);

#endif

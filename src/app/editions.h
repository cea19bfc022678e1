/* --edition CAT=E: which edition of a category is read. */
#ifndef AP_APP_EDITIONS_H
#define AP_APP_EDITIONS_H

#include "airpicture/asterix.h"
#include "app/command.h"

/* The option of every command that offers it. */
#define AP_EDITION_OPTION                                                                          \
    {                                                                                              \
        'e', "edition", "CAT=E",                                                                   \
            "Read a category in another edition than the newest, such as 021=2.1, or "             \
            "25/201:021=2.1 "                                                                      \
            "for one source; may be given for several."                                            \
    }

/* Takes "021=2.1", or "25/201:021=2.1" for one source, into the table. AP_EXIT_USAGE, after a line
 * that lists what there is, for anything else. */
int ap_editions_take(const ap_command *command, const char *value, ap_asterix_editions *editions);

#endif

/* CAT021 of editions 0.23 to 0.26. */
#ifndef AP_SENSE_CAT021_EARLY_H
#define AP_SENSE_CAT021_EARLY_H

#include <stdbool.h>

#include "airpicture/asterix/cat021.h"
#include "airpicture/asterix_cursor.h"

bool ap_sense_is_early_021(const ap_asterix_spec *spec);

/* A record of such an edition in the struct of the newest. AP_ERR_MALFORMED when it does not
 * walk. */
ap_err ap_sense_read_early_021(const ap_asterix_record *record, ap_cat021 *target);

#endif

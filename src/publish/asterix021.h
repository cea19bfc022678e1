/* Reports as ASTERIX category 021 records.
 *
 * Items 010, 040, 161, 071 (072 or 077 without a position), 131, 080, 140, 090, 070, 230, 145, 152,
 * 200, 155, 150, 151, 160, 165, 170, 020, 146, and of these only octets that editions 2.1 to 2.7
 * lay out alike: a record reads the same in each of them.
 *
 * Lost: covariances (090 tells the quality as broadcast), polar measurements, doppler, indicated
 * airspeed beside a Mach number, TIS-B track files (sent as anonymous addresses), times finer than
 * 1/128 s. Values beyond an item's range become its end. */
#ifndef AP_PUBLISH_ASTERIX021_H
#define AP_PUBLISH_ASTERIX021_H

#include <stdint.h>

#include "airpicture/asterix/cat021.h"
#include "airpicture/err.h"
#include "airpicture/report.h"

/* AP_ERR_ARGUMENT: a report without an address, which the category needs; or no target. */
ap_err ap_asterix021_from_report(uint8_t sac, uint8_t sic, const ap_report *report,
                                 ap_cat021 *record);

#endif

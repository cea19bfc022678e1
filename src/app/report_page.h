/* The page of a report, as it stands in src/app/report/report.html; the build makes octets of it.
 */
#ifndef AP_APP_REPORT_PAGE_H
#define AP_APP_REPORT_PAGE_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t ap_report_page[];
extern const size_t ap_report_page_size;

#endif

/* An order of reports by what they say, so that the order in which those of one instant come in
 * makes no difference. */
#ifndef AP_TRACK_ORDER_H
#define AP_TRACK_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "airpicture/report.h"

/* < 0, 0, > 0: by time, then by every number in them, whether present or not; when they were
 * received and by which sensor is not looked at. */
int ap_reports_compare(const ap_report *a, const ap_report *b);

/* Brings place[0..count) into the order of the reports that they number; equal ones stay as they
 * are. work[count]. O(count log count), O(count) when they are in order already. */
void ap_reports_sort(const ap_report *reports, size_t count, uint32_t *place, uint32_t *work);

#endif

/* For the tests of the target formats: rows with every value, and what has to come back. */
#ifndef AP_WIRE_FEED_TEST_ROW_H
#define AP_WIRE_FEED_TEST_ROW_H

#include "airpicture/aircraft_row.h"

/* A row with every value set, different for each seed; positions all over the Earth. */
ap_aircraft_row test_row_any(uint32_t seed);

#endif

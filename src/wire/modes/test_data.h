/* Recordings and references of other programs, for the tests that compare with them. */
#ifndef AP_WIRE_MODES_TEST_DATA_H
#define AP_WIRE_MODES_TEST_DATA_H

#include <stdio.h>

/* Opens a file of the Mode S data set (AIRPICTURE_DATA, else that beside the tree), unpacked; close
 * it with pclose. NULL when it is absent, which is told: the test is skipped then. */
FILE *ap_test_data(const char *name);

#endif

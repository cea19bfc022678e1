/* The rules of the cursor (airpicture/asterix_cursor.h) told a second time, plainly and without
 * regard to cost, and a cursor held against them: for tests and fuzz targets. */
#ifndef AP_WIRE_ASTERIX_TEST_CURSOR_H
#define AP_WIRE_ASTERIX_TEST_CURSOR_H

#include "airpicture/asterix_cursor.h"

/* Takes the cursor over any bytes and returns the rule that it broke first; NULL: none. The rules:
 *   every octet is passed once, as header, record, damage behind a record's fault, block of no
 *   known category, or skipped, in order;
 *   a record has the size, source and time that walk and look give, and the place in its block that
 *   it has; a fault has the offset, index, reason and item that walk gives;
 *   a block that proves itself where the one before it ends is delivered whole;
 *   behind a header that cannot be right, the cursor stands at the first offset that proves itself;
 *   behind a broken record, at the end of its block, or if nothing proves itself there, at the
 *   first offset inside that proves itself and ends behind it.
 * Where a search may cost more effort than the cursor had, any offset that proves itself will do.
 */
const char *ap_cursor_broken_rule(const ap_asterix_editions *editions, const uint8_t *data,
                                  size_t size);

#endif

/* One sensor of a small world by itself, for tests. */
#ifndef AP_SIMULATE_TEST_INSTRUMENT_H
#define AP_SIMULATE_TEST_INSTRUMENT_H

#include "airpicture/bytes.h"
#include "simulate/instrument.h"
#include "simulate/simulate.h"

typedef struct test_instrument {
    const ap_instrument_kind *kind;
    void *mem, *state;
    double time_s; /* when the packet left it */
    size_t size;
    uint8_t packet[AP_SIMULATE_PACKET_SIZE];
} test_instrument;

void test_instrument_open(test_instrument *t, const ap_world *world, uint32_t index);

/* The next packet that is not empty; false: none before end_s. Times never go back. */
bool test_instrument_next(test_instrument *t, double end_s);

/* Reads the ASTERIX records of the packet: `read` is called with the reader at each, and moves it
 * behind it. */
void test_instrument_records(const test_instrument *t,
                             void (*read)(void *context, unsigned category, ap_reader *reader),
                             void *context);

/* Opens the first sensor of the world and reads all its records until end_s. */
void test_instrument_play(test_instrument *t, const ap_world *world, double end_s,
                          void (*read)(void *context, unsigned category, ap_reader *reader),
                          void *context);

void test_instrument_close(test_instrument *t);

#endif

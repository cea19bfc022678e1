/* A reader of the stream, from doc/websocket.md and nothing of the writer: for tests. */
#ifndef AP_PUBLISH_TEST_DELTA_READER_H
#define AP_PUBLISH_TEST_DELTA_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEST_DELTA_TRACKS 20000

typedef struct test_delta_track {
    uint32_t id, address;
    uint16_t number, squawk;
    uint8_t category;
    bool has_selected;
    int16_t selected_10ft;
    char callsign[9];
    double latitude_deg, longitude_deg, altitude_m, ground_speed_mps, track_deg;
    double vertical_rate_mps, age_s;
    bool has_altitude, has_identity;
    uint16_t flags;
} test_delta_track;

typedef struct test_delta_reader {
    uint8_t kind;
    uint32_t epoch, sequence, since, row_count, identity_count, gone_count;
    double time_s;
    size_t track_count;
    test_delta_track track[TEST_DELTA_TRACKS]; /* in order of id */
} test_delta_reader;

/* Applies one message. False when it breaks the layout, or builds on one that was not read. */
bool test_delta_read(test_delta_reader *reader, const uint8_t *data, size_t size);

/* NULL: not there. */
const test_delta_track *test_delta_find(const test_delta_reader *reader, uint32_t id);

#endif

#include "publish/delta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "picture/point.h"
#include "publish/delta_ask.h"
#include "publish/test_delta_reader.h"
#include "publish/test_fixture.h"

#define EPOCH 1717660000u
#define TRACK_CAP 512
#define GONE_CAP 64
#define OUT_CAP (4u << 20)

typedef struct bench {
    void *memory[2];
    uint8_t *out;
    test_delta_reader *reader[3];
    ap_picture picture;
    ap_delta delta;
    uint32_t seed;
} bench;

static int set_up(void **state)
{
    bench *b = calloc(1, sizeof *b);
    ap_picture_config picture = { 20000, 64 };
    ap_delta_config config = { 20000, GONE_CAP, 64, EPOCH };
    size_t size = ap_picture_size(&picture), delta_size = ap_delta_size(&config);
    b->memory[0] = malloc(size);
    b->memory[1] = malloc(delta_size);
    b->out = malloc(OUT_CAP);
    for (int i = 0; i < 3; i++)
        b->reader[i] = calloc(1, sizeof *b->reader[i]);
    b->seed = 1;
    assert_int_equal(ap_picture_init(&b->picture, &picture, b->memory[0], size), AP_OK);
    assert_int_equal(ap_delta_init(&b->delta, &config, b->memory[1], delta_size), AP_OK);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    bench *b = *state;
    for (int i = 0; i < 3; i++)
        free(b->reader[i]);
    free(b->memory[0]);
    free(b->memory[1]);
    free(b->out);
    free(b);
    return 0;
}

static uint32_t dice(bench *b, uint32_t sides)
{
    b->seed = b->seed * 1664525u + 1013904223u;
    return (b->seed >> 8) % sides;
}

static ap_utc_ns now_of(const bench *b)
{
    return FIXTURE_UTC + ap_delta_sequence(&b->delta) * AP_NS_PER_S;
}

static void step(bench *b)
{
    ap_delta_step(&b->delta, &b->picture, now_of(b) + AP_NS_PER_S);
}

/* What each row and identity tells, from one number: of either sign, and known or not. */
static void vary(ap_track *track, uint32_t seed)
{
    static const uint32_t flags[] = { 0, AP_FLAG_ON_GROUND, AP_FLAG_SIMULATED, AP_FLAG_EMERGENCY,
                                      AP_FLAG_SPI | AP_FLAG_EXTRAPOLATED };
    double share = (seed >> 8) / 16777216.0;
    track->has_pressure_altitude = seed % 3 != 0;
    track->has_geometric_height = track->has_height = seed % 6 != 0;
    track->pressure_altitude_m = 14000.0 * share - 400.0;
    track->geometric_height_m = track->position.height_m = 300.0 - 500.0 * share;
    track->geometric_height_utc = track->time_utc;
    track->east_mps = 500.0 * share - 250.0;
    track->north_mps = 180.0 - 300.0 * share;
    track->up_mps = 25.0 - 50.0 * share;
    track->flags = flags[seed % 7 % 5];
    track->emitter_category = (uint8_t)(0xa0 + seed % 8);
    track->address_kind = (uint8_t)(seed % AP_ADDRESS_KIND_COUNT);
    track->address = (seed >> 4) & 0xffffff;
    track->present ^= seed % 11 == 0 ? AP_HAS_ADDRESS : seed % 13 == 0 ? AP_HAS_CALLSIGN : 0;
    track->mode_3a = (seed >> 9) & 07777;
}

/* Births, deaths, moves across a box, new names. */
static void shuffle(bench *b, uint32_t id_max, int changes)
{
    for (int i = 0; i < changes; i++) {
        uint32_t id = 1 + dice(b, id_max);
        const ap_track *known = ap_picture_find(&b->picture, id);
        if (known && known->state == AP_TRACK_DEAD)
            continue; /* ids are never used again */
        ap_track track = known ? *known : fixture_track();
        track.id = id;
        if (!known)
            track.number = (uint16_t)id;
        track.state = (ap_track_state)dice(b, 30) == 0 ? AP_TRACK_DEAD
                      : dice(b, 8) == 0                ? AP_TRACK_COASTING
                      : known || dice(b, 2)            ? AP_TRACK_FIRM
                                                       : AP_TRACK_TENTATIVE;
        track.time_utc = track.updated_utc = now_of(b);
        track.position.latitude_rad = (dice(b, 1800001) / 1e4 - 90.0) * AP_RAD_PER_DEG;
        track.position.longitude_rad = (dice(b, 3600000) / 1e4 - 180.0) * AP_RAD_PER_DEG;
        if (dice(b, 5) == 0)
            track.callsign[5] = (char)('A' + dice(b, 26));
        if (dice(b, 9) == 0)
            track.present ^= AP_HAS_MODE_3A;
        if (dice(b, 9) == 0)
            track.present ^= AP_HAS_SELECTED_ALTITUDE;
        else if (dice(b, 9) == 0)
            track.selected_altitude_m = ((double)dice(b, 4000) - 1300.0) * 0.3048;
        vary(&track, b->seed);
        ap_picture_copy(&b->picture, &track);
    }
}

static bool send(bench *b, ap_delta_client *client, test_delta_reader *reader)
{
    ap_writer out = ap_writer_of(b->out, OUT_CAP);
    assert_int_equal(ap_delta_message(&b->delta, client, &out), AP_OK);
    client->since = ap_delta_sequence(&b->delta);
    return test_delta_read(reader, b->out, out.size);
}

static bool inside(const ap_delta_client *client, const ap_point *point)
{
    const ap_delta_box *box = &client->box;
    bool west = point->longitude_e7deg >= box->west_e7deg;
    bool east = point->longitude_e7deg <= box->east_e7deg;
    return !client->has_box || (point->latitude_e7deg >= box->south_e7deg &&
                                point->latitude_e7deg <= box->north_e7deg &&
                                (box->west_e7deg <= box->east_e7deg ? west && east : west || east));
}

/* The reader has the published tracks within the box, no other, and what they say. */
static void check(const bench *b, const ap_delta_client *client, const test_delta_reader *reader)
{
    size_t count = 0;
    for (const ap_track *at = NULL; (at = ap_picture_next(&b->picture, at));) {
        ap_point point = ap_point_of(at);
        if (!inside(client, &point))
            continue;
        const test_delta_track *t = test_delta_find(reader, at->id);
        assert_non_null(t);
        assert_true(fabs(t->latitude_deg - point.latitude_e7deg / 1e7) < 1e-9);
        assert_true(fabs(t->longitude_deg - point.longitude_e7deg / 1e7) < 1e-9);
        bool is_level = at->has_pressure_altitude;
        double altitude_m = is_level ? at->pressure_altitude_m : at->geometric_height_m;
        assert_int_equal(t->has_altitude, is_level || at->has_geometric_height);
        assert_true(!t->has_altitude || fabs(t->altitude_m - altitude_m) <= 0.05 + 1e-9);
        double climb_mps = at->has_height ? at->up_mps : 0.0;
        assert_true(fabs(t->vertical_rate_mps - climb_mps) <= 0.05 + 1e-9);
        assert_true(fabs(t->ground_speed_mps - ap_track_speed_mps(at)) <= 0.05 + 1e-9);
        assert_true(fabs(t->track_deg - ap_track_course_rad(at) / AP_RAD_PER_DEG) < 0.003);
        assert_int_equal(t->flags, point.bits);
        assert_true(t->has_identity);
        assert_int_equal(t->number, at->number);
        assert_int_equal(t->address, at->present & AP_HAS_ADDRESS
                                         ? at->address | (uint32_t)at->address_kind << 24
                                         : UINT32_MAX);
        assert_string_equal(t->callsign, at->present & AP_HAS_CALLSIGN ? at->callsign : "");
        assert_int_equal(t->category, at->emitter_category);
        assert_int_equal(t->squawk, at->present & AP_HAS_MODE_3A ? at->mode_3a : 0xffff);
        assert_int_equal(t->has_selected, (at->present & AP_HAS_SELECTED_ALTITUDE) != 0);
        double selected_m = t->has_selected ? at->selected_altitude_m : 0.0;
        assert_true(fabs(t->selected_10ft * 3.048 - selected_m) <= 1.524 + 1e-9);
        count++;
    }
    assert_int_equal(reader->track_count, count);
}

/* Three clients through the same thousand changes: one of everything, one with a box, one that is
 * often away and has a box over the date line. */
static void test_delta_readers_agree(void **state)
{
    bench *b = *state;
    ap_delta_client clients[3] = { { 0 }, { .has_box = true }, { .has_box = true } };
    static const double boxes[3][4] = { { 0 }, { -20, -30, 120, 60 }, { 150, -80, -150, 80 } };
    size_t snapshots = 0, common = 0;
    for (int i = 1; i < 3; i++)
        assert_true(ap_delta_box_of(boxes[i], &clients[i].box));
    for (int round = 0; round < 300; round++) {
        shuffle(b, 200 + 4 * (uint32_t)round, 40);
        step(b);
        for (int i = 0; i < 3; i++) {
            if (i == 2 && dice(b, 3) != 0)
                continue;
            common += ap_delta_is_common(&clients[i]);
            assert_true(send(b, &clients[i], b->reader[i]));
            assert_int_equal(b->reader[i]->sequence, round + 1);
            assert_int_equal(b->reader[i]->epoch, EPOCH);
            assert_true(b->reader[i]->time_s == (double)(now_of(b) / 1000) / 1e6);
            snapshots += b->reader[i]->kind == AP_DELTA_SNAPSHOT;
            check(b, &clients[i], b->reader[i]);
        }
    }
    assert_int_equal(common, 300); /* of the client without a box */
    assert_true(snapshots >= 3 && snapshots < 20);
}

/* Who was away for too long gets everything anew; within the memory, only what changed. */
static void test_delta_resume(void **state)
{
    bench *b = *state;
    ap_delta_client client = { 0 }, late;
    shuffle(b, 300, 600);
    step(b);
    assert_true(send(b, &client, b->reader[0]));
    late = client;
    memcpy(b->reader[1], b->reader[0], sizeof *b->reader[1]);
    for (int i = 0; i < 5; i++) {
        shuffle(b, 300, 5);
        step(b);
    }
    assert_true(send(b, &client, b->reader[0]));
    assert_int_equal(b->reader[0]->kind, AP_DELTA_CHANGES);
    assert_int_equal(b->reader[0]->since, 1);
    assert_true(b->reader[0]->row_count <= 25);
    check(b, &client, b->reader[0]);
    while (b->reader[0]->kind == AP_DELTA_CHANGES) { /* until departures were overwritten */
        client = late;
        memcpy(b->reader[0], b->reader[1], sizeof *b->reader[0]);
        shuffle(b, 3000, 500);
        step(b);
        assert_true(send(b, &client, b->reader[0]));
        check(b, &client, b->reader[0]);
        assert_true(ap_delta_sequence(&b->delta) < 200);
    }
    client.since = ap_delta_sequence(&b->delta) + 1; /* of the future: another run's */
    assert_true(send(b, &client, b->reader[0]));
    assert_int_equal(b->reader[0]->kind, AP_DELTA_SNAPSHOT);
}

/* Who is born outside of a box was never in it, wherever the box lies: nothing is told. */
static void test_delta_born_outside(void **state)
{
    bench *b = *state;
    ap_delta_client client = { .has_box = true };
    static const double around_zero[4] = { -1, -1, 1, 1 };
    assert_true(ap_delta_box_of(around_zero, &client.box));
    step(b);
    assert_true(send(b, &client, b->reader[0]));
    ap_track track = fixture_track(); /* 51 N */
    ap_picture_copy(&b->picture, &track);
    step(b);
    assert_true(send(b, &client, b->reader[0]));
    assert_int_equal(b->reader[0]->row_count, 0);
    assert_int_equal(b->reader[0]->gone_count, 0);
}

/* Known from below sea level to what two octets hold; elsewhere, and if it is no number, not. */
static void test_delta_selected_altitude(void **state)
{
    bench *b = *state;
    static const struct {
        double feet;
        bool is_known;
        int16_t steps;
    } cases[] = { { 38006, true, 3801 },   { 4, true, 0 },       { 0, true, 0 },
                  { -4, true, 0 },         { -6, true, -1 },     { -1300, true, -130 },
                  { 327674, true, 32767 }, { 327676, false, 0 }, { -327684, true, INT16_MIN },
                  { -327686, false, 0 },   { NAN, false, 0 } };
    ap_delta_client client = { 0 };
    ap_track track = fixture_track();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        track.selected_altitude_m = cases[i].feet * 0.3048;
        ap_picture_copy(&b->picture, &track);
        step(b);
        assert_true(send(b, &client, b->reader[0]));
        const test_delta_track *t = test_delta_find(b->reader[0], track.id);
        assert_int_equal(t->has_selected, cases[i].is_known);
        assert_int_equal(t->selected_10ft, cases[i].steps);
    }
}

/* The picture forgot the ends of tracks before they were taken in. */
static void test_delta_after_forgotten_ends(void **state)
{
    bench *b = *state;
    ap_picture_config config = { 16, 16 };
    size_t size = ap_picture_size(&config);
    void *memory = malloc(size);
    ap_delta_client client = { 0 };
    assert_int_equal(ap_picture_init(&b->picture, &config, memory, size), AP_OK);
    ap_track track = fixture_track();
    for (track.id = 1; track.id <= 10; track.id++)
        ap_picture_copy(&b->picture, &track);
    step(b);
    assert_true(send(b, &client, b->reader[0]));
    assert_int_equal(b->reader[0]->track_count, 10);
    for (track.id = 1; track.id <= 48; track.id++) {
        track.state = AP_TRACK_FIRM;
        if (track.id > 10)
            ap_picture_copy(&b->picture, &track);
        track.state = AP_TRACK_DEAD;
        if (track.id != 40)
            ap_picture_copy(&b->picture, &track);
    }
    assert_true(ap_picture_forgotten(&b->picture) > 10);
    step(b);
    assert_true(send(b, &client, b->reader[0]));
    assert_int_equal(b->reader[0]->track_count, 1);
    assert_int_equal(b->reader[0]->track[0].id, 40);
    free(memory);
}

/* The contract: 10,000 tracks that all move are 240 kB a step. */
static void test_delta_size_of_10000(void **state)
{
    bench *b = *state;
    ap_delta_client client = { 0 };
    size_t size = 0;
    for (int round = 0; round < 3; round++) {
        for (uint32_t id = 1; id <= 10000; id++) {
            ap_track track = fixture_track();
            track.id = id * 3; /* as numbers of plots that became nothing lie between */
            track.number = (uint16_t)id;
            track.time_utc += round * AP_NS_PER_S;
            track.position.longitude_rad = round * 1e-4;
            ap_picture_copy(&b->picture, &track);
        }
        step(b);
        ap_writer out = ap_writer_of(b->out, OUT_CAP);
        assert_int_equal(ap_delta_message(&b->delta, &client, &out), AP_OK);
        assert_true(out.size <= AP_DELTA_SIZE(10000, 0));
        client.since = ap_delta_sequence(&b->delta);
        size = out.size;
    }
    assert_int_equal(size, 40 + 23 * 10000);
    assert_true(size <= 240000);
    assert_int_equal(ap_delta_refused(&b->delta), 0);
}

static void test_delta_same_octets(void **state)
{
    bench *b = *state;
    uint64_t sums[2] = { 0, 0 };
    for (int run = 0; run < 2; run++) {
        ap_picture_config picture = { 20000, 64 };
        ap_delta_config config = { 20000, GONE_CAP, 64, EPOCH };
        size_t size = ap_picture_size(&picture), delta_size = ap_delta_size(&config);
        memset(b->memory[1], run ? 0xa5 : 0x5a, delta_size);
        assert_int_equal(ap_picture_init(&b->picture, &picture, b->memory[0], size), AP_OK);
        assert_int_equal(ap_delta_init(&b->delta, &config, b->memory[1], delta_size), AP_OK);
        b->seed = 7;
        ap_delta_client client = { 0 };
        for (int round = 0; round < 40; round++) {
            shuffle(b, 300, 50);
            step(b);
            ap_writer out = ap_writer_of(b->out, OUT_CAP);
            assert_int_equal(ap_delta_message(&b->delta, &client, &out), AP_OK);
            client.since = ap_delta_sequence(&b->delta);
            for (size_t i = 0; i < out.size; i++)
                sums[run] = (sums[run] ^ b->out[i]) * UINT64_C(1099511628211);
        }
    }
    assert_true(sums[0] == sums[1]);
}

/* A step without any change is a header: the feed lives. */
static void test_delta_idle(void **state)
{
    bench *b = *state;
    ap_delta_client client = { 0 };
    shuffle(b, 50, 100);
    step(b);
    assert_true(send(b, &client, b->reader[0]));
    step(b);
    ap_writer out = ap_writer_of(b->out, OUT_CAP);
    assert_int_equal(ap_delta_message(&b->delta, &client, &out), AP_OK);
    assert_int_equal(out.size, AP_DELTA_HEADER_SIZE);
}

static void test_delta_does_not_fit(void **state)
{
    bench *b = *state;
    ap_delta_client client = { 0 };
    shuffle(b, 50, 100);
    step(b);
    for (int json = 0; json < 2; json++) {
        client.json = json;
        ap_writer out = ap_writer_of(b->out, OUT_CAP);
        assert_int_equal(ap_delta_message(&b->delta, &client, &out), AP_OK);
        size_t whole = out.size;
        for (size_t cap = 0; cap < whole; cap += 7) {
            out = ap_writer_of(b->out, cap);
            assert_int_equal(ap_delta_message(&b->delta, &client, &out), AP_ERR_FULL);
            assert_int_equal(out.size, 0);
            assert_true(out.bad);
        }
    }
}

static cJSON *parsed(bench *b, const ap_writer *out, size_t from)
{
    b->out[out->size] = '\0';
    cJSON *root = cJSON_ParseWithOpts((const char *)b->out + from, NULL, 1);
    assert_non_null(root);
    return root;
}

/* The JSON flavour has the rows of the binary one. */
static void test_delta_json_is_the_same(void **state)
{
    bench *b = *state;
    ap_delta_client client = { 0 }, json = { .json = true };
    for (int round = 0; round < 20; round++) {
        shuffle(b, 100, 30);
        step(b);
        assert_true(send(b, &client, b->reader[0]));
        ap_writer out = ap_writer_of(b->out, OUT_CAP);
        assert_int_equal(ap_delta_message(&b->delta, &json, &out), AP_OK);
        assert_true(out.size <= AP_DELTA_JSON_SIZE(ap_delta_track_count(&b->delta), GONE_CAP));
        json.since = ap_delta_sequence(&b->delta);
        cJSON *root = parsed(b, &out, 0);
        const cJSON *tracks = cJSON_GetObjectItem(root, "tracks"), *one;
        assert_string_equal(cJSON_GetObjectItem(root, "message")->valuestring,
                            round == 0 ? "snapshot" : "changes");
        assert_int_equal(cJSON_GetArraySize(tracks), b->reader[0]->row_count);
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "removed")),
                         b->reader[0]->gone_count);
        cJSON_ArrayForEach(one, tracks)
        {
            const test_delta_track *t = test_delta_find(
                b->reader[0], (uint32_t)cJSON_GetObjectItem(one, "track_id")->valuedouble);
            assert_non_null(t);
            assert_true(fabs(cJSON_GetObjectItem(one, "latitude_deg")->valuedouble -
                             t->latitude_deg) < 1e-9);
            const cJSON *altitude = cJSON_GetObjectItem(one, "altitude_m");
            assert_int_equal(altitude != NULL, t->has_altitude);
            assert_true(!altitude || fabs(altitude->valuedouble - t->altitude_m) < 1e-9);
            const cJSON *callsign = cJSON_GetObjectItem(one, "callsign");
            if (callsign)
                assert_string_equal(cJSON_IsNull(callsign) ? "" : callsign->valuestring,
                                    t->callsign);
            const cJSON *selected = cJSON_GetObjectItem(one, "selected_altitude_ft");
            if (selected)
                assert_int_equal(cJSON_IsNumber(selected), t->has_selected);
            if (selected && t->has_selected)
                assert_int_equal(selected->valueint, 10 * t->selected_10ft);
        }
        cJSON_Delete(root);
    }
}

/* What the hello tells of the columns is what the messages have: 22 octets a row and the gap, 24 an
 * identity; a name for each flag. */
static void test_delta_hello(void **state)
{
    bench *b = *state;
    ap_writer out = ap_writer_of(b->out, OUT_CAP);
    assert_int_equal(ap_delta_hello(&b->delta, false, "airpicture 1.0 \"test\"", &out), AP_OK);
    assert_true(test_delta_read(b->reader[0], b->out, out.size));
    assert_int_equal(b->reader[0]->kind, AP_DELTA_HELLO);
    cJSON *root = parsed(b, &out, AP_DELTA_HEADER_SIZE);
    assert_string_equal(cJSON_GetObjectItem(root, "server")->valuestring,
                        "airpicture 1.0 \"test\"");
    int row_size = 0;
    const cJSON *column;
    cJSON_ArrayForEach(column, cJSON_GetObjectItem(root, "columns"))
    {
        const char *type = cJSON_GetObjectItem(column, "type")->valuestring;
        if (strcmp(cJSON_GetObjectItem(column, "count")->valuestring, "rows") == 0)
            row_size += strcmp(type, "leb128") == 0 ? 0 : strstr(type, "32") ? 4 : 2;
    }
    assert_int_equal(row_size, 22);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "flags")), 15);
    cJSON_Delete(root);
}

static void test_delta_alerts(void **state)
{
    bench *b = *state;
    ap_alert alert = { .id = 1,
                       .kind = AP_ALERT_EMERGENCY_CODE,
                       .track_id = 12,
                       .detail = 07700,
                       .since_utc = FIXTURE_UTC,
                       .until_utc = AP_UTC_UNKNOWN };
    ap_picture_alert(&b->picture, &alert);
    step(b);
    alert.id = 2;
    ap_picture_alert(&b->picture, &alert);
    step(b);
    alert.id = 1;
    alert.until_utc = FIXTURE_UTC + AP_NS_PER_S;
    ap_picture_alert(&b->picture, &alert);
    step(b);
    assert_non_null(ap_picture_acknowledge(&b->picture, 2, "ann", FIXTURE_UTC));
    step(b);
    static const int counts[] = { 2, 2, 2, 1, 0 }; /* by the message that the client has */
    for (uint32_t since = 0; since < 5; since++) {
        ap_writer out = ap_writer_of(b->out, OUT_CAP);
        assert_int_equal(ap_delta_alerts(&b->delta, false, since, &out), AP_OK);
        if (counts[since] == 0) {
            assert_int_equal(out.size, 0);
            continue;
        }
        assert_true(test_delta_read(b->reader[0], b->out, out.size));
        assert_int_equal(b->reader[0]->kind, AP_DELTA_ALERTS);
        cJSON *root = parsed(b, &out, AP_DELTA_HEADER_SIZE);
        const cJSON *list = cJSON_GetObjectItem(root, "alerts");
        assert_int_equal(cJSON_GetArraySize(list), counts[since]);
        const cJSON *seen = cJSON_GetArrayItem(list, counts[since] - 1);
        assert_string_equal(cJSON_GetObjectItem(seen, "squawk")->valuestring, "7700");
        assert_string_equal(cJSON_GetObjectItem(seen, "acknowledged_by")->valuestring, "ann");
        cJSON_Delete(root);
    }
}

/* Sensors and errors, in both flavours. */
static void test_delta_sensors_and_errors(void **state)
{
    bench *b = *state;
    fixture f;
    step(b);
    for (int json = 0; json < 2; json++) {
        size_t from = json ? 0 : AP_DELTA_HEADER_SIZE;
        ap_writer out = ap_writer_of(b->out, OUT_CAP);
        assert_int_equal(ap_delta_sensors(&b->delta, json, fixture_table(&f), now_of(b), &out),
                         AP_OK);
        assert_true(json || test_delta_read(b->reader[0], b->out, out.size));
        assert_true(json || b->reader[0]->kind == AP_DELTA_SENSORS);
        cJSON *root = parsed(b, &out, from);
        assert_string_equal(cJSON_GetObjectItem(root, "message")->valuestring, "sensors");
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "sensors")), 3);
        cJSON_Delete(root);
        out = ap_writer_of(b->out, OUT_CAP);
        assert_int_equal(ap_delta_error(&b->delta, json, "it is \"wrong\"", "right", &out), AP_OK);
        root = parsed(b, &out, from);
        assert_string_equal(cJSON_GetObjectItem(root, "error")->valuestring, "it is \"wrong\"");
        assert_string_equal(cJSON_GetObjectItem(root, "expected")->valuestring, "right");
        cJSON_Delete(root);
        out = ap_writer_of(b->out, from + 60);
        assert_int_equal(ap_delta_error(&b->delta, json, "it is wrong", "right", &out),
                         AP_ERR_FULL);
        assert_int_equal(out.size, 0);
    }
}

static void test_delta_init_refuses(void **state)
{
    (void)state;
    static const ap_delta_config bad[] = {
        { 15, 16, 16, 0 }, { 1000001, 16, 16, 0 }, { 16, 15, 16, 0 }, { 16, 16, 100001, 0 }
    };
    ap_delta delta;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(ap_delta_size(&bad[i]), 0);
        assert_int_equal(ap_delta_init(&delta, &bad[i], NULL, 0), AP_ERR_ARGUMENT);
    }
    ap_delta_config good = { 16, 16, 16, 0 };
    assert_int_equal(ap_delta_init(&delta, &good, NULL, 0), AP_ERR_MEMORY);
}

static void test_delta_ask(void **state)
{
    bench *b = *state;
    static const struct {
        const char *text;
        bool good, has_box, json;
        uint32_t since;
    } cases[] = {
        { "{}", true, false, false, 5 },
        { "{\"format\":\"json\"}", true, false, true, 5 },
        { "{\"box\":[5,47,15.5,55]}", true, true, false, 0 },
        { "{\"box\":[170,-10,-170,10],\"since\":9,\"epoch\":1717660000}", true, true, false, 9 },
        { "{\"since\":9,\"epoch\":1717660001}", true, false, false, 0 },
        { " {\"box\":null } ", true, false, false, 0 },
        { "{\"since\":9}", false, false, false, 5 },
        { "{\"since\":-1,\"epoch\":1}", false, false, false, 5 },
        { "{\"since\":1.5,\"epoch\":1}", false, false, false, 5 },
        { "{\"box\":[1,2,3]}", false, false, false, 5 },
        { "{\"box\":[1,2,3,4,5]}", false, false, false, 5 },
        { "{\"box\":[1,2,3,91]}", false, false, false, 5 },
        { "{\"box\":[181,2,3,4]}", false, false, false, 5 },
        { "{\"box\":[1,5,3,4]}", false, false, false, 5 },
        { "{\"box\":[\"1\",2,3,4]}", false, false, false, 5 },
        { "{\"format\":\"xml\"}", false, false, false, 5 },
        { "{\"format\":1}", false, false, false, 5 },
        { "{\"compression\":\"gzip\"}", true, false, false, 5 },
        { "{\"compression\":\"none\"}", true, false, false, 5 },
        { "{\"compression\":\"zip\"}", false, false, false, 5 },
        { "{\"compression\":true}", false, false, false, 5 },
        { "{\"viewport\":[1,2,3,4]}", false, false, false, 5 },
        { "[1,2,3,4]", false, false, false, 5 },
        { "{\"format\":\"json\"", false, false, false, 5 },
        { "{}x", false, false, false, 5 },
        { "", false, false, false, 5 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ap_delta_client client = { .since = 5 };
        const char *wrong =
            ap_delta_ask(&b->delta, (const uint8_t *)cases[i].text, strlen(cases[i].text), &client);
        if ((wrong == NULL) != cases[i].good)
            fail_msg("%s: %s", cases[i].text, wrong ? wrong : "taken");
        assert_int_equal(client.since, cases[i].since);
        assert_int_equal(client.has_box, cases[i].has_box);
        assert_int_equal(client.json, cases[i].json);
        assert_int_equal(client.gzip, strstr(cases[i].text, "\"gzip\"") != NULL);
    }
    static uint8_t long_text[AP_DELTA_ASK_SIZE_MAX + 1];
    ap_delta_client client = { 0 };
    memset(long_text, ' ', sizeof long_text);
    memcpy(long_text, "{}", 2);
    assert_non_null(ap_delta_ask(&b->delta, long_text, sizeof long_text, &client));
    assert_null(ap_delta_ask(&b->delta, long_text, sizeof long_text - 1, &client));
}

static void put_known(bool is_known, int32_t value)
{
    if (is_known)
        printf("%" PRId32 "\n", value);
    else
        printf("-\n");
}

/* Messages for the readers in examples/, as frames on the wire: left in the file that the
 * environment names, with what a reader should know in the end on standard output. */
static void test_delta_recording(void **state)
{
    bench *b = *state;
    const char *path = getenv("AP_DELTA_RECORDING");
    FILE *file = path ? fopen(path, "wb") : tmpfile();
    assert_non_null(file);
    ap_delta_client client = { 0 };
    for (int round = 0; round < 5; round++) {
        ap_writer out = ap_writer_of(b->out, OUT_CAP);
        if (round == 0) {
            assert_int_equal(ap_delta_hello(&b->delta, false, "airpicture", &out), AP_OK);
        } else {
            shuffle(b, 20, 20);
            step(b);
            assert_int_equal(ap_delta_message(&b->delta, &client, &out), AP_OK);
            client.since = ap_delta_sequence(&b->delta);
        }
        assert_true(test_delta_read(b->reader[0], b->out, out.size));
        uint8_t head[4] = { 0x82, 126, (uint8_t)(out.size >> 8), (uint8_t)out.size };
        assert_in_range(out.size, 126, UINT16_MAX); /* a frame of RFC 6455 with two of length */
        assert_int_equal(fwrite(head, 1, 4, file), 4);
        assert_int_equal(fwrite(b->out, 1, out.size, file), out.size);
    }
    for (const ap_track *at = NULL; (at = ap_picture_next(&b->picture, at));) {
        ap_point point = ap_point_of(at);
        const test_delta_track *t = test_delta_find(b->reader[0], at->id);
        printf("track %u %.7f %.7f %s\n", at->id, point.latitude_e7deg / 1e7,
               point.longitude_e7deg / 1e7, t->callsign);
        printf("identity %u %u %u %u %u ", at->id, t->address, t->number, t->squawk, t->category);
        put_known(t->has_selected, t->selected_10ft);
        printf("state %u %" PRId64 " ", at->id, (point.time_utc + AP_NS_PER_MS / 2) / AP_NS_PER_MS);
        put_known(point.altitude_dm != AP_POINT_UNKNOWN, point.altitude_dm);
        printf("motion %u %u %u %d %u\n", at->id, point.speed_dmps, point.course_turn16,
               point.vertical_dmps, point.bits);
    }
    check(b, &client, b->reader[0]);
    fclose(file);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delta_init_refuses),
        cmocka_unit_test_setup_teardown(test_delta_readers_agree, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delta_resume, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delta_born_outside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delta_selected_altitude, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delta_after_forgotten_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delta_size_of_10000, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delta_same_octets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delta_idle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delta_does_not_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delta_json_is_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delta_hello, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delta_alerts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delta_sensors_and_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delta_ask, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_delta_recording, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "publish/asterix062_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "airpicture/asterix.h"
#include "airpicture/asterix/cat062.h"
#include "airpicture/asterix/cat063.h"
#include "airpicture/asterix/cat065.h"
#include "publish/test_fixture.h"

#define LOG_CAP 4096
#define S AP_NS_PER_S
#define T0 (FIXTURE_UTC / S * S + 1 * S) /* 08:58:40, on the grid of five seconds */

/* One line of what was received: 62 t number marks, 63 t sic con, 65 t type batch. */
typedef struct entry {
    uint8_t category;
    uint32_t tod_128th_s;
    int a, b;
} entry;

typedef struct fixture_writer {
    void *memory;
    fixture f;
    ap_asterix062_writer writer;
    entry log[LOG_CAP];
    size_t count, datagrams, bytes, biggest;
    ap_utc_ns newest;
    uint64_t hash;
} fixture_writer;

static void log_record(fixture_writer *w, uint8_t category, ap_reader *reader)
{
    assert_true(w->count < LOG_CAP);
    entry *e = &w->log[w->count++];
    if (category == 62) {
        ap_cat062 r;
        assert_int_equal(ap_cat062_decode(reader, &r), AP_OK);
        *e = (entry){ 62, r.i070_128th_s, r.i040, r.i080.tsb | r.i080.tse << 1 };
    } else if (category == 63) {
        ap_cat063 r;
        assert_int_equal(ap_cat063_decode(reader, &r), AP_OK);
        *e = (entry){ 63, r.i030_128th_s, r.i050.sic, r.i060.con };
    } else {
        ap_cat065 r;
        assert_int_equal(category, 65);
        assert_int_equal(ap_cat065_decode(reader, &r), AP_OK);
        *e = (entry){ 65, r.i030_128th_s, r.i000, r.i020 };
    }
}

static void take(void *context, ap_utc_ns time, const uint8_t *data, size_t size)
{
    fixture_writer *w = context;
    ap_reader blocks = ap_reader_of(data, size);
    ap_asterix_block block;
    while (ap_asterix_block_next(&blocks, &block) == AP_OK) {
        ap_reader records = ap_reader_of(block.data, block.size);
        while (ap_reader_left(&records) > 0)
            log_record(w, block.category, &records);
    }
    assert_int_equal(ap_reader_left(&blocks), 0);
    assert_int_equal(w->log[w->count - 1].tod_128th_s, ap_tod_from_utc(time));
    assert_true(w->datagrams == 0 || time >= w->newest);
    w->newest = time;
    w->datagrams++;
    w->bytes += size;
    w->biggest = size > w->biggest ? size : w->biggest;
    for (size_t i = 0; i < size; i++)
        w->hash = (w->hash ^ data[i]) * UINT64_C(1099511628211);
}

static fixture_writer *writer_with(ap_asterix062_config config)
{
    fixture_writer *w = calloc(1, sizeof *w);
    config.sac = 25;
    config.sic = 100;
    config.sensors = fixture_table(&w->f);
    config.on_datagram = take;
    config.context = w;
    size_t size = ap_asterix062_writer_size(&config);
    w->memory = malloc(size);
    assert_int_equal(ap_asterix062_writer_init(&w->writer, &config, w->memory, size), AP_OK);
    for (int i = 0; i < 3; i++)
        w->f.stats[i].last_utc = AP_UTC_UNKNOWN;
    return w;
}

static fixture_writer *writer_of(uint32_t track_cap)
{
    ap_asterix062_config config = ap_asterix062_config_default();
    config.track_cap = track_cap;
    return writer_with(config);
}

static void release(fixture_writer *w)
{
    free(w->memory);
    free(w);
}

static void put(fixture_writer *w, uint32_t id, ap_track_event_kind kind, ap_utc_ns time)
{
    ap_track track = fixture_track();
    track.id = id;
    track.number = (uint16_t)id;
    track.time_utc = track.updated_utc = time;
    track.state = kind == AP_EVENT_DROPPED ? AP_TRACK_DEAD : AP_TRACK_FIRM;
    ap_asterix062_writer_track(
        &w->writer, &(ap_track_event){ .kind = kind, .time_utc = time, .sensor = 0 }, &track);
}

static void assert_entry(const entry *e, uint8_t category, ap_utc_ns time, int a, int b)
{
    assert_int_equal(e->category, category);
    assert_int_equal(e->tod_128th_s, ap_tod_from_utc(time));
    assert_int_equal(e->a, a);
    assert_int_equal(e->b, b);
}

static void test_asterix062_writer_init_refuses(void **state)
{
    (void)state;
    ap_asterix062_config good = ap_asterix062_config_default(), bad;
    good.on_datagram = take;
    assert_true(ap_asterix062_writer_size(&good) > 0);
    bad = good, bad.on_datagram = NULL;
    assert_int_equal(ap_asterix062_writer_size(&bad), 0);
    bad = good, bad.period_s = 0;
    assert_int_equal(ap_asterix062_writer_size(&bad), 0);
    bad = good, bad.update_s = 0.04;
    assert_int_equal(ap_asterix062_writer_size(&bad), 0);
    bad = good, bad.update_s = 11;
    assert_int_equal(ap_asterix062_writer_size(&bad), 0);
    bad = good, bad.track_cap = 70000;
    assert_int_equal(ap_asterix062_writer_size(&bad), 0);
    bad = good, bad.has_reference = true, bad.reference.latitude_rad = 1.57;
    assert_int_equal(ap_asterix062_writer_size(&bad), 0);
    ap_asterix062_writer writer;
    assert_int_equal(ap_asterix062_writer_init(&writer, &bad, NULL, 0), AP_ERR_ARGUMENT);
    assert_int_equal(ap_asterix062_writer_init(&writer, &good, NULL, 0), AP_ERR_MEMORY);
}

static void test_asterix062_writer_life_of_a_track(void **state)
{
    (void)state;
    fixture_writer *w = writer_of(16);
    w->f.sensors[0].turn_s = w->f.sensors[2].turn_s = 5;
    w->f.stats[0].last_utc = T0 - 16 * S;
    w->f.stats[0].record_count = w->f.stats[2].record_count = 1;
    w->f.stats[2].last_utc = T0 - 15 * S;
    ap_asterix062_writer_tick(&w->writer, T0 - 1);
    assert_int_equal(w->count, 0);
    put(w, 7, AP_EVENT_CONFIRMED, T0 - 1);
    ap_asterix062_writer_tick(&w->writer, T0);
    ap_asterix062_writer_tick(&w->writer, T0 + 5 * S - 1);
    assert_int_equal(w->count, 5);
    assert_entry(&w->log[0], 65, T0, 1, 0);
    assert_entry(&w->log[1], 63, T0, 201, 3); /* silent for more than three turns */
    assert_entry(&w->log[2], 63, T0, 17, 0);
    assert_entry(&w->log[3], 62, T0, 7, 1); /* TSB */
    assert_entry(&w->log[4], 65, T0, 2, 0);
    assert_int_equal(w->datagrams, 1);
    ap_asterix062_writer_tick(&w->writer, T0 + 5 * S);
    assert_int_equal(w->count, 10);
    assert_entry(&w->log[8], 62, T0 + 5 * S, 7, 0);
    assert_entry(&w->log[9], 65, T0 + 5 * S, 2, 1);
    put(w, 7, AP_EVENT_DROPPED, T0 + 6 * S);
    assert_int_equal(w->count, 11);
    assert_entry(&w->log[10], 62, T0 + 6 * S, 7, 2); /* TSE */
    ap_asterix062_writer_flush(&w->writer, T0 + 7 * S);
    assert_int_equal(w->count, 15);
    assert_entry(&w->log[14], 65, T0 + 7 * S, 2, 2);
    ap_asterix062_stats stats = ap_asterix062_writer_stats(&w->writer);
    assert_int_equal(stats.batch_count, 3);
    assert_int_equal(stats.track_record_count, 3);
    assert_int_equal(stats.datagram_count, w->datagrams);
    assert_int_equal(stats.byte_count, w->bytes);
    assert_int_equal(stats.refused_count, 0);
    release(w);
}

/* Never told, so its end is not told either; without a number it is not told at all,
 * but counted. */
static void test_asterix062_writer_unannounced(void **state)
{
    (void)state;
    fixture_writer *w = writer_of(16);
    put(w, 7, AP_EVENT_CONFIRMED, T0);
    put(w, 7, AP_EVENT_DROPPED, T0 + 1);
    ap_track track = fixture_track();
    track.number = 0;
    static const ap_track_event_kind kinds[] = { AP_EVENT_BORN, AP_EVENT_CONFIRMED,
                                                 AP_EVENT_UPDATED, AP_EVENT_DROPPED };
    for (size_t i = 0; i < 4; i++)
        ap_asterix062_writer_track(
            &w->writer, &(ap_track_event){ .kind = kinds[i], .time_utc = T0, .sensor = 0 }, &track);
    assert_int_equal(ap_asterix062_writer_stats(&w->writer).unnumbered_count, 1);
    ap_asterix062_writer_flush(&w->writer, T0 + 10 * S);
    for (size_t i = 0; i < w->count; i++)
        assert_int_not_equal(w->log[i].category, 62);
    release(w);
}

/* No data for 23 s: what ended meanwhile is told between the batches that were due. */
static void test_asterix062_writer_ends_in_a_gap(void **state)
{
    (void)state;
    fixture_writer *w = writer_of(16);
    ap_asterix062_writer_tick(&w->writer, T0 - 1);
    put(w, 7, AP_EVENT_CONFIRMED, T0 - 1);
    put(w, 8, AP_EVENT_CONFIRMED, T0 - 1);
    put(w, 7, AP_EVENT_DROPPED, T0 + 12 * S);
    put(w, 8, AP_EVENT_COASTED, T0 + 16 * S);
    put(w, 8, AP_EVENT_DROPPED, T0 + 11 * S); /* a clock that went back */
    ap_asterix062_writer_tick(&w->writer, T0 + 23 * S);
    ap_asterix062_writer_flush(&w->writer, T0 + 19 * S);
    static const struct {
        int number, marks, at_s;
    } expected[] = { { 7, 1, 0 },  { 8, 1, 0 },  { 7, 0, 5 },  { 8, 0, 5 }, { 7, 0, 10 },
                     { 8, 0, 10 }, { 7, 2, 12 }, { 8, 0, 15 }, { 8, 2, 15 } };
    size_t told = 0;
    for (size_t i = 0; i < w->count; i++)
        if (w->log[i].category == 62) {
            assert_true(told < 9);
            assert_entry(&w->log[i], 62, T0 + expected[told].at_s * S, expected[told].number,
                         expected[told].marks);
            told++;
        }
    assert_int_equal(told, 9);
    assert_entry(&w->log[w->count - 1], 65, T0 + 20 * S, 2, 4);
    release(w);
}

/* Batches over midnight and over a pause. */
static void test_asterix062_writer_grid(void **state)
{
    (void)state;
    fixture_writer *w = writer_of(16);
    ap_utc_ns midnight = FIXTURE_UTC / AP_NS_PER_DAY * AP_NS_PER_DAY + AP_NS_PER_DAY;
    ap_asterix062_writer_tick(&w->writer, midnight - 7 * S);
    ap_asterix062_writer_tick(&w->writer, midnight + 5 * S);
    ap_utc_ns later = midnight + 3600 * S + 2 * S;
    ap_asterix062_writer_tick(&w->writer, later);
    ap_asterix062_writer_tick(&w->writer, later + 3 * S);
    static const int expected_s[] = { -5, 0, 5, 3605 };
    size_t batch = 0;
    for (size_t i = 0; i < w->count; i++)
        if (w->log[i].category == 65 && w->log[i].a == 2) {
            assert_true(batch < 4);
            assert_int_equal(w->log[i].tod_128th_s,
                             ap_tod_from_utc(midnight + expected_s[batch++] * S));
        }
    assert_int_equal(batch, 4);
    release(w);
}

/* A thousand tracks: many datagrams, none too long, every track once a batch; the second run,
 * ticked more often, gives the same bytes. */
static void test_asterix062_writer_many_tracks(void **state)
{
    (void)state;
    fixture_writer *runs[2];
    for (int run = 0; run < 2; run++) {
        fixture_writer *w = runs[run] = writer_of(1000);
        for (uint32_t id = 1; id <= 1010; id++)
            put(w, id, AP_EVENT_CONFIRMED, T0 - 2 * S);
        for (ap_utc_ns t = T0 - 2 * S; t <= T0 + 5 * S; t += run ? S : 7 * S)
            ap_asterix062_writer_tick(&w->writer, t);
        for (uint32_t id = 1; id <= 500; id++)
            put(w, id, AP_EVENT_DROPPED, T0 + 6 * S);
        ap_asterix062_writer_flush(&w->writer, T0 + 7 * S);
        assert_int_equal(ap_asterix062_writer_stats(&w->writer).refused_count, 10);
        assert_true(w->biggest <= AP_ASTERIX062_DATAGRAM_SIZE);
        assert_true(w->biggest > AP_ASTERIX062_DATAGRAM_SIZE - 200);
        int told[1011] = { 0 };
        for (size_t i = 0; i < w->count; i++)
            if (w->log[i].category == 62)
                told[w->log[i].a]++;
        for (int id = 1; id <= 1010; id++)
            assert_int_equal(told[id], id <= 1000 ? 3 : 0);
    }
    assert_int_equal(runs[0]->bytes, runs[1]->bytes);
    assert_true(runs[0]->hash == runs[1]->hash);
    release(runs[0]);
    release(runs[1]);
}

/* What was told of CAT062 is this, in thousandths of a second since T0, and no more. */
typedef struct told {
    int number, marks, at_ms;
} told;

static void assert_told(const fixture_writer *w, const told *expected, size_t count)
{
    size_t seen = 0;
    for (size_t i = 0; i < w->count; i++) {
        if (w->log[i].category != 62)
            continue;
        if (seen == count)
            fail_msg("more than %zu records", count);
        assert_entry(&w->log[i], 62, T0 + expected[seen].at_ms * AP_NS_PER_MS,
                     expected[seen].number, expected[seen].marks);
        seen++;
    }
    assert_int_equal(seen, count);
}

#define MS(ms) (T0 + (ms)*AP_NS_PER_MS)

static fixture_writer *updating_writer(double period_s, double update_s)
{
    ap_asterix062_config config = ap_asterix062_config_default();
    config.track_cap = 16;
    config.on_update = true;
    config.period_s = period_s;
    config.update_s = update_s;
    return writer_with(config);
}

/* A track goes at the next point of the grid of updates; with the picture only when it has not gone
 * within a period. */
static void test_asterix062_writer_on_update(void **state)
{
    (void)state;
    fixture_writer *w = updating_writer(4, 0.25);
    ap_asterix062_writer_tick(&w->writer, MS(0));
    put(w, 7, AP_EVENT_CONFIRMED, MS(100));
    put(w, 8, AP_EVENT_CONFIRMED, MS(120));
    ap_asterix062_writer_tick(&w->writer, MS(249));
    assert_told(w, NULL, 0);
    ap_asterix062_writer_tick(&w->writer, MS(250));
    ap_asterix062_writer_tick(&w->writer, MS(900));
    put(w, 8, AP_EVENT_UPDATED, MS(910));
    put(w, 8, AP_EVENT_UPDATED, MS(920)); /* collected: one record */
    ap_asterix062_writer_tick(&w->writer, MS(3990));
    put(w, 9, AP_EVENT_CONFIRMED, MS(3995));
    /* T0 + 4 s, the picture: 9 is new; 7 and 8 went within four seconds. */
    ap_asterix062_writer_tick(&w->writer, MS(4100));
    put(w, 8, AP_EVENT_COASTED, MS(4200)); /* its state has changed */
    ap_asterix062_writer_tick(&w->writer, MS(8000));
    put(w, 9, AP_EVENT_DROPPED, MS(8010));
    put(w, 9, AP_EVENT_DROPPED, MS(8020)); /* no more than once */
    ap_asterix062_writer_tick(&w->writer, MS(8600));
    static const told expected[] = {
        { 7, 1, 250 },  { 8, 1, 250 },  { 8, 0, 1000 }, { 9, 1, 4000 },
        { 8, 0, 4250 }, { 7, 0, 8000 }, { 9, 0, 8000 }, { 9, 2, 8010 },
    };
    assert_told(w, expected, sizeof expected / sizeof expected[0]);
    /* What is due with the picture is in it, behind its status. */
    for (size_t i = 1; i < w->count; i++)
        if (w->log[i].category == 62 && w->log[i].tod_128th_s == ap_tod_from_utc(MS(4000)))
            assert_int_equal(w->log[i - 1].category, 63);
    release(w);
}

/* When each was told stays known when others end, wherever the table keeps it. */
static void test_asterix062_writer_on_update_others_end(void **state)
{
    (void)state;
    fixture_writer *w = updating_writer(2.5, 0.25);
    ap_asterix062_writer_tick(&w->writer, MS(0));
    for (uint32_t i = 1; i <= 16; i++) /* 32 apart: one home for all */
        put(w, 32 * i, AP_EVENT_CONFIRMED, MS(100));
    ap_asterix062_writer_tick(&w->writer, MS(2600));
    for (uint32_t i = 2; i <= 16; i += 2)
        put(w, 32 * i, AP_EVENT_UPDATED, MS(2610));
    ap_asterix062_writer_tick(&w->writer, MS(4900));
    for (uint32_t i = 1; i <= 16; i += 2)
        put(w, 32 * i, AP_EVENT_DROPPED, MS(4900));
    size_t before = w->count;
    ap_asterix062_writer_tick(&w->writer, MS(5000)); /* the others went at 2.75 s */
    for (size_t i = before; i < w->count; i++)
        assert_int_not_equal(w->log[i].category, 62);
    assert_true(w->count > before);
    release(w);
}

/* Off, the same events go with the pictures alone. */
static void test_asterix062_writer_by_period(void **state)
{
    (void)state;
    ap_asterix062_config config = ap_asterix062_config_default();
    config.track_cap = 16;
    config.period_s = 4;
    fixture_writer *w = writer_with(config);
    ap_asterix062_writer_tick(&w->writer, MS(0));
    put(w, 7, AP_EVENT_CONFIRMED, MS(100));
    put(w, 7, AP_EVENT_UPDATED, MS(900));
    ap_asterix062_writer_tick(&w->writer, MS(4100));
    put(w, 7, AP_EVENT_UPDATED, MS(4900));
    ap_asterix062_writer_tick(&w->writer, MS(8000));
    static const told expected[] = { { 7, 1, 4000 }, { 7, 0, 8000 } };
    assert_told(w, expected, 2);
    release(w);
}

/* Wherever the ticks fall between the events, the bytes are the same, with periods that no slice of
 * the engine's time divides. */
static void test_asterix062_writer_ticks_anywhere(void **state)
{
    (void)state;
    uint64_t hash[3];
    static const int between_ms[3] = { 10, 350, 90 };
    for (size_t run = 0; run < 3; run++) {
        fixture_writer *w = updating_writer(0.77, 0.13);
        ap_asterix062_writer_tick(&w->writer, MS(0));
        for (int at_ms = 10, ticked = 0; at_ms < 30000; at_ms += 10) {
            if (at_ms % 350 == 0 || at_ms - ticked >= between_ms[run]) {
                ap_asterix062_writer_tick(&w->writer, MS(at_ms));
                ticked = at_ms;
            }
            if (at_ms % 350 == 0) /* ticked before in every run */
                put(w, 1 + (uint32_t)at_ms / 350 % 5,
                    at_ms < 5 * 350 ? AP_EVENT_CONFIRMED : AP_EVENT_UPDATED, MS(at_ms));
        }
        ap_asterix062_writer_tick(&w->writer, MS(30000));
        assert_true(w->datagrams > 100);
        hash[run] = w->hash;
        release(w);
    }
    assert_true(hash[0] == hash[1] && hash[1] == hash[2]);
}

static void put_at(fixture_writer *w, uint32_t id, ap_track_event_kind kind, ap_utc_ns time,
                   double level)
{
    ap_track track = fixture_track();
    track.id = id;
    track.number = (uint16_t)id;
    track.time_utc = track.updated_utc = time;
    track.pressure_altitude_m = level * 100.0 * AP_M_PER_FT;
    track.up_mps = 0.0;
    ap_asterix062_writer_tick(&w->writer, time);
    ap_asterix062_writer_track(
        &w->writer, &(ap_track_event){ .kind = kind, .time_utc = time, .sensor = 0 }, &track);
}

/* Who leaves the band ends there, once, and begins anew when it comes back; who was never in it is
 * never told, nor its end. */
static void test_asterix062_writer_filter(void **state)
{
    (void)state;
    static const ap_track_filter low = { .has_level_max = true,
                                         .level_max_m = 95 * 100 * AP_M_PER_FT };
    for (int on_update = 0; on_update < 2; on_update++) {
        ap_asterix062_config config = ap_asterix062_config_default();
        config.track_cap = 16;
        config.filter = &low;
        config.period_s = 1;
        config.update_s = 0.5;
        config.on_update = on_update == 1;
        fixture_writer *w = writer_with(config);
        ap_asterix062_writer_tick(&w->writer, MS(-200));
        put_at(w, 7, AP_EVENT_CONFIRMED, MS(-100), 90);
        put_at(w, 8, AP_EVENT_CONFIRMED, MS(-90), 200);
        put_at(w, 9, AP_EVENT_CONFIRMED, MS(-80), 20);
        ap_asterix062_writer_tick(&w->writer, MS(0));
        put_at(w, 7, AP_EVENT_UPDATED, MS(900), 100);
        ap_asterix062_writer_tick(&w->writer, MS(1000));
        put_at(w, 8, AP_EVENT_UPDATED, MS(1900), 210);
        put_at(w, 9, AP_EVENT_UPDATED, MS(1910), 20);
        ap_asterix062_writer_tick(&w->writer, MS(2000));
        put_at(w, 7, AP_EVENT_UPDATED, MS(2900), 94);
        ap_asterix062_writer_tick(&w->writer, MS(3000));
        put_at(w, 8, AP_EVENT_DROPPED, MS(3100), 210);
        put_at(w, 9, AP_EVENT_DROPPED, MS(3110), 20);
        static const told every[] = { { 7, 1, 0 },    { 9, 1, 0 },    { 7, 2, 1000 },
                                      { 9, 0, 1000 }, { 9, 0, 2000 }, { 7, 1, 3000 },
                                      { 9, 0, 3000 }, { 9, 2, 3110 } };
        assert_told(w, every, sizeof every / sizeof every[0]);
        release(w);
    }
}

/* A filter on, its tracks keep no room that others need: told again and again, none is refused. */
static void test_asterix062_writer_filter_gives_room_back(void **state)
{
    (void)state;
    static const ap_track_filter low = { .has_level_max = true, .level_max_m = 3000 };
    ap_asterix062_config config = ap_asterix062_config_default();
    config.track_cap = 16;
    config.period_s = 1;
    config.filter = &low;
    fixture_writer *w = writer_with(config);
    ap_asterix062_writer_tick(&w->writer, MS(-1));
    for (int round = 0; round < 40; round++)
        for (uint32_t id = 1; id <= 16; id++)
            put_at(w, id, round == 0 ? AP_EVENT_CONFIRMED : AP_EVENT_UPDATED,
                   MS(round * 1000 + 500), round % 2 ? 200 : 50);
    ap_asterix062_stats stats = ap_asterix062_writer_stats(&w->writer);
    assert_int_equal(stats.refused_count, 0);
    assert_int_equal(stats.track_record_count, 16 * 39);
    release(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asterix062_writer_init_refuses),
        cmocka_unit_test(test_asterix062_writer_life_of_a_track),
        cmocka_unit_test(test_asterix062_writer_unannounced),
        cmocka_unit_test(test_asterix062_writer_ends_in_a_gap),
        cmocka_unit_test(test_asterix062_writer_grid),
        cmocka_unit_test(test_asterix062_writer_many_tracks),
        cmocka_unit_test(test_asterix062_writer_on_update),
        cmocka_unit_test(test_asterix062_writer_on_update_others_end),
        cmocka_unit_test(test_asterix062_writer_by_period),
        cmocka_unit_test(test_asterix062_writer_ticks_anywhere),
        cmocka_unit_test(test_asterix062_writer_filter),
        cmocka_unit_test(test_asterix062_writer_filter_gives_room_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

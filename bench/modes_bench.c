/* Cost of Mode S frames: read from Beast, decoded, attributed, placed, told as reports.
 *
 *     bench.modes AIRCRAFT FILE              a Beast recording, and how many aircraft it holds
 *     bench.modes AIRCRAFT FILE RECEIVERS    its traffic as so many receivers hear it, merged
 *
 * Figures are frames per CPU second of one core, the median of the runs of each way over the whole
 * recording in memory. bench/modes.py makes the recordings and prints the peer's figures beside.
 *
 * The merged stream names the receiver of each frame (E3). Each receiver has a tick counter that
 * began at another value, hears nine frames of ten, and its frames arrive after a delay of its own,
 * up to 50 ms: so the copies of a frame stand between those of others, as they do in a network. */
#include "airpicture/modes.h"

#include "app/source.h"
#include "io/memory.h"
#include "sense/sense.h"
#include "wire/framer.h"
#include "wire/modes/beast.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 5, RECEIVERS_MAX = 64, HEARINGS = 3000000, TICKS_PER_MS = 12000 };

typedef struct totals {
    uint64_t frames, reports, positions, witnesses;
} totals;

typedef struct recording {
    uint8_t *data;
    size_t size;
} recording;

/* What a way does with each frame; context is its own. */
typedef void take(void *context, const ap_frame *frame, totals *sum);

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench.modes: %s\n", what);
    exit(1);
}

static recording read_all(const char *path)
{
    recording of = { 0 };
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END))
        fail("cannot read the recording");
    long size = ftell(file);
    rewind(file);
    of.data = malloc(size > 0 ? (size_t)size : 1);
    of.size = of.data ? fread(of.data, 1, (size_t)size, file) : 0;
    fclose(file);
    if (of.size == 0)
        fail("the recording is empty");
    return of;
}

/* Every frame of the recording through `one`. */
static void take_frames(const recording *from, const ap_asterix_editions *editions, take *one,
                        void *context, totals *sum)
{
    static uint8_t mem[AP_FRAMER_SIZE];
    ap_framer framer;
    ap_frame frame;
    uint8_t *space;
    if (ap_framer_init(&framer, AP_FORMAT_BEAST, editions, mem, sizeof mem))
        fail("the framer refuses its memory");
    for (size_t at = 0; at <= from->size;) {
        size_t cap = ap_framer_space(&framer, &space);
        size_t n = cap < from->size - at ? cap : from->size - at;
        memcpy(space, from->data + at, n);
        ap_framer_commit(&framer, n);
        while (ap_framer_next(&framer, &frame) == AP_OK) {
            sum->frames++;
            one(context, &frame, sum);
        }
        if (n == 0)
            break;
        at += n;
    }
}

static void take_nothing(void *context, const ap_frame *frame, totals *sum)
{
    (void)context;
    (void)frame;
    (void)sum;
}

static void take_decode(void *context, const ap_frame *frame, totals *sum)
{
    (void)context;
    ap_modes_frame decoded;
    sum->reports += ap_modes_decode(frame->data, frame->size, &decoded) == AP_OK;
}

static void count_report(void *context, const ap_report *report)
{
    totals *sum = context;
    sum->reports++;
    sum->positions += (report->present & AP_HAS_POSITION) != 0;
}

/* What a stream of one receiver needs besides sense. */
typedef struct single_run {
    ap_sense sense;
    ap_sense_slice slice;
} single_run;

/* In slices, as the pipeline hands them on. */
static void hand_on(ap_sense *sense, ap_sense_slice *slice, const ap_sense_heard *heard)
{
    ap_sense_slice_add(slice, heard);
    if (slice->count == AP_SENSE_SLICE)
        ap_sense_slice_take(sense, slice);
}

static void take_sense(void *context, const ap_frame *frame, totals *sum)
{
    (void)sum;
    single_run *run = context;
    ap_utc_ns utc = (ap_utc_ns)(frame->ticks_12mhz / 3 * 250);
    ap_sense_heard heard = { .frame = frame->data,
                             .size = frame->size,
                             .receive_utc = utc,
                             .has_stamp = true,
                             .stamp = frame->ticks_12mhz,
                             .signal = frame->signal };
    hand_on(&run->sense, &run->slice, &heard);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_rate(const char *way, double rate[RUNS], const totals *sum)
{
    qsort(rate, RUNS, sizeof rate[0], ascending);
    printf("  %-34s %6.2f M frames/s   reports %5.1f %%, positions %4.1f %%\n", way,
           rate[RUNS / 2] / 1e6, 100.0 * (double)sum->reports / (double)sum->frames,
           100.0 * (double)sum->positions / (double)sum->frames);
}

static void measure(const recording *from, const ap_asterix_editions *editions, const char *way,
                    take *one)
{
    double rate[RUNS];
    totals sum;
    for (int run = 0; run < RUNS; run++) {
        sum = (totals){ 0 };
        double start = cpu_s();
        take_frames(from, editions, one, NULL, &sum);
        rate[run] = (double)sum.frames / (cpu_s() - start);
    }
    print_rate(way, rate, &sum);
}

/* The state is made anew for each run, outside of the time taken. */
static void measure_sense(const recording *from, const ap_asterix_editions *editions,
                          uint32_t aircraft_cap)
{
    static ap_sensor sensor[4];
    static ap_sensor_stats stats[4];
    static uint8_t receiver_mem[2048];
    double rate[RUNS];
    totals sum;
    size_t size = 0;
    for (int run = 0; run < RUNS; run++) {
        memset(stats, 0, sizeof stats);
        ap_sensor_table sensors = { .sensor = sensor, .stats = stats, .cap = 4 };
        ap_receiver_table receivers;
        if (ap_receiver_table_init(&receivers, &sensors, 1, 0, receiver_mem, sizeof receiver_mem))
            fail("no memory for the receiver");
        ap_sense_config config = { .sensors = &sensors,
                                   .receivers = &receivers,
                                   .input_cap = 1,
                                   .aircraft_cap = aircraft_cap,
                                   .editions = editions,
                                   .on_report = count_report,
                                   .context = &sum };
        single_run on = { .slice.count = 0 };
        size = ap_sense_size(&config);
        void *mem = ap_memory_take(size);
        if (!mem || ap_sense_init(&on.sense, &config, mem, size))
            fail("no memory for the state");
        sum = (totals){ 0 };
        double start = cpu_s();
        take_frames(from, editions, take_sense, &on, &sum);
        ap_sense_slice_take(&on.sense, &on.slice);
        rate[run] = (double)sum.frames / (cpu_s() - start);
        ap_memory_give_back(mem, size);
    }
    print_rate("decode, attribute, state, CPR", rate, &sum);
    printf("  state: %.0f bytes an aircraft of %u\n", (double)size / aircraft_cap, aircraft_cap);
}

/* ---- many receivers ---- */

typedef struct transmission {
    uint64_t ticks;
    uint8_t frame[14], size, signal;
} transmission;

typedef struct traffic {
    transmission *list; /* [cap] */
    size_t count, cap;
} traffic;

static void take_transmission(void *context, const ap_frame *frame, totals *sum)
{
    (void)sum;
    traffic *on = context;
    if (on->count == on->cap)
        return;
    transmission *kept = &on->list[on->count++];
    *kept = (transmission){ frame->ticks_12mhz, { 0 }, (uint8_t)frame->size, frame->signal };
    memcpy(kept->frame, frame->data, frame->size);
}

static uint32_t draw(uint32_t of)
{
    of = (of ^ of >> 16) * 0x7FEB352Du;
    of = (of ^ of >> 15) * 0x846CA68Bu;
    return of ^ of >> 16;
}

/* One receiver on its way through the traffic. */
typedef struct listener {
    uint64_t id, offset_ticks, delay_ticks;
    size_t at;
} listener;

static void skip_missed(listener *of, const traffic *on, unsigned receiver)
{
    while (of->at < on->count && draw((uint32_t)of->at * RECEIVERS_MAX + receiver) % 10 == 0)
        of->at++;
}

/* The receiver whose next frame arrives first; `count` when all have come to the end. */
static unsigned first_to_arrive(const listener *all, unsigned count, const traffic *on)
{
    unsigned first = count;
    uint64_t first_ticks = UINT64_MAX;
    for (unsigned r = 0; r < count; r++) {
        if (all[r].at == on->count)
            continue;
        uint64_t ticks = on->list[all[r].at].ticks + all[r].delay_ticks;
        if (ticks < first_ticks) {
            first_ticks = ticks;
            first = r;
        }
    }
    return first;
}

/* The stream in which the hearings of all receivers are merged. */
static recording merge(const traffic *on, unsigned count)
{
    listener all[RECEIVERS_MAX];
    for (unsigned r = 0; r < count; r++) {
        all[r] = (listener){ .id = UINT64_C(0x1000) + r,
                             .offset_ticks = (uint64_t)draw(r + 1) << 8,
                             .delay_ticks = draw(r + 1000) % (50 * TICKS_PER_MS) };
        skip_missed(&all[r], on, r);
    }
    size_t cap = on->count * count * (AP_BEAST_SIZE_MAX + 18);
    recording merged = { .data = malloc(cap) };
    if (!merged.data)
        fail("no memory for the merged stream");
    ap_writer writer = ap_writer_of(merged.data, cap);
    for (unsigned r; (r = first_to_arrive(all, count, on)) < count;) {
        const transmission *heard = &on->list[all[r].at++];
        ap_beast_write_receiver(&writer, all[r].id);
        (void)ap_beast_write(&writer, heard->frame, heard->size, heard->ticks + all[r].offset_ticks,
                             heard->signal);
        skip_missed(&all[r], on, r);
    }
    merged.size = writer.size;
    return merged;
}

/* What a stream of many receivers needs besides sense. */
typedef struct merged_run {
    ap_sense sense;
    ap_sense_slice slice;
    ap_receiver_table receivers;
    ap_source_clock clock;
    const ap_asterix_editions *editions;
} merged_run;

static void take_heard(void *context, const ap_frame *frame, totals *sum)
{
    (void)sum;
    merged_run *run = context;
    uint16_t receiver = ap_receiver_of(&run->receivers, 0, frame->has_receiver, frame->receiver);
    ap_utc_ns utc = ap_source_clock_time(&run->clock, &run->receivers.rows[receiver].clock,
                                         run->editions, frame);
    ap_sense_heard heard = ap_source_heard(frame, receiver, utc);
    heard.clock = run->receivers.rows[receiver].clock.kind;
    hand_on(&run->sense, &run->slice, &heard);
}

static void count_witness(void *context, const ap_witness *witness)
{
    totals *sum = context;
    sum->witnesses += witness->number > 0;
}

static void measure_merged(const recording *from, const ap_asterix_editions *editions,
                           uint32_t aircraft_cap, unsigned count)
{
    static ap_sensor sensor[RECEIVERS_MAX + 4];
    static ap_sensor_stats stats[RECEIVERS_MAX + 4];
    size_t table_size = ap_receiver_table_size(1, RECEIVERS_MAX);
    void *table_mem = malloc(table_size);
    double rate[RUNS];
    totals sum;
    for (int run = 0; run < RUNS; run++) {
        memset(stats, 0, sizeof stats);
        ap_sensor_table sensors = { .sensor = sensor, .stats = stats, .cap = RECEIVERS_MAX + 4 };
        merged_run on = { .editions = editions };
        if (!table_mem || ap_receiver_table_init(&on.receivers, &sensors, 1, RECEIVERS_MAX,
                                                 table_mem, table_size))
            fail("no memory for the receivers");
        ap_source_clock_init(&on.clock, 0);
        ap_sense_config config = { .sensors = &sensors,
                                   .receivers = &on.receivers,
                                   .input_cap = 1,
                                   .aircraft_cap = aircraft_cap,
                                   .editions = editions,
                                   .on_report = count_report,
                                   .on_witness = count_witness,
                                   .context = &sum };
        size_t size = ap_sense_size(&config);
        void *mem = ap_memory_take(size);
        if (!mem || ap_sense_init(&on.sense, &config, mem, size))
            fail("no memory for the state");
        sum = (totals){ 0 };
        double start = cpu_s();
        take_frames(from, editions, take_heard, &on, &sum);
        ap_sense_slice_take(&on.sense, &on.slice);
        rate[run] = (double)sum.frames / (cpu_s() - start);
        ap_memory_give_back(mem, size);
    }
    free(table_mem);
    qsort(rate, RUNS, sizeof rate[0], ascending);
    printf("  %2u receivers, merged               %6.2f M frames/s   reports %5.1f %%, witnesses "
           "%4.1f %%\n",
           count, rate[RUNS / 2] / 1e6, 100.0 * (double)sum.reports / (double)sum.frames,
           100.0 * (double)sum.witnesses / (double)sum.frames);
}

static void measure_receivers(const recording *from, const ap_asterix_editions *editions,
                              uint32_t aircraft_cap, unsigned count)
{
    traffic on = { .cap = HEARINGS / count };
    totals sum = { 0 };
    on.list = malloc(on.cap * sizeof *on.list);
    if (!on.list)
        fail("no memory for the traffic");
    take_frames(from, editions, take_transmission, &on, &sum);
    recording merged = merge(&on, count);
    free(on.list);
    if (count > 4) /* sense keeps four pairs of aircraft and receiver for each of its capacity */
        aircraft_cap = (aircraft_cap * count + 3) / 4;
    measure_merged(&merged, editions, aircraft_cap, count);
    free(merged.data);
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 4)
        fail("usage: bench.modes AIRCRAFT FILE [RECEIVERS]");
    ap_asterix_editions editions;
    ap_asterix_editions_default(&editions);
    recording from = read_all(argv[2]);
    uint32_t aircraft_cap = (uint32_t)strtoul(argv[1], NULL, 10) / 4 * 5;
    unsigned receivers = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    if (receivers > RECEIVERS_MAX)
        fail("at most 64 receivers");
    if (receivers > 0) {
        measure_receivers(&from, &editions, aircraft_cap, receivers);
        free(from.data);
        return 0;
    }
    measure(&from, &editions, "read from Beast", take_nothing);
    measure(&from, &editions, "and decode", take_decode);
    measure_sense(&from, &editions, aircraft_cap);
    free(from.data);
    return 0;
}

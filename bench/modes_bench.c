/* Cost of Mode S frames: read from Beast, decoded, attributed, placed, told as reports.
 *
 *     bench.modes AIRCRAFT FILE      a Beast recording, and how many aircraft it holds
 *
 * Figures are frames per CPU second of one core, the median of the runs of each way over the whole
 * recording in memory. bench/modes.py makes the recordings and prints the peer's figures beside. */
#include "airpicture/modes.h"

#include "io/memory.h"
#include "sense/sense.h"
#include "wire/framer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 5 };

typedef struct totals {
    uint64_t frames, reports, positions;
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

static void take_sense(void *context, const ap_frame *frame, totals *sum)
{
    (void)sum;
    ap_utc_ns utc = (ap_utc_ns)(frame->ticks_12mhz / 3 * 250);
    ap_sense_heard heard = { .frame = frame->data,
                             .size = frame->size,
                             .receive_utc = utc,
                             .has_stamp = true,
                             .stamp = frame->ticks_12mhz,
                             .signal = frame->signal };
    ap_sense_modes(context, &heard);
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
        ap_sense sense;
        size = ap_sense_size(&config);
        void *mem = ap_memory_take(size);
        if (!mem || ap_sense_init(&sense, &config, mem, size))
            fail("no memory for the state");
        sum = (totals){ 0 };
        double start = cpu_s();
        take_frames(from, editions, take_sense, &sense, &sum);
        rate[run] = (double)sum.frames / (cpu_s() - start);
        ap_memory_give_back(mem, size);
    }
    print_rate("decode, attribute, state, CPR", rate, &sum);
    printf("  state: %.0f bytes an aircraft of %u\n", (double)size / aircraft_cap, aircraft_cap);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        fail("usage: bench.modes AIRCRAFT FILE");
    ap_asterix_editions editions;
    ap_asterix_editions_default(&editions);
    recording from = read_all(argv[2]);
    measure(&from, &editions, "read from Beast", take_nothing);
    measure(&from, &editions, "and decode", take_decode);
    measure_sense(&from, &editions, (uint32_t)strtoul(argv[1], NULL, 10) / 4 * 5);
    free(from.data);
    return 0;
}

/* Cost of ASTERIX records: walk, typed decode, decode and encode, JSON there and back, CSV.
 *
 *     bench.asterix FILE...      raw data blocks; without arguments the shared recordings
 *
 * Figures are input bytes per CPU second of one core, the median of the runs of each way; the cost
 * of encoding is that of decode and encode less that of decode, from JSON likewise.
 * bench/asterix.py makes a workload and runs this on it. */
#include "airpicture/asterix.h"
#include "airpicture/asterix_encode.h"

#include "wire/asterix/columns.h"
#include "wire/asterix/recode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BENCH_S 0.2
#define RUNS 5
#define FILE_CAP (128u << 20)

static const char *const recordings[] = { "rn_GrabSMR-071017a.ast", "rn_res.ast",
                                          "rn_sdpb-op-cat20.first.ast" };

typedef struct totals {
    size_t bytes, records, out;
} totals;

static uint8_t input[FILE_CAP], output[1 << 20];

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Each takes one record and returns its size, 0 on a fault. */
typedef size_t take(const ap_asterix_spec *spec, const uint8_t *data, size_t size, totals *sum);

static size_t take_walk(const ap_asterix_spec *spec, const uint8_t *data, size_t size, totals *sum)
{
    size_t record_size = 0;
    ap_asterix_fault fault;
    (void)sum;
    return ap_asterix_walk(spec, data, size, &record_size, &fault) ? 0 : record_size;
}

static size_t take_look(const ap_asterix_spec *spec, const uint8_t *data, size_t size, totals *sum)
{
    ap_asterix_inherited inherited = { 0 };
    ap_asterix_glance glance;
    size_t record_size = take_walk(spec, data, size, sum);
    return ap_asterix_look(spec, data, record_size, &inherited, &glance) ? 0 : record_size;
}

static size_t take_typed(const ap_asterix_spec *spec, const uint8_t *data, size_t size, totals *sum)
{
    ap_reader reader = ap_reader_of(data, size);
    (void)sum;
    return ap_asterix_decode_only(ap_asterix_spec_category(spec), &reader) ? 0 : reader.at;
}

static size_t take_recode(const ap_asterix_spec *spec, const uint8_t *data, size_t size,
                          totals *sum)
{
    ap_reader reader = ap_reader_of(data, size);
    ap_writer writer = ap_writer_of(output, sizeof output);
    ap_err err = ap_asterix_recode(ap_asterix_spec_category(spec), &reader, &writer);
    sum->out += writer.size;
    return err ? 0 : reader.at;
}

static size_t take_json(const ap_asterix_spec *spec, const uint8_t *data, size_t size, totals *sum)
{
    ap_writer writer = ap_writer_of(output, sizeof output);
    size_t record_size = take_walk(spec, data, size, sum);
    ap_err err = ap_asterix_json(spec, data, record_size, &writer);
    sum->out += writer.size;
    return err ? 0 : record_size;
}

static size_t take_json_back(const ap_asterix_spec *spec, const uint8_t *data, size_t size,
                             totals *sum)
{
    static uint32_t mem[AP_ASTERIX_ENCODER_MEM(sizeof output) / sizeof(uint32_t)];
    static uint8_t octets[AP_ASTERIX_BLOCK_SIZE_MAX];
    ap_asterix_encoder encoder = { .mem = mem, .mem_size = sizeof mem };
    ap_writer text = ap_writer_of(output, sizeof output);
    ap_writer writer = ap_writer_of(octets, sizeof octets);
    size_t record_size = take_walk(spec, data, size, sum);
    ap_err err = ap_asterix_json(spec, data, record_size, &text);
    if (!err)
        err =
            ap_asterix_encode_json(&encoder, spec, NULL, (const char *)output, text.size, &writer);
    sum->out += writer.size;
    return err ? 0 : record_size;
}

static ap_asterix_columns columns;

/* Columns of what most readers want: time, position, identity, level. */
static void choose_columns(const ap_asterix_editions *editions)
{
    static const struct {
        uint8_t category;
        const char *item;
    } choice[] = { { 48, "140" }, { 48, "040" }, { 48, "090" }, { 48, "220" }, { 48, "240" },
                   { 62, "070" }, { 62, "105" }, { 62, "040" }, { 20, "140" }, { 20, "041" },
                   { 20, "220" }, { 1, "040" },  { 1, "070" },  { 10, "140" }, { 10, "041" },
                   { 21, "080" }, { 21, "130" }, { 21, "145" } };
    for (size_t k = 0; k < sizeof choice / sizeof choice[0]; k++) {
        (void)ap_asterix_columns_choose(&columns, choice[k].category, choice[k].item);
        (void)ap_asterix_columns_learn(&columns, editions->category[choice[k].category]);
    }
}

static size_t take_csv(const ap_asterix_spec *spec, const uint8_t *data, size_t size, totals *sum)
{
    ap_writer writer = ap_writer_of(output, sizeof output);
    size_t record_size = take_walk(spec, data, size, sum);
    ap_err err = ap_asterix_columns_row(&columns, spec, data, record_size, &writer);
    sum->out += writer.size;
    return err ? 0 : record_size;
}

static void take_blocks(const ap_asterix_editions *editions, size_t size, take *one, totals *sum)
{
    ap_reader reader = ap_reader_of(input, size);
    ap_asterix_block block;
    while (ap_asterix_block_next(&reader, &block) == AP_OK) {
        const ap_asterix_spec *spec = editions->category[block.category];
        size_t record_size = 1;
        for (size_t at = 0; spec && at < block.size && record_size > 0; at += record_size) {
            record_size = one(spec, block.data + at, block.size - at, sum);
            sum->records++;
        }
        sum->bytes += block.size + AP_ASTERIX_BLOCK_HEADER_SIZE;
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Seconds a byte, the median of the runs; *sum is of the last. */
static double cost_s(const ap_asterix_editions *editions, size_t size, take *one, totals *sum)
{
    double cost[RUNS];
    for (int run = 0; run < RUNS; run++) {
        *sum = (totals){ 0 };
        double start = cpu_s(), spent;
        do {
            take_blocks(editions, size, one, sum);
            spent = cpu_s() - start;
        } while (spent < BENCH_S && sum->bytes > 0);
        cost[run] = spent / (double)sum->bytes;
    }
    qsort(cost, RUNS, sizeof cost[0], ascending);
    return cost[RUNS / 2];
}

static void print_cost(const char *name, const char *way, double cost, const totals *sum)
{
    double size = (double)sum->bytes / (double)sum->records;
    printf("%-28s %-18s %8.1f MB/s %8.2f M records/s\n", name, way, 1e-6 / cost,
           1e-6 / cost / size);
}

static void measure(const char *name, size_t size)
{
    enum { WALK, LOOK, TYPED, RECODE, JSON, JSON_BACK, CSV, WAYS };
    static const struct {
        const char *name;
        take *one;
    } ways[WAYS] = {
        [WALK] = { "walk", take_walk },
        [LOOK] = { "walk and look", take_look },
        [TYPED] = { "typed decode", take_typed },
        [RECODE] = { "decode and encode", take_recode },
        [JSON] = { "JSON", take_json },
        [JSON_BACK] = { "JSON and back", take_json_back },
        [CSV] = { "CSV, chosen items", take_csv },
    };
    ap_asterix_editions editions;
    ap_asterix_editions_default(&editions);
    if (columns.count == 0)
        choose_columns(&editions);
    double cost[WAYS];
    totals sum = { 0 };
    for (int k = 0; k < WAYS; k++) {
        cost[k] = cost_s(&editions, size, ways[k].one, &sum);
        print_cost(name, ways[k].name, cost[k], &sum);
    }
    print_cost(name, "encode alone", cost[RECODE] - cost[TYPED], &sum);
    print_cost(name, "encode from JSON", cost[JSON_BACK] - cost[JSON], &sum);
}

static void measure_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        printf("%s: not there\n", path);
        return;
    }
    size_t size = fread(input, 1, sizeof input, file);
    fclose(file);
    const char *slash = strrchr(path, '/');
    measure(slash ? slash + 1 : path, size);
}

int main(int argc, char **argv)
{
    const char *folder = getenv("AIRPICTURE_DATA");
    for (int k = 1; k < argc; k++)
        measure_file(argv[k]);
    for (size_t k = 0; argc == 1 && k < sizeof recordings / sizeof recordings[0]; k++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/asterix/%s", folder ? folder : "../shared/data",
                 recordings[k]);
        measure_file(path);
    }
    return 0;
}

/* `airpicture compare`: two outputs on the same truth. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/evaluate_figures.h"
#include "app/evaluate_options.h"
#include "app/paths.h"
#include "io/output.h"
#include "wire/json.h"

enum { OPTION_WORSE_THAN = AP_EVALUATE_SHARED, OPTION_FIGURE, OPTION_JSON };

enum { BATCHES = 20, TEXT_SIZE = 1 << 16 };

const ap_option ap_compare_options[] = {
    AP_EVALUATE_SHARED_OPTIONS,
    [OPTION_WORSE_THAN] = { 0, "worse-than", "PERCENT",
                            "Exit with status 1 when B is worse than A by more than this in the "
                            "figure, and for GOSPA by more than chance; 0 to 10000." },
    [OPTION_FIGURE] = { 0, "figure", "KEY",
                        "The figure that --worse-than looks at; default gospa_rms_m. The keys are "
                        "those of --json." },
    [OPTION_JSON] = { 0, "json", "FILE", "The comparison as one JSON object." },
    { .name = NULL },
};

/* Difference of GOSPA, B less A, over the instants that both have. */
typedef struct paired {
    uint64_t count, a_better, b_better;
    size_t batch_count;     /* in time */
    double mean_m, error_m; /* standard error, from the means of the batches; NAN of a single one */
} paired;

typedef struct compare {
    ap_evaluate_options options;
    double worse_than; /* percent; negative: not asked */
    const char *key, *json_path;
    ap_evaluate_run run;
    ap_evaluate_side side[2];
    ap_figure figure[2][AP_FIGURE_CAP];
    size_t figure_count[2];
    paired gospa;
} compare;

static int take_option(void *context, size_t option, const char *value)
{
    compare *c = context;
    switch (option) {
    case OPTION_WORSE_THAN:
        if (!ap_parse_number(value, 0, 10000, &c->worse_than))
            return ap_command_fail(c->options.command, AP_EXIT_USAGE,
                                   "--worse-than %s is refused; expected percent from 0 to 10000",
                                   value);
        return AP_EXIT_OK;
    case OPTION_FIGURE:
        c->key = value;
        return AP_EXIT_OK;
    case OPTION_JSON:
        c->json_path = value;
        return AP_EXIT_OK;
    default:
        return ap_evaluate_options_take(&c->options, option, value);
    }
}

/* ---- pairs of instants ---- */

/* Instants near each other are alike, so that the error is that of the means of batches. */
static paired pair_instants(const compare *c)
{
    size_t count[2];
    const ap_evaluation_sample *a = ap_evaluation_samples(&c->side[0].evaluation, &count[0]);
    const ap_evaluation_sample *b = ap_evaluation_samples(&c->side[1].evaluation, &count[1]);
    size_t n = count[0] < count[1] ? count[0] : count[1];
    size_t batches = n < 2 * BATCHES ? n : BATCHES;
    paired p = { .count = n };
    double sum = 0.0, sum2 = 0.0;
    for (size_t k = 0; k < batches; k++) {
        size_t from = n * k / batches, to = n * (k + 1) / batches;
        double mean = 0.0;
        for (size_t i = from; i < to; i++) {
            double d = (double)b[i].gospa_m - (double)a[i].gospa_m;
            mean += d / (double)(to - from);
            p.a_better += d > 0.0;
            p.b_better += d < 0.0;
            p.mean_m += d / (double)n;
        }
        sum += mean;
        sum2 += mean * mean;
    }
    double m = (double)batches;
    p.batch_count = batches;
    p.error_m = batches > 1 ? sqrt(fmax((sum2 - sum * sum / m) / (m - 1.0), 0.0) / m) : NAN;
    return p;
}

/* ---- judgement ---- */

/* 1: B is better; -1: A is; 0: neither. */
static int better_of(const ap_figure *a, const ap_figure *b)
{
    double x = a->value, y = b->value;
    if (isnan(x) || isnan(y) || x == y || a->better == AP_FIGURE_NEUTRAL)
        return 0;
    if (a->better == AP_FIGURE_NEAR_ONE) {
        x = fabs(x - 1.0);
        y = fabs(y - 1.0);
    }
    bool lower = y < x;
    return lower == (a->better != AP_FIGURE_HIGHER) ? 1 : -1;
}

/* Percent that B is worse than A; negative: better. Of shares that should be high, what is missing
 * to the whole counts. */
static double worse_percent(const ap_figure *a, const ap_figure *b)
{
    double x = a->value, y = b->value;
    if (a->better == AP_FIGURE_HIGHER) {
        x = 1.0 - x;
        y = 1.0 - y;
    } else if (a->better == AP_FIGURE_NEAR_ONE) {
        x = fabs(x - 1.0);
        y = fabs(y - 1.0);
    }
    if (x == y)
        return 0.0;
    return x > 0.0 ? 100.0 * (y - x) / x : INFINITY;
}

/* ---- outputs ---- */

static void print(const compare *c, FILE *out)
{
    const char *group = "";
    fprintf(out, "A %s\nB %s\n", c->side[0].path, c->side[1].path);
    fprintf(out, "%-38s %14s %14s %14s  better\n", "", "A", "B", "B - A");
    for (size_t i = 0; i < c->figure_count[0]; i++) {
        const ap_figure *a = &c->figure[0][i];
        const ap_figure *b = ap_figure_of_key(c->figure[1], c->figure_count[1], a->key);
        char x[40], y[40], d[40];
        if (!b || (isnan(a->value) && isnan(b->value)))
            continue;
        if (strcmp(group, a->group) != 0)
            fprintf(out, "\n%s\n", a->group);
        group = a->group;
        ap_figure_text(a->value, a->unit, x, sizeof x);
        ap_figure_text(b->value, b->unit, y, sizeof y);
        ap_figure_text(b->value - a->value, a->unit, d, sizeof d);
        int better = better_of(a, b);
        fprintf(out, "  %-36s %14s %14s %14s  %s\n", a->text, x, y, d,
                better > 0   ? "B"
                : better < 0 ? "A"
                             : "");
    }
    fprintf(out,
            "\nGOSPA by instant, B - A: %.3f m +- %.3f m (standard error of %zu batches in time), "
            "A better at %" PRIu64 ", B at %" PRIu64 " of %" PRIu64 " instants\n",
            c->gospa.mean_m, c->gospa.error_m, c->gospa.batch_count, c->gospa.a_better,
            c->gospa.b_better, c->gospa.count);
}

static void number(ap_json_object *o, const char *key, double value)
{
    if (isfinite(value))
        ap_json_member_fixed(o, key, value, 9);
    else
        ap_json_member_null(o, key);
}

static void put_json(const compare *c, ap_writer *w)
{
    ap_json_object o = ap_json_open(w);
    ap_json_member_str(&o, "truth", c->options.truth_path);
    ap_json_member_str(&o, "a", c->side[0].path);
    ap_json_member_str(&o, "b", c->side[1].path);
    ap_json_key(&o, "gospa");
    ap_json_object g = ap_json_open(w);
    ap_json_member_u64(&g, "instant_count", c->gospa.count);
    number(&g, "mean_difference_m", c->gospa.mean_m);
    number(&g, "standard_error_m", c->gospa.error_m);
    ap_json_member_u64(&g, "a_better_count", c->gospa.a_better);
    ap_json_member_u64(&g, "b_better_count", c->gospa.b_better);
    ap_json_close(&g);
    ap_json_key(&o, "figures");
    ap_text_str(w, "[");
    for (size_t i = 0, n = 0; i < c->figure_count[0]; i++) {
        const ap_figure *a = &c->figure[0][i];
        const ap_figure *b = ap_figure_of_key(c->figure[1], c->figure_count[1], a->key);
        if (!b)
            continue;
        ap_text_str(w, n++ ? "," : "");
        int better = better_of(a, b);
        ap_json_object f = ap_json_open(w);
        ap_json_member_str(&f, "key", a->key);
        ap_json_member_str(&f, "unit", a->unit);
        number(&f, "a", a->value);
        number(&f, "b", b->value);
        number(&f, "difference", b->value - a->value);
        ap_json_member_str(&f, "better", better > 0 ? "b" : better < 0 ? "a" : "");
        ap_json_close(&f);
    }
    ap_text_str(w, "]");
    ap_json_close(&o);
    ap_text_str(w, "\n");
}

static int write_json(const compare *c)
{
    char message[AP_IO_MESSAGE_SIZE];
    ap_output output = { 0 };
    uint8_t *bytes = malloc(TEXT_SIZE);
    if (!bytes)
        return ap_command_fail(c->options.command, AP_EXIT_SOFTWARE, "memory is exhausted");
    ap_writer w = ap_writer_of(bytes, TEXT_SIZE);
    put_json(c, &w);
    int status = AP_EXIT_OK;
    if (w.bad) {
        status = ap_command_fail(c->options.command, AP_EXIT_SOFTWARE,
                                 "no room for the comparison; expected shorter paths");
    } else if (ap_output_open(&output, c->json_path, message)) {
        status = ap_command_fail(c->options.command, AP_EXIT_NO_OUTPUT, "%s", message);
    } else {
        (void)ap_output_write(&output, w.data, w.size); /* commit tells */
        if (ap_output_commit(&output, message))
            status = ap_command_fail(c->options.command, AP_EXIT_IO, "%s", message);
    }
    free(bytes);
    return status;
}

/* More than chance, for GOSPA: more than two standard errors. */
static int verdict(const compare *c)
{
    const ap_figure *a = ap_figure_of_key(c->figure[0], c->figure_count[0], c->key);
    const ap_figure *b = ap_figure_of_key(c->figure[1], c->figure_count[1], c->key);
    if (c->worse_than < 0.0)
        return AP_EXIT_OK;
    if (!a || !b || isnan(a->value) || isnan(b->value))
        return ap_command_fail(c->options.command, AP_EXIT_DATA,
                               "figure %s is not known of both; see --json for the keys", c->key);
    if (a->better == AP_FIGURE_NEUTRAL)
        return ap_command_fail(c->options.command, AP_EXIT_USAGE,
                               "figure %s is neither better high nor low; choose another", c->key);
    double percent = worse_percent(a, b);
    bool is_gospa = strncmp(c->key, "gospa", 5) == 0;
    bool is_chance = is_gospa && !(c->gospa.mean_m > 2.0 * c->gospa.error_m);
    if (better_of(a, b) < 0 && percent > c->worse_than && !is_chance)
        return ap_command_fail(c->options.command, AP_EXIT_NOT_MET,
                               "B is worse than A in %s by %.2f %% (allowed %.2f %%)", c->key,
                               percent, c->worse_than);
    return AP_EXIT_OK;
}

/* ---- the run ---- */

/* Without those of the Cramer-Rao bound, which would need a sensors file. */
static size_t figures_of(const ap_evaluation *evaluation, ap_figure figure[AP_FIGURE_CAP])
{
    size_t all = ap_evaluate_figures(ap_evaluation_result_of(evaluation), figure), kept = 0;
    for (size_t i = 0; i < all; i++)
        if (strncmp(figure[i].key, "pcrb_", 5) != 0)
            figure[kept++] = figure[i];
    return kept;
}

static int work(compare *c)
{
    const ap_named_path outputs[] = { { "--json", c->json_path } };
    const char *inputs[] = { c->options.truth_path, c->side[0].path, c->side[1].path };
    int status = ap_evaluate_options_finish(&c->options);
    if (!status)
        status = ap_paths_check(c->options.command, outputs, 1, inputs, 3, NULL);
    if (status)
        return status;
    c->run.options = &c->options;
    ap_share_bar_start(&c->run.bar, c->options.quiet);
    status = ap_evaluate_read_truth(&c->run);
    for (int i = 0; i < 2 && !status; i++) {
        status = ap_evaluate_read_tracks(&c->run, &c->side[i]);
        if (!status)
            status = ap_evaluate_score(&c->run, &c->side[i]);
        if (!status)
            c->figure_count[i] = figures_of(&c->side[i].evaluation, c->figure[i]);
    }
    if (status)
        return status;
    c->gospa = pair_instants(c);
    if (!c->options.quiet)
        print(c, c->json_path && strcmp(c->json_path, "-") == 0 ? stderr : stdout);
    if (c->json_path)
        status = write_json(c);
    return status ? status : verdict(c);
}

int ap_compare_run(const ap_command *command, int argc, char **argv)
{
    int first;
    bool done = false;
    compare *c = calloc(1, sizeof *c);
    if (!c)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    c->options = ap_evaluate_options_default(command);
    c->worse_than = -1.0;
    c->key = "gospa_rms_m";
    int status = ap_command_parse(command, argc, argv, take_option, c, &first, &done);
    if (!status && !done && argc - first != 2)
        status = ap_command_fail(command, AP_EXIT_USAGE,
                                 "%d files to compare; expected two, A and B", argc - first);
    if (!status && !done) {
        c->side[0].path = argv[first];
        c->side[1].path = argv[first + 1];
        status = work(c);
    }
    for (int i = 0; i < 2; i++)
        ap_evaluate_side_close(&c->side[i]);
    ap_evaluate_run_close(&c->run);
    free(c);
    return status;
}

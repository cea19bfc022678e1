#include "app/run_tell.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE_SIZE 512

/* The log holds lines of one reason back, by its address: each input and output has two, for losses
 * of what flows must not hide that it flows again. */
enum { REASON_ROWS = 64 };
#define FOUR(text) text, text, text, text
#define SIXTEEN(text) FOUR(text), FOUR(text), FOUR(text), FOUR(text)
#define ALL_ROWS(text) SIXTEEN(text), SIXTEEN(text), SIXTEEN(text), SIXTEEN(text)
static const char state_reasons[REASON_ROWS][24] = { ALL_ROWS("input or output") };
static const char lost_reasons[REASON_ROWS][24] = { ALL_ROWS("input or output: lost") };

/* One that is not open and has no error is on its way. */
static void tell_state(ap_run_tell *tell, size_t row, ap_log_level level, const char *who,
                       bool is_open, const char *error)
{
    char line[LINE_SIZE];
    ap_run_tell_row *of = &tell->rows[row];
    if (is_open != of->is_away || (!is_open && (!error || !*error)))
        return;
    of->is_away = !is_open;
    if (is_open)
        (void)snprintf(line, sizeof line, "%s: goes on", who);
    else
        (void)snprintf(line, sizeof line, "%s: %s", who, error);
    ap_log_write_as(tell->log, is_open ? AP_LOG_INFO : level, state_reasons[row % REASON_ROWS],
                    line);
}

static void tell_lost(ap_run_tell *tell, size_t row, const char *who, uint64_t lost_count,
                      const char *unit, const char *why)
{
    char line[LINE_SIZE];
    ap_run_tell_row *of = &tell->rows[row];
    if (lost_count <= of->lost_count)
        return;
    (void)snprintf(line, sizeof line, "%s: %" PRIu64 " %s are lost%s", who,
                   lost_count - of->lost_count, unit, why);
    of->lost_count = lost_count;
    ap_log_write_as(tell->log, AP_LOG_WARNING, lost_reasons[row % REASON_ROWS], line);
}

static void look_at_input(ap_run_tell *tell, size_t row, const ap_live_input *input)
{
    char who[96];
    (void)snprintf(who, sizeof who, "input '%s'", input->name);
    tell_state(tell, row, AP_LOG_WARNING, who, input->is_open, input->last_error);
    tell_lost(tell, row, who, input->lost_count, "chunks",
              ": more comes than there is room for; ring_mb, or who sends so much");
}

static void look_at_output(ap_run_tell *tell, size_t row, const ap_live_output *output)
{
    char who[96];
    (void)snprintf(who, sizeof who, "output '%s'", output->name);
    tell_state(tell, row, AP_LOG_ERROR, who, output->is_open, output->last_error);
    tell_lost(tell, row, who, output->lost_count,
              output->lost_unit ? output->lost_unit : "messages", "");
}

void ap_run_tell_look(ap_run_tell *tell, const ap_live_figures *figures)
{
    size_t row = 0;
    for (size_t i = 0; i < figures->input_count && row < tell->row_count; i++)
        look_at_input(tell, row++, &figures->inputs[i]);
    for (size_t i = 0; i < figures->output_count && row < tell->row_count; i++, row++)
        if (!figures->outputs[i].tells_itself)
            look_at_output(tell, row, &figures->outputs[i]);
}

ap_err ap_run_tell_open(ap_run_tell *tell, const ap_log *log, const ap_live_figures *figures)
{
    size_t count = figures->input_count + figures->output_count;
    *tell = (ap_run_tell){ .log = log,
                           .rows = calloc(count + 1, sizeof *tell->rows),
                           .row_count = count };
    return tell->rows ? AP_OK : AP_ERR_MEMORY;
}

void ap_run_tell_close(ap_run_tell *tell)
{
    free(tell->rows);
    *tell = (ap_run_tell){ .row_count = 0 };
}

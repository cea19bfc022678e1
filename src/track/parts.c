#include "track/state.h"

#define PART 64u /* tracks or edges: some ten microseconds of work */

typedef struct whole {
    ap_state *state;
    size_t count;
    void (*work)(ap_state *state, size_t first, size_t last);
} whole;

static void do_part(void *context, size_t part)
{
    const whole *w = context;
    size_t first = part * PART, last = first + PART;
    w->work(w->state, first, last < w->count ? last : w->count);
}

void ap_in_parts(ap_state *state, size_t count,
                 void (*work)(ap_state *state, size_t first, size_t last))
{
    whole all = { state, count, work };
    if (!state->config.run_parts || count < 2 * PART) {
        work(state, 0, count);
        return;
    }
    state->config.run_parts(state->config.threads, do_part, &all, (count + PART - 1) / PART);
}

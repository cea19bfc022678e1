#include "app/share_bar.h"

#include <stdio.h>
#include <unistd.h>

#include "io/clock.h"

enum { BAR_WIDTH = 30 };

#define REDRAW_NS INT64_C(150000000)

void ap_share_bar_start(ap_share_bar *bar, bool quiet)
{
    *bar = (ap_share_bar){ .shown = !quiet && isatty(STDERR_FILENO) == 1, .task = "" };
}

void ap_share_bar_task(ap_share_bar *bar, const char *task)
{
    bar->task = task;
    bar->start_ns = ap_clock_monotonic_ns();
    bar->next_ns = 0;
    ap_share_bar_tell(bar, 0.0);
}

void ap_share_bar_tell(ap_share_bar *bar, double share)
{
    if (!bar->shown)
        return;
    int64_t now_ns = ap_clock_monotonic_ns();
    if (now_ns < bar->next_ns)
        return;
    bar->next_ns = now_ns + REDRAW_NS;
    share = share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
    double elapsed_s = (double)(now_ns - bar->start_ns) / 1e9;
    int full = (int)(share * BAR_WIDTH);
    fprintf(stderr, "\r%-16s [", bar->task);
    for (int i = 0; i < BAR_WIDTH; i++)
        fputc(i < full ? '#' : '.', stderr);
    fprintf(stderr, "] %3.0f %%", 100.0 * share);
    if (share > 0.02 && elapsed_s > 1.0)
        fprintf(stderr, "  %.0f s left", elapsed_s * (1.0 - share) / share);
    fputs(" \033[K", stderr);
    fflush(stderr);
    bar->drawn = true;
}

void ap_share_bar_end(ap_share_bar *bar)
{
    if (bar->drawn)
        fputs("\r\033[K", stderr);
    bar->drawn = false;
}

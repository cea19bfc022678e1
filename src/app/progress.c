#include "app/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "io/clock.h"

enum { BAR_WIDTH = 30, CALLS_PER_LOOK = 64 };

#define REDRAW_NS (AP_NS_PER_S / 5)

void ap_progress_start(ap_progress *progress, bool quiet)
{
    *progress =
        (ap_progress){ .shown = !quiet && isatty(STDERR_FILENO) == 1, .first_utc = AP_UTC_UNKNOWN };
    if (progress->shown)
        progress->start_ns = progress->next_ns = ap_clock_monotonic_ns();
}

static void draw(double share, double speed, double left_s)
{
    if (share >= 0.0) {
        int full = (int)(share * BAR_WIDTH);
        fputs("\r[", stderr);
        for (int i = 0; i < BAR_WIDTH; i++)
            fputc(i < full ? '#' : '.', stderr);
        fprintf(stderr, "] %3.0f %%  %.0f x real time  %.0f s left \033[K", 100.0 * share, speed,
                left_s);
    } else {
        fprintf(stderr, "\r%.0f x real time \033[K", speed);
    }
    fflush(stderr);
}

bool ap_progress_is_due(ap_progress *progress, ap_utc_ns now)
{
    if (progress->first_utc == AP_UTC_UNKNOWN)
        progress->first_utc = now;
    if (!progress->shown || progress->calls++ % CALLS_PER_LOOK != 0)
        return false;
    return ap_clock_monotonic_ns() >= progress->next_ns;
}

void ap_progress_draw(ap_progress *progress, double share, ap_utc_ns now)
{
    int64_t clock_ns = ap_clock_monotonic_ns();
    progress->next_ns = clock_ns + REDRAW_NS;
    double elapsed_s = (double)(clock_ns - progress->start_ns) / 1e9;
    double speed = elapsed_s > 0.0 ? ap_seconds_between(progress->first_utc, now) / elapsed_s : 0.0;
    double left_s = share > 0.0 ? elapsed_s * (1.0 - share) / share : 0.0;
    draw(share, speed, left_s);
    progress->drawn = true;
}

void ap_progress_end(ap_progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}

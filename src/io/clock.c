#include "io/clock.h"

#include <errno.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)

static int64_t clock_ns(clockid_t id)
{
    struct timespec now = { 0 };
    (void)clock_gettime(id, &now); /* fails for unknown clocks only */
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t ap_clock_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t ap_clock_wall(void)
{
    return clock_ns(CLOCK_REALTIME);
}

int64_t ap_clock_cpu_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void ap_clock_sleep_ns(int64_t duration_ns)
{
    if (duration_ns <= 0)
        return;
    int64_t until_ns = ap_clock_monotonic_ns() + duration_ns;
    struct timespec until = { .tv_sec = (time_t)(until_ns / NS_PER_S),
                              .tv_nsec = (long)(until_ns % NS_PER_S) };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        continue;
}

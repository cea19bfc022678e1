#include "io/live_clock.h"

#include <stddef.h>
#include <time.h>

#define STEP_NS AP_NS_PER_S
#define COMPARE_NS AP_NS_PER_MS       /* between two comparisons, at least */
#define SLEW_PARTS 2000               /* one part of so many: 500 ppm */
#define KERNEL_AGE_MAX_NS AP_NS_PER_S /* older than that is a step of the wall clock */
#define TRIES 4
#define TRY_NS INT64_C(20000)

static int64_t system_clock(clockid_t id)
{
    struct timespec now = { 0 };
    (void)clock_gettime(id, &now); /* fails for unknown clocks only */
    return (int64_t)now.tv_sec * AP_NS_PER_S + now.tv_nsec;
}

static int64_t system_monotonic_ns(void *context)
{
    (void)context;
    return system_clock(CLOCK_BOOTTIME);
}

static ap_utc_ns system_wall(void *context)
{
    (void)context;
    return system_clock(CLOCK_REALTIME);
}

static int64_t monotonic_ns(const ap_live_clock *clock)
{
    return clock->source.monotonic_ns(clock->source.context);
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* Both clocks at one moment: again when the processor was taken away between them. */
static void read_both(const ap_live_clock *clock, int64_t *monotonic, ap_utc_ns *wall)
{
    int64_t after_ns;
    int tries = 0;
    do {
        *monotonic = monotonic_ns(clock);
        *wall = clock->source.wall(clock->source.context);
        after_ns = monotonic_ns(clock);
    } while (after_ns - *monotonic > TRY_NS && ++tries < TRIES);
}

/* Our time passed_ns after the comparison. */
static ap_utc_ns utc_after(const ap_live_clock *clock, int64_t passed_ns)
{
    int64_t most_ns = passed_ns / SLEW_PARTS;
    return ap_utc_add_ns(clock->utc, passed_ns + clamp(clock->error_ns, -most_ns, most_ns));
}

static void note_step(ap_live_clock *clock, int64_t step_ns)
{
    clock->stepped_ns += step_ns;
    clock->newest_step_ns = step_ns;
    clock->step_count++;
}

static void compare(ap_live_clock *clock)
{
    int64_t monotonic;
    ap_utc_ns wall;
    read_both(clock, &monotonic, &wall);
    int64_t passed_ns = monotonic > clock->monotonic_ns ? monotonic - clock->monotonic_ns : 0;
    int64_t moved_ns = ap_ns_between(ap_utc_add_ns(clock->wall, passed_ns), wall);
    if (moved_ns >= STEP_NS || moved_ns <= -STEP_NS)
        note_step(clock, moved_ns);
    clock->utc = utc_after(clock, passed_ns);
    clock->monotonic_ns += passed_ns;
    clock->wall = wall;
    clock->error_ns = ap_ns_between(clock->utc, ap_utc_add_ns(wall, -clock->stepped_ns));
    clock->passed_ns = 0;
}

void ap_live_clock_init(ap_live_clock *clock, const ap_live_clock_source *source, ap_utc_ns after)
{
    static const ap_live_clock_source system = { system_monotonic_ns, system_wall, NULL };
    *clock = (ap_live_clock){ .source = source ? *source : system, .newest_stamp = after };
    read_both(clock, &clock->monotonic_ns, &clock->wall);
    clock->utc = clock->wall;
    if (after == AP_UTC_UNKNOWN || clock->wall > after)
        return;
    clock->utc = ap_utc_add_ns(after, 1);
    clock->error_ns = ap_ns_between(clock->utc, clock->wall);
    if (clock->error_ns <= -STEP_NS) {
        note_step(clock, clock->error_ns);
        clock->error_ns = 0;
    }
}

ap_utc_ns ap_live_clock_now(ap_live_clock *clock)
{
    int64_t passed_ns = monotonic_ns(clock) - clock->monotonic_ns;
    if (passed_ns >= COMPARE_NS)
        compare(clock);
    else if (passed_ns > clock->passed_ns)
        clock->passed_ns = passed_ns;
    return utc_after(clock, clock->passed_ns);
}

static ap_utc_ns as_stamp(ap_live_clock *clock, ap_utc_ns utc)
{
    /* AP_UTC_UNKNOWN is before every time. */
    if (utc <= clock->newest_stamp)
        utc = ap_utc_add_ns(clock->newest_stamp, 1);
    clock->newest_stamp = utc;
    return utc;
}

ap_utc_ns ap_live_clock_stamp(ap_live_clock *clock)
{
    return as_stamp(clock, ap_live_clock_now(clock));
}

ap_utc_ns ap_live_clock_stamp_kernel(ap_live_clock *clock, ap_utc_ns kernel_wall)
{
    ap_utc_ns wall = ap_utc_add_ns(clock->wall, clock->passed_ns);
    int64_t age_ns = clamp(ap_ns_between(kernel_wall, wall), 0, KERNEL_AGE_MAX_NS);
    return as_stamp(clock, ap_utc_add_ns(utc_after(clock, clock->passed_ns), -age_ns));
}

int64_t ap_live_clock_offset_ns(const ap_live_clock *clock)
{
    return ap_ns_between(clock->utc, clock->wall);
}

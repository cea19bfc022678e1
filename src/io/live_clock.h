/* UTC for receive stamps.
 *
 * The wall clock of a host is stepped: by hand, by an NTP daemon, by a clock chip that was wrong at
 * boot. Time of a picture must not: what was received is put in order by its stamps, and tracks are
 * predicted over the differences. So our time is that of the wall clock at the start and goes on
 * with the time since boot, which nobody sets; it is drawn towards the wall clock by 500 ppm at
 * most (as adjtime does), so that it stays right for years. A step of the wall clock, a second or
 * more, leaves our time alone; it is counted, and the difference is told until the program is
 * started again or the wall clock is put back. */
#ifndef AP_IO_LIVE_CLOCK_H
#define AP_IO_LIVE_CLOCK_H

#include <stdint.h>

#include "airpicture/time.h"

/* The system's clocks, or those of a test. */
typedef struct ap_live_clock_source {
    int64_t (*monotonic_ns)(void *context); /* never set back; goes on while the host sleeps */
    ap_utc_ns (*wall)(void *context);
    void *context;
} ap_live_clock_source;

typedef struct ap_live_clock {
    ap_live_clock_source source;
    int64_t monotonic_ns; /* when the clocks were last compared; what follows is of that moment */
    ap_utc_ns wall, utc;
    int64_t stepped_ns; /* sum of the steps of the wall clock */
    int64_t error_ns;   /* by how much ours has still to be drawn on */
    int64_t passed_ns;  /* since then, at the newest reading */
    ap_utc_ns newest_stamp;
    uint64_t step_count;
    int64_t newest_step_ns;
} ap_live_clock;

/* source: NULL for the system's. after: the newest stamp of an earlier run that this one goes on
 * from, or AP_UTC_UNKNOWN: all stamps are later, and a wall clock that is behind it by a second or
 * more has been stepped. */
void ap_live_clock_init(ap_live_clock *clock, const ap_live_clock_source *source, ap_utc_ns after);

/* Reads the clocks. Never runs back. Some 30 ns. */
ap_utc_ns ap_live_clock_now(ap_live_clock *clock);

/* The same as a stamp: later than every stamp before, by a nanosecond at least. */
ap_utc_ns ap_live_clock_stamp(ap_live_clock *clock);

/* The stamp of what the kernel received at kernel_wall on the wall clock: as long ago on ours as it
 * is on that one, [0, 1 s], and later than every stamp before. Taken from the newest reading: call
 * ap_live_clock_now once for all that is taken from the system together. */
ap_utc_ns ap_live_clock_stamp_kernel(ap_live_clock *clock, ap_utc_ns kernel_wall);

/* Wall clock minus ours at the last comparison. */
int64_t ap_live_clock_offset_ns(const ap_live_clock *clock);

#endif

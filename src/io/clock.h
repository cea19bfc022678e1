/* The only clocks of the program, for progress bars and pacing: never for data. */
#ifndef AP_IO_CLOCK_H
#define AP_IO_CLOCK_H

#include <stdint.h>

/* Time since some instant, never set back. */
int64_t ap_clock_monotonic_ns(void);

/* UTC by the system's wall clock, which may be set: for what a run is called, not for data. */
int64_t ap_clock_wall(void);

/* CPU time that this process has used, all threads. */
int64_t ap_clock_cpu_ns(void);

/* Sleeps so long, through signals; not at all when duration_ns <= 0. */
void ap_clock_sleep_ns(int64_t duration_ns);

#endif

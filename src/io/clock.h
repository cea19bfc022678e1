/* The only clocks of the program, for progress bars, pacing and file dates: never for data. */
#ifndef AP_IO_CLOCK_H
#define AP_IO_CLOCK_H

#include <stdint.h>

int64_t ap_clock_monotonic_ns(void);
int64_t ap_clock_cpu_ns(void); /* of this process, all threads */
void ap_clock_sleep_ns(int64_t duration_ns);

#endif

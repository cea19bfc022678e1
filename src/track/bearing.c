#include "track/bearing.h"

#include <math.h>

#define RATE 0.0625
#define LOST_SIGMAS 6.0
#define LOST_LEAST 8.7e-3 /* half a degree: less is a bias, which gates allow for */
/* Shares of the mean square that the mean makes up. Some ten aircraft, one after another and all
 * displaced alike, come to half; single ones in the wrong place never do. */
#define LOST_SHARE 0.5
#define FOUND_SHARE 0.25

void ap_bearing_seen(ap_bearing *bearing, const ap_sensor *sensor, uint32_t id, double offset_sine)
{
    if (id == bearing->last_id || !(fabs(offset_sine) <= 1.0))
        return;
    bearing->last_id = id;
    bearing->offset_mean += RATE * (offset_sine - bearing->offset_mean);
    bearing->offset_square += RATE * (offset_sine * offset_sine - bearing->offset_square);
    bool was_lost = bearing->is_lost;
    double least = fmax(LOST_SIGMAS * sensor->azimuth_sigma_rad, LOST_LEAST);
    double share = was_lost ? FOUND_SHARE : LOST_SHARE, mean = bearing->offset_mean;
    bearing->is_lost = fabs(mean) > (was_lost ? 0.5 * least : least) &&
                       mean * mean > share * bearing->offset_square;
}

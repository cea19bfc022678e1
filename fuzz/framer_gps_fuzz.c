#define AP_FUZZ_FORMAT AP_FORMAT_GPS
#include "framer_fuzz.h"

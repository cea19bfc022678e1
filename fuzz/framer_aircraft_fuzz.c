#define AP_FUZZ_FORMAT AP_FORMAT_AIRCRAFT
#include "framer_fuzz.h"

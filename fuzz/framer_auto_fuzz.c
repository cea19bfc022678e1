#define AP_FUZZ_FORMAT AP_FORMAT_AUTO
#include "framer_fuzz.h"

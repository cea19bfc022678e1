#define AP_FUZZ_FORMAT AP_FORMAT_BEAST
#include "framer_fuzz.h"

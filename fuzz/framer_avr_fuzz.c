#define AP_FUZZ_FORMAT AP_FORMAT_AVR
#include "framer_fuzz.h"

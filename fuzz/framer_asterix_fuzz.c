#define AP_FUZZ_FORMAT AP_FORMAT_ASTERIX
#include "framer_fuzz.h"

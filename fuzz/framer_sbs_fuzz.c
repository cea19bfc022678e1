#define AP_FUZZ_FORMAT AP_FORMAT_SBS
#include "framer_fuzz.h"

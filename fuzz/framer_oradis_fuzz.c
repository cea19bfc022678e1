#define AP_FUZZ_FORMAT AP_FORMAT_ORADIS
#include "framer_fuzz.h"

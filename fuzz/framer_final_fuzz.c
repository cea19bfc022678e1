#define AP_FUZZ_FORMAT AP_FORMAT_FINAL
#include "framer_fuzz.h"

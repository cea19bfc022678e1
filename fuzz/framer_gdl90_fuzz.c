#define AP_FUZZ_FORMAT AP_FORMAT_GDL90
#include "framer_fuzz.h"

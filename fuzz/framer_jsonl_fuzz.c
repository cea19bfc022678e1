#define AP_FUZZ_FORMAT AP_FORMAT_JSONL
#include "framer_fuzz.h"

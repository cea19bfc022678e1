#define AP_FUZZ_FORMAT AP_FORMAT_PCAP
#include "framer_fuzz.h"

/* How often a test repeats with other random values: a quarter under sanitizers, which take several
 * times as long and look for faults that seldom hang on the value. The other build does all. */
#ifndef AP_BASE_TEST_ROUNDS_H
#define AP_BASE_TEST_ROUNDS_H

#if defined(__SANITIZE_ADDRESS__)
#define AP_TEST_ROUNDS(n) ((n) / 4)
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define AP_TEST_ROUNDS(n) ((n) / 4)
#endif
#endif
#ifndef AP_TEST_ROUNDS
#define AP_TEST_ROUNDS(n) (n)
#endif

#endif

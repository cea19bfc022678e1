/* Error codes of libairpicture.
 *
 * One list yields the codes, their names and their texts. 0 is success, every error is negative.
 * A function that returns an error leaves its outputs unchanged unless it says otherwise. */
#ifndef AIRPICTURE_ERR_H
#define AIRPICTURE_ERR_H

/* clang-format off */
#define AP_ERR_MAP(X)                                                                   \
    X(OK,          0, "success")                                                        \
    X(MORE,       -1, "more input is needed before the next element is whole")          \
    X(END,        -2, "end of input")                                                   \
    X(TRUNCATED,  -3, "input ends inside an element")                                   \
    X(MALFORMED,  -4, "input breaks the rules of its format")                           \
    X(UNKNOWN,    -5, "a kind or edition that this build does not know")                \
    X(RANGE,      -6, "a value is outside the range that can be represented")           \
    X(FULL,       -7, "a table or buffer has reached its capacity")                     \
    X(ARGUMENT,   -8, "an argument is outside its documented range")                    \
    X(CONFIG,     -9, "the configuration is refused")                                   \
    X(NO_INPUT,  -10, "the input cannot be opened")                                     \
    X(NO_OUTPUT, -11, "the output cannot be created")                                   \
    X(IO,        -12, "reading or writing failed")                                      \
    X(MEMORY,    -13, "memory is exhausted")                                            \
    X(PARITY,    -14, "the parity check failed")                                        \
    X(SINGULAR,  -15, "a matrix is not positive definite or has no inverse")
/* clang-format on */

typedef enum ap_err {
#define AP_ERR_ENUM(name, code, text) AP_ERR_##name = (code),
    AP_ERR_MAP(AP_ERR_ENUM)
#undef AP_ERR_ENUM
} ap_err;

#define AP_OK AP_ERR_OK

/* Text of a code for people, e.g. "end of input"; "unlisted error" for any other value.
 * Never NULL; static storage. */
const char *ap_err_text(ap_err err);

/* Name of a code for machines, e.g. "TRUNCATED"; "UNLISTED" for any other value. */
const char *ap_err_name(ap_err err);

#endif

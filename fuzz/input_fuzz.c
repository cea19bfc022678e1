/* Any bytes as a file, packed or not: the same bytes and the same end come out whatever the size of
 * the reads; an error stays; unpacking stops at 1 MiB, so that a bomb costs no time. */
#define _GNU_SOURCE
#include "io/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define READ_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* Reads up to READ_MAX bytes in pieces of `cap`; gives what came last. */
static ap_err read_all(const char *path, size_t cap, uint8_t *out, size_t *size)
{
    char message[AP_IO_MESSAGE_SIZE] = "";
    ap_input input;
    *size = 0;
    ap_err err = ap_input_open(&input, path, message);
    check(err == AP_OK || err == AP_ERR_MEMORY);
    size_t n = 1;
    while (!err && n > 0 && *size < READ_MAX) {
        size_t want = READ_MAX - *size < cap ? READ_MAX - *size : cap;
        err = ap_input_read(&input, out + *size, want, &n, message);
        check(n <= want && (err == AP_OK || n == 0));
        *size += n;
    }
    if (err) {
        check(strlen(message) > 10);
        check(ap_input_read(&input, out, 1, &n, message) == err && n == 0);
    }
    check(input.stored_at <= input.stored_size);
    ap_input_close(&input);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t first[READ_MAX], second[READ_MAX];
    char path[64];
    int fd = memfd_create("input", 0);
    check(fd >= 0 && (size == 0 || write(fd, data, size) == (ssize_t)size));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    size_t first_size, second_size;
    ap_err first_err = read_all(path, 65536, first, &first_size);
    ap_err second_err = read_all(path, 1 + size % 97, second, &second_size);
    check(first_err == second_err && first_size == second_size);
    check(memcmp(first, second, first_size) == 0);
    close(fd);
    return 0;
}

#include "app/run_tokens.h"

#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "io/input.h"

#define FILE_SIZE_MAX 65536u

static int read_whole(const ap_command *command, const char *path, char *text, size_t *size)
{
    char message[AP_IO_MESSAGE_SIZE];
    ap_input input;
    ap_err err = ap_input_open(&input, path, message);
    *size = 0;
    for (size_t n = 1; !err && n > 0 && *size < FILE_SIZE_MAX; *size += n)
        err = ap_input_read(&input, (uint8_t *)text + *size, FILE_SIZE_MAX - *size, &n, message);
    ap_input_close(&input);
    if (err)
        return ap_command_fail(command, AP_EXIT_NO_INPUT, "%s", message);
    if (*size == FILE_SIZE_MAX)
        return ap_command_fail(command, AP_EXIT_CONFIG,
                               "'%s' is too large; expected lines of `airpicture token`", path);
    return AP_EXIT_OK;
}

static int add_lines(const ap_command *command, const char *path, const char *text, size_t size,
                     ap_tokens *tokens)
{
    char message[AP_IO_MESSAGE_SIZE];
    unsigned number = 1;
    for (size_t at = 0; at < size; number++) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end ? (size_t)(end - text) - at : size - at;
        ap_err err = ap_tokens_add(tokens, text + at, length, message);
        if (err && err != AP_ERR_END)
            return ap_command_fail(command, AP_EXIT_CONFIG, "%s:%u: %s", path, number, message);
        at += length + 1;
    }
    return AP_EXIT_OK;
}

int ap_run_tokens_read(const ap_command *command, const char *path, ap_tokens *tokens)
{
    if (ap_tokens_init(tokens))
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "the system gives no random bytes");
    char *text = malloc(FILE_SIZE_MAX);
    size_t size;
    int status = text ? read_whole(command, path, text, &size)
                      : ap_command_fail(command, AP_EXIT_SOFTWARE, "memory is exhausted");
    if (!status)
        status = add_lines(command, path, text, size, tokens);
    free(text);
    return status;
}

/* --- `airpicture token` --- */

enum { OPTION_ROLE };

const ap_option ap_token_options[] = {
    [OPTION_ROLE] = { 0, "role", "ROLE", "read (default) or operate." },
    { .name = NULL },
};

static int take_option(void *context, size_t option, const char *value)
{
    (void)option; /* there is one */
    ap_role *role = context;
    *role = strcmp(value, "read") == 0      ? AP_ROLE_READ
            : strcmp(value, "operate") == 0 ? AP_ROLE_OPERATE
                                            : AP_ROLE_NONE;
    return *role != AP_ROLE_NONE
               ? AP_EXIT_OK
               : ap_command_fail(ap_command_find("token"), AP_EXIT_USAGE,
                                 "--role %s is no role; expected read or operate", value);
}

int ap_token_run(const ap_command *command, int argc, char **argv)
{
    ap_role role = AP_ROLE_READ;
    bool done;
    int operand;
    int status = ap_command_parse(command, argc, argv, take_option, &role, &operand, &done);
    if (status || done)
        return status;
    if (argc - operand != 1)
        return ap_command_fail(command, AP_EXIT_USAGE, "expected the name of whom it is for");
    char token[AP_TOKEN_TEXT_SIZE], line[AP_TOKEN_LINE_SIZE];
    ap_err err = ap_token_make(argv[operand], role, token, line);
    if (err == AP_ERR_ARGUMENT)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "'%s' is no name; expected 1 to 31 letters, digits, '.', '_' or '-'",
                               argv[operand]);
    if (err)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "the system gives no random bytes");
    fprintf(stderr, "token, shown only now: %s\nline for the file of tokens:\n", token);
    printf("%s\n", line);
    return AP_EXIT_OK;
}

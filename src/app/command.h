/* Subcommands and their options: one table for parsing, --help and the man pages. */
#ifndef AP_APP_COMMAND_H
#define AP_APP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "airpicture/err.h"

/* Exit statuses (sysexits). */
enum {
    AP_EXIT_OK = 0,
    AP_EXIT_NOT_MET = 1,      /* what was judged does not meet what was required of it */
    AP_EXIT_USAGE = 64,       /* the command line is wrong */
    AP_EXIT_DATA = 65,        /* an input is not what it should be */
    AP_EXIT_NO_INPUT = 66,    /* an input cannot be read */
    AP_EXIT_SOFTWARE = 70,    /* our own fault: memory, a broken invariant */
    AP_EXIT_NO_OUTPUT = 73,   /* an output cannot be created */
    AP_EXIT_IO = 74,          /* writing or reading failed on the way */
    AP_EXIT_CONFIG = 78,      /* a configuration is refused */
    AP_EXIT_PIPE_CLOSED = 141 /* the reader of standard output is gone: 128 + SIGPIPE */
};

typedef struct ap_option {
    char letter;          /* short form, or 0 */
    const char *name;     /* long form without dashes */
    const char *argument; /* its name for people, or NULL for a switch */
    const char *help;     /* one or two sentences, no line breaks */
} ap_option;

/* Takes one option of the table; `value` is NULL for a switch. Returns 0, or an exit status after
 * it has said on standard error what is wrong. */
typedef int (*ap_option_fn)(void *config, size_t option, const char *value);

typedef struct ap_command {
    const char *name;
    const char *operands;     /* "INPUT..." as --help shows it */
    const char *summary;      /* one line */
    const char *description;  /* paragraphs parted by '\n' */
    const ap_option *options; /* ends with a NULL name */
    int (*run)(const struct ap_command *command, int argc, char **argv);
} ap_command;

/* The subcommands, in the order of --help; ends with a NULL name. */
extern const ap_command ap_commands[];

/* The subcommand of this name, or NULL. */
const ap_command *ap_command_find(const char *name);

/* Parses argv[1..] by the command's table; --help and -h print the help and set *done.
 * out: *first_operand: index of the first operand in argv (permuted behind the options).
 * Returns 0 or AP_EXIT_USAGE after a line on standard error. */
int ap_command_parse(const ap_command *command, int argc, char **argv, ap_option_fn take,
                     void *config, int *first_operand, bool *done);

void ap_command_help(FILE *out, const ap_command *command);

/* The list of the commands. */
void ap_commands_help(FILE *out);

/* One line on standard error, "airpicture COMMAND: " before it; returns `status`. */
int ap_command_fail(const ap_command *command, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Exit status of what went wrong with an input. */
int ap_exit_of(ap_err err);

/* Parses a decimal number in [low, high]; false when `text` is anything else. */
bool ap_parse_number(const char *text, double low, double high, double *value);

/* The program: finds the subcommand and runs it. */
int ap_app_main(int argc, char **argv);

#endif

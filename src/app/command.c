#include "app/command.h"

#include "io/interrupt.h"

#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_CAP = 40, HELP_LETTER = 'h' };

int ap_command_fail(const ap_command *command, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fflush(stdout); /* both may go to one file: what was said before stands before */
    fprintf(stderr, "airpicture%s%s: ", command ? " " : "", command ? command->name : "");
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return status;
}

int ap_exit_of(ap_err err)
{
    switch (err) {
    case AP_OK:
        return AP_EXIT_OK;
    case AP_ERR_NO_INPUT:
        return AP_EXIT_NO_INPUT;
    case AP_ERR_IO:
        return AP_EXIT_IO;
    case AP_ERR_MEMORY:
        return AP_EXIT_SOFTWARE;
    default:
        return AP_EXIT_DATA;
    }
}

bool ap_parse_number(const char *text, double low, double high, double *value)
{
    char *end;
    double parsed = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(parsed) || parsed < low || parsed > high)
        return false;
    *value = parsed;
    return true;
}

static size_t count_options(const ap_command *command)
{
    size_t count = 0;
    while (command->options[count].name)
        count++;
    return count;
}

/* getopt's tables from ours. Long options without a letter get 256 + their row. */
static void getopt_tables(const ap_command *command, struct option *longs, char *letters)
{
    size_t at = 0;
    letters[at++] = ':'; /* report a missing argument apart from an unknown option */
    letters[at++] = HELP_LETTER;
    size_t count = count_options(command);
    for (size_t i = 0; i < count; i++) {
        const ap_option *option = &command->options[i];
        longs[i] = (struct option){ .name = option->name,
                                    .has_arg = option->argument ? required_argument : no_argument,
                                    .val = (int)(256 + i) };
        if (option->letter) {
            letters[at++] = option->letter;
            if (option->argument)
                letters[at++] = ':';
        }
    }
    longs[count] = (struct option){ .name = "help", .has_arg = no_argument, .val = HELP_LETTER };
    longs[count + 1] = (struct option){ 0 };
    letters[at] = '\0';
}

static size_t row_of_letter(const ap_command *command, int letter)
{
    size_t row = 0;
    while (command->options[row].name && command->options[row].letter != letter)
        row++;
    return row;
}

int ap_command_parse(const ap_command *command, int argc, char **argv, ap_option_fn take,
                     void *config, int *first_operand, bool *done)
{
    struct option longs[OPTION_CAP + 2];
    char letters[2 * OPTION_CAP + 4];
    if (count_options(command) > OPTION_CAP)
        return ap_command_fail(command, AP_EXIT_SOFTWARE, "too many options in its table");
    getopt_tables(command, longs, letters);
    *done = false;
    optind = 0;
    opterr = 0;
    for (;;) {
        int found = getopt_long(argc, argv, letters, longs, NULL);
        if (found == -1)
            break;
        if (found == HELP_LETTER) {
            ap_command_help(stdout, command);
            *done = true;
            return AP_EXIT_OK;
        }
        if (found == ':')
            return ap_command_fail(command, AP_EXIT_USAGE, "option '%s' needs a value; see --help",
                                   argv[optind - 1]);
        size_t row = found >= 256 ? (size_t)(found - 256) : row_of_letter(command, found);
        if (found == '?' || row >= count_options(command))
            return ap_command_fail(command, AP_EXIT_USAGE,
                                   "option '%s' is not known; see 'airpicture %s --help'",
                                   argv[optind - 1], command->name);
        int status = take(config, row, optarg);
        if (status)
            return status;
    }
    *first_operand = optind;
    return AP_EXIT_OK;
}

/* Prints `text` wrapped at 80 columns, each line indented; the cursor stands at `column`. */
static void print_wrapped(FILE *out, const char *text, int indent, int column)
{
    while (*text) {
        int length = (int)strcspn(text, " \n");
        if (column > indent && column + 1 + length > 80) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        } else if (column < indent) {
            fprintf(out, "%*s", indent - column, "");
            column = indent;
        }
        fwrite(text, 1, (size_t)length, out);
        column += length;
        text += length;
        if (*text == '\n') {
            fprintf(out, "\n\n%*s", indent, "");
            column = indent;
        }
        text += *text != '\0';
    }
    fputc('\n', out);
}

static void print_option(FILE *out, const ap_option *option)
{
    char head[80];
    int length =
        snprintf(head, sizeof head, "  %c%c%s--%s%s%s", option->letter ? '-' : ' ',
                 option->letter ? option->letter : ' ', option->letter ? ", " : "  ", option->name,
                 option->argument ? " " : "", option->argument ? option->argument : "");
    fputs(head, out);
    if (length > 26) {
        fputc('\n', out);
        length = 0;
    }
    print_wrapped(out, option->help, 28, length);
}

void ap_command_help(FILE *out, const ap_command *command)
{
    static const ap_option help = { .letter = 'h', .name = "help", .help = "Print this help." };
    fprintf(out, "usage: airpicture %s%s%s%s\n\n", command->name,
            command->options->name ? " [OPTION]..." : "", *command->operands ? " " : "",
            command->operands);
    print_wrapped(out, command->description, 0, 0);
    fputs("\noptions:\n", out);
    for (const ap_option *option = command->options; option->name; option++)
        print_option(out, option);
    print_option(out, &help);
}

void ap_commands_help(FILE *out)
{
    fputs("airpicture " AP_VERSION " - bytes of radars, Mode S and ADS-B receivers and\n"
          "multilateration to one air picture\n\nusage: airpicture COMMAND [OPTION]...\n\n",
          out);
    for (const ap_command *command = ap_commands; command->name; command++)
        fprintf(out, "  %-10s %s\n", command->name, command->summary);
    fputs("\n'airpicture COMMAND --help' tells more; 'airpicture --version' the version.\n", out);
}

const ap_command *ap_command_find(const char *name)
{
    for (const ap_command *command = ap_commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        ap_commands_help(stderr);
        return AP_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        ap_commands_help(stdout);
        return AP_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("airpicture " AP_VERSION);
        return AP_EXIT_OK;
    }
    const ap_command *command = ap_command_find(argv[1]);
    if (!command)
        return ap_command_fail(NULL, AP_EXIT_USAGE,
                               "'%s' is no command; 'airpicture --help' lists them", argv[1]);
    return command->run(command, argc - 1, argv + 1);
}

int ap_app_main(int argc, char **argv)
{
    ap_interrupt_install();
    int status = dispatch(argc, argv);
    if (fflush(stdout) != 0 && status == AP_EXIT_OK)
        status = ap_command_fail(NULL, AP_EXIT_IO, "cannot write to standard output");
    return status;
}

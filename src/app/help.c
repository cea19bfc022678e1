/* `airpicture help`: help texts and manual pages from the tables of the commands. */
#include "app/commands.h"

#include <ctype.h>

enum { OPTION_MAN };

const ap_option ap_help_options[] = {
    [OPTION_MAN] = { 0, "man", NULL, "Write a manual page (mdoc) instead of plain help." },
    { .name = NULL },
};

static int take_option(void *config, size_t option, const char *value)
{
    (void)option;
    (void)value;
    *(bool *)config = true;
    return AP_EXIT_OK;
}

/* Text with mdoc's special characters made plain; '\n' begins a paragraph. */
static void mdoc_text(const char *text)
{
    bool line_start = true;
    for (; *text; text++) {
        if (*text == '\n')
            fputs("\n.Pp", stdout);
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (line_start && (*text == '.' || *text == '\''))
            printf("\\&%c", *text);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
        line_start = *text == '\n';
        /* mdoc wants one sentence a line. */
        if (*text == '.' && text[1] == ' ') {
            putchar('\n');
            text++;
            line_start = true;
        }
    }
    putchar('\n');
}

static void mdoc_options(const ap_command *command)
{
    puts(".Bl -tag -width Ds");
    for (const ap_option *option = command->options; option->name; option++) {
        fputs(".It ", stdout);
        if (option->letter)
            printf("Fl %c , ", option->letter);
        printf("Fl -%s", option->name);
        if (option->argument)
            printf(" Ar %s", option->argument);
        putchar('\n');
        mdoc_text(option->help);
    }
    puts(".El");
}

static void mdoc_title(const char *name, const char *summary)
{
    fputs(".Dd November 22, 2026\n.Dt ", stdout);
    for (const char *c = name; *c; c++)
        putchar(toupper((unsigned char)*c));
    printf(" 1\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n", name, summary);
}

static void mdoc_exit_status(void)
{
    puts(".Sh EXIT STATUS\n"
         "0 on success; 64 for a wrong command line; 65 for an input that is not what it should "
         "be;\n"
         "66 for one that cannot be read; 70 when memory is exhausted; 73 for an output that "
         "cannot\n"
         "be created; 74 when writing fails; 78 for a configuration that is refused.");
}

static void mdoc_command(const ap_command *command)
{
    char name[64];
    snprintf(name, sizeof name, "airpicture-%s", command->name);
    mdoc_title(name, command->summary);
    printf(".Sh SYNOPSIS\n.Nm airpicture %s\n.Op Ar OPTION ...\n", command->name);
    if (*command->operands)
        printf(".Ar %s\n", command->operands);
    puts(".Sh DESCRIPTION");
    mdoc_text(command->description);
    if (command->options->name) {
        puts(".Pp\nThe options are:");
        mdoc_options(command);
    }
    mdoc_exit_status();
    puts(".Sh SEE ALSO\n.Xr airpicture 1");
}

static void mdoc_program(void)
{
    mdoc_title("airpicture", "sensor bytes to one air picture");
    puts(".Sh SYNOPSIS\n.Nm\n.Ar COMMAND\n.Op Ar OPTION ...\n.Sh DESCRIPTION\n"
         "Reads what radars, Mode S and ADS\\-B receivers and multilateration send, and makes one\n"
         "air picture of it.\nThe commands are:\n.Bl -tag -width Ds");
    for (const ap_command *command = ap_commands; command->name; command++)
        printf(".It Cm %s\n%s; see\n.Xr airpicture-%s 1 .\n", command->name, command->summary,
               command->name);
    puts(".El");
    mdoc_exit_status();
}

int ap_help_run(const ap_command *command, int argc, char **argv)
{
    bool man = false, done;
    int operand;
    int status = ap_command_parse(command, argc, argv, take_option, &man, &operand, &done);
    if (status || done)
        return status;
    if (operand == argc && man) {
        mdoc_program();
        return AP_EXIT_OK;
    }
    if (operand == argc) {
        ap_commands_help(stdout);
        return AP_EXIT_OK;
    }
    if (operand + 1 < argc)
        return ap_command_fail(command, AP_EXIT_USAGE, "'%s': help of one command at a time",
                               argv[operand + 1]);
    const ap_command *wanted = ap_command_find(argv[operand]);
    if (!wanted)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "'%s' is no command; 'airpicture --help' lists them", argv[operand]);
    if (man)
        mdoc_command(wanted);
    else
        ap_command_help(stdout, wanted);
    return AP_EXIT_OK;
}

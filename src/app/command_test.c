#include "app/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const ap_option options[] = {
    { 'c', "colour", "NAME", "A colour." },
    { 0, "fast", NULL, "Faster." },
    { .name = NULL },
};

static const ap_command command = {
    .name = "paint",
    .operands = "WALL...",
    .summary = "paints",
    .description = "Paints walls.",
    .options = options,
};

typedef struct taken {
    const char *colour;
    bool fast;
    int refuse;
} taken;

static int take(void *context, size_t option, const char *value)
{
    taken *t = context;
    if (option == 0)
        t->colour = value;
    else
        t->fast = true;
    return t->refuse;
}

static int parse(taken *t, int *operand, bool *done, int argc, const char *const *words)
{
    static char copies[8][32];
    char *argv[9] = { 0 };
    for (int i = 0; i < argc; i++) {
        snprintf(copies[i], sizeof copies[i], "%s", words[i]);
        argv[i] = copies[i];
    }
    int status = ap_command_parse(&command, argc, argv, take, t, operand, done);
    return status;
}

static void test_command_parse_options_anywhere(void **state)
{
    (void)state;
    static const char *const forms[][5] = {
        { "paint", "-c", "red", "--fast", "wall" },
        { "paint", "wall", "--fast", "--colour", "red" },
        { "paint", "--fast", "wall", "--colour=red", "--" },
        { "paint", "--fast", "-cred", "--", "wall" },
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        taken t = { 0 };
        int operand;
        bool done;
        assert_int_equal(parse(&t, &operand, &done, 5, forms[i]), AP_EXIT_OK);
        assert_string_equal(t.colour, "red");
        assert_true(t.fast);
        assert_false(done);
        assert_int_equal(operand, 4);
    }
}

static void test_command_parse_refuses(void **state)
{
    (void)state;
    static const char *const forms[][2] = {
        { "paint", "-x" }, { "paint", "--colour" }, { "paint", "--slow" }, { "paint", "--fast=9" }
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        taken t = { 0 };
        int operand;
        bool done;
        assert_int_equal(parse(&t, &operand, &done, 2, forms[i]), AP_EXIT_USAGE);
    }
}

static void test_command_parse_hands_on_a_refusal(void **state)
{
    (void)state;
    static const char *const words[] = { "paint", "--fast" };
    taken t = { .refuse = AP_EXIT_CONFIG };
    int operand;
    bool done;
    assert_int_equal(parse(&t, &operand, &done, 2, words), AP_EXIT_CONFIG);
}

static void test_parse_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool fits;
    } cases[] = { { "5", true },    { "1e1", true },   { "10", true },  { "10.1", false },
                  { "-1", false },  { "", false },     { "5x", false }, { "nan", false },
                  { "inf", false }, { "1e400", false } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = -7.0;
        assert_int_equal(ap_parse_number(cases[i].text, 0.0, 10.0, &value), cases[i].fits);
        assert_true(cases[i].fits ? value >= 0.0 : value == -7.0);
    }
}

/* Every command has what --help and the manual pages show. */
static void test_commands_are_complete(void **state)
{
    (void)state;
    size_t count = 0;
    for (const ap_command *c = ap_commands; c->name; c++, count++) {
        assert_true(*c->summary && *c->description && c->run && c->operands && c->options);
        for (const ap_option *o = c->options; o->name; o++) {
            assert_true(*o->help);
            assert_int_equal(o->help[strlen(o->help) - 1], '.');
            for (const ap_option *other = c->options; other != o; other++) {
                assert_string_not_equal(o->name, other->name);
                assert_true(o->letter == 0 || o->letter != other->letter);
            }
        }
    }
    assert_true(count >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_parse_options_anywhere),
        cmocka_unit_test(test_command_parse_refuses),
        cmocka_unit_test(test_command_parse_hands_on_a_refusal),
        cmocka_unit_test(test_parse_number),
        cmocka_unit_test(test_commands_are_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

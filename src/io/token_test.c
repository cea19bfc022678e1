#include "io/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* RFC 4648, 10, without padding. */
static void test_base64url_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *data, *text;
    } cases[] = {
        { "", "" },           { "f", "Zg" },          { "fo", "Zm8" },         { "foo", "Zm9v" },
        { "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" }
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[16];
        uint8_t data[8];
        size_t size = strlen(cases[i].data);
        ap_base64url_write((const uint8_t *)cases[i].data, size, text);
        assert_string_equal(text, cases[i].text);
        assert_true(ap_base64url_read(text, strlen(text), data, size));
        assert_memory_equal(data, cases[i].data, size);
    }
}

/* One way of writing each value: no padding, no stray bits, no other alphabet. */
static void test_base64url_read_refuses(void **state)
{
    (void)state;
    uint8_t data[8];
    assert_true(ap_base64url_read("_-8", 3, data, 2)); /* 0xff 0xef */
    assert_int_equal(data[0], 0xff);
    assert_int_equal(data[1], 0xef);
    assert_false(ap_base64url_read("_-9", 3, data, 2));
    assert_false(ap_base64url_read("/+8", 3, data, 2));
    assert_false(ap_base64url_read("_-8=", 4, data, 2));
    assert_false(ap_base64url_read("_-", 2, data, 2));
    assert_false(ap_base64url_read("_\0008", 3, data, 2));
}

/* What is made is accepted, with its role; the hash is of the whole token. */
static void test_token_make_and_prove(void **state)
{
    (void)state;
    char token[AP_TOKEN_TEXT_SIZE], line[AP_TOKEN_LINE_SIZE], message[AP_IO_MESSAGE_SIZE];
    ap_tokens tokens;
    size_t which = 99;
    assert_int_equal(ap_tokens_init(&tokens), AP_OK);
    assert_int_equal(ap_token_make("wall.map_1-a", AP_ROLE_OPERATE, token, line), AP_OK);
    assert_int_equal(strlen(token), 43);
    assert_null(strstr(line, token + 8)); /* the secret part is not in what is kept */
    assert_int_equal(ap_tokens_add(&tokens, line, strlen(line), message), AP_OK);
    assert_int_equal(tokens.token[0].role, AP_ROLE_OPERATE);
    assert_string_equal(tokens.token[0].name, "wall.map_1-a");
    assert_int_equal(ap_tokens_look(&tokens, token, 43, &which), AP_TOKEN_UNPROVED);
    assert_int_equal(which, 0);
    char other[AP_TOKEN_TEXT_SIZE];
    memcpy(other, token, sizeof other);
    other[20] = other[20] == 'A' ? 'B' : 'A';
    assert_false(ap_tokens_prove(&tokens, 0, other, 43));
    assert_int_equal(ap_tokens_look(&tokens, other, 43, &which), AP_TOKEN_UNPROVED);
    assert_true(ap_tokens_prove(&tokens, 0, token, 43));
    assert_int_equal(ap_tokens_look(&tokens, token, 43, &which), AP_TOKEN_RIGHT);
    assert_int_equal(ap_tokens_look(&tokens, other, 43, &which), AP_TOKEN_WRONG); /* no hashing */
    assert_int_equal(ap_tokens_look(&tokens, token, 42, &which), AP_TOKEN_WRONG);
    assert_int_equal(ap_tokens_look(&tokens, "", 0, &which), AP_TOKEN_WRONG);
}

static void test_token_make_differs(void **state)
{
    (void)state;
    char a[AP_TOKEN_TEXT_SIZE], b[AP_TOKEN_TEXT_SIZE], line[AP_TOKEN_LINE_SIZE];
    assert_int_equal(ap_token_make("a", AP_ROLE_READ, a, line), AP_OK);
    assert_int_equal(ap_token_make("a", AP_ROLE_READ, b, line), AP_OK);
    assert_string_not_equal(a, b);
    assert_int_equal(ap_token_make("", AP_ROLE_READ, a, line), AP_ERR_ARGUMENT);
    assert_int_equal(ap_token_make("a b", AP_ROLE_READ, a, line), AP_ERR_ARGUMENT);
    assert_int_equal(ap_token_make("a", AP_ROLE_NONE, a, line), AP_ERR_ARGUMENT);
    assert_int_equal(ap_token_make("0123456789012345678901234567890123", AP_ROLE_READ, a, line),
                     AP_ERR_ARGUMENT);
}

/* PBKDF2-HMAC-SHA-256 of "AAAAAAAABBBBBBBBCCCCCCCCDDDDDDDDEEEEEEEEFFF", salt 00..0f, 1000
 * rounds, by Python's hashlib.pbkdf2_hmac. */
static void test_tokens_prove_known_hash(void **state)
{
    (void)state;
    static const char line[] = "one read AAAAAAAA pbkdf2-sha256 1000 AAECAwQFBgcICQoLDA0ODw "
                               "XJ4i8jy6iGejowagw24WcuowQbITf3wfMzP-0YWKYuM";
    static const char token[] = "AAAAAAAABBBBBBBBCCCCCCCCDDDDDDDDEEEEEEEEFFF";
    char message[AP_IO_MESSAGE_SIZE];
    ap_tokens tokens;
    assert_int_equal(ap_tokens_init(&tokens), AP_OK);
    assert_int_equal(ap_tokens_add(&tokens, line, strlen(line), message), AP_OK);
    assert_true(ap_tokens_prove(&tokens, 0, token, strlen(token)));
}

static void test_tokens_add_refuses(void **state)
{
    (void)state;
#define SALT "AAECAwQFBgcICQoLDA0ODw"
#define HASH "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    static const struct {
        const char *line;
        ap_err err;
        const char *says;
    } cases[] = {
        { "", AP_ERR_END, NULL },
        { " \t ", AP_ERR_END, NULL },
        { "# a comment", AP_ERR_END, NULL },
        { "a read AAAAAAAA pbkdf2-sha256 1000 " SALT " " HASH, AP_OK, NULL },
        { "b\tread AAAAAAAA pbkdf2-sha256 1000 " SALT " " HASH, AP_ERR_ARGUMENT, "that of 'a'" },
        { "a read AAAAAAAB pbkdf2-sha256 1000 " SALT, AP_ERR_MALFORMED, "NAME ROLE ID" },
        { "a read AAAAAAAB pbkdf2-sha256 1000 " SALT " " HASH " x", AP_ERR_MALFORMED, "NAME" },
        { "a/b read AAAAAAAB pbkdf2-sha256 1000 " SALT " " HASH, AP_ERR_MALFORMED, "name" },
        { "a write AAAAAAAB pbkdf2-sha256 1000 " SALT " " HASH, AP_ERR_MALFORMED, "role" },
        { "a read AAAAAAA pbkdf2-sha256 1000 " SALT " " HASH, AP_ERR_MALFORMED, "id" },
        { "a read AAAAAAAB md5 1000 " SALT " " HASH, AP_ERR_MALFORMED, "method" },
        { "a read AAAAAAAB pbkdf2-sha256 999 " SALT " " HASH, AP_ERR_MALFORMED, "iterations" },
        { "a read AAAAAAAB pbkdf2-sha256 4294967296 " SALT " " HASH, AP_ERR_MALFORMED, "iter" },
        { "a read AAAAAAAB pbkdf2-sha256 1e4 " SALT " " HASH, AP_ERR_MALFORMED, "iterations" },
        { "a read AAAAAAAB pbkdf2-sha256 1000 AAAA " HASH, AP_ERR_MALFORMED, "salt" },
        { "a read AAAAAAAB pbkdf2-sha256 1000 " SALT " AAAA", AP_ERR_MALFORMED, "hash" },
    };
    ap_tokens tokens;
    assert_int_equal(ap_tokens_init(&tokens), AP_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char message[AP_IO_MESSAGE_SIZE] = "";
        ap_err err = ap_tokens_add(&tokens, cases[i].line, strlen(cases[i].line), message);
        if (err != cases[i].err || (cases[i].says && !strstr(message, cases[i].says)))
            fail_msg("'%s': %s, '%s'", cases[i].line, ap_err_name(err), message);
    }
    assert_int_equal(tokens.count, 1);
}

static void test_tokens_add_full(void **state)
{
    (void)state;
    ap_tokens tokens;
    char line[256], message[AP_IO_MESSAGE_SIZE];
    assert_int_equal(ap_tokens_init(&tokens), AP_OK);
    for (int i = 0; i <= AP_TOKEN_CAP; i++) {
        (void)snprintf(line, sizeof line, "n read AAAAA%03d pbkdf2-sha256 1000 " SALT " " HASH, i);
        assert_int_equal(ap_tokens_add(&tokens, line, strlen(line), message),
                         i < AP_TOKEN_CAP ? AP_OK : AP_ERR_FULL);
    }
    assert_non_null(strstr(message, "64"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64url_vectors),
        cmocka_unit_test(test_base64url_read_refuses),
        cmocka_unit_test(test_token_make_and_prove),
        cmocka_unit_test(test_token_make_differs),
        cmocka_unit_test(test_tokens_prove_known_hash),
        cmocka_unit_test(test_tokens_add_refuses),
        cmocka_unit_test(test_tokens_add_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "io/token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { SECRET_SIZE = 32, ITERATIONS_MIN = 1000, ITERATIONS_MAX = 100000, FIELD_COUNT = 7 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void ap_base64url_write(const uint8_t *data, size_t size, char *text)
{
    uint32_t bits = 0;
    int bit_count = 0;
    for (size_t i = 0; i < size; i++) {
        bits = (bits << 8) | data[i];
        for (bit_count += 8; bit_count >= 6; bit_count -= 6)
            *text++ = alphabet[(bits >> (bit_count - 6)) & 63];
    }
    if (bit_count > 0)
        *text++ = alphabet[(bits << (6 - bit_count)) & 63];
    *text = '\0';
}

static int value_of(char c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

bool ap_base64url_read(const char *text, size_t text_size, uint8_t *data, size_t size)
{
    if (text_size != (size * 8 + 5) / 6)
        return false;
    uint32_t bits = 0;
    int bit_count = 0;
    size_t at = 0;
    for (size_t i = 0; i < text_size; i++) {
        int value = value_of(text[i]);
        if (value < 0)
            return false;
        bits = (bits << 6) | (uint32_t)value;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            data[at++] = (uint8_t)(bits >> bit_count);
        }
    }
    return (bits & ((1u << bit_count) - 1)) == 0;
}

static bool random_bytes(uint8_t *data, size_t size)
{
    return getrandom(data, size, 0) == (ssize_t)size; /* up to 256 bytes are never cut */
}

static bool stretch(const char *text, size_t size, const uint8_t salt[16], uint32_t iterations,
                    uint8_t hash[32])
{
    return PKCS5_PBKDF2_HMAC(text, (int)size, salt, 16, (int)iterations, EVP_sha256(), 32, hash) ==
           1;
}

ap_err ap_tokens_init(ap_tokens *tokens)
{
    memset(tokens, 0, sizeof *tokens);
    return random_bytes(tokens->key, sizeof tokens->key) ? AP_OK : AP_ERR_IO;
}

static bool is_name(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] != '.' && value_of(text[i]) < 0)
            return false;
    return size > 0 && size < AP_TOKEN_NAME_SIZE;
}

typedef struct word {
    const char *text;
    size_t size;
} word;

/* Words parted by blanks; one more than fit = too many. */
static size_t split(const char *line, size_t size, word words[FIELD_COUNT])
{
    size_t count = 0, at = 0;
    while (at < size) {
        while (at < size && (line[at] == ' ' || line[at] == '\t'))
            at++;
        size_t start = at;
        while (at < size && line[at] != ' ' && line[at] != '\t')
            at++;
        if (at > start && count == FIELD_COUNT)
            return FIELD_COUNT + 1;
        if (at > start)
            words[count++] = (word){ line + start, at - start };
    }
    return count;
}

static bool is_word(word w, const char *text)
{
    return w.size == strlen(text) && memcmp(w.text, text, w.size) == 0;
}

/* Digits only; 0 when there is anything else or more than fits. */
static uint32_t number_of(word w)
{
    uint32_t value = 0;
    for (size_t i = 0; i < w.size; i++) {
        if (w.text[i] < '0' || w.text[i] > '9' || value > ITERATIONS_MAX)
            return 0;
        value = value * 10 + (uint32_t)(w.text[i] - '0');
    }
    return value;
}

/* What is wrong with the fields, or NULL. */
static const char *read_fields(const word words[FIELD_COUNT], ap_token *token)
{
    if (!is_name(words[0].text, words[0].size))
        return "the name must be up to 31 of A-Z a-z 0-9 . _ -";
    token->role = is_word(words[1], "read")      ? AP_ROLE_READ
                  : is_word(words[1], "operate") ? AP_ROLE_OPERATE
                                                 : AP_ROLE_NONE;
    if (token->role == AP_ROLE_NONE)
        return "the role must be 'read' or 'operate'";
    uint8_t id[6];
    if (!ap_base64url_read(words[2].text, words[2].size, id, sizeof id))
        return "the id must be the token's first eight characters";
    if (!is_word(words[3], "pbkdf2-sha256"))
        return "the method must be 'pbkdf2-sha256'";
    token->iterations = number_of(words[4]);
    if (token->iterations < ITERATIONS_MIN || token->iterations > ITERATIONS_MAX)
        return "the iterations must be from 1000 to 100000";
    if (!ap_base64url_read(words[5].text, words[5].size, token->salt, sizeof token->salt))
        return "the salt must be 22 characters of base64url";
    if (!ap_base64url_read(words[6].text, words[6].size, token->hash, sizeof token->hash))
        return "the hash must be 43 characters of base64url";
    memcpy(token->name, words[0].text, words[0].size);
    memcpy(token->id, words[2].text, AP_TOKEN_ID_LENGTH);
    return NULL;
}

ap_err ap_tokens_add(ap_tokens *tokens, const char *line, size_t size,
                     char message[AP_IO_MESSAGE_SIZE])
{
    word words[FIELD_COUNT];
    size_t count = split(line, size, words);
    if (count == 0 || words[0].text[0] == '#')
        return AP_ERR_END;
    ap_token token = { .name = "" };
    const char *wrong = count == FIELD_COUNT
                            ? read_fields(words, &token)
                            : "expected NAME ROLE ID pbkdf2-sha256 ITERATIONS SALT HASH";
    if (wrong) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "%s", wrong);
        return AP_ERR_MALFORMED;
    }
    for (size_t i = 0; i < tokens->count; i++)
        if (memcmp(tokens->token[i].id, token.id, AP_TOKEN_ID_LENGTH) == 0) {
            (void)snprintf(message, AP_IO_MESSAGE_SIZE, "the id %s is already that of '%s'",
                           token.id, tokens->token[i].name);
            return AP_ERR_ARGUMENT;
        }
    if (tokens->count == AP_TOKEN_CAP) {
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "no more than %d tokens are kept",
                       AP_TOKEN_CAP);
        return AP_ERR_FULL;
    }
    tokens->token[tokens->count++] = token;
    return AP_OK;
}

ap_err ap_token_make(const char *name, ap_role role, char token[AP_TOKEN_TEXT_SIZE],
                     char line[AP_TOKEN_LINE_SIZE])
{
    uint8_t secret[SECRET_SIZE], salt[16], hash[32];
    char salt_text[24], hash_text[44];
    if (!is_name(name, strlen(name)) || (role != AP_ROLE_READ && role != AP_ROLE_OPERATE))
        return AP_ERR_ARGUMENT;
    if (!random_bytes(secret, sizeof secret) || !random_bytes(salt, sizeof salt))
        return AP_ERR_IO;
    ap_base64url_write(secret, sizeof secret, token);
    OPENSSL_cleanse(secret, sizeof secret);
    if (!stretch(token, strlen(token), salt, AP_TOKEN_ITERATIONS, hash))
        return AP_ERR_IO;
    ap_base64url_write(salt, sizeof salt, salt_text);
    ap_base64url_write(hash, sizeof hash, hash_text);
    (void)snprintf(line, AP_TOKEN_LINE_SIZE, "%s %s %.8s pbkdf2-sha256 %d %s %s", name,
                   role == AP_ROLE_READ ? "read" : "operate", token, AP_TOKEN_ITERATIONS, salt_text,
                   hash_text);
    return AP_OK;
}

static void fingerprint(const ap_tokens *tokens, const char *text, size_t size, uint8_t mac[32])
{
    unsigned length = 0;
    memset(mac, 0, 32);
    (void)HMAC(EVP_sha256(), tokens->key, sizeof tokens->key, (const uint8_t *)text, size, mac,
               &length);
}

ap_token_answer ap_tokens_look(const ap_tokens *tokens, const char *text, size_t size,
                               size_t *which)
{
    if (size != AP_TOKEN_TEXT_SIZE - 1)
        return AP_TOKEN_WRONG;
    for (size_t i = 0; i < tokens->count; i++) {
        const ap_token *token = &tokens->token[i];
        if (CRYPTO_memcmp(token->id, text, AP_TOKEN_ID_LENGTH) != 0)
            continue;
        *which = i;
        if (!token->is_known)
            return AP_TOKEN_UNPROVED;
        uint8_t mac[32];
        fingerprint(tokens, text, size, mac);
        return CRYPTO_memcmp(mac, token->known, sizeof mac) == 0 ? AP_TOKEN_RIGHT : AP_TOKEN_WRONG;
    }
    return AP_TOKEN_WRONG;
}

bool ap_tokens_prove(ap_tokens *tokens, size_t which, const char *text, size_t size)
{
    ap_token *token = &tokens->token[which];
    uint8_t hash[32];
    if (!stretch(text, size, token->salt, token->iterations, hash) ||
        CRYPTO_memcmp(hash, token->hash, sizeof hash) != 0)
        return false;
    fingerprint(tokens, text, size, token->known);
    token->is_known = true;
    return true;
}

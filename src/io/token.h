/* Bearer tokens: who may read, who may operate. A token is 32 bytes of the system's random
 * generator as base64url, 43 characters. Kept is one line, from which the token cannot be found:
 *
 *     NAME ROLE ID pbkdf2-sha256 ITERATIONS SALT HASH
 *     map-wall read Jx3-0aQp pbkdf2-sha256 10000 6VQ3zQe5m9kq0Yw8vKqS1g 3Yl...
 *
 * NAME: [A-Za-z0-9._-], for people. ROLE: "read" or "operate". ID: the token's first eight
 * characters, which say which line to compare with (208 bits stay secret). SALT: 16 bytes, HASH: 32
 * bytes of PBKDF2-HMAC-SHA-256 (RFC 8018) over the whole token, both base64url without padding.
 * An empty line and one that begins with '#' hold nothing. */
#ifndef AP_IO_TOKEN_H
#define AP_IO_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "airpicture/err.h"
#include "io/input.h"

/* In rising order: who may operate may read. */
typedef enum ap_role { AP_ROLE_NONE, AP_ROLE_READ, AP_ROLE_OPERATE } ap_role;

#define AP_TOKEN_TEXT_SIZE 44  /* of a token, with the final NUL */
#define AP_TOKEN_LINE_SIZE 192 /* of a stored line, with the final NUL */
#define AP_TOKEN_NAME_SIZE 32
#define AP_TOKEN_ID_LENGTH 8
#define AP_TOKEN_CAP 64
/* The secret is random, so a slow hash adds nothing that a guesser would feel; this many keep a
 * stolen file from being searched and cost the server some milliseconds, once per token. */
#define AP_TOKEN_ITERATIONS 10000

typedef struct ap_token {
    char name[AP_TOKEN_NAME_SIZE];
    ap_role role;
    char id[AP_TOKEN_ID_LENGTH + 1];
    uint32_t iterations;
    uint8_t salt[16], hash[32];
    bool is_known;     /* the right token was seen since the start: */
    uint8_t known[32]; /* its HMAC under the table's key */
} ap_token;

typedef struct ap_tokens {
    size_t count;
    ap_token token[AP_TOKEN_CAP];
    uint8_t key[32]; /* random, of this process */
} ap_tokens;

/* A table without tokens. AP_ERR_IO when the system gives no random bytes. */
ap_err ap_tokens_init(ap_tokens *tokens);

/* Adds a stored line, size bytes without line end. AP_ERR_END: the line holds nothing;
 * AP_ERR_MALFORMED, AP_ERR_FULL, and AP_ERR_ARGUMENT for a second one with the same ID: `message`
 * says what was expected (it never holds the hash). */
ap_err ap_tokens_add(ap_tokens *tokens, const char *line, size_t size,
                     char message[AP_IO_MESSAGE_SIZE]);

/* A new token, shown to its owner once, and the line to store. AP_ERR_ARGUMENT for a bad name or
 * role, AP_ERR_IO when the system gives no random bytes. */
ap_err ap_token_make(const char *name, ap_role role, char token[AP_TOKEN_TEXT_SIZE],
                     char line[AP_TOKEN_LINE_SIZE]);

typedef enum ap_token_answer {
    AP_TOKEN_WRONG,   /* it is none of the table */
    AP_TOKEN_RIGHT,   /* seen before: cost under 2 us */
    AP_TOKEN_UNPROVED /* some milliseconds of hashing would tell */
} ap_token_answer;

/* What is known of a token at little cost. text[size] comes from the network: anything. *which is
 * set when the answer is not AP_TOKEN_WRONG. Comparison in constant time. */
ap_token_answer ap_tokens_look(const ap_tokens *tokens, const char *text, size_t size,
                               size_t *which);

/* Proves or disproves an unproved one by hashing; a right one is remembered. */
bool ap_tokens_prove(ap_tokens *tokens, size_t which, const char *text, size_t size);

/* base64url without padding (RFC 4648, 5). text holds 4 * size / 3 + 2. */
void ap_base64url_write(const uint8_t *data, size_t size, char *text);

/* False unless text[text_size] is the one way of writing exactly size bytes. */
bool ap_base64url_read(const char *text, size_t text_size, uint8_t *data, size_t size);

#endif

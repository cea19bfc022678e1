/* Certificate of the HTTP server: looked at as a pair before lws gets it, exchanged while it
 * serves. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "io/http_state.h"

typedef struct pair {
    X509 *certificate;
    STACK_OF(X509) * chain; /* that stands behind it in the file */
    EVP_PKEY *key;
} pair;

static void free_pair(pair *p)
{
    X509_free(p->certificate);
    sk_X509_pop_free(p->chain, X509_free);
    EVP_PKEY_free(p->key);
    ERR_clear_error();
}

static ap_err fail(char message[AP_IO_MESSAGE_SIZE], const char *path, const char *what)
{
    (void)snprintf(message, AP_IO_MESSAGE_SIZE, "'%.300s': %.180s", path, what);
    return AP_ERR_CONFIG;
}

static ap_err read_certificates(pair *p, const char *path, char message[AP_IO_MESSAGE_SIZE])
{
    FILE *file = fopen(path, "re");
    if (!file)
        return fail(message, path, strerror(errno));
    p->certificate = PEM_read_X509(file, NULL, NULL, NULL);
    p->chain = sk_X509_new_null();
    for (X509 *next; p->chain && (next = PEM_read_X509(file, NULL, NULL, NULL)) != NULL;)
        if (!sk_X509_push(p->chain, next))
            X509_free(next);
    (void)fclose(file);
    if (!p->certificate || !p->chain)
        return fail(message, path, "holds no certificate; one in PEM form was expected");
    if (X509_cmp_current_time(X509_get0_notAfter(p->certificate)) < 0)
        return fail(message, path, "the certificate is out of date; renew it");
    return AP_OK;
}

/* A key with a pass phrase would wait for a terminal: there is none. */
static int no_pass_phrase(char *text, int size, int writes, void *context)
{
    (void)text;
    (void)size;
    (void)writes;
    (void)context;
    return -1;
}

static ap_err read_key(pair *p, const char *path, char message[AP_IO_MESSAGE_SIZE])
{
    FILE *file = fopen(path, "re");
    if (!file)
        return fail(message, path, strerror(errno));
    p->key = PEM_read_PrivateKey(file, NULL, no_pass_phrase, NULL);
    (void)fclose(file);
    return p->key ? AP_OK
                  : fail(message, path,
                         "holds no key; one in PEM form without a pass phrase was "
                         "expected");
}

static ap_err read_pair(pair *p, const char *certificate_path, const char *key_path,
                        char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err = read_certificates(p, certificate_path, message);
    if (!err)
        err = read_key(p, key_path, message);
    if (!err && X509_check_private_key(p->certificate, p->key) != 1)
        err = fail(message, key_path, "is not the key of the certificate");
    return err;
}

/* Gives the pair to all connections made from now on; on failure nothing changes. */
static ap_err load(SSL_CTX *into, const char *certificate_path, const char *key_path,
                   char message[AP_IO_MESSAGE_SIZE])
{
    pair p = { .certificate = NULL };
    ap_err err = read_pair(&p, certificate_path, key_path, message);
    /* All or nothing: OpenSSL checks the whole before it takes any of it. */
    if (!err && SSL_CTX_use_cert_and_key(into, p.certificate, p.key, p.chain, 1) != 1)
        err = fail(message, certificate_path,
                   "this kind of key, or one so short, is not taken; use EC P-256 or RSA 2048");
    free_pair(&p);
    return err;
}

ap_err ap_http_load_certificate(struct ap_http_state *server, char message[AP_IO_MESSAGE_SIZE])
{
    return load(server->ssl_ctx, server->certificate_path, server->key_path, message);
}

ap_err ap_http_check_certificate(const char *certificate_path, const char *key_path,
                                 char message[AP_IO_MESSAGE_SIZE])
{
    SSL_CTX *tried = SSL_CTX_new(TLS_server_method());
    if (!tried) {
        ERR_clear_error();
        (void)snprintf(message, AP_IO_MESSAGE_SIZE, "memory is exhausted");
        return AP_ERR_MEMORY;
    }
    ap_err err = load(tried, certificate_path, key_path, message);
    SSL_CTX_free(tried);
    return err;
}

/* lws has made the SSL_CTX; 0 = it may be used. */
int ap_http_tls_begin(struct ap_http_state *server, void *ssl_ctx)
{
    server->ssl_ctx = ssl_ctx;
    if (SSL_CTX_set_min_proto_version(ssl_ctx, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ssl_ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
        return 1;
    (void)SSL_CTX_set_options(ssl_ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    (void)SSL_CTX_set_mode(ssl_ctx, SSL_MODE_RELEASE_BUFFERS);
    return ap_http_load_certificate(server, server->message) ? 1 : 0;
}

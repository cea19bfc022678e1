#include "io/http.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/clock.h"
#include "io/test_http_client.h"

static char folder[] = "/tmp/airpicture-tls-XXXXXX";
static char certificate_path[64], key_path[64];

/* A self-signed certificate of that name, valid from now until so many seconds from now, and its
 * key, in the two files. */
static EVP_PKEY *write_pair(const char *name, long valid_s)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    assert_non_null(key);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 1), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(x), -86400);
    (void)X509_gmtime_adj(X509_getm_notAfter(x), valid_s);
    assert_int_equal(X509_set_pubkey(x, key), 1);
    X509_NAME *subject = X509_get_subject_name(x);
    assert_int_equal(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                                (const unsigned char *)name, -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(x, subject), 1);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    FILE *file = fopen(certificate_path, "w");
    assert_int_equal(PEM_write_X509(file, x), 1);
    assert_int_equal(fclose(file), 0);
    file = fopen(key_path, "w");
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(file), 0);
    X509_free(x);
    return key;
}

static ap_shared_bytes *large;

static void on_request(void *context, const ap_http_request *request, ap_http_reply *reply)
{
    (void)context;
    assert_true(request->is_secure);
    if (strcmp(request->path, "/large") == 0)
        *reply = (ap_http_reply){ .status = 200,
                                  .content_type = "application/octet-stream",
                                  .body = ap_shared_bytes_keep(large) };
    else
        ap_http_reply_text(reply, "text/plain", "hello", 5);
}

static ap_http_config config_of(void)
{
    ap_http_config config;
    ap_http_config_init(&config);
    config.handler = on_request;
    config.certificate_path = certificate_path;
    config.key_path = key_path;
    return config;
}

typedef struct tls_client {
    SSL_CTX *context;
    SSL *ssl;
    int fd;
} tls_client;

/* True when the call that gave `result` may be made again. */
static bool again(test_http *test, tls_client *c, int result)
{
    int error = SSL_get_error(c->ssl, result);
    test_http_turn(test, 1);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

/* False when the handshake fails. */
static bool tls_connect(test_http *test, tls_client *c, int newest)
{
    c->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(c->context, 0); /* so that old versions can be tried */
    assert_int_equal(SSL_CTX_set_max_proto_version(c->context, newest), 1);
    c->ssl = SSL_new(c->context);
    c->fd = test_http_connect(test);
    assert_true(fcntl(c->fd, F_SETFL, O_NONBLOCK) == 0);
    assert_int_equal(SSL_set_fd(c->ssl, c->fd), 1);
    for (int i = 0; i < 2000; i++) {
        int result = SSL_connect(c->ssl);
        if (result == 1)
            return true;
        if (!again(test, c, result))
            return false;
    }
    return false;
}

static void tls_close(tls_client *c)
{
    SSL_free(c->ssl);
    SSL_CTX_free(c->context);
    (void)close(c->fd);
    ERR_clear_error();
}

/* Bytes until `enough` or the end. */
static size_t tls_read(test_http *test, tls_client *c, char *data, size_t enough)
{
    size_t size = 0;
    for (int i = 0; size < enough && i < 5000;) {
        int got = SSL_read(c->ssl, data + size, (int)(enough - size));
        if (got > 0)
            size += (size_t)got;
        else if (!again(test, c, got))
            break;
        else
            i++;
    }
    return size;
}

static bool ask(test_http *test, tls_client *c)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    char reply[1024] = "";
    assert_int_equal(SSL_write(c->ssl, request, sizeof request - 1), (int)sizeof request - 1);
    for (size_t size = 0; size < sizeof reply - 1; size++) {
        if (tls_read(test, c, reply + size, 1) != 1)
            return false;
        if (size > 5 && memcmp(reply + size - 4, "hello", 5) == 0)
            return strncmp(reply, "HTTP/1.1 200", 12) == 0;
    }
    return false;
}

static void expect_name(const tls_client *c, const char *name)
{
    char text[64] = "";
    X509 *x = SSL_get1_peer_certificate(c->ssl);
    assert_non_null(x);
    (void)X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, text, sizeof text);
    assert_string_equal(text, name);
    X509_free(x);
}

static void expect_new_client(test_http *test, const char *name)
{
    tls_client c;
    assert_true(tls_connect(test, &c, TLS1_3_VERSION));
    expect_name(&c, name);
    assert_true(ask(test, &c));
    tls_close(&c);
}

static void test_tls_versions(void **state)
{
    (void)state;
    EVP_PKEY_free(write_pair("one", 86400));
    test_http test;
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    tls_client c;
    assert_true(tls_connect(&test, &c, TLS1_3_VERSION));
    assert_int_equal(SSL_version(c.ssl), TLS1_3_VERSION);
    assert_true(ask(&test, &c));
    assert_true(ask(&test, &c)); /* kept alive */
    tls_close(&c);
    assert_true(tls_connect(&test, &c, TLS1_2_VERSION));
    assert_int_equal(SSL_version(c.ssl), TLS1_2_VERSION);
    assert_true(ask(&test, &c));
    tls_close(&c);
    assert_int_equal(ap_http_count(&test.http)->tls_failed_count, 0);
    assert_false(tls_connect(&test, &c, TLS1_1_VERSION));
    tls_close(&c);
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->tls_failed_count == 1);
    test_http_close(&test);
}

static void test_tls_large_body(void **state)
{
    (void)state;
    enum { SIZE = 3000000 };
    EVP_PKEY_free(write_pair("one", 86400));
    test_http test;
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    large = ap_shared_bytes_make(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        ap_shared_bytes_data(large)[i] = (uint8_t)(i * 2654435761u >> 24);
    tls_client c;
    static const char request[] = "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_true(tls_connect(&test, &c, TLS1_3_VERSION));
    assert_int_equal(SSL_write(c.ssl, request, sizeof request - 1), (int)sizeof request - 1);
    char *reply = malloc(SIZE + 1024), *body = NULL;
    size_t size = 0;
    while (!body && size < 1000 && tls_read(&test, &c, reply + size, 1) == 1) {
        reply[++size] = '\0';
        body = strstr(reply, "\r\n\r\n");
    }
    assert_non_null(body);
    assert_int_equal(tls_read(&test, &c, reply, SIZE), SIZE);
    assert_memory_equal(reply, ap_shared_bytes_data(large), SIZE);
    free(reply);
    tls_close(&c);
    test_http_close(&test);
    assert_int_equal(ap_shared_bytes_references(large), 1);
    ap_shared_bytes_drop(large);
}

/* What is no TLS, what stops in the middle, and nothing at all. */
static void test_tls_garbage(void **state)
{
    (void)state;
    static const char *const garbage[] = { "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                                           "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00 garbage",
                                           "\x16\x03\x01\xff\xff\x01\xff\xff\xff", "\x80\x80" };
    EVP_PKEY_free(write_pair("one", 86400));
    test_http test;
    ap_http_config config = config_of();
    config.request_s = 0.4;
    test_http_open(&test, &config);
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        test_reply reply = test_http_once(&test, garbage[i]);
        assert_int_equal(reply.status, 0);
    }
    int silent = test_http_connect(&test);
    TEST_HTTP_WAIT(&test, ap_http_count(&test.http)->connection_count == 0);
    assert_true(ap_http_count(&test.http)->tls_failed_count >= 2);
    assert_true(ap_http_count(&test.http)->timed_out_count >= 1);
    (void)close(silent);
    expect_new_client(&test, "one");
    test_http_close(&test);
}

static void test_tls_reload(void **state)
{
    (void)state;
    char message[AP_IO_MESSAGE_SIZE] = "";
    EVP_PKEY_free(write_pair("one", 86400));
    test_http test;
    ap_http_config config = config_of();
    test_http_open(&test, &config);
    tls_client old;
    assert_true(tls_connect(&test, &old, TLS1_3_VERSION));
    expect_name(&old, "one");
    EVP_PKEY *two = write_pair("two", 86400);
    assert_int_equal(ap_http_check_certificate(certificate_path, key_path, message), AP_OK);
    expect_new_client(&test, "one"); /* to look changes nothing */
    assert_int_equal(ap_http_reload_certificate(&test.http, message), AP_OK);
    assert_true(ask(&test, &old)); /* its connection lives on */
    expect_new_client(&test, "two");
    EVP_PKEY_free(write_pair("three", 86400));
    FILE *file = fopen(key_path, "w"); /* the key of another */
    assert_int_equal(PEM_write_PrivateKey(file, two, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(file), 0);
    EVP_PKEY_free(two);
    assert_int_equal(ap_http_reload_certificate(&test.http, message), AP_ERR_CONFIG);
    assert_non_null(strstr(message, "not the key"));
    message[0] = '\0';
    assert_int_equal(ap_http_check_certificate(certificate_path, key_path, message), AP_ERR_CONFIG);
    assert_non_null(strstr(message, "not the key"));
    expect_new_client(&test, "two");
    EVP_PKEY_free(write_pair("four", -60));
    assert_int_equal(ap_http_reload_certificate(&test.http, message), AP_ERR_CONFIG);
    assert_non_null(strstr(message, "out of date"));
    assert_int_equal(truncate(certificate_path, 0), 0);
    assert_int_equal(ap_http_reload_certificate(&test.http, message), AP_ERR_CONFIG);
    assert_non_null(strstr(message, "no certificate"));
    assert_int_equal(unlink(certificate_path), 0);
    assert_int_equal(ap_http_reload_certificate(&test.http, message), AP_ERR_CONFIG);
    assert_non_null(strstr(message, "No such file"));
    expect_new_client(&test, "two");
    assert_true(ask(&test, &old));
    tls_close(&old);
    test_http_close(&test);
}

static void test_tls_open_refuses(void **state)
{
    (void)state;
    uv_loop_t loop;
    ap_http http;
    char message[AP_IO_MESSAGE_SIZE] = "";
    ap_http_config config = config_of();
    assert_int_equal(uv_loop_init(&loop), 0);
    config.uv_loop = &loop;
    EVP_PKEY_free(write_pair("one", 86400));
    assert_int_equal(truncate(key_path, 10), 0);
    assert_int_equal(ap_http_open(&http, &config, message), AP_ERR_CONFIG);
    assert_non_null(strstr(message, "no key"));
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tls_versions),     cmocka_unit_test(test_tls_large_body),
        cmocka_unit_test(test_tls_garbage),      cmocka_unit_test(test_tls_reload),
        cmocka_unit_test(test_tls_open_refuses),
    };
    if (!mkdtemp(folder))
        return 1;
    (void)snprintf(certificate_path, sizeof certificate_path, "%s/certificate.pem", folder);
    (void)snprintf(key_path, sizeof key_path, "%s/key.pem", folder);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(certificate_path);
    (void)unlink(key_path);
    (void)rmdir(folder);
    return failed;
}

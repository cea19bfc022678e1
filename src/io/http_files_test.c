#include "io/http_files.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct folder {
    char path[64];
    ap_http_files files;
} folder;

static void put(const folder *f, const char *name, const char *text)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", f->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void set_time(const folder *f, const char *name, long seconds)
{
    char path[256];
    struct timespec times[2] = { { seconds, 0 }, { seconds, 500 } };
    (void)snprintf(path, sizeof path, "%s/%s", f->path, name);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void make_folder(folder *f, size_t memory_cap)
{
    char path[128], message[AP_IO_MESSAGE_SIZE];
    strcpy(f->path, "/tmp/airpicture-files-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    (void)snprintf(path, sizeof path, "%s/sub", f->path);
    assert_int_equal(mkdir(path, 0755), 0);
    put(f, "index.html", "<p>root");
    put(f, "sub/index.html", "<p>sub");
    put(f, "sub/app-0a1B2c3d.js", "let x");
    put(f, ".secret", "no");
    (void)snprintf(path, sizeof path, "%s/link", f->path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    (void)snprintf(path, sizeof path, "%s/out", f->path);
    assert_int_equal(symlink("/etc", path), 0);
    (void)snprintf(path, sizeof path, "%s/pipe", f->path);
    assert_int_equal(mkfifo(path, 0644), 0);
    assert_int_equal(ap_http_files_open(&f->files, f->path, memory_cap, message), AP_OK);
}

static void remove_folder(folder *f)
{
    char command[128];
    ap_http_files_close(&f->files);
    ap_http_files_close(&f->files); /* safe twice */
    (void)snprintf(command, sizeof command, "rm -r %s", f->path);
    assert_int_equal(system(command), 0);
}

static ap_http_reply get(folder *f, const char *path)
{
    ap_http_request request = { .method = AP_HTTP_GET };
    ap_http_reply reply = { .status = 404 };
    ap_http_files_reply(&f->files, path, &request, &reply);
    return reply;
}

static void expect(folder *f, const char *path, unsigned status, const char *body, const char *type)
{
    ap_http_reply reply = get(f, path);
    if (reply.status != status)
        fail_msg("'%s': %u", path, reply.status);
    if (body) {
        assert_int_equal(ap_shared_bytes_size(reply.body), strlen(body));
        assert_memory_equal(ap_shared_bytes_data(reply.body), body, strlen(body));
        assert_string_equal(reply.content_type, type);
    }
    ap_shared_bytes_drop(reply.body);
}

static void test_files_reply_paths(void **state)
{
    (void)state;
    folder f;
    make_folder(&f, 1000000);
    expect(&f, "", 200, "<p>root", "text/html; charset=utf-8");
    expect(&f, "index.html", 200, "<p>root", "text/html; charset=utf-8");
    expect(&f, "sub/", 200, "<p>sub", "text/html; charset=utf-8");
    expect(&f, "sub/app-0a1B2c3d.js", 200, "let x", "text/javascript; charset=utf-8");
    static const char *const none[] = {
        "sub",          "nothing",         "../etc/passwd", "sub/../index.html", ".secret",
        "link",         "out/passwd",      "/etc/passwd",   "sub//index.html",   "pipe",
        "./index.html", "sub/index.html/", "index.html/x",
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        expect(&f, none[i], 404, NULL, NULL);
    char long_path[600];
    memset(long_path, 'a', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    expect(&f, long_path, 404, NULL, NULL);
    remove_folder(&f);
}

static void test_files_reply_fields(void **state)
{
    (void)state;
    folder f;
    make_folder(&f, 1000000);
    set_time(&f, "index.html", 1000);
    ap_http_reply reply = get(&f, "");
    assert_string_equal(reply.etag, "\"7-e8d4a511f4\""); /* 7 bytes, 1000 s and 500 ns */
    assert_string_equal(reply.cache_control, "no-cache");
    assert_true(reply.may_range);
    ap_http_reply again = get(&f, "");
    assert_ptr_equal(again.body, reply.body); /* read once */
    ap_shared_bytes_drop(again.body);
    put(&f, "index.html", "<p>ROOT");
    set_time(&f, "index.html", 1001);
    again = get(&f, "");
    assert_string_not_equal(again.etag, reply.etag);
    assert_memory_equal(ap_shared_bytes_data(again.body), "<p>ROOT", 7);
    assert_memory_equal(ap_shared_bytes_data(reply.body), "<p>root", 7); /* on its way, as it was */
    ap_shared_bytes_drop(again.body);
    ap_shared_bytes_drop(reply.body);
    reply = get(&f, "sub/app-0a1B2c3d.js");
    assert_non_null(strstr(reply.cache_control, "immutable"));
    ap_shared_bytes_drop(reply.body);
    ap_http_request request = { .method = AP_HTTP_POST };
    reply = (ap_http_reply){ .status = 404 };
    ap_http_files_reply(&f.files, "", &request, &reply);
    assert_int_equal(reply.status, 405);
    ap_shared_bytes_drop(reply.body);
    remove_folder(&f);
}

/* The twin beside the file, unless it is older. */
static void test_files_reply_twin(void **state)
{
    (void)state;
    folder f;
    make_folder(&f, 1000000);
    put(&f, "a.json", "{   }");
    put(&f, "a.json.gz", "zip");
    set_time(&f, "a.json", 1000);
    set_time(&f, "a.json.gz", 1000);
    ap_http_reply reply = get(&f, "a.json");
    assert_non_null(ap_shared_bytes_gzip_twin(reply.body));
    assert_memory_equal(ap_shared_bytes_data(ap_shared_bytes_gzip_twin(reply.body)), "zip", 3);
    ap_shared_bytes_drop(reply.body);
    set_time(&f, "a.json", 1001);
    reply = get(&f, "a.json");
    assert_null(ap_shared_bytes_gzip_twin(reply.body));
    ap_shared_bytes_drop(reply.body);
    remove_folder(&f);
}

/* Memory stays within its cap, whatever is on its way. */
static void test_files_reply_memory(void **state)
{
    (void)state;
    folder f;
    make_folder(&f, 20);
    put(&f, "a.txt", "aaaaaaaa");
    put(&f, "b.txt", "bbbbbbbb");
    put(&f, "c.txt", "cccccccc");
    put(&f, "long.txt", "123456789012345678901");
    ap_http_reply a = get(&f, "a.txt"), b = get(&f, "b.txt");
    assert_int_equal(a.status, 200);
    assert_int_equal(b.status, 200);
    expect(&f, "c.txt", 503, NULL, NULL);
    ap_shared_bytes_drop(a.body);
    expect(&f, "c.txt", 200, "cccccccc", "text/plain; charset=utf-8");
    expect(&f, "b.txt", 200, "bbbbbbbb", "text/plain; charset=utf-8");
    ap_shared_bytes_drop(b.body);
    expect(&f, "long.txt", 503, NULL, NULL);
    expect(&f, "a.txt", 200, "aaaaaaaa", "text/plain; charset=utf-8");
    remove_folder(&f);
}

static void test_files_open_refuses(void **state)
{
    (void)state;
    ap_http_files files;
    char message[AP_IO_MESSAGE_SIZE];
    assert_int_equal(ap_http_files_open(&files, "/nowhere", 1, message), AP_ERR_NO_INPUT);
    assert_non_null(strstr(message, "/nowhere"));
    ap_http_files_close(&files);
}

static void test_content_type_table(void **state)
{
    (void)state;
    assert_string_equal(ap_http_content_type("a.mjs"), "text/javascript; charset=utf-8");
    assert_string_equal(ap_http_content_type("a.b.WASM"), "application/wasm");
    assert_string_equal(ap_http_content_type("a.svg"), "image/svg+xml");
    assert_string_equal(ap_http_content_type("a.json"), "application/json");
    assert_string_equal(ap_http_content_type("html"), "application/octet-stream");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_reply_paths),  cmocka_unit_test(test_files_reply_fields),
        cmocka_unit_test(test_files_reply_twin),   cmocka_unit_test(test_files_reply_memory),
        cmocka_unit_test(test_files_open_refuses), cmocka_unit_test(test_content_type_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

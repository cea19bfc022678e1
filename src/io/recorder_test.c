#include "io/recorder.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/clock.h"
#include "io/recorder_files.h"

#define START_UTC (INT64_C(1700000000) * AP_NS_PER_S)
#define CHUNK_SIZE 1000

typedef struct fixture {
    char folder[64];
    ap_chunk_ring ring;
    void *mem;
    ap_recorder recorder;
    int put_count, read_count;
} fixture;

static const char *const abouts[] = { "{\"input\":\"a\"}", "{\"input\":\"b\"}" };

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    const ap_chunk_ring_config config = {
        .cap = 1 << 20, .share = 1 << 20, .input_cap = 2, .is_recorded = true
    };
    strcpy(f->folder, "/tmp/airpicture-recorder-XXXXXX");
    f->mem = malloc(ap_chunk_ring_size(&config));
    *state = f;
    return mkdtemp(f->folder) && f->mem &&
                   !ap_chunk_ring_init(&f->ring, &config, f->mem, ap_chunk_ring_size(&config))
               ? 0
               : -1;
}

static int teardown(void **state)
{
    fixture *f = *state;
    ap_recorder_close(&f->recorder);
    DIR *directory = opendir(f->folder);
    for (struct dirent *entry; (entry = readdir(directory));)
        (void)unlinkat(dirfd(directory), entry->d_name, 0);
    closedir(directory);
    int status = rmdir(f->folder);
    free(f->mem);
    free(f);
    return status;
}

static void open_recorder(fixture *f, uint64_t file_size, uint64_t keep_size)
{
    char message[AP_IO_MESSAGE_SIZE] = "";
    const ap_recorder_config config = { .folder = f->folder,
                                        .ring = &f->ring,
                                        .about = abouts,
                                        .about_count = 2,
                                        .file_size = file_size,
                                        .file_s = 3600,
                                        .keep_size = keep_size };
    if (ap_recorder_open(&f->recorder, &config, message))
        fail_msg("%s", message);
}

static void put(fixture *f, int count)
{
    static uint8_t octets[CHUNK_SIZE];
    for (int i = 0; i < count; i++, f->put_count++) {
        octets[0] = (uint8_t)f->put_count;
        const ap_chunk chunk = { .kind = AP_CHUNK_DATA,
                                 .input = (uint16_t)(f->put_count % 2),
                                 .receive_utc = START_UTC + f->put_count * AP_NS_PER_MS,
                                 .data = octets,
                                 .size = CHUNK_SIZE };
        ap_chunk taken;
        assert_int_equal(ap_chunk_ring_put(&f->ring, &chunk), AP_OK);
        ap_chunk_ring_publish(&f->ring);
        assert_true(ap_chunk_ring_peek(&f->ring, &taken));
        ap_chunk_ring_drop(&f->ring);
    }
}

static ap_recorder_stats wait_for(fixture *f, uint64_t done_size)
{
    for (int i = 0; i < 60000; i++) {
        ap_recorder_stats stats = ap_recorder_stats_of(&f->recorder);
        if (stats.written_size + stats.lost_size >= done_size)
            return stats;
        ap_clock_sleep_ns(AP_NS_PER_MS);
    }
    fail_msg("the recorder stands still");
    return (ap_recorder_stats){ 0 };
}

static bool on_chunk(void *context, const ap_chunk *chunk)
{
    fixture *f = context;
    int i = (int)((chunk->receive_utc - START_UTC) / AP_NS_PER_MS);
    assert_int_equal(chunk->kind, AP_CHUNK_DATA);
    assert_int_equal(chunk->input, i % 2);
    assert_int_equal(chunk->size, CHUNK_SIZE);
    assert_int_equal(chunk->data[0], (uint8_t)i);
    f->read_count++;
    return true;
}

static int read_back(fixture *f, ap_utc_ns after_utc)
{
    char message[AP_IO_MESSAGE_SIZE];
    f->read_count = 0;
    assert_int_equal(ap_recordings_read(f->folder, after_utc, on_chunk, f, message), AP_OK);
    return f->read_count;
}

static size_t list(const fixture *f, size_t *packed_count, char first[AP_RECORDING_NAME_SIZE])
{
    size_t count;
    int error;
    ap_recording_file *files = ap_recording_files(f->folder, &count, &error);
    assert_int_equal(error, 0);
    *packed_count = 0;
    for (size_t i = 0; i < count; i++)
        *packed_count += files[i].is_packed;
    if (first && count > 0)
        strcpy(first, files[0].name);
    free(files);
    return count;
}

static void test_recorder_rotates_and_packs(void **state)
{
    fixture *f = *state;
    size_t packed_count = 0, count = 0;
    open_recorder(f, 100 * ap_recording_size(CHUNK_SIZE), 0);
    for (int i = 0; i < 10; i++) {
        put(f, 100);
        wait_for(f, (uint64_t)f->put_count * ap_recording_size(CHUNK_SIZE));
    }
    assert_true(ap_recorder_settled(&f->recorder) == START_UTC + 999 * AP_NS_PER_MS);
    for (int i = 0; i < 60000 && packed_count < 9; i++) {
        count = list(f, &packed_count, NULL);
        ap_clock_sleep_ns(AP_NS_PER_MS);
    }
    assert_int_equal(count, 10);
    assert_int_equal(packed_count, 9); /* not the one that is written */
    ap_recorder_close(&f->recorder);
    assert_int_equal(read_back(f, AP_UTC_UNKNOWN), 1000);
    assert_int_equal(read_back(f, START_UTC + 949 * AP_NS_PER_MS), 50);
    assert_int_equal(read_back(f, START_UTC + 999 * AP_NS_PER_MS), 0);
    assert_true(ap_recordings_newest(f->folder) == START_UTC + 999 * AP_NS_PER_MS);
    assert_true(ap_recordings_newest("/nonexistent") == AP_UTC_UNKNOWN);
}

/* What a killed process left: a chunk that is not whole, and packing that was not finished. */
static void test_recorder_repairs(void **state)
{
    fixture *f = *state;
    char name[AP_RECORDING_NAME_SIZE], path[256];
    size_t packed_count;
    open_recorder(f, 1 << 30, 0);
    put(f, 10);
    ap_recorder_close(&f->recorder);
    assert_int_equal(list(f, &packed_count, name), 1);
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    struct stat whole, repaired;
    assert_int_equal(stat(path, &whole), 0);
    assert_int_equal(truncate(path, whole.st_size - 1), 0);
    snprintf(path, sizeof path, "%s/%s.zst.part", f->folder, name);
    assert_int_equal(close(open(path, O_WRONLY | O_CREAT, 0600)), 0);
    assert_int_equal(ap_recording_repair(f->folder, name), 0);
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    assert_int_equal(stat(path, &repaired), 0);
    assert_int_equal(repaired.st_size, whole.st_size - (off_t)ap_recording_size(CHUNK_SIZE));
    assert_int_equal(read_back(f, AP_UTC_UNKNOWN), 9);
    f->put_count = 9;
    open_recorder(f, 1 << 30, 0); /* and goes on behind it */
    put(f, 5);
    ap_recorder_close(&f->recorder);
    assert_int_equal(read_back(f, AP_UTC_UNKNOWN), 14);
}

static void wait_packed(const fixture *f)
{
    size_t packed_count = 0, count = 2;
    for (int i = 0; i < 60000 && packed_count + 1 < count; i++) {
        count = list(f, &packed_count, NULL);
        ap_clock_sleep_ns(AP_NS_PER_MS);
    }
    assert_true(packed_count + 1 >= count);
}

static void test_recorder_keeps_so_much(void **state)
{
    fixture *f = *state;
    size_t packed_count, count = 100;
    open_recorder(f, 10 * ap_recording_size(CHUNK_SIZE), 20000);
    for (int i = 0; i < 50; i++) {
        put(f, 20);
        wait_for(f, (uint64_t)f->put_count * ap_recording_size(CHUNK_SIZE));
        wait_packed(f); /* a file that waits for that is larger, and older ones make room */
    }
    for (int i = 0; i < 2000 && count > 40; i++) {
        put(f, 1);
        wait_for(f, (uint64_t)f->put_count * ap_recording_size(CHUNK_SIZE));
        wait_packed(f);
        count = list(f, &packed_count, NULL);
    }
    assert_in_range(count, 1, 49);
    ap_recorder_close(&f->recorder);
    int kept_count = read_back(f, AP_UTC_UNKNOWN);
    assert_in_range(kept_count, 20, f->put_count - 1); /* the newest are there */
    assert_int_equal(read_back(f, START_UTC + (f->put_count - 2) * AP_NS_PER_MS), 1);
}

/* A full disk, as a limit on the size of files. */
static void test_recorder_disk_refuses(void **state)
{
    fixture *f = *state;
    struct rlimit old, small;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    open_recorder(f, 1 << 30, 0);
    put(f, 5);
    wait_for(f, 5 * ap_recording_size(CHUNK_SIZE));
    small = (struct rlimit){ .rlim_cur = 9000, .rlim_max = old.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    put(f, 50);
    ap_recorder_stats stats = wait_for(f, 55 * ap_recording_size(CHUNK_SIZE));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_true(stats.lost_size >= 40 * ap_recording_size(CHUNK_SIZE));
    assert_true(stats.failure_count > 0);
    assert_false(stats.is_writing);
    assert_non_null(strstr(stats.last_error, "File too large"));
    ap_recorder_close(&f->recorder);
    assert_in_range(read_back(f, AP_UTC_UNKNOWN), 5, 15); /* whole chunks, all readable */
}

/* A file, or the folder, that somebody removes while it is written: what is lost with it is
 * counted, and it goes on in another. */
static void test_recorder_removed(void **state)
{
    fixture *f = *state;
    char name[AP_RECORDING_NAME_SIZE], path[256];
    size_t packed_count;
    open_recorder(f, 1 << 30, 0);
    put(f, 20);
    wait_for(f, 20 * ap_recording_size(CHUNK_SIZE));
    assert_int_equal(list(f, &packed_count, name), 1);
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof path, "%s/lock", f->folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(f->folder), 0);
    put(f, 5);
    ap_recorder_stats stats = wait_for(f, 45 * ap_recording_size(CHUNK_SIZE));
    assert_true(stats.lost_size >= 20 * ap_recording_size(CHUNK_SIZE));
    assert_true(stats.is_writing);
    assert_int_equal(stats.failure_count, 1);
    assert_non_null(strstr(stats.last_error, "was removed"));
    ap_recorder_close(&f->recorder);
    assert_int_equal(read_back(f, START_UTC + 19 * AP_NS_PER_MS), 5);
}

static void test_recorder_open_twice(void **state)
{
    fixture *f = *state;
    char message[AP_IO_MESSAGE_SIZE] = "";
    ap_recorder second;
    open_recorder(f, 1 << 30, 0);
    const ap_recorder_config config = {
        .folder = f->folder, .ring = &f->ring, .file_size = 1, .file_s = 1
    };
    assert_int_equal(ap_recorder_open(&second, &config, message), AP_ERR_NO_OUTPUT);
    assert_non_null(strstr(message, "another process"));
    const ap_recorder_config nowhere = {
        .folder = "/proc/nowhere", .ring = &f->ring, .file_size = 1, .file_s = 1
    };
    assert_int_equal(ap_recorder_open(&second, &nowhere, message), AP_ERR_IO);
    assert_int_equal(ap_recordings_read("/nonexistent", 0, on_chunk, f, message), AP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_recorder_rotates_and_packs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recorder_repairs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recorder_keeps_so_much, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recorder_disk_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recorder_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recorder_open_twice, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

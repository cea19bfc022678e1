#include "io/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define LIMIT (UINT64_C(4) << 20)
#define NAMES 64

typedef struct bed {
    char folder[64];
    ap_spool spool;
    ap_spool_mark mark;
    ap_spool_config config;
    char message[AP_IO_MESSAGE_SIZE];
} bed;

static void start(bed *b)
{
    b->config.folder = b->folder;
    if (ap_spool_open(&b->spool, &b->config, &b->mark, b->message))
        fail_msg("%s", b->message);
}

static bed bed_new(uint64_t segment_size)
{
    bed b = { .folder = "/dev/shm/airpicture-spool-XXXXXX" }; /* where a sync costs nothing */
    if (access("/dev/shm", W_OK))
        strcpy(b.folder, "/tmp/airpicture-spool-XXXXXX");
    assert_non_null(mkdtemp(b.folder));
    b.config = (ap_spool_config){ .limit_size = LIMIT, .segment_size = segment_size };
    start(&b);
    b.config.folder = NULL; /* a copy of `b` has another address */
    return b;
}

static void again(bed *b)
{
    ap_spool_close(&b->spool);
    start(b);
}

/* Names of segments, in order. Returns how many. */
static size_t names(const bed *b, char found[NAMES][512])
{
    size_t count = 0;
    struct dirent **entries;
    int all = scandir(b->folder, &entries, NULL, alphasort);
    for (int i = 0; i < all; i++) {
        if (strncmp(entries[i]->d_name, "spool-", 6) == 0 && count < NAMES)
            (void)snprintf(found[count++], 512, "%s/%s", b->folder, entries[i]->d_name);
        free(entries[i]);
    }
    if (all >= 0)
        free(entries);
    return count;
}

static void bed_free(bed *b)
{
    char path[512];
    ap_spool_close(&b->spool);
    ap_spool_close(&b->spool);
    DIR *open = opendir(b->folder);
    for (struct dirent *entry; open && (entry = readdir(open));) {
        (void)snprintf(path, sizeof path, "%s/%s", b->folder, entry->d_name);
        (void)unlink(path);
    }
    (void)closedir(open);
    assert_int_equal(rmdir(b->folder), 0);
}

/* The record of a number: some octets that follow from it. */
static size_t record_of(uint64_t number, uint8_t octets[AP_SPOOL_RECORD_MAX])
{
    size_t size = 8 + (number * 37) % 90 + (number % 100 == 99 ? 60000 : 0);
    for (size_t i = 0; i < size; i++)
        octets[i] = (uint8_t)(number >> i % 8 * 8) ^ (uint8_t)(i / 8);
    return size;
}

static void put(bed *b, uint64_t number)
{
    uint8_t octets[AP_SPOOL_RECORD_MAX];
    size_t size = record_of(number, octets);
    assert_int_equal(ap_spool_put(&b->spool, octets, size, b->message), AP_OK);
}

static void commit(bed *b, uint32_t mark)
{
    ap_spool_mark to = { .size = sizeof mark };
    memcpy(to.octets, &mark, sizeof mark);
    if (ap_spool_commit(&b->spool, &to, b->message))
        fail_msg("%s", b->message);
}

static uint32_t mark_of(const bed *b)
{
    uint32_t mark = 0;
    if (b->mark.size == sizeof mark)
        memcpy(&mark, b->mark.octets, sizeof mark);
    return mark;
}

static void fill(bed *b, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i <= to; i++)
        put(b, i);
    commit(b, (uint32_t)to);
}

/* The next record must be whole; its number, or 0 at the end. */
static uint64_t next(bed *b)
{
    uint8_t octets[AP_SPOOL_RECORD_MAX];
    ap_spool_record record;
    ap_err err = ap_spool_next(&b->spool, &record, b->message);
    if (err == AP_ERR_END)
        return 0;
    if (err)
        fail_msg("%s", b->message);
    assert_int_equal(record.size, record_of(record.number, octets));
    assert_memory_equal(record.octets, octets, record.size);
    return record.number;
}

static void expect(bed *b, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i <= to; i++)
        assert_int_equal(next(b), i);
    assert_int_equal(next(b), 0);
}

/* --- the plain way --- */

static void test_spool_in_order(void **unused)
{
    (void)unused;
    bed b = bed_new(4096);
    char found[NAMES][512];
    assert_int_equal(b.mark.size, 0);
    assert_int_equal(next(&b), 0);
    for (uint64_t i = 0; i < 10; i++)
        fill(&b, 1 + 100 * i, 100 + 100 * i);
    assert_true(names(&b, found) >= 10);
    expect(&b, 1, 1000);
    fill(&b, 1001, 1001);
    expect(&b, 1001, 1001);
    ap_spool_stats stats = ap_spool_stats_of(&b.spool);
    assert_int_equal(stats.record_count, 1001);
    assert_int_equal(stats.newest, 1001);
    assert_int_equal(stats.segment_count, names(&b, found));
    ap_spool_release(&b.spool, 1001);
    stats = ap_spool_stats_of(&b.spool);
    assert_int_equal(stats.record_count, 0);
    assert_int_equal(stats.missing_count, 0);
    assert_int_equal(names(&b, found), 1);
    struct stat file;
    assert_int_equal(stat(found[0], &file), 0);
    assert_int_equal(stats.size, file.st_size);
    bed_free(&b);
}

static void test_spool_reads_what_was_committed(void **unused)
{
    (void)unused;
    bed b = bed_new(0);
    put(&b, 1);
    assert_int_equal(next(&b), 0);
    commit(&b, 7);
    put(&b, 2);
    expect(&b, 1, 1);
    assert_int_equal(ap_spool_rollback(&b.spool, b.message), AP_OK);
    fill(&b, 2, 3); /* under the numbers that were forgotten */
    expect(&b, 2, 3);
    again(&b);
    assert_int_equal(mark_of(&b), 3);
    expect(&b, 1, 3);
    bed_free(&b);
}

/* After a restart the other side says which it has. */
static void test_spool_seek(void **unused)
{
    (void)unused;
    bed b = bed_new(4096);
    char found[NAMES][512];
    for (uint64_t i = 0; i < 10; i++)
        fill(&b, 1 + 50 * i, 50 + 50 * i);
    uint64_t id = ap_spool_id(&b.spool);
    for (uint64_t stored = 0; stored <= 500; stored += 25) {
        again(&b);
        assert_int_equal(ap_spool_id(&b.spool), id);
        ap_spool_seek(&b.spool, stored);
        expect(&b, stored + 1, 500);
        assert_int_equal(ap_spool_stats_of(&b.spool).record_count, 500 - stored);
        ap_spool_seek(&b.spool, stored); /* a connection that was lost before it said so */
        expect(&b, stored + 1, 500);
    }
    assert_int_equal(names(&b, found), 1);
    assert_int_equal(ap_spool_stats_of(&b.spool).missing_count, 0);
    bed_free(&b);
}

static void test_spool_full(void **unused)
{
    (void)unused;
    bed b = bed_new(0);
    uint8_t octets[AP_SPOOL_RECORD_MAX + 1] = { 0 };
    uint64_t count = 0;
    b.config.limit_size = AP_SPOOL_LIMIT_MIN;
    again(&b);
    assert_int_equal(ap_spool_put(&b.spool, octets, sizeof octets, b.message), AP_ERR_RANGE);
    while (ap_spool_put(&b.spool, octets, 5000, b.message) == AP_OK)
        if (++count % 20 == 0)
            commit(&b, 1);
    assert_int_equal(ap_spool_put(&b.spool, octets, 5000, b.message), AP_ERR_FULL);
    assert_int_equal(ap_spool_put(&b.spool, octets, 100, b.message), AP_OK); /* room for a small */
    commit(&b, 2);
    ap_spool_stats stats = ap_spool_stats_of(&b.spool);
    assert_int_equal(stats.full_count, 2);
    assert_true(stats.size <= AP_SPOOL_LIMIT_MIN);
    assert_true(stats.size > AP_SPOOL_LIMIT_MIN - 5200);
    assert_int_equal(stats.record_count, count + 1);
    ap_spool_release(&b.spool, count / 2); /* segments that were sent make room */
    assert_int_equal(ap_spool_put(&b.spool, octets, 5000, b.message), AP_OK);
    bed_free(&b);
}

static void test_spool_belongs_to_one(void **unused)
{
    (void)unused;
    bed b = bed_new(0);
    char path[256];
    ap_spool other;
    ap_spool_mark mark;
    b.config.folder = b.folder;
    assert_int_equal(ap_spool_open(&other, &b.config, &mark, b.message), AP_ERR_IO);
    assert_non_null(strstr(b.message, "another process has the spool"));
    ap_spool_close(&b.spool);
    (void)snprintf(path, sizeof path, "%s/spool-00000000000000aa-00000000000000000001", b.folder);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0 && close(fd) == 0);
    assert_int_equal(ap_spool_open(&other, &b.config, &mark, b.message), AP_ERR_IO);
    assert_non_null(strstr(b.message, "two spools"));
    bed_free(&b);
}

/* --- faults --- */

static uint8_t *read_all(const char *path, size_t *size)
{
    struct stat file;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &file), 0);
    *size = (size_t)file.st_size;
    uint8_t *octets = malloc(*size);
    assert_non_null(octets);
    assert_int_equal(read(fd, octets, *size), *size);
    assert_int_equal(close(fd), 0);
    return octets;
}

static void write_all(const char *path, const uint8_t *octets, size_t size)
{
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, octets, size), size);
    assert_int_equal(close(fd), 0);
}

/* A process that dies at any octet of a write: commits before it stand, the rest is cut, and its
 * numbers are given to nothing else. */
static void test_spool_torn_anywhere(void **unused)
{
    (void)unused;
    bed b = bed_new(0);
    char found[NAMES][512];
    struct stat file;
    size_t size, ends[4] = { 0 };
    assert_int_equal(names(&b, found), 1);
    for (uint64_t i = 0; i < 4; i++) {
        fill(&b, 1 + 3 * i, 3 + 3 * i);
        assert_int_equal(stat(found[0], &file), 0);
        ends[i] = (size_t)file.st_size;
    }
    ap_spool_close(&b.spool);
    uint8_t *octets = read_all(found[0], &size);
    for (size_t cut = ends[0]; cut <= size; cut++) {
        uint64_t whole = 1;
        while (whole < 4 && ends[whole] <= cut)
            whole++;
        write_all(found[0], octets, cut);
        start(&b);
        assert_int_equal(mark_of(&b), 3 * whole);
        expect(&b, 1, 3 * whole);
        bool was_torn = ends[whole - 1] != cut;
        uint64_t newest = ap_spool_stats_of(&b.spool).newest;
        assert_true(was_torn ? newest > 3 * whole && newest <= 3 * whole + 15
                             : newest == 3 * whole);
        fill(&b, newest + 1, newest + 2);
        expect(&b, newest + 1, newest + 2);
        assert_int_equal(ap_spool_stats_of(&b.spool).missing_count, 0);
        ap_spool_close(&b.spool);
    }
    free(octets);
    bed_free(&b);
}

/* Every octet of a segment, flipped: all records but the one that it is in are read, in order. */
static void test_spool_flipped_octets(void **unused)
{
    (void)unused;
    bed b = bed_new(1024);
    char found[NAMES][512];
    size_t size;
    for (uint64_t i = 0; i < 6; i++)
        fill(&b, 1 + 20 * i, 20 + 20 * i);
    ap_spool_close(&b.spool);
    assert_true(names(&b, found) >= 3);
    uint8_t *octets = read_all(found[1], &size);
    for (size_t at = 0; at < size; at++) {
        uint64_t last = 0, count = 0;
        octets[at] ^= (uint8_t)(1 + at % 255);
        write_all(found[1], octets, size);
        octets[at] ^= (uint8_t)(1 + at % 255);
        start(&b);
        assert_int_equal(mark_of(&b), 120);
        for (uint64_t number; (number = next(&b)) > 0; last = number, count++)
            assert_true(number > last);
        assert_int_equal(last, 120);
        assert_true(count >= 119);
        assert_int_equal(ap_spool_stats_of(&b.spool).missing_count, 120 - count);
        ap_spool_close(&b.spool);
    }
    free(octets);
    bed_free(&b);
}

/* The newest segment, spoilt: the numbers that were given in it are given to nothing else. */
static void test_spool_newest_is_damaged(void **unused)
{
    (void)unused;
    bed b = bed_new(1024);
    char found[NAMES][512];
    size_t size;
    fill(&b, 1, 40);
    fill(&b, 41, 50);
    assert_int_equal(names(&b, found), 2);
    ap_spool_close(&b.spool);
    uint8_t *octets = read_all(found[1], &size);
    for (size_t i = 0; i < size; i++)
        octets[i] ^= 0x5a;
    write_all(found[1], octets, size);
    free(octets);
    start(&b);
    expect(&b, 1, 40);
    uint64_t newest = ap_spool_stats_of(&b.spool).newest;
    assert_true(newest >= 50);
    fill(&b, newest + 1, newest + 3);
    expect(&b, newest + 1, newest + 3);
    again(&b);
    ap_spool_seek(&b.spool, 40);
    expect(&b, newest + 1, newest + 3);
    assert_int_equal(ap_spool_stats_of(&b.spool).missing_count, 0);
    bed_free(&b);
}

static void test_spool_somebody_removes(void **unused)
{
    (void)unused;
    bed b = bed_new(1024);
    char found[NAMES][512];
    for (uint64_t i = 0; i < 5; i++)
        fill(&b, 1 + 40 * i, 40 + 40 * i);
    assert_true(names(&b, found) >= 5);
    assert_int_equal(unlink(found[1]), 0); /* behind its back */
    assert_int_equal(truncate(found[3], 100), 0);
    uint64_t count = 0, last = 0;
    for (uint64_t number; (number = next(&b)) > 0; last = number)
        count++;
    assert_int_equal(last, 200);
    assert_int_equal(ap_spool_stats_of(&b.spool).missing_count, 200 - count);
    assert_in_range(count, 120, 125);
    bed_free(&b);
}

/* A disk that takes no more: what was committed stays, and it goes on when there is room. */
static void test_spool_disk_refuses(void **unused)
{
    (void)unused;
    bed b = bed_new(0);
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    fill(&b, 1, 50);
    ap_spool_mark mark = { .size = 1 };
    small = before;
    small.rlim_cur = ap_spool_stats_of(&b.spool).size + 1000;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int round = 0; round < 3; round++) {
        for (uint64_t i = 51; i <= 98; i++)
            put(&b, i);
        assert_int_equal(ap_spool_commit(&b.spool, &mark, b.message), AP_ERR_IO);
        assert_non_null(strstr(b.message, "File too large"));
        assert_int_equal(ap_spool_rollback(&b.spool, b.message), AP_OK);
        assert_int_equal(ap_spool_stats_of(&b.spool).newest, 50);
    }
    expect(&b, 1, 50);
    ap_spool_mark kept = ap_spool_mark_of(&b.spool);
    assert_memory_equal(kept.octets, &(uint32_t){ 50 }, 4);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    fill(&b, 51, 98);
    expect(&b, 51, 98);
    again(&b);
    expect(&b, 1, 98);
    assert_int_equal(ap_spool_stats_of(&b.spool).missing_count, 0);
    bed_free(&b);
}

/* A process is killed while it writes: what it told as committed is there, and nothing twice. */
static void write_until_killed(bed *b, int to)
{
    for (uint64_t at = ap_spool_stats_of(&b->spool).newest;; at += 7) {
        fill(b, at + 1, at + 7);
        uint64_t newest = at + 7;
        if (write(to, &newest, sizeof newest) != sizeof newest)
            _exit(1);
    }
}

static void test_spool_killed(void **unused)
{
    (void)unused;
    bed b = bed_new(32768);
    uint64_t told = 0;
    for (int round = 0; round < 8; round++) {
        int ends[2];
        ap_spool_close(&b.spool);
        assert_int_equal(pipe(ends), 0);
        /* It waits for who reads, some 500 commits ahead: without end it would fill the spool. */
        assert_in_range(fcntl(ends[1], F_SETPIPE_SZ, 4096), 1, 4096);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            start(&b);
            write_until_killed(&b, ends[1]);
        }
        assert_int_equal(close(ends[1]), 0);
        for (int i = 0; i < 3 + round; i++)
            assert_int_equal(read(ends[0], &told, sizeof told), sizeof told);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(ends[0], &told, sizeof told) == sizeof told)
            ;
        assert_int_equal(close(ends[0]), 0);
        start(&b);
        assert_true(mark_of(&b) == told || mark_of(&b) == told + 7);
        uint64_t seen = 0, count = 0;
        for (uint64_t number; (number = next(&b)) > 0; seen = number, count++)
            assert_true(number > seen);
        assert_int_equal(seen, mark_of(&b));
        assert_int_equal(ap_spool_stats_of(&b.spool).missing_count, 0);
        ap_spool_release(&b.spool, seen);
    }
    bed_free(&b);
}

/* --- two threads --- */

#define MANY 40000u

static void *write_many(void *context)
{
    bed *b = context;
    uint8_t octets[AP_SPOOL_RECORD_MAX];
    for (uint64_t i = 1; i <= MANY;) {
        size_t size = record_of(i, octets);
        ap_err err = ap_spool_put(&b->spool, octets, size, b->message);
        if (err == AP_OK)
            i++;
        if (err == AP_ERR_FULL || i % 500 == 0 || i > MANY)
            commit(b, 1);
        if (err == AP_ERR_FULL)
            (void)usleep(100); /* until the reader has released some */
    }
    return NULL;
}

static void test_spool_two_threads(void **unused)
{
    (void)unused;
    bed b = bed_new(100000);
    bed reader = b;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_many, &b), 0);
    for (uint64_t number, last = 0; last < MANY;) {
        if ((number = next(&reader)) == 0)
            continue;
        assert_int_equal(number, last + 1);
        last = number;
        if (number % 300 == 0)
            ap_spool_release(&reader.spool, number);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(ap_spool_stats_of(&b.spool).missing_count, 0);
    bed_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spool_in_order),
        cmocka_unit_test(test_spool_reads_what_was_committed),
        cmocka_unit_test(test_spool_seek),
        cmocka_unit_test(test_spool_full),
        cmocka_unit_test(test_spool_belongs_to_one),
        cmocka_unit_test(test_spool_torn_anywhere),
        cmocka_unit_test(test_spool_flipped_octets),
        cmocka_unit_test(test_spool_newest_is_damaged),
        cmocka_unit_test(test_spool_somebody_removes),
        cmocka_unit_test(test_spool_disk_refuses),
        cmocka_unit_test(test_spool_killed),
        cmocka_unit_test(test_spool_two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The bench of the API with an archive behind it. */
#ifndef AP_APP_TEST_API_ARCHIVE_H
#define AP_APP_TEST_API_ARCHIVE_H

#include "app/test_api_bench.h"
#include "app/test_archive.h"

/* A quarter of a minute of two tracks and an alert. */
static inline void fill_archive(api_bench *b, test_archive *archive)
{
    archive_open(archive, 5);
    for (int s = 0; s < 15; s++)
        for (uint32_t id = 1; id < 3; id++) {
            if (s == 0)
                archive_track(archive, id, s);
            archive_point(archive, id, s, s);
        }
    archive_reason(archive, 1, 3, "coasted");
    archive_alert(archive, 1, 5, 0);
    archive_commit(archive);
    assert_int_equal(ap_archive_index_init(&b->archive, archive->folder), AP_OK);
    b->api.has_archive = true;
}

static inline void end_archive(api_bench *b, test_archive *archive)
{
    archive_close(archive);
    archive_remove(archive);
    ap_archive_index_close(&b->archive);
    b->api.has_archive = false;
}

#endif

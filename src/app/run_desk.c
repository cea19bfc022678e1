#include "app/run_desk.h"

#include <stdlib.h>

#include "app/archive_answer.h"
#include "io/clock.h"
#include "io/worker.h"

#define QUEUE_CAP 16
#define ANSWER_NS (20 * AP_NS_PER_S) /* for one question */
#define GZIP_SIZE_MIN 1024u
#define GZIP_SIZE_MAX ((size_t)8 << 20)

struct ap_run_desk_state {
    ap_http *http;
    ap_worker worker;
    ap_archive_index index; /* the worker's */
};

typedef struct job {
    struct ap_run_desk_state *desk;
    uint64_t ticket;
    ap_archive_question question;
    bool accepts_gzip;
    ap_http_reply reply;
} job;

static void run(void *context, const atomic_bool *is_ending)
{
    job *asked = context;
    const ap_archive_limits limits = { .is_ending = is_ending,
                                       .deadline_ns = ap_clock_monotonic_ns() + ANSWER_NS };
    ap_archive_reply made;
    ap_archive_answer(&asked->desk->index, &asked->question, &limits, &made);
    asked->reply.status = made.status;
    asked->reply.content_type = made.content_type;
    asked->reply.body = ap_shared_bytes_copy(made.body.data, made.body.size);
    if (asked->reply.body && asked->accepts_gzip && made.body.size >= GZIP_SIZE_MIN &&
        made.body.size <= GZIP_SIZE_MAX)
        (void)ap_shared_bytes_gzip(asked->reply.body, 1); /* without a twin it goes as it is */
    free(made.body.data);
}

static void done(void *context)
{
    job *asked = context;
    if (!asked->reply.body)
        ap_http_reply_error(&asked->reply, 503, "memory is exhausted; ask again later");
    ap_http_reply_later(asked->desk->http, asked->ticket, &asked->reply);
    free(asked);
}

ap_err ap_run_desk_open(ap_run_desk *desk, ap_loop *loop, ap_http *http, const char *folder)
{
    desk->state = NULL;
    if (folder[0] == '\0')
        return AP_OK;
    struct ap_run_desk_state *state = calloc(1, sizeof *state);
    if (!state)
        return AP_ERR_MEMORY;
    state->http = http;
    ap_err err = ap_archive_index_init(&state->index, folder);
    if (!err)
        err = ap_worker_open(&state->worker, loop, "archive-read", QUEUE_CAP);
    if (err)
        free(state);
    else
        desk->state = state;
    return err;
}

bool ap_run_desk_ask(ap_run_desk *desk, uint64_t ticket, const ap_archive_question *question,
                     bool accepts_gzip)
{
    job *asked = calloc(1, sizeof *asked);
    if (!asked)
        return false;
    *asked = (job){
        .desk = desk->state, .ticket = ticket, .question = *question, .accepts_gzip = accepts_gzip
    };
    const ap_worker_job given = { .run = run, .done = done, .context = asked };
    if (ap_worker_give(&desk->state->worker, &given))
        return true;
    free(asked);
    return false;
}

void ap_run_desk_close(ap_run_desk *desk)
{
    struct ap_run_desk_state *state = desk->state;
    if (!state)
        return;
    ap_worker_close(&state->worker);
    ap_archive_index_close(&state->index);
    free(state);
    desk->state = NULL;
}

/* `airpicture why`: what happened to a track of an archive, or of a running service. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/why_service.h"
#include "app/why_tell.h"
#include "io/archive_read.h"

enum { OPTION_JSON, OPTION_TOKEN };

const ap_option ap_why_options[] = {
    [OPTION_JSON] = { 'j', "json", NULL, "An object a line, one for each reason." },
    [OPTION_TOKEN] = { 't', "token", "TOKEN",
                       "The token that the service wants. Default: the environment's "
                       "AIRPICTURE_TOKEN, which no list of processes shows." },
    { .name = NULL },
};

typedef struct why_options {
    ap_why_story story;
    const char *token;
} why_options;

static ap_err tell_archive(ap_why_story *story, ap_archive_reader *reader,
                           const ap_archive_ask *ask, char message[AP_IO_MESSAGE_SIZE])
{
    ap_err err;
    uint32_t told = 0;
    while (!(err = ap_archive_reader_track(reader, &story->track, message))) {
        told++;
        ap_why_head(story);
        if ((err = ap_archive_reader_reasons(reader, ap_why_reason, story, message)))
            return err;
    }
    if (err == AP_ERR_END && told > 0)
        return AP_OK;
    if (err == AP_ERR_END)
        snprintf(message, AP_IO_MESSAGE_SIZE,
                 "'%.200s' tells no reasons of track '%.40s'; archives of older releases have none",
                 ask->path, ask->words[0]);
    return err;
}

static ap_err why_archive(ap_why_story *story, const char *path, const char *word,
                          char message[AP_IO_MESSAGE_SIZE])
{
    const ap_archive_ask ask = { .path = path,
                                 .from = INT64_MIN,
                                 .until = INT64_MAX,
                                 .words = &word,
                                 .word_count = 1,
                                 .with_reasons = true,
                                 .by_reasons = true };
    ap_archive_reader reader;
    ap_err err = ap_archive_reader_open(&reader, &ask, message);
    if (!err)
        err = tell_archive(story, &reader, &ask, message);
    ap_archive_reader_close(&reader);
    return err;
}

static ap_err why_service(ap_why_story *story, const char *url, const char *token, const char *word,
                          char message[AP_IO_MESSAGE_SIZE])
{
    ap_why_answer answer;
    ap_err err = ap_why_ask(url, token, word, &answer, message);
    if (err)
        return err;
    story->track = answer.track;
    ap_why_head(story);
    for (size_t i = 0; i < answer.reason_count && !err; i++)
        err = ap_why_reason(story, &answer.reason[i]);
    if (err)
        snprintf(message, AP_IO_MESSAGE_SIZE, "%s", ap_err_text(err));
    return err;
}

static int take_option(void *context, size_t option, const char *value)
{
    why_options *options = context;
    if (option == OPTION_JSON)
        options->story.json = true;
    else
        options->token = value;
    return AP_EXIT_OK;
}

int ap_why_run(const ap_command *command, int argc, char **argv)
{
    bool done;
    int operand;
    why_options options = { .token = getenv("AIRPICTURE_TOKEN") };
    char message[AP_IO_MESSAGE_SIZE];
    int status = ap_command_parse(command, argc, argv, take_option, &options, &operand, &done);
    if (status || done)
        return status;
    if (argc - operand != 2)
        return ap_command_fail(command, AP_EXIT_USAGE,
                               "expected an archive or a service, and a track, such as "
                               "picture.gpkg 3c6dd2 or http://127.0.0.1:8080 3c6dd2");
    const char *where = argv[operand], *word = argv[operand + 1];
    ap_err err = strstr(where, "://")
                     ? why_service(&options.story, where, options.token, word, message)
                     : why_archive(&options.story, where, word, message);
    if (err == AP_ERR_ARGUMENT)
        return ap_command_fail(command, AP_EXIT_USAGE, "%s", message);
    return err ? ap_command_fail(command, ap_exit_of(err), "%s", message) : AP_EXIT_OK;
}

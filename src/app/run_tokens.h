/* The file of tokens of the service: a line each, as io/token.h has it. */
#ifndef AP_APP_RUN_TOKENS_H
#define AP_APP_RUN_TOKENS_H

#include "app/command.h"
#include "io/token.h"

/* Reads a file of at most 64 KiB. Returns an exit status after a line on standard error,
 * "FILE:LINE: what; expected ...". */
int ap_run_tokens_read(const ap_command *command, const char *path, ap_tokens *tokens);

#endif

/* Descriptors on an ap_loop: for the parts of io/ that have sockets and devices of their own. */
#ifndef AP_IO_LOOP_FD_H
#define AP_IO_LOOP_FD_H

#include <stdbool.h>

#include "io/loop.h"

typedef struct ap_loop_fd ap_loop_fd;

/* An error or a hang-up on the descriptor is both readable and writable: the next read or write
 * tells what it is, and has to be made, or the call comes again at once. */
typedef void (*ap_loop_fd_fn)(void *context, bool readable, bool writable);

/* Takes over the descriptor, makes it non-blocking, and asks for nothing yet. NULL, with errno and
 * the descriptor left to the caller, when there is no memory or it cannot be waited for (a plain
 * file). */
ap_loop_fd *ap_loop_fd_open(ap_loop *loop, int fd, ap_loop_fd_fn fn, void *context);

int ap_loop_fd_number(const ap_loop_fd *of);

/* What fn is called for from now on. */
void ap_loop_fd_want(ap_loop_fd *of, bool readable, bool writable);

/* Closes the descriptor too; fn is not called any more. Allowed in fn. Sets *of to NULL; a NULL in
 * it is ignored. */
void ap_loop_fd_close(ap_loop_fd **of);

/* As close, but leaves the descriptor open, for one that is not ours. */
void ap_loop_fd_leave(ap_loop_fd **of);

#endif

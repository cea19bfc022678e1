/* SIGINT and SIGTERM: the first ends the inputs, so that what was made of them is kept; another,
 * half a second later or more, ends the program. */
#ifndef AP_IO_INTERRUPT_H
#define AP_IO_INTERRUPT_H

#include <stdbool.h>

/* From now on the first of the two signals makes ap_interrupted true and every read of an input its
 * end; another, half a second later or more, kills as it always did. Also keeps SIGPIPE and SIGXFSZ
 * from ending the program (they are errors of a write), and opens /dev/null on standard descriptors
 * that are closed, so that no file of ours gets their numbers. */
void ap_interrupt_install(void);

bool ap_interrupted(void);

/* Ends the program as a reader's closed pipe ends every filter: by SIGPIPE. */
void ap_interrupt_pipe_closed(void);

#endif

#include "io/interrupt.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#define SAME_NS INT64_C(500000000) /* timeout(1) sends its signal to the process and to its group */

static volatile sig_atomic_t interrupted;
static struct timespec first; /* written once, before `interrupted` */

static void interrupt(int number)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if (!interrupted) {
        first = now;
        interrupted = 1;
        return;
    }
    if ((now.tv_sec - first.tv_sec) * INT64_C(1000000000) + (now.tv_nsec - first.tv_nsec) < SAME_NS)
        return;
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void open_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            _exit(70); /* the lowest free number is what open gives */
}

void ap_interrupt_install(void)
{
    open_standard_descriptors();
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    /* Without SA_RESTART: a read that waits has to end. */
    struct sigaction action = { .sa_handler = interrupt };
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool ap_interrupted(void)
{
    return interrupted != 0;
}

void ap_interrupt_pipe_closed(void)
{
    (void)signal(SIGPIPE, SIG_DFL);
    (void)raise(SIGPIPE);
}

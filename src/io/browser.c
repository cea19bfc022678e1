#include "io/browser.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

static bool has_desktop(void)
{
    const char *x11 = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
    return (x11 && *x11) || (wayland && *wayland);
}

bool ap_browser_open(const char *url)
{
    char tool[] = "xdg-open", page[256];
    size_t size = 0;
    while (url[size] && size + 1 < sizeof page) {
        page[size] = url[size];
        size++;
    }
    page[size] = '\0';
    if (url[size] || !has_desktop())
        return false;
    char *const words[] = { tool, page, NULL };
    posix_spawn_file_actions_t quiet;
    pid_t child;
    if (posix_spawn_file_actions_init(&quiet))
        return false;
    bool is_begun =
        !posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) &&
        !posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0) &&
        !posix_spawnp(&child, tool, &quiet, NULL, words, environ);
    (void)posix_spawn_file_actions_destroy(&quiet);
    return is_begun;
}

/* The person's browser. Hop 9 for a page. */
#ifndef AP_IO_BROWSER_H
#define AP_IO_BROWSER_H

#include <stdbool.h>

/* Asks the desktop to show the page, without a shell and without waiting for it. False, and nothing
 * happens, where there is no desktop (neither DISPLAY nor WAYLAND_DISPLAY is set) or no xdg-open.
 */
bool ap_browser_open(const char *url);

#endif

/* Tiles of somebody else's map below the picture: "https://tiles.example/{z}/{x}/{y}.png". */
#ifndef AP_APP_RUN_TILES_H
#define AP_APP_RUN_TILES_H

#include <stdbool.h>
#include <stddef.h>

#define AP_TILES_ORIGIN_SIZE 280

/* The origin of a template, "https://tiles.example": scheme, host, port. False unless it is http or
 * https, a host of letters, digits, '.', '-' and perhaps ':' and a port, and a path with {z}, {x}
 * and {y}: so it can stand in a Content-Security-Policy and means nothing else there. */
bool ap_run_tiles_origin(const char *url, char origin[AP_TILES_ORIGIN_SIZE]);

#endif

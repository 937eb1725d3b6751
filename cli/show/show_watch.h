// SPDX-License-Identifier: GPL-2.0-or-later
/* Drawing again and again. */
#ifndef VIRT_NETBOOT_SHOW_WATCH_H
#define VIRT_NETBOOT_SHOW_WATCH_H

#include <stdbool.h>
#include <stdlib.h>

/* A picture as text, and when it has to be drawn again if nothing happens before. */
struct show_picture {
	char *text;
	long long again; /* clock_now(); 0: not before something happens */
};

static inline void show_picture_clear(struct show_picture *picture)
{
	free(picture->text);
}

/* Draws. @columns: of the terminal, 0 if there is none. Return: false after a message if it cannot.
 */
typedef bool show_draw(void *argument, unsigned int columns, struct show_picture *picture);

/**
 * show_watch() - draw whenever a device, filter or limit changes, until stdout is closed
 *
 * On a terminal each picture takes the place of the one before; else it comes after that and an
 * empty line, if it is another one. SIGINT, SIGTERM and SIGHUP end the process with status 0 and
 * leave the terminal as it was.
 *
 * Return: the exit status.
 */
int show_watch(show_draw *draw, void *argument);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
/* A file that gets new content, while others may be at work on it, or against us. */
#ifndef VIRT_NETBOOT_IN_PLACE_H
#define VIRT_NETBOOT_IN_PLACE_H

#include "text.h"

#include <sys/stat.h>

struct in_place {
	const char *path;   /* for messages */
	const char *name;   /* in the folder */
	int folder;         /* descriptors */
	int file;           /* open for reading */
	struct stat status; /* of the file, before it was read */
};

/**
 * in_place_open() - open a file that is to be changed
 * @path:	the file, which must stay as it is until in_place_clear()
 *
 * Only a regular file with one name is opened; see place.h for links on the way to it.
 *
 * Return: 0, or a negative errno after a message. The caller has in_place_clear() close what is
 * open, in any case.
 */
int in_place_open(const char *path, struct in_place *file);
void in_place_clear(struct in_place *file);

/**
 * in_place_replace() - give a file new content, in one step
 * @before:	what was read from it
 * @after:	what is to be in it
 *
 * All else of it stays; see attributes.h. If it is no longer the file that was opened, or has been
 * changed since, that stays as it is. Signals wait until it is done, so that nothing is left beside
 * the file.
 *
 * Return: 0, or a negative errno after a message; -ESTALE if another has changed it.
 */
int in_place_replace(const struct in_place *file, struct text before, struct text after);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose hooks a verb switches: this host's, or those of a tree of files. */
#ifndef VIRT_NETBOOT_ROOT_H
#define VIRT_NETBOOT_ROOT_H

#include <stdbool.h>

/* The options that only enable has. */
struct enable_options {
	bool drop_in; /* --drop-in */
	bool at_boot; /* --at-boot */
};

/**
 * root_parse() - understand the options of enable, disable and status
 * @verb:	its name, for messages
 * @usage:	what --help prints
 * @root:	gets the tree of files, "" for this host's own, or NULL after the help; the caller
 *		frees
 * @enable:	gets what there is of enable's own options; NULL for the other verbs
 *
 * Return: EXIT_DONE, or another exit status after a message.
 */
int root_parse(int argc, char **argv, const char *verb, const char *usage, char **root,
	struct enable_options *enable);

/* True if a file is in the tree, or would be, after all links that lead to it. */
bool root_holds(const char *root, const char *file);

#endif

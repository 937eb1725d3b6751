// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose hooks a verb switches: this host's, or those of a tree of files. */
#ifndef VIRT_NETBOOT_ROOT_H
#define VIRT_NETBOOT_ROOT_H

/**
 * root_parse() - understand the options of enable, disable and status
 * @verb:	its name, for messages
 * @usage:	what --help prints
 * @root:	gets the tree of files, "" for this host's own, or NULL after the help; the caller
 *		frees
 *
 * Return: EXIT_DONE, or another exit status after a message.
 */
int root_parse(int argc, char **argv, const char *verb, const char *usage, char **root);

#endif

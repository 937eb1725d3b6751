// SPDX-License-Identifier: GPL-2.0-or-later
/* A new file in the directory of another one, whose name it gets later. */
#ifndef VIRT_NETBOOT_BESIDE_H
#define VIRT_NETBOOT_BESIDE_H

#include <sys/stat.h>

/**
 * beside_open() - make a new file beside another one
 * @directory:	descriptor of the directory
 * @name:	of the other file in it
 * @new_name:	gets the new file's, NAME.virt-netboot-XXXXXXXX; the caller frees
 *
 * Return: a descriptor of the new file, open for writing, or a negative errno.
 */
int beside_open(int directory, const char *name, char **new_name);

/* What happened to names in the directory is on disk; where that cannot be asked for it comes there
 * later. */
void beside_sync(int directory);

/* What a file is that is no regular one: "a directory". */
const char *file_kind(mode_t mode);

#endif

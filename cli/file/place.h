// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a file is, found in a way that nobody else can bend. */
#ifndef VIRT_NETBOOT_PLACE_H
#define VIRT_NETBOOT_PLACE_H

/**
 * place_open() - open the folder that a file is in
 * @path:	the file
 * @name:	gets the file's name in that folder, a part of @path; "" if @path ends with a slash
 *
 * The path is followed from folder to folder by descriptor. Symbolic links to folders are followed
 * only as long as nobody but root and our user could have made or changed any part of the way: not
 * behind a folder that belongs to somebody else, or that others may write to.
 *
 * Return: a descriptor of the folder for the *at() calls (O_PATH), or a negative errno; -ELOOP
 * after a message that names the link.
 */
int place_open(const char *path, const char **name);

#endif

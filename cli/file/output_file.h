// SPDX-License-Identifier: GPL-2.0-or-later
/* A file that a program reads at any moment, and that is written again and again. */
#ifndef VIRT_NETBOOT_OUTPUT_FILE_H
#define VIRT_NETBOOT_OUTPUT_FILE_H

#include <stdio.h>

/* Writes what is to be in the file. Return: 0 or a negative errno; errors of @file are noticed. */
typedef int output_writer(FILE *file, const void *argument);

/**
 * output_file_write() - give a file its content, whole or not at all
 * @path:	the file; it need not be there yet
 * @write:	called once, before anything is done in the file's directory
 * @argument:	for @write
 *
 * A new file can be read by everybody, whatever the umask: its reader is often a user of its own. A
 * file that is there keeps its owner, mode and attributes; see attributes.h. Only a regular file is
 * replaced; a symbolic link is neither followed nor replaced, so that /dev/stdout stays. See
 * place.h for links on the way to it.
 *
 * Signals wait until it is done, so that nothing is left beside the file.
 *
 * Return: 0, or a negative errno after a message; the file is then as it was, or still absent.
 */
int output_file_write(const char *path, output_writer *write, const void *argument);

#endif

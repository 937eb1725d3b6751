// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose it is what stands in a program's place: judged by what is in the file, not by its name. */
#ifndef VIRT_NETBOOT_HOOK_CONTENT_H
#define VIRT_NETBOOT_HOOK_CONTENT_H

#include <stdbool.h>

enum content {
	CONTENT_ABSENT,
	CONTENT_EMPTY, /* as `wget -O` leaves it that finds nothing */
	CONTENT_OURS,  /* our program for the hook, of any version */
	CONTENT_OTHER, /* another program's, or a person's */
};

/* What the file is that libvirt would run as this hook. Return: an enum content, or a negative
 * errno if it cannot be read. */
int content_of(const char *file, const char *hook);

/* True if both are programs with a build-id [ld(1), --build-id], and these differ. */
bool content_is_of_other_build(const char *one, const char *other);

/* True if both are programs, and something was added to the end of @one only, as `tee -a` does. */
bool content_has_more(const char *one, const char *other);

/* True if both are regular files, not one and the same, and the bytes of @part are the first of
 * @whole, or all. */
bool content_is_part(const char *part, const char *whole);

/* True if each is part of the other. */
bool content_is_same(const char *one, const char *other);

/* What a symbolic link says; NULL, and errno, if it cannot be read, EINVAL if it is none. The
 * caller frees. */
char *link_read(const char *file);

#endif

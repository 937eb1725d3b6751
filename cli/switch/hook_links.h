// SPDX-License-Identifier: GPL-2.0-or-later
/* The symbolic links by which libvirt finds our hooks. */
#ifndef VIRT_NETBOOT_HOOK_LINKS_H
#define VIRT_NETBOOT_HOOK_LINKS_H

#include <stdbool.h>
#include <time.h>

/* How one hook is linked. */
struct hook_link {
	char *path;           /* our link, without @root, or NULL */
	bool beside;          /* somebody else's hook has the first name */
	bool blocked;         /* SELinux keeps libvirt from running it */
	bool works;           /* the link leads to a file that libvirt can run */
	struct timespec made; /* our link, CLOCK_REALTIME */
};

/* Look at one hook. The caller has hook_link_clear() free what @link gets. */
void hook_link_examine(const char *root, const char *hook, struct hook_link *link);
void hook_link_clear(struct hook_link *link);

/**
 * hook_link_add() - have libvirt find a hook
 * @root:	the tree of files
 * @hook:	one of hook_names
 *
 * Nothing of anybody else's is touched. What has to be known is printed. Return: 0, also if the
 * link was there; -EEXIST if there is no place for it; -EACCES if libvirt could not run it; or
 * another negative errno. After a message.
 */
int hook_link_add(const char *root, const char *hook);

/* True if a hook is linked twice, so that libvirt runs it twice: the second link can go. */
bool hook_link_is_double(const char *root, const char *hook);

/* Take the second link away. Return: 0, or a negative errno after a message. */
int hook_link_remove_second(const char *root, const char *hook);

/* When the newest of our links was made, CLOCK_REALTIME; all zero without any. */
struct timespec hook_links_made(const char *root);

/* Take our links to a hook away, and no others. Return: how many there were, or a negative errno
 * after a message. */
int hook_link_remove(const char *root, const char *hook);

#endif

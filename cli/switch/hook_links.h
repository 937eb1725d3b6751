// SPDX-License-Identifier: GPL-2.0-or-later
/* The symbolic links by which libvirt finds our hooks. */
#ifndef VIRT_NETBOOT_HOOK_LINKS_H
#define VIRT_NETBOOT_HOOK_LINKS_H

#include <stdbool.h>
#include <time.h>

/* How one hook is linked. */
struct hook_link {
	char *path;           /* our link, without @root, or NULL */
	bool is_first;        /* it has the first name */
	bool beside;          /* somebody else's hook has the first name */
	bool blocked;         /* SELinux keeps libvirt from running it */
	bool works;           /* the link leads to a file that libvirt can run */
	char *trouble;        /* what else is wrong with it, or with our program; or NULL */
	struct timespec made; /* our link, CLOCK_REALTIME */
};

/* Look at one hook. The caller has hook_link_clear() free what @link gets. */
void hook_link_examine(const char *root, const char *hook, struct hook_link *link);
void hook_link_clear(struct hook_link *link);

/**
 * hook_link_add() - have libvirt find a hook
 * @root:	the tree of files
 * @hook:	one of hook_names
 * @drop_in:	use NAME.d, also where the first name is free, or is ours; without it, a link of
 *ours that libvirt follows stays where it is
 *
 * Nothing of anybody else's is touched, but what somebody has written over our program is moved to
 * a place of its own, and the program put back. What has to be known is printed. Return: 0, also if
 * the link was there; -EEXIST if there is no place for it; -EACCES if libvirt could not run it; or
 * another negative errno. After a message.
 */
int hook_link_add(const char *root, const char *hook, bool drop_in);

/* True if a hook is linked twice, so that libvirt runs it twice: one of the links can go. */
bool hook_link_is_double(const char *root, const char *hook);

/* Take the link away that is not wanted, if the wanted one is still there; else as hook_link_add().
 * Return: as that. */
int hook_link_remove_second(const char *root, const char *hook, bool drop_in);

/* Remove what was left by a run of these that was killed, and holds nothing of anybody's. */
void hook_link_tidy(const char *root, const char *hook);

/* When the newest of our links was made, CLOCK_REALTIME; all zero without any. */
struct timespec hook_links_made(const char *root);

/* Take our links to a hook away, and no others, after what somebody has written over our program
 * was moved; if that fails, the links stay. Return: how many there were, or a negative errno after
 * a message. */
int hook_link_remove(const char *root, const char *hook);

#endif

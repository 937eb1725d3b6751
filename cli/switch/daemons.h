// SPDX-License-Identifier: GPL-2.0-or-later
/* libvirt's daemons that run hooks, and their reload. */
#ifndef VIRT_NETBOOT_DAEMONS_H
#define VIRT_NETBOOT_DAEMONS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

struct daemon {
	pid_t pid;
	pid_t parent;
	char name[16];
	unsigned long long start; /* clock ticks since boot */
	bool takes_reload;        /* it has a handler for SIGHUP */
};

/**
 * daemons_find() - find those that look into one folder for hooks
 * @folder:	its path here
 * @count:	gets the number of daemons
 *
 * A daemon in a container, or of another user's session, has another folder or another user.
 * Return: an array that the caller frees.
 */
struct daemon *daemons_find(const char *folder, size_t *count);

/* True if the daemon was started after @since (CLOCK_REALTIME), or reloaded by daemons_reload(). */
bool daemon_has_looked(const char *root, const struct daemon *daemon, struct timespec since);

/* For a time after which no daemon has looked. */
#define DAEMONS_ALL ((struct timespec){.tv_sec = LONG_MAX})

/* They have looked for hooks, which is the first thing in a reload, but one has not ended it. */
#define DAEMONS_GO_ON 1

/* Wait until all can be reloaded, or for as long as that may take. */
void daemons_wait(const char *root);

/**
 * daemons_reload() - have those that have not looked since @since look for hooks again
 * @root:	the tree of files, "" for this host's own
 *
 * Returns when they have done so. Return: 0; DAEMONS_GO_ON after a message; or -ETIMEDOUT after a
 * message for each that has not.
 */
int daemons_reload(const char *root, struct timespec since);

/* Note that daemons that run may know of links that are about to go. */
void daemons_note(const char *root);

/* True if that, or a reload, is noted. */
bool daemons_are_noted(const char *root);

/* Forget it. */
void daemons_forget(const char *root);

#endif

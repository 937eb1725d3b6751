// SPDX-License-Identifier: GPL-2.0-or-later
/* What /proc says about processes [proc(5)]. */
#ifndef VIRT_NETBOOT_PROCESS_H
#define VIRT_NETBOOT_PROCESS_H

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

static inline void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* The next process of /proc, or thread of /proc/PID/task, or 0 at the end. */
pid_t process_next(DIR *folder);

/* The file /proc/PID/@name, or NULL. */
FILE *process_file(pid_t pid, const char *name);

/* Who started a process, and when, in clock ticks since boot. False if it has gone. */
bool process_stat(pid_t pid, pid_t *parent, unsigned long long *start);

/**
 * process_program() - the name of the file that a process runs, without its folder
 * @is_gone:	set to whether that file was replaced or removed since, or NULL
 *
 * Return: NULL if that cannot be read. The caller frees.
 */
char *process_program(pid_t pid, bool *is_gone);

/* True if the link /proc/PID/@name ("exe", "root") leads to the file or folder at @path, by device
 * and inode. */
bool process_is_same_file(pid_t pid, const char *name, const char *path);

/* True if it has this user's rights: it owns /proc/PID, though not all that is in there [linux
 * fs/proc/base.c, task_dump_owner()]. */
bool process_is_of_user(pid_t pid, uid_t user);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a person has written over our program is saved, and the program put back. A file that is
 * saved keeps its content, owner, mode, times and label, and is there as a whole or not at all.
 *
 * Each function that replaces gives 0; -EAGAIN if what was to be replaced is not, or no longer,
 * what it should be, and was left as it is, so that the caller has to look again; or another
 * negative errno.
 */
#ifndef VIRT_NETBOOT_HOOK_SAVE_H
#define VIRT_NETBOOT_HOOK_SAVE_H

/* Put a symbolic link to @to in the place of the symbolic link @link, which says @target. Nothing
 * unfinished is in any folder but @folder. */
int save_replace_link(const char *folder, const char *to, const char *link, const char *target);

/* Remove @link if it is a link to our program for @hook; all else stays. It is looked at as a name
 * in @folder. Return: 1 if it was, 0 if not, or a negative errno. */
int save_remove_link(const char *folder, const char *link, const char *hook);

/* Put a copy of @file in the place of the symbolic link @link, which says @target. -ETXTBSY: the
 * file is still being written. */
int save_over_link(const char *file, const char *link, const char *target);

/* Give a copy of @file the name @name, or if that is taken @name.1, and so on: *@saved, which the
 * caller frees. If one of these files is such a copy already, that is it. It is made in @folder,
 * which is on the same file system. */
int save_as(const char *file, const char *folder, const char *name, char **saved);

/* Replace @file, which is to be as @saved, or empty if that is NULL, and open for writing nowhere,
 * by a copy of @spare, which gets its label. */
int save_put_back(const char *file, const char *spare, const char *saved);

/* Remove from @folder what is left there of functions of these that were killed, if nothing would
 * be lost: our links and programs for @hook, and copies, also unfinished, of one of @others, which
 * ends with NULL. */
void save_tidy(const char *folder, const char *hook, const char *const *others);

#endif

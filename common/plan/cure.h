// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands of a cure, which a person pastes into a shell as root, often out of the log. Names
 * in them may be chosen by people who are not root.
 */
#ifndef VIRT_NETBOOT_CURE_H
#define VIRT_NETBOOT_CURE_H

/*
 * Commands for sh(1). Of printf's formats @format has %s and %u only; each %s is a word of its own,
 * which is quoted where the shell would not take it as it is. A tool may still take a word that
 * begins with "-" for an option, or one like "up" for a keyword of its own: put the name where it
 * does not, after "dev" for instance.
 *
 * Return: the commands, which have no double quote and no backslash, so that the log shows them as
 * they are; the caller frees. NULL if a word cannot be pasted.
 */
char *cure_command(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

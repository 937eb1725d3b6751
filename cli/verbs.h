// SPDX-License-Identifier: GPL-2.0-or-later
/* The verbs of the command: virt-netboot VERB [OPTION]... */
#ifndef VIRT_NETBOOT_VERBS_H
#define VIRT_NETBOOT_VERBS_H

/* Exit statuses. */
#define EXIT_DONE 0
#define EXIT_FAILED 1
#define EXIT_USAGE 2

/*
 * Each takes the arguments from its own name on, and gives the exit status. Messages have been
 * printed.
 */
int verb_rewrite(int argc, char **argv);
int verb_enable(int argc, char **argv);
int verb_disable(int argc, char **argv);
int verb_status(int argc, char **argv);

#endif

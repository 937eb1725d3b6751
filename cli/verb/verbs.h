// SPDX-License-Identifier: GPL-2.0-or-later
/* The verbs of the command: virt-netboot VERB [OPTION]... */
#ifndef VIRT_NETBOOT_VERBS_H
#define VIRT_NETBOOT_VERBS_H

/*
 * Each takes the arguments from its own name on, and gives the exit status (exit_status.h).
 * Messages have been printed.
 */
int verb_rewrite(int argc, char **argv);
int verb_enable(int argc, char **argv);
int verb_disable(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_check(int argc, char **argv);
int verb_probe(int argc, char **argv);
int verb_repair(int argc, char **argv);
int verb_show(int argc, char **argv);
int verb_explain(int argc, char **argv);

#endif

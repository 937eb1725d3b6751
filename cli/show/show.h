// SPDX-License-Identifier: GPL-2.0-or-later
/* virt-netboot show: bridges, what is on them, and how it is served, as a tree. */
#ifndef VIRT_NETBOOT_SHOW_H
#define VIRT_NETBOOT_SHOW_H

/* The verb, with its arguments. Return: its exit status; messages have been printed. */
int show_main(int argc, char **argv);

#endif

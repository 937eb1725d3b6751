// SPDX-License-Identifier: GPL-2.0-or-later
/* What `virt-netboot rewrite` is asked to do. */
#ifndef VIRT_NETBOOT_REQUEST_H
#define VIRT_NETBOOT_REQUEST_H

#include <stdbool.h>

struct request {
	bool help;
	bool driver_qemu;
	bool guest_csum_off;
	char *interfaces;  /* a list with a space before each */
	const char *stp;   /* "on", "off" or NULL */
	const char *delay; /* seconds, or NULL */
	bool automatic;
	bool in_place;
	bool diff;
	const char *path; /* NULL for standard input */
};

/**
 * request_parse() - read the verb's arguments
 * @request:	filled in; its strings are those of @argv, but for the list of interfaces, which the
 *		caller frees
 *
 * Return: an exit status; EXIT_USAGE after a message.
 */
int request_parse(int argc, char **argv, struct request *request);

/* True if an option was given that is about a guest, or about a network. */
bool request_is_for_guests(const struct request *request);
bool request_is_for_networks(const struct request *request);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
/* What `virt-netboot check` was asked for. */
#ifndef VIRT_NETBOOT_CHECK_REQUEST_H
#define VIRT_NETBOOT_CHECK_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

enum check_format { CHECK_TEXT, CHECK_JSON, CHECK_PROMETHEUS };

/* Names of one kind of object; arguments of the program. */
struct check_names {
	const char **names;
	size_t count;
};

struct check_request {
	bool help;
	bool all;
	bool quiet;
	enum check_format format;
	const char *output; /* a file, or NULL */
	const char *uri;    /* of libvirt, or NULL */
	struct check_names bridges;
	struct check_names networks;
	struct check_names guests;
};

/**
 * check_request_parse() - read the verb's arguments
 * @request:	filled in, for check_request_clear()
 *
 * Return: an exit status; EXIT_USAGE after a message. With --help the usage was printed.
 */
int check_request_parse(int argc, char **argv, struct check_request *request);

void check_request_clear(struct check_request *request);

#endif

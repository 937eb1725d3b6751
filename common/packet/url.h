// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a boot file is, as servers of DHCP name it [RFC 3986, RFC 5970]. */
#ifndef VIRT_NETBOOT_URL_H
#define VIRT_NETBOOT_URL_H

#include "family.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts are parts of what was read, and as untrusted as that. */
struct url {
	const char *scheme;
	size_t scheme_length;
	const char *host; /* as it is written, brackets and port, too */
	size_t host_length;
	bool has_user; /* a name, or also a password, is before the host, and not in it */
	bool has_address;
	enum ip_family family; /* has_address */
	uint8_t address[16];   /* has_address; IPv4: the first 4 bytes */
	unsigned int port;     /* 0 if it names none */
	const char *path;      /* "/boot/file", or "" */
};

/* Return: false if it is none of the form SCHEME://HOST[:PORT][/PATH]. */
bool url_read(const char *text, struct url *url);

/* Of what is read: is it this scheme's? */
bool url_is(const struct url *url, const char *scheme);

#endif

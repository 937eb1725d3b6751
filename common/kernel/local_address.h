// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether a rule's condition about the source can be met by what this host sends: a DHCP server
 * here answers from one of the host's addresses. Other UDP may be forwarded for a container whose
 * address is its own.
 */
#ifndef VIRT_NETBOOT_LOCAL_ADDRESS_H
#define VIRT_NETBOOT_LOCAL_ADDRESS_H

#include "udp_match.h"

#include <stddef.h>

/* This host's addresses, read when they are first asked for. All zero but for the family. */
struct local_addresses {
	enum ip_family family;
	bool was_read;
	bool known;
	unsigned char (*list)[16];
	size_t count;
};

/**
 * local_address_match() - which packets meet a condition about their source address
 * @value:	the first @size bytes that the address has
 * @mask:	which bits of them count, or NULL for all
 *
 * Never "always": an address may come at any moment.
 */
struct udp_match local_address_match(
	struct local_addresses *addresses, const void *value, const void *mask, size_t size);

void cleanup_local_addresses(struct local_addresses *addresses);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as the kernel's answers to the question which DHCP servers there are: its UDP and
 * packet sockets, and the routes to their addresses. The first byte is the family.
 */
#include "fuzz.h"

#include "host.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dhcp_server *servers;
	size_t count;

	if (size == 0)
		return 0;
	kernel_answers(data + 1, size - 1);
	host_dhcp_servers(data[0] % IP_FAMILIES, &servers, &count);
	free(servers);
	return 0;
}

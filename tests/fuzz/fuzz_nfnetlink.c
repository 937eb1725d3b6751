// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as the kernel's answers to what is asked of nf_tables: its base chains, the rules of
 * chains that packets may come to, and what Docker has. The first byte says what is asked, the rest
 * is what netlink sends.
 */
#include "fuzz.h"

#include "docker_table.h"
#include "host.h"
#include "nft_table.h"

#include <stdlib.h>

static void ask_coverage(enum ip_family family)
{
	struct checksum_rule rules[] = {{.bridge = "virbr0"}};

	nft_table_read(family, rules, 1);
}

static void ask_zeroing(void)
{
	struct zeroing zeroing;

	host_zeroing_read("virbr0", &zeroing);
}

static void ask_docker(void)
{
	struct docker_table table;
	struct docker_bridges bridges = {0};
	size_t counters_lost = 0;

	docker_nft.read(IPV4, "virbr0", &table);
	docker_nft.change(IPV6, "virbr0", DOCKER_USER_FOR_GUESTS, &counters_lost);
	docker_nft.list(IPV4, &bridges);
	free(bridges.names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	kernel_answers(data + 1, size - 1);
	if (data[0] % 4 == 3)
		ask_docker();
	else if (data[0] % 4 == 2)
		ask_zeroing();
	else
		ask_coverage(data[0] % 4 == 0 ? IPV4 : IPV6);
	return 0;
}

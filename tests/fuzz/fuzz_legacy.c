// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as the rules of a legacy table, which is read, listed or changed. The first byte says
 * for which family and what, the rest are the entries (legacy_blob.h).
 */
#include "fake_file.h"
#include "fuzz.h"
#include "legacy_blob.h"

#include "docker_legacy.h"
#include "legacy_table.h"

#include <stdlib.h>
#include <string.h>

static const char in_use[] = "mangle\nfilter\n";

static void list(const struct legacy_table *table)
{
	struct checksum_rule *rules;
	size_t count;

	table->list(&rules, &count);
	free(rules);
}

static void ask(const struct legacy_table *table, unsigned int what)
{
	struct checksum_rule rule = {.bridge = "virbr0", .for_guests = true};

	switch (what % 4) {
	case 0:
		table->read(&rule, 1);
		break;
	case 1:
		list(table);
		break;
	default:
		rule.scope = what % 4 == 2 ? FILL_DHCP : FILL_NONE;
		table->change(&rule, 1);
		break;
	}
}

static void ask_docker(bool ip6, unsigned int what)
{
	struct docker_bridges bridges = {0};
	struct docker_table table;
	size_t counters_lost = 0;

	switch (what % 3) {
	case 0:
		(ip6 ? legacy6_docker_read : legacy4_docker_read)("virbr0", &table);
		break;
	case 1:
		(ip6 ? legacy6_docker_change : legacy4_docker_change)(
			"virbr0", DOCKER_USER_FOR_GUESTS, &counters_lost);
		break;
	default:
		(ip6 ? legacy6_docker_list : legacy4_docker_list)(&bridges);
		free(bridges.names);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	bool ip6 = data[0] % 2;
	kernel_answers(NULL, 0);
	file_holds(ip6 ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names", in_use,
		strlen(in_use));
	(ip6 ? legacy6_blob_put : legacy4_blob_put)(data + 1, size - 1);
	if (data[0] / 2 % 8 >= 4)
		ask_docker(ip6, data[0] / 16);
	else
		ask(ip6 ? &legacy_table6 : &legacy_table4, data[0] / 2);
	return 0;
}

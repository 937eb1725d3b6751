// SPDX-License-Identifier: GPL-2.0-or-later
#include "host.h"
#include "legacy_filter.h"

int host_filter_tables_read(enum ip_family family, struct firewall_facts *facts)
{
	return family == IPV4 ? legacy4_filter_read(facts) : legacy6_filter_read(facts);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "cleanup.h"
#include "host.h"

#include <unistd.h>

/* [linux net/bridge/br_netfilter_hooks.c, brnf_table] */
#define SETTINGS "/proc/sys/net/bridge/"

bool host_has_br_netfilter(void)
{
	return access(SETTINGS, F_OK) == 0;
}

bool host_bridges_call_iptables(enum ip_family family)
{
	static const char *const paths[IP_FAMILIES] = {
		[IPV4] = SETTINGS "bridge-nf-call-iptables",
		[IPV6] = SETTINGS "bridge-nf-call-ip6tables",
	};
	CLEANUP(cleanup_file) FILE *file = fopen(paths[family], "re");
	char value[4] = "";

	return file && fgets(value, sizeof(value), file) && *value != '0';
}

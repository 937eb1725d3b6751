// SPDX-License-Identifier: GPL-2.0-or-later
#include "firewall_read.h"

#include "cleanup.h"
#include "firewalld.h"
#include "host.h"
#include "ruleset.h"

#include <string.h>

#define UFW_CONFIGURATION "/etc/ufw/ufw.conf"

/* As ufw itself does it: a line of shell. */
static bool ufw_is_enabled(void)
{
	CLEANUP(cleanup_file) FILE *file = fopen(UFW_CONFIGURATION, "re");
	char line[128];
	bool enabled = false;

	while (file && fgets(line, sizeof(line), file)) {
		if (strncasecmp(line, "ENABLED=", 8) == 0)
			enabled = strncasecmp(line + 8 + strspn(line + 8, "\"'"), "yes", 3) == 0;
	}
	return enabled;
}

int firewall_read(struct firewall_facts *facts)
{
	*facts = (struct firewall_facts){0};
	int result = ruleset_read(facts);

	facts->known = result == 0;
	for (enum ip_family family = IPV4; family < IP_FAMILIES; family++)
		facts->nf_call[family] = host_bridges_call_iptables(family);
	firewalld_read(&facts->firewalld, firewall_has_table(facts, "firewalld"));
	facts->ufw = ufw_is_enabled();
	return result;
}

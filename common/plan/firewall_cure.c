// SPDX-License-Identifier: GPL-2.0-or-later
#include "firewall_cure.h"

#include "alloc.h"
#include "cure.h"

#include <string.h>

/* nft(8) reads its arguments as one line of its own language, where a name needs no quotes only if
 * it looks like this. */
static bool is_nft_word(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char others[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-_.";

	return *name != '\0' && strchr(letters, *name) && name[strspn(name, others)] == '\0';
}

/* ip_tables' own chain, or that which iptables-nft keeps under its name. */
static bool is_of_iptables(const struct firewall_chain *chain)
{
	const char *name = chain->hook == FIREWALL_INPUT ? "INPUT" : "FORWARD";

	return (chain->family == FIREWALL_IP || chain->family == FIREWALL_IP6) &&
	       strcmp(chain->table, "filter") == 0 && strcmp(chain->name, name) == 0;
}

/* The program that writes the table, in whichever form it is. */
static const char *iptables_name(const struct firewall_chain *chain)
{
	bool ip6 = chain->family == FIREWALL_IP6;

	if (chain->legacy)
		return ip6 ? "ip6tables-legacy" : "iptables-legacy";
	return ip6 ? "ip6tables" : "iptables";
}

static bool is_of_ufw(const struct firewall_facts *facts, const struct firewall_chain *chain)
{
	const char *name =
		chain->hook == FIREWALL_INPUT ? "ufw-before-input" : "ufw-before-forward";
	const char *name6 =
		chain->hook == FIREWALL_INPUT ? "ufw6-before-input" : "ufw6-before-forward";

	return facts->ufw && firewall_find_chain(facts, chain->family, chain->legacy, chain->table,
				     chain->family == FIREWALL_IP6 ? name6 : name);
}

static char *nft_input_cure(
	const struct firewall_chain *chain, const char *bridge, unsigned int port)
{
	const char *family = firewall_families[chain->family];

	if (!is_nft_word(chain->table) || !is_nft_word(chain->name) || !is_nft_word(bridge))
		return NULL;
	if (chain->family == FIREWALL_NETDEV || chain->hook == FIREWALL_INGRESS)
		return cure_command("nft insert rule %s %s %s udp dport %u accept", family,
			chain->table, chain->name, port);
	if (chain->family == FIREWALL_BRIDGE)
		return cure_command("nft insert rule %s %s %s meta ibrname %s udp dport %u accept",
			family, chain->table, chain->name, bridge, port);
	return cure_command("nft insert rule %s %s %s iifname %s udp dport %u accept", family,
		chain->table, chain->name, bridge, port);
}

char *firewall_input_cure(const struct firewall_facts *facts, const struct firewall_chain *chain,
	const char *bridge, enum ip_family family)
{
	unsigned int port = families[family].dhcp_server;

	if (!is_of_iptables(chain))
		return nft_input_cure(chain, bridge, port);
	if (is_of_ufw(facts, chain))
		return cure_command("ufw allow in on %s to any port %u proto udp", bridge, port);
	return cure_command("%s -I INPUT -i %s -p udp --dport %u -j ACCEPT", iptables_name(chain),
		bridge, port);
}

static char *nft_forward_cure(const struct firewall_chain *chain, const char *bridge)
{
	const char *family = firewall_families[chain->family];

	if (!is_nft_word(chain->table) || !is_nft_word(chain->name) || !is_nft_word(bridge))
		return NULL;
	if (chain->family == FIREWALL_BRIDGE)
		return cure_command("nft insert rule %s %s %s meta ibrname %s accept", family,
			chain->table, chain->name, bridge);
	return cure_command("nft insert rule %s %s %s iifname %s oifname %s accept", family,
		chain->table, chain->name, bridge, bridge);
}

char *firewall_forward_cure(
	const struct firewall_facts *facts, const struct firewall_chain *chain, const char *bridge)
{
	/* After `iptables -F` the chain is there, and nothing leads to it. */
	bool docker = firewall_leads_to(
		firewall_find_chain(facts, chain->family, chain->legacy, chain->table, "FORWARD"),
		"DOCKER-USER");

	if (!is_of_iptables(chain))
		return nft_forward_cure(chain, bridge);
	if (is_of_ufw(facts, chain) && !docker)
		return cure_command("ufw route allow in on %s out on %s", bridge, bridge);
	return cure_command("%s -I %s -i %s -o %s -j ACCEPT", iptables_name(chain),
		docker ? "DOCKER-USER" : "FORWARD", bridge, bridge);
}

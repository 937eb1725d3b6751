// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who made a rule is told by the name of its table or chain. A policy of a chain that several share
 * is the program's whose chains are there and which is known to set it. All others are somebody's
 * whom nobody knows but the administrator: for these the cure is the command that lists the rule.
 */
#include "drop_owner.h"

#include "alloc.h"
#include "cleanup.h"
#include "cure.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum owner {
	OWNER_UNKNOWN,
	OWNER_DOCKER,
	OWNER_FIREWALLD,
	OWNER_UFW,
	OWNER_NWFILTER,
	OWNER_LIBVIRT,
	OWNER_KUBERNETES,
	OWNER_CALICO,
	OWNER_CILIUM,
	OWNER_CNI,
	OWNER_PODMAN,
	OWNER_INCUS,
	OWNER_LXD,
	OWNER_FAIL2BAN,
	OWNERS,
};

static const char *const owner_names[OWNERS] = {
	[OWNER_DOCKER] = "Docker",
	[OWNER_FIREWALLD] = "firewalld",
	[OWNER_UFW] = "ufw",
	[OWNER_NWFILTER] = "libvirt (nwfilter)",
	[OWNER_LIBVIRT] = "libvirt",
	[OWNER_KUBERNETES] = "Kubernetes",
	[OWNER_CALICO] = "Calico",
	[OWNER_CILIUM] = "Cilium",
	[OWNER_CNI] = "a CNI plugin",
	[OWNER_PODMAN] = "Podman (netavark)",
	[OWNER_INCUS] = "Incus",
	[OWNER_LXD] = "LXD",
	[OWNER_FAIL2BAN] = "fail2ban",
};

struct pattern {
	const char *beginning;
	enum owner owner;
};

static const struct pattern tables[] = {
	{"firewalld", OWNER_FIREWALLD},
	{"docker-bridges", OWNER_DOCKER},
	{"libvirt_network", OWNER_LIBVIRT},
	{"kube-proxy", OWNER_KUBERNETES},
	{"calico", OWNER_CALICO},
	{"netavark", OWNER_PODMAN},
	{"incus", OWNER_INCUS},
	{"lxd", OWNER_LXD},
	{"f2b-", OWNER_FAIL2BAN},
};

/* What is in DOCKER-USER Docker leaves to the administrator. */
static const struct pattern chains[] = {
	{"DOCKER-USER", OWNER_UNKNOWN},
	{"DOCKER", OWNER_DOCKER},
	{"ufw-user-", OWNER_UFW},
	{"ufw-", OWNER_UFW},
	{"ufw6-", OWNER_UFW},
	{"libvirt-", OWNER_NWFILTER},
	{"LIBVIRT_", OWNER_LIBVIRT},
	{"KUBE-", OWNER_KUBERNETES},
	{"cali-", OWNER_CALICO},
	{"CILIUM_", OWNER_CILIUM},
	{"OLD_CILIUM_", OWNER_CILIUM},
	{"CNI-", OWNER_CNI},
	{"FLANNEL-", OWNER_KUBERNETES},
	{"NETAVARK", OWNER_PODMAN},
	{"f2b-", OWNER_FAIL2BAN},
};

static bool begins_with(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* True if it is that word, or the beginning of a name: "lxd", "lxd_bridge", not "lxdata". */
static bool has_beginning(const char *name, const char *beginning)
{
	size_t length = strlen(beginning);

	return begins_with(name, beginning) && (ispunct((unsigned char)beginning[length - 1]) ||
						       !islower((unsigned char)name[length]));
}

static bool find_pattern(
	const struct pattern *patterns, size_t count, const char *name, enum owner *owner)
{
	for (size_t i = 0; i < count; i++) {
		if (has_beginning(name, patterns[i].beginning)) {
			*owner = patterns[i].owner;
			return true;
		}
	}
	return false;
}

/* The chain of this name in the drop's table, or NULL; libvirt's and others' programs write the
 * same table. */
static const struct firewall_chain *find_chain(
	const struct drop *drop, const struct firewall_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct firewall_chain *chain = &facts->chains[i];
		if (chain->legacy == (drop->kind == DROP_LEGACY) &&
			strcmp(firewall_families[chain->family], drop->family) == 0 &&
			strcmp(chain->table, drop->table) == 0 && strcmp(chain->name, name) == 0)
			return chain;
	}
	return NULL;
}

static bool has_chain(const struct drop *drop, const struct firewall_facts *facts, const char *name)
{
	return find_chain(drop, facts, name) != NULL;
}

static bool is_policy(const struct drop *drop)
{
	return drop->kind == DROP_POLICY || (drop->kind == DROP_LEGACY && drop->number == 0);
}

/* A chain of iptables, in the table that Docker, ufw, firewalld's old backend and others share. */
static enum owner shared_owner(const struct drop *drop, const struct firewall_facts *facts)
{
	bool forward = strcmp(drop->chain, "FORWARD") == 0;

	if (strcmp(drop->table, "filter") != 0)
		return OWNER_UNKNOWN;
	if (has_chain(drop, facts, "INPUT_ZONES") &&
		(begins_with(drop->chain, "IN_") || begins_with(drop->chain, "FWD") ||
			begins_with(drop->chain, "INPUT") || forward))
		return OWNER_FIREWALLD;
	if (!is_policy(drop))
		return OWNER_UNKNOWN;
	if (has_chain(drop, facts, "ufw-before-input"))
		return OWNER_UFW;
	return forward && has_chain(drop, facts, "DOCKER-USER") ? OWNER_DOCKER : OWNER_UNKNOWN;
}

/* The other chains of a guest's network filter: of ebtables, and those of iptables that have the
 * name of the guest's port behind them [libvirt src/nwfilter/nwfilter_ebiptables_driver.c]. Others
 * may have chains that are called nearly so. */
static bool is_of_nwfilter(const struct drop *drop)
{
	static const char *const beginnings[] = {"FI-", "FO-", "HI-"};
	const char *chain = drop->chain;

	if (strcmp(drop->family, "bridge") == 0)
		return strcmp(drop->table, "nat") == 0 &&
		       (begins_with(chain, "I-") || begins_with(chain, "O-"));
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++) {
		const char *port = chain + strlen(beginnings[i]);
		if (begins_with(chain, beginnings[i]) &&
			(begins_with(port, "vnet") || begins_with(port, "macvtap")))
			return true;
	}
	return false;
}

static enum owner find_owner(const struct drop *drop, const struct firewall_facts *facts)
{
	enum owner owner = OWNER_UNKNOWN;

	if (find_pattern(tables, sizeof(tables) / sizeof(*tables), drop->table, &owner) ||
		find_pattern(chains, sizeof(chains) / sizeof(*chains), drop->chain, &owner))
		return owner;
	return is_of_nwfilter(drop) ? OWNER_NWFILTER : shared_owner(drop, facts);
}

/* What a firewalld chain is for: "filter_IN_public_deny" for the zone public, or for a policy. NULL
 * if it is for all zones; the caller frees. */
static char *zone_of_chain(const char *chain, bool *policy)
{
	static const char *const beginnings[] = {"IN_", "FWD_", "FWDI_", "FWDO_"};
	static const char *const ends[] = {"_pre", "_log", "_deny", "_allow", "_post"};
	const char *name = begins_with(chain, "filter_") ? chain + strlen("filter_") : chain;
	const char *zone = NULL;

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings) && !zone; i++) {
		if (begins_with(name, beginnings[i]))
			zone = name + strlen(beginnings[i]);
	}
	if (!zone)
		return NULL;
	*policy = begins_with(zone, "policy_");
	zone += *policy ? strlen("policy_") : 0;
	size_t length = strlen(zone);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t end = strlen(ends[i]);
		if (length > end && strcmp(zone + length - end, ends[i]) == 0) {
			length -= end;
			break;
		}
	}
	return alloc_format("%.*s", (int)length, zone);
}

static char *firewalld_name(
	const struct drop *drop, const struct firewall_facts *facts, const char *bridge)
{
	bool policy = false;
	CLEANUP(cleanup_free) char *name = zone_of_chain(drop->chain, &policy);
	const struct firewall_zone *zone =
		*bridge ? firewall_zone_of(&facts->firewalld, bridge) : NULL;

	if (name)
		return alloc_format("firewalld (%s %s)", policy ? "policy" : "zone", name);
	if (zone && facts->firewalld.running)
		return alloc_format("firewalld (zone %s)", zone->name);
	return alloc_copy("firewalld");
}

/* A name that nft(8) takes without quotes. */
static bool is_nft_word(const char *name)
{
	static const char others[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-_.";

	return *name != '\0' && strchr("0123456789-.", *name) == NULL &&
	       name[strspn(name, others)] == '\0';
}

/* A table that iptables-nft writes, and shows as iptables does. */
static bool is_of_iptables(const struct drop *drop)
{
	static const char *const names[] = {"filter", "nat", "mangle", "raw", "security"};

	if (strcmp(drop->family, "ip") != 0)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(drop->table, names[i]) == 0)
			return strspn(drop->chain, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
			       strlen(drop->chain);
	}
	return false;
}

static char *list_command(const struct drop *drop)
{
	if (drop->kind == DROP_LEGACY && drop->number > 0)
		return cure_command(
			"iptables-legacy -t %s -S %s %u", drop->table, drop->chain, drop->number);
	if (drop->kind == DROP_LEGACY)
		return cure_command("iptables-legacy -t %s -S %s", drop->table, drop->chain);
	if (is_of_iptables(drop))
		return cure_command("iptables -t %s -S %s", drop->table, drop->chain);
	if (!is_nft_word(drop->table) || !is_nft_word(drop->chain))
		return NULL;
	return cure_command("nft -a list chain %s %s %s", drop->family, drop->table, drop->chain);
}

/* Beside what is said already. */
static void advise(struct drop *drop, const char *text)
{
	char *before = drop->advice;

	drop->advice = alloc_format("%s%s%s", before ? before : "", before ? " " : "", text);
	free(before);
}

static const char *iptables_name(const struct drop *drop)
{
	return drop->kind == DROP_LEGACY ? "iptables-legacy" : "iptables";
}

/* True for a rule that could be about what the bridge forwards between its ports. */
static bool may_meet(const struct firewall_rule *rule, const char *bridge)
{
	for (size_t i = 0; i < rule->device_count; i++) {
		const struct firewall_devices *devices = &rule->devices[i];
		if (firewall_has_device(devices, bridge) == devices->inverted)
			return false;
	}
	return true;
}

/* An administrator's rules in the chain that is left to him, which an ACCEPT before them would keep
 * from the bridge's packets. Docker's own is a RETURN. */
static bool is_used(const struct firewall_chain *chain, const char *bridge)
{
	for (size_t i = 0; i < chain->count; i++) {
		const struct firewall_rule *rule = &chain->rules[i];
		if (rule->verdict != FIREWALL_RETURN && rule->verdict != FIREWALL_ACCEPT &&
			rule->verdict != FIREWALL_CONTINUE && may_meet(rule, bridge))
			return true;
	}
	return false;
}

bool drop_docker_user_is_free(
	const struct firewall_facts *facts, enum firewall_family family, const char *bridge)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct firewall_chain *chain = &facts->chains[i];
		if (chain->family == family && strcmp(chain->name, "DOCKER-USER") == 0 &&
			is_used(chain, bridge))
			return false;
	}
	return facts->known;
}

static void cure_docker(struct drop *drop, const struct firewall_facts *facts, const char *bridge)
{
	bool user = has_chain(drop, facts, "DOCKER-USER");
	bool reached = firewall_leads_to(find_chain(drop, facts, "FORWARD"), "DOCKER-USER");

	if (user && reached && *bridge && drop->way != DROP_TO_HOST) {
		drop->remedy = DROP_REMEDY_DOCKER_USER;
		drop->cure = cure_command("%s -I DOCKER-USER -i %s -o %s -j ACCEPT",
			iptables_name(drop), bridge, bridge);
		advise(drop, "Docker keeps what is in the chain DOCKER-USER until the next boot.");
		return;
	}
	drop->cure = list_command(drop);
	if (user && !reached)
		advise(drop, "No rule leads to Docker's chains, as after iptables -F: a restart of "
			     "Docker makes its rules again.");
	advise(drop, "Docker's rules see frames of this bridge only because of "
		     "net.bridge.bridge-nf-call-iptables.");
}

/* A chain of a policy of firewalld's; not of a zone. */
static bool is_of_policy(const struct drop *drop)
{
	bool policy = false;

	free(zone_of_chain(drop->chain, &policy));
	return policy;
}

/* What goes from one port of the bridge to another, by the rules of its zone. */
static bool is_forwarded_in_zone(const struct drop *drop)
{
	return !is_of_policy(drop) &&
	       (strstr(drop->chain, "FWD") || strstr(drop->chain, "FORWARD"));
}

/* A zone forwards between interfaces that were put into it; being in the default zone is not
 * enough [firewalld.zone(5), forward]. */
static void cure_firewalld_forward(
	struct drop *drop, const struct firewall_zone *zone, const char *bridge)
{
	CLEANUP(cleanup_free)
	char *forward = cure_command("firewall-cmd --zone=%s --add-forward", zone->name);
	CLEANUP(cleanup_free)
	char *put =
		cure_command("firewall-cmd --zone=%s --change-interface=%s", zone->name, bridge);

	if (!forward || !put)
		return;
	drop->cure = alloc_format("%s\n%s", forward, put);
	advise(drop, "Interfaces of this zone can then reach each other. firewalld "
		     "sees frames of this bridge only because of "
		     "net.bridge.bridge-nf-call-iptables.");
}

static void cure_firewalld(
	struct drop *drop, const struct firewall_facts *facts, const char *bridge)
{
	bool libvirt = facts->firewalld.libvirt_zone || !facts->firewalld.running ||
		       facts->firewalld.unknown;
	const struct firewall_zone *zone =
		*bridge ? firewall_zone_of(&facts->firewalld, bridge) : NULL;

	if (drop->way == DROP_TO_HOST && *bridge && facts->firewalld.running &&
		!facts->firewalld.unknown && !is_of_policy(drop))
		drop->remedy = DROP_REMEDY_ZONE;
	if (drop->way == DROP_TO_HOST && *bridge && libvirt) {
		drop->cure =
			cure_command("firewall-cmd --zone=libvirt --change-interface=%s", bridge);
		advise(drop, "libvirt puts the bridges of its networks into this zone "
			     "again when it is restarted.");
	} else if (drop->way == DROP_TO_HOST && zone) {
		drop->cure = cure_command(
			"firewall-cmd --zone=%s --add-service=dhcp --add-service=tftp", zone->name);
		advise(drop, "This is for all interfaces of this zone.");
	} else if (zone && facts->firewalld.running && is_forwarded_in_zone(drop)) {
		cure_firewalld_forward(drop, zone, bridge);
	}
	if (!drop->cure)
		drop->cure = list_command(drop);
}

static void cure_ufw(struct drop *drop, const char *bridge)
{
	if (*bridge && drop->way == DROP_TO_HOST) {
		drop->cure =
			cure_command("ufw allow in on %s to any port %u proto udp", bridge, 67U);
		advise(drop, "If this host's server has the boot files too, allow "
			     "port 69 in the same way.");
	} else if (*bridge) {
		drop->cure = cure_command("ufw route allow in on %s out on %s", bridge, bridge);
	} else {
		drop->cure = list_command(drop);
	}
}

static void cure_rule(
	struct drop *drop, const struct firewall_facts *facts, enum owner owner, const char *bridge)
{
	switch (owner) {
	case OWNER_DOCKER:
		cure_docker(drop, facts, bridge);
		return;
	case OWNER_FIREWALLD:
		cure_firewalld(drop, facts, bridge);
		return;
	case OWNER_UFW:
		cure_ufw(drop, bridge);
		return;
	case OWNER_NWFILTER:
		drop->cure = list_command(drop);
		advise(drop, "The filter is named in the guest's XML, in <filterref>; "
			     "virsh nwfilter-list lists all of them.");
		return;
	default:
		drop->cure = list_command(drop);
		advise(drop, "Have this chain accept UDP from port 68 to port 67, "
			     "and from port 67 to port 68, before this rule.");
	}
}

/* What the kernel dropped by itself. */
static void cure_kernel(struct drop *drop, const char *bridge)
{
	if (begins_with(drop->text, "VLAN"))
		drop->cure = alloc_copy("bridge vlan show");
	else if (begins_with(drop->text, "port isolation") || begins_with(drop->text, "flooding"))
		drop->cure = alloc_copy("bridge -d link show");
	else if (!begins_with(drop->text, "a filter of traffic control"))
		return;
	else if (drop->way == DROP_THROUGH && *drop->out)
		drop->cure = cure_command("tc filter show dev %s egress", drop->out);
	else if (drop->way == DROP_TO_HOST && *bridge)
		drop->cure = cure_command("tc filter show dev %s ingress", bridge);
}

void drop_name_owner(struct drop *drop, const struct firewall_facts *facts, const char *bridge)
{
	if (drop->kind == DROP_KERNEL) {
		cure_kernel(drop, bridge);
		return;
	}
	enum owner owner = find_owner(drop, facts);
	drop->owner = owner == OWNER_FIREWALLD ? firewalld_name(drop, facts, bridge)
					       : alloc_copy(owner_names[owner]);
	cure_rule(drop, facts, owner, bridge);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "remedy.h"

#include "alloc.h"
#include "cleanup.h"
#include "cure.h"

#include <stdlib.h>
#include <string.h>

void remedy_facts_clear(struct remedy_facts *facts)
{
	free(facts->network);
	*facts = (struct remedy_facts){0};
}

/* libvirt's rules that accept come first in the chain INPUT of iptables; in another table an accept
 * of its own does not help. */
static bool is_before_libvirt(const struct drop *drop)
{
	return drop->way == DROP_TO_HOST && drop->kind != DROP_KERNEL &&
	       strcmp(drop->family, "ip") == 0 && strcmp(drop->table, "filter") == 0;
}

/* The zone into which libvirt puts the bridge, and it is not there. */
static bool has_lost_zone(const struct drop *drop, const struct remedy_facts *facts)
{
	return facts->network && facts->firewalld && drop->remedy == DROP_REMEDY_ZONE &&
	       *facts->zone_wanted && strcmp(facts->zone, facts->zone_wanted) != 0;
}

/* A reload writes rules into chains, but not the rules that lead there [libvirt
 * src/network/bridge_driver_linux.c, networkPreReloadFirewallRules()]. */
static bool has_lost_rules(const struct drop *drop, const struct remedy_facts *facts)
{
	return facts->network && facts->rules_lost && is_before_libvirt(drop);
}

static enum remedy choose_of_libvirt(
	const struct drop *drop, const struct remedy_facts *facts, const bool tried[REMEDIES])
{
	bool lost = has_lost_zone(drop, facts) ||
		    (has_lost_rules(drop, facts) && !facts->rules_unreached);

	if (lost && facts->has_daemon && !tried[REMEDY_RELOAD])
		return REMEDY_RELOAD;
	if (has_lost_zone(drop, facts) && !tried[REMEDY_ZONE])
		return REMEDY_ZONE;
	if (drop->remedy == DROP_REMEDY_ZONE && facts->firewalld && *facts->zone_wanted && !lost &&
		!tried[REMEDY_LOOK_AGAIN])
		return REMEDY_LOOK_AGAIN;
	return REMEDY_NONE;
}

enum remedy remedy_choose(
	const struct drop *drop, const struct remedy_facts *facts, const bool tried[REMEDIES])
{
	if (drop->kind == DROP_KERNEL)
		return REMEDY_NONE;
	if (drop->remedy == DROP_REMEDY_DOCKER_USER)
		return facts->docker_user[IPV4] && !tried[REMEDY_DOCKER_USER] ? REMEDY_DOCKER_USER
									      : REMEDY_NONE;
	if (facts->network)
		return choose_of_libvirt(drop, facts, tried);
	if (drop->remedy == DROP_REMEDY_ZONE && *facts->zone_wanted && !tried[REMEDY_ZONE])
		return REMEDY_ZONE;
	return REMEDY_NONE;
}

static bool is_same_text(const char *one, const char *other)
{
	return one && other ? strcmp(one, other) == 0 : one == other;
}

/* A legacy table and that of iptables-nft have the same names, and a packet goes through both. */
bool remedy_is_same_point(const struct drop *one, const struct drop *other)
{
	if (one->way != other->way || (one->kind == DROP_LEGACY) != (other->kind == DROP_LEGACY) ||
		!is_same_text(one->family, other->family) ||
		!is_same_text(one->table, other->table))
		return false;
	/* In another zone it is another chain. */
	if (one->remedy == DROP_REMEDY_ZONE && other->remedy == DROP_REMEDY_ZONE)
		return true;
	return is_same_text(one->chain, other->chain);
}

/* Takes @cure, which may be NULL: then what there is stays. */
static void replace_cure(struct drop *drop, char *cure, const char *advice)
{
	if (!cure)
		return;
	free(drop->cure);
	free(drop->advice);
	drop->cure = cure;
	drop->advice = alloc_copy(advice);
}

static void add_advice(struct drop *drop, const char *advice)
{
	CLEANUP(cleanup_free) char *before = drop->advice;

	drop->advice = alloc_format("%s%s%s", before ? before : "", before ? " " : "", advice);
}

/* For all its devices, but without taking anything away from this one. */
static void advise_zone(struct drop *drop, const struct remedy_facts *facts)
{
	replace_cure(drop,
		cure_command("firewall-cmd --zone=%s --add-service=dhcp --add-service=tftp",
			facts->applies),
		"This is for all interfaces of this zone, and lasts until firewalld is reloaded; "
		"repeat it with --permanent to keep it. If libvirt has made this bridge, start its "
		"daemon instead, which puts the bridge into the zone of its networks.");
}

void remedy_advise(struct drop *drop, const struct remedy_facts *facts, const char *bridge,
	const bool failed[REMEDIES])
{
	if (has_lost_rules(drop, facts))
		replace_cure(drop,
			alloc_copy("systemctl try-restart libvirtd.service virtnetworkd.service"),
			"libvirt's rules for this network are lost. A restart of its daemon writes "
			"them again, and the rules that lead to them; guests and networks go on.");
	else if (has_lost_zone(drop, facts))
		replace_cure(drop,
			cure_command("firewall-cmd --zone=%s --change-interface=%s",
				facts->zone_wanted, bridge),
			"libvirt puts the bridge into this zone when its daemon is restarted.");
	else if (drop->remedy == DROP_REMEDY_ZONE && !facts->network && *facts->applies)
		advise_zone(drop, facts);
	else if (drop->remedy == DROP_REMEDY_DOCKER_USER && !facts->docker_user[IPV4])
		add_advice(drop, "This is not done by itself where DOCKER-USER has rules that "
				 "this one would come before.");
	if (failed[REMEDY_RELOAD])
		add_advice(drop, "A reload of libvirt's daemon did not help.");
	if (failed[REMEDY_ZONE] || failed[REMEDY_DOCKER_USER])
		add_advice(drop, "What was changed for it did not help, and was taken back.");
}

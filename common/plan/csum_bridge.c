// SPDX-License-Identifier: GPL-2.0-or-later
/* Checksums of what this host sends towards a bridge. */
#include "alloc.h"
#include "cleanup.h"
#include "conditions.h"
#include "csum.h"
#include "cure.h"

#include <string.h>

const char csum_no_act_csum[] = "the kernel has no act_csum";
const char csum_in_the_way[] = "another program's qdisc or filter is in the way of a filter";
const char csum_configured[] = "virt-netboot.conf says so";

struct action csum_rule(enum ip_family family, enum fill_scope scope, const char *why)
{
	return (struct action){.kind = ACTION_RULE, .family = family, .scope = scope, .why = why};
}

struct action csum_filter(enum filter_hook hook, enum fill_scope scope, const char *why)
{
	return (struct action){.kind = ACTION_FILTER, .hook = hook, .scope = scope, .why = why};
}

/* Without a word of the administrator's: a filter, which meets what is sent by way of VLANs on the
 * bridge, too, and lasts when a firewall writes its rules anew; else a rule. */
static bool choose_freely(
	const struct planning *planning, struct need need, bool filter, struct action *action)
{
	if (filter) {
		*action = csum_filter(FILTER_EGRESS, need.scope, "the kernel has act_csum");
		return true;
	}
	*action = csum_rule(need.family, need.scope, csum_why_no_filter(planning));
	return plan_has_rule(planning->facts, need.family);
}

bool csum_choose(const struct planning *planning, const struct subject *subject, struct need need,
	struct action *action)
{
	bool filter =
		planning->facts->filter_supported && plan_filter_is_sure(&subject->bridge->filter);

	switch (planning->policy->mechanism) {
	case MECHANISM_ETHTOOL:
		*action = (struct action){
			.kind = ACTION_TX_CHECKSUM, .scope = FILL_UDP, .why = csum_configured};
		return true;
	case MECHANISM_TC:
		*action = csum_filter(FILTER_EGRESS, need.scope, csum_configured);
		return filter;
	case MECHANISM_IPTABLES:
		*action = csum_rule(need.family, need.scope, csum_configured);
		return plan_has_rule(planning->facts, need.family);
	default:
		return choose_freely(planning, need, filter, action);
	}
}

static bool is_same_fill(const struct action *one, const struct action *other)
{
	return one->kind == other->kind &&
	       (one->kind != ACTION_RULE || one->family == other->family);
}

int csum_at_bridge(struct plan *plan, const struct subject *subject, struct action action)
{
	for (size_t i = 0; i < plan->action_count; i++) {
		struct action *planned = &plan->actions[i];
		if (is_same_fill(planned, &action) &&
			strcmp(planned->bridge, subject->bridge->state.name) == 0 &&
			!*planned->port) {
			planned->scope = plan_wider(planned->scope, action.scope);
			return (int)i;
		}
	}
	return plan_add_action(plan, subject, action);
}

char *csum_lack(const struct planning *planning, enum ip_family family)
{
	const struct host_facts *facts = planning->facts;
	const char *rule =
		facts->fill[family].table ? "iptables target CHECKSUM" : "legacy table mangle";

	if (planning->policy->mechanism == MECHANISM_TC)
		return alloc_copy(facts->filter_supported ? csum_in_the_way : csum_no_act_csum);
	if (planning->policy->mechanism == MECHANISM_IPTABLES)
		return alloc_format("the kernel has not loaded the %s, or has none", rule);
	if (facts->filter_supported)
		return alloc_format("%s, and the kernel has no %s", csum_in_the_way, rule);
	return alloc_format("the kernel has neither act_csum nor the %s", rule);
}

char *csum_lack_cure(const struct planning *planning, enum ip_family family)
{
	bool filter = plan_uses_filters(planning->policy) && !planning->facts->filter_supported;
	const char *module = families[family].module;

	if (!plan_uses_rules(planning->policy))
		return filter ? alloc_copy("modprobe act_csum") : NULL;
	return cure_command(filter ? "modprobe act_csum || modprobe -a xt_CHECKSUM %s"
				   : "modprobe -a xt_CHECKSUM %s",
		module);
}

/* Of a macvtap, or of a macvlan of this host, the kernel changes nothing by ethtool. */
static bool takes_ethtool(const struct subject *subject)
{
	return subject->bridge->state.kind != BRIDGE_MACVLAN &&
	       !(subject->nic && subject->nic->type == NIC_DIRECT);
}

char *csum_lack_advice(const struct planning *planning, const struct subject *subject)
{
	bool blocked = plan_uses_filters(planning->policy) && planning->facts->filter_supported;

	return alloc_format("%s, or put <driver name='qemu'/> into the guest's <interface>%s",
		blocked ? "remove the qdisc that takes the place of clsact there, for example "
			  "<bandwidth><outbound>"
			: "start the guest again when the kernel has such a module",
		takes_ethtool(subject) ? ", or set mechanism = ethtool under [checksum] in "
					 "virt-netboot.conf"
				       : "");
}

void csum_unsupported(const struct planning *planning, const struct subject *subject,
	enum ip_family family, char *evidence)
{
	CLEANUP(cleanup_free) char *fault = evidence;
	CLEANUP(cleanup_free) char *lacking = csum_lack(planning, family);

	plan_add_finding(planning->plan, subject,
		(struct finding){
			.slug = "checksum-unsupported",
			.severity = SEVERITY_ERROR,
			.evidence = alloc_format("%s; %s", fault, lacking),
			.cure = csum_lack_cure(planning, family),
			.advice = csum_lack_advice(planning, subject),
			.action = NO_ACTION,
		});
}

char *csum_cure(const char *bridge, enum ip_family family, enum fill_scope scope)
{
	const char *program = families[family].iptables;
	size_t length = strlen(bridge);

	/* To iptables that is the start of a name. */
	if (length > 0 && bridge[length - 1] == '+')
		return NULL;
	if (scope == FILL_UDP)
		return cure_command("%s -t mangle -I POSTROUTING -o %s -p udp -j CHECKSUM "
				    "--checksum-fill",
			program, bridge);
	return cure_command("%s -t mangle -I POSTROUTING -o %s -p udp --dport %u -j CHECKSUM "
			    "--checksum-fill",
		program, bridge, (unsigned int)families[family].dhcp_client);
}

static char *ethtool_cure(const char *bridge)
{
	/* To ethtool that is every device. */
	return strcmp(bridge, "*") == 0 ? NULL : cure_command("ethtool -K %s tx off", bridge);
}

void csum_towards_bridge(const struct planning *planning, const struct subject *subject,
	struct need need, const char *slug, char *evidence)
{
	const char *bridge = subject->bridge->state.name;
	const struct filter_state *filter = &subject->bridge->filter;
	struct action action;

	if (csum_is_shadowed(planning, filter))
		csum_in_shadow(planning, subject, filter, need.scope);
	if (!csum_choose(planning, subject, need, &action)) {
		if (csum_is_shadowed(planning, filter))
			csum_say_shadowed(planning, subject, filter, SEVERITY_ERROR, evidence);
		else
			csum_unsupported(planning, subject, need.family, evidence);
		return;
	}
	plan_add_finding(planning->plan, subject,
		(struct finding){
			.slug = slug,
			.severity = SEVERITY_ERROR,
			.evidence = evidence,
			.cure = action.kind == ACTION_TX_CHECKSUM
					? ethtool_cure(bridge)
					: csum_cure(bridge, need.family, need.scope),
			.action = csum_at_bridge(planning->plan, subject, action),
		});
}

void csum_before_a_server_comes(
	const struct planning *planning, const struct subject *subject, struct need need)
{
	const struct bridge_facts *bridge = subject->bridge;
	bool shadowed = bridge->has_address && csum_is_shadowed(planning, &bridge->filter);
	struct action action;

	/* Before its start a guest may still be refused. */
	if (planning->kind == EVENT_GUEST_PREPARE || need.family != IPV4 ||
		bridge->dhcp_server[IPV4] || bridge->raw_server[IPV4] ||
		plan_filled(bridge, need.family) >= need.scope)
		return;
	bool chosen = csum_choose(planning, subject, need, &action);
	if (shadowed)
		csum_in_shadow(planning, subject, &bridge->filter, need.scope);
	/* For a fault that nobody has seen no table is brought into use, no throughput lost, and no
	 * qdisc put where this host cannot be a server. A network of libvirt's has its own server,
	 * or an event when a guest comes to it. */
	if (chosen && ((action.kind == ACTION_FILTER && bridge->has_address) ||
			      (action.kind == ACTION_RULE && !subject->managed &&
				      planning->facts->fill[need.family].in_use)))
		csum_at_bridge(planning->plan, subject, action);
	else if (shadowed)
		csum_say_shadowed(planning, subject, &bridge->filter, SEVERITY_WARNING,
			alloc_copy("what a server on this host sent to guests might stay "
				   "unfilled"));
}

static void rules_above(const struct planning *planning, const struct subject *subject,
	const struct bridge_facts *above, enum fill_scope scope)
{
	struct subject sender = *subject;

	sender.bridge = above;
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		struct need need = {.family = family, .scope = scope};
		struct action action;
		if (planning->facts->fill_known[family] && above->dhcp_server[family] &&
			plan_filled(above, family) < scope &&
			csum_choose(planning, subject, need, &action) && action.kind == ACTION_RULE)
			csum_at_bridge(planning->plan, &sender, action);
	}
}

void csum_above_bridge(
	const struct planning *planning, const struct subject *subject, enum fill_scope scope)
{
	const struct host_facts *facts = planning->facts;

	for (size_t i = 0; i < facts->bridge_count; i++) {
		const struct bridge_facts *above = &facts->bridges[i];
		if (above->state.kind == BRIDGE_ABOVE &&
			strcmp(above->lower, subject->bridge->state.name) == 0)
			rules_above(planning, subject, above, scope);
	}
}

void csum_sweep(const struct planning *planning, const struct subject *subject, struct need need)
{
	if (csum_uses_filters(planning) && planning->policy->at == AT_SENDER && subject->bridge &&
		subject->bridge->state.kind == BRIDGE_LINUX)
		csum_at_bridge(planning->plan, subject,
			(struct action){.kind = ACTION_SWEEP, .scope = need.scope});
}

static void plan_family_csum(const struct planning *planning, const struct subject *subject,
	const struct network *network, enum ip_family family)
{
	const struct network_service *service = &network->service[family];
	bool tftp = network->service[IPV4].tftp || network->service[IPV6].tftp;
	bool served = service->dhcp || service->tftp || subject->bridge->dhcp_server[family];
	enum fill_scope have = plan_filled(subject->bridge, family);
	struct need need = {
		.family = family, .scope = plan_network_scope(network, planning->policy)};

	if (!planning->facts->fill_known[family] || have >= need.scope)
		return;
	if (!served) {
		csum_before_a_server_comes(planning, subject, need);
		return;
	}
	csum_towards_bridge(planning, subject, need,
		have == FILL_DHCP && tftp ? "checksum-tftp-unfilled" : "checksum-unfilled",
		have == FILL_NONE
			? alloc_format(
				  "nothing completes the UDP checksums of this host's %s replies",
				  families[family].dhcp)
			: alloc_copy("only the UDP checksums of DHCP replies are completed"));
}

void plan_network_csum(const struct planning *planning, const struct subject *subject,
	const struct network *network)
{
	const struct policy *policy = planning->policy;

	/* Guests' ports on a bridge of the host's own will have filters. */
	if (policy->mechanism == MECHANISM_NONE ||
		(!subject->managed && policy->at == AT_RECEIVER && csum_uses_filters(planning)))
		return;
	for (enum ip_family family = 0; family < IP_FAMILIES; family++)
		plan_family_csum(planning, subject, network, family);
	csum_above_bridge(planning, subject, plan_network_scope(network, policy));
	if (*network->port.mac)
		csum_sweep(planning, subject,
			(struct need){.scope = plan_network_scope(network, policy)});
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virt-netboot-network-hook: libvirtd runs it as /etc/libvirt/hooks/network.
 *
 * The contract [libvirt docs/hooks.rst, src/util/virhook.c]
 *
 * Arguments: NETWORK OPERATION SUBOPERATION EXTRA. Standard input: <hookData> with the
 * <network> and, for its ports, a <networkport>. libvirtd holds the network's lock and waits
 * without a limit. A status other than 0 refuses "start" and "port-created", and leaves a
 * network that "started" half up; so this hook always ends with 0.
 *
 *   start                            the bridge is not there yet: say what will need repair
 *   started, updated, port-created   check the bridge and the checksum rules, repair
 *   port-created                     also watch for the port, which will exist in a moment
 *   stopped                          remove our rules
 *   port-deleted                     and when the last guest has left a bridge of the host's own
 */
#include "apply.h"
#include "gather.h"
#include "hook.h"
#include "log.h"
#include "network_xml.h"
#include "watch.h"

static const struct operation operations[] = {
	{"start", EVENT_NETWORK_START},
	{"started", EVENT_NETWORK_ACTIVE},
	{"updated", EVENT_NETWORK_ACTIVE},
	{"port-created", EVENT_NETWORK_ACTIVE},
	{"plugged", EVENT_NETWORK_ACTIVE}, /* port-created before libvirt 5.5 */
	{"stopped", EVENT_NETWORK_STOPPED},
	{"port-deleted", EVENT_NETWORK_PORT_DELETED},
	{"unplugged", EVENT_NETWORK_PORT_DELETED},
	{NULL, EVENT_UNKNOWN},
};

static void work(const struct event *event, const xmlNode *root, const struct policy *policy)
{
	struct network network;
	struct host_facts facts;
	struct plan plan;

	if (network_xml_read(root, &network) != 0) {
		log_error("the XML of %s holds no <network>", event->operation);
		return;
	}
	gather_network(event->kind, &network, policy, &facts);
	plan_network(&plan, event->kind, &network, &facts, policy);
	apply_actions(&plan);
	watch_ports(&plan, policy);
	apply_log(&plan);
	apply_put_back(&plan, &facts);

	plan_clear(&plan);
	host_facts_clear(&facts);
	network_clear(&network);
}

int main(int argc, char **argv)
{
	const struct hook hook = {
		.program = "virt-netboot-network-hook",
		.object = "network",
		.operations = operations,
		.work = work,
	};

	return hook_main(argc, argv, &hook);
}

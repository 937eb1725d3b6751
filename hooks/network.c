// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The network hook: libvirtd runs it as /etc/libvirt/hooks/network (main.c, operations.c).
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
#include "chain.h"
#include "cleanup.h"
#include "diagnose.h"
#include "latecomers.h"
#include "log.h"
#include "report.h"
#include "sweep.h"
#include "watch.h"

const char chain_object[] = "network";

void chain_run(const struct event *event, const xmlNode *root, const struct policy *policy)
{
	CLEANUP(diagnosis_clear) struct diagnosis network;
	struct plan *plan = &network.plan;

	if (diagnose_network(&network, event->kind, root, policy) != 0) {
		log_error("the XML of %s holds no <network>", event->operation);
		return;
	}
	while (diagnose_next(&network)) {
		apply_actions(plan);
		watch_ports(plan, &network.policy);
	}
	sweep_bridges(plan, &network.policy);
	report_plan(plan);
	latecomers_put_back(plan, &network.facts);
}
